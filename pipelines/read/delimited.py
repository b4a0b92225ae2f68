"""The strict reader of delimited text. Every record's shape is checked before a value is looked at.

The file is read in stretches of some megabytes. Lines without a quotation mark, and those whose marks can be read in
one way only, are counted field by field with numpy and read by polars; all others go through the lexer. A record that
breaks the shape is set aside with its place, and reading goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.encodings import Stretch, sent_length, stretches, undecodable
from pipelines.read.footer import without_footer
from pipelines.read.headings import notes_of_trimmed
from pipelines.read.lexer import Dialect, lex
from pipelines.read.limits import MAX_COLUMNS, MAX_RECORD_BYTES
from pipelines.read.lines import Lines, split_lines
from pipelines.read.records import Batch, Note, Reading, no_rows
from pipelines.read.stretch import Table, bad_byte, read_stretch
from pipelines.specs.formats import CsvFormat


def read_delimited(file: BinaryIO, format_: CsvFormat, name: str, cells: tuple[str, ...] = ()) -> Reading:
    """Read delimited text, every value as text, in stretches: memory is bounded whatever the file's size.

    Args:
        file: the file, at its start.
        format_: encoding, marks and place of the header, as declared.
        name: the file's name, for messages.
        cells: cells above the header whose text is wanted, as `B2` (line 2, second field).

    Raises:
        Refusal: for an empty file, another encoding than declared, a header that is not there, or a record or header
            beyond the limits. Also while the batches are read.
    """
    reader = _Reader(format_, name)
    parts = reader.stretches(file)
    first = next(parts)
    header, body_at = reader.header(first)
    wanted = {cell: reader.cell(first, cell) for cell in cells}
    place = f"{name}:{format_.header_rows[-1]}" if format_.header_rows else name
    batches = without_footer(reader.batches(first, parts, body_at), format_.footer_rows)
    return Reading(header, place, batches, len(format_.header_rows), wanted, reader.notes)


class _Reader:
    """One file on its way: its format, its marks and its table."""

    def __init__(self, format_: CsvFormat, name: str) -> None:
        self.format, self.name, self.dialect = format_, name, Dialect.of(format_)
        self.table = Table(format_, [], set())
        self.notes: list[Note] = []

    def stretches(self, file: BinaryIO) -> Iterator[Stretch]:
        """The text, with line feeds for the line ends declared."""
        end = b"\n" if self.format.line_end == "lf" else b"\r"
        for stretch in stretches(file, self.format.encoding, self.name, end):
            if self.format.line_end == "lf":
                yield stretch
                continue
            if b"\n" in stretch.content:
                raise Refusal("unreadable", f"{self.name}: has line feeds, where the spec declares `line_end: cr`")
            yield Stretch(stretch.content.replace(b"\r", b"\n"), stretch.sent_at, stretch.is_last)

    # --- the header ---------------------------------------------------------------------------------------------------

    def header(self, first: Stretch) -> tuple[list[str], int]:
        """The columns' names, and the offset of the first record."""
        lines = split_lines(first.content, 1, self.dialect)
        if self.format.names:
            self.table.names = list(self.format.names)
            at = self.format.first_row - 1
            return self.table.names, int(lines.starts[at]) if at < len(lines) else len(first.content)
        rows: list[list[str]] = []
        number = self.format.header_rows[0]
        for _row in self.format.header_rows:
            if number > len(lines) or lines.blank[number - 1]:
                message = f"{self.name}:{number}: there is no header here; ask the partner to send it again"
                raise Refusal("empty_file", message)
            fields, after = self._header_row(lines, number)
            rows.append(fields)
            self.notes += notes_of_trimmed(fields, [field.strip() for field in fields], number)
            # A heading in quotation marks may hold line ends: what follows begins past the last of them.
            number = int(lines.starts.searchsorted(after)) + 1
        self.table.headers = {tuple(field.strip() for field in row) for row in rows if "".join(row).strip()}
        self.table.names = _joined(rows)
        return self.table.names, after

    def _header_row(self, lines: Lines, number: int) -> tuple[list[str], int]:
        start, end = int(lines.starts[number - 1]), int(lines.ends[number - 1])
        if end - start > MAX_RECORD_BYTES:
            raise Refusal("too_large", f"{self.name}:{number}: a header of more than {MAX_RECORD_BYTES:,} bytes")
        if (bad := undecodable(lines.content[start:end], self.format.encoding)) or b"\0" in lines.content[start:end]:
            told = bad_byte(lines.content, start, start + bad[0], self.format.encoding) if bad else "holds NUL bytes"
            raise Refusal("bad_encoding", f"{self.name}:{number}: {told}; check the feed's `encoding`")
        columns = lines.content.count(self.dialect.delimiter, start, end) + 1
        if columns > MAX_COLUMNS:
            message = f"{self.name}:{number}: {columns:,} columns, where {MAX_COLUMNS:,} are the most"
            raise Refusal("too_many_columns", f"{message}; check the feed's `delimiter`")
        found = lex(lines.content, start, self.dialect)
        if found.fault:
            raise Refusal("unreadable", f"{self.name}:{number}: the header cannot be read: {found.fault}")
        return found.fields, found.end

    def cell(self, first: Stretch, cell: str) -> str | None:
        """The text of a cell above the header."""
        letters = cell.rstrip("0123456789")
        number = int(cell[len(letters) :])
        column = sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(letters))) - 1
        lines = split_lines(first.content, 1, self.dialect)
        header = self.format.header_rows or (self.format.first_row,)
        if number > len(lines) or number >= header[0]:
            raise Refusal("unreadable", f"{self.name}:{number}: the cell {cell} does not stand above the header")
        fields = lex(lines.content, int(lines.starts[number - 1]), self.dialect).fields
        return (fields[column].strip() or None) if column < len(fields) else None

    # --- the records --------------------------------------------------------------------------------------------------

    def batches(self, first: Stretch, rest: Iterator[Stretch], body_at: int) -> Iterator[Batch]:
        """Every record below the header."""
        rows = self.format.header_rows or (self.format.first_row,)
        above, number = Counter({"before_header": rows[0] - 1}), first.content.count(b"\n", 0, body_at) + 1
        pending = self._from(first, body_at)
        while True:
            batch, taken = Batch(no_rows(self.table.names)), 0
            if pending.content:
                lines = split_lines(pending.content, number, self.dialect)
                self._within_limits(lines)
                batch, taken = read_stretch(self.table, pending, lines)
            batch.skipped += above
            yield batch
            if pending.is_last:
                return
            above = Counter()
            number += pending.content.count(b"\n", 0, taken)
            left, following = self._from(pending, taken), next(rest)
            pending = Stretch(left.content + following.content, left.sent_at, following.is_last)

    def _from(self, stretch: Stretch, at: int) -> Stretch:
        """What is left of a stretch from an offset on."""
        sent = sent_length(stretch.content[:at], self.format.encoding)
        return Stretch(stretch.content[at:], stretch.sent_at + sent, stretch.is_last)

    def _within_limits(self, lines: Lines) -> None:
        longest = int((lines.ends - lines.starts).argmax())
        size = int(lines.ends[longest] - lines.starts[longest])
        if size > MAX_RECORD_BYTES:
            what = "zero bytes" if b"\0" * 64 in lines.content[lines.starts[longest] : lines.ends[longest]] else "text"
            message = f"{self.name}:{lines.first + longest}: a line of {size:,} bytes of {what}"
            raise Refusal("too_large", f"{message}, where {MAX_RECORD_BYTES:,} are the most; ask for the file again")


def _joined(rows: list[list[str]]) -> list[str]:
    """A header of one or two rows as names: `Upper / Lower` where both are filled, else the one that is."""
    stripped = [[field.strip() for field in row] for row in rows]
    if len(stripped) == 1:
        return stripped[0]
    width = max(map(len, stripped))
    padded = [row + [""] * (width - len(row)) for row in stripped]
    return [" / ".join(name for name in column if name) for column in zip(*padded, strict=True)]
