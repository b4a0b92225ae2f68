"""Between a CRS and the National Grid: exactly, each way, or refused where what is exact is not at hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.place.transform import ApproximateTransformError, from_national_grid, to_national_grid
from tests.unit.makers import ROOT

# Each line says what came of one transformation with OSTN15 in a process that starts so; test point TP04 of OSTN15.
TOLD = """
import warnings; warnings.simplefilter("ignore")
import numpy as np
from pipelines.place.transform import ApproximateTransformError, from_national_grid, to_national_grid
for crs, x, y in (("EPSG:4258", -1.29782277240, 50.57563665000), ("EPSG:4326", -1.29782277240, 50.57563665000),
                  ("EPSG:4277", -1.2962, 50.5750), ("EPSG:25830", 620535.0, 5604022.0)):
    for transform, *point in ((to_national_grid, x, y), (from_national_grid, 449816.371, 75335.861)):
        try:
            found = transform(*(np.array([value]) for value in point), crs)
        except ApproximateTransformError as error:
            print(crs, transform.__name__, "refused:", error)
        else:
            print(crs, transform.__name__, *(f"{value[0]:.8f}" for value in found))
"""
HIDE_OSTN15 = "import sys; sys.modules['convertbng'] = sys.modules['convertbng.cutil'] = None\n"


def told(before: str) -> list[list[str]]:
    said = subprocess.run(
        [sys.executable, "-c", before + TOLD], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    return [line.split(maxsplit=3) for line in said.splitlines()]


def test_without_ostn15_every_transformation_is_refused() -> None:
    lines = told(HIDE_OSTN15)
    assert len(lines) == 8
    for crs, _way, verdict, why in lines:
        assert verdict == "refused:"
        assert "OSTN15 is not at hand" in why or (crs == "EPSG:4277" and "only an approximate transformation" in why)


def test_without_any_grid_file_of_proj_nothing_degrades(tmp_path: Path) -> None:
    import shutil

    import pyproj

    for name in ("proj.db", "proj.ini"):
        shutil.copy(Path(pyproj.datadir.get_data_dir()) / name, tmp_path)
    here = f"import pyproj; pyproj.network.set_network_enabled(False); pyproj.datadir.set_data_dir({str(tmp_path)!r})\n"
    lines = told(here)
    refused = [(crs, way) for crs, way, verdict, _ in lines if verdict == "refused:"]
    # What would need the shifts as a file of PROJ is refused, and what goes by those built in is exact.
    assert refused == [("EPSG:4277", "to_national_grid"), ("EPSG:4277", "from_national_grid")]
    for crs, way, x, y in lines:
        if crs in ("EPSG:4258", "EPSG:4326"):
            right = (449816.371, 75335.861) if way == "to_national_grid" else (-1.29782277240, 50.57563665000)
            within = 0.002 if way == "to_national_grid" else 1e-7
            assert (float(x), float(y)) == (pytest.approx(right[0], abs=within), pytest.approx(right[1], abs=within))


# Within OSTN15's whole extent on land and inshore, from Scilly to Unst.
@given(st.floats(200_000, 600_000), st.floats(60_000, 1_000_000), st.sampled_from(["EPSG:4326", "EPSG:25830"]))
def test_there_and_back_is_where_it_was(east: float, north: float, crs: str) -> None:
    there = from_national_grid(np.array([east]), np.array([north]), crs)
    back = to_national_grid(*there, crs)
    if np.isfinite(there[0][0]):
        assert (back[0][0], back[1][0]) == (pytest.approx(east, abs=0.002), pytest.approx(north, abs=0.002))


def test_the_grid_itself_stays_as_it_is() -> None:
    east, north = from_national_grid(np.array([499750.0]), np.array([149650.0]), "EPSG:27700")
    assert (east[0], north[0]) == (499750.0, 149650.0)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25830"])
def test_where_ostn15_has_no_value_there_is_none(crs: str) -> None:
    x, y = from_national_grid(np.array([-500_000.0, 499_750.0]), np.array([0.0, 149_650.0]), crs)
    assert np.isnan([x[0], y[0]]).all()
    assert np.isfinite([x[1], y[1]]).all()


@pytest.mark.filterwarnings("ignore:Best transformation is not available")
@pytest.mark.parametrize("crs", ["EPSG:4277", "EPSG:4230", "EPSG:29902", "EPSG:4267"])
def test_a_crs_that_can_only_be_approximated_is_refused_on_the_way_back_too(crs: str) -> None:
    with pytest.raises(ApproximateTransformError, match=f"only an approximate transformation to {crs} is at hand"):
        from_national_grid(np.array([499750.0]), np.array([149650.0]), crs)


def test_a_crs_nobody_knows_is_refused_on_the_way_back_too() -> None:
    with pytest.raises(ApproximateTransformError, match="EPSG:99999 is not a CRS that is known here"):
        from_national_grid(np.array([499750.0]), np.array([149650.0]), "EPSG:99999")
