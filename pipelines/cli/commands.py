"""What each command does: opens the home, calls the steps, says how it went."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.output import USAGE, Output, fail
from pipelines.specs.check import gather, load_specs
from pipelines.specs.check_agreements import unsigned
from pipelines.specs.check_maps import proposed
from warehouse.home import PATIENCE, Home, whole

if TYPE_CHECKING:
    from pipelines.intake.claims import Declared
    from pipelines.place.directories.postcode_layouts import Named
    from pipelines.specs.load import SpecSet
    from warehouse.ledger import Ledger


@dataclass
class Opened:
    """A home held for changing, its specs checked and its ledger open."""

    home: Home
    specs: SpecSet
    ledger: Ledger


@contextmanager
def opened(output: Output | None = None, *, rebuild: bool = False) -> Iterator[Opened]:
    """Hold the home for as long as a command changes it; with an output to tell so, wait for another that does.

    With `rebuild`, its ledger is put aside and an empty one begun.
    """
    from warehouse.ledger import open_ledger

    home = Home.from_environment()
    specs = load_specs(home.specs)
    with home.alone(PATIENCE if output else 0.0, output.say if output else None):
        ledger = open_ledger(home, rebuild)
        try:
            yield Opened(home, specs, ledger)
        finally:
            ledger.close()


def check_specs(output: Output, path: Path | None) -> None:
    """`commongrid specs check`."""
    specs, problems = gather(path or Home.from_environment().specs)
    waiting, lacking = proposed(specs), unsigned(specs)
    for problem in problems:
        output.say(str(problem))
    for note in [*waiting, *lacking]:
        output.say(f"note: {note}")
    counts = {"datasets": len(specs.datasets), "partners": len(specs.partners), "feeds": len(specs.feeds)}
    counts["corrections"] = sum(map(len, specs.corrections.values()))
    replies = sum(map(len, specs.replies.values()))
    if not problems:
        counted = [f"{count} {name.removesuffix('s') if count == 1 else name}" for name, count in counts.items()]
        counted += [f"{replies} {'reply' if replies == 1 else 'replies'}"] if replies else []
        output.say(f"{', '.join(counted)}: no problems")
    told = {"problems": [vars(problem) for problem in problems], "proposed": [vars(note) for note in waiting]}
    told |= {"unsigned": [vars(note) for note in lacking]} if lacking else {}
    output.end({**told, **counts, "replies": replies}, not problems)


def write_schemas(out: Path | None) -> None:
    """`commongrid specs schema`."""
    from pipelines.specs.schema import schemas

    made = schemas()
    if out is None:
        print(json.dumps(made, indent=2))
        return
    out.mkdir(parents=True, exist_ok=True)
    for kind, schema in made.items():
        (out / f"{kind}.schema.json").write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
    print(f"{len(made)} schemas written to {out}")


def write_dataset_models(output: Output, check: bool) -> None:
    """`commongrid specs models`."""
    from pipelines.build.dataset_models import stale_models, write_models

    home = Home.from_environment()
    found = (stale_models if check else write_models)(load_specs(home.specs), home.dbt_project)
    for path in found:
        output.say(f"{'stale' if check else 'written'}   {path}")
    if not found:
        output.say("the models of the datasets are those of their specs")
    elif check:
        output.say("write them again with `commongrid specs models`, and commit them")
    output.end({"stale" if check else "written": [str(path) for path in found]}, not (check and found))


def propose_spec(output: Output, file: Path, out: Path | None, dataset: str | None) -> None:
    """`commongrid specs propose`."""
    from pipelines.propose.codes import write_codes
    from pipelines.propose.proposal import propose
    from pipelines.propose.shown import show_proposal

    if out is not None and out.exists():
        fail(f"{out} is there already, and somebody may have worked on it; name another file", USAGE)
    specs, _problems = gather(Home.from_environment().specs)
    proposal = propose(file, specs, dataset)
    if out is not None:
        with whole(out) as draft:
            draft.write_text(proposal.text, encoding="utf-8")
        written = write_codes(out.parent / "codes", proposal.maps)
    elif not output.as_json:
        print(proposal.text, end="")
    if not output.as_json:
        show_proposal(proposal, file, out, to_stderr=out is None)
        for line in [f"written to {out}", *written] if out is not None else []:
            output.say(line)
    told = {"draft": str(out)} if out is not None else {"text": proposal.text}
    output.end({**proposal.summary(), **told}, True)


def add_postcode_directory(output: Output, files: list[Path], named: Named, accept_fewer: bool) -> None:
    """`commongrid postcodes add`."""
    from pipelines.place.directories.postcode_directory import add_postcodes

    home = Home.from_environment()
    with home.alone():
        added = add_postcodes(files, home.postcodes, named, accept_fewer=accept_fewer, say=output.say)
    for line in added.lines():
        output.say(line)
    output.end(vars(added), True)


def run_load(
    output: Output, paths: list[Path], feed: str | None, period: str | None, issued: date | None, rebuild: bool
) -> None:
    """`commongrid load`."""
    from pipelines.orchestration.decisions import restore_decisions
    from pipelines.orchestration.restore_purged import restore_purged
    from pipelines.orchestration.steps import load_step
    from pipelines.specs.problems import nearest
    from warehouse.journal import Journal

    if rebuild and (paths or feed or period or issued):
        fail(
            "--rebuild takes no file, feed, period or issue date: it loads all of landing, as the journal has it", USAGE
        )
    lost: list[str] = []
    with opened(output, rebuild=rebuild) as at:
        if rebuild:
            restore_decisions(at.ledger, Journal(at.home.journal))
            lost = restore_purged(at.home, at.specs, at.ledger, output.say)
        if feed is not None and feed not in at.specs.feeds:
            fail(f'there is no feed "{feed}"{nearest(feed, at.specs.feeds)}', USAGE)
        report = load_step(at.home, at.specs, at.ledger, output.say, paths, feed=feed, period=period, issued=issued)
    report.warnings += lost
    taken, refused = len(report.accepted), len(report.refused)
    again = f", {len(report.duplicates)} duplicates" if report.duplicates else ""
    earlier = f", {report.known_refused} refused earlier and unchanged" if report.known_refused else ""
    output.say(f"{taken} deliveries taken, {refused} refused{again}{earlier}")
    output.end(report.summary(), report.ok)


def run_build(output: Output, as_of: date | None, full: bool) -> None:
    """`commongrid build`."""
    from pipelines.orchestration.build import build

    with opened() as at:
        report = build(at.home, at.specs, at.ledger, output.say, as_of or date.today(), full=full)
    output.end(report.summary(), True)


def run_publish(output: Output, audience: str) -> None:
    """`commongrid publish`."""
    from pipelines.orchestration.steps import publish_step

    with opened() as at:
        summary = publish_step(at.home, at.ledger, output.say, audience, date.today())
    output.end(summary, True)


def run_all(output: Output, as_of: date | None) -> None:
    """`commongrid run`."""
    from pipelines.orchestration.steps import run_steps

    with opened(output) as at:
        summary, ok = run_steps(at.home, at.specs, at.ledger, output.say, as_of or date.today())
    output.end(summary, ok)


def run_demo(output: Output) -> None:
    """`commongrid demo`."""
    from pipelines.orchestration.demo import demo_steps

    with opened() as at:
        summary = demo_steps(at.home, at.specs, at.ledger, output.say)
    output.end(summary, True)


def run_query(sql: str, audience: str, release: str | None, as_known_at: date | None, format_: str) -> None:
    """`commongrid query`."""
    from warehouse.query import FORMATS, ask, write_answer
    from warehouse.releases import DATABASE, release_path

    if format_ not in FORMATS:
        fail(f'"{format_}" is not a format; use {", ".join(FORMATS)}', USAGE)
    home = Home.from_environment()
    if as_known_at is not None:
        from pipelines.orchestration.as_known import known_database

        with opened() as at:
            database = known_database(at.home, at.specs, at.ledger, as_known_at)
    else:
        database = release_path(home, audience, release) / DATABASE
    write_answer(ask(database, sql), format_, sys.stdout)


def read_file(
    output: Output, file: Path, spec: Path, out: Path | None, dataset: str | None, declared: Declared
) -> None:
    """`commongrid read`."""
    from pipelines.cli.shown import show_try_out
    from pipelines.orchestration.try_out import trial_of, try_out
    from pipelines.place.reference import ReferenceData

    home = Home.from_environment()
    trial = trial_of(spec, home.specs, dataset)
    results = try_out(file, trial, declared, ReferenceData(home.reference, home.boundaries), out)
    if not output.as_json:
        for result in results:
            show_try_out(result, trial.dataset)
        if out is not None:
            output.say(f"written to {out}: rows.parquet, quarantine.parquet, issues.csv, account.json")
    ok = not any(result.refused for result in results)
    output.end({"deliveries": [result.summary() for result in results]}, ok)


def list_releases(output: Output, audience: str) -> None:
    """`commongrid releases list`."""
    from warehouse.releases import release_list

    rows = release_list(Home.from_environment(), audience)
    for row in rows:
        mark = "*" if row["is_current"] else " "
        held = "withdrawn" if row["is_withdrawn"] else f"{row['tables']} tables"
        output.say(f"{mark} {row['release_id']}  {row['published_at']}  as of {row['as_of']}  {held}")
    if not rows:
        output.say("nothing has been published yet: commongrid run")
    output.end({"releases": rows}, True)


def show_release(output: Output, release: str | None) -> None:
    """`commongrid releases show`."""
    from warehouse.releases import read_manifest, release_path

    path = release_path(Home.from_environment(), "restricted", release)
    manifest = read_manifest(path)
    output.say(f"{manifest['release_id']}, published {manifest['published_at']}, in {path}")
    for name, table in manifest["tables"].items():
        output.say(f"  {name:24} {table['rows']:>12,} rows  {table['hash'][:12]}")
    output.end(manifest, True)
