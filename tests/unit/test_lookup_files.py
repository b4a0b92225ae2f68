"""Publishers' lookup files: what their change flags, or the number of their pairs, make exact; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.place.lookups.add import AddedLookup, LookupFile, add_lookup
from pipelines.place.lookups.derive import By, Measure
from pipelines.place.lookups.store import EXACT
from tests.unit.lookups import converted, kept_pairs, kept_set, rectangle

UNKNOWN = (None, "not_comparable")
FLAGGED = "a,flag,b\nu,U,u\nm1,M,m\nm2,M,m\ns,S,s1\ns,S,s2\nx,X,y\nx,X,z\n"
# The same areas: m1 and m2 side by side become m, s is cut at three quarters into s1 and s2.
OLD = {
    "u": rectangle(0, 0, 100, 100),
    "m1": rectangle(0, 100, 60, 200),
    "m2": rectangle(60, 100, 100, 200),
    "s": rectangle(0, 200, 100, 300),
    "x": rectangle(0, 300, 100, 400),
}
NEW = {
    "u": OLD["u"],
    "m": rectangle(0, 100, 100, 200),
    "s1": rectangle(0, 200, 75, 300),
    "s2": rectangle(75, 200, 100, 300),
    "y": rectangle(0, 300, 50, 400),
    "z": rectangle(50, 300, 100, 400),
}


def add(home: Path, text: str, *, measure: Measure | None = None, keep_all: bool = False, **fields: Any) -> AddedLookup:
    path = home / "lookup.csv"
    path.write_text(text, encoding="utf-8")
    file = LookupFile(path, **{"from_field": "a", "to_field": "b", **fields})
    return add_lookup(file, home / "boundaries", home / "lookups", "old", "new", measure, keep_all=keep_all)


def refusal(home: Path, text: str, **fields: Any) -> str:
    with pytest.raises(Refusal) as error:
        add(home, text, **fields)
    assert not (home / "lookups").exists()
    return str(error.value)


def test_change_flags_say_what_is_exact_in_each_direction(tmp_path: Path) -> None:
    added = add(tmp_path, FLAGGED, change="flag")
    assert kept_pairs(tmp_path, "old", "new") == {
        ("u", "u"): (1.0, "unchanged"),
        ("m1", "m"): (1.0, "merged"),
        ("m2", "m"): (1.0, "merged"),
        ("s", "s1"): UNKNOWN,
        ("s", "s2"): UNKNOWN,
        ("x", "y"): UNKNOWN,
        ("x", "z"): UNKNOWN,
    }
    assert kept_pairs(tmp_path, "new", "old") == {
        ("u", "u"): (1.0, "unchanged"),
        ("m", "m1"): UNKNOWN,
        ("m", "m2"): UNKNOWN,
        ("s1", "s"): (1.0, "summed_back"),
        ("s2", "s"): (1.0, "summed_back"),
        ("y", "x"): UNKNOWN,
        ("z", "x"): UNKNOWN,
    }
    # Of the irregular areas no weights are awaited: they could not be honest.
    assert [direction.awaiting for direction in added.directions] == [1, 1]
    assert added.not_loaded == ("old", "new")


def test_weights_are_given_to_what_is_divided_and_never_to_what_is_irregular(tmp_path: Path) -> None:
    kept_set(tmp_path, "old", OLD)
    kept_set(tmp_path, "new", NEW)
    added = add(tmp_path, FLAGGED, change="flag", measure=Measure(By.area))
    ahead, back = kept_pairs(tmp_path, "old", "new"), kept_pairs(tmp_path, "new", "old")
    assert ahead["s", "s1"] == (pytest.approx(0.75), "by_area")
    assert ahead["s", "s2"] == (pytest.approx(0.25), "by_area")
    assert back["m", "m1"] == (pytest.approx(0.6), "by_area")
    assert ahead["x", "y"] == back["z", "x"] == UNKNOWN
    assert [direction.awaiting for direction in added.directions] == [0, 0]
    assert added.directions[0].methods == {"unchanged": 1, "merged": 2, "by_area": 2, "not_comparable": 2}


@pytest.mark.parametrize(
    ("exact", "ahead", "back"),
    [
        (True, ["unchanged", "unchanged", "merged", "merged", None, None], ["unchanged", "unchanged", None, None]),
        (False, ["unchanged", "best_fit", "best_fit", "best_fit", None, None], ["unchanged", "best_fit", None, None]),
    ],
)
def test_without_flags_the_number_of_pairs_says_what_is_exact(
    tmp_path: Path, exact: bool, ahead: list[str | None], back: list[str | None]
) -> None:
    add(tmp_path, "a,b\nu,u\nold,new\nm1,m\nm2,m\ns,s1\ns,s2\n", exact=exact)
    pairs = [("u", "u"), ("old", "new"), ("m1", "m"), ("m2", "m"), ("s", "s1"), ("s", "s2")]
    wanted = [UNKNOWN if method is None else (1.0, method) for method in ahead]
    assert kept_pairs(tmp_path, "old", "new") == dict(zip(pairs, wanted, strict=True))
    ends = ["summed_back" if exact else "best_fit"] * 2
    wanted = [UNKNOWN if method is None else (1.0, method) for method in [*back, *ends]]
    backward = [(new, old) for old, new in pairs]
    assert kept_pairs(tmp_path, "new", "old") == dict(zip(backward, wanted, strict=True))


def test_a_national_file_is_kept_for_the_areas_that_are_loaded(tmp_path: Path) -> None:
    kept_set(tmp_path, "old", {code: OLD[code] for code in ("u", "m1", "s")})
    kept_set(tmp_path, "new", {code: NEW[code] for code in ("u", "m", "s1")} | {"lone": NEW["z"]})
    added = add(tmp_path, FLAGGED, change="flag")
    assert set(kept_pairs(tmp_path, "old", "new")) == {("u", "u"), ("m1", "m"), ("s", "s1")}
    # Of m's parts only one is loaded: that makes it no less divided.
    assert kept_pairs(tmp_path, "new", "old")["m", "m1"] == UNKNOWN
    assert added.left_out == 4
    assert added.leads_nowhere == ("s",)
    assert added.not_in_file == {"new": ("lone",)}
    assert add(tmp_path, FLAGGED, change="flag", keep_all=True).left_out == 0
    assert len(kept_pairs(tmp_path, "old", "new")) == 7


def test_a_file_of_other_areas_than_those_loaded_is_refused(tmp_path: Path) -> None:
    kept_set(tmp_path, "old", {"q": OLD["u"]})
    assert refusal(tmp_path, FLAGGED).endswith("pairs no area of old with one of new; is it the right field?")


@pytest.mark.parametrize(
    ("text", "fields", "said"),
    [
        ("a,b\nx,y\nx,z\nx,y\n", {}, "lookup.csv:4: x to y also stands in line 2"),
        ("a,b\nx,y\n,z\n", {}, 'lookup.csv:3: no "a"'),
        ("a,b\nx,y\nz\n", {}, "lookup.csv:3: a record with more or fewer fields"),
        ("a,b\n", {}, "lookup.csv: holds a header and no records"),
        ("a,c\nx,y\n", {}, 'lookup.csv:1: no field "b"'),
        ("a,b,f\nx,y,Q\n", {"change": "f"}, 'lookup.csv:2: change "Q" is none of U unchanged'),
        ("a,b,f\nx,y,U\ns,t,S\n", {"change": "f"}, "lookup.csv:3: s to t is marked S, and the other pairs"),
        ("a,b,f\nx,y,U\nm,n,M\n", {"change": "f"}, "lookup.csv:3: m to n is marked M, and the other pairs"),
        ("a,b,f\nx,y,U\nx,z,U\n", {"change": "f"}, "lookup.csv:2: x to y is marked U, and the other pairs"),
        ("a,b\nx,y\n", {"from_field": None}, "--from FIELD"),
    ],
)
def test_what_a_file_gets_wrong_is_said_with_its_line(
    tmp_path: Path, text: str, fields: dict[str, Any], said: str
) -> None:
    assert said in refusal(tmp_path, text, **fields)


def test_records_of_smaller_areas_repeat_their_pairs(tmp_path: Path) -> None:
    text = "block,a,b\n1,w1,d\n2,w1,d\n3,w2,d\n"
    assert "--finer" in refusal(tmp_path, text)
    add(tmp_path, text, exact=True, finer=True)
    assert kept_pairs(tmp_path, "old", "new") == {("w1", "d"): (1.0, "merged"), ("w2", "d"): (1.0, "merged")}


changes = st.lists(st.sampled_from("UMSX"), min_size=1, max_size=12)


@settings(max_examples=30)
@given(changes=changes, figures=st.lists(st.integers(0, 10_000), min_size=12, max_size=12))
def test_exact_pairs_take_every_figure_whole_and_no_weight_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, changes: list[str], figures: list[int]
) -> None:
    home = tmp_path_factory.mktemp("home")
    shapes = {"U": [("", "")], "M": [("1", ""), ("2", "")], "S": [("", "1"), ("", "2")], "X": [("1", "1"), ("1", "2")]}
    rows = [(f"a{n}_{i}", flag, f"b{n}_{j}") for n, flag in enumerate(changes) for i, j in shapes[flag]]
    add(home, "a,flag,b\n" + "".join(f"{','.join(row)}\n" for row in rows), change="flag")
    for from_set, to_set in (("old", "new"), ("new", "old")):
        pairs = kept_pairs(home, from_set, to_set)
        assert all((weight == 1.0) == (method in EXACT) for weight, method in pairs.values())
        known = {source for (source, _), (weight, _) in pairs.items() if weight is not None}
        given_ = dict(zip(sorted(known), figures, strict=False))
        assert sum(converted(given_, pairs).values()) == sum(given_.values())
