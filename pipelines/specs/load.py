"""Reads a folder of specs into one immutable set. Every fault is collected; nothing is used until all is well."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.specs.agreements import Agreement, Declared
from pipelines.specs.base import Spec
from pipelines.specs.corrections import Correction, Recorded
from pipelines.specs.faults import faults_of, faults_of_line
from pipelines.specs.feeds import Feed, FeedVersion
from pipelines.specs.models import Code, CodeMapEntry, Dataset, Indicator, ListSource, Partner
from pipelines.specs.problems import Problem, nearest, not_utf8, one_of, shown
from pipelines.specs.replies import Replied, Reply
from pipelines.specs.yaml_lines import Document, read_yaml

Model = TypeVar("Model", bound=Spec)
CORRECTIONS = "corrections.yml"
AGREEMENTS = "agreements.yml"
REPLIES = "replies.yml"
CODES = "codes"  # the folder of a partner's code maps
LIST_SOURCES = "sources.csv"


@dataclass(frozen=True)
class CodeTable:
    """A code list or a code map: its entries, and the line each stands on."""

    path: Path
    entries: tuple[Any, ...]
    lines: tuple[int, ...]

    def problem(self, index: int, message: str) -> Problem:
        """A problem with one entry."""
        return Problem(shown(self.path), self.lines[index], message)

    def as_agreed(self) -> CodeTable:
        """A code map as it would be, were its proposed lines agreed to."""
        day = {"agreed_by": "-", "agreed_on": date.min}
        entries = (entry if entry.is_agreed else entry.model_copy(update=day) for entry in self.entries)
        return CodeTable(self.path, tuple(entries), self.lines)


@dataclass(frozen=True)
class FeedSpec:
    """One feed with all that it draws on; `name` is `partner/dataset`."""

    partner: str
    dataset: str
    feed: Feed
    maps: dict[str, CodeTable] = field(hash=False)

    @property
    def name(self) -> str:
        """The feed's name, `partner/dataset`."""
        return f"{self.partner}/{self.dataset}"

    @property
    def reconciled(self) -> str | None:
        """The feed whose totals this one's figures are; None where they are no totals."""
        stated = self.feed.reconciles
        return None if stated is None else f"{stated.partner or self.partner}/{stated.dataset}"

    def version_on(self, day: date) -> FeedVersion | None:
        """The version in force for a period that starts on `day`; None before the feed's first and after its last."""
        for version in reversed(self.feed.versions):
            if version.valid_from <= day:
                return version if version.valid_to is None or day <= version.valid_to else None
        return None


@dataclass
class SpecSet:
    """All specs of one folder, checked."""

    root: Path
    datasets: dict[str, Dataset] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    feeds: dict[str, FeedSpec] = field(default_factory=dict)
    code_lists: dict[str, CodeTable] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)
    corrections: dict[str, tuple[Recorded, ...]] = field(default_factory=dict)
    agreements: tuple[Declared, ...] = ()
    replies: dict[str, tuple[Replied, ...]] = field(default_factory=dict)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    list_sources: CodeTable | None = None

    def labels(self, code_list: str) -> dict[str, str]:
        """Code to label of a code list, all dates together."""
        return {entry.code: entry.label for entry in self.code_lists[code_list].entries}


