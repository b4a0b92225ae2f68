"""Rows that are no records: those a rule of the spec skips, and rows of totals that no rule names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.read.records import ROW, Batch, Unread
from pipelines.read.tally import Tally
from pipelines.read.trailers import Trailers
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.formats import CsvFormat, SkipRule

if TYPE_CHECKING:
    import polars as pl

# A cell that says nothing but that the row is a sum or a trailer. Rust's syntax and Python's agree on it.
_TOTAL = (
    r"(?i)[\s*:]*(((grand|sub|overall)[ -]?)?totals?( (rows|records|count))?"
    r"|end of (file|report|data|extract)|eof|trailer)[\s*:]*"
)
_MESSAGE = "looks like a row of totals or a trailer; name it under `skip`, or map the value if it is a record"
_FIRST = "\x00first"


class Skipper:
    """The skip rules of a version at work on one file; a rule that holds to the end keeps holding."""

    def __init__(self, version: FeedVersion, header: list[str]) -> None:
        self.rules = version.skip
        self.header = header
        self.delimiter = version.format.delimiter if isinstance(version.format, CsvFormat) else "\t"
        # A column whose code map knows a value like "Total" says itself what such a row is.
        self.coded = {name for name, column in version.fills() if column.map is not None}
        self.trailers = Trailers(version, header)
        self.ended: str | None = None

    def without_skipped(self, batch: Batch) -> Batch:
        """A batch without the rows that rules skip, which are counted, and those of totals, which are set aside.

        Its tally holds the text of the rows skipped by the rules that a control total names.
        """
        import polars as pl

        frame = batch.frame.with_columns(_first_filled(batch.frame))
        unread, skipped, tally = list(batch.unread), batch.skipped.copy(), Tally()
        if self.ended:
            skipped[self.ended] += frame.height + len(unread)
            tally.keep_trailers(self.ended, self.trailers.texts(self.ended, frame, unread))
            return replace(batch, frame=frame.clear().drop(_FIRST), unread=[], skipped=skipped, tally=tally)
        for rule in self.rules:
            hit = frame.filter(_holds(rule, rule.column or _FIRST)) if self._can_hold(rule) else frame.clear()
            lines = [*hit[ROW], *(record.line for record in unread if self._skips(rule, record))]
            if rule.to_end and lines:
                first = min(lines)
                lines = [
                    *frame.filter(pl.col(ROW) >= first)[ROW],
                    *(item.line for item in unread if item.line >= first),
                ]
                self.ended = rule.rule
            if lines:
                skipped[rule.rule] += len(lines)
                gone = [record for record in unread if record.line in lines]
                texts = self.trailers.texts(rule.rule, frame.filter(pl.col(ROW).is_in(lines)), gone)
                tally.keep_trailers(rule.rule, texts)
                frame = frame.filter(~pl.col(ROW).is_in(lines))
                unread = [record for record in unread if record.line not in lines]
        frame, totals = self._totals(frame)
        unread = [*map(self._named, unread), *totals]
        return replace(batch, frame=frame.drop(_FIRST), unread=unread, skipped=skipped, tally=tally)

    def _can_hold(self, rule: SkipRule) -> bool:
        return rule.column is None or rule.column in self.header

    def _skips(self, rule: SkipRule, record: Unread) -> bool:
        """Whether a rule that looks at the first cell skips a record of another shape: a trailer has its own."""
        if rule.column is not None or not record.text:
            return False
        first = self._first_cell(record)
        if rule.equals is not None:
            return first == rule.equals
        if rule.starts_with is not None:
            return first.startswith(rule.starts_with)
        return re.fullmatch(rule.matches or "", first) is not None

    def _first_cell(self, record: Unread) -> str:
        """The first filled cell of a record of another shape, as far as it can be told."""
        cells = (cell.strip().strip("\"'") for cell in (record.text or "").split(self.delimiter))
        return next((cell for cell in cells if cell), "")

    def _named(self, record: Unread) -> Unread:
        """A record of another shape by what it is: a trailer mostly has fewer fields than a row."""
        if record.issue_type in ("field_count", "cut_file") and re.fullmatch(_TOTAL, self._first_cell(record)):
            return replace(record, issue_type="totals_row", message=_MESSAGE)
        return record

    def _totals(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Unread]]:
        import polars as pl

        is_total = pl.col(_FIRST).str.contains(f"^{_TOTAL}$").fill_null(False)
        rows = frame.filter(is_total)
        for name in self.coded & set(frame.columns):
            rows = rows.filter((pl.col(name).str.strip_chars() != pl.col(_FIRST)).fill_null(True))
        names = [name for name in frame.columns if name not in (ROW, _FIRST)]
        totals = [
            Unread(row[ROW], 0, 0, "totals_row", _MESSAGE, "\t".join(row[name] or "" for name in names))
            for row in rows.iter_rows(named=True)
        ]
        return frame.filter(~pl.col(ROW).is_in(rows[ROW].implode())), totals


def _first_filled(frame: pl.DataFrame) -> pl.Series:
    """The first cell of each row that holds more than blanks, without those around it."""
    import polars as pl

    cells = [pl.col(name) for name in frame.columns if name != ROW]
    if not cells:
        return pl.Series(_FIRST, [None] * frame.height, dtype=pl.String)
    # Cells of blanks alone are rare: only where one comes first are all cells looked at.
    first = frame.select(pl.coalesce(cells).str.strip_chars().alias(_FIRST)).to_series()
    if not (first == "").any():
        return first
    stripped = [pl.when(cell.str.strip_chars() != "").then(cell.str.strip_chars()) for cell in cells]
    return frame.select(pl.coalesce(stripped).alias(_FIRST)).to_series()


def _holds(rule: SkipRule, column: str) -> pl.Expr:
    import polars as pl

    cell = pl.col(column).fill_null("").str.strip_chars()
    if rule.equals is not None:
        return cell == rule.equals
    if rule.starts_with is not None:
        return cell.str.starts_with(rule.starts_with)
    whole = re.compile(rule.matches or "")
    return cell.map_elements(lambda text: whole.fullmatch(text) is not None, return_dtype=pl.Boolean)
