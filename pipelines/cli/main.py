"""The `commongrid` command: its groups and options, and how it ends (0 done, 1 data refused, 2 bad usage)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.areas import history_app, tell_area
from pipelines.cli.boundaries import boundaries_app
from pipelines.cli.columns_view import specs_columns
from pipelines.cli.gazetteers import names_app, uprns_app
from pipelines.cli.keeping import backup, purge, restore
from pipelines.cli.keys import keys_app
from pipelines.cli.locating import locate
from pipelines.cli.lookups import boundaries_merge, lookups_app
from pipelines.cli.mapping import unmapped
from pipelines.cli.options import Json
from pipelines.cli.options import day as _day
from pipelines.cli.output import Output
from pipelines.cli.sealing import seal
from pipelines.cli.subjects import subject_app
from pipelines.cli.templates import specs_template

app = typer.Typer(
    name="commongrid",
    help="Turns the extracts a partnership's agencies send into one trusted warehouse of shared indicators.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
specs_app = typer.Typer(
    no_args_is_help=True,
    help="Check the specs, draft one, list columns, print their JSON Schema, write dbt models.",
)
postcodes_app = typer.Typer(no_args_is_help=True, help="Load the postcode directory.")
releases_app = typer.Typer(no_args_is_help=True, help="What was published.")
app.add_typer(specs_app, name="specs", rich_help_panel="Set up")
app.add_typer(boundaries_app, name="boundaries", rich_help_panel="Set up")
app.add_typer(lookups_app, name="lookups", rich_help_panel="Set up")
app.add_typer(postcodes_app, name="postcodes", rich_help_panel="Set up")
app.add_typer(uprns_app, name="uprns", rich_help_panel="Set up")
app.add_typer(names_app, name="names", rich_help_panel="Set up")
app.add_typer(keys_app, name="keys", rich_help_panel="Protect")
app.add_typer(history_app, name="history", rich_help_panel="Set up")
app.add_typer(subject_app, name="subject", rich_help_panel="Protect")

START, MONTHLY, ASK, SET_UP, PROTECT = "Start here", "Every month", "Ask", "Set up", "Protect"

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Judge lateness as of this day; else today.")]


@app.command(rich_help_panel=START)
def demo(json: Json = False) -> None:
    """Make the invented demo county's partner files, then run everything on them."""
    from pipelines.cli.commands import run_demo

    run_demo(Output(json))


@app.command(rich_help_panel=MONTHLY)
def load(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files to load; else all that is new in landing.")] = None,
    feed: Annotated[str | None, typer.Option(help="Take them as this feed's, PARTNER/DATASET.")] = None,
    period: Annotated[str | None, typer.Option(help="The period they report on, as 2014-05.")] = None,
    issued: Annotated[str | None, typer.Option(metavar="DATE", help="The day the partner issued them.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make a lost or older ledger again, from landing and the journal.")
    ] = False,
    json: Json = False,
) -> None:
    """Take deliveries as far as harmonised: read, coded, on the grid, every row accounted for."""
    from pipelines.cli.commands import run_load

    run_load(Output(json), paths or [], feed, period, _day(issued, "--issued"), rebuild)


@app.command(rich_help_panel=SET_UP)
def read(
    file: Annotated[Path, typer.Argument(help="A partner's file, or an archive of them.")],
    spec: Annotated[Path, typer.Option("--spec", metavar="FEED.yml", help="The feed's spec, a draft included.")],
    out: Annotated[Path | None, typer.Option(help="A folder for rows, quarantine, issues and the account.")] = None,
    dataset: Annotated[str | None, typer.Option(help="The dataset; else the spec's file name is it.")] = None,
    period: Annotated[str | None, typer.Option(help="The period the file reports on, as 2014-05.")] = None,
    issued: Annotated[str | None, typer.Option(metavar="DATE", help="The day the partner issued it.")] = None,
    json: Json = False,
) -> None:
    """Show what loading would make of one file. Nothing is loaded: it is how a spec is tried out."""
    from pipelines.cli.commands import read_file
    from pipelines.intake.claims import Declared, period_given

    declared = Declared(None, period_given(period), _day(issued, "--issued"))
    read_file(Output(json), file, spec, out, dataset, declared)


