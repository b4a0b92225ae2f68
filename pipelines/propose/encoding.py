"""Which encoding a text is in, as far as its bytes tell."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from pipelines.specs.formats import Encoding

# Bytes that Windows-1252 leaves undefined.
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_HIGH = re.compile(rb"[\x80-\xff]")
# How many bytes the zero bytes of UTF-16 are looked for in.
_START = 4096


class Guess(NamedTuple):
    """An encoding, and what is to be asked about it; None where the bytes leave no doubt."""

    encoding: Encoding
    ask: str | None = None


def encoding_of(content: bytes) -> Guess:
    """The encoding of a text. Its end may be missing."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Guess("utf-16")
    if wide := _utf_16(content[:_START]):
        return Guess(wide)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return _not_utf_8(content)
    return Guess("utf-8")


def _utf_16(start: bytes) -> Encoding | None:
    """UTF-16 without a mark: of most characters one byte is zero, and always the same one."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    most = len(start) // 2 * 0.4
    found: Encoding | None = None
    if odd > most and even * 20 < odd:
        found = "utf-16-le"
    elif even > most and odd * 20 < even:
        found = "utf-16-be"
    text = start.decode(found, "replace") if found else ""
    is_text = sum(sign.isprintable() or sign.isspace() for sign in text) >= 0.99 * len(text)
    return found if is_text else None


def _not_utf_8(content: bytes) -> Guess:
    text = content.decode("utf-8", "replace")
    wrong, right = text.count("�"), sum(1 for sign in text if sign > "\x7f" and sign != "�")
    if right > 3 * wrong:
        at = _line(content, _first_wrong(content))
        return Guess("utf-8", f"most of it is UTF-8, but not line {at}: such lines are set aside; was the file mixed?")
    undefined = _UNDEFINED.search(content)
    if undefined:
        at, sign = _line(content, undefined.start()), content[undefined.start()]
        return Guess("iso-8859-1", f"byte 0x{sign:02x} on line {at} is no letter in cp1252; which encoding is it?")
    found = _HIGH.search(content)
    place = found.start() if found else 0
    letter, at = content[place : place + 1].decode("cp1252"), _line(content, place)
    return Guess("cp1252", f'line {at} then has the character "{letter}"; is that right?')


def _first_wrong(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _line(content: bytes, at: int) -> int:
    ends = content.count(b"\n", 0, at) or content.count(b"\r", 0, at)
    return ends + 1
