"""Whom each row of a delivery speaks for: said of the whole, or by a column, through a map where it has codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.harmonise.code_maps import IGNORED_TEXT, UNMAPPED, decide, faults_of
from pipelines.harmonise.faults import INDEX, Faults
from pipelines.harmonise.values import cleaned
from pipelines.intake.claims import Claim
from pipelines.specs.load import SpecSet

if TYPE_CHECKING:
    import polars as pl

_SUPPLIER = "supplier"


def row_suppliers(
    text: pl.DataFrame, claim: Claim, specs: SpecSet, whole: str, on: pl.Series, faults: Faults
) -> tuple[pl.Series, pl.Series]:
    """The supplier of each row, and which rows are left out on purpose by the map that tells it.

    Args:
        text: every row made, as text, with `_index`.
        claim: the feed and version that read it.
        specs: the specs in force.
        whole: whom all of the delivery speaks for; empty where its rows say so.
        on: for each row the first day of its reporting period, by which map entries are valid.
        faults: takes the rows that speak for nobody the partner declares, whose supplier is null.
    """
    import polars as pl

    declared = claim.version.supplier
    nobody_left_out = pl.Series([False], dtype=pl.Boolean).new_from_index(0, text.height)
    if declared is None:
        return pl.Series(_SUPPLIER, [whole], dtype=pl.String).new_from_index(0, text.height), nobody_left_out
    column = declared.column
    named, said = text.select(INDEX, column), text.select(cleaned(column)).to_series()
    if declared.map is None:
        unknown = ~said.is_in(list(specs.partners[claim.feed.partner].suppliers)).fill_null(False)
        suppliers, left_out = said.set(unknown, None), nobody_left_out
    else:
        table = claim.feed.maps[declared.map]
        decided = decide(said, on, table, {})
        for fault in faults_of(decided, table, {}):
            if fault.issue_type != UNMAPPED:
                faults.add(named.filter(fault.rows), fault.issue_type, column, fault.message, column)
        unknown = decided["end"].fill_null(UNMAPPED) == UNMAPPED
        suppliers, left_out = decided["code"], (decided["end"] == IGNORED_TEXT).fill_null(False)
    message = "the partner has no such supplier; add it to partner.yml"
    faults.add(named.filter(unknown), "row_of_no_supplier", column, message, column)
    return suppliers.alias(_SUPPLIER), left_out
