"""Every text of a coded column comes to one end, by the lines of the map in force on its day and by nothing else."""

from __future__ import annotations

import random
import re
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.harmonise.code_maps import decide, faults_of
from pipelines.specs.load import CodeTable
from pipelines.specs.models import CodeMapEntry, folded
from tests.unit.makers import code_table

MAY = date(2024, 5, 1)
ENDS = {"gone": date(2024, 3, 31)}
IS_OUT = {"unmapped_code", "proposed_code", "ambiguous_code", "ended_code"}


def ends_of(table: CodeTable, *texts: str | None, on: date | None = MAY) -> list[tuple[str | None, str | None]]:
    given_texts = pl.Series(texts, dtype=pl.String)
    days = pl.Series([on] * len(texts), dtype=pl.Date)
    return decide(given_texts, days, table, ENDS).select("end", "code").rows()


def messages(table: CodeTable, *texts: str) -> list[str]:
    decided = decide(pl.Series(texts), pl.Series([MAY] * len(texts)), table, ENDS)
    return [fault.message for fault in faults_of(decided, table, ENDS)]


# --- how a line matches -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "raw", "fits", "does_not"),
    [
        ("exact", " Burnt car ", ["Burnt car"], ["burnt car", "Burnt  car", "A Burnt car"]),
        ("folded", "Burnt  CAR", ["Burnt car", "burnt\u00a0 CAR", "BURNT\tcar"], ["Burntcar", "A burnt car", "car"]),
        ("folded", "STRASSE", ["Straße"], ["Strase"]),
        ("contains", "Car", ["car", "A burnt CAR here", "caravan"], ["c ar", "van"]),
        ("contains", "burnt car", ["a Burnt   car"], ["burntcar", "burnt red car"]),
        ("contains", "a.c", ["xa.cx"], ["abc"]),
        ("regex", "C[0-9]+", ["C1", "C22"], ["c1", "C", "AC1", "C1 "[:1] + "x"]),
        ("regex", "(?i)c|bus", ["C", "c", "BUS"], ["cb", "car", "a bus"]),
    ],
)
def test_a_line_is_about_the_texts_its_match_says(match: str, raw: str, fits: list[str], does_not: list[str]) -> None:
    table = code_table({"raw": raw, "match": match, "code": "car"})
    assert ends_of(table, *fits) == [("mapped", "car")] * len(fits)
    assert ends_of(table, *does_not) == [("unmapped_code", None)] * len(does_not)


def test_the_more_exact_line_decides() -> None:
    table = code_table(
        {"raw": "car", "match": "contains", "code": "contains"},
        {"raw": "CAR", "match": "folded", "code": "folded"},
        {"raw": "Car", "code": "exact"},
        {"raw": "Car seat", "action": "ignore"},
    )
    texts = ("Car", "cAr", "a car", "Car seat", "car seat")
    assert [code or end for end, code in ends_of(table, *texts)] == [
        "exact",
        "folded",
        "contains",
        "ignored",
        "contains",
    ]


def test_equal_lines_that_differ_decide_nothing_and_are_named() -> None:
    table = code_table(
        {"raw": "tyre", "match": "contains", "code": "tyres"},
        {"raw": ".*tip.*", "match": "regex", "code": "tip"},
        {"raw": "tyre tip", "code": "settled"},
        {"raw": "seen", "match": "contains", "action": "ignore"},
        {"raw": "tyres", "match": "contains", "code": "tyres"},
    )
    assert ends_of(table, "a tyre", "two tyres", "a tip", "tyre tip") == [
        ("mapped", "tyres"),
        ("mapped", "tyres"),
        ("mapped", "tip"),
        ("mapped", "settled"),
    ]
    assert ends_of(table, "tyres at tip", "tip seen") == [("ambiguous_code", None)] * 2
    assert messages(table, "tyres at tip", "tip seen") == [
        "lines 2 and 3 and 6 of codes/made.csv match this code equally well and differ; give it a line of its own",
        "lines 3 and 5 of codes/made.csv match this code equally well and differ; give it a line of its own",
    ]


def test_lines_of_other_days_do_not_compete() -> None:
    table = code_table(
        {"raw": "tyre", "match": "contains", "code": "old", "valid_to": "2024-04-30"},
        {"raw": "tyre", "match": "contains", "code": "new", "valid_from": "2024-05"},
    )
    assert ends_of(table, "a tyre") == [("mapped", "new")]
    assert ends_of(table, "a tyre", on=date(2024, 4, 30)) == [("mapped", "old")]
    assert ends_of(table, "a tyre", on=None) == [("unmapped_code", None)]


