"""What the districts south of the estuary send of abandoned vehicles, each in a form of its own.

Fenmark, Highmark, Heathmark and Stonemark count reports, Millmark cases, Overmark visits and Nethermark notices.
Saltmark sends nothing. Each spoilt row is planted by name below, in a period declared there.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from pipelines.demo.county import County
from pipelines.demo.draws import choose, days_in, generator, how_many, points_of
from pipelines.demo.names import HIGHMARK

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats

_HIGHMARK_STREAM = 22
# Whoever takes the call writes what they are told.
_HIGHMARK_LABELS = {
    "Car": 0.3, "car": 0.12, "Hatchback": 0.1, "Estate car": 0.06, "4x4": 0.05, "White van": 0.1, "Van": 0.06,
    "Moped": 0.05, "motor bike": 0.05, "Caravan": 0.04, "Trailer with rubbish": 0.02, "Lorry": 0.02, "not sure": 0.03,
}  # fmt: skip
HIGHMARK_UNMAPPED, UNMAPPED_LABEL = date(2024, 9, 1), "Hearse"  # a label no map covers
HIGHMARK_SWAPPED = date(2024, 2, 1)  # one report has its longitude as latitude
HIGHMARK_NOWHERE = date(2023, 12, 1)  # one report lies at 0, 0


def highmark_file(county: County, month: date, correction: bool) -> bytes:
    """Highmark's reports: JSON, with the minute of the call, a label typed by hand, and longitude and latitude."""
    del correction  # Highmark never sends a month again
    rng = generator(county, _HIGHMARK_STREAM, month)
    count = how_many(8, 4, 16, month, rng)
    lon, lat = _degrees(points_of(county, HIGHMARK, count, rng), 6)
    labels = choose(_HIGHMARK_LABELS, count, rng)
    days, minutes = days_in(month, count, rng), rng.integers(7 * 60, 21 * 60, count).tolist()
    if month == HIGHMARK_UNMAPPED:
        labels[1] = UNMAPPED_LABEL
    if month == HIGHMARK_SWAPPED:
        lon[2], lat[2] = lat[2], lon[2]
    if month == HIGHMARK_NOWHERE:
        lon[0] = lat[0] = 0.0
    reports = [
        {
            "id": f"HM{month:%y%m}{index + 1:03d}",
            "received": f"{days[index].isoformat()}T{minutes[index] // 60:02d}:{minutes[index] % 60:02d}",
            "what": labels[index],
            "where": {"lat": lat[index], "lon": lon[index]},
        }
        for index in range(count)
    ]
    text = json.dumps({"council": "Highmark", "month": f"{month:%Y-%m}", "reports": reports}, indent=1)
    return (text + "\n").encode("utf-8")


def _degrees(points: Floats, decimals: int) -> tuple[list[float], list[float]]:
    """Longitudes and latitudes (WGS 84) of points (n, 2) in EPSG:27700 metres."""
    import numpy as np
    from convertbng.cutil import convert_lonlat

    lon, lat = convert_lonlat(np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]))
    return [round(float(each), decimals) for each in lon], [round(float(each), decimals) for each in lat]
