"""What moved from one release to another, and what moved it: the table `changes`, and `commongrid releases diff`."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.main import main
from pipelines.publish.difference import Wanted, difference
from pipelines.publish.tables import PublishError
from pipelines.specs.check import load_specs
from pipelines.specs.load import SpecSet
from tests.conftest import Bench, classed, code_map
from tests.integration.street import EAST, WEST, add_wards, street, wards
from tests.unit.makers import spoiled
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.query import ask
from warehouse.releases import DATABASE, current_release, point_to

MAY = [("a1", WEST, "Burglary"), ("a2", EAST, "Robbery")]
COUNCIL = {
    "partner.yml": """
title: Fernshire
description: A council.
contact: {role: Research}
suppliers: {fernshire: {title: Fernshire}}
""",
    "codes/measure.csv": code_map("People,map,residents", "Homes,map,households"),
    "population_estimate.yml": """
title: Population
cadence: {every: calendar_year, due: 90 days after}
recording: {unit: estimate, clock: snapshot, place: area}
retention: 6 years
versions:
  - valid_from: 2010
    files: "{issued:%Y-%m-%d}/population_{period:%Y}.csv"
    format: {type: csv}
    columns:
      Set: boundary_set
      Ward: area_code
      Of: {field: measure, map: measure}
      Number: value
