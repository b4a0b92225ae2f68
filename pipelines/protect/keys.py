"""The keys that identifiers are made pseudonyms by: files in a folder of their own, outside the home.

    <keys>/<partner>/<dataset>/<purpose>.<key_id>.yml

Each holds one key and who keeps it. No message and no `repr` ever holds a secret. What does not belong here: making a
pseudonym (`pseudonyms.py`), and making a feed's files anew under another key (`orchestration/rotate.py`).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from pipelines.intake.refusal import Refusal
from pipelines.specs.base import Day, Name, Spec, Text

# HMAC-SHA-256 asks for a key as long as its hash (RFC 2104, section 3).
SECRET_BYTES = 32
_ID_BYTES = 4
_KEY_ID = re.compile(r"^[0-9a-f]{8}$")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class _KeyFile(Spec):
    """A key as its file holds it."""

    key_id: Text
    partner: Name
    dataset: Name
    purpose: Name
    custodian: Text
    made_on: Day
    retired_on: Day | None = None
    secret: Text


@dataclass(frozen=True)
class Key:
    """One key. `custodian` is the role that keeps it; `retired_on` is None while new pseudonyms are made by it."""

    key_id: str
    partner: str
    dataset: str
    purpose: str
    custodian: str
    made_on: date
    retired_on: date | None
    secret: bytes = field(repr=False)

    @property
    def feed(self) -> str:
        """Whose key it is, `partner/dataset`."""
        return f"{self.partner}/{self.dataset}"

    def path(self, folder: Path) -> Path:
        """Where it lies below the folder of keys."""
        return folder / self.partner / self.dataset / f"{self.purpose}.{self.key_id}.yml"

    def told(self) -> dict[str, str | None]:
        """All that may be told of it."""
        retired = self.retired_on.isoformat() if self.retired_on else None
        return {
            "feed": self.feed,
            "purpose": self.purpose,
            "key_id": self.key_id,
            "custodian": self.custodian,
            "made_on": self.made_on.isoformat(),
            "retired_on": retired,
        }


def new_key(feed: str, purpose: str, custodian: str, today: date) -> Key:
    """A key of random bytes, not written anywhere yet."""
    partner, dataset = feed.split("/")
    secret = secrets.token_bytes(SECRET_BYTES)
    return Key(secrets.token_hex(_ID_BYTES), partner, dataset, purpose, custodian, today, None, secret)


def write_key(folder: Path, key: Key) -> Path:
    """Write a key that has no file yet, whole or not at all; only its owner may read it.

    Raises:
        Refusal: `key_exposed` where others may look into a folder on the way to it.
        FileExistsError: where it has a file.
    """
    path = key.path(folder)
    _made_private(folder, path.parent)
    draft = _draft(path, key)
    try:
        # Unlike a rename, a link overwrites nothing.
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    return path


def retire(folder: Path, key: Key, today: date) -> Key:
    """Note in a key's file that no new pseudonym is made by it."""
    retired = replace(key, retired_on=today)
    path = key.path(folder)
    _draft(path, retired).replace(path)
    return retired


