"""Which shared codes an unknown text may mean, from texts whose code is known and from the codes' own labels.

Nothing of specs, files or maps belongs here: texts go in, ranked codes come out. The method is kernel ridge regression
(Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition, sections 5.8 and 12.3): how alike
two texts are is the cosine of their tf-idf vectors, half of it of characters two to five in a row within words, half of
words and pairs of words without their endings; each code is fitted to all known texts at once, so that what texts of
many codes have in common weighs little. Its settings were chosen on splits of real category names other than those
that are reported (benchmarks/README.md).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

# What a known text counts for: a partner's own history beside another partner's.
OWN, OTHERS, LABEL = 1.0, 0.5, 1.0
# The penalty of the regression. A text that is known once, with this weight, is fitted with a half.
_PENALTY = 1.0
_SHORTEST, _LONGEST = 2, 5
# The time taken grows with the cube of their number; of more, those that weigh most are taken.
MOST_KNOWN = 2000
# Scores are held to so many decimals, beyond which arithmetic differs from one machine to another.
_DECIMALS = 6
# A code that reaches no more is not worth a look.
_LEAST = 0.05
_WORD = re.compile(r"[^\W_]+")
# Endings of English words, the longest first; what is left has three letters at least.
_ENDINGS = ("ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "s", "e", "y")

# A part that more texts have is multiplied as a whole column, which is then quicker than text by text.
_FREQUENT = 32

Vector = Mapping[str, float]
Posting = tuple[list[int], list[float]]


@dataclass(frozen=True, order=True)
class Known:
    """A text whose code is known. `source` says who knows it, for a person to judge by."""

    text: str
    code: str
    source: str
    weight: float = OWN


@dataclass(frozen=True)
class Suggestion:
    """A code that a text may mean.

    `score` runs from 0 to 1: 1 where a text just like it is known with this code and no other. Only the order of scores
    means something. `like` is the known text of this code that is most like it.
    """

    code: str
    score: float
    like: Known

    @property
    def why(self) -> str:
        """What speaks for it, in words."""
        return f'like "{self.like.text}" ({self.like.source})'


def suggest(
    texts: Sequence[str], known: Iterable[Known], labels: Mapping[str, str], count: int = 3
) -> list[tuple[Suggestion, ...]]:
    """For each text the likeliest codes, the likeliest first; fewer where few are likely, none where nothing is alike.

    The order of `known` and of `labels` changes nothing, and no text changes what is suggested for another.

    Args:
        texts: the unknown texts.
        known: what is known; of codes that are not in `labels` it is passed over.
        labels: the codes that may be suggested, each with its label.
        count: how many codes at most.
    """
    facts = sorted({*known, *(Known(label, code, "its label", LABEL) for code, label in labels.items())})
    facts = [fact for fact in facts if fact.code in labels and fact.weight > 0 and _parts(fact.text)]
    if not texts or not facts:
        return [() for _ in texts]
    fitted = _Fit(facts)
    likeness = _products(fitted.vectors(texts), fitted.known)
    scores = (likeness @ fitted.coefficients * 2).round(_DECIMALS)
    return [fitted.ranked(own, alike, count) for own, alike in zip(scores, likeness, strict=True)]


class _Fit:
    """The known texts, each once, and what each of them says for each code."""

    def __init__(self, facts: Sequence[Known]) -> None:
        import numpy as np

        by_text: dict[str, list[Known]] = {}
        for fact in facts:
            by_text.setdefault(_plain(fact.text), []).append(fact)
        heaviest = sorted(by_text, key=lambda text: (-sum(fact.weight for fact in by_text[text]), text))
        self.texts = sorted(heaviest[:MOST_KNOWN])
        self.facts = [by_text[text] for text in self.texts]
        self.codes = sorted({fact.code for own in self.facts for fact in own})
        self.rarity = _rarity(self.texts)
        self.known = self.vectors(self.texts)
        column = {code: index for index, code in enumerate(self.codes)}
        weights = np.array([sum(fact.weight for fact in own) for own in self.facts])
        share = np.zeros((len(self.texts), len(self.codes)))
        for row, own in enumerate(self.facts):
            for fact in own:
                share[row, column[fact.code]] += fact.weight / weights[row]
        alike = _products(self.known, self.known)
        self.coefficients: Matrix = np.linalg.solve(alike + np.diag(_PENALTY / weights), share).astype(np.float64)

    def vectors(self, texts: Iterable[str]) -> list[Vector]:
        """Each text's parts with their weights; of length 1 where it has any."""
        return [_vector(text, self.rarity, len(self.texts)) for text in texts]

    def ranked(self, scores: Matrix, likeness: Matrix, count: int) -> tuple[Suggestion, ...]:
        """The codes of one text, by its score for each and its likeness to each known text."""
        nearest: dict[str, tuple[float, Known]] = {}
        for alike, own in zip(likeness, self.facts, strict=True):
            for fact in own:
                if alike > nearest.get(fact.code, (0.0, fact))[0]:
                    nearest[fact.code] = (alike, fact)
        best = sorted((-score, code) for score, code in zip(scores, self.codes, strict=True) if score >= _LEAST)
        return tuple(
            Suggestion(code, min(1.0, round(float(-score), 3)), nearest[code][1])
            for score, code in best
            if code in nearest
        )[:count]


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _parts(text: str) -> tuple[Counter[str], Counter[str]]:
    """The characters in a row that a text is made of, words marked at both ends; and its words and pairs of words.

    A number is like no other number for a digit they share, so that it counts as a word only.
    """
    found = _plain(text).split()
    characters = Counter(
        "c" + marked[start : start + length]
        for marked in (f" {word} " for word in found if not word.isdigit())
        for length in range(_SHORTEST, _LONGEST + 1)
        for start in range(len(marked) - length + 1)
    )
    stems = [_stem(word) for word in found]
    pairs = (f"w{first} {second}" for first, second in pairwise(stems))
    return characters, Counter([*(f"w{stem}" for stem in stems), *pairs])


