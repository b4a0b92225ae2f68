"""Homes to test in. dbt takes seconds to parse a project, so one home serves a session, emptied between tests."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.specs.check import load_specs
from pipelines.specs.load import SpecSet
from tests.postgres import binaries, emptied, server
from warehouse.home import Home
from warehouse.ledger import Ledger, open_ledger
from warehouse.sealed import make_landing_key

ROOT = Path(__file__).resolve().parent.parent


def code_map(*lines: str) -> str:
    """A code map of lines `raw,action,code`, agreed to by whoever sends the codes."""
    return "".join(
        line + "\n"
        for line in ("raw,action,code,agreed_by,agreed_on", *(f"{line},data desk,2014-01-01" for line in lines))
    )


def classed(dataset: str) -> str:
    """A dataset's text in which every field tells of no person's health, origin or offences, nor the whole of any."""
    flags = ["special_category: false", "criminal_offence: false"]
    text = re.sub(r"(sensitivity: \w+),", ", ".join([r"\1", *flags]) + ",", dataset)
    text = re.sub(r"(?m)^( +)(sensitivity: \w+)$", "\n".join(rf"\1{line}" for line in (r"\2", *flags)), text)
    return re.sub(r"(?m)^(shape: .*)$", r"\1\npersons: false", text)


AS_OF = date(2014, 9, 30)
# Where several processes run the tests, they are told of a terminal that is not there; commands would fold their lines.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)
# For tests of what must hold wherever the ledger is kept. They use `bench`, or `ledger_url` itself.
on_both_stores = pytest.mark.parametrize(
    "ledger_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)


@dataclass
class Bench:
    """A home under test, with its specs, its ledger, and what the steps said."""

    home: Home
    specs: SpecSet
    ledger: Ledger
    said: list[str] = field(default_factory=list)

    def load(self, *paths: Path, **declared: Any) -> Any:
        from pipelines.orchestration.steps import load_step

        return load_step(self.home, self.specs, self.ledger, self.said.append, list(paths), **declared)

    def build(self, *, full: bool = False, as_of: date = AS_OF) -> Any:
        from pipelines.orchestration.build import build

        return build(self.home, self.specs, self.ledger, self.said.append, as_of, full=full)

    def publish(self, audience: str = "restricted", as_of: date = AS_OF) -> Any:
        from pipelines.publish.release import publish

        return publish(self.home, self.ledger, audience, as_of)

    def run(self, as_of: date = AS_OF) -> tuple[dict[str, Any], bool]:
        from pipelines.orchestration.steps import run_steps

        return run_steps(self.home, self.specs, self.ledger, self.said.append, as_of)

    def hashes(self) -> dict[str, str]:
        """Published table to a hash of its rows, straight from the warehouse."""
        import duckdb

        from pipelines.build.dictionary import published_tables
        from pipelines.publish.tables import examine

        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.home.warehouse}' as warehouse (read_only)")
            tables = examine(connection, "warehouse", published_tables(self.home.dbt_project))
        return {table.name: table.hash for table in tables}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the private warehouse."""
        import duckdb

        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def empty(self) -> None:
        """Forget everything but what dbt has parsed."""
        self.ledger.close()
        clear(self.home)
        self.said.clear()
        self.ledger = open_ledger(self.home)


def clear(home: Home) -> None:
    """Leave nothing of a home but what dbt has parsed."""
    for path in home.root.iterdir():
        if path.name == "build":
            for inner in path.iterdir():
                if not inner.name.startswith("dbt-"):
                    shutil.rmtree(inner)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if home.ledger_url is not None:
        emptied(home.ledger_url)


@pytest.fixture(autouse=True)
def _files_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a test has just written is whole: nobody waits to see whether it grows."""
    monkeypatch.setattr("pipelines.intake.settled.LOOK_AGAIN_SECONDS", 0.0)


@pytest.fixture(scope="session", autouse=True)
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The keys of every home under test: without them, no feed of persons loads."""
    folder = tmp_path_factory.mktemp("keys")
    make_landing_key(folder, "tests")
    before = os.environ.get("COMMONGRID_KEYS")
    os.environ["COMMONGRID_KEYS"] = str(folder)
    yield folder
    os.environ.pop("COMMONGRID_KEYS")
    if before is not None:
        os.environ["COMMONGRID_KEYS"] = before


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of keys for one test alone, with a landing key in it."""
    folder = tmp_path / "keys"
    make_landing_key(folder, "tests")
    monkeypatch.setenv("COMMONGRID_KEYS", str(folder))
    return folder


@pytest.fixture(scope="session")
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"), ROOT / "ingest_specs", ROOT / "dbt_project")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database on a server that lasts as long as the tests; `emptied` empties it."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server here: install postgresql (initdb and postgres, in /usr/lib or on PATH)")
    with server(programs) as url:
        yield url


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest) -> str | None:
    """Where the ledger under test is kept: in the home, unless a test is marked `on_both_stores`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return None
    return emptied(request.getfixturevalue("postgres_url"))


@pytest.fixture
def bench(session_home: Home, ledger_url: str | None) -> Iterator[Bench]:
    home = replace(session_home, ledger_url=ledger_url)
    clear(home)
    made = Bench(home, load_specs(home.specs), open_ledger(home))
    yield made
    made.ledger.close()


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("COMMONGRID_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "police" / "surrey").is_dir():
        pytest.skip(f"no real data in {folder}: set COMMONGRID_REAL_DATA to a folder that has police/surrey")
    return folder
