"""Control totals: a delivery that misses what its partner states of it is refused, whatever way it is stated."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.demo import make_county
from pipelines.demo.vehicles import eastmark_file
from pipelines.harmonise.control import check_control
from pipelines.intake.claims import Claim, Declared
from pipelines.intake.companions import Stated, stated_beside
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source
from pipelines.orchestration.try_out import trial_of, try_out
from pipelines.read.delivery import read_delivery
from pipelines.read.records import Records
from pipelines.read.tally import ColumnSum, Marks
from pipelines.specs.feeds import Feed, FeedVersion
from pipelines.specs.load import FeedSpec
from pipelines.specs.models import Dataset
from pipelines.specs.patterns import NameFacts
from tests.conftest import Bench, code_map
from tests.unit.makers import NO_REFERENCE, SPECS, claimed, harmonised
from tests.unit.workbooks import workbook
from warehouse import ledger as led

CSV = {"type": "csv", "delimiter": "|"}
TRAILER = {"of": "rows", "stated_in": "trailer", "rule": "trailer", "match": r"^TRL\|(\d+)"}
SUM = {"of": "sum", "column": "Amount", "stated_in": "trailer", "rule": "trailer", "match": r"^TRL\|\d+\|(.+)"}
SKIP = [{"rule": "trailer", "starts_with": "TRL"}]
# Two columns, and a trailer of its own shape.
WHOLE = b"Ref|Amount\na|1.50\nb|2.25\nTRL|2|3.75\n"


def claim_of(*control: dict[str, Any], name: str = "x.csv", **version: Any) -> Claim:
    """A claim on a file with the columns Ref and Amount, by a spec with these control totals."""
    given_ = {
        "valid_from": date(2024, 1, 1),
        "files": "x.csv",
        "format": CSV,
        "columns": {"Ref": "ref", "Amount": "amount"},
        "skip": SKIP,
        "period": "given",
        "control": control,
    }
    read = FeedVersion.model_validate({**given_, **version})
    feed = Feed.model_construct(title="F", versions=(read,))
    return Claim(FeedSpec("fernshire", "tally", feed, {}), read, Source(Path(name)), NameFacts())


def read(content: bytes, claim: Claim, dataset: Dataset | None = None) -> Records:
    return read_delivery(io.BytesIO(content), claim, dataset)


def verdict(content: bytes, *control: dict[str, Any], stated: Stated | None = None, **version: Any) -> int | str | None:
    """The stated number of records, or why the file is refused."""
    claim = claim_of(*control, **version)
    try:
        return check_control(read(content, claim), claim, stated or Stated(names=("x.csv",), stem="x"))
    except Refusal as refusal:
        assert refusal.issue_type == "control_total"
        told = str(refusal).removeprefix("x.csv: ")
        return told.removesuffix("; nothing of it is loaded: ask the partner for the whole file")


# --- a trailer --------------------------------------------------------------------------------------------------------


def test_a_file_that_holds_what_its_trailer_states_is_taken() -> None:
    assert verdict(WHOLE, TRAILER, SUM) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Ref|Amount\na|1\nTRL|2\n", "holds 1 record, where its trailer (x.csv:3) states 2"),
        (b"Ref|Amount\na|1\nb|2\nc|3\nTRL|2\n", "holds 3 records, where its trailer (x.csv:5) states 2"),
        (b"Ref|Amount\na|1\nb|2\n", 'has no trailer: there is no row that the rule "trailer" skips'),
        (
            b"Ref|Amount\na|1\nTRL|many\n",
            "its trailer (x.csv:3) does not state the number of records, going by `match`",
        ),
        (
            b"Ref|Amount\na|1\nTRL|1\nTRL|2\n",
            "its trailer (x.csv:3) states the number of records more than once, and not the same",
        ),
    ],
    ids=["one short", "one too many", "no trailer", "unreadable", "two that differ"],
)
def test_a_miss_says_what_the_file_holds_what_is_stated_and_where(content: bytes, told: str) -> None:
    assert verdict(content, TRAILER) == told


def test_what_is_stated_and_is_no_number_is_a_miss_that_does_not_repeat_it() -> None:
    loose = {**TRAILER, "match": r"^TRL\|(.*)"}
    assert verdict(b"Ref|Amount\nTRL|A. Keeper\n", loose) == "what its trailer (x.csv:2) states is no number"


def test_an_empty_file_with_a_trailer_of_none_is_whole() -> None:
    assert verdict(b"Ref|Amount\nTRL|0|0\n", TRAILER, SUM) == 0


def test_a_record_that_cannot_be_read_counts_and_a_blank_line_does_not() -> None:
    assert verdict(b"Ref|Amount\na|1|more\n\nb|2\nTRL|2\n", TRAILER) == 2


@pytest.mark.parametrize("trailer", [b"TRL|1,250", b'"TRL"|"1,250"', b"TRL|1,250|||", b'"TRL"|"1,250"||'])
def test_a_trailer_of_any_shape_is_read_by_its_cells(trailer: bytes) -> None:
    content = b"Ref|Amount\n" + b"a|1\n" * 1250 + trailer + b"\n"
    assert verdict(content, {**TRAILER, "match": r"^TRL\|([\d,]+)"}) == 1250


def test_what_is_stated_below_the_row_that_ends_the_table_is_found() -> None:
    skip = [{"rule": "foot", "starts_with": "Notes", "to_end": True}]
    control = {"of": "rows", "stated_in": "trailer", "rule": "foot", "match": r"^Records: (\d+)"}
    assert verdict(b"Ref|Amount\na|1\nNotes\nMade by hand\nRecords: 1\n", control, skip=skip) == 1


@pytest.mark.parametrize("size", [23, 24, 10_000])
def test_a_total_is_of_the_whole_file_however_it_is_read(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.read.encodings.STRETCH_BYTES", size)
    assert verdict(WHOLE, TRAILER, SUM) == 2


@given(st.lists(st.sampled_from(["a|1", "b|", "c|x", "d|1|2", '"e|1', "f"]), min_size=1, max_size=12), st.data())
def test_a_file_that_lost_any_one_line_is_refused(lines: list[str], data: st.DataObject) -> None:
    whole = ["Ref|Amount", *lines, f"TRL|{len(lines)}"]
    assert verdict("\n".join(whole).encode(), TRAILER) == len(lines)
    lost = data.draw(st.integers(1, len(lines) + 1), label="the line that is lost")
    told = verdict("\n".join([*whole[:lost], *whole[lost + 1 :]]).encode(), TRAILER)
    assert isinstance(told, str)
    assert told.startswith("has no trailer" if lost > len(lines) else f"holds {len(lines) - 1:,} record")


# --- fixed width ------------------------------------------------------------------------------------------------------

FIXED = {"type": "fixed_width", "fields": {"Ref": (1, 4), "Amount": (6, 10)}}


@pytest.mark.parametrize("trailer", [b"TRL  00002", b"TRL 2", b"TRL  2    and what else there is"])
def test_a_trailer_of_fixed_width_is_the_line(trailer: bytes) -> None:
    control = {**TRAILER, "match": r"^TRL +(\d+)"}
    content = b"a001 00150\nb002 00225\n" + trailer + b"\n"
    assert verdict(content, control, format=FIXED) == 2
    cut = content[11:]
    assert str(verdict(cut, control, format=FIXED)).startswith("holds 1 record, where its trailer (x.csv:2) states ")


# --- sheets and cells -------------------------------------------------------------------------------------------------

SHEET = {"type": "xlsx", "sheet": "Removals", "header_row": 3}
CELL = {"of": "rows", "stated_in": "cell", "cell": "B1"}


def sheet(*rows: Sequence[Any], stated: Any = 2) -> bytes:
    return workbook(["Rows", stated], [], ["Ref", "Amount"], *rows)


def test_a_total_in_a_cell_of_a_sheet() -> None:
    rows = [["a", 1.5], ["b", 2.25]]
    assert verdict(sheet(*rows), CELL, format=SHEET) == 2
    assert verdict(sheet(*rows[:1]), CELL, format=SHEET) == "holds 1 record, where its cell B1 states 2"
    assert verdict(sheet(*rows, stated=None), CELL, format=SHEET) == (
        "its cell B1, where the partner states a total, is empty"
    )
    assert verdict(sheet(*rows, stated="two"), CELL, format=SHEET) == "what its cell B1 states is no number"
    told = {**CELL, "match": "^(.*) rows"}
    assert verdict(sheet(*rows, stated="2 rows in all"), told, format=SHEET) == 2


def test_a_row_of_totals_in_a_sheet_has_tabs_between_its_cells() -> None:
    control = [{**TRAILER, "match": r"^TRL\t(\d+)"}, {**SUM, "match": r"^TRL\t\d+\t(.+)"}]
    content = workbook(["Ref", "Amount"], ["a", 1.5], ["b", 2.25], ["TRL", 2, 3.75])
    assert verdict(content, *control, format={**SHEET, "header_row": 1}) == 2


def test_a_sum_of_pence_in_a_sheet_may_be_off_by_what_binary_numbers_are() -> None:
    control = {"of": "sum", "column": "Amount", "stated_in": "cell", "cell": "B1"}
    content = sheet(["a", 0.1], ["b", 0.2], stated=str(0.1 + 0.2))
    assert verdict(content, control, format=SHEET) == (
        'its "Amount" adds up to 0.3, where its cell B1 states 0.30000000000000004'
    )
    assert verdict(content, {**control, "within": 0.005}, format=SHEET) is None
    assert verdict(sheet(["a", 0.1], stated=0.106), {**control, "within": 0.005}, format=SHEET) is not None


def test_a_cell_above_the_header_of_a_text() -> None:
    format_ = {**CSV, "header_row": 2}
    assert verdict(b"Rows|1\nRef|Amount\na|1\n", CELL, format=format_) == 1
    assert verdict(b"Rows\nRef|Amount\na|1\n", CELL, format=format_) == (
        "its cell B1, where the partner states a total, is empty"
    )


# --- sums -------------------------------------------------------------------------------------------------------------

COMMA = {"Ref": "ref", "Amount": {"field": "amount", "thousands": ".", "decimal": ","}}


def test_a_sum_is_read_by_the_marks_of_its_column() -> None:
    content = b"Ref|Amount\na|1.234,50\nb|-0,25\nTRL|2|1.234,25\n"
    assert verdict(content, SUM, columns=COMMA) is None
    assert verdict(content.replace(b"b|", b"b|1"), SUM, columns=COMMA) == (
        'its "Amount" adds up to 1,234.50 (cells that are empty or no number, and count as 0: 1), '
        "where its trailer (x.csv:4) states 1,234.25"
    )


def test_a_sum_is_exact_where_floats_and_28_digits_are_not() -> None:
    content = b"Ref|Amount\na|90071992547409920000000000000001.01\n" + b"b|0.01\n" * 10
    assert verdict(content + b"TRL|11|90071992547409920000000000000001.11\n", SUM) is None
    assert verdict(content + b"TRL|11|90071992547409920000000000000001.12\n", SUM) is not None


def test_what_is_in_no_sum_is_told() -> None:
    content = b"Ref|Amount\na|1\nb|\nc|x\nd|5|torn\nTRL|4|6\n"
    assert verdict(content, SUM) == (
        'its "Amount" adds up to 1 (cells that are empty or no number, and count as 0: 2; '
        "records that could not be read, and are not in it: 1), where its trailer (x.csv:6) states 6"
    )


def test_a_column_that_is_ignored_can_be_summed_and_is_kept_nowhere() -> None:
    claim = claim_of(SUM, columns={"Ref": "ref"}, ignore=["Amount"])
    records = read(WHOLE, claim)
    assert records.frame.columns == ["_row", "Ref"]
    assert records.tally.sums == {"Amount": ColumnSum(Decimal("3.75"))}
    assert verdict(b"Ref\na\nTRL|1|0\n", SUM, columns={"Ref": "ref"}, ignore=["Amount"]) == (
        'has no column "Amount" to sum'
    )


def test_a_column_may_be_called_anything() -> None:
    content = WHOLE.replace(b"Amount", b"count")
    assert verdict(content, {**SUM, "column": "count"}, columns={"Ref": "ref", "count": "amount"}) is None


def test_a_wide_column_is_summed_as_it_stands_in_the_file() -> None:
    wide = {
        "unpivot": {"columns": ["Amount", "Other"], "name": "What", "value": "N"},
        "columns": {"Ref": "ref", "What": "what", "N": {"field": "amount", "thousands": ","}},
    }
    assert verdict(b"Ref|Amount|Other\na|1,000|7\nb|2|8\nTRL|2|1,002\n", SUM, **wide) is None


def test_a_sum_out_of_its_range_is_refused() -> None:
    bounds = {"of": "sum", "column": "Amount", "min": 0, "max": "3.75"}
    assert verdict(WHOLE, bounds) is None
    assert verdict(WHOLE, {**bounds, "max": 3.74}) == (
        'its "Amount" adds up to 3.75, where fernshire/tally expects from 0 up to 3.74'
    )
    assert verdict(WHOLE, {"of": "sum", "column": "Amount", "min": 4}) == (
        'its "Amount" adds up to 3.75, where fernshire/tally expects from 4'
    )


def test_all_that_is_missed_is_told_at_once() -> None:
    told = str(verdict(b"Ref|Amount\na|1.50\nTRL|2|3.75\n", TRAILER, SUM))
    assert told == (
        "holds 1 record, where its trailer (x.csv:3) states 2; "
        'its "Amount" adds up to 1.50, where its trailer (x.csv:3) states 3.75'
    )


@pytest.mark.parametrize(
    ("marks", "text", "number"),
    [
        (Marks(), " 0012.50 ", "12.5"),
        (Marks(), "+.5", "0.5"),
        (Marks(), "1e-05", "0.00001"),
        (Marks(), "1,000", None),
        (Marks(), "", None),
        (Marks(), "-", None),
        (Marks(), "1e9999", None),
        (Marks(), "NaN", None),
        (Marks(), "\u0661", None),
        (Marks(), "1" * 101, None),
        (Marks(","), "1,000,000.5", "1000000.5"),
        (Marks(","), "1000", "1000"),
        (Marks(","), "10,00", None),
        (Marks(".", ","), "1.000,5", "1000.5"),
        (Marks(" ", ","), "1 000", "1000"),
    ],
)
def test_a_number_is_read_whole_or_not_at_all(marks: Marks, text: str, number: str | None) -> None:
    assert marks.number(text) == (None if number is None else Decimal(number))


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9)))
def test_a_sum_does_not_depend_on_how_rows_are_ordered_or_repeated(amounts: list[Decimal]) -> None:
    content = "Ref|Amount\n" + "".join(f"a|{amount}\n" for amount in amounts) + f"TRL|0|{sum(amounts)}\n"
    assert verdict(content.encode(), SUM) is None


# --- a companion ------------------------------------------------------------------------------------------------------

MANIFEST = {"of": "rows", "stated_in": "companion", "match": r"(?m)^{name},(\d+)$"}


def manifest(text: str | None, names: tuple[str, ...] = ("x.csv",)) -> Stated:
    return Stated("MANIFEST.csv", text, names, "x")


def test_a_manifest_states_a_number_for_each_file_by_its_name() -> None:
    text = "y.csv,7\nx-csv,3\nx.csv,2\n"
    assert verdict(WHOLE, MANIFEST, stated=manifest(text), companion="MANIFEST.csv") == 2
    assert verdict(WHOLE, MANIFEST, stated=manifest("x.csv,3\n"), companion="MANIFEST.csv") == (
        "holds 2 records, where its companion MANIFEST.csv states 3"
    )
    assert verdict(WHOLE, MANIFEST, stated=manifest("y.csv,2\n"), companion="MANIFEST.csv") == (
        "its companion MANIFEST.csv does not state the number of records, going by `match`"
    )
    assert verdict(WHOLE, MANIFEST, stated=manifest(None), companion="MANIFEST.csv") == (
        "its companion MANIFEST.csv is not there"
    )
    packed = manifest("x.csv.gz,2\n", ("x.csv.gz", "x.csv"))
    assert verdict(WHOLE, MANIFEST, stated=packed, companion="MANIFEST.csv") == 2


def test_a_stem_stands_for_the_name_without_its_ending() -> None:
    control = {**MANIFEST, "match": r"{stem}=(\d+)"}
    assert verdict(WHOLE, control, stated=manifest("x=2"), companion="{stem}.ctl") == 2


HASH = {"of": "sha256", "stated_in": "companion", "match": r"(?i)([0-9a-f]{64})"}


def test_the_bytes_are_held_against_the_hash_that_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(WHOLE)
    digest = hashlib.sha256(WHOLE).hexdigest()
    claim = claim_of(HASH, name=str(path), companion="{name}.sha256")

    def held(text: str) -> int | None:
        path.with_name("x.csv.sha256").write_text(text)
        return check_control(read(WHOLE, claim), claim, stated_beside(claim.version, claim.source))

    assert held(f"{digest.upper()} *x.csv\r\n") is None
    path.write_bytes(WHOLE + b"\n")
    with pytest.raises(Refusal, match=rf"its sha256 is [0-9a-f]{{64}}, where its companion x\.csv\.sha256 .* {digest}"):
        held(digest)
    with pytest.raises(Refusal, match="does not state its sha256"):
        held(digest[1:])
    with pytest.raises(Refusal, match="more than once, and not the same"):
        held(f"{digest}\n{'0' * 64}\n")


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_the_text_of_skipped_rows_is_kept_only_for_the_rules_that_a_total_names() -> None:
    skip = [*SKIP, {"rule": "note", "starts_with": "Note"}]
    content = WHOLE + b"Note|A. Keeper\n"
    assert read(content, claim_of(TRAILER, skip=skip)).tally.trailers == {"trailer": [(4, "TRL|2|3.75")]}
    assert read(content, claim_of(skip=skip)).tally.trailers == {}


EASTMARK = "2024-09-10/Eastmark vehicles removed Aug 2024.xlsx"


def test_the_demo_district_that_states_a_total_holds_it() -> None:
    claim, content = claimed(EASTMARK), eastmark_file(make_county(), date(2024, 8, 1), False)
    records, _made = harmonised(content, claim)
    assert check_control(records, claim, Stated()) == records.frame.height


def test_the_stated_number_is_kept_with_the_return_and_a_miss_refuses_the_file(bench: Bench) -> None:
    import openpyxl

    path = bench.home.landing / "demo_eastmark" / EASTMARK
    path.parent.mkdir(parents=True)
    path.write_bytes(eastmark_file(make_county(), date(2024, 8, 1), False))
    assert bench.load().refused == []
    (row,) = bench.ledger.rows(led.return_)
    assert row["stated_rows"] == row["rows_received"] > 5

    book = openpyxl.load_workbook(path)
    book["Removals"].delete_rows(5)
    book.save(path)
    (refused,) = bench.load().refused
    assert f"holds {row['stated_rows'] - 1} records, where its trailer" in refused
    assert f"states {row['stated_rows']}; nothing of it is loaded" in refused
    (kept,) = bench.ledger.rows(led.delivery, state="refused")
    assert kept["reason"].startswith("control_total: ")


# --- on trial ---------------------------------------------------------------------------------------------------------

TRIAL = """
title: F
cadence: {every: month, due: 20 days after}
recording: {unit: case, clock: reported, place: area}
retention: 1 years
versions:
  - valid_from: 2024
    files: "AV_{period:%m%y}.csv"
    format: {type: csv, encoding: cp1252}
    columns:
      Ref No: source_id
      Date reported: {field: occurred, date: "%d/%m/%Y"}
      Type: {field: category_code, map: kind}
    companion: "{name}.ctl"
    control: [{of: rows, stated_in: companion, match: '{name} (\\d+)'}]
