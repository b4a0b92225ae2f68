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


def category_rows(specs: SpecSet) -> Iterator[dict[str, Any]]:
    """The codes that rows of each dataset are counted by, each with its label and its days.

    They are the finest of its list, and those above them that a feed's map leads to all the same. `is_sent` tells those
    that some feed's map leads to. A figure is expected of these alone: of a list of hundreds of offences most are none
    of a dataset's, and of a code that no partner's system has, 0 would not be known.
    """
    for name, dataset in specs.datasets.items():
        scheme = dataset.fields[dataset.category].list if dataset.category else None
        sent = _sent(specs, name)
        entries = specs.code_lists[scheme].entries if scheme else ()
        finest = set(Hierarchy(entries).leaves())
        for entry in entries:
            if entry not in finest and entry.code not in sent:
                continue
            yield {
                "dataset": name, "category_code": entry.code, "category_name": entry.label,
                "valid_from": entry.valid_from, "valid_to": entry.valid_to, "is_sent": entry.code in sent,
            }  # fmt: skip


def _sent(specs: SpecSet, dataset: str) -> set[str]:
    """The codes that the maps of a dataset's feeds make of what fills its category, in any version."""
    category = specs.datasets[dataset].category
    return {
        entry.code
        for feed in specs.feeds.values()
        if feed.dataset == dataset
        for version in feed.feed.versions
        for _header, column in version.fills()
        if column.field == category and column.map is not None
        for entry in feed.maps[column.map].entries
        if entry.code is not None
    }


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
