"""Landing on another machine: what arrives there is mirrored into the home, file by file, and read from there.

What was fetched is remembered beside the mirror, so that an unchanged file costs no more than its line in a listing.
"""

from __future__ import annotations

import fcntl
import filecmp
import json
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipelines.intake.archives import leads_out
from pipelines.intake.refusal import Refusal
from pipelines.intake.remote import Entry, Remote
from pipelines.intake.sources import is_finished, sha256
from warehouse.home import Home, local_folder, whole
from warehouse.sealed import is_sealed

Say = Callable[[str], None]

MEMORY = "landing.json"
# A draft's name is longer than its file's, and a disk takes 255 bytes.
_LONGEST_NAME = 200


class _UnsettledError(Exception):
    """The file changed while it was copied."""


class _AlreadyError(Exception):
    """What was fetched is here already, though it has been sealed since."""


class _StrangeError(Exception):
    """Another file is in its place."""


def bring_in(home: Home, say: Say, seconds: float | None = None) -> list[str]:
    """Fetch what has arrived where landing is said to be, and tell what could not be.

    That is no reason not to load what is here, so nothing is raised.

    Args:
        home: the home to bring it into.
        say: told a line a file.
        seconds: how long to go on with further files, for one who will ask again; then a fetch under way elsewhere is
            not waited for either.

    Returns:
        The reasons of all that was refused.
    """
    if home.landing_url is None:
        return []
    try:
        return _fetched(home, home.landing_url, say, seconds).refused
    except Refusal as refusal:
        say(f"refused   {refusal}")
        return [str(refusal)]


def fetch(home: Home, url: str, say: Say) -> list[Path]:
    """Bring every finished file below a URL that is new or changed into landing, each at its own path, by one rename.

    A folder of this machine is landing itself, and nothing is copied. Nothing is ever changed at the URL, and what is
    removed there stays here.

    Args:
        home: the home to bring it into.
        url: a folder, or any URL that fsspec knows.
        say: told a line a file, of those that are refused or still being written as well.

    Returns:
        The files fetched.

    Raises:
        Refusal: where the URL cannot be read, or landing not be written. What was fetched before that is kept.
    """
    return _fetched(home, url, say, None).fetched


@dataclass
class _Outcome:
    fetched: list[Path] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def _fetched(home: Home, url: str, say: Say, seconds: float | None) -> _Outcome:
    folder = local_folder(url)
    if folder is not None:
        if not folder.is_dir():
            raise Refusal("unreadable", f"landing {folder}: there is no such folder; make it, or mount its disk")
        return _Outcome()
    until = None if seconds is None else time.monotonic() + seconds
    try:
        with _alone(home, wait=seconds is None) as is_alone:
            if not is_alone:
                return _Outcome()
            with Remote(url) as remote:
                return _Mirror(home, remote, say).update(until)
    except OSError as error:
        told = f"{home.root}: nothing can be written ({error.strerror or error})"
        raise Refusal("unreadable", f"{told}; see to the room on the disk and the rights on the folder") from error


