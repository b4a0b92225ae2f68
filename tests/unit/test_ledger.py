"""The ledger: what is current does not depend on the order of arrival, and a change is whole or not at all."""

from __future__ import annotations

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

from warehouse import ledger as led
from warehouse.ledger import Ledger, LedgerError, current_returns, put, replace_all, revision_order

MAY = date(2014, 5, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "home" / "ledger.sqlite")
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


def test_what_was_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first = Ledger(path)
    taken(first, arrival(1, "a", date(2014, 7, 1)))
    with first.change() as connection:
        put(connection, led.build_state, [{"key": "grid", "value": "1"}])
    first.close()
    second = Ledger(path)
    assert (current_returns(second)[0]["months"], second.state("grid"), second.state("none")) == (
        {"2014-05-01": 1},
        "1",
        None,
    )
    with second.change() as connection:
        connection.execute(update(led.meta).values(value="0"))
    second.close()
    with pytest.raises(LedgerError, match="written by another version"):
        Ledger(path)
