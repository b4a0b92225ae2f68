"""What the status of a home is made of, read from its ledger, its issues and its landing; nothing is judged here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePath
from typing import Any

from pipelines.build.plan import coverage_grid, refused_by
from pipelines.intake.claims import Declared, claims
from pipelines.intake.companions import is_companion, missing_companion
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source
from pipelines.reports.parallel import Compared, parallel_runs
from pipelines.reports.signals import Signal, open_signals
from pipelines.reports.sweep import Swept, reasons, swept
from pipelines.specs.issue_types import read_issue_types
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import period_start
from pipelines.specs.retention import is_past
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

UNMAPPED = "unmapped_code"


@dataclass(frozen=True)
class Refused:
    """A delivery that was refused, and that nothing has answered since. `period` is None where no name says it."""

    delivery_id: str
    feed: str
    supplier: str
    period: date | None
    issue_type: str
    message: str
    since: date


@dataclass(frozen=True)
class Held:
    """A return that waits for somebody to say whether it is right."""

    delivery_id: str
    feed: str
    supplier: str
    period: date
    reason: str
    since: date


@dataclass(frozen=True)
class SetAside:
    """Quarantined rows of one feed and issue type, and the deliveries that are current which have them."""

    feed: str
    issue_type: str
    rows: int
    deliveries: tuple[str, ...]
    example: str
    since: date


@dataclass(frozen=True)
class Unmapped:
    """The codes of one column that no line of its map covers, each with its rows."""

    feed: str
    column: str
    map: str | None
    codes: dict[str, int]
    since: date


@dataclass(frozen=True)
class Facts:
    """All of it, as of a day. `quarantined` counts rows and records of deliveries that are current, by feed.

    `signals` are the open ones about partners' recording, as the last build found them.
    """

    coverage: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    swept: list[Swept] = field(default_factory=list)
    parallel: list[Compared] = field(default_factory=list)
    quarantined: dict[str, int] = field(default_factory=dict)
    is_loaded: bool = True
    signals: list[Signal] = field(default_factory=list)

    def of_feed(self, feed: str) -> Facts:
        """Those of one feed; of landing, what its deliveries held and what lies in its partner's folder."""
        partner = feed.split("/", maxsplit=1)[0]
        return replace(
            self,
            coverage=[row for row in self.coverage if f"{row['partner']}/{row['dataset']}" == feed],
            refused=[item for item in self.refused if item.feed == feed],
            held=[item for item in self.held if item.feed == feed],
            set_aside=[item for item in self.set_aside if item.feed == feed],
            unmapped=[item for item in self.unmapped if item.feed == feed],
            swept=[
                item
                for item in self.swept
                if (feed in item.feeds if item.feeds else item.path.startswith(f"{partner}/"))
            ],
            parallel=[item for item in self.parallel if item.feed == feed],
            quarantined={feed: self.quarantined.get(feed, 0)},
            signals=[item for item in self.signals if f"{item['partner']}/{item['dataset']}" == feed],
        )


def read_facts(home: Home, specs: SpecSet, ledger: Ledger | None, as_of: date, known_by: date | None = None) -> Facts:
    """What is known of a home.

    Args:
        home: the home.
        specs: the specs in force.
        ledger: its ledger; None where nothing was ever loaded.
        as_of: the day to judge lateness by.
        known_by: take only what was known on that day. Landing is only there as it is now, and is then left out.
    """
    found = [] if known_by is not None else _in_landing(home, specs, ledger, as_of)
    if ledger is None:
        return Facts(swept=found, is_loaded=False)
    current, grid = coverage_grid(home, specs, ledger, as_of, known_by)
    since: dict[str, date] = {}
    for item in current:
        since[item["delivery_id"]] = min(item["known_on"], since.get(item["delivery_id"], item["known_on"]))
    deliveries = [row for row in ledger.rows(led.delivery) if row["delivery_id"] in since]
    quarantined: Counter[str] = Counter()
    for row in deliveries:
        quarantined[row["feed"]] += row["quarantined"] + row["unread"]
    return Facts(
        coverage=grid,
        refused=refused_now(home, specs, ledger, known_by),
        held=_held(specs, ledger, known_by),
        set_aside=_set_aside(ledger, deliveries, since),
        unmapped=_unmapped(home, specs, ledger, deliveries, since),
        swept=found,
        parallel=parallel_runs(home, specs, current),
        quarantined=dict(quarantined),
        is_loaded=bool(ledger.rows(led.file_path)),
        signals=[] if known_by is not None else _signals(home, specs),
    )


def _signals(home: Home, specs: SpecSet) -> list[Signal]:
    return [item for item in open_signals(home) if f"{item['partner']}/{item['dataset']}" in specs.feeds]


def _in_landing(home: Home, specs: SpecSet, ledger: Ledger | None, as_of: date) -> list[Swept]:
    """What was swept, without companions, and without files that are gone because nobody need keep them any longer.

    A file that waits for its companion is told as that.
    """

    def belongs(inside: PurePath) -> bool:
        return is_companion(specs, Source(home.landing / inside), _partner(specs, inside))

    found = [
        item
        for item in swept(home, ledger, belongs)
        if item.kind != "gone" or any(_must_keep(specs, item, feed, as_of) for feed in item.feeds)
    ]
    return [_waiting(home, specs, item) if item.kind == "not_loaded" else item for item in found]


def _partner(specs: SpecSet, inside: PurePath) -> str | None:
    """Whose folder of landing a file lies in."""
    return inside.parts[0] if len(inside.parts) > 1 and inside.parts[0] in specs.partners else None


