"""Outcomes find their crimes; records of two agencies are counted as possible overlaps where both agreed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench, code_map
from tests.integration.street import add_wards, wards

POLICE, HOSPITAL = "northshire", "southshire"
_PARTNER = """
title: {name}
description: An agency made for tests
contact: {{role: data desk}}
suppliers:
  {name}: {{title: {name}, speaks_for: [E07000209, E07000210]}}
"""
_FEED = """
title: What {partner} logs
cadence: {{every: month, due: 20 days after}}
recording: {{unit: recorded_crime, clock: occurred, place: incident}}
retention: 5 years
versions:
  - valid_from: 2014-01
    files: "{partner}-{dataset}-{{period:%Y-%m}}.csv"
    format: {{type: csv}}
    columns:
      Ref: source_id
      When: {{field: occurred, date: "{date}"}}
      Kind: {{field: category_code, map: {dataset}}}
    location: [{{by: coordinates, x: E, y: N, crs: "EPSG:27700", square_m: 10}}]
    expect: {{quarantined_share: 0.5}}
"""
AGREED = """
- between: [northshire/crime, southshire/crime]
  categories: {northshire/crime: [violence_sexual_offences]}
  within_m: 200
  within_hours: 2
  agreed_by: {northshire: Data protection officer, southshire: Caldicott guardian}
  agreed_on: 2014-01-01
