"""An event with columns of its own, an asset and a response, declared by files alone, from a file to the figures."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench, code_map
from tests.integration.street import EAST, EAST_PARENT, WEST, WEST_PARENT, add_wards, wards

AS_OF = date(2014, 9, 30)
_FEED = """
title: A feed made for tests
cadence: {{every: {every}, due: 20 days after}}
recording: {{unit: {unit}, clock: {clock}, place: premises}}
retention: 6 years
versions:
  - valid_from: 2014-01
    files: "{file}-{{period:%Y-%m}}.csv"
    format: {{type: csv}}
    columns:
"""
_PLACE = """
    location:
      - {by: coordinates, x: X, y: Y, crs: "EPSG:4326", square_m: 1}
      - {by: area, column: Area, boundary_set: [ward_2014]}
"""
NOISE = """
      Ref: source_id
      Day: {field: occurred, date: "%Y-%m-%d"}
      Type: {field: category_code, map: noise}
      From: {field: noise_source_code, map: whence}
"""
PREMISES = """
      Licence: source_id
      Kind: {field: category_code, map: premises}
      Name: premises_name
      From: {field: licensed_from, date: "%Y-%m-%d"}
"""
SURVEY = """
      Who: source_id
      Question: {field: question_code, map: question}
      Answer: {field: category_code, map: answer}
      Weight: weight
      Asked: sample_size
