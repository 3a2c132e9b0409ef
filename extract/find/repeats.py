"""The find room's words of what was given again: repetitions and their number, and what alone was given."""

from __future__ import annotations

import re

from extract.find.sieve import Look, sieved
from extract.numbers import NUMBER_WORDS

NUMBER = rf"(?:\d+|{NUMBER_WORDS}|\ban?\b|\bsingle\b)"
GIVING = (
    r"(?:infusions?|injections?|doses?|administrations?|transplantations?|transplants?|transfusions?|"
    r"sessions?|procedures?|instillations?|"
    r"implantations?|applications?|occasions?|sittings?|deliveries|inoculations?|shots?|treatments?|"
    r"drips?|punctures|times)"
)
UNIT = r"(?:hour|day|night|morning|evening|week|month|year|fortnight)"

# "The infusion was repeated after 3 months": what is repeated must be a giving, not an examination
_REPEATED = sieved(
    rf"\b(?:{GIVING}|cells?|MSCs?|puncture|transplant\w*|inject\w*|infus\w*|inoculat\w*|implant\w*|same|this|it|which|and)\b"
    r"(?P<between>[^.;]{0,60}?)\b(?:repeated|re-?injected|re-?infused|(?:done|given|injected|infused|performed|administered)\sagain)\b"
    rf"(?:\s(?:(?P<once>once|twice|thrice)|(?P<times>{NUMBER})\s(?:more\s)?times)\b(?!\s(?:a|per|every|each|daily|weekly)\b))?"
    rf"(?:[^.;\d]{{0,30}}?\b(?:after|following|at)\s(?:a\sfurther\s|another\s|an?\sinterval\sof\s)?"
    rf"(?P<n>{NUMBER})\s(?P<unit>{UNIT})s?(?P<end>)\b(?!\s(?:later|after|from|of\b)))?",
)
# "and two more of the same size followed": they are added to those told before
_MORE = sieved(
    rf"(?<![\w.,/-])(?P<n>{NUMBER})\s(?:more|further|additional|other|identical|equal)\s"
    rf"(?:(?:[\w-]+\s){{0,3}}?{GIVING}\b|of\s(?:(?:the\s)?(?:same|equal|identical)\b|(?=\d))|(?:ones\s)?(?=followed\b))",
)
_GIVEN = re.compile(
    r"\b(?:infus\w+|inject\w+|transfus\w+|instill\w+|implant\w+|administ\w+|given|gave|receiv\w+|bags?|doses?|drips?|had|got)\b",
    re.IGNORECASE,
)
_DOSE = re.compile(r"[×x*]\s?10|\d\s?(?:million|billion)|\bcells/kg|\d[eE]\d", re.IGNORECASE)
_COUNTED = re.compile(rf"\b(?P<n>\d{{1,2}}|{NUMBER_WORDS})\s(?:[\w-]+\s){{0,3}}?{GIVING}\b", re.IGNORECASE)


def added(text: str, look: Look) -> tuple[re.Match[str], str] | None:
    """Where so many more are told to have followed those of the same sentence, with the number of the first ones: "1"
    where none is told, "0" where the further ones have a dose of their own."""
    match = next(iter(_MORE.finditer(text, look)), None)
    if match is None or match["n"].lower() in ("a", "an", "single"):
        return None
    before = text[: match.start()]
    if not _GIVEN.search(before) or len(_DOSE.findall(before)) > 1:
        return None
    if _DOSE.search(text, match.end()):
        return match, "0"
    counted = _COUNTED.findall(before)
    if len(counted) > 1 or re.search(r"\b(?:twice|thrice)\b", before, re.IGNORECASE):
        return None
    return match, counted[0] if counted else "1"


_EXAMINED = re.compile(
    r"\b(?:MRI|CT|PET|scans?|imag\w+|biops\w+|tests?|testing|scor\w+|echo\w*|angiogra\w+|X-?rays?|radiogra\w+|ultraso\w+|"
    r"measure\w*|examin\w+|assess\w*|evaluat\w*|cultures?|bloods?|EMG|electro\w+|count|endoscop\w+|colonoscop\w+|question\w+)\b",
    re.IGNORECASE,
)

# "Of the three doses prescribed only two were infused"
ONLY = sieved(
    rf"\bonly\s(?P<n>{NUMBER})\s(?:of\s(?:them|these|the\s\w+)\s)?(?:(?:was|were|could\sbe|had\sbeen|have\sbeen)\s(?:\w+ly\s)?"
    r"(?:infused|injected|given|administered|delivered|transfused|instilled)|reached\s(?:the\spatient|him|her))\b",
)


def again(text: str, look: Look) -> re.Match[str] | None:
    """Where a giving is told to have been repeated."""
    for match in _REPEATED.finditer(text, look):
        before = text[max(0, match.start() - 40) : match.start()]
        if not _EXAMINED.search(match["between"]) and not _EXAMINED.search(before.rpartition(",")[2]):
            return match
    return None
