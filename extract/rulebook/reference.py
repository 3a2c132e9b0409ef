"""REFERENCE.md: every key of every YAML file, made from the same shapes that read them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from extract.rulebook.jsonschemas import first_line
from extract.schema import SHAPES
from extract.schema.faults import KINDS
from extract.schema.shapes.base import Part, Pattern
from extract.schema.shapes.rules import Rule

_HEAD = """\
# Every key of every file

What may stand in the YAML files of this folder, made from the program itself: `caseloom check` refuses everything else.
[README.md](README.md) is the place to begin; this is the place to look things up.

- *needed*: the key must be there. Without it the *default* counts; an empty one means: nothing.
- *text* stays as it is typed: `NO`, `08` and `12:30` are no numbers. Text that holds `: ` or ` #`, or that begins with
  one of `[ ] { } * & ! | > % @ - ' "`, must stand in quotes. *Patterns* are regular expressions as Python reads them;
  put them in single quotes.
- A *list* is written `[one, two]`, or one entry a line, each after `- `.
- The first line of each file, `# yaml-language-server: ...`, lets an editor complete and check while you type (Visual
  Studio Code with the extension YAML).
"""

_NAMES = {
    "Fields": "the file",
    "TableSpec": "A table",
    "Column": "A column",
    "ScalesFile": "the file",
    "Scale": "A scale",
    "Threshold": "A threshold",
    "UnitsFile": "the file",
    "Unit": "A unit",
    "SectionsFile": "the file",
    "SectionRule": "A section",
    "Context": "the file",
    "Cue": "A cue",
    "AppraisalFile": "the file",
    "Tool": "A tool",
    "Item": "An item",
    "Bearing": "A bearing",
    "RulesFile": "the file",
    "Rule": "Every rule",
    "TermsRule": "A rule of kind terms",
    "Term": "A term",
    "PatternRule": "A rule of kind pattern",
    "QuantityRule": "A rule of kind quantity",
    "ColumnRule": "A rule of kind column",
    "Example": "An example",
}


def reference() -> str:
    """The whole text."""
    parts = [_HEAD]
    told: set[type[Part]] = set()
    for kind, root in SHAPES.items():
        name = "rules/*.yaml" if kind == "rules" else f"{kind}.yaml"
        parts.append(f"## {name}\n\n{_prose(root).split(': ', 1)[-1].capitalize()}\n")
        parts.append(f"First line: `{first_line(kind)}`\n")
        for part in _parts(root):
            if part in told:
                continue
            told.add(part)
            heading = (
                "" if _NAMES[part.__name__] == "the file" else f"### {_NAMES[part.__name__]}\n\n{_prose(part)}\n\n"
            )
            own = [name for name in part.model_fields if not (issubclass(part, Rule) and part is not Rule)
                   or name not in Rule.model_fields]  # fmt: skip
            more = "Beside the keys of [every rule](#every-rule):\n\n" if len(own) < len(part.model_fields) else ""
            parts.append(heading + more + "\n".join(_table(part, own)) + "\n")
    return "\n".join(parts)


def _parts(root: type[Part]) -> list[type[Part]]:
    """The shapes of a file: those that hold others first."""
    out: list[type[Part]] = []
    waiting: list[type[Part]] = [root]
    while waiting:
        part = waiting.pop(0)
        if part in out:
            continue
        out.append(part)
        inner = [p for field in part.model_fields.values() for p in _inner(field.annotation)]
        waiting = [*([Rule, *KINDS.values()] if inner[:1] == [KINDS["terms"]] else inner), *waiting]
    return out


def _inner(annotation: Any) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [part for inner in get_args(annotation) for part in _inner(inner)]


def _prose(part: type[Part]) -> str:
    return " ".join((part.__doc__ or "").replace("``", "`").split())


def _table(part: type[Part], names: list[str]) -> Iterator[str]:
    yield "| key | holds | default | meaning | for example |"
    yield "|---|---|---|---|---|"
    for name in names:
        field = part.model_fields[name]
        example = f"`{name}: {field.examples[0]}`" if field.examples else ""
        cells = (f"`{name}`", _words(field.annotation, field), _default(field), field.description or "", example)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*needed*"
    value = field.default
    if value in (None, "", (), {}) or value is PydanticUndefined:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _words(annotation: Any, field: FieldInfo | None = None) -> str:
    """A type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return "pattern" if arguments[1:] == _PATTERN else _words(arguments[0])
    if origin in (Union, types.UnionType):
        kinds = [argument for argument in arguments if argument is not type(None)]
        return "[rule](#every-rule)" if len(kinds) > 1 else _words(kinds[0])
    if origin is tuple:
        return f"list of {_plural(_words(arguments[0]))}"
    if origin is dict:
        return f"names, each with {_article(_words(arguments[1]))}"
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        name = _NAMES[annotation.__name__]
        return f"[{name.split(' ', 1)[1]}](#{name.lower().replace(' ', '-')})"
    plain = {str: "text", bool: "`true`, `false`", int: "whole number", Decimal: "number"}
    return "pattern" if field and tuple(field.metadata[:1]) == _PATTERN else plain[annotation]


_PATTERN = get_args(Pattern)[1:]


def _plural(words: str) -> str:
    if words.startswith("["):
        return words.replace("](", "s](")
    return f"one of {words}" if words.startswith("`") else f"{words}s"


def _article(words: str) -> str:
    return words if words.startswith("list") else f"a {words}"
