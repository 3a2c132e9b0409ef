"""The find room's second sides: what "20 into the right" leaves out, because the first side was told in full."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from extract.find.hits import Hit
from extract.find.volumes import Dose
from extract.numbers import NUMBER_WORDS, decimal_number, number_word

# "and 20 into the right", "; 1 × 10⁶ sufficed for the left" (that dose is read by itself)
_NUMBER_AND_SIDE = re.compile(
    r"(?:,|;|\band\b|\bbut\b|\bversus\b|\bvs\b)\s*(?:and\s|only\s|just\s|then\s|another\s)*"
    rf"(?P<number>\d+(?:\.\d+)?|(?:{NUMBER_WORDS})\b)\s(?:of\sthem\s|cells\s)?"
    r"(?:(?:went|were\s(?:injected|given|placed|put)|was\s(?:injected|given))\s)?(?:in|into|to|for|at|on)\s"
    r"(?:the|his|her)\s(?:right|left|other|second|opposite|contralateral)\b(?!\s(?:\w+\s)?(?:day|week|month|visit"
    r"|occasion|time|hand side))",
    re.IGNORECASE,
)
_SIDE = re.compile(r"\b(?:left|right)\b", re.IGNORECASE)
_MANTISSA = re.compile(rf"\s*(?P<number>\d+(?:\.\d+)?|(?:{NUMBER_WORDS})\b)", re.IGNORECASE)
_LEAST_FACTOR = 1000
_ONE_SIDE = re.compile(
    r"\b(?:in|into|to|for|of|at|on)\s(?:the|his|her)\s(?P<side>left|right|other|opposite|contralateral)(?:\sone|\sside)?"
    r"(?=\s*(?:[,.;:)]|$|\b(?:and|but|at|after|on|with|in|three|two|one|four|six|a|the|by|via|under|during|through|was|were|as|while)\b))",
    re.IGNORECASE,
)


def doses_of_other_side(text: str, found: Sequence[Dose]) -> list[Dose]:
    """The doses of a second side whose power and unit stand with the first: "10 million into the left knee and 20 into
    the right"."""
    out = []
    for match in _NUMBER_AND_SIDE.finditer(text):
        if any(dose.start < match.end("number") and match.start("number") < dose.end for dose in found):
            continue
        before = [
            d for d in found if d.end <= match.start() and d.quantity is not None and d.quantity.number is not None
        ]
        if not before or not _SIDE.search(text, before[-1].end, match.start()):
            continue
        first, quantity = before[-1], before[-1].quantity
        assert quantity is not None
        assert quantity.number is not None
        written = _MANTISSA.match(text, first.start)
        mantissa, number = _read(written["number"] if written else ""), _read(match["number"])
        if not mantissa or not number or quantity.number / mantissa < _LEAST_FACTOR:
            continue
        value = number * quantity.number / mantissa
        same = quantity.model_copy(
            update={
                "number": value,
                "as_written": match["number"],
                "repair": f"power and unit of '{quantity.as_written}' hold for both sides",
            }
        )
        out.append(
            first._replace(
                start=match.start("number"), end=match.end("number"), quantity=same, tail=match.end("number")
            )
        )
    return out


def _read(text: str) -> Decimal | None:
    return decimal_number(text) if re.fullmatch(r"[\d.]+", text) else number_word(text.lower())


def sites_of_other_side(text: str, sites: Sequence[Hit]) -> list[Hit]:
    """The sites that only a side names, after the other side was told with its site: "and half in the left"."""
    out: list[Hit] = []
    for match in _ONE_SIDE.finditer(text):
        told = [s for s in sites if s.end <= match.start() and s.details.get("laterality") in ("left", "right")]
        if not told or any(s.start < match.end() and match.start() < s.end for s in sites):
            continue
        first = str(told[-1].details["laterality"])
        side = match["side"].lower()
        other = "right" if first == "left" else "left"
        if side == first or re.search(r"\.\s", text[told[-1].end : match.start()]):
            continue
        start, end = match.span("side")
        out.append(told[-1]._replace(start=start, end=end, details={**told[-1].details, "laterality": other}))
    return out
