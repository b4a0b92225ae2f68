"""What makes a file no YAML, in words for the person who wrote it, with the line to mend.

The parser names the place where it could go on no more, in its own terms; what has to be mended often stands before it.
"""

from __future__ import annotations

import re

import yaml

_NEEDS_MARKS = "stands in quotation marks"


def yaml_fault(text: str, error: yaml.YAMLError) -> tuple[int, str]:
    """The line to look at, from 1, and what to do there.

    Args:
        text: the whole of the file.
        error: what the parser found.
    """
    at, said = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "not readable"
    since = getattr(error, "context_mark", None)
    if at is None:
        return 1, f"not valid YAML: {said}"
    lines = text.splitlines() or [""]
    here = lines[min(at.line, len(lines) - 1)]
    opening = _left_open(lines, since) if "flow" in str(getattr(error, "context", "")) else None
    advice: str | None
    if opening is not None and since is not None:
        line = since.line
        advice = (
            f'after the "{opening}" that is opened here a comma, a closing mark or a pair of quotation marks is missing'
        )
    else:
        line, advice = _advice(lines, at, since, said, here)
    return line + 1, f"not valid YAML: {advice}" if advice else f"not valid YAML: {said}"


def _left_open(lines: list[str], since: yaml.Mark | None) -> str | None:
    """The bracket that is open where the parser gave up."""
    if since is None or since.line >= len(lines):
        return None
    found = lines[since.line][since.column : since.column + 1]
    return found if found in ("[", "{") else None


# Words of the parser's to advice about the line at which it gave up.
_AT_ONCE = (
    ("unknown escape", "a backslash within double quotation marks; write the text in single ones: '...'"),
    (
        "mapping values are not allowed",
        f"a second colon, or a line indented otherwise than those beside it; a text with `: ` in it {_NEEDS_MARKS}",
    ),
)
# The same, of the line at which what it was reading began.
_SINCE = (
    ("could not find expected ':'", "a line that is no `key: value`; is its colon missing, or the blank after it?"),
    ("found unexpected end of stream", "a quotation mark is opened here and not closed"),
)


def _advice(lines: list[str], at: yaml.Mark, since: yaml.Mark | None, said: str, here: str) -> tuple[int, str | None]:
    """The line, from 0, and the advice; none where the parser's own words must do."""
    found = re.search("found character '(.*?)' that cannot start", said)
    if found:
        if found[1] == "\\t":
            return at.line, "a tab stands here; indent with spaces"
        return at.line, f"a text that begins with {found[1]} {_NEEDS_MARKS}"
    for words, advice in _AT_ONCE:
        if words in said:
            return at.line, advice
    for words, advice in _SINCE:
        if words in said:
            return (since or at).line, advice
    if "<block end>" not in said:
        return at.line, None
    if here[: at.column].strip():
        return at.line, "more text after a closing quotation mark; is there one further up that is not closed?"
    return _out_of_step(lines, at)


def _out_of_step(lines: list[str], at: yaml.Mark) -> tuple[int, str]:
    """A line that does not go on from the one before it: by its indentation, or as that one was cut off by ` #`."""
    before = at.line - 1
    while before > 0 and not lines[before].strip():
        before -= 1
    if before >= 0 and " #" in lines[before] and ":" not in lines[before].split(" #")[0].lstrip(" -"):
        return before, f"` #` begins a comment; a text that holds it {_NEEDS_MARKS}"
    return at.line, "indented otherwise than the lines it belongs to; entries of one group begin in one column"
