"""What lies packed: archives told safe before a member is read, and streams that end where they may hold no more.

Nothing is unpacked to disk, and no stream is held in memory. All of an archive is refused for one bad member, since
what else is in it was packed by the same hand.
"""

from __future__ import annotations

import copy
import gzip
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Protocol

from pipelines.intake.refusal import Refusal
from warehouse.sealed import SealError, open_clear

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A month of street crime of every force packs 17 bytes into one. What packs far better is no return, unless it is so
# small that it does no harm.
MAX_MEMBERS = 10_000
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 200
HARMLESS_BYTES = 50 * 1024**2
# zipfile holds an archive's list of members whole, and believes the size it says to have: 800 bytes a member.
MAX_DIRECTORY_BYTES = 8 * 1024**2

# Packed in ways that are not read. Within an archive, neither is a .zip or .gz.
UNREAD = (".7z", ".rar", ".tar", ".tar.gz", ".tgz", ".bz2", ".xz", ".zst")
_PACKED = (*UNREAD, ".zip", ".gz")

# What is read at once.
PIECE = 1024**2
_BUFFER = 64 * 1024
# What the local header of a member takes at the least, besides the member's name.
_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LEFTOVERS = (".ds_store", "thumbs.db")
_DAMAGE = (
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@contextmanager
def refusing(told: str, damage: str = "the archive is damaged or locked") -> Iterator[None]:
    """Turns what streams and archives raise into refusals."""
    try:
        yield
    except _DAMAGE as error:
        said = str(error) or "it breaks off"
        raise Refusal("unreadable", f"{told}: {damage} ({said}); ask for it again") from error
    except OSError as error:
        raise Refusal("unreadable", f"{told}: cannot be read ({error.strerror or error})") from error


@dataclass(frozen=True)
class _Bounds:
    """How many bytes a stream yields at the least and at the most, and what is said of one that yields more."""

    least: int
    most: int
    issue_type: str
    beyond: str


class _Stream(Protocol):
    """What is asked of a file, or of what unpacks one."""

    def read(self, size: int = ..., /) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


class _Checked(io.RawIOBase):
    """A stream whose size is checked as it is read, and whose faults are told as refusals."""

    def __init__(self, stream: _Stream, told: str, held: ExitStack, bounds: _Bounds | None = None) -> None:
        self._stream, self._told, self._held, self._bounds = stream, told, held, bounds
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is, by reading again from the start where it must."""
        return True

    def tell(self) -> int:
        """How far it was read."""
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as one piece goes."""
        view = memoryview(buffer).cast("B")
        piece = self._next(min(len(view), PIECE))
        view[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """To a place in the content; one beyond the end of what is unpacked is its end."""
        if self._bounds is None:
            with refusing(self._told):
                self._at = self._stream.seek(offset, whence)
            return self._at
        if whence == os.SEEK_END:
            while self._next(PIECE):
                pass
        target = max(0, offset if whence == os.SEEK_SET else self._at + offset)
        if target < self._at:
            # What lies before was checked when it was read.
            with refusing(self._told):
                self._at = self._stream.seek(target)
        while self._at < target and self._next(min(target - self._at, PIECE)):
            pass
        return self._at

    def close(self) -> None:
        """Give back the file, and the archive."""
        if not self.closed:
            self._held.close()
        super().close()

    def _next(self, size: int) -> bytes:
        with refusing(self._told):
            piece = self._stream.read(size)
        self._at += len(piece)
        if self._bounds is None:
            return piece
        if self._at > self._bounds.most:
            raise Refusal(self._bounds.issue_type, f"{self._told}: {self._bounds.beyond}")
        if size and not piece and self._at < self._bounds.least:
            told = f"ends after {self._at:,} of the {self._bounds.least:,} bytes it declares"
            raise Refusal("unreadable", f"{self._told}: the archive is damaged ({told}); ask for it again")
        return piece


def clear(path: Path) -> BinaryIO:
    """A file as it came, whether it has been sealed since or not.

    Raises:
        Refusal: where it is sealed, and cannot be opened.
    """
    try:
        return open_clear(path)
    except SealError as error:
        raise Refusal(error.issue_type, str(error)) from None


def file_stream(path: Path) -> BinaryIO:
    """A file as it is."""
    with refusing(str(path)), ExitStack() as held:
        file = held.enter_context(clear(path))
        return io.BufferedReader(_Checked(file, str(path), held.pop_all()), _BUFFER)


def gzip_stream(path: Path) -> BinaryIO:
    """What a .gz holds, of one part or several. Damage may first be seen at its end."""
    with refusing(str(path)), ExitStack() as held:
        file = held.enter_context(clear(path))
        most = _allowed(_size(file))
        unpacked = held.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))
        bounds = _Bounds(0, most, "too_large", f"unpacks to more than {most:,} bytes; {_SMALLER}")
        return io.BufferedReader(_Checked(unpacked, str(path), held.pop_all(), bounds), _BUFFER)


