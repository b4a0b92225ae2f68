"""One stretch of delimited text: what becomes of each of its lines."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.read.encodings import Stretch, sent_length, undecodable
from pipelines.read.lexer import BARE_RETURN, UNCLOSED, Dialect, Lexed, lex
from pipelines.read.lines import Lines
from pipelines.read.records import ROW, Batch, Note, Unread, distinct, no_rows
from pipelines.specs.formats import CsvFormat

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

# Where the closing mark of a field is not to be found, this share of the lines below must stand by themselves for the
# mark that opened it to be taken for a slip.
_STAND_ALONE = 0.9

# A name of so many bytes is seldom found in a row: looking for it finds a header that appears again, and little else.
_TELLING = 4
# A CR LF whose LF a program has turned into another CR LF.
_DOUBLED = b"\r\r\n"


@dataclass
class Table:
    """The table being read: its columns, the rows that would be its header again, and whether another has begun."""

    format: CsvFormat
    names: list[str]
    headers: set[tuple[str, ...]]
    is_over: bool = False
    is_told_doubled: bool = False


def read_stretch(table: Table, stretch: Stretch, lines: Lines) -> tuple[Batch, int]:
    """The records of a stretch, and how much of it was taken: a record that goes on in the next stretch is left."""
    work = _Work(table, stretch, lines)
    work.set_damaged_aside()
    work.lex_marked()
    work.count_plain()
    work.find_header_again()
    return Batch(work.frame(), work.unread, +work.skipped, work.notes), work.taken


class _Work:
    """The state of a stretch being read."""

    def __init__(self, table: Table, stretch: Stretch, lines: Lines) -> None:
        import numpy as np

        self.table, self.stretch, self.lines = table, stretch, lines
        self.width, self.format, self.dialect = len(table.names), table.format, Dialect.of(table.format)
        self.unread: list[Unread] = []
        self.skipped: Counter[str] = Counter()
        self.notes: list[Note] = []
        self.lexed: list[tuple[int, list[str]]] = []
        self.settled = np.zeros(len(lines), dtype=bool)
        self.taken = len(stretch.content)
        self.is_cut = stretch.is_last and not stretch.content.endswith(b"\n")

    def set_damaged_aside(self) -> None:
        """Lines with bytes that are no text, or with zero bytes."""
        content, lines = self.stretch.content, self.lines
        for at in undecodable(content, self.format.encoding):
            line = lines.at(at)
            told = bad_byte(content, int(lines.starts[line]), at, self.format.encoding)
            self._aside(line, "bad_encoding", f"{told}; check the feed's `encoding`")
        at = content.find(b"\0")
        while at >= 0:
            line = lines.at(at)
            if not self.settled[line]:
                self._aside(line, "nul_byte", "holds zero bytes (NUL): the file is damaged or in another encoding")
            at = content.find(b"\0", max(int(lines.ends[line]), at + 1))

    def lex_marked(self) -> None:
        """Records that begin on a line with a quotation mark that may be read in more than one way."""
        import numpy as np

        lines, resume = self.lines, 0
        slow = lines.marked & ~lines.neat if len(self.dialect.delimiter) == 1 else ~lines.blank
        for line in np.flatnonzero(slow & ~self.settled).tolist():
            start = int(lines.starts[line])
            if start < resume:
                continue
            found = lex(self.stretch.content, start, self.dialect)
            if found.fault == UNCLOSED and not self.stretch.is_last and found.end == len(self.stretch.content):
                self.taken = start
                self.settled[line:] = True
                self.unread = [record for record in self.unread if record.line < lines.first + line]
                return
            last = lines.at(found.end - 1)
            wrong = self._wrong(found, line, last)
            if wrong is None:
                self.lexed.append((line, found.fields))
                if self.stretch.content.endswith(_DOUBLED, start, found.end):
                    self._note_doubled()
                self.settled[line : last + 1] = True
                resume = found.end
            else:
                resume = self._broken(line, last, *wrong)

    def _wrong(self, found: Lexed, line: int, last: int) -> tuple[str, str] | None:
        """What is wrong with a record from one line to another: an issue type and why; None where nothing is."""
        if found.fault is not None:
            return "malformed_quotes", found.fault
        if len(found.fields) != self.width:
            return "field_count", f"{len(found.fields)} fields where the header has {self.width}"
        if self.settled[line : last + 1].any():
            within = range(self.lines.first + line, self.lines.first + last + 1)
            damaged = next(item for item in self.unread if item.line in within)
            return damaged.issue_type, f"its line {damaged.line} {damaged.message}"
        return None

    def _broken(self, line: int, last: int, issue: str, message: str) -> int:
        """Set a broken record aside; where reading goes on.

        A stray mark draws the lines below into its record. Where each of those is a record by itself, only the first is
        broken; else nobody can tell where the record ends, and none of them is read.
        """
        if self.is_cut and last == len(self.lines) - 1 and (message == UNCLOSED or last == line):
            issue = "cut_file"
        self._aside(line, issue, message)
        if self._stand_alone(line + 1, last, _STAND_ALONE if message == UNCLOSED else 1):
            return int(self.lines.ends[line]) + 1
        for below in range(line + 1, last + 1):
            if not self.settled[below] and not self.lines.blank[below]:
                self._aside(below, issue, f"within the record that breaks on line {self.lines.first + line}")
        return int(self.lines.ends[last]) + 1

    def _stand_alone(self, first: int, last: int, share: float) -> bool:
        """Whether at least this share of the records from a line to another are whole."""
        whole = every = 0
        line = first
        while line <= last:
            if not self.lines.blank[line]:
                found = lex(self.stretch.content, int(self.lines.starts[line]), self.dialect)
                is_whole = found.fault is None and len(found.fields) == self.width and not self.settled[line]
                whole, every = whole + is_whole, every + 1
                line = self.lines.at(found.end - 1) if is_whole else line
            line += 1
        return whole >= share * every

    def count_plain(self) -> None:
        """Lines that can be read in one way only: whole, or with too many or too few fields."""
        import numpy as np

        lines = self.lines
        left = ~self.settled
        self.skipped["blank_line"] += int((left & lines.blank).sum())
        left &= ~lines.blank
        bad = left & ((lines.fields != self.width) | lines.broken)
        for line in np.flatnonzero(bad).tolist():
            counted = f"{lines.fields[line]} fields where the header has {self.width}"
            is_last = self.is_cut and line == len(lines) - 1
            issue = "cut_file" if is_last and lines.fields[line] < self.width else "field_count"
            self._aside(line, issue, BARE_RETURN if lines.broken[line] else counted)
        self.good = left & ~bad
        if (
            self.is_cut
            and len(lines)
            and not any(record.line == lines.first + len(lines) - 1 for record in self.unread)
        ):
            self._no_line_end(len(lines) - 1)

    def _no_line_end(self, line: int) -> None:
        if self.format.last_line_ends and self.good[line]:
            self.good[line] = False
            self._aside(line, "cut_file", "has no line end, where the spec says there always is one")
        else:
            message = "the last line has no line end; if the partner's files always have one, this one was cut short"
            self.notes.append(Note("no_last_line_end", message, self.lines.first + line))

    def find_header_again(self) -> None:
        """A header below the header: of another table, or, where the spec says so, of more of the same."""
        found = [] if self.table.is_over else self._headers()
        for line in found:
            if self.format.header_again == "skip":
                self.skipped["header_again"] += 1
                self._drop(line)
        if self.format.header_again == "skip" or not (found or self.table.is_over):
            return
        first = found[0] if found else -1
        if found:
            self._drop(first)
            self._aside(first, "header_again", "the header appears again; declare `header_again` if the table goes on")
        self.table.is_over = True
        known = {record.line for record in self.unread}
        for line in range(first + 1, len(self.lines)):
            if not self.lines.blank[line] and self.lines.first + line not in known and self._is_taken(line):
                self._aside(line, "second_table", "stands below a header that appears again, so is of another table")
        self.good[first + 1 :] = False
        self.lexed = [(line, fields) for line, fields in self.lexed if line <= first]

    def _is_taken(self, line: int) -> bool:
        return int(self.lines.starts[line]) < self.taken

    def _headers(self) -> list[int]:
        """The lines that say what the header says."""
        again = self.table.headers
        found = [line for line, fields in self.lexed if tuple(field.strip() for field in fields) in again]
        for names in again:
            for line in sorted(self._may_be(names)):
                if self.good[line]:
                    fields = lex(self.stretch.content, int(self.lines.starts[line]), self.dialect).fields
                    found += [line] if tuple(field.strip() for field in fields) == names else []
        return sorted(found)

    def _may_be(self, names: tuple[str, ...]) -> set[int]:
        """Lines that may be a header, found by its longest name; where that is short, by what is left without marks."""
        content, longest = self.stretch.content, max(names, key=len).encode()
        if len(longest) < _TELLING:
            bare = content.replace(self.dialect.quote, b"") if self.dialect.quote else content
            together = self.dialect.delimiter.join(name.replace(" ", "").encode() for name in names)
            if together not in bare.replace(b" ", b""):
                return set()
        lines, at = set(), content.find(longest)
        while at >= 0:
            line = self.lines.at(at)
            lines.add(line)
            at = content.find(longest, int(self.lines.ends[line]) + 1)
        return lines

    def _drop(self, line: int) -> None:
        self.good[line] = False
        self.lexed = [item for item in self.lexed if item[0] != line]

    def _aside(self, line: int, issue: str, message: str) -> None:
        start, end = int(self.lines.starts[line]), int(self.lines.ends[line])
        text = self.stretch.content[start:end]
        sent_at = self.stretch.sent_at
        if self.format.encoding not in ("utf-8", "ascii"):
            first = sent_at + sent_length(self.stretch.content[:start], self.format.encoding)
            span = (first, first + sent_length(text, self.format.encoding))
        else:
            span = (sent_at + start, sent_at + end)
        self.unread.append(Unread(self.lines.first + line, *span, issue, message, text.decode("utf-8", "replace")))
        self.settled[line] = True

    def _note_doubled(self) -> None:
        """Note the first line end that is written twice over, once a file."""
        if not self.table.is_told_doubled:
            self.table.is_told_doubled = True
            line = self.lines.at(self.stretch.content.find(_DOUBLED)) + self.lines.first
            message = "line ends are written twice over (CR CR LF), and each is read as one"
            self.notes.append(Note("doubled_line_ends", message, line))

    def frame(self) -> pl.DataFrame:
        """The rows read, in file order."""
        import polars as pl

        neat = self.good & self.lines.neat
        frames = [self._by_polars(self.good & ~neat, quote=None), self._by_polars(neat, quote=self.format.quote)]
        if self.lexed:
            rows = [[self.lines.first + line, *(field or None for field in fields)] for line, fields in self.lexed]
            frames.append(pl.DataFrame(rows, schema=no_rows(self.table.names).schema, orient="row"))
        filled = [frame for frame in frames if frame.height]
        if len(filled) > 1:
            return pl.concat(filled).sort(ROW)
        return filled[0] if filled else no_rows(self.table.names)

    def _by_polars(self, chosen: np.ndarray[Any, Any], quote: str | None) -> pl.DataFrame:
        """The lines chosen, read by polars; their shape is known, so polars can only read them in one way."""
        import numpy as np
        import polars as pl

        if not chosen.any():
            return no_rows(self.table.names)
        lines, kept = self.lines, np.flatnonzero(chosen)
        # Lines in unbroken runs are cut out together: a clean file is one run.
        edges = np.flatnonzero(np.diff(kept) > 1)
        firsts, lasts = kept[np.concatenate(([0], edges + 1))], kept[np.concatenate((edges, [len(kept) - 1]))]
        after = np.append(lines.starts[1:], len(lines.content))
        pieces = [lines.content[lines.starts[first] : after[last]] for first, last in zip(firsts, lasts, strict=True)]
        # polars drops line ends and byte order marks at the very start of what it reads: a heading keeps them.
        heading = self.format.delimiter.join(map(str, range(self.width))).encode()
        text = b"".join(pieces)
        if b"\r\r" in text:
            self._note_doubled()
            text = text.replace(_DOUBLED, b"\n")
        text = text.removesuffix(b"\r").removesuffix(b"\r")
        body = pl.read_csv(
            io.BytesIO(b"\n".join([heading, text])),
            has_header=True,
            new_columns=distinct(self.table.names),
            infer_schema=False,
            quote_char=quote,
            separator=self.format.delimiter,
        )
        if body.height != len(kept):
            raise AssertionError(f"{len(kept)} checked lines were read as {body.height} rows")
        if quote is not None:
            body = body.select(pl.when(pl.all() != "").then(pl.all()))
        return body.insert_column(0, pl.Series(ROW, (kept + lines.first).astype(np.uint32)))


def bad_byte(content: bytes, start: int, at: int, encoding: str) -> str:
    """What is wrong with a byte, and at which character of its line."""
    column = len(content[start:at].decode("utf-8", "replace")) + 1
    found = f"byte 0x{content[at]:02x}" if encoding in ("utf-8", "ascii") else "a byte"
    return f"{found} at column {column} is not {encoding}"
