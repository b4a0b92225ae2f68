"""Unique Property Reference Numbers: loaded whole or not at all, and found by their digits."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.cli.main import main
from pipelines.intake.refusal import Refusal
from pipelines.place.locate import locate
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.uprns import Box, add_uprns
from pipelines.specs.locations import Uprn

HEADER = "UPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE"
LINES = [
    "100061234567,499700.55,149400.10,51.2,-0.57",
    "7,358260.66,172796.5,51.45,-2.6",
    "10002345678,505631,139184,51.14,-0.49",
]
WAY = Uprn(by="uprn", column="uprn")


def written(path: Path, lines: list[str], end: str = "\r\n", mark: str = "") -> Path:
    path.write_bytes((mark + end.join([HEADER, *lines]) + end).encode())
    return path


@pytest.fixture
def loaded(tmp_path: Path) -> ReferenceData:
    add_uprns([written(tmp_path / "osopenuprn.csv", LINES)], tmp_path / "uprns.parquet")
    return ReferenceData(tmp_path)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["bare", "with a byte order mark"])
@pytest.mark.parametrize("is_packed", [False, True], ids=["CSV", "ZIP"])
def test_all_are_kept_in_order(tmp_path: Path, mark: str, is_packed: bool) -> None:
    file = written(tmp_path / "a.csv", LINES, mark=mark)
    if is_packed:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(file, "osopenuprn_202410.csv")
            archive.writestr("licence.txt", "read me")
        file = tmp_path / "a.zip"
    assert add_uprns([file], tmp_path / "uprns.parquet") == 3
    table = pl.read_parquet(tmp_path / "uprns.parquet")
    assert table.schema == {"uprn": pl.Int64, "easting": pl.Float64, "northing": pl.Float64}
    assert table.rows() == [
        (7, 358260.66, 172796.5),
        (10002345678, 505631.0, 139184.0),
        (100061234567, 499700.55, 149400.1),
    ]


def test_only_those_in_a_box_are_kept(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", LINES)
    assert add_uprns([file], tmp_path / "uprns.parquet", Box(499_000, 139_184, 510_000, 150_000)) == 2
    assert pl.read_parquet(tmp_path / "uprns.parquet")["uprn"].to_list() == [10002345678, 100061234567]
    with pytest.raises(Refusal, match="no UPRN within the box"):
        add_uprns([file], tmp_path / "uprns.parquet", Box(0, 0, 1, 1))
    assert pl.read_parquet(tmp_path / "uprns.parquet").height == 2


@pytest.mark.parametrize(
    ("bad", "line", "message"),
    [
        ("8,400000,200000", 5, "more or fewer fields"),
        ("8,400000,200000,51.0,-1.0,x", 5, "more or fewer fields"),
        ("8x,400000,200000,51.0,-1.0", 5, 'UPRN "8x" is no number of up to twelve digits'),
        ("8.0,400000,200000,51.0,-1.0", 5, 'UPRN "8.0" is no number'),
        ("1234567890123,400000,200000,51.0,-1.0", 5, 'UPRN "1234567890123" is no number'),
        (",400000,200000,51.0,-1.0", 5, 'UPRN "" is no number'),
        ("8,,200000,51.0,-1.0", 5, 'X_COORDINATE "" is no number of metres'),
        ("8,400000,51.0N,51.0,-1.0", 5, 'Y_COORDINATE "51.0N" is no number of metres'),
        ("8,400000,1300001,51.0,-1.0", 5, 'Y_COORDINATE "1300001" is no number of metres on the National Grid'),
        ("8,nan,200000,51.0,-1.0", 5, 'X_COORDINATE "nan" is no number of metres'),
        ("7,400000,200000,51.0,-1.0", 3, r"UPRN 7 stands twice \(.*a.csv:3, .*a.csv:5\)"),
    ],
)
@pytest.mark.parametrize("within", [None, Box(0, 0, 700_000, 1_300_000)], ids=["all", "in a box"])
def test_a_bad_record_refuses_the_file_with_its_line(
    tmp_path: Path, bad: str, line: int, message: str, within: Box | None
) -> None:
    file = written(tmp_path / "a.csv", [*LINES, bad])
    with pytest.raises(Refusal, match=message) as refused:
        add_uprns([file], tmp_path / "uprns.parquet", within)
    assert f"a.csv:{line}" in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"], "nothing is left behind"


@settings(max_examples=30, deadline=None)
@given(cut=st.integers(1, len("\r\n".join(LINES)) - 1))
def test_a_file_cut_anywhere_within_its_last_line_is_refused(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    text = "\r\n".join([HEADER, *LINES]) + "\r\n"
    kept = text[:-2][:-cut]
    assume(not kept.endswith("\n"))
    (folder / "a.csv").write_bytes(kept.encode())
    with pytest.raises(Refusal, match=r"a.csv:\d: "):
        add_uprns([folder / "a.csv"], folder / "uprns.parquet")
    assert not (folder / "uprns.parquet").exists()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("UPRN,EASTING,NORTHING\n1,2,3\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r'a.csv:1: no column "X_COORDINATE"'):
        add_uprns([tmp_path / "a.csv"], tmp_path / "uprns.parquet")


def test_far_fewer_than_in_place_are_taken_only_when_told(tmp_path: Path) -> None:
    target = tmp_path / "uprns.parquet"
    add_uprns([written(tmp_path / "a.csv", LINES)], target)
    few = written(tmp_path / "few.csv", LINES[:1])
    with pytest.raises(Refusal, match="1 UPRNs, where 3 are in place"):
        add_uprns([few], target)
    assert pl.read_parquet(target).height == 3
    assert add_uprns([few], target, fewer=True) == 1


def test_a_property_is_found_by_its_digits(loaded: ReferenceData) -> None:
    texts = [
        "100061234567",
        " 10 0061 234567 ",
        "000000000007",
        "0007",
        "8",
        "100061234567.0",
        "1E11",
        "-7",
        "0",
        "",
        None,
    ]
    found = locate(pl.DataFrame({"uprn": texts}, schema={"uprn": pl.String}), (WAY,), loaded)
    assert found["place_method"].to_list() == [
        *["uprn"] * 4, "unknown_uprn", *["bad_location"] * 4, "no_location", "no_location",
    ]  # fmt: skip
    assert found.select("easting", "northing", "square_m", "place_confidence").rows()[:4] == [
        (499700.55, 149400.1, 1, 1.0),
        (499700.55, 149400.1, 1, 1.0),
        (358260.66, 172796.5, 1, 1.0),
        (358260.66, 172796.5, 1, 1.0),
    ]


def test_without_a_file_of_them_none_is_known() -> None:
    found = locate(pl.DataFrame({"uprn": ["7", ""]}), (WAY,), ReferenceData(None))
    assert found["place_method"].to_list() == ["unknown_uprn", "no_location"]


def test_other_uprns_are_another_fingerprint(tmp_path: Path, loaded: ReferenceData) -> None:
    before = loaded.digest(WAY.needs)
    add_uprns([written(tmp_path / "osopenuprn.csv", LINES[:2])], tmp_path / "uprns.parquet")
    assert before not in ("", ReferenceData(tmp_path).digest(WAY.needs), ReferenceData(None).digest(WAY.needs))


def test_the_command_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path / "home"))
    file = str(written(tmp_path / "a.csv", LINES))
    arguments = ["commongrid", "uprns", "add", file, "--within", "499000", "139000", "510000", "150000", "--json"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["uprns"] == 2
    monkeypatch.setattr("sys.argv", ["commongrid", "uprns", "add", file, "--within", "2", "1", "1", "2"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
