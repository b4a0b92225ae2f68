"""The recording profiles as tables: what each feed's figures mean, and the days across which they do not compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.specs.load import SpecSet
from pipelines.specs.recording import Break


def profiles(specs: SpecSet) -> Iterator[dict[str, Any]]:
    """A row for each feed; its inclusion rules and its breaks as one text each."""
    for feed in specs.feeds.values():
        said = feed.feed.recording
        yield {
            "partner": feed.partner,
            "dataset": feed.dataset,
            "unit_counted": said.unit,
            "clock": said.clock,
            "place_kind": said.place,
            "includes": "; ".join(said.includes) or None,
            "covers_from": said.covers_from,
            "breaks": "; ".join(_told(item) for item in said.breaks) or None,
            "note": said.note,
        }


def _told(item: Break) -> str:
    whose = f" ({item.supplier})" if item.supplier else ""
    return f"{item.on}{whose}: {item.what}{' [figures still compare]' if item.compares else ''}"


def breaks(specs: SpecSet) -> Iterator[dict[str, Any]]:
    """A row for each supplier and each break that its figures do not compare across."""
    for feed in specs.feeds.values():
        for supplier in specs.partners[feed.partner].suppliers:
            for item in feed.feed.recording.breaks_of(supplier):
                yield {
                    "dataset": feed.dataset,
                    "partner": feed.partner,
                    "supplier": supplier,
                    "break_on": item.on,
                    "what": item.what,
                }
