"""SYNTHESIS: the nine items of SWiM (Campbell et al., BMJ 2020;368:l6890), each with what was really done.

Items are in our words. Where only the authors of a review can answer, that is said in so many words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from extract.synthesis.direction import Course, all_courses
from extract.synthesis.grouping import GROUPINGS, domain_votes, grouped, tallies
from extract.synthesis.methods import Settings
from extract.synthesis.rows import Outputs
from extract.synthesis.sensitivity import FILTERS
from extract.synthesis.sheets import joined
from extract.synthesis.statistics import Pooled, Refused

State = Literal["done", "in part", "for the authors"]


class SwimItem(NamedTuple):
    """An item: its number, what it asks for, how far it is met, what was done, and the parts of the report that show
    it (name of the anchor, title)."""

    number: str
    asks: str
    state: State
    done: str
    shown: tuple[tuple[str, str], ...] = ()


def swim_items(outputs: Outputs, *, settings: Settings, pooled: Mapping[str, Pooled | Refused]) -> tuple[SwimItem, ...]:
    """The items of SWiM for a report, in their order."""
    courses = all_courses(outputs)
    return (
        _groups(outputs),
        SwimItem(
            "1b",
            "Changes to the groups after the protocol",
            "for the authors",
            "The program knows of no protocol. The groupings above are fixed in it and were not chosen by results.",
        ),
        _metric(courses),
        _methods(outputs, pooled),
        _priority(outputs),
        _heterogeneity(outputs),
        SwimItem(
            "6",
            "How certain the evidence is",
            "for the authors",
            "Not judged: no rating such as GRADE is made by a program. The appraisal sheets hold the words of each "
            "paper that bear on their items; judgements are the reviewers'.",
            (("reporting", "Appraisal"), ("table-completeness", "Completeness")),
        ),
        SwimItem(
            "7",
            "How data are presented",
            "done",
            "Tables with a line for each patient and for each measure, in the order of the papers; plots of the same "
            "tables, each with its data; effect directions by domain. Nothing is ordered by how well it went.",
            (("table-evidence", "Evidence table"), ("results", "Outcomes")),
        ),
        _results(outputs),
        _limits(courses, settings),
    )


def _groups(outputs: Outputs) -> SwimItem:
    sizes = ", ".join(f"{grouping.name} ({len(grouped(outputs.individuals, grouping))})" for grouping in GROUPINGS)
    return SwimItem(
        "1a",
        "Groups for the synthesis, and why these",
        "done",
        f"Patients were grouped by {sizes}; in brackets the number of groups. These are what differs between uses of "
        "cells: the disease, what was given, where and how much. Results were put together within domains of outcome; "
        "each patient stands in one group of a grouping.",
        (("table-groups", "Groups"),),
    )


def _metric(courses: tuple[Course, ...]) -> SwimItem:
    told = sum(course.last is not None and course.last.is_told for course in courses)
    percents = sum(course.last is not None and course.last.percent is not None for course in courses)
    met = sum(bool(course.responses) for course in courses)
    return SwimItem(
        "2",
        "The standardised metric and how it was made",
        "done",
        f"Direction of effect, known for {told} of {len(courses)} measures in single patients: nearly all that case "
        f"reports tell allows it. For {percents} the change in per cent of the scale's range, for {met} a published "
        "threshold. Nothing was converted but units.",
        (("table-outcomes", "Outcomes"), ("table-responses", "Thresholds")),
    )


def _methods(outputs: Outputs, pooled: Mapping[str, Pooled | Refused]) -> SwimItem:
    done = [name for name, result in pooled.items() if isinstance(result, Pooled)]
    votes = tallies(domain_votes(all_courses(outputs)))
    end = f"Pooled: {joined(done, ', ')}." if done else "No proportion was pooled: the reasons stand in the table."
    return SwimItem(
        "3",
        "How results were put together, and why not by meta-analysis",
        "done",
        f"Vote counting by direction in {len(votes)} domains, with exact intervals and the exact sign test; medians "
        "with n and range. An effect against no treatment cannot be had from cases without a control group. "
        f"Proportions over studies only where enough studies and patients are there. {end}",
        (("table-direction", "Direction of effect"), ("table-proportions", "Proportions")),
    )


def _priority(outputs: Outputs) -> SwimItem:
    reviewed = "only reviewed values" in outputs.filters
    return SwimItem(
        "4",
        "What was given priority in the summary",
        "done",
        "The first page tells first what the papers' own tables do not show: patients who got worse later, statements "
        "that contradict each other. Of two statements the itemised text counts before tables, figures, abstract and "
        "discussion, unless a reviewer decided. No study counts more than another for its quality."
        + (" Only reviewed values were used." if reviewed else ""),
        (("first", "First page"), ("table-conflicts", "Contradictions")),
    )


def _heterogeneity(outputs: Outputs) -> SwimItem:
    filters = joined((chosen.name for chosen in FILTERS), ", ")
    return SwimItem(
        "5",
        "How differences between studies were looked into",
        "in part",
        f"By showing directions by group, time class and dose, and by counting again {filters}. "
        f"With {len(outputs.individuals)} patients no test of subgroups was made.",
        (("table-times", "By time"), ("table-sensitivity", "Sensitivity")),
    )


def _results(outputs: Outputs) -> SwimItem:
    votes = [tally for tally in tallies(domain_votes(all_courses(outputs))) if tally.of]
    told = "; ".join(
        f"{tally.domain}: {tally.counts['improved']} of {tally.of} patients improved, {tally.counts['worsened']} "
        f"worsened ({tally.studies} {'study' if tally.studies == 1 else 'studies'})"
        for tally in votes
    )
    return SwimItem(
        "8",
        "The results of each synthesis",
        "done",
        f"At the last reading: {told}." if told else "No domain has a patient whose direction is known.",
        (("table-direction", "Direction of effect"), ("table-measures", "Measures")),
    )


def _limits(courses: tuple[Course, ...], settings: Settings) -> SwimItem:
    unknown = sum(course.last is None or not course.last.is_told for course in courses)
    parts = [
        "Cases are published for how they ended: what is counted here says nothing of how often cells help or harm.",
        "Nobody was compared with patients without cells.",
        f"The direction of {unknown} of {len(courses)} measures is not known." if unknown else "",
        "" if settings.only_reviewed else "Values that nobody has reviewed are among them.",
        "Votes give the small change and the large one the same weight.",
        "What the papers tell in pictures only was not read.",
    ]
    return SwimItem(
        "9",
        "Limits of the synthesis",
        "in part",
        " ".join(part for part in parts if part),
        (("table-sensitivity", "Sensitivity"), ("table-completeness", "Completeness")),
    )
