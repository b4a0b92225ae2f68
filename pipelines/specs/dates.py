"""Entries of code lists and maps that stand for the same dates: no name may mean two things on one day."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.load import CodeTable
from pipelines.specs.problems import Problem


def twice(table: CodeTable, names: list[str], what: str) -> Iterator[Problem]:
    """Entries of one name whose dates overlap."""
    seen: dict[str, list[int]] = {}
    for index, (name, entry) in enumerate(zip(names, table.entries, strict=True)):
        for other in seen.setdefault(name, []):
            earlier = table.entries[other]
            if earlier.shares_days_with(entry):
                yield table.problem(
                    index, f'{what} "{name}" already stands on line {table.lines[other]} for the same dates'
                )
        seen[name].append(index)
