"""A series across the category eras of data.police.uk, from files as they were published in each."""

from __future__ import annotations

import csv
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT, Bench
from warehouse.home import Home
from warehouse.ledger import Ledger

pytestmark = pytest.mark.slow

# Of each month's release only the burglaries are at hand; the months lie in three eras.
MONTHS = (date(2010, 12, 1), date(2011, 11, 1), date(2013, 5, 1), date(2016, 1, 1))
FORCE = "avon-and-somerset"


@pytest.fixture(scope="module")
def built(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    from pipelines.specs.check import load_specs

    home = Home(tmp_path_factory.mktemp("eras"), ROOT / "ingest_specs", ROOT / "dbt_project")
    bench = Bench(home, load_specs(home.specs), Ledger(home.ledger))
    folder = real_data / "police" / "metropolitan"
    files = [folder / f"{month:%Y-%m}-metropolitan-street.csv" for month in MONTHS]
    with zipfile.ZipFile(real_data / "police" / "national" / "2014-01.zip") as archive:
        files.append(Path(archive.extract(f"2014-01-{FORCE}-street.csv", home.root.parent / "given")))
    assert bench.load(*files).ok
    bench.build(as_of=date(2016, 6, 30))
    yield bench
    bench.ledger.close()


def burglaries(path: Path) -> int:
    """The burglaries of a file: each Crime ID once; rows without one, as until November 2011, all."""
    with path.open(encoding="utf-8-sig") as file:
        ids = [row["Crime ID"] for row in csv.DictReader(file) if row["Crime type"] == "Burglary"]
    return ids.count("") + len(set(ids) - {""})


def test_burglary_runs_through_all_eras(built: Bench, real_data: Path) -> None:
    folder = real_data / "police" / "metropolitan"
    rows = built.ask(
        "select period_start, series_code, count(*) from fct_crime "
        "join code_series on list = 'crime_category' and code = category_code and series_from = date '2010-12-01' "
        "where supplier = 'metropolitan' and period_type = 'month' group by all"
    )
    assert {(month, code): count for month, code, count in rows} == {
        (month, "burglary"): burglaries(folder / f"{month:%Y-%m}-metropolitan-street.csv") for month in MONTHS
    }


def test_two_eras_make_one_series_and_nothing_is_lost(built: Bench, real_data: Path) -> None:
    """April 2012 from the neighbourhood counts of its era, January 2014 from records of the next."""
    series = dict(
        built.ask(
            "select code, series_code from code_series "
            "where list = 'crime_category' and series_from = date '2011-09-01'"
        )
    )
    codes = {label: code for code, label in built.specs.labels("crime_category").items()}
    older: Counter[str] = Counter()
    with (real_data / f"police/old_schema/2012-04-{FORCE}-neighbourhood_oldschema_sample.csv").open() as file:
        for row in csv.DictReader(file):
            counts = {codes[label]: int(row[label]) for label in row if label in codes}
            assert sum(counts.values()) == int(row["All crime and ASB"])
            for code, count in counts.items():
                older[series[code]] += count
    newer = dict(
        built.ask(
            "select series_code, count(*) from fct_crime join code_series on list = 'crime_category' "
            "and code = category_code and series_from = date '2011-09-01' "
            f"where supplier = '{FORCE}' group by all"
        )
    )
    assert older.keys() == newer.keys() == {
        "anti_social_behaviour", "burglary", "criminal_damage_arson", "drugs", "other_crime", "other_theft_group",
        "public_order_group", "robbery", "shoplifting", "vehicle_crime", "violence_group",
    }  # fmt: skip
    (received,) = built.ask(f"select count(*) from records where supplier = '{FORCE}'")
    assert sum(newer.values()) == received[0] > 0
    names = dict(built.ask(f"select category_code, count(*) from fct_crime where supplier = '{FORCE}' group by all"))
    assert newer["other_theft_group"] == sum(
        names[code] for code in ("other_theft", "bicycle_theft", "theft_from_person")
    )
    assert newer["public_order_group"] == names["public_order"] + names["possession_of_weapons"]
