"""A new return against its feed's history: one Great Expectations validation over one row per return.

It judges the delivery as a whole (how many rows, in which categories), never a row. What lies beyond a limit is a
warning or a stop, as the feed's spec says; a stopped return is held: kept, and not current until somebody accepts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from pipelines.specs.feeds import History

# Seasons repeat after a year; two years of history hold each month twice and stay about the present.
HISTORY_RETURNS = 24


@dataclass(frozen=True)
class Profile:
    """One return as its check sees it; `history` are the rows and category counts of earlier returns, oldest first."""

    key: tuple[str, ...]
    rows: int
    categories: Mapping[str, int]
    history: Sequence[tuple[int, Mapping[str, int]]]
    limits: History


@dataclass(frozen=True)
class Verdict:
    """What was found of one return."""

    key: tuple[str, ...]
    issue_type: str
    action: str
    message: str


def judge(profiles: Sequence[Profile]) -> list[Verdict]:
    """Everything that is unlike history among the returns that have enough of it."""
    judged = [profile for profile in profiles if len(profile.history) >= profile.limits.after]
    if not judged:
        return []
    facts = [_facts(profile) for profile in judged]
    verdicts = []
    for check, rows in _validate(facts).items():
        for row in sorted(rows):
            profile, fact = judged[row], facts[row]
            if check == "category_mix":
                limit = profile.limits.category_mix
                message = f"categories are {fact['mix_distance']:.0%} unlike its history (limit {limit.limit:.0%})"
                verdicts.append(Verdict(profile.key, "mix_unlike_history", limit.action, message))
            else:
                limit = profile.limits.volume
                usual = f"{fact['rows_low']:,.0f} to {fact['rows_high']:,.0f}"
                message = f"{profile.rows:,} rows, where its history suggests {usual}"
                verdicts.append(Verdict(profile.key, "volume_unlike_history", limit.action, message))
    return verdicts


def _facts(profile: Profile) -> dict[str, float]:
    recent = profile.history[-HISTORY_RETURNS:]
    usual = median(rows for rows, _ in recent)
    past: Counter[str] = Counter()
    for _, categories in recent:
        past.update(categories)
    factor = profile.limits.volume.limit
    return {
        "rows": profile.rows,
        "rows_low": usual / factor,
        "rows_high": usual * factor,
        "mix_distance": mix_distance(profile.categories, past),
        "mix_limit": profile.limits.category_mix.limit,
    }


def mix_distance(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Total variation distance between two mixes, 0 to 1: the share of rows that would have to change category.

    Where either is empty there is nothing to compare: 0.
    """
    first, second = sum(one.values()), sum(other.values())
    if not first or not second:
        return 0.0
    return sum(abs(one.get(name, 0) / first - other.get(name, 0) / second) for name in {*one, *other}) / 2


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's warnings and its tales of temporary folders: nothing to a person who loads files."""
    import logging
    import warnings

    before = logging.root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.INFO)
        try:
            yield
        finally:
            logging.disable(before)


def _validate(facts: list[dict[str, float]]) -> dict[str, set[int]]:
    """Run the validation; the rows that fail, by check."""
    import os

    # Great Expectations would otherwise try to report its use over the network.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with _quiet():
        import great_expectations as gx
        import great_expectations.expectations as gxe
        import pandas as pd

        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("returns")
        batch = source.add_dataframe_asset("new_returns").add_batch_definition_whole_dataframe("all")
        pair = gxe.ExpectColumnPairValuesAToBeGreaterThanB
        checks = {
            "too_few": pair(column_A="rows", column_B="rows_low", or_equal=True),
            "too_many": pair(column_A="rows_high", column_B="rows", or_equal=True),
            "category_mix": pair(column_A="mix_limit", column_B="mix_distance", or_equal=True),
        }
        suite = gx.ExpectationSuite(name="return_against_history", expectations=list(checks.values()))
        suite = context.suites.add(suite)
        definition = gx.ValidationDefinition(name="new_returns", data=batch, suite=suite)
        definition = context.validation_definitions.add(definition)
        frame = pd.DataFrame(facts).reset_index(names="at")
        outcome = definition.run(
            batch_parameters={"dataframe": frame},
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["at"]},
        )
    failed: dict[str, set[int]] = {}
    columns = {
        ("rows", "rows_low"): "too_few",
        ("rows_high", "rows"): "too_many",
        ("mix_limit", "mix_distance"): "category_mix",
    }
    for result in outcome.results:
        if result.exception_info and result.exception_info.get("raised_exception"):
            raise RuntimeError(f"the check against history broke: {result.exception_info.get('exception_message')}")
        settings = result.expectation_config.kwargs
        name = columns[settings["column_A"], settings["column_B"]]
        if not result.success:
            failed[name] = {int(hit["at"]) for hit in result.result["unexpected_index_list"]}
    return failed
