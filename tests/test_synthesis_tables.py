"""SYNTHESIS: the tables say what is reported, mark what is computed, and footnote what is contradicted."""

from __future__ import annotations

import csv
import re
import zipfile
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from series import against, outcome, series, treated, write_series
from written import case, computed, conflict, row

from extract.schema import Schema
from extract.synthesis.given import CELLS, PER_KG
from extract.synthesis.lists import completeness_table, conflict_table, derived_table, event_table, later_table
from extract.synthesis.outcome_tables import evidence_table, outcome_table
from extract.synthesis.outputs import load_outputs
from extract.synthesis.patient_tables import patient_table, study_table
from extract.synthesis.robustness import proportion_table, proportions, sensitivity_table
from extract.synthesis.rows import Outputs
from extract.synthesis.sheets import Cell, Column, Draft, Sheet, large_numbers, letter
from extract.synthesis.summaries import (
    direction_table,
    dose_table,
    group_table,
    measure_table,
    response_table,
    time_table,
)
from extract.synthesis.tables import all_sheets
from extract.synthesis.treatment_tables import treatment_table
from extract.synthesis.writers import write_sheets


def column(sheet: Sheet, title: str, over: str = "") -> list[Cell]:
    """The cells of a column."""
    (index,) = (i for i, found in enumerate(sheet.columns) if (found.title, found.over) == (title, over))
    return [cells[index] for cells in sheet.rows]


def texts(sheet: Sheet, title: str, over: str = "") -> list[str]:
    return [cell.text for cell in column(sheet, title, over)]


def notes(sheet: Sheet, cell: Cell) -> list[str]:
    return [sheet.footnotes[number] for number in cell.notes]


@pytest.fixture
def lupus(tmp_path: Path, schema: Schema) -> Outputs:
    """Three patients of one paper and a group: with doses of every kind, a conflict of each kind, and gaps."""
    low, high = outcome("1", 2, "SLEDAI-2K", "post", 4, 12), outcome("1", 3, "SLEDAI-2K", "post", 9, 12, where="table")
    return series(
        tmp_path,
        schema,
        row("patients", "1", kind="individual", n=1, sex="female", age_treatment_years=14, weight_kg=50,
            follow_up_months=24),
        row("diagnoses", "1", diagnosis="systemic lupus erythematosus", role="index"),
        row("administrations", "1", 1, route="intravenous", count=2, donor="allogeneic", tissue="bone marrow",
            cell_type="mesenchymal stem cell", dose_cells=60_000_000, dose_unit="cells",
            dose_basis="per_administration", cells_per_kg_derived=computed(1_200_000, "60000000 cells / 50 kg"),
            total_cells_derived=computed(120_000_000, "60000000 cells × 2")),
        outcome("1", 1, "SLEDAI-2K", "pre", 12), low, high, against("1", "SLEDAI-2K post", low, high, low),
        outcome("1", 4, "WBC", "pre", 2), outcome("1", 5, "WBC", "post", 4, 12),
        row("therapies", "1", 1, therapy="methotrexate", role="prior", status="failed", **{"class": "csDMARD"}),
        row("therapies", "1", 2, therapy="prednisone", role="concomitant", status="received", **{"class": "steroid"}),
        row("adverse_events", "1", 1, event="fever", present=True, relatedness="possible"),
        row("adverse_events", "1", 2, event="pneumonia", present=True, serious=True),
        conflict("1", "age treatment", "14", "15", "14"),
        row("patients", "2", kind="individual", n=1, age_report_years=Decimal("1.6667")),
        row("administrations", "2", 1, route="intravenous", count=1, cells_per_kg=2_000_000, dose_unit="cells/kg"),
        row("adverse_events", "2", 1, event="any adverse event", present=False),
        row("patients", "3", kind="individual", n=1,
            weight_kg_derived=computed(50, "60000000 cells / 1200000 cells/kg")),
        row("administrations", "3", 1, route="intra-articular", count=1, dose_cells=90_000_000, dose_basis="total"),
        row("patients", "all", kind="group", n=30),
        row("administrations", "all", 1, route="intravenous", count=1),
        row("adverse_events", "all", 1, event="fever", present=True),
        conflict("", "dose per kg of the series, upper end", "3300000 cells/kg", "6500000 cells/kg"),
    )  # fmt: skip


