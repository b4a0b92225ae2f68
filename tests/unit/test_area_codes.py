"""Area codes taken for what they are, by a rule that looks at one row alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.place.boundaries.sets import area_schema, write_set
from pipelines.place.directories.area_history import CodeHistory
from pipelines.place.directories.area_registry import AreaRegistry
from pipelines.place.locate import locate
from pipelines.place.located import PLACE_COLUMNS, TOLD
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.area_codes import AreaCodes, Resolved, resolved
from pipelines.specs.locations import AreaCode, Coordinates

BEGAN = {"lsoa_2001": date(2001, 4, 1), "lsoa_2011": date(2011, 3, 27), "lsoa_2021": date(2021, 3, 21)}
# SAME is unchanged throughout; SPLIT ended in 2021, NEW began then.
HELD = {"lsoa_2001": ["SAME", "FIRST"], "lsoa_2011": ["SAME", "SPLIT"], "lsoa_2021": ["SAME", "NEW"]}
NAMED = ("lsoa_2011", "lsoa_2001", "lsoa_2021")


def areas_of(*sets: str) -> pl.DataFrame:
    rows = [(name, code, f"old {code} {name}", BEGAN[name], None) for name in sets for code in HELD[name]]
    columns = ("boundary_set", "area_code", "old_code", "valid_from", "valid_to")
    return pl.DataFrame(rows, schema={name: area_schema()[name] for name in columns}, orient="row")


def change(to: str, *, split: bool = False, merge: bool = True) -> dict[str, Any]:
    return {"to_code": to, "changed_on": date(2019, 4, 1), "changed_by": "Order", "is_split": split, "is_merge": merge}


def history(**codes: Any) -> CodeHistory:
    """Each code with the changes that followed it; None for one that is in force."""
    rows = [
        {
            "code": code, "name": f"Area {code}", "entity": "E07", "parent_code": None, "valid_from": date(2009, 1, 1),
            "valid_to": None if after is None else date(2019, 3, 31), "status": None, "old_code": None,
            "followed_by": after,
        }
        for code, after in codes.items()
    ]  # fmt: skip
    table = CodeHistory(None)
    for row in rows:
        table._rows[row["code"]].append(row)
    return table


PAST = history(
    MERGED=[change("SAME")],
    TWICE=[change("MERGED")],
    PARTED=[change("SAME", split=True, merge=False), change("NEW", split=True, merge=False)],
    DRAWN=[change("SAME", merge=False)],
    GONE=[],
    ELSEWHERE=None,
)
KNOWN = AreaCodes(areas_of(*NAMED), NAMED, PAST)


@pytest.mark.parametrize(
    ("code", "day", "name", "area"),
    [
        ("SAME", date(2022, 9, 1), "lsoa_2021", "SAME"),
        ("SAME", date(2021, 3, 20), "lsoa_2011", "SAME"),
        ("SAME", date(1999, 1, 1), "lsoa_2001", "SAME"),
        ("SAME", None, "lsoa_2021", "SAME"),
        ("SPLIT", date(2022, 9, 1), "lsoa_2011", "SPLIT"),
        ("NEW", date(2014, 5, 1), "lsoa_2021", "NEW"),
        (" NEW ", date(2022, 9, 1), "lsoa_2021", "NEW"),
    ],
)
def test_a_code_is_of_the_latest_set_in_force_that_holds_it(code: str, day: date | None, name: str, area: str) -> None:
    assert KNOWN.resolve(code, day) == Resolved(name, area)


def test_a_code_that_an_area_went_by_before_means_that_area() -> None:
    found = KNOWN.resolve("old SPLIT lsoa_2011", date(2014, 1, 1))
    assert (found.boundary_set, found.area_code, found.issue) == ("lsoa_2011", "SPLIT", "old_area_code")


def test_an_old_code_of_two_areas_is_neither() -> None:
    both = areas_of("lsoa_2011").with_columns(old_code=pl.lit("43UBFZ"))
    found = AreaCodes(both, ("lsoa_2011",), PAST).resolve("43UBFZ", None)
    assert (found.area_code, found.method) == (None, "historic_area_code")
    assert found.message == "43UBFZ is an old code of more than one area of lsoa_2011: SAME, SPLIT"


@pytest.mark.parametrize(
    ("code", "area", "method", "said"),
    [
        ("MERGED", "SAME", "area", "ended on 2019-03-31, followed by SAME; the whole of it went into SAME"),
        ("TWICE", "SAME", "area", "followed by MERGED (Area MERGED); the whole of it went into SAME"),
        ("PARTED", None, "historic_area_code", "PARTED (Area PARTED) ended on 2019-03-31, followed by SAME, NEW"),
        ("DRAWN", None, "historic_area_code", "followed by SAME"),
        ("GONE", None, "historic_area_code", "GONE (Area GONE) ended on 2019-03-31"),
        ("ELSEWHERE", None, "area_outside_sets", "ELSEWHERE (Area ELSEWHERE) is in force, and no area of lsoa_2011 or"),
        ("NOBODY", None, "unknown_area_code", "a code that neither lsoa_2011 nor lsoa_2001 nor lsoa_2021 nor the code"),
    ],
)
def test_a_code_that_no_set_holds_is_told_for_what_it_is(code: str, area: str | None, method: str, said: str) -> None:
    found = KNOWN.resolve(code, date(2022, 9, 1))
    assert (found.area_code, found.method) == (area, method)
    assert said in (found.message or "")
    assert "invalid" not in (found.message or "")


@pytest.mark.parametrize("code", ["", " ", None, "E99999999", "L99999999", "M99999999", "W99999999"])
def test_no_code_and_a_pseudo_code_are_no_location(code: str | None) -> None:
    assert KNOWN.resolve(code, None) == Resolved(method="no_location")


CODES = st.sampled_from([*PAST.codes, "SAME", "SPLIT", "NEW", "FIRST", "NOBODY", "", None, "old NEW lsoa_2021"])
DAYS = st.none() | st.integers(0, 10_000).map(lambda days: date(2000, 1, 1) + timedelta(days))


@given(st.lists(st.tuples(CODES, DAYS), max_size=15), st.randoms(use_true_random=False))
def test_a_row_is_taken_as_it_would_be_alone_and_always_to_a_code_of_the_set(pairs: list[Any], dice: Any) -> None:
    shuffled = dice.sample(range(len(pairs)), len(pairs))
    found = frame_of(pairs)
    again = frame_of([pairs[at] for at in shuffled])
    assert found.height == len(pairs)
    assert again.rows() == [found.row(at) for at in shuffled]
    for row in found.iter_rows(named=True):
        assert (row["method"] == "area") == (row["area_code"] is not None) == (row["boundary_set"] is not None)
        assert row["area_code"] is None or row["area_code"] in HELD[row["boundary_set"]]


def frame_of(pairs: list[Any]) -> pl.DataFrame:
    codes = pl.Series([code for code, _ in pairs], dtype=pl.String)
    return resolved(codes, pl.Series([day for _, day in pairs], dtype=pl.Date), KNOWN)


# --- in a home ----------------------------------------------------------------------------------------------------


@pytest.fixture
def boundaries(tmp_path: Path) -> Path:
    for name in NAMED:
        areas = areas_of(name)
        rest = [pl.lit(None, kind).alias(key) for key, kind in area_schema().items() if key not in areas.columns]
        write_set(tmp_path / "boundaries", name, areas.with_columns(rest).select(list(area_schema())))
    return tmp_path / "boundaries"


def test_an_area_code_gives_an_area_and_no_point_where_no_point_is_given(boundaries: Path) -> None:
    ways = (
        Coordinates(by="coordinates", x="x", y="y", crs="EPSG:27700"),
        AreaCode.model_validate({"by": "area", "column": "code", "boundary_set": ["lsoa_2011", "lsoa_2021"]}),
    )
    texts = {"x": ["499750", "", "", ""], "y": ["149650", "", "", "x"], "code": ["SPLIT", "SPLIT", "E99999999", "?"]}
    days = pl.Series([date(2022, 9, 1)] * 4)
    found = locate(pl.DataFrame(texts), ways, ReferenceData(None, boundaries), days)
    assert found.columns == [*PLACE_COLUMNS, *TOLD]
    assert found.select(PLACE_COLUMNS).rows() == [
        (499750.0, 149650.0, 1, "coordinates", 1.0, None, None),
        (None, None, None, "area", None, "lsoa_2011", "SPLIT"),
        (None, None, None, "no_location", None, None, None),
        (None, None, None, "unknown_area_code", None, None, None),
    ]


def test_reference_data_changes_with_the_codes_of_the_sets_named_alone(boundaries: Path) -> None:
    way = AreaCode(by="area", column="code", boundary_set=("lsoa_2011",))

    def digest() -> str:
        return ReferenceData(boundaries.parent / "reference", boundaries).digest(way.needs)

    before, stamp = digest(), ReferenceData(None, boundaries).stamp()
    other = pl.read_parquet(boundaries / "lsoa_2021" / "areas.parquet")
    write_set(boundaries, "lsoa_2021", other.head(1))
    areas = pl.read_parquet(boundaries / "lsoa_2011" / "areas.parquet")
    write_set(boundaries, "lsoa_2011", areas.with_columns(wkb=pl.lit(b"another outline")))
    assert digest() == before
    assert ReferenceData(None, boundaries).stamp() != stamp
    write_set(boundaries, "lsoa_2011", areas.with_columns(old_code=pl.lit(None, pl.String)))
    assert digest() != before


def test_the_registry_lists_each_code_of_each_set_once(boundaries: Path) -> None:
    registry = AreaRegistry(boundaries, boundaries / "none.parquet", boundaries / "none")
    registry.history = PAST
    table = registry.table(date(2020, 1, 1))
    assert table.select("area_code", "boundary_set").is_duplicated().sum() == 0
    status = dict(table.filter(pl.col("boundary_set") == "lsoa_2021").select("area_code", "status").rows())
    assert status == {"SAME": "pending", "NEW": "pending"}
    told = registry.tell("PARTED", date(2020, 1, 1))
    assert told is not None
    assert (told["status"], [item["area_code"] for item in told["followed_by"]]) == ("historic", ["SAME", "NEW"])
    before = registry.tell("PARTED", date(2019, 3, 31))
    assert before is not None
    assert before["status"] == "live"
