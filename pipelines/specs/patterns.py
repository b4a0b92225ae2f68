"""File patterns: how a feed knows its files by name, and what the name says.

A pattern is the tail of a path. `{period:%Y-%m}`, `{supplier}` and `{issued:%Y-%m-%d}` capture; `*` stands for
anything within one folder name. `{period:%Y-%m}-{supplier}-street.csv` matches `2014-05/2014-05-surrey-street.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator

_TOKEN = re.compile(r"\{([a-z]+)(?::([^{}]*))?\}|(\*)")
_DATE_CODES = {
    "%Y": r"\d{4}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%y": r"\d{2}",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
}
_NAMES = ("period", "supplier", "issued")


@dataclass(frozen=True)
class NameFacts:
    """What a file's name says of its content; None where it says nothing."""

    period: date | None = None
    supplier: str | None = None
    issued: date | None = None


def _date_regex(format_: str) -> str:
    parts = re.split(r"(%[A-Za-z])", format_)
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
            dates = {name: datetime.strptime(said[name], format_).date() for name, format_ in formats.items()}
        except ValueError:
            return None
        return NameFacts(dates.get("period"), said.get("supplier"), dates.get("issued"))

    return match


def tokens(pattern: str) -> set[str]:
    """The names a pattern captures."""
    return {token.group(1) for token in _TOKEN.finditer(pattern) if token.group(1)}


def _valid(pattern: str) -> str:
    _compile(pattern)
    return pattern


FilePattern = Annotated[str, AfterValidator(_valid)]