# --- patients and doses


def test_what_is_missing_is_nr_and_never_zero(lupus: Outputs) -> None:
    sheet = patient_table(lupus)
    assert texts(sheet, "Sex") == ["female", "NR", "NR", "NR"]
    assert texts(sheet, "Follow-up, months") == ["24", "NR", "NR", "NR"]
    assert not column(sheet, "Follow-up, months")[0].is_derived
    assert all(cell.text for cells in sheet.rows for cell in cells)


def test_without_a_stated_follow_up_the_last_dated_value_gives_a_lower_limit(tmp_path: Path, schema: Schema) -> None:
    rows = [outcome("1", 1, "SLEDAI-2K", "pre", 12), outcome("1", 2, "SLEDAI-2K", "post", 4, 18)]
    (cell,) = column(patient_table(series(tmp_path, schema, *treated(), *rows)), "Follow-up, months")
    assert (cell.text, cell.is_derived, cell.formula) == ("≥18", True, "the last dated value")


def test_an_age_that_is_not_of_the_first_cells_is_named(lupus: Outputs) -> None:
    sheet = patient_table(lupus)
    stated, other, missing, _ = column(sheet, "first cells", "Age in years at")
    assert (stated.text, other.text, missing.text) == ("14", "1.67", "NR")
    assert notes(sheet, other) == ["Age at report; the age at the first cells is not reported."]


def test_a_conflict_is_footnoted_with_both_values(lupus: Outputs) -> None:
    sheet = patient_table(lupus)
    age = column(sheet, "first cells", "Age in years at")[0]
    assert notes(sheet, age) == ["Age at treatment: 14 (text) or 15 (table); preferred: 14; not settled."]


def test_a_computed_value_is_marked_and_keeps_its_formula(lupus: Outputs) -> None:
    weight = column(patient_table(lupus), "Weight, kg")
    assert [cell.is_derived for cell in weight] == [False, False, True, False]
    assert weight[2].formula == "60000000 cells / 1200000 cells/kg"


def test_stated_and_derived_doses_per_kg_stand_apart(lupus: Outputs) -> None:
    sheet = treatment_table(lupus)
    assert texts(sheet, "cells", "Dose per administration") == ["60 × 10⁶", "NR", "90 × 10⁶", "NR"]
    assert texts(sheet, "cells/kg, stated", "Dose per administration") == ["NR", "2 × 10⁶", "NR", "NR"]
    assert texts(sheet, "cells/kg, derived", "Dose per administration") == ["1.2 × 10⁶", "–", "–", "–"]


def test_a_total_dose_is_not_printed_as_the_dose_of_each(lupus: Outputs) -> None:
    sheet = treatment_table(lupus)
    total = column(sheet, "cells", "Dose per administration")[2]
    assert notes(sheet, total) == ["Total of all administrations, not the dose of each."]


@pytest.mark.parametrize("names", [CELLS, PER_KG])
def test_no_table_mixes_stated_with_derived_doses(sample_out: Path, schema: Schema, names: tuple[str, ...]) -> None:
    outputs = load_outputs(sample_out, schema)
    title = "cells" if names is CELLS else "cells/kg, stated"
    cells = column(treatment_table(outputs), title, "Dose per administration")
    given = [row_ for person in outputs.treated for row_ in person.administrations]
    assert [cell.text != "NR" for cell in cells] == [any(name in row_ for name in names) for row_ in given]
    assert not any(cell.is_derived for cell in cells)


def test_a_group_is_named_and_counted_nowhere(lupus: Outputs) -> None:
    assert texts(patient_table(lupus), "Patient")[-1] == "all (group of 30)"
    assert any("not told one by one" in remark for remark in patient_table(lupus).remarks)
    assert texts(dose_table(lupus), "Patients") == ["2", "1"]
    groups = group_table(lupus)
    numbers = zip(texts(groups, "Grouping"), texts(groups, "Patients"), strict=True)
    assert sum(int(number) for grouping, number in numbers if grouping == "diagnosis") == 3
    assert any("Not counted" in remark for remark in event_table(lupus).remarks)


def test_a_conflict_about_the_whole_paper_stands_at_its_study(lupus: Outputs) -> None:
    sheet = study_table(lupus)
    (study,) = column(sheet, "Study")
    (note,) = notes(sheet, study)
    assert "3.3 × 10⁶ cells/kg (text) or 6.5 × 10⁶ cells/kg (table); none is preferred; not settled." in note
    assert texts(sheet, "given cells", "Patients") == ["33"]


