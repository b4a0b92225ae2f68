"""A county whose agencies send people's names, numbers, birth dates and postcodes, in three formats."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl

from tests.conftest import ROOT, Bench, code_map
from tests.integration.searching import texts_of

PARTNERS = ("weald_csv", "weald_xlsx", "weald_json")
HEADER = ("Ref", "Child No", "Name", "Born", "Contact on", "Level", "Sex", "Postcode", "Worker")
# What must be found nowhere, and what stands for it: (name, number, birth date, postcode, worker).
NAMES = ("Wilhelmina Quickthorn", "Bartholomew Oddfellow", "Zebedee Nightingale-Crumb")
NUMBERS = ("YJ/770031", "yj 770032", "YJ770033")
BORN = ("29/02/2012", "17/03/2009", "04/11/2008")
POSTCODES = ("QX7 3ZD", "QX7 3ZE", "QX7 3ZF")
WORKER = "Ermintrude Blatherwick"
PLANTED = (*NAMES, *NUMBERS, *BORN, *POSTCODES, WORKER, "brian.snodgrass@example.org", "07700 900461", "943 476 5919")
_FEED = """\
title: Children who came to the service
cadence: {{every: month, due: 20 days after, from: 2024-01, to: 2024-03}}
recording: {{unit: case, clock: occurred, place: home}}
retention: 6 years
versions:
  - valid_from: 2020
    files: "children_{{period:%Y-%m}}.{ending}"
    format: {format}
    columns:
      Ref: source_id
      Child No: person_ref
      Name: person_name
      Born: {{field: age_band, born: "{born}"}}
      Contact on: {{field: occurred, date: "{born}"}}
      Level: {{field: category_code, map: level}}
      Sex: {{field: sex_code, map: sex}}
    location: [{{by: postcode, column: Postcode, keep: sector}}]
    ignore: ["Work*"]
    expect: {{quarantined_share: 1}}
"""
_FORMATS = {
    "weald_csv": ("csv", "{type: csv, encoding: utf-8}"),
    "weald_xlsx": ("xlsx", "{type: xlsx, sheet: Children}"),
    "weald_json": ("json", "{type: json, records: children}"),
}
_HOSPITAL = """\
title: Attendances after assault
cadence: {every: month, due: 20 days after, from: 2024-01, to: 2024-03}
recording: {unit: case, clock: occurred, place: incident}
retention: 6 years
versions:
  - valid_from: 2020
    files: "assaults_{period:%Y-%m}.csv"
    format: {type: csv, encoding: utf-8}
    columns:
      Ref: source_id
      When: {field: arrived, date: "%d/%m/%Y"}
      Assaulted: {field: assaulted, date: "%d/%m/%Y"}
      How: {field: category_code, map: how}
      Where: {field: location_text, keep: restricted}
      Age: {field: age_band, age: years}
    location: [{by: postcode, column: Postcode}]
    expect: {quarantined_share: 1}
"""


def people(bench: Bench, folder: Path) -> Bench:
    """The bench with specs of the county's agencies,."""
    root = folder / "ingest_specs"
    shutil.copytree(ROOT / "ingest_specs", root)
    for name in (*PARTNERS, "weald_hospital"):
        own = root / "partners" / name
        (own / "codes").mkdir(parents=True)
        (own / "partner.yml").write_text(
            f"title: {name}\ndescription: x\ncontact: {{role: x}}\nsuppliers: {{{name}: {{title: x}}}}\n"
        )
        (own / "codes" / "level.csv").write_text(code_map("Std,map,standard", "Enh,map,enhanced"))
        (own / "codes" / "sex.csv").write_text(code_map("F,map,female", "M,map,male"))
        (own / "codes" / "how.csv").write_text(code_map("Fist,map,fist"))
        if name in _FORMATS:
            ending, format_ = _FORMATS[name]
            (own / "youth_child.yml").write_text(_FEED.format(ending=ending, format=format_, born="%d/%m/%Y"))
            for unused in ("how",):
                (own / "codes" / f"{unused}.csv").unlink()
        else:
            (own / "assault_attendance.yml").write_text(_HOSPITAL)
            for unused in ("level", "sex"):
                (own / "codes" / f"{unused}.csv").unlink()
    from pipelines.specs.check import load_specs

    bench.specs = load_specs(root)
    bench.home = replace(bench.home, specs=root)
    return bench


def children(month: str = "2024-01") -> list[list[str]]:
    """Good rows, bad rows and rows with people where none belong, of a month."""
    day = f"15/{month[5:]}/{month[:4]}"
    person = [list(item) for item in zip(NUMBERS, NAMES, BORN, strict=True)]
    return [
        ["c1", *person[0], day, "Std", "F", POSTCODES[0], WORKER],
        ["c2", *person[1], "no day", "Std", "M", POSTCODES[1], WORKER],
        ["c3", *person[2], day, "brian.snodgrass@example.org", "M", POSTCODES[2], WORKER],
        ["c4", NUMBERS[0].lower().replace("/", " "), *person[0][1:], day, "Enh", "07700 900461", POSTCODES[0], WORKER],
        ["c5", "--", NAMES[0], "31/12/2030", day, "Nobody Knows", "F", "Flat 3, the old mill", WORKER],
    ]


def written(partner: str, rows: list[list[str]], folder: Path, month: str = "2024-01") -> Path:
    """A file of these rows as the partner sends it, with records in it that nobody can read."""
    ending = _FORMATS[partner][0]
    path = folder / partner / f"children_{month}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if ending == "csv":
        broken = f"c9,{NUMBERS[1]},{NAMES[1]},{BORN[1]},too,many,fields,by,far,{POSTCODES[1]},{WORKER}"
        path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in [HEADER, *rows]) + f"\n{broken}\n")
    elif ending == "json":
        records = [dict(zip(HEADER, row, strict=True)) for row in rows]
        nested = {**records[0], "Ref": "c9", "Level": [NAMES[1]]}
        path.write_text(json.dumps({"children": [*records, nested]}))
    else:
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        page.title = "Children"
        for row in [HEADER, *rows]:
            page.append(row)
        content = io.BytesIO()
        book.save(content)
        path.write_bytes(content.getvalue())
    return path


def assaults(folder: Path, month: str = "2024-01") -> Path:
    """A file of the hospital: places in somebody's words, ages, whole postcodes."""
    day = f"15/{month[5:]}/{month[:4]}"
    rows = [
        ("a1", day, day, "Fist", "Outside the Black Horse", "34", POSTCODES[0]),
        ("a2", day, day, "Fist", f"At home, ask {NAMES[0]} (Brian) on 07700 900461", "17", POSTCODES[1]),
        ("a3", day, day, "Fist", "NHS 943 476 5919", "134", POSTCODES[2]),
    ]
    path = folder / "weald_hospital" / f"assaults_{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        ",".join(("Ref", "When", "Assaulted", "How", "Where", "Age", "Postcode")),
        *(",".join(map(_quoted, row)) for row in rows),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def _quoted(cell: str) -> str:
    return f'"{cell}"'


def texts_below(home_root: Path, landing: Path) -> Iterator[tuple[Path, str]]:
    """Every file of a home but those in landing, as text: Parquet and databases by all that is in them."""
    for path in sorted(home_root.rglob("*")):
        if not path.is_file() or path.is_relative_to(landing) or "dbt-" in str(path.relative_to(home_root)):
            continue
        for _where, text in texts_of(path):
            yield path, text
