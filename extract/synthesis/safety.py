"""SYNTHESIS: adverse events: who had which, of whom it is told, and how often per patient and per administration.

Silence is not absence. A patient counts for ``any event`` only where the paper tells of events or that there were none;
an event that never occurred counts only those in whom it was denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from extract.synthesis.given import times
from extract.synthesis.rows import Person
from extract.synthesis.statistics import Share, StudyCount, share_of

ANY = "any adverse event"
SERIOUS = "serious adverse event"
BLANKET = (ANY, SERIOUS)
"""What the tables call statements about events as a whole."""

State = Literal["events", "none stated", "some denied", "not reported"]
STATES: tuple[State, ...] = ("events", "none stated", "some denied", "not reported")


@dataclass(frozen=True)
class EventCount:
    """One event over all patients. ``denied``: in how many it is said not to have occurred.

    ``patients``: of those of whom events are told (or, for an event that never occurred, of those in whom it was
    denied). ``administrations``: the same over the administrations of these patients, each patient counted once an
    event: papers hardly ever say how often, so it is a lower limit; ``counts_told`` is False where a number of
    administrations is itself a lower limit.
    """

    event: str
    patients: Share
    administrations: Share
    denied: int
    serious: int
    counts_told: bool
    who: tuple[Person, ...]


def state(person: Person) -> State:
    """What the paper tells of adverse events of a patient."""
    if any(row.text("present") == "true" for row in person.adverse_events):
        return "events"
    denied = {row.text("event") for row in person.adverse_events if row.text("present") == "false"}
    return "none stated" if ANY in denied else "some denied" if denied else "not reported"


def events_of(person: Person) -> tuple[str, ...]:
    """The events that happened to a patient."""
    return tuple(dict.fromkeys(row.text("event") for row in person.adverse_events if row.text("present") == "true"))


def denied_of(person: Person) -> tuple[str, ...]:
    """The events that the paper says did not happen to a patient, statements about all of them first."""
    names = [row.text("event") for row in person.adverse_events if row.text("present") == "false"]
    return tuple(dict.fromkeys(sorted(names, key=lambda name: name not in BLANKET)))


def serious_of(person: Person) -> bool | None:
    """Whether a patient had a serious event; None where the paper leaves it open."""
    rows = [row for row in person.adverse_events if row.text("present") == "true"]
    if any(row.text("serious") == "true" for row in rows):
        return True
    if SERIOUS in denied_of(person) or state(person) == "none stated":
        return False
    return False if rows and all(row.text("serious") == "false" for row in rows) else None


def any_event(people: Sequence[Person]) -> EventCount:
    """Patients with any event, of those of whom events are told or said to be none."""
    told = [person for person in people if state(person) in ("events", "none stated")]
    return _count(ANY, [person for person in told if state(person) == "events"], told, people)


def serious_event(people: Sequence[Person]) -> EventCount:
    """Patients with a serious event, of those of whom the paper tells whether there was one."""
    told = [person for person in people if serious_of(person) is not None]
    return _count(SERIOUS, [person for person in told if serious_of(person)], told, people)


def event_counts(people: Sequence[Person]) -> tuple[EventCount, ...]:
    """Every event that is told or denied of somebody, the most frequent first, those that never occurred last."""
    told = [person for person in people if state(person) != "not reported"]
    names = {name for person in told for name in (*events_of(person), *denied_of(person))} - set(BLANKET)
    counts = []
    for name in names:
        who = [person for person in told if name in events_of(person)]
        denied = [person for person in told if _denies(person, name)]
        counts.append(_count(name, who, told if who else denied, people))
    return tuple(sorted(counts, key=lambda count: (-count.patients.hits, -count.patients.of, count.event)))


def any_event_by_study(people: Iterable[Person], *, serious: bool = False) -> tuple[StudyCount, ...]:
    """In each study, patients with any (or a serious) event of those of whom it is told."""
    by: dict[str, list[bool]] = {}
    for person in people:
        if serious:
            had = serious_of(person)
        else:
            had = {"events": True, "none stated": False}.get(state(person))
        if had is not None:
            by.setdefault(person.study, []).append(had)
    return tuple(StudyCount(study, sum(found), len(found)) for study, found in by.items())


def _denies(person: Person, event: str) -> bool:
    """Whether an event is said not to have happened to a patient, by itself or with all others."""
    return event not in events_of(person) and (event in denied_of(person) or state(person) == "none stated")


def _count(event: str, who: Sequence[Person], told: Sequence[Person], people: Sequence[Person]) -> EventCount:
    given = [times(person) for person in told]
    total = max(sum(number.least for number in given), len(who))
    return EventCount(
        event=event,
        patients=share_of(len(who), len(told)),
        administrations=share_of(len(who), total),
        denied=sum(_denied_at_all(person, event) for person in people),
        serious=sum(_is_serious(person, event) for person in who),
        counts_told=all(number.told and number.least == number.most for number in given),
        who=tuple(who),
    )


def _denied_at_all(person: Person, event: str) -> bool:
    if event == ANY:
        return state(person) == "none stated"
    return serious_of(person) is False if event == SERIOUS else _denies(person, event)


def _is_serious(person: Person, event: str) -> bool:
    return any(
        row.text("present") == "true" and row.text("serious") == "true" and event in (row.text("event"), *BLANKET)
        for row in person.adverse_events
    )
