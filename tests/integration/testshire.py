"""A partner made for tests: a council that logs its offences with a reference, a day and a grid point."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.specs.check import load_specs
from pipelines.specs.load import SpecSet
from tests.conftest import ROOT, code_map

HEADER = "Ref,Day,Kind,E,N"
FEED = "testshire/crime"
# Two points in the wards of `street.py`: one in each.
WEST, EAST = ("501500", "151500"), ("508500", "151500")

_PARTNER = """
title: Testshire
description: A council made for tests
contact: {role: data desk}
suppliers:
  testshire: {title: Testshire, speaks_for: [E07000209, E07000210]}
"""
_VERSION = """
  - valid_from: 2014-01
    files: "log-{{period:%Y-%m}}.csv"
    format: {{type: csv}}
    columns:
      Ref: source_id
      Day: {{field: occurred, date: "%Y-%m-%d"}}
      Kind: {{field: category_code, map: kind}}
    location: [{{by: coordinates, x: E, y: N, crs: "EPSG:27700"}}]
    replaces: {replaces}
    expect: {{quarantined_share: 0.5}}
"""
_FEED = """
title: Offences that the council logs
cadence: {every: month, due: 20 days after}
recording: {unit: recorded_crime, clock: occurred, place: incident}
retention: 5 years
versions:
"""
KIND_LINES = ("B,map,burglary", "R,map,robbery", "D,map,drugs", "X,ignore,")
KINDS = code_map(*KIND_LINES)

Row = tuple[str, str, str]


def version(
    valid_from: str = "2014-01", *, files: str = "log", valid_to: str = "", replaces: str = "reporting_period"
) -> str:
    """One version of the feed; `files` begins the names of its files."""
    text = _VERSION.format(replaces=replaces).replace("2014-01", valid_from).replace("log-", f"{files}-")
    return text.replace("    files", f"    valid_to: {valid_to}\n    files") if valid_to else text


def specs_with(folder: Path, *versions: str) -> SpecSet:
    """The shipped specs and this partner, with these versions of its feed, written below `folder`."""
    root = folder / "specs"
    if not root.exists():
        shutil.copytree(ROOT / "ingest_specs", root)
    partner = root / "partners" / "testshire"
    (partner / "codes").mkdir(parents=True, exist_ok=True)
    (partner / "partner.yml").write_text(_PARTNER)
    (partner / "codes" / "kind.csv").write_text(KINDS)
    (partner / "crime.yml").write_text(_FEED + "".join(versions or (version(),)))
    return load_specs(root)


def log(folder: Path, rows: list[Row], month: str = "2014-05", *, files: str = "log") -> Path:
    """Write a file of rows (reference, day, kind), placed in the west ward for B and in the east ward else."""
    lines = [f"{ref},{day},{kind},{','.join(WEST if kind == 'B' else EAST)}" for ref, day, kind in rows]
    path = folder / f"{files}-{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path
