"""The demo county's other feeds: what they send, the faults planted in it, and what their specs make of every file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from pipelines.demo import County, ReferenceFiles, make_county, write_reference
from pipelines.demo.agencies import (
    fire,
    fly_tipping,
    licensing,
    noise,
    police_asb,
    police_outcomes,
    residents_survey,
    small_areas,
    stop_search,
    street_lights,
)
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.police_records import recorded
from pipelines.demo.schedule import MONTHS
from pipelines.demo.streets import properties
from pipelines.intake.claims import Declared
from pipelines.orchestration.try_out import Trial, TryOut, try_out
from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from pipelines.place.directories.code_history import add_history
from pipelines.place.directories.names import add_names
from pipelines.place.directories.postcode_directory import add_postcodes
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.uprns import add_uprns
from pipelines.specs.check import gather
from pipelines.specs.load import SpecSet
from pipelines.specs.patterns import matcher
from pipelines.specs.periods import period_end, period_start
from tests.unit.makers import SPECS

# Each feed, the function that plans its files, and how many there are.
FEEDS = {
    "demo_police/crime_outcome": (police_outcomes.outcome_files, 13),
    "demo_police/asb_incident": (police_asb.asb_files, 12),
    "demo_police/stop_search": (stop_search.search_files, 13),
    "demo_fire/fire_incident": (fire.fire_files, 12),
    "demo_eastmark/noise_complaint": (noise.noise_files, 12),
    "demo_highmark/noise_complaint": (noise.noise_files, 8),
    "demo_highmark/fly_tipping_incident": (fly_tipping.tipping_files, 13),
    "demo_overmark/fly_tipping_incident": (fly_tipping.tipping_files, 8),
    "demo_eastmark/licensed_premises": (licensing.licence_files, 7),
    "demo_overmark/licensed_premises": (licensing.licence_files, 8),
    "demo_county_council/street_light": (street_lights.light_files, 2),
    "demo_county_council/survey_response": (residents_survey.survey_files, 2),
    "demo_statistics_office/population_estimate": (small_areas.small_area_files, 3),
}
PER_PARTNER = {
    "demo_police": 38, "demo_fire": 12, "demo_eastmark": 19, "demo_highmark": 21, "demo_overmark": 16,
    "demo_county_council": 4, "demo_statistics_office": 3,
}  # fmt: skip
HEADERS = {
    "demo_police/crime_outcome": (",", "utf-8", police_outcomes.HEADER),
    "demo_police/asb_incident": ("\t", "cp1252", police_asb.HEADER),
    "demo_police/stop_search": (",", "utf-8", stop_search.HEADER),
    "demo_eastmark/noise_complaint": (",", "cp1252", noise.EASTMARK_HEADER),
    "demo_highmark/fly_tipping_incident": (",", "utf-8", fly_tipping.HIGHMARK_HEADER),
    "demo_eastmark/licensed_premises": (",", "cp1252", licensing.EASTMARK_HEADER),
    "demo_overmark/licensed_premises": (";", "iso-8859-1", licensing.OVERMARK_HEADER),
    "demo_county_council/street_light": (",", "utf-8", street_lights.HEADER),
    "demo_county_council/survey_response": (",", "cp1252", residents_survey.HEADER),
    "demo_statistics_office/population_estimate": (",", "utf-8", small_areas.HEADER),
}
# What the specs say of the planted faults, by feed and the period's first month (and the second sending, as "again").
# A file that is not named is loaded to the last row, and nothing is said of it.
PLANTED: dict[tuple[str, str], dict[str, int]] = {
    ("demo_police/crime_outcome", f"{police_outcomes.OUTCOME_TWICE:%Y-%m}"): {"repeated_record": 1},
    ("demo_police/crime_outcome", f"{police_outcomes.OUTCOME_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_police/asb_incident", f"{police_asb.ASB_SWAPPED:%Y-%m}"): {"swapped_axes_mended": 1},
    ("demo_police/asb_incident", f"{police_asb.ASB_OLD_CODE:%Y-%m}"): {"unmapped_code": 2},
    ("demo_police/stop_search", f"{stop_search.SEARCH_SWAPPED:%Y-%m}"): {"swapped_axes_mended": 1},
    ("demo_police/stop_search", f"{stop_search.SEARCH_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_fire/fire_incident", f"{fire.FIRE_TWICE:%Y-%m}"): {"conflicting_record": 1},
    ("demo_fire/fire_incident", f"{fire.FIRE_NO_LETTERS:%Y-%m}"): {"letters_missing": 1},
    ("demo_fire/fire_incident", f"{fire.FIRE_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_eastmark/noise_complaint", f"{noise.NOISE_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_eastmark/noise_complaint", f"{noise.NOISE_CONFLICT:%Y-%m}"): {"conflicting_record": 1},
    ("demo_highmark/noise_complaint", f"{noise.CASE_TWICE:%Y-%m}"): {"repeated_record": 1},
    ("demo_highmark/noise_complaint", f"{noise.CASE_WITHOUT_DAY:%Y-%m}"): {"bad_value": 1},
    ("demo_highmark/fly_tipping_incident", f"{fly_tipping.TIPS_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_highmark/fly_tipping_incident", f"{fly_tipping.TIPS_CUT_SHORT:%Y-%m}"): {"truncated_units_mended": 1},
    ("demo_overmark/fly_tipping_incident", f"{fly_tipping.TIPS_MISSPELT:%Y-%m}"): {
        "street_respelt": 1, "unknown_street": 1,
    },
    ("demo_overmark/fly_tipping_incident", f"{fly_tipping.TIPS_TWICE:%Y-%m}"): {"repeated_record": 1},
    ("demo_eastmark/licensed_premises", f"{licensing.LICENCE_WITHOUT_NUMBER:%Y-%m}"): {"missing_value": 1},
    ("demo_overmark/licensed_premises", f"{licensing.LICENCE_TWICE:%Y-%m}"): {"conflicting_record": 1},
    ("demo_overmark/licensed_premises", f"{licensing.LICENCE_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_county_council/street_light", f"{street_lights.LIGHT_WITHOUT_NUMBER:%Y-%m}"): {"missing_value": 1},
    ("demo_county_council/street_light", f"{street_lights.LIGHT_NUMBERED_TWICE:%Y-%m}"): {
        "conflicting_record": 1, "unmapped_code": 1,
    },
    ("demo_county_council/survey_response", f"{residents_survey.SURVEY_WITHOUT_WEIGHT:%Y-%m}"): {"missing_value": 6},
    ("demo_county_council/survey_response", f"{residents_survey.SURVEY_UNMAPPED:%Y-%m}"): {"unmapped_code": 1},
    ("demo_statistics_office/population_estimate", f"{small_areas.FIRST_YEAR:%Y-%m}"): {"historic_area_code": 1},
    ("demo_statistics_office/population_estimate", f"{small_areas.SECOND_YEAR:%Y-%m}"): {
        "bad_value": small_areas.WITHHELD_CELLS,
    },
}  # fmt: skip
# Issues that set a row aside, of which there is exactly one planted cause each.
SET_ASIDE = {"unmapped_code", "bad_value", "missing_value", "repeated_record", "conflicting_record"}


@pytest.fixture(scope="module")
def county() -> County:
    return make_county()


@pytest.fixture(scope="module")
def specs() -> SpecSet:
    found, problems = gather(SPECS)
    assert problems == []
    return found


@pytest.fixture(scope="module")
def reference(county: County, tmp_path_factory: pytest.TempPathFactory) -> ReferenceData:
    """What the demo looks places up in."""
    files: ReferenceFiles = write_reference(county, tmp_path_factory.mktemp("files"))
    home = tmp_path_factory.mktemp("home")
    for name, path, fields in (
        ("demo_ward_2024", files.wards_2024, BoundaryFields("WD24CD", "WD24NM", "LAD24CD")),
        ("demo_district", files.districts, BoundaryFields("LAD24CD", "LAD24NM")),
    ):
        add_boundaries([path], home / "boundaries", name, fields, date(2019, 5, 2), None)
    add_postcodes([files.postcodes], home / "postcodes.parquet", accept_fewer=True)
    add_uprns([files.uprns], home / "uprns.parquet")
    add_names([files.names], home / "names.parquet")
    add_history([files.code_history], home / "code_history.parquet")
    return ReferenceData(home, home / "boundaries")


def files_of(feed: str) -> list[AgencyFile]:
    """What the feed ever sends, in order of issue."""
    plan, _count = FEEDS[feed]
    names = {"licensed_premises": "licen", "fly_tipping_incident": "tip", "noise_complaint": "Noise"}
    wanted = names.get(feed.split("/")[1], "")
    ours = [file for file in plan() if file.partner == feed.split("/", maxsplit=1)[0] and wanted in file.name]
    return sorted(ours, key=lambda file: file.issued)


def every_file() -> Iterator[tuple[str, AgencyFile]]:
    for feed in FEEDS:
        for file in files_of(feed):
            yield feed, file


def table(county: County, feed: str, file: AgencyFile) -> list[dict[str, str]]:
    """The rows of a delimited file by its headings."""
    delimiter, encoding, _header = HEADERS[feed]
    text = io.StringIO(file.content(county).decode(encoding), newline="")
    return list(csv.DictReader(text, delimiter=delimiter))


def tables(county: County, feed: str) -> list[list[dict[str, str]]]:
    return [table(county, feed, file) for file in files_of(feed)]


def tips(county: County, file: AgencyFile) -> list[dict[str, str]]:
    with ZipFile(io.BytesIO(file.content(county))) as archive:
        text = archive.read("tipping.csv").decode("iso-8859-1")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_each_feed_sends_so_many_files() -> None:
    assert {feed: len(files_of(feed)) for feed in FEEDS} == {feed: count for feed, (_plan, count) in FEEDS.items()}
    assert Counter(file.partner for _feed, file in every_file()) == PER_PARTNER
    paths = [file.path for _feed, file in every_file()]
    assert len(paths) == len(set(paths)) == 113


def test_a_file_is_the_same_whichever_are_made_before_it(county: County) -> None:
    chosen = [files_of(feed)[index] for feed in FEEDS for index in (0, -1)]
    forward = [file.content(county) for file in chosen]
    other = make_county()
    backward = [file.content(other) for file in reversed(chosen)]
    assert forward == backward[::-1]


@pytest.mark.parametrize("feed", HEADERS)
def test_headers(county: County, feed: str) -> None:
    for file in files_of(feed):
        delimiter, encoding, header = HEADERS[feed]
        text = file.content(county).decode(encoding)
        assert text.endswith("\r\n")
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        assert tuple(lines[0]) == header
        assert {len(line) for line in lines} == {len(header)}
        assert len(lines) > 20


def test_every_spec_reads_every_file_and_finds_the_planted_faults_alone(
    county: County, specs: SpecSet, reference: ReferenceData, tmp_path: Path
) -> None:
    found: dict[tuple[str, str], dict[str, int]] = {}
    sent: Counter[tuple[str, str]] = Counter()
    for feed, file in every_file():
        made = tried(feed, file, county, specs, reference, tmp_path)
        key = (feed, f"{period_of(specs, feed, file):%Y-%m}")
        sent[key] += 1
        assert made.refused is None, (file.path, made.refused, made.examples)
        is_placed = specs.datasets[dataset_of(feed)].shape in ("event", "observation")
        told = {name: count for name, count in made.issues.items() if is_placed or name in SET_ASIDE}
        if feed.startswith("demo_police"):
            told.pop("no_location", None)  # what the crime file has no place for
        if feed.startswith("demo_fire"):
            assert told.pop("default_point") == fire.FIRES_AT_STATION
        aside = sum(count for outcome, count in made.rows.items() if outcome not in ("made", "loaded"))
        assert aside == sum(count for name, count in told.items() if name in SET_ASIDE), file.path
        if told:
            assert key not in found
            found[key] = told
    assert found == PLANTED
    assert {key for key, times in sent.items() if times > 1} == {
        ("demo_police/crime_outcome", f"{police_outcomes.OUTCOMES_CORRECTED:%Y-%m}"),
        ("demo_police/stop_search", f"{stop_search.SEARCHES_CORRECTED:%Y-%m}"),
        ("demo_highmark/fly_tipping_incident", f"{fly_tipping.TIPS_CORRECTED:%Y-%m}"),
        ("demo_statistics_office/population_estimate", f"{small_areas.FIRST_YEAR:%Y-%m}"),
    }


def period_of(specs: SpecSet, feed: str, file: AgencyFile) -> date:
    """The first day of the period that the file's name tells."""
    patterns = [matcher(pattern) for version in specs.feeds[feed].feed.versions for pattern in version.files]
    paths = [file.path, f"{file.path}/tipping.csv"]
    (facts,) = [facts for match in patterns for path in paths if (facts := match(path)) is not None]
    assert facts.issued == file.issued
    assert facts.period is not None
    return period_start(specs.feeds[feed].feed.cadence.every, facts.period)


