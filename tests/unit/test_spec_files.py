"""`specs check` finds every fault at once, says the file and line it stands on, and names what was probably meant."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.specs.check import load_specs
from pipelines.specs.check_version import AS_WRITTEN
from pipelines.specs.fingerprint import making_of
from pipelines.specs.load import FeedSpec
from pipelines.specs.problems import SpecError, nearest
from pipelines.specs.schema import schemas
from pipelines.specs.yaml_lines import read_yaml
from tests.unit.makers import ROOT, SPECS, line_of, shipped, spoiled, told

STREET = "partners/police_uk/crime.yml"
NORTH = "partners/demo_northmark/abandoned_vehicle.yml"
TYPES = "partners/demo_northmark/codes/vehicle_type.csv"


def test_the_shipped_specs_have_no_problems() -> None:
    assert told(SPECS) == []


# (name of the fault, file, old text, new text, text on the line blamed, file blamed, message)
FAULTS = [
    (
        "unknown key",
        STREET,
        "    replaces: reporting",
        "    replace: reporting",
        "    replace:",
        STREET,
        'unknown key "replace" (did you mean "replaces"?)',
    ),
    (
        "unknown inner key",
        STREET,
        "quarantined_share: 0.05",
        "quarantine_share: 0.05",
        "quarantine_share",
        STREET,
        'unknown key "quarantine_share" (did you mean "quarantined_share"?)',
    ),
    (
        "map",
        STREET,
        "map: category}",
        "map: categry}",
        "Crime type:",
        STREET,
        '"Crime type": there is no partners/police_uk/codes/categry.csv (did you mean "category"?)',
    ),
    (
        "no map",
        STREET,
        "{field: category_code, map: category}",
        "category_code",
        "Crime type:",
        STREET,
        '"Crime type" fills a code and must name its `map`',
    ),
    (
        "map of a text",
        STREET,
        "Crime ID: source_id",
        "Crime ID: {field: source_id, map: category}",
        "Crime ID:",
        STREET,
        '"Crime ID": `map` belongs to a code field, not to a text',
    ),
    (
        "code",
        TYPES,
        "CAR,exact,map,car,",
        "CAR,exact,map,caar,",
        "CAR,exact",
        TYPES,
        '"caar" is not a code of abandoned_vehicle_kind (did you mean "car"?)',
    ),
    (
        "no code",
        TYPES,
        "CAR,exact,map,car,",
        "CAR,exact,map,,",
        "CAR,exact",
        TYPES,
        "a mapped code names its `code`; an ignored one has none",
    ),
    (
        "code twice",
        TYPES,
        "VAN,exact,map,car,",
        "CAR,exact,map,other\nVAN,exact,map,car,",
        "CAR,exact,map,other",
        TYPES,
        'raw code "CAR" already stands on line 3 for the same dates',
    ),
    (
        "code twice but for a blank",
        TYPES,
        "VAN,exact,map,car,",
        "CAR ,exact,map,other\nVAN,exact,map,car,",
        "CAR ,exact,map",
        TYPES,
        'raw code "CAR" already stands on line 3 for the same dates',
    ),
    (
        "way of matching",
        TYPES,
        "CAR,exact,map,car,",
        "CAR,contain,map,car,",
        "CAR,contain",
        TYPES,
        'match: "contain" is not one of exact, folded, contains, regex (did you mean "contains"?)',
    ),
    (
        "comma in a note",
        TYPES,
        "VAN,exact,map,car,",
        "VAN,exact,map,car,,,us,2024,Transit, mostly\nV,exact,map,car,",
        "VAN,exact,map",
        TYPES,
        "more values than columns; a value that holds a comma stands in quotation marks",
    ),
    (
        "column of a map",
        TYPES,
        "raw,match,action,code",
        "raw,match,acton,code",
        "raw,",
        TYPES,
        'unknown column "acton" (did you mean "action"?)',
    ),
    (
        "field twice",
        STREET,
        "Last outcome category: {field: outcome_code, map: outcome}",
        "Last outcome category: {field: category_code, map: category}",
        "Last outcome category:",
        STREET,
        'field "category_code" is already filled by "Crime type"',
    ),
    (
        "no date format",
        STREET,
        '{field: occurred, date: "%Y-%m"}',
        "occurred",
        "Month:",
        STREET,
        '"Month" is of type interval and must declare its `date` format',
    ),
    (
        "date format",
        STREET,
        'date: "%Y-%m"',
        'date: "%m"',
        "Month:",
        STREET,
        '"Month": "%m" is not a date format with a year and month; ' + AS_WRITTEN,
    ),
    (
        "date format with a code twice",
        STREET,
        'date: "%Y-%m"',
        'date: "%Y-%m-%m"',
        "Month:",
        STREET,
        '"Month": "%Y-%m-%m" is not a date format with a year and month; ' + AS_WRITTEN,
    ),
    (
        "date of a code",
        STREET,
        "map: category}",
        'map: category, date: "%Y-%m"}',
        "Crime type:",
        STREET,
        '"Crime type": `date` belongs to a date or interval, not to a code',
    ),
    (
        "key twice",
        STREET,
        "  place: snap_point",
        "  place: snap_point\n  unit: case",
        "  unit: case",
        STREET,
        '"unit" is given twice',
    ),
    (
        "unit",
        STREET,
        "unit: recorded_crime",
        "unit: recorded_crimes",
        "  unit:",
        STREET,
        'recording.unit: "recorded_crimes" is not in the code list recording_unit (did you mean "recorded_crime"?)',
    ),
    (
        "choice",
        STREET,
        "place: snap_point",
        "place: snappoint",
        "  place:",
        STREET,
        'recording.place: "snappoint" is not one of incident, snap_point, home, school, premises, office, area'
        ' (did you mean "snap_point"?)',
    ),
    ("missing key", STREET, "retention: 10 years\n", "", "title:", STREET, '"retention" is missing from crime.yml'),
    (
        "bad value",
        STREET,
        "retention: 10 years",
        "retention: ten years",
        "retention:",
        STREET,
        'retention: "ten years" is not written as `6 years` or `18 months`',
    ),
    (
        "supplier not said",
        STREET,
        "{period:%Y-%m}-{supplier}-street",
        "{period:%Y-%m}-*-street",
        "files:",
        STREET,
        "the partner has several suppliers, so the file name must hold {supplier}",
    ),
    (
        "period not said",
        STREET,
        "{period:%Y-%m}-{supplier}",
        "{supplier}",
        "files:",
        STREET,
        "neither the file name ({period:...}) nor `period` says what period a row reports on",
    ),
    (
        "pattern",
        STREET,
        "{period:%Y-%m}-{supplier}",
        "{perod:%Y-%m}-{supplier}",
        "files:",
        STREET,
        "versions.0.files: {perod} is not known; a pattern may hold period, supplier, issued and *",
    ),
    (
        "skip column",
        "partners/demo_eastmark/abandoned_vehicle.yml",
        "column: Our ref,",
        "column: Our reff,",
        "rule: totals",
        "partners/demo_eastmark/abandoned_vehicle.yml",
        'no column "Our reff" to skip by (did you mean "Our ref"?)',
    ),
    (
        "mapped and ignored",
        NORTH,
        "ignore: [Make,",
        "ignore: [Keeper, Make,",
        "ignore:",
        NORTH,
        '"Keeper" is both mapped and ignored',
    ),
    (
        "code list",
        "datasets/crime.yml",
        "list: crime_outcome",
        "list: crime_outcomes",
        "list: crime_outcomes",
        "datasets/crime.yml",
        'no code list "crime_outcomes" (did you mean "crime_outcome"?)',
    ),
    (
        "clock",
        "datasets/crime.yml",
        "clock: occurred",
        "clock: ocurred",
        "clock:",
        "datasets/crime.yml",
        'clock: no field "ocurred" (did you mean "occurred"?)',
    ),
    (
        "key field",
        "datasets/crime.yml",
        "key: [source_id, category_code]",
        "key: [source_id, category]",
        "key:",
        "datasets/crime.yml",
        'key: no field "category" (did you mean "category_code"?)',
    ),
    (
        "key of an identifier",
        "datasets/abandoned_vehicle.yml",
        "key: [source_id]",
        "key: [keeper_name]",
        "key:",
        "datasets/abandoned_vehicle.yml",
        'key: "keeper_name" is an identifier and is not stored, so it cannot be a key',
    ),
    (
        "key of an interval",
        "datasets/abandoned_vehicle.yml",
        "key: [source_id]",
        "key: [source_id, occurred]",
        "key:",
        "datasets/abandoned_vehicle.yml",
        'key: "occurred" must be a text or a code',
    ),
    (
        "no sensitivity",
        "datasets/crime.yml",
        "    type: text\n    sensitivity: quasi_identifier\n",
        "    type: text\n",
        "  source_id:",
        "datasets/crime.yml",
        '"sensitivity" is missing from fields.source_id',
    ),
    (
        "parent",
        "codelists/crime_category.csv",
        "burglary,Burglary,all_crime",
        "burglary,Burglary,all_crimes",
        "burglary,",
        "codelists/crime_category.csv",
        'parent "all_crimes" is not a code of crime_category (did you mean "all_crime"?)',
    ),
    (
        "indicator's dataset",
        "indicators/recorded_crime_rate.yml",
        "dataset: crime",
        "dataset: crimes",
        "dataset: crimes",
        "indicators/recorded_crime_rate.yml",
        'numerator: no dataset "crimes" (did you mean "crime"?)',
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "blamed", "message"),
    [fault[1:] for fault in FAULTS],
    ids=[fault[0] for fault in FAULTS],
)
def test_one_fault_is_one_problem_at_its_line(
    tmp_path: Path, file: str, old: str, new: str, place: str, blamed: str, message: str
) -> None:
    root = spoiled(tmp_path, (file, old, new))
    assert told(root) == [f"{blamed}:{line_of(root / blamed, place)}: {message}"]


def test_a_typo_in_a_field_also_leaves_the_required_field_unfilled(tmp_path: Path) -> None:
    root = spoiled(tmp_path, (STREET, "{field: category_code,", "{field: catgory_code,"))
    path = root / STREET
    assert told(root) == [
        f'{STREET}:{line_of(path, "columns:")}: no column fills the required field "category_code"',
        f'{STREET}:{line_of(path, "Crime type:")}: dataset crime has no field "catgory_code"'
        ' (did you mean "category_code"?)',
    ]


def test_every_problem_of_every_file_is_told_at_once_in_order(tmp_path: Path) -> None:
    root = spoiled(
        tmp_path,
        (STREET, "place: snap_point", "place: snappoint"),
        (STREET, "retention: 10 years", "retention: ten years"),
        (TYPES, "CAR,exact,map,car,", "CAR,exact,map,caar,"),
        (TYPES, "VAN,exact,map,car,", "VAN,exact,map,vn,"),
        ("datasets/population_estimate.yml", "shape: observation", "shape: observations"),
    )
    problems = told(root)
    files = [problem.split(":")[0] for problem in problems]
    assert files == ["datasets/population_estimate.yml", TYPES, TYPES, STREET, STREET]
    with pytest.raises(SpecError) as error:
        load_specs(root)
    assert len(error.value.problems) == len(problems) == str(error.value).count("\n") + 1


def test_a_file_at_fault_is_not_blamed_again_by_those_that_need_it(tmp_path: Path) -> None:
    root = spoiled(tmp_path, ("datasets/crime.yml", "shape: event", "shape: evnt"))
    (problem,) = told(root)
    assert problem.startswith(
        'datasets/crime.yml:5: shape: "evnt" is not one of event, observation, asset, response (did you mean "event"?)'
    )


def test_a_feed_is_named_after_its_dataset(tmp_path: Path) -> None:
    root = spoiled(tmp_path)
    (root / STREET).rename(root / "partners/police_uk/crimes.yml")
    assert told(root) == [
        'partners/police_uk/crimes.yml:1: there is no dataset "crimes"; a feed\'s file is named after its dataset'
        ' (did you mean "crime"?)'
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"title: [Northmark\nshape: x\n", '1: not valid YAML: after the "[" that is opened here a comma'),
        (b"title: a\n\tshape: b\n", "2: not valid YAML: a tab stands here; indent with spaces"),
        (b"title: caf\xe9\n", "1: not UTF-8 text (byte 10)"),
        (b"- one\n- two\n", "1: expected a mapping that describes a dataset"),
        (b"", "1: expected a mapping that describes a dataset"),
        (b"title: !!python/object:os.system x\n", "1: not valid YAML: could not determine a constructor for the tag"),
        (b"title: a\n? [b]\n: c\n", "2: not valid YAML: a key must be plain text"),
    ],
)
def test_bad_yaml_is_a_problem_with_its_line(tmp_path: Path, text: bytes, problem: str) -> None:
    root = spoiled(tmp_path)
    (root / "datasets" / "litter.yml").write_bytes(text)
    (found,) = told(root)
    assert found.startswith(f"datasets/litter.yml:{problem}")


def test_dates_stay_as_written_and_every_place_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("day: 2014-05-06\nlist:\n  - {one: yes}\n  - two\n", encoding="utf-8")
    document = read_yaml(path)
    assert document.data["day"] == "2014-05-06"
    assert [
        document.line(place) for place in [("day",), ("list", 0, "one"), ("list", 1), ("list", 1, "no such"), ("x",)]
    ] == [1, 3, 4, 4, 1]


@pytest.mark.parametrize(
    ("rows", "blamed"),
    [
        ("a,A,b\nb,B,c\nc,C,a\n", ["a", "b", "c"]),
        ("a,A,a\n", ["a"]),
        ("a,A,b\nb,B,b\n", ["b"]),  # one that leads to a loop is not in it
        ("a,A,b\nb,B,c\nc,C,\n", []),
    ],
)
def test_a_loop_among_parents_is_found(tmp_path: Path, rows: str, blamed: list[str]) -> None:
    root = spoiled(tmp_path)
    (root / "codelists" / "litter_kind.csv").write_text("code,label,parent\n" + rows, encoding="utf-8")
    assert told(root) == [
        f'codelists/litter_kind.csv:{"abc".index(code) + 2}: "{code}" is its own ancestor' for code in blamed
    ]


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (",", ",", True),
        ("2014-04,2015-03-31", "2015-04,", False),
        ("2014-04,2015-03-31", "2015-03-31,", True),
        (",2015-03-31", "2015-04,", False),
        (",2015-03-31", ",2010-01-01", True),
        ("2014-04,", "2020-01,2020-02-01", True),
    ],
)
def test_a_code_may_stand_twice_only_for_dates_apart(tmp_path: Path, first: str, second: str, overlap: bool) -> None:
    name = "partners/police_uk/codes/outcome.csv"
    text = f"raw,action,code,valid_from,valid_to\nCharged,map,charged,{first}\nCharged,map,caution,{second}\n"
    root = spoiled(tmp_path)
    (root / name).write_text(text, encoding="utf-8")
    told_twice = [f'{name}:3: raw code "Charged" already stands on line 2 for the same dates']
    assert told(root) == (told_twice if overlap else [])


def test_a_partner_needs_a_partner_file(tmp_path: Path) -> None:
    root = spoiled(tmp_path)
    (root / "partners" / "demo_westmark" / "partner.yml").unlink()
    assert told(root)[0] == "partners/demo_westmark:1: a partner's folder needs a partner.yml"


def test_a_folder_without_specs_is_said_to_be_none(tmp_path: Path) -> None:
    (problem,) = told(tmp_path)
    assert "not a folder of specs" in problem


def test_versions_are_chosen_by_the_day_a_period_starts(tmp_path: Path) -> None:
    feed = shipped().feeds["police_uk/crime"]
    first = feed.feed.versions[0].model_copy(update={"valid_to": date(2014, 12, 31)})
    second = first.model_copy(update={"valid_from": date(2015, 4, 1), "valid_to": None})
    two = FeedSpec(feed.partner, feed.dataset, feed.feed.model_copy(update={"versions": (first, second)}), feed.maps)
    days = [
        date(2010, 11, 30),
        date(2010, 12, 1),
        date(2014, 12, 31),
        date(2015, 1, 1),
        date(2015, 4, 1),
        date(2099, 1, 1),
    ]
    assert [two.version_on(day) for day in days] == [None, first, first, None, second, second]


def test_versions_out_of_order_are_refused(tmp_path: Path) -> None:
    root = spoiled(tmp_path)
    path = root / STREET
    text = path.read_text(encoding="utf-8")
    start = text.index("  - valid_from")
    path.write_text(text + text[start:], encoding="utf-8")
    assert told(root) == [f"{STREET}:11: versions: versions stand in date order, each with its own `valid_from`"]


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        (STREET, "title: Street-level", "title: The street-level", False),  # words for people change nothing
        (STREET, 'crs: "EPSG:4326"', 'crs: "EPSG:4258"', True),
        (STREET, "unit: recorded_crime", "unit: case", True),
        ("partners/police_uk/codes/category.csv", "Drugs,exact,map,drugs", "Drugs,exact,map,other_crime", True),
        (TYPES, "CAR,exact,map,car,", "CAR,exact,map,other,", False),  # another partner's map
        ("codelists/crime_category.csv", "drugs,Drugs,", "drugs,Drug offences,", True),
        ("datasets/crime.yml", "key: [source_id, category_code]", "key: [source_id]", True),
    ],
)
def test_the_fingerprint_changes_with_what_decides_the_result(
    tmp_path: Path, file: str, old: str, new: str, changes: bool
) -> None:
    other = load_specs(spoiled(tmp_path, (file, old, new)))

    def fingerprint(specs: object) -> str:
        feed = specs.feeds["police_uk/crime"]  # type: ignore[attr-defined]
        made = making_of(specs, feed, feed.feed.versions[0], "", date(2014, 5, 1), "surrey")  # type: ignore[arg-type]
        return made.fingerprint

    assert (fingerprint(other) != fingerprint(shipped())) is changes


@pytest.mark.parametrize(
    ("name", "names", "phrase"),
    [
        ("CATEGORY", ["category"], ' (did you mean "category"?)'),
        ("xyzzy", ["category"], ""),
        ("a", [], ""),
    ],
)
def test_the_nearest_name_is_offered_only_if_near(name: str, names: list[str], phrase: str) -> None:
    assert nearest(name, names) == phrase


def test_the_schemas_for_editors_allow_no_unknown_key() -> None:
    made = schemas()
    assert set(made) == {
        "partner", "feed", "corrections", "replies", "agreements", "dataset", "indicator", "code", "code_map_entry",
    }  # fmt: skip
    assert made["corrections"]["type"] == "array"
    described = [
        schema if "properties" in schema else schema["$defs"][schema["items"]["$ref"].rpartition("/")[2]]
        for schema in made.values()
    ]
    assert all(schema["additionalProperties"] is False for schema in described)


def test_a_dataset_of_figures_has_a_value_and_its_area(tmp_path: Path) -> None:
    path = "datasets/population_estimate.yml"
    root = spoiled(tmp_path, (path, "    type: number\n", "    type: text\n"), (path, "  area_code:\n", "  area:\n"))
    problems = [problem for problem in told(root) if problem.startswith(f"{path}:")]
    assert [problem.split(": ", 1)[1] for problem in problems if "observation dataset" in problem] == [
        "an observation dataset has a field `area_code` of type text or code",
        "an observation dataset has a field `value` of type number or integer",
    ]


@pytest.mark.parametrize(
    ("old", "new", "name", "message"),
    [
        (
            "additive: true",
            "additive: [residents, househods]",
            "population_estimate",
            'additive: "househods" is not a code of population_measure (did you mean "households"?)',
        ),
        (
            "shape: event",
            "shape: event\nadditive: true",
            "crime",
            "additive: events are counted; only the figures of an observation add up",
        ),
    ],
)
def test_what_adds_up_is_a_measure_of_figures(tmp_path: Path, old: str, new: str, name: str, message: str) -> None:
    root = spoiled(tmp_path, (f"datasets/{name}.yml", old, new))
    line = line_of(root / "datasets" / f"{name}.yml", "additive")
    assert told(root) == [f"datasets/{name}.yml:{line}: {message}"]


def test_a_cell_that_holds_an_identifier_beside_other_things_cannot_be_split(tmp_path: Path) -> None:
    path = "partners/demo_northmark/abandoned_vehicle.yml"
    split = "    split: [{column: Car, match: '(?P<mark>[A-Z0-9]+) (?P<make>.*)'}]\n    columns:\n"
    root = spoiled(tmp_path, (path, "Reg mark: registration", "mark: registration"), (path, "    columns:\n", split))
    assert any("the cell it is made from would be stored" in problem for problem in told(root))


def test_every_issue_type_is_raised_and_every_refusal_has_one() -> None:
    import csv
    import re

    with (ROOT / "ingest_specs" / "issue_types.csv").open(encoding="utf-8", newline="") as file:
        declared = [row["issue_type"] for row in csv.DictReader(file)]
    packages = ("pipelines", "quality_checks", "warehouse")
    text = "".join(path.read_text(encoding="utf-8") for name in packages for path in (ROOT / name).rglob("*.py"))
    assert len(declared) == len(set(declared))
    assert [kind for kind in declared if f'"{kind}"' not in text] == []
    raised = set(re.findall(r'Refusal\(\s*"(\w+)"', text))
    assert raised - set(declared) == set()
