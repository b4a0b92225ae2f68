"""Where everything lies: the home folder, the specs, the dbt project.

A home (`$COMMONGRID_HOME`, by default `./data`) holds all data; the source tree holds none. `$COMMONGRID_SPECS` names
another folder of specs than the one that comes with the package; `$COMMONGRID_LANDING`, the folder or the URL where
partners' files arrive, if that is not the home's own `landing`; `$COMMONGRID_LEDGER`, the URL of a PostgreSQL database
that holds the ledger, if that is not the home's own SQLite file; `$COMMONGRID_KEYS`, the folder of keys, which lies
outside the home. The last three may stand in `commongrid.yml` in the home instead; the environment overrules it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from warehouse.settings import read_settings

# How long a command that is worth waiting for waits for the home, in seconds.
PATIENCE = 600.0
_POLL_SECONDS = 0.5
_ROOT = Path(__file__).resolve().parent
_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.-]*)(://|::)")


def shipped(name: str) -> Path:
    """A folder of the repository, or its copy inside an installed package."""
    beside = _ROOT.parent / name
    return beside if beside.is_dir() else _ROOT / "_shipped" / name


def local_folder(url: str) -> Path | None:
    """The folder that a path or a file URL names; None for what lies on another machine."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        return Path(url).expanduser().resolve()
    if scheme[1].lower() in ("file", "local") and scheme[2] == "://":
        return Path(unquote(url[scheme.end() :])).expanduser().resolve()
    return None


class HomeError(Exception):
    """The home cannot be used as it is."""


class HomeBusyError(HomeError):
    """Another process is changing this home."""


