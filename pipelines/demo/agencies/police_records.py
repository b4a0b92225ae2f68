"""What the police force's own crime file of a month says, for its other feeds, which are about the same matters."""

from __future__ import annotations

import csv
import io
from datetime import date

from pipelines.demo.county import County
from pipelines.demo.crime import crime_file

# A month is asked for by several files; a county is the same whenever its seed is.
_READ: dict[tuple[int, date], list[dict[str, str]]] = {}


def recorded(county: County, month: date) -> list[dict[str, str]]:
    """The rows of the month's crime file as it was first sent, by its headings. Not to be changed."""
    key = (county.seed, month)
    if key not in _READ:
        text = crime_file(county, month, False).decode("utf-8")
        _READ[key] = list(csv.DictReader(io.StringIO(text, newline="")))
    return _READ[key]
