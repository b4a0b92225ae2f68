"""What says the reporting period: the file's name, a column, or a cell above the table; else nobody knows yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pipelines.propose.columns import Column, is_word
from pipelines.propose.dates import parsed
from pipelines.propose.heading import GridRow
from pipelines.propose.profile import Profile
from pipelines.propose.tells import CODES, Told, plain, told_in
from pipelines.read.workbook_cells import column_letters
from pipelines.specs.base import PeriodType
from pipelines.specs.feeds import PeriodPlace
from pipelines.specs.formats import SheetFormat
from pipelines.specs.patterns import day_named, has_month
from pipelines.specs.periods import period_start

if TYPE_CHECKING:
    import polars as pl

_QUARTER = re.compile(r"(?<![A-Za-z])q(uarter)?[-_ ]?[1-4](?!\d)", re.IGNORECASE)


@dataclass
class Period:
    """Where the reporting period is told, and what is to be asked of it, by the key of the spec.

    `name` is the file's pattern; `place` is None where the name tells; both may tell nothing.
    """

    name: str
    place: PeriodPlace | None = None
    every: PeriodType = PeriodType.MONTH
    first: date | None = None
    is_told: bool = True
    asks: dict[str, str] = field(default_factory=dict)


def period_of(profile: Profile, columns: list[Column]) -> Period:
    """Where the reporting period of a file is told."""
    period = _by_name(profile)
    if profile.sheets_from is not None and isinstance(profile.format, SheetFormat):
        _by_sheets(period, profile.format.sheet, profile.sheets_from)
    elif (column := _telling(columns, period)) is not None:
        _by_column(period, column, profile)
    elif not period.is_told:
        _by_cell(period, profile.above)
    if not period.is_told:
        _ask_for(period, columns)
    elif "{" not in period.name:
        period.asks.setdefault("files", "will the file always be called so?")
    _calendar(period, columns, profile)
    return period


def _ask_for(period: Period, columns: list[Column]) -> None:
    """Say that nothing tells the period, or what nearly does."""
    period.asks["files"] = "nothing in the file says what period it reports on; until it does, give --period"
    said = ("period", "year", "date")
    nearly = next((column.heading for column in columns if column.words and column.words[-1] in said), None)
    if nearly:
        told = f"the column {nearly} may say the period, but its values are not all written in one known way"
        period.asks["files"] = f"{told}; until it is known, give --period"


def has_month_of(pattern: str) -> bool:
    """Whether a file pattern tells a month."""
    said = re.search(r"\{period:([^}]*)\}", pattern)
    return said is not None and has_month(said[1])


# --- the file's name --------------------------------------------------------------------------------------------------


def _by_name(profile: Profile) -> Period:
    whole = profile.sample.source.name
    folder, _slash, name = whole.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot else (name, "")
    told = [] if _QUARTER.search(stem) else told_in(stem)
    days = [item for item in told if "%d" in item.format]
    periods = [item for item in told if "%d" not in item.format] or days
    issued = days[0] if days and periods and periods[0] not in days else None
    period = Period("", is_told=False)
    if periods:
        _take(period, periods[0], is_day=periods[0] in days)
    replaced = [(item, "period") for item in periods[:1]] + ([(issued, "issued")] if issued else [])
    period.name = _pattern(stem, replaced) + _plain(ending)
    if len(periods) > 1:
        period.asks["files"] = "the name tells more than one period; which is the one reported on?"
    _by_folder(period, folder.rpartition("/")[2], profile)
    _by_archive(period, name, [other.rpartition("/")[2] for other in profile.sample.others])
    return period


def _take(period: Period, told: Told, *, is_day: bool) -> None:
    period.is_told = True
    period.first = told.day
    period.every = PeriodType.MONTH if has_month(told.format) else PeriodType.CALENDAR_YEAR
    if told.format.count("%") == 2 and not has_month(told.format):
        period.every = PeriodType.FINANCIAL_YEAR
    if is_day:
        period.asks["files"] = "is the day in the name the period, or the day of issue ({issued:...})?"
    elif told.is_either:
        period.asks["files"] = "does the name tell a month, or a year that runs into the next?"


def _pattern(stem: str, replaced: list[tuple[Told, str]]) -> str:
    parts, at = [], 0
    for told, token in sorted(replaced, key=lambda item: item[0].start):
        parts += [_plain(stem[at : told.start]), f"{{{token}:{told.format}}}"]
        at = told.end
    return "".join([*parts, _plain(stem[at:])])


def _plain(text: str) -> str:
    """A part of a name as a pattern has it: what would mean something there is left open."""
    return re.sub(r"[{}]+", "*", text)


def _by_folder(period: Period, folder: str, profile: Profile) -> None:
    """A folder that is named after a day or a month."""
    told = next((item for item in told_in(folder) if item.end - item.start == len(folder)), None)
    if told is None or profile.sample.source.member is not None:
        return
    if "%d" in told.format:
        period.name = f"{{issued:{told.format}}}/{period.name}"
        period.asks.setdefault("files", "is the folder's name the day of issue?")
    elif not period.is_told:
        _take(period, told, is_day=False)
        period.name = f"{{period:{told.format}}}/{period.name}"


def _beginning(texts: list[str]) -> str:
    """What all texts begin with."""
    least, most = min(texts), max(texts)
    return least[: next((at for at, sign in enumerate(least) if most[at : at + 1] != sign), len(least))]


def _by_archive(period: Period, name: str, others: list[str]) -> None:
    """Files of one archive that differ in one part of their names alone: probably that part is the supplier."""
    start = _beginning([name, *others])
    start = start[: max(start.rfind(mark) for mark in "-_ ") + 1]
    rest = [other[len(start) :] for other in (name, *others)]
    end = _beginning([other[::-1] for other in rest])[::-1]
    end = end[min((at for mark in "-_. " if (at := end.find(mark)) >= 0), default=len(end)) :]
    middles = [other[: len(other) - len(end)] for other in rest]
    is_part = end and all(re.fullmatch(r"[a-z0-9][a-z0-9_-]*", middle) for middle in middles)
    if len(others) < 2 or not is_part or name.count(middles[0]) != 1 or middles[0] not in period.name:
        return
    period.name = period.name.replace(middles[0], "{supplier}")
    period.asks.setdefault("files", f"the names of {len(others) + 1} files differ in one part; is it the supplier?")


def _by_sheets(period: Period, pattern: str, first: date) -> None:
    """Sheets that are named after periods: they tell it, and the file's name does not."""
    _forget_name(period)
    period.is_told, period.first = True, first
    period.every = PeriodType.MONTH if has_month_of(pattern) else PeriodType.CALENDAR_YEAR
    if "%y" in pattern and "%Y" in pattern:
        period.every = PeriodType.FINANCIAL_YEAR


