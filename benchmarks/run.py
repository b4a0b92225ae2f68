"""Commongrid beside the pipeline a data team writes by hand, on the same archive, in the same run, as whole processes.

    python benchmarks/run.py [--months 2014-01,2014-02] [--repeat 3]

Reads the national police archives and the 2024 districts from `../shared/data` (or $COMMONGRID_REAL_DATA). Prints wall
time and peak memory of every process, and the ratios that matter: a first month against the peer, each further month
against the peer, and the fixed cost of starting apart. The peer, `peer_pandas.py`, keeps no lineage, quarantine or
revisions, and places points with Helmert's transformation.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMONGRID = str(Path(sys.executable).parent / "commongrid")


@dataclass
class Measured:
    """One process: seconds of wall time, and peak resident memory in MB of it and its children."""

    seconds: float
    megabytes: float


def run_quietly(command: list[str], environment: dict[str, str]) -> None:
    """Run a command to its end, with its output thrown away unless it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def timed(command: list[str], environment: dict[str, str]) -> Measured:
    """Run a command under a small parent that reports the peak memory of its child."""
    watcher = (
        "import resource, subprocess, sys; "
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", watcher, *command], env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return Measured(seconds, int(done.stdout.split()[-1]) / 1024)


def prepared_home(folder: Path, data: Path, environment: dict[str, str]) -> None:
    """A home with the districts loaded that has run once, on one small force's file of another month."""
    districts = data / "geography/lad/lad_2024_bsc.geojson"
    fields = ["--set", "lad_2024", "--code", "LAD24CD", "--name", "LAD24NM", "--parent", "LAD24CD"]
    run_quietly([COMMONGRID, "boundaries", "add", str(districts), *fields], environment)
    first = folder / "landing/police_uk/2014-03/2014-03-surrey-street.csv"
    first.parent.mkdir(parents=True)
    shutil.copyfile(data / "police/surrey/2014-03-surrey-street.csv", first)
    run_quietly([COMMONGRID, "run"], environment)


def commongrid_run(data: Path, scratch: Path, new: list[str]) -> Measured:
    """`commongrid run` with these files (paths below the real data's `police`) new in landing."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=scratch))
    environment = {**os.environ, "COMMONGRID_HOME": str(home)}
    prepared_home(home, data, environment)
    for name in new:
        target = home / "landing/police_uk" / Path(name).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data / "police" / name, target)
    measured = timed([COMMONGRID, "run"], environment)
    shutil.rmtree(home)
    return measured


def peer_run(data: Path, scratch: Path, month: str) -> Measured:
    """The peer on one archive."""
    archive, districts = data / f"police/national/{month}.zip", data / "geography/lad/lad_2024_bsc.geojson"
    command = [
        sys.executable,
        str(HERE / "peer_pandas.py"),
        str(archive),
        str(districts),
        "LAD24CD",
        str(scratch / "peer.parquet"),
    ]
    return timed(command, dict(os.environ))


def middle(runs: list[Measured]) -> Measured:
    """The median time and the largest memory of several runs."""
    return Measured(statistics.median(run.seconds for run in runs), max(run.megabytes for run in runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", default="2014-01,2014-02")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    months = options.months.split(",")
    data = Path(os.environ.get("COMMONGRID_REAL_DATA", HERE.parent.parent / "shared/data"))
    if not (data / "police/national").is_dir():
        raise SystemExit(
            f"no real data in {data}: set COMMONGRID_REAL_DATA to a folder with police/national and geography/lad"
        )
    archives = [f"national/{month}.zip" for month in months]
    work = {"nothing new": [], "one small file": ["surrey/2014-04-surrey-street.csv"], "one month": archives[:1]}
    work |= {f"{len(archives)} months": archives}
    scratch = Path(tempfile.mkdtemp(prefix="commongrid-bench-"))
    runs: dict[str, list[Measured]] = {}
    try:
        for _ in range(options.repeat):
            runs.setdefault("peer", []).append(peer_run(data, scratch, months[0]))
            for name, new in work.items():
                runs.setdefault(name, []).append(commongrid_run(data, scratch, new))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report({name: middle(measured) for name, measured in runs.items()}, len(archives))


def report(runs: dict[str, Measured], months: int) -> None:
    """Print what was measured, as lines for people and one line of JSON."""
    for name, run in runs.items():
        label = "peer, one month" if name == "peer" else f"commongrid, {name}"
        print(f"{label:28} {run.seconds:6.2f} s  {run.megabytes:6.0f} MB")
    peer, one, every = runs["peer"], runs["one month"], runs[f"{months} months"]
    ratios = {
        "first_month_time": (one.seconds / peer.seconds, 6),
        "first_month_memory": (one.megabytes / peer.megabytes, 1.5),
        "further_month_time": ((every.seconds - one.seconds) / max(1, months - 1) / peer.seconds, 2),
        "start_up_time": (runs["one small file"].seconds / peer.seconds, None),
    }
    for name, (ratio, limit) in ratios.items():
        print(f"{name:28} {ratio:6.2f} x the peer" + (f" (at most {limit})" if limit else " (told apart)"))
    print(json.dumps({name: round(ratio, 3) for name, (ratio, _) in ratios.items()}))


if __name__ == "__main__":
    main()
