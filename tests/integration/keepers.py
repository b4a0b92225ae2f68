"""A partner made for tests that sends people: abandoned vehicles with the name of who keeps them.

Its files come as text until 2014, with a companion in 2015, and as workbooks from 2016.
"""

from __future__ import annotations

import gzip
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench, code_map
from tests.unit.workbooks import workbook

PARTNER, FEED = "keepershire", "keepershire/abandoned_vehicle"
# Found nowhere but in what a partner sent.
PLANTED = "Zebedee Quillfeather"
HEADER = ["Ref", "Day", "Kind", "E", "N", "Keeper"]
CSV, BESIDE, BOOK = "av-2014-05.csv", "av-2015-05.csv", "av-2016-05.xlsx"

_PARTNER = """
title: Keepershire
description: A council made for tests
contact: {role: data desk}
suppliers:
  keepershire: {title: Keepershire, speaks_for: [E07000209, E07000210]}
"""
_FEED = """
title: Abandoned vehicles and who keeps them
cadence: {every: month, due: 20 days after}
recording: {unit: report, clock: reported, place: incident}
retention: RETENTION
versions:
"""
_VERSION = """
  - valid_from: FROM
    files: "av-{period:%Y-%m}.ENDING"
    format: {type: FORMAT}
    columns:
      Ref: source_id
      Day: {field: occurred, date: "%Y-%m-%d"}
      Kind: {field: category_code, map: kind}
      Keeper: keeper_name
    location: [{by: coordinates, x: E, y: N, crs: "EPSG:27700"}]
    replaces: reporting_period
    expect: {quarantined_share: 0.9}
"""
_COMPANION = """    companion: "{stem}.ctl"
    control: [{of: rows, stated_in: companion, match: '(\\d+) of'}]
"""


def _version(valid_from: str, ending: str = "csv", kind: str = "csv") -> str:
    return _VERSION.replace("FROM", valid_from).replace("ENDING", ending).replace("FORMAT", kind)


def people(bench: Bench, folder: Path, retention: str = "6 years", columns: str = "Keeper: keeper_name") -> Bench:
    """The bench with the shipped specs and this partner, written below `folder`."""
    root = folder / "specs"
    if not root.exists():
        shutil.copytree(ROOT / "ingest_specs", root)
    partner = root / "partners" / PARTNER
    (partner / "codes").mkdir(parents=True, exist_ok=True)
    (partner / "partner.yml").write_text(_PARTNER)
    (partner / "codes" / "kind.csv").write_text(code_map("C,map,car", "X,ignore,"))
    versions = [
        _version("2014-01"),
        _version("2015-01") + _COMPANION,
        _version("2016-01", "xlsx", "xlsx, sheet: Removals"),
    ]
    text = _FEED.replace("RETENTION", retention) + "".join(versions)
    (partner / "abandoned_vehicle.yml").write_text(text.replace("Keeper: keeper_name", columns))
    home = replace(bench.home, specs=root)
    return replace(bench, home=home, specs=load_specs(root))


def rows(month: str, keeper: str = PLANTED, kind: str = "C") -> list[list[str]]:
    """The header and two vehicles; the second of a kind that no map knows, so that it goes to quarantine."""
    return [
        HEADER,
        ["1", f"{month}-03", kind, "501500", "151500", keeper],
        ["2", f"{month}-04", "?", "508500", "151500", f"{keeper} Jr"],
    ]


def text(month: str, keeper: str = PLANTED) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows(month, keeper)).encode()


def send(landing: Path, *names: str, keeper: str = PLANTED) -> list[Path]:
    """Put files of these names into the partner's folder of landing: .csv, .csv.gz, .zip of the first, .xlsx, .ctl."""
    made = []
    for name in names:
        path = landing / PARTNER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        month = name[3:10]
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr(f"av-{month}.csv", text(month, keeper))
                packed.writestr("readme.txt", keeper)
        elif name.endswith(".gz"):
            path.write_bytes(gzip.compress(text(month, keeper)))
        elif name.endswith(".ctl"):
            path.write_text(f"2 of {keeper}\n")
        elif name.endswith(".xlsx"):
            path.write_bytes(workbook(*rows(month, keeper)))
        else:
            path.write_bytes(text(month, keeper))
        made.append(path)
    return made
