"""The strict loader of schemas: every fault is named with file, line and way out, and all of them at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from extract.schema import Schema, SchemaError, Threshold, find_schemas, load_schema

ROOT = Path(__file__).resolve().parent.parent

QUANTITY = """
rules:
  - id: weight.plain
    field: weight
    kind: quantity
    trigger: [weight]
    units: [kg]
    matches: ["weight [[43 kg]]"]
    rejects: ["a dose of 43 mg"]
"""


def faults(folder: Path) -> list[str]:
    with pytest.raises(SchemaError) as error:
        load_schema(folder)
    assert str(error.value) == "\n".join(error.value.errors)
    return error.value.errors


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_valid_folder_loads(schemas_folder: Path) -> None:
    (schemas_folder / "rules" / "weight.yaml").write_text(QUANTITY.lstrip())
    schema = load_schema(schemas_folder)
    assert [rule.id for rule in schema.rules] == ["route.terms", "weight.plain"]
    assert [rule.id for rule in schema.rules_for("weight")] == ["weight.plain"]
    assert schema.scales[0].maximum == Decimal(105)
    assert schema.tables["patients"].column("sex").allowed == ("female", "male", "other")


def test_thresholds_name_diseases_that_the_rules_know(schema: Schema) -> None:
    known = {term.value for rule in schema.rules_for("diagnosis") if rule.kind == "terms" for term in rule.terms}
    named = {name for scale in schema.scales for limit in scale.thresholds for name in limit.diagnoses}
    assert named
    assert named <= known


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("< 150", ("<", (Decimal(150),), None)),
        (">= 5 of 10", (">=", (Decimal(5),), Decimal(10))),
        (">= 3 or 4", (">=", (Decimal(3), Decimal(4)), None)),
        ("-0.375", ("-", (Decimal("0.375"),), None)),
        ("-18 of 100", ("-", (Decimal(18),), Decimal(100))),
        ("+2.64", ("+", (Decimal("2.64"),), None)),
        ("3 to 5", ("±", (Decimal(3), Decimal(5)), None)),
    ],
)
def test_a_threshold_says_what_it_asks(value: str, limit: tuple[object, ...]) -> None:
    assert Threshold(meaning="response", value=value, source="Smith 2020").limit == limit


def test_the_schemas_of_this_repository_load(schema: Schema) -> None:
    assert len(schema.rules) > 10
    assert schema.tables["patients"].record


@pytest.mark.parametrize(
    ("name", "old", "new", "said", "because"),
    [
        (
            "rules/routes.yaml",
            "kind: terms",
            "kind: terms\n    remark: none",
            "schemas/rules/routes.yaml:5: unknown key 'remark'. Allowed: id, field, matches, rejects, why, kind, terms",
            "a key that does not exist",
        ),
        (
            "rules/routes.yaml",
            "kind: terms",
            "kind: terms\n    reject: []",
            "schemas/rules/routes.yaml:5: unknown key 'reject'. Did you mean 'rejects'?",
            "a key that nearly exists",
        ),
        (
            "rules/routes.yaml",
            "    field: route\n",
            "    field: route\n    field: site\n",
            "schemas/rules/routes.yaml:4: key 'field' is repeated (first on line 3). Keep one of the two.",
            "a key that stands twice",
        ),
        (
            "rules/routes.yaml",
            "    field: route\n",
            "",
            "schemas/rules/routes.yaml:2: key 'field' is missing.",
            "a key that is missing",
        ),
        (
            "rules/routes.yaml",
            '    matches: ["given [[intravenously]]"]\n',
            "",
            "schemas/rules/routes.yaml:2: key 'matches' is missing.",
            "a rule without an example",
        ),
        (
            "rules/routes.yaml",
            '["given [[intravenously]]"]',
            "[]",
            "schemas/rules/routes.yaml:5: 'matches'",
            "an empty list of examples",
        ),
        (
            "rules/routes.yaml",
            "kind: terms",
            "kind: term",
            "'term' is not allowed for",
            "a kind of rule that does not exist",
        ),
        (
            "rules/routes.yaml",
            "    kind: terms\n",
            "",
            "a rule needs 'kind'. Allowed: terms, pattern, quantity, column.",
            "a rule without a kind",
        ),
        (
            "rules/routes.yaml",
            "field: route\n",
            "field: rout\n",
            "schemas/rules/routes.yaml:2: rule 'route.terms' finds 'rout', which no column of schemas/fields.yaml "
            "names as its mention and which is no signal. Did you mean 'route'?",
            "a rule for a field that nobody shows",
        ),
        (
            "scales.yaml",
            "better: lower",
            "better: less",
            "schemas/scales.yaml:7: 'less' is not allowed for 'better'.",
            "a word outside its list",
        ),
        (
            "scales.yaml",
            "minimum: 0",
            "minimum: 200",
            "schemas/scales.yaml:5: minimum 200 is not below maximum 105.",
            "a range that is empty",
        ),
        (
            "scales.yaml",
            "better: lower",
            "thresholds: [{meaning: response, value: fall of 4, source: Smith 2020}]",
            "schemas/scales.yaml:7: 'fall of 4' is not a threshold; write for example '< 150', '>= 5 of 10', '-1.2'",
            "a threshold that nobody can apply",
        ),
        (
            "scales.yaml",
            "minimum: 0",
            "minimum: none",
            "schemas/scales.yaml:5: 'minimum': ",
            "a word for a number",
        ),
        (
            "sections.yaml",
            "section: case",
            "section: cases",
            "schemas/sections.yaml:2: 'cases' is not allowed for 'section'. Did you mean 'case'?",
            "a section that nearly exists",
        ),
        (
            "context.yaml",
            "stops: [but]",
            "stops: [but",
            "schemas/context.yaml:",
            "YAML that is broken",
        ),
        (
            "fields.yaml",
            "- {name: sex, allowed",
            "- {name: Sex, allowed",
            "'Sex' cannot be the name of a column: small letters, digits and _ only, a letter first. "
            "Did you mean 'sex'?",
            "a column name that is no column name",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_a_way_out(
    schemas_folder: Path, name: str, old: str, new: str, said: str, because: str
) -> None:
    edit(schemas_folder, name, old, new)
    (fault,) = faults(schemas_folder)
    assert said in fault, because
    assert fault.startswith(f"schemas/{name}:")


def test_a_rule_that_is_no_list_of_terms_must_show_what_it_rejects(schemas_folder: Path) -> None:
    text = QUANTITY.lstrip().replace('    rejects: ["a dose of 43 mg"]\n', "")
    (schemas_folder / "rules" / "weight.yaml").write_text(text)
    assert faults(schemas_folder) == [
        "schemas/rules/weight.yaml:2: rule 'weight.plain' has no 'rejects'. Show what it must not find."
    ]


def test_two_rules_cannot_share_an_id(schemas_folder: Path) -> None:
    text = QUANTITY.lstrip().replace("weight.plain", "route.terms")
    (schemas_folder / "rules" / "weight.yaml").write_text(text)
    assert faults(schemas_folder) == [
        "schemas/rules/weight.yaml:2: rule id 'route.terms' is taken by schemas/rules/routes.yaml:2. Choose another id."
    ]


def test_a_pattern_must_compile(schemas_folder: Path) -> None:
    rule = QUANTITY.lstrip().replace("kind: quantity", "kind: pattern")
    rule = rule.replace("    trigger: [weight]\n    units: [kg]\n", "    pattern: 'weight ('\n")
    (schemas_folder / "rules" / "weight.yaml").write_text(rule)
    (fault,) = faults(schemas_folder)
    assert fault.startswith("schemas/rules/weight.yaml:5: ")
    assert "the pattern 'weight (' does not compile at '(': a ( has no closing )" in fault


def test_all_faults_of_all_files_come_at_once(schemas_folder: Path) -> None:
    edit(schemas_folder, "rules/routes.yaml", "    matches:", "    match:")
    edit(schemas_folder, "scales.yaml", "better: lower", "better: less")
    edit(schemas_folder, "sections.yaml", "section: case", "section: cases")
    (schemas_folder / "units.yaml").unlink()
    found = faults(schemas_folder)
    named = {fault.split(":")[0] for fault in found}
    assert named == {
        "schemas/rules/routes.yaml",
        "schemas/scales.yaml",
        "schemas/sections.yaml",
        "schemas/units.yaml",
    }


def test_an_abbreviation_is_not_taken_for_a_truth_value_nor_a_number(schemas_folder: Path) -> None:
    edit(schemas_folder, "rules/routes.yaml", "words: [intravenously, intravenous]", "words: [NO, on, 200, 1.50]")
    (rule,) = load_schema(schemas_folder).rules
    assert rule.terms[0].words == ("NO", "on", "200", "1.50")  # type: ignore[union-attr]


def test_the_hash_changes_with_any_byte(schemas_folder: Path) -> None:
    before = load_schema(schemas_folder).hash
    assert load_schema(schemas_folder).hash == before
    with (schemas_folder / "units.yaml").open("a") as file:
        file.write("\n")
    assert load_schema(schemas_folder).hash != before


def test_schemas_are_looked_up_where_the_user_stands_first(
    schemas_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(schemas_folder.parent)
    assert find_schemas() == Path("schemas")
    monkeypatch.chdir(tmp_path)
    assert find_schemas() == ROOT / "schemas"
    assert find_schemas(schemas_folder) == schemas_folder


def test_a_folder_without_schemas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"no fields\.yaml there"):
        find_schemas(tmp_path)


def test_every_column_that_is_sent_to_evidence_is_described(schema: Schema) -> None:
    shown = {column.evidence for table in schema.tables.values() for column in table.columns if column.evidence}
    assert shown <= set(schema.tables["evidence"].names())


def test_an_unknown_table_is_refused(schemas_folder: Path) -> None:
    path = schemas_folder / "fields.yaml"
    path.write_text(path.read_text("utf-8").replace("  outcomes:\n", "  outcome:\n", 1), encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_schema(schemas_folder)
    told = "\n".join(caught.value.errors)
    assert "table 'outcome' is not known. Did you mean 'outcomes'?" in told
    assert "table 'outcomes' is missing" in told
