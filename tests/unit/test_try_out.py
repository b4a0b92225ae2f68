"""A spec tried on one file: every way of declaring how a file looks, from bytes to rows, and what the command shows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from textwrap import dedent, indent

import openpyxl
import polars as pl
import pytest

from pipelines.intake.claims import Declared
from pipelines.intake.refusal import Refusal
from pipelines.orchestration.try_out import TryOut, trial_of, try_out
from pipelines.place.reference import ReferenceData
from pipelines.specs.check import gather
from pipelines.specs.problems import SpecError
from tests.conftest import classed, code_map
from tests.unit.makers import SPECS

FIELD = "  {name}: {{type: {kind}, sensitivity: {sensitivity}, description: x{more}}}\n"


def fields(*declared: tuple[str, str] | tuple[str, str, str]) -> str:
    lines = [FIELD.format(name=item[0], kind=item[1], sensitivity="plain", more="".join(item[2:])) for item in declared]
    return "fields:\n" + "".join(lines)


LISTS = {
    "recording_unit": "case,Case\n",
    "value_symbol": "suppressed,Suppressed\nnot_available,Not available\n",
    "kind": "road,Road\npath,Path\n",
}
TALLY = "title: T\ndescription: T\nshape: observation\nkey: [area_code, kind]\n" + fields(
    ("area_code", "text", ", required: true"),
    ("kind", "code", ", list: kind"),
    ("value", "number"),
    ("symbol", "code", ", list: value_symbol"),
    ("seen_on", "date"),
)
PLAIN = 'files: "{supplier} {period:%Y-%m}.csv"\nformat: {type: csv}\ncolumns: {Ward: area_code, N: value}\n'
EVENT = "title: E\ndescription: E\nshape: event\nkey: [ref]\nclock: occurred\n" + fields(
    ("ref", "text"), ("occurred", "interval", ", required: true")
)


@dataclass
class Bench:
    """A folder of specs with the datasets `tally` and `happening`, and one partner."""

    root: Path

    def feed(self, dataset: str, version: str, every: str = "month", draft: bool = False) -> Path:
        path = self.root / "partners" / "fernshire" / f"{dataset}.yml"
        path.write_text(
            f"title: F\ncadence: {{every: {every}, due: 20 days after}}\nretention: 1 years\nboundary_set: ward\n"
            + ("draft: true\n" if draft else "")
            + "recording: {unit: case, clock: reported, place: area}\nversions:\n  - valid_from: 2000\n"
            + indent(dedent(version), "    ")
        )
        return path

    def codes(self, name: str, *pairs: tuple[str, str]) -> None:
        path = self.root / "partners" / "fernshire" / "codes" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(code_map(*(f"{raw},map,{code}" for raw, code in pairs)))

    def read(self, name: str, content: bytes, spec: Path, period: date | None = None) -> tuple[TryOut, pl.DataFrame]:
        file, out = self.root.parent / name, self.root.parent / "out"
        file.write_bytes(content)
        (made,) = try_out(file, trial_of(spec, SPECS, None), Declared(period=period), ReferenceData(None), out)
        return made, pl.read_parquet(out / "rows.parquet")

    @property
    def aside(self) -> list[tuple[int, str]]:
        frame = pl.read_parquet(self.root.parent / "out" / "quarantine.parquet")
        return sorted(set(frame.select("_row", "issue_type").iter_rows()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    root = tmp_path / "specs"
    for folder in ("datasets", "codelists", "partners/fernshire"):
        (root / folder).mkdir(parents=True)
    (root / "datasets" / "tally.yml").write_text(classed(TALLY))
    (root / "datasets" / "happening.yml").write_text(classed(EVENT))
    for name, rows in LISTS.items():
        (root / "codelists" / f"{name}.csv").write_text(f"code,label\n{rows}")
    (root / "partners" / "fernshire" / "partner.yml").write_text(
        "title: F\ndescription: F\ncontact: {role: x}\nsuppliers: {east: {title: E}, west: {title: W}}\n"
    )
    return Bench(root)


# --- wide tables, cells of several values, symbols --------------------------------------------------------------------


def test_each_cell_of_a_wide_table_is_a_row_with_a_part_of_its_own(bench: Bench) -> None:
    bench.codes("kind", ("Roads", "road"), ("Paths", "path"))
    spec = bench.feed(
        "tally",
        """
        files: "{supplier} {period:%Y-%m}.csv"
        format: {type: csv}
        unpivot: {columns: [Roads, Paths], name: What, value: How many}
        columns:
          Ward: area_code
          What: {field: kind, map: kind}
          How many: {field: value, symbols: {x: suppressed, "": not_available}}
        """,
    )
    made, rows = bench.read("east 2024-05.csv", b"Ward,Roads,Paths\nA,1,x\nB,,4\n", spec)
    assert made.rows == {"made": 4, "loaded": 4, "ignored": 0, "duplicate": 0, "quarantined": 0, "erased": 0}
    assert rows.select("_row", "_part", "area_code", "kind", "value", "symbol").rows() == [
        (2, 1, "A", "road", 1.0, None),
        (2, 2, "A", "path", None, "suppressed"),
        (3, 1, "B", "road", None, "not_available"),
        (3, 2, "B", "path", 4.0, None),
    ]
    assert made.issues == {"symbol": 1}


def test_the_heading_of_a_column_a_month_says_the_period(bench: Bench) -> None:
    spec = bench.feed(
        "tally",
        """
        files: "{supplier}.csv"
        format: {type: csv}
        unpivot: {match: "(?P<Month>[A-Z][a-z]{2} [0-9]{4})", value: Cell, empty: left_out}
        period: {column: Month, date: "%b %Y"}
        columns: {Ward: area_code, Cell: value}
        """,
    )
    made, rows = bench.read("east.csv", b"Ward,Apr 2024,May 2024\nA,1,2\nB,,4\n", spec)
    assert made.rows["made"] == 3
    assert rows.select("area_code", "period_start", "value").rows() == [
        ("A", date(2024, 4, 1), 1.0),
        ("A", date(2024, 5, 1), 2.0),
        ("B", date(2024, 5, 1), 4.0),
    ]


def test_a_cell_that_does_not_fit_its_pattern_is_set_aside(bench: Bench) -> None:
    spec = bench.feed(
        "tally",
        r"""
        files: "{supplier} {period:%Y-%m}.csv"
        format: {type: csv}
        split: [{column: Cell, match: "(?P<count>[0-9,]+) \\([0-9]+%\\)"}]
        columns: {Ward: area_code, count: {field: value, thousands: ","}}
        """,
    )
    _, rows = bench.read("east 2024-05.csv", b'Ward,Cell\nA,"1,717 (5%)"\nB,17\nC,"17,17 (5%)"\n', spec)
    assert rows.select("area_code", "value").rows() == [("A", 1717.0)]
    assert bench.aside == [(3, "unsplit_value"), (4, "bad_value")]


def test_a_figure_that_is_neither_number_nor_symbol_is_missing(bench: Bench) -> None:
    spec = bench.feed(
        "tally",
        """
        files: "{supplier} {period:%Y-%m}.csv"
        format: {type: csv, delimiter: ";"}
        columns: {Ward: area_code, N: {field: value, decimal: ",", thousands: "."}}
        """,
    )
    _, rows = bench.read("east 2024-05.csv", b"Ward;N\nA;1.234,5\nB;\nC;1,5\nD;1.5\nE;12,\n", spec)
    assert rows.select("area_code", "value").rows() == [("A", 1234.5), ("C", 1.5)]
    assert bench.aside == [(3, "missing_value"), (5, "bad_value"), (6, "bad_value")]


# --- periods, suppliers, dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "format_", "text", "start"),
    [
        ("financial_year", "%Y-%y", "2012-13", date(2012, 4, 1)),
        ("academic_year", "%Y%y", "201617", date(2016, 9, 1)),
        ("calendar_year", "%Y", "2016", date(2016, 1, 1)),
        ("financial_year", "%Y", "2016", date(2016, 4, 1)),
        ("quarter", "%Y-%m", "2016-05", date(2016, 4, 1)),
        ("financial_year", "%Y-%y", "2012-14", None),
        ("financial_year", "%Y-%y", "1999-00", date(1999, 4, 1)),
        ("financial_year", "%Y-%y", "2012/13", None),
        ("month", "%Y-%m", "May", None),
    ],
)
def test_a_period_is_read_as_its_calendar_has_it(
    bench: Bench, every: str, format_: str, text: str, start: date | None
) -> None:
    spec = bench.feed(
        "tally",
        f"""
        files: "{{supplier}}.csv"
        format: {{type: csv}}
        period: {{column: When, date: "{format_}"}}
        columns: {{Ward: area_code, N: value}}
        """,
        every,
    )
    _, rows = bench.read("east.csv", f"Ward,When,N\nA,{text},1\n".encode(), spec)
    assert rows["period_start"].to_list() == ([start] if start else [])
    assert bench.aside == ([] if start else [(2, "bad_value")])


def test_a_cell_above_the_header_may_say_the_period(bench: Bench) -> None:
    spec = bench.feed(
        "tally",
        """
        files: "{supplier}.csv"
        format: {type: csv, header_row: 3}
        period: {cell: A2, match: "Abandoned vehicles, (.*)", date: "%B %Y"}
        columns: {Ward: area_code, N: value}
        """,
    )
    content = b'Fernshire\n"Abandoned vehicles, May 2024"\nWard,N\nA,1\n'
    _, rows = bench.read("east.csv", content, spec)
    assert rows["period_start"].to_list() == [date(2024, 5, 1)]
    made, _ = bench.read("east.csv", content.replace(b"May", b"Mai"), spec)
    assert "cell A2 should hold the reporting period and does not" in (made.refused or "")


def test_a_column_may_say_the_supplier(bench: Bench) -> None:
    bench.codes("who", ("East Fernshire", "east"), ("West Fernshire", "west"))
    spec = bench.feed(
        "tally",
        """
        files: "{period:%Y-%m}.csv"
        format: {type: csv}
        supplier: {column: District, map: who}
        columns: {Ward: area_code, N: value}
        """,
    )
    content = b"District,Ward,N\nEast Fernshire,A,1\nWest Fernshire,A,2\nNorth,A,3\n"
    _, rows = bench.read("2024-05.csv", content, spec)
    assert rows.select("supplier", "value").rows() == [("east", 1.0), ("west", 2.0)]
    assert rows["record_id"].n_unique() == 2
    assert bench.aside == [(4, "row_of_no_supplier")]


def test_a_time_that_no_clock_showed_is_set_aside_and_one_shown_twice_is_noted(bench: Bench) -> None:
    spec = bench.feed(
        "happening",
        """
        files: "{supplier}.csv"
        format: {type: csv}
        period: {column: At, date: "%d/%m/%Y %H:%M"}
        columns: {Ref: ref, At: {field: occurred, date: "%d/%m/%Y %H:%M"}}
        """,
    )
    times = ["31/03/2024 00:59", "31/03/2024 01:30", "31/03/2024 02:00", "27/10/2024 01:30"]
    content = "Ref,At\n" + "".join(f"{number},{time}\n" for number, time in enumerate(times))
    made, rows = bench.read("east.csv", content.encode(), spec)
    assert rows["ref"].to_list() == ["0", "2", "3"]
    assert (bench.aside, made.issues["repeated_hour"]) == ([(3, "skipped_hour")], 1)


def test_a_year_of_two_digits_is_of_the_century_declared(bench: Bench) -> None:
    version = """
        files: "{supplier} {period:%Y-%m}.csv"
        format: {type: csv}
        columns: {Ward: area_code, N: value, Day: {field: seen_on, date: "%d/%m/%y", years_from: 1930}}
        """
    _, rows = bench.read("east 2024-05.csv", b"Ward,N,Day\nA,1,01/02/29\nB,1,01/02/30\n", bench.feed("tally", version))
    assert rows["seen_on"].to_list() == [date(2029, 2, 1), date(1930, 2, 1)]
    spec = bench.feed("tally", version.replace(", years_from: 1930", ""))
    with pytest.raises(SpecError, match="a year of two digits, `%y`, needs `years_from`"):
        trial_of(spec, SPECS, None)


def test_a_moment_with_an_offset_is_local_time_in_the_period_too(bench: Bench) -> None:
    spec = bench.feed(
        "happening",
        """
        files: "{supplier}.csv"
        format: {type: csv}
        period: {column: At, date: "%Y-%m-%dT%H:%M:%S%z"}
        columns: {Ref: ref, At: {field: occurred, date: "%Y-%m-%dT%H:%M:%S%z"}}
        """,
    )
    _, rows = bench.read("east.csv", b"Ref,At\n1,2015-03-31T23:30:00Z\n2,2015-01-31T23:30:00+00:00\n", spec)
    assert rows.select("occurred_from", "period_start").rows() == [
        (datetime(2015, 4, 1, 0, 30), date(2015, 4, 1)),
        (datetime(2015, 1, 31, 23, 30), date(2015, 1, 1)),
    ]


# --- rows that are no records -----------------------------------------------------------------------------------------

NOTED = "Fernshire,2\nWard,N\nA,1\nTotal,1\n\nB,2\n* Grand total *,3\nNotes\nA ward is a ward,x,y\n"


def test_rows_are_skipped_by_name_and_totals_that_nobody_names_are_set_aside(bench: Bench) -> None:
    version = """
        files: "{supplier} {period:%Y-%m}.csv"
        format: {type: csv, header_row: 2}
        columns: {Ward: area_code, N: value}
        skip: [{rule: notes, starts_with: Notes, to_end: true}MORE]
        """
    made, rows = bench.read("east 2024-05.csv", NOTED.encode(), bench.feed("tally", version.replace("MORE", "")))
    assert rows["area_code"].to_list() == ["A", "B"]
    assert made.records["skipped"] == {"before_header": 1, "blank_line": 1, "notes": 2}
    assert bench.aside == [(4, "totals_row"), (7, "totals_row")]
    declared = ", {rule: totals, column: Ward, matches: '.*[Tt]otal.*'}"
    made, _ = bench.read("east 2024-05.csv", NOTED.encode(), bench.feed("tally", version.replace("MORE", declared)))
    assert made.records["skipped"] == {"before_header": 1, "blank_line": 1, "notes": 2, "totals": 2}
    assert made.records["records"] == 9
    assert bench.aside == []


@pytest.mark.parametrize("trailer", ["Total,5,,", "TOTAL RECORDS,5", "End of report,", "EOF", "Total"])
def test_a_trailer_is_named_whatever_its_shape(bench: Bench, trailer: str) -> None:
    _, rows = bench.read("east 2024-05.csv", f"Ward,N\nA,1\n{trailer}".encode(), bench.feed("tally", PLAIN))
    assert rows["area_code"].to_list() == ["A"]
    assert bench.aside == [(3, "totals_row")]


def test_a_value_that_says_total_is_a_record_where_its_map_knows_it(bench: Bench) -> None:
    bench.codes("kind", ("Total", "road"), ("Paths", "path"))
    spec = bench.feed(
        "tally",
        """
        files: "{supplier} {period:%Y-%m}.csv"
        format: {type: csv}
        columns: {What: {field: kind, map: kind}, Ward: area_code, N: value}
        """,
    )
    _, rows = bench.read("east 2024-05.csv", b"What,Ward,N\nTotal,A,1\nPaths,A,2\n", spec)
    assert rows["kind"].to_list() == ["road", "path"]


# --- other formats ----------------------------------------------------------------------------------------------------

FIXED = """
    files: "{supplier} {period:%Y-%m}.txt"
    format:
      type: fixed_width
      encoding: cp1252
      fields: {Ward: [1, 6], N: [8, 10]}
      first_row: 2
      footer_rows: 1
    columns: {Ward: area_code, N: value}
    """


def test_fields_of_fixed_width_are_cut_where_declared_or_not_at_all(bench: Bench) -> None:
    lines = ["WARD   NUM", "Caf\u00e9     1", "Bourne  12", "Ash    1234", "Elm", "OakxxxX  1", "", "3 records "]
    made, rows = bench.read("east 2024-05.txt", "\r\n".join(lines).encode("cp1252"), bench.feed("tally", FIXED))
    assert rows.select("_row", "area_code", "value").rows() == [(2, "Caf\u00e9", 1.0), (3, "Bourne", 12.0)]
    assert bench.aside == [(4, "field_count"), (5, "field_count"), (6, "field_count")]
    assert made.records["skipped"] == {"before_header": 1, "blank_line": 1, "footer": 1}
    assert made.records["records"] == len(lines)


def test_a_field_of_fixed_width_that_nobody_reads_is_named(bench: Bench) -> None:
    spec = bench.feed("tally", FIXED.replace("N: [8, 10]}", "N: [8, 10], Extra: [12, 14]}"))
    with pytest.raises(SpecError, match='the field "Extra" is neither read nor ignored'):
        trial_of(spec, SPECS, None)


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_with_a_sheet_a_month_is_a_return_a_sheet(bench: Bench, tmp_path: Path) -> None:
    spec = bench.feed(
        "tally",
        """
        files: "{supplier}.xlsx"
        format: {type: xlsx, sheet: "{period:%b %Y}"}
        columns: {Ward: area_code, N: value}
        """,
    )
    file = tmp_path / "east.xlsx"
    file.write_bytes(workbook(Notes=[["x"]], Apr_2024=[["Ward", "N"], ["A", 1]], May_2024=[["Ward", "N"], ["A", 2]]))
    results = try_out(file, trial_of(spec, SPECS, None), Declared(), ReferenceData(None), tmp_path / "out")
    assert [result.source for result in results] == ["east.xlsx[Apr 2024]", "east.xlsx[May 2024]"]
    rows = pl.read_parquet(tmp_path / "out" / "rows.parquet")
    assert rows.select("period_start", "value", "_row").rows() == [
        (date(2024, 4, 1), 1.0, 2),
        (date(2024, 5, 1), 2.0, 2),
    ]


def test_json_geojson_and_xml_are_read_by_their_paths(bench: Bench) -> None:
    version = """
        files: "{supplier} {period:%Y-%m}.EXT"
        format: {type: FORMAT}
        columns: {place.ward: area_code, n: value}
        ignore: [id, longitude, latitude]
        """
    cases = {
        ("json", "json, records: data.items"): {"data": {"items": [{"place": {"ward": "A"}, "n": 1}]}},
        ("geojson", "geojson"): {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "geometry": None, "properties": {"place": {"ward": "A"}, "n": 1}, "id": 7}
            ],
        },
    }
    for (ending, format_), document in cases.items():
        spec = bench.feed("tally", version.replace("EXT", ending).replace("FORMAT", format_))
        _, rows = bench.read(f"east 2024-05.{ending}", json.dumps(document).encode(), spec)
        assert rows.select("_row", "area_code", "value").rows() == [(1, "A", 1.0)]
    text = (
        version.replace("EXT", "xml").replace("FORMAT", "xml, record: Return/Row").replace("place.ward", "Ward/@code")
    )
    spec = bench.feed("tally", text)
    _, rows = bench.read("east 2024-05.xml", b'<Return><Row><Ward code="A"/><n>1</n></Row></Return>', spec)
    assert rows.select("_row", "area_code", "value").rows() == [(1, "A", 1.0)]


def test_members_of_archives_are_chosen_by_pattern(bench: Bench, tmp_path: Path) -> None:
    spec = bench.feed(
        "tally",
        """
        files: "{supplier}*.zip/data/{period:%Y-%m}.csv"
        format: {type: csv}
        columns: {Ward: area_code, N: value}
        """,
    )
    file = tmp_path / "east returns.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data/2024-05.csv", "Ward,N\nA,1\n")
        archive.writestr("read me.txt", "x")
    trial = trial_of(spec, SPECS, None)
    (made,) = try_out(file, trial, Declared(), ReferenceData(None), None)
    assert (made.source, made.rows["loaded"]) == ("east returns.zip:data/2024-05.csv", 1)
    packed = bench.feed("tally", PLAIN)
    _, rows = bench.read("east 2024-05.csv.gz", gzip.compress(b"Ward,N\nA,1\n"), packed)
    assert rows["period_start"].to_list() == [date(2024, 5, 1)]


# --- the trial itself -------------------------------------------------------------------------------------------------


def test_a_draft_may_be_tried_and_is_never_loaded(bench: Bench) -> None:
    spec = bench.feed("tally", PLAIN, draft=True)
    made, _ = bench.read("east 2024-05.csv", b"Ward,N\nA,1\n", spec)
    assert made.rows["loaded"] == 1
    _, problems = gather(bench.root)
    assert [problem.message for problem in problems] == [
        "a draft: answer its questions, then take `draft` out; until then it loads nothing"
    ]


def test_a_spec_of_no_known_dataset_shows_the_rows_as_they_are(bench: Bench, tmp_path: Path) -> None:
    spec = tmp_path / "my draft.yml"
    version = 'files: "*.csv"\nformat: {type: csv}\nperiod: given\ncolumns: {Ward: place, N: number}\nignore: [Note]\n'
    spec.write_text(bench.feed("tally", version).read_text())
    made, rows = bench.read("any.csv", b'Ward,N,Note\nA,007,x\nB,"\n', spec, date(2024, 5, 1))
    assert rows.rows() == [(2, "A", "007")]
    assert made.records == {"records": 3, "header": 1, "skipped": {}, "read": 1, "quarantined": 1}
    assert (made.rows, bench.aside) == ({}, [(3, "malformed_quotes")])


def test_issues_are_a_table_that_no_spreadsheet_runs(bench: Bench, tmp_path: Path) -> None:
    bench.read("east 2024-05.csv", b"Ward,N\nA,=1+1\n", bench.feed("tally", PLAIN))
    with (tmp_path / "out" / "issues.csv").open(newline="") as file:
        (issue,) = csv.DictReader(file)
    assert (issue["row"], issue["issue_type"], issue["column"], issue["value"]) == ("2", "bad_value", "N", "'=1+1")
    account = json.loads((tmp_path / "out" / "account.json").read_text())
    assert account["records"]["records"] == 2
    assert account["rows"]["quarantined"] == 1


def test_a_column_by_a_name_of_ours_is_read_by_another(bench: Bench) -> None:
    version = PLAIN.replace("Ward: area_code", "_row: area_code")
    with pytest.raises(SpecError, match='"_row" is a name of ours'):
        trial_of(bench.feed("tally", version), SPECS, None)
    spec = bench.feed("tally", PLAIN + "also_called: {Ward: [_row]}\n")
    _, rows = bench.read("east 2024-05.csv", b"_row,N\nA,1\n", spec)
    assert rows.select("_row", "area_code").rows() == [(2, "A")]


CORRECTED = """\
- id: ward_of_may
  dataset: tally
  period: 2024-05
  supplier: east
  match: {Ward: X}
  expect: {Ward: X}
  change: {Ward: A}
  reason: Told by telephone
  reported_by: The sender
  reported_on: 2024-06-01
