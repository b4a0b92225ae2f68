"""`commongrid specs template`: a blank workbook for a partner without a system, and the spec that reads it filled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Json, day
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from datetime import date

    from pipelines.propose.template.made import Template
    from pipelines.specs.base import PeriodType
    from pipelines.specs.load import SpecSet


def specs_template(  # noqa: PLR0913, PLR0917 - an option each
    of: Annotated[str, typer.Argument(metavar="FEED|DATASET", help="A feed, PARTNER/DATASET, or a dataset.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx", help="Write the workbook here; else DATASET.xlsx.")
    ] = None,
    spec: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yml", help="Write the spec that reads it here; else DATASET.yml beside it."),
    ] = None,
    partner: Annotated[str | None, typer.Option(help="Of a dataset: the partner who is to fill it in.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="PERIOD", help="The first period it is for, as 2024-05.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="PERIOD_TYPE", help="How often it is sent: week, month, quarter and so on.")
    ] = None,
    location: Annotated[
        list[str] | None,
        typer.Option(help="Ask for places: grid_reference, coordinates, postcode, street, uprn, area; repeatable."),
    ] = None,
    boundary_set: Annotated[str | None, typer.Option(help="The boundary set that area codes are from.")] = None,
    times: Annotated[bool, typer.Option("--times", help="Ask for days with times, not for days alone.")] = False,
    identifiers: Annotated[
        bool, typer.Option("--identifiers", help="Ask for identifiers too, where a pseudonym of them is kept.")
    ] = False,
    agreed_by: Annotated[
        str | None, typer.Option(help="Who at the partner agreed to the lists: a role, or a document.")
    ] = None,
    agreed_on: Annotated[str | None, typer.Option(metavar="DAY", help="And when, as 2024-04-18.")] = None,
    send_to: Annotated[
        str | None, typer.Option(help="Whom the filled workbook goes to, as the first sheet is to say it.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a blank workbook for a partner to fill in, with lists to choose from, and the spec that reads it filled.

    Of a feed that reads a workbook it is the workbook that feed reads.
    """
    from pipelines.propose.template.made import Wanted, made
    from pipelines.propose.template.page import NoTemplateError
    from pipelines.specs.check import load_specs
    from warehouse.home import Home

    output, specs = Output(json), load_specs(Home.from_environment().specs)
    book = out or Path(f"{of.rpartition('/')[2]}.xlsx")
    if book.suffix.lower() != ".xlsx":
        fail(f"{book}: name a file that ends in .xlsx", USAGE)
    agreed = day(agreed_on, "--agreed-on")
    try:
        template = made(
            Wanted(
                of, book.stem, partner, _period(first), _every(every), tuple(location or ()), boundary_set, times,
                identifiers, agreed_by, agreed, send_to,
            ),
            specs,
        )  # fmt: skip
    except NoTemplateError as error:
        fail(str(error), USAGE)
    if template.spec is None and spec is not None:
        fail(f"{of} reads this workbook as it is: there is no other spec to write", USAGE)
    files = _files(template, book, spec or book.with_name(f"{template.dataset}.yml"), specs)
    _write(files)
    for path in files:
        output.say(f"written to {path}")
    for question in template.questions:
        output.say(f"  ask: {question.about}: {question.text}")
    asks = [{"about": question.about, "question": question.text} for question in template.questions]
    output.end({"dataset": template.dataset, "files": [str(path) for path in files], "questions": asks}, True)


def _period(text: str | None) -> date | None:
    from pipelines.specs.periods import first_day

    try:
        return first_day(text) if text is not None else None
    except ValueError:
        fail(f'--from: "{text}" is no period; write its first month as 2024-05, or its first day as 2024-05-06', USAGE)


def _every(text: str | None) -> PeriodType | None:
    from pipelines.specs.base import PeriodType
    from pipelines.specs.problems import nearest

    kinds = [kind.value for kind in PeriodType]
    if text is None or text in kinds:
        return PeriodType(text) if text else None
    fail(f'--every: "{text}" is none of {", ".join(kinds)}{nearest(text, kinds)}', USAGE)


def _files(template: Template, book: Path, spec: Path, specs: SpecSet) -> dict[Path, bytes]:
    """What is to be written where; the spec is checked as it will be read."""
    files = {book: template.book}
    if template.spec is None:
        return files
    if spec.stem != template.dataset:
        fail(f"{spec}: a feed's spec is named after its dataset, {template.dataset}.yml", USAGE)
    files[spec] = template.spec.encode()
    files |= {spec.parent / "codes" / f"{name}.csv": text.encode() for name, text in template.maps.items()}
    _check(template, specs)
    return files


def _check(template: Template, specs: SpecSet) -> None:
    """Read the spec and its maps as any trial does.

    Raises:
        SpecError: where they are not in order, which would be a fault of ours.
    """
    from tempfile import TemporaryDirectory

    from pipelines.orchestration.try_out import trial_of

    with TemporaryDirectory(prefix="commongrid-template-") as scratch:
        path = Path(scratch) / f"{template.dataset}.yml"
        path.write_text(template.spec or "", encoding="utf-8")
        (path.parent / "codes").mkdir()
        for name, text in template.maps.items():
            (path.parent / "codes" / f"{name}.csv").write_text(text, encoding="utf-8")
        trial_of(path, specs.root, None)


def _write(files: dict[Path, bytes]) -> None:
    """Write all, or where something else stands in the place of one, none."""
    from warehouse.home import whole

    for path, content in files.items():
        if path.exists() and path.read_bytes() != content:
            fail(f"{path} is there already, and somebody may have worked on it; name another file", USAGE)
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as draft:
                draft.write_bytes(content)
    except OSError as error:
        fail(f"{error.filename or next(iter(files))}: cannot be written ({error.strerror or error})")
