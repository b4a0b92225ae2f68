"""As much of a file as is looked at, and what kind of file its content says it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, opened

# What is looked at: enough to tell, and over in seconds.
MAX_BYTES = 32 * 1024**2
MAX_ROWS = 50_000

Kind = Literal["workbook", "geojson", "json", "json_lines", "xml", "text"]

_PACKAGE, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROLS = bytes([*range(9), 11, *range(14, 32)])
_LOOKED_AT = 65536
_WEB_PAGE = re.compile(r"<(!doctype\s+html|html|table|body|head)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sample:
    """The beginning of a file. `is_whole` says that it is all of it; `size` counts the bytes of all of it.

    `others` are the further files of its archive, which nobody looked at.
    """

    source: Source
    content: bytes
    is_whole: bool
    size: int
    others: tuple[str, ...] = ()


def sample_of(path: Path) -> Sample:
    """The beginning of a file, or of the first file of an archive.

    Raises:
        Refusal: where there is no such file, or it is empty or cannot be read.
    """
    sources = opened(path)
    if not sources:
        raise Refusal("empty_file", f"{path}: the archive is empty; ask the partner to send it again")
    source = sources[0]
    with source.open() as file:
        content = file.read(MAX_BYTES)
        is_whole = not file.read(1)
        # The size of what is packed is known at its end only.
        size = len(content) if is_whole else max(len(content) + 1, path.stat().st_size)
    if not content.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise Refusal("empty_file", f"{source}: the file is empty; ask the partner to send it again")
    return Sample(source, content, is_whole, size, tuple(other.member or "" for other in sources[1:]))


def is_workbook(content: bytes) -> bool:
    """Whether the first bytes are those of a workbook's package, or of an older workbook."""
    return content.startswith((_PACKAGE, _OLE))


def refuse_binary(content: bytes, name: str) -> None:
    """Refuse what is neither a workbook nor a text.

    Raises:
        Refusal: where too many bytes are such as no text has.
    """
    start = content[:_LOOKED_AT]
    odd = len(start) - len(start.translate(None, _CONTROLS))
    if start.startswith(b"%PDF") or odd > 0.1 * len(start):
        raise Refusal("unreadable", f"{name}: neither a workbook nor a text; ask the partner for one of them")


def kind_of(text: str, name: str) -> Kind:
    """What kind of text a file is, by its beginning.

    Raises:
        Refusal: for a web page, which some systems send under a workbook's name.
    """
    start = text.lstrip("\ufeff \t\r\n")
    if _WEB_PAGE.match(start):
        message = f"{name}: a web page, whatever its name says; ask the partner for a workbook or a text"
        raise Refusal("unreadable", message)
    if start.startswith("<"):
        return "xml"
    if not start.startswith(("{", "[")):
        return "text"
    if re.match(r"\[\s*([{\]]|\[)", start):
        return "json"
    lines = [line for line in start.splitlines() if line.strip()]
    if start.startswith("{") and len(lines) > 1 and all(_is_object(line) for line in lines[:2]):
        return "json_lines"
    if re.search(r'"type"\s*:\s*"FeatureCollection"', start):
        return "geojson"
    return "json" if re.match(r'\{\s*"', start) else "text"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
