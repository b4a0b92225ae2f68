"""Takes back releases whose rows were erased or restricted since: what they said of themselves stays, no row does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date

from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.ledger import Ledger
from warehouse.releases import AUDIENCES, audience_folder, current_release, read_manifest

MANIFEST = "manifest.json"


def releases_of(ledger: Ledger, deliveries: Iterable[str]) -> set[str]:
    """The releases that any of these deliveries went into, however they were made."""
    wanted = set(deliveries)
    return {str(row["release_id"]) for row in ledger.rows(led.release_input) if row["delivery_id"] in wanted}


def made_otherwise(ledger: Ledger, rights: Mapping[str, str]) -> set[str]:
    """The releases that a delivery went into before what people now ask of its rows was done.

    Args:
        ledger: the ledger.
        rights: delivery to a hash of what is asked of its rows, as the ledger's `making` has it.
    """
    done = {row["fingerprint"]: row["rights"] for row in ledger.rows(led.making)}
    return {
        str(row["release_id"])
        for row in ledger.rows(led.release_input)
        if row["delivery_id"] in rights and done.get(row["fingerprint"]) != rights[row["delivery_id"]]
    }


def withdraw(home: Home, releases: Iterable[str], reason: str, today: date, *, but_current: bool = True) -> list[str]:
    """Take releases back: all of each is removed but its manifest, which says why.

    Args:
        home: the home.
        releases: their ids.
        reason: what is said of each.
        today: the day it is done on.
        but_current: leave the release that now holds; else an audience may be left without one.

    Returns:
        The releases taken back now; those that were before are left as they are.
    """
    done = []
    wanted = set(releases)
    for audience in AUDIENCES:
        current = current_release(home, audience)
        for path in sorted(audience_folder(home, audience).glob(f"*/{MANIFEST}")):
            folder = path.parent
            if folder.is_symlink() or folder.name not in wanted or (but_current and folder == current):
                continue
            manifest = read_manifest(folder)
            if "withdrawn" in manifest:
                continue
            manifest["withdrawn"] = {"on": today.isoformat(), "reason": reason}
            # The manifest first: a release that is half gone must not be taken for a whole one.
            with whole(path) as draft:
                draft.write_text(json.dumps(manifest, indent=2, default=str) + "\n", encoding="utf-8")
            for inner in folder.iterdir():
                if inner.is_dir():
                    shutil.rmtree(inner)
                elif inner.name != MANIFEST:
                    inner.unlink()
            if folder == current:
                (audience_folder(home, audience) / "current").unlink()
            done.append(folder.name)
    return done
