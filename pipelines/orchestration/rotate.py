"""A feed's keys made, and replaced by new ones under which all that was kept of the feed is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.orchestration.entries import sweep
from pipelines.orchestration.load import Loader
from pipelines.orchestration.replay import prepared_again, replay
from pipelines.orchestration.report import Say
from pipelines.protect.key_store import KeyStore, purposes_of
from pipelines.protect.keys import Key, destroy, keys_of, new_key, retire, write_key
from pipelines.specs.load import SpecSet
from pipelines.specs.problems import nearest
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

Row = dict[str, Any]


@dataclass
class Rotation:
    """What came of a rotation: new keys, old ones (`kept` as retired, or destroyed), and the deliveries.

    `left` are deliveries that are still under an old key, as their files are gone from landing or were refused.
    """

    made: list[Key] = field(default_factory=list)
    kept: list[Key] = field(default_factory=list)
    destroyed: list[Key] = field(default_factory=list)
    again: int = 0
    left: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        keys = {name: [key.told() for key in getattr(self, name)] for name in ("made", "kept", "destroyed")}
        return {**keys, "made_anew": self.again, "left": self.left}


def make_keys(home: Home, specs: SpecSet, feed: str, custodian: str, today: date) -> list[Key]:
    """A key for each purpose that the dataset's fields need and that has none in use; no key is ever overwritten.

    Raises:
        Refusal: where there is no such feed, or a key or the folder of keys cannot be used.
    """
    if feed not in specs.feeds:
        raise Refusal("not_a_file", f'there is no feed "{feed}"{nearest(feed, specs.feeds)}')
    folder = KeyStore(home).folder
    in_use = {key.purpose for key in keys_of(folder, feed) if key.retired_on is None}
    wanted = purposes_of(specs.datasets[specs.feeds[feed].dataset])
    made = [new_key(feed, purpose, custodian, today) for purpose in wanted if purpose not in in_use]
    for key in made:
        write_key(folder, key)
    return made


def rotate_keys(
    home: Home, specs: SpecSet, ledger: Ledger, say: Say, feed: str, custodian: str, today: date, keep_old: bool
) -> Rotation:
    """Make everything that is kept of a feed anew under new keys, from landing, and destroy the old keys.

    The old keys are retired first, so that a rotation that is stopped leaves nothing that mixes them: whatever is
    left is made anew by the next load. They are kept as retired where that is asked for, and where deliveries are left
    that cannot be read again.

    Raises:
        Refusal: where there is no such feed, it has no key, or a key cannot be used.
    """
    if feed not in specs.feeds:
        raise Refusal("not_a_file", f'there is no feed "{feed}"{nearest(feed, specs.feeds)}')
    folder = KeyStore(home).folder
    old = [key for key in keys_of(folder, feed) if key.retired_on is None]
    if not old:
        raise Refusal("key_missing", f"{feed} has no key; commongrid keys make --feed {feed} --custodian ROLE")
    done = Rotation()
    for key in old:
        retire(folder, key, today)
    done.made = make_keys(home, specs, feed, custodian, today)
    report = replay(home, specs, ledger, say, feed, every=True)
    done.again = len(report.again)
    for row in ledger.rows(led.delivery, feed=feed):
        sweep(home, dict(row))
    done.left = list(_left(home, specs, ledger, say, feed))
    for key in old:
        if keep_old or done.left:
            done.kept.append(key)
        else:
            destroy(folder, key)
            done.destroyed.append(key)
    return done


def _left(home: Home, specs: SpecSet, ledger: Ledger, say: Say, feed: str) -> Iterator[str]:
    """The deliveries of a feed that are taken, and were not made anew."""
    loader = Loader(home, specs, ledger, say)
    for row in loader.deliveries.values():
        if row["feed"] != feed or row["state"] == "refused":
            continue
        source = f"{row['path']}:{row['member']}" if row["member"] else str(row["path"])
        try:
            is_anew = prepared_again(loader, row).fingerprint == row["fingerprint"]
        except Refusal:
            is_anew = False
        if not is_anew:
            yield source
