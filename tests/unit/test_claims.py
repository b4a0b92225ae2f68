"""Which feed takes a file: its name decides, or the caller; whatever no spec covers is refused with the remedy."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines.intake.claims import Declared, claims, nearest_patterns, supplier_of
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, in_landing, opened
from pipelines.specs.load import SpecSet
from tests.unit.makers import STREET, STREET_FILE, claimed, content_of, shipped

MAY = date(2014, 5, 1)


def refusal_of(name: str, declared: Declared | None = None, specs: SpecSet | None = None) -> Refusal:
    with pytest.raises(Refusal) as error:
        claims(specs or shipped(), Source(Path(name)), declared or Declared())
    return error.value


def with_second_version(**update: object) -> SpecSet:
    """The shipped specs, in which the street feed looks otherwise from 2015 on."""
    specs = shipped()
    feed = specs.feeds[STREET]
    later = feed.feed.versions[0].model_copy(update={"valid_from": date(2015, 1, 1), **update})
    two = replace(feed, feed=feed.feed.model_copy(update={"versions": (feed.feed.versions[0], later)}))
    return replace(specs, feeds={**specs.feeds, STREET: two})


def test_a_name_that_a_pattern_knows_is_claimed_with_what_it_says() -> None:
    claim = claimed(f"somewhere/2014-05/{STREET_FILE}")
    assert (claim.feed.name, claim.facts.period, claim.facts.supplier) == (STREET, MAY, "surrey")
    assert supplier_of(shipped(), claim) == "surrey"


def test_a_name_nobody_knows_is_claimed_by_nobody() -> None:
    assert claims(shipped(), Source(Path("2014-05-surrey-neighbourhoods.csv")), Declared()) == []


def test_a_folder_of_landing_belongs_to_its_partner() -> None:
    source = Source(Path(STREET_FILE))
    assert claims(shipped(), source, Declared(), "demo_police") == []
    assert [claim.feed.name for claim in claims(shipped(), source, Declared(), "police_uk")] == [STREET]


def test_an_unknown_supplier_is_refused_with_the_nearest() -> None:
    refusal = refusal_of("2014-05-surey-street.csv")
    assert refusal.issue_type == "unknown_supplier"
    assert 'no supplier "surey" (did you mean "surrey"?)' in str(refusal)


def test_a_period_before_the_first_version_is_refused() -> None:
    refusal = refusal_of("2010-11-surrey-street.csv")
    assert refusal.issue_type == "outside_validity"
    assert "no version of police_uk/crime covers 2010-11-01 (the first is valid from 2010-12-01)" in str(refusal)


def test_a_period_after_the_last_version_ended_is_refused() -> None:
    specs = with_second_version(valid_to=date(2016, 12, 31))
    assert claimed("2016-12-surrey-street.csv", specs=specs).version.valid_from == date(2015, 1, 1)
    assert refusal_of("2017-01-surrey-street.csv", specs=specs).issue_type == "outside_validity"


def test_each_period_is_read_by_the_version_of_its_time() -> None:
    specs = with_second_version(files=("{period:%Y-%m}-{supplier}-street.csv", "{period:%Y-%m}-{supplier}-crime.csv"))
    names = ["2014-12-surrey-street.csv", "2015-01-surrey-street.csv", "2015-01-surrey-crime.csv"]
    starts = [claimed(name, specs=specs).version.valid_from for name in names]
    assert starts == [date(2010, 12, 1), date(2015, 1, 1), date(2015, 1, 1)]
    # A new kind of name does not bring the old version along.
    assert refusal_of("2014-12-surrey-crime.csv", specs=specs).issue_type == "outside_validity"


def test_a_declared_feed_overrules_the_name() -> None:
    declared = Declared(feed="demo_northmark/abandoned_vehicle", period=date(2024, 8, 1))
    claim = claimed("August from Sue.csv", declared)
    assert (claim.feed.name, claim.facts.period) == ("demo_northmark/abandoned_vehicle", date(2024, 8, 1))
    assert supplier_of(shipped(), claim) == "northmark"
    assert (
        claims(shipped(), Source(Path(STREET_FILE)), replace(declared, feed="demo_police/crime"))[0].feed.name
        == "demo_police/crime"
    )


def test_a_declared_period_and_issue_date_overrule_the_name() -> None:
    claim = claimed(STREET_FILE, Declared(period=date(2014, 6, 1), issued=date(2014, 8, 9)))
    assert (claim.facts.period, claim.facts.issued, claim.facts.supplier) == (
        date(2014, 6, 1),
        date(2014, 8, 9),
        "surrey",
    )


def test_a_declared_feed_whose_name_says_no_period_needs_one() -> None:
    refusal = refusal_of("August from Sue.csv", Declared(feed="demo_northmark/abandoned_vehicle"))
    assert refusal.issue_type == "outside_validity"
    assert "its name does not say the period; give --period" in str(refusal)


def test_a_declared_feed_of_several_suppliers_must_be_told_which() -> None:
    claim = claimed("may.csv", Declared(feed=STREET, period=MAY))
    with pytest.raises(Refusal, match="does not say which supplier of police_uk it speaks for") as error:
        supplier_of(shipped(), claim)
    assert error.value.issue_type == "unknown_supplier"


def test_the_patterns_most_like_a_name_are_told_first() -> None:
    told = nearest_patterns(shipped(), "2014-05-surrey-streets.csv", 2)
    assert told[0] == "police_uk/crime: {period:%Y-%m}-{supplier}-street.csv"
    assert len(told) == 2


def test_an_archive_opens_into_its_members(tmp_path: Path) -> None:
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("2014-05")
        archive.writestr(f"2014-05/{STREET_FILE}", "street")
        archive.writestr("2014-05/2014-05-kent-street.csv", "kent")
        archive.writestr(f"__MACOSX/2014-05/._{STREET_FILE}", "rubbish")
    sources = opened(path)
    assert [source.member for source in sources] == ["2014-05/2014-05-kent-street.csv", f"2014-05/{STREET_FILE}"]
    assert [content_of(source) for source in sources] == [b"kent", b"street"]
    assert str(sources[1]) == f"download.zip:2014-05/{STREET_FILE}"
    assert [claims(shipped(), source, Declared())[0].facts.supplier for source in sources] == ["kent", "surrey"]


def test_a_flipped_bit_in_an_archive_is_not_read_past(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.csv", "one,two\n1,2\n")
    path.write_bytes(path.read_bytes().replace(b"1,2", b"1,3", 1))
    with pytest.raises(Refusal, match="damaged or locked") as error:
        content_of(opened(path)[0])
    assert error.value.issue_type == "unreadable"


def test_what_is_no_archive_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(Refusal, match="not a readable zip archive"):
        opened(path)


@pytest.mark.parametrize(
    ("name", "words"), [("", "is a folder; name the files in it"), ("none.csv", "there is no such file")]
)
def test_folders_and_missing_files_are_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(Refusal, match=words) as error:
        opened(tmp_path / name)
    assert error.value.issue_type == "not_a_file"


def test_landing_offers_finished_files_in_name_order(tmp_path: Path) -> None:
    for name in [
        "p/b.csv",
        "p/a.csv",
        "p/c.csv.part",
        "p/d.tmp",
        "p/e.csv~",
        "p/.hidden",
        "p/.git/f.csv",
        "p/~$g.xlsx",
        "p/h.crdownload",
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert [path.name for path in in_landing(tmp_path)] == ["a.csv", "b.csv"]
