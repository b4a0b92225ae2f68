"""What a single cell looks like: the patterns by which headings are told from values, and columns from one another."""

from __future__ import annotations

import re

NUMBER = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][+-]?\d+)?"
POSTCODE = r"[A-Za-z]{1,2}\d[A-Za-z\d]? *\d[A-Za-z]{2}"
# Codes of the Government Statistical Service: a letter for the country, two digits for the kind of area, six more.
AREA_CODE = r"[EWSNKJLM]\d{8}"
GRID_REFERENCE = r"[HNOSThnost][A-HJ-Za-hj-z] ?(\d{2}|\d{4}|\d{6}|\d{8}|\d{10}|\d{2,5} \d{2,5})"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}"
DATE = (
    r"(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|(?i:\d{1,2}[- ]?" + _MONTH + r"[- ,]*\d{2,4})"
    r"|(?i:" + _MONTH + r"[- ]?\d{2,4}))([T ]\d{1,2}:\d{2}.*)?"
)
WEB_ADDRESS = r"https?://\S+"
YEAR = r"(19|20)\d{2}([-/_](\d{2}|\d{4}))?|(19|20)\d{4}"

_CLASSES = (
    ("date", re.compile(DATE)),
    ("number", re.compile(NUMBER)),
    ("postcode", re.compile(POSTCODE)),
    ("area_code", re.compile(AREA_CODE)),
    ("web_address", re.compile(WEB_ADDRESS)),
)
_YEAR = re.compile(YEAR)
_TOTAL = re.compile(r"[\s*:]*((grand|sub|overall)[ -]?)?totals?\b( [^\s(]+){0,2}\s*(\(.*\))?[\s*:]*", re.IGNORECASE)
_MONTH_NAME = re.compile(_MONTH, re.IGNORECASE)


def class_of(cell: str) -> str:
    """What kind of value a cell holds by its looks alone: `text` where no pattern tells.

    >>> class_of("03/04/2019"), class_of("1,204.5"), class_of("GU1 1AA"), class_of("Ward")
    ('date', 'number', 'postcode', 'text')
    """
    cell = cell.strip()
    return next((name for name, pattern in _CLASSES if pattern.fullmatch(cell)), "text")


def is_year(cell: str) -> bool:
    """Whether a cell could be a year, financial or other, and so a heading over figures."""
    return _YEAR.fullmatch(cell.strip()) is not None


def names_month(cell: str) -> bool:
    """Whether a cell is a month's name, short or in full."""
    return _MONTH_NAME.fullmatch(cell.strip()) is not None


def is_total(cell: str) -> bool:
    """Whether a cell says that its row is a sum."""
    return len(cell) < 60 and _TOTAL.fullmatch(cell.strip()) is not None
