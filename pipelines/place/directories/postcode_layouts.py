"""The layouts that postcode directories are published in, each known by its header or by its first record.

Only what a place needs is named: the postcode, its position, the months it was in use, and how good the position is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.specs.locations import NATIONAL_GRID
from pipelines.specs.postcode_text import SHAPE, compact
from pipelines.specs.problems import nearest

LONGITUDE_LATITUDE = "EPSG:4326"


@dataclass(frozen=True)
class Layout:
    """Where a file has what: names of its columns; for a file without a header, its columns are named here as well."""

    name: str
    columns: tuple[str, ...]
    has_header: bool
    postcode: str
    x: str
    y: str
    crs: str = NATIONAL_GRID
    introduced: str | None = None
    terminated: str | None = None
    quality: str | None = None
    # How its dates are written, as `strptime` reads them.
    dates: tuple[str, ...] = ("%Y%m", "%Y-%m", "%Y-%m-%d")
    # Code-Point Open writes the positional quality indicator as 10 to 90.
    quality_unit: int = 1
    # The Scottish directory splits a postcode that two councils share, with a letter more: PA31 8UAA, PA31 8UAB.
    has_split_postcodes: bool = False

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are read."""
        named = (self.postcode, self.x, self.y, self.introduced, self.terminated, self.quality)
        return tuple(name for name in named if name is not None)


@dataclass(frozen=True)
class Named:
    """What a person says of a file's columns; what is not said is as the layout has it."""

    postcode: str | None = None
    easting: str | None = None
    northing: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    introduced: str | None = None
    terminated: str | None = None
    quality: str | None = None
    crs: str | None = None


@dataclass(frozen=True)
class _Heading:
    """A layout known by its header: for each part the headings it goes by, the first that is there."""

    name: str
    shown: str
    postcode: tuple[str, ...]
    x: tuple[str, ...]
    y: tuple[str, ...]
    introduced: tuple[str, ...] = ()
    terminated: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    more: tuple[tuple[str, Any], ...] = ()


# Days as the Scottish directory writes them, with a time that is always midnight.
_SCOTTISH_DAYS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
_SCOTTISH = (("dates", _SCOTTISH_DAYS), ("has_split_postcodes", True))
_IN_DEGREES = (("crs", LONGITUDE_LATITUDE),)

# ONS: the user guides of the Postcode Directory and the National Statistics Postcode Lookup; from 2025 with `pcd7`,
# `east1m`, `gridind`. National Records of Scotland: the field definitions of the Scottish Postcode Directory. Ordnance
# Survey: the technical specification of Code-Point Open, which gives the headings in a file of their own.
_HEADINGS = (
    _Heading(
        "ons", "ONSPD and NSPL: pcds or pcd7, oseast1m or east1m, osnrth1m or north1m, dointr, doterm",
        ("pcds", "pcd7", "pcd", "pcd8", "pcd2"), ("oseast1m", "east1m"), ("osnrth1m", "north1m"),
        ("dointr",), ("doterm",), ("osgrdind", "gridind"), (("dates", ("%Y%m",)),),
    ),
    _Heading(
        "scottish", "Scottish Postcode Directory: Postcode, GridReferenceEasting, GridReferenceNorthing",
        ("postcode",), ("gridreferenceeasting",), ("gridreferencenorthing",),
        ("dateofintroduction",), ("dateofdeletion",), (), _SCOTTISH,
    ),
    _Heading(
        "code_point_open", "Code-Point Open: Postcode, Positional_quality_indicator, Eastings, Northings",
        ("postcode", "pc"), ("eastings", "ea"), ("northings", "no"),
        quality=("positional_quality_indicator", "pq"), more=(("quality_unit", 10),),
    ),
    _Heading(
        "eastings", "any file with: postcode, easting, northing, and perhaps introduced, terminated, quality",
        ("postcode",), ("easting", "eastings"), ("northing", "northings"),
        ("introduced",), ("terminated",), ("quality",),
    ),
    _Heading(
        "degrees", "any file with: postcode, longitude (long, lon, lng) and latitude (lat) in WGS 84",
        ("postcode", "pcds", "pcd"), ("longitude", "long", "lon", "lng"), ("latitude", "lat"),
        ("introduced",), ("terminated",), ("quality",), _IN_DEGREES,
    ),
)  # fmt: skip
_NEEDS_QUALITY = "code_point_open"
_DAY = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")


