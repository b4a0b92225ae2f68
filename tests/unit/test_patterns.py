"""File patterns: what a name says, and that a pattern which could say something wrong is not a pattern."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.specs.patterns import NameFacts, matcher, tokens

STREET = "{period:%Y-%m}-{supplier}-street.csv"


@pytest.mark.parametrize(
    ("pattern", "path", "facts"),
    [
        (STREET, "2014-05-surrey-street.csv", NameFacts(date(2014, 5, 1), "surrey")),
        (
            STREET,
            "landing/police_uk/2014-05/2014-05-avon-and-somerset-street.csv",
            NameFacts(date(2014, 5, 1), "avon-and-somerset"),
        ),
        # An archive's name stands for a folder.
        (STREET, "downloads/2014-05.zip/2014-05/2014-05-surrey-street.csv", NameFacts(date(2014, 5, 1), "surrey")),
        (
            "{issued:%Y-%m-%d}/AV_{period:%m%y}.csv",
            "x/2024-09-04/AV_0824.csv",
            NameFacts(date(2024, 8, 1), None, date(2024, 9, 4)),
        ),
        ("removed {period:%b %Y}.xlsx", "Removed/removed Aug 2024.xlsx", NameFacts(date(2024, 8, 1))),
        ("*/{period:%B %Y} *.csv", "North/August 2024 (final).csv", NameFacts(date(2024, 8, 1))),
        ("returns.csv", "a/returns.csv", NameFacts()),
    ],
)
def test_a_name_says_period_supplier_and_issue_date(pattern: str, path: str, facts: NameFacts) -> None:
    assert matcher(pattern)(path) == facts


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (STREET, "2014-05-surrey-street.csv.bak"),
        (STREET, "old-2014-05-surrey-street.csv"),  # the pattern begins where a folder or file name begins
        (STREET, "2014-05-Surrey-street.csv"),
        (STREET, "2014-13-surrey-street.csv"),  # looks like a month and is none
        ("{issued:%Y-%m-%d}/AV_{period:%m%y}.csv", "AV_0824.csv"),
        ("{issued:%Y-%m-%d}/AV_{period:%m%y}.csv", "2024-02-30/AV_0824.csv"),
        ("returns *.csv", "returns 1/2.csv"),  # `*` stays within one folder
        ("a.csv", "abcsv"),  # a dot is a dot
    ],
)
def test_what_does_not_fit_is_not_claimed(pattern: str, path: str) -> None:
    assert matcher(pattern)(path) is None


@given(
    st.dates(date(1000, 1, 1)), st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True), st.dates(date(1000, 1, 1))
)
def test_what_is_written_into_a_name_is_read_out_of_it(period: date, supplier: str, issued: date) -> None:
    match = matcher("{issued:%Y-%m-%d}/{supplier}.{period:%Y%m%d}.csv")
    assert match(f"{issued.isoformat()}/{supplier}.{period:%Y%m%d}.csv") == NameFacts(period, supplier, issued)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{month:%Y-%m}.csv", "{month} is not known; a pattern may hold period, supplier, issued and *"),
        ("{period}.csv", "{period} needs a date format"),
        ("{period:%Y-%m}-{period:%Y}.csv", "{period} is given twice"),
        ("{period:%Y-%H}.csv", "%H is not a date code a file name can hold"),
        ("{period:%Y-%m.csv", "a brace does not close"),
        ("{period:%Y-%Y}.csv", "%Y is given twice"),
        ("{period:%d-%m}.csv", "needs a year"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=None) as error:
        matcher(pattern)
    assert reason in str(error.value)


def test_tokens_are_the_names_a_pattern_captures() -> None:
    assert tokens("{issued:%Y-%m-%d}/*_{period:%Y-%m}.csv") == {"issued", "period"}
