"""Which date formats fit all values of a column. Where two do, nobody but a person can say which is meant."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.propose.words import many

if TYPE_CHECKING:
    import polars as pl

# Distinct values from whose looks the formats to try are made.
_LOOKED_AT = 300
# Years that a partner's record can hold.
_FIRST_YEAR, _LAST_YEAR = 1880, 2100
# Where no format fits all values, one that fits this share of them is proposed with the question.
_NEARLY = 0.9

_WEEKDAY = r"(?P<weekday>(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)(?P<after>,? +)"
_DAYS = (
    (r"\d{4}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{1,2}", ("%Y{0}%m{0}%d",)),
    (r"\d{1,2}(?P<mark>[-/. ])\d{1,2}(?P=mark)\d{4}", ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y")),
    (r"\d{1,2}(?P<mark>[-/. ])\d{1,2}(?P=mark)\d{2}", ("%d{0}%m{0}%y", "%m{0}%d{0}%y", "%y{0}%m{0}%d")),
    (r"\d{1,2}(?P<mark>[-/. ]?)(?P<month>[a-z]{3,9})(?P=mark)\d{4}", ("%d{0}{1}{0}%Y",)),
    (r"\d{1,2}(?P<mark>[-/. ]?)(?P<month>[a-z]{3,9})(?P=mark)\d{2}", ("%d{0}{1}{0}%y",)),
    (r"(?P<month>[a-z]{3,9}) \d{1,2}, ?\d{4}", ("{1} %d, %Y",)),
    (r"(?:19|20)\d{6}", ("%Y%m%d",)),
    (r"\d{4}(?:19|20)\d{2}", ("%d%m%Y", "%m%d%Y")),
    (r"\d{4}(?P<mark>[-/.])\d{1,2}", ("%Y{0}%m",)),
    (r"\d{1,2}(?P<mark>[-/.])\d{4}", ("%m{0}%Y",)),
    (r"(?P<month>[a-z]{3,9})(?P<mark>[-/ ]?)\d{4}", ("{1}{0}%Y",)),
    (r"(?P<month>[a-z]{3,9})(?P<mark>[-/ ']?)\d{2}", ("{1}{0}%y",)),
    (r"(?:19|20)\d{4}", ("%Y%m",)),
)
_TIME = (
    r"(?:(?P<parting>[T ]+)(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2})?(?P<part>\.\d+)?(?P<half> ?[ap]m)?"
    r"(?P<space> ?)(?P<zone>z|[+-]\d{2}:?\d{2}|utc|gmt|bst)?)?"
)
_WRITTEN = [(re.compile(f"(?:{_WEEKDAY})?{days}{_TIME}", re.IGNORECASE), formats) for days, formats in _DAYS]


@dataclass(frozen=True)
class DateFormats:
    """The formats that fit. `fitting` stand in the order of preference; `unfit` counts the values the first leaves out.

    `example` is a text that two of them read as different days.
    """

    fitting: tuple[str, ...]
    unfit: int = 0
    example: str | None = None

    @property
    def first(self) -> str:
        """The format proposed."""
        return self.fitting[0]

    @property
    def has_short_year(self) -> bool:
        """Whether years have two digits."""
        return "%y" in self.first


def date_formats(texts: pl.Series, counts: pl.Series) -> DateFormats | None:
    """The formats of a column of dates, times or months; None where it is none.

    Args:
        texts: the distinct values.
        counts: how often each stands there.
    """
    tried = _candidates(texts)
    if not tried:
        return None
    total = int(counts.sum())
    fits = {format_: int(counts.filter(parsed(texts, format_).is_not_null()).sum()) for format_ in tried}
    whole = tuple(format_ for format_ in tried if fits[format_] == total)
    if whole:
        # Years come first where days or months do too; only where nothing else fits is it a year of two digits.
        told = tuple(format_ for format_ in whole if not format_.startswith("%y")) or whole
        return DateFormats(told, 0, _example(texts, told))
    best = max(tried, key=lambda format_: fits[format_])
    return DateFormats((best,), total - fits[best]) if fits[best] >= _NEARLY * total else None


def _candidates(texts: pl.Series) -> list[str]:
    """The formats that some of the values suggest."""
    found: dict[str, None] = {}
    step = max(1, len(texts) // _LOOKED_AT)
    for text in texts.gather_every(step).head(_LOOKED_AT):
        for pattern, formats in _WRITTEN:
            match = pattern.fullmatch(text)
            if match:
                found |= dict.fromkeys(_format(match, days) for days in formats)
    return list(found)


def _format(match: re.Match[str], days: str) -> str:
    said = match.groupdict()
    month = "%b" if len(said.get("month") or "") == 3 else "%B"
    format_ = days.format(said.get("mark") or "", month)
    if said["weekday"]:
        format_ = f"{'%a' if len(said['weekday']) == 3 else '%A'}{said['after']}{format_}"
    if not said["hour"]:
        return format_
    clock = "%I" if said["half"] else "%H"
    time = f"{said['parting']}{clock}:%M" + (":%S" if said["second"] else "") + (".%f" if said["part"] else "")
    half = {"": "", " ": " %p"}.get((said["half"] or "")[:1], "%p")
    zone = said["zone"] or ""
    offset = "%z" if zone[:1] in ("+", "-", "z", "Z") else zone
    return format_ + time + half + (said["space"] if zone else "") + offset


def parsed(texts: pl.Series, format_: str) -> pl.Series:
    """The moment each text names by a format, as the loader would read it; null where it does not fit."""
    import polars as pl

    has_day = "%d" in format_
    whole, whole_format = (texts, format_) if has_day else (texts + " 01", f"{format_} %d")
    with warnings.catch_warnings():
        # Parts of a second are read past, as the loader does.
        warnings.simplefilter("ignore")
        if "%z" in format_:
            zoned = whole.str.replace(r"(?i)Z$", "+0000").str.to_datetime(whole_format, strict=False, time_unit="us")
            found = zoned.dt.replace_time_zone(None)
        elif "%H" in format_ or "%I" in format_:
            found = whole.str.to_datetime(whole_format, strict=False, time_unit="us")
        else:
            found = whole.str.to_date(whole_format, strict=False).cast(pl.Datetime("us"))
    if "%y" in format_:
        return found
    return found.set(~found.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR).fill_null(False), None)


def _example(texts: pl.Series, formats: tuple[str, ...]) -> str | None:
    """A value that two formats read differently; the first of them where none does."""
    if len(formats) < 2:
        return None
    differs = (parsed(texts, formats[0]) != parsed(texts, formats[1])).fill_null(False)
    return str(texts.filter(differs)[0]) if differs.any() else None


def ambiguity(found: DateFormats) -> str | None:
    """The question that a column of dates leaves; None where one format alone fits."""
    if found.unfit:
        return f"{many(found.unfit, 'value')} not written so; what is meant there?"
    if len(found.fitting) > 1 and found.example is not None:
        first, second = (_said(found.example, format_) for format_ in found.fitting[:2])
        return f"{found.example} may be {first} or {second}; every value can be read both ways"
    if len(found.fitting) > 1:
        return f"{' and '.join(found.fitting)} read all values alike; which is it?"
    zone = re.search(r"(UTC|GMT|BST)$", found.first, re.IGNORECASE)
    if zone:
        return f"times are marked {zone.group()} and would be read as UK clock time; can the sender write an offset?"
    return None


def _said(text: str, format_: str) -> str:
    """A date as people say it.

    >>> _said("03/04/2019", "%m/%d/%Y")
    '4 March'
    """
    moment = datetime.strptime(re.sub(r"(?i)z$", "+0000", text), format_)
    return f"{moment.day} {moment:%B}" + (f" {moment.year}" if "%y" in format_ else "")
