"""rules: looking through what is known; rules new: a rule from a sentence, and nothing that breaks the rest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from extract.cli import app
from extract.project import start_project
from extract.rulebook.known import known, overview, search
from extract.rulebook.yamltext import flow, scalar
from extract.schema import Schema, TermsRule, load_schema
from extract.schema.places import Places

ROOT = Path(__file__).resolve().parent.parent


def rules(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)])


# --- looking through


def test_without_anything_it_tells_how_much_is_known() -> None:
    result = rules()
    assert result.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()[1:] if line[:1].isalpha()}
    assert rows["route"][0] == "administrations.route"
    assert int(rows["route"][-1]) > 50
    assert rows["dose"] == ["administrations.dose_value", "-", "-"]
    assert "scales" in result.stdout
    assert "caseloom rules WORD" in result.stdout


def test_a_word_finds_its_term_with_place_words_codes_and_example() -> None:
    result = rules("Methotrexate")
    assert result.exit_code == 0
    first = result.stdout.split("\n\n")[0]
    assert "methotrexate  (term of therapy)  schemas/rules/therapies.yaml:" in first
    assert "MTX" in first
    assert "class csDMARD" in first
    assert "e.g.     [[MTX]] 15 mg weekly was stopped." in first
    assert "rheumatoid arthritis" not in result.stdout


def test_all_shows_also_what_only_tells_of_a_word() -> None:
    short, long = rules("methotrexate").stdout, rules("methotrexate", "--all").stdout
    assert "more tell of it in their guards or examples; --all shows them." in short
    assert "rheumatoid arthritis  (term of diagnosis)" in long


def test_places_are_where_things_stand(schema: Schema) -> None:
    """Every entry names a line that holds what it is called, or one of its words."""
    lines = {
        path.relative_to(ROOT).as_posix(): path.read_text().splitlines() for path in (ROOT / "schemas").rglob("*.yaml")
    }
    entries = known(schema)
    assert {entry.kind for entry in entries} == {
        "field", "term", "pattern", "column", "scale", "unit", "section", "cue",
    }  # fmt: skip
    for entry in entries:
        around = " ".join(lines[entry.file][entry.line - 1 : entry.line + 12]).casefold()
        name = entry.name.partition(".")[2] if entry.kind == "field" and "." in entry.name else entry.name
        assert name.casefold() in around.replace('\\"', '"'), entry


def test_all_terms_are_there(schema: Schema) -> None:
    terms = [entry for entry in known(schema) if entry.kind == "term"]
    assert len(terms) == sum(len(rule.terms) for rule in schema.rules if isinstance(rule, TermsRule))


def test_the_best_fit_comes_first(schema: Schema) -> None:
    entries = known(schema)
    found = search(entries, "lupus").entries
    assert found[0].name == "systemic lupus erythematosus"
    assert {"lupus nephritis"} <= {entry.name for entry in found}
    assert search(entries, "INTRA-ARTICULAR").entries[0].name == "intra-articular"
    assert search(entries, "M34.9", everything=True).entries[0].name == "systemic sclerosis"


@pytest.mark.parametrize(("typed", "meant"), [("metothrexate", "methotrexate"), ("intravenus", "intravenous")])
def test_what_is_spelled_nearly_so_is_shown(typed: str, meant: str) -> None:
    result = rules(typed)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"Nothing is called '{typed}'. Nearly so:\n\n{meant}  (term of ")


def test_what_is_like_nothing_is_said_so() -> None:
    result = rules("qqqqqqqq")
    assert result.exit_code == 1
    assert "Nothing here has to do with 'qqqqqqqq'" in result.stdout


@pytest.mark.parametrize(
    ("switch", "word", "kind"),
    [("--scales", "mrss", "scale"), ("--units", "kg", "unit"), ("--sections", "timeline", "section"),
     ("--cues", "denied", "cue"), ("--fields", "route", "field")],
)  # fmt: skip
def test_a_switch_asks_for_one_kind(switch: str, word: str, kind: str) -> None:
    found = json.loads(rules(switch, word, "--json").stdout)
    assert {entry["kind"] for entry in found["entries"]} == {kind}
    assert found["entries"][0]["line"] > 1


def test_a_field_may_be_named_by_its_column() -> None:
    by_column = json.loads(rules("--field", "weight_kg", "--json").stdout)["entries"]
    assert {entry["field"] for entry in by_column} == {"weight"}
    wrong = rules("--field", "rout")
    assert wrong.exit_code == 2
    assert "Did you mean 'route'?" in wrong.stderr


def test_long_lists_are_cut_and_say_so() -> None:
    assert rules("--field", "site", "--limit", 2).stdout.count("(term of site)") == 1
    assert "more; --limit 0 shows all." in rules("--field", "site", "--limit", 2).stdout
    assert rules("--field", "site", "--limit", 0).stdout.count("(term of site)") > 200


def test_words_that_name_a_command_can_be_looked_for() -> None:
    assert rules("show", "new").exit_code in (0, 1)
    assert "Usage" not in rules("show", "new").stdout


def test_a_small_folder_is_told_whole(small_schema: Schema) -> None:
    rows = [line.split() for line in overview(small_schema).splitlines()]
    assert ["route", "administrations.route", "1", "1"] in rows


# --- yaml as text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_a_scalar_reads_back_as_the_same_text(text: str) -> None:
    node = yaml.compose(f"[{scalar(text)}, {flow({'a': text})}]", Loader=yaml.CSafeLoader)
    assert node.value[0].value == text
    assert node.value[1].value[0][1].value == text
    if node.value[0].style is None:
        assert node.value[0].tag == "tag:yaml.org,2002:str"


# --- new rules


@pytest.fixture
def project(tmp_path: Path, schemas_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with few rules, as the working directory."""
    folder = tmp_path / "review"
    shutil.copytree(schemas_folder, folder / "schemas")
    (folder / "schemas" / "rules" / "people.yaml").write_text(PEOPLE)
    monkeypatch.chdir(folder)
    return folder / "schemas"


