"""LINK, time: ages by event, weight and follow-up of a patient, and what follows from them by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from extract.derived import ages_by_follow_up
from extract.link.claims import Claim, Dispute, Settled, Told, claim, dispute, report, settle, told_of
from extract.link.clock import age_at_treatment, age_by_interval, clock_disputes
from extract.link.values import as_number, number_of, rank, shown
from extract.model import Document, Mention, Reported, Scalar

EVENTS = ("onset", "diagnosis", "treatment", "last_follow_up", "report")
_ADJECTIVE = re.compile(r"\byears?\s*-?\s*old\b|\byrs?\.?\s*-?\s*old\b|\by/?o\b|\baged?\b", re.IGNORECASE)


_FOLLOWED = re.compile(
    r"\b(?:follow\w*|last|latest|visit|seen|recent\w*|final|current\w*|now|(?:months?|years?) (?:after|"
    r"later|post))\b",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:months?|weeks?|years?)\s+(?:after|later)\b|\b(?:at|after)\s+(?:\w+\s+){1,2}(?:months?|years?)\b|"
    r"\b(?:last|latest|final) (?:visit|seen|follow)",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"\s*(?:years?\s+old\s+)?(?:then|by\s+then|at\s+(?:that|the|this)\s+(?:time|visit|point)|by\s+that\s+time)\b",
    re.IGNORECASE,
)
"""Behind an age: the sentence before says of which time it is."""
_NOW = re.compile(r"\b(?:now|currently)\s+(?:an?\s+)?$", re.IGNORECASE)


class Timeline(NamedTuple):
    """Values of the patient's row and the disputes about them."""

    values: dict[str, Reported]
    disputes: list[Dispute]


def timeline_of(
    document: Document, told: Sequence[Told], patient: str, index: frozenset[str], given: int | None = None
) -> Timeline:
    """Ages, weight and follow-up of one patient. ``index``: the diseases that the cells were given for, so
    that the age at which another one was found is not taken for the age at diagnosis. ``given``: where the
    cells are first given."""
    values: dict[str, Reported] = {}
    disputes: list[Dispute] = []
    settled = _ages(document, _of_index(told, patient, index), given)
    for event, choice in settled.items():
        found = [] if choice.value is None or event == "report" else _age_disputes(patient, event, choice)
        disputes += found
        values[f"age_{event}_years"] = report(document, choice, "years", bool(found))
    weight = _weight(document, told_of(told, patient, "weight"), patient, disputes)
    if weight is not None:
        values["weight_kg"] = weight
    follow_up = _follow_up(document, told_of(told, patient, "follow_up"))
    if follow_up is not None:
        values["follow_up_months"] = report(document, follow_up, "months")
    disputes += _report_disputes(patient, settled)
    disputes += _order_disputes(patient, settled)
    disputes += _follow_up_disputes(patient, settled, follow_up)
    disputes += clock_disputes(document, told, patient, settled, given)
    values.update(ages_by_follow_up(values))
    if "age_treatment_years_derived" not in values and (since := age_at_treatment(document, settled)) is not None:
        values["age_treatment_years_derived"] = since
    if "age_treatment_years_derived" not in values and "age_treatment_years" not in values:
        by_interval = age_by_interval(document, told, settled, given)
        if by_interval is not None:
            values["age_treatment_years_derived"] = by_interval
    return Timeline(values, disputes)


def _of_index(told: Sequence[Told], patient: str, index: frozenset[str]) -> list[Mention]:
    """The ages of a patient without those at diagnosis of another disease, or at its onset where another is told."""
    diseases: dict[tuple[int, int], list[Mention]] = {}
    for mention in told_of(told, patient, "diagnosis"):
        if mention.context.presence == "negated":
            continue  # "recognized at 56 after another disease was excluded"
        diseases.setdefault((mention.sentence.start, mention.sentence.end), []).append(mention)
    out = []
    begun = []
    for mention in told_of(told, patient, "age"):
        near = diseases.get((mention.sentence.start, mention.sentence.end), [])
        if near and mention.cell is None and not any(_is_of(str(m.value), index) for m in near):
            if mention.detail("event") == "diagnosis":
                continue
            if mention.detail("event") == "onset":
                begun.append(mention)
        out.append(mention)
    if any(m.detail("event") == "onset" and m not in begun and m.context.is_fact for m in out):
        out = [m for m in out if m not in begun]
    return out


