"""The strict reader of delimited text. Every record's shape is checked before a value is looked at.

Fast path: lines without a quotation mark are counted field by field with numpy and read by polars. Lines with one go
through a lexer that follows RFC 4180: a field is quoted as a whole or not at all, a quote inside is doubled. A record
that breaks the shape is set aside with its place; reading goes on at the next line.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.read.records import ROW, Records, Unread, distinct
from pipelines.specs.models import CsvFormat

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

_BOM = b"\xef\xbb\xbf"
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_BROKEN = "a carriage return with no line feed breaks the record in two"


@dataclass
class _Lines:
    """Physical lines of a text: `starts` and `ends` (without the line end) are byte offsets."""

    content: bytes
    starts: np.ndarray[Any, Any]
    ends: np.ndarray[Any, Any]


def read_delimited(content: bytes, format_: CsvFormat, name: str) -> Records:
    """Read delimited text, every value as text.

    Args:
        content: the whole file.
        format_: encoding, delimiter and place of the header, as declared.
        name: the file's name, for messages.

    Raises:
        Refusal: for an empty file, bytes not in the declared encoding, NUL bytes, or a header that is not there.
    """
    as_sent, content = content, _utf8(content, format_.encoding, name)
    lines = _split(content)
    header_at = format_.header_row - 1
    if header_at >= len(lines.starts) or lines.starts[header_at] == lines.ends[header_at]:
        raise Refusal(
            "empty_file", f"{name}:{format_.header_row}: there is no header here; ask the partner to send it again"
        )
    fields, end, fault = _lex(content, int(lines.starts[header_at]), format_.delimiter)
    if fault:
        raise Refusal("unreadable", f"{name}:{format_.header_row}: the header cannot be read: {fault}")
    header = [field.strip() for field in fields]
    # A heading in quotation marks may hold line ends: the body begins past the last of them.
    after_header = int(lines.starts.searchsorted(end))
    records = _body(lines, header, header_at, after_header, format_)
    records.unread = [_span_as_sent(record, as_sent, content, format_.encoding) for record in records.unread]
    return records


def _span_as_sent(record: Unread, as_sent: bytes, content: bytes, encoding: str) -> Unread:
    """A record with the span of its bytes in the file as the partner sent it, not in the UTF-8 made of it."""
    if encoding == "utf-8":
        lost = len(as_sent) - len(content)
        return replace(record, first_byte=record.first_byte + lost, after_byte=record.after_byte + lost)
    first, after = (len(content[:at].decode("utf-8").encode(encoding)) for at in (record.first_byte, record.after_byte))
    return replace(record, first_byte=first, after_byte=after)


def _utf8(content: bytes, encoding: str, name: str) -> bytes:
    if not content.strip():
        raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")
    content = content.removeprefix(_BOM) if encoding == "utf-8" else content
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        bad = content[error.start]
        message = f"{name}:{line}: byte 0x{bad:02x} at column {column} is not {encoding}; check the feed's `encoding`"
        raise Refusal("bad_encoding", message) from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise Refusal("unreadable", f"{name}:{line}: holds NUL bytes; the file is damaged or in another encoding")
    return content if encoding == "utf-8" else text.encode("utf-8")


def _split(content: bytes) -> _Lines:
    import numpy as np

    data = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [len(data)]))
    if starts[-1] == len(data):
        starts, ends = starts[:-1], ends[:-1]
    # CR LF, or CR CR LF where a program has turned the LF of a CR LF into another.
    for _ in range(2):
        ends = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _RETURN))
    return _Lines(content, starts, ends)


def _body(lines: _Lines, header: list[str], header_at: int, after_header: int, format_: CsvFormat) -> Records:
    import numpy as np

    content, width = lines.content, len(header)
    data = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(data == ord(format_.delimiter))
    counted = np.searchsorted(breaks, lines.ends) - np.searchsorted(breaks, lines.starts) + 1
    number = np.arange(len(lines.starts))
    body = number >= after_header
    blank = body & (lines.starts == lines.ends)
    quoted = np.zeros(len(number), dtype=bool)
    marks = np.flatnonzero(data == _QUOTE)
    quoted[np.unique(np.searchsorted(lines.starts, marks, side="right") - 1)] = True
    quoted &= body
    records = Records(_no_rows(header), header)
    lexed, within = _lex_quoted(lines, np.flatnonzero(quoted), format_.delimiter, width, records.unread)
    plain = body & ~blank & ~quoted & ~within
    returns = np.flatnonzero(data == _RETURN)
    broken = np.searchsorted(returns, lines.ends) > np.searchsorted(returns, lines.starts)
    good = plain & (counted == width) & ~broken
    for line in np.flatnonzero(plain & ~good):
        message = f"{counted[line]} fields where the header has {width}"
        records.unread.append(_unread(lines, int(line), int(line), "field_count", _BROKEN if broken[line] else message))
    before, empty = int(header_at), int((blank & ~within).sum())
    records.skipped = {rule: count for rule, count in (("before_header", before), ("blank_line", empty)) if count}
    records.unread.sort(key=lambda record: record.line)
    records.frame = _frame(lines, good, header, format_.delimiter, lexed)
    return records


def _no_rows(header: list[str]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(schema={ROW: pl.UInt32, **dict.fromkeys(distinct(header), pl.String)})


def _frame(
    lines: _Lines, good: np.ndarray[Any, Any], header: list[str], delimiter: str, lexed: list[tuple[int, list[str]]]
) -> pl.DataFrame:
    """The good lines read by polars, and the lexed records, in file order."""
    import numpy as np
    import polars as pl

    frame = _no_rows(header)
    if good.any():
        kept = np.flatnonzero(good)
        # Good lines in unbroken runs are cut out together: a clean file is one run.
        edges = np.flatnonzero(np.diff(kept) > 1)
        firsts, lasts = kept[np.concatenate(([0], edges + 1))], kept[np.concatenate((edges, [len(kept) - 1]))]
        after = np.append(lines.starts[1:], len(lines.content))
        pieces = [lines.content[lines.starts[first] : after[last]] for first, last in zip(firsts, lasts, strict=True)]
        # polars drops line ends and byte order marks at the very start of what it reads: a heading keeps them.
        heading = delimiter.join(map(str, range(len(header)))).encode()
        text = b"".join(pieces).replace(b"\r\r\n", b"\n").removesuffix(b"\r\r")
        body = pl.read_csv(
            io.BytesIO(b"\n".join([heading, text])),
            has_header=True,
            new_columns=distinct(header),
            infer_schema=False,
            quote_char=None,
            separator=delimiter,
        )
        if body.height != len(kept):
            raise AssertionError(f"{len(kept)} checked lines were read as {body.height} rows")
        numbers = pl.Series(ROW, (kept + 1).astype(np.uint32))
        frame = body.insert_column(0, numbers)
    if lexed:
        rows = [[number, *(field or None for field in fields)] for number, fields in lexed]
        frame = pl.concat([frame, pl.DataFrame(rows, schema=frame.schema, orient="row")]).sort(ROW)
    return frame


def _lex_quoted(
    lines: _Lines, quoted: np.ndarray[Any, Any], delimiter: str, width: int, unread: list[Unread]
) -> tuple[list[tuple[int, list[str]]], np.ndarray[Any, Any]]:
    """Lex every record that begins on a line with a quotation mark.

    Returns the records read as (physical line from 1, fields), and which lines lie within a record that began earlier.
    """
    import numpy as np

    within = np.zeros(len(lines.starts), dtype=bool)
    records: list[tuple[int, list[str]]] = []
    resume = 0
    for line in quoted.tolist():
        start = int(lines.starts[line])
        if start < resume:
            continue
        fields, end, fault = _lex(lines.content, start, delimiter)
        if fault is None and len(fields) != width:
            fault = f"{len(fields)} fields where the header has {width}"
            issue = "field_count"
        else:
            issue = "malformed_quotes"
        last = line if fault else int(np.searchsorted(lines.starts, end, side="left")) - 1
        if fault:
            unread.append(_unread(lines, line, last, issue, fault))
        else:
            records.append((line + 1, fields))
        within[line + 1 : last + 1] = True
        resume = int(lines.ends[last]) + 1
    return records, within


def _unread(lines: _Lines, first: int, last: int, issue: str, message: str) -> Unread:
    start, end = int(lines.starts[first]), int(lines.ends[last])
    return Unread(first + 1, start, end, issue, message, lines.content[start:end].decode("utf-8", "replace"))


def _lex(content: bytes, start: int, delimiter: str) -> tuple[list[str], int, str | None]:
    """One record from `start`: its fields, the offset just past it, and what is wrong with it (None: nothing)."""
    mark, at, size = delimiter.encode(), start, len(content)
    fields: list[str] = []
    while True:
        if content[at : at + 1] == b'"':
            close, parts = at + 1, []
            while True:
                found = content.find(b'"', close)
                if found < 0:
                    return fields, size, "a quotation mark opens a field and none closes it"
                parts.append(content[close:found])
                if content[found + 1 : found + 2] == b'"':
                    parts.append(b'"')
                    close = found + 2
                    continue
                break
            fields.append(b"".join(parts).decode("utf-8", "replace"))
            at = found + 1
            at += next((len(end) - 1 for end in (b"\r\n", b"\r\r\n") if content.startswith(end, at)), 0)
        else:
            stops = [stop for stop in (content.find(mark, at), content.find(b"\n", at)) if stop >= 0]
            stop = min(stops) if stops else size
            value = content[at:stop]
            if b'"' in value:
                return fields, size, "a quotation mark inside a field that is not quoted"
            if content[stop : stop + 1] != mark:
                value = value.removesuffix(b"\r").removesuffix(b"\r")
            if b"\r" in value:
                return fields, size, _BROKEN
            fields.append(value.decode("utf-8", "replace"))
            at = stop
        if at >= size:
            return fields, size, None
        if content[at : at + 1] == b"\n":
            return fields, at + 1, None
        if content[at : at + 1] != mark:
            return fields, size, "text after the quotation mark that closes a field"
        at += 1
