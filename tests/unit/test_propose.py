"""A draft says what a file shows, asks what it does not, holds nobody's data, and reads the file it was made from."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.cli.commands import propose_spec
from pipelines.cli.output import Output
from pipelines.intake.claims import Declared
from pipelines.intake.refusal import Refusal
from pipelines.orchestration.try_out import TryOut, trial_of, try_out
from pipelines.place.reference import ReferenceData
from pipelines.propose.codes import write_codes
from pipelines.propose.draft import scalar
from pipelines.propose.proposal import Proposal, propose
from pipelines.propose.shown import show_proposal
from pipelines.propose.tells import told_in
from pipelines.specs.check import gather
from pipelines.specs.feeds import Feed
from pipelines.specs.load import read_feed
from tests.unit.makers import ROOT, SPECS, shipped
from tests.unit.workbooks import workbook

NO_REFERENCE = ReferenceData(None)


@dataclass
class Drafted:
    """A file, what was proposed for it, and the draft as data."""

    path: Path
    proposal: Proposal

    @property
    def spec(self) -> dict[str, Any]:
        return yaml.safe_load(self.proposal.text)

    @property
    def version(self) -> dict[str, Any]:
        return self.spec["versions"][0]

    @property
    def format(self) -> dict[str, Any]:
        return self.version["format"]

    @property
    def questions(self) -> dict[str, str]:
        """What is asked, by what it is about; several about one thing together."""
        asked: dict[str, str] = {}
        for question in self.proposal.questions:
            asked[question.about] = f"{asked.get(question.about, '')} {question.text}".strip()
        return asked

    def beside(self, start: str) -> str:
        """The question on the line that begins so."""
        line = next(line for line in self.proposal.text.splitlines() if line.strip().startswith(start))
        return line.partition("# ask: ")[2]

    def field(self, heading: str) -> dict[str, Any]:
        said = self.version["columns"][heading]
        return said if isinstance(said, dict) else {"field": said}

    def holds(self, heading: str) -> str:
        return next(column.told() for column in self.proposal.columns if column.heading == heading)

    def read(self, folder: Path, dataset: str | None = None, period: date | None = None) -> list[TryOut]:
        """The file read by the draft, every record of it accounted for."""
        spec = folder / "draft.yml"
        spec.write_text(self.proposal.text, encoding="utf-8")
        write_codes(folder / "codes", self.proposal.maps)
        results = try_out(self.path, trial_of(spec, SPECS, dataset), Declared(None, period, None), NO_REFERENCE, None)
        for result in results:
            account = result.records
            parts = account["header"] + sum(account["skipped"].values()) + account["read"] + account["quarantined"]
            assert account["records"] == parts
        return results


Draft = Callable[..., Drafted]


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """Writes a file and proposes a spec for it."""

    def call(content: str | bytes, name: str = "return 2024-05.csv", dataset: str | None = None) -> Drafted:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Drafted(path, propose(path, shipped(), dataset))

    return call


def table(*columns: tuple[str, Callable[[int], object]], rows: int = 40, mark: str = ",") -> str:
    lines = [mark.join(heading for heading, _value in columns)]
    lines += [mark.join(str(value(row)) for _heading, value in columns) for row in range(rows)]
    return "\n".join(lines) + "\n"


REF = ("Ref", lambda row: f"F{row:04d}")
KIND = ("Kind", lambda row: ("CAR", "VAN", "BIKE")[row % 3])


# --- the draft itself -------------------------------------------------------------------------------------------------


def test_a_draft_is_a_valid_feed_that_loads_nothing_and_lists_every_question_beside_its_line(draft: Draft) -> None:
    made = draft(table(REF, KIND, ("Reported", lambda row: f"{row % 9 + 1:02d}/{row % 12 + 1:02d}/2024")))
    assert Feed.model_validate(made.spec).draft is True
    beside = [line.partition("# ask: ")[2] for line in made.proposal.text.splitlines() if "# ask: " in line]
    head = [line for line in made.proposal.text.splitlines() if re.match(r"#\s+\d+\. ", line)]
    assert len(head) == len(made.proposal.questions) >= len(beside) > 5
    for text in beside:
        assert any(question.text in text for question in made.proposal.questions)
    assert all(any(question.text in line for line in head) for question in made.proposal.questions)


def test_a_draft_is_refused_by_the_check_of_specs(draft: Draft, tmp_path: Path) -> None:
    made = draft(street_like(), "2014-05-police.csv")
    folder = tmp_path / "specs" / "partners" / "newcomer"
    for kind in ("datasets", "codelists"):
        (tmp_path / "specs" / kind).mkdir(parents=True)
        for path in (SPECS / kind).iterdir():
            (tmp_path / "specs" / kind / path.name).write_bytes(path.read_bytes())
    folder.mkdir(parents=True)
    (folder / "partner.yml").write_bytes((SPECS / "partners" / "demo_police" / "partner.yml").read_bytes())
    (folder / "crime.yml").write_text(made.proposal.text, encoding="utf-8")
    write_codes(folder / "codes", made.proposal.maps)
    _specs, problems = gather(tmp_path / "specs")
    assert [problem.message[:8] for problem in problems] == ["a draft:"]
    # Without the mark it is a spec like any other: the mark alone keeps it from being loaded.
    (folder / "crime.yml").write_text(made.proposal.text.replace("draft: true\n", ""), encoding="utf-8")
    assert gather(tmp_path / "specs")[1] == []


@pytest.mark.parametrize(
    "text",
    ["Ref", "2019", "no", "a: b", "x # y", 'say "so"', "back\\slash", "two\nlines", "\x85\x07", "*Total", "é", "😀"],
)
def test_any_heading_comes_back_from_yaml_as_it_went_in(text: str) -> None:
    assert yaml.safe_load(f"{scalar(text)}: {scalar(text)}") == {text: text}


def test_nothing_that_a_terminal_obeys_is_shown(draft: Draft, capsys: pytest.CaptureFixture[str]) -> None:
    made = draft(table(REF, ("\x1b[2JKind", lambda row: ("CAR", "\x1b[2JVAN")[row % 2])), dataset="population_estimate")
    show_proposal(made.proposal, made.path, None, to_stderr=True)
    assert "\x1b[2J" not in made.proposal.text + capsys.readouterr().err
    assert made.version["ignore"][-1] == "\x1b[2JKind"


def test_a_heading_that_ends_like_a_pattern_is_still_left_out(draft: Draft, tmp_path: Path) -> None:
    heading = "Notes [free]?*"
    made = draft(f"Ref,{heading},{heading}\n" + "".join(f"A{row},x,y\n" for row in range(9)))
    assert made.version["ignore"] == [heading]
    assert made.read(tmp_path)[0].records["read"] == 9


def test_headings_that_are_missing_or_come_twice_are_left_out_and_asked(draft: Draft, tmp_path: Path) -> None:
    made = draft("Ref,Kind,,Kind\n" + "".join(f"A{row},CAR,1,VAN\n" for row in range(9)))
    assert made.version["ignore"] == ["Kind", "(no heading)"]
    assert "twice" in made.questions["Kind"]
    assert made.read(tmp_path)[0].records["read"] == 9


# --- dates ------------------------------------------------------------------------------------------------------------


def dated(value: Callable[[int], str], rows: int = 60) -> str:
    return table(REF, ("Reported", value), rows=rows)


def test_dates_that_can_be_read_both_ways_are_asked_with_one_of_them(draft: Draft) -> None:
    made = draft(dated(lambda row: f"{row % 9 + 1:02d}/{row % 11 + 1:02d}/2019"))
    assert made.field("Reported")["date"] == "%d/%m/%Y"
    asked = made.beside("Reported:")
    shown = re.match(r"(\d\d)/(\d\d)/2019 may be ", asked)
    assert shown is not None and shown[1] != shown[2]
    first, second = (date(2019, int(month), int(day)) for day, month in ((shown[1], shown[2]), (shown[2], shown[1])))
    assert f"may be {first.day} {first:%B} or {second.day} {second:%B}" in asked


def test_dates_that_only_one_order_fits_are_sure(draft: Draft) -> None:
    day_first = draft(dated(lambda row: f"{row % 28 + 1:02d}/{row % 11 + 1:02d}/2019"))
    assert day_first.field("Reported")["date"] == "%d/%m/%Y"
    assert day_first.beside("Reported:") == ""
    month_first = draft(dated(lambda row: f"{row % 11 + 1:02d}/{row % 28 + 1:02d}/2019"))
    assert month_first.field("Reported")["date"] == "%m/%d/%Y"
    assert month_first.beside("Reported:") == ""


def test_one_late_value_settles_the_order_for_the_whole_column(draft: Draft) -> None:
    late = "31/01/2019"
    made = draft(dated(lambda row: late if row == 399 else f"{row % 9 + 1:02d}/{row % 11 + 1:02d}/2019", rows=400))
    assert (made.field("Reported")["date"], made.beside("Reported:")) == ("%d/%m/%Y", "")


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("2019-03-{:02d}", "%Y-%m-%d"),
        ("2019-03-{:02d}T10:15:00Z", "%Y-%m-%dT%H:%M:%S%z"),
        ("2019-03-{:02d} 10:15", "%Y-%m-%d %H:%M"),
        ("03/{:02d}/2019 10:15:00 PM +0000", "%m/%d/%Y %I:%M:%S %p %z"),
        ("{:02d}-Mar-2019", "%d-%b-%Y"),
        ("{} March 2019", "%d %B %Y"),
        ("Fri {:02d} March 2019", "%a %d %B %Y"),
        ("201903{:02d}", "%Y%m%d"),
        ("{:02d}.03.2019", "%d.%m.%Y"),
    ],
)
def test_dates_are_known_however_they_are_written(draft: Draft, text: str, format_: str) -> None:
    days = (1, 8, 15, 22, 29)  # all of them Fridays
    made = draft(dated(lambda row: text.format(days[row % 5])))
    assert made.field("Reported")["date"] == format_


def test_years_of_two_digits_and_times_in_utc_are_asked(draft: Draft) -> None:
    short = draft(dated(lambda row: f"{row % 28 + 1:02d}/{row % 11 + 1:02d}/19"))
    assert short.field("Reported")["date"] == "%d/%m/%y"
    assert "years_from" in short.field("Reported") and "two digits" in short.beside("Reported:")
    utc = draft(dated(lambda row: f"2019-07-{row % 28 + 1:02d} 10:15:00 UTC"))
    assert "marked UTC" in utc.beside("Reported:")


def test_values_that_the_format_leaves_out_are_counted(draft: Draft) -> None:
    made = draft(dated(lambda row: "about Easter" if row in (7, 9) else f"{row % 28 + 1:02d}/{row % 11 + 1:02d}/2019"))
    assert made.field("Reported")["date"] == "%d/%m/%Y"
    assert made.beside("Reported:").startswith("2 values not written so")
    assert "Easter" not in made.proposal.text


# --- encodings and marks ----------------------------------------------------------------------------------------------


def test_an_encoding_is_sure_where_the_bytes_tell_and_asked_where_they_do_not(draft: Draft, tmp_path: Path) -> None:
    text = "Ref,Kind\n" + "".join(f"A{row},CAR\n" for row in range(9)) + "B1,Café\n"
    for content, encoding in (
        (text.replace("é", "e").encode(), "utf-8"),
        (text.encode(), "utf-8"),
        (text.encode("utf-8-sig"), "utf-8"),
        (text.encode("utf-16"), "utf-16"),
        (text.encode("utf-16-be"), "utf-16-be"),
    ):
        made = draft(content)
        assert (made.format["encoding"], made.beside("encoding:")) == (encoding, "")
        assert made.read(tmp_path)[0].records["read"] == 10
    made = draft(text.encode("cp1252"))
    assert made.format["encoding"] == "cp1252"
    assert made.beside("encoding:") == 'line 11 then has the character "é"; is that right?'
    assert made.read(tmp_path)[0].records["read"] == 10
    mixed = draft((text * 5).encode() + "B1,Café\n".encode("cp1252"))
    assert mixed.format["encoding"] == "utf-8" and "not line 56" in mixed.beside("encoding:")
    undefined = draft(text.replace("é", "\x9d").encode("latin-1"))
    assert undefined.format["encoding"] == "iso-8859-1" and "0x9d on line 11" in undefined.beside("encoding:")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_parts_all_lines_alike(draft: Draft, tmp_path: Path, mark: str) -> None:
    said = ("Said", lambda row: f'"first, second; {row}"')
    made = draft(table(REF, said, KIND, mark=mark))
    assert (made.format["delimiter"], made.beside("delimiter:")) == (mark, "")
    assert made.read(tmp_path)[0].records["read"] == 40


def test_two_delimiters_that_part_the_lines_alike_are_asked(draft: Draft) -> None:
    made = draft("a;x,b;y,c\n" + "1;2,3;4,5\n" * 20)
    assert "as evenly" in made.beside("delimiter:")


def test_other_quotation_marks_and_line_ends(draft: Draft, tmp_path: Path) -> None:
    single = draft("Ref,Said\n" + "".join(f"A{row},'one, two'\n" for row in range(9)))
    assert single.format["quote"] == "'"
    assert single.read(tmp_path)[0].records["read"] == 9
    returns = draft(table(REF, KIND).replace("\n", "\r"))
    assert returns.format["line_end"] == "cr"
    assert returns.read(tmp_path)[0].records["read"] == 40


def test_coordinates_in_quotation_marks_do_not_pass_for_two_fields(draft: Draft) -> None:
    made = draft(table(REF, ("Where", lambda row: f'"({51 + row / 100}, {-1 - row / 100})"'), KIND))
    assert "quote" not in made.format
    assert made.proposal.profile.header == ["Ref", "Where", "Kind"]


def test_fixed_width(draft: Draft, tmp_path: Path) -> None:
    lines = [
        f"A{row:04d}  2024-05-{row % 28 + 1:02d}  {('CAR', 'BIKE')[row % 2]:<6}{row * 7 % 100:>3}" for row in range(20)
    ]
    made = draft("\n".join(lines) + "\n", "return 2024-05.txt")
    assert made.format["type"] == "fixed_width"
    assert [tuple(place) for place in made.format["fields"].values()] == [(1, 5), (8, 17), (20, 23), (27, 28)]
    assert made.read(tmp_path)[0].records["read"] == 20


# --- where the table stands -------------------------------------------------------------------------------------------


def test_lines_of_a_title_stand_above_the_header(draft: Draft, tmp_path: Path) -> None:
    made = draft("Fernshire District Council\nAbandoned vehicles\n\n" + table(REF, KIND, ("Count", lambda row: row)))
    assert made.format["header_row"] == 4
    assert made.read(tmp_path)[0].records == {
        "records": 44 - 1 + 1, "header": 1, "skipped": {"before_header": 3}, "read": 40, "quarantined": 0
    }  # fmt: skip


def test_a_file_without_a_header_gets_numbered_columns_and_a_question(draft: Draft, tmp_path: Path) -> None:
    made = draft("".join(f"A{row},2024-05-{row % 28 + 1:02d},{row}\n" for row in range(20)))
    assert made.format["names"] == ["column_1", "column_2", "column_3"]
    assert "what is each called" in made.beside("names:")
    assert made.read(tmp_path)[0].records["read"] == 20


def test_a_header_of_years_is_one(draft: Draft) -> None:
    made = draft(
        table(("Area", lambda row: f"E0700{row:04d}"), ("2019", lambda row: row), ("2020", lambda row: row * 2))
    )
    assert made.format["header_row"] == 1


def test_a_header_of_two_rows(draft: Draft, tmp_path: Path) -> None:
    rows = "".join(f"E0700{row:04d},{row},{row / 10},{row * 2},{row / 7}\n" for row in range(20))
    made = draft("Area,2019,,2020,\n,Count,Rate,Count,Rate\n" + rows)
    assert made.format["header_row"] == [1, 2]
    assert "two rows" in made.beside("header_row:")
    assert made.read(tmp_path)[0].records["header"] == 2


def test_headings_over_several_columns_are_named_where_the_row_below_is_complete(draft: Draft) -> None:
    book = workbook(
        ["Fly-tipping"],
        [None, "TOTAL", "Land type", None],
        ["Area", "All", "Highway", "Footpath"],
        *[[f"E0700{row:04d}", row, row + 1, row + 2] for row in range(20)],
    )
    made = draft(book, "tips.xlsx")
    assert made.format["header_row"] == 3
    assert "[2, 3]" in made.beside("header_row:")


def test_totals_and_notes_at_the_foot_are_skipped_and_asked(draft: Draft, tmp_path: Path) -> None:
    body = table(REF, KIND, ("Count", lambda row: row % 7), ("Ward", lambda row: f"W{row % 4}"))
    made = draft(body + "Total,,120,\nNotes: provisional until July,,,\nWritten by nobody in particular,,,\n")
    rules = made.version["skip"]
    assert {"rule": "totals", "column": "Ref", "equals": "Total"} in rules
    assert {"rule": "notes", "starts_with": "Note", "to_end": True} in rules
    assert "nobody" not in made.proposal.text and "July" not in made.proposal.text
    account = made.read(tmp_path)[0].records
    assert (account["read"], account["skipped"]) == (40, {"totals": 1, "notes": 2})


def test_a_trailer_without_a_telling_word_is_counted_from_the_end(draft: Draft, tmp_path: Path) -> None:
    made = draft(table(REF, KIND, ("Count", lambda row: row % 7)) + "TRL|40\n")
    assert made.format["footer_rows"] == 1
    assert "always the same" in made.beside("footer_rows:")
    assert made.read(tmp_path)[0].records["read"] == 40


def test_a_total_of_a_breakdown_is_asked_and_not_skipped(draft: Draft) -> None:
    made = draft(table(("Area", lambda row: f"E0700{row:04d}"), ("Sex", lambda row: ("F", "M", "Total")[row % 3])))
    assert "skip" not in made.version
    assert '"Total" sums up the others' in made.questions["Sex"]


def test_a_round_number_of_rows_may_be_an_export_that_was_cut(draft: Draft) -> None:
    assert "was the export cut" in draft(table(REF, KIND, rows=1000)).beside("rows:")
    assert "cut" not in draft(table(REF, KIND, rows=999)).beside("rows:")


def test_rows_without_a_value_and_a_header_that_comes_again(draft: Draft, tmp_path: Path) -> None:
    body = table(REF, KIND, ("Count", lambda row: row % 7))
    made = draft(body + ",,\n" + body)
    assert made.format["header_again"] == "skip" and "1 time;" in made.beside("header_again:")
    assert {"rule": "blank_row", "equals": ""} in made.version["skip"]
    account = made.read(tmp_path)[0].records
    assert (account["read"], account["skipped"]) == (80, {"header_again": 1, "blank_row": 1})


def test_records_of_another_shape_are_counted_and_asked(draft: Draft) -> None:
    body = table(REF, KIND, ("Count", lambda row: row % 7)).splitlines()
    body[10] += ",more"
    made = draft("\n".join(body) + "\n")
    assert "1 record of another shape (field_count, the first on line 11)" in made.questions["format"]


# --- what columns hold ------------------------------------------------------------------------------------------------


def test_symbols_among_numbers_are_listed_and_asked(draft: Draft) -> None:
    made = draft(table(("Area", lambda row: f"E0700{row:04d}"), ("Count", lambda row: (row, "x", ":")[row % 3])))
    assert set(made.field("Count")["symbols"]) == {"x", ":"}
    assert '":", "x" among the numbers' in made.beside("Count:")


@pytest.mark.parametrize(
    ("write", "declared", "asked"),
    [
        (lambda row: f'"{row * 5123:,}.50"', {"thousands": ","}, ""),
        (lambda row: f'"{row},5"', {"decimal": ","}, "decimal mark"),
        (lambda row: f'"{row + 1},{row % 900 + 100}"', {"thousands": ","}, "may group them or be the decimal mark"),
    ],
)
def test_marks_of_numbers(draft: Draft, write: Callable[[int], str], declared: dict[str, str], asked: str) -> None:
    made = draft(table(REF, ("Paid", write)))
    said = made.field("Paid")
    assert {key: said[key] for key in declared} == declared
    assert asked in made.beside("Paid:") and bool(asked) == bool(made.beside("Paid:"))


def test_numbers_that_begin_with_a_zero_are_references(draft: Draft) -> None:
    made = draft(table(("Ref", lambda row: f"{row:05d}"), KIND))
    assert made.holds("Ref") == "text"


def test_cells_of_two_values_are_split(draft: Draft, tmp_path: Path) -> None:
    cells = [
        (heading, lambda row: "* (*%)" if row == 3 else f"{row + 1700} ({row % 9}%)") for heading in ("All", "Sv", "Pr")
    ]
    made = draft(table(("LA", lambda row: f"Place {row}"), *cells, rows=20))
    assert made.version["unpivot"]["columns"] == ["All", "Sv", "Pr"]
    (split,) = made.version["split"]
    found = re.fullmatch(split["match"], "1717 (5%)")
    assert found is not None and list(found.groups()) == ["1717", "5"]
    assert re.fullmatch(split["match"], "* (*%)") is not None
    assert made.read(tmp_path)[0].records["read"] == 20


def test_coordinates_in_one_cell_are_split_in_the_order_their_range_tells(draft: Draft, tmp_path: Path) -> None:
    made = draft(table(REF, ("Where", lambda row: f'"({51.3 + row / 1000:.5f}, {-2.4 - row / 1000:.5f})"'), KIND))
    (split,) = made.version["split"]
    found = re.fullmatch(split["match"], "(51.3, -2.4)")
    assert found is not None and found.groupdict() == {"latitude": "51.3", "longitude": "-2.4"}
    assert made.version["location"] == [{"by": "coordinates", "x": "longitude", "y": "latitude", "crs": "EPSG:4326"}]
    assert made.read(tmp_path)[0].records["read"] == 40


@pytest.mark.parametrize(
    ("headings", "values", "location", "asked"),
    [
        (("Easting", "Northing"), (450_000, 120_000), ("Easting", "Northing", "EPSG:27700"), ""),
        (("Longitude", "Latitude"), (-1.5, 51.2), ("Longitude", "Latitude", "EPSG:4326"), ""),
        (("Lat", "Long"), (-1.5, 51.2), ("Lat", "Long", "EPSG:4326"), "swapped"),
        (("X", "Y"), (-1.5, 51.2), ("X", "Y", "EPSG:4326"), "by their range"),
    ],
)
def test_coordinates_get_the_crs_their_range_tells(
    draft: Draft, headings: tuple[str, str], values: tuple[float, float], location: tuple[str, str, str], asked: str
) -> None:
    first, second = ((heading, lambda row, at=at: values[at] + row / 1000) for at, heading in enumerate(headings))
    if values[0] > 1000:
        first, second = ((heading, lambda row, at=at: int(values[at]) + row) for at, heading in enumerate(headings))
    made = draft(table(REF, first, second))
    (way,) = made.version["location"]
    assert (way["x"], way["y"], way["crs"]) == location
    assert asked in made.questions.get("location", "") and bool(asked) == ("location" in made.questions)


def test_grid_references_and_postcodes_are_ways_to_a_place(draft: Draft) -> None:
    made = draft(table(REF, ("Grid", lambda row: f"SP 08{row % 10} 702"), ("Code", lambda row: f"ZM{row % 9 + 1} 1AA")))
    assert [way["by"] for way in made.version["location"]] == ["grid_reference", "postcode"]


# --- people -----------------------------------------------------------------------------------------------------------


PEOPLE = {
    "Keeper name": lambda row: f"Quentin Zeal{row % 3}",
    "Officer": lambda row: ("Q. Zealot", "R. Yonder")[row % 2],
    "DOB": lambda row: f"{row % 28 + 1:02d}/03/1987",
    "Home address": lambda row: f"{row + 1} Zealot Road",
    "Telephone": lambda row: f"07700 9{row:05d}",
    "NHS number": lambda row: "9434765919",
    "Reg mark": lambda row: f"AB{row:02d} CDE",
}
BY_PATTERN = {
    "Column A": lambda row: f"zealot{row}@example.org",
    "Column B": lambda row: f"07700 9{row:05d}",
    "Column C": lambda row: f"AB{row:02d} CDE",
    "Column D": lambda row: ("John Zealot", "Mary Yonder", "Peter Xenon")[row % 3],
    "Column E": lambda row: f"{row + 1} Zealot Road",
    "Column F": lambda row: ("9434765919", "4010232137", "9434765870")[row % 3],
}


@pytest.mark.parametrize(("heading", "value"), [*PEOPLE.items(), *BY_PATTERN.items()])
def test_what_tells_of_a_person_is_left_out_asked_and_never_shown(
    draft: Draft, heading: str, value: Callable[[int], str]
) -> None:
    made = draft(table(REF, (heading, value), KIND))
    assert heading in made.version["ignore"] and "personal?" in made.questions[heading]
    shown = made.proposal.text + json.dumps(made.proposal.summary())
    for row in range(40):
        assert value(row) not in shown


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("LA name", lambda row: f"Place {row}"),
        ("Email count", lambda row: row),
        ("Officer", lambda row: "YN"[row % 2]),
        ("Rating", lambda row: ("Good", "Requires Improvement")[row % 2]),
        ("Telephone", lambda row: row),
        ("Ref no", lambda row: f"020194-0{row:07d}"),
    ],
)
def test_what_tells_of_nobody_is_not_taken_for_a_person(
    draft: Draft, heading: str, value: Callable[[int], object]
) -> None:
    made = draft(table(REF, (heading, value), KIND))
    assert "personal" not in made.questions.get(heading, "")


def test_a_first_row_of_people_is_no_header(draft: Draft) -> None:
    people = enumerate(("John", "Mary", "Alan"))
    made = draft("".join(f"{name} Zealot,{row} Zealot Road,word{row}\n" for row, name in people))
    assert made.format["names"] == ["column_1", "column_2", "column_3"]
    assert "Zealot" not in made.proposal.text


def test_no_value_of_a_row_is_shown_but_short_codes(draft: Draft) -> None:
    spoken = [f"word{number}" for number in range(500)]
    chance = random.Random(1)
    said = [" ".join(chance.sample(spoken, 9)) for _row in range(60)]
    made = draft(
        table(
            REF,
            ("Said", lambda row: said[row]),
            ("Place", lambda row: f"Placename{row}"),
            ("Paid", lambda row: row * 1013 + 7),
            KIND,
            rows=60,
        ),
        dataset="abandoned_vehicle",
    )
    shown = made.proposal.text + json.dumps(made.proposal.summary())
    assert not re.search(r"word\d|Placename\d|F00\d\d", shown)
    assert not any(str(row * 1013 + 7) in shown for row in range(1, 60))


def test_codes_are_shown_where_they_are_few(draft: Draft) -> None:
    made = draft(table(REF, KIND, ("Ward", lambda row: f"W{row % 35}"), rows=400), dataset="population_estimate")
    assert "BIKE, CAR, VAN" in made.questions["Kind"]
    assert "W34" not in made.proposal.text


# --- periods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pattern", "first"),
    [
        ("2019-1.csv", "{period:%Y-%-m}.csv", "2019-01"),
        ("2014-05-surrey-street.csv", "{period:%Y-%m}-surrey-street.csv", "2014-05"),
        ("AV 2012-13.csv", "AV {period:%Y-%y}.csv", "2012-04"),
        ("AV_0523.csv", "AV_{period:%m%y}.csv", "2023-05"),
        ("returns 201617.csv", "returns {period:%Y%y}.csv", "2016-04"),
        ("vehicles Apr 2024.csv", "vehicles {period:%b %Y}.csv", "2024-04"),
        ("vehicles_April2024.csv", "vehicles_{period:%B%Y}.csv", "2024-04"),
        ("2024-06-07 AV 2024-05.csv", "{issued:%Y-%m-%d} AV {period:%Y-%m}.csv", "2024-05"),
        ("2024-06-07/AV 2024-05.csv", "{issued:%Y-%m-%d}/AV {period:%Y-%m}.csv", "2024-05"),
        ("a{b}2024-05.csv", "a*b*{period:%Y-%m}.csv", "2024-05"),
    ],
)
def test_the_files_name_tells_the_period(draft: Draft, tmp_path: Path, name: str, pattern: str, first: str) -> None:
    made = draft(table(REF, KIND), name)
    assert (made.version["files"], str(made.version["valid_from"])[:7]) == (pattern, first)
    assert made.read(tmp_path)[0].records["read"] == 40


def test_a_name_that_may_tell_a_month_or_two_years_is_asked(draft: Draft) -> None:
    assert "a month, or a year" in draft(table(REF, KIND), "AV 2011-12.csv").questions["files"]
    assert "files" not in draft(table(REF, KIND), "AV 2011-05.csv").questions


def test_a_column_tells_the_period(draft: Draft, tmp_path: Path) -> None:
    financial = draft(table(("Year", lambda row: f"{2012 + row % 5}-{13 + row % 5}"), REF), "tips.csv")
    assert financial.version["period"] == {"column": "Year", "date": "%Y-%y"}
    assert (financial.spec["cadence"]["every"], str(financial.version["valid_from"])) == ("financial_year", "2012-04")
    academic = draft(
        table(("time_period", lambda row: f"{2012 + row % 5}{13 + row % 5}"), REF), "school exclusions.csv"
    )
    assert academic.version["period"]["date"] == "%Y%y"
    assert (academic.spec["cadence"]["every"], str(academic.version["valid_from"])) == ("academic_year", "2012-09")
    assert academic.read(tmp_path)[0].records["read"] == 40


def test_a_cell_above_the_table_tells_the_period(draft: Draft, tmp_path: Path) -> None:
    made = draft('Fernshire,,\n"Abandoned vehicles, May 2024",,\n' + table(REF, KIND, ("N", lambda row: row)), "av.csv")
    place = made.version["period"]
    assert (place["cell"], place["date"]) == ("A2", "%B %Y")
    assert re.fullmatch(place["match"], "Abandoned vehicles, May 2024")[1] == "May 2024"  # type: ignore[index]
    assert made.read(tmp_path)[0].records["read"] == 40


def test_where_nothing_tells_the_period_it_has_to_be_given(draft: Draft, tmp_path: Path) -> None:
    made = draft(table(REF, KIND), "vehicles.csv")
    assert "give --period" in made.questions["files"]
    with pytest.raises(Refusal, match="--period"):
        made.read(tmp_path)
    assert made.read(tmp_path, period=date(2024, 5, 1))[0].records["read"] == 40


def test_a_quarter_in_a_name_is_not_taken_for_its_year() -> None:
    assert [told.format for told in told_in("AV 2024-05")] == ["%Y-%m"]
    assert told_in("E07000207 12345678") == []


# --- wide tables ------------------------------------------------------------------------------------------------------


def test_months_side_by_side_are_unpivoted(draft: Draft, tmp_path: Path) -> None:
    months = [(f"{name}-24", lambda row: row) for name in ("Jan", "Feb", "Mar", "Apr")]
    made = draft(table(("Area", lambda row: f"E0700{row:04d}"), *months), "wide.csv")
    match = made.version["unpivot"]["match"]
    assert re.fullmatch(match, "Mar-24").groupdict() == {"period": "Mar-24"}  # type: ignore[union-attr]
    assert made.version["period"] == {"column": "period", "date": "%b-%y"}
    assert made.read(tmp_path)[0].records["read"] == 40
    bare = draft(table(("Area", lambda row: f"E0700{row:04d}"), *[(m, lambda row: row) for m in ("Jan", "Feb", "Mar")]))
    assert bare.version["unpivot"]["columns"] == ["Jan", "Feb", "Mar"]
    assert "of which year" in bare.beside("unpivot:")


def test_headings_that_share_a_stem_are_unpivoted(draft: Draft, tmp_path: Path) -> None:
    wide = [
        (f"{kind}_{reason}", lambda row: (row, "x")[row % 7 == 3]) for kind in ("perm", "fixed") for reason in "abc"
    ]
    made = draft(table(("la_code", lambda row: f"E0700{row:04d}"), *wide))
    match = made.version["unpivot"]["match"]
    assert re.fullmatch(match, "perm_a").groupdict() == {"kind": "perm", "category": "a"}  # type: ignore[union-attr]
    assert made.field("value")["symbols"] == {"x": "suppressed"}
    assert made.read(tmp_path)[0].records["read"] == 40


def test_whole_numbers_side_by_side_may_be_categories_unless_rows_have_a_place(draft: Draft) -> None:
    kinds = [(name, lambda row: row % 5) for name in ("Burglary", "Robbery", "Drugs", "Theft", "Arson")]
    counts = draft(table(("Area", lambda row: f"E0700{row:04d}"), *kinds))
    assert counts.version["unpivot"]["columns"] == ["Burglary", "Robbery", "Drugs", "Theft", "Arson"]
    placed = draft(table(REF, ("Easting", lambda row: 450000 + row), ("Northing", lambda row: 120000 + row), *kinds))
    assert "unpivot" not in placed.version


# --- datasets ---------------------------------------------------------------------------------------------------------


def street_like(rows: int = 60) -> str:
    codes = ("Burglary", "Robbery", "Drugs", "Bicycle theft")
    return table(
        ("Crime ref", lambda row: f"MP{row:06d}"),
        ("Offence date", lambda row: f"2014-05-{row % 28 + 1:02d}"),
        ("Offence", lambda row: codes[row % 4] if row else "Brawling"),
        ("Easting", lambda row: 450_000 + row),
        ("Northing", lambda row: 120_000 + row),
        rows=rows,
    )


def test_the_likeliest_dataset_is_proposed_and_read(draft: Draft, tmp_path: Path) -> None:
    made = draft(street_like(), "2014-05-crime.csv")
    assert made.proposal.plan.match.dataset == "crime"
    assert "looks like crime" in made.questions["dataset"]
    columns = {heading: made.field(heading)["field"] for heading in made.version["columns"]}
    assert columns == {"Crime ref": "source_id", "Offence date": "occurred", "Offence": "category_code"}
    (result,) = made.read(tmp_path, dataset="crime")
    assert result.rows["made"] == 60
    assert (result.rows["loaded"], result.rows["quarantined"]) == (59, 1)


def test_codes_whose_texts_are_known_are_mapped_and_the_others_left_to_complete(draft: Draft, tmp_path: Path) -> None:
    made = draft(street_like(), "2014-05-crime.csv")
    said = write_codes(tmp_path / "codes", made.proposal.maps)
    mapped = (tmp_path / "codes" / "offence.csv").read_text(encoding="utf-8")
    assert "Burglary,exact,map,burglary,,,,," in mapped and "Brawling" not in mapped
    assert "Brawling,exact,map,,,,,," in (tmp_path / "codes" / "offence.csv.todo").read_text(encoding="utf-8")
    assert len(said) == 2
    (tmp_path / "codes" / "offence.csv").write_text("mine", encoding="utf-8")
    assert all("stays as it is" in line for line in write_codes(tmp_path / "codes", made.proposal.maps))
    assert (tmp_path / "codes" / "offence.csv").read_text(encoding="utf-8") == "mine"


def test_headings_that_another_feed_uses_are_sure(draft: Draft) -> None:
    made = draft(
        table(
            ("Ref No", lambda row: f"A{row}"),
            ("Date reported", lambda row: f"{row % 28 + 1:02d}/05/2024"),
            ("Type", lambda row: ("CAR", "HGV")[row % 2]),
        ),
        "abandoned vehicles 2024-05.csv",
    )
    assert made.proposal.plan.match.dataset == "abandoned_vehicle"
    assert (made.field("Ref No")["field"], made.beside("Ref No:")) == ("source_id", "")


def test_where_no_dataset_fits_columns_keep_names_of_their_own(draft: Draft) -> None:
    made = draft(table(("Bin No", lambda row: f"B{row}"), ("Litres", lambda row: row * 10)))
    assert made.proposal.plan.match.dataset is None
    assert "no dataset fits" in made.questions["dataset"]
    assert made.version["columns"] == {"Bin No": "bin_no", "Litres": "litres"}


def test_required_fields_that_nothing_fills_are_asked(draft: Draft) -> None:
    made = draft(table(REF, KIND), dataset="crime")
    assert "occurred" in made.beside("columns:") and not made.proposal.is_complete
    with pytest.raises(Refusal, match="did you mean"):
        draft(table(REF, KIND), dataset="crimes")


# --- workbooks, documents, archives -----------------------------------------------------------------------------------


def test_a_workbook_with_a_sheet_for_each_month(draft: Draft, tmp_path: Path) -> None:
    import io

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Apr 2024"
    for name in ("Apr 2024", "May 2024", "Jun 2024", "Lists"):
        page = book[name] if name in book.sheetnames else book.create_sheet(name)
        page.append(["Ref", "Kind", "Count"])
        for row in range(9):
            page.append([f"A{row}", "CAR", row])
    book["Lists"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    made = draft(out.getvalue(), "vehicles.xlsx")
    assert made.format["sheet"] == "{period:%b %Y}"
    assert "hides Lists" in made.questions["sheet"]
    assert "--period" not in made.questions["files"] and str(made.version["valid_from"]) == "2024-04"
    results = made.read(tmp_path)
    assert [result.records["read"] for result in results] == [9, 9, 9]


def test_the_sheet_with_the_largest_table_is_chosen_and_the_others_named(draft: Draft, tmp_path: Path) -> None:
    book = workbook(["Ref", "Kind"], *[[f"A{row}", "CAR"] for row in range(9)], more=("Notes",))
    made = draft(book, "vehicles 2024-05.xlsx")
    assert made.format["sheet"] == "Removals" and "Notes" in made.beside("sheet:")
    assert made.read(tmp_path)[0].records["read"] == 9


RECORDS = [{"ref": f"A{row}", "when": f"2024-05-{row % 28 + 1:02d}", "at": {"n": row}} for row in range(9)]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)
XML = (
    "<Return>" + "".join(f"<Case id='{row}'><Day>2024-05-{row + 1:02d}</Day></Case>" for row in range(9)) + "</Return>"
)
POINTS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-1.5, 51.2]},
            "properties": {"ref": f"A{row}"},
        }
        for row in range(9)
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a 2024-05.json", json.dumps({"data": {"items": RECORDS}}), {"type": "json", "records": "data.items"}),
        ("a 2024-05.json", json.dumps(RECORDS), {"type": "json"}),
        ("a 2024-05.jsonl", LINES, {"type": "json_lines"}),
        ("a 2024-05.geojson", json.dumps(POINTS), {"type": "geojson"}),
        ("a 2024-05.xml", XML, {"type": "xml", "record": "Return/Case"}),
    ],
)
def test_documents(draft: Draft, tmp_path: Path, name: str, content: str, said: dict[str, str]) -> None:
    made = draft(content, name)
    assert {key: value for key, value in made.format.items() if key != "encoding"} == said
    assert made.read(tmp_path)[0].records["read"] == 9


def test_what_some_records_leave_out_is_optional(draft: Draft, tmp_path: Path) -> None:
    made = draft(
        json.dumps([*RECORDS, {"ref": "B1", "when": "2024-05-01", "at": {"n": 1}, "note": "x"}]), "a 2024-05.json"
    )
    assert made.format["optional"] == ["note"]
    assert made.read(tmp_path)[0].records["read"] == 10


def test_packed_files(draft: Draft, tmp_path: Path) -> None:
    body = table(REF, KIND)
    packed = draft(gzip.compress(body.encode()), "av 2024-05.csv.gz")
    assert packed.version["files"] == "av {period:%Y-%m}.csv"
    assert packed.read(tmp_path)[0].records["read"] == 40
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for force in ("avon-and-somerset", "kent", "surrey"):
            archive.writestr(f"2024-05/2024-05-{force}-street.csv", body)
    made = Drafted(tmp_path / "all.zip", propose(tmp_path / "all.zip", shipped()))
    assert made.version["files"] == "{period:%Y-%m}-{supplier}-street.csv"
    assert "3 files" in made.questions["files"]
    assert [result.records["read"] for result in made.read(tmp_path)] == [40, 40, 40]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.csv"),
        (b"\x00\x01\x02\x03" * 99, "a.csv"),
        (b"<html><table></table></html>", "a.xls"),
        (b"%PDF-1.7 x", "a"),
    ],
)
def test_what_is_no_table_is_refused(draft: Draft, content: bytes, name: str) -> None:
    with pytest.raises(Refusal):
        draft(content, name)


def test_a_header_alone_is_drafted_with_a_question(draft: Draft, tmp_path: Path) -> None:
    made = draft("Ref,Kind\n")
    assert "no row below the header" in made.questions["format"]
    assert made.read(tmp_path)[0].records["records"] == 1


# --- the command ------------------------------------------------------------------------------------------------------


def commongrid(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COMMONGRID_HOME": str(folder / "home"), "COLUMNS": "160"}
    command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def test_the_command_prints_the_draft_and_tells_the_rest_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "2014-05-crime.csv"
    path.write_text(street_like(), encoding="utf-8")
    printed = commongrid(tmp_path, "specs", "propose", str(path))
    assert printed.returncode == 0
    assert Feed.model_validate(yaml.safe_load(printed.stdout)).draft
    assert "Offence date" in printed.stderr and "commongrid read" in printed.stderr and " 1. " in printed.stderr
    out = tmp_path / "draft.yml"
    written = commongrid(tmp_path, "specs", "propose", str(path), "--out", str(out), "--json")
    said = json.loads(written.stdout)
    assert (said["ok"], said["dataset"], said["draft"]) == (True, "crime", str(out))
    assert read_feed(out, "trial", "crime")[2] == []
    with pytest.raises(SystemExit) as again:
        propose_spec(Output(False), path, out, None)
    assert again.value.code == 2 and read_feed(out, "trial", "crime")[2] == []
    (result,) = try_out(path, trial_of(out, SPECS, "crime"), Declared(), NO_REFERENCE, None)
    assert (result.records["read"], result.rows["made"]) == (60, 60)


# --- real files -------------------------------------------------------------------------------------------------------

REAL = (
    "councils/bath_nes/Avon_Fire_and_Rescue_Incidents.csv",
    "councils/bath_nes/BANES_Environmental_Protection_Service_Requests.csv",
    "councils/defra_flytipping/Flytipping.xlsx",
    "councils/fixmystreet/LAD_all_SHEF_A/2019-1.csv",
    "councils/ni_noise/noise_complaints_data.xlsx",
    "education/exclusions_by_reason.csv",
    "youth/10_Demographics.xlsx",
    "police/surrey/2014-05-surrey-street.csv",
    "police/old_schema/2012-04-avon-and-somerset-street_oldschema_sample.csv",
    "geography/postcodes/SmallUser.csv",
    "indicators/fingertips_uploads/upload-new-data.csv",
    "indicators/ons_subnational/machine_readable.csv",
    "indicators/functions_services.xml",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_a_draft_reads_the_real_file_it_was_made_from(real_data: Path, tmp_path: Path, name: str) -> None:
    made = Drafted(real_data / name, propose(real_data / name, shipped()))
    period = None if made.proposal.period.is_told else date(2024, 1, 1)
    for result in made.read(tmp_path, period=period):
        assert result.refused is None
        assert result.records["read"] > 0 and result.records["quarantined"] == 0


@pytest.mark.slow
def test_what_is_known_of_real_files_is_found(real_data: Path) -> None:
    def of(name: str) -> Drafted:
        return Drafted(real_data / name, propose(real_data / name, shipped()))

    fire = of(REAL[0])
    assert fire.field("datetime") == {"field": "datetime", "date": "%m/%d/%Y %I:%M:%S %p %z"}
    assert of(REAL[1]).field("ReceivedDate")["date"] == "%d/%m/%Y %I:%M:%S %p"
    tips = of(REAL[2])
    assert (tips.format["sheet"], tips.format["header_row"]) == ("LA_incidents", 3)
    assert {"rule": "totals", "column": "ONS Code", "equals": "*Total"} in tips.version["skip"]
    assert tips.field("value")["symbols"] == {":": "not_available"}
    excluded = of(REAL[5])
    assert excluded.version["period"] == {"column": "time_period", "date": "%Y%y"}
    assert re.fullmatch(excluded.version["unpivot"]["match"], "fixed_theft")
    street = of(REAL[7])
    assert street.proposal.plan.match.dataset == "crime" and street.proposal.is_complete
    assert of(REAL[8]).version["location"][0]["crs"] == "EPSG:27700"
    assert len(of(REAL[9]).format["names"]) > 50
    titled = of(REAL[11])
    assert (titled.format["header_row"], titled.format["encoding"]) == (3, "cp1252")
