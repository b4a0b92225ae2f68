"""What was read of a delivery, with what people have asked of the rows about them done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from pipelines.protect.rights import Act, Rights
from pipelines.read.records import ROW, Erased, Records, Rectified

# Tells of a record that is to be erased whose it is, and of which period: a line for each row that it makes.
Whose = Callable[[int], Iterable[Erased]]


def as_asked(records: Records, rights: Rights, delivery_id: str, columns: list[str], whose: Whose) -> Records:
    """What was read without the rows that were erased, and with what else is asked of the others.

    Args:
        records: what was read.
        rights: the register of requests.
        delivery_id: the delivery.
        columns: those of its columns that hold pseudonyms.
        whose: tells whose a record was.
    """
    import polars as pl

    asked = rights.in_force()
    if not asked:
        return records
    erased: set[int] = set()
    restricted: set[int] = set()
    rectified: list[Rectified] = []
    for request in asked:
        rows = rights.rows_in(request, delivery_id, records.frame, columns)
        if request.act is Act.ERASE:
            erased |= rows
        elif request.act is Act.RESTRICT:
            restricted |= rows
        elif request.column is not None:
            rectified += [Rectified(row, request.column, request.text or "", request.id) for row in sorted(rows)]
    there = sorted(erased & set(records.frame[ROW].to_list()))
    return replace(
        records,
        frame=records.frame.filter(~pl.col(ROW).is_in(there)) if there else records.frame,
        erased=[*records.erased, *(item for row in there for item in whose(row))],
        restricted=sorted(restricted - erased),
        rectified=[item for item in rectified if item.row not in erased],
    )
