"""The open signals about a partner's recording, as the last build found them, and how they are put to the partner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.home import Home

Signal = Mapping[str, Any]

# By signal: how it is put to whoever recorded the rows. It asks; it does not judge.
ASKED = {
    "category_shift": "Records may be coded otherwise than before",
    "heaping": "Many values are round ones",
    "threshold": "Many figures lie right at a threshold",
    "month_end": "The last days of the period hold another share than before",
    "delay_change": "The time from an event to its record has changed",
    "missing_rising": "More records than before come without a value",
}


def open_signals(home: Home) -> list[dict[str, Any]]:
    """The signals that nobody has replied to; none before the first build."""
    import polars as pl

    path = home.build / "snapshot" / "recording_signals.parquet"
    if not path.exists():
        return []
    return pl.read_parquet(path).filter(pl.col("state") == "open").to_dicts()
