"""Options that several groups of commands share."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for a program to read.")]


def day(text: str | None, option: str) -> date | None:
    """The date that an option gives.

    Raises:
        typer.BadParameter: where it is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a date such as 2014-07-31", param_hint=option) from error
