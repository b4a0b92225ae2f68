"""`commongrid status`: the state of a home on a terminal, as a page, or as JSON."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.output import USAGE, Output, fail
from pipelines.specs.check import gather
from pipelines.specs.problems import nearest
from warehouse.home import Home, whole

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pipelines.reports.grid import Block, Cell
    from pipelines.reports.moves import Move
    from pipelines.reports.status import Status
    from pipelines.specs.load import SpecSet

# Columns of text where standard output is no terminal and says no width.
_WIDTH = 120
# A terminal shows no more moves than these: the page and the JSON have them all.
_MOVES = 40
_STYLES = {"good": "green", "wait": "cyan", "warn": "bold yellow", "bad": "bold red", "quiet": "dim"}


def run_status(output: Output, as_of: date | None, feed: str | None, html: Path | None, periods: int | None) -> None:
    """`commongrid status`. It holds nothing: a load may run beside it."""
    from pipelines.reports.status import status_of
    from warehouse.ledger import open_ledger

    home = Home.from_environment()
    specs, problems = gather(home.specs)
    specs.feeds = {
        name: item
        for name, item in specs.feeds.items()
        if item.partner in specs.partners and item.dataset in specs.datasets
    }
    if feed is not None and feed not in specs.feeds:
        fail(f'there is no feed "{feed}"{nearest(feed, specs.feeds)}', USAGE)
    is_drawn = html is None and not output.as_json
    console = _console() if is_drawn else None
    # On a terminal, as many periods as may fit beside each other.
    count = periods or (console.width // 4 if console and console.is_terminal else None)
    today = date.today()
    # A home that has been in use has a ledger; where that is missing, opening it says what to do.
    ledger = open_ledger(home) if home.exists or home.journal.exists() else None
    try:
        status = status_of(
            home, specs, ledger, as_of or today, today=today, feed=feed, periods=count, problems=len(problems)
        )
    finally:
        if ledger is not None:
            ledger.close()
    if html is not None:
        _write_page(output, status, specs, html)
    if console is not None:
        draw(console, status, home)
    output.end(status.summary(), True)


def _write_page(output: Output, status: Status, specs: SpecSet, html: Path) -> None:
    from pipelines.reports.status_page import status_page

    try:
        with whole(html) as draft:
            draft.write_text(status_page(status, specs), encoding="utf-8")
    except OSError as error:
        fail(f"{html}: cannot be written ({error.strerror or error})", USAGE)
    output.say(f"written to {html}")


def _console() -> Console:
    from rich.console import Console

    is_wide = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, markup=False, emoji=False, width=None if is_wide else _WIDTH)


def draw(console: Console, status: Status, home: Home) -> None:
    """The whole of it: a table a partner, the legend, whose move it is, the totals."""
    console.print(f"Status as of {status.as_of.day} {status.as_of:%B %Y}", style="bold")
    if status.is_past:
        console.print("by what was known on that day; landing is not looked at", style="dim")
    if not status.is_loaded:
        console.print(
            f"\nNothing was ever loaded into {home.root}. Put partners' files below {home.landing}/<partner>/ and run "
            "commongrid run; commongrid demo makes an invented county to look at.",
            soft_wrap=True,
        )
    for block in status.grid:
        console.print(_title(block))
        console.print(_block(console, block, _widths(status)))
    if status.grid:
        console.print(_legend(console, status))
    if status.moves or status.is_loaded:
        _draw_moves(console, status)
    if status.is_loaded:
        console.print(_totals(status, console.width))


def _title(block: Block) -> Text:
    from rich.text import Text

    return Text.assemble("\n", (block.title, "bold"), (f"  {block.partner}", "dim"))


def _block(console: Console, block: Block, widths: tuple[int, int]) -> Table:
    """One row a supplier and dataset, one column a period: the last that fit."""
    from rich.table import Table

    from pipelines.reports.grid import folded, heading

    short = max(len(heading(block.period_type, start)[1]) for start in block.periods)
    wide = max(3, short)
    block = block.last(max(1, (console.width - sum(widths) - 2) // (wide + 1)))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for width in widths:
        table.add_column("", no_wrap=True, width=width)
    last = ""
    for group, name in (heading(block.period_type, start) for start in block.periods):
        shown = "" if group == last else f"'{group[2:]}" if group.isdigit() else group
        table.add_column(f"{shown}\n{name}" if group else name, no_wrap=True, width=wide)
        last = group
    last = ""
    for own in folded(block.lines):
        line = own[0]
        whose = line.supplier if len(own) == 1 else f"{len(own)} suppliers"
        cells = [_cell(console, cell, wide) for cell in line.cells]
        table.add_row("" if line.dataset == last else line.dataset, whose, *cells)
        last = line.dataset
    return table


def _widths(status: Status) -> tuple[int, int]:
    """Of the two columns before the periods: the same in every table, so that months stand below each other."""
    lines = [line for block in status.grid for line in block.lines]
    return max(len(line.dataset) for line in lines), max(len(line.supplier) for line in lines)


def _cell(console: Console, cell: Cell | None, wide: int) -> Text:
    from rich.text import Text

    from pipelines.reports.grid import sign_of

    if cell is None:
        return Text("")
    sign = sign_of(cell.state)
    return Text.assemble(
        " " * ((wide - 1) // 2), (_drawn(console, cell.state) + cell.mark, _STYLES["warn" if cell.mark else sign.tone])
    )


def _drawn(console: Console, state: str) -> str:
    from pipelines.reports.grid import sign_of

    sign = sign_of(state)
    return sign.ascii if console.options.ascii_only else sign.sign


def _legend(console: Console, status: Status) -> Text:
    from rich.text import Text

    from pipelines.reports.grid import LATE_MARK, LATE_MEANING, sign_of, states_in

    told = [
        Text.assemble((_drawn(console, state), _STYLES[sign_of(state).tone]), (f" {sign_of(state).meaning}", "dim"))
        for state in states_in(status.grid)
    ]
    if any(cell and cell.mark for block in status.grid for line in block.lines for cell in line.cells):
        told.append(Text.assemble((LATE_MARK, _STYLES["warn"]), (f" {LATE_MEANING}", "dim")))
    return _side_by_side(told, console.width)


def _side_by_side(pieces: list[Text], width: int) -> Text:
    """Pieces beside each other, none of them broken at the end of a line."""
    from rich.text import Text

    lines = [Text()]
    for piece in pieces:
        gap = 3 if lines[-1] else 0
        if lines[-1] and lines[-1].cell_len + gap + piece.cell_len > width:
            lines.append(piece)
        else:
            lines[-1] = Text.assemble(lines[-1], " " * gap, piece)
    return Text("\n").join([Text(), *lines])


def _draw_moves(console: Console, status: Status) -> None:
    from rich.table import Table

    console.print("\nWhose move", style="bold")
    if not status.moves:
        console.print("nobody's: nothing is waiting")
        return
    shown = status.moves[:_MOVES] if console.is_terminal else status.moves
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for move in shown:
        table.add_row(_whose(move), str(move.since), _told(move))
    console.print(table)
    if len(shown) < len(status.moves):
        console.print(f"and {len(status.moves) - len(shown)} more: commongrid status --html FILE", style="dim")


def _whose(move: Move) -> Text:
    from rich.text import Text

    from pipelines.reports.moves import US

    return Text(move.whose, style="bold magenta" if move.whose == US else "bold cyan")


def _told(move: Move) -> Text:
    from rich.text import Text

    return Text.assemble(move.what, "\n", (f"-> {move.do}", "dim"))


def _totals(status: Status, width: int) -> Text:
    from rich.text import Text

    from pipelines.reports.status_page import totals_told

    told = [
        Text.assemble((count, _STYLES[tone]), f" {words}")
        for count, words, tone in totals_told(status)
        if tone != "quiet"
    ]
    return _side_by_side(told, width)
