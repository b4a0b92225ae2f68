"""Areas as a GeoPackage, for desktop mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def write_areas(connection: DuckDBPyConnection, path: Path) -> None:
    """Write the release's areas that have an outline to `path`, EPSG:27700, one layer a boundary set."""
    import shapely
    from pyogrio.raw import write

    sets = connection.execute("select distinct boundary_set from made.areas order by 1").fetchall()
    for (name,) in sets:
        table = connection.execute(
            "select area_code, area_name, parent_code, geometry from made.areas "
            "where boundary_set = ? and geometry is not null order by area_code",
            [name],
        ).fetchnumpy()
        shapes = shapely.from_wkt(table["geometry"].astype(object))
        fields = ("area_code", "area_name", "parent_code")
        write(
            path,
            geometry=shapely.to_wkb(shapes),
            field_data=[table[field].astype(object) for field in fields],
            fields=list(fields),
            layer=name,
            crs="EPSG:27700",
            geometry_type="MultiPolygon",
            promote_to_multi=True,
            append=path.exists(),
            driver="GPKG",
        )
