"""SYNTHESIS: patients in groups, and votes by the direction of effect.

Every patient stands in exactly one group of a grouping, so that groups add up. A vote is what a patient's measures of
one domain say together; those whose direction cannot be told are counted apart and never as a failure or success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Literal, NamedTuple, get_args

from extract.synthesis.direction import Change, Course, all_courses
from extract.synthesis.given import INTRAVENOUS, PER_KG, dose_of, routes, sources
from extract.synthesis.readings import TimeClass
from extract.synthesis.rows import Outputs, Person, Row
from extract.synthesis.sensitivity import FILTERS
from extract.synthesis.statistics import SignTest, Spread, StudyCount, sign_test, spread

Vote = Literal["improved", "unchanged", "mixed", "worsened", "unclear", "not assessed"]
VOTES: tuple[Vote, ...] = get_args(Vote)

MILLION = 1_000_000


# --- groups


class Grouping(NamedTuple):
    """A way to put patients into groups: its name, what a group is, and the group of a person."""

    name: str
    meaning: str
    group: Callable[[Person], str]


def by_diagnosis(person: Person) -> str:
    """The index diagnosis; several together are a group of their own."""
    return " + ".join(sorted(person.index)) or "diagnosis NR"


def by_source(person: Person) -> str:
    """Donor and tissue of the cells; several together are a group of their own."""
    return " + ".join(sorted(sources(person))) or "source NR"


def by_route(person: Person) -> str:
    """Intravenous, local, or both."""
    found = set(routes(person))
    if not found or "route NR" in found:
        return "route NR"
    local = bool(found - {INTRAVENOUS})
    return "intravenous and local" if local and INTRAVENOUS in found else "local only" if local else "intravenous only"


CELLS_CLASSES = ((50, "<50"), (100, "50 to <100"), (200, "100 to <200"), (None, "≥200"))
LOCAL_CLASSES = ((10, "<10"), (50, "10 to <50"), (200, "50 to <200"), (None, "≥200"))
PER_KG_CLASSES = ((1, "<1"), (2, "1 to <2"), (5, "2 to <5"), (None, "≥5"))
"""Upper ends (million cells, million cells per kg) and names of the dose classes."""

Classes = tuple[tuple[int | None, str], ...]


def by_intravenous_dose(person: Person) -> str:
    """The largest single intravenous dose in cells."""
    return _dose_group([row for row in person.administrations if _is_intravenous(row)], CELLS_CLASSES, "cells")


def by_intravenous_dose_per_kg(person: Person) -> str:
    """The largest single intravenous dose per kg as printed; what was computed is never mixed in."""
    rows = [row for row in person.administrations if _is_intravenous(row)]
    return _dose_group(rows, PER_KG_CLASSES, "cells/kg", PER_KG)


def by_local_dose(person: Person) -> str:
    """The largest single local dose in cells."""
    rows = [row for row in person.administrations if row.text("route") and not _is_intravenous(row)]
    return _dose_group(rows, LOCAL_CLASSES, "cells")


def _is_intravenous(row: Row) -> bool:
    return row.text("route") == INTRAVENOUS


def _dose_group(rows: list[Row], classes: Classes, unit: str, names: Iterable[str] = ()) -> str:
    if not rows:
        return "no such dose"
    doses = [dose_of(row, tuple(names)) if names else dose_of(row) for row in rows]
    known = [dose for dose in doses if dose is not None]
    if not known:
        return f"dose in {unit} NR"
    largest = max(known, key=lambda dose: dose.high)
    low, high = (_class_of(end, classes) for end in largest)
    return f"{low} × 10⁶ {unit}" if low == high else "a range over several classes"


def _class_of(number: Decimal, classes: Classes) -> str:
    return next(name for end, name in classes if end is None or number < end * MILLION)


GROUPINGS = (
    Grouping("diagnosis", "what the cells were given for", by_diagnosis),
    Grouping("source", "donor and tissue of the cells", by_source),
    Grouping("route", "by vein, locally, or both", by_route),
    Grouping("intravenous dose", "largest single intravenous dose in cells", by_intravenous_dose),
    Grouping(
        "intravenous dose per kg", "largest single intravenous dose per kg as printed", by_intravenous_dose_per_kg
    ),
    Grouping("local dose", "largest single local dose in cells", by_local_dose),
)


def grouped(people: Iterable[Person], grouping: Grouping) -> dict[str, tuple[Person, ...]]:
    """People by group, the largest group first."""
    out: dict[str, list[Person]] = {}
    for person in people:
        out.setdefault(grouping.group(person), []).append(person)
    return {name: tuple(found) for name, found in sorted(out.items(), key=lambda item: (-len(item[1]), item[0]))}


# --- votes


@dataclass(frozen=True)
class DomainVote:
    """What the measures of one domain say of one patient: each course with its change, and the direction of all."""

    person: Person
    domain: str
    vote: Vote
    changes: tuple[tuple[Course, Change], ...]


@dataclass(frozen=True)
class Tally:
    """Votes in one domain. ``of``: patients whose direction is known; ``with_measure``: patients with any measure of
    the domain. ``percent``: change in per cent of the scale's range, over the measures that have one (n counts
    measures); ``studies``: how many papers the known votes come from."""

    domain: str
    counts: Mapping[Vote, int]
    with_measure: int
    studies: int
    test: SignTest
    percent: Spread | None
    depend_on_conflict: int

    @property
    def of(self) -> int:
        """Patients whose direction is known."""
        return sum(self.counts[vote] for vote in ("improved", "unchanged", "mixed", "worsened"))


def domain_votes(courses: Iterable[Course], at: TimeClass | None = None) -> tuple[DomainVote, ...]:
    """The votes of patients in each domain: at the last reading, or at the last one of a class of time.

    improved (worsened): all measures that changed did so for the better (worse); mixed: some each way; unchanged: none
    changed. Measures without a direction do not vote; with none that has one the vote is unclear or not assessed. Who
    has a value before the cells only is not assessed.
    """
    by: dict[tuple[tuple[str, str], str], list[tuple[Course, Change | None]]] = {}
    for course in courses:
        change = course.last if at is None else course.by_class.get(at)
        if change is not None or at is None:
            by.setdefault((course.person.key, course.measure.domain), []).append((course, change))
    votes = []
    for (_, domain), found in by.items():
        changes = tuple((course, change) for course, change in found if change is not None)
        votes.append(DomainVote(found[0][0].person, domain, joint_vote(change for _, change in changes), changes))
    return tuple(votes)


def joint_vote(changes: Iterable[Change]) -> Vote:
    """What some changes say together (see ``domain_votes``)."""
    found = {change.direction for change in changes}
    if {"improved", "worsened"} <= found:
        return "mixed"
    for direction in ("improved", "worsened", "unchanged", "unclear"):
        if direction in found:
            return direction
    return "not assessed"


def tallies(votes: Iterable[DomainVote]) -> tuple[Tally, ...]:
    """The votes of each domain together, the domain with most patients first."""
    by: dict[str, list[DomainVote]] = {}
    for vote in votes:
        by.setdefault(vote.domain, []).append(vote)
    found = [_tally(domain, own) for domain, own in by.items()]
    return tuple(sorted(found, key=lambda tally: (-tally.of, -tally.with_measure, tally.domain)))


def _tally(domain: str, votes: list[DomainVote]) -> Tally:
    counts: dict[Vote, int] = {name: sum(vote.vote == name for vote in votes) for name in VOTES}
    known = [vote for vote in votes if vote.vote not in ("unclear", "not assessed")]
    percents = [
        median(found)
        for vote in votes
        if (found := [change.percent for _, change in vote.changes if change.percent is not None])
    ]
    return Tally(
        domain=domain,
        counts=counts,
        with_measure=len(votes),
        studies=len({vote.person.document for vote in known}),
        test=sign_test(counts["improved"], counts["worsened"], counts["unchanged"] + counts["mixed"]),
        percent=spread(percents),
        depend_on_conflict=sum(any(not change.holds for _, change in vote.changes) for vote in known),
    )


def study_counts(votes: Iterable[DomainVote], domain: str) -> tuple[StudyCount, ...]:
    """In each study, how many of the patients with a known direction in a domain improved."""
    by: dict[str, list[DomainVote]] = {}
    for vote in votes:
        if vote.domain == domain and vote.vote not in ("unclear", "not assessed"):
            by.setdefault(vote.person.study, []).append(vote)
    return tuple(StudyCount(study, sum(vote.vote == "improved" for vote in own), len(own)) for study, own in by.items())


def study_votes(votes: Iterable[DomainVote], domain: str) -> SignTest:
    """One vote a study: the direction of most of its patients with a known one; equal numbers are a tie."""
    positive = negative = ties = 0
    by: dict[str, int] = {}
    for vote in votes:
        if vote.domain == domain and vote.vote not in ("unclear", "not assessed"):
            step = {"improved": 1, "worsened": -1}.get(vote.vote, 0)
            by[vote.person.document] = by.get(vote.person.document, 0) + step
    for balance in by.values():
        positive, negative, ties = positive + (balance > 0), negative + (balance < 0), ties + (balance == 0)
    return sign_test(positive, negative, ties)


def sensitivity(outputs: Outputs) -> dict[str, tuple[Tally, ...]]:
    """The tallies of the whole, then after each filter alone."""
    out = {"all values": tallies(domain_votes(all_courses(outputs)))}
    for chosen in FILTERS:
        out[chosen.name] = tallies(domain_votes(all_courses(chosen.apply(outputs))))
    return out
