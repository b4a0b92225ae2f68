"""What each column of a table holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pipelines.propose.dates import DateFormats, ambiguity, date_formats
from pipelines.propose.numbers import Numbers, numbers_of
from pipelines.propose.personal import A_PERSON, AN_ADDRESS, are_no_people, by_heading, by_values
from pipelines.propose.profile import Profile
from pipelines.propose.shapes import AREA_CODE, GRID_REFERENCE, POSTCODE, WEB_ADDRESS
from pipelines.propose.splits import split_of
from pipelines.propose.words import words

if TYPE_CHECKING:
    import polars as pl

Kind = Literal[
    "nothing",
    "whole number",
    "number",
    "date",
    "period",
    "code",
    "text",
    "free text",
    "postcode",
    "grid reference",
    "area code",
    "web address",
    "outline",
    "uprn",
    "several values",
]

# So many different values of a column are shown, if they look like codes and not like people.
MOST_CODES = 30
_LONGEST_CODE = 80
# Text of so many characters on average, hardly ever the same, is what somebody wrote.
_FREE_TEXT = 40
_MOST = 0.9
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("postcode", POSTCODE),
    ("area code", AREA_CODE),
    ("grid reference", GRID_REFERENCE),
    ("web address", WEB_ADDRESS),
    ("outline", r"(MULTI)?(POLYGON|LINESTRING|POINT) ?Z? ?\(.*\)"),
)
_PERIOD_WORDS = frozenset(words("year period month quarter yr fy date week time"))
_YEARS = (
    (r"^(19|20)\d{2}-\d{2}$", "%Y-%y"),
    (r"^(19|20)\d{2}/\d{2}$", "%Y/%y"),
    (r"^(19|20)\d{2}_\d{2}$", "%Y_%y"),
    (r"^(19|20)\d{4}$", "%Y%y"),
)


@dataclass
class Column:
    """A column as it was found. `heading` is its name in the spec; `place` counts from 0.

    `codes` are its values where they may be shown: few, and not of a person. `period` is the format of a year or month
    that its values are. `match` is the regular expression that splits its cells.
    """

    heading: str
    place: int
    rows: int
    filled: int
    distinct: int
    kind: Kind = "text"
    dates: DateFormats | None = None
    numbers: Numbers | None = None
    period: str | None = None
    match: str | None = None
    personal: str | None = None
    codes: tuple[str, ...] = ()
    asks: list[str] = field(default_factory=list)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its heading."""
        return words(self.heading)

    @property
    def is_unique(self) -> bool:
        """Whether no value of it comes twice."""
        return self.filled > 1 and self.distinct == self.filled

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in ("number", "whole number")

    @property
    def empty_share(self) -> float:
        """Which share of its cells is empty."""
        return 1 - self.filled / self.rows if self.rows else 1.0

    def told(self) -> str:
        """What it holds, in a few words."""
        said = {"period": "a year or month", "several values": "several values in a cell"}.get(self.kind, self.kind)
        if self.kind == "date" and self.dates:
            said = f"date {self.dates.first}"
        if self.kind == "code" or (self.is_number and 1 < self.distinct < MOST_CODES):
            said = f"{said}, {self.distinct:,} values" if self.distinct > 1 else f"{said}, always the same"
        if self.numbers and self.numbers.symbols:
            said = f"{said}, also {' '.join(sorted(self.numbers.symbols))}"
        return f"{said}; {self.personal}?" if self.personal else said


def columns_of(profile: Profile) -> list[Column]:
    """Every column of a profile, in the order of the header."""
    return [_column(profile, place, heading) for place, heading in enumerate(profile.header)]


def _column(profile: Profile, place: int, heading: str) -> Column:
    series = profile.column(place)
    counted = series.alias("text").value_counts(name="count")
    texts, counts = counted["text"], counted["count"]
    column = Column(heading, place, profile.frame.height, len(series), len(texts))
    if not len(texts):
        column.kind = "nothing"
        return column
    _find_kind(column, texts, counts)
    column.personal = _personal(column, texts, counts)
    if (column.personal is None and column.kind in ("code", "text", "period")) or column.is_number:
        _find_codes(column, texts)
    if counts.filter(texts.str.contains(r"^\d+\*{2,}$")).sum() > column.filled / 2:
        column.asks.append("its last digits are masked; what is left of it?")
    if place in profile.ending.sums and not column.personal:
        column.asks.append(f'"{profile.ending.sums[place]}" sums up the others; map it or leave such rows out?')
    return column


