"""The tests: a share against earlier ones, and a share against what is to be expected. Pure numbers, no rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from pipelines.signals import limits


@dataclass(frozen=True)
class Share:
    """How many of `whole` are `part`."""

    part: float
    whole: float

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.part / self.whole


@dataclass(frozen=True)
class Departure:
    """A share that is not what was to be expected: both shares, how far apart they are in standard errors, and where.

    `concerns` is what it is about, `evidence` how a person is told. Two of the same `side` and concern go on from each
    other. One that is not `is_clear` has another likely cause: it is not told, but is no part of a history either.
    """

    expected: float
    found: float
    strength: float
    concerns: str = ""
    evidence: str = ""
    is_clear: bool = True

    @property
    def side(self) -> bool:
        """Whether more was found than expected."""
        return self.found > self.expected


def pooled(history: Sequence[Share]) -> float:
    """The share in all of a history; half of one counts on either side, so that it is never quite 0 or 1."""
    return (sum(item.part for item in history) + 0.5) / (sum(item.whole for item in history) + 1)


def against_history(new: Share, history: Sequence[Share], least: float, tests: int = 1) -> Departure | None:
    """A share that departs from those of earlier returns by at least `least`, where chance hardly makes it so.

    The standard error is that of a two-proportion test, widened by how much the earlier shares spread beyond chance
    (`limits.py`); what it makes of the difference follows Student's t with one degree of freedom less than returns.

    Args:
        new: the share of the return.
        history: those of earlier ones; at least two.
        least: the least difference that is told.
        tests: how many shares are looked at together.
    """
    from scipy.special import stdtr

    expected = pooled(history)
    variance = expected * (1 - expected)
    spread = sum((item.value - expected) ** 2 * item.whole / variance for item in history) / (len(history) - 1)
    error = sqrt(max(1.0, spread) * variance * (1 / new.whole + 1 / sum(item.whole for item in history)))
    strength = (new.value - expected) / error
    if abs(new.value - expected) < least or 2 * stdtr(len(history) - 1, -abs(strength)) >= limits.CHANCE / tests:
        return None
    return Departure(expected, new.value, abs(strength))


def against_expectation(new: Share, expected: float, least: float, tests: int = 1) -> Departure | None:
    """A share that exceeds a known one by at least `least`, where chance hardly makes it so (exact binomial)."""
    from scipy.special import bdtrc

    if new.value - expected < least or bdtrc(new.part - 1, int(new.whole), expected) >= limits.CHANCE / tests:
        return None
    return Departure(expected, new.value, (new.value - expected) / sqrt(expected * (1 - expected) / new.whole))
