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
from pipelines.specs.periods import period_start

if TYPE_CHECKING:
    import polars as pl


def declared_period(claim: Claim, cells: dict[str, str | None]) -> date | None:
    """The first day of the one period that a whole delivery reports on; None where each row says its own.

    Raises:
        Refusal: where the cell that should say it does not.
    """
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


def row_periods(rows: pl.DataFrame, claim: Claim, declared: date | None, faults: Faults) -> pl.Series:
    """The first day of each row's reporting period; null where it cannot be told, which is a fault of the row."""
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
