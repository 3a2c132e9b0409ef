"""Mistakes that beginners make in YAML: each is answered with its place and what to do, in words of no parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from beginner import FILES, make_project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.rulebook.check import Verdict, check
from extract.schema import load_schema

RULES = "rules/smoking.yaml"
SCALES = "scales.yaml"
FIELDS = "fields.yaml"
LIST = "[never smoked, non smoker]"
TEXT = "text: She is a [[current smoker]]."
ITEM = "- Smoking was not asked about."
QUOTED = '- "An [[ex-smoker]] of 50."'
BRACES = '{text: "He had [[never smoked]].", value: never}'


class Mistake(NamedTuple):
    """What is typed in place of what, the line to which the answer points (0: that of what is typed), what it says."""

    name: str
    file: str
    old: str
    new: str
    line: int
    says: str


MISTAKES = [
    # spaces
    Mistake("a tab", RULES, "    kind: terms", "\tkind: terms", 4, "begins with a tab"),
    Mistake("a tab before a dash", RULES, "      - value: never", "\t- value: never", 14, "begins with a tab"),
    Mistake("a non-breaking space", RULES, "    kind: terms", "\u00a0\u00a0\u00a0\u00a0kind: terms", 4, "non-breaking"),
    Mistake("one after a colon", RULES, "kind: terms", "kind:\u00a0terms", 4, "non-breaking space"),
    Mistake(
        "indented too little", RULES, "    field: smoking\n    m", "   field: smoking\n    m", 5, "begin it after 4"
    ),
    Mistake("indented too far", RULES, "    field: smoking\n", "     field: smoking\n", 5, "wrong indentation"),
    Mistake(
        "a key within a list", RULES, "    terms:\n", "      terms:\n", 13, "with 'rejects' (line 11), begin it after 4"
    ),
    Mistake(
        "a key under the wrong one",
        RULES,
        "        value: current\n",
        "        terms: current\n",
        9,
        "'terms' is a key of a rule of kind terms: check the indentation",
    ),
    # dashes and colons
    Mistake(
        "no dash before the first rule", RULES, "  - id: smoking", "    id: smoking", 3, "'- ' is missing before 'id: s"
    ),
    Mistake("no dash before the next rule", RULES, "  - id: pack", "    id: pack", 21, "put '- ' before it"),
    Mistake("no dash before a term", RULES, "      - value: former", "        value: former", 16, "put '- ' before it"),
    Mistake("no colon", RULES, "kind: terms", "kind terms", 4, "Did you mean 'kind: terms'?"),
    Mistake("no colon after a dash", RULES, "value: never\n", "value never\n", 14, "Did you mean 'value: never'?"),
    Mistake(
        "no space after a colon", RULES, "kind: terms", "kind:terms", 4, "a space is missing after the colon: 'kind: t"
    ),
    Mistake("a colon in a text", RULES, TEXT, "text: Habits: a [[current smoker]].", 8, 'text: "Habits: a [[current'),
    Mistake("a colon in an example", RULES, ITEM, "- Habits: not asked.", 12, 'in quotes: "Habits: not asked."'),
    Mistake("a colon in a list", RULES, LIST, "[never smoked, smoking: no]", 15, 'in quotes: "smoking: no"'),
    # signs that mean something to YAML
    Mistake("# in a text", RULES, TEXT, "text: Patient #3 is a [[current smoker]].", 8, "after # is a comment"),
    Mistake("# at the beginning", RULES, ITEM, "- #3 was not asked.", 12, "after # is a comment"),
    Mistake("# in a list", RULES, LIST, "[never smoked, #non smoker]", 15, "the closing bracket is lost"),
    Mistake("%", RULES, ITEM, "- % of them smoked.", 12, 'must stand in quotes: "% of them smoked."'),
    Mistake("*", RULES, LIST, "[never smoked, *non smoker]", 15, "text that begins with * must stand in quotes"),
    Mistake("* around a word", RULES, ITEM, "- *Smoking* was not asked.", 12, 'quotes: "*Smoking* was not asked."'),
    Mistake("@", RULES, ITEM, "- @home she smoked.", 12, 'must stand in quotes: "@home she smoked."'),
    Mistake("a backtick", RULES, ITEM, "- `x` was not asked.", 12, "text that begins with ` must stand in quotes"),
    Mistake("&", RULES, ITEM, "- &Smoking was not asked.", 12, "If it is text, put it in quotes"),
    Mistake("!", RULES, ITEM, "- !Smoking was not asked.", 12, "text that begins with ! must stand in quotes"),
    Mistake(">", RULES, ITEM, "- >10 cigarettes", 12, 'must stand in quotes: ">10 cigarettes"'),
    Mistake("|", RULES, ITEM, "- |smoking|", 12, 'must stand in quotes: "|smoking|"'),
    Mistake("- before a value", RULES, "value: never\n", "value: - never\n", 14, "begins with - must stand in quotes"),
    Mistake("a name that there is not", RULES, "['mother', \"father\"]", "*relatives", 20, "there is none"),
    Mistake(
        "a comma within braces",
        RULES,
        BRACES,
        "{text: He smoked, and stopped, value: never}",
        7,
        "'and stopped' begins a",
    ),
    # quotes and brackets
    Mistake("an open quote", RULES, BRACES, '{text: "He had [[never smoked]]., value: never}', 7, "its end is missing"),
    Mistake("an open quote in a list", RULES, QUOTED, '- "An [[ex-smoker]] of 50.', 10, "its end is missing"),
    Mistake("an apostrophe in quotes", RULES, ITEM, "- 'He's no smoker'", 12, "goes on after its closing quote"),
    Mistake("text after a quote", RULES, QUOTED, '- "An [[ex-smoker]]" of 50.', 10, "goes on after its closing quote"),
    Mistake("typographic quotes", RULES, QUOTED, "- “An [[ex-smoker]] of 50.”", 10, 'Write straight ones: "An [['),
    Mistake(
        "typographic quotes in braces",
        RULES,
        BRACES,
        "{text: “He had [[never smoked]].”, value: never}",
        7,
        "“ and ” are no quotes for YAML",
    ),
    Mistake(
        "an open bracket", RULES, LIST, "[never smoked, non smoker", 15, "the [ that opens on this line is not closed"
    ),
    Mistake("a bracket too many", RULES, LIST, LIST + "]", 15, "a ] closes what was never opened"),
    Mistake(
        "text that begins with brackets",
        RULES,
        TEXT,
        "text: [[Current smoker]] since 1990.",
        8,
        'must stand in quotes: "[[Current smoker]] since 1990."',
    ),
    Mistake(
        "an example that begins with brackets",
        RULES,
        QUOTED,
        "- [[ex-smoker]] of 50",
        10,
        'quotes: "[[ex-smoker]] of 50"',
    ),
    Mistake("an example of brackets alone", RULES, QUOTED, "- [[ex-smoker]]", 10, "begins with [ must stand in quotes"),
    Mistake("[[ without ]]", RULES, TEXT, "text: She is a [[current smoker.", 8, "[[ has no ]]"),
    Mistake("]] without [[", RULES, TEXT, "text: She is a current smoker]].", 8, "]] has no [["),
    Mistake(
        "an example without brackets", RULES, TEXT, "text: She is a current smoker.", 8, "Put them in double brackets"
    ),
    Mistake(
        "brackets around the wrong words",
        RULES,
        TEXT,
        "text: She [[is]] a current smoker.",
        8,
        'finds "current smoker" in "She [[is]] a current smoker.", not the words in brackets',
    ),
    # words that YAML takes for something else
    Mistake(
        "no for a word that is not allowed", RULES, "value: never\n", "value: no\n", 14, "gives 'no', which the column"
    ),
    Mistake("null", RULES, LIST, "[null, never smoked]", 15, 'put it in quotes: "null"'),
    Mistake("nothing after a colon", RULES, "value: never\n", "value:\n", 14, "'value' is empty"),
    Mistake(
        "a truth value that is none",
        RULES,
        "kind: pattern",
        "kind: pattern\n    case: perhaps",
        23,
        "Allowed: true, false",
    ),
    Mistake("a time for a number", SCALES, "minimum: 0", "minimum: 12:30", 6, "'12:30' is not a number"),
    Mistake(
        "a comma for a point", SCALES, "minimum: 0", "minimum: 0,5", 6, "'0,5' is not a number, written like 3 or 0.5"
    ),
    Mistake("a date for a number", SCALES, "minimum: 0", "minimum: 2020-01-01", 6, "'2020-01-01' is not a number"),
    # keys
    Mistake("an unknown key", RULES, "rejects:\n      - Smok", "reject:\n      - Smok", 11, "Did you mean 'rejects'?"),
    Mistake("a missing key", RULES, "    field: smoking\n    m", "    m", 3, "key 'field' is missing. What is found"),
    Mistake("a term without its value", RULES, "- value: never\n        w", "- w", 14, "key 'value' is missing"),
    Mistake("a key twice", RULES, "kind: terms", "kind: terms\n    kind: terms", 5, "first on line 4"),
    Mistake("an id twice", RULES, "id: pack_years", "id: smoking", 21, "is taken by schemas/rules/smoking.yaml:3"),
    Mistake(
        "an id with a space", RULES, "id: pack_years", "id: Pack Years", 21, "small letters, digits, _ . and - only"
    ),
    Mistake("an unknown kind of rule", RULES, "kind: terms", "kind: term", 4, "Did you mean 'terms'?"),
    Mistake("a text for a list", RULES, f"words: {LIST}", "words: never smoked", 15, "Write words: [never smoked]"),
    Mistake("a list for a text", RULES, "value: never\n", "value: [never]\n", 14, "must be one text, not a list"),
    Mistake(
        "keys for a list",
        RULES,
        "  - id: smoking\n    kind: terms\n",
        "  smoking:\n    kind: terms\n",
        3,
        "'- ' is missing before 'smoking:'",
    ),
    Mistake("a list without its key", RULES, "rules:\n", "", 2, "the file must begin with 'rules:'"),
    Mistake("the key of the file misspelt", SCALES, "scales:", "scale:", 1, "Did you mean 'scales'?"),
    # what the words mean
    Mistake(
        "an unknown unit of a rule", RULES, "unit: pack years", "unit: pack yeas", 25, "Did you mean 'pack years'?"
    ),
    Mistake("an unknown unit of a scale", SCALES, "units: [points]", "units: [pints]", 9, "Did you mean 'points'?"),
    Mistake(
        "an unknown unit of a column", FIELDS, "unit: pack years", "unit: pakc years", 0, "Did you mean 'pack years'?"
    ),
    Mistake("an unknown direction", SCALES, "better: higher", "better: up", 8, "Allowed: lower, higher"),
    Mistake("minimum above maximum", SCALES, "minimum: 0", "minimum: 200", 6, "minimum 200 is not below maximum 100"),
    Mistake("a bad pattern", RULES, "pack[- ]years?'", "pack[- years?'", 24, "a [ has no closing ]"),
    Mistake("a bad guard", RULES, "['mother', ", "['mother(', ", 20, "a ( has no closing )"),
    Mistake(
        "a backslash in double quotes", RULES, "'(?P<number>\\d+) pack[- ]years?'", '"\\d+ pack"', 24, "single quotes"
    ),
    Mistake("a backspace in a pattern", RULES, "'mother'", '"\\bmother"', 20, "Put patterns in single quotes"),
    Mistake("a group that there is not", RULES, "unit: pack years", "value: '{years}'", 21, "that the pattern lacks"),
    Mistake("a field that no table has", RULES, "field: smoking", "field: smokin", 3, "Did you mean 'smoking'?"),
    Mistake(
        "a column with a space", FIELDS, "name: smoking,", "name: Smoking status,", 0, "Did you mean 'smoking_status'?"
    ),
    Mistake(
        "a column of evidence with a capital",
        FIELDS,
        "evidence: smoking",
        "evidence: Smoking",
        0,
        "Did you mean 'smoking'?",
    ),
    Mistake(
        "an unknown type", FIELDS, "type: number, unit: pack", "type: numeric, unit: pack", 0, "Did you mean 'number'?"
    ),
    Mistake(
        "a value that is not allowed", FIELDS, "[never, former, current]", "[never, former]", -18, "it would be lost"
    ),
    Mistake("a table misspelt", FIELDS, "  outcomes:\n", "  outcome:\n", 0, "Did you mean 'outcomes'?"),
    Mistake(
        "a rule that must show what it rejects",
        RULES,
        '    rejects:\n      - "A pack of six."\n',
        "",
        21,
        "has no 'rejects'",
    ),
    Mistake(
        "a cue that says nothing",
        "context.yaml",
        "presence: negated",
        "presence: negative",
        4,
        "Did you mean 'negated'?",
    ),
    Mistake(
        "an axis misspelt", "context.yaml", "presence: negated", "presense: negated", 4, "Did you mean 'presence'?"
    ),
    Mistake(
        "a cue for no field",
        "context.yaml",
        '    words: ["no"',
        '    fields: [smokin]\n    words: ["no"',
        5,
        "'smoking'",
    ),
    Mistake(
        "a section that there is not", "sections.yaml", "section: case", "section: cases", 2, "Did you mean 'case'?"
    ),
    # examples that fail
    Mistake(
        "words that no rule knows",
        RULES,
        TEXT,
        "text: She is a [[heavy smoker]].",
        8,
        "has 'heavy smoker' among its words",
    ),
    Mistake(
        "words that a guard bars",
        RULES,
        TEXT,
        "text: Her mother says she is a [[current smoker]].",
        8,
        "refused: smoking = current at \"current smoker\" (rule smoking): 'mother' stands in the sentence",
    ),
    Mistake(
        "another value",
        RULES,
        "        value: current\n",
        "        value: former\n",
        8,
        "comes to 'current', not to 'former'",
    ),
    Mistake(
        "an example that must not be found",
        RULES,
        ITEM,
        "- He had never smoked.",
        12,
        'but finds "never smoked" (smoking = n',
    ),
    Mistake("a pattern that fits nowhere", RULES, "[[20 pack years]]", "[[twenty packs]]", 27, "fits nowhere in it"),
]


def of(verdict: Verdict, mistake: Mistake, text: str) -> list[str]:
    """The messages of a verdict at the place where the mistake is; a line below 0 is one of the rules."""
    line, file = (mistake.line, mistake.file) if mistake.line >= 0 else (-mistake.line, RULES)
    place = f"schemas/{file}:{line or text.count(chr(10), 0, text.index(mistake.new)) + 1}: "
    return [str(fault).removeprefix(place) for fault in verdict.errors if str(fault).startswith(place)]


JARGON = re.compile(
    r"scalar|token|mapping values|block end|simple key|flow|anchor|alias|codec|pydantic|Traceback|Error|"
    r"valid (?:string|tuple|dictionary)|Input should|None\b|NoneType|dict\b|tuple\b|str\b|unterminated|subpattern"
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_answered_with_its_place_and_what_to_do(mistake: Mistake, tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    path = schemas / mistake.file
    text = path.read_text(encoding="utf-8")
    assert mistake.old in text
    text = text.replace(mistake.old, mistake.new, 1)
    path.write_text(text, encoding="utf-8")
    verdict = check(schemas)
    said = of(verdict, mistake, text)
    assert any(mistake.says in message for message in said), [str(fault) for fault in verdict.errors]
    assert not JARGON.search("\n".join(map(str, verdict.errors)).replace(mistake.new, ""))
    assert len(verdict.errors) <= 2, "one mistake, one answer"


def test_each_mistake_is_named_once() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names)) >= 30


# --- whole files


def rename(name: str) -> Callable[[Path], object]:
    def move(path: Path) -> None:
        to = path.parent.parent / name
        to.parent.mkdir(exist_ok=True)
        path.rename(to)

    return move


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        (rename("rules/smoking.yml"), "schemas/rules/smoking.yml: ", "Rename it to smoking.yaml"),
        (rename("rules/smoking.yaml.txt"), "schemas/rules/smoking.yaml.txt: ", "Rename it to smoking.yaml"),
        (rename("rules/Smoking.YAML"), "schemas/rules/Smoking.YAML: ", "Rename it to Smoking.yaml"),
        (rename("smoking.yaml"), "schemas/smoking.yaml: ", "Rules belong in schemas/rules/: move it there"),
        (rename("rules/own/smoking.yaml"), "schemas/rules/own/smoking.yaml: ", "Move it to schemas/rules/"),
        (rewrite(lambda _: b""), "schemas/rules/smoking.yaml:1: ", "the file is empty"),
        (rewrite(lambda _: b"# to do\n"), "schemas/rules/smoking.yaml:1: ", "the file is empty"),
        (rewrite(lambda _: b"rules:\n"), "schemas/rules/smoking.yaml:1: ", "'rules' is empty"),
        (rewrite(lambda _: b"rules: []\n"), "schemas/rules/smoking.yaml:1: ", "'rules' is empty"),
        (
            rewrite(lambda data: data.replace(b"An [[ex", "Mr Müller, an [[ex".encode("latin-1"))),
            "schemas/rules/smoking.yaml:10: ",
            "Save it as UTF-8",
        ),
        (rewrite(lambda data: data.decode().encode("utf-16")), "schemas/rules/smoking.yaml:1: ", "saved as UTF-16"),
        (rewrite(lambda _: b"PK\x03\x04\x14\0\6\0"), "schemas/rules/smoking.yaml:1: ", "no text file (Word"),
        (rewrite(lambda data: data + b"\x07"), "schemas/rules/smoking.yaml:30: ", "invisible control character"),
        (rewrite(lambda data: data + b"---\nrules: []\n"), "schemas/rules/smoking.yaml:30: ", "Remove the line"),
        (rewrite(lambda data: b"  a: b\n" + data), "schemas/rules/smoking.yaml:3: ", "further left than the first one"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    change: Callable[[Path], object], place: str, says: str, tmp_path: Path
) -> None:
    schemas = make_project(tmp_path)
    change(schemas / RULES)
    verdict = check(schemas)
    assert verdict.errors, "silent"
    assert str(verdict.errors[0]).startswith(place)
    assert says in verdict.errors[0].text
    assert not JARGON.search(verdict.errors[0].text)


def test_a_file_of_another_name_is_missed_and_guessed(tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    (schemas / SCALES).rename(schemas / "scale.yaml")
    assert [str(fault) for fault in check(schemas).errors] == [
        "schemas/scale.yaml: this file is not read. Did you mean scales.yaml?",
        "schemas/scales.yaml: cannot be read (No such file or directory). Every schemas folder needs it.",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: data + b"\n\n# the end   \n",
    ],
    ids=["byte order mark", "Windows line ends", "old line ends", "remarks"],
)
def test_what_editors_add_makes_no_difference(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    plain = load_schema(schemas)
    path = schemas / RULES
    path.write_bytes(change(path.read_bytes()))
    assert load_schema(schemas).rules == plain.rules
    assert check(schemas).in_order


def test_words_stay_as_they_are_typed(tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    path = schemas / RULES
    typed = ["no", "NO", "on", "yes", "true", "08", "010", "1e6", "1_000", "12:30", "2020-01-01", "+5", "1.50", "0x1F"]
    path.write_text(path.read_text().replace(LIST, f"[{', '.join(typed)}, never smoked]"))
    assert list(load_schema(schemas).rules[0].terms[0].words) == [*typed, "never smoked"]  # type: ignore[union-attr]


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    for mistake in (m for m in MISTAKES if m.name in ("an unknown key", "an unknown direction", "an unknown type")):
        path = schemas / mistake.file
        path.write_text(path.read_text("utf-8").replace(mistake.old, mistake.new, 1), encoding="utf-8")
    told = check(schemas).errors
    assert [fault.file for fault in told] == [f"schemas/{name}" for name in (FIELDS, SCALES, RULES)]
    assert [fault.line for fault in told[1:]] == [8, 11]


def test_a_column_that_the_program_fills_cannot_be_lost(tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    path = schemas / FIELDS
    path.write_text(path.read_text("utf-8").replace("- {name: sex,", "- {name: sex_of_patient,", 1), encoding="utf-8")
    (fault,) = check(schemas).errors
    assert fault.text.startswith(
        "column 'sex' of table patients is missing; the program fills it. Put it back: - {name: sex, allowed: [female, "
        'male, other], mention: sex, meaning: "'
    )
    assert path.read_text("utf-8").split("\n")[fault.line - 1] == "    columns:"


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_half_saved_file_is_answered_and_never_crashes(cut: int, tmp_path: Path) -> None:
    schemas = make_project(tmp_path)
    path = schemas / RULES
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * cut // 40])
    verdict = check(schemas)
    assert all(fault.file.startswith("schemas/") for fault in verdict.errors)


def test_the_rules_are_yaml_for_strict_readers_too() -> None:
    for path in sorted((Path(__file__).resolve().parent.parent / "schemas").rglob("*.yaml")):
        yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.floats(0, 1),
    length=st.integers(0, 12),
    typed=st.sampled_from(["", " ", "\t", ":", "- ", '"', "'", "[", "]]", "{", "#", "*a"]),
)
def test_no_typing_error_ends_in_a_crash(where: float, length: int, typed: str, tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    if not schemas.exists():
        make_project(tmp_path)
    path = schemas / RULES
    original = FILES[RULES]
    at = int(where * len(original))
    path.write_text(original[:at] + typed + original[at + length :], encoding="utf-8")
    for fault in check(schemas).errors:
        assert fault.file.startswith("schemas/")
        assert fault.line <= original.count("\n") + 1