""",
}
Moved = tuple[Any, ...]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    """Two wards, and a council that counts who lives in them."""
    root = spoiled(tmp_path)
    for name, text in COUNCIL.items():
        path = root / "partners/fernshire" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    bench.specs = load_specs(root)
    add_wards(bench.home.boundaries, wards(tmp_path))
    return bench


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `commongrid releases diff` on a home: its exit code, and what it wrote."""

    def run(home: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("COMMONGRID_HOME", str(home))
        monkeypatch.setattr(sys, "argv", ["commongrid", "releases", "diff", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def population(bench: Bench, issued: str, west: str, east: str = "1000", homes: str = "400") -> None:
    path = bench.home.landing / "fernshire" / issued / "population_2014.csv"
    path.parent.mkdir(parents=True)
    people = [f"ward_2014,W01,People,{west}", f"ward_2014,W02,People,{east}"]
    path.write_text("\n".join(["Set,Ward,Of,Number", *people, f"ward_2014,W01,Homes,{homes}", ""]), encoding="utf-8")
    assert bench.load().ok


def edit(bench: Bench, tmp_path: Path, name: str, old: str, new: str) -> None:
    """Change the specs, and have all of landing looked at again."""
    path = tmp_path / "ingest_specs" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    bench.specs = load_specs(tmp_path / "ingest_specs")
    assert bench.load().ok


def release(bench: Bench) -> Path:
    """Build and publish; the table `changes` is always the difference from the release before."""
    before = current_release(bench.home, "restricted")
    bench.build()
    made = bench.publish()
    assert made.is_new
    if before is not None:
        published = ask(made.path / DATABASE, "select * exclude (release_id) from changes").to_pylist()
        with difference(bench.home, bench.ledger, before, made.path, Wanted()) as found:
            again = [{name: row[name] for name in published[0]} for row in found.every()] if published else []
            assert len(again) == sum(found.summary()[name] for name in ("moved", "new"))
        assert sorted(map(repr, again)) == sorted(map(repr, published))
    return Path(made.path)


def moved(path: Path, columns: str, where: str = "true") -> list[Moved]:
    sql = f"select {columns} from changes where {where} order by all"
    return [tuple(row.values()) for row in ask(path / DATABASE, sql).to_pylist()]


def delivery(bench: Bench, name: str) -> str:
    """The last delivery of a name."""
    found = [row for row in bench.ledger.rows(led.delivery) if name in row["path"]]
    return str(max(found, key=lambda row: row["received_at"])["delivery_id"])


MONTHLY = "\"table\" = 'record_counts' and period_type = 'month'"
COUNTS = "reason, area_code, category_code, old_value, new_value, delivery_id"


def test_each_suppliers_figures_are_told_with_its_own_return(council: Bench, tmp_path: Path) -> None:
    """Kent's stray in the west and Surrey's in the east move in one release, by one return each."""
    council.load(street(tmp_path / "1", MAY), issued=date(2014, 7, 1))
    council.load(street(tmp_path / "1", [("k1", WEST, "Drugs")], supplier="kent"), issued=date(2014, 7, 1))
    release(council)
    council.load(street(tmp_path / "2", [*MAY, ("a3", EAST, "Robbery")]), issued=date(2014, 8, 1))
    kent = street(tmp_path / "2", [("k1", WEST, "Drugs"), ("k2", WEST, "Drugs")], supplier="kent")
    council.load(kent, issued=date(2014, 8, 2))
    path = release(council)
    newest = {row[0]: row[1] for row in council.ask("select supplier, any_value(_delivery_id) from records group by 1")}
    assert moved(path, COUNTS, MONTHLY) == [
        ("revision", "W01", "drugs", 1, 2, newest["kent"]),
        ("revision", "W02", "robbery", 1, 2, newest["surrey"]),
    ]


def test_a_changed_code_map_is_told_apart_from_a_changed_spec(council: Bench, tmp_path: Path) -> None:
    council.load(street(tmp_path / "1", MAY), issued=date(2014, 7, 1))
    population(council, "2014-07-01", "500")
    release(council)
    edit(
        council,
        tmp_path,
        "partners/police_uk/codes/category.csv",
        "Burglary,exact,map,burglary",
        "Burglary,exact,map,drugs",
    )
    skip = '      Number: value\n    skip: [{rule: totals, column: Ward, equals: "W02"}]\n'
    edit(council, tmp_path, "partners/fernshire/population_estimate.yml", "      Number: value\n", skip)
    path = release(council)
    street_file, people = delivery(council, "street.csv"), delivery(council, "population")
    assert moved(path, COUNTS, MONTHLY) == [
        ("code_map", "W01", "burglary", 1, 0, street_file),
        ("code_map", "W01", "drugs", 0, 1, street_file),
    ]
    assert moved(path, "area_code, old_value, new_value, reason, delivery_id", "\"table\" = 'observations'") == [
        ("W02", 1000, None, "replay", people)
    ]


def test_a_month_that_was_missing_is_late_and_one_after_the_last_is_new(council: Bench, tmp_path: Path) -> None:
    for number, month in enumerate(("2014-03", "2014-05")):
        council.load(street(tmp_path, [(f"a{number}", WEST, "Drugs")], month=month))
    release(council)
    for number, month in enumerate(("2014-04", "2014-06")):
        council.load(street(tmp_path, [(f"b{number}", WEST, "Drugs")], month=month))
    path = release(council)
    april, june = delivery(council, "2014-04"), delivery(council, "2014-06")
    columns = "period_type, period_start, old_value, new_value, reason, delivery_id"
    assert moved(path, columns, "area_code = 'W01' and category_code = 'drugs'") == [
        # The year was told before: it grew as much by a late month as by a new one, of which the earlier is named.
        ("financial_year", date(2014, 4, 1), 1, 3, "late_return", april),
        ("month", date(2014, 4, 1), None, 1, "late_return", april),
        ("month", date(2014, 6, 1), None, 1, "new_period", june),
    ]

    # A revision of May that does not touch drugs is not what moved the year's drugs.
    # It brought more burglaries than July did.
    july_rows = [("c1", WEST, "Drugs"), ("c2", WEST, "Burglary")]
    council.load(street(tmp_path, july_rows, month="2014-07"))
    may_rows = [("a1", WEST, "Drugs"), *((f"r{number}", WEST, "Burglary") for number in range(3))]
    council.load(street(tmp_path / "2", may_rows, month="2014-05"))
    path = release(council)
    july, may = delivery(council, "2014-07"), delivery(council, "2014-05")
    assert moved(path, f"category_code, {columns}", "area_code = 'W01'") == [
        ("burglary", "financial_year", date(2014, 4, 1), 0, 4, "revision", may),
        ("burglary", "month", date(2014, 5, 1), 0, 3, "revision", may),
        ("burglary", "month", date(2014, 7, 1), None, 1, "new_period", july),
        ("drugs", "financial_year", date(2014, 4, 1), 3, 4, "new_period", july),
        ("drugs", "month", date(2014, 7, 1), None, 1, "new_period", july),
    ]


def test_a_rate_moves_by_its_definition_its_denominator_or_what_it_counts(
    council: Bench, tmp_path: Path, command: Run
) -> None:
    council.load(street(tmp_path / "1", MAY), issued=date(2014, 7, 1))
    population(council, "2014-07-01", "500")
    release(council)
    values = "area_code, old_value, new_value, reason, delivery_id"
    rates = "indicator_id = 'recorded_crime_rate' and period_type = 'month'"

    population(council, "2014-08-01", "250")
    people = delivery(council, "2014-08-01")
    second = release(council)
    assert moved(second, values, rates) == [("W01", 2, 4, "denominator", people)]
    assert moved(second, values, "measure = 'residents'") == [("W01", 500, 250, "revision", people)]
    assert moved(second, values, MONTHLY) == []

    edit(council, tmp_path, "indicators/recorded_crime_rate.yml", "scale: 1000", "scale: 10000")
    third = release(council)
    assert moved(third, values, rates) == [("W01", 4, 40, "definition", None), ("W02", 1, 10, "definition", None)]

    council.load(street(tmp_path / "2", [*MAY, ("a3", EAST, "Drugs")]), issued=date(2014, 8, 1))
    fourth = release(council)
    assert [row[:4] for row in moved(fourth, values, rates)] == [("W02", 10, 20, "revision")]

    # Over all of it both rates were defined anew; only the reason of what was counted otherwise is the count's.
    with difference(council.home, council.ledger, second, fourth, Wanted(table="indicator_values")) as found:
        told = [(row["area_code"], row["old_value"], row["new_value"], row["reason"]) for row in found.moved()]
    assert sorted(set(told)) == [("W01", 4, 40, "definition"), ("W02", 1, 20, "revision")]

    # An indicator is of the dataset it counts, and an area is known by its name as well.
    found_ = json.loads(command(council.home.root, "--dataset", "crime", "--area", "ward w02", "--json")[1])
    assert {(row["table"], row["period"], row["difference"], row["area_name"]) for row in found_["figures"]} == {
        ("record_counts", "May 2014", 1, "Ward W02"),
        ("record_counts", "2014/15", 1, "Ward W02"),
        ("indicator_values", "May 2014", 10, "Ward W02"),
        ("indicator_values", "2014/15", 10, "Ward W02"),
    }


def test_wards_drawn_anew_move_figures_without_any_return(council: Bench, tmp_path: Path) -> None:
    council.load(street(tmp_path, MAY))
    release(council)
    add_wards(council.home.boundaries, wards(tmp_path, split=-0.56))
    add_wards(council.home.boundaries, wards(tmp_path, codes=("N01", "N02")), "ward_2015")
    path = release(council)
    assert moved(path, "boundary_set, area_code, old_value, new_value, reason, delivery_id", MONTHLY) == [
        ("ward_2014", "W01", 1, 0, "boundary", None),
        ("ward_2014", "W02", 0, 1, "boundary", None),
        ("ward_2015", "N01", None, 1, "boundary", None),
        ("ward_2015", "N02", None, 1, "boundary", None),
    ]


LITTER = {
    "datasets/litter.yml": classed("""
title: Litter
description: Bags of litter taken away.
shape: observation
key: [area_code, category_code, season]
fields:
  area_code: {type: text, required: true, sensitivity: plain, description: The ward}
  category_code: {type: code, list: street_kind, required: true, sensitivity: plain, description: What kind of street}
  season: {type: text, sensitivity: plain, description: Which half of the year}
  value: {type: number, min: 0, sensitivity: plain, description: How many bags}
  symbol: {type: code, list: value_symbol, sensitivity: plain, description: What stands in place of the figure}
"""),
    "codelists/street_kind.csv": "code,label\nroad,Road\npath,Path\n",
}
LITTER_FEED = """
title: Litter by ward
cadence: {every: financial_year, due: 90 days after}
recording: {unit: removal, clock: reported, place: area}
retention: 6 years
boundary_set: parish
versions:
  - valid_from: 2010
    files: "{issued:%Y-%m-%d}/litter.csv"
    format: {type: csv}
    unpivot: {columns: [Roads, Paths], name: Street, value: Bags}
    period: {column: Year, date: "%Y-%y"}
    columns:
      Ward: area_code
      Season: season
      Street: {field: category_code, map: street}
      Bags: {field: value, symbols: {x: suppressed, ":": not_available}}
"""


def litter_specs(folder: Path) -> SpecSet:
    """Two councils that supply figures of the same places."""
    root = spoiled(folder)
    files = dict(LITTER)
    for name in ("fernshire", "mossshire"):
        files[f"partners/{name}/partner.yml"] = COUNCIL["partner.yml"].replace("fernshire", name)
        files[f"partners/{name}/codes/street.csv"] = code_map("Roads,map,road", "Paths,map,path")
        files[f"partners/{name}/litter.yml"] = LITTER_FEED
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip("\n"), encoding="utf-8")
    return load_specs(root)


@pytest.fixture
def litter(bench: Bench, tmp_path: Path) -> Bench:
    bench.specs = litter_specs(tmp_path)
    return bench


def land(bench: Bench, issued: str, rows: str, partner: str = "fernshire") -> str:
    path = bench.home.landing / partner / issued / "litter.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"Ward,Year,Season,Roads,Paths\n{rows}", encoding="utf-8")
    assert bench.load().ok
    return delivery(bench, f"{partner}/{issued}")


OBSERVED = "partner, area_code, period_start, category_code, breakdown, old_value, new_value, reason, delivery_id"


def test_a_supplied_figure_moves_by_its_own_partners_return(litter: Bench) -> None:
    land(litter, "2024-06-01", "A,2022-23,summer,5,6\nA,2023-24,summer,7,8\nB,2023-24,,:,0.3\n")
    land(litter, "2024-06-01", "A,2023-24,summer,70,80\n", "mossshire")
    release(litter)
    # Hidden now: 8. Given now: what was not. Told for the first time, and 0: one of the year after. Written with more
    # digits, as another program writes the same figure: 0.3.
    own = land(litter, "2024-08-01", "A,2023-24,summer,7,x\nB,2023-24,,1,0.30000000000000004\nB,2024-25,,0,x\n")
    other = land(litter, "2024-08-01", "A,2023-24,summer,71,80\nA,2023-24,winter,2,x\n", "mossshire")
    path = release(litter)
    year, after, road, path_ = date(2023, 4, 1), date(2024, 4, 1), "road", "path"
    assert moved(path, OBSERVED) == [
        ("fernshire", "A", year, path_, "season=summer", 8, None, "revision", own),
        ("fernshire", "B", year, road, None, None, 1, "revision", own),
        ("fernshire", "B", after, road, None, None, 0, "new_period", own),
        ("mossshire", "A", year, road, "season=summer", 70, 71, "revision", other),
        ("mossshire", "A", year, road, "season=winter", None, 2, "revision", other),
    ]


def test_a_year_between_two_that_were_supplied_is_late(litter: Bench) -> None:
    land(litter, "2024-06-01", "A,2020-21,,1,2\n")
    land(litter, "2024-06-02", "A,2023-24,,1,2\n")
    release(litter)
    own = land(litter, "2024-08-01", "A,2021-22,,3,4\nA,2019-20,,5,6\n")
    assert moved(release(litter), "distinct period_start, reason, delivery_id") == [
        (date(2019, 4, 1), "new_period", own),
        (date(2021, 4, 1), "late_return", own),
    ]


def test_inputs_are_as_built_and_known_on_the_last_day_they_were_issued(litter: Bench) -> None:
    own = land(litter, "2024-06-01", "A,2023-24,,7,8\n")
    again = litter.home.landing / "fernshire/2024-07-09/litter.csv"
    again.parent.mkdir()
    again.write_bytes((litter.home.landing / "fernshire/2024-06-01/litter.csv").read_bytes())
    assert litter.load().ok
    litter.build()
    returns = litter.ledger.rows(led.return_, delivery_id=own)
    with litter.ledger.change() as connection:
        connection.execute(led.return_.delete().where(led.return_.c.delivery_id == own))
    with pytest.raises(PublishError, match="not built yet; run `commongrid build` first"):
        litter.publish()
    with litter.ledger.change() as connection:
        led.put(connection, led.return_, returns)
    litter.publish()
    assert [row["known_on"] for row in litter.ledger.rows(led.release_input)] == [date(2024, 7, 9)]


# --- the command ----------------------------------------------------------------------------------------------------


@dataclass
class Published:
    """A home with three releases, the last of them current. Nothing changes it."""

    root: Path
    first: str
    second: str
    third: str
    delivery_id: str


@pytest.fixture(scope="module")
def published(session_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """From the first to the second release three figures move, in two areas, and two are new; then none."""
    folder = tmp_path_factory.mktemp("published")
    bench = Bench(session_home, litter_specs(folder), Ledger(session_home.ledger))
    bench.empty()
    land(bench, "2024-06-01", 'A,2023-24,,1000,8\n"=HYPERLINK(1)",2023-24,,1,20\n')
    names = [release(bench).name]
    newest = land(bench, "2024-08-01", 'A,2023-24,,2204,7.25\n"=HYPERLINK(1)",2023-24,,1,x\nB,2024-25,,3,4\n')
    names.append(release(bench).name)
    # An earlier issue that comes late: the revision in force has another number, and says the same.
    land(bench, "2024-07-01", "A,2023-24,,1,1\n")
    names.append(release(bench).name)
    bench.ledger.close()
    home = folder / "home"
    shutil.copytree(bench.home.releases, home / "releases", symlinks=True)
    shutil.copyfile(bench.home.ledger, home / "ledger.sqlite")
    return Published(home, *names, newest)


def test_what_moved_is_told_by_reason_and_the_largest_first(published: Published, command: Run) -> None:
    code, out, err = command(published.root, published.first, published.second, "--limit", "2")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    name = published.delivery_id[:8]
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert lines == [
        "3 figures moved in 2 areas; 2 are new",
        f"from {published.first} to {published.second}",
        "",
        "reason table figures areas largest movement",
        "revision observations 3 2 1,000 to 2,204: litter road (fernshire), A, 2023/24",
        "new_period (new figures) observations 2 1",
        "",
        "revision, observations: 3 figures, the 2 largest; --limit or --csv gives more",
        "area set what period old new difference delivery",
        f"A parish litter road (fernshire) 2023/24 1,000 2,204 +1,204 {name}",
        f"=HYPERLINK(1) parish litter path (fernshire) 2023/24 20 - - {name}",
        "",
        f"{name} fernshire/2024-08-01/litter.csv",
    ]


def test_any_two_releases_are_compared(published: Published, command: Run) -> None:
    def figures(*words: str) -> set[Moved]:
        code, out, err = command(published.root, *words, "--json")
        assert (code, err) == (0, "")
        return {(row["area_code"], row["old_value"], row["new_value"]) for row in json.loads(out)["figures"]}

    forward = {("A", 1000, 2204), ("A", 8, 7.25), ("=HYPERLINK(1)", 20, None)}
    assert figures(published.first, published.second) == figures(published.first) == forward
    gone = {("B", 3, None), ("B", 4, None)}
    assert figures(published.third, published.first) == {(area, new, old) for area, old, new in forward} | gone


@pytest.mark.parametrize("is_same", [True, False], ids=["the same release", "another of the same figures"])
def test_no_difference_is_told_as_none(published: Published, command: Run, is_same: bool) -> None:
    words = (published.third, published.third) if is_same else ()
    old = published.third if is_same else published.second
    message = f"no figure differs between {old} and {published.third}\n"
    assert command(published.root, *words) == (0, message, "")


def test_an_unknown_release_is_named_with_those_there_are(published: Published, command: Run) -> None:
    code, out, err = command(published.root, published.first, "20990101T000000-aaaaaaaa")
    assert (code, out) == (1, "")
    known = f"{published.first}, {published.second}, {published.third}"
    assert err == f'there is no release "20990101T000000-aaaaaaaa" for restricted; the latest are: {known}\n'


def test_the_first_release_has_none_before_it(published: Published, command: Run, tmp_path: Path) -> None:
    code, _, err = command(tmp_path / "empty")
    assert (code, err.partition(" in ")[0]) == (1, "nothing has been published for restricted")
    home = tmp_path / "home"
    shutil.copytree(published.root, home, symlinks=True)
    point_to(Home(home, home, home), "restricted", published.first)
    told = f"{published.first} is the first release for restricted: there is none before it to compare it with\n"
    assert command(home) == (0, told, "")
    summary = {"ok": True, "old": None, "new": published.first, "moved": 0, "areas": 0, "new_figures": 0}
    assert json.loads(command(home, "--json")[1]) == summary


def test_a_release_the_ledger_does_not_know_is_not_compared(published: Published, command: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(published.root, home, symlinks=True)
    (home / "ledger.sqlite").unlink()
    code, out, err = command(home)
    assert (code, out) == (1, "")
    assert err.startswith(f"the ledger does not know of what {published.third} was made")


def test_all_of_it_is_written_as_csv_that_no_spreadsheet_runs(
    published: Published, command: Run, tmp_path: Path
) -> None:
    out = tmp_path / "moved" / "figures.csv"
    code, said, _ = command(published.root, published.first, "--csv", str(out))
    assert code == 0
    assert said.endswith(f"\nwritten to {out}\n")
    rows = list(csv.DictReader(out.open(encoding="utf-8", newline="")))
    assert len(rows) == 5
    assert {row["area_code"] for row in rows} == {"A", "B", "'=HYPERLINK(1)"}
    [less] = [row for row in rows if row["new_value"] == "7.25"]
    assert (less["old_value"], less["difference"]) == ("8.0", "-0.75")
    assert sum(row["is_new"] == "True" for row in rows) == 2
    assert {row["delivery_path"] for row in rows} == {"fernshire/2024-08-01/litter.csv"}
    code, _, err = command(published.root, published.first, "--csv", str(tmp_path))
    assert (code, err) == (1, f"{tmp_path}: cannot be written: Is a directory\n")
    command(published.root, "--csv", str(out))
    assert out.read_text(encoding="utf-8").startswith("table,dataset,partner,supplier,")
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1


def test_figures_are_chosen_by_table_dataset_and_area(published: Published, command: Run) -> None:
    def moved(*words: str) -> int:
        return int(json.loads(command(published.root, published.first, *words, "--json")[1])["moved"])

    assert (moved("--area", "A"), moved("--area", "b"), moved("--table", "observations")) == (2, 0, 3)
    assert (moved("--dataset", "litter"), moved("--dataset", "crime"), moved("--table", "record_counts")) == (3, 0, 0)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--dataset", "liter"], 1, 'neither release has figures of the dataset "liter" (did you mean "litter"?)'),
        (["--area", "Nowhere at all"], 1, 'neither release has figures of the area "Nowhere at all"'),
        (["--table", "record_count"], 2, '"record_count" is not a table of figures (did you mean "record_counts"?): '),
        (["--limit", "-1"], 2, "Invalid value for '--limit'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_name_is_not_told_as_no_difference(
    published: Published, command: Run, words: list[str], code: int, message: str
) -> None:
    ended, out, err = command(published.root, *words)
    assert (ended, out) == (code, "")
    assert message in err
