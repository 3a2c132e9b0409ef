"""schemas/*.yaml -> Schema: find the folder, read it strictly, say everything that is wrong with it at once.

What a clinician may edit is data; this module is the only reader of it. It knows the shape of each
file, not what the rules find: that is ``extract.find``.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from extract.shapes import (
    AnyRule,
    Column,
    ColumnRule,
    Context,
    Cue,
    Example,
    Fields,
    Model,
    Part,
    PatternRule,
    QuantityRule,
    Rule,
    Scale,
    Schema,
    SectionRule,
    TableSpec,
    Term,
    TermsRule,
    Threshold,
    Unit,
)

__all__ = [
    "AnyRule",
    "Column",
    "ColumnRule",
    "Context",
    "Cue",
    "Example",
    "Fields",
    "Model",
    "Part",
    "PatternRule",
    "QuantityRule",
    "Rule",
    "Scale",
    "Schema",
    "SchemaError",
    "SectionRule",
    "TableSpec",
    "Term",
    "TermsRule",
    "Threshold",
    "Unit",
    "builtin_schemas",
    "cache_folder",
    "find_schemas",
    "load_schema",
]

RULE_KINDS = ("terms", "pattern", "quantity", "column")
TABLES = (
    "documents", "patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies",
    "conflicts", "issues", "values", "evidence", "decisions", "overlaps", "codebook",
)  # fmt: skip
FILES = ("fields", "scales", "units", "sections", "context")


class SchemaError(Exception):
    """schemas/ is wrong. ``errors`` holds one message for each fault, with file and line."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        super().__init__("\n".join(errors))


_SHAPES: dict[str, Any] = {
    "fields": TypeAdapter(Fields),
    "scales": TypeAdapter(dict[Literal["scales"], tuple[Scale, ...]]),
    "units": TypeAdapter(dict[Literal["units"], tuple[Unit, ...]]),
    "sections": TypeAdapter(dict[Literal["sections"], tuple[SectionRule, ...]]),
    "context": TypeAdapter(Context),
    "rules": TypeAdapter(dict[Literal["rules"], tuple[AnyRule, ...]]),
}


def find_schemas(given: Path | None = None) -> Path:
    """The folder of schemas to use: the one given, ./schemas, the copy in the package, the one of the checkout.

    Raises SchemaError when the one given, or any at all, cannot be found.
    """
    if given is not None:
        if not (given / "fields.yaml").is_file():
            raise SchemaError(
                [f"{given}: no fields.yaml there. Give --schemas a folder that holds fields.yaml, or leave it out."]
            )
        return given
    own = Path("schemas")
    return own if (own / "fields.yaml").is_file() else builtin_schemas()


def builtin_schemas() -> Path:
    """The schemas that caseloom brings: the copy in the package, else those of the checkout. Raises SchemaError."""
    here = Path(__file__).resolve().parent
    for folder in (here / "schemas", here.parent / "schemas"):
        if (folder / "fields.yaml").is_file():
            return folder
    raise SchemaError(["no schemas found: neither ./schemas nor a copy in the package. Give --schemas DIR."])


def load_schema(folder: Path | None = None) -> Schema:
    """Read and check a folder of schemas (default: see ``find_schemas``).

    What was found in order is kept in the user's cache folder, so that the same files are read ten times faster the
    next time. Raises SchemaError with every fault found; rules are checked in shape here, their examples by
    ``extract.find``.
    """
    folder = find_schemas(folder)
    errors: list[str] = []
    digest = hashlib.sha256()
    files: dict[Path, bytes] = {}
    paths = [folder / f"{name}.yaml" for name in FILES] + sorted((folder / "rules").glob("*.yaml"))
    for path in paths:
        try:
            files[path] = path.read_bytes()
        except OSError as error:
            shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            errors.append(f"{shown}: cannot be read ({error.strerror}). Every schemas folder needs it.")
            continue
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + files[path] + b"\0")
    large = sum(map(len, files.values())) > 100_000  # small ones are read as fast as they are found again
    kept = _kept_as(digest.hexdigest()) if large else None
    if not errors and (known := _recall(kept, folder, digest.hexdigest())) is not None:
        return known
    schema = _check(folder, files, digest.hexdigest(), errors)
    _keep(kept, schema)
    return schema


