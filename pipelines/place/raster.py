"""Many points into areas at once: a grid of cells answers for most of them, exact geometry for those near an edge.

The grid knows of each cell which areas have an edge in it, and which area holds it wholly. A point in a cell without an
edge has its answer by one look; the others are tested, against the areas that have an edge in their cell.

Why the answer is exact: an edge marks every cell that it comes within `_MARGIN` of, which is far more than arithmetic
can be out by, so a cell that an area has not marked lies wholly inside or wholly outside the area. Which of the two can
change along a row of cells only where the area has marked them, and changes as often as its edges cross the middle of
the row there: an odd number of crossings goes in, or out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# In cells. Where a corner or a point lies, counted in cells, is out by less than 1e-8.
_MARGIN = 1e-6
# Below so many points, testing them all is done as soon as the grid is made.
_FEWEST_POINTS = 20_000
# So many that few points lie in a cell with an edge, and so few that they are soon made. The most take 128 MB.
_CELLS_A_POINT = 4
_MOST_CELLS = 16_000_000
# Marks are made for some areas at a time, of about so many together.
_MARKS_AT_A_TIME = 4_000_000
# What a cell holds: the sum of the numbers of the areas that hold it wholly, how many these are, and whether any area
# has an edge in it.
_ONE_AREA = 1 << 32
_MARK = 1 << 62


def area_at(shapes: Array, x: Array, y: Array) -> Array:
    """The number of the first of the areas that hold each point, edges included; the number of areas where none does.

    Args:
        shapes: valid polygons and multipolygons, the first to be taken where several hold a point.
        x: the points' eastings, finite.
        y: the points' northings, finite.
    """
    if len(x) < _FEWEST_POINTS or not len(shapes):
        return area_by_tests(shapes, x, y)
    return area_by_grid(shapes, x, y, min(_MOST_CELLS, _CELLS_A_POINT * len(x)))


def area_by_tests(shapes: Array, x: Array, y: Array) -> Array:
    """As `area_at`, with every point tested against every area whose extent holds it."""
    import shapely

    shapely.prepare(shapes)
    area, point = shapely.STRtree(shapely.points(x, y)).query(shapes, predicate="intersects")
    return _lowest(point, area, len(x), len(shapes))


def area_by_grid(shapes: Array, x: Array, y: Array, cells: int) -> Array:
    """As `area_at`, by way of a grid of about so many cells."""
    import numpy as np
    import shapely

    nowhere = len(shapes)
    answer = np.full(len(x), nowhere)
    west, south, east, north = shapely.total_bounds(shapes)
    near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    if not len(near):
        return answer
    grid = _Grid.over((west, south, east, north), cells)
    marks = _marks(shapes, grid)
    x, y = x[near], y[near]
    cell = grid.cell(x, y)
    held = _wholly_inside(marks, grid)[cell]
    is_marked = held >= _MARK
    held &= _MARK - 1
    found = np.where(held >= _ONE_AREA, held & (_ONE_AREA - 1), nowhere)
    at = np.flatnonzero(is_marked)
    found[at] = np.minimum(found[at], _by_marks(shapes, marks, cell[at], x[at], y[at]))
    # Where several areas hold a cell, the sum of their numbers does not say which they are.
    at = np.flatnonzero(held >= 2 * _ONE_AREA)
    found[at] = area_by_tests(shapes, x[at], y[at])
    answer[near] = found
    return answer


def _lowest(point: Array, area: Array, points: int, nowhere: int) -> Array:
    """The lowest area of each point, from pairs of both."""
    import numpy as np

    lowest = np.full(points, nowhere)
    np.minimum.at(lowest, point, area)
    return lowest


class _Grid(NamedTuple):
    """Cells over an extent, in rows from the south-west, with a row and a column to spare on every side."""

    west: float
    south: float
    cell_width: float
    cell_height: float
    columns: int
    rows: int

    @classmethod
    def over(cls, extent: tuple[float, float, float, float], cells: int) -> _Grid:
        west, south, east, north = extent
        width, height = east - west, north - south
        columns = min(cells, max(1, int(sqrt(cells * width / height))))
        rows = max(1, cells // columns)
        return cls(west, south, width / columns, height / rows, columns + 2, rows + 2)

    @property
    def cells(self) -> int:
        return self.columns * self.rows

    def across(self, x: Array) -> Array:
        """Eastings, counted in cells."""
        return (x - self.west) / self.cell_width + 1

    def up(self, y: Array) -> Array:
        """Northings, counted in cells."""
        return (y - self.south) / self.cell_height + 1

    def cell(self, x: Array, y: Array) -> Array:
        """The cells of points within the extent."""
        row, column = self.up(y).astype("int64"), self.across(x).astype("int64")
        cells: Array = row * self.columns + column
        return cells


class _Marks(NamedTuple):
    """Each cell that an area's edges come to, by area and cell, and whether the cells behind it lie inside the area."""

    area: Array
    cell: Array
    goes_inside: Array


