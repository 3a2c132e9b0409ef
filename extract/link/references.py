"""LINK, doses told by reference: "with the same number of cells", "the same dose per kilogram"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

from extract.link.givings import Giving, count_of, differ, with_fact
from extract.numbers import NUMBER_WORDS, number_word

_SAME_PER_KG = re.compile(
    r"\b(?:the\s+same|an?\s+(?:identical|equal))\s+(?:dose|number(?:\s+of\s+cells)?|amount|quantity)\s*(?:/|per)\s*(?:kg|kilo\w*)",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"\b(?:with|of|at|using|gave|given|received|got|had|contained|injected|infused)\s+(?:again\s+)?(?:the\s+same|an?\s+(?:identical|equal))\s+"
    r"(?:dose|number|amount|quantity)(?:\s+of\s+(?:\w+\s+)?cells)?\b(?!\s*(?:/|per)\s*(?:kg|kilo)|\s+of\s+(?!\w*\s?cells)|\s+as\b)",
    re.IGNORECASE,
)


def tells_same_number(sentence: str) -> bool:
    """Whether a sentence tells a dose by the one before it."""
    return _SAME.search(sentence) is not None


def _told_where(giving: Giving) -> bool:
    return giving.get("route") is not None or giving.get("site") is not None


def with_same_doses(givings: Sequence[Giving], of_drugs: Collection[str]) -> list[Giving]:
    """The givings of one patient, those told by reference with the dose of the last one before by the same route.

    Only in the narrative, only where the sentence names no drug (``of_drugs``: the sentences that do), and where one
    dose can be meant: the last giving before must have been told with it.
    """
    out: list[Giving] = []
    for giving in sorted(givings, key=lambda g: g.start):
        out.append(giving)
        if giving.wheres[0] != "narrative" or giving.sentence in of_drugs:
            continue
        before = [
            g
            for g in out[:-1]
            if g.doses and g.wheres[0] == "narrative" and not g.is_total and not differ(g, giving, "route", "tissue")
        ]
        if not before or before[-1].sentence == giving.sentence:
            continue
        if giving.dose("cells/kg") is None and _SAME_PER_KG.search(giving.sentence):
            known = before[-1].dose("cells/kg")
            if known is not None and not (giving.dose("cells") is None and giving.doses):
                out[-1] = giving._replace(doses=(*giving.doses, known))
        elif not giving.doses and _told_where(giving) and _SAME.search(giving.sentence):
            out[-1] = giving._replace(doses=before[-1].doses)
    return out


_GIVEN_AGAIN = re.compile(
    r"\b(?:the\s+same|an?\s+(?:identical|equal))\s+(?:dose|number|amount|quantity)(?:\s+of\s+(?:\w+\s+)?cells)?\s+"
    r"(?:was|were|had\s+been)\s+(?:then\s+|later\s+)?(?:given|administered|infused|injected|instilled|repeated)\b"
    r"(?![^.;]*\b(?:twice|thrice|times|every|each|other|weekly|monthly|daily|patients?|to\s+(?:him|her|the))\b)",
    re.IGNORECASE,
)


def with_repeats(givings: Sequence[Giving]) -> list[Giving]:
    """Those that one sentence tells twice, with count 2: "... and a month later the same number was given again"."""
    dosed = [giving.sentence for giving in givings if giving.doses]
    return [
        with_fact(giving, "count", ((Decimal(2), giving.mentions[0]),))
        if any(dose.mention.text in giving.sentence for dose in giving.doses)  # not one told by reference
        and giving.wheres[0] == "narrative"
        and "count" not in giving.facts
        and dosed.count(giving.sentence) == 1
        and _GIVEN_AGAIN.search(giving.sentence)
        else giving
        for giving in givings
    ]


_GIVING_NOUN = (
    r"(?:infusions?|injections?|doses?|administrations?|transfusions?|treatments?|sessions?"
    r"|applications?|instillations?|bags?)"
)
_MORE_FOLLOWED = re.compile(
    rf"\W*(?:(?:s?he|they|the\s+\w+)\s+(?:then\s+)?(?:received|had|got|was\s+given)\s+)?(?P<n>\d{{1,2}}|{NUMBER_WORDS})\s+"
    rf"(?:more|further|additional|such|identical)\b(?=(?P<rest>[^.;]*))(?:\s+(?:[\w-]+\s+){{0,3}}?{_GIVING_NOUN}\b)?"
    r"(?:\s+(?:of|at|with|in)\s+(?:the\s+)?(?:same|equal|identical)\s+\w+)?(?:\s+ones)?"
    r"(?:\s*,\s*[^,.;]{1,40},)?\s+(?:followed|came|(?:was|were|had\s+been)\s+(?:\w+ly\s+)?(?:given|infused|injected|administered"
    r"|instilled|transfused|performed|done)|(?:on|at|after|every|each|in)\b)",
    re.IGNORECASE,
)
_BOTH_REPEATED = re.compile(
    rf"\W*(?:both|all(?:\s+(?:two|three|of\s+(?:these|them)))?|each(?:\s+of\s+(?:these|them))?)\s+(?:(?:[\w-]+\s+){{0,2}}?(?:{_GIVING_NOUN}|procedures?)\s+)?"
    r"(?:was|were|had\s+been)\s+(?:\w+ly\s+)?(?:repeated|given\s+again|done\s+again)\b"
    rf"(?:\s+(?P<n>once|twice|thrice|{NUMBER_WORDS}(?=\s+times)))?(?![^.;]*\b(?:every|weekly|monthly|daily|until|unless)\b)",
    re.IGNORECASE,
)
_ITS_OWN = re.compile(r"\d\s*[×x*]\s*10|\d\s*(?:million|billion)|\bcells\b|\bhalf\b|\bdouble\b", re.IGNORECASE)


def with_added(text: str, givings: Sequence[Giving]) -> list[Giving]:
    """Those to which the next sentence adds more of the same kind: "A first infusion of ... was given. Two more
    followed, on days 14 and 28." is a count of 3; what that sentence alone would tell is left out. "Both were
    repeated after 30 days." makes it two of each."""
    out: list[Giving] = []
    spent: set[str] = set()
    for giving in givings:
        at = text.find(giving.sentence, max(0, giving.start - len(giving.sentence)))
        both = _BOTH_REPEATED.match(text, at + len(giving.sentence)) if at >= 0 else None
        if both is not None and giving.doses and giving.wheres[0] == "narrative" and "count" not in giving.facts:
            again = number_word(both["n"]) if both["n"] else None
            out.append(with_fact(giving, "count", (((again or Decimal(1)) + 1, giving.mentions[0]),)))
            continue
        more = _MORE_FOLLOWED.match(text, at + len(giving.sentence)) if at >= 0 else None
        first = count_of(giving) or 1
        alone = sum(other.sentence == giving.sentence and bool(other.doses) for other in givings) == 1
        told = giving.doses and giving.wheres[0] == "narrative" and not giving.is_total and alone
        if told and more is not None and not _ITS_OWN.search(more["rest"]):
            number = (number_word(more["n"]) or Decimal(0)) + first
            out.append(giving._replace(facts={**giving.facts, "count": ((number, giving.mentions[0]),)}))
            spent.add(text[more.start() : more.end()].strip())
        else:
            out.append(giving)
    return [g for g in out if g.doses or not any(g.sentence.startswith(words) for words in spent)]
