"""A report shows values of plain fields alone, and messages quote no other value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reports.masking import HIDDEN, Masking, masking_of
from pipelines.specs.models import Sensitivity
from tests.unit.makers import shipped

FEED = "demo_northmark/abandoned_vehicle"


def _masking(feed: str = FEED, **classed: Sensitivity) -> Masking:
    spec = shipped().feeds[feed]
    dataset = shipped().datasets[spec.dataset]
    fields = {
        name: field.model_copy(update={"sensitivity": classed[name]}) if name in classed else field
        for name, field in dataset.fields.items()
    }
    return masking_of(spec.feed.versions[-1], dataset.model_copy(update={"fields": fields}))


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("Date reported", "31/02/2024", "31/02/2024"),
        ("Type", "QUAD", "QUAD"),
        ("Type", None, ""),
        ("Ref No", "AV/24/00017", HIDDEN),
        ("Ref No", None, HIDDEN),
        ("Keeper", "Lovell Fallowick", HIDDEN),
        ("Reg mark", "QD04 LZZ", HIDDEN),
        ("Easting", "387410", HIDDEN),
        ("Officer notes", "rang Mrs Fallowick", HIDDEN),
        ("A column of no spec", "Lovell Fallowick", HIDDEN),
        (None, "Lovell Fallowick", HIDDEN),
        (None, None, ""),
    ],
)
def test_only_values_of_plain_fields_are_shown(column: str | None, value: str | None, expected: str) -> None:
    assert _masking().value(column, value) == expected


def test_a_field_classed_otherwise_since_is_hidden() -> None:
    assert _masking(category_code=Sensitivity.SENSITIVE).value("Type", "QUAD") == HIDDEN


def test_of_a_version_that_is_no_more_nothing_is_shown() -> None:
    none = masking_of(None, shipped().datasets["abandoned_vehicle"])
    assert none.value("Type", "QUAD") == HIDDEN
    assert none.message("bad_value", "Type", 'not a date ("%d")') == f"not a date ([{HIDDEN}])"


def test_what_the_spec_says_may_be_quoted() -> None:
    told = 'not a date as the spec declares it ("%d/%m/%Y")'
    assert _masking().message("bad_value", "Ref No", told) == told
    assert _masking().message("hidden_sheet", None, 'the workbook hides "Old"') == 'the workbook hides "Old"'


@given(st.text(min_size=4).filter(lambda text: text.isalnum()), st.text(), st.text())
def test_a_quoted_value_that_may_not_be_shown_never_is(secret: str, before: str, after: str) -> None:
    masking = _masking()
    if secret in masking.said:
        return
    message = f'"{before}{secret}{after}" is not a number'
    shown = masking.message("bad_value", "Ref No", message)
    assert secret not in shown.replace(HIDDEN, "").removesuffix(" is not a number")


LACKS = 'AV_0324.csv:1: the header lacks {}; ask the partner for the usual columns. New in it: "Kind", "Fallowick"'


def test_headings_are_told_where_most_of_the_usual_ones_are_there() -> None:
    reason = LACKS.format('"Type" (did you mean "Typ"?)')
    assert _masking().reason("missing_column", reason) == reason


def test_a_first_record_in_place_of_a_header_is_not_told() -> None:
    usual = ("Ref No", "Date reported", "Type", "Keeper", "Reg mark")
    reason = LACKS.format(", ".join(f'"{name}" (did you mean "Fallowick {name}"?)' for name in usual))
    shown = _masking().reason("missing_column", reason)
    assert "Fallowick" not in shown
    assert all(f'"{name}"' in shown for name in usual)
    assert shown.endswith("The first row may be no header at all")


def test_why_too_many_rows_were_lost_is_told_without_the_value() -> None:
    reason = 'AV_0324.csv: 40 of 60 rows cannot be used; mostly bad_value, first at AV_0324.csv:3: Ref No: "Fallow"ick"'
    shown = _masking().reason("too_many_quarantined", reason)
    assert shown == "AV_0324.csv: 40 of 60 rows cannot be used; the first is in row 3"


def test_any_other_reason_quotes_only_what_the_spec_says() -> None:
    shown = _masking().reason("repeated_column", 'AV_0324.csv:1: the header names "Fallowick" twice')
    assert shown == f"AV_0324.csv:1: the header names [{HIDDEN}] twice"
    reason = 'AV_0324.csv:1: the header names "Reg mark" twice'
    assert _masking().reason("repeated_column", reason) == reason