@app.command(rich_help_panel=MONTHLY)
def build(
    full: Annotated[bool, typer.Option("--full", help="Build everything anew.")] = False,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Bring the warehouse up to what is harmonised."""
    from pipelines.cli.commands import run_build

    run_build(Output(json), _day(as_of, "--as-of"), full)


@app.command(rich_help_panel=MONTHLY)
def publish(
    audience: Annotated[
        str, typer.Option(help="Who may read it: restricted, until disclosure control exists.")
    ] = "restricted",
    json: Json = False,
) -> None:
    """Check the warehouse and publish a release of it, if anything has changed."""
    from pipelines.cli.commands import run_publish

    run_publish(Output(json), audience)


@app.command(rich_help_panel=MONTHLY)
def replay(
    feed: Annotated[str | None, typer.Option(help="Only this feed's, PARTNER/DATASET.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Tell which figures would move, and change nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Put quarantined rows and refused deliveries through again, once a spec or a map has been corrected."""
    from pipelines.cli.deciding import preview_replay, run_replay

    (preview_replay if preview else run_replay)(Output(json), feed)


@app.command(rich_help_panel=MONTHLY)
def accept(
    delivery: Annotated[str, typer.Argument(help="Its id, the beginning of it, or its file's name.")],
    reason: Annotated[str, typer.Option(help="Why it is right all the same; it is kept.")],
    json: Json = False,
) -> None:
    """Take a delivery whose returns are held: far fewer rows than before, a closed period, unlike its history."""
    from pipelines.cli.deciding import accept_delivery

    accept_delivery(Output(json), delivery, reason)


@app.command(rich_help_panel=MONTHLY)
def close(
    period: Annotated[str, typer.Argument(help='As 2014-05, 2014-Q2, 2014, 2013/14 (financial), "week 2014-05-05".')],
    reopen: Annotated[bool, typer.Option("--reopen", help="Let returns in again.")] = False,
    json: Json = False,
) -> None:
    """Make a period's figures final: a return that comes for it later is held until somebody accepts it."""
    from pipelines.cli.deciding import close_or_reopen

    close_or_reopen(Output(json), period, reopen)


@app.command(rich_help_panel=MONTHLY)
def run(as_of: AsOf = None, json: Json = False) -> None:
    """Load, build, check and publish whatever is new: what the monthly schedule calls."""
    from pipelines.cli.commands import run_all

    run_all(Output(json), _day(as_of, "--as-of"))


@app.command(rich_help_panel=MONTHLY)
def status(
    feed: Annotated[str | None, typer.Option(help="This feed alone, PARTNER/DATASET.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="The day to judge by; of a past day, only what was known then."),
    ] = None,
    periods: Annotated[int | None, typer.Option(min=1, help="No more periods than these; else a year and one.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page to read, mail or print.")
    ] = None,
    json: Json = False,
) -> None:
    """What came of every expected return, what is late, quarantined or unmapped, and whose move it is."""
    from pipelines.cli.status_view import run_status

    run_status(Output(json), _day(as_of, "--as-of"), feed, html, periods)


app.command(rich_help_panel=MONTHLY)(unmapped)
app.command(rich_help_panel=PROTECT)(seal)
app.command(rich_help_panel=MONTHLY)(purge)
app.command(rich_help_panel=PROTECT)(backup)
app.command(rich_help_panel=PROTECT)(restore)


@app.command(rich_help_panel=MONTHLY)
def report(
    delivery: Annotated[str, typer.Argument(help="Its id, 6 or more characters of it, or its file's name or path.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder to write to; else the home's.")] = None,
    json: Json = False,
) -> None:
    """Write the return report on one delivery, for the partner: what was wrong, and whose move it is."""
    from pipelines.cli.reporting import write_report

    write_report(Output(json), delivery, out)


@app.command(rich_help_panel=ASK)
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT; or - to read it from standard input.")],
    audience: Annotated[str, typer.Option(help="Whose release to ask.")] = "restricted",
    release: Annotated[str | None, typer.Option(help="An earlier release, by its id.")] = None,
    as_known_at: Annotated[
        str | None, typer.Option(metavar="DATE", help="Build from what was known on that day.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
) -> None:
    """Read-only SQL on a release. The tables: records, record_counts, indicator_values, coverage and more."""
    from pipelines.cli.commands import run_query

    text = sys.stdin.read() if sql == "-" else sql
    run_query(text, audience, release, _day(as_known_at, "--as-known-at"), format_)


app.command("area", rich_help_panel=ASK)(tell_area)
app.command(rich_help_panel=ASK)(locate)
app.add_typer(releases_app, name="releases", rich_help_panel=ASK)


@releases_app.command("list")
def releases_list(audience: str = "restricted", json: Json = False) -> None:
    """Every release, the newest last."""
    from pipelines.cli.commands import list_releases

    list_releases(Output(json), audience)


@releases_app.command("show")
def releases_show(
    release: Annotated[str | None, typer.Argument(help="Its id; else the current one.")] = None, json: Json = False
) -> None:
    """What a release holds: its tables, their rows and hashes."""
    from pipelines.cli.commands import show_release

    show_release(Output(json), release)


@releases_app.command("diff")
def releases_diff(  # noqa: PLR0913 - an option each
    old: Annotated[str | None, typer.Argument(help="The release to start from; else the one before.")] = None,
    new: Annotated[str | None, typer.Argument(help="The release to end with; else the current one.")] = None,
    *,
    audience: Annotated[str, typer.Option(help="Whose releases.")] = "restricted",
    table: Annotated[
        str | None, typer.Option(help="Only of this table: record_counts, indicator_values or observations.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset, and indicators that count it.")] = None,
    area: Annotated[str | None, typer.Option(help="Only of this area, by its code or name.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every figure that differs here, the new ones too.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many figures to show of each reason and table.")] = 20,
    json: Json = False,
) -> None:
    """Which figures moved from one release to another, and why; of new periods, how many figures there are."""
    from pipelines.cli.releases_view import diff_releases
    from pipelines.publish.difference import Wanted

    diff_releases(Output(json), (old, new), audience, Wanted(table, dataset, area), csv, limit)


@specs_app.command("check")
def specs_check(
    path: Annotated[Path | None, typer.Argument(help="A folder of specs; else the one in use.")] = None,
    json: Json = False,
) -> None:
    """Report every problem in the specs at once, as file:line: message."""
    from pipelines.cli.commands import check_specs

    check_specs(Output(json), path)


@specs_app.command("schema")
def specs_schema(
    out: Annotated[Path | None, typer.Option(help="Write one file a kind into this folder; else print all.")] = None,
) -> None:
    """Print the JSON Schema of every kind of spec file, for editors."""
    from pipelines.cli.commands import write_schemas

    write_schemas(out)


@specs_app.command("models")
def specs_models(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a model is stale.")] = False,
    json: Json = False,
) -> None:
    """Write the dbt models of the datasets from their specs: after a dataset was added or changed."""
    from pipelines.cli.commands import write_dataset_models

    write_dataset_models(Output(json), check)


@specs_app.command("propose")
def specs_propose(
    file: Annotated[Path, typer.Argument(help="A partner's file; of an archive, its first file is looked at.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DRAFT.yml", help="Write the draft here, and the code maps begun beside it.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="The dataset, where it is known.")] = None,
    json: Json = False,
) -> None:
    """Look at a partner's file and draft its spec, with a question beside all that is uncertain."""
    from pipelines.cli.commands import propose_spec

    propose_spec(Output(json), file, out, dataset)


specs_app.command("template")(specs_template)
specs_app.command("columns")(specs_columns)
boundaries_app.command("merge")(boundaries_merge)


@postcodes_app.command("add")
def postcodes_add(  # noqa: PLR0913, PLR0917 - an option each
    files: Annotated[list[Path], typer.Argument(help="CSV files, or ZIP archives of them, of one directory.")],
    postcode: Annotated[str | None, typer.Option(help="The column of the postcode.")] = None,
    easting: Annotated[str | None, typer.Option(help="The column of the easting in metres.")] = None,
    northing: Annotated[str | None, typer.Option(help="The column of the northing in metres.")] = None,
    longitude: Annotated[str | None, typer.Option(help="The column of the longitude, in place of the easting.")] = None,
    latitude: Annotated[str | None, typer.Option(help="The column of the latitude, in place of the northing.")] = None,
    introduced: Annotated[
        str | None, typer.Option(help="The column of the month it was introduced, as 201405.")
    ] = None,
    terminated: Annotated[str | None, typer.Option(help="The column of the month it was terminated.")] = None,
    quality: Annotated[str | None, typer.Option(help="The column of the positional quality indicator, 1 to 9.")] = None,
    crs: Annotated[
        str | None, typer.Option(help="The CRS of the positions, as EPSG:27700; else by the layout.")
    ] = None,
    accept_fewer: Annotated[
        bool, typer.Option("--accept-fewer", help="Take a directory much smaller than the one in place.")
    ] = False,
    json: Json = False,
) -> None:
    """Load the postcode directory: ONSPD, NSPL, Code-Point Open, the Scottish directory, or any with its columns named.

    The publishers' own layouts are recognised; columns are named only for others.
    """
    from pipelines.cli.commands import add_postcode_directory
    from pipelines.place.directories.postcode_layouts import Named

    named = Named(postcode, easting, northing, longitude, latitude, introduced, terminated, quality, crs)
    add_postcode_directory(Output(json), files, named, accept_fewer)


def main() -> None:
    """The entry point: a user's mistake ends in a message and an exit code, never in a traceback."""
    from pipelines.cli.output import ending

    with ending():
        app()


if __name__ == "__main__":
    main()
