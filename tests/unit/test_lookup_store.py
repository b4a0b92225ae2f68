"""The store of area lookups."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.place.lookups.store import lookup_schema, lookups_digest, read_lookups, write_lookup


def _pairs(to_set: str, *rows: tuple[str, str, float | None, str]) -> pl.DataFrame:
    table = [("old", from_code, to_set, to_code, weight, method) for from_code, to_code, weight, method in rows]
    return pl.DataFrame(table, schema=lookup_schema(), orient="row")


def test_a_lookup_takes_the_place_of_the_earlier_one_of_its_two_sets(tmp_path: Path) -> None:
    empty = lookups_digest(tmp_path)
    write_lookup(tmp_path, _pairs("new", ("a", "b", 1.0, "unchanged")))
    write_lookup(tmp_path, _pairs("other", ("a", "c", None, "not_comparable")))
    before = lookups_digest(tmp_path)
    write_lookup(tmp_path, _pairs("new", ("a", "d", 0.5, "by_area"), ("a", "b", 0.5, "by_area")))
    assert read_lookups(tmp_path)["to_code"].to_list() == ["b", "d", "c"]
    assert len({empty, before, lookups_digest(tmp_path)}) == 3


def test_a_lookup_is_of_two_sets(tmp_path: Path) -> None:
    both = pl.concat([_pairs("new", ("a", "b", 1.0, "unchanged")), _pairs("other", ("a", "b", 1.0, "unchanged"))])
    with pytest.raises(ValueError, match="one other"):
        write_lookup(tmp_path, both)
