"""The commands that load what streets, places and properties are looked up in: `uprns add` and `names add`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.output import Output
from warehouse.home import Home

if TYPE_CHECKING:
    from pipelines.place.directories.names import NamesAdded

_KINDS_TOLD = 5
uprns_app = typer.Typer(no_args_is_help=True, help="Load property reference numbers.")
names_app = typer.Typer(no_args_is_help=True, help="Load the gazetteer of streets and places.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for a program to read.")]
Fewer = Annotated[bool, typer.Option("--accept-fewer", help="Take them though they are far fewer than those in place.")]


@uprns_app.command("add")
def uprns_add(
    files: Annotated[list[Path], typer.Argument(help="OS Open UPRN: its CSV file, or the ZIP archive it comes in.")],
    within: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(metavar="WEST SOUTH EAST NORTH", help="Keep those in this box only: metres on the National Grid."),
    ] = None,
    fewer: Fewer = False,
    json: Json = False,
) -> None:
    """Load property reference numbers (UPRNs) and where they lie."""
    from pipelines.place.ways.uprns import Box, add_uprns

    box = Box(*within) if within else None
    if box is not None and (box.west > box.east or box.south > box.north):
        raise typer.BadParameter("give west, south, east and north, in this order", param_hint="--within")
    output, home = Output(json), Home.from_environment()
    with home.alone():
        count = add_uprns(files, home.uprns, box, fewer=fewer)
    output.say(_count(count, "UPRN"))
    output.end({"uprns": count}, True)


@names_app.command("add")
def names_add(
    files: Annotated[list[Path], typer.Argument(help="OS Open Names: its CSV tiles, or the ZIP archive of them.")],
    fewer: Fewer = False,
    json: Json = False,
) -> None:
    """Load the gazetteer of streets, towns and villages."""
    from pipelines.place.directories.names import add_names

    output, home = Output(json), Home.from_environment()
    with home.alone():
        added = add_names(files, home.names, fewer=fewer)
    for line in _told(added):
        output.say(line)
    output.end(vars(added), True)


def _told(added: NamesAdded) -> Iterator[str]:
    records = _count(added.records, "record")
    yield f"{_count(added.streets, 'street')} ({records} with their sections), {_count(added.places, 'place')}"
    if added.ambiguous:
        yield f"  {_count(added.ambiguous, 'name')} of several streets in one district: only a town tells them apart"
    if added.repeated:
        yield f"  {_count(added.repeated, 'record')} given twice over, and taken once"
    if added.left:
        kinds = [f"{count:,} {kind}" for kind, count in added.left.items()]
        more = ["and others"] if len(kinds) > _KINDS_TOLD else []
        yield f"  left out: {_count(sum(added.left.values()), 'record')} ({', '.join(kinds[:_KINDS_TOLD] + more)})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
