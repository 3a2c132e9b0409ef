"""What one passage says was given: doses with their route, count, site and source."""

from __future__ import annotations

from typing import Any

import pytest

from extract.find import find_mentions
from extract.link.sentence import found_in
from extract.read.text import text_document
from extract.schema import Schema


def given(text: str, schema: Schema) -> list[tuple[Any, ...]]:
    document = text_document(text, "text", schema)
    found = found_in(document, find_mentions(document, schema))
    return [
        (a["dose_value"], a["dose_unit"], a["dose_basis"], a["n_administrations"], a["route"], a["site"])
        for a in found["administrations"]
    ]


EACH = "per_administration"
CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    (
        "She received two intravenous infusions of 50 million MSC.",
        [(50_000_000, "cells", EACH, 2, "intravenous", None)],
    ),
    (
        "The left hip joint was injected with 2 × 10⁷ cells.",
        [(20_000_000, "cells", EACH, None, "intra-articular", "left hip")],
    ),
    (
        "A total of 90 × 10⁶ cells was divided into three intravenous infusions.",
        [(90_000_000, "cells", "total", 3, "intravenous", None)],
    ),
    (
        "In four intrathecal sessions, 80 million cells were given.",
        [(80_000_000, "cells", "unclear", 4, "intrathecal", None)],
    ),
    (
        "She was given 60 × 10⁶ cells (1.2 × 10⁶/kg) by vein.",
        [
            (60_000_000, "cells", EACH, None, "intravenous", None),
            (1_200_000, "cells/kg", EACH, None, "intravenous", None),
        ],
    ),
    (
        "One intranasal dose of 10 million cells was followed by one intravenous dose of 30 million cells.",
        [(10_000_000, "cells", EACH, 1, "intranasal", None), (30_000_000, "cells", EACH, 1, "intravenous", None)],
    ),
    (
        "The infusions held 80 million cells each, and a single intrathecal injection was added.",
        [(80_000_000, "cells", EACH, None, None, None), (None, None, "unclear", 1, "intrathecal", None)],
    ),
    (
        "He was given 6 × 10 cells intravenously.",
        [(None, None, "unclear", None, "intravenous", None)],
    ),
    (  # a route that only dates is no giving
        "On the day of the first lumbar puncture 2 × 10⁶ cells/kg were infused intravenously, only once.",
        [(2_000_000, "cells/kg", EACH, 1, "intravenous", None)],
    ),
    (
        "Two days after the IV infusion, 1 × 10⁷ cells were given intrathecally.",
        [(10_000_000, "cells", EACH, None, "intrathecal", None)],
    ),
    (  # one that tells an amount is
        "After intrathecal injection of 1 × 10⁷ cells, 2 × 10⁷ cells were infused intravenously.",
        [(10_000_000, "cells", EACH, 1, "intrathecal", None), (20_000_000, "cells", EACH, 1, "intravenous", None)],
    ),
    (  # and so is the only one
        "At the time of lumbar puncture 1 × 10⁷ cells were injected.",
        [(10_000_000, "cells", EACH, None, "intrathecal", None)],
    ),
    (  # what is told of cells, though not how many, stays
        "After intravenous infusion of MSCs, 1 × 10⁷ cells were injected intrathecally.",
        [(None, None, "unclear", None, "intravenous", None), (10_000_000, "cells", EACH, None, "intrathecal", None)],
    ),
    (
        "For his ALS he was dosed both IT and IV, with 5 × 10⁷ cells by each route.",
        [
            (50_000_000, "cells", EACH, None, "intrathecal", None),
            (50_000_000, "cells", EACH, None, "intravenous", None),
        ],
    ),
    (
        "Doses of 1 × 10⁷ and 2 × 10⁷ cells were injected into the left and the right hip, respectively.",
        [
            (10_000_000, "cells", EACH, 1, "intra-articular", "left hip"),
            (20_000_000, "cells", EACH, 1, "intra-articular", "right hip"),
        ],
    ),
    (
        "A man with osteonecrosis of the right femoral head received an intraosseous injection of 2 × 10⁷ cells.",
        [(20_000_000, "cells", EACH, None, "intraosseous", "right femoral head")],
    ),
    (
        "A man with osteoarthritis of the left knee received 2 × 10⁷ cells intravenously.",
        [(20_000_000, "cells", EACH, None, "intravenous", None)],
    ),
    (
        "The right knee joint was infiltrated with 2 × 10⁷ cells.",
        [(20_000_000, "cells", EACH, None, "intra-articular", "right knee")],
    ),
    (
        "MRI showed infiltration of the left hip joint; 2 × 10⁷ cells were infused intravenously.",
        [(20_000_000, "cells", EACH, None, "intravenous", None)],
    ),
    (
        "Two infusions were given, the first with 4 × 10⁷ cells and the second with half that dose.",
        [(40_000_000, "cells", EACH, 1, None, None), (20_000_000, "cells", EACH, 1, None, None)],
    ),
    (
        "After plasmapheresis three times, she received 5 × 10⁷ MSCs i.v.",
        [(50_000_000, "cells", EACH, None, "intravenous", None)],
    ),
    ("Her brother-in-law had travelled abroad for injections of 3 × 10⁷ fat cells into both knees.", []),
    ("Methylprednisolone was given intravenously on three days.", []),
    ("A lumbar puncture was done to measure the pressure.", []),
    ("An MRI of her left elbow showed erosions.", []),
    ("She will receive 40 million cells intravenously.", []),
]


@pytest.mark.parametrize(("text", "expect"), CASES, ids=[text for text, _ in CASES])
def test_a_passage_tells_what_was_given(text: str, expect: list[tuple[Any, ...]], schema: Schema) -> None:
    assert given(text, schema) == expect


def test_a_header_gives_route_and_multiplier(schema: Schema) -> None:
    table = "Patient | IV dose (×10⁶ cells) | Infusions (n)\nP1 | 40 | 2\nP2 | 55 | 1"
    assert [row[:5] for row in given(table, schema)] == [
        (40_000_000, "cells", EACH, 2, "intravenous"),
        (55_000_000, "cells", EACH, 1, "intravenous"),
    ]


@pytest.mark.parametrize(("corner", "count"), [("Infusion no.", 1), ("IV dose", 1), ("Patient", None)])
def test_a_numbered_row_is_one_giving(corner: str, count: int | None, schema: Schema) -> None:
    document = text_document(f"{corner} | Cells i.v. (×10⁷)\n1 | 3.8\n2 | 4.1", "table", schema, where="table_row")
    found = found_in(document, find_mentions(document, schema))
    told = [(a["dose_value"], a["n_administrations"]) for a in found["administrations"]]
    assert told == [(38_000_000, count), (41_000_000, count)]


def test_naught_in_the_row_of_an_event_denies_it(schema: Schema) -> None:
    table = "Adverse event | Patient 1 | Patient 2\nFever | 0 | 1\nRash | no | no\nSerious AE | 0 | 0"
    document = text_document(table, "table", schema, where="table_row")
    found = found_in(document, find_mentions(document, schema))["adverse_events"]
    assert {(e["event"], e["present"]) for e in found} == {
        ("fever", True),
        ("rash", False),
        ("serious adverse event", False),
    }
