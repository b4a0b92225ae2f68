"""A way through a JSON document that never holds more of it than a record or two.

The text is decoded into a window that slides along. Values that are wanted are decoded where the window stands, up to
the size of a record; whatever else there is, of any size, is checked and passed over.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_RECORD_BYTES
from pipelines.read.trees import MAX_DEPTH, too_deep

CUT = "the file may have been cut short; ask the partner to send it again"
_CHUNK = 1024**2
# How much text lies ahead before a value is decoded: a little more than a record, so that a longer one is known by it.
_AHEAD = MAX_RECORD_BYTES + 16
# Groups up to this size are passed over by decoding them, which is quicker than walking through.
_SMALL = 4096
_SPACE = re.compile(r"[ \t\n\r]*")
# What may be left at the end of a file that was cut within a number, a literal or an escape.
_STUMP = re.compile(r"\s*(?:-|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|\\?u[0-9A-Fa-f]{0,4}|\.|[eE][-+]?)?\s*")
_PLAIN = json.JSONDecoder(parse_int=str, parse_float=str)
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def begin(file: BinaryIO, encoding: str, name: str) -> str:
    """Stand at the first byte past a byte order mark. Returns the encoding, with its byte order where it has one.

    JSON begins with an ASCII character, so the first two bytes tell UTF-16 even without a mark.

    Raises:
        Refusal: for a file in another encoding than declared, as its first bytes tell.
    """
    file.seek(0)
    head = file.read(3)
    is_utf_16 = head[:2] in _UTF_16 or (len(head) > 1 and (head[0] == 0) != (head[1] == 0))
    if is_utf_16 != encoding.startswith("utf-16") and head:
        declare = "declare `encoding: utf-16`" if is_utf_16 else "check the feed's `encoding`"
        found = "UTF-16" if is_utf_16 else "not UTF-16"
        raise Refusal("bad_encoding", f"{name}:1: the file is {found}, where the spec declares {encoding}; {declare}")
    if head == codecs.BOM_UTF8 and encoding != "utf-8":
        raise Refusal("bad_encoding", f"{name}:1: the file begins as UTF-8, not {encoding}; declare `encoding: utf-8`")
    marked = _UTF_16.get(head[:2]) if is_utf_16 else None
    if encoding == "utf-16" and marked is None and head:
        message = f"{name}: UTF-16 without a byte order mark; declare `encoding: utf-16-le` or `utf-16-be`"
        raise Refusal("bad_encoding", message)
    if marked and encoding not in ("utf-16", marked):
        raise Refusal("bad_encoding", f"{name}:1: the file is {marked}, not {encoding}; declare `encoding: utf-16`")
    file.seek(2 if marked else 3 if head == codecs.BOM_UTF8 else 0)
    return marked or encoding


class Walk:
    """A document being walked through, from its first value to its end."""

    def __init__(self, file: BinaryIO, encoding: str, name: str) -> None:
        self.name, self._file = name, file
        self.encoding = begin(file, encoding, name)
        self._decoder = codecs.getincrementaldecoder(self.encoding)()
        self._text, self._at, self._is_end = "", 0, False
        # Up to which place of the window the bytes of the file were counted, and how many they are.
        self._mark, self._sent = 0, file.tell()
        # Where the window begins: lines and characters before it.
        self._line, self._column = 1, 0
        if not self.peek():
            raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")

    # --- values -------------------------------------------------------------------------------------------------------

    def peek(self) -> str:
        """The next character that is no white space, or nothing at the end of the file."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            self._look_ahead()
            following = self._text[self._at : self._at + 1]
            if not following or following not in " \t\n\r":
                return following

    def value(self, decoder: json.JSONDecoder, what: str) -> tuple[Any, str, tuple[int, int]]:
        """Decode the value that comes next: itself, its text, and the bytes it spans in the file.

        Raises:
            Refusal: where it is not JSON, is cut short, or is larger than a record may be.
        """
        self.peek()
        start = self._at
        try:
            value, end = decoder.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            raise self._broken(error.pos, what, error.msg) from None
        except RecursionError:
            raise too_deep(f"{self.place()}: {what}") from None
        text = self._text[start:end]
        if len(text) > MAX_RECORD_BYTES:
            raise self._too_large(what)
        first = self._sent_at(start)
        self._at = end
        return value, text, (first, first + self._length(text))

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next. At each, the walk stands at its value, which must be walked past."""
        self._take("{", "an object")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._broken(self._at, "a key", "Expecting a key in quotation marks")
            key, _text, _span = self.value(_PLAIN, "a key")
            self._take(":", "a colon")
            self.peek()
            yield key
            if self._is_last("}"):
                return

    def items(self) -> Iterator[int]:
        """The ordinals, from 1, of what the list that comes next holds. At each, the walk stands at it."""
        self._take("[", "a list")
        if self.peek() == "]":
            self._at += 1
            return
        count = 0
        while True:
            count += 1
            yield count
            if self._is_last("]"):
                return

    def skip(self) -> None:
        """Walk past a value of any size."""
        around: list[Iterator[str] | Iterator[int]] = []
        while True:
            opening = self.peek()
            if opening in ("{", "[") and not self._skip_small():
                if len(around) >= MAX_DEPTH:
                    raise too_deep(self.place())
                around.append(self.members() if opening == "{" else self.items())
            elif opening not in ("{", "["):
                self.value(_PLAIN, "a value")
            while around and next(around[-1], None) is None:
                around.pop()
            if not around:
                return

    def finish(self) -> None:
        """See that the file ends where the document does.

        Raises:
            Refusal: where more follows.
        """
        if self.peek():
            message = "text after the document's end; if each line is a record, declare `type: json_lines`"
            raise Refusal("unreadable", f"{self.place()}: {message}")

    def place(self, at: int | None = None) -> str:
        """Where the walk stands, for messages: file, line and column."""
        before = self._text[: self._at if at is None else at]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") if lines else self._column + len(before) + 1
        return f"{self.name}:{self._line + lines}: column {column}"

    def _skip_small(self) -> bool:
        """Walk past a group that is small. Returns whether it was."""
        try:
            _value, end = _PLAIN.raw_decode(self._text[self._at : self._at + _SMALL])
        except (json.JSONDecodeError, RecursionError):
            return False
        self._at += end
        return True

    def _take(self, mark: str, what: str) -> None:
        if self.peek() != mark:
            raise self._broken(self._at, what, f"Expecting {what}")
        self._at += 1

    def _is_last(self, closing: str) -> bool:
        """Walk past what follows a member or item; whether it closes the group."""
        if self.peek() not in (",", closing):
            raise self._broken(self._at, "a list or object", f"Expecting ',' or '{closing}'")
        self._at += 1
        return self._text[self._at - 1] == closing

    # --- faults -------------------------------------------------------------------------------------------------------

    def _broken(self, at: int, what: str, message: str) -> Refusal:
        """What is wrong at a place of the window: no JSON, or none any more because the text runs out."""
        runs_out = message.startswith("Unterminated") or _STUMP.fullmatch(self._text, at) is not None
        if not runs_out:
            # The messages of the JSON module name what it expects, never what it found.
            told = f"{self.place(at)}: is not JSON: {message[0].lower()}{message[1:]}"
            return Refusal("unreadable", f"{told}; ask the partner to send it again")
        if self._is_end:
            return Refusal("unreadable", f"{self.place(len(self._text))}: the text ends within {what}: {CUT}")
        return self._too_large(what)

    def _too_large(self, what: str) -> Refusal:
        told = f"{self.place()}: {what} has more than {MAX_RECORD_BYTES:,} characters"
        return Refusal("too_large", f"{told}; ask the partner how the file is made")

    # --- the window ---------------------------------------------------------------------------------------------------

    def _look_ahead(self) -> None:
        """Slide the window on, unless enough text lies ahead."""
        if self._is_end or len(self._text) - self._at >= _AHEAD:
            return
        self._sent, self._mark = self._sent_at(self._at), 0
        gone = self._text[: self._at]
        self._column = len(gone) - gone.rfind("\n") - 1 if "\n" in gone else self._column + len(gone)
        self._line += gone.count("\n")
        self._text, self._at = self._text[self._at :], 0
        while len(self._text) < _AHEAD and not self._is_end:
            chunk = self._file.read(_CHUNK)
            self._is_end = not chunk
            self._text += self._decoded(chunk)

    def _decoded(self, chunk: bytes) -> str:
        """The text of some bytes; refused, at their place, where they are no text or hold zero bytes."""
        try:
            text = self._decoder.decode(chunk, final=self._is_end)
        except UnicodeDecodeError as error:
            self._text += error.object[: error.start].decode(self.encoding)
            place = self.place(len(self._text))
            if self._is_end:
                raise Refusal("unreadable", f"{place}: the text ends within a character: {CUT}") from None
            told = f"{place}: a byte that is not {self.encoding}"
            raise Refusal("bad_encoding", f"{told}; check the feed's `encoding`") from None
        if "\0" in text:
            self._text += text
            told = f"{self.place(self._text.index(chr(0)))}: zero bytes (NUL): the file is damaged"
            raise Refusal("unreadable", f"{told}; ask the partner to send it again")
        return text

    def _sent_at(self, at: int) -> int:
        """The offset in the file of a place in the window; none is asked for before one that was."""
        self._sent += self._length(self._text[self._mark : at])
        self._mark = at
        return self._sent

    def _length(self, text: str) -> int:
        return len(text) if text.isascii() and "16" not in self.encoding else len(text.encode(self.encoding))
