"""One delivery's text made typed, coded and placed; every row loaded, ignored, a duplicate or quarantined."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.harmonise.identity import place_ids, record_ids
from pipelines.harmonise.values import IGNORED, cleaned, codes, moments, numbers, parse_moments
from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.place.locate import UNPLACED, ApproximateTransformError, Gazetteers, locate
from pipelines.read.records import ROW, Records
from pipelines.specs.load import SpecSet
from pipelines.specs.models import PeriodType, Sensitivity
from pipelines.specs.periods import period_start
from quality_checks.row_schema import failures, polars_type, row_schema, stored_columns

if TYPE_CHECKING:
    import polars as pl

OUTCOMES = ("loaded", "ignored", "duplicate", "quarantined")


@dataclass
class Harmonised:
    """What a delivery became.

    `rows` are the loaded rows: the dataset's columns, `record_id`, `supplier`, `period_start`, place, lineage.
    `set_aside` are all others: `_row`, outcome, issue_type, column, value, message, record (JSON of the text) and, of a
    record without shape, the span of its bytes in the file.
    `account` counts rows by outcome, and `made`, their sum. `issues` counts by issue type, `examples` says where.
    """

    rows: pl.DataFrame
    set_aside: pl.DataFrame
    account: dict[str, int]
    issues: Counter[str]
    examples: dict[str, str]


def harmonise(records: Records, claim: Claim, specs: SpecSet, supplier: str, gazetteers: Gazetteers) -> Harmonised:
    """Harmonise the records of one delivery.

    Raises:
        Refusal: where more rows are quarantined than the spec allows, or their number is not what it expects.
    """
    work = _Work(records, claim, specs, supplier)
    work.type_columns()
    work.place(gazetteers)
    work.validate()
    work.check_period()
    result = work.result()
    _expected(result, records, claim)
    return result


class _Work:
    """The state of one delivery on its way: text, typed columns, faults found so far."""

    def __init__(self, records: Records, claim: Claim, specs: SpecSet, supplier: str) -> None:
        import polars as pl

        self.records, self.claim, self.specs, self.supplier = records, claim, specs, supplier
        self.dataset = specs.datasets[claim.feed.dataset]
        self.version = claim.version
        self.text = records.frame.with_row_index(INDEX)
        self.faults = Faults()
        self.ignored = pl.Series(IGNORED, [False] * self.text.height, dtype=pl.Boolean)
        self.periods = self._periods()
        self.typed = self.text.select(INDEX, ROW)
        self.source_category: pl.Series | None = None

    def _periods(self) -> pl.Series:
        """The first day of each row's reporting period; null where it cannot be told."""
        import polars as pl

        kind = self.claim.feed.feed.cadence.every
        declared = self.version.period
        if self.claim.facts.period is not None:
            start = period_start(kind, self.claim.facts.period)
            return pl.Series("period_start", [start], dtype=pl.Date).new_from_index(0, self.text.height)
        assert declared is not None
        text = self.text.select(cleaned(declared.column)).to_series()
        first = parse_moments(text, declared.date)["first"].cast(pl.Date)
        bad = self.text.select(INDEX, declared.column).filter(first.is_null())
        self.faults.add(bad, "bad_value", declared.column, "the reporting period cannot be told", declared.column)
        starts = {day: period_start(kind, day) for day in first.drop_nulls().unique()}
        return first.replace_strict(starts, default=None, return_dtype=pl.Date).alias("period_start")

    def type_columns(self) -> None:
        """Every mapped column by its declaration; fields no column fills are null."""
        import polars as pl

        made: dict[str, pl.Series] = {}
        for header, column in self.version.columns.items():
            field = self.dataset.fields[column.field]
            if field.sensitivity is Sensitivity.IDENTIFIER:
                continue
            if field.type in ("interval", "date"):
                series = moments(self.text, header, column, field, self.faults)
            elif field.type in ("integer", "number"):
                series = [numbers(self.text, header, column, field, self.faults)]
            elif field.type == "code" and column.map is not None:
                table = self.claim.feed.maps[column.map]
                mapped, ignored = codes(self.text, header, column, field, table, self.periods, self.faults)
                self.ignored = self.ignored | ignored
                series = [mapped]
                if column.field == self.dataset.category:
                    self.source_category = self.text.select(cleaned(header)).to_series().alias("source_category")
            else:
                series = [self.text.select(cleaned(header, column.missing).alias(column.field)).to_series()]
            made.update({item.name: item for item in series})
        for name, field in stored_columns(self.dataset).items():
            filled = made.get(name, pl.Series(name, [None] * self.text.height, dtype=pl.Null).cast(polars_type(field)))
            self.typed = self.typed.with_columns(filled.alias(name))

    def place(self, gazetteers: Gazetteers) -> None:
        """Events get a place; what stops a row from having one is an issue, but the row stays."""
        import polars as pl

        if self.dataset.shape != "event":
            return
        try:
            placed = locate(self.text, self.version.location, gazetteers)
        except ApproximateTransformError as error:
            raise Refusal("unreadable", f"{self.claim.source}: {error}") from error
        distinct = placed.select("easting", "northing", "square_m").drop_nulls().unique()
        numbered = distinct.with_columns(place_ids(distinct))
        placed = placed.join(numbered, on=["easting", "northing", "square_m"], how="left", maintain_order="left")
        self.typed = pl.concat([self.typed, placed], how="horizontal")

    def validate(self) -> None:
        """Pandera's verdict on the typed rows, except where a value was already found unreadable."""
        import polars as pl

        schema = row_schema(self.dataset, {name: list(self.specs.labels(name)) for name in self._lists()})
        found = failures(self.typed, schema)
        known = self.faults.table()[INDEX].unique()
        found = found.filter(~pl.col("index").is_in(known.implode())).rename({"index": INDEX})
        intervals = [name for name, field in self.dataset.fields.items() if field.type == "interval"]
        of_field = {f"{name}_{end}": name for name in intervals for end in ("from", "to")}
        found = found.with_columns(pl.col("field").replace(of_field)).unique(maintain_order=True)
        for (field, check), rows in found.group_by("field", "check", maintain_order=True):
            header = next((head for head, column in self.version.columns.items() if column.field == field), field)
            if check == "not_nullable":
                self.faults.add(rows.unique(INDEX), "missing_value", header, f"{field} is required and empty")
            else:
                self.faults.add(rows.unique(INDEX), "bad_value", header, f"{field} breaks its contract: {check}")

    def _lists(self) -> set[str]:
        return {field.list for field in self.dataset.fields.values() if field.list}

    def check_period(self) -> None:
        """A dated row must lie in the period its return reports on."""
        import polars as pl

        clock = self.dataset.clock
        header = next((head for head, column in self.version.columns.items() if column.field == clock), None)
        if header is None:
            return
        kind: PeriodType = self.claim.feed.feed.cadence.every
        days = self.typed[f"{clock}_from"].cast(pl.Date)
        starts = {day: period_start(kind, day) for day in days.drop_nulls().unique()}
        actual = days.replace_strict(starts, default=None, return_dtype=pl.Date)
        wrong = self.text.select(INDEX).filter((actual != self.periods).fill_null(False))
        told = f" ({self.claim.facts.period:%Y-%m})" if self.claim.facts.period else ""
        self.faults.add(wrong, "wrong_period", header, f"dated outside the period the file reports on{told}")

    def result(self) -> Harmonised:
        """Each row to its one end."""
        import polars as pl

        content = [name for name in self.text.columns if name not in (INDEX, ROW)]
        key = list(self.dataset.key)
        faults = self.faults.table()
        faulty = self.text[INDEX].is_in(faults[INDEX].unique().implode())
        base = pl.concat([self.typed, self.text.select(pl.col(content).name.prefix("\x00"))], how="horizontal")
        base = base.with_columns(
            self.periods, ignored=self.ignored, faulty=faulty & ~self.ignored, source_category=self._source_category()
        )
        candidates = base.filter(~pl.col("ignored") & ~pl.col("faulty"))
        repeated = _repeats(candidates, key, ["\x00" + name for name in content])
        rows = candidates.filter(repeated["issue_type"].is_null())
        scope = f"{self.claim.feed.name}\x1f{self.supplier}"
        ids = record_ids(rows, scope, key, ["\x00" + name for name in content])
        loaded = self._loaded(rows.with_columns(ids))
        aside = self._set_aside(base, faults, repeated)
        account = {name: aside.filter(pl.col("outcome") == name)[ROW].n_unique() for name in OUTCOMES[1:]}
        account |= {"loaded": loaded.height, "made": self.text.height}
        if account["made"] != sum(account[name] for name in OUTCOMES):
            raise AssertionError(f"{self.claim.source}: {account['made']} rows made, but {account}")
        return self._counted(loaded, aside, account)

    def _source_category(self) -> pl.Series:
        import polars as pl

        if self.source_category is not None:
            return self.source_category
        return pl.Series("source_category", [None] * self.text.height, dtype=pl.String)

    def _loaded(self, rows: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        feed = self.claim.feed
        fields = list(stored_columns(self.dataset))
        place = ["place_id", "easting", "northing", "square_m", "place_method"] if self.dataset.shape == "event" else []
        category = ["source_category"] if self.dataset.category else []
        return rows.select(
            "record_id",
            partner=pl.lit(feed.partner),
            supplier=pl.lit(self.supplier),
            unit_counted=pl.lit(feed.feed.recording.unit),
            period_type=pl.lit(feed.feed.cadence.every.value),
            period_start="period_start",
            **{name: pl.col(name) for name in (*fields, *category, *place)},
            _spec_version=pl.lit(self.version.valid_from.isoformat()),
            _row=pl.col(ROW),
        )

    def _set_aside(self, base: pl.DataFrame, faults: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
        """Rows not loaded, one line for each fault of a row, and the records that had no shape to begin with."""
        import polars as pl

        ignored = base.filter("ignored").select(INDEX, issue_type=pl.lit("ignored_code"), outcome=pl.lit("ignored"))
        twice = repeated.filter(pl.col("issue_type").is_not_null()).with_columns(outcome=pl.lit("duplicate"))
        bad = faults.filter(~pl.col(INDEX).is_in(ignored[INDEX].implode())).with_columns(outcome=pl.lit("quarantined"))
        aside = pl.concat([ignored, twice, bad], how="diagonal_relaxed").sort(INDEX, maintain_order=True)
        content = [name for name in self.text.columns if name not in (INDEX, ROW)]
        record = pl.struct(content).struct.json_encode() if content else pl.lit("{}")
        texts = self.text.filter(pl.col(INDEX).is_in(aside[INDEX].unique().implode())).select(INDEX, ROW, record=record)
        aside = aside.join(texts, on=INDEX, how="left", maintain_order="left")
        span = {ROW: pl.UInt32(), "first_byte": pl.Int64(), "after_byte": pl.Int64()}
        texts_of_unread = ("outcome", "issue_type", "message", "record")
        unread = pl.DataFrame(
            [
                (item.line, item.first_byte, item.after_byte, "unread", item.issue_type, item.message, _json(item.text))
                for item in self.records.unread
            ],
            schema={**span, **dict.fromkeys(texts_of_unread, pl.String())},
            orient="row",
        )
        columns = {
            ROW: pl.UInt32(),
            **dict.fromkeys(("outcome", "issue_type", "column", "value", "message", "record"), pl.String()),
            **span,
        }
        both = pl.concat([pl.DataFrame(schema=columns), aside, unread], how="diagonal_relaxed")
        return both.select(pl.col(name).cast(kind) for name, kind in columns.items())

    def _counted(self, loaded: pl.DataFrame, aside: pl.DataFrame, account: dict[str, int]) -> Harmonised:
        import polars as pl

        issues: Counter[str] = Counter()
        examples: dict[str, str] = {}
        source = str(self.claim.source)
        for item in aside.unique([ROW, "issue_type"], keep="first", maintain_order=True).iter_rows(named=True):
            kind = item["issue_type"]
            issues[kind] += 1
            if kind not in examples:
                value = f' "{item["value"]}"' if item["value"] is not None else ""
                column = f" {item['column']}:" if item["column"] else ""
                examples[kind] = (
                    f"{source}:{item[ROW]}:{column}{value} {item['message'] or ''}".replace("  ", " ")
                    .strip()
                    .rstrip(":")
                )
        if "place_method" in loaded.columns:
            for method, count in loaded["place_method"].value_counts().iter_rows():
                if method in UNPLACED:
                    row = loaded.filter(pl.col("place_method") == method)[ROW][0]
                    issues[UNPLACED[method]] += count
                    examples[UNPLACED[method]] = f"{source}:{row}"
        return Harmonised(loaded, aside, account, issues, examples)


def _json(text: str | None) -> str | None:
    return None if text is None else json.dumps({"text": text}, ensure_ascii=False)


def _repeats(candidates: pl.DataFrame, key: list[str], content: list[str]) -> pl.DataFrame:
    """For each row its `_index` and, where its key stands earlier, whether the whole record does or only the key."""
    import polars as pl

    none = candidates.select(INDEX, issue_type=pl.lit(None, pl.String))
    if not key:
        return none
    named = pl.col(key[0]).is_not_null()
    again = named & ~pl.struct("period_start", *key).is_first_distinct()
    whole = ~pl.struct(content).is_first_distinct()
    kind = pl.when(again & whole).then(pl.lit("repeated_record")).when(again).then(pl.lit("conflicting_record"))
    return candidates.select(INDEX, issue_type=kind)


def _expected(result: Harmonised, records: Records, claim: Claim) -> None:
    expect, account = claim.version.expect, result.account
    rows = account["made"] + len(records.unread)
    if not expect.rows.min <= rows <= expect.rows.max:
        message = (
            f"{claim.source}: {rows:,} rows, where {claim.feed.name} expects {expect.rows.min:,} to {expect.rows.max:,}"
        )
        raise Refusal("row_count_unexpected", f"{message}; ask the partner whether the file is whole")
    lost = account["quarantined"] + len(records.unread)
    if rows and lost / rows > expect.quarantined_share:
        kinds = [kind for kind, _ in result.issues.most_common() if kind in result.examples]
        worst = next((kind for kind in kinds if kind not in UNPLACED.values() and kind != "ignored_code"), "")
        message = (
            f"{claim.source}: {lost:,} of {rows:,} rows cannot be used (at most {expect.quarantined_share:.0%} may)"
        )
        raise Refusal("too_many_quarantined", f"{message}; mostly {worst}, first at {result.examples.get(worst, '')}")


def returns_of(result: Harmonised, claim: Claim, specs: SpecSet) -> list[dict[str, Any]]:
    """The delivery's returns: one for each reporting period, with counts of its rows, event months and categories.

    A file whose name says the period is a return even with no rows (a nil return).
    """
    import polars as pl

    kind = claim.feed.feed.cadence.every
    dataset = specs.datasets[claim.feed.dataset]
    starts: set[date] = set(result.rows["period_start"].unique())
    if claim.facts.period is not None:
        starts.add(period_start(kind, claim.facts.period))
    aside = result.set_aside.filter(pl.col("outcome").is_in(["quarantined", "unread"]))[ROW].n_unique()
    returns = []
    for start in sorted(starts):
        rows = result.rows.filter(pl.col("period_start") == start)
        dated = rows[f"{dataset.clock}_from"] if dataset.clock else rows["period_start"]
        months = dated.dt.strftime("%Y-%m-01").value_counts().iter_rows()
        categories = rows[dataset.category].value_counts().iter_rows() if dataset.category else ()
        whole = len(starts) == 1
        returns.append(
            {
                "period_start": start,
                "period_type": kind.value,
                "rows_received": result.account["made"] if whole else rows.height,
                "rows_loaded": rows.height,
                "rows_quarantined": aside if whole else 0,
                "months": dict(sorted(months)),
                "categories": dict(sorted(categories)),
            }
        )
    return returns
