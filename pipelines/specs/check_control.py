"""Checks of a version's control totals and its companion: what they name is there, and what they need is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pipelines.specs.control import Control
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.formats import CsvFormat, Format, SheetFormat
from pipelines.specs.models import Dataset, Sensitivity
from pipelines.specs.problems import nearest

Fault = tuple[str | int, ...]


def control_faults(version: FeedVersion, dataset: Dataset) -> Iterator[Fault]:
    """Every fault: its message, and then its place in the version."""
    uses_companion = any(control.stated_in == "companion" for control in version.control)
    if version.companion is None and uses_companion:
        yield 'a control total stands in a companion: name that file, as in `companion: "{name}.ctl"`', "control"
    if version.companion is not None:
        if not uses_companion:
            yield "no control total is `stated_in: companion`: say what it states", "companion"
        if any(version.companion == "{stem}" + PurePosixPath(pattern).suffix for pattern in version.files):
            yield f"{version.companion} would be the name of the delivery itself", "companion"
    for index, control in enumerate(version.control):
        yield from ((message, "control", index, key) for message, key in _faults(control, version, dataset))


def _faults(control: Control, version: FeedVersion, dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Message and key."""
    rules = [rule.rule for rule in version.skip]
    if control.rule is not None and control.rule not in rules:
        yield f'no rule "{control.rule}" under `skip`{nearest(control.rule, rules)}', "rule"
    if control.cell is not None and (fault := cell_fault(control.cell, version.format)):
        yield fault, "cell"
    if control.column is None:
        return
    if not _has(version, control.column):
        known = [*version.needed_columns(), *version.ignore]
        yield f'no column "{control.column}" to sum{nearest(control.column, known)}', "column"
    fields = [column.field for column in version.columns.get(control.column, ())]
    if any(dataset.fields[name].sensitivity is Sensitivity.IDENTIFIER for name in fields if name in dataset.fields):
        yield f'"{control.column}" fills an identifier, which is not told, not even as a sum', "column"


def _has(version: FeedVersion, column: str) -> bool:
    """Whether the file has a column as far as the spec tells: one that is read, unpivoted or ignored."""
    is_wide = version.unpivot is not None and bool(
        version.unpivot.match and re.fullmatch(version.unpivot.match, column)
    )
    return column in version.needed_columns() or version.ignores(column) or is_wide


def cell_fault(cell: str, format_: Format) -> str | None:
    """Why a format has no such cell; None where it may."""
    if not isinstance(format_, CsvFormat | SheetFormat):
        return "only a text with a header, or a workbook, has cells"
    if "!" in cell and not isinstance(format_, SheetFormat):
        return "only a workbook has a cell on another sheet"
    return None
