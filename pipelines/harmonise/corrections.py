"""Our recorded corrections applied to the rows of a delivery, before any value is read: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.intake.refusal import Refusal
from pipelines.read.records import ROW, Rectified
from pipelines.specs.base import PeriodType
from pipelines.specs.corrections import Correction, Recorded
from pipelines.specs.periods import period_start, written

if TYPE_CHECKING:
    import polars as pl

_REMOVE = "remove the correction and load again"


@dataclass(frozen=True)
class Sent:
    """The rows of a delivery as sent.

    `text` has `_index`, `_row`, `_part` and text columns; `periods` and `suppliers` are each row's, null where they
    cannot be told. `period` and `supplier` are those of the whole: None and empty where each row says its own. `plain`
    are the columns whose texts may be told.
    """

    source: str
    text: pl.DataFrame
    periods: pl.Series
    suppliers: pl.Series
    period: date | None
    supplier: str
    kind: PeriodType
    plain: set[str]

    def concerns(self, correction: Correction) -> pl.Series | None:
        """Which rows are of a correction's period and supplier; None where the delivery does not speak for them."""
        scope = self.periods == period_start(self.kind, correction.period)
        if correction.supplier is not None:
            scope &= self.suppliers == correction.supplier
        is_whole = self.period is not None and bool(self.supplier or correction.supplier is None)
        return scope.fill_null(False) if is_whole or scope.any() else None

    def missing(self, correction: Correction) -> list[str]:
        """The columns of a correction that the rows do not have, in quotation marks."""
        return [f'"{column}"' for column in correction.columns if column not in self.text.columns]


@dataclass(frozen=True)
class _Found:
    """A correction and the rows that it matches."""

    recorded: Recorded
    rows: pl.DataFrame

    @property
    def correction(self) -> Correction:
        return self.recorded.correction

    @property
    def cells(self) -> set[tuple[int, str]]:
        """Each row and column that it changes; all columns of rows that are left out."""
        columns = self.correction.change or self.rows.columns
        return {(index, column) for index in self.rows[INDEX] for column in columns}


def corrected(sent: Sent, recorded: list[Recorded], faults: Faults) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as they should have been sent, and those that are left out: `_index`, issue_type, message.

    Args:
        sent: the rows as sent.
        recorded: the corrections that may be about this delivery.
        faults: takes an issue for each cell changed.

    Raises:
        Refusal: where a correction matches other rows than it says, or rows that say other than it expects: with every
            such correction, for then nothing of the delivery is corrected.
    """
    import polars as pl

    found = list(_found(sent, recorded))
    if problems := _problems(found, sent):
        listed = "; ".join(f"{item.place}: {message}" for item, message in problems)
        raise Refusal("correction_failed", f"{sent.source}: {listed}")
    text = sent.text
    for one in found:
        text = _changed(text, one, sent.plain, faults)
    schema = {INDEX: pl.UInt32, "issue_type": pl.String, "message": pl.String}
    left_out = [
        one.rows.select(INDEX, issue_type=pl.lit("left_out_by_correction"), message=pl.lit(_why(one.correction)))
        for one in found
        if one.correction.leave_out
    ]
    return text, pl.concat([pl.DataFrame(schema=schema), *left_out])


def _found(sent: Sent, recorded: list[Recorded]) -> Iterator[_Found]:
    """Each correction that the delivery is concerned by, with the rows it matches."""
    for item in recorded:
        scope = sent.concerns(item.correction)
        if scope is not None:
            # Where a column is missing no row matches, and that is what is told of it.
            is_there = not sent.missing(item.correction)
            matches = sent.text.select(_says(item.correction.match)).to_series() if is_there else False
            yield _Found(item, sent.text.filter(scope & matches))


def _problems(found: list[_Found], sent: Sent) -> list[tuple[Recorded, str]]:
    """Every correction that does not fit, and why."""
    told: list[tuple[Recorded, str]] = []
    fitting: list[_Found] = []
    for one in found:
        message = _misfit(one, sent)
        if message is None:
            fitting.append(one)
        else:
            told.append((one.recorded, message))
    return [*told, *_twice(fitting)]


def _says(wanted: dict[str, str]) -> pl.Expr:
    """Whether a row's cells hold these texts. Blanks around a cell do not count; an empty one holds an empty text."""
    import polars as pl

    cells = [pl.col(column).str.strip_chars().fill_null("") == text for column, text in wanted.items()]
    return pl.all_horizontal(pl.col(INDEX).is_not_null(), *cells)