def _waiting(home: Home, specs: SpecSet, item: Swept) -> Swept:
    """A file that nobody has loaded, or the same as one that cannot be, for its companion has not come."""
    source, partner = Source(home.landing / item.path), _partner(specs, PurePath(item.path))
    try:
        absent = [missing_companion(claim.version, source) for claim in claims(specs, source, Declared(), partner)]
    except Refusal:
        return item
    name = next(filter(None, absent), None)
    return replace(item, kind="waits", why=f"its companion {name} has not come") if name else item


def _must_keep(specs: SpecSet, item: Swept, feed: str, as_of: date) -> bool:
    if feed not in specs.feeds:
        return False
    return not is_past(item.since, specs.feeds[feed].feed.retention.files, as_of)


def refused_now(home: Home, specs: SpecSet, ledger: Ledger, known_by: date | None) -> list[Refused]:
    """Deliveries refused. A later return for their period answers them; where no name says the period, a good file.

    So does taking the file away, where nobody can tell what period it was for.
    """
    files = {row["path"]: row["state"] for row in ledger.rows(led.file_path)}
    accepted = ledger.rows(led.return_, state="accepted")
    found = []
    for row in refused_by(ledger, known_by):
        if row["feed"] not in specs.feeds:
            continue
        kind = specs.feeds[row["feed"]].feed.cadence.every
        period = period_start(kind, row["name_period"]) if row["name_period"] else None
        if period is None:
            is_answered = files.get(row["path"]) == "claimed" or not (home.landing / row["path"]).exists()
        else:
            is_answered = any(
                other["feed"] == row["feed"]
                and other["period_start"] == period
                and row["name_supplier"] in ("", None, other["supplier"])
                and other["received_at"] > row["received_at"]
                and (known_by is None or other["known_on"] <= known_by)
                for other in accepted
            )
        if not is_answered:
            [(issue_type, message)] = reasons(row["reason"] or "")[:1] or [("unreadable", row["reason"] or "")]
            supplier = row["name_supplier"] or ""
            found.append(
                Refused(row["delivery_id"], row["feed"], supplier, period, issue_type, message, row["known_on"])
            )
    return found


def _held(specs: SpecSet, ledger: Ledger, known_by: date | None) -> list[Held]:
    """Of each return that is held, the last revision, if none that was accepted came after it."""
    last: dict[Any, Any] = {}
    judged = [*ledger.rows(led.return_, state="accepted"), *ledger.rows(led.return_, state="held")]
    for row in sorted(judged, key=led.revision_order):
        if known_by is None or row["known_on"] <= known_by:
            last[row["feed"], row["supplier"], row["period_start"], row["part"]] = row
    return [
        Held(
            row["delivery_id"], row["feed"], row["supplier"], row["period_start"],
            row["reason"] or "", row["known_on"],
        )
        for row in last.values()
        if row["state"] == "held" and row["feed"] in specs.feeds
    ]  # fmt: skip


def _set_aside(ledger: Ledger, deliveries: list[Any], since: Mapping[str, date]) -> list[SetAside]:
    """Issues that keep rows out, by feed and type; codes that no map covers are told apart."""
    feeds = {row["delivery_id"]: row["feed"] for row in deliveries}
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in ledger.rows(led.issue_total):
        known = read_issue_types().get(row["issue_type"])
        keeps_out = known is not None and known.row_effect == "row quarantined" and row["issue_type"] != UNMAPPED
        if row["delivery_id"] in feeds and keeps_out:
            groups.setdefault((feeds[row["delivery_id"]], row["issue_type"]), []).append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: since[row["delivery_id"]])
    return [
        SetAside(
            feed, kind, sum(row["count"] for row in rows), tuple(row["delivery_id"] for row in rows),
            rows[0]["example"] or "", since[rows[0]["delivery_id"]],
        )
        for (feed, kind), rows in groups.items()
    ]  # fmt: skip


def _unmapped(
    home: Home, specs: SpecSet, ledger: Ledger, deliveries: list[Any], since: Mapping[str, date]
) -> list[Unmapped]:
    """The raw codes no map covers, by feed and column, from the issues of the deliveries that have any."""
    have = {row["delivery_id"] for row in ledger.rows(led.issue_total, issue_type=UNMAPPED)}
    groups: dict[tuple[str, str], Counter[str]] = {}
    first: dict[tuple[str, str], date] = {}
    for row in deliveries:
        if row["delivery_id"] not in have:
            continue
        path = home.issues_of(row)
        for column, code, count in _codes_in(path):
            key = (row["feed"], column)
            groups.setdefault(key, Counter())[code] += count
            first[key] = min(since[row["delivery_id"]], first.get(key, since[row["delivery_id"]]))
    return [
        Unmapped(feed, column, _map_file(specs, feed, column), dict(codes.most_common()), first[feed, column])
        for (feed, column), codes in groups.items()
    ]


def _codes_in(path: Path) -> Iterable[tuple[str, str, int]]:
    """Column, raw code and rows of a delivery's unmapped codes. A code of a field that is not plain is not told."""
    import polars as pl

    if not path.exists():
        return []
    issues = pl.scan_parquet(path).filter(pl.col("issue_type") == UNMAPPED)
    code = pl.col("value").str.strip_chars().fill_null("(not shown)")
    counted = issues.group_by(pl.col("column").fill_null(""), code.alias("code")).len().collect()
    return [(column, raw, count) for column, raw, count in counted.sort("column", "code").iter_rows()]


def _map_file(specs: SpecSet, name: str, column: str) -> str | None:
    """The file of the code map that reads a feed's column, as `ingest_specs/partners/...`."""
    feed = specs.feeds[name]
    for version in reversed(feed.feed.versions):
        for header, fills in version.fills():
            if header == column and fills.map in feed.maps:
                return feed.maps[fills.map].path.relative_to(specs.root.parent).as_posix()
    return None
