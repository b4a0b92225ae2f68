"""How the numbers of a column are written: decimal mark, grouped digits, and what stands in place of a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Thousands = Literal["", ",", ".", " ", "'"]
Decimal = Literal[".", ","]

# What publishers write in place of a figure, and what it mostly means. Each is asked about.
KNOWN = {
    "x": "suppressed",
    "[x]": "not_available",
    "c": "suppressed",
    "[c]": "suppressed",
    "*": "suppressed",
    "**": "suppressed",
    "s": "suppressed",
    "z": "not_applicable",
    "[z]": "not_applicable",
    ".": "not_applicable",
    "..": "not_available",
    ":": "not_available",
    "-": "not_available",
    "\u2013": "not_available",
    "~": "rounded_to_zero",
    "low": "rounded_to_zero",
    "[low]": "rounded_to_zero",
    "u": "not_reliable",
    "[u]": "not_reliable",
    "n/a": "not_applicable",
    "na": "not_available",
    "null": "not_available",
    "none": "not_available",
    "nan": "not_available",
    "unknown": "not_available",
    "not available": "not_available",
    "#div/0!": "not_available",
    "#n/a": "not_available",
    "#ref!": "not_available",
    "#value!": "not_available",
}
_MOST_SYMBOLS, _LONGEST_SYMBOL = 8, 13
# How many of the values must be numbers: fewer where all others are known to stand for one.
_SHARE, _SHARE_IF_KNOWN = 0.5, 0.02

_PLAIN = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_WRITTEN: tuple[tuple[str, Thousands, Decimal], ...] = (
    (r"^[+-]?(\d{1,3}(,\d{3})+|\d{1,3})(\.\d+)?$|^[+-]?\d+(\.\d+)?$", ",", "."),
    (r"^[+-]?\d+(,\d+)?$", "", ","),
    (r"^[+-]?(\d{1,3}(\.\d{3})+|\d{1,3})(,\d+)?$|^[+-]?\d+(,\d+)?$", ".", ","),
    (r"^[+-]?(\d{1,3}( \d{3})+|\d{1,3})(\.\d+)?$|^[+-]?\d+(\.\d+)?$", " ", "."),
    (r"^[+-]?(\d{1,3}( \d{3})+|\d{1,3})(,\d+)?$|^[+-]?\d+(,\d+)?$", " ", ","),
    (r"^[+-]?(\d{1,3}('\d{3})+|\d{1,3})(\.\d+)?$|^[+-]?\d+(\.\d+)?$", "'", "."),
)


@dataclass(frozen=True)
class Numbers:
    """A column of numbers. `symbols` has what stands in place of one, with how often.

    `spread` is its lowest, middle and highest number, without the outermost twentieth at either end.
    """

    thousands: Thousands = ""
    decimal: Decimal = "."
    is_whole: bool = True
    symbols: dict[str, int] = field(default_factory=dict)
    spread: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ask: str | None = None


def numbers_of(texts: pl.Series, counts: pl.Series) -> Numbers | None:
    """How the numbers of a column are written; None where it is no column of numbers.

    Args:
        texts: the distinct values.
        counts: how often each stands there.
    """
    if texts.str.contains(r"^0\d").any():
        return None  # what begins with a zero is a code or a reference, and the zero is part of it
    plain = _fit(texts, counts, _PLAIN)
    tried = [(_fit(texts, counts, pattern), thousands, decimal) for pattern, thousands, decimal in _WRITTEN]
    best = max(tried, key=lambda item: item[0])
    thousands, decimal = (best[1], best[2]) if best[0] > plain else ("", ".")
    pattern = next((text for text, *marks in _WRITTEN if marks == [thousands, decimal]), _PLAIN)
    is_number = texts.str.contains(pattern if best[0] > plain else _PLAIN)
    others = dict(zip(texts.filter(~is_number), counts.filter(~is_number), strict=True))
    share = int(counts.filter(is_number).sum()) / int(counts.sum())
    if not _stand_for_numbers(others, share):
        return None
    figures = _figures(texts.filter(is_number), counts.filter(is_number), thousands, decimal)
    ask = None
    if best[0] > plain and _both_ways(texts.filter(is_number)):
        ask = "a comma before three digits may group them or be the decimal mark; which is it?"
    elif decimal == ",":
        ask = "numbers look as if a comma were the decimal mark; is it?"
    whole = bool((figures == figures.round()).all()) and not texts.str.contains(r"\d\.\d*[1-9]").any()
    low, middle, high = (float(figures.quantile(share) or 0) for share in (0.05, 0.5, 0.95))
    return Numbers(thousands, decimal, whole, others, (low, middle, high), ask)


def _fit(texts: pl.Series, counts: pl.Series, pattern: str) -> int:
    return int(counts.filter(texts.str.contains(pattern)).sum())


def _stand_for_numbers(others: dict[str, int], share: float) -> bool:
    """Whether all that is no number can stand in the place of one."""
    if share == 0 or len(others) > _MOST_SYMBOLS or any(len(text) > _LONGEST_SYMBOL for text in others):
        return False
    return share >= (_SHARE_IF_KNOWN if all(text.casefold() in KNOWN for text in others) else _SHARE)


def _figures(texts: pl.Series, counts: pl.Series, thousands: str, decimal: str) -> pl.Series:
    import polars as pl

    plain = texts.str.replace_all(thousands, "", literal=True) if thousands else texts
    plain = plain.str.replace(decimal, ".", literal=True) if decimal != "." else plain
    values = plain.cast(pl.Float64, strict=False)
    table = pl.DataFrame({"value": values, "count": counts})
    return table.select(pl.col("value").repeat_by("count").explode())["value"]


def _both_ways(numbers: pl.Series) -> bool:
    """Whether each comma stands before exactly three digits at the end, and none of the numbers settles it."""
    with_comma = numbers.filter(numbers.str.contains(",", literal=True))
    settled = with_comma.str.contains(r",\d{3},|\.").any() or numbers.str.contains(r"^\d{4,}$|\.").any()
    return len(with_comma) > 0 and not settled and bool(with_comma.str.contains(r"^[+-]?[1-9]\d{0,2},\d{3}$").all())


def meaning(symbol: str) -> str:
    """What a symbol mostly means, as the name of a status."""
    return KNOWN.get(symbol.casefold(), "not_available")
