"""Names of streets and places as they are compared: one form for all the ways a name is written.

Only the writing is evened out here. Which street of the gazetteer a text means is found in `streets`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

# What ends the name of a way, by its abbreviations: those in use on British street signs and in council systems.
_KINDS = {
    "street": "st str strt",
    "road": "rd",
    "lane": "ln la",
    "avenue": "ave av aven",
    "close": "cl clo",
    "drive": "dr drv",
    "court": "ct crt",
    "crescent": "cres cresc cr",
    "gardens": "gdns gdn grdns gards",
    "place": "pl",
    "square": "sq",
    "park": "pk",
    "terrace": "tce terr ter",
    "grove": "gr gro grv",
    "walk": "wlk wk",
    "mews": "mws",
    "parade": "pde par",
    "way": "wy",
    "hill": "hl",
    "green": "grn",
    "rise": "ri",
    "row": "",
    "view": "vw",
    "passage": "pass psge",
    "alley": "ally",
    "approach": "app appr",
    "estate": "est",
    "cottages": "cotts cott",
    "buildings": "bldgs bldg",
    "villas": "vlls",
    "yard": "yd",
    "wharf": "whf",
    "bridge": "br bdg",
    "bypass": "",
    "common": "cmn",
    "path": "",
    "mead": "",
    "meadow": "",
    "meadows": "mdws",
    "copse": "",
    "vale": "",
    "end": "",
    "chase": "",
    "field": "fld",
    "fields": "flds",
    "croft": "",
    "quay": "qy",
    "embankment": "emb",
    "esplanade": "esp",
    "promenade": "prom",
    "boulevard": "blvd boul",
    "circus": "circ",
    "gate": "",
    "mount": "",
    "heights": "hts",
    "roundabout": "rbt rndbt",
}  # fmt: skip
KINDS = frozenset(_KINDS)
_AS_KIND = {short: kind for kind, shorts in _KINDS.items() for short in shorts.split()}
# What a word stands for wherever it is in a name.
_ANYWHERE = {
    "st": "saint", "sts": "saints", "gt": "great", "lt": "little", "ltl": "little", "lit": "little",
    "upr": "upper", "uppr": "upper", "lwr": "lower", "lr": "lower", "nth": "north", "sth": "south", "mt": "mount",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th",
    "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip
_COMPASS = frozenset(("north", "south", "east", "west"))
# A word that goes on with a name that could end before it: `Church Road East`, `Mill Lane Close`.
_GOES_ON = KINDS | _AS_KIND.keys() | _COMPASS | {"nth", "sth"}
# Words that tell one name from another: a slip of the pen makes none of them out of another.
_TELLING = _COMPASS | {"upper", "lower", "great", "little", "old", "new", "middle", "inner", "outer", "saint"}
# The words of the longest name of a place, such as `Newcastle upon Tyne`.
_LONGEST_PLACE = 6
_WORD = re.compile(r"[a-z0-9]+")
_QUOTES = re.compile("['`\u2018\u2019\u02bc\u00b4]")

# What comes before the name of a street where somebody says whereabouts, and is no part of it.
_LEADS = frozenset((
    "outside", "opposite", "opp", "near", "nr", "nearby", "adjacent", "adj", "to", "rear", "front", "behind",
    "beside", "by", "next", "of", "in", "on", "or", "off", "at", "land", "layby", "corner", "junction", "jct",
    "jnc", "between", "from", "along", "o", "s", "flat", "unit", "plot", "no", "number",
))  # fmt: skip
_BY_PASS = re.compile(r"\bby pass\b")
_HOUSE = re.compile(r"\d+[a-z]?")
# What stands between two parts of an address, or between two streets that meet.
_PARTS = re.compile(r"[,;/\n|]|\bj/w\b|\bj(?:un)?ctn?\b(?: of| with)?|\bjunction (?:of|with)\b", re.IGNORECASE)
_OUTSIDE = re.compile(r"\bo/s\b", re.IGNORECASE)
_POSTCODE = re.compile(r"\b([a-z]{1,2}\d[a-z\d]?)(?: *\d[a-z]{2})?$", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """The words of a text: without accents, case and punctuation; an apostrophe joins, a full stop parts."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return _WORD.findall(_QUOTES.sub("", plain).replace("&", " and "))


