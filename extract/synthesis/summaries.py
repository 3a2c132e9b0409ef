"""SYNTHESIS: the tables over all patients: directions, groups, doses, sensitivity, pooled proportions.

Every number of patients stands with the number of those with that measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from statistics import median

from extract.model import plain
from extract.schema import Threshold
from extract.synthesis.direction import Course, Response, all_courses
from extract.synthesis.given import INTRAVENOUS, PER_KG, dose_of
from extract.synthesis.grouping import (
    GROUPINGS,
    Tally,
    Vote,
    domain_votes,
    grouped,
    study_votes,
    tallies,
)
from extract.synthesis.readings import TIME_CLASSES
from extract.synthesis.rows import Outputs, Person, Row
from extract.synthesis.sheets import NONE, NR, Cell, Column, Draft, Sheet, counted, percent, said
from extract.synthesis.statistics import Share, SignTest, Spread, share_of, spread

EXPLORATORY = (
    "Sign test: exact, two-sided, exploratory; unchanged and mixed are left out. It takes patients for independent of "
    "each other and of why their case was published, which they are not."
)
VOTE = (
    "One vote for each patient and domain at the last reading: improved (worsened): all measures that changed did so "
    "for the better (worse); mixed: some each way. Patients whose direction cannot be told are in no denominator."
)
FEWEST_FOR_P = 2
"""With fewer patients than that whose direction differs from none, there is nothing to test."""


def share_text(share: Share) -> str:
    """``3/4 (75 %; 19 to 99)``, NR of nobody."""
    if share.share is None or share.interval is None:
        return f"{share.hits}/{share.of}"
    low, high = share.interval
    return f"{share.hits}/{share.of} ({percent(share.share)} %; {percent(low)} to {percent(high)})"


def spread_text(found: Spread | None, unit: str = "", places: int | None = None) -> str:
    """``25 (n = 4; 10 to 60)``: median, number, range; '' of nothing. ``places``: decimals, all of them if not
    given."""
    if found is None:
        return ""
    middle, low, high = (
        plain(number if places is None else round(number, places)) for number in (found.median, found.low, found.high)
    )
    ends = f"; {low} to {high}" if found.n > 1 else ""
    return f"{middle}{unit} (n = {found.n}{ends})"


def p_text(test: SignTest) -> str:
    """The p of a sign test, or why there is none."""
    if test.p is None or test.positive + test.negative < FEWEST_FOR_P:
        return NONE
    return "<0.001" if test.p < 0.001 else f"{test.p:.3f}"


def _better_of_changed(test: SignTest) -> Cell:
    """The share that the sign test is about, with its exact interval."""
    changed = test.positive + test.negative
    return Cell(share_text(share_of(test.positive, changed)) if changed else NONE)


# --- direction by domain


def direction_table(outputs: Outputs) -> Sheet:
    """The direction of effect by domain: votes of patients and of studies, change in per cent of the range."""
    draft = Draft(
        "direction",
        "Direction of effect by domain",
        (
            Column("Domain", width=1.2),
            Column("with a measure", "Patients", 0.8, is_number=True),
            Column("direction known", "Patients", 0.8, is_number=True),
            Column("Studies", width=0.6, is_number=True),
            Column("Improved (95 % CI)", width=1.5),
            Column("Unchanged", width=0.6, is_number=True),
            Column("Mixed", width=0.6, is_number=True),
            Column("Worsened", width=0.6, is_number=True),
            Column("Not to be told", width=0.7, is_number=True),
            Column("better of changed (95 % CI)", "Sign test", 1.3),
            Column("p, patients", "Sign test", 0.8),
            Column("studies + / − / =", "Sign test", 0.9),
            Column("p, studies", "Sign test", 0.8),
            Column("Change, % of range, + better: median", width=1.5),
        ),
        (
            VOTE,
            "Improved: of patients whose direction is known, exact (Clopper–Pearson) interval. "
            "Studies: direction of most of their patients. Change: the median of each patient's measures that have a "
            "range; n and range are of patients.",
            EXPLORATORY,
        ),
    )
    votes = domain_votes(all_courses(outputs))
    for tally in tallies(votes):
        by_study = study_votes(votes, tally.domain)
        hang = []
        if tally.depend_on_conflict:
            hang = [
                f"In {tally.depend_on_conflict} the direction is another one if the other side of a conflict is right."
            ]
        draft.add(
            tally.domain,
            counted(tally.with_measure),
            counted(tally.of),
            counted(tally.studies),
            said(share_text(share_of(tally.counts["improved"], tally.of)) if tally.of else NONE, draft.notes(hang)),
            counted(tally.counts["unchanged"]),
            counted(tally.counts["mixed"]),
            counted(tally.counts["worsened"]),
            counted(tally.with_measure - tally.of),
            _better_of_changed(tally.test),
            p_text(tally.test),
            f"{by_study.positive} / {by_study.negative} / {by_study.ties}",
            p_text(by_study),
            said(spread_text(tally.percent, places=1), missing=NONE),
        )
    return draft.sheet()


def time_table(outputs: Outputs) -> Sheet:
    """Improved of known, by domain and class of time."""
    draft = Draft(
        "times",
        "Patients improved of those whose direction is known, by time since the first cells",
        (
            Column("Domain", width=1.2),
            *(Column(name, width=1, is_number=True) for name in TIME_CLASSES),
            Column("last reading", width=1, is_number=True),
        ),
        (
            "The last value in each class of time against the last before the cells. Not the same patients in each "
            "class.",
        ),
    )
    courses = all_courses(outputs)
    by_class = [{tally.domain: tally for tally in tallies(domain_votes(courses, at=name))} for name in TIME_CLASSES]
    for tally in tallies(domain_votes(courses)):
        draft.add(
            tally.domain,
            *(_improved_of(found.get(tally.domain)) for found in by_class),
            _improved_of(tally),
        )
    return draft.sheet()


def _improved_of(tally: Tally | None) -> Cell:
    return Cell(NONE) if tally is None or not tally.of else Cell(f"{tally.counts['improved']}/{tally.of}")


def measure_table(outputs: Outputs) -> Sheet:
    """Each measure by one rater over patients: never mixed with other versions or raters."""
    draft = Draft(
        "measures",
        "Each measure over patients",
        (
            Column("Domain", width=1),
            Column("Measure (rater)", width=1.6),
            Column("Better", width=0.7),
            Column("with it", "Patients", 0.7, is_number=True),
            Column("before and after", "Patients", 0.8, is_number=True),
            Column("Before: median", width=1.4),
            Column("Last: median", width=1.4),
            Column("Change: median", width=1.4),
            Column("improved", "Patients", 0.7, is_number=True),
            Column("unchanged", "Patients", 0.7, is_number=True),
            Column("worsened", "Patients", 0.7, is_number=True),
        ),
        (
            "Medians, n and range of patients with one number before and after, in one unit and on one scale (on a "
            "scale of unknown range: of one paper); others are counted but have no median.",
        ),
    )
    groups: dict[tuple[str, str, str], list[Course]] = {}
    for course in all_courses(outputs):
        measure = course.measure
        groups.setdefault((measure.domain, measure.title, measure.better or ""), []).append(course)
    for (domain, title, better), courses in sorted(
        groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0])
    ):
        pairs = _comparable(courses)
        unit = f" {pairs[0].after[0].unit}" if pairs and pairs[0].after[0].unit else ""
        before = [c.last.before.low for c in pairs if c.last and c.last.before and c.last.before.low is not None]
        after = [c.last.after.low for c in pairs if c.last and c.last.after.low is not None]
        sizes = [c.last.size for c in pairs if c.last and c.last.size is not None]
        told = [course.last.direction for course in courses if course.last is not None]
        draft.add(
            domain,
            title,
            said(better, missing=NONE),
            counted(len(courses)),
            counted(sum(c.last is not None and (c.baseline is not None or c.last.rated) for c in courses)),
            said(spread_text(spread(before), unit), missing=NONE),
            said(spread_text(spread(after), unit), missing=NONE),
            said(spread_text(spread(sizes), unit), missing=NONE),
            counted(told.count("improved")),
            counted(told.count("unchanged")),
            counted(told.count("worsened")),
        )
    return draft.sheet()


def response_table(outputs: Outputs) -> Sheet:
    """Published thresholds over the patients for whose disease they were published."""
    draft = Draft(
        "responses",
        "Published thresholds at the last reading",
        (
            Column("Measure (rater)", width=1.2),
            Column("Threshold", width=2.2),
            Column("Value", width=0.9),
            Column("Published for", width=1.4),
            Column("Source", width=1.8),
            Column("it applies to", "Patients", 0.8, is_number=True),
            Column("met before", "Patients", 0.8),
            Column("met at the last", "Patients", 0.8),
            Column("between two figures", "Patients", 0.8, is_number=True),
        ),
        (
            "Patients with an index disease for which the threshold was published and one number at the last reading "
            "(for a change: also before), on a scale of known range where the threshold is of one. Met before: of a "
            "state only.",
        ),
    )
    found: dict[tuple[str, Threshold], list[Response]] = {}
    for course in all_courses(outputs):
        for response in course.responses:
            found.setdefault((course.measure.title, response.threshold), []).append(response)
    for (title, threshold), responses in sorted(found.items(), key=lambda item: (item[0][0], item[0][1].meaning)):
        states = [response.before for response in responses if response.before is not None]
        draft.add(
            title,
            threshold.meaning,
            threshold.value,
            said("; ".join(threshold.diagnoses), missing="any disease"),
            threshold.source,
            counted(len(responses)),
            Cell(f"{states.count('met')}/{len(states)}" if states else NONE),
            Cell(f"{sum(response.met == 'met' for response in responses)}/{len(responses)}"),
            counted(sum(response.met == "between" for response in responses)),
        )
    return draft.sheet()


def _comparable(courses: Iterable[Course]) -> list[Course]:
    """The courses with one number before and after whose unit and scale are those of most of them."""
    whole = [c for c in courses if c.last is not None and c.last.size is not None and c.last.before is not None]
    scales: dict[tuple[str, Decimal | None, str], list[Course]] = {}
    for course in whole:
        # a score of unknown range may be another one in another paper
        known = course.bounds.high is not None or course.measure.kind != "score"
        own = "" if known else course.person.document
        scales.setdefault((course.after[0].unit, course.bounds.high, own), []).append(course)
    return max(scales.values(), key=len, default=[])


# --- groups


def group_table(outputs: Outputs) -> Sheet:
    """How many patients stand in each group, and in which direction their domains went."""
    draft = Draft(
        "groups",
        "Patients by diagnosis, source, route and dose",
        (
            Column("Grouping", width=1.1),
            Column("Group", width=2.2),
            Column("Patients", width=0.6, is_number=True),
            Column("Studies", width=0.6, is_number=True),
            Column("Improved / known, by domain", width=3),
            Column("Worsened / known, by domain", width=2),
        ),
        ("Each patient stands in one group of a grouping: several diagnoses or sources together are one of their own. "
         "Doses are the largest single one; stated and derived doses per kg are not mixed.",),
    )  # fmt: skip
    votes = domain_votes(all_courses(outputs))
    for grouping in GROUPINGS:
        for name, people in grouped(outputs.individuals, grouping).items():
            keys = {person.key for person in people}
            found = tallies(vote for vote in votes if vote.person.key in keys)
            draft.add(
                grouping.name,
                name,
                counted(len(people)),
                counted(len({person.document for person in people})),
                said(_by_domain(found, "improved"), missing=NONE),
                said(_by_domain([tally for tally in found if tally.counts["worsened"]], "worsened"), missing=NONE),
            )
    return draft.sheet()


def _by_domain(found: Iterable[Tally], vote: Vote) -> str:
    return "; ".join(f"{tally.domain} {tally.counts[vote]}/{tally.of}" for tally in found if tally.of)


# --- doses


def dose_table(outputs: Outputs) -> Sheet:
    """The doses by route: by vein apart from local ones, per kg as printed apart from computed."""
    draft = Draft(
        "doses",
        "Doses by route",
        (
            Column("Route", width=1.4),
            Column("Patients", width=0.7, is_number=True),
            Column("Cells per administration, × 10⁶", width=1.6),
            Column("Cells/kg stated, × 10⁶", width=1.6),
            Column("Cells/kg derived, × 10⁶", width=1.6),
            Column("Total cells by this route, × 10⁶", width=1.6),
        ),
        (
            "Median (n; range). n: administration rows in the first three, patients in the last; a printed range "
            "counts with both of its ends in the range and with their middle in the median. Totals and the fourth "
            "column are computed; a total counts only where every dose by that route is known.",
        ),
    )
    rows: dict[str, list[tuple[Person, Row]]] = {}
    for person in outputs.individuals:
        for row in person.administrations:
            rows.setdefault(row.text("route") or "route NR", []).append((person, row))
    for route, found in sorted(rows.items(), key=lambda item: (item[0] != INTRAVENOUS, -len(item[1]), item[0])):
        derived = [row.number("cells_per_kg_derived") for _, row in found]
        draft.add(
            route,
            counted(len({person.key for person, _ in found})),
            _doses([dose_of(row) for _, row in found]),
            _doses([dose_of(row, PER_KG) for _, row in found]),
            _doses([(number, number) for number in derived if number is not None], derived=True),
            _doses([(total, total) for total in _totals(found)], derived=True),
        )
    return draft.sheet()


def _doses(doses: Sequence[tuple[Decimal, Decimal] | None], *, derived: bool = False) -> Cell:
    known = [dose for dose in doses if dose is not None]
    if not known:
        return Cell(NONE if derived else NR)
    middle = median((low + high) / 2 for low, high in known)
    low, high = min(low for low, _ in known), max(high for _, high in known)
    ends = f"; {_million(low)} to {_million(high)}" if low != high else ""
    return Cell(f"{_million(middle)} (n = {len(known)}{ends})", None, derived)


def _million(number: Decimal) -> str:
    return plain((number / 1_000_000).quantize(Decimal("0.01")))


def _totals(found: Iterable[tuple[Person, Row]]) -> list[Decimal]:
    """The sum of the totals of each patient's rows, of those of whom every one is known."""
    by: dict[tuple[str, str], list[Decimal | None]] = {}
    for person, row in found:
        by.setdefault(person.key, []).append(row.number("total_cells_derived"))
    return [
        sum((total for total in totals if total is not None), Decimal(0))
        for totals in by.values()
        if None not in totals
    ]
