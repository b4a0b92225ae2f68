"""Mistakes that a data officer makes in a first spec: each is told with its file and line, and how to write it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.makers import ROOT, SPECS, line_of, told

GIVEN = ROOT / "tests" / "integration" / "new_partner" / "southmark"
FEED, PARTNER, MAP = "abandoned_vehicle.yml", "partner.yml", "codes/veh.csv"
HERE = "partners/southmark"
CONTACT = "contact: {role: Street scene data officer, email: streetscene@southmark.example}\n"
COLUMNS = "raw,match,action,code,valid_from,valid_to,agreed_by,agreed_on,note"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shipped specs and those of a new partner, which are in order."""
    shutil.copytree(SPECS, tmp_path / "specs")
    shutil.copytree(GIVEN, tmp_path / "specs" / HERE)
    assert told(tmp_path / "specs") == []
    return tmp_path / "specs"


# (file, old text, new text, text that stands on the line blamed, what is said there)
IN_A_LINE = {
    "key misspelt": (
        FEED,
        "header_row",
        "headerrow",
        "headerrow",
        'unknown key "headerrow" (did you mean "header_row"?)',
    ),
    "key of another place": (
        FEED,
        "    ignore:",
        "    header_row: 3\n    ignore:",
        "    header_row: 3",
        '"header_row" does not belong here: it stands below `versions.format`',
    ),
    "key of the margin": (
        FEED,
        "    ignore:",
        "    retention: 6 years\n    ignore:",
        "    retention:",
        '"retention" does not belong here: it stands at the left margin, beside `title`',
    ),
    "key of no place": (
        FEED,
        "locality: Village",
        "township: Village",
        "by: street",
        'unknown key "township"; there are: by, column, locality, district, in_district, min_score, margin',
    ),
    "no such map": (
        FEED,
        "map: veh",
        "map: vehs",
        "Veh:",
        '"Veh": there is no partners/southmark/codes/vehs.csv (did you',
    ),
    "dates in letters": (
        FEED,
        '"%d/%m/%y"',
        "DD/MM/YY",
        "Logged:",
        '"Logged": "DD/MM/YY" is not a date format with a year and month; write 31/05/2024 as %d/%m/%Y',
    ),
    "curly marks": (
        FEED,
        '"%d/%m/%y"',
        "\u201c%d/%m/%y\u201d",
        "Logged:",
        "curly quotation marks are taken as part of the text; type straight ones",
    ),
    "no quotation marks": (
        FEED,
        '"%d/%m/%y"',
        "%d/%m/%y",
        "Logged:",
        "not valid YAML: a text that begins with % stands in quotation marks",
    ),
    "tab": (FEED, "  unit:", "\tunit:", "\tunit:", "not valid YAML: a tab stands here; indent with spaces"),
    "colon in a text": (
        FEED,
        "note: Three",
        "note: Note: three",
        "note:",
        "not valid YAML: a second colon, or a line indented otherwise",
    ),
    "no colon": (
        FEED,
        "retention: 6",
        "retention 6",
        "retention 6",
        "not valid YAML: a line that is no `key: value`; is its colon missing",
    ),
    "indented otherwise": (
        FEED,
        "    files:",
        "   files:",
        "   files:",
        "not valid YAML: indented otherwise than the lines it belongs to",
    ),
    "bracket not closed": (
        FEED,
        "map: veh}",
        "map: veh",
        "Veh:",
        'not valid YAML: after the "{" that is opened here a comma',
    ),
    "quotation mark not closed": (
        FEED,
        "title: Ab",
        'title: "Ab',
        "files:",
        "not valid YAML: more text after a closing quotation mark; is there one further up that is not closed?",
    ),
    "hash in a heading": (
        FEED,
        "Case: source_id",
        "Case #: source_id",
        "Case #",
        "not valid YAML: ` #` begins a comment; a text that holds it",
    ),
    "backslash": (
        FEED,
        "equals: Total",
        'matches: "Total\\d"',
        "Total\\d",
        "not valid YAML: a backslash within double quotation marks",
    ),
    "number as a heading": (
        FEED,
        "[Crew remarks]",
        "[Crew remarks, 2024]",
        "ignore:",
        'versions.0.ignore.1: 2024 is a number; where a text is meant, put it in quotation marks: "2024"',
    ),
    "yes as a heading": (
        FEED,
        "[Crew remarks]",
        "[Crew remarks, Yes]",
        "ignore:",
        "versions.0.ignore.1: yes, no, on, off",
    ),
    "due": (FEED, "95 days after", "95 days", "cadence:", 'cadence.due: "95 days" is not written as `20 days after`'),
    "month in words": (
        FEED,
        "valid_from: 2024-04",
        "valid_from: April 2024",
        "valid_from:",
        'versions.0.valid_from: "April 2024" is not a date: write a day as 2024-05-31, a month as 2024-05',
    ),
    "share in per cent": (
        FEED,
        "share: 0.5",
        "share: 50%",
        "share:",
        'versions.0.expect.quarantined_share: "50%" is not a number: write the share as 0.5',
    ),
    "rows as a number": (
        FEED,
        "{min: 0, max: 100}",
        "100",
        "rows: 100",
        'versions.0.expect.rows: expected keys of its own (min, max), found "100"',
    ),
    "list without dashes": (
        FEED,
        "  - valid_from",
        "    valid_from",
        "versions:",
        "versions: expected a list: each entry begins with `- `",
    ),
    "kind of file": (
        FEED,
        "type: xlsx",
        "type: xslx",
        "format:",
        'versions.0.format.type: "xslx" is not one of csv, fixed',
    ),
    "way to a place": (
        FEED,
        "by: street",
        "by: address",
        "by: address",
        'versions.0.location.0.by: "address" is not one of coordinates',
    ),
    "no way to a place": (
        FEED,
        "{by: grid_reference, column: OSGR}",
        "{column: OSGR}",
        "{column: OSGR}",
        '"by" is missing from versions.0.location.1',
    ),
    "no contact": (PARTNER, CONTACT, "", "title:", '"contact" is missing from partner.yml'),
    "contact without keys": (
        PARTNER,
        CONTACT,
        "contact: the depot\n",
        "contact:",
        'contact: expected keys of its own (role, email), found "the',
    ),
    "nothing written": (
        PARTNER,
        CONTACT,
        "contact:\n",
        "contact:",
        "contact: nothing stands here; write a value, or leave the key out",
    ),
    "supplier in capitals": (
        PARTNER,
        "  southmark:",
        "  South Mark:",
        "  South Mark:",
        'suppliers.South Mark: "South Mark" is not written as small letters, figures, `_` and `-`',
    ),
    "another's supplier": (
        PARTNER,
        "  southmark:",
        "  westmark:",
        "  westmark:",
        'supplier "westmark" is "Westmark District Council" in partners/demo_westmark/partner.yml; choose another name',
    ),
    "one area": (
        PARTNER,
        "[E07000209, E07000210]",
        "E07000209",
        "speaks_for",
        "suppliers.southmark.speaks_for: write a list: [E",
    ),
    "no such code": (
        MAP,
        "exact,map,caravan",
        "exact,map,boat",
        "exact,map,boat",
        '"boat" is not a code of abandoned_vehicle_kind; there are: car, motorcycle, caravan, large, other',
    ),
    "action": (MAP, "T,exact,ignore", "T,exact,ignored", "T,", 'action: "ignored" is not one of map, ignore'),
    "day as written here": (
        MAP,
        "2024-06,",
        "01/06/2024,",
        "01/06",
        'valid_from: "01/06/2024" is not a date: write a day as 2024-05-31',
    ),
    "a column's name": (
        MAP,
        "raw,",
        "their code,",
        "their code,",
        'unknown column "their code"; there are: raw, match',
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "place", "said"), IN_A_LINE.values(), ids=IN_A_LINE)
def test_a_mistake_is_told_at_its_line_with_how_to_write_it(
    root: Path, file: str, old: str, new: str, place: str, said: str
) -> None:
    path = root / HERE / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    told_here = [
        problem for problem in told(root) if problem.startswith(f"{HERE}/{file}:{line_of(path, place)}: {said}")
    ]
    assert len(told_here) == 1, told(root)


