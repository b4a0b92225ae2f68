"""What is wrong with a spec file's keys and values, in words for the person who wrote it, each at its line.

Pydantic finds the faults; what it calls them is for programmers. What does not belong here: YAML that cannot be read
(`yaml_faults.py`), and checks that need more than one file (`check.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError

from pipelines.specs.base import HOW_WRITTEN, Spec
from pipelines.specs.problems import Problem, nearest, one_of
from pipelines.specs.yaml_lines import Document, Place

_LONGEST_SHOWN = 60


def faults_of(document: Document, error: ValidationError, model: type[Spec], within: Place = ()) -> list[Problem]:
    """What pydantic found wrong, each at its place; `within` is where in the document stands what was validated."""
    problems = []
    faults = error.errors()
    for fault in faults:
        own = fault["loc"]
        if fault["type"] == "too_short" and any(other["loc"][: len(own)] == own != other["loc"] for other in faults):
            continue  # entries were given, and are at fault themselves
        place = _written_at(document, (*within, *own), is_missing=fault["type"] == "missing")
        label = ".".join(str(part) for part in place[len(within) :])
        name = str((*within, *own)[-1]) if (*within, *own) else ""
        if fault["type"] == "extra_forbidden":
            message = _unknown_key(name, model, own)
        elif fault["type"] == "missing":
            message = f'"{name}" is missing from {label or ("this entry" if within else document.path.name)}'
        elif fault["type"] == "union_tag_not_found":
            message = f'"{_tag(fault)}" is missing from {label}'
        else:
            said = in_words(fault, _keys(_kinds_at(model, own)))
            label = f"{label}.{_tag(fault)}" if fault["type"] == "union_tag_invalid" else label
            message = f"{label}: {said}" if label else said
        problems.append(document.problem(place, message))
    return problems


def _written_at(document: Document, loc: Place, *, is_missing: bool) -> Place:
    """The place in the file of what pydantic names; of a key that is missing, that of the entry it is missing from."""
    place = tuple(part for part in (loc[:-1] if is_missing else loc) if part != "[key]")
    while place and place not in document.lines and any(place[:cut] in document.lines for cut in range(len(place))):
        # A union adds the name of its chosen member to the place; the file does not hold that name.
        cut = next(cut for cut in range(len(place) - 1, -1, -1) if place[:cut] in document.lines)
        shorter = place[:cut] + place[cut + 1 :]
        place = shorter if shorter in document.lines or len(shorter) > cut else place[:cut]
    return place


# --- one fault in words -----------------------------------------------------------------------------------------------


def faults_of_line(error: ValidationError) -> Iterator[str]:
    """What pydantic found wrong in a line of a table, each with the column it is in."""
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"])
        yield f"{where}: {in_words(fault)}" if where else in_words(fault)


def in_words(fault: Any, keys: tuple[str, ...] = ()) -> str:
    """One of pydantic's faults as a sentence that says what was found and how to write it.

    Args:
        fault: an entry of `ValidationError.errors()`.
        keys: the keys that may stand at its place, where there can be any.
    """
    kind, given, context = str(fault["type"]), fault["input"], fault.get("ctx", {})
    if kind in ("literal_error", "enum"):
        expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        return f'"{given}" is not one of {", ".join(expected)}{nearest(str(given), expected)}'
    if kind == "union_tag_invalid":
        expected = str(context["expected_tags"]).replace("'", "").split(", ")
        return f'"{context["tag"]}" is not one of {", ".join(expected)}{nearest(str(context["tag"]), expected)}'
    if kind == "string_pattern_mismatch" and context["pattern"] in HOW_WRITTEN:
        return f'"{given}" is not written as {HOW_WRITTEN[context["pattern"]]}'
    if kind.startswith(("date_", "datetime_")):
        return f"{_shown(given)} is not a date: write a day as 2024-05-31, a month as 2024-05"
    if kind.startswith(("float_", "int_", "decimal_")) and kind.endswith(("_parsing", "_type")):
        return _no_number(given)
    return _other_kind(kind, given, keys) or _reason(fault)


def _no_number(given: object) -> str:
    share = str(given).strip().removesuffix("%")
    if share != str(given).strip() and share.replace(".", "", 1).isdigit():
        return f"{_shown(given)} is not a number: write the share as {float(share) / 100:g}"
    return f"{_shown(given)} is not a number"


def _other_kind(kind: str, given: object, keys: tuple[str, ...]) -> str | None:
    """Where a text, a list or a group of keys was expected and something else found."""
    if kind.endswith("_type"):
        return _other_type(kind, given, keys)
    said = {
        "bool_parsing": f"{_shown(given)} is neither true nor false",
        "string_too_short": "nothing stands here",
        "too_short": "is empty; it needs one entry at least",
    }
    return said.get(kind)


def _other_type(kind: str, given: object, keys: tuple[str, ...]) -> str | None:
    if given is None:
        return "nothing stands here; write a value, or leave the key out"
    if kind in ("model_type", "dict_type"):
        own = f" ({', '.join(keys)})" if keys else ""
        return f"expected keys of its own{own}, found {_shown(given)}"
    if kind in ("tuple_type", "list_type"):
        return "expected a list: each entry begins with `- `" if isinstance(given, dict) else f"write a list: [{given}]"
    return _no_text(given) if kind == "string_type" else None


def _no_text(given: object) -> str:
    if isinstance(given, bool):
        return "yes, no, on, off, true and false are no texts as they stand; put such a word in quotation marks"
    if isinstance(given, int | float):
        return f'{given} is a number; where a text is meant, put it in quotation marks: "{given}"'
    return f"expected a text, found {_shown(given)}"


def _shown(given: object) -> str:
    if isinstance(given, dict):
        return "keys: " + ", ".join(str(key) for key in given)
    if isinstance(given, list | tuple):
        return "a list"
    text = str(given)
    return f'"{text}"' if len(text) <= _LONGEST_SHOWN else f'"{text[:_LONGEST_SHOWN]}…"'


def _reason(fault: Any) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _tag(fault: Any) -> str:
    """The key that chooses among the kinds of an entry, such as `by` of a location."""
    return str(fault["ctx"]["discriminator"]).strip("'")


# --- which keys may stand where ---------------------------------------------------------------------------------------


def _unknown_key(name: str, model: type[Spec], loc: Place) -> str:
    here = _keys(_kinds_at(model, loc[:-1]))
    paths = dict(_paths(model))
    if close := nearest(name, here):
        return f'unknown key "{name}"{close}'
    if name in paths:
        where = f"below `{paths[name]}`" if paths[name] else "at the left margin, beside `title`"
        return f'"{name}" does not belong here: it stands {where}'
    if close := nearest(name, paths):
        return f'unknown key "{name}"{close}'
    return f'unknown key "{name}"{one_of(name, here)}'


def _keys(kinds: list[Any]) -> tuple[str, ...]:
    """The keys of the models among some kinds."""
    found: dict[str, None] = {}
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Spec):
            found |= dict.fromkeys(info.alias or name for name, info in kind.model_fields.items())
    return tuple(found)


def _kinds_at(model: type[Spec], loc: Place) -> list[Any]:
    """The kinds of value that may stand at a place that pydantic names."""
    kinds: list[Any] = [model]
    for part in loc:
        kinds = [inner for kind in kinds for inner in _step(kind, part)] or kinds
    return kinds


def _step(kind: Any, part: str | int) -> Iterator[Any]:
    """From a kind to what may stand at one of its keys; a union names the member it chose instead of a key."""
    if not (isinstance(kind, type) and issubclass(kind, Spec)):
        yield from (inner for argument in get_args(kind) for inner in _members(argument))
        return
    for name, info in kind.model_fields.items():
        if part in (name, info.alias):
            yield from _members(info.annotation)
        elif get_origin(info.annotation) is Literal and part in get_args(info.annotation):
            yield kind


def _members(kind: Any) -> Iterator[Any]:
    """What a union is one of; any other kind is itself."""
    if get_origin(kind) is Annotated:
        yield from _members(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _members(member)
    else:
        yield kind


def _paths(model: type[Spec], above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every key below a model, with the keys it stands below; the deepest first, so that in a dict the first wins."""
    for name, info in reversed(model.model_fields.items()):
        key = info.alias or name
        pending = list(_members(info.annotation))
        while pending:
            kind = pending.pop()
            if isinstance(kind, type) and issubclass(kind, Spec):
                yield from _paths(kind, (*above, key))
            else:
                pending.extend(inner for argument in get_args(kind) for inner in _members(argument))
    for name, info in model.model_fields.items():
        yield info.alias or name, ".".join(above)
