"""Publishers' CSV files: read whole or refused with the line, alone or out of an archive."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.publisher_files import PublisherFile, publisher_files

ROWS = [("AB1", "1", None), ("C,D", "2", "x")]
TEXT = 'code,n,note\nAB1,1,\n"C,D",2,x\n'


def read(path: Path, *, header: bool = True) -> list[tuple[str | None, ...]]:
    file = PublisherFile(path, path.name)
    with duckdb.connect() as connection:
        return file.read(connection, ["code", "n", "note"], "*", header=header).rows()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "with a byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("header", [True, False], ids=["with a header", "without"])
def test_every_record_is_read(tmp_path: Path, mark: bytes, end: str, header: bool) -> None:
    text = TEXT if header else TEXT.split("\n", 1)[1]
    path = tmp_path / "a.csv"
    path.write_bytes(mark + text.replace("\n", end).encode())
    assert read(path, header=header) == ROWS
    assert PublisherFile(path, "a").first_record()[0] == ("code" if header else "AB1")


@pytest.mark.parametrize(("bad", "line"), [("E,3\n", 4), ("E,3,y,z\n", 4), ('E,3,"y\n', 4)])
def test_a_broken_record_refuses_the_file_with_its_line(tmp_path: Path, bad: str, line: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXT + bad, encoding="utf-8")
    with pytest.raises(Refusal, match=f"a.csv:{line}: a record with more or fewer fields"):
        read(path)


def test_an_archive_gives_its_csv_files(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Data/one.csv", TEXT)
        archive.writestr("Data/../../two.CSV", TEXT)
        archive.writestr("Doc/read me.txt", "no data")
    with publisher_files([path]) as files:
        assert [file.shown for file in files] == [f"{path}!Data/one.csv", f"{path}!Data/../../two.CSV"]
        assert [file.first_record() for file in files] == [["code", "n", "note"]] * 2
    assert not (tmp_path.parent / "two.CSV").exists()


def test_what_is_no_csv_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="there is no such file"), publisher_files([tmp_path / "none.csv"]):
        pass
    path = tmp_path / "no.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(Refusal, match="not a CSV file in UTF-8"):
        PublisherFile(path, "no.csv").first_record()
