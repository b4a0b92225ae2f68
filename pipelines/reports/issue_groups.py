"""The issues of a delivery by cause: how many rows each cost, a few examples, who must act, what was repaired."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.read.records import ROW
from pipelines.reports.masking import Masking
from pipelines.specs.issue_types import IssueType, read_issue_types

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = 5
# The effect on a row that is not used until it is mended.
LOST = "row quarantined"
_SEVERITIES = ("error", "warning", "info")
_GROUP = ("issue_type", "column")
_OUR_PART = re.compile(r"; (?:ask|check the feed|declare|map it|name it|add|rename) .*?(?=; |\. [A-Z]|$)")


@dataclass(frozen=True)
class Example:
    """One issue of a group. `part` is 0 where a record makes one row; `value` is masked."""

    row: int
    part: int
    value: str
    message: str


@dataclass(frozen=True)
class Group:
    """All issues of one type in one column.

    `rows` is 0 where the issue is of the whole file; then `share`, of all rows, is None. `section` says where it
    belongs: what the partner has to change, what is ours to do, or what was noted and needs nobody.
    """

    type: IssueType
    column: str | None
    rows: int
    share: float | None
    section: Literal["partner", "us", "noted"]
    examples: tuple[Example, ...]

    @property
    def is_urgent(self) -> bool:
        """Whether somebody has to act before the return is whole."""
        return self.section != "noted" and self.type.severity != "info"

    @property
    def is_of_return(self) -> bool:
        """Whether it is of the return as a whole, held against its history: no row has it."""
        return self.type.row_effect.startswith("return ")


def type_of(kind: str) -> IssueType:
    """A type of the register; of one that was kept by another version of the program, what its name says."""
    known = read_issue_types().get(kind)
    return known or IssueType(kind, "warning", "us", "", "", kind.replace("_", " "), "Ask the data team")


def shown(masking: Masking, kind: str, column: str | None, value: str | None, message: str | None) -> tuple[str, str]:
    """An issue's value and message as a partner may see them."""
    return masking.value(column, value), without_our_part(masking.message(kind, column, message))


def without_our_part(message: str) -> str:
    """A message without what it tells the data team to do: on the report the register's advice says what to do."""
    return _OUR_PART.sub("", message)


def groups_of(
    issues: Path | None, totals: Sequence[Mapping[str, Any]], masking: Masking, total: int
) -> tuple[Group, ...]:
    """All issues of a delivery by type and column, the gravest and most frequent first.

    Args:
        issues: the file of its issues; None where there is none.
        totals: its rows of `issue_total`, which also tell of the return as a whole.
        masking: what may be shown.
        total: how many rows there are.
    """
    groups = _counted(issues, masking, total) if issues is not None else []
    known = {group.type.issue_type for group in groups}
    for row in totals:
        if row["issue_type"] not in known:
            groups.append(_from_ledger(row, masking, total))
    return tuple(sorted(groups, key=_order))


def _order(group: Group) -> tuple[int, int, str, str]:
    return _SEVERITIES.index(group.type.severity), -group.rows, group.type.issue_type, group.column or ""


def _counted(path: Path, masking: Masking, total: int) -> list[Group]:
    """The groups of a file of issues. Only counts and a few examples of each are brought into memory."""
    import polars as pl

    issues = pl.scan_parquet(path)
    rows = pl.struct(ROW, "_part").filter(pl.col(ROW) > 0).n_unique()
    counts = issues.group_by(_GROUP).agg(rows=rows).collect()
    examples = _examples(issues).partition_by(_GROUP, as_dict=True)
    many = issues.select((pl.col("_part") > 1).any()).collect().item()
    groups = []
    for kind, column, count in counts.iter_rows():
        told = tuple(
            Example(row, part if many else 0, *shown(masking, kind, column, value, message))
            for row, part, value, message in examples[kind, column].select(ROW, "_part", "value", "message").iter_rows()
        )
        type_ = type_of(kind)
        share = count / total if count and total else None
        groups.append(Group(type_, column, count, share, _section(type_), told))
    return groups


def _examples(issues: pl.LazyFrame) -> pl.DataFrame:
    """A few issues of each group: those that are unlike each other first, then others, in the file's order."""
    import polars as pl

    repeat = pl.int_range(pl.len()).over(*_GROUP, "value", "message")
    ranked = issues.with_columns(repeat=repeat).sort("repeat", ROW, "_part")
    return ranked.group_by(_GROUP, maintain_order=True).head(EXAMPLES).sort(ROW, "_part").collect()


def _from_ledger(row: Mapping[str, Any], masking: Masking, total: int) -> Group:
    """A group of which only the ledger knows: of the return as a whole, or one whose rows are kept no more."""
    type_ = type_of(row["issue_type"])
    told = (Example(0, 0, *shown(masking, type_.issue_type, None, None, row["example"])),)
    of_return = Group(type_, None, 0, None, _section(type_), told)
    count = row["count"]
    of_rows = Group(type_, None, count, count / total if total else None, _section(type_), ())
    return of_return if of_return.is_of_return else of_rows


def _section(type_: IssueType) -> Literal["partner", "us", "noted"]:
    """Where a type belongs. What was repaired or left out without loss needs nobody."""
    effect = type_.row_effect
    is_whole = effect == "row kept" or "corrected" in effect
    if is_whole or (type_.severity == "info" and effect == "row left out"):
        return "noted"
    return type_.responsibility


def what_happened(effect: str, state: str) -> str:
    """What became of a row, in a partner's words, by the `row_effect` of its issue and the delivery's state."""
    if state == "refused":
        return "not used: the whole file was refused"
    words = {
        "row quarantined": "kept out until it is mended",
        "row left out": "left out",
        "row kept": "used as it stands",
        "row kept unplaced": "used, but counted without a place",
        "return flagged or held": "held until it is confirmed" if state == "held" else "used, and marked for a look",
    }
    return words.get(effect, effect)
