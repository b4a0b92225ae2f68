"""Councils made for tests that record abandoned vehicles each in its own way, and an indicator of what they count."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from pipelines.specs.check import load_specs
from pipelines.specs.load import SpecSet
from tests.conftest import ROOT
from tests.integration.street import EAST_PARENT, WEST_PARENT

# Points of the National Grid in the wards of `street.py`.
WEST, EAST = "501500,151500", "508500,151500"
PLAIN = "unit: report, clock: reported, place: incident"

_PARTNER = """
title: {name}
description: A council made for tests
contact: {{role: data desk}}
suppliers:
  {name}: {{title: {name}, speaks_for: [{area}]}}
"""
_FEED = """
title: Abandoned vehicles by {name}
cadence: {{every: month, due: 20 days after}}
recording: {{{recording}}}
retention: 5 years
versions:
  - valid_from: 2013-01
    files: "{name}-{{period:%Y-%m}}.csv"
    format: {{type: csv}}
    columns:
      Ref: source_id
      Day: {{field: occurred, date: "%Y-%m-%d"}}
      Kind: {{field: category_code, map: kind}}
    location: [{{by: coordinates, x: E, y: N, crs: "EPSG:27700"}}]
"""
_INDICATOR = """
title: Vehicles
definition: Made for tests
rationale: Made for tests
kind: outcome
sharing_sense: 1
polarity: low_is_good
framework: local
lead_partner: demo_county_council
numerator: {{dataset: abandoned_vehicle, unit_counted: report}}
denominator: {{dataset: population_estimate, measure: residents}}
scale: 1000
unit: per 1,000 residents
period_types: [month, financial_year]
allows: [{allows}]
"""


def recording(
    folder: Path, councils: Mapping[str, str], *, allows: str = "", people: str = "", clock: str = "snapshot"
) -> SpecSet:
    """The shipped datasets and lists, these councils with what each says of its recording, and one indicator.

    Args:
        folder: where the specs are written, in place of earlier ones.
        councils: council to its `recording` in YAML; those whose names begin with `east` speak for the east ward, the
            others for the west.
        allows: what the indicator allows.
        people: what more the feed of residents says of its recording.
        clock: the clock of that feed.
    """
    root = folder / "specs"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(ROOT / "ingest_specs", root)
    for path in (root / "partners").iterdir():
        if path.name != "demo_county_council":
            shutil.rmtree(path)
    for path in (root / "indicators").iterdir():
        path.unlink()
    (root / "indicators" / "vehicles.yml").write_text(_INDICATOR.format(allows=allows))
    population = root / "partners" / "demo_county_council" / "population_estimate.yml"
    text = population.read_text().replace("2022", "2013").replace("  place: area\n", f"  place: area\n{people}")
    text = text.replace("clock: snapshot", f"clock: {clock}")
    population.write_text(text)
    for name, said in councils.items():
        partner = root / "partners" / name
        (partner / "codes").mkdir(parents=True)
        area = EAST_PARENT if name.startswith("east") else WEST_PARENT
        (partner / "partner.yml").write_text(_PARTNER.format(name=name, area=area))
        (partner / "codes" / "kind.csv").write_text(
            "raw,action,code,agreed_by,agreed_on\nCAR,map,car,waste team,2014-01-01\n"
        )
        (partner / "abandoned_vehicle.yml").write_text(_FEED.format(name=name, recording=said))
    return load_specs(root)


def sheet(folder: Path, council: str, month: str, cars: int = 1, *, at: str = WEST) -> Path:
    """Write a council's file of a month: so many cars found at a point."""
    lines = [f"{council}-{month}-{number},{month}-15,CAR,{at}" for number in range(cars)]
    path = folder / f"{council}-{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["Ref,Day,Kind,E,N", *lines]) + "\n", encoding="utf-8")
    return path


def residents(folder: Path, year: int = 2014) -> Path:
    """Write that a thousand people live in each ward."""
    lines = [f"ward_2014,{code},Usual residents,1000" for code in ("W01", "W02")]
    lines += [f"other_2014,X{number},Usual residents,1000" for number in range(210)]
    path = folder / f"{year + 1}-02-14" / f"population_{year}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["Geography,Code,Measure,Value", *lines]) + "\n", encoding="utf-8")
    return path
