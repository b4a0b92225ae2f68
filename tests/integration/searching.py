"""A search for texts in everything that a folder holds, whatever it is packed in."""

from __future__ import annotations

import io
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl


def found_below(folder: Path, sought: Iterable[str], *without: Path) -> set[tuple[str, str]]:
    """Where in a folder texts stand: (path in it, text), both written as they are there and as they were given.

    Case does not count, and for a text with figures neither do blanks, nor whether a letter takes one byte or two. A file with two names is looked into once.
    """
    texts = tuple(sought)
    seen: set[tuple[int, int]] = set()
    found = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(path.is_relative_to(each) for each in without):
            continue
        told = path.stat()
        found |= {(str(path.relative_to(folder)), text) for text in found_in(str(path.relative_to(folder)), texts)}
        if (told.st_dev, told.st_ino) in seen:  # one file under two names
            continue
        seen.add((told.st_dev, told.st_ino))
        for where, content in texts_of(path):
            found |= {(f"{path.relative_to(folder)}{where}", text) for text in found_in(content, texts)}
    return found


def found_in(content: str, sought: Iterable[str]) -> set[str]:
    """Which of the texts stand in a text, whatever their case and, for those with figures, their blanks."""
    texts = {text.casefold(): text for text in sought}
    figures = {_solid(text): text for text in texts.values() if any(map(str.isdigit, text))}
    plain = content.replace("\0", "")
    found = {texts[hit.casefold()] for hit in _hits(plain, texts)}
    found |= {figures[hit.casefold()] for hit in _hits(_solid(plain), figures)}
    return {text for text in found if not _solid(text).isdigit() or _alone(_solid(text), _solid(plain))}


def _alone(figures: str, content: str) -> bool:
    """Whether figures stand somewhere by themselves: within a longer number they are there by chance."""
    return re.search(rf"(?<![\d.]){figures}(?!\d)", content) is not None


def _solid(text: str) -> str:
    return text.replace(" ", "").casefold()


def _hits(content: str, sought: Iterable[str]) -> list[str]:
    series = pl.Series([content], dtype=pl.String)
    hits: list[str] = series.str.extract_many(list(sought), ascii_case_insensitive=True, overlapping=True)[0].to_list()
    return hits


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
