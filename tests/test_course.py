"""The course for those who edit rules, followed to the letter from an empty folder; and that it could fail."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from course import COURSE, CourseError, Done, Step, change, follow, run, steps

README = COURSE.parent.parent / "README.md"

RECIPES = (
    "A new wording", "A new drug", "A counter-example", "A scale with its range and direction", "A unit",
    "The heading of a section", "A cue of context", "A new field", "A list of terms that you have",
    "What has it changed?",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("course")


@pytest.fixture(scope="module")
def followed(folder: Path) -> list[Done]:
    """The course, followed once: every command ended as it should and printed what the course shows."""
    return list(follow(folder))


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "my-review" / "outputs" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_course_can_be_followed_to_the_letter(followed: list[Done], record_property: pytest.RecordProperty) -> None:
    record_property("steps", len(followed))
    record_property("seconds", round(sum(done.seconds for done in followed), 1))
    assert [done.step for done in followed] == steps(COURSE.read_text(encoding="utf-8"))
    assert len(followed) > 20


def test_every_recipe_is_there() -> None:
    titles = [line[3:] for line in COURSE.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert [title for title in titles if title in RECIPES] == list(RECIPES)


def test_every_recipe_shows_in_the_tables(followed: list[Done], folder: Path) -> None:
    before, after = rows(folder, "before/evidence.csv"), rows(folder, "after/evidence.csv")
    girl, man = after
    assert before[0]["routes"] == "intra-articular ×4"
    assert girl["routes"] == "IV ×2"  # the wording, and the cue
    assert girl["prior_therapy"] == "methotrexate; brenvolimab"  # the drug, and the counter-example
    assert "QHI 31 → 12" in girl["outcomes"]  # the scale
    assert [row["weight_kg"] for row in rows(folder, "after/patients.csv")] == ["50.8023", "80"]  # the unit
    assert [row["kind"] for row in rows(folder, "after/conflicts.csv")] == ["narrative_vs_abstract"]  # the heading
    assert (girl["smoking"], man["smoking"]) == ("never", "current")  # the field
    tongue = {"diagnosis": "geographic tongue", "role": "comorbidity", "icd10": "K14.1"}
    assert any(tongue.items() <= row.items() for row in rows(folder, "after/diagnoses.csv"))  # the list


def test_what_the_course_teaches_makes_the_tables_those_of_a_careful_reader(followed: list[Done]) -> None:
    told = followed[-1].printed
    assert "  all (micro)     0.920 -> 1.000    0.852 -> 1.000    0.885 -> 1.000\n" in told
    assert "wrong now" not in told


def test_readme_shows_what_the_end_of_the_course_prints(followed: list[Done]) -> None:
    shown = README.read_text(encoding="utf-8").split("<!-- output: diff -->\n```text\n")[1].split("```")[0]
    printed = followed[-1].printed.splitlines()
    for line in shown.splitlines():
        assert line == "..." or line in printed


def test_the_last_check_has_nothing_to_complain_of(followed: list[Done]) -> None:
    (*_, last) = [done for done in followed if done.step.text == "caseloom check"]
    assert "own" not in last.printed.split("schemas: ")[0]


# --- the follower can fail


def test_a_block_without_instruction_is_refused() -> None:
    with pytest.raises(CourseError, match="nothing says where this belongs"):
        steps("Think of this:\n\n```yaml\n- a\n```\n")


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Put this into a new file `a.yaml`:\n\n```yaml\nx\n```\n", Step("new", "x\n", "a.yaml")),
        ("Add at the end of `a.yaml`:\n\n```yaml\nx\n```\n", Step("end", "x\n", "a.yaml")),
        ("In `a.yaml`, below the line `b`, add:\n\n```yaml\nx\n```\n", Step("below", "x\n", "a.yaml", "b")),
        ("```sh\ncaseloom check\n```\n\n```text\nall\n...\nwell\n```\n",
         Step("command", "caseloom check", shows=("all", "well"))),
    ],
)  # fmt: skip
def test_instructions_are_understood(text: str, step: Step) -> None:
    assert steps(text) == [step]


@pytest.mark.parametrize(
    "step",
    [
        Step("below", "x\n", "a.yaml", "two"),
        Step("below", "x\n", "a.yaml", "three"),
        Step("instead", "x", "a.yaml", "three"),
        Step("new", "x", "a.yaml"),
    ],
)
def test_an_edit_whose_place_is_not_there_or_not_the_only_one_fails(tmp_path: Path, step: Step) -> None:
    (tmp_path / "a.yaml").write_text("one\n  two\n  two\n")
    with pytest.raises(CourseError):
        change(tmp_path / "a.yaml", step)


def test_an_edit_is_made_where_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("- one\n- two\n")
    change(file, Step("below", "- between\n", "a.yaml", "- one"))
    change(file, Step("end", "- last\n", "a.yaml"))
    change(file, Step("instead", "2", "a.yaml", "two"))
    assert file.read_text() == "- one\n- between\n- 2\n- last\n"


@pytest.mark.parametrize(
    "step",
    [
        Step("command", "caseloom check --schemas nowhere"),
        Step("command", "caseloom --version", shows=("caseloom 0.0",)),
        Step("command", "rm -r x"),
    ],
)
def test_a_command_that_ends_otherwise_or_shows_something_else_fails(tmp_path: Path, step: Step) -> None:
    with pytest.raises(CourseError):
        run(step, tmp_path)