def _is_of(name: str, index: frozenset[str]) -> bool:
    """Whether a disease is one of these, by its whole name or by a shorter one: lupus for lupus nephritis."""
    words = set(name.lower().split())
    return any(words <= (other := set(each.lower().split())) or other <= words for each in index)


def _ages(document: Document, mentions: Sequence[Mention], given: int | None) -> dict[str, Settled]:
    claims: dict[str, list[Claim]] = {event: [] for event in EVENTS}
    loose: list[Claim] = []
    for mention in mentions:
        years = number_of(mention)
        if years is None or not mention.context.is_fact:
            continue
        event = str(mention.detail("event") or "unspecified")
        if _describes(document, mention) and any(_rivals(mention, other) for other in mentions):
            # "A 19-year-old girl was diagnosed at 15": the age that describes her is not that of the event.
            event = "report"
        if (
            event == "last_follow_up"
            and mention.cell is None
            and not _FOLLOWED.search(document.quote(mention.sentence))
        ):
            event = "report"
        if event in ("unspecified", "report") and _is_later(document, mention, given):
            event = "last_follow_up"
        item = claim(document, years, mention)
        if event in claims:
            claims[event].append(item)
        else:
            loose.append(item)
    # An age without an event is the age of the report when it describes the person ("a 12-year-old girl"); an
    # age in
    # passing ("at 10 she lost weight") is used only where nothing describes them.
    describing = [
        c
        for c in loose
        if _describes(document, c.mention) or _introduces(document, c.mention) or c.mention.cell is not None
    ]
    claims["report"] += describing or ([] if any(claims.values()) else loose)
    if not claims["report"] and not claims["treatment"]:
        claims["report"] += _before_cells(claims, loose, given)
    early = [c.value for event in ("onset", "diagnosis", "treatment") for c in claims[event]]
    claims["report"] = [c for c in claims["report"] if c.value not in early]
    if claims["onset"] and claims["diagnosis"]:
        # An age at a diagnosis before the onset is that of another disease.
        begun = min(as_number(c.value) or Decimal(0) for c in claims["onset"])
        fitting = [c for c in claims["diagnosis"] if (as_number(c.value) or Decimal(0)) >= begun]
        claims["diagnosis"] = fitting or [c for c in claims["diagnosis"] if c.mention.cell is not None]
    out: dict[str, Settled] = {}
    for event, items in claims.items():
        choice = settle(items)
        if event == "onset" and items:
            choice = _earliest(items)
        elif choice is not None and choice.value is None:
            choice = _first_described(items) if event == "report" else _nearest_words(items)
        if choice is not None:
            out[event] = choice
    return out


def _before_cells(claims: dict[str, list[Claim]], loose: Sequence[Claim], given: int | None) -> list[Claim]:
    """The last age that the narrative tells before the cells, above those of onset and diagnosis: "At 36 she could not
    walk"."""
    earlier = [as_number(c.value) or Decimal(0) for event in ("onset", "diagnosis") for c in claims[event]]
    begun = [c.mention.span.start for event in ("onset", "diagnosis") for c in claims[event] if c.where == "narrative"]
    told = [
        c
        for c in loose
        if c.where == "narrative" and given is not None and max(begun, default=given) < c.mention.span.start < given
    ]
    last = max(told, key=lambda c: c.mention.span.start, default=None)
    return [last] if last and earlier and (as_number(last.value) or Decimal(0)) > max(earlier) else []


def _is_later(document: Document, mention: Mention, given: int | None) -> bool:
    """Whether an age is told of a time after the cells: "Twelve months after the first infusion, at the age
    of 9"."""
    if mention.cell is not None or given is None or mention.span.start < given:
        return False
    before = document.text[mention.sentence.start : mention.span.start]
    if _NOW.search(before) or _LATER.search(before):
        return True
    if mention.block is None or not _THEN.match(document.text, mention.span.end):
        return False
    # "At twelve months the score was 5. He was 36 then."
    earlier = document.text[document.blocks[mention.block].span.start : mention.sentence.start].rstrip()
    return _LATER.search(earlier[earlier.rfind(". ") + 1 :]) is not None


