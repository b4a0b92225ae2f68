"""`commongrid keys`: the keys that identifiers are made pseudonyms by. What a key holds is printed nowhere."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import USAGE, Output, fail

if TYPE_CHECKING:
    from pipelines.cli.commands import Opened

keys_app = typer.Typer(no_args_is_help=True, help="Make, list and replace the keys of pseudonyms.")

Feed = Annotated[str, typer.Option("--feed", metavar="PARTNER/DATASET", help="Whose keys.")]
Custodian = Annotated[str, typer.Option("--custodian", metavar="ROLE", help="The role that keeps them: no name.")]


@keys_app.command("make")
def keys_make(
    custodian: Custodian,
    feed: Annotated[str | None, typer.Option("--feed", metavar="PARTNER/DATASET", help="Whose keys.")] = None,
    landing: Annotated[bool, typer.Option("--landing", help="The key that files of people are sealed with.")] = False,
    json: Json = False,
) -> None:
    """Make the keys that a feed of people needs, or (--landing) the one for its files. No key is overwritten."""
    from pipelines.cli.commands import opened
    from pipelines.orchestration.rotate import make_keys

    output = Output(json)
    with opened() as at:
        folder = at.home.keys
        sealing = _landing_key(at, feed, landing, _role(custodian))
        made = make_keys(at.home, at.specs, feed, _role(custodian), date.today()) if feed else []
    if sealing:
        output.say(f"made      the landing key, in {folder}")
    for key in made:
        output.say(f"made      {key.feed} {key.purpose}: key {key.key_id}, in {folder}")
    if made or sealing:
        output.say("keep a copy where the data is not: what was made with a key is of no use without it")
    else:
        output.say(f"{feed or folder}: every key is there")
    output.end({"made": [key.told() for key in made], "landing_key": sealing}, True)


def _landing_key(at: Opened, feed: str | None, landing: bool, custodian: str) -> bool:
    """Make the landing key where it is asked for, or needed by a feed, and there is none yet; whether it was made."""
    from pipelines.orchestration.sealing import feed_of_persons
    from pipelines.protect.key_store import KeyStore
    from warehouse.sealed import IDENTITY, make_landing_key

    if feed is None and not landing:
        fail("say whose keys: --feed PARTNER/DATASET, or --landing", USAGE)
    needed = feed in at.specs.feeds and feed_of_persons(at.specs, at.specs.feeds[feed])
    folder = KeyStore(at.home).folder
    if not (landing or needed) or (folder / IDENTITY).exists():
        return False
    make_landing_key(folder, custodian)
    return True


@keys_app.command("list")
def keys_list(json: Json = False) -> None:
    """List the keys: whose, for what, who keeps them, since when, and whether they are retired."""
    from pipelines.protect.key_store import KeyStore
    from pipelines.protect.keys import all_keys
    from warehouse.home import Home
    from warehouse.sealed import IDENTITY

    output, store = Output(json), KeyStore(Home.from_environment())
    keys = [key.told() for key in all_keys(store.folder)]
    for key in keys:
        retired = f", retired {key['retired_on']}" if key["retired_on"] else ""
        told = f"{key['feed']}  {key['purpose']}  {key['key_id']}"
        output.say(f"{told}  kept by {key['custodian']}, since {key['made_on']}{retired}")
    sealing = (store.folder / IDENTITY).exists()
    if sealing:
        output.say("landing   the key that files of people are sealed with")
    if not keys and not sealing:
        output.say(f"no keys in {store.folder}")
    output.end({"keys": keys, "landing_key": sealing}, True)


@keys_app.command("rotate")
def keys_rotate(
    feed: Feed,
    custodian: Custodian,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Keep the old keys as retired, to find people by old pseudonyms.")
    ] = False,
    json: Json = False,
) -> None:
    """Make all that is kept of a feed anew under new keys, and destroy the old ones."""
    from pipelines.cli.commands import opened
    from pipelines.orchestration.rotate import rotate_keys

    output = Output(json)
    with opened(output) as at:
        done = rotate_keys(at.home, at.specs, at.ledger, output.say, feed, _role(custodian), date.today(), keep_old)
    for key in done.made:
        output.say(f"made      {key.purpose}: key {key.key_id}")
    for key in done.destroyed:
        output.say(f"destroyed {key.purpose}: key {key.key_id}; destroy its copies too")
    for key in done.kept:
        output.say(f"retired   {key.purpose}: key {key.key_id}, kept")
    for source in done.left:
        output.say(f"left      {source}: cannot be read again, so it stays under the old key")
    output.say(f"{done.again:,} deliveries made anew; now bring the warehouse up to them: commongrid run")
    output.say("releases and backups made before hold the old pseudonyms until they are withdrawn or purged")
    output.end(done.summary(), not done.left)


def _role(custodian: str) -> str:
    if not custodian.strip():
        fail('say who keeps the key: --custodian "information governance lead"', USAGE)
    return custodian.strip()
