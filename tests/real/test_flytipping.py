"""A workbook that revises another, and which council's figure it changed: fly-tipping as Defra publishes it.

The .ods of 2024 repeats the ten years of the .xlsx of 2023 and adds an eleventh. Nothing in it says what it revised.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

pytestmark = pytest.mark.slow

AS_OF = date(2024, 2, 1)
FIRST, SECOND = ("Flytipping.xlsx", date(2023, 1, 11)), ("flytipping_la.ods", date(2024, 1, 24))
ADDED = date(2022, 4, 1)
DECLARED = (
    "datasets/fly_tipping.yml", "datasets/fly_tipping_action.yml", "codelists/fly_tipping_measure.csv",
    "codelists/fly_tipping_category.csv", "codelists/fly_tipping_action.csv",
)  # fmt: skip
# dataset, measure, category, ONS code, first day of the financial year
Figure = tuple[str, str, str, str, str]
Numbers = dict[Figure, float | None]


@dataclass
class Loaded:
    """What became of the two workbooks, loaded in one order."""

    hashes: dict[str, str]
    returns: list[tuple[str, date, date]]
    revisions: list[tuple[Any, ...]]
    releases: list[str] = field(default_factory=list)
    json: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)


def copied_specs(folder: Path) -> Path:
    """The shipped specs and Defra beside them: the models of the shipped datasets need their files."""
    root, real = folder / "ingest_specs", Path(__file__).parent / "specs"
    shutil.copytree(ROOT / "ingest_specs", root)
    shutil.copytree(real / "partners/defra", root / "partners/defra")
    for name in DECLARED:
        shutil.copyfile(real / name, root / name)
    with (root / "codelists/recording_unit.csv").open("a", encoding="utf-8") as units:
        units.write("incident,Incident,Each time something was found\n")
    return root


def loaded(bench: Bench, data: Path, files: tuple[tuple[str, date], ...]) -> Loaded:
    """Load, build and publish each of the files, and ask what the second one moved."""
    bench.empty()
    districts = data / "geography/lad/lad_2024_bsc.geojson"
    add_boundaries([districts], bench.home.boundaries, "lad", BoundaryFields("LAD24CD", "LAD24NM"), None, None)
    releases = []
    for name, issued in files:
        assert bench.load(data / "councils/defra_flytipping" / name, issued=issued).ok
        bench.build(as_of=AS_OF)
        releases.append(bench.publish(as_of=AS_OF).release_id)
    returns = [(row["feed"], row["period_start"], row["known_on"]) for row in bench.ledger.rows(led.return_)]
    revisions = bench.ask(
        "select dataset, period_start, revision from coverage "
        "where partner = 'defra' and state = 'received' order by all"
    )
    out = bench.home.root / "figures.csv"
    told = json.loads(command(bench.home, "--json"))
    text = command(bench.home, "--csv", str(out), "--limit", "1000")
    rows = list(csv.DictReader(out.open(encoding="utf-8", newline="")))
    return Loaded(bench.hashes(), returns, revisions, releases, told, text, rows)


def command(home: Home, *words: str) -> str:
    line = [sys.executable, "-m", "pipelines.cli.main", "releases", "diff", *words]
    environment = {**os.environ, "COMMONGRID_HOME": str(home.root)}
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def orders(session_home: Home, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Loaded, Loaded]:
    """The two workbooks in the order they were issued in, and the other way round."""
    specs = load_specs(copied_specs(tmp_path_factory.mktemp("specs")))
    bench = Bench(session_home, specs, Ledger(session_home.ledger))
    try:
        return loaded(bench, real_data, (FIRST, SECOND)), loaded(bench, real_data, (SECOND, FIRST))
    finally:
        bench.empty()
        bench.ledger.close()


def codes(name: str) -> dict[str, str]:
    path = Path(__file__).parent / f"specs/partners/defra/codes/{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["raw"]: row["code"] for row in csv.DictReader(file)}


def read_beside(path: Path) -> Numbers:
    """Every figure of a workbook as pandas reads it: money to the penny, None where a cell holds no number."""
    import pandas as pd

    engine: Any = "openpyxl" if path.suffix == ".xlsx" else "calamine"
    measure, category, action = codes("measure"), codes("category"), codes("action")
    found: Numbers = {}
    for sheet, dataset in (("LA_incidents", "fly_tipping"), ("LA_actions", "fly_tipping_action")):
        table = pd.read_excel(path, sheet_name=sheet, header=2, dtype=object, engine=engine)
        for record in table[table["ONS Code"] != "*Total"].to_dict("records"):
            start = f"{str(record['Year'])[:4]}-04-01"
            for heading, cell in record.items():
                name = str(heading).strip()
                if dataset == "fly_tipping" and not re.fullmatch(r".* (Incidents|Clearance Costs \(£\))", name):
                    continue
                if name in ("Year", "ONS Code", "LA Name", "Region"):
                    continue
                kind = (measure[name], category[name]) if dataset == "fly_tipping" else (dataset, action[name])
                is_number = isinstance(cell, int | float) and not math.isnan(cell)
                found[dataset, *kind, str(record["ONS Code"]), start] = round(float(cell), 2) if is_number else None
    return found


@pytest.fixture(scope="module")
def peer(real_data: Path) -> tuple[Numbers, Numbers]:
    folder = real_data / "councils/defra_flytipping"
    return read_beside(folder / FIRST[0]), read_beside(folder / SECOND[0])


def figure(row: dict[str, Any]) -> Figure:
    return (row["dataset"], row["measure"], row["category_code"], row["area_code"], str(row["period_start"]))


def number(value: Any) -> float | None:
    return None if value in (None, "") else round(float(value), 2)


def test_revisions_are_per_financial_year(orders: tuple[Loaded, Loaded]) -> None:
    issued = {feed: [0, 0] for feed in ("defra/fly_tipping", "defra/fly_tipping_action")}
    for feed, _start, known_on in orders[0].returns:
        issued[feed][known_on == SECOND[1]] += 1
    assert issued == {feed: [10, 11] for feed in issued}
    years = [date(year, 4, 1) for year in range(2012, 2023)]
    expected = [(name.split("/")[1], start, 1 if start == ADDED else 2) for name in issued for start in years]
    assert orders[0].revisions == expected


def test_exactly_the_figures_that_changed_are_listed(
    orders: tuple[Loaded, Loaded], peer: tuple[Numbers, Numbers]
) -> None:
    before, after = peer
    both = [key for key in before.keys() | after.keys() if key[4] < ADDED.isoformat()]
    changed = {key: (before.get(key), after.get(key)) for key in both if before.get(key) != after.get(key)}
    assert changed
    told = orders[0].json
    listed = {figure(row): (number(row["old_value"]), number(row["new_value"])) for row in told["figures"]}
    assert len(listed) == len(told["figures"]) == told["moved"]
    assert listed == changed
    assert {row["reason"] for row in told["figures"]} == {"revision"}
    councils = {key[3] for key in changed}
    assert told["areas"] == len(councils)
    assert {row["area_code"] for row in told["figures"] if row["area_name"]} == councils
    lines = [line for line in orders[0].text.splitlines() if re.search(r" [0-9a-f]{8}$", line.rstrip())]
    assert len(lines) == len(changed)
    assert orders[0].text.startswith(f"{len(changed):,} figures moved in {len(councils):,} areas; ")


def test_the_year_that_only_the_second_has_is_new(orders: tuple[Loaded, Loaded], peer: tuple[Numbers, Numbers]) -> None:
    added = {key: value for key, value in peer[1].items() if key[4] == ADDED.isoformat() and value is not None}
    rows = [row for row in orders[0].rows if row["is_new"] == "True"]
    assert {row["reason"] for row in rows} == {"new_period"}
    assert {figure(row): number(row["new_value"]) for row in rows} == added
    assert len(rows) == len(added) == orders[0].json["new_figures"]
    assert len(orders[0].rows) == orders[0].json["moved"] + len(added)


def test_in_the_other_order_the_tables_are_the_same_and_nothing_moved(orders: tuple[Loaded, Loaded]) -> None:
    forward, backward = orders
    assert backward.hashes == forward.hashes
    assert sorted(backward.returns) == sorted(forward.returns)
    assert backward.revisions == forward.revisions
    # The first workbook came late: every year it has is a revision more, and says what it said.
    assert backward.releases[0] != backward.releases[1]
    assert (backward.json["moved"], backward.json["new_figures"], backward.rows) == (0, 0, [])
    assert backward.text.startswith(f"no figure differs between {backward.releases[0]} and {backward.releases[1]}\n")
