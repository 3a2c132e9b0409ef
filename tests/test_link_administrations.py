"""One fact, one row: what several passages tell of the cells that a patient got."""

from __future__ import annotations

from typing import Any

from linking import mention, paper

from extract.link import link_cases
from extract.model import CaseRecord, Document, Mention
from extract.schema import Schema


def linked(document: Document, schema: Schema, *mentions: Mention) -> CaseRecord:
    return link_cases(document, tuple(sorted(mentions, key=lambda m: m.span.start)), schema)


def dose(document: Document, words: str, cells: str, unit: str = "cells", **more: Any) -> Mention:
    return mention(document, "dose", words, number=cells, unit=unit, **more)


def route(document: Document, words: str, value: str = "intravenous", **more: Any) -> Mention:
    return mention(document, "route", words, value, **more)


def rows(record: CaseRecord, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(r.value(f) for f in fields) for r in record.administrations]


def test_an_absolute_and_a_per_kg_figure_are_one_row(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl of 30 kg received 60 million cells (2 million cells/kg) intravenously.")]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "weight", "30 kg", number="30", unit="kg"),
        dose(document, "60 million cells", "60000000"),
        dose(document, "2 million cells/kg", "2000000", "cells/kg"),
        route(document, "intravenously"),
    )
    assert rows(record, "dose_cells", "cells_per_kg", "route", "count") == [
        (60000000, 2000000, "intravenous", 1)
    ]
    assert not record.conflicts


def test_a_dose_that_does_not_fit_the_weight_is_a_conflict(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl of 60 kg received 60 million cells (2 million cells/kg) intravenously.")]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "weight", "60 kg", number="60", unit="kg"),
        dose(document, "60 million cells", "60000000"),
        dose(document, "2 million cells/kg", "2000000", "cells/kg"),
        route(document, "intravenously"),
    )
    (conflict,) = record.conflicts
    assert conflict.kind == "arithmetic"
    assert "30 kg" in conflict.explanation


def test_text_table_and_abstract_of_one_dose_are_one_row(small_schema: Schema) -> None:
    document = paper(
        [
            ("abstract", "A girl received 60 million cells."),
            ("case", "She received 60 million stem cells intravenously."),
        ],
        [["", "Patient"], ["Dose, cells", "60 million"]],
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "60 million cells", "60000000"),
        dose(document, "60 million stem cells", "60000000"),
        route(document, "intravenously"),
        dose(document, "60 million", "60000000", in_cell=(1, 1)),
    )
    assert rows(record, "dose_cells", "where") == [(60000000, "narrative;table;abstract")]


def test_a_table_that_differs_is_a_conflict_and_the_text_is_shown(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl received 60 million cells intravenously.")],
        [["", "Patient"], ["Dose, cells", "90 million"]],
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "60 million cells", "60000000"),
        route(document, "intravenously"),
        dose(document, "90 million", "90000000", in_cell=(1, 1)),
    )
    assert rows(record, "dose_cells") == [(60000000,)]
    (conflict,) = record.conflicts
    assert (conflict.kind, conflict.a.value, conflict.b.value) == (
        "narrative_vs_table",
        "60000000 cells",
        "90000000 cells",
    )


def test_a_rounded_dose_in_the_table_is_the_same_fact(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl received 27.68 million cells intravenously.")],
        [["", "Patient"], ["Cells", "27.7 million"]],
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "27.68 million cells", "27680000"),
        route(document, "intravenously"),
        dose(document, "27.7 million", "27700000", in_cell=(1, 1)),
    )
    assert len(record.administrations) == 1
    assert not record.conflicts


def test_the_number_of_infusions_in_text_and_table(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl received two infusions of 60 million cells intravenously.")],
        [["", "Patient"], ["Route", "IV ×3"]],
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        mention(document, "count", "two infusions", number="2"),
        dose(document, "60 million cells", "60000000"),
        route(document, "intravenously"),
        route(document, "IV", in_cell=(1, 1)),
        mention(document, "count", "×3", number="3", in_cell=(1, 1)),
    )
    assert rows(record, "count") == [(2,)]
    (conflict,) = record.conflicts
    assert (conflict.a.value, conflict.b.value) == ("2", "3")


