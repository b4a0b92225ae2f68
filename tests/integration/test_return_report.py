"""The return report on deliveries as they are loaded: what it says, what it hides, and how a delivery is named."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import update

from pipelines.intake.refusal import Refusal
from pipelines.reports.find_delivery import find_delivery
from pipelines.reports.masking import HIDDEN
from pipelines.reports.return_csv import HEADER, WHOLE_FILE, write_csv
from pipelines.reports.return_page import render
from pipelines.reports.return_report import ReturnReport, facts_of, masking_for, return_report
from pipelines.specs.models import Sensitivity
from tests.conftest import Bench
from tests.unit.makers import SPECS
from warehouse import ledger as led

COLUMNS = "Ref No,Date reported,Type,Make,Keeper,Reg mark,Easting,Northing,Officer notes"
KEEPERS = ("Lovell Fallowick", "Sabine Lathermoor", "Isolde Inglecroft")


def vehicle(number: int, day: str = "12/03/2025", kind: str = "CAR", notes: str = "") -> str:
    """One row of Northmark's return; its keeper, mark, reference and place are personal."""
    where = f"{387000 + number},{326000 + number}"
    return f"AV/25/{number:05},{day},{kind},Ford Ka,{KEEPERS[number % 3]},QD{number:02} LZZ,{where},{notes}"


def northmark(folder: Path, rows: list[str], name: str = "AV_0325.csv", header: str = COLUMNS) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in (header, *rows) if line), encoding="cp1252")
    return path


def faulty() -> list[str]:
    """Sixty rows, eleven of them with a fault."""
    rows = [vehicle(number) for number in range(60)]
    rows[3] = vehicle(3, day="31/02/2025")
    rows[4] = vehicle(4, day='=HYPERLINK("x")'.replace('"', "'"))
    rows[5], rows[6] = vehicle(5, kind="QUAD"), vehicle(6, kind="QUAD")
    rows[7] = vehicle(7, kind="@SUM")
    rows[10] = rows[9]
    rows[12] = rows[11].replace("CAR", "VAN")
    rows[20] = f",{rows[20].partition(',')[2]}"
    rows[21] = rows[21] + ",one field more"
    rows[22] = rows[22].replace("Ford Ka", '"Ford" Ka')
    rows[23] = rows[23].replace(",387023,326023,", ",,,")
    return rows


