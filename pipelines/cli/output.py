"""How commands speak: plain lines or one JSON object on standard output, faults on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

REFUSED, USAGE = 1, 2


class Output:
    """Lines as things happen (not with `--json`), and a summary at the end."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, line: str) -> None:
        """One line of progress."""
        if not self.as_json:
            print(line, flush=True)

    def result(self, summary: dict[str, Any]) -> None:
        """The summary a program reads."""
        if self.as_json:
            print(json.dumps(summary, default=str, ensure_ascii=False))

    def end(self, summary: dict[str, Any], ok: bool) -> None:
        """Give the summary and leave: 0 if all is well, 1 if data was refused."""
        self.result({"ok": ok, **summary})
        if not ok:
            raise SystemExit(REFUSED)


def fail(message: str, code: int = REFUSED) -> NoReturn:
    """Say what is wrong and leave."""
    print(message, file=sys.stderr)
    raise SystemExit(code)


@contextmanager
def ending() -> Iterator[None]:
    """Turns the errors a user can cause into their messages."""
    from pipelines.intake.refusal import Refusal
    from pipelines.specs.problems import SpecError
    from warehouse.home import HomeError
    from warehouse.settings import SettingsError

    try:
        yield
    except SpecError as error:
        count = len(error.problems)
        fail(f"{error}\n{count} problem{'s' if count > 1 else ''} in the specs; nothing was done")
    except (Refusal, HomeError, SettingsError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("stopped", 130)
    except Exception as error:
        if type(error).__name__ == "AudienceError":
            fail(str(error), USAGE)
        # Compared by name: importing these here would make every command pay for what few raise.
        if type(error).__name__ in ("BuildError", "QueryError", "LedgerError", "PublishError", "SealError"):
            fail(str(error))
        raise
