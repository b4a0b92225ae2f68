"""The Pollock benchmark's polluted files beside their clean twins: nothing is loaded that the twin does not hold."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source
from pipelines.read.delivery import read_delivery
from pipelines.read.records import Records
from pipelines.specs.feeds import Feed
from pipelines.specs.load import FeedSpec
from pipelines.specs.patterns import NameFacts

pytestmark = pytest.mark.slow

HEADER = ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "ProductDescription", "URL", "Comments"]

# Refused whole, with why: what is polluted is the header, by which every value below is named.
REFUSED = {
    **{f"row_extra_quote0_col{column}.csv": "unreadable" for column in (1, 4, 5, 6, 7)},
    "row_less_sep_row0_col8.csv": "unreadable",
    **{f"row_less_sep_row0_col{column}.csv": "missing_column" for column in (3, 5)},
    **{f"row_more_sep_row0_col{column}.csv": "unknown_column" for column in (2, 3, 5)},
}


@dataclass
class Outcome:
    """A polluted file read, and the rows of its clean twin."""

    records: Records | None
    refused: str | None
    clean: Counter[tuple[str, ...]]

    @property
    def loaded(self) -> Counter[tuple[str, ...]]:
        rows = self.records.frame.rows() if self.records else []
        return Counter(tuple(cell or "" for cell in row[1:]) for row in rows)

    @property
    def set_aside(self) -> int:
        return len(self.records.unread) if self.records else 0


def declared(parameters: dict[str, object]) -> dict[str, object]:
    """The format a file's parameters declare, as a spec says it."""
    names = {} if parameters["header_lines"] else {"names": HEADER}
    return {
        "type": "csv",
        "encoding": parameters["encoding"],
        "delimiter": parameters["delimiter"],
        "quote": parameters["quotechar"],
        "line_end": "cr" if parameters["row_delimiter"] == "\r" else "lf",
        "header_row": int(str(parameters["preamble_lines"])) + 1,
        "footer_rows": parameters["footnote_lines"],
        **names,
    }


def outcome(folder: Path, name: str) -> Outcome:
    parameters = json.loads((folder / "parameters" / f"{name}_parameters.json").read_text())
    version = {"valid_from": "2018", "files": [name], "format": declared(parameters), "period": "given"}
    version["columns"] = {heading: "text" for heading in HEADER}
    feed = Feed.model_validate(
        {
            "title": "Polluted",
            "cadence": {"every": "month", "due": "20 days after"},
            "recording": {"unit": "case", "clock": "reported", "place": "area"},
            "retention": "1 years",
            "versions": [version],
        }
    )
    spec = FeedSpec("pollock", "sale", feed, {})
    claim = Claim(spec, feed.versions[0], Source(Path(name)), NameFacts(date(2018, 1, 1)))
    twin = io.StringIO((folder / "clean" / name).read_text(encoding="utf-8"), newline="")
    rows = list(csv.reader(twin))
    clean = Counter(tuple(row) for row in rows[rows[0] == HEADER :])
    try:
        with (folder / "csv" / name).open("rb") as file:
            return Outcome(read_delivery(file, claim, None), None, clean)
    except Refusal as refusal:
        return Outcome(None, refusal.issue_type, clean)


@pytest.fixture(scope="module")
def outcomes(real_data: Path) -> dict[str, Outcome]:
    folder = real_data / "csv_pollution"
    return {path.name: outcome(folder, path.name) for path in sorted((folder / "csv").iterdir())}


def test_nothing_is_silently_wrong(outcomes: dict[str, Outcome]) -> None:
    assert len(outcomes) == 719
    read = {name: item for name, item in outcomes.items() if item.refused is None}
    wrong = {
        name
        for name, item in read.items()
        if item.loaded - item.clean or item.loaded.total() + item.set_aside < item.clean.total()
    }
    assert wrong == set()


def test_one_polluted_row_costs_one_row(outcomes: dict[str, Outcome]) -> None:
    rows = {name: item for name, item in outcomes.items() if name.startswith("row_") and item.refused is None}
    assert {name: item.set_aside for name, item in rows.items() if item.set_aside > 1} == {}
    # What is not set aside is read: no row of the twin is lost but the polluted one.
    assert {name for name, item in rows.items() if (item.clean - item.loaded).total() > item.set_aside} == set()


def test_files_refused_whole_are_few_and_named(outcomes: dict[str, Outcome]) -> None:
    refused = {name: item.refused for name, item in outcomes.items() if item.refused is not None}
    assert refused == REFUSED
    assert len(refused) <= 15


@pytest.mark.parametrize(
    ("name", "loaded", "issues"),
    [
        ("file_double_trailing_newline.csv", 83, {}),
        ("file_header_only.csv", 0, {}),
        ("file_no_header.csv", 83, {}),
        ("file_record_delimiter_0xD.csv", 83, {}),
        ("file_multitable_more.csv", 83, {"field_count": 82, "malformed_quotes": 1}),
        ("file_multitable_same.csv", 83, {"header_again": 1, "second_table": 81, "malformed_quotes": 1}),
    ],
)
def test_a_file_polluted_as_a_whole_is_read_as_declared(
    outcomes: dict[str, Outcome], name: str, loaded: int, issues: dict[str, int]
) -> None:
    item = outcomes[name]
    assert item.records is not None
    assert item.loaded.total() == loaded
    assert Counter(record.issue_type for record in item.records.unread) == issues
