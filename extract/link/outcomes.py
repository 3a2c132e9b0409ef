"""LINK, what became of the patient: one row for each value of a measure at one time, and what places disagree
about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from extract.link.claims import Claim, Dispute, Told, dispute
from extract.link.dates import with_dates
from extract.link.readings import Reading, contrasted, is_reading, read_score, sequenced
from extract.link.values import distinct, new_id, rank, reported, shown, wheres
from extract.model import Document, Issue, Outcome, Reported
from extract.schema import Scale, Schema


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
    individual: bool = True,
) -> Outcomes:
    """The outcomes of one patient.

    ``given`` is where the patient's narrative first tells of cells: what stands before it without a word
    about time is from before. ``raters``: who rates a measure, as the paper defines its abbreviation.
    """
    scales = {scale.name: scale for scale in schema.scales}
    readings: list[Reading] = []
    issues: list[Issue] = []
    outside: list[Dispute] = []
    for mention, people in told:
        if mention.field != "score" or patient not in people or not is_reading(mention):
            continue
        reading = read_score(document, mention, given, scales, patient)
        if reading is None:
            continue
        if reading.rater is None and reading.measure in raters:
            reading = reading._replace(rater=raters[reading.measure], by_definition=True)
        out = _out_of_scale(document, reading, scales.get(reading.measure), patient)
        if out is not None:
            issues.append(out[0])
            outside.append(out[1])
        elif individual:
            sentence = document.quote(mention.sentence)
            off = _off_step(reading, scales.get(reading.measure), sentence, patient)
            outside += [off] if off is not None else []
        readings.append(reading)
    if not treated:
        # Before and after are counted from the first cells; where there were none, nothing is before or
        # after.
        readings = [reading._replace(phase="unspecified") for reading in readings]
    else:
        readings = contrasted(document, sequenced(document, with_dates(document, readings, given)))
    groups = _followed(_merged(readings), scales)
    disputes = _disputes(patient, groups)
    contested = {id(d.a.mention) for d in disputes}
    rows: list[Outcome] = []
    for group in groups:
        rows.append(_row(document, patient, group, len(rows) + 1, scales, contested, taken))
    return Outcomes(rows, disputes + outside, issues)


def _same_measure(a: Reading, b: Reading) -> bool:
    """One measure, in two places also by a shorter name: "VAS" in the abstract, "VAS pain" in the text."""
    if a.measure == b.measure:
        return True
    x, y = set(a.measure.lower().split()), set(b.measure.lower().split())
    return a.where != b.where and (x < y or y < x)


def _same_fact(a: Reading, b: Reading) -> bool:
    if not _same_measure(a, b) or (a.rater and b.rater and a.rater != b.rater):
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
    """Without laboratory values and measurements that are given once: they describe the patient, they are no
    outcome; nor are laboratory values of the illness before, where the paper says which is the one before the cells."""
    groups = [group for group in groups if not _is_history(group, groups, scales)]
    seen = Counter(group[0].measure for group in groups)
    for name in list(seen):
        words = set(name.split())
        seen[name] += sum(
            n
            for other, n in seen.items()
            if other != name and (words < set(other.split()) or set(other.split()) < words)
        )
    return [
        group
        for group in groups
        if (scale := scales.get(group[0].measure)) is None
        or scale.kind in ("score", "stage")
        or (scale.kind == "measurement" and group[0].phase == "post")
        or seen[group[0].measure] > 1
        or len({r.where for r in group}) > 1
    ]


def _is_history(group: Sequence[Reading], groups: Sequence[Sequence[Reading]], scales: dict[str, Scale]) -> bool:
    """Whether a laboratory value before the cells is not the one that the paper itself compares with a later one:
    "the titre was 1:160 at first", where after the cells "it fell from 1:640 to 1:80"."""
    measure = group[0].measure
    scale = scales.get(measure)
    if scale is None or scale.kind != "laboratory" or any(r.phase != "pre" or r.where != "narrative" for r in group):
        return False
    alike = [r for other in groups for r in other if r.measure == measure]
    after = {r.mention.sentence for r in alike if r.phase == "post" and r.mention.cell is None}
    compared = [r for r in alike if r.phase == "pre" and r.mention.sentence in after]
    return bool(compared) and not any(r.mention.sentence in after for r in group)


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
    measure = max((r.measure for r in group), key=lambda name: len(name.split()))
    values: dict[str, Reported] = {"measure": reported(document, measure, mentions)}
    rated = next((r for r in group if r.rater and not r.by_definition), None) or next(
        (r for r in group if r.rater), None
    )
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
    # "four weeks after" in the text and "1 mo" in the table: the months as printed go before those computed from weeks
    dated = [r for r in group if r.months is not None]
    timed = next((r for r in dated if _IN_MONTHS.search(r.timepoint)), dated[0] if dated else None)
    if timed is None:
        # "at discharge", "after the first infusion": words without a number
        worded = next((r for r in group if r.phase == "post" and r.timepoint), None)
        if worded is not None:
            values["timepoint"] = reported(document, worded.timepoint, [worded.timed_by])
    elif timed.months is not None:
        if timed.timepoint:
            values["timepoint"] = reported(document, timed.timepoint, [timed.timed_by])
        column = "timepoint_months_derived" if timed.counted_by else "timepoint_months"
        values[column] = reported(document, timed.months, [timed.timed_by], unit="months", formula=timed.counted_by)
    scale = scales.get(first.measure)
    better = first.mention.detail("better") or (scale.better if scale else None)
    if better:
        values["better"] = reported(
            document, str(better), mentions[:1], formula="direction of the scale in schemas/scales.yaml"
        )
    values["where"] = reported(document, wheres(r.where for r in group), mentions)
    values["as_written"] = reported(document, first.mention.text, mentions[:1])
    ids = sorted(mentions, key=lambda m: (m is not first.mention, m.span.start))
    return Outcome(id=new_id(document, "outcomes", patient, ids, taken), patient=patient, order=order, values=values)


def _told_of(reading: Reading, phase: str) -> str:
    """What a dispute is about: the measure, and the phase where it is known."""
    return reading.measure if phase == "unspecified" else f"{reading.measure} {phase}"


def _out_of_scale(
    document: Document, reading: Reading, scale: Scale | None, patient: str
) -> tuple[Issue, Dispute] | None:
    """A value outside its scale, as an issue and as a conflict of the printed value with the scale's end."""
    if scale is None or reading.value is None:
        return None
    low, high = scale.minimum, scale.maximum
    if high is not None and reading.scale_max is not None and reading.scale_max > high:
        high = reading.scale_max
    below = low is not None and reading.value < low
    if not below and (high is None or reading.value <= high):
        return None
    boxes = document.boxes(reading.mention.span)
    limits = f"{shown(low) if low is not None else ''}–{shown(high) if high is not None else ''}"
    words = f"{reading.measure} {shown(reading.value)} is outside {limits} (schemas/scales.yaml)."
    issue = Issue(
        severity="minor",
        message=f"patient {patient}: {words} Kept as printed; see the quote.",
        page=boxes[0].page if boxes else None,
        reason="out_of_scale",
    )
    end = f"at least {shown(low)}" if below else f"at most {shown(high)}"
    field = _told_of(reading, reading.phase)
    side = Claim(f"{end} (scale)", reading.mention, reading.where)
    kept = words + " Kept as printed."
    return issue, Dispute(patient, field, _claim(reading), side, "out_of_scale", "minor", "", "outcome.scale", kept)


