"""A template made: the workbook, and for a feed that reads none of its own the spec and the code maps that read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from pipelines.propose.profile import Question
from pipelines.propose.template.book import workbook
from pipelines.propose.template.choices import map_text
from pipelines.propose.template.draft import Sent, draft_of_page
from pipelines.propose.template.of_dataset import Asked, page_of_dataset
from pipelines.propose.template.of_feed import example_name, page_of_feed
from pipelines.propose.template.page import Guide, NoTemplateError, Page
from pipelines.propose.words import many, one_line
from pipelines.specs.base import PeriodType
from pipelines.specs.check_recording import RECORDING_UNITS
from pipelines.specs.feeds import Feed, FeedVersion, PeriodPlace
from pipelines.specs.formats import SheetFormat
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.models import Dataset
from pipelines.specs.problems import nearest


@dataclass(frozen=True)
class Wanted:
    """What a template is wanted for, as the command's options say it; what is not said is None or empty."""

    of: str
    stem: str = ""
    partner: str | None = None
    first: date | None = None
    every: PeriodType | None = None
    ways: tuple[str, ...] = ()
    boundary_set: str | None = None
    times: bool = False
    identifiers: bool = False
    agreed_by: str | None = None
    agreed_on: date | None = None
    send_to: str | None = None


@dataclass(frozen=True)
class Template:
    """What was made. `spec` is None where the feed reads the workbook as it is; `maps` are code maps by name."""

    dataset: str
    page: Page
    book: bytes
    spec: str | None = None
    questions: tuple[Question, ...] = ()
    maps: dict[str, str] = field(default_factory=dict)


def made(wanted: Wanted, specs: SpecSet) -> Template:
    """The template of a feed, `partner/dataset`, or of a dataset.

    Raises:
        NoTemplateError: where there is no such feed or dataset, or no workbook can be made as wanted.
    """
    if wanted.of in specs.feeds:
        feed = specs.feeds[wanted.of]
        version = _version(feed, wanted.first)
        if isinstance(version.format, SheetFormat):
            return _of_feed(feed, version, specs, wanted)
        return _of_dataset(feed.dataset, feed.partner, specs, wanted)
    if wanted.of not in specs.datasets:
        known = [*specs.datasets, *specs.feeds]
        raise NoTemplateError(f'there is no feed or dataset "{wanted.of}"{nearest(wanted.of, known)}')
    return _of_dataset(wanted.of, wanted.partner, specs, wanted)


def _version(feed: FeedSpec, first: date | None) -> FeedVersion:
    version = feed.version_on(first) if first is not None else feed.feed.versions[-1]
    if version is None:
        raise NoTemplateError(f"{feed.name} reads nothing of {first}: none of its versions holds then")
    return version


def _of_feed(feed: FeedSpec, version: FeedVersion, specs: SpecSet, wanted: Wanted) -> Template:
    asked_else = {"--location": wanted.ways, "--every": wanted.every, "--boundary-set": wanted.boundary_set}
    if said := [option for option, value in asked_else.items() if value]:
        raise NoTemplateError(f"{feed.name} reads a workbook: its spec says what {' and '.join(said)} would")
    on = wanted.first or max(version.valid_from, feed.feed.cadence.from_ or version.valid_from)
    page = page_of_feed(feed, version, specs, on)
    supplier = next(iter(specs.partners[feed.partner].suppliers))
    guide = Guide(
        feed.feed.title,
        _one_row(specs.datasets[feed.dataset], feed.feed, specs),
        f"within {feed.feed.cadence.due.removesuffix(' after')} of the end of each {_words(feed.feed.cadence.every)}",
        example_name(version.files[0], on, supplier).rpartition("/")[2],
        _send_to(wanted),
        tuple(_foot(version)),
        _no_nil(version),
        has_persons=specs.datasets[feed.dataset].persons,
    )
    return Template(feed.dataset, page, workbook(page, guide))


def _foot(version: FeedVersion) -> Iterator[str]:
    """What the partner has to add below the table, or beside the file."""
    for control in version.control:
        if control.stated_in == "trailer":
            what = "how many rows there are" if control.of == "rows" else f'the sum of "{control.column}"'
            yield f"Below the last row, write a row that says {what}: {_cells_of(control.match or '')}."
    if version.companion is not None:
        yield f"Send beside it the file {version.companion} that states its totals; without it, it waits."


