"""Deliveries from file to harmonised: what is taken, what is refused, and what the ledger then knows."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Bench, on_both_stores
from tests.integration.street import BEYOND, EAST, HEADER, NOWHERE, WEST, street
from warehouse import ledger as led

pytestmark = on_both_stores
ROWS = [
    ("a1", WEST, "Burglary"),
    ("a2", EAST, "Robbery"),
    ("", WEST, "Anti-social behaviour"),
    ("", WEST, "Anti-social behaviour"),
]


def _state(bench: Bench) -> list[tuple[object, ...]]:
    """What the ledger holds as current, and the files kept."""
    current = [(row["delivery_id"], row["rows_loaded"]) for row in led.current_returns(bench.ledger)]
    files = sorted(path.relative_to(bench.home.root).as_posix() for path in bench.home.root.rglob("*.parquet"))
    return [*current, *((name,) for name in files)]


def test_both_accounting_equations_hold_in_the_ledger(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, [*ROWS, *((f"b{n}", EAST, "Drugs") for n in range(40))])
    text = path.read_text().splitlines()
    text[5] = text[5].rpartition(",")[0]
    text.insert(3, "")
    path.write_text("\n".join(text))
    assert bench.load(path).ok
    [row] = bench.ledger.rows(led.delivery)
    assert row["records"] == row["header"] + row["skipped"] + row["read"] + row["unread"] == 46
    assert (row["header"], row["skipped"], row["unread"]) == (1, 1, 1)
    assert row["rows_made"] == row["loaded"] + row["ignored"] + row["duplicate"] + row["quarantined"] == row["read"]


def test_the_same_file_again_is_a_recorded_duplicate_also_when_renamed(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, ROWS)
    bench.load(path)
    before = _state(bench)
    renamed = tmp_path / "again" / path.name
    renamed.parent.mkdir()
    renamed.write_bytes(path.read_bytes())
    report = bench.load(renamed)
    assert report.ok
    assert len(report.duplicates) == 1
    assert _state(bench) == before
    assert [row["outcome"] for row in bench.ledger.rows(led.arrival)] == ["new", "duplicate"]


def test_a_given_file_is_kept_in_landing_and_not_taken_again_from_there(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, ROWS)
    bench.load(path)
    kept = [item for item in bench.home.landing.rglob("*.csv")]
    assert [item.read_bytes() for item in kept] == [path.read_bytes()]
    report = bench.load()
    assert (report.accepted, report.duplicates, report.unchanged) == ([], [], 1)


def test_an_archive_is_one_return_a_force_and_month(bench: Bench, tmp_path: Path) -> None:
    archive = tmp_path / "2014-05.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for supplier in ("surrey", "kent"):
            member = street(tmp_path / "2014-05", [(f"{supplier}-1", WEST, "Burglary")], supplier=supplier)
            file.write(member, f"2014-05/{member.name}")
        file.writestr("2014-05/2014-05-surrey-neighbourhoods.csv", "no feed takes this yet\n")
    assert bench.load(archive).ok
    returns = {(row["supplier"], row["period_start"]) for row in bench.ledger.rows(led.return_)}
    assert returns == {("surrey", date(2014, 5, 1)), ("kent", date(2014, 5, 1))}


def test_no_identifier_is_stored_past_landing(bench: Bench) -> None:
    folder = bench.home.landing / "demo_northmark" / "2024-05-14"
    folder.mkdir(parents=True)
    from pipelines.demo import make_county, write_deliveries

    files = write_deliveries(make_county(), bench.home.landing, issued_to=date(2023, 12, 31))
    northmark = next(path for path in files if path.name == "AV_0923.csv")
    text = northmark.read_text(encoding="cp1252")
    header = text.splitlines()[0].split(",")
    planted = [
        dict(zip(header, line.split(","), strict=False))["Reg mark"]
        for line in text.splitlines()[1:]
        if line.count(",") == 8
    ]
    assert len(planted) > 10
    bench.load()
    stored = b"".join(
        path.read_bytes() for path in bench.home.root.rglob("*")
        if path.is_file() and bench.home.landing not in path.parents and "dbt-" not in str(path)
    )  # fmt: skip
    frames = [pl.read_parquet(path) for path in bench.home.root.rglob("*.parquet")]
    texts = {
        str(value)
        for frame in frames
        for name in frame.columns
        if frame[name].dtype == pl.String
        for value in frame[name]
    }
    for mark in planted:
        assert mark.encode() not in stored
        assert not any(mark in value for value in texts)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("notes.csv", HEADER, "no feed takes a file of this name"),
        ("2014-05-surrey-street.csv", "", "is empty"),
        (
            "2014-05-surrey-street.csv",
            HEADER.replace("Longitude", "Longtude") + "\n",
            '"Longitude" (did you mean "Longtude"?)',
        ),
        ("2014-05-surrey-street.csv", HEADER.replace(",Crime type", "") + "\n", 'lacks "Crime type"'),
        ("2014-05-surrey-street.csv", HEADER + ",Victim name\n", 'does not know "Victim name"'),
        ("2014-05-surey-street.csv", HEADER + "\n", 'no supplier "surey" (did you mean "surrey"?)'),
        ("2010-05-surrey-street.csv", HEADER + "\n", "no version of police_uk/crime covers 2010-05-01"),
        ("2014-05.zip", "not an archive", "not a readable zip archive"),
    ],
)
def test_a_bad_file_is_refused_with_what_where_and_what_to_do(
    bench: Bench, tmp_path: Path, name: str, content: str, expected: str
) -> None:
    good = street(tmp_path / "good", ROWS, month="2014-04")
    bench.load(good)
    before = _state(bench)
    bad = tmp_path / name
    bad.write_text(content)
    report = bench.load(bad)
    assert not report.ok
    assert len(report.refused) == 1
    assert expected in report.refused[0]
    assert name in report.refused[0]
    assert _state(bench) == before
    noted = [row for row in bench.ledger.rows(led.file_path) if row["path"] == str(bad)]
    assert [row["state"] for row in noted] in (["refused"], ["unclaimed"])
    assert expected in noted[0]["reason"]


def test_a_first_record_taken_for_a_header_is_repeated_nowhere(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "2014-05-surrey-street.csv"
    path.write_text("x1,2014-05,Jane Keeper,Surrey Police,-0.5,51.2,Her Lane,,,Drugs,,\n" * 2)
    report = bench.load(path)
    assert "may be no header at all" in report.refused[0]
    [noted] = bench.ledger.rows(led.file_path)
    [delivery] = bench.ledger.rows(led.delivery)
    told = " ".join([*report.refused, *bench.said, noted["reason"], delivery["reason"]])
    assert [word for word in ("Jane", "Her Lane", "x1") if word in told] == []


def test_a_file_whose_name_is_no_text_is_told_and_stops_no_other(bench: Bench) -> None:
    from pipelines.reports.sweep import swept

    good = street(bench.home.landing / "police_uk", ROWS)
    bad = Path(os.fsdecode(os.fsencode(good.parent) + b"/2014-06-surrey-\xff-street.csv"))
    bad.write_text("x")
    report = bench.load()
    assert len(report.accepted) == 1
    assert "2014-06-surrey-\\xff-street.csv: its name is not UTF-8" in report.refused[0].replace("\\udcff", "\\xff")
    [found] = swept(bench.home, bench.ledger)
    assert (found.kind, "rename it" in found.why, found.path.isascii()) == ("not_taken", True, True)


def test_rows_of_another_month_refuse_the_file_and_name_the_first(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, ROWS)
    wrong = path.with_name("2014-06-surrey-street.csv")
    path.rename(wrong)
    report = bench.load(wrong)
    assert (
        '2014-06-surrey-street.csv:2: Month: "2014-05" dated outside the period the file reports on (2014-06)'
        in report.refused[0]
    )
    assert not led.current_returns(bench.ledger)


def test_one_row_of_another_month_is_quarantined_and_the_rest_load(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, [(f"c{n}", EAST, "Drugs") for n in range(30)])
    path.write_text(path.read_text().replace("c7,2014-05", "c7,2014-06"))
    assert bench.load(path).ok
    [row] = bench.ledger.rows(led.delivery)
    assert (row["loaded"], row["quarantined"]) == (29, 1)
    [aside] = [pl.read_parquet(item) for item in bench.home.quarantine.rglob("*.parquet")]
    assert aside.select("_row", "outcome", "issue_type").rows() == [(9, "quarantined", "wrong_period")]


def test_a_folder_and_a_missing_file_are_refused(bench: Bench, tmp_path: Path) -> None:
    report = bench.load(tmp_path, tmp_path / "nothing.csv")
    assert "is a folder; name the files in it" in report.refused[0]
    assert "there is no such file" in report.refused[1]


def test_a_refused_file_goes_through_once_it_is_mended(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, ROWS)
    whole = path.read_text()
    path.write_text(whole.replace("Longitude", "Longtude", 1))
    assert not bench.load(path).ok
    path.write_text(whole)
    assert bench.load(path).ok
    assert [row["rows_loaded"] for row in led.current_returns(bench.ledger)] == [4]


def test_a_refused_file_in_landing_waits_until_the_specs_change(bench: Bench, tmp_path: Path) -> None:
    street(bench.home.landing / "police_uk", [*ROWS, *[("x9", EAST, "Witchcraft")] * 3])
    assert not bench.load().ok
    again = bench.load()
    assert again.ok
    assert again.known_refused == 1
    bench.specs = _with_witchcraft(tmp_path)
    assert bench.load().ok
    assert [row["rows_loaded"] for row in led.current_returns(bench.ledger)] == [5]


def _with_witchcraft(tmp_path: Path):
    import shutil

    from pipelines.specs.check import load_specs
    from tests.conftest import ROOT

    shutil.copytree(ROOT / "ingest_specs", tmp_path / "specs")
    codes = tmp_path / "specs/partners/police_uk/codes/category.csv"
    codes.write_text(codes.read_text() + "Witchcraft,exact,map,other_crime,,,us,2014-01-01,\n")
    return load_specs(tmp_path / "specs")


def test_unplaced_rows_stay_with_the_reason(bench: Bench, tmp_path: Path) -> None:
    belfast = ("-5.93", "54.60")
    path = street(
        tmp_path, [("a", WEST, "Drugs"), ("b", NOWHERE, "Drugs"), ("c", belfast, "Drugs"), ("d", BEYOND, "Drugs")]
    )
    assert bench.load(path).ok
    [frame] = [pl.read_parquet(item) for item in bench.home.harmonised.rglob("*.parquet")]
    methods = dict(frame.select("source_id", "place_method").rows())
    assert methods == {"a": "coordinates", "b": "no_location", "c": "outside_cover", "d": "coordinates"}
    assert frame.filter(pl.col("place_id").is_null())["source_id"].to_list() == ["b", "c"]


def test_a_return_unlike_its_history_is_held_where_the_spec_says_stop(bench: Bench, tmp_path: Path) -> None:
    import shutil

    from pipelines.specs.check import load_specs
    from tests.conftest import ROOT

    shutil.copytree(ROOT / "ingest_specs", tmp_path / "specs")
    spec = tmp_path / "specs/partners/police_uk/crime.yml"
    mild = spec.read_text()
    spec.write_text(mild.replace("volume: {action: warn, limit: 2}", "volume: {action: stop, limit: 2}"))
    bench.specs = load_specs(tmp_path / "specs")
    for month in range(1, 7):
        street(
            bench.home.landing / "police_uk",
            [(f"{month}-{n}", WEST, "Drugs") for n in range(20)],
            month=f"2014-{month:02}",
        )
    assert bench.load().ok
    street(bench.home.landing / "police_uk", [(f"7-{n}", WEST, "Drugs") for n in range(90)], month="2014-07")
    report = bench.load()
    assert not report.ok
    assert "2014-07-01: 90 rows, where its history suggests 10 to 40" in report.held[0]
    assert len(led.current_returns(bench.ledger)) == 6

    spec.write_text(mild)
    bench.specs = load_specs(tmp_path / "specs")
    assert bench.load().ok
    assert len(led.current_returns(bench.ledger)) == 7


def test_what_was_declared_of_a_given_file_holds_when_it_is_harmonised_again(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path / "anything", ROWS)
    plain = path.rename(tmp_path / "may-surrey-street.csv")
    single = tmp_path / "specs"
    import shutil

    from pipelines.specs.check import load_specs
    from tests.conftest import ROOT

    shutil.copytree(ROOT / "ingest_specs", single)
    partner = single / "partners/police_uk/partner.yml"
    partner.write_text(
        "title: One force\ndescription: Surrey alone\ncontact: {role: desk}\nsuppliers: {surrey: {title: Surrey}}\n"
    )
    bench.specs = load_specs(single)
    bench.load(plain, feed="police_uk/crime", period="2014-05", issued=date(2014, 7, 1))
    codes = single / "partners/police_uk/codes/category.csv"
    codes.write_text(codes.read_text().replace("Robbery,exact,map,robbery", "Robbery,exact,map,other_crime"))
    bench.specs = load_specs(single)
    assert bench.load().ok
    [current] = led.current_returns(bench.ledger)
    assert current["categories"]["other_crime"] == 1
    assert (current["known_on"], current["is_declared"], current["period_start"]) == (
        date(2014, 7, 1),
        True,
        date(2014, 5, 1),
    )


def test_one_bad_member_of_an_archive_stops_none_of_the_others(bench: Bench, tmp_path: Path) -> None:
    archive = tmp_path / "2014-05.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for supplier in ("atlantis", "surrey"):
            file.write(street(tmp_path, ROWS, supplier=supplier), f"2014-05-{supplier}-street.csv")
    report = bench.load(archive)
    assert len(report.refused) == 1
    assert 'no supplier "atlantis"' in report.refused[0]
    assert [row["supplier"] for row in led.current_returns(bench.ledger)] == ["surrey"]


def test_a_lost_harmonised_file_is_made_again_from_landing(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path, ROWS))
    [path] = bench.home.harmonised.rglob("*.parquet")
    before = pl.read_parquet(path)
    path.unlink()
    assert bench.load().ok
    assert pl.read_parquet(path).equals(before)
    assert len(led.current_returns(bench.ledger)) == 1


def test_what_was_accepted_stays_so_when_limits_are_tightened(bench: Bench, tmp_path: Path) -> None:
    import shutil

    from pipelines.specs.check import load_specs
    from tests.conftest import ROOT

    for month, rows in ((1, 20), (2, 20), (3, 20), (4, 20), (5, 20), (6, 20), (7, 90)):
        street(
            bench.home.landing / "police_uk",
            [(f"{month}-{n}", WEST, "Drugs") for n in range(rows)],
            month=f"2014-{month:02}",
        )
    report = bench.load()
    assert len(report.warnings) == 1
    shutil.copytree(ROOT / "ingest_specs", tmp_path / "specs")
    spec = tmp_path / "specs/partners/police_uk/crime.yml"
    spec.write_text(spec.read_text().replace("volume: {action: warn, limit: 2}", "volume: {action: stop, limit: 2}"))
    bench.specs = load_specs(tmp_path / "specs")
    assert bench.load().ok
    assert len(led.current_returns(bench.ledger)) == 7
