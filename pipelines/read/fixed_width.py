"""The reader of text whose fields stand at fixed places.

A line that is too short, too long, or has text between the fields declared is set aside: cut at the wrong places it
would give wrong values, not none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.encodings import Stretch, sent_length, stretches, undecodable
from pipelines.read.footer import without_footer
from pipelines.read.limits import MAX_RECORD_BYTES
from pipelines.read.records import ROW, Batch, Note, Reading, Unread, no_rows
from pipelines.specs.formats import FixedWidthFormat

if TYPE_CHECKING:
    import polars as pl


def read_fixed_width(file: BinaryIO, format_: FixedWidthFormat, name: str) -> Reading:
    """Read text of fixed width, in stretches. Places count characters, not bytes; values lose the blanks around them.

    Raises:
        Refusal: for an empty file, another encoding than declared, or a line beyond the limits.
    """
    header = list(format_.fields)
    batches = without_footer(_batches(file, format_, name), format_.footer_rows)
    return Reading(header, name, batches, header_records=0)


def _batches(file: BinaryIO, format_: FixedWidthFormat, name: str) -> Iterator[Batch]:
    number = 1
    for stretch in stretches(file, format_.encoding, name):
        lines = stretch.content.split(b"\n")
        if not lines[-1]:
            lines.pop()
        yield _batch(stretch, [line.removesuffix(b"\r") for line in lines], number, format_, name)
        number += len(lines)


def _batch(stretch: Stretch, lines: list[bytes], number: int, format_: FixedWidthFormat, name: str) -> Batch:
    import polars as pl

    batch = Batch(no_rows(list(format_.fields)))
    damaged = {stretch.content.count(b"\n", 0, at) for at in undecodable(stretch.content, format_.encoding)}
    rows: list[int] = []
    texts: list[str] = []
    starts = _starts(stretch)
    is_cut = stretch.is_last and not stretch.content.endswith(b"\n")
    for index, line in enumerate(lines):
        row = number + index
        if len(line) > MAX_RECORD_BYTES:
            raise Refusal("too_large", f"{name}:{row}: a line of {len(line):,} bytes; ask for the file again")
        if row < format_.first_row:
            batch.skipped["before_header"] += 1
            continue
        if not line.strip():
            batch.skipped["blank_line"] += 1
            continue
        text = line.decode("utf-8", "replace")
        issue, message = _fault(text, format_, index in damaged, is_cut and index == len(lines) - 1)
        if issue:
            first = starts[index]
            span = (_sent_at(stretch, first, format_), _sent_at(stretch, first + len(line), format_))
            batch.unread.append(Unread(row, *span, issue, message, text))
        else:
            rows.append(row)
            texts.append(text)
    if is_cut and rows and rows[-1] == number + len(lines) - 1:
        batch.notes.append(Note("no_last_line_end", "the last line has no line end", rows[-1]))
    cut = pl.DataFrame({ROW: rows, "text": texts}, schema={ROW: pl.UInt32, "text": pl.String})
    batch.frame = cut.select(ROW, *(_field(name, place) for name, place in format_.fields.items()))
    return batch


def _field(name: str, place: tuple[int, int]) -> pl.Expr:
    import polars as pl

    value = pl.col("text").str.slice(place[0] - 1, place[1] - place[0] + 1).str.strip_chars(" \t")
    return pl.when(value != "").then(value).alias(name)


def _starts(stretch: Stretch) -> list[int]:
    starts, at = [0], stretch.content.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = stretch.content.find(b"\n", at + 1)
    return starts


def _sent_at(stretch: Stretch, offset: int, format_: FixedWidthFormat) -> int:
    return stretch.sent_at + sent_length(stretch.content[:offset], format_.encoding)


def _fault(text: str, format_: FixedWidthFormat, is_damaged: bool, is_cut: bool) -> tuple[str, str]:
    """What is wrong with a line: an issue type and why; empty where nothing is."""
    width = max(last for _first, last in format_.fields.values())
    if is_damaged:
        return "bad_encoding", f"holds bytes that are not {format_.encoding}; check the feed's `encoding`"
    if "\0" in text:
        return "nul_byte", "holds zero bytes (NUL): the file is damaged or in another encoding"
    if len(text) < width and not format_.short_lines:
        message = f"{len(text)} characters, where the fields fill {width}; `short_lines` lets blanks be missing"
        return ("cut_file" if is_cut else "field_count"), message
    at = 0
    for first, last in (*format_.fields.values(), (len(text) + 1, len(text))):
        if text[at : first - 1].strip():
            return "field_count", f"text between place {at + 1} and {first - 1}, where the spec declares no field"
        at = last
    return "", ""
