"""The last records of a file, where the spec says that they are none: a footer of so many rows."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.read.records import ROW, Batch


def without_footer(batches: Iterator[Batch], count: int) -> Iterator[Batch]:
    """The batches without the last `count` records, which are skipped by the rule `footer`."""
    if not count:
        yield from batches
        return
    import polars as pl

    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        while sum(item.frame.height + len(item.unread) for item in held[1:]) >= count:
            yield held.pop(0)
    last = Batch(pl.concat([item.frame for item in held]))
    for item in held:
        last.unread += item.unread
        last.skipped += item.skipped
        last.notes += item.notes
    at = sorted([*last.frame[ROW], *(record.line for record in last.unread)])[-count:]
    last.frame = last.frame.filter(~pl.col(ROW).is_in(at))
    last.unread = [record for record in last.unread if record.line not in at]
    last.notes = [note for note in last.notes if note.line not in at]
    last.skipped["footer"] += len(at)
    yield last
