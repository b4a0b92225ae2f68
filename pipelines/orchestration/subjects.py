"""Where a person's rows are, and what is done about them wherever they lie.

An identifier is turned into its pseudonyms under every key that is kept, retired ones too. In feeds that keep none, the
person is looked for in the files in landing, as long as they are there: afterwards nothing tells whose a row was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.orchestration.entries import sweep
from pipelines.orchestration.load import Loader
from pipelines.orchestration.prepare import Prepared
from pipelines.orchestration.replay import prepared_again
from pipelines.orchestration.report import Say
from pipelines.protect.keys import keys_of
from pipelines.protect.pseudonyms import normalised, pseudonym
from pipelines.protect.rights import Act, Request, Rights, new_request
from pipelines.publish.withdraw import made_otherwise, releases_of, withdraw
from pipelines.read.delivery import as_sent, read_delivery
from pipelines.read.records import ROW, Erased
from pipelines.specs.fingerprint import digest
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField, Sensitivity
from pipelines.specs.sensitivity import pseudonym_columns
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.journal import Arrival
from warehouse.ledger import Ledger, open_ledger

if TYPE_CHECKING:
    import polars as pl

Row = dict[str, Any]
# In the home: which requests were carried out here, each with a hash of the rows it was about.
APPLIED = "requests_applied.json"


@dataclass(frozen=True)
class Sought:
    """Whom to look for: the identifier as typed, in which fields (none: those kept as pseudonyms), of which feed."""

    identifier: str = field(repr=False)
    fields: tuple[str, ...] = ()
    feed: str | None = None

    def fields_of(self, dataset: Dataset) -> dict[str, DatasetField]:
        """The identifiers of a dataset that are looked in."""
        return {
            name: field
            for name, field in dataset.fields.items()
            if field.sensitivity is Sensitivity.IDENTIFIER
            and (name in self.fields if self.fields else field.pseudonym is not None)
        }


@dataclass(frozen=True)
class Held:
    """A delivery that a person is in: its row in the ledger, and the numbers of the person's rows."""

    delivery: Mapping[str, Any]
    rows: frozenset[int]


@dataclass(frozen=True)
class Found:
    """Everything that is found of a person. `pseudonyms` are those under every key of the feeds looked in."""

    held: tuple[Held, ...]
    pseudonyms: frozenset[str]

    @property
    def rows(self) -> dict[str, frozenset[int]]:
        """The numbers of the person's rows by delivery."""
        return {str(item.delivery["delivery_id"]): item.rows for item in self.held}


