"""Columns that look as if they told who a person is: by their heading, or by the pattern of their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.propose.words import words

if TYPE_CHECKING:
    import polars as pl

A_PERSON, AN_ADDRESS = "a person", "an address"
_PEOPLE = (
    "person client customer pupil student patient victim offender suspect keeper owner complainant applicant caller"
    " witness officer child parent guardian carer driver tenant resident occupier licensee holder user detainee"
    " subject contact employee worker author member claimant defendant nominal mother father landlord"
).replace(" ", "|")
# Of these, the ones that mean a person where they stand alone: a parent may be an area's.
_ALONE = (
    "client customer pupil student patient victim offender suspect keeper owner complainant applicant caller witness"
    " officer driver tenant occupier licensee detainee claimant defendant landlord contact"
).replace(" ", "|")
_DONE = (
    "assigned allocated reported recorded logged entered created handled dealt taken raised authorised approved"
    " investigated referred submitted updated inspected"
).replace(" ", "|")
_PART_OF_NAME = "first|last|middle|full|given|family|maiden|christian|known|sur|fore|nick"
# Headings, by their words in the singular. The first that fits says what the column is.
_HEADINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a name", re.compile(r".*\b(surname|forename|firstname|lastname|fullname|nickname)\b.*|initial|alia|salutation")),
    ("a name", re.compile(rf".*\b({_PART_OF_NAME}) name\b.*")),
    ("a name", re.compile(rf".*\b({_PEOPLE})( full)? name\b.*|.*\bname of( the)? ({_PEOPLE})\b.*")),
    (A_PERSON, re.compile(rf"(the )?({_ALONE})|({_DONE}) (by|to)")),
    ("a date of birth", re.compile(r".*\b(dob|d o b|date of birth|birth ?date|birthday|date born)\b.*")),
    ("an e-mail address", re.compile(r".*\be ?mail\b.*")),
    ("a telephone number", re.compile(r".*\b(phone|telephone|mobile|tel|fax)\b.*")),
    ("an NHS number", re.compile(r".*\bnhs (number|no|num|id)\b.*|nhs")),
    ("a national insurance number", re.compile(r".*\b(nino|national insurance|ni number|ni no)\b.*")),
    ("a registration mark", re.compile(r".*\b(vrm|vrn|number plate|reg mark|reg no|registration( mark)?)\b.*")),
    ("a person's number", re.compile(r".*\b(upn|uln|pncid|pnc|cro|nomis|prison number|passport|custody number)\b.*")),
    (AN_ADDRESS, re.compile(r".*\b(address|addr|house (number|name|no)|building number|flat (number|no))\b.*|flat")),
)
_NOT_PERSONAL = re.compile(
    r".*\b(email|mail|address|telephone|phone|registration) (type|status|count|date|flag|yn)\b.*|.*\burl\b.*"
)
_VALUES = (
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
).replace(" ", "|")
_NAMED = rf"(?i)^({_GIVEN})( [a-z]\.?)? [a-z'-]{{2,}}$|^[a-z'-]{{2,}}, ?({_GIVEN})\b"
_ORGANISATION = (
    r"(?i)\b(police|constabulary|council|service|authority|department|dept|team|unit|ltd|limited|plc|nhs|trust|school"
    r"|college|court|company|agency|association|office|centre|public|online|web|phone|other|unknown)\b"
)
_FLAG = r"(?i)^(y|n|yes|no|true|false|unknown|not known|none|n/a|\d+)$"
_NAME_OF_TWO = r"^[A-Z][a-z]+( [A-Z]\.?)?( [A-Z][a-z]+(['-][A-Z][a-z]+)?)$"
_NHS = re.compile(r"\d{3} ?\d{3} ?\d{4}")


def by_heading(heading: str) -> str | None:
    """What a heading says a column tells of a person; None where it says nothing of the kind.

    >>> by_heading("Keeper name"), by_heading("DOB"), by_heading("LA name")
    ('a name', 'a date of birth', None)
    """
    said = " ".join(words(heading))
    if _NOT_PERSONAL.fullmatch(said):
        return None
    return next((what for what, pattern in _HEADINGS if pattern.fullmatch(said)), None)


def by_values(heading: str, texts: pl.Series, counts: pl.Series) -> str | None:
    """What the values of a column look like, if they tell of a person.

    Args:
        heading: the column's heading.
        texts: its distinct values.
        counts: how often each stands there.
    """
    total = int(counts.sum())
    if not total:
        return None
    for what, pattern, share in (*_VALUES, ("a name", _NAMED, 0.4)):
        if counts.filter(texts.str.contains(pattern)).sum() >= share * total:
            return what
    if words(heading) == ("name",) and counts.filter(texts.str.contains(_NAME_OF_TWO)).sum() >= 0.6 * total:
        return "a name"
    return "an NHS number" if _are_nhs_numbers(texts) else None


def tells_of_person(text: str) -> bool:
    """Whether one text by itself looks like a person's name, number or address."""
    return any(re.search(pattern, text) for _what, pattern, _share in _VALUES) or bool(re.search(_NAMED, text))


def are_no_people(texts: pl.Series) -> bool:
    """Whether the values of a column whose heading speaks of people are flags, figures or organisations."""
    return bool((texts.str.contains(_FLAG) | texts.str.contains(_ORGANISATION)).all())


def _are_nhs_numbers(texts: pl.Series) -> bool:
    """Whether nearly all values have ten digits, the last of which checks the others; by chance one in eleven does."""
    ten = [text.replace(" ", "") for text in texts.head(500) if _NHS.fullmatch(text)]
    if len(ten) < 3 or len(ten) < 0.9 * min(len(texts), 500):
        return False
    return sum(_checks(text) for text in ten) > 0.9 * len(ten)


def _checks(number: str) -> bool:
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)) % 11
    return rest % 11 == int(number[9]) and rest != 10
