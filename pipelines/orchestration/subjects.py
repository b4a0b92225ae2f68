"""Where a person's rows are, and what stands in them. What is done about them: `requests.py`.

An identifier is turned into its pseudonyms under every key that is kept, retired ones too. In feeds that keep none, the
person is looked for in the files in landing, as long as they are there: afterwards nothing tells whose a row was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.orchestration.load import Loader
from pipelines.orchestration.replay import prepared_again
from pipelines.orchestration.report import Say
from pipelines.protect.keys import keys_of
from pipelines.protect.pseudonyms import normalised, pseudonym
from pipelines.protect.rights import Rights
from pipelines.publish.withdraw import releases_of
from pipelines.read.delivery import as_sent
from pipelines.read.records import ROW
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField, Sensitivity
from pipelines.specs.sensitivity import pseudonym_columns
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

if TYPE_CHECKING:
    pass

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
        kept = self.rows_with(row, own)
        dropped = {name: field for name, field in fields.items() if field.pseudonym is None}
        # What was refused is not kept as read: its file alone tells who is in it.
        asked = dict(fields) if row["state"] == "refused" else dropped
        return kept | (self._in_file(loader, row, asked, identifier) if asked else frozenset())

    def rows_with(self, row: Row, own: Collection[str]) -> frozenset[int]:
        """The numbers of the rows of a delivery that hold one of these pseudonyms, in whatever is kept of it."""
        return self._with_pseudonym(row, own) | self._set_aside(row, own)

    def _with_pseudonym(self, row: Row, own: Collection[str]) -> frozenset[int]:
        """Rows as read or, where these are past their retention, as harmonised, that hold one of the pseudonyms."""
        import polars as pl

        path, version, dataset = self.home.raw_of(row), self._version(row), self.specs.datasets[row["dataset"]]
        if path.exists() and version is not None:
            kept = {header for header, _column, _how in pseudonym_columns(version, dataset)}
        else:
            path = self.home.harmonised_of(row)
            kept = {name for name, item in dataset.fields.items() if item.pseudonym is not None}
        if not own or not path.exists():
            return frozenset()
        frame = pl.scan_parquet(path)
        held = [pl.col(name).is_in(list(own)) for name in kept.intersection(frame.collect_schema().names())]
        if not held:
            return frozenset()
        return frozenset(frame.filter(pl.any_horizontal(held)).select(ROW).collect()[ROW].to_list())

    def _set_aside(self, row: Row, own: Collection[str]) -> frozenset[int]:
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
            claim = prepared_again(loader, row).claim
            with claim.source.open() as file:
                frame = as_sent(file, claim)
        except Refusal:
            return frozenset()
        found: set[int] = set()
        for header, column in claim.version.fills():
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

    def _loader(self) -> Loader:
        return Loader(self.home, self.specs, self.ledger, self.say)


def _how(name: str, field: DatasetField) -> str:
    """How an identifier is made alike: as its pseudonym says; of one that is dropped, a name by its words."""
    if field.pseudonym is not None:
        return field.pseudonym.normalise
    return "text" if name.endswith("name") else "letters_and_digits"
