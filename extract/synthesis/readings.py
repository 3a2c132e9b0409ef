"""SYNTHESIS: the outcome rows of one measure -> readings: what was measured at one time.

A reading is an interval: a single value, a printed range (``80–90 %``), or several values of one time that the tables
do not tell apart (two eyes, subscales). Of two statements that contradict each other the chosen one counts; the other
stays beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from extract.model import plain
from extract.synthesis.measures import UnitOf, convert, plain_unit
from extract.synthesis.rows import Conflict, Row, Side

TimeClass = Literal["≤1 month", ">1–3 months", ">3–12 months", ">12 months", "time not stated"]

TIME_CLASSES: tuple[TimeClass, ...] = ("≤1 month", ">1–3 months", ">3–12 months", ">12 months", "time not stated")
"""The classes of time since the first cell therapy, as EVIDENCE tables print them."""

LIMITS: tuple[tuple[Decimal, TimeClass], ...] = (
    (Decimal(1), "≤1 month"),
    (Decimal(3), ">1–3 months"),
    (Decimal(12), ">3–12 months"),
)

LAST_WORDS = re.compile(r"\b(?:last|latest|most recent|final|current|currently|now|to date)\b", re.IGNORECASE)
_RANGE = re.compile(r"(?:1\s*:\s*)?(\d+(?:\.\d+)?)\s*(?:[-–‐‑—]|to)\s*(?:1\s*:\s*)?(\d+(?:\.\d+)?)\s*\D{0,12}")


@dataclass(frozen=True)
class Reading:
    """What was measured at one time: ``low`` and ``high`` are equal for one number and None for words alone.

    ``text`` is how it is printed; ``months`` since the first cell therapy, None where not told; ``several``: values of
    one time that nothing tells apart; ``rivals``: the other sides of conflicts about it, which are not shown.
    """

    rows: tuple[Row, ...]
    text: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    months: Decimal | None
    time: str
    several: bool = False
    rivals: tuple[Side, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    counted: bool = False

    @property
    def is_point(self) -> bool:
        """Whether it is one number."""
        return self.low is not None and self.low == self.high

    @property
    def is_number(self) -> bool:
        """Whether it is a number or an interval of numbers."""
        return self.low is not None

    @property
    def time_class(self) -> TimeClass:
        """The class of its time."""
        if self.months is None:
            return "time not stated"
        return next((name for limit, name in LIMITS if self.months <= limit), ">12 months")

    @property
    def when(self) -> str:
        """Its time for people: ``12 mo``, the paper's words, or ''."""
        if self.months is None:
            return self.time
        return f"{plain(round(self.months, 2))} mo{', derived' if self.counted else ''}"

    @property
    def widest(self) -> tuple[Decimal, Decimal] | None:
        """The interval with what contradicts it."""
        if self.low is None or self.high is None:
            return None
        numbers = [self.low, self.high]
        for rival in self.rivals:
            interval = interval_of(rival.value.split("/")[0])
            numbers += interval if interval else ()
        return min(numbers), max(numbers)


@dataclass
class _Item:
    """An outcome row in work."""

    row: Row
    months: Decimal | None
    time: str
    counted: bool
    rivals: list[Side] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def interval_of(text: str) -> tuple[Decimal, Decimal] | None:
    """The interval that words tell: ``80–90 %``, ``1:80–160`` (a titre, by its reciprocal), ``27 lbs``; None of
    others."""
    text = text.strip()
    if match := _RANGE.fullmatch(text):
        ends = sorted((Decimal(match[1]), Decimal(match[2])))
        return ends[0], ends[1]
    if match := re.fullmatch(r"(?:1\s*:\s*)?(-?\d+(?:\.\d+)?)\s*[^\d<>≤≥]{0,12}", text):
        return Decimal(match[1]), Decimal(match[1])
    return None


