"""`commongrid lookups` and `commongrid boundaries merge`: how figures of one set's areas become another's."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.lookups_view import areas, counted, first, say_added, say_derived
from pipelines.cli.options import Json
from pipelines.cli.output import USAGE, Output, fail
from warehouse.home import Home

if TYPE_CHECKING:
    from pipelines.place.lookups.derive import Measure

lookups_app = typer.Typer(
    no_args_is_help=True, help="Make lookups: how figures of one boundary set's areas become another's."
)

FromSet = Annotated[str, typer.Option("--from-set", metavar="SET", help="The boundary set the figures come by.")]
ToSet = Annotated[str, typer.Option("--to-set", metavar="SET", help="The boundary set they are wanted by.")]
ByWhat = Annotated[
    str | None, typer.Option("--by", help="Share divided areas by addresses, population or area.", metavar="MEASURE")
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="With --by population: counts by small areas, as CSV.")
]
WeightsSet = Annotated[
    str | None, typer.Option("--weights-set", metavar="SET", help="The loaded boundary set of the small areas.")
]
WeightsCode = Annotated[str | None, typer.Option("--weights-code", metavar="FIELD", help="The field of their codes.")]
WeightsValue = Annotated[str | None, typer.Option("--weights-value", metavar="FIELD", help="The field of the counts.")]
_DAY = ["%Y-%m-%d"]


@lookups_app.command("add")
def lookups_add(  # noqa: PLR0913 - an option each
    file: Annotated[Path, typer.Argument(help="A publisher's CSV with a header, or a ZIP archive of one.")],
    from_set: FromSet,
    to_set: ToSet,
    *,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FIELD", help="The field of the from-areas' codes. A register of changes has it."
        ),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="FIELD", help="The field of the to-areas' codes.")] = None,
    change: Annotated[
        str | None, typer.Option(metavar="FIELD", help="The field of the change flags: U, M, S or X.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="It pairs whole areas; else it is taken for a best fit.")
    ] = False,
    finer: Annotated[
        bool, typer.Option("--finer", help="Its records are of smaller areas than the two, so pairs repeat.")
    ] = False,
    after: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Of a register: only changes after this day.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Of a register: only changes up to this day.")
    ] = None,
    keep_all: Annotated[
        bool, typer.Option("--all", help="Keep pairs of areas that the loaded sets do not have.")
    ] = False,
    by: ByWhat = None,
    weights: Weights = None,
    weights_set: WeightsSet = None,
    weights_code: WeightsCode = None,
    weights_value: WeightsValue = None,
    json: Json = False,
) -> None:
    """Keep the lookups that a publisher's file makes, from one boundary set to the other and back."""
    from pipelines.place.lookups.add import LookupFile, add_lookup

    _check_names(from_set, to_set)
    output, home = Output(json), Home.from_environment()
    given = LookupFile(file, from_, to, change, exact, finer, _date(after), _date(until))
    with home.alone():
        measure = _measure(home, output, by, (weights, weights_set, weights_code, weights_value))
        added = add_lookup(given, home.boundaries, home.lookups, from_set, to_set, measure, keep_all=keep_all)
    say_added(output, added, by)
    output.end({**_plain(added), "directions": [_plain(direction) for direction in added.directions]}, True)


