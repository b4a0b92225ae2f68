"""File patterns: how a feed knows its files by name, and what the name says.

A pattern is the tail of a path. `{period:%Y-%m}`, `{supplier}` and `{issued:%Y-%m-%d}` capture; `*` stands for
anything within one folder name; `%-m` and `%-d` are months and days without a leading zero.
`{period:%Y-%m}-{supplier}-street.csv` matches `2014-05/2014-05-surrey-street.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

# Partners' clocks show the time of the United Kingdom, summer time included.
LOCAL_TIME = "Europe/London"
_TOKEN = re.compile(r"\{([a-z]+)(?::([^{}]*))?\}|(\*)")
_DATE_CODES = {
    "%Y": r"\d{4}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%y": r"\d{2}",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
    "%-m": r"\d{1,2}",
    "%-d": r"\d{1,2}",
}
_MONTH_CODES = ("%m", "%-m", "%b", "%B", "%j", "%U", "%W", "%V")
_NAMES = ("period", "supplier", "issued")


@dataclass(frozen=True)
class NameFacts:
    """What a file's name says of its content; None where it says nothing."""

    period: date | None = None
    supplier: str | None = None
    issued: date | None = None


def _date_regex(format_: str) -> str:
    parts = re.split(r"(%-?[A-Za-z])", format_)
    for part in parts[1::2]:
        if part not in _DATE_CODES:
            raise ValueError(f"{part} is not a date code a file name can hold; use one of {', '.join(_DATE_CODES)}")
    codes = parts[1::2]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise ValueError(f"{twice} is given twice")
    if not {"%Y", "%y"} & set(codes):
        raise ValueError(f'"{format_}" needs a year, %Y or %y')
    return "".join(_DATE_CODES[part] if part in _DATE_CODES else re.escape(part) for part in parts)


def has_month(format_: str) -> bool:
    """Whether a date format says more than the year."""
    return any(code in format_ for code in _MONTH_CODES)


def day_named(text: str, format_: str) -> date:
    """A day in the period that a text names.

    A format with a year alone names the year, of whatever calendar, that begins in it: 31 December lies in each of
    them. `%Y` and `%y` together name one that runs into the next: `2012-13`.

    Raises:
        ValueError: where the text does not fit the format, or names two years that do not follow one another.
    """
    if has_month(format_):
        moment = datetime.strptime(text, format_.replace("%-", "%"))
        if "UTC" in format_:
            moment = moment.replace(tzinfo=UTC)
        return (moment.astimezone(ZoneInfo(LOCAL_TIME)) if moment.tzinfo else moment).date()
    codes = {"%Y": r"(?P<Y>\d{4})", "%y": r"(?P<y>\d{2})"}
    parts = re.split("(%[Yy])", format_)
    found = re.fullmatch("".join(codes.get(part, re.escape(part)) for part in parts), text)
    if found is None:
        raise ValueError(f'"{text}" does not fit "{format_}"')
    said = found.groupdict()
    year = int(said["Y"]) if "Y" in said else datetime.strptime(said["y"], "%y").year
    if "Y" in said and "y" in said and int(said["y"]) != (year + 1) % 100:
        raise ValueError(f'"{text}" names two years that do not follow one another')
    return date(year, 12, 31)


def _compile(pattern: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """The regular expression of a pattern, and the date format of each of its dated tokens."""
    regex, formats, end, seen = "", {}, 0, set()
    for token in _TOKEN.finditer(pattern):
        regex += re.escape(pattern[end : token.start()])
        end = token.end()
        name, format_ = token.group(1), token.group(2)
        if token.group(3):
            regex += "[^/]*"
            continue
        if name not in _NAMES:
            raise ValueError(f"{{{name}}} is not known; a pattern may hold {', '.join(_NAMES)} and *")
        if name in seen:
            raise ValueError(f"{{{name}}} is given twice")
        seen.add(name)
        if name == "supplier":
            regex += r"(?P<supplier>[a-z0-9][a-z0-9_-]*)"
        elif not format_:
            raise ValueError(f"{{{name}}} needs a date format, as in {{{name}:%Y-%m}}")
        else:
            regex += f"(?P<{name}>{_date_regex(format_)})"
            formats[name] = format_
    regex += re.escape(pattern[end:])
    if "{" in re.sub(_TOKEN, "", pattern):
        raise ValueError("a brace does not close, or is empty")
    return re.compile(rf"(?:^|/){regex}$"), formats


def matcher(pattern: str) -> Callable[[str], NameFacts | None]:
    """A function from a path (with `/`) to what its name says, or None where the pattern does not match."""
    regex, formats = _compile(pattern)

    def match(path: str) -> NameFacts | None:
        found = regex.search(path)
        if found is None:
            return None
        said = found.groupdict()
        try:
            dates = {name: day_named(said[name], format_) for name, format_ in formats.items()}
        except ValueError:
            return None
        return NameFacts(dates.get("period"), said.get("supplier"), dates.get("issued"))

    return match


def tokens(pattern: str) -> set[str]:
    """The names a pattern captures."""
    return {token.group(1) for token in _TOKEN.finditer(pattern) if token.group(1)}


def check_pattern(pattern: str) -> str:
    """A pattern as it was given.

    Raises:
        ValueError: where it is not one.
    """
    _compile(pattern)
    return pattern


FilePattern = Annotated[str, AfterValidator(check_pattern)]