def _rename(old: str, new: str) -> Callable[[Path], object]:
    return lambda folder: (folder / old).rename(folder / new)


def _write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _with_semicolons(folder: Path) -> None:
    (folder / MAP).write_text((folder / MAP).read_text().replace(",", ";"))


OF_A_FILE = {
    "map of another office": (_with_semicolons, f"{MAP}:1: semicolons stand between the values; save it with commas"),
    "empty map": (_write(MAP, b""), f"{MAP}:1: is empty: its first line names its columns, raw, match, action, code"),
    "map without its codes": (_write(MAP, b"action,code\nmap,car\n"), f'{MAP}:1: the column "raw" is missing'),
    "map from Excel": (
        _write(MAP, f"{COLUMNS}\nV1,exact,map,car,,,,,\nV2,exact,map,car,,,,,Citro".encode() + b"\xebn\n"),
        f"{MAP}:3: not UTF-8 text (byte 115); save the file as UTF-8 (in Excel: CSV UTF-8)",
    ),
    "map as a workbook": (
        _rename(MAP, "codes/veh.xlsx"),
        "codes/veh.xlsx:1: is not read: a code map is a text with commas",
    ),
    "map in capitals": (
        _rename(MAP, "codes/veh.CSV"),
        "codes/veh.CSV:1: is not read: a code map is a text with commas",
    ),
    "map beside the spec": (_rename(MAP, "veh.csv"), "veh.csv:1: is not read: code maps lie in the folder `codes`"),
    "folder of maps": (_rename("codes", "maps"), "maps:1: is not read: code maps lie in a folder called `codes`"),
    "ending of a spec": (
        _rename(FEED, "abandoned_vehicle.yaml"),
        "abandoned_vehicle.yaml:1: is not read: the name of a spec ends in `.yml`",
    ),
    "no dataset": (
        _rename(FEED, "abandoned_vehicles.yml"),
        'abandoned_vehicles.yml:1: there is no dataset "abandoned_vehicles"; a feed\'s file is named after its dataset',
    ),
    "spec from a word processor": (
        _write(FEED, b"title: Vehicles\nretention: 6 years\nnote: caf\xe9\n"),
        f"{FEED}:3: not UTF-8 text (byte 44); save the file as UTF-8",
    ),
}


