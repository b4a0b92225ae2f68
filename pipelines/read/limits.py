"""How large a partner's file may be, part by part. No real return comes near; what goes beyond is refused, not tried.

The memory and time of a child process are those promised in the reliability notes: 512 MB and 30 s.
"""

from __future__ import annotations

# One record, and so one field, of text: a free-text field of a real return holds some thousand characters.
MAX_RECORD_BYTES = 1024**2
# A sheet of a workbook has at most 16,384 columns (ECMA-376, column XFD).
MAX_COLUMNS = 16_384
# Cells of one sheet, empty ones within its bounds included.
MAX_CELLS = 20_000_000
CHILD_MEMORY_BYTES = 512 * 1024**2
CHILD_SECONDS = 30
