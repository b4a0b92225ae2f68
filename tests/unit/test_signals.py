"""Each signal is found where it was planted, told once, and hardly ever found in steady returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.signals import limits
from pipelines.signals.judge import Feed, Signal, signals_of
from pipelines.signals.kept import kept_or_made, summary_of
from pipelines.signals.series import Summary
from pipelines.signals.shares import Share, against_expectation, against_history, pooled
from pipelines.signals.summary import revised, summarise
from pipelines.specs.base import PeriodType
from pipelines.specs.models import Code, Dataset
from pipelines.specs.periods import next_start, period_end

CODES = (
    Code(code="property", label="Property"),
    Code(code="burglary", label="Burglary", parent="property"),
    Code(code="damage", label="Criminal damage", parent="property"),
    Code(code="drugs", label="Drugs"),
)
FLAGS = {"sensitivity": "plain", "special_category": False, "criminal_offence": False, "description": "a field"}


def contract(shape: str = "event", **fields: dict[str, Any]) -> Dataset:
    """A dataset of events with a category, a day, and these fields besides."""
    own = {
        "occurred": {"type": "interval"},
        "category_code": {"type": "code", "list": "kind"},
        "recorded": {"type": "date"},
        **fields,
    }
    declared = {name: {**field, **FLAGS} for name, field in own.items()}
    known = {"title": "Events", "description": "Events", "shape": shape, "persons": False}
    return Dataset.model_validate({**known, "clock": "occurred", "category": "category_code", "fields": declared})


EVENTS = contract(ages={"type": "integer"}, sessions={"type": "integer", "thresholds": [10]}, note={"type": "text"})


def starts(count: int, first: date = date(2023, 1, 1)) -> list[date]:
    """The first days of so many months."""
    found = [first]
    while len(found) < count:
        found.append(next_start(PeriodType.MONTH, found[-1]))
    return found


def steady(random: np.random.Generator, start: date, size: int = 200) -> dict[str, list[Any]]:
    """One month's return in which nothing is to be told: all its values come about as in any other."""
    rows = int(random.poisson(size))
    length = (period_end(PeriodType.MONTH, start) - start).days + 1
    days = [start + timedelta(days=int(day)) for day in random.integers(0, length, rows)]
    minutes = random.integers(0, 1440, rows)
    at = [
        datetime(day.year, day.month, day.day) + timedelta(minutes=int(m)) for day, m in zip(days, minutes, strict=True)
    ]
    return {
        "occurred_from": at,
        "occurred_to": [moment + timedelta(seconds=59) for moment in at],
        "category_code": random.choice(["burglary", "damage", "drugs"], rows, p=[0.4, 0.3, 0.3]).tolist(),
        "recorded": [
            day + timedelta(days=int(late)) for day, late in zip(days, random.geometric(0.3, rows), strict=True)
        ],
        "ages": random.integers(10, 80, rows).tolist(),
        "sessions": random.integers(1, 40, rows).tolist(),
        "note": [None if missing else "x" for missing in random.random(rows) < 0.1],
    }


Plant = Callable[[dict[str, list[Any]], np.random.Generator], None]


def _summary(start: date, columns: dict[str, list[Any]], aside: pl.DataFrame | None = None) -> Summary:
    counts = summarise(pl.DataFrame(columns), aside, EVENTS)
    return summary_of(start, pl.DataFrame(counts, schema=["kind", "name", "code", "n"], orient="row", strict=False))


def planted(plant: Plant, months: range, count: int = 18, seed: int = 1) -> list[Summary]:
    """Months of steady returns, in some of which something is planted."""
    random, found = np.random.default_rng(seed), []
    for number, start in enumerate(starts(count)):
        columns = steady(random, start)
        if number in months:
            plant(columns, random)
        found.append(_summary(start, columns))
    return found


def judged(summaries: list[Summary], *breaks: date) -> list[Signal]:
    return signals_of(summaries, Feed(PeriodType.MONTH, "occurred", breaks, CODES))


