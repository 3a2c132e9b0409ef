"""Gold: what a careful reader set down of a paper, read from JSON files and checked strictly.

One file per document. The keys are those of the classes below; what the paper does not say is left out or null. An
item with ``"scored": false`` is neither asked for nor counted against; ``"unscored": ["count"]`` says so of single
keys of an item (on a patient: of all its items); ``"optional": true`` means the same as ``"scored": false``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from extract.schema import Schema, TermsRule
from extract.score.goldshapes import CHECKED_WORDS, OWN, PARTS, GoldPaper, Item, allowed, own_of
from extract.score.ownfields import gold_values, own_fields


class GoldError(Exception):
    """Gold files that cannot be used; ``errors`` holds every fault, one sentence each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


Known = Mapping[str, Collection[Any]]
"""What is known of a schema: the words of the keys in ``CHECKED_WORDS``, and its own columns."""


def load_gold(folder: Path, words: Known | None = None) -> list[GoldPaper]:
    """The gold papers of a folder (its ``*.json``), in the order of their file names.

    ``words`` is what the schema knows (``known_words``). Raises ``GoldError`` with
    every fault of every file: file, line, place, what was found, what is allowed, the nearest right word.
    """
    if not folder.is_dir():
        raise GoldError([f"{folder}: there is no such folder."])
    files = sorted(path for path in folder.glob("*.json") if path.is_file())
    if not files:
        raise GoldError([f"{folder}: no .json file here. Name the folder that holds the gold files."])
    errors: list[str] = []
    papers: list[GoldPaper] = []
    first: dict[str, Path] = {}
    for path in files:
        paper, faults = _load(path, words or {})
        errors += faults
        if paper is None:
            continue
        papers.append(paper)
        if paper.document in first:
            errors.append(f"{path}: document '{paper.document}' stands already in {first[paper.document]}.")
        first.setdefault(paper.document, path)
    if errors:
        raise GoldError(errors)
    return papers


def known_words(schema: Schema) -> Known:
    """The canonical words that the rules can give for the keys in ``CHECKED_WORDS``, and the schema's own columns."""
    known: dict[str, set[str]] = {key: set() for key in CHECKED_WORDS}
    for rule in schema.rules:
        if isinstance(rule, TermsRule):
            for term in rule.terms:
                for key, word in ((rule.field, term.value), *term.details.items()):
                    if key in known:
                        known[key].add(word)
    return {**known, OWN: own_fields(schema)}


def patient_key(name: str | None) -> str:
    """A patient's number or letter without its title: "Case 3", "patient #3", "P3" and "3" are one; '' is "1"."""
    return re.sub(r"^(patient|subject|case|pt|p)\s*[-#.]?\s*", "", (name or "").strip().lower()) or "1"


Steps = tuple[str | int, ...]


def _load(path: Path, words: Known) -> tuple[GoldPaper | None, list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return None, [f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8 text'})."]
    repeated: list[str] = []
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, repeated))
    except json.JSONDecodeError as error:
        return None, [f"{path}:{error.lineno}: not valid JSON: {error.msg}, column {error.colno}."]
    except RecursionError:
        return None, [f"{path}: not a gold file: it is nested too deeply."]
    faults: list[tuple[Steps, str]] = [((), f"key '{key}' stands twice in one item") for key in repeated]
    faults += _named_twice(data)
    faults += _own_apart(data, GoldPaper, (), words)
    paper = None
    try:
        paper = GoldPaper.model_validate_json(json.dumps(data), context=words)
    except ValidationError as error:
        places: dict[Steps, Any] = {}
        for fault in error.errors():
            places.setdefault(_steps(fault), fault)  # each arm of a union has its say: the first will do
        faults += [
            (steps, _say(fault, words))
            for steps, fault in places.items()
            if fault["type"] != "too_short" or not any(other[: len(steps)] == steps != other for other in places)
        ]
    if not faults:
        return paper, []
    lines = _lines(text)
    faults.sort(key=lambda fault: _line(fault[0], lines))
    return None, [_place(path, steps, lines) + message + "." for steps, message in faults]


