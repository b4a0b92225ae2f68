"""The ledger: what is current does not depend on the order of arrival, and a change is whole or not at all.

All of it holds in SQLite and in PostgreSQL.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.postgres import emptied
from warehouse import ledger as led
from warehouse.ledger import Ledger, current_returns, put, replace_all, revision_order

MAY = date(2014, 5, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an empty ledger may be begun."""
    if request.param == "sqlite":
        return tmp_path / "home" / "ledger.sqlite"
    return emptied(request.getfixturevalue("postgres_url"))


@pytest.fixture
def ledger(target: Path | str) -> Iterator[Ledger]:
    made = Ledger(target)
    yield made
    made.close()


def arrival(number: int, delivery: str, known_on: date, *, declared: bool = True, **more: Any) -> dict[str, Any]:
    """A return as `number` of those that came."""
    row = {
        "feed": "police_uk/crime",
        "supplier": "surrey",
        "period_start": MAY,
        "delivery_id": delivery,
        "known_on": known_on,
        "period_type": "month",
        "is_declared": declared,
        "part": "",
        "replaces": "reporting_period",
        "fingerprint": "f",
        "state": "accepted",
        "received_at": datetime(2015, 1, 1) + timedelta(hours=number),
        "rows_received": 1,
        "rows_loaded": 1,
        "rows_ignored": 0,
        "rows_duplicate": 0,
        "rows_quarantined": 0,
        "months": {"2014-05-01": 1},
        "categories": {"burglary": 1},
    }
    return row | more


def taken(ledger: Ledger, *rows: dict[str, Any]) -> None:
    with ledger.change() as connection:
        put(connection, led.return_, rows)


# An original, its correction, another issued on the correction's day, and the original issued again.
DECLARED = [
    ("original", date(2014, 7, 1)),
    ("correction", date(2014, 9, 1)),
    ("another", date(2014, 9, 1)),
    ("original", date(2014, 8, 1)),
]


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_declared_issues_end_the_same_in_every_order(ledger: Ledger, order: tuple[int, ...]) -> None:
    for number, index in enumerate(order, start=1):
        delivery, known_on = DECLARED[index]
        taken(ledger, arrival(number, delivery, known_on))
    (current,) = current_returns(ledger)
    assert (current["delivery_id"], current["known_on"], current["revision"]) == ("correction", date(2014, 9, 1), 4)
    assert current["first_known_on"] == date(2014, 7, 1)
    (then,) = current_returns(ledger, date(2014, 8, 31))
    assert (then["delivery_id"], then["known_on"], then["revision"]) == ("original", date(2014, 8, 1), 2)
    assert current_returns(ledger, date(2014, 6, 30)) == []


def test_undeclared_ones_of_a_day_are_ordered_by_arrival(ledger: Ledger) -> None:
    day = date(2014, 7, 1)
    taken(ledger, arrival(1, "b", day, declared=False), arrival(2, "a", day, declared=False))
    assert current_returns(ledger)[0]["delivery_id"] == "a"
    # A declared issue of that day comes before both, whenever it came.
    taken(ledger, arrival(3, "z", day))
    assert (current_returns(ledger)[0]["delivery_id"], current_returns(ledger)[0]["revision"]) == ("a", 3)
    taken(ledger, arrival(4, "late", day + timedelta(days=1)))
    assert current_returns(ledger)[0]["delivery_id"] == "late"


rows = st.lists(
    st.tuples(st.sampled_from("abcd"), st.dates(date(2014, 7, 1), date(2014, 7, 4)), st.booleans()),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[:2],
)


@given(rows)
def test_revisions_stand_in_one_order(made: list[tuple[str, date, bool]]) -> None:
    keys = [revision_order(arrival(number, *row[:2], declared=row[2])) for number, row in enumerate(made, start=1)]  # type: ignore[arg-type]
    assert len(set(keys)) == len(keys)
    assert [key[0] for key in sorted(keys)] == sorted(row[1] for row in made)


def test_only_accepted_returns_are_current(ledger: Ledger) -> None:
    taken(
        ledger,
        arrival(1, "a", date(2014, 7, 1)),
        arrival(2, "b", date(2014, 8, 1), state="held"),
        arrival(3, "c", date(2014, 9, 1), state="unchecked"),
    )
    assert [row["delivery_id"] for row in current_returns(ledger)] == ["a"]
    with ledger.change() as connection:
        connection.execute(update(led.return_).where(led.return_.c.delivery_id == "b").values(state="accepted"))
    assert [(row["delivery_id"], row["revision"]) for row in current_returns(ledger)] == [("b", 2)]


def test_feeds_suppliers_and_periods_are_revised_apart(ledger: Ledger) -> None:
    taken(
        ledger,
        arrival(1, "a", date(2014, 7, 1)),
        arrival(2, "a", date(2014, 7, 1), supplier="kent"),
        arrival(3, "a", date(2014, 7, 1), period_start=date(2014, 6, 1)),
        arrival(4, "a", date(2014, 7, 1), feed="demo_police/crime"),
    )
    assert [row["revision"] for row in current_returns(ledger)] == [1, 1, 1, 1]


