"""The status as one HTML page that needs nothing else: no scripts, no outside links, to be read, mailed or printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from pipelines.reports.grid import LATE_MARK, LATE_MEANING, Block, Line, folded, heading, sign_of, states_in
from pipelines.reports.moves import US
from pipelines.reports.status import Status
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import label


@dataclass(frozen=True)
class _Table:
    """One block as the page draws it: headings over groups of periods, and lines with those alike as one."""

    block: Block
    groups: list[tuple[str, int]]
    headings: list[tuple[str, str]]
    lines: list[tuple[Line, ...]]

    @property
    def calendar(self) -> str:
        return self.block.period_type.value.replace("_", " ")


def status_page(status: Status, specs: SpecSet) -> str:
    """The page.

    Args:
        status: what it tells.
        specs: the specs in force, for the partners' titles.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    drawn = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    drawn.globals.update(sign_of=sign_of, name_of=_name, label=label, us=US)
    return drawn.get_template("status.html").render(
        status=status,
        as_of=_day(status.as_of),
        totals=totals_told(status),
        titles={name: partner.title for name, partner in specs.partners.items()},
        tables=[_table(block) for block in status.grid],
        states=states_in(status.grid),
        late_mark=LATE_MARK,
        late_meaning=LATE_MEANING,
    )


def totals_told(status: Status) -> list[tuple[str, str, str]]:
    """The totals as (number, words, tone), the grave ones before the others."""
    totals = status.totals
    codes = f"row{_s(totals.unmapped)} with {totals.unmapped_codes:,} unmapped code{_s(totals.unmapped_codes)}"
    told = [
        (totals.late, f"return{_s(totals.late)} late", "warn"),
        (totals.not_supplied, f"return{_s(totals.not_supplied)} not supplied", "bad"),
        (totals.refused, f"deliver{'y' if totals.refused == 1 else 'ies'} refused", "bad"),
        (totals.held, f"return{_s(totals.held)} held", "bad"),
        (totals.quarantined, f"row{_s(totals.quarantined)} quarantined", "warn"),
        (totals.unmapped, codes, "warn"),
        (totals.files, f"file{_s(totals.files)} in landing to look at", "warn"),
        (totals.received, f"return{_s(totals.received)} received", "good"),
    ]
    return [(f"{count:,}", words, tone if count else "quiet") for count, words, tone in told]


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _name(lines: Sequence[Line]) -> str:
    return lines[0].supplier if len(lines) == 1 else f"{len(lines)} suppliers"


def _table(block: Block) -> _Table:
    above = [heading(block.period_type, start) for start in block.periods]
    groups = [(name, len(list(own))) for name, own in groupby(group for group, _short in above)]
    headings = [
        (short, label(block.period_type, start)) for (_group, short), start in zip(above, block.periods, strict=True)
    ]
    return _Table(block, groups, headings, folded(block.lines))
