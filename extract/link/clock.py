"""LINK, the clock of a story: onset plus the durations told one after the other, held against the printed ages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.link.claims import Claim, Dispute, Settled, Told
from extract.link.values import as_number, rank, reported, shown, where_of
from extract.model import Document, Mention, Reported, Severity, Span
from extract.numbers import NUMBER_WORDS, number_word

_LENGTH = rf"(?P<n>\d{{1,2}}|{NUMBER_WORDS})\s*-?\s*(?P<unit>years?|months?)\b"
_INTO = re.compile(
    rf"\b{_LENGTH}\s+into\s+(?:her|his|their|the)\s+(?:\w+\s+)?(?:illness|disease|treatment|therapy|course)\b",
    re.IGNORECASE,
)
_NEXT = re.compile(
    rf"\b(?:over|during|within|in)\s+the\s+(?:next|following|subsequent|ensuing)\s+{_LENGTH}", re.IGNORECASE
)
_LATER = re.compile(rf"(?:^|[.;]\s+){_LENGTH}\s+(?:later|thereafter)\b", re.IGNORECASE)
_AFTER_CELLS = re.compile(
    rf"\b{_LENGTH}\s+(?:after|following|post)[\s-]+(?:the\s+|her\s+|his\s+|first\s+|stem\s+|cell\s+)*"
    r"(?:MSCs?|cells?|transplant\w*|infusions?|injections?)\b",
    re.IGNORECASE,
)

_AFTER_EVENT = re.compile(
    rf"\b{_LENGTH}\s+(?:after|following|from|since)\s+(?:(?:the|her|his|their|this|initial|first|disease|symptom)\s+)*?"
    r"(?P<event>diagnosis|being\s+diagnosed|onset|first\s+symptoms?)\b",
    re.IGNORECASE,
)
_THEN_LATER = re.compile(rf"\b{_LENGTH}\s+(?:later|thereafter)\b", re.IGNORECASE)


class _Step(NamedTuple):
    """A stretch of time as told: years, the least that rounding leaves of them, whether it counts from the onset."""

    years: Decimal
    least: Decimal
    from_onset: bool
    span: Span


def clock_disputes(
    document: Document, told: Sequence[Told], patient: str, settled: Mapping[str, Settled], given: int | None
) -> list[Dispute]:
    """The age that the story comes to before the cells, when it is a year or more above the printed age at treatment.

    Counted is only what cannot overlap: "three years into her illness" from the onset, "over the next 9 months" and
    "two years later" from there. Major when it holds even if every whole number of years was rounded up.
    """
    onset, treated = settled.get("onset"), settled.get("treatment")
    if onset is None or treated is None or given is None:
        return []
    begun, stated = as_number(onset.value), as_number(treated.value)
    if begun is None or stated is None:
        return []
    steps = _steps(document, told, patient, onset.claims[0].mention, given)
    if not steps:
        return []
    age, least, formula = begun, begun, shown(begun)
    for step in steps:
        if step.from_onset:
            if begun + step.years < age:
                continue
            age, least, formula = begun + step.years, begun + step.least, f"{shown(begun)} + {_shown(step.years)}"
        else:
            age, least, formula = age + step.years, least + step.least, f"{formula} + {_shown(step.years)}"
    if age - stated < 1:
        return []
    last = steps[-1]
    mention = Mention(
        field="age",
        value=age,
        span=last.span,
        text=document.quote(last.span),
        rule_id="link.clock",
        sentence=_sentence(document, told, last.span),
        block=document.block_at(last.span.start),
    )
    words = (
        f"By the story the patient is at least {formula} = {_shown(age)} years old before the cells are given; "
        f"the age at treatment is printed as {shown(stated)}. Ages in whole years can differ by up to one."
    )
    side = Claim(age, mention, where_of(document, mention))
    severity: Severity = "major" if least >= stated + 1 else "minor"
    first = treated.claims[0]
    return [Dispute(patient, "age treatment", first, side, "timeline", severity, "", "age.clock", words)]


def _shown(years: Decimal) -> str:
    return shown(years.quantize(Decimal("0.01")).normalize()) if years else "0"


def _years(match: re.Match[str]) -> Decimal:
    number = number_word(match["n"]) or Decimal(0)
    return number if match["unit"].lower().startswith("year") else number / 12


def _steps(document: Document, told: Sequence[Told], patient: str, onset: Mention, given: int) -> list[_Step]:
    """The stretches of time of a patient's narrative between the onset and the first cells."""
    blocks = sorted(
        {
            mention.block
            for mention, people in told
            if people == (patient,)
            and mention.cell is None
            and mention.block is not None
            and where_of(document, mention) == "narrative"
        }
    )
    begin = onset.span.start if where_of(document, onset) == "narrative" else 0
    out: list[_Step] = []
    for index in blocks:
        block = document.blocks[index]
        text = document.quote(block.span)
        for pattern, from_onset in ((_INTO, True), (_NEXT, False), (_LATER, False)):
            for found in pattern.finditer(text):
                start = block.span.start + found.start("n")
                if begin < start < given:
                    span = Span(start=start, end=block.span.start + found.end())
                    years = _years(found)
                    spare = Decimal("0.5") if found["unit"].lower().startswith("year") else Decimal(0)
                    out.append(_Step(years, years - spare, from_onset, span))
    out.sort(key=lambda step: step.span.start)
    return out


