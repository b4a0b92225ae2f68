"""One file read by one spec, with no ledger and no home: what loading would make of it, to look at.

It is how a spec is tried out. A spec of a known dataset is taken as far as harmonised, any other as far as read.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.harmonise.aside import WHOSE, counted, issue_rows, set_aside
from pipelines.harmonise.control import check_control
from pipelines.harmonise.delivery import Delivered, harmonise
from pipelines.harmonise.faults import INDEX, Faults
from pipelines.harmonise.parts import PART
from pipelines.harmonise.returns import check_expected
from pipelines.intake.claims import Claim, Declared, claim_of
from pipelines.intake.companions import is_own_companion, stated_beside
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, opened
from pipelines.place.reference import ReferenceData
from pipelines.protect.minimise import trial_guard
from pipelines.read.delivery import read_delivery, reading_of
from pipelines.read.records import ROW, Note, Records, Unread, no_rows
from pipelines.read.sheets import by_sheet
from pipelines.read.tally import Tally
from pipelines.specs.check import cross_check
from pipelines.specs.load import CORRECTIONS, FeedSpec, SpecSet, read_feed, read_specs
from pipelines.specs.models import Contact, Partner, Supplier
from pipelines.specs.problems import SpecError, nearest, shown
from warehouse.home import whole
from warehouse.query import neutral

if TYPE_CHECKING:
    import polars as pl

ROWS, QUARANTINE, ISSUES, ACCOUNT = "rows.parquet", "quarantine.parquet", "issues.csv", "account.json"


@dataclass
class TryOut:
    """What came of one delivery: its accounts, its issues, and why it would be refused, if it would.

    `records` and `rows` are the two accounts; `rows` is empty where the dataset is not known. `sample` are the first
    rows, to show.
    """

    source: str
    records: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    issues: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    refused: str | None = None
    sample: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        told = {"source": self.source, "records": self.records, "rows": self.rows, "issues": self.issues}
        return {**told, "refused": self.refused}


@dataclass(frozen=True)
class Trial:
    """A spec ready to be tried: its feed among the specs it draws on. `dataset` is None where none is known."""

    feed: FeedSpec
    specs: SpecSet
    dataset: str | None


def trial_of(path: Path, shipped: Path, dataset: str | None) -> Trial:
    """The spec at a path. In a folder of specs it draws on that folder, elsewhere on the specs in use.

    Args:
        path: the feed's spec.
        shipped: the specs in use.
        dataset: the dataset; None takes the file's name.

    Raises:
        Refusal: where there is no such file, or no such dataset.
        SpecError: with every problem of the spec.
    """
    if not path.is_file():
        raise Refusal("not_a_file", f"{path}: there is no such spec")
    path = path.resolve()
    own = path.parent.parent.parent
    is_inside = path.parent.parent.name == "partners" and (own / "datasets").is_dir()
    specs, unread = read_specs(own if is_inside else shipped)
    if dataset is not None and dataset not in specs.datasets:
        raise Refusal("not_a_file", f'there is no dataset "{dataset}"{nearest(dataset, specs.datasets)}')
    name = dataset or path.stem
    partner = path.parent.name if is_inside else "trial"
    if partner not in specs.partners:
        alone = Supplier(title="The sender of this file")
        contact = Contact(role="whoever sent it")
        specs.partners[partner] = Partner(title="Trial", description="-", contact=contact, suppliers={"trial": alone})
    feed, document, problems = read_feed(path, partner, name)
    if feed is None:
        raise SpecError(problems)
    specs.documents["feed", feed.name] = document
    _leave_only(feed, specs)
    is_known = name in specs.datasets
    problems += [*unread, *(cross_check(specs) if is_known else [])]
    # Other files of the folder may be unfinished.
    own_files = {shown(path), *(shown(table.path) for table in feed.maps.values())}
    own_files |= {shown(path.parent / CORRECTIONS)} if is_inside else set()
    if problems := [problem for problem in problems if problem.file in own_files]:
        raise SpecError(problems)
    return Trial(specs.feeds[feed.name], specs, name if is_known else None)


def _leave_only(feed: FeedSpec, specs: SpecSet) -> None:
    """Take all feeds but one out of the specs, and all corrections but those of its rows; it may be a draft."""
    alone = replace(feed, feed=feed.feed.model_copy(update={"draft": False}))
    if feed.feed.draft:
        # Nothing of a draft is agreed yet; to look at what it would make, its maps are taken as if they were.
        alone = replace(alone, maps={name: table.as_agreed() for name, table in feed.maps.items()})
    specs.feeds = {feed.name: alone}
    ours = [item for item in specs.corrections.get(feed.partner, ()) if item.correction.dataset == feed.dataset]
    specs.corrections = {feed.partner: tuple(ours)} if ours else {}


def try_out(path: Path, trial: Trial, declared: Declared, reference: ReferenceData, out: Path | None) -> list[TryOut]:
    """Read one file: every delivery in it that the feed takes.

    Args:
        path: the file, or an archive.
        trial: the spec.
        declared: period and issue date, where the name does not say them.
        reference: reference data to place rows by.
        out: the folder for `rows.parquet`, `quarantine.parquet`, `issues.csv` and `account.json`; None writes nothing.

    Raises:
        Refusal: where the file or the archive as a whole cannot be taken.
    """
    found = [claim for source in opened(path) for claim in _claims(source, trial, declared)]
    if not found:
        patterns = ", ".join(trial.feed.feed.versions[-1].files)
        raise Refusal("no_feed_claims", f"{path}: holds no file of a name that this spec takes ({patterns})")
    results = []
    with TemporaryDirectory(prefix="commongrid-read-") as scratch:
        frames = _Frames(Path(scratch) if out is not None else None)
        for claim in found:
            result = TryOut(str(claim.source))
            try:
                if trial.dataset is None:
                    _read_only(claim, result, frames)
                else:
                    _harmonised(claim, trial, reference, result, frames)
            except Refusal as refusal:
                result.refused = f"{refusal.issue_type}: {refusal}"
            results.append(result)
        if out is not None:
            frames.write(out, len(found) > 1, [result.summary() for result in results])
    return results


def _claims(source: Source, trial: Trial, declared: Declared) -> Iterator[Claim]:
    """The claims of the trial's feed; a single file of another name is taken as well: it is a trial."""
    feed = trial.feed
    if source.member is not None and is_own_companion(feed, source):
        return
    claim = claim_of(feed, source, declared)
    if claim is None and source.member is None:
        try:
            claim = claim_of(feed, source, replace(declared, feed=feed.name))
        except Refusal as refusal:
            patterns = ", ".join(feed.feed.versions[-1].files)
            raise Refusal(refusal.issue_type, f"{refusal} (a name that says it would fit {patterns})") from refusal
    if claim is not None:
        yield from by_sheet(claim)


