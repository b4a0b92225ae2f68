"""What a file is to those who read it: its name, its place in an archive or workbook, its stream and its hash."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, in_landing, is_finished, opened, sha256
from tests.unit.makers import content_of

TEXT = b"".join(b"%d,row %d of the return\n" % (row, row) for row in range(9000))


def packed(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def every_form(folder: Path) -> list[Source]:
    """The same bytes as a file, as a .gz of one part and of two, and as a member of an archive."""
    (folder / "a.csv").write_bytes(TEXT)
    (folder / "b.csv.gz").write_bytes(gzip.compress(TEXT))
    (folder / "c.csv.GZ").write_bytes(gzip.compress(TEXT[:7000]) + gzip.compress(TEXT[7000:]))
    with zipfile.ZipFile(folder / "d.ZIP", "w") as archive:
        archive.writestr("2024/deflated.csv", TEXT, zipfile.ZIP_DEFLATED)
        archive.writestr("2024/stored.csv", TEXT)
    return [source for path in sorted(folder.iterdir()) for source in opened(path)]


@pytest.mark.parametrize(
    ("source", "name", "inner", "told"),
    [
        (Source(Path("in/a.csv")), "in/a.csv", None, "a.csv"),
        (Source(Path("in/a.csv.gz")), "in/a.csv", None, "a.csv.gz"),
        (Source(Path("in/A.CSV.GZ")), "in/A.CSV", None, "A.CSV.GZ"),
        (Source(Path("in/a.zip"), "x/b.csv"), "in/a.zip/x/b.csv", "x/b.csv", "a.zip:x/b.csv"),
        (Source(Path("in/Book.xlsx"), None, "May 2024"), "in/Book.xlsx", "[May 2024]", "Book.xlsx[May 2024]"),
        (Source(Path("in/Book.xlsx.gz"), None, "May"), "in/Book.xlsx", "[May]", "Book.xlsx.gz[May]"),
        (Source(Path("a.zip"), "Book.xlsx", "May"), "a.zip/Book.xlsx", "Book.xlsx[May]", "a.zip:Book.xlsx[May]"),
    ],
)
def test_a_source_tells_where_it_lies(source: Source, name: str, inner: str | None, told: str) -> None:
    assert (source.name, source.inner, str(source)) == (name, inner, told)


def test_the_same_bytes_are_the_same_however_they_come(tmp_path: Path) -> None:
    sources = every_form(tmp_path)
    assert [source.inner for source in sources] == [None, None, None, "2024/deflated.csv", "2024/stored.csv"]
    assert {source.sha256() for source in sources} == {hashlib.sha256(TEXT).hexdigest()}
    assert {content_of(source) for source in sources} == {TEXT}


def test_a_stream_seeks_like_a_file(tmp_path: Path) -> None:
    chance = random.Random(7)
    moves = [(chance.randrange(3), chance.randrange(-9000, len(TEXT))) for _ in range(40)]
    for source in every_form(tmp_path):
        with source.open() as stream:
            assert stream.seekable()
            same = io.BytesIO(TEXT)
            for whence, offset in moves:
                place = min(max(0, (0, same.tell(), len(TEXT))[whence] + offset), len(TEXT))
                same.seek(place)
                assert (
                    stream.seek(place if whence == 0 else place - (stream.tell(), len(TEXT))[whence - 1], whence)
                    == place
                )
                assert stream.read(100) == same.read(100)
            stream.seek(0)
            assert stream.readline() == b"0,row 0 of the return\n"
            assert list(stream)[-1] == b"8999,row 8999 of the return\n"


def test_a_stream_gives_back_what_it_held(tmp_path: Path) -> None:
    held = Path("/proc/self/fd")
    before = len(list(held.iterdir())) if held.exists() else 0
    for source in every_form(tmp_path):
        with source.open() as stream:
            stream.read(10)
        assert stream.closed
    assert not held.exists() or len(list(held.iterdir())) == before


def test_an_empty_file_is_read_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b""))
    packed(tmp_path / "c.zip", **{"a.csv": b""})
    for path in sorted(tmp_path.iterdir()):
        assert [content_of(source) for source in opened(path)] == [b""]


def test_sheets_are_told_apart_by_their_hash(tmp_path: Path) -> None:
    path = tmp_path / "Book.xlsx"
    path.write_bytes(b"a workbook")
    whole, may, june = (Source(path, None, sheet) for sheet in (None, "May", "June"))
    assert len({whole.sha256(), may.sha256(), june.sha256()}) == 3
    assert may.sha256() == Source(path, None, "May").sha256()
    assert content_of(may) == b"a workbook"


def test_a_workbook_is_no_archive(tmp_path: Path) -> None:
    for name in ("Book.xlsx", "Book.ods"):
        path = packed(tmp_path / name, **{"content.xml": b"<a/>"})
        assert opened(path) == [Source(path)]
    inside = packed(tmp_path / "a.zip", **{"Book.xlsx": (tmp_path / "Book.xlsx").read_bytes()})
    assert opened(inside) == [Source(inside, "Book.xlsx")]


def test_what_operating_systems_leave_in_archives_is_passed_over(tmp_path: Path) -> None:
    names = (
        "b.csv",
        "__MACOSX/._b.csv",
        "__MACOSX/._x.zip",
        ".DS_Store",
        "2024/.DS_Store",
        "2024/Thumbs.db",
        "2024/a.csv",
    )
    path = packed(tmp_path / "a.zip", **dict.fromkeys(names, b"x"))
    assert [source.member for source in opened(path)] == ["2024/a.csv", "b.csv"]


@pytest.mark.parametrize("name", ["a.7z", "a.RAR", "a.tar", "a.tar.gz", "a.tgz", "a.csv.bz2", "a.csv.xz"])
def test_other_archives_are_refused_with_what_to_send(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(Refusal, match=r"ask for a \.zip or \.gz") as error:
        opened(tmp_path / name)
    assert error.value.issue_type == "unreadable"


@pytest.mark.parametrize("form", range(5))
def test_a_file_that_is_gone_is_refused_when_it_is_opened(tmp_path: Path, form: int) -> None:
    source = every_form(tmp_path)[form]
    source.path.unlink()
    with pytest.raises(Refusal, match="No such file") as error:
        source.open()
    assert error.value.issue_type == "unreadable"


def test_a_disk_that_fails_while_it_is_read_is_told_as_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    path = tmp_path / "a.csv"
    path.write_bytes(TEXT)
    monkeypatch.setattr(Path, "open", lambda *_args: Failing())
    with pytest.raises(Refusal, match=r"cannot be read \(Input/output error\)"), Source(path).open() as stream:
        stream.read(1)


def test_a_hash_is_taken_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(TEXT * 10)
    assert sha256(tmp_path / "a") == hashlib.sha256(TEXT * 10).hexdigest()


@pytest.mark.parametrize(
    "name", ["p/a.csv.part", "p/A.PART", "a.csv.partial", "a.tmp", "a.csv~", ".a.csv", ".git/a.csv", "p/~$a.xlsx"]
)
def test_what_is_not_finished_is_left(name: str) -> None:
    assert not is_finished(PurePosixPath(name))
    assert is_finished(PurePosixPath("p/part.csv"))


def test_landing_is_looked_through_wherever_it_lies(tmp_path: Path) -> None:
    landing = tmp_path / ".home" / "landing"
    (landing / "p").mkdir(parents=True)
    (landing / "p" / "a.csv").write_bytes(b"x")
    assert [path.name for path in in_landing(landing)] == ["a.csv"]
