"""Postcodes as text: one form, their parts, and the few slips that can only mean one thing."""

from __future__ import annotations

import string

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.specs.postcode_text import compact, normal, parse_postcode, repaired

letters, figures = st.sampled_from(string.ascii_uppercase), st.sampled_from(string.digits)
outcodes = st.sampled_from(["A9", "A99", "A9A", "AA9", "AA99", "AA9A"])


@st.composite
def postcodes(draw: st.DrawFn) -> str:
    """A text of the form of a postcode, as `GU1 4DY`."""
    pattern = draw(outcodes) + " 9AA"
    return "".join(draw({"A": letters, "9": figures}.get(each, st.just(each))) for each in pattern)


@pytest.mark.parametrize("text", ["EC1A 1BB", "ec1a1bb", " E C1A  1B b ", "EC1A\t1BB"])
def test_a_postcode_is_taken_apart(text: str) -> None:
    parts = parse_postcode(text)
    assert parts is not None
    assert (parts.outcode, parts.incode, parts.area, parts.district) == ("EC1A", "1BB", "EC", "EC1")
    assert (parts.subdistrict, parts.sector, parts.unit, parts.postcode) == ("EC1A", "EC1A 1", "BB", "EC1A 1BB")


def test_one_postcode_has_a_form_of_its_own() -> None:
    parts = parse_postcode("gir0aa")
    assert parts is not None
    assert (parts.postcode, parts.outcode, parts.sector) == ("GIR 0AA", "GIR", "GIR 0")


@pytest.mark.parametrize("text", ["", "GU1", "GU1 4", "GU1 4D", "GUI 4DY", "GU123 4DY", "4DY", "GU1 4DY.", "G U1 4DYX"])
def test_what_is_no_postcode(text: str) -> None:
    assert parse_postcode(text) is None


@given(postcodes(), st.lists(st.integers(0, 8), max_size=3))
def test_blanks_and_case_do_not_matter_and_normalising_again_changes_nothing(text: str, blanks: list[int]) -> None:
    written = text
    for place in blanks:
        written = written[:place] + " " + written[place:]
    parts = parse_postcode(written.lower())
    assert parts is not None
    assert parts.postcode == text
    assert parse_postcode(parts.postcode) == parts
    assert parts.outcode + parts.incode == compact(written)
    assert parts.district == (parts.outcode[:-1] if parts.subdistrict else parts.outcode)
    assert parts.sector + parts.unit == parts.postcode


@given(st.text(max_size=10))
def test_a_column_is_normalised_as_a_text_is(text: str) -> None:
    (column,) = pl.DataFrame({"t": [text]}).select(normal(pl.col("t")))["t"]
    assert parse_postcode(column) == parse_postcode(text)
    assert compact(compact(text)) == compact(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("GUI 4DY", "GU14DY"),
        ("GU1 ODY", "GU10DY"),
        ("WIA OAX", "W1A0AX"),
        ("S01 1AA", "SO11AA"),
        ("0X1 1AA", "OX11AA"),
        ("GU1 4DY", None),
        ("SO1 1AA", None),
        # The letter that 1 stands for can be I or L; two readings of O are possible; too much is wrong.
        ("1P1 1AA", None),
        ("BIOIAA", None),
        ("GU1 4D5", None),
        ("SI0 OIAA", None),
        ("nowhere", None),
        ("", None),
    ],
)
def test_a_misread_character_is_mended_where_one_reading_is_left(text: str, meant: str | None) -> None:
    assert repaired(text) == meant


@given(postcodes().map(compact), st.data())
def test_a_repair_changes_no_more_than_what_is_easily_misread(text: str, data: st.DataObject) -> None:
    slips = {"0": "O", "O": "0", "1": "I"}
    place = data.draw(st.integers(0, len(text) - 1))
    written = text[:place] + slips.get(text[place], text[place]) + text[place + 1 :]
    meant = repaired(written)
    if meant is not None:
        assert parse_postcode(meant) is not None
        assert repaired(meant) is None
        changed = {(one, other) for one, other in zip(written, meant, strict=True) if one != other}
        assert changed <= {("0", "O"), ("O", "0"), ("I", "1")}
