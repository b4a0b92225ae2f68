"""Texts that look as if they told who a person is: by themselves, and somewhere within a longer text.

It is a matter of judgement. A text is rather taken to tell of a person than not: what is kept back can be asked for
again, and what was stored cannot be unsaid. A name in a text is known by a title, by a common given name, by an
initial before a surname, or by a word such as "victim" before it; others are missed, so that a text kept as restricted
is still no text without persons.
"""

from __future__ import annotations

import re

# What a value that tells of a person looks like, and in what share of a column's values it must, to say so of it.
VALUES = (
    ("an e-mail address", r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$", 0.2),
    ("a telephone number", r"^(\+44|0044|0)[ -]?(\(0\))?\d([ ()-]{0,2}\d){8,9}$", 0.5),
    ("a national insurance number", r"^[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]$", 0.5),
    ("a registration mark", r"^([A-Z]{2}\d{2} ?[A-Z]{3}|[A-Z]\d{1,3} ?[A-Z]{3}|[A-Z]{3} ?\d{1,3}[A-Z])$", 0.5),
    (
        "a name",
        r"^((Mr|Mrs|Ms|Miss|Dr|Mx|Rev)\.? .+|[A-Z](\. ?| )([A-Z](\. ?| ))?[A-Z][a-z]+([ '-][A-Z][a-z]+)?)$",
        0.4,
    ),
    (
        "an address",
        r"(?i)^(flat |unit )?\d+[a-z]?,? .*\b(road|rd|street|st|avenue|ave|lane|close|drive|way|court|place|terrace)\b",
        0.3,
    ),
)
# Given names in common use: what many values of a column begin with, or have behind a comma, are people.
_GIVEN = (
    "adam alan alex alice amanda amy andrea andrew angela ann anna anne anthony barbara ben brian carol caroline"
    " catherine charlotte chris christine christopher claire colin craig daniel darren david dawn debbie deborah denise"
    " derek diane donna dorothy edward eileen elizabeth ellie emily emma eric fiona gareth gary gavin geoffrey gillian"
    " graham hannah heather helen ian jack jacqueline jake james jane janet jason jennifer jessica jill jo joan joanna"
    " joanne john jonathan joseph josh joshua joyce julia julie karen kate katherine keith kelly kenneth kevin laura"
    " lauren lee leslie linda lisa liz louise lucy luke lynn malcolm margaret maria marion mark martin mary matt"
    " matthew maureen megan melissa michael michelle mike mohammed muhammad natalie neil nicholas nick nicola nigel"
    " oliver olivia pamela patricia patrick paul pauline peter philip phil rachel raymond rebecca richard rob robert"
    " robin ron ronald rosie ross ruth ryan sally sam samantha samuel sandra sara sarah sean sharon sheila shirley"
    " simon sophie"
    " stephanie stephen steve steven stuart sue susan suzanne teresa terry thomas tim timothy tom tony tracey tracy"
    " valerie vanessa victoria vincent wayne wendy william yvonne zoe"
    " abdul ahmed aisha amir ayesha connor dylan ethan fatima hassan ibrahim imran kyle liam mohamed mohammad muhammed"
    " nathan noah omar priya rhys sanjay tyler yusuf zainab"
).replace(" ", "|")
NAMED = rf"(?i)^({_GIVEN})( [a-z]\.?)? [a-z'-]{{2,}}$|^[a-z'-]{{2,}}, ?({_GIVEN})\b"
NHS = re.compile(r"\d{3} ?\d{3} ?\d{4}")

# --- somewhere within a text ------------------------------------------------------------------------------------------

# Given names that are words as well: they count only where they are written with a capital letter.
_ALSO_WORDS = "dawn jack joy lee lily mark may ray rob robin rose ruby sue will"
_ROLES = (
    "victim|suspect|patient|witness|caller|complainant|offender|neighbour|tenant|resident|son|daughter|mother|father"
    "|brother|sister|wife|husband|partner|boyfriend|girlfriend|mum|dad|named|called|name is|known as"
)
_ROADS = "road|rd|street|st|avenue|ave|lane|close|drive|way|court|place|terrace|gardens|crescent|grove|walk|mews|rise"
_PLAIN_NAMES = "|".join(name for name in _GIVEN.split("|") if name not in _ALSO_WORDS.split())
_CAPITAL_NAMES = "|".join(name.capitalize() for name in _ALSO_WORDS.split())
_NO_ROAD = r"(?!(?:the|a|an|near|of|on|in|at|to|by|from|and|off|along|outside)\b)"
_DIGITS = r"(?<![\d/])"
_WITHIN = tuple(
    re.compile(pattern)
    for pattern in (
        r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
        rf"{_DIGITS}(\+44|0044|0)[ -]?(\(0\))?\d([ ()-]{{0,2}}\d){{8,9}}(?!\d)",
        r"(?i)\b[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        r"(?i)\b[A-Z]{2}\d{2} ?[A-Z]{3}\b",
        r"\b([A-Z]\d{1,3} ?[A-Z]{3}|[A-Z]{3} ?\d{1,3}[A-Z])\b",
        r"(?i)\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b",
        r"(?i)\b(flat|apartment|apt|house|no\.?|number) ?\d+[a-z]?\b",
        rf"(?i)\b\d+[a-z]?,? ({_NO_ROAD}[a-z'-]+ ){{1,4}}({_ROADS})\b",
        r"\b(Mr|Mrs|Ms|Miss|Dr|Mx|Rev|Sir|Lady|MR|MRS|MS|MISS|DR)\b\.? [A-Z][A-Za-z'\u2019-]+",
        r"\b[A-Z]\. ?([A-Z]\. ?)?[A-Z][a-z'\u2019-]+",
        rf"(?i:\b({_ROLES})):? [A-Z][a-z'\u2019-]+ [A-Z][A-Za-z'\u2019-]+",
        rf"(?i)\b({_PLAIN_NAMES})\b",
        rf"\b({_CAPITAL_NAMES}|{_CAPITAL_NAMES.upper()})\b",
    )
)
_NHS_WITHIN = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
# Nothing else than a slip puts an e-mail address or a name with its title into a column of codes or references.
_SLIPS = tuple(re.compile(pattern) for pattern in (VALUES[0][1], r"^(Mr|Mrs|Ms|Miss) "))
# Nor a telephone or national insurance number into one of codes. A reference may be as many figures.
_NUMBERS = tuple(re.compile(VALUES[index][1]) for index in (1, 2))


def tells_of_person(text: str) -> bool:
    """Whether one text by itself looks like a person's name, number or address."""
    return any(re.search(pattern, text) for _what, pattern, _share in VALUES) or bool(re.search(NAMED, text))


def holds_person(text: str) -> bool:
    """Whether somewhere in a text there is somebody's name, telephone or other number, e-mail, postcode or address."""
    found = any(pattern.search(text) for pattern in _WITHIN) or tells_of_person(text.strip())
    return found or any(checks_nhs(_digits(number)) for number in _NHS_WITHIN.findall(text))


def is_contact(text: str, is_code: bool) -> bool:
    """Whether a text can be nothing but a way to reach one person, a number of one, or a name with its title.

    Args:
        text: the whole of a cell.
        is_code: whether a code is meant; else it is a reference, which may be of as many figures as such a number.
    """
    if any(pattern.search(text) for pattern in _SLIPS):
        return True
    is_nhs = NHS.fullmatch(text) is not None and checks_nhs(_digits(text))
    return is_code and (is_nhs or any(pattern.search(text) for pattern in _NUMBERS))


def checks_nhs(number: str) -> bool:
    """Whether the last of ten digits checks the others, as in an NHS number; by chance one in eleven does.

    The rule is that of the NHS Data Model and Dictionary, `NHS NUMBER`: modulus 11.
    """
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)) % 11
    return rest % 11 == int(number[9]) and rest != 10


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
