"""Does what people have asked of the rows about them, wherever these lie, and again where an older state came back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from pipelines.orchestration.entries import sweep
from pipelines.orchestration.harmonised_alone import without_rows
from pipelines.orchestration.load import Loader
from pipelines.orchestration.prepare import Prepared
from pipelines.orchestration.purge import files_held, take_out
from pipelines.orchestration.replay import make_again, prepared_again
from pipelines.orchestration.report import Say
from pipelines.orchestration.subjects import Found, Subjects
from pipelines.protect.rights import Act, Request, Rights, new_request
from pipelines.publish.withdraw import made_otherwise, withdraw
from pipelines.read.asked import Whose
from pipelines.read.records import ROW, Erased
from pipelines.specs.fingerprint import digest
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.ledger import Ledger, open_ledger

Row = dict[str, Any]
# In the home: which requests were carried out here, each with a hash of the rows it was about.
APPLIED = "requests_applied.json"


class Requests:
    """What people have asked, and one home that it is done in."""

    def __init__(self, home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> None:
        self.home, self.specs, self.ledger, self.say = home, specs, ledger, say
        self.rights = Rights(home.keys)

    def request(
        self, act: Act, found: Found, today: date, column: str | None = None, text: str | None = None
    ) -> Request:
        """Write down what is asked of a person's rows. Nothing is done yet: see `carry_out`."""
        lifted = self.rights.restrictions(found.pseudonyms, found.rows) if act is Act.LIFT else []
        made = new_request(act, today, found.pseudonyms, found.rows)
        request = replace(made, column=column, text=text, lifts=tuple(item.id for item in lifted))
        self.rights.add(request)
        return request

    def carry_out(self) -> set[str]:
        """Do what the register asks and was not done in this home yet; the deliveries that it changed.

        It is done again wherever an older state was put back: a restored home meets the requests made since.
        """
        applied = self._applied()
        waiting = [item for item in self.rights.requests.values() if applied.get(item.id) != _stamp(item)]
        if not waiting:
            return set()
        loader = Loader(self.home, self.specs, self.ledger, self.say)
        for item in waiting:
            self.rights.found(item.id, self._come_since(item))
        about = {name for item in waiting for each in self._with_lifted(item) for name in each.rows}
        changed = set()
        for row in list(loader.deliveries.values()):
            if row["delivery_id"] in about and self._again(loader, row):
                changed.add(str(row["delivery_id"]))
        loader.remember()
        self._leave_landing()
        if changed and any(item.act is Act.ERASE for item in waiting):
            # A row that is deleted stays in a database's file until its room is used again: so it is built anew.
            for path in (self.home.warehouse, self.home.warehouse.with_name(f"{self.home.warehouse.name}.wal")):
                path.unlink(missing_ok=True)
        with whole(self.home.root / APPLIED) as draft:
            done = {item.id: _stamp(item) for item in self.rights.requests.values()}
            draft.write_text(json.dumps(done, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return changed

    def _with_lifted(self, item: Request) -> list[Request]:
        return [item, *(self.rights.requests[name] for name in item.lifts if name in self.rights.requests)]

    def _come_since(self, item: Request) -> dict[str, frozenset[int]]:
        """The rows of a request's pseudonyms in whatever this home holds."""
        subjects = Subjects(self.home, self.specs, self.ledger, self.say)
        rows = [dict(row) for row in self.ledger.rows(led.delivery) if row["feed"] in self.specs.feeds]
        found = {str(row["delivery_id"]): subjects.rows_with(row, item.pseudonyms) for row in rows}
        return {name: numbers for name, numbers in found.items() if numbers}

    def _again(self, loader: Loader, row: Row) -> bool:
        """Make a delivery again as the register has it, and remove what was made of it before."""
        if row["feed"] not in self.specs.feeds:
            return False
        made = prepared_again(loader, row)
        if made.fingerprint == row["fingerprint"]:
            return False
        if not self.home.raw_of(row).exists() and not made.claim.source.path.exists() and row["state"] != "refused":
            return self._past_retention(row, made)
        made.whose = self._whose(row, made)
        make_again(loader, row, made)
        sweep(self.home, {**row, "fingerprint": made.fingerprint})
        self.say(f"made anew {made.claim.source}")
        return True

    def _past_retention(self, row: Row, made: Prepared) -> bool:
        """Erase rows of a delivery of which harmonised rows alone are kept; nothing else can be done to those."""
        asked = [item for item in self.rights.in_force() if item.act is Act.ERASE]
        rows = {number for item in asked for number in item.rows.get(row["delivery_id"], ())}
        done = without_rows(self.home, self.ledger, row, made, rows, self.specs.datasets[row["dataset"]])
        if done:
            sweep(self.home, {**row, "fingerprint": made.fingerprint})
        left = "its rows were erased" if done else "its rows can be erased, and neither restricted nor put right"
        self.say(f"past      {row['member'] or row['path']}: is past its retention: {left}")
        return done

    def _whose(self, row: Row, made: Prepared) -> Whose:
        """Whose each row of a delivery was, by what was made of it before."""
        import polars as pl

        found: dict[int, list[Erased]] = {}
        for path in (self.home.harmonised_of(row), self.home.quarantine_of(row)):
            if path.exists():
                columns = [ROW, "_part", "supplier", "period_start"]
                lines = pl.read_parquet(path, columns=columns).unique([ROW, "_part"]).sort(ROW, "_part")
                for number, part, supplier, start in lines.iter_rows():
                    erased = Erased(number, part, supplier, start.isoformat() if start else None)
                    found.setdefault(number, []).append(erased)
        return lambda number: found.get(number) or made.of_whole(number)

    def _leave_landing(self) -> None:
        """Remove from landing every file that held what was erased: what else was in them is kept as it was read."""
        erased = {name for item in self.rights.in_force() if item.act is Act.ERASE for name in item.rows}
        held = files_held(self.ledger).items()
        going = {key: rows for key, rows in held if any(row["delivery_id"] in erased for row in rows)}
        for key, _beside in take_out(self.home, self.specs, self.ledger, going):
            self.say(f"removed   {key} from landing: rows of it were erased")

    def _applied(self) -> dict[str, str]:
        path = self.home.root / APPLIED
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _stamp(item: Request) -> str:
    return digest({name: sorted(rows) for name, rows in item.rows.items()})


def settle_requests(home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> set[str]:
    """Do what people have asked and was not done in this home yet, as after a restore; the deliveries it changed."""
    return Requests(home, specs, ledger, say).carry_out()


def take_back(home: Home, ledger: Ledger, say: Say, today: date, *, but_current: bool = True) -> list[str]:
    """Take back the releases with rows that were erased or restricted since; not (`but_current`) the one that holds."""
    rights = Rights(home.keys)
    asked = [item for item in rights.in_force() if item.act in (Act.ERASE, Act.RESTRICT)]
    wanted = {name: rights.digest(name) for item in asked for name in item.rows}
    if not wanted:
        return []
    reason = "rows of it were erased or restricted since, as people asked"
    done = withdraw(home, made_otherwise(ledger, wanted), reason, today, but_current=but_current)
    for name in done:
        say(f"withdrawn {name}: {reason}")
    return done


def after_restore(home: Home, specs: SpecSet, say: Say) -> None:
    """Do to a home that was put back what people have asked since, and take back the releases that knew not of it."""
    if not home.ledger.exists():
        return
    ledger = open_ledger(home)
    try:
        settle_requests(home, specs, ledger, say)
        take_back(home, ledger, say, date.today(), but_current=False)
    finally:
        ledger.close()
