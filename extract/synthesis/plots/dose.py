"""SYNTHESIS: dose against change: what each patient was given at once, and how far each measure went.

By vein and elsewhere, in cells and per kg, printed per kg and computed: never in one panel. No line is fitted: the
patients differ in all that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from extract.model import plain
from extract.synthesis.direction import Change, Course, courses_of
from extract.synthesis.given import CELLS, INTRAVENOUS, PER_KG, Dose, dose_of
from extract.synthesis.measures import unit_table
from extract.synthesis.plots.dose_panels import DoseKind, Point, about, draw_doses, looks_of
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import counted, left_out_by, sentences
from extract.synthesis.plots.marks import review_words
from extract.synthesis.plots.plot import Data, Plot, number_cell, style, yes_no
from extract.synthesis.readings import interval_of
from extract.synthesis.rows import Outputs, Person, Row, Side

_Courses = Mapping[tuple[str, str], Sequence[Course]]

KIND = "dose"
TITLE = "Dose and change"
COLUMNS = (
    "panel", "study", "document", "patient", "cell_type", "dose_low", "dose_high", "dose_unit",
    "other_dose_in_conflict", "dose_derived", "dose_reviewed", "domain", "measure", "rater", "before", "after",
    "change_percent_of_range", "other_change_in_conflict", "reviewed", "drawn", "why_not_drawn",
)  # fmt: skip


def _is_vein(row: Row) -> bool:
    return row.text("route") == INTRAVENOUS


def _largest(rows: Iterable[Row], names: Sequence[str]) -> tuple[Dose, Row] | None:
    """The largest single dose of some rows, with its row."""
    found = [(dose, row) for row in rows if (dose := dose_of(row, names)) is not None]
    return max(found, key=lambda item: item[0].high, default=None)


def _derived(person: Person) -> tuple[Dose, Row] | None:
    rows = [row for row in person.administrations if _is_vein(row)]
    found = [(Dose(number, number), row) for row in rows if (number := row.number("cells_per_kg_derived")) is not None]
    return max(found, key=lambda item: item[0].high, default=None)


def _by_vein(names: Sequence[str]) -> Callable[[Person], tuple[Dose, Row] | None]:
    return lambda person: _largest((row for row in person.administrations if _is_vein(row)), names)


def _local(person: Person) -> tuple[Dose, Row] | None:
    return _largest((row for row in person.administrations if row.text("route") and not _is_vein(row)), CELLS)


KINDS = (
    DoseKind("By vein, cells", "cells", _by_vein(CELLS)),
    DoseKind("By vein, cells per kg as printed", "cells/kg", _by_vein(PER_KG)),
    DoseKind("By vein, cells per kg computed", "cells/kg", _derived, is_derived=True),
    DoseKind("By another route, cells", "cells", _local),
)


def dose(outputs: Outputs) -> tuple[Plot, ...]:
    """The change of each measure in per cent of its range against the patient's largest single dose."""
    units = unit_table(outputs.schema)
    courses = {person.key: courses_of(outputs, person, units) for person in outputs.individuals}
    panels = [(kind, _points(kind, outputs.individuals, courses)) for kind in KINDS]
    panels = [(kind, points) for kind, points in panels if points]
    reasons = _reasons(outputs, courses)
    left = _left_out(reasons)
    if not panels:
        why = "No patient has both a dose of one administration and a change on a scale of known range."
        return (empty_plot(KIND, TITLE, sentences(why, left), COLUMNS),)
    points = [point for _, found in panels for point in found]
    looks = looks_of(points)
    with style():
        figure = draw_doses(panels, looks)
    people = {point.person.key for point in points}
    caption = sentences(
        f"{counted(len(people), 'patient')} with {counted(len({_of(point) for point in points}), 'measure')} together. "
        "Across: the patient's largest single dose of the kind (a bar: a range as printed, whose middle only holds "
        "the mark), on a logarithmic axis; up: the change from the last value before the cells to the last after "
        "them, in per cent of the scale's range, positive for the better. Marks of one patient stand above each "
        "other, patients of one dose side by side. A patient given cells both by vein and elsewhere stands in both "
        "panels. No line is fitted: cells, diagnoses, measures and other treatments differ.",
        "Open diamonds: the change, or the dose, if another place of the paper is right."
        if any(point.others or point.other_doses for point in points)
        else "",
        left,
        review_words({id(point.course): point.course for point in points}.values()),
        left_out_by(outputs),
    )
    data = [_row(kind, point) for kind, found in panels for point in found]
    data += [_missing(course, why) for course, why in reasons]
    alt = "Scatter plots of dose and change. " + "; ".join(
        f"{kind.title}: {about(found)}, change "
        f"{plain(min(p.percent for p in found))} to {plain(max(p.percent for p in found))} % of the range"
        for kind, found in panels
    )
    return (Plot(KIND, KIND, TITLE, caption, f"{alt}.", figure, Data(COLUMNS, tuple(data))),)


