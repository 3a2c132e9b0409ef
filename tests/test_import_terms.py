"""rules import: lists and ontologies become rules; what is left out is told; nothing breaks.

The ontologies are made up: harbour diseases that nobody has.
"""

from __future__ import annotations

import builtins
import csv
import gzip
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from extract.cli import app
from extract.find.language import load_language
from extract.find.rules import word_key
from extract.rulebook.known import known, search
from extract.rulebook.termfiles import TermFileError, read_terms
from extract.rulebook.vocabularies import everyday
from extract.schema import TermsRule, load_schema

OBO = """\
format-version: 1.2
data-version: fictional/2031-02-03
ontology: fdo

[Term]
id: FDO:0000001
name: disease

[Term]
id: FDO:0000002
name: quayside syndrome
synonym: "harbour hand disease" EXACT []
synonym: "QHS" EXACT []
synonym: "QUAHAS" EXACT []
synonym: "stiff hands" RELATED []
synonym: "quayside syndrome type 1" NARROW []
synonym: "port disease" BROAD []
xref: ICD10:M99.8
xref: ICD10:M99.9
is_a: FDO:0000001

[Term]
id: FDO:0000003
name: obsolete mooring fever
is_obsolete: true

[Term]
id: FDO:0000004
name: rheumatoid arthritis
synonym: "chronic atrophic polyarthritis" EXACT []
synonym: "adult-onset Still's disease" EXACT []
is_a: FDO:0000001

[Term]
id: FDO:0000005
name: tide sickness
synonym: "harbour hand disease" EXACT []
synonym: "cold" EXACT []
synonym: "methotrexate" EXACT []
synonym: "fever of the tides" EXACT []
is_a: FDO:0000002

[Term]
id: OTH:0000001
name: a term of another ontology

[Term]
id: FDO:0000006
"""

OWL = """\
<?xml version="1.0"?>
<rdf:RDF xmlns="http://example.org/fdo.owl#" xml:base="http://example.org/fdo.owl"
  xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:oboInOwl="http://www.geneontology.org/formats/oboInOwl#">
  <owl:Ontology rdf:about="http://example.org/fdo.owl">
    <owl:imports rdf:resource="http://example.org/other.owl"/>
  </owl:Ontology>
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/FDO_0000002">
    <rdfs:label>quayside syndrome</rdfs:label>
    <oboInOwl:hasExactSynonym>harbour hand disease</oboInOwl:hasExactSynonym>
    <oboInOwl:hasRelatedSynonym>stiff hands</oboInOwl:hasRelatedSynonym>
  </owl:Class>
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/FDO_0000005">
    <rdfs:label>tide sickness</rdfs:label>
    <rdfs:subClassOf rdf:resource="http://purl.obolibrary.org/obo/FDO_0000002"/>
  </owl:Class>
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/FDO_0000003">
    <rdfs:label>obsolete mooring fever</rdfs:label>
    <owl:deprecated rdf:datatype="http://www.w3.org/2001/XMLSchema#boolean">true</owl:deprecated>
  </owl:Class>
</rdf:RDF>
"""

DISEASES = """\
rules:
  - id: diagnosis.few
    kind: terms
    field: diagnosis
    matches: ["She had [[rheumatoid arthritis]]."]
    terms:
      - {value: rheumatoid arthritis, words: [rheumatoid arthritis]}
      - {value: adult-onset Still's disease, words: [adult onset Still's disease]}
  - id: drug
    kind: terms
    field: therapy
    matches: ["He took [[methotrexate]] without tide disease."]
    terms:
      - {value: methotrexate, words: [methotrexate]}
"""


