"""EVIDENCE: what stands in the tables, and that files come back as they were written."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import yaml
from folders import files_of
from hypothesis import given
from hypothesis import strategies as st
from written import case, computed, conflict, place, row, said

from extract.evidence import build_tables, read_table, write_files
from extract.evidence.cells import natural, number_text, protect, unprotect
from extract.evidence.files import read_baseline, run_digest
from extract.model import Box, CaseRecord, Issue, Reported
from extract.schema import Schema, load_schema

CONTRACT = {
    "documents": "document file sha256 status reason pages pages_without_text study title authors journal year doi "
    "country language design patients_stated patients_found",
    "patients": "document patient label kind n sex age_onset_years age_diagnosis_years age_treatment_years "
    "age_last_follow_up_years age_report_years age_onset_years_derived age_diagnosis_years_derived "
    "age_treatment_years_derived age_last_follow_up_years_derived age_report_years_derived weight_kg "
    "weight_kg_derived follow_up_months",
    "diagnoses": "document patient diagnosis role icd10 as_written",
    "administrations": "document patient administration course order count cell_type tissue donor product route site "
    "laterality dose_cells dose_cells_low dose_cells_high cells_per_kg cells_per_kg_low cells_per_kg_high "
    "cells_per_kg_derived total_cells_derived dose_value dose_low dose_high dose_unit dose_basis "
    "volume_ml timing_months interval where as_written",
    "outcomes": "document patient outcome measure rater phase value value_text scale_max unit timepoint "
    "timepoint_months better where as_written",
    "adverse_events": "document patient event present serious relatedness timing as_written",
    "therapies": "document patient therapy class role status as_written",
    "conflicts": "conflict document patient field value_a where_a quote_a value_b where_b quote_b kind severity chosen "
    "rule explanation",
    "issues": "document severity page message",
    "values": "value_id document patient table record field value unit status basis as_written quote page x0 top x1 "
    "bottom quote_boxes start end where rule shown review reviewer",
    "evidence": "document study patient sex age_at_treatment diagnosis prior_therapy donor tissue routes "
    "dose_per_administration administrations total_cells outcomes adverse_events follow_up conflicts "
    "review",
    "decisions": "decision when reviewer action document patient table record field old_value new_value quote page why "
    "via state reason",
    "overlaps": "document_a patient_a document_b patient_b reasons strength",
    "codebook": "file column type unit allowed meaning",
}


def series() -> CaseRecord:
    """Two patients of a series, written by hand."""
    return case(
        "lupus2020",
        row("patients", "2", kind="individual", sex="male", age_report_years=12),
        row("patients", "1", kind="individual", sex="female", age_treatment_years=14, follow_up_months=24),
        row("diagnoses", "1", diagnosis="systemic lupus erythematosus", role="index"),
        row("diagnoses", "1", 1, diagnosis="scleritis", role="comorbidity"),
        row("diagnoses", "2", diagnosis="systemic lupus erythematosus", role="index"),
        row(
            "administrations",
            "1",
            1,
            count=1,
            route="intranasal",
            tissue="adipose tissue",
            donor="autologous",
            dose_cells=Decimal("1E+8"),
            dose_value=Decimal("1E+8"),
            dose_unit="cells",
            cells_per_kg=1800000,
            total_cells_derived=computed(100000000, "100000000 × 1"),
            dose_basis="per_administration",
        ),
        row(
            "administrations",
            "1",
            2,
            count=3,
            route="intravenous",
            tissue="adipose tissue",
            donor="autologous",
            dose_cells=256000000,
            dose_value=256000000,
            dose_unit="cells",
            total_cells_derived=computed(768000000, "256000000 × 3"),
        ),
        row("administrations", "1", 3, count=1, route="intravenous", dose_value=2, dose_unit="packets"),
        row("outcomes", "1", 1, measure="SLEDAI-2K", phase="pre", value=6),
        row("outcomes", "1", 2, measure="SLEDAI-2K", phase="post", value=0, timepoint_months=1),
        row("outcomes", "1", 3, measure="PGA", rater="patient", phase="pre", value=8, scale_max=10),
        row(
            "outcomes", "1", 4, measure="PGA", rater="patient", phase="post", value=2, scale_max=10, timepoint_months=24
        ),
        row(
            "outcomes", "1", 5, measure="PGA", rater="patient", phase="post", value=1, scale_max=10, timepoint_months=3
        ),
        row("adverse_events", "1", event="fatigue", present=True),
        row("adverse_events", "2", event="any adverse event", present=False),
        row("therapies", "1", therapy="methotrexate", role="prior", status="failed"),
        row("therapies", "1", 1, therapy="tocilizumab", role="prior", status="recommended"),
        conflict("1", "PGA post", "1", "2", chosen="2"),
        Issue(severity="minor", message="Table 1 was read by one method only.", page=3),
        patients_stated=2,
        design="case_series",
        values={"title": said("=Uncharted waters"), "year": said(2020), "authors": said("Ana Wong; Bo Li")},
    )


@pytest.fixture
def tables(small_schema: Schema) -> dict[str, pd.DataFrame]:
    return build_tables([series()], small_schema)


def evidence(tables: dict[str, pd.DataFrame], patient: str = "1") -> pd.Series:
    table = tables["evidence"]
    return table[table["patient"] == patient].iloc[0]


def test_every_file_begins_with_the_columns_of_the_contract(tables: dict[str, pd.DataFrame]) -> None:
    assert set(tables) == set(CONTRACT)
    for name, columns in CONTRACT.items():
        promised = columns.split()
        assert list(tables[name].columns)[: len(promised)] == promised, name


def test_numbers_are_plain_and_what_is_not_said_is_empty(tables: dict[str, pd.DataFrame]) -> None:
    first = tables["administrations"].iloc[0]
    assert first["dose_cells"] == "100000000"
    assert first["interval"] == ""
    assert first["volume_ml"] == ""


def test_rows_are_sorted_by_document_patient_and_order(small_schema: Schema) -> None:
    people = [row("patients", name, kind="individual") for name in ("10", "2", "B", "1", "A")]
    tables = build_tables([case("z", row("patients")), case("a", *people)], small_schema)
    found = list(zip(tables["patients"]["document"], tables["patients"]["patient"], strict=True))
    assert found == [("a", "1"), ("a", "2"), ("a", "10"), ("a", "A"), ("a", "B"), ("z", "1")]


def test_administrations_are_numbered_within_their_patient(tables: dict[str, pd.DataFrame]) -> None:
    assert list(tables["administrations"]["administration"]) == ["1", "2", "3"]


def test_the_order_of_records_makes_no_difference(small_schema: Schema, tmp_path: Path) -> None:
    records = [series(), case("b", row("patients")), case("c", row("patients"))]
    written = []
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        shuffled = records[::-1] if turn else records
        write_files(build_tables(shuffled, small_schema), {}, folder)
        written.append(files_of(folder, but=()))
    assert written[0] == written[1]


def test_a_document_counts_its_people_and_gets_a_short_name(tables: dict[str, pd.DataFrame]) -> None:
    document = tables["documents"].iloc[0]
    assert document["patients_found"] == "2"
    assert document["patients_stated"] == "2"
    assert document["study"] == "Wong 2020"


def test_a_group_counts_as_many_as_it_holds(small_schema: Schema) -> None:
    tables = build_tables([case("g", row("patients", "all", kind="group", n=12))], small_schema)
    assert tables["documents"].iloc[0]["patients_found"] == "12"


def test_a_failed_document_has_a_row_and_no_count(small_schema: Schema) -> None:
    failed = case(
        "f", Issue(severity="major", message="f.pdf is encrypted."), status="failed", reason="encrypted", pages=0
    )
    tables = build_tables([failed], small_schema)
    document = tables["documents"].iloc[0]
    assert (document["status"], document["reason"], document["patients_found"]) == ("failed", "encrypted", "")
    assert list(tables["issues"]["message"]) == ["f.pdf is encrypted."]


# --- evidence.csv


def test_routes_carry_their_counts(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["routes"] == "intranasal ×1; IV ×4"


def test_doses_are_said_with_route_and_number_of_times(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["dose_per_administration"] == (
        "intranasal 100 × 10⁶ cells (1.8 × 10⁶ cells/kg) ×1; IV 256 × 10⁶ cells ×3; IV 2 packets ×1"
    )


def test_a_total_needs_every_dose(tables: dict[str, pd.DataFrame], small_schema: Schema) -> None:
    assert evidence(tables)["total_cells"] == ""
    rows = [r for r in series().administrations if r.value("dose_unit") == "cells"]
    whole = series().model_copy(update={"administrations": tuple(rows)})
    assert evidence(build_tables([whole], small_schema))["total_cells"] == "868000000"


def test_products_given_together_count_once(small_schema: Schema) -> None:
    both = [
        row("administrations", "1", number, count=2, route="intravenous", tissue=tissue, as_written="both IV twice")
        for number, tissue in enumerate(("bone marrow", "adipose tissue"))
    ]
    shown = evidence(build_tables([case("m", row("patients"), *both)], small_schema))
    assert (shown["routes"], shown["administrations"]) == ("IV ×2", "2")
    assert shown["tissue"] == "bone marrow; adipose tissue"


def test_products_that_may_have_been_mixed_are_counted_apart(small_schema: Schema) -> None:
    both = [
        row("administrations", "1", number, count=3, route="intravenous", tissue=tissue, dose_cells=dose)
        for number, (tissue, dose) in enumerate((("bone marrow", 1000000), ("adipose tissue", 2000000)))
    ]
    other = row("administrations", "1", 5, count=1, route="oral", tissue="placenta")
    shown = evidence(build_tables([case("m", row("patients"), *both, other)], small_schema))
    assert shown["routes"] == "IV (×3 bone marrow, ×3 adipose tissue); oral ×1"
    assert shown["administrations"] == "4 to 7"


def test_an_unknown_count_stays_unknown(small_schema: Schema) -> None:
    given = [row("administrations", "1", 1, route="intravenous"), row("administrations", "1", 2, route="oral", count=2)]
    shown = evidence(build_tables([case("u", row("patients"), *given)], small_schema))
    assert shown["routes"] == "IV; oral ×2"
    assert shown["administrations"] == "at least 3"


def test_outcomes_go_from_before_to_after_in_time_order_and_show_conflicts(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["outcomes"] == (
        "SLEDAI-2K 6 → 0; PGA (patient) 8/10 → 1/10 (3 mo), 2/10 (24 mo) [conflict]"
    )


def test_a_missing_side_of_an_outcome_is_said(small_schema: Schema) -> None:
    scores = [
        row("outcomes", "1", 1, measure="mRSS", phase="post", value=Decimal("10.5")),
        row("outcomes", "1", 2, measure="JADAS", phase="unspecified", value=11),
    ]
    shown = evidence(build_tables([case("o", row("patients"), *scores)], small_schema))
    assert shown["outcomes"] == "mRSS NR → 10.5; JADAS 11 (time not stated)"


def test_only_what_was_received_is_prior_therapy(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["prior_therapy"] == "methotrexate"


def test_events_and_the_statement_that_there_were_none(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["adverse_events"] == "fatigue"
    assert evidence(tables, "2")["adverse_events"] == "none stated"


def test_an_age_at_another_event_is_named(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["age_at_treatment"] == "14"
    assert evidence(tables, "2")["age_at_treatment"] == "12 (report)"


def test_only_the_index_diagnosis_is_shown(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["diagnosis"] == "systemic lupus erythematosus"


def test_a_conflict_shows_both_sides(tables: dict[str, pd.DataFrame]) -> None:
    assert evidence(tables)["conflicts"] == "1: PGA post: 1 or 2"


def test_a_paper_without_cell_therapy_stays_out(small_schema: Schema) -> None:
    tables = build_tables([series(), case("none", row("patients"), reason="no_cell_therapy")], small_schema)
    assert set(tables["evidence"]["document"]) == {"lupus2020"}
    assert "none" in set(tables["patients"]["document"])


def test_a_new_field_needs_no_python(schemas_folder: Path) -> None:
    path = schemas_folder / "fields.yaml"
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    new = {"name": "ethnicity", "mention": "ethnicity", "evidence": "ethnic_group", "meaning": "As the paper says."}
    fields["tables"]["patients"]["columns"].append(new)
    path.write_text(yaml.safe_dump(fields, sort_keys=False), encoding="utf-8")
    tables = build_tables([case("e", row("patients", ethnicity="Hispanic"))], load_schema(schemas_folder))
    assert list(tables["patients"]["ethnicity"]) == ["Hispanic"]
    assert list(tables["evidence"]["ethnic_group"]) == ["Hispanic"]
    assert "ethnicity" in set(tables["values"]["field"])
    book = tables["codebook"]
    assert {("patients.csv", "ethnicity"), ("evidence.csv", "ethnic_group")} <= set(
        zip(book["file"], book["column"], strict=True)
    )


# --- values.csv


def test_every_value_has_a_row_for_every_place(small_schema: Schema) -> None:
    line = Box(page=2, x0=40.0, top=98.0, x1=320.5, bottom=112.0)
    twice = said("female", place(quote_boxes=(line,)), place(where="table", page=3, boxes=(), quote="F"))
    tables = build_tables([case("v", row("patients", sex=twice))], small_schema)
    rows = tables["values"]
    assert list(rows["where"]) == ["narrative", "table"]
    assert rows["value_id"].nunique() == 1
    assert list(rows["page"]) == ["2", "3"]
    assert list(rows["x0"]) == ["72", ""]
    assert rows.iloc[0]["quote_boxes"] == "2 40 98 320.5 112"
    assert set(rows["shown"]) == {"yes"}


def test_every_filled_cell_of_a_patient_table_has_a_trail(tables: dict[str, pd.DataFrame]) -> None:
    trail = tables["values"]
    about_the_row = {"document", "patient", "administration", "outcome", "order", "where", "as_written", "record"}
    for name in ("patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies"):
        filled = sum((tables[name][c] != "").sum() for c in tables[name].columns if c not in about_the_row)
        assert filled == ((trail["table"] == name) & (trail["shown"] == "yes")).sum(), name


def test_candidates_without_a_choice_are_not_shown(small_schema: Schema) -> None:
    unsure = Reported(status="ambiguous", provenance=(place(quote="13"), place(quote="14", start=500)))
    tables = build_tables([case("q", row("patients", age_onset_years=unsure))], small_schema)
    assert list(tables["patients"]["age_onset_years"]) == [""]
    assert list(tables["values"]["as_written"]) == ["13", "14"]
    assert set(tables["values"]["shown"]) == {"no"}


def test_both_sides_of_a_conflict_are_in_the_trail(tables: dict[str, pd.DataFrame]) -> None:
    sides = tables["values"][tables["values"]["table"] == "conflicts"]
    assert list(zip(sides["value"], sides["shown"], strict=True)) == [("1", "no"), ("2", "yes")]


def test_a_derived_value_carries_its_formula(tables: dict[str, pd.DataFrame]) -> None:
    trail = tables["values"]
    totals = trail[trail["field"] == "total_cells_derived"]
    assert list(totals["formula"]) == ["100000000 × 1", "256000000 × 3"]
    assert set(totals["basis"]) == {"derived"}


# --- codebook.csv


def test_the_codebook_describes_every_column_of_every_file(tables: dict[str, pd.DataFrame]) -> None:
    book = tables["codebook"]
    described = set(zip(book["file"], book["column"], strict=True))
    assert described == {(f"{name}.csv", column) for name, table in tables.items() for column in table.columns}
    assert (book["meaning"] != "").all()


def test_the_codebook_lists_the_words_of_the_rules(tables: dict[str, pd.DataFrame]) -> None:
    book = tables["codebook"]
    route = book[(book["file"] == "administrations.csv") & (book["column"] == "route")].iloc[0]
    assert route["allowed"] == "intravenous"


# --- overlaps.csv


def person(name: str, age: float, dose: int, sex: str = "female", **changes: object) -> CaseRecord:
    return case(
        name,
        row("patients", kind="individual", sex=sex, age_treatment_years=age),
        row("diagnoses", diagnosis="scleroderma", role="index"),
        row("administrations", count=1, dose_cells=dose),
        **changes,
    )


def test_the_same_person_in_two_papers_is_found(small_schema: Schema) -> None:
    table = build_tables([person("x", 14, 120000000), person("y", 14.5, 120000000)], small_schema)["overlaps"]
    assert len(table) == 1
    found = table.iloc[0]
    assert (found["document_a"], found["document_b"], found["strength"]) == ("x", "y", "moderate")
    assert found["reasons"] == "both female; ages 14 and 14.5 (treatment); both scleroderma; dose 120000000 cells"


@pytest.mark.parametrize(
    ("other", "because"),
    [
        (person("y", 15.5, 120000000), "more than a year apart"),
        (person("y", 14, 110000000), "no equal number"),
        (person("y", 14, 120000000, sex="male"), "other sex"),
    ],
)
def test_people_who_differ_are_not_held_together(small_schema: Schema, other: CaseRecord, because: str) -> None:
    assert build_tables([person("x", 14, 120000000), other], small_schema)["overlaps"].empty, because


def test_two_files_of_one_paper_are_found(small_schema: Schema) -> None:
    papers = [
        case(name, row("patients"), values={"doi": said("10.1/x"), "title": said(title)})
        for name, title in (("p", "Cells in lupus"), ("q", "Cells in  Lupus."))
    ]
    table = build_tables(papers, small_schema)["overlaps"]
    assert list(table["reasons"]) == ["same DOI 10.1/x; same title"]


# --- files


def test_a_cell_that_looks_like_a_formula_is_disarmed_and_comes_back(small_schema: Schema, tmp_path: Path) -> None:
    tables = build_tables([series()], small_schema)
    write_files(tables, {"caseloom": "x"}, tmp_path)
    assert "'=Uncharted waters" in (tmp_path / "documents.csv").read_text(encoding="utf-8")
    assert read_table(tmp_path / "documents.csv").iloc[0]["title"] == "=Uncharted waters"


def test_all_tables_come_back_as_they_were_written(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_files(tables, {}, tmp_path)
    for name, table in tables.items():
        again = read_table(tmp_path / f"{name}.csv")
        assert again.to_dict("list") == table.to_dict("list"), name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=20))
def test_any_text_survives_a_cell(text: str) -> None:
    assert unprotect(protect(text)) == text


@given(st.text(max_size=20))
def test_no_cell_can_start_a_formula(text: str) -> None:
    written = protect(text)
    written.encode("utf-8")
    assert not written.startswith(("=", "+", "@", "\t"))
    assert not written.startswith("-") or Decimal(written) < 1


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_number_is_written_plain_and_exact(number: Decimal) -> None:
    text = number_text(number)
    assert "E" not in text.upper()
    assert Decimal(text) == number


def test_an_endless_fraction_is_cut() -> None:
    assert number_text(Decimal(1) / Decimal(3)) == "0.3333333333"


@given(st.lists(st.integers(1, 400).map(str), max_size=8))
def test_natural_order_is_that_of_numbers(names: list[str]) -> None:
    assert sorted(names, key=natural) == sorted(names, key=int)


def test_files_of_a_former_run_do_not_stay(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_files({**tables, "old": tables["issues"]}, {}, tmp_path)
    (tmp_path / "mine.csv").write_text("a person's own file\n")
    write_files(tables, {}, tmp_path)
    csvs = {f"{name}.csv" for name in tables}
    packed = {f".baseline/{name}.gz" for name in csvs}
    assert set(files_of(tmp_path, but=())) == csvs | packed | {"run.json", "mine.csv"}
    assert json.loads((tmp_path / "run.json").read_text())["files"] == sorted(csvs)


def test_the_baseline_stays_what_the_run_wrote(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_files(tables, {}, tmp_path)
    documents = tmp_path / "documents.csv"
    written = documents.read_bytes()
    documents.write_bytes(written.replace(b"ok", b"no"))
    assert read_table(documents).to_dict("list") != tables["documents"].to_dict("list")
    assert read_baseline(tmp_path, "documents").to_dict("list") == tables["documents"].to_dict("list")
    assert gzip.decompress((tmp_path / ".baseline" / "documents.csv.gz").read_bytes()) == written
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["digests"]["documents.csv"] == hashlib.sha256(written).hexdigest()
    assert set(told["digests"]) == {f"{name}.csv" for name in tables}


def test_a_folder_of_an_older_run_has_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_baseline(tmp_path, "documents")


def test_the_digest_of_run_json_tells_an_edit_but_not_a_new_layout(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    write_files(tables, {"caseloom": "1", "counts": {"documents": 2}}, tmp_path)
    told = json.loads((tmp_path / "run.json").read_text())
    assert run_digest(dict(reversed(told.items()))) == told["digest"]
    assert run_digest({**told, "counts": {"documents": 3}}) != told["digest"]


def test_nothing_is_replaced_when_writing_fails(
    tables: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tables, {}, tmp_path)
    before = files_of(tmp_path, but=())
    changed = {name: table.iloc[:0] for name, table in tables.items()}
    made = []

    def full(*args: object, **kwargs: object) -> tuple[int, str]:
        if len(made) == 5:
            raise OSError(28, "No space left on device")
        made.append(mkstemp(*args, **kwargs))
        return made[-1]

    from extract.evidence import files

    mkstemp = files.tempfile.mkstemp
    monkeypatch.setattr(files.tempfile, "mkstemp", full)
    with pytest.raises(OSError, match="No space"):
        write_files(changed, {}, tmp_path)
    assert files_of(tmp_path, but=()) == before


def test_many_documents_in_any_order_give_the_same_tables(small_schema: Schema) -> None:
    records = [person(f"d{n}", 10 + n % 3, 10**6 * (1 + n % 4)) for n in range(30)]
    expected = build_tables(records, small_schema)
    random.Random(1).shuffle(records)
    for name, table in build_tables(records, small_schema).items():
        pd.testing.assert_frame_equal(table, expected[name])
