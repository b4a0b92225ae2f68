"""What a command tells: a line a file or step on the way, and a summary a program can read at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Say = Callable[[str], None]


def silent(_line: str) -> None:
    """Tell nothing."""


@dataclass
class LoadReport:
    """What came of a load."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    known_refused: int = 0
    unchanged: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was refused or held now."""
        return not self.refused and not self.held

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "held": self.held,
            "warnings": self.warnings,
            "waiting": self.waiting,
            "refused_earlier": self.known_refused,
            "unchanged_files": self.unchanged,
        }
