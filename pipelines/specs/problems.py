"""A problem found in a spec file, with its place and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in a spec file; `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class SpecError(Exception):
    """The specs cannot be used. Holds every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(name: str, names: Iterable[str]) -> str:
    """A phrase that names the closest of `names`, or an empty string where none is close.

    >>> nearest("catgory", ["category", "period"])
    ' (did you mean "category"?)'
    """
    by_fold = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return f' (did you mean "{by_fold[close[0]]}"?)' if close else ""


# Names that a sentence may list and still be read.
_FEW = 15


def one_of(name: str, names: Iterable[str]) -> str:
    """The closest of `names`, as `nearest` says it; where none is close and there are few, all of them.

    >>> one_of("ref", ["source_id", "occurred"])
    '; there are: source_id, occurred'
    """
    known = list(names)
    return nearest(name, known) or (f"; there are: {', '.join(known)}" if 0 < len(known) <= _FEW else "")


def not_utf8(error: UnicodeDecodeError) -> tuple[int, str]:
    """The line of the first byte that is no UTF-8, from 1, and what to do about it."""
    line = error.object[: error.start].count(b"\n") + 1
    return line, f"not UTF-8 text (byte {error.start}); save the file as UTF-8"


def shown(path: Path) -> str:
    """The path as a person would type it: relative to the working folder where it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)
