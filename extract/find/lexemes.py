"""The find room's reading of a sentence as numbers, powers of ten, signs and joints, in every notation."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from extract.model import Operator
from extract.numbers import NUMBER_WORDS, decimal_number, number_word

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
FLAT = re.compile(r"10(?:[4-9]|1[0-2])")

OPERATORS: dict[str, Operator] = {
    "up to": "<=", "at most": "<=", "no more than": "<=", "not more than": "<=", "maximum of": "<=", "≤": "<=",
    "fewer than": "<", "less than": "<", "below": "<", "under": "<", "<": "<",
    "at least": ">=", "no fewer than": ">=", "not fewer than": ">=", "a minimum of": ">=", "upwards of": ">=",
    "at a minimum": ">=", "a maximum of": "<=", "not exceeding": "<=", "as many as": "<=",
    "minimum of": ">=", "not less than": ">=", "no less than": ">=", "≥": ">=",
    "in excess of": ">", "exceeding": ">", "more than": ">", "over": ">", "above": ">", ">": ">",
}  # fmt: skip
_OPERATOR_WORDS = "|".join(re.escape(word) for word in sorted(OPERATORS, key=len, reverse=True) if word[0].isalpha())

_LEXEME = re.compile(
    rf"""
      (?P<raised>10[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    | (?P<caret>(?<![\d.])10\s?\\?(?:[\^ˆ]|\*\*)\s?[{{(]?\s?(?P<caret_n>\d{{1,2}})(?!\d)\s?[)}}]?)
    | (?P<bracket>(?<![\d.])10\s?[(\[]\s?(?P<bracket_n>[4-9]|1[0-2])\s?[)\]])
    | (?P<split>(?<![\d.])10\s*\n\s*(?P<split_n>[4-9]|1[0-2])(?![\d.]))
    | (?P<sci>(?<![\d.a-wyzA-WYZ])\d+(?:\.\d+)?[eE]\+?0?(?P<sci_n>\d{{1,2}})(?!\w))
    | (?P<illegible>(?<![\d.])10\s?(?:\?|…|\.{{3}}|□|\ufffd))
    | (?P<level>\b[LSTC]\d{{1,2}}\b)
    | (?P<number>\d{{1,3}}(?:,\d{{3}})+(?![\d])(?:\.\d+)?
        | \d{{1,3}}(?:[\ \u2009\u00a0](?!10[4-9]|101[0-2])\d{{3}})+(?![\d,.])
        | \d+(?:[.·]\d+)? (?:,\d{{1,2}}(?!\d|,\d|\s*(?:,|and|or)\s))? | \.\d+)
    | (?P<times>[×✕✖⨯*¥∙⋅•] | Â· | Ã— | (?<=[\d\s)\]])[xX](?=\s?10) )
    | (?P<dot>·(?=\s?10))
    | (?P<plusminus>±|\+/-|\+/−)
    | (?P<dash>[-\u2010-\u2014\u2212~](?=\s?[\d(\[]))
    | (?P<open>[(\[]) | (?P<close>[)\]])
    | (?P<comma>,) | (?P<slash>/(?=\s?\d)) | (?P<semi>;)
    | (?P<multiple>(?:million|billion|thousand|lakh|crore|mio\.?)s?\b | M(?=\s(?:MSC|cell)))
    | (?P<words>{NUMBER_WORDS})
    | (?P<and>(?:and|or|then|plus|&)\b) | (?P<to>(?:to|through|until)\b)
    | (?P<operator>(?:{_OPERATOR_WORDS})(?=\s) | [<>≤≥])
    | (?P<between>between\b)
    | (?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)
    | (?P<other>\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)

MULTIPLES = {
    "million": Decimal(10**6),
    "mio": Decimal(10**6),
    "m": Decimal(10**6),
    "billion": Decimal(10**9),
    "thousand": Decimal(1000),
    "lakh": Decimal(10**5),
    "crore": Decimal(10**7),
}


class Lexeme(NamedTuple):
    """A piece of a sentence; ``number`` for numbers, ``power`` for powers of ten."""

    kind: str
    start: int
    end: int
    text: str
    number: Decimal | None = None
    power: int | None = None


_POWERS = {"caret": "power", "bracket": "power", "split": "split", "sci": "sci"}
"""What a power of ten is called by how it is written; its exponent is the group ``…_n``."""


def lexemes(text: str) -> list[Lexeme]:
    """Cut a sentence into lexemes."""
    out = []
    for match in _LEXEME.finditer(text):
        kind = str(match.lastgroup)
        piece = match.group()
        number: Decimal | None = None
        power: int | None = None
        if kind == "number":
            number = decimal_number(piece)
        elif kind == "words":
            number = number_word(re.sub(r"\s+", " ", piece))
        elif kind == "raised":
            kind, power = "power", int(piece[2:].translate(RAISED))
        elif kind in _POWERS:
            power = int(match[f"{kind}_n"])
            kind = _POWERS[kind]
            if kind == "sci":
                number = Decimal(re.split("[eE]", piece)[0])
        elif kind == "dot":
            kind = "times"
        if kind in ("number", "words") and number is None:
            kind = "word"
        out.append(Lexeme(kind, match.start(), match.end(), piece, number, power))
    return out
