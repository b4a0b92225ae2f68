"""`commongrid subject`: a person's rights, by an identifier that is read from standard input and shown nowhere."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.cli.commands import Opened
    from pipelines.orchestration.requests import Requests
    from pipelines.orchestration.subjects import Found, Sought, Subjects
    from pipelines.protect.rights import Act

subject_app = typer.Typer(
    help="A person's rights. The identifier is read from standard input, never from the command line.",
    no_args_is_help=True,
)
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", help="Look in this identifier (again for more); else in those kept as pseudonyms."),
]
Feed = Annotated[str | None, typer.Option(help="Look in this feed alone, PARTNER/DATASET.")]


@subject_app.command()
def find(field: Fields = None, feed: Feed = None, json: Json = False) -> None:
    """Tell where a person's rows are: how many, in which deliveries, and which releases they went into."""
    output = Output(json)
    sought = _sought(_identifier(), field, feed)
    with _opened(output, sought) as (_at, subjects):
        found = subjects.find(sought)
        lines = subjects.told(found)
    _show(output, lines)
    output.end({"deliveries": lines, "rows": sum(line["rows"] for line in lines)}, True)


@subject_app.command()
def export(
    out: Annotated[Path, typer.Option(metavar="FILE.json", help="Where to write it; only you may read the file.")],
    field: Fields = None,
    feed: Feed = None,
    json: Json = False,
) -> None:
    """Write all that is held about a person: as sent, as read, as harmonised, and what was kept out."""
    output = Output(json)
    sought = _sought(_identifier(), field, feed)
    if out.exists():
        fail(f"{out}: is there already; name a file that is not", USAGE)
    with _opened(output, sought) as (_at, subjects):
        rows = subjects.export(subjects.find(sought))
    content = jsonlib.dumps({"made_on": date.today(), "rows": rows}, default=str, ensure_ascii=False, indent=1)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content + "\n")
    output.say(f"{len(rows):,} rows written to {out}: give it to nobody else, and delete it once it is handed over")
    output.end({"rows": len(rows), "out": str(out)}, True)


@subject_app.command()
def rectify(
    column: Annotated[str, typer.Option(help="The partner's column that is wrong, by its heading.")],
    field: Fields = None,
    feed: Feed = None,
    json: Json = False,
) -> None:
    """Put right what a column says of a person. The right text is the second line of standard input."""
    from pipelines.protect.rights import Act

    identifier, text = _identifier(), _line("the right text: ")
    _act(Output(json), Act.RECTIFY, _sought(identifier, field, feed), column, text)


@subject_app.command()
def restrict(
    lift: Annotated[bool, typer.Option("--lift", help="End a restriction that was asked for before.")] = False,
    field: Fields = None,
    feed: Feed = None,
    json: Json = False,
) -> None:
    """Keep a person's rows stored and out of every figure, or (--lift) use them again."""
    from pipelines.protect.rights import Act

    _act(Output(json), Act.LIFT if lift else Act.RESTRICT, _sought(_identifier(), field, feed))


@subject_app.command()
def erase(field: Fields = None, feed: Feed = None, json: Json = False) -> None:
    """Erase a person's rows: from landing, what was read, harmonised and kept out, the warehouse and all releases."""
    from pipelines.protect.rights import Act

    _act(Output(json), Act.ERASE, _sought(_identifier(), field, feed))


# --- the identifier ---------------------------------------------------------------------------------------------------


def _identifier() -> str:
    return _line("identifier (it is not shown): ")


def _line(prompt: str) -> str:
    """A line of standard input; from a person at a terminal, without showing it."""
    if sys.stdin.isatty():
        from getpass import getpass

        text = getpass(prompt)
    else:
        text = sys.stdin.readline()
    if not text.strip():
        fail("nothing came on standard input: echo the identifier into the command, or type it when asked", USAGE)
    return text.strip()


