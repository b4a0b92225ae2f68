"""Invented names: settlements, wards, makes and keepers. None is meant to be a real place or a real person."""

from __future__ import annotations

from dataclasses import dataclass

COUNTY_CODE, COUNTY_NAME = "X10000001", "Markshire"
NORTHMARK, EASTMARK, WESTMARK = "X07000001", "X07000002", "X07000003"
DISTRICTS = {NORTHMARK: "Northmark", EASTMARK: "Eastmark", WESTMARK: "Westmark"}


@dataclass(frozen=True)
class Settlement:
    """A town or village: its centre in EPSG:27700 metres, its residents, and the spread of its houses in metres."""

    name: str
    district: str
    easting: int
    northing: int
    residents: int
    spread_m: int


# The first settlement of a district is its main town. What is left of COUNTY_RESIDENTS lives in open country.
SETTLEMENTS = (
    Settlement("Harrowmere", NORTHMARK, 388_600, 326_700, 42_000, 1_400),
    Settlement("Coldharrow", NORTHMARK, 397_900, 327_300, 14_000, 800),
    Settlement("Marksbridge", EASTMARK, 397_200, 312_600, 48_000, 1_500),
    Settlement("Sallowby", EASTMARK, 403_400, 319_000, 11_000, 700),
    Settlement("Ashcote", EASTMARK, 394_300, 305_900, 6_000, 500),
    Settlement("Thornwick", WESTMARK, 380_400, 313_400, 36_000, 1_300),
    Settlement("Wendlemoor", WESTMARK, 377_300, 320_800, 10_000, 700),
)
COUNTY_RESIDENTS = 210_000
RESIDENTS_PER_HOUSEHOLD = 2.333


@dataclass(frozen=True)
class WardNames:
    """Names for the wards of one district and vintage.

    `places` are settlements that give their own name to the ward around them; `others` go to the remaining wards in
    order of distance from the main town, so that town names fall in the town.
    """

    places: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many wards the district has."""
        return len(self.places) + len(self.others)


WARDS_2019 = {
    NORTHMARK: WardNames(
        ("Coldharrow",),
        (
            "Harrowmere Castle", "Harrowmere Quayside", "Harrowmere St Wulf", "Harrowmere Northgate",
            "Marlpits", "Fernholt and Skell", "Upper Wray",
        ),
    ),
    EASTMARK: WardNames(
        ("Sallowby", "Ashcote"),
        (
            "Marksbridge Abbey", "Marksbridge Friars", "Marksbridge Station", "Marksbridge Lanes",
            "Gorsley Hill", "Stanbeck",
        ),
    ),
    WESTMARK: WardNames(
        ("Wendlemoor",),
        (
            "Thornwick Market", "Thornwick Weavers", "Thornwick Park", "Thornwick Longacre",
            "Oxmead", "Larkhanger", "Pennow Vale",
        ),
    ),
}  # fmt: skip

# Northmark was not reviewed: the same wards, the same codes. The others were re-warded whole, every code new.
WARDS_2024 = {
    EASTMARK: WardNames(
        ("Sallowby",),
        (
            "Marksbridge Central", "Marksbridge Priory", "Marksbridge Riverside", "Marksbridge South and Ashcote",
            "Gorsley and Stanbeck",
        ),
    ),
    WESTMARK: WardNames(
        ("Wendlemoor",),
        (
            "Thornwick Central", "Thornwick Mills", "Thornwick West", "Thornwick Longacre", "Oxmead and Larkhanger",
            "Pennow Vale",
        ),
    ),
}  # fmt: skip

# Streets that every settlement has, so that their name alone tells nobody where they are; and those of one only.
STREETS_OF_ALL = ("High Street", "Church Lane", "Station Road", "Mill Lane")
STREETS = {
    "Harrowmere": ("Quayside", "St Wulf's Road", "Castle Street", "Northgate", "Marlpit Lane", "Ferry Close"),
    "Coldharrow": ("Fernholt Road", "Skell Avenue", "Wray Street"),
    "Marksbridge": ("Abbey Street", "Friars Walk", "Riverside", "Priory Gardens", "Gorsley Hill", "Stanbeck Road"),
    "Sallowby": ("Osier Close", "Withy Lane"),
    "Ashcote": ("The Green", "Kiln Lane"),
    "Thornwick": (
        "Weavers Road",
        "Tenterfield Road",
        "Longacre Avenue",
        "Market Place",
        "Upper Mill Lane",
        "Drovers Road",
    ),
    "Wendlemoor": ("Larkhanger Road", "Pennow Lane", "Oxmead Drive"),
}

MAKES = (
    "Ford Fiesta", "Vauxhall Corsa", "Renault Mégane", "Citroën C3", "Peugeot 206", "Rover 25", "Fiat Punto",
    "Škoda Fabia", "Ford Transit", "Honda Civic", "Volkswagen Golf", "Nissan Micra",
)  # fmt: skip
KEEPER_FIRST = (
    "Alwyn", "Bettina", "Corvin", "Dorrit", "Elspet", "Fennick", "Gwenda", "Hebel", "Isolde", "Jorund", "Kester",
    "Lovell", "Merrin", "Noël", "Orla", "Perrin", "Quill", "Rowena", "Sabine", "Zoë",
)  # fmt: skip
KEEPER_LAST = (
    "Ambleforth", "Brackwater", "Cressinghall", "Dunmarrow", "Eskerby", "Fallowick", "Garthmoor", "Hollinshade",
    "Inglecroft", "Jessopley", "Kettleburn", "Lathermoor", "Mossgarth", "Nettlefold-Wray", "Oakenshawe", "Pellinore",
)  # fmt: skip
OFFICER_NOTES = (
    "Untaxed", "Flat tyres", "Windows broken", "Notice served", "No plates", "Neighbour rang twice",
    "Removal charge £192", "Burnt out", "On private land – referred", "", "", "",  # noqa: RUF001 - a cp1252 dash
)  # fmt: skip