def _forget_name(period: Period) -> None:
    period.name = re.sub(r"\{period:[^}]*\}", "*", period.name)
    period.asks.pop("files", None)


# --- a column ---------------------------------------------------------------------------------------------------------


def _is_strong(column: Column) -> bool:
    """Whether a column holds periods and not days."""
    return column.kind == "period" or (column.dates is not None and "%d" not in column.dates.first)


def _candidates(columns: Iterable[Column]) -> Iterator[Column]:
    """The columns that may tell the period, the likelier first."""
    able = [column for column in columns if column.kind in ("date", "period") and column.personal is None]
    full = [column for column in able if column.empty_share < 0.2]

    def rank(column: Column) -> tuple[int, int, int]:
        said = 0 if is_word(column, "period", "year", "month", "quarter") else 1
        late = is_word(column, "closed", "close", "end", "completed", "updated", "update", "extract", "last")
        return (0 if _is_strong(column) else 1, int(late), said)

    yield from sorted(full, key=rank)


def _telling(columns: list[Column], period: Period) -> Column | None:
    """The column that tells the period. Where the name tells a month, only one with several periods does."""
    found = list(_candidates(columns))
    if period.is_told and has_month_of(period.name):
        found = [column for column in found if _is_strong(column) and column.distinct > 1]
    return found[0] if found else None


