"""--model: a spaCy pipeline of the user proposes diagnoses. A small one made here stands in for scispaCy's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Span

from extract.find import explain_mentions, find_mentions
from extract.find.proposals import ModelError, with_model
from extract.model import Mention
from extract.read.text import text_document
from extract.schema import Schema

ROOT = Path(__file__).resolve().parent.parent


def save(folder: Path, patterns: list[dict[str, Any]]) -> Path:
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(patterns)
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that tells diseases from chemicals, like en_ner_bc5cdr_md."""
    return save(
        tmp_path_factory.mktemp("models") / "small_ner",
        [
            {"label": "DISEASE", "pattern": "zebra spots"},
            {"label": "DISEASE", "pattern": "Severe Bruck syndrome"},
            {"label": "DISEASE", "pattern": "lupus"},
            {"label": "DISEASE", "pattern": "lupus anticoagulant"},
            {"label": "CHEMICAL", "pattern": "glitazoxanide"},
        ],
    )


@pytest.fixture(scope="module")
def typeless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows entities only, like en_core_sci_md."""
    names = ("Bruck syndrome", "zebra spots", "infusion")
    return save(
        tmp_path_factory.mktemp("models") / "small_sci", [{"label": "ENTITY", "pattern": name} for name in names]
    )


def proposed(text: str, schema: Schema) -> list[Mention]:
    return [m for m in find_mentions(text_document(text, "text", schema), schema) if m.rule_id.startswith("model:")]


def test_a_disease_that_no_rule_knows_is_added(typed: Path, schema: Schema) -> None:
    (mention,) = proposed("At 4 years zebra spots appeared.", with_model(schema, str(typed)))
    assert (mention.field, mention.value, mention.rule_id) == ("diagnosis", "zebra spots", "model:small_ner")
    assert mention.detail("open") == "true"
    assert mention.detail("label") == "DISEASE"


def test_its_words_are_cut_like_those_of_a_phrase(typed: Path, schema: Schema) -> None:
    (mention,) = proposed("Severe Bruck syndrome limited him.", with_model(schema, str(typed)))
    assert (mention.value, mention.text) == ("Bruck syndrome", "Bruck syndrome")


def test_it_has_its_context(typed: Path, schema: Schema) -> None:
    (mention,) = proposed("There were no zebra spots.", with_model(schema, str(typed)))
    assert mention.context.presence == "negated"


@pytest.mark.parametrize("text", ["Her lupus was active.", "Lupus anticoagulant and glitazoxanide were absent."])
def test_it_never_overrides_a_rule(text: str, typed: Path, schema: Schema) -> None:
    """Neither what a rule found nor what it refused, and no chemical becomes a disease."""
    with_it = find_mentions(text_document(text, "text", schema), with_model(schema, str(typed)))
    assert with_it == find_mentions(text_document(text, "text", schema), schema)


def test_without_kinds_only_what_is_built_like_a_disease(typeless: Path, schema: Schema) -> None:
    text = "After the infusion, Bruck syndrome and zebra spots were gone."
    using = with_model(schema, str(typeless))
    assert [m.value for m in proposed(text, using)] == ["Bruck syndrome"]
    refused = {no.value: no.reason for no in explain_mentions(text_document(text, "t", using), using).rejected}
    assert refused["zebra spots"] == "the words do not end as names of diseases do"


def test_the_code_of_a_linker_goes_along(typed: Path, schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    Span.set_extension("kb_ents", default=[("C9999999", 0.98), ("C1", 0.5)], force=True)
    try:
        (mention,) = proposed("At 4 years zebra spots appeared.", with_model(schema, str(typed)))
    finally:
        Span.remove_extension("kb_ents")
    assert mention.detail("concept") == "C9999999"


def test_the_hash_tells_with_from_without(typed: Path, typeless: Path, schema: Schema) -> None:
    hashes = {schema.hash, with_model(schema, str(typed)).hash, with_model(schema, str(typeless)).hash}
    assert len(hashes) == 3
    assert with_model(schema, str(typed)).hash == with_model(schema, str(typed)).hash


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("en_core_sci_md", "pip install https://"),
        ("en_ner_bc5cdr_md", "en_ner_bc5cdr_md-"),
        ("en_core_web_nothing", "python -m spacy download en_core_web_nothing"),
        ("not a name", "not installed"),
        ("json", "no spaCy pipeline"),
    ],
)
def test_a_missing_model_says_how_to_get_it(name: str, said: str, schema: Schema) -> None:
    with pytest.raises(ModelError) as caught:
        with_model(schema, name)
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_a_folder_without_a_pipeline_is_refused(tmp_path: Path, schema: Schema) -> None:
    with pytest.raises(ModelError, match="no spaCy pipeline there"):
        with_model(schema, str(tmp_path))


def test_a_pipeline_that_cannot_be_loaded_is_refused(typed: Path, tmp_path: Path, schema: Schema) -> None:
    copy = shutil.copytree(typed, tmp_path / "broken")
    config = copy / "config.cfg"
    config.write_text(config.read_text().replace('factory = "entity_ruler"', 'factory = "no_such_part"'))
    with pytest.raises(ModelError, match="cannot be loaded"):
        with_model(schema, str(copy))


# --- the commands


def command(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "extract", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_try_with_a_model(typed: Path) -> None:
    done = command("try", "At 4 years zebra spots appeared.", "--model", typed)
    assert done.returncode == 0, done.stderr
    assert "diagnosis: zebra spots" in done.stdout
    assert "  rule     model:small_ner" in done.stdout


@pytest.mark.parametrize("arguments", [["try", "A sentence."], ["run", "corpus/sample"], ["explain", "README.md"]])
def test_a_missing_model_ends_with_2(arguments: list[str], tmp_path: Path) -> None:
    if arguments[0] == "run":
        arguments = [*arguments, "-o", str(tmp_path / "out")]
    done = command(*arguments, "--model", "en_core_sci_md")
    assert done.returncode == 2
    assert "en_core_sci_md: this model is not installed" in done.stderr
    assert not (tmp_path / "out").exists()


def test_run_says_which_model_it_used(typed: Path, tmp_path: Path) -> None:
    paper = tmp_path / "paper.txt"
    paper.write_text("Case report\n\nA 9-year-old girl had zebra spots. She received 5 × 10^7 cells intravenously.\n")
    done = command("run", paper, "-o", tmp_path / "out", "--model", typed)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "run.json").read_text())
    assert report["model"]["name"] == "small_ner"
    assert "zebra spots" in (tmp_path / "out" / "diagnoses.csv").read_text()
    assert "model:small_ner" in (tmp_path / "out" / "values.csv").read_text()
