"""SYNTHESIS: the first page of a report in plain sentences: what was read, and what the papers' own tables hide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extract.synthesis.hidden import AGAIN, BACK, WORSE, Findings, PersonFindings, why_not_pooled
from extract.synthesis.later import Sign
from extract.synthesis.rows import Conflict, Outputs
from extract.synthesis.sheets import conflict_topic, joined, large_numbers, place_name
from extract.synthesis.words import Words, person_anchor

MOST = 12
"""So many lines a block has; the tables have them all."""


@dataclass(frozen=True)
class Line:
    """A line of a block: whom it is about ('' for the same as before), what, and the words it rests on with the anchor
    that leads to them."""

    who: str
    text: str
    quote: str = ""
    page: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Block:
    """A part of the first page: its title, its sentence, its lines, and where all of them stand."""

    name: str
    title: str
    lead: str
    lines: tuple[Line, ...] = ()
    table: str = ""

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines that have room on the page."""
        return self.lines[:MOST]

    @property
    def left_out(self) -> int:
        """How many lines the tables have beyond those."""
        return len(self.lines) - len(self.shown)


def first_page(
    outputs: Outputs, found: Findings, words: Words, *, minimum_studies: int, minimum_patients: int
) -> tuple[Block, ...]:
    """The blocks of the first page, the weightiest first."""
    if not found.people:
        return ()
    return (
        _worse(found, words),
        _conflicts(outputs, found),
        _pooling(found, minimum_studies, minimum_patients),
        _other_treatments(found),
        _not_told(found),
    )


# --- worse later


def _worse(found: Findings, words: Words) -> Block:
    worse = found.with_signs(WORSE)
    back = tuple(one for one in found.with_signs(BACK) if one not in worse)
    again = tuple(one for one in found.with_signs(AGAIN) if one not in (*worse, *back))
    of = len(found.people)
    parts = []
    if worse:
        parts.append(f"{_patients(len(worse), of)} got worse later{_hidden(worse, WORSE)}")
    if back:
        more = " more" if worse else f" of {of} patients"
        parts.append(f"in {len(back)}{more} the disease came back{_hidden(back, BACK)}")
    if again:
        more = " more" if worse or back else f" of {of} patients"
        parts.append(f"{len(again)}{more} {'was' if len(again) == 1 else 'were'} given cells or drugs again later")
    lead = (
        f"{_sentence('; '.join(parts))}."
        if parts
        else (f"The values of {_all(of)} hold no sign of getting worse later. What a paper does not tell is not known.")
    )
    shown = [one for one in found.people if one in (*worse, *back) and one.all_better_in_tables]
    if shown:
        names = joined((_named(found, one) for one in shown), ", ")
        lead += f" By the tables of their papers alone, {names} only improved."
    lines = [line for one in (*worse, *back) for line in _signs(found, one, words)]
    return Block("worse", "Who got worse later", lead, tuple(lines), table="later")


def _hidden(people: Sequence[PersonFindings], kinds: Sequence[str]) -> str:
    """How many of some patients show it in no table of their paper."""
    outside = [one for one in people if not any(sign.in_table for sign in one.signs if sign.kind in kinds)]
    if not outside:
        return ""
    if len(outside) == len(people):
        return " (in no table of the paper)" if len(people) == 1 else " (none of them in a table of the paper)"
    return f" ({len(outside)} of them in no table of the paper)"


def _signs(found: Findings, one: PersonFindings, words: Words) -> Iterable[Line]:
    """The signs of a patient, those from the same words together."""
    groups: dict[str, list[Sign]] = {}
    for sign in one.of((*WORSE, *BACK)):
        groups.setdefault(sign.quote or sign.text, []).append(sign)
    name = _who(found, one)
    for signs in groups.values():
        first = signs[0]
        kinds = dict.fromkeys(sign.kind for sign in signs)
        texts = (f"{kind}: {joined((_dated(sign) for sign in signs if sign.kind == kind), ', ')}" for kind in kinds)
        place = "" if any(sign.in_table for sign in signs) else ". In no table of the paper"
        quote = first.quote if len(first.quote) >= SHORTEST else ""
        yield Line(name, f"{joined(texts)}{place}.", quote, first.page, words.anchor(first.value))
        name = ""


SHORTEST = 8
"""Shorter words, as cells of tables have, tell nothing more than the value."""


def _dated(sign: Sign) -> str:
    return f"{sign.text} ({sign.when})" if sign.when else sign.text


# --- contradictions


