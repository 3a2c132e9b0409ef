"""SYNTHESIS: the standardised metric: what became of each measure of each patient.

A course is one measure by one rater in one patient. Its change is from the last value before the cells to a later one;
its direction follows the scale's own better direction and nothing else. Raters, versions of a scale and units that
cannot be converted are never mixed, and where values of one time cannot be told apart a direction is given only when
all of them agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from extract.schema import Threshold
from extract.synthesis.measures import Better, Bounds, Measure, UnitOf, measure_of, plain_unit, unit_table
from extract.synthesis.readings import LAST_WORDS, TIME_CLASSES, Reading, TimeClass, readings_of
from extract.synthesis.rows import Outputs, Person, Row

Direction = Literal["improved", "unchanged", "worsened", "unclear", "not assessed"]

DIRECTIONS: tuple[Direction, ...] = ("improved", "unchanged", "worsened", "unclear", "not assessed")
TOLD: tuple[Direction, ...] = ("improved", "unchanged", "worsened")
"""The directions that count as known."""

RESPONSE = "response"
"""The domain of measures that are a change themselves: per cent of improvement, ACR Pedi 30."""

_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Change:
    """From one reading to a later one.

    ``low`` and ``high``: the change (after − before), equal where both readings are one number. ``percent``: how much
    of the scale's range it is, in per cent, positive for the better; None without a range or a single number.
    ``holds``: the direction is the same whichever side of the conflicts about the two readings is right. ``reason``
    says why there is no direction. ``rated``: the reading is itself a change as somebody rated it (``improved by 50
    %``), with no value before.
    """

    before: Reading | None
    after: Reading
    direction: Direction
    reason: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    percent: Decimal | None = None
    holds: bool = True
    rated: bool = False

    @property
    def is_told(self) -> bool:
        """Whether the direction is known."""
        return self.direction in TOLD

    @property
    def size(self) -> Decimal | None:
        """The change, where it is one number."""
        return self.low if self.low is not None and self.low == self.high else None

    @property
    def rows(self) -> tuple[Row, ...]:
        """The outcome rows that it rests on."""
        return (*(self.before.rows if self.before else ()), *self.after.rows)


@dataclass(frozen=True)
class Response:
    """Whether a published threshold was met at the last reading. ``before``: whether it was before the cells (of a
    state). ``between``: two figures are published and the value lies between them."""

    threshold: Threshold
    met: Literal["met", "not met", "between"]
    before: Literal["met", "not met", "between"] | None = None


@dataclass(frozen=True)
class Course:
    """One measure by one rater in one patient (or group): its readings before and after the first cell therapy.

    ``unplaced``: readings whose phase the paper does not tell. ``obstacle`` says why no change can be told at all, ''
    where nothing stands in the way.
    """

    person: Person
    measure: Measure
    before: tuple[Reading, ...]
    after: tuple[Reading, ...]
    unplaced: tuple[Reading, ...]
    bounds: Bounds
    obstacle: str

    @property
    def rows(self) -> tuple[Row, ...]:
        """All outcome rows of the course."""
        return tuple(row for reading in (*self.before, *self.after, *self.unplaced) for row in reading.rows)

    @cached_property
    def baseline(self) -> Reading | None:
        """The last reading before the cells: the one dated nearest to them, else those without a date."""
        return _baseline(self.before)

    @cached_property
    def last(self) -> Change | None:
        """The change to the last reading after the cells; None without any."""
        reading = _last(self.after)
        return self.change_to(reading) if reading else None

    @cached_property
    def by_class(self) -> dict[TimeClass, Change]:
        """The change to the last reading of each class of time."""
        out: dict[TimeClass, Change] = {}
        for name in TIME_CLASSES:
            of_class = [reading for reading in self.after if reading.time_class == name]
            reading = _last(of_class)
            if reading:
                out[name] = self.change_to(reading)
        return out

    def change_to(self, reading: Reading) -> Change:
        """The change from the baseline to a reading."""
        return self.change(self.baseline, reading)

    def change(self, before: Reading | None, after: Reading) -> Change:
        """The change between two readings of the course."""
        if self.obstacle:
            return Change(before, after, "not assessed", self.obstacle)
        if before is None and self.measure.domain == RESPONSE and after.low is not None and after.high is not None:
            direction = (
                _direction(after.low, after.high, self.measure.better) if self.measure.better else "not assessed"
            )
            return Change(None, after, direction, "", after.low, after.high, rated=True)
        return _change(before, after, self.measure.better, self.bounds)

    @cached_property
    def best(self) -> Reading | None:
        """The best dated reading after the cells that another one follows."""
        dated = [reading for reading in self.after if reading.is_point and reading.months is not None][:-1]
        if self.measure.better is None or not dated:
            return None
        pick = min if self.measure.better == "lower" else max
        return pick(dated, key=lambda reading: reading.low or Decimal(0))

    @cached_property
    def setback(self) -> Change | None:
        """The change from the best reading after the cells to the last one, where it is for the worse."""
        last = _last(self.after)
        if self.best is None or last is None or last is self.best or last.months is None:
            return None
        change = self.change(self.best, last)
        return change if change.direction == "worsened" else None

    @cached_property
    def responses(self) -> tuple[Response, ...]:
        """What the published thresholds of the scale say of the last reading, each only where it was published for the
        patient's index disease."""
        diseases = set(self.person.index)
        return tuple(
            response
            for threshold in self.measure.thresholds
            if not threshold.diagnoses or diseases & set(threshold.diagnoses)
            if (response := _response(threshold, self)) is not None
        )


