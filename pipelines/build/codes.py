"""Rows for the published schemes: each code with its place and source, and by which code it can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.specs.hierarchy import Hierarchy
from pipelines.specs.load import SpecSet


def code_rows(specs: SpecSet) -> Iterator[dict[str, Any]]:
    """Every code of every list: what its line says, its level (1 is the top) and path, and the list's source."""
    table = specs.list_sources
    sources = {source.list: source.model_dump() for source in (table.entries if table else ())}
    for name, codes in specs.code_lists.items():
        tree, source = Hierarchy(codes.entries), sources.get(name, {})
        for entry in tree.entries:
            line = tree.path(entry)
            place = {"level": len(line), "path": " > ".join(line)}
            yield {**source, **entry.model_dump(), **place, "list": name}


def series_rows(specs: SpecSet) -> Iterator[dict[str, Any]]:
    """For every day a list's codes changed on: the code by which each is counted in a series from then until now."""
    for name, codes in specs.code_lists.items():
        tree, labels = Hierarchy(codes.entries), specs.labels(name)
        for start in tree.beginnings():
            for code, series_code in tree.series(start).items():
                label = labels[series_code] if series_code else None
                yield {
                    "list": name, "code": code, "series_from": start, "series_code": series_code, "series_label": label,
                }  # fmt: skip
