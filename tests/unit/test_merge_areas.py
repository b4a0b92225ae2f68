"""Whole areas put together into areas to come, and the lookups that follow of themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.merge import MergedSet, merge_set
from pipelines.place.boundaries.sets import read_areas, set_names
from tests.unit.lookups import kept_pairs, kept_set, rectangle
from tests.unit.makers import ROOT

OLD = {code: rectangle(west, 0, west + 100, 100) for code, west in zip("abcd", (0, 100, 200, 300), strict=True)}
GROUPS = "from_code,to_code,to_name\na,pending:ab,A and B\nb,pending:ab,A and B\nc,c2,New C\n"
UNKNOWN = (None, "not_comparable")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    kept_set(tmp_path, "old", OLD, date(2009, 4, 1), parent="county")
    return tmp_path


def merged(home: Path, text: str = GROUPS, *, pending: bool = True, keep_rest: bool = False) -> MergedSet:
    groups = home / "groups.csv"
    groups.write_text(text, encoding="utf-8")
    folders = (home / "boundaries", home / "lookups")
    return merge_set(*folders, "old", "new", groups, date(2027, 4, 1), pending=pending, keep_rest=keep_rest)


def areas(home: Path) -> dict[str, dict[str, Any]]:
    table = read_areas(home / "boundaries").filter(pl.col("boundary_set") == "new")
    return {row["area_code"]: row for row in table.iter_rows(named=True)}


def test_the_areas_to_come_are_the_union_of_their_parts(home: Path) -> None:
    said = merged(home)
    made = areas(home)
    assert set(made) == {"pending:ab", "c2"}
    assert shapely.equals(shapely.from_wkb(made["pending:ab"]["wkb"]), rectangle(0, 0, 200, 100))
    row = made["pending:ab"]
    assert (row["area_name"], row["parent_code"], row["valid_from"]) == ("A and B", "county", date(2027, 4, 1))
    assert row["source_release"] == "merged from old"
    assert said == MergedSet(2, ("pending:ab",), kept=(), left_out=("d",), without_parent=())


def test_forward_is_exact_and_back_awaits_weights(home: Path) -> None:
    merged(home, keep_rest=True)
    assert kept_pairs(home, "old", "new") == {
        ("a", "pending:ab"): (1.0, "merged"),
        ("b", "pending:ab"): (1.0, "merged"),
        ("c", "c2"): (1.0, "unchanged"),
        ("d", "d"): (1.0, "unchanged"),
    }
    assert kept_pairs(home, "new", "old") == {
        ("pending:ab", "a"): UNKNOWN,
        ("pending:ab", "b"): UNKNOWN,
        ("c2", "c"): (1.0, "unchanged"),
        ("d", "d"): (1.0, "unchanged"),
    }
    assert areas(home)["d"]["valid_from"] == date(2009, 4, 1)
    assert areas(home)["d"]["source_release"] == "as in old"


def test_parts_of_two_parents_have_none(home: Path) -> None:
    kept_set(home, "old", {"a": OLD["a"], "b": OLD["b"]})
    assert merged(home, "from_code,to_code,to_name\na,ab,AB\nb,ab,AB\n").without_parent == ("ab",)


@pytest.mark.parametrize(
    ("text", "pending", "said"),
    [
        (GROUPS + "a,c2,New C\n", True, "groups.csv:5: a also stands in line 2"),
        (GROUPS + "q,c2,New C\n", True, 'groups.csv:5: "q" is no area of old'),
        (GROUPS + "d,c2,Other C\n", True, 'groups.csv:5: c2 is "Other C" here, "New C" above'),
        (GROUPS + "d,,New C\n", True, 'groups.csv:5: no "to_code"'),
        (GROUPS, False, "groups.csv:2: pending:ab stands in for a code not published yet; say --pending"),
        ("from_code,to_code,to_name\na,d,D\n", True, "d is an area that stays"),
        ("from,to_code,to_name\na,d,D\n", True, 'groups.csv:1: no field "from_code"'),
    ],
)
def test_groups_that_cannot_be_are_refused_and_nothing_is_kept(home: Path, text: str, pending: bool, said: str) -> None:
    with pytest.raises(Refusal) as error:
        merged(home, text, pending=pending, keep_rest=True)
    assert said in str(error.value)
    assert set_names(home / "boundaries") == ["old"]
    assert not (home / "lookups").exists()


def test_the_example_puts_each_district_of_surrey_into_one_of_two() -> None:
    groups = pl.read_csv(ROOT / "docs" / "examples" / "surrey_2027.csv")
    assert sorted(groups["from_code"]) == [f"E070002{number:02}" for number in range(7, 18)]
    assert dict(groups.group_by("to_name").len().iter_rows()) == {"East Surrey": 5, "West Surrey": 6}
    assert groups["to_code"].str.starts_with("pending:").all()
