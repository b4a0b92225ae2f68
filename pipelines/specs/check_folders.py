"""What lies in partners' folders: files and folders that nobody would read, and names that stand for two things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.specs.base import HOW_WRITTEN, NAME
from pipelines.specs.load import CODES, SpecSet
from pipelines.specs.problems import Problem, shown

_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".txt", ".tsv")


def check_folders(specs: SpecSet) -> Iterator[Problem]:
    """Every problem with how partners' folders, their files and their suppliers are named."""
    for folder in sorted(path for path in (specs.root / "partners").glob("*") if path.is_dir()):
        if not re.fullmatch(NAME, folder.name):
            message = f'"{folder.name}": the name of a partner\'s folder is written in {HOW_WRITTEN[NAME]}'
            yield Problem(shown(folder), 1, message)
        yield from _unread(folder)
    yield from _suppliers(specs)


def _unread(folder: Path) -> Iterator[Problem]:
    """What looks like a spec or a map and is none by its name. Notes and letters beside them are nobody's concern."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name != CODES and _is_looked_at(path) and any(path.glob("*.csv")):
            yield Problem(shown(path), 1, f"is not read: code maps lie in a folder called `{CODES}`")
        elif path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yml" and _is_looked_at(path):
            yield Problem(shown(path), 1, "is not read: the name of a spec ends in `.yml`")
        elif path.suffix.lower() == ".csv" and _is_looked_at(path):
            yield Problem(shown(path), 1, f"is not read: code maps lie in the folder `{CODES}`")
    for path in sorted((folder / CODES).glob("*")):
        if path.suffix != ".csv" and path.suffix.lower() in (".csv", *_SPREADSHEETS) and _is_looked_at(path):
            message = "is not read: a code map is a text with commas whose name ends in `.csv` (in Excel: CSV UTF-8)"
            yield Problem(shown(path), 1, message)


def _is_looked_at(path: Path) -> bool:
    """Not hidden, and not what an office program leaves beside a file that is open."""
    return not path.name.startswith((".", "~"))


def _suppliers(specs: SpecSet) -> Iterator[Problem]:
    """A supplier's name stands for one supplier, whichever partner's files speak for it: figures are told by it."""
    first: dict[str, tuple[str, str]] = {}
    for partner, spec in specs.partners.items():
        for name, supplier in spec.suppliers.items():
            other, title = first.setdefault(name, (partner, supplier.title))
            if title.casefold() != supplier.title.casefold() and ("partner", partner) in specs.documents:
                message = (
                    f'supplier "{name}" is "{title}" in partners/{other}/partner.yml; choose another name, or, '
                    "if both are one supplier, give them one title"
                )
                yield specs.documents["partner", partner].problem(("suppliers", name), message)
