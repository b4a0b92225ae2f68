"""The coverage grid: what was expected, what came, and nothing taken for zero that was never sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.build.coverage import LATE_DAYS, Arrived, coverage, speaking_suppliers
from pipelines.specs.load import SpecSet
from tests.unit.makers import shipped

STREET, NORTH = "police_uk/crime", "demo_northmark/abandoned_vehicle"
MAY = date(2014, 5, 1)
# A month's return is due 62 days after its last day.
DUE = date(2014, 5, 31) + timedelta(days=62)
GUILDFORD = "E07000209"


def only(feed: str) -> SpecSet:
    specs = shipped()
    return SpecSet(specs.root, specs.datasets, specs.partners, {feed: specs.feeds[feed]}, specs.code_lists)


def arrived(start: date = MAY, known_on: date = date(2014, 7, 1), **more: Any) -> dict[str, Any]:
    row = {
        "feed": STREET,
        "supplier": "surrey",
        "period_start": start,
        "known_on": known_on,
        "first_known_on": known_on,
        "revision": 1,
        "rows_received": 9,
        "rows_loaded": 8,
        "rows_quarantined": 1,
        "rows_in_force": 8,
        "part": "",
    }
    return row | more


def grid(
    current: list[dict[str, Any]],
    as_of: date,
    *,
    refused: set[tuple[str, str, date]] | None = None,
    areas: set[str] | None = None,
    specs: SpecSet | None = None,
) -> dict[tuple[str, date], dict[str, Any]]:
    rows = coverage(specs or only(STREET), Arrived(current, refused or set()), areas or set(), as_of)
    keyed = {(row["supplier"], row["period_start"]): row for row in rows}
    assert list(keyed) == sorted(keyed)
    assert len(keyed) == len(rows)
    return keyed


def expected_in(supplier: str, **days: date) -> SpecSet:
    """The shipped street feed with a supplier that is expected only between the days given."""
    specs = only(STREET)
    partner = specs.partners["police_uk"]
    bounded = partner.suppliers[supplier].model_copy(update=days)
    changed = partner.model_copy(update={"suppliers": {**partner.suppliers, supplier: bounded}})
    return SpecSet(specs.root, specs.datasets, {**specs.partners, "police_uk": changed}, specs.feeds, specs.code_lists)


APRIL = arrived(date(2014, 4, 1), date(2014, 6, 1))


@pytest.mark.parametrize(
    ("as_of", "state", "is_late"),
    [
        (MAY, "not_due", False),
        (date(2014, 5, 31), "not_due", False),
        (date(2014, 6, 1), "due", False),
        (DUE, "due", False),
        (DUE + timedelta(days=1), "late", True),
        (DUE + timedelta(days=LATE_DAYS), "late", True),
        (DUE + timedelta(days=LATE_DAYS + 1), "not_supplied", True),
    ],
)
def test_what_has_not_come_is_not_due_due_late_or_not_supplied(as_of: date, state: str, is_late: bool) -> None:
    row = grid([APRIL], as_of)["surrey", MAY]
    assert (row["state"], row["is_late"], row["due_on"]) == (state, is_late, DUE)
    assert [
        row[name] for name in ("received_at", "revision", "records_received", "rows_loaded", "rows_quarantined")
    ] == [None] * 5


@pytest.mark.parametrize(
    ("known_on", "is_late"), [(DUE, False), (DUE + timedelta(days=1), True), (DUE + timedelta(days=400), True)]
)
def test_what_has_come_is_received_however_late(known_on: date, is_late: bool) -> None:
    row = grid([APRIL, arrived(MAY, known_on)], date(2016, 1, 1))["surrey", MAY]
    assert (row["state"], row["is_late"], row["received_at"]) == ("received", is_late, known_on)
    assert [row[name] for name in ("revision", "records_received", "rows_loaded", "rows_quarantined")] == [1, 9, 8, 1]


def test_a_correction_does_not_make_a_return_late() -> None:
    corrected = arrived(MAY, DUE + timedelta(days=300), first_known_on=date(2014, 7, 1), revision=2)
    row = grid([APRIL, corrected], date(2016, 1, 1))["surrey", MAY]
    assert (row["state"], row["is_late"], row["revision"]) == ("received", False, 2)


def test_a_nil_return_is_a_return() -> None:
    nil = arrived(rows_received=0, rows_loaded=0, rows_quarantined=0)
    assert grid([nil], date(2014, 8, 1))["surrey", MAY]["state"] == "nil_return"
    # A file whose rows were all quarantined is no nil return: something was said.
    assert grid([arrived(rows_loaded=0)], date(2014, 8, 1))["surrey", MAY]["state"] == "received"


def test_a_refused_file_is_not_the_same_as_none() -> None:
    refused = {(STREET, "surrey", MAY)}
    assert grid([APRIL], date(2014, 6, 1), refused=refused)["surrey", MAY]["state"] == "refused"
    # An accepted return stands, whatever was refused after it.
    assert grid([arrived()], date(2014, 8, 1), refused=refused)["surrey", MAY]["state"] == "received"


def test_a_backlog_is_not_late() -> None:
    taken_on = date(2016, 1, 10)
    months = [date(2014, 4, 1), MAY, date(2015, 11, 1)]
    rows = grid([arrived(start, taken_on) for start in months], taken_on)
    assert [rows["surrey", start]["is_late"] for start in months] == [False, False, False]
    # What is missing between is still missing.
    assert rows["surrey", date(2014, 6, 1)]["state"] == "not_supplied"
    # November's return was still awaited when the feed was taken on; had it come later, it would be late.
    later = arrived(date(2015, 11, 1), date(2016, 3, 1))
    assert grid([arrived(MAY, taken_on), later], date(2016, 4, 1))["surrey", date(2015, 11, 1)]["is_late"] is True


def test_who_speaks_for_a_loaded_area_is_expected_whether_or_not_it_ever_sent() -> None:
    # Guildford is Surrey's; Kent returned once, and speaks for no area that is loaded.
    rows = grid([arrived(supplier="kent")], date(2014, 7, 15), areas={GUILDFORD, "E05007293"})
    assert {key: row["state"] for key, row in rows.items()} == {
        ("kent", MAY): "received",
        ("surrey", MAY): "due",
        ("surrey", date(2014, 6, 1)): "due",
        ("surrey", date(2014, 7, 1)): "not_due",
    }


def test_without_boundaries_those_who_returned_are_expected() -> None:
    assert {supplier for supplier, _ in grid([arrived(), arrived(supplier="kent")], date(2014, 8, 1))} == {
        "surrey",
        "kent",
    }


def test_a_feed_that_never_sent_and_says_no_first_period_expects_nothing() -> None:
    assert grid([], date(2014, 8, 1), areas={GUILDFORD}) == {}


@pytest.mark.parametrize(
    ("as_of", "last"), [(date(2023, 5, 2), date(2023, 5, 1)), (date(2030, 1, 1), date(2025, 3, 1))]
)
def test_a_cadence_with_bounds_expects_what_lies_within_them(as_of: date, last: date) -> None:
    rows = coverage(only(NORTH), Arrived([], set()), {"X07000001"}, as_of)
    assert (rows[0]["period_start"], rows[-1]["period_start"]) == (date(2023, 4, 1), last)
    assert {row["supplier"] for row in rows} == {"northmark"}


def test_each_supplier_speaks_for_its_own_areas() -> None:
    feed = shipped().feeds[STREET]
    speaking = speaking_suppliers(feed, shipped(), [GUILDFORD, "E05007293"])
    assert {name for name, codes in speaking.items() if codes} == {"surrey"}
    assert speaking["surrey"] == {GUILDFORD}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, [4, 5, 6, 7]),
        ({"expected_from": date(2014, 5, 1)}, [5, 6, 7]),
        # A month that the supplier begins or ends in is expected of it.
        ({"expected_from": date(2014, 5, 31), "expected_to": date(2014, 6, 1)}, [5, 6]),
        ({"expected_to": date(2014, 3, 31)}, []),
    ],
)
def test_nothing_is_expected_of_a_supplier_outside_its_days(days: dict[str, date], expected: list[int]) -> None:
    kent = arrived(date(2014, 4, 1), date(2014, 6, 1), supplier="kent")
    rows = grid([kent], date(2016, 1, 1), areas={GUILDFORD}, specs=expected_in("surrey", **days))
    for month in (4, 5, 6, 7):
        row = rows["surrey", date(2014, month, 1)]
        wanted = ("not_supplied", True) if month in expected else ("not_applicable", False)
        assert (row["state"], row["is_late"]) == wanted


def test_what_came_of_a_supplier_nobody_expected_is_shown_as_it_is_and_is_not_late() -> None:
    specs = expected_in("surrey", expected_to=date(2014, 4, 30))
    late = arrived(MAY, DUE + timedelta(days=9))
    refused = {(STREET, "surrey", date(2014, 6, 1))}
    rows = grid([APRIL, late], date(2014, 12, 1), refused=refused, specs=specs)
    told = {start.month: (rows["surrey", start]["state"], rows["surrey", start]["is_late"]) for _, start in rows}
    assert [told[month] for month in (4, 5, 6, 7)] == [
        ("received", False), ("received", False), ("refused", False), ("not_applicable", False),
    ]  # fmt: skip
