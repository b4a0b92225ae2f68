"""The gazetteer of OS Open Names: streets and places taken whole, sections joined to their roads, the rest left."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.cli.main import main
from pipelines.intake.refusal import Refusal
from pipelines.place.directories.gazetteer import COLUMNS
from pipelines.place.directories.names import FIELDS, NamesAdded, add_names

ROAD, SECTION = "Named Road", "Section Of Named Road"


def record(name: str, bounds: tuple[int, int, int, int], kind: str = ROAD, **given: Any) -> dict[str, Any]:
    """A record of OS Open Names of a thing within some bounds; its id is told by what it is unless given."""
    west, south, east, north = bounds
    theme = "transportNetwork" if kind in (ROAD, SECTION) else "populatedPlace"
    return {
        "id": f"{name}{bounds}{kind}",
        "name1": name,
        "type": theme,
        "local_type": kind,
        "geometry_x": (west + east) / 2,
        "geometry_y": (south + north) / 2,
        **dict(zip(("mbr_xmin", "mbr_ymin", "mbr_xmax", "mbr_ymax"), bounds, strict=True)),
        "postcode_district": "GU6",
        "populated_place": "Fernford",
        "district_borough": "Waverley",
        "county_unitary": "Surrey",
        **given,
    }


def tile(path: Path, records: list[dict[str, Any]], mark: str = "", *, header: bool = False) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS, restval="", lineterminator="\n")
    if header:
        writer.writerow({name: name.upper() for name in FIELDS})
    writer.writerows(records)
    path.write_text(mark + text.getvalue(), encoding="utf-8")
    return path


MILL = record("Mill Lane", (500_000, 130_000, 500_300, 130_100))
FERNFORD = record("Fernford", (499_000, 129_000, 501_500, 131_000), "Village", populated_place="")
POSTCODE = record("GU6 7AA", (0, 0, 0, 0), type="other", local_type="Postcode")


def loaded(folder: Path, records: list[dict[str, Any]]) -> tuple[NamesAdded, pl.DataFrame]:
    added = add_names([tile(folder / "TQ02.csv", records)], folder / "names.parquet", fewer=True)
    return added, pl.read_parquet(folder / "names.parquet")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["bare", "with a byte order mark"])
@pytest.mark.parametrize("header", [False, True], ids=["as tiles come", "with a header"])
def test_streets_and_places_are_taken_and_the_rest_is_left(tmp_path: Path, mark: str, header: bool) -> None:
    wood = record("Mill Copse", (0, 0, 9, 9), type="landcover", local_type="Woodland Or Forest")
    number = record("A281", (500_000, 130_000, 520_000, 150_000), local_type="Numbered Road")
    file = tile(
        tmp_path / "TQ02.csv", [MILL, FERNFORD, POSTCODE, POSTCODE | {"id": "p2"}, wood, number], mark, header=header
    )
    added = add_names([file], tmp_path / "names.parquet")
    left = {"Postcode": 2, "Numbered Road": 1, "Woodland Or Forest": 1}
    assert added == NamesAdded(streets=1, records=1, places=1, ambiguous=0, repeated=0, left=left)
    table = pl.read_parquet(tmp_path / "names.parquet")
    assert table.columns == list(COLUMNS)
    assert table.select("name", "local_type", "easting", "xmin", "ymax", "populated_place").rows() == [
        ("Fernford", "Village", 500_250.0, 499_000.0, 131_000.0, None),
        ("Mill Lane", ROAD, 500_150.0, 500_000.0, 130_100.0, "Fernford"),
    ]


def test_an_archive_is_read_with_its_header_aside(tmp_path: Path) -> None:
    header = tile(tmp_path / "header.csv", [], "\ufeff", header=True)
    tiles = {"SU82": [MILL], "TQ02": [FERNFORD]}
    with zipfile.ZipFile(tmp_path / "opname_csv_gb.zip", "w") as archive:
        archive.write(header, "Doc/OS_Open_Names_Header.csv")
        for name, records in tiles.items():
            archive.write(tile(tmp_path / "t.csv", records, "\ufeff"), f"Data/{name}.csv")
    added = add_names([tmp_path / "opname_csv_gb.zip"], tmp_path / "names.parquet")
    assert (added.streets, added.places) == (1, 1)


def streets(table: pl.DataFrame) -> int:
    return table["street"].n_unique()


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        (record("Mill Lane", (500_300, 130_100, 500_500, 130_200)), True),
        (record("Mill Lane", (500_301, 130_100, 500_500, 130_200)), False),
        (record("Mill Lane", (500_100, 130_050, 500_500, 130_200), populated_place="Bramhurst"), False),
        (record("Mill Lane", (500_100, 130_050, 500_500, 130_200), district_borough="Horsham"), False),
        (record("Mill Road", (500_100, 130_050, 500_500, 130_200)), False),
        # A section lies in its road, whatever settlement it runs through.
        (record("Mill Lane", (500_100, 130_000, 500_200, 130_050), SECTION, populated_place="Bramhurst"), True),
        (record("Mill Lane", (500_100, 130_000, 500_400, 130_050), SECTION, populated_place="Bramhurst"), False),
    ],
    ids=[
        "touching",
        "a metre off",
        "in another town",
        "in another district",
        "of another name",
        "section",
        "beyond it",
    ],
)
def test_what_is_one_street(tmp_path: Path, other: dict[str, Any], is_one: bool) -> None:
    added, table = loaded(tmp_path, [MILL, other])
    assert streets(table) == added.streets == (1 if is_one else 2)


def test_a_section_belongs_to_the_shortest_road_it_may_be_of(tmp_path: Path) -> None:
    long = record("Mill Lane", (490_000, 120_000, 510_000, 140_000), populated_place="")
    section = record("Mill Lane", (500_100, 130_000, 500_200, 130_050), SECTION, populated_place="Bramhurst")
    _, table = loaded(tmp_path, [long, MILL, section])
    of = dict(table.with_columns(pl.col("xmax") - pl.col("xmin")).select("xmax", "street").rows())
    assert of[100.0] == of[300.0] != of[20_000.0]


def test_the_number_of_names_that_are_ambiguous_in_a_district_is_told(tmp_path: Path) -> None:
    elsewhere = {"populated_place": "Bramhurst", "id": "other"}
    far = record("The Mill Lane", (510_000, 130_000, 510_300, 130_100), **elsewhere)
    added, _ = loaded(tmp_path, [MILL, far, record("High Street", (1, 1, 2, 2)), record("Way", (1, 1, 2, 2))])
    assert (added.streets, added.ambiguous) == (4, 1)
    added, _ = loaded(tmp_path, [MILL, far | {"district_borough": "Horsham"}])
    assert added.ambiguous == 0


def test_order_and_repetition_make_no_difference(tmp_path: Path) -> None:
    records = [MILL, FERNFORD, record("Mill Lane", (500_300, 130_100, 500_500, 130_200), SECTION)]
    added, table = loaded(tmp_path, records)
    content = (tmp_path / "names.parquet").read_bytes()
    again, _ = loaded(tmp_path, [*reversed(records), MILL])
    assert (tmp_path / "names.parquet").read_bytes() == content
    assert (added.repeated, again.repeated, table.height) == (0, 1, 3)


def spoilt(records: list[dict[str, Any]], **given: Any) -> list[dict[str, Any]]:
    return [*records, record("Bad Lane", (500_000, 130_000, 500_300, 130_100)) | given]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"geometry_x": "TQ"}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"geometry_y": ""}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"geometry_y": 1_300_001}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"mbr_xmin": "west"}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"mbr_xmin": 500_301}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"mbr_xmin": ""}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"name1": ""}, r'TQ02.csv:3: record "x" has no name, or no position'),
        ({"id": MILL["id"]}, "stands for two different records"),
    ],
)
def test_a_bad_record_refuses_the_tile(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message):
        loaded(tmp_path, spoilt([MILL, FERNFORD], **{"id": "x", **given}))
    assert not (tmp_path / "names.parquet").exists()


@pytest.mark.parametrize("cut", [3, 40, 100, 130])
def test_a_tile_cut_short_is_refused_with_its_line(tmp_path: Path, cut: int) -> None:
    text = tile(tmp_path / "TQ02.csv", [MILL, FERNFORD, MILL | {"id": "2"}]).read_text(encoding="utf-8")
    (tmp_path / "TQ02.csv").write_text(text[:-cut], encoding="utf-8")
    with pytest.raises(Refusal, match=r"TQ02.csv:3: "):
        add_names([tmp_path / "TQ02.csv"], tmp_path / "names.parquet")
    (tmp_path / "TQ02.csv").write_text(text[:-cut] + "\n", encoding="utf-8")
    if cut > 30:
        with pytest.raises(Refusal, match=r"TQ02.csv:3: a record with more or fewer fields"):
            add_names([tmp_path / "TQ02.csv"], tmp_path / "names.parquet")


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r"a.csv:1: 2 fields, where a record of OS Open Names has 34"):
        add_names([tmp_path / "a.csv"], tmp_path / "names.parquet")
    with pytest.raises(Refusal, match="no road or populated place"):
        loaded(tmp_path, [POSTCODE])


def test_far_fewer_than_in_place_are_taken_only_when_told(tmp_path: Path) -> None:
    loaded(tmp_path, [MILL, FERNFORD])
    few = tile(tmp_path / "few.csv", [MILL])
    with pytest.raises(Refusal, match="1 roads and places, where 2 are in place"):
        add_names([few], tmp_path / "names.parquet")
    assert pl.read_parquet(tmp_path / "names.parquet").height == 2


def test_the_command_says_what_it_took_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path / "home"))
    far = record("Mill Lane", (510_000, 130_000, 510_300, 130_100), populated_place="Bramhurst")
    file = str(tile(tmp_path / "TQ02.csv", [MILL, MILL, far, FERNFORD, POSTCODE]))

    def said(*more: str) -> str:
        monkeypatch.setattr("sys.argv", ["commongrid", "names", "add", file, *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    assert said().splitlines() == [
        "2 streets (2 records with their sections), 1 place",
        "  1 name of several streets in one district: only a town tells them apart",
        "  1 record given twice over, and taken once",
        "  left out: 1 record (1 Postcode)",
    ]
    told = json.loads(said("--json"))
    assert told["streets"] == 2
    assert told["left"] == {"Postcode": 1}