def courses_of(outputs: Outputs, person: Person, units: dict[str, UnitOf] | None = None) -> tuple[Course, ...]:
    """The courses of a person, in the order of the table. ``units``: see ``unit_table``; read anew where not given."""
    units = unit_table(outputs.schema) if units is None else units
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in person.outcomes:
        rows.setdefault((row.text("measure"), row.text("rater")), []).append(row)
    return tuple(_course(outputs, person, name, rater, own, units) for (name, rater), own in rows.items())


def all_courses(outputs: Outputs, *, groups: bool = False) -> tuple[Course, ...]:
    """The courses of all individuals who were given cells; with ``groups`` those of groups instead."""
    units = unit_table(outputs.schema)
    people = outputs.groups if groups else outputs.individuals
    return tuple(course for person in people for course in courses_of(outputs, person, units))


def _course(
    outputs: Outputs, person: Person, name: str, rater: str, rows: Sequence[Row], units: dict[str, UnitOf]
) -> Course:
    said = {row.text("better") for row in rows if row.text("better")}
    measure = measure_of(outputs.schema, name, rater, said.pop() if len(said) == 1 else "")
    unit = next((row.text("unit") for row in rows if row.text("unit")), "")
    before, after, unplaced = (
        readings_of(rows, person.conflicts, phase, unit, units) for phase in ("pre", "post", "unspecified")
    )
    maxima = {number for row in rows if (number := row.number("scale_max")) is not None}
    numbers = [end for reading in (*before, *after) for end in (reading.low, reading.high) if end is not None]
    bounds = measure.bounds(maxima, numbers, [plain_unit(row.text("unit")) for row in rows])
    return Course(person, measure, before, after, unplaced, bounds, _obstacle(rows, maxima, units))


def _obstacle(rows: Sequence[Row], maxima: set[Decimal], units: dict[str, UnitOf]) -> str:
    """Why values of a course cannot be compared at all: different scales or units."""
    if len(maxima) > 1:
        return f"printed on different scales ({', '.join(f'/{number:f}' for number in sorted(maxima))})"
    written = {plain_unit(row.text("unit")): row.text("unit") for row in rows if plain_unit(row.text("unit"))}
    bases = {units[unit].base if unit in units else unit for unit in written}
    return f"printed in units that do not convert ({', '.join(written.values())})" if len(bases) > 1 else ""


def _baseline(before: Sequence[Reading]) -> Reading | None:
    dated = [reading for reading in before if reading.months is not None]
    undated = [reading for reading in before if reading.months is None]
    near = [reading for reading in dated if reading.months is not None and reading.months > -1]
    if near:
        return near[-1]
    return _merged(undated) if undated else dated[-1] if dated else None


def _last(after: Sequence[Reading]) -> Reading | None:
    """The last reading: one that the paper calls so, else the latest dated one, else those without a date."""
    called = [reading for reading in after if reading.months is None and LAST_WORDS.search(reading.time)]
    dated = [reading for reading in after if reading.months is not None]
    if len(called) == 1:
        return called[0]
    return dated[-1] if dated else _merged(after) if after else None