def test_a_change_that_fails_leaves_nothing(ledger: Ledger) -> None:
    taken(ledger, arrival(1, "a", date(2014, 7, 1)))
    with pytest.raises(RuntimeError), ledger.change() as connection:
        put(
            connection,
            led.return_,
            [arrival(2, "b", date(2014, 8, 1)), arrival(3, "a", date(2014, 7, 1), state="held")],
        )
        replace_all(connection, led.pending, [{"feed": "f", "supplier": "s", "period_start": MAY, "months": []}])
        raise RuntimeError("killed")
    with pytest.raises(IntegrityError), ledger.change() as connection:
        put(connection, led.return_, [arrival(2, "b", date(2014, 8, 1))])
        put(connection, led.return_, [arrival(3, "c", date(2014, 8, 1), state=None)])
    assert [(row["delivery_id"], row["state"]) for row in ledger.rows(led.return_)] == [("a", "accepted")]
    assert ledger.rows(led.pending) == []


def test_a_change_is_not_seen_before_it_is_whole(ledger: Ledger) -> None:
    with ledger.change() as connection:
        put(connection, led.return_, [arrival(1, "a", date(2014, 7, 1))])
        assert len(connection.execute(select(led.return_)).all()) == 1
        assert ledger.rows(led.return_) == []
    assert len(ledger.rows(led.return_)) == 1


def test_the_same_key_again_takes_its_place(ledger: Ledger) -> None:
    taken(ledger, arrival(1, "a", date(2014, 7, 1)), arrival(2, "a", date(2014, 7, 1), rows_loaded=7))
    assert [row["rows_loaded"] for row in ledger.rows(led.return_)] == [7]
    assert ledger.rows(led.return_, delivery_id="a", rows_loaded=1) == []


def test_rows_come_in_the_order_of_their_key(ledger: Ledger) -> None:
    names = ["b", "a_c", "ab", "B", "é"]
    with ledger.change() as connection:
        put(connection, led.build_state, [{"key": name, "value": "1"} for name in names])
        put(connection, led.build_state, [{"key": "a_c", "value": "2"}])
    assert [row["key"] for row in ledger.rows(led.build_state)] == ["B", "a_c", "ab", "b", "é"]


DELIVERY = {
    "delivery_id": "d", "feed": "police_uk/crime", "partner": "police_uk", "dataset": "crime", "sha256": "s",
    "state": "accepted", "path": "p", "received_at": datetime(2015, 1, 1, 12, 30, 1, 5), "fingerprint": "f",
    "name_period": MAY, "records": 5, "header": 1, "read": 4, "rows_made": 4, "loaded": 3, "quarantined": 1,
}  # fmt: skip


def test_every_kind_of_value_comes_back_as_it_was(ledger: Ledger) -> None:
    kept = arrival(1, "é", MAY, months={"2014-05-01": 2**40, "x": [None, "\u0000"]}, reason="a 'b' \"c\" %s\n")
    taken(ledger, kept)
    with ledger.change() as connection:
        put(connection, led.delivery, [DELIVERY])
        put(connection, led.file, [{"sha256": "s", "size": 2**62, "seen_at": DELIVERY["received_at"]}])
    [row] = ledger.rows(led.return_, is_declared=True, known_on=MAY, delivery_id="é")
    assert {name: row[name] for name in kept} == kept
    [row] = ledger.rows(led.delivery, name_period=MAY, read=4)
    assert (row["received_at"], row["unread"], row["reason"]) == (DELIVERY["received_at"], 0, None)
    assert [row["size"] for row in ledger.rows(led.file)] == [2**62]
    assert ledger.rows(led.return_, is_declared=False) == []


@pytest.mark.parametrize("lost", [{"read": 3}, {"loaded": 4}])
def test_an_account_that_does_not_add_up_is_not_kept(ledger: Ledger, lost: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), ledger.change() as connection:
        put(connection, led.delivery, [DELIVERY | lost])
    assert ledger.rows(led.delivery) == []


def test_what_was_written_is_there_for_the_next_process(target: Path | str) -> None:
    first = Ledger(target)
    taken(first, arrival(1, "a", date(2014, 7, 1)))
    with first.change() as connection:
        put(connection, led.build_state, [{"key": "grid", "value": "1"}])
    first.close()
    second = Ledger(target)
    assert (current_returns(second)[0]["months"], second.state("grid"), second.state("none")) == (
        {"2014-05-01": 1},
        "1",
        None,
    )
    second.close()


def _add_up(target: Path | str, start: Any, times: int) -> None:
    """Read a number and write the next, as one of several processes that do so."""
    start.wait()
    ledger = Ledger(target)
    for _ in range(times):
        with ledger.change() as connection:
            found = connection.execute(select(led.build_state.c.value)).scalar()
            put(connection, led.build_state, [{"key": "sum", "value": str(int(found or 0) + 1)}])
    ledger.close()


def test_processes_that_read_and_then_write_lose_nothing(target: Path | str) -> None:
    # They also begin the ledger at once.
    processes = multiprocessing.get_context("spawn")
    start = processes.Barrier(2)
    both = [processes.Process(target=_add_up, args=(target, start, 40)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    ledger = Ledger(target)
    assert ledger.state("sum") == "80"
    ledger.close()
