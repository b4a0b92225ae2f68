"""`purge`, `backup`, `restore`: what is kept no longer, and what is kept elsewhere as well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Json, day
from pipelines.cli.output import Output


def purge(
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge by this day; else by today.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be deleted, and delete nothing.")] = False,
    json: Json = False,
) -> None:
    """Delete files from landing, and what was read of them, once each feed's `retention` has passed."""
    from datetime import date

    from pipelines.cli.commands import opened
    from pipelines.orchestration.purge import purge as purge_step

    output = Output(json)
    with opened(output) as at:
        judged = day(as_of, "--as-of") or date.today()
        report = purge_step(at.home, at.specs, at.ledger, output.say, judged, dry_run=dry_run)
    verb = "would be purged; nothing was changed" if dry_run else "purged"
    files = f"{len(report.files)} files and {len(report.companions)} companions"
    output.say(f"{files} from landing, and the rows of {len(report.deliveries)} deliveries, {verb}")
    output.end({**report.summary(), "dry_run": dry_run}, True)


def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE.tar", help="Made whole, or not at all; without .tar, a folder.")],
    json: Json = False,
) -> None:
    """Copy the home to one file or folder, with the hash of everything in it. Keys and settings are not in it."""
    from pipelines.cli.commands import opened
    from pipelines.orchestration.backup import back_up

    output = Output(json)
    with opened(output) as at:
        made = back_up(at.home, at.specs, at.ledger, to)
    output.say(f"{made['files']:,} files, {made['bytes']:,} bytes, in {to}")
    output.say("not in it: the keys folder, commongrid.yml, the specs; without its keys, what is sealed cannot be read")
    output.end(made, True)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE.tar", help="What `commongrid backup` made.")],
    into: Annotated[Path, typer.Option("--into", metavar="HOME", help="A folder that is empty, or not there yet.")],
    json: Json = False,
) -> None:
    """Make a home again from a backup, checked file by file against the hashes in it."""
    from dataclasses import replace

    from pipelines.orchestration.backup import restore as restore_home
    from pipelines.orchestration.requests import after_restore
    from pipelines.specs.check import load_specs
    from warehouse.home import Home

    output, named = Output(json), Home.from_environment()
    specs = load_specs(named.specs)
    keys = replace(named, root=into.expanduser().resolve()).keys

    def then(home: Home) -> None:
        after_restore(replace(home, keys_path=keys), specs, output.say)

    made = restore_home(source, into, then)
    output.say(f"{made['files']:,} files restored into {into}, as backed up at {made['made_at']}")
    if not keys.exists():
        output.say(f"there are no keys in {keys}: put them back first, with the register of what people have asked")
    output.say("now put back its commongrid.yml, then run: commongrid run")
    output.end(made, True)