@pytest.fixture
def project(tmp_path: Path, schemas_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with few rules, as the working directory, beside a made-up ontology."""
    folder = tmp_path / "review"
    shutil.copytree(schemas_folder, folder / "schemas")
    (folder / "schemas" / "rules" / "few.yaml").write_text(DISEASES)
    (folder / "harbour.obo").write_text(OBO)
    (folder / "harbour.owl").write_text(OWL)
    monkeypatch.chdir(folder)
    return folder


def take(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["rules", "import", *map(str, arguments)])


def terms(project: Path, rule: str) -> dict[str, dict[str, Any]]:
    """The terms of a rule by the words that they hold."""
    (found,) = [each for each in load_schema(project / "schemas").rules if each.id == rule]
    assert isinstance(found, TermsRule)
    return {word: {"value": t.value, **t.codes} for t in found.terms for word in (*t.words, *t.exact)}


def left(project: Path, name: str = "fdo") -> dict[str, tuple[str, str]]:
    with (project / f"{name}_left_out.csv").open(encoding="utf-8", newline="") as file:
        return {row["word"]: (row["reason"], row["other"]) for row in csv.DictReader(file)}


# --- ontologies


def test_an_ontology_gives_names_and_exact_synonyms_with_its_ids_as_codes(project: Path) -> None:
    result = take("harbour.obo")
    assert result.exit_code == 0, result.stderr
    assert terms(project, "diagnosis.fdo") == {
        "quayside syndrome": {"value": "quayside syndrome", "fdo": "FDO:0000002"},
        "harbour hand disease": {"value": "quayside syndrome", "fdo": "FDO:0000002"},
        "QUAHAS": {"value": "quayside syndrome", "fdo": "FDO:0000002"},
        "chronic atrophic polyarthritis": {"value": "rheumatoid arthritis", "fdo": "FDO:0000004"},
        "tide sickness": {"value": "tide sickness", "fdo": "FDO:0000005"},
        "fever of the tides": {"value": "tide sickness", "fdo": "FDO:0000005"},
    }
    assert result.stdout.splitlines() == [
        "harbour.obo (fictional/2031-02-03): 7 terms, 1 not of FDO, 1 obsolete, 1 without a name.",
        "3 concepts with 6 words go to rules/fdo.yaml, 1 of them under a name that the rules have.",
        "6 words are left out (belongs to another concept 1, belongs to another field 1, belongs to two concepts of "
        "the file 1, too common 2, too short 1); fdo_left_out.csv lists them.",
        "All examples of all rules hold with it.",
        "Written: schemas/rules/fdo.yaml",
    ]


def test_what_was_left_out_is_listed_with_the_reason(project: Path) -> None:
    take("harbour.obo")
    assert left(project) == {
        "disease": ("too common", ""),
        "QHS": ("too short", ""),
        "adult-onset Still's disease": (
            "belongs to another concept", "adult-onset Still's disease (rule diagnosis.few)",
        ),
        "harbour hand disease": ("belongs to two concepts of the file", "FDO:0000002 quayside syndrome"),
        "cold": ("too common", ""),
        "methotrexate": ("belongs to another field", "therapy methotrexate (rule drug)"),
    }  # fmt: skip


def test_abbreviations_are_taken_as_they_stand(project: Path) -> None:
    take("harbour.obo")
    (rule,) = [each for each in load_schema(project / "schemas").rules if each.id == "diagnosis.fdo"]
    assert isinstance(rule, TermsRule)
    assert rule.terms[0].exact == ("QUAHAS",)


def test_owl_gives_the_same_and_loads_nothing_that_it_imports(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an import of the ontology was followed")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    result = take("harbour.owl")
    assert result.exit_code == 0, result.stderr
    assert terms(project, "diagnosis.fdo") == {
        "quayside syndrome": {"value": "quayside syndrome", "fdo": "FDO:0000002"},
        "harbour hand disease": {"value": "quayside syndrome", "fdo": "FDO:0000002"},
        "tide sickness": {"value": "tide sickness", "fdo": "FDO:0000005"},
    }
    assert "1 obsolete" in result.stdout


def test_a_packed_ontology_is_read(project: Path) -> None:
    with gzip.open(project / "harbour.obo.gz", "wt") as file:
        file.write(OBO)
    assert take("harbour.obo.gz", "--name", "packed").exit_code == 0
    assert "quayside syndrome" in terms(project, "diagnosis.packed")


@pytest.mark.parametrize(
    ("scope", "word"), [("narrow", "quayside syndrome type 1"), ("broad", "port disease"), ("related", "stiff hands")]
)
def test_other_synonyms_are_taken_when_asked_for(project: Path, scope: str, word: str) -> None:
    take("harbour.obo", "--name", "plain")
    assert word not in terms(project, "diagnosis.plain")
    take("harbour.obo", "--scope", "exact", "--scope", scope, "--name", "plain", "--replace")
    assert word in terms(project, "diagnosis.plain")


@pytest.mark.parametrize("root", ["FDO:0000002", "FDO_0000002"])
def test_a_branch_is_a_term_and_all_under_it(project: Path, root: str) -> None:
    result = take("harbour.obo", "--root", root)
    assert "outside the branch" in result.stdout
    values = {entry["value"] for entry in terms(project, "diagnosis.fdo").values()}
    assert values == {"quayside syndrome", "tide sickness"}


def test_cross_references_become_codes_when_asked_for(project: Path) -> None:
    take("harbour.obo", "--xref", "ICD10=icd10")
    assert terms(project, "diagnosis.fdo")["quayside syndrome"]["icd10"] == "M99.8"
    assert "icd10" not in terms(project, "diagnosis.fdo")["tide sickness"]


def test_only_so_many_terms_are_taken(project: Path) -> None:
    take("harbour.obo", "--limit", 2)
    assert {entry["value"] for entry in terms(project, "diagnosis.fdo").values()} == {"quayside syndrome"}


def test_another_field_may_be_filled_and_the_file_be_called_otherwise(project: Path) -> None:
    take("harbour.obo", "--field", "event", "--name", "Harbour events")
    found = terms(project, "adverse_event.harbour_events")
    assert "chronic atrophic polyarthritis" in found
    assert found["rheumatoid arthritis"]["value"] == "rheumatoid arthritis"  # a disease may also be an event


# --- what is written


def test_the_same_file_gives_the_same_bytes(project: Path) -> None:
    take("harbour.obo")
    first = (project / "schemas" / "rules" / "fdo.yaml").read_bytes()
    take("harbour.obo", "--replace")
    assert (project / "schemas" / "rules" / "fdo.yaml").read_bytes() == first
    head = b"# 3 concepts with 6 words from harbour.obo (fictional/2031-02-03), sha256 "
    assert first.splitlines()[1].startswith(head)


def test_the_file_says_how_it_was_made(project: Path) -> None:
    take("harbour.obo", "--root", "FDO:0000002", "--limit", "9")
    head = (project / "schemas" / "rules" / "fdo.yaml").read_text().splitlines()[2]
    assert head == (
        "# Made by: caseloom rules import harbour.obo --field diagnosis --name fdo --root FDO:0000002 --limit 9"
    )


def test_examples_are_made_and_hold(project: Path) -> None:
    take("harbour.obo")
    (rule,) = [each for each in load_schema(project / "schemas").rules if each.id == "diagnosis.fdo"]
    assert [example.value for example in rule.matches] == ["quayside syndrome", "rheumatoid arthritis", "tide sickness"]
    checked = CliRunner().invoke(app, ["check", "--schemas", "schemas"])
    assert checked.exit_code == 0, checked.stderr


def test_a_word_that_would_break_an_example_is_left_out(project: Path) -> None:
    path = project / "schemas" / "rules" / "few.yaml"
    path.write_text(path.read_text().replace('matches: ["He', 'rejects: ["a tide sickness"]\n    matches: ["He'))
    (project / "list.csv").write_text("value\ntook methotrexate without tide disease\nport nose\n")
    result = take("list.csv", "--field", "therapy", "--name", "bad")
    assert result.exit_code == 0, result.stderr
    assert set(terms(project, "therapy.bad")) == {"port nose"}
    assert left(project, "bad")["took methotrexate without tide disease"][0] == "breaks an example of the rules"


def test_a_dry_run_writes_nothing(project: Path) -> None:
    before = sorted(project.rglob("*"))
    result = take("harbour.obo", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.endswith("Nothing was written (--dry-run).\n")
    assert sorted(project.rglob("*")) == before


def test_the_report_goes_where_it_is_wanted(project: Path) -> None:
    take("harbour.obo", "--report", "out.csv")
    assert (project / "out.csv").is_file()
    assert not (project / "fdo_left_out.csv").exists()


def test_a_file_that_is_there_is_replaced_only_when_asked(project: Path) -> None:
    take("harbour.obo")
    again = take("harbour.obo")
    assert again.exit_code == 2
    assert "schemas/rules/fdo.yaml: is there already. Give --replace" in again.stderr
    before = (project / "schemas" / "rules" / "few.yaml").read_text()
    other = take("harbour.obo", "--name", "few", "--replace", "--field", "therapy")
    assert other.exit_code == 2
    assert "holds no rule 'therapy.few', so it is not replaced" in other.stderr
    assert (project / "schemas" / "rules" / "few.yaml").read_text() == before


def test_what_was_imported_is_found_and_browsed(project: Path) -> None:
    take("harbour.obo")
    shown = CliRunner().invoke(app, ["try", "She had harbour-hand diseases."]).stdout
    assert "diagnosis: quayside syndrome" in shown
    assert "details  fdo FDO:0000002" in shown
    entry = search(known(load_schema(project / "schemas")), "quahas").entries[0]
    assert (entry.name, entry.file) == ("quayside syndrome", "schemas/rules/fdo.yaml")


def test_a_name_that_stands_twice_in_a_file_is_that_of_the_first(project: Path) -> None:
    write(project, "value,icd10\nquayside syndrome,M99.8\nQuayside syndromes,M99.9\n")
    assert take("list.csv").exit_code == 0
    assert terms(project, "diagnosis.list") == {"quayside syndrome": {"value": "quayside syndrome", "icd10": "M99.8"}}
    assert left(project, "list")["Quayside syndromes"][0] == "belongs to two concepts of the file"


# --- lists


def write(project: Path, text: str, name: str = "list.csv") -> Path:
    (project / name).write_text(text, encoding="utf-8")
    return project / name


def test_a_list_gives_values_words_codes_and_details(project: Path) -> None:
    write(
        project,
        "id,value,words,exact,needs,unless,icd10,details.class\n"
        "H1,quayside syndrome,harbour hand|dock hand,QS|QHS,cells?,harbour master,M99.8,port\n"
        "H2,tide sickness,,,,,,\n",
    )
    assert take("list.csv", "--name", "harbour").exit_code == 0
    (rule,) = [each for each in load_schema(project / "schemas").rules if each.id == "diagnosis.harbour"]
    assert isinstance(rule, TermsRule)
    first, second = rule.terms
    assert (first.words, first.exact) == (("harbour hand", "dock hand"), ("QS", "QHS"))
    assert (first.needs, first.unless) == (("cells?",), ("harbour master",))
    assert (first.codes, first.details) == ({"icd10": "M99.8"}, {"class": "port"})
    assert (second.value, second.words) == ("tide sickness", ("tide sickness",))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_and_a_mark_at_the_beginning_are_understood(project: Path, delimiter: str) -> None:
    text = "\ufeffvalue,words\r\nquayside syndrome,harbour hand\r\n".replace(",", delimiter)
    (project / "list.csv").write_bytes(text.encode("utf-8"))
    assert [concept.words for concept in read_terms(project / "list.csv").concepts] == [("harbour hand",)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "list.csv:1: no column 'value'."),
        ("value,word\nx,y\n", "list.csv:1: unknown column 'word'. Did you mean 'words'?"),
        ("value,ICD 10\nx,y\n", "list.csv:1: column 'ICD 10': the name of a code is written in small letters"),
        ("value,value\nx,y\n", "list.csv:1: column 'value' stands twice."),
        ("value,words\n,harbour hand\n", "list.csv:2: the cell 'value' is empty."),
        ("value,words\nx,a,b\n", "list.csv:2: 3 cells under 2 titles. A cell that holds ',' needs quotes."),
        ("value,words\n", "list.csv: no terms below the titles."),
    ],
)
def test_a_list_with_faults_is_refused_with_line_and_remedy(project: Path, text: str, told: str) -> None:
    write(project, text)
    result = take("list.csv")
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (project / "schemas" / "rules" / "list.yaml").exists()


def test_all_faults_of_a_list_are_told_at_once(project: Path) -> None:
    write(project, "value,words\n,a\n\nx,y,z\n")
    with pytest.raises(TermFileError) as caught:
        read_terms(project / "list.csv")
    assert [error.split(":")[1] for error in caught.value.errors] == ["2", "4"]


def test_a_list_that_is_no_text_is_refused(project: Path) -> None:
    (project / "list.csv").write_bytes("value\nqu\xe4y\n".encode("latin-1"))
    assert "it is not UTF-8 text" in take("list.csv").stderr


# --- wrong use


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.obo"], "nowhere.obo: there is no such file."),
        (["schemas/units.yaml"], "neither a term list nor an ontology by its name. Known endings: .csv, .json, .obo"),
        (["harbour.obo", "--field", "diagnosys"], "Did you mean 'diagnosis'?"),
        (["harbour.obo", "--scope", "near"], "--scope near: not known. Allowed: exact, narrow, broad, related."),
        (["harbour.obo", "--root", "FDO:0000009"], "--root FDO:0000009: no term has that id. Did you mean 'FDO:000000"),
        (["harbour.obo", "--xref", "ICD10"], "--xref: give PREFIX=NAME"),
        (["list.csv", "--root", "X:1"], "--root, --scope and --xref are for ontologies"),
        (["common.csv"], "no word is left to be taken (too common 1, too short 1). Nothing was written."),
        (["torn.obo"], "torn.obo: pronto"),
        (["empty.obo"], "empty.obo: no terms with an id"),
    ],
)
def test_what_cannot_be_taken_is_told_with_the_way_out(project: Path, arguments: list[str], told: str) -> None:
    write(project, "value\nharbour hand\n")
    write(project, "value\nchronic disease\nRA\n", "common.csv")
    write(project, OBO.replace("EXACT []", "EXACT [", 1), "torn.obo")
    write(project, "format-version: 1.2\nontology: x\n", "empty.obo")
    before = sorted((project / "schemas").rglob("*"))
    result = take(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert sorted((project / "schemas").rglob("*")) == before


def test_without_the_parser_the_extra_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name.startswith("pronto"):
            raise ImportError(name)
        return plain(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    result = take("harbour.obo")
    assert result.exit_code == 2
    assert "pip install 'caseloom[ontology]'" in result.stderr


def test_the_rules_that_caseloom_brings_are_never_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.parent)
    result = take(project / "harbour.obo")
    assert result.exit_code == 2
    assert "Begin a project with 'caseloom init DIR'" in result.stderr


# --- words


def test_everyday_words_are_small_letters_and_no_names_of_diseases() -> None:
    words = everyday()
    assert len(words) > 800
    assert all(word.isalpha() and word.islower() for word in words)
    assert not words & {"arthritis", "lupus", "asthma", "epilepsy", "scleroderma", "psoriasis", "diabetes"}


WORDS = st.lists(st.from_regex(r"[A-Za-z]{1,8}|\d{1,3}", fullmatch=True), min_size=1, max_size=4)


@given(WORDS, st.sampled_from([" ", "-"]))
def test_two_ways_to_write_a_phrase_have_one_key(words: list[str], joint: str) -> None:
    phrase = joint.join(words)
    by_tokens = [token.norm_ for token in load_language().make_doc(" ".join(words))]
    assert word_key(" ".join(words)) == " ".join(by_tokens)
    if all(word.isalpha() for word in words):
        assert word_key(phrase) == word_key(" ".join(words))
