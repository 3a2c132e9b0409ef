"""The same person in two papers: from two texts to a row of overlaps.csv, with reasons and strength."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_evidence import person
from written import said

from extract import build_tables, find_mentions, link_cases, read_document
from extract.schema import Schema

SINGLE = """Mesenchymal stem cells in a girl with juvenile dermatomyositis: a case report

Introduction
Juvenile dermatomyositis is rare.

Case presentation
A {age}-year-old {child} with juvenile dermatomyositis came to us. The CMAS was 19 before treatment. {She} received two
intravenous infusions of {cells} million umbilical cord mesenchymal stem cells. At 12 months the CMAS was 48.
"""
SERIES = """Cell therapy in two children of one hospital: a case series

Introduction
Rheumatic diseases of childhood may be refractory.

Case presentation
Case 1
A 13-year-old girl with juvenile dermatomyositis was given 72 million umbilical cord mesenchymal stem cells
intravenously. The CMAS was 19 before treatment and 50 at two years.

Case 2
A 13-year-old boy with systemic sclerosis was given 72 million umbilical cord mesenchymal stem cells intravenously.
"""


def overlaps(folder: Path, schema: Schema, single: dict[str, object]) -> list[dict[str, str]]:
    """The rows of overlaps.csv for the single case, written with these words, and the series."""
    records = []
    for name, text in (("single", SINGLE.format(**single)), ("series", SERIES)):
        path = folder / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
        document = read_document(path, schema)
        records.append(link_cases(document, find_mentions(document, schema), schema))
    return build_tables(records, schema)["overlaps"].to_dict("records")


GIRL: dict[str, object] = {"age": 12, "child": "girl", "She": "She", "cells": 72}


def test_two_texts_of_one_girl(tmp_path: Path, schema: Schema) -> None:
    (found,) = overlaps(tmp_path, schema, GIRL)
    assert {found["document_a"], found["document_b"]} == {"single", "series"}
    assert found["strength"] == "strong"
    for reason in ("both female", "ages 13 and 12", "both juvenile dermatomyositis", "72000000 cells", "CMAS pre 19"):
        assert reason in found["reasons"]


@pytest.mark.parametrize(
    ("change", "because"),
    [({"age": 15}, "two years apart"), ({"child": "boy", "She": "He"}, "another sex")],
)
def test_two_texts_of_two_children(tmp_path: Path, schema: Schema, change: dict[str, object], because: str) -> None:
    assert not overlaps(tmp_path, schema, {**GIRL, **change}), because


def test_one_equal_number_is_less_than_two(tmp_path: Path, schema: Schema) -> None:
    (found,) = overlaps(tmp_path, schema, {**GIRL, "cells": 60})
    assert found["strength"] == "moderate"


def test_shared_authors_make_it_stronger(small_schema: Schema) -> None:
    papers = [
        person(name, 14, 120000000, values={"authors": said(authors)})
        for name, authors in (("x", "Mara T. Lindqvist; Jo Ko"), ("y", "Mara T Lindqvist; Ana Ruiz"))
    ]
    (found,) = build_tables(papers, small_schema)["overlaps"].to_dict("records")
    assert found["reasons"].endswith("shared authors Mara T Lindqvist")
    assert found["strength"] == "strong"
