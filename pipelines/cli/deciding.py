"""What `accept`, `close` and `replay` do: decisions of a person about returns, and rows put through again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from pipelines.cli.commands import opened
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.orchestration.preview import Move
    from pipelines.orchestration.replay import ReplayReport
    from pipelines.specs.load import SpecSet


def accept_delivery(output: Output, name: str, reason: str) -> None:
    """`commongrid accept`."""
    from pipelines.orchestration.decisions import accept
    from pipelines.reports.find_delivery import find_delivery
    from warehouse.journal import Journal

    if not reason.strip():
        fail('say why: --reason "the force merged its records"', USAGE)
    with opened() as at:
        found = find_delivery(at.ledger, at.home.landing, name).delivery
        taken = accept(at.ledger, at.specs, Journal(at.home.journal), found["delivery_id"], reason.strip())
    if not taken:
        fail(f"{found['path']}: none of its returns is held, so there is nothing to accept")
    for row in taken:
        output.say(f"accepted  {row['feed']} {row['supplier']} {row['period_start']}: {row['rows_loaded']:,} rows")
    output.say("now bring the warehouse up to it: commongrid run")
    keys = ("feed", "supplier", "period_start", "delivery_id", "reason")
    output.end({"accepted": [{key: row[key] for key in keys} for row in taken]}, True)


def close_or_reopen(output: Output, text: str, reopen: bool) -> None:
    """`commongrid close`."""
    from pipelines.orchestration.decisions import close_period, reopen_period
    from pipelines.specs.periods import label, period_end, period_named
    from warehouse.journal import Journal

    try:
        kind, start = period_named(text)
    except ValueError as error:
        fail(str(error), USAGE)
    what, last = label(kind, start), period_end(kind, start)
    if last >= date.today() and not reopen:
        fail(f"{what} has not ended (its last day is {last}), so its figures cannot be final", USAGE)
    with opened() as at:
        journal = Journal(at.home.journal)
        if reopen:
            done = reopen_period(at.ledger, journal, kind, start)
        else:
            close_period(at.ledger, journal, kind, start)
            done = True
    if not done:
        fail(f"{what} is not closed")
    told = "open again" if reopen else "closed: a return that comes for it now is held until somebody accepts it"
    output.say(f"{what} is {told}")
    output.end({"period_type": kind.value, "period_start": start, "closed": not reopen}, True)


def run_replay(output: Output, feed: str | None) -> None:
    """`commongrid replay`."""
    from pipelines.orchestration.replay import replay

    with opened() as at:
        _known_feed(at.specs, feed)
        report = replay(at.home, at.specs, at.ledger, output.say, feed)
    _tell_waiting(output, report)
    freed = sum(row["quarantined_before"] - row["quarantined"] for row in report.again)
    output.say(f"{len(report.again)} deliveries put through again: {freed:,} rows fewer in quarantine")
    output.end(report.summary(), report.load.ok)


def preview_replay(output: Output, feed: str | None) -> None:
    """`commongrid replay --preview`."""
    from pipelines.orchestration.preview import preview

    with opened() as at:
        _known_feed(at.specs, feed)
        found = preview(at.home, at.specs, at.ledger, feed)
    for row in found.replay.again:
        rows, before = row["loaded"], row["loaded_before"]
        waiting = f"; {row['quarantined']:,} still wait" if row["quarantined"] else ""
        output.say(f"would replay {row['source']}: {before:,} rows would become {rows:,}{waiting}")
    for word, told in (("refuse", found.replay.load.refused), ("hold", found.replay.load.held)):
        for line in told:
            output.say(f"would {word} {line}")
    _tell_waiting(output, found.replay)
    if found.moves and not output.as_json:
        _show_moves(found.moves)
    count = len(found.moves)
    output.say(f"{count:,} figure{'s' * (count != 1)} would move; nothing was changed. To do it: commongrid replay")
    output.end(found.summary(), found.replay.load.ok)


def _known_feed(specs: SpecSet, feed: str | None) -> None:
    from pipelines.specs.problems import nearest

    if feed is not None and feed not in specs.feeds:
        fail(f'there is no feed "{feed}"{nearest(feed, specs.feeds)}', USAGE)


def _tell_waiting(output: Output, report: ReplayReport) -> None:
    for row in report.as_before:
        rows = row["quarantined"]
        output.say(f"as before {row['source']}: {rows:,} rows wait; the specs make nothing else of them yet")


def _show_moves(moves: Iterable[Move]) -> None:
    """The figures that would move, as a table."""
    from rich.console import Console
    from rich.table import Table

    from pipelines.specs.base import PeriodType
    from pipelines.specs.periods import label

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("dataset", "supplier", "period", "category", "from", "to"):
        table.add_column(heading, justify="right" if heading in ("from", "to") else "left", overflow="fold")
    for move in moves:
        period = label(PeriodType(move.period_type), move.period_start)
        counts = (f"{move.before:,}", f"{move.after:,}")
        table.add_row(move.dataset, move.supplier, period, move.category or "-", *counts)
    Console(highlight=False, markup=False).print(table)
