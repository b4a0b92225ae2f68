"""The warehouse and the release as Dagster assets, not partitioned: a dbt model is an asset, a dbt test its check.

The graph is dbt's own manifest. The work is done by `build.build` and `publish_step`, as from the command line.
"""

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from pipelines.build.dbt import BuildError, run_dbt
from pipelines.build.plan import project_digest
from pipelines.orchestration.build import build
from pipelines.orchestration.dagster_feeds import POOL, at_work, feed_key
from pipelines.orchestration.steps import publish_step
from pipelines.specs.load import SpecSet
from warehouse.home import Home, whole

SNAPSHOT = dg.AssetKey("snapshot")
RELEASE = dg.AssetKey("release")
_HARMONISED = "harmonised"

Result = dg.MaterializeResult[Any] | dg.AssetCheckResult
Node = tuple[str, str, str, float, str]


def manifest_path(home: Home) -> Path:
    """The manifest of the dbt project as it now is, parsed if that was not done yet."""
    folder = home.build / "graph"
    path = folder / f"manifest-{project_digest(home.dbt_project)}.json"
    if not path.exists():
        # Several processes may load the definitions at once, so each parses in a folder of its own.
        scratch = home.build / f"graph-{uuid.uuid4().hex[:8]}" / "snapshot"
        run_dbt(home, scratch, home.warehouse, full_refresh=False, command="parse")
        target = home.build / f"dbt-{scratch.parent.name}"
        with whole(path) as draft:
            shutil.copyfile(target / "manifest.json", draft)
        shutil.rmtree(target)
        for old in folder.glob("manifest-*.json"):
            if old != path:
                old.unlink()
    return path


@dataclass(frozen=True)
class Warehouse:
    """The assets below the feeds."""

    models: dg.AssetsDefinition
    release: dg.AssetsDefinition
    snapshot: dg.AssetSpec

    @property
    def keys(self) -> list[dg.AssetKey]:
        """Everything a build and a release make."""
        return [*sorted(self.models.keys), RELEASE]