def _marks(shapes: Array, grid: _Grid) -> _Marks:
    import numpy as np

    portions = [_marks_of(shapes[some], some.start, grid) for some in _portions(shapes, grid)]
    return _Marks(*(np.concatenate(column) for column in zip(*portions, strict=True)))


def _portions(shapes: Array, grid: _Grid) -> Iterator[slice]:
    """Runs of areas that make some millions of marks together."""
    import numpy as np
    import shapely

    lengths = shapely.length(shapes) / min(grid.cell_width, grid.cell_height)
    marks = 2 * lengths + 2 * shapely.get_num_coordinates(shapes)
    starts = np.flatnonzero(np.diff(np.cumsum(marks) // _MARKS_AT_A_TIME, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(shapes)], strict=True):
        yield slice(int(start), int(end))


def _marks_of(shapes: Array, first: int, grid: _Grid) -> _Marks:
    import numpy as np

    area, from_x, from_y, to_x, to_y = _edges(shapes, grid)
    # The parts of the edges in each row of cells.
    edge, row = _each(np.floor(from_y - _MARGIN), np.floor(to_y + _MARGIN))
    area, from_x, from_y, to_x, to_y = (part[edge] for part in (area, from_x, from_y, to_x, to_y))
    rise = to_y - from_y
    slope = np.divide(to_x - from_x, rise, out=np.zeros(len(rise)), where=rise > 0)
    enters = from_x + (np.clip(row - _MARGIN, from_y, to_y) - from_y) * slope
    leaves = to_x - (to_y - np.clip(row + 1 + _MARGIN, from_y, to_y)) * slope
    is_crossing = (from_y <= row + 0.5) & (row + 0.5 < to_y)
    # The cells of each part. It may count as crossing in any of them: it has marked all.
    west = np.floor(np.minimum(enters, leaves) - _MARGIN).astype(np.int64)
    part, column = _each(west, np.floor(np.maximum(enters, leaves) + _MARGIN))
    cell = (area * grid.rows + row)[part] * grid.columns + column
    cell = np.sort(cell * 2 + (is_crossing[part] & (column == west[part])))
    # Rings are closed, so that every row of an area is crossed an even number of times: each begins outside again.
    is_inside = np.cumsum(cell & 1) & 1 == 1
    cell >>= 1
    last = np.append(np.flatnonzero(cell[1:] != cell[:-1]), len(cell) - 1)[: len(cell)]
    area, cell = np.divmod(cell[last], grid.cells)
    return _Marks(area + first, cell, is_inside[last])


def _edges(shapes: Array, grid: _Grid) -> tuple[Array, Array, Array, Array, Array]:
    """The area of each edge and its ends in cells, x and y, the southern end first."""
    import numpy as np
    import shapely

    parts, area = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = grid.across(corners[:, 0]), grid.up(corners[:, 1])
    start = np.flatnonzero(ring[1:] == ring[:-1])
    is_down = y[start] > y[start + 1]
    south, north = start + is_down, start + ~is_down
    return area[part[ring[start]]], x[south], y[south], x[north], y[north]


def _each(first: Array, last: Array) -> tuple[Array, Array]:
    """Every whole number from each first to its last, and of which pair it is."""
    import numpy as np

    counts = (last - first).astype(np.int64) + 1
    pair = np.repeat(np.arange(len(counts)), counts)
    return pair, np.arange(len(pair)) + (first.astype(np.int64) - np.cumsum(counts) + counts)[pair]


def _wholly_inside(marks: _Marks, grid: _Grid) -> Array:
    """Of each cell, how many areas hold it wholly, the sum of their numbers, and whether it is marked."""
    import numpy as np

    inside = np.zeros(grid.cells, dtype=np.int64)
    goes_in, was_in = marks.goes_inside, np.append(False, marks.goes_inside[:-1])
    # From one mark to the next along a row, an area holds all cells between them or none.
    np.add.at(inside, marks.cell[goes_in] + 1, marks.area[goes_in] + _ONE_AREA)
    np.subtract.at(inside, marks.cell[was_in], marks.area[was_in] + _ONE_AREA)
    np.cumsum(inside, out=inside)
    inside[marks.cell] |= _MARK
    return inside


def _by_marks(shapes: Array, marks: _Marks, cell: Array, x: Array, y: Array) -> Array:
    """The first of the areas with an edge in the cell of each point that holds it."""
    import numpy as np
    import shapely

    count = len(shapes)
    marked = np.sort(marks.cell * count + marks.area)
    point, at = _each(np.searchsorted(marked, cell * count), np.searchsorted(marked, (cell + 1) * count) - 1)
    area = marked[at] % count
    shapely.prepare(shapes)
    holds = shapely.intersects_xy(shapes[area], x[point], y[point])
    return _lowest(point[holds], area[holds], len(x), count)