def dataset_of(feed: str) -> str:
    return feed.split("/")[1]


def tried(
    feed: str, file: AgencyFile, county: County, specs: SpecSet, reference: ReferenceData, folder: Path
) -> TryOut:
    """What loading the file would make of it."""
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content(county))
    (made,) = try_out(path, Trial(specs.feeds[feed], specs, dataset_of(feed)), Declared(), reference, None)
    return made


def test_only_the_files_declared_late_are_late(specs: SpecSet) -> None:
    late = set()
    corrections = {
        police_outcomes.OUTCOMES_CORRECTED_ISSUED, stop_search.SEARCHES_CORRECTED_ISSUED,
        fly_tipping.TIPS_CORRECTED_ISSUED, small_areas.REVISED_ISSUED,
    }  # fmt: skip
    for feed, file in every_file():
        cadence = specs.feeds[feed].feed.cadence
        period = period_of(specs, feed, file)
        if file.issued not in corrections:
            if (file.issued - period_end(cadence.every, period)).days > cadence.due_days:
                late.add((feed, file.issued))
            assert file.issued.weekday() < 5, file.path
            assert file.issued > period_end(cadence.every, period)
    assert late == {
        ("demo_police/asb_incident", police_asb.ASB_LATE_ISSUED),
        ("demo_eastmark/noise_complaint", noise.NOISE_LATE_ISSUED),
    }


