"""SYNTHESIS: what happened later: signs that a patient got worse again, and whether the paper's own tables show them.

Found in values, events and treatments of the tables; each with the words it rests on. A sign is no judgement: it says
where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from extract.model import plain
from extract.synthesis.direction import Course
from extract.synthesis.readings import Reading, shown_value
from extract.synthesis.rows import Person, Row, Value

Kind = Literal[
    "worse than before",
    "worse than its best",
    "told as worse",
    "disease came back",
    "treatment after the cells",
    "cells given again",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

DISEASE_CLASSES = ("steroid", "csDMARD", "bDMARD", "tsDMARD", "IVIG", "HSCT", "surgery")
"""Classes of treatments that are begun when a disease is active."""

WORSE = re.compile(
    r"\b(?:wors(?:e|en\w*)|deteriorat\w+|relaps\w+|flar(?:e|es|ed|ing)|recur(?:red|rence|rent|s)?|exacerbat\w+"
    r"|progress(?:ed|ion|ive)|declin\w+|disease activity|of concern|came back)\b",
    re.IGNORECASE,
)
BACK = re.compile(r"\b(?:flar\w*|relaps\w+|recur\w+|exacerbat\w+|progress\w+|reactivat\w+)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sign:
    """One sign: what, when, the words it rests on, whether a table of the paper shows it too, of which measure, and the
    id of the value whose words they are."""

    person: Person
    kind: Kind
    text: str
    when: str
    quote: str
    page: str
    in_table: bool
    measure: str = ""
    value: str = ""


def later_signs(person: Person, courses: Iterable[Course]) -> tuple[Sign, ...]:
    """The signs of one patient, given the patient's courses, in the order of ``KINDS``."""
    signs = [
        *(sign for course in courses for sign in _of_course(course)),
        *_of_events(person),
        *_of_treatments(person),
        *_of_cells(person),
    ]
    return tuple(sorted(signs, key=lambda sign: KINDS.index(sign.kind)))


def _of_course(course: Course) -> Iterable[Sign]:
    title = course.measure.title
    if course.last is not None and course.last.direction == "worsened" and course.last.before is not None:
        after = course.last.after
        text = f"{title} {course.last.before.text} before, {after.text} at the last reading"
        yield _sign(course, "worse than before", text, after)
    elif course.setback is not None and course.setback.before is not None:
        best, after = course.setback.before, course.setback.after
        text = f"{title} {best.text} at {best.when}, {after.text} at the last reading"
        yield _sign(course, "worse than its best", text, after)
    elif course.last is None or not course.last.is_told:
        for reading in course.after:
            if any(WORSE.search(quote) for quote in _value(reading.rows[0]).quotes):
                yield _sign(course, "told as worse", f"{title} {reading.text}, no change can be computed", reading)


def _sign(course: Course, kind: Kind, text: str, reading: Reading) -> Sign:
    values = [_value(row) for row in reading.rows]
    shown = "table" in {place for value in values for place in value.where}
    quote, page = _quote(values[0]), _page(values[0])
    return Sign(course.person, kind, text, reading.when, quote, page, shown, course.measure.title, values[0].id)


def _value(row: Row) -> Value:
    return row.value("value") or row.value("value_text") or Value(shown_value(row))


def _of_events(person: Person) -> Iterable[Sign]:
    for row in person.adverse_events:
        said = f"{row.text('event')} {row.text('as_written')}"
        if row.text("present") == "true" and BACK.search(said):
            text = row.text("as_written") or row.text("event")
            yield _of_row(person, "disease came back", text, row, "event", row.text("timing"))


def _of_treatments(person: Person) -> Iterable[Sign]:
    for row in person.therapies:
        if row.text("role") == "post" and row.text("status") == "received" and row.text("class") in DISEASE_CLASSES:
            yield _of_row(person, "treatment after the cells", row.text("therapy"), row, "therapy", "")


def _of_cells(person: Person) -> Iterable[Sign]:
    for row in person.administrations:
        course = row.number("course")
        if course is not None and course > 1:
            text = f"course {plain(course)}: {row.text('route') or 'route NR'}"
            yield _of_row(person, "cells given again", text, row, "route", row.text("interval"))


def _of_row(person: Person, kind: Kind, text: str, row: Row, name: str, when: str) -> Sign:
    value = row.value(name) or Value("")
    return Sign(person, kind, text, when, _quote(value), _page(value), "table" in value.where, value=value.id)


def _quote(value: Value) -> str:
    """The longest of the places' words: a table cell tells less than a sentence."""
    return max(value.quotes, key=len, default="")


def _page(value: Value) -> str:
    return value.pages[0] if value.pages else ""
