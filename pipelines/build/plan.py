"""What a build has to do: which returns changed since the last whole build, and which months and sets they touch.

What changed is derived, not remembered: current returns against those the warehouse was last built with. Only a build
that did not finish leaves something to remember: its returns stay `pending` in the ledger until a whole build succeeds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from pipelines.build.before import mark_before
from pipelines.build.coverage import Arrived, coverage
from pipelines.build.in_force import mark_in_force
from pipelines.build.speaking import geography
from pipelines.place.boundaries.sets import set_digest, set_names
from pipelines.place.lookups.store import lookups_digest
from pipelines.place.reference import ReferenceData
from pipelines.signals import limits
from pipelines.specs.agreements import in_force
from pipelines.specs.fingerprint import digest, specs_digest
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import period_start
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

Key = tuple[str, str, date]
_CONTENT = ("delivery_id", "fingerprint", "revision", "in_force")
# Where one of these has changed, the warehouse is made anew.
_WHOLE = ("project", "lookups")


@dataclass
class Plan:
    """One build's work. `is_full` means the warehouse is made anew."""

    as_of: date
    is_full: bool
    current: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    changed: dict[Key, set[str]]
    changed_sets: set[str]
    moved: set[Key]
    state: dict[str, str]
    previous: dict[str, str | None]

    @property
    def is_nothing(self) -> bool:
        """Whether the warehouse already holds all of it."""
        return not self.is_full and not self.changed and self.state == self.previous

    def changed_datasets(self) -> set[str]:
        """The datasets of the changed returns."""
        return {feed.split("/")[1] for feed, _supplier, _start in self.changed}

    def changed_months(self) -> set[tuple[str, str]]:
        """(dataset, first day of month) whose figures a changed return left or entered."""
        return {
            (feed.split("/")[1], month)
            for (feed, _supplier, _start), months in self.changed.items()
            for month in months
        }


def plan_build(home: Home, specs: SpecSet, ledger: Ledger, as_of: date, known_by: date | None = None) -> Plan:
    """What the next build has to do.

    Args:
        home: the home.
        specs: the specs in force.
        ledger: its ledger.
        as_of: the day coverage is judged by.
        known_by: build only from what was known on that day, everything anew.
    """
    current, grid = coverage_grid(home, specs, ledger, as_of, known_by)
    state = _state(home, specs, current, grid, as_of)
    # Of a set that was removed since, only what was built remembers; its figures are still to go.
    gone = {str(row["key"]) for row in ledger.rows(led.build_state)} - state.keys()
    previous = {key: ledger.state(key) for key in (*state, *(key for key in gone if key.startswith("set:")))}
    wanted = _by_key(current)
    is_other = any(previous[key] != state[key] for key in _WHOLE)
    whole = not home.warehouse.exists() or is_other or known_by is not None
    if whole:
        changed = {key: {month for item in items for month in item["months"]} for key, items in wanted.items()}
        return Plan(as_of, True, current, grid, changed, set(set_names(home.boundaries)), set(), state, previous)
    built = _by_key(ledger.rows(led.built_return))
    changed = {_key(row): set(row["months"]) for row in ledger.rows(led.pending)}
    for key in wanted.keys() | built.keys():
        new, old = wanted.get(key, []), built.get(key, [])
        if _content(new) != _content(old):
            changed.setdefault(key, set()).update(*(item["months"] for item in (*new, *old)))
    changed_sets = {name for name in set_names(home.boundaries) if previous.get(f"set:{name}") != state[f"set:{name}"]}
    return Plan(as_of, False, current, grid, changed, changed_sets, _moved(ledger, grid), state, previous)


def _moved(ledger: Ledger, grid: list[dict[str, Any]]) -> set[Key]:
    """The expected returns that count otherwise than when the warehouse was built: for more or less, or as late."""
    built = {_key(row): (row["period_share"], row["is_late"]) for row in ledger.rows(led.built_coverage)}
    return {_key(row) for row in _counted(grid) if built.get(_key(row)) != (row["period_share"], row["is_late"])}