def test_every_feed_says_how_it_is_recorded(specs: SpecSet) -> None:
    assert all(specs.feeds[feed].feed.recording.note for feed in FEEDS)
    units = {feed: specs.feeds[feed].feed.recording.unit for feed in FEEDS}
    assert (units["demo_eastmark/noise_complaint"], units["demo_highmark/noise_complaint"]) == ("report", "case")
    assert units["demo_highmark/fly_tipping_incident"] != units["demo_overmark/fly_tipping_incident"]
    lines = [entry for feed in FEEDS for codes in specs.feeds[feed].maps.values() for entry in codes.entries]
    assert all(entry.agreed_by and entry.agreed_on for entry in lines)


def test_nearly_all_outcomes_are_of_crimes_in_the_crime_files(county: County) -> None:
    crimes = {row["Ref"]: row for month in MONTHS for row in recorded(county, month)}
    files = [file for file in files_of("demo_police/crime_outcome") if file.issued.year < 2026]
    unknown: set[str] = set()
    for file in files:
        rows = table(county, "demo_police/crime_outcome", file)
        strange = {row["Crime ref"] for row in rows} - crimes.keys()
        assert len(strange) == police_outcomes.OLD_CRIMES
        assert all(ref.startswith("MS2302") for ref in strange)
        if file.issued != police_outcomes.OUTCOMES_CORRECTED_ISSUED:
            assert not strange & unknown
            unknown |= strange
        for row in rows:
            crime = crimes.get(row["Crime ref"])
            assert crime is None or (row["Lon"], row["Lat"]) == (crime["Lon"], crime["Lat"])
            assert crime is None or crime["Disposal"] not in ("-", "OPEN", "NFA-NS")
    keys = Counter(
        (row["Crime ref"], row["Outcome type"])
        for file in files
        if file.issued != police_outcomes.OUTCOMES_CORRECTED_ISSUED
        for row in table(county, "demo_police/crime_outcome", file)
    )
    assert [count for count in keys.values() if count > 1] == [2]  # the row that stands twice
    assert sum(count > 1 for count in Counter(ref for ref, _kind in keys).values()) > 10  # crimes of two outcomes