def destroy(folder: Path, key: Key) -> None:
    """Overwrite a key's file with noughts and delete it. Copies of the folder are for their keeper to delete."""
    path = key.path(folder)
    with path.open("r+b") as file:
        file.write(b"0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def keys_of(folder: Path, feed: str) -> list[Key]:
    """All keys of a feed, retired ones too, by purpose and the day they were made.

    Raises:
        Refusal: where one of them cannot be used; with its file and what to do, and nothing that it holds.
    """
    return sorted((_read(folder, path) for path in _files(folder, feed)), key=lambda key: (key.purpose, key.made_on))


def all_keys(folder: Path) -> list[Key]:
    """All keys there are, by feed.

    Raises:
        Refusal: where one of them cannot be used.
    """
    feeds = sorted({f"{path.parts[-3]}/{path.parts[-2]}" for path in folder.glob("*/*/*.yml")})
    return [key for feed in feeds for key in keys_of(folder, feed)]


def key_in_use(folder: Path, feed: str, purpose: str) -> Key:
    """The one key that pseudonyms of a feed are made by for a purpose.

    Raises:
        Refusal: `key_missing`, `key_wrong` or `key_exposed`.
    """
    paths = [path for path in _files(folder, feed) if path.name.startswith(f"{purpose}.")]
    keys = [key for key in (_read(folder, path) for path in paths) if key.retired_on is None]
    if len(keys) == 1:
        return keys[0]
    at = folder / feed
    if keys:
        message = f"{at}: {len(keys)} keys for {purpose} are in use; leave one, and say `retired_on` in the others"
        raise Refusal("key_wrong", message)
    make = f"commongrid keys make --feed {feed} --custodian ROLE"
    raise Refusal("key_missing", f"{at}: there is no key for {purpose}; put it back from its keeper's copy, or {make}")


def ids_in_use(folder: Path, feed: str) -> tuple[str, ...]:
    """What the keys of a feed are called that are in use, `purpose.key_id`; without those that are refused."""
    found = []
    for path in _files(folder, feed):
        with suppress(Refusal):
            if _read(folder, path).retired_on is None:
                found.append(path.stem)
    return tuple(sorted(found))


def stamp_of(folder: Path) -> list[tuple[str, int, int]]:
    """The files and folders of keys, when each was changed and who may read it: cheap, and other after any change."""
    if not folder.is_dir():
        return []
    found = (
        (path, path.stat()) for path in (folder, *folder.glob("*"), *folder.glob("*/*"), *folder.glob("*/*/*.yml"))
    )
    return sorted((str(path), at.st_mtime_ns if path.is_file() else 0, at.st_mode) for path, at in found)


def _files(folder: Path, feed: str) -> list[Path]:
    return sorted((folder / feed).glob("*.yml"))


# --- one file ---------------------------------------------------------------------------------------------------------


def _read(folder: Path, path: Path) -> Key:
    import yaml

    how = "put it back from its keeper's copy"
    try:
        _check_private(folder, path)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Refusal("key_wrong", f"{path}: the key cannot be read ({reason}); {how}") from None
    try:
        kept = _KeyFile.model_validate(yaml.safe_load(text))
        secret = base64.b64decode(kept.secret, validate=True)
    except (yaml.YAMLError, ValidationError, binascii.Error):
        # What stands in the file is told to nobody: it may be the secret.
        raise Refusal("key_wrong", f"{path}: is not a key as `commongrid keys make` writes one; {how}") from None
    if len(secret) < SECRET_BYTES:
        raise Refusal("key_wrong", f"{path}: the secret is shorter than {SECRET_BYTES} bytes; {how}")
    key = Key(
        kept.key_id, kept.partner, kept.dataset, kept.purpose, kept.custodian, kept.made_on, kept.retired_on, secret
    )
    if key.path(folder) != path or not _KEY_ID.match(key.key_id):
        raise Refusal("key_wrong", f"{path}: holds the key of another feed, purpose or id than its name says; {how}")
    return key


def _draft(path: Path, key: Key) -> Path:
    """The file of a key, written beside where it is to lie."""
    import yaml

    kept = {name: value for name, value in key.told().items() if name != "feed" and value is not None}
    secret = base64.b64encode(key.secret).decode("ascii")
    held = {"partner": key.partner, "dataset": key.dataset, **kept, "secret": secret}
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(held, file, sort_keys=False)
        file.flush()
        os.fsync(file.fileno())
    return draft


# --- who may read it --------------------------------------------------------------------------------------------------


def _on_the_way(folder: Path, inner: Path) -> Iterator[Path]:
    """The folder of keys, and each folder in it down to `inner`."""
    yield folder
    for count in range(1, len(inner.relative_to(folder).parts) + 1):
        yield folder.joinpath(*inner.relative_to(folder).parts[:count])


def _made_private(folder: Path, inner: Path) -> None:
    for each in _on_the_way(folder, inner):
        each.mkdir(mode=0o700, parents=each == folder, exist_ok=True)
        _refuse_if_shared(each, "chmod 700")


def _check_private(folder: Path, path: Path) -> None:
    for each in _on_the_way(folder, path.parent):
        _refuse_if_shared(each, "chmod 700")
    _refuse_if_shared(path, "chmod 600")


def _refuse_if_shared(path: Path, mend: str) -> None:
    if path.stat().st_mode & _OTHERS:
        message = f"{path}: others than its owner may read it; `{mend}` it, and rotate the key if anybody may have"
        raise Refusal("key_exposed", message)
