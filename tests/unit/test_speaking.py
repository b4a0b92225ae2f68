"""Who speaks for an area that was merged, split or is yet to be: told from parents and exact lookups."""

from __future__ import annotations

from pipelines.build.speaking import Geography, area_suppliers, geography_of
from tests.unit.makers import shipped

WAVERLEY, GUILDFORD, ELMBRIDGE, COUNTY = "E07000216", "E07000209", "E07000207", "E10000030"
DISTRICTS = [("district", code, COUNTY) for code in (WAVERLEY, GUILDFORD, ELMBRIDGE)]
UNITARIES = [("unitary_2027", "WEST", COUNTY), ("unitary_2027", "EAST", None)]
MERGED = [("district", code, "unitary_2027", to) for code, to in (
    (WAVERLEY, "WEST"), (GUILDFORD, "WEST"), (ELMBRIDGE, "EAST"),
)]  # fmt: skip


def speaks(known: Geography, *codes: str) -> set[str]:
    """The areas for which a supplier speaks that names these codes."""
    return {code for (_set, code), reach in known.reach.items() if reach & set(codes)}


def test_the_suppliers_of_districts_speak_for_the_unitary_they_become_and_for_no_other_district() -> None:
    known = geography_of([*DISTRICTS, *UNITARIES], MERGED)
    assert speaks(known, GUILDFORD) == {GUILDFORD, "WEST"}
    assert speaks(known, ELMBRIDGE) == {ELMBRIDGE, "EAST"}
    assert speaks(known, COUNTY) == {WAVERLEY, GUILDFORD, ELMBRIDGE, "WEST", "EAST"}


def test_the_districts_need_not_be_a_loaded_set() -> None:
    known = geography_of(UNITARIES, MERGED)
    assert speaks(known, GUILDFORD) == {"WEST"}
    assert {GUILDFORD, WAVERLEY, ELMBRIDGE} <= known.codes


def test_the_supplier_of_a_unitary_speaks_for_the_districts_and_wards_that_were() -> None:
    wards = [("ward", "W1", GUILDFORD), ("ward", "W2", ELMBRIDGE)]
    known = geography_of([*wards, *DISTRICTS, *UNITARIES], MERGED)
    assert speaks(known, "WEST") == {"WEST", WAVERLEY, GUILDFORD, "W1"}


def test_exact_lookups_lead_on_from_one_to_the_next() -> None:
    steps = [("lsoa", "L1", "ward", "W1"), ("ward", "W1", "area", "A1")]
    known = geography_of([("lsoa", "L1", GUILDFORD), ("area", "A1", None)], steps)
    assert speaks(known, GUILDFORD) == {"L1", "A1"}


def test_wards_of_a_new_unitary_are_spoken_for_by_those_of_its_districts_where_nobody_else_does() -> None:
    wards = [("ward_2027", "X1", "WEST"), ("ward_2027", "X2", "EAST"), ("ward_2027", "X3", None)]
    specs = shipped()
    rows = area_suppliers(specs, geography_of([*wards, *DISTRICTS], MERGED))
    crime = {(row["area_code"], row["supplier"]) for row in rows if row["partner"] == "police_uk"}
    assert crime >= {("X1", "surrey"), ("X2", "surrey"), (GUILDFORD, "surrey")}
    assert not any(area == "X3" for area, _ in crime)


def test_without_lookups_an_area_is_its_own_and_its_parents() -> None:
    known = geography_of([("ward_2013", "A", GUILDFORD), ("ward_2025", "B", GUILDFORD), ("ward_2025", "C", None)], [])
    assert speaks(known, GUILDFORD) == {"A", "B"}
    assert speaks(known, "C") == {"C"}
