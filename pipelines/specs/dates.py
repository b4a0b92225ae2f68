"""Entries of code lists and maps that stand for the same dates: no name may mean two things on one day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipelines.specs.load import CodeTable
from pipelines.specs.problems import Problem


def _overlap(first: tuple[date | None, date | None], second: tuple[date | None, date | None]) -> bool:
    starts_before = first[0] is None or second[1] is None or first[0] <= second[1]
    ends_after = first[1] is None or second[0] is None or second[0] <= first[1]
    return starts_before and ends_after


def twice(table: CodeTable, names: list[str], what: str) -> Iterator[Problem]:
    """Entries of one name whose dates overlap."""
    seen: dict[str, list[int]] = {}
    for index, (name, entry) in enumerate(zip(names, table.entries, strict=True)):
        for other in seen.setdefault(name, []):
            earlier = table.entries[other]
            if _overlap((earlier.valid_from, earlier.valid_to), (entry.valid_from, entry.valid_to)):
                yield table.problem(
                    index, f'{what} "{name}" already stands on line {table.lines[other]} for the same dates'
                )
        seen[name].append(index)
