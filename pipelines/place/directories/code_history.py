"""The history of area codes: since when each is in force, when it ended and what followed it, from publishers' files.

`code_history.parquet` holds one row for each version of an area (a change of name begins a new one): code, name,
entity (the first three characters of a code, as `E05`), parent_code, valid_from, valid_to, status (the publisher's
word), old_code (what the area was called before 2009) and `followed_by`, a list of to_code, changed_on, changed_by
(the order that made the change), is_split (the area went to several) and is_merge (it went whole, with others, into
one).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.code_layouts import KNOWN_LAYOUTS, layout_of
from pipelines.place.directories.publisher_files import publisher_files
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

# Orders that draw wards and divisions anew make new codes of the same number of areas; the publisher's list names one
# area that each old one is followed by, not all. What it lists as two into one need not be two whole areas.
_REDRAWN = ("E05", "E58", "W05", "S13", "N08", "N10")


@dataclass(frozen=True)
class AddedHistory:
    """What came of loading: codes, those that have ended, successions, and archive members that were passed over."""

    codes: int
    ended: int
    successions: int
    passed_over: tuple[str, ...]


def version_schema() -> dict[str, Any]:
    """The columns of a version of an area, and their types."""
    import polars as pl

    text = ("code", "name", "entity", "parent_code", "status", "old_code")
    return {**dict.fromkeys(text, pl.String), "valid_from": pl.Date, "valid_to": pl.Date}


def succession_schema() -> dict[str, Any]:
    """The columns of a succession, and their types."""
    import polars as pl

    return {
        **dict.fromkeys(("from_code", "to_code", "changed_by"), pl.String),
        "changed_on": pl.Date,
        **dict.fromkeys(("is_split", "is_merge"), pl.Boolean),
    }


def add_history(files: list[Path], target: Path) -> AddedHistory:
    """Make the code history of a home from publishers' files; it takes the place of an earlier one.

    Args:
        files: CSV files, ZIP archives of them, or JSON, in the layouts of `code_layouts`.
        target: the Parquet file to write.

    Raises:
        Refusal: where a file is of no known layout, cut short, or holds a value that cannot be read.
    """
    import polars as pl

    drawn = [path for path in files if _is_json(path)]
    parts = [_versions_of_json(path) for path in drawn]
    changes: list[pl.DataFrame] = []
    passed_over: list[str] = []
    others = [path for path in files if path not in drawn]
    with publisher_files(others) as found:
        for file in found:
            layout = layout_of(file.first_record())
            if layout is None and "!" in file.shown:
                passed_over.append(file.shown)
            elif layout is None:
                raise Refusal("missing_column", f"{file.shown}:1: not a code history that is known; {KNOWN_LAYOUTS}")
            else:
                (changes if layout.is_succession else parts).append(layout.read(file))
    if not parts and not changes:
        raise Refusal("missing_column", f"{passed_over[0]}: no code history that is known; {KNOWN_LAYOUTS}")
    successions = _flagged(pl.concat([pl.DataFrame(schema=succession_schema()), *changes], how="diagonal"))
    versions = _together([*parts, *(_told_by_changes(frame) for frame in changes)])
    with whole(target) as draft:
        _with_successions(versions, successions).write_parquet(draft)
    ended = versions.group_by("code").agg(pl.col("valid_to").last()).drop_nulls("valid_to").height
    return AddedHistory(versions["code"].n_unique(), ended, successions.height, tuple(passed_over))


def _is_json(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _versions_of_json(path: Path) -> pl.DataFrame:
    """`{"areas": {CODE: [{"nm": …, "parent": …, "status": …, "date": {"s": …, "e": …}}, …]}}` as versions."""
    import polars as pl

    try:
        areas = json.loads(path.read_text(encoding="utf-8-sig"))["areas"]
        rows = [
            (code, item["nm"], code[:3], item.get("parent"), item.get("status"), *_dates(item["date"]))
            for code, versions in areas.items()
            for item in versions
        ]
    except json.JSONDecodeError as error:
        message = f"{path}:{error.lineno}: not whole JSON ({error.msg}); it may have been cut short: get it again"
        raise Refusal("unreadable", message) from error
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise Refusal("missing_column", f"{path}: not a code history that is known; {KNOWN_LAYOUTS}") from error
    text = ("code", "name", "entity", "parent_code", "status", "starts", "ends")
    table = pl.DataFrame(rows, schema=dict.fromkeys(text, pl.String), orient="row").with_columns(
        valid_from=pl.col("starts").str.to_date("%Y-%m-%d", strict=False),
        valid_to=pl.col("ends").str.to_date("%Y-%m-%d", strict=False),
    )
    for given, made in (("starts", "valid_from"), ("ends", "valid_to")):
        bad = table.filter(pl.col(given).is_not_null() & pl.col(made).is_null())
        if bad.height:
            raise Refusal("bad_value", f'{path}: {bad["code"][0]}: "{bad[given][0]}" is not a date such as 2019-03-31')
    return table.drop("starts", "ends")


def _dates(given: dict[str, str]) -> tuple[str | None, str | None]:
    return given.get("s"), given.get("e")


def _together(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The versions of all files, each once; where one file knows more of a version than another, all that is known.

    What does not depend on the order of the files: the end is the latest that any gives, texts the first in order.
    A row without dates or name only adds to the others of its code, as the publisher's list of old codes does.
    """
    import polars as pl

    empty = pl.DataFrame(schema=version_schema())
    rows = pl.concat([empty, *parts], how="diagonal").sort(pl.all(), nulls_last=True)
    dated = pl.col("valid_from").is_not_null()
    texts = [pl.col(name).drop_nulls().first() for name in ("name", "entity", "parent_code", "status")]
    versions = rows.filter(dated).group_by("code", "valid_from").agg(*texts, pl.col("valid_to").max())
    undated = rows.filter(~dated).join(versions, on="code", how="anti")
    undated = undated.group_by("code").agg(*texts, pl.col("valid_to").max())
    old = rows.group_by("code").agg(old_code=pl.col("old_code").drop_nulls().first())
    made = pl.concat([empty.drop("old_code"), versions, undated], how="diagonal").join(old, on="code", how="left")
    return made.select(list(version_schema())).sort("code", "valid_from")


