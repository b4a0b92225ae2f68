"""How often the code that a council's category name means is among the suggested ones, beside plain fuzzy matching.

The names are the 1,151 of `councils/fixmystreet/full_table.csv` of the real data (see README.md), each with its
harmonised category at three levels. A third is hidden, and suggested from the rest; five splits with fixed seeds, whose
mean is told. No setting of the method was chosen on these splits: `--seeds` takes others for that.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.propose.suggest import Known, suggest

# The table's columns, the finest first.
LEVELS = ("a", "b", "c")
REPORTED = (1, 2, 3, 4, 5)
HIDDEN = 1 / 3
TOP = 3
FUZZY = ("ratio", "token_sort_ratio", "token_set_ratio", "WRatio")

Pair = tuple[str, str]


@dataclass(frozen=True)
class Split:
    """Names with their categories, those known and those hidden, and every category of the level."""

    known: list[Pair]
    hidden: list[Pair]
    codes: list[str]


@dataclass(frozen=True)
class Figures:
    """Shares of the hidden names, 0 to 1, mean over the splits: the right code comes first, or is among the first."""

    first: float
    top: float


def pairs(table: Path, level: str) -> list[Pair]:
    """The names of the table with their category at a level; a name without one (`NA`) is left out."""
    with table.open(encoding="utf-8-sig", newline="") as file:
        return [(row["category"], row[level]) for row in csv.DictReader(file) if row[level] not in ("", "NA")]


def splits(all_pairs: list[Pair], seeds: Sequence[int]) -> Iterator[Split]:
    for seed in seeds:
        shuffled = random.Random(seed).sample(all_pairs, len(all_pairs))
        hidden = round(len(shuffled) * HIDDEN)
        yield Split(shuffled[hidden:], shuffled[:hidden], sorted({code for _, code in all_pairs}))


def ours(split: Split) -> list[list[str]]:
    known = [Known(text, code, "the map") for text, code in split.known]
    found = suggest([text for text, _ in split.hidden], known, {code: code for code in split.codes}, TOP)
    return [[suggestion.code for suggestion in own] for own in found]


def fuzzy(scorer: str) -> Callable[[Split], list[list[str]]]:
    """The categories of the names most alike by one of rapidfuzz's scorers, small letters and without marks."""
    from rapidfuzz import fuzz, process, utils

    def matched(split: Split) -> list[list[str]]:
        texts, names = [text for text, _ in split.hidden], [text for text, _ in split.known]
        scores = process.cdist(texts, names, scorer=getattr(fuzz, scorer), processor=utils.default_process)
        found = []
        for row in scores:
            order = sorted(range(len(names)), key=lambda index: (-row[index], index))
            found.append(list(dict.fromkeys(split.known[index][1] for index in order))[:TOP])
        return found

    return matched


def figures(table: Path, level: str, method: Callable[[Split], list[list[str]]], seeds: Sequence[int]) -> Figures:
    first, top = [], []
    for split in splits(pairs(table, level), seeds):
        right = [code for _, code in split.hidden]
        found = method(split)
        first.append(statistics.mean(code in own[:1] for code, own in zip(right, found, strict=True)))
        top.append(statistics.mean(code in own for code, own in zip(right, found, strict=True)))
    return Figures(statistics.mean(first), statistics.mean(top))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=REPORTED)
    options = parser.parse_args()
    data = Path(os.environ.get("COMMONGRID_REAL_DATA", Path(__file__).parents[1].parent / "shared/data"))
    table = data / "councils/fixmystreet/full_table.csv"
    if not table.exists():
        raise SystemExit(f"no {table}: set COMMONGRID_REAL_DATA")
    methods = {"commongrid": ours, **{f"fuzzy {scorer}": fuzzy(scorer) for scorer in FUZZY}}
    summary = {}
    print(f"{'codes':>5}  {'method':24} {'first':>6} {'top 3':>6} {'seconds a split':>16}")
    for level in LEVELS:
        count = len({code for _, code in pairs(table, level)})
        for name, method in methods.items():
            began = time.perf_counter()
            got = figures(table, level, method, options.seeds)
            seconds = (time.perf_counter() - began) / len(options.seeds)
            print(f"{count:5}  {name:24} {got.first:6.1%} {got.top:6.1%} {seconds:16.2f}")
            summary[f"{count} {name}"] = [round(got.first, 4), round(got.top, 4)]
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