"""
KINDS = {
    "crime": code_map("V,map,violence_sexual_offences", "R,map,robbery", "D,map,drugs"),
    "crime_outcome": code_map("C,map,1", "N,map,18"),
}
MINUTE, DAY = "%Y-%m-%d %H:%M", "%Y-%m-%d"
# A point in the west ward, and one in the east.
WEST, EAST = (501500, 151500), (508500, 151500)
Row = tuple[str, str, str, tuple[int, int]]


@dataclass
class Agencies:
    """A folder of specs with the two agencies, and the bench that loads what they send."""

    bench: Bench
    folder: Path

    def agree(self, text: str) -> None:
        (self.folder / "specs" / "agreements.yml").write_text(text, encoding="utf-8")
        self.bench.specs = load_specs(self.folder / "specs")

    def feed(self, partner: str, dataset: str, date: str) -> None:
        home = self.folder / "specs" / "partners" / partner
        (home / "codes").mkdir(parents=True, exist_ok=True)
        (home / "partner.yml").write_text(_PARTNER.format(name=partner), encoding="utf-8")
        (home / "codes" / f"{dataset}.csv").write_text(KINDS[dataset], encoding="utf-8")
        text = _FEED.format(partner=partner, dataset=dataset, date=date)
        (home / f"{dataset}.yml").write_text(text, encoding="utf-8")

    def send(self, partner: str, dataset: str, rows: list[Row], month: str = "2014-05") -> None:
        lines = ["Ref,When,Kind,E,N", *(f"{ref},{when},{kind},{e},{n}" for ref, when, kind, (e, n) in rows)]
        path = self.folder / f"{partner}-{dataset}-{month}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert self.bench.load(path).ok, self.bench.said


@pytest.fixture
def agencies(bench: Bench, tmp_path: Path) -> Agencies:
    add_wards(bench.home.boundaries, wards(tmp_path))
    shutil.copytree(ROOT / "ingest_specs", tmp_path / "specs")
    made = Agencies(bench, tmp_path)
    made.feed(POLICE, "crime", MINUTE)
    made.feed(HOSPITAL, "crime", MINUTE)
    bench.specs = load_specs(tmp_path / "specs")
    return made


def near(point: tuple[int, int], east: int) -> tuple[int, int]:
    return point[0] + east, point[1]


# --- outcomes and crimes ----------------------------------------------------------------------------------------------


def test_an_outcome_is_linked_to_the_latest_crime_row_not_after_it_and_no_row_is_multiplied(agencies: Agencies) -> None:
    agencies.feed(POLICE, "crime", DAY)
    agencies.feed(POLICE, "crime_outcome", DAY)
    agencies.bench.specs = load_specs(agencies.folder / "specs")
    agencies.send(POLICE, "crime", [("a", "2014-05-03", "V", WEST), ("b", "2014-05-09", "R", WEST)])
    june = [("a", "2014-06-10", "V", WEST), ("c", "2014-06-20", "V", WEST)]
    june += [("d", "2014-06-01", "V", WEST), ("d", "2014-06-01", "R", WEST)]
    agencies.send(POLICE, "crime", june, "2014-06")
    agencies.send(HOSPITAL, "crime", [("x", "2014-06-01 10:00", "V", WEST)], "2014-06")
    outcomes = [
        ("a", "2014-06-05", "N"), ("a", "2014-06-30", "C"), ("b", "2014-06-09", "C"), ("c", "2014-06-02", "N"),
        ("", "2014-06-02", "N"), ("d", "2014-06-02", "N"), ("x", "2014-06-02", "N"),
    ]  # fmt: skip
    agencies.send(POLICE, "crime_outcome", [(*outcome, WEST) for outcome in outcomes], "2014-06")
    agencies.bench.build()
    found = agencies.bench.ask(
        "select source_id, strftime(links.occurred_from, '%d'), is_linked, reason, "
        "strftime(crime_occurred_from, '%Y-%m-%d') from outcome_links as links "
        "join fct_crime_outcome using (record_id, period_start) order by all"
    )
    assert found == [
        ("a", "05", True, None, "2014-05-03"),
        ("a", "30", True, None, "2014-06-10"),
        ("b", "09", True, None, "2014-05-09"),
        ("c", "02", True, None, "2014-06-20"),
        ("d", "02", False, "several", None),
        ("x", "02", False, "no_crime", None),
        (None, "02", False, "no_id", None),
    ]
    assert agencies.bench.ask("select outcomes, linked, no_id, no_crime, several from outcome_link_counts") == [
        (7, 4, 1, 1, 1)
    ]
    # Each names a row of fct_crime.
    assert agencies.bench.ask(
        "select count(*) from outcome_links as l join fct_crime as c "
        "on l.crime_record_id = c.record_id and l.crime_period_start = c.period_start"
    ) == [(4,)]


# --- possible overlaps ------------------------------------------------------------------------------------------------

POLICE_ROWS: list[Row] = [
    ("p1", "2014-05-03 22:00", "V", WEST),
    ("p2", "2014-05-03 22:30", "V", near(WEST, 50)),
    ("p3", "2014-05-10 01:00", "V", EAST),
    ("p4", "2014-05-10 01:00", "D", EAST),  # not of an agreed category
    ("p5", "2014-05-20 12:00", "V", WEST),
]
HOSPITAL_ROWS: list[Row] = [
    ("h1", "2014-05-03 23:00", "V", near(WEST, 10)),  # nearest in time to p2, which takes it
    ("h2", "2014-05-04 00:00", "V", near(WEST, 209)),  # left for p1: 209 m are within 200 m and two half squares
    ("h3", "2014-05-10 03:30", "V", EAST),  # more than two hours after p3
    ("h4", "2014-05-20 13:00", "R", near(WEST, 211)),  # too far from p5
]
COUNTS = (
    "select area_code, records_a, records_b, possible_overlaps, overlaps_across, share, status "
    "from possible_overlaps where period_start = '2014-05-01' order by all"
)
KNOWN = [("W01", 3, 3, 2, 0, pytest.approx(2 / 3), "ok"), ("W02", 1, 1, 0, 0, 0.0, "ok")]


@pytest.mark.parametrize("turned", [1, -1])
def test_overlaps_are_counted_one_to_one_in_any_order_of_rows(agencies: Agencies, turned: int) -> None:
    agencies.agree(AGREED)
    agencies.send(POLICE, "crime", POLICE_ROWS[::turned])
    agencies.send(HOSPITAL, "crime", HOSPITAL_ROWS[::turned])
    agencies.bench.build()
    assert agencies.bench.ask(COUNTS) == KNOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        AGREED.replace(", southshire: Caldicott guardian", ""),
        AGREED.replace("2014-01-01", "2014-10-01"),
        AGREED + "  valid_to: 2014-09-29\n",
    ],
    ids=["none", "one has not signed", "not yet", "lapsed"],
)
def test_without_an_agreement_in_force_that_both_signed_nothing_is_counted(agencies: Agencies, text: str) -> None:
    agencies.agree(text)
    agencies.send(POLICE, "crime", POLICE_ROWS)
    agencies.send(HOSPITAL, "crime", HOSPITAL_ROWS)
    agencies.bench.build()
    assert agencies.bench.ask("select count(*) from possible_overlaps") == [(0,)]
    # Once both have signed, the next build counts, though nothing else has changed.
    agencies.agree(AGREED)
    agencies.bench.build()
    assert agencies.bench.ask(COUNTS) == KNOWN


def test_where_one_side_has_sent_nothing_there_is_no_count(agencies: Agencies) -> None:
    agencies.agree(AGREED)
    agencies.send(POLICE, "crime", POLICE_ROWS)
    agencies.bench.build()
    found: list[tuple[Any, ...]] = agencies.bench.ask(COUNTS)
    assert found == [("W01", 3, 0, None, None, None, "not_supplied"), ("W02", 1, 0, None, None, None, "not_supplied")]
