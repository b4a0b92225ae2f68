"""Files sealed at rest: encrypted where they lie, by age, and read as if they were not.

The format is age's (https://age-encryption.org/v1), with one X25519 key pair for a home's landing. Its identity file
`landing.age` lies in the keys folder, outside the home; to seal takes its public half, to read the file itself. What is
read of a sealed file is in memory alone: nothing is ever written in clear.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from warehouse.home import Home, whole

if TYPE_CHECKING:
    from pyrage.x25519 import Identity, Recipient

IDENTITY = "landing.age"
MAKE_KEY = "commongrid keys make --landing --custodian ROLE"
# Every age file of version 1 begins so (https://github.com/C2SP/C2SP/blob/main/age.md).
_HEADER = b"age-encryption.org/v1\n"
# Beyond this, a file would not be held in memory: it is as much as an archive may unpack to.
MAX_BYTES = 4 * 1024**3
_PIECE = 1024**2


class SealError(Exception):
    """A file cannot be sealed or read. `issue_type` is one of `issue_types.csv`; the message says what to do."""

    def __init__(self, issue_type: str, message: str) -> None:
        self.issue_type = issue_type
        super().__init__(message)


class ChangedError(Exception):
    """The file was written to while it was being sealed, so it stays as it is."""


@dataclass(frozen=True)
class LandingKey:
    """The key pair of a home's landing. `recipient` is its public half, as age writes it."""

    path: Path
    recipient: str
    identity: str = field(repr=False)


# --- the key ----------------------------------------------------------------------------------------------------------


def make_landing_key(folder: Path, custodian: str) -> LandingKey:
    """Make the key pair of a home's landing, for its owner alone to read.

    Args:
        folder: the keys folder, made if it is not there.
        custodian: the role that answers for the key; kept beside it.

    Raises:
        SealError: where there is a key already: without it, what it sealed could not be read. Or where `custodian` is
            not one line, or the folder cannot be written.
    """
    from pyrage import x25519

    if not custodian.strip() or not custodian.isprintable():
        raise SealError("key_missing", "name the role that answers for the key, in one line: --custodian ROLE")
    path = folder / IDENTITY
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    made = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"# created: {made}\n# custodian: {custodian.strip()}\n# public key: {recipient}\n{identity}\n"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{path} is there already; what it sealed can be read with nothing else"
        raise SealError("not_a_file", message) from None
    except OSError as error:
        raise SealError("key_missing", f"{path}: cannot be written ({error.strerror})") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return LandingKey(path, recipient, str(identity))


def landing_key(folder: Path) -> LandingKey:
    """The key pair in a keys folder.

    Raises:
        SealError: `key_missing` where there is none, or the file holds none; `key_exposed` where others than its owner
            may read it.
    """
    path = folder / IDENTITY
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & 0o077:
                message = f"{path}: others than its owner may read it; see who has, then run: chmod 600 {path}"
                raise SealError("key_exposed", message)
            text = file.read(64 * 1024)
    except FileNotFoundError:
        message = f"{path}: there is no landing key; put it back, or, for a home that never had one, run: {MAKE_KEY}"
        raise SealError("key_missing", message) from None
    except OSError as error:
        raise SealError("key_missing", f"{path}: cannot be read ({error.strerror})") from None
    return _parsed(path, text)


def _parsed(path: Path, text: bytes) -> LandingKey:
    lines = [line.strip() for line in text.decode("ascii", "replace").splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    pair = _identity(keys[0]) if len(keys) == 1 else None
    if pair is None:
        raise SealError("key_missing", f"{path}: holds no age identity, as it was made; put back the file as it was")
    return LandingKey(path, str(pair.to_public()), keys[0])


def _identity(text: str) -> Identity | None:
    from pyrage import IdentityError, x25519

    try:
        return x25519.Identity.from_str(text)
    except IdentityError:
        return None


# --- files ------------------------------------------------------------------------------------------------------------


def is_sealed(path: Path) -> bool:
    """Whether a file is there and is sealed."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return False


def seal(path: Path, key: LandingKey, before: tuple[int, int] | None = None) -> bool:
    """Encrypt a file where it lies, by one rename; its time of change stays.

    Args:
        path: the file.
        key: of which the public half is used.
        before: its size and time of change (in nanoseconds) when it was read, if it was.

    Returns:
        Whether it was open before.

    Raises:
        ChangedError: where it is another file than `before`, or is written to meanwhile. It stays as it is.
        SealError: `too_large` where it could not be read again.
    """
    if is_sealed(path):
        return False
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        found = (stat.st_size, stat.st_mtime_ns)
        if before not in (None, found):
            raise ChangedError(path)
        if stat.st_size > MAX_BYTES:
            raise SealError("too_large", f"{path}: more than {MAX_BYTES:,} bytes cannot be sealed; ask for it in parts")
        with whole(path) as draft:
            _encrypt(file, draft, key)
            draft.chmod(stat.st_mode & 0o777)
            os.utime(draft, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            now = path.stat()
            if (now.st_size, now.st_mtime_ns) != found:
                raise ChangedError(path)
    return True


def _encrypt(file: BinaryIO, draft: Path, key: LandingKey) -> None:
    import pyrage

    with draft.open("wb") as out:
        pyrage.encrypt_io(file, out, [_recipient(key.recipient)])
        out.flush()
        # A power cut after the rename must not leave an empty file in place of a partner's.
        os.fsync(out.fileno())


def _recipient(text: str) -> Recipient:
    from pyrage import x25519

    return x25519.Recipient.from_str(text)


def open_clear(path: Path) -> BinaryIO:
    """What a file says, sealed or not, as a stream that can seek. Of a sealed one, in memory.

    The key is that of the home that the environment names.

    Raises:
        SealError: where it is sealed, and the key is not at hand, is not the one it was sealed with, or it is damaged.
        OSError: where it cannot be opened.
    """
    file = path.open("rb")
    with _closing_unless_kept(file):
        if file.read(len(_HEADER)) != _HEADER:
            file.seek(0)
            return file
        key = landing_key(Home.from_environment().keys)
        stat = os.fstat(file.fileno())
        if stat.st_size > MAX_BYTES + _PIECE:
            raise SealError("too_large", f"{path}: is sealed, and too large to be read in memory")
        content = _content(path, (stat.st_size, stat.st_mtime_ns, stat.st_ino), key)
    file.close()
    return io.BytesIO(content)


@contextmanager
def _closing_unless_kept(file: BinaryIO) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise


@lru_cache(maxsize=1)
def _content(path: Path, _stamp: tuple[int, int, int], key: LandingKey) -> bytes:
    """The content of one sealed file; the last is remembered, since an archive is opened for each of its members."""
    import pyrage

    pair = _identity(key.identity)
    clear = io.BytesIO()
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, clear, [pair])
    except (pyrage.DecryptError, OSError) as error:
        if "No matching keys" in str(error):
            message = f"{path}: is sealed with another key than {key.path}; put the key back that it was sealed with"
            raise SealError("key_missing", message) from None
        raise SealError("unreadable", f"{path}: is sealed, and damaged; put it back from a backup") from None
    return clear.getvalue()
