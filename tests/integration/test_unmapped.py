"""Unknown codes, from the delivery that brings them to the map that knows them: listed, completed, replayed."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.orchestration.complete_maps import complete_maps
from pipelines.orchestration.replay import replay
from pipelines.reports.unmapped import Unmapped, unmapped
from pipelines.reports.unmapped_csv import HEADER, MAP_LINE, write_unmapped
from pipelines.specs.check import load_specs
from pipelines.specs.models import CodeMapEntry
from pipelines.specs.problems import SpecError
from tests.conftest import ROOT, Bench
from tests.integration.testshire import FEED, KINDS, Row, log, specs_with, version
from warehouse import ledger as led

AGREED = {"agreed_by": "their data desk", "agreed_on": "2014-08-01"}
MAY: list[Row] = [
    (f"a{n}", f"2014-05-{n + 1:02}", kind) for n, kind in enumerate(["burglary", "burglary", "Drug deal", *["B"] * 17])
]
JUNE: list[Row] = [(f"b{n}", f"2014-06-{n + 1:02}", kind) for n, kind in enumerate(["burglary", "007", *["R"] * 18])]


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    bench.specs = specs_with(tmp_path)
    bench.load(log(tmp_path / "sent", MAY), log(tmp_path / "sent", JUNE, "2014-06"))
    return bench


def found(bench: Bench) -> Unmapped:
    return unmapped(bench.home, bench.specs, bench.ledger)


def listed(bench: Bench, path: Path) -> list[dict[str, str]]:
    write_unmapped(found(bench).codes, bench.specs, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def saved(path: Path, rows: list[dict[str, str]]) -> Path:
    """As a spreadsheet saves it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    return path


def agreed() -> dict[str, str]:
    """What says that a line is agreed, where a map's line can say so."""
    return {name: text for name, text in AGREED.items() if name in CodeMapEntry.model_fields}


def kinds(bench: Bench) -> Path:
    return bench.specs.root / "partners" / "testshire" / "codes" / "kind.csv"


def apply(bench: Bench, path: Path) -> dict[Path, int]:
    added = complete_maps(bench.specs, found(bench).codes, path)
    bench.specs = load_specs(bench.specs.root)
    return added


def test_each_unknown_code_is_told_with_its_rows_its_periods_and_what_it_may_mean(council: Bench) -> None:
    told = [(code.reading.key, code.raw, code.rows, code.first_seen, code.last_seen) for code in found(council).codes]
    key = (FEED, "Kind", "kind")
    assert told == [
        (key, "burglary", 3, "2014-05", "2014-06"),
        (key, "007", 1, "2014-06", "2014-06"),
        (key, "Drug deal", 1, "2014-05", "2014-05"),
    ]
    burglary, number, drug = (code.suggestions for code in found(council).codes)
    assert [burglary[0].code, drug[0].code, number] == ["burglary", "drugs", ()]
    assert burglary[0].why.startswith('like "Burglary" (')


def test_a_code_that_has_ended_by_the_time_is_not_suggested(council: Bench, tmp_path: Path) -> None:
    council.specs = specs_with(tmp_path, version("2013-01"))
    for month, ended in (("2013-04", True), ("2013-05", False)):
        rows: list[Row] = [(f"{month}-{n}", f"{month}-09", "Violent crime!" if n == 0 else "B") for n in range(9)]
        council.load(log(tmp_path / month, rows, month))
        [code] = [code for code in found(council).codes if code.raw == "Violent crime!"]
        codes = [suggestion.code for suggestion in code.suggestions]
        assert ("violent_crime" in codes) is ended
        assert codes


def test_the_file_ends_in_the_columns_of_a_maps_line(council: Bench, tmp_path: Path) -> None:
    first, *_ = listed(council, tmp_path / "out.csv")
    assert tuple(first)[-len(MAP_LINE) :] == MAP_LINE
    assert set(CodeMapEntry.model_fields) <= set(MAP_LINE)
    assert [first[name] for name in ("feed", "column", "count", "first_seen", "last_seen", "suggestion_1")] == [
        FEED, "Kind", "3", "2014-05", "2014-06", "burglary",
    ]  # fmt: skip
    assert first["map"] == "specs/partners/testshire/codes/kind.csv"
    assert [first[name] for name in MAP_LINE] == ["burglary", "", "map", "", "", "", "", "", ""]