"""
MAPS = {
    "noise": code_map("MUSIC,map,music", "DOG,map,animals"),
    "whence": code_map("HOME,map,domestic", "SHOP,map,business"),
    "premises": code_map("PUB,map,pub", "CLUB,map,night_club"),
    "question": code_map("Q1,map,safe_day", "Q2,map,safe_night"),
    "answer": code_map("++,map,very_positive", "+,map,fairly_positive"),
}
HEADS = {
    "noise": "Ref,Day,Type,From,X,Y,Area",
    "premises": "Licence,Kind,Name,From,X,Y,Area",
    "survey": "Who,Question,Answer,Weight,Asked,X,Y,Area",
}
W, E = ",".join((*WEST, "")), ",".join((*EAST, ""))
BY_AREA, NOWHERE = ",,W02", ",,"


@pytest.fixture
def shire(bench: Bench, tmp_path: Path) -> Bench:
    root = tmp_path / "specs"
    shutil.copytree(ROOT / "ingest_specs", root)
    shutil.rmtree(root / "partners")
    for path in (root / "indicators").iterdir():
        path.unlink()
    partner = root / "partners" / "shapeshire"
    (partner / "codes").mkdir(parents=True)
    (partner / "partner.yml").write_text(
        "title: Shapeshire\ndescription: A council made for tests\ncontact: {role: data desk}\n"
        f"suppliers: {{shapeshire: {{title: Shapeshire, speaks_for: [{WEST_PARENT}, {EAST_PARENT}]}}}}\n"
    )
    for name, text in MAPS.items():
        (partner / "codes" / f"{name}.csv").write_text(text)
    for dataset, columns, facts in (
        ("noise_complaint", NOISE, {"every": "month", "unit": "report", "clock": "reported", "file": "noise"}),
        (
            "licensed_premises",
            PREMISES,
            {"every": "quarter", "unit": "premises", "clock": "snapshot", "file": "premises"},
        ),
        (
            "survey_response",
            SURVEY,
            {"every": "calendar_year", "unit": "answer", "clock": "reported", "file": "survey"},
        ),
    ):
        (partner / f"{dataset}.yml").write_text(_FEED.format(**facts).rstrip() + columns.rstrip() + _PLACE)
    bench.specs = load_specs(root)
    add_wards(bench.home.boundaries, wards(tmp_path))
    return bench


def land(bench: Bench, folder: Path, name: str, period: str, *rows: str, issued: date = date(2014, 7, 1)) -> None:
    path = folder / issued.isoformat() / f"{name}-{period}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADS[name], *rows]) + "\n")
    assert bench.load(path, issued=issued).ok, bench.said


LIGHTS = """
select area_code, category_code, count, coverage_share, status, flags, stood_on from asset_counts
where period_start = '{start}' order by all
"""
ANSWERS = """
select area_code, question_code, category_code, row_count, answers, weight, weight_squared, sample_size, status
from response_counts order by all
"""


def test_every_shape_gets_to_published_tables_and_a_revision_takes_its_place(shire: Bench, tmp_path: Path) -> None:
    land(shire, tmp_path, "noise", "2014-05", f"n1,2014-05-03,MUSIC,HOME,{W}", f"n2,2014-05-04,DOG,,{E}")
    premises = (f"p1,PUB,The Oak,2014-02-01,{W}", f"p2,CLUB,,,{W}", f"p3,PUB,The Ash,,{BY_AREA}", f"p4,PUB,,,{NOWHERE}")
    land(shire, tmp_path, "premises", "2014-01", *premises)
    land(shire, tmp_path, "premises", "2014-04", f"p1,PUB,The Oak,2014-02-01,{W}")
    survey = (
        f"r1,Q1,++,1.5,,{W}", f"r2,Q1,+,0.5,,{W}", f"r3,Q1,+,2,,{W}", f"r1,Q2,+,1.5,,{BY_AREA}",
        f",Q1,++,60,100,{E}", f",Q1,+,40,100,{E}",
    )  # fmt: skip
    land(shire, tmp_path, "survey", "2014-01", *survey)
    shire.build(as_of=AS_OF)
    fact = (
        "select source_id, category_code, source_category, noise_source_code, complaint_text, unit_counted, "
        "occurred_from::date"
    )
    assert shire.ask(f"{fact} from fct_noise_complaint order by 1") == [
        ("n1", "music", "MUSIC", "domestic", None, "report", date(2014, 5, 3)),
        ("n2", "animals", "DOG", None, None, "report", date(2014, 5, 4)),
    ]
    assert shire.ask("select dataset, count(*) from records group by all") == [("noise_complaint", 2)]
    counted = "select area_code, category_code, count from record_counts where period_type = 'month' order by all"
    # Of all kinds of noise, 0 is told of those alone that the feed can send.
    assert shire.ask(counted) == [
        ("W01", "animals", 0),
        ("W01", "music", 1),
        ("W02", "animals", 1),
        ("W02", "music", 0),
    ]
    premises_held = (
        "select source_id, premises_name, licensed_from, stated_area, place_method, period_start "
        "from fct_licensed_premises"
    )
    assert shire.ask(f"{premises_held} where period_start = '2014-01-01' order by 1") == [
        ("p1", "The Oak", date(2014, 2, 1), None, "coordinates", date(2014, 1, 1)),
        ("p2", None, None, None, "coordinates", date(2014, 1, 1)),
        ("p3", "The Ash", None, "W02", "area", date(2014, 1, 1)),
        ("p4", None, None, None, "no_location", date(2014, 1, 1)),
    ]
    end = date(2014, 3, 31)
    assert shire.ask(LIGHTS.format(start="2014-01-01")) == [
        ("W01", "night_club", 1, 1.0, "ok", None, end),
        ("W01", "pub", 1, 1.0, "ok", None, end),
        ("W02", "night_club", 0, 1.0, "ok", None, end),
        ("W02", "pub", 1, 1.0, "ok", None, end),
        ("unplaced", "pub", 1, None, "ok", None, end),
    ]
    assert [row[:3] for row in shire.ask(LIGHTS.format(start="2014-04-01")) if row[2]] == [("W01", "pub", 1)]
    assert shire.ask(ANSWERS) == [
        ("W01", "safe_day", "fairly_positive", 2, 2, 2.5, 4.25, 3, "ok"),
        ("W01", "safe_day", "very_positive", 1, 1, 1.5, 2.25, 3, "ok"),
        ("W02", "safe_day", "fairly_positive", 1, 100, 40.0, 1600.0, 100, "ok"),
        ("W02", "safe_day", "very_positive", 1, 100, 60.0, 3600.0, 100, "ok"),
        ("W02", "safe_night", "fairly_positive", 1, 1, 1.5, 2.25, 1, "ok"),
    ]
    places = "select count(distinct place_id) from place_areas"
    assert shire.ask(places) == [(2,)]

    august = date(2014, 8, 1)
    land(shire, tmp_path, "premises", "2014-04", f"p1,CLUB,The Oak,2014-02-01,{E}", issued=august)
    land(shire, tmp_path, "survey", "2014-01", f"r1,Q1,++,1,,{NOWHERE}", issued=august)
    land(shire, tmp_path, "noise", "2014-05", f"n1,2014-05-03,DOG,HOME,{W}", issued=august)
    shire.build(as_of=AS_OF)
    assert [row[:3] for row in shire.ask(LIGHTS.format(start="2014-04-01")) if row[2]] == [("W02", "night_club", 1)]
    assert len(shire.ask(LIGHTS.format(start="2014-01-01"))) == 5
    assert shire.ask(ANSWERS) == [("unplaced", "safe_day", "very_positive", 1, 1, 1.0, 1.0, 1, "ok")]
    assert shire.ask("select category_code, revision from records") == [("animals", 2)]
    incremental = shire.hashes()
    shire.build(full=True, as_of=AS_OF)
    assert shire.hashes() == incremental

    path = shire.publish(as_of=AS_OF).path
    for table in ("asset_counts", "response_counts", "fct_licensed_premises", "fct_survey_response"):
        assert (path / "csv" / f"{table}.csv").is_file()
    personal = 'select "table" from data_dictionary where personal group by all'
    tables = {table for (table,) in shire.ask(personal)}
    assert {"records", "fct_survey_response", "place_areas"} <= tables
    assert tables.isdisjoint({"asset_counts", "response_counts", "record_counts", "fct_noise_complaint"})


def test_a_period_that_did_not_come_is_not_zero_and_assets_are_not_added_over_periods(
    shire: Bench, tmp_path: Path
) -> None:
    land(shire, tmp_path, "premises", "2014-01", f"p1,PUB,The Oak,,{W}")
    land(shire, tmp_path, "premises", "2014-07", f"p1,PUB,The Oak,,{W}", issued=date(2014, 10, 2))
    shire.build(as_of=date(2014, 10, 10))
    held = "select period_start, count, status from asset_counts where area_code = 'W01' and category_code = 'pub'"
    gap = (date(2014, 4, 1), None, "not_supplied")
    assert shire.ask(f"{held} order by 1") == [(date(2014, 1, 1), 1, "ok"), gap, (date(2014, 7, 1), 1, "ok")]
    land(shire, tmp_path, "premises", "2014-04", issued=date(2014, 10, 11))
    shire.build(as_of=date(2014, 10, 12))
    nil = (date(2014, 4, 1), 0, "ok", "late_return")
    assert shire.ask(f"{held.replace('status', 'status, flags')} and period_start = '2014-04-01'") == [nil]
    incremental = shire.hashes()
    shire.build(full=True, as_of=date(2014, 10, 12))
    assert shire.hashes() == incremental