@lookups_app.command("derive")
def lookups_derive(  # noqa: PLR0913 - an option each
    from_set: FromSet,
    to_set: ToSet,
    *,
    by: ByWhat = None,
    through: Annotated[
        str | None,
        typer.Option(metavar="SET", help="Put two kept lookups together: from the one set to this to the other."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0, max=0.5, help="Pieces below this share of both areas are slivers; else 0.02."),
    ] = None,
    weights: Weights = None,
    weights_set: WeightsSet = None,
    weights_code: WeightsCode = None,
    weights_value: WeightsValue = None,
    json: Json = False,
) -> None:
    """Work a lookup out, from the outlines of two loaded sets or from two other lookups."""
    from pipelines.place.lookups.derive import derive
    from pipelines.place.lookups.shares import AreaSet
    from pipelines.place.lookups.store import lookup_path, methods_of, write_lookup

    _check_names(from_set, to_set)
    output, home = Output(json), Home.from_environment()
    if (by is None) == (through is None):
        fail("say either --by addresses, population or area, or --through SET", USAGE)
    with home.alone():
        if through is not None:
            _derive_through(output, home, from_set, through, to_set)
            return
        measure = _measure(home, output, by, (weights, weights_set, weights_code, weights_value), tolerance)
        assert measure is not None
        derived = derive(AreaSet(home.boundaries, from_set), AreaSet(home.boundaries, to_set), measure)
        if derived.rows.is_empty():
            fail(f"no area of {from_set} lies in one of {to_set}; nothing was kept")
        is_there = lookup_path(home.lookups, from_set, to_set).exists()
        write_lookup(home.lookups, derived.rows)
    say_derived(output, derived, from_set, to_set, measure, is_there)
    told = {
        "from_set": from_set,
        "to_set": to_set,
        "by": measure.by,
        "counted": derived.counted,
        "methods": methods_of(derived.rows),
    }
    lacking = measure.people.lacking if measure.people else ()
    more = {
        "without_count": lacking,
        "by_area_instead": derived.by_area_instead,
        "outside": derived.outside,
        "slivers": derived.slivers,
    }
    output.end({**told, "pairs": derived.rows.height, "replaced": is_there, **more}, True)


@lookups_app.command("list")
def lookups_list(json: Json = False) -> None:
    """Every lookup, and how many pairs it has of each method."""
    from pipelines.place.lookups.store import lookup_between, lookup_pairs, methods_of

    output, home = Output(json), Home.from_environment()
    told = []
    for from_set, to_set in lookup_pairs(home.lookups):
        rows = lookup_between(home.lookups, from_set, to_set)
        told.append({"from_set": from_set, "to_set": to_set, "pairs": rows.height, "methods": methods_of(rows)})
        output.say(f"{from_set} to {to_set}: {rows.height:,} pairs ({counted(methods_of(rows))})")
    if not told:
        output.say("no lookups yet: commongrid lookups add, or commongrid lookups derive")
    output.end({"lookups": told}, True)


@lookups_app.command("remove")
def lookups_remove(from_set: FromSet, to_set: ToSet, json: Json = False) -> None:
    """Forget a lookup. The one of the other direction stays."""
    from pipelines.place.lookups.store import remove_lookup

    output, home = Output(json), Home.from_environment()
    with home.alone():
        remove_lookup(home.lookups, from_set, to_set)
    output.say(f"{from_set} to {to_set}: removed")
    output.end({"from_set": from_set, "to_set": to_set}, True)


def boundaries_merge(
    *,
    from_set: Annotated[str, typer.Option("--from-set", metavar="SET", help="The loaded set whose areas are merged.")],
    set_: Annotated[str, typer.Option("--set", help="Name of the new set, as unitary_2027.")],
    groups: Annotated[
        Path, typer.Option(metavar="FILE", help="A CSV file: from_code, to_code, to_name; a record for each area.")
    ],
    valid_from: Annotated[datetime, typer.Option("--valid-from", formats=_DAY, help="First day in force.")],
    pending: Annotated[
        bool,
        typer.Option("--pending", help="Take codes that begin with `pending:`, until the true ones are published."),
    ] = False,
    keep_rest: Annotated[
        bool, typer.Option("--keep-rest", help="Carry over the areas that no group names; else they are left out.")
    ] = False,
    json: Json = False,
) -> None:
    """Put whole areas together into areas to come, with the lookups between the old set and the new."""
    from pipelines.place.assign import assign_all
    from pipelines.place.boundaries.merge import merge_set

    _check_names(from_set, set_)
    begun = valid_from.date()
    output, home = Output(json), Home.from_environment()
    with home.alone():
        merged = merge_set(
            home.boundaries, home.lookups, from_set, set_, groups, begun, pending=pending, keep_rest=keep_rest
        )
        assign_all(home.places, home.boundaries, output.say)
    output.say(f"{set_}: {areas(merged.areas)}, in force from {begun}; lookups from {from_set} and back")
    if merged.pending:
        output.say(
            f"  {first(merged.pending)}: stand in for codes not published yet; merge again with the true ones once "
            "they are"
        )
    if merged.kept:
        output.say(f"  {areas(len(merged.kept))} carried over unchanged")
    if merged.left_out:
        output.say(f"  left out, as no group names them: {first(merged.left_out)}; --keep-rest carries them over")
    if merged.without_parent:
        output.say(f"  no parent: {first(merged.without_parent)}; their parts have none, or not the same one")
    output.say(
        f"  back from {set_} to {from_set} merged areas are not comparable until they have weights: commongrid lookups "
        f"derive --from-set {set_} --to-set {from_set} --by addresses"
    )
    output.end({"set": set_, "valid_from": begun, **_plain(merged)}, True)


