"""What of a delivery may be shown: the values of plain fields alone, and of a message only what quotes no other value.

Values of other fields are not kept with an issue to begin with. This is asked again of the specs in force whenever
something is shown, so that a mistake there, or a field classed otherwise since, shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.specs.feeds import FeedVersion, PeriodPlace, Split
from pipelines.specs.models import Dataset, Sensitivity

HIDDEN = "not shown: personal"

# Their messages quote names of sheets, which are no values.
_QUOTES_SHEETS = ("hidden_rows", "hidden_sheet")
_QUOTED = re.compile('"([^"]*)"')
_NEAREST = re.compile(r' \(did you mean ".*?"\?\)')
_FIRST = re.compile(r"; mostly \w+, first at .*?:(\d+)(?=: |$)")


@dataclass(frozen=True)
class Masking:
    """What may be shown of a delivery.

    `plain` are the columns whose every field is plain. `said` are the texts that the spec itself holds. `needed` are
    the columns a file must have.
    """

    plain: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    needed: tuple[str, ...] = ()

    def value(self, column: str | None, value: str | None) -> str:
        """A value as it may be shown: as it is, empty where there is none, or `HIDDEN`."""
        if column in self.plain:
            return value or ""
        return "" if column is None and value is None else HIDDEN

    def message(self, issue_type: str, column: str | None, message: str | None) -> str:
        """A row's message without any value that may not be shown."""
        text = message or ""
        return text if column in self.plain or issue_type in _QUOTES_SHEETS else self._unquoted(text)

    def reason(self, issue_type: str, reason: str) -> str:
        """Why a delivery was refused, without any value.

        Of a file without a header, the headings found are its first record. So they are told only where most of the
        columns are there by name.
        """
        if issue_type == "unknown_column":
            return reason
        if issue_type == "missing_column":
            told, _, found = reason.partition(". New in it: ")
            missing = [name for name in self.needed if f'"{name}"' in told.partition("; ask ")[0]]
            if 2 * len(missing) <= len(self.needed):
                return reason
            guess = ". The first row may be no header at all" if found else ""
            return self._unquoted(_NEAREST.sub("", told)) + guess
        if issue_type == "too_many_quarantined":
            told, _, _ = reason.partition("; mostly ")
            first = _FIRST.search(reason)
            return self._unquoted(told) + (f"; the first is in row {first[1]}" if first else "")
        return self._unquoted(reason)

    def _unquoted(self, text: str) -> str:
        """A text without what it quotes, from the first mark to the last, unless the spec says all of it."""
        marks = text.count('"')
        if marks % 2 == 0 and self.said.issuperset(_QUOTED.findall(text)):
            return text
        first, last = text.index('"'), text.rindex('"')
        return f"{text[:first]}[{HIDDEN}]{text[last + 1 :] if marks % 2 == 0 else ''}"


def masking_of(version: FeedVersion | None, dataset: Dataset | None) -> Masking:
    """What may be shown of a delivery that was read by a version; nothing, where version or dataset is not known."""
    if version is None or dataset is None:
        return Masking()
    said = frozenset([*_texts(version.model_dump(mode="json")), *_texts(dataset.model_dump(mode="json"))])
    return Masking(frozenset(_plain_columns(version, dataset)), said, tuple(version.needed_columns()))


def _plain_columns(version: FeedVersion, dataset: Dataset) -> Iterator[str]:
    """The columns that fill plain fields alone, and those that only say the period or the supplier of a row."""
    is_plain: dict[str, bool] = {}
    for header, column in version.fills():
        field = dataset.fields.get(column.field)
        is_plain[header] = is_plain.get(header, True) and field is not None and field.sensitivity is Sensitivity.PLAIN
    if isinstance(version.period, PeriodPlace) and version.period.column is not None:
        is_plain.setdefault(version.period.column, True)
    if version.supplier is not None:
        is_plain.setdefault(version.supplier.column, True)
    for split in version.split:
        is_plain[split.column] = is_plain.get(split.column, True) and _makes_plain(split, is_plain)
    yield from (header for header, plain in is_plain.items() if plain)


def _makes_plain(split: Split, is_plain: dict[str, bool]) -> bool:
    return all(is_plain.get(name, False) for name in re.compile(split.match).groupindex)


def _texts(item: Any) -> Iterator[str]:
    """Every text in a tree of mappings and lists, keys as well."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        for key, value in item.items():
            yield from (key, *_texts(value))
    elif isinstance(item, list):
        for value in item:
            yield from _texts(value)
