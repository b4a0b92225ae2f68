"""A folder on another machine: what is in it, and one file of it at a time. Nothing there is ever changed.

Whatever goes wrong there is told as a refusal, in words that name neither password nor key.
"""

from __future__ import annotations

import errno
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from pipelines.intake.refusal import Refusal

T = TypeVar("T")

# What the filesystems call the time of a file's last change, and sums of its content.
_CHANGES = (
    *("mtime", "modified", "modify", "LastModified", "last_modified", "last_write_time", "modificationTime"),
    *("updated", "created", "ETag", "etag", "md5", "md5Hash", "content_md5", "checksum"),
)
_PACKAGES = {
    **{"s3": "s3fs", "s3a": "s3fs", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol"},
    **{"gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs", "http": "aiohttp", "https": "aiohttp"},
}
# Some servers show a link to a folder as a folder: one that leads to itself has no end.
_DEEPEST = 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Entry:
    """A file as the other machine tells of it. Where `stamp` is the same, so is the content."""

    path: str
    size: int | None
    stamp: dict[str, str]
    is_file: bool


class Remote:
    """A connection to the folder that a URL names.

    Raises:
        Refusal: from every method, where the other machine does not do as asked.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.told = told(url)
        self._fs, root = self._asked(_connect, url)
        self._root = str(root).rstrip("/")

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        # A sensor asks every minute; servers count connections. Object stores hold none.
        for name in ("ftp", "client"):
            with suppress(Exception):
                getattr(self._fs, name).close()

    def listing(self) -> dict[str, Entry]:
        """Everything below the folder that is no folder itself, by its path below it."""
        found = {}
        for info in self._asked(lambda: list(self._infos())):
            name = str(info["name"])
            if name.endswith("/") and not info.get("size"):
                # How some programs make an object store show an empty folder.
                continue
            if name == self._root:
                raise Refusal("not_a_file", f"{self.told}: is a file; name the folder it lies in")
            inside = name.removeprefix(f"{self._root}/")
            if inside == name:
                raise Refusal("unreadable", f"{self.told}: lists what does not lie in it ({inside!r})")
            found[inside] = _entry(info)
        return found

    def entry(self, path: str) -> Entry | None:
        """A file as it is now; None if it is no longer there."""

        def asked() -> Entry | None:
            self._fs.invalidate_cache()
            try:
                return _entry(self._fs.info(path))
            except FileNotFoundError:
                return None

        return self._asked(asked)

    def copy(self, path: str, target: Path) -> None:
        """Bring a file's bytes here, onto the disk."""
        self._asked(lambda: self._fs.get_file(path, str(target)))
        # A power cut after this must not leave an empty file that counts as fetched.
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    def _infos(self) -> Iterator[dict[str, Any]]:
        self._fs.invalidate_cache()
        if self._fs.async_impl:
            # An object store has no folders to go through: one question tells all, or fails.
            yield from (info for info in self._fs.find(self._root, detail=True).values() if info["type"] == "file")
            return
        # fsspec's own walk passes over folders that it may not read.
        folders = [(self._root or "/", 0)]
        while folders:
            folder, depth = folders.pop()
            if depth > _DEEPEST:
                raise OSError(f"folders lie more than {_DEEPEST} deep, the last being {folder!r}")
            for info in self._fs.ls(folder, detail=True):
                if info["type"] != "directory":
                    yield info
                elif info["name"].rstrip("/") != folder.rstrip("/"):
                    folders.append((info["name"], depth + 1))

    def _asked(self, call: Callable[..., T], *args: object) -> T:
        try:
            return call(*args)
        except Refusal:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _FULL:
                raise
            # Without its cause: a traceback would print what is hidden here.
            raise Refusal("unreadable", f"{self.told}: {self._words(error)}") from None

    def _words(self, error: Exception) -> str:
        """What went wrong, and what to do about it."""
        scheme = self._url.partition(":")[0].lower()
        said = f"{type(error).__name__}: {_hidden(str(error), self._url)}"
        if isinstance(error, ImportError):
            package = _PACKAGES.get(scheme)
            return f"a package is missing; run `pip install {package}`" if package else f"a package is missing ({said})"
        if isinstance(error, ValueError) and "Protocol not known" in str(error):
            return f'"{scheme}" is no kind of place that is known; use a folder, s3://, sftp:// or another of fsspec\'s'
        if isinstance(error, ValueError):
            # Such messages quote pieces of the URL, which may be pieces of a password.
            rule = "in a user's name or password, @ : / # ? are written %40 %3A %2F %23 %3F"
            return f"the URL cannot be read; it names a host or bucket, and a folder in it; {rule}"
        if isinstance(error, FileNotFoundError):
            return f"there is no such folder, or the account may not see it ({said})"
        return f"cannot be read ({said}); check the address, the network, and the account's rights, then run again"


def told(url: str) -> str:
    """A URL as it may be printed: without user, password and query."""
    parts = re.match(r"([^/]*?://)(?:.*@)?([^?#]*)", url, flags=re.DOTALL)
    return f"{parts[1]}{parts[2]}" if parts else f"{url.partition(':')[0]}:..."


def _hidden(text: str, url: str) -> str:
    """What another program said, without what is secret in the URL."""
    inner = re.match(r"[^/]*//(.*)@", url, flags=re.DOTALL)
    account = inner[1] if inner else ""
    query = url.partition("?")[2]
    secrets = {account, account.partition(":")[2], query, *(part.partition("=")[2] for part in query.split("&"))}
    for secret in sorted({*secrets, *map(unquote, secrets)} - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return textwrap.shorten(plain, 300, placeholder=" ...")


def _connect(url: str) -> tuple[Any, str]:
    if url.partition(":")[0].lower() in ("sftp", "ssh"):
        sftp = _known_hosts_only()
        return sftp(skip_instance_cache=True, **sftp._get_kwargs_from_urls(url)), sftp._strip_protocol(url)
    import fsspec  # type: ignore[import-untyped]

    found: tuple[Any, str] = fsspec.url_to_fs(url, skip_instance_cache=True)
    return found


@lru_cache(maxsize=1)
def _known_hosts_only() -> Any:
    """SFTP to hosts that `ssh` knows. fsspec's own hands the password to whatever machine answers."""
    import paramiko  # type: ignore[import-untyped]
    from fsspec.implementations.sftp import SFTPFileSystem  # type: ignore[import-untyped]

    class KnownHostsOnly(SFTPFileSystem):  # type: ignore[misc]
        """As fsspec's, but for the host's key."""

        def _connect(self) -> None:
            self.client = paramiko.SSHClient()
            self.client.load_system_host_keys()
            self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            try:
                self.client.connect(self.host, **self.ssh_kwargs)
                self.ftp = self.client.open_sftp()
            except BaseException:
                self.client.close()
                raise

    return KnownHostsOnly


def _entry(info: dict[str, Any]) -> Entry:
    size = info.get("size")
    stamp = {name: _text(info[name]) for name in _CHANGES if info.get(name) is not None}
    return Entry(str(info["name"]), size, {**stamp, "size": str(size)}, info["type"] == "file")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