def test_doses_over_patients_keep_kinds_apart(lupus: Outputs) -> None:
    sheet = dose_table(lupus)
    by_route = dict(zip(texts(sheet, "Route"), sheet.rows, strict=True))
    assert [cell.text for cell in by_route["intravenous"][2:]] == [
        "60 (n = 1)",
        "2 (n = 1)",
        "1.2 (n = 1)",
        "120 (n = 1)",
    ]
    assert by_route["intra-articular"][2].text == "NR"


# --- outcomes


def test_the_evidence_table_tells_better_apart_from_the_rest(lupus: Outputs) -> None:
    sheet = evidence_table(lupus)
    better = column(sheet, "Better: before → last (time)")[0]
    assert better.text == "SLEDAI-2K 12 → 4 (12 mo)"
    assert notes(sheet, better) == ["SLEDAI-2K post: 4 (text) or 9 (table); preferred: 4; not settled."]
    assert texts(sheet, "Unchanged, worse, or not to be told")[0] == "no better direction known: WBC 2 → 4 (12 mo)"


def test_the_evidence_table_counts_drugs_and_names_what_could_explain_it(lupus: Outputs) -> None:
    sheet = evidence_table(lupus)
    assert texts(sheet, "Treatment before (n cs/b/tsDMARD)")[0] == "methotrexate (1/0/0)"
    assert texts(sheet, "Treatment with or after")[0] == "prednisone"
    assert texts(sheet, "Route, dose per administration (cells)")[:2] == [
        "IV 60 × 10⁶ (1.2 × 10⁶/kg d) ×2",
        "IV 2 × 10⁶/kg s ×1",
    ]


def test_none_stated_is_not_not_reported(lupus: Outputs) -> None:
    events = texts(evidence_table(lupus), "Adverse events")
    assert events == ["fever (possible); pneumonia (serious)", "none stated", "not reported", "fever"]


def test_a_direction_that_hangs_on_a_conflict_is_footnoted(tmp_path: Path, schema: Schema) -> None:
    before, after = outcome("1", 1, "SLEDAI-2K", "pre", 6), outcome("1", 2, "SLEDAI-2K", "post", 4, 6)
    other = outcome("1", 3, "SLEDAI-2K", "post", 9, 6, where="table")
    outputs = series(
        tmp_path, schema, *treated(), before, after, other, against("1", "SLEDAI-2K post", after, other, after)
    )
    sheet = outcome_table(outputs)
    (direction,) = column(sheet, "Direction")
    assert direction.text == "improved"
    assert notes(sheet, direction) == ["The direction is another one if the other statement is right."]


def test_outcomes_stand_by_class_of_time(lupus: Outputs) -> None:
    sheet = outcome_table(lupus)
    assert texts(sheet, ">3–12 months", "Last value after the first cells")[0] == "4 (12 mo)"
    assert texts(sheet, ">12 months", "Last value after the first cells")[0] == "–"
    assert texts(sheet, "Could explain it too") == ["prednisone", "prednisone"]


def test_directions_over_patients_say_of_how_many(lupus: Outputs) -> None:
    sheet = direction_table(lupus)
    assert texts(sheet, "Domain") == ["activity", "laboratory"]
    assert texts(sheet, "Improved (95 % CI)") == ["1/1 (100 %; 2.5 to 100)", "–"]
    assert texts(sheet, "p, patients", "Sign test") == ["–", "–"]
    assert any("exploratory" in remark for remark in sheet.remarks)


def test_medians_never_mix_scores_of_unknown_range(tmp_path: Path, schema: Schema) -> None:
    rows = [outcome("1", 1, "PGA", "pre", 8), outcome("1", 2, "PGA", "post", 2, 6)]
    papers = [case("a", *treated(), *rows), case("b", *treated(), *rows)]
    outputs = load_outputs(write_series(tmp_path, schema, *papers), schema)
    assert texts(measure_table(outputs), "Before: median") == ["8 (n = 1)"]
    assert texts(measure_table(outputs), "with it", "Patients") == ["2"]