class Subjects:
    """One home, in which people's rows are looked for and acted on."""

    def __init__(self, home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> None:
        self.home, self.specs, self.ledger, self.say = home, specs, ledger, say
        self.rights = Rights(home.keys)

    # --- finding ------------------------------------------------------------------------------------------------------

    def find(self, sought: Sought) -> Found:
        """Every delivery that holds rows of a person.

        Raises:
            Refusal: where a key that is kept cannot be used: then nobody can say that all was found.
        """
        loader = self._loader()
        held: list[Held] = []
        pseudonyms: set[str] = set()
        for name, feed in self.specs.feeds.items():
            fields = sought.fields_of(self.specs.datasets[feed.dataset])
            if not fields or sought.feed not in (None, name):
                continue
            own = self._pseudonyms(name, fields, sought.identifier)
            pseudonyms |= own
            for row in self.ledger.rows(led.delivery, feed=name):
                if rows := self._rows(loader, dict(row), own, fields, sought.identifier):
                    held.append(Held(dict(row), rows))
        return Found(tuple(held), frozenset(pseudonyms))

    def _pseudonyms(self, feed: str, fields: Mapping[str, DatasetField], identifier: str) -> set[str]:
        """The pseudonyms of an identifier under every key of a feed, retired ones as well."""
        kept = [field.pseudonym for field in fields.values() if field.pseudonym is not None]
        if not kept:
            return set()
        keys = keys_of(self.home.keys, feed)
        made = [pseudonym(key, identifier, how.normalise) for how in kept for key in keys if key.purpose == how.purpose]
        return {text for text in made if text is not None}

    def _rows(
        self, loader: Loader, row: Row, own: set[str], fields: Mapping[str, DatasetField], identifier: str
    ) -> frozenset[int]:
        """The numbers of a person's rows in one delivery, by what is kept of it and by its file."""
        kept = self._with_pseudonym(row, own) | self._set_aside(row, own)
        dropped = {name: field for name, field in fields.items() if field.pseudonym is None}
        # What was refused is not kept as read: its file alone tells who is in it.
        asked = dict(fields) if row["state"] == "refused" else dropped
        return kept | (self._in_file(loader, row, asked, identifier) if asked else frozenset())

    def _with_pseudonym(self, row: Row, own: set[str]) -> frozenset[int]:
        import polars as pl

        path = self.home.raw_of(row)
        version = self._version(row)
        if not own or version is None or not path.exists():
            return frozenset()
        frame = pl.scan_parquet(path)
        kept = {header for header, _column, _how in pseudonym_columns(version, self.specs.datasets[row["dataset"]])}
        held = [pl.col(name).is_in(list(own)) for name in kept.intersection(frame.collect_schema().names())]
        if not held:
            return frozenset()
        return frozenset(frame.filter(pl.any_horizontal(held)).select(ROW).collect()[ROW].to_list())

    def _set_aside(self, row: Row, own: set[str]) -> frozenset[int]:
        """Rows kept out, also of a delivery that was refused, whose text has one of the pseudonyms."""
        import polars as pl

        path = self.home.quarantine_of(row)
        if not own or not path.exists():
            return frozenset()
        frame = pl.read_parquet(path, columns=[ROW, "record"])
        said = pl.any_horizontal(pl.col("record").str.contains(text, literal=True) for text in own)
        return frozenset(frame.filter(said)[ROW].to_list())

    def _version(self, row: Mapping[str, Any]) -> Any:
        versions = self.specs.feeds[row["feed"]].feed.versions
        return next((item for item in versions if item.valid_from.isoformat() == row["spec_version"]), None)

    def _in_file(self, loader: Loader, row: Row, fields: Mapping[str, DatasetField], identifier: str) -> frozenset[int]:
        """The rows of a delivery's file, if it is still there, in which an identifier stands as it was typed."""
        try:
            made = prepared_again(loader, row)
            frame = clear_text(made, self.specs.datasets[row["dataset"]], set(fields))
        except Refusal:
            return frozenset()
        found: set[int] = set()
        for header, column in made.claim.version.fills():
            if column.field in fields and header in frame.columns:
                how = _how(column.field, fields[column.field])
                wanted = normalised(identifier, how)
                alike = [normalised(text or "", how) == wanted for text in frame[header]] if wanted else []
                found.update(number for number, same in zip(frame[ROW], alike, strict=False) if same)
        return frozenset(found)

    # --- telling ------------------------------------------------------------------------------------------------------

    def told(self, found: Found) -> list[Row]:
        """Where a person's rows lie, a line a delivery, without anything that stands in them."""
        return [
            {
                "feed": item.delivery["feed"],
                "delivery_id": item.delivery["delivery_id"],
                "source": item.delivery["member"] or item.delivery["path"],
                "rows": len(item.rows),
                "landing": (self.home.landing / item.delivery["path"]).exists(),
                "raw": self.home.raw_of(item.delivery).exists(),
                "harmonised": self.home.harmonised_of(item.delivery).exists(),
                "set_aside": self.home.quarantine_of(item.delivery).exists(),
                "releases": sorted(releases_of(self.ledger, [str(item.delivery["delivery_id"])])),
            }
            for item in found.held
        ]

    def export(self, found: Found) -> list[Row]:
        """All that is held about a person: each row as sent, as kept, and what became of it."""
        loader = self._loader()
        return [line for item in found.held for line in self._exported(loader, item)]

    def _exported(self, loader: Loader, item: Held) -> Iterator[Row]:
        import polars as pl

        row = dict(item.delivery)
        parts: dict[str, dict[int, list[Row]]] = {}
        for name, path in (
            ("as_read", self.home.raw_of(row)),
            ("harmonised", self.home.harmonised_of(row)),
            ("set_aside", self.home.quarantine_of(row)),
        ):
            if path.exists():
                frame = pl.read_parquet(path).filter(pl.col(ROW).is_in(list(item.rows)))
                for line in frame.iter_rows(named=True):
                    parts.setdefault(name, {}).setdefault(line[ROW], []).append(line)
        sent = self._sent(loader, row, item.rows)
        for number in sorted(item.rows):
            held = {name: lines.get(number, []) for name, lines in parts.items()}
            yield {
                "feed": row["feed"],
                "source": row["member"] or row["path"],
                "row": number,
                "as_sent": sent.get(number),
                **held,
            }

    def _sent(self, loader: Loader, row: Row, rows: frozenset[int]) -> dict[int, Row]:
        """A person's rows as the partner sent them, identifiers too: the person is entitled to them."""
        import polars as pl

        try:
            source = prepared_again(loader, row).claim
            with source.source.open() as file:
                frame = as_sent(file, source)
        except Refusal:
            return {}
        return {line[ROW]: line for line in frame.filter(pl.col(ROW).is_in(list(rows))).iter_rows(named=True)}

    # --- acting -------------------------------------------------------------------------------------------------------

    def request(
        self, act: Act, found: Found, today: date, column: str | None = None, text: str | None = None
    ) -> Request:
        """Write down what is asked of a person's rows. Nothing is done yet: see `carry_out`."""
        lifted = self.rights.restrictions(found.pseudonyms, found.rows) if act is Act.LIFT else []
        made = new_request(act, today, found.pseudonyms, found.rows)
        request = replace(made, column=column, text=text, lifts=tuple(item.id for item in lifted))
        self.rights.add(request)
        return request

    def carry_out(self) -> set[str]:
        """Do what the register asks and was not done in this home yet; the deliveries that it changed.

        It is done again wherever an older state was put back: a restored home meets the requests made since.
        """
        applied = self._applied()
        waiting = [item for item in self.rights.requests.values() if applied.get(item.id) != _stamp(item)]
        if not waiting:
            return set()
        loader = self._loader()
        for item in waiting:
            self.rights.found(item.id, self._come_since(item))
        about = {name for item in waiting for each in self._with_lifted(item) for name in each.rows}
        changed = set()
        for row in list(loader.deliveries.values()):
            if row["delivery_id"] in about and self._again(loader, row):
                changed.add(str(row["delivery_id"]))
        loader.remember()
        self._leave_landing(loader)
        if changed and any(item.act is Act.ERASE for item in waiting):
            # A row that is deleted stays in a database's file until its room is used again: so it is built anew.
            for path in (self.home.warehouse, self.home.warehouse.with_name(f"{self.home.warehouse.name}.wal")):
                path.unlink(missing_ok=True)
        with whole(self.home.root / APPLIED) as draft:
            done = {item.id: _stamp(item) for item in self.rights.requests.values()}
            draft.write_text(json.dumps(done, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return changed

    def _with_lifted(self, item: Request) -> list[Request]:
        return [item, *(self.rights.requests[name] for name in item.lifts if name in self.rights.requests)]

    def _come_since(self, item: Request) -> dict[str, frozenset[int]]:
        """The rows of a request's pseudonyms in whatever this home holds."""
        own = set(item.pseudonyms)
        found = {}
        for row in self.ledger.rows(led.delivery):
            if row["feed"] in self.specs.feeds and (
                rows := self._with_pseudonym(dict(row), own) | self._set_aside(dict(row), own)
            ):
                found[str(row["delivery_id"])] = rows
        return found

    def _again(self, loader: Loader, row: Row) -> bool:
        """Make a delivery again as the register has it, and remove what was made of it before."""
        if row["feed"] not in self.specs.feeds:
            return False
        made = prepared_again(loader, row)
        if made.fingerprint == row["fingerprint"]:
            return False
        made.whose = self._whose(row, made)
        try:
            loader.preparer.make(made)
        except Refusal as refusal:
            made.refusal = refusal
            if row["state"] != "refused":
                raise
        arrival = Arrival(
            row["delivery_id"], row["path"], row["member"], row["feed"], row["name_period"], row["name_supplier"],
            made.claim.facts.issued, is_given=False,
        )  # fmt: skip
        loader.take_up(made, arrival, is_new=False)
        sweep(self.home, {**row, "fingerprint": made.fingerprint})
        self.say(f"made anew {made.claim.source}")
        return True

    def _whose(self, row: Row, made: Prepared) -> Any:
        """Whose each row of a delivery was, by what was made of it before."""
        import polars as pl

        found: dict[int, list[Erased]] = {}
        for path in (self.home.harmonised_of(row), self.home.quarantine_of(row)):
            if path.exists():
                columns = [ROW, "_part", "supplier", "period_start"]
                lines = pl.read_parquet(path, columns=columns).unique([ROW, "_part"]).sort(ROW, "_part")
                for number, part, supplier, start in lines.iter_rows():
                    erased = Erased(number, part, supplier, start.isoformat() if start else None)
                    found.setdefault(number, []).append(erased)
        return lambda number: found.get(number) or made.of_whole(number)

    def _leave_landing(self, loader: Loader) -> None:
        """Remove from landing the files that hold what was erased: what else was in them is kept as it was read."""
        erased = {name for item in self.rights.in_force() if item.act is Act.ERASE for name in item.rows}
        paths = {row["path"] for row in loader.deliveries.values() if row["delivery_id"] in erased}
        for path in sorted(paths):
            file = self.home.landing / path
            if file.is_file():
                file.unlink()
                self.say(f"removed   {path} from landing: rows of it were erased")

    def _applied(self) -> dict[str, str]:
        path = self.home.root / APPLIED
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def _loader(self) -> Loader:
        return Loader(self.home, self.specs, self.ledger, self.say)


def _stamp(item: Request) -> str:
    return digest({name: sorted(rows) for name, rows in item.rows.items()})


def _how(name: str, field: DatasetField) -> str:
    """How an identifier is made alike: as its pseudonym says; of one that is dropped, a name by its words."""
    if field.pseudonym is not None:
        return field.pseudonym.normalise
    return "text" if name.endswith("name") else "letters_and_digits"


def clear_text(made: Prepared, dataset: Dataset, fields: set[str]) -> pl.DataFrame:
    """Columns of a delivery's file as they were sent, in memory alone: `_row`, and those that fill some fields.

    Args:
        made: the delivery.
        dataset: its dataset.
        fields: identifiers to be read in clear.

    Raises:
        Refusal: where its file is gone or cannot be read.
    """
    from pipelines.specs.feeds import Column

    open_to_read = {"sensitivity": Sensitivity.PLAIN, "pseudonym": None, "type": "text"}
    shown = dataset.model_copy(
        update={
            "persons": False,
            "fields": {name: item.model_copy(update=open_to_read) for name, item in dataset.fields.items()},
        }
    )
    version = made.claim.version
    columns = {
        header: tuple(Column(field=item.field) for item in items[:1])
        for header, items in version.columns.items()
        if any(item.field in fields for item in items)
    }
    reader = version.model_copy(
        update={"columns": columns, "ignore": ("*",), "location": (), "unpivot": None, "split": (), "control": ()}
    )
    claim = replace(made.claim, version=reader)
    with claim.source.open() as file:
        return read_delivery(file, claim, shown).frame


def settle_requests(home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> set[str]:
    """Do what people have asked and was not done in this home yet, as after a restore; the deliveries it changed."""
    return Subjects(home, specs, ledger, say).carry_out()


def take_back(home: Home, ledger: Ledger, say: Say, today: date, *, but_current: bool = True) -> list[str]:
    """Take back the releases with rows that were erased or restricted since; not (`but_current`) the one that holds."""
    rights = Rights(home.keys)
    asked = [item for item in rights.in_force() if item.act in (Act.ERASE, Act.RESTRICT)]
    wanted = {name: rights.digest(name) for item in asked for name in item.rows}
    if not wanted:
        return []
    reason = "rows of it were erased or restricted since, as people asked"
    done = withdraw(home, made_otherwise(ledger, wanted), reason, today, but_current=but_current)
    for name in done:
        say(f"withdrawn {name}: {reason}")
    return done


def after_restore(home: Home, specs: SpecSet, say: Say) -> None:
    """Do to a home that was put back what people have asked since, and take back the releases that knew not of it."""
    if not home.ledger.exists():
        return
    ledger = open_ledger(home)
    try:
        settle_requests(home, specs, ledger, say)
        take_back(home, ledger, say, date.today(), but_current=False)
    finally:
        ledger.close()
