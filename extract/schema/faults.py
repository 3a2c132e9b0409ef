"""What pydantic finds wrong with the shape of a file, in plain words: what was found, what is allowed, the way out."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from extract.schema.shapes.base import Example, Part, closest, nearest
from extract.schema.shapes.rules import ColumnRule, PatternRule, QuantityRule, TermsRule
from extract.schema.yamlfile import Fault, Lines, Steps

KINDS: dict[str, type[Part]] = {
    "terms": TermsRule,
    "pattern": PatternRule,
    "quantity": QuantityRule,
    "column": ColumnRule,
}
"""The kinds of rules."""


def shape_faults(errors: Sequence[Any], root: type[Part], lines: Lines, shown: str) -> list[Fault]:
    """The faults of one file, each once, in the order of its lines."""
    found: dict[tuple[int, str], None] = {}
    wholes = [_steps(error["loc"]) for error in errors if _is_split_text(error, root)]
    meant = {
        (
            _steps(error["loc"])[:-1],
            closest(str(error["loc"][-1]), (part_at(root, error["loc"][:-1]) or root).model_fields),
        )
        for error in errors
        if error["type"] == "extra_forbidden"
    }
    for error in errors:
        steps = _steps(error["loc"])
        if error["type"] == "missing" and (steps[:-1], steps[-1]) in meant:
            continue  # it is there, misspelt
        if any(steps[: len(whole) - 1] == whole[:-1] and steps != whole for whole in wholes):
            continue  # a text that a colon made a key: that its key is unknown says all
        if error["type"] == "too_short" and error.get("input"):
            continue  # not empty: what is in it is wrong, and said
        said = _say(error, steps, root)
        found[_line((*steps, _key_in(error, said)), lines), said] = None
    return [Fault(shown, line, text) for line, text in sorted(found)]


def _key_in(error: Any, said: str) -> str:
    """The key that a fault of a whole entry is about, for its line."""
    if error["type"].startswith("union_tag"):
        return "kind"
    return said.split(" ")[0] if error["type"] == "value_error" else ""


def _steps(loc: Sequence[Any]) -> Steps:
    """The place of an error without the kinds that pydantic adds behind the number of a rule."""
    out: list[str | int] = []
    for index, step in enumerate(loc):
        if step in KINDS and index == 2 and loc[0] == "rules":
            continue
        out.append(step)
    return tuple(out)


def _line(steps: Steps, lines: Lines) -> int:
    while steps and steps not in lines:
        steps = steps[:-1]
    return lines.get(steps, 1)


def part_at(root: type[Part], loc: Sequence[Any]) -> type[Part] | None:
    """The shape that a place of an error is in: that of a rule by its kind; None within plain values."""
    part: type[Part] | None = root
    rest = [step for step in loc if not isinstance(step, int)]
    while rest and part is not None:
        field = part.model_fields.get(str(rest.pop(0)))
        if field is None:
            return part
        inner = _parts_in(field.annotation)
        if len(inner) > 1:
            part = KINDS.get(str(rest.pop(0))) if rest else None
        elif get_origin(field.annotation) is dict and inner:
            part = inner[0] if rest[:1] and rest.pop(0) else None
        else:
            part = inner[0] if inner else None
    return part


def _parts_in(annotation: Any) -> list[type[Part]]:
    """The shapes that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    if get_origin(annotation) in (tuple, dict, Union, types.UnionType) or hasattr(annotation, "__metadata__"):
        return [part for inner in get_args(annotation) for part in _parts_in(inner)]
    return []


def _is_split_text(error: Any, root: type[Part]) -> bool:
    """Whether an unknown key is the beginning of a text that a colon parted."""
    if error["type"] != "extra_forbidden" or not isinstance(error.get("input"), str):
        return False
    key = str(error["loc"][-1])
    if any(key in part.model_fields for part in _all_parts(root)):
        return False  # a key in the wrong place
    of_example = part_at(root, error["loc"][:-1]) is Example and not closest(key, Example.model_fields)
    return of_example or re.search(r"\s", key) is not None


def _say(error: Any, steps: Steps, root: type[Part]) -> str:
    kind, found, key = error["type"], error.get("input"), steps[-1] if steps else ""
    owner = part_at(root, error["loc"][:-1]) or root
    if kind == "extra_forbidden":
        if _is_split_text(error, root):
            return (
                f"the colon after '{key}' makes it a key. If it is text, put all of it in quotes: \"{key}: {found}\"."
            )
        return _unknown_key(str(key), owner, root)
    if kind == "missing":
        return f"key '{key}' is missing.{_meaning(owner, str(key))}"
    if kind == "union_tag_not_found":
        return f"a rule needs 'kind'. Allowed: {', '.join(KINDS)}."
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        context = error.get("ctx", {})
        choices = re.findall(r"'([^']+)'", str(context.get("expected") or context.get("expected_tags")))
        value = str(context.get("tag", found))
        key = "kind" if kind == "union_tag_invalid" else key
        return f"'{value}' is not allowed for '{key}'.{nearest(value, choices)}."
    if kind == "value_error":
        said = str(error["ctx"]["error"])
        return said if said.endswith((".", "?", "'", '"', "]")) else f"{said}."
    return _wrong_type(kind, key, steps, error, root)