def _disputes(patient: str, groups: Sequence[Sequence[Reading]]) -> list[Dispute]:
    """Values of one measure at one time that differ between narrative, table, figure, abstract and
    discussion."""
    out: list[Dispute] = []
    for i, group in enumerate(groups):
        for other in groups[i + 1 :]:
            pair = _contradiction(group, other, groups)
            if pair is None:
                continue
            a, b = pair
            field = _told_of(a, a.phase if a.phase != "unspecified" else b.phase)
            when = f" at {shown(a.months)} months" if a.months is not None and a.phase == "post" else ""
            words = f"{a.measure} {a.phase}{when}: {_said(a)} and {_said(b)}."
            mixed = _mixed_raters(a, b, groups) or _mixed_raters(b, a, groups)
            rule = "outcome.mixed_raters" if mixed else "outcome.places"
            out.append(dispute(patient, field, _claim(a), _claim(b), rule, words + mixed))
    return out


def _mixed_raters(cell: Reading, other: Reading, groups: Sequence[Sequence[Reading]]) -> str:
    """In words, that a table row is one rater's value at one phase and another rater's at the other; else ''."""
    if cell.where != "table" or other.where == "table" or cell.phase not in ("pre", "post"):
        return ""
    across = "pre" if cell.phase == "post" else "post"
    told = [r for group in groups for r in group if r.measure == cell.measure and r.rater and not r.by_definition]
    spoken = {(r.rater, r.phase): r.value for r in told if r.where == "narrative"}
    printed = {
        r.value for group in groups for r in group
        if r.where == "table" and r.measure == cell.measure and r.phase == across
    }  # fmt: skip
    if len(printed) != 1:
        return ""
    value = printed.pop()
    here = {rater for (rater, phase), number in spoken.items() if phase == cell.phase and number == cell.value}
    there = {rater for (rater, phase), number in spoken.items() if phase == across and number == value}
    if len(here) != 1 or len(there) != 1 or here == there:
        return ""
    return (
        f" The row of the table mixes raters: its {cell.phase} value {_said(cell)} is the {here.pop()}'s in the text, "
        f"its {across} value {shown(value)} the {there.pop()}'s."
    )


