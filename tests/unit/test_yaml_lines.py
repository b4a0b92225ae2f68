"""What a spec says does not hang on which of two YAML loaders is there to read it."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from pipelines.specs.yaml_lines import Document, read_yaml
from tests.unit.makers import SPECS

TEXTS = sorted((path.read_text(encoding="utf-8") for path in SPECS.rglob("*.yml")), key=len)[:20]
MARKS = [
    "", ":", " ", "  ", "\n", "-", "- ", "[", "]", "{", "}", "'", '"', ",", "#", " #", "&a", "*a", "!", "!!str ", "|",
    ">", "?", "%", "@", "`", "\\", "\t", "é", "\u0085", "\ufeff", "---\n", "...\n", ": ", "<<: ", "\u201c",
]  # fmt: skip


def read_by_both(path: Path) -> tuple[Document, Document]:
    swift = read_yaml(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        return swift, read_yaml(path)


def test_every_shipped_spec_is_read_alike() -> None:
    assert yaml.__with_libyaml__
    for path in SPECS.rglob("*.yml"):
        swift, strict = read_by_both(path)
        assert swift == strict


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.sampled_from(TEXTS), edits=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(MARKS)), max_size=3))
def test_a_spoiled_spec_is_read_or_refused_alike(tmp_path: Path, text: str, edits: list[tuple[float, str]]) -> None:
    for place, mark in edits:
        at = int(place * (len(text) - 1))
        text = text[:at] + mark + text[at + 1 :]
    path = tmp_path / "made.yml"
    path.write_text(text, encoding="utf-8")
    swift, strict = read_by_both(path)
    assert swift == strict
