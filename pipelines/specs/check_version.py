"""Checks of one version of a feed against its dataset, its maps and its partner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from pipelines.specs.base import PeriodType
from pipelines.specs.check_control import cell_fault, control_faults
from pipelines.specs.check_maps import code_faults, map_faults
from pipelines.specs.feeds import ANY, Column, FeedVersion, PeriodPlace
from pipelines.specs.formats import FixedWidthFormat, SheetFormat
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.models import Dataset, Sensitivity
from pipelines.specs.patterns import has_month, tokens
from pipelines.specs.problems import Problem, nearest, one_of
from pipelines.specs.yaml_lines import Document

VALUE_SYMBOLS = "value_symbol"
# What to do about a date format that is none.
AS_WRITTEN = "write 31/05/2024 as %d/%m/%Y, 31/05/24 as %d/%m/%y, 2024-05 as %Y-%m"
# Columns that rows have besides those of the file: their place in it.
RESERVED = ("_row", "_part", "_index")
_YEARS = (PeriodType.CALENDAR_YEAR, PeriodType.FINANCIAL_YEAR, PeriodType.ACADEMIC_YEAR)


class VersionChecks:
    """The checks of one version of a feed."""

    def __init__(
        self, document: Document, feed: FeedSpec, dataset: Dataset, specs: SpecSet, index: int, version: FeedVersion
    ) -> None:
        self.document, self.feed, self.dataset, self.specs = document, feed, dataset, specs
        self.place: tuple[str | int, ...] = ("versions", index)
        self.version = version

    def all(self) -> Iterator[Problem]:
        """Every problem of this version."""
        yield from self.columns()
        yield from self.made()
        yield from self.period()
        yield from self.suppliers()
        yield from self.names()
        yield from self.expected()
        for message, *place in control_faults(self.version, self.dataset):
            yield self.problem(str(message), *place)

    def problem(self, message: str, *place: str | int) -> Problem:
        """A problem at a place of this version."""
        return self.document.problem((*self.place, *place), message)

    # --- columns ------------------------------------------------------------------------------------------------------

    def columns(self) -> Iterator[Problem]:
        """Every field is filled once, by a column that can fill it."""
        taken: dict[str, str] = {}
        for header, column in self.version.fills():
            if column.field not in self.dataset.fields:
                known = one_of(column.field, self.dataset.fields)
                yield self.problem(
                    f'dataset {self.feed.dataset} has no field "{column.field}"{known}', "columns", header
                )
                continue
            if column.field in taken:
                message = f'field "{column.field}" is already filled by "{taken[column.field]}"'
                yield self.problem(message, "columns", header)
            taken[column.field] = header
            yield from self.one_column(header, column)
        for name, field in self.dataset.fields.items():
            if field.required and name not in taken:
                yield self.problem(f'no column fills the required field "{name}"', "columns")
        for header in self.version.needed_columns():
            if header in RESERVED:
                other = f'`also_called: {{Other: ["{header}"]}}`'
                message = f'"{header}" is a name of ours; read the column by another, with {other}'
                yield self.problem(message, "columns", header)
        yield from self._mixed()
        for header in self.version.ignore:
            if header in self.version.columns:
                yield self.problem(f'"{header}" is both mapped and ignored', "ignore")
        yield from self._skip_rules()

    def _mixed(self) -> Iterator[Problem]:
        """A column that fills an identifier is stored nowhere, so it can fill nothing else."""
        for header, columns in self.version.columns.items():
            fields = [self.dataset.fields[column.field] for column in columns if column.field in self.dataset.fields]
            hidden = [field.sensitivity is Sensitivity.IDENTIFIER for field in fields]
            if any(hidden) and not all(hidden):
                message = f'"{header}" fills an identifier, which is not stored, and so can fill nothing else'
                yield self.problem(message, "columns", header)
            if any(hidden) and header in self.version.made_columns():
                message = f'"{header}" fills an identifier, and the cell it is made from would be stored: map it whole'
                yield self.problem(message, "columns", header)

    def _skip_rules(self) -> Iterator[Problem]:
        known = [*self.version.needed_columns(), *self.version.ignore]
        for index, rule in enumerate(self.version.skip):
            if rule.column is not None and rule.column not in known and not self.version.ignores(rule.column):
                message = f'no column "{rule.column}" to skip by{nearest(rule.column, known)}'
                yield self.problem(message, "skip", index, "column")

    def one_column(self, header: str, column: Column) -> Iterator[Problem]:
        """What is declared of a column suits the field it fills."""
        field = self.dataset.fields[column.field]
        dated = field.type in ("interval", "date")
        if dated and column.date is None:
            message = f'"{header}" is of type {field.type} and must declare its `date` format'
            yield self.problem(message, "columns", header)
        if column.date is not None:
            yield from self._date(header, column, dated, field.type)
        banded = column.born is not None or column.age is not None
        if field.type == "code" and column.map is None and not banded:
            yield self.problem(f'"{header}" fills a code and must name its `map`', "columns", header)
        if column.map is not None:
            yield from self.code_map(header, column.map, field.list, field.type)
        if field.type not in ("integer", "number") and (column.symbols or column.thousands or column.decimal != "."):
            message = f'"{header}": `symbols`, `thousands` and `decimal` belong to a number, not to a {field.type}'
            yield self.problem(message, "columns", header)
        elif column.symbols:
            yield from self._symbols(header, column)

    def _date(self, header: str, column: Column, dated: bool, kind: str) -> Iterator[Problem]:
        format_ = column.date or ""
        if not dated:
            yield self.problem(f'"{header}": `date` belongs to a date or interval, not to a {kind}', "columns", header)
        elif not is_date_format(format_):
            message = f'"{header}": "{format_}" is not a date format with a year and month; {AS_WRITTEN}'
            yield self.problem(message, "columns", header)
        elif ("%y" in format_) != (column.years_from is not None):
            message = f'"{header}": a year of two digits, `%y`, needs `years_from`, and only that does'
            yield self.problem(message, "columns", header)

    def _symbols(self, header: str, column: Column) -> Iterator[Problem]:
        if "symbol" not in self.dataset.fields:
            message = f'"{header}": dataset {self.feed.dataset} has no field "symbol" to keep symbols in'
            yield self.problem(message, "columns", header)
            return
        table = self.specs.code_lists.get(VALUE_SYMBOLS)
        known = [entry.code for entry in table.entries] if table else []
        for symbol, code in column.symbols.items():
            if known and code not in known:
                message = f'"{header}": symbol "{symbol}": "{code}" is not in {VALUE_SYMBOLS}{nearest(code, known)}'
                yield self.problem(message, "columns", header)

    def code_map(self, header: str, name: str, code_list: str | None, kind: str) -> Iterator[Problem]:
        """A column's code map is there, is in order, and maps into the field's code list."""
        table = self.feed.maps.get(name)
        if table is None:
            path = f"partners/{self.feed.partner}/codes/{name}.csv"
            yield self.problem(f'"{header}": there is no {path}{nearest(name, self.feed.maps)}', "columns", header)
            return
        if code_list is None:
            yield self.problem(f'"{header}": `map` belongs to a code field, not to a {kind}', "columns", header)
            return
        yield from map_faults(table, "raw code")
        yield from code_faults(table, code_list, self.specs)

    # --- rows, periods, suppliers -------------------------------------------------------------------------------------

    def made(self) -> Iterator[Problem]:
        """Columns that unpivoting and splitting make have names of their own, and each is used or ignored."""
        made = self.version.made_columns()
        used = set(self.version.used_columns())
        from_file = set(self.version.unpivot.columns if self.version.unpivot else ())
        for name in made:
            if made.count(name) > 1 or name in from_file:
                yield self.problem(f'the column "{name}" is made twice, or stands in the file as well')
            elif name not in used and not self.version.ignores(name):
                yield self.problem(f'the column "{name}" is made and not used; map it, or name it under `ignore`')
        format_ = self.version.format
        if isinstance(format_, FixedWidthFormat):
            known = [*self.version.needed_columns(), *self.version.ignore]
            for name in format_.fields:
                if name not in known and not self.version.ignores(name):
                    message = f'the field "{name}" is neither read nor ignored{nearest(name, known)}'
                    yield self.problem(message, "format", "fields", name)

    def period(self) -> Iterator[Problem]:
        """Something says the reporting period, in a way that suits the feed's calendar."""
        declared, kind = self.version.period, self.feed.feed.cadence.every
        if not isinstance(declared, PeriodPlace):
            return
        if not (is_date_format(declared.date) or (kind in _YEARS and _is_year_format(declared.date))):
            message = f'"{declared.date}" is not a date format with a year and month; {AS_WRITTEN}'
            yield self.problem(message, "period", "date")
        if declared.cell is not None and (fault := cell_fault(declared.cell, self.version.format)):
            yield self.problem(fault, "period", "cell")

    def expected(self) -> Iterator[Problem]:
        """A share of unmapped codes is declared of a column that has codes."""
        coded = [header for header, column in self.version.fills() if column.map is not None]
        for header in self.version.expect.unmapped_share:
            if header != ANY and header not in coded:
                message = f'expect.unmapped_share: no column "{header}" has a `map`{nearest(header, coded)}'
                yield self.problem(message, "expect", "unmapped_share")

    def suppliers(self) -> Iterator[Problem]:
        """A column that tells the supplier leads to suppliers of this partner."""
        declared = self.version.supplier
        partner = self.specs.partners.get(self.feed.partner)
        if declared is None or declared.map is None or partner is None:
            return
        table = self.feed.maps.get(declared.map)
        if table is None:
            path = f"partners/{self.feed.partner}/codes/{declared.map}.csv"
            yield self.problem(f"there is no {path}{nearest(declared.map, self.feed.maps)}", "supplier", "map")
            return
        yield from map_faults(table, "raw supplier")
        for index, entry in enumerate(table.entries):
            if entry.code is not None and entry.code not in partner.suppliers:
                close = nearest(entry.code, partner.suppliers)
                yield table.problem(index, f'"{entry.code}" is not a supplier of {self.feed.partner}{close}')

    def names(self) -> Iterator[Problem]:
        """File and sheet names, cells and columns together tell the period and the supplier."""
        partner = self.specs.partners.get(self.feed.partner)
        suppliers = partner.suppliers if partner else {}
        format_ = self.version.format
        on_sheet = tokens(format_.sheet) if isinstance(format_, SheetFormat) else set()
        for index, pattern in enumerate(self.version.files):
            said = tokens(pattern) | on_sheet
            if "period" not in said and self.version.period is None:
                yield self.problem(
                    "neither the file name ({period:...}) nor `period` says what period a row reports on",
                    "files",
                    index,
                )
            if "supplier" not in said and self.version.supplier is None and len(suppliers) > 1:
                yield self.problem(
                    "the partner has several suppliers, so the file name must hold {supplier}", "files", index
                )


def is_date_format(format_: str) -> bool:
    """Whether a format tells at least year and month, and tells them so that they can be read back."""
    probe = datetime(2013, 11, 28, 13, 14, 15)
    try:
        back = datetime.strptime(probe.strftime(format_), format_.replace("%z", "").replace("%-", "%"))
    except (ValueError, re.error):
        return False
    return (back.year, back.month) == (2013, 11)


def _is_year_format(format_: str) -> bool:
    return not has_month(format_) and "%Y" in format_
