"""Writes the reference pages from what they describe: the commands, the dbt models, the spec models, the issue types.

`--check` writes nothing and exits 1 where a page is stale. `--examples` puts the guides' questions to the demo in
`$COMMONGRID_HOME`, and writes the answers below them.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
# A question (`sql`, or a few lines of `python`) and its answer below it (`text`). More words after `sql` say that it is
# put to something other than the demo's current release.
EXAMPLE = re.compile(r"```(?P<kind>sql|python)\n(?P<code>.+?)```\n\n```text\n(?P<answer>.*?)```\n", re.DOTALL)


def page(title: str, source: str, body: str) -> str:
    """A reference page: its title, where it comes from, its body."""
    note = f"Made from {source} by `make docs`; change it there, not here."
    return f"# {title}\n\n{note}\n\n{body.strip()}\n"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def cell(text: str) -> str:
    """A text as one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


# --- commands -------------------------------------------------------------------------------------------------------


def command_tree() -> dict[str, Any]:
    """Every command by its full name, `boundaries add`, as Typer builds it."""
    from typer.main import get_command

    from pipelines.cli.main import app

    return dict(_leaves(get_command(app), ""))


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child, inner in children.items():
        yield from _leaves(inner, f"{name} {child}".strip())


def commands() -> str:
    """Every command with its arguments and options, from the command line's own help."""
    parts = [
        "Every command reads the home that `COMMONGRID_HOME` names (else `./data`) and the specs that "
        "`COMMONGRID_SPECS` names (else `ingest_specs/`). It exits 0 when all is well, 1 where data was refused, "
        "2 on bad usage."
    ]
    for name, command in command_tree().items():
        words = ["commongrid", name]
        rows = []
        for parameter in command.params:
            is_argument = parameter.param_type_name == "argument"
            label = parameter.name.upper() if is_argument else ", ".join(parameter.opts)
            many = "..." if parameter.nargs == -1 else ""
            if is_argument:
                words.append(f"{label}{many}" if parameter.required else f"[{label}{many}]")
            elif parameter.required:
                words.append(f"{label} VALUE")
            rows.append((f"`{label}`", _needed(parameter), getattr(parameter, "help", None) or ""))
        if any(parameter.param_type_name == "option" for parameter in command.params):
            words.append("[OPTIONS]")
        text = f"## commongrid {name}\n\n{' '.join((command.help or '').split())}\n\n```text\n{' '.join(words)}\n```"
        parts.append(f"{text}\n\n{table(('', 'default', 'meaning'), rows)}" if rows else text)
    return page("Commands", "the command line's own help", "\n\n".join(parts))


def _needed(parameter: Any) -> str:
    if parameter.required:
        return "must be given"
    if parameter.default in (None, False) or parameter.nargs == -1 or not isinstance(parameter.default, str):
        return ""
    return f"`{parameter.default}`"


# --- published tables -----------------------------------------------------------------------------------------------


def published() -> dict[str, dict[str, Any]]:
    """Every published model as dbt declares it, by name."""
    found = {}
    for path in sorted((ROOT / "dbt_project" / "models").rglob("*.yml")):
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for model in declared.get("models", []):
            if model.get("config", {}).get("meta", {}).get("published"):
                found[model["name"]] = model
    return found


def tables() -> str:
    """Every published table and column, from the models' contracts."""
    parts = {}
    for name, model in published().items():
        meta = model["config"]["meta"]
        rows = [(f"`{item['name']}`", item["data_type"], item["description"]) for item in model["columns"]]
        parts[name] = _published(name, model["description"], rows, meta["key"], meta.get("partition", []))
    made = yaml.safe_load((ROOT / "dbt_project" / "release_tables.yml").read_text(encoding="utf-8"))["tables"]
    for item in made:
        rows = [(f"`{column['name']}`", column["data_type"], column["description"]) for column in item["columns"]]
        parts[item["name"]] = _published(item["name"], item["description"], rows, [], [])
    contents = "\n".join(f"* [{name}](#{name})" for name in sorted(parts))
    guide = "How the tables belong together, and how to add them up: [warehouse/README.md](../../warehouse/README.md)."
    body = "\n\n".join(parts[name] for name in sorted(parts))
    return page("Published tables", "the models' contracts in `dbt_project/models`", f"{guide}\n\n{contents}\n\n{body}")


