"""The feed spec that reads a filled workbook, with the questions that only the partner can answer beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.propose.draft import Draft, flow, scalar
from pipelines.propose.profile import Question
from pipelines.propose.template.of_dataset import HEADER, MOMENT, PERIOD, ROWS, SHEET, WAYS, Asked
from pipelines.propose.template.page import ISO_DAY, Entry, Page
from pipelines.read.workbook_cells import column_letters
from pipelines.specs.feeds import Feed
from pipelines.specs.models import Dataset
from pipelines.specs.periods import period_start, written

# How much of a place is kept of persons, until somebody has said how much.
_KEPT_M, _KEPT_OF_POSTCODE = 1000, "sector"


@dataclass(frozen=True)
class Sent:
    """What is known of the sending: the pattern of the files' names, and the feed as far as it is there already.

    `partner` is the partner's title. `is_agreed`: somebody at the partner agreed to the code maps.
    """

    files: str
    partner: str | None = None
    feed: Feed | None = None
    units: tuple[str, ...] = ()
    is_agreed: bool = False


def draft_of_page(page: Page, dataset: Dataset, asked: Asked, sent: Sent) -> Draft:
    """The draft; it has no questions, and then no key `draft`, where all is known."""
    draft = Draft()
    if page.lists() and not sent.is_agreed:
        ask = "who at the partner agrees to the code maps, and when? Fill agreed_by and agreed_on."
        draft.questions.append(Question("codes", ask))
    _head(draft, dataset, asked, sent)
    draft.add(0, "versions:")
    start = period_start(asked.every, asked.first)
    draft.add(1, f"- valid_from: {written(asked.every, start)}")
    draft.add(2, f"files: {scalar(sent.files)}")
    draft.add(2, f"format: {flow({'type': 'xlsx', 'sheet': SHEET, 'header_row': HEADER})}")
    draft.add(2, f"period: {flow({'cell': _cell(PERIOD), 'date': ISO_DAY})}")
    draft.add(2, "columns:")
    for entry in page.entries:
        if entry.field:
            said = _column(entry)
            draft.add(3, f"{scalar(entry.heading)}: {flow(said) if len(said) > 1 else said['field']}")
    _places(draft, dataset, asked)
    draft.add(2, "replaces: reporting_period")
    draft.add(2, "control:")
    draft.add(3, f"- {flow({'of': 'rows', 'stated_in': 'cell', 'cell': _cell(ROWS)})}")
    if draft.questions:
        draft.lines.insert(1, "draft: true")
    return draft


def _cell(place: tuple[int, int]) -> str:
    return f"{column_letters(place[1])}{place[0]}"


def _head(draft: Draft, dataset: Dataset, asked: Asked, sent: Sent) -> None:
    known = sent.feed
    title = dataset.title if sent.partner is None else f"{dataset.title}: {sent.partner}"
    draft.add(0, f"title: {scalar(known.title if known else title)}")
    start = written(asked.every, period_start(asked.every, asked.first))
    due = known.cadence.due if known else "20 days after"
    draft.add(0, "cadence:")
    draft.add(1, f"every: {asked.every}")
    draft.add(1, f"due: {due}", "" if known else "by how many days after the period's end will it come?")
    draft.add(1, f"from: {start}")
    if known is not None and known.cadence.ahead:
        draft.add(1, "ahead: true")
    draft.add(0, "recording:")
    if known is not None:
        for key, value in known.recording.model_dump(mode="json", exclude_defaults=True).items():
            draft.add(1, f"{key}: {flow(value)}")
    else:
        is_event = dataset.shape == "event"
        unit = sent.units[0] if sent.units else "report" if is_event else "estimate"
        draft.add(1, f"unit: {unit}", "what is one row to the partner: a report, a case, a person? See recording_unit.")
        clock = "occurred" if is_event else "snapshot"
        draft.add(1, f"clock: {clock}", "which moment is the date: occurred, reported or closed?" if is_event else "")
        place = "incident" if is_event else "area"
        ask = "of what is the place: the incident, a home, a school, premises or an office?" if asked.ways else ""
        draft.add(1, f"place: {place}", ask)
    ask = "" if known else "how long may the files be kept, by the agreement with the partner?"
    draft.add(0, f"retention: {known.retention.written if known else '6 years'}", ask)
    if dataset.shape == "observation" and "area_code" in dataset.fields:
        sets = [asked.boundary_set] if asked.boundary_set else list((known.boundary_set if known else None) or ())
        ask = "" if sets else "which dated set are the area codes from, as ward_2018?"
        draft.add(0, f"boundary_set: {flow(sets) if len(sets) > 1 else (sets or ['area'])[0]}", ask)


def _column(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {"field": entry.field}
    if entry.choices is not None:
        said["map"] = entry.choices.name
    elif entry.kind == "date":
        said["date"] = ISO_DAY
    elif entry.kind == "text" and entry.written:
        said["date"] = MOMENT
    if entry.words is not None:
        said["symbols"] = {line.text: line.code for line in entry.words.lines if line.is_used}
    return said


def _places(draft: Draft, dataset: Dataset, asked: Asked) -> None:
    if asked.ways:
        draft.add(2, "location:")
    for way in asked.ways:
        headings = [heading for heading, _about in WAYS[way]]
        where: dict[str, Any] = {"by": way}
        if way == "coordinates":
            where |= {"x": headings[0], "y": headings[1], "crs": "EPSG:27700"}
        elif way == "street":
            where |= {"column": headings[0], "locality": headings[1]}
        else:
            where["column"] = headings[0]
        if way == "area":
            where["boundary_set"] = asked.boundary_set
        ask = "in which district are all of them? Say it as `in_district`." if way == "street" else ""
        if dataset.persons and way == "postcode":
            where["keep"], ask = _KEPT_OF_POSTCODE, "how much of the postcode may be kept: sector or district?"
        elif dataset.persons and way in ("grid_reference", "coordinates"):
            where["keep_m"], ask = _KEPT_M, "how coarse a square may be kept of where a person is?"
        draft.add(3, f"- {flow(where)}", ask, about="location")
