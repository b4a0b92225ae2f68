"""The pages say what the code does: reference pages are current, links resolve, and every question is answered."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pipelines.specs.check import gather
from pipelines.specs.patterns import matcher
from warehouse.query import ask

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# The terms of the design, and those the code adds that the pages lean on.
TERMS = """partner, dataset, feed, supplier, delivery, return, reporting period, revision, quarantine, issue,
code list / code map, recording profile, place, boundary set / area, indicator / status, release / audience,
arrival, held return, speaks for, supplied area, stray, coverage share, snapshot, set aside, fingerprint, cover"""


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


reference = _reference()
GUIDES: list[Path] = reference.guides()
PAGES = [*GUIDES, *sorted((ROOT / "docs" / "reference").glob("*.md"))]
EVERY_PAGE = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in ("data", "build") for part in path.relative_to(ROOT).parts)
)


def _blocks(path: Path, info: str) -> list[str]:
    found = FENCE.finditer(path.read_text(encoding="utf-8"))
    return [match["body"] for match in found if match["info"].strip() == info]


def _slug(heading: str) -> str:
    plain = re.sub(r"[`*]", "", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _anchors(path: Path) -> set[str]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {_slug(line.lstrip("#")) for line in text.splitlines() if line.startswith("#")}


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_reference_pages_are_current(name: str) -> None:
    held = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert held == reference.PAGES[name](), f"docs/reference/{name} is stale: run `make docs`"


def test_check_tells_stale_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "docs" / "reference", tmp_path / "docs" / "reference")
    monkeypatch.setattr(reference, "REFERENCE", tmp_path / "docs" / "reference")
    monkeypatch.setattr(sys, "argv", ["make_reference.py", "--check"])
    for stale, code in ((False, 0), (True, 1)):
        if stale:
            monkeypatch.setattr(reference, "ROOT", tmp_path)
            monkeypatch.setattr(reference, "PAGES", {"specs.md": lambda: "# Other\n"})
        with pytest.raises(SystemExit) as ended:
            reference.main()
        assert ended.value.code == code
    assert (tmp_path / "docs" / "reference" / "specs.md").read_text(encoding="utf-8") != "# Other\n"


@pytest.mark.parametrize("path", EVERY_PAGE, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{_name(path)}: {target}"
        assert there.is_relative_to(ROOT), f"{_name(path)}: {target} leaves the repository"
        if anchor:
            assert anchor in _anchors(there), f"{_name(path)}: there is no heading for {target}"


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_no_page_names_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(^|[\s\"'`(=])/(work|tmp|home|root|Users)\b", text)


def _told_commands(path: Path) -> list[list[str]]:
    """Every `commongrid ...` in code of a page, as words."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    code = [match["body"] for match in FENCE.finditer(text) if match["info"].strip() in ("sh", "text")]
    code += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    told = []
    for piece in code:
        for found in re.finditer(r"(?:^|[\s/])commongrid ((?:[^\n\"]|\"[^\"]*\")+)", piece):
            told.append(shlex.split(found[1].split(" | ")[0].split(" < ")[0], comments=True))
    return told


@pytest.mark.parametrize("path", GUIDES, ids=_name)
def test_commands_in_pages_exist(path: Path) -> None:
    tree = reference.command_tree()
    groups = {name.split()[0] for name in tree if " " in name}
    for words in _told_commands(path):
        if words[0] == "--help":
            continue
        name = " ".join(words[: 2 if words[0] in groups else 1])
        assert name in tree, f"{_name(path)}: there is no command {name}"
        options = {option for parameter in tree[name].params for option in parameter.opts}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in {*options, "--help"}, f"{_name(path)}: {name} has no {word}"


def test_glossary_has_every_term() -> None:
    rows = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    told = {row.split("|")[1].strip() for row in rows if row.startswith("|")}
    assert {" ".join(term.split()) for term in TERMS.split(",")} <= told


def test_published_tables_are_all_in_the_guide() -> None:
    guide = (ROOT / "warehouse" / "README.md").read_text(encoding="utf-8")
    assert [name for name in reference.published() if name not in guide] == []


@pytest.mark.parametrize("kind", ["feed", "corrections", "replies"])
def test_every_key_is_explained(kind: str) -> None:
    from pipelines.specs.schema import schemas

    text = (ROOT / "ingest_specs" / "README.md").read_text(encoding="utf-8")
    explained = " ".join(re.findall(r"`([^`\n]+)`", text)) + " ".join(
        _blocks(ROOT / "ingest_specs" / "README.md", "yaml")
    )
    schema = schemas()[kind]
    keys = {key for model in (schema, *schema["$defs"].values()) for key in model.get("properties", {})}
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", explained)) == []


