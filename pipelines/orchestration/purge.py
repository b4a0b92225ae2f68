"""Deletes what may be kept no longer: files in landing with their companions, and what was read of them row by row.

A file goes when `retention.files` of every feed that claimed it has passed since it came. After `retention.rows`, a
delivery's raw rows are deleted, and quarantine and issues keep their counts and reasons without what the partner wrote.
Harmonised rows stay, with the figures that rest on them; as neither file nor raw rows are there, they are never made
again, whatever the specs become. A file that no feed claimed has no retention: it stays, and `status` tells of it.

The journal is told first, then the ledger; only then is anything deleted. A purge that is ended midway is finished by
the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.intake.companions import companion_of
from pipelines.intake.sources import Source, in_landing
from pipelines.orchestration.report import Say
from pipelines.specs.load import SpecSet
from pipelines.specs.retention import is_past
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.journal import Journal
from warehouse.ledger import Ledger

Row = Mapping[str, Any]
# The columns of quarantine and issues that hold what a partner wrote.
_CONTENT = ("value", "record")
_MARK = "purged"
_NOTED = ("delivery_id", "feed", "sha256", "state")


@dataclass
class PurgeReport:
    """What was deleted, or would be: paths below landing, and the files of deliveries whose rows are past keeping."""

    files: list[str] = field(default_factory=list)
    companions: list[str] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        return {"files": self.files, "companions": self.companions, "deliveries": self.deliveries}


def purge(home: Home, specs: SpecSet, ledger: Ledger, say: Say, as_of: date, *, dry_run: bool = False) -> PurgeReport:
    """Delete what may be kept no longer on a day; with `dry_run`, only say what that is.

    Raises:
        OSError: where a file cannot be deleted. What went before it stays deleted, and noted.
    """
    report, verb = PurgeReport(), "would purge" if dry_run else "purged   "
    past = {key: rows for key, rows in files_held(ledger).items() if _is_file_past(specs, rows, as_of)}
    for key, beside in take_out(home, specs, ledger, past, dry_run=dry_run):
        report.files.append(key)
        report.companions += [other.relative_to(home.landing).as_posix() for other in beside]
        say(f"{verb} {key}{''.join(f', with {other.name}' for other in beside)}")
    for row in map(dict, ledger.rows(led.delivery)):
        if row["feed"] not in specs.feeds or not is_past(row["received_at"].date(), _retention(specs, row).rows, as_of):
            continue
        # A list, so that each file is seen to.
        if any([_purge_rows(path, dry_run) for path in _rows_of(home, row)]):
            report.deliveries.append(row["delivery_id"])
            say(f"{verb} rows of {row['feed']}: {row['member'] or row['path']}")
    return report


def _retention(specs: SpecSet, row: Row) -> Any:
    return specs.feeds[row["feed"]].feed.retention


# --- files ------------------------------------------------------------------------------------------------------------


def take_out(
    home: Home, specs: SpecSet, ledger: Ledger, going: Mapping[str, list[dict[str, Any]]], *, dry_run: bool = False
) -> Iterator[tuple[str, list[Path]]]:
    """Delete files from landing, each with the companions that no file which stays has too; journal and ledger first.

    Args:
        home: the home.
        specs: the specs in force.
        ledger: the ledger.
        going: path below landing to the deliveries that came in the file there, as `files_held` has them.
        dry_run: delete nothing.

    Yields:
        The path below landing of each that was there, with the companions.

    Raises:
        OSError: where a file cannot be deleted. What went before it stays deleted, and noted.
    """
    there = {path.relative_to(home.landing).as_posix(): path for path in in_landing(home.landing)}
    staying = [path for key, path in there.items() if key not in going]
    for key in sorted(going.keys() & there.keys()):
        beside = sorted(set(_companions(specs, going[key], there[key], staying)))
        if not dry_run:
            _delete(home, ledger, there[key], going[key], beside)
        yield key, beside


def files_held(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    """Path below landing to the deliveries that came in the file there, each with when it came there first."""
    deliveries = {row["delivery_id"]: dict(row) for row in ledger.rows(led.delivery)}
    came: dict[tuple[str, str], datetime] = {}
    for row in ledger.rows(led.arrival):
        key = (row["path"], row["delivery_id"])
        came[key] = min(row["received_at"], came.get(key, row["received_at"]))
    for delivery_id, delivery in deliveries.items():
        came.setdefault((delivery["path"], delivery_id), delivery["received_at"])
    held: dict[str, list[dict[str, Any]]] = {}
    for (path, delivery_id), at in came.items():
        if delivery_id in deliveries:
            held.setdefault(path, []).append({**deliveries[delivery_id], "came": at})
    return held


def _is_file_past(specs: SpecSet, rows: list[dict[str, Any]], as_of: date) -> bool:
    """Whether the retention of every feed that claimed a file has passed; of a feed that is gone, nobody can tell."""
    return all(
        row["feed"] in specs.feeds and is_past(row["came"].date(), _retention(specs, row).files, as_of) for row in rows
    )


def _companions(specs: SpecSet, rows: list[dict[str, Any]], path: Path, staying: list[Path]) -> Iterator[Path]:
    """The companions of a file that goes, without those that a file which stays has too."""
    known = [specs.feeds[row["feed"]].feed for row in rows if row["feed"] in specs.feeds]
    for version in (version for feed in known for version in feed.versions):
        own = companion_of(version, Source(path))
        if own is None:
            continue
        others = (other for other in staying if other.parent == path.parent and other != own.path)
        if not any(companion_of(version, Source(other)) == own for other in others):
            yield own.path


def _delete(home: Home, ledger: Ledger, path: Path, rows: list[dict[str, Any]], beside: list[Path]) -> None:
    at, key = led.now(), path.relative_to(home.landing).as_posix()
    lengths = [{name: row[name] for name in _NOTED} for row in rows]
    Journal(home.journal).decided(
        "purged", at, path=key, deliveries=lengths, companions=[other.name for other in beside]
    )
    note_purged(ledger, key, at)
    for gone in (*beside, path):
        gone.unlink(missing_ok=True)


def note_purged(ledger: Ledger, key: str, at: datetime) -> None:
    """Let the ledger know that a file is there no more because it was purged."""
    known = ledger.rows(led.file_path, path=key)
    row = dict(known[0]) if known else {"path": key, "sha256": "", "size": 0, "mtime_ns": 0, "specs_digest": ""}
    with ledger.change() as connection:
        led.put(connection, led.file_path, [{**row, "seen_at": at, "state": "purged", "reason": None}])


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows_of(home: Home, row: Row) -> Iterator[Path]:
    """The files that hold what was read of a delivery as it was written, by whatever specs."""
    raw = home.raw_of(row)
    if raw.exists():
        yield raw
    for folder in (home.quarantine, home.issues):
        yield from sorted((folder / str(row["feed"])).glob(f"{row['delivery_id']}-*.parquet"))


def _purge_rows(path: Path, dry_run: bool) -> bool:
    """Delete raw rows, or what quarantine and issues hold of them; whether there was anything."""
    import polars as pl

    if "-" not in path.stem:
        if not dry_run:
            path.unlink()
        return True
    if _MARK in pl.read_parquet_metadata(path):
        return False
    if not dry_run:
        frame = pl.read_parquet(path)
        none = [pl.lit(None, frame.schema[name]).alias(name) for name in _CONTENT if name in frame.columns]
        said = pl.lit("purged after its retention").alias("message")
        with whole(path) as draft:
            frame.with_columns(*none, said).write_parquet(draft, metadata={_MARK: "true"})
    return True
