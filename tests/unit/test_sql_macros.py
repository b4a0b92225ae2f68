"""The macros that compute, on their published vectors, run by the engine that runs them in a build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"


def _render(file: str, call: str) -> str:
    template = (MACROS / f"{file}.sql").read_text(encoding="utf-8") + "{{ " + call + " }}"
    return jinja2.Environment(autoescape=False).from_string(template).render().strip()


def _value(file: str, call: str) -> Any:
    row = duckdb.sql(f"select {_render(file, call)}").fetchone()
    assert row is not None
    return row[0]


# Ordnance Survey National Grid, either side of easting 500000 (design/domain.md 4).
@pytest.mark.parametrize(
    ("easting", "northing", "square", "expected"),
    [
        (499700, 149600, 1, "SU 99700 49600"),
        (499700, 149600, 100, "SU 997 496"),
        (499700, 149600, 1000, "SU 99 49"),
        (500500, 158700, 100, "TQ 005 587"),
        (499999, 149999, 1, "SU 99999 49999"),
        (500000, 150000, 1, "TQ 00000 50000"),
        (91492.146, 11318.804, 1, "SV 91492 11318"),
        (395999.668, 1138728.951, 1, "HT 95999 38728"),
        (9587.909, 899448.996, 100, "NF 095 994"),
    ],
)
def test_grid_references_name_the_square(easting: float, northing: float, square: int, expected: str) -> None:
    assert _value("grid_reference", f"grid_reference('{easting}', '{northing}', '{square}')") == expected