def test_a_line_nobody_has_agreed_to_keeps_its_rows_out_and_is_named() -> None:
    waits = {"agreed_by": None, "agreed_on": None}
    table = code_table(
        {"raw": "A", "code": "a"}, {"raw": "B", "code": "b", **waits}, {"raw": "C", "action": "ignore", **waits}
    )
    assert ends_of(table, "A", "B", "C") == [("mapped", "a"), ("proposed_code", None), ("proposed_code", None)]
    assert messages(table, "A", "B", "C") == [
        "codes/made.csv:3: agreed_by is missing, so that the line is only proposed",
        "codes/made.csv:4: agreed_by is missing, so that the line is only proposed",
    ]
    again = code_table(
        {"raw": "a", "match": "contains", "code": "x", **waits}, {"raw": "b", "match": "contains", "code": "x"}
    )
    assert ends_of(again, "ab", "a") == [("mapped", "x"), ("proposed_code", None)]


def test_a_shared_code_maps_nothing_once_it_has_ended() -> None:
    table = code_table({"raw": "G", "code": "gone"})
    assert ends_of(table, "G", on=date(2024, 3, 1)) == [("mapped", "gone")]
    assert ends_of(table, "G", on=date(2024, 4, 1)) == [("ended_code", None)]
    assert messages(table, "G") == ['codes/made.csv:2: maps to "gone", which ended on 2024-03-31']


def test_an_expression_that_would_never_end_elsewhere_takes_no_longer_than_its_text_is_long() -> None:
    table = code_table({"raw": "(a+)+b", "match": "regex", "code": "car"})
    # A matcher that tries every way to share out the letters would try two to the power of their number.
    assert ends_of(table, "a" * 100_000) == [("unmapped_code", None)]


# --- laws -------------------------------------------------------------------------------------------------------------

DAYS = st.sampled_from([None, date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 1)])
TEXTS = st.text("ab AB", min_size=1, max_size=4).map(str.strip).filter(bool)
CODES = st.sampled_from(["one", "two", "gone", None])


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    match = draw(st.sampled_from(["exact", "folded", "contains", "regex"]))
    raw = draw(st.sampled_from(["a.*", "[ab]+", "(?i)b", "a|b"]) if match == "regex" else TEXTS)
    code, days = draw(CODES), sorted(filter(None, (draw(DAYS), draw(DAYS))))
    dated = dict(zip(draw(st.sampled_from([("valid_from", "valid_to"), ("valid_to",), ()])), days, strict=False))
    agreed = {} if draw(st.booleans()) else {"agreed_by": None, "agreed_on": None}
    return {"raw": raw, "match": match, "action": "map" if code else "ignore", "code": code, **dated, **agreed}


def fits(entry: CodeMapEntry, text: str) -> bool:
    """Said once more, text by text, in plain Python."""
    return {
        "exact": lambda: text == entry.raw,
        "folded": lambda: folded(text) == folded(entry.raw),
        "contains": lambda: folded(entry.raw) in folded(text),
        "regex": lambda: re.fullmatch(entry.raw, text) is not None,
    }[entry.match]()


def expected(table: CodeTable, text: str, on: date | None) -> tuple[str, str | None]:
    if on is None:
        return "unmapped_code", None
    found = [
        entry
        for entry in table.entries
        if (entry.valid_from or date.min) <= on <= (entry.valid_to or date.max) and fits(entry, text)
    ]
    best = [entry for name in ("exact", "folded") for entry in found if entry.match == name]
    best = [entry for entry in found if entry.match == best[0].match] if best else found
    ends = {(entry.action, entry.code) for entry in best}
    if not best:
        return "unmapped_code", None
    if len(ends) > 1:
        return "ambiguous_code", None
    if not any(entry.is_agreed for entry in best):
        return "proposed_code", None
    [(action, code)] = ends
    if action == "ignore":
        return "ignored", None
    return ("ended_code", None) if code in ENDS and ENDS[code] < on else ("mapped", code)


@given(st.lists(lines(), max_size=6), st.lists(st.tuples(st.none() | TEXTS, DAYS), max_size=8), st.randoms())
def test_every_text_comes_to_one_end_whatever_the_order_of_the_lines(
    entries: list[dict[str, Any]], rows: list[tuple[str | None, date | None]], chance: random.Random
) -> None:
    table = code_table(*entries)
    texts = pl.Series([text for text, _ in rows], dtype=pl.String)
    on = pl.Series([day for _, day in rows], dtype=pl.Date)
    decided = decide(texts, on, table, ENDS)
    found = decided.select("end", "code").rows()
    assert found == [(None, None) if text is None else expected(table, text, day) for text, day in rows]
    # A row is kept out once, with why, exactly if it is neither mapped nor left out on purpose.
    told = [0] * len(rows)
    for fault in faults_of(decided, table, ENDS):
        told = [count + is_told for count, is_told in zip(told, fault.rows, strict=True)]
    assert told == [int(end in IS_OUT) for end, _ in found]
    shuffled = list(range(len(entries)))
    chance.shuffle(shuffled)
    other = CodeTable(
        table.path,
        tuple(table.entries[index] for index in shuffled),
        tuple(table.lines[index] for index in shuffled),
    )
    assert decide(texts, on, other, ENDS).equals(decided)
