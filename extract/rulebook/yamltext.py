"""YAML as text: how a word or a rule is written, and where in a file it goes, so that its comments and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

_PLAIN = re.compile(r"[A-Za-z][\w’'./()+ -]*[\w)’+-]|[A-Za-z]")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def scalar(text: str) -> str:
    """A text as a YAML scalar, in quotes where it needs them; it may stand in brackets, too."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT and " -" not in text
    return text if plain else json.dumps(text, ensure_ascii=False)


def flow(value: str | Iterable[str] | Mapping[str, Any]) -> str:
    """A text, a list or a mapping on one line."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(part)}" for name, part in value.items()) + "}"
    return "[" + ", ".join(map(scalar, value)) + "]"


class Insertion(NamedTuple):
    """Text that goes into a file: before the character at ``place``."""

    place: int
    text: str


def insert(text: str, insertions: Iterable[Insertion]) -> str:
    """The text with some insertions; line ends are those of the text."""
    for place, more in sorted(insertions, reverse=True):
        text = text[:place] + (more.replace("\n", "\r\n") if "\r\n" in text else more) + text[place:]
    return text


def append(text: str, more: str) -> Insertion:
    """At the end of a file, on a line of its own."""
    return Insertion(len(text), more if not text or text.endswith("\n") else "\n" + more)


def after_item(text: str, node: Any, item: str, index: int = -1) -> Insertion:
    """After an item (by default the last) of a list that has items: on a line of its own, or within its brackets."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    if node.flow_style:
        mark = node.value[index].end_mark
        return Insertion(starts[mark.line] + mark.column, f", {item}")
    line = last_line(node.value[index])
    dash = " " * node.start_mark.column + "- "
    if line >= len(starts):
        return append(text, f"{dash}{item}\n")
    return Insertion(starts[line], f"{dash}{item}\n")


def entry(node: Any, key: str) -> Any:
    """The value of a key of a mapping in a YAML file; None when there is none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def rule_of(text: str, name: str) -> Any:
    """The node of a rule in a rules file; None when the file has none of that id."""
    rules = entry(yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), "rules")
    for rule in rules.value if isinstance(rules, yaml.SequenceNode) else ():
        if getattr(entry(rule, "id"), "value", None) == name:
            return rule
    return None


def last_line(node: Any) -> int:
    """The line, counted from 1, on which a node ends: of a list in block style that of its last item."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return last_line(last[1] if isinstance(node, yaml.MappingNode) else last)
    mark = node.end_mark
    return int(mark.line if mark.column == 0 and mark.line > node.start_mark.line else mark.line + 1)
