"""Checks of the code lists themselves: each a tree on every day, and each that is listed with its source.

What does not belong here: whether maps lead to codes that exist (`check_version.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from pipelines.specs.dates import twice
from pipelines.specs.load import CodeTable, SpecSet
from pipelines.specs.models import Code
from pipelines.specs.problems import Problem, nearest


def code_list_faults(name: str, table: CodeTable) -> Iterator[Problem]:
    """Everything wrong with one code list.

    Args:
        name: the list's name.
        table: its entries, of the model `Code`.
    """
    entries: tuple[Code, ...] = table.entries
    by_code: dict[str, list[Code]] = {}
    for entry in entries:
        by_code.setdefault(entry.code, []).append(entry)
    yield from _twice(table, by_code)
    yield from _same_label(table)
    loops = _in_loops(entries)
    for index, entry in enumerate(entries):
        if entry.lower is not None and entry.upper is not None and entry.upper < entry.lower:
            yield table.problem(index, f'"{entry.code}" has an upper bound of {entry.upper}, below its lower')
        if entry.parent is None:
            continue
        if entry.parent not in by_code:
            close = nearest(entry.parent, by_code)
            yield table.problem(index, f'parent "{entry.parent}" is not a code of {name}{close}')
        elif index in loops:
            yield table.problem(index, f'"{entry.code}" is its own ancestor')
        else:
            yield from _within_parent(table, index, by_code[entry.parent])


def _twice(table: CodeTable, by_code: dict[str, list[Code]]) -> Iterator[Problem]:
    """A code that stands twice for one day, and one with two parents, which is the same fault by its cause."""
    codes = [entry.code for entry in table.entries]
    for problem in twice(table, codes, "code"):
        entry = table.entries[table.lines.index(problem.line)]
        parents = {other.parent for other in by_code[entry.code] if other.shares_days_with(entry)}
        if len(parents) < 2:
            yield problem
            continue
        names = " and ".join(f'"{parent}"' if parent else "none" for parent in sorted(parents, key=str))
        message = f'"{entry.code}" has two parents for the same dates, {names}; a code rolls up to one'
        yield Problem(problem.file, problem.line, message)


def _same_label(table: CodeTable) -> Iterator[Problem]:
    """Siblings of one name: nobody can tell which is meant."""
    seen: dict[tuple[str | None, str], list[int]] = {}
    for index, entry in enumerate(table.entries):
        named = seen.setdefault((entry.parent, entry.label.casefold()), [])
        for other in named:
            earlier = table.entries[other]
            if earlier.code != entry.code and earlier.shares_days_with(entry):
                where = f'"{earlier.code}" on line {table.lines[other]}'
                message = f'"{entry.code}" is called "{entry.label}" like {where}; siblings have names of their own'
                yield table.problem(index, message)
                break
        named.append(index)


def _in_loops(entries: tuple[Code, ...]) -> set[int]:
    """The entries that on some day their parents, as they are on that day, lead back to."""
    # Parents are the same from one day of change to the next.
    days = {date.min, *(entry.valid_from for entry in entries if entry.valid_from)}
    loops: set[int] = set()
    for day in days:
        on = {entry.code: at for at, entry in enumerate(entries) if entry.holds_on(day)}
        for code, at in on.items():
            passed, step = {code}, entries[at].parent
            while step in on and step not in passed:
                passed.add(step)
                step = entries[on[step]].parent
            if step == code:
                loops.add(at)
    return loops


def _within_parent(table: CodeTable, index: int, parents: list[Code]) -> Iterator[Problem]:
    """A code in force on a day its parent is not, or with bounds beyond its parent's."""
    entry: Code = table.entries[index]
    day: date | None = entry.first_day
    for parent in sorted(parents, key=lambda parent: parent.first_day):
        if day is not None and parent.holds_on(day):
            day = None if parent.last_day >= entry.last_day else parent.last_day + timedelta(days=1)
    if day is not None:
        since = f"on {day}" if day != date.min else f"before {min(parent.first_day for parent in parents)}"
        message = f'"{entry.code}" is in force {since}, when its parent "{entry.parent}" is not'
        yield table.problem(index, message)
    for parent in parents:
        below = entry.lower is not None and parent.lower is not None and entry.lower < parent.lower
        is_band = entry.lower is not None
        beyond = is_band and parent.upper is not None and (entry.upper is None or entry.upper > parent.upper)
        if parent.shares_days_with(entry) and (below or beyond):
            yield table.problem(index, f'"{entry.code}" reaches beyond the bounds of its parent "{entry.parent}"')


def source_faults(specs: SpecSet) -> Iterator[Problem]:
    """Everything wrong with `codelists/sources.csv`: a line names a list that exists, and each list once."""
    table = specs.list_sources
    if table is None:
        return
    seen: dict[str, int] = {}
    for index, entry in enumerate(table.entries):
        if entry.list not in specs.code_lists:
            close = nearest(entry.list, specs.code_lists)
            yield table.problem(index, f'there is no code list "{entry.list}"{close}')
        elif entry.list in seen:
            yield table.problem(index, f'the source of "{entry.list}" already stands on line {seen[entry.list]}')
        seen.setdefault(entry.list, table.lines[index])
