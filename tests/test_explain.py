"""explain: why a value was, or was not, found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from extract.find import explain_mentions, find_mentions
from extract.model import Document
from extract.read import read_document
from extract.read.text import text_document
from extract.rulebook.explain import WrongField, explain_document, explain_sentence, fields_named
from extract.schema import Schema

ROOT = Path(__file__).resolve().parent.parent

CASE = """A girl with systemic lupus erythematosus: a case report

Case report

A 9-year-old girl was diagnosed with systemic lupus erythematosus. Her platelets were 150 × 10^9/L and lupus \
anticoagulant was negative. She received 2 × 10^6 cells/kg of allogeneic umbilical cord mesenchymal stem cells \
intravenously. No fever was seen.

Discussion

In the literature, 5 × 10^7 cells were given to patients with multiple sclerosis.
"""


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "extract", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


@pytest.fixture(scope="module")
def case(schema: Schema) -> Document:
    return text_document(CASE, "case", schema)


@pytest.fixture(scope="module")
def paper(sample: Path, schema: Schema) -> Document:
    return read_document(sample / "02_scleroderma_three_cases.pdf", schema)


def parts(text: str) -> list[str]:
    return text.split("\n\n")[1:]


def test_a_fact_says_where_the_tables_show_it(case: Document, schema: Schema) -> None:
    dose = next(p for p in parts(explain_document(case, schema, field="dose")) if "2000000 cells/kg" in p)
    lines = dose.splitlines()
    assert lines[0].endswith("dose: 2000000 cells/kg")
    assert any(line.startswith("  quote    ") and "2 × 10^6 cells/kg" in line for line in lines)
    assert "  rule     dose" in lines
    shown = next(line for line in lines if line.startswith("  shown    "))
    assert "patient 1, administrations 1: " in shown
    assert "cells_per_kg 2000000" in shown


def test_what_is_no_fact_says_why_it_is_shown_nowhere(case: Document, schema: Schema) -> None:
    told = explain_document(case, schema)
    other = next(p for p in parts(told) if "dose: 50000000 cells" in p)
    assert "  shown    nowhere: no fact about a patient of this paper (said of: literature)" in other
    fever = next(p for p in parts(told) if "adverse_event: fever" in p)
    assert "context  negated, patient, current (No" in fever


def test_what_a_rule_refused_is_there_with_its_reason(case: Document, schema: Schema) -> None:
    diagnoses = parts(explain_document(case, schema, field="diagnosis"))
    refused = next(p for p in diagnoses if "refused diagnosis: systemic lupus erythematosus" in p)
    assert "  words    'lupus'" in refused
    assert "  because  'lupus anticoagulant' stands in the sentence" in refused


def test_a_number_that_is_no_dose_says_why(schema: Schema) -> None:
    document = text_document("Leukocytes fell to 3.1 × 10^9/L after 632 million people were counted.", "x", schema)
    refused = {no.value: no.reason for no in explain_mentions(document, schema).rejected if no.field == "dose"}
    assert "another unit follows" in refused["632 million"]


def test_a_scale_without_a_value_is_said_to_have_none(schema: Schema) -> None:
    told = explain_sentence(text_document("SLEDAI was not recorded.", "x", schema), schema)
    assert "refused score: SLEDAI" in told
    assert "no value of it was read" in told


def test_explaining_finds_what_finding_finds(paper: Document, schema: Schema) -> None:
    found = explain_mentions(paper, schema)
    assert tuple(found.mentions) == find_mentions(paper, schema)
    assert found.rejected
    assert all(0 <= no.start < no.end <= len(paper.text) and no.reason for no in found.rejected)


def test_a_part_of_a_longer_name_says_which(schema: Schema) -> None:
    document = text_document("She had osteonecrosis of the femoral head.", "x", schema)
    reasons = [no.reason for no in explain_mentions(document, schema).rejected if no.field == "site"]
    assert any("part of a longer name: osteonecrosis" in reason for reason in reasons)


def test_field_and_page_narrow_it_down(paper: Document, schema: Schema) -> None:
    told = parts(explain_document(paper, schema, field="dose", page=2))
    assert told
    for part in told:
        assert part.startswith("[p.2 ")
        assert "] dose: " in part.splitlines()[0].replace("  ", " ").replace("refused ", "")
    all_of_them = parts(explain_document(paper, schema))
    assert len(all_of_them) > len(told)
    assert {part for part in all_of_them if part.startswith("[p.2 ") and "dose: " in part.splitlines()[0]} == set(told)


def test_a_column_stands_for_what_fills_it(schema: Schema) -> None:
    assert fields_named("dose", schema) == {"dose"}
    assert fields_named("weight_kg", schema) == {"weight"}
    assert fields_named("dose_cells", schema) == {"dose"}
    assert fields_named("age_onset_years", schema) == {"age"}


@pytest.mark.parametrize(
    ("field", "page", "said"),
    [
        ("dosis", None, "Did you mean"),
        ("", 9, "has pages 1 to"),
        ("", 0, "has pages 1 to"),
    ],
)
def test_what_there_is_not_is_refused(field: str, page: int | None, said: str, paper: Document, schema: Schema) -> None:
    with pytest.raises(WrongField, match=said):
        explain_document(paper, schema, field=field, page=page)


def test_a_text_has_no_pages(case: Document, schema: Schema) -> None:
    with pytest.raises(WrongField, match="has no pages"):
        explain_document(case, schema, page=1)


def test_nothing_of_a_kind_says_so(schema: Schema) -> None:
    told = explain_document(text_document("A boy of 9 came.", "x", schema), schema, field="dose")
    assert told.startswith("x, dose: 0 found, 0 refused; 1 patient.\nNo rule saw anything of the kind here")


def test_the_same_document_is_explained_the_same(paper: Document, schema: Schema) -> None:
    assert explain_document(paper, schema) == explain_document(paper, schema)


# --- the commands


def test_the_command_explains_a_paper(sample: Path) -> None:
    done = command("explain", sample / "08_hands_letter.pdf", "--field", "route", "--page", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("08_hands_letter, route, page 1: ")
    assert "patient 1, administrations 1: route subcutaneous" in done.stdout


def test_wrong_use_of_the_command_ends_with_2(sample: Path, tmp_path: Path) -> None:
    paper = sample / "08_hands_letter.pdf"
    for arguments in (["--field", "dosis"], ["--page", "99"]):
        done = command("explain", paper, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert arguments[0] in done.stderr
    assert command("explain", tmp_path / "none.pdf").returncode == 2


def test_a_file_that_is_no_paper_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"hello")
    done = command("explain", tmp_path / "bad.pdf")
    assert done.returncode == 1
    assert "bad.pdf" in done.stderr


def test_try_shows_what_was_refused() -> None:
    done = command("try", "Lupus anticoagulant was negative.")
    assert "refused diagnosis: systemic lupus erythematosus" in done.stdout
    assert "because  'lupus anticoagulant' stands in the sentence" in done.stdout
