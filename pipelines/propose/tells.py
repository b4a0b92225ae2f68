"""Days, months and years that a name or a title tells, each with the format it is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from pipelines.specs.patterns import day_named

_FULL = "january|february|march|april|may|june|july|august|september|october|november|december"
_SHORT = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_YEAR, _MM, _DD = r"(?:19|20)\d{2}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_MARK = r"(?P<mark>[-_. /]?)"
# How a text tells a day, a month or a year, the more exact first. {0} is the mark between the parts.
_TOLD = tuple(
    (re.compile(rf"(?<![\dA-Za-z]){pattern}(?![\dA-Za-z])", re.IGNORECASE), format_)
    for pattern, format_ in (
        (rf"{_YEAR}{_MARK}{_MM}(?P=mark){_DD}", "%Y{0}%m{0}%d"),
        (rf"{_DD}{_MARK}{_MM}(?P=mark){_YEAR}", "%d{0}%m{0}%Y"),
        (rf"{_DD}(?P<mark>[-_. ]){_MM}(?P=mark)\d{{2}}", "%d{0}%m{0}%y"),
        (rf"{_YEAR}{_MARK}\d{{2}}", "%Y{0}%y"),
        (rf"{_YEAR}{_MARK}{_MM}", "%Y{0}%m"),
        (rf"{_YEAR}(?P<mark>[-_. ])[1-9]", "%Y{0}%-m"),
        (rf"{_MM}{_MARK}{_YEAR}", "%m{0}%Y"),
        (rf"(?:{_FULL}){_MARK}{_YEAR}", "%B{0}%Y"),
        (rf"(?:{_SHORT}){_MARK}{_YEAR}", "%b{0}%Y"),
        (rf"{_YEAR}{_MARK}(?:{_FULL})", "%Y{0}%B"),
        (rf"{_YEAR}{_MARK}(?:{_SHORT})", "%Y{0}%b"),
        (rf"(?:{_SHORT}){_MARK}\d{{2}}", "%b{0}%y"),
        (rf"(?:{_FULL}){_MARK}\d{{2}}", "%B{0}%y"),
        (r"(?P<mark>)(?:0[1-9]|1[0-2])(?:0\d|[12]\d)", "%m%y"),
        (rf"(?P<mark>){_YEAR}", "%Y"),
    )
)
CODES = {
    "%Y": r"\d{4}", "%m": r"\d{2}", "%-m": r"\d{1,2}", "%d": r"\d{2}", "%y": r"\d{2}", "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A period that a text tells: where it stands there, and in which format."""

    start: int
    end: int
    format: str
    day: date
    is_either: bool = False


def told_in(text: str) -> list[Told]:
    """Every period that a text tells, where none lies within another."""
    found: list[Told] = []
    for pattern, shape in _TOLD:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            format_ = shape.format(match["mark"])
            try:
                day = day_named(match.group(), format_)
            except ValueError:
                continue
            either = format_.startswith("%Y") and format_.endswith("%y") and day.year % 100 < 12
            if either and format_ == "%Y%y":
                continue  # `201112` is a month, or nobody can tell: the month is asked about
            found.append(Told(match.start(), match.end(), format_, day, either))
    return sorted(found, key=lambda told: told.start)


def plain(text: str) -> str:
    r"""A text as a regular expression that fits it alone, with no more marks than that takes.

    >>> plain("Cost (£)")
    'Cost \\(£\\)'
    """
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)
