"""What a partner may reply to a signal, and what `specs check` says of a reply that fits nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.specs.check import load_specs
from tests.unit.makers import line_of, spoiled, told

FILE = "partners/demo_northmark/replies.yml"
REPLY = """\
- signal: missing_rising
  dataset: abandoned_vehicle
  period: 2024-07
  concerns: place
  reply: The new form does not ask for the postcode
  replied_by: Environmental services officer
  replied_on: 2024-09-02
"""


def _with(tmp_path: Path, text: str, file: str = FILE) -> Path:
    root = spoiled(tmp_path)
    (root / file).write_text(text, encoding="utf-8")
    return root


def test_a_reply_is_read_with_the_line_it_stands_on(tmp_path: Path) -> None:
    other = REPLY.replace("missing_rising", "heaping")
    specs = load_specs(_with(tmp_path, REPLY + other))
    first, second = specs.replies["demo_northmark"]
    assert (first.line, second.line) == (1, 8)
    assert (first.reply.signal, first.reply.period, first.reply.concerns) == (
        "missing_rising", date(2024, 7, 1), "place",
    )  # fmt: skip
    assert "demo_northmark/replies" not in specs.feeds


FAULTS = [
    ("signal: missing_rising", "signal: missing_risen", "missing_risen", '0.signal: "missing_risen" is not one of'),
    (
        "dataset: abandoned_vehicle", "dataset: abandoned_vehicles", "dataset:",
        'demo_northmark has no feed "abandoned_vehicles" (did you mean "abandoned_vehicle"?)',
    ),
    (
        "period: 2024-07", "period: 2024-07-05", "period:",
        "a month of demo_northmark/abandoned_vehicle begins on 2024-07-01, not on 2024-07-05",
    ),
    ("period: 2024-07", "period: 1999-07", "period:", "no version of demo_northmark/abandoned_vehicle covers 1999-07"),
    (
        "  concerns: place", "  supplier: southmark", "supplier:",
        '"southmark" is not a supplier of demo_northmark',
    ),
    ("  replied_by: Environmental services officer\n", "", "- signal", '"replied_by" is missing from'),
    ("  concerns: place", "  concern: place", "concern:", "concern"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "said"), FAULTS)
def test_a_reply_that_fits_nothing_is_told_at_its_line(
    tmp_path: Path, old: str, new: str, place: str, said: str
) -> None:
    assert REPLY.count(old) == 1
    root = _with(tmp_path, REPLY.replace(old, new))
    [problem] = told(root)
    file, line, message = problem.split(":", 2)
    assert (file, int(line)) == (FILE, line_of(root / FILE, place))
    assert said.removeprefix("0.") in message


def test_one_signal_has_one_reply(tmp_path: Path) -> None:
    root = _with(tmp_path, REPLY + REPLY)
    assert told(root) == [f"{FILE}:8: line 1 replies to the same signal; put both into one `reply`"]


def test_a_partner_of_several_suppliers_says_whose_return_it_is(tmp_path: Path) -> None:
    text = REPLY.replace("abandoned_vehicle", "crime").replace("2024-07", "2014-05")
    root = _with(tmp_path, text, "partners/police_uk/replies.yml")
    [problem] = told(root)
    assert "police_uk sends for several suppliers; say by `supplier` whose return this is" in problem


def test_replies_are_a_list(tmp_path: Path) -> None:
    [problem] = told(_with(tmp_path, "signal: heaping\n"))
    assert problem == f"{FILE}:1: expected a list of replies, each beginning with `- signal:`"
