"""What `commongrid report` does: finds the delivery, writes its page and its list of issues, says whose move it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.output import Output, fail
from pipelines.specs.check import load_specs
from warehouse.home import Home, whole

if TYPE_CHECKING:
    from pipelines.reports.return_report import ReturnReport

# A name of a file may have 255 bytes, and the draft of a report adds to it.
_LONGEST_NAME = 180


def write_report(output: Output, name: str, out: Path | None) -> None:
    """`commongrid report`. It reads the ledger without holding the home, so also while another process loads."""
    from pipelines.reports.find_delivery import find_delivery, told
    from pipelines.reports.return_csv import write_csv
    from pipelines.reports.return_page import render
    from pipelines.reports.return_report import facts_of, masking_for, return_report
    from warehouse.ledger import Ledger

    home = Home.from_environment()
    specs = load_specs(home.specs)
    if not home.exists:
        fail(f"nothing was ever loaded into {home.root}: commongrid load")
    ledger = Ledger(home.ledger)
    try:
        found = find_delivery(ledger, home.landing, name)
        facts = facts_of(home, ledger, found.delivery)
    finally:
        ledger.close()
    report = return_report(facts, specs)
    folder = out if out is not None else home.reports / found.delivery["partner"] / found.delivery["dataset"]
    page, listed = (folder / f"{_stem(report)}{ending}" for ending in (".html", ".csv"))
    with whole(page) as draft:
        draft.write_text(render(report, listed.name), encoding="utf-8")
    with whole(listed) as draft:
        issues = write_csv(report, facts.issues, masking_for(found.delivery, specs), draft)
    if found.others:
        output.say(f"{len(found.others) + 1} deliveries go by that name; this is the last that came. Before it:")
        for other in found.others[:5]:
            output.say(f"  {told(other)}")
    for line in _lines(report, issues):
        output.say(line)
    output.say(f"written   {page}\n          {listed}")
    others = [other["delivery_id"] for other in found.others]
    output.end({**_summary(report), "issues": issues, "html": page, "csv": listed, "others": others}, True)


def _stem(report: ReturnReport) -> str:
    """The file's name and the beginning of the delivery's id: enough to tell any two reports apart."""
    name = "".join(letter if letter.isprintable() and letter not in '/\\:*?"<>|' else "_" for letter in report.file)
    short = name.encode("utf-8")[:_LONGEST_NAME].decode("utf-8", "ignore")
    return f"{short}-{report.delivery_id[:8]}"


def _summary(report: ReturnReport) -> dict[str, Any]:
    """The report as plain data, without examples."""
    return {
        "delivery_id": report.delivery_id,
        "feed": report.feed,
        "file": report.file,
        "periods": list(report.periods),
        "suppliers": list(report.suppliers),
        "state": report.state,
        "whose_move": report.move,
        "refused": report.refused.message if report.refused is not None else None,
        "rows": {"total": report.total, "loaded": report.loaded, "kept_out": report.kept_out},
        "causes": [
            {
                "issue_type": group.type.issue_type,
                "column": group.column,
                "rows": group.rows,
                "who": group.type.responsibility,
                "section": group.section,
                "advice": group.type.advice,
            }
            for group in report.groups
        ],
    }


def _lines(report: ReturnReport, issues: int) -> list[str]:
    """The summary for the data team, who send the report."""
    periods = f" ({report.periods[0]}{', ...' if len(report.periods) > 1 else ''})" if report.periods else ""
    rows = f"; {report.loaded:,} of {report.total:,} rows loaded" if report.accounts else ""
    lines = [f"{report.file}{periods}: {report.state}{rows}"]
    if report.refused is not None:
        lines.append(f"  refused   {report.refused.type.issue_type}: {report.refused.message}")
    for group in report.groups:
        rows = f"{group.rows:,} rows" if group.rows != 1 else "1 row"
        where = f" in {group.column}" if group.column else ""
        whose = {"partner": "theirs", "us": "ours", "noted": "noted"}[group.section]
        lines.append(f"  {whose:9} {group.type.issue_type}{where}{f': {rows}' if group.rows else ''}")
    lines.append(f"{issues:,} {'issue' if issues == 1 else 'issues'}. {_next(report)}")
    return lines


def _next(report: ReturnReport) -> str:
    """Whose move it is and what to do with the report."""
    to = f"{report.partner}{f' ({report.contact})' if report.contact else ''}"
    ours = "mend what is ours, then: commongrid load"
    if report.asks_for_a_look:
        return f"Something is for the partner to look at: send the page to {to}"
    return {
        "partner": f"It is the partner's move: send both files to {to}",
        "us": f"It is our move: {ours}",
        "both": f"It is the partner's move and ours: send both files to {to}; {ours}",
        "nobody": "It is nobody's move: whatever is listed is for information",
    }[report.move]
