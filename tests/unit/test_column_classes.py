"""`specs columns`: what is told of every column, and how it is known."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.propose.classes import ClassedColumn, classed_columns, guessed
from pipelines.specs.check import load_specs
from pipelines.specs.models import Sensitivity
from tests.conftest import ROOT

SPECS = load_specs(ROOT / "ingest_specs")


def told(feed: str, column: str) -> list[ClassedColumn]:
    return [item for item in classed_columns(SPECS, feed) if item.column == column]


def test_every_column_that_a_spec_names_is_told_of_and_only_ignored_ones_are_guessed() -> None:
    columns = classed_columns(SPECS)
    for name, feed in SPECS.feeds.items():
        for version in feed.feed.versions:
            mine = [item for item in columns if (item.feed, item.version) == (name, version.valid_from.isoformat())]
            assert {item.column for item in mine if item.known == "guessed"} == set(version.ignore)
            assert {item.column for item in mine} >= {*version.needed_columns(), *version.ignore}
            filled = {item.fills for item in mine if item.known == "declared"}
            assert filled == {column.field for _, column in version.fills()}


@pytest.mark.parametrize(
    ("feed", "column", "fills", "sensitivity", "known"),
    [
        ("police_uk/stop_search", "Age range", "age_band", "quasi_identifier", "declared"),
        # A row is about a person, and where it happened may tell who that was.
        ("police_uk/stop_search", "Longitude", "(place)", "quasi_identifier", "place"),
        ("police_uk/crime", "Longitude", "(place)", "plain", "place"),
        # A cell that is split, joined or chosen from tells what is made of it.
        ("avon_fire/fire_incident", "location", "(place)", "plain", "place"),
        ("avon_fire/fire_incident", "special_service_type", "category_code", "plain", "declared"),
        ("dfe/school_exclusion", "new_la_code", "area_code", "plain", "declared"),
        ("dfe/school_exclusion", "time_period", "(period)", "plain", "period"),
        ("police_uk/crime", "Reported by", "(nothing)", "identifier", "guessed"),
        ("bath_nes/noise_complaint", "Lower Layer*", "(nothing)", "plain", "guessed"),
    ],
)
def test_how_a_class_is_known(feed: str, column: str, fills: str, sensitivity: str, known: str) -> None:
    (item,) = told(feed, column)
    assert (item.fills, item.sensitivity.value, item.known) == (fills, sensitivity, known)


def test_a_column_has_the_flags_of_the_field_it_fills() -> None:
    (ethnicity,) = told("police_uk/stop_search", "Self-defined ethnicity")
    assert (ethnicity.special_category, ethnicity.sensitivity) == (True, Sensitivity.SENSITIVE)
    (outcome,) = told("police_uk/crime_outcome", "Outcome type")
    assert outcome.criminal_offence


def test_the_command_counts_the_guesses_and_names_those_that_look_personal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    every = json.loads(CliRunner().invoke(app, ["specs", "columns", "--json"]).stdout)
    assert every["guessed"] == len(guessed(classed_columns(SPECS)))
    assert {"feed": "police_uk/crime", "column": "Reported by", "looks_like": "a person"} in every["personal"]
    shown = CliRunner().invoke(app, ["specs", "columns", "police_uk/crime", "--guessed"]).stdout
    assert re.search(
        r"^6 columns guessed, .* 1 guessed to be personal: .*Reported by \(a person\)$", shown, re.MULTILINE
    )
    assert "Crime type" not in shown


def test_a_feed_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = CliRunner().invoke(app, ["specs", "columns", "police_uk/crimes"])
    assert said.exit_code == 2
    assert 'no feed "police_uk/crimes" (did you mean "police_uk/crime"?)' in said.output
