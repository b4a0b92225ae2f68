"""What the agencies' files are written with: delimited text, points and times of day."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipelines.demo.geography import points_in

if TYPE_CHECKING:
    from pipelines.demo.county import County
    from pipelines.demo.geography import Floats, Generator


def delimited(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """Delimited text with a header and lines that end as Windows ends them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def points_of_people(county: County, count: int, rng: Generator, nobody: float = 15) -> Floats:
    """Points all over the county, thicker where people live, as (count, 2) metres in EPSG:27700.

    `nobody` is what a block without people weighs, in people: where things happen outside of towns too.
    """
    import numpy as np

    people = np.array([block.residents for block in county.blocks], dtype=float) + nobody
    chosen = rng.choice(len(county.blocks), count, p=people / people.sum())
    return points_in(np.array([block.polygon for block in county.blocks], dtype=object)[chosen], rng)


def minutes_of_day(count: int, rng: Generator, earliest: int = 0, latest: int = 24) -> list[str]:
    """`count` times of day between two whole hours, as `21:40`."""
    minutes = rng.integers(earliest * 60, latest * 60, count).tolist()
    return [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes]
