"""Blank workbooks: what they hold, and that what is filled in by a person is what is loaded, row for row."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli.main import app
from pipelines.intake.claims import Declared
from pipelines.orchestration.try_out import TryOut, trial_of, try_out
from pipelines.propose.template.book import workbook
from pipelines.propose.template.choices import listed, map_text
from pipelines.propose.template.guide import passages
from pipelines.propose.template.made import Template, Wanted, made
from pipelines.propose.template.page import GUIDE, LISTS, Entry, Guide, NoTemplateError, Page
from pipelines.specs.base import PeriodType
from pipelines.specs.check import cross_check, gather
from pipelines.specs.load import CodeTable, SpecSet, read_feed
from pipelines.specs.models import Code
from tests.unit.makers import NO_REFERENCE, SPECS

FROM = date(2024, 4, 1)
AGREED = {"agreed_by": "Noise officer", "agreed_on": date(2024, 4, 2)}


@cache
def specs() -> SpecSet:
    found, problems = gather(SPECS)
    assert problems == []
    return found


def template(of: str, **wanted: Any) -> Template:
    return made(Wanted(of, **{"first": FROM, "stem": "filled", **wanted}), specs())


def put_beside(folder: Path, done: Template) -> Path:
    """The spec and its maps, in a folder."""
    path = folder / f"{done.dataset}.yml"
    path.write_text(done.spec or "", encoding="utf-8")
    (folder / "codes").mkdir(exist_ok=True)
    for name, text in done.maps.items():
        (folder / "codes" / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def filled(done: Template, rows: list[dict[str, Any]], *, period: Any, count: Any, spare: int = 0) -> bytes:
    """The workbook as a person fills it: cells below headings, the period, the count, and blanks left at the end."""
    book = openpyxl.load_workbook(io.BytesIO(done.book))
    sheet = book[done.page.sheet]
    places = {sheet.cell(done.page.header_rows[-1], column).value: column for column in range(1, sheet.max_column + 1)}
    for number, row in enumerate(rows, start=done.page.first_row):
        for heading, value in row.items():
            sheet.cell(number, places[heading]).value = value
    for blank in range(spare):
        sheet.cell(done.page.first_row + len(rows) + blank, 1).value = ""
        sheet.cell(done.page.first_row + len(rows) + blank, 1).number_format = "@"
    for mark in done.page.marks:
        sheet.cell(mark.row, mark.column).value = period if mark.role == "period" else count
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def loaded(folder: Path, done: Template, content: bytes, name: str = "filled April.xlsx") -> TryOut:
    path = put_beside(folder, done)
    (folder / name).write_bytes(content)
    trial = trial_of(path, SPECS, None)
    [result] = try_out(folder / name, trial, Declared(), NO_REFERENCE, folder / "out")
    return result


def rows_of(folder: Path, *columns: str) -> list[tuple[Any, ...]]:
    import polars as pl

    return pl.read_parquet(folder / "out" / "rows.parquet").sort("_row").select(columns).rows()


# --- filled and loaded ------------------------------------------------------------------------------------------------


def test_what_is_filled_in_of_an_event_is_loaded_row_for_row(tmp_path: Path) -> None:
    done = template("noise_complaint", ways=("grid_reference",), **AGREED)
    reference, day, made_by, came_from, _done = [entry.heading for entry in done.page.entries[:5]]
    rows = [
        {reference: "0012", day: date(2024, 4, 3), made_by: "Barking dogs", "Grid reference": "SU 99700 49600"},
        {reference: "0013", day: "2024-04-05", made_by: "Vehicle alarm", came_from: "Not recorded"},
        {day: datetime(2024, 4, 30), made_by: "  barking DOGS "},
        {reference: "0014", day: date(2024, 4, 30), made_by: "dogs"},
    ]
    result = loaded(tmp_path, done, filled(done, rows, period=date(2024, 4, 17), count=4, spare=20))
    assert (result.refused, result.rows["loaded"]) == (None, 4)
    assert rows_of(tmp_path, "source_id", "occurred_from", "category_code", "noise_source_code", "period_start") == [
        ("0012", datetime(2024, 4, 3), "dogs", None, FROM),
        ("0013", datetime(2024, 4, 5), "vehicle_alarm", "not_known", FROM),
        (None, datetime(2024, 4, 30), "dogs", None, FROM),
        ("0014", datetime(2024, 4, 30), "dogs", None, FROM),
    ]
    assert rows_of(tmp_path, "easting", "northing")[0] == (499700.5, 149600.5)


def test_what_is_filled_in_of_an_observation_is_loaded_row_for_row(tmp_path: Path) -> None:
    done = template("probation_caseload", every=PeriodType.QUARTER, boundary_set="lad_2023", **AGREED)
    figure = next(entry for entry in done.page.entries if entry.words)
    area, measure = (entry.heading for entry in done.page.entries[:2])
    assert figure.words is not None and done.page.entries[1].choices is not None
    first, withheld = done.page.entries[1].choices.lines[0], figure.words.lines[0]
    rows = [
        {area: "X07000001", measure: first.text, figure.heading: 0},
        {area: "X07000002", measure: first.text, figure.heading: 17},
        {area: "X07000003", measure: first.text, figure.heading: withheld.text},
    ]
    result = loaded(tmp_path, done, filled(done, rows, period=date(2024, 6, 30), count=3))
    assert (result.refused, result.rows["loaded"]) == (None, 3)
    assert rows_of(tmp_path, "area_code", "measure", "value", "symbol", "period_start") == [
        ("X07000001", first.code, 0, None, FROM),
        ("X07000002", first.code, 17, None, FROM),
        ("X07000003", first.code, None, withheld.code, FROM),
    ]


def test_what_is_filled_in_of_an_asset_is_loaded_row_for_row(tmp_path: Path) -> None:
    done = template("street_light", every=PeriodType.FINANCIAL_YEAR, ways=("coordinates",), **AGREED)
    headings = {entry.field: entry.heading for entry in done.page.entries}
    lamp = next(entry for entry in done.page.entries if entry.field == "category_code").choices
    assert lamp is not None
    rows = [
        {headings["source_id"]: 7, headings["category_code"]: lamp.lines[1].text, headings["height_m"]: 5.5},
        {
            headings["source_id"]: "007",
            headings["category_code"]: lamp.lines[0].text,
            headings["fitted"]: date(1974, 1, 9),
            "Easting": 499700,
            "Northing": 149600,
        },
    ]
    result = loaded(tmp_path, done, filled(done, rows, period=date(2024, 4, 1), count=2))
    assert (result.refused, result.rows["loaded"]) == (None, 2)
    assert rows_of(tmp_path, "source_id", "category_code", "fitted", "height_m") == [
        ("7", lamp.lines[1].code, None, 5.5),
        ("007", lamp.lines[0].code, date(1974, 1, 9), None),
    ]


def test_an_empty_workbook_is_a_nil_return(tmp_path: Path) -> None:
    done = template("noise_complaint", **AGREED)
    result = loaded(tmp_path, done, filled(done, [], period=date(2024, 5, 1), count=0, spare=3))
    assert (result.refused, result.rows["made"], result.records["read"]) == (None, 0, 0)


@pytest.mark.parametrize(
    ("period", "count", "told"),
    [
        (date(2024, 4, 1), None, "cell B3, where the partner states a total, is empty"),
        (date(2024, 4, 1), 2, "B3"),
        (None, 1, "cell B2 should hold the reporting period"),
    ],
)
def test_a_workbook_without_its_period_or_count_is_refused(tmp_path: Path, period: Any, count: Any, told: str) -> None:
    done = template("noise_complaint", **AGREED)
    row = {done.page.entries[1].heading: date(2024, 4, 3), done.page.entries[2].heading: "Barking dogs"}
    result = loaded(tmp_path, done, filled(done, [row], period=period, count=count))
    assert result.refused is not None and told in result.refused


def test_a_value_outside_a_list_and_a_date_typed_otherwise_are_named_at_their_cells(tmp_path: Path) -> None:
    done = template("noise_complaint", **AGREED)
    day, made_by = (entry.heading for entry in done.page.entries[1:3])
    rows: list[dict[str, Any]] = [{day: date(2024, 4, 3), made_by: "Barking dogs"} for _ in range(30)]
    rows[4] = {day: date(2024, 4, 3), made_by: "Ghosts"}
    rows[6] = {day: "03/04/2024", made_by: "Barking dogs"}
    result = loaded(tmp_path, done, filled(done, rows, period=date(2024, 4, 1), count=30))
    assert (result.refused, result.rows["loaded"], result.rows["quarantined"]) == (None, 28, 2)
    assert result.examples["unmapped_code"].startswith(f'filled April.xlsx:11: {made_by}: "Ghosts"')
    assert result.examples["bad_value"].startswith(f'filled April.xlsx:13: {day}: "03/04/2024"')


def test_moments_are_typed_as_text(tmp_path: Path) -> None:
    done = template("assault_attendance", times=True, **AGREED)
    *days, how = [entry.heading for entry in done.page.entries if entry.is_required]
    choices = next(entry for entry in done.page.entries if entry.heading == how).choices
    assert choices is not None
    moments = ("2024-04-03 00:00", "2024-04-03 13:45")
    rows = [{**dict.fromkeys(days, moment), how: text} for moment, text in zip(moments, choices.texts, strict=False)]
    result = loaded(tmp_path, done, filled(done, rows, period=date(2024, 4, 1), count=2))
    assert (result.refused, result.rows["loaded"]) == (None, 2)
    assert [row[0] for row in rows_of(tmp_path, "arrived_from")] == [
        datetime(2024, 4, 3),
        datetime(2024, 4, 3, 13, 45),
    ]


def test_lines_nobody_agreed_to_are_proposed_and_asked_about(tmp_path: Path) -> None:
    done = template("noise_complaint")
    assert "codes" in {question.about for question in done.questions}
    put_beside(tmp_path, done)
    spec, _document, problems = read_feed(tmp_path / "noise_complaint.yml", "trial", "noise_complaint")
    assert problems == [] and spec is not None
    assert not any(entry.is_agreed for table in spec.maps.values() for entry in table.entries)


# --- every dataset ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", sorted(path.stem for path in (SPECS / "datasets").glob("*.yml")))
def test_a_template_of_every_dataset_has_a_spec_without_a_fault(tmp_path: Path, dataset: str) -> None:
    ways = ("grid_reference", "postcode", "area") if specs().datasets[dataset].shape != "observation" else ()
    done = template(dataset, ways=ways, boundary_set="ward_2024", identifiers=True)
    put_beside(tmp_path, done)
    feed, document, problems = read_feed(tmp_path / f"{dataset}.yml", "demo_police", dataset)
    assert problems == [] and feed is not None and feed.feed.draft
    own = SpecSet(**{**vars(specs()), "feeds": {feed.name: feed}, "corrections": {}})
    own.documents = {**own.documents, ("feed", feed.name): document}
    assert [problem.message.split(":")[0] for problem in cross_check(own)] == ["a draft"]
    headings = [entry.heading for entry in done.page.entries]
    assert len({heading.casefold() for heading in headings}) == len(headings)
    _looks_well(done)


def _looks_well(done: Template) -> None:
    """Nothing in the workbook runs or leads out; it opens on the words, and each list's range holds its texts."""
    with zipfile.ZipFile(io.BytesIO(done.book)) as archive:
        names = archive.namelist()
        sheets = b"".join(archive.read(name) for name in names if name.startswith("xl/worksheets/sheet"))
    assert not [name for name in names if re.search(r"vba|externalLink|connections|macro", name, re.IGNORECASE)]
    assert b"<f>" not in sheets
    book = openpyxl.load_workbook(io.BytesIO(done.book))
    assert book.sheetnames[0] == GUIDE and book.active.title == GUIDE
    sheet = book[done.page.sheet]
    assert sheet.freeze_panes == f"A{done.page.first_row}"
    parts = [(part, check) for check in sheet.data_validations.dataValidation for part in check.sqref.ranges]
    checks = {part.min_col: check for part, check in parts if part.min_row == done.page.first_row}
    for column, entry in enumerate(done.page.entries, start=done.page.first_column):
        assert len(checks[column].prompt) <= 255 and len(checks[column].promptTitle) <= 32
        if entry.choices is not None:
            assert _texts_at(book, checks[column].formula1) == entry.choices.texts


