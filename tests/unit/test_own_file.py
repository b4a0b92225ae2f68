"""An analyst's own CSV file: given back whole, with places and areas, and nothing of it kept."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.sets import area_schema, write_set
from pipelines.place.own_file import ADDED, LocatedFile, locate_file
from pipelines.place.reference import ReferenceData
from pipelines.specs.locations import Coordinates, GridReference, Location, Postcode
from tests.unit.makers import NO_REFERENCE, ROOT

ON_GRID = Coordinates(by="coordinates", x="E", y="N", crs="EPSG:27700")
REFERENCE = GridReference(by="grid_reference", column="ref")
POSTCODE = Postcode(by="postcode", column="pc")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wards(home: Path) -> Path:
    """Two sets: halves that meet at easting 500,000, and a whole."""
    west, east = box(499_000, 149_000, 500_000, 150_000), box(500_000, 149_000, 501_000, 150_000)
    for name, areas in {"ward": {"W": west, "E": east}, "county": {"C": west.union(east)}}.items():
        rows = [
            {"boundary_set": name, "area_code": code, "has_cover": True, "wkb": shapely.to_wkb(shape)}
            for code, shape in areas.items()
        ]
        write_set(home / "boundaries", name, pl.DataFrame(rows, schema=area_schema()))
    return home / "boundaries"


def located(
    folder: Path,
    text: str,
    *ways: Location,
    sets: tuple[str, ...] = ("ward", "county"),
    reference: ReferenceData = NO_REFERENCE,
) -> tuple[LocatedFile, list[dict[str, str]]]:
    path, out = folder / "in.csv", folder / "out.csv"
    path.write_text(text, encoding="utf-8", newline="")
    done = locate_file(path, out, ways, reference, wards(folder), list(sets))
    return done, rows_of(out)


def test_every_row_comes_back_in_order_with_its_place_and_areas(tmp_path: Path) -> None:
    cells = ['499500,149500,"a, ""b"""', ",,", "500000,149500,edge", "499500,149500, twice ", "400000,300000,far"]
    text = "\n".join(["E,N,note", *cells, "x,1,bad", ""])
    done, rows = located(tmp_path, text, ON_GRID)
    assert [list(row.values()) for row in rows] == [
        ["499500", "149500", 'a, "b"', "499500.0", "149500.0", "1", "coordinates", "1.0", "W", "C"],
        ["", "", "", "", "", "", "no_location", "", "unplaced", "unplaced"],
        ["500000", "149500", "edge", "500000.0", "149500.0", "1", "coordinates", "1.0", "E", "C"],
        ["499500", "149500", " twice ", "499500.0", "149500.0", "1", "coordinates", "1.0", "W", "C"],
        ["400000", "300000", "far", "400000.0", "300000.0", "1", "coordinates", "1.0", "outside", "outside"],
        ["x", "1", "bad", "", "", "", "bad_location", "", "unplaced", "unplaced"],
    ]
    assert list(rows[0]) == ["E", "N", "note", *ADDED, "ward", "county"]
    assert done == LocatedFile(
        6, 4, {"coordinates": 4, "no_location": 1, "bad_location": 1}, {"ward": 3, "county": 3}, {}
    )


def test_the_first_way_that_finds_a_place_is_taken(tmp_path: Path) -> None:
    reference = ReferenceData(None)
    reference.postcodes = pl.DataFrame({"postcode": ["GU14DY"], "easting": [500_700.0], "northing": [149_400.0]})
    text = "E,N,ref,pc\n499500,149500,SU 997 496,GU1 4DY\n,,su997496,GU1 4DY\n,,,gu14dy\n,,ZZ 1 1,GU9 9ZZ\n"
    done, rows = located(tmp_path, text, ON_GRID, REFERENCE, POSTCODE, reference=reference)
    assert [(row["easting"], row["square_m"], row["place_method"], row["ward"]) for row in rows] == [
        ("499500.0", "1", "coordinates", "W"),
        ("499750.0", "100", "grid_reference", "W"),
        ("500700.0", "100", "postcode", "E"),
        ("", "", "unknown_postcode", "unplaced"),
    ]
    assert done.placed == 3


def test_a_column_of_the_files_own_keeps_its_name_and_what_it_says(tmp_path: Path) -> None:
    way = Coordinates(by="coordinates", x="easting", y="northing", crs="EPSG:27700")
    done, rows = located(tmp_path, "easting,northing,ward\n 499500 ,149500,mine\n", way)
    assert rows[0]["easting"] == " 499500 "
    assert rows[0]["located_easting"] == "499500.0"
    assert (rows[0]["ward"], rows[0]["located_ward"]) == ("mine", "W")
    assert set(done.renamed) == {"easting", "northing", "ward"}


