"""The text of a draft: a spec in YAML with a comment beside each line that somebody has to answer for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pipelines.propose.periods import Period
from pipelines.propose.plan import Plan
from pipelines.propose.profile import Profile, Question
from pipelines.propose.words import one_line
from pipelines.specs.base import PeriodType
from pipelines.specs.formats import CsvFormat, FixedWidthFormat, SheetFormat, SkipRule, XmlFormat
from pipelines.specs.load import SpecSet

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.%()-]*( [A-Za-z0-9_/.%()&+-]+)*")
# Words that YAML takes for something else than text.
_TAKEN = frozenset(("true", "false", "yes", "no", "on", "off", "null"))


# As many rows as older and newer sheets hold, with a header and without.
_SHEET_ROWS = (65_535, 65_536, 1_048_575, 1_048_576)


@dataclass
class Draft:
    """A draft in the making: its lines, and the questions that stand beside them."""

    lines: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def add(self, depth: int, text: str, *asks: str, about: str | None = None) -> None:
        """A line, with what is to be asked of it. `about` names it among the questions, where its key would not."""
        name = about or text.strip("- {").partition(":")[0].strip('"')
        told = [one_line(ask) for ask in asks if ask]
        self.questions += [Question(name, ask) for ask in told]
        comment = f"  # ask: {' '.join(told)}" if told else ""
        self.lines.append(f"{'  ' * depth}{text}{comment}")

    def text(self, about: str) -> str:
        """The whole draft, below its questions."""
        head = [
            f"# A draft, made from {one_line(about)}.",
            "# It loads nothing. Answer the questions, mend the lines they stand beside, and then take out `draft`.",
            "# To see what it makes of the file: commongrid read FILE --spec THIS",
            "#",
            "# Questions:",
        ]
        head += [
            f"# {number:>3}. {one_line(item.about)}: {item.text}" for number, item in enumerate(self.questions, start=1)
        ]
        return "\n".join([*head, *self.lines, ""])


def scalar(value: object) -> str:
    """A value as YAML writes it, in quotation marks where it could be taken for something else.

    >>> scalar("Crime type"), scalar("2019"), scalar("no"), scalar("a: b")
    ('Crime type', '"2019"', '"no"', '"a: b"')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _TAKEN:
        return text
    signs = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(signs.get(sign) or (sign if sign.isprintable() else _escaped(sign)) for sign in text) + '"'


