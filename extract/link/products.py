"""LINK, the cells as the paper describes them apart from any dose: source, and number of sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from extract.link.claims import Told
from extract.link.givings import SOURCE
from extract.link.values import as_number, is_title, where_of
from extract.model import Document, Mention, Scalar

_SESSION = re.compile(r"\b(?:sessions?|sittings?|cycles?|rounds?)\b", re.IGNORECASE)
_OTHER_SESSIONS = re.compile(
    r"\b(?:physio\w*|photo\w*|UV\w*|dialysis|apheresis|radi\w+|laser|training|rehabilitation|exercise|"
    r"psycho\w*|exchange|chemotherapy)\b",
    re.IGNORECASE,
)
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def sessions_of(document: Document, told: Sequence[Told], patient: str) -> tuple[Scalar, Mention] | None:
    """In how many sessions the patient was treated, when one number is told of them apart from any dose.

    A number that was only planned counts when the last of the planned sessions is told of.
    """
    found: dict[Decimal, Mention] = {}
    for mention, people in told:
        number = as_number(mention.quantity.number if mention.quantity else mention.value)
        if mention.field != "count" or patient not in people or mention.cell is not None or number is None:
            continue
        if not _SESSION.search(mention.text) or where_of(document, mention) != "narrative":
            continue
        if re.search(r"\bafter\s+$", document.text[: mention.span.start][-8:], re.IGNORECASE):
            continue  # "after one session" tells of a time, not of a number
        if _OTHER_SESSIONS.search(document.quote(mention.sentence)) or mention.context.who != "patient":
            continue
        if mention.context.presence == "planned" or mention.context.when == "future":
            nth = _NTH[int(number) - 1] if 1 <= number <= len(_NTH) else "-"
            if not re.search(
                rf"\b(?:{nth}|all {mention.text.split()[0]})\s+(?:\w+ ){{0,2}}(?:session|sitting|cycle|"
                rf"round)",
                document.text,
                re.IGNORECASE,
            ):
                continue
        elif not mention.context.is_fact:
            continue
        found.setdefault(number, mention)
    if re.search(r"\b(?:second|third|last|other) session\b[^.]{0,30}\bonly\b", document.text, re.IGNORECASE):
        return None
    return next(iter(found.items())) if len(found) == 1 else None


_HANDED_OUT = re.compile(
    r"\b(?:given|received|treated|underwent|infus\w+|inject\w+|transplant\w+|administ\w+)\b", re.IGNORECASE
)


def _is_product_of_paper(document: Document, mention: Mention) -> bool:
    """Whether the title, or a sentence of the abstract about giving, names the product of the paper."""
    if mention.context.who not in ("patient", "literature", "family", "donor") or mention.context.presence != "present":
        return False
    if is_title(document, mention.span):
        return True
    told = where_of(document, mention) == "abstract" and _HANDED_OUT.search(document.quote(mention.sentence))
    return bool(told) and not re.search(r"\[\d|et al", document.quote(mention.sentence))


GENERAL = ("abstract", "methods", "other", "case", "results")


def sources_of(document: Document, told: Sequence[Told], patient: str) -> dict[str, tuple[tuple[Scalar, Mention], ...]]:
    """What the paper says of the cells of one patient outside the drafts: own words first, then words about
    nobody in particular (title, abstract, methods) where they agree."""
    out: dict[str, tuple[tuple[Scalar, Mention], ...]] = {}
    cellular = {
        t.mention.sentence for t in told if t.mention.field in ("cell_type", "dose", "administration", "product")
    }
    for field in SOURCE:
        own: list[tuple[Scalar, Mention]] = []
        advised: list[tuple[Scalar, Mention]] = []
        general: list[tuple[Scalar, Mention]] = []
        for mention, people in told:
            if mention.field != field or mention.context.who not in ("patient", "donor"):
                continue
            if field == "tissue" and mention.cell is None and mention.sentence not in cellular:
                continue
            pair = (mention.value, mention)
            if mention.context.presence == "planned" and patient in people:
                advised.append(pair)
            elif mention.context.presence != "present":
                continue
            elif patient in people and where_of(document, mention) != "discussion":
                own.append(pair)
            elif not people and mention.block is not None and document.blocks[mention.block].section in GENERAL:
                general.append(pair)
        own = own or advised
        if not own and not general:
            general = [(m.value, m) for m, _ in told if m.field == field and _is_product_of_paper(document, m)]
        chosen = _specific(own) or _specific(general)
        if chosen:
            out[field] = tuple(chosen)
    return out


_NARROWER = {"Wharton's jelly": "umbilical cord", "umbilical cord blood": "umbilical cord"}


def _specific(pairs: Sequence[tuple[Scalar, Mention]]) -> list[tuple[Scalar, Mention]]:
    """Without the wider word where the narrower one is there too."""
    values = {value for value, _ in pairs}
    wider = {_NARROWER[str(value)] for value in values if str(value) in _NARROWER}
    return [(value, mention) for value, mention in pairs if value not in wider]
