"""Checks that need more than one spec file: names that exist, dates that do not overlap, codes that agree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pipelines.specs.check_agreements import check_agreements
from pipelines.specs.check_codes import code_list_faults, source_faults
from pipelines.specs.check_corrections import check_corrections
from pipelines.specs.check_folders import check_folders
from pipelines.specs.check_reconciles import reconciles_faults
from pipelines.specs.check_recording import check_recording, unit_fault
from pipelines.specs.check_replies import check_replies
from pipelines.specs.check_version import VersionChecks
from pipelines.specs.load import FeedSpec, SpecSet, read_specs
from pipelines.specs.models import Dataset, Sensitivity
from pipelines.specs.periods import period_start
from pipelines.specs.problems import Problem, SpecError, nearest
from pipelines.specs.yaml_lines import Document


def gather(root: Path) -> tuple[SpecSet, list[Problem]]:
    """Read every spec below `root`; what could be read, and all that is wrong with it."""
    specs, problems = read_specs(root)
    return specs, sorted({*problems, *cross_check(specs)})


def load_specs(root: Path) -> SpecSet:
    """Read and check the specs below `root`.

    Raises:
        SpecError: with every problem found, if there is any.
    """
    specs, problems = gather(root)
    if problems:
        raise SpecError(problems)
    return specs


def cross_check(specs: SpecSet) -> list[Problem]:
    """Every problem between the files of a set; files that could not be read are passed over."""
    problems: list[Problem] = []
    for name, table in specs.code_lists.items():
        problems.extend(code_list_faults(name, table))
    problems.extend(source_faults(specs))
    for name, dataset in specs.datasets.items():
        problems.extend(_dataset(specs.documents["dataset", name], dataset, specs))
    for feed in specs.feeds.values():
        problems.extend(_feed(specs.documents["feed", feed.name], feed, specs))
    for partner in specs.corrections:
        problems.extend(check_corrections(partner, specs))
    for partner in specs.replies:
        problems.extend(check_replies(partner, specs))
    for name in specs.indicators:
        problems.extend(_indicator(name, specs))
    problems.extend(check_agreements(specs))
    problems.extend(check_folders(specs))
    return problems


def _dataset(document: Document, dataset: Dataset, specs: SpecSet) -> Iterator[Problem]:
    wanted = [
        ("clock", dataset.clock, "interval"),
        ("category", dataset.category, "code"),
        ("outcome", dataset.outcome, "code"),
    ]
    for role, name, kind in wanted:
        if name is None:
            if role == "clock" and dataset.shape == "event":
                yield document.problem((), "an event dataset names its `clock`, the interval field that dates a record")
            continue
        if name not in dataset.fields:
            yield document.problem((role,), f'{role}: no field "{name}"{nearest(name, dataset.fields)}')
        elif dataset.fields[name].type != kind:
            yield document.problem((role,), f'{role}: field "{name}" must be of type {kind}')
    yield from _shape(document, dataset)
    yield from _figures(document, dataset)
    yield from _additive(document, dataset, specs)
    yield from _key(document, dataset)
    for name, field in dataset.fields.items():
        if field.list is not None and field.list not in specs.code_lists:
            place = ("fields", name, "list")
            yield document.problem(place, f'no code list "{field.list}"{nearest(field.list, specs.code_lists)}')


def _shape(document: Document, dataset: Dataset) -> Iterator[Problem]:
    """What is counted without being an event has a category; an answer also has its question and its weight."""
    if dataset.shape in ("asset", "response") and dataset.category is None:
        message = f"a dataset of {dataset.shape}s names its `category`, the code field it is counted by"
        yield document.problem((), message)
    if dataset.shape != "response":
        return
    for name, kinds, is_needed in _ANSWER:
        field = dataset.fields.get(name)
        if field is None and not is_needed:
            message = f"a dataset of responses has a field `{name}` of type {kinds[0]}, which a feed need not fill"
            yield document.problem(("fields",), message)
        elif field is None or field.type not in kinds or (is_needed and not field.required):
            message = f"a dataset of responses has a field `{name}` of type {' or '.join(kinds)}"
            yield document.problem(("fields",), f"{message}{', `required: true`' if is_needed else ''}")


# The fields that counting answers needs: their types, and whether every answer has them.
_ANSWER = (
    ("question_code", ("code",), True), ("weight", ("number", "integer"), True), ("sample_size", ("integer",), False),
)  # fmt: skip


def _figures(document: Document, dataset: Dataset) -> Iterator[Problem]:
    """Supplied figures have a value and the area it is of."""
    if dataset.shape != "observation":
        return
    for name, kinds in (("area_code", ("text", "code")), ("value", ("number", "integer"))):
        if name not in dataset.fields or dataset.fields[name].type not in kinds:
            message = f"an observation dataset has a field `{name}` of type {' or '.join(kinds)}"
            yield document.problem(("fields",), message)


def _additive(document: Document, dataset: Dataset, specs: SpecSet) -> Iterator[Problem]:
    """Only figures add up, and what does is a code of the dataset's measures."""
    if dataset.additive and dataset.shape != "observation":
        yield document.problem(("additive",), "additive: events are counted; only the figures of an observation add up")
    measure = dataset.fields.get("measure")
    table = specs.code_lists.get(measure.list) if measure is not None and measure.list else None
    known = [entry.code for entry in table.entries] if table is not None else None
    for name in dataset.additive if isinstance(dataset.additive, tuple) else ():
        if measure is None:
            yield document.problem(("additive",), "additive: the dataset has no field `measure`; say true or false")
        elif known is not None and name not in known:
            message = f'additive: "{name}" is not a code of {measure.list}{nearest(name, known)}'
            yield document.problem(("additive",), message)


