"""A copy of a home in one file or folder, and a home made again from it. Whole, or not at all, either way.

A backup holds the ledger, the journal, landing as it lies, what was made of it, reference data and releases, and a
manifest with the hash of each file. What can be built again is not in it (the warehouse, reports), nor what belongs
elsewhere: specs, settings (which may hold passwords) and keys. What lies open in landing though it is of people would
leave the home in clear, so there is no backup before that is sealed.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from pipelines.intake.archives import PIECE, leads_out
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import as_text, escaped, in_landing
from pipelines.orchestration.open_files import lying_open
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.ledger import Ledger
from warehouse.releases import sync

MANIFEST = "manifest.json"
VERSION = 1
LEDGER, LANDING = "ledger.sqlite", "landing"
# What is copied as it lies, by its name below the home.
_FOLDERS = (
    "raw", "harmonised", "quarantine", "issues", "places", "boundaries", "reference", "lookups", "releases",
)  # fmt: skip
_FILES = ("journal.jsonl", "landing.json", "home.id", "key_checks.json", "requests_applied.json")


@dataclass(frozen=True)
class _Item:
    """A file of the backup: its name in there, and where it lies. `link`: it is a link, to this."""

    name: str
    path: Path
    link: str | None = None


class _Shelf(Protocol):
    """What a backup is written to."""

    def add(self, name: str, file: IO[bytes], size: int) -> None: ...


# --- making one -------------------------------------------------------------------------------------------------------


def back_up(home: Home, specs: SpecSet, ledger: Ledger, to: Path) -> dict[str, Any]:
    """Back a home up, which the caller holds for itself. A name that ends in .tar is that of a file, else of a folder.

    Returns:
        How many `files` and `bytes` are in it, and when it was `made_at`.

    Raises:
        Refusal: where there is something at `to`, the ledger is in PostgreSQL, files of people lie open, or a file
            changes or cannot be read meanwhile. Nothing is left behind.
    """
    _check(home, specs, ledger, to)
    entries: list[dict[str, Any]] = []
    try:
        with whole(to) as draft, _shelf(draft, to.suffix == ".tar") as shelf:
            snapshot = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}.ledger")
            try:
                _copy_ledger(home.ledger, snapshot)
                for item in [_Item(LEDGER, snapshot), *_items(home)]:
                    entries.append(_put(shelf, item))
            finally:
                snapshot.unlink(missing_ok=True)
            made = {"version": VERSION, "made_at": led.now().isoformat(timespec="seconds"), "files": entries}
            text = json.dumps(made, indent=1, ensure_ascii=False).encode()
            shelf.add(MANIFEST, io.BytesIO(text), len(text))
    except OSError as error:
        raise Refusal("unreadable", f"{to}: no backup was made ({error}); see to it and try again") from error
    return {"files": len(entries), "bytes": sum(item["size"] for item in entries), "made_at": made["made_at"]}


def _check(home: Home, specs: SpecSet, ledger: Ledger, to: Path) -> None:
    if to.exists() or to.is_symlink():
        raise Refusal("not_a_file", f"{to} is there already; name another")
    if to.resolve().is_relative_to(home.root):
        raise Refusal("not_a_file", f"{to} lies in the home itself, and would be lost with it; name a place elsewhere")
    if home.ledger_url is not None:
        how = "back it up by pg_dump, and copy the folders of the home beside it while nothing runs"
        raise Refusal("not_a_file", f"the ledger is in PostgreSQL, of which no copy is made here; {how}")
    opened = [lying.item.key for lying in lying_open(home, specs, ledger)]
    if opened:
        named = ", ".join(opened[:5]) + (", ..." if len(opened) > 5 else "")
        told = f"{len(opened):,} files of people lie open in landing: {named}"
        raise Refusal("key_missing", f"{told}; seal them first: commongrid seal")


def _items(home: Home) -> Iterator[_Item]:
    for path in in_landing(home.landing):
        name = as_text(path.relative_to(home.landing))
        if name is None:
            raise Refusal("not_a_file", f"{escaped(path)}: its name is not UTF-8; rename it, then back up")
        yield _Item(f"{LANDING}/{name}", path)
    for file in _FILES:
        if (home.root / file).is_file():
            yield _Item(file, home.root / file)
    for folder in _FOLDERS:
        for path in sorted((home.root / folder).rglob("*")):
            name = path.relative_to(home.root).as_posix()
            if path.is_symlink():
                yield _Item(name, path, path.readlink().as_posix())
            elif path.is_file() and not any(part.startswith(".") for part in path.relative_to(home.root).parts):
                yield _Item(name, path)


def _copy_ledger(path: Path, target: Path) -> None:
    """A copy of the SQLite ledger as of its last commit (https://www.sqlite.org/backup.html)."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("pragma journal_mode=delete")


class _Hashing(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.found = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """As the file."""
        piece = self._file.read(size)
        self.found.update(piece)
        return piece


def _put(shelf: _Shelf, item: _Item) -> dict[str, Any]:
    """Copy a file; what the manifest says of it."""
    if item.link is not None:
        return {"name": item.name, "link": item.link, "size": 0}
    stat = item.path.stat()
    with item.path.open("rb") as file:
        hashing = _Hashing(file)
        shelf.add(item.name, hashing, stat.st_size)  # type: ignore[arg-type]
    now = item.path.stat()
    if (now.st_size, now.st_mtime_ns) != (stat.st_size, stat.st_mtime_ns):
        raise OSError(f"{item.path} was written to meanwhile")
    return {
        "name": item.name,
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "sha256": hashing.found.hexdigest(),
    }


class _Tar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, file)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700)

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            shutil.copyfileobj(file, out, PIECE)


