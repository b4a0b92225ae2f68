"""One delivery made typed, coded and placed: every row has one end and a reason, what names a person none."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.harmonise.delivery import OUTCOMES, Harmonised, harmonise
from pipelines.harmonise.returns import returns_of
from pipelines.intake.claims import Claim, Declared
from pipelines.intake.refusal import Refusal
from pipelines.place.located import TOLD, UNPLACED
from pipelines.place.reference import ReferenceData
from pipelines.protect.minimise import trial_guard
from pipelines.read.delivery import read_delivery
from pipelines.read.records import ROW, Records
from pipelines.specs.feeds import Expect, PeriodPlace, Range
from pipelines.specs.locations import Coordinates, Street
from tests.unit.makers import (
    DELIVERED,
    GUILDFORD,
    NO_REFERENCE,
    STREET_FILE,
    claimed,
    harmonised,
    lenient,
    shipped,
    street,
    street_file,
)
from tests.unit.test_streets import REFERENCE

MAY = date(2014, 5, 1)
NORTHMARK_FILE = "2024-09-04/AV_0824.csv"
NORTHMARK_HEADER = "Ref No,Date reported,Type,Keeper,Reg mark,Easting,Northing,Make,Officer notes"


def of_rows(
    *rows: list[str], claim: Claim | None = None, reference: ReferenceData = NO_REFERENCE
) -> tuple[Records, Harmonised]:
    return harmonised(street_file(rows), claim or lenient(claimed(STREET_FILE)), reference=reference)


def aside(result: Harmonised, *columns: str) -> list[tuple[object, ...]]:
    return result.set_aside.select(columns).rows()


# --- every row has exactly one end ----------------------------------------------------------------------------------

ids = st.sampled_from(["", "", "c1", "c2", "c3"])
kinds = st.sampled_from(["Burglary", "Drugs", "Anti-social behaviour", "Nuisance", ""])
months = st.sampled_from(["2014-05", "2014-05", "2014-05", "2014-06", "May 2014", ""])
points = st.sampled_from([GUILDFORD, ("", ""), ("x", "y"), ("-5.93", "54.597")])
outcomes = st.sampled_from(["", "Charged", "Local resolution", "Let off"])
sound_or_not = st.builds(
    lambda crime, kind, month, at, outcome: street(crime, kind, month=month, at=at, outcome=outcome),
    ids,
    kinds,
    months,
    points,
    outcomes,
)
torn = st.sampled_from([["one", "two"], ['"torn'], [""], ['te"xt', "x"]])


@settings(max_examples=60)
@given(st.lists(st.one_of(sound_or_not, sound_or_not, torn), max_size=15))
def test_every_row_has_exactly_one_end(rows: list[list[str]]) -> None:
    records, result = of_rows(*rows)
    assert set(result.account) == {*OUTCOMES, "made"}
    assert result.account["made"] == sum(result.account[name] for name in OUTCOMES) == records.frame.height
    # Each line of the file stands in one place: loaded, set aside under one outcome, or blank.
    ends = dict.fromkeys(result.rows["_row"].to_list(), "loaded")
    assert len(ends) == result.rows.height == result.account["loaded"]
    for line, outcome in set(aside(result, ROW, "outcome")):
        assert ends.setdefault(int(str(line)), str(outcome)) == outcome
    blank = {number for number, row in enumerate(rows, start=2) if row == [""]}
    assert ends.keys() | blank == set(range(2, len(rows) + 2))
    assert not ends.keys() & blank
    # Every row set aside has a reason of a known kind, and what it counts adds up.
    reasons = Counter(issue for _, issue in set(aside(result, ROW, "issue_type")))
    unplaced = {
        UNPLACED[method]: count
        for method, count in result.rows["place_method"].value_counts().iter_rows()
        if method in UNPLACED
    }
    assert result.issues == Counter({**reasons, **unplaced})
    assert set(result.examples) == set(result.issues)
    assert None not in reasons
    # What was loaded is what the line says.
    names = dict(result.rows.select("_row", "source_category").iter_rows())
    assert all(rows[line - 2][9] == name for line, name in names.items())
    assert result.rows["record_id"].is_unique().all()
    assert result.rows["period_start"].to_list() == [MAY] * result.rows.height


@given(st.lists(sound_or_not, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_rows_with_ids_of_their_own_does_not_matter(rows: list[list[str]], random: object) -> None:
    unique = list({(row[0], row[9]): row for row in rows if row[0]}.values())
    shuffled = unique.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (of_rows(*order)[1].rows.drop("_row").sort("record_id") for order in (unique, shuffled))
    assert one.equals(other)


# --- what a loaded row is -------------------------------------------------------------------------------------------


def test_a_row_becomes_a_record() -> None:
    _, result = of_rows(street("c1", "Drugs", outcome="Local resolution"))
    (row,) = result.rows.rows(named=True)
    place = {name: row.pop(name) for name in ("easting", "northing", "place_id", "record_id")}
    assert row == {
        "partner": "police_uk",
        "supplier": "surrey",
        "unit_counted": "recorded_crime",
        "period_type": "month",
        "period_start": MAY,
        "source_id": "c1",
        "occurred_from": datetime(2014, 5, 1),
        "occurred_to": datetime(2014, 5, 31, 23, 59, 59),
        "category_code": "drugs",
        "outcome_code": "local_resolution",
        "source_category": "Drugs",
        "square_m": 1,
        "place_method": "coordinates",
        "place_confidence": 1.0,
        "stated_set": None,
        "stated_area": None,
        "_spec_version": "2010-12-01",
        "_row": 2,
        "_part": 1,
    }
    assert 499_000 < place["easting"] < 500_000
    assert 149_000 < place["northing"] < 150_000


def test_a_row_nobody_can_place_is_loaded_and_says_why() -> None:
    _, result = of_rows(
        street("c1", at=("", "")),
        street("c2", at=("here", "there")),
        street("c3", at=("-5.93", "54.597")),
        street("c4"),
    )
    assert result.account["loaded"] == 4
    assert result.rows.select("place_method", "easting", "place_id").rows()[:3] == [
        ("no_location", None, None),
        ("bad_location", None, None),
        ("outside_cover", None, None),
    ]
    assert dict(result.issues) == {"no_location": 1, "bad_location": 1, "outside_cover": 1}
    assert result.examples["bad_location"] == f"{STREET_FILE}:3: Longitude"


def test_an_issue_says_what_was_made_of_a_street() -> None:
    claim = lenient(claimed(STREET_FILE))
    ways = (*claim.version.location, Street(by="street", column="Location", in_district="Waverley"))
    ignored = tuple(name for name in claim.version.ignore if name != "Location")
    claim = replace(claim, version=claim.version.model_copy(update={"location": ways, "ignore": ignored}))
    texts = ("Woodbrige Rd", "On or near High St", "Old Rd")
    named = [[*street(f"c{number}", at=("", ""))[:6], text] for number, text in enumerate(texts)]
    named = [row + street()[7:] for row in named]
    _, result = of_rows(*named, street("c9"), claim=claim, reference=REFERENCE)
    assert result.rows["place_method"].to_list() == ["street", "ambiguous_street", "unknown_street", "coordinates"]
    assert dict(result.issues) == {"street_respelt": 1, "ambiguous_street": 1, "unknown_street": 1}
    assert result.examples["street_respelt"] == f"{STREET_FILE}:2: Location: read as Woodbridge Road"
    assert result.examples["ambiguous_street"].startswith(f"{STREET_FILE}:3: Location: 2 streets of this name")
    assert not {*TOLD} & {*result.rows.columns}


def test_a_feed_that_says_no_location_has_rows_without_places() -> None:
    claim = lenient(claimed(STREET_FILE))
    nowhere = claim.version.model_copy(
        update={"location": (), "ignore": (*claim.version.ignore, "Longitude", "Latitude")}
    )
    _, result = of_rows(street("c1"), street("c2"), claim=replace(claim, version=nowhere))
    assert result.rows["place_method"].to_list() == ["no_location", "no_location"]


def test_a_header_alone_is_a_nil_return() -> None:
    claim = lenient(claimed(STREET_FILE))
    _, result = of_rows(claim=claim)
    assert result.account == {"made": 0, "loaded": 0, "ignored": 0, "duplicate": 0, "quarantined": 0, "erased": 0}
    (nil,) = returns_of(result, claim, shipped())
    assert (nil["period_start"], nil["rows_received"], nil["rows_loaded"], nil["months"], nil["categories"]) == (
        MAY,
        0,
        0,
        {},
        {},
    )


def test_a_return_counts_its_rows_months_and_categories() -> None:
    claim = lenient(claimed(STREET_FILE))
    records, result = of_rows(
        street("c1"), street("c2"), street("c3", "Drugs"), street("c4", "Sin"), ["torn"], claim=claim
    )
    result.stated_rows = 5
    (one,) = returns_of(result, claim, shipped())
    assert one == {
        "supplier": "surrey",
        "period_start": MAY,
        "period_type": "month",
        "rows_received": 5,
        "rows_loaded": 3,
        "rows_ignored": 0,
        "rows_duplicate": 0,
        "rows_quarantined": 2,
        "rows_erased": 0,
        "months": {"2014-05-01": 3},
        "stated_rows": 5,
        "categories": {"burglary": 2, "drugs": 1},
    }
    assert len(records.unread) == 1


def test_rows_of_all_categories_together_are_counted_in_none() -> None:
    claim = lenient(claimed(STREET_FILE))
    _, result = of_rows(street("c1"), street("c2", "Drugs"), street("c3", "Drugs"), claim=claim)
    of_all = pl.when(pl.col(ROW) == result.rows[ROW].max()).then(None).otherwise("category_code")
    result.rows = result.rows.with_columns(category_code=of_all)
    (one,) = returns_of(result, claim, shipped())
    assert one["categories"] == {"burglary": 1, "drugs": 1}
    assert one["rows_loaded"] == 3


def test_a_delivery_of_several_periods_is_as_many_returns() -> None:
    claim = lenient(claimed("may.csv", Declared(feed="police_uk/crime", period=MAY)))
    by_column = claim.version.model_copy(update={"period": PeriodPlace(column="Month", date="%Y-%m")})
    claim = replace(claim, version=by_column, facts=replace(claim.facts, period=None, supplier="surrey"))
    rows = [street("c1"), street("c2", month="2014-06"), street("c3", month="2014-06"), street("c4", month="soon")]
    _, result = of_rows(*rows, claim=claim)
    result.stated_rows = 4  # of the file, and so of neither return
    returns = returns_of(result, claim, shipped())
    assert [(item["period_start"], item["rows_loaded"], item["stated_rows"]) for item in returns] == [
        (MAY, 1, None),
        (date(2014, 6, 1), 2, None),
    ]
    assert set(aside(result, ROW, "outcome")) == {(5, "quarantined")}


# --- rows set aside -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "issue", "column", "value"),
    [
        (street("c1", "Sin"), "unmapped_code", "Crime type", "Sin"),
        (street("c1", "burglary"), "unmapped_code", "Crime type", "burglary"),  # a code is spelt as the map spells it
        (street("c1", outcome="Let off"), "unmapped_code", "Last outcome category", "Let off"),
        (street("c1", ""), "missing_value", "Crime type", None),
        (street("c1", month=""), "missing_value", "Month", None),
        (street("c1", month="May 2014"), "bad_value", "Month", "May 2014"),
        (street("c1", month="2014-06"), "wrong_period", "Month", "2014-06"),
    ],
)
def test_a_row_with_a_fault_is_quarantined_with_its_place(
    row: list[str], issue: str, column: str, value: str | None
) -> None:
    _, result = of_rows(street("c0"), row)
    assert result.account == {"made": 2, "loaded": 1, "ignored": 0, "duplicate": 0, "quarantined": 1, "erased": 0}
    assert aside(result, ROW, "outcome", "issue_type", "column", "value") == [(3, "quarantined", issue, column, value)]
    shown = f' "{value}"' if value else ""
    assert result.examples[issue].startswith(f"{STREET_FILE}:3: {column}:{shown} ")


def test_a_row_of_two_faults_tells_both_and_is_one_row() -> None:
    _, result = of_rows(street("c1", "Sin", month="2014-06"))
    assert aside(result, ROW, "issue_type") == [(2, "unmapped_code"), (2, "wrong_period")]
    assert (result.account["quarantined"], result.account["made"]) == (1, 1)


def test_the_same_record_again_is_told_from_another_of_its_key() -> None:
    first, again, other = street("c1"), street("c1"), street("c1", outcome="Local resolution")
    _, result = of_rows(first, again, other, street("c1", "Drugs"))
    assert aside(result, ROW, "outcome", "issue_type") == [
        (3, "duplicate", "repeated_record"),
        (4, "duplicate", "conflicting_record"),
    ]
    assert result.rows["_row"].to_list() == [2, 5]  # one crime of two kinds is two records: the key is both


def test_identical_rows_without_an_id_are_different_records() -> None:
    _, result = of_rows(*[street("", "Anti-social behaviour")] * 4)
    assert result.account["loaded"] == 4
    assert result.rows["record_id"].n_unique() == 4


def test_a_faulty_row_does_not_take_the_place_of_a_sound_one_of_its_key() -> None:
    _, result = of_rows(street("c1", month="2014-06"), street("c1"))
    assert result.rows["_row"].to_list() == [3]
    assert aside(result, ROW, "issue_type") == [(2, "wrong_period")]


def test_the_text_of_a_row_set_aside_is_kept_for_replay() -> None:
    _, result = of_rows(street("c1", "Sin"), ['to"rn', "2"])
    (quarantined, unread) = aside(result, "record")
    assert '"Crime ID":"c1"' in str(quarantined[0])
    assert unread == ('{"text": "to\\"rn,2"}',)


# --- the delivery as a whole ----------------------------------------------------------------------------------------


def with_expect(**expect: object) -> Claim:
    claim = claimed(STREET_FILE)
    return replace(claim, version=claim.version.model_copy(update={"expect": Expect.model_validate(expect)}))


def test_too_many_quarantined_refuses_the_file_with_the_first_place() -> None:
    claim = with_expect(quarantined_share=0.4)
    rows = [street("c0"), street("c1", "Sin"), street("c2", "Vice"), ["torn"]]
    with pytest.raises(Refusal) as error:
        of_rows(*rows, claim=claim)
    assert error.value.issue_type == "too_many_quarantined"
    assert str(error.value).startswith(
        f"{STREET_FILE}: 3 of 4 rows cannot be used (at most 40% may); mostly unmapped_code, first at "
    )
    assert f'{STREET_FILE}:3: Crime type: "Sin"' in str(error.value)
    assert of_rows(*rows[:2], street("c3"), claim=claim)[1].account["quarantined"] == 1


def test_a_share_at_the_limit_is_taken() -> None:
    assert (
        of_rows(street("c0"), street("c1", "Sin"), claim=with_expect(quarantined_share=0.5))[1].account["loaded"] == 1
    )


@pytest.mark.parametrize(("count", "refused"), [(1, True), (2, False), (3, False), (4, True)])
def test_a_number_of_rows_out_of_bounds_refuses_the_file(count: int, refused: bool) -> None:
    claim = with_expect(rows=Range(min=2, max=3).model_dump())
    rows = [street(f"c{number}") for number in range(count)]
    if not refused:
        assert of_rows(*rows, claim=claim)[1].account["loaded"] == count
        return
    with pytest.raises(Refusal, match=f"{count} rows, where police_uk/crime expects 2 to 3; ask the partner") as error:
        of_rows(*rows, claim=claim)
    assert error.value.issue_type == "row_count_unexpected"


@pytest.mark.filterwarnings("ignore:Best transformation is not available")
def test_a_crs_that_can_only_be_approximated_refuses_the_file() -> None:
    claim = lenient(claimed(STREET_FILE))
    way = Coordinates(by="coordinates", x="Longitude", y="Latitude", crs="EPSG:4277")
    claim = replace(claim, version=claim.version.model_copy(update={"location": (way,)}))
    with pytest.raises(Refusal, match="only an approximate transformation from EPSG:4277 is at hand"):
        of_rows(street("c1"), claim=claim)


# --- direct identifiers ---------------------------------------------------------------------------------------------

KEEPER, MARK = "Zebedee Quux", "ZQ51 UUX"


@pytest.mark.parametrize(
    "row",
    [
        f"R1,05/08/2024,CAR,{KEEPER},{MARK},390000,310000,Ford,seen by {KEEPER}",
        f"R1,05/08/2024,SPACESHIP,{KEEPER},{MARK},390000,310000,Ford,x",
        f"R1,soon,CAR,{KEEPER},{MARK},390000,310000,Ford,x",
        f"R1,05/08/2024,BIKE,{KEEPER},{MARK},390000,310000,Ford,x",
        f'R1,05/08/2024,CAR,{KEEPER},"{MARK}"x,390000,310000,Ford,x',
        f"R1,05/08/2024,CAR,{KEEPER},,{MARK},390000,310000,Ford,x",
        f"R1,05/08/2024,CAR,{KEEPER},{MARK},390000,310000,Ford,x\n" * 2,
    ],
    ids=["loaded", "unmapped", "bad date", "ignored", "torn", "shifted", "repeated"],
)
def test_direct_identifiers_are_nowhere(row: str) -> None:
    claim = lenient(claimed(NORTHMARK_FILE))
    content = f"{NORTHMARK_HEADER}\n{row}".encode("cp1252")
    guard = trial_guard(claim.feed, claim.version, shipped(), claim.facts.period)
    records = read_delivery(io.BytesIO(content), claim, shipped().datasets["abandoned_vehicle"], guard)
    result = harmonise(records, claim, shipped(), "northmark", NO_REFERENCE, DELIVERED)
    kept = [
        records.frame.write_json(),
        result.rows.write_json(),
        result.set_aside.write_json(),
        str(result.examples),
        str(records.unread),
    ]
    assert not [text for text in kept for secret in (KEEPER, "Quux", MARK, "UUX") if secret in text]
    assert {"Keeper", "Reg mark", "Make", "Officer notes", "keeper_name", "registration_mark"}.isdisjoint(
        [*records.frame.columns, *result.rows.columns]
    )
    assert result.rows.height + result.set_aside.height > 0


def test_what_a_partner_ignores_on_purpose_is_counted_and_not_loaded() -> None:
    rows = ["R1,05/08/2024,BIKE,,,390000,310000,,", "R2,05/08/2024,CAR,,,390000,310000,,", "R3,never,BIKE,,,,,,"]
    _, result = harmonised("\n".join([NORTHMARK_HEADER, *rows]).encode(), lenient(claimed(NORTHMARK_FILE)))
    assert result.account == {"made": 3, "loaded": 1, "ignored": 2, "duplicate": 0, "quarantined": 0, "erased": 0}
    assert aside(result, ROW, "outcome", "issue_type") == [
        (2, "ignored", "ignored_code"),
        (4, "ignored", "ignored_code"),
    ]


def test_a_column_of_the_set_aside_is_text_whatever_is_in_it() -> None:
    _, result = of_rows(street("c1"))
    assert result.set_aside.schema == {
        ROW: pl.UInt32,
        "_part": pl.UInt16,
        "supplier": pl.String,
        "period_start": pl.Date,
        **dict.fromkeys(("outcome", "issue_type", "column", "value", "message", "record"), pl.String),
        "first_byte": pl.Int64,
        "after_byte": pl.Int64,
    }
