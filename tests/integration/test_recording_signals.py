"""A change of recording, from the partner's files to the tables, the report and the status, and back by a reply."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.reports.find_delivery import find_delivery
from pipelines.reports.return_page import render
from pipelines.reports.return_report import facts_of, return_report
from pipelines.reports.status import status_of
from pipelines.specs.base import PeriodType
from pipelines.specs.check import load_specs
from pipelines.specs.periods import periods_between
from tests.conftest import Bench
from tests.integration.street import add_wards, wards
from tests.integration.testshire import log, specs_with
from warehouse.releases import DATABASE

AS_OF = date(2015, 4, 30)
MONTHS = list(periods_between(PeriodType.MONTH, date(2014, 1, 1), date(2015, 3, 31)))
SHIFTED = date(2015, 2, 1)
SIGNALS = "select signal, period_start, concerns, evidence, compared_with, state from recording_signals order by all"
FOUND = (
    "category_shift", SHIFTED, "burglary, robbery",
    "Burglary 60 to 30, Robbery 40 to 70; together 100 and 100; expected share 0.60, found 0.30",
    "12 returns, February 2014 to January 2015",
)  # fmt: skip
REPLY = """\
- signal: category_shift
  dataset: crime
  period: 2015-02
  reply: Bag snatches are robbery since the new counting rules
  replied_by: Data desk
  replied_on: 2015-05-03
"""


def _month(bench: Bench, start: date, burglaries: int, version: str = "") -> Path:
    """A month of a hundred offences, on days and with references that are the same in every one."""
    kinds = ["B"] * burglaries + ["R"] * (100 - burglaries)
    rows = [(f"{start:%m}{version}-{n}", f"{start:%Y-%m}-{n % 28 + 1:02}", kind) for n, kind in enumerate(kinds)]
    return log(bench.home.landing / "testshire" / (version or "first"), rows, f"{start:%Y-%m}")


@pytest.fixture
def shifted(bench: Bench, tmp_path: Path) -> Bench:
    """A bench with fifteen months, in the last two of which half of the burglaries are coded as robberies."""
    bench.specs = specs_with(tmp_path)
    add_wards(bench.home.boundaries, wards(tmp_path))
    for start in MONTHS:
        _month(bench, start, 30 if start >= SHIFTED else 60)
    assert bench.load().ok
    bench.build(as_of=AS_OF)
    return bench


def test_a_shift_is_published_put_to_the_partner_and_answered(shifted: Bench, tmp_path: Path) -> None:
    assert shifted.ask(SIGNALS) == [(*FOUND, "open")]
    still_open = "select period_start from quality where measure = 'open_signals' and value > 0"
    assert shifted.ask(still_open) == [(SHIFTED,)]

    # The partner reads of it in the report of that return, and of no other.
    def looked_at(month: str) -> tuple[int, str]:
        found = find_delivery(shifted.ledger, shifted.home.landing, f"log-{month}.csv")
        report = return_report(facts_of(shifted.home, shifted.ledger, found.delivery), shifted.specs)
        page = "".join(ET.fromstring(render(report, "issues.csv")).itertext())
        return len(report.to_look_at), page

    count, page = looked_at("2015-02")
    assert count == 1
    assert FOUND[3] in page
    assert looked_at("2015-03")[0] == looked_at("2015-01")[0] == 0
    moves = status_of(shifted.home, shifted.specs, shifted.ledger, AS_OF, today=AS_OF).moves
    assert [(move.whose, move.periods) for move in moves if move.kind == "signals"] == [("testshire", (SHIFTED,))]

    # Its reply is data: the figures stay, the signal is answered, and nobody has to move.
    before = shifted.hashes()
    root = tmp_path / "specs"
    (root / "partners" / "testshire" / "replies.yml").write_text(REPLY, encoding="utf-8")
    shifted.specs = load_specs(root)
    report = shifted.build(as_of=AS_OF)
    assert report.summary()["changed_returns"] == 0
    told = "select state, reply, replied_by, replied_on from recording_signals"
    said = ("answered", "Bag snatches are robbery since the new counting rules", "Data desk", date(2015, 5, 3))
    assert shifted.ask(told) == [said]
    assert shifted.ask(still_open) == []
    assert looked_at("2015-02")[0] == 0
    after = shifted.hashes()
    assert {name for name in after if after[name] != before[name]} == {"recording_signals", "quality"}
    release = shifted.publish(as_of=AS_OF).path / DATABASE
    with duckdb.connect(str(release), read_only=True) as connection:
        assert connection.execute(told).fetchall() == [said]


def test_incremental_equals_full_and_a_return_is_summarised_once(shifted: Bench) -> None:
    path = shifted.home.summaries / "crime" / "testshire.parquet"
    made = set(pl.read_parquet(path)["key"])
    assert len(made) == len(MONTHS)
    # The partner sends February again, coded as before: the signal goes, and what else is told of it changes.
    _month(shifted, SHIFTED, 60, "second")
    _month(shifted, date(2015, 3, 1), 60, "third")
    shifted.load()
    shifted.build(as_of=AS_OF)
    assert shifted.ask(SIGNALS) == []
    assert len(set(pl.read_parquet(path)["key"]) - made) == 2
    revised = (
        "select measure, value from quality where period_start = '2015-02-01' and measure like 'revis%' order by 1"
    )
    assert shifted.ask(revised) == [("revised_share", 1.0), ("revisions", 2.0)]
    incremental = shifted.hashes()
    shifted.build(full=True, as_of=AS_OF)
    assert shifted.hashes() == incremental
    path.unlink()
    shifted.build(full=True, as_of=AS_OF)
    assert shifted.hashes() == incremental


def test_the_quality_record_says_how_good_a_return_is(shifted: Bench) -> None:
    rows = dict(shifted.ask("select measure, value from quality where period_start = '2014-05-01'"))
    assert rows == {
        "completeness": 0.75, "completeness_required": 1, "completeness_optional": 0.5,
        "completeness:source_id": 1, "completeness:occurred": 1, "completeness:category_code": 1,
        "completeness:outcome_code": 0,
        "placed_share": 1, "place_method:coordinates": 1, "placed_square_m": 1,
        "placed_within_m:1": 1, "placed_within_m:100": 1, "placed_within_m:1000": 1,
        "unmapped_share": 0, "quarantined_share": 0, "late_days": 0, "revisions": 1, "open_signals": 0,
    }  # fmt: skip