def _rarity(texts: Sequence[str]) -> dict[str, float]:
    """How much each part tells: more, the fewer of the texts have it."""
    having = Counter(part for text in texts for parts in _parts(text) for part in parts)
    return {part: math.log((1 + len(texts)) / (1 + number)) + 1 for part, number in having.items()}


def _vector(text: str, rarity: Mapping[str, float], size: int) -> Vector:
    """Half of it of characters, half of words. A part that no known text has makes the text less like all of them."""
    unseen, vector = math.log(1 + size) + 1, {}
    for parts in _parts(text):
        weights = {part: (1 + math.log(number)) * rarity.get(part, unseen) for part, number in parts.items()}
        length = math.sqrt(2 * sum(weight * weight for weight in weights.values()))
        vector.update({part: weight / length for part, weight in weights.items() if part in rarity})
    return vector


def _products(left: Sequence[Vector], right: Sequence[Vector]) -> Matrix:
    """The scalar product of each of the left with each of the right."""
    import numpy as np

    mine, others = _postings(left), _postings(right)
    shared = sorted(mine.keys() & others.keys())
    frequent = [part for part in shared if len(others[part][0]) > _FREQUENT]
    product: Matrix = _dense(mine, frequent, len(left)) @ _dense(others, frequent, len(right)).T
    for part in shared:
        columns, other_weights = others[part]
        if len(columns) <= _FREQUENT:
            rows, weights = mine[part]
            product[np.ix_(rows, columns)] += np.outer(weights, other_weights)
    return product


def _postings(vectors: Sequence[Vector]) -> dict[str, Posting]:
    """For each part the vectors that have it, and its weights there."""
    found: dict[str, Posting] = {}
    for index, vector in enumerate(vectors):
        for part, weight in vector.items():
            places, weights = found.setdefault(part, ([], []))
            places.append(index)
            weights.append(weight)
    return found


def _dense(postings: Mapping[str, Posting], parts: Sequence[str], height: int) -> Matrix:
    import numpy as np

    matrix = np.zeros((height, len(parts)))
    for column, part in enumerate(parts):
        places, weights = postings[part]
        matrix[places, column] = weights
    return matrix