def _check(folder: Path, files: dict[Path, bytes], digest: str, errors: list[str]) -> Schema:
    """The schema that some files make. Raises SchemaError with every fault, those already known first."""
    parts: dict[str, Any] = {}
    places: dict[str, str] = {}
    rules: list[Any] = []
    for path, data in files.items():
        kind = "rules" if path.parent.name == "rules" else path.stem
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        value, lines, faults = _read_yaml(data, shown)
        if not faults:
            value, faults = _check_shape(kind, value, lines, shown)
        errors += faults
        if faults:
            continue
        if kind == "rules":
            for index, rule in enumerate(value.get("rules", ())):
                rules.append(rule)
                place = f"{shown}:{lines.get(('rules', index), 1)}"
                if rule.id in places:
                    errors.append(f"{place}: rule id '{rule.id}' is taken by {places[rule.id]}. Choose another id.")
                places[rule.id] = place
        else:
            parts[kind] = value
    if not errors:
        errors += _check_whole(parts, rules, places, folder.name)
    if errors:
        raise SchemaError(errors)
    return Schema(
        folder=str(folder),
        hash=digest,
        tables=parts["fields"].tables,
        signals=parts["fields"].signals,
        scales=parts["scales"]["scales"],
        units=parts["units"]["units"],
        sections=parts["sections"]["sections"],
        context=parts["context"],
        rules=tuple(rules),
    )


