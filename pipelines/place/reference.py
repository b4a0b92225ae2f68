"""The reference data of a home that places are looked up in, each kind read when it is first needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.place.gazetteer import Gazetteer
from pipelines.place.postcode_areas import district_squares, sector_squares
from pipelines.place.postcodes import read_postcodes

if TYPE_CHECKING:
    import polars as pl


class ReferenceData:
    """What is loaded of the postcode directory and its like.

    Args:
        folder: the home's folder of reference data; None where there is none.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._hashes: dict[Path, str] = {}

    @cached_property
    def postcodes(self) -> pl.DataFrame | None:
        """The postcode directory; None where none is loaded."""
        path = self._path("postcodes.parquet")
        return read_postcodes(path) if path else None

    @cached_property
    def postcode_sectors(self) -> pl.DataFrame | None:
        """The squares of postcode sectors, drawn from the directory; None where none is loaded."""
        return None if self.postcodes is None else sector_squares(self.postcodes)

    @cached_property
    def postcode_districts(self) -> pl.DataFrame | None:
        """The squares of postcode districts, drawn from the directory; None where none is loaded."""
        return None if self.postcodes is None else district_squares(self.postcodes)

    @property
    def uprns(self) -> Path | None:
        """The file of UPRNs, which is too large to be held; None where none is loaded."""
        return self._path("uprns.parquet")

    @cached_property
    def names(self) -> Gazetteer | None:
        """The gazetteer of streets and places; None where none is loaded."""
        path = self._path("names.parquet")
        return Gazetteer.of_file(path) if path else None

    def digest(self, kinds: Iterable[str]) -> str:
        """A hash of the kinds of reference data named, as `postcodes`; empty where none is named."""
        told = [f"{kind}={self._hash(kind)}" for kind in sorted(set(kinds))]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""

    def stamp(self) -> list[tuple[str, int]]:
        """The files and when each was last changed: cheap to ask, and different once anything else is loaded."""
        if self.folder is None or not self.folder.is_dir():
            return []
        return sorted((path.name, path.stat().st_mtime_ns) for path in self.folder.glob("*.parquet"))

    def _hash(self, kind: str) -> str:
        path = self._path(f"{kind}.parquet")
        if path is None:
            return "none"
        if path not in self._hashes:
            with path.open("rb") as file:
                self._hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        return self._hashes[path]

    def _path(self, name: str) -> Path | None:
        path = self.folder / name if self.folder else None
        return path if path and path.exists() else None
