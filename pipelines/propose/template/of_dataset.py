"""The page of a dataset: a column for each field that a partner may fill, the period and the number of rows above."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pipelines.propose.template.choices import listed
from pipelines.propose.template.page import Entry, Mark, NoTemplateError, Page
from pipelines.propose.words import words
from pipelines.specs.base import PeriodType
from pipelines.specs.check_version import VALUE_SYMBOLS
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField, Sensitivity
from pipelines.specs.problems import nearest

SHEET = "Return"
PERIOD, ROWS = (2, 2), (3, 2)
HINTS, HEADER = 5, 6
# A moment, typed as text: a sheet would drop the time of one at midnight.
MOMENT = "%Y-%m-%d %H:%M"
_LONGEST_HEADING = 60
_WORDS = {"source_id": "Reference"}
Way = Literal["grid_reference", "coordinates", "postcode", "street", "uprn", "area"]
# The columns of each way to a place: heading, and what is written there.
WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "grid_reference": (("Grid reference", "an Ordnance Survey grid reference, as SU 99700 49600"),),
    "coordinates": (
        ("Easting", "metres of the National Grid, as 499700"),
        ("Northing", "metres of the National Grid, as 149600"),
    ),
    "postcode": (("Postcode", "a whole postcode"),),
    "street": (
        ("Street", "the name of the street or place"),
        ("Town or village", "tells streets of one name apart"),
    ),
    "uprn": (("Property number (UPRN)", "the Unique Property Reference Number, of up to twelve digits"),),
    "area": (("Area code of the place", "the code of the area it is in, as E05007289"),),
}
# Those that would tell a person's home.
_EXACT = ("street", "uprn")


@dataclass(frozen=True)
class Asked:
    """What is asked of the partner beside the dataset's plain fields.

    `every` is how often it sends, `first` a day in the first period. `times`: moments are wanted, not days alone.
    `identifiers`: those that are kept as pseudonyms are asked for too. `boundary_set` is the set area codes are from.
    """

    every: PeriodType
    first: date
    ways: tuple[str, ...] = ()
    boundary_set: str | None = None
    times: bool = False
    identifiers: bool = False


def page_of_dataset(dataset: Dataset, asked: Asked, specs: SpecSet) -> tuple[Page, tuple[str, ...]]:
    """The page, and what the dataset has that is not asked for, in plain words.

    Raises:
        NoTemplateError: where a way to a place is unknown, or would tell a person's home.
    """
    _check_ways(asked, is_of_persons=dataset.persons)
    wanted = {name: field for name, field in dataset.fields.items() if _is_asked(name, field, asked, dataset)}
    entries = [_entry(name, field, asked, specs) for name, field in wanted.items()]
    entries = _with_symbols(entries, dataset, specs)
    entries += [
        Entry(heading, "number" if way == "coordinates" else "text", about, written=way)
        for way in asked.ways
        for heading, about in WAYS[way]
    ]
    not_asked = tuple(
        field.description
        for name, field in dataset.fields.items()
        if name not in wanted and (field.sensitivity is Sensitivity.IDENTIFIER or field.type == "free_text")
    )
    period = asked.every.value.replace("_", " ")
    marks = (
        Mark("", *PERIOD, "date", "period", f"Any day in the {period} you report on"),
        Mark("", *ROWS, "number", "rows", "How many rows you have filled in below"),
    )
    page = Page(SHEET, tuple(_told_apart(entries)), (HEADER,), HEADER + 1, marks=marks, title=dataset.title)
    return page, not_asked


def _check_ways(asked: Asked, *, is_of_persons: bool) -> None:
    for way in asked.ways:
        if way not in WAYS:
            raise NoTemplateError(f'"{way}" is no way to a place{nearest(way, WAYS)}; use one of {", ".join(WAYS)}')
        if is_of_persons and way in _EXACT:
            raise NoTemplateError(
                f'"{way}" would tell where a person lives, and these rows are about persons; use postcode, '
                "grid_reference or area, of which only as much is kept as the spec says"
            )
    if "area" in asked.ways and asked.boundary_set is None:
        raise NoTemplateError("the codes of areas are of a boundary set: name it by --boundary-set, as ward_2018")


def _is_asked(name: str, field: DatasetField, asked: Asked, dataset: Dataset) -> bool:
    """Whether a field has a column: not what is dropped, nor what somebody else says in its place."""
    if field.required:
        return True
    if field.sensitivity is Sensitivity.IDENTIFIER:
        return asked.identifiers and field.is_stored
    is_of_set = name == "boundary_set" and dataset.shape == "observation"
    is_said_in_value = name == "symbol" and "value" in dataset.fields
    return field.type != "free_text" and not is_of_set and not is_said_in_value


def _entry(name: str, field: DatasetField, asked: Asked, specs: SpecSet) -> Entry:
    heading, about = _heading(name, field), field.description
    if field.sensitivity is Sensitivity.IDENTIFIER:
        about += "; only a pseudonym of it is kept"
    if field.list is not None:
        choices = listed(field.list, specs, asked.first)
        if not choices.texts:
            raise NoTemplateError(f"no code of {field.list} is in force on {asked.first}; name another day by --from")
        return Entry(heading, "choice", about, name, field.required, choices)
    if field.type == "interval" and asked.times:
        return Entry(heading, "text", about, name, field.required, written="a day and a time, as 2024-05-31 13:45")
    if field.type in ("interval", "date"):
        return Entry(heading, "date", about, name, field.required)
    if field.type in ("integer", "number"):
        kind: Literal["integer", "number"] = "integer" if field.type == "integer" else "number"
        return Entry(heading, kind, about, name, field.required, lower=field.min, upper=field.max)
    return Entry(heading, "text", about, name, field.required)


def _with_symbols(entries: Iterable[Entry], dataset: Dataset, specs: SpecSet) -> list[Entry]:
    """A figure that may be withheld or unknown is written as a number, or in the words that say why there is none."""
    if "symbol" not in dataset.fields or VALUE_SYMBOLS not in specs.code_lists:
        return list(entries)
    withheld = listed(VALUE_SYMBOLS, specs, None)
    return [replace(entry, words=withheld, is_required=True) if entry.field == "value" else entry for entry in entries]


def _heading(name: str, field: DatasetField) -> str:
    """A plain heading: the first clause of what the field is, or where that is long, its name in words.

    >>> named("sex_code"), named("source_id")
    ('Sex', 'Reference')
    """
    clause = re.split(r"[;,(.]| - ", field.description, maxsplit=1)[0].strip()
    return clause if 0 < len(clause) <= _LONGEST_HEADING else named(name)


def named(name: str) -> str:
    """A field's name in words."""
    plain = _WORDS.get(name) or " ".join(words(name.removesuffix("_code")))
    return plain[:1].upper() + plain[1:]


def _told_apart(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Each column under a heading of its own."""
    taken: set[str] = set()
    for entry in entries:
        heading = entry.heading if entry.heading.casefold() not in taken else f"{entry.heading} ({named(entry.field)})"
        taken.add(heading.casefold())
        yield entry if heading == entry.heading else replace(entry, heading=heading)
