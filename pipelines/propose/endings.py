"""Rows that are no records: totals among or below them, notes at the foot, rows without a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.propose.shapes import AREA_CODE, is_total
from pipelines.propose.words import many
from pipelines.read.records import ROW, Unread
from pipelines.specs.formats import SkipRule

if TYPE_CHECKING:
    import polars as pl

# What notes at the foot begin with. Only such a word is written into a draft, never the note.
_NOTES = ("Note", "Source", "Footnote", "Crown copyright", "©", "End of", "Generated", "Printed", "Contains", "This ")
_FOOT = 30
# A column with values for this share of the rows tells rows apart; a total in it is no value of a breakdown.
_APART = 0.5
_TOTAL = re.compile(r"[\s*:]*((grand|sub|overall)[ -]?)?totals?", re.IGNORECASE)
_FIRST = "\x00first"


@dataclass
class Ending:
    """What is to be skipped, each with its question, and the table without it.

    `sums` has the value that sums up the others of a breakdown, by its column's place in the header.
    """

    frame: pl.DataFrame
    unread: list[Unread]
    skip: list[tuple[SkipRule, str]] = field(default_factory=list)
    footer_rows: int = 0
    sums: dict[int, str] = field(default_factory=dict)


def ending_of(frame: pl.DataFrame, unread: list[Unread], header: list[str], is_whole: bool) -> Ending:
    """The rows of a table that are no records.

    Args:
        frame: `_row` and a text column for each of the header, in order.
        unread: records of another shape.
        header: the headings, as the spec names them.
        is_whole: whether the last rows are those of the file.
    """
    found = Ending(frame.with_columns(_first_cell(frame)), unread)
    _blank_rows(found)
    for place, heading in enumerate(header):
        _totals(found, place, heading if header.count(heading) == 1 else None)
    if is_whole and len(header) > 2:
        _foot(found)
    found.frame = found.frame.drop(_FIRST)
    return found


def _cells(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in (ROW, _FIRST)]


def _first_cell(frame: pl.DataFrame) -> pl.Expr:
    """The first cell of a row that is filled; null where none is."""
    import polars as pl

    texts = [pl.col(name).str.strip_chars().replace("", None) for name in _cells(frame)]
    return (pl.coalesce(texts) if texts else pl.lit(None, pl.String)).alias(_FIRST)


def _blank_rows(found: Ending) -> None:
    blank = found.frame[_FIRST].is_null()
    if blank.any():
        rule = SkipRule(rule="blank_row", equals="")
        found.skip.append((rule, f"{many(int(blank.sum()), 'row')} without any value; only space?"))
        found.frame = found.frame.filter(~blank)


def _totals(found: Ending, place: int, heading: str | None) -> None:
    """Totals in one column: skipped where its values tell rows apart, else asked about."""
    text = found.frame[_cells(found.frame)[place]].str.strip_chars()
    values = text.drop_nulls().unique()
    totals = [value for value in values.filter(values.str.contains(r"(?i)total")) if is_total(value)]
    if not totals:
        return
    hit = text.is_in(totals).fill_null(False)
    codes = int(values.str.contains(f"^{AREA_CODE}$").sum())
    is_first = bool((found.frame[_FIRST] == text).filter(hit).any())
    if not (is_first or codes > len(values) / 2 or len(values) > _APART * len(text)):
        found.sums[place] = totals[0]
        return
    told = f"{many(int(hit.sum()), 'row')} that say so; sums and no records?"
    starts = sorted({said.group() for value in totals if (said := _TOTAL.match(value))})
    for start in starts:
        whole = [value for value in totals if value.startswith(start)]
        test = {"equals": whole[0]} if len(whole) == 1 and whole[0] == start else {"starts_with": start}
        found.skip.append((SkipRule(rule="totals", column=heading, **test), told))
    found.frame = found.frame.filter(~hit)


def _foot(found: Ending) -> None:
    """Notes below the table: rows that are hardly filled, or of another shape."""
    import polars as pl

    foot = _last_odd(found)
    if not foot:
        return
    above = found.frame.filter(~pl.col(ROW).is_in(list(foot)))
    found.unread = [record for record in found.unread if record.line not in foot]
    for row, text in sorted(foot.items()):
        start = text if is_total(text) else next((word for word in _NOTES if text.startswith(word)), None)
        earlier = bool(start) and bool(above[_FIRST].str.starts_with(start or "").any())
        if is_total(text) and not earlier:
            rule = SkipRule(rule="totals", starts_with=_TOTAL.match(text).group())  # type: ignore[union-attr]
            found.skip.append((rule, f"row {row} says so; a sum and no record?"))
            del foot[row]
        elif start and not earlier:
            told = f"{many(len(foot), 'row')} from row {row} on that look like notes; no records?"
            found.skip.append((SkipRule(rule="notes", starts_with=start, to_end=True), told))
            foot.clear()
            break
        else:
            break
    found.footer_rows = len(foot)
    found.frame = above


def _last_odd(found: Ending) -> dict[int, str]:
    """The last rows of a file, as long as they are hardly filled or of another shape: each with its first cell."""
    import polars as pl

    frame = found.frame
    counted = pl.sum_horizontal(pl.col(name).fill_null("").str.strip_chars().ne("") for name in _cells(frame))
    filled = frame.select(counted).to_series()
    usual, sparse = filled.median() or 0, max(1, len(_cells(frame)) // 4)
    texts: dict[int, str] = {}
    is_odd: dict[int, bool] = {}
    for row, first, count in zip(frame[ROW].tail(_FOOT), frame[_FIRST].tail(_FOOT), filled.tail(_FOOT), strict=True):
        is_odd[row], texts[row] = count <= sparse < usual, first or ""  # type: ignore[operator]
    begin = frame[ROW][0] if frame.height else 0
    for record in found.unread[-_FOOT:]:
        if record.line > begin:
            is_odd[record.line], texts[record.line] = True, re.split(r"[,;|\t]", (record.text or "").strip(" \"'"))[0]
    last = []
    for row in sorted(is_odd, reverse=True):
        if not is_odd[row]:
            break
        last.append(row)
    # Where all of the last rows are odd, the rows are like that and there is no foot.
    return {row: texts[row] for row in sorted(last)} if len(last) < min(_FOOT, len(is_odd)) else {}