def cache_folder() -> Path:
    """Where this user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caseloom"


_KEPT = 8
"""So many checked schemas are kept; the ones not used for longest go first."""


def _kept_as(digest: str) -> Path | None:
    """The file that holds a checked schema: named after its bytes and those of this module, which checked them."""
    try:
        checker = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
        return cache_folder() / f"schema-{digest[:32]}-{checker[:16]}.json"
    except (OSError, RuntimeError):
        return None


def _recall(path: Path | None, folder: Path, digest: str) -> Schema | None:
    """A schema that was checked before; None when there is none or what is there is not whole."""
    try:
        seal, _, body = path.read_bytes().partition(b"\n") if path else (b"", b"", b"")
        if not body or seal.decode() != hashlib.sha256(body).hexdigest():
            return None
        schema = Schema.model_validate_json(body)
        if path:
            path.touch()
    except (OSError, ValueError):
        return None
    return schema.model_copy(update={"folder": str(folder)}) if schema.hash == digest else None


def _keep(path: Path | None, schema: Schema) -> None:
    """Keep a checked schema for the next time; without a place to keep it the files are read again."""
    if path is None:
        return
    body = schema.model_dump_json().encode()
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        part.replace(path)
        old = sorted(path.parent.glob("schema-*.json"), key=lambda file: file.stat().st_mtime)
        for file in old[:-_KEPT]:
            file.unlink(missing_ok=True)
    except OSError:
        return


Lines = dict[tuple[str | int, ...], int]


def _read_yaml(data: bytes, shown: str) -> tuple[Any, Lines, list[str]]:
    """Plain values of a YAML file, the line of each, and faults. Only ``true`` and ``false`` are booleans, so that an
    abbreviation like NO stays text; numbers with a point are exact decimals."""
    try:
        node = yaml.compose(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        return (
            None,
            {},
            [f"{shown}:{line}: not valid YAML: {problem}. Check the indentation, colons and quotes."],
        )
    lines: Lines = {}
    faults: list[str] = []

    def build(node: Any, path: tuple[str | int, ...]) -> Any:
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            out: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in out:
                    first = lines[(*path, key)]
                    faults.append(
                        f"{shown}:{key_node.start_mark.line + 1}: key '{key}' is repeated (first on line {first}). "
                        "Keep one of the two."
                    )
                out[key] = build(value_node, (*path, key))
                lines[(*path, key)] = key_node.start_mark.line + 1
            return out
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*path, index)) for index, item in enumerate(node.value)]
        tag = node.tag.rsplit(":", 1)[-1]
        if tag == "null":
            return None
        if tag == "bool" and node.value in ("true", "false"):
            return node.value == "true"
        if tag == "int" and re.fullmatch(r"[-+]?\d+", node.value):
            return int(node.value)
        if tag == "float":
            try:
                return Decimal(node.value)
            except ArithmeticError:
                return node.value
        return node.value

    value = build(node, ()) if node is not None else {}
    return value, lines, faults


def _check_shape(kind: str, value: Any, lines: Lines, shown: str) -> tuple[Any, list[str]]:
    try:
        return _SHAPES[kind].validate_python(_numbers_as_text(value)), []
    except ValidationError as error:
        return None, [_say(fault, lines, shown) for fault in error.errors()]


_TEXT_KEYS = frozenset(
    {
        "words",
        "exact",
        "needs",
        "unless",
        "value",
        "titles",
        "allowed",
        "letters",
        "text",
        "matches",
        "rejects",
        "stops",
    }
)


def _numbers_as_text(value: Any, key: str = "") -> Any:
    """Words that YAML takes for numbers (``words: [7-AAD, 200]``) are words where the file asks for words."""
    if isinstance(value, dict):
        inner = key in ("codes", "details", "sets", "values")
        return {k: _numbers_as_text(v, "value" if inner else k) for k, v in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(item, key) for item in value]
    if key in _TEXT_KEYS and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value


def _say(fault: Any, lines: Lines, shown: str) -> str:
    """One fault as a sentence: place, what was found, what is allowed, the nearest right word."""
    path = tuple(step for step in fault["loc"] if step not in RULE_KINDS)
    while path and path not in lines:
        path = path[:-1]
    place = f"{shown}:{lines.get(path, 1)}"
    key = fault["loc"][-1] if fault["loc"] else ""
    kind = fault["type"]
    if kind == "extra_forbidden":
        allowed = _allowed_keys(fault["loc"], shown)
        near = difflib.get_close_matches(str(key), allowed, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        return f"{place}: unknown key '{key}'.{hint} Allowed: {', '.join(allowed)}."
    if kind == "missing":
        return f"{place}: key '{key}' is missing."
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        context = fault.get("ctx", {})
        allowed_text = str(context.get("expected") or context.get("expected_tags"))
        found = context.get("tag", fault.get("input"))
        choices = re.findall(r"'([^']+)'", allowed_text)
        near = difflib.get_close_matches(str(found), choices, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        return f"{place}: '{found}' is not allowed for '{key}'.{hint} Allowed: {', '.join(choices)}."
    if kind == "union_tag_not_found":
        return f"{place}: a rule needs 'kind'. Allowed: {', '.join(RULE_KINDS)}."
    if kind == "value_error":
        return f"{place}: {fault['ctx']['error']!s}."
    found = fault.get("input")
    shown_input = repr(found) if not isinstance(found, dict | list) else type(found).__name__
    return f"{place}: '{key}': {fault['msg'][0].lower()}{fault['msg'][1:]}, found {shown_input}."


_KEYS: dict[str, type[Part]] = {
    "terms": Term,
    "matches": Example,
    "rejects": Example,
    "scales": Scale,
    "units": Unit,
    "sections": SectionRule,
    "cues": Cue,
    "columns": Column,
    "tables": TableSpec,
    "thresholds": Threshold,
}
_RULES: dict[str, type[Part]] = {
    "terms": TermsRule,
    "pattern": PatternRule,
    "quantity": QuantityRule,
    "column": ColumnRule,
}


def _allowed_keys(loc: tuple[Any, ...], shown: str) -> list[str]:
    names = [step for step in loc[:-1] if isinstance(step, str)]
    model: type[Part] | None = None
    if names[:1] == ["rules"] and len(names) >= 2:
        model = _RULES.get(names[1])
        for name in names[2:]:
            model = _KEYS.get(name, model)
    else:
        for name in names:
            model = _KEYS.get(name, model)
        if not names:
            model = Context if shown.endswith("context.yaml") else Fields if shown.endswith("fields.yaml") else None
    return list(model.model_fields) if model else list(names)


def _check_whole(parts: dict[str, Any], rules: list[Any], places: dict[str, str], folder: str) -> list[str]:
    """Faults that no single file shows: a rule for a field that no table declares, a field nobody finds."""
    errors = []
    fields: Fields = parts["fields"]
    known = {column.mention for table in fields.tables.values() for column in table.columns if column.mention}
    known |= set(fields.signals)
    shown = f"{folder}/fields.yaml"
    for name in sorted(set(fields.tables) - set(TABLES)):
        near = difflib.get_close_matches(name, TABLES, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        errors.append(f"{shown}: table '{name}' is not known.{hint} Allowed: {', '.join(TABLES)}.")
    for name in (name for name in TABLES if name not in fields.tables):
        errors.append(f"{shown}: table '{name}' is missing. Its columns may be few, but it must be there.")
    for rule in rules:
        if rule.field not in known:
            near = difflib.get_close_matches(rule.field, sorted(known), n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            errors.append(
                f"{places[rule.id]}: rule '{rule.id}' finds '{rule.field}', which no column of {folder}/fields.yaml "
                f"names as its mention and which is no signal.{hint} Allowed: {', '.join(sorted(known))}."
            )
        if not isinstance(rule, TermsRule) and not rule.rejects:
            errors.append(f"{places[rule.id]}: rule '{rule.id}' has no 'rejects'. Show what it must not find.")
    return errors
