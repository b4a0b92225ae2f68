"""A PostgreSQL server for the tests: made in a temporary folder, on loopback alone, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "open sesame/1"
USER = "commongrid"
# What matters is what the ledger says, not whether the disk of a test survives a power cut.
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def binaries() -> Path | None:
    """The folder that holds `initdb` and `postgres`; of several versions, the newest."""
    on_path = shutil.which("initdb")
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = [*homes, *([Path(on_path).resolve()] if on_path else [])]
    return next((path.parent for path in reversed(found) if (path.parent / "postgres").exists()), None)


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """The URL of a database on a server of its own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="commongrid-postgres-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        whose = _unprivileged(folder)
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", secret,
             "-E", "UTF8", "--locale", "C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **whose,
        )  # fmt: skip
        port = _free_port()
        options = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", *_QUICK)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *(word for option in options for word in ("-c", option))],
                stdout=log, stderr=log, cwd=folder, **whose,
            )  # fmt: skip
        try:
            url = f"postgresql://{USER}:{PASSWORD.replace(' ', '%20').replace('/', '%2F')}@127.0.0.1:{port}/postgres"
            _wait(url, process, folder / "log")
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def emptied(url: str) -> str:
    """The same database with nothing in it."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        schemas = connection.execute(
            "select nspname from pg_namespace where nspname = 'public' or nspname like 'ledger_before_%'"
        ).fetchall()
        for (name,) in schemas:
            connection.execute(f'drop schema "{name}" cascade')  # type: ignore[call-overload]
        connection.execute("create schema public")
    return url


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to start a process that PostgreSQL accepts: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}") from error
            time.sleep(0.05)
