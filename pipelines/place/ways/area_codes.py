"""Area codes taken for what they are: of which boundary set, by which earlier code, historic, or known to nobody.

The rule by which a code is of one set and not of another depends on nothing but the code, the sets named, the code
history and the day: of the sets that hold it, the latest in force on the day; else the latest that had ended by then;
else the first to come. Without a day, the latest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines.place.directories.area_history import CodeHistory
from pipelines.place.located import as_located
from pipelines.specs.locations import AreaCode

if TYPE_CHECKING:
    import polars as pl

BY_AREA = "area"
NO_LOCATION, HISTORIC, UNKNOWN = "no_location", "historic_area_code", "unknown_area_code"
OUTSIDE_SETS, OLD_CODE = "area_outside_sets", "old_area_code"
# Codes that say that there is no area: "no code" of England, Wales, Scotland, Northern Ireland, the Channel Islands
# and the Isle of Man ("ONS Postcode Directory user guide", pseudo codes).
_PSEUDO = re.compile(r"[EWSNLM]99999999")
_MERGED = "the whole of it went into"


@dataclass(frozen=True)
class Resolved:
    """What became of a code: the area it names, or a method that says why there is none; `issue` where it raises one.

    `issue` and `message` may be there beside an area too: that it was named by an earlier code.
    """

    boundary_set: str | None = None
    area_code: str | None = None
    method: str = BY_AREA
    issue: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class _Holder:
    """An area that goes by a code in a set."""

    boundary_set: str
    area_code: str
    valid_from: date
    valid_to: date

    def preference(self, day: date | None) -> tuple[int, int]:
        """The greatest is taken: first by how the area's time lies to the day, then by when it began."""
        began = self.valid_from.toordinal()
        if day is None or self.valid_from <= day <= self.valid_to:
            return (2, began)
        return (1, began) if self.valid_to < day else (0, -began)


class AreaCodes:
    """The codes of some boundary sets, and of the code history.

    Args:
        areas: boundary_set, area_code, old_code, valid_from and valid_to of the sets named; of a set that is not
            loaded there are no rows.
        named: the sets, in the order named: where nothing else tells two apart, the first.
        history: the code history.
    """

    def __init__(self, areas: pl.DataFrame, named: tuple[str, ...], history: CodeHistory) -> None:
        self.history = history
        self.named = named
        self._own: dict[str, list[_Holder]] = defaultdict(list)
        self._old: dict[str, list[_Holder]] = defaultdict(list)
        rank = {name: at for at, name in enumerate(named)}
        rows = areas.select("boundary_set", "area_code", "valid_from", "valid_to", "old_code").rows()
        for name, code, start, end, old in sorted(rows, key=lambda row: (rank[row[0]], row[1])):
            holder = _Holder(name, code, start or date.min, end or date.max)
            self._own[code].append(holder)
            if old is not None and old != code:
                self._old[old].append(holder)
        loaded = {holder.boundary_set for holders in self._own.values() for holder in holders}
        self.not_loaded = tuple(name for name in named if name not in loaded)

    def resolve(self, given: str | None, day: date | None) -> Resolved:
        """The area that a code means on a day (None where no day is known)."""
        code = (given or "").strip()
        if not code or _PSEUDO.fullmatch(code):
            return Resolved(method=NO_LOCATION)
        if own := self._own.get(code):
            chosen = _best(own, day)
            return Resolved(chosen.boundary_set, chosen.area_code)
        if old := self._old.get(code):
            best = _best(old, day)
            same_set = {item for item in old if item.boundary_set == best.boundary_set}
            return self._by_old(code, best.boundary_set, same_set)
        if later := self.history.by_old_code.get(code):
            held = [holder for area in later for holder in self._own.get(area, ())]
            if len(later) == 1 and held:
                best = _best(held, day)
                return self._by_old(code, best.boundary_set, {best})
            code = later[0] if len(later) == 1 else code
        return self._not_held(code, day, later or ())

    def _by_old(self, code: str, name: str, areas: set[_Holder]) -> Resolved:
        if len(areas) == 1:
            (area,) = areas
            message = f"{code} is what {self.history.told(area.area_code)} went by before"
            return Resolved(name, area.area_code, issue=OLD_CODE, message=message)
        listed = ", ".join(sorted(item.area_code for item in areas)[:6])
        message = f"{code} is an old code of more than one area of {name}: {listed}"
        return Resolved(method=HISTORIC, issue=HISTORIC, message=message)

    def _not_held(self, code: str, day: date | None, later: tuple[str, ...]) -> Resolved:
        """A code that none of the sets holds."""
        facts = self.history.facts(code)
        if facts is None and later:
            message = f"{code} is an old code of more than one area: {', '.join(later[:6])}"
            return Resolved(method=HISTORIC, issue=HISTORIC, message=message)
        if facts is None:
            message = f"a code that neither {' nor '.join(self.named)} nor the code history holds{self._missing()}"
            return Resolved(method=UNKNOWN, issue=UNKNOWN, message=message)
        if not facts.has_ended:
            message = (
                f"{self.history.told(code)} is in force, and no area of {' or '.join(self.named)}{self._missing()}"
            )
            return Resolved(method=OUTSIDE_SETS, issue=OUTSIDE_SETS, message=message)
        ended = self.history.end_told(facts)
        into = self.history.merged_into(code, self._own.keys())
        if into is None:
            return Resolved(method=HISTORIC, issue=HISTORIC, message=ended)
        best = _best(self._own[into], day)
        message = f"{ended}; {_MERGED} {self.history.told(into)}"
        return Resolved(best.boundary_set, into, issue=HISTORIC, message=message)

    def _missing(self) -> str:
        return f" ({' and '.join(self.not_loaded)} not loaded: commongrid boundaries add)" if self.not_loaded else ""


def _best(holders: list[_Holder], day: date | None) -> _Holder:
    return max(holders, key=lambda holder: holder.preference(day))


def resolved(codes: pl.Series, days: pl.Series, known: AreaCodes) -> pl.DataFrame:
    """What became of each code on its day: one row each, the fields of `Resolved`, and `given`, the code as sent."""
    import polars as pl

    pairs = pl.DataFrame({"given": codes.cast(pl.String), "day": days.cast(pl.Date)})
    distinct = pairs.unique(maintain_order=True)
    fields = ("boundary_set", "area_code", "method", "issue", "message")
    found = [known.resolve(code, day) for code, day in distinct.rows()]
    columns = {name: pl.Series(name, [getattr(item, name) for item in found], dtype=pl.String) for name in fields}
    table = distinct.with_columns(columns.values())
    return pairs.join(table, on=["given", "day"], how="left", nulls_equal=True, maintain_order="left")


def by_area(distinct: pl.DataFrame, way: AreaCode, known: AreaCodes, day: str) -> pl.DataFrame:
    """Each location of `distinct`, by its area code on its `day`, as a located table: an area, and never a point."""
    found = resolved(distinct[way.column], distinct[day], known)
    return as_located(
        found.select(
            place_method="method",
            stated_set="boundary_set",
            stated_area="area_code",
            place_issue="issue",
            place_message="message",
        )
    )
