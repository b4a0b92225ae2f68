"""Figures that refuse to mix: unlike units, unlike clocks, and what was recorded before and after a break."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.conftest import Bench
from tests.integration.recorders import EAST, PLAIN, WEST, recording, residents, sheet
from tests.integration.street import add_wards, wards

AS_OF = date(2015, 9, 30)
YEAR = [*(f"2014-{month:02}" for month in range(4, 13)), "2015-01", "2015-02", "2015-03"]
JULY = f"{PLAIN}, breaks: [{{on: 2014-07, what: New system}}]"
CROSSED = "adds up what was recorded before and after a break: {}2014-07-01: New system"


@pytest.fixture
def bench(bench: Bench, tmp_path: Path) -> Bench:
    add_wards(bench.home.boundaries, wards(tmp_path))
    return bench


def built(bench: Bench, folder: Path, councils: dict[str, str], *paths: Path, **said: Any) -> None:
    """Load files under what the councils say of their recording, and build."""
    bench.specs = recording(folder, councils, **said)
    assert bench.load(residents(folder), *paths).ok, bench.said
    bench.build(as_of=AS_OF)


def counts(bench: Bench, columns: str, *, period: str = "month", area: str = "W01", whose: str = "west") -> list[Any]:
    """Columns of the counts of cars by one council in one ward, in the order of their periods."""
    return bench.ask(
        f"select {columns} from record_counts where category_code = 'car' and period_type = '{period}' "
        f"and area_code = '{area}' and supplier = '{whose}' order by period_start"
    )


def values(bench: Bench, columns: str, *, period: str = "financial_year", area: str = "W01") -> list[Any]:
    """Columns of the indicator's values in one ward, in the order of their periods."""
    return bench.ask(
        f"select {columns} from indicator_values where period_type = '{period}' and area_code = '{area}' "
        "order by period_start"
    )


def whole_year(folder: Path, council: str = "west", **given: Any) -> list[Path]:
    return [sheet(folder, council, month, **given) for month in YEAR]


def test_a_year_across_a_break_is_refused_and_says_which(bench: Bench, tmp_path: Path) -> None:
    built(bench, tmp_path, {"west": JULY}, *whole_year(tmp_path), sheet(tmp_path, "west", "2015-04"))
    columns = "count, status, flags, series, note"
    before, after = (1, "ok", None, 1, None), (1, "ok", None, 2, None)
    assert counts(bench, columns) == [before] * 3 + [after] * 10
    assert counts(bench, columns, period="financial_year") == [
        (None, "not_comparable", "crosses_break", None, CROSSED.format("")),
        (1, "partial", None, 2, None),
    ]
    assert values(bench, "numerator, value, ci_lower, status, flags, series, note")[0] == (
        None, None, None, "not_comparable", "crosses_break", None, CROSSED.format("west, "),
    )  # fmt: skip
    assert values(bench, "numerator, status, series", period="month") == [(1, "ok", 1)] * 3 + [(1, "ok", 2)] * 10


def test_where_the_register_allows_it_a_year_across_a_break_has_a_value_and_a_note(
    bench: Bench, tmp_path: Path
) -> None:
    built(bench, tmp_path, {"west": JULY}, *whole_year(tmp_path), allows="breaks")
    assert values(bench, "numerator, value, status, flags, series, note") == [
        (12, 12.0, "ok", "crosses_break", None, CROSSED.format("west, "))
    ]
    assert bench.ask("select allows from indicators") == [("breaks",)]
    # A count has no register that could allow it.
    assert counts(bench, "count, status", period="financial_year") == [(None, "not_comparable")]


def test_a_figure_of_one_side_of_a_break_alone_does_not_cross_it(bench: Bench, tmp_path: Path) -> None:
    built(bench, tmp_path, {"west": JULY}, *(sheet(tmp_path, "west", month) for month in YEAR[3:]))
    assert counts(bench, "count, status, series, note", period="financial_year") == [(9, "partial", 2, None)]
    assert values(bench, "numerator, status, series") == [(9, "partial", 2)]


def test_a_break_within_a_month_is_crossed_by_that_month(bench: Bench, tmp_path: Path) -> None:
    said = JULY.replace("2014-07", "2014-07-17")
    built(bench, tmp_path, {"west": said}, *(sheet(tmp_path, "west", month) for month in YEAR[2:5]))
    assert counts(bench, "count, status, series") == [(1, "ok", 1), (None, "not_comparable", None), (1, "ok", 2)]
    # What no figure is made of has no note.
    assert counts(bench, "status, note", area="W02", whose="west") == []


def test_a_break_after_which_figures_still_compare_is_told_and_refuses_nothing(bench: Bench, tmp_path: Path) -> None:
    built(bench, tmp_path, {"west": JULY.replace("New system", "New form, compares: true")}, *whole_year(tmp_path))
    assert counts(bench, "count, status, series", period="financial_year") == [(12, "ok", 1)]
    assert bench.ask("select breaks from recording_profiles where dataset = 'abandoned_vehicle'") == [
        ("2014-07-01: New form [figures still compare]",)
    ]