def made(bench: Bench, name: str) -> tuple[ReturnReport, str, list[dict[str, str]]]:
    """The report on a delivery: its facts, the page, the rows of the CSV."""
    found = find_delivery(bench.ledger, bench.home.landing, name)
    facts = facts_of(bench.home, bench.ledger, found.delivery)
    report = return_report(facts, bench.specs)
    out = bench.home.root / "issues.csv"
    write_csv(report, facts.issues, masking_for(found.delivery, bench.specs), out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return report, render(report, out.name), rows


def _causes(report: ReturnReport) -> dict[tuple[str, str | None], int]:
    return {(group.type.issue_type, group.column): group.rows for group in report.groups}


def test_the_report_tells_every_cause_its_rows_and_who_must_act(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    report, page, rows = made(bench, "AV_0325.csv")
    assert (report.state, report.move) == ("accepted", "both")
    assert (report.known_on, report.is_declared, report.periods) == (date(2025, 4, 11), True, ("March 2025",))
    assert _causes(report) == {
        ("unmapped_code", "Type"): 3,
        ("bad_value", "Date reported"): 2,
        ("field_count", None): 1,
        ("malformed_quotes", None): 1,
        ("missing_value", "Ref No"): 1,
        ("conflicting_record", None): 1,
        ("repeated_record", None): 1,
        ("no_location", "Easting"): 1,
    }
    assert {group.type.issue_type for group in report.section("us")} == {"unmapped_code"}
    assert {group.type.issue_type for group in report.section("noted")} == {"repeated_record"}
    dates = next(group for group in report.groups if group.column == "Date reported")
    assert [(item.row, item.value) for item in dates.examples] == [(5, "31/02/2025"), (6, "=HYPERLINK('x')")]
    assert dates.share == 2 / 60
    records, made_rows = report.accounts
    assert (records.total, sum(part.count for part in records.parts)) == (61, 61)
    assert (made_rows.total, sum(part.count for part in made_rows.parts)) == (58, 58)
    assert (report.total, report.loaded, report.kept_out) == (60, 50, 8)
    assert len(rows) == 11
    assert "31/02/2025" in page


def test_no_personal_value_is_shown_of_a_file_with_faults(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    _report, page, rows = made(bench, "AV_0325.csv")
    told = page + json.dumps(rows)
    places = [str(start + number) for start in (387000, 326000) for number in range(60)]
    assert [text for text in (*KEEPERS, *places, "LZZ", "AV/25/") if text in told] == []
    assert HIDDEN in page
    assert {row["value"] for row in rows if row["column"] == "Ref No"} == {HIDDEN}


def test_what_was_kept_by_mistake_is_hidden_all_the_same(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    [path] = bench.home.issues.rglob("*.parquet")
    kept = pl.read_parquet(path)
    secret = {"value": pl.lit("Fallowick"), "message": pl.lit('"Fallowick" is not "known"')}
    for column in ("Ref No", "Keeper", "Easting", "Officer notes", "No such column", None):
        kept.with_columns(column=pl.lit(column, pl.String), **secret).write_parquet(path)
        report, page, rows = made(bench, "AV_0325.csv")
        assert report.groups
        assert len(rows) == kept.height
        assert "Fallowick" not in page + json.dumps(rows)


def test_a_field_classed_personal_since_is_hidden(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    dataset = bench.specs.datasets["abandoned_vehicle"]
    field = dataset.fields["category_code"].model_copy(update={"sensitivity": Sensitivity.SENSITIVE})
    changed = dataset.model_copy(update={"fields": {**dataset.fields, "category_code": field}})
    assert "QUAD" in made(bench, "AV_0325.csv")[1]
    bench.specs = replace(bench.specs, datasets={**bench.specs.datasets, "abandoned_vehicle": changed})
    _report, page, rows = made(bench, "AV_0325.csv")
    assert "QUAD" not in page + json.dumps(rows)


def test_the_list_of_issues_is_harmless_in_a_spreadsheet(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    _report, _page, rows = made(bench, "AV_0325.csv")
    assert {"'=HYPERLINK('x')", "'@SUM", "31/02/2025", "QUAD"} <= {row["value"] for row in rows}
    assert [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    assert list(rows[0]) == list(HEADER)
    assert [int(row["line"]) for row in rows] == sorted(int(row["line"]) for row in rows)


def test_a_refused_file_tells_why_and_whose_move_it_is(bench: Bench, tmp_path: Path) -> None:
    header = COLUMNS.replace("Type", "Kind")
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)], header=header))
    report, page, rows = made(bench, "AV_0325.csv")
    assert (report.state, report.move, report.accounts, report.groups) == ("refused", "partner", (), ())
    assert report.refused is not None
    assert (report.refused.type.issue_type, report.periods) == ("missing_column", ("March 2025",))
    assert 'the header lacks "Type"' in report.refused.message
    assert '"Kind"' in report.refused.message
    assert "add a version to the spec" not in report.refused.message
    assert [(row["line"], row["issue"], row["what happened"]) for row in rows] == [
        (WHOLE_FILE, "missing_column", "not used: the whole file was refused")
    ]
    assert "Put the column back" in page


def test_of_a_file_without_a_header_no_cell_is_shown(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)], header=""))
    report, page, rows = made(bench, "AV_0325.csv")
    assert report.refused is not None
    assert "The first row may be no header at all" in report.refused.message
    told = page + json.dumps(rows)
    assert [text for text in (*KEEPERS, "387000", "LZZ", "AV/25/", "Ford") if text in told] == []


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_file_with_too_many_bad_rows_is_the_move_of_who_can_mend_most(
    bench: Bench, tmp_path: Path, is_kept: bool
) -> None:
    rows = [
        vehicle(n, kind="QUAD" if n < 20 else "CAR", day="31/02/2025" if n > 50 else "12/03/2025") for n in range(60)
    ]
    path = northmark(tmp_path / "2025-04-11", rows)
    bench.load(path)
    if not is_kept:
        for path in (*bench.home.issues.rglob("*.parquet"), *bench.home.quarantine.rglob("*.parquet")):
            path.unlink()
    report, page, told = made(bench, "AV_0325.csv")
    assert report.refused is not None
    assert (report.state, report.move) == ("refused", "us")
    assert "29 of 60 rows cannot be used" in report.refused.message
    assert "QUAD" not in report.refused.message
    assert "Add the code to the map" in page
    assert len(told) == (30 if is_kept else 1)
    assert ("QUAD" in page) == is_kept


def _keep_issues(bench: Bench, delivery: dict[str, Any], issues: list[tuple[str, str, str | None]]) -> Path:
    """Issues kept of a delivery, a row each from line 2 on."""
    name = f"{delivery['delivery_id']}-{delivery['fingerprint']}.parquet"
    path = bench.home.issues / delivery["partner"] / delivery["dataset"] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds, columns, values = zip(*issues, strict=True)
    rows = pl.int_range(2, len(issues) + 2, dtype=pl.UInt32, eager=True)
    frame = pl.DataFrame({"_row": rows, "issue_type": kinds, "column": columns, "value": values})
    frame = frame.with_columns(_part=pl.lit(1, pl.UInt16), message=pl.lit("as it is"))
    frame.write_parquet(path)
    return path


