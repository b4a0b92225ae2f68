"""A home's settings: what is not in order is told with its line and the nearest key, and never with a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.home import Home
from warehouse.settings import Settings, SettingsError, read_settings

LEDGER = "postgresql://sue:s3cret@db.example.org:5432/grid"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home that the environment names, which names no more."""
    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path))
    for name in ("COMMONGRID_LEDGER", "COMMONGRID_LANDING"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _write(home: Path, text: str) -> None:
    (home / "commongrid.yml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n"])
def test_a_home_without_settings_keeps_all_in_itself(home: Path, text: str | None) -> None:
    if text is not None:
        _write(home, text)
    made = Home.from_environment()
    assert (made.ledger_url, made.landing) == (None, home / "landing")


def test_settings_name_the_ledger_and_landing(home: Path) -> None:
    _write(home, f"ledger: {{url: {LEDGER}}}\nlanding:\n  url: sftp://sue:s3cret@host/in\n")
    made = Home.from_environment()
    assert (made.ledger_url, made.landing_url) == (LEDGER, "sftp://sue:s3cret@host/in")
    assert "s3cret" not in repr(made) + repr(read_settings(home))


def test_the_environment_overrules_the_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(home, f"ledger: {{url: {LEDGER}}}\nlanding: {{url: /srv/exchange}}\n")
    monkeypatch.setenv("COMMONGRID_LEDGER", "postgresql:///other")
    monkeypatch.setenv("COMMONGRID_LANDING", "")
    made = Home.from_environment()
    assert (made.ledger_url, made.landing) == ("postgresql:///other", Path("/srv/exchange"))


def test_a_path_in_the_settings_is_taken_from_the_home(home: Path) -> None:
    _write(home, "landing: {url: in}\n")
    assert Home.from_environment().landing == home / "in"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"ledgr: {{url: {LEDGER}}}\n", ':1: there is no "ledgr" (did you mean "ledger"?)'),
        (f"ledger:\n  ulr: {LEDGER}\n", ':2: there is no "ledger.ulr" (did you mean "ledger.url"?)'),
        (f"ledger: {LEDGER}\n", ":1: ledger must hold url, each as `key: value`"),
        (f"- {LEDGER}\n", ":1: the file must hold ledger, landing, keys, each as `key: value`"),
        ("ledger:\n  url: 7\n", ":2: ledger.url is not a text"),
        ("ledger:\n  url:\n", ":2: ledger.url is not a text"),
        (f"ledger:\n  url: [{LEDGER}]\n", ":2: ledger.url is not a text"),
        (f"landing: {{url: x}}\nledger: {{url: {LEDGER}}}\nledger: {{url: {LEDGER}}}\n", ":3: ledger is set twice"),
        (f"landing: {{url: x}}\nledger: {{url: {LEDGER}\n", ":3: is not valid YAML"),
        (f'landing: {{url: x}}\nledger: {{url: "{LEDGER}"s3cret\n', ":2: is not valid YAML"),
        ("? [a]\n: b\n", ':1: there is no "?"'),
    ],
)
def test_what_is_not_in_order_is_told_with_its_place(home: Path, text: str, expected: str) -> None:
    _write(home, text)
    with pytest.raises(SettingsError) as told:
        Home.from_environment()
    assert str(told.value).startswith(str(home / "commongrid.yml") + expected)
    assert "s3cret" not in str(told.value)


def test_every_problem_is_told_at_once(home: Path) -> None:
    _write(home, "ledgr: 1\nlanding: {url: 1, path: x}\n")
    with pytest.raises(SettingsError) as told:
        read_settings(home)
    assert [line.rpartition("yml:")[2][0] for line in str(told.value).splitlines()] == ["1", "2", "2"]


def test_settings_that_cannot_be_read_are_no_empty_ones(home: Path) -> None:
    (home / "commongrid.yml").write_bytes(b"ledger: \xff\n")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        read_settings(home)
    (home / "commongrid.yml").unlink()
    (home / "commongrid.yml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_settings(home)
    assert read_settings(home / "none") == Settings()