def _texts_at(book: Any, formula: str) -> list[str]:
    found = re.fullmatch(r"'(.+)'!\$B\$(\d+):\$B\$(\d+)", formula)
    assert found is not None
    return [book[found[1]].cell(row, 2).value for row in range(int(found[2]), int(found[3]) + 1)]


def test_the_same_spec_makes_the_same_bytes() -> None:
    assert template("street_light", **AGREED).book == template("street_light", **AGREED).book


def test_identifiers_and_free_texts_are_asked_for_only_as_pseudonyms_and_told_of() -> None:
    plain, asked = template("youth_child"), template("youth_child", identifiers=True)
    fields = [{entry.field for entry in done.page.entries} for done in (plain, asked)]
    assert fields[1] - fields[0] == {"person_ref"}
    assert "person_name" not in fields[1]
    sheet = openpyxl.load_workbook(io.BytesIO(plain.book))[GUIDE]
    said = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
    for name in ("person_name", "person_ref"):
        assert specs().datasets["youth_child"].fields[name].description.split(";")[0].rstrip(".") in said


def test_a_home_is_not_asked_for_where_rows_are_about_persons() -> None:
    with pytest.raises(NoTemplateError, match="tell where a person lives"):
        template("youth_child", ways=("street",))
    draft = template("youth_child", ways=("postcode", "grid_reference")).spec or ""
    assert "keep: sector" in draft and "keep_m: 1000" in draft


