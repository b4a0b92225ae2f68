"""What a file looks like: its format, its header, and a sample of its rows as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.propose.endings import Ending, ending_of
from pipelines.propose.heading import GridRow
from pipelines.propose.sample import MAX_ROWS, Sample, is_workbook, kind_of, refuse_binary, sample_of
from pipelines.propose.words import many
from pipelines.read.headings import NO_HEADING
from pipelines.read.records import ROW, Reading, distinct, gathered
from pipelines.specs.formats import Format

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Question:
    """Something a person has to say: the key of the spec it is about, and the question."""

    about: str
    text: str


@dataclass
class Profile:
    """A file as it was found.

    `doubts` has a question for each key of the format that is not certain. `frame` has `_row` and a text column for
    each of the header, in order, without the rows that are to be skipped; `records` counts all that could be read.
    `sheets_from` is the first period that sheets are named after, where they are.
    """

    sample: Sample
    format: Format
    header: list[str]
    frame: pl.DataFrame
    records: int
    ending: Ending
    above: tuple[GridRow, ...] = ()
    doubts: dict[str, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    sheets_from: date | None = None

    @property
    def name(self) -> str:
        """The file's own name, without its folders."""
        return self.sample.source.name.rpartition("/")[2]

    def column(self, place: int) -> pl.Series:
        """The filled cells of a column, without blanks around them."""
        text = self.frame[self.frame.columns[place + 1]].str.strip_chars()
        return text.filter((text != "").fill_null(False))


def profile(path: Path) -> Profile:
    """What a file looks like.

    Raises:
        Refusal: where there is no such file, or nothing of it can be read.
    """
    sample = sample_of(path)
    if is_workbook(sample.content):
        from pipelines.propose.workbook import workbook_profile

        found = workbook_profile(sample)
    else:
        from pipelines.propose.delimited import text_profile
        from pipelines.propose.documents import document_profile
        from pipelines.propose.encoding import encoding_of

        guess = encoding_of(sample.content)
        if not guess.encoding.startswith("utf-16"):
            refuse_binary(sample.content, str(sample.source))
        text = sample.content[:65536].decode(guess.encoding, "ignore")
        kind = kind_of(text, str(sample.source))
        found = text_profile(sample, guess) if kind == "text" else document_profile(sample, guess, kind)
    if sample.others:
        told = f"the archive holds {len(sample.others) + 1:,} files, and this is the first; do the others look alike?"
        found.questions.append(Question("files", told))
    if not found.ending.frame.height:
        found.questions.append(Question("format", "there is no row below the header, so no column could be looked at"))
    return found


def _spread(frame: pl.DataFrame) -> pl.DataFrame:
    """No more rows than are looked at, spread over all of them, and the last ones, which tell how a file ends."""
    import polars as pl

    step = -(-frame.height // MAX_ROWS)
    return pl.concat([frame.head(-100).gather_every(step), frame.tail(100)]) if step > 1 else frame


def profile_of(sample: Sample, format_: Format, reading: Reading, above: tuple[GridRow, ...] = ()) -> Profile:
    """A profile from a reading of the sample by a format."""
    read = gathered(reading)
    header = [name or NO_HEADING for name in reading.header]
    frame = _spread(read.frame.rename(dict(zip(read.frame.columns, [ROW, *distinct(header)], strict=True))))
    ending = ending_of(frame, read.unread, header, sample.is_whole)
    found = Profile(sample, format_, header, ending.frame, read.frame.height + len(read.unread), ending, above)
    if read.skipped["header_again"]:
        told = f"the header appears again {many(read.skipped['header_again'], 'time')}; does the same table go on?"
        found.doubts["header_again"] = told
    for note in read.notes:
        if note.issue_type == "hidden_rows":
            found.questions.append(Question("sheet", f"{note.message}; are they records?"))
    left = ending.unread
    if left:
        told = f"{many(len(left), 'record')} of another shape ({left[0].issue_type}, the first on line {left[0].line})"
        found.questions.append(Question("format", f"{told} would be set aside; what is the cause?"))
    return found
