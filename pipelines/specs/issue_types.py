"""The register of issues: how grave each type is, who must act and how, and what happens to the row."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Literal

from warehouse.home import shipped


@dataclass(frozen=True)
class IssueType:
    """One line of `issue_types.csv`."""

    issue_type: str
    severity: Literal["error", "warning", "info"]
    responsibility: Literal["partner", "us"]
    quality_dimension: str
    row_effect: str
    description: str
    advice: str


@cache
def read_issue_types() -> dict[str, IssueType]:
    """The register, by issue type, in the file's order. It belongs to the program: other specs have no other."""
    with (shipped("ingest_specs") / "issue_types.csv").open(encoding="utf-8", newline="") as file:
        rows = [IssueType(**row) for row in csv.DictReader(file)]  # type: ignore[arg-type]
    return {row.issue_type: row for row in rows}
