"""LINK, what else happened: adverse events after the cells, and statements that there were none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.cast import Cast
from extract.link.claims import Dispute, Told, claim
from extract.link.values import distinct, new_id, rank, reported, where_of
from extract.model import AdverseEvent, Document, Mention, Scalar

_EVENT_WORDS = re.compile(
    r"\b(?:adverse|side[- ]?effects?|complicat\w+|toxicit\w+|reactions?|safety|untoward|unwanted|"
    r"complain\w*|tolerat\w+|followed|occurred|develop\w+)\b",
    re.IGNORECASE,
)
_EVENT_HEADER = re.compile(
    r"\b(?:adverse|side[- ]?effects?|complications?|events?|reactions?|safety|toxicity|SAE|AE)s?\b",
    re.IGNORECASE,
)
_SERIOUS = "serious adverse event"
_ANY = "any adverse event"


def is_blanket_for_all(document: Document, cast: Cast, mention: Mention) -> bool:
    """Whether a statement of absence that names nobody ("No serious adverse event occurred") is of all."""
    if cast.single or mention.cell is not None or mention.block is None or mention.context.who != "patient":
        return False
    block = document.blocks[mention.block]
    return (
        mention.block not in cast.blocks
        and mention.block not in cast.openings
        and block.section in ("abstract", "results", "discussion", "conclusion", "case")
    )


def adverse_events_of(
    document: Document, told: Sequence[Told], patient: str, cast: Cast, given: int | None, taken: set[str]
) -> list[AdverseEvent]:
    """Events of one patient after cells, one row for each, and the statements of absence.

    An event before the first cells is a symptom, not an adverse event. What is denied in one sentence and
    told in another (fever after the second infusion only) is told.
    """
    present: dict[str, list[Mention]] = {}
    absent: dict[str, list[Mention]] = {}
    for mention, people in told:
        if mention.field == "no_adverse_event":
            blanket = patient in people or (not people and is_blanket_for_all(document, cast, mention))
            if blanket and mention.context.presence != "planned":
                name = _SERIOUS if mention.detail("serious") in (True, "true") else _ANY
                absent.setdefault(name, []).append(mention)
            continue
        if mention.field != "adverse_event" or patient not in people:
            continue
        if mention.context.presence == "negated":
            if _may_be_event(document, mention, given):
                absent.setdefault(str(mention.value), []).append(mention)
        elif mention.context.presence == "present" and _may_be_event(document, mention, given):
            present.setdefault(str(mention.value), []).append(mention)
    rows: list[AdverseEvent] = []
    for name, mentions in sorted(present.items(), key=lambda item: min(m.span.start for m in item[1])):
        rows.append(_event_row(document, patient, name, True, mentions, len(rows) + 1, taken))
    for name, mentions in sorted(absent.items(), key=lambda item: min(m.span.start for m in item[1])):
        if name not in present:
            rows.append(_event_row(document, patient, name, False, mentions, len(rows) + 1, taken))
    return rows


def _may_be_event(document: Document, mention: Mention, given: int | None) -> bool:
    """After the first cells in the narrative, under a heading or table header for events, or in a telling
    sentence of the abstract."""
    if mention.context.when == "future":
        return False
    if given is not None and (_section(document, given), _section(document, mention.span.start)) == ("methods", "case"):
        given = None  # the methods tell how all were treated; a story begins with what was before
    if given is None and mention.cell is None and not _in_event_section(document, mention):
        near = (
            _NEAR_CELLS.search(document.quote(mention.sentence))
            or _in_event_paragraph(document, mention)
            or after_a_round(document, mention)
        )
        return bool(near) and where_of(document, mention) == "narrative" and not _is_no_event(document, mention)
    if mention.cell is not None:
        cell = document.cells[mention.cell]
        return _EVENT_HEADER.search(f"{cell.column_header} | {cell.row_header}") is not None
    where = where_of(document, mention)
    if _in_event_section(document, mention):
        return True
    sentence = document.quote(mention.sentence)
    if _is_no_event(document, mention) or where == "caption":
        return False
    if where == "abstract":
        told = _AFTER_CELLS.search(sentence) is not None and not _is_titleish(document, mention)
        return mention.context.when != "historical" and told
    if where == "discussion":
        return _EVENT_WORDS.search(sentence) is not None
    return given is not None and mention.span.start > given and mention.context.when != "historical"


def _section(document: Document, place: int) -> str:
    index = document.block_at(place)
    return document.blocks[index].section if index is not None else ""


_AFTER_CELLS = re.compile(
    r"\b(?:adverse|side[- ]?effects?|unwanted)\b|\b(?:infus\w+|inject\w+|treatment|transplant\w*|"
    r"cells)\b.*\b(?:follow\w*|after|develop\w*|occur\w*|"
    r"experienc\w*|complain\w*|seen|noted)\b|\b(?:follow\w*|after|develop\w*|occur\w*|"
    r"experienc\w*)\b.*\b(?:infus\w+|inject\w+|treatment|transplant\w*|cells)\b",
    re.IGNORECASE | re.DOTALL,
)
_GETTING_BETTER = re.compile(
    r"\b(?:fading|improve\w*|reduc\w+|relief|resol(?:ution|ved)|disappear\w*|decreas\w+|regression|manage\w*|"
    r"still|residual|persist\w*|remain\w*|chronic|pre-?existing|known|baseline|history|no longer|less|free|"
    r"years? of|contact with|exposure to)\s+(?:\w+\s+){0,3}$"
    # "treatment for fever", not "after the treatment he developed fever"
    r"|\b(?:medications?|drugs?|therapy|treatment)\s+"
    r"(?:(?!(?:s?he|they|patient|develop\w*|experienc\w*|had|was|were|caused|led|followed|then|but)\b)\w+\s+){0,3}$",
    re.IGNORECASE,
)
# "The rash began to fade": of an event that was told before, the telling counts
_THE_KNOWN = re.compile(r"\b(?:the|her|his|their|this)\s+(?:\w+\s+)?$", re.IGNORECASE)
_FADES = re.compile(
    r"\s+(?:(?:had|has|was|were|slowly|soon|gradually|also|then|began\s+to|started\s+to)\s+)*(?:fad|improv|clear(?:ed|ing)"
    r"|disappear|vanish|resolv|heal|subsid|abat|regress|lessen|diminish|dried|closed)\w*",
    re.IGNORECASE,
)
_BY_A_DRUG = re.compile(r"\b(?:making|due to|caused by|because of|induced|secondary to)\b", re.IGNORECASE)


def _is_no_event(document: Document, mention: Mention) -> bool:
    """What gets better, was there before, or came from a drug is no event after cells."""
    before = document.text[mention.sentence.start : mention.span.start]
    if _GETTING_BETTER.search(before):
        return True
    if _THE_KNOWN.search(before) and _FADES.match(document.text, mention.span.end):
        return True
    return (
        _BY_A_DRUG.search(before) is not None
        and re.search(r"\b\w+(?:mab|cept|tinib|nib|imus|sone|lone|prine|ate|ine|stat)\b", before) is not None
    )


_NEAR_CELLS = re.compile(r"\b(?:infus|inject|punctur|transplant|cells)\w*|\bfollowed by\b", re.IGNORECASE)


_ROUND = re.compile(
    r"\b(?:first|second|third|last|each|every|both|cell|stem[- ]cell|MSC)\s+(?:\w+\s+)?(?:infusions?|injections?|"
    r"transfusions?|transplant\w*|punctures?)\b|"
    r"\b(?:was|were)\s+(?:then\s+)?(?:injected|infused|transplanted)\b|"
    r"\b(?:was|were)\s+treated\s+(?:in|on)\s+(?:\w+\s+){0,2}(?:19|20)\d\d\b",
    re.IGNORECASE,
)


def after_a_round(document: Document, mention: Mention) -> bool:
    """Whether the paragraph has told of a round of cells before: "twenty minutes into the first infusion", "she was
    injected in April"."""
    if mention.block is None:
        return False
    begin = document.blocks[mention.block].span.start
    return _ROUND.search(document.text[begin : mention.sentence.start]) is not None