PEOPLE = """\
# Comments stay.
rules:
  - id: follow_up.for
    kind: pattern
    field: follow_up
    pattern: "followed for (?P<number>\\\\d+) months"   # and so does this
    matches: ["She was [[followed for 8 months]]."]
    rejects: ["She was followed."]
"""


def text(project: Path, name: str) -> str:
    return (project / name).read_text(encoding="utf-8")


def test_new_words_of_a_known_value_join_its_list_after_their_like(project: Path) -> None:
    before = text(project, "rules/routes.yaml").splitlines()
    result = rules("new", "route", "They ran [[into the crook of the arm]].", "--value", "intravenous")
    assert result.exit_code == 0, result.stderr
    after = text(project, "rules/routes.yaml").splitlines()
    example = '{text: "They ran [[into the crook of the arm]].", value: intravenous}'
    assert [line for line in after if line not in before] == [
        f'    matches: ["given [[intravenously]]", {example}]',
        "      - {value: intravenous, words: [into the crook of the arm]}",
    ]
    assert "Written. It passes: all 6 examples hold." in result.stdout
    assert "The sentence gives now:\n\nroute: intravenous\n  words    'into the crook of the arm'" in result.stdout
    assert load_schema(project).rules_for("route")[0].id == "route.terms"


def test_the_lines_that_are_shown_are_those_of_the_file(project: Path) -> None:
    shown = rules("new", "route", "They ran [[into the crook of the arm]].", "--value", "intravenous").stdout
    place = next(line for line in shown.splitlines() if line.startswith("schemas/rules/routes.yaml:"))
    line = int(place.rsplit(":", 1)[1])
    assert "crook" in text(project, "rules/routes.yaml").splitlines()[line - 1]


def test_an_abbreviation_is_taken_as_it_stands(project: Path) -> None:
    rules("new", "route", "It was given [[IDr]].", "--value", "intradermal")
    assert "- {value: intradermal, exact: [IDr]}" in text(project, "rules/routes.yaml")


