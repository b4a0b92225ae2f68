"""Reads a folder of specs into one immutable set. Every fault is collected; nothing is used until all is well."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.specs.base import Spec
from pipelines.specs.corrections import Correction, Recorded
from pipelines.specs.feeds import Feed, FeedVersion
from pipelines.specs.models import Code, CodeMapEntry, Dataset, Indicator, Partner
from pipelines.specs.problems import Problem, nearest, shown
from pipelines.specs.yaml_lines import Document, Place, read_yaml

Model = TypeVar("Model", bound=Spec)
CORRECTIONS = "corrections.yml"


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
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)

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
            self.specs.code_lists[path.stem] = self.table(path, Code)
        self.models(root / "datasets", "dataset", Dataset, self.specs.datasets.__setitem__)
        self.models(root / "indicators", "indicator", Indicator, self.specs.indicators.__setitem__)
        for folder in sorted(path for path in (root / "partners").iterdir() if path.is_dir()):
            self.partner(folder)

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
            self.problems.extend(_from_pydantic(document, error, model))
            return None

    def partner(self, folder: Path) -> None:
        path = folder / "partner.yml"
        if not path.exists():
            self.problems.append(Problem(shown(folder), 1, "a partner's folder needs a partner.yml"))
            return
        partner = self.model(path, Partner, ("partner", folder.name))
        if partner is not None:
            self.specs.partners[folder.name] = partner
        maps = {path.stem: self.table(path, CodeMapEntry) for path in sorted((folder / "codes").glob("*.csv"))}
        for path in sorted(folder.glob("*.yml")):
            if path.name in ("partner.yml", CORRECTIONS):
                continue
            feed = self.model(path, Feed, ("feed", f"{folder.name}/{path.stem}"))
            if feed is not None:
                spec = FeedSpec(folder.name, path.stem, feed, maps)
                self.specs.feeds[spec.name] = spec
        if (folder / CORRECTIONS).exists():
            self.specs.corrections[folder.name] = self.corrections(folder / CORRECTIONS)

    def corrections(self, path: Path) -> tuple[Recorded, ...]:
        """A partner's corrections, each with its line; those at fault become problems."""
        document = read_yaml(path)
        self.specs.documents["corrections", path.parent.name] = document
        self.problems.extend(document.problems)
        if document.problems or document.data is None:
            return ()
        if not isinstance(document.data, list):
            self.problems.append(document.problem((), "expected a list of corrections, each beginning with `- id:`"))
            return ()
        found = []
        for index, entry in enumerate(document.data):
            try:
                correction = Correction.model_validate(entry)
                found.append(Recorded(correction, shown(path), document.line((index,)), index))
            except ValidationError as error:
                self.problems.extend(_from_pydantic(document, error, Correction, (index,)))
        return tuple(found)

    def table(self, path: Path, model: type[Spec]) -> CodeTable:
        entries, lines = [], []
        known = list(model.model_fields)
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file, strict=True)
                for unknown in [name for name in rows.fieldnames or [] if name not in known]:
                    self.problems.append(
                        Problem(shown(path), 1, f'unknown column "{unknown}"{nearest(unknown, known)}')
                    )
                if self.problems and self.problems[-1].file == shown(path):
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
                        told = (_of_line(fault) for fault in error.errors())
                        self.problems += [Problem(shown(path), rows.line_num, message) for message in told]
        except (UnicodeDecodeError, csv.Error) as error:
            self.problems.append(Problem(shown(path), 1, f"not readable as UTF-8 CSV: {error}"))
        return CodeTable(path, tuple(entries), tuple(lines))


def read_feed(path: Path, partner: str, dataset: str) -> tuple[FeedSpec | None, Document, list[Problem]]:
    """Read one feed's spec by itself, with the code maps in the folder `codes` beside it."""
    reader = _Reader(path.parent)
    key = ("feed", f"{partner}/{dataset}")
    feed = reader.model(path, Feed, key)
    maps = {table.stem: reader.table(table, CodeMapEntry) for table in sorted((path.parent / "codes").glob("*.csv"))}
    spec = FeedSpec(partner, dataset, feed, maps) if feed is not None else None
    return spec, reader.specs.documents[key], reader.problems


def _reason(fault: Any) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _of_line(fault: Any) -> str:
    """What is wrong with one line of a code list or map."""
    where = ".".join(str(part) for part in fault["loc"])
    reason = _not_one_of(fault) if fault["type"] == "literal_error" else _reason(fault)
    return f"{where}: {reason}" if where else reason


def _not_one_of(fault: Any) -> str:
    """That a value is none of those there are, and which is nearest."""
    expected = str(fault.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
    return f'"{fault["input"]}" is not one of {", ".join(expected)}{nearest(str(fault["input"]), expected)}'


def _known_keys(model: type[Spec], place: tuple[Any, ...]) -> set[str]:
    """Names a key at `place` may have, as far as the models tell: the keys of the model that holds it."""
    keys: set[str] = set()
    for candidate in _spec_models(model, set()):
        keys |= {info.alias or name for name, info in candidate.model_fields.items()}
    return keys


def _spec_models(model: type[Spec], seen: set[type[Spec]]) -> set[type[Spec]]:
    if model in seen:
        return seen
    seen.add(model)
    for info in model.model_fields.values():
        stack: list[Any] = [info.annotation]
        while stack:
            kind = stack.pop()
            if isinstance(kind, type) and issubclass(kind, Spec):
                _spec_models(kind, seen)
            stack.extend(getattr(kind, "__args__", ()))
    return seen


def _from_pydantic(document: Document, error: ValidationError, model: type[Spec], within: Place = ()) -> list[Problem]:
    """What pydantic found wrong, each at its place; `within` is where in the document stands what was validated."""
    problems = []
    faults = error.errors()
    for fault in faults:
        loc: Place = (*within, *fault["loc"])
        own = fault["loc"]
        if fault["type"] == "too_short" and any(other["loc"][: len(own)] == own != other["loc"] for other in faults):
            continue  # entries were given, and are at fault themselves
        place = tuple(part for part in (loc[:-1] if fault["type"] == "missing" else loc) if part != "[key]")
        while place and place not in document.lines and any(place[:cut] in document.lines for cut in range(len(place))):
            # A union adds the name of its chosen member to the place; the file does not hold that name.
            cut = next(cut for cut in range(len(place) - 1, -1, -1) if place[:cut] in document.lines)
            shorter = place[:cut] + place[cut + 1 :]
            place = shorter if shorter in document.lines or len(shorter) > cut else place[:cut]
        name = str(loc[-1])
        label = ".".join(str(part) for part in place[len(within) :])
        if fault["type"] == "extra_forbidden":
            message = f'unknown key "{name}"{nearest(name, _known_keys(model, place))}'
        elif fault["type"] == "missing":
            message = f'"{name}" is missing from {label or ("this entry" if within else document.path.name)}'
        elif fault["type"] in ("literal_error", "enum"):
            message = f"{label}: {_not_one_of(fault)}"
        else:
            message = f"{label}: {_reason(fault)}" if label else _reason(fault)
        problems.append(document.problem(place, message))
    return problems


def read_specs(root: Path) -> tuple[SpecSet, list[Problem]]:
    """Read every spec file below `root`: what could be read, and what is wrong within each file."""
    reader = _Reader(root)
    reader.read()
    return reader.specs, reader.problems
