"""The return report as one HTML page: the facts put into words and drawn. The layout is `return_report.html`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.reports.issue_groups import Group, what_happened
from pipelines.reports.masking import HIDDEN
from pipelines.reports.return_report import Account, ReturnReport, told_day

# Returns listed one by one; of a workbook of ten years of every council, the rest is only counted.
_RETURNS_LISTED = 24
# A bar's least part, in per cent: what is there can be seen.
_LEAST = 1.5
_LONGEST = 120

# By part of an account: how it is filled, so that it is told apart in black and white as well.
_FILLS = {
    "Header": "dots",
    "Skipped": "grey",
    "Read": "solid",
    "Unreadable": "cross",
    "Loaded": "solid",
    "Left out on purpose": "grey",
    "Repeated": "dots",
    "Kept out": "cross",
}
_SECTIONS = {
    "partner": ("For you to change", "Mend these at their source, so that the next return is right as well."),
    "us": ("Ours to do", "You need not do anything here. If you know more, such as what a new code means, do tell us."),
    "noted": ("Repaired or noted", "Nothing is lost here, and nothing has to be sent again."),
}
_ADVISED = {"partner": "What to do", "us": "What we do", "noted": "Advice"}
_SEVERITIES = {"error": "Error", "warning": "Warning", "info": "For information"}
_RETURN_STATES = {
    "accepted": "in use",
    "held": "held until it is confirmed",
    "unchecked": "not yet checked",
    "replaced": "replaced",
}


@dataclass(frozen=True)
class Slice:
    """One part of a bar: where it begins and how wide it is, in per cent of the whole."""

    name: str
    count: int
    fill: str
    start: float
    width: float


def render(report: ReturnReport, csv_name: str) -> str:
    """The page. It holds everything it needs: no script, no style, image or link from elsewhere.

    Args:
        report: the facts.
        csv_name: the file name of the list of issues that goes with it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=told_day, text=clean, number=lambda count: f"{count:,}", share=_share, lower_first=_lower_first
    )
    return environment.get_template("return_report.html").render(**_view(report), csv_name=csv_name)


def _view(report: ReturnReport) -> dict[str, Any]:
    """What the template is handed."""
    return {
        "report": report,
        "headline": headline(report),
        "move": whose_move(report),
        "next": what_next(report),
        "periods": _first_and_last(report.periods).replace(" ", "\u00a0"),
        "suppliers": _first_and_last(report.suppliers),
        "returns": report.returns[:_RETURNS_LISTED],
        "more_returns": max(0, len(report.returns) - _RETURNS_LISTED),
        "return_states": _RETURN_STATES,
        "accounts": [(account, bar(account)) for account in report.accounts],
        "fills": _FILLS,
        "sections": [
            (key, title, intro, report.section(key)) for key, (title, intro) in _SECTIONS.items() if report.section(key)
        ],
        "severities": _SEVERITIES,
        "hidden": HIDDEN,
        "advised": _ADVISED,
        "tells_more": _tells_more,
        "happened": lambda group: what_happened(group.type.row_effect, report.state),
    }


def _first_and_last(names: tuple[str, ...]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]} to {names[-1]} ({len(names):,})"


def clean(text: object, longest: int = _LONGEST) -> str:
    """A text of a partner's file as a page may show it: of a readable length, each unprintable character as `?`."""
    shown = str(text)
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    return "".join(character if character.isprintable() else "?" for character in shown)


def _share(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _tells_more(group: Group) -> bool:
    """Whether its examples say more than where they stand."""
    return any(example.value or example.message for example in group.examples)


def bar(account: Account) -> list[Slice]:
    """The parts of an account as a stacked bar; each that is there is wide enough to be seen."""
    found = [part for part in account.parts if part.count]
    widths = [max(_LEAST, 100 * part.count / account.total) for part in found]
    slices, start = [], 0.0
    for part, width in zip(found, widths, strict=True):
        share = 100 * width / sum(widths)
        slices.append(Slice(part.name, part.count, _FILLS[part.name], round(start, 3), round(share, 3)))
        start += share
    return slices


# --- words ----------------------------------------------------------------------------------------------------------


def headline(report: ReturnReport) -> str:
    """What came of the delivery, in one sentence."""
    match report.state:
        case "refused":
            return "This file was refused: nothing of it is used."
        case "held":
            return "This file was read, but its figures are held until they are confirmed."
        case "replaced":
            return "This file was used until a later one took its place."
        case "unchecked":
            return "This file was read and has not yet been held against earlier returns."
    if not report.total:
        return "This file was taken as a nil return: it says that there was nothing to report."
    if report.kept_out:
        return f"This file was taken; {report.kept_out:,} of its {report.total:,} rows had to be kept out."
    return "This file was taken whole."


def whose_move(report: ReturnReport) -> str:
    """Who has to act."""
    moves = {"partner": "Your move", "us": "Our move", "both": "Your move and ours", "nobody": "Nothing to do"}
    return "For you to look at" if report.asks_for_a_look else moves[report.move]


def what_next(report: ReturnReport) -> str:
    """What whoever has to act does next, told to the partner."""
    if report.since:
        return f"A good file for this return has come since: {report.since}."
    again = "send the whole file again for the same period: it takes the place of this one"
    doubted = f"Tell us whether the figures are right. If they are not, {again}."
    urgent = [group for group in report.groups if group.is_urgent]
    if report.state == "accepted" and urgent and all(group.is_of_return for group in urgent):
        return doubted
    if report.state == "refused" and report.move == "partner":
        return "Mend what is listed below at its source, then send the whole file again."
    by_state = {
        "replaced": "What is said below is for your records.",
        "held": doubted,
        "unchecked": "We run the check with the next load.",
    }
    by_move = {
        "partner": f"Mend what is listed below at its source, then {again}.",
        "us": "We mend our set-up and load this file again. You need not send anything.",
        "both": f"Mend what is listed below for you, then {again}. We mend what is ours in the meantime.",
        "nobody": "Nothing has to be sent again.",
    }
    look = "Look at what is listed for you below, and tell us what you know of it."
    said = by_state.get(report.state) or by_move[report.move]
    return f"{said} {look}" if report.asks_for_a_look else said
