"""The delivery that a person means: by its id, the beginning of it, or the name or path of the file it came in."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.intake.refusal import Refusal
from warehouse import ledger as led
from warehouse.ledger import Ledger

_SHORTEST = 6
_LISTED = 5


@dataclass(frozen=True)
class Found:
    """The delivery meant, and others of the same name that came before it, the last first."""

    delivery: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]]


def find_delivery(ledger: Ledger, landing: Path, name: str) -> Found:
    """The delivery that a text names.

    Args:
        ledger: the ledger.
        landing: the folder below which the ledger's paths lie.
        name: an id, at least 6 characters of its beginning, or a file's name or path, at landing or as it was given.

    Raises:
        Refusal: where no delivery is called that, or several ids begin so.
    """
    deliveries = {str(row["delivery_id"]): dict(row) for row in ledger.rows(led.delivery)}
    if re.fullmatch(rf"[0-9a-f]{{{_SHORTEST},}}", name):
        begun = [row for key, row in deliveries.items() if key.startswith(name)]
        if len(begun) == 1:
            return Found(begun[0], [])
        if begun:
            listed = "".join(f"\n  {told(row)}" for row in begun[:_LISTED])
            raise Refusal("not_a_file", f'{len(begun):,} deliveries begin with "{name}"; give more of it:{listed}')
    arrivals = defaultdict(list)
    for arrival in ledger.rows(led.arrival):
        arrivals[str(arrival["delivery_id"])].append(dict(arrival))
    named, wanted = [], _wanted(name, landing)
    for key, row in deliveries.items():
        came = [row, *arrivals[key]]
        if any(_is_called(item["path"], row["member"], wanted) for item in came):
            named.append((max((item["arrival_id"] for item in arrivals[key]), default=0), row))
    if not named:
        raise Refusal("not_a_file", _unknown(ledger, name, wanted, deliveries.values()))
    latest, *others = [row for _at, row in sorted(named, key=lambda item: -item[0])]
    return Found(latest, others)


def told(row: Mapping[str, Any]) -> str:
    """A delivery in one line: its id, feed, file and the day it came."""
    return f"{row['delivery_id']}  {row['feed']}  {file_name(row)}  received {row['received_at']:%Y-%m-%d}"


def file_name(row: Mapping[str, Any]) -> str:
    """The name of a delivery's file; of one in an archive or of a sheet, that as well."""
    colon = ":" if row["member"] and not row["member"].startswith("[") else ""
    return f"{PurePosixPath(row['path']).name}{colon}{row['member'] or ''}"


def _wanted(name: str, landing: Path) -> set[str]:
    """A name as it was given, and as the path it may be."""
    path = Path(name).resolve()
    below = {path.relative_to(landing).as_posix()} if path.is_relative_to(landing) else set()
    return {name.removeprefix("./"), path.as_posix(), *below}


def _is_called(path: str, member: str | None, wanted: set[str]) -> bool:
    names = [path, *([f"{path}/{member}", f"{path}:{member}", f"{path}{member}"] if member else [])]
    return any(name == item or name.endswith(f"/{item}") for name in names for item in wanted)


def _unknown(ledger: Ledger, name: str, wanted: set[str], deliveries: Iterable[Mapping[str, Any]]) -> str:
    """What to say of a name that no delivery has: why the file never became one, or the nearest names."""
    for row in ledger.rows(led.file_path):
        if row["reason"] and _is_called(row["path"], None, wanted):
            return f"{name}: no feed took this file, so there is nothing to report on ({row['reason']})"
    known = {part for row in deliveries for part in (PurePosixPath(row["path"]).name, row["member"] or "") if part}
    close = difflib.get_close_matches(PurePosixPath(name).name, sorted(known), n=3, cutoff=0.6)
    near = f"; did you mean {' or '.join(close)}?" if close else ""
    how = f"give its id, at least {_SHORTEST} characters of it, or its file's name"
    return f'no delivery is called "{name}"{near}' if near else f'no delivery is called "{name}"; {how}'
