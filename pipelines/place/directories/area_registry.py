"""The registry of area codes: all that a home's boundary sets, its code history and its lookups know of a code."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.place.boundaries.sets import set_names
from pipelines.place.directories.area_history import CodeFacts, CodeHistory
from pipelines.place.lookups.store import read_lookups
from pipelines.specs.problems import nearest

if TYPE_CHECKING:
    import polars as pl

# Kinds of area by the first three characters of their codes ("Register of Geographic Codes", ONS Geography).
KINDS = {
    **dict.fromkeys(("E00", "W00", "S00"), "census output area"),
    **dict.fromkeys(("E01", "W01"), "lower layer super output area"),
    **dict.fromkeys(("E02", "W02"), "middle layer super output area"),
    "S01": "data zone",
    "S02": "intermediate zone",
    "E04": "parish",
    "W04": "community",
    **dict.fromkeys(("E05", "W05", "S13", "N08"), "electoral ward"),
    **dict.fromkeys(("E06", "W06"), "unitary authority"),
    "E07": "non-metropolitan district",
    "E08": "metropolitan district",
    "E09": "London borough",
    "E10": "county",
    "E11": "metropolitan county",
    "E12": "region",
    **dict.fromkeys(("E14", "W07", "S14", "N06"), "parliamentary constituency"),
    "S12": "council area",
    "N09": "local government district",
    **dict.fromkeys(("E22", "W22"), "community safety partnership"),
    **dict.fromkeys(("E23", "W15", "S23"), "police force area"),
    "E47": "combined authority",
    "E58": "county electoral division",
    **dict.fromkeys(("E92", "W92", "S92", "N92"), "country"),
}
_COLUMNS = ("boundary_set", "area_code", "area_name", "parent_code", "old_code", "valid_from", "valid_to")


def status_of(valid_from: date | None, valid_to: date | None, has_ended: bool, day: date) -> str:
    """Whether an area is live, historic or pending on a day. An area that ends later is live until then."""
    if (valid_to is not None and valid_to < day) or (valid_to is None and has_ended):
        return "historic"
    return "pending" if valid_from is not None and valid_from > day else "live"


class AreaRegistry:
    """What is known of area codes.

    Args:
        boundaries: the home's folder of boundary sets.
        history: the home's code history, which need not be there.
        lookups: the home's folder of lookups.
    """

    def __init__(self, boundaries: Path, history: Path, lookups: Path) -> None:
        self._boundaries, self._history, self._lookups = boundaries, history, lookups

    @cached_property
    def history(self) -> CodeHistory:
        """The code history."""
        import polars as pl

        return CodeHistory(pl.read_parquet(self._history) if self._history.exists() else None)

    @cached_property
    def areas(self) -> pl.DataFrame:
        """The areas of all sets, without their outlines."""
        import polars as pl

        schema = {name: pl.Date if name.startswith("valid") else pl.String for name in _COLUMNS}
        paths = [self._boundaries / name / "areas.parquet" for name in set_names(self._boundaries)]
        frames = [pl.read_parquet(path, columns=list(_COLUMNS)).select(_COLUMNS) for path in paths]
        return pl.concat([pl.DataFrame(schema=schema), *frames])

    @cached_property
    def looked_up(self) -> pl.DataFrame:
        """The set and code of every area that a lookup leads from or to."""
        import polars as pl

        pairs = read_lookups(self._lookups)
        ends = [pairs.select(boundary_set=f"{end}_set", area_code=f"{end}_code") for end in ("from", "to")]
        return pl.concat(ends).drop_nulls("area_code").unique()

    def nearest(self, code: str) -> str:
        """A phrase that names the closest code that is known, or an empty one."""
        codes = {*self.areas["area_code"], *self.history.codes, *self.looked_up["area_code"]}
        # Codes differ in all their digits: only those that begin alike are worth holding against each other.
        alike = sorted(item for item in codes if item[:3].casefold() == code.strip()[:3].casefold())
        return nearest(code.strip(), alike)

    def tell(self, asked: str, day: date) -> dict[str, Any] | None:
        """All that is known of a code, as a command prints it; None where nobody knows it.

        `asked` may be a code that an area went by before: then the area's own is told.
        """
        import polars as pl

        code = asked
        rows = self.areas.filter(pl.col("area_code") == code)
        in_lookups = self.looked_up.filter(pl.col("area_code") == code)
        if not rows.height and not in_lookups.height and code not in self.history:
            by_old = self.areas.filter(pl.col("old_code") == asked)["area_code"].to_list()
            later = sorted({*by_old, *self.history.by_old_code.get(asked, ())})
            if not later:
                return None
            return (self.tell(later[0], day) or {}) | {"asked": asked}
        facts = self.history.facts(code)
        first = rows.row(0, named=True) if rows.height else dict.fromkeys(_COLUMNS)
        # The code history dates an area; a set only says when the whole of it came into force.
        start = facts.valid_from if facts else first["valid_from"]
        end = facts.valid_to if facts else first["valid_to"]
        old = {*rows["old_code"].drop_nulls(), *((facts.old_code,) if facts and facts.old_code else ())}
        return {
            "asked": asked,
            "area_code": code,
            "area_name": first["area_name"] or (facts.name if facts else None),
            "entity_code": _entity(code, facts),
            "kind": KINDS.get(_entity(code, facts) or ""),
            "parent_code": first["parent_code"] or (facts.parent_code if facts else None),
            "boundary_sets": rows["boundary_set"].to_list(),
            "lookups": in_lookups["boundary_set"].unique().sort().to_list(),
            "valid_from": start,
            "valid_to": end,
            "status": status_of(start, end, facts is not None and facts.has_ended, day),
            "followed_by": [self._follower(item) for item in _followers(facts)],
            "followed": self.history.followed(code),
            "old_codes": sorted(old - {code}),
        }

    def _follower(self, code: str) -> dict[str, str | None]:
        facts = self.history.facts(code)
        return {"area_code": code, "area_name": facts.name if facts else None}

    def table(self, day: date) -> pl.DataFrame:
        """The codes of the loaded sets, and those of the code history that are of the same kinds and in no set.

        Columns: boundary_set (null: in no loaded set), area_code, area_name, entity_code, valid_from, valid_to, status
        on the day, followed_by (codes, joined by commas) and old_code; one row for each set and code.
        """
        import polars as pl

        rows = [self._row(item, day) for item in self.areas.iter_rows(named=True)]
        entities = {row["entity_code"] for row in rows}
        held = set(self.areas["area_code"])
        for code in self.history.codes:
            facts = self.history.facts(code)
            if code not in held and facts is not None and facts.entity in entities:
                plain = {"boundary_set": None, "area_code": code, "area_name": facts.name, "old_code": facts.old_code}
                rows.append(self._row({**plain, "valid_from": None, "valid_to": None}, day))
        text = ("boundary_set", "area_code", "area_name", "entity_code", "status", "followed_by", "old_code")
        schema = {**dict.fromkeys(text, pl.String), "valid_from": pl.Date, "valid_to": pl.Date}
        return pl.DataFrame(rows, schema=schema).sort("area_code", "boundary_set", nulls_last=True)

    def _row(self, area: dict[str, Any], day: date) -> dict[str, Any]:
        facts = self.history.facts(area["area_code"])
        start = area["valid_from"] or (facts.valid_from if facts else None)
        end = area["valid_to"] or (facts.valid_to if facts else None)
        return {
            **{name: area[name] for name in ("boundary_set", "area_code", "area_name")},
            "entity_code": _entity(area["area_code"], facts),
            "valid_from": start,
            "valid_to": end,
            "status": status_of(start, end, facts is not None and facts.has_ended, day),
            "followed_by": ",".join(_followers(facts)) or None,
            "old_code": area["old_code"] or (facts.old_code if facts else None),
        }


def _followers(facts: CodeFacts | None) -> list[str]:
    return list(dict.fromkeys(item.to_code for item in facts.followed_by)) if facts else []


def _entity(code: str, facts: CodeFacts | None) -> str | None:
    """The kind of area that a code is of: its first three characters, where it is a letter and eight digits."""
    if facts is not None and facts.entity:
        return facts.entity
    return code[:3] if len(code) == 9 and code[:1].isalpha() and code[1:].isdigit() else None