def _unknown_key(key: str, owner: type[Part], root: type[Part]) -> str:
    allowed = list(owner.model_fields)
    said = f"unknown key '{key}'.{nearest(key, allowed)}."
    if "Did you mean" in said:
        return said
    home = next((part for part in _all_parts(root) if part is not owner and key in part.model_fields), None)
    if home is not None:
        return f"{said} '{key}' is a key of {_NAMES.get(home.__name__, home.__name__)}: check the indentation."
    return said


def _all_parts(root: type[Part]) -> list[type[Part]]:
    out: list[type[Part]] = []
    waiting = [root]
    while waiting:
        part = waiting.pop(0)
        if part not in out:
            out.append(part)
            waiting += [p for field in part.model_fields.values() for p in _parts_in(field.annotation)]
    return out


_NAMES: Mapping[str, str] = {
    "Term": "a term",
    "Example": "an example",
    "TermsRule": "a rule of kind terms",
    "PatternRule": "a rule of kind pattern",
    "QuantityRule": "a rule of kind quantity",
    "ColumnRule": "a rule of kind column",
    "RulesFile": "the file itself",
    "Scale": "a scale",
    "ScalesFile": "the file itself",
    "Threshold": "a threshold",
    "Unit": "a unit",
    "UnitsFile": "the file itself",
    "SectionRule": "a section",
    "SectionsFile": "the file itself",
    "Cue": "a cue",
    "Context": "the file itself",
    "Column": "a column",
    "TableSpec": "a table",
    "Fields": "the file itself",
}


def _meaning(owner: type[Part], key: str) -> str:
    """What a key is for, with an example of it."""
    field = owner.model_fields.get(key)
    if field is None or not field.description:
        return ""
    example = f" For example: {key}: {field.examples[0]}" if field.examples else ""
    return f" {field.description}{example}"


def _wrong_type(kind: str, key: Any, steps: Steps, error: Any, root: type[Part]) -> str:
    found = error.get("input")
    name = f"'{key}'"
    if isinstance(key, int):
        name = f"'{next((step for step in reversed(steps) if isinstance(step, str)), '')}' (item {key + 1})"
    if kind == "string_type" and isinstance(found, dict):
        inner = ", ".join(f"{k}: {v}" for k, v in found.items())
        return f'{name} must be a text. The colon in it makes it a key; put all of it in quotes: "{inner}".'
    if kind == "string_type" and isinstance(found, list):
        return f"{name} must be one text, not a list. If the text itself begins with [, put it in quotes."
    if kind in ("tuple_type", "list_type"):
        if isinstance(found, dict):
            return f"{name} must be a list: put '- ' before the first key of each entry, and indent its other keys."
        return f"{name} must be a list, found the text {found!r}. Write {key}: [{found}]."
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        if not steps:
            first = next(iter(root.model_fields))
            return f"the file must begin with '{first}:', and everything else belongs under it."
        if "matches" in steps or "rejects" in steps:
            return f'{name} must be a text. Text that begins with [ must stand in quotes: "[[Fever]] was seen."'
        said = "a list" if isinstance(found, list) else f"the text {found!r}"
        return f"{name} must hold keys with values, found {said}. Check the indentation, and that each key has a colon."
    if kind == "too_short":
        return f"{name} is empty. Write at least one entry."
    if kind == "string_too_short":
        return f"{name} is empty."
    if kind == "string_pattern_mismatch":
        return f"{name}: {found!r} is not allowed: small letters, digits, _ . and - only."
    if kind.startswith(("decimal", "int", "float", "finite")):
        return f"{name}: {found!r} is not a {'whole ' if kind.startswith('int') else ''}number, written like 3" + (
            "." if kind.startswith("int") else " or 0.5."
        )
    if kind.startswith("bool"):
        return f"{name}: {found!r} is not allowed. Allowed: true, false."
    if kind == "greater_than_equal":
        return f"{name}: {found} is too small. It must be {error['ctx']['ge']} or more."
    return f"{name}: {error['msg'][0].lower()}{error['msg'][1:]}."
