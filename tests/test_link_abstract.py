"""What only the abstract tells of the administrations, and what it counts otherwise than the text."""

from __future__ import annotations

import pytest
from linking import paper

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord
from extract.schema import Schema

CELLS = "umbilical cord mesenchymal stem cells"


def record_of(abstract: str, body: str, schema: Schema) -> CaseRecord:
    document = paper(
        [
            ("abstract:heading", "Abstract"),
            ("abstract", f"A 30-year-old woman with lupus {abstract}. The SLEDAI fell."),
            ("case:heading", "Case presentation"),
            ("case", f"A 30-year-old woman with lupus had taken prednisone. {body}."),
        ],
        title="Stromal cells for lupus: a case report",
    )
    return link_cases(document, find_mentions(document, schema), schema)


@pytest.mark.parametrize(
    ("abstract", "body", "count", "status"),
    [
        (
            f"received three intravenous infusions of {CELLS}",
            f"{CELLS.capitalize()} (60 million cells per infusion) were infused intravenously",
            3,
            "reported",
        ),
        (
            f"was treated with four infusions of {CELLS}",
            f"She received 60 million {CELLS} intravenously per session",
            4,
            "reported",
        ),
        # the text counts, or tells of one: nothing is filled in
        (
            f"received three intravenous infusions of {CELLS}",
            f"Two infusions of 60 million {CELLS} were given intravenously",
            2,
            "reported",
        ),
        (
            f"received three intravenous infusions of {CELLS}",
            f"A single infusion of 60 million {CELLS} was given intravenously",
            1,
            "reported",
        ),
        (
            f"received three intrathecal injections of {CELLS}",
            f"She was given 60 million {CELLS} intravenously",
            1,
            "derived",
        ),
        (f"received {CELLS}", f"She was given 60 million {CELLS} intravenously", 1, "derived"),
    ],
)
def test_a_count_told_only_in_the_abstract(abstract: str, body: str, count: int, status: str, schema: Schema) -> None:
    (row,) = record_of(abstract, body, schema).administrations
    assert (row.value("count"), row.values["count"].status) == (count, status)


def test_a_dose_told_only_in_the_abstract(schema: Schema) -> None:
    abstract = f"received three intravenous infusions of 60 million {CELLS} each"
    (row,) = record_of(abstract, f"She was treated with {CELLS} given intravenously", schema).administrations
    assert row.value("dose_cells") == 60_000_000
    assert row.value("count") == 3
    assert row.value("where") == "narrative;abstract"
    assert row.values["dose_cells"].provenance[0].where == "abstract"


def test_a_dose_of_the_abstract_beside_several_infusions_of_the_text_is_unclear(schema: Schema) -> None:
    body = f"{CELLS.capitalize()} were infused intravenously four times at weekly intervals"
    (row,) = record_of(f"was treated with {CELLS} (60 million cells)", body, schema).administrations
    assert (row.value("dose_cells"), row.value("count"), row.value("dose_basis")) == (60_000_000, 4, "unclear")
    assert row.value("total_cells_derived") is None


def test_a_count_of_the_abstract_that_the_text_does_not_come_to_is_a_conflict(schema: Schema) -> None:
    abstract = f"received three intravenous infusions of {CELLS}"
    body = f"Two infusions of 60 million {CELLS} were given intravenously"
    (conflict,) = record_of(abstract, body, schema).conflicts
    assert conflict.kind == "narrative_vs_abstract"
    assert (conflict.a.value, conflict.b.value) == ("2", "3")
    assert conflict.a.provenance.quote.startswith("Two infusions")


@pytest.mark.parametrize(
    ("abstract", "body"),
    [
        (
            f"received three intravenous infusions of {CELLS}",
            f"Two infusions of 60 million {CELLS} were given intravenously, and a single infusion of 90 million "
            f"{CELLS} was given intravenously a year later",
        ),
        (
            f"received two intravenous infusions of {CELLS}",
            f"Two infusions of 60 million {CELLS} were given intravenously",
        ),
        (f"received repeated intravenous infusions of {CELLS}", f"Two infusions of 60 million {CELLS} were given"),
    ],
)
def test_a_count_of_the_abstract_that_the_text_comes_to_is_none(abstract: str, body: str, schema: Schema) -> None:
    assert record_of(abstract, body, schema).conflicts == ()
