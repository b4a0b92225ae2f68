"""`commongrid boundaries`: load boundary sets, list them, remove one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Json, day
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.place.boundaries.listing import ListedSet
    from pipelines.place.boundaries.sets import AddedSet

boundaries_app = typer.Typer(no_args_is_help=True, help="Load boundary sets, list them, remove one.")
# How many gaps are told one by one: the greatest.
_TOLD = 10


@boundaries_app.command("add")
def boundaries_add(  # noqa: PLR0913
    files: Annotated[list[Path], typer.Argument(help="GeoJSON, TopoJSON, GeoPackage or Shapefile.")],
    *,
    set_: Annotated[str, typer.Option("--set", help="Name of the set, as ward_2018.")],
    code: Annotated[str, typer.Option(help="The field that holds the area's code.")],
    name: Annotated[str, typer.Option(help="The field that holds the area's name.")],
    parent: Annotated[
        str | None,
        typer.Option(help="The field that holds the code of the area above; `:file` if it is the file's name."),
    ] = None,
    old_code: Annotated[
        str | None, typer.Option(metavar="FIELD", help="The field that holds another code the area goes by.")
    ] = None,
    valid_from: Annotated[str | None, typer.Option("--valid-from", metavar="DATE", help="First day in force.")] = None,
    valid_to: Annotated[str | None, typer.Option("--valid-to", metavar="DATE", help="Last day in force.")] = None,
    valid_from_field: Annotated[
        str | None, typer.Option(metavar="FIELD", help="The field of each area's first day in force.")
    ] = None,
    valid_to_field: Annotated[
        str | None, typer.Option(metavar="FIELD", help="The field of each area's last day in force.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The publisher's release, as `ONS Open Geography 2024-12 BGC`.")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="The CRS, where the file declares none, as EPSG:27700.")] = None,
    layer: Annotated[str | None, typer.Option(help="The layer, of a file that has several.")] = None,
    join_parts: Annotated[
        bool, typer.Option("--join-parts", help="Features of one code and name are parts of one area.")
    ] = False,
    accept_fewer: Annotated[
        bool, typer.Option("--accept-fewer", help="Let the set shrink to less than half of its areas.")
    ] = False,
    json: Json = False,
) -> None:
    """Load a boundary set, and find the area of every known place in it."""
    from pipelines.place.assign import assign_all
    from pipelines.place.boundaries.sets import AddOptions, BoundaryFields, add_boundaries
    from warehouse.home import Home

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", set_):
        fail(f'"{set_}" is not a name for a set: use lower-case letters, digits and _, as ward_2018', USAGE)
    begin = day(valid_from, "--valid-from")
    options = AddOptions(day(valid_to, "--valid-to"), source, layer, join_parts, accept_fewer)
    fields = BoundaryFields(code, name, parent, old_code, valid_from_field, valid_to_field)
    output, home = Output(json), Home.from_environment()
    with home.alone():
        added = add_boundaries(files, home.boundaries, set_, fields, begin, crs, options)
        assigned = assign_all(home.places, home.boundaries, output.say).get(set_, 0)
    output.say(f"{set_}: {added.areas:,} areas; {assigned:,} known places assigned to them")
    for line in _told(added):
        output.say(f"  {line}")
    output.end({"set": set_, **_summary(added), "places": assigned}, True)


@boundaries_app.command("list")
def boundaries_list(json: Json = False) -> None:
    """The boundary sets loaded, their dates and sources, and how many places lie in their areas."""
    from pipelines.place.boundaries.listing import listed_sets
    from warehouse.home import Home

    sets = listed_sets(Home.from_environment().boundaries)
    output = Output(json)
    if not json:
        _show(sets)
    output.result({"ok": True, "sets": [vars(item) for item in sets]})


@boundaries_app.command("remove")
def boundaries_remove(
    name: Annotated[str, typer.Argument(help="The set, as ward_2018.")],
    json: Json = False,
) -> None:
    """Remove a boundary set; the next build drops its figures."""
    from pipelines.intake.refusal import Refusal
    from pipelines.place.boundaries.sets import remove_set
    from pipelines.specs.check import load_specs
    from warehouse.home import Home

    home = Home.from_environment()
    specs = load_specs(home.specs)
    with home.alone():
        kind = f"boundaries/{name}"
        feeds = sorted(
            feed_id
            for feed_id, feed in specs.feeds.items()
            if any(kind in feed.feed.needs(version) for version in feed.feed.versions)
        )
        if feeds:
            raise Refusal(
                "bad_value",
                f"{name}: area codes of {', '.join(feeds)} are from it; take it out of `boundary_set` "
                "in the spec first, or name another set there",
            )
        remove_set(home.boundaries, name)
    output = Output(json)
    output.say(f"{name}: removed; the next `commongrid run` drops its figures")
    output.end({"set": name}, True)


def _told(added: AddedSet) -> list[str]:
    """What was found in a set, in lines a data officer can act on."""
    from pipelines.place.boundaries.checks import surface

    lines = [f"mended {item}" for item in added.mended]
    if added.joined:
        lines.append(f"{added.joined:,} features joined to others of their code, as parts of one area")
    if added.encodings:
        lines.append(f"its names are in {', '.join(added.encodings)}, though the file does not say so")
    if added.slivers:
        most = added.slivers[0]
        lines.append(
            f"{_many(added.slivers, 'narrow overlap')} of outlines drawn apart, {surface(most.square_m)} at most "
            f"({' and '.join(most.codes)}): a place there is in the area of the lowest code"
        )
    wide, narrow = _gaps(added)
    lines += [f"gap of {gap}" for gap in wide[:_TOLD]]
    if len(wide) > _TOLD:
        lines.append(f"and {len(wide) - _TOLD:,} smaller gaps")
    if wide:
        lines.append("a place in a gap lies in no area: look whether an area is missing")
    if narrow:
        lines.append(f"{_many(narrow, 'narrow gap')}, {surface(narrow[0].square_m)} at most, of outlines drawn apart")
    if added.outside_cover:
        lines.append(
            f"{added.outside_cover:,} areas lie outside the cover of the National Grid: nothing can be placed in them"
        )
    if added.without_parent:
        lines.append(
            f"{added.without_parent:,} areas have no parent: give --parent, or nobody is known to speak for them"
        )
    return lines


def _many(items: Any, word: str) -> str:
    return f"{len(items):,} {word}{'' if len(items) == 1 else 's'}"


def _gaps(added: AddedSet) -> tuple[list[Any], list[Any]]:
    """Gaps to tell one by one, and those that are slivers."""
    wide = [gap for gap in added.gaps if not gap.is_sliver]
    return wide, [gap for gap in added.gaps if gap.is_sliver]


def _summary(added: AddedSet) -> dict[str, Any]:
    """What a program reads: `mended` are codes, `mendings` what was done."""
    wide, narrow = _gaps(added)
    return {
        "areas": added.areas,
        "outside_cover": added.outside_cover,
        "without_parent": added.without_parent,
        "joined": added.joined,
        "encodings": list(added.encodings),
        "mended": [item.code for item in added.mended],
        "mendings": [vars(item) for item in added.mended],
        "narrow_overlaps": [vars(item) for item in added.slivers],
        "gaps": [vars(item) for item in wide],
        "narrow_gaps": len(narrow),
    }


def _show(sets: list[ListedSet]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    if not sets:
        console.print("no boundary sets; load one with `commongrid boundaries add`")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("set", no_wrap=True)
    for heading in ("areas", "places", "outside"):
        table.add_column(heading, justify="right")
    table.add_column("in force", no_wrap=True)
    table.add_column("source", overflow="fold")
    for item in sets:
        begun = f"from {item.valid_from}" if item.valid_from else "-"
        in_force = f"{item.valid_from or ''} to {item.valid_to}".strip() if item.valid_to else begun
        counts = (item.areas, item.places, item.outside)
        table.add_row(item.name, *(f"{count:,}" for count in counts), in_force, item.source_release or "-")
    console.print(table)
    for item in sets:
        if item.without_parent:
            console.print(f"{item.name}: {item.without_parent:,} of {item.areas:,} areas have no parent")