def _counted(grid: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What figures take from the coverage grid, in the ledger's columns."""
    names = ("supplier", "period_start", "period_share", "is_late")
    return [{"feed": f"{row['partner']}/{row['dataset']}", **{name: row[name] for name in names}} for row in grid]


def _key(row: Mapping[Any, Any]) -> Key:
    return (row["feed"], row["supplier"], row["period_start"])


def _by_key(rows: Iterable[Mapping[Any, Any]]) -> dict[Key, list[Mapping[Any, Any]]]:
    found: dict[Key, list[Mapping[Any, Any]]] = {}
    for row in rows:
        found.setdefault(_key(row), []).append(row)
    return found


def _content(rows: list[Mapping[Any, Any]]) -> list[tuple[str, ...]]:
    """What the rows of one supplier and period come from; when it differs, the return has changed."""
    return sorted(tuple(str(row[name]) for name in _CONTENT) for row in rows)


def coverage_grid(
    home: Home, specs: SpecSet, ledger: Ledger, as_of: date, known_by: date | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The current returns of the specs' feeds, and their coverage grid."""
    current = [item for item in led.current_returns(ledger, known_by) if item["feed"] in specs.feeds]
    mark_in_force(home, current)
    mark_before(ledger, current)
    return current, coverage(specs, Arrived(current, _refused(ledger, specs, known_by)), geography(home).codes, as_of)


def start_build(ledger: Ledger, plan: Plan) -> None:
    """Mark the plan's returns, so that a build that is killed is done again."""
    rows = [
        {"feed": feed, "supplier": supplier, "period_start": start, "months": sorted(months)}
        for (feed, supplier, start), months in plan.changed.items()
    ]
    with ledger.change() as connection:
        led.replace_all(connection, led.pending, rows)
        connection.execute(delete(led.built_coverage))
        # While a build is under way the warehouse matches no state; a killed build leaves it so.
        unsettled = ["grid", *_set_keys(plan), *(_WHOLE if plan.is_full else ())]
        connection.execute(delete(led.build_state).where(led.build_state.c.key.in_(unsettled)))


def finish_build(ledger: Ledger, plan: Plan) -> None:
    """The warehouse now holds the plan's current returns."""
    built = [
        {name: item[name] for name in ("feed", "supplier", "period_start", *_CONTENT, "months")}
        for item in plan.current
    ]
    with ledger.change() as connection:
        led.replace_all(connection, led.built_return, built)
        led.replace_all(connection, led.built_coverage, _counted(plan.coverage))
        connection.execute(delete(led.pending))
        connection.execute(delete(led.build_state))
        connection.execute(insert(led.build_state), [{"key": key, "value": value} for key, value in plan.state.items()])


def _set_keys(plan: Plan) -> list[str]:
    return [key for key in plan.state if key.startswith("set:")]


def refused_by(ledger: Ledger, known_by: date | None = None) -> list[dict[str, Any]]:
    """The deliveries refused, each with the day it was `known_on`: issued, else received; only those known by a day."""
    known: dict[str, date] = {}
    for row in ledger.rows(led.arrival, outcome="refused"):
        day = row["issued_on"] or row["received_at"].date()
        known[row["delivery_id"]] = min(day, known.get(row["delivery_id"], day))
    rows = [
        {**row, "known_on": known.get(row["delivery_id"], row["received_at"].date())}
        for row in ledger.rows(led.delivery, state="refused")
    ]
    return [row for row in rows if known_by is None or row["known_on"] <= known_by]


def _refused(ledger: Ledger, specs: SpecSet, known_by: date | None) -> set[Key]:
    held = ledger.rows(led.return_, state="held")
    refused = {_key(row) for row in held if known_by is None or row["known_on"] <= known_by}
    for row in refused_by(ledger, known_by):
        if row["name_period"] is not None and row["feed"] in specs.feeds:
            kind = specs.feeds[row["feed"]].feed.cadence.every
            refused.add((row["feed"], row["name_supplier"], period_start(kind, row["name_period"])))
    return refused


def _state(
    home: Home, specs: SpecSet, current: list[dict[str, Any]], grid: list[dict[str, Any]], as_of: date
) -> dict[str, str]:
    """Everything a build depends on besides the rows of the returns, as hashes."""
    stated = [(*_key(item), item["delivery_id"], item["stated_rows"]) for item in current]
    sets = {f"set:{name}": set_digest(home.boundaries, name) for name in set_names(home.boundaries)}
    return {
        "grid": digest(grid),
        "lookups": lookups_digest(home.lookups),
        "specs": specs_digest(specs),
        "agreements": digest(in_force(specs.agreements, as_of)),
        "stated": digest([item for item in stated if item[-1] is not None]),
        "project": project_digest(home.dbt_project),
        "code_history": ReferenceData(home.reference).digest(["code_history"]),
        "signals": digest(limits.METHOD, {name: [item.reply for item in said] for name, said in specs.replies.items()}),
        **sets,
    }


def project_digest(project: Path) -> str:
    """A hash of the dbt project: when a model changes, the warehouse is made anew."""
    text = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        if path.suffix in (".sql", ".yml", ".csv") and "target" not in path.parts:
            text.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes())
    return text.hexdigest()[:16]
