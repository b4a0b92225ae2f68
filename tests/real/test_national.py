"""A month of all forces: Northern Ireland is beyond the cover, London sent nothing, and no row is lost."""

from __future__ import annotations

import io
import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines.cli.status_view import draw
from pipelines.place.boundaries.sets import AddedSet, BoundaryFields, add_boundaries
from pipelines.reports.status import status_of
from tests.conftest import Bench
from warehouse import ledger as led

pytestmark = pytest.mark.slow


def _districts(bench: Bench, real_data: Path) -> AddedSet:
    districts = real_data / "geography/lad/lad_2024_bsc.geojson"
    fields = BoundaryFields("LAD24CD", "LAD24NM", "LAD24CD")
    return add_boundaries([districts], bench.home.boundaries, "lad_2024", fields, None, None)


def test_the_national_archive(bench: Bench, real_data: Path) -> None:
    added = _districts(bench, real_data)
    assert (added.areas, added.outside_cover) == (361, 11)
    assert bench.load(real_data / "police/national/2014-01.zip").ok
    rows = bench.ledger.rows(led.delivery)
    assert len(rows) == 43
    assert sum(row["read"] + row["unread"] for row in rows) == 326_349
    assert (
        sum(row["loaded"] + row["ignored"] + row["duplicate"] + row["quarantined"] + row["unread"] for row in rows)
        == 326_349
    )
    bench.build(as_of=date(2014, 4, 1))

    loaded = sum(row["loaded"] for row in rows)
    total = bench.ask("select sum(count) from record_counts where period_type = 'month'")
    assert total == [(loaded,)]

    # The Metropolitan Police and Greater Manchester sent nothing; strays of neighbours do not make them supplied.
    for parent in ("E09000002", "E08000003"):
        rates = bench.ask(
            "select distinct status, value from indicator_values "
            f"where area_code = '{parent}' and period_type = 'month'"
        )
        assert rates == [("not_supplied", None)]
        own = bench.ask(
            f"select distinct status, count from record_counts where area_code = '{parent}' and period_type = 'month' "
            "and coalesce(flags, '') not like '%outside_supplier_area%'"
        )
        assert own == [("not_supplied", None)]

    belfast = bench.ask(
        "select distinct status, count, flags from record_counts "
        "where area_code = 'N09000003' and period_type = 'month'"
    )
    assert belfast == [("not_supplied", None, "outside_cover")]
    unplaced = bench.ask(
        "select place_method, count(*) from records where supplier = 'northern-ireland' group by all order by all"
    )
    assert dict(unplaced)["outside_cover"] == 11_798
    assert "coordinates" not in dict(unplaced)


def test_the_status_shows_who_sent_nothing_though_neighbours_rows_fall_there(bench: Bench, real_data: Path) -> None:
    from rich.console import Console

    _districts(bench, real_data)
    assert bench.load(real_data / "police/national/2014-01.zip").ok
    as_of = date(2014, 9, 1)
    bench.build(as_of=as_of)
    strays = bench.ask(
        "select sum(count) from record_counts where area_code like 'E09%' and supplier <> 'metropolitan' "
        "and supplier <> 'city-of-london' and period_type = 'month' and flags like '%outside_supplier_area%'"
    )
    assert strays[0][0] > 100

    found = status_of(bench.home, bench.specs, bench.ledger, as_of, today=as_of)
    [block] = found.grid
    states = {line.supplier: line.cells[0] and line.cells[0].state for line in block.lines}
    assert block.periods[0] == date(2014, 1, 1)
    assert {name for name, state in states.items() if state != "received"} == {"metropolitan", "greater-manchester"}
    assert (states["metropolitan"], states["greater-manchester"]) == ("not_supplied", "not_supplied")
    [missing] = [move for move in found.moves if date(2014, 1, 1) in move.periods]
    assert (missing.kind, missing.suppliers) == ("not_supplied", ("greater-manchester", "metropolitan"))

    text = io.StringIO()
    draw(Console(file=text, width=100, highlight=False, markup=False), found, bench.home)
    # Forty-five suppliers take four lines: those alike are one, and the odd ones are named.
    drawn = [
        line.split()[:3]
        for line in text.getvalue().partition("Whose move")[0].splitlines()
        if "  ✓ " in line or "  ✗ " in line
    ]
    assert drawn[0] == ["crime", "42", "suppliers"]
    assert [words[:2] for words in drawn[1:4]] == [["btp", "✓"], ["greater-manchester", "✗"], ["metropolitan", "✗"]]


def test_two_archives_that_come_a_second_time_change_nothing(bench: Bench, real_data: Path) -> None:
    archives = [real_data / f"police/national/2014-{month}.zip" for month in ("01", "02")]
    assert bench.load(*archives).ok
    returns = bench.ledger.rows(led.return_)
    assert len({(row["supplier"], row["period_start"]) for row in returns}) == len(returns) == 86
    files = {path: path.stat().st_mtime_ns for path in bench.home.root.rglob("*.parquet")}
    assert len(bench.ledger.rows(led.file)) == 2
    copies = [Path(shutil.copy(path, bench.home.root)) for path in archives]
    # From where they came, renamed copies of them, and those in landing.
    for again in (archives, copies, []):
        report = bench.load(*again)
        assert report.ok
        assert (len(report.accepted), len(report.duplicates)) == (0, 43 * len(again))
    assert bench.ledger.rows(led.return_) == returns
    assert {path: path.stat().st_mtime_ns for path in bench.home.root.rglob("*.parquet")} == files
    assert len(bench.ledger.rows(led.file)) == 2
    assert [row["outcome"] for row in bench.ledger.rows(led.arrival)].count("duplicate") == 172
