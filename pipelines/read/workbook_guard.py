"""What a workbook's package (.xlsx, .ods: a zip archive) must be before anything in it is read.

Every part is unpacked here once, and held to the size it declares. Used in the child process.
"""

from __future__ import annotations

import copy
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from pipelines.intake.refusal import Refusal

_MAX_PARTS = 10_000
_MAX_UNPACKED = 512 * 1024**2
# A real sheet of numbers is packed to a thirtieth; only of large archives is the ratio looked at.
_MAX_RATIO, _RATIO_FROM = 200, 50 * 1024**2
_CHUNK, _PIECE = 1024**2, 1024
_FLAG_ENCRYPTED = 0x1
_ARCHIVES = (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
# Pictures that are packed with gzip.
_PACKED_PICTURES = (".emz", ".wmz", ".svgz")
_WITHOUT_MACROS = "ask the partner to save it without macros, as .xlsx"
_SAVE_ANEW = "ask the partner to open it, save it and send it again"


class Package:
    """A workbook's archive, all of whose parts are what they say they are."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Open and check an archive.

        Raises:
            Refusal: where it is damaged, encrypted, holds macros or archives, leads out of itself, or is too large.
        """
        self.name = name
        try:
            self._archive = zipfile.ZipFile(file)
            self._check_list()
            for part in self._archive.infolist():
                self._unpack(part)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
            message = f"{name}: not a readable workbook: the file is damaged or was cut short; {_SAVE_ANEW}"
            raise Refusal("unreadable", message) from error

    def find(self, part: str) -> str | None:
        """A part's name as it is written in the archive; None: there is no such part."""
        return self._parts.get(part.lower().removeprefix("/"))

    def read(self, part: str, most: int) -> bytes:
        """The first bytes of a part, empty where there is none."""
        found = self.find(part)
        if found is None:
            return b""
        with self._archive.open(found) as opened:
            return opened.read(most)

    def feed(self, part: str, parser: XMLParserType) -> Iterator[None]:
        """Give a part of XML to a parser, chunk by chunk.

        Raises:
            Refusal: where it is missing, damaged, or declares a document type.
        """
        found = self.find(part)
        if found is None:
            raise Refusal("unreadable", f"{self.name}: not a readable workbook: it has no {part}; {_SAVE_ANEW}")
        parser.StartDoctypeDeclHandler = lambda *_declared: self._refuse_doctype(part)
        try:
            with self._archive.open(found) as opened:
                while chunk := opened.read(_CHUNK):
                    parser.Parse(chunk, False)
                    yield
            parser.Parse(b"", True)
        except ExpatError as error:
            message = (
                f"{self.name}: not a readable workbook: {part} is damaged at its line {error.lineno}; {_SAVE_ANEW}"
            )
            raise Refusal("unreadable", message) from error

    def parse(self, part: str, parser: XMLParserType) -> None:
        """Give a part of XML to a parser as a whole."""
        for _ in self.feed(part, parser):
            pass

    def refuse(self, issue_type: str, message: str) -> NoReturn:
        """Refuse the workbook."""
        raise Refusal(issue_type, f"{self.name}: {message}")

    def _refuse_doctype(self, part: str) -> NoReturn:
        self.refuse("unsafe_xml", f"{part} declares a document type, as no spreadsheet program does; {_SAVE_ANEW}")

    # --- the list of parts --------------------------------------------------------------------------------------------

    def _check_list(self) -> None:
        parts = self._archive.infolist()
        if len(parts) > _MAX_PARTS:
            self.refuse("too_large", f"an archive of {len(parts):,} parts, and {_MAX_PARTS:,} are the most")
        for part in parts:
            if part.flag_bits & _FLAG_ENCRYPTED:
                self.refuse("encrypted", "a password is needed to open it; ask the partner to send it without")
            if _is_macro(part.filename):
                self.refuse("holds_macros", f"holds macros ({_shown(part.filename)}); {_WITHOUT_MACROS}")
        self._parts = {part.filename.lower(): part.filename for part in parts}
        if len(self._parts) < len(parts):
            self.refuse("unsafe_archive", f"has two parts of one name; {_SAVE_ANEW}")
        for part in parts:
            self._check_path(part)
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                self.refuse("unreadable", f"is packed in a way that no spreadsheet program uses; {_SAVE_ANEW}")
        self._check_sizes(parts)

    def _check_path(self, part: zipfile.ZipInfo) -> None:
        path = part.orig_filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or ":" in path.split("/")[0] or "\0" in path:
            self.refuse("unsafe_archive", f"its part {_shown(path)} leads out of the archive; {_SAVE_ANEW}")
        if stat.S_ISLNK(part.external_attr >> 16):
            self.refuse("unsafe_archive", f"its part {_shown(path)} is a link; {_SAVE_ANEW}")

    def _check_sizes(self, parts: list[zipfile.ZipInfo]) -> None:
        unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        what = "no workbook of a return is as large; ask the partner for the table alone"
        if unpacked > _MAX_UNPACKED:
            self.refuse("too_large", f"{unpacked:,} bytes when unpacked, and {_MAX_UNPACKED:,} are the most; {what}")
        if unpacked > _RATIO_FROM and unpacked > _MAX_RATIO * packed:
            self.refuse("too_large", f"unpacks to {unpacked:,} bytes, over {_MAX_RATIO} times its size; {what}")

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _unpack(self, part: zipfile.ZipInfo) -> None:
        """Unpack a part to its end; zipfile itself stops at the declared size, where other readers go on."""
        longer = copy.copy(part)
        longer.file_size = _MAX_UNPACKED + 1
        prologue = _Prologue(self, part.filename) if part.filename.lower().endswith((".xml", ".rels")) else None
        size = 0
        with self._archive.open(longer) as opened:
            while chunk := opened.read(_CHUNK):
                if size == 0 and chunk.startswith(_ARCHIVES) and not part.filename.lower().endswith(_PACKED_PICTURES):
                    shown = _shown(part.filename)
                    self.refuse("unsafe_archive", f"holds another archive ({shown}); ask the partner to leave it out")
                size += len(chunk)
                if size > part.file_size:
                    break
                if prologue is not None:
                    prologue.take(chunk)
        if size != part.file_size:
            shown, told = _shown(part.filename), f"{part.file_size:,} bytes"
            self.refuse("unsafe_archive", f"its part {shown} is said to have {told} and has not; {_SAVE_ANEW}")

    def check_types(self) -> None:
        """Refuse an .xlsx that says of one of its parts, by whatever name, that it is program code."""
        parser = ParserCreate()

        def start(_name: str, attributes: dict[str, str]) -> None:
            kind = attributes.get("ContentType", "").lower()
            if "vbaproject" in kind or "macrosheet" in kind:
                self.refuse("holds_macros", f"holds macros; {_WITHOUT_MACROS}")

        parser.StartElementHandler = start
        self.parse("[Content_Types].xml", parser)


class _Prologue:
    """Looks at a part's XML down to its first element, above which alone a document type can stand."""

    def __init__(self, package: Package, part: str) -> None:
        self._is_over = False
        self._parser = ParserCreate()
        self._parser.StartDoctypeDeclHandler = lambda *_declared: package._refuse_doctype(part)
        self._parser.StartElementHandler = self._end

    def _end(self, _name: str, _attributes: dict[str, str]) -> None:
        self._is_over = True
        self._parser.StartElementHandler = None

    def take(self, chunk: bytes) -> None:
        """The next bytes of the part."""
        # In pieces, since most of a part lies below its first element; in ever larger ones, since expat begins anew
        # on each piece of a long comment.
        at, size = 0, _PIECE
        while not self._is_over and at < len(chunk):
            try:
                self._parser.Parse(chunk[at : at + size], False)
            except ExpatError:
                # A part that is damaged is refused where it is read; most are not.
                self._is_over = True
            at, size = at + size, size * 4


def _is_macro(part: str) -> bool:
    path = part.lower().replace("\\", "/")
    if path.endswith(("/", "/script-lc.xml", "/script-lb.xml")):
        # OpenDocument's folders of code, and its lists of what is in them, which may be empty.
        return False
    return path.endswith("vbaproject.bin") or path.startswith(("xl/macrosheets/", "basic/", "scripts/"))


def _shown(part: str) -> str:
    """A part's name, fit for a message."""
    return ascii(part[:80])