def _merged(readings: Sequence[Reading]) -> Reading:
    """Readings whose order is not told, as one."""
    if len(readings) == 1:
        return readings[0]
    numbers = [end for reading in readings for end in (reading.low, reading.high) if end is not None]
    whole = all(reading.is_number for reading in readings)
    times = list(dict.fromkeys(reading.time for reading in readings if reading.time))
    return Reading(
        rows=tuple(row for reading in readings for row in reading.rows),
        text="; ".join(dict.fromkeys(reading.text for reading in readings)),
        low=min(numbers) if whole else None,
        high=max(numbers) if whole else None,
        unit=readings[0].unit,
        months=None,
        time="; ".join(times),
        several=any(reading.several for reading in readings) or len({(r.low, r.high) for r in readings}) > 1,
        rivals=tuple(rival for reading in readings for rival in reading.rivals),
        conflicts=tuple(conflict for reading in readings for conflict in reading.conflicts),
    )


def _change(before: Reading | None, after: Reading, better: Better | None, bounds: Bounds) -> Change:
    if before is None:
        return Change(None, after, "not assessed", "no value before treatment")
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return Change(before, after, "not assessed", "not a number")
    low, high = after.low - before.high, after.high - before.low
    if better is None:
        return Change(before, after, "not assessed", "no better direction in schemas/scales.yaml", low, high)
    direction = _direction(low, high, better)
    return Change(
        before,
        after,
        direction,
        _why_unclear(before, after) if direction == "unclear" else "",
        low,
        high,
        _percent(low, better, bounds) if low == high else None,
        _holds(before, after, better, direction),
    )


def _direction(low: Decimal, high: Decimal, better: Better) -> Direction:
    """The direction that every change between ``low`` and ``high`` has."""
    if low == high == 0:
        return "unchanged"
    if high < 0:
        return "improved" if better == "lower" else "worsened"
    if low > 0:
        return "improved" if better == "higher" else "worsened"
    return "unclear"


def _why_unclear(before: Reading, after: Reading) -> str:
    if before.several or after.several:
        return "several values of one time that the table does not tell apart"
    return "a range that reaches over the value before"


def _percent(change: Decimal, better: Better, bounds: Bounds) -> Decimal | None:
    if not bounds.width:
        return None
    share = 100 * change / bounds.width
    return (share if better == "higher" else -share).quantize(_TENTH)


def _holds(before: Reading, after: Reading, better: Better, direction: Direction) -> bool:
    """Whether the direction is the same with what contradicts the readings."""
    start, end = before.widest, after.widest
    if start is None or end is None:
        return True
    return _direction(end[0] - start[1], end[1] - start[0], better) == direction


Met = Literal["met", "not met", "between"]


def _response(threshold: Threshold, course: Course) -> Response | None:
    """Whether a threshold was met at the last reading; None where the numbers do not tell or are of another scale."""
    last = course.last
    if last is None or not last.after.is_point or last.after.low is None or course.obstacle:
        return None
    sign, figures, of = threshold.limit
    scale = _scaled(course.bounds, of)
    if scale is None:
        return None
    if sign in ("<", "<=", ">", ">="):
        start = last.before
        number = start.low if start is not None and start.is_point else None
        earlier = _meets_all(sign, number * scale, figures) if number is not None else None
        return Response(threshold, _meets_all(sign, last.after.low * scale, figures), earlier)
    if last.size is None or (sign == "±" and course.measure.better is None):
        return None
    downward = sign == "-" or (sign == "±" and course.measure.better == "lower")
    return Response(threshold, _meets_all(">=", (-last.size if downward else last.size) * scale, figures))


def _scaled(bounds: Bounds, of: Decimal | None) -> Decimal | None:
    """What a value is multiplied by so that it stands on the scale of a threshold."""
    if of is None:
        return Decimal(1)
    return of / bounds.width if bounds.width else None


def _meets_all(sign: str, number: Decimal, figures: Iterable[Decimal]) -> Met:
    met = {_meets(sign, number, figure) for figure in figures}
    return "between" if len(met) > 1 else "met" if met == {True} else "not met"


def _meets(sign: str, number: Decimal, figure: Decimal) -> bool:
    if sign == "<":
        return number < figure
    if sign == "<=":
        return number <= figure
    return number > figure if sign == ">" else number >= figure