@contextmanager
def _shelf(draft: Path, is_tar: bool) -> Iterator[_Shelf]:
    if not is_tar:
        yield _Folder(draft)
        return
    with tarfile.open(draft, "w", format=tarfile.PAX_FORMAT) as tar:
        draft.chmod(0o600)
        yield _Tar(tar)
    sync(draft)


# --- making a home of one ---------------------------------------------------------------------------------------------


def restore(source: Path, into: Path, then: Callable[[Home], None]) -> dict[str, Any]:
    """Make a home again from a backup.

    Args:
        source: the backup.
        into: where the home is to be.
        then: what is to be done with it before it is put in its place. A backup knows nothing of what was decided
            after it was made: what was erased since has to be erased again.

    Returns:
        How many `files` there are, and when the backup was `made_at`.

    Raises:
        Refusal: where `into` holds anything, or the backup is not whole, file by file, or is none. Nothing is left
            behind then.
    """
    into = into.expanduser().resolve()
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise Refusal("not_a_file", f"{into} is not empty; a home is restored into an empty folder only")
    try:
        with _opened(source) as read, whole(into) as draft:
            manifest = _manifest(source, read)
            draft.mkdir(mode=0o700)
            for entry in manifest["files"]:
                _take(source, read, entry, draft)
            then(Home(draft, draft, draft))
            if into.exists():
                into.rmdir()
    except (OSError, tarfile.TarError) as error:
        raise Refusal("unreadable", f"{source}: nothing was restored ({error})") from error
    return {"files": len(manifest["files"]), "made_at": manifest["made_at"]}


@contextmanager
def _opened(source: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """What opens a file of a backup by its name."""
    if source.is_dir():
        yield lambda name: (source / name).open("rb")
        return
    with tarfile.open(source, "r:") as tar:

        def read(name: str) -> IO[bytes]:
            try:
                file = tar.extractfile(name)
            except KeyError:
                file = None
            if file is None:
                raise OSError(f"{name} is missing from it")
            return file

        yield read


def _manifest(source: Path, read: Callable[[str], IO[bytes]]) -> dict[str, Any]:
    with read(MANIFEST) as file:
        try:
            found: dict[str, Any] = json.load(file)
            version, entries = found["version"], found["files"]
        except (ValueError, KeyError, TypeError):
            raise Refusal("unreadable", f"{source}: its {MANIFEST} is none of a backup") from None
    if version != VERSION:
        told = f"a backup of version {version}; this version of commongrid knows {VERSION}"
        raise Refusal("unreadable", f"{source}: {told}")
    for entry in entries:
        if leads_out(entry["name"]) or leads_out(entry.get("link", "")):
            raise Refusal("unsafe_archive", f"{source}: {entry['name']!r} leads out of the home; nothing was restored")
    return found


def _take(source: Path, read: Callable[[str], IO[bytes]], entry: dict[str, Any], root: Path) -> None:
    import os

    path = root / entry["name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    if "link" in entry:
        path.symlink_to(entry["link"])
        return
    with read(entry["name"]) as file, path.open("xb") as out:
        hashing = _Hashing(file)
        shutil.copyfileobj(hashing, out, PIECE)
        out.flush()
        os.fsync(out.fileno())
    if hashing.found.hexdigest() != entry["sha256"]:
        raise Refusal("unreadable", f"{source}: {entry['name']} is not as it was backed up; use another backup")
    os.utime(path, ns=(entry["mtime_ns"], entry["mtime_ns"]))
