"""schemas/appraisal.yaml: the tools of appraisal, and every fault of the file with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from extract.cli import app
from extract.schema import Schema, SchemaError
from extract.schema.appraisal import FILE, ItemName, builtin_tools, load_tools
from extract.synthesis.completeness import ITEMS, PARTS

SCALE = """\
tools:
  - id: own
    name: Own list
    reference: Ours, 2026
    designs: [case_report]
    judgements: ["yes", "no", unclear]
    items:
      - {id: "1", name: Sex, question: Is the sex told?, evidence: [{table: patients, columns: [sex]}]}
"""

Load = Callable[[str], list[str]]


@pytest.fixture
def faults(tmp_path: Path, schema: Schema) -> Load:
    """The faults of a file of tools."""

    def load(text: str) -> list[str]:
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        try:
            load_tools(schema.model_copy(update={"folder": str(tmp_path)}))
        except SchemaError as error:
            return [fault.replace(f"{tmp_path.name}/", "") for fault in error.errors]
        return []

    return load


def test_the_tools_are_those_that_reviews_of_case_reports_use() -> None:
    assert {tool.id: len(tool.items) for tool in builtin_tools()} == {
        "jbi_case_report": 8, "jbi_case_series": 10, "murad": 8, "care": 13, "doses": 5,
    }  # fmt: skip


def test_every_tool_names_its_source_and_can_be_judged_unclear() -> None:
    for tool in builtin_tools():
        assert "20" in tool.reference
        assert "unclear" in tool.judgements


def test_a_project_without_the_file_has_the_tools_that_caseloom_brings(tmp_path: Path, schema: Schema) -> None:
    assert load_tools(schema.model_copy(update={"folder": str(tmp_path)})) == builtin_tools()


def test_a_project_may_have_tools_of_its_own(tmp_path: Path, schema: Schema, faults: Load) -> None:
    assert faults(SCALE) == []
    (tool,) = load_tools(schema.model_copy(update={"folder": str(tmp_path)}))
    assert tool.items[0].label == "1 Sex"


@pytest.mark.parametrize(
    ("found", "instead", "line", "said"),
    [
        ("table: patients", "table: patient", 8, "Did you mean 'patients'?"),
        ("columns: [sex]", "columns: [sexe]", 8, "patients.csv has no column 'sexe'. Did you mean 'sex'?"),
        ("columns: [sex]", "columns: [sex], only: {kind: [groups]}", 8, "'groups' is not allowed in kind of patients"),
        ("designs: [case_report]", "designs: [case report]", 5, "Did you mean 'case_report'?"),
        ("unclear]", "not told]", 6, "judgements lack 'unclear': add it"),
        ('"no", unclear', '"no", "No", unclear', 6, "judgements hold 'no' twice"),
        ("question:", "quesion:", 8, "Did you mean 'question'?"),
        ("id: own", "id: own.list", 2, "own.list"),
    ],
)
def test_a_fault_is_told_with_its_line_and_the_way_out(
    faults: Load, found: str, instead: str, line: int, said: str
) -> None:
    (message,) = faults(SCALE.replace(found, instead))
    assert message.startswith(f"{FILE}:{line}: ")
    assert said in message


def test_a_tool_that_is_there_twice_is_a_fault(faults: Load) -> None:
    (message,) = faults(SCALE + SCALE.removeprefix("tools:\n"))
    assert "tool id 'own' is there already (line 2)" in message


def test_an_item_that_is_there_twice_is_a_fault(faults: Load) -> None:
    (message,) = faults(SCALE + SCALE.splitlines()[-1] + "\n")
    assert "items hold the id '1' twice" in message


def test_check_tells_of_a_fault_in_the_tools(small_schema: Schema) -> None:
    file = Path(small_schema.folder) / FILE
    file.write_text(SCALE.replace("sex]", "age]"), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "--schemas", small_schema.folder])
    file.unlink()
    assert result.exit_code != 0
    assert "has no column 'age'" in result.output


def test_an_edit_of_the_tools_leaves_the_rules_what_they_were(schemas_folder: Path, small_schema: Schema) -> None:
    from extract.schema import load_schema

    (schemas_folder / FILE).write_text(SCALE, encoding="utf-8")
    assert load_schema(schemas_folder).hash == small_schema.hash
    (schemas_folder / FILE).unlink()


def test_completeness_tells_the_items_of_the_same_file() -> None:
    names = {f"{tool.id}.{item.id}": item.name for tool in builtin_tools() for item in tool.items}
    assert PARTS.keys() <= names.keys()
    told = [item.name for item in ITEMS if item.frame in ("DOSES", "CARE")]
    assert told == [name for key, name in names.items() if key.startswith("doses")] + [
        name for key, name in names.items() if key.startswith("care")
    ]


def test_an_item_is_named_by_tool_and_number() -> None:
    assert ItemName.of(str(ItemName("care", "5"))) == ("care", "5")
