"""Loading the same archives a second time, beside loading them the first time.

Both are whole processes, start-up included: `commongrid load A.zip B.zip` on an empty home, and the same once more. The
second changes nothing. Needs the national archives of the real data (see README.md).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from run import COMMONGRID, HERE, timed


def one_round(archives: list[Path], scratch: Path) -> tuple[float, float]:
    """Seconds of the first load and of the second, on a home of their own."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=scratch))
    environment = {**os.environ, "COMMONGRID_HOME": str(home)}
    command = [COMMONGRID, "load", *map(str, archives)]
    first, second = timed(command, environment), timed(command, environment)
    shutil.rmtree(home)
    return first.seconds, second.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    data = Path(os.environ.get("COMMONGRID_REAL_DATA", HERE.parent.parent / "shared/data"))
    archives = sorted((data / "police/national").glob("*.zip"))
    if not archives:
        raise SystemExit(f"no archives in {data}/police/national: set COMMONGRID_REAL_DATA")
    scratch = Path(tempfile.mkdtemp(prefix="commongrid-bench-"))
    try:
        rounds = [one_round(archives, scratch) for _ in range(options.repeat)]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    first, second = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    print(f"{len(archives)} archives, first time {first:6.2f} s; second time {second:6.2f} s")
    print(f"second load {second / first:6.3f} x the first (at most 0.1)")
    print(json.dumps({"second_load": round(second / first, 4)}))


if __name__ == "__main__":
    main()
