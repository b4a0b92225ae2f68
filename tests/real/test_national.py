"""A month of all forces: Northern Ireland is beyond the cover, London sent nothing, and no row is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.conftest import Bench
from warehouse import ledger as led

pytestmark = pytest.mark.slow


def test_the_national_archive(bench: Bench, real_data: Path) -> None:
    from pipelines.place.boundaries import BoundaryFields, add_boundaries

    districts = real_data / "geography/lad/lad_2024_bsc.geojson"
    fields = BoundaryFields("LAD24CD", "LAD24NM", "LAD24CD")
    added = add_boundaries([districts], bench.home.boundaries, "lad_2024", fields, None, None)
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
