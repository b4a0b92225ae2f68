"""How records of two agencies are paired, held against pairing written out plainly; and what an agreement must say."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.specs.check import gather
from pipelines.specs.check_agreements import unsigned
from tests.unit.makers import ROOT, SPECS

SQL = (ROOT / "dbt_project/models/intermediate/int_overlaps__pairs.sql").read_text(encoding="utf-8")
SQL = re.sub(r"\{\{ ref\('int_overlaps__sides'\) \}\}", "sides", SQL)
NOON = datetime(2014, 5, 3, 12)
WITHIN_M, WITHIN_HOURS = 100, 2
# Minutes after noon, how many minutes it lasted, metres east, the square's side.
Record = tuple[int, int, int, int]
records = st.lists(
    st.tuples(st.integers(0, 6).map(lambda n: n * 60), st.sampled_from([0, 59]),
              st.integers(0, 5).map(lambda n: n * 50), st.sampled_from([1, 100])),
    max_size=5,
)  # fmt: skip


def rows_of(side: str, found: list[Record]) -> list[tuple[object, ...]]:
    return [
        (
            1,
            side,
            f"{side}{number}",
            NOON + timedelta(minutes=at),
            NOON + timedelta(minutes=at + lasted),
            east,
            0,
            square,
        )
        for number, (at, lasted, east, square) in enumerate(found)
    ]


def paired(rows: list[tuple[object, ...]]) -> set[tuple[str, str]]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table sides (agreement integer, side varchar, record_id varchar, occurred_from timestamp, "
            "occurred_to timestamp, easting double, northing double, square_m integer, "
            f"within_m integer default {WITHIN_M}, within_hours integer default {WITHIN_HOURS})"
        )
        names = "agreement, side, record_id, occurred_from, occurred_to, easting, northing, square_m"
        if rows:
            connection.executemany(f"insert into sides ({names}) values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return {(a, b) for _agreement, a, b in connection.execute(SQL).fetchall()}


def plainly(first: list[Record], second: list[Record]) -> set[tuple[str, str]]:
    """Pair by pair, the nearest in time first, then the nearest in place."""
    candidates = []
    for one, (at, lasted, east, square) in enumerate(first):
        for other, (at_other, lasted_other, east_other, square_other) in enumerate(second):
            apart = max(at - at_other - lasted_other, at_other - at - lasted, 0)
            metres = abs(east - east_other)
            if apart <= WITHIN_HOURS * 60 and metres <= WITHIN_M + (square + square_other) / 2:
                candidates.append((apart, math.pow(metres, 2), f"a{one}", f"b{other}"))
    taken: set[str] = set()
    pairs = set()
    for *_near, a, b in sorted(candidates):
        if not {a, b} & taken:
            taken |= {a, b}
            pairs.add((a, b))
    return pairs


@given(first=records, second=records, order=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_pairs_are_those_taken_one_by_one_in_any_order_of_rows(
    first: list[Record], second: list[Record], order: object
) -> None:
    rows = [*rows_of("a", first), *rows_of("b", second)]
    order.shuffle(rows)  # type: ignore[attr-defined]
    pairs = paired(rows)
    assert pairs == plainly(first, second)
    assert len(pairs) <= min(len(first), len(second))
    assert len({a for a, _b in pairs}) == len({b for _a, b in pairs}) == len(pairs)


AGREED = """
- between: [demo_police/crime, demo_eastmark/abandoned_vehicle]
  within_m: 200
  within_hours: 2
  agreed_by: {demo_police: Data protection officer, demo_eastmark: Parking officer}
  agreed_on: 2024-04-01
"""


def told(folder: Path, text: str) -> tuple[list[str], list[str]]:
    """The problems of an agreements file, and the notes on it, each with its line."""
    for name in ("datasets", "codelists", "partners", "indicators"):
        (folder / name).symlink_to(SPECS / name)
    (folder / "agreements.yml").write_text(text, encoding="utf-8")
    specs, problems = gather(folder)
    found = [problem for problem in problems if problem.file.endswith("agreements.yml")]
    return [f"{one.line}: {one.message}" for one in found], [f"{one.line}: {one.message}" for one in unsigned(specs)]


def test_an_agreement_in_order_has_no_fault(tmp_path: Path) -> None:
    assert told(tmp_path, AGREED) == ([], [])


def test_who_did_not_sign_is_told_and_is_no_problem(tmp_path: Path) -> None:
    problems, notes = told(tmp_path, AGREED.replace("demo_police: Data protection officer, ", ""))
    assert problems == []
    assert notes == ["2: demo_police did not sign: nothing is counted until `agreed_by` says who did"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("demo_police/crime", "demo_police/crimes", 2, '(did you mean "demo_police/crime"?)'),
        ("demo_eastmark/abandoned_vehicle", "demo_police/stated_total", 2, "both of these feeds are of demo_police"),
        ("demo_eastmark/abandoned_vehicle", "demo_county_council/population_estimate", 2, "only events happen"),
        ("within_m: 200", "within_km: 1", 3, 'unknown key "within_km" (did you mean "within_m"?)'),
        ("  within_hours: 2", "  categories: {demo_police/crime: [burglry]}\n  within_hours: 2", 4, '"burglary"'),
        ("agreed_on: 2024-04-01", "agreed_on: 2024-04-01\n  valid_to: 2024-03-01", 2, "comes before `agreed_on`"),
        (AGREED, AGREED + AGREED, 8, "have an agreement on line 2 already"),
    ],
)
def test_what_is_wrong_with_an_agreement_is_told_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    text = AGREED.replace(old, new)
    if "population_estimate" in text:
        text = text.replace("demo_eastmark:", "demo_county_council:")
    problems, _notes = told(tmp_path, text)
    assert any(problem.startswith(f"{line}: ") and said in problem for problem in problems), problems
