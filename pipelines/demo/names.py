"""Invented names: settlements, wards, makes and keepers. None is meant to be a real place or a real person."""

from __future__ import annotations

from dataclasses import dataclass

COUNTY_CODE, COUNTY_NAME = "X10000001", "Markshire"
NORTHMARK, EASTMARK, WESTMARK = "X07000001", "X07000002", "X07000003"
MILLMARK, FENMARK, HIGHMARK, SALTMARK = "X07000004", "X07000005", "X07000006", "X07000007"
HEATHMARK, OVERMARK, NETHERMARK, STONEMARK = "X07000008", "X07000009", "X07000010", "X07000011"
DISTRICTS = {
    NORTHMARK: "Northmark", EASTMARK: "Eastmark", WESTMARK: "Westmark", MILLMARK: "Millmark", FENMARK: "Fenmark",
    HIGHMARK: "Highmark", SALTMARK: "Saltmark", HEATHMARK: "Heathmark", OVERMARK: "Overmark",
    NETHERMARK: "Nethermark", STONEMARK: "Stonemark",
}  # fmt: skip


@dataclass(frozen=True)
class Settlement:
    """A town or village: its centre in EPSG:27700 metres, its residents, and the spread of its houses in metres."""

    name: str
    district: str
    easting: int
    northing: int
    residents: int
    spread_m: int


# The first settlement of a district is its main town. What is left of a land's residents lives in open country.
SETTLEMENTS = (
    Settlement("Harrowmere", NORTHMARK, 388_600, 326_700, 42_000, 1_400),
    Settlement("Coldharrow", NORTHMARK, 397_900, 327_300, 14_000, 800),
    Settlement("Marksbridge", EASTMARK, 397_200, 312_600, 48_000, 1_500),
    Settlement("Sallowby", EASTMARK, 403_400, 319_000, 11_000, 700),
    Settlement("Ashcote", EASTMARK, 394_300, 305_900, 6_000, 500),
    Settlement("Thornwick", WESTMARK, 380_400, 313_400, 36_000, 1_300),
    Settlement("Wendlemoor", WESTMARK, 377_300, 320_800, 10_000, 700),
    Settlement("Stowmill", MILLMARK, 395_600, 289_500, 15_000, 900),
    Settlement("Wheelbrook", MILLMARK, 392_400, 283_900, 4_000, 500),
    Settlement("Reedholme", FENMARK, 374_900, 289_800, 13_000, 900),
    Settlement("Dykesend", FENMARK, 377_900, 283_600, 3_000, 400),
    Settlement("Torhampton", HIGHMARK, 384_700, 290_200, 16_000, 900),
    Settlement("Scarcote", HIGHMARK, 387_200, 284_300, 4_000, 500),
    Settlement("Brinewick", SALTMARK, 405_300, 288_200, 14_000, 900),
    Settlement("Panmere", SALTMARK, 402_300, 283_200, 3_500, 500),
    Settlement("Lingbourne", HEATHMARK, 375_800, 271_300, 10_000, 800),
    Settlement("Furzedown Cross", HEATHMARK, 378_600, 276_800, 2_500, 400),
    Settlement("Overbridge", OVERMARK, 395_300, 271_600, 15_000, 900),
    Settlement("Kestrow", OVERMARK, 392_300, 276_300, 3_500, 500),
    Settlement("Nethercombe", NETHERMARK, 404_600, 272_200, 17_000, 1_000),
    Settlement("Lowick Bar", NETHERMARK, 401_800, 277_700, 3_000, 400),
    Settlement("Quarrowby", STONEMARK, 385_200, 271_000, 16_000, 900),
    Settlement("Flintham Edge", STONEMARK, 382_600, 276_900, 3_500, 500),
)
RESIDENTS_PER_HOUSEHOLD = 2.333


@dataclass(frozen=True)
class Land:
    """A part of the county: an estuary lies between the two, and each is drawn with random numbers of its own.

    `bounds` are west, south, east and north in EPSG:27700 metres. `stream` is what its random numbers come from beside
    the county's seed; the first has the seed alone. `first_ward` numbers the codes of its wards in 2019.
    """

    bounds: tuple[float, float, float, float]
    districts: tuple[str, ...]
    residents: int
    blocks: int
    postcodes: int
    stream: tuple[int, ...]
    first_ward: int

    @property
    def settlements(self) -> tuple[Settlement, ...]:
        """The settlements of its districts."""
        return tuple(place for place in SETTLEMENTS if place.district in self.districts)


NORTH = Land((370_500.0, 300_500.0, 409_500.0, 335_500.0), (NORTHMARK, EASTMARK, WESTMARK), 210_000, 900, 900, (), 101)
SOUTH = Land(
    (370_500.0, 265_000.0, 409_500.0, 296_500.0),
    (MILLMARK, FENMARK, HIGHMARK, SALTMARK, HEATHMARK, OVERMARK, NETHERMARK, STONEMARK),
    190_000, 480, 480, (10,), 301,
)  # fmt: skip
LANDS = (NORTH, SOUTH)


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
    MILLMARK: WardNames(("Wheelbrook",), ("Stowmill Town", "Stowmill Weir")),
    FENMARK: WardNames(("Dykesend",), ("Reedholme Staithe", "Reedholme Drove")),
    HIGHMARK: WardNames(("Scarcote",), ("Torhampton Beacon", "Torhampton Vale")),
    SALTMARK: WardNames(("Panmere",), ("Brinewick Strand", "Brinewick Pans")),
    HEATHMARK: WardNames(("Furzedown Cross",), ("Lingbourne Town", "Lingbourne Commons")),
    OVERMARK: WardNames(("Kestrow",), ("Overbridge Market", "Overbridge Wharf")),
    NETHERMARK: WardNames(("Lowick Bar",), ("Nethercombe Minster", "Nethercombe Leas")),
    STONEMARK: WardNames(("Flintham Edge",), ("Quarrowby Kilns", "Quarrowby Hill")),
}  # fmt: skip

# Eastmark and Westmark were re-warded whole, every code new. No other was reviewed: the same wards, the same codes.
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
    "Stowmill": ("Weir Street", "Tuckers Row", "Millrace Road", "Fuller's Close"),
    "Wheelbrook": ("Leat Lane", "Sluice Road"),
    "Reedholme": ("Staithe Road", "Drove End"),
    "Dykesend": ("Sedge Lane",),
    "Torhampton": ("Beacon Hill Road", "Vale Crescent"),
    "Scarcote": ("Scar Lane",),
    "Brinewick": ("Strand Road", "Saltpan Lane"),
    "Panmere": ("Mere Bank",),
    "Lingbourne": ("Commons Road", "Bracken Way"),
    "Furzedown Cross": ("Gorse Lane",),
    "Overbridge": ("Wharf Street", "Tollhouse Lane"),
    "Kestrow": ("Falconer's Way",),
    "Nethercombe": ("Minster Yard", "Leas Road"),
    "Lowick Bar": ("Bar Lane",),
    "Quarrowby": ("Kiln Street", "Masons Road"),
    "Flintham Edge": ("Edge Road",),
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