def test_a_second_infusion_later_of_the_same_dose_is_counted(small_schema: Schema) -> None:
    document = paper(
        [
            (
                "case",
                "A girl received 60 million cells intravenously. A second infusion of 60 million cells was "
                "given intravenously.",
            )
        ]
    )
    second = "A second infusion"
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "60 million cells", "60000000"),
        route(document, "intravenously"),
        dose(document, "60 million cells", "60000000", after=second),
        route(document, "intravenously", after=second),
    )
    assert rows(record, "dose_cells", "count") == [(60000000, 2)]


def test_a_total_that_is_itemised_is_no_further_row(small_schema: Schema) -> None:
    document = paper(
        [
            (
                "case",
                "A girl received in total 50 million cells. They were 20 million cells intravenously and 30 "
                "million cells intravenously.",
            )
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "50 million cells", "50000000", basis="total"),
        dose(document, "20 million cells", "20000000"),
        route(document, "intravenously"),
        dose(document, "30 million cells", "30000000"),
        route(document, "intravenously", after="30 million"),
    )
    assert rows(record, "dose_cells") == [(20000000,), (30000000,)]


def test_a_draft_without_source_inherits_the_papers_product(small_schema: Schema) -> None:
    document = paper(
        [
            (
                "case",
                "A girl was treated. Her autologous bone marrow cells were prepared. She received 60 "
                "million cells intravenously.",
            )
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        mention(document, "donor", "autologous"),
        mention(document, "tissue", "bone marrow"),
        mention(document, "cell_type", "cells", "mesenchymal stem cell"),
        dose(document, "60 million cells", "60000000"),
        route(document, "intravenously"),
    )
    assert rows(record, "donor", "tissue", "cell_type") == [
        ("autologous", "bone marrow", "mesenchymal stem cell")
    ]


def test_products_without_route_and_routes_without_product_are_crossed(small_schema: Schema) -> None:
    document = paper(
        [
            (
                "case",
                "A man got 5 million bone marrow cells. The dose was 4 million fat cells. "
                "Cells were injected intravenously and into the joint three times.",
            )
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "man", "male"),
        dose(document, "5 million", "5000000"),
        mention(document, "tissue", "bone marrow"),
        mention(document, "cell_type", "cells", "mononuclear cell"),
        dose(document, "4 million", "4000000"),
        mention(document, "tissue", "fat", "adipose tissue"),
        mention(document, "cell_type", "cells", "stromal vascular fraction", after="fat"),
        route(document, "intravenously"),
        route(document, "joint", "intra-articular"),
        mention(document, "administration", "injected"),
    )
    assert sorted(rows(record, "tissue", "route")) == [
        ("adipose tissue", "intra-articular"),
        ("adipose tissue", "intravenous"),
        ("bone marrow", "intra-articular"),
        ("bone marrow", "intravenous"),
    ]


def test_an_inverted_range_stays_as_printed_with_a_conflict(small_schema: Schema) -> None:
    document = paper([("case", "A girl received 1600-400 million cells intravenously.")])
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        mention(
            document,
            "dose",
            "1600-400 million cells",
            low="1600000000",
            high="400000000",
            unit="cells",
            value="range",
        ),
        route(document, "intravenously"),
    )
    assert rows(record, "dose_cells_low", "dose_cells_high") == [(1600000000, 400000000)]
    assert [c.kind for c in record.conflicts] == ["implausible_range"]


def test_doses_of_other_studies_are_no_administrations(small_schema: Schema) -> None:
    document = paper(
        [
            ("case", "A girl was treated."),
            ("discussion", "Ten adults received 2 million cells intravenously."),
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "2 million cells", "2000000", who="literature"),
        route(document, "intravenously", who="literature"),
    )
    assert not record.administrations
    assert record.paper.reason == "no_cell_therapy"