def _told_by_changes(changes: pl.DataFrame) -> pl.DataFrame:
    """What a list of changes says of codes that no list of codes may tell: undated, so that others come first."""
    import polars as pl

    before = changes.select(
        code="from_code",
        name="from_name",
        valid_to=pl.col("changed_on").dt.offset_by("-1d"),
        status=pl.lit("terminated"),
    )
    after = changes.select(code="to_code", name="to_name").join(before, on="code", how="anti")
    rows = pl.concat([before, after], how="diagonal")
    return rows.with_columns(entity=pl.col("code").str.head(3))


def _flagged(changes: pl.DataFrame) -> pl.DataFrame:
    """Successions, each once, with the flags that a publisher does not give worked out from all of them."""
    import polars as pl

    told = [pl.col(name).drop_nulls().first() for name in ("changed_by", "is_split", "is_merge")]
    rows = changes.filter(pl.col("from_code") != pl.col("to_code")).sort(pl.all(), nulls_last=True)
    rows = rows.group_by("from_code", "to_code", "changed_on").agg(told)
    split = pl.col("to_code").n_unique().over("from_code") > 1
    redrawn = pl.col("from_code").str.head(3).is_in(_REDRAWN)
    merge = ~split & ~redrawn & (pl.col("from_code").n_unique().over("to_code", "changed_on") > 1)
    flagged = rows.with_columns(pl.col("is_split").fill_null(split), pl.col("is_merge").fill_null(merge))
    return flagged.select(pl.col(name).cast(kind) for name, kind in succession_schema().items()).sort(
        "from_code", "to_code", "changed_on"
    )


def _with_successions(versions: pl.DataFrame, successions: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    inner = [name for name in succession_schema() if name != "from_code"]
    followed = successions.group_by("from_code", maintain_order=True).agg(followed_by=pl.struct(inner))
    return versions.join(followed, left_on="code", right_on="from_code", how="left", maintain_order="left")
