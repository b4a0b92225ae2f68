"""The companion of a delivery: found beside it, waited for, never taken for a delivery, and copied along."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from pipelines.intake.claims import Declared, claims
from pipelines.intake.companions import (
    MAX_BYTES,
    bring_companions,
    companion_of,
    companion_stamp,
    companion_text,
    is_companion,
    missing_companion,
    stated_beside,
)
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, opened
from pipelines.specs.check import load_specs
from pipelines.specs.control import Control
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.load import SpecSet
from tests.unit.makers import spoiled

NORTH = "demo_northmark"
DAY = "2024-09-04"
FILE = "AV_0824.csv"
CONTROL = "    control: [{of: rows, stated_in: companion, match: '(\\d+)'}]\n"


def specs_with(folder: Path, companion: str, files: str = "{issued:%Y-%m-%d}/AV_{period:%m%y}.csv") -> SpecSet:
    """The shipped specs, where Northmark's files have a companion."""
    feed = f"partners/{NORTH}/abandoned_vehicle.yml"
    declared = f'    companion: "{companion}"\n{CONTROL}    replaces:'
    pattern = "{issued:%Y-%m-%d}/AV_{period:%m%y}.csv"
    return load_specs(spoiled(folder, (feed, "    replaces:", declared), (feed, f'"{pattern}"', f'"{files}"')))


def version_of(specs: SpecSet) -> FeedVersion:
    return specs.feeds[f"{NORTH}/abandoned_vehicle"].feed.versions[0]


def landed(folder: Path, *names: str, text: str = "3") -> list[Source]:
    """Files of a day's folder, in landing."""
    made = []
    for name in names:
        path = folder / NORTH / DAY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        made.append(Source(path))
    return made


def archive(folder: Path, *members: str) -> list[Source]:
    path = folder / NORTH / "returns.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as packed:
        for member in members:
            packed.writestr(member, f"3 of {member}")
    return opened(path)


# --- where it is looked for -------------------------------------------------------------------------------------------

NAMES = [("{name}.ctl", "AV_0824.csv.ctl"), ("{stem}.manifest", "AV_0824.manifest"), ("MANIFEST.csv", "MANIFEST.csv")]


@pytest.mark.parametrize(("declared", "name"), NAMES)
def test_a_companion_stands_beside_its_delivery(tmp_path: Path, declared: str, name: str) -> None:
    version = version_of(specs_with(tmp_path, declared))
    (source,) = landed(tmp_path, FILE)
    assert companion_of(version, source) is None
    assert companion_text(version, source) is None
    assert missing_companion(version, source) == name
    (companion,) = landed(tmp_path, name)
    assert companion_of(version, source) == companion
    assert companion_text(version, source) == "3"
    assert missing_companion(version, source) is None


@pytest.mark.parametrize(("declared", "name"), NAMES)
def test_in_an_archive_it_is_a_member_at_the_same_place(tmp_path: Path, declared: str, name: str) -> None:
    version = version_of(specs_with(tmp_path, declared))
    landed(tmp_path, name)
    source = next(item for item in archive(tmp_path, f"{DAY}/{FILE}", name) if item.name.endswith(FILE))
    assert missing_companion(version, source) == name
    members = archive(tmp_path, f"{DAY}/{FILE}", f"{DAY}/{name}", name)
    source = next(item for item in members if item.name.endswith(FILE))
    assert companion_text(version, source) == f"3 of {DAY}/{name}"


@pytest.mark.parametrize("name", ["AV_0824.csv.gz.ctl", "AV_0824.csv.ctl"])
def test_that_of_a_packed_file_goes_by_either_name(tmp_path: Path, name: str) -> None:
    version = version_of(specs_with(tmp_path, "{name}.ctl"))
    (source,) = landed(tmp_path, f"{FILE}.gz")
    assert missing_companion(version, source) == "AV_0824.csv.gz.ctl"
    landed(tmp_path, name)
    stated = stated_beside(version, source)
    assert (stated.companion, stated.text) == (name, "3")


def test_both_hashes_of_a_packed_file_may_be_stated(tmp_path: Path) -> None:
    specs = specs_with(tmp_path, "{name}.ctl")
    control = Control.model_validate({"of": "sha256", "stated_in": "companion", "match": "(.*)"})
    version = version_of(specs).model_copy(update={"control": (control,)})
    (source,) = landed(tmp_path, f"{FILE}.gz")
    source.path.write_bytes(gzip.compress(b"Ref\n"))
    stated = stated_beside(version, source)
    assert stated.hashes == tuple(
        hashlib.sha256(content).hexdigest() for content in (source.path.read_bytes(), b"Ref\n")
    )
    assert (stated.names, stated.stem, stated.companion, stated.text) == (
        ("AV_0824.csv.gz", "AV_0824.csv"),
        "AV_0824",
        "AV_0824.csv.gz.ctl",
        None,
    )
    assert stated_beside(version_of(specs), source).hashes == ()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbf3\r\n", "3\n"),
        ("caf\u00e9 3".encode("cp1252"), "caf\u00e9 3"),
        ("caf\u00e9 3".encode(), "caf\u00e9 3"),
        ("\ufeff3\r\n".encode("utf-16-le"), "3\n"),
    ],
)
def test_a_companion_is_text_in_the_encodings_partners_use(tmp_path: Path, content: bytes, text: str) -> None:
    version = version_of(specs_with(tmp_path, "{name}.ctl"))
    source, companion = landed(tmp_path, FILE, f"{FILE}.ctl")
    companion.path.write_bytes(content)
    assert companion_text(version, source) == text


