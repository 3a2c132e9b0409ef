"""One YAML file as a clinician writes it -> plain values, the line of each, and everything that is wrong with it.

All scalars come back as the text that stands there: what is a number or a truth value is for the shapes to say, so that
``NO``, ``08``, ``1e6``, ``12:30`` and ``2020-01-01`` stay what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from extract.schema.yamlhelp import explain_failure, odd_lines, rows_of

Steps = tuple[str | int, ...]
"""The way to a value: keys and list positions."""

Lines = dict[Steps, int]
"""The line of each key and list item, counted from 1."""


class Fault(NamedTuple):
    """Something wrong, or worth a look, in a file: its name, the line (0: the file as a whole), and what to do."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.text


@dataclass(frozen=True)
class ReadFile:
    """What a file holds. ``faults`` that are not ``broken`` leave values that can be checked further."""

    value: Any
    faults: list[Fault]
    broken: bool
    node: yaml.Node | None = None

    @cached_property
    def lines(self) -> Lines:
        """The line of each key and list item; asked for only when something is wrong."""
        lines: Lines = {}
        if self.node is not None:
            _note_lines(self.node, (), lines, set())
        return lines


def _note_lines(node: yaml.Node, path: Steps, lines: Lines, around: set[int]) -> None:
    lines.setdefault(path, _line(node))
    if id(node) in around or not isinstance(node, yaml.MappingNode | yaml.SequenceNode):
        return
    around.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*path, index), lines, around)
    else:
        for key, value in node.value:
            place = (*path, str(key.value))
            _note_lines(value, place, lines, around)
            lines[place] = _line(key)
    around.discard(id(node))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def read_yaml(data: bytes, shown: str) -> ReadFile:
    """Read a file strictly: every fault with its line and the way out."""
    text, fault = _decoded(data, shown)
    if fault is not None:
        return ReadFile(None, [fault], True)
    odd = {line: Fault(shown, line, said) for line, said in odd_lines(text)}
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        return ReadFile(None, [*odd.values()] or [Fault(shown, *explain_failure(error, text))], True)
    except RecursionError:
        return ReadFile(None, [Fault(shown, 1, "the brackets are nested too deeply.")], True)
    if node is None:
        return ReadFile(None, [Fault(shown, 1, "the file is empty. " + _FIRST)], True)
    reader = _Reader(shown, text)
    value = reader.build(node)
    reader.tell_unused_names()
    found = [*odd.values(), *(fault for fault in reader.faults if fault.line not in odd)]
    return ReadFile(value, found, reader.lost, node)


def compose(data: bytes) -> yaml.Node | None:
    """The nodes of a file, with the place of each; None when there is nothing, or nothing that can be read."""
    text, fault = _decoded(data, "")
    try:
        return None if fault else yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return None


def lines_of(data: bytes) -> Lines:
    """The line of each value of a file that was read without fault before."""
    return read_yaml(data, "").lines


_FIRST = "See REFERENCE.md for what belongs there, or remove the file."


