"""SYNTHESIS: what is told of a patient's course, and when: the cells, the readings after them, the follow-up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from extract.synthesis.direction import Change, Course
from extract.synthesis.given import INTRAVENOUS
from extract.synthesis.grouping import Vote, joint_vote
from extract.synthesis.later import Sign, later_signs
from extract.synthesis.plots.marks import rows_reviewed
from extract.synthesis.rows import Person, Row


@dataclass(frozen=True)
class Given:
    """Cells that were given at a month, or how often without one: ``months`` None."""

    row: Row
    months: Decimal | None
    times: int
    told: bool

    @property
    def is_intravenous(self) -> bool:
        return self.row.text("route") == INTRAVENOUS


@dataclass(frozen=True)
class Point:
    """What the readings of one time say together; ``months`` None for those without."""

    months: Decimal | None
    vote: Vote
    changes: tuple[tuple[Course, Change], ...]

    @property
    def reviewed(self) -> bool:
        return rows_reviewed(row for _, change in self.changes for row in change.rows)

    @property
    def counted(self) -> bool:
        return any(change.after.counted for _, change in self.changes)


@dataclass(frozen=True)
class Lane:
    """A patient's lane. ``length``: the end of the follow-up; ``stated`` whether the paper says so, else it is the last
    month that anything is told of."""

    person: Person
    courses: tuple[Course, ...]
    given: tuple[Given, ...]
    points: tuple[Point, ...]
    signs: tuple[Sign, ...]
    length: Decimal | None
    stated: bool

    @property
    def months(self) -> list[Decimal]:
        times = [*_dated(self.given), *_dated(self.points)]
        return [*times, *([self.length] if self.length is not None else [])]


def lane_of(person: Person, courses: tuple[Course, ...]) -> Lane:
    """The lane of a patient with these courses."""
    given, points = _given(person), _points(courses)
    stated = person.row.number("follow_up_months")
    told = [month for month in (*_dated(given), *_dated(points)) if month > 0]
    length = stated if stated is not None else max(told, default=None)
    signs = later_signs(person, courses)
    return Lane(person, courses, given, points, signs, length, stated is not None)


def _dated(items: Iterable[Given | Point]) -> list[Decimal]:
    return [item.months for item in items if item.months is not None]


def _given(person: Person) -> tuple[Given, ...]:
    """The administrations: one for each month that is told, one for all others of a row.

    The first cells were given at month 0, whatever the paper says of it; so one stands there too where all rows that
    can have been first are of one product and went one way.
    """
    out: list[Given] = []
    rows = person.administrations
    first = [row for row in rows if row.text("course") == rows[0].text("course")]
    ways = {(row.text("route"), product_of(row)) for row in first}
    is_first_known = len(ways) == 1 and not any(_months(row) for row in rows)
    for number, row in enumerate(rows):
        months = _months(row) or ([Decimal(0)] if is_first_known and number == 0 else [])
        times = int(row.number("count") or 1)
        out += [Given(row, month, 1, True) for month in months]
        if times > len(months):
            out.append(Given(row, None, times - len(months), "count" in row))
    return tuple(out)


def product_of(row: Row) -> str:
    """The word that tells one product from another that went the same way."""
    return row.text("tissue") or row.text("cell_type") or row.text("product")


def _months(row: Row) -> list[Decimal]:
    try:
        return [Decimal(item) for item in row.items("timing_months")]
    except InvalidOperation:
        return []


def _points(courses: Sequence[Course]) -> tuple[Point, ...]:
    """What the readings after the cells say, time by time."""
    by: dict[Decimal | None, list[tuple[Course, Change]]] = {}
    for course in courses:
        for reading in course.after:
            by.setdefault(reading.months, []).append((course, course.change_to(reading)))
    times = sorted(by, key=lambda month: (month is None, month or Decimal(0)))
    return tuple(Point(month, joint_vote(change for _, change in by[month]), tuple(by[month])) for month in times)