def member_stream(path: Path, member: str) -> BinaryIO:
    """A member of a .zip. Damage may first be seen at its end.

    Raises:
        Refusal: at once, where the archive or the member is not safe or cannot be opened.
    """
    told = f"{path}:{member}"
    with refusing(told), ExitStack() as held:
        archive = held.enter_context(_directory(path))
        info = archive.getinfo(member)
        _refuse_unsafe(path, info)
        # zipfile cuts a member off where it says to end. Told that it ends later, it shows what more there is.
        longer = copy.copy(info)
        longer.file_size += PIECE + 1
        unpacked = held.enter_context(archive.open(longer))
        beyond = f"holds more than the {info.file_size:,} bytes it declares; {_AGAIN}"
        bounds = _Bounds(info.file_size, info.file_size, "unsafe_archive", beyond)
        return io.BufferedReader(_Checked(unpacked, told, held.pop_all(), bounds), _BUFFER)


def members(path: Path) -> list[str]:
    """The names of the files in a .zip, in order, without what operating systems leave behind.

    Raises:
        Refusal: where the archive cannot be opened, or anything in it is not safe.
    """
    with refusing(str(path), "not a readable zip archive"), _directory(path) as archive:
        infos, end = archive.infolist(), archive.start_dir
        packed = _size(archive.fp)
    _refuse_whole(path, infos, packed)
    _refuse_overlap(path, infos, end)
    for info in infos:
        _refuse_unsafe(path, info)
    return sorted(info.filename for info in infos if not _is_folder(info) and not _is_leftover(info))


class _Sparing(io.BufferedReader):
    """A file that gives no more at once than an archive's directory may take: zipfile asks for all it says to be."""

    def __init__(self, path: Path) -> None:
        self._held = clear(path)
        # Of a file itself, what has no buffer of its own.
        raw: Any = getattr(self._held, "raw", self._held)
        super().__init__(raw)
        self._path = path

    def read(self, size: int | None = -1, /) -> bytes:
        """As any file, up to that size."""
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise Refusal("too_large", f"{self._path}: lists more than {MAX_MEMBERS:,} files; {_SMALLER}")
        return super().read(size)


@contextmanager
def _directory(path: Path) -> Iterator[zipfile.ZipFile]:
    with _Sparing(path) as file, zipfile.ZipFile(file) as archive:
        yield archive


def _size(file: IO[bytes] | None) -> int:
    """How many bytes a file holds; it stays where it was."""
    if file is None:
        return 0
    at = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(at)
    return size


def _allowed(packed: int) -> int:
    """What so many packed bytes may unpack to."""
    return min(MAX_UNPACKED_BYTES, max(HARMLESS_BYTES, MAX_RATIO * packed))


