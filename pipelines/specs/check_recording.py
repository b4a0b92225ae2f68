"""What a recording profile may say: a known unit, and breaks in order, each told once and of a known supplier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.problems import Problem, nearest
from pipelines.specs.yaml_lines import Document

RECORDING_UNITS = "recording_unit"


def check_recording(document: Document, feed: FeedSpec, specs: SpecSet) -> Iterator[Problem]:
    """Everything that is wrong with a feed's recording profile."""
    recording = feed.feed.recording
    if message := unit_fault(recording.unit, specs):
        yield document.problem(("recording", "unit"), f"recording.unit: {message}")
    for index, (before, item) in enumerate(pairwise(recording.breaks), 1):
        if item.on < before.on:
            message = f"a break on {item.on} stands after one on {before.on}; put them in the order of their days"
            yield document.problem(("recording", "breaks", index, "on"), message)
    partner = specs.partners.get(feed.partner)
    for index, item in enumerate(recording.breaks):
        place = ("recording", "breaks", index)
        for other in recording.breaks[:index]:
            if item.on == other.on and (item.supplier == other.supplier or None in (item.supplier, other.supplier)):
                yield document.problem((*place, "on"), f"there is a break on {item.on} already; say all of it in one")
                break
        if item.supplier is not None and partner is not None and item.supplier not in partner.suppliers:
            close = nearest(item.supplier, partner.suppliers)
            yield document.problem((*place, "supplier"), f'{feed.partner} has no supplier "{item.supplier}"{close}')
    yield from _twice(document, recording.includes)


def unit_fault(unit: str, specs: SpecSet) -> str | None:
    """What is wrong with the name of a unit, if anything is."""
    table = specs.code_lists.get(RECORDING_UNITS)
    known = [entry.code for entry in table.entries] if table is not None else [unit]
    return None if unit in known else f'"{unit}" is not in the code list {RECORDING_UNITS}{nearest(unit, known)}'


def _twice(document: Document, includes: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, text in enumerate(includes):
        if text in seen:
            yield document.problem(("recording", "includes", index), f'"{text}" is said twice')
        seen.add(text)