def test_a_corrected_month_of_outcomes_and_of_searches(county: County) -> None:
    first, again = (
        [tuple(row.values()) for row in table(county, "demo_police/crime_outcome", file)]
        for file in files_of("demo_police/crime_outcome")
        if f"{police_outcomes.OUTCOMES_CORRECTED:%Y%m}" in file.name
    )
    assert len(first) - len(again) == police_outcomes.WITHDRAWN
    assert len(set(again) - set(first)) == police_outcomes.CHANGED
    first, again = (
        [tuple(row.values()) for row in table(county, "demo_police/stop_search", file)]
        for file in files_of("demo_police/stop_search")
        if f"{stop_search.SEARCHES_CORRECTED:%Y-%m}" in file.name
    )
    assert len(first) - len(again) == 1
    without = [row[12] for row in first].count(""), [row[12] for row in again].count("")
    assert without == (7, 0)


def test_the_log_of_anti_social_behaviour_holds_the_crime_files_calls(county: County, specs: SpecSet) -> None:
    for file in files_of("demo_police/asb_incident"):
        month = period_of(specs, "demo_police/asb_incident", file)
        rows = table(county, "demo_police/asb_incident", file)
        calls = [row for row in recorded(county, month) if row["Offence"].startswith("ASB")]
        assert len(rows) == len(calls)
        assert len({row["Incident"] for row in rows}) == len(rows)
        assert any(re.search(police_asb.ASB_CALLER_PHONE, row["Log"]) for row in rows)
        assert 0.3 < sum(row["Qualifier"] == "" for row in rows) / len(rows) < 0.7
    types = Counter(row["NSIR type"] for rows in tables(county, "demo_police/asb_incident") for row in rows)
    assert types.keys() == {"NUI", "PER", "ENV", police_asb.OLD_CODE}
    assert types["NUI"] > types["PER"] > types["ENV"] > types[police_asb.OLD_CODE] == 2


