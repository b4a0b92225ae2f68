"""Points into areas by a grid of cells: the same answer as looking at every area, wherever points and edges lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box
from shapely.affinity import affine_transform

from pipelines.place import raster
from pipelines.place.raster import area_at, area_by_grid, area_by_tests

# Corners on a small lattice, so that areas share edges and corners, overlap, touch and lie in each other's holes.
LATTICE = 6
CORNER = st.tuples(st.integers(0, LATTICE), st.integers(0, LATTICE))


@st.composite
def surface(draw: st.DrawFn) -> Any:
    """A triangle, a rectangle, or several of them joined or with others cut out."""
    kind = draw(st.sampled_from(("triangle", "rectangle", "joined", "cut")))
    if kind == "triangle":
        drawn = Polygon(draw(st.lists(CORNER, min_size=3, max_size=3, unique=True)))
    elif kind == "rectangle":
        (west, south), (east, north) = draw(CORNER), draw(CORNER)
        drawn = box(min(west, east), min(south, north), max(west, east), max(south, north))
    else:
        parts = draw(st.lists(surface(), min_size=2, max_size=3))
        drawn = shapely.union_all(parts) if kind == "joined" else parts[0].difference(shapely.union_all(parts[1:]))
    parts = [part for part in shapely.get_parts(drawn) if part.geom_type == "Polygon" and part.area > 0]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


# How the lattice lies on the National Grid: scale and turn, then where. Turned, no edge follows a row of cells.
LAID = st.sampled_from(
    [
        (1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        (1000.0, 0.0, 0.0, 1000.0, 480_000.0, 128_000.0),
        (0.001, 0.0, 0.0, 0.001, 655_000.125, 1_213_000.3),
        (31.7, -17.3, 17.3, 31.7, 530_000.1, 180_000.7),
        (90_000.0, 0.0, 0.0, 0.3, 7_000.0, 5_300.0),
    ]
)


def around(shapes: list[Any], spare: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Points at every corner, in the middle of every edge, a hair beside it, and anywhere (`spare`, 0 to 1)."""
    drawn = np.array(shapes)
    corners = shapely.get_coordinates(drawn)
    if not len(corners):
        return spare[:, 0], spare[:, 1]
    middles = (corners[1:] + corners[:-1]) / 2
    extent = shapely.total_bounds(drawn)
    size = np.maximum(extent[2:] - extent[:2], 1e-3)
    anywhere = extent[:2] + (spare * 1.4 - 0.2) * size
    beside = np.vstack([np.nextafter(middles, np.inf), np.nextafter(corners, -np.inf)])
    points = np.vstack([corners, middles, beside, anywhere, extent[:2] - size * 1e6])
    return points[:, 0], points[:, 1]


@settings(max_examples=60, deadline=None)
@given(
    drawn=st.lists(surface(), min_size=1, max_size=6),
    laid=LAID,
    cells=st.sampled_from((1, 2, 7, 36, 100, 1_000, 50_000)),
    seed=st.integers(0, 999),
)
@example(drawn=[box(0, 0, 6, 6), box(0, 0, 6, 6)], laid=(1.0, 0, 0, 1.0, 0, 0), cells=36, seed=0)
@example(drawn=[box(2, 2, 3, 3), box(0, 0, 6, 6), box(1, 1, 5, 5)], laid=(1.0, 0, 0, 1.0, 0, 0), cells=1_000, seed=0)
@example(drawn=[MultiPolygon(), box(0, 0, 1, 1)], laid=(1.0, 0, 0, 1.0, 0, 0), cells=36, seed=0)
@example(drawn=[MultiPolygon()], laid=(1.0, 0, 0, 1.0, 0, 0), cells=36, seed=0)
def test_the_grid_says_what_looking_at_every_area_says(drawn: list[Any], laid: Any, cells: int, seed: int) -> None:
    shapes = [affine_transform(shape, laid) for shape in drawn]
    x, y = around(shapes, np.random.default_rng(seed).random((60, 2)))
    holds = np.array([shapely.intersects_xy(shape, x, y) for shape in shapes])
    expected = np.where(holds.any(axis=0), holds.argmax(axis=0), len(shapes))
    assert area_by_grid(np.array(shapes), x, y, cells).tolist() == expected.tolist()
    assert area_by_tests(np.array(shapes), x, y).tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_a_country_of_many_areas(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Areas like a map's: no gaps, thousands of points, and the marks made in several portions."""
    monkeypatch.setattr(raster, "_MARKS_AT_A_TIME", 5_000)
    random = np.random.default_rng(seed)
    seeds = random.uniform([480_000, 128_000], [545_000, 177_000], size=(150, 2))
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box(480_000, 128_000, 545_000, 177_000))
    # Every third area is missing, one has a hole, and one is of nine parts as small as a house, over the others.
    shapes = np.array([shape for index, shape in enumerate(cells.geoms) if index % 3])
    islands = [shapely.Point(at).buffer(8) for at in random.uniform([480_000, 128_000], [545_000, 177_000], (9, 2))]
    shapes[7] = shapely.difference(shapes[7], shapely.buffer(shapely.point_on_surface(shapes[7]), 700))
    shapes = np.append(shapes, [shapely.union_all(islands)])
    anywhere = random.uniform([470_000, 120_000], [555_000, 185_000], size=(20_000, 2))
    points = np.vstack([anywhere, shapely.get_coordinates(shapes)])
    by_tests = area_by_tests(shapes, points[:, 0], points[:, 1])
    for size in (50, 20_000, 400_000):
        assert (area_by_grid(shapes, points[:, 0], points[:, 1], size) == by_tests).all()
    assert (area_at(shapes, points[:, 0], points[:, 1]) == by_tests).all()
    assert len(set(by_tests.tolist())) > 90
    assert len(shapes) in by_tests


def test_the_order_of_points_changes_no_answer() -> None:
    random = np.random.default_rng(5)
    shapes = np.array([box(west, south, west + 2, south + 2) for west in range(9) for south in range(9)])
    x, y = random.integers(-1, 12, (2, 30_000)).astype(float)
    order = random.permutation(len(x))
    assert (area_at(shapes, x, y)[order] == area_at(shapes, x[order], y[order])).all()


def test_most_points_are_never_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes it fast: exact tests are for points in a cell with an edge."""
    tested = []
    plain = shapely.intersects_xy
    monkeypatch.setattr(shapely, "intersects_xy", lambda shape, x, y: tested.append(len(x)) or plain(shape, x, y))
    shapes = np.array([box(west, 0, west + 10, 100) for west in range(0, 100, 10)])
    x, y = np.random.default_rng(1).uniform(0, 100, (2, 50_000))
    area_at(shapes, x, y)
    assert 0 < sum(tested) < len(x) / 20


def test_no_areas_and_no_points() -> None:
    none = np.array([], dtype=object)
    some = np.arange(30_000.0)
    assert area_at(none, some, some).tolist() == [0] * 30_000
    assert area_at(none, some[:3], some[:3]).tolist() == [0, 0, 0]
    assert area_at(np.array([box(0, 0, 1, 1)]), some[:0], some[:0]).tolist() == []