# --- a feed that reads a workbook -------------------------------------------------------------------------------------


def test_the_template_of_a_feed_loads_by_that_feed_unchanged(tmp_path: Path) -> None:
    done = made(Wanted("demo_eastmark/abandoned_vehicle"), specs())
    assert done.spec is None and (done.page.sheet, done.page.header_rows) == ("Removals", (3,))
    headings = [entry.heading for entry in done.page.entries]
    choices = next(entry for entry in done.page.entries if entry.kind == "choice").choices
    assert choices is not None
    book = openpyxl.load_workbook(io.BytesIO(done.book))
    sheet = book["Removals"]
    assert [cell.value for cell in sheet[3]] == headings
    for number, text in enumerate(choices.texts, start=4):
        for column, value in enumerate((f"E{number}", date(2023, 4, 9), text, None), start=1):
            sheet.cell(number, column).value = value
    sheet.cell(4 + len(choices.texts), 1).value = "Total removed"
    sheet.cell(4 + len(choices.texts), 3).value = len(choices.texts)
    path = tmp_path / "2023-05-05" / "Eastmark vehicles removed Apr 2023.xlsx"
    path.parent.mkdir()
    book.save(path)
    trial = trial_of(SPECS / "partners" / "demo_eastmark" / "abandoned_vehicle.yml", SPECS, None)
    [result] = try_out(path, trial, Declared(), NO_REFERENCE, tmp_path / "out")
    assert (result.refused, result.rows["loaded"]) == (None, len(choices.texts))
    assert {code for (code,) in rows_of(tmp_path, "category_code")} == {line.code for line in choices.lines}
    said = [cell.value for row in book[GUIDE].iter_rows() for cell in row if cell.value]
    assert any("Total removed | (empty) | the number" in str(text) for text in said)