def _decoded(data: bytes, shown: str) -> tuple[str, Fault | None]:
    """The text of a file, or why it is none."""
    if data[:4] in (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"):
        return "", Fault(shown, 1, "this is no text file (Word, Excel or PDF). Save it as plain text in UTF-8.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:200]:
        return "", Fault(shown, 1, "the file is saved as UTF-16. Save it as UTF-8 (in the editor: Save as, Encoding).")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data[: error.start].decode("utf-8", "replace").split("\n")[-1][-20:]
        letter = data[error.start : error.start + 1].decode("latin-1")
        said = f"the letter after {before.strip()!r} (probably {letter}) is not UTF-8: the file is saved as "
        return "", Fault(shown, line, said + "Latin-1 or Windows-1252. Save it as UTF-8 (in the editor: Save as).")
    if control := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]", text):
        line = text.count("\n", 0, control.start()) + 1
        return "", Fault(shown, line, "an invisible control character stands here. Remove it: type the line anew.")
    return text, None


class _Reader:
    """Builds plain values from the nodes of a file, noting faults."""

    def __init__(self, shown: str, text: str) -> None:
        self.shown = shown
        self.text = text
        self.rows = rows_of(text)
        self.faults: list[Fault] = []
        self.open: set[int] = set()
        self.lost = False  # entries run into each other: their shape says nothing

    def fault(self, node: yaml.Node, said: str) -> None:
        self.faults.append(Fault(self.shown, _line(node), said))

    def build(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            self.fault(node, "a list or entry names itself with *. Remove the * or put the text in quotes.")
            return None
        self.open.add(id(node))
        out = self.mapping(node) if isinstance(node, yaml.MappingNode) else self.sequence(node)
        self.open.discard(id(node))
        return out

    def sequence(self, node: yaml.Node) -> list[Any]:
        for item in node.value:
            if self.is_empty(item):
                cut = re.search(r"(?:-|,)\s+#\S", self.rows[item.start_mark.line]) and not item.value
                self.fault(
                    item,
                    "what stands after # is a comment. If it is text, put it in quotes."
                    if cut
                    else "a list holds an empty item. Write something there, or remove the '-' or the comma."
                    if not item.value
                    else f'{item.value} means: empty. If the word is meant, put it in quotes: "{item.value}".',
                )
        return [self.build(item) for item in node.value]

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        out: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(key_node, "a list or entry stands where a key belongs. Text that begins with [ or { or ? "
                           "must stand in quotes.")  # fmt: skip
                continue
            key = str(key_node.value)
            if key in out and not self.lost:
                said = f"key '{key}' is repeated (first on line {lines[key]}). Keep one of the two."
                if next(iter(out)) == key:
                    self.lost = True
                    said += " If a new entry begins here, put '- ' before it."
                self.fault(key_node, said)
            lines[key] = _line(key_node)
            if self.is_empty(value_node):
                self.fault(key_node, self.empty(key, value_node, bool(node.flow_style)))
            out[key] = self.build(value_node)
        return out

    def is_empty(self, node: yaml.Node) -> bool:
        return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"

    def empty(self, key: str, node: yaml.Node, in_braces: bool) -> str:
        if in_braces and not node.value and not re.fullmatch(r"[a-z_]+", key):
            return f"the comma before '{key}' begins a new key. A text with a comma must stand in quotes within {{ }}."
        row = self.rows[node.start_mark.line][node.start_mark.column :] if node.start_mark.line < len(self.rows) else ""
        if node.value:
            return f"'{key}': {node.value} means: empty. If the word is meant, put it in quotes: \"{node.value}\"."
        if re.match(r"\s*#\S", row):
            return f"'{key}' is empty: what stands after # is a comment. If it is text, put it in quotes."
        if re.match(r"\s*&", row):
            return f"'{key}' is empty: & gives what follows a name. If it is text, put it in quotes."
        return f"'{key}' is empty. Write something after the colon, or remove the line."

    def scalar(self, node: yaml.ScalarNode) -> str | None:
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self.fault(node, f'text that begins with ! must stand in quotes: "{node.tag} {node.value}".')
        if self.is_empty(node):
            return None
        text = str(node.value)
        if not node.style:
            self.plain(node, text)
        elif node.style in "|>":
            row = self.rows[node.start_mark.line][node.start_mark.column :]
            if not re.fullmatch(r"[|>][+-]?\s*(?:#.*)?", row):
                self.fault(node, f'text that begins with {node.style} must stand in quotes: "{row.strip()}".')
        return text

    def plain(self, node: yaml.ScalarNode, text: str) -> None:
        """What is odd in text without quotes: typographic quotes around it, a cut at #."""
        if text[:1] in "“”„‟‘‚«" and text[-1:] in "“”’»‟'\"" and len(text) > 1:
            self.fault(node, f'{text[0]} {text[-1]} are no quotes for YAML. Write straight ones: "{text[1:-1]}".')
        end = node.end_mark
        rest = self.rows[end.line][end.column :] if end.line < len(self.rows) else ""
        if re.match(r"\s+#\w", rest):
            self.fault(node, f"the text ends at '{text[-20:]}': what stands after # is a comment. If # belongs to the "
                       "text, put all of it in quotes; if it is a comment, put a space after #.")  # fmt: skip

    def tell_unused_names(self) -> None:
        """Names given with & that nothing asks for with *: text, most likely."""
        if not re.search(r"(?:^|[\s\[{,:-])&[\w-]", self.text):
            return
        given: dict[str, int] = {}
        for event in yaml.parse(self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.AliasEvent):
                given.pop(event.anchor or "", None)
            elif isinstance(event, yaml.NodeEvent) and event.anchor and event.start_mark:
                given[event.anchor] = event.start_mark.line + 1
        for name, line in given.items():
            said = f"&{name} gives what follows a name that nothing uses. If it is text, put it in quotes."
            self.faults.append(Fault(self.shown, line, said))
