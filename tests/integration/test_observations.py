"""A new dataset of supplied figures, declared by files alone, from a wide table to the published figures."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench, classed, code_map

FILES = {
    "datasets/litter.yml": classed("""
title: Litter
description: Bags of litter taken away, by kind of street.
shape: observation
key: [area_code, category_code, season]
fields:
  area_code: {type: text, required: true, sensitivity: plain, description: The ward}
  category_code: {type: code, list: street_kind, required: true, sensitivity: plain, description: What kind of street}
  season: {type: text, sensitivity: plain, description: Which half of the year}
  value: {type: number, min: 0, sensitivity: plain, description: How many bags}
  symbol: {type: code, list: value_symbol, sensitivity: plain, description: What stands in place of the figure}
"""),
    "codelists/street_kind.csv": "code,label\nroad,Road\npath,Path\n",
    "partners/fernshire/partner.yml": """
title: Fernshire
description: A council.
contact: {role: Street scene}
suppliers: {fernshire: {title: Fernshire}}
""",
    "partners/fernshire/codes/street.csv": code_map("Roads,map,road", "Paths,map,path"),
    "partners/fernshire/litter.yml": """
title: Litter by ward, a column a kind of street
cadence: {every: financial_year, due: 90 days after}
recording: {unit: removal, clock: reported, place: area}
retention: 6 years
boundary_set: fernshire_ward
versions:
  - valid_from: 2010
    files: "{issued:%Y-%m-%d}/litter.csv"
    format: {type: csv}
    unpivot: {columns: [Roads, Paths], name: Street, value: Bags}
    period: {column: Year, date: "%Y-%y"}
    columns:
      Ward: area_code
      Season: season
      Street: {field: category_code, map: street}
      Bags: {field: value, symbols: {x: suppressed, ":": not_available}}
""",
}
FIRST = "Ward,Year,Season,Roads,Paths\nA,2022-23,summer,5,x\nA,2023-24,summer,:,0\nB,2023-24,,7,8\n"
FIGURES = """
select area_code, period_start, category_code, breakdown, value, status, boundary_set, measure, revision
from observations where dataset = 'litter' order by all
"""


@pytest.fixture
def litter(bench: Bench, tmp_path: Path) -> Bench:
    root = tmp_path / "ingest_specs"
    shutil.copytree(ROOT / "ingest_specs", root)
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip("\n"))
    bench.specs = load_specs(root)
    return bench


def land(bench: Bench, issued: str, content: str) -> None:
    path = bench.home.landing / "fernshire" / issued / "litter.csv"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert bench.load().ok


def test_a_new_dataset_of_figures_is_published_without_any_sql(litter: Bench) -> None:
    land(litter, "2024-06-01", FIRST)
    litter.build(as_of=date(2024, 9, 30))
    shared = ("fernshire_ward", "litter", 1)
    assert litter.ask(FIGURES) == [
        ("A", date(2022, 4, 1), "path", "season=summer", None, "suppressed", *shared),
        ("A", date(2022, 4, 1), "road", "season=summer", 5.0, "ok", *shared),
        ("A", date(2023, 4, 1), "path", "season=summer", 0.0, "ok", *shared),
        ("A", date(2023, 4, 1), "road", "season=summer", None, "not_supplied", *shared),
        ("B", date(2023, 4, 1), "path", None, 8.0, "ok", *shared),
        ("B", date(2023, 4, 1), "road", None, 7.0, "ok", *shared),
    ]


def test_a_revision_of_one_year_takes_the_place_of_that_year_alone(litter: Bench) -> None:
    land(litter, "2024-06-01", FIRST)
    litter.build(as_of=date(2024, 9, 30))
    land(litter, "2024-08-01", "Ward,Year,Season,Roads,Paths\nA,2023-24,summer,6,1\n")
    litter.build(as_of=date(2024, 9, 30))
    figures = [(area, start.year, kind, value) for area, start, kind, _, value, *_ in litter.ask(FIGURES)]
    earlier = [("A", 2022, "path", None), ("A", 2022, "road", 5.0)]
    assert figures == [*earlier, ("A", 2023, "path", 1.0), ("A", 2023, "road", 6.0)]
    incremental = litter.hashes()
    litter.build(full=True, as_of=date(2024, 9, 30))
    assert litter.hashes() == incremental
