"""Checks that need more than one spec file: names that exist, dates that do not overlap, codes that agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from pipelines.specs.load import CodeTable, FeedSpec, SpecSet, read_specs
from pipelines.specs.models import Column, Dataset, FeedVersion, Sensitivity
from pipelines.specs.patterns import tokens
from pipelines.specs.problems import Problem, SpecError, nearest
from pipelines.specs.yaml_lines import Document

RECORDING_UNITS = "recording_unit"


def gather(root: Path) -> tuple[SpecSet, list[Problem]]:
    """Read every spec below `root`; what could be read, and all that is wrong with it."""
    specs, problems = read_specs(root)
    return specs, sorted({*problems, *cross_check(specs)})


def load_specs(root: Path) -> SpecSet:
    """Read and check the specs below `root`.

    Raises:
        SpecError: with every problem found, if there is any.
    """
    specs, problems = gather(root)
    if problems:
        raise SpecError(problems)
    return specs


def cross_check(specs: SpecSet) -> list[Problem]:
    """Every problem between the files of a set; files that could not be read are passed over."""
    problems: list[Problem] = []
    for name, table in specs.code_lists.items():
        problems.extend(_code_list(name, table))
    for name, dataset in specs.datasets.items():
        problems.extend(_dataset(specs.documents["dataset", name], dataset, specs))
    for feed in specs.feeds.values():
        problems.extend(_feed(specs.documents["feed", feed.name], feed, specs))
    for name in specs.indicators:
        problems.extend(_indicator(name, specs))
    return problems


def _overlap(first: tuple[date | None, date | None], second: tuple[date | None, date | None]) -> bool:
    starts_before = first[0] is None or second[1] is None or first[0] <= second[1]
    ends_after = first[1] is None or second[0] is None or second[0] <= first[1]
    return starts_before and ends_after


def _twice(table: CodeTable, names: list[str], what: str) -> Iterator[Problem]:
    """Entries of one name whose dates overlap."""
    seen: dict[str, list[int]] = {}
    for index, (name, entry) in enumerate(zip(names, table.entries, strict=True)):
        for other in seen.setdefault(name, []):
            earlier = table.entries[other]
            if _overlap((earlier.valid_from, earlier.valid_to), (entry.valid_from, entry.valid_to)):
                yield table.problem(
                    index, f'{what} "{name}" already stands on line {table.lines[other]} for the same dates'
                )
        seen[name].append(index)


def _code_list(name: str, table: CodeTable) -> Iterator[Problem]:
    codes = [entry.code for entry in table.entries]
    yield from _twice(table, codes, "code")
    parents = {entry.code: entry.parent for entry in table.entries}
    for index, entry in enumerate(table.entries):
        if entry.parent is not None and entry.parent not in parents:
            yield table.problem(
                index, f'parent "{entry.parent}" is not a code of {name}{nearest(entry.parent, parents)}'
            )
        trail, step = [entry.code], entry.parent
        while step in parents and step not in trail:
            trail.append(step)
            step = parents[step]
        if step == entry.code:
            yield table.problem(index, f'"{entry.code}" is its own ancestor')


def _dataset(document: Document, dataset: Dataset, specs: SpecSet) -> Iterator[Problem]:
    wanted = [
        ("clock", dataset.clock, "interval"),
        ("category", dataset.category, "code"),
        ("outcome", dataset.outcome, "code"),
    ]
    for role, name, kind in wanted:
        if name is None:
            if role == "clock" and dataset.shape == "event":
                yield document.problem((), "an event dataset names its `clock`, the interval field that dates a record")
            continue
        if name not in dataset.fields:
            yield document.problem((role,), f'{role}: no field "{name}"{nearest(name, dataset.fields)}')
        elif dataset.fields[name].type != kind:
            yield document.problem((role,), f'{role}: field "{name}" must be of type {kind}')
    for index, name in enumerate(dataset.key):
        if name not in dataset.fields:
            yield document.problem(("key", index), f'key: no field "{name}"{nearest(name, dataset.fields)}')
        elif dataset.fields[name].sensitivity is Sensitivity.IDENTIFIER:
            yield document.problem(
                ("key", index), f'key: "{name}" is an identifier and is not stored, so it cannot be a key'
            )
        elif dataset.fields[name].type not in ("text", "code"):
            yield document.problem(("key", index), f'key: "{name}" must be a text or a code')
    for name, field in dataset.fields.items():
        if field.list is not None and field.list not in specs.code_lists:
            place = ("fields", name, "list")
            yield document.problem(place, f'no code list "{field.list}"{nearest(field.list, specs.code_lists)}')


def _feed(document: Document, feed: FeedSpec, specs: SpecSet) -> Iterator[Problem]:
    dataset = specs.datasets.get(feed.dataset)
    if dataset is None:
        if ("dataset", feed.dataset) in specs.documents:
            return  # there is one, and what is wrong with it is told already
        message = f'there is no dataset "{feed.dataset}"; a feed\'s file is named after its dataset'
        yield document.problem((), message + nearest(feed.dataset, specs.datasets))
        return
    units = specs.code_lists.get(RECORDING_UNITS)
    unit = feed.feed.recording.unit
    if units and unit not in (known := [entry.code for entry in units.entries]):
        yield document.problem(
            ("recording", "unit"),
            f'recording.unit: "{unit}" is not in the code list {RECORDING_UNITS}{nearest(unit, known)}',
        )
    if dataset.shape == "observation" and feed.feed.boundary_set is None and "boundary_set" not in dataset.fields:
        yield document.problem((), "an observation feed names the `boundary_set` its area codes are from")
    for index, version in enumerate(feed.feed.versions):
        checks = _VersionChecks(document, feed, dataset, specs, index, version)
        yield from checks.columns()
        yield from checks.names()


class _VersionChecks:
    """The checks of one version of a feed."""

    def __init__(
        self, document: Document, feed: FeedSpec, dataset: Dataset, specs: SpecSet, index: int, version: FeedVersion
    ) -> None:
        self.document, self.feed, self.dataset, self.specs = document, feed, dataset, specs
        self.place: tuple[str | int, ...] = ("versions", index)
        self.version = version

    def problem(self, message: str, *place: str | int) -> Problem:
        return self.document.problem((*self.place, *place), message)

    def columns(self) -> Iterator[Problem]:
        taken: dict[str, str] = {}
        for header, column in self.version.columns.items():
            if column.field not in self.dataset.fields:
                close = nearest(column.field, self.dataset.fields)
                yield self.problem(
                    f'dataset {self.feed.dataset} has no field "{column.field}"{close}', "columns", header
                )
                continue
            if column.field in taken:
                yield self.problem(
                    f'field "{column.field}" is already filled by "{taken[column.field]}"', "columns", header
                )
            taken[column.field] = header
            yield from self.one_column(header, column)
        for name, field in self.dataset.fields.items():
            if field.required and name not in taken:
                yield self.problem(f'no column fills the required field "{name}"', "columns")
        for header in self.version.ignore:
            if header in self.version.columns:
                yield self.problem(f'"{header}" is both mapped and ignored', "ignore")
        known = [*self.version.needed_columns(), *self.version.ignore]
        for index, rule in enumerate(self.version.skip):
            if rule.column not in known:
                yield self.problem(
                    f'no column "{rule.column}" to skip by{nearest(rule.column, known)}', "skip", index, "column"
                )
        declared = self.version.period
        if declared is not None and not _is_date_format(declared.date):
            yield self.problem(f'"{declared.date}" is not a date format with a year and month', "period", "date")

    def one_column(self, header: str, column: Column) -> Iterator[Problem]:
        field = self.dataset.fields[column.field]
        dated = field.type in ("interval", "date")
        if dated and column.date is None:
            message = f'"{header}" is of type {field.type} and must declare its `date` format'
            yield self.problem(message, "columns", header)
        if column.date is not None:
            if not dated:
                yield self.problem(
                    f'"{header}": `date` belongs to a date or interval, not to a {field.type}', "columns", header
                )
            elif not _is_date_format(column.date):
                yield self.problem(
                    f'"{header}": "{column.date}" is not a date format with a year and month', "columns", header
                )
        if field.type == "code" and column.map is None:
            yield self.problem(f'"{header}" fills a code and must name its `map`', "columns", header)
        if column.map is not None:
            yield from self.code_map(header, column.map)

    def code_map(self, header: str, name: str) -> Iterator[Problem]:
        column = self.version.columns[header]
        field = self.dataset.fields[column.field]
        table = self.feed.maps.get(name)
        if table is None:
            path = f"partners/{self.feed.partner}/codes/{name}.csv"
            yield self.problem(f'"{header}": there is no {path}{nearest(name, self.feed.maps)}', "columns", header)
            return
        if field.list is None:
            yield self.problem(f'"{header}": `map` belongs to a code field, not to a {field.type}', "columns", header)
            return
        yield from _twice(table, [entry.raw.strip() for entry in table.entries], "raw code")
        codes = (
            [entry.code for entry in self.specs.code_lists[field.list].entries]
            if field.list in self.specs.code_lists
            else []
        )
        for index, entry in enumerate(table.entries):
            if codes and entry.code is not None and entry.code not in codes:
                yield table.problem(index, f'"{entry.code}" is not a code of {field.list}{nearest(entry.code, codes)}')

    def names(self) -> Iterator[Problem]:
        suppliers = self.specs.partners[self.feed.partner].suppliers if self.feed.partner in self.specs.partners else {}
        for index, pattern in enumerate(self.version.files):
            said = tokens(pattern)
            if "period" not in said and self.version.period is None:
                yield self.problem(
                    "neither the file name ({period:...}) nor `period` says what period a row reports on",
                    "files",
                    index,
                )
            if "supplier" not in said and len(suppliers) > 1:
                yield self.problem(
                    "the partner has several suppliers, so the file name must hold {supplier}", "files", index
                )


def _is_date_format(format_: str) -> bool:
    probe = datetime(2013, 11, 28, 13, 14, 15)
    try:
        back = datetime.strptime(probe.strftime(format_), format_)
    except (ValueError, re.error):
        return False
    return (back.year, back.month) == (2013, 11)


def _indicator(name: str, specs: SpecSet) -> Iterator[Problem]:
    document, indicator = specs.documents["indicator", name], specs.indicators[name]
    numerator, denominator = indicator.numerator, indicator.denominator
    for role, wanted, shape in (
        ("numerator", numerator.dataset, "event"),
        ("denominator", denominator.dataset, "observation"),
    ):
        dataset = specs.datasets.get(wanted)
        if dataset is None and ("dataset", wanted) in specs.documents:
            continue
        if dataset is None:
            yield document.problem((role, "dataset"), f'{role}: no dataset "{wanted}"{nearest(wanted, specs.datasets)}')
        elif dataset.shape != shape:
            yield document.problem((role, "dataset"), f'{role}: "{wanted}" holds {dataset.shape}s, not {shape}s')
    dataset = specs.datasets.get(numerator.dataset)
    if dataset is not None and dataset.category is not None and dataset.category in dataset.fields:
        scheme = dataset.fields[dataset.category].list or ""
        codes = specs.labels(scheme) if scheme in specs.code_lists else {}
        for code in (*numerator.categories, *numerator.except_categories):
            if codes and code not in codes:
                yield document.problem(("numerator",), f'"{code}" is not a code of {scheme}{nearest(code, codes)}')
    units = specs.code_lists.get(RECORDING_UNITS)
    if units and numerator.unit_counted not in (known := [entry.code for entry in units.entries]):
        close = nearest(numerator.unit_counted, known)
        yield document.problem(
            ("numerator", "unit_counted"), f'"{numerator.unit_counted}" is not in {RECORDING_UNITS}{close}'
        )
    if indicator.lead_partner not in specs.partners:
        close = nearest(indicator.lead_partner, specs.partners)
        yield document.problem(("lead_partner",), f'no partner "{indicator.lead_partner}"{close}')
