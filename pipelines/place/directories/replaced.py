"""A file of reference data that takes the place of an earlier one: not where it has far fewer records, unasked."""

from __future__ import annotations

from pathlib import Path

from pipelines.intake.refusal import Refusal

# As for returns (`expect.history.revision.limit`): half the records, or fewer, is a file cut short or the wrong one.
FAR_FEWER = 0.5


def refuse_far_fewer(count: int, in_place: Path, what: str, *, is_told: bool) -> None:
    """Refuse `count` new records, where the Parquet file that they would replace holds at least twice as many.

    Raises:
        Refusal: where they are far fewer and nobody said (`is_told`) that they are meant to be.
    """
    import polars as pl

    if is_told or not in_place.exists():
        return
    held = int(pl.scan_parquet(in_place).select(pl.len()).collect().item())
    if count <= held * FAR_FEWER:
        raise Refusal(
            "row_count_unexpected",
            f"{count:,} {what}, where {held:,} are in place: the file may have been cut short, or be one of several; "
            "give all files at once, or --accept-fewer if so few are meant",
        )