def test_a_sum_over_suppliers_crosses_the_break_of_any_of_them(bench: Bench, tmp_path: Path) -> None:
    councils = {"west": PLAIN, "ranger": JULY, "east": PLAIN}
    paths = [*whole_year(tmp_path), *whole_year(tmp_path, "ranger"), *whole_year(tmp_path, "east", at=EAST)]
    built(bench, tmp_path, councils, *paths)
    assert values(bench, "numerator, status, note") == [(None, "not_comparable", CROSSED.format("ranger, "))]
    assert values(bench, "numerator, status, series, note", area="W02") == [(12, "ok", 1, None)]
    assert [row[0] for row in values(bench, "series", period="month")] == [1] * 3 + [2] * 9
    assert counts(bench, "count, status, series", period="financial_year") == [(12, "ok", 1)]


def test_each_supplier_of_a_partner_has_breaks_of_its_own(bench: Bench, tmp_path: Path) -> None:
    bench.specs = recording(tmp_path, {"west": JULY.replace("New system", "New system, supplier: west")})
    (held,) = bench.specs.feeds["west/abandoned_vehicle"].feed.recording.breaks_of("west")
    assert (held.on, bench.specs.feeds["west/abandoned_vehicle"].feed.recording.breaks_of("other")) == (
        date(2014, 7, 1),
        [],
    )


def test_a_stray_across_a_break_is_left_out_and_told(bench: Bench, tmp_path: Path) -> None:
    councils = {"west": PLAIN, "east": JULY}
    strays = [sheet(tmp_path, "east", month, at=WEST) for month in YEAR]
    built(bench, tmp_path, councils, *whole_year(tmp_path), *strays)
    assert values(bench, "numerator, status, flags, series, note") == [
        (12, "ok", "outside_supplier_area,unlike_strays", 1, None)
    ]
    assert values(bench, "numerator", period="month") == [(2,)] * 12


def test_unlike_units_are_never_added_whichever_they_are(bench: Bench, tmp_path: Path) -> None:
    units = ("case", "visit", "person", "removal", "order")
    councils = {"west": PLAIN, "ranger": PLAIN.replace("report,", "case,")}
    councils |= {f"east_{unit}": PLAIN.replace("report,", f"{unit},") for unit in units}
    paths = [sheet(tmp_path, name, "2014-05", at=EAST if name.startswith("east") else WEST) for name in councils]
    built(bench, tmp_path, councils, *paths)
    columns = "numerator, value, status, note"
    assert values(bench, columns, period="month") == [
        (None, None, "not_comparable", "counted in parts of this area as case, not as report")
    ]
    assert values(bench, columns, period="month", area="W02") == [
        (None, None, "not_comparable", "counted here as case, order, person, removal, visit, not as report")
    ]


def test_unlike_clocks_are_added_only_where_the_register_allows_it(bench: Bench, tmp_path: Path) -> None:
    councils = {"west": PLAIN, "ranger": PLAIN.replace("clock: reported", "clock: closed")}
    built(bench, tmp_path, councils, *(sheet(tmp_path, name, "2014-05") for name in councils))
    columns = "numerator, value, status, flags, note"
    told = "adds up unlike clocks: closed, reported"
    assert values(bench, columns, period="month") == [(None, None, "not_comparable", "unlike_clocks", told)]
    built(bench, tmp_path, councils, allows="clocks")
    assert values(bench, columns, period="month") == [(2, 2.0, "ok", "unlike_clocks", told)]


def test_before_coverage_starts_figures_are_partial_or_none_and_never_0(bench: Bench, tmp_path: Path) -> None:
    paths = [sheet(tmp_path, "west", "2014-04", 2), *(sheet(tmp_path, "west", month, 0) for month in YEAR[1:])]
    built(bench, tmp_path, {"west": f"{PLAIN}, covers_from: 2014-06-10", "ranger": PLAIN}, *paths)
    first = [
        (2, 0.0, "partial", "before_coverage"),
        (None, 0.0, "not_supplied", "before_coverage"),
        (None, 0.0, "not_supplied", "before_coverage"),
        (0, 0.5, "partial", None),
    ]
    assert counts(bench, "count, coverage_share, status, flags")[:4] == first
    assert counts(bench, "count, status, flags", period="financial_year") == [(2, "partial", "before_coverage")]
    rates = values(bench, "numerator, status, flags", period="month")[:4]
    assert rates[:2] == [(2, "partial", "before_coverage"), (None, "not_supplied", "before_coverage")]
    assert rates[3] == (0, "partial", None)