def _find_kind(column: Column, texts: pl.Series, counts: pl.Series) -> None:
    if _is_period(column, texts):
        column.kind = "period"
        return
    if "uprn" in column.words and counts.filter(texts.str.contains(r"^\d{1,12}$")).sum() >= _MOST * column.filled:
        column.kind = "uprn"
        return
    column.numbers = numbers_of(texts, counts)
    column.dates = _dates(column, texts, counts)
    if column.dates:
        column.kind, column.numbers = "date", None
        column.asks += [said] if (said := ambiguity(column.dates)) else []
        return
    if column.numbers:
        column.kind = "whole number" if column.numbers.is_whole else "number"
        column.asks += [column.numbers.ask] if column.numbers.ask else []
        return
    total = int(counts.sum())
    for kind, pattern in _PATTERNS:
        if counts.filter(texts.str.contains(f"^({pattern})$")).sum() >= _MOST * total:
            column.kind = kind
            return
    column.match = split_of(column.heading, texts)
    if column.match:
        column.kind = "several values"
        return
    if _is_written(texts, counts):
        column.kind = "free text"
    elif len(texts) <= max(2, total / 2) and not (texts.str.len_chars() > _LONGEST_CODE).any():
        column.kind = "code"


def _is_written(texts: pl.Series, counts: pl.Series) -> bool:
    """Whether values are what somebody wrote: long, of several words, and hardly ever the same."""
    total = int(counts.sum())
    mean = int((texts.str.len_chars() * counts).sum()) / total
    spaced = int(counts.filter(texts.str.count_matches(r"\S +\S") > 2).sum())
    return mean > _FREE_TEXT and len(texts) > 0.5 * total and spaced > 0.5 * total


def _is_period(column: Column, texts: pl.Series) -> bool:
    """Whether a column holds years: `2014`, `2012-13`, `201617`. What could be months as well is asked."""
    says = bool(_PERIOD_WORDS & set(column.words))
    for pattern, format_ in _YEARS:
        if texts.str.contains(pattern).all() and (says or format_ != "%Y%y"):
            first, second = texts.str.slice(0, 4).cast(int), texts.str.slice(-2).cast(int)
            follow, months = (second == (first + 1) % 100).all(), second.is_between(1, 12).all()
            if follow and months:
                column.asks.append("may be years that run into the next, or months; which?")
            if follow:
                column.period = format_
                return True
    if says and texts.str.contains(r"^(19|20)\d{2}$").all():
        column.period = "%Y"
        return True
    return False


def _dates(column: Column, texts: pl.Series, counts: pl.Series) -> DateFormats | None:
    """The formats of a column of dates. Digits alone are dates only where the heading says so, or if all are days."""
    if texts.str.contains(r"^\d+([.]\d+)?$").any():
        says = bool(_PERIOD_WORDS & set(column.words))
        if not says and not (texts.str.contains(r"^(19|20)\d{6}$").all() and len(texts) > 3):
            return None
    return date_formats(texts, counts)


def _personal(column: Column, texts: pl.Series, counts: pl.Series) -> str | None:
    said = by_heading(column.heading)
    small = column.numbers is not None and column.numbers.spread[2] < 10**6
    if said is not None and small and said != AN_ADDRESS and not texts.str.contains(r"^\d{6,}$").any():
        said = None  # figures: how many such people there were, not who they are
    if said == A_PERSON and are_no_people(texts):
        said = None
    if said is None and column.kind in ("code", "text", "free text"):
        said = by_values(column.heading, texts, counts)
    if said is None and column.kind == "whole number":
        said = by_values(column.heading, texts, counts) if not texts.str.contains(r"[.,]").any() else None
    return said


def _find_codes(column: Column, texts: pl.Series) -> None:
    """The values of a column, where they are few and come again."""
    is_short = len(texts) < MOST_CODES and max(map(len, texts)) <= _LONGEST_CODE
    if is_short and column.kind in ("code", "text") and not column.is_unique:
        column.codes = tuple(sorted(texts))
    elif column.kind == "whole number" and len(texts) < MOST_CODES and len(texts) * 10 <= column.filled:
        column.codes = tuple(sorted(texts, key=lambda text: (len(text), text)))


def is_word(column: Column, *any_of: str) -> bool:
    """Whether one of some words is in a column's heading."""
    return any(word in column.words for word in any_of)
