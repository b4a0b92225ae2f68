"""What may be kept of a delivery's text: identifiers as pseudonyms, ages as bands, places coarse, no words of people.

It is the one place where this is done, between reading a file and storing anything of it. What does not belong here:
which columns are dropped whole (`specs/sensitivity.py`), and where keys are kept (`key_store.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pipelines.protect.bands import OLDEST, Band, ages_born, ages_told, banded, bands_of
from pipelines.protect.keys import Key, new_key
from pipelines.protect.personal import holds_person, is_contact
from pipelines.protect.places import coarse_places
from pipelines.protect.pseudonyms import pseudonyms
from pipelines.protect.told import Told, cleaned, each_text, told_of
from pipelines.specs.feeds import Column, FeedVersion, PeriodPlace
from pipelines.specs.fingerprint import digest
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.models import Dataset
from pipelines.specs.moments import parse_moments
from pipelines.specs.patterns import has_month
from pipelines.specs.sensitivity import dropped_columns, is_of_persons, pseudonym_columns

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Guard:
    """What making text minimal needs besides the specs of the feed.

    `keys` is by purpose. `bands` is by code list. `large_sectors` are the postcode sectors in which no postcode is so
    small that it is a person; None where no postcode of the feed has to be looked at. `period` is the first day of the
    period that the whole delivery is declared to report on.
    """

    keys: Mapping[str, Key] = field(default_factory=dict)
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    large_sectors: frozenset[str] | None = None
    period: date | None = None

    @property
    def digest(self) -> str:
        """A hash of all that decides what is kept, but for the secrets."""
        ids = {purpose: key.key_id for purpose, key in self.keys.items()}
        bands = {name: [(band.code, band.lower, band.upper) for band in bands] for name, bands in self.bands.items()}
        sectors = None if self.large_sectors is None else sorted(self.large_sectors)
        return digest(ids, bands, sectors, self.period)


def guard_of(
    feed: FeedSpec,
    version: FeedVersion,
    specs: SpecSet,
    keys: Mapping[str, Key],
    large_sectors: Callable[[], frozenset[str]],
    period: date | None,
) -> Guard:
    """The guard of a delivery.

    Args:
        feed: its feed.
        version: the version that reads it.
        specs: the specs in force.
        keys: the feed's keys, by purpose.
        large_sectors: gives the postcode sectors that are no person's; asked only where it matters.
        period: the first day of the period that the whole reports on, where that is declared.
    """
    dataset = specs.datasets[feed.dataset]
    of_ages = [column for _header, column in version.fills() if column.born or column.age]
    lists = {name for column in of_ages if (name := dataset.fields[column.field].list)}
    bands = {name: bands_of(specs.code_lists[name].entries) for name in lists}
    sectors = large_sectors() if looks_at_sectors(version, dataset) else None
    # The day that a band is told on is the row's own, if it has one.
    return Guard(keys, bands, sectors, period if of_ages else None)


def trial_guard(
    feed: FeedSpec,
    version: FeedVersion,
    specs: SpecSet,
    period: date | None,
    sectors: Callable[[], frozenset[str]] = frozenset,
) -> Guard | None:
    """A guard for looking at what a spec makes of a file: its keys are made for this once and kept nowhere.

    None where all of the text may be kept as it was sent.
    """
    dataset = specs.datasets[feed.dataset]
    if not needs_guard(version, dataset):
        return None
    purposes = {pseudonym.purpose for _header, _column, pseudonym in pseudonym_columns(version, dataset)}
    keys = {purpose: new_key(feed.name, purpose, "nobody", date.today()) for purpose in sorted(purposes)}
    return guard_of(feed, version, specs, keys, sectors, period)


def looks_at_sectors(version: FeedVersion, dataset: Dataset) -> bool:
    """Whether postcodes or sectors of people are kept, of which some may be so small that they are a person."""
    return dataset.persons and any(way.by == "postcode" and way.keep != "district" for way in version.location)


def needs_guard(version: FeedVersion, dataset: Dataset) -> bool:
    """Whether any text of a version is made other than it was sent before it is kept."""
    columns = [column for _header, column in version.fills()]
    changed = any(column.born or column.age or column.keep for column in columns)
    coarse = any(getattr(way, "keep_m", None) or getattr(way, "keep", "unit") != "unit" for way in version.location)
    return changed or coarse or is_of_persons(version, dataset)


def minimised(
    frame: pl.DataFrame, version: FeedVersion, dataset: Dataset, guard: Guard
) -> tuple[pl.DataFrame, list[Told]]:
    """A frame of text as sent, with all that may not be kept made otherwise; and what is to be told of that.

    Args:
        frame: `_row` and the columns of the file, as text. Columns that are dropped whole may be there or not.
        version: how the file is read.
        dataset: what it is read into.
        guard: keys, bands, and the like.
    """
    told: list[Told] = []
    changed: list[pl.Series] = []
    dropped = dropped_columns(version, dataset)
    for header, texts, said in _columns(frame, version, dataset, guard):
        if header not in dropped:
            changed.append(texts.alias(header))
            told += said
    made = frame.with_columns(changed)
    made, said = coarse_places(made, version.location, dataset.persons, guard.large_sectors)
    return made, [*told, *said]


def _columns(
    frame: pl.DataFrame, version: FeedVersion, dataset: Dataset, guard: Guard
) -> Iterator[tuple[str, pl.Series, list[Told]]]:
    """Each column that is made otherwise, with what it becomes."""
    of_persons = is_of_persons(version, dataset)
    for header, column in version.fills():
        if header not in frame.columns:
            continue
        texts, field_ = cleaned(frame[header], column.missing), dataset.fields[column.field]
        if field_.pseudonym is not None:
            made = pseudonyms(texts, guard.keys[field_.pseudonym.purpose], field_.pseudonym.normalise)
            message = (
                f"nothing of it counts once it is normalised ({field_.pseudonym.normalise}), so it is no identifier"
            )
            yield header, made, _lost(frame, texts, made, header, "bad_identifier", message)
        elif column.born or column.age:
            made = banded(_ages(frame, texts, column, version, dataset, guard), guard.bands[field_.list or ""])
            what = f"a date of birth ({column.born})" if column.born else "an age in whole years"
            message = f"not {what} from which an age up to {OLDEST} in a band follows on the day of the row"
            yield header, made, _lost(frame, texts, made, header, "bad_birth_date", message)
        elif column.keep == "restricted":
            made = each_text(texts, lambda text: None if holds_person(text) else text)
            message = "somebody's name, number or address seems to stand in it, so that none of it is kept"
            yield header, made, _lost(frame, texts, made, header, "personal_text", message)
        elif of_persons and field_.type in ("text", "code"):
            made = each_text(texts, _reference if field_.type == "text" else _code)
            lost = _lost(frame, texts, made, header, "personal_text", "tells who somebody is, so that it is not kept")
            if lost:
                yield header, frame[header].set(texts.is_not_null() & made.is_null(), None), lost


def _code(text: str) -> str | None:
    return None if is_contact(text, is_code=True) else text


def _reference(text: str) -> str | None:
    return None if is_contact(text, is_code=False) else text


def _lost(
    frame: pl.DataFrame, texts: pl.Series, made: pl.Series, header: str, issue_type: str, message: str
) -> list[Told]:
    return told_of(frame, texts.is_not_null() & made.is_null(), header, issue_type, message)


def _ages(
    frame: pl.DataFrame, texts: pl.Series, column: Column, version: FeedVersion, dataset: Dataset, guard: Guard
) -> pl.Series:
    if column.born is None:
        return ages_told(texts)
    return ages_born(texts, column.born, column.years_from, _days(frame, version, dataset, guard))


def _days(frame: pl.DataFrame, version: FeedVersion, dataset: Dataset, guard: Guard) -> pl.Series:
    """The day of each row: by the dataset's clock, else the first day of its period; null where none is told."""
    import polars as pl

    days = pl.Series("day", [guard.period], dtype=pl.Date).new_from_index(0, frame.height)
    period = version.period
    if isinstance(period, PeriodPlace) and period.column in frame.columns and has_month(period.date):
        first = parse_moments(cleaned(frame[period.column or ""]), period.date)["first"].cast(pl.Date)
        days = first.zip_with(first.is_not_null(), days)
    for header, column in version.fills():
        if column.field == dataset.clock and column.date is not None and header in frame.columns:
            own = parse_moments(cleaned(frame[header], column.missing), column.date, column.years_from)["first"]
            days = own.cast(pl.Date).zip_with(own.is_not_null(), days)
    return days
