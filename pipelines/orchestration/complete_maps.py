"""Takes completed lines for unknown codes into the maps they belong to: every one of them, or none."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from pipelines.reports.unmapped import Reading, UnknownCode, map_file, readings
from pipelines.reports.unmapped_csv import MAP_LINE, sent
from pipelines.specs.check import gather
from pipelines.specs.faults import faults_of_line
from pipelines.specs.load import SpecSet
from pipelines.specs.models import CodeMapEntry
from pipelines.specs.problems import Problem, SpecError, nearest, shown
from warehouse.home import whole

_NEEDED = ("feed", "column", "map", "raw", "action", "code")
# How `match` says that `raw` is the text itself, and not a pattern of many.
_WHOLE_TEXT = ("", "exact")

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Completed:
    """A line that somebody completed: the map's file, what it is to say, and where it stood."""

    reading: Reading
    cells: Cells
    line: int


def complete_maps(specs: SpecSet, unknown: Iterable[UnknownCode], file: Path) -> dict[Path, int]:
    """Append the completed lines of a file, in its order, to their maps. Lines without `code` that map are left out.

    Args:
        specs: the specs in force; their files are changed.
        unknown: the codes that are unknown now. A line for a text that is none of them is refused, as a spreadsheet may
            have changed it (`01` to `1`); one whose `match` makes it a pattern may be about any text.
        file: the CSV that `write_unmapped` wrote, completed.

    Returns:
        The number of lines that each map got.

    Raises:
        SpecError: every line at fault, each with its number; then no file is changed.
    """
    lines = _read(file, specs)
    raws: dict[tuple[str, str, str], set[str]] = {}
    for code in unknown:
        raws.setdefault(code.reading.key, set()).add(code.raw)
    problems = [
        Problem(shown(file), line.line, message)
        for line in lines
        for message in _faults(line, specs, raws.get(line.reading.key, set()))
    ]
    if problems:
        raise SpecError(problems)
    by_map: dict[Path, list[Completed]] = {}
    for line in lines:
        by_map.setdefault(line.reading.table.path, []).append(line)
    texts = {path: _appended(path, [line.cells for line in own]) for path, own in by_map.items()}
    _check(specs, texts, by_map, file)
    with ExitStack() as files:
        for path, text in texts.items():
            files.enter_context(whole(path)).write_bytes(text.encode())
    return {path: len(own) for path, own in by_map.items()}