def warehouse_assets(home: Home, specs: SpecSet) -> Warehouse:
    """The assets of the dbt project, of the release, and of what the loader hands to dbt."""
    manifest = json.loads(manifest_path(home).read_text(encoding="utf-8"))
    models = _models(home, specs, manifest)
    published = [
        dg.AssetKey(node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("published")
    ]
    snapshot = dg.AssetSpec(
        SNAPSHOT,
        deps=[feed_key(name) for name in specs.feeds],
        group_name="snapshot",
        kinds={"parquet"},
        description="What a build is handed: current and changed returns, coverage, areas, code lists, the register",
    )
    return Warehouse(models, _release(home, published), snapshot)


class _Graph(DagsterDbtTranslator):  # type: ignore[misc]
    """Hangs dbt's graph below the feeds: harmonised rows come from their dataset's feeds, else the snapshot."""

    def __init__(self, specs: SpecSet) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self.feeds: dict[str, list[dg.AssetKey]] = {}
        for feed in specs.feeds.values():
            self.feeds.setdefault(feed.dataset, []).append(feed_key(feed.name))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """A model is called by its name alone."""
        if dbt_resource_props["resource_type"] != "source":
            return dg.AssetKey(dbt_resource_props["name"])
        if dbt_resource_props["source_name"] == _HARMONISED:
            return dg.AssetKey([_HARMONISED, dbt_resource_props["name"]])
        return SNAPSHOT

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """A model's asset, its harmonised sources replaced by the feeds that fill them."""
        spec: dg.AssetSpec = super().get_asset_spec(manifest, unique_id, project)
        keys: set[dg.AssetKey] = set()
        for dep in spec.deps:
            path = dep.asset_key.path
            keys.update(self.feeds.get(path[1], []) if path[0] == _HARMONISED else [dep.asset_key])
        # The snapshot is written before any model is built: only what hangs on nothing else shows that it hangs on it.
        keys = keys - {SNAPSHOT} or keys
        props = self.get_resource_props(manifest, unique_id)
        return spec.replace_attributes(
            deps=sorted(keys), description=props.get("description") or None, group_name=props["fqn"][1]
        )

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """A test's check. A test over several models, which dbt attaches to none, is shown on the last it names."""
        spec: dg.AssetCheckSpec | None = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        test = manifest["nodes"][unique_id]
        parents = [manifest["nodes"][key] for key in test["depends_on"]["nodes"] if key in manifest["nodes"]]
        if spec is not None or test.get("attached_node") or len(parents) < 2:
            return spec
        keys = [self.get_asset_key(parent) for parent in parents]
        if keys[-1] != asset_spec.key:
            return None
        blocks = test["config"]["severity"].lower() == "error"
        others = sorted({*keys} - {asset_spec.key})
        return dg.AssetCheckSpec(test["name"], asset=asset_spec.key, additional_deps=others, blocking=blocks)


def _models(home: Home, specs: SpecSet, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    order = _order(manifest)

    @dbt_assets(manifest=manifest, dagster_dbt_translator=_Graph(specs), name="warehouse", pool=POOL)  # type: ignore[untyped-decorator]
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[Result]:
        """Bring the warehouse up to what is harmonised. A build is of all models, whichever are selected."""
        chosen = [key for key in order if key in context.selected_asset_keys]
        checks = context.selected_asset_check_keys
        try:
            with at_work(home) as at:
                built = build(home, at.specs, at.ledger, context.log.info, date.today())
        except BuildError as error:
            yield from _checks(error.nodes, checks)
            raise dg.Failure(str(error), allow_retries=False) from error
        if built.nodes:
            facts = {
                "built": "everything anew" if built.plan.is_full else f"{len(built.plan.changed):,} changed returns"
            }
            seconds = {
                name: {"seconds": round(took, 3)}
                for kind, name, _status, took, _message in built.nodes
                if kind == "model"
            }
            yield from _materialised(chosen, facts, seconds)
            yield from _checks(built.nodes, checks)
            ran = {name for _kind, name, *_ in built.nodes}
            # What did not run is of tables that were left as they are.
            yield from _unchanged(check for check in checks if check.name not in ran)
        else:
            yield from _materialised(chosen, {"built": "unchanged"}, {})
            yield from _unchanged(checks)

    return warehouse  # type: ignore[no-any-return]


def _order(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    """The models, each after those it is made of: Dagster wants to be told of them so."""
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    parents = {
        key: [parent for parent in node["depends_on"]["nodes"] if parent in models] for key, node in models.items()
    }
    return [dg.AssetKey(models[key]["name"]) for key in TopologicalSorter(parents).static_order()]


def _materialised(
    keys: Sequence[dg.AssetKey], facts: dict[str, Any], more: Mapping[str, dict[str, Any]]
) -> Iterator[dg.MaterializeResult[Any]]:
    for key in keys:
        yield dg.MaterializeResult(asset_key=key, metadata={**facts, **more.get(key.path[-1], {})})


def _checks(nodes: Sequence[Node], selected: set[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    found = {name: (status, message) for kind, name, status, _took, message in nodes if kind == "test"}
    for check in sorted(selected):
        if check.name in found:
            status, message = found[check.name]
            yield _check(check, status == "pass", message or None, is_warning=status == "warn")


def _unchanged(checks: Iterable[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    """A build counts as done only when all its tests passed, so what is unchanged since has passed them."""
    for check in sorted(checks):
        yield _check(check, True, "unchanged since it last passed")


def _check(
    check: dg.AssetCheckKey, passed: bool, description: str | None, *, is_warning: bool = False
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        description=description,
    )


def _release(home: Home, published: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=RELEASE,
        deps=published,
        group_name="publish",
        kinds={"duckdb", "parquet"},
        description="An immutable publication of every published table, for the audience `restricted`",
        pool=POOL,
    )
    def publish_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        with at_work(home) as at:
            outcome = publish_step(home, at.ledger, context.log.info, "restricted", date.today())
        return dg.MaterializeResult(metadata=release_facts(home, outcome))

    return publish_release


def release_facts(home: Home, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What to show of a release."""
    from warehouse.releases import read_manifest, release_path

    path = release_path(home, "restricted", None)
    manifest = read_manifest(path)
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    facts = {"release_id": manifest["release_id"], "content": manifest["content"], "rows": dg.MetadataValue.json(rows)}
    return {**facts, "published": "now" if outcome.get("new") else "unchanged"}
