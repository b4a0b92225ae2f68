"""Whether a file is still being written: its size or time would change while one looks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

# A file last written this long ago is taken to be whole; of a younger one, one looks again after a while.
YOUNG_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 1.0

Stamp = tuple[int, int]


def stamp(path: Path) -> Stamp | None:
    """Size in bytes and time of the last change in nanoseconds; None where there is no such file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def unsettled(paths: Iterable[Path]) -> set[Path]:
    """Those that are still being written. All young ones are looked at together, twice."""
    now = time.time_ns()
    young = {path: found for path in paths if (found := stamp(path)) and now - found[1] < YOUNG_SECONDS * 1e9}
    if not young:
        return set()
    time.sleep(LOOK_AGAIN_SECONDS)
    return {path for path, found in young.items() if stamp(path) != found}
