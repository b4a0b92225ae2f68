"""YAML read safely, with the line of every key and value, so that a problem can name its place."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines.specs.problems import Problem, not_utf8, shown
from pipelines.specs.yaml_faults import yaml_fault

Place = tuple[str | int, ...]
# Marks that a word processor puts where straight ones were typed.
_CURLY = ("\u201c", "\u201d", "\u2018", "\u2019")


@dataclass
class Document:
    """One YAML file: its data, the line of each place in it, and what was wrong with it as YAML."""

    path: Path
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> Problem:
        """A problem at a place of this document."""
        return Problem(shown(self.path), self.line(place), message)


_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


# Marks that libyaml takes where the loader in Python does not: what a spec may say must not hang on which is there.
_LAX = re.compile(r"[\t?!]|[|>]\S*#")


class _Loader(yaml.SafeLoader):
    """Safe loading in which every scalar but numbers, booleans and null stays the text that was written."""

    yaml_implicit_resolvers = _RESOLVERS


if yaml.__with_libyaml__:

    class _Swift(yaml.CSafeLoader):
        """The same by libyaml, in a tenth of the time. What it refuses is read again, for the words of the other."""

        yaml_implicit_resolvers = _RESOLVERS


def read_yaml(path: Path) -> Document:
    """Read one YAML file; faults of form (bad YAML, a key given twice, bytes not UTF-8) become problems."""
    text = ""
    document = Document(path)
    try:
        text = path.read_text(encoding="utf-8")
        if yaml.__with_libyaml__ and not _LAX.search(text):
            with suppress(yaml.YAMLError):
                return _filled(document, _Swift(text))
            document = Document(path)
        return _filled(document, _Loader(text))
    except UnicodeDecodeError as error:
        document.problems.append(Problem(shown(path), *not_utf8(error)))
    except yaml.YAMLError as error:
        document.problems.append(Problem(shown(path), *yaml_fault(text, error)))
    return document


def _filled(document: Document, loader: Any) -> Document:
    node = loader.get_single_node()
    if node is not None:
        document.data = _build(loader, node, (), document)
    return document


def _build(loader: Any, node: yaml.Node, place: Place, document: Document) -> Any:
    document.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
            # A key is the text that was written: YAML would take `on` for true, and 2014 for a number.
            key = key_node.value
            here = (*place, key)
            if key in built:
                line = key_node.start_mark.line + 1
                document.problems.append(Problem(shown(document.path), line, f'"{key}" is given twice'))
            document.lines[here] = key_node.start_mark.line + 1
            built[key] = _build(loader, value_node, here, document)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*place, index), document) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and not node.style and node.value[:1] in _CURLY:
        message = "curly quotation marks are taken as part of the text; type straight ones"
        document.problems.append(Problem(shown(document.path), node.start_mark.line + 1, message))
    return loader.construct_object(node)