def _describes(document: Document, mention: Mention) -> bool:
    """Whether an age stands as a description: "12-year-old", "aged 12"."""
    return _ADJECTIVE.search(document.text[max(0, mention.span.start - 5) : mention.span.end + 12]) is not None


_PERSON_WAS = re.compile(
    r"\s*(?:(?:the|our|this)\s+(?:[\w-]+\s+){0,2}?(?:patient|man|woman|girl|boy|child|lady|gentleman)|(?:patient|case)\s+\w{1,2})"
    r"(?:\s+\([^)]*\))?\s+(?:was|is)\s+$",
    re.IGNORECASE,
)
_ALONE = re.compile(r"(?:\s*(?:years?|yrs?)(?:\s+old|\s+of\s+age)?)?\s*[.;]", re.IGNORECASE)


def _introduces(document: Document, mention: Mention) -> bool:
    """Whether a sentence says no more than the age of a person: "The third patient was 49."."""
    ahead = document.text[mention.sentence.start : mention.span.start]
    return bool(_PERSON_WAS.fullmatch(ahead) and _ALONE.match(document.text, mention.span.end))


def _rivals(mention: Mention, other: Mention) -> bool:
    """Whether another age of the sentence stands for the same event and differs."""
    return (
        other.sentence == mention.sentence
        and other.span.start > mention.span.start
        and mention.detail("event") is not None
        and other.detail("event") == mention.detail("event")
        and number_of(other) != number_of(mention)
    )


def _earliest(items: Sequence[Claim]) -> Settled:
    """Of several onsets the earliest: an illness begins once, what a text says to have "developed" later is a
    part of it. An earlier one in the text than in the table stays in dispute."""
    first = min(items, key=lambda c: (as_number(c.value) or Decimal(0), rank(c.where)))
    best = min(rank(c.where) for c in items)
    others = [c for c in items if c.value != first.value and c.where != first.where and first.where == "narrative"]
    if rank(first.where) > best and first.where != "table":
        chosen = settle(items)
        if chosen is not None and chosen.value is not None:
            return chosen
    return Settled(
        first.value,
        tuple(sorted((c for c in items if c.value == first.value), key=lambda c: rank(c.where))),
        tuple(others),
    )


def _first_described(items: Sequence[Claim]) -> Settled:
    """Of several describing ages the one that opens the best place: cases begin with it."""
    best = min(items, key=lambda c: (rank(c.where), c.mention.span.start))
    return Settled(
        best.value,
        tuple(c for c in items if c.value == best.value),
        tuple(c for c in items if c.value != best.value and c.where != best.where),
    )


def _nearest_words(items: Sequence[Claim]) -> Settled:
    """Two ages at one event in one place: no reason to choose."""
    best = min(rank(c.where) for c in items)
    return Settled(None, tuple(c for c in items if rank(c.where) == best), ())


def _age_disputes(patient: str, event: str, choice: Settled) -> list[Dispute]:
    out = []
    seen: set[Scalar] = set()
    for other in choice.others:
        a, b = as_number(choice.value), as_number(other.value)
        if a is None or b is None or abs(a - b) < 1 or other.value in seen:
            continue
        if other.where == choice.claims[0].where:
            continue
        seen.add(other.value)
        words = f"Age at {event.replace('_', ' ')}: {shown(choice.value)} and {shown(other.value)} years."
        out.append(dispute(patient, f"age {event.replace('_', ' ')}", choice.claims[0], other, "age.places", words))
    return out


