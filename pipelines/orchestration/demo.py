"""The demo county from nothing to two releases: its files arrive in two instalments; the second corrects the first."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.orchestration.report import Say
from pipelines.orchestration.steps import run_steps
from pipelines.specs.load import SpecSet
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.sealed import IDENTITY, make_landing_key

# The demo's "today": after its last return was due, so that the coverage grid looks the same in any year.
AS_OF = date(2025, 7, 1)

EXAMPLES = (
    (
        "Crime in one ward by kind, 2024/25",
        """select category_name, sum(count) as crimes, string_agg(distinct status, ', ') as status
from record_counts
where dataset = 'crime' and boundary_set = 'demo_ward_2024' and area_name = 'Marksbridge Riverside'
  and period_type = 'financial_year' and period_start = '2024-04-01'
group by all order by crimes desc limit 5""",
    ),
    (
        "Abandoned vehicles: six districts that count reports, four that count other things, one that sent nothing",
        """select a.area_name as district, numerator as reported, round(value, 2) as per_1000_households, v.status, note
from indicator_values v join areas a using (boundary_set, area_code)
where indicator_id = 'abandoned_vehicles_reported_rate' and boundary_set = 'demo_district'
  and period_type = 'financial_year' and period_start = '2024-04-01'
order by district""",
    ),
    (
        "What the second instalment changed, and why",
        """select "table", reason, min(period_start) as first_period, count(*) as figures
from changes where period_type = 'month' and reason <> 'new_period'
group by all order by figures desc limit 5""",
    ),
)


def demo_steps(home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> dict[str, Any]:
    """Make the demo county's files and run everything on them.

    Raises:
        Refusal: where the home holds other data than the demo's.
    """
    _only_demo(ledger, home)
    from pipelines.demo import FIRST_INSTALMENT, make_county, write_deliveries

    county = make_county()
    _keys(home, specs, say)
    _reference(home, county, say)
    for title, after, to in (("first", None, FIRST_INSTALMENT), ("second", FIRST_INSTALMENT, None)):
        files = write_deliveries(county, home.landing, issued_after=after, issued_to=to)
        say(f"\n{title} instalment: {len(files)} partner files in {home.landing}")
        summary, _ok = run_steps(home, specs, ledger, _brief(say), AS_OF)
    _closing(home, say)
    return summary


def _only_demo(ledger: Ledger, home: Home) -> None:
    from pipelines.demo.agencies import agency_files
    from pipelines.demo.schedule import SENDERS
    from warehouse import ledger as led

    if home.landing_url is not None:
        message = (
            "COMMONGRID_LANDING or commongrid.yml names a real landing, into which the demo would put invented files; "
            "give the demo a home of its own: COMMONGRID_HOME=... commongrid demo"
        )
        raise Refusal("not_a_file", message)
    others = {row["partner"] for row in ledger.rows(led.delivery)}
    others -= SENDERS | {file.partner for file in agency_files()}
    if others:
        held = ", ".join(sorted(others))
        own = "give the demo a home of its own: COMMONGRID_HOME=... commongrid demo"
        message = f"{home.root} holds data of {held}; {own}"
        raise Refusal("not_a_file", message)


def _keys(home: Home, specs: SpecSet, say: Say) -> None:
    """The keys of the demo's feeds of people, in a folder beside its home unless another is named."""
    from pipelines.orchestration.rotate import make_keys
    from pipelines.protect.key_store import purposes_of

    wanted = [
        name
        for name, feed in specs.feeds.items()
        if feed.partner.startswith("demo_") and purposes_of(specs.datasets[feed.dataset])
    ]
    if not (home.keys / IDENTITY).exists():
        make_landing_key(home.keys, "demo data team")
    made = [key for feed in wanted for key in make_keys(home, specs, feed, "demo data team", AS_OF)]
    if made:
        say(f"keys: {len(made)} for pseudonyms, and one that landing is sealed with, in {home.keys}")


def _reference(home: Home, county: Any, say: Say) -> None:
    """Boundaries and what places are looked up in, through the same code as the commands that load them."""
    from pipelines.demo import write_reference
    from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
    from pipelines.place.directories.code_history import add_history
    from pipelines.place.directories.names import add_names
    from pipelines.place.directories.postcode_directory import add_postcodes
    from pipelines.place.ways.uprns import add_uprns

    files = write_reference(county, home.root / "reference" / "demo")
    sets: tuple[tuple[str, Path, BoundaryFields, date], ...] = (
        ("demo_ward_2019", files.wards_2019, BoundaryFields("WD19CD", "WD19NM", "LAD19CD"), date(2019, 5, 2)),
        ("demo_ward_2024", files.wards_2024, BoundaryFields("WD24CD", "WD24NM", "LAD24CD"), date(2024, 5, 2)),
        ("demo_district", files.districts, BoundaryFields("LAD24CD", "LAD24NM"), date(2019, 5, 2)),
    )
    for name, path, fields, valid_from in sets:
        added = add_boundaries([path], home.boundaries, name, fields, valid_from, None)
        say(f"boundaries {name}: {added.areas} areas")
    directory = add_postcodes([files.postcodes], home.postcodes, accept_fewer=True)
    say(f"postcodes: {directory.postcodes}")
    say(f"UPRNs: {add_uprns([files.uprns], home.uprns):,}")
    named = add_names([files.names], home.names)
    say(f"names: {named.streets} streets, {named.places} places")
    say(f"code history: {add_history([files.code_history], home.code_history).codes} codes")
    _other_areas(home, files.councils_2027, say)


def _other_areas(home: Home, councils: Path, say: Say) -> None:
    """The way from the wards of 2019 to those of 2024, and the two councils that the districts become in 2027."""
    from pipelines.place.boundaries.merge import merge_set
    from pipelines.place.lookups.derive import By, Measure, derive
    from pipelines.place.lookups.shares import AreaSet
    from pipelines.place.lookups.store import write_lookup

    before, after = (AreaSet(home.boundaries, f"demo_ward_{year}") for year in (2019, 2024))
    derived = derive(before, after, Measure(By.addresses, home.reference))
    write_lookup(home.lookups, derived.rows)
    say(f"lookup demo_ward_2019 to demo_ward_2024: {derived.rows.height} pairs, shared by {derived.counted}")
    vesting = date(2027, 4, 1)
    merged = merge_set(
        home.boundaries, home.lookups, "demo_district", "demo_unitary_2027", councils, vesting,
        pending=True, keep_rest=False,
    )  # fmt: skip
    say(f"boundaries demo_unitary_2027: {merged.areas} areas, in force from {vesting}")


def _brief(say: Say) -> Say:
    """Leaves out the line of each file that loaded without a fault: there are two hundred of them."""

    def brief(line: str) -> None:
        if not (line.startswith("loaded") and line.endswith(" rows")):
            say(line)

    return brief


def _closing(home: Home, say: Say) -> None:
    from warehouse.query import answer_text, ask
    from warehouse.releases import DATABASE, release_path

    release = release_path(home, "restricted", None)
    say(f"\nThe results are in {release}")
    say("  commongrid.duckdb   every published table, for SQL")
    say("  parquet/ and csv/   the same tables for other tools")
    for title, sql in EXAMPLES:
        say(f"\n-- {title}\n{sql}\n")
        say(answer_text(ask(release / DATABASE, sql)))
    say('Ask your own: .venv/bin/commongrid query "select * from data_dictionary"')
