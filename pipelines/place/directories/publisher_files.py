"""Reference data as its publishers give it out: CSV files, with a header or without, alone or in a ZIP archive.

Nothing of a file is taken unless all of it can be read: a record with a field too few or too many refuses the file,
with its line.
"""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

_LINE = re.compile(r"Line: (\d+)")
# A record of any publisher's file is shorter.
_LONGEST_RECORD = 1_000_000


@dataclass(frozen=True)
class PublisherFile:
    """A CSV file in UTF-8, and how it is called when something is wrong with it: an archive's member by both names."""

    path: Path
    shown: str

    def first_record(self) -> list[str]:
        """The fields of its first record: the header, where it has one.

        Raises:
            Refusal: where it is empty, or no text in UTF-8.
        """
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                first = next(csv.reader(file), None)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise Refusal("unreadable", f"{self.shown}: not a CSV file in UTF-8 ({error})") from error
        if not first:
            raise Refusal("empty_file", f"{self.shown}: holds no records")
        return first

    def scan(self, columns: list[str], *, header: bool) -> str:
        """The file as DuckDB reads it, to stand after `from`: every field as text, an empty one as null.

        Args:
            columns: a name for each field, in order.
            header: whether the first record is left out.
        """
        named = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in columns)
        return (
            f"read_csv({_quoted(str(self.path))}, columns = {{{named}}}, header = {str(header).lower()}, delim = ',', "
            f"quote = '\"', escape = '\"', auto_detect = false, strict_mode = true, null_padding = false, "
            f"ignore_errors = false, max_line_size = {_LONGEST_RECORD})"
        )

    def read(self, connection: DuckDBPyConnection, columns: list[str], wanted: str, *, header: bool) -> pl.DataFrame:
        """The columns that `wanted`, a list for `select`, makes of the file.

        Raises:
            Refusal: where a record has too few or too many fields, with its line.
        """
        import duckdb

        try:
            return connection.execute(f"select {wanted} from {self.scan(columns, header=header)}").pl()
        except duckdb.Error as error:
            raise self.explained(error) from error

    def refuse_without_last_line_end(self) -> None:
        """Refuse a file whose last line has no end, of a publisher that ends them all: it may have been cut there.

        Raises:
            Refusal: where the last line has no end, with its line.
        """
        with self.path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 1))
            if not size or file.read() == b"\n":
                return
            file.seek(0)
            line = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) + 1
        raise Refusal(
            "field_count",
            f"{self.shown}:{line}: the last line has no line end; the file may have been cut short: get it again from "
            "its publisher, or end the line if it is whole",
        )

    def explained(self, error: Exception) -> Refusal:
        """What DuckDB says of a file it cannot read, as a refusal with the line."""
        found = _LINE.search(str(error))
        if found is None:
            return Refusal("unreadable", f"{self.shown}: cannot be read ({str(error).splitlines()[0]})")
        if "not utf-8" in str(error):
            return Refusal("unreadable", f"{self.shown}:{found.group(1)}: text that is not UTF-8; save it as UTF-8")
        return Refusal(
            "field_count",
            f"{self.shown}:{found.group(1)}: a record with more or fewer fields than the others, or quotation marks "
            "that do not close; the file may have been cut short: get it again from its publisher",
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def publisher_files(paths: list[Path]) -> Iterator[list[PublisherFile]]:
    """The CSV files named, and those in the ZIP archives named, unpacked for as long as the context lasts.

    Raises:
        Refusal: where there is no such file, or an archive cannot be read or holds no CSV file.
    """
    with tempfile.TemporaryDirectory(prefix="commongrid-") as scratch:
        files: list[PublisherFile] = []
        for path in paths:
            if not path.is_file():
                raise Refusal("not_a_file", f"{path}: there is no such file")
            files += _unpacked(path, Path(scratch)) if zipfile.is_zipfile(path) else [PublisherFile(path, str(path))]
        yield files


def _unpacked(path: Path, scratch: Path) -> list[PublisherFile]:
    files = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if item.filename.lower().endswith(".csv")]
            for item in members:
                target = Path(tempfile.mkstemp(suffix=".csv", dir=scratch)[1])
                with archive.open(item) as member, target.open("wb") as copy:
                    shutil.copyfileobj(member, copy)
                files.append(PublisherFile(target, f"{path}!{item.filename}"))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise Refusal("unreadable", f"{path}: an archive that cannot be read ({error})") from error
    if not files:
        raise Refusal("empty_file", f"{path}: an archive that holds no CSV file")
    return files
