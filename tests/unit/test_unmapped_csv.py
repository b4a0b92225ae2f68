"""The file of unknown codes: what a spreadsheet is given, and that every text comes back as it was sent."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.orchestration.complete_maps import _appended
from pipelines.reports.unmapped import UnknownCode, codes_in_force, known_pairs, readings
from pipelines.reports.unmapped_csv import MAP_LINE, sent, write_unmapped
from pipelines.specs.check import load_specs
from tests.conftest import ROOT

SPECS = load_specs(ROOT / "ingest_specs")
[READING] = [item for item in readings(SPECS, "police_uk/crime") if item.table.path.stem == "category"]
# Without the signs that no text file of a partner can have; what is around a code is left out when it is read.
RAWS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool)


@given(st.lists(RAWS | st.sampled_from(["=1", "'a", "''", "-", "a\nb", 'a "b", c', "007"]), max_size=5, unique=True))
def test_every_text_comes_back_as_it_was_sent_and_none_is_run(
    tmp_path_factory: pytest.TempPathFactory, raws: list[str]
) -> None:
    out = tmp_path_factory.mktemp("out") / "codes.csv"
    codes = [UnknownCode(READING, raw, 1, date(2014, 5, 1), date(2014, 6, 1)) for raw in raws]
    write_unmapped(codes, SPECS, out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        cells = [row["raw"] for row in csv.DictReader(file)]
    assert [sent(cell) for cell in cells] == raws
    assert not any(cell[0] in "=+-@\t\r" for cell in cells)


@given(
    st.lists(RAWS, max_size=3),
    st.lists(RAWS, min_size=1, max_size=3),
    st.sampled_from(["raw,action,code", "code,raw", "raw,action,code,note"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_a_map_keeps_its_lines_and_gets_the_new_ones_in_order(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], header: str, end: str, is_ended: bool
) -> None:
    path = tmp_path_factory.mktemp("maps") / "kind.csv"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header.split(","), lineterminator=end, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({"raw": raw, "action": "map", "code": "burglary"} for raw in old)
    path.write_bytes((text.getvalue() if is_ended else text.getvalue().removesuffix(end)).encode())
    empty = dict.fromkeys(MAP_LINE, "")
    lines = [empty | {"raw": raw, "action": "map", "code": "drugs", "note": raw} for raw in new]
    rows = list(csv.DictReader(io.StringIO(_appended(path, lines), newline="")))
    assert [row["raw"] for row in rows] == [*old, *new]
    assert [row["code"] for row in rows] == ["burglary"] * len(old) + ["drugs"] * len(new)
    assert [row["note"] for row in rows][len(old) :] == new


def test_what_is_known_is_the_partners_own_and_what_others_write_in_letters() -> None:
    [westmark] = [item for item in readings(SPECS, "demo_westmark/abandoned_vehicle") if item.column == "TYPE_CODE"]
    known = known_pairs(SPECS, westmark)
    own = {pair.text for pair in known if pair.source == "this map"}
    assert "01" in own
    others = [pair for pair in known if pair.source != "this map"]
    assert "ingest_specs/partners/demo_eastmark/codes/what.csv" in {pair.source for pair in others}
    assert all(pair.weight < 1 for pair in others)
    [eastmark, *_] = readings(SPECS, "demo_eastmark/abandoned_vehicle")
    assert not [pair for pair in known_pairs(SPECS, eastmark) if pair.text.isdigit()]


def test_codes_are_in_force_by_their_dates() -> None:
    before, after = (codes_in_force(SPECS, "crime_category", day) for day in (date(2013, 4, 30), date(2013, 5, 1)))
    assert "violent_crime" in before
    assert "violent_crime" not in after
    assert "bicycle_theft" not in before
    assert after["bicycle_theft"] == "Bicycle theft"
    assert codes_in_force(SPECS, None, date(2013, 5, 1)) == {}


def test_a_file_that_cannot_be_finished_is_not_begun(tmp_path: Path) -> None:
    out = tmp_path / "codes.csv"
    out.write_text("before")
    broken = UnknownCode(READING, None, 1, date(2014, 5, 1), date(2014, 6, 1))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        write_unmapped([broken], SPECS, out)
    assert [path.name for path in tmp_path.iterdir()] == ["codes.csv"]
    assert out.read_text() == "before"
