"""Where everything lies: the home folder, the specs, the dbt project.

A home (`$COMMONGRID_HOME`, by default `./data`) holds all data; the source tree holds none. `$COMMONGRID_SPECS` names
another folder of specs than the one that comes with the package; `$COMMONGRID_LANDING`, the folder or the URL where
partners' files arrive, if that is not the home's own `landing`.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

_ROOT = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """A folder of the repository, or its copy inside an installed package."""
    beside = _ROOT.parent / name
    return beside if beside.is_dir() else _ROOT / "_shipped" / name


def local_folder(url: str) -> Path | None:
    """The folder that a path or a file URL names; None for what lies on another machine."""
    scheme = re.match("([A-Za-z][A-Za-z0-9+.-]*)(://|::)", url)
    if scheme is None:
        return Path(url).expanduser().resolve()
    if scheme[1].lower() in ("file", "local") and scheme[2] == "://":
        return Path(unquote(url[scheme.end() :])).expanduser().resolve()
    return None


class HomeBusyError(Exception):
    """Another process is changing this home."""


@dataclass(frozen=True)
class Home:
    """The folders of one home. Nothing is made until something is to be written.

    `landing_url` says where partners' files arrive, if not in the home itself. It may hold a password, and is kept out
    of what is printed of a home.
    """

    root: Path
    specs: Path
    dbt_project: Path
    landing_url: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls) -> Home:
        """The home that the environment names."""
        root = Path(os.environ.get("COMMONGRID_HOME") or "data").expanduser().resolve()
        specs = os.environ.get("COMMONGRID_SPECS")
        return cls(
            root,
            Path(specs).expanduser().resolve() if specs else shipped("ingest_specs"),
            shipped("dbt_project"),
            os.environ.get("COMMONGRID_LANDING") or None,
        )

    @property
    def landing(self) -> Path:
        """Partners' files as they came. Those that arrive on another machine are copied into the home first."""
        elsewhere = local_folder(self.landing_url) if self.landing_url else None
        return elsewhere or self.root / "landing"

    @property
    def ledger(self) -> Path:
        """The SQLite ledger."""
        return self.root / "ledger.sqlite"

    @property
    def journal(self) -> Path:
        """Every arrival and decision, line by line: with landing, what the ledger can be made again from."""
        return self.root / "journal.jsonl"

    @property
    def raw(self) -> Path:
        """All-text Parquet, one file a delivery."""
        return self.root / "raw"

    @property
    def harmonised(self) -> Path:
        """Typed, coded and placed rows, one file a delivery and fingerprint."""
        return self.root / "harmonised"

    @property
    def quarantine(self) -> Path:
        """Rows kept out, with their reasons, one file a delivery and fingerprint."""
        return self.root / "quarantine"

    @property
    def issues(self) -> Path:
        """Every problem and repair, row by row, one file a delivery and fingerprint."""
        return self.root / "issues"

    @property
    def places(self) -> Path:
        """Distinct places, append-only."""
        return self.root / "places"

    @property
    def boundaries(self) -> Path:
        """Boundary sets, one folder each: areas, and the places assigned to them."""
        return self.root / "boundaries"

    @property
    def postcodes(self) -> Path:
        """The postcode directory."""
        return self.root / "reference" / "postcodes.parquet"

    @property
    def build(self) -> Path:
        """What a build is handed, and what dbt writes beside the warehouse."""
        return self.root / "build"

    @property
    def warehouse(self) -> Path:
        """The private DuckDB file that dbt builds in."""
        return self.root / "warehouse.duckdb"

    @property
    def releases(self) -> Path:
        """One folder an audience, one folder in it a release, and the pointer `current`."""
        return self.root / "releases"

    @property
    def dagster(self) -> Path:
        """Dagster's own store: a display of what happened here, never read for decisions."""
        return self.root / "dagster"

    @property
    def exists(self) -> bool:
        """Whether anything was ever loaded here."""
        return self.ledger.exists()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold this home for one writer.

        Raises:
            HomeBusyError: if another process holds it. The lock goes with its process, so a crash leaves none behind.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise HomeBusyError(
                    f"{self.root} is being changed by another process; try again when it has finished"
                ) from error
            yield


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to that becomes `path` by one rename when all went well, and is removed otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield draft
        draft.replace(path)
    except BaseException:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)
        raise
