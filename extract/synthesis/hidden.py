"""SYNTHESIS: what a reader of a paper's own tables would not learn: who got worse later, which statements contradict
each other, what else could explain an outcome, and why nothing is pooled.

Everything is counted or quoted from the tables of the run; nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from extract.synthesis.confounding import co_interventions, names_of
from extract.synthesis.direction import Course, courses_of
from extract.synthesis.grouping import DomainVote, domain_votes
from extract.synthesis.later import Kind, Sign, later_signs
from extract.synthesis.measures import UnitOf, unit_table
from extract.synthesis.rows import Conflict, Outputs, Person, Row
from extract.synthesis.safety import events_of
from extract.synthesis.statistics import SMALLEST_SERIES, Pooled, Refused

WORSE: tuple[Kind, ...] = ("worse than before", "told as worse", "worse than its best")
"""Signs that something measured got worse, the strongest first."""

BACK: tuple[Kind, ...] = ("disease came back",)
AGAIN: tuple[Kind, ...] = ("treatment after the cells", "cells given again")


@dataclass(frozen=True)
class PersonFindings:
    """What is told of one patient beyond the paper's own tables."""

    person: Person
    courses: tuple[Course, ...]
    signs: tuple[Sign, ...]

    def of(self, kinds: Iterable[Kind]) -> tuple[Sign, ...]:
        """The signs of some kinds, the kinds in the order given."""
        return tuple(sign for kind in kinds for sign in self.signs if sign.kind == kind)

    @cached_property
    def by_tables(self) -> tuple[DomainVote, ...]:
        """The votes of the patient from what stands in a table of the paper alone."""
        return domain_votes(self.table_courses)

    table_courses: tuple[Course, ...] = ()

    @property
    def all_better_in_tables(self) -> bool:
        """Whether the tables show a direction for the patient, and never anything but improvement."""
        told = [vote.vote for vote in self.by_tables if vote.vote not in ("unclear", "not assessed")]
        return bool(told) and set(told) == {"improved"}

    @property
    def other_treatments(self) -> tuple[str, ...]:
        """The treatments that could explain an outcome too."""
        return names_of(co_interventions(self.person))

    @property
    def no_baseline(self) -> tuple[str, ...]:
        """The measures told after the cells of which there is no value before."""
        return tuple(
            course.measure.title
            for course in self.courses
            if course.last is not None and course.last.before is None and not course.last.rated
        )

    @property
    def events_outside_tables(self) -> tuple[str, ...]:
        """The adverse events that no table of the paper tells of."""
        rows = [row for row in self.person.adverse_events if row.text("present") == "true"]
        in_tables = {row.text("event") for row in rows if _in_table(row, "event")}
        return tuple(event for event in events_of(self.person) if event not in in_tables)


@dataclass(frozen=True)
class Findings:
    """The findings of all patients who were given cells, and the contradictions of their papers."""

    people: tuple[PersonFindings, ...]
    conflicts: tuple[Conflict, ...]
    pooled: Mapping[str, Pooled | Refused]

    def with_signs(self, kinds: Sequence[Kind]) -> tuple[PersonFindings, ...]:
        """The patients with a sign of some kinds."""
        return tuple(one for one in self.people if one.of(kinds))

    @property
    def open_conflicts(self) -> tuple[Conflict, ...]:
        """Contradictions that nobody has settled, the weightiest first."""
        return tuple(sorted((one for one in self.conflicts if one.is_open), key=lambda one: one.severity != "major"))

    @property
    def settled_conflicts(self) -> tuple[Conflict, ...]:
        """Contradictions that a reviewer settled."""
        return tuple(one for one in self.conflicts if one.is_settled and one.severity != "info")

    @property
    def was_pooled(self) -> tuple[str, ...]:
        """The proportions that were pooled."""
        return tuple(name for name, result in self.pooled.items() if isinstance(result, Pooled))

    @property
    def largest_refused(self) -> Refused | None:
        """The refused proportion that comes nearest to being pooled: with most studies, then most patients."""
        refused = [result for result in self.pooled.values() if isinstance(result, Refused)]
        key = lambda result: (len(result.studies), sum(study.of for study in result.studies))  # noqa: E731
        return max(refused, key=key, default=None)


def findings(outputs: Outputs, pooled: Mapping[str, Pooled | Refused]) -> Findings:
    """The findings of some outputs; ``pooled``: what became of the proportions over studies."""
    units = unit_table(outputs.schema)
    treated = {person.document for person in outputs.treated}
    return Findings(
        tuple(_of(outputs, person, units) for person in outputs.treated),
        tuple(
            conflict for conflict in outputs.conflicts if conflict.document in treated and conflict.severity != "info"
        ),
        pooled,
    )


def _of(outputs: Outputs, person: Person, units: dict[str, UnitOf]) -> PersonFindings:
    courses = courses_of(outputs, person, units)
    own = replace(person, outcomes=tuple(row for row in person.outcomes if _in_table(row, "value", "value_text")))
    return PersonFindings(person, courses, later_signs(person, courses), courses_of(outputs, own, units))


def _in_table(row: Row, *names: str) -> bool:
    """Whether a table of the paper tells the value that a row is about."""
    value = next((row.value(name) for name in names if name in row), None)
    where = value.where if value is not None and value.where else row.items("where")
    return "table" in where


def why_not_pooled(found: Findings, *, minimum_studies: int, minimum_patients: int) -> str:
    """Why no proportion was pooled, in one sentence; '' where one was."""
    if found.was_pooled:
        return ""
    studies = len({one.person.document for one in found.people})
    patients = sum(not one.person.is_group for one in found.people)
    needs = (
        f"pooling needs at least {max(2, minimum_studies)} studies of {SMALLEST_SERIES} or more patients with the same "
        f"outcome told, {minimum_patients} patients together"
    )
    if not patients:
        return "No patient who was given cells is told of one by one."
    if studies == 1:
        return (
            f"There is one study with {_count(patients, 'patient')}, so that there is nothing to pool it with; {needs}."
        )
    nearest = found.largest_refused
    if nearest is None:
        return f"No outcome is told of in a way that gives a proportion; {needs}."
    of = sum(study.of for study in nearest.studies)
    return (
        f"Of {studies} studies at most {len(nearest.studies)} tell the same outcome of {SMALLEST_SERIES} or more "
        f"patients ({_count(of, 'patient')}); {needs}. The others are single cases, which are published for how they "
        "ended and have no proportion."
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