def _off_step(reading: Reading, scale: Scale | None, sentence: str, patient: str) -> Dispute | None:
    """A value between two steps of its scale: a Rodnan score of 10.5, which counts whole points."""
    if scale is None or reading.value is None or not scale.step or scale.kind not in ("score", "stage"):
        return None
    if reading.value % scale.step == 0 or reading.scale_max not in (None, scale.maximum) or _AVERAGED.search(sentence):
        return None
    words = (
        f"{reading.measure} {shown(reading.value)} is between two steps of {shown(scale.step)} (schemas/scales.yaml)."
    )
    side = Claim(f"steps of {shown(scale.step)} (scale)", reading.mention, reading.where)
    field = _told_of(reading, reading.phase)
    return Dispute(
        patient, field, _claim(reading), side, "out_of_scale", "info", "", "outcome.step", words + " Kept as printed."
    )


_IN_MONTHS = re.compile(r"(?:\b|\d)(?:mo|mth|yr?|year)", re.IGNORECASE)
_AVERAGED = re.compile(r"\b(?:mean|median|averag\w*|SD|±)|±", re.IGNORECASE)


def _said(reading: Reading) -> str:
    text = shown(reading.value) if reading.value is not None else reading.value_text
    return f"{text}/{shown(reading.scale_max)}" if reading.scale_max is not None else text


def _claim(reading: Reading) -> Claim:
    return Claim(_said(reading), reading.mention, reading.where)


def _contradiction(
    group: Sequence[Reading], other: Sequence[Reading], groups: Sequence[Sequence[Reading]]
) -> tuple[Reading, Reading] | None:
    a, b = group[0], other[0]
    if not _one_measure(a, b, groups):
        return None
    if a.phase != b.phase or a.phase == "unspecified" or a.value is None or b.value is None:
        return None
    raters = {r.rater for r in (*group, *other) if r.rater}
    if len(raters) > 1 or {r.where for r in group} & {r.where for r in other}:
        return None
    if a.phase == "post":
        months_a = {r.months for r in group if r.months is not None}
        months_b = {r.months for r in other if r.months is not None}
        if months_a and months_b and not any(abs(x - y) <= Decimal("0.6") for x in months_a for y in months_b):
            return None
        if not (months_a and months_b) and _several_times(a, groups) and not _only_odd_ones(group, other, groups):
            return None
    if a.unit and b.unit and a.unit != b.unit:
        return None
    return a, b


def _one_measure(a: Reading, b: Reading, groups: Sequence[Sequence[Reading]]) -> bool:
    """Whether two places mean one measure: by its name, or by a shorter one that fits no other measure told."""
    if a.measure == b.measure:
        return True
    if not _same_measure(a, b):
        return False
    short = set(min(a.measure, b.measure, key=len).lower().split())
    return len({g[0].measure for g in groups if short < set(g[0].measure.lower().split())}) == 1


def _only_odd_ones(group: Sequence[Reading], other: Sequence[Reading], groups: Sequence[Sequence[Reading]]) -> bool:
    """Whether two places give as many values of a measure and phase, in one order, and differ in just these two."""
    a, b = group[0], other[0]
    rows: list[list[tuple[Decimal, Decimal | None]]] = []
    for where in (a.where, b.where):
        told = [r for g in groups for r in g if r.where == where and r.phase == a.phase and _same_rater(r, a)]
        told = [r for r in told if _one_measure(r, a, groups)]
        in_table = where == "table"
        told.sort(key=lambda r: (r.months or Decimal(0) if in_table else Decimal(0), r.mention.span.start))
        rows.append([(r.value, r.months) for r in told if r.value is not None])
    first, second = rows
    if len(first) != len(second) or len(first) < 2:
        return False
    odd = [(x[0], y[0]) for x, y in zip(first, second, strict=True) if x[0] != y[0]]
    return odd == [(a.value, b.value)]


def _same_rater(r: Reading, a: Reading) -> bool:
    return not r.rater or not a.rater or r.rater == a.rater


def _several_times(reading: Reading, groups: Sequence[Sequence[Reading]]) -> bool:
    """Whether one place gives the measure at several times: two values without time need not be of the same
    one."""
    per_place: dict[str, set[str]] = {}
    for group in groups:
        for r in group:
            if (
                r.measure == reading.measure
                and r.phase == reading.phase
                and (not r.rater or not reading.rater or r.rater == reading.rater)
            ):
                per_place.setdefault(r.where, set()).add(f"{shown(r.value)}@{r.months}")
    return any(len(values) > 1 for values in per_place.values())
