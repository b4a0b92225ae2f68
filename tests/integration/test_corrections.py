"""A correction from the file to the figures: applied while the source is wrong, refused once it is right, taken out."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench
from tests.integration.street import EAST, WEST, add_wards, street, wards
from warehouse import ledger as led

WRONG = [("a1", WEST, "Robbery"), ("a2", EAST, "Drugs"), ("a3", EAST, "Drugs")]
RIGHT = [("a1", WEST, "Burglary"), *WRONG[1:]]
JUNE = [("b1", WEST, "Robbery")]
CORRECTIONS = """\
- id: may_burglary
  dataset: crime
  period: 2014-05
  supplier: surrey
  match: {Crime ID: a1}
  expect: {Crime type: Robbery}
  change: {Crime type: Burglary}
  reason: Recoded after review
  reported_by: Performance desk
  reported_on: 2014-08-01
- id: may_entered_twice
  dataset: crime
  period: 2014-05
  supplier: surrey
  match: {Crime ID: a3}
  leave_out: true
  reason: The same offence as a2
  reported_by: Performance desk
  reported_on: 2014-08-01
"""
COUNTS = """
    select category_code, sum(count) from record_counts
    where period_type = 'month' and boundary_set = 'ward_2014' and period_start = '2014-05-01' and count > 0
    group by all order by all
"""


def _landed(bench: Bench, day: str, rows: list[tuple[str, tuple[str, str], str]], month: str = "2014-05") -> None:
    street(bench.home.landing / "police_uk" / day, rows, month=month)


def _current(bench: Bench) -> dict[date, tuple[str, str]]:
    """The delivery and fingerprint that speak for each period."""
    rows = led.current_returns(bench.ledger)
    return {row["period_start"]: (row["delivery_id"], row["fingerprint"]) for row in rows}


def test_a_correction_holds_until_the_source_is_right(bench: Bench, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(ROOT / "ingest_specs", specs)
    add_wards(bench.home.boundaries, wards(tmp_path))
    _landed(bench, "1", WRONG)
    _landed(bench, "1", JUNE, month="2014-06")
    bench.load()
    bench.build()
    as_sent = _current(bench)
    assert bench.ask(COUNTS) == [("drugs", 2), ("robbery", 1)]

    # It is applied: only the month it is about is made again, and what was done is told row by row.
    path = specs / "partners" / "police_uk" / "corrections.yml"
    path.write_text(CORRECTIONS, encoding="utf-8")
    bench.specs = load_specs(specs)
    report = bench.load()
    bench.build()
    corrected = _current(bench)
    assert (report.ok, len(report.accepted)) == (True, 1)
    assert bench.ask(COUNTS) == [("burglary", 1), ("drugs", 1)]
    assert corrected[date(2014, 6, 1)] == as_sent[date(2014, 6, 1)]
    assert corrected[date(2014, 5, 1)] != as_sent[date(2014, 5, 1)]
    [making] = bench.ledger.rows(led.making, fingerprint=corrected[date(2014, 5, 1)][1])
    assert making["corrections"]
    [issues] = [pl.read_parquet(file) for file in bench.home.issues.rglob(f"*{corrected[date(2014, 5, 1)][1]}.parquet")]
    assert issues.select("_row", "_part", "issue_type", "column", "value").sort("_row").rows() == [
        (2, 1, "corrected", "Crime type", "Robbery"),
        (4, 1, "left_out_by_correction", None, None),
    ]

    # The partner sends the month again, rightly: that is refused and said, and what is current stays so.
    _landed(bench, "2", RIGHT)
    report = bench.load()
    [told] = report.refused
    assert f"{path}:1: may_burglary: " in told
    assert "the source is right now: remove the correction and load again" in told
    assert "may_entered_twice" not in told
    bench.build()
    assert _current(bench) == corrected
    assert bench.ask(COUNTS) == [("burglary", 1), ("drugs", 1)]
    [refused] = bench.ledger.rows(led.delivery, state="refused")
    assert refused["reason"].startswith("correction_failed: ")

    # Once the correction is taken out both files are read again, and the later one holds.
    path.unlink()
    bench.specs = load_specs(specs)
    assert bench.load().ok
    bench.build()
    assert _current(bench)[date(2014, 5, 1)][0] == refused["delivery_id"]
    assert bench.ask(COUNTS) == [("burglary", 1), ("drugs", 2)]
    assert not bench.ledger.rows(led.delivery, state="refused")
    incremental = bench.hashes()
    bench.build(full=True)
    assert bench.hashes() == incremental
