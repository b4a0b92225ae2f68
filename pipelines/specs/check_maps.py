"""Checks of code maps: what is wrong with a line by itself, beside the others, and by its code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from pipelines.specs.dates import twice
from pipelines.specs.load import CodeTable, SpecSet
from pipelines.specs.models import CodeMapEntry, folded
from pipelines.specs.problems import Problem, one_of


def whole_text(pattern: str) -> str:
    """A regular expression that fits a text as a whole, where `pattern` would fit a part of it."""
    return rf"\A(?:{pattern})\z"


def map_faults(table: CodeTable, what: str) -> Iterator[Problem]:
    """What is wrong with a code map, whatever it leads to; `what` is what it maps, in words.

    On no day may one text be mapped in two ways. Of texts that lines name whole this is proven here. Of lines that
    many texts match it is proven where every text of one is a text of the other; the rest shows with the texts.
    """
    yield from _patterns(table)
    for match in ("exact", "folded"):
        yield from twice(_only(table, match), [entry.text for entry in _only(table, match).entries], what)
    yield from _mapped_and_ignored(table)
    yield from _held_in_another(table)


def _only(table: CodeTable, match: str) -> CodeTable:
    chosen = [index for index, entry in enumerate(table.entries) if entry.match == match]
    entries, lines = (tuple(part[index] for index in chosen) for part in (table.entries, table.lines))
    return CodeTable(table.path, entries, lines)


def _patterns(table: CodeTable) -> Iterator[Problem]:
    """Regular expressions are of the kind that takes no longer than the text is long."""
    for index, entry in enumerate(table.entries):
        if not entry.text:
            yield table.problem(index, f"raw: only blanks, which no text can be matched by ({entry.match})")
        elif entry.match == "regex" and (fault := _pattern_fault(entry.text)):
            yield table.problem(index, f'raw: "{entry.raw}" is not a regular expression we can use: {fault}')


def _pattern_fault(pattern: str) -> str | None:
    """Why an expression cannot be used, in words; None where it can."""
    import polars as pl
    from polars.exceptions import ComputeError

    for form in (pattern, whole_text(pattern)):
        try:
            pl.Series([""]).str.contains(form)
        except ComputeError as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            reason = next((line for line in lines if line.startswith("error:")), lines[-1])
            return reason.removeprefix("error:").removeprefix("regex error:").strip().rstrip(".")
    return None


def _mapped_and_ignored(table: CodeTable) -> Iterator[Problem]:
    """No text is mapped by a line and ignored by another, though one names it exactly and the other folded."""
    by_text: dict[str, list[int]] = {}
    for index, entry in enumerate(table.entries):
        if entry.names_text:
            by_text.setdefault(folded(entry.raw), []).append(index)
    for indexes in by_text.values():
        for first, second in combinations(indexes, 2):
            one, other = table.entries[first], table.entries[second]
            if one.match != other.match and one.action != other.action and one.shares_days_with(other):
                done = {"map": "mapped", "ignore": "ignored"}
                told = f"{done[other.action]} here and {done[one.action]} on line {table.lines[first]}"
                yield table.problem(second, f'"{other.raw}" is {told} for the same dates: a code is one or the other')


def _held_in_another(table: CodeTable) -> Iterator[Problem]:
    """A line whose every text another line matches as well, to another end, could never decide one."""
    found = [index for index, entry in enumerate(table.entries) if not entry.names_text]
    for first, second in combinations(found, 2):
        one, other = table.entries[first], table.entries[second]
        if one.match != other.match or one.same_result(other) or not one.shares_days_with(other):
            continue
        if one.match == "regex":
            if one.text == other.text:
                message = (
                    f'"{other.raw}" stands on line {table.lines[first]} too, and makes something else of texts there'
                )
                yield table.problem(second, message)
        elif one.text in other.text or other.text in one.text:
            inner, outer = (one, other) if one.text in other.text else (other, one)
            held = f'every text that contains "{outer.raw}" contains "{inner.raw}" too'
            line = table.lines[first]
            yield table.problem(second, f"{held}, and line {line} makes something else of it for the same dates")


def code_faults(table: CodeTable, code_list: str, specs: SpecSet) -> Iterator[Problem]:
    """Lines that lead to no code of the list, or to one that has ended before they begin."""
    known = specs.code_lists.get(code_list)
    if known is None or not known.entries:
        return
    codes, ends = list(dict.fromkeys(entry.code for entry in known.entries)), last_days(known)
    for index, entry in enumerate(table.entries):
        if entry.code is None:
            continue
        if entry.code not in codes:
            yield table.problem(index, f'"{entry.code}" is not a code of {code_list}{one_of(entry.code, codes)}')
        elif entry.valid_from and (end := ends.get(entry.code)) and end < entry.valid_from:
            message = f'"{entry.code}" of {code_list} ended on {end}, before this line begins ({entry.valid_from})'
            yield table.problem(index, f"{message}; map to the code that followed it")


def last_days(table: CodeTable) -> dict[str, date]:
    """Code to the last day it was in force, of the codes of a list that have an end."""
    ends: dict[str, date] = {}
    for entry in table.entries:
        ends[entry.code] = max(ends.get(entry.code, date.min), entry.valid_to or date.max)
    return {code: end for code, end in ends.items() if end < date.max}


def proposed(specs: SpecSet) -> list[Problem]:
    """The lines of all maps that nobody has agreed to yet: no problems, but their rows are kept out."""
    tables = {table.path: table for feed in specs.feeds.values() for table in feed.maps.values()}
    return sorted(
        table.problem(index, f'"{entry.raw}" is proposed: its rows wait until `agreed_by` and `agreed_on` are filled')
        for table in tables.values()
        for index, entry in enumerate(table.entries)
        if isinstance(entry, CodeMapEntry) and not entry.is_agreed
    )
