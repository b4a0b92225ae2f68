"""`query` reads one release and nothing else: no file, no setting, no second statement, and not a byte is changed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.query import answer_text, ask, neutral, write_answer
from warehouse.releases import QueryError

SECRET = "not for this audience"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release folder, with a file beside it that nobody who asks may read."""
    folder = tmp_path_factory.mktemp("releases")
    (folder / "secret.csv").write_text(f"a\n{SECRET}\n", encoding="utf-8")
    database = folder / "release" / "commongrid.duckdb"
    database.parent.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table records as select range as id, 'x' || range as name from range(10)")
        connection.execute(f"copy records to '{database.parent}/records.parquet'")
    with duckdb.connect(str(folder / "other.duckdb")) as connection:
        connection.execute("create table t as select 1 as a")
    (folder / "release" / "link.csv").symlink_to(folder / "secret.csv")
    return database


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select count(*) as n from records", [{"n": 10}]),
        ("  -- how many?\nselect 1 as n;", [{"n": 1}]),
        ("with few as (from records limit 2) select id from few order by id", [{"id": 0}, {"id": 1}]),
        ("from records select name where id = 3", [{"name": "x3"}]),
    ],
)
def test_one_select_is_answered(release: Path, sql: str, rows: list[dict[str, object]]) -> None:
    assert ask(release, sql).to_pylist() == rows


FORBIDDEN = [
    # more than one, or not a SELECT
    "",
    "-- nothing",
    "select 1; select 2",
    "select 1; drop table records",
    "drop table records",
    "delete from records",
    "insert into records values (1, 'a')",
    "update records set name = 'a'",
    "create table t (a int)",
    "create view v as select 1",
    "create temp table t as select 1",
    "create macro m() as 1",
    "explain select 1",
    "explain analyze delete from records",
    "selec 1",
    "begin",
    "call pragma_version()",
    "vacuum",
    "checkpoint",
    "prepare p as select 1",
    "use memory",
    # settings and extensions
    "set memory_limit = '100GB'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset threads",
    "pragma memory_limit = '100GB'",
    "install httpfs",
    "load httpfs",
    # files, in and out
    "copy records to '{folder}/out.csv'",
    "copy (select 1) to '{folder}/release/records.parquet' (format parquet)",
    "copy records from '{folder}/secret.csv'",
    "export database '{folder}/out'",
    "attach '{folder}/other.duckdb'",
    "attach '{folder}/new.duckdb' as n",
    "detach commongrid",
    "select * from read_csv('/etc/passwd')",
    "select * from read_csv('{folder}/secret.csv')",
    "select * from '{folder}/secret.csv'",
    "select * from '{folder}/release/link.csv'",
    "select * from '{folder}/release/records.parquet'",
    "select * from read_text('{folder}/release/../secret.csv')",
    "select * from read_blob('{folder}/*')",
    "select * from glob('{folder}/*')",
    "select * from parquet_scan('{folder}/release/records.parquet')",
    "select * from read_json('{folder}/secret.csv')",
    "select * from read_csv('https://example.org/a.csv')",
    "select * from query('copy records to ''{folder}/out.csv''')",
    "select * from sniff_csv('{folder}/secret.csv')",
    "select * from parquet_metadata('{folder}/release/records.parquet')",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_anything_else_is_refused_and_changes_nothing(release: Path, sql: str) -> None:
    folder = release.parents[1]
    before = bytes_of(folder)
    with pytest.raises(QueryError) as error:
        ask(release, sql.format(folder=folder))
    assert SECRET not in str(error.value)
    assert bytes_of(folder) == before


def test_settings_are_bounded_and_shut(release: Path) -> None:
    names = ("enable_external_access", "lock_configuration", "threads")
    (row,) = ask(release, "select " + ", ".join(f"current_setting('{name}') as {name}" for name in names)).to_pylist()
    assert row == {"enable_external_access": False, "lock_configuration": True, "threads": 2}


def test_an_answer_to_a_question_about_nothing_names_what_was_meant(release: Path) -> None:
    with pytest.raises(QueryError, match='Did you mean "records"'):
        ask(release, "select * from record")


# --- writing the answer ---------------------------------------------------------------------------------------------


def as_csv(table: pa.Table) -> list[list[str]]:
    out = io.StringIO(newline="")
    write_answer(table, "csv", out)
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-1", "@SUM(A1)", "\tx", "\rx", "\0x", '=HYPERLINK("http://x")'])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert as_csv(pa.table({"a": [text]})) == [["a"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["a\r=1+1", "a\n=1+1", "a\r\n=1+1", 'a"\n=1'])
def test_a_text_of_several_lines_stays_one_cell(text: str) -> None:
    table = pa.table({"a": [text], "b": [1]})
    assert as_csv(table) == [["a", "b"], [text, "1"]]
    out = io.StringIO(newline="")
    write_answer(table, "csv", out)
    assert out.getvalue().startswith("a,b\n")
    assert out.getvalue().endswith(",1\n")


def test_numbers_are_left_alone() -> None:
    table = pa.table({"whole": [-1], "part": [-2.5], "none": pa.array([None], pa.int64()), "text": ["a-b"]})
    assert as_csv(table)[1] == ["-1", "-2.5", "", "a-b"]


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_neutral_adds_an_apostrophe_or_nothing(value: object) -> None:
    made = neutral(value)
    if isinstance(value, str) and value[:1] and value[0] in "=+-@\t\r\0":
        assert made == "'" + value
    else:
        assert made is value


def test_json_and_parquet_hold_the_answer_as_it_is() -> None:
    table = pa.table({"name": ["=1", "caf\u00e9"], "n": [-1, 2]})
    text = io.StringIO()
    write_answer(table, "json", text)
    assert json.loads(text.getvalue()) == table.to_pylist()
    out = io.TextIOWrapper(io.BytesIO())
    write_answer(table, "parquet", out)
    assert pq.read_table(pa.BufferReader(out.buffer.getvalue())).equals(table)  # type: ignore[attr-defined]


def test_a_table_for_people_says_what_it_leaves_out() -> None:
    text = answer_text(pa.table({"n": list(range(250)), "note": [None] * 250}))
    assert "... 50 more rows; --format csv gives all" in text
    assert text.splitlines()[1].split() == ["0", "-"]
