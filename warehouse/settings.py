"""A home's settings: the small file `commongrid.yml` in it, which may be absent.

    ledger: {url: postgresql://user@host:5432/name}
    landing: {url: sftp://host/partners}
    keys: {path: ../commongrid-keys}

A URL may hold a password, so no message repeats a value, or a line of the file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

FILE = "commongrid.yml"
# Section, and the keys in it. Every value is a text.
_KEYS = {"ledger": ("url",), "landing": ("url",), "keys": ("path",)}


class SettingsError(Exception):
    """A home's settings cannot be used. Tells every problem found, a line each."""


@dataclass(frozen=True)
class Settings:
    """What a home's settings say; None where they say nothing."""

    ledger_url: str | None = field(default=None, repr=False)
    landing_url: str | None = field(default=None, repr=False)
    keys_path: str | None = None


def read_settings(root: Path) -> Settings:
    """The settings of the home in this folder.

    Raises:
        SettingsError: where the file cannot be read, or holds something else than settings.
    """
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        raise SettingsError(f"{path}: {reason}") from None
    document = _Document(path)
    values = document.values(text)
    if document.problems:
        raise SettingsError("\n".join(document.problems))
    return Settings(values.get("ledger.url"), values.get("landing.url"), values.get("keys.path"))


class _Document:
    """One settings file, and what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problems: list[str] = []

    def values(self, text: str) -> dict[str, str]:
        """Each key that is set, as `section.key`, and its value."""
        import yaml

        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._tell(mark.line if mark else 0, "is not valid YAML")
            return {}
        if node is None:
            return {}
        found: dict[str, str] = {}
        for section, inner in self._pairs(node, "", tuple(_KEYS)):
            for key, value in self._pairs(inner, f"{section}.", _KEYS[section]):
                if value.tag != "tag:yaml.org,2002:str" or not value.value.strip():
                    self._tell(value.start_mark.line, f"{section}.{key} is not a text")
                else:
                    found[f"{section}.{key}"] = value.value.strip()
        return found

    def _pairs(self, node: yaml.Node, above: str, known: tuple[str, ...]) -> Iterator[tuple[str, yaml.Node]]:
        import yaml

        if not isinstance(node, yaml.MappingNode):
            what = above[:-1] or "the file"
            self._tell(node.start_mark.line, f"{what} must hold {', '.join(known)}, each as `key: value`")
            return
        seen = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
                self._tell(key.start_mark.line, f'there is no "{above}{name}" (did you mean "{above}{close}"?)')
            elif name in seen:
                self._tell(key.start_mark.line, f"{above}{name} is set twice")
            else:
                seen.add(name)
                yield name, value

    def _tell(self, line: int, message: str) -> None:
        self.problems.append(f"{self._path}:{line + 1}: {message}")
