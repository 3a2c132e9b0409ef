"""LINK, givings told by reference to one before: "a second injection with the same number of cells was performed"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from extract.link.cast import Cast
from extract.link.givings import Giving, count_of, with_fact
from extract.link.references import tells_same_number, with_added, with_repeats, with_same_doses
from extract.link.whose import TELLING, whose
from extract.model import Context, Document, Mention, Span
from extract.numbers import NUMBER_WORDS, number_word
from extract.patterns import searched

Telling = tuple[Mention, bool, Decimal | None]
"""The words that tell of a further giving, whether its dose is the one before, and how many more there were."""

_NTH = {
    "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
}  # fmt: skip
_NOUN = (
    r"(?:infusion|injection|dose|administration|transfusion|session|procedure|treatment|implantation"
    r"|instillation|transplantation|inoculation|application)s?"
)
_DONE = (
    r"(?:was|were|has\s+been|had\s+been)\s+(?:then\s+|later\s+|subsequently\s+|also\s+)?"
    r"(?:given|administered|infused|injected|instilled|performed|done|made|carried\s+out|applied|delivered)"
)
_RECEIVED = r"(?:received|underwent|got|had|was\s+given|were\s+given|gave|administered|performed|injected|infused)"
_FURTHER = (
    r"(?:another|(?:an?|one|the|his|her|their)\s+"
    r"(?P<nth>second|third|fourth|fifth|2nd|3rd|4th|5th|further|additional|repeat(?:ed)?))"
)

# "a second injection (...) was performed", "received a repeat infusion"
_ANOTHER = searched(
    rf"(?:\b{_RECEIVED}\s+)?\b{_FURTHER}\s+(?:[\w-]+\s+){{0,3}}?{_NOUN}\b(?P<rest>[^.;]{{0,80}}?\b{_DONE}\b)?"
)
# "the procedure was repeated", "the same treatment was carried out again"
_REPEATED = searched(
    rf"\b(?:the|this|his|her)\s+(?:(?!second|third|last)[\w-]+\s+){{0,3}}?{_NOUN}\s+(?:with\s+(?:the\s+)?cells\s+)?(?:was|were|has\s+been|had\s+been)\s+"
    r"(?:then\s+|later\s+|subsequently\s+|(?:well\s+)?tolerated\s+(?:\w+\s+)?and\s+(?:was\s+)?)?(?:repeated|(?:given|performed|done|carried\s+out|administered)\s+again)\b"
)
_NOT_SO = re.compile(
    r"\b(?:not|no|never|without|if|unless|would|could|should|might|(?-i:may)|planned|scheduled|offered|declined|refused|"
    r"proposed|considered|recommended|whether|cancelled|canceled|withheld|instead\s+of)\b",
    re.IGNORECASE,
)
_OTHER_STUFF = re.compile(
    r"\b(?:PRP|plasma|platelets?|saline|placebo|steroids?|cortico\w*|lidocaine|hyaluron\w*|fluids?|blood|vaccin\w*|"
    r"toxin|chemo\w*|loading|surg\w+|lavage|MRI|biops\w+|lipo\w+|grafting)\b",
    re.IGNORECASE,
)
_OWN_DOSE = re.compile(
    r"\b(?:(?:half|twice|double|triple|one\s+third|a\s+third)\s+(?:of\s+)?(?:the|that|this|his|her|as\s+many)\b"
    r"|(?:doubled|halved|tripled|lower|higher|larger|smaller|reduced|increased|escalated)\b[^.;]{0,20}\b(?:dose|number|amount|cells)"
    r"|(?:dose|number\s+of\s+cells|amount)\s+(?:was\s+)?(?:doubled|halved|tripled|reduced|increased|escalated))",
    re.IGNORECASE,
)
_OPEN_END = re.compile(r"\b(?:every|each|monthly|weekly|daily|yearly|several|multiple|until|times)\b", re.IGNORECASE)
_TIMES = re.compile(rf"\b(?P<n>once|twice|thrice|(?:\d{{1,2}}|{NUMBER_WORDS})(?=\s+times\b))", re.IGNORECASE)
_SPAN = rf"(?:\d{{1,3}}|{NUMBER_WORDS})\s+(?:days?|weeks?|months?|years?)"
# "one month and three months later", "at weeks 4 and 8", "in months 3 and 6"
_LISTED = re.compile(
    rf"\b(?:{_SPAN}(?:\s+later)?(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:again\s+)?(?:after\s+|at\s+)?)+{_SPAN}"
    rf"|\b(?:days|weeks|months)\s+\d{{1,3}}(?:\s*(?:,\s*(?:and\s+)?|and|&)\s*\d{{1,3}})+"
    rf"|\b(?:after|at)\s+(?:\d{{1,3}}|{NUMBER_WORDS})(?:\s*(?:,\s*(?:and\s+)?|and|&)\s*(?:\d{{1,3}}|{NUMBER_WORDS}))+\s+(?:days|weeks|months)",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\b(?:\d{{1,3}}|{NUMBER_WORDS})\b", re.IGNORECASE)
_STOP = re.compile(r"[.!?]\s+(?=[A-Z0-9])")


def with_references(
    document: Document, cast: Cast, givings: dict[str, list[Giving]], mentions: Sequence[Mention]
) -> dict[str, list[Giving]]:
    """The givings of each patient with what their words tell by reference to others: the same dose, so many more."""
    drugs = {
        document.quote(m.sentence) for m in mentions if m.field == "therapy" and m.cell is None and m.context.is_fact
    }
    tellings = _tellings(document, mentions) if any(givings.values()) else []
    out: dict[str, list[Giving]] = {}
    for patient, found in givings.items():
        dosed = with_added(document.text, with_repeats(with_same_doses(found, drugs)))
        out[patient] = _with_again(document, cast, patient, dosed, mentions, tellings)
    return out


def _with_again(
    document: Document,
    cast: Cast,
    patient: str,
    givings: Sequence[Giving],
    mentions: Sequence[Mention],
    tellings: Sequence[Telling],
) -> list[Giving]:
    """The givings of one patient, those counted up that a later sentence without a dose tells to have been repeated.

    Told with the same dose, or as repeated, the last giving before is counted once more (or as often as the sentence
    lists). Where a further giving is told of whose dose nobody can know, the last giving gets the fact ``again``: it
    must not be taken for the only one.
    """
    out = sorted(givings, key=lambda g: g.start)
    for told, resolved, more in tellings:
        before = [
            i
            for i, g in enumerate(out)
            if g.wheres[0] == "narrative"
            and g.start < told.sentence.start
            and not g.is_total
            and (g.doses or g.get("route"))
        ]
        sentence = document.quote(told.sentence)
        told_so = [g for g in out if g.sentence == sentence]
        if (
            not before
            or any(g.doses or "route" in g.facts or "site" in g.facts for g in told_so)
            or patient not in whose(document, cast, told)
        ):
            continue
        dosed = [i for i in before if out[i].doses]
        at = (dosed or before)[-1]
        row = out[at]
        if len({out[i].get("route") for i in dosed if out[i].sentence == row.sentence}) > 1:
            continue  # which of two ways was gone again is not told
        if any(
            m.field == "therapy" and row.start < m.span.start < told.sentence.end and not row.sentence.count(m.text)
            for m in mentions
        ):
            continue  # it may be the drug that was repeated
        known = count_of(row)
        nth = _NTH.get(told.text.lower(), 0)
        so_far = {tuple(d.size for d in out[i].doses): count_of(out[i]) or 1 for i in (dosed or before)}
        if (nth and nth <= sum(so_far.values())) or (known is not None and known > 1 and not nth):
            continue
        if resolved and more is not None and nth in (0, sum(so_far.values()) + 1):
            facts = {**row.facts, "count": ((Decimal(known or 1) + more, told),)}
            out[at] = row._replace(facts=facts, mentions=(*row.mentions, told))
            out = [g for g in out if g not in told_so]
        elif known is None and not _told_elsewhere(out, told):
            out[at] = with_fact(row, "again", ((True, told),))
    return out


def _told_elsewhere(givings: Sequence[Giving], told: Mention) -> bool:
    """Whether the further giving has a line of its own: after the words, or in a table of several."""
    later = any(g.wheres[0] == "narrative" and g.start > told.span.start for g in givings)
    return later or sum(g.wheres[0] == "table" for g in givings) > 1


def _tellings(document: Document, mentions: Sequence[Mention]) -> list[Telling]:
    """Sentences without a dose of their own that tell of a further giving: the words, whether its dose is the one
    before, and how many more there were (None: not told)."""
    out: list[Telling] = []
    for index, block in enumerate(document.blocks):
        if block.kind not in ("paragraph", "list") or block.section not in TELLING:
            continue
        text = document.quote(block.span)
        for match in sorted((*_ANOTHER.finditer(text), *_REPEATED.finditer(text)), key=lambda m: m.start()):
            told = _telling(document, mentions, index, block.span.start, match)
            if told is not None and all(told[0].sentence != other[0].sentence for other in out):
                out.append(told)
    return out


def _telling(
    document: Document, mentions: Sequence[Mention], index: int, offset: int, match: re.Match[str]
) -> Telling | None:
    start, end = offset + match.start(), offset + match.end()
    inside = next((m.sentence for m in mentions if m.cell is None and m.sentence.start <= start < m.sentence.end), None)
    bounds = inside or _sentence(document, index, start, end)
    words = document.quote(bounds)
    mates = [m for m in mentions if m.cell is None and m.sentence == bounds]
    further = "nth" in match.re.groupindex
    if further and not match["rest"] and not re.match(_RECEIVED, match.group(), re.IGNORECASE):
        return None
    if _NOT_SO.search(words) or _OTHER_STUFF.search(words):
        return None
    if any(
        m.field in ("dose", "therapy") or (m.field == "count" and further) or m.context.who != "patient" for m in mates
    ):
        return None
    behind = document.text[start : bounds.end]
    more = _how_many(behind)
    same = tells_same_number(words)
    resolved = not _OWN_DOSE.search(words) and (same or not further)
    nth = match["nth"] if further else None
    name = nth if nth and nth.lower() in _NTH else match.group()
    place = offset + (match.start("nth") if nth and nth.lower() in _NTH else match.start())
    plural = further and re.search(rf"\b{_NOUN}(?<=s)\b", match.group()) is not None
    sided = any(m.field == "site" or m.field == "route" for m in mates)
    mention = Mention(
        field="administration",
        value=match.group(),
        span=Span(start=place, end=place + len(name)),
        text=name,
        rule_id="link.again",
        context=Context(),
        sentence=bounds,
        block=index,
    )
    return mention, resolved and not sided, None if plural else more


def _how_many(words: str) -> Decimal | None:
    """How many more times the words behind "repeated" tell, None where they leave it open."""
    told = _TIMES.search(words)
    if told is not None:
        return number_word(told["n"]) or Decimal(told["n"])
    listed = _LISTED.search(words)
    if listed is not None:
        return Decimal(len(_NUMBER.findall(listed.group())))
    return None if _OPEN_END.search(words) else Decimal(1)


def _sentence(document: Document, index: int, start: int, end: int) -> Span:
    """The sentence around some words of a block where no mention knows it."""
    block = document.blocks[index].span
    left = [m.end() for m in _STOP.finditer(document.text, block.start, start)]
    right = _STOP.search(document.text, end, block.end)
    return Span(start=left[-1] if left else block.start, end=right.start() + 1 if right else block.end)