def test_a_value_of_a_field_without_rules_gets_a_list_of_its_own(project: Path) -> None:
    result = rules("new", "therapy", "[[Brenvolimab]] had failed.")
    assert result.exit_code == 0, result.stderr
    assert text(project, "rules/own.yaml") == (
        "# yaml-language-server: $schema=../json/rules.json\n"
        "# Rules of this project.\n"
        "rules:\n"
        "  - id: therapy.own\n"
        "    kind: terms\n"
        "    field: therapy\n"
        "    matches:\n"
        '      - {text: "[[Brenvolimab]] had failed.", value: brenvolimab}\n'
        "    terms:\n"
        "      - {value: brenvolimab, words: [brenvolimab]}\n"
    )
    rules("new", "therapy", "[[Colvurimab]] had failed.")
    assert text(project, "rules/own.yaml").endswith("      - {value: colvurimab, words: [colvurimab]}\n")
    assert text(project, "rules/own.yaml").count("- id:") == 1


def test_a_number_with_a_unit_becomes_a_quantity_beside_its_word(project: Path) -> None:
    units = project / "units.yaml"
    units.write_text(units.read_text() + "  - {unit: stone, quantity: mass, base: kg, factor: 6.35}\n")
    result = rules("new", "weight", "She [weighed 8 stone].")
    assert result.exit_code == 0, result.stderr
    added = text(project, "rules/own.yaml")
    for line in ("kind: quantity", "trigger: [weighed]", "units: [stone]", "rejects:  # add sentences"):
        assert f"    {line}" in added
    assert "weight: 8 stone" in result.stdout


def test_an_unknown_unit_is_told(project: Path) -> None:
    result = rules("new", "weight", "She [[weighed 8 stone]].")
    assert result.exit_code == 2
    assert "'stone' is no unit of schemas/units.yaml. Add it there first: - {unit: stone, quantity: " in result.stderr
    assert "base: kg, factor: how many of the base make one}" in result.stderr


def test_the_word_that_tells_may_stand_behind_the_number(project: Path) -> None:
    rules("new", "weight", "[[8 kg]] bodyweight.")
    assert "trigger: [bodyweight]" in text(project, "rules/own.yaml")
    assert "order: after" in text(project, "rules/own.yaml")


def test_a_number_without_a_unit_becomes_a_pattern_and_comments_stay(project: Path) -> None:
    before = text(project, "rules/people.yaml")
    result = rules("new", "follow_up", "He was [[watched through 14 winters]] by us.", "--kind", "pattern")
    assert result.exit_code == 0, result.stderr
    after = text(project, "rules/people.yaml")
    assert after.startswith(before)
    assert "(?P<number>" in after[len(before) :]
    assert '      - "He was by us."\n' in after[len(before) :]
    again = rules("new", "follow_up", "He was [[minded for 3 winters]] by us.", "--kind", "pattern")
    assert again.exit_code == 0, again.stderr
    assert "id: follow_up.own_2" in text(project, "rules/people.yaml")


def test_a_scale_gets_its_lines_to_fill_in(project: Path) -> None:
    result = rules("new", "scale", "Her [[Quayside Hand Index]] fell to 12.", "--value", "QHI")
    assert result.exit_code == 0, result.stderr
    scale = load_schema(project).scales[-1]
    assert (scale.id, scale.name, scale.words) == ("quayside_hand_index", "QHI", ("Quayside Hand Index",))
    assert "    # better: lower or higher\n" in text(project, "scales.yaml")
    assert "score: 12" in result.stdout
    assert "known already, as QHI" in rules("new", "scale", "Her [[Quayside Hand Index]] fell to 13.").stdout


