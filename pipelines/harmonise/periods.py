"""The reporting period of each row: from the file's name or the caller, from one cell of the file, or from a column."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.specs.base import PeriodType
from pipelines.specs.feeds import PeriodPlace
from pipelines.specs.patterns import day_named
from pipelines.specs.periods import label, period_start

if TYPE_CHECKING:
    import polars as pl


def declared_period(claim: Claim, cells: dict[str, str | None], received: date) -> date | None:
    """The first day of the one period that a whole delivery reports on; None where each row says its own.

    Raises:
        Refusal: where the cell that should say it does not, or the period had not begun when the delivery came.
    """
    start = _declared(claim, cells)
    if start is not None and start > received and not claim.feed.feed.cadence.ahead:
        message = f"{claim.source}: reports on {label(claim.feed.feed.cadence.every, start)}, which had not begun"
        raise Refusal("future_period", f"{message} when it came on {received}; look at its name, or give --period")
    return start


def _declared(claim: Claim, cells: dict[str, str | None]) -> date | None:
    kind, place = claim.feed.feed.cadence.every, claim.version.period
    if claim.facts.period is not None:
        return period_start(kind, claim.facts.period)
    if not isinstance(place, PeriodPlace) or place.cell is None:
        return None
    start = _named(cells.get(place.cell) or "", place, kind)
    if start is None:
        message = f"{claim.source}: cell {place.cell} should hold the reporting period and does not"
        raise Refusal("bad_value", f'{message} (as "{place.date}"); look at the file, or give --period')
    return start


def row_periods(rows: pl.DataFrame, claim: Claim, declared: date | None, received: date, faults: Faults) -> pl.Series:
    """The first day of each row's reporting period; null where it cannot be told, which is a fault of the row.

    So is a period that had not begun when the delivery came, unless the feed's figures may be of periods to come.
    """
    import polars as pl

    if declared is not None:
        return pl.Series("period_start", [declared], dtype=pl.Date).new_from_index(0, rows.height)
    place, kind = claim.version.period, claim.feed.feed.cadence.every
    assert isinstance(place, PeriodPlace) and place.column is not None
    texts = rows[place.column].str.strip_chars()
    named = {text: _named(text, place, kind) for text in texts.drop_nulls().unique()}
    starts = texts.replace_strict(named, default=None, return_dtype=pl.Date).alias("period_start")
    bad = rows.select(INDEX, place.column).filter(starts.is_null())
    faults.add(bad, "bad_value", place.column, "the reporting period cannot be told", place.column)
    if not claim.feed.feed.cadence.ahead:
        early = rows.select(INDEX, place.column).filter((starts > received).fill_null(False))
        message = f"a reporting period that had not begun when this came, on {received}"
        faults.add(early, "future_period", place.column, message, place.column)
    return starts


def _named(text: str, place: PeriodPlace, kind: PeriodType) -> date | None:
    """The first day of the period that a text names; None where it names none."""
    if place.match is not None:
        found = re.fullmatch(place.match, text)
        text = (found.group(1) or "") if found else ""
    try:
        return period_start(kind, day_named(text.strip(), place.date))
    except ValueError:
        return None
