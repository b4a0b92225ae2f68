"""One delivery's text made typed, coded and placed; every row loaded, ignored, a duplicate or quarantined."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines.harmonise.areas import AREA, SET, figures_of_sets
from pipelines.harmonise.aside import PARALLEL, RESTRICTED, WHOSE, counted, issue_rows, repeats, set_aside
from pipelines.harmonise.blanks import note_blanks
from pipelines.harmonise.corrections import Sent, corrected, rectified
from pipelines.harmonise.faults import INDEX, Faults
from pipelines.harmonise.identity import place_ids, record_ids
from pipelines.harmonise.parts import PART, rows_made
from pipelines.harmonise.periods import declared_period, row_periods
from pipelines.harmonise.suppliers import row_suppliers
from pipelines.harmonise.values import SYMBOL, cleaned, codes, moments, numbers
from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.place.locate import locate
from pipelines.place.located import PLACE_COLUMNS, TOLD
from pipelines.place.reference import ReferenceData
from pipelines.place.transform import ApproximateTransformError
from pipelines.place.ways.stand_ins import pile_ups
from pipelines.read.records import ROW, Records
from pipelines.specs.base import PeriodType
from pipelines.specs.check_maps import last_days
from pipelines.specs.corrections import concerning
from pipelines.specs.feeds import Column
from pipelines.specs.load import SpecSet
from pipelines.specs.models import DatasetField
from pipelines.specs.parts import part_of, parts_of
from pipelines.specs.periods import period_end, period_start
from pipelines.specs.sensitivity import is_dropped, plain_columns
from quality_checks.row_schema import failures, polars_type, row_schema, stored_columns

if TYPE_CHECKING:
    import polars as pl

OUTCOMES = ("loaded", "ignored", "duplicate", "quarantined", "erased")


@dataclass
class Harmonised:
    """What a delivery became.

    `rows` are the loaded rows: the dataset's columns, `record_id`, `supplier`, `period_start`, place, lineage.
    `set_aside` are all others: `_row`, `_part`, outcome, issue_type, column, value, message, record (JSON of the text)
    and, of a record without shape, the span of its bytes in the file. `issue_rows` are all issues, row by row.
    `account` counts rows by outcome, and `made`, their sum. `issues` counts by issue type, `examples` says where.
    `supplier` and `period` are those of the whole delivery; none where each row says its own. `stated_rows` is how many
    records the partner says it has, once its control totals were checked; None where the partner does not say.
    """

    rows: pl.DataFrame
    set_aside: pl.DataFrame
    issue_rows: pl.DataFrame
    account: dict[str, int]
    issues: Counter[str]
    examples: dict[str, str]
    supplier: str
    period: date | None
    stated_rows: int | None = None


@dataclass(frozen=True)
class Delivered:
    """What is known of a delivery besides its content: its id, and the day it came first."""

    delivery_id: str
    received: date


def harmonise(
    records: Records, claim: Claim, specs: SpecSet, supplier: str, reference: ReferenceData, delivered: Delivered
) -> Harmonised:
    """Harmonise the records of one delivery.

    Args:
        records: what was read of it.
        claim: its feed, and the version that reads it.
        specs: the specs in force.
        supplier: whom all of it speaks for; empty where each row says so itself.
        reference: what places are looked up in.
        delivered: its id and when it came.

    Raises:
        Refusal: where the period of the whole cannot be told or had not begun, a recorded correction does not fit, or
            no exact transformation of its coordinates is at hand.
    """
    work = _Work(records, claim, specs, supplier, delivered)
    work.type_columns()
    work.place(reference)
    work.validate()
    work.check_period()
    return work.result()


class _Work:
    """The state of one delivery on its way: text, typed columns, faults found so far."""

    def __init__(self, records: Records, claim: Claim, specs: SpecSet, supplier: str, delivered: Delivered) -> None:

        self.records, self.claim, self.specs, self.supplier = records, claim, specs, supplier
        self.delivered = delivered
        self.dataset = specs.datasets[claim.feed.dataset]
        self.version = claim.version
        self.faults = Faults()
        self.text = rows_made(records.frame, self.version, self.faults)
        self.period = declared_period(claim, records.cells, delivered.received)
        self.periods = row_periods(self.text, claim, self.period, delivered.received, self.faults)
        self.elsewhere = self.text.select(INDEX).clear()
        self.suppliers, self.ignored = row_suppliers(self.text, claim, specs, supplier, self.periods, self.faults)
        # Who a record is, and what is kept of a row set aside, are told by the rows as sent.
        self.sent = self.text
        self.plain = plain_columns(self.version, self.dataset)
        self.text, self.left_out = self._corrected()
        self.typed = self.text.select(INDEX, ROW, PART)
        self.source_category: pl.Series | None = None

    def _corrected(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows with our recorded corrections made; which of them are left out, and why."""
        feed, plain = self.claim.feed, self.plain
        kind = feed.feed.cadence.every
        note_blanks(self.sent, self.version, plain, self.faults)
        recorded = self.specs.corrections.get(feed.partner, ())
        ours = concerning(recorded, feed.dataset, kind, self.period, self.supplier)
        source = str(self.claim.source)
        sent = Sent(source, self.sent, self.periods, self.suppliers, self.period, self.supplier, kind, plain)
        text, left_out = corrected(sent, ours, self.faults)
        return rectified(text, self.records.rectified, self.faults), left_out

    def type_columns(self) -> None:
        """Every mapped column by its declaration; fields no column fills are null."""
        import polars as pl

        made: dict[str, pl.Series] = {}
        for header, column in self.version.fills():
            field = self.dataset.fields[column.field]
            if not is_dropped(column, field):
                made.update({item.name: item for item in self._typed(header, column, field)})
        for name, field in stored_columns(self.dataset).items():
            filled = made.get(name, pl.Series(name, [None] * self.text.height, dtype=pl.Null).cast(polars_type(field)))
            self.typed = self.typed.with_columns(filled.alias(name))

    def _typed(self, header: str, column: Column, field: DatasetField) -> list[pl.Series]:
        """The columns that one column of the file fills."""
        if field.type in ("interval", "date"):
            return moments(self.text, header, column, field, self.faults)
        if field.type in ("integer", "number"):
            return numbers(self.text, header, column, field, self.faults)
        if column.map is not None:
            table = self.claim.feed.maps[column.map]
            ends = last_days(self.specs.code_lists[field.list]) if field.list else {}
            mapped, ignored = codes(self.text, header, column, field, table, self.periods, self.faults, ends)
            self.ignored = self.ignored | ignored
            if column.field == self.dataset.category:
                self.source_category = self.text.select(cleaned(header)).to_series().alias("source_category")
            return [mapped]
        # Also an age band: it was made of the date of birth, or of the age, as the file was read.
        return [self.text.select(cleaned(header, column.missing).alias(column.field)).to_series()]

    def place(self, reference: ReferenceData) -> None:
        """Rows that stand somewhere get a place; what stops one from having it is an issue, but the row stays."""
        import polars as pl

        if not self.dataset.is_placed:
            self._name_sets(reference)
            return
        days = self._days()
        try:
            placed = locate(self.text, self.version.location, reference, days)
        except ApproximateTransformError as error:
            raise Refusal("unreadable", f"{self.claim.source}: {error}") from error
        distinct = placed.select("easting", "northing", "square_m").drop_nulls().unique()
        numbered = distinct.with_columns(place_ids(distinct))
        placed = placed.join(numbered, on=["easting", "northing", "square_m"], how="left", maintain_order="left")
        self.typed = pl.concat([self.typed, placed], how="horizontal")

    def _name_sets(self, reference: ReferenceData) -> None:
        """Supplied figures get the set that their area code is of, where the feed names sets and no column says it."""
        named, header = self.claim.feed.feed.boundary_set, self._header_of(AREA)
        if named is None or AREA not in self.typed.columns or header is None or self._header_of(SET) is not None:
            return
        dated = self._days()
        days = self.periods if dated is None else dated.zip_with(dated.is_not_null(), self.periods)
        plain = header in self.plain
        made = figures_of_sets(self.typed.select(INDEX, AREA), days, named, reference, header, plain)
        self.typed = self.typed.with_columns(made.boundary_set.alias(SET), made.area_code.alias(AREA))
        self.faults.repairs.append(made.told)

    def _days(self) -> pl.Series | None:
        """The day each row is of; None for figures that have no clock.

        It is told by the dataset's clock. Without one it is the last day of the period for an asset, which is one that
        stood then, and the first for a response: the sample was drawn by the addresses there were when the wave began.
        """
        import polars as pl

        if self.dataset.clock:
            return self.typed[f"{self.dataset.clock}_from"].cast(pl.Date)
        if not self.dataset.is_placed:
            return None
        if self.dataset.shape == "response":
            return self.periods
        kind = self.claim.feed.feed.cadence.every
        ends = {start: period_end(kind, start) for start in self.periods.drop_nulls().unique()}
        return self.periods.replace_strict(ends, default=None, return_dtype=pl.Date)

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
            header = self._header_of(field) or field
            if check == "not_nullable":
                self.faults.add(rows.unique(INDEX), "missing_value", header, f"{field} is required and empty")
            else:
                self._fault(rows.unique(INDEX), "bad_value", header, f"{field} breaks its contract: {check}")

        self._check_figures()

    def _check_figures(self) -> None:
        """A row of supplied figures has a figure, or a symbol that says why not: an empty cell is neither."""
        import polars as pl

        if SYMBOL not in self.dataset.fields or "value" not in self.dataset.fields:
            return
        known = self.faults.table()[INDEX].unique()
        empty = self.typed.filter(pl.col("value").is_null() & pl.col(SYMBOL).is_null())
        empty = empty.select(INDEX).filter(~pl.col(INDEX).is_in(known.implode()))
        message = "neither a number nor a declared symbol; an empty cell may be declared under `symbols` as well"
        self.faults.add(empty, "missing_value", self._header_of("value") or "value", message)

    def _fault(self, rows: pl.DataFrame, issue_type: str, header: str, message: str) -> None:
        """Note a fault of rows (frames with `_index`), with the text as sent where an issue may repeat it."""
        shown = header if header in self.plain and header in self.sent.columns else None
        if shown is not None:
            rows = rows.select(INDEX).join(self.sent.select(INDEX, shown), on=INDEX, maintain_order="left")
        self.faults.add(rows, issue_type, header, message, shown)

    def _header_of(self, field: str | None) -> str | None:
        return next((header for header, column in self.version.fills() if column.field == field), None)

    def _lists(self) -> set[str]:
        return {field.list for field in self.dataset.fields.values() if field.list}

    def check_period(self) -> None:
        """A dated row must lie in the period its return reports on."""
        import polars as pl

        clock = self.dataset.clock
        header = self._header_of(clock)
        if header is None:
            return
        kind: PeriodType = self.claim.feed.feed.cadence.every
        days = self.typed[f"{clock}_from"].cast(pl.Date)
        starts = {day: period_start(kind, day) for day in days.drop_nulls().unique()}
        actual = days.replace_strict(starts, default=None, return_dtype=pl.Date)
        wrong = self.text.select(INDEX).filter((actual != self.periods).fill_null(False))
        told = f" ({self.period:%Y-%m})" if self.period else ""
        self._fault(wrong, "wrong_period", header, f"dated outside the period the file reports on{told}")
        self._check_part(days, header)

    def _check_part(self, days: pl.Series, header: str) -> None:
        """Where a period comes in parts, a row counts on the days of its own; those of another are compared only."""
        import polars as pl

        rows = self.text.select(INDEX).with_columns(days.alias("day"), self.periods)
        for start in self.periods.drop_nulls().unique():
            part, parts = part_of(self.claim.feed, self.version, start), parts_of(self.claim.feed, start)
            if not part:
                continue
            own = parts.get(part)
            mine = rows.filter(pl.col("period_start") == start)
            if own is not None:
                mine = mine.filter(~pl.col("day").is_between(*own))
            others = [pl.col("day").is_between(*part) for part in parts.values() if part != own]
            other = pl.any_horizontal(others) if others else pl.lit(False)
            self.elsewhere = pl.concat([self.elsewhere, mine.filter(other).select(INDEX)])
            outside = mine.filter(~other & pl.col("day").is_not_null() & (pl.col("day") >= start))
            outside = outside.filter(pl.col("day") <= period_end(self.claim.feed.feed.cadence.every, start))
            self._fault(outside.select(INDEX), "wrong_period", header, "dated on a day that no part of it covers")

    def result(self) -> Harmonised:
        """Each row to its one end."""
        import polars as pl

        content = [name for name in self.sent.columns if name not in (INDEX, ROW, PART)]
        key = list(self.dataset.key)
        faults = self.faults.table()
        faulty = self.sent[INDEX].is_in(faults[INDEX].unique().implode())
        base = pl.concat([self.typed, self.sent.select(pl.col(content).name.prefix("\x00"))], how="horizontal")
        left_out = self._left_out(faulty)
        ignored = self.sent[INDEX].is_in(left_out[INDEX].implode())
        base = base.with_columns(
            self.periods,
            self.suppliers,
            ignored=ignored,
            faulty=faulty & ~ignored,
            source_category=self._source_category(),
        )
        candidates = base.filter(~pl.col("ignored") & ~pl.col("faulty"))
        whole = [f"\x00{name}" for name in content] + ([PART] if self.version.unpivot else [])
        repeated = repeats(candidates, key, whole, self.version.replaces)
        rows = candidates.filter(repeated["issue_type"].is_null())
        ids = record_ids(rows, self._scope(), key, whole)
        loaded = self._loaded(rows.with_columns(ids))
        if self.dataset.is_placed:
            for column, message in pile_ups(loaded, (ROW,), self.version.location):
                self.faults.note("pile_up", message, column)
        whose = base.select(INDEX, *WHOSE)
        aside = set_aside(self.sent, whose, left_out, faults, repeated, self.records)
        repairs = self.faults.repaired().join(self.sent.select(INDEX, ROW, PART), on=INDEX, maintain_order="left")
        issues = issue_rows(aside, loaded, [*self.records.notes, *self.faults.notes], repairs)
        totals, examples = counted(issues, str(self.claim.source))
        account = self._account(loaded, aside)
        loaded = loaded.drop(TOLD, strict=False)
        return Harmonised(loaded, aside, issues, account, totals, examples, self.supplier, self.period)

    def _scope(self) -> str:
        """Within what a record's key is one record: its feed, and the part, or where returns are added, its return."""
        name = self.claim.feed.name
        if self.version.replaces == "nothing":
            return f"{name}\n{self.delivered.delivery_id}"
        part = part_of(self.claim.feed, self.version, self.period) if self.period else ""
        return f"{name}\n{part}" if part else name

    def _left_out(self, faulty: pl.Series) -> pl.DataFrame:
        """The rows left out on purpose: `_index`, issue_type, message.

        Those of a correction, else because a person has had their use restricted, else by their code, else because
        another system reports on their days.
        """
        import polars as pl

        left_out = self.left_out
        sound = self.elsewhere.filter(pl.col(INDEX).is_in(self.sent[INDEX].filter(~faulty).implode()))
        restricted = self.sent.select(INDEX).filter(self.sent[ROW].is_in(self.records.restricted))
        coded = self.sent.select(INDEX).filter(self.ignored)
        for kind, rows in ((RESTRICTED, restricted), ("ignored_code", coded), (PARALLEL, sound)):
            fresh = rows.filter(~pl.col(INDEX).is_in(left_out[INDEX].implode()))
            left_out = pl.concat([left_out, fresh.with_columns(issue_type=pl.lit(kind))], how="diagonal")
        return left_out

    def _account(self, loaded: pl.DataFrame, aside: pl.DataFrame) -> dict[str, int]:
        """Rows by outcome; every row made is in exactly one."""
        import polars as pl

        counts = {name: aside.filter(pl.col("outcome") == name).select(ROW, PART).n_unique() for name in OUTCOMES[1:]}
        account = {"made": self.text.height + len(self.records.erased), "loaded": loaded.height, **counts}
        wide = self.version.unpivot is not None
        if account["made"] != sum(account[name] for name in OUTCOMES) or (
            not wide and account["made"] != self.records.read
        ):
            raise AssertionError(f"{self.claim.source}: {self.records.read} records read, but rows {account}")
        return account

    def _source_category(self) -> pl.Series:
        import polars as pl

        if self.source_category is not None:
            return self.source_category
        return pl.Series("source_category", [None] * self.text.height, dtype=pl.String)

    def _loaded(self, rows: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        feed = self.claim.feed
        fields = list(stored_columns(self.dataset))
        fields += [SET] if SET in rows.columns and SET not in fields else []
        place = ["place_id", *PLACE_COLUMNS, *TOLD] if self.dataset.is_placed else []
        category = ["source_category"] if self.dataset.category else []
        return rows.select(
            "record_id",
            partner=pl.lit(feed.partner),
            supplier="supplier",
            unit_counted=pl.lit(feed.feed.recording.unit),
            period_type=pl.lit(feed.feed.cadence.every.value),
            period_start="period_start",
            **{name: pl.col(name) for name in (*fields, *category, *place)},
            _spec_version=pl.lit(self.version.valid_from.isoformat()),
            _row=pl.col(ROW),
            _part=pl.col(PART),
        )
