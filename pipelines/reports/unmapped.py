"""The codes of a home that no line of a map covers: how many rows wait for each, since when, and what each may mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.harmonise.code_maps import decide
from pipelines.propose.suggest import OTHERS, OWN, Known, Suggestion, suggest
from pipelines.reports.facts import UNMAPPED, refused_now
from pipelines.specs.load import CodeTable, FeedSpec, SpecSet
from pipelines.specs.periods import written
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

# How many codes are suggested for a text.
SUGGESTED = 3
THIS_MAP = "this map"
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Reading:
    """How a feed reads one column of codes: its map, and the shared scheme the map leads into."""

    feed: FeedSpec
    column: str
    table: CodeTable
    scheme: str | None

    @property
    def key(self) -> Key:
        """Feed, column and map."""
        return self.feed.name, self.column, self.table.path.stem


@dataclass(frozen=True)
class UnknownCode:
    """A text that no line of its map covers, with the rows in quarantine for it and the periods they are of.

    `suggestions` are codes of the scheme that are in force in the last of these periods, the likeliest first.
    """

    reading: Reading
    raw: str
    rows: int
    first: date
    last: date
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def first_seen(self) -> str:
        """The first period, as specs write it."""
        return written(self.reading.feed.feed.cadence.every, self.first)

    @property
    def last_seen(self) -> str:
        """The last period, as specs write it."""
        return written(self.reading.feed.feed.cadence.every, self.last)


@dataclass
class Unmapped:
    """All of them. Values of fields that are not plain are told nowhere: `not_shown` counts their rows.

    `answered` counts the rows whose code the map knows by now: they come back once they are put through again.
    """

    codes: list[UnknownCode] = field(default_factory=list)
    not_shown: dict[tuple[str, str], int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)


def readings(specs: SpecSet, name: str) -> Iterator[Reading]:
    """Each column of codes of a feed with each map that a version reads it by, the newest version first."""
    feed = specs.feeds[name]
    dataset, seen = specs.datasets[feed.dataset], set()
    for version in reversed(feed.feed.versions):
        for header, column in version.fills():
            table, fills = feed.maps.get(column.map or ""), dataset.fields.get(column.field)
            if table is not None and fills is not None and (header, column.map, fills.list) not in seen:
                seen.add((header, column.map, fills.list))
                yield Reading(feed, header, table, fills.list)


def unmapped(home: Home, specs: SpecSet, ledger: Ledger, only: str | None = None) -> Unmapped:
    """The unknown codes of all deliveries that are current, or were refused and wait; of one feed, or of all.

    Those of each feed and column stand together, those with the most rows first.
    """
    found = Unmapped()
    waiting: dict[tuple[Key, str], list[tuple[date, int]]] = {}
    by_key: dict[Key, Reading] = {}
    for delivery, periods in _deliveries(home, specs, ledger, only):
        by_column: dict[str, list[Reading]] = {}
        for reading in readings(specs, delivery["feed"]):
            by_column.setdefault(reading.column, []).append(reading)
        for column, raw, message, period, rows in _quarantined(home.quarantine_of(delivery)):
            which = _which(by_column.get(column, []), message)
            if raw is None:
                key = (delivery["feed"], column)
                found.not_shown[key] = found.not_shown.get(key, 0) + rows
            elif which is not None:
                # A row that cannot be dated is of one of the delivery's periods.
                day = period or periods[0]
                if _covers(which.table, raw, day):
                    name = map_file(which.table, specs)
                    found.answered[name] = found.answered.get(name, 0) + rows
                else:
                    by_key[which.key] = which
                    waiting.setdefault((which.key, raw), []).append((day, rows))
    unknown = [
        UnknownCode(by_key[key], raw, sum(rows for _, rows in seen), min(seen)[0], max(seen)[0])
        for (key, raw), seen in waiting.items()
    ]
    unknown.sort(key=lambda code: (code.reading.feed.name, code.reading.column, -code.rows, code.raw))
    found.codes = list(_suggested(unknown, specs))
    return found


def _deliveries(home: Home, specs: SpecSet, ledger: Ledger, only: str | None) -> Iterator[tuple[Any, list[date]]]:
    """The deliveries to look into, each with its reporting periods in order."""
    periods: dict[str, set[date]] = {}
    for row in led.current_returns(ledger):
        periods.setdefault(row["delivery_id"], set()).add(row["period_start"])
    for refused in refused_now(home, specs, ledger, None):
        periods.setdefault(refused.delivery_id, set()).add(refused.period or refused.since)
    for delivery in ledger.rows(led.delivery):
        is_wanted = only in (None, delivery["feed"]) and delivery["feed"] in specs.feeds
        if is_wanted and delivery["delivery_id"] in periods:
            yield delivery, sorted(periods[delivery["delivery_id"]])


def _quarantined(path: Path) -> Iterable[tuple[str, str | None, str, date | None, int]]:
    """Column, text as sent, message, period and rows of a delivery's unmapped codes. Null: a text not to be shown."""
    import polars as pl

    if not path.exists():
        return []
    rows = pl.scan_parquet(path).filter(pl.col("issue_type") == UNMAPPED)
    keys = ["column", "raw", "message", "period_start"]
    counted = rows.with_columns(raw=pl.col("value").str.strip_chars()).group_by(keys).len().sort(keys).collect()
    return counted.iter_rows()