def test_the_example_partner_is_valid(tmp_path: Path) -> None:
    text = (ROOT / "ingest_specs" / "README.md").read_text(encoding="utf-8")
    files = re.findall(r"^`(partners/[^`<]+)`[^\n]*\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert [Path(name).suffix for name, _ in files] == [".yml", ".yml", ".csv", ".yml"]
    specs = tmp_path / "ingest_specs"
    shutil.copytree(ROOT / "ingest_specs", specs)
    for name, body in files:
        path = specs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    found, problems = gather(specs)
    assert problems == []
    assert len(found.corrections["fernshire"]) == 1
    pattern = found.feeds["fernshire/abandoned_vehicle"].feed.versions[0].files[0]
    assert matcher(pattern)("fernshire/2024-06-07/Fernshire AV 2024-05.csv") is not None


def test_the_example_is_read_as_printed(tmp_path: Path) -> None:
    text = (ROOT / "ingest_specs" / "README.md").read_text(encoding="utf-8")
    specs = tmp_path / "ingest_specs"
    shutil.copytree(ROOT / "ingest_specs", specs)
    for name, body in re.findall(
        r"^`(partners/fern[^`<]+)`[^\n]*\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE
    ):
        if not name.endswith("corrections.yml"):
            (specs / name).parent.mkdir(parents=True, exist_ok=True)
            (specs / name).write_text(body, encoding="utf-8")
    sent, printed = (match[1] for match in re.finditer(r"```text\n(Fernshire (?:District|AV).*?)```", text, re.DOTALL))
    (command,) = re.findall(r"```sh\ncommongrid (read .*?)\n```", text)
    words = shlex.split(command)
    (tmp_path / words[1]).parent.mkdir()
    (tmp_path / words[1]).write_text(sent, encoding="cp1252")
    environment = {**os.environ, "COMMONGRID_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), "COLUMNS": "110"}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", *words],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert printed in "\n".join(line.rstrip() for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("docs") / "data"
    _commongrid(home, "demo")
    return home


def _commongrid(home: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pipelines.cli.main", *words]
    environment = {**os.environ, "COMMONGRID_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip()


@pytest.mark.slow
def test_answers_in_pages_are_as_printed(demo_home: Path) -> None:
    for path in GUIDES:
        text = path.read_text(encoding="utf-8")
        told = reference.EXAMPLE.findall(text)
        now = reference.EXAMPLE.findall(reference.answered(text, demo_home))
        assert told == now, f"{_name(path)}: run `docs/make_reference.py --examples` and read the difference"


@pytest.mark.slow
def test_every_other_question_is_valid(demo_home: Path) -> None:
    database = demo_home / "releases" / "restricted" / "current" / "commongrid.duckdb"
    ledger = sqlite3.connect(f"file:{demo_home / 'ledger.sqlite'}?mode=ro", uri=True)
    asked = 0
    for path in GUIDES:
        for sql in (*_blocks(path, "sql"), *_blocks(path, "sql surrey")):
            ask(database, sql)
            asked += 1
        for sql in _blocks(path, "sql ledger"):
            ledger.execute(sql).fetchall()
            asked += 1
    ledger.close()
    assert asked > 20


@pytest.mark.slow
def test_the_past_is_as_the_tutorial_says(demo_home: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    told = re.search(r"```sh\n(commongrid query --as-known-at .+?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert told is not None
    assert _commongrid(demo_home, *shlex.split(told[1])[1:]) == told[2].strip()


@pytest.mark.slow
def test_what_changed_is_as_the_page_says(demo_home: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "see-what-changed.md").read_text(encoding="utf-8")
    told = re.search(r"```sh\n(commongrid releases diff --.+?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert told is not None
    # A release is named by the moment it was made.
    printed, page = (
        re.sub(r"\d{8}T\d{6}-[0-9a-f]{8}", "RELEASE", words)
        for words in (_commongrid(demo_home, *shlex.split(told[1])[1:]), told[2].strip())
    )
    assert printed == page


@pytest.mark.slow
def test_the_lineage_ends_at_the_line(demo_home: Path) -> None:
    page = ROOT / "docs" / "how-to" / "read-a-figures-lineage.md"
    script = next(body for body in _blocks(page, "sh") if body.startswith("sed"))
    done = subprocess.run(["sh", "-c", script], cwd=demo_home.parent, capture_output=True, text=True, check=True)
    text = page.read_text(encoding="utf-8")
    told = text.partition(script)[2].partition("```text\n")[2].partition("```")[0]
    assert done.stdout.split() == told.split()
    ledger = sqlite3.connect(f"file:{demo_home / 'ledger.sqlite'}?mode=ro", uri=True)
    assert [row for sql in _blocks(page, "sql ledger") for row in ledger.execute(sql).fetchall()]
    ledger.close()


@pytest.mark.slow
def test_the_status_is_as_the_guide_shows_it(demo_home: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "chase-a-late-return.md").read_text(encoding="utf-8")
    told = re.search(r"```sh\n(commongrid status .+?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert told is not None
    assert _commongrid(demo_home, *shlex.split(told[1])[1:]).startswith(told[2].strip())


def test_the_guide_explains_every_sign_of_the_status() -> None:
    from pipelines.reports.grid import SIGNS

    text = (ROOT / "docs" / "how-to" / "chase-a-late-return.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    told = {
        state: sign
        for signs, states in rows
        for sign, state in zip(re.findall("`(.+?)`", signs), re.findall("`(.+?)`", states), strict=True)
    }
    assert told == {state: sign.sign for state, sign in SIGNS.items()}
