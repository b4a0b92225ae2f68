"""Every issue of a delivery as a CSV for a spreadsheet, a row each, in the file's order, with only plain values."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipelines.read.records import ROW
from pipelines.reports.issue_groups import Example, shown, type_of, what_happened
from pipelines.reports.masking import Masking
from pipelines.reports.return_report import ReturnReport
from warehouse.query import neutral

HEADER = ("line", "part", "column", "issue", "severity", "who", "value", "message", "what happened", "what to do")
WHOLE_FILE = "whole file"
_SLICE = 10_000

Cells = tuple[object, ...]


def write_csv(report: ReturnReport, issues: Path | None, masking: Masking, out: Path) -> int:
    """Write the list of issues, and say how many there are.

    The refusal stands first, if there is one, then what is of the file as a whole. The file is in UTF-8 with a byte
    order mark, by which spreadsheet programs know it; a cell that they would run as a formula is made harmless.

    Args:
        report: the report, for all that is not of a row.
        issues: the file of the delivery's issues; None where there is none.
        masking: what may be shown.
        out: the file to write.
    """
    count = 0
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for cells in (*_of_the_whole(report, issues is not None), *_of_rows(report, issues, masking)):
            writer.writerow([neutral(cell) for cell in cells])
            count += 1
    return count


def _of_the_whole(report: ReturnReport, has_rows: bool) -> Iterator[Cells]:
    if report.refused is not None:
        yield _cells(report, (0, 0, None, report.refused.type.issue_type, "", report.refused.message))
    for group in report.groups:
        if group.is_of_return or not has_rows:
            kept_no_more = Example(0, 0, "", f"{group.rows:,} rows; which ones is no longer kept")
            for example in group.examples or (kept_no_more,):
                yield _cells(report, (0, 0, group.column, group.type.issue_type, example.value, example.message))


def _of_rows(report: ReturnReport, issues: Path | None, masking: Masking) -> Iterator[Cells]:
    import polars as pl

    if issues is None:
        return
    names = (ROW, "_part", "column", "issue_type", "value", "message")
    rows = pl.scan_parquet(issues).select(names).sort(ROW, "_part", maintain_order=True).collect()
    has_parts = bool((rows["_part"] > 1).any())
    for some in rows.iter_slices(_SLICE):
        for row, part, column, kind, value, message in some.iter_rows():
            told = shown(masking, kind, column, value, message)
            yield _cells(report, (row, part if has_parts else 0, column, kind, *told))


def _cells(report: ReturnReport, issue: tuple[int, int, str | None, str, str, str]) -> Cells:
    row, part, column, kind, value, message = issue
    severity, who, happened, advice = _of_type(kind, report.partner, report.state)
    told = (kind, severity, who, value, message, happened, advice)
    return (row or WHOLE_FILE, part or "", column or "", *told)


@cache
def _of_type(kind: str, partner: str, state: str) -> tuple[str, str, str, str]:
    """What every row with an issue of a type says: its severity, who must act, what happened, what to do."""
    type_ = type_of(kind)
    who = partner if type_.responsibility == "partner" else "the data team"
    return type_.severity, who, what_happened(type_.row_effect, state), type_.advice