def _published(name: str, description: str, rows: list[tuple[str, ...]], key: list[str], partition: list[str]) -> str:
    lines = [f"## {name}", f"{' '.join(description.split()).rstrip('.')}."]
    if key:
        lines.append(f"Key: {', '.join(f'`{item}`' for item in key)}.")
    if partition:
        lines.append(f"Its Parquet is divided by {', '.join(f'`{item}`' for item in partition)}.")
    lines.append(table(("column", "type", "meaning"), rows))
    return "\n\n".join(lines)


# --- specs ----------------------------------------------------------------------------------------------------------

# Patterns of names: lower-case letters, digits and `_`, and for suppliers `-`.
NAMES = ("^[a-z][a-z0-9_]{0,62}$", "^[a-z0-9][a-z0-9_-]{0,62}$")
KIND_FILES = {
    "partner": "partners/PARTNER/partner.yml",
    "feed": "partners/PARTNER/DATASET.yml",
    "corrections": "partners/PARTNER/corrections.yml, a list",
    "replies": "partners/PARTNER/replies.yml, a list",
    "agreements": "agreements.yml, a list",
    "dataset": "datasets/DATASET.yml",
    "indicator": "indicators/INDICATOR.yml",
    "code": "codelists/LIST.csv, one row",
    "code_map_entry": "partners/PARTNER/codes/MAP.csv, one row",
}


def specs() -> str:
    """Every key of every kind of spec file, from the JSON Schema of the models."""
    from pipelines.specs.schema import schemas

    made = schemas()
    models: dict[str, dict[str, Any]] = {}
    for schema in made.values():
        models.update(schema.get("$defs", {}))
    # A file that is a list is described by what its items are.
    tops = {kind: schema["$defs"][_of(schema)] if "items" in schema else schema for kind, schema in made.items()}
    contents = [
        (f"`{KIND_FILES[kind]}`", f"[{schema['title']}](#{schema['title'].lower()})") for kind, schema in tops.items()
    ]
    guide = "[ingest_specs/README.md](../../ingest_specs/README.md)"
    intro = f"How to write them: {guide}. For an editor: `commongrid specs schema`."
    parts = [intro, table(("file", "described by"), contents)]
    titled = {schema["title"]: schema for schema in tops.values()}
    for title, schema in {**titled, **{name: models[name] for name in sorted(models) if name not in titled}}.items():
        parts.append(_model(title, schema))
    return page("Specs", "the models in `pipelines/specs/models.py`", "\n\n".join(parts))


def _of(schema: dict[str, Any]) -> str:
    """The name of the model that the items of a list are of."""
    return str(schema["items"]["$ref"]).rpartition("/")[2]


