"""The page of a feed that reads a workbook: exactly the sheet, rows and headings that one of its versions reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal

from pipelines.propose.template.choices import known_to
from pipelines.propose.template.page import GUIDE, ISO_DAY, LISTS, Choices, Entry, Listed, Mark, NoTemplateError, Page
from pipelines.read.sheet import place_of
from pipelines.read.workbook_cells import column_number
from pipelines.specs.control import Control
from pipelines.specs.feeds import Column, FeedVersion, PeriodPlace
from pipelines.specs.formats import SheetFormat
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.locations import Coordinates
from pipelines.specs.models import DatasetField
from pipelines.specs.patterns import matcher

_EXAMPLE_DAY = date(2024, 5, 31)


def page_of_feed(feed: FeedSpec, version: FeedVersion, specs: SpecSet, on: date) -> Page:
    """The page that a version of a feed reads.

    Args:
        feed: the feed.
        version: one of its versions, whose format is a workbook.
        specs: the specs.
        on: the day whose codes may be written, and after which a sheet is named where its name says the period.

    Raises:
        NoTemplateError: where the spec does not say which headings or sheets there are.
    """
    format_ = version.format
    assert isinstance(format_, SheetFormat)
    if version.unpivot is not None and version.unpivot.match is not None:
        raise NoTemplateError(
            f"{feed.name} tells its columns by a pattern ({version.unpivot.match}), not by name, so a workbook with "
            "its headings cannot be made; list them under `unpivot.columns`"
        )
    sheet = _sheet(feed, format_, on, next(iter(specs.partners[feed.partner].suppliers)))
    above = 1 if format_.after is not None else 0
    first = column_number(format_.columns.split(":")[0]) if format_.columns else 1
    header = tuple(above + row for row in format_.header_rows)
    entries = tuple(_Entries(feed, version, specs, on).all(format_.names or tuple(version.needed_columns())))
    return Page(
        sheet,
        entries,
        header,
        above + format_.first_row,
        first,
        tuple(_marks(version, sheet)),
        (1, format_.after) if format_.after is not None else None,
        feed.feed.title,
        has_foot=any(control.stated_in == "trailer" for control in version.control),
    )


def _sheet(feed: FeedSpec, format_: SheetFormat, on: date, supplier: str) -> str:
    """The sheet's name; of a pattern, one that fits it, where no other sheet of the workbook does."""
    if not format_.is_pattern:
        return format_.sheet
    fits = matcher(format_.sheet)
    if fits(GUIDE) is not None or fits(LISTS) is not None:
        raise NoTemplateError(
            f'{feed.name} takes every sheet whose name fits "{format_.sheet}", also one that says how to fill it in; '
            "name the sheet more narrowly"
        )
    return example_name(format_.sheet, on, supplier)


def example_name(pattern: str, on: date, supplier: str) -> str:
    """A name that fits a pattern: of the period that a day is in, issued on it.

    >>> example_name("{period:%b %Y} returns*", date(2024, 5, 31), "")
    'May 2024 returns'
    """

    def said(token: re.Match[str]) -> str:
        name, format_ = token.group(1), token.group(2)
        if name is None:
            return ""
        return supplier if name == "supplier" else on.strftime((format_ or "%Y-%m").replace("%-", "%"))

    return re.sub(r"\{([a-z]+)(?::([^{}]*))?\}|\*", said, pattern).strip()


