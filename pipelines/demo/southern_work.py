"""What the districts south of the estuary send of abandoned vehicles where they count their own work, not reports.

Millmark counts cases, Overmark its officers' visits, Nethermark the notices it serves. Each spoilt row is planted by
name below, in a period declared there.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pipelines.demo.draws as draw
from pipelines.demo.county import County
from pipelines.demo.names import MAKES, MILLMARK, NETHERMARK, OVERMARK
from pipelines.demo.streets import named_things
from pipelines.demo.workbook import open_workbook, packed

_MILLMARK_STREAM, _OVERMARK_STREAM, _NETHERMARK_STREAM = 31, 32, 33
_QUARTER_DAYS = 90  # the shortest quarter: no day of the next is drawn
_MILLMARK_VEHICLES = {
    "Car or small van": 0.7, "Motorbike or scooter": 0.14, "Caravan, trailer or horsebox": 0.09,
    "Over 3.5 tonnes": 0.03, "Something else": 0.04,
}  # fmt: skip
MILLMARK_NO_TOWN, STREET_OF_TWO_TOWNS = date(2024, 7, 1), "Church Lane"  # one case names a street and no town
MILLMARK_NO_VEHICLE = date(2023, 10, 1)  # one case has no vehicle filled in
_OVERMARK_CODES = {"1": 0.6, "2": 0.16, "3": 0.12, "4": 0.06, "5": 0.06}
OVERMARK_NO_WARD = date(2024, 4, 1)  # two visits have no ward
_NETHERMARK_CLASSES = {"M1": 0.6, "N1": 0.16, "L3": 0.12, "O1": 0.06, "N3": 0.03, "M3": 0.03}  # of type approval
NETHERMARK_CONFLICT = date(2024, 6, 1)  # one notice stands twice, with two days


def millmark_file(county: County, quarter: date, correction: bool) -> bytes:
    """Millmark's cases: an OpenDocument sheet with two lines of title, the street and the town written out."""
    del correction  # Millmark never sends a quarter again
    rng = draw.generator(county, _MILLMARK_STREAM, quarter)
    count = 6 + int(rng.poisson(8))
    streets = [each for each in named_things(county) if each.settlement.district == MILLMARK]
    streets = [each for each in streets if each.kind == "Named Road"]
    days, vehicles = (
        draw.days_from(quarter, _QUARTER_DAYS, count, rng),
        draw.choose(_MILLMARK_VEHICLES, count, rng),
    )
    rows: list[list[object]] = []
    for index in range(count):
        street = streets[int(rng.integers(0, len(streets)))]
        calls = 1 + int(rng.poisson(0.8))
        ref = f"MK/{quarter:%y}/{quarter.month // 3}/{index + 1}"
        rows.append([ref, days[index], vehicles[index], street.name, street.settlement.name, calls])
    if quarter == MILLMARK_NO_TOWN:
        rows[3][3:5] = [STREET_OF_TWO_TOWNS, ""]
    if quarter == MILLMARK_NO_VEHICLE:
        rows[2][2] = ""
    title = [["Millmark District Council"], [f"Abandoned vehicle cases opened, quarter from {quarter:%B %Y}"], []]
    header = ["Case", "Opened", "Vehicle", "Street", "Town or village", "Calls about it"]
    return open_workbook("Cases", [*title, header, *rows])


def overmark_file(county: County, quarter: date, correction: bool) -> bytes:
    """Overmark's visits: CSV in a zip archive, the code of the ward in place of a location."""
    del correction  # Overmark never sends a quarter again
    rng = draw.generator(county, _OVERMARK_STREAM, quarter)
    count = 18 + int(rng.poisson(9))
    blocks = [block for block in county.blocks if block.district == OVERMARK]
    people = [block.residents + 1 for block in blocks]
    total = sum(people)
    wards = [
        blocks[at].ward_2024 for at in rng.choice(len(blocks), count, p=[each / total for each in people]).tolist()
    ]
    if quarter == OVERMARK_NO_WARD:
        wards[1] = wards[4] = ""
    days, codes = (
        draw.days_from(quarter, _QUARTER_DAYS, count, rng),
        draw.choose(_OVERMARK_CODES, count, rng),
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["VISIT", "VISITED", "VEH_CODE", "WARD", "OFFICER"])
    for index in range(count):
        row = [f"OV{quarter:%y%m}{index + 1:03d}", f"{days[index]:%d.%m.%Y}", codes[index], wards[index]]
        writer.writerow([*row, f"E{int(rng.integers(1, 5))}"])
    return packed({"visits.csv": text.getvalue().encode("iso-8859-1")})


def nethermark_file(county: County, month: date, correction: bool) -> bytes:
    """Nethermark's notices: GeoJSON, a point for each vehicle that got one, classes as type approval has them."""
    del correction  # Nethermark never sends a month again
    rng = draw.generator(county, _NETHERMARK_STREAM, month)
    count = draw.how_many(6, 3, 14, month, rng)
    lon, lat = draw.as_degrees(draw.points_of(county, NETHERMARK, count, rng), 4)
    days, classes = draw.days_in(month, count, rng), draw.choose(_NETHERMARK_CLASSES, count, rng)
    features = [
        {
            "type": "Feature",
            "id": f"N{month:%Y%m}{index + 1:02d}",
            "geometry": {"type": "Point", "coordinates": [lon[index], lat[index]]},
            "properties": {
                "served": f"{days[index]:%Y%m%d}",
                "class": classes[index],
                "make": draw.one(MAKES, rng),
                "notice": "s.3",
            },
        }
        for index in range(count)
    ]
    if month == NETHERMARK_CONFLICT:
        again = json.loads(json.dumps(features[1]))
        again["properties"]["served"] = f"{month:%Y%m}28"
        features.append(again)
    collection = {"type": "FeatureCollection", "name": f"notices {month:%B %Y}", "features": features}
    return (json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")
