"""A new partner is data: one folder of specs, a workbook in a format of its own, and its figures are published."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench
from tests.integration.street import add_wards, wards
from tests.unit.test_names import record, tile
from warehouse.home import Home

GIVEN = Path(__file__).parent / "new_partner"
FEED = "southmark/abandoned_vehicle"
AS_OF = date(2024, 9, 30)
SOURCES = ("pipelines", "dbt_project", "quality_checks", "warehouse")
SHEETS = ("Apr 2024", "May 2024", "Jun 2024")

# The council's map, drawn for this test: two villages, each with a High Street. The wards of `street.py` part at an
# easting of about 504,800.
STREETS = {
    ("High Street", "Ashby"): (501_400, 151_400, 501_700, 151_500),
    ("The Green", "Ashby"): (501_000, 151_000, 501_200, 151_200),
    ("High Street", "Southford"): (508_400, 151_400, 508_700, 151_500),
    ("Mill Lane", "Southford"): (508_000, 151_000, 508_300, 151_200),
}
EDGE = 504_800

# What the council says its codes mean, kept apart from the code map that is under test.
MEANS = {"V1": "car", "V2": "motorcycle", "V3": "caravan", "V4": "large"}
# Case number to the issue its row is kept out by, and a word of what is said of it.
ASIDE = {
    "SM/106": ("unmapped_code", "codes/veh.csv"),
    "SM/107": ("bad_value", "%d/%m/%y"),
    "SM/110": ("bad_value", "%d/%m/%y"),
    "SM/114": ("wrong_period", "2024-05"),
    "": ("missing_value", "source_id"),
}


@pytest.fixture
def council(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A fresh home, whose specs are the shipped ones and one folder more."""
    specs = tmp_path / "specs"
    shutil.copytree(ROOT / "ingest_specs", specs)
    shutil.copytree(GIVEN / "southmark", specs / "partners" / "southmark")
    monkeypatch.setenv("COMMONGRID_HOME", str(bench.home.root))
    monkeypatch.setenv("COMMONGRID_SPECS", str(specs))
    home = Home.from_environment()
    add_wards(home.boundaries, wards(tmp_path))
    _add_streets(home, tmp_path)
    yield Bench(home, load_specs(home.specs), bench.ledger)


def _add_streets(home: Home, folder: Path) -> None:
    from pipelines.place.directories.names import add_names

    records = [
        record(name, bounds, populated_place=village, district_borough="Southmark", postcode_district="")
        for (name, village), bounds in STREETS.items()
    ]
    for village, west in (("Ashby", 500_500), ("Southford", 507_500)):
        bounds = (west, 150_500, west + 2_000, 152_500)
        records.append(record(village, bounds, "Village", populated_place="", district_borough="Southmark"))
    add_names([tile(folder / "TQ05.csv", records)], home.names, fewer=True)


def _workbook(path: Path) -> Path:
    """The council's workbook: two rows of title, a header, the rows, a total; a sheet a month, and one of notes."""
    with (GIVEN / "rows.csv").open(encoding="utf-8", newline="") as file:
        (_, *header), *rows = list(csv.reader(file))
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["V codes: see the crew's handbook"])
    for name in SHEETS:
        of_month = [row[1:] for row in rows if row[0] == name]
        sheet = book.create_sheet(name)
        sheet.append(["Southmark District Council"])
        sheet.append([f"Abandoned vehicles, {name}"])
        sheet.append(header)
        for row in of_month:
            sheet.append([_cell(text) for text in row])
        sheet.append(["Total", len(of_month)])
    path.parent.mkdir(parents=True)
    book.save(path)
    return path


