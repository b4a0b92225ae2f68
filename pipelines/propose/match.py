"""Which dataset a file is likely of, and which field each of its columns is likely to fill."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.propose.columns import Column, is_word
from pipelines.propose.words import snake, telling, words
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField

# Below this, a column is not likely enough to fill a field to say so, nor a file to be of a dataset.
_FIELD_FROM, _DATASET_FROM = 0.45, 0.5
# Above this, the headings leave no doubt.
_SURE = 0.95
# A runner-up that comes so close is named.
_CLOSE = 0.2
_MOST_CODED = 300
# What partners call what the fields of a dataset are called after.
_ALSO = {
    "id": "ref reference no number urn identifier key uid",
    "occurred": "date incident offence reported received created logged month opened happened start",
    "category": "type kind class classification category offence reason crime subject",
    "outcome": "outcome disposal result disposition",
    "area": "ons lad ltla la ward lsoa msoa district authority gss area geography",
    "boundary": "geography level",
    "value": "count number total reports figure estimate amount",
    "measure": "indicator statistic measure category",
}
_SYNONYMS = {word: frozenset(others.split()) for word, others in _ALSO.items()}
# Words of datasets' names that do not say what they are about.
_GENERAL = frozenset(("record", "recorded", "estimate", "return", "count"))
_LATE = ("closed", "completed", "updated", "update", "end", "last", "extract", "publication", "decision", "sent")


@dataclass(frozen=True)
class Use:
    """A column that fills a field, how likely, and what is to be asked of it."""

    column: Column
    field: str
    score: float
    ask: str | None = None


@dataclass
class Match:
    """The dataset proposed (None: none fits), the columns that fill its fields, and the question that is left."""

    dataset: str | None
    score: float = 0.0
    uses: list[Use] = field(default_factory=list)
    ask: str | None = None


@dataclass
class Vocabulary:
    """What the specs in use know already: other partners' headings, and the texts of each code list."""

    specs: SpecSet

    @cached_property
    def headings(self) -> dict[tuple[str, str], str]:
        """Dataset and heading, to the field that another feed's column of that heading fills."""
        known = {}
        for feed in self.specs.feeds.values():
            for version in feed.feed.versions:
                for heading, column in version.fills():
                    known[feed.dataset, heading.casefold()] = column.field
        return known

    def texts(self, code_list: str) -> dict[str, str]:
        """The texts of a code list: each code and label, to its code."""
        table = self.specs.code_lists.get(code_list)
        entries = table.entries if table else ()
        labels = {entry.label.casefold(): entry.code for entry in entries}
        return labels | {entry.code.casefold(): entry.code for entry in entries}

    @cached_property
    def raws(self) -> dict[str, dict[str, str]]:
        """What partners write, to the code they mean, by code list."""
        known: dict[str, dict[str, str]] = {}
        for feed in self.specs.feeds.values():
            dataset = self.specs.datasets.get(feed.dataset)
            for version in feed.feed.versions:
                for _heading, column in version.fills():
                    fills = dataset.fields.get(column.field) if dataset else None
                    table = feed.maps.get(column.map or "")
                    if fills is not None and fills.list and table:
                        entries = {
                            item.raw.strip().casefold(): item.code
                            for item in table.entries
                            # One partner's 1 is not another's.
                            if item.code and item.names_text and any(letter.isalpha() for letter in item.raw)
                        }
                        known.setdefault(fills.list, {}).update(entries)
        return known

    def share_known(self, column: Column, values: Iterable[str], code_list: str) -> float:
        """Which share of a column's values a code list knows, by its own texts or by what partners write."""
        known = self.texts(code_list).keys() | self.raws.get(code_list, {}).keys()
        texts = [value.casefold() for value in values]
        return sum(text in known for text in texts) / len(texts) if texts else 0.0


