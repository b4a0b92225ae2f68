"""Writes the demo partners' files into landing, all of them or those of some stretch of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipelines.demo.agencies import agency_files
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.bulletin import bulletin_file
from pipelines.demo.county import County
from pipelines.demo.crime import crime_file
from pipelines.demo.population import population_file
from pipelines.demo.schedule import (
    COUNTY_COUNCIL,
    EASTMARK_COUNCIL,
    FENMARK_COUNCIL,
    HEATHMARK_COUNCIL,
    HIGHMARK_COUNCIL,
    MILLMARK_COUNCIL,
    NETHERMARK_COUNCIL,
    NORTHMARK_COUNCIL,
    OVERMARK_COUNCIL,
    POLICE,
    STONEMARK_COUNCIL,
    WESTMARK_COUNCIL,
    Planned,
    planned,
)
from pipelines.demo.southern_reports import fenmark_file, heathmark_file, highmark_file, stonemark_file
from pipelines.demo.southern_work import millmark_file, nethermark_file, overmark_file
from pipelines.demo.vehicles import eastmark_file, northmark_file, westmark_file

# What makes a file's bytes: the county, the first day of the period, and whether it is the corrected sending.
_CONTENT: dict[str, Callable[[County, date, bool], bytes]] = {
    POLICE: crime_file,
    NORTHMARK_COUNCIL: northmark_file,
    EASTMARK_COUNCIL: eastmark_file,
    WESTMARK_COUNCIL: westmark_file,
    MILLMARK_COUNCIL: millmark_file,
    FENMARK_COUNCIL: fenmark_file,
    HIGHMARK_COUNCIL: highmark_file,
    HEATHMARK_COUNCIL: heathmark_file,
    OVERMARK_COUNCIL: overmark_file,
    NETHERMARK_COUNCIL: nethermark_file,
    STONEMARK_COUNCIL: stonemark_file,
    COUNTY_COUNCIL: population_file,
}


def write_deliveries(
    county: County, landing: Path, *, issued_after: date | None = None, issued_to: date | None = None
) -> list[Path]:
    """Write the files issued after `issued_after` and up to and with `issued_to`; None sets no bound.

    A file is the same, byte for byte, whichever others are written with it.

    Args:
        county: from `make_county`.
        landing: the landing folder; files go to `<partner>/<issued YYYY-MM-DD>/<name>` below it.
        issued_after: leave out what was issued on or before this day.
        issued_to: leave out what was issued after this day.

    Returns:
        The files written, in order of issue.
    """
    written = []
    files: list[Planned | AgencyFile] = [*planned(), *agency_files()]
    for file in sorted(files, key=lambda file: (file.issued, file.path)):
        if issued_after is not None and file.issued <= issued_after:
            continue
        if issued_to is not None and file.issued > issued_to:
            continue
        path = landing / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_content(county, file))
        written.append(path)
    return written


def _content(county: County, file: Planned | AgencyFile) -> bytes:
    if isinstance(file, AgencyFile):
        return file.content(county)
    if file.is_bulletin:
        return bulletin_file(county, file.period)
    return _CONTENT[file.partner](county, file.period, file.correction)
