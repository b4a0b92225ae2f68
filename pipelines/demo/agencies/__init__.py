"""What the demo county's agencies send besides crime and abandoned vehicles. Each module plans its files itself."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.demo.agencies.ambulance import ambulance_files
from pipelines.demo.agencies.emergency import emergency_files
from pipelines.demo.agencies.exclusions import exclusion_files
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.probation import probation_files
from pipelines.demo.agencies.youth import youth_files

# What each agency ever sends, a function a module.
AGENCIES: tuple[Callable[[], list[AgencyFile]], ...] = (
    probation_files,
    youth_files,
    exclusion_files,
    emergency_files,
    ambulance_files,
)


def agency_files() -> list[AgencyFile]:
    """Every file these agencies ever send, in order of issue."""
    files = [file for planned in AGENCIES for file in planned()]
    return sorted(files, key=lambda file: (file.issued, file.path))