def _report_disputes(patient: str, settled: dict[str, Settled]) -> list[Dispute]:
    """An age that the text gives for the present state must not be above the one that the table gives at last
    follow-up; an age of the abstract that fits no event of the body contradicts the age at treatment."""
    out: list[Dispute] = []
    report, last, treated = settled.get("report"), settled.get("last_follow_up"), settled.get("treatment")
    for side in report.claims + report.others if report else ():
        number = as_number(side.value)
        if number is None:
            continue
        if last and side.where == "narrative" and {c.where for c in last.claims} == {"table"}:
            x = as_number(last.value)
            if x is not None and number - x >= 1:
                words = f"{shown(number)} years old in the text, {shown(x)} at the last follow-up in the table."
                out.append(dispute(patient, "age last follow up", side, last.claims[0], "age.places", words))
        if treated and side.where == "abstract":
            known = {as_number(c.value) for choice in settled.values() for c in choice.claims if c.where != "abstract"}
            y = as_number(treated.value)
            if y is not None and all(k is None or abs(k - number) >= 1 for k in {*known, y}):
                words = f"{shown(number)} years old in the abstract, treated at {shown(y)} in the text."
                out.append(dispute(patient, "age treatment", treated.claims[0], side, "age.places", words))
    return out


def _order_disputes(patient: str, settled: dict[str, Settled]) -> list[Dispute]:
    """Onset, diagnosis, treatment, follow-up must not run backwards."""
    out = []
    order = [event for event in EVENTS[:4] if event in settled and settled[event].value is not None]
    for before, after in pairwise(order):
        a, b = settled[before], settled[after]
        x, y = as_number(a.value), as_number(b.value)
        if x is not None and y is not None and x > y:
            words = (
                f"{before.replace('_', ' ')} at {shown(x)} years cannot come after "
                f"{after.replace('_', ' ')} at {shown(y)} years."
            )
            out.append(
                Dispute(
                    patient,
                    f"age {before.replace('_', ' ')}",
                    a.claims[0],
                    b.claims[0],
                    "timeline",
                    "major",
                    "",
                    "age.order",
                    words[0].upper() + words[1:],
                )
            )
    return out


def _follow_up_disputes(patient: str, settled: dict[str, Settled], follow_up: Settled | None) -> list[Dispute]:
    """Age at treatment plus follow-up must come to the age at last follow-up, each rounded to a year."""
    treated, last = settled.get("treatment"), settled.get("last_follow_up")
    if not (treated and last and follow_up):
        return []
    x, y, months = as_number(treated.value), as_number(last.value), as_number(follow_up.value)
    if x is None or y is None or months is None or abs(x + months / 12 - y) < Decimal("1.5"):
        return []
    words = (
        f"Treated at {shown(x)} years and followed for {shown(months)} months, but {shown(y)} years old "
        "at the last follow-up."
    )
    return [
        Dispute(
            patient,
            "age last follow up",
            last.claims[0],
            treated.claims[0],
            "timeline",
            "minor",
            "",
            "age.follow_up",
            words,
        )
    ]


def _weight(document: Document, mentions: Sequence[Mention], patient: str, disputes: list[Dispute]) -> Reported | None:
    """The first weight of the best place (people are weighed again later); a table that has another is in
    dispute."""
    claims = [
        claim(document, number, mention)
        for mention in mentions
        if mention.context.is_fact and (number := number_of(mention)) is not None
    ]
    if not claims:
        return None
    best = min(rank(c.where) for c in claims)
    first = next(c for c in claims if rank(c.where) == best)
    printed = {c.value for c in claims if rank(c.where) == best}
    others = [c for c in claims if c.where == "table" and first.where != "table"]
    if any(c.value in printed for c in others):
        others = []  # a table of visits has the printed weight at one of them
    if others:
        words = f"Body weight {shown(first.value)} kg and {shown(others[0].value)} kg."
        disputes.append(dispute(patient, "weight", first, others[0], "weight.places", words, "minor"))
    same_value = tuple(c for c in claims if c.value == first.value)
    return report(document, Settled(first.value, same_value, tuple(others)), "kg", bool(others))


def _follow_up(document: Document, mentions: Sequence[Mention]) -> Settled | None:
    """The longest follow-up that the best place tells of."""
    claims = [
        claim(document, number, mention)
        for mention in mentions
        if mention.context.is_fact and (number := number_of(mention)) is not None
    ]
    if not claims:
        return None
    best = min(rank(c.where) for c in claims)
    longest = max((c for c in claims if rank(c.where) == best), key=lambda c: as_number(c.value) or Decimal(0))
    return Settled(longest.value, tuple(c for c in claims if c.value == longest.value), ())
