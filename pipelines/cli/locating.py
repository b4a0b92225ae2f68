"""What `locate` does: an analyst's own file onto the grid and into areas; nothing of it is stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.specs.locations import Location


def locate(  # noqa: PLR0913 - an option each
    file: Annotated[Path, typer.Argument(metavar="IN.csv", help="A CSV file with a header, in UTF-8.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.csv", help="The file to write; it must not be there yet.")],
    *,
    easting: Annotated[str | None, typer.Option(metavar="COLUMN", help="Eastings in metres, EPSG:27700.")] = None,
    northing: Annotated[str | None, typer.Option(metavar="COLUMN", help="Northings in metres, EPSG:27700.")] = None,
    lon: Annotated[str | None, typer.Option(metavar="COLUMN", help="Longitudes in degrees, EPSG:4326.")] = None,
    lat: Annotated[str | None, typer.Option(metavar="COLUMN", help="Latitudes in degrees, EPSG:4326.")] = None,
    grid_reference: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="National Grid references, as SU 997 496.")
    ] = None,
    postcode: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Full postcodes, found in the loaded directory.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME", help="A boundary set to find areas of; as many as wanted."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for a program to read.")] = False,
) -> None:
    """Write a CSV file of your own again with each row's place and areas. Nothing is stored.

    Of several ways to a place the first that finds one is taken, in the order of the options here.
    """
    from pipelines.place.own_file import locate_file
    from pipelines.place.reference import ReferenceData
    from warehouse.home import Home

    ways = _ways(easting, northing, lon, lat, grid_reference, postcode)
    if out.exists():
        fail(f"{out} is there already; name another file", USAGE)
    home, output = Home.from_environment(), Output(json)
    sets = list(dict.fromkeys(set_ or []))
    done = locate_file(file, out, ways, ReferenceData(home.reference), home.boundaries, sets)
    output.say(f"{done.rows:,} rows: {done.placed:,} placed, {done.rows - done.placed:,} not")
    for method, count in done.methods.items():
        output.say(f"  {method:18} {count:>12,}")
    for name, count in done.areas.items():
        output.say(f"{name}: {count:,} in an area, {done.placed - count:,} outside")
    for name, other in done.renamed.items():
        output.say(f'the file has a column "{name}" of its own: what was found is in "{other}"')
    output.say(f"written to {out}")
    output.end({"out": str(out), **vars(done)}, True)


def _ways(
    easting: str | None,
    northing: str | None,
    lon: str | None,
    lat: str | None,
    grid_reference: str | None,
    postcode: str | None,
) -> tuple[Location, ...]:
    """The ways that the options declare, the most exact first."""
    from pipelines.specs.locations import Coordinates, GridReference, Postcode

    ways: list[Location] = []
    pairs = {
        ("--easting", "--northing"): (easting, northing, "EPSG:27700"),
        ("--lon", "--lat"): (lon, lat, "EPSG:4326"),
    }
    for (first, second), (x, y, crs) in pairs.items():
        if (x is None) is not (y is None):
            fail(f"{first} and {second} go together: {second if y is None else first} is missing", USAGE)
        if x is not None and y is not None:
            ways.append(Coordinates(by="coordinates", x=x, y=y, crs=crs))
    if grid_reference is not None:
        ways.append(GridReference(by="grid_reference", column=grid_reference))
    if postcode is not None:
        ways.append(Postcode(by="postcode", column=postcode))
    if not ways:
        fail(
            "say which columns hold the location: --easting and --northing, --lon and --lat, --grid-reference or "
            "--postcode",
            USAGE,
        )
    return tuple(ways)
