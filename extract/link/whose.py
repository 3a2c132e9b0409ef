"""LINK, whose each mention is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.cast import Cast, person_called, ranked_in
from extract.link.labels import (
    kin_in,
    labels_in,
    sex_told,
    tells_of_all,
    tells_of_number,
    tells_of_ours,
)
from extract.link.values import is_title
from extract.model import Block, Document, Mention, Span
from extract.patterns import searched

OTHERS_HEADING = re.compile(
    r"\b(?:others|literature|elsewhere|previous (?:reports|studies|work)|what is known|what we (?:think|"
    r"learn\w*|conclude)|comments?|remarks|discussion)\b",
    re.IGNORECASE,
)
TELLING = ("case", "results", "methods", "other")


def whose(document: Document, cast: Cast, mention: Mention) -> tuple[str, ...]:
    """The patients a mention speaks of, () for none of this paper.

    A cell belongs to its row or column; words to the name in their sentence, else to the heading above them,
    else to the name that the paragraph began with, else to the only patient.
    """
    if mention.context.who != "patient" or not cast.persons:
        return ()
    if mention.cell is not None:
        return cast.cells.get(mention.cell, ())
    index = mention.block if mention.block is not None else document.block_at(mention.span.start)
    if index is None:
        return cast.ids if cast.single else ()
    block = document.blocks[index]
    title = is_title(document, mention.span)
    if (block.kind in ("reference", "running") or block.section == "references") and not title:
        return ()
    sentence = document.quote(mention.sentence)
    if mention.field in _PERSONAL and not cast.kin and _of_relative(sentence) and not ranked_in(cast, sentence[:40]):
        return ()
    if block.kind == "footnote" and not tells_of_ours(sentence) and not labels_in(sentence):
        return ()
    if cast.single:
        if _of_someone_else(sentence, cast.sexes.get(cast.ids[0])):
            return ()
        if block.headings and OTHERS_HEADING.search(block.headings[-1]) and not tells_of_ours(sentence):
            return () if block.section != "abstract" else cast.ids
        others = ("introduction", "discussion", "conclusion", *(("other",) if _has_story(document) else ()))
        if block.section in others and not title:
            return cast.ids if tells_of_ours(sentence) or tells_of_all(sentence) or block.kind == "caption" else ()
        return cast.ids
    return _named(document, cast, mention, block, index)


_COMMON = frozenset(
    {"diagnosis", "tissue", "donor", "cell_type", "product", "route", "dose", "no_adverse_event", "therapy"}
)
"""What a paper may say of all its patients at once: "two adults with ALS received autologous cells"."""
_PERSONAL = frozenset(
    {"dose", "route", "count", "diagnosis", "age", "sex", "weight", "score", "adverse_event", "therapy"}
)
_RELATIVE = re.compile(
    r"\W*(?:the|her|his|an?|one)\s+(?:\w+\s+)?(?:(?:grand|great-)?(?:mother|father|aunt|uncle|parent)s?|"
    r"cousins?|sisters?|brothers?|relatives?|siblings?|niece|nephew|donor)\b"
    r"(?!['’]s)(?!\s+(?:\w+ly\s+|also\s+|then\s+|had\s+|has\s+)?(?:rate[ds]?|scored?|assess(?:ed|es)|judged?|marked|"
    r"graded|noticed?|noted?|report(?:ed|s)|describe[ds]?|felt|thought|thinks|said|says|saw|sees|observed|found|"
    r"gave (?:it|her|him)|filled|completed|recall\w*|date[ds]|confirmed|complained|estimated?|put it)\b)",
    re.IGNORECASE,
)


_ONE_EACH = re.compile(
    r"\bone\s+(?:with|had|has|for|of\s+(?:them|whom))\b.*\b(?:one|the\s+other|another|two)\s+(?:with|had|has|for)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Each patient has a disease of their own, and the words do not say which patient: "one with X, one with Y"."""


def _of_relative(sentence: str) -> bool:
    """Whether a sentence has a relative or the donor as its subject: "Her mother, aged 41 and healthy,
    donated ..."."""
    return _RELATIVE.match(sentence) is not None


_SOMEONE = searched(
    r"\b(?:an?|one)\s+(?:\w+ ){0,2}?(?:\d{1,2}|[a-z]+)[- ]years?[- ]old\s+(?:\w+ )?(\w+)",
)


def _of_someone_else(sentence: str, sex: str | None) -> bool:
    """Whether a sentence introduces someone of the other sex: "a 41-year-old man" in a report of a woman."""
    for person in _SOMEONE.finditer(sentence):
        told = sex_told(person[0])
        if sex is not None and told is not None and told != sex:
            return True
    return False


def _has_story(document: Document) -> bool:
    return any(block.section in ("case", "results") for block in document.blocks)


