"""Kinds of files that no shipped feed reads, read by specs below `specs`, held against an independent reading."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.intake.claims import Declared
from pipelines.orchestration.try_out import TryOut, trial_of, try_out
from pipelines.place.reference import ReferenceData
from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

pytestmark = pytest.mark.slow

SPECS = Path(__file__).parent / "specs"
SHIPPED = ROOT / "ingest_specs"
Read = Callable[..., tuple[TryOut, pl.DataFrame, pl.DataFrame]]


@pytest.fixture
def read(real_data: Path, tmp_path: Path) -> Read:
    """Reads one file by one spec: what it came to, the rows it would load, and those set aside."""

    def run(file: str, spec: str, period: date | None = None, specs: Path = SPECS) -> tuple[TryOut, ...]:
        trial = trial_of(specs / "partners" / f"{spec}.yml", SHIPPED, None)
        (made,) = try_out(real_data / file, trial, Declared(period=period), ReferenceData(None), tmp_path)
        counts, rows = made.records, made.rows
        if counts:
            skipped = sum(counts["skipped"].values())
            assert counts["records"] == counts["header"] + skipped + counts["read"] + counts["quarantined"]
        if rows:
            assert rows["made"] == sum(rows[name] for name in ("loaded", "ignored", "duplicate", "quarantined"))
        return made, pl.read_parquet(tmp_path / "rows.parquet"), pl.read_parquet(tmp_path / "quarantine.parquet")

    return run  # type: ignore[return-value]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- councils -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "records", "totals", "years"), [("Flytipping.xlsx", 3326, 101, 10), ("flytipping_la.ods", 3645, 111, 11)]
)
def test_fly_tipping_in_both_releases(
    read: Read, real_data: Path, file: str, records: int, totals: int, years: int
) -> None:
    import pandas as pd

    folder = "councils/defra_flytipping"
    made, rows, _ = read(f"{folder}/{file}", "defra/fly_tipping")
    assert made.refused is None
    assert made.records["records"] == records
    assert made.records["skipped"] == {"before_header": 2, "totals": totals}
    assert rows["period_start"].n_unique() == years
    engine = "openpyxl" if file.endswith("xlsx") else "calamine"
    peer = pd.read_excel(real_data / folder / file, sheet_name="LA_incidents", header=2, dtype=object, engine=engine)
    peer = peer[peer["ONS Code"] != "*Total"]
    wanted = [name for name in peer.columns if re.fullmatch(r".* (Incidents|Clearance Costs \(£\))", name.strip())]
    assert made.rows["loaded"] == len(peer) * len(wanted)
    flat = peer[wanted].stack().dropna()
    assert rows["symbol"].eq("not_available").sum() == len(peer) * len(wanted) - len(flat[flat != ":"])
    assert rows.filter(pl.col("symbol").is_not_null())["value"].null_count() == rows["symbol"].count()
    assert rows["value"].sum() == pytest.approx(float(flat[flat != ":"].astype(float).sum()))
    assert not rows["area_code"].str.contains("Total").any()
    bristol = rows.filter(
        (pl.col("area_code") == "E06000023") & (pl.col("period_start") == date(2021, 4, 1))
        & (pl.col("category_code") == "total") & (pl.col("measure") == "incidents")
    )  # fmt: skip
    told = peer[(peer["ONS Code"] == "E06000023") & (peer["Year"] == "2021-22")]
    assert bristol["value"].to_list() == told["Total Incidents"].tolist()


def test_fly_tipping_actions_are_of_the_same_file(read: Read) -> None:
    made, rows, _ = read("councils/defra_flytipping/flytipping_la.ods", "defra/fly_tipping_action")
    assert made.records["skipped"] == {"before_header": 2, "totals": 110}
    assert made.issues["hidden_sheet"] == made.issues["hidden_rows"] == 1
    symbols = rows.filter(pl.col("symbol") == "not_available")
    assert symbols.height == 22_732
    assert symbols["value"].null_count() == symbols.height


def test_a_moment_in_utc_is_told_in_local_time(read: Read) -> None:
    made, rows, _ = read("councils/bath_nes/Fix_My_Street_Sample_Dataset.csv", "bath_nes/street_report")
    assert made.rows["loaded"] == 1_576
    first = rows.filter(pl.col("source_id").str.ends_with("/122878"))
    assert first["occurred_from"].to_list() == [datetime(2010, 7, 4, 20, 0, 35)]  # written 19:00:35 UTC


@pytest.mark.parametrize("month", [1, 9, 12])
def test_only_the_name_says_the_month(read: Read, real_data: Path, month: int) -> None:
    name = f"councils/fixmystreet/LAD_all_SHEF_A/2019-{month}.csv"
    made, rows, _ = read(name, "fixmystreet/street_report_count")
    peer = table(real_data / name)
    assert made.rows["loaded"] == 2 * len(peer)
    assert rows["period_start"].unique().to_list() == [date(2019, month, 1)]
    reports = rows.filter(pl.col("measure") == "reports")["value"].sum()
    assert reports == sum(int(row["reports"]) for row in peer)


def test_where_nothing_says_the_period_it_is_asked_for(read: Read, real_data: Path) -> None:
    import openpyxl

    from pipelines.intake.refusal import Refusal

    name, spec = "councils/ni_noise/noise_complaints_data.xlsx", "daera/noise_complaint"
    with pytest.raises(Refusal, match="give --period"):
        read(name, spec)
    made, rows, _ = read(name, spec, date(2022, 4, 1))
    assert made.rows["loaded"] == 22
    sheet = openpyxl.load_workbook(real_data / name, read_only=True)["Sheet1"]
    complaints = sum(int(str(row[1].value)) for row in sheet.iter_rows(min_row=2))
    assert rows.filter(pl.col("measure") == "complaints")["value"].sum() == complaints


# --- police ---------------------------------------------------------------------------------------------------------


ERAS = ["2010-12", "2011-11", "2011-12", "2013-05", "2016-01", "2022-02", "2022-09", "2023-03", "2023-06"]


@pytest.mark.parametrize("month", ERAS)
def test_every_era_of_the_metropolitan_police(read: Read, real_data: Path, month: str) -> None:
    name = f"police/metropolitan/{month}-metropolitan-street.csv"
    made, rows, aside = read(name, "police_uk/crime", specs=SHIPPED)
    peer = table(real_data / name)
    assert made.refused is None
    assert made.rows["made"] == len(peer)
    assert made.rows["quarantined"] == 0
    assert rows["category_code"].unique().to_list() == ["burglary"]
    named = [row["Crime ID"] for row in peer if row["Crime ID"]]
    assert made.rows["duplicate"] == len(named) - len(set(named)) == aside.height
    assert (month < "2011-12") == (not named)


def test_the_layout_of_2012_stands_on_the_national_grid(read: Read, real_data: Path) -> None:
    name = "police/old_schema/2012-04-avon-and-somerset-street_oldschema_sample.csv"
    made, rows, _ = read(name, "police_archive/crime")
    peer = table(real_data / name)
    assert made.rows["loaded"] == len(peer) == 9
    assert rows["easting"].to_list() == [float(row["Easting"]) for row in peer]


def test_a_column_a_category_becomes_a_row_a_category(read: Read, real_data: Path) -> None:
    name = "police/old_schema/2012-04-avon-and-somerset-neighbourhood_oldschema_sample.csv"
    made, rows, _ = read(name, "police_archive/crime_count")
    peer = table(real_data / name)
    categories = [key for key in peer[0] if key not in ("Month", "Force", "Neighbourhood")]
    assert made.rows["loaded"] == len(peer) * len(categories)
    assert rows["value"].sum() == sum(int(row[key]) for row in peer for key in categories)


def test_outcomes_of_2012_stand_on_the_national_grid(read: Read) -> None:
    made, _, aside = read(
        "police/old_schema/2012-08-avon-and-somerset-outcomes_oldschema_sample.csv", "police_archive/crime_outcome"
    )
    assert (made.refused, made.rows["loaded"], aside.height) == (None, 9, 0)


# --- uploads of indicator values, each bad in its own way -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "loaded", "issues", "refused"),
    [
        ("upload-new-data.csv", 2, {}, None),
        ("upload-new-data-columns-different-order.csv", 2, {}, None),
        ("upload-duplicate-rows.csv", 1, {"repeated_record": 1}, None),
        ("upload-duplicate-rows.xlsx", 1, {"repeated_record": 1}, None),
        ("upload-duplicate-rows_complex_grouping.csv", 2_807, {"repeated_record": 12}, None),
        ("upload-new-data-null-value.xlsx", 0, {"missing_value": 2}, "missing_value, first at .*xlsx:2: Quarter"),
        ("upload-new-data-missing-columns.csv", None, {}, '^missing_column: .* lacks "CategoryTypeId", "CategoryId"'),
        ("upload-new-data-columns-different-case.csv", None, {}, '"IndicatorId" \\(did you mean "IndicatorID"'),
        ("upload-new-data-old-ci-names.csv", None, {}, '"LowerCI95" \\(did you mean "LowerCI"\\?\\)'),
        ("upload-non-numeric-data.csv", None, {}, '"LowerCI95" \\(did you mean "LOWERCI"\\?\\)'),
    ],
)
def test_each_bad_upload_is_named_for_its_fault(
    read: Read, name: str, loaded: int | None, issues: dict[str, int], refused: str | None
) -> None:
    made, _, _ = read(f"indicators/fingertips_uploads/{name}", "fingertips/indicator_value")
    assert made.rows.get("loaded") == loaded
    assert {kind: count for kind, count in made.issues.items() if not kind.startswith(("hidden", "heading"))} == issues
    if refused is None:
        assert made.refused is None
    else:
        assert re.search(refused, made.refused or "")


def test_an_error_where_a_number_should_stand_is_named(read: Read) -> None:
    made, _, aside = read("indicators/fingertips_uploads/upload-non-numeric-data.csv", "fingertips_old/indicator_value")
    assert set(aside.filter(pl.col("issue_type") == "bad_value")["value"]) == {"#DIV/0!"}
    assert "too_many_quarantined" in (made.refused or "")


# --- loaded into a home ---------------------------------------------------------------------------------------------


def test_one_workbook_is_split_into_the_returns_of_two_feeds(real_data: Path, tmp_path: Path) -> None:
    """Both feeds of the fly-tipping workbook claim it, each year is a return, and a second load changes nothing."""
    bench = Bench(Home(tmp_path, SPECS, ROOT / "dbt_project"), load_specs(SPECS), Ledger(tmp_path / "ledger.sqlite"))
    file = real_data / "councils/defra_flytipping/Flytipping.xlsx"
    assert bench.load(file, issued=date(2023, 1, 11)).ok
    returns = bench.ledger.rows(led.return_)
    assert Counter(row["feed"] for row in returns) == {"defra/fly_tipping": 10, "defra/fly_tipping_action": 10}
    assert {row["known_on"] for row in returns} == {date(2023, 1, 11)}
    deliveries = {row["feed"]: row for row in bench.ledger.rows(led.delivery)}
    assert sum(row["rows_loaded"] for row in returns) == sum(row["loaded"] for row in deliveries.values())
    totals = {(row["issue_type"], row["count"]) for row in bench.ledger.rows(led.issue_total)}
    assert {("hidden_rows", 1), ("hidden_sheet", 1), ("symbol", 1)} <= totals
    one = deliveries["defra/fly_tipping"]
    issues = pl.read_parquet(tmp_path / f"issues/defra/fly_tipping/{one['delivery_id']}-{one['fingerprint']}.parquet")
    assert set(issues["issue_type"]) == {kind for kind, _ in totals}
    again = bench.load(file, issued=date(2023, 1, 11))
    assert (len(again.duplicates), again.accepted) == (2, [])
    assert len(bench.ledger.rows(led.return_)) == 20
    bench.ledger.close()


def test_counts_stay_at_their_own_area_and_get_no_point(read: Read, real_data: Path) -> None:
    name = "councils/fixmystreet/LAD_all_SHEF_A/2019-1.csv"
    _, rows, _ = read(name, "fixmystreet/street_report_count")
    assert {"easting", "northing", "place_id"}.isdisjoint(rows.columns)
    assert set(rows["area_code"]) == {row["lad"] for row in table(real_data / name)}
