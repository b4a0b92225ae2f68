"""A bad code map or code list is named with its file and line before anything is loaded by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.specs.check import load_specs
from pipelines.specs.check_maps import last_days, proposed
from pipelines.specs.problems import SpecError
from tests.unit.makers import line_of, spoiled, told

MAP = "partners/demo_northmark/codes/vehicle_type.csv"
HEADER = "raw,match,action,code,valid_from,valid_to,agreed_by,agreed_on"
AGREED = "us,2024-01-01"


def of_map(folder: Path, *lines: str) -> list[str]:
    """What is wrong with a map of these lines, from `raw` to `valid_to`, as `line: message`."""
    root = spoiled(folder)
    text = "\n".join([HEADER, *(f"{line},{AGREED}" for line in lines)]) + "\n"
    (root / MAP).write_text(text, encoding="utf-8")
    return [problem.removeprefix(f"{MAP}:") for problem in told(root)]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["car,folded,map,car,,", " CAR ,folded,map,large,,"],
            '3: raw code "car" already stands on line 2 for the same dates',
        ),
        (
            ["Car,exact,map,car,,2024-03-31", "Car,exact,ignore,,2024-03,"],
            '3: raw code "Car" already stands on line 2 for the same dates',
        ),
        (
            ["Car,exact,map,car,,", "CAR,folded,ignore,,,"],
            '3: "CAR" is ignored here and mapped on line 2 for the same dates: a code is one or the other',
        ),
        (
            ["tyre,contains,map,car,,", "Tyre tip,contains,map,large,,"],
            '3: every text that contains "Tyre tip" contains "tyre" too, and line 2 makes something else of it for the '
            "same dates",
        ),
        (
            ["tyre tip,contains,ignore,,,", "tyre,contains,map,large,,"],
            '3: every text that contains "tyre tip" contains "tyre" too, and line 2 makes something else of it for the '
            "same dates",
        ),
        (
            ["C.*,regex,map,car,,", "C.*,regex,map,large,,"],
            '3: "C.*" stands on line 2 too, and makes something else of texts there',
        ),
        (["Car,exact,map,car,2024-04,2024-03-31"], "2: `valid_to` (2024-03-31) comes before `valid_from` (2024-04-01)"),
        (['"   ",contains,map,car,,'], "2: raw: only blanks, which no text can be matched by (contains)"),
        (["Car,exact,map,caar,,"], '2: "caar" is not a code of abandoned_vehicle_kind (did you mean "car"?)'),
    ],
)
def test_a_bad_line_is_one_problem_at_its_place(tmp_path: Path, lines: list[str], problem: str) -> None:
    assert of_map(tmp_path, *lines) == [problem]


@pytest.mark.parametrize(
    "lines",
    [
        ["Car,exact,map,car,,", "CAR,folded,map,large,,"],
        ["Car,exact,map,car,,2024-03-31", "CAR,folded,ignore,,2024-04,"],
        ["tyre,contains,map,car,,", "Tyre tip,contains,map,car,,"],
        ["tyre,contains,map,car,,2024-03-31", "tyre tip,contains,map,large,2024-04,"],
        ["tyre,contains,map,car,,", "tyre tip,exact,ignore,,,"],
        ["C.*,regex,map,car,,", "C[0-9],regex,map,large,,"],
    ],
)
def test_lines_of_which_one_decides_or_that_only_may_clash_stand(tmp_path: Path, lines: list[str]) -> None:
    assert of_map(tmp_path, *lines) == []


@pytest.mark.parametrize("pattern", ["C(", "(?=C)C", r"(C)\1", "a{1000}{1000}{1000}", "a)|(b"])
def test_an_expression_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, pattern: str) -> None:
    (problem,) = of_map(tmp_path, "Car,exact,map,car,,", f'"{pattern}",regex,map,car,,')
    start = f'3: raw: "{pattern}" is not a regular expression we can use: '
    assert problem.startswith(start)
    assert len(problem) > len(start) + 5
    assert "\n" not in problem


@pytest.mark.parametrize(("begins", "is_told"), [("2013-05", True), ("2013-04", False), ("", False)])
def test_a_code_that_has_ended_before_its_line_begins_is_named(tmp_path: Path, begins: str, is_told: bool) -> None:
    name, line = "partners/police_uk/codes/category.csv", "Violent crime,exact,map,violent_crime,2010-12,2013-04-30,"
    root = spoiled(tmp_path, (name, line, f"Violent crime,exact,map,violent_crime,{begins},,"))
    message = (
        f'{name}:{line_of(root / name, "Violent crime")}: "violent_crime" of crime_category ended on 2013-04-30, '
        "before this line begins (2013-05-01); map to the code that followed it"
    )
    assert told(root) == ([message] if is_told else [])


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (["a,A,b,,", "b,B,a,,"], ['2: "a" is its own ancestor', '3: "b" is its own ancestor']),
        (["a,A,a,,"], ['2: "a" is its own ancestor']),
        # On no day does each lie under the other.
        (["a,A,b,,2019-12-31", "b,B,,,2019-12-31", "b,B,a,2020,", "a,A,,2020,"], []),
        (
            ["a,A,b,2019,", "b,B,,,2019-12-31", "b,B,a,2020,"],
            ['2: "a" is its own ancestor', '4: "b" is its own ancestor'],
        ),
        (
            ["a,A,,,", "b,B,,,", "c,C,a,,", "c,C,b,2020,"],
            ['5: "c" has two parents for the same dates, "a" and "b"; a code rolls up to one'],
        ),
        (["a,A,,,", "b,B,,,", "c,C,a,,2019-12-31", "c,C,b,2020,"], []),
        (["a,A,,2020,2019-12-31"], ["2: `valid_to` (2019-12-31) comes before `valid_from` (2020-01-01)"]),
    ],
)
def test_on_one_day_a_code_has_one_parent_and_is_not_its_own(
    tmp_path: Path, lines: list[str], problems: list[str]
) -> None:
    root = spoiled(tmp_path)
    name = "codelists/made.csv"
    (root / name).write_text("\n".join(["code,label,parent,valid_from,valid_to", *lines]) + "\n", encoding="utf-8")
    assert told(root) == [f"{name}:{problem}" for problem in problems]


@pytest.mark.parametrize(("fields", "missing"), [("us,", "agreed_on"), (",2024-01-01", "agreed_by")])
def test_an_agreement_says_who_and_when(tmp_path: Path, fields: str, missing: str) -> None:
    root = spoiled(tmp_path)
    (root / MAP).write_text(f"{HEADER}\nCar,exact,map,car,,,{fields}\n", encoding="utf-8")
    said = f"{MAP}:2: `{missing}` is missing: an agreed line says who agreed to it and on which day"
    assert told(root) == [said]


def test_proposed_lines_are_listed_and_are_no_problem(tmp_path: Path) -> None:
    root = spoiled(tmp_path)
    text = (root / MAP).read_text(encoding="utf-8")
    (root / MAP).write_text(text + "QUAD,exact,map,motorcycle,,,,,\n", encoding="utf-8")
    (note,) = proposed(load_specs(root))
    assert (Path(note.file).name, note.line) == (Path(MAP).name, text.count("\n") + 1)
    assert note.message == '"QUAD" is proposed: its rows wait until `agreed_by` and `agreed_on` are filled'


def test_every_line_that_is_shipped_is_agreed_to(tmp_path: Path) -> None:
    assert proposed(load_specs(spoiled(tmp_path))) == []


def test_a_code_ends_with_the_last_of_its_lives(tmp_path: Path) -> None:
    root = spoiled(tmp_path)
    lines = ["code,label,valid_from,valid_to", "a,A,,2019-12-31", "a,A,2021,2021-12-31", "b,B,,2019-12-31", "b,B,2020,"]
    (root / "codelists/made.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert {code: str(day) for code, day in last_days(load_specs(root).code_lists["made"]).items()} == {
        "a": "2021-12-31"
    }


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{Typ: 0.2}", 'expect.unmapped_share: no column "Typ" has a `map` (did you mean "Type"?)'),
        ("{Ref: 0.2}", 'expect.unmapped_share: no column "Ref" has a `map`'),
        ("2", "input should be less than or equal to 1"),
        ("often", '"often" is not a number'),
    ],
)
def test_a_share_of_unmapped_codes_is_of_a_column_with_codes(tmp_path: Path, declared: str, message: str) -> None:
    feed = "partners/demo_northmark/abandoned_vehicle.yml"
    root = spoiled(tmp_path, (feed, "quarantined_share:", f"unmapped_share: {declared}\n      quarantined_share:"))
    with pytest.raises(SpecError) as error:
        load_specs(root)
    (problem,) = error.value.problems
    assert message in problem.message
