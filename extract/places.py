"""Where things stand in a folder of schemas: file and line of every rule, term, scale, unit, title, cue and column."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from extract.yamlfile import Lines, Steps, read_yaml

PARTS = {"scales": "scales.yaml", "units": "units.yaml", "sections": "sections.yaml", "cues": "context.yaml"}
"""The lists outside rules/, and the files that hold them."""


class Place(NamedTuple):
    """A file (as people call it: schemas/rules/routes.yaml) and a line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Whereabouts:
    """The places of all parts of a folder, which must have been read by ``extract.schema`` without a fault."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: dict[str, Lines] = {}
        self._rules: dict[str, tuple[str, int]] = {}
        for path in sorted((folder / "rules").glob("*.yaml")):
            file = f"rules/{path.name}"
            read = read_yaml(path.read_bytes(), "")
            self._lines[file] = read.lines
            for index, rule in enumerate(read.value.get("rules") or ()):
                self._rules[str(rule["id"])] = file, index

    def rule(self, id: str) -> Place | None:
        """A rule by its id; None when no file holds it, as those that stand for a grammar of the program."""
        return self._in_rule(id) if id in self._rules else None

    def file_of(self, id: str) -> str:
        """The file of a rule, as seen from the folder."""
        return self._rules[id][0]

    def term(self, id: str, index: int) -> Place:
        """A term of a rule."""
        return self._in_rule(id, "terms", index)

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

    def _in_rule(self, id: str, *steps: str | int) -> Place:
        file, index = self._rules[id]
        return self._place(file, ("rules", index, *steps))

    def _place(self, file: str, steps: Steps) -> Place:
        if file not in self._lines:
            self._lines[file] = read_yaml((self._folder / file).read_bytes(), "").lines
        return Place(f"{self._folder.name}/{file}", self._lines[file].get(steps, 1))
