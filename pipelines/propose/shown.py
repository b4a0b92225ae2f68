"""A proposal as people look at it on a terminal: the columns, the questions, and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

from pipelines.propose.proposal import Proposal
from pipelines.propose.words import many, one_line


def show_proposal(proposal: Proposal, path: Path, out: Path | None, *, to_stderr: bool) -> None:
    """The columns found, the questions and the next step.

    Args:
        proposal: what was found.
        path: the file.
        out: where the draft was written; None: to standard output.
        to_stderr: whether standard output is taken by the draft itself.
    """
    from rich.console import Console
    from rich.table import Table

    summary = proposal.summary()
    console = Console(highlight=False, markup=False, stderr=to_stderr)
    dataset = summary["dataset"] or "no dataset fits"
    kind = summary["format"]["type"]
    count = many(summary["records"], "record")
    console.print(f"\n{one_line(summary['file'])}: {kind}, {count} looked at, {dataset}", style="bold")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("column", "seems to hold", "proposed"):
        table.add_column(name, overflow="fold")
    table.add_column("empty", justify="right")
    table.add_column("")
    for column in summary["columns"]:
        empty = f"{column['empty_share']:.0%}" if column["empty_share"] else ""
        asked = "asked" if column["asked"] else "sure"
        table.add_row(one_line(column["name"]), one_line(column["holds"]), column["proposed"], empty, asked)
    console.print(table)
    console.print(f"\n{many(len(proposal.questions), 'question')}", style="bold")
    questions = Table(box=None, pad_edge=False, show_header=False)
    questions.add_column(justify="right")
    questions.add_column(overflow="fold")
    for number, question in enumerate(proposal.questions, start=1):
        questions.add_row(f"{number}.", one_line(f"{question.about}: {question.text}"))
    console.print(questions)
    console.print("\nnext", style="bold")
    for line in next_steps(proposal, path, out):
        console.print(f"  {line}", soft_wrap=True)


def next_steps(proposal: Proposal, path: Path, out: Path | None) -> list[str]:
    """What to do with the draft."""
    spec = out or Path("DRAFT.yml")
    dataset = proposal.plan.match.dataset
    tried_as = f" --dataset {dataset}" if out and dataset and proposal.is_complete else ""
    period = "" if proposal.period.is_told else " --period PERIOD"
    first = [] if out else ["write the draft to a file: --out DRAFT.yml"]
    return [
        *first,
        f"commongrid read {shlex.quote(str(path))} --spec {shlex.quote(str(spec))}{tried_as}{period}",
        "answer the questions in the draft with the person who made the file, then take out `draft`",
    ]
