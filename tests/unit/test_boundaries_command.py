"""`commongrid boundaries`: what was found is told in lines or as JSON, sets are listed, and one in use stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely import Polygon, box

from pipelines.cli.main import app
from pipelines.cli.output import ending
from pipelines.place.boundaries.sets import set_names
from tests.unit.makers import ROOT
from tests.unit.test_boundaries import EAST, WEST, written
from tests.unit.test_boundary_checks import E0, N0, lattice

Run = Callable[..., "tuple[int, str, str]"]
FIELDS = ("--code", "code", "--name", "name")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `commongrid boundaries` in a home of its own: exit code, standard output, standard error."""
    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COMMONGRID_SPECS", str(ROOT / "tests" / "real" / "specs"))
    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            with ending():
                app(["boundaries", *arguments], standalone_mode=False)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return call


def faulty(folder: Path) -> Path:
    """A lattice with a hole, an overlap of 1 m and a ring that touches itself and so cuts a hole into its area."""
    drawn: dict[str, Any] = {code: shape for code, shape in lattice() if code != "L11"}
    drawn["L22"] = box(E0 + 1999, N0 + 2000, E0 + 3000, N0 + 3000)
    drawn["L00"] = Polygon([(E0, N0), (E0 + 500, N0), (E0 + 400, N0 + 400), (E0 + 600, N0 + 400), (E0 + 500, N0),
                            (E0 + 1000, N0), (E0 + 1000, N0 + 1000), (E0, N0 + 1000)])  # fmt: skip
    return written(folder, *drawn.items())


def test_what_was_found_in_a_set_is_told_line_by_line(run: Run, tmp_path: Path) -> None:
    code, told, _ = run("add", str(faulty(tmp_path)), "--set", "ward_2025", *FIELDS)
    assert code == 0
    assert told.splitlines() == [
        "ward_2025: 8 areas; 0 known places assigned to them",
        "  mended L00: a ring touches itself at E 499500, N 149000 (SU 995 490)",
        "  1 narrow overlap of outlines drawn apart, 1,000 m² at most (L12 and L22): a place there is in the area of "
        "the lowest code",
        "  gap of 1.00 km² at E 500500, N 150500 (TQ 005 505), between L01, L10, L12, L21, L22",
        "  gap of 4.0 ha at E 499500, N 149200 (SU 995 492), inside L00",
        "  a place in a gap lies in no area: look whether an area is missing",
        "  8 areas have no parent: give --parent, or nobody is known to speak for them",
    ]


def test_what_was_found_is_told_to_a_program(run: Run, tmp_path: Path) -> None:
    code, told, _ = run("add", str(faulty(tmp_path)), "--set", "ward_2025", *FIELDS, "--json")
    summary = json.loads(told)
    assert (code, summary["ok"], summary["set"], summary["areas"], summary["mended"]) == (
        0,
        True,
        "ward_2025",
        8,
        ["L00"],
    )
    assert [(item["codes"], item["square_m"]) for item in summary["gaps"]] == [
        (["L01", "L10", "L12", "L21", "L22"], 1_000_000), (["L00"], 40_000)
    ]  # fmt: skip
    assert [item["codes"] for item in summary["narrow_overlaps"]] == [["L12", "L22"]]
    assert summary["mendings"][0]["easting"] == 499_500


def test_sets_are_listed_with_dates_source_and_parents(run: Run, tmp_path: Path) -> None:
    code, told, _ = run("list")
    assert (code, told) == (0, "no boundary sets; load one with `commongrid boundaries add`\n")
    path = str(written(tmp_path, ("A", WEST), ("B", EAST)))
    for name, begin, end in (("ward_2013", "2013-12-01", "2025-04-30"), ("ward_2025", "2025-05-01", None)):
        until = ("--valid-to", end) if end else ()
        more = ("--parent", "over", "--valid-from", begin, *until, "--source", "ONS Open Geography")
        assert run("add", path, "--set", name, *FIELDS, *more)[0] == 0
    _, told, _ = run("list")
    assert [" ".join(line.split()) for line in told.splitlines()] == [
        "set areas places outside in force source",
        "ward_2013 2 0 0 2013-12-01 to 2025-04-30 ONS Open Geography",
        "ward_2025 2 0 0 from 2025-05-01 ONS Open Geography",
    ]
    sets = json.loads(run("list", "--json")[1])["sets"]
    assert [(item["name"], item["valid_from"], item["valid_to"], item["source_release"]) for item in sets] == [
        ("ward_2013", "2013-12-01", "2025-04-30", "ONS Open Geography"),
        ("ward_2025", "2025-05-01", None, "ONS Open Geography"),
    ]


def test_a_set_is_removed_but_not_while_a_feed_names_it(run: Run, tmp_path: Path) -> None:
    path = str(written(tmp_path, ("A", WEST), ("B", EAST)))
    for name in ("lad", "ward"):
        assert run("add", path, "--set", name, *FIELDS)[0] == 0
    code, told, fault = run("remove", "lad")
    assert (code, told) == (1, "")
    assert fault.startswith("lad: area codes of defra/fly_tipping, defra/fly_tipping_action, ")
    assert "take it out of `boundary_set` in the spec first, or name another set there" in fault
    assert run("remove", "ward")[1] == "ward: removed; the next `commongrid run` drops its figures\n"
    assert run("remove", "ward")[2] == 'no boundary set "ward" in this home; it has lad\n'
    assert set_names(tmp_path / "home" / "boundaries") == ["lad"]


def test_a_refused_set_is_told_in_one_line_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    path = str(written(tmp_path, ("A", WEST), ("B", WEST)))
    code, told, fault = run("add", path, "--set", "ward", *FIELDS)
    assert (code, told) == (1, "")
    assert fault.count("\n") == 1 and "A and B share 1.00 km²" in fault
    assert set_names(tmp_path / "home" / "boundaries") == []
