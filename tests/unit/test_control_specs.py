"""`specs check` on control totals and companions: what is declared fits together, and names what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.makers import line_of, spoiled, told

EAST = "partners/demo_eastmark/abandoned_vehicle.yml"
NORTH = "partners/demo_northmark/abandoned_vehicle.yml"
TOTAL = "{of: rows, stated_in: trailer, rule: totals, match: '^Total removed\\t\\t(\\d+)'}"
BESIDE = "{of: rows, stated_in: companion, match: '(\\d+)'}"

# (control total, what is wrong with it)
WITHIN_ONE = [
    ("{of: rows}", "give either `stated_in`, or `min` and `max`"),
    ("{of: sum, column: What, min: 1, stated_in: cell, cell: B2}", "give either `stated_in`, or `min` and `max`"),
    ("{of: sum, min: 1}", "`column` goes with `of: sum`, and `of: sum` with a `column`"),
    ("{of: rows, column: What, stated_in: cell, cell: B2}", "`column` goes with `of: sum`, and `of: sum` with a `col"),
    ("{of: rows, max: 9}", "only a sum has `min` and `max` here; the bounds of rows are `expect.rows`"),
    ("{of: sha256, stated_in: cell, cell: B2}", "a hash is stated in the companion"),
    ("{of: rows, stated_in: trailer, match: (x)}", "`rule` goes with `stated_in: trailer`, which needs one"),
    ("{of: rows, stated_in: cell, cell: B2, rule: totals}", "`rule` goes with `stated_in: trailer`, which needs one"),
    ("{of: rows, stated_in: cell}", "`cell` goes with `stated_in: cell`, which needs one"),
    ("{of: rows, stated_in: trailer, rule: totals}", "say by `match` where in the text it stands"),
    ("{of: sum, column: What, min: 1, match: (x)}", "`match` goes with `stated_in`"),
    ("{of: rows, stated_in: cell, cell: B2, within: 1}", "`within` goes with a sum that is stated"),
    ("{of: sum, column: What, min: 2, max: 1}", "`min` is more than `max`"),
    ("{of: sum, column: What, min: x}", 'min: "x" is not a number'),
    ("{of: rows, stated_in: cell, cell: B2, match: x}", "match: `match` has one group, what is stated"),
    ("{of: rows, stated_in: cell, cell: B2, match: (}", "match: not a regular expression: "),
]
AMONG_OTHERS = [
    (TOTAL.replace("rule: totals", "rule: total"), 'no rule "total" under `skip` (did you mean "totals"?)'),
    ("{of: sum, column: Whatt, min: 1}", 'no column "Whatt" to sum (did you mean "What"?)'),
]


@pytest.mark.parametrize(("control", "message"), [*WITHIN_ONE, *AMONG_OTHERS])
def test_a_total_that_does_not_fit_is_a_problem_at_its_line(tmp_path: Path, control: str, message: str) -> None:
    root = spoiled(tmp_path, (EAST, TOTAL, control))
    (problem,) = told(root)
    where, _, said = problem.partition(": ")
    assert where == f"{EAST}:{line_of(root / EAST, control)}"
    assert said.removeprefix("versions.0.control.0").lstrip(".: ").startswith(message)


@pytest.mark.parametrize(
    "control",
    [
        "{of: sum, column: Remarks, min: 1}",
        "{of: sum, column: What, stated_in: cell, cell: Notes!B2, match: '{name} (.*)', within: 0.5}",
        "{of: sum, column: What, max: 0.5}",
    ],
)
def test_a_total_of_any_column_and_in_any_cell_is_in_order(tmp_path: Path, control: str) -> None:
    assert told(spoiled(tmp_path, (EAST, TOTAL, control))) == []


@pytest.mark.parametrize(
    ("lines", "place", "message"),
    [
        (f"control: [{BESIDE}]", "control:", "a control total stands in a companion: name that file, as in "),
        ('companion: "{name}.ctl"', "companion:", "no control total is `stated_in: companion`: say what it "),
        (
            f'companion: "{{stem}}.csv"\n    control: [{BESIDE}]',
            "companion:",
            "{stem}.csv would be the name of the delivery itself",
        ),
        ("control: [{of: sum, column: Keeper, min: 1}]", "control:", '"Keeper" fills an identifier, which is not told'),
        ("control: [{of: rows, stated_in: cell, cell: Notes!B2}]", "control:", "only a workbook has a cell on another"),
        *(
            (f'companion: "{name}"\n    control: [{BESIDE}]', "companion:", f"versions.0.companion: the {said}")
            for name, said in {
                "{name}": "companion needs a name of its own",
                "a/{name}.ctl": "name of a file beside the delivery",
                "{name}.*": "name of a file beside the delivery",
                "{nam}.ctl": "name of a file beside the delivery",
                "{name}{name}": "name of a file beside the delivery",
                "{name}{stem}": "name of a file beside the delivery",
            }.items()
        ),
    ],
)
def test_a_companion_and_what_it_states_are_declared_together(
    tmp_path: Path, lines: str, place: str, message: str
) -> None:
    root = spoiled(tmp_path, (NORTH, "    replaces:", f"    {lines}\n    replaces:"))
    (problem,) = told(root)
    assert problem.startswith(f"{NORTH}:{line_of(root / NORTH, place)}: {message}")


NORTH_READ = ["Ref No", "Date reported", "Type", "Keeper", "Reg mark", "Easting", "Northing", "Make", "Officer notes"]


def test_a_text_of_fixed_width_has_no_cells(tmp_path: Path) -> None:
    fields = ", ".join(f"{name}: [{place}, {place}]" for place, name in enumerate(NORTH_READ, start=1))
    control = "control: [{of: rows, stated_in: cell, cell: B2}]"
    fixed = f"format: {{type: fixed_width, fields: {{{fields}}}}}\n    {control}"
    root = spoiled(tmp_path, (NORTH, "format: {type: csv, encoding: cp1252}", fixed))
    line = line_of(root / NORTH, "control:")
    assert told(root) == [f"{NORTH}:{line}: only a text with a header, or a workbook, has cells"]
