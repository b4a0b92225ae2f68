"""The start of a code map: what a partner writes, with the shared code where the texts are the same."""

from __future__ import annotations

import csv
import difflib
import io
from dataclasses import dataclass
from pathlib import Path

from pipelines.propose.match import Vocabulary
from pipelines.propose.words import many
from pipelines.specs.load import SpecSet

MAP_HEADER = ("raw", "match", "action", "code", "valid_from", "valid_to", "agreed_by", "agreed_on", "note")
_FILLED = ("raw", "action", "code", "note")


@dataclass(frozen=True)
class CodeStart:
    """A code map begun: lines that are sure, as their texts are those of codes, and lines to complete."""

    name: str
    code_list: str
    sure: tuple[tuple[str, str, str, str], ...]
    open: tuple[tuple[str, str, str, str], ...]

    @property
    def ask(self) -> str:
        """What is to be asked of it."""
        every = len(self.sure) + len(self.open)
        if not self.open:
            told = f"all {every:,} values are texts" if every > 1 else "its one value is a text"
            return f"{told} of {self.code_list}, mapped so in codes/{self.name}.csv; rightly?"
        told = f"{len(self.sure):,} of {every:,} values are texts of {self.code_list}"
        return f"{told}; what are the others? See codes/{self.name}.csv.todo."


def code_start(name: str, code_list: str, values: list[str], specs: SpecSet) -> CodeStart:
    """The start of a code map.

    Args:
        name: the map's name.
        code_list: the shared scheme it leads to.
        values: what the partner writes.
        specs: the specs in use, with what other partners write for the same codes.
    """
    vocabulary = Vocabulary(specs)
    texts, raws = vocabulary.texts(code_list), vocabulary.raws.get(code_list, {})
    sure, unsure = [], []
    for raw in sorted(values):
        said = raw.strip().casefold()
        if said in texts:
            sure.append((raw, "map", texts[said], ""))
            continue
        near = difflib.get_close_matches(said, [*texts, *raws], n=1, cutoff=0.5)
        code = raws.get(said) or ((texts | raws)[near[0]] if near else "")
        unsure.append((raw, "map", "", f"{code}?" if code else ""))
    return CodeStart(name, code_list, tuple(sure), tuple(unsure))


def write_codes(folder: Path, starts: list[CodeStart]) -> list[str]:
    """Write the maps begun into a folder, and what is to be completed beside them; what is there already stays.

    Returns:
        What was written, or why not, in words.
    """
    said = []
    for start in starts:
        for path, lines in (
            (folder / f"{start.name}.csv", start.sure),
            (folder / f"{start.name}.csv.todo", start.open),
        ):
            if not lines and path.suffix == ".todo":
                continue
            if path.exists():
                said.append(f"{path} is there already and stays as it is")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            text = io.StringIO()
            whole = [dict(zip(_FILLED, line, strict=True)) | {"match": "exact"} for line in lines]
            writer = csv.DictWriter(text, MAP_HEADER, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(whole)
            path.write_text(text.getvalue(), encoding="utf-8")
            what = "to complete and add to it" if path.suffix == ".todo" else "whose text is that of a shared code"
            said.append(f"{path}: {many(len(lines), 'code')} {what}")
    return said
