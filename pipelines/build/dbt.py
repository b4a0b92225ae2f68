"""Runs dbt in this process, and lets go of the warehouse afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.home import Home


class BuildError(Exception):
    """A model or a test of the warehouse failed; nothing may be published. `nodes` are those that ran."""

    def __init__(self, message: str, nodes: Sequence[tuple[str, str, str, float, str]] = ()) -> None:
        super().__init__(message)
        self.nodes = list(nodes)


@dataclass
class DbtResult:
    """What dbt did: (resource type, name, status, seconds, message) of every node."""

    nodes: list[tuple[str, str, str, float, str]] = field(default_factory=list)

    def failed(self) -> list[str]:
        """A line for each node that did not succeed."""
        bad = [node for node in self.nodes if node[2] not in ("success", "pass", "warn", "no-op")]
        return [f"{kind} {name}: {status} {message}".strip() for kind, name, status, _seconds, message in bad]


def environment(home: Home, snapshot: Path, warehouse: Path) -> dict[str, str]:
    """The environment variables the dbt project reads."""
    return {
        "COMMONGRID_BUILD": str(snapshot),
        "COMMONGRID_WAREHOUSE": str(warehouse),
        "COMMONGRID_TEMP": str(home.build / "temp"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def _variables(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_dbt(
    home: Home,
    snapshot: Path,
    warehouse: Path,
    *,
    full_refresh: bool,
    command: str = "build",
    without: Sequence[str] = (),
) -> DbtResult:
    """Run one dbt command over the project.

    Args:
        home: the home.
        snapshot: the folder that the models read.
        warehouse: the file they are built in.
        full_refresh: whether everything is made anew.
        command: `build`, or `parse` for the manifest alone.
        without: models to leave as they are, with the tests that are of them.

    Raises:
        BuildError: where dbt could not start, or a model or test failed.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    target = home.build / f"dbt-{snapshot.parent.name}"
    arguments = [
        command, "--quiet", "--log-level", "none", "--no-use-colors", "--no-version-check",
        "--no-send-anonymous-usage-stats",
        "--project-dir", str(home.dbt_project), "--profiles-dir", str(home.dbt_project),
        "--target-path", str(target), "--log-path", str(target / "logs"), "--log-level-file", "none",
    ]  # fmt: skip
    if command == "build":
        # Nobody reads what dbt would tell of a build in files; to write them takes longer than a small model.
        arguments.append("--no-write-json")
    if without:
        arguments += ["--exclude", *without]
    if full_refresh:
        arguments.append("--full-refresh")
    with _variables(environment(home, snapshot, warehouse)):
        try:
            outcome = dbtRunner().invoke(arguments)
        finally:
            # dbt keeps the warehouse open for as long as the process lives; nobody else could open it.
            DuckDBConnectionManager.close_all_connections()
    result = DbtResult([_node(item) for item in getattr(outcome.result, "results", [])])
    if not outcome.success:
        failed = result.failed() or [str(outcome.exception or "dbt stopped without a word")]
        raise BuildError("the warehouse was not built:\n  " + "\n  ".join(failed), result.nodes)
    return result


def _node(item: Any) -> tuple[str, str, str, float, str]:
    status = getattr(item.status, "value", str(item.status))
    message = " ".join(str(item.message or "").split()) if status not in ("success", "pass") else ""
    return (str(item.node.resource_type), item.node.name, str(status), float(item.execution_time), message)
