"""A spec that would keep too much of people, or cannot keep what it says, is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.intake.refusal import Refusal
from pipelines.read.headings import check_header
from pipelines.specs.check import gather
from tests.conftest import Bench
from tests.integration.people import people
from tests.unit.makers import claimed

CHILD, HOSPITAL = "weald_csv/youth_child.yml", "weald_hospital/assault_attendance.yml"


@pytest.fixture
def root(bench: Bench, tmp_path: Path, own_keys: Path) -> Path:
    return people(bench, tmp_path).home.specs


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (CHILD, ", keep: sector", "", "keeps whole postcodes; say `keep: sector`"),
        (CHILD, "{by: postcode, column: Postcode, keep: sector}", "{by: uprn, column: Postcode}", "keeps the property"),
        (
            CHILD,
            "{by: postcode, column: Postcode, keep: sector}",
            "{by: grid_reference, column: Postcode}",
            "say how large a square is kept, as `keep_m: 100`",
        ),
        (CHILD, "{by: postcode, column: Postcode, keep: sector}", "{by: postcode, column: Born}", "no place, period"),
        (CHILD, "age_band, born", "sex_code, born", "whose list has bands"),
        (CHILD, 'age_band, born: "%d/%m/%Y"', 'age_band, born: "%m/%Y"', "is not a date format with a day"),
        (CHILD, 'age_band, born: "%d/%m/%Y"', 'age_band, born: "%d/%m/%y"', "needs `years_from`"),
        (HOSPITAL, ", keep: restricted", "", "say `keep: nothing`, or `keep: restricted`"),
        (HOSPITAL, "Ref: source_id", "Ref: {field: source_id, keep: nothing}", "`keep` belongs to a free text"),
        (HOSPITAL, "age: years", "age: years, map: how", "leave out `map` and `date`"),
    ],
)
def test_what_is_kept_of_people_is_declared(root: Path, name: str, old: str, new: str, expected: str) -> None:
    path = root / "partners" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    _specs, problems = gather(root)
    assert any(expected in problem.message for problem in problems), problems


def test_a_heading_that_may_be_a_value_is_not_repeated_of_people() -> None:
    version = claimed("2014-05-surrey-street.csv").version
    header = [*version.needed_columns(), *version.ignore, "Mrs Blatherwick, 12 Acacia Avenue", "Shoe size"]
    with pytest.raises(Refusal, match=r"column 13.*Shoe size") as told:
        check_header(header, version, "x.csv:1", of_persons=True)
    assert "Blatherwick" not in str(told.value)


def test_an_issue_keeps_no_value_that_looks_personal() -> None:
    import polars as pl

    faults = Faults()
    rows = pl.DataFrame({INDEX: [0, 1, 2], "Kind": ["a.b@example.org", "Burglry", "John Smith"]})
    faults.add(rows, "unmapped_code", "Kind", "no line maps this code", "Kind")
    faults.repair(rows, "blanks_trimmed", "Kind", "blanks", "Kind")
    assert faults.table()["value"].to_list() == faults.repaired()["value"].to_list() == [None, "Burglry", None]
