"""LINK, what became of the patient: measure, rater, value, before or after, and when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from extract.link.claims import Claim, Dispute, Told, dispute
from extract.link.values import as_number, distinct, new_id, rank, reported, shown, where_of, wheres
from extract.model import Document, Issue, Mention, Outcome, Reported, Where
from extract.schema import Scale, Schema

_PRE = re.compile(
    r"\b(?:pre|pre-?treatment|pre-?op\w*|pre-?tx|pre-?transplant\w*|before|baseline|at entry|at (?:presentation|admission|enrol\w+|inclusion|referral)"
    r"|on (?:admission|referral|presentation)|prior to|initial(?:ly)?|month 0|day 0|week 0|screening)\b",
    re.IGNORECASE,
)
_POST = re.compile(
    r"\b(?:post|post-?treatment|post-?op\w*|post-?tx|post-?transplant\w*|after|follow[- ]?up|at last (?:visit|follow[- ]?up)|last (?:visit|seen)|most recent"
    r"|latest|currently|now|final|thereafter|(?:at|by|after) (?:\w+ )?(?:months?|weeks?|years?)|(?:months?|weeks?|years?) (?:later|after|post)"
    r"|(?:had|has|have) (?:fallen|risen|dropped|improved|decreased|increased|come down|returned))\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?P<n>\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[- ]?(?P<unit>months?|mos?\b|weeks?|wks?\b|years?|yrs?\b|days?)"
    r"|(?P<unit2>months?|weeks?|years?|days?|mo|wk)\.?\s*(?P<n2>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ANCHOR = re.compile(
    r"\b(?P<nth>second|third|fourth|fifth|sixth|2nd|3rd|4th|last)\s+(?:\w+[- ]){0,3}?(?:infusions?|injections?|transplant\w*|treatments?|doses?|"
    r"sessions?|courses?|procedures?|administrations?|transfusions?)\b",
    re.IGNORECASE,
)
_MONTHS = {"d": Decimal(12) / Decimal(365), "w": Decimal(12 * 7) / Decimal(365), "m": Decimal(1), "y": Decimal(12)}

Phase = Literal["pre", "post", "unspecified"]


class Reading(NamedTuple):
    """One printed value of a measure, with all that its place says of it."""

    measure: str
    rater: str | None
    phase: Phase
    value: Decimal | None
    value_text: str
    scale_max: Decimal | None
    unit: str
    months: Decimal | None
    timepoint: str
    anchor: str
    mention: Mention
    where: Where
    by_definition: bool = False


class Outcomes(NamedTuple):
    """The rows of one patient, the disputes and the issues about them."""

    rows: list[Outcome]
    disputes: list[Dispute]
    issues: list[Issue]


def outcomes_of(
    document: Document,
    told: Sequence[Told],
    patient: str,
    schema: Schema,
    given: int | None,
    raters: dict[str, str],
    taken: set[str],
    treated: bool = True,
) -> Outcomes:
    """The outcomes of one patient.

    ``given`` is where the patient's narrative first tells of cells: what stands before it without a word about time
    is from before. ``raters``: who rates a measure, as the paper defines its abbreviation.
    """
    scales = {scale.name: scale for scale in schema.scales}
    readings, issues = [], []
    for mention, people in told:
        if mention.field != "score" or patient not in people or not _is_reading(document, mention):
            continue
        reading = read_score(document, mention, given, scales)
        if reading is None:
            continue
        if reading.rater is None and reading.measure in raters:
            reading = reading._replace(rater=raters[reading.measure], by_definition=True)
        out = _out_of_scale(document, reading, scales.get(reading.measure), patient)
        if out is not None:
            issues.append(out)
        readings.append(reading)
    if not treated:
        # Before and after are counted from the first cells; where there were none, nothing is before or after.
        readings = [reading._replace(phase="unspecified") for reading in readings]
    groups = _followed(_merged(_sequenced(document, readings) if treated else readings), scales)
    disputes = _disputes(patient, groups)
    contested = {id(d.a.mention) for d in disputes}
    rows: list[Outcome] = []
    for group in groups:
        rows.append(_row(document, patient, group, len(rows) + 1, scales, contested, taken))
    return Outcomes(rows, disputes, issues)


def _is_reading(document: Document, mention: Mention) -> bool:
    return mention.context.presence == "present" and mention.context.when != "future" and mention.detail("measure") is not None


def read_score(document: Document, mention: Mention, given: int | None, scales: dict[str, Scale]) -> Reading | None:
    """A score mention as a reading: its own details first, then the headers of its cell, then words and order."""
    value = as_number(mention.detail("value"))
    if value is None and mention.quantity is not None:
        value = mention.quantity.number
    text = str(mention.detail("value_text") or "")
    if value is None and not text and mention.quantity is None:
        return None
    if value is None and not text and mention.quantity is not None:
        text = mention.quantity.as_written
    measure = str(mention.detail("measure"))
    headers = ""
    if mention.cell is not None:
        cell = document.cells[mention.cell]
        headers = " | ".join(part for part in (cell.column_header, cell.row_header, cell.group) if part)
    months = as_number(mention.detail("timepoint_months"))
    timepoint = str(mention.detail("timepoint") or "")
    if months is None and headers:
        months, timepoint = _time_in(headers)
    phase = mention.detail("phase")
    if phase not in ("pre", "post"):
        phase = _phase(document, mention, headers, months, given)
    elif phase == "post" and months is None and given is not None and _in_story_before(document, mention, given):
        # "After methylprednisolone the score stood at 12", told before any cells were given
        phase = "pre"
    elif phase == "pre" and not timepoint and _in_story_after(document, mention, given):
        phase = "post"
    if months == 0 and phase == "unspecified":
        phase = "pre"
    scale = scales.get(measure)
    rater = mention.detail("rater") or _rater_in(headers) or (scale.rater if scale else None)
    anchor = _ANCHOR.search(document.quote(mention.sentence)) if mention.cell is None else None
    return Reading(
        measure=measure,
        rater=str(rater) if rater else None,
        phase="pre" if phase == "pre" else "post" if phase == "post" else "unspecified",
        value=value,
        value_text=text,
        scale_max=as_number(mention.detail("scale_max")),
        unit=str(mention.detail("unit") or (mention.quantity.unit if mention.quantity else "") or ""),
        months=months,
        timepoint=timepoint,
        anchor=anchor["nth"].lower() if anchor else "",
        mention=mention,
        where=where_of(document, mention),
    )


def _in_story_before(document: Document, mention: Mention, given: int) -> bool:
    return mention.cell is None and where_of(document, mention) == "narrative" and mention.span.start < given


def _in_story_after(document: Document, mention: Mention, given: int | None) -> bool:
    """Whether a value is told after the cells were given, with nothing before it in its sentence that looks back."""
    if mention.cell is not None or given is None or mention.span.start < given or where_of(document, mention) != "narrative":
        return False
    before = document.text[mention.sentence.start : mention.span.start]
    return not _PRE.search(before) and not re.search(r"\b(?:from|against|versus|vs\.?|was|were)\s*$", before)


def _phase(document: Document, mention: Mention, headers: str, months: Decimal | None, given: int | None) -> Phase:
    if headers:
        pre, post = _PRE.search(headers), _POST.search(headers)
        if bool(pre) != bool(post):
            return "pre" if pre else "post"
        if months is not None:
            return "post" if months > 0 else "pre"
        return "unspecified"
    if months is not None and months > 0:
        return "post"
    if given is not None and _in_story_before(document, mention, given):
        return "pre"
    sentence = document.quote(mention.sentence)
    pre, post = _PRE.search(sentence), _POST.search(sentence)
    if bool(pre) != bool(post):
        return "pre" if pre else "post"
    if not pre and not post and mention.block is not None:
        # "Before treatment the CMAS was 19. The physician rated activity at 8.2": the time is carried on.
        before = document.text[document.blocks[mention.block].span.start : mention.sentence.start]
        pre, post = _last(_PRE, before), _last(_POST, before)
        if pre and (not post or pre.start() > post.start()):
            return "pre"
    if given is not None and where_of(document, mention) == "narrative" and not (pre and post):
        return "pre" if mention.span.start < given else "post"
    return "unspecified"


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007
        pass
    return found


def _time_in(headers: str) -> tuple[Decimal | None, str]:
    """The time that a header names, in months, and its words."""
    found = _TIME.search(headers)
    if found is None:
        return None, ""
    word = (found["n"] or found["n2"]).lower()
    number = Decimal(_WORDS.index(word)) if word in _WORDS else Decimal(word)
    unit = (found["unit"] or found["unit2"]).lower()
    return (number * _MONTHS[unit[0]]).quantize(Decimal("0.01")).normalize(), found.group()


def _rater_in(headers: str) -> str | None:
    if not headers:
        return None
    for rater, words in (
        ("physician", r"\b(?:physician|doctor|investigator|MD|clinician)\b"),
        ("parent", r"\b(?:parents?|mother|carer|caregiver)\b"),
        ("patient", r"\bpatient(?:'s|’s)?\s+(?:global|assess\w*|VAS|pain|rated|reported)|\bself[- ]"),
    ):
        if re.search(words, headers, re.IGNORECASE):
            return rater
    return None


_FROM = re.compile(r"\bfrom\s+(?:a\s+\w+\s+of\s+|about\s+|approximately\s+)?$", re.IGNORECASE)
_TO = re.compile(r"\s*(?:[a-zA-Z/%²·]+\s*){0,3}?(?:\([^)]*\)\s*)?(?:to|→|->)\s+(?:a\s+\w+\s+of\s+|only\s+|about\s+)?", re.IGNORECASE)


def _sequenced(document: Document, readings: Sequence[Reading]) -> list[Reading]:
    """Readings whose order tells the phase: "from 7 to 3" is before and after."""
    out = sorted(readings, key=lambda r: r.mention.span.start)
    for i in range(len(out) - 1):
        a, b = out[i], out[i + 1]
        if a.measure != b.measure or a.mention.sentence != b.mention.sentence or a.mention.cell is not None:
            continue
        before = document.text[a.mention.sentence.start : a.mention.span.start]
        between = document.text[a.mention.span.end : b.mention.span.start] if b.mention.span.start >= a.mention.span.end else "-"
        if not _FROM.search(before) or not _TO.fullmatch(between):
            continue
        if a.months is None or a.months == b.months:
            out[i] = a._replace(phase="pre", months=None, timepoint="", rater=a.rater or b.rater)
            out[i + 1] = b._replace(phase="post", rater=b.rater or a.rater)
    return out


def _same_fact(a: Reading, b: Reading) -> bool:
    if a.measure != b.measure or (a.rater and b.rater and a.rater != b.rater):
        return False
    if a.value is not None or b.value is not None:
        if a.value != b.value:
            return False
    elif a.value_text.lower() != b.value_text.lower():
        return False
    if a.phase != b.phase and "unspecified" not in (a.phase, b.phase):
        return False
    if a.phase == "pre" == b.phase:
        return True
    if a.where == b.where == "table":
        return a.mention.span == b.mention.span
    if a.months is not None and b.months is not None:
        # "in month 7" in the text may be the table's visit of month 6.
        spare = Decimal("0.6") if a.where == b.where else max(Decimal("0.6"), min(a.months, b.months) / 5)
        if abs(a.months - b.months) > spare:
            return False
    return not (a.where == b.where == "narrative" and a.anchor != b.anchor)


def _merged(readings: Sequence[Reading]) -> list[list[Reading]]:
    """One fact, one group: the same value of the same measure in text, table, abstract."""
    groups: list[list[Reading]] = []
    order = sorted(readings, key=lambda r: (rank(r.where), r.phase == "unspecified", r.mention.span.start))
    for reading in order:
        for group in groups:
            if all(_same_fact(reading, other) for other in group):
                group.append(reading)
                break
        else:
            groups.append([reading])
    return sorted(groups, key=lambda group: min((rank(r.where), r.mention.span.start) for r in group))


def _followed(groups: list[list[Reading]], scales: dict[str, Scale]) -> list[list[Reading]]:
    """Without laboratory values and measurements that are given once: they describe the patient, they are no outcome."""
    seen = Counter(group[0].measure for group in groups)
    for name in list(seen):
        words = set(name.split())
        seen[name] += sum(n for other, n in seen.items() if other != name and (words < set(other.split()) or set(other.split()) < words))
    return [
        group
        for group in groups
        if (scale := scales.get(group[0].measure)) is None
        or scale.kind in ("score", "stage")
        or (scale.kind == "measurement" and group[0].phase == "post")
        or seen[group[0].measure] > 1
        or len({r.where for r in group}) > 1
    ]


def _row(
    document: Document,
    patient: str,
    group: Sequence[Reading],
    order: int,
    scales: dict[str, Scale],
    contested: set[int],
    taken: set[str],
) -> Outcome:
    first = group[0]
    mentions = distinct(r.mention for r in group)
    status: Literal["reported", "conflict"] = "conflict" if any(id(m) in contested for m in mentions) else "reported"
    values: dict[str, Reported] = {"measure": reported(document, first.measure, mentions)}
    rated = next((r for r in group if r.rater and not r.by_definition), None) or next((r for r in group if r.rater), None)
    if rated is not None:
        formula = f"{first.measure} as the paper defines it" if rated.by_definition else ""
        values["rater"] = reported(document, str(rated.rater), [rated.mention], formula=formula)
    phased = next((r for r in group if r.phase != "unspecified"), first)
    values["phase"] = reported(document, phased.phase, [phased.mention])
    if first.value is not None:
        values["value"] = reported(document, first.value, mentions, status=status, unit=first.unit)
    else:
        values["value_text"] = reported(document, first.value_text, mentions, status=status)
    limit = next((r for r in group if r.scale_max is not None), None)
    if limit is not None and limit.scale_max is not None:
        values["scale_max"] = reported(document, limit.scale_max, [limit.mention])
    unit = next((r for r in group if r.unit), None)
    if unit is not None:
        values["unit"] = reported(document, unit.unit, [unit.mention])
    timed = next((r for r in group if r.months is not None), None)
    if timed is not None and timed.months is not None:
        if timed.timepoint:
            values["timepoint"] = reported(document, timed.timepoint, [timed.mention])
        values["timepoint_months"] = reported(document, timed.months, [timed.mention], unit="months")
    scale = scales.get(first.measure)
    better = first.mention.detail("better") or (scale.better if scale else None)
    if better:
        values["better"] = reported(document, str(better), mentions[:1], formula="direction of the scale in schemas/scales.yaml")
    values["where"] = reported(document, wheres(r.where for r in group), mentions)
    values["as_written"] = reported(document, first.mention.text, mentions[:1])
    ids = sorted(mentions, key=lambda m: (m is not first.mention, m.span.start))
    return Outcome(id=new_id(document, "outcomes", patient, ids, taken), patient=patient, order=order, values=values)


def _out_of_scale(document: Document, reading: Reading, scale: Scale | None, patient: str) -> Issue | None:
    if scale is None or reading.value is None:
        return None
    low, high = scale.minimum, scale.maximum
    if high is not None and reading.scale_max is not None and reading.scale_max > high:
        high = reading.scale_max
    if (low is None or reading.value >= low) and (high is None or reading.value <= high):
        return None
    boxes = document.boxes(reading.mention.span)
    limits = f"{shown(low) if low is not None else ''}–{shown(high) if high is not None else ''}"
    return Issue(
        severity="minor",
        message=f"patient {patient}: {reading.measure} {shown(reading.value)} is outside {limits} (schemas/scales.yaml). "
        "Kept as printed; see the quote.",
        page=boxes[0].page if boxes else None,
        reason="out_of_scale",
    )


def _disputes(patient: str, groups: Sequence[Sequence[Reading]]) -> list[Dispute]:
    """Values of one measure at one time that differ between narrative, table, figure, abstract and discussion."""
    out: list[Dispute] = []
    for i, group in enumerate(groups):
        for other in groups[i + 1 :]:
            pair = _contradiction(group, other, groups)
            if pair is None:
                continue
            a, b = pair
            field = " ".join(part for part in (a.measure, a.phase if a.phase != "unspecified" else b.phase) if part)
            when = f" at {shown(a.months)} months" if a.months is not None and a.phase == "post" else ""
            words = f"{a.measure} {a.phase}{when}: {_said(a)} and {_said(b)}."
            out.append(dispute(patient, field, _claim(a), _claim(b), "outcome.places", words))
    return out


def _said(reading: Reading) -> str:
    text = shown(reading.value) if reading.value is not None else reading.value_text
    return f"{text}/{shown(reading.scale_max)}" if reading.scale_max is not None else text


def _claim(reading: Reading) -> Claim:
    return Claim(_said(reading), reading.mention, reading.where)


def _contradiction(
    group: Sequence[Reading], other: Sequence[Reading], groups: Sequence[Sequence[Reading]]
) -> tuple[Reading, Reading] | None:
    a, b = group[0], other[0]
    if a.measure != b.measure or a.phase != b.phase or a.phase == "unspecified" or a.value is None or b.value is None:
        return None
    raters = {r.rater for r in (*group, *other) if r.rater}
    if len(raters) > 1 or {r.where for r in group} & {r.where for r in other}:
        return None
    if a.phase == "post":
        months_a = {r.months for r in group if r.months is not None}
        months_b = {r.months for r in other if r.months is not None}
        if months_a and months_b and not any(abs(x - y) <= Decimal("0.6") for x in months_a for y in months_b):
            return None
        if not (months_a and months_b) and _several_times(a, groups):
            return None
    if a.unit and b.unit and a.unit != b.unit:
        return None
    return a, b


def _several_times(reading: Reading, groups: Sequence[Sequence[Reading]]) -> bool:
    """Whether one place gives the measure at several times: two values without time need not be of the same one."""
    per_place: dict[str, set[str]] = {}
    for group in groups:
        for r in group:
            if r.measure == reading.measure and r.phase == reading.phase and (not r.rater or not reading.rater or r.rater == reading.rater):
                per_place.setdefault(r.where, set()).add(f"{shown(r.value)}@{r.months}")
    return any(len(values) > 1 for values in per_place.values())


def defined_raters(document: Document, mentions: Sequence[Mention]) -> dict[str, str]:
    """Who rates a measure, as the paper spells out its abbreviation: "patient global assessment (PGA)"."""
    out: dict[str, str] = {}
    for mention in mentions:
        measure = mention.detail("measure") if mention.field == "score" else None
        if not measure or str(measure) in out:
            continue
        for rater in ("patient", "physician", "parent"):
            if re.search(rf"\b{rater}(?:'s|’s)?\s+global\s+assessment\s*\(\s*{re.escape(str(measure))}\s*\)", document.text, re.IGNORECASE):
                out[str(measure)] = rater
    return out
