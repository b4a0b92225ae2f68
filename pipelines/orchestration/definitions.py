"""What Dagster loads: the definitions of the home that the environment names."""

from pipelines.orchestration.dagster_home import definitions_for
from warehouse.home import Home

defs = definitions_for(Home.from_environment())
