"""The sample papers against their sources: every power of ten, no citation mark among them, every table cell."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from extract.model import Document
from extract.read import read_document
from extract.schema import load_schema

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "sample"
TABLES = yaml.safe_load((ROOT / "tests" / "cases" / "sample_tables.yaml").read_text(encoding="utf-8"))
RAISED = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
PAPERS = sorted(path.stem for path in SAMPLE.glob("*.pdf"))
POWER = re.compile(r"(?<![\d.,])10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)")
PRINTED = (
    re.compile(r"#e\((\d+)\)"),
    re.compile(r"(?<![\d.,])10#super\[([-−]?\d+)"),
    re.compile(r"(?<![\d.,])10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)"),
    re.compile(r"\$[^$]*\b10\^(\d+)\$"),
)
"""How the sources write a power of ten that is printed raised."""

CARET = re.compile(r"(?<![\d.,])10\^(\d+)")


@cache
def read(paper: str) -> Document:
    return read_document(SAMPLE / f"{paper}.pdf", load_schema(ROOT / "schemas"))


def source(paper: str) -> str:
    """What the source prints, without its comments."""
    text = (SAMPLE / "sources" / f"{paper}.typ").read_text(encoding="utf-8")
    return re.sub(r"(?m)^\s*//.*$", "", text)


def powers(paper: str) -> Counter[str]:
    """The exponents that a source prints raised after a 10."""
    text = re.sub(r"#let e\(.*", "", source(paper))
    return Counter(match[1].translate(RAISED) for pattern in PRINTED for match in pattern.finditer(text))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_character_has_one_place_also_where_words_are_broken(paper: str) -> None:
    assert all(before.end <= after.start for before, after in pairwise(read(paper).runs))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_power_of_ten_of_the_source_and_no_other_stands_in_the_text(paper: str) -> None:
    found = Counter(match[1] for match in POWER.finditer(read(paper).text))
    assert found == powers(paper)
    assert found


@pytest.mark.parametrize("paper", PAPERS)
def test_powers_that_are_printed_with_a_caret_stay_so(paper: str) -> None:
    written = Counter(CARET.findall(re.sub(r"\$[^$]*\$", "", source(paper))))
    assert Counter(CARET.findall(read(paper).text)) == written


CITED = re.compile(r"(\w+)([.,;:)]?)#c\[(\d+(?:\s*(?:,|--?|–)\s*\d+)*)\]([,.;]?)")
"""A raised citation mark as the sources write it, with the word before it."""


@pytest.mark.parametrize("paper", [paper for paper in PAPERS if CITED.search(source(paper))])
def test_raised_citation_marks_become_no_part_of_what_they_stand_at(paper: str) -> None:
    text = " ".join(read(paper).text.split())
    # a raised 2 behind a unit of length is a square to any reader
    marks = [mark for mark in CITED.findall(source(paper)) if mark[0] not in ("m", "cm", "mm")]
    assert len(marks) > 3
    for word, stop, mark, _ in marks:
        cited = re.escape(f"[{mark}]").replace(r"\-\-", "–")
        assert re.search(rf"\b{word}{re.escape(stop)} ?{cited}", text), f"{word}{stop} with a raised {mark}"
    for number in {word + mark for word, stop, mark, _ in marks if not stop and word[-1].isdigit()}:
        assert len(re.findall(rf"\b{number}\b", text)) <= len(re.findall(rf"\b{number}\b", source(paper)))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_table_stands_as_the_source_prints_it(paper: str) -> None:
    document = read(paper)
    tables = TABLES.get(paper, [])
    assert len(document.tables) == len(tables)
    for table, expected in zip(document.tables, tables, strict=True):
        cells = [cell for cell in document.cells if cell.table == table.number and not cell.is_header]
        found = Counter((cell.group, cell.row_header, cell.column_header, document.quote(cell.span)) for cell in cells)
        assert found == Counter(printed(expected))


def printed(table: dict) -> list[tuple[str, str, str, str]]:
    """Group, row header, column header and words of every cell of a table that the cases write down."""
    out, group = [], ""
    for index, (name, cells) in enumerate(table["rows"].items()):
        group = table.get("groups", {}).get(index, group)
        assert len(cells) == len(table["columns"]), name
        filled = [(over, cell) for over, cell in zip(table["columns"], cells, strict=True) if cell is not None]
        out += [(group, name, over, cell) for over, cell in filled]
    return out


@pytest.mark.parametrize("paper", PAPERS)
def test_every_cell_of_the_cases_stands_in_the_source(paper: str) -> None:
    """The expected cells are the source's own words."""
    text = re.sub(r"[\s\\$#\[\]*_]+|times|super", "", source(paper).replace("--", "–").replace("'", "’"))
    text = re.sub(r"e\((\d)\)|10\^(\d+)", lambda m: "10" + (m[1] or m[2]).translate(RAISED), text)
    for table in TABLES.get(paper, []):
        for _, name, _, cell in printed(table):
            for words in (name.removeprefix("Case ") if paper.startswith("02") else name, cell):
                bare = re.sub(r"\s+|\[\w\]|×", "", words)
                assert bare in text.replace("×", ""), words
