"""What people look at on a terminal: drawn as tables, with nothing that only colour tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.orchestration.try_out import TryOut
    from pipelines.reports.unmapped import Unmapped
    from pipelines.specs.load import SpecSet

# Columns that are the same for every row, or tell a person nothing.
_LINEAGE = ("record_id", "place_id", "partner", "supplier", "period_type", "unit_counted", "_spec_version", "_row")
# Rows that fit beside each other on a terminal.
_SAMPLE_ROWS = 3


def show_try_out(result: TryOut, dataset: str | None) -> None:
    """One file's two accounts, its issues with an example each, and its first rows."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    console.print(f"\n{result.source}", style="bold")
    if result.records:
        account = Table(box=None, pad_edge=False, show_header=False)
        account.add_column(justify="left")
        account.add_column(justify="right")
        account.add_column(justify="left")
        for name, count, told in _lines(result, dataset):
            account.add_row(name, f"{count:,}", told)
        console.print(account)
    if result.issues:
        issues = Table(box=None, pad_edge=False, header_style="bold")
        issues.add_column("issue")
        issues.add_column("rows", justify="right")
        issues.add_column("first at", overflow="fold")
        for kind, count in sorted(result.issues.items(), key=lambda item: -item[1]):
            issues.add_row(kind, f"{count:,}", result.examples.get(kind, ""))
        console.print("")
        console.print(issues)
    if result.sample:
        console.print("")
        console.print(_sample(result.sample[:_SAMPLE_ROWS]))
    if result.refused:
        console.print(f"\nIt would be refused: {result.refused}", style="bold")


def _lines(result: TryOut, dataset: str | None) -> list[tuple[str, int, str]]:
    skipped = ", ".join(f"{rule} {count:,}" for rule, count in result.records["skipped"].items())
    records = [
        ("records", result.records["records"], ""),
        ("  header", result.records["header"], ""),
        ("  skipped", sum(result.records["skipped"].values()), skipped),
        ("  read", result.records["read"], ""),
        ("  quarantined", result.records["quarantined"], "records without the declared shape"),
    ]
    if not result.rows:
        told = "no dataset of this name is known, so the rows stay as they are" if dataset is None else ""
        return [*records, ("rows made", 0, told)] if told else records
    rows = [("rows made", result.rows["made"], f"as {dataset}")]
    rows += [(f"  {name}", result.rows[name], "") for name in ("loaded", "ignored", "duplicate", "quarantined")]
    return records + rows


def _sample(rows: list[dict[str, Any]]) -> Any:
    """The first rows, each a column, so that a row of many fields can be read."""
    from rich.table import Table

    names = [name for name in rows[0] if name not in _LINEAGE and any(row[name] is not None for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold", title="first rows", title_justify="left")
    for heading in ("", *(f"row {row['_row']}" for row in rows)):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, max_width=28)
    for name in names:
        table.add_row(name, *(str(row[name]) if row[name] is not None else "-" for row in rows))
    return table


def show_unmapped(found: Unmapped, specs: SpecSet) -> None:
    """The unknown codes, a table for each map: the rows of each, when it was seen, and what it may mean."""
    from itertools import groupby

    from rich.console import Console
    from rich.table import Table

    from pipelines.propose.words import many, one_line
    from pipelines.reports.unmapped import map_file

    console = Console(highlight=False, markup=False, emoji=False)
    for _, group in groupby(found.codes, key=lambda code: code.reading.key):
        codes = list(group)
        reading = codes[0].reading
        console.print(f"\n{reading.feed.name}, {reading.column}", style="bold")
        console.print(f"to complete: {map_file(reading.table, specs)}", style="dim", soft_wrap=True)
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        for heading, justify in (("code", "left"), ("rows", "right"), ("seen", "left"), ("may mean", "left")):
            table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
        for code in codes:
            seen = code.first_seen if code.first == code.last else f"{code.first_seen} to {code.last_seen}"
            likely = "\n".join(f"{best.code} {best.score:.2f}  {one_line(best.why)}" for best in code.suggestions)
            table.add_row(one_line(code.raw), f"{code.rows:,}", seen, likely or "nothing known is like it")
        console.print(table)
    told = [f"{many(len(found.codes), 'unknown code')}, {many(sum(code.rows for code in found.codes), 'row')}"]
    told += [
        f"{feed}, {column}: {many(rows, 'row')} more with values that are not shown, as the field is not plain"
        for (feed, column), rows in found.not_shown.items()
    ]
    told += [
        f"{file}: {many(rows, 'row')} with codes that have a line by now: once it is agreed, commongrid replay"
        for file, rows in found.answered.items()
    ]
    console.print("\n" + "\n".join(told), soft_wrap=True)
