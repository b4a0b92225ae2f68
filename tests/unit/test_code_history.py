"""Code histories from publishers' files: every layout in one shape, and nothing of a file that cannot all be read."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.area_history import CodeHistory
from pipelines.place.directories.code_history import AddedHistory, add_history

CODES = "gss_code,gss_name,desc,entity_type,start_date,end_date,status\n"
CHANGES = "changed_to_code,changed_to_name,changed_from_code,changed_from_name,desc,entity_type,date,year,split,merge\n"
HISTORY = (
    "GEOGCD,GEOGNM,GEOGNMW,SI_ID,SI_TITLE,OPER_DATE,TERM_DATE,PARENTCD,ENTITYCD,OWNER,STATUS,AREAEHECT,AREACHECT,"
    "AREAIHECT,AREALHECT\n"
    'E07000901,Ash,,1/1,GSS re-coding,01/01/2009 00:00:00,31/03/2019 00:00:00,E10000901,E07,L,terminated,"1,0",,,\n'
    "E07000902,Oak,,1/1,GSS re-coding strategy,01/01/2009,31/03/2019,E10000901,E07,L,terminated,,,,\n"
    "E06000901,Wood,,9/9,The Wood Order 2018,01/04/2019,,E12000001,E06,L,live,,,,\n"
    "E05000901,Old Ward,,1/1,GSS re-coding strategy,01/01/2009,01/05/2019,E07000901,E05,L,terminated,,,,\n"
    "E05000902,Other Ward,,1/1,GSS re-coding strategy,01/01/2009,01/05/2019,E07000901,E05,L,terminated,,,,\n"
    "E05000903,New Ward,,8/8,The Electoral Changes Order,02/05/2019,,E07000901,E05,L,live,,,,\n"
)
FOLLOWED = (
    "GEOGCD,GEOGNM,GEOGNMW,GEOGCD_P,GEOGNM_P,GEOGNMW_P,SI_ID,SI_TITLE,OPER_DATE,ENTITYCD,YEAR\n"
    "E06000901,Wood,,E07000901,Ash,,9/9,The Wood Order 2018,01/04/2019,E06,2019\n"
    "E06000901,Wood,,E07000902,Oak,,9/9,The Wood Order 2018,01/04/2019,E06,2019\n"
    "E05000903,New Ward,,E05000901,Old Ward,,8/8,The Electoral Changes Order,02/05/2019,E05,2019\n"
    "E05000903,New Ward,,E05000902,Other Ward,,8/8,The Electoral Changes Order,02/05/2019,E05,2019\n"
    "E06000901,Wood,,,,,9/9,The Wood Order 2018,01/04/2019,E06,2019\n"
)
OLD = (
    "GEOGCD,GEOGNM,GEOGNMW,GEOGCDO,GEOGNMO,GEOGCDD,GEOGNMD,GEOGCDH,GEOGNMH,GEOGCDS,GEOGNMS,GEOGCDI,GEOGNMI,GEOGCDWG,"
    "GEOGNMWG,GEOGNMWWG,ENTITYCD,YEAR,STATUS,OPER_DATE,TERM_DATE\n"
    "E07000901,Ash,,99UB,Ash,,,,,,,,,,,,E07,2009,terminated,01/01/2009,31/03/2019\n"
)


def added(folder: Path, **files: str) -> tuple[AddedHistory, CodeHistory]:
    paths = [folder / name.replace("_json", ".json").replace("_csv", ".csv") for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    target = folder / "code_history.parquet"
    return add_history(paths, target), CodeHistory(pl.read_parquet(target))


def code_history_database(folder: Path, **more: str) -> Path:
    path = folder / "Code_History_Database.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {"ChangeHistory": HISTORY, "Changes": FOLLOWED, "Equivalents": OLD, **more}.items():
            archive.writestr(f"{name}.csv", "\ufeff" + text)
    return path


def test_the_code_history_database_is_read_as_it_is_given_out(tmp_path: Path) -> None:
    path = code_history_database(tmp_path, Readme="Anything,Else\n1,2\n")
    told = add_history([path], tmp_path / "out.parquet")
    assert (told.codes, told.ended, told.successions) == (6, 4, 4)
    assert told.passed_over == (f"{path}!Readme.csv",)
    history = CodeHistory(pl.read_parquet(tmp_path / "out.parquet"))
    ash = history.facts("E07000901")
    assert ash is not None
    assert (ash.name, ash.entity, ash.parent_code, ash.old_code) == ("Ash", "E07", "E10000901", "99UB")
    assert (ash.valid_from, ash.valid_to) == (date(2009, 1, 1), date(2019, 3, 31))
    (then,) = ash.followed_by
    assert (then.to_code, then.changed_on, then.changed_by) == ("E06000901", date(2019, 4, 1), "The Wood Order 2018")
    assert history.by_old_code == {"99UB": ("E07000901",)}


def test_two_districts_into_one_are_a_merger_and_wards_drawn_anew_are_not(tmp_path: Path) -> None:
    add_history([code_history_database(tmp_path)], tmp_path / "out.parquet")
    history = CodeHistory(pl.read_parquet(tmp_path / "out.parquet"))
    assert history.merged_into("E07000901", {"E06000901"}) == "E06000901"
    assert history.merged_into("E05000901", {"E05000903"}) is None


def test_extracts_for_districts_tell_the_same_in_any_order(tmp_path: Path) -> None:
    codes = CODES + "E07000901,Ash,Order,E07,2009-01-01,2019-03-31,terminated\n"
    changes = CHANGES + 'E06000901,"Wood, City of",E07000901,Ash,"Order, The",E06,2019-04-01,2019,False,True\n'
    versions = {"nm": "Ash", "parent": "E10000901", "status": "terminated", "date": {"s": "2009-01-01"}}
    drawn = json.dumps({"areas": {"E07000901": [versions]}})
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    one, history = added(tmp_path / "1", a_csv=codes, b_csv=changes, c_json=drawn)
    other, _ = added(tmp_path / "2", c_json=drawn, b_csv=changes, a_csv=codes)
    frames = [pl.read_parquet(tmp_path / name / "code_history.parquet") for name in "12"]
    assert one == other
    assert frames[0].equals(frames[1])
    ash = history.facts("E07000901")
    assert ash is not None
    assert (ash.parent_code, ash.valid_to) == ("E10000901", date(2019, 3, 31))
    assert history.end_told(ash) == "E07000901 (Ash) ended on 2019-03-31, followed by E06000901 (Wood, City of)"


def test_a_change_of_name_ends_no_code(tmp_path: Path) -> None:
    codes = CODES + ("E07000901,Ash,O,E07,2009-01-01,2018-03-31,terminated\nE07000901,Elm,O,E07,2018-04-01,,live\n")
    changes = CHANGES + "E07000901,Elm,E07000901,Ash,Name Change,E07,2018-04-01,2018,False,False\n"
    told, history = added(tmp_path, a_csv=codes, b_csv=changes)
    facts = history.facts("E07000901")
    assert facts is not None
    assert (told.ended, told.successions) == (0, 0)
    assert (facts.name, facts.valid_from, facts.has_ended) == ("Elm", date(2009, 1, 1), False)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"a_csv": "England,Wales,Entity\nE00,W00,OA\n"},
            "a.csv:1: not a code history that is known; known are Change",
        ),
        ({"a_csv": CODES + "E07000901,Ash,O,E07,2009-01-01,,live\nE07000902,Oa"}, "a.csv:3: a record with more or few"),
        ({"a_csv": CODES + "E07000901,Ash,O,E07,2009-13-01,,live\n"}, 'a.csv:2: "2009-13-01": start_date is not a day'),
        ({"a_csv": CODES + ",Ash,O,E07,2009-01-01,,live\n"}, "a.csv:2: a record without a code"),
        (
            {"a_csv": CHANGES + "E06000901,W,E07000901,A,O,E06,2019-04-01,2019,False,Tr\n"},
            'a.csv:2: "Tr": merge is not',
        ),
        ({"a_json": '{\n"areas": {\n"E07000901": [{"nm": "A'}, "a.json:3: not whole JSON"),
        ({"a_json": '{"features": []}'}, "a.json: not a code history that is known"),
        (
            {"a_json": '{"areas": {"E07000901": [{"nm": "A", "date": {"s": "1 May"}}]}}'},
            'a.json: E07000901: "1 May" is not a date',
        ),
    ],
)
def test_what_cannot_all_be_read_is_refused_with_its_place(files: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        added(tmp_path, **files)
    assert said in str(refused.value)
    assert not (tmp_path / "code_history.parquet").exists()


def test_the_command_loads_a_history_and_tells_of_a_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.cli.areas import history_add, tell_area

    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path / "home"))
    history_add([code_history_database(tmp_path)])
    assert "code history: 6 codes, 4 of them historic; 4 changes" in capsys.readouterr().out
    tell_area("99UB")
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == [
        "E07000901 Ash: non-metropolitan district",
        "  asked for as 99UB, a code it went by before",
        "  in force  from 2009-01-01 to 2019-03-31",
        "  historic: ended 2019-03-31, followed by E06000901 Wood",
    ]
    tell_area("E06000901", json=True)
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["status"], told["followed"]) == (True, "live", ["E07000901", "E07000902"])
    with pytest.raises(SystemExit) as ended:
        tell_area("E07000910")
    assert ended.value.code == 1
    assert 'no area is known by the code "E07000910" (did you mean "E0700090' in capsys.readouterr().err
