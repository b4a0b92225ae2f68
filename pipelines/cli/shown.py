"""What people look at on a terminal: drawn as tables, with nothing that only colour tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.orchestration.try_out import TryOut

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