def _escaped(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def flow(value: object) -> str:
    """A value in one line: `{a: b}`, `[a, b]` or a scalar."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    # In a line of others, a comma or bracket would end a plain text.
    return scalar(value)


def draft_of(profile: Profile, period: Period, plan: Plan, specs: SpecSet) -> Draft:
    """The draft of a feed's spec."""
    draft = Draft()
    for question in profile.questions:
        draft.questions.append(Question(question.about, one_line(question.text)))
    if plan.match.ask:
        draft.questions.append(Question("dataset", one_line(plan.match.ask)))
    _head(draft, profile, period, plan, specs)
    draft.add(0, "versions:")
    _version_head(draft, period)
    _format(draft, profile)
    _columns(draft, plan, specs)
    _made(draft, plan)
    _rows(draft, profile, period)
    return draft


def _head(draft: Draft, profile: Profile, period: Period, plan: Plan, specs: SpecSet) -> None:
    stem = profile.name.rpartition(".")[0] or profile.name
    draft.add(0, f"title: {scalar(stem)}", "what is sent, in plain words?")
    draft.add(0, "draft: true")
    draft.add(0, "cadence:")
    draft.add(1, f"every: {period.every}", period.asks.get("every", ""))
    draft.add(1, "due: 20 days after", "how many days after the period's end is it due?")
    dataset = specs.datasets[plan.match.dataset] if plan.match.dataset else None
    is_event = dataset is None or dataset.shape == "event"
    is_placed = dataset is None or dataset.is_placed
    draft.add(0, "recording:")
    draft.add(1, f"unit: {_unit(plan, specs, is_placed)}", "one row is one what?")
    draft.add(1, f"clock: {_clock(plan, is_event and period.every is PeriodType.MONTH)}", "which moment is the date?")
    place = "incident" if plan.ways else "area"
    draft.add(1, f"place: {place}", "what is the place: of the incident, a home, moved to a point, or an area?")
    draft.add(0, "retention: 6 years", "how long may the files be kept?")
    if dataset is not None and dataset.shape == "observation" and "boundary_set" not in dataset.fields:
        draft.add(0, "boundary_set: area", "which dated set are the area codes from, as ward_2018?")


def _unit(plan: Plan, specs: SpecSet, is_placed: bool) -> str:
    units = [feed.feed.recording.unit for feed in specs.feeds.values() if feed.dataset == plan.match.dataset]
    return max(sorted(set(units)), key=units.count) if units else "report" if is_placed else "estimate"


def _clock(plan: Plan, is_dated: bool) -> str:
    """The clock that the headings of the mapped dates speak of."""
    dated = [item for item in plan.mapped if "date" in item.said]
    if not is_dated or not dated:
        return "snapshot"
    if "%d" not in str(dated[0].said["date"]):
        return "month"
    said = dated[0].heading.casefold()
    words = {"report": "reported", "receiv": "reported", "clos": "closed", "remov": "closed"}
    return next((clock for word, clock in words.items() if word in said), "occurred")


def _version_head(draft: Draft, period: Period) -> None:
    first = period.first
    told = (f"{first:%Y-%m}" if first.day == 1 else first.isoformat()) if first else "2000-01"
    ask = "from which period on do the files look like this?"
    draft.add(1, f"- valid_from: {told}", ask, about="valid_from")
    draft.add(2, f"files: {scalar(period.name)}", period.asks.get("files", ""))
    if period.place is not None:
        said = period.place.model_dump(exclude_none=True)
        draft.add(2, f"period: {flow(said)}", period.asks.get("period", ""))


def _format(draft: Draft, profile: Profile) -> None:
    said = profile.format.model_dump(exclude_defaults=True)
    # The encoding, and where the header stands, are said even where they are the usual ones.
    if not isinstance(profile.format, SheetFormat | XmlFormat):
        said["encoding"] = profile.format.encoding
    if isinstance(profile.format, CsvFormat):
        said["delimiter"] = profile.format.delimiter
    if isinstance(profile.format, CsvFormat | SheetFormat):
        said["header_row"] = profile.format.header_row
    doubts = dict(profile.doubts)
    draft.add(2, "format:")
    order = ["type", "encoding", "delimiter", "quote", "sheet", "header_row"]
    for key in sorted(said, key=lambda key: (order.index(key) if key in order else len(order), key)):
        if isinstance(profile.format, FixedWidthFormat) and key == "fields":
            draft.add(3, "fields:", doubts.pop(key, ""))
            for name, places in said[key].items():
                draft.add(4, f"{scalar(name)}: {flow(places)}")
        else:
            draft.add(3, f"{key}: {flow(said[key])}", doubts.pop(key, ""))
    for key, ask in doubts.items():
        draft.questions.append(Question(key, one_line(ask)))


def _columns(draft: Draft, plan: Plan, specs: SpecSet) -> None:
    missing = plan.unfilled(specs)
    ask = f"nothing seems to fill {', '.join(missing)}, which {plan.match.dataset} requires; what does?"
    draft.add(2, "columns:" if plan.mapped else "columns: {}", ask if missing else "")
    for item in plan.mapped:
        said = item.said["field"] if len(item.said) == 1 else flow(item.said)
        draft.add(3, f"{scalar(item.heading)}: {said}", *item.asks, about=item.heading)
    if plan.ways:
        draft.add(2, "location:")
    for way in plan.ways:
        where: dict[str, Any] = {"by": way.by}
        if way.by == "coordinates":
            where |= {"x": way.columns[0], "y": way.columns[1], "crs": way.crs}
        else:
            where["column"] = way.columns[0]
        draft.add(3, f"- {flow(where)}", way.ask or "", about="location")
    if plan.ignored:
        draft.add(2, "ignore:")
    written: set[str] = set()
    for item in plan.ignored:
        if item.heading not in written:
            draft.add(3, f"- {scalar(item.heading)}", *item.asks, about=item.heading)
        written.add(item.heading)


def _made(draft: Draft, plan: Plan) -> None:
    if plan.wide is not None:
        unpivot = plan.wide.unpivot.model_dump(exclude_defaults=True, exclude_none=True)
        draft.add(2, "unpivot:", plan.wide.ask)
        for key, value in unpivot.items():
            draft.add(3, f"{key}: {flow(list(value) if isinstance(value, tuple) else value)}")
    if plan.splits:
        draft.add(2, "split:")
    for split, ask in plan.splits:
        draft.add(3, f"- {flow(split.model_dump())}", ask, about=split.column)


def _rows(draft: Draft, profile: Profile, period: Period) -> None:
    if profile.ending.skip:
        draft.add(2, "skip:")
    for rule, ask in profile.ending.skip:
        draft.add(3, f"- {flow(_rule(rule))}", ask, about=f"skip {rule.rule}")
    draft.add(2, "replaces: reporting_period")
    draft.add(2, "expect:")
    count = profile.records
    whole = profile.sample.is_whole
    most = count * 2 if whole else count * 4 * max(1, profile.sample.size // max(1, len(profile.sample.content)))
    told = f"this file has {'' if whole else 'more than '}{count:,}; how few and how many may there be?"
    if whole and count and (count % 1000 == 0 or count in _SHEET_ROWS):
        told = f"exactly {count:,}: was the export cut there? If not, how few and how many may there be?"
    draft.add(3, f"rows: {{min: {count // 2}, max: {max(1, most)}}}", told, about="rows")


def _rule(rule: SkipRule) -> dict[str, Any]:
    said = rule.model_dump(exclude_defaults=True, exclude_none=True)
    return {"rule": said.pop("rule"), **said}