def test_thresholds_count_only_those_for_whose_disease_they_are(tmp_path: Path, schema: Schema) -> None:
    rows = [
        item
        for patient, diagnosis, after in (
            ("1", "Crohn's disease", 140),
            ("2", "Crohn's disease", 290),
            ("3", "lupus", 90),
        )
        for item in (
            *treated(patient, diagnosis),
            outcome(patient, 1, "CDAI-Crohn", "pre", 310),
            outcome(patient, 2, "CDAI-Crohn", "post", after, 6),
        )
    ]
    sheet = response_table(series(tmp_path, schema, *rows))
    found = dict(zip(texts(sheet, "Threshold"), texts(sheet, "met at the last", "Patients"), strict=True))
    assert found == {"remission": "1/2", "response (fall of 70)": "1/2", "response (fall of 100)": "1/2"}
    assert texts(sheet, "met before", "Patients")[0] == "0/2"


def test_patients_who_may_be_one_are_said_to_be_counted_twice(tmp_path: Path, schema: Schema) -> None:
    rows = [*treated(dose_cells=61_234_567), outcome("1", 1, "SLEDAI-2K", "pre", 13)]
    aged = rows[0].model_copy(update={"values": {**rows[0].values, **row("patients", age_treatment_years=14).values}})
    papers = [case(name, aged, *rows[1:]) for name in ("a", "b")]
    sheet = study_table(load_outputs(write_series(tmp_path, schema, *papers), schema))
    assert any("May be the same, and are then counted twice: a, 1 and b, 1" in remark for remark in sheet.remarks)


# --- events, pooling, completeness, lists


def test_events_have_exact_intervals_and_the_rule_of_three(lupus: Outputs) -> None:
    sheet = event_table(lupus)
    assert texts(sheet, "Event")[:2] == ["any adverse event", "serious adverse event"]
    assert texts(sheet, "with event/told (%; 95 % CI)", "Patients")[0] == "1/2 (50 %; 1.3 to 98.7)"
    assert texts(sheet, "with event/all (%; 95 % CI)", "Administrations, at least")[0] == "1/3 (33 %; 0.8 to 90.6)"
    assert "events in 1, none stated in 1, only some denied in 0, nothing (not reported) in 1" in sheet.remarks[0]


def test_an_event_that_is_only_denied_has_an_upper_limit(tmp_path: Path, schema: Schema) -> None:
    rows = [item for n in range(1, 11) for item in (
        *treated(str(n)), row("adverse_events", str(n), 1, event="tumor", present=False))]  # fmt: skip
    sheet = event_table(series(tmp_path, schema, *rows))
    by_event = dict(zip(texts(sheet, "Event"), sheet.rows, strict=True))
    assert [cell.text for cell in by_event["tumor"][1:4]] == ["0/10 (0 %; 0 to 31)", "30 % (26 %)", "10"]


def test_too_little_is_not_pooled_and_why_is_said(lupus: Outputs) -> None:
    sheet = proportion_table(proportions(lupus))
    assert set(texts(sheet, "Pooled (95 % CI)")) == {"not pooled"}
    assert "pooling needs at least 5 studies and 30 patients" in texts(sheet, "Why there is none")[0]


def test_what_the_program_does_not_look_for_is_no_gap_of_the_paper(lupus: Outputs) -> None:
    sheet = completeness_table(lupus)
    consent = column(sheet, "13 Informed consent", "CARE")
    assert {(cell.text, cell.level) for cell in consent} == {("?", "not read")}
    donor = column(sheet, "D Donor", "DOSES")
    assert [cell.text for cell in donor] == ["yes", "NR", "NR", "NR"]
    therapy = column(sheet, "9 Therapeutic intervention", "CARE")[1]
    assert therapy.text == "part"
    assert notes(sheet, therapy) == ["Not found: kind of cell."]


def test_every_conflict_is_listed_with_both_statements(lupus: Outputs) -> None:
    sheet = conflict_table(lupus)
    assert texts(sheet, "About") == ["dose per kg of the series, upper end", "SLEDAI-2K post", "age at treatment"]
    assert texts(sheet, "says", "One statement")[1] == "4 (text, page 2)"
    assert texts(sheet, "says", "The other statement")[1] == "9 (table, page 2)"