def test_a_refused_file_is_nobodys_move_once_a_good_one_has_come(bench: Bench, tmp_path: Path) -> None:
    good = [vehicle(n) for n in range(9)]
    bad = northmark(tmp_path / "2025-04-11", good, header=COLUMNS.replace("Type", "Kind"))
    bench.load(bad)
    bench.load(northmark(tmp_path / "2025-04-12", good))
    report, page, _rows = made(bench, str(bad))
    assert (report.state, report.move, report.since) == ("refused", "nobody", "AV_0325.csv")
    assert "A good file for this return has come since" in page


def test_a_return_that_was_replaced_says_by_what(bench: Bench, tmp_path: Path) -> None:
    first = northmark(tmp_path / "2025-04-11", faulty())
    bench.load(first)
    bench.load(northmark(tmp_path / "2025-05-09", [vehicle(n) for n in range(40)]))
    old, _page, _rows = made(bench, str(first))
    assert (old.state, old.move) == ("replaced", "nobody")
    assert [item.note for item in old.returns] == ["by AV_0325.csv, known on 9 May 2025"]
    new, page, rows = made(bench, "AV_0325.csv")
    assert (new.state, new.move, new.groups, rows) == ("accepted", "nobody", (), [])
    assert [item.revision for item in new.returns] == [2]
    assert "This file was taken whole" in page


def test_a_held_return_asks_for_a_word(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)]))
    [delivery] = bench.ledger.rows(led.delivery)
    told = "9 rows, where its history suggests 20 to 90"
    total = {"delivery_id": delivery["delivery_id"], "issue_type": "volume_unlike_history", "count": 1, "example": told}
    with bench.ledger.change() as connection:
        connection.execute(update(led.return_).values(state="held"))
        led.put(connection, led.issue_total, [total])
    report, page, rows = made(bench, "AV_0325.csv")
    assert (report.state, report.move) == ("held", "partner")
    assert [item.note for item in report.returns] == [told]
    assert "Tell us whether the figures are right" in page
    assert [(row["issue"], row["message"], row["what happened"]) for row in rows] == [
        ("volume_unlike_history", told, "held until it is confirmed")
    ]


def test_three_hundred_thousand_issues_are_grouped_on_the_page_and_listed_one_by_one(
    bench: Bench, tmp_path: Path
) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)]))
    delivery = dict(bench.ledger.rows(led.delivery)[0])
    kinds = [("bad_value", "Date reported", f"{n % 1000}/13/2025") for n in range(299_999)]
    _keep_issues(bench, delivery, [*kinds, ("unmapped_code", "Type", "QUAD")])
    facts = facts_of(bench.home, bench.ledger, delivery)
    report = return_report(facts, bench.specs)
    listed = write_csv(report, facts.issues, masking_for(delivery, bench.specs), tmp_path / "issues.csv")
    with (tmp_path / "issues.csv").open(encoding="utf-8-sig") as file:
        assert sum(1 for _line in file) - 1 == listed == 300_000
    assert [(group.rows, len(group.examples)) for group in report.groups] == [(299_999, 5), (1, 1)]
    assert len(render(report, "issues.csv")) < 40_000


def test_examples_unlike_each_other_come_first(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)]))
    [delivery] = bench.ledger.rows(led.delivery)
    values = ["QUAD"] * 50 + ["TRIKE", "SLED"]
    _keep_issues(bench, dict(delivery), [("unmapped_code", "Type", value) for value in values])
    report, _page, _rows = made(bench, "AV_0325.csv")
    examples = report.groups[0].examples
    assert [(item.row, item.value) for item in examples] == [
        (2, "QUAD"), (3, "QUAD"), (4, "QUAD"), (52, "TRIKE"), (53, "SLED"),
    ]  # fmt: skip


# --- which delivery is meant ----------------------------------------------------------------------------------------


def test_a_delivery_is_found_by_id_its_beginning_name_or_path(bench: Bench, tmp_path: Path) -> None:
    path = northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)])
    bench.load(path)
    [delivery] = bench.ledger.rows(led.delivery)
    key, kept = delivery["delivery_id"], bench.home.landing / delivery["path"]
    names = (key, key[:6], "AV_0325.csv", "2025-04-11/AV_0325.csv", str(path), delivery["path"], str(kept))
    for name in names:
        found = find_delivery(bench.ledger, bench.home.landing, name)
        assert (found.delivery["delivery_id"], list(found.others)) == (key, [])


