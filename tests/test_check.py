"""check: one verdict on all rules, warnings apart, as text, as JSON, kept by content, and anew at each save."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from beginner import make_project

from extract.rulebook import check as check_module
from extract.rulebook.check import as_json, check, saves, summary
from extract.schema import load_schema

ROOT = Path(__file__).resolve().parent.parent
RULES = "rules/smoking.yaml"


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of a beginner, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_project(tmp_path)


def edit(schemas: Path, name: str, old: str, new: str) -> None:
    path = schemas / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def warned(schemas: Path) -> list[str]:
    verdict = check(schemas)
    assert verdict.in_order, verdict.errors
    return [str(fault) for fault in verdict.warnings if "no rule finds sex, " not in fault.text]


# --- warnings


def test_the_rules_of_this_repository_give_no_warning() -> None:
    verdict = check(ROOT / "schemas")
    assert verdict.errors == ()
    assert verdict.warnings == ()
    assert verdict.counts["examples"] > 1000


def test_a_project_of_few_rules_is_told_once_what_stays_empty(schemas: Path) -> None:
    (said,) = check(schemas).warnings
    assert said.text.startswith("no rule finds sex, weight, follow_up, diagnosis, ")
    assert said.text.endswith(": what the tables tell of them stays empty.")


WORDS = "[never smoked, non smoker]"
TERM = "      - value: former\n"


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "said", "because"),
    [
        (
            RULES, WORDS, "[never smoked, non smoker, never smoked]", f"{RULES}:15",
            "'never smoked' stands twice among the words of 'never'. Remove one.",
            "a word twice",
        ),
        (
            RULES, WORDS, "[never smoked, non smoker, Non-smokers]", f"{RULES}:15",
            "'Non-smokers' of 'never' finds nothing that 'non smoker' does not find",
            "a plural with a hyphen is no other word",
        ),
        (
            RULES, WORDS, "[never smoked]\n        exact: [NS-1, NS 1]", f"{RULES}:16",
            "'NS 1' of 'never' finds nothing that 'NS-1' does not find",
            "nor a short form with another hyphen",
        ),
        (
            RULES, "[ex smoker, former smoker]", "[ex smoker, non-smoker]", f"{RULES}:17",
            "'non-smoker' means 'former' here and 'never' elsewhere (rule 'smoking'): both would be found.",
            "a word of two concepts",
        ),
        (
            RULES, "[ex smoker, former smoker]", "[ex smoker]\n        exact: [Non Smoker]", f"{RULES}:18",
            "'Non Smoker' means 'former' here and 'never' elsewhere",
            "a short form that is a word of another concept",
        ),
        (
            RULES, TERM, "      - {value: never, words: [non smoker], unless: [ex]}\n" + TERM, f"{RULES}:16",
            "'non smoker' of 'never' is guarded by 'needs' or 'unless', but another term of the same value has 'non "
            "smoker' without: the guard has no effect.",
            "a guard that another term of the same value undoes",
        ),
        (
            RULES, TERM, "      - {value: never, words: [non smoker]}\n" + TERM, f"{RULES}:16",
            "'non smoker' of 'never' stands in another term of the same value, too. Remove one.",
            "a word in two terms of one value",
        ),
        (
            RULES, "unless: ['mother', \"father\"]", "unless: ['active']", f"{RULES}:19",
            "'active smoker' can never be found: 'active' in 'unless' fits the word itself.",
            "a guard that bars its own word",
        ),
        (
            RULES, "  - id: pack_years", "  - {id: smoking.not, kind: pattern, field: smoking, value: never, "
            "pattern: '\\bformer smokers?', matches: ['A [[former smokers]].'], rejects: [x]}\n  - id: pack_years",
            f"{RULES}:17",
            "'former smoker' means 'former' here and 'never' by the pattern of rule 'smoking.not': both would be",
            "a pattern in the way of a term",
        ),
        (
            "fields.yaml", "[never, former, current]", "[never, former, current, unknown]", "fields.yaml:@unknown",
            "column 'smoking' allows 'unknown', but no rule gives it.",
            "a word that nothing gives",
        ),
        (
            "fields.yaml", "mention: pack_years, ", "mention: pack_years, evidence: packs, ", "", "",
            "a column of evidence.csv needs nothing else",
        ),
        (
            "fields.yaml", "      - {name: pack_years", "      - {name: weekdays, mention: weekday, meaning: Days.}\n"
            "      - {name: pack_years", "fields.yaml:@weekdays",
            "column 'weekdays' stays empty: no rule finds 'weekday'. Write a rule with field: weekday.",
            "a column without rules",
        ),
        (
            "fields.yaml", "      - {name: pack_years", "      - {name: remark, meaning: Any.}\n"
            "      - {name: pack_years", "fields.yaml:@remark",
            "column 'remark' stays empty: it has no 'mention', so that no rule can fill it. Add mention: remark.",
            "a column that nothing can fill",
        ),
        (
            "fields.yaml", "signals:\n", "signals:\n  weekday: the day of the week\n", "fields.yaml:@weekday",
            "signal 'weekday' is not used",
            "a signal that nobody asks for",
        ),
        (
            "context.yaml", '["no", denied]', '["no", denied, No]', "context.yaml:5",
            "'No' stands twice in cue 'no'. Remove one.",
            "a word twice in a cue",
        ),
        (
            "context.yaml", "cues:\n", "cues:\n  - {id: perhaps, sets: {presence: uncertain}, "
            "words: [perhaps, denied], matches: ['Perhaps [[smoking]].']}\n", "context.yaml:6",
            "'denied' says presence: negated here and uncertain in cue 'perhaps'. Keep one.",
            "a word that says two things",
        ),
        (
            "units.yaml", "words: [pack year]}", "words: [pack year, point]}", "units.yaml:3",
            "'point' is written for pack years here and for points, which comes first and counts.",
            "a writing of two units",
        ),
        (
            "sections.yaml", "[case report]", "[case report]\n  - section: results\n    titles: [Case Report]",
            "sections.yaml:5", "the title 'Case Report' stands under case, too, which comes first.",
            "a title of two sections",
        ),
        (
            "sections.yaml", "[case report]", "[case report, case report]", "sections.yaml:3",
            "the title 'case report' stands twice here.",
            "a title twice",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_warned_of(
    schemas: Path, name: str, old: str, new: str, place: str, said: str, because: str
) -> None:
    edit(schemas, name, old, new)
    if not said:
        assert warned(schemas) == [], because
        return
    (warning,) = warned(schemas)
    file, _, line = place.partition(":")
    if line.startswith("@"):
        rows = (schemas / file).read_text("utf-8").split("\n")
        line = str(next(number for number, row in enumerate(rows, 1) if line[1:] in row))
    assert warning.startswith(f"schemas/{file}:{line}: {said}"), because


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        (
            "[ex smoker, former smoker]",
            "[ex smoker]\n        exact: [NS]\n        needs: [stopped]\n"
            "      - {value: never, exact: [NS], unless: [stopped]}",
            "guards tell the two apart",
        ),
        ("[ex smoker, former smoker]", "[ex smoker, former smoker, ex smoker of cigars]", "a longer word is another"),
        ("[ex smoker, former smoker]", "[ex smoker]\n        exact: [IgA, IGA]", "case is a part of short forms"),
    ],
)
def test_what_may_be_meant_is_not_warned_of(schemas: Path, old: str, new: str, because: str) -> None:
    edit(schemas, RULES, old, new)
    assert warned(schemas) == [], because


def test_values_that_differ_in_spelling_only_are_warned_of(schemas: Path) -> None:
    (schemas / "rules" / "more.yaml").write_text(
        "rules:\n"
        "  - id: therapy\n    kind: terms\n    field: therapy\n    matches: ['[[Aspirin]] was given.']\n"
        "    terms:\n      - {value: Anti-inflammatory drug, words: [aspirin]}\n"
        "      - {value: anti-inflammatory drugs, words: [ibuprofen]}\n"
    )
    (warning,) = warned(schemas)
    assert warning.startswith("schemas/rules/more.yaml:8: the value 'anti-inflammatory drugs' differs from 'Anti-inf")


def test_a_value_with_two_codes_is_warned_of(schemas: Path) -> None:
    edit(schemas, RULES, WORDS, f"{WORDS}\n        codes: {{icd10: Z87}}")
    edit(schemas, RULES, TERM, "      - {value: never, words: [not a smoker], codes: {icd10: Z88}}\n" + TERM)
    (warning,) = warned(schemas)
    assert warning == (f"schemas/{RULES}:17: 'never' has the icd10 code Z88 here and Z87 in rule 'smoking'. Keep one.")


# --- the verdict


def test_the_verdict_of_the_same_bytes_is_kept_and_of_others_is_not(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = check(schemas)
    assert first.in_order
    monkeypatch.setattr("extract.find.examples.check_examples", lambda _: pytest.fail("the examples ran again"))
    assert check(schemas)._replace(seconds=0) == first._replace(seconds=0)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(schemas.parent / "cache"))
    edit(schemas, RULES, "[[ex-smoker]]", "[[pipe smoker]]")
    assert [fault.line for fault in check(schemas).errors] == [10]
    assert [fault.line for fault in check(schemas).errors] == [10], "a kept fault is told again"


def test_a_damaged_verdict_is_made_anew(schemas: Path) -> None:
    check(schemas)
    (kept,) = (schemas.parent / "cache" / "caseloom").glob("check-*.json")
    kept.write_text('{"folder": "schemas", "errors": [[1]]}')
    assert check(schemas).in_order


def test_an_edit_of_one_file_can_break_the_example_of_another(schemas: Path) -> None:
    (schemas / "rules" / "more.yaml").write_text(
        "rules:\n"
        "  - id: smoking.more\n    kind: terms\n    field: smoking\n    matches: ['He was a [[long ex smoker]].']\n"
        "    terms:\n      - {value: former, words: [long ex smoker]}\n"
    )
    assert check(schemas).in_order
    edit(schemas, "rules/more.yaml", "words: [long ex smoker]", "words: [long ex smoker, 'an ex smoker']")
    (fault,) = check(schemas).errors
    assert (fault.file, fault.line) == ("schemas/rules/smoking.yaml", 10)
    assert 'found there: smoking = former at "An ex-smoker" (rule smoking.more)' in fault.text


def test_shape_and_examples_are_summed_up(schemas: Path) -> None:
    columns = sum(len(table.columns) for table in load_schema(schemas).tables.values())
    assert summary(check(schemas)).endswith(
        f": 2 rules, 1 scales, 1 cues and {columns} columns are in order; all 8 examples hold; 1 warning."
    )
    edit(schemas, RULES, "[[ex-smoker]]", "[[pipe smoker]]")
    assert summary(check(schemas)) == f"1 of 8 examples fail in {schemas}; 1 warning."
    edit(schemas, RULES, "kind: terms", "kind: term")
    assert summary(check(schemas)) == f"1 error in {schemas}; the examples were not run."


def test_json_holds_every_fault_with_its_place(schemas: Path) -> None:
    edit(schemas, RULES, "kind: terms", "kind: term")
    told = json.loads(as_json(check(schemas)))
    assert told["in_order"] is False
    assert told["errors"] == [
        {
            "file": "schemas/rules/smoking.yaml",
            "line": 4,
            "message": "'term' is not allowed for 'kind'. Did you mean 'terms'? Allowed: terms, pattern, quantity, "
            "column.",
        }
    ]
    edit(schemas, RULES, "kind: term\n", "kind: terms\n")
    told = json.loads(as_json(check(schemas)))
    assert (told["in_order"], told["errors"], told["examples"]) == (True, [], 8)
    assert told["warnings"][0]["file"] == "schemas/fields.yaml"


def test_a_folder_that_is_no_schemas_says_so(tmp_path: Path) -> None:
    (fault,) = check(tmp_path).errors
    assert "no fields.yaml there" in fault.text


# --- the command


def command(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "extract", "check", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_the_command_lists_errors_and_warnings_apart(schemas: Path) -> None:
    done = command(cwd=schemas.parent)
    assert done.returncode == 0
    assert done.stdout.startswith("schemas: 2 rules, ")
    assert done.stderr.startswith("Warnings:\nschemas/fields.yaml:17: no rule finds ")
    edit(schemas, RULES, "[[ex-smoker]]", "[[pipe smoker]]")
    done = command(cwd=schemas.parent)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("schemas/rules/smoking.yaml:10: rule 'smoking' does not find the words in brackets")
    assert "\nWarnings:\nschemas/fields.yaml:17: no rule finds " in done.stderr
    assert done.stderr.endswith("1 of 8 examples fail in schemas; 1 warning.\n")


def test_the_command_prints_json(schemas: Path) -> None:
    edit(schemas, RULES, "kind: terms", "kind: term")
    done = command("--json", cwd=schemas.parent)
    assert done.returncode == 2
    assert json.loads(done.stdout)["errors"][0]["line"] == 4
    assert done.stderr == ""


# --- at each save


class Hand:
    """Stands in for time: at each pause the next deed is done; after the last one Ctrl-C is pressed."""

    def __init__(self, *deeds: Callable[[], object] | None) -> None:
        self.deeds = list(deeds)

    def __call__(self, seconds: float) -> None:
        assert seconds > 0, "no busy loop"
        if not self.deeds:
            raise KeyboardInterrupt
        deed = self.deeds.pop(0)
        if deed:
            deed()


def count_saves(folder: Path, hand: Hand) -> int:
    seen = 0
    try:
        for _ in saves(folder, hand):
            seen += 1
    except KeyboardInterrupt:
        return seen
    raise AssertionError("saves came to an end")


def test_nothing_saved_is_nothing_checked(schemas: Path) -> None:
    assert count_saves(schemas, Hand(None, None, None)) == 1


def test_each_save_is_seen_once(schemas: Path) -> None:
    path = schemas / RULES
    touch = lambda: path.write_text(path.read_text() + "#\n")  # noqa: E731
    assert count_saves(schemas, Hand(touch, None, None, touch, None, None)) == 3


def test_a_file_written_in_steps_is_read_when_it_is_whole(schemas: Path) -> None:
    path = schemas / RULES
    whole = path.read_text()
    steps = [lambda: path.write_text(""), lambda: path.write_text(whole[:50]), lambda: path.write_text(whole + "#\n")]
    seen: list[bool] = []
    hand = Hand(*steps, None, None)
    try:
        for _ in saves(schemas, hand):
            seen.append(check(schemas).in_order)
    except KeyboardInterrupt:
        pass
    assert seen == [True, True], "never the half of it"


def test_a_file_replaced_new_or_gone_is_seen(schemas: Path) -> None:
    path = schemas / RULES
    other = schemas / "rules" / "other.yaml"

    def replace() -> None:
        (schemas / "new").write_text(path.read_text())
        (schemas / "new").replace(path)

    assert count_saves(schemas, Hand(replace, None, None)) == 2
    assert count_saves(schemas, Hand(lambda: other.write_text("rules:\n"), None, None)) == 2
    assert count_saves(schemas, Hand(other.unlink, None, None)) == 2


def test_a_folder_that_is_gone_for_a_while_does_no_harm(schemas: Path) -> None:
    away = schemas.with_name("away")
    seen: list[bool] = []
    try:
        for _ in saves(schemas, Hand(lambda: schemas.rename(away), None, lambda: away.rename(schemas), None, None)):
            seen.append(check(schemas).in_order)
    except KeyboardInterrupt:
        pass
    assert seen == [True, False, True]


def test_watching_tells_each_save_and_ends_with_ctrl_c(schemas: Path) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "extract", "check", "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=schemas.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # where tests run in the background the signal is ignored, and so it would be in the child
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "Watching schemas; Ctrl-C ends it.\n"
        assert watching.stdout.readline().startswith("warning: schemas/fields.yaml:17: ")
        assert " in order: schemas: 2 rules, " in watching.stdout.readline()
        edit(schemas, RULES, "kind: terms", "kind: term")
        assert watching.stdout.readline().startswith("schemas/rules/smoking.yaml:4: 'term' is not allowed")
        assert " not in order: 1 error in schemas; the examples were not run. (" in watching.stdout.readline()
        edit(schemas, RULES, "kind: term\n", "kind: terms\n")
        assert watching.stdout.readline().startswith("warning: ")
        assert " in order: schemas: 2 rules, " in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        rest, errors = watching.communicate(timeout=60)
    finally:
        watching.kill()
    assert (rest, errors) == ("\nNo longer watching.\n", "")
    assert watching.returncode == 0


def test_many_saves_do_not_pile_up(schemas: Path) -> None:
    from extract.find import context, rules

    for number in range(8):
        edit(schemas, RULES, "rules:", f"# {number}\nrules:")
        assert check(schemas).in_order
    assert len(rules._READY) <= rules._MOST
    assert len(context._READY) <= context._MOST
    assert load_schema(schemas).hash in rules._READY
    assert len(list((schemas.parent / "cache" / "caseloom").glob("check-*.json"))) <= check_module._KEPT
