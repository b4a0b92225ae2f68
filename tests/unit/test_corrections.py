"""A correction changes the rows it names and no others, holds while the source is wrong, and says who said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.harmonise.delivery import Harmonised
from pipelines.intake.claims import Claim, Declared
from pipelines.intake.refusal import Refusal
from pipelines.read.records import ROW
from pipelines.specs.corrections import Correction, Recorded
from pipelines.specs.feeds import PeriodPlace, SupplierColumn
from pipelines.specs.fingerprint import making_of, specs_digest
from pipelines.specs.load import SpecSet
from tests.unit.makers import STREET_FILE, claimed, harmonised, lenient, shipped, spoiled, street, street_file, told

FILE = "partners/police_uk/corrections.yml"
RECODED: dict[str, Any] = {
    "id": "may_burglary",
    "dataset": "crime",
    "period": "2014-05",
    "supplier": "surrey",
    "match": {"Crime ID": "a1"},
    "expect": {"Crime type": "Robbery"},
    "change": {"Crime type": "Burglary"},
    "reason": "Recoded after review",
    "reported_by": "Performance desk",
    "reported_on": "2014-08-01",
}
WHY = "may_burglary: Recoded after review (reported by Performance desk, 2014-08-01)"
ROWS = [street("a1", "Robbery"), street("a2", "Drugs"), street("", "Robbery")]


def entry(**more: Any) -> dict[str, Any]:
    """The correction above with other keys; None takes a key out."""
    return {key: value for key, value in {**RECODED, **more}.items() if value is not None}


def under(*entries: dict[str, Any], partner: str = "police_uk") -> SpecSet:
    """The shipped specs with these corrections, ten lines apart."""
    recorded = [
        Recorded(Correction.model_validate(item), FILE, 10 * index + 1, index) for index, item in enumerate(entries)
    ]
    return replace(shipped(), corrections={partner: tuple(recorded)})


def of_rows(rows: list[list[str]], specs: SpecSet, claim: Claim | None = None) -> Harmonised:
    return harmonised(street_file(rows), claim or lenient(claimed(STREET_FILE)), specs)[1]


def refused(rows: list[list[str]], *entries: dict[str, Any]) -> str:
    with pytest.raises(Refusal) as error:
        of_rows(rows, under(*entries))
    assert error.value.issue_type == "correction_failed"
    return str(error.value).removeprefix(f"{STREET_FILE}: ")


# --- what a correction does -----------------------------------------------------------------------------------------


def test_a_text_is_changed_before_it_is_mapped_and_the_change_is_told() -> None:
    result = of_rows(ROWS, under(entry()))
    assert result.rows.select(ROW, "category_code", "source_category").rows() == [
        (2, "burglary", "Burglary"),
        (3, "drugs", "Drugs"),
        (4, "robbery", "Robbery"),
    ]
    assert result.issue_rows.rows() == [(2, 1, "corrected", "Crime type", "Robbery", WHY)]
    assert result.issues == {"corrected": 1}
    assert result.examples["corrected"] == f'{STREET_FILE}:2: Crime type: "Robbery" {WHY}'


def test_a_row_that_no_map_would_take_is_loaded_once_corrected() -> None:
    rows = [street("a1", "Robery"), street("a2", month="2014-13")]
    assert of_rows(rows, shipped()).account["quarantined"] == 2
    mended = under(
        entry(expect={"Crime type": "Robery"}),
        entry(id="month", match={"Crime ID": "a2"}, expect={"Month": "2014-13"}, change={"Month": "2014-05"}),
    )
    assert of_rows(rows, mended).account["loaded"] == 2


def test_a_row_left_out_is_ignored_with_the_reason_and_nothing_else_is_said_of_it() -> None:
    rows = [street("a1", "Robery"), *ROWS[1:]]
    result = of_rows(rows, under(entry(change=None, expect=None, leave_out=True)))
    assert result.account == {"made": 3, "loaded": 2, "ignored": 1, "duplicate": 0, "quarantined": 0, "erased": 0}
    wanted = (ROW, "outcome", "issue_type", "message")
    assert result.set_aside.select(wanted).rows() == [(2, "ignored", "left_out_by_correction", WHY)]
    assert result.issues == {"left_out_by_correction": 1}


def test_a_row_of_an_ignored_code_that_is_left_out_as_well_has_one_reason() -> None:
    leave_out = {"dataset": "abandoned_vehicle", "period": "2024-08", "supplier": None, "change": None, "expect": None}
    item = entry(**leave_out, match={"Ref No": "R1"}, leave_out=True)
    content = (
        b"Ref No,Date reported,Type,Keeper,Reg mark,Easting,Northing,Make,Officer notes\nR1,05/08/2024,BIKE,,,,,,\n"
    )
    claim = lenient(claimed("2024-09-04/AV_0824.csv"))
    _, result = harmonised(content, claim, under(item, partner="demo_northmark"))
    assert result.issues == {"left_out_by_correction": 1}


def test_a_cell_may_be_emptied_or_filled_and_blanks_around_it_do_not_count() -> None:
    rows = [street(" a1 ", "Robbery", outcome=" Local resolution "), street("a2", "Robbery")]
    emptied = entry(match={"Crime ID": "a1"}, expect={"Last outcome category": "Local resolution"})
    filled = entry(id="filled", match={"Crime ID": "a2"}, expect={"Last outcome category": ""})
    specs = under(
        {**emptied, "change": {"Last outcome category": ""}},
        {**filled, "change": {"Last outcome category": "Local resolution"}},
    )
    result = of_rows(rows, specs)
    assert result.rows["outcome_code"].to_list() == [None, "local_resolution"]
    corrected = result.issue_rows.filter(result.issue_rows["issue_type"] == "corrected")
    assert corrected["value"].to_list() == [" Local resolution ", None]


def test_all_that_a_correction_says_it_matches_is_changed() -> None:
    rows = [street(f"c{number}", "Robbery") for number in range(5)] + [street("d", "Drugs")]
    result = of_rows(rows, under(entry(match={"Crime type": "Robbery"}, rows=5)))
    assert result.rows["category_code"].to_list() == ["burglary"] * 5 + ["drugs"]
    assert result.issues == {"corrected": 5}


def test_two_corrections_may_change_two_cells_of_a_row_each_by_the_row_as_sent() -> None:
    other = entry(
        id="outcome",
        match={"Crime type": "Robbery", "Crime ID": "a1"},
        expect={"Last outcome category": ""},
        change={"Last outcome category": "Local resolution"},
    )
    for order in ((entry(), other), (other, entry())):
        result = of_rows(ROWS, under(*order))
        assert result.rows.select("category_code", "outcome_code").row(0) == ("burglary", "local_resolution")


@pytest.mark.parametrize(
    ("more", "concerned"),
    [
        ({}, True),
        ({"supplier": None}, True),
        ({"supplier": "kent"}, False),
        ({"period": "2014-06"}, False),
        ({"dataset": "other"}, False),
    ],
)
def test_only_a_delivery_of_its_feed_period_and_supplier_is_concerned(more: dict[str, Any], concerned: bool) -> None:
    rows = [street("a2", "Drugs")]
    if concerned:
        assert "matches no row of 2014-05" in refused(rows, entry(**more))
    else:
        assert of_rows(rows, under(entry(**more))).issues == {}


def said_by_rows(**columns: object) -> Claim:
    """A claim on a street file whose rows say their period, or whose they are."""
    claim = lenient(claimed(STREET_FILE))
    return replace(claim, version=claim.version.model_copy(update=columns))


def test_where_rows_say_their_period_only_those_of_the_period_are_matched() -> None:
    claim = said_by_rows(period=PeriodPlace(column="Month", date="%Y-%m"))
    claim = replace(claim, facts=replace(claim.facts, period=None))
    rows = [street("a1", "Robbery"), street("a1", "Robbery", month="2014-06")]
    result = of_rows(rows, under(entry()), claim)
    assert result.rows["category_code"].to_list() == ["burglary", "robbery"]
    assert of_rows(rows[1:], under(entry()), claim).issues == {}


def test_where_rows_say_their_supplier_only_those_of_the_supplier_are_matched() -> None:
    rows = [street("a1", "Robbery", context="surrey"), street("a1", "Robbery", context="kent")]
    claim = said_by_rows(supplier=SupplierColumn(column="Context"), ignore=claimed(STREET_FILE).version.ignore[:-1])
    result = of_rows(rows, under(entry()), claim)
    assert result.rows.select("supplier", "category_code").rows() == [("surrey", "burglary"), ("kent", "robbery")]
    assert of_rows(rows[1:], under(entry()), claim).issues == {}


# --- who a record is, and what is kept of it, is told by the row as sent --------------------------------------------


def test_a_correction_makes_no_other_record_of_a_row_without_a_key() -> None:
    rows = [street("", "Robbery"), street("", "Drugs")]
    without, corrected = (
        of_rows(rows, specs).rows["record_id"].to_list()
        for specs in (shipped(), under(entry(match={"Crime type": "Robbery"})))
    )
    assert without == corrected


def test_a_quarantined_row_is_kept_as_sent() -> None:
    result = of_rows([street("a1", "Robbery")], under(entry(change={"Crime type": "Nuisance"})))
    (row,) = result.set_aside.rows(named=True)
    assert (row["outcome"], row["issue_type"], row["value"]) == ("quarantined", "unmapped_code", "Nuisance")
    assert '"Crime type":"Robbery"' in row["record"]
    assert result.issues == {"unmapped_code": 1, "corrected": 1}


# --- when it fails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "more", "message"),
    [
        (
            ROWS[1:],
            {},
            "matches no row of 2014-05: if the source is right now, remove the correction and load again; else mend its"
            " `match`",
        ),
        (
            [*ROWS, *ROWS],
            {},
            "matches 2 rows of 2014-05, and not 1: mend its `match` or its `rows`",
        ),
        (
            ROWS,
            {"match": {"Crime type": "Robbery"}, "rows": 3},
            "matches 2 rows of 2014-05, and not 3: mend its `match` or its `rows`",
        ),
        (
            [street("a1", "Burglary")],
            {},
            'line 2 is not as `expect` says, for "Crime type" holds "Burglary": the source is right now: remove the'
            " correction and load again",
        ),
        (
            [street("a1", "Drugs")],
            {},
            'line 2 is not as `expect` says, for "Crime type" holds "Drugs": look at the file; mend the correction, or'
            " remove it",
        ),
        (
            [street("a1", "")],
            {"change": None, "leave_out": True},
            'line 2 is not as `expect` says, for "Crime type" holds nothing: look at the file; mend the correction, or'
            " remove it",
        ),
        (
            [street("b7", "Robbery")],
            {"match": {"Month": "2014-05"}, "expect": {"Crime ID": "a1"}, "change": {"Crime ID": "a9"}},
            'line 2 is not as `expect` says, for "Crime ID" holds another text: look at the file; mend the correction,'
            " or remove it",
        ),
    ],
    ids=["no row", "two rows", "too few rows", "right", "otherwise", "empty", "not plain"],
)
def test_a_correction_that_does_not_fit_says_where_it_stands_and_what_to_do(
    rows: list[list[str]], more: dict[str, Any], message: str
) -> None:
    assert refused(rows, entry(**more)) == f"{FILE}:1: may_burglary: {message}"


def test_one_message_tells_all_that_fail_and_none_is_applied() -> None:
    message = refused(ROWS, entry(), entry(id="second", match={"Crime ID": "z"}), entry(id="third", rows=7))
    assert [part.partition(":")[2].split(":")[:2] for part in message.split("; ") if FILE in part] == [
        ["11", " second"],
        ["21", " third"],
    ]


@pytest.mark.parametrize("more", [{}, {"change": None, "leave_out": True}], ids=["changed twice", "left out as well"])
def test_no_cell_is_changed_by_two_corrections(more: dict[str, Any]) -> None:
    message = refused(ROWS, entry(), entry(id="again", **more))
    assert message == f"{FILE}:11: again: is about the same cell as may_burglary: make one correction of the two"


def test_a_file_read_by_another_version_without_the_column_is_refused() -> None:
    claim = lenient(claimed(STREET_FILE))
    columns = {name: fields for name, fields in claim.version.columns.items() if name != "Last outcome category"}
    ignore = (*claim.version.ignore, "Last outcome category")
    claim = said_by_rows(columns=columns, ignore=ignore)
    item = entry(expect={"Last outcome category": "x"}, change={"Last outcome category": ""})
    with pytest.raises(Refusal, match='reads this file has no column "Last outcome category"'):
        of_rows(ROWS, under(item), claim)


# --- laws -----------------------------------------------------------------------------------------------------------

kinds = st.sampled_from(["Burglary", "Robbery", "Drugs", "Nuisance"])
street_rows = st.lists(st.builds(street, st.sampled_from(["", "b1", "b2", "b3"]), kinds), max_size=8)


@settings(max_examples=40)
@given(street_rows, st.integers(0, 8))
def test_a_corrected_delivery_is_the_one_that_should_have_been_sent(rows: list[list[str]], at: int) -> None:
    wrong, right = ([*rows[:at], street("a1", kind), *rows[at:]] for kind in ("Robbery", "Burglary"))
    corrected, sent_right = of_rows(wrong, under(entry())), of_rows(right, shipped())
    assert corrected.rows.equals(sent_right.rows)
    assert corrected.account == sent_right.account
    assert corrected.issues == sent_right.issues + type(corrected.issues)({"corrected": 1})


@settings(max_examples=40)
@given(street_rows, st.integers(0, 8))
def test_a_delivery_with_a_row_left_out_is_the_one_without_it(rows: list[list[str]], at: int) -> None:
    leave_out = under(entry(change=None, leave_out=True))
    left_out = of_rows([*rows[:at], street("a1", "Robbery"), *rows[at:]], leave_out)
    without = of_rows(rows, shipped())
    assert left_out.rows.drop("_row").equals(without.rows.drop("_row"))
    assert left_out.account == {name: n + (name in ("made", "ignored")) for name, n in without.account.items()}


# --- what is made again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "period", "supplier", "changes"),
    [
        ({}, date(2014, 5, 1), "surrey", True),
        ({}, date(2014, 6, 1), "surrey", False),
        ({}, date(2014, 5, 1), "kent", False),
        ({}, None, "surrey", True),
        ({}, None, "", True),
        ({"dataset": "other"}, date(2014, 5, 1), "surrey", False),
    ],
)
def test_only_what_a_correction_may_be_about_is_made_again(
    more: dict[str, Any], period: date | None, supplier: str, changes: bool
) -> None:
    specs = under(entry(**more))
    feed = specs.feeds["police_uk/crime"]
    made, before = (making_of(given, feed, feed.feed.versions[0], "", period, supplier) for given in (specs, shipped()))
    assert (made.fingerprint != before.fingerprint) is changes
    assert replace(made, corrections="") == before
    assert specs_digest(specs) != specs_digest(shipped())


# --- the file -------------------------------------------------------------------------------------------------------

TEXT = """\
- id: may_burglary
  dataset: crime
  period: 2014-05
  supplier: surrey
  match: {Crime ID: a1}
  expect: {Crime type: Robbery}
  change: {Crime type: Burglary}
  reason: Recoded after review
  reported_by: Performance desk
  reported_on: 2014-08-01
