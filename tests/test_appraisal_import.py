"""The form of appraisal: out as Excel and CSV, filled in, and back as decisions; agreement and disputes about them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pytest
from appraising import appraised, at, girl, item, judged, run_of, two
from reviewing import Desk
from typer.testing import CliRunner, Result
from written import row

from extract.cli import app
from extract.evidence.applying import apply_decisions
from extract.evidence.decisions import append_decisions, read_decisions
from extract.schema import Schema
from extract.synthesis.appraisal import write_forms

SEX, AFTER, LESSON = "jbi_case_report.1", "jbi_case_report.6", "jbi_case_report.8"


class Project:
    """A run, its report, and a folder of decisions."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.out, self.decisions, self.schema = folder / "out", folder / "decisions", schema
        self.report = self.out / "report"
        run_of(self.out, schema, girl(), two())

    def __call__(self, *arguments: str | Path, code: int = 0) -> Result:
        command = ["review", *map(str, arguments), "--decisions", str(self.decisions)]
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    def form(self, *arguments: str) -> Path:
        """The workbook of a new form."""
        self("appraisal", self.out, *arguments)
        return self.report / "appraisal.xlsx"

    def take(self, file: Path, reviewer: str = "ana", *more: str, code: int = 0) -> Result:
        return self("import", file, "--reviewer", reviewer, "--outputs", self.out, *more, code=code)

    def said(self, record: str, document: str = "girl2020") -> dict[str, str]:
        """What each reviewer says of an item as a report shows it."""
        found = item(appraised(self.out, self.schema, read_decisions(self.decisions)), record, document)
        return {one.reviewer: one.said for one in found.judgements}


@pytest.fixture
def project(tmp_path: Path, schema: Schema) -> Project:
    return Project(tmp_path, schema)


Edit = Mapping[tuple[str, str], Mapping[str, str]]
"""New cells by document and record."""


def fill(path: Path, edits: Edit, to: Path | None = None) -> Path:
    """Type into a workbook as a person does."""
    book = openpyxl.load_workbook(path)
    sheet = book["appraisal"]
    head = [cell.value for cell in sheet[1]]
    for line in sheet.iter_rows(min_row=2):
        cells = dict(zip(head, line, strict=True))
        for name, value in edits.get((cells["document"].value, cells["record"].value), {}).items():
            cells[name].value = value or None
    book.save(to or path)
    return to or path


