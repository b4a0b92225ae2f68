"""One sheet of a workbook (.xlsx, .xls, .ods) as text. Dates become ISO 8601, whole numbers have no decimal point.

The workbook is opened in a child process with limits: a hostile one can end the libraries that read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.guarded import Answer, run_guarded
from pipelines.read.records import Note, Reading
from pipelines.read.sheet_table import SheetTable
from pipelines.read.workbook_cells import Fault, Row, column_number
from pipelines.specs.formats import SheetFormat

_CHILD = "pipelines.read.workbook_child"


def read_sheet(
    file: BinaryIO, format_: SheetFormat, name: str, sheet: str | None = None, cells: tuple[str, ...] = ()
) -> Reading:
    """Read a sheet; every row with anything in it is accounted for.

    Args:
        file: the workbook; its kind is told from its content.
        format_: the sheet and the place of its table, as declared.
        name: the file's name, for messages.
        sheet: the exact name of the sheet, where the declared one is a pattern.
        cells: cells whose text is wanted: `B2` of this sheet, `Notes!B2` of another.

    Raises:
        Refusal: where the file is no workbook, is damaged, protected or hostile, or lacks the sheet or its header.
    """
    sheet = sheet or format_.sheet
    answer = _ask(file, name, sheet, [[*place_of(cell, sheet), cell] for cell in cells])
    table = SheetTable(_rows(answer.told), format_, name, sheet)
    notes = _hidden_sheets(sheet, answer.summary["sheets"])
    batches = table.batches(notes)
    return Reading(table.header, table.place, batches, len(format_.header_rows), answer.summary["cells"], table.notes)


def sheet_names(file: BinaryIO, name: str) -> list[str]:
    """The names of a workbook's sheets, hidden ones too, in its order.

    Raises:
        Refusal: where the file is no workbook, or is damaged, protected or hostile.
    """
    return [sheet for sheet, _hidden in _ask(file, name, None, []).summary["sheets"]]


def _ask(file: BinaryIO, name: str, sheet: str | None, cells: list[list[Any]]) -> Answer:
    if file.seek(0, os.SEEK_END) == 0:
        raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")
    return run_guarded(_CHILD, {"name": name, "sheet": sheet, "cells": cells}, file, name)


def place_of(cell: str, sheet: str) -> tuple[str, int, int]:
    """The sheet, row and column that a cell's name means. A sheet's name may be quoted, as in a formula."""
    before, other, place = cell.rpartition("!")
    letters = place.rstrip("0123456789")
    named = before[1:-1] if before[:1] == before[-1:] == "'" else before
    return named if other else sheet, int(place[len(letters) :]), column_number(letters)


def _rows(told: Iterator[Any]) -> Iterator[Row]:
    for number, cells, faults, is_hidden, spans in told:
        yield Row(number, cells, [Fault(*fault) for fault in faults], is_hidden, spans)


def _hidden_sheets(read: str, sheets: list[tuple[str, bool]]) -> list[Note]:
    hidden = [sheet for sheet, is_hidden in sheets if is_hidden]
    others = ", ".join(f'"{sheet}"' for sheet in hidden if sheet != read)
    parts = [f'sheet "{read}" is hidden, and is read all the same'] if read in hidden else []
    parts += [f"the workbook hides {others}"] if others else []
    return [Note("hidden_sheet", "; ".join(parts))] if parts else []