def _which(possible: list[Reading], message: str) -> Reading | None:
    """The reading whose map a message names; a column may be read by several."""
    named = (reading for reading in possible if f"codes/{reading.table.path.name}" in message)
    return next(named, possible[0] if possible else None)


def _covers(table: CodeTable, raw: str, day: date) -> bool:
    """Whether a map now has a line for a text on a day, agreed or not."""
    import polars as pl

    decided = decide(pl.Series([raw], dtype=pl.String), pl.Series([day], dtype=pl.Date), table, {})
    return bool(decided["end"][0] != UNMAPPED)


def map_file(table: CodeTable, specs: SpecSet) -> str:
    """A map's file as people name it, from the folder of specs on: `ingest_specs/partners/...`."""
    return table.path.relative_to(specs.root.parent).as_posix()


def codes_in_force(specs: SpecSet, scheme: str | None, day: date) -> dict[str, str]:
    """The codes of a scheme that are in force on a day, each with its label; none where there is no scheme."""
    table = specs.code_lists.get(scheme or "")
    entries = table.entries if table is not None else ()
    return {entry.code: entry.label for entry in entries if entry.holds_on(day)}


def known_pairs(specs: SpecSet, reading: Reading) -> list[Known]:
    """What all maps into the scheme of a column know; the partner's own count for more than others'.

    A number or a sign means something only to the one who uses it: of other partners only texts with letters are taken.
    """
    found: dict[Path, list[Known]] = {}
    for name in specs.feeds:
        for other in readings(specs, name):
            if other.scheme != reading.scheme or other.table.path in found:
                continue
            is_own = other.feed.partner == reading.feed.partner
            source = THIS_MAP if other.table.path == reading.table.path else map_file(other.table, specs)
            found[other.table.path] = [
                Known(entry.raw.strip(), entry.code, source, OWN if is_own else OTHERS)
                for entry in other.table.entries
                if entry.code is not None and (is_own or any(sign.isalpha() for sign in entry.raw))
            ]
    return [pair for own in found.values() for pair in own]


def _suggested(unknown: list[UnknownCode], specs: SpecSet) -> Iterator[UnknownCode]:
    """The same codes with what each may mean; those of one map that may mean the same codes are looked at together."""
    alike: dict[tuple[Key, frozenset[str]], list[UnknownCode]] = {}
    for code in unknown:
        possible = frozenset(codes_in_force(specs, code.reading.scheme, code.last))
        alike.setdefault((code.reading.key, possible), []).append(code)
    told: dict[tuple[Key, str], tuple[Suggestion, ...]] = {}
    for (key, _), codes in alike.items():
        reading, texts = codes[0].reading, [code.raw for code in codes]
        labels = codes_in_force(specs, reading.scheme, codes[0].last)
        ranked = suggest(texts, known_pairs(specs, reading), labels, SUGGESTED)
        told |= {(key, raw): best for raw, best in zip(texts, ranked, strict=True)}
    for code in unknown:
        yield replace(code, suggestions=told[code.reading.key, code.raw])
