"""The demo agencies that send records of people: the same bytes each time, read by their specs, with planted faults.

What a date of birth, an age or a kept text becomes is not asked here.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.demo import County, make_county
from pipelines.demo.agencies import (
    ambulance,
    calendars,
    emergency,
    exclusions,
    planted,
    probation,
    youth,
)
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.people import people
from pipelines.demo.draws import generator
from pipelines.intake.claims import Declared
from pipelines.orchestration.try_out import Trial, TryOut, trial_of, try_out
from pipelines.place.reference import ReferenceData
from pipelines.specs.check import gather
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Sensitivity
from pipelines.specs.periods import period_end, period_start

SPECS = Path(__file__).parents[2] / "ingest_specs"
PLANS = (
    probation.probation_files,
    youth.youth_files,
    exclusions.exclusion_files,
    emergency.emergency_files,
    ambulance.ambulance_files,
)
# How many files each agency sends, corrected ones among them.
FILES = {"demo_probation": 21, "demo_youth_justice": 9, "demo_education": 7, "demo_hospital": 12, "demo_ambulance": 13}
FEEDS = {
    "demo_probation": ("probation_start", "probation_caseload"),
    "demo_youth_justice": ("youth_child", "youth_offence", "youth_order"),
    "demo_education": ("pupil_exclusion",),
    "demo_hospital": ("assault_attendance",),
    "demo_ambulance": ("ambulance_incident",),
}
# Rows that end elsewhere than loaded, by feed, file and issue; of no other file is there any.
SET_ASIDE = {
    ("probation_start", "starts_202409.csv", "unmapped_code"): 2,
    ("probation_start", "starts_202501.csv", "repeated_record"): 1,
    ("probation_caseload", "Caseload at end of quarter from Jul 2024.xlsx", "bad_value"): 1,
    ("youth_offence", "YJ_MARKSHIRE_202307.xml", "wrong_period"): 1,
    ("youth_offence", "YJ_MARKSHIRE_202404.xml", "repeated_record"): 1,
    ("youth_order", "YJ_MARKSHIRE_202410.xml", "unmapped_code"): 2,
    ("pupil_exclusion", "Exclusions autumn 2023.xlsx", "unmapped_code"): 2,
    ("assault_attendance", "ISTV_RZM01_Oct24.txt", "unmapped_code"): 2,
    ("assault_attendance", "ISTV_RZM01_Feb25.txt", "repeated_record"): 1,
    ("ambulance_incident", "AMB_week_2025-01-13.csv", "repeated_record"): 1,
    ("ambulance_incident", "AMB_week_2025-02-10.csv", "unmapped_code"): 1,
    ("ambulance_incident", "AMB_week_2025-03-24.csv", "skipped_hour"): 1,
}
# Issues that keep no row out: no reference data is at hand here, and a symbol stands in place of a number.
KEEPS = {"unknown_postcode", "no_location", "unknown_street", "unknown_area_code", "symbol"}
# What is not kept of people, while their rows are.
LOST = {"bad_birth_date", "personal_text", "small_postcode", "bad_location"}


@pytest.fixture(scope="module")
def county() -> County:
    return make_county()


@pytest.fixture(scope="module")
def landing(county: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file of these agencies, where it lands."""
    folder = tmp_path_factory.mktemp("landing")
    for file in planned():
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content(county))
    return folder


@pytest.fixture(scope="module")
def specs() -> SpecSet:
    found, problems = gather(SPECS)
    assert [problem for problem in problems if "demo_" in problem.file] == []
    return found


@pytest.fixture(scope="module")
def read(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Path, TryOut, pl.DataFrame]]:
    """What reading every file by every one of its partner's specs that takes it makes: feed, file, outcome, rows."""
    out = tmp_path_factory.mktemp("out")
    trials: dict[str, Trial] = {
        feed: trial_of(SPECS / "partners" / partner / f"{feed}.yml", SPECS, None)
        for partner, feeds in FEEDS.items()
        for feed in feeds
    }
    found = []
    for path in sorted(landing.rglob("*.*")):
        for feed in taking(path):
            (made,) = try_out(path, trials[feed], Declared(), ReferenceData(None), out)
            found.append((feed, path, made, pl.read_parquet(out / "rows.parquet")))
    return found


def planned() -> list[AgencyFile]:
    return [file for plan in PLANS for file in plan()]