def _by_column(period: Period, column: Column, profile: Profile) -> None:
    format_ = column.period or (column.dates.first if column.dates else "")
    texts = profile.column(column.place).unique()
    if period.is_told:
        _forget_name(period)
        period.asks["files"] = f"the name tells a date, and {column.heading} more than one; is the name's the issue?"
    period.is_told = True
    period.place = PeriodPlace(column=column.heading, date=format_)
    period.first = _first(texts, format_)
    period.every = PeriodType.FINANCIAL_YEAR if format_.endswith("%y") and "%Y" in format_ else PeriodType.MONTH
    if format_ == "%Y":
        period.every = PeriodType.CALENDAR_YEAR
    if not _is_strong(column):
        period.asks["period"] = f"is {column.heading} the date a row is reported by, in the month it lies in?"
        period.every = PeriodType.QUARTER if _are_quarters(texts, format_) else PeriodType.MONTH


def told_by_headings(period: Period, column: str, format_: str, headings: list[str]) -> None:
    """Say that headings tell the period, which unpivoting puts in a column of its own."""
    if period.place is not None or (period.is_told and has_month_of(period.name)):
        return
    _forget_name(period)
    period.place = PeriodPlace(column=column, date=format_)
    period.is_told = True
    period.every = PeriodType.MONTH if has_month(format_) else PeriodType.CALENDAR_YEAR
    if format_.count("%") == 2 and not has_month(format_):
        period.every = PeriodType.FINANCIAL_YEAR
    first = min((day_named(text, format_) for text in headings), default=None)
    period.first = period_start(period.every, first) if first else None


def _first(texts: pl.Series, format_: str) -> date | None:
    """The earliest day of a column."""
    if has_month(format_):
        first = parsed(texts, format_).min()
        return date(first.year, first.month, 1) if first is not None else None  # type: ignore[union-attr]
    days = []
    for text in texts:
        try:
            days.append(day_named(text, format_))
        except ValueError:
            continue
    return min(days, default=None)


def _are_quarters(texts: pl.Series, format_: str) -> bool:
    """Whether all days lie in months that are three apart."""
    months = sorted(set(parsed(texts, format_).dt.month().drop_nulls()))
    return len(months) > 1 and len(texts) > 2 and all((month - months[0]) % 3 == 0 for month in months)


# --- a cell above the table -------------------------------------------------------------------------------------------


def _by_cell(period: Period, above: Sequence[GridRow]) -> None:
    for row, cells in above:
        for column, cell in enumerate(cells, start=1):
            told = next((item for item in told_in(cell) if "%d" not in item.format), None)
            if told is None:
                continue
            # A format for cells has no months without a zero; read back, one is the same as the other.
            format_ = told.format.replace("%-", "%")
            codes = re.split(r"(%-?[A-Za-z])", told.format)
            inner = "".join(CODES.get(code, plain(code)) for code in codes)
            is_all = told.start == 0 and told.end == len(cell)
            match = None if is_all else rf".*?\b({inner})\b.*"
            _take(period, told, is_day=False)
            period.place = PeriodPlace(cell=f"{column_letters(column)}{row}", date=format_, match=match)
            period.asks["period"] = "is the period always told in this cell?"
            period.asks.pop("files", None)
            return


# --- the calendar -----------------------------------------------------------------------------------------------------


def _calendar(period: Period, columns: list[Column], profile: Profile) -> None:
    """Which year it is, where a year is told: the words of the file may say."""
    said = " ".join([profile.name, *(column.heading for column in columns), *_few(columns)]).casefold()
    yearly = period.every in (PeriodType.CALENDAR_YEAR, PeriodType.FINANCIAL_YEAR)
    if yearly and re.search(r"academic|school|pupil", said):
        period.every = PeriodType.ACADEMIC_YEAR
    elif yearly and "financial" in said:
        period.every = PeriodType.FINANCIAL_YEAR
    if period.first is not None:
        period.first = period_start(period.every, period.first)
    if yearly:
        period.asks["every"] = "which year is it: calendar, financial (from April) or academic (from September)?"
    else:
        period.asks["every"] = "how often does a return come?"


def _few(columns: list[Column]) -> Iterator[str]:
    """The values of columns that hold hardly any."""
    for column in columns:
        if 1 <= len(column.codes) <= 3:
            yield from column.codes