@dataclass(frozen=True)
class Home:
    """The folders of one home. Nothing is made until something is to be written.

    `landing_url` says where partners' files arrive, and `ledger_url` where the ledger is kept, if not in the home
    itself. They may hold passwords, and are kept out of what is printed of a home.
    """

    root: Path
    specs: Path
    dbt_project: Path
    landing_url: str | None = field(default=None, repr=False)
    ledger_url: str | None = field(default=None, repr=False)
    keys_path: Path | None = None

    @classmethod
    def from_environment(cls) -> Home:
        """The home that the environment names.

        Raises:
            SettingsError: where its `commongrid.yml` is not in order.
        """
        root = Path(os.environ.get("COMMONGRID_HOME") or "data").expanduser().resolve()
        specs = os.environ.get("COMMONGRID_SPECS")
        settings = read_settings(root)
        landing = settings.landing_url
        if landing and not _SCHEME.match(landing):
            landing = str(root / Path(landing).expanduser())
        return cls(
            root,
            Path(specs).expanduser().resolve() if specs else shipped("ingest_specs"),
            shipped("dbt_project"),
            os.environ.get("COMMONGRID_LANDING") or landing,
            os.environ.get("COMMONGRID_LEDGER") or settings.ledger_url,
            _folder(root, os.environ.get("COMMONGRID_KEYS") or settings.keys_path),
        )

    @property
    def keys(self) -> Path:
        """The folder of keys: never in the home, so that no copy of it holds them; if none is named, beside it."""
        named = self.keys_path or os.environ.get("COMMONGRID_KEYS")
        return Path(named).expanduser().resolve() if named else self.root.with_name(f"{self.root.name}-keys")

    @property
    def landing(self) -> Path:
        """Partners' files as they came. Those that arrive on another machine are copied into the home first."""
        elsewhere = local_folder(self.landing_url) if self.landing_url else None
        return elsewhere or self.root / "landing"

    @property
    def ledger(self) -> Path:
        """The SQLite ledger, where `ledger_url` names no other."""
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
    def summaries(self) -> Path:
        """Counts of each return's rows, by which recording practice is judged: one file a feed."""
        return self.root / "summaries"

    def raw_of(self, row: Mapping[str, Any]) -> Path:
        """Where what was read of a delivery lies, by its `feed` and `delivery_id`."""
        return self.raw / str(row["feed"]) / f"{row['delivery_id']}.parquet"

    def harmonised_of(self, row: Mapping[str, Any]) -> Path:
        """Where a delivery's harmonised rows lie, by its `feed`, `delivery_id` and `fingerprint`."""
        partner, dataset = str(row["feed"]).split("/")
        return self.harmonised / dataset / partner / _made(row)

    def quarantine_of(self, row: Mapping[str, Any]) -> Path:
        """Where a delivery's rows that were set aside lie, if there are any."""
        return self.quarantine / str(row["feed"]) / _made(row)

    def issues_of(self, row: Mapping[str, Any]) -> Path:
        """Where a delivery's issues lie, if it has any."""
        return self.issues / str(row["feed"]) / _made(row)

    @property
    def places(self) -> Path:
        """Distinct places, append-only."""
        return self.root / "places"

    @property
    def lookups(self) -> Path:
        """How figures of one boundary set become figures of another, one Parquet file each pair of sets."""
        return self.root / "lookups"

    @property
    def boundaries(self) -> Path:
        """Boundary sets, one folder each: areas, and the places assigned to them."""
        return self.root / "boundaries"

    @property
    def reference(self) -> Path:
        """Reference data that places are looked up in: the postcode directory and its like."""
        return self.root / "reference"

    @property
    def postcodes(self) -> Path:
        """The postcode directory."""
        return self.reference / "postcodes.parquet"

    @property
    def uprns(self) -> Path:
        """Unique property reference numbers and where they lie."""
        return self.reference / "uprns.parquet"

    @property
    def names(self) -> Path:
        """The gazetteer of streets and places."""
        return self.reference / "names.parquet"

    @property
    def code_history(self) -> Path:
        """The history of area codes."""
        return self.reference / "code_history.parquet"

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
    def reports(self) -> Path:
        """Return reports for partners, by partner and dataset."""
        return self.root / "reports"

    @property
    def dagster(self) -> Path:
        """Dagster's own store: a display of what happened here, never read for decisions."""
        return self.root / "dagster"

    @property
    def exists(self) -> bool:
        """Whether anything may have been loaded here. A ledger that lies elsewhere is not asked."""
        return self.ledger_url is not None or self.ledger.exists()

    def id(self) -> str:
        """What a ledger that lies elsewhere knows this home by: random, and made when it is first asked for."""
        path = self.root / "home.id"
        with self._writing():
            if not path.exists():
                self.root.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f".home.id.{uuid.uuid4().hex[:8]}")
                draft.write_text(uuid.uuid4().hex + "\n", encoding="utf-8")
                # Unlike a rename, a link leaves the id that another process has just made.
                with suppress(FileExistsError):
                    path.hardlink_to(draft)
                draft.unlink()
            return path.read_text(encoding="utf-8").strip()

    @contextmanager
    def alone(self, patience: float = 0.0, say: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold this home for one writer.

        Args:
            patience: how many seconds to wait for a process that holds it.
            say: told once, before waiting, who holds it.

        Raises:
            HomeBusyError: if another process holds it still. The lock goes with its process, so a crash leaves none
                behind.
            HomeError: if nothing can be written here.
        """
        with self._lock_file() as lock:
            self._hold(lock, time.monotonic() + patience, say)
            lock.truncate(0)
            # The words of the command alone: what follows them may be a path, or a question with a name in it.
            lock.write(f"{' '.join([Path(sys.argv[0]).name, *sys.argv[1:2]])}, process {os.getpid()}")
            lock.flush()
            try:
                yield
            finally:
                lock.truncate(0)

    def _lock_file(self) -> IO[str]:
        with self._writing():
            self.root.mkdir(parents=True, exist_ok=True)
            return (self.root / ".lock").open("a+", encoding="utf-8")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise HomeError(
                f"{self.root}: nothing can be written ({error.strerror}); see to the room on the disk and the rights "
                "on the folder, or name another: COMMONGRID_HOME"
            ) from error

    def _hold(self, lock: IO[str], until: float, say: Callable[[str], None] | None) -> None:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                lock.seek(0)
                holder = f" ({held})" if (held := lock.read()) else ""
                left = until - time.monotonic()
                if left <= 0:
                    raise HomeBusyError(
                        f"{self.root} is being changed by another process{holder}; try again when it has finished"
                    ) from error
            if say is not None:
                say(f"waiting   another process is changing {self.root}{holder}")
                say = None
            time.sleep(min(_POLL_SECONDS, left))


def _folder(root: Path, text: str | None) -> Path | None:
    """A folder that a setting names, from the home on where it is not named whole."""
    return (root / Path(text).expanduser()).resolve() if text else None


def _made(row: Mapping[str, Any]) -> str:
    """The name of a file of a delivery that is made anew whenever what decides its rows has changed."""
    return f"{row['delivery_id']}-{row['fingerprint']}.parquet"


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
