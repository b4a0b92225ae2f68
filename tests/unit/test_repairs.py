"""What is mended on the way is told: each row and column, and the text as sent where its field is plain."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.harmonise.aside import counted
from pipelines.harmonise.delivery import Harmonised
from pipelines.harmonise.parts import PART
from pipelines.intake.claims import Declared
from pipelines.orchestration.try_out import trial_of, try_out
from pipelines.place.reference import ReferenceData
from pipelines.read.delivery import read_delivery
from pipelines.read.records import ROW, Records
from tests.conftest import classed
from tests.unit.makers import (
    GUILDFORD,
    SPECS,
    STREET_FILE,
    STREET_HEADER,
    claimed,
    harmonised,
    lenient,
    shipped,
    street,
    street_file,
)
from tests.unit.workbooks import read as read_workbook
from tests.unit.workbooks import workbook

LEFT_OUT = "blanks around it are left out"


def of_rows(*rows: list[str]) -> Harmonised:
    return harmonised(street_file(rows), lenient(claimed(STREET_FILE)))[1]


# --- blanks around a text -------------------------------------------------------------------------------------------


def test_each_row_and_column_with_blanks_around_its_text_is_told() -> None:
    x, y = GUILDFORD
    rows = [street("c1"), street("c2 ", " Burglary", at=(f" {x}", y)), street("c3", "Burglary\t")]
    result = of_rows(*rows)
    assert result.rows["category_code"].to_list() == ["burglary"] * 3
    assert result.issue_rows.rows() == [
        (3, 1, "blanks_trimmed", "Crime ID", None, LEFT_OUT),
        (3, 1, "blanks_trimmed", "Crime type", " Burglary", LEFT_OUT),
        (3, 1, "blanks_trimmed", "Longitude", None, LEFT_OUT),
        (4, 1, "blanks_trimmed", "Crime type", "Burglary\t", LEFT_OUT),
    ]
    assert result.issues == {"blanks_trimmed": 2}


@pytest.mark.parametrize("text", ["", " ", "\t "])
def test_a_cell_with_nothing_in_it_but_blanks_is_empty_and_no_repair(text: str) -> None:
    assert of_rows(street("c1", outcome=text)).issues == {}


def test_a_row_set_aside_for_another_reason_has_its_blanks_told_as_well() -> None:
    assert of_rows(street("c1", " Nuisance")).issues == {"blanks_trimmed": 1, "unmapped_code": 1}


blanks = st.sampled_from(["", "", " ", "\t", "\u00a0", "  "])


@settings(max_examples=40)
@given(st.lists(st.tuples(blanks, blanks), max_size=6))
def test_blanks_change_nothing_but_what_is_told_of_them(around: list[tuple[str, str]]) -> None:
    plain = [street(f"c{number}", "Drugs") for number in range(len(around))]
    padded = [
        [*row[:9], before + row[9] + after, *row[10:]] for row, (before, after) in zip(plain, around, strict=True)
    ]
    with_blanks, without = of_rows(*padded), of_rows(*plain)
    assert with_blanks.rows.equals(without.rows)
    assert with_blanks.issue_rows[ROW].to_list() == [
        number for number, (before, after) in enumerate(around, start=2) if before or after
    ]


TALLY = classed("""\
title: T
description: T
shape: observation
key: [area_code, kind]
fields:
  area_code: {type: text, sensitivity: plain, description: x, required: true}
  kind: {type: text, sensitivity: plain, description: x}
  value: {type: number, sensitivity: plain, description: x}
""")
FEED = """\
title: F
cadence: {every: month, due: 20 days after}
retention: 1 years
boundary_set: ward
recording: {unit: case, clock: reported, place: area}
versions:
  - valid_from: 2000
