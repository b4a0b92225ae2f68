"""A column's texts held against a code map: what each is, by the lines in force on its day, and why.

Every text comes to one of six ends. Of the lines in force that match it, the most exact decide: `exact` before `folded`
before `contains` and `regex`, which are alike. The order of the lines decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pipelines.specs.check_maps import whole_text
from pipelines.specs.load import CodeTable
from pipelines.specs.models import folded

if TYPE_CHECKING:
    import polars as pl

MAPPED, IGNORED_TEXT = "mapped", "ignored"
UNMAPPED, PROPOSED, AMBIGUOUS, ENDED = "unmapped_code", "proposed_code", "ambiguous_code", "ended_code"
# The smaller, the more exact.
_RANK = {"exact": 0, "folded": 1, "contains": 2, "regex": 2}


class Fault(NamedTuple):
    """Why rows are kept out: their issue type, in words, and which they are (a mask over the rows)."""

    issue_type: str
    message: str
    rows: pl.Series


def decide(texts: pl.Series, on: pl.Series, table: CodeTable, ends: Mapping[str, date]) -> pl.DataFrame:
    """What a map makes of texts.

    Args:
        texts: a column's texts, cleaned; null where there is no value.
        on: for each the day that lines and codes have to be in force on; null where it is not known.
        table: the code map.
        ends: the last day of each shared code that has one.

    Returns:
        For each text `end` (`mapped`, `ignored` or an issue type; null for no text), `code` (where it is mapped),
        `target` (the one code its lines name, mapped or not) and `lines` (those that decided, by line number).
    """
    import polars as pl

    asked = pl.DataFrame({"raw": texts, "on": on}, schema={"raw": pl.String, "on": pl.Date})
    wanted = asked.drop_nulls("raw").unique()
    lines = _lines(table)
    hits = _hits(wanted["raw"].unique(), table).join(lines, on="index")
    in_force = (pl.col("from").fill_null(date.min) <= pl.col("on")) & (pl.col("on") <= pl.col("to").fill_null(date.max))
    found = wanted.join(hits, on="raw").filter(in_force)
    strongest = found.filter(pl.col("rank") == pl.col("rank").min().over("raw", "on"))
    last = pl.DataFrame({"code": list(ends), "last": list(ends.values())}, schema={"code": pl.String, "last": pl.Date})
    decided = strongest.group_by("raw", "on").agg(
        pl.struct("ignore", "code").n_unique().alias("results"),
        pl.col("agreed").any(),
        pl.col("ignore").first(),
        pl.col("code").first(),
        pl.col("line").sort().alias("lines"),
    )
    # Which of several codes stands first is a matter of the lines' order, and means nothing.
    decided = decided.with_columns(code=pl.when(pl.col("results") == 1).then("code"))
    end = (
        pl.when(pl.col("results") > 1)
        .then(pl.lit(AMBIGUOUS))
        .when(~pl.col("agreed"))
        .then(pl.lit(PROPOSED))
        .when(pl.col("ignore"))
        .then(pl.lit(IGNORED_TEXT))
        .when(pl.col("last") < pl.col("on"))
        .then(pl.lit(ENDED))
        .otherwise(pl.lit(MAPPED))
    )
    decided = decided.join(last, on="code", how="left").select("raw", "on", "lines", "code", end=end)
    told = asked.join(decided, on=["raw", "on"], how="left", maintain_order="left", nulls_equal=True)
    is_unknown = pl.col("raw").is_not_null() & pl.col("end").is_null()
    told = told.with_columns(end=pl.when(is_unknown).then(pl.lit(UNMAPPED)).otherwise("end"))
    mapped = pl.when(pl.col("end") == MAPPED).then("code")
    return told.select("end", "lines", target="code", code=mapped)


def faults_of(decided: pl.DataFrame, table: CodeTable, ends: Mapping[str, date]) -> Iterator[Fault]:
    """The rows that neither are mapped nor ignored, those alike together.

    Args:
        decided: what `decide` made of a column.
        table: the code map.
        ends: the last day of each shared code that has one.
    """
    import polars as pl

    name = f"codes/{table.path.name}"
    is_out = decided["end"].is_in([UNMAPPED, PROPOSED, AMBIGUOUS, ENDED]).fill_null(False)
    for row in decided.filter(is_out).select("end", "lines").unique(maintain_order=True).rows(named=True):
        alike = (pl.col("end") == row["end"]) & pl.col("lines").eq_missing(pl.lit(row["lines"], pl.List(pl.Int64)))
        rows = decided.select(alike.fill_null(False)).to_series()
        code = decided.filter(rows)["target"].first()
        yield Fault(row["end"], _message(row["end"], name, row["lines"] or [], code, ends), rows)


def _message(end: str, name: str, lines: list[int], code: object, ends: Mapping[str, date]) -> str:
    """Why rows are kept out, with the lines of the map that are to be looked at."""
    if end == UNMAPPED:
        return f"no entry of {name} maps this code in this period"
    numbers = " and ".join(map(str, lines))
    if end == AMBIGUOUS:
        return f"lines {numbers} of {name} match this code equally well and differ; give it a line of its own"
    if end == PROPOSED:
        return f"{name}:{lines[0]}: agreed_by is missing, so that the line is only proposed"
    return f'{name}:{lines[0]}: maps to "{code}", which ended on {ends[str(code)]}'


def _lines(table: CodeTable) -> pl.DataFrame:
    import polars as pl

    rows = [
        (
            index,
            table.lines[index],
            _RANK[entry.match],
            entry.code,
            entry.action == "ignore",
            entry.is_agreed,
            entry.valid_from,
            entry.valid_to,
        )
        for index, entry in enumerate(table.entries)
    ]
    schema = {
        "index": pl.Int64,
        "line": pl.Int64,
        "rank": pl.Int8,
        "code": pl.String,
        "ignore": pl.Boolean,
        "agreed": pl.Boolean,
        "from": pl.Date,
        "to": pl.Date,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _hits(distinct: pl.Series, table: CodeTable) -> pl.DataFrame:
    """Which line matches which of the distinct texts, whatever the day: `raw` and `index`."""
    import polars as pl

    texts = pl.DataFrame({"raw": distinct, "folded": pl.Series(map(folded, distinct), dtype=pl.String)})
    named = pl.DataFrame(
        [(index, entry.match, entry.text) for index, entry in enumerate(table.entries)],
        schema={"index": pl.Int64, "match": pl.String, "text": pl.String},
        orient="row",
    )
    found = [
        texts.join(named.filter(pl.col("match") == match), left_on=column, right_on="text").select("raw", "index")
        for match, column in (("exact", "raw"), ("folded", "folded"))
    ]
    for index, match, text in named.filter(pl.col("match").is_in(["contains", "regex"])).rows():
        fits = (
            pl.col("folded").str.contains(text, literal=True)
            if match == "contains"
            else pl.col("raw").str.contains(whole_text(text))
        )
        found.append(texts.filter(fits).select("raw", index=pl.lit(index, pl.Int64)))
    return pl.concat(found)