def test_a_feed_that_reads_text_gets_a_workbook_and_a_spec_with_what_it_says_already() -> None:
    done = template("demo_police/crime", **AGREED)
    known = specs().feeds["demo_police/crime"].feed
    assert done.spec is not None and done.questions == () and "draft" not in done.spec
    assert f"unit: {known.recording.unit}" in done.spec and f"retention: {known.retention.written}" in done.spec


# --- lists ------------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d", "e"]),
            st.sampled_from(["One", "one ", "Two", "a", "=2+3", "x" * 200]),
            st.sampled_from([None, "a", "b"]),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda item: item[0],
    )
)
def test_every_text_of_a_list_leads_to_its_own_code(codes: list[tuple[str, str, str | None]]) -> None:
    entries = tuple(Code(code=code, label=label, parent=parent) for code, label, parent in codes)
    own = SpecSet(SPECS, code_lists={"list": CodeTable(SPECS, entries, tuple(range(len(entries))))})
    choices = listed("list", own, None)
    parents = {parent for _code, _label, parent in codes}
    assert {line.code for line in choices.lines if line.is_used} == {code for code, *_rest in codes} - parents
    assert {line.code for line in choices.lines} == {code for code, *_rest in codes}
    lines = [line.split(",") for line in map_text(choices, None, None).splitlines()[1:]]
    meant = {(match, raw.strip().casefold() if match == "folded" else raw): code for raw, match, _do, code, *_ in lines}
    assert len(meant) == len(lines)
    for line in choices.lines:
        if line.is_used:
            assert meant["folded", line.text.strip().casefold()] == line.code