def _in_event_paragraph(document: Document, mention: Mention) -> bool:
    """Whether the paragraph speaks of adverse events at all."""
    if mention.block is None:
        return False
    words = document.quote(document.blocks[mention.block].span)
    return re.search(r"\b(?:adverse|side[- ]?effects?|complications?)\b", words, re.IGNORECASE) is not None


def _is_titleish(document: Document, mention: Mention) -> bool:
    return mention.block is not None and document.blocks[mention.block].kind == "heading"


def _in_event_section(document: Document, mention: Mention) -> bool:
    if mention.block is None:
        return False
    block = document.blocks[mention.block]
    return (
        bool(block.headings)
        and re.search(
            r"\b(?:adverse|side[- ]?effects?|safety|complications?|tolerab\w+)\b",
            block.headings[-1],
            re.IGNORECASE,
        )
        is not None
    )


def _event_row(
    document: Document,
    patient: str,
    name: str,
    is_present: bool,
    mentions: Sequence[Mention],
    order: int,
    taken: set[str],
) -> AdverseEvent:
    mentions = sorted(distinct(mentions), key=lambda m: (rank(where_of(document, m)), m.span.start))
    values = {
        "event": reported(document, name, mentions),
        "present": reported(document, is_present, mentions),
        "as_written": reported(document, mentions[0].text, mentions[:1]),
    }
    for field in ("serious", "relatedness", "timing"):
        teller = next((m for m in mentions if m.detail(field) not in (None, "")), None)
        if teller is not None:
            value: Scalar = teller.details[field]
            if field == "serious":
                value = value in (True, "true", "yes")
            values[field] = reported(document, value, [teller])
    id = new_id(document, "adverse_events", patient, mentions, taken)
    return AdverseEvent(id=id, patient=patient, order=order, values=values)