def fill_csv(path: Path, edits: Edit, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """Type into a CSV and save it as some spreadsheet does."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for cells in rows:
        cells.update(edits.get((cells["document"], cells["record"]), {}))
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def cells_of(path: Path, record: str, document: str = "girl2020") -> dict[str, str]:
    """The row of an item in a form."""
    sheet = openpyxl.load_workbook(path)["appraisal"]
    head, *lines = [[cell or "" for cell in line] for line in sheet.iter_rows(values_only=True)]
    (found,) = (
        cells
        for cells in (dict(zip(head, line, strict=True)) for line in lines)
        if (cells["document"], cells["record"]) == (document, record)
    )
    return found


def unmatched(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.stem}_unmatched.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


G = "girl2020"


# --- the form


def test_the_form_offers_the_judgements_of_each_tool_and_none_is_made(project: Project) -> None:
    sheet = openpyxl.load_workbook(project.form())["appraisal"]
    head = [cell.value for cell in sheet[1]]
    column = head.index("judgement")
    offered = {
        number: rule.formula1
        for rule in sheet.data_validations.dataValidation
        for area in rule.sqref.ranges
        for number in range(area.min_row, area.max_row + 1)
    }
    assert len(offered) == sheet.max_row - 1
    for number, line in enumerate(sheet.iter_rows(min_row=2, values_only=True), 2):
        assert offered[number] == '"' + ",".join(line[head.index("allowed")].split("; ")) + '"'
        assert line[column] is None
    kinds = [kind for kind in sheet.column_dimensions.values() if kind.hidden]
    hidden = {name for kind in kinds for name in head[kind.min - 1 : kind.max]}
    assert "seen" in hidden
    assert "judgement" not in hidden


def test_the_form_says_unclear_only_where_no_words_were_found(project: Project) -> None:
    path = project.form()
    assert cells_of(path, SEX)["words"].startswith("p. 1 “She was 12 years old.”")
    assert cells_of(path, LESSON)["words"].startswith("unclear: The program does not look for this")


def test_the_same_run_gives_the_same_form(project: Project) -> None:
    path = project.form()
    before = path.read_bytes(), path.with_suffix(".csv").read_bytes()
    assert (project.form().read_bytes(), path.with_suffix(".csv").read_bytes()) == before


def test_a_form_shows_nobody_what_others_judged(project: Project) -> None:
    project.take(fill(project.form(), {(G, SEX): {"judgement": "no"}}), "bo")
    assert cells_of(project.form(), SEX)["judgement"] == ""
    assert cells_of(project.form("--reviewer", "ana"), SEX)["judgement"] == ""
    assert cells_of(project.form("--reviewer", "bo"), SEX)["judgement"] == "no"


def test_a_form_in_which_somebody_worked_is_put_aside_until_it_is_taken_in(project: Project) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}})
    worked = path.read_bytes()
    result = project("appraisal", project.out)
    assert "Somebody worked in an earlier form" in result.output
    (aside,) = project.report.glob("appraisal-edited-*.xlsx")
    assert aside.read_bytes() == worked
    project.take(fill(path, {(G, SEX): {"judgement": "yes"}}))
    project("appraisal", project.out)
    assert list(project.report.glob("appraisal-edited-*")) == [aside]


# --- and back


def test_what_is_chosen_in_excel_comes_back_in_the_next_report(project: Project) -> None:
    edits = {
        (G, SEX): {"judgement": "yes", "why": "age and sex are told"},
        (G, LESSON): {"judgement": "not applicable"},
        ("two2021", "doses.S1"): {"judgement": "partly"},
    }
    result = project.take(fill(project.form(), edits))
    assert "appraisal.xlsx: 3 decisions (3 judged)." in result.output
    assert project.said(SEX) == {"ana": "yes"}
    assert project.said(LESSON) == {"ana": "not applicable"}
    assert project.said("doses.S1", "two2021") == {"ana": "partly"}
    (decision,) = (d for d in read_decisions(project.decisions) if d.record == SEX)
    assert (decision.action, decision.table, decision.field) == ("judge", "appraisal", "judgement")
    assert (decision.quote, decision.page, decision.why) == ("She was 12 years old.", "1", "age and sex are told")


def test_a_form_that_is_taken_in_twice_adds_nothing(project: Project) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}})
    project.take(path)
    assert "0 decisions. 1 more was there already." in project.take(path).output
    assert len(read_decisions(project.decisions)) == 1


def test_what_a_person_said_before_stands_in_the_form_that_is_made_for_him(project: Project) -> None:
    project.take(fill(project.form(), {(G, SEX): {"judgement": "yes"}, (G, AFTER): {"judgement": "no"}}))
    path = project.form("--reviewer", "ana")
    assert cells_of(path, SEX)["judgement"] == "yes"
    project.take(fill(path, {(G, SEX): {"judgement": ""}, (G, AFTER): {"judgement": "unclear"}}))
    assert project.said(SEX) == {}
    assert project.said(AFTER) == {"ana": "unclear"}


def test_a_form_that_was_made_for_somebody_else_is_refused(project: Project) -> None:
    path = project.form("--reviewer", "ana")
    assert "this form was made for ana" in project.take(path, "bo", code=2).output


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16")]
)
def test_a_csv_comes_back_from_any_spreadsheet(project: Project, delimiter: str, encoding: str) -> None:
    path = project.form().with_suffix(".csv")
    project.take(fill_csv(path, {(G, SEX): {"judgement": "YES"}}, delimiter, encoding))
    assert project.said(SEX) == {"ana": "yes"}


def test_a_form_is_known_by_its_columns_whatever_it_is_called(project: Project, tmp_path: Path) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}}, tmp_path / "second round.xlsx")
    project.take(path)
    assert project.said(SEX) == {"ana": "yes"}


def test_the_run_of_a_form_is_found_from_where_it_lies(project: Project) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}})
    project("import", path, "--reviewer", "ana")
    assert project.said(SEX) == {"ana": "yes"}


def test_rows_may_be_sorted_and_deleted(project: Project) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}})
    book = openpyxl.load_workbook(path)
    sheet = book["appraisal"]
    lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=2)]
    sheet.delete_rows(2, sheet.max_row)
    for line in [line for line in reversed(lines) if line[0] != "two2021"]:
        sheet.append(line)
    book.save(path)
    project.take(path)
    assert project.said(SEX) == {"ana": "yes"}


def test_a_dry_run_writes_nothing(project: Project) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}})
    assert "1 decision (1 judged)" in project.take(path, "ana", "--dry-run").output
    assert not project.decisions.exists()


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"judgement": "yess"}, "judgement", "'yess' is no judgement of JBI case report. Did you mean 'yes'?"),
        ({"judgement": "partly"}, "judgement", "Allowed: yes, no, unclear, not applicable."),
        ({"why": "no idea"}, "why", "a reason without a judgement"),
        ({"judgement": "yes", "record": "jbi_case_report.11"}, "record", "Did you mean 'jbi_case_report.1'?"),
        ({"judgement": "yes", "seen": "1 quote"}, "seen", "'1 quote' is no mark of quotes"),
        ({"judgement": "yes", "sha256": "0" * 64}, "sha256", "the file of girl2020 has changed since"),
        ({"judgement": "yes", "sha256": "0" * 64, "document": "gone"}, "document", "gone is not in this run"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_in_is_told_with_its_row(
    project: Project, cells: dict[str, str], column: str, reason: str
) -> None:
    path = fill(project.form(), {(G, SEX): cells, (G, LESSON): {"judgement": "no"}})
    assert reason in project.take(path, code=1).output
    (told,) = unmatched(path)
    assert (told["sheet"], told["column"]) == ("appraisal", column)
    assert reason in told["reason"]
    assert project.said(LESSON) == {"ana": "no"}
    assert project.said(SEX) == {}


def test_two_rows_that_say_different_things_of_an_item_are_both_refused(project: Project) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}, (G, AFTER): {"judgement": "no", "record": SEX}})
    project.take(path, code=1)
    assert len(unmatched(path)) == 2
    assert project.said(SEX) == {}


def test_a_form_that_lost_a_column_is_refused_as_a_whole(project: Project) -> None:
    path = project.form()
    book = openpyxl.load_workbook(path)
    sheet = book["appraisal"]
    sheet.delete_cols([cell.value for cell in sheet[1]].index("seen") + 1)
    book.save(path)
    assert "the column seen is missing" in project.take(path, code=2).output


def test_a_judgement_made_on_words_that_have_changed_since_is_kept_and_told_of(
    project: Project, schema: Schema
) -> None:
    path = fill(project.form(), {(G, SEX): {"judgement": "yes"}})
    person = row("patients", "1", 0, G, kind="individual", n=1, sex=at("female", "A schoolgirl was seen."))
    run_of(project.out, schema, girl(person=person), two())
    assert "the quotes have changed since this form was written" in project.take(path).output
    form = cells_of(project.form("--reviewer", "ana"), SEX)
    assert form["judgement"] == ""
    assert form["words"].startswith("You said 'yes' before, but the quotes have changed since")
    project.take(fill(project.report / "appraisal.xlsx", {(G, SEX): {"judgement": "yes"}}))
    found = item(appraised(project.out, schema, read_decisions(project.decisions)), SEX)
    assert found.state == "judged"


# --- a run, agreement, disputes


def test_a_run_notes_judgements_and_changes_nothing_by_them(schema: Schema) -> None:
    plain = girl()
    decisions = [
        judged("ana", SEX, "yes", "no quote"),
        judged("ana", SEX, "no", "no quote", when="2026-03-02T09:00:00Z"),
        judged("ana", SEX, "no", "no quote", document="elsewhere"),
    ]
    applied = apply_decisions([plain], decisions, schema)
    assert applied.records == [plain]
    assert [fate.state for _, fate in applied.fates] == ["superseded", "noted", "noted"]


def both(project: Project, mark: Callable[[str], str]) -> None:
    """Two people judge: alike on one item, apart on another, one alone on a third."""
    for name, one, other in (("ana", "yes", "yes"), ("bo", "yes", "no")):
        append_decisions(project.decisions, name, [
            judged(name, SEX, one, mark(SEX)), judged(name, AFTER, other, mark(AFTER))
        ])  # fmt: skip
    append_decisions(project.decisions, "ana", [judged("ana", "care.13", "no", "no quote")])


@pytest.fixture
def mark(project: Project, schema: Schema) -> Callable[[str], str]:
    found = appraised(project.out, schema)
    return lambda record: item(found, record).words.seen


def test_agreement_counts_the_judgements_of_each_tool(project: Project, mark: Callable[[str], str]) -> None:
    both(project, mark)
    shown = project("agreement", project.out).output
    (line,) = (line for line in shown.splitlines() if "appraisal.jbi_case_report " in line and "%" in line)
    assert line.split()[1:3] == ["2", "50"]
    assert "1 disagreement" in shown
    assert "(jbi_case_report.6)" in shown


def test_judgements_on_different_words_are_not_compared(project: Project, mark: Callable[[str], str]) -> None:
    append_decisions(project.decisions, "ana", [judged("ana", SEX, "yes", "3 quotes 0123456789")])
    append_decisions(project.decisions, "bo", [judged("bo", SEX, "no", mark(SEX), when="2026-03-05T09:00:00Z")])
    assert "There is nothing to compare" in project("agreement", project.out, code=1).output
    assert "Nothing is in dispute" in project("adjudicate", project.out, "--list").output


def test_a_dispute_is_settled_in_a_file_and_the_report_says_so(project: Project, mark: Callable[[str], str]) -> None:
    both(project, mark)
    file = project.out / "disputes.csv"
    project("adjudicate", project.out, "-o", file)
    with file.open(encoding="utf-8-sig") as opened:
        (cells,) = csv.DictReader(opened)
    assert (cells["record"], cells["value_ana"], cells["value_bo"]) == (AFTER, "yes", "no")

    def settle(**answer: str) -> str:
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, list(cells))
            writer.writeheader()
            writer.writerow({**cells, **answer})
        code = 0 if answer.get("choice") == "bo" else 1
        return project("adjudicate", project.out, "--import", file, "--reviewer", "cy", code=code).output

    assert "'perhaps' is no judgement of jbi_case_report.6" in settle(value="perhaps")
    assert "'not reported' cannot be chosen. Allowed: ana, bo." in settle(choice="not reported")
    assert "1 dispute settled" in settle(choice="bo")
    found = item(appraised(project.out, project.schema, read_decisions(project.decisions)), AFTER)
    assert (found.state, found.said) == ("settled", ("no",))
    assert "0 disputes open, 1 settled." in project("adjudicate", project.out, "--list").output


def test_judging_goes_with_blind_extraction_and_a_finished_paper_judges_nothing(
    project: Project, mark: Callable[[str], str]
) -> None:
    both(project, mark)
    blind = Desk("bo", G)
    blind("extract", "patients", "1", "f" * 10, "sex", new="female")
    blind("done")
    append_decisions(project.decisions, "bo", blind.made)
    shown = project("agreement", project.out).output
    (line,) = (line for line in shown.splitlines() if "appraisal.jbi_case_report " in line and "%" in line)
    assert line.split()[1:3] == ["2", "50"]
    assert "appraisal.care" not in shown  # only ana judged consent


def test_forms_can_be_written_for_papers_without_appraisal(tmp_path: Path) -> None:
    written, aside = write_forms((), tmp_path)
    assert [path.name for path in written] == ["appraisal.csv", "appraisal.xlsx"]
    assert aside == []
