"""evidence.xlsx: what stands where, that nothing runs as a formula, and that what comes back is what was written."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import case, computed, conflict, place, row, said

from extract.evidence import build_tables
from extract.evidence.cells import number_text
from extract.evidence.returned import WorkbookError, cell_text, read_workbook
from extract.evidence.workbook import CHOICES, LEFT_OUT, RENAMED, REVIEW, RUN, Links, exact_number, write_workbook
from extract.model import CaseRecord, Issue
from extract.schema import Schema, load_schema

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
HOSTILE = "=cmd|' /C calc'!A0"
NOWHERE = Links(lambda _digest, _page: "", lambda _digest: "")
EVERYWHERE = Links(
    lambda digest, page: f"pages/{digest[:10]}/{page}.png", lambda digest: f"review.html#paper-{digest[:10]}"
)


def paper() -> CaseRecord:
    """A patient with a conflict, an open question, a computed value, and words that a spreadsheet would run."""
    open_question = said(None, place(quote="3 or 4"), place(quote="4 or 5", start=900), status="ambiguous")
    return case(
        "lupus2020",
        row("patients", "1", kind="individual", sex="female", age_treatment_years=14, label=HOSTILE),
        row(
            "administrations",
            "1",
            1,
            count=2,
            route="intravenous",
            dose_cells=Decimal("1E+11"),
            volume_ml=Decimal("0.5"),
            product="+1-800",
            total_cells_derived=computed(200000000000, "100000000000 × 2"),
        ),
        row("outcomes", "1", 1, measure="SLEDAI-2K", phase="pre", value=said(6, status="conflict")),
        row("outcomes", "1", 2, measure="PGA", phase="post", value=open_question),
        conflict("1", "SLEDAI-2K pre", "6", "8", chosen="6"),
        Issue(severity="minor", message="Table 1 was read by one method only.", page=3),
        values={"title": said("@home with <b>lupus</b>")},
    )


@pytest.fixture
def tables(small_schema: Schema) -> dict[str, pd.DataFrame]:
    return build_tables([paper()], small_schema)


@pytest.fixture
def written(tables: dict[str, pd.DataFrame], small_schema: Schema, tmp_path: Path) -> Path:
    path = tmp_path / "evidence.xlsx"
    write_workbook(tables, small_schema, path, links=EVERYWHERE, run={"schema": small_schema.hash})
    return path


def opened(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def column(sheet: Any, name: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == name)


def cell(sheet: Any, name: str, row: int = 2) -> Any:
    return sheet.cell(row, column(sheet, name))


# --- what stands where


def test_there_is_a_sheet_for_each_table_and_evidence_comes_first(written: Path, small_schema: Schema) -> None:
    book = opened(written)
    assert book.sheetnames[0] == "evidence"
    assert book.sheetnames[-2:] == ["about", RUN]
    assert set(book.sheetnames[:-2]) == set(small_schema.tables)
    assert book[RUN].sheet_state == "veryHidden"


def test_columns_are_those_of_the_csv_then_those_for_the_reviewer(
    written: Path, tables: dict[str, pd.DataFrame], small_schema: Schema
) -> None:
    book = opened(written)
    for name, table in tables.items():
        titles = [cell.value for cell in book[name][1]]
        data = [RENAMED.get(name, {}).get(c, c) for c in table.columns if c not in LEFT_OUT.get(name, ())]
        record = small_schema.tables[name].record
        own = [
            *(["page"] if record else []),
            *(REVIEW if record or name in ("values", "conflicts", "documents") else ()),
        ]
        assert titles == [*data, *own], name
        assert len(set(titles)) == len(titles), name


def test_the_header_stays_in_sight_with_document_and_patient_and_can_be_filtered(written: Path) -> None:
    book = opened(written)
    assert book["outcomes"].freeze_panes == "C2"
    assert book["evidence"].freeze_panes == "D2"  # document, study, patient
    assert book["codebook"].freeze_panes == "A2"
    assert book["outcomes"].auto_filter.ref == f"A1:{book['outcomes'].cell(3, book['outcomes'].max_column).coordinate}"


def test_ids_are_there_but_hidden(written: Path) -> None:
    book = opened(written)
    for name in ("patients", "outcomes", "values"):
        sheet = book[name]
        letter = cell(sheet, "record").column_letter
        assert sheet.column_dimensions[letter].hidden, name
        assert re.fullmatch(r"[0-9a-f]{10}", cell(sheet, "record").value)


def test_conflicts_open_questions_and_computed_values_can_be_told_by_colour(written: Path) -> None:
    book = opened(written)

    def colour(sheet: str, name: str, row: int) -> str:
        return str(cell(book[sheet], name, row).fill.fgColor.rgb)

    plain = colour("outcomes", "measure", 2)
    disputed, unclear = colour("outcomes", "value", 2), colour("outcomes", "value", 3)
    assert len({plain, disputed, unclear}) == 3
    assert cell(book["outcomes"], "value", 3).value is None
    assert {cell.fill.fgColor.rgb for cell in book["conflicts"][2] if cell.value and not cell.hyperlink} == {disputed}
    assert cell(book["administrations"], "total_cells_derived").font.italic
    assert not cell(book["administrations"], "dose_cells").font.italic


def test_rows_lead_to_the_picture_of_their_page_and_documents_to_their_review(
    written: Path, tables: dict[str, pd.DataFrame]
) -> None:
    book = opened(written)
    digest = tables["documents"]["sha256"][0][:10]

    def link(sheet: str, name: str) -> str:
        found = cell(book[sheet], name).hyperlink
        return str(found.target).replace("\\", "/") + (f"#{found.location}" if found.location else "")

    for sheet, name in (("outcomes", "page"), ("values", "page"), ("conflicts", "page_a")):
        assert link(sheet, name) == f"pages/{digest}/2.png", sheet
    assert link("conflicts", "page_b") == f"pages/{digest}/3.png"
    assert link("documents", "document") == link("evidence", "document") == f"review.html#paper-{digest}"


def test_nothing_leads_to_a_picture_that_is_not_there(
    tables: dict[str, pd.DataFrame], small_schema: Schema, tmp_path: Path
) -> None:
    write_workbook(tables, small_schema, tmp_path / "a.xlsx", links=NOWHERE, run={})
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert not [name for name in archive.namelist() if "worksheets/_rels" in name]
    assert cell(opened(tmp_path / "a.xlsx")["outcomes"], "page").value == "2"


def test_review_offers_what_can_be_decided(written: Path) -> None:
    book = opened(written)
    for name, choices in (
        ("outcomes", CHOICES[""]),
        ("conflicts", CHOICES["conflicts"]),
        ("values", CHOICES["values"]),
    ):
        at = cell(book[name], "review").coordinate
        rules = [rule for rule in book[name].data_validations.dataValidation if at in rule.sqref]
        assert [rule.formula1 for rule in rules] == [f'"{",".join(choices)}"'], name
    assert not [cell for cell in book["evidence"][1] if cell.value in ("words", "why")]


def test_a_column_with_a_list_of_words_offers_them(written: Path) -> None:
    book = opened(written)
    at = cell(book["patients"], "sex").coordinate
    rules = [rule for rule in book["patients"].data_validations.dataValidation if at in rule.sqref]
    assert [(rule.formula1, rule.errorStyle) for rule in rules] == [('"female,male,other"', "warning")]


# --- what a spreadsheet could make of it


def test_nothing_runs_as_a_formula(written: Path) -> None:
    book = opened(written)
    assert cell(book["patients"], "label").value == "'" + HOSTILE
    assert cell(book["administrations"], "product").value == "'+1-800"
    assert cell(book["documents"], "title").value == "'@home with <b>lupus</b>"
    for sheet in book:
        assert not [c.coordinate for cells in sheet.iter_rows() for c in cells if c.data_type == "f"], sheet.title
    back = read_workbook(written).sheets
    assert back["patients"]["label"][0] == HOSTILE


def test_large_doses_are_plain_numbers(written: Path) -> None:
    dose = cell(opened(written)["administrations"], "dose_cells")
    assert (dose.value, dose.number_format) == (100_000_000_000, "0")
    volume = cell(opened(written)["administrations"], "volume_ml")
    assert (volume.value, volume.number_format) == (0.5, "0.0")


@pytest.mark.parametrize(
    ("text", "number", "because"),
    [
        ("100000000", 100000000, "a dose"),
        ("0.1", 0.1, "comes back as it was, though no float is a tenth"),
        ("-2.5", -2.5, ""),
        ("0", 0, ""),
        ("123456789012345", 123456789012345, "fifteen digits are kept"),
        ("1234567890123456", None, "the sixteenth is lost in a spreadsheet"),
        ("0.1234567890123456789", None, "no float holds it"),
        ("0.50", None, "would come back as 0.5"),
        ("007", None, "would come back as 7"),
        ("1E+8", None, "would come back as 100000000"),
        ("-0", None, "would come back as 0"),
        ("NaN", None, "is no number"),
        ("٣", None, "is a digit, but not in a CSV"),
        ("1,5", None, ""),
        ("", None, ""),
    ],
)
def test_only_what_comes_back_the_same_is_a_number(text: str, number: float | None, because: str) -> None:
    assert exact_number(text) == number, because


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None).map(number_text))
def test_a_number_comes_back_as_the_same_text(text: str) -> None:
    number = exact_number(text)
    if number is not None:
        assert cell_text(float(f"{number:.16G}")) == text  # so it is written into the file


WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=40)


@settings(deadline=None, max_examples=30)
@given(labels=st.lists(WORDS, min_size=1, max_size=8), value=st.decimals(-(10**18), 10**18, allow_nan=False))
def test_every_cell_comes_back_as_it_was_written(labels: list[str], value: Decimal) -> None:
    schema = load_schema(SCHEMAS)
    rows = [row("outcomes", "1", n, measure="PGA", value=value, value_text=text) for n, text in enumerate(labels)]
    tables = build_tables([case("a", row("patients", "1"), *rows)], schema)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write_workbook(tables, schema, path, links=EVERYWHERE, run={})
        back = read_workbook(path)
    for name, before in back.before.items():
        assert back.sheets[name][list(before.columns)].equals(before), name
    assert list(back.sheets["outcomes"]["value_text"]) == labels
    assert list(back.sheets["outcomes"]["value"]) == list(tables["outcomes"]["value"])


def test_what_no_cell_can_hold_is_cut_and_seen_to_be(small_schema: Schema, tmp_path: Path) -> None:
    tables = build_tables([case("a", row("patients", "1", label="long " * 8000))], small_schema)
    write_workbook(tables, small_schema, tmp_path / "a.xlsx", links=NOWHERE, run={})
    back = read_workbook(tmp_path / "a.xlsx")
    cut = back.sheets["patients"]["label"][0]
    assert len(cut) == 32767
    assert cut.endswith("…")
    assert back.before["patients"]["label"][0] == cut  # no change that anybody made


def test_a_table_too_long_for_a_sheet_goes_on_in_the_next(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, pd.DataFrame], small_schema: Schema, tmp_path: Path
) -> None:
    monkeypatch.setattr("extract.evidence.workbook.ROWS", 6)
    write_workbook(tables, small_schema, tmp_path / "a.xlsx", links=NOWHERE, run={})
    book = opened(tmp_path / "a.xlsx")
    assert {"values", "values_2", "values_3"} <= set(book.sheetnames)
    assert book["values_2"].max_row == 6
    back = read_workbook(tmp_path / "a.xlsx").sheets["values"]
    assert list(back["value_id"]) == list(tables["values"]["value_id"])


# --- what comes back


def test_the_same_tables_give_the_same_bytes(
    tables: dict[str, pd.DataFrame], small_schema: Schema, tmp_path: Path
) -> None:
    data = []
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tables, small_schema, tmp_path / name, links=EVERYWHERE, run={"schema": "x"})
        data.append((tmp_path / name).read_bytes())
    assert data[0] == data[1]
    with zipfile.ZipFile(io.BytesIO(data[0])) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_what_a_person_typed_is_told_apart_from_what_was_written(written: Path, tmp_path: Path) -> None:
    book = opened(written)
    cell(book["outcomes"], "value").value = 8
    cell(book["outcomes"], "review").value = "accept"
    cell(book["administrations"], "volume_ml").value = None
    cell(book["patients"], "weight_kg").value = 43.5
    cell(book["patients"], "words").value = "She weighed 43.5 kg."
    book.save(tmp_path / "typed.xlsx")
    back = read_workbook(tmp_path / "typed.xlsx")
    changed = [
        (name, column, before[column][index], back.sheets[name][column][index])
        for name, before in back.before.items()
        for column in before.columns
        for index in range(len(before))
        if before[column][index] != back.sheets[name][column][index]
    ]
    assert sorted(changed) == [
        ("administrations", "volume_ml", "0.5", ""),
        ("outcomes", "value", "6", "8"),
        ("patients", "weight_kg", "", "43.5"),
    ]
    assert list(back.sheets["outcomes"]["review"]) == ["accept", ""]
    assert back.sheets["patients"]["words"][0] == "She weighed 43.5 kg."
    assert back.run["schema"]


def test_a_score_that_became_a_date_is_named(written: Path, tmp_path: Path) -> None:
    book = opened(written)
    cell(book["outcomes"], "value_text").value = datetime(2026, 10, 6)
    book.save(tmp_path / "typed.xlsx")
    at = cell(book["outcomes"], "value_text").coordinate
    assert read_workbook(tmp_path / "typed.xlsx").dates == [f"outcomes!{at}"]


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        (None, "", ""),
        (True, "", "true"),
        (5.0, "General", "5"),
        (1e-7, "", "0.0000001"),
        (0.61, "0%", "61 %"),
        ("_x0041_", "", "A"),
        ("'=1", "", "=1"),
        ("it's", "", "it's"),
    ],
)
def test_cells_are_told_as_the_csv_would_have_them(value: Any, shape: str, text: str) -> None:
    assert cell_text(value, shape) == text


def test_a_file_that_is_no_workbook_of_a_run_is_refused(written: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.xlsx").write_text("no workbook")
    with pytest.raises(WorkbookError, match=r"notes\.xlsx: not an Excel workbook"):
        read_workbook(tmp_path / "notes.xlsx")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(WorkbookError, match="not a workbook of a run"):
        read_workbook(tmp_path / "other.xlsx")
    book = opened(written)
    book[RUN]["B1"].value = "999"
    book.save(tmp_path / "later.xlsx")
    with pytest.raises(WorkbookError, match="another version"):
        read_workbook(tmp_path / "later.xlsx")
    book[RUN]["B1"].value = "1"
    book[RUN].cell(3, 2).value = "not base64"
    book.save(tmp_path / "damaged.xlsx")
    with pytest.raises(WorkbookError, match="damaged"):
        read_workbook(tmp_path / "damaged.xlsx")


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(
    tables: dict[str, pd.DataFrame], small_schema: Schema, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_workbook(tables, small_schema, tmp_path / "nowhere" / "a.xlsx", links=NOWHERE, run={})
