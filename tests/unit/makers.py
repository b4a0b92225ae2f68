"""What several unit tests make: copies of the specs to spoil, claims, street files, harmonised deliveries."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.harmonise.delivery import Delivered, Harmonised, harmonise
from pipelines.harmonise.returns import check_expected
from pipelines.intake.claims import Claim, Declared, claims, supplier_of
from pipelines.intake.sources import Source
from pipelines.place.reference import ReferenceData
from pipelines.protect.minimise import trial_guard
from pipelines.read.delivery import read_delivery
from pipelines.read.records import Records
from pipelines.specs.check import gather, load_specs
from pipelines.specs.feeds import Expect, Range
from pipelines.specs.load import CodeTable, SpecSet
from pipelines.specs.models import CodeMapEntry

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "ingest_specs"
NO_REFERENCE = ReferenceData(None)
DELIVERED = Delivered("d1", date(2026, 1, 1))

STREET = "police_uk/crime"
STREET_FILE = "2014-05-surrey-street.csv"
STREET_HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)
GUILDFORD = ("-0.5742", "51.2362")


@cache
def shipped() -> SpecSet:
    """The specs that come with the package. Nothing may change them."""
    return load_specs(SPECS)


def spoiled(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the shipped specs with (file, old text, new text) put in; the old text must be there, once."""
    root = folder / "ingest_specs"
    shutil.copytree(SPECS, root)
    for name, old, new in edits:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return root


def told(root: Path) -> list[str]:
    """All that is wrong with a folder of specs, as `file:line: message` with the file below that folder."""
    _specs, problems = gather(root)
    return [f"{Path(item.file).relative_to(root)}:{item.line}: {item.message}" for item in problems]


def line_of(path: Path, text: str) -> int:
    """The line a text stands on."""
    return path.read_text(encoding="utf-8").split(text)[0].count("\n") + 1


def claimed(name: str, declared: Declared | None = None, specs: SpecSet | None = None) -> Claim:
    """The one claim on a file of this name."""
    (found,) = claims(specs or shipped(), Source(Path(name)), declared or Declared())
    return found


def lenient(claim: Claim) -> Claim:
    """The same claim with a spec that takes any number of rows, and any share of them quarantined."""
    expect = Expect(rows=Range(), quarantined_share=1)
    return replace(claim, version=claim.version.model_copy(update={"expect": expect}))


def street(
    crime: str = "",
    kind: str = "Burglary",
    *,
    month: str = "2014-05",
    at: tuple[str, str] = GUILDFORD,
    outcome: str = "",
    context: str = "",
) -> list[str]:
    """One row of a street file."""
    where = ["Surrey Police", "Surrey Police", *at, "On or near High Street", "E01030428", "Guildford 007A"]
    return [crime, month, *where, kind, outcome, context]


def street_file(rows: Sequence[Sequence[str]]) -> bytes:
    """A street file of these rows."""
    return "".join(line + "\n" for line in [STREET_HEADER, *(",".join(row) for row in rows)]).encode()


def harmonised(
    content: bytes, claim: Claim, specs: SpecSet | None = None, reference: ReferenceData = NO_REFERENCE
) -> tuple[Records, Harmonised]:
    """A delivery read and harmonised by its claim."""
    specs = specs or shipped()
    guard = trial_guard(claim.feed, claim.version, specs, claim.facts.period)
    records = read_delivery(io.BytesIO(content), claim, specs.datasets[claim.feed.dataset], guard)
    made = harmonise(records, claim, specs, supplier_of(specs, claim), reference, DELIVERED)
    check_expected(made, records, claim)
    return records, made


def content_of(source: Source) -> bytes:
    """All that a source holds, unpacked."""
    with source.open() as stream:
        return stream.read()


def code_table(*entries: dict[str, Any]) -> CodeTable:
    """A code map of these entries, which are agreed unless they say otherwise."""
    agreed = {"agreed_by": "data desk", "agreed_on": "2014-01-01"}
    return CodeTable(
        Path("codes/made.csv"),
        tuple(CodeMapEntry.model_validate(agreed | entry) for entry in entries),
        tuple(range(2, len(entries) + 2)),
    )
