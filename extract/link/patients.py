"""LINK, who is who: the design of a paper, the number of its patients, and its patients."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from extract.link.cast import Cast, Person, ranks_of
from extract.link.labels import (
    kin_opening,
    labels_in,
    opens_apart,
    read_kin,
    read_label,
    tells_of_all,
    tells_of_ours,
)
from extract.link.tablepeople import kin_of_tables, table_names, whose_cells
from extract.link.values import is_title, where_of
from extract.link.whose import TELLING
from extract.model import Block, Design, Document, Mention, Span


def design_of(document: Document, mentions: Sequence[Mention]) -> Design | None:
    """What kind of paper it is, by its own words: the title counts most, then abstract, then the rest."""
    weights: Counter[str] = Counter()
    for mention in mentions:
        own_words = re.match(r"\s*(?:this|the present|our|we)\b", mention.text, re.IGNORECASE)
        if mention.field != "design" or not (mention.context.is_fact or own_words):
            continue
        section = document.blocks[mention.block].section if mention.block is not None else "other"
        weight = (
            10
            if is_title(document, mention.span)
            else {"abstract": 4, "discussion": 1, "conclusion": 1}.get(section, 2)
        )
        weights[str(mention.value)] += weight
    title = next((datum.value for datum in document.metadata if datum.field == "title"), "")
    if re.search(r"\breview\b", title, re.IGNORECASE) and not re.search(r"\b(?:cases?|series)\b", title, re.IGNORECASE):
        weights["review"] += 10
    told_here = any(block.section == "case" for block in document.blocks)
    if told_here and len(weights) > 1:
        weights.pop("review", None)
    order: tuple[Design, ...] = ("case_report", "case_series", "trial", "review", "other")
    if not weights:
        return "case_report" if told_here else None
    return max(order, key=weights.__getitem__)


_COUNTS_OURS = re.compile(
    r"\b(?:we|our|these|the present|this (?:series|report|study|article|paper)|herein|(?:were|"
    r"was) (?:treated|enrolled|included|studied|recruited)|"
    r"received|underwent)\b",
    re.IGNORECASE,
)


def stated_number(
    document: Document, mentions: Sequence[Mention], found: int
) -> tuple[int | None, tuple[Mention, ...]]:
    """How many patients the paper says it reports, and the mentions that say so.

    Papers also count those screened, girls among the patients and the like: a count that agrees with the
    people found is preferred, then the best place (title, abstract, body), then the largest.
    """
    counts: dict[int, list[tuple[int, Mention]]] = {}
    for mention in mentions:
        if mention.field != "patient_count" or not mention.context.is_fact or mention.cell is not None:
            continue
        number = mention.quantity.number if mention.quantity else None
        if number is None or number != int(number) or not 0 < number < 10000:
            continue
        in_body = where_of(document, mention) in ("narrative", "discussion") and number != found
        if in_body and not _COUNTS_OURS.search(document.quote(mention.sentence)):
            continue  # "nine women had fat injected": the body counts other people too
        place = (
            0
            if is_title(document, mention.span)
            else {"abstract": 1, "discussion": 3}.get(where_of(document, mention), 2)
        )
        counts.setdefault(int(number), []).append((place, mention))
    if not counts:
        return None, ()
    best = min(counts, key=lambda n: (n != found, min(place for place, _ in counts[n]), -len(counts[n]), -n))
    return best, tuple(mention for _, mention in sorted(counts[best], key=lambda pair: pair[0]))


def cast_of(document: Document, mentions: Sequence[Mention]) -> Cast:
    """The people of a paper.

    Looked for in this order: headings ("Case 1"), paragraphs that begin with a name ("Patient 1 (P1). A
    girl"), headers of table columns and rows, names in running text. A single case is "1". A group stands
    only where no individual is told of, and a review has nobody.
    """
    design = design_of(document, mentions)
    blocks, openings, headed, kin = _headed_blocks(document)
    tables = table_names(document, set(headed))
    names = _names_in_text(document)
    found: dict[str, Span] = dict(headed)
    if not found and not kin:
        for spans in tables.values():
            for name, span in spans.items():
                found.setdefault(name, span)
    if not found and not kin:
        found = _names_of_one_family(document, names)
    elif found:
        family = [name.isdigit() for name in found]
        for spans in tables.values():
            for name, span in spans.items():
                if name.isdigit() == family[0]:
                    found.setdefault(name, span)
    if len(found) < 2 and not kin:
        told = _names_of_one_family(document, names)
        found = told if len(told) > 1 else found
    if kin and not headed:
        found = dict(kin)
    if len(found) < 2 and not kin and (rows := kin_of_tables(document)):
        kin = found = rows
    stated, stated_by = stated_number(document, mentions, len(found))
    if design == "review" and not headed:
        return Cast(design=design)
    ours = [m for m in mentions if m.context.is_fact and m.field not in ("design", "patient_label", "patient_count")]
    if not _tells_of_people(document, design, ours, bool(stated), len(found)):
        return Cast(design=design, stated=stated, stated_by=stated_by)
    if len(found) < 2 and (stated or 1) > 1 and design != "case_report":
        group = Person(id="all", label=stated_by[0].text, kind="group", n=stated or 1, mention=stated_by[0])
        cast = Cast(design=design, stated=stated, stated_by=stated_by, persons=(group,))
    elif len(found) < 2:
        first = _introduction(document, ours)
        one = 1 if design in ("case_report", None) else None
        cast = Cast(design=design, stated=stated or one, stated_by=stated_by, persons=(Person(id="1", mention=first),))
    else:
        ids, relatives = _numbered(found, kin)
        persons = tuple(
            Person(id=ids[name], label=document.quote(span), mention=_naming(document, span, ids[name]))
            for name, span in sorted(found.items(), key=lambda item: (not item[0].isdigit(), _in_order(item, kin)))
        )
        design = "case_series" if design in ("case_report", None) else design
        called = [*names, *((span.start, span.end, name) for name, span in headed.items())]
        cast = Cast(
            design=design,
            stated=stated,
            stated_by=stated_by,
            persons=persons,
            blocks={index: ids[name] for index, name in blocks.items() if name in ids},
            openings={index: ids[name] for index, name in openings.items() if name in ids},
            names=tuple((start, end, ids[name]) for start, end, name in names if name in ids),
            kin=relatives,
            ranks={}
            if kin
            else ranks_of(document, [(a, b, ids[name]) for a, b, name in called if name in ids], tuple(ids.values())),
        )
    return cast.model_copy(update={"cells": whose_cells(document, cast)})


_OF_PEOPLE = ("age", "sex", "weight", "diagnosis", "therapy", "score", "dose", "adverse_event")


def _tells_of_people(
    document: Document, design: Design | None, ours: Sequence[Mention], counted: bool, named: int
) -> bool:
    """Whether a paper has patients of its own: personal facts, and words that make it a case, a series or a
    trial. A laboratory paper can have ages and scores of nobody."""
    facts = [m for m in ours if m.field in _OF_PEOPLE]
    if not facts:
        return False
    if design in ("case_report", "case_series") or counted or any(block.section == "case" for block in document.blocks):
        return True
    personal = [m for m in facts if m.field in ("age", "sex", "weight")]
    if named > 1:
        return any(
            m.field != "age" or m.cell is not None or tells_of_ours(document.quote(m.sentence)) for m in personal
        )
    return any(m.cell is None and tells_of_ours(document.quote(m.sentence)) for m in personal)


def _in_order(item: tuple[str, Span], kin: dict[str, Span]) -> tuple[int, str, int]:
    name, span = item
    if name in kin:
        return (0, "", span.start)
    return (int(name), "", 0) if name.isdigit() else (0, name, 0)


def _numbered(found: dict[str, Span], kin: dict[str, Span]) -> tuple[dict[str, str], dict[str, str]]:
    """Ids of the people: their own number or letter; relatives are numbered in order of appearance."""
    ids: dict[str, str] = {}
    relatives: dict[str, str] = {}
    for index, name in enumerate(sorted(found, key=lambda name: found[name].start), 1):
        ids[name] = str(index) if name in kin else name
        if name in kin:
            relatives[name] = ids[name]
    return ids, relatives


def _headed_blocks(
    document: Document,
) -> tuple[dict[int, str], dict[int, str], dict[str, Span], dict[str, Span]]:
    """Blocks under a person's heading; blocks that follow an opening with a person's name; the names with
    their first places; the relatives among them."""
    blocks: dict[int, str] = {}
    openings: dict[int, str] = {}
    headed: dict[str, Span] = {}
    kin: dict[str, Span] = {}
    current: str | None = None
    level = 0
    run_in: tuple[str, str] | None = None
    for index, block in enumerate(document.blocks):
        text = document.quote(block.span)
        if block.section in ("references", "introduction", "abstract", "discussion", "conclusion"):
            current, run_in = None, None
            continue
        if block.kind == "heading":
            name = read_label(text) if len(text) < 120 else None
            relative = (
                read_kin(text) if name is None and len(text) < 40 and block.section in ("case", "results") else None
            )
            if name or relative:
                current, level, run_in = name or relative, block.level, None
                places = headed if name else kin
                places.setdefault(str(name or relative), _clip(document, block.span))
            elif current is not None and block.level <= level and not _under(block, current):
                current, run_in = None, None
            elif run_in and block.level <= 1:
                run_in = None
        elif block.kind in ("paragraph", "list"):
            opening = labels_in(text[:60])
            relative = kin_opening(text[:60]) if current is None else None
            if opens_apart(text[:60]):
                run_in = None
            elif relative:
                run_in = (relative, block.section)
                blocks[index] = relative
                end = text.lower().index(relative.split()[-1]) + len(relative.split()[-1])
                kin.setdefault(relative, Span(start=block.span.start, end=block.span.start + end))
            elif opening and opening[0][0] <= 2 and current is None and _is_opening(text, opening[0][1]):
                run_in = (opening[0][2], block.section)
                start = block.span.start + opening[0][0]
                headed.setdefault(run_in[0], Span(start=start, end=block.span.start + opening[0][1]))
            elif run_in and (block.section != run_in[1] or tells_of_all(text[:150])):
                run_in = None
        if current and block.kind in ("heading", "paragraph", "list"):
            blocks[index] = current
        elif run_in and index not in blocks and block.kind in ("paragraph", "list"):
            openings[index] = run_in[0]
    if headed:
        for index in [index for index, name in blocks.items() if name in kin and name not in headed]:
            del blocks[index]
        kin = {}
    if len(kin) < 2:
        blocks = {index: name for index, name in blocks.items() if name not in kin}
        kin = {}
    return blocks, openings, headed, kin


def _under(block: Block, name: str) -> bool:
    return any(read_label(title) == name or read_kin(title) == name for title in block.headings)


_OPENING = re.compile(
    r"\s*(?:\([^)]{1,12}\))?\s*[.:–—-]|\s*(?:\([^)]*\)\s*)?(?:,|(?:was|is|an?|had|has|presented|the|"
    r"underwent|received|developed|remain\w*|died|showed|"
    r"reported|experienced|suffered|tolerated|complained|noticed|responded|relapsed)\b)"
)


def _is_opening(text: str, end: int) -> bool:
    """Whether a paragraph that begins with a name is about that person: a run-in heading or the start of a
    story."""
    rest = text[end : end + 40]
    return _OPENING.match(rest) is not None


_SECTION_NUMBER = re.compile(r"\s*(?:\d{1,2}(?:\.\d{1,2})+\.?\s+)?")


def _clip(document: Document, span: Span) -> Span:
    """A heading without white space at its ends and without the number of its section."""
    text = document.quote(span)
    number = _SECTION_NUMBER.match(text)
    begin = number.end() if number else 0
    return Span(start=span.start + begin, end=span.end - len(text) + len(text.rstrip()))


def _names_in_text(document: Document) -> tuple[tuple[int, int, str], ...]:
    names = []
    for block in document.blocks:
        if block.kind in ("paragraph", "list", "caption") and block.section != "references":
            base = block.span.start
            names += [(base + start, base + end, name) for start, end, name in labels_in(document.quote(block.span))]
    return tuple(names)


def _names_of_one_family(document: Document, names: Sequence[tuple[int, int, str]]) -> dict[str, Span]:
    """Names used in the body of the paper, numbers or letters, whichever are more; those of other papers do
    not count."""
    found: dict[str, Span] = {}
    for start, end, name in names:
        index = document.block_at(start)
        if index is None or document.blocks[index].section not in TELLING:
            continue
        found.setdefault(name, Span(start=start, end=end))
    numbers = {name for name in found if name.isdigit()}
    letters = set(found) - numbers
    family = numbers if len(numbers) >= len(letters) else letters
    first = "1" if family is numbers else "A"
    return {name: span for name, span in found.items() if name in family} if first in family else {}


def _introduction(document: Document, ours: Sequence[Mention]) -> Mention:
    """The mention that best introduces the one patient: an age or a sex in the case, else the first fact."""

    def goodness(mention: Mention) -> tuple[bool, bool, int]:
        section = document.blocks[mention.block].section if mention.block is not None else "other"
        return (
            mention.field not in ("age", "sex"),
            section not in ("case", "results", "methods"),
            mention.span.start,
        )

    return min(ours, key=goodness)


def _naming(document: Document, span: Span, name: str) -> Mention:
    block = document.block_at(span.start)
    return Mention(
        field="patient_label",
        value=name,
        span=span,
        text=document.quote(span),
        rule_id="link.patient_label",
        sentence=span,
        block=block,
    )