def test_of_several_of_one_name_the_last_to_come_is_meant(bench: Bench, tmp_path: Path) -> None:
    first, second = (northmark(tmp_path / day, [vehicle(n)] * 9) for n, day in enumerate(("2025-05-09", "2025-04-11")))
    bench.load(first)
    bench.load(second)
    found = find_delivery(bench.ledger, bench.home.landing, "AV_0325.csv")
    assert [found.delivery["received_at"] > other["received_at"] for other in found.others] == [True]


def test_the_beginning_of_several_ids_lists_them(bench: Bench, tmp_path: Path) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)]))
    [row] = bench.ledger.rows(led.delivery)
    ids = [f"abcdef{n:026}" for n in range(2)]
    with bench.ledger.change() as connection:
        led.put(connection, led.delivery, [{**row, "delivery_id": key} for key in ids])
    with pytest.raises(Refusal) as refused:
        find_delivery(bench.ledger, bench.home.landing, "abcdef")
    assert all(key in str(refused.value) for key in ids)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("AV_0352.csv", "did you mean AV_0325.csv?"),
        ("nothing like it", "give its id, at least 6 characters"),
        ("abc", "give its id, at least 6 characters"),
        ("notes.txt", "no feed took this file"),
    ],
)
def test_an_unknown_delivery_is_told_with_the_nearest_name(bench: Bench, tmp_path: Path, name: str, words: str) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", [vehicle(n) for n in range(9)]))
    notes = tmp_path / "notes.txt"
    notes.write_text("none")
    bench.load(notes)
    with pytest.raises(Refusal, match=words.replace("?", "\\?")):
        find_delivery(bench.ledger, bench.home.landing, name)


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def report_of(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `commongrid report` on the bench's home; what it printed."""
    from pipelines.cli.output import Output
    from pipelines.cli.reporting import write_report

    monkeypatch.setenv("COMMONGRID_HOME", str(bench.home.root))
    monkeypatch.setenv("COMMONGRID_SPECS", str(SPECS))

    def call(name: str, out: Path | None = None, as_json: bool = True) -> Any:
        capsys.readouterr()
        write_report(Output(as_json), name, out)
        printed = capsys.readouterr().out
        return json.loads(printed) if as_json else printed

    return call


def test_the_command_writes_both_files_and_says_whose_move_it_is(bench: Bench, tmp_path: Path, report_of: Any) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    [delivery] = bench.ledger.rows(led.delivery)
    told = report_of("AV_0325.csv")
    stem = (
        bench.home.root
        / "reports"
        / "demo_northmark"
        / "abandoned_vehicle"
        / f"AV_0325.csv-{delivery['delivery_id'][:8]}"
    )
    assert (told["html"], told["csv"]) == (f"{stem}.html", f"{stem}.csv")
    assert Path(told["html"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (told["whose_move"], told["issues"], told["rows"]["kept_out"]) == ("both", 11, 8)
    printed = report_of("AV_0325.csv", tmp_path / "out", as_json=False)
    assert "theirs    bad_value in Date reported: 2 rows" in printed
    assert "It is the partner's move and ours: send both files to Northmark" in printed
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".html"]


def test_the_command_says_that_several_go_by_a_name(bench: Bench, tmp_path: Path, report_of: Any) -> None:
    for n, day in enumerate(("2025-04-11", "2025-05-09")):
        bench.load(northmark(tmp_path / day, [vehicle(n + m) for m in range(9)]))
    told = report_of("AV_0325.csv")
    assert len(told["others"]) == 1
    assert "2 deliveries go by that name" in report_of("AV_0325.csv", as_json=False)


def test_the_command_waits_for_no_load_and_changes_nothing(bench: Bench, tmp_path: Path, report_of: Any) -> None:
    bench.load(northmark(tmp_path / "2025-04-11", faulty()))
    bench.ledger.close()
    before = bench.home.ledger.read_bytes()
    with bench.home.alone():
        assert report_of("AV_0325.csv")["ok"] is True
    assert bench.home.ledger.read_bytes() == before


def test_a_name_too_long_or_unfit_for_a_file_is_cut(bench: Bench, tmp_path: Path, report_of: Any) -> None:
    name = f"{'é' * 110}:?.csv"
    bench.load(northmark(tmp_path, faulty(), name=name), feed="demo_northmark/abandoned_vehicle", period="2025-03")
    told = report_of(name)
    assert len(Path(told["html"]).name.encode()) < 200
    assert Path(told["html"]).exists()
