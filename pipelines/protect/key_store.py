"""Where keys are looked for, and whether they are the ones that were used before."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipelines.intake.refusal import Refusal
from pipelines.protect.keys import Key, ids_in_use, key_in_use, stamp_of
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.models import Dataset
from pipelines.specs.sensitivity import pseudonym_columns
from warehouse.home import Home, whole

CHECKS = "key_checks.json"
_CHECKED = b"commongrid: is this the key that was used before?"


def purposes_of(dataset: Dataset, version: FeedVersion | None = None) -> list[str]:
    """The purposes that keys are needed for: of all of a dataset's fields, or of those that a version fills."""
    if version is None:
        kept = [field.pseudonym for field in dataset.fields.values()]
    else:
        kept = [pseudonym for _header, _column, pseudonym in pseudonym_columns(version, dataset)]
    return sorted({pseudonym.purpose for pseudonym in kept if pseudonym is not None})


@dataclass
class KeyStore:
    """The keys of a home: a folder outside it, and in the home how to tell that a key is still the same.

    The check value of a key is the HMAC of a fixed text: whoever has it can tell the key from another, and no more.
    """

    home: Home
    _is_apart: bool = field(default=False, init=False, repr=False)
    _ids: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    @property
    def folder(self) -> Path:
        """The folder of keys.

        Raises:
            Refusal: `key_exposed` where it lies where data or specs are kept, which are copied and handed on.
        """
        folder = self.home.keys
        if not self._is_apart:
            self._refuse_within(folder)
            self._is_apart = True
        return folder

    @cached_property
    def stamp(self) -> list[tuple[str, int, int]]:
        """What is other once any key was put there, taken away, changed, or locked."""
        return stamp_of(self.home.keys)

    def ids(self, feed: str, purposes: list[str]) -> tuple[str, ...]:
        """What the keys of a feed are called that are in use for some purposes; none where there are none."""
        if not purposes:
            return ()
        if feed not in self._ids:
            self._ids[feed] = ids_in_use(self.home.keys, feed)
        return tuple(name for name in self._ids[feed] if name.partition(".")[0] in purposes)

    def needed(self, feed: str, purposes: list[str]) -> dict[str, Key]:
        """The key of a feed for each purpose, each the one it was before.

        Raises:
            Refusal: `key_missing`, `key_wrong` or `key_exposed`.
        """
        keys = {purpose: key_in_use(self.folder, feed, purpose) for purpose in purposes}
        known = self._checks()
        for key in keys.values():
            if known.get(key.key_id, check_value(key)) != check_value(key):
                message = f"{key.path(self.folder)}: is not the key that this home has used by that name"
                raise Refusal("key_wrong", f"{message}; put it back from its keeper's copy")
        return keys

    def remember(self, keys: Mapping[str, Key]) -> None:
        """Keep the check value of each key in the home."""
        known = self._checks()
        now = {**known, **{key.key_id: check_value(key) for key in keys.values()}}
        if now != known:
            with whole(self._file) as draft:
                draft.write_text(json.dumps(now, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    @property
    def _file(self) -> Path:
        return self.home.root / CHECKS

    def _checks(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError):
            message = "cannot be read, so no key can be told from another; put it back from a backup of the home"
            raise Refusal("key_wrong", f"{self._file}: {message}") from None

    def _refuse_within(self, folder: Path) -> None:
        """Refuse a folder of keys that is kept, or copied, together with what the keys are to protect."""
        other = "name a folder elsewhere: COMMONGRID_KEYS, or `keys: {path: ...}` in the home's commongrid.yml"
        for place, what in ((self.home.root, "the home"), (self.home.landing, "landing")):
            if folder.resolve().is_relative_to(place.resolve()):
                told = f"{folder}: the keys lie in {what}, and would go with every copy of it"
                raise Refusal("key_exposed", f"{told}; {other}")
        tree = _work_tree(self.home.specs)
        if tree is not None and folder.resolve().is_relative_to(tree) and not _is_ignored(tree, folder):
            raise Refusal("key_exposed", f"{folder}: lies among the specs' files that git keeps, {tree}; {other}")


def check_value(key: Key) -> str:
    """What tells a key from another, and tells nothing else of it."""
    return hmac.new(key.secret, _CHECKED, hashlib.sha256).hexdigest()


def _work_tree(path: Path) -> Path | None:
    return next((each for each in (path.resolve(), *path.resolve().parents) if (each / ".git").exists()), None)


def _is_ignored(tree: Path, folder: Path) -> bool:
    """Whether git is told never to keep a folder; not, where git cannot be asked."""
    command = ["git", "-C", str(tree), "check-ignore", "--quiet", f"{folder}/"]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
