"""What has changed in a table, and whether values can follow from their words."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest
from folders import files_of
from hypothesis import given
from hypothesis import strategies as st

from extract.evidence.changes import Change, Listing, Unreadable, changes, read_listing
from extract.evidence.integrity import NoOutputs, open_folder
from extract.evidence.words import Words
from extract.schema import Schema

COLUMNS = ("record", "name", "value", "unit")


def table(*rows: str, columns: tuple[str, ...] = COLUMNS) -> Listing:
    return Listing(columns, tuple(tuple(row.split()) for row in rows))


BEFORE = table("r1 mRSS 24 points", "r2 FVC 61 %", "r3 pain 7 mm", "r4 pain 7 mm", "r5 CMAS 33 points")


def test_nothing_has_changed_in_the_same_table() -> None:
    assert changes(BEFORE, BEFORE) == []


def test_a_changed_cell_is_named_with_what_it_was() -> None:
    now = table("r1 mRSS 24 points", "r2 FVC 16 %", "r3 pain 7 mm", "r4 pain 7 mm", "r5 CMAS 33 points")
    assert changes(BEFORE, now) == [Change("cell", 3, "value", "61", "16")]


def test_several_changes_are_told_apart() -> None:
    now = table("r0 new 1 x", "r1 mRSS 25 points", "r3 pain 7 mm", "r4 pain 8 cm", "r5 CMAS 33 points")
    assert changes(BEFORE, now) == [
        Change("added row", 2, now="r0; new; 1; x"),
        Change("cell", 3, "value", "24", "25"),
        Change("cell", 5, "value", "7", "8"),
        Change("cell", 5, "unit", "mm", "cm"),
        Change("deleted row", 3, was="r2; FVC; 61; %"),
    ]


def test_a_swap_moves_one_row_and_a_sorted_table_moves_few() -> None:
    rows = BEFORE.rows
    swapped = BEFORE._replace(rows=(rows[1], rows[0], *rows[2:]))
    assert [change.kind for change in changes(BEFORE, swapped)] == ["moved row"]
    last_first = BEFORE._replace(rows=(rows[4], *rows[:4]))
    assert changes(BEFORE, last_first) == [Change("moved row", 2, was="6", now="2")]


def test_columns_are_compared_by_name() -> None:
    other = Listing(("name", "record", "unit"), tuple((row[1], row[0], row[3]) for row in BEFORE.rows))
    assert changes(BEFORE, other) == [
        Change("columns", 0, "value", was="value"),
        Change("columns", 0, was="record, name, unit", now="name, record, unit"),
    ]
    more = Listing((*COLUMNS, "mine"), tuple((*row, "") for row in BEFORE.rows))
    assert changes(BEFORE, more) == [Change("columns", 0, "mine", now="mine")]


def test_a_row_that_repeats_another_is_an_added_one() -> None:
    now = BEFORE._replace(rows=(*BEFORE.rows, BEFORE.rows[0]))
    assert [(change.kind, change.row) for change in changes(BEFORE, now)] == [("added row", 7)]


def test_a_column_changed_in_a_long_table_is_told_row_by_row() -> None:
    long = Listing(COLUMNS, tuple((f"r{n}", "pain", str(n % 7), "mm") for n in range(2000)))
    now = long._replace(rows=tuple((*row[:3], "cm") for row in long.rows))
    found = changes(long, now)
    assert found == [Change("cell", n + 2, "unit", "mm", "cm") for n in range(2000)]


rows_of_numbers = st.lists(st.integers(0, 30), max_size=7, unique=True)


@given(rows_of_numbers, st.randoms(use_true_random=False))
def test_as_few_rows_as_can_be_are_called_moved(numbers: list[int], rng: random.Random) -> None:
    before = Listing(("n",), tuple((str(n),) for n in numbers))
    shuffled = list(range(len(numbers)))
    rng.shuffle(shuffled)
    now = before._replace(rows=tuple(before.rows[at] for at in shuffled))
    moved = [change.row - 2 for change in changes(before, now)]
    left = [was for at, was in enumerate(shuffled) if at not in moved]
    assert left == sorted(left)
    longest = max(
        size for size in range(len(shuffled) + 1) for some in combinations(shuffled, size) if list(some) == sorted(some)
    )
    assert len(left) == longest


cells = st.text(st.sampled_from("ab1,\"'=\n é"), max_size=4)
tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.tuples(*[cells] * width), max_size=5).map(
        lambda rows: Listing(tuple(f"c{n}" for n in range(width)), tuple(rows))
    )
)


@given(tables, tables)
def test_every_change_of_rows_is_told(before: Listing, now: Listing) -> None:
    found = changes(before, now)
    assert bool(found) == (before != now)
    added = sum(change.kind == "added row" for change in found)
    deleted = sum(change.kind == "deleted row" for change in found)
    assert len(now.rows) - len(before.rows) == added - deleted


# --- files


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"a,b\n1\n", "row 2 has 1 cells, the header has 2"),
        (b"a,b\n1,2\n1,2,3\n", "row 3 has 3 cells"),
        (b"a,a\n1,2\n", "column a stands there twice"),
        (b'a,b\n"1,2\n', "it is not CSV"),
        (b"a,b\n\xff,2\n", "byte 5 is not UTF-8"),
    ],
)
def test_what_is_no_table_is_told(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_listing(data)


def test_a_table_is_read_as_it_was_before_formulas_were_disarmed() -> None:
    assert read_listing('\ufeffa,b\r\n\'=1+1,"x\ny"\r\n'.encode()) == Listing(("a", "b"), (("=1+1", "x\ny"),))


def test_names_of_files_in_run_json_do_not_lead_out_of_the_folder(sample_out: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "run.json").write_text('{"files": ["../secret.csv"], "digests": {"../secret.csv": "0"}}')
    opened = open_folder(folder, ("values",))
    assert opened.now == {}
    assert any("'../secret' is no name of a table" in fault.message for fault in opened.faults)


@pytest.mark.parametrize("content", ["", "[]", '{"digests": 3}', '{"digests": {}, "files": 7}', "{"])
def test_a_damaged_run_json_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    opened = open_folder(tmp_path, ("values",))
    assert opened.faults


def test_a_folder_is_only_looked_at(sample_out: Path, schema: Schema) -> None:
    before = files_of(sample_out, but=())
    open_folder(sample_out, tuple(schema.tables))
    assert files_of(sample_out, but=()) == before


def test_an_empty_folder_has_no_outputs(tmp_path: Path) -> None:
    with pytest.raises(NoOutputs):
        open_folder(tmp_path, ("values",))


# --- values and words


FOLLOWS = [
    ("outcomes", "value", "6.4", "6.4"),
    ("outcomes", "value", "2", "II"),
    ("outcomes", "value", "0", "physician global assessment"),
    ("outcomes", "value", "-3", "−3"),
    ("outcomes", "value", "12500", "12,500"),
    ("outcomes", "value", "42", "42 of 80"),
    ("administrations", "dose_cells", "72000000", "72 million"),
    ("administrations", "dose_cells_low", "1200000", "1.2 to 1.5 × 10⁶"),
    ("administrations", "cells_per_kg", "2000000", "2.0"),
    ("administrations", "cells_per_kg", "1500000", "1.5 × 106"),
    ("administrations", "dose_cells", "20000000", "5 mL of a suspension of 4 × 10⁶"),
    ("administrations", "dose_value", "2000000", "two million"),
    ("administrations", "volume_ml", "5", "five"),
    ("patients", "age_onset_years", "1.667", "20"),
    ("patients", "age_treatment_years", "15.5", "15 years and 6"),
    ("patients", "age_report_years", "9", "nine-year-old"),
    ("patients", "follow_up_months", "30", "2.5 years"),
    ("patients", "weight_kg", "1.24", "1240 g"),
    ("documents", "year", "2019", "2019"),
    ("administrations", "tissue", "umbilical cord blood", "cord blood"),
    ("diagnoses", "diagnosis", "systemic juvenile idiopathic arthritis", "juvenile arthritis"),
    ("administrations", "tissue", "bone marrow", "from the hip of her sister"),
    ("outcomes", "timepoint_months", "24", "10.5"),
]

NOT = [
    ("outcomes", "value", "7.4", "6.4"),
    ("outcomes", "value", "3", "II"),
    ("outcomes", "value", "64", "6.4"),
    ("outcomes", "value", "many", "6.4"),
    ("administrations", "dose_cells", "720000000", "72 million"),
    ("administrations", "cells_per_kg", "3000000", "2.0"),
    ("administrations", "cells_per_kg", "15000000", "1.5 × 10⁶"),
    ("patients", "age_onset_years", "21", "20 years"),
    ("patients", "follow_up_months", "31", "2.5 years"),
    ("patients", "weight_kg", "33", "31 kg"),
    ("documents", "year", "2020", "2019"),
    ("administrations", "tissue", "bone marrow", "cord blood"),
    ("administrations", "route", "intravenous", "intrathecally"),
    ("therapies", "therapy", "rituximab", "methotrexate"),
]


def row(table: str, field: str, value: str, words: str, **changes: str) -> dict[str, str]:
    said = {
        "table": table,
        "field": field,
        "value": value,
        "as_written": words,
        "basis": "stated",
        "status": "reported",
    }
    return {**said, **changes}


@pytest.fixture(scope="module")
def words(schema: Schema) -> Words:
    return Words(schema)


@pytest.mark.parametrize(("table", "field", "value", "said"), FOLLOWS)
def test_a_value_follows_from_its_words(words: Words, table: str, field: str, value: str, said: str) -> None:
    assert words.fault(row(table, field, value, said)) == ""


@pytest.mark.parametrize(("table", "field", "value", "said"), NOT)
def test_a_value_that_its_words_do_not_give_is_told(
    words: Words, table: str, field: str, value: str, said: str
) -> None:
    assert words.fault(row(table, field, value, said)) == f"{value!r} does not follow from the words {said!r}"


@pytest.mark.parametrize(
    "changes", [{"basis": "reviewed"}, {"basis": "derived", "status": "derived"}, {"status": "conflict"}]
)
def test_what_was_computed_or_decided_has_other_grounds(words: Words, changes: dict[str, str]) -> None:
    assert words.fault(row("outcomes", "value", "7", "6.4", **changes)) == ""