def test_what_the_specs_say_anew_is_built_as_a_full_build_does(bench: Bench, tmp_path: Path) -> None:
    paths = [*whole_year(tmp_path), *whole_year(tmp_path, "ranger")]
    built(bench, tmp_path, {"west": PLAIN, "ranger": PLAIN}, *paths)
    assert values(bench, "numerator, status") == [(24, "ok")]
    said = {"west": f"{JULY}, covers_from: 2014-05", "ranger": PLAIN.replace("reported", "closed")}
    loaded = len(bench.said)
    built(bench, tmp_path, said, allows="breaks, clocks")
    # Nothing that was read is read again for it.
    assert not [line for line in bench.said[loaded:] if "west-2014" in line]
    assert values(bench, "numerator, status, flags, series") == [
        (24, "partial", "before_coverage,crosses_break,unlike_clocks", None)
    ]
    incremental = bench.hashes()
    bench.build(full=True, as_of=AS_OF)
    assert bench.hashes() == incremental


def test_the_profile_is_published(bench: Bench, tmp_path: Path) -> None:
    said = (
        "unit: case, clock: closed, place: premises, includes: [Cars and vans, No trailers], covers_from: 2013, "
        "breaks: [{on: 2014-07, what: New system}, {on: 2015, what: 'Split; in two', supplier: west}], note: By hand"
    )
    built(bench, tmp_path, {"west": said}, sheet(tmp_path, "west", "2014-05"))
    assert bench.ask("from recording_profiles where partner = 'west'") == [
        (
            "west", "abandoned_vehicle", "case", "closed", "premises", "Cars and vans; No trailers", date(2013, 1, 1),
            "2014-07-01: New system; 2015-01-01 (west): Split; in two", "By hand",
        )
    ]  # fmt: skip
    assert "recording_profiles" in bench.hashes()


def test_supplied_figures_have_a_series_and_a_value_has_that_of_what_it_is_set_against(
    bench: Bench, tmp_path: Path
) -> None:
    people = "  covers_from: 2014\n  breaks: [{on: 2015, what: Census}]\n"
    paths = [sheet(tmp_path, "west", month) for month in ("2014-12", "2015-01")]
    built(bench, tmp_path, {"west": PLAIN}, *paths, residents(tmp_path, 2013), residents(tmp_path, 2015), people=people)
    observed = (
        "select year(period_start), value, status, flags, series from observations where area_code = 'W01' order by 1"
    )
    assert bench.ask(observed) == [
        (2013, 1000.0, "partial", "before_coverage", 1),
        (2014, 1000.0, "ok", None, 1),
        (2015, 1000.0, "ok", None, 2),
    ]
    assert values(bench, "denominator_year, series", period="month") == [(2014, 1), (2015, 2)]
    # Of a figure that its supplier counted over the whole year, the year of the break is of neither side.
    across = people.replace("2015", "2014-07")
    bench.specs = recording(tmp_path, {"west": PLAIN}, people=across, clock="reported")
    bench.build(as_of=AS_OF)
    assert bench.ask(observed)[1:] == [(2014, 1000.0, "ok", "crosses_break", None), (2015, 1000.0, "ok", None, 2)]
    assert values(bench, "denominator_year, series", period="month") == [(2014, None), (2015, 2)]


MONTHS = [date(2014 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(4, 16)]
DAYS = st.one_of(st.sampled_from(MONTHS), st.dates(date(2014, 3, 1), date(2015, 4, 30)))


def _expected(first: date, last: date, days: set[date]) -> tuple[bool, int | None]:
    """Whether a figure of these days crosses a break, and its series, told from the definition."""
    crosses = any(first < day <= last for day in days)
    return crosses, None if crosses else 1 + sum(day <= first for day in days)


@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(days=st.sets(DAYS, max_size=4), sent=st.sets(st.sampled_from(MONTHS), min_size=1))
@example(days={date(2014, 4, 1), date(2014, 9, 1), date(2014, 9, 2)}, sent=set(MONTHS))
def test_figures_cross_the_breaks_that_lie_within_what_they_add_up(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, days: set[date], sent: set[date]
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    bench.empty()
    add_wards(bench.home.boundaries, wards(folder))
    told = ", ".join(f"{{on: {day}, what: Something}}" for day in sorted(days))
    paths = [sheet(folder, "west", f"{month:%Y-%m}") for month in sorted(sent)]
    built(bench, folder, {"west": f"{PLAIN}, breaks: [{told}]"}, *paths)
    ends = {month: (month + timedelta(days=31)).replace(day=1) - timedelta(days=1) for month in MONTHS}
    wanted = [(month, *_expected(month, ends[month], days)) for month in sorted(sent)]
    found = counts(bench, "period_start, status = 'not_comparable', series, count")
    assert [row[:3] for row in found if row[0] in sent] == wanted
    assert all((row[3] is None) == (row[1] or row[0] not in sent) for row in found)
    year = _expected(min(sent), ends[max(sent)], days)
    assert counts(bench, "status = 'not_comparable', series", period="financial_year") == [year]
    assert values(bench, "status = 'not_comparable', series") == [year]