class _Reader:
    """Walks the spec folder; gathers models and problems."""

    def __init__(self, root: Path) -> None:
        self.specs = SpecSet(root)
        self.problems: list[Problem] = []

    def read(self) -> None:
        root = self.specs.root
        if not (root / "datasets").is_dir() or not (root / "partners").is_dir():
            message = (
                "not a folder of specs: it has no `datasets` and `partners` (set COMMONGRID_SPECS to one that has)"
            )
            self.problems.append(Problem(shown(root), 1, message))
            return
        for path in sorted((root / "codelists").glob("*.csv")):
            if path.name == LIST_SOURCES:
                self.specs.list_sources = self.table(path, ListSource)
            else:
                self.specs.code_lists[path.stem] = self.table(path, Code)
        self.models(root / "datasets", "dataset", Dataset, self.specs.datasets.__setitem__)
        self.models(root / "indicators", "indicator", Indicator, self.specs.indicators.__setitem__)
        for folder in sorted(path for path in (root / "partners").iterdir() if path.is_dir()):
            self.partner(folder)
        if (root / AGREEMENTS).exists():
            self.specs.agreements = self.agreements(root / AGREEMENTS)

    def models(self, folder: Path, kind: str, model: type[Model], keep: Callable[[str, Model], None]) -> None:
        for path in sorted(folder.glob("*.yml")):
            built = self.model(path, model, (kind, path.stem))
            if built is not None:
                keep(path.stem, built)

    def model(self, path: Path, model: type[Model], key: tuple[str, str]) -> Model | None:
        document = read_yaml(path)
        self.specs.documents[key] = document
        self.problems.extend(document.problems)
        if document.problems:
            return None
        if not isinstance(document.data, dict):
            self.problems.append(document.problem((), f"expected a mapping that describes a {key[0]}"))
            return None
        try:
            return model.model_validate(document.data)
        except ValidationError as error:
            self.problems.extend(faults_of(document, error, model))
            return None

    def partner(self, folder: Path) -> None:
        path = folder / "partner.yml"
        if not path.exists():
            close = nearest(path.name, [other.name for other in folder.glob("*")])
            self.problems.append(Problem(shown(folder), 1, f"a partner's folder needs a partner.yml{close}"))
            return
        partner = self.model(path, Partner, ("partner", folder.name))
        if partner is not None:
            self.specs.partners[folder.name] = partner
        maps = {path.stem: self.table(path, CodeMapEntry) for path in sorted((folder / CODES).glob("*.csv"))}
        for path in sorted(folder.glob("*.yml")):
            if path.name in ("partner.yml", CORRECTIONS, REPLIES):
                continue
            feed = self.model(path, Feed, ("feed", f"{folder.name}/{path.stem}"))
            if feed is not None:
                spec = FeedSpec(folder.name, path.stem, feed, maps)
                self.specs.feeds[spec.name] = spec
        if (folder / CORRECTIONS).exists():
            self.specs.corrections[folder.name] = self.corrections(folder / CORRECTIONS)
        if (folder / REPLIES).exists():
            listed = self.entries(
                folder / REPLIES, ("replies", folder.name), Reply, "replies, each beginning with `- signal:`"
            )
            self.specs.replies[folder.name] = tuple(Replied(item, line, index) for item, line, index in listed)

    def agreements(self, path: Path) -> tuple[Declared, ...]:
        """The agreements of partners; those at fault become problems."""
        found = self.entries(path, (AGREEMENTS, ""), Agreement, "agreements, each beginning with `- between:`")
        return tuple(Declared(agreement, index) for agreement, _line, index in found)

    def corrections(self, path: Path) -> tuple[Recorded, ...]:
        """A partner's corrections, each with its line; those at fault become problems."""
        key = ("corrections", path.parent.name)
        found = self.entries(path, key, Correction, "corrections, each beginning with `- id:`")
        return tuple(Recorded(correction, shown(path), line, index) for correction, line, index in found)

    def entries(self, path: Path, key: tuple[str, str], model: type[Model], what: str) -> list[tuple[Model, int, int]]:
        """The entries of a file that is a list, each with its line and index; those at fault become problems."""
        document = read_yaml(path)
        self.specs.documents[key] = document
        self.problems.extend(document.problems)
        if document.problems or document.data is None:
            return []
        if not isinstance(document.data, list):
            self.problems.append(document.problem((), f"expected a list of {what}"))
            return []
        found = []
        for index, entry in enumerate(document.data):
            try:
                found.append((model.model_validate(entry), document.line((index,)), index))
            except ValidationError as error:
                self.problems.extend(faults_of(document, error, model, (index,)))
        return found

    def table(self, path: Path, model: type[Spec]) -> CodeTable:
        entries, lines = [], []
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file, strict=True)
                if faults := list(_header_faults(rows.fieldnames or [], model)):
                    self.problems.extend(Problem(shown(path), 1, fault) for fault in faults)
                    return CodeTable(path, (), ())
                for row in rows:
                    if None in row:
                        message = "more values than columns; a value that holds a comma stands in quotation marks"
                        self.problems.append(Problem(shown(path), rows.line_num, message))
                        continue
                    try:
                        entries.append(model.model_validate({key: value for key, value in row.items() if value}))
                        lines.append(rows.line_num)
                    except ValidationError as error:
                        self.problems += [Problem(shown(path), rows.line_num, said) for said in faults_of_line(error)]
        except UnicodeDecodeError:
            self.problems.append(Problem(shown(path), *_not_utf8(path)))
        except csv.Error as error:
            self.problems.append(Problem(shown(path), 1, f"not readable as CSV: {error}"))
        return CodeTable(path, tuple(entries), tuple(lines))


def read_feed(path: Path, partner: str, dataset: str) -> tuple[FeedSpec | None, Document, list[Problem]]:
    """Read one feed's spec by itself, with the code maps in the folder `codes` beside it."""
    reader = _Reader(path.parent)
    key = ("feed", f"{partner}/{dataset}")
    feed = reader.model(path, Feed, key)
    maps = {table.stem: reader.table(table, CodeMapEntry) for table in sorted((path.parent / CODES).glob("*.csv"))}
    spec = FeedSpec(partner, dataset, feed, maps) if feed is not None else None
    return spec, reader.specs.documents[key], reader.problems


def _header_faults(names: Sequence[str], model: type[Spec]) -> Iterator[str]:
    """What is wrong with the first line of a code list or map, which names its columns."""
    # Those a model shares with others stand last.
    known = sorted(model.model_fields, key=lambda field: field not in model.__annotations__)
    if not names:
        yield f"is empty: its first line names its columns, {', '.join(known)}"
    elif len(names) == 1 and (parted := [mark for mark in (";", "\t") if mark in names[0]]):
        what = "semicolons" if parted == [";"] else "tabs"
        yield f"{what} stand between the values; save it with commas (in Excel: CSV UTF-8, or write it in an editor)"
    else:
        yield from (f'unknown column "{name}"{one_of(name, known)}' for name in names if name not in known)
        needed = [name for name, info in model.model_fields.items() if info.is_required() and name not in names]
        yield from (f'the column "{name}" is missing' for name in needed)


def _not_utf8(path: Path) -> tuple[int, str]:
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:  # the whole of it, so that the line can be counted
        line, message = not_utf8(error)
        return line, f"{message} (in Excel: CSV UTF-8)"
    return 1, "not UTF-8 text"


def read_specs(root: Path) -> tuple[SpecSet, list[Problem]]:
    """Read every spec file below `root`: what could be read, and what is wrong within each file."""
    reader = _Reader(root)
    reader.read()
    return reader.specs, reader.problems
