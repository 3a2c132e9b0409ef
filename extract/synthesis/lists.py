"""SYNTHESIS: adverse events, completeness of reporting, and the lists behind the tables: conflicts, later signs, what
was computed."""

from __future__ import annotations

from collections.abc import Iterable

from extract.model import plain
from extract.synthesis.completeness import ITEMS, Frame, Level, completeness_matrix, references
from extract.synthesis.direction import courses_of
from extract.synthesis.given import times
from extract.synthesis.later import later_signs
from extract.synthesis.measures import unit_table
from extract.synthesis.patient_tables import who
from extract.synthesis.rows import Outputs, Person, Row, Side
from extract.synthesis.safety import (
    STATES,
    EventCount,
    any_event,
    event_counts,
    serious_event,
    state,
)
from extract.synthesis.sheets import (
    NONE,
    NR,
    Cell,
    Column,
    Draft,
    Sheet,
    conflict_topic,
    counted,
    ids_of,
    large_numbers,
    percent,
    place_name,
    said,
)
from extract.synthesis.statistics import Share, exact_upper, rule_of_three
from extract.synthesis.summaries import share_text


def event_table(outputs: Outputs) -> Sheet:
    """Adverse events per patient and per administration, with exact intervals; the rule of three for none."""
    people = outputs.individuals
    states = [state(person) for person in people]
    draft = Draft(
        "adverse_events",
        "Adverse events per patient and per administration",
        (
            Column("Event", width=1.5),
            Column("with event/told (%; 95 % CI)", "Patients", 1.4),
            Column("if none: at most, rule of three (exact)", "Patients", 1.2),
            Column("denied in", "Patients", 0.7, is_number=True),
            Column("called serious in", "Patients", 0.7, is_number=True),
            Column("with event/all (%; 95 % CI)", "Administrations, at least", 1.4),
            Column("if none: at most, rule of three (exact)", "Administrations, at least", 1.2),
            Column("Who", width=2),
        ),
        (
            f"{len(people)} patients were given cells {_number_given(people)} times. Of adverse events the papers "
            f"tell: " + ", ".join(f"{_STATE_NAMES[name]} {states.count(name)}" for name in STATES) + ".",
            "Patients: of those of whom events are told or denied; an event that never occurred counts only those in "
            "whom it was denied, by itself or because none occurred at all. Silence is not absence.",
            "Administrations: each patient counts once an event, since papers hardly ever say how often: a lower "
            "limit. Intervals are exact (Clopper–Pearson) and take events for independent. At most: upper 95 % limit "
            "after none, 3/n (Hanley and Lippman-Hand) and exact one-sided.",
            *_group_remark(outputs),
        ),
    )
    for count in (any_event(people), serious_event(people), *event_counts(people)):
        draft.add(*_event(draft, count))
    return draft.sheet()


MOST_NAMES = 8
"""More people than that are not named in a cell."""

_STATE_NAMES = {
    "events": "events in",
    "none stated": "none stated in",
    "some denied": "only some denied in",
    "not reported": "nothing (not reported) in",
}


def _number_given(people: Iterable[Person]) -> str:
    given = [times(person) for person in people]
    least, most = sum(number.least for number in given), sum(number.most for number in given)
    text = str(least) if least == most else f"{least} to {most}"
    return text if all(number.told for number in given) else f"at least {text}"


def _group_remark(outputs: Outputs) -> tuple[str, ...]:
    if not outputs.groups:
        return ()
    sizes = ", ".join(f"{group.study} ({group.n if group.n is not None else NR})" for group in outputs.groups)
    return (f"Not counted, since told of groups only: {sizes}.",)


def _event(draft: Draft, count: EventCount) -> Iterable[Cell]:
    lower = [] if count.counts_told else ["The number of administrations is itself a lower limit."]
    names = [person.name for person in count.who] if len(count.who) <= MOST_NAMES else [f"{len(count.who)} patients"]
    yield said(count.event)
    yield said(share_text(count.patients))
    yield _limit(count.patients)
    yield counted(count.denied)
    yield counted(len(count.who) if count.event == "serious adverse event" else count.serious)
    yield said(share_text(count.administrations), draft.notes(lower))
    yield _limit(count.administrations)
    yield said("; ".join(names), missing=NONE)


def _limit(share: Share) -> Cell:
    """The upper limit after none in n."""
    if share.hits or not share.of:
        return Cell(NONE)
    rule, exact = rule_of_three(share.of), exact_upper(share.of)
    return Cell(f"{percent(rule)} % ({percent(exact)} %)") if rule is not None and exact is not None else Cell(NONE)


# --- completeness


SHORT: dict[Level, str] = {"reported": "yes", "partly": "part", "NR": "NR", "not read": "?"}
"""How the levels stand in the narrow cells."""

FRAMES: dict[Frame, str] = {"DOSES": "DOSES", "CARE": "CARE", "extraction": "Needed for this review"}


