"""Checks of the agreements against the feeds they are about."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.agreements import Declared
from pipelines.specs.load import AGREEMENTS, SpecSet
from pipelines.specs.problems import Problem, nearest


def check_agreements(specs: SpecSet) -> Iterator[Problem]:
    """Every problem: feeds and codes that are not there, and two agreements about the same feeds."""
    document = specs.documents.get((AGREEMENTS, ""))
    seen: dict[frozenset[str], int] = {}
    for item in specs.agreements if document is not None else ():
        assert document is not None
        for place, message in _faults(item, specs):
            yield document.problem((item.index, *place), message)
        feeds = frozenset(item.agreement.between)
        if feeds in seen:
            line = document.line((seen[feeds],))
            yield document.problem((item.index,), f"these feeds have an agreement on line {line} already; make it one")
        seen.setdefault(feeds, item.index)


def unsigned(specs: SpecSet) -> list[Problem]:
    """The agreements that a partner has not signed: no problems, but nothing is counted under them."""
    document = specs.documents.get((AGREEMENTS, ""))
    if document is None:
        return []
    return [
        document.problem(
            (item.index,),
            f"{' and '.join(item.agreement.unsigned)} did not sign: nothing is counted until `agreed_by` says who did",
        )
        for item in specs.agreements
        if item.agreement.unsigned
    ]


def _faults(item: Declared, specs: SpecSet) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for at, name in enumerate(item.agreement.between):
        if name not in specs.feeds:
            if ("feed", name) not in specs.documents:
                yield ("between", at), f'there is no feed "{name}"{nearest(name, specs.feeds)}'
            continue
        dataset = specs.datasets.get(name.partition("/")[2])
        if dataset is None:
            continue
        if dataset.shape != "event" or dataset.category is None:
            yield ("between", at), f'"{name}" holds {dataset.shape}s; only events happen at a time and place'
            continue
        code_list = dataset.fields[dataset.category].list if dataset.category in dataset.fields else None
        known = specs.labels(code_list) if code_list in specs.code_lists else {}
        for code in item.agreement.categories.get(name, ()):
            if known and code not in known:
                yield ("categories", name), f'"{code}" is not a code of {code_list}{nearest(code, known)}'