def taking(path: Path) -> tuple[str, ...]:
    feeds = FEEDS[path.parts[-3]]
    if path.parts[-3] == "demo_probation":
        return (feeds[0] if path.suffix == ".csv" else feeds[1],)
    return feeds


def one(landing: Path, name: str) -> Path:
    (path,) = landing.glob(f"*/*/{name}")
    return path


def table(landing: Path, name: str) -> list[dict[str, str]]:
    path = one(landing, name)
    encoding = "cp1252" if "probation" in path.parts[-3] else "utf-8-sig"
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def sheet(path: Path, name: str, header_row: int) -> Iterator[dict[str, Any]]:
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python(skip_empty_area=False)
    header = [str(cell) for cell in rows[header_row - 1]]
    return (dict(zip(header, row, strict=True)) for row in rows[header_row:])


def part(path: Path, name: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(path.read_bytes())
    return [
        {"id": record.attrib["id"], **{cell.tag: cell.text or "" for cell in record}}
        for record in root.find(name) or ()
    ]


def test_each_file_is_the_same_whichever_others_are_made(county: County, landing: Path) -> None:
    for file in reversed(planned()):
        assert file.content(county) == (landing / file.path).read_bytes(), file.path


def test_each_agency_sends_so_many_files_none_of_which_is_another(landing: Path) -> None:
    assert Counter(path.parts[-3] for path in landing.rglob("*.*")) == FILES
    assert len({file.path for file in planned()}) == sum(FILES.values())
    contents = [path.read_bytes() for path in landing.rglob("*.*")]
    assert len(set(contents)) == len(contents)


def test_files_are_few_and_small(read: list[tuple[str, Path, TryOut, pl.DataFrame]]) -> None:
    for feed, path, made, _ in read:
        assert made.refused is None, made.refused
        assert 10 < made.records["read"] < 100, (feed, path.name)


def test_every_row_is_loaded_but_those_with_a_planted_fault(
    read: list[tuple[str, Path, TryOut, pl.DataFrame]],
) -> None:
    found: dict[tuple[str, str, str], int] = {}
    for feed, path, made, rows in read:
        account = made.rows
        assert account["made"] == account["loaded"] + account["duplicate"] + account["quarantined"]
        assert rows.height == account["loaded"]
        kept_out = {kind: count for kind, count in made.issues.items() if kind not in KEEPS | LOST}
        assert sum(kept_out.values()) == account["duplicate"] + account["quarantined"], (feed, path.name)
        found |= {(feed, path.name, kind): count for kind, count in kept_out.items()}
    assert found == SET_ASIDE
    assert {"bad_birth_date", "personal_text"} <= {kind for _feed, _path, made, _rows in read for kind in made.issues}


def test_each_row_is_of_its_files_period(specs: SpecSet, read: list[tuple[str, Path, TryOut, pl.DataFrame]]) -> None:
    periods: defaultdict[str, set[date]] = defaultdict(set)
    for feed, path, _, rows in read:
        spec = specs.feeds[f"{path.parts[-3]}/{feed}"]
        (start,) = rows["period_start"].unique()
        kind = spec.feed.cadence.every
        assert period_end(kind, start) < date.fromisoformat(path.parts[-2])
        periods[feed].add(start)
        if clock := specs.datasets[feed].clock:
            days = rows[f"{clock}_from"].dt.date()
            assert {period_start(kind, day) for day in days} == {start}
    quarters = set(calendars.BOTH_YEARS)
    assert periods == {
        "probation_start": set(calendars.LAST_YEAR),
        "probation_caseload": quarters,
        "youth_child": quarters,
        "youth_offence": quarters,
        "youth_order": quarters,
        "pupil_exclusion": set(calendars.TERMS),
        "assault_attendance": set(calendars.LAST_YEAR),
        "ambulance_incident": set(calendars.WEEKS),
    }


def test_coded_columns_hold_shared_codes_of_several_kinds(
    specs: SpecSet, read: list[tuple[str, Path, TryOut, pl.DataFrame]]
) -> None:
    made: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for feed, path, _, rows in read:
        for version in specs.feeds[f"{path.parts[-3]}/{feed}"].feed.versions:
            for _, column in version.fills():
                if column.map is not None:
                    made[feed, column.field] |= set(rows[column.field].drop_nulls())
    for (feed, field), codes in made.items():
        assert len(codes) > 1, (feed, field)
    assert made["probation_start", "category_code"] == {"community_order", "suspended", "licence", "post_sentence"}
    assert made["probation_caseload", "measure"] == {"people", "orders"}
    assert {"motoring", "breach_statutory_order"} < made["youth_offence", "category_code"]
    assert {"knife", "fist", "not_known"} < made["assault_attendance", "category_code"]
    assert made["pupil_exclusion", "category_code"] == {"suspension", "permanent", "lunchtime"}


def test_no_identifier_is_a_field_of_a_row(specs: SpecSet, read: list[tuple[str, Path, TryOut, pl.DataFrame]]) -> None:
    for feed, path, _, rows in read:
        columns = specs.datasets[feed].fields
        hidden = [name for name, field in columns.items() if field.sensitivity is Sensitivity.IDENTIFIER]
        for name in hidden:
            assert name not in rows.columns or not set(rows[name].drop_nulls()) & set(planted.PLANTED), (feed, name)
        # Nothing that rows are known by is made of the number of a person.
        if "source_id" in rows.columns:
            numbers = [planted.CASE_NUMBER[1:], planted.CHILD_NUMBER, planted.PUPIL_NUMBER, planted.PATIENT_NUMBER]
            assert not any(number in ref for number in numbers for ref in rows["source_id"]), path.name


def test_feeds_of_persons_say_how_they_record_and_who_agreed(specs: SpecSet) -> None:
    for partner, feeds in FEEDS.items():
        assert "@" in (specs.partners[partner].contact.email or "")
        for name in feeds:
            spec = specs.feeds[f"{partner}/{name}"]
            assert spec.feed.recording.note
            assert spec.feed.recording.includes
            assert all(entry.is_agreed for table in spec.maps.values() for entry in table.entries)
            births = [column for version in spec.feed.versions for _, column in version.fills() if column.born]
            ages = [column for version in spec.feed.versions for _, column in version.fills() if column.age]
            assert len(births) + len(ages) == (1 if specs.datasets[name].persons else 0)
    units = {
        name: specs.feeds[f"{partner}/{name}"].feed.recording.unit for partner, feeds in FEEDS.items() for name in feeds
    }
    # Clients are not offences, and neither are orders.
    assert (units["youth_child"], units["youth_offence"], units["youth_order"]) == ("person", "offence", "order")
    assert units["probation_start"] == "order"


@pytest.mark.parametrize("text", planted.PLANTED)
def test_each_planted_identifier_stands_in_a_file(landing: Path, text: str) -> None:
    assert any(text.encode("cp1252") in path.read_bytes() for path in landing.rglob("*.*"))


def test_planted_identifiers_are_told_apart_from_all_else(county: County) -> None:
    assert len(set(planted.PLANTED)) == len(planted.PLANTED)
    codes = {each.postcode for each in county.postcodes}
    assert not codes & set(planted.PLANTED)
    drawn = people(2_000, (10, 80), 0.5, date(2024, 1, 1), generator(county, 40, date(2024, 1, 1)))
    names = {person.surname for person in drawn} | {person.forename for person in drawn}
    assert not names & set(planted.PLANTED)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_a_pupil_numbers_letter_tells_a_wrong_digit(digits: str, place: int, by: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert exclusions.upn(digits)[0] != exclusions.upn(wrong)[0]
    assert exclusions.upn(digits)[1:] == digits


def test_pupil_numbers_are_by_the_published_rule(landing: Path) -> None:
    assert exclusions.upn("0" * 12) == "A" + "0" * 12
    assert exclusions.upn("100000000000")[0] == "C"  # the first digit counts twice
    assert exclusions.upn("000000000001")[0] == "P"  # the last 13 times: no I, so the fourteenth letter is P
    assert exclusions.upn(planted.PUPIL_NUMBER[1:]) == planted.PUPIL_NUMBER
    wrong = [
        (path.name, row["UPN"])
        for path in landing.glob("demo_education/*/*.xlsx")
        for row in sheet(path, "Exclusions", 4)
        if len(row["UPN"]) != 13 or exclusions.upn(row["UPN"][1:]) != row["UPN"]
    ]
    assert [name for name, _ in wrong] == [f"Exclusions {exclusions.term_name(exclusions.BAD_NUMBER)}.xlsx"]
    with pytest.raises(ValueError, match="twelve digits"):
        exclusions.upn("123")


def test_people_are_of_the_ages_asked_for(county: County) -> None:
    on = date(2024, 9, 1)
    for lean in (0.5, 1.7):
        drawn = people(500, (4, 15), 0.7, on, generator(county, 40, on), lean)
        ages = [on.year - each.born.year - ((on.month, on.day) < (each.born.month, each.born.day)) for each in drawn]
        assert (min(ages), max(ages)) == (4, 15)
        assert (sum(ages) / len(ages) > 9.5) == (lean < 1)


# --- the planted faults -----------------------------------------------------------------------------------------------


def test_faults_of_probation(landing: Path) -> None:
    june = table(landing, "starts_202406.csv")
    both = [row for row in june if row["CRN"] == planted.CASE_NUMBER]
    assert [row["Disposal Type"] for row in both] == ["CO", "SSO"]
    assert len({row["Disposal ID"] for row in both}) == 2
    (again,) = [row for row in table(landing, "starts_202411.csv") if row["Surname"] == planted.PROBATIONER.surname]
    assert again["CRN"] == planted.CASE_NUMBER_OTHERWISE
    assert "".join(again["CRN"].split()).upper() == planted.CASE_NUMBER
    later = [
        path.name
        for path in landing.glob("demo_probation/*/starts_*.csv")
        for row in table(landing, path.name)
        if datetime.strptime(row["DOB"], "%d/%m/%Y") > datetime.strptime(row["Start Date"], "%d/%m/%Y")
    ]
    assert later == [f"starts_{probation.BORN_AFTERWARDS:%Y%m}.csv"]
    (remark,) = [row["Remarks"] for row in table(landing, "starts_202407.csv") if row["Remarks"]]
    assert planted.PROBATIONER_PHONE in remark
    assert planted.PROBATIONER_MAIL in remark


def test_a_corrected_caseload_tells_nine_orders_more(landing: Path) -> None:
    first, second = sorted(landing.glob("demo_probation/*/Caseload at end of quarter from Apr 2024.xlsx"))
    assert second.parent.name == probation.CORRECTED_ISSUED.isoformat()
    total = [
        next(row for row in sheet(path, "Caseload", 4) if row["District"] == "County")["Suspended sentence order"]
        for path in (first, second)
    ]
    assert total[1] - total[0] == 9


def test_people_supervised_are_fewer_than_orders(read: list[tuple[str, Path, TryOut, pl.DataFrame]]) -> None:
    for feed, _, _, rows in read:
        if feed == "probation_caseload":
            assert set(rows.filter(pl.col("measure") == "people")["category_code"]) == {None}
            known = rows.filter(pl.col("value").is_not_null()).group_by("measure").agg(pl.col("value").sum())
            totals = dict(known.iter_rows())
            assert totals["people"] < totals["orders"]
            assert "suppressed" in set(rows["symbol"]) or rows["value"].null_count() == 0


def test_faults_of_the_youth_justice_service(landing: Path) -> None:
    numbers = {
        record["ChildNumber"]
        for path in landing.glob("demo_youth_justice/*/*.xml")
        for record in part(path, "Children")
        if record["Surname"] == planted.CHILD.surname
    }
    assert numbers == {planted.CHILD_NUMBER, planted.CHILD_NUMBER_OTHERWISE}
    young = [
        path.stem
        for path in landing.glob("demo_youth_justice/*/*.xml")
        for record in part(path, "Children")
        if date.fromisoformat(record["DateOfBirth"]) > date.fromisoformat(record["ContactDate"]) - timedelta(3650)
    ]
    assert young == [f"YJ_MARKSHIRE_{youth.BORN_TOO_LATE:%Y%m}"]
    strays = []
    for path in landing.glob("demo_youth_justice/*/*.xml"):
        offences = {record["id"] for record in part(path, "Offences")}
        strays += [path.stem for record in part(path, "Disposals") if record["OffenceRef"] not in offences]
    assert strays == [f"YJ_MARKSHIRE_{youth.NO_OFFENCE:%Y%m}"]
    first, second = sorted(landing.glob("demo_youth_justice/*/YJ_MARKSHIRE_202407.xml"))
    assert part(first, "Children") == part(second, "Children")
    assert part(first, "Offences") == part(second, "Offences")
    changed = [a["id"] for a, b in zip(part(first, "Disposals"), part(second, "Disposals"), strict=True) if a != b]
    assert len(changed) == 1


def test_children_offences_and_orders_are_counted_apart(landing: Path) -> None:
    for path in landing.glob("demo_youth_justice/*/*.xml"):
        children, offences, disposals = (part(path, name) for name in ("Children", "Offences", "Disposals"))
        numbers = [record["ChildNumber"] for record in children]
        assert len(set(numbers)) == len(numbers)
        assert len(offences) > len(children)
        assert {record["ChildNumber"] for record in disposals} <= set(numbers)


def test_faults_of_the_schools(landing: Path, specs: SpecSet) -> None:
    late = {
        file.name
        for file in exclusions.exclusion_files()
        for term in calendars.TERMS
        if exclusions.term_name(term) in file.name and file.issued != exclusions.CORRECTED_ISSUED
        if (file.issued - calendars.after(term, 4)).days
        >= specs.feeds["demo_education/pupil_exclusion"].feed.cadence.due_days
    }
    assert late == {"Exclusions autumn 2024.xlsx"}
    pupils = list(sheet(one(landing, "Exclusions summer 2024.xlsx"), "Exclusions", 4))
    (known,) = [row for row in pupils if row["Surname"] == planted.PUPIL.surname]
    assert (known["UPN"], known["NCY"]) == (planted.PUPIL_NUMBER, "7")
    assert planted.PARENT_MAIL in known["Comment"]
    (old,) = [
        row for row in sheet(one(landing, "Exclusions summer 2023.xlsx"), "Exclusions", 4) if row["DOB"].year < 1950
    ]
    assert old["NCY"]
    reasons = [
        [row[f"Reason {place}"] for place in (1, 2, 3)]
        for path in landing.glob("demo_education/*/*.xlsx")
        for row in sheet(path, "Exclusions", 4)
    ]
    assert {sum(map(bool, row)) for row in reasons} == {1, 2, 3}
    assert [row[0] for row in reasons].count(exclusions.WITHDRAWN_REASON) == 2


def test_faults_of_the_hospital(landing: Path) -> None:
    def lines(name: str) -> list[list[str]]:
        return [line.split("|") for line in one(landing, name).read_text("ascii").splitlines()]

    for path in landing.glob("demo_hospital/*/*.txt"):
        head, *attended, trailer = lines(path.name)
        month = datetime.strptime(head[1], "%d/%m/%Y").date()
        assert head == ["H", f"{month:%d/%m/%Y}", f"{calendars.after(month, 1) - timedelta(1):%d/%m/%Y}", "RZM01"]
        assert trailer == ["T", str(len(attended))]
        assert all(row[5] < row[4] for row in attended), "an assault comes before the arrival"
    (told,) = [row for row in lines("ISTV_RZM01_Aug24.txt") if planted.PATIENT_NUMBER in row]
    assert planted.PATIENT_NAME in told[9]
    assert planted.PATIENT_PHONE in told[9]
    born = [row[2] for row in lines("ISTV_RZM01_Dec24.txt")[1:-1]]
    assert [text[4:] for text in born if text.endswith("0230")] == ["0230"]


def test_an_assault_of_the_night_before_is_of_the_month_of_arrival(
    read: list[tuple[str, Path, TryOut, pl.DataFrame]],
) -> None:
    (rows,) = [rows for feed, path, _, rows in read if path.name == "ISTV_RZM01_May24.txt"]
    before = rows.filter(pl.col("assaulted_from") < datetime(2024, 5, 1))
    assert before["arrived_from"].to_list() == [datetime(2024, 5, 1, 0, 41)]
    assert before["period_start"].to_list() == [date(2024, 5, 1)]


def test_faults_of_the_ambulance_service(landing: Path) -> None:
    (old,) = [row for row in table(landing, "AMB_week_2025-02-24.csv") if row["Age"] == "214"]
    assert old["Incident"]
    assert [row["Grid Ref"] for row in table(landing, "AMB_week_2025-03-10.csv")].count("") == 2
    (told,) = [row["Notes"] for row in table(landing, "AMB_week_2025-01-27.csv") if planted.CALLER_NAME in row["Notes"]]
    assert planted.CALLER_PHONE in told
    for week in calendars.WEEKS:
        assert week.weekday() == 0
