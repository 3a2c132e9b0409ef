"""A paper's own definition decides what its abbreviation means, everywhere in it."""

from __future__ import annotations

import pytest

from extract.find import find_mentions
from extract.find.abbreviations import abbreviations
from extract.link.readings import defined_raters
from extract.model import Mention
from extract.read.text import text_document
from extract.schema import Schema

# the abbreviation, its long form as printed, the field and value it then stands for, words it is used in
CLASHES = [
    ("UC", "ulcerative colitis", "diagnosis", "ulcerative colitis", "His {} had resisted mesalazine."),
    ("UC", "umbilical cord", "tissue", "umbilical cord", "The {} product was infused."),
    ("CD", "Crohn's disease", "diagnosis", "Crohn's disease", "Her {} had begun at school."),
    ("CD", "celiac disease", "diagnosis", "celiac disease", "Her {} had begun at school."),
    ("AD", "atopic dermatitis", "diagnosis", "atopic dermatitis", "His {} flared in winter."),
    ("AD", "Alzheimer's disease", "diagnosis", "Alzheimer's disease", "His {} flared in winter."),
    ("AD", "adipose tissue", "tissue", "adipose tissue", "The {} was digested."),
    ("PE", "preeclampsia", "diagnosis", "preeclampsia", "Her {} was severe."),
    ("PE", "pleural effusion", "adverse_event", "pleural effusion", "The {} was drained after the infusion."),
    ("PE", "pulmonary embolism", "adverse_event", "pulmonary embolism", "A {} followed the infusion."),
    ("CDAI", "Crohn's disease activity index", "score", "CDAI-Crohn", "The {} was 31."),
    ("CDAI", "clinical disease activity index", "score", "CDAI-RA", "The {} was 31."),
    ("IA", "intra-arterial", "route", "intra-arterial", "The {} infusion of cells was repeated."),
    ("IA", "intra-articular", "route", "intra-articular", "The {} injection of cells was repeated."),
    ("MS", "multiple sclerosis", "diagnosis", "multiple sclerosis", "His {} was mild."),
    ("MS", "metabolic syndrome", "diagnosis", "metabolic syndrome", "His {} was mild."),
    ("MS", "mitral stenosis", "diagnosis", "valvular heart disease", "His {} was mild."),
    ("RA", "rheumatoid arthritis", "diagnosis", "rheumatoid arthritis", "Her {} was active in many joints."),
    ("RA", "room air", "diagnosis", None, "On {} she was well, arthritis or not."),
    ("SS", "systemic sclerosis", "diagnosis", "systemic sclerosis", "Her {} was active."),
    ("SS", "Sjögren's syndrome", "diagnosis", "Sjogren syndrome", "Her {} was active."),
]


def found(text: str, schema: Schema) -> tuple[Mention, ...]:
    return find_mentions(text_document(text, "text", schema), schema)


def meaning(mention: Mention) -> str:
    """The value, or of a score its measure."""
    return str(mention.detail("measure") if mention.field == "score" else mention.value)


@pytest.mark.parametrize(("short", "long", "field", "value", "used"), CLASHES)
def test_the_definition_of_the_paper_holds_everywhere(
    short: str, long: str, field: str, value: str | None, used: str, schema: Schema
) -> None:
    later = used.format(short)
    text = f"The paper speaks of {long} ({short}) here.\n\nMuch later, under another title, it goes on. {later}"
    document = text_document(text, "text", schema)
    assert abbreviations(document)[short] == long
    here = [m for m in find_mentions(document, schema) if m.span.start >= text.index(later)]
    same = {meaning(m) for m in here if m.field == field}
    assert same == ({value} if value else set())
    others = {v for s, _, f, v, _ in CLASHES if s == short and v not in (value, None) and f == field}
    assert not same & others


@pytest.mark.parametrize("short", sorted({row[0] for row in CLASHES}))
def test_defined_otherwise_it_means_otherwise(short: str, schema: Schema) -> None:
    """The same sentence, after two definitions, gives two readings."""
    rows = [row for row in CLASHES if row[0] == short]
    used = rows[0][4].format(short)
    readings = []
    for _, long, *_ in rows:
        text = f"The paper speaks of {long} ({short}) here.\n\n{used}"
        start = text.rindex(short)
        readings.append({(m.field, meaning(m)) for m in found(text, schema) if m.span.start >= start - 4})
    assert all(a != b for i, a in enumerate(readings) for b in readings[i + 1 :]), readings


@pytest.mark.parametrize("rater", ["physician", "patient"])
def test_who_judges_a_global_assessment_is_said_once(rater: str, schema: Schema) -> None:
    text = f"The {rater} global assessment (PGA) was used.\n\nPGA fell from 7 to 2."
    document = text_document(text, "text", schema)
    mentions = find_mentions(document, schema)
    assert {m.detail("measure") for m in mentions if m.field == "score"} == {"PGA"}
    assert defined_raters(document, mentions) == {"PGA": rater}


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("She has systemic sclerosis (SS).", "SS", "systemic sclerosis"),
        ("Mesenchymal stem cells (MSC) were grown.", "MSC", "Mesenchymal stem cells"),
        ("The Systemic Lupus Erythematosus Disease Activity Index (SLEDAI) fell.", "SLEDAI",
         "Systemic Lupus Erythematosus Disease Activity Index"),
    ],
)  # fmt: skip
def test_the_long_form_is_the_whole_name(text: str, short: str, long: str, schema: Schema) -> None:
    assert abbreviations(text_document(text, "text", schema))[short] == long


def test_the_first_definition_counts(schema: Schema) -> None:
    text = "Her ulcerative colitis (UC) was active. Cells of the umbilical cord (UC) were discussed.\n\nHer UC went on."
    later = [m for m in found(text, schema) if m.span.start >= text.index("Her UC")]
    assert {m.value for m in later if m.field in ("diagnosis", "tissue")} == {"ulcerative colitis"}


def test_without_a_definition_the_sentence_decides(schema: Schema) -> None:
    assert "umbilical cord" in {m.value for m in found("UC cells were infused.", schema) if m.field == "tissue"}
    colitis = found("Her UC with bloody stools had resisted mesalazine.", schema)
    assert "umbilical cord" not in {m.value for m in colitis}