def test_every_computed_number_is_listed_with_its_formula(lupus: Outputs) -> None:
    sheet = derived_table(lupus)
    assert texts(sheet, "Computed as") == [
        "60 × 10⁶ cells / 50 kg",
        "60 × 10⁶ cells × 2",
        "60 × 10⁶ cells / 1.2 × 10⁶ cells/kg",
    ]


def test_empty_outputs_give_empty_tables(tmp_path: Path, schema: Schema) -> None:
    outputs = series(tmp_path, schema)
    for sheet in all_sheets(outputs):
        assert len(sheet.columns) > 1
    assert sensitivity_table(outputs).rows == ()
    assert time_table(outputs).rows == ()
    assert later_table(outputs).rows == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1800000 cells/kg", "1.8 × 10⁶ cells/kg"),
        ("60000000 cells / 1200000.0 cells/kg", "60 × 10⁶ cells / 1.2 × 10⁶ cells/kg"),
        ("16.75", "16.75"),
        ("10.5555/2020.1234567", "10.5555/2020.1234567"),
    ],
)
def test_large_numbers_are_written_as_people_do(text: str, expected: str) -> None:
    assert large_numbers(text) == expected


def test_footnotes_go_on_after_z() -> None:
    assert [letter(number) for number in (0, 25, 26, 27, 701, 702)] == ["a", "z", "aa", "ab", "zz", "aaa"]


def test_a_row_of_the_wrong_length_is_refused() -> None:
    draft = Draft("x", "X", (Column("a"), Column("b")))
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        draft.add("one")


def test_widths_add_up_and_give_every_title_its_room(sample_out: Path, schema: Schema) -> None:
    for sheet in all_sheets(load_outputs(sample_out, schema)):
        shares = sheet.shares()
        assert sum(shares) == pytest.approx(1)
        assert min(shares) > 0.01


# --- files