def test_a_completed_file_brings_the_rows_back(council: Bench, tmp_path: Path) -> None:
    rows = listed(council, tmp_path / "out.csv")
    rows[0] |= {"code": "burglary", "note": "they stopped abbreviating", **agreed()}
    rows[1] |= {"action": "ignore", **agreed()}
    assert apply(council, saved(tmp_path / "done.csv", rows)) == {kinds(council): 2}
    lines = kinds(council).read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["raw", "B", "R", "D", "X", "burglary", "007"]
    assert found(council).answered == {"specs/partners/testshire/codes/kind.csv": 4}
    report = replay(council.home, council.specs, council.ledger, council.said.append)
    assert sorted((row["loaded"], row["quarantined"]) for row in report.again) == [(19, 0), (19, 1)]
    assert [code.raw for code in found(council).codes] == ["Drug deal"]


def test_a_map_that_has_the_columns_is_only_added_to(council: Bench, tmp_path: Path) -> None:
    names = [name for name in MAP_LINE if name in CodeMapEntry.model_fields]
    line = {"raw": "B", "action": "map", "code": "burglary", "note": '"a, b"', **agreed()}
    before = f"\ufeff{','.join(names)}\r\n{','.join(line.get(name, '') for name in names)}"
    kinds(council).write_bytes(before.encode())
    council.specs = load_specs(council.specs.root)
    rows = listed(council, tmp_path / "out.csv")
    rows[2] |= {"code": "drugs", **agreed()}
    apply(council, saved(tmp_path / "done.csv", rows))
    after = kinds(council).read_bytes().decode()
    added = {"raw": "Drug deal", "action": "map", "code": "drugs", **agreed()}
    assert after == f"{before}\r\n{','.join(added.get(name, '') for name in names)}\r\n"


def test_lines_that_nobody_completed_are_left_out(council: Bench, tmp_path: Path) -> None:
    rows = listed(council, tmp_path / "out.csv")
    assert apply(council, saved(tmp_path / "done.csv", rows)) == {}
    assert kinds(council).read_text() == KINDS


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"code": "burglry"}, '"burglry" is not a code of crime_category (did you mean "burglary"?)'),
        ({"code": "burglary", "raw": "7"}, 'no row waits for "7": did a spreadsheet change it from "007"?'),
        ({"code": "burglary", "raw": "B"}, '"B" is in specs/partners/testshire/codes/kind.csv already'),
        ({"code": "burglary", "action": "ignore"}, "a mapped code names its `code`; an ignored one has none"),
        ({"code": "burglary", "valid_from": "soon"}, "valid_from: "),
        ({"code": "burglary", "feed": "testshire/crimes"}, 'there is no feed "testshire/crimes" (did you mean "test'),
        ({"code": "burglary", "column": "Sort"}, 'testshire/crime reads no column "Sort" by "specs/partners/'),
    ],
)
def test_one_line_at_fault_refuses_the_file_by_its_number(
    council: Bench, tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    rows = listed(council, tmp_path / "out.csv")
    path = saved(tmp_path / "done.csv", [rows[0] | changed, rows[2] | {"code": "drugs"}])
    with pytest.raises(SpecError) as refused:
        apply(council, path)
    lines = str(refused.value).splitlines()
    assert any(told.startswith(f"{path}:2: {message}") for told in lines), lines
    assert kinds(council).read_text() == KINDS
    assert not [item for item in kinds(council).parent.iterdir() if item.name.endswith(".part")]


def test_a_text_that_is_completed_twice_refuses_the_file_by_the_second_line(council: Bench, tmp_path: Path) -> None:
    rows = listed(council, tmp_path / "out.csv")
    path = saved(tmp_path / "done.csv", [rows[2] | {"code": code} for code in ("drugs", "burglary")])
    with pytest.raises(SpecError) as refused:
        apply(council, path)
    [problem] = refused.value.problems
    assert (problem.file, problem.line) == (str(path), 3)
    assert '"Drug deal"' in problem.message
    assert kinds(council).read_text() == KINDS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raw,code\nx,y\n", ":1: has no column feed, column, map, action: it is not a file that"),
        (b"raw\xff", ":1: cannot be read: it is not UTF-8"),
    ],
)
def test_another_file_is_refused(council: Bench, tmp_path: Path, text: str | bytes, message: str) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpecError, match=message):
        apply(council, path)


