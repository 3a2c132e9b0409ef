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
