"""Archives that would harm: each is refused whole, with what is wrong with it, before or while it is read."""

from __future__ import annotations

import gzip
import random
import stat
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.intake import archives
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, opened
from tests.unit.makers import content_of

CONTENT = b"".join(b"%d,some row\n" % row for row in range(3000))
MB = 1024**2
# Where fields lie in a member's entry in the directory, and how they are written (APPNOTE 4.3.12).
FLAGS, METHOD, CRC, PACKED, SIZE = (8, "<H"), (10, "<H"), (16, "<I"), (20, "<I"), (24, "<I")
ATTRIBUTES, OFFSET = (38, "<I"), (42, "<I")
Field = tuple[int, str]


def made(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, content in members:
            archive.writestr(name, content, compress_type=method)
    return path


def entries(content: bytes) -> list[int]:
    """Where the entries of an archive's directory begin."""
    found, at = [], content.find(b"PK\x01\x02")
    while at >= 0:
        found.append(at)
        at = content.find(b"PK\x01\x02", at + 1)
    return found


def patched(path: Path, member: int, field: Field, value: int | Callable[[int], int]) -> Path:
    """The archive with one field of one entry changed."""
    content = bytearray(path.read_bytes())
    at = entries(bytes(content))[member] + field[0]
    (old,) = struct.unpack_from(field[1], content, at)
    struct.pack_into(field[1], content, at, value(old) if callable(value) else value)
    path.write_bytes(content)
    return path


def refused(path: Path) -> tuple[str, str]:
    """Why an archive is not even opened."""
    with pytest.raises(Refusal) as error:
        opened(path)
    assert str(error.value).startswith(str(path))
    return error.value.issue_type, str(error.value)


def refused_while_read(path: Path) -> tuple[str, str]:
    (source,) = opened(path)
    with pytest.raises(Refusal) as error, source.open() as stream:
        while stream.read(100_000):
            pass
    with pytest.raises(Refusal) as again:
        source.sha256()
    assert (again.value.issue_type, str(again.value)) == (error.value.issue_type, str(error.value))
    return error.value.issue_type, str(error.value)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bombs of a megabyte instead of four thousand."""
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 8 * MB)
    monkeypatch.setattr(archives, "HARMLESS_BYTES", 1 * MB)
    yield


@pytest.mark.parametrize(
    "name", ["../a.csv", "x/../../a.csv", "/etc/a.csv", "C:/a.csv", "x\\a.csv", "..\\a.csv", "a\x1b[31m.csv", "./"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    path = made(tmp_path / "a.zip", ("good.csv", b"x"), (name, b"x"))
    kind, told = refused(path)
    assert kind == "unsafe_archive"
    assert repr(name) in told
    assert "nothing of it is taken" in told
    assert "\x1b" not in told


def test_a_name_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv_exe", b"x"))
    path.write_bytes(path.read_bytes().replace(b"a.csv_exe", b"a.csv\0exe"))
    assert refused(path)[0] == "unsafe_archive"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("a.csv")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    found, told = refused(made(tmp_path / "a.zip", (info, b"/etc/passwd")))
    assert (found, "ask for the files themselves" in told) == ("unsafe_archive", True)


def test_a_folder_with_content_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("ab.csv", b"x"))
    path.write_bytes(path.read_bytes().replace(b"ab.csv", b"ab.cs/"))
    assert refused(path)[0] == "unsafe_archive"


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", b"x"), ("b.csv", b"x"))
    kind, told = refused(patched(path, 1, FLAGS, 1))
    assert (kind, "'b.csv' needs a password" in told) == ("encrypted", True)


@pytest.mark.parametrize("name", ["b.zip", "x/b.ZIP", "b.7z", "b.rar", "b.tar", "b.csv.gz", "b.tgz"])
def test_archives_within_archives_are_refused(tmp_path: Path, name: str) -> None:
    kind, told = refused(made(tmp_path / "a.zip", (name, b"x")))
    assert (kind, "an archive within the archive" in told) == ("unsafe_archive", True)


@pytest.mark.parametrize("name", ["a.zip.gz", "a.gz.gz", "a.rar.gz"])
def test_an_archive_in_a_gz_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"x"))
    assert refused(tmp_path / name)[0] == "unsafe_archive"


@pytest.mark.parametrize("second", ["a/b.csv", "a//b.csv", "./a/b.csv"])
def test_two_members_of_one_name_are_refused(tmp_path: Path, second: str) -> None:
    kind, told = refused(made(tmp_path / "a.zip", ("a/b.csv", b"x"), (second, b"y")))
    assert (kind, "more than once" in told) == ("unsafe_archive", True)


def test_a_way_of_packing_that_is_not_read_is_refused(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        kind, told = refused(made(tmp_path / "a.zip", ("a.csv", CONTENT), method=method))
        assert (kind, "ask for an ordinary .zip" in told) == ("unreadable", True)
    # Deflate64, which one operating system uses for large files.
    assert refused(patched(made(tmp_path / "a.zip", ("a.csv", CONTENT)), 0, METHOD, 9))[0] == "unreadable"


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    many = [(f"{number}.csv", b"") for number in range(archives.MAX_MEMBERS + 1)]
    kind, told = refused(made(tmp_path / "a.zip", *many))
    assert (kind, "holds 10,001 files" in told) == ("too_large", True)
    assert len(opened(made(tmp_path / "b.zip", *many[1:]))) == archives.MAX_MEMBERS


def test_a_directory_is_not_read_that_could_fill_the_memory(tmp_path: Path) -> None:
    # 400,000 entries, of which the archive says that they are none.
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\x01\x02", *(20, 0, 20, 0), *(0, 0, 0, 33), 0, 0, 0, *(1, 0, 0, 0, 0), 0, 0
    )
    directory = (entry + b"a") * 400_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(directory), 0, 0)
    (tmp_path / "a.zip").write_bytes(directory + end)
    tracemalloc.start()
    kind, _told = refused(tmp_path / "a.zip")
    assert (kind, tracemalloc.get_traced_memory()[1] < MB) == ("too_large", True)
    tracemalloc.stop()


def test_an_archive_too_large_unpacked_is_refused_by_what_it_declares(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", b"x"), ("b.csv", b"x"))
    kind, told = refused(patched(path, 1, SIZE, 2**32 - 2))
    assert (kind, "unpack to 4,294,967,295" in told, "'b.csv'" in told) == ("too_large", True, True)


@pytest.mark.usefixtures("small")
def test_the_members_of_an_archive_are_weighed_together(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", *((f"{number}.csv", bytes(900_000)) for number in range(3)))
    kind, told = refused(path)
    assert (kind, "unpack to 2,700,000" in told) == ("too_large", True)
    # One of them by itself is within what does no harm.
    assert content_of(opened(made(tmp_path / "b.zip", ("a.csv", bytes(900_000))))[0]) == bytes(900_000)


@pytest.mark.usefixtures("small")
def test_a_swollen_member_is_refused_beside_others_that_hide_it(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(100_000)
    kind, told = refused(made(tmp_path / "a.zip", ("noise.csv", noise), ("b.csv", bytes(2 * MB))))
    assert (kind, "'b.csv' unpacks to far more" in told) == ("too_large", True)


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", CONTENT), ("b.csv", CONTENT))
    kind, told = refused(patched(path, 1, OFFSET, 0))
    assert (kind, "lies within another member" in told) == ("unsafe_archive", True)


def test_a_member_larger_than_its_place_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", CONTENT))
    kind, told = refused(patched(path, 0, PACKED, lambda size: size + 200))
    assert (kind, "larger than its place" in told) == ("unsafe_archive", True)


def test_a_directory_that_calls_members_otherwise_than_they_do_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", CONTENT))
    content = path.read_bytes()
    at = entries(content)[0]
    path.write_bytes(content[:at] + content[at:].replace(b"a.csv", b"b.csv"))
    (source,) = opened(path)
    with pytest.raises(Refusal, match="damaged or locked"):
        source.open()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("rows", [1, 60])
def test_a_member_that_yields_more_than_it_declares_is_refused(tmp_path: Path, method: int, rows: int) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", CONTENT * rows), method=method)
    kind, told = refused_while_read(patched(path, 0, SIZE, 5000))
    assert (kind, "more than the 5,000 bytes it declares" in told) == ("unsafe_archive", True)
    # With this sum it looks whole to whoever does not read on from there.
    kind, _told = refused_while_read(patched(path, 0, CRC, zlib.crc32(CONTENT[:5000])))
    assert kind == ("unreadable" if rows == 1 else "unsafe_archive")


def test_a_bomb_that_declares_little_yields_little(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", bytes(64 * MB)))
    patched(patched(path, 0, SIZE, 1000), 0, CRC, zlib.crc32(bytes(1000)))
    tracemalloc.start()
    kind, told = refused_while_read(path)
    assert (kind, "more than the 1,000 bytes it declares" in told) == ("unsafe_archive", True)
    assert tracemalloc.get_traced_memory()[1] < 16 * MB
    tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_that_yields_less_than_it_declares_is_refused(tmp_path: Path, method: int) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", CONTENT), method=method)
    kind, told = refused_while_read(patched(path, 0, SIZE, len(CONTENT) + 5))
    assert (kind, "bytes it declares" in told) == ("unreadable", True)


def test_a_wrong_sum_is_told_at_the_end_and_by_the_hash(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", ("a.csv", CONTENT))
    kind, told = refused_while_read(patched(path, 0, CRC, lambda crc: crc ^ 1))
    assert (kind, "Bad CRC-32" in told) == ("unreadable", True)


@pytest.mark.usefixtures("small")
def test_a_gz_that_swells_is_stopped_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(4 * MB)))
    kind, told = refused_while_read(path)
    assert (kind, "unpacks to more than 1,048,576 bytes" in told) == ("too_large", True)
    with opened(path)[0].open() as stream, pytest.raises(Refusal):
        stream.seek(0, 2)


def test_a_gz_of_many_parts_is_weighed_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(8 * MB)) * 12)
    tracemalloc.start()
    kind, told = refused_while_read(path)
    assert (kind, "unpacks to more than 52,428,800 bytes" in told) == ("too_large", True)
    assert tracemalloc.get_traced_memory()[1] < 16 * MB
    tracemalloc.stop()


@pytest.mark.usefixtures("small")
def test_a_large_gz_is_stopped_however_well_it_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(random.Random(1).randbytes(9 * MB), 0))
    assert refused_while_read(path)[1].endswith(
        "unpacks to more than 8,388,608 bytes; nothing of it is taken; ask for it in parts, or unpacked"
    )


@pytest.mark.parametrize("cut", [4, 12, 500, -9, -5, -1])
def test_a_cut_gz_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT)[:cut])
    assert refused_while_read(path)[0] == "unreadable"


def test_a_flipped_bit_in_a_gz_is_told_by_the_hash_to_who_stops_early(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    content = bytearray(gzip.compress(CONTENT * 10, 0))
    content[-100] ^= 1
    path.write_bytes(content)
    source = Source(path)
    with source.open() as stream:
        assert stream.readline() == b"0,some row\n"
    with pytest.raises(Refusal, match="CRC check failed"):
        source.sha256()


def test_rubbish_after_a_gz_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT) + b"and more")
    assert refused_while_read(path)[0] == "unreadable"


@pytest.mark.parametrize("form", ["zip", "gz"])
def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, form: str) -> None:
    """Whatever bytes change, what is read is what was packed, or it is a refusal: no other error, no other bytes."""
    chance = random.Random(11)
    path = tmp_path / f"a.csv.{form}"
    whole = gzip.compress(CONTENT[:3000])
    if form == "zip":
        whole = made(path, ("a.csv", CONTENT[:3000]), ("b/c.csv", CONTENT[:3000])).read_bytes()
    outcomes = set()
    for _ in range(1500):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            content[chance.randrange(len(content))] = chance.choice((0, 0xFF, chance.randrange(256)))
        path.write_bytes(content[: chance.choice((len(content), len(content), chance.randrange(len(content))))])
        outcomes.add(outcome(path))
    assert outcomes == {"read", "refused"}


def outcome(path: Path) -> str:
    try:
        for source in opened(path):
            # An empty .gz, or a .zip that has lost its members, is told by whoever looks for a header.
            assert content_of(source) in (CONTENT[:3000], b"")
    except Refusal:
        return "refused"
    return "read"