def test_a_companion_of_the_size_of_a_return_is_refused(tmp_path: Path) -> None:
    version = version_of(specs_with(tmp_path, "{name}.ctl"))
    (source, _companion) = landed(tmp_path, FILE, f"{FILE}.ctl", text="3" * (MAX_BYTES + 1))
    with pytest.raises(Refusal, match=r"AV_0824\.csv\.ctl: more than 4,194,304 bytes") as error:
        companion_text(version, source)
    assert error.value.issue_type == "too_large"


# --- what is a companion ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("declared", "name"), NAMES)
def test_a_companion_is_one_before_its_delivery_has_come(tmp_path: Path, declared: str, name: str) -> None:
    specs = specs_with(tmp_path, declared)
    (companion, other) = landed(tmp_path, name, f"other-{name}")
    assert is_companion(specs, companion, NORTH)
    assert not is_companion(specs, companion, "demo_police")
    assert not is_companion(specs, other, NORTH)
    assert not any(is_companion(specs, source, NORTH) for source in landed(tmp_path, FILE))


@pytest.mark.parametrize("declared", ["{name}.ctl", "{stem}.ctl"])
def test_a_file_that_was_given_under_any_name_has_a_companion_too(tmp_path: Path, declared: str) -> None:
    specs = specs_with(tmp_path, declared)
    name = declared.replace("{name}", "august.dat").replace("{stem}", "august")
    (companion,) = landed(tmp_path, name)
    assert not is_companion(specs, companion, NORTH)
    landed(tmp_path, "august.dat")
    assert is_companion(specs, companion, NORTH)


def test_the_companion_of_a_member_is_one(tmp_path: Path) -> None:
    specs = specs_with(tmp_path, "{stem}.manifest")
    members = archive(tmp_path, f"{DAY}/{FILE}", f"{DAY}/AV_0824.manifest", "AV_0824.manifest")
    found = [source.member for source in members if is_companion(specs, source, NORTH)]
    assert found == [f"{DAY}/AV_0824.manifest"]


def test_a_feed_does_not_take_the_companion_of_its_own_file(tmp_path: Path) -> None:
    specs = specs_with(tmp_path, "{stem}_totals.csv", files="{issued:%Y-%m-%d}/AV_{period:%m%y}*.csv")
    alone, other = landed(tmp_path, "AV_0824_totals.csv", "AV_0824_north.csv")
    # With no file whose totals it could state, it may be one that its partner called so: better refused than unseen.
    assert len(claims(specs, alone, Declared(), NORTH)) == len(claims(specs, other, Declared(), NORTH)) == 1
    landed(tmp_path, FILE)
    assert claims(specs, alone, Declared(), NORTH) == []
    assert len(claims(specs, other, Declared(), NORTH)) == 1
    assert len(claims(specs, alone, Declared(feed=f"{NORTH}/abandoned_vehicle"), NORTH)) == 1


# --- when it comes, or is corrected -----------------------------------------------------------------------------------


def test_the_stamp_tells_a_companion_that_came_or_was_corrected(tmp_path: Path) -> None:
    specs = specs_with(tmp_path, "{name}.ctl")
    (source,) = landed(tmp_path, FILE)
    stamps = [companion_stamp(specs, source.path, NORTH)]
    (companion,) = landed(tmp_path, f"{FILE}.ctl")
    for text, moment in (("3", 1), ("4", 2), ("12", 2)):
        companion.path.write_text(text)
        os.utime(companion.path, ns=(moment, moment))
        stamps.append(companion_stamp(specs, source.path, NORTH))
    assert stamps == ["", "AV_0824.csv.ctl:1:1", "AV_0824.csv.ctl:1:2", "AV_0824.csv.ctl:2:2"]
    assert companion_stamp(specs, source.path, "demo_police") == ""


def test_companions_come_along_with_a_file_that_is_copied(tmp_path: Path) -> None:
    specs = specs_with(tmp_path, "{name}.ctl")
    (source, _companion) = landed(tmp_path, FILE, f"{FILE}.ctl")
    target = tmp_path / "given"
    bring_companions([version_of(specs)] * 2, source.path, target)
    assert [(path.name, path.read_text()) for path in target.iterdir()] == [(f"{FILE}.ctl", "3")]
    (lone,) = landed(tmp_path, "AV_0924.csv")
    bring_companions([version_of(specs)], lone.path, tmp_path / "none")
    assert not (tmp_path / "none").exists()