def _object(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated += sorted({key for key in keys if keys.count(key) > 1})
    return dict(pairs)


def _own_apart(data: Any, kind: type[Item], steps: Steps, words: Known) -> list[tuple[Steps, str]]:
    """Put what an item says of own columns under ``own``; returns what is wrong with it."""
    faults: list[tuple[Steps, str]] = []
    if not isinstance(data, dict):
        return faults
    if "own" in data:
        faults.append(((*steps, "own"), f"unknown key 'own'.{allowed('own', _keys(kind, words))}"))
        del data["own"]
    own: dict[str, tuple[str, ...]] = {}
    for field in own_of(kind, words):
        if field.name in data:
            try:
                own[field.name] = gold_values(field, data.pop(field.name))
            except ValueError as error:
                faults.append(((*steps, field.name), str(error)))
    if own:
        data["own"] = own
    for key, part in PARTS.items():
        items = data.get(key)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            faults += _own_apart(item, part, (*steps, key, number), words)
    return faults


def _keys(kind: type[Item], words: Known) -> list[str]:
    return [name for name in kind.model_fields if name != "own"] + [field.name for field in own_of(kind, words)]


def _named_twice(data: Any) -> list[tuple[Steps, str]]:
    """The patients of a file whose number or letter stands there before."""
    patients = data.get("patients") if isinstance(data, dict) else None
    faults: list[tuple[Steps, str]] = []
    seen: set[str] = set()
    for number, patient in enumerate(patients if isinstance(patients, list) else []):
        name = patient.get("patient") if isinstance(patient, dict) else None
        if not isinstance(name, str):
            continue
        if patient_key(name) in seen:
            faults.append((("patients", number, "patient"), f"patient '{name}' stands twice in this document"))
        seen.add(patient_key(name))
    return faults


def _steps(fault: Any) -> Steps:
    """The place of a fault, without what pydantic adds for the arms of a union."""
    steps: list[str | int] = []
    for step in fault["loc"]:
        if isinstance(step, str) and steps and not isinstance(steps[-1], int) and fault["type"] != "extra_forbidden":
            break
        steps.append(step)
        if len(steps) > 1 and isinstance(step, int) and steps[-2] not in PARTS:
            break
    return tuple(steps)


def _say(fault: Any, words: Known) -> str:
    """A fault in words: what was found, what is allowed, the nearest right word."""
    steps = _steps(fault)
    kind, found = fault["type"], fault.get("input")
    key = steps[-1] if steps else "the file"
    if kind == "extra_forbidden":
        owner = next((PARTS[step] for step in reversed(steps[:-1]) if step in PARTS), GoldPaper)
        return f"unknown key '{key}'." + allowed(str(key), _keys(owner, words))
    if kind == "missing":
        return f"key '{key}' is missing"
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", str(fault["ctx"]["expected"]))
        return f"'{found}' is not allowed for '{key}'." + allowed(str(found), choices)
    if kind == "word":
        return str(fault["msg"])
    if kind == "too_short":
        return f"'{key}' is empty"
    shown = "an object" if isinstance(found, dict) else "a list" if isinstance(found, list) else json.dumps(found)
    message = str(fault["msg"]).removeprefix("Input ")
    return f"'{key}' {message}, found {shown}"


def _line(steps: Steps, lines: Mapping[Steps, int]) -> int:
    """The line of a place, or of the nearest thing around it; 0 when no line is known."""
    while steps and steps not in lines:
        steps = steps[:-1]
    return lines.get(steps, 0)


def _place(path: Path, steps: Steps, lines: Mapping[Steps, int]) -> str:
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    line = _line(steps, lines)
    return f"{path}{f':{line}' if line else ''}: {dotted}{': ' if dotted else ''}"


def _lines(text: str) -> dict[Steps, int]:
    """The line of every item; empty where the text, though JSON, is not YAML too."""
    lines: dict[Steps, int] = {}

    def walk(node: yaml.Node, steps: Steps) -> None:
        lines.setdefault(steps, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                lines[(*steps, key.value)] = key.start_mark.line + 1
                walk(value, (*steps, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                walk(value, (*steps, index))

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    if node is not None:
        walk(node, ())
    return lines