def test_a_dry_run_shows_the_same_and_writes_nothing(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    result = rules("new", "therapy", "[[Brenvolimab]] had failed.", "--dry-run")
    assert result.exit_code == 0
    assert "Not written (--dry-run). It passes: all 6 examples hold." in result.stdout
    assert "The sentence would give:\n\ntherapy: brenvolimab" in result.stdout
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_known_words_are_told_with_their_rule(project: Path) -> None:
    result = rules("new", "route", "It was given [[intravenously]] twice.")
    assert result.exit_code == 0
    assert result.stdout == (
        "'intravenously' is known already, as intravenous, by the rule 'route.terms' (schemas/rules/routes.yaml:7).\n"
    )
    other = rules("new", "route", "It was given [[intravenously]] twice.", "--value", "oral")
    assert other.exit_code == 2
    assert "is known as intravenous, by the rule 'route.terms'" in other.stderr


def test_a_rule_that_would_break_another_is_not_written(project: Path) -> None:
    path = project / "rules" / "routes.yaml"
    path.write_text(path.read_text().replace("    terms:", '    rejects: ["The arm was sore."]\n    terms:'))
    before = path.read_bytes()
    result = rules("new", "route", "It went into the [[arm]].", "--value", "intravenous")
    assert result.exit_code == 2
    assert 'must find nothing in "The arm was sore."' in result.stderr
    assert "With the new rule 1 example would fail. Nothing was written." in result.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rout", "It was [[sipped]]."], "rout: no rule finds that. Did you mean 'route'?"),
        (["route", "It was sipped."], "no brackets in 'It was sipped.'"),
        (["route", "It [[was]] [[sipped]]."], "2 pairs of brackets"),
        (
            ["route", "It was [[sipped]].", "--kind", "term"],
            "--kind term: not known. Allowed: terms, pattern, quantity.",
        ),
        (["route", "It was [[sipped]].", "--rule", "x"], "--rule x: no list of terms for 'route' is called that."),
        (["donor", "From his [[own belly]]."], "Allowed: autologous, allogeneic."),
        (["donor", "From his [[own belly]].", "--value", "own"], "--value: 'own' is not allowed for 'donor'."),
        (["weight", "[[8 kg]]."], "no word beside '8 kg' tells what it is."),
        (["weight", "It was [[heavy]].", "--kind", "quantity"], "no number with a unit in 'heavy'."),
    ],
)
def test_what_cannot_be_written_is_told_with_the_way_out(project: Path, arguments: list[str], told: str) -> None:
    result = rules("new", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (project / "rules" / "own.yaml").exists()


def test_single_brackets_within_double_ones_are_text(project: Path) -> None:
    rules("new", "therapy", "He took [[snake oil]] for years [12].")
    assert 'text: "He took [[snake oil]] for years [12]."' in text(project, "rules/own.yaml")


def test_line_ends_of_a_file_stay_as_they_are(project: Path) -> None:
    path = project / "rules" / "people.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert rules("new", "follow_up", "He was [[minded for 3 winters]].", "--kind", "pattern").exit_code == 0
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


def test_the_rules_that_caseloom_brings_are_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = rules("new", "route", "It was [[sipped]].")
    assert result.exit_code == 2
    assert (
        "these are the rules that caseloom brings, and not to be changed. Begin a project with 'caseloom init DIR'"
        in (result.stderr)
    )


def test_what_most_terms_say_beside_their_words_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = rules("new", "therapy", "[[Brenvolimab]] had failed.", "--dry-run")
    assert "Most terms of this kind also say their class (" in result.stdout
    joined = rules("new", "therapy", "[[Emtexate]] had failed.", "--value", "methotrexate", "--dry-run").stdout
    assert '{value: methotrexate, words: [emtexate], codes: {rxcui: "6851"}, details: {class: csDMARD}}' in joined
    assert "Most terms" not in joined


def test_places_are_read_from_any_layout(tmp_path: Path, schemas_folder: Path) -> None:
    place = Places(schemas_folder).term("route.terms", 0)
    line = (schemas_folder / "rules" / "routes.yaml").read_text().splitlines()[place.line - 1]
    assert line.strip().startswith("- {value: intravenous")
