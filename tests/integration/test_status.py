"""The status of a home that was really loaded: what was kept out and why, what lies in landing, what is settled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path, PurePath

import pytest
from sqlalchemy import insert

from pipelines.orchestration.decisions import accept
from pipelines.reports.moves import Move
from pipelines.reports.status import Status, status_of
from pipelines.reports.status_page import status_page
from pipelines.reports.sweep import swept
from pipelines.specs.check import load_specs
from tests.conftest import AS_OF, ROOT, Bench
from tests.integration.street import EAST, WEST, street
from tests.unit.makers import spoiled
from warehouse import ledger as led
from warehouse.journal import Journal

ROWS = [(f"a{n}", WEST, "Burglary") for n in range(40)]
# Two rows of forty: few enough for the file to be taken.
WITH_SINS = [*ROWS[:38], ("s1", EAST, "Sin"), ("s2", EAST, "Sloth")]


def status(bench: Bench, as_of: date | None = None, **options: object) -> Status:
    """The status as of a day; the day itself is today unless another is named."""
    options.setdefault("today", as_of or date.today())
    return status_of(bench.home, bench.specs, bench.ledger, as_of or date.today(), **options)  # type: ignore[arg-type]


def moves(bench: Bench, *kinds: str) -> list[Move]:
    return [move for move in status(bench).moves if move.kind in kinds]


def test_unmapped_codes_are_told_with_their_rows_and_the_file_to_complete(bench: Bench, tmp_path: Path) -> None:
    june = [*WITH_SINS, ("s3", WEST, "Sin"), *((f"b{n}", WEST, "Drugs") for n in range(30))]
    bench.load(street(tmp_path, WITH_SINS), street(tmp_path, june, month="2014-06"))
    [move] = moves(bench, "unmapped")
    assert move.what == 'police_uk/crime: 5 rows with 2 unmapped codes in Crime type: "Sin" (3), "Sloth" (2)'
    assert "ingest_specs/partners/police_uk/codes/category.csv" in move.do
    assert move.whose == "us"
    totals = status(bench).totals
    assert (totals.unmapped, totals.unmapped_codes, totals.quarantined) == (5, 2, 5)


def test_only_deliveries_that_are_current_are_told_of(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path / "1", WITH_SINS), issued=date(2014, 7, 1))
    assert moves(bench, "unmapped")
    bench.load(street(tmp_path / "2", ROWS), issued=date(2014, 8, 1))
    assert not moves(bench, "unmapped", "quarantined")
    assert status(bench).totals.quarantined == 0


def test_quarantined_rows_are_told_by_issue_type_with_where_the_first_stands(bench: Bench, tmp_path: Path) -> None:
    path = street(tmp_path, ROWS)
    path.write_text(path.read_text().replace("a7,2014-05", "a7,2014-06"))
    bench.load(path)
    [move] = moves(bench, "quarantined")
    assert move.whose == "police_uk"
    assert "1 row quarantined: wrong_period; first 2014-05-surrey-street.csv:9" in move.what
    assert status(bench).totals.quarantined == 1


def test_a_refused_delivery_is_a_move_until_a_later_return_answers_it(bench: Bench, tmp_path: Path) -> None:
    bad = street(tmp_path, [*ROWS[:2], *[("x", EAST, "Witchcraft")] * 3])
    bench.load(bad)
    [move] = moves(bench, "refused")
    assert move.what.startswith("police_uk/crime of surrey, May 2014: refused: too_many_quarantined: 2014-05-surrey")
    assert (move.whose, move.suppliers, move.periods) == ("police_uk", ("surrey",), (date(2014, 5, 1),))
    bench.load(street(tmp_path / "other month", ROWS, month="2014-06"))
    assert moves(bench, "refused")
    bench.load(street(tmp_path / "mended", ROWS))
    assert not moves(bench, "refused")
    assert status(bench).totals.refused == 0
    # A correction that cannot be read is news, though there is a return for its period.
    street(tmp_path, [*ROWS[:3], *[("x", EAST, "Witchcraft")] * 3])
    bench.load(bad)
    assert len(moves(bench, "refused")) == 1


def test_a_held_return_is_ours_until_it_is_accepted_or_another_is(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path / "1", ROWS), issued=date(2014, 7, 1))
    for number, settled in enumerate(("accepted", "revised")):
        month = 8 + number
        held = street(tmp_path / settled, ROWS[: 5 + number])
        assert bench.load(held, issued=date(2014, month, 1)).held
        [move] = moves(bench, "held")
        [row] = bench.ledger.rows(led.return_, state="held")
        assert (move.whose, move.since) == ("us", date(2014, month, 1))
        assert move.what.startswith("police_uk/crime of surrey, May 2014: held: revision_halved: ")
        assert f"commongrid accept {row['delivery_id'][:8]} --reason" in move.do
        assert status(bench).totals.held == 1
        if settled == "accepted":
            accept(bench.ledger, bench.specs, Journal(bench.home.journal), row["delivery_id"], "they merged records")
            bench.load(street(tmp_path / "more", ROWS[:30]), issued=date(2014, 8, 20))
        else:
            bench.load(street(tmp_path / "whole", ROWS[:29]), issued=date(2014, 10, 1))
        assert not moves(bench, "held")


def test_a_past_day_knows_only_what_was_known_then(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path / "1", ROWS[:30], month="2014-04"), issued=date(2014, 6, 1))
    bench.load(street(tmp_path / "1", ROWS), issued=date(2014, 7, 1))
    bench.load(street(tmp_path / "2", WITH_SINS), issued=date(2014, 9, 1))
    bench.load(street(tmp_path / "1", [("x", EAST, "Witchcraft")], month="2014-06"), issued=date(2014, 9, 15))
    (bench.home.landing / "notes.txt").write_text("today")

    def may_and_june(as_of: date) -> list[tuple[str, int | None]]:
        cells = status(bench, as_of, today=AS_OF).grid[0].lines[0].cells
        return [(cell.state, cell.revision) for cell in cells if cell and cell.period_start.month in (5, 6)]

    assert may_and_june(date(2014, 6, 15)) == [("due", None), ("not_due", None)]
    assert may_and_june(date(2014, 8, 2)) == [("received", 1), ("due", None)]
    assert may_and_june(date(2014, 9, 10)) == [("received", 2), ("late", None)]
    assert may_and_june(date(2014, 9, 20)) == [("received", 2), ("refused", None)]
    kinds = {
        day: {move.kind for move in status(bench, day, today=AS_OF).moves}
        for day in (date(2014, 8, 2), date(2014, 9, 20))
    }
    assert kinds == {date(2014, 8, 2): set(), date(2014, 9, 20): {"refused", "unmapped"}}
    assert status(bench, date(2014, 8, 2), today=AS_OF).is_past
    assert "landing" in {move.kind for move in status(bench).moves}


def _put(bench: Bench, name: str, text: str = "text") -> Path:
    path = bench.home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _swept(bench: Bench, **options: Callable[[PurePath], bool]) -> dict[str, str]:
    return {item.path: item.kind for item in swept(bench.home, bench.ledger, **options)}


def test_every_file_in_landing_that_no_delivery_records_is_found(bench: Bench) -> None:
    folder = bench.home.landing / "police_uk"
    may, june = (street(folder, ROWS, month=month) for month in ("2014-05", "2014-06"))
    july = street(folder, [("x", EAST, "Witchcraft")], month="2014-07")
    shutil.copy(may, folder / "copy of 2014-05-surrey-street.csv")
    (folder / "copy").mkdir()
    shutil.copy(may, folder / "copy" / may.name)
    _put(bench, "police_uk/notes.txt")
    bench.load()
    assert bench.ledger.rows(led.delivery, state="refused")
    # What was taken, is a duplicate, or was refused as a delivery, is recorded; what no feed claims is not.
    assert _swept(bench) == {
        "police_uk/copy of 2014-05-surrey-street.csv": "not_taken", "police_uk/notes.txt": "not_taken",
    }  # fmt: skip
    [notes] = [item for item in swept(bench.home, bench.ledger) if item.path.endswith("notes.txt")]
    assert (notes.issue_type, notes.why.startswith("no feed of police_uk takes a file of this name")) == (
        "no_feed_claims",
        True,
    )
    _put(bench, "police_uk/2014-08-surrey-street.csv")
    _put(bench, "police_uk/2014-09-surrey-street.csv.part")
    _put(bench, ".DS_Store")
    _put(bench, ".old/2014-01-surrey-street.csv")
    (folder / "link.csv").symlink_to(folder / "nowhere.csv")
    may.write_text(may.read_text() + "\n")
    june.unlink()
    july.unlink()
    found = _swept(bench)
    assert found == {
        ".DS_Store": "hidden",
        ".old/2014-01-surrey-street.csv": "hidden",
        "police_uk/2014-05-surrey-street.csv": "changed",
        "police_uk/2014-06-surrey-street.csv": "gone",
        "police_uk/2014-08-surrey-street.csv": "not_loaded",
        "police_uk/2014-09-surrey-street.csv.part": "unfinished",
        "police_uk/copy of 2014-05-surrey-street.csv": "not_taken",
        "police_uk/link.csv": "not_taken",
        "police_uk/notes.txt": "not_taken",
    }
    without = _swept(bench, is_companion=lambda path: path.suffix == ".txt")
    assert found.keys() - without.keys() == {"police_uk/notes.txt"}
    assert {item.since for item in swept(bench.home, bench.ledger)} <= {
        date.today() - timedelta(days=1), date.today(), date.today() + timedelta(days=1),
    }  # fmt: skip


def test_what_lies_in_landing_is_whose_move_and_settled_by_a_load(bench: Bench) -> None:
    street(bench.home.landing / "police_uk", ROWS)
    [move] = moves(bench, "landing")
    assert (move.whose, move.do) == ("us", "commongrid run")
    assert move.what == "1 file in landing, not loaded yet: police_uk/2014-05-surrey-street.csv"
    bench.load()
    assert not moves(bench, "landing")


def test_a_companion_is_no_file_to_load_and_a_file_may_wait_for_its_own(bench: Bench, tmp_path: Path) -> None:
    pattern = '    files: "{period:%Y-%m}-{supplier}-street.csv"\n'
    stated = """    control:\n      - {of: rows, stated_in: companion, match: '(\\d+) rows'}\n"""
    edit = ("partners/police_uk/crime.yml", pattern, f'{pattern}    companion: "{{name}}.txt"\n{stated}')
    bench.specs = load_specs(spoiled(tmp_path, edit))
    path = street(bench.home.landing / "police_uk", ROWS)
    assert bench.load().waiting
    [move] = moves(bench, "landing")
    name = f"police_uk/{path.name}"
    assert move.what == (
        "1 file in landing, waiting for a companion that has not come: "
        f"{name} (its companion {path.name}.txt has not come)"
    )
    _put(bench, f"{name}.txt", "40 rows")
    assert [move.what for move in moves(bench, "landing")] == [f"1 file in landing, not loaded yet: {name}"]
    bench.load()
    assert not moves(bench, "landing")


def test_a_member_of_an_archive_that_was_refused_is_found_beside_those_that_were_taken(bench: Bench) -> None:
    folder = bench.home.landing / "police_uk"
    with zipfile.ZipFile(_put(bench, "police_uk/2014-05.zip"), "w") as file:
        for supplier in ("atlantis", "surrey"):
            path = street(folder, ROWS, supplier=supplier)
            file.write(path, path.name)
            path.unlink()
    bench.load()
    [item] = swept(bench.home, bench.ledger)
    assert (item.path, item.kind, item.issue_type) == ("police_uk/2014-05.zip", "not_taken", "unknown_supplier")
    assert 'no supplier "atlantis"' in item.why


def test_a_file_that_need_not_be_kept_any_longer_is_not_missed(bench: Bench) -> None:
    path = street(bench.home.landing / "police_uk", ROWS)
    bench.load()
    path.unlink()
    assert [move.what for move in moves(bench, "landing")] == [
        "1 file in landing, loaded, and gone from landing: police_uk/2014-05-surrey-street.csv"
    ]
    in_ten_years = date.today() + timedelta(days=3660)
    assert not [move for move in status(bench, in_ten_years).moves if move.kind == "landing"]


def _commongrid(bench: Bench, *words: str, specs: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}
    environment |= {"COMMONGRID_HOME": str(bench.home.root), "COMMONGRID_SPECS": str(specs or bench.home.specs)}
    command = [sys.executable, "-m", "pipelines.cli.main", "status", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_it_waits_for_nobody_who_loads(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path, ROWS))
    with bench.home.alone(), bench.ledger.change() as connection:
        connection.execute(insert(led.build_state), {"key": "half", "value": "done"})
        done = _commongrid(bench)
    assert done.returncode == 0
    assert "1 return received" in done.stdout


def test_the_command_tells_it_as_text_as_json_and_as_a_page(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path, WITH_SINS))
    (tmp_path / "here").mkdir()
    plain, told, page = (
        _commongrid(bench), _commongrid(bench, "--json", "--as-of", "2030-01-01"),
        _commongrid(bench, "--html", str(tmp_path / "here" / "page.html")),
    )  # fmt: skip
    assert [done.returncode for done in (plain, told, page)] == [0, 0, 0]
    assert "\x1b" not in plain.stdout
    assert 'Crime type: "Sin" (1), "Sloth" (1)' in plain.stdout
    held = json.loads(told.stdout)
    assert (held["ok"], held["as_of"], held["totals"]["unmapped"]) == (True, "2030-01-01", 2)
    assert len(held["grid"][0]["periods"]) == 13
    assert "Whose move" in (tmp_path / "here" / "page.html").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["page.html"]


def test_bad_usage_ends_in_2_and_nothing_else_does(bench: Bench, tmp_path: Path) -> None:
    for words, reason in (
        (["--feed", "police_uk/crimes"], '"police_uk/crimes" (did you mean "police_uk/crime"?)'),
        (["--as-of", "yesterday"], "yesterday is not a date such as 2014-07-31"),
        (["--periods", "0"], "Invalid value for '--periods'"),
        (["--html", str(tmp_path)], "cannot be written"),
    ):
        done = _commongrid(bench, *words)
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
    bench.load(street(tmp_path, [("x", EAST, "Witchcraft")]))
    assert _commongrid(bench).returncode == 0, "what was refused is told, and is no fault of the question"


def test_where_nothing_was_ever_loaded_it_says_so_and_what_to_do(bench: Bench) -> None:
    bench.ledger.close()
    bench.home.ledger.unlink()
    street(bench.home.landing / "police_uk", ROWS)
    done = _commongrid(bench)
    assert done.returncode == 0
    assert "Nothing was ever loaded into" in done.stdout
    assert "commongrid run" in done.stdout
    assert "not loaded yet: police_uk/2014-05-surrey-street.csv" in done.stdout
    assert json.loads(_commongrid(bench, "--json").stdout)["is_loaded"] is False
    assert not bench.home.ledger.exists(), "a question makes nothing"


def test_specs_that_cannot_be_used_are_the_first_thing_told(bench: Bench, tmp_path: Path) -> None:
    bench.load(street(tmp_path / "files", ROWS))
    specs = spoiled(tmp_path, ("partners/demo_westmark/partner.yml", "description:", "descripton:"))
    done = _commongrid(bench, specs=specs)
    assert done.returncode == 0
    first = done.stdout.partition("Whose move\n")[2].splitlines()
    assert "problems: nothing is loaded until they are mended" in " ".join(first[:2])
    assert "commongrid specs check" in " ".join(first[:3])
    assert "1 return received" in done.stdout


def test_a_supplier_that_ended_is_shown_as_not_expected(bench: Bench, tmp_path: Path) -> None:
    force = "    title: Surrey Police\n"
    edit = ("partners/police_uk/partner.yml", force, f"{force}    expected_to: 2014-05\n")
    bench.specs = load_specs(spoiled(tmp_path, edit))
    bench.load(street(tmp_path, ROWS), issued=date(2014, 7, 1))
    found = status(bench, date(2015, 3, 1))
    assert [cell and cell.state for cell in found.grid[0].lines[0].cells] == ["received", *["not_applicable"] * 10]
    assert found.moves == ()


def _pixels(png: bytes) -> bytes:
    """The unpacked rows of a PNG picture."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return zlib.decompress(data)


def test_the_page_can_be_looked_at(bench: Bench, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("there is no chromium here to draw the page with")
    bench.load(street(tmp_path, WITH_SINS), issued=date(2014, 7, 1))
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    drawn = []
    for text in (status_page(status(bench, AS_OF), bench.specs), "<!DOCTYPE html><title>nothing</title>"):
        page.write_text(text, encoding="utf-8")
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}",
            "--window-size=1200,800", f"--screenshot={picture}", page.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        drawn.append(len(set(_pixels(picture.read_bytes()))))
        picture.unlink()
    # How many values the bytes of the picture take: a blank sheet is of one colour.
    assert drawn[0] > 50
    assert drawn[1] < 5
