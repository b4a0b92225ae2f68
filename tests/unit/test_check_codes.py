"""A code list that is no tree on some day is refused, each fault with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.makers import spoiled, told

HEADER = "code,label,parent,valid_from,valid_to,lower,upper\n"


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        ("a,A,b\n", 2, 'parent "b" is not a code of made'),
        (
            "a,A,c\nb,B,\nc,C,\nb,B,c\n",
            5,
            '"b" has two parents for the same dates, none and "c"; a code rolls up to one',
        ),
        (
            "x,X,\ny,Y,\na,A,x,,2015-03-31\na,A,y,2015-03-31,\n",
            5,
            '"a" has two parents for the same dates, "x" and "y"; a code rolls up to one',
        ),
        ("a,A,\na,Other,\n", 3, 'code "a" already stands on line 2 for the same dates'),
        ("p,P,,2011-04,\na,A,p\n", 3, '"a" is in force before 2011-04-01, when its parent "p" is not'),
        ("p,P,,,2011-03-31\na,A,p\n", 3, '"a" is in force on 2011-04-01, when its parent "p" is not'),
        (
            "p,P,,,2011-03-31\np,Q,,2011-05\na,A,p,2010-01,\n",
            4,
            '"a" is in force on 2011-04-01, when its parent "p" is not',
        ),
        ("a,A,,2015-01,2014-01\n", 2, "`valid_to` (2014-01-01) comes before `valid_from` (2015-01-01)"),
        ("a,Noise,\nb,noise,\n", 3, '"b" is called "noise" like "a" on line 2; siblings have names of their own'),
        ("a,A,,,,10,9\n", 2, '"a" has an upper bound of 9, below its lower'),
        ("p,P,,,,10,17\na,A,p,,,15,18\n", 3, '"a" reaches beyond the bounds of its parent "p"'),
        ("p,P,,,,10,17\na,A,p,,,9,10\n", 3, '"a" reaches beyond the bounds of its parent "p"'),
        ("p,P,,,,10,17\na,A,p,,,15,\n", 3, '"a" reaches beyond the bounds of its parent "p"'),
    ],
)
def test_a_fault_in_a_code_list_is_named_with_its_line(tmp_path: Path, rows: str, line: int, message: str) -> None:
    root = spoiled(tmp_path)
    (root / "codelists" / "made.csv").write_text(HEADER + rows, encoding="utf-8")
    assert told(root) == [f"codelists/made.csv:{line}: {message}"]


@pytest.mark.parametrize(
    "rows",
    [
        "p,P,,,2011-03-31\np,P,,2011-04\na,A,p\n",  # its meaning changed, and it was always in force
        "x,X,\ny,Y,\na,A,x,,2015-03-31\na,A,y,2015-04,\n",  # it moved
        "p,P,\nq,Q,\na,Other,p\nb,Other,q\n",  # one name, under two heads
        "a,Other,,,2015-03-31\nb,Other,,2015-04\n",  # one name, one after the other
        "p,P,,,,18,\na,A,p,,,75,\n",
    ],
)
def test_what_stands_one_after_the_other_is_no_fault(tmp_path: Path, rows: str) -> None:
    root = spoiled(tmp_path)
    (root / "codelists" / "made.csv").write_text(HEADER + rows, encoding="utf-8")
    assert told(root) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("weapons,Home Office,Weapons\n", 'there is no code list "weapons" (did you mean "weapon"?)'),
        ("weapon,Home Office,Weapons\n", 'the source of "weapon" already stands on line {line}'),
        ("made,,Weapons\n", "publisher: field required"),
    ],
)
def test_a_source_is_of_one_list_that_exists(tmp_path: Path, row: str, message: str) -> None:
    root = spoiled(tmp_path)
    sources = root / "codelists" / "sources.csv"
    text = sources.read_text(encoding="utf-8")
    lines = text.splitlines()
    line = next(number for number, kept in enumerate(lines, 1) if kept.startswith("weapon,"))
    sources.write_text(text + row, encoding="utf-8")
    assert told(root) == [f"codelists/sources.csv:{len(lines) + 1}: {message.format(line=line)}"]