def test_a_file_without_rows_and_no_sets(tmp_path: Path) -> None:
    done, rows = located(tmp_path, "E,N\n", ON_GRID, sets=())
    assert (done.rows, done.placed, done.methods, rows) == (0, 0, {}, [])
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == ",".join(["E", "N", *ADDED]) + "\n"
    assert located(tmp_path, "E,N\n", ON_GRID)[0].areas == {"ward": 0, "county": 0}


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@given(cells=st.lists(st.tuples(st.integers(498_000, 502_000), CELL), min_size=1, max_size=20))
def test_no_cell_of_the_file_is_changed(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[int, str]]) -> None:
    folder = tmp_path_factory.mktemp("own")
    path = folder / "made.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["E", "N", "note"], *([east, 149_500, note] for east, note in cells)])
    _, rows = located(folder, path.read_text(encoding="utf-8"), ON_GRID)
    assert [(int(row["E"]), row["note"]) for row in rows] == cells
    assert [row["ward"] for row in rows] == [
        "outside" if not 499_000 <= east <= 501_000 else "W" if east < 500_000 else "E" for east, _ in cells
    ]


@pytest.mark.parametrize(
    ("text", "ways", "sets", "words"),
    [
        ("E,Nn\n", (ON_GRID,), (), 'in.csv:1: no column "N" (did you mean "Nn"?)'),
        ("E,N,N\n", (ON_GRID,), (), 'in.csv:1: two columns are called "N"'),
        ("E,N\n1,2\n1,2,3\n", (ON_GRID,), (), "in.csv:3: a record with more or fewer fields"),
        ("", (ON_GRID,), (), "in.csv: holds no records"),
        ("E,N\n", (ON_GRID,), ("wards",), 'no boundary set "wards" (did you mean "ward"?); there are county, ward'),
        ("pc\n", (POSTCODE,), (), "no postcode directory is loaded: commongrid postcodes add"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_written(
    tmp_path: Path, text: str, ways: tuple[Location, ...], sets: tuple[str, ...], words: str
) -> None:
    with pytest.raises(Refusal) as caught:
        located(tmp_path, text, *ways, sets=sets)
    assert words in str(caught.value)
    assert not (tmp_path / "out.csv").exists()


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"E,N\n" + b"1,2\n" * 9_000 + b"3,\xe9\n")
    with pytest.raises(Refusal, match=r"in\.csv:9002: text that is not UTF-8"):
        locate_file(path, tmp_path / "out.csv", (ON_GRID,), NO_REFERENCE, wards(tmp_path), [])


# --- the command ----------------------------------------------------------------------------------------------------

Locate = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Locate:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "COMMONGRID_HOME": str(tmp_path / "home"), "COLUMNS": "200"}
        done = [sys.executable, "-m", "pipelines.cli.main", "locate", *arguments]
        ended = subprocess.run(done, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        assert "Traceback" not in ended.stdout + ended.stderr
        return ended

    return call


def test_the_command_tells_what_came_of_it_and_stores_nothing(tmp_path: Path, command: Locate) -> None:
    wards(tmp_path / "home")
    before = sorted((tmp_path / "home").rglob("*"))
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("E,N\n499500,149500\n400000,300000\n,\n", encoding="utf-8")
    ended = command(str(path), str(out), "--easting", "E", "--northing", "N", "--set", "ward", "--set", "county")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        "3 rows: 2 placed, 1 not",
        "  coordinates                   2",
        "  no_location                   1",
        "ward: 1 in an area, 1 outside",
        "county: 1 in an area, 1 outside",
        f"written to {out}",
    ]
    assert [row["ward"] for row in rows_of(out)] == ["W", "outside", "unplaced"]
    assert sorted((tmp_path / "home").rglob("*")) == before
    again = command(str(path), str(out), "--easting", "E", "--northing", "N")
    assert again.returncode == 2
    assert "is there already" in again.stderr
    told = command(str(path), str(tmp_path / "other.csv"), "--easting", "E", "--northing", "N", "--json")
    assert json.loads(told.stdout)["methods"] == {"coordinates": 2, "no_location": 1}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "say which columns hold the location"),
        (["--easting", "E"], "--easting and --northing go together: --northing is missing"),
        (["--lat", "E"], "--lon and --lat go together: --lon is missing"),
    ],
)
def test_columns_that_make_no_way_are_bad_usage(
    tmp_path: Path, command: Locate, options: list[str], words: str
) -> None:
    ended = command(str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), *options)
    assert ended.returncode == 2
    assert words in ended.stderr
