"""Identifiers as keyed pseudonyms: the same for the same person under the same key, and of no use without it.

A pseudonym is `<key_id>:<HMAC-SHA-256 of the normalised text, in hex>`. A hash without a key would be none: the ten
digits of an NHS number are tried out in minutes. Rows with pseudonyms are still personal data.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING

from pipelines.protect.keys import Key
from pipelines.protect.told import each_text

if TYPE_CHECKING:
    import polars as pl


def normalised(text: str, how: str) -> str:
    """What of an identifier counts, so that one person is one text however it was typed.

    Args:
        text: as it was sent.
        how: `text`, its words whatever their case and blanks; `letters_and_digits`; or `digits` alone.

    >>> normalised(" AB 12/3456-x ", "letters_and_digits"), normalised("O'NEILL  Ann", "text")
    ('ab123456x', "o'neill ann")
    """
    # Folding may take a letter apart, so that it is put together once more.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if how == "text":
        return " ".join(folded.split())
    if how == "digits":
        return "".join(str(unicodedata.decimal(sign)) for sign in folded if sign.isdecimal())
    return "".join(sign for sign in folded if sign.isalnum())


def pseudonym(key: Key, text: str, how: str) -> str | None:
    """The pseudonym of one identifier; None where nothing of it is left once it is normalised."""
    said = normalised(text, how)
    if not said:
        return None
    return f"{key.key_id}:{hmac.new(key.secret, said.encode(), hashlib.sha256).hexdigest()}"


def pseudonyms(texts: pl.Series, key: Key, how: str) -> pl.Series:
    """The pseudonym of each text of a column; null where there is none."""
    return each_text(texts, lambda text: pseudonym(key, text, how))
