"""The reference data of a home that places are looked up in, each kind read when it is first needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.place.directories.area_history import CodeHistory
from pipelines.place.directories.gazetteer import Gazetteer
from pipelines.place.ways.area_codes import AreaCodes
from pipelines.place.ways.postcode_areas import district_squares, sector_squares
from pipelines.place.ways.postcodes import read_postcodes
from pipelines.protect.postcodes import large_sectors

if TYPE_CHECKING:
    import polars as pl


# What a set is by when codes are looked up in it: whatever else of it changes, no code becomes another.
_CODE_COLUMNS = ("boundary_set", "area_code", "old_code", "valid_from", "valid_to")


class ReferenceData:
    """What is loaded of the postcode directory and its like.

    Args:
        folder: the home's folder of reference data; None where there is none.
        boundaries: the home's folder of boundary sets, whose codes are looked up too.
    """

    def __init__(self, folder: Path | None, boundaries: Path | None = None) -> None:
        self.folder = folder
        self.boundaries = boundaries
        self._hashes: dict[Path, str] = {}
        self._area_codes: dict[tuple[str, ...], AreaCodes] = {}

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
    def large_sectors(self) -> frozenset[str]:
        """The postcode sectors in which no postcode is so small that it is a person; none without a directory."""
        return frozenset() if self.postcodes is None else large_sectors(self.postcodes)

    @cached_property
    def names(self) -> Gazetteer | None:
        """The gazetteer of streets and places; None where none is loaded."""
        path = self._path("names.parquet")
        return Gazetteer.of_file(path) if path else None

    @cached_property
    def code_history(self) -> CodeHistory:
        """The history of area codes; one that knows nothing where none is loaded."""
        import polars as pl

        path = self._path("code_history.parquet")
        return CodeHistory(pl.read_parquet(path) if path else None)

    def area_codes(self, names: tuple[str, ...]) -> AreaCodes:
        """The codes of the boundary sets named, as far as they are loaded, and of the code history."""
        import polars as pl

        if names not in self._area_codes:
            schema = dict(zip(_CODE_COLUMNS, (*[pl.String] * 3, *[pl.Date] * 2), strict=True))
            sets = [path for name in names if (path := self._set(name)) is not None]
            areas = pl.concat([pl.DataFrame(schema=schema), *(_codes_of(path) for path in sets)])
            self._area_codes[names] = AreaCodes(areas, names, self.code_history)
        return self._area_codes[names]

    def digest(self, kinds: Iterable[str]) -> str:
        """A hash of the kinds of reference data named, as `postcodes`; empty where none is named.

        `boundaries/ward_2018` is the codes of that set, not its outlines.
        """
        told = [f"{kind}={self._hash(kind)}" for kind in sorted(set(kinds))]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""

    def stamp(self) -> list[tuple[str, int]]:
        """The files and when each was last changed: cheap to ask, and different once anything else is loaded."""
        files = list(self.folder.glob("*.parquet")) if self.folder else []
        sets = list(self.boundaries.glob("*/areas.parquet")) if self.boundaries else []
        named = [(path.name, path) for path in files] + [(f"boundaries/{path.parent.name}", path) for path in sets]
        return sorted((name, path.stat().st_mtime_ns) for name, path in named)

    def _hash(self, kind: str) -> str:
        is_set = kind.startswith("boundaries/")
        path = self._set(kind.removeprefix("boundaries/")) if is_set else self._path(f"{kind}.parquet")
        if path is None:
            return "none"
        if path not in self._hashes:
            if is_set:
                found = hashlib.sha256(_codes_of(path).write_csv().encode())
            else:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256")
            self._hashes[path] = found.hexdigest()[:16]
        return self._hashes[path]

    def _set(self, name: str) -> Path | None:
        path = self.boundaries / name / "areas.parquet" if self.boundaries else None
        return path if path and path.exists() else None

    def _path(self, name: str) -> Path | None:
        path = self.folder / name if self.folder else None
        return path if path and path.exists() else None


def _codes_of(areas: Path) -> pl.DataFrame:
    """What a set says of its codes, in their order."""
    import polars as pl

    return pl.read_parquet(areas, columns=list(_CODE_COLUMNS)).select(_CODE_COLUMNS).sort("area_code")