class Matcher:
    """The columns of a file held against the datasets."""

    def __init__(
        self, specs: SpecSet, columns: list[Column], values: dict[str, list[str]], said: str, *, has_figures: bool
    ) -> None:
        """Hold columns against datasets.

        Args:
            specs: the specs in use.
            columns: those that may fill a field.
            values: the distinct values of those that may be codes, by heading.
            said: the words around the rows: the file's name, its title, the headings that are unpivoted.
            has_figures: whether it looks like a table of figures, and not of records.
        """
        self.specs, self.columns, self.values = specs, columns, values
        self.vocabulary = Vocabulary(specs)
        self.said, self.has_figures = telling(said), has_figures

    def best(self, wanted: str | None) -> Match:
        """The likeliest dataset, or the one wanted."""
        if wanted is not None:
            return self.of(wanted)
        found = sorted((self.of(name) for name in self.specs.datasets), key=lambda match: -match.score)
        if not found or found[0].score < _DATASET_FROM:
            near = f"; nearest is {found[0].dataset}" if found else ""
            return Match(None, ask=f"no dataset fits{near}: which one is it, or is a new one needed?")
        first = found[0]
        rival = next((match for match in found[1:2] if match.score > first.score - _CLOSE), None)
        other = f", or {rival.dataset}" if rival else ""
        first.ask = f"this looks like {first.dataset}{other}; is it?"
        return first

    def of(self, name: str) -> Match:
        """How well the columns fill one dataset."""
        dataset = self.specs.datasets[name]
        scored = [
            (self.score(name, column, other, fills), column, other)
            for column in self.columns
            for other, fills in dataset.fields.items()
        ]
        scored.sort(key=lambda item: -item[0])
        uses: list[Use] = []
        for score, column, other in scored:
            free = all(use.field != other and use.column is not column for use in uses)
            if score >= _FIELD_FROM and free:
                ask = None if score >= _SURE else f"is it {_described(dataset.fields[other])}?"
                uses.append(Use(column, other, score, ask))
        return Match(name, self._whole(name, dataset, uses), uses)

    def _whole(self, name: str, dataset: Dataset, uses: list[Use]) -> float:
        """How likely the file is of a dataset: what is filled, and whether anything speaks of its subject."""
        filled = {use.field: use.score for use in uses}
        weights = {other: 2.0 if fills.required else 0.5 for other, fills in dataset.fields.items()}
        coverage = sum(weights[other] * filled.get(other, 0.0) for other in weights) / sum(weights.values())
        coded = [
            self.vocabulary.share_known(use.column, self.values.get(use.column.heading, ()), code_list)
            for use in uses
            if (code_list := dataset.fields[use.field].list)
        ]
        subject = telling(name) - _GENERAL
        used = (telling(use.column.heading) for use in uses if use.score > _FIELD_FROM)
        speaks = len(subject & self.said.union(*used)) / max(1, len(subject))
        evidence = max([*coded, 0.7 * speaks])
        score = coverage * 0.55 + evidence * 0.45 if evidence >= 0.3 else coverage * 0.4
        # Figures in columns side by side stand nowhere of their own, and rows without a figure are no observations.
        return score if dataset.is_placed != self.has_figures else score * 0.6

    def score(self, dataset: str, column: Column, name: str, fills: DatasetField) -> float:
        """How likely a column fills a field, from 0 to 1."""
        if column.personal or not _can_fill(column, fills, self.values):
            return 0.0
        if self.vocabulary.headings.get((dataset, column.heading.casefold())) == name:
            return 1.0
        score = _by_words(column, name, fills)
        if fills.list is not None:
            share = self.vocabulary.share_known(column, self.values.get(column.heading, ()), fills.list)
            return max(score, 0.55 + 0.35 * share) if share >= 0.5 else score * (0.7 + share)
        if fills.type in ("interval", "date"):
            return score - 0.3 if is_word(column, *_LATE) else max(score, 0.5)
        if "id" in words(name):
            return score + (0.15 if column.is_unique else -0.15) if score else 0.0
        if "area" in words(name) and column.kind == "area code":
            return max(score, 0.85)
        return score


def _described(fills: DatasetField) -> str:
    text = fills.description.split(",")[0].split(";")[0].split(" (")[0]
    return text[:1].lower() + text[1:]


def _by_words(column: Column, name: str, fills: DatasetField) -> float:
    """How like a heading is to a field's name and description."""
    if snake(column.heading) == name:
        return 1.0
    said, called = set(column.words), set(words(name)) - {"code", "source"}
    if called and called <= said:
        return 0.75
    if difflib.SequenceMatcher(None, snake(column.heading), name).ratio() > 0.85:
        return 0.75
    if any(said & _SYNONYMS.get(word, frozenset()) for word in called):
        return 0.65
    return 0.5 if telling(column.heading) & telling(fills.description) else 0.0


def _can_fill(column: Column, fills: DatasetField, values: dict[str, list[str]]) -> bool:
    """Whether what a column holds is of a field's type."""
    match fills.type:
        case "interval" | "date":
            return column.dates is not None and column.kind == "date"
        case "integer":
            return column.kind == "whole number"
        case "number":
            return column.is_number
        case "code":
            return column.heading in values and column.kind in ("code", "text", "whole number")
    return column.kind in ("text", "code", "whole number", "area code", "uprn")


def may_be_coded(column: Column) -> bool:
    """Whether a column has few enough values to be codes."""
    if column.personal or column.kind not in ("code", "text", "whole number"):
        return False
    return 0 < column.distinct <= _MOST_CODED and not (column.is_unique and column.distinct > 30)
