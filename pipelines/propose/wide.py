"""Wide tables: columns whose headings are months, years or categories, and whose cells are all the same figure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from pipelines.propose.columns import Column
from pipelines.propose.profile import Profile
from pipelines.propose.shapes import names_month
from pipelines.propose.splits import match_for, shape_of
from pipelines.propose.tells import CODES, plain, told_in
from pipelines.propose.words import snake, words
from pipelines.specs.feeds import Split, Unpivot

# So few columns are not worth a table made long.
_FEWEST = 3
_FEWEST_UNNAMED = 5
_PARTING = " _-/:"
# Headings with these are no figures, whatever their cells look like.
_OTHERWISE = frozenset(
    words(
        "id code number year quarter month sequence uprn ref reference key object altitude accuracy easting northing"
        " longitude latitude long lat lon ward area boundary lsoa msoa oa lad district parish length"
    )
)


@dataclass(frozen=True)
class Wide:
    """The unpivoting proposed, the columns it takes, and its question.

    `date` is the format of the period that a new column `period` holds; `split` parts the cells, where they hold two
    values each.
    """

    unpivot: Unpivot
    columns: tuple[Column, ...]
    ask: str
    date: str | None = None
    split: Split | None = None


def wide_of(profile: Profile, columns: list[Column], spoken_for: set[str]) -> Wide | None:
    """What of a table is wide; None where nothing is.

    Args:
        profile: the file.
        columns: its columns.
        spoken_for: headings that mean something by themselves, as those of coordinates do.
    """
    figures = [column for column in columns if _is_figure(column, spoken_for)]
    taken = frozenset(column.heading for column in columns)
    ways = (_periods(figures, taken), _split_alike(profile, columns, taken), _stems(figures, taken))
    found = next((wide for wide in ways if wide is not None), None) or _categories(figures, taken)
    return _exact(found, profile.header, taken) if found else None


def _is_figure(column: Column, spoken_for: set[str]) -> bool:
    said = not _OTHERWISE & set(column.words) and column.heading not in spoken_for
    return column.is_number and said and column.personal is None


def _exact(found: Wide, header: list[str], taken: frozenset[str]) -> Wide:
    """The same, with its columns named one by one where their pattern would take others as well."""
    wanted = tuple(column.heading for column in found.columns)
    if sorted(found.unpivot.takes(header)) == sorted(wanted):
        return found
    listed = Unpivot(columns=wanted, name=_new("category", taken), value=found.unpivot.value)
    return replace(found, unpivot=listed, date=None)


def _new(name: str, taken: frozenset[str]) -> str:
    return snake(name, taken)


def _periods(figures: list[Column], taken: frozenset[str]) -> Wide | None:
    """Headings that are months or years, alone or behind a stem that they share."""
    by_stem: dict[tuple[str, str, str], list[Column]] = defaultdict(list)
    for column in figures:
        told = told_in(column.heading)
        if len(told) == 1:
            before, after = column.heading[: told[0].start], column.heading[told[0].end :]
            by_stem[before, after, told[0].format].append(column)
    stem = max(by_stem, key=lambda key: len(by_stem[key]), default=None)
    if stem is not None and len(by_stem[stem]) >= 2:
        before, after, format_ = stem
        parts = re.split(r"(%-?[A-Za-z])", format_)
        inner = "".join(CODES.get(part, plain(part)) for part in parts)
        period = _new("period", taken)
        match = f"{plain(before)}(?P<{period}>{inner}){plain(after)}"
        unpivot = Unpivot(match=match, value=_new("value", taken))
        ask = f"{len(by_stem[stem])} headings tell periods; is each of their cells a figure of its own?"
        return Wide(unpivot, tuple(by_stem[stem]), ask, format_.replace("%-", "%"))
    months = [column for column in figures if names_month(column.heading)]
    if len(months) >= _FEWEST:
        unpivot = Unpivot(
            columns=tuple(column.heading for column in months), name=_new("month", taken), value=_new("value", taken)
        )
        return Wide(unpivot, tuple(months), "the headings are months without a year; of which year are they?")
    return None


def _split_alike(profile: Profile, columns: list[Column], taken: frozenset[str]) -> Wide | None:
    """Columns whose cells hold the same two values each, as `1717 (5%)`."""
    alike: dict[int, list[Column]] = defaultdict(list)
    for column in columns:
        shape = shape_of(profile.column(column.place).unique()) if column.match else None
        if shape is not None:
            alike[shape].append(column)
    shape = max(alike, key=lambda key: len(alike[key]), default=None)
    if shape is None or len(alike[shape]) < _FEWEST:
        return None
    group = alike[shape]
    value = _new("value", taken)
    unpivot = Unpivot(columns=tuple(column.heading for column in group), name=_new("measure", taken), value=value)
    ask = f"{len(group)} columns hold cells of one shape; is each of them a figure of its own?"
    return Wide(unpivot, tuple(group), ask, split=Split(column=value, match=match_for(shape, value)))


def _stems(figures: list[Column], taken: frozenset[str]) -> Wide | None:
    """Headings that begin alike (`perm_...`, `fixed_...`), or end alike (`... Incidents`)."""
    best: Wide | None = None
    for at_start in (True, False):
        groups: dict[str, list[Column]] = defaultdict(list)
        for column in figures:
            parts = _parted(column.heading, at_start)
            groups[parts or column.heading].append(column)
        found = _grouped(groups, taken, at_start)
        if found is not None and (best is None or len(found.columns) > len(best.columns)):
            best = found
    return best


def _parted(heading: str, at_start: bool) -> str | None:
    """The stem of a heading with its parting: `perm_` of `perm_theft`, ` Incidents` of `Highway Incidents`."""
    mark, other = f"[{re.escape(_PARTING)}]+", f"[^{re.escape(_PARTING)}]+"
    match = re.fullmatch(rf"(?s)({other}{mark})\S.*" if at_start else rf"(?s).*\S({mark}{other})", heading)
    return match[1] if match else None


def _grouped(groups: dict[str, list[Column]], taken: frozenset[str], at_start: bool) -> Wide | None:
    """The largest stem with those that go with the same rests."""
    large = {stem: columns for stem, columns in groups.items() if len(columns) >= _FEWEST}
    if not large:
        return None
    main = max(large, key=lambda stem: len(large[stem]))

    def rests(stem: str) -> set[str]:
        cut = len(stem)
        return {column.heading[cut:] if at_start else column.heading[:-cut] for column in large[stem]}

    stems = [stem for stem in large if len(rests(stem) & rests(main)) >= 0.6 * len(rests(main))]
    columns = [column for stem in stems for column in large[stem]]
    if len(columns) < sum(map(len, groups.values())) / 2:
        return None
    kind, category = _new("kind", taken), _new("category", taken)
    value = _new("value", taken)
    # The parting stays outside of the group, so that the new column holds the stem alone.
    bare = sorted({stem.strip(_PARTING) for stem in stems})
    between = plain(main.removeprefix(main.rstrip(_PARTING)) if at_start else main[: -len(main.lstrip(_PARTING))])
    stem_group = f"(?P<{kind}>{'|'.join(map(plain, bare))})" if len(stems) > 1 else plain(bare[0])
    match = f"{stem_group}{between}(?P<{category}>.+)" if at_start else f"(?P<{category}>.+){between}{stem_group}"
    unpivot = Unpivot(match=match, value=value)
    extra = len(stems) > 1 and any(not re.fullmatch(match, column.heading) for column in columns)
    if extra:
        return None
    words = " and ".join(bare[:3])
    told = "begin" if at_start else "end"
    ask = f"{len(columns)} headings {told} with {words}; is each of their cells a figure of its own?"
    return Wide(unpivot, tuple(columns), ask)


def _categories(figures: list[Column], taken: frozenset[str]) -> Wide | None:
    """Whole numbers side by side under headings that share nothing: probably categories."""
    runs: list[list[Column]] = []
    for column in figures:
        if column.kind != "whole number":
            continue
        if runs and runs[-1][-1].place == column.place - 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    run = max(runs, key=len, default=[])
    if len(run) < _FEWEST_UNNAMED:
        return None
    unpivot = Unpivot(
        columns=tuple(column.heading for column in run), name=_new("category", taken), value=_new("value", taken)
    )
    return Wide(unpivot, tuple(run), f"{len(run)} columns of whole numbers stand side by side; are they categories?")
