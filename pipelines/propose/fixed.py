"""Text whose fields stand at fixed places: the places at which every line has a blank part them."""

from __future__ import annotations

import io
import re
from collections import Counter

from pipelines.propose.encoding import Guess
from pipelines.propose.profile import Profile, profile_of
from pipelines.propose.sample import Sample
from pipelines.propose.shapes import class_of
from pipelines.read.fixed_width import read_fixed_width
from pipelines.specs.formats import FixedWidthFormat

_LOOKED_AT = 400
# Fewer lines would have blanks below one another by chance.
_FEWEST = 4


def fixed_profile(sample: Sample, guess: Guess, text: bytes, whole_lines: bytes) -> Profile | None:
    """The profile of a text of fixed width; None where it is none.

    Args:
        sample: the file.
        guess: its encoding.
        text: its lines, as UTF-8.
        whole_lines: its lines as they were sent.
    """
    lines = [line.rstrip("\r") for line in text.decode("utf-8", "replace").split("\n")]
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()][:_LOOKED_AT]
    lengths = Counter(len(line.rstrip()) for _number, line in filled)
    if len(filled) < _FEWEST or "\t" in text[:4096].decode("utf-8", "replace"):
        return None
    table = [(number, line) for number, line in filled if len(line) >= 0.5 * max(lengths)]
    places = _fields([line for _number, line in table])
    if len(places) < 2 or len(table) < _FEWEST:
        return None
    header = _heading(table[0][1], [line for _number, line in table[1:]], places)
    names = header or [f"column_{number + 1}" for number in range(len(places))]
    first = table[1][0] if header else table[0][0]
    width = places[-1][1]
    short = any(len(line) < width for number, line in table if number >= first)
    format_ = FixedWidthFormat(
        type="fixed_width",
        encoding=guess.encoding,
        fields=dict(zip(names, places, strict=True)),
        first_row=first,
        short_lines=short,
    )
    name = str(sample.source)
    found = profile_of(sample, format_, read_fixed_width(io.BytesIO(whole_lines), format_, name))
    found.format = format_.model_copy(update={"footer_rows": found.ending.footer_rows})
    found.doubts["fields"] = "the places were found where all lines have blanks; what does the sender's record say?"
    if guess.ask:
        found.doubts["encoding"] = guess.ask
    return found


def _fields(lines: list[str]) -> list[tuple[int, int]]:
    """First and last place of each run of places where some line has text; nothing where one run is all."""
    width = max(map(len, lines))
    used = [any(at < len(line) and line[at] != " " for line in lines) for at in range(width)]
    marked = "".join("x" if is_used else " " for is_used in used)
    return [(run.start() + 1, run.end()) for run in re.finditer("x+", marked)]


def _heading(line: str, below: list[str], places: list[tuple[int, int]]) -> list[str] | None:
    """The names that the first line gives the fields, if it is a header."""
    cells = [line[first - 1 : last].strip() for first, last in places]
    if len(set(cells)) < len(cells) or not all(cells):
        return None
    for at, (first, last) in enumerate(places):
        kinds = Counter(class_of(other[first - 1 : last]) for other in below if other[first - 1 : last].strip())
        if kinds and kinds.most_common(1)[0][0] not in ("text", class_of(cells[at])):
            return cells
    return None
