"""The files that can be read: those in landing, and paths given by a caller; archives open into their members."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import BinaryIO

from pipelines.intake.archives import PIECE, UNREAD, clear, file_stream, gzip_stream, is_packed, member_stream, members
from pipelines.intake.refusal import Refusal

# A file with such a name is still being written, or belongs to an editor or an operating system.
_UNFINISHED = (
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".crdownload",
    ".download",
    ".opdownload",
    ".filepart",
    ".swp",
    "~",
)


@dataclass(frozen=True)
class Source:
    """One file, one member of an archive, or one sheet of a workbook that stands for a file of its own.

    A .gz is the file it was made of: it has no member, and its name is that file's.
    """

    path: Path
    member: str | None = None
    sheet: str | None = None

    @property
    def name(self) -> str:
        """The path as patterns see it, with `/`: an archive's name stands for a folder, a .gz has lost its ending."""
        whole = self.path.as_posix()
        if self.member is not None:
            return f"{whole}/{self.member}"
        return whole[: -len(self.path.suffix)] if self._is_gzip else whole

    @property
    def inner(self) -> str | None:
        """What finds it again inside its file: the member, `[sheet]`, or both."""
        sheet = f"[{self.sheet}]" if self.sheet is not None else ""
        return f"{self.member or ''}{sheet}" or None

    def within(self, inner: str | None) -> Source | None:
        """What the ledger kept as `inner`, if it is this source or a sheet of it."""
        if inner == self.member:
            return self
        kept = re.fullmatch(r"(?s)(?P<member>.*?)(\[(?P<sheet>[^\[\]]*)\])?", inner or "")
        if kept is None or (kept["member"] or None) != self.member:
            return None
        return replace(self, sheet=kept["sheet"])

    @property
    def _is_gzip(self) -> bool:
        return self.member is None and self.path.suffix.lower() == ".gz"

    def __str__(self) -> str:
        colon = ":" if self.member is not None else ""
        return f"{self.path.name}{colon}{self.inner or ''}"

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Its bytes, unpacked, as a stream that can seek. Of a sheet, those of its workbook.

        What cannot be read is raised as a Refusal, also by the stream. Damage to what is packed may only be seen at
        its end: who stops before that relies on `sha256`, which does not.

        Raises:
            Refusal: where the file cannot be opened, or the archive is damaged.
        """
        if self.member is not None:
            return member_stream(self.path, self.member)
        return gzip_stream(self.path) if self._is_gzip else file_stream(self.path)

    def sha256(self) -> str:
        """The hash of its content, read to the end; of a sheet, that of the workbook and the sheet's name.

        Raises:
            Refusal: where the file cannot be read, or is damaged anywhere.
        """
        with self.open() as stream:
            content = _hash(stream)
        return content if self.sheet is None else hashlib.sha256(f"{content}\n{self.sheet}".encode()).hexdigest()


def is_finished(inside: PurePath) -> bool:
    """Whether a file is there to be taken, by its path below landing."""
    hidden = any(part.startswith((".", "~$")) for part in inside.parts)
    return not hidden and not inside.name.lower().endswith(_UNFINISHED)


def as_text(path: PurePath) -> str | None:
    """A path as text, with `/`; None where its name is not UTF-8, so that it can be kept and told nowhere."""
    try:
        return path.as_posix().encode("utf-8").decode("utf-8")
    except UnicodeEncodeError:
        return None


def escaped(path: PurePath) -> str:
    """A path for a message, with what is no UTF-8 in it written as escapes."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode("utf-8")


def in_landing(landing: Path) -> Iterator[Path]:
    """Every finished file below landing, in name order."""
    for path in sorted(landing.rglob("*")):
        if path.is_file() and is_finished(path.relative_to(landing)):
            yield path


def opened(path: Path) -> list[Source]:
    """A file as sources: itself, or the members of a .zip, all of which are safe to read.

    Raises:
        Refusal: for a folder, a missing file, or an archive that is of a kind not read, is damaged or is not safe.
    """
    if path.is_dir():
        message = (
            f"{path}: is a folder; name the files in it ({path}/*), or put them below landing and run `commongrid load`"
        )
        raise Refusal("not_a_file", message)
    if not path.is_file():
        raise Refusal("not_a_file", f"{path}: there is no such file")
    name = path.name.lower()
    if name.endswith(UNREAD):
        raise Refusal("unreadable", f"{path}: archives of this kind are not read; ask for a .zip or .gz")
    if name.endswith(".zip"):
        return [Source(path, member) for member in members(path)]
    if name.endswith(".gz") and is_packed(path.stem):
        raise Refusal(
            "unsafe_archive", f"{path}: is an archive within an archive; ask for one .zip or .gz of the files"
        )
    return [Source(path)]


def sha256(path: Path) -> str:
    """The hash of a file's bytes as they came, read in pieces.

    Raises:
        Refusal: where it is sealed, and cannot be opened.
    """
    with clear(path) as file:
        return _hash(file)


def _hash(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    while piece := stream.read(PIECE):
        found.update(piece)
    return found.hexdigest()
