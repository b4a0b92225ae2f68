"""One file of an agency of the demo county: who sends it, when, under which name, and what is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pipelines.demo.county import County


@dataclass(frozen=True)
class AgencyFile:
    """One file. `content` makes its bytes of the county: the same, byte for byte, whichever others are written."""

    issued: date
    partner: str
    name: str
    content: Callable[[County], bytes]

    @property
    def path(self) -> str:
        """Where the file lands, below the landing folder."""
        return f"{self.partner}/{self.issued.isoformat()}/{self.name}"
