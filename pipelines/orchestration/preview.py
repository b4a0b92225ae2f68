"""What a replay would move, told before it does: the replay itself, made in a copy of the home and thrown away.

The copy has the ledger's rows and the journal, and links to the files a replay reads. Whatever is written in it takes
the place of a link, never of a file.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.build.in_force import Surviving, only_in_force, survivors
from pipelines.orchestration.replay import ReplayReport, replay, waits
from pipelines.orchestration.report import silent
from pipelines.protect.key_store import CHECKS
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

Row = dict[str, Any]


class Figure(NamedTuple):
    """What rows are counted by. `category` is None of figures that a partner supplies, and of records without one."""

    dataset: str
    supplier: str
    period_type: str
    period_start: date
    category: str | None


@dataclass(frozen=True)
class Move:
    """How many rows stand behind a figure now, and would after the replay."""

    dataset: str
    supplier: str
    period_type: str
    period_start: date
    category: str | None
    before: int
    after: int


@dataclass(frozen=True)
class Preview:
    """What a replay would do: `moves`, the figures it would move, and what it would report of the deliveries."""

    moves: tuple[Move, ...]
    replay: ReplayReport

    def summary(self) -> Row:
        """As plain data."""
        return {"moves": [asdict(move) for move in self.moves], **self.replay.summary()}


def preview(home: Home, specs: SpecSet, ledger: Ledger, feed: str | None = None) -> Preview:
    """What `replay` would do, of one feed or of all; nothing is changed.

    The caller holds the home, so that nobody changes it meanwhile.
    """
    with _copy(home, ledger) as (copied, copied_ledger):
        report = replay(copied, specs, copied_ledger, silent, feed)
        feeds = {row["feed"] for row in report.again}
        before, after = figures(home, specs, ledger, feeds), figures(copied, specs, copied_ledger, feeds)
    told = sorted(before.keys() | after.keys(), key=lambda figure: (*figure[:4], figure.category or ""))
    moves = (Move(*figure, before[figure], after[figure]) for figure in told if before[figure] != after[figure])
    return Preview(tuple(moves), report)


def figures(home: Home, specs: SpecSet, ledger: Ledger, feeds: set[str]) -> Counter[Figure]:
    """How many rows in force there are of feeds, by dataset, supplier, period and category."""
    counts: Counter[Figure] = Counter()
    current = [row for row in led.current_returns(ledger) if row["feed"] in feeds]
    by_key = survivors(home, current)
    for row in current:
        dataset = specs.feeds[row["feed"]].dataset
        category = specs.datasets[dataset].category
        found = by_key.get(row["delivery_id"])
        if found is None:
            rows, categories = row["rows_loaded"], row["categories"]
        else:
            rows, categories = found.count(row), _categories(home, row, category, found)
        whose = (dataset, row["supplier"], row["period_type"], row["period_start"])
        for code, count in categories.items():
            counts[Figure(*whose, code)] += count
        counts[Figure(*whose, None)] += rows - sum(categories.values())
    return counts


def _categories(home: Home, row: Row, category: str | None, found: Surviving) -> dict[str, int]:
    """Category to the rows of a return that are in force."""
    import polars as pl

    if category is None:
        return {}
    own = (pl.col("supplier") == row["supplier"]) & (pl.col("period_start") == row["period_start"])
    rows = only_in_force(pl.read_parquet(home.harmonised_of(row)), found).filter(own)
    return {str(code): count for code, count in rows[category].drop_nulls().value_counts().iter_rows()}


@contextmanager
def _copy(home: Home, ledger: Ledger) -> Iterator[tuple[Home, Ledger]]:
    """A home to replay in. It lies in the home: what it holds for a while must not leave that."""
    root = home.build / "preview"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    copied = replace(home, root=root, landing_url=str(home.landing), ledger_url=None, keys_path=home.keys)
    try:
        if home.journal.exists():
            shutil.copyfile(home.journal, copied.journal)
        if (home.root / CHECKS).exists():
            shutil.copyfile(home.root / CHECKS, root / CHECKS)
        for folder in (home.reference, home.boundaries):
            if folder.exists():
                _link(folder, root / folder.name)
        waiting = [row for row in map(dict, ledger.rows(led.delivery)) if waits(row)]
        for row in waiting:
            _link(home.raw_of(row), copied.raw_of(row))
        for row in led.current_returns(ledger):
            if row["replaces"] == "keys":
                _link(home.harmonised_of(row), copied.harmonised_of(row))
        yield copied, (store := _copied(ledger, copied.ledger))
        store.close()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _copied(ledger: Ledger, path: Path) -> Ledger:
    """All that a ledger knows, in an SQLite file of its own."""
    copied = Ledger(path)
    with copied.change() as connection:
        for table in led.delivery.metadata.sorted_tables:
            if table.name != led.meta.name:
                led.replace_all(connection, table, [dict(row) for row in ledger.rows(table)])
    return copied


def _link(target: Path, link: Path) -> None:
    if target.exists() and not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target.resolve(), target_is_directory=target.is_dir())