def _of(point: Point) -> tuple[tuple[str, str], str]:
    return point.person.key, point.course.measure.title


def _points(kind: DoseKind, people: Sequence[Person], courses: _Courses) -> list[Point]:
    points = []
    for person in people:
        found = kind.dose(person)
        if found is None or found[0].low <= 0:
            continue
        doses = _other_doses(person, found[1], kind)
        for course in courses[person.key]:
            change = course.last
            if change is not None and change.percent is not None:
                points.append(Point(person, *found, course, change, change.percent, _others(course, change), doses))
    return points


def _others(course: Course, change: Change) -> tuple[Decimal, ...]:
    """The changes if what contradicts the two values is right, in per cent of the range."""
    if change.before is None or not course.bounds.width or change.percent is None:
        return ()
    sign = 1 if course.measure.better == "higher" else -1
    found = []
    for start in _values(change.before.low, change.before.rivals):
        for end in _values(change.after.low, change.after.rivals):
            found.append((sign * 100 * (end - start) / course.bounds.width).quantize(Decimal("0.1")))
    return tuple(dict.fromkeys(percent for percent in found if percent != change.percent))


def _other_doses(person: Person, row: Row, kind: DoseKind) -> tuple[Decimal, ...]:
    """What another place of the paper says of a printed dose, in the unit of its kind."""
    if kind.is_derived:
        return ()
    found = []
    for conflict in person.conflicts:
        if not conflict.is_open:
            continue
        for side in (conflict.a, conflict.b):
            if ("administrations", row.record, kind.columns[0]) in side.cells:
                number = interval_of(conflict.other(side).value.removesuffix(kind.unit))
                found += [number[0]] if number is not None and number[0] > 0 else []
    return tuple(dict.fromkeys(found))


def _values(number: Decimal | None, rivals: Iterable[Side]) -> list[Decimal]:
    values = [number] if number is not None else []
    for rival in rivals:
        interval = interval_of(rival.value.split("/")[0])
        values += [interval[0]] if interval is not None else []
    return values


def _reasons(outputs: Outputs, courses: _Courses) -> list[tuple[Course, str]]:
    """The courses that stand in no panel, and why."""
    out = []
    for person in outputs.individuals:
        no_dose = all((found := kind.dose(person)) is None or found[0].low <= 0 for kind in KINDS)
        for course in courses[person.key]:
            if course.last is None or not course.last.is_told:
                out.append((course, "no direction"))
            elif course.last.percent is None:
                out.append((course, "no range of the scale"))
            elif no_dose:
                out.append((course, "no dose of one administration"))
    return out


def _left_out(reasons: Sequence[tuple[Course, str]]) -> str:
    counts: dict[str, int] = {}
    for _, why in reasons:
        counts[why] = counts.get(why, 0) + 1
    told = "; ".join(f"{why}: {number}" for why, number in sorted(counts.items()))
    return f"Not drawn, counting each measure of each patient: {told}." if told else ""


def _row(kind: DoseKind, point: Point) -> tuple[str, ...]:
    measure = point.course.measure
    value = next((point.row.value(name) for name in kind.columns if name in point.row), None)
    before = point.change.before.text if point.change.before else ""
    return (
        kind.title, point.person.study, point.person.document, point.person.patient, point.row.text("cell_type"),
        number_cell(point.dose.low), number_cell(point.dose.high), kind.unit, "; ".join(map(plain, point.other_doses)),
        yes_no(kind.is_derived),
        yes_no(value is not None and value.is_reviewed), measure.domain, measure.name, measure.rater, before,
        point.change.after.text, number_cell(point.percent), "; ".join(map(plain, point.others)),
        yes_no(point.reviewed), "yes", "",
    )  # fmt: skip


def _missing(course: Course, why: str) -> tuple[str, ...]:
    person, measure, change = course.person, course.measure, course.last
    before = change.before.text if change is not None and change.before is not None else ""
    after = change.after.text if change is not None else ""
    percent = number_cell(change.percent) if change is not None else ""
    return (
        "", person.study, person.document, person.patient, *[""] * 7, measure.domain, measure.name,
        measure.rater, before, after, percent, "", "", "no", why,
    )  # fmt: skip