"""


def tried(folder: Path, name: str, content: bytes, *version: str) -> pl.DataFrame:
    """The issues of a file read by a version of a feed of one dataset of figures, in `issues.csv`."""
    root = folder / "specs"
    for inner in ("datasets", "codelists", "partners/fernshire"):
        (root / inner).mkdir(parents=True)
    (root / "codelists" / "recording_unit.csv").write_text("code,label\ncase,Case\n")
    (root / "datasets" / "tally.yml").write_text(TALLY)
    (root / "partners" / "fernshire" / "partner.yml").write_text(
        "title: F\ndescription: F\ncontact: {role: x}\nsuppliers: {fernshire: {title: F}}\n"
    )
    spec = root / "partners" / "fernshire" / "tally.yml"
    spec.write_text(FEED + "".join(f"    {line}\n" for line in version))
    (folder / name).write_bytes(content)
    try_out(folder / name, trial_of(spec, SPECS, None), Declared(), ReferenceData(None), folder / "out")
    return pl.read_csv(folder / "out" / "issues.csv", infer_schema=False).drop("source", "message")


def test_the_blanks_that_fill_a_field_of_fixed_width_are_no_repair(tmp_path: Path) -> None:
    version = (
        "files: '{period:%Y-%m}.txt'",
        "format: {type: fixed_width, fields: {Ward: [1, 4], N: [5, 8]}}",
        "columns: {Ward: area_code, N: value}",
    )
    assert tried(tmp_path, "2024-05.txt", b"A      1\nB   2   \n", *version).is_empty()


def test_of_a_wide_table_the_cell_is_told_and_not_its_heading(tmp_path: Path) -> None:
    version = (
        "files: '{period:%Y-%m}.csv'",
        "format: {type: csv}",
        "unpivot: {match: '(?P<What>.*) now', value: N}",
        "columns: {Ward: area_code, What: kind, N: value}",
    )
    issues = tried(tmp_path, "2024-05.csv", b"Ward,Roads  now,Paths now\nA, 1,2\n", *version)
    assert issues.rows() == [("2", "1", "blanks_trimmed", "N", " 1")]


def test_of_a_split_cell_the_cell_is_told_and_not_its_parts(tmp_path: Path) -> None:
    version = (
        "files: '{period:%Y-%m}.csv'",
        "format: {type: csv}",
        "split: [{column: Cell, match: '(?P<N>.*)[(](?P<What>.*)[)]'}]",
        "columns: {Ward: area_code, What: kind, N: value}",
    )
    issues = tried(tmp_path, "2024-05.csv", b"Ward,Cell\nA,1 (all)\nB, 2 (all)\n", *version)
    assert issues.rows() == [("3", "1", "blanks_trimmed", "Cell", None)]


# --- headings and line ends -----------------------------------------------------------------------------------------


def delivered(content: bytes, **version: object) -> Records:
    claim = claimed(STREET_FILE)
    claim = type(claim)(claim.feed, claim.version.model_copy(update=version), claim.source, claim.facts)
    return read_delivery(io.BytesIO(content), claim, shipped().datasets["crime"])


def notes(records: Records) -> list[tuple[Any, ...]]:
    return [(note.line, note.issue_type, note.column) for note in records.notes]


def test_a_heading_with_blanks_around_it_is_told() -> None:
    content = f"{STREET_HEADER.replace('Crime type', ' Crime type ')}\n{','.join(street('c1'))}\n".encode()
    assert notes(delivered(content)) == [(1, "blanks_trimmed", "Crime type")]


def test_a_column_under_another_heading_is_told() -> None:
    content = f"{STREET_HEADER.replace('Crime type', 'Category')}\n{','.join(street('c1'))}\n".encode()
    records = delivered(content, also_called={"Crime type": ("Category",)})
    assert notes(records) == [(0, "heading_renamed", "Crime type")]
    assert records.notes[0].message == 'headed "Category", by which `also_called` knows it'


def test_a_heading_of_a_sheet_with_blanks_or_a_line_break_is_told() -> None:
    records = read_workbook(workbook(["Ref", "Date\nof removal", "What "], [1, 2, 3]))
    assert notes(records) == [(1, "blanks_trimmed", "Date of removal"), (1, "blanks_trimmed", "What")]


@pytest.mark.parametrize("body", ["1,2\r\r\n3,4\r\r\n", '"1",2\n"a""b",4\r\r\n'], ids=["plain", "in quotation marks"])
def test_line_ends_written_twice_over_are_told_once(body: str) -> None:
    from tests.unit.test_delimited import read

    found = notes(read(f"one,two\n{body}".encode()))
    assert found == [(2 if body.startswith("1") else 3, "doubled_line_ends", None)]


def test_line_ends_within_a_quoted_text_are_as_they_were_and_no_repair() -> None:
    from tests.unit.test_delimited import read

    records = read(b'one,two\n"a\r\r\nb",2\n')
    assert records.frame["one"].to_list() == ["a\r\r\nb"]
    assert notes(records) == []


# --- issues counted -------------------------------------------------------------------------------------------------


def _walked(issues: pl.DataFrame, source: str) -> tuple[Counter[str], dict[str, str]]:
    """What `counted` says, row by row: each row once for each type, and the first of each type in words."""
    totals: Counter[str] = Counter()
    examples: dict[str, str] = {}
    seen = set()
    for line, part, kind, column, value, message in issues.iter_rows():
        if (line, part, kind) in seen:
            continue
        seen.add((line, part, kind))
        totals[kind] += 1
        told = f"{source}:{line}" if line else source
        told += f": {column}" if column else ""
        quoted = f'"{value}"' if value is not None else ""
        told += ": " if quoted or message else ""
        examples.setdefault(kind, told + " ".join(word for word in (quoted, message) if word))
    return totals, examples


SCHEMA = {ROW: pl.UInt32, PART: pl.UInt16, **dict.fromkeys(("issue_type", "column", "value", "message"), pl.String)}
texts = st.sampled_from([None, "", "x", "y"])
issue = st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(["a", "b", "c"]), texts, texts, texts)


@given(st.lists(issue, max_size=20))
def test_issues_are_counted_as_by_walking_through_them(rows: list[tuple[Any, ...]]) -> None:
    issues = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    totals, examples = counted(issues, "x.csv")
    assert (totals, examples) == _walked(issues, "x.csv")
    assert list(totals) == list(_walked(issues, "x.csv")[0])
