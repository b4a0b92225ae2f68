"""A delivery held against its control totals: what the partner states of it, and what the spec expects of its sums."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pipelines.intake.claims import Claim
from pipelines.intake.companions import Stated
from pipelines.intake.refusal import Refusal
from pipelines.read.records import Records
from pipelines.read.tally import Marks, marks_of
from pipelines.specs.control import Control

# A count is a whole number, so that a comma in it can only group digits.
_COUNT = Marks(thousands=",")
_HASH = re.compile(r"[0-9a-fA-F]{64}")


class _MissError(Exception):
    """A total that is missed, in words that follow the delivery's name."""


@dataclass(frozen=True)
class _Text:
    """A text in which a total is to be found, and what it is called."""

    place: str
    text: str


def check_control(records: Records, claim: Claim, stated: Stated) -> int | None:
    """Hold a delivery against every control total that its spec declares.

    Args:
        records: what was read of it, with its tally.
        claim: the version of the spec that reads it.
        stated: its companion and its hashes.

    Returns:
        The number of records that the partner says it has; None where no control total states it.

    Raises:
        Refusal: where it misses any, with all that it misses.
    """
    held = _Held(records, claim, stated)
    misses: list[str] = []
    stated_rows: int | None = None
    for control in claim.version.control:
        try:
            if control.of == "rows":
                stated_rows = held.rows(control)
            elif control.of == "sum":
                held.sum(control)
            else:
                held.hash(control)
        except _MissError as miss:
            misses.append(str(miss))
    if misses:
        message = f"{claim.source}: {'; '.join(misses)}; nothing of it is loaded: ask the partner for the whole file"
        raise Refusal("control_total", message)
    return stated_rows


class _Held:
    """One delivery and all that is stated of it."""

    def __init__(self, records: Records, claim: Claim, stated: Stated) -> None:
        self.records, self.claim, self.stated = records, claim, stated

    def rows(self, control: Control) -> int:
        """The number of records as stated, which is that of the file."""
        place, wanted = self._number(control, _COUNT)
        found = self.records.tally.rows
        if wanted != found:
            raise _MissError(f"holds {_counted(found)}, where {place} states {wanted:,f}")
        return found

    def sum(self, control: Control) -> None:
        """A column's sum is as stated, or within its range."""
        column = control.column or ""
        found = self.records.tally.sums.get(column)
        if found is None:
            raise _MissError(f'has no column "{column}" to sum')
        told = f'its "{column}" adds up to {found.total:,f}{self._not_in_it(found.no_number)}'
        if control.stated_in is not None:
            place, wanted = self._number(control, marks_of(self.claim.version, column))
            if abs(found.total - wanted) > control.within:
                raise _MissError(f"{told}, where {place} states {wanted:,f}")
        elif (control.min is not None and found.total < control.min) or (
            control.max is not None and found.total > control.max
        ):
            least = f" from {control.min:,f}" if control.min is not None else ""
            most = f" up to {control.max:,f}" if control.max is not None else ""
            raise _MissError(f"{told}, where {self.claim.feed.name} expects{least}{most}")

    def hash(self, control: Control) -> None:
        """The bytes are those the partner tells of."""
        place, wanted = self._found(control)
        if not _HASH.fullmatch(wanted):
            raise _MissError(f"what {place} states is no sha256 of 64 digits")
        if wanted.lower() not in self.stated.hashes:
            raise _MissError(f"its sha256 is {self.stated.hashes[0]}, where {place} states {wanted.lower()}")

    def _not_in_it(self, no_number: int) -> str:
        """What a sum leaves out, which may be why it is missed."""
        parts = [f"cells that are empty or no number, and count as 0: {no_number:,}"] if no_number else []
        if unread := len(self.records.unread):
            parts.append(f"records that could not be read, and are not in it: {unread:,}")
        return f" ({'; '.join(parts)})" if parts else ""

    def _number(self, control: Control, marks: Marks) -> tuple[str, Decimal]:
        """Where a number is stated, and the number."""
        place, text = self._found(control)
        number = marks.number(text)
        if number is None:
            raise _MissError(f"what {place} states is no number")
        return place, number

    def _found(self, control: Control) -> tuple[str, str]:
        """Where a total is stated, and what stands there.

        Raises:
            _MissError: where it is not stated, or differently in two places.
        """
        texts = list(self._texts(control))
        pattern = control.pattern(self.stated.names, self.stated.stem)
        found = [(item.place, (hit.group(1) or "").strip()) for item in texts for hit in pattern.finditer(item.text)]
        told = list(dict.fromkeys(text for _place, text in found if text))
        what = {"rows": "the number of records", "sum": f'the sum of "{control.column}"', "sha256": "its sha256"}
        if not told:
            raise _MissError(f"{texts[0].place} does not state {what[control.of]}, going by `match`")
        if len(told) > 1:
            raise _MissError(f"{found[0][0]} states {what[control.of]} more than once, and not the same")
        return next(place for place, text in found if text), told[0]

    def _texts(self, control: Control) -> Iterator[_Text]:
        """The texts to look at, of which there is at least one.

        Raises:
            _MissError: where there is none.
        """
        source = self.claim.source
        if control.stated_in == "companion":
            if self.stated.text is None:
                raise _MissError(f"its companion {self.stated.companion} is not there")
            yield _Text(f"its companion {self.stated.companion}", self.stated.text)
        elif control.stated_in == "cell":
            text = self.records.cells.get(control.cell or "")
            if text is None:
                raise _MissError(f"its cell {control.cell}, where the partner states a total, is empty")
            yield _Text(f"its cell {control.cell}", text)
        else:
            rows = self.records.tally.trailers.get(control.rule or "", [])
            if not rows:
                raise _MissError(f'has no trailer: there is no row that the rule "{control.rule}" skips')
            yield from (_Text(f"its trailer ({source}:{line})", text) for line, text in rows)


def _counted(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
