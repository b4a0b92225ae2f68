"""Public files by the feeds that are shipped for them, loaded as anybody's are, against an independent count.

The counts are made with csv and openpyxl alone, from the files as they came.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from pipelines.propose.classes import classed_columns, guessed
from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

pytestmark = pytest.mark.slow

BANES, POLICE = "councils/bath_nes/", "police/metropolitan/"
PUBLISHERS = (
    "dfe/", "dfe_pupils/", "dfe_youth", "bath_nes/", "avon_fire/", "police_uk/crime_outcome", "police_uk/stop_search",
    "ons/", "mhclg/",
)  # fmt: skip


@dataclass
class Loaded:
    """One file loaded: what the ledger says of it, its rows, and those set aside."""

    delivery: dict[str, Any]
    rows: pl.DataFrame
    aside: pl.DataFrame

    def count(self, *columns: str) -> Counter[Any]:
        """How many rows have each combination of values."""
        found = self.rows.select(columns).iter_rows()
        return Counter(row[0] if len(columns) == 1 else row for row in found)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = Home(tmp_path_factory.mktemp("public"), ROOT / "ingest_specs", ROOT / "dbt_project")
    made = Bench(home, load_specs(home.specs), Ledger(home.ledger))
    yield made
    made.ledger.close()


def loaded(bench: Bench, path: Path, **declared: Any) -> Loaded:
    """Load one file, which is one delivery; the account of it is whole and every row set aside has its reason."""
    known = {row["delivery_id"] for row in bench.ledger.rows(led.delivery)}
    report = bench.load(path, **declared)
    assert report.ok, bench.said[-5:]
    (delivery,) = (dict(row) for row in bench.ledger.rows(led.delivery) if row["delivery_id"] not in known)
    ends = ("loaded", "ignored", "duplicate", "quarantined")
    assert delivery["rows_made"] == sum(delivery[end] for end in ends)
    quarantine = bench.home.quarantine_of(delivery)
    rows = pl.read_parquet(bench.home.harmonised_of(delivery))
    aside = pl.read_parquet(quarantine) if quarantine.exists() else pl.DataFrame({"issue_type": []})
    assert rows.height == delivery["loaded"]
    assert aside["issue_type"].null_count() == 0
    return Loaded(delivery, rows, aside)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sheet(path: Path, name: str) -> list[dict[str, Any]]:
    first, *rest = openpyxl.load_workbook(path, read_only=True)[name].iter_rows(values_only=True)
    return [dict(zip(map(str, first), row, strict=True)) for row in rest]


def share_placed(rows: pl.DataFrame) -> float:
    return rows["easting"].count() / rows.height


# --- education ------------------------------------------------------------------------------------------------------

REASONS = {
    "physical_pupils": "PP", "physical_adult": "PA", "verbal_pupil": "VP", "verbal_adult": "VA", "bullying": "BU",
    "racist_abuse": "RA", "sexual_misconduct": "SM", "drug_alcohol": "DA", "damage": "DM", "theft": "TH",
    "persistent_disruptive": "DB", "other": "OT",
}  # fmt: skip
RELEASES = [("SFR35_2017_reason_for_exclusion.csv", date(2017, 7, 20)), ("exclusions_by_reason.csv", date(2018, 7, 19))]


@pytest.fixture(scope="module")
def by_reason(bench: Bench, real_data: Path) -> dict[str, Loaded]:
    return {name: loaded(bench, real_data / "education" / name, issued=issued) for name, issued in RELEASES}


@pytest.mark.parametrize(("name", "year", "level"), [
    (RELEASES[0][0], "year", "level"), (RELEASES[1][0], "time_period", "geographic_level"),
])  # fmt: skip
def test_exclusions_by_reason_are_the_figures_of_their_areas(
    by_reason: dict[str, Loaded], real_data: Path, name: str, year: str, level: str
) -> None:
    peer = table(real_data / "education" / name)
    code_of = {"National": "country_code", "Regional": "region_code", "Local authority": "new_la_code"}
    without = [row for row in peer if row[code_of[row[level]]] == "."]
    assert {row["la_name"][:8] for row in without} == {"Bedfords", "Cheshire"}
    made = by_reason[name]
    assert made.delivery["quarantined"] == 24 * len(without)
    assert set(made.aside["issue_type"]) == {"missing_value"}
    expected = {
        (
            date(int(row[year][:4]), 9, 1),
            row[code_of[row[level]]],
            row["school_type"].split()[-1].lower(),
            kind,
            code,
        ): row[f"{heading}_{reason}"]
        for row in peer
        if row not in without
        for heading, kind in (("perm", "permanent"), ("fixed", "suspension"))
        for reason, code in REASONS.items()
    }
    types = {
        "total": "total",
        "primary": "primary",
        "secondary": "secondary",
        "special": "special",
        "school": "special",
    }
    columns = ["period_start", "area_code", "school_type", "measure", "category_code", "value", "symbol"]
    found = {row[:5]: row[5:] for row in made.rows.select(columns).iter_rows()}
    wanted = {(*key[:2], types[key[2]], *key[3:]): text for key, text in expected.items()}
    assert found.keys() == wanted.keys()
    assert all(
        found[key] == ((None, "suppressed") if text == "x" else (float(text), None)) for key, text in wanted.items()
    )
    assert made.count("level") == {
        {"National": "national", "Regional": "regional", "Local authority": "local_authority"}[kind]: 24 * count
        for kind, count in Counter(row[level] for row in peer if row not in without).items()
    }


def test_the_later_release_takes_the_place_of_the_earlier_year_by_year(
    bench: Bench, by_reason: dict[str, Loaded]
) -> None:
    current = [row for row in led.current_returns(bench.ledger) if row["feed"] == "dfe/school_exclusion"]
    assert {row["delivery_id"] for row in current} == {by_reason[RELEASES[1][0]].delivery["delivery_id"]}
    revisions = {row["period_start"].year: row["revision"] for row in current}
    assert revisions == {**dict.fromkeys(range(2006, 2016), 2), 2016: 1}


def test_exclusions_by_characteristic_stand_beside_those_by_reason(
    bench: Bench, by_reason: dict[str, Loaded], real_data: Path
) -> None:
    path = real_data / "education/exclusions_by_characteristic.csv"
    made, peer = loaded(bench, path, issued=date(2018, 7, 19)), table(path)
    measures = {
        "headcount": "headcount", "perm_excl": "permanent", "perm_excl_rate": "permanent_rate",
        "fixed_excl": "suspension", "fixed_excl_rate": "suspension_rate", "one_plus_fixed": "suspended_pupils",
        "one_plus_fixed_rate": "suspended_pupils_rate",
    }  # fmt: skip
    cells = [(measures[name], row[name]) for row in peer for name in measures]
    assert (made.delivery["loaded"], made.delivery["quarantined"]) == (len(cells), 0)
    symbols = {"x": "suppressed", ".": "not_applicable", ":": "not_available"}
    assert made.count("measure", "symbol") == Counter((name, symbols.get(text)) for name, text in cells)
    total = sum(float(text) for _, text in cells if text not in symbols)
    assert made.rows["value"].sum() == pytest.approx(total)
    assert made.rows["pupil_group"].n_unique() == len({row["characteristic"] for row in peer})
    special = sum(row["school_type"].lower() == "special" for row in peer)
    assert made.rows.filter(pl.col("school_type") == "special").height == 7 * special
    current = Counter(row["feed"] for row in led.current_returns(bench.ledger))
    assert (current["dfe/school_exclusion"], current["dfe_pupils/school_exclusion"]) == (11, 6)


# --- youth ----------------------------------------------------------------------------------------------------------


def test_counts_and_shares_of_children_are_taken_apart(bench: Bench, real_data: Path) -> None:
    path = real_data / "youth/10_Demographics.xlsx"
    made, peer = loaded(bench, path, period="2020"), sheet(path, "info_table")
    headings = {
        "all": ("everyone", None), "offenders_perc": ("any_offence", None), "sv_perc": ("serious_violence", None),
        "prev_perc": ("serious_violence", "with_earlier"), "all_dif_perc": ("everyone", "elsewhere"),
        "off_dif_perc": ("any_offence", "elsewhere"), "sv_dif_perc": ("serious_violence", "elsewhere"),
    }  # fmt: skip
    wanted = Counter[Any]()
    for row in peer:
        for heading, (offence, group) in headings.items():
            count, share = re.findall(r"\d+|\*", f"{row[heading]} *")[:2]
            measure = {"Home": "children", "School": "pupils"}[row["indicator"]]
            value = None if count == "*" else float(count)
            wanted[measure, offence, group, value, None if share == "*" else float(share)] += 1
    assert made.count("measure", "category_code", "breakdown_code", "value", "share_pct") == wanted
    assert made.count("symbol") == {None: 138, "suppressed": 2}
    assert set(made.rows["boundary_set"]) == {"lad"}
    assert made.rows["area_code"].str.contains(r"^E0[89]\d{6}$").all()


@pytest.mark.parametrize(
    ("file", "name", "column", "groups"),
    [
        ("10_CSCExp.xlsx", "EverCINCLA", "CINCLA",
         {"Children in need": "in_need", "Children who are looked after": "looked_after"}),
        ("10_SchoolExp.xlsx", "EverSusExcl", "Absence",
         {"Suspended": "suspended", "Permanently excluded": "excluded"}),
    ],
)  # fmt: skip
def test_shares_of_children_by_what_they_went_through(
    bench: Bench, real_data: Path, file: str, name: str, column: str, groups: dict[str, str]
) -> None:
    made, peer = (
        loaded(bench, real_data / "youth" / file, period="2020"),
        sheet(real_data / "youth" / file, name),
    )
    offences = {
        "All Pupils": "everyone", "Any Offence": "any_offence", "Serious Violence Offence": "serious_violence"
    }  # fmt: skip
    wanted = Counter(
        (f"{'children' if row['indicator'] == 'Home' else 'pupils'}_pct", offences[row["group"]], groups[row[column]],
         row["perc"], "not_available" if row["perc"] is None else None)
        for row in peer
    )  # fmt: skip
    assert made.count("measure", "category_code", "breakdown_code", "value", "symbol") == wanted


# --- councils -------------------------------------------------------------------------------------------------------


def test_noise_is_taken_from_requests_of_all_kinds(bench: Bench, real_data: Path) -> None:
    path = real_data / BANES / "BANES_Environmental_Protection_Service_Requests.csv"
    made, peer = loaded(bench, path), table(path)
    noise = [row for row in peer if row["Kind"] == "Noise Request"]
    ends = {end: made.delivery[end] for end in ("loaded", "ignored", "quarantined", "duplicate")}
    assert ends == {"loaded": len(noise), "ignored": len(peer) - len(noise), "quarantined": 0, "duplicate": 0}
    assert made.count("outcome_code") == Counter("closed" if row["Status"] == "Closed" else "open" for row in noise)
    said = {row["Ref"]: datetime.strptime(row["ReceivedDate"], "%d/%m/%Y %I:%M:%S %p") for row in noise}
    assert dict(made.rows.select("source_id", "occurred_from").iter_rows()) == said
    months = {(when.year, when.month) for when in said.values()}
    assert {(start.year, start.month) for start in made.rows["period_start"]} == months
    assert share_placed(made.rows) == 1
    assert set(made.rows["square_m"]) == {100}


def test_fires_false_alarms_and_special_services_are_told_apart(bench: Bench, real_data: Path) -> None:
    path = real_data / BANES / "Avon_Fire_and_Rescue_Incidents.csv"
    made, peer = loaded(bench, path), table(path)
    assert (made.delivery["loaded"], made.aside.height) == (len(peer), 0)
    said = {row["incident_number"]: datetime.strptime(row["datetime"][:-6], "%m/%d/%Y %I:%M:%S %p") for row in peer}
    assert dict(made.rows.select("source_id", "occurred_from").iter_rows()) == said
    count = made.count("category_code")
    primary = [row for row in peer if row["is_primary_fire"] == "yes"]
    assert {code: count[code] for code in ("dwelling", "road_vehicle", "other_building", "chimney")} == {
        "dwelling": sum(row["property_category"] == "Dwelling" for row in primary),
        "road_vehicle": sum(row["property_category"] == "RoadVehicle" for row in primary),
        "other_building": sum(row["property_category"].endswith("Residential") for row in primary),
        "chimney": sum(row["is_fire_confined_to_chimney"] == "yes" for row in peer),
    }
    secondary = ("grass", "refuse", "derelict", "other_secondary", "chimney")
    fires = [row for row in peer if row["incident_category"] == "Fire"]
    assert sum(count[code] for code in secondary) == sum(row["is_primary_fire"] == "no" for row in fires)
    alarms = Counter(
        row["false_alarm_reason"].split(" ")[0] for row in peer if row["incident_category"] == "False Alarm"
    )
    assert count["false_alarm_apparatus"] == alarms["Fire"]
    assert count["false_alarm_good_intent"] == alarms["Good"]
    assert count["false_alarm_malicious"] == alarms["Malicious"]
    services = Counter(re.split(", ", row["special_service_type"])[0] for row in peer)
    named = {"traffic_collision": "RTC", "flooding": "Flooding", "entry_exit": "Effecting entry/exit",
             "lift_release": "Lift Release", "animal_assistance": "Animal assistance incidents"}  # fmt: skip
    assert {code: count[code] for code in named} == {code: services[name] for code, name in named.items()}
    causes = Counter(row["cause_of_fire"][:10] for row in peer)
    motives = made.count("motive_code")
    assert motives["deliberate"] == causes["Deliberate"]
    assert motives["accidental"] == causes["Accidental"] + causes["Not known"]
    assert made.rows["died"].sum() == sum(int(row["no_of_fatalities"] or 0) for row in peer)
    assert made.rows["injured"].sum() == sum(int(row["no_of_injuries"] or 0) for row in peer)


def test_fires_stand_in_the_middle_of_their_kilometre(bench: Bench, real_data: Path) -> None:
    peer = table(real_data / BANES / "Avon_Fire_and_Rescue_Incidents.csv")
    (delivery,) = (dict(row) for row in bench.ledger.rows(led.delivery) if row["feed"] == "avon_fire/fire_incident")
    rows = pl.read_parquet(bench.home.harmonised_of(delivery))
    masked = {
        row["incident_number"]: tuple(float(row[name][:3]) * 1000 + 500 for name in ("x_coordinate", "y_coordinate"))
        for row in peer
        if re.fullmatch(r"\d{3}\*{3}", row["x_coordinate"])
    }
    assert len(peer) - len(masked) == 1  # 3,723***, whose other point lies at sea
    found = {
        name: (x, y) for name, x, y in rows.select("source_id", "easting", "northing").iter_rows() if x is not None
    }
    assert found == masked
    assert set(rows["square_m"].drop_nulls()) == {1000}


def test_licences_in_force_are_taken_and_applications_are_not(bench: Bench, real_data: Path) -> None:
    """Where they lie is not tested here: the home has no directory of properties or postcodes."""
    path = real_data / BANES / "Premises_License_-_17.09.14.csv"
    made, peer = loaded(bench, path), table(path)
    granted = [
        row for row in peer if row["StatusLabel"] == "Approved" and row["ServiceTypeLabel"] != "Temporary Event Notice"
    ]
    assert (made.delivery["loaded"], made.delivery["ignored"]) == (len(granted), len(peer) - len(granted))
    assert made.aside.filter(pl.col("outcome") != "ignored").height == 0
    assert made.count("category_code")["club"] == sum("Club" in row["ServiceTypeLabel"] for row in granted)
    yes = {"TRUE": "yes", "FALSE": "no"}
    assert made.count("sells_alcohol", "late_refreshment") == Counter(
        (yes[row["AlcoholSupply"]], yes[row["LateNightRefreshment"]]) for row in granted
    )
    for field, heading in (("licensed_from", "LicenceStartDate"), ("licensed_to", "LicenceEndDate")):
        said = Counter(row[heading] for row in granted)
        assert made.count(field) == {
            datetime.strptime(text, "%d/%m/%Y").date() if text else None: count for text, count in said.items()
        }
    assert set(made.rows["period_start"]) == {date(2014, 9, 1)}


# --- police ---------------------------------------------------------------------------------------------------------


def test_an_outcome_that_stands_twice_is_one(bench: Bench, real_data: Path) -> None:
    path = real_data / POLICE / "2016-01-metropolitan-outcomes.csv"
    made, peer = loaded(bench, path), table(path)
    once = {(row["Crime ID"], row["Outcome type"]): row for row in peer}
    assert (made.delivery["loaded"], made.delivery["duplicate"]) == (len(once), len(peer) - len(once))
    assert set(made.aside["issue_type"]) == {"repeated_record"}
    codes = {
        "Investigation complete; no suspect identified": "no_suspect", "Suspect charged": "charged",
        "Offender sent to prison": "sent_to_prison",
        "Offender given suspended prison sentence": "suspended_prison_sentence",
        "Offender given a caution": "caution", "Offender given community sentence": "community_sentence",
        "Offender fined": "fined", "Offender ordered to pay compensation": "pay_compensation", "Local resolution": "8",
        "Offender given penalty notice": "6",
    }  # fmt: skip
    assert made.count("category_code") == Counter(codes[row["Outcome type"]] for row in once.values())
    assert made.rows["easting"].count() == sum(bool(row["Longitude"]) for row in once.values())


AGES = {"under 10": "under_10", "10-17": "10_17", "18-24": "18_24", "25-34": "25_34", "over 34": "35_over"}
POWERS = {
    "Misuse of Drugs Act 1971 (section 23)": "drugs_23", "Police and Criminal Evidence Act 1984 (section 1)": "pace_1",
    "Criminal Justice Act 1988 (section 139B)": "cja_139b", "Firearms Act 1968 (section 47)": "firearms_47",
    "Criminal Justice and Public Order Act 1994 (section 60)": "cjpoa_60",
}  # fmt: skip
ENDED = {
    "Nothing found - no further action": "nothing", "Suspect arrested": "arrest", "Offender cautioned": "caution",
    "Offender given drugs possession warning": "drugs_warning", "Offender given penalty notice": "penalty_notice",
    "Local resolution": "community_resolution", "Suspect summonsed to court": "summons",
}  # fmt: skip


@pytest.mark.parametrize("month", ["2015-04", "2016-03"])
def test_every_column_of_stops_and_searches(bench: Bench, real_data: Path, month: str) -> None:
    path = real_data / POLICE / f"{month}-metropolitan-stop-and-search.csv"
    made, peer = loaded(bench, path), table(path)
    assert (made.delivery["loaded"], made.aside.height) == (len(peer), 0)
    wanted = Counter(
        (row["Type"].lower().replace(" search", "").replace(" ", "_"), AGES.get(row["Age range"]),
         row["Gender"].lower() or None, row["Officer-defined ethnicity"].lower() or None,
         POWERS[row["Legislation"]], ENDED[row["Outcome"]])
        for row in peer
    )  # fmt: skip
    columns = ("category_code", "age_band", "sex_code", "officer_ethnicity_code", "power_code", "outcome_code")
    assert made.count(*columns) == wanted
    told = Counter(re.sub(r".*\((\w\w)\)", r"\1", row["Self-defined ethnicity"]) for row in peer)
    ours = made.count("ethnicity_code")
    codes = {
        "W1": "white_british",
        "B2": "black_african",
        "O1": "chinese",
        "NS": "not_stated",
        "M3": "mixed_white_asian",
    }
    assert {code: ours[name] for code, name in codes.items()} == {code: told[code] for code in codes}
    assert (ours[None], len(ours)) == (told[""], len(told))
    objects = Counter(row["Object of search"] or None for row in peer)
    assert sorted(made.count("object_code").values()) == sorted(objects.values())
    # Local time: the first search of April was at 23:00 on the last day of March in UTC.
    assert made.rows["occurred_from"].dt.strftime("%Y-%m").unique().to_list() == [month]
    assert share_placed(made.rows) == sum(bool(row["Longitude"]) for row in peer) / len(peer)


# --- population and deprivation -------------------------------------------------------------------------------------


def test_a_column_a_year_becomes_a_row_a_year(bench: Bench, real_data: Path) -> None:
    path = real_data / "population/lsoa11_mid_year_totals.csv"
    made, peer = loaded(bench, path), table(path)
    assert (made.delivery["loaded"], made.delivery["quarantined"]) == (3 * len(peer), 0)
    for year in (2017, 2019, 2020):
        rows = made.rows.filter(pl.col("period_start") == date(year, 1, 1))
        wanted = {row["lsoa11_code"]: float(row[f"population_{year}"]) for row in peer}
        assert dict(rows.select("area_code", "value").iter_rows()) == wanted
    assert made.count("measure", "boundary_set") == {("residents", "lsoa_2011"): 3 * len(peer)}


DOMAINS = {
    "IMD": "overall", "Income": "income", "Employment": "employment", "Education": "education", "Health": "health",
    "Crime": "crime", "Housing_and_Access": "housing", "Environment": "environment",
}  # fmt: skip


@pytest.mark.parametrize("name", ["imd2010_england_lsoa01", "imd2015_england_lsoa11", "imd2019_england_lsoa11"])
def test_each_layout_of_the_indices_of_deprivation(bench: Bench, real_data: Path, name: str) -> None:
    path = real_data / f"deprivation/{name}.csv"
    made, peer = loaded(bench, path), table(path)
    figures = [heading for heading in peer[0] if heading.endswith(("_score", "_rank", "_decile"))]
    assert (made.delivery["loaded"], made.delivery["quarantined"]) == (len(figures) * len(peer), 0)
    assert set(made.rows["period_start"]) == {date(int(name[3:7]), 1, 1)}
    for heading in figures:
        domain, _, measure = heading.rpartition("_")
        mine = made.rows.filter((pl.col("measure") == measure) & (pl.col("category_code") == DOMAINS[domain]))
        wanted = {row[next(iter(row))]: float(row[heading]) for row in peer}
        assert dict(mine.select("area_code", "value").iter_rows()) == wanted


# --- columns whose class is guessed -----------------------------------------------------------------------------------


def test_the_columns_whose_class_is_guessed_are_these(bench: Bench) -> None:
    """None of them is read: whoever adds a column to this list has looked at what stands in it."""
    found: dict[str, list[str]] = {}
    personal = []
    for item in guessed(classed_columns(bench.specs)):
        if item.feed.startswith(PUBLISHERS):
            found.setdefault(item.feed, []).append(item.column)
            personal += [(item.feed, item.column)] if item.looks_like else []
    assert personal == [("police_uk/crime_outcome", "Reported by")]  # a force
    assert {feed: len(columns) for feed, columns in found.items()} == {
        "avon_fire/fire_incident": 28, "bath_nes/licensed_premises": 10, "bath_nes/noise_complaint": 9,
        "dfe/school_exclusion": 5, "dfe_pupils/school_exclusion": 3, "mhclg/deprivation": 3,
        "police_uk/crime_outcome": 5, "police_uk/stop_search": 2,
    }  # fmt: skip
    assert found["police_uk/stop_search"] == ["Part of a policing operation", "Policing operation"]
    assert found["dfe/school_exclusion"] == [
        "time_identifier", "country_name", "region_name", "old_la_code", "la_name"
    ]  # fmt: skip
    assert found["mhclg/deprivation"] == ["lsoa11_name", "lad13_code", "lad13_name"]
