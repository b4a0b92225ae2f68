"""A reader in a child process with limits: what a hostile file ends or exhausts is the child, never the caller.

`run_guarded` starts `python -m pipelines.read.guarded MODULE`, which limits itself and then calls `MODULE.answer`:

    def answer(request: dict[str, Any], file: BinaryIO, tell: Callable[[Any], None]) -> dict[str, Any]

It may `tell` any number of JSON values, returns a summary, and raises a Refusal where the file cannot be taken. The
caller sees nothing of the answer before the child has come to a good end. The file and the answer pass through files
without a name, so that a killed caller leaves no partner's data behind. Where the system has files in memory (Linux),
they never reach a disk: what is read of a sealed file is nowhere in clear.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read import limits

# Larger files are not even copied for the child: no format here is read in less memory than the file itself takes.
_MAX_FILE_BYTES = limits.CHILD_MEMORY_BYTES
# What a child may write, so that a small file cannot fill the disk.
_MAX_ANSWER_BYTES = 1024**3
_MAX_VERDICT_BYTES = 16 * 1024**2
# What Python needs to start. The rest of the environment may hold passwords, and the child reads hostile files.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "LANG", "LC_ALL")
_WHAT_NOW = "ask the partner whether the file opens and can be saved anew, and send that"


@dataclass
class Answer:
    """What a child that came to a good end made of a file: its summary, and the values it told, in order."""

    summary: dict[str, Any]
    told: Iterator[Any]


def run_guarded(module: str, request: dict[str, Any], file: BinaryIO, name: str) -> Answer:
    """Have a module answer a request about a file, within the limits of memory and time.

    Args:
        module: the full name of the module whose `answer` is called.
        request: what is asked, as JSON can say it.
        file: the file, read from its beginning.
        name: the file's name, for messages.

    Raises:
        Refusal: the child's own; or `reader_stopped` where it used up its memory or time, was killed or failed.
    """
    told = _nameless()
    try:
        with _nameless() as copy, _nameless() as verdict, _nameless() as noise:
            _copy(file, copy, name)
            code = _run(module, json.dumps(request).encode(), (copy, verdict), told, noise)
            summary = _judge(code, verdict, noise, name)
    except BaseException:
        told.close()
        raise
    return Answer(summary, _values(told))


def _nameless() -> IO[bytes]:
    """A file without a name, in memory if the system has such."""
    import tempfile

    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("commongrid"), "w+b")
    return tempfile.TemporaryFile()


def _copy(file: BinaryIO, copy: IO[bytes], name: str) -> None:
    import shutil

    size = file.seek(0, os.SEEK_END)
    if size > _MAX_FILE_BYTES:
        raise Refusal(
            "too_large",
            f"{name}: {size:,} bytes, and no more than {_MAX_FILE_BYTES:,} are read; ask the partner for smaller files",
        )
    file.seek(0)
    shutil.copyfileobj(file, copy, 1024**2)
    copy.flush()
    copy.seek(0)


def _run(
    module: str, request: bytes, passed: tuple[IO[bytes], IO[bytes]], told: IO[bytes], noise: IO[bytes]
) -> int | None:
    """Run the child to its end. Returns its code as `subprocess` gives it; None: it was killed for its time."""
    import subprocess

    numbers = [opened.fileno() for opened in passed]
    size = [limits.CHILD_MEMORY_BYTES, limits.CHILD_SECONDS]
    # -P: a partner's folder, where the caller may stand, is no place to import modules from.
    command = [sys.executable, "-P", "-m", "pipelines.read.guarded", module, *map(str, [*numbers, *size])]
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=told, stderr=noise, pass_fds=numbers, env=environment
    ) as child:
        try:
            child.communicate(request, timeout=limits.CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # Nothing happens here to a child that has ended.
            child.kill()
    return child.returncode


def _judge(code: int | None, verdict: IO[bytes], noise: IO[bytes], name: str) -> dict[str, Any]:
    """The child's summary, or what its end means."""
    verdict.seek(0)
    try:
        said = json.loads(verdict.read(_MAX_VERDICT_BYTES) or b"{}")
    except ValueError:
        said = {}
    if code == 0 and "refused" in said:
        raise Refusal(*said["refused"])
    if code == 0 and "summary" in said:
        summary: dict[str, Any] = said["summary"]
        return summary
    raise Refusal("reader_stopped", f"{name}: {_end(code, said, noise)}; {_WHAT_NOW}")


def _end(code: int | None, said: dict[str, Any], noise: IO[bytes]) -> str:
    """Why a child did not come to a good end. What it wrote is looked at and not passed on: it may hold values."""
    import signal

    noise.seek(0)
    memory = f"reading it takes more than the {limits.CHILD_MEMORY_BYTES // 1024**2} MB of memory a reader may have"
    if "memory" in said or b"memory allocation of" in noise.read(64 * 1024):
        return memory
    if code is None or code == -signal.SIGXCPU:
        return f"reading it takes more than the {limits.CHILD_SECONDS} seconds a reader may have"
    if code == -signal.SIGKILL:
        return "the system killed the reader, as it does when memory runs out"
    if code < 0:
        return f"the reader was ended by signal {-code} ({signal.Signals(-code).name})"
    return f"the reader failed ({said.get('failed', f'exit code {code}')})"


def _values(told: IO[bytes]) -> Iterator[Any]:
    with told:
        told.seek(0)
        for line in told:
            yield json.loads(line)


def _limit(memory: int, seconds: int) -> None:
    """Limit this process. RLIMIT_DATA counts what can be written to, so not the libraries that are mapped."""
    import resource

    wanted = {
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: _MAX_ANSWER_BYTES,
        # A core file would be a copy of a partner's data.
        resource.RLIMIT_CORE: 0,
    }
    for kind, size in wanted.items():
        _soft, hard = resource.getrlimit(kind)
        most = size if hard == resource.RLIM_INFINITY else min(size, hard)
        # At the soft limit of time comes the signal that tells the cause; at the hard one the kill.
        more = 1 if kind == resource.RLIMIT_CPU and most == size != hard else 0
        resource.setrlimit(kind, (most, most + more))


def _child(module: str, file: int, verdict: int, memory: int, seconds: int) -> None:
    """Limit this process and answer. Whatever goes wrong is said in the verdict, without the file's values."""
    _limit(memory, seconds)
    said: dict[str, Any]
    try:
        with open(file, "rb") as opened:
            request = json.load(sys.stdin.buffer)
            said = {"summary": importlib.import_module(module).answer(request, opened, _tell)}
        sys.stdout.buffer.flush()
    except Refusal as refusal:
        said = {"refused": [refusal.issue_type, str(refusal)]}
    except MemoryError:
        said = {"memory": True}
    except BaseException as error:
        # A panic of a Rust library is no Exception, and its message may hold a cell's value.
        said = {"failed": f"{type(error).__name__} at {_place(error)}"}
    os.write(verdict, json.dumps(said).encode())
    # Without an end in good order: a library that has failed might fail again on its way out.
    os._exit(0 if said.keys() <= {"summary", "refused"} else 1)


def _tell(value: Any) -> None:
    sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown line"


if __name__ == "__main__":
    _module, *_numbers = sys.argv[1:]
    _child(_module, *map(int, _numbers))
