"""Starts Dagster's UI and daemon for the current home: `python -m pipelines.orchestration.dev`.

Only this machine can reach it. Dagster keeps its own store in the home and sends nothing out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from warehouse.home import Home, whole

_SETTINGS = """\
# Written by `make dev` on its first start; yours to change after that.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    # The pools are the writers of one thing each (duckdb_writer): one run at a time, the others wait in the queue.
    default_limit: 1
    granularity: run
"""


def prepare(home: Home) -> Path:
    """Make Dagster's folder in the home, if it has none, and show there what the home already holds."""
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        with whole(settings) as draft:
            draft.write_text(_SETTINGS, encoding="utf-8")
        if home.exists:
            from pipelines.orchestration.dagster_feeds import report_past

            report_past(home)
    return home.dagster


def main() -> None:
    """Turn this process into `dagster dev`."""
    options = argparse.ArgumentParser(prog="python -m pipelines.orchestration.dev", description="The Dagster UI.")
    options.add_argument("--port", type=int, default=3000)
    port: int = options.parse_args().port
    home = Home.from_environment()
    folder = prepare(home)
    environment = {
        **os.environ,
        "COMMONGRID_HOME": str(home.root),
        "COMMONGRID_SPECS": str(home.specs),
        "DAGSTER_HOME": str(folder),
    }
    print(f"Dagster for {home.root}: http://127.0.0.1:{port} (Ctrl-C ends it)", flush=True)
    arguments = [
        "-m",
        "dagster",
        "dev",
        "-m",
        "pipelines.orchestration.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    os.execve(sys.executable, [sys.executable, "-W", "ignore:Function `dev_command`", *arguments], environment)


if __name__ == "__main__":
    main()
