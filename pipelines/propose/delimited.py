"""A text of delimited fields or of fixed width: its marks, its header, a sample of its rows."""

from __future__ import annotations

import io
from typing import Any, Literal

from pipelines.propose.dialect import Marks, Record, marks_of, records_of
from pipelines.propose.encoding import Guess
from pipelines.propose.fixed import fixed_profile
from pipelines.propose.heading import Top, find_header
from pipelines.propose.profile import Profile, profile_of
from pipelines.propose.sample import Sample
from pipelines.propose.words import many
from pipelines.read.delimited import read_delimited
from pipelines.read.encodings import stretches
from pipelines.specs.formats import CsvFormat

_LOOKED_AT = 300


def text_profile(sample: Sample, guess: Guess) -> Profile:
    """The profile of a text."""
    name = str(sample.source)
    whole_lines = _whole_lines(sample, guess)
    text = b"".join(stretch.content for stretch in stretches(io.BytesIO(whole_lines), guess.encoding, name))
    line_end: Literal["lf", "cr"] = "cr" if b"\r" in text and b"\n" not in text else "lf"
    if line_end == "cr":
        text = text.replace(b"\r", b"\n")
    marks = marks_of(text)
    if marks.width < 2 or marks.share < 0.5:
        fixed = fixed_profile(sample, guess, text, whole_lines)
        if fixed is not None:
            return fixed
    records = records_of(text, marks.dialect, _LOOKED_AT)
    grid = [(record.line, record.fields) for record in records if record.fields]
    top = find_header(grid)
    format_ = _format(guess, marks, line_end, top)
    found = profile_of(sample, format_, read_delimited(io.BytesIO(whole_lines), format_, name), top.above)
    again = found.doubts.get("header_again")
    found.format = format_.model_copy(
        update={
            "footer_rows": found.ending.footer_rows,
            "header_again": "skip" if again else "second_table",
        }
    )
    _note_doubts(found, guess, marks, top, records)
    return found


def _whole_lines(sample: Sample, guess: Guess) -> bytes:
    """The sample up to its last whole line."""
    if sample.is_whole:
        return sample.content
    if guess.encoding.startswith("utf-16"):
        wide = "utf-16-be" if guess.encoding == "utf-16-be" or sample.content[:2] == b"\xfe\xff" else "utf-16-le"
        at = sample.content[: len(sample.content) // 2 * 2].rfind("\n".encode(wide))
        return sample.content[: (at + 2) // 2 * 2] if at > 0 else sample.content
    at = max(sample.content.rfind(b"\n"), sample.content.rfind(b"\r"))
    return sample.content[: at + 1] if at > 0 else sample.content


def _format(guess: Guess, marks: Marks, line_end: Literal["lf", "cr"], top: Top) -> CsvFormat:
    header: dict[str, Any] = {"header_row": top.rows[0] if len(top.rows) == 1 else top.rows}
    if not top.rows:
        header = {"header_row": top.first, "names": tuple(f"column_{number + 1}" for number in range(marks.width))}
    return CsvFormat(
        type="csv",
        encoding=guess.encoding,
        delimiter=marks.delimiter,
        quote=marks.quote,
        escape=marks.escape,
        line_end=line_end,
        # Read so that all of a table is seen; what is proposed is decided when it is known whether there is one.
        header_again="skip",
        **header,
    )


def _note_doubts(found: Profile, guess: Guess, marks: Marks, top: Top, records: list[Record]) -> None:
    if guess.ask:
        found.doubts["encoding"] = guess.ask
    if marks.ask:
        found.doubts["delimiter"] = marks.ask
    if top.ask:
        found.doubts["header_row" if top.rows else "names"] = top.ask
    if found.ending.footer_rows:
        count = found.ending.footer_rows
        found.doubts["footer_rows"] = f"{many(count, 'record')} at the end like none; is their number always the same?"
    if not marks.quote and any('"' in field for record in records for field in record.fields):
        found.doubts["quote"] = "quotation marks stand within fields, so none is taken to close one; is that so?"
