"""One fact, one row: what several passages tell of the cells that a patient got."""

from __future__ import annotations

from typing import Any

import pytest
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
    document = paper([("case", "A girl of 30 kg received 60 million cells (2 million cells/kg) intravenously.")])
    record = linked(
        document,
        small_schema,
        mention(document, "weight", "30 kg", number="30", unit="kg"),
        dose(document, "60 million cells", "60000000"),
        dose(document, "2 million cells/kg", "2000000", "cells/kg"),
        route(document, "intravenously"),
    )
    assert rows(record, "dose_cells", "cells_per_kg", "route", "count") == [(60000000, 2000000, "intravenous", 1)]
    assert not record.conflicts


def test_a_dose_that_does_not_fit_the_weight_is_a_conflict(small_schema: Schema) -> None:
    document = paper([("case", "A girl of 60 kg received 60 million cells (2 million cells/kg) intravenously.")])
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
    assert rows(record, "donor", "tissue", "cell_type") == [("autologous", "bone marrow", "mesenchymal stem cell")]


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


def series(*blocks: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        ("case:heading", "Case 1"),
        ("case", "A girl."),
        ("case:heading", "Case 2"),
        ("case", "A boy."),
        *blocks,
    ]


def two(document: Document) -> tuple[Mention, Mention]:
    return mention(document, "sex", "girl", "female"), mention(document, "sex", "boy", "male")


def test_routes_and_doses_of_a_cell_are_paired_between_semicolons(small_schema: Schema) -> None:
    table = [["", "Case 1", "Case 2"], ["Route", "IV", "IV; IT"], ["Dose, cells", "52", "40, 45; 20"]]
    document = paper(series(), table)
    record = linked(
        document,
        small_schema,
        *two(document),
        route(document, "IV", in_cell=(1, 1)),
        route(document, "IV", in_cell=(1, 2)),
        route(document, "IT", "intrathecal", in_cell=(1, 2)),
        dose(document, "52", "52000000", in_cell=(2, 1)),
        dose(document, "40", "40000000", in_cell=(2, 2)),
        dose(document, "45", "45000000", in_cell=(2, 2)),
        dose(document, "20", "20000000", in_cell=(2, 2)),
    )
    assert [(r.patient, r.value("route"), r.value("dose_cells")) for r in record.administrations] == [
        ("1", "intravenous", 52000000),
        ("2", "intravenous", 40000000),
        ("2", "intravenous", 45000000),
        ("2", "intrathecal", 20000000),
    ]


def test_the_number_of_infusions_has_a_row_of_its_own(small_schema: Schema) -> None:
    table = [
        ["", "Case 1", "Case 2"],
        ["Route", "IV", "IV"],
        ["Dose, cells", "52", "60"],
        ["Infusions (n)", "3", "2"],
    ]
    document = paper(series(), table)
    found = [route(document, "IV", in_cell=(1, c)) for c in (1, 2)]
    found += [dose(document, d, f"{d}000000", in_cell=(2, c)) for c, d in ((1, "52"), (2, "60"))]
    record = linked(document, small_schema, *two(document), *found)
    assert rows(record, "dose_cells", "count") == [(52000000, 3), (60000000, 2)]


def test_a_route_that_only_a_body_part_implies_gives_way_to_the_one_that_is_named(
    small_schema: Schema,
) -> None:
    words = "A girl got intraosseous injections of stem cells. Three hip injections held 1 million cells."
    document = paper([("case", words)])
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        route(document, "intraosseous", "intraosseous"),
        mention(document, "cell_type", "stem cells", "mesenchymal stem cell"),
        mention(document, "administration", "got"),
        route(document, "hip injections", "intra-articular"),
        mention(document, "count", "Three", number="3"),
        dose(document, "1 million cells", "1000000"),
    )
    assert rows(record, "route", "dose_cells", "count") == [("intraosseous", 1000000, 3)]


