"""Checks of what a version keeps of people: pseudonyms, age bands, free texts, and where somebody lives."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.feeds import Column, FeedVersion, PeriodPlace
from pipelines.specs.load import CodeTable, FeedSpec, SpecSet
from pipelines.specs.locations import Coordinates, GridReference, Location, Postcode, Street, Uprn
from pipelines.specs.models import Dataset, DatasetField, Sensitivity

Fault = tuple[str | int, ...]
_HOME_M = 100


def people_faults(version: FeedVersion, dataset: Dataset, feed: FeedSpec, specs: SpecSet) -> Iterator[Fault]:
    """Every fault: its message, and then its place in the version."""
    for header, column in version.fills():
        if column.field in dataset.fields:
            for message in _column(header, column, dataset.fields[column.field], specs):
                yield message, "columns", header
    for header, what in _made_otherwise(version, dataset).items():
        if len(version.columns[header]) > 1:
            yield f'"{header}" is {what}, and so can fill nothing else', "columns", header
        if header in _read_elsewhere(version):
            yield (
                f'"{header}" is {what}, so that no place, period, supplier or cell can be read from it',
                "columns",
                header,
            )
        if header in version.made_columns():
            yield f'"{header}" is {what}, and the cell it is made from would be stored: map it whole', "columns", header
    if dataset.persons and feed.feed.recording.place == "home":
        for index, way in enumerate(version.location):
            if fault := _too_fine(way):
                yield f"{fault}: the rows are about people, and the location is where they live", "location", index
    for index, way in enumerate(version.location):
        if isinstance(way, Coordinates | GridReference) and (fault := _lost_defaults(way)):
            yield fault, "location", index


# --- columns ----------------------------------------------------------------------------------------------------------


def _column(header: str, column: Column, field: DatasetField, specs: SpecSet) -> Iterator[str]:
    """What is declared of one column of people suits the field it fills."""
    if field.type == "free_text" and column.keep is None:
        yield f'"{header}" fills a free text: say `keep: nothing`, or `keep: restricted` for restricted tables alone'
    if field.type != "free_text" and column.keep is not None:
        yield f'"{header}": `keep` belongs to a free text, not to a {field.type}'
    for key, declared in (("born", column.born), ("age", column.age)):
        if declared is None:
            continue
        table = specs.code_lists.get(field.list or "")
        if field.type != "code" or not _has_bands(table):
            yield f'"{header}": `{key}` needs a code field whose list has bands (`lower` and `upper`), as age_band'
        if column.map is not None or column.date is not None:
            yield f'"{header}": `{key}` makes the code of a band; leave out `map` and `date`'
    if column.born is not None and column.age is not None:
        yield f'"{header}" is either a date of birth or an age: say `born` or `age`'
    if column.born is not None:
        yield from _birth(header, column.born, column.years_from)


def _birth(header: str, format_: str, years_from: int | None) -> Iterator[str]:
    if "%d" not in format_ or not any(month in format_ for month in ("%m", "%b", "%B")) or "%y" not in format_.lower():
        yield f'"{header}": "{format_}" is not a date format with a day; write 31/05/1984 as %d/%m/%Y'
    elif ("%y" in format_) != (years_from is not None):
        yield f'"{header}": a year of two digits, `%y`, needs `years_from`, and only that does'


def _has_bands(table: CodeTable | None) -> bool:
    return table is not None and any(entry.lower is not None for entry in table.entries)


def _made_otherwise(version: FeedVersion, dataset: Dataset) -> dict[str, str]:
    """Columns of which something else is kept than was sent, and what they are."""
    found = {}
    for header, column in version.fills():
        field = dataset.fields.get(column.field)
        if field is not None and field.sensitivity is Sensitivity.IDENTIFIER and field.pseudonym is not None:
            found[header] = "kept as a pseudonym"
        elif column.born or column.age:
            found[header] = "kept as an age band"
        elif column.keep:
            found[header] = "a free text"
    return found


def _read_elsewhere(version: FeedVersion) -> set[str]:
    """Columns from which something else than a field is read."""
    names = {name for way in version.location for name in way.reads} | {split.column for split in version.split}
    if isinstance(version.period, PeriodPlace) and version.period.column:
        names.add(version.period.column)
    if version.supplier is not None:
        names.add(version.supplier.column)
    return names | set(version.unpivot.columns if version.unpivot else ())


# --- places -----------------------------------------------------------------------------------------------------------


def _too_fine(way: Location) -> str | None:
    """Why a way to a place is too fine for where somebody lives; None where it is not."""
    if isinstance(way, Coordinates | GridReference) and (way.keep_m or 0) < _HOME_M:
        return f"by: {way.by} keeps a point; say how large a square is kept, as `keep_m: {_HOME_M}`"
    if isinstance(way, Postcode) and way.keep == "unit":
        return "by: postcode keeps whole postcodes; say `keep: sector` or `keep: district`"
    if isinstance(way, Uprn):
        return "by: uprn keeps the property; leave this way out"
    if isinstance(way, Street):
        return "by: street keeps the street; leave this way out"
    return None


def _lost_defaults(way: Coordinates | GridReference) -> str | None:
    """Squares that stand for no location cannot be told any more once points are coarser than they are."""
    keep_m = way.keep_m or 0
    small = [side for _east, _north, side in way.default_squares if side < keep_m]
    if not small:
        return None
    return f"default_points: points are kept as squares of {keep_m} m, so name squares of that side or larger"
