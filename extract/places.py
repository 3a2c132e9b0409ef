"""Where things stand in schemas/*.yaml: file and line of every rule, term, scale, unit, title, cue and column.

The files are taken as they are on disk: positions only, their content is read and checked by ``extract.schema``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

PARTS = {"scales": "scales.yaml", "units": "units.yaml", "sections": "sections.yaml", "cues": "context.yaml"}
"""The lists outside rules/, and the files that hold them."""


class Place(NamedTuple):
    """A file (as people call it: schemas/rules/routes.yaml) and a line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Places:
    """The places of one folder of schemas."""

    def __init__(self, folder: Path) -> None:
        """``folder`` must have been read by ``extract.schema`` without a fault."""
        self.rules: dict[str, Place] = {}
        self.terms: dict[tuple[str, int], Place] = {}
        self.items: dict[tuple[str, int], Place] = {}
        self.titles: dict[str, Place] = {}
        self.columns: dict[tuple[str, str], Place] = {}
        self.signals: dict[str, Place] = {}
        for path in sorted((folder / "rules").glob("*.yaml")):
            shown = f"{folder.name}/rules/{path.name}"
            for rule in items(entry(compose(path.read_bytes()), "rules")):
                name = text_of(entry(rule, "id"))
                self.rules[name] = _place(shown, rule)
                for index, term in enumerate(items(entry(rule, "terms"))):
                    self.terms[name, index] = _place(shown, term)
        for part, file in PARTS.items():
            shown = f"{folder.name}/{file}"
            for index, item in enumerate(items(entry(compose((folder / file).read_bytes()), part))):
                self.items[part, index] = _place(shown, item)
                for title in items(entry(item, "titles")):
                    self.titles.setdefault(text_of(title), _place(shown, title))
        shown, fields = f"{folder.name}/fields.yaml", compose((folder / "fields.yaml").read_bytes())
        for table, spec in pairs(entry(fields, "tables")):
            for column in items(entry(spec, "columns")):
                self.columns[table, text_of(entry(column, "name"))] = _place(shown, column)
        for name, node in pairs(entry(fields, "signals")):
            self.signals[name] = _place(shown, node)


def _place(file: str, node: Any) -> Place:
    return Place(file, node.start_mark.line + 1)


# --- YAML nodes


def compose(data: bytes) -> Any:
    """The root node of a YAML file, with the place of each node."""
    return yaml.compose(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def entry(node: Any, key: str) -> Any:
    """The value of a key of a mapping; None when there is none."""
    return next((value for name, value in pairs(node) if name == key), None)


def pairs(node: Any) -> Iterator[tuple[str, Any]]:
    """The keys and values of a mapping; nothing of another node."""
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)


def items(node: Any) -> list[Any]:
    """The items of a list; none of another node."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def text_of(node: Any) -> str:
    """The text of a scalar, '' of another node."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def last_line(node: Any) -> int:
    """The line, counted from 1, on which a node ends: of a list in block style that of its last item."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return last_line(last[1] if isinstance(node, yaml.MappingNode) else last)
    mark = node.end_mark
    return int(mark.line if mark.column == 0 and mark.line > node.start_mark.line else mark.line + 1)