def readings_of(
    rows: Sequence[Row], conflicts: Iterable[Conflict], phase: str, unit: str, units: dict[str, UnitOf]
) -> tuple[Reading, ...]:
    """The readings of one measure, rater and patient in a phase, in the order of time; those without a time come last.

    Rows must be of that measure, rater and patient, of any phase. Values in other units are converted to ``unit``.
    """
    items = _without_passed_over(rows, conflicts)
    items = [item for item in items if (item.row.text("phase") or "unspecified") == phase]
    slots: dict[tuple[Decimal | None, str], list[_Item]] = {}
    for item in items:
        words = "" if item.months is not None else _plain_time(item.time)
        slots.setdefault((item.months, words), []).append(item)
    ordered = sorted(slots.items(), key=lambda slot: (slot[0][0] is None, slot[0][0] or Decimal(0)))
    return tuple(_reading(items, unit, units) for _, items in ordered)


def _plain_time(words: str) -> str:
    return re.sub(r"\W+", " ", words).strip().casefold()


def _without_passed_over(rows: Sequence[Row], conflicts: Iterable[Conflict]) -> list[_Item]:
    """The rows without those that a conflict passes over in favour of another of them. Where the chosen one has no time
    and the other has, both being of one moment, it takes that time."""
    items = [_item(row) for row in rows]
    gone: set[int] = set()
    for conflict in conflicts:
        if conflict.severity == "info":
            continue
        for side in conflict.passed_over:
            shown = [item for item in items if conflict.other(side).is_of(item.row)]
            passed = [item for item in items if side.is_of(item.row)]
            for item in shown:
                item.rivals.append(side)
                item.conflicts.append(conflict)
                if item.months is None and passed and passed[0].months is not None:
                    item.months, item.time, item.counted = passed[0].months, passed[0].time, passed[0].counted
            if shown:
                gone |= {id(item) for item in passed}
            else:
                for item in passed:
                    item.rivals.append(conflict.other(side))
                    item.conflicts.append(conflict)
        if not conflict.chosen:
            for item in items:
                if conflict.a.is_of(item.row) or conflict.b.is_of(item.row):
                    item.conflicts.append(conflict)
    return [item for item in items if id(item) not in gone]


def _item(row: Row) -> _Item:
    printed = row.number("timepoint_months")
    months = printed if printed is not None else row.number("timepoint_months_derived")
    return _Item(row, months, row.text("timepoint"), counted=printed is None and months is not None)


def _reading(items: Sequence[_Item], unit: str, units: dict[str, UnitOf]) -> Reading:
    numbers: list[Decimal] = []
    texts: list[str] = []
    alien = False
    for item in items:
        said = shown_value(item.row)
        if said not in texts:
            texts.append(said)
        interval = _interval(item.row)
        if interval is None:
            continue
        ends = [convert(end, item.row.text("unit"), unit, units) for end in interval]
        alien = alien or None in ends
        numbers += [end for end in ends if end is not None]
    whole = bool(numbers) and not alien
    first = items[0]
    return Reading(
        rows=tuple(item.row for item in items),
        text="; ".join(texts),
        low=min(numbers) if whole else None,
        high=max(numbers) if whole else None,
        unit=unit,
        months=first.months,
        time=first.time,
        several=len({_interval(item.row) for item in items}) > 1,
        rivals=tuple(dict.fromkeys(rival for item in items for rival in item.rivals)),
        conflicts=tuple(dict.fromkeys(conflict for item in items for conflict in item.conflicts)),
        counted=first.counted,
    )


def _interval(row: Row) -> tuple[Decimal, Decimal] | None:
    number = row.number("value")
    return (number, number) if number is not None else interval_of(row.text("value_text"))


def shown_value(row: Row) -> str:
    """A value as tables print it: with the maximum of its scale and its unit, where they are printed."""
    if "value" not in row:
        return row.text("value_text")
    text = row.text("value")
    if row.text("scale_max"):
        text += f"/{row.text('scale_max')}"
    unit = row.text("unit")
    return f"{text} {unit}" if unit and plain_unit(unit) else text
