"""What tells who a person is never gets past reading; and keys that cannot be used stop a delivery."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.orchestration.rotate import make_keys, rotate_keys
from pipelines.protect.keys import key_in_use, keys_of
from pipelines.reports.return_csv import write_csv
from pipelines.reports.return_page import render
from pipelines.reports.return_report import facts_of, masking_for, return_report
from tests.conftest import Bench
from tests.integration.people import PARTNERS, PLANTED, POSTCODES, assaults, children, people, texts_below, written
from warehouse import ledger as led

TODAY = date(2024, 2, 1)
FEED = "weald_csv/youth_child"


@pytest.fixture
def weald(bench: Bench, tmp_path: Path, own_keys: Path) -> Bench:
    made = people(bench, tmp_path)
    for partner in PARTNERS:
        make_keys(made.home, made.specs, f"{partner}/youth_child", "records manager", TODAY)
    return made


def rows_of(bench: Bench, feed: str) -> pl.DataFrame:
    (row,) = bench.ledger.rows(led.delivery, feed=feed)
    return pl.read_parquet(bench.home.harmonised_of(row))


def reported(bench: Bench) -> None:
    """Write the return report of every delivery."""
    for row in map(dict, bench.ledger.rows(led.delivery)):
        facts = facts_of(bench.home, bench.ledger, row)
        report = return_report(facts, bench.specs)
        page = bench.home.reports / f"{row['delivery_id']}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render(report, "issues.csv"), encoding="utf-8")
        write_csv(report, facts.issues, masking_for(row, bench.specs), page.with_suffix(".csv"))


def test_no_planted_text_is_found_past_landing(weald: Bench, tmp_path: Path) -> None:
    files = [written(partner, children(), tmp_path / "sent") for partner in PARTNERS]
    report = weald.load(*files, assaults(tmp_path / "sent"))
    assert len(report.accepted) == 4, report.refused
    reported(weald)
    weald.build(as_of=date(2024, 9, 30))
    release = weald.publish(as_of=date(2024, 9, 30))
    assert release is not None
    found = [
        (path.name, text)
        for path, content in texts_below(weald.home.root, weald.home.landing)
        for text in PLANTED
        if text.casefold() in content.casefold()
    ]
    assert found == []
    assert not any(text in line for line in weald.said for text in PLANTED)


def test_one_child_has_one_pseudonym_whatever_case_and_blanks(weald: Bench, tmp_path: Path) -> None:
    weald.load(written("weald_csv", children(), tmp_path / "sent"))
    rows = rows_of(weald, FEED).sort("source_id")
    key = key_in_use(weald.home.keys, FEED, "linkage")
    assert rows["source_id"].to_list() == ["c1", "c4"]
    assert rows["person_ref"].n_unique() == 1
    assert re.fullmatch(rf"{key.key_id}:[0-9a-f]{{64}}", rows["person_ref"][0])
    assert rows["age_band"].to_list() == ["10_14", "10_14"]
    issues = {row["issue_type"]: row["count"] for row in weald.ledger.rows(led.issue_total)}
    assert {"personal_text": 2, "bad_identifier": 1, "bad_birth_date": 1}.items() <= issues.items()


def _refused(bench: Bench) -> str:
    """Why the one delivery was refused, nothing of it being stored."""
    (row,) = bench.ledger.rows(led.delivery)
    assert row["state"] == "refused"
    assert not [*bench.home.raw.rglob("*.parquet"), *bench.home.quarantine.rglob("*.parquet")]
    texts = [text for _path, text in texts_below(bench.home.root, bench.home.landing)]
    assert not any(text in content for content in [*texts, *bench.said] for text in PLANTED)
    return str(row["reason"])


def test_a_column_of_people_that_is_new_refuses_the_file_by_its_heading(weald: Bench, tmp_path: Path) -> None:
    path = written("weald_csv", children(), tmp_path / "sent")
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f'{head},"Mobile"', *(f'{line},"07700 900461"' for line in lines)]) + "\n")
    weald.load(path)
    reason = _refused(weald)
    assert reason.startswith("unknown_column")
    assert '"Mobile"' in reason


def test_nor_is_a_heading_told_that_is_somebodys_own(weald: Bench, tmp_path: Path) -> None:
    path = written("weald_csv", children(), tmp_path / "sent")
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f'{head},"07700 900461"', *(f'{line},"07700 900461"' for line in lines)]) + "\n")
    weald.load(path)
    assert "column 10" in _refused(weald)


def test_of_a_postcode_that_may_be_one_person_only_the_district_is_kept(weald: Bench, tmp_path: Path) -> None:
    """QX7 3 has one postcode in use, which may be a house; QX8 1 has three."""
    directory = pl.DataFrame({
        "postcode": ["QX73ZD", "QX73ZE", "QX81AA", "QX81AB", "QX81AC"],
        "easting": [500_050] * 5, "northing": [150_050] * 5, "quality": [1] * 5,
        "introduced": [date(2000, 1, 1)] * 5, "terminated": [None, date(2010, 1, 1), None, None, None],
        "square_m": [100] * 5,
    })  # fmt: skip
    weald.home.postcodes.parent.mkdir(parents=True, exist_ok=True)
    directory.write_parquet(weald.home.postcodes)
    path = assaults(tmp_path / "sent")
    path.write_text(path.read_text().replace(POSTCODES[1], "QX8 1AB"))
    weald.load(path)
    (row,) = weald.ledger.rows(led.delivery)
    raw = pl.read_parquet(weald.home.raw_of(row))
    assert raw["Postcode"].to_list() == ["QX7 ***", "QX8 1AB", "QX7 ***"]
    told = pl.read_parquet(weald.home.issues_of(row)).filter(pl.col("issue_type") == "small_postcode")
    assert told.height == 2
    everything = "".join(text for _path, text in texts_below(weald.home.root, weald.home.landing))
    assert "QX81AB" in everything.replace(" ", "")
    stored = "".join(
        text for path, text in texts_below(weald.home.root, weald.home.landing) if "reference" not in path.parts
    )
    assert "QX7" in stored
    assert "QX73Z" not in stored.replace(" ", "")


def test_words_are_kept_only_where_nobody_is_named_in_them(weald: Bench, tmp_path: Path) -> None:
    weald.load(assaults(tmp_path / "sent"))
    rows = rows_of(weald, "weald_hospital/assault_attendance").sort("source_id")
    assert rows["location_text"].to_list() == ["Outside the Black Horse", None, None]
    (row,) = weald.ledger.rows(led.delivery)
    told = pl.read_parquet(weald.home.issues_of(row)).filter(pl.col("issue_type") == "personal_text")
    assert told["_row"].to_list() == [3, 4]
    assert not any(text in str(told.rows()) for text in PLANTED)


@pytest.mark.parametrize(
    ("spoil", "issue_type"),
    [
        (lambda path: path.unlink(), "key_missing"),
        (lambda path: path.chmod(0o640), "key_exposed"),
        (lambda path: path.write_text("secret: [unclosed"), "key_wrong"),
        (lambda path: path.write_text(re.sub("secret: .*", "secret: c2hvcnQ=", path.read_text())), "key_wrong"),
        (lambda path: path.write_text(path.read_text().replace("weald_csv", "weald_json")), "key_wrong"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "key_wrong"),
    ],
)
def test_a_key_that_cannot_be_used_refuses_the_delivery(
    weald: Bench, tmp_path: Path, spoil: object, issue_type: str
) -> None:
    (path,) = (weald.home.keys / FEED).glob("*.yml")
    before = path.read_bytes()
    secret = re.search("secret: (.*)", before.decode())
    assert secret is not None
    spoil(path)  # type: ignore[operator]
    report = weald.load(written("weald_csv", children(), tmp_path / "sent"))
    (row,) = weald.ledger.rows(led.delivery)
    assert not report.ok
    assert (row["state"], row["reason"].split(":")[0]) == ("refused", issue_type)
    assert secret[1] not in row["reason"]
    assert not list(weald.home.raw.rglob("*.parquet"))
    path.unlink(missing_ok=True)
    path.write_bytes(before)
    path.chmod(0o600)
    assert weald.load(tmp_path / "sent" / "weald_csv" / "children_2024-01.csv").ok


def test_another_key_under_the_same_name_is_refused(weald: Bench, tmp_path: Path) -> None:
    weald.load(written("weald_csv", children(), tmp_path / "sent"))
    (path,) = (weald.home.keys / FEED).glob("*.yml")
    path.write_text(re.sub("secret: .*", f"secret: {'QUJD' * 11}", path.read_text()))
    weald.load(written("weald_csv", children("2024-02"), tmp_path / "sent", "2024-02"))
    reasons = {row["state"]: row["reason"] for row in weald.ledger.rows(led.delivery)}
    assert reasons["refused"].startswith("key_wrong")


def test_keys_in_the_home_are_refused(weald: Bench, tmp_path: Path) -> None:
    from dataclasses import replace

    weald.home = replace(weald.home, keys_path=weald.home.root / "keys")
    report = weald.load(written("weald_csv", children(), tmp_path / "sent"))
    assert "the keys lie in the home" in report.refused[0]


def test_rotation_makes_all_anew_and_destroys_the_old_key(weald: Bench, tmp_path: Path) -> None:
    weald.load(*(written("weald_csv", children(month), tmp_path / "sent", month) for month in ("2024-01", "2024-02")))
    (old,) = keys_of(weald.home.keys, FEED)
    done = rotate_keys(weald.home, weald.specs, weald.ledger, weald.said.append, FEED, "auditor", TODAY, False)
    assert (done.again, done.left, done.destroyed) == (2, [], [old]) or done.destroyed[0].key_id == old.key_id
    (new,) = keys_of(weald.home.keys, FEED)
    assert new.key_id != old.key_id
    texts = "".join(
        text for path, text in texts_below(weald.home.root, weald.home.landing) if path.suffix == ".parquet"
    )
    assert old.key_id not in texts
    assert new.key_id in texts
    assert weald.load().accepted == []


def test_a_delivery_that_is_gone_from_landing_keeps_the_old_key(weald: Bench, tmp_path: Path) -> None:
    weald.load(*(written("weald_csv", children(month), tmp_path / "sent", month) for month in ("2024-01", "2024-02")))
    (old,) = keys_of(weald.home.keys, FEED)
    next(weald.home.landing.rglob("children_2024-01.csv")).unlink()
    done = rotate_keys(weald.home, weald.specs, weald.ledger, weald.said.append, FEED, "auditor", TODAY, False)
    assert done.again == 1
    assert len(done.left) == 1
    assert "children_2024-01.csv" in done.left[0]
    assert {key.key_id: key.retired_on for key in keys_of(weald.home.keys, FEED)}[old.key_id] == TODAY