def normal(words: list[str]) -> str:
    """One form for a name: abbreviations written out, "the" left out, ordinals as figures.

    `st` is a street at the end of a name, or before the points of the compass there, and a saint elsewhere.
    """
    kept = [word for word in words if word != "the"] or words
    kept = _BY_PASS.sub("bypass", " ".join(kept)).split(" ") if kept else []
    made: list[str] = []
    at_end = True
    for index in range(len(kept) - 1, -1, -1):
        word = kept[index]
        if at_end and index > 0:
            word = _AS_KIND.get(word, word)
        word = _ANYWHERE.get(word, word)
        at_end = at_end and word in _COMPASS
        made.append(word)
    return " ".join(reversed(made))


def named_in(words: str, known: Collection[str]) -> set[str]:
    """The known names that stand in some words, but not as part of a street's: not the `Horsham` of `Horsham Road`."""
    each = words.split(" ")
    found = set()
    for start in range(len(each)):
        for end in range(start + 1, min(start + _LONGEST_PLACE, len(each)) + 1):
            name = " ".join(each[start:end])
            if name in known and not (end < len(each) and each[end] in _GOES_ON):
                found.add(name)
    return found


def normal_name(text: str) -> str:
    """`normal` of a whole text."""
    return normal(words_of(text))


def normal_district(text: str) -> str:
    """A district or county without what its council is called: `Guildford Borough Council` is `guildford`."""
    left_out = {"the", "borough", "district", "council", "county", "city", "of", "royal", "metropolitan", "london"}
    words = words_of(text)
    return " ".join([word for word in words if word not in left_out] or words)


@dataclass(frozen=True, slots=True)
class Shape:
    """A name for comparing by likeness: only names that agree in `kind` and in `telling` are ever alike.

    `kind` is the kind of way it ends with, or nothing; `telling` the words that tell names apart, such as `upper`, and
    those with a figure; `rest` the name without its kind.
    """

    kind: str
    telling: tuple[str, ...]
    rest: str

    @classmethod
    def of(cls, name: str) -> Shape:
        """The shape of a name as `normal` gives it."""
        words = name.split(" ")
        kind = words[-1] if len(words) > 1 and words[-1] in KINDS else ""
        rest = words[:-1] if kind else words
        telling = tuple(word for word in rest if word in _TELLING or any(mark.isdigit() for mark in word))
        return cls(kind, telling, " ".join(rest))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text may mean: `names` to look for, the likeliest first, each with the words that come after it.

    `whole` are the names to compare by likeness where none is found as written; `first` is what stands before the first
    comma; `outward` the first half of a postcode at the end of the text.
    """

    names: tuple[tuple[str, str], ...]
    whole: tuple[tuple[str, str], ...]
    first: str
    outward: str


def read_text(text: str) -> Reading:
    """The names that a street name, or a line of an address, may hold.

    The text as a whole comes first, then each of its parts without the house number and words such as "near" before
    it: all of the part, then its first words as far as a kind of way, as `High Street` of `12 High Street Cranleigh`.
    """
    found = _POSTCODE.search(text.strip())
    outward = found.group(1).upper() if found else ""
    split = _PARTS.split(_OUTSIDE.sub("outside ", text))
    parts = [part for part in (_without_lead(words_of(part)) for part in split) if part]
    whole: list[tuple[str, str]] = []
    for index, part in enumerate(parts):
        others = [word for other in (parts[:index] + parts[index + 1 :]) for word in other]
        for length in range(len(part), 0, -1):
            name = normal(part[:length])
            if length == len(part) or (Shape.of(name).kind and part[length] not in _GOES_ON):
                whole.append((name, " ".join([*part[length:], *others])))
    kinds = [item for item in whole if Shape.of(item[0]).kind]
    first = normal(parts[0]) if parts else ""
    names = ((normal_name(text), ""), *whole)
    return Reading(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(kinds or whole[:1])), first, outward)


def _without_lead(words: list[str]) -> list[str]:
    """The words of a part without what comes before the name: house numbers, "flat", "near", "land at"."""
    for index, word in enumerate(words):
        if word not in _LEADS and not _HOUSE.fullmatch(word) and word != "the":
            # A name that such a word belongs to: `Front Street`.
            is_of_name = index == len(words) - 1 and word in _GOES_ON and words[index - 1] in _LEADS
            return words[index - 1 :] if is_of_name else words[index:]
    return words if any(not _HOUSE.fullmatch(word) for word in words) else []