"""


def problems(folder: Path, text: str, partner: str = "police_uk") -> list[str]:
    """What is wrong with a partner's corrections, each as `line: message`."""
    root = spoiled(folder)
    path = root / "partners" / partner / "corrections.yml"
    path.write_text(text, encoding="utf-8")
    name = path.relative_to(root).as_posix()
    assert all(problem.startswith(f"{name}:") for problem in told(root))
    return [problem.removeprefix(f"{name}:") for problem in told(root)]


def test_corrections_are_no_feed_and_are_read_in_order_with_their_lines(tmp_path: Path) -> None:
    from pipelines.specs.check import load_specs

    root = spoiled(tmp_path)
    (root / FILE).write_text(TEXT + TEXT.replace("id: may", "id: other"), encoding="utf-8")
    specs = load_specs(root)
    assert specs.feeds.keys() == shipped().feeds.keys()
    first, second = specs.corrections["police_uk"]
    assert (first.correction, first.line) == (Correction.model_validate(RECODED), 1)
    assert (second.correction.id, second.line) == ("other_burglary", 11)
    assert second.place.endswith("partners/police_uk/corrections.yml:11: other_burglary")


# (old text, new text, what is told)
FAULTS = [
    ("reason:", "raeson:",
     ['1: "reason" is missing from this entry', '8: unknown key "raeson" (did you mean "reason"?)']),
    ("id: may_burglary", "id: May burglary", 
     ['1: id: "May burglary" is not written as small letters, figures and `_`, a letter first']),
    ("  change: {Crime type: Burglary}\n", "", ["1: give either `change` or `leave_out: true`"]),
    ("  reason", "  leave_out: true\n  reason", ["1: give either `change` or `leave_out: true`"]),
    ("expect: {Crime type: Robbery}", "expect: {Month: 2014-05}",
     ['1: `expect` does not say what "Crime type" says now; it names every column of `change`']),
    ("type: Burglary", "type: Robbery", ['1: `change` leaves "Crime type" as `expect` has it']),
    ("{Crime ID: a1}", "{Crime type: Drugs}",
     ['1: `match` and `expect` say different things of "Crime type": no row can be both']),
    ("{Crime ID: a1}", "{Crime ID: 01}",
     ['5: match.Crime ID: a cell is a text: put it in quotation marks (`""` is an empty cell)']),
    ("{Crime ID: a1}", "{}", ["5: match: is empty; it needs one entry at least"]),
    ("  reason", "  rows: 0\n  reason", ["8: rows: input should be greater than or equal to 1"]),
    ("dataset: crime", "dataset: crimes", ['2: may_burglary: police_uk has no feed "crimes" (did you mean "crime"?)']),
    ("supplier: surrey", "supplier: surey",
     ['4: may_burglary: "surey" is not a supplier of police_uk (did you mean "surrey"?)']),
    ("  supplier: surrey\n", "",
     ["1: may_burglary: police_uk sends for several suppliers; say by `supplier` whose rows these are"]),
    ("2014-05", "2014-05-03",
     ["3: may_burglary: a month of police_uk/crime begins on 2014-05-01, not on 2014-05-03"]),
    ("2014-05", "2009-05",
     ["3: may_burglary: no version of police_uk/crime covers 2009-05 (the first is valid from 2010-12-01)"]),
    ("{Crime ID: a1}", "{Crime Id: a1}",
     ['5: may_burglary: "Crime Id" is no column that police_uk/crime makes rows from (did you mean "Crime ID"?)']),
    ("{Crime ID: a1}", "{LSOA code: a1}",
     ['5: may_burglary: "LSOA code" is under `ignore` in police_uk/crime, so rows do not have it']),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS)
