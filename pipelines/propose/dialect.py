"""Which marks part the fields of a text: those by which most records have as many fields as one another."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import Literal

from pipelines.read.lexer import Dialect, lex

# A bound on how much of the text is read with each pair of marks.
_LOOKED_AT = 256 * 1024
_RECORDS = 400
# Two delimiters that both part nearly all records alike are a question.
_EVEN = 0.98
# Quotation marks that slipped into some records do not mean that there are none.
_SLIPS = 0.05
_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_SINGLE_QUOTED = re.compile(rb"(?m)(?:^|[,;\t|])'[^'\n]*'(?:[,;\t|]|\r?$)")


@dataclass(frozen=True)
class Record:
    """A record and the physical line it begins on, from 1."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Marks:
    """The marks found. `share` of the records looked at have `width` fields; `ask` is what remains in doubt."""

    delimiter: str
    quote: Literal['"', "'", ""]
    escape: Literal["", "\\"]
    width: int
    share: float
    ask: str | None = None

    @property
    def dialect(self) -> Dialect:
        """As the lexer takes them."""
        return Dialect(self.delimiter.encode(), self.quote.encode(), self.escape.encode())


def marks_of(text: bytes) -> Marks:
    """The marks of a text of lines (UTF-8, line feeds)."""
    start = text[:_LOOKED_AT]
    if len(text) > _LOOKED_AT:
        start = start[: start.rfind(b"\n") + 1] or start
    quotes: list[Literal['"', "'", ""]] = ['"']
    if _SINGLE_QUOTED.search(start):
        quotes.append("'")
    if b'"' in start:
        quotes.append("")
    escapes: tuple[Literal["", "\\"], ...] = ("", "\\") if b'\\"' in start else ("",)
    tried = [
        _tried(start, Marks(delimiter, quote, escape, 0, 0.0))
        for delimiter, quote, escape in product(_DELIMITERS, quotes, escapes)
        if quote or not escape
    ]
    # Of the ways to quote, the usual one holds unless another makes clearly more of the records even.
    chosen = [_usual([marks for marks in tried if marks.delimiter == delimiter]) for delimiter in _DELIMITERS]
    best = max(chosen, key=lambda marks: (marks.width > 1, round(marks.share, 2), marks.width))
    return _with_ask(best, chosen)


def _usual(tried: list[Marks]) -> Marks:
    most = max(marks.share for marks in tried if marks.width > 1 or all(other.width < 2 for other in tried))
    return next(marks for marks in tried if marks.share >= most - _SLIPS)


def _tried(text: bytes, marks: Marks) -> Marks:
    widths: Counter[int] = Counter()
    faults = 0
    for record in records_of(text, marks.dialect, _RECORDS):
        faults += not record.fields
        widths[len(record.fields)] += bool(record.fields)
    # Lines of a title have one field; the table is what has more.
    wide = Counter({width: count for width, count in widths.items() if width > 1})
    (width, count), *_others = wide.most_common(1) or widths.most_common(1) or [(1, 0)]
    total = sum(widths.values()) + faults
    return Marks(marks.delimiter, marks.quote, marks.escape, width, count / total if total else 0.0)


def records_of(text: bytes, dialect: Dialect, most: int) -> list[Record]:
    """The first records of a text, without blank lines; one with a fault has no fields and ends with its line."""
    found: list[Record] = []
    at, line = 0, 1
    while at < len(text) and len(found) < most:
        end = text.find(b"\n", at) + 1 or len(text)
        if text[at:end].strip(b"\r\n"):
            lexed = lex(text, at, dialect)
            found.append(Record(line, [] if lexed.fault else lexed.fields))
            end = end if lexed.fault else lexed.end
        line += text.count(b"\n", at, end)
        at = end
    return found


def _with_ask(best: Marks, tried: list[Marks]) -> Marks:
    rivals = [
        other
        for other in tried
        if other.delimiter != best.delimiter and other.width > 1 and other.share >= max(_EVEN, best.share - 0.005)
    ]
    ask = None
    if best.width < 2:
        ask = "no delimiter parts the lines into fields; is it one column?"
    elif rivals:
        other = max(rivals, key=lambda marks: marks.width)
        ask = f"{_NAMES[other.delimiter]} parts the lines as evenly, into {other.width} fields; which is it?"
    elif best.share < 0.9:
        ask = f"only {best.share:.0%} of the lines looked at then have {best.width} fields; is it right?"
    return Marks(best.delimiter, best.quote, best.escape, best.width, best.share, ask)
