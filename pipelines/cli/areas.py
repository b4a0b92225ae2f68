"""`commongrid history` and `commongrid area`: what is known of area codes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.output import Output, fail

history_app = typer.Typer(no_args_is_help=True, help="Load the history of area codes.")
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for a program to read.")]


@history_app.command("add")
def history_add(
    files: Annotated[
        list[Path], typer.Argument(help="The ONS Code History Database (ZIP or its CSV files), or an extract of it.")
    ],
    json: _Json = False,
) -> None:
    """Load the history of area codes, in place of an earlier one: since when each is in force, and what followed it."""
    from pipelines.place.directories.code_history import add_history
    from warehouse.home import Home

    output, home = Output(json), Home.from_environment()
    with home.alone():
        added = add_history(files, home.code_history)
    output.say(f"code history: {added.codes:,} codes, {added.ended:,} of them historic; {added.successions:,} changes")
    for name in added.passed_over:
        output.say(f"  passed over {name}: no code history")
    output.end(vars(added), True)


def tell_area(
    code: Annotated[str, typer.Argument(help="An area's code, of today or of earlier days, as E07000004 or 43UD.")],
    json: _Json = False,
) -> None:
    """What an area code is: name, kind, boundary sets, since when it is in force, when it ended, what followed it."""
    from pipelines.place.directories.area_registry import AreaRegistry
    from warehouse.home import Home

    output, home = Output(json), Home.from_environment()
    registry = AreaRegistry(home.boundaries, home.code_history, home.lookups)
    known = registry.tell(code.strip(), date.today())
    if known is None:
        fail(f'no area is known by the code "{code}"{registry.nearest(code)}')
    for line in _lines(known):
        output.say(line)
    output.end(known, True)


def _lines(known: dict[str, Any]) -> list[str]:
    """What is known of a code, for a person to read."""
    named = " ".join(filter(None, (known["area_code"], known["area_name"])))
    lines = [f"{named}: {known['kind']}" if known["kind"] else named]
    if known["asked"] != known["area_code"]:
        lines.append(f"  asked for as {known['asked']}, a code it went by before")
    if known["valid_from"] is not None or known["valid_to"] is not None:
        lines.append(f"  in force  from {known['valid_from'] or 'an unknown day'} to {known['valid_to'] or 'this day'}")
    if known["status"] == "historic":
        ended = f"ended {known['valid_to']}" if known["valid_to"] else "ended"
        after = [f"{item['area_code']} {item['area_name'] or ''}".strip() for item in known["followed_by"]]
        lines.append(f"  historic: {ended}" + (f", followed by {', '.join(after)}" if after else ""))
    elif known["status"] == "pending":
        lines.append("  pending: not yet in force")
    rows = (
        ("followed", ", ".join(known["followed"])),
        ("old code", ", ".join(known["old_codes"])),
        ("part of", known["parent_code"]),
        ("sets", ", ".join(known["boundary_sets"])),
        ("lookups", ", ".join(known["lookups"])),
    )
    return lines + [f"  {label:<9} {text}" for label, text in rows if text]
