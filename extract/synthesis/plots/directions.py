"""SYNTHESIS: the direction of effect, patient by patient and study by study.

The effect-direction plot has a row for each patient and a column for each domain (Boon and Thomson, Res Synth Methods
2021;12:29-33); the harvest plot a bar for each study, as tall as its number of patients, in the field of the direction
that they went (Ogilvie et al., BMC Med Res Methodol 2008;8:8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from extract.synthesis.direction import all_courses
from extract.synthesis.grouping import VOTES, DomainVote, Tally, domain_votes, tallies
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import (
    GREY,
    INK,
    SIZE,
    STRIPE,
    TINY,
    WIDTH,
    KeyEntry,
    balanced,
    canvas,
    counted,
    draw_key,
    fit_name,
    key_height,
    left_out_by,
    listed,
    new_figure,
    number_of,
    page_name,
    page_title,
    sentences,
    text_width,
)
from extract.synthesis.plots.marks import (
    VOTE_LOOK,
    VOTE_WORDS,
    review_key,
    review_words,
    rows_reviewed,
    vote_look,
)
from extract.synthesis.plots.plot import Data, Plot, style, yes_no
from extract.synthesis.rows import Outputs, Person

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "directions"
TITLE = "Direction of effect in each patient, by domain"
COLUMNS = (
    "study", "document", "patient", "domain", "direction", "measures", "measures_with_direction", "changes",
    "depends_on_conflict", "reviewed",
)  # fmt: skip

ROWS, MOST_PAGES = 38, 12
MOST_DOMAINS = 16
"""Patients of a page, pages, and domains: those of fewest patients stand in the data only."""

ROW, NAMES, LEFT = 0.205, 1.5, 0.06


def directions(outputs: Outputs) -> tuple[Plot, ...]:
    """The direction in each domain of every patient who has a measure of it, at the last reading."""
    courses = all_courses(outputs)
    votes = domain_votes(courses)
    if not votes:
        return (empty_plot(KIND, TITLE, "No patient who was given cells has an outcome.", COLUMNS),)
    totals = tallies(votes)
    shown, few = totals[:MOST_DOMAINS], totals[MOST_DOMAINS:]
    by_person: dict[tuple[str, str], list[DomainVote]] = {}
    for vote in votes:
        by_person.setdefault(vote.person.key, []).append(vote)
    people = [(own[0].person, tuple(own)) for own in by_person.values()]
    without = len(outputs.individuals) - len(people)
    drawn, over = people[: ROWS * MOST_PAGES], people[ROWS * MOST_PAGES :]
    pages = balanced(drawn, ROWS)
    plots = []
    for number, own in enumerate(pages):
        last = number == len(pages) - 1
        with style():
            figure = _page(own, shown, number_of(len(own), len(people)), totals=last)
        caption = sentences(
            f"{counted(len(own), 'patient')}, {counted(len(shown), 'domain')}; below the heads the patients with a "
            "measure of the domain. Each mark sums up a patient's measures of a domain at the last reading after the "
            "cells against the last before them, by each scale's own better direction; the number is that of measures "
            "with a direction, of all measures where some have none. †: the direction is another one if the other "
            "side of a conflict in the paper is right.",
            "At the foot: improved of all patients whose direction is known." if last else "",
            f"In the data only, since fewest patients have them: {listed(tally.domain for tally in few)}."
            if few
            else "",
            f"{counted(len(over), 'patient')} did not find room and stand in the data only." if over else "",
            f"{counted(without, 'patient')} without any outcome {'is' if without == 1 else 'are'} not drawn."
            if without
            else "",
            review_words(courses),
            left_out_by(outputs),
        )
        data = [row for _, found in (*own, *(over if last else ())) for row in _rows(found)]
        title = page_title(TITLE, number, len(pages))
        plots.append(
            Plot(page_name(KIND, number), KIND, title, caption, _alt(shown), figure, Data(COLUMNS, tuple(data)))
        )
    return tuple(plots)


def _rows(votes: Sequence[DomainVote]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for vote in votes:
        person = vote.person
        changes = "; ".join(
            f"{course.measure.title} {change.before.text if change.before else 'NR'} → {change.after.text} "
            f"({change.direction})"
            for course, change in vote.changes
        )
        told = sum(change.is_told for _, change in vote.changes)
        rows.append((
            person.study, person.document, person.patient, vote.domain, vote.vote, str(len(vote.changes)), str(told),
            changes, yes_no(_hangs(vote)), yes_no(_reviewed(vote)),
        ))  # fmt: skip
    return rows


def _hangs(vote: DomainVote) -> bool:
    return any(not change.holds for _, change in vote.changes)


def _reviewed(vote: DomainVote) -> bool:
    return rows_reviewed(row for _, change in vote.changes for row in change.rows)


def _alt(totals: Sequence[Tally]) -> str:
    told = "; ".join(f"{tally.domain}: {_improved(tally)} improved" for tally in totals)
    return f"Direction of effect, a row for each patient and a column for each domain. {told}."


def _improved(tally: Tally) -> str:
    return f"{tally.counts['improved']} of {tally.of}"


def _page(
    people: Sequence[tuple[Person, Sequence[DomainVote]]], domains: Sequence[Tally], n: str, *, totals: bool
) -> Figure:
    votes = [vote for _, found in people for vote in found]
    key = _key(votes)
    wide = min(0.62, (WIDTH - LEFT - NAMES) / len(domains))
    heads = max(text_width(tally.domain) for tally in domains)
    upright = heads > wide - 0.06
    top = (heads if upright else 0.12) + 0.3
    tall = ROW * len(people)
    foot = top + tall + (0.3 if totals else 0.1)
    width = max(LEFT + NAMES + wide * len(domains) + 0.1, 3.5)
    figure = new_figure(foot + key_height(key, width - 0.2), width)
    page = canvas(figure)
    page.text(LEFT + NAMES - 0.08, top - 0.24, n, size=SIZE, color=GREY, ha="right", va="center")
    right = LEFT + NAMES + wide * len(domains)
    for column, tally in enumerate(domains):
        x = LEFT + NAMES + (column + 0.5) * wide
        page.text(x, top - 0.2, tally.domain, size=SIZE, color=INK, ha="center", va="bottom",
                  rotation=90 if upright else 0, label=f"domain:{tally.domain}")  # fmt: skip
        page.text(x, top - 0.1, str(tally.with_measure), size=TINY, color=GREY, ha="center", va="center")
        if totals:
            page.text(x, top + tall + 0.1, f"{tally.counts['improved']}/{tally.of}", size=TINY, color=INK, ha="center",
                      va="center_baseline")  # fmt: skip
    page.text(LEFT + NAMES - 0.08, top - 0.1, "patients with a measure", size=TINY, color=GREY, ha="right", va="center")
    if totals:
        page.plot([LEFT, right], [top + tall, top + tall], color=INK, linewidth=0.5)
        page.text(LEFT + NAMES - 0.08, top + tall + 0.1, "improved / known", size=SIZE, color=INK, ha="right",
                  va="center_baseline")  # fmt: skip
    page.plot([LEFT, right], [top, top], color=INK, linewidth=0.5)
    columns = {tally.domain: LEFT + NAMES + (column + 0.5) * wide for column, tally in enumerate(domains)}
    for number, (person, found) in enumerate(people):
        y = top + (number + 0.5) * ROW
        if number % 2:
            page.fill_between([LEFT, right], y - ROW / 2, y + ROW / 2, color=STRIPE, linewidth=0)
        page.text(LEFT + NAMES - 0.08, y, fit_name(person.study, person.patient, NAMES - 0.1), size=SIZE, color=INK,
                  ha="right", va="center_baseline", label=f"name:{person.name}")  # fmt: skip
        for vote in found:
            if vote.domain in columns:
                _mark(page, columns[vote.domain], y, vote)
    draw_key(page, key, 0.1, foot, width - 0.2)
    return figure


def _mark(page: Axes, x: float, y: float, vote: DomainVote) -> None:
    label = f"vote:{vote.person.name}:{vote.domain}"
    page.plot([x - 0.05], [y], linestyle="none", label=label, **vote_look(vote.vote, reviewed=_reviewed(vote)))
    told, measures = sum(change.is_told for _, change in vote.changes), len(vote.changes)
    words = "" if told == 0 or measures == 1 else str(told) if told == measures else f"{told}/{measures}"
    page.text(x + 0.02, y, words + ("†" if _hangs(vote) else ""), size=TINY, color=INK, va="center_baseline")


def _key(votes: Sequence[DomainVote]) -> list[KeyEntry]:
    ordered = sorted(votes, key=lambda vote: VOTES.index(vote.vote))
    found = {VOTE_LOOK[vote.vote]: vote.vote for vote in ordered}
    entries = [KeyEntry(vote_look(vote), VOTE_WORDS[vote]) for vote in found.values()]
    entries += review_key(_reviewed(vote) for vote in votes)
    if any(_hangs(vote) for vote in votes):
        entries.append(KeyEntry({}, "†: hangs on a conflict"))
    return entries
