"""JSON Schemas of the YAML files, made from their shapes: editors complete and check with them while one types.

They say the shape only: what needs more than one file (a field that no table has, an unknown unit) and the examples are
for ``caseloom check``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extract.schema import SHAPES
from extract.schema.faults import KINDS

DRAFT = "http://json-schema.org/draft-07/schema#"
FOLDER = "json"
"""Where they lie within schemas/."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of file: fields, scales, units, sections, context, rules."""
    return {kind: _schema(kind) for kind in SHAPES}


def as_text(schema: dict[str, Any]) -> str:
    """A schema as it is written to its file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def file_of(kind: str) -> str:
    """The path of a schema within schemas/."""
    return f"{FOLDER}/{kind}.json"


def first_line(kind: str) -> str:
    """The first line of a YAML file, by which editors find its schema."""
    return f"# yaml-language-server: $schema={'../' if kind == 'rules' else ''}{file_of(kind)}"


def write_schemas(folder: Path) -> list[Path]:
    """Write all schemas into a folder of rules; returns the files."""
    (folder / FOLDER).mkdir(exist_ok=True)
    out = []
    for kind, schema in json_schemas().items():
        path = folder / file_of(kind)
        path.write_text(as_text(schema), encoding="utf-8")
        out.append(path)
    return out


def _schema(kind: str) -> dict[str, Any]:
    made = _plain(SHAPES[kind].model_json_schema())
    definitions = made.pop("$defs", {})
    if kind == "rules":
        made["properties"]["rules"]["items"] = {"$ref": "#/$defs/AnyRule"}
        definitions["AnyRule"] = _by_kind()
    return {"$schema": DRAFT, "title": f"caseloom: {kind}", **made, "$defs": definitions}


def _by_kind() -> dict[str, Any]:
    """A rule: its kind decides what else it holds, and an editor's complaints are those of its kind alone."""
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(KINDS), "description": "What kind of rule it is."}},
        "allOf": [
            {
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
                "then": {"$ref": f"#/$defs/{part.__name__}"},
            }
            for kind, part in KINDS.items()
        ],
    }


_TYPED = ["string", "number", "boolean"]
"""What an editor may take typed text for: the program keeps ``NO``, ``08`` and ``1e6`` as they stand."""


def _plain(value: Any) -> Any:
    """A schema without what only programs read: titles, null, numbers as text."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {
        key: {name: _plain(part) for name, part in item.items()} if key in ("properties", "$defs") else _plain(item)
        for key, item in value.items()
        if key not in ("title", "discriminator") and not (key == "default" and item in (None, "", [], {}))
    }
    choices = out.get("anyOf")
    if isinstance(choices, list):
        left = [choice for choice in choices if choice != {"type": "null"}]
        if {"type": "number"} in left:
            left = [{"type": "number"}]
        if len(left) == 1:
            del out["anyOf"]
            out = {**left[0], **out}
        else:
            out["anyOf"] = left
    if out.get("type") == "number" and isinstance(out.get("default"), str):
        out["default"] = int(out["default"])
    if isinstance(out.get("description"), str):
        out["description"] = " ".join(out["description"].replace("``", "`").split())
    if out.get("type") == "string" and not out.keys() & {"enum", "const", "pattern"}:
        out["type"] = _TYPED
    return out
