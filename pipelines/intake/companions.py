"""The companion of a delivery: a file beside it, named after it, in which the partner states its control totals.

It is no delivery. It stands in the same folder, or at the same place in the same archive.
"""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from pipelines.intake.archives import members
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, sha256
from pipelines.specs.control import TOKENS
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.patterns import matcher
from warehouse.home import whole

# A manifest of the most files that an archive may hold is smaller.
MAX_BYTES = 4 * 1024**2

_matcher = lru_cache(maxsize=None)(matcher)


@dataclass(frozen=True)
class Stated:
    """What is known of a delivery besides its records, for its control totals.

    `companion` is the companion's name and `text` what it holds; empty and None where the spec declares none, None
    where there is none. `names` are the delivery's own file names, and `stem` that without its ending. `hashes` are
    those of its bytes, as sent and unpacked; none where no control total asks for them.
    """

    companion: str = ""
    text: str | None = None
    names: tuple[str, ...] = ()
    stem: str = ""
    hashes: tuple[str, ...] = ()


def stated_beside(version: FeedVersion, source: Source) -> Stated:
    """What the control totals of a delivery are held against, besides what it holds itself.

    Raises:
        Refusal: where the companion cannot be read or is no such small text, or the delivery cannot be read.
    """
    names = _names(source)
    stated = Stated(names=tuple(names), stem=PurePosixPath(names[-1]).stem)
    if any(control.of == "sha256" for control in version.control):
        content = replace(source, sheet=None).sha256()
        as_sent = sha256(source.path) if len(names) > 1 else content
        stated = replace(stated, hashes=tuple(dict.fromkeys((as_sent, content))))
    if version.companion is None:
        return stated
    found = companion_of(version, source)
    name = _names(found)[0] if found is not None else _called(version.companion, source)[0]
    return replace(stated, companion=name, text=companion_text(version, source))


def companion_of(version: FeedVersion, source: Source) -> Source | None:
    """The companion of a delivery; None where the spec declares none, or it is not there."""
    if version.companion is None:
        return None
    others = [name for name in _called(version.companion, source) if name not in _names(source)]
    return next((item for item in (_beside(source, name) for name in others) if _is_there(item)), None)


def missing_companion(version: FeedVersion, source: Source) -> str | None:
    """The name of the companion that a delivery has to wait for; None where it has none to wait for."""
    if version.companion is None or companion_of(version, source) is not None:
        return None
    return _called(version.companion, source)[0]


def companion_text(version: FeedVersion, source: Source) -> str | None:
    """What the companion of a delivery says; None where there is none.

    It is UTF-8, UTF-16 with a byte order mark, or in the encoding that the spec declares of the delivery.

    Raises:
        Refusal: where it cannot be read, or is larger than any manifest.
    """
    companion = companion_of(version, source)
    if companion is None:
        return None
    with companion.open() as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = f"{companion}: more than {MAX_BYTES:,} bytes, so no companion that states control totals"
        raise Refusal("too_large", f"{message}; ask the partner what it is")
    return _decoded(content, getattr(version.format, "encoding", "utf-8")).replace("\r\n", "\n")