"""


@pytest.mark.parametrize("dataset", ["abandoned_vehicle", "unheard_of"])
def test_trying_a_spec_shows_what_its_totals_say(tmp_path: Path, dataset: str) -> None:
    spec, codes = tmp_path / f"{dataset}.yml", tmp_path / "codes" / "kind.csv"
    spec.write_text(TRIAL)
    codes.parent.mkdir()
    codes.write_text(code_map("CAR,map,car"))
    file = tmp_path / "AV_0824.csv"
    file.write_text("Ref No,Date reported,Type\n1,01/08/2024,CAR\n2,02/08/2024,CAR\n")
    refused = []
    for stated in ("2", "3", None):
        companion = file.with_name("AV_0824.csv.ctl")
        companion.write_text(f"AV_0824.csv {stated}\n") if stated else companion.unlink()
        (made,) = try_out(file, trial_of(spec, SPECS, None), Declared(), NO_REFERENCE, None)
        assert made.records["read"] == len(made.sample) == 2
        refused.append(made.refused)
    end = "nothing of it is loaded: ask the partner for the whole file"
    assert refused == [
        None,
        f"control_total: AV_0824.csv: holds 2 records, where its companion AV_0824.csv.ctl states 3; {end}",
        f"control_total: AV_0824.csv: its companion AV_0824.csv.ctl is not there; {end}",
    ]
