"""Notes of tables, and what came of other treatments: refused, recommended, received."""

from __future__ import annotations

import pytest
from linking import mention, paper
from test_link_story import dose, girl, linked, row

from extract.link.notes import with_notes
from extract.model import Block, Document, Mention, Span
from extract.schema import Schema


def noted(table: list[list[str]], notes: str, story: str = "A girl got cells.") -> Document:
    """A paper with one table and its notes below."""
    document = paper([("case", story)], table)
    text = document.text + "\n" + notes
    span = Span(start=len(text) - len(notes), end=len(text))
    return document.model_copy(
        update={
            "text": text,
            "blocks": (*document.blocks, Block(kind="footnote", section="results", span=span)),
            "tables": (document.tables[0].model_copy(update={"notes": notes}),),
        }
    )


def note_dose(document: Document, words: str, cells: str, unit: str = "cells/kg", **more: object) -> Mention:
    return dose(document, words, cells, unit, who="literature", after=document.tables[0].notes[:3], **more)


TABLE = [["", "Dose", "Infusions (n)"], ["P1", "1.0 [a]", "2"], ["P2", "2.0", "3"]]


def doses_of(schema: Schema, table: list[list[str]], notes: str, words: str) -> list[tuple[str, str, str]]:
    """Patient, cells per kg and count of every administration."""
    document = noted(table, notes)
    record = linked(
        document,
        schema,
        dose(document, table[1][1][:3], "1000000", "cells/kg", in_cell=(1, 1)),
        dose(document, "2.0", "2000000", "cells/kg", in_cell=(2, 1)),
        note_dose(document, words, "500000"),
    )
    return [
        (a.patient, f"{a.value('cells_per_kg'):f}", f"{a.value('count'):f}")
        for a in record.administrations
        if a.value("cells_per_kg")
    ]


def test_a_mark_that_changes_the_dose_of_a_later_infusion(small_schema: Schema) -> None:
    found = doses_of(small_schema, TABLE, "[a] The second was reduced to 0.5 × 10⁶ cells/kg. [b] Other.", "0.5 × 10⁶")
    assert found == [("1", "1000000", "1"), ("1", "500000", "1"), ("2", "2000000", "3")]


@pytest.mark.parametrize(
    ("notes", "because"),
    [
        ("[b] The second was reduced to 0.5 × 10⁶ cells/kg.", "a mark that no cell has"),
        ("[a] In others 0.5 × 10⁶ cells/kg is usual.", "no later infusion is named"),
        ("[a] The second was planned at 0.5 × 10⁶ cells/kg.", "planned, not given"),
        ("[a] Fever. [b] The second was reduced to 0.5 × 10⁶ cells/kg.", "the note of another mark"),
    ],
)
def test_a_note_that_changes_no_dose(small_schema: Schema, notes: str, because: str) -> None:
    found = doses_of(small_schema, TABLE, notes, "0.5 × 10⁶")
    assert found == [("1", "1000000", "2"), ("2", "2000000", "3")], because


@pytest.mark.parametrize(("mark", "notes"), [("1.0*", "* The second was reduced to 0.5 × 10⁶ cells/kg."),
                                              ("1.0a", "a The second was reduced to 0.5 × 10⁶ cells/kg.")])  # fmt: skip
def test_marks_are_letters_and_stars_too(small_schema: Schema, mark: str, notes: str) -> None:
    table = [TABLE[0], ["P1", mark, "2"], TABLE[2]]
    assert ("1", "500000", "1") in doses_of(small_schema, table, notes, "0.5 × 10⁶")


ROUTES = [["", "Route"], ["P1", "IV ×2, IA × 3"], ["P2", "IA; DIA ×1"]]


def test_an_abbreviation_means_what_the_notes_say() -> None:
    document = noted(ROUTES, "Tx, treatment; IA, intraarticular; n, number")
    meaning = mention(document, "route", "intraarticular", "intra-articular", who="literature")
    found = [m for m in with_notes(document, (meaning,)) if m.cell is not None]
    assert [(m.text, m.value, document.cells[m.cell or 0].row) for m in found] == [
        ("IA", "intra-articular", 1),
        ("IA", "intra-articular", 2),
    ]
    assert all(m.context.is_fact for m in found)
    assert all(document.quote(m.span) == m.text for m in found)


@pytest.mark.parametrize(
    ("notes", "because"),
    [
        ("IA was given as an intraarticular injection", "a sentence, no legend"),
        ("IA, intraarticular steroid", "the words go on: it is the steroid"),
    ],
)
def test_a_word_in_the_notes_is_no_legend(notes: str, because: str) -> None:
    document = noted(ROUTES, notes)
    meaning = mention(document, "route", "intraarticular", "intra-articular", who="literature")
    assert with_notes(document, (meaning,)) == (meaning,), because


def test_what_was_read_in_a_cell_is_not_read_again() -> None:
    document = noted(ROUTES, "IV, intravenous")
    meaning = mention(document, "route", "intravenous", who="literature")
    read = mention(document, "route", "IV", "intravenous", in_cell=(1, 1))
    assert with_notes(document, (read, meaning)) == (read, meaning)


# --- what came of a treatment

STATUSES = [
    ("{} was recommended but she declined.", "refused"),
    ("{} was recommended; the parents refused it.", "refused"),
    ("{} was advised by her doctors, but the family refused it.", "refused"),
    ("She declined {}.", "refused"),
    ("{} was offered but not started.", "recommended"),
    ("Her doctors suggested {}.", "recommended"),
    ("{} was recommended and started.", "received"),
    ("After one cycle of {} (she refused the second) she was worse.", "received"),
    ("She refused further {}.", "received"),
    ("She took {}.", "received"),
]


@pytest.mark.parametrize(("words", "status"), STATUSES)
def test_what_came_of_a_treatment(small_schema: Schema, words: str, status: str) -> None:
    document = paper([("case", f"A girl with lupus. {words.format('rituximab')} She got 60 million cells.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "therapy", "rituximab"),
        dose(document, "60 million cells", "60000000"),
    )
    assert row(record.therapies)["status"] == status


@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        ("She was on methotrexate and refused rituximab.", ["received", "refused"]),
        ("Methotrexate failed, and rituximab was proposed but she declined.", ["failed", "refused"]),
    ],
)
def test_a_refusal_is_of_the_nearest_treatment(small_schema: Schema, words: str, statuses: list[str]) -> None:
    document = paper([("case", f"A girl with lupus. {words} She got 60 million cells.")])
    first = words.split("ethotrexate")[0][-1:] + "ethotrexate"
    printed = {"status": "failed"} if "failed" in words else {}
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "therapy", first, "methotrexate", **printed),
        mention(document, "therapy", "rituximab", **printed),
        dose(document, "60 million cells", "60000000"),
    )
    assert [row(record.therapies, i)["status"] for i in (0, 1)] == statuses


def test_what_another_sentence_says_was_taken_is_received(small_schema: Schema) -> None:
    document = paper([("case", "A girl. Rituximab was recommended. She received rituximab. She got 60 million cells.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "therapy", "Rituximab", "rituximab", status="recommended"),
        mention(document, "therapy", "rituximab"),
        dose(document, "60 million cells", "60000000"),
    )
    assert [t.value("status") for t in record.therapies] == ["received"]
