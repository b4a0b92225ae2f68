"""A feed that states totals: what `specs check` says where its figures cannot be held against the events it names."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.specs.base import PeriodType
from pipelines.specs.check import load_specs
from pipelines.specs.periods import is_made_of, period_end, period_start, periods_between
from tests.unit.makers import line_of, shipped, spoiled, told

BULLETIN = "partners/demo_police/stated_total.yml"
OTHERS = "{dataset: crime, partner: police_uk}"


@pytest.mark.parametrize(
    ("reconciles", "message"),
    [
        ("crimes", 'there is no dataset "crimes" (did you mean "crime"?)'),
        ("population_estimate", "population_estimate holds observations; only events are counted, and so have totals"),
        (
            "abandoned_vehicle",
            'there is no feed "demo_police/abandoned_vehicle"; say whose events, by `partner` '
            "(demo_eastmark, demo_fenmark, demo_heathmark, demo_highmark, demo_millmark)",
        ),
    ],
)
def test_the_events_are_there(tmp_path: Path, reconciles: str, message: str) -> None:
    root = spoiled(tmp_path, (BULLETIN, "reconciles: crime", f"reconciles: {reconciles}"))
    (problem,) = told(root)
    assert problem == f"{BULLETIN}:{line_of(root / BULLETIN, 'reconciles:')}: reconciles: {message}"


def test_the_suppliers_are_named_alike(tmp_path: Path) -> None:
    root = spoiled(tmp_path, (BULLETIN, "reconciles: crime", f"reconciles: {OTHERS}"))
    (problem,) = told(root)
    assert "reconciles: no supplier of demo_police is one of police_uk/crime; name them alike (" in problem
    named = spoiled(
        tmp_path / "named",
        (BULLETIN, "reconciles: crime", f"reconciles: {OTHERS}"),
        (
            "partners/demo_police/partner.yml",
            "  markshire:\n    title: Markshire Police",
            "  surrey:\n    title: Surrey Police",
        ),
    )
    assert told(named) == []
    assert load_specs(named).feeds["demo_police/stated_total"].reconciled == "police_uk/crime"


def test_without_a_partner_it_is_the_feeds_own() -> None:
    feeds = shipped().feeds
    assert feeds["demo_police/stated_total"].reconciled == "demo_police/crime"
    assert feeds["demo_police/crime"].reconciled is None


def test_only_figures_state_totals(tmp_path: Path) -> None:
    crime = "partners/demo_police/crime.yml"
    root = spoiled(tmp_path, (crime, "retention: 10 years", "retention: 10 years\nreconciles: crime"))
    (problem,) = told(root)
    assert problem.endswith("reconciles: crime holds events; only a feed of figures (observations) states totals")


@pytest.mark.parametrize(("every", "is_refused"), [("week", True), ("quarter", False), ("financial_year", False)])
def test_totals_are_of_whole_periods_of_the_events(tmp_path: Path, every: str, is_refused: bool) -> None:
    problems = told(spoiled(tmp_path, (BULLETIN, "every: month", f"every: {every}")))
    refused = "cannot be held against demo_police/crime, which comes by month"
    assert [refused in problem for problem in problems] == [True] * is_refused


def test_figures_of_no_area_need_no_boundary_set_and_others_do(tmp_path: Path) -> None:
    assert "boundary_set" not in shipped().datasets["stated_total"].fields
    root = spoiled(tmp_path, (BULLETIN, "Figure: measure", "Figure: measure\n      District: area_code"))
    assert [problem.split(": ", 1)[1] for problem in told(root)] == [
        "an observation feed names the `boundary_set` its area codes are from"
    ]


@pytest.mark.parametrize(("kind", "smaller"), itertools.product(PeriodType, PeriodType))
def test_a_period_is_made_of_others_if_they_begin_and_end_with_it(kind: PeriodType, smaller: PeriodType) -> None:
    starts = list(periods_between(kind, date(2001, 1, 1), date(2030, 1, 1)))
    ends = [period_end(kind, start) + timedelta(days=1) for start in starts]
    assert is_made_of(kind, smaller) is all(period_start(smaller, day) == day for day in (*starts, *ends))
