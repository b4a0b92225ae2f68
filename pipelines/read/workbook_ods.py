"""Workbooks of OpenDocument (.ods), read from their XML in one pass.

calamine is not used here: of an .ods it drops tabs, line breaks and cells without a type, gives an error as an empty
text, and knows no merged cells. Used in the child process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NoReturn
from xml.parsers.expat import ParserCreate

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_RECORD_BYTES
from pipelines.read.workbook_cells import ERRORS, Bounds, Row, row_of
from pipelines.read.workbook_guard import Package

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_OASIS}{name}:1.0 " for name in ("table", "office", "text", "style"))
_CALC_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_NUMBERS = ("float", "percentage", "currency")
# Blanks that count stand for themselves in a paragraph of XML; plain ones are joined (OpenDocument 1.3, part 3, 6.1.2).
# No XML holds the characters that stand for them here.
_KEPT = {f"{_TEXT}s": "\x01", f"{_TEXT}tab": "\x02", f"{_TEXT}line-break": "\x03"}
_AS_WRITTEN = str.maketrans("\x01\x02\x03", " \t\n")
_BLANKS = re.compile(r"[ \t\r\n]+")
_DURATION = re.compile(r"(-?)PT(\d{1,7})H(\d{1,2})M(\d{1,2})(?:[.,](\d+))?S")
_CODED_ERROR = re.compile(r"Err:\d{3}")
_SAVE_ANEW = "ask the partner to open it, save it and send it again"


class Ods:
    """An .ods whose package has been checked. Its `sheets` are known when its rows have been read."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.sheets: list[tuple[str, bool]] = []
        _refuse_encrypted(package)

    def rows(self, wanted: set[str]) -> Iterator[tuple[str, Row]]:
        """The rows of the sheets wanted, each with its sheet's name; names of no sheet are passed over."""
        content = _Content(self._package, wanted)
        for _ in self._package.feed("content.xml", content.parser):
            yield from content.ready()
        self.sheets = content.sheets
        if len({sheet for sheet, _hidden in self.sheets}) < len(self.sheets):
            self._package.refuse("unreadable", f"has two sheets of one name; {_SAVE_ANEW}")


def _refuse_encrypted(package: Package) -> None:
    def start(name: str, _attributes: dict[str, str]) -> None:
        if name.endswith("encryption-data"):
            package.refuse("encrypted", "a password is needed to open it; ask the partner to send it without")

    if package.find("META-INF/manifest.xml"):
        parser = ParserCreate()
        parser.StartElementHandler = start
        package.parse("META-INF/manifest.xml", parser)


