"""Workbooks spoiled at random places: each is read or refused, and nothing of ours fails over it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from tests.unit.workbooks import HEAD, ods_cell, ods_parts, read, xls, xls_text, xlsx_parts, zipped

BASES: list[dict[str, Any]] = [
    xlsx_parts(
        HEAD + '<row r="2"><c r="A2" s="1"><v>45509</v></c></row><row r="3"><c r="A3" t="e"><v>#N/A</v></c></row>'
    ),
    ods_parts(f'<table:table table:name="Removals"><table:table-row>{ods_cell("Ref")}</table:table-row></table:table>'),
]


def survives(content: bytes) -> None:
    try:
        records = read(content)
    except Refusal as refusal:
        assert str(refusal).startswith("x.xlsx:")
        # calamine panics over some; nothing of ours may fail.
        assert "the reader failed" not in str(refusal) or "PanicException" in str(refusal)
    else:
        assert records.headers_read == 1


@pytest.mark.slow
@settings(max_examples=120)
@given(st.data())
def test_a_workbook_spoiled_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    parts = dict(data.draw(st.sampled_from(BASES)))
    part = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(str(parts[part]).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    survives(zipped({**parts, part: bytes(content)}))


@pytest.mark.slow
@settings(max_examples=120)
@given(st.data())
def test_a_file_spoiled_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    whole = [zipped(BASES[0]), zipped(BASES[1]), xls(xls_text(0, 0, "Ref"), xls_text(1, 0, "x"))]
    content = bytearray(data.draw(st.sampled_from(whole)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    survives(bytes(content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content))
