"""What the police force's own crime file of a month says, for its other feeds, which are about the same matters."""

from __future__ import annotations

import csv
import io
from datetime import date

from pipelines.demo.county import County
from pipelines.demo.crime import crime_file


def recorded(county: County, month: date) -> list[dict[str, str]]:
    """The rows of the month's crime file as it was first sent, by its headings."""
    text = crime_file(county, month, False).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))