@pytest.mark.parametrize(("spoil", "said"), OF_A_FILE.values(), ids=OF_A_FILE)
def test_a_file_that_would_not_be_read_is_told(root: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(root / HERE)
    assert len([problem for problem in told(root) if problem.startswith(f"{HERE}/{said}")]) == 1, told(root)


def test_what_is_no_spec_is_nobodys_concern(root: Path) -> None:
    folder = root / HERE
    for name in (
        "README.md",
        "agreed by letter.pdf",
        "codes/.veh.csv.swp",
        "codes/~$veh.xlsx",
        "codes/README.md",
        ".x.yaml",
    ):
        (folder / name).write_bytes(b"x")
    (folder / "letters").mkdir()
    assert told(root) == []


def test_a_partners_folder_has_a_plain_name_and_its_partner_file(root: Path) -> None:
    (root / HERE).rename(root / "partners" / "South Mark")
    said = 'partners/South Mark:1: "South Mark": the name of a partner\'s folder is written in small letters'
    assert [problem[: len(said)] for problem in told(root)] == [said]
    (root / "partners" / "South Mark" / PARTNER).rename(root / "partners" / "South Mark" / "partners.yml")
    assert 'partners/South Mark:1: a partner\'s folder needs a partner.yml (did you mean "partners.yml"?)' in told(root)