def recode(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    """Half of what was burglary is coded as damage."""
    moved = random.random(len(columns["category_code"])) < 0.5
    columns["category_code"] = [
        "damage" if code == "burglary" and moves else code
        for code, moves in zip(columns["category_code"], moved, strict=True)
    ]


def _move(columns: dict[str, list[Any]], to: Callable[[datetime], datetime], which: np.ndarray[Any, Any]) -> None:
    for name, second in (("occurred_from", 0), ("occurred_to", 59)):
        columns[name] = [
            to(moment).replace(second=second) if moves else moment
            for moment, moves in zip(columns[name], which, strict=True)
        ]
    columns["recorded"] = [moment.date() + timedelta(days=2) for moment in columns["occurred_from"]]


def crowd_month_end(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    """A quarter of the month is dated on its last three days."""

    def to(moment: datetime) -> datetime:
        last = period_end(PeriodType.MONTH, moment.date().replace(day=1))
        return moment.replace(day=last.day - int(random.integers(0, 3)))

    _move(columns, to, random.random(len(columns["ages"])) < 0.25)


def on_the_first(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    _move(columns, lambda moment: moment.replace(day=1), random.random(len(columns["ages"])) < 0.3)


def at_midnight(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    _move(columns, lambda moment: moment.replace(hour=0, minute=0), random.random(len(columns["ages"])) < 0.3)


def on_the_quarter(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    which = random.random(len(columns["ages"])) < 0.7
    _move(columns, lambda moment: moment.replace(hour=9, minute=moment.minute // 15 * 15), which)


def round_ages(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    which = random.random(len(columns["ages"])) < 0.5
    columns["ages"] = [age // 5 * 5 if rounds else age for age, rounds in zip(columns["ages"], which, strict=True)]


def to_threshold(columns: dict[str, list[Any]], _random: np.random.Generator) -> None:
    columns["sessions"] = [10 if 5 <= count < 12 else count for count in columns["sessions"]]


def short_of_threshold(columns: dict[str, list[Any]], _random: np.random.Generator) -> None:
    columns["sessions"] = [9 if 10 <= count < 18 else count for count in columns["sessions"]]


def later(columns: dict[str, list[Any]], _random: np.random.Generator) -> None:
    columns["recorded"] = [day + timedelta(days=3) for day in columns["recorded"]]


def forget(columns: dict[str, list[Any]], random: np.random.Generator) -> None:
    columns["note"] = [None if gone else note for note, gone in zip(columns["note"], random.random(999) < 0.4)]  # noqa: B905


PLANTED: list[tuple[Plant, str, str, str]] = [
    (recode, "category_shift", "burglary, damage", "Burglary "),
    (crowd_month_end, "month_end", "occurred", "rows are dated in the last 3 days of the period"),
    (on_the_first, "heaping", "occurred", "rows are dated on the first day of a month"),
    (at_midnight, "heaping", "occurred", "rows are timed at midnight"),
    (on_the_quarter, "heaping", "occurred", "rows are timed on a quarter of an hour"),
    (round_ages, "heaping", "ages", "figures from 10 up end in 0 or 5"),
    (to_threshold, "threshold", "sessions", "figures around 10 are at, or just beyond, it"),
    (short_of_threshold, "threshold", "sessions", "figures around 10 are just short of it"),
    (later, "delay_change", "recorded", "half of the rows are recorded within 3 days of the event before"),
    (forget, "missing_rising", "note", "rows have no note"),
]


@pytest.mark.parametrize(("plant", "kind", "concerns", "words"), PLANTED, ids=[item[0].__name__ for item in PLANTED])
def test_what_was_planted_is_found_where_it_begins_and_told_once(
    plant: Plant, kind: str, concerns: str, words: str
) -> None:
    found = [item for item in judged(planted(plant, range(13, 18))) if item.kind == kind]
    assert [(item.told.period, item.told.departure.concerns) for item in found] == [(date(2024, 2, 1), concerns)]
    assert words in found[0].told.departure.evidence
    assert "expected share" in found[0].told.departure.evidence


@pytest.mark.parametrize("plant", [None, *(item[0] for item in PLANTED)])
def test_nothing_is_told_that_was_always_so_but_what_plain_arithmetic_expects(plant: Plant | None) -> None:
    found = judged(planted(plant or (lambda _columns, _random: None), range(18)))
    against_arithmetic = {item.kind for item in found} - {"heaping", "threshold"}
    assert against_arithmetic == set()
    # What goes on is told once.
    assert len(found) == len({(item.kind, item.told.departure.concerns) for item in found})


def test_a_shift_says_both_counts_both_sums_and_both_shares() -> None:
    def month(start: date, burglary: int, damage: int) -> Summary:
        counts = {"burglary": float(burglary), "damage": float(damage)}
        return Summary(start, {("category", "category_code"): counts, ("rows", ""): {"": 200.0}})

    months = [month(start, 120, 80) for start in starts(12)]
    [found] = judged([*months, month(date(2024, 1, 1), 61, 139)])
    assert found.told.departure.evidence == (
        "Burglary 120 to 61, Criminal damage 80 to 139; together 200 and 200; expected share 0.60, found 0.30"
    )
    assert found.told.compared_with == "12 returns, January 2023 to December 2023"
    assert found.told.departure.strength > 7
    # Where the sum moved as well, something else happened; nor are codes of two parents neighbours.
    assert judged([*months, month(date(2024, 1, 1), 61, 80)]) == []


def test_a_change_that_lasts_becomes_what_later_returns_are_held_against() -> None:
    back = planted(recode, range(13, 24), count=28)
    told = [item.told.period for item in judged(back) if item.kind == "category_shift"]
    assert told == [date(2024, 2, 1), date(2025, 1, 1)]
    once = [item.told.period for item in judged(planted(recode, range(13, 14))) if item.kind == "category_shift"]
    assert once == [date(2024, 2, 1)]


def test_returns_on_two_sides_of_a_break_are_not_held_against_each_other() -> None:
    summaries = planted(recode, range(10, 18))
    assert [item.kind for item in judged(summaries)] == ["category_shift"]
    assert judged(summaries, date(2023, 11, 1)) == []


def test_codes_that_came_or_went_are_not_neighbours() -> None:
    summaries = planted(recode, range(13, 18))
    dated = [*CODES[:2], CODES[2].model_copy(update={"valid_from": date(2023, 6, 1)})]
    assert signals_of(summaries, Feed(PeriodType.MONTH, "occurred", (), dated)) == []


def test_with_few_returns_or_few_rows_nothing_is_said() -> None:
    assert judged(planted(recode, range(5, 6), count=limits.LEAST_HISTORY)) == []
    random = np.random.default_rng(3)
    few = [_summary(start, steady(random, start, size=limits.LEAST_FIGURES // 2)) for start in starts(14)]
    assert judged(few) == []


def test_without_a_day_of_recording_the_spread_of_events_before_the_issue_is_looked_at() -> None:
    def gather(columns: dict[str, list[Any]], _random: np.random.Generator) -> None:
        _move(columns, lambda moment: moment.replace(day=10 + moment.day % 8), np.ones(len(columns["ages"]), bool))

    summaries = planted(gather, range(13, 18))
    for item in summaries:
        item.counts.pop(("delay", "recorded"))
    found = [item for item in judged(summaries) if item.kind == "delay_change"]
    assert [(item.told.period, item.told.departure.concerns) for item in found] == [(date(2024, 2, 1), "occurred")]


def test_codes_that_no_map_covers_and_places_that_are_not_found_are_missing_too() -> None:
    def month(start: date, unmapped: int, unplaced: int) -> Summary:
        counts = {("rows", ""): {"": 200.0}, ("unmapped", ""): {"": float(unmapped)}}
        return Summary(start, {**counts, ("missing", "place"): {"": float(unplaced)}})

    found = judged([*(month(start, 2, 4) for start in starts(12)), month(date(2024, 1, 1), 50, 60)])
    assert [(item.told.departure.concerns, item.told.departure.evidence) for item in found] == [
        ("place", "60 of 200 rows could not be placed; expected share 0.02, found 0.30"),
        ("unmapped", "50 of 250 rows have a code that no map covers; expected share 0.01, found 0.20"),
    ]
    # Fewer than before is nothing to ask about.
    assert judged([*(month(start, 50, 60) for start in starts(12)), month(date(2024, 1, 1), 0, 0)]) == []


def test_false_alarms_are_rare_in_steady_returns() -> None:
    """Of 60 suppliers with 18 months each, 1,080 returns by 8 tests: chance may make one signal or two, not more."""
    found = [item for seed in range(60) for item in judged(planted(lambda _c, _r: None, range(0), seed=seed + 100))]
    assert len(found) <= 2


def test_shares_that_always_differ_from_month_to_month_are_not_told() -> None:
    """Counts of events vary more than chance alone would have it; what always varies so is no change."""
    random = np.random.default_rng(5)
    alarms = 0
    for _supplier in range(200):
        shares = [Share(float(random.binomial(2000, random.beta(12, 8))), 2000) for _month in range(13)]
        alarms += against_history(shares[-1], shares[:-1], limits.LEAST_SHIFT) is not None
    assert alarms <= 2


@given(
    st.lists(st.integers(0, 100), min_size=limits.LEAST_HISTORY, max_size=limits.HISTORY), st.integers(0, 100),
    st.integers(1, 20),
)  # fmt: skip
def test_a_departure_is_large_enough_and_its_share_is_what_was_found(parts: list[int], part: int, tests: int) -> None:
    history, new = [Share(item, 100) for item in parts], Share(part, 100)
    found = against_history(new, history, 0.1, tests)
    if found is not None:
        assert abs(found.found - found.expected) >= 0.1
        assert (found.found, found.expected) == (new.value, pooled(history))
        assert found.strength > 0
        # The more is looked at together, the less is told.
        assert against_history(new, history, 0.1, 1) is not None
    # Exchanging what is counted and what is not changes the side and nothing else.
    mirrored = against_history(Share(100 - part, 100), [Share(100 - item, 100) for item in parts], 0.1, tests)
    assert (mirrored is None) == (found is None)


@given(st.integers(30, 500), st.floats(0.05, 0.5))
def test_an_expectation_is_only_departed_from_upwards(whole: int, expected: float) -> None:
    assert against_expectation(Share(int(expected * whole), whole), expected, 0.05) is None
    found = against_expectation(Share(whole, whole), expected, 0.05)
    assert found is not None
    assert found.side


def test_rows_that_differ_from_the_revision_before_are_counted_by_content() -> None:
    before = pl.DataFrame({"record_id": ["a", "b", "c"], "value": [1, 2, 3], "_row": [1, 2, 3]})
    after = pl.DataFrame({"record_id": ["b", "a", "d"], "value": [2, 9, 4], "_row": [1, 2, 3]})
    assert revised(after, before) == [("revised", "", "", 3), ("compared", "", "", 4)]
    assert revised(before, before)[0] == ("revised", "", "", 0)


def test_a_summary_is_made_once_and_kept_as_long_as_its_file(tmp_path: Any) -> None:
    asked: list[str] = []

    def make(key: str) -> list[tuple[str, str, str, float]]:
        asked.append(key)
        return [("rows", "", "", float(len(key)))]

    path = tmp_path / "x" / "feed.parquet"
    first = kept_or_made(path, {"a": "one", "bb": "two"}, make, lambda _name: True)
    assert {key: rows["n"].to_list() for key, rows in first.items()} == {"a": [1.0], "bb": [2.0]}
    again = kept_or_made(path, {"bb": "two", "ccc": "three"}, make, lambda name: name != "one")
    assert asked == ["a", "bb", "ccc"]
    assert again.keys() == {"bb", "ccc"}
    assert set(pl.read_parquet(path)["key"]) == {"bb", "ccc"}
