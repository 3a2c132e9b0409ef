"""LINK, the other treatments of a patient: before the cells, beside them, or after them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.claims import Told
from extract.link.events import after_a_round
from extract.link.status import status_of, words_of
from extract.link.values import distinct, new_id, rank, reported, where_of
from extract.model import Document, Mention, Therapy

_CONCOMITANT = re.compile(
    r"\b(?:continu\w+|concomitant\w*|concurrent\w*|background|premedicat\w+|pre-?treat\w+ with|"
    r"maint[ae]in\w+|unchanged|"
    r"conditioned (?:with|by)|conditioning (?:regimen|with|therapy|chemotherapy|consist\w+)|"
    r"while (?:she|he|they)?\s*(?:was|were)?\s*on|"
    r"at (?:the|its|their) (?:same|old|usual) dose|beforehand|throughout|during (?:the )?(?:first |entire |"
    r"whole )?(?:\d+ \w+ of )?(?:MSC|cell|stem|infusions?|treatment))\b",
    re.IGNORECASE,
)
_PRIOR = re.compile(
    r"\b(?:prior|previous(?:ly)?|earlier|past|before|history of|failed|refractory|unresponsive|resistant|"
    r"despite|had (?:been|received|taken|tried|undergone)|"
    r"did not respond|had no (?:effect|response))\b",
    re.IGNORECASE,
)
# "paracetamol was given before each infusion"
_BEFORE_EACH = re.compile(
    r"\bbefore\s+(?:each|every)\s+(?:\w+\s+){0,2}?(?:infusions?|injections?|doses?|administrations?|procedures?|sessions?|"
    r"treatments?|transfusions?|grafts?)\b",
    re.IGNORECASE,
)
# "both had used tacrolimus", told after the cells; not "she had received rituximab in the year after them"
_HAD_ONCE = re.compile(
    r"\bhad\s+(?:(?:previously|already|earlier|formerly|once|never|both|all|only|also|then)\s+)*"
    r"(?:used|received|taken|tried|undergone|failed)\b"
    r"(?![^.;]*\b(?:since|after|following|later|meantime|by\s+(?:then|month|week|year)|(?:month|week|day)s?\s+\d+)\b)",
    re.IGNORECASE,
)
# "which were stopped before grafting"
_ENDED_BEFORE = re.compile(
    r"\b(?:stopped|discontinued|withdrawn|ceased|suspended|halted|abandoned)\s+(?:\w+\s+){0,4}?before\s+(?:the\s+)?"
    r"(?:\w+\s+){0,3}?(?:graft\w*|infusions?|injections?|transplant\w*|implant\w*|cells?|MSCs?|treatment|procedure|therapy|"
    r"surgery)\b",
    re.IGNORECASE,
)
# "received cells after failure of prednisone and azathioprine", "steroid-refractory"
_FAILED = re.compile(
    r"\b(?:(?:after|following|upon|owing\s+to|because\s+of|due\s+to)\s+(?:the\s+)?(?:\w+\s+){0,2}?failures?\s+"
    r"(?:of|with|on|to\s+respond\s+to)|(?:refractory|resistant|unresponsive|non-?responsive|intolerant)\s+to|having\s+failed)\b",
    re.IGNORECASE,
)
_NAMES_FAILURE = re.compile(
    r"[-\u2010-\u2015 ](?:refractory|resistant|dependent|unresponsive|intolerant)\b", re.IGNORECASE
)
_AFTER_TREATMENT = re.compile(
    r"\b(?:after|following)\s+(?:the\s+|cell\s+|stem\s+|MSC\s+|first\s+|second\s+|last\s+)*(?:treatment|therapy|infusions?|"
    r"injections?|procedure|transplant\w*|MSCs?|cells)\b(?!\s+(?:of|with)\b)"
    r"|\b(?:days?|weeks?|months?|years?)\s+post[-\s]?(?:infusion|injection|treatment|therapy|procedure|MSCs?|cells?|"
    r"implant\w*)\b",
    re.IGNORECASE,
)
# Said of the time of the cells themselves, even where no day of theirs is known
_ALONGSIDE = re.compile(
    r"\bconcomitant(?:ly)?\b|\bpremedicat\w+|\bbackground\s+(?:therapy|treatment|medication)|\bconcurrently\b",
    re.IGNORECASE,
)
_PRIOR_HEADING = re.compile(r"\b(?:history|earlier|previous|prior|past|background|before)\b", re.IGNORECASE)
_POST_HEADING = re.compile(r"\b(?:outcomes?|follow[- ]?up|adverse|safety|course after|after|results)\b", re.IGNORECASE)
# "on day 95", "(week 20)": a count that begins with the cells, not one of an illness or a stay
_DAY_COUNT = re.compile(
    r"(?:\b(?:on|at|by|in|from|until)\s+|\()(?:day|week|month)\s+\+?[1-9]\d*\b(?!\s+(?:of|after|from|before)\b)",
    re.IGNORECASE,
)


def therapies_of(
    document: Document, told: Sequence[Told], patient: str, given: int | None, taken: set[str]
) -> list[Therapy]:
    """Other treatments of one patient, one row for each therapy and role.

    What stands before the first cells in the narrative came before them unless words say otherwise.
    """
    others = [m for m, people in told if m.field == "therapy" and patient in people]
    found: dict[tuple[str, str], list[Mention]] = {}
    for mention, people in told:
        if mention.field != "therapy" or patient not in people:
            continue
        unsure = mention.context.presence in ("negated", "uncertain")
        if unsure and words_of(document, mention, others) != "refused":
            continue
        role = _role(document, mention, given)
        if role is not None:
            found.setdefault((str(mention.value), role), []).append(mention)
    rows: list[Therapy] = []
    for (name, role), mentions in sorted(found.items(), key=lambda item: (item[1][0].span.start, item[0])):
        mentions = sorted(distinct(mentions), key=lambda m: (rank(where_of(document, m)), m.span.start))
        values = {
            "therapy": reported(document, name, mentions),
            "role": reported(document, role, mentions[:1], formula="place in the story, seen from the first cells"),
            "status": status_of(document, mentions, others),
            "as_written": reported(document, mentions[0].text, mentions[:1]),
        }
        kind = next((m for m in mentions if m.detail("class")), None)
        if kind is not None:
            values["class"] = reported(
                document, str(kind.detail("class")), [kind], formula="class of the drug in schemas/rules"
            )
        id = new_id(document, "therapies", patient, mentions, taken)
        rows.append(Therapy(id=id, patient=patient, order=len(rows) + 1, values=values))
    return rows


def _role(document: Document, mention: Mention, given: int | None) -> str | None:
    if mention.cell is not None:
        cell = document.cells[mention.cell]
        headers = f"{cell.column_header} | {cell.row_header} | {cell.group}"
        if re.search(r"\b(?:concomitant|concurrent|background|current)\b", headers, re.IGNORECASE):
            return "concomitant"
        return (
            "prior"
            if _PRIOR.search(headers)
            or re.search(r"\btreatments?\b|\btherap(?:y|ies)\b|\bdrugs?\b", headers, re.IGNORECASE)
            else None
        )
    sentence = document.quote(mention.sentence)
    where = where_of(document, mention)
    if where in ("abstract", "discussion", "caption"):
        return "prior" if _PRIOR.search(sentence) and where == "abstract" else None
    heading = ""
    if mention.block is not None and document.blocks[mention.block].headings:
        heading = document.blocks[mention.block].headings[-1]
    if _BEFORE_EACH.search(sentence):
        return "concomitant"
    if given is None:
        if _AFTER_TREATMENT.search(sentence):
            return "post"
        if _ALONGSIDE.search(sentence) and not _PRIOR.search(sentence):
            return "concomitant"
        if _DAY_COUNT.search(sentence) and not _PRIOR.search(sentence) and _told_after(document, mention):
            return "post"
        return "prior" if mention.context.when != "future" else None
    if mention.span.start < given:
        if _CONCOMITANT.search(sentence) and re.search(
            r"\b(?:premedicat\w+|during (?:the )?(?:infusion|treatment|MSC|cell))", sentence, re.IGNORECASE
        ):
            return "concomitant"
        return "prior"
    if _PRIOR_HEADING.search(heading) and not _POST_HEADING.search(heading):
        return "prior"
    if _CONCOMITANT.search(sentence):
        return "concomitant"
    earlier = (
        mention.context.when == "historical"
        or _HAD_ONCE.search(sentence)
        or _ENDED_BEFORE.search(sentence)
        or _FAILED.search(document.text[mention.sentence.start : mention.span.start])
        or _NAMES_FAILURE.match(document.text, mention.span.end)
        or _NAMES_FAILURE.search(mention.text)
    )
    return "prior" if earlier else "post"


def _told_after(document: Document, mention: Mention) -> bool:
    """Whether a sentence is told among the results, or behind a round of cells in its paragraph."""
    section = document.blocks[mention.block].section if mention.block is not None else ""
    return section == "results" or after_a_round(document, mention)
