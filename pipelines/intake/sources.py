"""The files that can be read: those in landing, and paths given by a caller; archives open into their members."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.intake.refusal import Refusal

# A file with such a name is still being written, or belongs to an editor or an operating system.
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
# No partner's monthly file comes near; a member that says it holds more is refused before it is unpacked.
MAX_MEMBER_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Source:
    """One file, or one member of an archive, that may hold a delivery."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The path as patterns see it, with `/`; an archive's name stands for a folder."""
        whole = self.path.as_posix()
        return f"{whole}/{self.member}" if self.member else whole

    def __str__(self) -> str:
        return f"{self.path.name}:{self.member}" if self.member else self.path.name

    def read(self) -> bytes:
        """The bytes of the file or member.

        Raises:
            Refusal: where the file cannot be read, or the archive is damaged.
        """
        try:
            if self.member is None:
                return self.path.read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                if archive.getinfo(self.member).file_size > MAX_MEMBER_BYTES:
                    raise Refusal("unreadable", f"{self}: says it unpacks to more than {MAX_MEMBER_BYTES:,} bytes")
                return archive.read(self.member)
        except OSError as error:
            raise Refusal("unreadable", f"{self.path}: cannot be read ({error.strerror or error})") from error
        except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, KeyError) as error:
            raise Refusal(
                "unreadable", f"{self.path}: the archive is damaged or locked ({error}); ask for it again"
            ) from error


def in_landing(landing: Path) -> Iterator[Path]:
    """Every finished file below landing, in name order."""
    for path in sorted(landing.rglob("*")):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(landing).parts)
        if path.is_file() and not hidden and not path.name.endswith(_UNFINISHED):
            yield path


def opened(path: Path) -> list[Source]:
    """A file as sources: itself, or the members of a .zip.

    Raises:
        Refusal: for a folder, a missing file, or an archive that cannot be opened.
    """
    if path.is_dir():
        message = (
            f"{path}: is a folder; name the files in it ({path}/*), or put them below landing and run `commongrid load`"
        )
        raise Refusal("not_a_file", message)
    if not path.is_file():
        raise Refusal("not_a_file", f"{path}: there is no such file")
    if path.suffix.lower() != ".zip":
        return [Source(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [item.filename for item in archive.infolist() if not item.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise Refusal("unreadable", f"{path}: not a readable zip archive ({error}); ask for it again") from error
    return [Source(path, name) for name in sorted(names) if not name.startswith("__MACOSX/")]


def sha256(path: Path) -> str:
    """The hash of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