def _read(file: Path, specs: SpecSet) -> list[Completed]:
    """The lines that are completed, each with the map it belongs to."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8: save it as CSV UTF-8"
        raise SpecError([Problem(shown(file), 1, f"cannot be read: {reason}")]) from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found, problems = [], []
    try:
        if missing := [name for name in _NEEDED if name not in (rows.fieldnames or [])]:
            message = f"has no column {', '.join(missing)}: it is not a file that commongrid unmapped --out wrote"
            raise SpecError([Problem(shown(file), 1, message)])
        for row in rows:
            cells = {name: (row.get(name) or "").strip() for name in (*MAP_LINE, "feed", "column", "map")}
            if not cells["code"] and cells["action"] in ("", "map"):
                continue
            reading = _reading(cells, specs)
            if None in row:
                message = "more values than columns; a value that holds a comma stands in quotation marks"
                problems.append(Problem(shown(file), rows.line_num, message))
            elif isinstance(reading, str):
                problems.append(Problem(shown(file), rows.line_num, reading))
            else:
                own = {name: cells[name] for name in MAP_LINE} | {"raw": sent(cells["raw"])}
                found.append(Completed(reading, own, rows.line_num))
    except csv.Error as error:
        problems.append(Problem(shown(file), rows.line_num, f"not readable as CSV: {error}"))
    if problems:
        raise SpecError(problems)
    return found


def _reading(cells: Cells, specs: SpecSet) -> Reading | str:
    """How the feed that a line names reads its column; else what is wrong with it."""
    if cells["feed"] not in specs.feeds:
        return f'there is no feed "{cells["feed"]}"{nearest(cells["feed"], specs.feeds)}'
    possible = [item for item in readings(specs, cells["feed"]) if item.column == cells["column"]]
    for reading in possible:
        if map_file(reading.table, specs) == cells["map"]:
            return reading
    files = [map_file(reading.table, specs) for reading in possible]
    return f'{cells["feed"]} reads no column "{cells["column"]}" by "{cells["map"]}"{nearest(cells["map"], files)}'


def _faults(line: Completed, specs: SpecSet, unknown: set[str]) -> Iterable[str]:
    """What is wrong with a line by itself."""
    cells, table = line.cells, specs.code_lists.get(line.reading.scheme or "")
    known = [entry.code for entry in table.entries] if table is not None else []
    if cells["code"] and table is not None and cells["code"] not in known:
        yield f'"{cells["code"]}" is not a code of {line.reading.scheme}{nearest(cells["code"], known)}'
    try:
        CodeMapEntry.model_validate({name: cell for name, cell in cells.items() if cell})
    except ValidationError as error:
        yield from faults_of_line(error)
    if cells.get("match", "") in _WHOLE_TEXT and cells["raw"] not in unknown:
        file = map_file(line.reading.table, specs)
        if any(entry.raw.strip() == cells["raw"] for entry in line.reading.table.entries):
            yield f'"{cells["raw"]}" is in {file} already'
        else:
            yield f'no row waits for "{cells["raw"]}"{_changed(cells["raw"], unknown)}'


def _changed(raw: str, unknown: set[str]) -> str:
    """The unknown text that a spreadsheet made this of, if there is one."""
    zeros = [code for code in sorted(unknown) if code.lstrip("0") == raw.lstrip("0")]
    told = 'did a spreadsheet change it from "{}"?'
    return f": {told.format(zeros[0])}" if zeros else nearest(raw, unknown)


def _appended(path: Path, lines: list[Cells]) -> str:
    """A map's text with lines put to its end; it gets the columns that they use and it has not."""
    text = path.read_bytes().decode("utf-8")
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    end = "\r\n" if "\r\n" in text else "\n"
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    header = rows[0]
    used = [name for name in MAP_LINE if any(line[name] for line in lines)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end)
    if set(used) <= set(header):
        out.write(text if text.endswith("\n") else text + end)
    else:
        # A line of a map is read by the names of its columns, so that new ones may stand where they are looked for.
        names = [name for name in MAP_LINE if name in header or name in used]
        writer.writerow(names)
        for row in rows[1:]:
            cells = dict(zip(header, row, strict=False))
            writer.writerow(cells.get(name, "") for name in names)
        header = names
    for line in lines:
        writer.writerow(line[name] for name in header)
    return mark + out.getvalue()


def _check(specs: SpecSet, texts: Mapping[Path, str], by_map: Mapping[Path, list[Completed]], file: Path) -> None:
    """Hold the specs as they would be against every check; what is wrong is told by the line it came from."""
    with TemporaryDirectory() as scratch:
        root = Path(scratch) / specs.root.name
        shutil.copytree(specs.root, root)
        origin: dict[tuple[str, int], int] = {}
        for path, text in texts.items():
            copy = root / path.relative_to(specs.root)
            copy.write_bytes(text.encode())
            added = by_map[path]
            for number, line in zip(_line_numbers(text)[-len(added) :], added, strict=True):
                origin[shown(copy), number] = line.line
        _, problems = gather(root)
    told = [
        Problem(shown(file), origin[problem.file, problem.line], problem.message)
        if (problem.file, problem.line) in origin
        else Problem(problem.file.replace(str(root), str(specs.root)), problem.line, problem.message)
        for problem in problems
    ]
    if told:
        raise SpecError(told)


def _line_numbers(text: str) -> list[int]:
    """The line on which each record of a CSV ends, as problems with it are told."""
    rows = csv.reader(io.StringIO(text, newline=""))
    return [rows.line_num for _ in rows]
