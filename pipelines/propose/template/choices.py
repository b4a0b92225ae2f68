"""Lists to choose from: the codes of a shared list by their labels, or the texts that a partner's code map knows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

from pipelines.propose.codes import MAP_HEADER
from pipelines.propose.template.page import Choices, Listed
from pipelines.specs.load import CodeTable, SpecSet
from pipelines.specs.models import Code, CodeMapEntry, folded

# A drop-down shows no more of a text, and nobody reads it; such a code is written by itself.
_LONGEST_LABEL = 120


def listed(name: str, specs: SpecSet, on: date | None) -> Choices:
    """A shared list: what may be written in a row, and below it the codes that only sum others up, or have ended.

    Args:
        name: the code list.
        specs: the specs.
        on: the day whose codes may be written; None takes those that have no end.
    """
    entries: tuple[Code, ...] = specs.code_lists[name].entries
    held = [entry for entry in entries if _holds(entry, on)]
    parents = {entry.parent for entry in held}
    used = [entry for entry in held if entry.code not in parents]
    text_of = _texts(used)
    label = {entry.code: entry.label for entry in entries}
    chosen = {id(entry) for entry in used}
    others = [entry for entry in entries if id(entry) not in chosen]
    return Choices(
        name,
        tuple(
            Listed(
                text_of(entry) if id(entry) in chosen else "",
                entry.code,
                entry.label,
                label.get(entry.parent or "", ""),
                entry.valid_from,
                entry.valid_to,
                entry.description or "",
                is_used=id(entry) in chosen,
            )
            for entry in [*used, *others]
        ),
    )


def _holds(entry: Code | CodeMapEntry, on: date | None) -> bool:
    return entry.valid_to is None if on is None else entry.holds_on(on)


def _texts(codes: Iterable[Code]) -> Callable[[Code], str]:
    """How each code is written: by its label, with the code where two are called the same; a long one by its code."""
    taken = Counter(folded(code.label) for code in codes)

    def text(code: Code) -> str:
        if len(code.label) > _LONGEST_LABEL:
            return code.code
        return code.label if taken[folded(code.label)] == 1 else f"{code.label} ({code.code})"

    return text


def map_text(choices: Choices, agreed_by: str | None, agreed_on: date | None) -> str:
    """The code map that reads a list: each text it offers, and each code by itself.

    Args:
        choices: the list.
        agreed_by: who at the partner agreed that the texts mean these codes; None leaves the lines proposed.
        agreed_on: and when.
    """
    used = [line for line in choices.lines if line.is_used]
    texts = {folded(line.text): line.code for line in used}
    lines = [{"raw": line.text, "match": "folded", "code": line.code} for line in used]
    lines += [
        {"raw": line.code, "match": "exact", "code": line.code} for line in used if folded(line.code) not in texts
    ]
    said = {"action": "map", "agreed_by": agreed_by or "", "agreed_on": agreed_on.isoformat() if agreed_on else ""}
    out = io.StringIO()
    writer = csv.DictWriter(out, MAP_HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(line | said for line in lines)
    return out.getvalue()


def known_to(tables: list[tuple[CodeTable, str | None]], specs: SpecSet, name: str, on: date | None) -> Choices:
    """The texts that all of some code maps know, as a partner writes them.

    Where a map also knows texts by what they contain, or takes them by a pattern, the list is not closed.

    Args:
        tables: the maps, each with the list it leads to.
        specs: the specs.
        name: what the list is to be called.
        on: the day on which a line must hold; None takes those that have no end.
    """
    found: list[list[CodeMapEntry]] = [
        [entry for entry in table.entries if _holds(entry, on) and _is_offered(entry)] for table, _list in tables
    ]
    shared = set.intersection(*({folded(entry.raw) for entry in entries} for entries in found))
    labels = specs.labels(tables[0][1]) if tables[0][1] in specs.code_lists else {}
    lines = [
        Listed(
            entry.raw.strip(), entry.code or "", labels.get(entry.code or "", ""), "", entry.valid_from, entry.valid_to
        )
        for entry in found[0]
        if folded(entry.raw) in shared and entry.raw.strip()
    ]
    once = {line.text: line for line in reversed(lines)}
    is_closed = all(entry.names_text for table, _list in tables for entry in table.entries)
    return Choices(name, tuple(line for line in lines if once[line.text] is line), is_closed)


def _is_offered(entry: CodeMapEntry) -> bool:
    """Whether a line names a text that makes a code, and somebody at the partner has agreed to it."""
    return entry.action == "map" and entry.names_text and entry.is_agreed
