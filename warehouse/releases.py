"""Releases on disk: one folder each, named by its id, and a pointer `current` that is moved by one rename."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

from warehouse.home import Home

AUDIENCES = ("public", "partner", "restricted")
# The DuckDB file of a release. It holds tables only, no views on files beside it.
DATABASE = "commongrid.duckdb"


class QueryError(Exception):
    """A question that cannot be put or answered, in words for the one who asked."""


def audience_folder(home: Home, audience: str) -> Path:
    """Where the releases of an audience lie."""
    return home.releases / audience


def current_release(home: Home, audience: str) -> Path | None:
    """The folder of the current release, or None before the first."""
    pointer = audience_folder(home, audience) / "current"
    return pointer.resolve() if pointer.exists() else None


def release_path(home: Home, audience: str, release: str | None) -> Path:
    """The folder of a release; without an id, of the current one.

    Raises:
        QueryError: where there is none.
    """
    if release is None:
        current = current_release(home, audience)
        if current is None:
            raise QueryError(f"nothing has been published for {audience} in {home.root}; run `commongrid run` first")
        return current
    path = audience_folder(home, audience) / release
    if "/" in release or not (path / "manifest.json").is_file():
        known = ", ".join(row["release_id"] for row in release_list(home, audience)[-5:]) or "none"
        raise QueryError(f'there is no release "{release}" for {audience}; the latest are: {known}')
    if (withdrawn := read_manifest(path).get("withdrawn")) is not None:
        raise QueryError(f"the release {release} was withdrawn on {withdrawn['on']}: {withdrawn['reason']}")
    return path


def read_manifest(path: Path) -> dict[str, Any]:
    """What a release says of itself."""
    manifest: dict[str, Any] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def release_list(home: Home, audience: str) -> list[dict[str, Any]]:
    """Every release of an audience, the oldest first."""
    current = current_release(home, audience)
    rows = []
    for path in sorted(audience_folder(home, audience).glob("*/manifest.json")):
        if path.parent.name.startswith(".") or path.parent.is_symlink():
            continue
        manifest = read_manifest(path.parent)
        rows.append(
            {
                "release_id": manifest["release_id"],
                "published_at": manifest["published_at"],
                "as_of": manifest["as_of"],
                "tables": len(manifest["tables"]),
                "is_current": current == path.parent.resolve(),
                "is_withdrawn": "withdrawn" in manifest,
            }
        )
    return rows


def point_to(home: Home, audience: str, release_id: str) -> None:
    """Make a release the current one, by one rename."""
    folder = audience_folder(home, audience)
    draft = folder / f".current.{uuid.uuid4().hex[:8]}"
    draft.symlink_to(release_id)
    draft.replace(folder / "current")


def sync(path: Path) -> None:
    """Have the system write a file or folder out before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
