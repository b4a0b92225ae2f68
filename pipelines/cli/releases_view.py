"""What differs between two releases, as people and programs look at it."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.output import USAGE, Output, fail
from pipelines.propose.words import many, one_line
from pipelines.publish.difference import TABLES, Difference, Wanted, difference, two_releases
from pipelines.specs.problems import nearest
from warehouse.home import Home, whole
from warehouse.ledger import Ledger
from warehouse.query import neutral

if TYPE_CHECKING:
    from rich.console import Console

# Signs of a delivery's id that are shown: enough to tell those of one page apart.
_ID = 8
_PLAIN_WIDTH = 200


def diff_releases(
    output: Output,
    releases: tuple[str | None, str | None],
    audience: str,
    wanted: Wanted,
    out: Path | None,
    limit: int,
) -> None:
    """`commongrid releases diff`."""
    if wanted.table is not None and wanted.table not in TABLES:
        fail(f'"{wanted.table}" is not a table of figures{nearest(wanted.table, TABLES)}: {", ".join(TABLES)}', USAGE)
    home = Home.from_environment()
    old, new = two_releases(home, audience, *releases)
    if old is None:
        output.say(f"{new.name} is the first release for {audience}: there is none before it to compare it with")
        output.end({"old": None, "new": new.name, "moved": 0, "areas": 0, "new_figures": 0}, True)
        return
    ledger = Ledger(home.ledger)
    try:
        with difference(home, ledger, old, new, wanted) as found:
            if not output.as_json:
                _show(found, limit)
            if out is not None:
                _write_csv(found, out)
                output.say(f"\nwritten to {out}")
            output.end(_told(found) if output.as_json else {}, True)
    finally:
        ledger.close()


def _told(found: Difference) -> dict[str, Any]:
    """The difference for a program: every figure that moved; the new ones are counted."""
    summary = found.summary()
    told = ("reason", "table", "is_new", "figures", "areas")
    return {
        "old": found.old,
        "new": found.new,
        "moved": summary["moved"],
        "areas": summary["areas"],
        "new_figures": summary["new"],
        "groups": [{name: group[name] for name in told} for group in found.groups()],
        "figures": found.moved(),
    }


def _write_csv(found: Difference, out: Path) -> None:
    """Every figure that differs as a row; a text that a spreadsheet would run is made harmless."""
    try:
        with whole(out) as draft, draft.open("w", encoding="utf-8", newline="") as file:
            # Lines end as RFC 4180 has it: with LF alone, csv would not quote a CR within a cell.
            writer = csv.writer(file)
            writer.writerow([*found.columns(), "delivery_path"])
            for row in found.every():
                path = found.deliveries.get(row["delivery_id"])
                writer.writerow(neutral(value) for value in (*row.values(), path))
    except OSError as error:
        fail(f"{out}: cannot be written: {error.strerror}")


def _show(found: Difference, limit: int) -> None:
    """The headline, what moved by reason, the figures, and the files behind them."""
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else _PLAIN_WIDTH, highlight=False, markup=False)
    summary = found.summary()
    if summary["moved"] == summary["new"] == 0:
        console.print(f"no figure differs between {found.old} and {found.new}", soft_wrap=True)
        return
    verb = "is" if summary["new"] == 1 else "are"
    moved = f"{many(summary['moved'], 'figure')} moved in {many(summary['areas'], 'area')}"
    console.print(f"{moved}; {summary['new']:,} {verb} new", style="bold")
    console.print(f"from {found.old} to {found.new}\n", style="dim", soft_wrap=True)
    groups = found.groups()
    _show_groups(console, groups)
    shown = found.moved(limit)
    if shown:
        _show_figures(console, groups, shown)
        _show_deliveries(console, found, shown)


def _table(*headings: str) -> Any:
    """A table whose columns of numbers, named `>...`, stand to the right and are never folded."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in headings:
        is_number = name.startswith(">")
        table.add_column(name.lstrip(">"), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return table


def _show_groups(console: Console, groups: list[dict[str, Any]]) -> None:
    table = _table("reason", "table", ">figures", ">areas", "largest movement")
    for group in groups:
        reason = group["reason"] + (" (new figures)" if group["is_new"] else "")
        largest = "" if group["is_new"] else _largest(group["largest"])
        table.add_row(reason, group["table"], f"{group['figures']:,}", f"{group['areas']:,}", largest)
    console.print(table)


def _largest(row: dict[str, Any]) -> str:
    return f"{_number(row['old_value'])} to {_number(row['new_value'])}: {_what(row)}, {_area(row)}, {_period(row)}"


def _show_figures(console: Console, groups: list[dict[str, Any]], shown: list[dict[str, Any]]) -> None:
    """The figures that moved, those of a reason and table under a heading."""
    for group in groups:
        rows = [row for row in shown if (row["reason"], row["table"]) == (group["reason"], group["table"])]
        if group["is_new"] or not rows:
            continue
        listed = "" if len(rows) == group["figures"] else f", the {len(rows):,} largest; --limit or --csv gives more"
        heading = f"\n{group['reason']}, {group['table']}: {many(group['figures'], 'figure')}{listed}"
        console.print(heading, style="bold", soft_wrap=True)
        table = _table("area", "set", "what", "period", ">old", ">new", ">difference", "delivery")
        for row in rows:
            values = (_number(row["old_value"]), _number(row["new_value"]), _number(row["difference"], "+"))
            delivery = (row["delivery_id"] or "-")[:_ID]
            table.add_row(_area(row), one_line(row["boundary_set"] or "-"), _what(row), _period(row), *values, delivery)
        console.print(table)


def _show_deliveries(console: Console, found: Difference, shown: list[dict[str, Any]]) -> None:
    named = sorted({row["delivery_id"] for row in shown} & found.deliveries.keys())
    if named:
        console.print()
    for name in named:
        console.print(f"{name[:_ID]}  {one_line(found.deliveries[name])}", soft_wrap=True)


def _what(row: dict[str, Any]) -> str:
    """What a figure is of: the indicator, or the dataset with all that its figures are told apart by."""
    if row["indicator_id"] is not None:
        return " ".join(filter(None, (row["indicator_id"], row["breakdown"])))
    measure = row["measure"] if row["measure"] != row["dataset"] else None
    by = row["partner"] if row["supplier"] in (None, row["partner"]) else f"{row['partner']}/{row['supplier']}"
    whose = row["unit_counted"] or by
    named = filter(None, (row["dataset"], measure, row["category_code"], row["breakdown"]))
    return one_line(" ".join(named) + (f" ({whose})" if whose else ""))


def _area(row: dict[str, Any]) -> str:
    return one_line(row["area_name"] or row["area_code"])


def _period(row: dict[str, Any]) -> str:
    return str(row["period"] or row["period_start"])


def _number(value: float | None, sign: str = "") -> str:
    """A figure as people write it: whole where it is, else to two decimals or four signs; `-` for none."""
    if value is None:
        return "-"
    if value == round(value):
        return f"{value:{sign},.0f}"
    return f"{value:{sign},.2f}" if abs(value) >= 100 else f"{value:{sign}.4g}"