class _Content:
    """The state of the one pass over `content.xml`."""

    def __init__(self, package: Package, wanted: set[str]) -> None:
        self._package, self._wanted = package, wanted
        self.sheets: list[tuple[str, bool]] = []
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            f"{_STYLE}style": self._style,
            f"{_STYLE}table-properties": self._table_style,
            f"{_TABLE}table": self._table,
            f"{_TABLE}dde-links": self._pass_over,
        }
        self._in_table: dict[str, Callable[[dict[str, str]], None]] = {
            f"{_TABLE}table-row": self._row,
            f"{_TABLE}shapes": self._pass_over,
            f"{_OFFICE}forms": self._pass_over,
            **dict.fromkeys(_CELLS, self._cell),
        }
        self._passed_over = 0
        self._style_name, self._hidden_styles = "", set[str]()
        self._sheet: str | None = None
        self._bounds = Bounds(package.name, "")
        self._ready: list[tuple[str, Row, int]] = []
        self._number, self._column, self._repeated = 0, 0, 1
        self._values: list[Any] = []
        self._errors: dict[int, str] = {}
        self._spans: list[tuple[int, int]] = []
        self._is_hidden = False
        self._attributes: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        # How deep in the paragraph of a cell; 0: in none.
        self._depth = 0

    def ready(self) -> Iterator[tuple[str, Row]]:
        """The rows that are complete, each as often as it is repeated."""
        rows, self._ready = self._ready, []
        for sheet, row, repeated in rows:
            for number in range(row.number, row.number + repeated):
                yield sheet, Row(number, row.cells, row.faults, row.is_hidden, row.spans)

    # --- elements -----------------------------------------------------------------------------------------------------

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._passed_over:
            self._passed_over += 1
        elif self._depth:
            self._in_paragraph(name, attributes)
        elif self._attributes is not None:
            if name == f"{_TEXT}p":
                self._depth = 1
                self._paragraphs.append("")
                self.parser.CharacterDataHandler = self._take
            else:
                # Comments and drawings: what they say is not the cell's.
                self._passed_over = 1
        else:
            handler = (self._starts if self._sheet is None else self._in_table).get(name)
            if handler is not None:
                handler(attributes)

    def _end(self, name: str) -> None:
        if self._passed_over:
            self._passed_over -= 1
            if self._depth and not self._passed_over:
                self.parser.CharacterDataHandler = self._take
        elif self._depth:
            self._depth -= 1
            if not self._depth:
                self.parser.CharacterDataHandler = None
        elif self._attributes is not None:
            self._end_cell(self._attributes)
            self._attributes = None
        elif name == f"{_TABLE}table-row" and self._sheet is not None:
            self._end_row(self._sheet)
        elif name == f"{_TABLE}table":
            self._sheet = None

    def _take(self, text: str) -> None:
        self._paragraphs[-1] += text

    def _in_paragraph(self, name: str, attributes: dict[str, str]) -> None:
        if name in (f"{_OFFICE}annotation", f"{_TEXT}note"):
            self.parser.CharacterDataHandler = None
            self._passed_over = 1
            return
        self._depth += 1
        if name in _KEPT:
            count = self._count(attributes, f"{_TEXT}c") if name == f"{_TEXT}s" else 1
            if count > MAX_RECORD_BYTES:
                self._refuse("too_large", f"a cell of {count:,} blanks")
            self._paragraphs[-1] += _KEPT[name] * count

    def _pass_over(self, _attributes: dict[str, str]) -> None:
        self._passed_over = 1

    # --- sheets, rows and cells ---------------------------------------------------------------------------------------

    def _style(self, attributes: dict[str, str]) -> None:
        self._style_name = attributes.get(f"{_STYLE}name", "")

    def _table_style(self, attributes: dict[str, str]) -> None:
        if attributes.get(f"{_TABLE}display") == "false":
            self._hidden_styles.add(self._style_name)

    def _table(self, attributes: dict[str, str]) -> None:
        name = attributes.get(f"{_TABLE}name", "")
        # What another workbook's sheet said when it was last asked; no sheet of this one.
        is_linked = name.startswith("'file:")
        if not is_linked:
            self.sheets.append((name, attributes.get(f"{_TABLE}style-name") in self._hidden_styles))
        if is_linked or name not in self._wanted:
            self._passed_over = 1
            return
        self._sheet, self._number = name, 0
        self._bounds = Bounds(self._package.name, name)

    def _row(self, attributes: dict[str, str]) -> None:
        self._repeated = self._count(attributes, f"{_TABLE}number-rows-repeated")
        self._is_hidden = attributes.get(f"{_TABLE}visibility", "visible") != "visible"
        self._number += 1
        self._column, self._values, self._errors, self._spans = 0, [], {}, []

    def _cell(self, attributes: dict[str, str]) -> None:
        self._attributes, self._paragraphs = attributes, []

    def _end_cell(self, attributes: dict[str, str]) -> None:
        repeated = self._count(attributes, f"{_TABLE}number-columns-repeated")
        first, self._column = self._column + 1, self._column + repeated
        wide = self._count(attributes, f"{_TABLE}number-columns-spanned")
        if wide > 1:
            self._spans.append((first, first + wide - 1))
        text = "\n".join(_joined(paragraph) for paragraph in self._paragraphs)
        error, value = _error(attributes, text), _value(attributes, text)
        if value == "" and error is None:
            return
        self._bounds.take(self._number + self._repeated - 1, self._column)
        if error is not None:
            self._errors.update(dict.fromkeys(range(first, self._column + 1), error))
            return
        self._values.extend([""] * (first - 1 - len(self._values)))
        self._values.extend([value] * repeated)

    def _end_row(self, sheet: str) -> None:
        if self._values or self._errors:
            row = row_of(self._number, self._values)
            for column, error in self._errors.items():
                row.put_error(column, error)
            row.is_hidden, row.spans = self._is_hidden, self._spans
            self._ready.append((sheet, row, self._repeated))
        self._number += self._repeated - 1

    def _count(self, attributes: dict[str, str], key: str) -> int:
        count = attributes.get(key, "1")
        if not count.isdecimal() or len(count) > 7:
            self._refuse("unreadable", "a number of repeats that is none")
        return max(int(count), 1)

    def _refuse(self, issue_type: str, what: str) -> NoReturn:
        message = f'{self._package.name}:{self._number}: sheet "{self._sheet}" has {what}; {_SAVE_ANEW}'
        raise Refusal(issue_type, message)


def _joined(paragraph: str) -> str:
    """A paragraph's text, its blanks as they are shown."""
    return _BLANKS.sub(" ", paragraph).strip(" ").translate(_AS_WRITTEN)


def _error(attributes: dict[str, str], text: str) -> str | None:
    """The error a cell shows; an empty text for a formula without its result; None: there is nothing wrong."""
    kind, has_formula = attributes.get(f"{_OFFICE}value-type"), f"{_TABLE}formula" in attributes
    if attributes.get(_CALC_TYPE) == "error" or (text in ERRORS and (has_formula or kind in _NUMBERS)):
        # Whatever else an error cell shows may be what a partner wrote.
        return text if text in ERRORS or _CODED_ERROR.fullmatch(text) else "an error"
    return "" if has_formula and kind is None and not text else None


def _value(attributes: dict[str, str], text: str) -> Any:
    """A cell's value as calamine gives those of the other kinds of workbook; an empty text where there is none."""
    kind = attributes.get(f"{_OFFICE}value-type")
    try:
        if kind in _NUMBERS:
            return float(attributes[f"{_OFFICE}value"])
        if kind == "date":
            written = attributes[f"{_OFFICE}date-value"]
            return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
        if kind == "time":
            return _duration(attributes[f"{_OFFICE}time-value"])
        if kind == "boolean":
            return attributes[f"{_OFFICE}boolean-value"] == "true"
    except (KeyError, ValueError):
        # Not as the standard has it: what a person reads is left.
        return text
    return attributes.get(f"{_OFFICE}string-value", text)


def _duration(written: str) -> time | timedelta:
    found = _DURATION.fullmatch(written)
    if found is None:
        raise ValueError(written)
    sign, hours, minutes, seconds, fraction = found.groups()
    length = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(f"{seconds}.{fraction or 0}"))
    if sign or length >= timedelta(days=1):
        return -length if sign else length
    return (datetime.min + length).time()
