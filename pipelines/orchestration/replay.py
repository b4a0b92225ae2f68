"""Puts set aside rows through again once a spec or a map has been corrected, into the same accounting.

Only deliveries that have rows in quarantine, or were refused, and that the specs in force would make something else of.
What was read of a delivery is kept, so that its file is needed only where it would now be read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.intake.claims import claim_again
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source
from pipelines.orchestration.check import check_returns
from pipelines.orchestration.load import Loader
from pipelines.orchestration.prepare import Prepared
from pipelines.orchestration.report import LoadReport, Say
from pipelines.specs.load import SpecSet
from pipelines.specs.patterns import NameFacts
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.journal import Arrival
from warehouse.ledger import Ledger

Row = dict[str, Any]


@dataclass
class ReplayReport:
    """What came of a replay: deliveries made again, and those that the specs in force make nothing else of."""

    load: LoadReport
    again: list[Row] = field(default_factory=list)
    as_before: list[Row] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "replayed": self.again,
            "as_before": self.as_before,
            "refused": self.load.refused,
            "held": self.load.held,
            "warnings": self.load.warnings,
        }


def replay(
    home: Home, specs: SpecSet, ledger: Ledger, say: Say, feed: str | None = None, *, every: bool = False
) -> ReplayReport:
    """Put the rows in quarantine, and the deliveries refused, through again; of one feed, or of all.

    With `every`, also deliveries of which nothing waits, if the specs and keys in force make something else of them.
    """
    loader = Loader(home, specs, ledger, say)
    report = ReplayReport(loader.report)
    for row in list(loader.deliveries.values()):
        if feed not in (None, row["feed"]) or row["feed"] not in specs.feeds or not (every or waits(row)):
            continue
        try:
            _one(loader, row, report, say)
        except Refusal as refusal:
            report.load.refused.append(str(refusal))
            say(f"refused   {refusal}")
    loader.remember()
    check_returns(ledger, specs, loader.journal, report.load, say)
    return report


def waits(row: Mapping[str, Any]) -> bool:
    """Whether a delivery of the ledger has rows that wait for a correction, or was refused."""
    return bool(row["quarantined"] or row["unread"] or row["state"] == "refused")


def _one(loader: Loader, row: Row, report: ReplayReport, say: Say) -> None:
    """Make one delivery again, if the specs in force make something else of it."""
    made = prepared_again(loader, row)
    if made.fingerprint == row["fingerprint"]:
        report.as_before.append(_told(row, row))
        return
    now = make_again(loader, row, made)
    if made.refusal is not None:
        report.load.refused.append(str(made.refusal))
        say(f"refused   {made.refusal}")
    elif now is not None:
        told = _told(row, now)
        report.again.append(told)
        say(f"replayed  {made.claim.source}: {told['loaded_before']:,} rows became {told['loaded']:,}")


def make_again(loader: Loader, row: Row, made: Prepared) -> Row | None:
    """Make a delivery anew that `prepared_again` has prepared, and tell the ledger; its row there, if that has changed.

    Raises:
        Refusal: where it cannot be made anew though it was taken before: then it stays as it is.
    """
    try:
        loader.preparer.make(made)
    except Refusal as refusal:
        made.refusal = _gone(loader, made, row["path"]) or refusal
        if row["state"] != "refused":
            raise made.refusal from refusal
    arrival = Arrival(
        row["delivery_id"], row["path"], row["member"], row["feed"], row["name_period"], row["name_supplier"],
        made.claim.facts.issued, is_given=False,
    )  # fmt: skip
    return loader.take_up(made, arrival, is_new=False)


def _gone(loader: Loader, made: Prepared, path: str) -> Refusal | None:
    """What to say where a delivery would now be read otherwise, and its file is there no more."""
    source = made.claim.source
    if source.path.exists():
        return None
    known = loader.files.get(path)
    if known is not None and known["state"] == "purged":
        message = f"{source}: would now be read otherwise, and its file was purged after its retention"
        return Refusal("not_a_file", f"{message}; only the partner can send it again")
    message = f"{source}: would now be read otherwise, and its file is gone from landing"
    return Refusal("not_a_file", f"{message}; put it back from a backup and replay again")


def prepared_again(loader: Loader, row: Row) -> Prepared:
    """A delivery as the ledger knows it, ready to be made again.

    Raises:
        Refusal: where no version of its feed covers its period any more.
    """
    source = member_of(loader.home.landing / row["path"], row["member"])
    facts = NameFacts(row["name_period"], row["name_supplier"] or None, next(_issues(loader, row), None))
    claim = claim_again(loader.specs.feeds[row["feed"]], source, facts)
    made = Prepared(claim, row["name_supplier"], row["sha256"], row["delivery_id"], came=row["received_at"])
    made.making = loader.preparer.making(claim, row["name_supplier"], row["delivery_id"])
    return made


def member_of(path: Path, inner: str | None) -> Source:
    """The file, the member of an archive, the sheet, or the sheet in a member that a delivery was."""
    if (found := Source(path).within(inner)) is not None:
        return found
    member = str(inner)
    whole = Source(path, member)
    if member.endswith("]") and "[" in member:
        name, _, _sheet = member.rpartition("[")
        return Source(path, name).within(member) or whole
    return whole


def _issues(loader: Loader, row: Row) -> Iterator[Any]:
    """The day of issue that was declared of a delivery, if one was."""
    for item in loader.ledger.rows(led.return_, delivery_id=row["delivery_id"]):
        if item["is_declared"]:
            yield item["known_on"]


def _told(before: Row, now: Row) -> Row:
    return {
        "delivery_id": before["delivery_id"],
        "feed": before["feed"],
        "source": before["member"] or before["path"],
        "loaded_before": before["loaded"],
        "loaded": now["loaded"],
        "quarantined_before": before["quarantined"] + before["unread"],
        "quarantined": now["quarantined"] + now["unread"],
    }