def _model(title: str, schema: dict[str, Any]) -> str:
    lines = [f"## {title}", " ".join(schema.get("description", "").split())]
    if "enum" in schema:
        lines.append("One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".")
        return "\n\n".join(lines)
    required = schema.get("required", [])
    rows = [
        (f"`{name}`", _kind(item), "must be given" if name in required else _default(item), item.get("description", ""))
        for name, item in schema["properties"].items()
    ]
    lines.append(table(("key", "value", "default", "meaning"), rows))
    return "\n\n".join(lines)


def _default(item: dict[str, Any]) -> str:
    default = item.get("default")
    if default is None or default in ([], {}):
        return ""
    if isinstance(default, dict):
        plain = [f"{key}: {value}" for key, value in default.items() if not isinstance(value, dict)]
        return ", ".join(plain) or "see there"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`"


def _kind(item: dict[str, Any]) -> str:
    if "$ref" in item:
        name = item["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in item or "oneOf" in item:
        kinds = [_kind(one) for one in item.get("anyOf", item.get("oneOf", [])) if one.get("type") != "null"]
        return " or ".join(kinds)
    if "const" in item:
        return f"`{item['const']}`"
    if "enum" in item:
        return " or ".join("`tab`" if value == "\t" else f"`{value}`" for value in item["enum"])
    if item.get("type") == "array":
        inner = item.get("items") or (item.get("prefixItems") or [{}])[0]
        return f"list of {_kind(inner)}"
    if item.get("type") == "object":
        inner = item.get("additionalProperties") or next(iter(item.get("patternProperties", {}).values()), None)
        return f"name: {_kind(inner)}" if isinstance(inner, dict) else "mapping"
    kind = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    text = "date" if item.get("format") == "date" else kind.get(item.get("type", ""), "text")
    bounds = [f"{word} {item[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in item]
    if "exclusiveMinimum" in item:
        bounds.append(f"above {item['exclusiveMinimum']}")
    if item.get("pattern") in NAMES:
        return "name"
    return " ".join([text, *bounds]) + (f" like `{item['pattern']}`" if "pattern" in item else "")


# --- issue types ----------------------------------------------------------------------------------------------------


def issue_types() -> str:
    """Every type of issue, from its register."""
    with (ROOT / "ingest_specs" / "issue_types.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("description", "row_effect", "responsibility", "advice", "severity", "quality_dimension")
    lines = [(f"`{row['issue_type']}`", *(row[name] for name in columns)) for row in rows]
    header = ("issue type", "what it is", "what happens", "who must act", "what to do", "severity", "quality dimension")
    intro = (
        "`partner` must act: the partner mends the file and sends it again. `us` must act: the specs, the code maps or "
        "the reference data must change; the next load then tries again what was refused or quarantined."
    )
    return page("Issue types", "`ingest_specs/issue_types.csv`", f"{intro}\n\n{table(header, lines)}")


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "tables.md": tables,
    "specs.md": specs,
    "issue-types.md": issue_types,
}


# --- examples -------------------------------------------------------------------------------------------------------


def guides() -> list[Path]:
    """Every page that a person writes."""
    folders = ("", "docs", "docs/how-to", "docs/adr", "ingest_specs", "warehouse")
    return [path for folder in folders for path in sorted((ROOT / folder).glob("*.md"))]


def answer(kind: str, code: str, home: Path) -> str:
    """The printed answer to one example, without blanks at line ends.

    Args:
        kind: `sql` is put to the current release; `python` is run where `data` is the home.
        code: the example.
        home: the demo's home.
    """
    from warehouse.query import answer_text, ask

    if kind == "sql":
        text = answer_text(ask(home / "releases" / "restricted" / "current" / "commongrid.duckdb", code))
    else:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "data").symlink_to(home, target_is_directory=True)
            text = subprocess.run(
                [sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True
            ).stdout
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def answered(text: str, home: Path) -> str:
    """A page with the answer of each of its examples written below it."""

    def written(match: re.Match[str]) -> str:
        kind, code = match["kind"], match["code"]
        return f"```{kind}\n{code}```\n\n```text\n{answer(kind, code, home)}\n```\n"

    return EXAMPLE.sub(written, text)


def _write_examples() -> None:
    from warehouse.home import Home

    home = Home.from_environment().root
    for path in guides():
        before = path.read_text(encoding="utf-8")
        after = answered(before, home)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(path.relative_to(ROOT))


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    parser.add_argument("--examples", action="store_true", help="answer the guides' questions from the demo's release")
    arguments = parser.parse_args()
    if arguments.examples:
        _write_examples()
        return
    stale = []
    for name, make in PAGES.items():
        path, text = REFERENCE / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if not arguments.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path} is stale; run `make docs`" if arguments.check else path)
    sys.exit(1 if stale and arguments.check else 0)


if __name__ == "__main__":
    main()