def test_searches_are_laid_out_as_published_and_in_universal_time(county: County) -> None:
    rows = [row for rows in tables(county, "demo_police/stop_search") for row in rows]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\+00:00", row["Date"]) for row in rows)
    vehicles = [row for row in rows if row["Type"] == "Vehicle search"]
    assert vehicles
    assert {row["Gender"] + row["Age range"] + row["Self-defined ethnicity"] for row in vehicles} == {""}
    swapped = [row for row in rows if float(row["Latitude"]) < float(row["Longitude"])]
    assert len(swapped) == 1
    found = Counter(row["Outcome"] == "A no further action disposal" for row in rows)
    assert 0.6 < found[True] / len(rows) < 0.8
    nothing_came = ("", "A no further action disposal")
    assert all((row["Outcome linked to object of search"] == "") == (row["Outcome"] in nothing_came) for row in rows)


def incidents(county: County, file: AgencyFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.content(county).decode("utf-8").splitlines()]


def test_fires_are_more_deliberate_on_grass_and_have_a_motive_only_where_something_burnt(county: County) -> None:
    found = [incident for file in files_of("demo_fire/fire_incident") for incident in incidents(county, file)]
    assert {tuple(each) for each in found} == {
        ("incident", "call", "kind", "motive", "casualties", "where", "caller_said")
    }
    assert all(each["motive"] is None for each in found if each["kind"] in ("RTC", "CH", "FA-M"))
    rates = {
        kind: sum(each["motive"] == "DEL" for each in found if each["kind"] == kind)
        / sum(each["kind"] == kind for each in found)
        for kind in ("P-DW", "S-RF")
    }
    assert rates["P-DW"] < 0.3
    assert rates["S-RF"] > 0.5
    assert sum(each["casualties"] for each in found if each["kind"] == "RTC") > 50
    assert sum(each["where"]["grid"] == fire.FIRE_STATION for each in found) == 12 * fire.FIRES_AT_STATION
    numbers = Counter(each["incident"] for each in found)
    assert [count for count in numbers.values() if count > 1] == [2]