def test_the_abstract_contradicts_the_text(small_schema: Schema) -> None:
    document = paper(
        [
            ("abstract", "A girl received 30 million cells."),
            ("case", "She received 32 million stem cells intravenously."),
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "30 million cells", "30000000"),
        dose(document, "32 million stem cells", "32000000"),
        route(document, "intravenously"),
    )
    assert rows(record, "dose_cells") == [(32000000,)]
    assert [(c.kind, c.a.value, c.b.value) for c in record.conflicts] == [
        ("narrative_vs_abstract", "32000000 cells", "30000000 cells")
    ]


def test_a_total_in_the_discussion_that_adds_up_is_no_conflict(small_schema: Schema) -> None:
    document = paper(
        [
            ("case", "A girl received two infusions of 30 million cells intravenously."),
            ("discussion", "Our patient was given 60 million cells in total."),
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        mention(document, "count", "two infusions", number="2"),
        dose(document, "30 million cells", "30000000"),
        route(document, "intravenously"),
        dose(document, "60 million cells", "60000000", basis="total"),
    )
    assert rows(record, "dose_cells", "count") == [(30000000, 2)]
    assert not record.conflicts


def test_what_a_protocol_allows_was_not_given(small_schema: Schema) -> None:
    document = paper([("case", "A girl. The board had approved infusions of 3 million cells intravenously.")])
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "3 million cells", "3000000"),
        route(document, "intravenously"),
    )
    assert not record.administrations


def test_the_same_dose_given_again_is_counted_as_derived(small_schema: Schema) -> None:
    document = paper(
        [
            (
                "case",
                "A girl got 75 million cells intravenously; a second infusion of the same dose followed.",
            )
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "girl", "female"),
        dose(document, "75 million cells", "75000000"),
        route(document, "intravenously"),
    )
    (administration,) = record.administrations
    assert administration.value("count") == 2
    assert administration.values["count"].status == "derived"
    assert administration.value("total_cells_derived") == 150000000


def test_a_site_that_differs_between_text_and_table(small_schema: Schema) -> None:
    document = paper(
        [("case", "A man got 35 million cells. Cells were injected into the L5-S1 disc.")],
        [["Patient", "Disc injected", "Route"], ["1", "L4-L5", "intradiscal"]],
    )
    record = linked(
        document,
        small_schema,
        mention(document, "sex", "man", "male"),
        dose(document, "35 million cells", "35000000"),
        mention(document, "site", "L5-S1"),
        mention(document, "site", "L4-L5", in_cell=(1, 1)),
        route(document, "intradiscal", "intradiscal", in_cell=(1, 2)),
    )
    assert [(c.field, c.a.value, c.b.value) for c in record.conflicts] == [("site", "L5-S1", "L4-L5")]
    assert rows(record, "site", "route", "dose_cells") == [("L5-S1", "intradiscal", 35000000)]


def test_the_series_range_of_the_discussion_above_every_patient(small_schema: Schema) -> None:
    document = paper(
        series(
            ("discussion:heading", "Discussion"),
            ("discussion", "In this series doses reached 6 million cells/kg."),
        ),
        [["", "Case 1", "Case 2"], ["Dose", "3 million/kg", "2 million/kg"]],
    )
    record = linked(
        document,
        small_schema,
        *two(document),
        dose(document, "6 million cells/kg", "6000000", "cells/kg"),
        dose(document, "3 million/kg", "3000000", "cells/kg", in_cell=(1, 1)),
        dose(document, "2 million/kg", "2000000", "cells/kg", in_cell=(1, 2)),
    )
    (conflict,) = record.conflicts
    assert (conflict.patient, conflict.a.value, conflict.b.value) == (
        "",
        "3000000 cells/kg",
        "6000000 cells/kg",
    )


@pytest.mark.parametrize(
    ("again", "count"),
    [
        ("and a month later the same number was given again", 2),
        ("and a month later the same dose was infused", 2),
        ("and the same number was given to the second patient", 1),
        ("and the same number was given every month", 1),
    ],
)
def test_a_dose_that_its_sentence_tells_again_was_given_twice(again: str, count: int, small_schema: Schema) -> None:
    document = paper([("case", f"A girl received 60 million cells intravenously, {again}.")])
    record = linked(
        document, small_schema, dose(document, "60 million cells", "60000000"), route(document, "intravenously")
    )
    assert rows(record, "dose_cells", "count") == [(60000000, count)]
