"""What a draft says of each column: the field it fills, or that it is left out, with what is to be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pipelines.propose.codes import CodeStart, code_start
from pipelines.propose.columns import Column
from pipelines.propose.dates import DateFormats
from pipelines.propose.match import Match, Matcher, may_be_coded
from pipelines.propose.numbers import Numbers, meaning
from pipelines.propose.periods import Period, told_by_headings
from pipelines.propose.places import Way, ways_of
from pipelines.propose.profile import Profile
from pipelines.propose.splits import coordinates_in
from pipelines.propose.wide import Wide, wide_of
from pipelines.propose.words import many, snake
from pipelines.read.headings import NO_HEADING
from pipelines.read.records import ROW
from pipelines.specs.feeds import Split
from pipelines.specs.formats import Format, JsonFormat
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField
from pipelines.specs.patterns import has_month

# The first of the hundred years that a year of two digits is taken for: a proposal that is always asked about.
_YEARS_FROM = 1970
_LONGEST_HEADING = 500


@dataclass
class Item:
    """One thing that a draft says of a column, and the questions beside it."""

    heading: str
    said: dict[str, Any]
    asks: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """What a draft says of the columns.

    `maps` are the code maps begun; `values`, what stands in the columns that may be codes, by heading; `asked`, the
    headings whose question stands beside another.
    """

    match: Match
    mapped: list[Item] = field(default_factory=list)
    ignored: list[Item] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    splits: list[tuple[Split, str]] = field(default_factory=list)
    wide: Wide | None = None
    maps: list[CodeStart] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def unfilled(self, specs: SpecSet) -> list[str]:
        """The fields that the dataset requires and no column fills."""
        filled = {item.said["field"] for item in self.mapped}
        fields = specs.datasets[self.match.dataset].fields if self.match.dataset else {}
        return [name for name, fills in fields.items() if fills.required and name not in filled]

    def spoken(self) -> dict[str, str]:
        """For each heading, what the draft does with it, in a word."""
        said = {item.heading: "left out" for item in self.ignored}
        said |= {split.column: "split" for split, _ask in self.splits}
        said |= {column.heading: "unpivoted" for column in (self.wide.columns if self.wide else ())}
        said |= {heading: "location" for way in self.ways for heading in way.columns}
        return said | {item.heading: str(item.said["field"]) for item in self.mapped}


def plan_of(profile: Profile, columns: list[Column], specs: SpecSet, dataset: str | None, period: Period) -> Plan:
    """What the draft says of the columns of a file."""
    planner = _Planner(profile, columns, usable_columns(profile, columns), specs)
    planner.split()
    planner.unpivot(period)
    planner.choose(dataset)
    planner.say(period)
    return planner.plan


def usable_columns(profile: Profile, columns: list[Column]) -> list[Column]:
    """The columns that a spec can name: not empty, not of a person, and under a heading of their own."""
    return [column for column in columns if profile.header.count(column.heading) == 1 and _is_usable(column)]


def _is_usable(column: Column) -> bool:
    if len(column.heading) > _LONGEST_HEADING or column.heading == ROW:
        return False  # YAML takes no longer keys; and the reader's own column has that name
    return column.heading != NO_HEADING and column.kind != "nothing" and column.personal is None


class _Planner:
    """A plan in the making. `usable` are the columns that may fill a field, those made included."""

    def __init__(self, profile: Profile, columns: list[Column], usable: list[Column], specs: SpecSet) -> None:
        self.profile, self.columns, self.usable, self.specs = profile, columns, usable, specs
        self.taken = frozenset(profile.header)
        self.ways = ways_of(usable)
        self.plan = Plan(Match(None))

    def split(self) -> None:
        """Cells that hold coordinates are split where nothing else says them."""
        for column in [column for column in self.usable if column.kind == "several values"]:
            order = coordinates_in(self.profile.column(column.place))
            if order is None:
                continue
            if not any(way.by == "coordinates" for way in self.ways):
                names = {side: snake(side, self.taken) for side in ("latitude", "longitude")}
                match = str(column.match)
                for side, old in zip(order, ("first", "second"), strict=True):
                    match = match.replace(f"(?P<{snake(column.heading)[:40]}_{old}>", f"(?P<{names[side]}>")
                split = Split(column=column.heading, match=match)
                ask = "a cell holds latitude and longitude; are they parted so?"
                self.plan.splits.append((split, ask))
                self.ways.insert(0, Way("coordinates", (names["longitude"], names["latitude"]), "EPSG:4326"))
            else:
                column.asks.append("Is it the same as the coordinates?")
            column.match = None

    def unpivot(self, period: Period) -> None:
        """A wide table is made long; its new columns may fill fields."""
        spoken_for = {heading for way in self.ways for heading in way.columns}
        spoken_for |= {period.place.column or ""} if period.place else set()
        # Rows that have a place of their own are records, however many figures they hold.
        wide = None if self.ways else wide_of(self.profile, self.usable, spoken_for)
        if wide is None:
            return
        self.plan.wide = wide
        gone = {column.heading for column in wide.columns}
        self.usable = [column for column in self.usable if column.heading not in gone]
        self.usable += self._made(wide)
        if wide.date is not None:
            name = wide.unpivot.new_columns[0]
            told_by_headings(period, name, wide.date, self.plan.values[name])

    def _made(self, wide: Wide) -> list[Column]:
        first = wide.columns[0]
        rows = first.rows * len(wide.columns)
        symbols: dict[str, int] = {}
        for column in wide.columns:
            for symbol, count in (column.numbers.symbols if column.numbers else {}).items():
                symbols[symbol] = symbols.get(symbol, 0) + count
        is_whole = all(column.kind == "whole number" for column in wide.columns)
        numbers = Numbers(is_whole=is_whole, symbols=symbols)
        values = [wide.unpivot.value]
        if wide.split is not None:
            self.plan.splits.append((wide.split, "is each cell parted so?"))
            values = list(_groups(wide.split))
        made = [
            Column(name, -1, rows, rows, rows, "whole number" if is_whole else "number", numbers=numbers)
            for name in values
        ]
        for name in wide.unpivot.new_columns[:-1]:
            said = sorted({str(value) for value in _headings_say(wide, name)})
            column = Column(name, -1, rows, rows, len(said), "code", codes=tuple(said))
            if wide.date is not None and name.startswith("period"):
                is_date = has_month(wide.date)
                column.kind = "date" if is_date else "period"
                column.dates, column.period = (DateFormats((wide.date,)), None) if is_date else (None, wide.date)
            self.plan.values[name] = said
            made.append(column)
        return made

    def choose(self, dataset: str | None) -> None:
        """The dataset, and what fills its fields."""
        for column in self.usable:
            if column.place >= 0 and may_be_coded(column):
                self.plan.values[column.heading] = self.profile.column(column.place).unique().to_list()
        above = (cell for _row, cells in self.profile.above for cell in cells)
        wide = (column.heading for column in (self.plan.wide.columns if self.plan.wide else ()))
        said = " ".join([self.profile.name, *above, *wide])
        spoken_for = {heading for way in self.ways for heading in way.columns}
        able = [column for column in self.usable if column.heading not in spoken_for and column.kind != "free text"]
        self.plan.match = Matcher(self.specs, able, self.plan.values, said, has_figures=self._has_figures()).best(
            dataset
        )

    def _has_figures(self) -> bool:
        """Whether rows are figures of areas: no place and no reference of their own, and a number that is no code."""
        if self.plan.wide is not None:
            return True
        numbers = [column for column in self.usable if column.is_number and not column.codes]
        is_dated = any(column.dates and "%d" in column.dates.first for column in self.usable)
        is_record = any(column.is_unique and not column.is_number for column in self.usable) and is_dated
        return bool(numbers) and not self.ways and not is_record

    def say(self, period: Period) -> None:
        """What is said of each column."""
        name = self.plan.match.dataset
        dataset = self.specs.datasets[name] if name else None
        if dataset is None or dataset.is_placed:
            self.plan.ways = self.ways
        elif self.plan.splits and self.plan.wide is None:
            self.plan.splits = []
        if dataset is None:
            self._by_headings()
        else:
            self._by_fields(dataset)
        self.plan.asked |= _ask_once(self.plan.mapped)
        used = {item.heading for item in self.plan.mapped}
        used |= {heading for way in self.plan.ways for heading in way.columns}
        used |= {split.column for split, _ask in self.plan.splits}
        if self.plan.wide:
            used |= {column.heading for column in self.plan.wide.columns}
        used |= {period.place.column or ""} if period.place else set()
        for column in [*self.columns, *(made for made in self.usable if made.place < 0)]:
            is_repeated = self.profile.header.count(column.heading) > 1
            is_listed = any(item.heading == column.heading for item in self.plan.ignored)
            if (column.heading not in used or is_repeated) and not is_listed:
                self.plan.ignored.append(
                    Item(column.heading, {}, _why_left_out(column, self.profile.format, is_repeated))
                )

    def _by_headings(self) -> None:
        """Without a dataset each column that can be one is a field of its own name."""
        used = {heading for way in self.ways for heading in way.columns}
        used |= {split.column for split, _ask in self.plan.splits}
        names: set[str] = set()
        for column in self.usable:
            if column.heading in used or column.kind in ("free text", "web address", "outline", "several values"):
                continue
            name = snake(column.heading, frozenset(names))
            names.add(name)
            self.plan.mapped.append(_item(column, name, None, True))

    def _by_fields(self, dataset: Dataset) -> None:
        names = list(dataset.fields)
        for use in sorted(self.plan.match.uses, key=lambda use: names.index(use.field)):
            item = _item(use.column, use.field, dataset.fields[use.field], "symbol" in dataset.fields)
            item.asks[:0] = [use.ask] if use.ask else []
            fills = dataset.fields[use.field]
            if fills.list is not None:
                name = snake(use.column.heading, frozenset(start.name for start in self.plan.maps))
                item.said["map"] = name
                start = code_start(name, fills.list, self.plan.values.get(use.column.heading, []), self.specs)
                self.plan.maps.append(start)
                item.asks.append(start.ask)
            self.plan.mapped.append(item)


def _ask_once(items: list[Item]) -> set[str]:
    """Ask a question that stands beside many columns at the first of them; the headings of the others."""
    spared: set[str] = set()
    for item in items:
        for number, ask in enumerate(item.asks):
            others = [other for other in items if other is not item and ask in other.asks]
            for other in others:
                other.asks.remove(ask)
                spared.add(other.heading)
            if others:
                item.asks[number] = f"(here and in {many(len(others), 'other column')}) {ask}"
    return spared


def _groups(split: Split) -> list[str]:
    return list(re.compile(split.match).groupindex)


def _headings_say(wide: Wide, name: str) -> list[str]:
    """What the headings say in one of the new columns."""
    headings = [column.heading for column in wide.columns]
    if wide.unpivot.match is None or name == wide.unpivot.name:
        return headings
    found = (re.fullmatch(wide.unpivot.match, heading) for heading in headings)
    return [match.group(name) for match in found if match]


def _item(column: Column, name: str, fills: DatasetField | None, keeps_symbols: bool) -> Item:
    """A column that fills a field: how its dates or numbers are written."""
    item = Item(column.heading, {"field": name}, list(column.asks))
    if column.dates is not None and (fills is None or fills.type in ("interval", "date")):
        item.said["date"] = column.dates.first
        if column.dates.has_short_year:
            item.said["years_from"] = _YEARS_FROM
            item.asks.append(f"are years of two digits those of {_YEARS_FROM} to {_YEARS_FROM + 99}?")
    if column.numbers is not None and (fills is None or fills.type in ("number", "integer")):
        _say_numbers(item, column.numbers, keeps_symbols)
    elif fills is not None:
        item.asks = [ask for ask in item.asks if not column.numbers or "comma" not in ask]
    return item


def _say_numbers(item: Item, numbers: Numbers, keeps_symbols: bool) -> None:
    if numbers.thousands:
        item.said["thousands"] = numbers.thousands
    if numbers.decimal != ".":
        item.said["decimal"] = numbers.decimal
    if numbers.symbols:
        listed = ", ".join(f'"{symbol}"' for symbol in sorted(numbers.symbols))
        if keeps_symbols:
            item.said["symbols"] = {symbol: meaning(symbol) for symbol in sorted(numbers.symbols)}
        else:
            item.said["missing"] = sorted(numbers.symbols)
        item.asks.append(f"{listed} among the numbers: what does each stand for?")


def _why_left_out(column: Column, form: Format, is_repeated: bool) -> list[str]:
    if column.personal:
        return [f"personal? It looks like {column.personal}."]
    if is_repeated:
        return ["the heading comes twice, or is missing; what is it?"]
    if column.kind == "nothing":
        return ["always empty, or a list?" if isinstance(form, JsonFormat) else "always empty?"]
    told = column.told()
    if column.codes:
        told += ": " + ", ".join(column.codes)
    return [f"map it or leave it out? It holds {told}.", *column.asks]
