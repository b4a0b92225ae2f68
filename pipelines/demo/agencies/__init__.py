"""What the demo county's agencies send besides crime and abandoned vehicles. Each module plans its files itself."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.fire import fire_incidents
from pipelines.demo.agencies.fly_tipping import fly_tipping
from pipelines.demo.agencies.licensing import licensed_premises
from pipelines.demo.agencies.noise import noise_complaints
from pipelines.demo.agencies.police_asb import police_asb
from pipelines.demo.agencies.police_outcomes import police_outcomes
from pipelines.demo.agencies.residents_survey import residents_survey
from pipelines.demo.agencies.small_areas import small_areas
from pipelines.demo.agencies.stop_search import stop_search
from pipelines.demo.agencies.street_lights import street_lights

# What each agency ever sends, a function a module.
AGENCIES: tuple[Callable[[], list[AgencyFile]], ...] = (
    police_outcomes,
    police_asb,
    stop_search,
    fire_incidents,
    noise_complaints,
    fly_tipping,
    licensed_premises,
    street_lights,
    small_areas,
    residents_survey,
)


def agency_files() -> list[AgencyFile]:
    """Every file these agencies ever send, in order of issue."""
    files = [file for planned in AGENCIES for file in planned()]
    return sorted(files, key=lambda file: (file.issued, file.path))
