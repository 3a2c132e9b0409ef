"""SYNTHESIS: what other programs read is whole, described, and gives the same figures there."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from series import against, outcome, series, treated
from written import row

from extract.schema import Schema
from extract.synthesis.exports import safe_name, write_studies
from extract.synthesis.json_schema import study_schema
from extract.synthesis.metafor import write_metafor
from extract.synthesis.outputs import load_outputs
from extract.synthesis.robustness import proportions
from extract.synthesis.rows import Outputs


def faults(schema: Schema, data: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(study_schema(schema)).iter_errors(data)]


@pytest.fixture
def study(tmp_path: Path, schema: Schema) -> dict[str, Any]:
    before, after = outcome("1", 1, "SLEDAI-2K", "pre", 12), outcome("1", 2, "SLEDAI-2K", "post", 4, 6)
    other = outcome("1", 3, "SLEDAI-2K", "post", 9, 6, where="table")
    outputs = series(
        tmp_path,
        schema,
        *treated(dose_cells=60_000_000),
        before,
        after,
        other,
        against("1", "SLEDAI-2K post", after, other, after),
        row("adverse_events", "1", 1, event="fever", present=False),
    )
    (_, path) = write_studies(outputs, tmp_path / "json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_schema_beside_the_studies_is_a_json_schema_of_them(
    sample_out: Path, schema: Schema, tmp_path: Path
) -> None:
    beside = json.loads(write_studies(load_outputs(sample_out, schema), tmp_path)[0].read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(beside)
    assert beside == study_schema(schema)


def test_every_sample_study_follows_the_schema(sample_out: Path, schema: Schema, tmp_path: Path) -> None:
    outputs = load_outputs(sample_out, schema)
    paths = write_studies(outputs, tmp_path)
    assert len(paths) == 1 + len(outputs.papers)
    for path in paths[1:]:
        assert faults(schema, json.loads(path.read_text(encoding="utf-8"))) == [], path.name


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["patients", 0, "courses", 0, "last", "direction"], "better"),
        (["patients", 0, "values", "sex", "value"], "girl"),
        (["patients", 0, "administrations", 0, "values", "dose_cells", "value"], "sixty million"),
        (["patients", 0, "hair"], "brown"),
        (["schema"], "urn:something:else"),
    ],
)
def test_the_schema_refuses_what_is_wrong(schema: Schema, study: dict[str, Any], place: list[Any], value: Any) -> None:
    assert faults(schema, study) == []
    target: Any = study
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    assert faults(schema, study)


def test_a_value_goes_out_with_its_status_places_and_words(study: dict[str, Any]) -> None:
    value = study["patients"][0]["outcomes"][0]["values"]["value"]
    assert (value["value"], value["status"], value["basis"], value["where"]) == (
        12,
        "reported",
        "stated",
        ["narrative"],
    )
    assert value["quotes"] == ["it was 12"]
    assert study["patients"][0]["adverse_events"][0]["values"]["present"]["value"] is False


def test_what_is_not_reported_is_not_there(study: dict[str, Any]) -> None:
    assert "volume_ml" not in study["patients"][0]["administrations"][0]["values"]
    assert "follow_up_months" not in study["patients"][0]["values"]


def test_conflicts_and_changes_go_out_with_both_statements(study: dict[str, Any]) -> None:
    (conflict,) = study["conflicts"]
    assert [statement["value"] for statement in conflict["statements"]] == ["4", "9"]
    (course,) = study["patients"][0]["courses"]
    assert (course["last"]["direction"], course["last"]["change_low"]) == ("improved", -8)
    assert course["after"][0]["conflicts"] == [conflict["conflict"]]


@pytest.mark.parametrize(("document", "name"), [("a/b.pdf", "a_b.pdf"), ("../x", "_x"), ("smith 2019", "smith_2019")])
def test_a_document_makes_a_file_name_in_the_folder(document: str, name: str) -> None:
    assert safe_name(document) == name


# --- metafor


def metafor(outputs: Outputs, folder: Path) -> None:
    pooled = proportions(outputs, minimum_studies=3, minimum_patients=10)
    write_metafor(outputs, pooled, folder, minimum_studies=3, minimum_patients=10)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_metafor_gets_the_counts_that_are_pooled_here(sample_out: Path, schema: Schema, tmp_path: Path) -> None:
    outputs = load_outputs(sample_out, schema)
    metafor(outputs, tmp_path)
    events = [line for line in rows(tmp_path / "proportions.csv") if line["proportion"] == "any adverse event"]
    used = [(int(line["xi"]), int(line["ni"])) for line in events if line["used"] == "yes"]
    pooled = proportions(outputs, minimum_studies=3, minimum_patients=10)["any adverse event"]
    assert sorted(used) == sorted((study.hits, study.of) for study in pooled.studies)
    assert all(line["ni"] == "1" for line in events if line["used"] == "no")


def test_the_r_script_asks_for_the_same_minimums_and_method(sample_out: Path, schema: Schema, tmp_path: Path) -> None:
    metafor(load_outputs(sample_out, schema), tmp_path)
    script = (tmp_path / "metafor.R").read_text(encoding="utf-8")
    assert "nrow(d) < 3 || sum(d$ni) < 10" in script
    assert 'measure = "PLO"' in script
    assert 'method = "PM", test = "adhoc"' in script


def test_the_sample_pools_to_what_metafor_says(sample_out: Path, schema: Schema) -> None:
    # Rscript metafor.R on the sample papers, R 4.2.2, metafor 3.8-1:
    # any adverse event: 0.7250 (0.4045 to 0.9110), prediction 0.4045 to 0.9110, tau2 0.0000, I2 0.0
    pooled = proportions(load_outputs(sample_out, schema), minimum_studies=3, minimum_patients=10)
    found: Any = pooled["any adverse event"]
    assert [found.share, *found.interval, *found.prediction] == pytest.approx(
        [0.7250, 0.4045, 0.9110, 0.4045, 0.9110], abs=5e-5
    )


def test_changes_have_one_row_for_each_measure_with_one_number(tmp_path: Path, schema: Schema) -> None:
    outputs = series(
        tmp_path / "out",
        schema,
        *treated(),
        outcome("1", 1, "SLEDAI-2K", "pre", 12),
        outcome("1", 2, "SLEDAI-2K", "post", 4, 6),
        outcome("1", 3, "mRSS", "post", 9, 6),
    )
    metafor(outputs, tmp_path)
    (line,) = rows(tmp_path / "changes.csv")
    assert (line["measure"], line["before"], line["after"], line["change"], line["months"]) == (
        "SLEDAI-2K", "12", "4", "-8", "6",
    )  # fmt: skip
    assert line["direction"] == "improved"
