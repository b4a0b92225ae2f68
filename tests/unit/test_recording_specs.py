"""What a recording profile may say, and what `specs check` says of one that cannot be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.build.recording import breaks, profiles
from pipelines.specs.check import load_specs
from pipelines.specs.fingerprint import making_of
from pipelines.specs.yaml_lines import read_yaml
from tests.unit.makers import line_of, shipped, spoiled, told

NORTH = "partners/demo_northmark/abandoned_vehicle.yml"
RATE = "indicators/abandoned_vehicles_reported_rate.yml"


def said(tmp_path: Path, text: str, *, file: str = NORTH, after: str = "  place: incident\n") -> Path:
    """The shipped specs, with more said in a recording profile."""
    return spoiled(tmp_path, (file, after, after + text))


def test_a_profile_says_what_it_includes_from_when_and_what_was_changed(tmp_path: Path) -> None:
    text = """  includes: [Cars and vans, "No trailers: they are refuse"]
  covers_from: 2024-06
  breaks:
    - {on: 2024-10, what: New system}
    - on: 2025-01-17
      what: Online form
      compares: true
      supplier: northmark
"""
    recording = load_specs(said(tmp_path, text)).feeds["demo_northmark/abandoned_vehicle"].feed.recording
    assert recording.includes == ("Cars and vans", "No trailers: they are refuse")
    assert recording.covers_from == date(2024, 6, 1)
    assert [(item.on, item.what, item.compares, item.supplier) for item in recording.breaks] == [
        (date(2024, 10, 1), "New system", False, None),
        (date(2025, 1, 17), "Online form", True, "northmark"),
    ]
    assert [item.what for item in recording.breaks_of("northmark")] == ["New system"]


ONE = "    - {on: 2024-10, what: New system}\n"
FAULTS = [
    (
        "out of order",
        f"  breaks:\n{ONE}    - {{on: 2024-09, what: Form}}\n",
        "on: 2024-09",
        "a break on 2024-09-01 stands after one on 2024-10-01; put them in the order of their days",
    ),
    (
        "twice",
        f"  breaks:\n{ONE}    - {{on: 2024-10-01, what: Form, supplier: northmark}}\n",
        "on: 2024-10-01",
        "there is a break on 2024-10-01 already; say all of it in one",
    ),
    (
        "supplier",
        "  breaks:\n    - {on: 2024-10, what: New system, supplier: northmrk}\n",
        "supplier: northmrk",
        'demo_northmark has no supplier "northmrk" (did you mean "northmark"?)',
    ),
    ("what", "  breaks:\n    - {on: 2024-10}\n", "on: 2024-10", '"what" is missing from recording.breaks.0'),
    ("on", "  breaks:\n    - {what: New system}\n", "what: New", '"on" is missing from recording.breaks.0'),
    (
        "key",
        "  breaks:\n    - {on: 2024-10, what: New system, compare: true}\n",
        "compare: true",
        'unknown key "compare" (did you mean "compares"?)',
    ),
    ("included twice", "  includes: [Cars, Vans, Cars]\n", "includes:", '"Cars" is said twice'),
]


@pytest.mark.parametrize(("text", "place", "message"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_of_a_profile_is_told_at_its_line(tmp_path: Path, text: str, place: str, message: str) -> None:
    root = said(tmp_path, text)
    assert told(root) == [f"{NORTH}:{line_of(root / NORTH, place)}: {message}"]


@pytest.mark.parametrize("day", ["2024-13", "soon", "31/10/2024"])
def test_a_day_that_is_none_is_told_at_its_line(tmp_path: Path, day: str) -> None:
    root = said(tmp_path, f"  covers_from: {day}\n")
    (problem,) = told(root)
    assert problem.startswith(f"{NORTH}:{line_of(root / NORTH, 'covers_from')}: recording.covers_from: ")


def test_an_indicator_allows_what_there_is_to_allow(tmp_path: Path) -> None:
    root = said(tmp_path, "allows: [breaks, clock]\n", file=RATE, after="scale: 1000\n")
    (problem,) = told(root)
    line = line_of(root / RATE, "allows:")
    assert problem == f'{RATE}:{line}: allows.1: "clock" is not one of breaks, clocks (did you mean "clocks"?)'
    known = load_specs(said(tmp_path / "known", "allows: [clocks, breaks]\n", file=RATE, after="scale: 1000\n"))
    assert known.indicators["abandoned_vehicles_reported_rate"].allows == ("clocks", "breaks")


def test_a_key_is_the_text_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("on: yes\n2014: a\n", encoding="utf-8")
    document = read_yaml(path)
    assert list(document.data) == ["on", "2014"]
    assert document.line(("2014",)) == 2


def test_what_a_profile_says_of_figures_has_no_file_read_again(tmp_path: Path) -> None:
    def fingerprint(root: Path) -> str:
        specs = load_specs(root)
        feed = specs.feeds["demo_northmark/abandoned_vehicle"]
        return making_of(specs, feed, feed.feed.versions[0], "", None, "northmark").fingerprint

    shipped_one = fingerprint(spoiled(tmp_path / "shipped"))
    assert fingerprint(said(tmp_path / "broken", f"  covers_from: 2024-06\n  breaks:\n{ONE}")) == shipped_one
    assert fingerprint(spoiled(tmp_path / "unit", (NORTH, "unit: report", "unit: case"))) != shipped_one


def test_every_feed_has_a_profile_and_only_breaks_that_do_not_compare_divide_figures(tmp_path: Path) -> None:
    specs = shipped()
    assert [f"{row['partner']}/{row['dataset']}" for row in profiles(specs)] == list(specs.feeds)
    text = f"  breaks:\n{ONE}    - {{on: 2024-11, what: Form, compares: true}}\n"
    found = breaks(load_specs(said(tmp_path, text)))
    assert [row for row in found if row["dataset"] == "abandoned_vehicle"] == [
        {
            "dataset": "abandoned_vehicle",
            "partner": "demo_northmark",
            "supplier": "northmark",
            "break_on": date(2024, 10, 1),
            "what": "New system",
        }
    ]
