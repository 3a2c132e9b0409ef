"""LINK, names of people: ``Case 1``, ``Patient B``, ``P3``, ``the older brother``, and words that mean all of
them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from extract.numbers import NUMBER_WORDS, number_word, roman_number
from extract.patterns import searched

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_NUMBER = r"(?P<id>\d{1,2}|[IVX]{1,4}\b|[A-Z](?![A-Za-z])|(?i:one|two|three|four|five|six|seven|eight|nine|ten)\b)"
_LABEL = searched(
    r"(?<![\w-])(?:(?i:cases?|patients?|pts?|subjects?|participants?|child)(?=[\s.:#-])[ .]*(?:(?i:no|nr|"
    r"number|report|id)\b\.?|#)?\s*[-:#]?\s*"
    r"|(?i:twins?|siblings?|brother|sister|boy|girl|recipients?|volunteers?)[\s-]+(?=\d|[A-HJ-Z](?![A-Za-z]))"
    r"|[P](?=\d))" + _NUMBER + r"(?![\w.]*\d)(?!\s*(?:years?|months?|mg|%))",
    0,
)
_MORE = re.compile(
    r"\s*(?:,|and|&|,\s*and)\s*(?P<id>\d{1,2}|[A-Z]|[IVX]{1,4})(?![-\w.]*\w)(?!\s*(?:years?|months?|mg|%))"
)
_BARE = re.compile(
    r"\s*(?:(?i:no|nr|number|id|patients?|pts?|cases?|subjects?)\b[\s.:#]*){0,3}#?(?P<id>\d{1,2}|[A-Z]|"
    r"[IVX]{1,4})[.):]?\s*"
)
_ORDINAL = searched(
    r"\b(?:the|our)\s+(?P<id>" + "|".join(_ORDINALS) + r")\s+(?:\w+[- ]){0,2}?"
    r"(?:patient|case|child|boy|girl|man|woman|sibling|brother|sister|subject)\b",
)
_ORDINAL_HEADER = re.compile(
    r"\W*(?P<id>" + "|".join(_ORDINALS) + r")\s+"
    r"(?:patient|case|child|boy|girl|man|woman|sibling|brother|sister|subject)\W*",
    re.IGNORECASE,
)
_KIN = searched(
    r"\b(?:the|his|her|our|their)?\s*(?:(?P<age>older|elder|younger|youngest|oldest|eldest|twin|first|"
    r"second)\s+)?"
    r"(?P<kin>brother|sister|twin|sibling|boy|girl|son|daughter|mother|father)\b",
)
_KIN_OPENING = re.compile(
    r"(?:(?:the|case of the)\s+)?(?P<kin>(?:(?:older|elder|younger|youngest|oldest|eldest|first|second)\s+)?"
    r"(?:brother|sister|twin|sibling|boy|girl|son|daughter))\s*(?:\([^)]{1,30}\)\s*)?[.:–—]\s+(?=[A-Z(])",
    re.IGNORECASE,
)
_APART = re.compile(
    r"(?:the\s+)?(?:(?:stem\s+|stromal\s+)?cells?(?:\s+(?:source|product|preparation|therapy|culture|isolation|processing))?|"
    r"products?|preparation|manufactur\w*|source\w*|donors?|ethics|consent|safety monitoring"
    r"|methods?)\s*[.:–—]\s+(?=[A-Z])",
    re.IGNORECASE,
)
PEOPLE_HEADER = re.compile(
    r"^\W*(?:patients?|cases?|pts?|persons?|subjects?|participants?|child|no|nr|id|#)\b[\W\d]*(?:id|no|number|"
    r"nr)?[\W\d]*$",
    re.IGNORECASE,
)
"""Headers over a column (or beside a row) whose cells name patients."""

_ALL = searched(
    r"\b(?:both|all(?: of)?|each(?: of)?|every|either|neither|none of|any of|no other|"
    r"no)\s+(?:of\s+)?(?:the\s+|our\s+|these\s+|\w+\s+(?=of\b))?"
    r"(?:of\s+(?:the|our|these)\s+)?(?:\w+[- ]){0,2}?"
    r"(?:patients?|cases?|children|child|boys|girls|siblings|brothers|sisters|adolescents|teenagers|men|"
    r"women|subjects|participants|individuals|people|twins)\b"
    r"|\b(?:these|our|the|in|of)\s+(?:two|three|four|five|six|seven|eight|nine|ten|twelve|"
    r"\d{1,2})\s+(?:\w+[- ]){0,2}?"
    r"(?:patients|cases|children|boys|girls|siblings|brothers|sisters|adolescents|teenagers|men|women|"
    r"subjects|participants|young people)\b"
    r"|\b(?:both|all (?:two|three|four|five|six|seven)|each|neither|none) (?:were|was|had|have|has|received|"
    r"got|are|did|tolerated|improved|developed|"
    r"showed|remained|responded|reached|underwent|completed|of them)\b"
    r"|\b(?:all|each|either|neither|none|any|both) of (?:the |our |these |those )?(?:two|three|four|five|six|seven|"
    r"eight|nine|ten|twelve|\d{1,2})(?=\s*[,.;]|\s+(?:were|was|had|have|has|received|got|are|did|tolerated|improved|"
    r"developed|showed|remained|responded|reached|underwent|completed|needed|required|experienced|suffered|relapsed)\b)"
    r"|\b(?:nobody|no one)\b"
    r"|\b(?:in|of|for|by|to) (?:both|all (?:two|three|four|five|six|seven))\s*[,.;)]",
)
_OUR_PEOPLE = searched(
    r"\b(?:our|this|the present|the current|these)\s+(?:\w+[- ]){0,3}?(?:patients?|cases?|boy|girl|"
    r"child(?:ren)?|man|woman|infant|"
    r"siblings?|twins|report|series|adolescents?|lady|gentleman|teenager)\b"
    r"|\bthe\s+(?:patient|boy|girl|child|infant|man|woman|siblings|lady|teenager|proband)\b"
    r"|\b(?:he|she|his|her|hers|himself|herself)\b"
    r"|\b(?:we|here(?:in)?(?: we)?)\s+(?:also\s+)?(?:report|present|describe|treated|gave|administered|"
    r"infused|injected|used|performed|observed|saw)\b"
    r"|\ba[n]?\s+(?:case|\w+[- ]?year[- ]old)\b|\bin one (?:patient|case)\b",
)
_FEMALE = searched(r"\b(?:girl|woman|sister|daughter|lady|she|her|hers|female)\b")
_MALE = searched(r"\b(?:boy|man|brother|son|gentleman|he|his|him|male)\b")


def same_name(name: str) -> str:
    """The form of a number or letter on which patients are compared: ``ii`` and ``two`` are ``2``, ``b`` is
    ``B``."""
    word = name.strip().lower()
    if word in _ORDINALS:
        return str(_ORDINALS.index(word) + 1)
    number = number_word(word) or roman_number(word.upper())
    if number is not None and number > 0 and (len(word) > 1 or word in "ivx" or word.isdigit()):
        return str(number)
    return word.upper()


def read_label(text: str) -> str | None:
    """The number or letter of the one patient that a heading or header names, None when it names none or
    several."""
    found = {name for _, _, name in labels_in(text)}
    nth = _ORDINAL_HEADER.fullmatch(text)
    if nth and not found:
        return same_name(nth["id"])
    return found.pop() if len(found) == 1 else None


def read_bare(text: str) -> str | None:
    """The number, letter or ordinal that stands alone (in a header that is known to name patients)."""
    if text.strip(" .:").lower() in _ORDINALS:
        return same_name(text.strip(" .:"))
    match = _BARE.fullmatch(text)
    return same_name(match["id"]) if match else read_label(text)


def read_kin(text: str) -> str | None:
    """A relative as a name: ``older brother``, ``sister``; None when the words name none or several."""
    found = {" ".join(part.lower() for part in (match["age"], match["kin"]) if part) for match in _KIN.finditer(text)}
    return found.pop() if len(found) == 1 else None


def kin_opening(text: str) -> str | None:
    """The relative with whose name a paragraph begins as with a heading: ``Sister. The girl ...``."""
    match = _KIN_OPENING.match(text)
    return read_kin(match["kin"]) if match else None


def opens_apart(text: str) -> bool:
    """Whether a paragraph begins with the name of something that belongs to no one patient: ``Cells. The marrow``."""
    return _APART.match(text) is not None


# "the dose was as in Case 1", "the sister of Patient 2": another one than the words are about
_COMPARED = re.compile(
    r"\b(?:(?:(?:as|than)\s+(?:(?:\w+\s+)?(?:in|for|with|to)\s+)?|(?:un)?like(?:wise\s+in)?\s+"
    r"|(?:same|similar|identical|comparable|analogous|equal|opposed|contrast|compared|akin)\s+(?:\w+\s+)?(?:as|to|with)\s+(?:in\s+|for\s+)?"
    r"|see(?:\s+also)?\s+|cf\.?\s+)(?:(?:that|those)\s+(?:of|in|for)\s+)?"
    r"|(?:brother|sister|sibling|twin|cousin|mother|father|aunt|uncle|niece|nephew|son|daughter)\s+(?:of|to)\s+)"
    r"(?:the\s+|our\s+)?$",
    re.IGNORECASE,
)


def labels_in(text: str) -> list[tuple[int, int, str]]:
    """Every number or letter of a patient in running text that it is about, not only compared with or related to:
    start, end, name."""
    found = []
    for m in _LABEL.finditer(text):
        if _COMPARED.search(text[max(0, m.start() - 50) : m.start()]):
            continue
        found.append((m.start(), m.end(), same_name(m["id"])))
        end = m.end()
        while more := _MORE.match(text, end):
            found.append((more.start("id"), more.end(), same_name(more["id"])))
            end = more.end()
    found += [(m.start(), m.end(), same_name(m["id"])) for m in _ORDINAL.finditer(text)]
    return sorted(found)


def kin_in(text: str) -> list[tuple[int, int, str]]:
    """Every relative in running text: start, end, name."""
    return [
        (m.start(), m.end(), " ".join(part.lower() for part in (m["age"], m["kin"]) if part))
        for m in _KIN.finditer(text)
    ]


@lru_cache(maxsize=1024)
def tells_of_all(text: str) -> bool:
    """Whether a sentence speaks of every patient of the paper: "both patients", "none of these children"."""
    return _ALL.search(text) is not None


_PEOPLE = (
    r"(?:patients?|cases?|children|adults|boys|girls|siblings|brothers|sisters|adolescents|teenagers|men|"
    r"women|subjects|participants|people|individuals|"
    r"females?|males?|infants|twins|persons)"
)


# looked at ahead only, so that "one of two patients" tells of two as well
_COUNTED = re.compile(rf"\b(?=(?P<n>\d+|{NUMBER_WORDS})\s+(?:[\w-]+\s+){{0,3}}?{_PEOPLE}\b)", re.IGNORECASE)


def tells_of_number(text: str, number: int) -> bool:
    """Whether a sentence speaks of as many people as the paper has: "two adults with ALS"."""
    other = re.search(rf"\b(?:of|in|among)\s+(?:the\s+)?\d{{2,}}\s+{_PEOPLE}", text, re.IGNORECASE)
    return other is None and any(number_word(m["n"]) == number for m in _COUNTED.finditer(text))


def tells_of_ours(text: str) -> bool:
    """Whether a sentence speaks of the paper's own patient: ``our patient``, ``she``, ``we report``."""
    return _OUR_PEOPLE.search(text) is not None


def sex_told(text: str) -> Literal["female", "male"] | None:
    """The sex that the words for a person give away, when they give one."""
    female, male = _FEMALE.search(text), _MALE.search(text)
    if bool(female) == bool(male):
        return None
    return "female" if female else "male"
