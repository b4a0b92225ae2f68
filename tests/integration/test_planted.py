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

import polars as pl
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