def test_the_same_tables_give_the_same_bytes(sample_out: Path, schema: Schema, tmp_path: Path) -> None:
    sheets = all_sheets(load_outputs(sample_out, schema))
    first, second = (write_sheets(sheets, tmp_path / name) for name in ("one", "two"))
    assert len(first) == len(sheets) + 3
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name
    with zipfile.ZipFile(tmp_path / "one" / "tables.docx") as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_csv_marks_what_is_derived_and_writes_out_footnotes(lupus: Outputs, tmp_path: Path) -> None:
    write_sheets([patient_table(lupus)], tmp_path, ["csv"])
    text = (tmp_path / "tables" / "patients.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert rows[2]["Weight, kg"] == "50 (derived)"
    assert rows[0]["footnotes"] == (
        "[Age in years at: first cells] Age at treatment: 14 (text) or 15 (table); preferred: 14; not settled."
    )


def sledai(name: str) -> Any:
    """A paper on lupus with a measure and a contradiction."""
    low, high = outcome("1", 2, "SLEDAI-2K", "post", 4, 12), outcome("1", 3, "SLEDAI-2K", "post", 9, 12)
    about = against("1", f"SLEDAI-2K post of {name}", low, high, low)
    return case(name, *treated(dose_cells=60000000), outcome("1", 1, "SLEDAI-2K", "pre", 12), low, high, about)


def edss(name: str) -> Any:
    """A paper that has nothing in common with ``sledai``: disease, source, route, measure."""
    given = treated("7", "multiple sclerosis", route="intrathecal", tissue="adipose tissue", donor="autologous")
    before, after = outcome("7", 1, "EDSS", "pre", 6, 0), outcome("7", 2, "EDSS", "post", 4, 24)
    return case(name, *(item.model_copy(update={"id": item.id[::-1]}) for item in (*given, before, after)))


def lines_of(folder: Path, schema: Schema, *papers: Any) -> dict[str, set[str]]:
    """The lines of every table of a report as CSV."""
    written = write_sheets(all_sheets(load_outputs(write_series(folder, schema, *papers), schema)), folder, ["csv"])
    return {path.stem: set(path.read_text("utf-8").splitlines()) for path in written}


OF_ONE = (
    "studies", "patients", "evidence", "treatment", "outcomes", "conflicts", "completeness", "later", "derived",
)  # fmt: skip
"""Tables of which every line is about one paper."""

OF_ALL = {"adverse_events", "proportions"}
"""Tables of which every line has all patients in it."""


def test_a_paper_more_changes_no_line_of_the_others(tmp_path: Path, schema: Schema) -> None:
    one = lines_of(tmp_path / "one", schema, sledai("b"))
    alike = lines_of(tmp_path / "alike", schema, sledai("a"), sledai("b"))
    for name in (
        "studies",
        "patients",
        "evidence",
        "treatment",
        "outcomes",
        "conflicts",
        "completeness",
        "later",
        "derived",
    ):
        assert one[name] <= alike[name], name
    assert {name for name in one if len(alike[name]) > len(one[name])} >= {
        "studies",
        "patients",
        "outcomes",
        "conflicts",
    }


def test_a_paper_on_something_else_changes_no_line_of_any_summary(tmp_path: Path, schema: Schema) -> None:
    one = lines_of(tmp_path / "one", schema, sledai("b"))
    more = lines_of(tmp_path / "more", schema, edss("a"), sledai("b"))
    assert {name for name in one.keys() - OF_ALL if not one[name] <= more[name]} == set()
    assert {"measures", "direction", "groups", "times"} <= {name for name in one if len(more[name]) > len(one[name])}


def test_csv_and_excel_do_not_run_what_a_paper_says(tmp_path: Path) -> None:
    draft = Draft("x", "X", (Column("a"),))
    draft.add("=1+1")
    write_sheets([draft.sheet()], tmp_path, ["csv", "xlsx"])
    assert (tmp_path / "tables" / "x.csv").read_text(encoding="utf-8").splitlines()[1] == "'=1+1,"
    assert openpyxl.load_workbook(tmp_path / "tables.xlsx")["x"]["A4"].value == "'=1+1"


def test_excel_keeps_numbers_as_numbers_and_formulas_as_comments(lupus: Outputs, tmp_path: Path) -> None:
    write_sheets([patient_table(lupus), treatment_table(lupus)], tmp_path, ["xlsx"])
    page = openpyxl.load_workbook(tmp_path / "tables.xlsx")["patients"]
    head = {cell.value: cell.column for cell in page[3]}
    weights = [page.cell(row=4 + i, column=head["Weight, kg"]) for i in range(3)]
    assert [cell.value for cell in weights] == [50, "NR", 50]
    assert weights[2].font.italic
    assert "60000000 cells / 1200000" in weights[2].comment.text
    assert str(page.cell(row=4, column=head["Age in years at: first cells"]).value) == "14 a"


def test_word_has_every_table_with_its_footnotes(lupus: Outputs, tmp_path: Path) -> None:
    sheets = [patient_table(lupus), event_table(lupus)]
    write_sheets(sheets, tmp_path, ["docx"])
    document: Any = docx.Document(str(tmp_path / "tables.docx"))
    assert len(document.tables) == 2
    first = document.tables[0]
    assert len(first.rows) == len(sheets[0].rows) + 2
    weight = next(i for i, found in enumerate(sheets[0].columns) if found.title == "Weight, kg")
    runs = first.rows[4].cells[weight].paragraphs[0].runs
    assert (runs[0].text, runs[0].italic) == ("50", True)
    said = [paragraph.text for paragraph in document.paragraphs]
    assert "Table 1. Characteristics of the patients" in said
    assert any(text.startswith("a Age at treatment") for text in said)


class _Tables(HTMLParser):
    """How many cells the rows of each table have, spans counted."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("col", "meta"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += int(dict(attrs).get("colspan") or 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_and_says_what_it_marks(lupus: Outputs, tmp_path: Path) -> None:
    write_sheets([treatment_table(lupus)], tmp_path, ["html"])
    page = (tmp_path / "tables.html").read_text(encoding="utf-8")
    parser = _Tables()
    parser.feed(page)
    assert parser.open == []
    assert parser.rows[2:] == [15] * 4
    assert '<em title="60000000 cells / 50 kg">1.2\u00a0×\u00a010⁶</em>' in page
    assert re.search(r"90\u00a0×\u00a010⁶<sup>a</sup>", page)
    assert not re.search(r"(?:src|href)=", page)


def test_html_escapes_what_a_paper_says(tmp_path: Path) -> None:
    draft = Draft("x", "<X>", (Column("<a>"),), remarks=("<r>",))
    draft.add(Cell("<script>", notes=draft.notes(["<n>"])))
    write_sheets([draft.sheet()], tmp_path, ["html"])
    page = (tmp_path / "tables.html").read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|X|a|r|n)>", page)
