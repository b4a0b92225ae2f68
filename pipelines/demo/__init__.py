"""An invented county and its partners' files, so that everything can be seen at work with no outside data.

`make_county` draws the county from one seed; `write_reference` writes its boundaries and postcodes; `write_deliveries`
writes what its partners send, in two instalments that meet at `FIRST_INSTALMENT`. Importing this pulls in no heavy
library: those are imported where they are used.
"""

from pipelines.demo.county import SEED, Area, Block, County, Postcode, make_county
from pipelines.demo.deliveries import write_deliveries
from pipelines.demo.population import BOUNDARY_SETS
from pipelines.demo.reference import ReferenceFiles, write_reference
from pipelines.demo.schedule import FIRST_INSTALMENT

__all__ = [
    "BOUNDARY_SETS",
    "FIRST_INSTALMENT",
    "SEED",
    "Area",
    "Block",
    "County",
    "Postcode",
    "ReferenceFiles",
    "make_county",
    "write_deliveries",
    "write_reference",
]