@contextmanager
def _alone(home: Home, wait: bool) -> Iterator[bool]:
    """Whether nobody else fetches into this home: the sensor may be at it while a person loads."""
    home.root.mkdir(parents=True, exist_ok=True)
    with (home.root / ".landing.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


class _Mirror:
    """Landing in the home, as the mirror of a folder on another machine."""

    def __init__(self, home: Home, remote: Remote, say: Say) -> None:
        self._landing, self._remote, self._say = home.landing, remote, say
        self._memory = home.root / MEMORY
        self._known = _remembered(self._memory, remote.told)
        self._outcome = _Outcome()

    def update(self, until: float | None) -> _Outcome:
        """Fetch what is new or changed."""
        listed = {
            name: entry
            for name, entry in self._remote.listing().items()
            if leads_out(name) or is_finished(PurePosixPath(name))
        }
        if not listed:
            self._say(f"waiting   {self._remote.told}: no files there")
        faults = _faults(listed)
        for name, fault in sorted(faults.items()):
            self._refuse(name, fault)
        wanted = [
            (name, entry) for name, entry in sorted(listed.items()) if name not in faults and self._is_news(name, entry)
        ]
        if wanted:
            self._bring(wanted, until)
        return self._outcome

    def _is_news(self, name: str, entry: Entry) -> bool:
        return self._known.get(name) != entry.stamp

    def _bring(self, wanted: list[tuple[str, Entry]], until: float | None) -> None:
        # Noted first: a file that is there after all was left by a run that was killed, and may be replaced.
        pending = [name for name, _entry in wanted if not (self._landing / name).exists()]
        self._known.update({name: self._known.get(name) for name in pending})
        self._remember()
        try:
            for number, (name, entry) in enumerate(wanted):
                if until is not None and time.monotonic() > until:
                    self._say(f"waiting   {len(wanted) - number} more files for the next time")
                    break
                self._bring_one(name, entry)
        finally:
            self._known = {name: stamp for name, stamp in self._known.items() if stamp is not None}
            self._remember()

    def _bring_one(self, name: str, entry: Entry) -> None:
        target = self._landing / name
        try:
            self._heed(name, target, is_sealed(target) or entry.size in (None, _size(target)))
            with whole(target) as draft:
                self._copy(entry, draft)
                is_same = _is_same(draft, target)
                self._heed(name, target, is_same)
                if is_same and is_sealed(target):
                    raise _AlreadyError
        except _AlreadyError:
            self._known[name] = entry.stamp
        except _UnsettledError:
            self._say(f"waiting   {name}: is still being written; left for the next time")
        except _StrangeError:
            self._refuse(name, f"another file of this name, not fetched, is at {target}; move it away or rename one")
        except (IsADirectoryError, NotADirectoryError, FileExistsError):
            self._refuse(name, f"what is a file there is a folder at {target}, or the reverse; move that away")
        except Refusal as refusal:
            # Raises if nothing else can be had there either.
            self._remote.entry(entry.path)
            self._refuse(name, str(refusal).removeprefix(f"{self._remote.told}: "))
        else:
            self._known[name] = entry.stamp
            self._outcome.fetched.append(target)
            self._say(f"fetched   {name}")

    def _heed(self, name: str, target: Path, is_same: bool) -> None:
        """What somebody put into landing by hand may be the only one there is."""
        if name not in self._known and target.exists() and not is_same:
            raise _StrangeError

    def _copy(self, entry: Entry, draft: Path) -> None:
        before = self._remote.entry(entry.path)
        if before is None or before.size != entry.size:
            raise _UnsettledError
        self._remote.copy(entry.path, draft)
        # A listing may tell times otherwise than a file does, so the file is asked twice.
        if self._remote.entry(entry.path) != before or entry.size not in (None, _size(draft)):
            raise _UnsettledError

    def _refuse(self, name: str, fault: str) -> None:
        reason = f"{self._remote.told}/{name if name.isprintable() else repr(name)}: {fault}"
        self._outcome.refused.append(reason)
        self._say(f"refused   {reason}")

    def _remember(self) -> None:
        with whole(self._memory) as draft:
            text = json.dumps({"url": self._remote.told, "files": self._known}, ensure_ascii=False, indent=1)
            draft.write_text(text + "\n", encoding="utf-8")


def _remembered(path: Path, told: str) -> dict[str, dict[str, str] | None]:
    """The stamp of each file when it was fetched from this URL; None of one that was about to be."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return dict(held["files"]) if held["url"] == told else {}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_same(one: Path, other: Path) -> bool:
    if is_sealed(other):
        return sha256(one) == sha256(other)
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def _faults(listed: dict[str, Entry]) -> dict[str, str]:
    """What keeps files from being mirrored, by their path."""
    alike: dict[str, list[str]] = {}
    for name in listed:
        alike.setdefault(unicodedata.normalize("NFC", name).casefold(), []).append(name)
    faults = {}
    for name, entry in listed.items():
        path = PurePosixPath(name)
        twins = [other for other in alike[unicodedata.normalize("NFC", name).casefold()] if other != name]
        if leads_out(name) or path.as_posix() != name or any(len(part.encode()) > _LONGEST_NAME for part in path.parts):
            faults[name] = "its path is not one that a file can have here; rename it there"
        elif not entry.is_file:
            faults[name] = "is a link, or other than a file; put the file itself there"
        elif twins:
            faults[name] = f"differs from {min(twins)!r} only in capital letters; rename one of them there"
        elif any(parent.as_posix() in listed for parent in path.parents):
            faults[name] = "lies in a folder that is also a file; rename one of them there"
    return faults