def _cells_of(match: str) -> str:
    r"""The cells of a row that fits an expression, in words; an expression that is not so simple, as it stands.

    >>> _cells_of(r"^Total removed\t\t(\d+)")
    'Total removed | (empty) | the number'
    """
    plain = re.sub(r"\((?:\\d|\[[^\]]+\])[+*]\)", "the number", match).removeprefix("^").removesuffix("$")
    cells = plain.replace("\\t", "\t").split("\t")
    if re.escape("".join(cells)).replace("\\ ", " ") != "".join(cells):
        return f"its cells, one after the other with tabs between, fit {match}"
    return " | ".join(cell or "(empty)" for cell in cells)


def _no_nil(version: FeedVersion) -> str:
    """Why an empty table cannot be sent; empty where it can."""
    if version.expect.rows.min > 0:
        least = many(version.expect.rows.min, "row")
        return f"A workbook with fewer than {least} is sent back: if there was nothing, tell us."
    if isinstance(version.period, PeriodPlace) and version.period.column is not None:
        return "Only the rows say which period it is of, so an empty table says nothing: if there was nothing, tell us."
    return ""


def _one_row(dataset: Dataset, feed: Feed | None, specs: SpecSet) -> str:
    """What one row is, as a partner may read it: what the dataset says first, and what the feed counts."""
    first = dataset.description.split(". ")[0].rstrip(".") + "."
    if feed is None:
        return first
    unit = next(entry for entry in specs.code_lists[RECORDING_UNITS].entries if entry.code == feed.recording.unit)
    what = f"{unit.label}: {unit.description[:1].lower()}{unit.description[1:]}" if unit.description else unit.label
    includes = "".join(f" {text.rstrip('.')}." for text in feed.recording.includes)
    return f"{first} Counted here: {what.rstrip('.')}.{includes}"


def _of_dataset(name: str, partner: str | None, specs: SpecSet, wanted: Wanted) -> Template:
    known = specs.feeds.get(f"{partner}/{name}")
    dataset = specs.datasets[name]
    if partner is not None and partner not in specs.partners:
        raise NoTemplateError(f'there is no partner "{partner}"{nearest(partner, specs.partners)}')
    if wanted.first is None:
        raise NoTemplateError("say from which period on it is to be filled in, as --from 2024-05")
    if (wanted.agreed_by is None) != (wanted.agreed_on is None):
        raise NoTemplateError("who agreed to the codes goes with the day: give --agreed-by and --agreed-on")
    every = wanted.every or (known.feed.cadence.every if known else _usual(name, specs))
    asked = Asked(every, wanted.first, wanted.ways, wanted.boundary_set, wanted.times, wanted.identifiers)
    page, not_asked = page_of_dataset(dataset, asked, specs)
    owner = specs.partners.get(partner or "")
    stem = "".join(sign for sign in wanted.stem or name if sign not in "{}*/\\")
    are_several = owner is not None and len(owner.suppliers) > 1
    units = sorted({feed.feed.recording.unit for feed in specs.feeds.values() if feed.dataset == name})
    sent = Sent(
        f"{stem} {{supplier}} *.xlsx" if are_several else f"{stem}*.xlsx",
        owner.title if owner else None,
        known.feed if known else None,
        tuple(units),
        wanted.agreed_by is not None,
    )
    draft = draft_of_page(page, dataset, asked, sent)
    supplier = f" {next(iter(owner.suppliers))}" if owner is not None and are_several else ""
    guide = Guide(
        dataset.title,
        _one_row(dataset, known.feed if known else None, specs),
        f"once for each {_words(every)}",
        f"{stem}{supplier} {wanted.first:%Y-%m}.xlsx",
        _send_to(wanted),
        not_asked=not_asked,
        has_persons=dataset.persons,
    )
    about = f"the template {stem}.xlsx"
    text = draft.text(about) if draft.questions else "\n".join([f"# Reads {about}.", *draft.lines, ""])
    maps = {
        entry.choices.name: map_text(entry.choices, wanted.agreed_by, wanted.agreed_on)
        for entry in page.entries
        if entry.choices is not None
    }
    return Template(name, page, workbook(page, guide), text, tuple(draft.questions), maps)


def _usual(dataset: str, specs: SpecSet) -> PeriodType:
    """How often others send the dataset, mostly; monthly where nobody does."""
    kinds = [feed.feed.cadence.every for feed in specs.feeds.values() if feed.dataset == dataset]
    return max(sorted(set(kinds)), key=kinds.count) if kinds else PeriodType.MONTH


def _words(every: PeriodType) -> str:
    return every.value.replace("_", " ")


def _send_to(wanted: Wanted) -> str:
    to = one_line(wanted.send_to) if wanted.send_to else "whoever gave you this workbook"
    return f"It goes to {to}."
