"""Judges the returns of a load: accepted and so current, or held until a person has looked at them.

A return is held where its period was closed before it came, where its feed's history stops it, or where it has far
fewer rows than the revision before it. What a person has accepted is not judged again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import update

from pipelines.orchestration.report import LoadReport, Say
from pipelines.specs.base import PeriodType
from pipelines.specs.feeds import History
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import label, period_end
from quality_checks.history import Profile, Verdict, judge
from warehouse import ledger as led
from warehouse.journal import Journal
from warehouse.ledger import Ledger, revision_order

# A revision of fewer rows than this says little by being smaller still.
_FEWEST = 20
CLOSED, HALVED = "period_closed", "revision_halved"
_KEY = ("feed", "supplier", "period_start", "part", "delivery_id", "known_on")
_GROUP = ("feed", "supplier", "period_start", "part")

Row = dict[str, Any]


def check_returns(ledger: Ledger, specs: SpecSet, journal: Journal, report: LoadReport, say: Say) -> list[Verdict]:
    """Judge every return not yet judged. What was loaded before a crash is judged by the next load."""
    fresh = [dict(row) for row in ledger.rows(led.return_, state="unchecked") if row["feed"] in specs.feeds]
    if not fresh:
        return []
    before = {_name(row): row["state"] for row in ledger.rows(led.return_)}
    verdicts = _against_history(ledger, specs, fresh)
    approved, closed = journal.accepted(), ledger.rows(led.closed_period)
    for row in fresh:
        reason = approved.get(row["delivery_id"])
        row["is_approved"] = row["is_approved"] or reason is not None
        row["reason"] = row["reason"] if reason is None else reason
        if not row["is_approved"]:
            row["reason"] = _closed(row, closed) or _stopped(row, verdicts)
        row["state"] = "accepted" if row["is_approved"] or row["reason"] is None else "held"
    judged = {_name(row): row for row in beside_revisions(ledger, specs, fresh)}
    note_judged(ledger, judged.values(), verdicts)
    for name, row in judged.items():
        if row["state"] == "held" and before.get(name) != "held":
            _tell_held(row, report, say)
    for verdict in verdicts:
        if verdict.action != "stop":
            line = f"{_told(dict(zip(_KEY, verdict.key, strict=True)))}: {verdict.message}"
            report.warnings.append(line)
            say(f"warning   {line}")
    return verdicts


# --- each for itself --------------------------------------------------------------------------------------------------


def _closed(row: Row, closed: Iterable[Any]) -> str | None:
    """Why a return is held that came after its period was closed."""
    kind = PeriodType(row["period_type"])
    last = period_end(kind, row["period_start"])
    for item in closed:
        end = period_end(PeriodType(item["period_type"]), item["period_start"])
        if item["period_start"] <= row["period_start"] and last <= end and row["received_at"] > item["closed_at"]:
            what = label(PeriodType(item["period_type"]), item["period_start"])
            return f"{CLOSED}: {what} was closed on {item['closed_at']:%Y-%m-%d}, before this came"
    return None


def _stopped(row: Row, verdicts: list[Verdict]) -> str | None:
    name = _name(row)
    stops = (item for item in verdicts if item.action == "stop" and item.key == name)
    return next((f"{item.issue_type}: {item.message}" for item in stops), None)


def _against_history(ledger: Ledger, specs: SpecSet, fresh: list[Row]) -> list[Verdict]:
    own: dict[tuple[str, str], list[Row]] = {}
    for row in (*led.current_returns(ledger), *fresh):
        own.setdefault((row["feed"], row["supplier"]), []).append(row)
    return judge([_profile(row, own[row["feed"], row["supplier"]], specs) for row in fresh])


def _profile(row: Row, own: list[Row], specs: SpecSet) -> Profile:
    """A return beside the earlier periods of its feed and supplier, those of the same load included."""
    earlier = {
        other["period_start"]: (other["rows_loaded"], other["categories"])
        for other in own
        if other["period_start"] < row["period_start"]
    }
    history = [earlier[start] for start in sorted(earlier)]
    return Profile(_name(row), row["rows_loaded"], row["categories"], history, _limits(row, specs))


def _limits(row: Row, specs: SpecSet) -> History:
    feed = specs.feeds[row["feed"]]
    return (feed.version_on(row["period_start"]) or feed.feed.versions[-1]).expect.history


# --- beside the revision before ---------------------------------------------------------------------------------------


def beside_revisions(ledger: Ledger, specs: SpecSet, fresh: list[Row]) -> list[Row]:
    """Every revision of the returns given, held where it has far fewer rows than the one in force before it.

    All are looked at, in the order they were known, whichever came last: the order of arrival decides nothing.
    """
    told = {_name(row): row for row in fresh}
    judged: list[Row] = []
    for group in {tuple(row[name] for name in _GROUP) for row in fresh}:
        rows = [dict(row) for row in ledger.rows(led.return_, **dict(zip(_GROUP, group, strict=True)))]
        before: Row | None = None
        for row in sorted((told.get(_name(row), row) for row in rows), key=revision_order):
            _beside(row, before, _limits(row, specs))
            before = row if row["state"] == "accepted" else before
            judged.append(row)
    return judged


def _beside(row: Row, before: Row | None, limits: History) -> None:
    """Hold one revision, or let it go, by the rows of the one in force before it."""
    is_held_for_this = row["state"] == "held" and (row["reason"] or "").startswith(HALVED)
    if (
        row["is_approved"]
        or row["replaces"] != "reporting_period"
        or not (row["state"] == "accepted" or is_held_for_this)
    ):
        return
    row["state"], row["reason"] = "accepted", None
    if before is None or before["rows_loaded"] < _FEWEST or limits.revision.action != "stop":
        return
    if row["rows_loaded"] <= limits.revision.limit * before["rows_loaded"]:
        row["state"] = "held"
        row["reason"] = (
            f"{HALVED}: {row['rows_loaded']:,} rows, where the revision known on {before['known_on']} "
            f"has {before['rows_loaded']:,}"
        )


# --- telling ----------------------------------------------------------------------------------------------------------


def note_judged(ledger: Ledger, judged: Iterable[Row], verdicts: list[Verdict]) -> None:
    """Write what was judged into the ledger, in one transaction."""
    totals = [
        {"delivery_id": item.key[4], "issue_type": item.issue_type, "count": 1, "example": item.message}
        for item in verdicts
    ]
    with ledger.change() as connection:
        for row in judged:
            match = [led.return_.c[name] == row[name] for name in _KEY]
            values = {name: row[name] for name in ("state", "reason", "is_approved")}
            connection.execute(update(led.return_).where(*match).values(**values))
            if row["state"] == "held":
                kind, _, message = str(row["reason"]).partition(": ")
                totals.append({"delivery_id": row["delivery_id"], "issue_type": kind, "count": 1, "example": message})
        led.put(connection, led.issue_total, totals)


def _tell_held(row: Row, report: LoadReport, say: Say) -> None:
    line = f"{_told(row)}: {str(row['reason']).partition(': ')[2]}"
    report.held.append(line)
    say(f"held      {line}")
    say(
        f'          ask the partner; to take it all the same: commongrid accept {row["delivery_id"][:8]} --reason "..."'
    )


def _told(row: Row) -> str:
    return f"{row['feed']} {row['supplier']} {row['period_start']}"


def _name(row: Any) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _KEY)
