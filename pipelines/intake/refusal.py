"""A file or delivery that cannot be taken, with its reason in words a data officer can act on."""

from __future__ import annotations


class Refusal(Exception):
    """Nothing of the file is loaded. `issue_type` is one of `issue_types.csv`; the message says what to do."""

    def __init__(self, issue_type: str, message: str) -> None:
        self.issue_type = issue_type
        super().__init__(message)
