"""A partner that changes its codes without a word: each is named, none loaded wrongly, and nothing lost for good."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.orchestration.replay import replay
from pipelines.specs.check import load_specs
from tests.conftest import Bench, code_map
from tests.integration.testshire import KIND_LINES, Row, log, specs_with, version
from warehouse import ledger as led

CODES = Path("partners/testshire/codes/kind.csv")


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    strict = version().replace("quarantined_share: 0.5", "quarantined_share: 0.9, unmapped_share: {Kind: 0.2}")
    bench.specs = specs_with(tmp_path, strict)
    return bench


def rows_of(kinds: str, month: str = "2014-05") -> list[Row]:
    """A row a letter."""
    return [(f"{month}-{number}", f"{month}-{number + 1:02}", kind) for number, kind in enumerate(kinds)]


def mend(bench: Bench, text: str) -> None:
    (bench.specs.root / CODES).write_text(text, encoding="utf-8")
    bench.specs = load_specs(bench.specs.root)


def aside(bench: Bench) -> list[tuple[str, str, str]]:
    """Issue type, value and message of each row in quarantine, of all deliveries as they now stand."""
    frames = [
        pl.read_parquet(path)
        for row in bench.ledger.rows(led.delivery)
        if (path := bench.home.quarantine_of(row)).exists()
    ]
    kept = [frame.filter(pl.col("outcome") == "quarantined") for frame in frames]
    return [row for frame in kept for row in frame.select("issue_type", "value", "message").rows()]


def test_new_codes_are_quarantined_by_name_until_there_are_too_many(council: Bench, tmp_path: Path) -> None:
    assert council.load(log(tmp_path, rows_of("BBBRRRDDYZ"))).ok
    message = "no entry of codes/kind.csv maps this code in this period"
    assert aside(council) == [("unmapped_code", "Y", message), ("unmapped_code", "Z", message)]
    june = council.load(log(tmp_path, rows_of("BBBRZZYRZD", "2014-06"), "2014-06"))
    assert not june.ok
    [refused] = council.ledger.rows(led.delivery, state="refused")
    assert refused["reason"] == (
        'too_many_unmapped: log-2014-06.csv: 4 of 10 rows have codes in "Kind" that no map knows (at most 20% may): '
        '"Z" (3), "Y" (1); ask the partner what changed, and add them to the map'
    )
    assert [str(row["period_start"]) for row in led.current_returns(council.ledger)] == ["2014-05-01"]


def test_a_completed_line_keeps_its_rows_out_until_somebody_has_agreed(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, rows_of("BBBBBBBBBZ")))
    council.load(log(tmp_path, rows_of("BBBZZZZZZZ", "2014-06"), "2014-06"))
    agreed = code_map(*KIND_LINES)
    line = agreed.count("\n") + 1
    mend(council, agreed + "Z,map,robbery,,\n")
    report = replay(council.home, council.specs, council.ledger, council.said.append)
    # A proposed code is known, so that June is no longer one delivery too strange to take.
    assert sorted((row["loaded"], row["quarantined"]) for row in report.again) == [(3, 7), (9, 1)]
    message = f"codes/kind.csv:{line}: agreed_by is missing, so that the line is only proposed"
    assert set(aside(council)) == {("proposed_code", "Z", message)}
    mend(council, code_map(*KIND_LINES, "Z,map,robbery"))
    report = replay(council.home, council.specs, council.ledger, council.said.append)
    assert [(row["loaded"], row["quarantined"]) for row in report.again] == [(10, 0), (10, 0)]
    counts = [row["categories"] for row in led.current_returns(council.ledger)]
    assert counts == [{"burglary": 9, "robbery": 1}, {"burglary": 3, "robbery": 7}]


def test_a_code_mapped_to_one_that_has_ended_is_not_loaded(council: Bench, tmp_path: Path) -> None:
    mend(council, code_map(*KIND_LINES, "V,map,violent_crime"))
    assert council.load(log(tmp_path, rows_of("BV"))).ok
    line = code_map(*KIND_LINES).count("\n") + 1
    message = f'codes/kind.csv:{line}: maps to "violent_crime", which ended on 2013-04-30'
    assert aside(council) == [("ended_code", "V", message)]


def test_a_code_that_two_lines_claim_is_not_loaded(council: Bench, tmp_path: Path) -> None:
    text = (
        "raw,match,action,code,agreed_by,agreed_on\n"
        "theft,contains,map,other_theft,data desk,2014-01-01\n"
        "person,contains,map,theft_from_person,data desk,2014-01-01\n"
    )
    mend(council, text)
    rows: list[Row] = [("1", "2014-05-01", "Theft of coal"), ("2", "2014-05-02", "THEFT  from a Person")]
    assert council.load(log(tmp_path, rows)).ok
    message = "lines 2 and 3 of codes/kind.csv match this code equally well and differ; give it a line of its own"
    assert aside(council) == [("ambiguous_code", "THEFT  from a Person", message)]
    mend(council, text + "Theft from a person,folded,map,theft_from_person,data desk,2014-01-01\n")
    [told] = replay(council.home, council.specs, council.ledger, council.said.append).again
    assert (told["loaded"], told["quarantined"]) == (2, 0)


def test_a_share_without_a_column_is_of_all_of_them(bench: Bench, tmp_path: Path) -> None:
    lenient = version().replace("quarantined_share: 0.5", "quarantined_share: 1, unmapped_share: 0.1")
    bench.specs = specs_with(tmp_path, lenient)
    assert bench.load(log(tmp_path, rows_of("BBBBBBBBBZ"))).ok
    assert not bench.load(log(tmp_path, rows_of("BBBBBBBBZ", "2014-06"), "2014-06")).ok
    [refused] = bench.ledger.rows(led.delivery, state="refused")
    assert "1 of 9 rows have codes that no map knows (at most 10% may): " in refused["reason"]
