"""The laws of the nouns: what they refuse, and what always holds of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from written import case, conflict, digest, place, row, said

from extract.model import (
    RECORDS,
    Block,
    Box,
    CaseRecord,
    Cell,
    Context,
    Document,
    Issue,
    Mention,
    Provenance,
    Quantity,
    Reported,
    Run,
    Span,
    plain,
    record_id,
)

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
scalars = st.one_of(st.text(max_size=20), st.booleans(), numbers)


@st.composite
def spans(draw: st.DrawFn, size: int = 40) -> Span:
    start = draw(st.integers(0, size - 1))
    return Span(start=start, end=draw(st.integers(start + 1, size)))


@st.composite
def texts_with_runs(draw: st.DrawFn) -> Document:
    """A document whose text is set in runs of one to eight characters, lines of 100 points, two pages."""
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=12))
    runs, start, x, line = [], 0, 0.0, 0
    for length in lengths:
        width = 6.0 * length
        if x + width > 100:
            x, line = 0.0, line + 1
        top = 20.0 * (line % 4)
        runs.append(Run(start, start + length, 1 + line // 4, x, top, x + width, top + 10))
        start, x = start + length, x + width
    text = draw(st.text(st.characters(categories=["L", "N"]), min_size=start, max_size=start))
    return Document(name="d", file="d.pdf", sha256="0", format="pdf", text=text, runs=tuple(runs))


# --- Span and Box


@given(st.integers(-5, 50), st.integers(-5, 50))
def test_a_span_is_half_open_and_never_empty(start: int, end: int) -> None:
    if 0 <= start < end:
        assert Span(start=start, end=end)
    else:
        with pytest.raises(ValidationError):
            Span(start=start, end=end)


@given(spans(), spans())
def test_spans_agree_with_sets_of_characters(a: Span, b: Span) -> None:
    one, other = set(range(a.start, a.end)), set(range(b.start, b.end))
    assert a.overlaps(b) == b.overlaps(a) == bool(one & other)
    assert a.holds(b) == (other <= one)


@pytest.mark.parametrize("wrong", [{"page": 0}, {"x1": 9.0}, {"bottom": 19.0}])
def test_a_box_lies_on_a_page_and_is_not_inside_out(wrong: dict[str, Any]) -> None:
    right = {"page": 1, "x0": 10.0, "top": 20.0, "x1": 30.0, "bottom": 40.0}
    assert Box(**right)
    with pytest.raises(ValidationError):
        Box(**{**right, **wrong})


# --- all nouns


def test_nouns_are_frozen_and_know_their_attributes() -> None:
    span = Span(start=0, end=1)
    with pytest.raises(ValidationError):
        span.start = 5  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Span(start=0, end=1, colour="red")  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Span(start="0", end=1)  # type: ignore[arg-type]


# --- Document


def test_blocks_do_not_overlap_and_stay_inside_the_text() -> None:
    def document(*ends: tuple[int, int]) -> Document:
        blocks = [Block(kind="paragraph", section="case", span=Span(start=a, end=b)) for a, b in ends]
        return Document(name="d", file="", sha256="", format="text", text="0123456789", blocks=tuple(blocks))

    assert document((0, 4), (4, 10))
    with pytest.raises(ValidationError, match="overlaps the one before it, which ends at 4"):
        document((0, 4), (3, 10))
    with pytest.raises(ValidationError, match="a place ends at 11, but the text has 10 characters"):
        document((0, 11))


def test_cells_and_runs_stay_inside_the_text() -> None:
    cell = Cell(table=0, row=0, column=0, span=Span(start=0, end=5))
    for wrong in ({"cells": (cell,)}, {"runs": (Run(0, 5, 1, 0, 0, 1, 1),)}):
        with pytest.raises(ValidationError, match="the text has 4 characters"):
            Document(name="d", file="", sha256="", format="text", text="0123", **wrong)


@given(texts_with_runs(), st.data())
def test_boxes_cover_the_lines_a_span_touches_and_nothing_else(document: Document, data: st.DataObject) -> None:
    span = data.draw(spans(len(document.text)))
    boxes = document.boxes(span)
    touched = [run for run in document.runs if run.start < span.end and span.start < run.end]
    assert {(box.page, box.top) for box in boxes} == {(run.page, run.top) for run in touched}
    assert len(boxes) == len({(run.page, run.top) for run in touched})
    assert document.page_of(span) == touched[0].page


def _width(boxes: Iterable[Box]) -> float:
    return sum(box.x1 - box.x0 for box in boxes)


@given(texts_with_runs(), st.data())
def test_the_boxes_of_two_parts_lie_side_by_side(document: Document, data: st.DataObject) -> None:
    size = len(document.text)
    cut = data.draw(st.integers(0, size))
    parts = [Span(start=a, end=b) for a, b in ((0, cut), (cut, size)) if a < b]
    assert sum(_width(document.boxes(part)) for part in parts) == pytest.approx(6 * size)


def one_run(text: str, *sides: float, turn: int = 0) -> Document:
    runs = (Run(0, len(text), 1, *sides, turn),)
    return Document(name="d", file="d.pdf", sha256="0", format="pdf", text=text, runs=runs)


def test_a_word_is_cut_where_its_letters_stand() -> None:
    like = one_run("aaaa", 0, 0, 40, 10).boxes(Span(start=0, end=2))
    assert like == (Box(page=1, x0=0, top=0, x1=20, bottom=10),)
    (narrow,) = one_run("illw", 0, 0, 40, 10).boxes(Span(start=0, end=3))
    assert 15 < narrow.x1 < 25


@pytest.mark.parametrize(
    ("turn", "expected"), [(0, (0, 0, 20, 10)), (1, (0, 0, 40, 5)), (2, (20, 0, 40, 10)), (3, (0, 5, 40, 10))]
)
def test_a_turned_word_is_cut_along_its_line(turn: int, expected: tuple[float, ...]) -> None:
    (box,) = one_run("aaaa", 0, 0, 40, 10, turn=turn).boxes(Span(start=0, end=2))
    assert (box.x0, box.top, box.x1, box.bottom) == expected


def test_cells_far_apart_on_a_line_have_a_box_each() -> None:
    runs = (Run(0, 2, 1, 0, 0, 12, 10), Run(3, 5, 1, 15, 0, 27, 10), Run(8, 10, 1, 60, 0, 72, 10))
    document = Document(name="d", file="d.pdf", sha256="0", format="pdf", text="aa aa | aa", runs=runs)
    assert [(box.x0, box.x1) for box in document.boxes(Span(start=0, end=10))] == [(0, 27), (60, 72)]


def test_a_raised_exponent_stands_in_the_box_of_its_line() -> None:
    runs = (Run(0, 2, 1, 0, 20, 12, 30), Run(2, 3, 1, 12, 17, 15, 23), Run(3, 4, 1, 16, 20, 22, 30))
    document = Document(name="d", file="d.pdf", sha256="0", format="pdf", text="10⁶x", runs=runs)
    assert document.boxes(Span(start=0, end=4)) == (Box(page=1, x0=0, top=17, x1=22, bottom=30),)


@given(texts_with_runs(), st.data())
def test_a_box_of_a_part_lies_within_the_box_of_the_whole(document: Document, data: st.DataObject) -> None:
    whole = data.draw(spans(len(document.text)))
    part = data.draw(st.integers(whole.start, whole.end - 1))
    (small,) = document.boxes(Span(start=part, end=part + 1))
    assert any(
        big.page == small.page and big.top == small.top and big.x0 - 1e-6 <= small.x0 and small.x1 <= big.x1 + 1e-6
        for big in document.boxes(whole)
    )


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.integers(0, 60))
def test_block_at_finds_the_block_that_holds_an_offset(lengths: list[int], offset: int) -> None:
    blocks, start = [], 0
    for length in lengths:  # one character between blocks
        blocks.append(Block(kind="paragraph", section="case", span=Span(start=start, end=start + length)))
        start += length + 1
    document = Document(name="d", file="", sha256="", format="text", text="x" * start, blocks=tuple(blocks))
    expected = [i for i, block in enumerate(blocks) if block.span.start <= offset < block.span.end]
    assert document.block_at(offset) == (expected[0] if expected else None)


@given(st.text(min_size=1), st.data())
def test_a_quote_is_the_text_at_its_span(text: str, data: st.DataObject) -> None:
    span = data.draw(spans(len(text)))
    document = Document(name="d", file="", sha256="", format="text", text=text)
    assert document.quote(span) == text[span.start : span.end]


# --- Quantity


@given(numbers, numbers)
def test_an_inverted_range_stays_as_printed(low: Decimal, high: Decimal) -> None:
    quantity = Quantity(low=low, high=high, as_written="as printed")
    assert (quantity.low, quantity.high) == (low, high)
    assert quantity.inverted == (low > high)


def test_a_quantity_holds_a_finite_number() -> None:
    with pytest.raises(ValidationError, match="needs a number"):
        Quantity(as_written="many")
    for odd in ("Infinity", "NaN"):
        with pytest.raises(ValidationError):
            Quantity(number=Decimal(odd), as_written="odd")


@given(numbers)
def test_a_number_is_written_plain_and_keeps_its_value(number: Decimal) -> None:
    text = plain(number)
    assert "E" not in text
    assert Decimal(text) == number
    assert "." not in text or not text.endswith(("0", "."))


# --- Context


def test_only_what_is_present_and_said_of_a_patient_is_a_fact() -> None:
    assert Context().is_fact
    assert Context(when="historical").is_fact
    assert not Context(presence="planned").is_fact
    assert not Context(who="family").is_fact


def test_a_mention_knows_only_the_contexts_of_the_list() -> None:
    span = Span(start=0, end=3)
    assert (
        Mention(field="route", value="oral", span=span, text="per", rule_id="r", sentence=span).detail("side") is None
    )
    with pytest.raises(ValidationError):
        Context(presence="maybe")  # type: ignore[arg-type]


# --- Reported


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        ({"value": "x", "status": "reported"}, "a value without a place"),
        ({"status": "reported", "provenance": (place(),)}, "a status without its value"),
        ({"value": "x", "status": "not_reported"}, "a value that is not reported"),
        ({"status": "not_reported", "provenance": (place(),)}, "a place for what is not reported"),
        ({"value": "x", "status": "ambiguous", "provenance": (place(),)}, "a choice among candidates"),
        ({"status": "ambiguous"}, "no candidates"),
        ({"value": "x", "status": "derived", "provenance": (place(),)}, "a derived value without formula"),
        ({"value": "x", "status": "guessed", "provenance": (place(),)}, "an unknown status"),
    ],
)
def test_a_value_never_travels_without_status_and_place(facts: dict[str, Any], because: str) -> None:
    with pytest.raises(ValidationError):
        Reported(**facts)


def test_what_is_complete_is_accepted() -> None:
    assert Reported(status="not_reported")
    assert Reported(status="ambiguous", provenance=(place(), place(start=7)))
    assert Reported(value=Decimal(2), status="derived", formula="1 + 1", provenance=(place(),))


def test_a_place_needs_its_words_and_its_rule() -> None:
    for missing in ("quote", "rule_id"):
        with pytest.raises(ValidationError):
            Provenance(**{**place().model_dump(), missing: ""})


# --- CaseRecord


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), scalars, max_size=5), st.sampled_from(sorted(RECORDS))
)
def test_a_record_comes_back_from_json_exactly(values: dict[str, Any], table: str) -> None:
    facts = {name: said(value) for name, value in values.items()}
    record = case(
        "doc",
        row(table, "1", **facts),
        conflict("1", "age", "9", "10"),
        Issue(severity="info", message="“quoted” ≥ 10⁶"),
        values={"year": said(Decimal("2020"))},
    )
    again = CaseRecord.model_validate_json(record.model_dump_json())
    assert again == record
    for name, value in values.items():
        back = getattr(again, table)[0].value(name)
        assert type(back) is type(value)
        assert str(back) == str(value)


def test_text_that_looks_like_a_number_stays_text() -> None:
    record = case("doc", row("patients", label="007", n=Decimal("1E+8"), seen=True))
    values = CaseRecord.model_validate_json(record.model_dump_json()).patients[0].values
    assert values["label"].value == "007"
    assert values["n"].value == Decimal("1E+8")
    assert values["seen"].value is True


def test_records_come_patients_first() -> None:
    record = case("doc", row("therapies"), row("outcomes"), row("patients"))
    assert [item.table for item in record.records()] == ["patients", "outcomes", "therapies"]


# --- ids


@given(st.text(max_size=5), st.sampled_from(sorted(RECORDS)), st.text(max_size=3), st.integers(0, 10**6))
def test_an_id_depends_on_what_it_names_and_on_nothing_else(sha: str, table: str, patient: str, start: int) -> None:
    name = record_id(digest(sha), table, patient, start)
    assert name == record_id(digest(sha), table, patient, start)
    assert len(name) == 10
    assert set(name) <= set("0123456789abcdef")
    others = [(digest(sha + "x"), table, patient, start), (digest(sha), "conflicts", patient, start)]
    others += [(digest(sha), table, patient + "x", start), (digest(sha), table, patient, start + 1)]
    assert name not in {record_id(*other) for other in others}


def test_the_id_of_a_record_is_the_same_in_every_version() -> None:
    assert record_id("a" * 64, "patients", "1", 42) == "32c94022f3"