def _refuse_whole(path: Path, infos: list[zipfile.ZipInfo], packed: int) -> None:
    if len(infos) > MAX_MEMBERS:
        raise Refusal("too_large", f"{path}: holds {len(infos):,} files, more than {MAX_MEMBERS:,}; {_SMALLER}")
    size = sum(info.file_size for info in infos)
    if size > _allowed(packed):
        largest = max(infos, key=lambda info: info.file_size)
        told = f"its {packed:,} bytes unpack to {size:,}, of which {largest.file_size:,} in {_shown(largest)}"
        raise Refusal("too_large", f"{path}: {told}; {_SMALLER}")
    names = Counter(PurePosixPath(info.filename) for info in infos if not _is_folder(info))
    for info in infos:
        if names[PurePosixPath(info.filename)] > 1:
            raise Refusal("unsafe_archive", f"{path}: holds {_shown(info)} more than once; {_AGAIN}")


def _refuse_overlap(path: Path, infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Members that share bytes unpack to far more than the archive holds, or show one thing here and another there."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise Refusal("unsafe_archive", f"{path}: {_shown(info)} lies within another member; {_AGAIN}")
        end = info.header_offset + _HEADER_BYTES + len(info.orig_filename) + info.compress_size
        if end > directory:
            raise Refusal("unsafe_archive", f"{path}: {_shown(info)} is larger than its place in the archive; {_AGAIN}")


def _refuse_unsafe(path: Path, info: zipfile.ZipInfo) -> None:
    for is_so, issue_type, told in _FAULTS:
        if is_so(info):
            raise Refusal(issue_type, f"{path}: {_shown(info)} {told}")


def leads_out(name: str) -> bool:
    """Whether a name, read as a path somewhere, could end up outside of the folder it belongs in."""
    return (
        ".." in name.split("/")
        or name.startswith("/")
        or "\\" in name
        or re.match("[A-Za-z]:", name) is not None
        or any(ord(sign) < 32 or ord(sign) == 127 for sign in name)
    )


def _is_folder(info: zipfile.ZipInfo) -> bool:
    # ZipInfo.is_dir() fails on a member without a name.
    return info.filename.endswith("/")


def _is_out(info: zipfile.ZipInfo) -> bool:
    return leads_out(info.orig_filename) or not info.filename.strip("/")


def _is_no_file(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if _is_folder(info):
        return kind not in (0, stat.S_IFDIR) or info.file_size > 0
    return kind not in (0, stat.S_IFREG)


def _is_archive(info: zipfile.ZipInfo) -> bool:
    return is_packed(info.filename) and not _is_folder(info) and not _is_leftover(info)


def is_packed(name: str) -> bool:
    """Whether a name is that of an archive."""
    return name.lower().endswith(_PACKED)


def _is_locked(info: zipfile.ZipInfo) -> bool:
    return bool(info.flag_bits & _ENCRYPTED)


def _is_unread(info: zipfile.ZipInfo) -> bool:
    return info.compress_type not in _METHODS


def _is_swollen(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _allowed(info.compress_size)


def _is_leftover(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].lower() in _LEFTOVERS


def _shown(info: zipfile.ZipInfo) -> str:
    """A member's name for people: whatever a terminal would obey is spelt out."""
    return repr(info.orig_filename[:200])


_AGAIN = "nothing of it is taken; ask for it again, packed by an ordinary program"
_SMALLER = "nothing of it is taken; ask for it in parts, or unpacked"

_FAULTS: tuple[tuple[Callable[[zipfile.ZipInfo], bool], str, str], ...] = (
    (_is_out, "unsafe_archive", f"is no plain path within the archive; {_AGAIN}"),
    (
        _is_no_file,
        "unsafe_archive",
        "is a link, or other than a file; nothing of it is taken; ask for the files themselves",
    ),
    (
        _is_archive,
        "unsafe_archive",
        "is an archive within the archive; nothing of it is taken; ask for one .zip of files",
    ),
    (_is_locked, "encrypted", "needs a password; nothing of it is taken; ask for the archive without one"),
    (_is_unread, "unreadable", "is packed in a way that is not read; nothing of it is taken; ask for an ordinary .zip"),
    (_is_swollen, "too_large", f"unpacks to far more than it takes packed; {_SMALLER}"),
)
