"""One record of delimited text, read field by field. Slow and exact: the rule that the fast path is held to.

A field is quoted as a whole or not at all; in a quoted field a quotation mark is written twice, or behind the declared
escape character (RFC 4180, sections 2.5 to 2.7, but that any line end is taken and the declared marks are used).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.read.limits import MAX_RECORD_BYTES
from pipelines.specs.formats import CsvFormat

BARE_RETURN = "a carriage return with no line feed breaks the record in two"
UNCLOSED = "a quotation mark opens a field and none closes it"
_LATE_QUOTE = "a quotation mark inside a field that is not quoted"
_LATE_TEXT = "text after the quotation mark that closes a field"


@dataclass(frozen=True)
class Dialect:
    """The marks that part fields, as bytes of UTF-8; `quote` and `escape` are empty where there is none."""

    delimiter: bytes
    quote: bytes
    escape: bytes

    @classmethod
    def of(cls, format_: CsvFormat) -> Dialect:
        """The marks a format declares."""
        return cls(format_.delimiter.encode(), format_.quote.encode(), format_.escape.encode())


@dataclass(frozen=True)
class Lexed:
    """A record: its fields, the offset just past it, and what is wrong with it (None: nothing).

    Of a record with a fault, `end` is how far the fault was looked for.
    """

    fields: list[str]
    end: int
    fault: str | None = None


def lex(content: bytes, start: int, dialect: Dialect) -> Lexed:
    """The record that begins at `start`."""
    mark, at, size = dialect.delimiter, start, len(content)
    fields: list[str] = []
    while True:
        if dialect.quote and content.startswith(dialect.quote, at):
            value, at = _quoted(content, at, dialect, start)
            if value is None:
                return Lexed(fields, at, UNCLOSED)
            at += next((len(end) - 1 for end in (b"\r\n", b"\r\r\n") if content.startswith(end, at)), 0)
        else:
            value, at, fault = _plain(content, at, dialect)
            if fault:
                return Lexed(fields, at, fault)
        fields.append(value.decode("utf-8", "replace"))
        if at >= size:
            return Lexed(fields, size)
        if content.startswith(b"\n", at):
            return Lexed(fields, at + 1)
        if not content.startswith(mark, at):
            return Lexed(fields, at, _LATE_TEXT)
        at += len(mark)


def _quoted(content: bytes, at: int, dialect: Dialect, start: int) -> tuple[bytes | None, int]:
    """The value of the quoted field that opens at `at`, and the offset past it; None if no mark closes it."""
    limit = min(len(content), start + MAX_RECORD_BYTES)
    from_, parts = at + 1, []
    while True:
        close = content.find(dialect.quote, from_, limit)
        escaped = content.find(dialect.escape, from_, limit) if dialect.escape else -1
        if 0 <= escaped < close:
            parts += [content[from_:escaped], content[escaped + 1 : escaped + 2]]
            from_ = escaped + 2
        elif close < 0:
            return None, limit
        elif not dialect.escape and content.startswith(dialect.quote, close + 1):
            parts += [content[from_:close], dialect.quote]
            from_ = close + 2
        else:
            return b"".join([*parts, content[from_:close]]), close + 1


def _plain(content: bytes, at: int, dialect: Dialect) -> tuple[bytes, int, str | None]:
    """The value of the field without quotation marks that begins at `at`, the offset past it, and what is wrong."""
    parts = []
    while True:
        stops = [stop for stop in (content.find(dialect.delimiter, at), content.find(b"\n", at)) if stop >= 0]
        stop = min(stops, default=len(content))
        escaped = content.find(dialect.escape, at, stop) if dialect.escape else -1
        if escaped < 0 or escaped + 1 >= len(content) or content[escaped + 1 : escaped + 2] == b"\n":
            break
        parts += [content[at:escaped], content[escaped + 1 : escaped + 2]]
        at = escaped + 2
    value = content[at:stop]
    if not content.startswith(dialect.delimiter, stop):
        value = value.removesuffix(b"\r").removesuffix(b"\r")
    if dialect.quote and dialect.quote in value:
        return value, stop, _LATE_QUOTE
    if b"\r" in value:
        return value, stop, BARE_RETURN
    return b"".join([*parts, value]), stop, None
