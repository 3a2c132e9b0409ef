"""A new field, scale, unit, cue, drug, title and family of therapy need no line of Python: they are typed into copies
of the YAML files, and appear wherever the program's own do."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from own_project import GOLD, make_papers, make_schemas
from typer.testing import CliRunner

from extract.cli import app
from extract.rulebook.check import check
from extract.schema import Schema, load_schema
from extract.score.alike import FIELDS
from extract.score.gold import GoldError, known_words, load_gold
from extract.score.ownfields import own_fields

ROOT = Path(__file__).resolve().parent.parent


class Project(NamedTuple):
    """A project extended by hand, and what it came to."""

    schemas: Path
    papers: Path
    out: Path


def run(papers: list[Path], out: Path, schemas: Path) -> None:
    arguments = ["run", *papers, "-o", out, "--schemas", schemas, "--workers", 1]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "extract", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, run once."""
    folder = tmp_path_factory.mktemp("project")
    papers = folder / "papers"
    papers.mkdir()
    schemas = make_schemas(folder)
    run(make_papers(papers), folder / "out", schemas)
    return Project(schemas, papers, folder / "out")


@pytest.fixture(scope="module")
def own_schema(project: Project) -> Schema:
    return load_schema(project.schemas)


def rows(project: Project, name: str, document: str = "", /, **where: str) -> list[dict[str, str]]:
    with (project.out / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        where = {**({"document": document} if document else {}), **where}
        return [row for row in csv.DictReader(stream) if all(row[key] == value for key, value in where.items())]


def command(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


# --- the rules themselves


def test_what_was_typed_is_in_order_and_gives_no_warning(project: Project) -> None:
    verdict = check(project.schemas)
    assert verdict.errors == ()
    assert verdict.warnings == ()


# --- a field of a patient


@pytest.mark.parametrize(
    ("document", "patient", "smoking", "pack_years", "hobbies", "because"),
    [
        ("stool", "1", "former", "", "rowing;chess", "as stated; a list holds all that is told"),
        ("stool", "2", "never", "", "", "what the new cue makes hearsay does not count"),
        ("pianist", "1", "former", "12", "", "a number with its unit"),
        ("receptor", "1", "", "", "", "nothing is told, nothing is filled in"),
    ],
)
def test_a_new_field_stands_in_its_table(
    project: Project, document: str, patient: str, smoking: str, pack_years: str, hobbies: str, because: str
) -> None:
    (row,) = rows(project, "patients", document, patient=patient)
    assert (row["smoking"], row["pack_years"], row["hobbies"]) == (smoking, pack_years, hobbies), because


def test_it_stands_in_evidence_and_in_the_codebook(project: Project) -> None:
    (row,) = rows(project, "evidence", "stool", patient="1")
    assert row["smoking"] == "former"
    (row,) = rows(project, "codebook", file="patients.csv", column="smoking")
    assert (row["type"], row["allowed"], row["meaning"]) == ("text", "never; former; current", "Smoking.")
    (row,) = rows(project, "codebook", file="patients.csv", column="pack_years")
    assert (row["type"], row["unit"]) == ("number", "pack years")
    (row,) = rows(project, "codebook", file="evidence.csv", column="smoking")
    assert row["meaning"] == "Smoking. (From patients.csv.)"


def test_each_value_leads_back_to_its_words(project: Project) -> None:
    (row,) = rows(project, "values", "pianist", table="patients", field="smoking")
    assert (row["value"], row["as_written"], row["rule"], row["status"]) == (
        "former",
        "ex-smoker",
        "smoking",
        "reported",
    )
    assert row["page"] == "1"
    assert float(row["x0"]) < float(row["x1"])
    assert "was an ex-smoker." in " ".join(row["quote"].split())
    (row,) = rows(project, "values", "pianist", table="patients", field="pack_years")
    assert (row["value"], row["unit"], row["rule"], row["page"]) == ("12", "pack years", "pack_years", "1")
    (row,) = rows(project, "values", "stool", table="administrations", field="stool_g", patient="1")
    assert (row["value"], row["unit"], row["as_written"]) == ("50", "g", "50 g of stool")


def test_the_review_page_shows_it(project: Project) -> None:
    page = (project.out / "review.html").read_text(encoding="utf-8")
    assert "<dt>smoking</dt>" in page
    assert ">former</button>" in page


def test_a_table_of_a_paper_fills_it(own_schema: Schema) -> None:
    from extract.find import find_mentions
    from extract.read.text import text_document

    table = "Case report\n\nPatient | Age | Smoking\n1 | 34 | stopped\n2 | 51 | no\n"
    found = find_mentions(text_document(table, "table", own_schema), own_schema)
    assert [mention.value for mention in found if mention.field == "smoking"] == ["former", "never"]


def test_try_and_explain_know_it(project: Project) -> None:
    said = command("try", "He had smoked 20 pack years.", "--schemas", project.schemas)
    assert "pack_years: " in said
    assert "rule     pack_years" in said
    said = command("explain", project.papers / "stool.txt", "--field", "smoking", "--schemas", project.schemas)
    assert "smoking: former" in said
    assert "shown    patient 1, patients 1: smoking former" in said
    assert "Rumour has it that" in said
    assert "shown    nowhere: no fact about a patient of this paper (uncertain)" in said


# --- scale, unit, drug, title


def test_a_new_scale_and_a_new_unit_give_outcomes(project: Project) -> None:
    told = [(row["measure"], row["phase"], row["value"], row["unit"]) for row in rows(project, "outcomes", "pianist")]
    assert told == [
        ("Orchard index", "pre", "11", ""),
        ("push impulse", "pre", "34", "Ns"),
        ("Orchard index", "post", "31", ""),
        ("push impulse", "post", "52", "Ns"),
    ]
    assert {row["better"] for row in rows(project, "outcomes", "pianist")} == {"higher"}


def test_a_new_drug_is_a_prior_therapy(project: Project) -> None:
    (row,) = rows(project, "therapies", "stool", therapy="velomastat")
    assert (row["patient"], row["class"], row["role"], row["status"]) == ("2", "other", "prior", "stopped")
    (row,) = rows(project, "evidence", "pianist")
    assert row["prior_therapy"] == "velomastat"


def test_a_new_title_opens_its_section(project: Project) -> None:
    told = json.loads(command("read", project.papers / "pianist.pdf", "--json", "--schemas", project.schemas))
    sections = [block["section"] for block in told["blocks"] if "ex-smoker" in block["text"]]
    assert sections == ["case"]
    plain = json.loads(command("read", project.papers / "pianist.pdf", "--json", "--schemas", ROOT / "schemas"))
    assert [block["section"] for block in plain["blocks"] if "ex-smoker" in block["text"]] != ["case"]


# --- a therapy of another family


def test_stool_is_given_with_its_own_dose_route_and_donor(project: Project) -> None:
    (first,) = rows(project, "administrations", "stool", patient="1")
    assert {name: first[name] for name in ("product", "tissue", "donor", "route", "count", "interval", "stool_g")} == {
        "product": "fecal microbiota", "tissue": "stool", "donor": "allogeneic", "route": "colonoscopic", "count": "3",
        "interval": "2 weeks", "stool_g": "50",
    }  # fmt: skip
    assert (first["dose_value"], first["dose_unit"], first["dose_basis"]) == ("250", "mL", "per_administration")
    (second,) = rows(project, "administrations", "stool", patient="2")
    assert (second["route"], second["dose_value"], second["dose_unit"]) == ("oral", "30", "capsules")
    assert (second["tissue"], second["donor"], second["count"], second["stool_g"]) == ("stool", "allogeneic", "1", "")
    (shown,) = rows(project, "evidence", "stool", patient="2")
    assert shown["dose_per_administration"] == "oral 30 capsules"


def test_a_dose_stays_in_its_printed_unit(own_schema: Schema) -> None:
    from extract.find import find_mentions
    from extract.read.text import text_document

    document = text_document("She received 50 g of donor stool by colonoscopy.", "text", own_schema)
    found = {m.field: m.quantity for m in find_mentions(document, own_schema) if m.quantity}
    assert {field: (str(q.number), q.unit) for field, q in found.items()} == {"dose": ("50", "g"), "stool": ("50", "g")}
    document = text_document("She received 500 mg of stool in capsules.", "text", own_schema)
    found = {m.field: m.quantity for m in find_mentions(document, own_schema) if m.quantity}
    assert (str(found["stool"].number), found["stool"].unit) == ("0.5", "g"), "converted to the unit of its column"


def test_cells_with_a_receptor_are_given_with_their_construct(project: Project) -> None:
    first, second = rows(project, "administrations", "receptor")
    assert (first["cell_type"], first["product"], first["tissue"], first["donor"], first["construct"]) == (
        "CAR-T cell", "zelacabtagene", "peripheral blood", "autologous", "CD19-4-1BB",
    )  # fmt: skip
    assert (first["cells_per_kg"], first["route"], first["count"]) == ("1000000", "intravenous", "1")
    assert (second["dose_cells"], second["construct"], second["count"]) == ("50000000", "CD19-CD28", "1")
    (shown,) = rows(project, "evidence", "receptor", patient="2")
    assert shown["construct"] == "CD19-CD28"


@pytest.mark.parametrize(
    ("document", "patient", "timepoint", "months"),
    [
        ("stool", "1", "Six months after FMT", "6"),
        ("stool", "2", "Three months after the fecal transplant", "3"),
        ("receptor", "1", "A year after zela-cel", "12"),
        ("receptor", "2", "Three months after CAR-T", "3"),
    ],
)
def test_times_are_counted_from_a_therapy_that_only_the_rules_name(
    project: Project, document: str, patient: str, timepoint: str, months: str
) -> None:
    before, after = rows(project, "outcomes", document, patient=patient)
    assert before["phase"] == "pre"
    assert (after["phase"], after["timepoint"], after["timepoint_months"]) == ("post", timepoint, months)


def test_a_header_counts_from_it_too(own_schema: Schema) -> None:
    from extract.find import find_mentions
    from extract.read.text import text_document

    table = "Case report\n\nScore | before FMT | 3 months after FMT\nMayo score | 9 | 2\n"
    document = text_document(table, "table", own_schema)
    scores = [m for m in find_mentions(document, own_schema) if m.field == "score"]
    assert [(m.text, m.detail("phase"), m.detail("timepoint_months")) for m in scores] == [
        ("9", "pre", None),
        ("2", "post", 3),
    ]
    assert all(document.text[m.span.start : m.span.end] == m.text for m in scores)
    assert scores[1].detail("timepoint") == "3 months after FMT"


def test_without_the_rules_the_same_words_mean_nothing(schema: Schema) -> None:
    from extract.find import find_mentions
    from extract.read.text import text_document

    document = text_document("A year after zela-cel the SLEDAI-2K was 2.", "text", schema)
    (score,) = [m for m in find_mentions(document, schema) if m.field == "score"]
    assert score.detail("timepoint_months") is None


# --- score


def gold(folder: Path, papers: dict[str, Any]) -> Path:
    folder.mkdir()
    for name, patients in papers.items():
        text = json.dumps({"document": name, "patients": patients})
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def test_score_measures_own_fields_beside_the_total(project: Project, tmp_path: Path) -> None:
    said = command(
        "score", project.out, "--gold", gold(tmp_path / "gold", GOLD), "--schemas", project.schemas, "--json"
    )
    figures = {figure["field"]: figure for figure in json.loads(said)["figures"]}
    told = {
        name: (figures[name]["tp"], figures[name]["fp"], figures[name]["fn"]) for name in list(figures)[len(FIELDS) :]
    }
    assert told == {
        "smoking": (2, 1, 1),
        "pack_years": (1, 0, 0),
        "hobbies": (2, 0, 0),
        "construct": (2, 0, 0),
        "stool_g": (1, 0, 0),
    }
    assert not any(figures[name]["in_total"] for name in told)
    text = command("score", project.out, "--gold", tmp_path / "gold", "--schemas", project.schemas, "--list")
    assert "smoking" in text.split("beside the total")[1]
    assert "never smoked" in text, "the miss is shown with its quote"


def test_a_paper_whose_gold_does_not_name_a_field_is_not_asked_for_it(project: Project, tmp_path: Path) -> None:
    papers = {"stool": [{"patient": "1"}, {"patient": "2"}]}
    said = command(
        "score", project.out, "--gold", gold(tmp_path / "gold", papers), "--schemas", project.schemas, "--json"
    )
    assert "smoking" not in {figure["field"] for figure in json.loads(said)["figures"]}


def test_null_says_that_the_paper_does_not_tell(project: Project, tmp_path: Path) -> None:
    papers = {"stool": [{"patient": "1", "smoking": None}, {"patient": "2", "smoking": "never"}]}
    said = command(
        "score", project.out, "--gold", gold(tmp_path / "gold", papers), "--schemas", project.schemas, "--json"
    )
    (figure,) = [figure for figure in json.loads(said)["figures"] if figure["field"] == "smoking"]
    assert (figure["tp"], figure["fp"], figure["fn"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("patient", "said"),
    [
        (
            {"smoking": "sometimes"},
            "patients[0].smoking: 'sometimes' is not allowed for 'smoking'. Allowed: never, former",
        ),
        ({"smoking": 3}, "'smoking' must be a text, found 3"),
        ({"pack_years": "twelve"}, "'pack_years' must be a number, found 'twelve'"),
        ({"hobbies": "chess"}, "'hobbies' must be a list of texts"),
        ({"smokin": "never"}, "unknown key 'smokin'. Did you mean 'smoking'?"),
        ({"own": {"smoking": ["never"]}}, "unknown key 'own'."),
        ({"administrations": [{"smoking": "never"}]}, "patients[0].administrations[0].smoking: unknown key 'smoking'."),
        ({"unscored": ["smokin"]}, "'smokin' cannot be unscored here. Did you mean 'smoking'?"),
    ],
)
def test_gold_that_says_a_field_wrongly_is_refused(
    own_schema: Schema, tmp_path: Path, patient: dict[str, Any], said: str
) -> None:
    folder = gold(tmp_path / "gold", {"stool": [{"patient": "1", **patient}]})
    with pytest.raises(GoldError) as error:
        load_gold(folder, known_words(own_schema))
    assert any(said in message for message in error.value.errors), error.value.errors


def test_the_programs_own_columns_are_no_own_fields(schema: Schema, own_schema: Schema) -> None:
    assert own_fields(schema) == ()
    assert [field.name for field in own_fields(own_schema)] == [
        "smoking",
        "pack_years",
        "hobbies",
        "construct",
        "stool_g",
    ]


# --- diff


def test_diff_tells_what_the_new_rules_won(project: Project, tmp_path: Path) -> None:
    run([project.papers / "stool.txt"], tmp_path / "old", ROOT / "schemas")
    run([project.papers / "stool.txt"], tmp_path / "new", project.schemas)
    result = CliRunner().invoke(app, ["diff", str(tmp_path / "old"), str(tmp_path / "new")])
    assert "smoking" in result.stdout
    assert "former smoker" in result.stdout