def _misfit(found: _Found, sent: Sent) -> str | None:
    """Why a correction does not fit the rows it matches; None where it does."""
    correction, rows = found.correction, found.rows
    if missing := sent.missing(correction):
        return f"the version of the feed that reads this file has no column {', '.join(missing)}"
    period = written(sent.kind, period_start(sent.kind, correction.period))
    if not rows.height:
        return f"matches no row of {period}: if the source is right now, {_REMOVE}; else mend its `match`"
    if rows.height != correction.rows:
        return f"matches {rows.height:,} rows of {period}, and not {correction.rows:,}: mend its `match` or its `rows`"
    unlike = rows.filter(~rows.select(_says(correction.expect)).to_series())
    if not unlike.height:
        return None
    row = unlike.row(0, named=True)
    held = ", ".join(_held(column, row[column], sent.plain) for column in _unlike(correction, row))
    is_right = correction.change and rows.select(_says(correction.change)).to_series().all()
    what = f"the source is right now: {_REMOVE}" if is_right else "look at the file; mend the correction, or remove it"
    return f"line {row[ROW]} is not as `expect` says, for {held}: {what}"


def _unlike(correction: Correction, row: dict[str, str | None]) -> list[str]:
    return [column for column, text in correction.expect.items() if (row[column] or "").strip() != text]


def _held(column: str, text: str | None, plain: set[str]) -> str:
    told = f'"{text.strip()}"' if text and column in plain else "another text" if text else "nothing"
    return f'"{column}" holds {told}'


def _twice(found: list[_Found]) -> Iterator[tuple[Recorded, str]]:
    """Corrections that change what another changes, or leave it out."""
    taken: dict[tuple[int, str], Recorded] = {}
    for one in found:
        both = next((taken[cell] for cell in one.cells if cell in taken), None)
        if both is not None:
            yield one.recorded, f"is about the same cell as {both.correction.id}: make one correction of the two"
        taken.update(dict.fromkeys(one.cells, one.recorded))


def _changed(text: pl.DataFrame, found: _Found, plain: set[str], faults: Faults) -> pl.DataFrame:
    """The rows with one correction made, of which each changed cell is noted."""
    import polars as pl

    is_meant = pl.col(INDEX).is_in(found.rows[INDEX].implode())
    for column, right in found.correction.change.items():
        cell = pl.when(is_meant).then(pl.lit(right or None, pl.String)).otherwise(pl.col(column))
        text = text.with_columns(cell.alias(column))
        shown = column if column in plain else None
        faults.repair(found.rows, "corrected", column, _why(found.correction), shown)
    return text


def rectified(text: pl.DataFrame, changes: list[Rectified], faults: Faults) -> pl.DataFrame:
    """The rows with what people had put right about themselves; neither the old text nor the new one is told."""
    import polars as pl

    for change in changes:
        if change.column in text.columns:
            is_meant = pl.col(ROW) == change.row
            cell = pl.when(is_meant).then(pl.lit(change.text or None, pl.String)).otherwise(pl.col(change.column))
            text = text.with_columns(cell.alias(change.column))
            faults.repair(text.filter(is_meant), "rectified", change.column, f"put right as {change.request} asks")
    return text


def _why(correction: Correction) -> str:
    said = f"reported by {correction.reported_by}, {correction.reported_on}"
    return f"{correction.id}: {correction.reason} ({said})"
