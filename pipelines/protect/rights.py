"""What people have asked of the rows about them: a register of requests, kept beside the keys, outside the home.

    <keys>/rights.jsonl

A home that is put back from a backup still meets the requests made since: they are not in what was backed up. A line
holds no identifier, only pseudonyms, and the numbers of rows in the deliveries where the person was found. It is
written through to the disk before anything is done, and never changed: what is found later is a line of its own.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.specs.fingerprint import digest

if TYPE_CHECKING:
    import polars as pl

REGISTER = "rights.jsonl"
_ROW = "_row"


class Act(StrEnum):
    """What a person may ask of the rows about them (UK GDPR, Articles 16, 17 and 18)."""

    RECTIFY = "rectify"
    ERASE = "erase"
    RESTRICT = "restrict"
    LIFT = "lift"


@dataclass(frozen=True)
class Request:
    """One request.

    `rows` are the numbers of the person's rows by delivery; `pseudonyms` find those that come later. `column` and
    `text` are what a rectification changes. `lifts` names the restrictions that a lifting ends.
    """

    id: str
    act: Act
    asked_on: date
    pseudonyms: frozenset[str] = frozenset()
    rows: dict[str, frozenset[int]] = field(default_factory=dict, hash=False)
    column: str | None = None
    text: str | None = None
    lifts: tuple[str, ...] = ()


def new_request(act: Act, today: date, pseudonyms: Iterable[str], rows: dict[str, frozenset[int]]) -> Request:
    """A request with a number of its own, not written anywhere yet."""
    return Request(f"{act.value}-{today:%Y%m%d}-{secrets.token_hex(3)}", act, today, frozenset(pseudonyms), rows)


class Rights:
    """The register of a folder of keys. There may be none: then nobody has asked for anything."""

    def __init__(self, folder: Path) -> None:
        """Read the register.

        Raises:
            Refusal: where it cannot be read: then nothing may be loaded, for it might bring back what was erased.
        """
        self.path = folder / REGISTER
        self.requests: dict[str, Request] = {}
        for number, line in enumerate(self._lines(), 1):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                message = f"{self.path}:{number}: is no line of the register of requests; put it back from a copy"
                raise Refusal("register_unreadable", message) from None

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise Refusal("register_unreadable", f"{self.path}: cannot be read ({reason})") from None
        # A last line that is not whole was being written when the machine stopped: nothing had been done yet.
        return text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]

    def _take(self, line: dict[str, Any]) -> None:
        rows = {delivery: frozenset(numbers) for delivery, numbers in line.get("rows", {}).items()}
        known = self.requests.get(line["id"])
        if known is not None:
            both = {key: known.rows.get(key, frozenset()) | rows.get(key, frozenset()) for key in known.rows | rows}
            self.requests[known.id] = replace(known, rows=both)
            return
        self.requests[line["id"]] = Request(
            line["id"],
            Act(line["act"]),
            date.fromisoformat(line["asked_on"]),
            frozenset(line.get("pseudonyms", ())),
            rows,
            line.get("column"),
            line.get("text"),
            tuple(line.get("lifts", ())),
        )

    # --- adding -------------------------------------------------------------------------------------------------------

    def add(self, request: Request) -> None:
        """Write a request down, before anything is done about it."""
        line = {
            "id": request.id,
            "act": request.act.value,
            "asked_on": request.asked_on.isoformat(),
            "pseudonyms": sorted(request.pseudonyms),
            "rows": _listed(request.rows),
            **({"column": request.column, "text": request.text} if request.column is not None else {}),
            **({"lifts": list(request.lifts)} if request.lifts else {}),
        }
        self._write(line)

    def found(self, request_id: str, rows: dict[str, frozenset[int]]) -> None:
        """Note further rows that a request is about."""
        known = self.requests[request_id].rows
        fresh = {key: numbers for key, numbers in rows.items() if not numbers <= known.get(key, frozenset())}
        if fresh:
            self._write({"id": request_id, "rows": _listed(fresh)})

    def _write(self, line: dict[str, Any]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._mend_end()
        with os.fdopen(
            os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(line)

    def _mend_end(self) -> None:
        """Cut off a last line that was never finished, so that the next one stands by itself."""
        if not self.path.exists():
            return
        with self.path.open("r+b") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)

    # --- what is in force ---------------------------------------------------------------------------------------------

    def in_force(self) -> list[Request]:
        """The requests that hold, in the order they were made: not a restriction that was lifted, nor the lifting."""
        lifted = {name for request in self.requests.values() for name in request.lifts}
        return [item for item in self.requests.values() if item.act is not Act.LIFT and item.id not in lifted]

    def restrictions(self, pseudonyms: Iterable[str], rows: dict[str, frozenset[int]]) -> list[Request]:
        """The restrictions in force about a person: of any of these pseudonyms, or of any of these rows."""
        known = frozenset(pseudonyms)
        return [
            item
            for item in self.in_force()
            if item.act is Act.RESTRICT
            and (item.pseudonyms & known or any(rows.get(key, frozenset()) & item.rows[key] for key in item.rows))
        ]

    def digest(self, delivery_id: str) -> str:
        """A hash of what is asked of the rows of a delivery; empty where nothing is."""
        asked = [
            (item.id, sorted(item.rows[delivery_id]), item.column, item.text)
            for item in self.in_force()
            if delivery_id in item.rows
        ]
        return digest(asked) if asked else ""

    def rows_in(
        self, request: Request, delivery_id: str, frame: pl.DataFrame, columns: Iterable[str]
    ) -> frozenset[int]:
        """The rows of a delivery that a request is about: those noted, and those with one of its pseudonyms.

        Args:
            request: the request.
            delivery_id: the delivery.
            frame: what was read of it, with `_row`.
            columns: those of `frame` that hold pseudonyms.
        """
        import polars as pl

        noted = request.rows.get(delivery_id, frozenset())
        held = [pl.col(name).is_in(list(request.pseudonyms)) for name in columns if name in frame.columns]
        if not held or not request.pseudonyms:
            return noted
        return noted | frozenset(frame.filter(pl.any_horizontal(held))[_ROW].to_list())


def _listed(rows: dict[str, frozenset[int]]) -> dict[str, list[int]]:
    return {delivery: sorted(numbers) for delivery, numbers in sorted(rows.items())}
