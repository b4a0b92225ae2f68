"""Suggested codes held against 1,151 real category names of councils, each with the category it was harmonised to."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.suggest import FUZZY, REPORTED, figures, fuzzy, ours


@pytest.mark.parametrize(("level", "codes", "at_least"), [("a", 94, 0.75), ("b", 29, 0.80)])
def test_the_right_code_is_among_the_first_three(
    real_data: Path, capsys: pytest.CaptureFixture[str], level: str, codes: int, at_least: float
) -> None:
    table = real_data / "councils" / "fixmystreet" / "full_table.csv"
    if not table.exists():
        pytest.skip(f"{table} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    found = figures(table, level, ours, REPORTED)
    peers = {scorer: figures(table, level, fuzzy(scorer), REPORTED) for scorer in FUZZY}
    with capsys.disabled():
        plain = ", ".join(f"{name} {peer.top:.1%}" for name, peer in peers.items())
        print(f"\n{codes} codes: first {found.first:.1%}, among three {found.top:.1%}; fuzzy: {plain}")
    assert found.top >= at_least
    assert all(found.top > peer.top and found.first > peer.first for peer in peers.values())