def completeness_table(outputs: Outputs) -> Sheet:
    """What is reported of the items of DOSES and CARE and of what an evidence table needs: a heat table."""
    draft = Draft(
        "completeness",
        "Completeness of reporting",
        (
            Column("Study, patient", width=1.8),
            *(
                Column(f"{item.number} {item.name}".strip(), FRAMES[item.frame], 0.55, is_upright=True)
                for item in ITEMS
            ),
        ),
        (
            "yes: all parts of the item are reported; part: some are; NR: looked for and not found; ?: the program "
            "does not look for it, which says nothing about the paper: two of the five DOSES items and six of the "
            "thirteen CARE items need a reader.",
            f"{references()} Items in our words.",
        ),
    )
    for person, told in completeness_matrix(outputs):
        cells = []
        for one in told:
            notes = draft.notes([f"Not found: {', '.join(one.missing)}."]) if one.level == "partly" else ()
            cells.append(Cell(SHORT[one.level], notes=notes, level=one.level))
        draft.add(f"{person.study}, {who(person)}", *cells)
    return draft.sheet()


# --- lists


def conflict_table(outputs: Outputs) -> Sheet:
    """Every contradiction within a paper with both statements."""
    draft = Draft(
        "conflicts",
        "Contradictions within a paper",
        (
            Column("Study, patient", width=1.3),
            Column("About", width=1.2),
            Column("says", "One statement", 1),
            Column("words", "One statement", 2.2),
            Column("says", "The other statement", 1),
            Column("words", "The other statement", 2.2),
            Column("Preferred", width=1),
            Column("Weight", width=0.6),
            Column("Settled", width=0.8),
        ),
        (
            "Both statements are kept. Preferred: by the order of trust (itemised text before tables, figures, "
            "abstract and discussion) or by a reviewer. Weight: major: it changes a cell that people read.",
        ),
    )
    for conflict in outputs.conflicts:
        study = outputs.studies.get(conflict.document, conflict.document)
        draft.add(
            f"{study}, {conflict.patient}" if conflict.patient else f"{study}, whole paper",
            conflict_topic(conflict),
            _side(conflict.a),
            said(conflict.a.quote, missing=NONE),
            _side(conflict.b),
            said(conflict.b.quote, missing=NONE),
            said(large_numbers(conflict.chosen), missing="none"),
            conflict.severity,
            f"by {conflict.reviewer}" if conflict.is_settled else "no",
        )
    return draft.sheet()


def _side(side: Side) -> str:
    page = f", page {side.page}" if side.page else ""
    return f"{large_numbers(side.value)} ({place_name(side.where)}{page})"


def later_table(outputs: Outputs) -> Sheet:
    """Signs that a patient got worse again, or was treated again, after the first cells."""
    draft = Draft(
        "later",
        "Later signs: worse again, treated again",
        (
            Column("Study, patient", width=1.3),
            Column("Sign", width=1),
            Column("What", width=2),
            Column("When", width=1),
            Column("In a table of the paper", width=0.7),
            Column("Words", width=3.4),
        ),
        (
            "Found in values, events and treatments of the tables. A sign is no judgement: it says where to look. "
            "Told as worse: no change can be computed, but the sentence speaks of worsening.",
        ),
    )
    units = unit_table(outputs.schema)
    for person in outputs.treated:
        for sign in later_signs(person, courses_of(outputs, person, units)):
            draft.add(
                f"{person.study}, {who(person)}",
                sign.kind,
                Cell(sign.text or NR, values=(sign.value,) if sign.value else ()),
                said(sign.when),
                "yes" if sign.in_table else "no",
                said(sign.quote, missing=NONE),
            )
    return draft.sheet()


def derived_table(outputs: Outputs) -> Sheet:
    """Every value that was computed, with its formula."""
    draft = Draft(
        "derived",
        "Computed values and their formulas",
        (
            Column("Study, patient", width=1.4),
            Column("Table", width=1),
            Column("Value of", width=1.4),
            Column("Value", width=1, is_number=True),
            Column("Computed as", width=3),
        ),
        (
            "Only numbers; what was looked up (codes, classes, directions of scales) or counted by the program is left "
            "out.",
        ),
    )
    for person in outputs.treated:
        for row in (person.row, *person.administrations):
            for name, value in row.values.items():
                if not value.is_derived or value.number is None or not name.endswith("_derived"):
                    continue
                if not value.formula.endswith("× 1"):
                    draft.add(
                        f"{person.study}, {who(person)}",
                        _table_name(row),
                        name.removesuffix("_derived").replace("_", " "),
                        Cell(large_numbers(plain(value.number)), value.number, True, values=ids_of([value])),
                        said(large_numbers(value.formula)),
                    )
    return draft.sheet()


def _table_name(row: Row) -> str:
    return f"{row.table} {row.text('administration')}".strip()
