"""Postcode directories: each publisher's layout is known and read whole, or nothing is taken and the line is named."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.postcode_directory import DIRECTORY_COLUMNS, AddedPostcodes, add_postcodes
from pipelines.place.directories.postcode_layouts import Named
from pipelines.place.ways.postcodes import directory_schema, read_postcodes

ONS_OLD = "pcd,pcd2,pcds,dointr,doterm,oscty,oseast1m,osnrth1m,osgrdind,lat,long,imd"
ONS_NEW = "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,lat,long,imd20ind"
ONS_ROWS = (
    "GU1 4DY,GU1  4DY,GU1 4DY,198001,,E10,499700,149400,1,51.2,-0.5,1\n"
    "GU1 4AA,GU1  4AA,GU1 4AA,199506,201503,E10,499800,149500,3,51.2,-0.5,1\n"
    "GU1 4BX,GU1  4BX,GU1 4BX,199506,,E10,499750,149450,6,51.2,-0.5,1\n"
    "GU1 4ZZ,GU1  4ZZ,GU1 4ZZ,200001,,E10,,,9,99.999999,0.000000,\n"
    "GU1 4ZY,GU1  4ZY,GU1 4ZY,200001,,E10,999999,0,9,99.999999,0.000000,\n"
    "BT1 1AA,BT1  1AA,BT1 1AA,198001,,N99,333800,374600,1,54.6,-5.9,\n"
)
SMALL_USER = (
    '"G13 3AE","G13","G13 3",1/8/1973 00:00:00,,"252241","668669",55.88,-4.36,"N","S12"\n'
    '"PA31 8UAB","PA31","PA31 8",7/7/2004 00:00:00,,"179709","708103",56.21,-5.55,"Y","S12"\n'
    '"PA31 8UAA","PA31","PA31 8",7/7/2004 00:00:00,,"179562","707515",56.20,-5.55,"Y","S12"\n'
)
LARGE_USER = (
    '"G71 5PQ","G71","G71 5",12/7/1996 00:00:00,29/11/2000 00:00:00,"NO LINKP","271014","661785",55.8,-4.0,"N","S12"\n'
)
CODE_POINT = (
    '"GU1 4DY",10,499700,149400,"E92000001","E19000002","E18000009","","E07000209","E05007292"\n'
    '"GU1 4ZZ",90,0,0,"E92000001","","","","E07000209",""\n'
)


def written(folder: Path, text: str, name: str = "directory.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def added(folder: Path, *texts: str, named: Named | None = None, **options: Any) -> tuple[AddedPostcodes, pl.DataFrame]:
    files = [written(folder, text, f"{index}.csv") for index, text in enumerate(texts)]
    outcome = add_postcodes(files, folder / "postcodes.parquet", named, **options)
    return outcome, read_postcodes(folder / "postcodes.parquet")


def refused(folder: Path, *texts: str, named: Named | None = None) -> str:
    with pytest.raises(Refusal) as told:
        added(folder, *texts, named=named)
    assert not (folder / "postcodes.parquet").exists()
    return str(told.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("header", [ONS_OLD, ONS_NEW, ONS_NEW.upper(), "\ufeff" + ONS_OLD])
def test_the_directory_of_ons_by_its_old_and_its_new_headings(tmp_path: Path, header: str) -> None:
    outcome, table = added(tmp_path, f"{header}\n{ONS_ROWS}")
    assert table.columns == list(DIRECTORY_COLUMNS) == list(directory_schema())
    assert table.drop("source").rows() == [
        ("BT11AA", None, None, date(1980, 1, 1), None, 1, 100, True),
        ("GU14AA", 499800.0, 149500.0, date(1995, 6, 1), date(2015, 3, 1), 3, 200, False),
        ("GU14BX", 499750.0, 149450.0, date(1995, 6, 1), None, 6, 1000, False),
        ("GU14DY", 499700.0, 149400.0, date(1980, 1, 1), None, 1, 100, False),
        ("GU14ZY", None, None, date(2000, 1, 1), None, 9, 100, False),
        ("GU14ZZ", None, None, date(2000, 1, 1), None, 9, 100, False),
    ]
    assert (outcome.postcodes, outcome.lives, outcome.terminated, outcome.reused) == (6, 6, 1, 0)
    assert (outcome.without_position, outcome.outside_cover) == (2, 1)
    assert (outcome.first_introduced, outcome.last_change) == (date(1980, 1, 1), date(2015, 3, 1))
    assert outcome.layouts == ("ons",)
    assert outcome.lines()[0] == "6 postcodes (ons), introduced from 1980-01, last change 2015-03"


def test_the_scottish_directory_without_a_header(tmp_path: Path) -> None:
    outcome, table = added(tmp_path, SMALL_USER, LARGE_USER)
    # A split postcode stands where its first part does.
    assert table.select("postcode", "easting", "introduced", "terminated").rows() == [
        ("G133AE", 252241.0, date(1973, 8, 1), None),
        ("G715PQ", 271014.0, date(1996, 7, 1), date(2000, 11, 1)),
        ("PA318UA", 179562.0, date(2004, 7, 1), None),
    ]
    assert (outcome.layouts, outcome.terminated) == (("scottish",), 1)


def test_the_scottish_directory_with_its_header(tmp_path: Path) -> None:
    header = (
        "Postcode,PostcodeDistrict,PostcodeSector,DateOfIntroduction,DateOfDeletion,GridReferenceEasting,"
        "GridReferenceNorthing,Latitude,Longitude,SplitIndicator,CouncilArea2019Code\n"
    )
    _, table = added(tmp_path, header + SMALL_USER)
    assert table["easting"].to_list() == [252241.0, 179562.0]


def test_code_point_open_is_an_archive_of_files_without_a_header(tmp_path: Path) -> None:
    archive = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Data/CSV/gu.csv", CODE_POINT)
        file.writestr("Data/CSV/kt.csv", CODE_POINT.replace("GU1 ", "KT1 "))
        file.writestr("Doc/Code-Point_Open_Column_Headers.csv", "PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\nPostcode,,,,,,,,,\n")
        file.writestr("Doc/metadata.csv", b"\xff\xfe no text")
    outcome = add_postcodes([archive], tmp_path / "postcodes.parquet")
    table = read_postcodes(tmp_path / "postcodes.parquet")
    assert table.select("postcode", "easting", "quality").rows() == [
        ("GU14DY", 499700.0, 1), ("GU14ZZ", None, 9), ("KT14DY", 499700.0, 1), ("KT14ZZ", None, 9),
    ]  # fmt: skip
    assert outcome.layouts == ("code_point_open",)
    assert len(outcome.files_left_out) == 2


def test_code_point_open_with_its_headings_and_as_it_was_until_2011(tmp_path: Path) -> None:
    header = "Postcode,Positional_quality_indicator,Eastings,Northings,Country_code,a,b,c,d,e\n"
    _, table = added(tmp_path, header + CODE_POINT)
    old = '"GU1 4DY",10,' + "," * 7 + ',499700,149400,"064","Q30","5D4","29","UF","FN","S"\n'
    assert old.count(",") == 18
    _, older = added(tmp_path, old, accept_fewer=True)
    assert table["quality"].to_list() == [1, 9]
    assert older.select("postcode", "easting", "quality").rows() == [("GU14DY", 499700.0, 1)]


def test_an_archive_of_ons_is_read_once_though_it_holds_the_directory_twice(tmp_path: Path) -> None:
    archive = tmp_path / "onspd.zip"
    said: list[str] = []
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Data/ONSPD_UK.csv", f"{ONS_OLD}\n{ONS_ROWS}")
        file.writestr("Data/multi_csv/ONSPD_UK_GU.csv", f"{ONS_OLD}\n{ONS_ROWS}")
        file.writestr("Documents/wards.csv", "WD24CD,WD24NM\nE05,Friary\n")
    assert add_postcodes([archive], tmp_path / "postcodes.parquet", say=said.append).lives == 6
    assert said == [f"{archive}!Data/ONSPD_UK.csv: 6 records (ons)"]


@pytest.mark.parametrize("header", ["Postcode,lat,long", "postcode,latitude,longitude", "pcds,lat,lng"])
def test_degrees_go_by_ostn15(tmp_path: Path, header: str) -> None:
    outcome, table = added(
        tmp_path, f"{header}\nPO38 1ZZ,50.57563665,-1.2978227724\nRG9 9ZZ,,0.00000\nBT1 1AA,54.6,-5.93\n"
    )
    placed = table.filter(postcode="PO381ZZ")
    # The OSTN15 test point TP04.
    assert placed["easting"].item() == pytest.approx(449816.371, abs=0.01)
    assert placed["northing"].item() == pytest.approx(75335.861, abs=0.01)
    assert (outcome.without_position, outcome.outside_cover) == (1, 1)


def test_columns_can_be_named(tmp_path: Path) -> None:
    text = "code,e,n,from,to,pqi\nGU1 4DY,499700,149400,1980-01,2015-03-31,4\n"
    named = Named(postcode="code", easting="e", northing="n", introduced="from", terminated="to", quality="pqi")
    _, table = added(tmp_path, text, named=named)
    assert table.row(0)[:7] == ("GU14DY", 499700.0, 149400.0, date(1980, 1, 1), date(2015, 3, 1), 4, 100)
    named = Named(postcode="code", longitude="x", latitude="y")
    _, table = added(tmp_path, "code,y,x\nPO38 1ZZ,50.57563665,-1.2978227724\n\n", named=named)
    assert table["easting"].item() == pytest.approx(449816.371, abs=0.01)
    # What is not named is as the layout has it: dates are not lost where only the postcode is named.
    _, table = added(tmp_path, f"{ONS_OLD}\n{ONS_ROWS}", named=Named(postcode="pcd2"), accept_fewer=True)
    assert table["terminated"].drop_nulls().to_list() == [date(2015, 3, 1)]
    # The same point in UTM zone 30 on ETRS89, by its declared CRS.
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4258", "EPSG:25830", always_xy=True).transform(-1.2978227724, 50.57563665)
    named = Named(crs="EPSG:25830")
    _, table = added(tmp_path, f"postcode,easting,northing\nPO38 1ZZ,{x},{y}\n", named=named, accept_fewer=True)
    assert table["easting"].item() == pytest.approx(449816.371, abs=0.01)


def test_the_north_of_shetland_has_northings_beyond_a_million(tmp_path: Path) -> None:
    _, table = added(tmp_path, "postcode,easting,northing\nZE2 9EQ,462500,1212500\n")
    assert table["northing"].to_list() == [1_212_500.0]


PLAIN = "postcode,easting,northing,introduced,terminated,quality,note\n"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("GU1 4AA,4x,149400,,,,\n", '0.csv:3: "4x" in column "easting" is not a number (1 such records)'),
        ("GU1 4AA,499700,inf,,,,\n", '0.csv:3: "inf" in column "northing" is not a number'),
        ("GU1 4AA,499700,149400,Jan 80,,,\n", '0.csv:3: "Jan 80" in column "introduced" is not a date as %Y%m or'),
        ("GU1 4AA,499700,149400,,201313,,\n", '0.csv:3: "201313" in column "terminated" is not a date'),
        ("GU1 4AA,499700,149400,,,10,\n", '0.csv:3: "10" in column "quality" is not 1 to 9'),
        ("GU1,499700,149400,,,,\n", '0.csv:3: "GU1" in column "postcode" is not a postcode'),
        (",499700,149400,,,,\n", '0.csv:3: "" in column "postcode" is not a postcode'),
        ("GU1 4AA,499700,149400,,\n", "0.csv:3: a record with more or fewer fields"),
        ("GU1 4AA,499700,149400,", "0.csv:3: a record with more or fewer fields"),
        ("GU1 4DY,499701,149400,,,,\n", '0.csv:3: postcode "GU14DY" stands at another position in 0.csv:2 in the same'),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_line(tmp_path: Path, row: str, words: str) -> None:
    assert refused(tmp_path, PLAIN + "GU1 4DY,499700,149400,,,,\n" + row).startswith(words)


def test_a_line_is_told_beyond_blank_lines_and_line_breaks_within_fields(tmp_path: Path) -> None:
    text = PLAIN + '\nGU1 4DY,499700,149400,,,,"two\nlines"\nGU1 4AA,x,149400,,,,\n'
    assert refused(tmp_path, text).startswith('0.csv:5: "x" in column "easting"')


def test_a_last_record_that_may_be_cut_short_within_its_position_is_refused(tmp_path: Path) -> None:
    text = "postcode,easting,northing\nGU1 4DY,499700,149400\nGU1 4AA,499700,1494"
    assert refused(tmp_path, text).startswith("0.csv:3: the last record has no line end")
    # Where the last field is of no account, all that is read is whole.
    outcome, _ = added(tmp_path, PLAIN + "GU1 4DY,499700,149400,,,,x")
    assert outcome.postcodes == 1


def test_two_files_that_do_not_agree_are_refused_and_two_that_do_are_one(tmp_path: Path) -> None:
    one = "postcode,easting,northing\nGU1 4DY,499700,149400\n"
    assert refused(tmp_path, one, one.replace("499700", "499800")).startswith('1.csv:2: postcode "GU14DY"')
    outcome, table = added(tmp_path, one, one)
    assert (outcome.lives, table.height) == (1, 1)


@pytest.mark.parametrize(
    ("second", "is_taken"),
    [("199001,199506", False), ("199507,199601", True), (",", False), ("198001,", False), ("199506,", True)],
)
def test_a_postcode_may_be_used_again_but_not_in_the_same_months(tmp_path: Path, second: str, is_taken: bool) -> None:
    text = f"{PLAIN}GU1 4DY,499700,149400,198501,199506,,\nGU1 4DY,400000,149400,{second},,\n"
    if is_taken:
        outcome, table = added(tmp_path, text)
        assert (outcome.postcodes, outcome.lives, outcome.reused) == (1, 2, 1)
        assert table["easting"].to_list() == [499700.0, 400000.0]
    else:
        assert "stands at another position in" in refused(tmp_path, text)


def test_far_fewer_postcodes_than_before_are_refused_unless_told(tmp_path: Path) -> None:
    def of(count: int) -> str:
        rows = "".join(f"GU{n} 4DY,{499000 + n},149400\n" for n in range(10, 10 + count))
        return "postcode,easting,northing\n" + rows

    added(tmp_path, of(20))
    assert added(tmp_path, of(18))[0].before == 20
    with pytest.raises(Refusal, match=r"16 postcodes, where the directory in place has 18.*--accept-fewer"):
        added(tmp_path, of(16))
    assert read_postcodes(tmp_path / "postcodes.parquet").height == 18
    assert added(tmp_path, of(16), accept_fewer=True)[0].postcodes == 16


def test_what_is_no_directory_is_told_which_layouts_are_known(tmp_path: Path) -> None:
    for text in ("ward,population\nE05,1\n", "a,b,c\n1,2,3\n"):
        said = refused(tmp_path, text)
        assert said.startswith("0.csv:1: a layout that is not known")
        assert "ONSPD and NSPL: pcds or pcd7" in said
        assert "--easting" in said
    assert refused(tmp_path, "").startswith("0.csv: holds no records")
    assert refused(tmp_path, "postcode,easting,northing\n").endswith("holds no postcodes")
    said = refused(tmp_path, "Postcod,easting,northing\nGU1 4DY,1,1\n", named=Named(postcode="Postcode"))
    assert said == '0.csv:1: no column "Postcode" (did you mean "Postcod"?)'
    archive = tmp_path / "no.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("wards.csv", "WD24CD,WD24NM\nE05,Friary\n")
    with pytest.raises(Refusal, match=r"wards\.csv: a layout that is not known"):
        add_postcodes([archive], tmp_path / "postcodes.parquet")


def test_a_directory_that_was_loaded_before_there_were_dates_is_still_read(tmp_path: Path) -> None:
    old = pl.DataFrame({"postcode": ["GU14DY"], "easting": [499700.0], "northing": [149400.0]})
    old.write_parquet(tmp_path / "postcodes.parquet")
    table = read_postcodes(tmp_path / "postcodes.parquet")
    assert table.schema == directory_schema()
    assert table["square_m"].to_list() == [100]