def test_a_text_that_begins_like_a_formula_is_a_text() -> None:
    from pipelines.propose.template.page import Choices, Listed

    choices = Choices("sums", (Listed("=2+3", "sum", "=2+3"),))
    page = Page("Return", (Entry("=A1", "choice", "a sum", choices=choices),), (1,), 2)
    book = openpyxl.load_workbook(io.BytesIO(workbook(page, Guide("T", "One row.", "monthly", "x.xlsx", "To us."))))
    assert book["Return"]["A1"].data_type == book[LISTS]["B2"].data_type == "s"
    assert next(heading for heading, _lines in passages(page, Guide("T", "r", "m", "x", "s"))) == "What one row is"


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_workbook_spec_and_maps_and_never_over_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    monkeypatch.setenv("COMMONGRID_SPECS", str(SPECS))
    call = ["specs", "template", "noise_complaint", "--from", "2024-04", "--out", str(tmp_path / "noise.xlsx")]
    first = CliRunner().invoke(app, call)
    assert first.exit_code == 0, first.output
    there = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    codes = {f"codes/noise_{name}.csv" for name in ("type", "source", "outcome")}
    assert set(there) == {"noise.xlsx", "noise_complaint.yml", *codes}
    assert CliRunner().invoke(app, call).exit_code == 0
    (tmp_path / "noise_complaint.yml").write_text("mine", encoding="utf-8")
    (tmp_path / "noise.xlsx").unlink()
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 2 and "is there already" in again.output
    assert not (tmp_path / "noise.xlsx").exists()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["noise"], 'there is no feed or dataset "noise"'),
        (["noise_complaint"], "--from 2024-05"),
        (["noise_complaint", "--from", "May"], '"May" is no period'),
        (["noise_complaint", "--from", "2024-04", "--every", "months"], '(did you mean "month"?)'),
        (["noise_complaint", "--from", "2024-04", "--location", "post_code"], '(did you mean "postcode"?)'),
        (["noise_complaint", "--from", "2024-04", "--location", "area"], "--boundary-set"),
        (["noise_complaint", "--from", "2024-04", "--agreed-by", "Me"], "--agreed-on"),
        (["noise_complaint", "--from", "2024-04", "--partner", "demo_eastmrk"], '(did you mean "demo_eastmark"?)'),
        (["noise_complaint", "--from", "2024-04", "--out", "x.csv"], "ends in .xlsx"),
        (["noise_complaint", "--from", "2024-04", "--spec", "x.yml"], "noise_complaint.yml"),
        (["demo_eastmark/abandoned_vehicle", "--every", "week"], "its spec says what --every would"),
        (["demo_eastmark/abandoned_vehicle", "--from", "1999-01"], "reads nothing of 1999-01-01"),
    ],
)
def test_what_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: list[str], told: str
) -> None:
    from typer.testing import CliRunner

    monkeypatch.setenv("COMMONGRID_SPECS", str(SPECS))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["specs", "template", *call])
    assert result.exit_code == 2 and told in result.output, result.output
    assert list(tmp_path.iterdir()) == []
