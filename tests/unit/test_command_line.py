"""The command line answers at once, and a user's mistake ends in a message and an exit code, never in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.makers import ROOT, SPECS, STREET_FILE, spoiled, street, street_file

HEAVY = (
    "polars",
    "duckdb",
    "dbt",
    "dagster",
    "great_expectations",
    "pandas",
    "shapely",
    "pyarrow",
    "pandera",
    "sqlalchemy",
    "psycopg",
    "pyproj",
    "jinja2",
)
DONE, REFUSED, USAGE = 0, 1, 2

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `commongrid` in a home of its own."""

    def call(*arguments: str, specs: Path = SPECS) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "COMMONGRID_HOME": str(tmp_path / "home"),
            "COMMONGRID_SPECS": str(specs),
            "COLUMNS": "200",
        }
        command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        assert "Traceback" not in ended.stdout + ended.stderr
        return ended

    return call


@pytest.mark.parametrize("arguments", [["--help"], ["load", "--help"], ["report", "--help"], ["specs", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from pipelines.cli.main import main\n"
        f"sys.argv = ['commongrid', *{arguments}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)
    assert len(out.splitlines()) > 1
    assert out.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["laod"], "No such command 'laod'"),
        (["load", "--no-such-option"], "No such option"),
        (["build", "--as-of", "yesterday"], "yesterday is not a date such as 2014-07-31"),
        (["load", "--issued", "31/07/2014"], "31/07/2014 is not a date such as 2014-07-31"),
        (["load", "--feed", "police_uk/crimes"], '"police_uk/crimes" (did you mean "police_uk/crime"?)'),
        (["publish", "--audience", "public"], "nothing can be published for public yet"),
        (["query", "select 1", "--format", "xml"], '"xml" is not a format; use table, csv, json, parquet'),
        (["boundaries", "add", "x", "--set", "Ward 1", "--code", "c", "--name", "n"], '"Ward 1" is not a name'),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_usage_ends_in_2_with_the_reason(run: Run, arguments: list[str], words: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == USAGE
    assert words in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["load", "no-such-file.csv"], "no-such-file.csv: there is no such file"),
        (["load", "pipelines"], "is a folder; name the files in it"),
        (["load", "README.md"], "README.md: no feed takes a file of this name"),
        (["query", "select 1"], "nothing has been published for restricted"),
        (["report", "AV_0325.csv"], "nothing was ever loaded"),
        (
            ["boundaries", "add", "none.geojson", "--set", "ward", "--code", "c", "--name", "n"],
            "none.geojson: there is no such file",
        ),
        (["postcodes", "add", "none.csv"], "none.csv: there is no such file"),
        (["postcodes", "add", "CHANGELOG.md"], "CHANGELOG.md:1: a layout that is not known"),
        (["load", STREET_FILE, "--period", "May 2014"], '--period "May 2014" is not a period such as 2014-05'),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_data_that_cannot_be_taken_ends_in_1_with_the_reason(run: Run, arguments: list[str], words: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == REFUSED
    assert words in ended.stdout + ended.stderr


def test_a_delivery_is_taken_and_told_as_json(run: Run, tmp_path: Path) -> None:
    path = tmp_path / STREET_FILE
    path.write_bytes(street_file([street("c1"), street("c2")]))
    ended = run("load", str(path), "--json")
    assert ended.returncode == DONE, ended.stderr
    assert json.loads(ended.stdout)["ok"] is True
    path.write_bytes(street_file([street("c1"), street("c2", "Sin")]))
    ended = run("load", str(path))
    assert ended.returncode == REFUSED
    assert f'{STREET_FILE}:3: Crime type: "Sin"' in ended.stdout + ended.stderr


def test_a_postcode_directory_is_taken_and_a_much_smaller_one_only_if_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "onspd.csv"
    header, row = "pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind\n", "GU{} 4DY,198001,{},499700,149400,1\n"
    path.write_text(header + "".join(row.format(n, "201503" if n == 10 else "") for n in range(10, 20)))
    ended = run("postcodes", "add", str(path), "--json")
    assert ended.returncode == DONE, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["postcodes"], told["terminated"], told["layouts"]) == (10, 1, ["ons"])
    path.write_text(header + row.format(10, ""))
    ended = run("postcodes", "add", str(path))
    assert ended.returncode == REFUSED
    assert "1 postcodes, where the directory in place has 10; if that is right, give --accept-fewer" in ended.stderr
    ended = run("postcodes", "add", str(path), "--accept-fewer")
    assert ended.returncode == DONE
    assert "takes the place of a directory of 10 postcodes" in ended.stdout


def test_a_delivery_is_reported_on_by_its_name_and_an_unknown_one_with_the_nearest(run: Run, tmp_path: Path) -> None:
    path = tmp_path / STREET_FILE
    path.write_bytes(street_file([street("c1"), street("c2")]))
    assert run("load", str(path)).returncode == DONE
    told = json.loads(run("report", STREET_FILE, "--json", "--out", str(tmp_path / "out")).stdout)
    assert (told["ok"], told["whose_move"], told["rows"]["loaded"]) == (True, "nobody", 2)
    assert Path(told["html"]).parent == Path(told["csv"]).parent == tmp_path / "out"
    ended = run("report", STREET_FILE.replace("surrey", "surey"))
    assert ended.returncode == REFUSED
    assert f"did you mean {STREET_FILE}?" in ended.stderr


def test_problems_in_the_specs_end_in_1_and_stop_everything_else(run: Run, tmp_path: Path) -> None:
    specs = spoiled(tmp_path, ("partners/police_uk/crime.yml", "map: category}", "map: categry}"))
    problem = '"Crime type": there is no partners/police_uk/codes/categry.csv (did you mean "category"?)'
    message = f"partners/police_uk/crime.yml:18: {problem}"
    for arguments in (["specs", "check"], ["load"]):
        ended = run(*arguments, specs=specs)
        assert ended.returncode == REFUSED
        assert message in ended.stdout + ended.stderr
    ended = run("specs", "check", "--json", specs=specs)
    told = json.loads(ended.stdout)
    assert (told["ok"], len(told["problems"]), told["problems"][0]["line"]) == (False, 1, 18)


def test_good_specs_end_in_0(run: Run) -> None:
    ended = run("specs", "check")
    assert (ended.returncode, ended.stderr) == (DONE, "")
    assert ended.stdout.endswith(" 1 correction: no problems\n")


def test_settings_that_are_not_in_order_end_in_1_with_their_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "commongrid.yml").write_text("ledger: {ulr: postgresql://sue:s3cret@host/grid}\n")
    ended = run("load")
    assert (ended.returncode, ended.stdout) == (REFUSED, "")
    told = 'commongrid.yml:1: there is no "ledger.ulr" (did you mean "ledger.url"?)\n'
    assert ended.stderr == f"{tmp_path / 'home'}/{told}"