def _sentence(document: Document, told: Sequence[Told], span: Span) -> Span:
    """The sentence around a place, as another mention of it knows it."""
    for mention, _ in told:
        if mention.cell is None and mention.sentence.holds(span):
            return mention.sentence
    index = document.block_at(span.start)
    if index is None:
        return span
    block = document.blocks[index].span
    left = document.text.rfind(". ", block.start, span.start)
    right = document.text.find(". ", span.end, block.end)
    return Span(start=left + 2 if left >= 0 else block.start, end=right + 1 if right >= 0 else block.end)


def age_at_treatment(document: Document, settled: Mapping[str, Settled]) -> Reported | None:
    """The age at treatment that an age "two years after the transplant" comes to, where none is printed."""
    last = settled.get("last_follow_up")
    if last is None or settled.get("treatment") is not None or (age := as_number(last.value)) is None:
        return None
    for told in sorted(last.claims, key=lambda c: rank(c.where)):
        since = {_years(found) for found in _AFTER_CELLS.finditer(document.quote(told.mention.sentence))}
        if told.mention.cell is None and len(since) == 1 and (years := since.pop()) < age:
            formula = f"age at last follow-up {shown(age)} - {_shown(years)} years since the cells"
            value = (age - years).quantize(Decimal("0.01"))
            return reported(document, value, [told.mention], unit="years", formula=formula)
    return None


def age_by_interval(
    document: Document, told: Sequence[Told], settled: Mapping[str, Settled], given: int | None
) -> Reported | None:
    """The age at treatment that the sentence of the first cells counts from an age it is told for: "fourteen months
    after the diagnosis", or "diagnosed at 4, she was treated 14 months later". None where an age is printed."""
    if given is None or settled.get("treatment") is not None:
        return None
    sentence = next(
        (m.sentence for m, _ in told if m.cell is None and m.sentence.start <= given < m.sentence.end), None
    )
    if sentence is None:
        return None
    words = document.quote(sentence)
    found = list(_AFTER_EVENT.finditer(words))
    since = {"onset" if re.match(r"onset|first", m["event"], re.IGNORECASE) else "diagnosis": _years(m) for m in found}
    later = list(_THEN_LATER.finditer(words))
    for event in ("diagnosis", "onset"):
        choice = settled.get(event)
        age = as_number(choice.value) if choice is not None else None
        if choice is None or age is None:
            continue
        mention = choice.claims[0].mention
        years = since.get(event) if len(found) == 1 else None
        told_in = mention.sentence == sentence and mention.span.end <= sentence.start + (
            later[0].start() if later else 0
        )
        if years is None and not found and len(later) == 1 and told_in:
            years = _years(later[0])
        if years is not None:
            formula = f"age at {event} {shown(age)} + {_shown(years)} years until the cells"
            told_at = mention.model_copy(update={"span": sentence, "text": words, "sentence": sentence, "cell": None})
            return reported(
                document, (age + years).quantize(Decimal("0.01")), [mention, told_at], unit="years", formula=formula
            )
    return None
