"""Stops and searches as data.police.uk publishes them since 2017: other words, and columns that were empty before."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.intake.claims import Declared
from pipelines.orchestration.try_out import trial_of, try_out
from pipelines.place.reference import ReferenceData
from tests.conftest import ROOT

HEADER = (
    "Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,"
    "Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome,"
    "Outcome linked to object of search,Removal of more than just outer clothing"
)
SPEC = ROOT / "ingest_specs/partners/police_uk/stop_search.yml"


def searched(folder: Path, cells: str) -> tuple[dict[str, object], pl.DataFrame]:
    """The row that one line makes, from the outcome of a file of July 2022, and what was set aside."""
    path = folder / "2022-07-surrey-stop-and-search.csv"
    path.write_text(f"{HEADER}\nPerson search,2022-07-01T10:00:00+00:00,False,,51.24,-0.57,{cells}\n", encoding="utf-8")
    (made,) = try_out(path, trial_of(SPEC, ROOT / "ingest_specs", None), Declared(), ReferenceData(None), folder)
    assert made.refused is None
    (row,) = pl.read_parquet(folder / "rows.parquet").to_dicts()
    return row, pl.read_parquet(folder / "quarantine.parquet")


WHO = "Male,18-24,Black/African/Caribbean/Black British - African,Black"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("A no further action disposal", "nothing"), ("False", "nothing"), ("", None), ("Arrest", "arrest"),
        ("Community resolution", "community_resolution"), ("Khat or Cannabis warning", "drugs_warning"),
        ("Penalty Notice for Disorder", "penalty_notice"), ("Summons / charged by post", "summons"),
        ("Caution (simple or conditional)", "caution"), ("Article found - Detailed outcome unavailable", "found"),
    ],
)  # fmt: skip
def test_outcomes_in_the_words_of_later_files(tmp_path: Path, outcome: str, code: str | None) -> None:
    power = "Misuse of Drugs Act 1971 (section 23),Controlled drugs"
    row, aside = searched(tmp_path, f"{WHO},{power},{outcome},,")
    assert (row["outcome_code"], aside.height) == (code, 0)
    assert (row["ethnicity_code"], row["officer_ethnicity_code"]) == ("black_african", "black")
    assert (row["outcome_linked"], row["clothing_removed"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "code"), [("True", "yes"), ("TRUE", "yes"), ("False", "no"), ("FALSE", "no"), ("", None)]
)
def test_yes_and_no_in_any_case_and_an_empty_cell_is_neither(tmp_path: Path, text: str, code: str | None) -> None:
    power = "Police and Criminal Evidence Act 1984 (section 1),Article for use in theft"
    row, _ = searched(tmp_path, f"{WHO},{power},Arrest,{text},{text}")
    assert (row["outcome_linked"], row["clothing_removed"], row["object_code"]) == (code, code, "going_equipped")
    assert row["easting"] is not None


@pytest.mark.parametrize(
    ("legislation", "code"),
    [
        ("Criminal Justice and Public Order Act 1994 (section 60)", "cjpoa_60"),
        ("Psychoactive Substances Act 2016 (s36(2))", "psychoactive_36"),
        ("Poaching Prevention Act 1862 (section 2)", "other"),
        ("", None),
    ],
)
def test_a_power_without_a_code_of_its_own_is_another(tmp_path: Path, legislation: str, code: str | None) -> None:
    row, aside = searched(tmp_path, f"{WHO},{legislation},,Arrest,,")
    assert (row["power_code"], aside.height) == (code, 0)