def _sought(identifier: str, fields: list[str] | None, feed: str | None) -> Sought:
    from pipelines.orchestration.subjects import Sought

    return Sought(identifier, tuple(fields or ()), feed)


# --- doing ------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(output: Output, sought: Sought) -> Iterator[tuple[Opened, Subjects]]:
    """The home held, and what is to be looked for checked against the specs."""
    from pipelines.cli.commands import opened
    from pipelines.orchestration.subjects import Subjects

    with opened(output) as at:
        _check(at, sought)
        yield at, Subjects(at.home, at.specs, at.ledger, output.say)


def _check(at: Opened, sought: Sought) -> None:
    from pipelines.specs.models import Sensitivity
    from pipelines.specs.problems import nearest

    if sought.feed is not None and sought.feed not in at.specs.feeds:
        fail(f'there is no feed "{sought.feed}"{nearest(sought.feed, at.specs.feeds)}', USAGE)
    known = {
        name
        for dataset in at.specs.datasets.values()
        for name, item in dataset.fields.items()
        if item.sensitivity is Sensitivity.IDENTIFIER
    }
    for name in sought.fields:
        if name not in known:
            fail(f'no dataset has an identifier "{name}"{nearest(name, known)}', USAGE)


def _act(output: Output, act: Act, sought: Sought, column: str | None = None, text: str | None = None) -> None:
    from pipelines.orchestration.requests import Requests
    from pipelines.protect.rights import Act as Acts

    with _opened(output, sought) as (at, subjects):
        found = subjects.find(sought)
        if column is not None:
            _check_column(at, found, column)
        lines = subjects.told(found)
        _show(output, lines)
        if not found.held and act is not Acts.ERASE:
            fail("nothing was found, so nothing was done")
        requests = Requests(at.home, at.specs, at.ledger, output.say)
        request = requests.request(act, found, date.today(), column, text)
        output.say(f"noted     {request.id} in {requests.rights.path}")
        summary = _everywhere(output, at, requests)
    output.end({"request": request.id, "deliveries": lines, **summary}, True)


def _check_column(at: Opened, found: Found, column: str) -> None:
    """A column that is put right is one that the rows have, and no identifier: those are not kept."""
    from pipelines.specs.problems import nearest
    from pipelines.specs.sensitivity import identifier_columns

    known: set[str] = set()
    for item in found.held:
        dataset = at.specs.datasets[str(item.delivery["dataset"])]
        for version in at.specs.feeds[str(item.delivery["feed"])].feed.versions:
            known |= set(version.columns) - set(identifier_columns(version, dataset))
    if column not in known:
        fail(f'the rows found have no column "{column}" that is kept{nearest(column, known)}', USAGE)


def _everywhere(output: Output, at: Opened, requests: Requests) -> dict[str, Any]:
    """Carry out what was asked in the home, in the warehouse and in the releases."""
    from pipelines.orchestration.build import build
    from pipelines.orchestration.steps import publish_step

    was_built = at.home.warehouse.exists()
    changed = requests.carry_out()
    output.say(f"{len(changed):,} deliveries made anew")
    withdrawn: list[str] = []
    if changed and was_built:
        build(at.home, at.specs, at.ledger, output.say, date.today())
        if (at.home.releases / "restricted" / "current").exists():
            withdrawn = publish_step(at.home, at.ledger, output.say, "restricted", date.today())["withdrawn"]
    return {"made_anew": sorted(changed), "withdrawn": withdrawn}


def _show(output: Output, lines: list[dict[str, Any]]) -> None:
    for line in lines:
        places = [name for name in ("landing", "raw", "harmonised", "set_aside") if line[name]]
        count = len(line["releases"])
        told = f"{', '.join(places)}; {count} release{'s' * (count != 1)}"
        output.say(f"{line['feed']}  {line['source']}: {line['rows']} row{'s' * (line['rows'] != 1)} ({told})")
    if not lines:
        output.say("nothing was found under any key that is kept")