def _supplier(claim: Claim, trial: Trial) -> str:
    """Whom the file speaks for; on trial, anyone will do."""
    if claim.version.supplier is not None:
        return ""
    return claim.facts.supplier or next(iter(trial.specs.partners[claim.feed.partner].suppliers))


def _records_account(records: Records, read: int) -> dict[str, Any]:
    return {
        "records": records.headers_read + sum(records.skipped.values()) + read + len(records.unread),
        "header": records.headers_read,
        "skipped": dict(records.skipped),
        "read": read,
        "quarantined": len(records.unread),
    }


def _harmonised(claim: Claim, trial: Trial, reference: ReferenceData, result: TryOut, frames: _Frames) -> None:
    # Nothing that is shown can be linked with anything else: the keys are of this trial alone.
    guard = trial_guard(claim.feed, claim.version, trial.specs, claim.facts.period, lambda: reference.large_sectors)
    with claim.source.open() as file:
        records = read_delivery(file, claim, trial.specs.datasets[claim.feed.dataset], guard)
    result.records = _records_account(records, records.frame.height)
    delivered = Delivered("", date.today())
    made = harmonise(records, claim, trial.specs, _supplier(claim, trial), reference, delivered)
    result.rows, result.issues, result.examples = made.account, dict(made.issues), made.examples
    result.sample = made.rows.head(5).to_dicts()
    frames.add(result.source, made.rows, made.set_aside, made.issue_rows)
    check_control(records, claim, stated_beside(claim.version, claim.source))
    check_expected(made, records, claim)