def _check_names(*names: str) -> None:
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            fail(f'"{name}" is not a name for a set: use lower-case letters, digits and _, as ward_2018', USAGE)
    if len(set(names)) < len(names):
        fail(f"give two different sets, not {names[0]} twice", USAGE)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _measure(
    home: Home,
    output: Output,
    by: str | None,
    people: tuple[Path | None, str | None, str | None, str | None],
    tolerance: float | None = None,
) -> Measure | None:
    """The measure the options ask for; None without `--by`."""
    from pipelines.place.lookups.derive import By, Measure, read_people
    from pipelines.place.lookups.shares import SLIVER, AreaSet
    from pipelines.specs.problems import nearest

    if by is None:
        if any(people):
            fail("--weights needs --by population", USAGE)
        return None
    kinds = [kind.value for kind in By]
    if by not in kinds:
        fail(f"--by {by}{nearest(by, kinds)}: give one of {', '.join(kinds)}", USAGE)
    kept = SLIVER if tolerance is None else tolerance
    if by != By.population:
        if any(people):
            fail("--weights needs --by population", USAGE)
        return Measure(By(by), home.reference, None, kept)
    file, small, code, value = people
    if not (file and small and code and value):
        fail(
            "--by population needs counts by small areas: --weights FILE --weights-set SET --weights-code FIELD "
            "--weights-value FIELD",
            USAGE,
        )
    counts = read_people(file, AreaSet(home.boundaries, small), code, value)
    if counts.lacking:
        output.say(f"  {file.name} has no count of {areas(len(counts.lacking))} of {small}: {first(counts.lacking)}")
    return Measure(By.population, home.reference, counts, kept)


def _derive_through(output: Output, home: Home, from_set: str, through: str, to_set: str) -> None:
    from pipelines.place.lookups.compose import compose, lost_on_the_way
    from pipelines.place.lookups.derive import as_lookup
    from pipelines.place.lookups.store import lookup_between, lookup_path, methods_of, write_lookup

    if lookup_path(home.lookups, from_set, to_set).exists():
        fail(
            f"there is a lookup from {from_set} to {to_set} already; remove it first if one by way of {through} is "
            "better: commongrid lookups remove"
        )
    ahead = lookup_between(home.lookups, from_set, through)
    onward = lookup_between(home.lookups, through, to_set)
    rows = as_lookup(compose(ahead, onward), from_set, to_set)
    if rows.is_empty():
        fail(f"the lookups from {from_set} to {through} and on to {to_set} have no area of {through} in common")
    lost = lost_on_the_way(ahead, onward)
    write_lookup(home.lookups, rows)
    output.say(f"{from_set} to {to_set} by way of {through}: {rows.height:,} pairs ({counted(methods_of(rows))})")
    if lost:
        output.say(f"  {areas(len(lost))} with a part that leads no further than {through}: {first(lost)}")
    told = {"from_set": from_set, "to_set": to_set, "through": through, "pairs": rows.height}
    output.end({**told, "methods": methods_of(rows), "lost": lost}, True)


def _plain(found: Any) -> dict[str, Any]:
    return dict(vars(found))
