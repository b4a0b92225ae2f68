"""A probation service made for tests: its feed of people, and its files."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from pipelines.protect.keys import new_key, write_key
from pipelines.specs.check import load_specs
from pipelines.specs.load import SpecSet
from tests.conftest import ROOT, code_map

FEED = "testshire_probation/probation_start"
_FILES = {
    "partner.yml": """
title: Testshire probation
description: A service made for tests
contact: {role: data desk}
suppliers:
  testshire: {title: Testshire, speaks_for: [E07000209]}
""",
    "probation_start.yml": """
title: Orders begun
cadence: {every: month, due: 20 days after}
recording: {unit: order, clock: occurred, place: home}
retention: 5 years
versions:
  - valid_from: 2014-01
    files: "starts-{period:%Y-%m}.csv"
    format: {type: csv}
    columns:
      Order: source_id
      CRN: person_ref
      Name: person_name
      DOB: {field: age_band, born: "%d/%m/%Y"}
      Begun: {field: occurred, date: "%d/%m/%Y"}
      Kind: {field: category_code, map: kind}
      Tier: {field: tier_code, map: tier}
    location: [{by: postcode_sector, column: Sector}]
    expect: {quarantined_share: 1}
""",
    "codes/kind.csv": code_map("CO,map,community_order", "LIC,map,licence"),
    "codes/tier.csv": code_map("1,map,tier_1", "2,map,tier_2", "3,map,tier_3"),
}
HEADER = "Order,CRN,Name,DOB,Begun,Kind,Tier,Sector"


def probation_specs(folder: Path) -> SpecSet:
    """The shipped specs with the service's feed."""
    specs = folder / "specs"
    shutil.copytree(ROOT / "ingest_specs", specs, dirs_exist_ok=True)
    for name, text in _FILES.items():
        path = specs / "partners" / "testshire_probation" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_specs(specs)


def make_key(folder: Path, feed: str = FEED, purpose: str = "linkage") -> None:
    """A key of the feed, in a folder of keys."""
    write_key(folder, new_key(feed, purpose, "Information governance manager", date(2014, 1, 1)))


def starts(folder: Path, *rows: str, month: str = "2014-05") -> Path:
    """A month's file of rows as the header has them."""
    path = folder / f"starts-{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path