def _cell(text: str) -> str | date | None:
    """A cell as a spreadsheet keeps it: what looks like an ISO date was typed so that it became one."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return text or None


def _counted(workbook: Path) -> Counter[tuple[date, str, str]]:
    """An independent count of the workbook: (month, ward, kind) to how many vehicles, by plain reading."""
    counts: Counter[tuple[date, str, str]] = Counter()
    seen = set()
    for sheet in openpyxl.load_workbook(workbook).worksheets:
        if sheet.title not in SHEETS:
            continue
        month = datetime.strptime(sheet.title, "%b %Y").date()
        for case, _, kind, road, village, reference, *_ in sheet.iter_rows(min_row=4, values_only=True):
            if case in ("Total", None) or case in ASIDE or case in seen or kind == "T":
                continue
            seen.add(case)
            counts[month, _ward(road or "", village, reference), _meaning(kind, month)] += 1
    return counts


def _meaning(kind: str, month: date) -> str:
    if kind == "V5":
        return "other" if month < date(2024, 6, 1) else "large"
    return MEANS[kind]


def _ward(road: str, village: str | None, reference: str | None) -> str:
    """The ward of the middle of the street, else of the square of the grid reference (TQ begins at 500,000)."""
    for (street, place), (west, _, east, _) in STREETS.items():
        if place == village and street.replace("Street", "St") in road.replace("Street", "St"):
            return "W01" if (west + east) / 2 < EDGE else "W02"
    if reference is None:
        return "unplaced"
    figures = reference.split()[1]
    return "W01" if 500_000 + int(figures) * 10 ** (5 - len(figures)) < EDGE else "W02"


def _hashes(root: Path, *folders: str) -> dict[str, str]:
    """Every file below some folders of `root`, all of it if none is named, with a hash of what it holds."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders or (".",)
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def test_a_new_partner_is_one_folder_and_its_figures_are_those_of_its_file(council: Bench, tmp_path: Path) -> None:
    before = _hashes(ROOT, *SOURCES)
    assert {Path(name).suffix for name in before} >= {".py", ".sql"}, "the sources lie where they are looked for"
    path = _workbook(council.home.landing / "southmark" / "2024-07-05" / "Southmark AV Q1 2024-25.xlsx")
    # Once it is loaded, the file lies sealed: this council sends who keeps a vehicle.
    counted = _counted(path)
    done, ok = council.run(AS_OF)
    assert ok, council.said
    assert done["publish"]["new"]

    assert _published(council.home) == counted
    assert len(counted) > 6 and {area for _, area, _ in counted} == {"W01", "W02", "unplaced"}
    assert _hashes(ROOT, *SOURCES) == before
    shipped, used = (set(_hashes(folder).items()) for folder in (ROOT / "ingest_specs", council.home.specs))
    assert {str(Path(name).parents[-3]) for name, _ in shipped ^ used} == {"partners/southmark"}


def _published(home: Home) -> dict[tuple[date, str, str], int]:
    """The figures of the release as a reader gets them, where they are not nought."""
    sql = (
        "select period_start, area_code, category_code, count from record_counts where partner = 'southmark' "
        "and period_type = 'month' and boundary_set = 'ward_2014' and count > 0"
    )
    return {(month, area, kind): count for month, area, kind, count in _ask(home, sql)}


def _ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect(str(home.releases / "restricted" / "current" / "commongrid.duckdb"), read_only=True) as release:
        return release.execute(sql).fetchall()


def test_what_is_kept_out_of_a_new_partners_file_has_its_reason(council: Bench) -> None:
    _workbook(council.home.landing / "southmark" / "2024-07-05" / "Southmark AV Q1 2024-25.xlsx")
    assert council.load().ok
    kept = pl.concat([pl.read_parquet(file) for file in council.home.quarantine.rglob("*.parquet")], how="diagonal")
    reasons = {
        (json.loads(row["record"])["Case"] or "", row["outcome"]): (row["issue_type"], row["message"])
        for row in kept.iter_rows(named=True)
    }
    quarantined = {case: said for (case, outcome), said in reasons.items() if outcome == "quarantined"}
    assert quarantined.keys() == ASIDE.keys()
    for case, (issue, word) in ASIDE.items():
        assert quarantined[case][0] == issue
        assert word in quarantined[case][1]
    others = {key: issue for key, (issue, _) in reasons.items() if key[0] not in quarantined}
    assert others == {("SM/105", "ignored"): "ignored_code", ("SM/108", "duplicate"): "repeated_record"}
    assert not any("Keeper" in json.loads(text) for text in kept["record"])