class _Entries:
    """The columns of a page, one at a time."""

    def __init__(self, feed: FeedSpec, version: FeedVersion, specs: SpecSet, on: date) -> None:
        self.feed, self.version, self.specs, self.on = feed, version, specs, on
        self.fields = specs.datasets[feed.dataset].fields

    def all(self, headings: tuple[str, ...]) -> Iterator[Entry]:
        """Every column the file must have, under its heading."""
        for heading in headings:
            yield self._entry(heading)

    def _entry(self, heading: str) -> Entry:
        columns = self._columns(heading)
        if columns:
            return self._filling(heading, columns)
        for split in self.version.split:
            if split.column == heading:
                return Entry(heading, "text", "several values in one cell", written=f"as {split.match}")
        for way in self.version.location:
            if heading in way.reads:
                is_number = isinstance(way, Coordinates)
                return Entry(heading, "number" if is_number else "text", f"where it is ({way.by.replace('_', ' ')})")
        place = self.version.period
        if isinstance(place, PeriodPlace) and place.column == heading:
            return _dated(heading, place.date, "the reporting period", "", is_required=True)
        if self.version.supplier is not None and self.version.supplier.column == heading:
            return Entry(heading, "choice", "whom the row is of", is_required=True, choices=self._suppliers())
        return Entry(heading, "nothing", "not read")

    def _columns(self, heading: str) -> tuple[Column, ...]:
        """What a column of the file fills; one that is made long fills what its cells' new column does."""
        wide = self.version.unpivot
        name = wide.value if wide is not None and heading in wide.columns else heading
        return self.version.columns.get(name, ())

    def _filling(self, heading: str, columns: tuple[Column, ...]) -> Entry:
        fields = [self.fields[column.field] for column in columns]
        column, field = columns[0], fields[0]
        about = "; ".join(dict.fromkeys(item.description for item in fields))
        if not any(item.is_stored for item in fields):
            return Entry(heading, "nothing", about, column.field)
        required = any(item.required for item in fields)
        mapped = [(item, of) for item, of in zip(columns, fields, strict=True) if item.map is not None]
        if mapped:
            tables = [(self.feed.maps[str(item.map)], of.list) for item, of in mapped]
            choices = known_to(tables, self.specs, str(mapped[0][0].map), self.on)
            return Entry(heading, "choice" if choices.texts else "text", about, column.field, required, choices)
        if column.date or column.born:
            return _dated(heading, column.date or column.born or "", about, column.field, is_required=required)
        if column.age is not None:
            return Entry(heading, "integer", about, column.field, required, lower=0, upper=130)
        return _figure(heading, column, field, about, required)

    def _suppliers(self) -> Choices:
        partner, declared = self.specs.partners[self.feed.partner], self.version.supplier
        if declared is not None and declared.map is not None:
            return known_to([(self.feed.maps[declared.map], None)], self.specs, declared.map, self.on)
        lines = tuple(Listed(name, name, supplier.title) for name, supplier in sorted(partner.suppliers.items()))
        return Choices("suppliers", lines)


def _dated(heading: str, format_: str, about: str, field: str, *, is_required: bool) -> Entry:
    """A date; where the feed reads it otherwise than a date cell stands, it is typed as text."""
    if format_ == ISO_DAY:
        return Entry(heading, "date", about, field, is_required)
    return Entry(heading, "text", about, field, is_required, written=f"typed as {_EXAMPLE_DAY.strftime(format_)}")


def _figure(heading: str, column: Column, field: DatasetField, about: str, required: bool) -> Entry:
    is_plain = not column.thousands and column.decimal == "."
    if field.type not in ("integer", "number") or not is_plain:
        return Entry(heading, "text", about, column.field, required)
    kind: Literal["integer", "number"] = "integer" if field.type == "integer" else "number"
    lines = tuple(Listed(text, code, code) for text, code in column.symbols.items() if text)
    words = Choices("in place of a number", lines) if lines else None
    return Entry(heading, kind, about, column.field, required, lower=field.min, upper=field.max, words=words)


def _marks(version: FeedVersion, sheet: str) -> Iterator[Mark]:
    """The cells outside the table that the version reads."""
    place = version.period
    if isinstance(place, PeriodPlace) and place.cell is not None:
        is_date = place.date == ISO_DAY and place.match is None
        label = "The period you report on" + ("" if is_date else f", as {_EXAMPLE_DAY.strftime(place.date)}")
        yield _mark(place.cell, sheet, "date" if is_date else "text", "period", label)
    for control in version.control:
        if control.cell is not None:
            yield _mark(control.cell, sheet, "text" if control.match else "number", *_told(control))


def _told(control: Control) -> tuple[Literal["rows", "total"], str]:
    where = f", written so that it fits {control.match}" if control.match else ""
    if control.of == "rows":
        return "rows", f"How many rows you have filled in{where}"
    return "total", f'The sum of "{control.column}"{where}'


def _mark(
    cell: str,
    sheet: str,
    kind: Literal["date", "number", "text"],
    role: Literal["period", "rows", "total"],
    label: str,
) -> Mark:
    named, row, column = place_of(cell, sheet)
    return Mark("" if named == sheet else named, row, column, kind, role, label)
