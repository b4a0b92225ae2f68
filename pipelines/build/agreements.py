"""The agreements in force as dbt reads them: what may be compared, and the finest categories of either side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pipelines.specs.agreements import Agreement, in_force
from pipelines.specs.hierarchy import Hierarchy
from pipelines.specs.load import SpecSet


def agreement_rows(specs: SpecSet, as_of: date) -> Iterator[dict[str, Any]]:
    """Each agreement that both partners have signed and that holds on a day, numbered from 1."""
    for number, item in enumerate(in_force(specs.agreements, as_of), start=1):
        (partner_a, dataset_a), (partner_b, dataset_b) = (name.split("/") for name in item.between)
        yield {
            "agreement": number,
            "partner_a": partner_a,
            "dataset_a": dataset_a,
            "partner_b": partner_b,
            "dataset_b": dataset_b,
            "categories": "; ".join(", ".join(item.categories.get(name, ())) or "all" for name in item.between),
            "within_m": item.within_m,
            "within_hours": item.within_hours,
            "agreed_on": item.agreed_on,
        }


def agreement_sides(specs: SpecSet, as_of: date) -> Iterator[dict[str, Any]]:
    """For each side of each such agreement its feed, and each category that may be compared."""
    for number, item in enumerate(in_force(specs.agreements, as_of), start=1):
        for side, name in zip("ab", item.between, strict=True):
            partner, dataset = name.split("/")
            for code in _categories(item, name, specs):
                yield {"agreement": number, "side": side, "partner": partner, "dataset": dataset, "category_code": code}


def _categories(item: Agreement, name: str, specs: SpecSet) -> list[str]:
    """The finest codes; one that others roll up to stands for all of them."""
    dataset = specs.datasets[name.partition("/")[2]]
    code_list = dataset.fields[dataset.category].list if dataset.category else None
    tree = Hierarchy(specs.code_lists[code_list].entries if code_list else ())
    wanted = set(item.categories.get(name, ()))
    leaves = sorted({entry.code for entry in tree.leaves()})
    return [code for code in leaves if not wanted or wanted & {code, *tree.ancestors(code)}]
