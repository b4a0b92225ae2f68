"""A partner's file looked at from end to end, and the draft of its spec."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.propose.codes import CodeStart
from pipelines.propose.columns import Column, columns_of
from pipelines.propose.draft import draft_of
from pipelines.propose.periods import Period, period_of
from pipelines.propose.plan import Plan, plan_of, usable_columns
from pipelines.propose.profile import Profile, Question, profile
from pipelines.propose.words import many
from pipelines.specs.load import SpecSet
from pipelines.specs.problems import nearest


@dataclass(frozen=True)
class Proposal:
    """What was found of a file, and the draft made of it."""

    profile: Profile
    columns: list[Column]
    plan: Plan
    period: Period
    text: str
    questions: list[Question]
    maps: list[CodeStart]
    is_complete: bool

    def summary(self) -> dict[str, Any]:
        """As plain data, without a value of any row."""
        spoken = self.plan.spoken()
        asked = {question.about for question in self.questions} | self.plan.asked
        asked |= {column.heading for column in (self.plan.wide.columns if self.plan.wide else ())}
        columns = [
            {
                "name": column.heading,
                "holds": column.told(),
                "empty_share": round(column.empty_share, 4),
                "proposed": spoken.get(column.heading, "left out"),
                "asked": column.heading in asked,
            }
            for column in self.columns
        ]
        return {
            "file": str(self.profile.sample.source),
            "format": self.profile.format.model_dump(exclude_defaults=True),
            "dataset": self.plan.match.dataset,
            "records": self.profile.records,
            "is_whole": self.profile.sample.is_whole,
            "columns": columns,
            "questions": [{"about": question.about, "question": question.text} for question in self.questions],
        }


def propose(path: Path, specs: SpecSet, dataset: str | None = None) -> Proposal:
    """Look at a partner's file and draft its spec.

    Args:
        path: the file, or an archive whose first file is looked at.
        specs: the specs in use.
        dataset: the dataset, where it is known.

    Raises:
        Refusal: where nothing of the file can be read, or there is no such dataset.
    """
    if dataset is not None and dataset not in specs.datasets:
        raise Refusal("not_a_file", f'there is no dataset "{dataset}"{nearest(dataset, specs.datasets)}')
    found = profile(path)
    columns = columns_of(found)
    period = period_of(found, usable_columns(found, columns))
    plan = plan_of(found, columns, specs, dataset, period)
    draft = draft_of(found, period, plan, specs)
    about = f"{found.name} ({many(found.records, 'record')} looked at)"
    return Proposal(
        found, columns, plan, period, draft.text(about), draft.questions, plan.maps, not plan.unfilled(specs)
    )
