"""`commongrid specs columns`: every column of the feeds with its sensitivity class, and how that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.propose.classes import ClassedColumn


def specs_columns(
    feed: Annotated[str | None, typer.Argument(help="partner/dataset; else every feed.")] = None,
    guessed: Annotated[bool, typer.Option("--guessed", help="Only those whose class had to be guessed.")] = False,
    json: Json = False,
) -> None:
    """List every column of the feeds with its sensitivity class, and how that is known: declared, or guessed."""
    tell_columns(Output(json), feed, guessed)


def tell_columns(output: Output, feed: str | None, only_guessed: bool) -> None:
    """Tell the columns of one feed, or of all; at the end, how many classes are guessed, and which to be personal."""
    from pipelines.propose.classes import classed_columns, guessed
    from pipelines.specs.check import load_specs
    from pipelines.specs.problems import nearest
    from warehouse.home import Home

    specs = load_specs(Home.from_environment().specs)
    if feed is not None and feed not in specs.feeds:
        fail(f'there is no feed "{feed}"{nearest(feed, specs.feeds)}; write partner/dataset', USAGE)
    columns = classed_columns(specs, feed)
    guesses = guessed(columns)
    personal = [column for column in guesses if column.looks_like is not None]
    shown = guesses if only_guessed else columns
    if not output.as_json:
        _show(shown)
        output.say(_summed_up(len(guesses), personal))
    output.end(
        {
            "columns": [vars(column) for column in shown],
            "guessed": len(guesses),
            "personal": [
                {"feed": item.feed, "column": item.column, "looks_like": item.looks_like} for item in personal
            ],
        },
        True,
    )


def _summed_up(count: int, personal: list[ClassedColumn]) -> str:
    line = f"{count:,} column{'s' if count != 1 else ''} guessed, all of them stored nowhere past landing"
    if not personal:
        return f"{line}; none looks personal"
    named = ", ".join(f"{item.feed} {item.column} ({item.looks_like})" for item in personal)
    return f"{line}; {len(personal):,} guessed to be personal: {named}"


def _show(columns: list[ClassedColumn]) -> None:
    """A table for each version of a feed: narrow enough for a terminal, as the feed stands above it."""
    from itertools import groupby

    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    for (feed, version), group in groupby(columns, key=lambda item: (item.feed, item.version)):
        console.print(f"{feed}, from {version}", style="bold")
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("  column", "fills", "class", "tells of", "known"):
            table.add_column(heading, overflow="fold")
        for item in group:
            table.add_row(f"  {item.column}", item.fills, item.sensitivity.value, _tells_of(item), item.known)
        console.print(table)
        console.print("")


def _tells_of(item: ClassedColumn) -> str:
    """What is special about a column: health, origin, belief or sex life; offences; or what its heading looks like."""
    flags = ((item.special_category, "special category"), (item.criminal_offence, "offences"))
    return ", ".join([text for flag, text in flags if flag] + ([item.looks_like] if item.looks_like else []))
