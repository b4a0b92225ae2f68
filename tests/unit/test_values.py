"""Text to values: exactly as declared, or a fault with its place. Nothing is guessed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.harmonise.identity import md5, place_ids, record_ids
from pipelines.harmonise.values import codes, moments, numbers
from pipelines.specs.feeds import Column
from pipelines.specs.models import DatasetField
from pipelines.specs.moments import parse_moments
from tests.unit.makers import code_table

PLAIN = {"sensitivity": "plain", "special_category": False, "criminal_offence": False, "description": "x"}


def column_of(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame({"given": texts}, schema={"given": pl.String}).with_row_index(INDEX)


def parsed(format_: str, *texts: str | None) -> list[tuple[datetime | None, ...]]:
    return parse_moments(pl.Series(texts, dtype=pl.String), format_).select("first", "last").rows()


@pytest.mark.parametrize(
    ("format_", "text", "first", "last"),
    [
        ("%Y-%m", "2014-05", datetime(2014, 5, 1), datetime(2014, 5, 31, 23, 59, 59)),
        ("%Y-%m", "2016-02", datetime(2016, 2, 1), datetime(2016, 2, 29, 23, 59, 59)),
        ("%b %Y", "Dec 2014", datetime(2014, 12, 1), datetime(2014, 12, 31, 23, 59, 59)),
        ("%d/%m/%Y", "28/02/2014", datetime(2014, 2, 28), datetime(2014, 2, 28, 23, 59, 59)),
        ("%d-%b-%Y", "05-Aug-2024", datetime(2024, 8, 5), datetime(2024, 8, 5, 23, 59, 59)),
        ("%Y-%m-%d %H:%M", "2014-05-31 23:59", datetime(2014, 5, 31, 23, 59), datetime(2014, 5, 31, 23, 59, 59)),
        ("%Y-%m-%d %R", "2014-05-31 09:05", datetime(2014, 5, 31, 9, 5), datetime(2014, 5, 31, 9, 5, 59)),
        ("%Y-%m-%d %H", "2014-05-31 09", datetime(2014, 5, 31, 9), datetime(2014, 5, 31, 9, 59, 59)),
        (
            "%d/%m/%Y %I:%M:%S %p",
            "01/02/2014 12:00:07 AM",
            datetime(2014, 2, 1, 0, 0, 7),
            datetime(2014, 2, 1, 0, 0, 7),
        ),
        ("%Y-%m-%dT%T", "2014-05-31T09:05:01", datetime(2014, 5, 31, 9, 5, 1), datetime(2014, 5, 31, 9, 5, 1)),
    ],
)
def test_a_moment_is_as_long_as_it_was_written(format_: str, text: str, first: datetime, last: datetime) -> None:
    assert parsed(format_, text) == [(first, last)]


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("%d/%m/%Y", "2014-02-01"),
        ("%d/%m/%Y", "13/13/2014"),
        ("%d/%m/%Y", "31/02/2014"),
        ("%d/%m/%Y", "01/02/2014 10:00"),
        ("%d/%m/%Y", "01/02/14"),  # whose century would be guessed
        ("%d/%m/%Y", "1 Feb 2014"),
        ("%Y-%m", "2014-05-03"),
        ("%Y-%m", "2014-13"),
        ("%Y-%m-%d %H:%M", "2014-05-31"),
        ("%Y-%m-%d %H:%M", "2014-05-31 24:00"),
        ("%Y-%m-%d", "41790"),
        ("%Y-%m-%d", "unknown"),
    ],
)
def test_a_text_of_another_form_is_no_moment(format_: str, text: str) -> None:
    assert parsed(format_, text) == [(None, None)]


@given(
    st.lists(st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)), max_size=10),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"]),
)
def test_days_written_are_days_read_in_their_order(days: list[date | None], format_: str) -> None:
    found = parsed(format_, *(day and day.strftime(format_) for day in days))
    assert [first and first.date() for first, _ in found] == days
    assert all(last - first == timedelta(hours=24, seconds=-1) for first, last in found if first and last)


def test_a_bad_date_is_a_fault_with_its_row_and_an_empty_one_is_none() -> None:
    faults = Faults()
    field = DatasetField.model_validate({"type": "interval", **PLAIN})
    frame = column_of("2014-05-01", " ", None, "soon", "?")
    first, last = moments(frame, "given", Column(field="occurred", date="%Y-%m-%d", missing=("?",)), field, faults)
    assert (first.name, last.name) == ("occurred_from", "occurred_to")
    assert first.to_list() == [datetime(2014, 5, 1), None, None, None, None]
    assert faults.table().rows() == [
        (3, "bad_value", "given", "soon", 'not a date as the spec declares it ("%Y-%m-%d")')
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "12", 12),
        ("integer", " -3 ", -3),
        ("integer", "007", 7),
        ("integer", "12.0", None),
        ("integer", "1,200", None),
        ("integer", "99999999999999999999", None),
        ("number", "12.5", 12.5),
        ("number", "-0.5", -0.5),
        ("number", "1E10", 1e10),
        ("number", "12,5", None),
        ("number", "nan", None),
        ("number", "inf", None),
        ("number", "\u00a35", None),
        ("number", "5%", None),
        ("number", "0x10", None),
        ("number", "1 200", None),
    ],
)
def test_a_number_is_read_whole_or_not_at_all(kind: str, text: str, value: float | None) -> None:
    faults = Faults()
    field = DatasetField.model_validate({"type": kind, **PLAIN})
    [found] = numbers(column_of(text, "", None), "given", Column(field="value"), field, faults)
    assert found.to_list() == [value, None, None]
    assert faults.table()[INDEX].to_list() == ([0] if value is None else [])


@pytest.mark.parametrize("kind", ["integer", "number", "interval", "code"])
def test_the_text_of_a_field_that_may_tell_of_a_person_is_not_in_its_fault(kind: str) -> None:
    faults = Faults()
    field = DatasetField.model_validate(
        {"type": kind, **PLAIN, "sensitivity": "sensitive", "list": "l" if kind == "code" else None}
    )
    frame, column = column_of("Jo Bloggs"), Column(field="value", date="%Y-%m")
    if kind == "code":
        codes(frame, "given", column, field, code_table(), pl.Series([date(2014, 5, 1)]), faults)
    elif kind == "interval":
        moments(frame, "given", column, field, faults)
    else:
        numbers(frame, "given", column, field, faults)
    assert faults.table().height == 1
    assert "Bloggs" not in str(faults.table().rows())


CODE = DatasetField.model_validate({"type": "code", "list": "kind", **PLAIN})
DATED = code_table(
    {"raw": "CYC", "code": "bicycle", "valid_to": "2024-03-31"},
    {"raw": "BIKE", "code": "bicycle", "valid_from": "2024-04"},
    {"raw": "BIKE", "code": "motorcycle", "valid_to": "2024-03-31"},
    {"raw": "X ", "action": "ignore"},
)


def mapped(*given_on: tuple[str | None, date | None]) -> tuple[list[str | None], list[bool], list[tuple[object, ...]]]:
    faults = Faults()
    on = pl.Series([day for _, day in given_on], dtype=pl.Date)
    found, ignored = codes(
        column_of(*(text for text, _ in given_on)),
        "given",
        Column(field="kind", missing=("-",)),
        CODE,
        DATED,
        on,
        faults,
    )
    return found.to_list(), ignored.to_list(), faults.table().select(INDEX, "issue_type", "value").rows()


def test_a_code_is_mapped_by_the_entry_in_force() -> None:
    march, april = date(2024, 3, 1), date(2024, 4, 1)
    found, ignored, faults = mapped(
        ("CYC", march), ("CYC", april), ("BIKE", march), ("BIKE", april), ("BIKE", date(2024, 3, 31))
    )
    assert found == ["bicycle", None, "motorcycle", "bicycle", "motorcycle"]
    assert not any(ignored)
    assert faults == [(1, "unmapped_code", "CYC")]


def test_a_code_is_mapped_ignored_on_purpose_or_raises_a_signal() -> None:
    may = date(2024, 5, 1)
    found, ignored, faults = mapped((" BIKE ", may), ("X", may), ("bike", may), ("", may), (None, may), ("-", may))
    assert found == ["bicycle", None, None, None, None, None]
    assert ignored == [False, True, False, False, False, False]
    assert faults == [(2, "unmapped_code", "bike")]


def test_a_code_of_no_known_period_is_not_mapped() -> None:
    assert mapped(("BIKE", None))[2] == [(0, "unmapped_code", "BIKE")]


# --- who a record is ------------------------------------------------------------------------------------------------


def test_hashes_are_those_everybody_computes() -> None:
    # RFC 1321, appendix A.5.
    texts = pl.Series(["", "abc", "message digest"])
    assert md5(texts).to_list() == [
        "d41d8cd98f00b204e9800998ecf8427e",
        "900150983cd24fb0d6963f7d28e17f72",
        "f96b697d7cb7938d525a2f31aaf161d0",
    ]
    assert md5(texts.clear()).to_list() == []


keyed = st.lists(st.tuples(st.none() | st.sampled_from("ab"), st.sampled_from("xy")), max_size=8)


def ids_of(rows: list[tuple[str | None, str]], supplier: str = "one") -> list[str]:
    frame = pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String}, orient="row")
    return record_ids(frame.with_columns(supplier=pl.lit(supplier)), "feed", ["id"], ["id", "text"]).to_list()


@given(keyed, st.randoms(use_true_random=False))
def test_ids_follow_the_key_whatever_the_order(rows: list[tuple[str | None, str]], random: object) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    before, after = ids_of(rows), ids_of([rows[index] for index in order])
    assert all(after[place] == before[index] for place, index in enumerate(order) if rows[index][0] is not None)
    # Rows without an id are told apart by content and ordinal alone, so the same rows give the same ids.
    assert sorted(after) == sorted(before)
    assert len({before[index] for index, row in enumerate(rows) if row[0] is None}) == sum(
        row[0] is None for row in rows
    )


def test_the_same_key_of_another_supplier_is_another_record() -> None:
    assert ids_of([("a", "x")], "one") != ids_of([("a", "x")], "other")
    assert ids_of([("a", "x")]) == ids_of([("a", "y")])


def test_values_do_not_run_together_in_an_id() -> None:
    frame = pl.DataFrame({"supplier": ["s"] * 4, "one": ["ab", "a", None, ""], "two": ["c", "bc", "", None]})
    assert record_ids(frame, "feed", [], ["one", "two"]).n_unique() == 4


def test_a_place_has_one_number_to_the_millimetre() -> None:
    places = pl.DataFrame(
        {"easting": [499750.0, 499750.0004, 499750.001, 499750.0], "northing": [1.0] * 4, "square_m": [1, 1, 1, 100]}
    )
    one, same, next_, square = place_ids(places).to_list()
    assert one == same
    assert len({one, next_, square}) == 3
    assert all(0 <= number < 2**60 for number in (one, next_, square))
