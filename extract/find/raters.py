"""The find room's reader of raters: who gave a global score, as the words near it say."""

from __future__ import annotations

import re

from extract.model import Rater

_PATIENT = (
    r"\bpatient(?:['’]s)?\W+(?:own\W+|reported\W+|rated\W+)?(?=global|reported|rated|assess|estimat|evaluat|VAS|PGA"
    r"|self|overall|disease|"
    r"well)|\b(?:by|from|the)\s+patients?\s*(?=[)\]]|$|\bat\b)|\(\s*(?:the\s+)?(?:patient|pts?\.?)\s*\)|\bown\b(?!\s+(?:cells"
    r"|bone|fat|marrow|doctor|physician))"
    r"|\b(?:PtGA|PtGH|PaGA|Pt\W?GA|PatGA|PPGA)\b|\bself\W?(?:rated|assess\w*|reported)"
    r"|\b(?:s?he|the\s+(?:girl|boy|child|woman|man|patient)|patients?)\s+(?:herself\s+|himself\s+)?"
    r"(?:rated|marked|scored|put|gave|estimated|judged|set|placed)\b"
)
_PHYSICIAN = (
    r"\b(?:physicians?|doctors?|consultants?|clinicians?|dermatologists?|rheumatologists?|investigators?|neurologists?|orthop\w+"
    r"|surgeons?|"
    r"pa?ediatricians?|ophthalmologists?)\b|\b(?:MD|MDGA|PhGA|PhyGA|PhysGA|PGA\W?MD|Ph\W?GA)\b"
)
_PARENT = (
    r"\b(?:mothers?|fathers?|parents?|caregivers?|carers?|family|guardian)\b|\bPaGA\W?parent\b"
    r"|\bparent(?:al)?\W+(?=global|rated|reported|completed|filled|assess|proxy|version|form|VAS)"
    r"|\bproxy\W+(?=reported|rated)"
)
_ASSESSOR = (
    r"\b(?:assessors?|physiotherapists?|physical\s+therapists?|nurses?|independent\s+(?:rater|observer|examiner)|"
    r"blinded\s+\w+)\b"
)
_WHO = re.compile(r"(?:patient|girl|boy|child|man|woman|own|herself|himself)s?", re.IGNORECASE)
_ANY = re.compile(
    f"(?P<parent>{_PARENT})|(?P<physician>{_PHYSICIAN})|(?P<patient>{_PATIENT})|(?P<assessor>{_ASSESSOR})",
    re.IGNORECASE,
)
# "7 (physician) and 2 (parents)", "4.5 by the physician"
_AFTER = re.compile(
    r"\s*(?:[(\[]\s*(?:by\s+|from\s+)?|by\s+|,?\s*according\s+to\s+|in\s+the\s+eyes\s+of\s+)(?:the\s+|her\s+|his\s+"
    r"|their\s+)?",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(
    r"(?:treating\s+|same\s+)?(?P<word>patients?|physicians?|doctors?|clinicians?|rheumatologists?|dermatologists?"
    r"|neurologists?|"
    r"pa?ediatricians?|surgeons?|investigators?|MD|mothers?|fathers?|parents?|caregivers?|carers?|assessors?|child"
    r"|girl|boy)(?:['’]s)?\b",
    re.IGNORECASE,
)


def names_rater(word: str) -> bool:
    """Whether a word alone names somebody who scores: a physician, a parent, an assessor, the patient."""
    return _WHO.fullmatch(word) is not None or rater_near(word) is not None


def rater_near(words: str) -> Rater | None:
    """The rater that the words before a value name last; None when they name none."""
    found: Rater | None = None
    for match in _ANY.finditer(words):
        found = _kind(match.lastgroup)
    return found


_SCORED = re.compile(
    r"\b(?P<who>mother|father|parents?|caregiver|carer|guardian|physician|doctor|rheumatologist|dermatologist"
    r"|pa?ediatrician|neurologist|clinician|investigator)s?\s+(?:\w+\s+)?(?:put|rated|rates|marked|scored|gave|judged"
    r"|estimated|set|placed|graded|assessed)\b",
    re.IGNORECASE,
)


def scorer_of(words: str) -> Rater | None:
    """Who is said to have scored somebody's state: "the mother rated her son's ..."; None when nobody is."""
    match = _SCORED.search(words)
    return rater_near(match["who"]) if match else None


def rater_after(text: str, end: int) -> Rater | None:
    """The rater that stands right behind a value: "(physician)", "by the mother"."""
    lead = _AFTER.match(text, end)
    word = _AFTER_WORD.match(text, lead.end()) if lead else None
    if not word:
        return None
    name = word["word"].lower()
    if name.rstrip("s") in ("patient", "child", "girl", "boy"):
        return "patient"
    return rater_near(name)


def _kind(name: str | None) -> Rater | None:
    kinds: dict[str, Rater] = {
        "patient": "patient",
        "physician": "physician",
        "parent": "parent",
        "assessor": "assessor",
    }
    return kinds.get(name or "")