def test_noise_is_counted_in_complaints_by_one_and_in_cases_by_the_other(county: County) -> None:
    from python_calamine import CalamineWorkbook

    rows = [row for rows in tables(county, "demo_eastmark/noise_complaint") for row in rows]
    assert 0.003 < len(rows) / 81_600 < 0.008  # a resident a year
    assert all(row["Complainant"] for row in rows)
    complaints = 0
    for file in files_of("demo_highmark/noise_complaint"):
        book = CalamineWorkbook.from_filelike(io.BytesIO(file.content(county)))
        sheet = book.get_sheet_by_name("Noise").to_python(skip_empty_area=False)
        assert tuple(sheet[3]) == noise.HIGHMARK_HEADER
        cases = sheet[4:-1]
        assert sheet[-1][:2] == ["Cases", len(cases)]
        assert sheet[-1][7] == sum(int(case[7]) for case in cases)
        complaints += int(sheet[-1][7]) - len(cases)
    assert complaints > 50  # there are more complaints than cases


def test_side_waste_is_counted_by_one_from_october_and_taken_out_by_the_other(county: County) -> None:
    overmark = [tips(county, file) for file in files_of("demo_overmark/fly_tipping_incident")]
    assert all(tuple(rows[0]) == fly_tipping.OVERMARK_HEADER for rows in overmark)
    bags = [sum(row["How much"] == "Bag" for row in rows) for rows in overmark]
    assert bags == [0] * 6 + [35, 35]
    first, again = (
        table(county, "demo_highmark/fly_tipping_incident", file)
        for file in files_of("demo_highmark/fly_tipping_incident")
        if f"{fly_tipping.TIPS_CORRECTED:%Y-%m}" in file.name
    )
    side_waste = [row for row in first if (row["Waste"], row["Size"]) == ("W01", "S1")]
    assert side_waste
    assert not [row for row in again if (row["Waste"], row["Size"]) == ("W01", "S1")]
    sizes = {row["Incident"]: row["Size"] for row in first}
    changed = [row for row in again if row["Size"] != sizes[row["Incident"]]]
    assert len(changed) == fly_tipping.TIPS_JUDGED_ANEW
    assert len(first) - len(again) == len(side_waste)


@pytest.mark.parametrize(
    ("feed", "number"),
    [("demo_eastmark/licensed_premises", "Licence"), ("demo_overmark/licensed_premises", "LICENCE NO")],
)
def test_between_registers_some_premises_come_and_some_go(county: County, feed: str, number: str) -> None:
    registers = [{row[number] for row in rows} - {""} for rows in tables(county, feed)]
    came = set().union(*registers) - registers[0]
    went = registers[0] - registers[-1]
    assert came
    assert went
    kept = set.intersection(*registers)
    assert len(kept) > 0.8 * len(registers[0])


