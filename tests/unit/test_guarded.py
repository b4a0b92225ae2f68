"""A reader in a child process: whatever becomes of the child, the caller lives and is told why."""

from __future__ import annotations

import io
import time

import pytest

from pipelines.intake.refusal import Refusal
from pipelines.read import guarded, limits
from pipelines.read.guarded import run_guarded
from tests.unit.naughty_child import SECRET
from tests.unit.workbooks import filled


def ask(do: str, content: bytes = b"some bytes") -> guarded.Answer:
    return run_guarded("tests.unit.naughty_child", {"do": do}, io.BytesIO(content), "x.xlsx")


def test_a_child_answers_with_all_it_told() -> None:
    answer = ask("answer")
    assert list(answer.told) == [[1, "told before the end"], {"read": 10}]
    assert answer.summary["did"] == "answer"


def test_a_child_does_not_get_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "x")
    assert "DATABASE_PASSWORD" not in ask("answer").summary["environment"]


def test_a_refusal_in_the_child_is_the_callers() -> None:
    with pytest.raises(Refusal, match=r"^x\.xlsx:3: refused$") as error:
        ask("refuse")
    assert error.value.issue_type == "too_large"


@pytest.mark.parametrize(
    ("do", "why"),
    [
        ("fill memory", "reading it takes more than the 512 MB of memory a reader may have"),
        ("be killed", "the system killed the reader, as it does when memory runs out"),
        ("crash", "the reader was ended by signal 11 (SIGSEGV)"),
        ("use up its time", "reading it takes more than the 30 seconds a reader may have"),
        ("fail", "the reader failed (ValueError at naughty_child.py:"),
        ("leave", "the reader failed (exit code 0)"),
    ],
)
def test_a_child_that_comes_to_no_good_end_is_a_refusal(do: str, why: str) -> None:
    with pytest.raises(Refusal) as error:
        ask(do)
    assert error.value.issue_type == "reader_stopped"
    assert str(error.value).startswith(f"x.xlsx: {why}")
    assert "ask the partner" in str(error.value)
    assert SECRET not in str(error.value)


def test_calamine_aborting_ends_the_child_alone() -> None:
    with pytest.raises(Refusal, match="more than the 512 MB of memory") as error:
        ask("abort in calamine", filled("XFD1048576"))
    assert error.value.issue_type == "reader_stopped"


@pytest.mark.parametrize("do", ["sleep", "spin"])
def test_a_child_that_takes_too_long_is_stopped(do: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHILD_SECONDS", 1)
    begun = time.monotonic()
    with pytest.raises(Refusal, match="more than the 1 seconds a reader may have") as error:
        ask(do)
    assert error.value.issue_type == "reader_stopped"
    assert time.monotonic() - begun < 5


@pytest.mark.slow
def test_a_child_cannot_fill_the_disk() -> None:
    with pytest.raises(Refusal, match=r"the reader failed \(OSError") as error:
        ask("fill the disk")
    assert error.value.issue_type == "reader_stopped"


def test_a_file_larger_than_a_childs_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "_MAX_FILE_BYTES", 9)
    with pytest.raises(Refusal, match=r"x\.xlsx: 10 bytes, and no more than 9 are read") as error:
        ask("answer")
    assert error.value.issue_type == "too_large"
