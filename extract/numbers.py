"""Numbers as papers print them: words, roman numerals, fractions and printed digits -> exact decimals."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

_ONES = {
    word: Decimal(index)
    for index, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"a": Decimal(1), "an": Decimal(1)}
_TENS = {
    word: Decimal(10 * index)
    for index, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
} | {"fourty": Decimal(40)}
_LARGE = {
    "hundred": Decimal(100),
    "thousand": Decimal(1_000),
    "lakh": Decimal(100_000),
    "million": Decimal(1_000_000),
    "crore": Decimal(10_000_000),
    "billion": Decimal(1_000_000_000),
    "trillion": Decimal(1_000_000_000_000),
}
_TIMES = {"once": 1, "twice": 2, "thrice": 3, "single": 1, "dozen": 12, "couple": 2, "pair": 2}
_THIRD = Decimal(1) / 3
_PART = {
    "half": Decimal("0.5"),
    "halve": Decimal("0.5"),
    "third": _THIRD,
    "quarter": Decimal("0.25"),
    "fifth": Decimal("0.2"),
    "tenth": Decimal("0.1"),
}
_GLYPHS = {
    "½": Decimal("0.5"),
    "¼": Decimal("0.25"),
    "¾": Decimal("0.75"),
    "⅓": _THIRD,
    "⅔": _THIRD * 2,
    "⅛": Decimal("0.125"),
}

_UNIT = "one|two|three|four|five|six|seven|eight|nine"
_TEEN = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TEN = "twenty|thirty|fou?rty|fifty|sixty|seventy|eighty|ninety"
_BIG = "hundred|thousand|lakh|million|crore|billion|trillion"
_PIECE = "half|halves|quarters?|thirds?|fifths?|tenths?"
_DASH = "[-\u2010-\u2015\u2212]"
_JOIN = rf"(?:\s+|\s?{_DASH}\s?)"
_BELOW_100 = rf"(?:(?:{_TEN})(?:{_JOIN}(?:{_UNIT})\b)?|{_TEEN}|{_UNIT}|zero)"

NUMBER_WORDS = (
    r"(?<!\w)(?:"
    # one and a half, two and three quarters million
    rf"{_BELOW_100}\s+and\s+(?:an?|{_UNIT})\s+(?:{_PIECE})(?:\s+(?:{_BIG}))?"
    # half a million, a quarter of a million, three quarters of a million
    rf"|(?:(?:an?|{_UNIT}){_JOIN})?(?:{_PIECE})\s+(?:of\s+)?an?\s+(?:{_BIG})"
    # ninety million, a hundred, two hundred and fifty thousand
    rf"|(?:{_BELOW_100}|an?)\s+(?:{_BIG})(?:{_JOIN}(?:and\s+)?{_BELOW_100}(?!\w))?(?:\s+(?:{_BIG}))*"
    rf"|{_BELOW_100}|once|twice|thrice"
    r")(?!\w)"
)
"""Regular expression (use it with case ignored) for a number in words.

The articles count only before half, hundred, million and their kin."""

_AND_A_PART = re.compile(rf"(.+?)\s+and\s+(an?|{_UNIT})\s+({_PIECE})(?:\s+(.+))?")
_PART_OF = re.compile(rf"(?:(an?|{_UNIT}){_JOIN})?({_PIECE})(?:\s+(?:of\s+)?an?\s+({_BIG})s?)?")
_SPLIT = re.compile(rf"(?:\s|{_DASH})+")


@lru_cache(maxsize=1024)
def number_word(text: str) -> Decimal | None:
    """The number that words say: ``thirty-five`` is 35, ``a quarter of a million`` 250000, ``twice`` 2.

    Digits may stand for the small number (``2.5 million``). None when any word is not part of a number.
    """
    words = text.strip().lower().rstrip(".,;")
    if words in _TIMES:
        return Decimal(_TIMES[words])
    if words in _GLYPHS:
        return _GLYPHS[words]
    if match := _AND_A_PART.fullmatch(words):
        whole, count, piece, rest = match.groups()
        number = _whole(whole)
        large = _LARGE.get(rest or "", Decimal(1) if rest is None else None)
        return None if number is None or large is None else (number + _ONES[count] * _part(piece)) * large
    if match := _PART_OF.fullmatch(words):
        count, piece, rest = match.groups()
        return _ONES[count or "a"] * _part(piece) * _LARGE.get(rest or "", Decimal(1))
    return _whole(words)


def _part(piece: str) -> Decimal:
    return _PART["half"] if piece == "halves" else _PART[piece.removesuffix("s")]


def _whole(text: str) -> Decimal | None:
    """``two hundred and fifty thousand``: what stands before a large word is multiplied by it."""
    total = Decimal(0)
    group: Decimal | None = None
    words = [word for word in _SPLIT.split(text) if word and word != "and"]
    if words in (["a"], ["an"]):
        return None
    for word in words:
        small = _ONES.get(word, _TENS.get(word))
        large = _LARGE.get(word.removesuffix("s"))
        if small is not None:
            group = (group or Decimal(0)) + small
        elif large == 100:
            group = (Decimal(1) if group is None else group) * large
        elif large is not None:
            # "a hundred million", "two hundred thousand": the group alone is multiplied; "million million" is not
            total += (Decimal(1) if group is None else group) * large
            group = None
        elif group is None and (digits := decimal_number(word)) is not None:
            group = digits
        else:
            return None
    return total + (group or Decimal(0)) if words else None


_GROUPED = re.compile(r"\d{1,3}(?:[ \u2009\u00a0,]\d{3})+(?:[.·]\d+)?")


@lru_cache(maxsize=4096)
def decimal_number(text: str) -> Decimal | None:
    """Digits as printed -> number: ``12,500`` is 12500, ``1,5`` is 1.5. None when it is not a number."""
    plain = text.strip().replace("\u2212", "-").replace("·", ".")
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[ \u2009\u00a0,]", "", plain)
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)", plain, re.ASCII):
        return _GLYPHS.get(plain)
    return Decimal(plain)


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN_SHAPE = re.compile(r"(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,4})")


def roman_number(text: str) -> Decimal | None:
    """A roman numeral below 100 in capitals: ``IV`` is 4. None for anything else, also for ``C`` and ``''``."""
    word = text.strip().replace("Ⅰ", "I").replace("Ⅱ", "II").replace("Ⅲ", "III").replace("Ⅳ", "IV")
    if not word or not _ROMAN_SHAPE.fullmatch(word):
        return None
    values = [_ROMAN[letter] for letter in word]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return Decimal(sum(-here if here < after else here for here, after in pairs))