def test_what_is_wrong_with_a_correction_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert TEXT.count(old) == 1
    assert problems(tmp_path, TEXT.replace(old, new)) == expected


def test_an_identifier_finds_and_changes_no_row(tmp_path: Path) -> None:
    text = (
        TEXT.replace("crime\n", "abandoned_vehicle\n").replace("2014-05", "2024-05").replace("  supplier: surrey\n", "")
    )
    text = text.replace("Crime ID", "Reg mark").replace("Crime type", "Keeper")
    what = "holds an identifier, which is not kept past reading: no row can be found or changed by it"
    assert problems(tmp_path, text, "demo_northmark") == [
        f'4: may_burglary: "Reg mark" {what}',
        f'5: may_burglary: "Keeper" {what}',
    ]


def test_an_id_stands_once_in_a_file(tmp_path: Path) -> None:
    assert problems(tmp_path, TEXT + TEXT) == ["11: may_burglary: the id already stands on line 1; each has its own"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("id: a\n", ["1: expected a list of corrections, each beginning with `- id:`"]),
        ("- a\n", [f'1: expected keys of its own ({", ".join(Correction.model_fields)}), found "a"']),
        ("- {id: [}\n", ["1: not valid YAML: expected the node content, but found '}'"]),
    ],
)
def test_a_file_that_is_no_list_of_corrections_is_told(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("feed", "column", "message"),
    [
        (
            "period: {column: Month, date: '%Y-%m'}",
            "Month",
            "says the period of a row, which a correction cannot change",
        ),
        ("supplier: {column: Month}", "Month", "says the supplier of a row, which a correction cannot change"),
        (
            'split: [{column: Crime type, match: "(?P<Kind>.*) \\\\((?P<Part>.*)\\\\)"}]',
            "Crime type",
            'is split before rows are corrected; change what is made of it: "Kind", "Part"',
        ),
    ],
    ids=["period", "supplier", "split"],
)
def test_what_says_when_or_whose_a_row_is_cannot_be_changed(
    tmp_path: Path, feed: str, column: str, message: str
) -> None:
    street_spec = "partners/police_uk/crime.yml"
    root = spoiled(tmp_path, (street_spec, "    replaces:", f"    {feed}\n    replaces:"))
    text = TEXT.replace("{Crime type: Robbery}", f"{{{column}: x}}").replace(
        "{Crime type: Burglary}", f"{{{column}: y}}"
    )
    (root / FILE).write_text(text, encoding="utf-8")
    assert f'{FILE}:7: may_burglary: "{column}" {message}' in told(root)


def test_the_period_of_a_correction_is_of_the_calendar_of_its_feed(tmp_path: Path) -> None:
    text = TEXT.replace("dataset: crime", "dataset: population_estimate").replace("  supplier: surrey\n", "")
    found = problems(tmp_path, text, "demo_county_council")
    assert found == [
        "3: may_burglary: a calendar year of demo_county_council/population_estimate begins on 2014-01-01, not on "
        "2014-05-01"
    ]


def test_a_claim_declared_by_hand_is_concerned_like_any(tmp_path: Path) -> None:
    declared = Declared(feed="police_uk/crime", period=date(2014, 5, 1))
    claim = lenient(claimed("may from surrey.csv", declared, shipped()))
    claim = replace(claim, facts=replace(claim.facts, supplier="surrey"))
    assert of_rows(ROWS, under(entry()), claim).issues == {"corrected": 1}
