"""JSON Schema of every kind of spec file, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from pipelines.specs.agreements import Agreement
from pipelines.specs.base import Spec
from pipelines.specs.corrections import Correction
from pipelines.specs.feeds import Feed
from pipelines.specs.models import Code, CodeMapEntry, Dataset, Indicator, Partner
from pipelines.specs.replies import Reply

KINDS: dict[str, type[Spec] | type[list[Correction]] | type[list[Reply]] | type[list[Agreement]]] = {
    "partner": Partner,
    "feed": Feed,
    "corrections": list[Correction],
    "replies": list[Reply],
    "agreements": list[Agreement],
    "dataset": Dataset,
    "indicator": Indicator,
    "code": Code,
    "code_map_entry": CodeMapEntry,
}


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (draft 2020-12) by kind of spec file; the last two describe one row of a CSV."""
    return {
        kind: {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(model).json_schema()}
        for kind, model in KINDS.items()
    }