def _decoded(content: bytes, encoding: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(encoding, "replace")


# --- which files are companions ---------------------------------------------------------------------------------------


def is_companion(specs: SpecSet, source: Source, partner: str | None) -> bool:
    """Whether a file that no feed takes is the declared companion of a delivery that is there, or is still to come.

    Args:
        specs: the specs in force.
        source: the file or member.
        partner: whose folder of landing it lies in; None: look at every partner's feeds.
    """
    return any(
        _belongs(pattern, source, version)
        for version in _versions(specs, partner)
        if (pattern := version.companion) is not None
    )


def is_own_companion(feed: FeedSpec, source: Source) -> bool:
    """Whether a file whose name a feed may take is the companion of another file that is there."""
    return any(
        pattern is not None and any(base is None or _is_there(base) for base in _bases(pattern, source, version))
        for version in feed.feed.versions
        for pattern in [version.companion]
    )


def _belongs(pattern: str, source: Source, version: FeedVersion) -> bool:
    """Whether a file is the companion of one that is there, or that this version would take."""
    for base in _bases(pattern, source, version):
        if base is None or _is_there(base) or any(_matcher(name)(base.name) for name in version.files):
            return True
    kept = _kept(pattern, "{stem}", source)
    # A file that was given with --feed may have any ending.
    beside = source.path.parent.iterdir() if kept and source.member is None else ()
    return any(path != source.path and PurePosixPath(_names(Source(path))[-1]).stem == kept for path in beside)


def _bases(pattern: str, source: Source, version: FeedVersion) -> Iterator[Source | None]:
    """The deliveries whose companion a file may be, going by its name; None: any beside it."""
    token = next((token for token in TOKENS if token in pattern), None)
    if token is None:
        if _names(source)[0] == pattern:
            yield None
        return
    if not (kept := _kept(pattern, token, source)):
        return
    endings = [""] if token == "{name}" else sorted({PurePosixPath(file).suffix for file in version.files})
    for ending in endings:
        yield _beside(source, kept + ending)
        if source.member is None:
            yield _beside(source, f"{kept}{ending}.gz")


def _kept(pattern: str, token: str, source: Source) -> str:
    """What stands for the token in a file's name; empty where the name does not fit."""
    before, _token, after = pattern.partition(token)
    name = _names(source)[0]
    kept = name[len(before) : len(name) - len(after)]
    return kept if token in pattern and name == before + kept + after else ""


# --- what becomes of them ---------------------------------------------------------------------------------------------


def companion_stamp(specs: SpecSet, path: Path, partner: str | None) -> str:
    """Name, size and time of every file beside a path that may be its companion; empty where there is none.

    A delivery that was refused is worth trying again once this is another. An archive holds its companions itself.
    """
    found = {found.path for version in _versions(specs, partner) if (found := companion_of(version, Source(path)))}
    stats = [(item.name, item.stat()) for item in sorted(found)]
    return ",".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)


def bring_companions(versions: Iterable[FeedVersion], path: Path, folder: Path) -> None:
    """Copy the companions of a file that is about to be copied into a folder, so that it never lies there without.

    Args:
        versions: those that read the file.
        path: the file as it was given. An archive holds its companions itself.
        folder: where it is to go.
    """
    for version in versions:
        companion = companion_of(version, Source(path))
        if companion is not None:
            with whole(folder / companion.path.name) as draft:
                shutil.copyfile(companion.path, draft)


def _versions(specs: SpecSet, partner: str | None) -> Iterator[FeedVersion]:
    for feed in specs.feeds.values():
        if partner in (None, feed.partner):
            yield from (version for version in feed.feed.versions if version.companion is not None)


def _called(pattern: str, source: Source) -> list[str]:
    """What the companion of a delivery may be called, in order."""
    names = _names(source)
    stem = PurePosixPath(names[-1]).stem
    return list(dict.fromkeys(pattern.replace("{name}", name).replace("{stem}", stem) for name in names))


def _names(source: Source) -> list[str]:
    """The file name of a delivery: as sent, and of a .gz also unpacked."""
    if source.member is not None:
        return [PurePosixPath(source.member).name]
    return list(dict.fromkeys((source.path.name, PurePosixPath(source.name).name)))


def _beside(source: Source, name: str) -> Source:
    """The file, or member of the same archive, that has this name and the same place."""
    if source.member is not None:
        folder, slash, _name = source.member.rpartition("/")
        return Source(source.path, f"{folder}{slash}{name}")
    return Source(source.path.parent / name)


def _is_there(source: Source) -> bool:
    if source.member is None:
        try:
            return source.path.is_file()
        except OSError:  # a name longer than a disk takes
            return False
    stat = source.path.stat()
    return source.member in _members(source.path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=8)
def _members(path: Path, _size: int, _mtime_ns: int) -> frozenset[str]:
    """The members of an archive, listed once while it stays as it is."""
    return frozenset(members(path))
