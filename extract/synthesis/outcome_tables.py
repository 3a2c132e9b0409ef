"""SYNTHESIS: the evidence table with one line a patient, and the outcomes by domain with their direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from extract.model import plain
from extract.synthesis.confounding import co_interventions, names_of, number_of_class, prior
from extract.synthesis.direction import Change, Course, Response, all_courses, courses_of
from extract.synthesis.given import sources
from extract.synthesis.later import later_signs
from extract.synthesis.measures import unit_table
from extract.synthesis.patient_tables import (
    about,
    age_cell,
    follow_up_cell,
    index_cell,
    opening_remarks,
    people_remark,
    treatment_before_cell,
    treatment_with,
    treatment_with_cell,
    who,
)
from extract.synthesis.readings import TIME_CLASSES, Reading
from extract.synthesis.rows import Outputs, Person, Row, Value
from extract.synthesis.safety import denied_of, events_of, state
from extract.synthesis.sheets import NONE, NR, Cell, Column, Draft, Sheet, conflict_note, joined, numbered, said
from extract.synthesis.treatment_tables import dose_summary, number_cell, total_of

MANY = 3
"""More texts than that do not repeat the time that they share."""

DMARDS = ("csDMARD", "bDMARD", "tsDMARD")


def evidence_table(outputs: Outputs) -> Sheet:
    """The evidence table: one line for each patient, footnotes for every conflict."""
    draft = Draft(
        "evidence",
        "Evidence table: one line for each patient",
        (
            Column("Study", width=1.3),
            Column("Pt, sex", width=0.9),
            Column("Age, years", width=0.7, is_number=True),
            Column("Diagnosis", width=1.4),
            Column("Treatment before (n cs/b/tsDMARD)", width=2),
            Column("Treatment with or after", width=1.6),
            Column("Cells", width=1.3),
            Column("Route, dose per administration (cells)", width=2),
            Column("Times", width=0.8),
            Column("Total cells", width=1),
            Column("Better: before → last (time)", width=3),
            Column("Unchanged, worse, or not to be told", width=3.2),
            Column("Adverse events", width=1.5),
            Column("Follow-up, mo", width=0.9, is_number=True),
        ),
        opening_remarks(
            outputs,
            "s: per kg as stated; d: per kg derived from cells and printed weight. Last: the last reading after the "
            "first cells. Better and worse follow the scale's own better direction only.",
            "Adverse events: none stated: the paper says that there were none; not reported: the paper says nothing.",
            *people_remark(outputs),
        ),
    )
    units = unit_table(outputs.schema)
    for person in outputs.treated:
        courses = courses_of(outputs, person, units)
        draft.add(
            person.study,
            _patient_and_sex(person),
            age_cell(draft, person),
            index_cell(draft, person),
            treatment_before_cell(person, _before(person)),
            treatment_with_cell(person),
            _sources(draft, person),
            _routes_and_doses(draft, person),
            number_cell(draft, person),
            total_of(person),
            _better(draft, courses),
            _others(draft, person, courses),
            events_cell(draft, person),
            follow_up_cell(person),
        )
    return draft.sheet()


def _sources(draft: Draft, person: Person) -> Cell:
    notes = draft.notes(map(conflict_note, about(person, "donor", "tissue")))
    values = (row.value(name) for row in person.administrations for name in ("donor", "tissue"))
    return said(joined(sources(person)), notes, of=values)


def _patient_and_sex(person: Person) -> str:
    return f"{who(person)}, {person.row.text('sex') or 'sex NR'}"


def _before(person: Person) -> str:
    """Treatments before the cells with how many of each class of antirheumatic drug."""
    names = prior(person)
    numbers = [number_of_class(person, name) for name in DMARDS]
    return f"{joined(names)} ({'/'.join(numbers)})" if set(numbers) > {"0"} else joined(names)


def _routes_and_doses(draft: Draft, person: Person) -> Cell:
    cell = dose_summary(draft, person)
    notes = draft.notes(map(conflict_note, about(person, "route", "site")))
    return replace(cell, notes=tuple(sorted({*cell.notes, *notes})))


def _better(draft: Draft, courses: Sequence[Course]) -> Cell:
    told = [(c, c.last) for c in courses if c.last is not None and c.last.direction == "improved"]
    text = _with_times([(_change_text(course, change), change.after.when) for course, change in told], "; ")
    notes = draft.notes(n for course, change in told for n in change_notes(course, change))
    return said(text, notes, NONE, [value for _, change in told for value in measured(change.rows)])


def measured(rows: Iterable[Row]) -> list[Value | None]:
    """What was measured in some outcome rows."""
    return [row.value("value") or row.value("value_text") for row in rows]


def _others(draft: Draft, person: Person, courses: Sequence[Course]) -> Cell:
    """What did not improve, what cannot be told, and the signs that somebody got worse later."""
    parts: dict[str, list[tuple[str, str]]] = {}
    notes: list[str] = []
    values: list[Value | None] = []
    signs = later_signs(person, courses)
    told_worse = {sign.measure for sign in signs if sign.kind == "told as worse"}
    for course in courses:
        change = course.last
        if change is not None and change.direction == "improved":
            continue
        if change is None:
            text = f"{course.measure.title} {_texts(course.before) or _texts(course.unplaced)}"
            parts.setdefault("no value after", []).append((text, ""))
            notes += [conflict_note(c) for reading in course.before for c in reading.conflicts]
            values += measured(course.rows)
            continue
        word = _word(change) + (", told as worse" if course.measure.title in told_worse else "")
        parts.setdefault(word, []).append((_change_text(course, change), change.after.when))
        notes += change_notes(course, change)
        values += measured(change.rows)
    for sign in signs:
        if sign.kind in ("worse than its best", "disease came back"):
            parts.setdefault(sign.kind, []).append((sign.text, ""))
    text = joined(f"{word}: {_with_times(found)}" for word, found in parts.items())
    return said(text, draft.notes(notes), NONE, values)


def _word(change: Change) -> str:
    """The direction of a change, or in two words why there is none."""
    if change.is_told:
        return change.direction
    short = {
        "no value before treatment": "no value before",
        "no better direction in schemas/scales.yaml": "no better direction known",
    }
    return short.get(change.reason, change.reason or change.direction)


def _texts(readings: Iterable[Reading]) -> str:
    return joined(reading.text for reading in readings)


def _change_text(course: Course, change: Change) -> str:
    before = "" if change.rated else f"{change.before.text if change.before else NR} → "
    return f"{course.measure.title} {before}{change.after.text}"


def _with_times(texts: Sequence[tuple[str, str]], separator: str = ", ") -> str:
    """Texts with their times; a time that many of them share stands once at the end."""
    times = {when for _, when in texts}
    if len(texts) > MANY and len(times) == 1 and times != {""}:
        return f"{joined((text for text, _ in texts), separator)} (all {times.pop()})"
    return joined((f"{text} ({when})" if when else text for text, when in texts), separator)


def change_notes(course: Course, change: Change) -> list[str]:
    """The footnotes of a change: conflicts about its readings, and a direction that hangs on one."""
    readings = [reading for reading in (change.before, change.after) if reading is not None]
    notes = [conflict_note(conflict) for reading in readings for conflict in reading.conflicts]
    if not change.holds:
        notes.append(f"{course.measure.title}: the direction is another one if the other statement is right.")
    return notes


def events_cell(draft: Draft, person: Person) -> Cell:
    """The adverse events of a patient: what happened, that there was none, or that nothing is said."""
    found = state(person)
    notes = draft.notes(map(conflict_note, about(person, "adverse event")))
    if found == "events":
        text = joined(_event_text(person, name) for name in events_of(person))
    elif found == "none stated":
        text = "none stated"
    elif found == "some denied":
        text = joined(f"no {name}" for name in denied_of(person))
    else:
        return said("not reported", notes)
    present = "true" if found == "events" else "false"
    rows = [row for row in person.adverse_events if row.text("present") == present]
    return said(text, notes, of=[row.value("event") for row in rows])


def _event_text(person: Person, name: str) -> str:
    """An event with what the paper says of it: serious, and whether the cells caused it."""
    rows = [row for row in person.adverse_events if row.text("event") == name and row.text("present") == "true"]
    facts = ["serious"] if any(row.text("serious") == "true" for row in rows) else []
    facts += dict.fromkeys(row.text("relatedness") for row in rows if "relatedness" in row)
    return f"{name} ({', '.join(facts)})" if facts else name


# --- outcomes by domain


def outcome_table(outputs: Outputs) -> Sheet:
    """Outcomes by domain: a row for each measure by one rater in one patient."""
    draft = Draft(
        "outcomes",
        "Outcomes by domain, with direction",
        (
            Column("Domain", width=1),
            Column("Study, patient", width=1.6),
            Column("Measure (rater)", width=1.5),
            Column("Before", width=1),
            *(Column(name, "Last value after the first cells", 1) for name in TIME_CLASSES),
            Column("Change to the last", width=0.9, is_number=True),
            Column("% of range, + better", width=0.8, is_number=True),
            Column("Direction", width=1),
            Column("Published threshold", width=1.8),
            Column("Could explain it too", width=1.4),
        ),
        opening_remarks(
            outputs,
            f"{NONE}: no value in this class of time, or nothing to compute. Change: last value minus the one before. "
            "Direction: by the scale's own better direction in schemas/scales.yaml; none is guessed. % of range: of "
            "the scale's printed or published range.",
            "Could explain it too: other treatments taken with the cells or after them; premedication is left out. "
            "Thresholds are applied only to patients with an index disease for which they were published.",
            *people_remark(outputs),
        ),
    )
    courses = [*all_courses(outputs), *all_courses(outputs, groups=True)]
    domains = _by_size(courses)
    for course in sorted(courses, key=lambda course: domains.index(course.measure.domain)):
        draft.add(*_outcome(draft, course))
    return draft.sheet()


def _by_size(courses: Iterable[Course]) -> list[str]:
    """The domains, the one with most patients first."""
    people: dict[str, set[tuple[str, str]]] = {}
    for course in courses:
        people.setdefault(course.measure.domain, set()).add(course.person.key)
    return sorted(people, key=lambda domain: (-len(people[domain]), domain))


def _outcome(draft: Draft, course: Course) -> Iterable[Cell]:
    yield said(course.measure.domain)
    yield said(f"{course.person.study}, {who(course.person)}")
    yield said(course.measure.title)
    yield _reading_cell(draft, course.baseline, NR)
    for name in TIME_CLASSES:
        change = course.by_class.get(name)
        yield _reading_cell(draft, change.after if change else None, NONE)
    last = course.last
    yield _size_cell(last)
    yield numbered(last.percent if last else None, missing=NONE)
    yield _direction_cell(draft, course, last)
    yield said(joined(response_text(response) for response in _worth_telling(course)), missing=NONE)
    yield said(explained_by(course.person))


def _reading_cell(draft: Draft, reading: Reading | None, missing: str) -> Cell:
    if reading is None:
        return Cell(missing)
    when = reading.when
    text = f"{reading.text} ({when})" if when else reading.text
    return said(text, draft.notes(map(conflict_note, reading.conflicts)), of=measured(reading.rows))


def _size_cell(change: Change | None) -> Cell:
    if change is None or change.low is None or change.high is None or change.rated:
        return Cell(NONE)
    if change.size is not None:
        return Cell(plain(change.size), change.size, True)
    return Cell(f"{plain(change.low)} to {plain(change.high)}", None, True)


def _direction_cell(draft: Draft, course: Course, change: Change | None) -> Cell:
    if change is None:
        return said("not assessed", draft.notes(["No value after treatment."]))
    notes = [] if change.holds else ["The direction is another one if the other statement is right."]
    if change.reason:
        notes.append(f"{change.reason[:1].upper()}{change.reason[1:]}.")
    if change.rated:
        notes.append("A change as the paper rates it; there is no value before.")
    if course.setback is not None and course.setback.before is not None and change.direction != "worsened":
        best = course.setback.before
        notes.append(f"Worse than at {best.when}, when it was {best.text}.")
    return said(change.direction, draft.notes(notes))


def explained_by(person: Person) -> str:
    """The treatments that could explain an outcome; ``none`` where only others were taken, '' where none is
    reported."""
    found = co_interventions(person)
    return joined(names_of(found)) if found else "none" if treatment_with(person) else ""


def _worth_telling(course: Course) -> Iterable[Response]:
    """The thresholds of a course; those of getting worse only where one was met."""
    for response in course.responses:
        sign = response.threshold.limit.sign
        for_worse = sign == ("+" if course.measure.better == "lower" else "-") and course.measure.better is not None
        if response.met != "not met" or not for_worse:
            yield response


def response_text(response: Response) -> str:
    """A threshold and whether it was met: ``remission (< 150): no before, yes at the last``."""
    words = {"met": "yes", "not met": "no", "between": "between the published figures"}
    threshold = response.threshold
    now = words[response.met]
    before = f"{words[response.before]} before, " if response.before is not None else ""
    return (
        f"{threshold.meaning} ({threshold.value}): {before}{now}{' at the last' if before else ''} [{threshold.source}]"
    )
