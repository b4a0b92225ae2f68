"""The text of rows that are skipped and state a control total: a trailer, a row of totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.read.lexer import Dialect, lex
from pipelines.read.records import ROW, Unread
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.formats import CsvFormat, FixedWidthFormat

if TYPE_CHECKING:
    import polars as pl

# A rule that skips all to the end may skip much. What is stated stands among the first of these, or nowhere.
_MOST_ROWS = 1000


class Trailers:
    """Keeps what is skipped by the rules that a control total names, whatever its shape."""

    def __init__(self, version: FeedVersion, header: list[str]) -> None:
        self.rules = {control.rule for control in version.control if control.rule is not None}
        self.format = version.format
        self.width = len(header)

    def texts(self, rule: str, rows: pl.DataFrame, records: list[Unread]) -> list[tuple[int, str]]:
        """Line and text of rows that a rule skips, in file order; none where no control names the rule.

        Args:
            rule: the rule's name.
            rows: `_row`, then the columns of the file, then any others.
            records: those of another shape.
        """
        if rule not in self.rules:
            return []
        cells = rows.head(_MOST_ROWS).select(ROW, *rows.columns[1 : 1 + self.width]).iter_rows()
        found = [(number, self._joined([cell or "" for cell in row])) for number, *row in cells]
        found += [(record.line, self._relaid(record.text or "")) for record in records[:_MOST_ROWS]]
        return sorted(found)

    def _joined(self, cells: list[str]) -> str:
        if not isinstance(self.format, FixedWidthFormat):
            return (self.format.delimiter if isinstance(self.format, CsvFormat) else "\t").join(cells)
        line = ""
        for (first, _last), cell in zip(self.format.fields.values(), cells, strict=True):
            line = line.ljust(first - 1) + cell
        return line

    def _relaid(self, text: str) -> str:
        """A record of another shape; of delimited text without its quotation marks, where they can be read."""
        if isinstance(self.format, CsvFormat):
            found = lex(text.encode(), 0, Dialect.of(self.format))
            return text if found.fault else self._joined(found.fields)
        return text
