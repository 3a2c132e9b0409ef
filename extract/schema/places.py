"""Where things stand in a folder of schemas: file and line of every rule, term, scale, unit, title, cue and column.

A file is read when something in it is asked for, and only as far as to know its lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import yaml

from extract.schema.yamlfile import Fault, Steps, compose

PARTS = {"scales": "scales.yaml", "units": "units.yaml", "sections": "sections.yaml", "cues": "context.yaml"}
"""The lists outside rules/, and the files that hold them."""

_NAMES = {"rules": "id", "scales": "id", "cues": "id", "units": "unit"}
"""By which key an entry of a list is known."""


class Place(NamedTuple):
    """A file (as people call it: schemas/rules/routes.yaml) and a line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Places:
    """The places of all parts of a folder, which must have been read by ``extract.schema`` without a fault."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data: dict[str, bytes] = {}
        self._nodes: dict[str, yaml.Node | None] = {}
        self._entries: dict[tuple[str, str], dict[str, int]] = {}

    def fault(self, said: str, kind: str, id: str, *steps: str | int) -> Fault:
        """A message about a part of a rule, scale, cue or unit: ``fault("...", "scales", "hhs", "matches", 0)``.

        Without a place when no file holds it, as those that stand for a grammar of the program.
        """
        place = self.entry(kind, id, *steps)
        return Fault(place.file, place.line, said) if place else Fault("", 0, said)

    def fault_in(self, file: str, said: str, *steps: str | int) -> Fault:
        """A message about a place of one of the files beside rules/: ``fault_in("fields.yaml", "...", "signals")``."""
        return Fault(*self._place(file, steps), said)

    def entry(self, kind: str, id: str, *steps: str | int) -> Place | None:
        """A rule, scale, cue or unit by its name, or a part of it."""
        for file in self._rule_files if kind == "rules" else [PARTS[kind]]:
            if id in self._entries_of(file, kind, id):
                return self._place(file, (kind, self._entries[file, kind][id], *steps))
        return None

    def rule(self, id: str) -> Place | None:
        """A rule by its id; None when no file holds it."""
        return self.entry("rules", id)

    def file_of(self, id: str) -> str:
        """The file of a rule, as seen from the folder."""
        return next(file for file in self._rule_files if id in self._entries_of(file, "rules", id))

    def term(self, id: str, index: int) -> Place:
        """A term of a rule."""
        return self.entry("rules", id, "terms", index) or Place("", 0)

    def item(self, part: str, index: int) -> Place:
        """A scale, unit, section or cue by its number."""
        return self._place(PARTS[part], (part, index))

    def title(self, section: int, index: int) -> Place:
        """A title of a section."""
        return self._place(PARTS["sections"], ("sections", section, "titles", index))

    def column(self, table: str, index: int) -> Place:
        """A column of a table by its number."""
        return self._place("fields.yaml", ("tables", table, "columns", index))

    def signal(self, name: str) -> Place:
        """A find that fills no column."""
        return self._place("fields.yaml", ("signals", name))

    @cached_property
    def _rule_files(self) -> list[str]:
        return [f"rules/{path.name}" for path in sorted((self._folder / "rules").glob("*.yaml"))]

    def _entries_of(self, file: str, kind: str, id: str) -> dict[str, int]:
        """The numbers of the entries of a list by their names; nothing of a file that does not even hold the words."""
        if (file, kind) not in self._entries:
            if id.encode() not in self._bytes(file):
                return {}
            entries = _values(_entry(self._node(file), kind))
            named = {_text(_entry(entry, _NAMES[kind])): index for index, entry in enumerate(entries)}
            self._entries[file, kind] = named
        return self._entries[file, kind]

    def _bytes(self, file: str) -> bytes:
        if file not in self._data:
            try:
                self._data[file] = (self._folder / file).read_bytes()
            except OSError:
                self._data[file] = b""
        return self._data[file]

    def _node(self, file: str) -> yaml.Node | None:
        if file not in self._nodes:
            self._nodes[file] = compose(self._bytes(file))
        return self._nodes[file]

    def _place(self, file: str, steps: Steps) -> Place:
        return Place(f"{self._folder.name}/{file}", _line(self._node(file), steps))


def _line(node: yaml.Node | None, steps: Steps) -> int:
    """The line of a value, or of the nearest thing around it."""
    line = 1
    for step in steps:
        if isinstance(step, str):
            key = next((key for key, _ in _pairs(node) if key.value == step), None)
            if key is None:
                return line
            line, node = _begin(key), _entry(node, step)
        else:
            items = _values(node)
            if step >= len(items):
                return line
            node = items[step]
            line = _begin(node)
    return line


def _begin(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from node.value


def _entry(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in _pairs(node) if name.value == key), None)


def _values(node: yaml.Node | None) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
