"""What is known of an area code over time: since when it is in force, when it ended, and what followed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

# The publisher's words for a code that is no longer in use, where no day is given.
_ENDED = ("terminated", "archived")


@dataclass(frozen=True)
class Succession:
    """That one area followed another."""

    to_code: str
    changed_on: date | None
    changed_by: str | None
    is_split: bool
    is_merge: bool


@dataclass(frozen=True)
class CodeFacts:
    """What a code history says of one code, over all its versions. `name` and `parent_code` are those of the last."""

    code: str
    name: str | None
    entity: str | None
    parent_code: str | None
    valid_from: date | None
    valid_to: date | None
    status: str | None
    old_code: str | None
    followed_by: tuple[Succession, ...]

    @property
    def has_ended(self) -> bool:
        """Whether the area is historic."""
        return self.valid_to is not None or self.status in _ENDED


class CodeHistory:
    """The code history of a home, by code.

    Args:
        table: as `code_history.add_history` writes it; None where none is loaded.
    """

    def __init__(self, table: pl.DataFrame | None) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in table.iter_rows(named=True) if table is not None else ():
            self._rows[row["code"]].append(row)

    def __contains__(self, code: str) -> bool:
        return code in self._rows

    @property
    def codes(self) -> Collection[str]:
        """Every code it knows."""
        return self._rows.keys()

    def facts(self, code: str) -> CodeFacts | None:
        """What is known of a code; None where nothing is."""
        rows = self._rows.get(code)
        if not rows:
            return None
        # Versions are in the order they began.
        first, last = rows[0], rows[-1]
        followed = tuple(Succession(**item) for item in last["followed_by"] or ())
        texts = {name: last[name] for name in ("name", "entity", "parent_code", "status", "old_code")}
        return CodeFacts(code, valid_from=first["valid_from"], valid_to=last["valid_to"], followed_by=followed, **texts)

    @cached_property
    def by_old_code(self) -> dict[str, tuple[str, ...]]:
        """A code of before 2009 to the codes of those areas, mostly one."""
        found: dict[str, set[str]] = defaultdict(set)
        for code, rows in self._rows.items():
            for row in rows:
                if row["old_code"] is not None and row["old_code"] != code:
                    found[row["old_code"]].add(code)
        return {old: tuple(sorted(codes)) for old, codes in found.items()}

    def followed(self, code: str) -> list[str]:
        """The codes of the areas that an area followed."""
        return self._followed.get(code, [])

    @cached_property
    def _followed(self) -> dict[str, list[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for code, rows in self._rows.items():
            for item in rows[-1]["followed_by"] or ():
                found[item["to_code"]].add(code)
        return {code: sorted(before) for code, before in found.items()}

    def merged_into(self, code: str, wanted: Collection[str]) -> str | None:
        """The code in `wanted` of the area that all of an ended area went into, in one step or several.

        None where it went to several areas, or where its boundary was drawn anew: then no code may stand in for it.
        """
        seen = {code}
        while (facts := self.facts(code)) is not None:
            steps = facts.followed_by
            if len({item.to_code for item in steps}) != 1 or any(item.is_split or not item.is_merge for item in steps):
                return None
            code = steps[0].to_code
            if code in wanted:
                return code
            if code in seen:
                return None
            seen.add(code)
        return None

    def told(self, code: str) -> str:
        """A code with the name of its area, where that is known."""
        facts = self.facts(code)
        return f"{code} ({facts.name})" if facts and facts.name else code

    def end_told(self, facts: CodeFacts) -> str:
        """How an area ended, as `E07000004 (Aylesbury Vale) ended on 2020-03-31, followed by …`."""
        on = f" on {facts.valid_to}" if facts.valid_to else ""
        after = list(dict.fromkeys(item.to_code for item in facts.followed_by))
        shown = ", ".join(self.told(code) for code in after[:6]) + (" and others" if len(after) > 6 else "")
        return f"{self.told(facts.code)} ended{on}" + (f", followed by {shown}" if after else "")
