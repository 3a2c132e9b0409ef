"""SYNTHESIS: appraisal shows the words that bear on each item and what reviewers made of it, and never judges."""

from __future__ import annotations

from pathlib import Path

import pytest
from appraising import appraised, at, girl, item, judged, run_of, two
from series import treated
from written import case, digest, place, row, said

from extract.schema import Schema
from extract.synthesis.appraisal import appraisal_list, appraisal_tables, appraisals, leftovers, progress
from extract.synthesis.outputs import load_outputs
from extract.synthesis.sensitivity import only_reviewed
from extract.synthesis.sheets import Sheet
from extract.synthesis.writers import write_sheets

SEX, HARMS, LESSON, AFTER = "jbi_case_report.1", "jbi_case_report.7", "jbi_case_report.8", "jbi_case_report.6"


@pytest.fixture(scope="module")
def folder(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_of(tmp_path_factory.mktemp("run") / "out", schema, girl(), two())


def seen(folder: Path, schema: Schema, record: str) -> str:
    return item(appraised(folder, schema), record).words.seen


def cell(sheet: Sheet, study: str, title: str) -> str:
    (index,) = (i for i, column in enumerate(sheet.columns) if column.title.startswith(title))
    (row,) = (row for row in sheet.rows if row[0].text == study)
    return row[index].text


def sheet(folder: Path, schema: Schema, tool: str, *decisions: object) -> Sheet:
    found = appraised(folder, schema, decisions)  # type: ignore[arg-type]
    return next(sheet for sheet in appraisal_tables(found) if sheet.name == f"appraisal_{tool}")


# --- which papers, which words


def test_a_paper_is_appraised_by_the_tools_for_its_kind(folder: Path, schema: Schema) -> None:
    found = {(one.document, one.tool.id) for one in appraised(folder, schema)}
    both = {"murad", "care", "doses"}
    assert found == {
        ("girl2020", "jbi_case_report"), ("two2021", "jbi_case_series"),
        *((document, tool) for document in ("girl2020", "two2021") for tool in both),
    }  # fmt: skip


def test_papers_without_cells_or_of_another_kind_are_not_appraised(tmp_path: Path, schema: Schema) -> None:
    untreated = girl(name="none2019", reason="no_cell_therapy")
    review = girl(name="review2018", design="review")
    assert appraised(run_of(tmp_path, schema, untreated, review), schema) == ()


def test_the_words_of_an_item_stand_with_their_page_and_what_was_taken_from_them(folder: Path, schema: Schema) -> None:
    words = str(item(appraised(folder, schema), SEX).words)
    assert words == "p. 1 “She was 12 years old.” [sex female, age at treatment 12 years]"


def test_only_rows_of_the_right_kind_bear_on_an_item(folder: Path, schema: Schema) -> None:
    found = appraised(folder, schema)
    assert [quote.text for quote in item(found, "jbi_case_report.6").words.quotes] == ["It fell to 4."]
    assert "SLEDAI-2K was 16." in [quote.text for quote in item(found, "jbi_case_report.3").words.quotes]


def test_patients_of_a_series_are_named_and_those_with_the_same_facts_together(tmp_path: Path, schema: Schema) -> None:
    none = place(quote="Nobody had a fever.", page=4)
    rows = [row("adverse_events", who, event=said("fever", none), present=said(False, none)) for who in ("1", "2")]
    folder = run_of(tmp_path, schema, case("two2021", *treated("1"), *treated("2"), *rows))
    words = str(item(appraised(folder, schema), "care.10", "two2021").words)
    assert words == "p. 4 “Nobody had a fever.” [1, 2: no fever]"


def test_a_contradiction_stands_beside_the_words_that_it_is_about(folder: Path, schema: Schema) -> None:
    found = appraised(folder, schema)
    after = item(found, "jbi_case_series.8", "two2021").words
    assert len(after.conflicts) == 1
    assert "4 (text) or 9 (table)" in after.conflicts[0]
    assert item(found, "jbi_case_series.6", "two2021").words.conflicts == ()


def test_of_many_quotes_those_that_tell_most_are_shown_and_the_others_counted(tmp_path: Path, schema: Schema) -> None:
    values = [
        row(
            "outcomes",
            "1",
            10 + n,
            "girl2020",
            measure="CRP",
            phase="post",
            value=at(n, f"CRP was {n}.", 4, start=600 + 20 * n),
        )
        for n in range(20)
    ]
    words = item(appraised(run_of(tmp_path, schema, girl(*values)), schema), AFTER).words
    assert len(words.quotes) == 21
    assert len(words.shown) == 6
    assert str(words).endswith("… and 15 more in values.csv")


def test_a_quote_that_adds_nothing_is_not_shown(tmp_path: Path, schema: Schema) -> None:
    places = [place(quote=f"The girl again, time {n}.", page=2, start=700 + 50 * n) for n in range(3)]
    first = row("patients", "1", 0, "girl2020", kind="individual", n=1, sex=said("female", *places))
    words = item(appraised(run_of(tmp_path, schema, girl(person=first)), schema), SEX).words
    assert len(words.quotes) == 3
    assert [quote.text for quote in words.shown] == ["The girl again, time 0."]


# --- what reviewers judged


def test_nothing_is_judged_by_the_program(folder: Path, schema: Schema) -> None:
    assert {each.state for one in appraised(folder, schema) for each in one.assessments} == {"open"}
    table = sheet(folder, schema, "jbi_case_report")
    assert cell(table, "girl2020", "1 ") == "open"
    assert cell(table, "girl2020", "8 ") == "(unclear)"
    assert cell(table, "girl2020", "Judged by") == "nobody"


def test_a_judgement_is_shown_with_who_gave_it(folder: Path, schema: Schema) -> None:
    mark = seen(folder, schema, SEX)
    table = sheet(folder, schema, "jbi_case_report", judged("ana", SEX, "yes", mark))
    assert cell(table, "girl2020", "1 ") == "yes"
    assert cell(table, "girl2020", "Judged by") == "ana"
    assert "1 of 8 items are judged, 0 of them by more than one reviewer." in table.remarks


def test_an_item_without_quotes_can_be_judged(folder: Path, schema: Schema) -> None:
    assert seen(folder, schema, LESSON) == "no quote"
    assert cell(
        sheet(folder, schema, "jbi_case_report", judged("ana", LESSON, "no", "no quote")), "girl2020", "8 "
    ) == ("no")


def test_reviewers_who_differ_are_both_shown(folder: Path, schema: Schema) -> None:
    mark = seen(folder, schema, SEX)
    table = sheet(
        folder, schema, "jbi_case_report", judged("ana", SEX, "yes", mark), judged("bo", SEX, "no", mark, why="no age")
    )
    assert cell(table, "girl2020", "1 ") == "yes / no"
    assert table.footnotes == ("ana: yes; bo: no (no age).",)
    assert "1 of 8 items are judged, 1 of them by more than one reviewer; on 1 reviewers differ." in table.remarks


def test_reviewers_who_agree_are_one_judgement(folder: Path, schema: Schema) -> None:
    mark = seen(folder, schema, SEX)
    found = appraised(folder, schema, [judged("ana", SEX, "yes", mark), judged("bo", SEX, "Yes", mark)])
    assert item(found, SEX).state == "judged"
    assert item(found, SEX).said == ("yes",)


def test_an_adjudicator_outranks_reviewers_who_stay_on_show(folder: Path, schema: Schema) -> None:
    mark = seen(folder, schema, SEX)
    table = sheet(
        folder, schema, "jbi_case_report", judged("ana", SEX, "yes", mark), judged("bo", SEX, "no", mark),
        judged("cy", SEX, "unclear", mark, via="adjudication"),
    )  # fmt: skip
    assert cell(table, "girl2020", "1 ") == "unclear"
    assert table.footnotes == ("ana: yes; bo: no; settled by cy: unclear.",)


def test_the_last_judgement_of_a_reviewer_counts_and_an_empty_one_takes_it_back(folder: Path, schema: Schema) -> None:
    mark = seen(folder, schema, SEX)
    first, second = judged("ana", SEX, "yes", mark), judged("ana", SEX, "no", mark, when="2026-03-02T09:00:00Z")
    assert item(appraised(folder, schema, [first, second]), SEX).said == ("no",)
    gone = judged("ana", SEX, "", mark, when="2026-03-03T09:00:00Z")
    assert item(appraised(folder, schema, [first, second, gone]), SEX).state == "open"


def test_a_judgement_on_other_quotes_is_stale(tmp_path: Path, folder: Path, schema: Schema) -> None:
    decision = judged("ana", SEX, "yes", seen(folder, schema, SEX))
    more = row("patients", "1", 0, "girl2020", kind="individual", n=1, sex=at("female", "She was 12 years old."),
               age_treatment_years=at(13, "A girl of 13.", 2, 900))  # fmt: skip
    changed = run_of(tmp_path, schema, girl(person=more))
    found = appraised(changed, schema, [decision])
    assert item(found, SEX).state == "stale"
    table = appraisal_tables(found)[0]
    assert cell(table, "girl2020", "1 ") == "open"
    assert table.footnotes == ("ana: yes, stale: the quotes have changed since (1 quote then, 2 quotes now).",)
    assert any("1 judged before must be judged again" in remark for remark in table.remarks)


def test_another_value_from_the_same_words_leaves_a_judgement_as_it_is(
    tmp_path: Path, folder: Path, schema: Schema
) -> None:
    words = "She was 12 years old."
    other = row(
        "patients", "1", 0, "girl2020", kind="individual", n=1, sex=at("female", words), age_report_years=at(12, words)
    )
    changed = run_of(tmp_path, schema, girl(person=other))
    assert item(appraised(changed, schema, [judged("ana", SEX, "yes", seen(folder, schema, SEX))]), SEX).said == (
        "yes",
    )


def test_a_report_on_reviewed_values_only_leaves_words_and_judgements_as_they_are(folder: Path, schema: Schema) -> None:
    decisions = [judged("ana", SEX, "yes", seen(folder, schema, SEX))]
    outputs = load_outputs(folder, schema)
    assert appraisals(only_reviewed(outputs), decisions) == appraisals(outputs, decisions)


def test_a_judgement_of_another_file_of_that_name_is_stale(folder: Path, schema: Schema) -> None:
    old = judged("ana", SEX, "yes", seen(folder, schema, SEX), sha256=digest("an earlier file"))
    (judgement,) = item(appraised(folder, schema, [old]), SEX).judgements
    assert judgement.stale == "the file has changed since"
    again = judged("ana", SEX, "no", seen(folder, schema, SEX))
    assert [one.said for one in item(appraised(folder, schema, [old, again]), SEX).judgements] == ["no"]


def test_a_tool_by_which_somebody_judged_a_paper_is_shown_whatever_its_kind(folder: Path, schema: Schema) -> None:
    decision = judged("ana", "jbi_case_report.8", "yes", "no quote", document="two2021")
    found = appraised(folder, schema, [decision])
    assert item(found, "jbi_case_report.8", "two2021").said == ("yes",)


def test_judgements_that_no_table_shows_are_told_of(folder: Path, schema: Schema) -> None:
    decisions = [
        judged("ana", SEX, "yes", "no quote", document="elsewhere2011"),
        judged("ana", "care.99", "yes", "no quote"),
    ]
    notes = leftovers(appraised(folder, schema, decisions), decisions)
    assert notes == (
        "Judgements of papers that are not appraised here: elsewhere2011 (1).",
        "Judgements of items that no tool has (any more): care.99.",
    )


# --- the tables of the report


def test_the_list_has_every_item_with_its_words_or_says_why_there_are_none(folder: Path, schema: Schema) -> None:
    found = appraised(folder, schema)
    table = appraisal_list(found)
    assert len(table.rows) == sum(len(one.assessments) for one in found)
    words = {(row[0].text, row[1].text, row[2].text): row[5].text for row in table.rows}
    assert words["girl2020", "JBI case report", "1 Who the patient was"].startswith("p. 1 “She was")
    assert words["girl2020", "JBI case report", "7 Harms"] == "Nothing was found that bears on it."
    assert words["girl2020", "CARE", "13 Informed consent"].startswith("The program does not look for this")


def test_a_paper_more_changes_no_row_of_another(tmp_path: Path, folder: Path, schema: Schema) -> None:
    decisions = [judged("ana", SEX, "yes", seen(folder, schema, SEX))]
    more = run_of(tmp_path, schema, girl(), girl(name="other2022"), two())
    for before, after in zip(
        (*appraisal_tables(one := appraised(folder, schema, decisions)), appraisal_list(one)),
        (*appraisal_tables(two_ := appraised(more, schema, decisions)), appraisal_list(two_)),
        strict=True,
    ):
        assert [row for row in after.rows if row[0].text != "other2022"] == list(before.rows)


def test_the_tables_can_be_written_in_every_format_and_are_the_same_each_time(
    tmp_path: Path, folder: Path, schema: Schema
) -> None:
    found = appraised(folder, schema, [judged("ana", SEX, "yes", seen(folder, schema, SEX))])
    tables = (*appraisal_tables(found), appraisal_list(found))
    once = [path.read_bytes() for path in write_sheets(tables, tmp_path / "a")]
    assert once == [path.read_bytes() for path in write_sheets(tables, tmp_path / "b")]
    assert len(once) == len(tables) + 3


def test_progress_counts_items(folder: Path, schema: Schema) -> None:
    total = sum(len(one.assessments) for one in appraised(folder, schema))
    assert list(progress(appraised(folder, schema))) == [
        f"0 of {total} items are judged, 0 of them by more than one reviewer."
    ]
