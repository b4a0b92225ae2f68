"""A workbook: its sheets, the one with the largest table, and whether each sheet is a period's."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source
from pipelines.propose.heading import GridRow, Top, find_header
from pipelines.propose.profile import Profile, Question, profile_of
from pipelines.propose.sample import MAX_ROWS, Sample
from pipelines.propose.tells import told_in
from pipelines.propose.words import many
from pipelines.read.guarded import run_guarded
from pipelines.read.records import Reading
from pipelines.read.sheet_table import SheetTable
from pipelines.read.workbook_cells import Fault, Row
from pipelines.specs.formats import SheetFormat

_CHILD = "pipelines.read.workbook_child"
# Sheets looked into for the largest table; of a workbook with more, those that come first.
_MOST_SHEETS = 12
_LOOKED_AT = 300


@dataclass
class Sheet:
    """A sheet, its first rows, and how many cells of it are filled. `is_whole` says whether its rows are all."""

    name: str
    rows: list[Row] = field(default_factory=list)
    filled: int = 0
    is_whole: bool = True

    def grid(self) -> list[GridRow]:
        """Its first rows as texts."""
        return [(row.number, [str(cell or "") for cell in row.cells]) for row in self.rows[:_LOOKED_AT]]


def workbook_profile(sample: Sample) -> Profile:
    """The profile of a workbook: of the sheet with the largest table.

    Raises:
        Refusal: where it is no workbook that can be read, or none of its sheets has anything in it.
    """
    source = sample.source
    listed = _listed(source)
    pattern, fitting = _pattern([name for name, is_hidden in listed if not is_hidden])
    shown = [name for name, is_hidden in listed if not is_hidden] or [name for name, _hidden in listed]
    best = _largest(source, fitting[:1] or shown[:_MOST_SHEETS])
    top = find_header(best.grid())
    format_ = _format(best, top)
    table = SheetTable(iter(best.rows), format_, str(source), best.name)
    reading = Reading(table.header, table.place, table.batches([]), len(format_.header_rows))
    found = profile_of(replace(sample, is_whole=best.is_whole), format_, reading, top.above)
    again = "skip" if "header_again" in found.doubts else "second_table"
    found.format = format_.model_copy(update={"sheet": pattern or best.name, "header_again": again})
    if fitting:
        found.sheets_from = min(told_in(name)[0].day for name in fitting)
    if top.ask:
        found.doubts["header_row" if top.rows else "names"] = top.ask
    _ask_of_sheets(found, best, listed, fitting)
    if found.ending.footer_rows:
        # A sheet has no rule for a number of rows at the end: they have to be told by what they say.
        told = f"at the end, {many(found.ending.footer_rows, 'row')} like notes; by which word are they to be skipped?"
        found.questions.append(Question("skip", told))
    return found


def _listed(source: Source) -> list[tuple[str, bool]]:
    """The sheets in order, and whether each is hidden."""
    with source.open() as file:
        answer = run_guarded(_CHILD, {"name": str(source), "sheet": None, "cells": []}, file, str(source))
    return [(name, bool(is_hidden)) for name, is_hidden in answer.summary["sheets"]]


def _largest(source: Source, names: list[str]) -> Sheet:
    """The sheet of which most cells are filled."""
    # Each is read by a child of its own, so that waiting is all there is to do here.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        best = max(pool.map(lambda name: _sheet(source, name), names), key=lambda sheet: sheet.filled)
    if not best.filled:
        raise Refusal("empty_file", f"{source}: no sheet has anything in it; ask the partner to send it again")
    return best


def _sheet(source: Source, name: str) -> Sheet:
    with source.open() as file:
        answer = run_guarded(_CHILD, {"name": str(source), "sheet": name, "cells": []}, file, str(source))
    found = Sheet(name)
    for number, cells, faults, is_hidden, spans in answer.told:
        found.filled += sum(1 for cell in cells if cell)
        if len(found.rows) >= MAX_ROWS:
            found.is_whole = False
            break
        found.rows.append(Row(number, cells, [Fault(*fault) for fault in faults], is_hidden, spans))
    return found


def _pattern(names: list[str]) -> tuple[str | None, list[str]]:
    """A pattern for the sheets that are named after periods, with those sheets; None where they are not."""
    shapes: dict[tuple[str, str, str], list[str]] = {}
    for name in names:
        told = told_in(name)
        if len(told) == 1 and "%d" not in told[0].format:
            shapes.setdefault((name[: told[0].start], told[0].format, name[told[0].end :]), []).append(name)
    shape, fitting = max(shapes.items(), key=lambda item: len(item[1]), default=(("", "", ""), []))
    if len(fitting) < 2 or any(mark in "".join(shape) for mark in "{}*"):
        return None, []
    return f"{shape[0]}{{period:{shape[1]}}}{shape[2]}", fitting


def _format(sheet: Sheet, top: Top) -> SheetFormat:
    said: dict[str, Any] = {"header_row": top.rows[0] if len(top.rows) == 1 else top.rows}
    if not top.rows:
        reach = max(len(row.cells) for row in sheet.rows)
        names = tuple(f"column_{number + 1}" for number in range(reach))
        said = {"header_row": top.first, "names": names}
    # What is proposed of a header that appears again is decided when it is known whether one does.
    return SheetFormat(type="xlsx", sheet=sheet.name, header_again="skip", **said)


def _ask_of_sheets(found: Profile, best: Sheet, listed: list[tuple[str, bool]], fitting: list[str]) -> None:
    others = [name for name, is_hidden in listed if name != best.name and name not in fitting and not is_hidden]
    hidden = [name for name, is_hidden in listed if is_hidden]
    if fitting:
        found.doubts["sheet"] = f"{len(fitting)} sheets are named after periods; is each a return?"
    elif others:
        found.doubts["sheet"] = f"has the largest table; are the others wanted: {_named(others)}?"
    if hidden:
        found.questions.append(Question("sheet", f"the workbook hides {_named(hidden)}; is anything of it wanted?"))


def _named(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
