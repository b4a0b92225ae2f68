"""Columns that look as if they told who a person is: by their heading, or by the pattern of their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.propose.words import words
from pipelines.protect.personal import NAMED, NHS, VALUES, checks_nhs

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
_ORGANISATION = (
    r"(?i)\b(police|constabulary|council|service|authority|department|dept|team|unit|ltd|limited|plc|nhs|trust|school"
    r"|college|court|company|agency|association|office|centre|public|online|web|phone|other|unknown)\b"
)
_FLAG = r"(?i)^(y|n|yes|no|true|false|unknown|not known|none|n/a|\d+)$"
_NAME_OF_TWO = r"^[A-Z][a-z]+( [A-Z]\.?)?( [A-Z][a-z]+(['-][A-Z][a-z]+)?)$"


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
    for what, pattern, share in (*VALUES, ("a name", NAMED, 0.4)):
        if counts.filter(texts.str.contains(pattern)).sum() >= share * total:
            return what
    if words(heading) == ("name",) and counts.filter(texts.str.contains(_NAME_OF_TWO)).sum() >= 0.6 * total:
        return "a name"
    return "an NHS number" if _are_nhs_numbers(texts) else None


def are_no_people(texts: pl.Series) -> bool:
    """Whether the values of a column whose heading speaks of people are flags, figures or organisations."""
    return bool((texts.str.contains(_FLAG) | texts.str.contains(_ORGANISATION)).all())


def _are_nhs_numbers(texts: pl.Series) -> bool:
    """Whether nearly all values have ten digits, the last of which checks the others; by chance one in eleven does."""
    ten = [text.replace(" ", "") for text in texts.head(500) if NHS.fullmatch(text)]
    if len(ten) < 3 or len(ten) < 0.9 * min(len(texts), 500):
        return False
    return sum(checks_nhs(text) for text in ten) > 0.9 * len(ten)
