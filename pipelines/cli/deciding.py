"""What `accept`, `close` and `replay` do: decisions of a person about returns, and rows put through again."""

from __future__ import annotations

from datetime import date

from pipelines.cli.commands import opened
from pipelines.cli.output import USAGE, Output, fail


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
    from pipelines.specs.problems import nearest

    with opened() as at:
        if feed is not None and feed not in at.specs.feeds:
            fail(f'there is no feed "{feed}"{nearest(feed, at.specs.feeds)}', USAGE)
        report = replay(at.home, at.specs, at.ledger, output.say, feed)
    for row in report.as_before:
        rows = row["quarantined"]
        output.say(f"as before {row['source']}: {rows:,} rows wait; the specs make nothing else of them yet")
    freed = sum(row["quarantined_before"] - row["quarantined"] for row in report.again)
    output.say(f"{len(report.again)} deliveries put through again: {freed:,} rows fewer in quarantine")
    output.end(report.summary(), report.load.ok)
