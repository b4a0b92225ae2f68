"""The features of a GeoJSON FeatureCollection (RFC 7946) as records: their properties, `id`, and where a point lies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.read.json_records import Decoder, keys_of, kind_of, records_of, text_of
from pipelines.read.json_walk import Walk
from pipelines.read.trees import Found, quoted

_PLACE = ("longitude", "latitude")
_TYPES = frozenset({
    "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"
})  # fmt: skip
_OWN = ("type", "features", "crs")
_PLAIN = json.JSONDecoder()
# The names writers give to longitude and latitude on WGS 84: `EPSG:4326`, `urn:ogc:def:crs:OGC:1.3:CRS84`,
# `http://www.opengis.net/def/crs/EPSG/0/4326`.
_WGS_84 = re.compile(
    r"(?:urn:ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(?:EPSG[:/][\d.]*[:/]?4326|(?:OGC[:/][\d.]*[:/]?)?CRS84)"
)


def features_of(walk: Walk, decoder: FeatureDecoder) -> Iterator[Found]:
    """A record for each feature of a document.

    Raises:
        Refusal: where the document is no FeatureCollection, or its coordinates are not longitude and latitude.
    """
    if walk.peek() != "{":
        raise Refusal("unreadable", f"{walk.place()}: the document is {kind_of(walk.peek())}, not GeoJSON")
    keys: list[str] = []
    for key in walk.members():
        if key in _OWN and key in keys:
            raise Refusal("unreadable", f"{walk.place()}: {quoted(key)} stands twice; ask the partner which one holds")
        if key == "features":
            yield from records_of(walk, '"features"', decoder)
        elif key in _OWN:
            place = walk.place()
            _check_member(key, walk.value(_PLAIN, quoted(key))[0], place)
        else:
            walk.skip()
        if len(keys) < 20 or key in _OWN:
            keys.append(key)
    for key in ("type", "features"):
        if key not in keys:
            told = f"the document has no {quoted(key)}, as a GeoJSON FeatureCollection has: {keys_of(keys)}"
            raise Refusal("unreadable", f"{walk.name}: {told}; check the feed's `format`")


class FeatureDecoder(Decoder):
    """Makes records of features."""

    def fill(self, found: Found, value: dict[str, Any]) -> None:
        """The columns of a feature."""
        geometry, properties = value.get("geometry"), value.get("properties")
        for part in (value, geometry):
            if isinstance(part, dict) and "crs" in part:
                _check_member("crs", part["crs"], f"{self.where}{found.row}")
        if value.get("type") != "Feature":
            found.blame("missing_key", 'has no "type" that says it is a Feature')
        if "properties" not in value or not isinstance(properties, dict | None):
            found.blame("missing_key", 'has no "properties" that are an object or null')
        if isinstance(properties, dict):
            self.flatten(found, "", properties)
        if "id" in value and not ("id" in found.values and text_of(value["id"]) == found.values["id"]):
            self.flatten(found, "", {"id": value["id"]})
        if "geometry" in value:
            self._place(found, geometry)

    def _place(self, found: Found, geometry: Any) -> None:
        """The columns of a feature's geometry."""
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        at = geometry.get("coordinates") if kind == "Point" else None
        if kind == "Point" and isinstance(at, list) and len(at) > 1 and all(isinstance(part, str) for part in at):
            for name, text in zip(_PLACE, at, strict=False):
                self._beside(found, name, text)
            return
        # A point with no coordinates at all is one that is not known (RFC 7946, 3.1).
        is_known = geometry is not None and not (kind == "Point" and at == [])
        for name in _PLACE:
            if name in found.values:
                continue
            found.values[name] = None
            if is_known:
                found.lost.add(name)
                if name in self.wanted.read:
                    found.blame("nested_value", f"{_told(kind)}; {quoted(name)} is read from points only")

    def _beside(self, found: Found, name: str, text: str) -> None:
        """One coordinate of a point. A property of that name with another text leaves the column without a value."""
        if found.values.get(name, text) == text:
            found.values[name] = text
            return
        found.values[name] = None
        found.lost.add(name)
        if name in self.wanted.read:
            told = f"has a property {quoted(name)} unlike its point; ask the partner which one holds"
            found.blame("repeated_key", told)


def _told(kind: Any) -> str:
    if kind == "Point":
        return "its point has no two numbers as coordinates"
    return f"is a {kind}, not a point" if kind in _TYPES else "has a geometry of no known type"


def _check_member(key: str, value: Any, place: str) -> None:
    """Refuse a document that says it is something else, or has coordinates as were allowed before RFC 7946 (2016)."""
    if key == "type":
        if value != "FeatureCollection":
            told = "the document says that it is something else than a GeoJSON FeatureCollection"
            raise Refusal("unreadable", f"{place}: {told}; check the feed's `format`")
        return
    named = value.get("properties") if isinstance(value, dict) else None
    code = named.get("name") if isinstance(named, dict) else None
    if isinstance(code, str) and _WGS_84.fullmatch(code):
        return
    told = f"the coordinates are in {quoted(code)}" if isinstance(code, str) else "its `crs` names no system"
    message = f"{told}, not in longitude and latitude; ask the partner for GeoJSON in EPSG:4326 (RFC 7946)"
    raise Refusal("unreadable", f"{place}: {message}, or for a table, and declare its eastings and northings")
