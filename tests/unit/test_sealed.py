"""A sealed file says what it said, in memory alone, or nothing."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read.guarded import _nameless
from warehouse.sealed import ChangedError, SealError, is_sealed, landing_key, open_clear, seal


@given(st.binary(max_size=200_000), st.integers(0, 2**61))
def test_what_was_sealed_reads_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, keys_folder: Path, content: bytes, mtime_ns: int
) -> None:
    path = tmp_path_factory.mktemp("sealed") / "a"
    content = b"Keeper" + content + b"Zebedee Quillfeather"
    path.write_bytes(content)
    path.chmod(0o640)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    mtime_ns = path.stat().st_mtime_ns
    assert seal(path, landing_key(keys_folder))
    assert not seal(path, landing_key(keys_folder))
    assert (path.stat().st_mtime_ns, path.stat().st_mode & 0o777) == (mtime_ns, 0o640)
    assert is_sealed(path)
    assert b"Quillfeather" not in path.read_bytes()
    with open_clear(path) as stream:
        assert isinstance(stream, io.BytesIO)
        assert stream.read() == content
    assert [item.name for item in path.parent.iterdir()] == ["a"]


def test_a_sealed_file_that_is_damaged_or_cut_is_told_as_that(tmp_path: Path, keys_folder: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 1000)
    seal(path, landing_key(keys_folder))
    whole = path.read_bytes()
    for spoiled in (whole[:-1], whole[:100], whole[:25], whole[:-30] + bytes(30)):
        path.write_bytes(spoiled)
        with pytest.raises(SealError, match="damaged") as error:
            open_clear(path)
        assert error.value.issue_type == "unreadable"


def test_a_file_that_is_another_than_was_read_stays_as_it_is(tmp_path: Path, keys_folder: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with pytest.raises(ChangedError):
        seal(path, landing_key(keys_folder), (1, 2))
    assert path.read_bytes() == b"x"
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1XX\n", "# nothing\n", "\xff", "a\nb\n"])
def test_an_identity_file_that_holds_none_is_refused_without_its_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "landing.age"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SealError, match="holds no age identity") as error:
        landing_key(tmp_path)
    assert error.value.issue_type == "key_missing"
    assert "SECRET" not in str(error.value)


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")
def test_what_a_child_reads_and_tells_is_on_no_disk() -> None:
    with _nameless() as file:
        assert Path(f"/proc/self/fd/{file.fileno()}").readlink().as_posix().startswith("/memfd:")
