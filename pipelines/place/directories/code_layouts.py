"""The layouts in which code histories are given out, each recognised by its header.

The Code History Database of the Office for National Statistics is a ZIP archive of `ChangeHistory.csv` (every version
of every code), `Changes.csv` (which code followed which) and `Equivalents.csv` (codes of before 2009); others give out
extracts of it for local authority districts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.publisher_files import PublisherFile

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Layout:
    """A CSV file with a header: what it is called, and the columns that fields of ours are read from.

    `texts`, `days` and `flags` are ours to the publisher's; a file is of the layout if it has all of `needed`.
    """

    called: str
    texts: dict[str, str]
    days: dict[str, str]
    flags: dict[str, str]
    is_succession: bool = False
    optional: tuple[str, ...] = ()

    @property
    def needed(self) -> set[str]:
        """The columns a file must have to be of this layout."""
        return {*self.texts.values(), *self.days.values(), *self.flags.values()} - set(self.optional)

    def read(self, file: PublisherFile) -> pl.DataFrame:
        """The rows of a file, in our columns.

        Raises:
            Refusal: where a record breaks off, has no code, or holds a day or flag that cannot be read, with its line.
        """
        import duckdb
        import polars as pl

        header = [name.strip() for name in file.first_record()]
        texts = {ours: theirs for ours, theirs in self.texts.items() if theirs in header}
        wanted = ", ".join(f'nullif(trim("{theirs}"), \'\') as "{ours}"' for ours, theirs in self._all(texts).items())
        with duckdb.connect() as connection:
            table = file.read(connection, header, wanted, header=True)
        table = table.with_columns(pl.all().cast(pl.String))
        made = table.with_columns(
            *(_day(pl.col(name)).alias(name) for name in self.days),
            *(_flag(pl.col(name)).alias(name) for name in self.flags),
        )
        for kinds, what in ((self.days, "a day such as 31/03/2019 or 2019-03-31"), (self.flags, "True or False")):
            for name, theirs in kinds.items():
                given = table[name].is_not_null() & ~table[name].is_in(_NOTHING)
                self._refuse(file, table[name].filter(given & made[name].is_null()), given & made[name].is_null(),
                             f"{theirs} is not {what}")  # fmt: skip
        if self.is_succession:
            return made.drop_nulls("from_code").with_columns(entity=pl.col("from_code").str.head(3))
        self._refuse(file, table["code"], table["code"].is_null(), "a record without a code")
        entity = pl.col("entity") if "entity" in made.columns else pl.lit(None, pl.String)
        return made.with_columns(entity=entity.fill_null(pl.col("code").str.head(3)))

    def _all(self, texts: dict[str, str]) -> dict[str, str]:
        return {**texts, **self.days, **self.flags}

    def _refuse(self, file: PublisherFile, values: pl.Series, bad: pl.Series, message: str) -> None:
        if not bad.any():
            return
        # The header is line 1; no field of these files holds a line end.
        at = bad.arg_true()[0]
        value = f'"{values[0]}": ' if values.len() and values[0] is not None else ""
        raise Refusal("bad_value", f"{file.shown}:{at + 2}: {value}{message}; get the file again from its publisher")


_NOTHING = ["n/a", "NA"]


def _day(text: pl.Expr) -> pl.Expr:
    """A day written either way round, with a time behind it or without."""
    import polars as pl

    day = text.str.head(10)
    return pl.coalesce(day.str.to_date("%d/%m/%Y", strict=False), day.str.to_date("%Y-%m-%d", strict=False))


def _flag(text: pl.Expr) -> pl.Expr:
    import polars as pl

    return text.str.to_lowercase().replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)


# Columns of the Code History Database: "Code History Database user guide", ONS Geography.
LAYOUTS = (
    Layout(
        "ChangeHistory.csv of the ONS Code History Database",
        {"code": "GEOGCD", "name": "GEOGNM", "parent_code": "PARENTCD", "entity": "ENTITYCD", "status": "STATUS"},
        {"valid_from": "OPER_DATE", "valid_to": "TERM_DATE"},
        {},
        optional=("ENTITYCD",),
    ),
    Layout(
        "Changes.csv of the ONS Code History Database",
        {"to_code": "GEOGCD", "to_name": "GEOGNM", "from_code": "GEOGCD_P", "from_name": "GEOGNM_P",
         "changed_by": "SI_TITLE"},
        {"changed_on": "OPER_DATE"},
        {},
        is_succession=True,
    ),
    Layout(
        "Equivalents.csv of the ONS Code History Database",
        {"code": "GEOGCD", "name": "GEOGNM", "old_code": "GEOGCDO"},
        {},
        {},
    ),
    Layout(
        "codes with gss_code, gss_name, entity_type, start_date, end_date and status",
        {"code": "gss_code", "name": "gss_name", "entity": "entity_type", "status": "status"},
        {"valid_from": "start_date", "valid_to": "end_date"},
        {},
    ),
    Layout(
        "changes with changed_to_code, changed_from_code, date, split and merge",
        {"to_code": "changed_to_code", "to_name": "changed_to_name", "from_code": "changed_from_code",
         "from_name": "changed_from_name", "changed_by": "desc"},
        {"changed_on": "date"},
        {"is_split": "split", "is_merge": "merge"},
        is_succession=True,
    ),
)  # fmt: skip
KNOWN_LAYOUTS = (
    "known are " + "; ".join(layout.called for layout in LAYOUTS) + '; and JSON with "areas" by code, each a list of '
    "versions with nm, date, status and parent"
)


def layout_of(header: list[str]) -> Layout | None:
    """The layout with this header; None where it is none of ours."""
    given = {name.strip() for name in header}
    # The one that needs the most columns says the most of a file.
    fitting = [layout for layout in LAYOUTS if layout.needed <= given]
    return max(fitting, key=lambda layout: len(layout.needed), default=None)
