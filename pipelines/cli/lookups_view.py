"""What the commands that make lookups say of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipelines.cli.output import Output

if TYPE_CHECKING:
    from pipelines.place.lookups.add import AddedLookup, Direction
    from pipelines.place.lookups.derive import Derived, Measure

_SHOWN = 5
_STAND_IN = "  by live postcodes, each counted once: no address points are loaded"


def say_added(output: Output, added: AddedLookup, by: str | None) -> None:
    """What came of a publisher's file; `by` is what divided areas were to be shared by."""
    for direction in added.directions:
        _direction(output, direction, by)
    if any(direction.counted == "postcodes" for direction in added.directions):
        output.say(_STAND_IN)
    for name in added.not_loaded:
        output.say(f"  {name} is not loaded: its codes are taken as they stand in the file")
    if added.register_alone:
        output.say("  only areas that the register changes are in it: load the from-set to have the unchanged ones too")
    if added.left_out:
        output.say(f"  pairs left out, of areas beyond the loaded sets: {added.left_out:,}; --all keeps them")
    if added.leads_nowhere:
        output.say(
            f"  {areas(len(added.leads_nowhere))} with a part in no area of the to-set: {first(added.leads_nowhere)}"
        )
    for name, codes in added.not_in_file.items():
        output.say(f"  {areas(len(codes))} of {name} not in the file: {first(codes)}")


def _direction(output: Output, direction: Direction, by: str | None) -> None:
    pairs = sum(direction.methods.values())
    output.say(
        f"{direction.from_set} to {direction.to_set}: {pairs:,} pairs ({counted(direction.methods)})"
        + (", in place of the earlier lookup" if direction.replaced else "")
    )
    if direction.awaiting:
        output.say(
            f"  {areas(direction.awaiting)} divided without weights: not comparable; "
            + ("their outlines do not say how" if by else "with both sets loaded, add it again with --by addresses")
        )
    if direction.by_area_instead:
        output.say(f"  {areas(direction.by_area_instead)} divided by surface, where {by} cannot tell")


def say_derived(output: Output, derived: Derived, from_set: str, to_set: str, measure: Measure, is_there: bool) -> None:
    """What was worked out; `is_there` says whether it takes the place of an earlier lookup."""
    from pipelines.place.lookups.store import methods_of

    methods = methods_of(derived.rows)
    output.say(
        f"{from_set} to {to_set}: {derived.rows.height:,} pairs ({counted(methods)})"
        + (", in place of the earlier lookup" if is_there else "")
    )
    if measure.by == "addresses" and derived.counted == "postcodes":
        output.say(_STAND_IN)
    if derived.slivers:
        output.say(f"  {derived.slivers:,} slivers below {measure.tolerance:.1%} of both areas left out")
    if derived.by_area_instead:
        output.say(f"  by surface, where {measure.by} cannot tell: {first(derived.by_area_instead)}")
    if derived.outside:
        partly = {code: share for code, share in derived.outside.items() if share < 1 - 1e-9}
        if partly:
            shares = first(f"{code} {share:.1%}" for code, share in partly.items())
            output.say(f"  {areas(len(partly))} partly outside {to_set}: {shares}")
        if len(partly) < len(derived.outside):
            output.say(f"  {areas(len(derived.outside) - len(partly))} wholly outside {to_set}: left out")


def counted(methods: dict[str, int]) -> str:
    """The pairs of each method, as words."""
    return ", ".join(f"{count:,} {method}" for method, count in methods.items())


def areas(count: int) -> str:
    """A number of areas, as words."""
    return f"{count:,} area{'' if count == 1 else 's'}"


def first(codes: Iterable[str]) -> str:
    """The first few of many."""
    every = list(codes)
    more = f" and {len(every) - _SHOWN:,} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
