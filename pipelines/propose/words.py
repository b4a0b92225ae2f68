"""The words of a heading or a name, however it is written: `ReceivedDate`, `received_date`, `Date received`."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Too common to tell one thing from another.
_EMPTY = frozenset(("a", "and", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to"))


def words(text: str) -> tuple[str, ...]:
    """The words of a text, small and in the singular.

    >>> words("ReceivedDate"), words("ONS Codes"), words("LAD21CD")
    (('received', 'date'), ('ons', 'code'), ('lad', '21', 'cd'))
    """
    return tuple(_singular(word.casefold()) for word in _WORD.findall(text))


def telling(text: str) -> frozenset[str]:
    """The words of a text that tell something."""
    return frozenset(word for word in words(text) if word not in _EMPTY and len(word) > 1)


def snake(text: str, taken: frozenset[str] = frozenset()) -> str:
    """A text as a name of small letters, digits and underscores, other than those taken.

    >>> snake("LA Name"), snake("2019"), snake("Ward", frozenset(["ward"]))
    ('la_name', 'column_2019', 'ward_2')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", "_".join(_WORD.findall(text)).casefold()).strip("_")[:56]
    name = plain if plain[:1].isalpha() else f"column_{plain}".rstrip("_")
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def many(count: int, thing: str) -> str:
    """A number of things in words.

    >>> many(1, "row"), many(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def one_line(text: str) -> str:
    """A text as a comment or a terminal can hold it: one line, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split()))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
