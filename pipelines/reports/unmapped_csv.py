"""Unknown codes as a CSV to be completed: what is known of each, what it may mean, and the line its map would get."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from pipelines.reports.unmapped import SUGGESTED, UnknownCode, map_file
from pipelines.specs.load import SpecSet
from warehouse.home import whole
from warehouse.query import neutral

# The columns of a line of a map, in the order in which it is pasted.
MAP_LINE = ("raw", "match", "action", "code", "valid_from", "valid_to", "agreed_by", "agreed_on", "note")
_SEEN = ("feed", "column", "map", "count", "first_seen", "last_seen")
_EACH = ("suggestion", "label", "score", "why")
HEADER = (*_SEEN, *(f"{name}_{number}" for number in range(1, SUGGESTED + 1) for name in _EACH), *MAP_LINE)


def write_unmapped(codes: Iterable[UnknownCode], specs: SpecSet, out: Path) -> None:
    """Write unknown codes, a line each; `code` is left empty, for a person to fill in.

    The file is in UTF-8 with a byte order mark, by which spreadsheet programs know it. A text that they would run as a
    formula stands behind an apostrophe, as does one that begins with an apostrophe itself: `sent` takes it off.
    """
    with whole(out) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for code in codes:
            writer.writerow(neutral(cell) for cell in _cells(code, specs))


def sent(cell: str) -> str:
    """The text that a cell of `raw` stands for."""
    return cell[1:] if cell.startswith("'") else cell


def _cells(code: UnknownCode, specs: SpecSet) -> list[object]:
    reading = code.reading
    cells: list[object] = [reading.feed.name, reading.column, map_file(reading.table, specs), code.rows]
    cells += [code.first_seen, code.last_seen]
    for suggestion in code.suggestions:
        cells += [suggestion.code, labelled(specs, code, suggestion.code), suggestion.score, suggestion.why]
    cells += [""] * len(_EACH) * (SUGGESTED - len(code.suggestions))
    raw = f"'{code.raw}" if code.raw.startswith("'") else code.raw
    return [*cells, raw, "", "map", *([""] * (len(MAP_LINE) - 3))]


def labelled(specs: SpecSet, code: UnknownCode, shared: str) -> str:
    """The label of a shared code that was suggested."""
    return specs.labels(code.reading.scheme or "").get(shared, "")
