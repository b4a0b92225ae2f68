"""The header of a file held against the spec: every column is one the spec reads or ignores, and none is missing."""

from __future__ import annotations

from pipelines.intake.refusal import Refusal
from pipelines.protect.personal import holds_person
from pipelines.read.records import Note
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.problems import nearest

# What a column without a heading goes by in the spec: the spec has to name what it ignores.
NO_HEADING = "(no heading)"


def renamed(header: list[str], version: FeedVersion) -> list[str]:
    """The header with each column by the name the spec reads it by."""
    names = {other: name for name, others in version.also_called.items() for other in others}
    return [names.get(name, name) or NO_HEADING for name in header]


def notes_of_renamed(header: list[str], names: list[str]) -> list[Note]:
    """A note of each column that goes by another name than its heading."""
    return [
        Note("heading_renamed", f'headed "{heading}", by which `also_called` knows it', column=name)
        for heading, name in zip(header, names, strict=True)
        if heading and heading != name
    ]


def notes_of_trimmed(cells: list[str], headings: list[str], line: int) -> list[Note]:
    """A note of each heading that is read without the blanks, or line breaks, that it is written with."""
    message = "the heading has blanks around it, or line breaks in it, which are left out"
    return [
        Note("blanks_trimmed", message, line, heading)
        for cell, heading in zip(cells, headings, strict=True)
        if heading and cell != heading
    ]


def check_header(header: list[str], version: FeedVersion, place: str, of_persons: bool = False) -> None:
    """Refuse a header that lacks a column, has one the spec does not know, or one twice.

    Args:
        header: the headings, by the names the spec reads them by.
        version: the version that reads the file.
        place: the header's, for messages.
        of_persons: whether rows may tell who a person is: then a heading that may be a value is not repeated.

    Raises:
        Refusal: with every such column, and the nearest right name of each.
    """
    needed = version.needed_columns()
    wide = version.unpivot.takes(header) if version.unpivot else []
    optional = getattr(version.format, "optional", ())
    if sum(name in header or nearest(name, header) != "" for name in needed) * 2 < len(needed):
        # What stands there may be a record, of persons perhaps: none of it is repeated.
        told = ", ".join(f'"{name}"' for name in needed if name not in header)
        message = f"{place}: the header lacks {told}. The first row may be no header at all; ask the partner for the"
        raise Refusal("missing_column", f"{message} usual columns, or add a version to the spec")
    repeated = sorted({name for name in header if header.count(name) > 1 and not version.ignores(name)})
    if repeated:
        told = _heading(repeated[0], header, of_persons)
        message = f"{place}: the header names {told} twice; ask the partner which one holds"
        raise Refusal("repeated_column", message)
    missing = [name for name in needed if name not in header and name not in optional]
    unknown = [name for name in header if name not in (*needed, *wide) and not version.ignores(name)]
    if missing:
        told = ", ".join(f'"{name}"{nearest(name, unknown)}' for name in missing)
        message = (
            f"{place}: the header lacks {told}; ask the partner for the usual columns, or add a version to the spec"
        )
        if unknown:
            message += ". New in it: " + ", ".join(_heading(name, header, of_persons) for name in unknown)
        raise Refusal("missing_column", message)
    if unknown:
        known = [*needed, *version.ignore]
        told = ", ".join(f"{_heading(name, header, of_persons)}{nearest(name, known)}" for name in unknown)
        message = f"{place}: the spec does not know {told}; map it under `columns`, or name it under `ignore`"
        raise Refusal("unknown_column", message)
    if version.unpivot is not None and not wide:
        raise Refusal("missing_column", f"{place}: no heading fits `unpivot.match`; ask for the usual columns")


def _heading(name: str, header: list[str], of_persons: bool) -> str:
    """A heading as a message may repeat it: where people are told of, one that may be a value only by its place."""
    if of_persons and holds_person(name):
        return f"column {header.index(name) + 1} (its heading looks like a value, and is not repeated)"
    return f'"{name}"'
