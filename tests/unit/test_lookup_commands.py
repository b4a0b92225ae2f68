"""`commongrid lookups` and `commongrid boundaries merge`: what they say, as lines and as JSON, and how they end."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.intake.refusal import Refusal
from tests.unit.lookups import kept_pairs, kept_set, rectangle

OLD = {"s": rectangle(0, 0, 400, 100), "t": rectangle(400, 0, 500, 100)}
NEW = {"s1": rectangle(0, 0, 300, 100), "s2": rectangle(300, 0, 400, 100), "t": OLD["t"]}
SETS = ("--from-set", "old", "--to-set", "new")
FILE = "a,flag,b\ns,S,s1\ns,S,s2\nt,U,t\nelsewhere,U,elsewhere\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    kept_set(tmp_path / "home", "old", OLD, date(2011, 3, 27))
    kept_set(tmp_path / "home", "new", NEW, date(2021, 3, 21))
    (tmp_path / "lookup.csv").write_text(FILE, encoding="utf-8")
    return tmp_path / "home"


def run(*arguments: str | Path, code: int = 0) -> str:
    ended = CliRunner().invoke(app, [str(word) for word in arguments])
    assert ended.exit_code == code, ended.output
    return ended.output


def told(*arguments: str | Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return answer


def test_adding_says_what_has_no_weights_and_what_to_do(home: Path) -> None:
    words = ("lookups", "add", home.parent / "lookup.csv", *SETS, "--from", "a", "--to", "b", "--change", "flag")
    said = run(*words)
    assert "old to new: 3 pairs (1 unchanged, 2 not_comparable)" in said
    assert "1 area divided without weights: not comparable; with both sets loaded, add it again with --by" in said
    assert "new to old: 3 pairs (1 unchanged, 2 summed_back)" in said
    assert "pairs left out, of areas beyond the loaded sets: 1;" in said
    answer = told(*words, "--by", "area")
    assert answer["ok"] and answer["left_out"] == 1
    assert answer["directions"][0]["methods"] == {"unchanged": 1, "by_area": 2}
    assert answer["directions"][0]["replaced"] is True
    assert kept_pairs(home, "old", "new")["s", "s1"] == (pytest.approx(0.75), "by_area")


def test_deriving_lists_and_removing(home: Path) -> None:
    assert "no lookups yet" in run("lookups", "list")
    assert "old to new: 3 pairs (1 unchanged, 2 by_area)" in run("lookups", "derive", *SETS, "--by", "area")
    answer = told("lookups", "derive", *SETS, "--by", "area")
    assert (answer["pairs"], answer["replaced"], answer["counted"]) == (3, True, "surface")
    assert told("lookups", "list")["lookups"] == [
        {"from_set": "old", "to_set": "new", "pairs": 3, "methods": {"unchanged": 1, "by_area": 2}}
    ]
    assert "removed" in run("lookups", "remove", *SETS)
    assert told("lookups", "list")["lookups"] == []
    with pytest.raises(Refusal, match="there is no lookup from old to new; there are: none"):
        CliRunner().invoke(app, ["lookups", "remove", *SETS], catch_exceptions=False)


def test_postcodes_in_place_of_addresses_are_said(home: Path) -> None:
    (home / "reference").mkdir()
    where = {"postcode": ["AB1"], "easting": [500_010.0], "northing": [150_010.0]}
    pl.DataFrame(where).write_parquet(home / "reference" / "postcodes.parquet")
    said = run("lookups", "derive", *SETS, "--by", "addresses")
    assert "by live postcodes, each counted once: no address points are loaded" in said
    assert kept_pairs(home, "old", "new")["s", "s1"] == (1.0, "by_addresses")


def test_population_comes_from_a_file_of_small_areas(home: Path) -> None:
    kept_set(home, "small", {str(n): rectangle(n * 100, 0, n * 100 + 100, 100) for n in range(5)})
    people = home.parent / "people.csv"
    people.write_text("small,people\n0,10\n1,10\n2,20\n3,60\n", encoding="utf-8")
    words = ("--weights", people, "--weights-set", "small", "--weights-code", "small", "--weights-value", "people")
    said = run("lookups", "derive", *SETS, "--by", "population", *words)
    assert "people.csv has no count of 1 area of small: 4" in said
    assert kept_pairs(home, "old", "new")["s", "s2"] == (pytest.approx(0.6), "by_population")


def test_two_lookups_are_put_together_where_there_is_none(home: Path) -> None:
    kept_set(home, "all", {"all": rectangle(0, 0, 500, 100)})
    run("lookups", "derive", *SETS, "--by", "area")
    run("lookups", "derive", "--from-set", "new", "--to-set", "all", "--by", "area")
    words = ("lookups", "derive", "--from-set", "old", "--to-set", "all", "--through", "new")
    assert "old to all by way of new: 2 pairs" in run(*words)
    assert kept_pairs(home, "old", "all") == {("s", "all"): (1.0, "by_area"), ("t", "all"): (1.0, "merged")}
    assert run(*words, code=1) == (
        "there is a lookup from old to all already; remove it first if one by way of new is better: "
        "commongrid lookups remove\n"
    )


def test_merging_says_which_codes_stand_in(home: Path) -> None:
    groups = home.parent / "groups.csv"
    groups.write_text("from_code,to_code,to_name\ns,pending:st,S and T\nt,pending:st,S and T\n", encoding="utf-8")
    words = ("boundaries", "merge", "--from-set", "old", "--set", "one", "--groups", groups)
    said = run(*words, "--valid-from", "2027-04-01", "--pending")
    assert "one: 1 area, in force from 2027-04-01" in said
    assert "pending:st: stand in for codes not published yet" in said
    assert "lookups derive --from-set one --to-set old --by addresses" in said
    answer = told(*words, "--valid-from", "2027-04-01", "--pending")
    assert (answer["pending"], answer["valid_from"]) == (["pending:st"], "2027-04-01")
    run("lookups", "derive", "--from-set", "one", "--to-set", "old", "--by", "area")
    assert kept_pairs(home, "one", "old")["pending:st", "s"] == (pytest.approx(0.8), "by_area")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["derive", *SETS], "say either --by addresses, population or area, or --through SET"),
        (["derive", *SETS, "--by", "adresses"], "give one of addresses, population, area"),
        (["derive", *SETS, "--by", "population"], "--weights FILE --weights-set SET"),
        (["derive", *SETS, "--by", "area", "--weights-set", "x"], "--weights needs --by population"),
        (["derive", "--from-set", "old", "--to-set", "old", "--by", "area"], "give two different sets"),
        (["derive", "--from-set", "Old", "--to-set", "new", "--by", "area"], '"Old" is not a name for a set'),
    ],
)
def test_bad_usage_ends_with_2(home: Path, words: list[str], said: str) -> None:
    assert said in run("lookups", *words, code=2)
