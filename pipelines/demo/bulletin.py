"""The demo police force's quarterly bulletin: crimes and incidents of each month, as its own system counted them then.

It counts what the force's monthly files hold when they are first sent, the entries made for training among them. A
month that is corrected later keeps its count.
"""

from __future__ import annotations

import csv
import io
from datetime import date

from pipelines.demo.county import County
from pipelines.demo.crime import crime_file
from pipelines.demo.schedule import next_month

HEADER = ("Month", "Figure", "Count")
CRIME, INCIDENTS, ALL = "Recorded crime", "Anti-social behaviour", "All"


def bulletin_file(county: County, quarter: date) -> bytes:
    """The bulletin of a quarter, by its first day: UTF-8 CSV, for each month two figures and their sum."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    month = quarter
    for _ in range(3):
        sent = list(csv.DictReader(io.StringIO(crime_file(county, month, False).decode("utf-8"), newline="")))
        incidents = sum(row["Offence"].startswith("ASB") for row in sent)
        counted = {CRIME: len(sent) - incidents, INCIDENTS: incidents, ALL: len(sent)}
        writer.writerows((f"{month:%Y-%m}", figure, f"{count:,}") for figure, count in counted.items())
        month = next_month(month)
    return text.getvalue().encode("utf-8")
