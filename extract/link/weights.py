"""LINK, body weight by arithmetic: cells divided by cells per kg, against the weight that is printed, against age, and
from one administration to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from typing import NamedTuple

from extract.link.claims import Claim, Dispute, claim
from extract.link.values import as_number, number_of, plain_words, shown
from extract.model import Administration, Document, Mention, Provenance, Reported

TOLERANCE = Decimal("0.12")
"""How far dose per kg times weight may be from the absolute dose: people are weighed on another day."""

GROWTH = Decimal("1.35")
"""By how much the weight may differ between two courses: children grow, the ill lose weight."""

_THIRD_TO_97TH = (
    (Decimal(0), Decimal("2.5"), Decimal("4.7")),
    (Decimal(2), Decimal("10.0"), Decimal("15.6")),
    (Decimal(5), Decimal("14.3"), Decimal("24.9")),
    (Decimal(9), Decimal("21.6"), Decimal("44.6")),
    (Decimal(15), Decimal("39.6"), Decimal("81.6")),
    (Decimal(20), Decimal("45.0"), Decimal("100.8")),
)
"""Age in years, 3rd and 97th percentile of weight in kg: the lower end of girls, the higher of either sex (15: of
girls), rounded, from the CDC growth charts of the United States, 2000 (table wtage, 2 to 20 years); birth: WHO."""

_SPARE_LOW, _SPARE_HIGH = Decimal("0.6"), Decimal("1.7")
"""Sick children are lighter and many are heavier than the charts: only what is far outside them is a conflict."""


class Implied(NamedTuple):
    """The body weight that the two figures of one administration imply, and what rounding leaves open."""

    kilos: Decimal
    low: Decimal
    high: Decimal
    row: Administration

    @property
    def words(self) -> str:
        """The division in words."""
        cells, per_kg = as_number(self.row.value("dose_cells")), as_number(self.row.value("cells_per_kg"))
        return f"{plain_words(cells)} cells at {plain_words(per_kg)} cells/kg"


def weight_disputes(
    document: Document,
    patient: str,
    rows: Sequence[Administration],
    weights: Sequence[Mention],
    values: Mapping[str, Reported],
) -> list[Dispute]:
    """What the doses of one patient say of the body weight that cannot be.

    Each administration whose absolute and per-kg figure stand in one place is tested against the printed weights;
    where none is printed, against what the patient's age allows and against the patient's other administrations.
    """
    implied = [one for row in rows if (one := _implied(row)) is not None]
    kilos = [(number, m) for m in weights if m.context.is_fact and (number := number_of(m)) is not None]
    if kilos:
        return [d for one in implied if (d := _against_printed(document, patient, one, kilos)) is not None]
    out = [d for one in implied if (d := _against_age(document, patient, one, values)) is not None]
    return out or _against_each_other(document, patient, implied)


def _implied(row: Administration) -> Implied | None:
    if row.value("dose_basis") == "total":
        return None
    cells, per_kg = row.values.get("dose_cells"), row.values.get("cells_per_kg")
    if (
        cells is None
        or per_kg is None
        or {p.where for p in cells.provenance}.isdisjoint(p.where for p in per_kg.provenance)
    ):
        return None
    a, b = as_number(cells.value), as_number(per_kg.value)
    if not a or not b:
        return None
    x, y = slack(cells.provenance[0].as_written), slack(per_kg.provenance[0].as_written)
    return Implied(a / b, a * (1 - x) / (b * (1 + y)), a * (1 + x) / (b * (1 - y)), row)


def slack(as_written: str) -> Decimal:
    """How far a printed number may be from the true one, as a share of it: half a unit of its last digit.

    ``1.8 × 10⁶`` may be 1.75 to 1.85; of a round integer (``100 × 10⁶``) the zeros are taken as rounded, up to 5 %.
    """
    found = re.search(r"\d[\d,]*(?:\.\d+)?", as_written)
    if found is None:
        return Decimal("0.05")
    digits = found.group().replace(",", "")
    number = Decimal(digits)
    if not number:
        return Decimal("0.05")
    if "." in digits:
        return Decimal("0.5").scaleb(-len(digits.partition(".")[2])) / number
    zeros = len(digits) - len(digits.rstrip("0"))
    if not zeros:
        return Decimal("0.5") / number
    return min(Decimal("0.05"), Decimal("0.5").scaleb(zeros) / number)


def _against_printed(
    document: Document, patient: str, one: Implied, kilos: Sequence[tuple[Decimal, Mention]]
) -> Dispute | None:
    for number, _ in kilos:
        if abs(one.kilos - number) <= TOLERANCE * number or one.low * Decimal("0.97") <= number <= one.high * Decimal(
            "1.03"
        ):
            return None
    weight, mention = kilos[0]
    words = (
        f"{one.words} would need a body weight of {_rounded(one.kilos)} kg ({_rounded(one.low)}–{_rounded(one.high)} "
        f"by rounding); printed is {shown(weight)} kg."
    )
    side = claim(document, f"{shown(weight)} kg", mention)
    return _dispute(patient, "dose against weight", _cells_claim(document, one), side, "dose.weight", words)


def _against_age(document: Document, patient: str, one: Implied, values: Mapping[str, Reported]) -> Dispute | None:
    """Below what the youngest possible age allows, or above what the oldest does."""
    ages = {event: as_number(v.value) for event in _EVENTS if (v := values.get(f"age_{event}_years")) is not None}
    young = next((a for event in ("treatment", "diagnosis", "onset", "report") if (a := ages.get(event))), None)
    old = next((a for event in ("treatment", "report", "last_follow_up") if (a := ages.get(event))), None)
    low = expected(young)[0] if young is not None else Decimal("2.5")
    high = expected(old + 1)[1] if old is not None else Decimal(200)
    if one.high >= low and one.low <= high:
        return None
    known = old if one.low > high else young
    age = f" at {shown(known)} years of age" if known is not None else ""
    words = (
        f"{one.words} would need a body weight of {_rounded(one.kilos)} kg; {_rounded(low)}–{_rounded(high)} kg is "
        f"what can be{age} (CDC growth charts 2000, 3rd to 97th percentile, widened by 0.6 and 1.7)."
    )
    per_kg = _claim_of(document, one.row.values["cells_per_kg"], "cells/kg")
    return _dispute(patient, "implied body weight", _cells_claim(document, one), per_kg, "weight.age", words)


_EVENTS = ("treatment", "diagnosis", "onset", "report", "last_follow_up")


def expected(age: Decimal) -> tuple[Decimal, Decimal]:
    """The least and the greatest body weight in kg that is believed at an age in years."""
    if age >= _THIRD_TO_97TH[-1][0]:
        return Decimal(27), Decimal(200)
    for (start, low_a, high_a), (end, low_b, high_b) in pairwise(_THIRD_TO_97TH):
        if start <= age < end:
            part = (age - start) / (end - start)
            low, high = low_a + (low_b - low_a) * part, high_a + (high_b - high_a) * part
            return max(Decimal(1), low * _SPARE_LOW), high * _SPARE_HIGH
    return Decimal(1), Decimal(200)


def _against_each_other(document: Document, patient: str, implied: Sequence[Implied]) -> list[Dispute]:
    """Two administrations that need different weights: beyond rounding in one course, beyond growth in two."""
    for a, b in combinations(implied, 2):
        light, heavy = (a, b) if a.kilos <= b.kilos else (b, a)
        same_course = a.row.value("course") == b.row.value("course")
        if heavy.low <= light.high * (Decimal("1.10") if same_course else GROWTH):
            continue
        words = (
            f"{a.words} would need {_rounded(a.kilos)} kg ({_rounded(a.low)}–{_rounded(a.high)} by rounding), "
            f"{b.words} {_rounded(b.kilos)} kg ({_rounded(b.low)}–{_rounded(b.high)})."
        )
        sides = _cells_claim(document, a), _cells_claim(document, b)
        return [_dispute(patient, "implied body weight", *sides, "weight.change", words)]
    return []


def _dispute(patient: str, field: str, a: Claim, b: Claim, rule: str, words: str) -> Dispute:
    return Dispute(patient, field, a, b, "arithmetic", "minor", "", rule, words)


def _rounded(kilos: Decimal) -> str:
    return shown(kilos.quantize(Decimal("0.1")))


def _cells_claim(document: Document, one: Implied) -> Claim:
    return _claim_of(document, one.row.values["dose_cells"], "cells")


def _claim_of(document: Document, value: Reported, unit: str) -> Claim:
    place = value.provenance[0]
    words = f"{plain_words(as_number(value.value))} {unit}"
    return Claim(words, mention_at(document, place, words), place.where)


def mention_at(document: Document, place: Provenance, words: str) -> Mention:
    """A mention that stands for a place already cited."""
    return Mention(
        field="dose",
        value=words,
        span=place.span,
        text=document.quote(place.span),
        rule_id=place.rule_id,
        sentence=place.span,
    )


__all__ = ["Implied", "expected", "slack", "weight_disputes"]