def _key(document: Document, dataset: Dataset) -> Iterator[Problem]:
    """The key is of fields that are stored and are texts or codes."""
    for index, name in enumerate(dataset.key):
        if name not in dataset.fields:
            yield document.problem(("key", index), f'key: no field "{name}"{nearest(name, dataset.fields)}')
        elif dataset.fields[name].sensitivity is Sensitivity.IDENTIFIER:
            yield document.problem(
                ("key", index), f'key: "{name}" is an identifier and is not stored, so it cannot be a key'
            )
        elif dataset.fields[name].type not in ("text", "code"):
            yield document.problem(("key", index), f'key: "{name}" must be a text or a code')


def _feed(document: Document, feed: FeedSpec, specs: SpecSet) -> Iterator[Problem]:
    dataset = specs.datasets.get(feed.dataset)
    if dataset is None:
        if ("dataset", feed.dataset) in specs.documents:
            return  # there is one, and what is wrong with it is told already
        message = f'there is no dataset "{feed.dataset}"; a feed\'s file is named after its dataset'
        yield document.problem((), message + nearest(feed.dataset, specs.datasets))
        return
    yield from check_recording(document, feed, specs)
    names_areas = any(column.field == "area_code" for version in feed.feed.versions for _, column in version.fills())
    has_set = feed.feed.boundary_set is not None or "boundary_set" in dataset.fields
    if dataset.shape == "observation" and names_areas and not has_set:
        yield document.problem((), "an observation feed names the `boundary_set` its area codes are from")
    if feed.feed.draft:
        message = "a draft: answer its questions, then take `draft` out; until then it loads nothing"
        yield document.problem(("draft",), message)
    for message in reconciles_faults(feed, dataset, specs):
        yield document.problem(("reconciles",), message)
    yield from _parts(document, feed, dataset)
    for index, version in enumerate(feed.feed.versions):
        yield from VersionChecks(document, feed, dataset, specs, index, version).all()


def _parts(document: Document, feed: FeedSpec, dataset: Dataset) -> Iterator[Problem]:
    """Where two versions report on one period, their files and the days of their rows tell them apart."""
    kind, versions = feed.feed.cadence.every, feed.feed.versions
    for index, (before, version) in enumerate(pairwise(versions), 1):
        if before.valid_to is None or before.valid_to < period_start(kind, version.valid_from):
            continue
        if before.valid_to < version.valid_from == period_start(kind, version.valid_from):
            continue
        what = f"the version before runs to {before.valid_to}, so both report on one period"
        if dataset.clock is None or feed.feed.recording.clock == "month":
            message = f"{what}; these rows do not say their day: let this one begin with a period, the other end before"
            yield document.problem(("versions", index, "valid_from"), message)
        if shared := set(before.files) & set(version.files):
            message = f'{what}; their files cannot both be called "{min(shared)}"'
            yield document.problem(("versions", index, "files"), message)
        if version.replaces != "reporting_period":
            message = f"{what}; a period in parts replaces its reporting_period, part by part"
            yield document.problem(("versions", index, "replaces"), message)


def _indicator(name: str, specs: SpecSet) -> Iterator[Problem]:
    document, indicator = specs.documents["indicator", name], specs.indicators[name]
    numerator, denominator = indicator.numerator, indicator.denominator
    for role, wanted, shape in (
        ("numerator", numerator.dataset, "event"),
        ("denominator", denominator.dataset, "observation"),
    ):
        dataset = specs.datasets.get(wanted)
        if dataset is None and ("dataset", wanted) in specs.documents:
            continue
        if dataset is None:
            yield document.problem((role, "dataset"), f'{role}: no dataset "{wanted}"{nearest(wanted, specs.datasets)}')
        elif dataset.shape != shape:
            yield document.problem((role, "dataset"), f'{role}: "{wanted}" holds {dataset.shape}s, not {shape}s')
    dataset = specs.datasets.get(numerator.dataset)
    if dataset is not None and dataset.category is not None and dataset.category in dataset.fields:
        scheme = dataset.fields[dataset.category].list or ""
        codes = specs.labels(scheme) if scheme in specs.code_lists else {}
        for code in (*numerator.categories, *numerator.except_categories):
            if codes and code not in codes:
                yield document.problem(("numerator",), f'"{code}" is not a code of {scheme}{nearest(code, codes)}')
    if message := unit_fault(numerator.unit_counted, specs):
        yield document.problem(("numerator", "unit_counted"), message)
    if indicator.lead_partner not in specs.partners:
        close = nearest(indicator.lead_partner, specs.partners)
        yield document.problem(("lead_partner",), f'no partner "{indicator.lead_partner}"{close}')
