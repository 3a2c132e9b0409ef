"""The find room's candidates for scores: numbers, stages and letters in a text that may be a measured value.

Whatever is a time, a dose, a count of people, a change, a threshold, a spread or a reference range is left out here,
so that the rest need only be given to the right scale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from extract.find.novalues import DASH, TO, D, no_values
from extract.find.phases import SCALE_MARK
from extract.numbers import NUMBER_WORDS, decimal_number, number_word, roman_number


class Reading(NamedTuple):
    """A value as printed at start..end: a number, or letters where ``number`` is None.

    ``top`` is the printed maximum (6/10), ``high`` the upper end of a printed range, ``operator`` a printed < or >.
    """

    start: int
    end: int
    number: Decimal | None
    text: str
    kind: Literal["digits", "words", "roman", "letter", "titre", "normal"] = "digits"
    top: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    operator: str = "="


class Range(NamedTuple):
    """A printed range of a scale: (0–10), on a 10 cm scale, 100 best; ``shared`` by all values (both 0–10)."""

    start: int
    end: int
    top: Decimal
    shared: bool = False


NUMBER = rf"(?:\d{{1,3}}(?:[,\u2009\u00a0]\d{{3}})+(?!,?\d)(?:\.\d+)?|{D}|\.\d+)"

_PER = r"\s?/\s?"
UNIT = (
    r"(?:%|per\s?cent\b)(?:\s*(?:of\s+)?(?:the\s+)?(?:pred(?:icted|\.)?|expected|normal)(?:\s+value)?)?"
    r"|(?:×|x|X)\s*10\s?[\^e]?\s?[\d⁰¹²³⁴-⁹]{1,2}\s?/\s?(?:L|l|µL|μL|uL|mL|mm3|mm³)"
    rf"|(?:mg|µg|μg|ug|mcg|ng|pg|g|mmol|µmol|μmol|umol|nmol|pmol|mEq|m?IU|k?U|AU|RU|units?|mL|ml|copies|cells){_PER}"
    r"(?:dL|dl|L|l|mL|ml|mol|mmol|mg|g|24\s?h(?:ours)?|d(?:ay)?|mm3|mm³|µL|μL|h(?:our)?|min(?:ute)?(?:/1\.73\s?m(?:2"
    r"|²))?|kg)"
    r"|mm\s?/\s?(?:1st\s?)?h(?:our|r)?|mm\s+in\s+the\s+first\s+hour|mm\s?Hg|mm|cm|[µμu]m|nm|kPa"
    r"|logMAR|letters?|lines?|points?|pts?\.?|units?|scores?|marks?|degrees?|°"
    r"|(?:(?:milli|centi)?met(?:er|re)s?|lit(?:er|re)s?|m|L|mL|ml|kg|mg|g|µg|mcg|seconds?|secs?|s|lbs?\.?(?:\s?/\s?in(?:2|²)?"
    r"|\s?/\s?sq\.?\s?in\.?)?|psi|Nm|N)"
)
_UNIT_END = r"(?![A-Za-z0-9µ])"

_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]\d|\d|\s*(?:" + UNIT + r")" + _UNIT_END + ")")
_RANGES = re.compile(
    rf"(?:(?:\b(?:scale|range|scored|rated)\s*(?:of|from|:|,|is|was)?\s*|\()0{TO}"
    rf"|(?<!from\s)\b0\s?{DASH}\s?)(?P<zero>\d{{1,3}})"
    r"(?!\d|[.,]\d|\s?(?:°|degrees?\b)|\s*(?:points?\s+)?(?:at|after|before))\)?"
    rf"|\b(?:on|using|with|in)\s+(?:an?|the|his|her)\s+(?P<scale>\d{{1,3}}|(?:five|seven|ten|hundred)(?=[\s-]))(?!\s*{DASH}?\s*items?\b)(?:\s*{DASH}?\s*(?:cm|mm|points?"
    rf"))?(?:\s*{DASH}?\s*point)?\s+"
    rf"(?:\w+\s+){{0,3}}?(?:scale|VAS|NRS|line|score|{SCALE_MARK})"
    r"|(?P<best>\d{1,3})\s*(?:=|is|being|meaning|the|as)?\s*(?:the\s+|a\s+)?(?:best|worst|perfect|maximum|maximal"
    r"|max\b)"
    r"|\b(?:best|worst|maximum|maximal|max\.?|highest)\s*(?:possible\s+)?(?:score\s+)?(?:of|is|was|="
    r"|:)?\s*(?P<max>\d{1,3})(?!\d|[.,]\d)"
    rf"|\b(?P<line>\d{{1,3}})\s*{DASH}?\s*(?:cm|mm)\s+(?:VAS|visual\s+analog\w*|scale|line|{SCALE_MARK})"
    rf"|\(\s*(?:out\s+)?of\s+(?P<out_of>\d{{1,3}})\s*\)"
    r"|\bof\s+a\s+(?:possible|maximum|maximal|total)\s+(?:total\s+"
    r"|of\s+)?(?P<possible>\d{1,3})(?:\s+points?)?(?!\d|[.,]\d)"
    rf"|\((?:both|all|each)\s+(?:\w+\s+){{0,2}}?0{TO}(?P<each>\d{{1,3}})\)"
    r"|(?<![\w.])(?<!\d\s)(?:/\s?|out\s+of\s+)(?P<label>\d{2,3})(?=\s*[)\]]?\s*(?:\||\n|$))"
    rf"|\b(?P<point>\d{{1,3}})\s*{DASH}\s*points?\s+(?:\w+\s+)?(?:scale|score|{SCALE_MARK})",
    re.IGNORECASE,
)

_READING = re.compile(
    r"(?P<titre>(?:[<>≤≥]\s?)?(?<![\d.:])1\s?:\s?"
    r"(?P<t1>\d{2,6}(?:,\d{3})?)(?:\s?[-\u2010-\u2015/]\s?(?:1\s?:\s?)?(?P<t2>\d{2,6}))?)"
    rf"|(?P<operator>(?<!{DASH})(?<!=)[<>≤≥]\s?)?(?P<number>(?<![\w.,^])(?<![A-Za-z{SCALE_MARK}]{DASH})(?<![A-Za-z]/){NUMBER})"
    rf"(?=\s?(?:{UNIT}){_UNIT_END}|[^A-Za-z\d]|$)"
    rf"(?:/(?P<top>\d{{1,3}})(?![\d/]|[.,]\d))?"
    rf"(?:\s?(?P<unit>{UNIT}){_UNIT_END})?"
    r"(?:\s+(?:out\s+)?of\s+(?:a\s+)?(?:possible\s+|maximum\s+(?:of\s+)?|maximal\s+)?(?P<of>\d{1,3}|ten|(?:one|a)\s+hundred)(?![\d]|[.,]\d|\w))?"
    r"(?:\s?(?P<late_unit>points?|pts?\b))?"
    r"|(?P<roman>(?<![\w.])(?:IX|IV|VI{0,3}|I{1,3})(?:\s?(?P<sub>[A-Da-d]))?(?![\w]|['’]|\.\s?[A-Za-z]))"
    r"|(?P<letter>(?<![\w.])[A-E](?![\w'’]|\.\s?[A-Za-z]))"
    rf"|(?P<words>(?!one\s+of\s+\d){NUMBER_WORDS})(?:\s+(?:out\s+)?of\s+(?P<words_top>ten|one\s+hundred|a\s+hundred"
    r"|\d{1,3}))?"
    r"|(?P<normal>\b(?:normal(?:ized|ised)?|within\s+normal\s+limits|WNL)\b)",
)


_SHARED = re.compile(
    r"\b(?:both|all|each)\b(?:\s+(?:on|scored|rated|from|of|with|range\w*|an?|the"
    rf"|in))*\s*(?:\d+{TO})?\d+[^|;.]{{0,12}}$",
    re.IGNORECASE,
)


def _number_of(word: str) -> Decimal:
    """A printed maximum in digits or in words."""
    return Decimal(word) if word.isdigit() else number_word(word) or Decimal(0)


def find_ranges(text: str) -> list[Range]:
    """The printed ranges of scales in a text."""
    found = []
    for match in _RANGES.finditer(text):
        top = _number_of(next(value for value in match.groups() if value is not None))
        if top >= 3:
            shared = _SHARED.search(text[: match.end()]) is not None
            found.append(Range(match.start(), match.end(), top, shared))
    return found


def find_readings(text: str, spent: Sequence[tuple[int, int]], ranges: Sequence[Range]) -> list[Reading]:
    """Everything in the text that may be a value, in order. ``spent`` are stretches known to be times or ages."""
    away = [*spent, *((one.start, one.end) for one in ranges)]
    away += no_values(text)
    away += [match.span() for match in _YEAR.finditer(text)]
    away.sort()
    found = []
    for match in _READING.finditer(text):
        reading = _read(match)
        if match["of"] and _meets(away, *match.span("of")):
            # only what stands behind the number is away ("6 of 12 months"): the number itself may be a value
            reading = reading and reading._replace(
                end=match.end("number"), text=text[reading.start : match.end("number")], top=None, unit=""
            )
        start, end = (match.span("number")) if match["number"] else match.span()
        if reading and not _meets(away, start, end) and _stands_free(text, reading):
            found.append(reading)
    return found


def _meets(away: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in away)


def _read(match: re.Match[str]) -> Reading | None:
    if match["titre"]:
        low = Decimal(match["t1"].replace(",", ""))
        high = Decimal(match["t2"]) if match["t2"] else None
        return Reading(match.start(), match.end(), low, match.group(), "titre", high=high)
    if match["number"]:
        top = match["top"] or match["of"]
        return Reading(
            match.start(),
            match.end(),
            decimal_number(match["number"]),
            match.group(),
            top=_number_of(top) if top else None,
            unit=" ".join((match["unit"] or match["late_unit"] or "").split()),
            operator=(match["operator"] or "=").strip(),
        )
    if match["roman"]:
        roman = match["roman"].removesuffix(match["sub"] or "").strip()
        return Reading(match.start(), match.end(), roman_number(roman), match.group(), "roman")
    if match["letter"]:
        return Reading(match.start(), match.end(), None, match.group(), "letter")
    if match["words"]:
        top_words = match["words_top"]
        top_number = (decimal_number(top_words) or number_word(top_words)) if top_words else None
        return Reading(match.start(), match.end(), number_word(match["words"]), match.group(), "words", top=top_number)
    return Reading(match.start(), match.end(), None, match.group(), "normal")


# What may stand right after a value. A plural noun there means that things were counted ("14 infusions").
_COUNTED = re.compile(
    r"\s+(?:(?:more|further|other|new|different|active|swollen|tender|separate|additional)\s+)*"
    r"(?!(?:was|is|has|as|whereas|besides|perhaps|afterwards|this|its|his|versus|vs|plus|times|points|units|scores|always|thus|us|less|minus|afterwards"
    r"|remains|"
    r"means|shows|suggests|indicates|reflects|corresponds)\b)"
    r"(?:[a-z][a-z-]*[a-hj-rtv-z]s|[a-z]+ss(?:es)|children|women|men|people|infusion|injection|dose|patient|case|day|week"
    r"|month|year|"
    r"hour|joint|relapse|attack|flare|session)\b"
)
_HYPHENED = re.compile(rf"{DASH}\s?(?!to\b)(?![IVX]+\b)[A-Za-z]")
_RATE = re.compile(
    r"\s*(?:per|a|each|every|/)\s*(?:month|year|week|day)\b"
    r"(?!\s+(?:on|later|after|before|earlier|ago|from|post|since|following|into|out)\b)",
    re.IGNORECASE,
)


def _stands_free(text: str, reading: Reading) -> bool:
    """Whether what follows lets it be a value: no counted things, no compound ("10-cm"), no power."""
    if _HYPHENED.match(text, reading.end) or text[reading.end : reading.end + 1] in ("⁰", "°"):
        return False
    if _RATE.match(text, reading.end):
        return False
    if reading.kind in ("digits", "words") and not reading.unit and _COUNTED.match(text, reading.end):
        return False
    if reading.kind == "words":
        after = text[reading.end : reading.end + 12].lstrip()
        return bool(
            re.match(r"(?:$|[,.;:)|]|and\b|to\b|at\b|before\b|after\b|on\b|in\b|points?\b|when\b|but\b)", after)
        )
    return True