def test_a_text_that_a_spreadsheet_would_run_comes_back_as_it_was_sent(council: Bench, tmp_path: Path) -> None:
    strange = ["=1+1", "'tis", "@home", 'a,"b"']
    sent: list[Row] = [(f"c{n}", "2014-07-01", "B") for n in range(9)]
    path = log(tmp_path / "sent", sent, "2014-07")
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([f"d{n}", "2014-07-02", text, "501500", "151500"] for n, text in enumerate(strange))
    council.load(path)
    rows = [row | {"code": "other_crime", **agreed()} for row in listed(council, tmp_path / "out.csv")]
    assert not any(row["raw"].startswith(("=", "@")) for row in rows)
    apply(council, saved(tmp_path / "done.csv", rows))
    assert {entry.raw for entry in council.specs.feeds[FEED].maps["kind"].entries} >= {*strange, "007"}
    assert found(council).codes == []


def test_values_of_a_field_that_is_not_plain_are_counted_and_never_told(bench: Bench, tmp_path: Path) -> None:
    specs = specs_with(tmp_path)
    path = specs.root / "datasets" / "crime.yml"
    text = path.read_text()
    where = text.index("category_code:")
    path.write_text(text[:where] + text[where:].replace("sensitivity: plain", "sensitivity: quasi_identifier", 1))
    bench.specs = load_specs(specs.root)
    bench.load(log(tmp_path / "sent", MAY))
    assert found(bench).not_shown == {(FEED, "Kind"): 3}
    assert found(bench).codes == []
    assert listed(bench, tmp_path / "out.csv") == []


def test_codes_of_a_delivery_that_was_refused_are_told_until_it_is_answered(council: Bench, tmp_path: Path) -> None:
    strange: list[Row] = [(f"e{n}", "2014-07-01", "Stolen bike") for n in range(9)]
    assert not council.load(log(tmp_path / "refused", strange, "2014-07")).ok
    [code] = [code for code in found(council).codes if code.raw == "Stolen bike"]
    assert (code.rows, code.first_seen) == (9, "2014-07")
    council.load(log(tmp_path / "mended", [(f"e{n}", "2014-07-01", "B") for n in range(9)], "2014-07"))
    assert "Stolen bike" not in {code.raw for code in found(council).codes}


# --- at the command line ----------------------------------------------------------------------------------------------


def _commongrid(bench: Bench, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}
    environment |= {"COMMONGRID_HOME": str(bench.home.root), "COMMONGRID_SPECS": str(bench.specs.root)}
    command = [sys.executable, "-m", "pipelines.cli.main", "unmapped", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_the_command_lists_writes_and_takes_back(council: Bench, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    shown = _commongrid(council, "--feed", FEED, "--out", str(out))
    assert shown.returncode == 0
    assert "3 unknown codes, 5 rows" in shown.stdout
    assert "2014-05 to 2014-06  burglary" in shown.stdout
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["code"] = rows[0]["suggestion_1"]
    wrong = saved(tmp_path / "wrong.csv", [rows[0], rows[2] | {"code": "drug"}])
    refused = _commongrid(council, "--apply", str(wrong))
    assert refused.returncode == 1
    assert f"{wrong}:3: " in refused.stderr
    assert "1 problem; no map was changed" in refused.stderr
    assert kinds(council).read_text() == KINDS
    applied = _commongrid(council, "--apply", str(saved(tmp_path / "done.csv", rows)), "--json")
    assert list(json.loads(applied.stdout)["added"].values()) == [1]
    told = json.loads(_commongrid(council, "--json").stdout)
    assert [(code["raw"], code["count"]) for code in told["codes"]] == [("007", 1), ("Drug deal", 1)]
    assert told["answered"] == {"specs/partners/testshire/codes/kind.csv": 3}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--feed", "testshire/crim"), 'there is no feed "testshire/crim" (did you mean "testshire/crime"?)'),
        (("--apply", "x.csv", "--feed", FEED), "--apply takes the lines of a file back; it goes with no other option"),
    ],
)
def test_bad_usage_is_told(council: Bench, words: tuple[str, ...], message: str) -> None:
    done = _commongrid(council, *words)
    assert (done.returncode, done.stderr.strip()) == (2, message)


def test_a_home_in_which_nothing_was_loaded_has_no_unknown_codes(council: Bench) -> None:
    council.empty()
    assert found(council).codes == []
    assert led.current_returns(council.ledger) == []
