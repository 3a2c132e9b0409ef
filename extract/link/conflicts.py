"""LINK, the ledger: what a paper says that cannot all hold, from its places and by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from extract.link.cast import Cast
from extract.link.claims import Claim, Dispute, Told, claim, dispute
from extract.link.givings import Giving
from extract.link.values import as_number, new_id, plain_words, provenance, shown, where_of
from extract.model import (
    Administration,
    Candidate,
    Conflict,
    Document,
    Issue,
    Mention,
    Reported,
)

TOLERANCE = Decimal("0.12")
"""How far dose per kg times weight may be from the absolute dose: both are rounded in print."""


def as_conflicts(document: Document, disputes: Iterable[Dispute]) -> tuple[Conflict, ...]:
    """Disputes with both quotes and places; the same one is kept once."""
    out: list[Conflict] = []
    taken: set[str] = set()
    seen: set[tuple[str, str, str, str]] = set()
    for d in disputes:
        low, high = sorted((shown(d.a.value), shown(d.b.value)))
        key = (d.patient, d.field, low, high)
        if key in seen:
            continue
        seen.add(key)
        mentions = [d.a.mention, d.b.mention]
        out.append(
            Conflict(
                id=new_id(document, "conflicts", d.patient, mentions, taken),
                patient=d.patient,
                field=d.field,
                a=_candidate(document, d.a),
                b=_candidate(document, d.b),
                kind=d.kind,
                severity=d.severity,
                chosen=d.chosen,
                rule=d.rule,
                explanation=d.explanation,
            )
        )
    return tuple(out)


def _candidate(document: Document, side: Claim) -> Candidate:
    place = provenance(document, side.mention)
    return Candidate(value=shown(side.value), provenance=place.model_copy(update={"where": side.where}))


def dose_arithmetic(
    document: Document, patient: str, rows: Sequence[Administration], weights: Sequence[Mention]
) -> list[Dispute]:
    """Absolute dose against dose per kg times body weight, for each row that prints both."""
    kilos = [(number, m) for m in weights if m.context.is_fact and (number := as_number(_number(m))) is not None]
    out: list[Dispute] = []
    for row in rows:
        cells, per_kg = as_number(row.value("dose_cells")), as_number(row.value("cells_per_kg"))
        if not cells or not per_kg or not kilos or row.value("dose_basis") == "total":
            continue
        implied = cells / per_kg
        if any(abs(implied - number) <= TOLERANCE * number for number, _ in kilos):
            continue
        weight, mention = kilos[0]
        words = (
            f"{plain_words(cells)} cells at {plain_words(per_kg)} cells/kg would need a body weight of "
            f"{shown(implied.quantize(Decimal('0.1')))} kg; printed is {shown(weight)} kg."
        )
        side_a = _mention_of(document, row.values["dose_cells"], "dose", f"{plain_words(cells)} cells")
        side_b = claim(document, f"{shown(weight)} kg", mention)
        out.append(
            Dispute(
                patient,
                "dose against weight",
                side_a,
                side_b,
                "arithmetic",
                "minor",
                "",
                "dose.weight",
                words,
            )
        )
    return out


def _number(mention: Mention) -> object:
    return mention.quantity.number if mention.quantity else mention.value


def _mention_of(document: Document, value: Reported, field: str, words: str) -> Claim:
    place = value.provenance[0]
    mention = Mention(
        field=field,
        value=words,
        span=place.span,
        text=document.quote(place.span),
        rule_id=place.rule_id,
        sentence=place.span,
    )
    return Claim(words, mention, place.where)


def inverted_ranges(document: Document, told: Sequence[Told]) -> list[Dispute]:
    """Ranges printed from high to low."""
    out = []
    for mention, people in told:
        quantity = mention.quantity
        if quantity is None or not quantity.inverted or not people or not mention.context.is_fact:
            continue
        low, high = quantity.low, quantity.high
        patient = people[0] if len(people) == 1 else ""
        where = where_of(document, mention)
        words = (
            f"The range {quantity.as_written} runs from high to low; one end is probably misprinted. Kept as printed."
        )
        a, b = Claim(plain_words(low), mention, where), Claim(plain_words(high), mention, where)
        out.append(
            Dispute(
                patient,
                f"{mention.field} range",
                a,
                b,
                "implausible_range",
                "major",
                "",
                "range.inverted",
                words,
            )
        )
    return out


_OF_SERIES = re.compile(
    r"\b(?:in (?:this|our|the present) (?:\w+ )?(?:series|study|report|cohort)|our (?:\w+ )?(?:series|"
    r"patients|doses|cases|children))\b",
    re.IGNORECASE,
)


def series_range(
    document: Document, mentions: Sequence[Mention], cast: Cast, givings: Mapping[str, Sequence[Giving]]
) -> list[Dispute]:
    """The upper end of the doses that the discussion or abstract gives for the series against those told of
    its patients."""
    if cast.single:
        return []
    out = []
    spoken: dict[tuple[int, str], list[tuple[Decimal, Mention]]] = {}
    for mention in mentions:
        quantity = mention.quantity
        if mention.field != "dose" or quantity is None or not mention.context.is_fact or mention.cell is not None:
            continue
        if where_of(document, mention) not in ("discussion", "abstract") or not _OF_SERIES.search(
            document.quote(mention.sentence)
        ):
            continue
        numbers = [n for n in (quantity.number, quantity.low, quantity.high) if n is not None]
        spoken.setdefault((mention.sentence.start, quantity.unit), []).append((max(numbers), mention))
    for (_, unit), said in spoken.items():
        told = [
            (max(sizes), dose, giving)
            for found in givings.values()
            for giving in found
            if giving.wheres[0] in ("narrative", "table")
            for dose in giving.doses
            if dose.unit == unit and (sizes := [n for n in dose.size if n is not None])
        ]
        if not told:
            continue
        top, mention = max(said, key=lambda pair: pair[0])
        highest, dose, giving = max(told, key=lambda item: item[0])
        if top <= highest * Decimal("1.02"):
            continue
        where = where_of(document, mention)
        words = (
            f"The {where} gives doses up to {plain_words(top)} {unit}; the highest told of a patient is "
            f"{plain_words(highest)} {unit}."
        )
        a = Claim(f"{plain_words(highest)} {unit}", dose.mention, giving.wheres[0])
        b = Claim(f"{plain_words(top)} {unit}", mention, where)
        field = (
            "dose per kg of the series, upper end" if unit == "cells/kg" else f"dose {unit} of the series, upper end"
        )
        out.append(dispute("", field, a, b, "dose.series", words))
    return out


def number_of_patients(document: Document, cast: Cast) -> list[Issue]:
    """The number of patients stated against the number found."""
    found = sum(person.n for person in cast.persons)
    if cast.stated is None or cast.stated == found or not cast.stated_by:
        return []
    page = document.page_of(cast.stated_by[0].span)
    verb = "was" if found == 1 else "were"
    message = f"The paper says that it reports {cast.stated} patients; {found} {verb} found."
    reason = "patients_missing" if found < cast.stated else "patients_extra"
    return [Issue(severity="major", message=message, page=page, reason=reason)]


__all__ = ["as_conflicts", "dose_arithmetic", "inverted_ranges", "number_of_patients", "series_range"]