"""


def test_corrections_of_the_folder_are_applied(bench: Bench) -> None:
    spec = bench.feed("tally", PLAIN)
    corrections = spec.parent / "corrections.yml"
    corrections.write_text(CORRECTED + CORRECTED.replace("tally", "unfinished"))
    made, rows = bench.read("east 2024-05.csv", b"Ward,N\nX,1\n", spec)
    assert (made.issues, rows["area_code"].to_list()) == ({"corrected": 1}, ["A"])
    made, _ = bench.read("east 2024-05.csv", b"Ward,N\nA,1\n", spec)
    assert made.refused is not None and made.refused.startswith("correction_failed: east 2024-05.csv: ")
    corrections.write_text(CORRECTED.replace("{Ward: A}", "{Ward: 1}"))
    with pytest.raises(SpecError, match=r"change\.Ward: a cell is a text: put it in quotation marks"):
        trial_of(spec, SPECS, None)
    corrections.write_text(CORRECTED.replace("Ward: X", "Wards: X").replace("Ward: A", "Wards: A"))
    with pytest.raises(SpecError, match='"Wards" is no column that fernshire/tally makes rows from'):
        trial_of(spec, SPECS, None)


def test_what_cannot_be_tried_is_said(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="there is no such spec"):
        trial_of(tmp_path / "none.yml", SPECS, None)
    spec = bench.feed("tally", 'files: "a.csv"\nformat: {type: csv, encodng: x}\ncolumns: {Ward: area_code}\n')
    with pytest.raises(SpecError, match='unknown key "encodng" \\(did you mean "encoding"\\?\\)'):
        trial_of(spec, SPECS, None)
    with pytest.raises(Refusal, match='there is no dataset "tallly"'):
        trial_of(spec, SPECS, "tallly")
