"""Modules import down the way of the data, never up: read from the code, late imports and those for types included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.makers import ROOT

# The way of the data, from its head. A module may import from its own layer and those before it.
WAY = (
    "specs", "intake", "protect", "read", "propose", "place", "harmonise", "signals", "build", "publish", "reports",
    "orchestration", "cli",
)  # fmt: skip
# In `quality_checks` the checks stand beside the specs; those that Dagster shows stand beside the orchestration.
SHOWN_IN_DAGSTER = ("quality_checks.asset_checks",)
OWN = ("pipelines", "quality_checks", "warehouse")


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module a tree imports from, wherever it does so; `from a import b` is `a.b`, for b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                yield str(node.args[0].value)


def inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_allowed(module: str, imported: str) -> bool:
    shown = inside(imported, *SHOWN_IN_DAGSTER)
    if not inside(imported, *OWN) or imported == "pipelines":
        return True
    if inside(module, *SHOWN_IN_DAGSTER):
        return not inside(imported, "pipelines.cli", "pipelines.demo")
    if inside(module, "warehouse", "quality_checks"):
        below = ("warehouse",) if inside(module, "warehouse") else ("quality_checks", "pipelines.specs")
        return inside(imported, *below) and not shown
    if shown:
        return inside(module, "pipelines.orchestration")
    if inside(imported, "warehouse", "quality_checks"):
        return True
    mine, other = module.split(".")[1], imported.split(".")[1]
    if mine == "demo":
        return other == "demo"
    if other == "demo":
        return mine == "orchestration"
    return WAY.index(other) <= WAY.index(mine)


def modules() -> list[Path]:
    return [path for package in OWN for path in sorted((ROOT / package).rglob("*.py")) if "_shipped" not in path.parts]


@pytest.mark.parametrize("path", modules(), ids=module_of)
def test_a_module_imports_down_the_way_of_the_data(path: Path) -> None:
    module = module_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set(imports(ast.parse(path.read_text(encoding="utf-8")), package))
    assert sorted(imported for imported in found if not is_allowed(module, imported)) == []


def test_every_folder_of_the_pipelines_has_its_place_on_the_way() -> None:
    folders = {path.parent.name for path in (ROOT / "pipelines").glob("*/__init__.py")}
    assert folders == {*WAY, "demo"}


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import pipelines.publish.release", "pipelines.publish.release"),
        ("def f():\n    from pipelines.publish import release", "pipelines.publish.release"),
        ("if TYPE_CHECKING:\n    from pipelines.publish.release import Outcome", "pipelines.publish.release.Outcome"),
        ("from ..publish import release", "pipelines.publish.release"),
        ("importlib.import_module('pipelines.publish.release')", "pipelines.publish.release"),
    ],
)
def test_an_import_upwards_would_be_found(code: str, imported: str) -> None:
    assert imported in set(imports(ast.parse(code), "pipelines.harmonise"))
    assert not is_allowed("pipelines.harmonise.delivery", imported)


@pytest.mark.parametrize(
    ("module", "imported", "allowed"),
    [
        ("pipelines.publish.release", "pipelines.harmonise.delivery", True),
        ("pipelines.harmonise.delivery", "quality_checks.row_schema", True),
        ("quality_checks.history", "pipelines.specs.models", True),
        ("quality_checks.history", "pipelines.read.records", False),
        ("quality_checks.history", "warehouse.ledger", False),
        ("quality_checks.history", "quality_checks.asset_checks", False),
        ("warehouse.ledger", "pipelines.specs.models", False),
        ("pipelines.cli.commands", "pipelines.demo", False),
        ("pipelines.demo.county", "pipelines.specs.load", False),
        ("pipelines.specs.check", "polars", True),
    ],
)
def test_the_rule(module: str, imported: str, allowed: bool) -> None:
    assert is_allowed(module, imported) is allowed