def _named(document: Document, cast: Cast, mention: Mention, block: Block, index: int) -> tuple[str, ...]:
    owner = cast.blocks.get(index)
    names = _groups(document, _names_near(document, cast, mention.sentence, owner is None))
    if names:
        inside = [group for group in names if mention.span.start <= group[0] < mention.span.end]
        if inside:
            return inside[0][2]
        after = [group for group in names if group[0] >= mention.span.end]
        before = [group for group in names if group[1] <= mention.span.start]
        if after and _belongs_to_next(document.text[mention.span.end : after[0][0]], mention.field):
            return after[0][2]
        if before:
            return before[-1][2]
        if tells_of_all(document.text[mention.sentence.start : names[0][0]]):
            return cast.ids  # "both had received X, and Case A also Y"
        if owner is None:
            return names[0][2]
    if mention.field == "diagnosis" and _ONE_EACH.search(document.quote(mention.sentence)):
        return ()
    if tells_of_all(document.quote(mention.sentence)):
        return cast.ids
    if (
        owner is None
        and mention.field in _COMMON
        and tells_of_number(document.quote(mention.sentence), len(cast.persons))
    ):
        return cast.ids
    if mention.field in _COMMON and is_title(document, mention.span):
        return cast.ids
    if owner is not None:
        return (owner,)
    lead_in = Span(start=block.span.start, end=max(mention.sentence.start, block.span.start + 1))
    earlier = _groups(document, _names_near(document, cast, lead_in, True))
    if not earlier:
        return (cast.openings[index],) if index in cast.openings else ()
    if block.section in TELLING or re.match(
        r"\W*(?:he|she|his|her)\b", document.quote(mention.sentence), re.IGNORECASE
    ):
        between = document.text[earlier[-1][1] : mention.sentence.start]
        return () if tells_of_all(between) else earlier[-1][2]
    return ()


_FAMILY = re.compile(
    r"\b(?:mother|father|brother|sister|sibling|twin|aunt|uncle|cousin|parent|relative|niece|nephew|grand\w+)s?\b", re.I
)


def with_kin_as_patients(document: Document, cast: Cast, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions, those taken for a relative's told of a patient where the relative is one: "in the younger
    sister" in a paper whose second patient is the younger sister of the first."""
    if not cast.ranks and not cast.kin:
        return tuple(mentions)
    return tuple(
        m.model_copy(update={"context": m.context.model_copy(update={"who": "patient"})})
        if m.context.who == "family"
        and (_all_patients(cast, m.context.cues) or _only_ranked(cast, document.quote(m.sentence)))
        else m
        for m in mentions
    )


def _all_patients(cast: Cast, cues: Sequence[str]) -> bool:
    """Whether every relative that the cues name, and at least one, is a patient of the paper."""
    named = [cue for cue in cues if _FAMILY.search(cue)]
    return bool(named) and all(ranked_in(cast, cue) or _is_kin(cast, cue) for cue in named)


def _only_ranked(cast: Cast, sentence: str) -> bool:
    """Whether all relatives of a sentence, and there is one, are patients: "The older brother, aged 11, had ..."."""
    ranked = ranked_in(cast, sentence)
    named = [match.span() for match in _FAMILY.finditer(sentence)]
    return bool(named) and all(any(a <= start and end <= b for a, b, _ in ranked) for start, end in named)


def _is_kin(cast: Cast, cue: str) -> bool:
    words = [name for *_, name in kin_in(cue)]
    return re.search(r"\bthe\b", cue, re.I) is not None and len(words) == 1 and words[0] in cast.kin


def _belongs_to_next(between: str, field: str) -> bool:
    if field in ("age", "sex") and re.fullmatch(r"(?:\W*(?:years?|yrs?|y)\b)?(?:\W*old\b)?\W*", between):
        return True
    return len(between) < 30 and bool(re.fullmatch(r"[^,;.]*\b(?:in|for|of)\s+(?:the\s+|our\s+)?", between))


def _names_near(document: Document, cast: Cast, span: Span, kin_too: bool) -> list[tuple[int, int, str]]:
    found = [name for name in cast.names if span.start <= name[0] < span.end]
    if kin_too and (cast.kin or cast.sexes):
        for start, end, words in kin_in(document.quote(span)):
            id = person_called(cast, words)
            if id is not None:
                found.append((span.start + start, span.start + end, id))
    if kin_too:
        ranked = ranked_in(cast, document.quote(span))
        found += [(span.start + start, span.start + end, id) for start, end, id in ranked]
    return sorted(found)


def _groups(document: Document, names: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Names joined by commas and "and" name several people at once."""
    out: list[tuple[int, int, tuple[str, ...]]] = []
    for start, end, id in names:
        if out and re.fullmatch(r"\s*(?:\(\s*|,|and|&|,\s*and)?\s*(?:in\s+)?", document.text[out[-1][1] : start]):
            before = out[-1]
            out[-1] = (before[0], end, tuple(dict.fromkeys((*before[2], id))))
        else:
            out.append((start, end, (id,)))
    return out
