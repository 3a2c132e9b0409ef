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