def test_a_licence_is_of_a_known_property_but_for_one(county: County) -> None:
    known = {str(number) for number in properties(county)}
    uprns = [row["UPRN"] for rows in tables(county, "demo_eastmark/licensed_premises") for row in rows]
    assert [uprn for uprn in uprns if uprn not in known] == [licensing.UNKNOWN_UPRN]


def test_sodium_lamps_become_leds_and_a_light_keeps_its_number(county: County) -> None:
    first, second = tables(county, "demo_county_council/street_light")
    led = [sum(row["Lamp"] == "LED" for row in rows) / len(rows) for rows in (first, second)]
    assert 0.3 < led[0] < led[1] < 0.85
    before = {row["Unit"]: row for row in first if row["Unit"]}
    numbers = Counter(row["Unit"] for row in second)
    assert [unit for unit, count in numbers.items() if count > 1] == [second[30]["Unit"]]
    for row in second:
        old = before.get(row["Unit"])
        if old is not None and numbers[row["Unit"]] == 1:
            assert (row["Easting"], row["Northing"]) == (old["Easting"], old["Northing"])
            assert row["Lamp"] in (old["Lamp"], "LED", street_lights.UNMAPPED_LAMP)
    assert abs(len(first) - street_lights.LIGHTS) < 20


def test_small_areas_add_up_to_the_countys_estimates_until_they_are_rebased(county: County) -> None:
    first, second, again = tables(county, "demo_statistics_office/population_estimate")
    from pipelines.demo.population import estimates

    people: Counter[str] = Counter()
    for block, residents in zip(county.blocks, estimates(county, 2022)[0].tolist(), strict=True):
        people[block.ward_2024] += residents
    assert summed(first) == people
    assert {row["Vintage"] for row in first} == {"November 2023"}
    assert {row["Vintage"] for row in again} == {"March 2025, rebased"}
    rebased = summed(again)
    assert rebased != people
    assert all(0.9 < rebased[ward] / people[ward] < 1.1 for ward in people)
    assert sum(row["Estimate"] == "c" for row in second) == small_areas.WITHHELD_CELLS
    keys = Counter((row["Ward"], row["Measure"], row["Sex"], row["Age"]) for row in first)
    assert set(keys.values()) == {1}


def summed(rows: list[dict[str, str]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for row in rows:
        if row["Measure"] == "Residents":
            totals[row["Ward"]] += int(row["Estimate"])
    return totals


def test_a_wave_has_its_weights_its_dont_knows_and_its_refusals(county: County) -> None:
    first, second = tables(county, "demo_county_council/survey_response")
    assert not {row["Respondent"] for row in first} & {row["Respondent"] for row in second}
    districts = {district.code for district in county.districts}
    for rows in (first, second):
        assert len(rows) == len({row["Respondent"] for row in rows}) == residents_survey.RESPONDENTS
        weights = [float(row["Weight"]) for row in rows if row["Weight"]]
        assert sum(weights) / len(weights) == pytest.approx(1, abs=0.1)
        answers = Counter(row[name] for row in rows for name in residents_survey.HEADER[6:])
        assert answers["Don't know"] > answers["Refused"] > 0
    assert {row["District"] for row in first} <= districts
    assert {row["District"] for row in second} - districts == {residents_survey.OTHER_COUNTY}
    unsafe = [
        sum(row["Q2 safe after dark"].endswith("unsafe") for row in (*first, *second) if row["Sex"] == sex)
        / sum(row["Sex"] == sex for row in (*first, *second))
        for sex in ("Female", "Male")
    ]
    assert unsafe[0] > unsafe[1]
    assert not [row for row in first if row["Q6 influence"] == ""]
    assert 20 < sum(row["Q6 influence"] == "" for row in second) < 60
