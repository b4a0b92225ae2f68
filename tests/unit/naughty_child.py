"""What the child process of a reader may do wrong, for tests: `pipelines.read.guarded` calls its `answer`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from pipelines.intake.refusal import Refusal

SECRET = "Oakham Lane 12"
Tell = Callable[[Any], None]


def answer(request: dict[str, Any], file: BinaryIO, tell: Tell) -> dict[str, Any]:
    """Do what is asked."""
    tell([1, "told before the end"])
    _DEEDS[request["do"]](file, tell)
    return {"did": request["do"], "environment": sorted(os.environ)}


def _refuse(_file: BinaryIO, _tell: Tell) -> None:
    raise Refusal("too_large", "x.xlsx:3: refused")


def _fail(_file: BinaryIO, _tell: Tell) -> None:
    raise ValueError(SECRET)


def _abort(file: BinaryIO, _tell: Tell) -> None:
    import python_calamine

    python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)


def _spin(_file: BinaryIO, _tell: Tell) -> None:
    while True:
        pass


def _leave(_file: BinaryIO, _tell: Tell) -> None:
    sys.stderr.write(SECRET)
    os._exit(0)


def _fill_disk(_file: BinaryIO, tell: Tell) -> None:
    for _ in range(1100):
        tell("x" * 1024**2)


def _signal(number: int) -> Callable[[BinaryIO, Tell], None]:
    return lambda _file, _tell: os.kill(os.getpid(), number)


_DEEDS: dict[str, Callable[[BinaryIO, Tell], object]] = {
    "answer": lambda file, tell: tell({"read": len(file.read())}),
    "refuse": _refuse,
    "fill memory": lambda _file, _tell: bytearray(600 * 1024**2),
    "abort in calamine": _abort,
    "sleep": lambda _file, _tell: time.sleep(60),
    "spin": _spin,
    "be killed": _signal(signal.SIGKILL),
    "crash": _signal(signal.SIGSEGV),
    "use up its time": _signal(signal.SIGXCPU),
    "fail": _fail,
    "leave": _leave,
    "fill the disk": _fill_disk,
}
