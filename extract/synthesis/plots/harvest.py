"""SYNTHESIS: the harvest plot: where the studies stand: a bar for each, as tall as its number of patients, in the field
of the direction that these patients went (Ogilvie et al., BMC Med Res Methodol 2008;8:8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.synthesis.direction import all_courses
from extract.synthesis.grouping import DomainVote, Tally, Vote, domain_votes, tallies
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import (
    GREY,
    GRID,
    INK,
    LINE,
    SIZE,
    STRIPE,
    TINY,
    WIDTH,
    KeyEntry,
    balanced,
    canvas,
    counted,
    draw_key,
    fit,
    key_height,
    left_out_by,
    new_figure,
    page_name,
    page_title,
    sentences,
    text_width,
)
from extract.synthesis.plots.marks import VOTE_LOOK, face, review_key, review_words, rows_reviewed
from extract.synthesis.plots.plot import Data, Plot, style, yes_no
from extract.synthesis.rows import Outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "harvest"
TITLE = "Direction of effect in each study, by domain"
COLUMNS = ("domain", "direction", "number", "study", "document", "patients", "patients_with_measure", "reviewed")

FIELDS: tuple[tuple[str, tuple[Vote, ...]], ...] = (
    ("worsened", ("worsened",)),
    ("unchanged", ("unchanged",)),
    ("mixed", ("mixed",)),
    ("improved", ("improved",)),
    ("not to be told", ("unclear", "not assessed")),
)
"""The fields of a row, from worse to better, and last what has no direction."""

DOMAINS = 12
"""Domains of a page."""

ROW, HEADS, NAMES = 0.58, 0.3, 1.1
BAR, SMALLEST_FIELD = 0.15, 0.72
"""Inches of a bar with the space beside it, as long as there is room, and of the narrowest field."""

NUMBERS = 5.5
"""Points of the numbers of studies."""

MOST_KEYED = 60
"""Studies whose number is explained below the plot; of more the data tells."""


@dataclass(frozen=True)
class _Bar:
    """The patients of one study that went one way in a domain."""

    number: int
    document: str
    study: str
    votes: tuple[DomainVote, ...]

    @property
    def reviewed(self) -> bool:
        return rows_reviewed(row for vote in self.votes for _, change in vote.changes for row in change.rows)


_Fields = Mapping[str, Sequence[_Bar]]


def harvest(outputs: Outputs) -> tuple[Plot, ...]:
    """A bar for each study in each domain and direction, at the last reading."""
    courses = all_courses(outputs)
    votes = domain_votes(courses)
    if not votes:
        return (empty_plot(KIND, TITLE, "No patient who was given cells has an outcome.", COLUMNS),)
    numbers: dict[str, int] = {}
    for vote in votes:
        numbers.setdefault(vote.person.document, len(numbers) + 1)
    names = {vote.person.document: vote.person.study for vote in votes}
    pages = balanced([(tally, _fields(tally.domain, votes, numbers)) for tally in tallies(votes)], DOMAINS)
    plots = []
    for number, own in enumerate(pages):
        there = {bar.document for _, fields in own for bars in fields.values() for bar in bars}
        studies = [(numbers[document], names[document]) for document in names if document in there]
        with style():
            figure = _page(own, studies)
        caption = sentences(
            f"{counted(len(own), 'domain')}, {counted(len(there), 'study', 'studies')}. Each bar is a study; its "
            "height and the number on it are patients, the number below is that of the study. Patients of one study "
            "may have gone different ways. Where bars are too narrow, patients and studies are told below them. n: "
            "patients with a measure of the domain. All measures of a patient in a domain at the last reading count "
            "together, by each scale's own better direction.",
            f"The names of the studies are in the data, since they are more than {MOST_KEYED}."
            if len(studies) > MOST_KEYED
            else "",
            review_words(courses),
            left_out_by(outputs),
        )
        data = tuple(
            (tally.domain, field, str(bar.number), bar.study, bar.document, str(len(bar.votes)),
             str(tally.with_measure), yes_no(bar.reviewed))
            for tally, fields in own
            for field, bars in fields.items()
            for bar in bars
        )  # fmt: skip
        title = page_title(TITLE, number, len(pages))
        plots.append(Plot(page_name(KIND, number), KIND, title, caption, _alt(own), figure, Data(COLUMNS, data)))
    return tuple(plots)


def _fields(domain: str, votes: Sequence[DomainVote], numbers: Mapping[str, int]) -> _Fields:
    out: dict[str, list[_Bar]] = {}
    for field, included in FIELDS:
        by: dict[str, list[DomainVote]] = {}
        for vote in votes:
            if vote.domain == domain and vote.vote in included:
                by.setdefault(vote.person.document, []).append(vote)
        out[field] = [
            _Bar(numbers[document], document, found[0].person.study, tuple(found)) for document, found in by.items()
        ]
    return out


def _alt(rows: Sequence[tuple[Tally, _Fields]]) -> str:
    told = []
    for tally, fields in rows:
        parts = [
            f"{sum(len(bar.votes) for bar in bars)} patients of {counted(len(bars), 'study', 'studies')} {field}"
            for field, bars in fields.items()
            if bars
        ]
        told.append(f"{tally.domain}: {', '.join(parts)}")
    return f"Harvest plot. {'; '.join(told)}."


# --- drawing


def _page(rows: Sequence[tuple[Tally, _Fields]], studies: Sequence[tuple[int, str]]) -> Figure:
    key = review_key(bar.reviewed for _, fields in rows for bars in fields.values() for bar in bars)
    key = [KeyEntry({**entry.look, "marker": "s"}, entry.words) for entry in key]
    tall = ROW * len(rows)
    keyed = studies if len(studies) <= MOST_KEYED else []
    lines = -(-len(keyed) // 4)
    foot = HEADS + tall + 0.12
    figure = new_figure(foot + lines * LINE + 0.08 + key_height(key, WIDTH - 0.2))
    page = canvas(figure)
    widths = _widths([fields for _, fields in rows])
    highest = max(len(bar.votes) for _, fields in rows for bars in fields.values() for bar in bars)
    left = NAMES
    for field, _ in FIELDS:
        page.text(left + widths[field] / 2, HEADS - 0.1, field, size=SIZE, weight="bold", color=INK, ha="center",
                  va="center")  # fmt: skip
        left += widths[field]
    for index, (tally, fields) in enumerate(rows):
        top = HEADS + index * ROW
        if index % 2:
            page.fill_between([0.06, left], top, top + ROW, color=STRIPE, linewidth=0)
        page.text(0.12, top + ROW / 2 - 0.06, fit(tally.domain, NAMES - 0.16), size=SIZE, color=INK, va="center")
        page.text(0.12, top + ROW / 2 + 0.07, f"n = {tally.with_measure}", size=TINY, color=GREY, va="center")
        start = NAMES
        for field, included in FIELDS:
            _draw_field(page, start, top, widths[field], fields[field], included[0], highest)
            start += widths[field]
    edge = NAMES
    for field, _ in FIELDS:
        page.plot([edge, edge], [HEADS, HEADS + tall], color=GRID, linewidth=0.6, zorder=1)
        edge += widths[field]
    page.plot([0.06, left], [HEADS, HEADS], color=INK, linewidth=0.5)
    _list_studies(page, keyed, foot)
    draw_key(page, key, 0.1, foot + lines * LINE + 0.06, WIDTH - 0.2)
    return figure


def _widths(rows: Sequence[_Fields]) -> dict[str, float]:
    """The inches of each field: room for its bars in the fullest row, narrower bars where all cannot have it."""
    most = {field: max(len(fields[field]) for fields in rows) for field, _ in FIELDS}
    wanted = {field: max(SMALLEST_FIELD, BAR * number + 0.1) for field, number in most.items()}
    room = WIDTH - NAMES - 0.06
    spare = room - sum(wanted.values())
    if spare >= 0:
        return {field: wide + spare * wide / sum(wanted.values()) for field, wide in wanted.items()}
    beyond = sum(wide - SMALLEST_FIELD for wide in wanted.values())
    free = room - SMALLEST_FIELD * len(FIELDS)
    return {field: SMALLEST_FIELD + free * (wide - SMALLEST_FIELD) / beyond for field, wide in wanted.items()}


def _draw_field(
    page: Axes, left: float, top: float, wide: float, bars: Sequence[_Bar], vote: Vote, highest: int
) -> None:
    if not bars:
        return
    colour = VOTE_LOOK[vote][1]
    step = min(BAR, (wide - 0.08) / len(bars))
    start = left + (wide - step * len(bars)) / 2
    widest = max(text_width(str(bar.number), NUMBERS) for bar in bars)
    is_roomy = step >= max(0.1, widest + 0.03)
    floor = top + ROW - 0.12
    room = ROW - 0.12 - 0.12
    for index, bar in enumerate(bars):
        x = start + index * step
        high = room * len(bar.votes) / highest
        (patch,) = page.bar(
            [x + step / 2], [-high], bottom=[floor], width=step * 0.72, color=face(colour, reviewed=bar.reviewed),
            edgecolor=colour, linewidth=min(0.7, 5 * step), zorder=2,
        )  # fmt: skip
        patch.set_label(f"bar:{bar.study}")
        if is_roomy:
            page.text(x + step / 2, floor - high - 0.045, str(len(bar.votes)), size=TINY, color=INK, ha="center",
                      va="center")  # fmt: skip
            page.text(x + step / 2, floor + 0.055, str(bar.number), size=NUMBERS, color=GREY, ha="center", va="center")
    if not is_roomy:
        words = f"{sum(len(bar.votes) for bar in bars)} in {len(bars)}"
        page.text(left + wide / 2, floor + 0.06, words, size=TINY, color=INK, ha="center", va="center")


def _list_studies(page: Axes, studies: Sequence[tuple[int, str]], top: float) -> None:
    down = -(-len(studies) // 4)
    wide = (WIDTH - 0.2) / 4
    for index, (number, name) in enumerate(studies):
        column, line = divmod(index, down)
        page.text(0.1 + column * wide, top + (line + 0.5) * LINE, fit(f"{number}  {name}", wide - 0.1, TINY), size=TINY,
                  color=INK, va="center_baseline", label=f"study:{name}")  # fmt: skip
