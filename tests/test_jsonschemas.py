"""JSON Schemas and the reference: made from the shapes, kept beside the rules, true of every real file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from beginner import make_project
from pydantic import create_model

from extract.rulebook.jsonschemas import as_text, file_of, first_line, json_schemas, write_schemas
from extract.rulebook.reference import reference
from extract.schema import SHAPES
from extract.schema.faults import KINDS, part_at
from extract.schema.shapes.base import Part
from extract.schema.yamlfile import read_yaml

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
FILES = sorted(SCHEMAS.rglob("*.yaml"))


class AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2, as editors read it: only true and false are truth values, dates and 12:30 are text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    AsEditorsRead.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), list(first))
AsEditorsRead.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
AsEditorsRead.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))


def kind_of(path: Path) -> str:
    return "rules" if path.parent.name == "rules" else path.stem


def complaints(text: str, kind: str) -> list[str]:
    validator = jsonschema.Draft7Validator(json_schemas()[kind])
    return [error.message for error in validator.iter_errors(yaml.load(text, Loader=AsEditorsRead))]


@pytest.mark.parametrize("kind", SHAPES)
def test_the_schema_beside_the_rules_is_the_one_that_the_program_makes(kind: str) -> None:
    assert (SCHEMAS / file_of(kind)).read_text(encoding="utf-8") == as_text(json_schemas()[kind])


@pytest.mark.parametrize("kind", SHAPES)
def test_each_schema_is_one(kind: str) -> None:
    jsonschema.Draft7Validator.check_schema(json_schemas()[kind])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_real_file_fits_its_schema(path: Path) -> None:
    assert complaints(path.read_text(encoding="utf-8"), kind_of(path)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_real_file_names_its_schema_in_its_first_line(path: Path) -> None:
    line = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert line == first_line(kind_of(path))
    assert (path.parent / line.partition("$schema=")[2]).resolve() == (SCHEMAS / file_of(kind_of(path))).resolve()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("fields.yaml", "- {name: smoking,", "- {nam: smoking,", "'nam' was unexpected"),
        ("fields.yaml", "- {name: smoking,", "- {name: Smoking status,", "does not match"),
        ("fields.yaml", "type: number, unit: pack", "type: numeric, unit: pack", "'numeric' is not one of"),
        ("fields.yaml", "  outcomes:\n", "  outcome:\n", "'outcome' is not one of"),
        ("scales.yaml", "better: higher", "better: up", "'up' is not one of"),
        ("scales.yaml", "minimum: 0", "minimum: none", "'none' is not of type 'number'"),
        ("scales.yaml", "    name: HHS\n", "", "'name' is a required property"),
        ("units.yaml", "quantity: points, ", "", "'quantity' is a required property"),
        ("sections.yaml", "section: case", "section: cases", "'cases' is not one of"),
        ("context.yaml", "presence: negated", "presence: negative", "'negative' is not one of"),
        ("context.yaml", "    words: [", "    word: [", "'word' was unexpected"),
        ("rules/smoking.yaml", "kind: terms", "kind: term", "'term' is not one of"),
        ("rules/smoking.yaml", "    kind: terms\n", "", "'kind' is a required property"),
        ("rules/smoking.yaml", "    terms:\n", "    term:\n", "'terms' is a required property"),
        ("rules/smoking.yaml", "unit: pack years", "units: [pack years]", "'units' was unexpected"),
        ("rules/smoking.yaml", "words: [never smoked, non smoker]", "words: never smoked", "is not of type 'array'"),
        ("rules/smoking.yaml", "        value: current\n", "        values: current\n", "is not valid under any"),
    ],
)
def test_a_bad_file_does_not_fit(name: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    path = make_project(tmp_path) / name
    text = path.read_text(encoding="utf-8")
    assert complaints(text, kind_of(path)) == []
    assert old in text
    found = complaints(text.replace(old, new, 1), kind_of(path))
    assert any(said in message for message in found), found


def test_what_an_editor_takes_for_a_number_is_text_all_the_same() -> None:
    text = (
        (SCHEMAS / "units.yaml").read_text(encoding="utf-8").replace("words: [week, wk]", "words: [7, 08, true, 1e6]")
    )
    assert complaints(text, "units") == []


def every_part() -> list[type[Part]]:
    out: list[type[Part]] = [*SHAPES.values(), *KINDS.values()]
    for part in out:
        for name in part.model_fields:
            inner = part_at(part, (name,))
            if inner is not None and inner not in out:
                out.append(inner)
    return out


def test_every_key_says_what_it_means() -> None:
    mute = [
        f"{part.__name__}.{name}"
        for part in every_part()
        for name, field in part.model_fields.items()
        if not field.description
    ]
    assert mute == []
    assert len(every_part()) > 15


@pytest.mark.parametrize("part", every_part(), ids=lambda part: part.__name__)
def test_every_example_of_a_key_may_stand_there(part: type[Part]) -> None:
    for name, field in part.model_fields.items():
        for example in field.examples or []:
            read = read_yaml(f"{name}: {example}\n".encode(), "reference")
            assert read.faults == [], f"{part.__name__}.{name}"
            alone: Any = {name: (field.annotation, field)}
            create_model(part.__name__, **alone).model_validate(read.value)


def test_the_reference_is_the_one_that_the_program_makes() -> None:
    assert (SCHEMAS / "REFERENCE.md").read_text(encoding="utf-8") == reference()


def test_the_reference_names_every_key_and_its_links_lead_somewhere() -> None:
    text = reference()
    for part in every_part():
        for name in part.model_fields:
            assert f"| `{name}` |" in text, f"{part.__name__}.{name}"
    headings = {
        re.sub(r"[^\w\s-]", "", row[3:].strip().lower()).replace(" ", "-")
        for row in text.split("\n")
        if row[:2] == "##"
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links <= {heading.strip("-") for heading in headings}
    assert len(links) >= 10


def test_the_schemas_are_written_where_the_first_lines_look_for_them(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in paths} == {file_of(kind) for kind in SHAPES}
    assert all(
        json.loads(path.read_text("utf-8"))["$schema"].startswith("http://json-schema.org/draft-07") for path in paths
    )
