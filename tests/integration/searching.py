"""A search for texts in everything that a folder holds, whatever it is packed in."""

from __future__ import annotations

import io
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

_MOST = 500


def found_below(folder: Path, sought: Iterable[str], *without: Path) -> set[tuple[str, str]]:
    """Where in a folder texts stand, as (path in it, text).

    Case does not count, nor do blanks for a text with figures, nor whether a letter takes one byte or two. A file with
    two names is looked into once, and its names are looked into as well.
    """
    paths = [path for path in sorted(folder.rglob("*")) if not any(map(path.is_relative_to, without))]
    names = {str(path.relative_to(folder)): str(path.relative_to(folder)) for path in paths}
    files = {(told.st_dev, told.st_ino): path for path in paths if path.is_file() and (told := path.stat())}
    contents = (
        (f"{path.relative_to(folder)}{where}", content) for path in files.values() for where, content in texts_of(path)
    )
    sought = tuple(sought)
    return {hit for some in _some(chain(names.items(), contents)) for hit in _found(some, sought)}


def found_in(content: str, sought: Iterable[str]) -> set[str]:
    """Which of the texts stand in a text, whatever their case and, for those with figures, their blanks."""
    return {text for _where, text in _found([("", content)], tuple(sought))}


def _some(contents: Iterable[tuple[str, str]], most: int = 30_000_000) -> Iterator[list[tuple[str, str]]]:
    """The contents some at a time: to look for thousands of texts in each by itself takes long to prepare."""
    held: list[tuple[str, str]] = []
    for where, content in contents:
        held.append((where, content))
        if sum(len(each) for _where, each in held) > most or len(held) > _MOST:
            yield held
            held = []
    yield held


def _found(contents: list[tuple[str, str]], sought: tuple[str, ...]) -> set[tuple[str, str]]:
    texts = {text.casefold(): text for text in sought}
    figures = {_solid(text): text for text in texts.values() if any(map(str.isdigit, text))}
    plain = [content.replace("\0", "") for _where, content in contents]
    found = set()
    for wanted, written in ((texts, plain), (figures, [content.replace(" ", "") for content in plain])):
        for (where, _), content, hits in zip(contents, written, _hits(written, wanted), strict=True):
            found |= {(where, wanted[hit]) for hit in hits if not hit.isdigit() or _alone(hit, content)}
    return found


def _solid(text: str) -> str:
    return text.replace(" ", "").casefold()


def _hits(contents: list[str], sought: Iterable[str]) -> list[set[str]]:
    wanted = list(sought)
    if not wanted or not contents:
        return [set() for _ in contents]
    series = pl.Series(contents, dtype=pl.String)
    hits = series.str.extract_many(wanted, ascii_case_insensitive=True, overlapping=True)
    return [{hit.casefold() for hit in each} for each in hits.to_list()]


def _alone(figures: str, content: str) -> bool:
    """Whether figures stand somewhere by themselves: within a longer number they are there by chance."""
    return re.search(rf"(?<![\d.]){figures}(?!\d)", content) is not None


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """All that a file holds as text, each with where in it: its bytes as they are, then what they are read as."""
    content = path.read_bytes()
    yield from _packed("", content)
    if content[:4] == b"PAR1":
        yield "#rows", _parquet(path)
    elif content[:16] == b"SQLite format 3\0":
        yield "#rows", _sqlite(path)
    elif content[8:12] == b"DUCK":
        yield "#rows", _duckdb(path)


def _packed(where: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The bytes, and those of all members where they are an archive."""
    yield where, content.decode("latin-1")
    if content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from _packed(f"{where}!{name}", archive.read(name))
    elif content[257:262] == b"ustar" or content[:2] == b"\x1f\x8b":
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar.getmembers():
                if (file := tar.extractfile(member)) is not None:
                    yield from _packed(f"{where}!{member.name}", file.read())


def _parquet(path: Path) -> str:
    frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
    return "\n".join([str(pl.read_parquet_metadata(path)), *map(_column, frame.get_columns())])


def _column(series: pl.Series) -> str:
    if series.dtype == pl.Binary or series.dtype.is_nested():
        return "\n".join(map(_cell, series.drop_nulls().unique() if series.dtype == pl.Binary else series.to_list()))
    return "\n".join(series.drop_nulls().unique().cast(pl.String))


def _cell(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _sqlite(path: Path) -> str:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        base.text_factory = lambda content: content.decode("utf-8", "replace")
        tables = [row[0] for row in base.execute("select name from sqlite_master where type = 'table'")]
        rows = [row for table in tables for row in base.execute(f'select * from "{table}"')]
        declared = [row[0] or "" for row in base.execute("select sql from sqlite_master")]
    base.close()
    return "\n".join([*declared, *(_cell(cell) for row in rows for cell in row)])


def _duckdb(path: Path) -> str:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as base:
        tables = base.sql("select table_schema, table_name from information_schema.tables").fetchall()
        frames = [base.sql(f'from "{schema}"."{table}"').pl() for schema, table in tables]
        declared = base.sql("select coalesce(sql, '') from duckdb_tables() union all select sql from duckdb_views()")
        return "\n".join(
            [
                *(row[0] for row in declared.fetchall()),
                *(_column(series) for frame in frames for series in frame.get_columns()),
            ]
        )
