"""A partner's text in its declared encoding as stretches of UTF-8 that end where lines end.

Bytes that are not in the encoding become U+FFFD in what is transcoded and stay as they are in UTF-8; either way the
reader finds the lines that hold them (`undecodable`), for a line with one such byte is set aside, not mended.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_RECORD_BYTES

# How much is read at a time: large enough for the vector operations to pay, small beside any machine's memory.
STRETCH_BYTES = 8 * 1024**2
REPLACEMENT = "�".encode()
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True)
class Stretch:
    """Whole lines of a file as UTF-8. `sent_at` is the offset of its first byte in the file as it was sent."""

    content: bytes
    sent_at: int
    is_last: bool


def stretches(file: BinaryIO, encoding: str, name: str, line_end: bytes = b"\n") -> Iterator[Stretch]:
    """The file's text, stretch by stretch; there is always one, and only the last may end without a line end.

    Raises:
        Refusal: for an empty file, one in another encoding than declared as its first bytes tell, or an endless line.
    """
    raw, encoding, sent_at = _opened(file, encoding, name)
    decoder = None if encoding in ("utf-8", "ascii") else codecs.getincrementaldecoder(encoding)("replace")
    kept = b""
    while True:
        piece = file.read(STRETCH_BYTES)
        is_last = len(piece) == 0
        raw += piece
        fresh = raw if decoder is None else decoder.decode(raw, final=is_last).encode("utf-8", "replace")
        raw = b""
        kept += fresh
        cut = len(kept) if is_last else kept.rfind(line_end) + 1
        if not is_last and cut == 0 and len(kept) > MAX_RECORD_BYTES:
            raise Refusal("too_large", f"{name}: {_endless(kept)}; ask the partner how the file is made")
        if cut or is_last:
            whole, kept = kept[:cut], kept[cut:]
            yield Stretch(whole, sent_at, is_last)
            sent_at += sent_length(whole, encoding)
        if is_last:
            return


def _opened(file: BinaryIO, encoding: str, name: str) -> tuple[bytes, str, int]:
    """The first bytes past a byte order mark, the encoding without it, and where that is in the file."""
    raw = file.read(STRETCH_BYTES)
    if not raw.strip():
        raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")
    marked = _BOMS.get(raw[:2])
    if encoding == "utf-16":
        if marked is None:
            message = f"{name}: UTF-16 without a byte order mark; declare `encoding: utf-16-le` or `utf-16-be`"
            raise Refusal("bad_encoding", message)
        return raw[2:], marked, 2
    if marked is not None and not encoding.startswith("utf-16"):
        raise Refusal("bad_encoding", f"{name}:1: the file is UTF-16, not {encoding}; declare `encoding: utf-16`")
    if encoding.startswith("utf-16"):
        return (raw[2:], encoding, 2) if marked == encoding else (raw, encoding, 0)
    if encoding == "utf-8" and raw.startswith(codecs.BOM_UTF8):
        return raw[3:], encoding, 3
    return raw, encoding, 0


def _endless(content: bytes) -> str:
    told = "a run of zero bytes" if b"\0" * 64 in content else "a line"
    hint = " (it has carriage returns: `line_end: cr` may be meant)" if b"\r" in content else ""
    return f"{told} of more than {MAX_RECORD_BYTES:,} bytes{hint}"


def sent_length(content: bytes, encoding: str) -> int:
    """How many bytes this UTF-8 was in the file as sent; damaged text counts as it is written here."""
    if encoding in ("utf-8", "ascii"):
        return len(content)
    text = content.decode("utf-8", "replace")
    return len(text) if not encoding.startswith("utf-16") else len(text.encode("utf-16-le", "replace"))


def undecodable(content: bytes, encoding: str) -> list[int]:
    """Offsets in a stretch of bytes that are not text in the declared encoding: the first such of each line."""
    if encoding not in ("utf-8", "ascii"):
        return [found.start() for found in re.finditer(REPLACEMENT + rb"[^\n]*", content)]
    places, at, view = [], 0, memoryview(content)
    while at < len(content):
        try:
            str(view[at:], encoding)
            break
        except UnicodeDecodeError as error:
            places.append(at + error.start)
            at = content.find(b"\n", at + error.start) + 1 or len(content)
    return places
