"""What is shipped and pinned is what the sources say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_every_requirement_is_pinned_with_hashes_and_no_host_is_named() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==", lock, flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line and not line.startswith("#")]
    wanted = {_name(item) for item in (*project["dependencies"], *extra)}
    assert wanted <= pinned
    assert "://" not in lock
    entries = re.split(r"\n(?=[a-z0-9])", lock)
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)


def test_the_folders_a_wheel_carries_are_there() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    for folder in (*tool["packages"], *tool["force-include"]):
        assert (ROOT / folder).is_dir()


def test_a_wheel_carries_the_page_of_the_return_report() -> None:
    from hatchling.builders.wheel import WheelBuilder

    carried = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {"pipelines/reports/return_report.html", "pipelines/reports/return_page.py"} <= carried


def test_the_two_lists_of_tools_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    dev = {_name(item) for item in project["dependency-groups"]["dev"]}
    extra = {_name(line) for line in (ROOT / "requirements.in").read_text().splitlines() if line and line[0] != "#"}
    assert extra - dev == {"editables", "hatchling"}
    assert dev <= extra