def _read_only(claim: Claim, result: TryOut, frames: _Frames) -> None:
    """Reading alone, batch by batch: what is read need not fit in memory."""
    unread: list[Unread] = []
    skipped: Counter[str] = Counter()
    tally = Tally()
    read = 0
    with claim.source.open() as file:
        reading = reading_of(file, claim, None)
        notes: list[Note] = [*reading.notes]
        for batch in reading.batches:
            frames.add_rows(result.source, batch.frame)
            unread += batch.unread
            notes += batch.notes
            skipped += batch.skipped
            tally.add(batch.tally)
            read += batch.frame.height
            result.sample = result.sample or batch.frame.head(5).to_dicts()
    unread.sort(key=lambda record: record.line)
    header = reading.header
    records = Records(no_rows(header), header, reading.header_records, skipped, unread, notes, reading.cells, tally)
    result.records = _records_account(records, read)
    aside = _unread_aside(records)
    issues = issue_rows(aside, records.frame, notes)
    totals, result.examples = counted(issues, result.source)
    result.issues = dict(totals)
    frames.add(result.source, None, aside, issues)
    check_control(records, claim, stated_beside(claim.version, claim.source))


def _unread_aside(records: Records) -> pl.DataFrame:
    import polars as pl

    text = pl.DataFrame(schema={INDEX: pl.UInt32, ROW: pl.UInt32, PART: pl.UInt16})
    none = text.select(INDEX)
    whose = none.with_columns(pl.lit(None, pl.String).alias(WHOSE[0]), pl.lit(None, pl.Date).alias(WHOSE[1]))
    no_repeats = none.with_columns(issue_type=pl.lit(None, pl.String))
    return set_aside(text, whose, no_repeats, Faults().table(), no_repeats, records)


class _Frames:
    """What is to be written: rows go into files of their own as they come, so that they need not fit in memory.

    `scratch` is a folder for them; None where nothing is to be written.
    """

    def __init__(self, scratch: Path | None) -> None:
        self.scratch = scratch
        self.rows: list[tuple[str, Path]] = []
        self.aside: list[tuple[str, pl.DataFrame]] = []
        self.issues: list[tuple[str, pl.DataFrame]] = []

    def add_rows(self, source: str, rows: pl.DataFrame) -> None:
        """Rows of a source."""
        if self.scratch is not None:
            path = self.scratch / f"{len(self.rows)}.parquet"
            rows.write_parquet(path, compression="lz4")
            self.rows.append((source, path))

    def add(self, source: str, rows: pl.DataFrame | None, aside: pl.DataFrame, issues: pl.DataFrame) -> None:
        """What a source became."""
        if rows is not None:
            self.add_rows(source, rows)
        self.aside.append((source, aside))
        self.issues.append((source, issues))

    def write(self, out: Path, told_apart: bool, account: list[dict[str, Any]]) -> None:
        """Write the four files, each whole or not at all."""
        import polars as pl

        rows = [(source, pl.scan_parquet(path)) for source, path in self.rows]
        aside = [(source, frame.lazy()) for source, frame in self.aside]
        for name, frames in ((ROWS, rows), (QUARANTINE, aside)):
            marked = [frame.with_columns(_source=pl.lit(source)) if told_apart else frame for source, frame in frames]
            with whole(out / name) as draft:
                (pl.concat(marked, how="diagonal_relaxed") if marked else pl.LazyFrame()).sink_parquet(draft)
        with whole(out / ISSUES) as draft, draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["source", "row", "part", "issue_type", "column", "value", "message"])
            for source, frame in self.issues:
                writer.writerows([neutral(cell) for cell in (source, *row)] for row in frame.iter_rows())
        with whole(out / ACCOUNT) as draft:
            text = json.dumps(account[0] if len(account) == 1 else account, indent=2, default=str, ensure_ascii=False)
            draft.write_text(text + "\n", encoding="utf-8")