def _conflicts(outputs: Outputs, found: Findings) -> Block:
    papers = len({one.person.document for one in found.people})
    all_ones = [*found.open_conflicts, *found.settled_conflicts]
    touched = len({conflict.document for conflict in all_ones})
    if not all_ones:
        return Block("conflicts", "Which values conflict", "No contradiction within a paper was found.")
    major = sum(conflict.severity == "major" for conflict in all_ones)
    settled = len(found.settled_conflicts)
    where = f"in {touched} of {papers} papers" if papers > 1 else "in the paper"
    lead = (
        f"{_count(len(all_ones), 'contradiction')} {where}, {major} of them in values that people read first; "
        f"{settled or 'none'} settled by a reviewer. Both statements are kept, none is corrected."
    )
    groups: dict[tuple[str, str], list[Conflict]] = {}
    for conflict in all_ones:
        groups.setdefault((conflict.document, conflict.patient), []).append(conflict)
    known = {one.person.key: one for one in found.people}
    lines = []
    for key, conflicts in sorted(groups.items(), key=lambda item: _place_of(item[0], known)):
        who = _named(found, known[key]) if key in known else "whole paper"
        if key not in known and papers > 1:
            who = joined([outputs.studies.get(key[0], key[0]), key[1] or who], ", ")
        text = joined(_short(conflict) for conflict in conflicts)
        lines.append(Line(_sentence(who), f"{text}.", anchor=person_anchor(*key)))
    return Block("conflicts", "Which values conflict", lead, tuple(lines), table="conflicts")


def _place_of(key: tuple[str, str], known: Mapping[tuple[str, str], PersonFindings]) -> tuple[str, int]:
    """In the order of the papers, those about a whole paper after its patients."""
    order = {one: number for number, one in enumerate(known)}
    return key[0], order.get(key, len(order))


def _short(conflict: Conflict) -> str:
    """``PGA post: 3 (text) or 2 (table), preferred 3``."""
    sides = " or ".join(f"{large_numbers(x.value)} ({place_name(x.where)})" for x in (conflict.a, conflict.b))
    preferred = f", preferred {large_numbers(conflict.chosen)}" if conflict.chosen else ""
    settled = f", settled by {conflict.reviewer}" if conflict.is_settled else ""
    return f"{conflict_topic(conflict)} {sides}{preferred}{settled}"


# --- pooling


def _pooling(found: Findings, minimum_studies: int, minimum_patients: int) -> Block:
    reason = why_not_pooled(found, minimum_studies=minimum_studies, minimum_patients=minimum_patients)
    if reason:
        return Block("pooling", "No pooled estimate is possible", reason, table="proportions")
    names = joined(found.was_pooled, ", ")
    lead = (
        f"Pooled with random effects: {names}; all others are refused, each with its reason. None is an effect of the "
        "cells: nobody was compared."
    )
    return Block("pooling", "What could be pooled", lead, table="proportions")


# --- other explanations, and what is not told


def _other_treatments(found: Findings) -> Block:
    people = [one for one in found.people if one.other_treatments]
    of = len(found.people)
    if not people:
        lead = f"No other treatment with or after the cells is told of in {_all(of)}. Nobody was compared, though."
        return Block("others", "What else could explain it", lead)
    lead = (
        f"{_patients(len(people), of)} took other treatments with the cells or after them, to which an improvement may "
        "be owed as well. No patient without cells is there to compare with."
    )
    lines = [
        Line(_who(found, one), joined(one.other_treatments), anchor=person_anchor(*one.person.key)) for one in people
    ]
    return Block("others", "What else could explain it", lead, tuple(lines), table="sensitivity")


def _not_told(found: Findings) -> Block:
    of = len(found.people)
    lines = []
    for one in found.people:
        parts = []
        if one.no_baseline:
            parts.append(f"no value before the cells: {joined(one.no_baseline, ', ')}")
        if one.events_outside_tables:
            parts.append(f"adverse events in no table: {joined(one.events_outside_tables, ', ')}")
        if "follow_up_months" not in one.person.row:
            parts.append("length of follow-up not stated")
        if parts:
            text = "; ".join(parts)
            lines.append(Line(_who(found, one), f"{_sentence(text)}.", anchor=person_anchor(*one.person.key)))
    if not lines:
        return Block("missing", "What is not told", f"Nothing that was looked for is missing in {_all(of)}.")
    no_before = sum(bool(one.no_baseline) for one in found.people)
    outside = sum(bool(one.events_outside_tables) for one in found.people)
    no_end = sum("follow_up_months" not in one.person.row for one in found.people)
    facts = [
        f"results without a value before the cells in {no_before}" if no_before else "",
        f"adverse events told in the text only in {outside}" if outside else "",
        f"length of follow-up not stated in {no_end}" if no_end else "",
    ]
    return Block(
        "missing",
        "What is not told",
        f"Of {_count(of, 'patient')}: {joined(facts)}.",
        tuple(lines),
        table="completeness",
    )


# --- words


def _named(found: Findings, one: PersonFindings) -> str:
    """A patient: with the study where there are several."""
    several = len({other.person.document for other in found.people}) > 1
    return one.person.name if several else f"patient {one.person.patient}"


def _who(found: Findings, one: PersonFindings) -> str:
    index = joined(one.person.index, " + ")
    name = _sentence(_named(found, one))
    return f"{name} ({index})" if index else name


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _patients(number: int, of: int) -> str:
    return f"{number} of {_count(of, 'patient')}"


def _all(of: int) -> str:
    return "the one patient" if of == 1 else f"all {of} patients"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