_BUT_NONE = re.compile(
    r"\b(?:other|otherwise|apart|aside|except\w*|besides?|beyond|further|additional|only|subsequent\w*|second|third|last|"
    r"next|later|thereafter|afterwards|related|attribut\w+)\b",
    re.IGNORECASE,
)


def event_disputes(document: Document, told: Sequence[Told], patient: str, given: int | None) -> list[Dispute]:
    """Events that a sentence tells and denies in one breath: "fatigue ..., but did not have any adverse effect".

    A sentence that denies serious events only, others than those told, or those of another infusion is no conflict.
    """
    mine = [m for m, people in told if people == (patient,) and m.cell is None and m.context.presence == "present"]
    out: list[Dispute] = []
    for denial in (m for m in mine if m.field == "no_adverse_event"):
        words = document.quote(denial.sentence)
        only_serious = denial.detail("serious") in (True, "true")
        if only_serious and not re.search(r"\b(?:minor|mild) (?:or|nor|and) (?:serious|severe|major)\b", words):
            continue
        events = [
            m
            for m in mine
            if m.field == "adverse_event"
            and m.sentence == denial.sentence
            and m.span.end <= denial.span.start
            and _may_be_event(document, m, given)
        ]
        if not events or _BUT_NONE.search(words) or re.search(r"[.;]", words.strip()[:-1]):
            continue
        names = "; ".join(dict.fromkeys(str(m.value) for m in events))
        a, b = claim(document, names, events[0]), claim(document, "no adverse event", denial)
        explained = f"One sentence tells of {names} and denies any adverse event. Both are kept."
        out.append(Dispute(patient, "adverse events", a, b, "within_narrative", "minor", "", "event.denied", explained))
    return out
