"""The journal: every arrival and every decision a person made of one, line by line, beside landing.

The ledger is the truth about what happened, and can be made again: from landing, which keeps the files, and from this
journal, which keeps what no file says of itself: when it came, what its sender or whoever gave it declared of it, what
was accepted after a check had held it, which periods were closed. Each line is JSON, written through to the disk before
the ledger is told. A last line that is not whole was being written when the machine stopped, and is passed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Arrival:
    """One delivery as it came. `is_given`: its feed, period, supplier or day of issue were told by whoever loaded it.

    `path` is below landing. `issued` is null where nobody declared it: then the day of arrival stands for it.
    """

    delivery: str
    path: str
    member: str | None
    feed: str
    period: date | None
    supplier: str
    issued: date | None
    is_given: bool


class Journal:
    """The journal of one home. Only who holds the home for changing adds to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._came: dict[Arrival, datetime] = {}
        self._first: dict[str, datetime] = {}
        self._given: dict[str, list[Arrival]] = {}
        self._plain: set[str] = set()
        self._accepted: dict[str, str] = {}
        self._closed: dict[tuple[str, date], datetime] = {}
        self._purged: dict[str, dict[str, Any]] = {}
        for line in _read(path):
            self._take(line)

    def first_came(self, delivery: str) -> datetime | None:
        """When a delivery came first; None if it never did."""
        return self._first.get(delivery)

    def given(self, path: str) -> list[Arrival]:
        """What was declared of a file in landing by those who gave it, in the order they did."""
        return self._given.get(path, [])

    def is_plain(self, path: str) -> bool:
        """Whether a file in landing also came by itself, with nothing declared of it."""
        return path in self._plain

    def accepted(self) -> dict[str, str]:
        """Delivery to the reason for which a person accepted it after it had been held."""
        return dict(self._accepted)

    def closed(self) -> dict[tuple[str, date], datetime]:
        """(period type, its first day) of each closed period, and when it was closed."""
        return dict(self._closed)

    def purged(self) -> dict[str, dict[str, Any]]:
        """Path below landing to what was noted when the file there was purged: its `deliveries` and `companions`."""
        return dict(self._purged)

    def arrivals(self, delivery: str) -> list[Arrival]:
        """Every way a delivery came, in order: each day of issue is one."""
        return [arrival for arrival in self._came if arrival.delivery == delivery]

    def arrived(self, arrival: Arrival, at: datetime) -> datetime:
        """Note an arrival; when it came. One noted before keeps its moment: the ledger was lost, or not told."""
        if arrival not in self._came:
            self._add("arrived", at, **asdict(arrival))
        return self._came[arrival]

    def decided(self, what: str, at: datetime, **about: Any) -> None:
        """Note a decision: `accepted` (delivery, reason), `closed` or `reopened` (period_type, period_start).

        `purged` (path, deliveries, companions) is a decision too: that of the feed's retention.
        """
        self._add(what, at, **about)

    def _take(self, line: dict[str, Any]) -> None:
        at = datetime.fromisoformat(line["at"])
        match line["what"]:
            case "arrived":
                self._take_arrival(_arrival(line), at)
            case "accepted":
                self._accepted[line["delivery"]] = line["reason"]
            case "purged":
                # Noted anew each time, so that one sent again and purged again stands once.
                self._purged[line["path"]] = line
            case "closed" | "reopened" as what:
                key = (line["period_type"], date.fromisoformat(line["period_start"]))
                self._closed.pop(key, None)
                if what == "closed":
                    self._closed[key] = at

    def _take_arrival(self, arrival: Arrival, at: datetime) -> None:
        self._came.setdefault(arrival, at)
        self._first.setdefault(arrival.delivery, at)
        if not arrival.is_given:
            self._plain.add(arrival.path)
        elif arrival not in self._given.setdefault(arrival.path, []):
            self._given[arrival.path].append(arrival)

    def _add(self, what: str, at: datetime, **about: Any) -> None:
        text = json.dumps({"at": at.isoformat(), "what": what, **about}, ensure_ascii=False, default=str)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            if file.tell() and not _ends_whole(self.path):
                file.write(b"\n")
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(json.loads(text))


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _read(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        if isinstance(line, dict) and {"at", "what"} <= line.keys():
            yield line


def _arrival(line: dict[str, Any]) -> Arrival:
    days = {name: date.fromisoformat(line[name]) if line[name] else None for name in ("period", "issued")}
    return Arrival(
        line["delivery"], line["path"], line["member"], line["feed"], days["period"], line["supplier"], days["issued"],
        line["is_given"],
    )  # fmt: skip
