"""What lies in landing that no delivery records: nothing that a partner sent is lost by nobody having looked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import Any, Literal

from pipelines.intake.sources import as_text, escaped, is_finished
from pipelines.specs.issue_types import read_issue_types
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

Kind = Literal["not_loaded", "waits", "not_taken", "unfinished", "hidden", "changed", "gone"]


@dataclass(frozen=True)
class Swept:
    """One file that somebody should look at.

    `path` is below landing. `issue_type` is that of the refusal, where it was refused. `feeds` are those whose
    deliveries the file held. `since`: when it came, changed, was refused or, of one that is gone, was loaded. That a
    file `waits` for its companion can only be told by who knows the specs: `swept` says `not_loaded` of it.
    """

    path: str
    kind: Kind
    why: str
    since: date
    issue_type: str | None = None
    feeds: tuple[str, ...] = ()


def swept(home: Home, ledger: Ledger | None, is_companion: Callable[[PurePath], bool] | None = None) -> list[Swept]:
    """Every file below landing that no delivery records, or that is not the one recorded; and those that are gone.

    Args:
        home: the home.
        ledger: its ledger; None where nothing was ever loaded.
        is_companion: tells by its path below landing a file that belongs to another, such as a manifest.

    Returns:
        What was found, in the order of paths.
    """
    files = {row["path"]: row for row in ledger.rows(led.file_path)} if ledger else {}
    taken: dict[str, list[Any]] = {}
    for row in ledger.rows(led.delivery) if ledger else ():
        taken.setdefault(row["path"], []).append(row)
    found: list[Swept] = []
    there = set()
    for path in sorted(home.landing.rglob("*")):
        inside = path.relative_to(home.landing)
        if path.is_dir() or (is_companion and is_companion(inside)):
            continue
        key = inside.as_posix()
        there.add(key)
        found += _look(path, inside, files.get(key), taken.get(key, []))
    there |= {key for key, row in files.items() if row["state"] == "purged"}
    return sorted([*found, *_gone(taken, there)], key=lambda item: item.path)


def _look(path: Path, inside: PurePath, noted: Any, deliveries: list[Any]) -> Iterator[Swept]:
    """What is to be said of one file; nothing where it is as it was taken."""
    key, feeds = inside.as_posix(), tuple(sorted({row["feed"] for row in deliveries}))
    try:
        stat = path.stat()
    except OSError:
        yield Swept(key, "not_taken", "cannot be read: a link that leads nowhere?", date.today(), "not_a_file")
        return
    touched = datetime.fromtimestamp(stat.st_mtime, UTC).date()
    if as_text(inside) is None:
        yield Swept(escaped(inside), "not_taken", "its name is not UTF-8; rename it", touched, "not_a_file")
        return
    is_same = noted is not None and (noted["size"], noted["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns)
    if not is_finished(inside):
        is_hidden = any(part.startswith((".", "~$")) for part in inside.parts)
        kind: Kind = "hidden" if is_hidden else "unfinished"
        why = "its name or folder hides it" if is_hidden else "its name says that it is still being written"
        yield Swept(key, kind, f"{why}; such a file is never taken", touched)
    elif (noted is None and not deliveries) or (noted is not None and noted["state"] == "purged"):
        yield Swept(key, "not_loaded", "nobody has loaded it yet", touched)
    elif noted is not None and not is_same:
        was = "loaded" if deliveries else "looked at"
        yield Swept(key, "changed", f"it has changed since it was {was}", touched, None, feeds)
    elif noted is not None and noted["state"] != "claimed":
        known = {row["reason"] for row in deliveries if row["reason"]}
        for issue_type, message in reasons(noted["reason"] or ""):
            if f"{issue_type}: {message}" not in known:
                why = message.removeprefix(f"{path}: ")
                yield Swept(key, "not_taken", why, noted["seen_at"].date(), issue_type, feeds)


def _gone(taken: dict[str, list[Any]], there: set[str]) -> Iterator[Swept]:
    """Files of deliveries that were taken, and lie in landing no more: nothing can be read from them again."""
    for path, deliveries in taken.items():
        kept = [row for row in deliveries if row["state"] != "refused"]
        if kept and path not in there and not PurePath(path).is_absolute():
            since = min(row["received_at"] for row in kept).date()
            feeds = tuple(sorted({row["feed"] for row in kept}))
            yield Swept(path, "gone", "it was loaded and is gone from landing", since, None, feeds)


def reasons(text: str) -> list[tuple[str, str]]:
    """The (issue type, message) pairs of what the ledger keeps as `type: message; type: message`."""
    known = "|".join(read_issue_types())
    parts = re.split(rf"(?:^|; )({known}): ", text)
    return list(zip(parts[1::2], parts[2::2], strict=True)) if len(parts) > 1 else []
