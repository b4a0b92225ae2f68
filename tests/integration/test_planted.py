"""Who the demo's people are is found nowhere: not after it has run, nor after deliveries of theirs were refused."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.demo import make_county, write_deliveries
from pipelines.demo.agencies import planted
from pipelines.demo.agencies.people import SURNAMES
from pipelines.demo.names import KEEPER_FIRST, KEEPER_LAST
from pipelines.orchestration.dev import prepare
from tests.conftest import ROOT
from tests.integration.searching import found_below, found_in, texts_of
from warehouse.home import Home
from warehouse.sealed import IDENTITY, is_sealed

pytestmark = pytest.mark.slow
# Numbers of people in files that are text, and how they are written there: (files, pattern).
NUMBERS = (
    ("demo_probation/*/starts_*.csv", r'"(X\d{6})"'),
    ("demo_probation/*/starts_*.csv", r"\d\d/\d\d/19\d\d"),
    ("demo_youth_justice/*/*.xml", r"<ChildNumber>(.*?)</"),
    ("demo_hospital/*/*.txt", r"RZM\d{7}"),
    ("demo_northmark/*/AV_*.csv", r"\bQ[A-Z]\d\d [A-Z]{3}\b"),
    ("demo_police/*/ASB log *.txt", r"\b0\d{4} \d{6}\b"),
    ("demo_highmark/*/flytip_*.csv", r"\b0\d{4} \d{6}\b"),
)
# Feeds of people and of what happens to them: one delivery each is reported on.
REPORTED = (
    "starts_202407.csv", "YJ_MARKSHIRE_202407.xml", "Exclusions summer 2024.xlsx", "ISTV_RZM01_Aug24.txt",
    "AMB_week_2025-01-27.csv", "AV_0624.csv",
)  # fmt: skip
# Where people live is kept to the postcode's sector, or not at all.
OF_HOMES = ("probation_start", "youth_child", "youth_offence", "youth_order", "pupil_exclusion")
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")


@dataclass
class Demo:
    """A home that the demo was run in, the files as they were sent, and all that was printed and written elsewhere."""

    home: Home
    sent: Path
    out: Path
    texts: tuple[str, ...]
    said: list[str] = field(default_factory=list)

    def command(self, *words: str, typed: str = "", ok: tuple[int, ...] = (0,)) -> str:
        """What a command of ours prints, in a process of its own."""
        return self._process([sys.executable, "-m", "pipelines.cli.main", *words], typed, ok)

    def materialise(self, feed: str, partition: str, ok: tuple[int, ...] = (0,)) -> str:
        """What Dagster prints when it loads a feed's period, as from its own command line."""
        prepare(self.home)
        words = ["-m", "pipelines.orchestration.definitions", "--select", feed, "--partition", partition]
        return self._process([sys.executable, "-m", "dagster", "asset", "materialize", *words], "", ok)

    def _process(self, words: list[str], typed: str, ok: tuple[int, ...]) -> str:
        own = {"COMMONGRID_HOME": str(self.home.root), "COMMONGRID_KEYS": str(self.home.keys)}
        own |= {"DAGSTER_HOME": str(self.home.dagster), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            words, env={**os.environ, **own}, input=typed, capture_output=True, text=True, check=False
        )
        self.said += [done.stdout, done.stderr]
        assert done.returncode in ok, (words[2:], done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout + done.stderr

    def found(self) -> set[tuple[str, str]]:
        """Where past landing, and in what was printed or written elsewhere, a text stands that tells of a person."""
        printed = {("printed", text) for text in found_in("\n".join(self.said), self.texts)}
        return printed | found_below(self.home.root, self.texts, self.home.landing) | found_below(self.out, self.texts)

    def landed(self) -> set[tuple[str, str]]:
        """Where in landing one stands."""
        return found_below(self.home.landing, self.texts)


def identifying(sent: Path) -> tuple[str, ...]:
    """All texts in the demo's files that tell who somebody is."""
    names = [f"{first} {last}" for first in KEEPER_FIRST for last in KEEPER_LAST]
    found = {*planted.PLANTED, *SURNAMES, *KEEPER_LAST, *names}
    for files, pattern in NUMBERS:
        numbers = {hit for path in sent.glob(files) for hit in re.findall(pattern, path.read_text("cp1252"))}
        assert len(numbers) > 10, files
        found |= numbers
    books = [content for path in sent.glob("demo_education/*/*.xlsx") for _where, content in texts_of(path)]
    pupils = {hit for content in books for hit in re.findall(r"\b[A-Z]\d{12}\b", content)}
    assert planted.PUPIL_NUMBER in pupils
    return tuple(sorted(found | pupils))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo and then every command that shows, writes or copies what it made."""
    folder = tmp_path_factory.mktemp("planted")
    write_deliveries(make_county(), folder / "sent")
    home = Home(folder / "home", ROOT / "ingest_specs", ROOT / "dbt_project", keys_path=folder / "home-keys")
    made = Demo(home, folder / "sent", folder / "out", identifying(folder / "sent"))
    made.out.mkdir()
    made.command("demo")
    everything(made)
    yield made


def everything(demo: Demo) -> None:
    """Run all that shows, writes or copies what the demo made."""
    for name in REPORTED:
        demo.command("report", name, ok=(0, 2))
    demo.command("status", "--html", str(demo.out / "status.html"))
    demo.command("status", "--json")
    demo.command("unmapped", "--out", str(demo.out / "unmapped.csv"))
    demo.command("purge", "--dry-run", "--as-of", "2031-01-01")
    demo.command("specs", "columns")
    demo.command("keys", "list")
    for number in (planted.CHILD_NUMBER_OTHERWISE, planted.CASE_NUMBER, planted.PUPIL_NUMBER):
        demo.command("subject", "find", typed=f"{number}\n")
    demo.materialise("demo_probation/probation_start", "2024-07-01")
    demo.materialise("demo_hospital/assault_attendance", "2024-08-01")
    demo.command("backup", str(demo.out / "backup.tar"))


def test_who_somebody_is_stands_nowhere_past_landing(demo: Demo) -> None:
    assert demo.found() == set()


def test_nor_in_any_byte_of_landing(demo: Demo) -> None:
    assert demo.landed() == set()
    unsealed = [path.name for path in demo.home.landing.glob("demo_youth_justice/*/*") if not is_sealed(path)]
    assert unsealed == []


def test_the_search_looks_into_whatever_a_home_holds(demo: Demo) -> None:
    places = found_below(demo.home.root, ["Marksbridge Riverside", "Heathmark"])
    endings = {Path(where.partition("#")[0]).suffix + where.partition("#")[2] for where, _text in places}
    assert {".parquetrows", ".duckdbrows", ".sqliterows", ".dbrows", ".gpkgrows", ".csv", ".json", ".jsonl"} <= endings
    assert ("backup.tar!journal.jsonl", "Heathmark") in found_below(demo.out, ["Heathmark"])
    in_sent = {text for _where, text in found_below(demo.sent, demo.texts)}
    assert in_sent >= {*planted.PLANTED, *SURNAMES, *KEEPER_LAST}


def test_no_whole_postcode_of_a_home_is_kept(demo: Demo) -> None:
    made = [
        path
        for folder in (demo.home.raw, demo.home.harmonised, demo.home.quarantine, demo.home.issues)
        for path in folder.rglob("*.parquet")
        if set(OF_HOMES) & set(path.parts)
    ]
    assert len(made) > 30
    kept = {(path.name, hit) for path in made for _where, text in texts_of(path) for hit in POSTCODE.findall(text)}
    assert kept == set()


def _spoilt(demo: Demo) -> dict[str, bytes]:
    """Files in which something is wrong near what tells of a person, by their path in landing."""
    starts = next(demo.sent.glob("demo_probation/*/starts_202407.csv")).read_bytes()
    children = next(demo.sent.glob("demo_youth_justice/*/YJ_MARKSHIRE_202407.xml")).read_bytes()
    pupils = next(demo.sent.glob("demo_education/*/Exclusions summer 2024.xlsx")).read_bytes()
    patients = next(demo.sent.glob("demo_hospital/*/ISTV_RZM01_Aug24.txt")).read_bytes()
    callers = next(demo.sent.glob("demo_ambulance/*/AMB_week_2025-01-27.csv")).read_bytes()
    surname, child = planted.PROBATIONER.surname.encode(), planted.CHILD.surname.encode()
    mail = planted.PROBATIONER_MAIL.encode()
    mobile = list(csv.reader(io.StringIO(starts.decode("cp1252"))))
    more = io.StringIO()
    csv.writer(more).writerows([*row, planted.PROBATIONER_PHONE if at else "Mobile"] for at, row in enumerate(mobile))
    return {
        "demo_probation/2025-06-01/starts_202407.csv": more.getvalue().encode("cp1252"),
        "demo_probation/2025-06-02/starts_202407.csv": starts.split(b"\r\n" if b"\r\n" in starts else b"\n", 1)[1],
        "demo_probation/2025-06-03/starts_202407.csv": starts.replace(surname + b'"', surname, 1),
        "demo_probation/2025-06-04/starts_202407.csv": starts.replace(surname, surname + b"\x81\x00", 1),
        "demo_probation/2025-06-05/starts_202407.csv": starts.replace(b'"M"', b'"' + mail + b'"'),
        "demo_youth_justice/2025-06-01/YJ_MARKSHIRE_202407.xml": children.split(child)[0] + child,
        "demo_youth_justice/2025-06-02/YJ_MARKSHIRE_202407.xml": children.replace(child, child + b"</Name>", 1),
        "demo_education/2025-06-01/Exclusions summer 2024.xlsx": pupils[: len(pupils) // 2],
        "demo_hospital/2025-06-01/ISTV_RZM01_Aug24.txt": patients.replace(b"Throckwell", b"Throckwell\xe9"),
        "demo_hospital/2025-06-02/ISTV_RZM01_Aug24.txt": patients.replace(b"Throckwell", b"Throckwell|"),
        "demo_ambulance/2025-06-01/AMB_week_2025-01-27.csv": callers.replace(b"Crispian", b'"Crispian'),
        "demo_ambulance/2025-06-02/AMB_week_2025-01-27.csv": callers.replace(b",Y,", b",07700 900672,"),
    }


@pytest.fixture(scope="module")
def spoilt(demo: Demo) -> Demo:
    """The same home, once files that nobody can take have come as well."""
    for name, content in _spoilt(demo).items():
        path = demo.home.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for words in (("load",), ("load", "--json"), ("replay", "--preview"), ("status",), ("unmapped",)):
        demo.command(*words, ok=(0, 1, 2))
    demo.materialise("demo_youth_justice/youth_child", "2024-07-01", ok=(0, 1))
    demo.materialise("demo_probation/probation_start", "2024-07-01", ok=(0, 1))
    for path in sorted(demo.home.landing.glob("*/2025-06-0*/*")):
        demo.command("report", str(path.relative_to(demo.home.landing)), "--out", str(demo.out), ok=(0, 1, 2))
        demo.command("read", str(path), "--json", ok=(0, 1, 2))
    return demo


def test_files_that_are_refused_tell_of_nobody(spoilt: Demo) -> None:
    printed = "\n".join(spoilt.said)
    assert 'the spec does not know "Mobile"' in printed
    assert printed.count("refused") > 10
    assert spoilt.found() == set()
    assert spoilt.landed() == set()


@pytest.mark.parametrize("landing_too", [False, True])
def test_a_load_without_a_key_stores_and_tells_nothing(spoilt: Demo, landing_too: bool) -> None:
    """The key of one feed is lost, or that of landing as well, and then more comes of the same feed and of others."""
    before = {path: path.stat().st_mtime_ns for path in spoilt.home.raw.rglob("*.parquet")}
    lost = [*(spoilt.home.keys / "demo_probation").rglob("*.yml")]
    lost += [spoilt.home.keys / IDENTITY] if landing_too else []
    aside = [path.rename(path.with_suffix(".lost")) for path in lost]
    starts = next(spoilt.sent.glob("demo_probation/*/starts_202407.csv")).read_bytes()
    path = spoilt.home.landing / f"demo_probation/2025-07-0{1 + landing_too}/starts_202407.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(starts.replace(b"LIC", b"CO", 1 + landing_too))
    try:
        said = spoilt.command("load", ok=(1,))
    finally:
        for kept, name in zip(aside, lost, strict=True):
            kept.rename(name)
    assert "keys make" in said
    assert {path: path.stat().st_mtime_ns for path in spoilt.home.raw.rglob("*.parquet")} == before
    assert spoilt.found() == set()
    # It was not touched, and is no file of ours yet: `commongrid seal` would seal it.
    assert not is_sealed(path)
    shutil.rmtree(path.parent)
    assert spoilt.landed() == set()
