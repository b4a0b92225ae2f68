"""Rows that were not loaded, with their reasons, and every issue of a delivery told row by row and counted."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipelines.harmonise.faults import INDEX
from pipelines.harmonise.parts import PART
from pipelines.place.located import COLUMN, ISSUE, MESSAGE
from pipelines.read.records import ROW, Note, Records, Unread

if TYPE_CHECKING:
    import polars as pl

# Why a row is left out that another system of the same supplier reports on.
PARALLEL = "parallel_run"
# Why a row is left out whose use a person has had restricted.
RESTRICTED = "processing_restricted"
ERASED = "erased"
# Whose row it is, and of which reporting period; null where that cannot be told.
WHOSE = ("supplier", "period_start")
_ISSUES = ("issue_type", "column", "value", "message")
_ERASED = "erased as a person asked; nothing of it is kept"


def repeats(candidates: pl.DataFrame, key: list[str], content: list[str], replaces: str) -> pl.DataFrame:
    """For each row its `_index` and, where its key stands earlier, whether the whole record does or only the key.

    Where rows replace those of the same key, a row whose key stands again later is the one that is left out.
    """
    import polars as pl

    none = candidates.select(INDEX, issue_type=pl.lit(None, pl.String))
    if not key:
        return none
    named = pl.col(key[0]).is_not_null()
    same = pl.struct("period_start", "supplier", *key)
    if replaces == "keys":
        earlier = pl.when(named & ~same.is_last_distinct()).then(pl.lit("superseded_record"))
        return candidates.select(INDEX, issue_type=earlier)
    again = named & ~same.is_first_distinct()
    whole = ~pl.struct(content).is_first_distinct()
    kind = pl.when(again & whole).then(pl.lit("repeated_record")).when(again).then(pl.lit("conflicting_record"))
    return candidates.select(INDEX, issue_type=kind)


def set_aside(
    text: pl.DataFrame,
    whose: pl.DataFrame,
    ignored: pl.DataFrame,
    faults: pl.DataFrame,
    repeated: pl.DataFrame,
    records: Records,
) -> pl.DataFrame:
    """Rows not loaded, one line for each fault of a row, and the records that had no shape to begin with.

    Args:
        text: every row made, as text: `_index`, `_row`, `_part` and its columns.
        whose: of every row `_index`, `supplier` and `period_start`.
        ignored: `_index`, issue_type and message of the rows left out on purpose.
        faults: `_index`, issue_type, column, value, message.
        repeated: `_index` and issue_type, null where a row is no repeat.
        records: what was read, with the records without shape, and the rows that were erased.
    """
    import polars as pl

    left_out = ignored.with_columns(outcome=pl.lit("ignored"))
    twice = repeated.filter(pl.col("issue_type").is_not_null()).with_columns(outcome=pl.lit("duplicate"))
    bad = faults.filter(~pl.col(INDEX).is_in(left_out[INDEX].implode())).with_columns(outcome=pl.lit("quarantined"))
    aside = pl.concat([left_out, twice, bad], how="diagonal_relaxed").sort(INDEX, maintain_order=True)
    content = [name for name in text.columns if name not in (INDEX, ROW, PART)]
    record = pl.struct(content).struct.json_encode() if content else pl.lit("{}")
    chosen = text.filter(pl.col(INDEX).is_in(aside[INDEX].unique().implode()))
    told = chosen.select(INDEX, ROW, PART, record=record).join(whose, on=INDEX, how="left")
    aside = aside.join(told, on=INDEX, how="left", maintain_order="left")
    columns = {
        ROW: pl.UInt32(),
        PART: pl.UInt16(),
        **dict(zip(WHOSE, (pl.String(), pl.Date()), strict=True)),
        **dict.fromkeys(("outcome", *_ISSUES, "record"), pl.String()),
        "first_byte": pl.Int64(),
        "after_byte": pl.Int64(),
    }
    rows: list[tuple[Any, ...]] = [
        (item.line, 0, None, None, "unread", item.issue_type, None, None, item.message, _json(item.text), *_span(item))
        for item in records.unread
    ]
    rows += [
        (item.row, item.part, item.supplier, item.period, ERASED, ERASED, None, None, _ERASED, None, None, None)
        for item in records.erased
    ]
    both = [pl.DataFrame(schema=columns), aside, pl.DataFrame(rows, schema=columns, orient="row")]
    return pl.concat(both, how="diagonal_relaxed").select(pl.col(name).cast(kind) for name, kind in columns.items())


def _span(item: Unread) -> tuple[int, int]:
    return item.first_byte, item.after_byte


def _json(text: str | None) -> str | None:
    return None if text is None else json.dumps({"text": text}, ensure_ascii=False)


def issue_rows(
    aside: pl.DataFrame, loaded: pl.DataFrame, notes: list[Note], repairs: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Every issue of a delivery: `_row` (0: the whole file), `_part`, issue_type, column, value, message.

    Args:
        aside: rows not loaded, as `set_aside` tells them.
        loaded: rows loaded; those of which something is told of their place have an issue each.
        notes: what was noted of the file and of rows that were kept.
        repairs: what was mended, with `_row` and `_part`.
    """
    import polars as pl

    schema = {ROW: pl.UInt32, PART: pl.UInt16, **dict.fromkeys(_ISSUES, pl.String)}
    noted = [(note.line, 0, note.issue_type, note.column, None, note.message) for note in notes]
    frames = [pl.DataFrame(noted, schema=schema, orient="row"), aside.select(list(schema))]
    if ISSUE in loaded.columns:
        told = loaded.drop_nulls(ISSUE)
        frames.append(told.select(ROW, PART, issue_type=ISSUE, column=COLUMN, message=MESSAGE))
    frames += [] if repairs is None else [repairs]
    return pl.concat(frames, how="diagonal_relaxed").select(pl.col(name).cast(kind) for name, kind in schema.items())


def counted(issues: pl.DataFrame, source: str) -> tuple[Counter[str], dict[str, str]]:
    """How many rows have an issue of each type, and where the first of each stands, in words."""
    import polars as pl

    rows = issues.unique([ROW, PART, "issue_type"], keep="first", maintain_order=True)
    first = [pl.col(name).first() for name in (ROW, "column", "value", "message")]
    kinds = rows.group_by("issue_type", maintain_order=True).agg(*first, count=pl.len()).rows(named=True)
    totals = Counter({item["issue_type"]: item["count"] for item in kinds})
    return totals, {item["issue_type"]: _example(item, source) for item in kinds}


def _example(item: dict[str, Any], source: str) -> str:
    """An issue in words, with its place."""
    place = f"{source}:{item[ROW]}" if item[ROW] else source
    value = f'"{item["value"]}"' if item["value"] is not None else ""
    said = " ".join(part for part in (value, item["message"]) if part)
    return ": ".join(part for part in (place, item["column"], said) if part)