def known_layouts() -> str:
    """The layouts that are known, in words."""
    without = "Code-Point Open and the Scottish directory are known without a header too"
    return "; ".join(each.shown for each in _HEADINGS) + f". {without}"


def layout_of(first: list[str], named: Named) -> Layout | None:
    """The layout of a file by its first record and what was said of it; None where it has none that is known.

    Raises:
        Refusal: where a column that was named is not in the header.
    """
    if _is_postcode(first[0]):
        return _without_header(first)
    known = _with_header(first)
    return _as_named(first, known, named) if named != Named() else known


def is_heading_file(first: list[str]) -> bool:
    """Whether it is the file in which Code-Point Open gives its headings, beside those of the postcodes."""
    return [name.strip() for name in first[:4]] == ["PC", "PQ", "EA", "NO"]


def _is_postcode(text: str) -> bool:
    return re.match(SHAPE[:-1] + r"[A-Z]?$", compact(text)) is not None


def _with_header(header: list[str]) -> Layout | None:
    there = {name.strip().lower(): name for name in reversed(header)}

    def one(names: tuple[str, ...]) -> str | None:
        return next((there[name] for name in names if name in there), None)

    for each in _HEADINGS:
        postcode, x, y, quality = one(each.postcode), one(each.x), one(each.y), one(each.quality)
        if postcode is None or x is None or y is None or (each.name == _NEEDS_QUALITY and quality is None):
            continue
        made = Layout(each.name, tuple(header), True, postcode, x, y, quality=quality, **dict(each.more))
        return replace(made, introduced=one(each.introduced), terminated=one(each.terminated))
    return None


def _without_header(first: list[str]) -> Layout | None:
    """Code-Point Open (10 columns; 19 until 2011) and the Scottish directory, by the shape of a record."""
    columns = tuple(f"column {place}" for place in range(1, len(first) + 1))

    def made(name: str, x: int, y: int, **more: Any) -> Layout:
        return Layout(name, columns, False, columns[0], columns[x], columns[y], **more)

    if len(first) in (10, 19):
        x = 2 if len(first) == 10 else 10
        if all(first[place].strip().isdigit() for place in (1, x, x + 1)):
            return made("code_point_open", x, x + 1, quality=columns[1], quality_unit=10)
    if len(first) > 10 and _DAY.match(first[3]) and compact(first[0]).startswith(compact(first[2])):
        # A large user's file has one column more: the small user's postcode that it is linked to.
        x = 5 if first[5].strip().isdigit() else 6
        if first[x].strip().isdigit() and first[x + 1].strip().isdigit():
            return made("scottish", x, x + 1, introduced=columns[3], terminated=columns[4], **dict(_SCOTTISH))
    return None


def _as_named(header: list[str], known: Layout | None, named: Named) -> Layout:
    """The layout with the columns that a person named in place of those it would have."""
    in_degrees = named.longitude is not None or named.latitude is not None
    if known is None:
        x, y = ("longitude", "latitude") if in_degrees else ("easting", "northing")
        known = Layout("named", tuple(header), True, "postcode", x, y)
    layout = replace(
        known,
        postcode=named.postcode or known.postcode,
        x=named.longitude or named.easting or known.x,
        y=named.latitude or named.northing or known.y,
        introduced=named.introduced or known.introduced,
        terminated=named.terminated or known.terminated,
        quality=named.quality or known.quality,
        crs=named.crs or _crs_of(known, named, in_degrees),
    )
    for column in layout.used:
        if column not in header:
            raise Refusal("missing_column", f'no column "{column}"{nearest(column, header)}')
    return layout


def _crs_of(known: Layout, named: Named, in_degrees: bool) -> str:
    if in_degrees:
        return LONGITUDE_LATITUDE
    return NATIONAL_GRID if named.easting or named.northing else known.crs
