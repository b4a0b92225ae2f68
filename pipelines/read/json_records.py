"""What becomes a record in JSON: an object, whose values stand under dotted paths with the text they were written in.

What cannot be one value of one column (a list, a key given twice, NaN) sets its record aside where it touches a column
that is read, and is never read as something else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.read.json_walk import Walk
from pipelines.read.trees import MAX_DEPTH, Found, Wanted, quoted, too_deep

_OPENINGS = {"{": "an object", "[": "a list", '"': "a text", "n": "null", "t": "a truth value", "f": "a truth value"}


class Decoder:
    """Makes records of JSON values. `json` decodes; what it meets that no record may hold is remembered until then."""

    def __init__(self, wanted: Wanted, where: str) -> None:
        """Make records of the columns wanted. `where` is what stands before a record's number in messages."""
        self.wanted, self.where = wanted, where
        self.json = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=str, parse_float=str, parse_constant=self._constant
        )
        self._met: tuple[str, str] | None = None

    def clear(self) -> None:
        """Forget what was met before, ahead of the next record."""
        self._met = None

    def record(self, found: Found, value: Any) -> Found:
        """Give what was found the values of a record."""
        if self._met:
            found.blame(*self._met)
        if not isinstance(value, dict):
            found.blame("not_json", f"is {_kind(value)}, where a record (an object) should stand")
            return found
        self.fill(found, value)
        # Only an escape can bring a NUL, or half a character, into text that was decoded.
        if "\\u" in (found.text or ""):
            _check_escapes(found)
        return found

    def fill(self, found: Found, value: dict[str, Any]) -> None:
        """The values of a record's own object."""
        self.flatten(found, "", value)

    def flatten(self, found: Found, prefix: str, members: dict[str, Any], depth: int = 1) -> None:
        """Each value of an object, under its path."""
        place = f"{self.where}{found.row}"
        if depth > MAX_DEPTH:
            raise too_deep(place)
        for key, value in members.items():
            path = found.new_path(prefix + key, place)
            if isinstance(value, dict):
                if path in self.wanted.read:
                    found.blame("nested_value", f"{quoted(path)} is an object, where one value should stand")
                if value:
                    self.flatten(found, f"{path}.", value, depth + 1)
                    continue
            elif isinstance(value, list):
                found.lost.add(path)
                if path in self.wanted.reached:
                    found.blame("nested_value", f"{quoted(path)} is a list, where one value should stand")
            elif value is None:
                found.nulls.add(path)
            if path in found.values:
                told = f"has two values for {quoted(path)}, from different places; ask the partner which one holds"
                found.blame("repeated_key", told)
            found.values[path] = text_of(value)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs) and not self._met:
            again = next(key for key, times in Counter(key for key, _value in pairs).items() if times > 1)
            self._met = "repeated_key", f"has {quoted(again)} twice in one object; ask the partner which one holds"
        return members

    def _constant(self, text: str) -> None:
        self._met = self._met or ("not_json", f"holds {text}, which JSON does not know; ask the partner for null")


def text_of(value: Any) -> str | None:
    """A decoded value as it was written; null where it is empty, or not one value."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value or None if isinstance(value, str) else None


def records_of(walk: Walk, what: str, decoder: Decoder) -> Iterator[Found]:
    """A record for each item of the list that comes next.

    Raises:
        Refusal: where no list comes next, or it is not JSON.
    """
    if (opening := walk.peek()) != "[":
        told = f"{walk.place()}: {what} is {kind_of(opening)}, not a list"
        if opening == "{":
            told += f": {keys_of(_first_keys(walk))}"
        raise Refusal("unreadable", f"{told}; name the path to the list of records under `records`")
    for row in walk.items():
        decoder.clear()
        value, text, span = walk.value(decoder.json, f"record {row}")
        yield decoder.record(Found(row, text, span), value)


def kind_of(opening: str) -> str:
    """What kind of value begins with a character."""
    return _OPENINGS.get(opening, "a number")


def keys_of(keys: list[str], most: int = 8) -> str:
    """The keys found in an object, for a message."""
    shown = ", ".join(map(quoted, keys[:most]))
    return f"its keys are {shown}{', ...' if len(keys) > most else ''}" if keys else "it has no keys"


def _first_keys(walk: Walk) -> list[str]:
    keys: list[str] = []
    for key in walk.members():
        keys.append(key)
        if len(keys) > 8:
            break
        walk.skip()
    return keys


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a truth value"
    return "a list" if isinstance(value, list) else "a text or number"


def _check_escapes(found: Found) -> None:
    """Set a record aside that no table can hold; a key that none can hold makes no column."""
    for path, value in list(found.values.items()):
        if issue := _unfit(path):
            found.blame(issue, f"a key {_UNFIT[issue]}")
            del found.values[path]
            found.lost.discard(path)
        elif issue := _unfit(value or ""):
            found.blame(issue, f"{quoted(path)} {_UNFIT[issue]}")


_UNFIT = {
    "nul_byte": "holds zero bytes (NUL), written as an escape",
    "bad_encoding": "holds an escape that stands for half a character (\\uD800 to \\uDFFF)",
}


def _unfit(text: str) -> str | None:
    """The issue with a text that was decoded from escapes, if there is one."""
    if "\0" in text:
        return "nul_byte"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "bad_encoding"
    return None
