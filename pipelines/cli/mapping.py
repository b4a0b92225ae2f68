"""`commongrid unmapped`: the codes that no map covers, what they may mean, and the completed lines taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.reports.unmapped import Unmapped
    from pipelines.specs.load import SpecSet
    from warehouse.home import Home


def unmapped(
    feed: Annotated[str | None, typer.Option(help="This feed alone, PARTNER/DATASET.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write them here, a line each, for a person to complete.")
    ] = None,
    apply: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Put the completed lines of such a file into their maps; all or none."),
    ] = None,
    json: Json = False,
) -> None:
    """List the codes that no line of a map covers: the rows that wait for each, and the shared codes it may mean."""
    from pipelines.specs.check import load_specs
    from pipelines.specs.problems import nearest
    from warehouse.home import Home

    output, home = Output(json), Home.from_environment()
    specs = load_specs(home.specs)
    if feed is not None and feed not in specs.feeds:
        fail(f'there is no feed "{feed}"{nearest(feed, specs.feeds)}', USAGE)
    if apply is None:
        _list(output, home, specs, feed, out)
    elif feed is not None or out is not None:
        fail("--apply takes the lines of a file back; it goes with no other option", USAGE)
    else:
        _apply(output, home, apply)


def _apply(output: Output, home: Home, file: Path) -> None:
    """Complete the maps while nothing else reads or changes the home."""
    from pipelines.orchestration.complete_maps import complete_maps
    from pipelines.propose.words import many
    from pipelines.specs.check import load_specs
    from pipelines.specs.problems import SpecError, shown
    from warehouse.home import PATIENCE

    with home.alone(PATIENCE, output.say):
        specs = load_specs(home.specs)
        try:
            added = complete_maps(specs, _found(home, specs, None).codes, file)
        except SpecError as error:
            fail(f"{error}\n{many(len(error.problems), 'problem')}; no map was changed")
        except OSError as error:
            fail(f"{error.filename or home.specs}: cannot be written ({error.strerror or error}); no map was changed")
    for path, count in added.items():
        output.say(f"{shown(path)}: {many(count, 'line')} added")
    if added:
        output.say("commongrid replay puts the rows through that wait for them")
    else:
        output.say(f"{file}: no line is completed; fill in `code`, or `ignore` as the `action`")
    output.end({"added": {shown(path): count for path, count in added.items()}}, True)


def _list(output: Output, home: Home, specs: SpecSet, feed: str | None, out: Path | None) -> None:
    """What is unknown, on the terminal and in a file. It holds nothing: a load may run beside it."""
    from pipelines.cli.shown import show_unmapped
    from pipelines.reports.unmapped_csv import write_unmapped

    found = _found(home, specs, feed)
    if not output.as_json:
        show_unmapped(found, specs)
    if out is not None:
        try:
            write_unmapped(found.codes, specs, out)
        except OSError as error:
            fail(f"{out}: cannot be written ({error.strerror or error})", USAGE)
        output.say(f"written to {out}: fill in `code`, or `ignore` as the `action`, and who agreed to it and when;")
        output.say(f"then commongrid unmapped --apply {out}")
    output.end(_summary(found, specs), True)


def _found(home: Home, specs: SpecSet, feed: str | None) -> Unmapped:
    from pipelines.reports.unmapped import Unmapped, unmapped
    from warehouse.ledger import open_ledger

    # A home that has been in use has a ledger; where that is missing, opening it says what to do.
    if not home.exists and not home.journal.exists():
        return Unmapped()
    ledger = open_ledger(home)
    try:
        return unmapped(home, specs, ledger, feed)
    finally:
        ledger.close()


def _summary(found: Unmapped, specs: SpecSet) -> dict[str, Any]:
    from pipelines.reports.unmapped import map_file
    from pipelines.reports.unmapped_csv import labelled

    codes = [
        {
            "feed": code.reading.feed.name,
            "column": code.reading.column,
            "map": map_file(code.reading.table, specs),
            "raw": code.raw,
            "count": code.rows,
            "first_seen": code.first_seen,
            "last_seen": code.last_seen,
            "suggestions": [
                {"code": best.code, "label": labelled(specs, code, best.code), "score": best.score, "why": best.why}
                for best in code.suggestions
            ],
        }
        for code in found.codes
    ]
    hidden = [{"feed": feed, "column": column, "count": rows} for (feed, column), rows in found.not_shown.items()]
    return {"codes": codes, "not_shown": hidden, "answered": found.answered}
