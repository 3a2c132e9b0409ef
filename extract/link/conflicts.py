"""LINK, the ledger: what a paper says that cannot all hold, from its places and by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from extract.link.cast import Cast
from extract.link.claims import Claim, Dispute, Told, dispute
from extract.link.givings import Giving
from extract.link.values import new_id, number_of, plain_words, provenance, shown, where_of
from extract.model import (
    Candidate,
    Conflict,
    Document,
    Issue,
    Mention,
)


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


_TELLS = re.compile(
    r"\b(?:we|case series|case reports?|series of|reports?|study)\b[^.;]{0,60}?\b(?:report|present|describe|treated|"
    r"highlight\w*|of|on)\b|\b(?:report|series|study) of\b",
    re.IGNORECASE,
)


def patient_count_disputes(document: Document, cast: Cast, mentions: Sequence[Mention]) -> list[Dispute]:
    """The number of patients that title or abstract announce, against those that the body numbers one after another.

    Only where the body's patients run from 1 (or A) without a gap is a missing one the paper's fault, not the
    reader's; and only where neither title nor abstract gives the number that was found.
    """
    people = [person for person in cast.persons if person.kind == "individual"]
    if len(people) < 2 or len(people) != len(cast.persons) or not _run_on([person.id for person in people]):
        return []
    said: list[tuple[int, Mention]] = []
    for mention in mentions:
        number = number_of(mention)
        where = where_of(document, mention)
        if mention.field != "patient_count" or number is None or number != int(number):
            continue
        if mention.context.is_fact and mention.cell is None and where == "abstract":
            said.append((int(number), mention))
    if not said or any(number == len(people) for number, _ in said):
        return []
    sure = [(n, m) for n, m in said if 1 < n < 100 and _TELLS.search(document.quote(m.sentence))]
    if len({n for n, _ in sure}) != 1:
        return []
    stated, mention = sure[0]
    last = people[-1].mention
    words = (
        f"{stated} patients are announced; {len(people)} are told of one by one, the last as "
        f"{people[-1].label or people[-1].id}."
    )
    a, b = Claim(Decimal(len(people)), last, where_of(document, last)), Claim(Decimal(stated), mention, "abstract")
    return [Dispute("", "number of patients", a, b, "count", "major", "", "count.patients", words)]


def _run_on(ids: Sequence[str]) -> bool:
    """Whether ids are 1, 2, 3 ... or A, B, C ..."""
    return list(ids) in (
        [str(i + 1) for i in range(len(ids))],
        [chr(ord("A") + i) for i in range(len(ids))],
    )


__all__ = ["as_conflicts", "inverted_ranges", "number_of_patients", "patient_count_disputes", "series_range"]
