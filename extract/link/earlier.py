"""LINK, an earlier transplantation: blood stem cells once had for another disease are not the cells of the report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.givings import GENERIC
from extract.link.values import is_title, where_of
from extract.model import Document, Mention, Span

_BLOOD_CELLS = "hematopoietic stem cell"
_OF_GIVING = frozenset(
    {
        "dose", "route", "count", "site", "interval", "timing", "volume", "donor", "tissue", "cell_type", "product",
    }
)  # fmt: skip
_TRANSPLANTED = re.compile(
    r"\b(?:(?:allo|auto|haplo)?-?\s?(?:HSCT|HCT|SCT|BMT|PBSCT)|(?:re-?)?transplant(?:ed|ation|ations|s)?|graft(?:ed|s)?)\b",
    re.IGNORECASE,
)
_OF_BLOOD = re.compile(
    r"\bha?ematopoietic\b|\b(?:HSCT|HCT|BMT|PBSCT)\b|\bconditioning\b|\b(?:busulfan|busulphan|melphalan|treosulfan|fludarabine"
    r"|thiotepa)\b|\btotal[- ]body irradiation\b|\bengraft\w+",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\bco-?(?:transplant\w*|infus\w*|administ\w*)|(?<!after )(?<!following )(?<!post )(?<!post-)"
    r"\b(?:HSCT|BMT|ha?ematopoietic (?:stem )?cell transplantation)\b",
    re.IGNORECASE,
)
"""In a title: words that make the transplantation a part of what is reported, not only what came before it."""


def without_earlier_transplant(document: Document, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions without what is told of the giving of blood stem cells, in a paper whose own cells are others.

    Only where the paper names its cells and these are no blood stem cells; a title that reports both keeps both. The
    age at such a transplantation is no age at treatment.
    """
    own = _own_cells(document, mentions)
    if not own or _BLOOD_CELLS in own or any(_TOGETHER.search(title) for title in _titles(document)):
        return tuple(mentions)
    cells: dict[Span, set[str]] = {}
    for mention in mentions:
        if mention.field == "cell_type" and mention.cell is None:
            cells.setdefault(mention.sentence, set()).add(str(mention.value))
    earlier = {
        sentence
        for sentence in {m.sentence for m in mentions if m.cell is None}
        if _is_earlier(document.quote(sentence), cells.get(sentence, set()))
    }
    return tuple(
        _undated(m) if m.sentence in earlier else m
        for m in mentions
        if m.sentence not in earlier or m.field not in _OF_GIVING
    )


def _titles(document: Document) -> list[str]:
    return [datum.value for datum in document.metadata if datum.field == "title"]


def _own_cells(document: Document, mentions: Sequence[Mention]) -> set[str]:
    """The kinds of cells that the title names, or else the abstract."""
    kinds = [m for m in mentions if m.field == "cell_type" and m.context.presence == "present"]
    named = {str(m.value) for m in kinds if is_title(document, m.span)} - GENERIC
    return named or {str(m.value) for m in kinds if where_of(document, m) == "abstract"} - GENERIC


def _is_earlier(sentence: str, cells: set[str]) -> bool:
    """Whether a sentence tells of a transplantation of blood stem cells and of no other cells."""
    if cells - GENERIC - {_BLOOD_CELLS} or not _TRANSPLANTED.search(sentence):
        return False
    return _BLOOD_CELLS in cells or _OF_BLOOD.search(sentence) is not None


def _undated(mention: Mention) -> Mention:
    if mention.field != "age" or mention.detail("event") != "treatment":
        return mention
    return mention.model_copy(update={"details": {**mention.details, "event": "unspecified"}})
