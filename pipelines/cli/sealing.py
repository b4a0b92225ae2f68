"""`commongrid seal`: files of people that lie open in landing."""

from __future__ import annotations

from pipelines.cli.options import Json
from pipelines.cli.output import Output


def seal(json: Json = False) -> None:
    """Seal what lies open in landing though it is of people: what was taken before, or is not loaded yet."""
    from pipelines.cli.commands import opened
    from pipelines.orchestration.open_files import seal_all

    output = Output(json)
    with opened(output) as at:
        done = seal_all(at.home, at.specs, at.ledger, output.say)
        landing = at.home.landing
    output.say(f"{len(done)} file{'s' * (len(done) != 1)} sealed")
    output.end({"sealed": [path.relative_to(landing).as_posix() for path in done]}, True)
