"""SYNTHESIS: the flow of papers: identified, duplicates, excluded with reason, included.

After PRISMA 2020 (Page et al., BMJ 2021;372:n71), from documents.csv and, where there is one, the manifest of decisions
on papers. Each record ends in exactly one place. Without a manifest the flow begins with the files that were read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.synthesis.outputs import decisions_on
from extract.synthesis.plots.layout import (
    INK,
    LINE,
    SIZE,
    TINY,
    WIDTH,
    canvas,
    counted,
    new_figure,
    sentences,
    text_width,
    wrap,
)
from extract.synthesis.plots.plot import Data, Plot, style
from extract.synthesis.rows import Outputs, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "prisma"
TITLE = "Flow of papers"
COLUMNS = ("stage", "box", "reason", "records", "documents")

MOST_REASONS = 9
"""Reasons that a box names; the others stand in the data."""

NO_REASON = "reason not told"

UNREADABLE = {
    "encrypted": "protected by a password",
    "no_text_layer": "pictures of pages without text",
    "not_a_pdf": "not a PDF",
    "not_jats": "not an article in JATS XML",
    "timeout": "took too long to read",
    "out_of_memory": "needed too much memory",
    "crashed": "could not be read",
}
UNUSABLE = {
    "no_case_found": "no case (a review or the like)",
    "no_cell_therapy": "patients, but no cells given",
    "": "no patient found",
}
"""What reasons of documents.csv are in words."""


@dataclass(frozen=True)
class Box:
    """A box of the flow: its title, the records in it, and the records by reason."""

    stage: str
    title: str
    records: tuple[str, ...]
    reasons: Mapping[str, tuple[str, ...]]
    note: str = ""

    @property
    def n(self) -> int:
        """How many records it holds."""
        return len(self.records)


@dataclass(frozen=True)
class Step:
    """A box of the flow, and the box of those that leave it there."""

    box: Box
    leaving: Box | None = None


def prisma(outputs: Outputs, manifest: Sequence[Mapping[str, str]] | None = None) -> tuple[Plot, ...]:
    """The flow of papers. ``outputs``: with all papers, those that the manifest excludes included."""
    steps = flow(outputs, manifest)
    with style():
        figure = _figure(steps)
    rows = [row for step in steps for box in (step.box, step.leaving) if box is not None for row in _rows(box)]
    undecided = sum(not row["decision"] for row in manifest or ())
    reviewers = {row["reviewer"] for row in manifest or () if row.get("reviewer")}
    caption = sentences(
        "Each record ends in one box; boxes at the right hold those that left, with the reason."
        if manifest is not None
        else "No manifest was given: where papers were searched, and which were left out before the program read them, "
        "is not known. The flow begins with the files that were read.",
        f"{counted(undecided, 'record')} of the manifest {'has' if undecided == 1 else 'have'} no decision yet and "
        f"{'counts' if undecided == 1 else 'count'} as not excluded."
        if undecided
        else "",
        f"Decisions of {counted(len(reviewers), 'reviewer')}." if reviewers else "",
        _partial(outputs.papers),
    )
    alt = "Flow diagram. " + "; ".join(
        f"{box.title}: {box.n}" for step in steps for box in (step.box, step.leaving) if box is not None
    )
    return (Plot(KIND, KIND, TITLE, caption, f"{alt}.", figure, Data(COLUMNS, tuple(rows)), not outputs.papers),)


def _partial(papers: Sequence[Row]) -> str:
    partly = sum(paper.text("status") == "partial" for paper in papers)
    return f"{counted(partly, 'paper')} could be read in part only." if partly else ""


def _rows(box: Box) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(box.stage, box.title, "", str(box.n), "; ".join(box.records))]
    for reason, records in box.reasons.items():
        rows.append((box.stage, box.title, reason, str(len(records)), "; ".join(records)))
    return rows


# --- the records


def flow(outputs: Outputs, manifest: Sequence[Mapping[str, str]] | None = None) -> tuple[Step, ...]:
    """The boxes of the flow, from all records to the studies included."""
    papers = {paper.document: paper for paper in outputs.papers}
    rows = manifest or ()
    deciding = decisions_on(papers.values(), rows)
    record = _records(rows)
    # the row that decides a paper stands for it, so that none is counted twice
    named = {document: record[id(deciding[document])] if document in deciding else document for document in papers}
    taken = {id(row) for row in deciding.values()}
    unread = [row for row in rows if id(row) not in taken]
    everything = [*named.values(), *(record[id(row)] for row in unread)]
    sources = _by([(record[id(row)], row.get("source") or "source not told") for row in rows])
    if manifest is not None and (stray := [document for document in papers if document not in deciding]):
        sources["files without a line in the manifest"] = tuple(stray)

    def decided(document: str) -> str:
        return deciding[document]["decision"] if document in deciding else ""

    same = [d for d, paper in papers.items() if paper.text("reason") == "duplicate_file"]
    marked = [d for d in papers if decided(d) == "duplicate" and d not in same]
    left = [d for d in papers if d not in same and d not in marked and decided(d) != "excluded"]
    excluded = [
        *((named[d], _reason(deciding[d])) for d in papers if decided(d) == "excluded" and d not in same),
        *((record[id(row)], _reason(row)) for row in unread if row["decision"] == "excluded"),
    ]
    # another row of a paper that another row keeps is the same paper found twice
    files = set(papers)
    again = [row for row in unread if row["document"] in files and row["decision"] in ("included", "")]
    missing = [record[id(row)] for row in unread if row["decision"] in ("included", "") and row not in again]
    marks = [record[id(row)] for row in unread if row["decision"] == "duplicate"]
    duplicates = {
        "marked by a reviewer": (*(named[d] for d in marked), *marks),
        "the same file": tuple(named[d] for d in same),
        "another line on the same paper": tuple(record[id(row)] for row in again),
    }
    failed = [d for d in left if papers[d].text("status") == "failed"]
    read = [d for d in left if d not in failed]
    told = {person.document for person in outputs.treated}
    without = [d for d in read if d not in told]
    included = [d for d in read if d in told]

    duplicate = _box("Identification", "Duplicates removed", {k: v for k, v in duplicates.items() if v})
    title = "Records identified" if manifest is not None else "Files given to the program"
    first = Box("Identification", title, tuple(everything), sources)
    steps = [Step(first, duplicate)]
    away = set(duplicate.records)
    if manifest is not None:
        screened = tuple(record for record in everything if record not in away)
        out = _box("Screening", "Records excluded", _by(excluded))
        steps.append(Step(Box("Screening", "Records screened", screened, {}), out))
        away |= set(out.records)
        wanted = tuple(record for record in everything if record not in away)
        absent = _box("Screening", "Reports not retrieved: no file was read", {"": tuple(missing)})
        steps.append(Step(Box("Screening", "Reports sought", wanted, {}), absent))
    unreadable = [
        (named[d], UNREADABLE.get(papers[d].text("reason"), papers[d].text("reason") or NO_REASON)) for d in failed
    ]
    unusable = [(named[d], UNUSABLE.get(papers[d].text("reason"), UNUSABLE[""])) for d in without]
    steps.append(
        Step(
            Box("Screening", "Reports retrieved", tuple(named[d] for d in left), {}),
            _box("Screening", "Reports not readable", _by(unreadable)),
        )
    )
    steps.append(
        Step(
            Box("Screening", "Reports read", tuple(named[d] for d in read), {}),
            _box("Screening", "Reports without patients who were given cells",
                 _by(unusable)),
        )
    )  # fmt: skip
    steps.append(
        Step(Box("Included", "Studies included", tuple(named[d] for d in included), {}, _people(outputs, included)))
    )
    return tuple(steps)


def _records(manifest: Sequence[Mapping[str, str]]) -> dict[int, str]:
    """A name for each row of the manifest, by identity: no two have the same."""
    names = [row["document"] or row["doi"] or "a record without a name" for row in manifest]
    often = Counter(names)
    return {
        id(row): f"{name} (line {line})" if often[name] > 1 or not row["document"] else name
        for line, (row, name) in enumerate(zip(manifest, names, strict=True), 2)
    }


def _reason(row: Mapping[str, str]) -> str:
    return row.get("reason") or NO_REASON


def _by(records: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Records by reason, the reason of most records first."""
    out: dict[str, list[str]] = {}
    for record, reason in records:
        out.setdefault(reason, []).append(record)
    return {reason: tuple(found) for reason, found in sorted(out.items(), key=lambda item: (-len(item[1]), item[0]))}


def _box(stage: str, title: str, reasons: Mapping[str, tuple[str, ...]]) -> Box:
    records = tuple(record for found in reasons.values() for record in found)
    return Box(stage, title, records, {reason: found for reason, found in reasons.items() if reason})


def _people(outputs: Outputs, included: Sequence[str]) -> str:
    """Who is in the included papers."""
    individuals = [person for person in outputs.individuals if person.document in included]
    groups = [person for person in outputs.groups if person.document in included]
    pairs = [row for row in outputs.overlaps if row.text("document_a") in included]
    return "\n".join(
        part
        for part in (
            f"{counted(len(individuals), 'patient')} told of one by one",
            f"{counted(len(groups), 'group')} of {sum(person.n or 0 for person in groups)} patients" if groups else "",
            f"{counted(len(pairs), 'pair')} of reports that may be of one person" if pairs else "",
        )
        if part
    )


# --- drawing

BAR, LEFT, BOX, BETWEEN = 0.3, 0.42, 3.0, 0.42
PAD, SPACE = 0.09, 0.2


def _figure(steps: Sequence[Step]) -> Figure:
    texts = [(_lines(step.box), _lines(step.leaving) if step.leaving is not None else []) for step in steps]
    talls = [max(_tall(here), _tall(away)) for here, away in texts]
    stages = [step.box.stage for step in steps]
    # the name of a stage stands upright beside its boxes and needs their height
    talls = [
        tall if stages.count(stage) > 1 else max(tall, text_width(stage, SIZE, "bold") + 0.12)
        for tall, stage in zip(talls, stages, strict=True)
    ]
    height = 0.1 + sum(talls) + SPACE * (len(steps) - 1) + 0.1
    figure = new_figure(height)
    page = canvas(figure)
    right = LEFT + BOX + BETWEEN
    tops, y = [], 0.1
    for tall in talls:
        tops.append(y)
        y += tall + SPACE
    for index, (step, (here, away)) in enumerate(zip(steps, texts, strict=True)):
        top, tall = tops[index], talls[index]
        _draw_box(page, LEFT, top, BOX, tall, here, f"box:{step.box.title}")
        if step.leaving is not None:
            own = _tall(away)
            middle = top + tall / 2
            _draw_box(page, right, middle - own / 2, WIDTH - right - 0.08, own, away, f"box:{step.leaving.title}")
            _arrow(page, (LEFT + BOX, middle), (right, middle))
        if index + 1 < len(steps):
            _arrow(page, (LEFT + BOX / 2, top + tall), (LEFT + BOX / 2, tops[index + 1]))
    for stage in dict.fromkeys(step.box.stage for step in steps):
        own_rows = [index for index, step in enumerate(steps) if step.box.stage == stage]
        start, end = tops[own_rows[0]], tops[own_rows[-1]] + talls[own_rows[-1]]
        page.fill_between([0.06, BAR], start, end, color="#0072B2", linewidth=0)
        page.text((0.06 + BAR) / 2, (start + end) / 2, stage, size=SIZE, weight="bold", color="white", rotation=90,
                  ha="center", va="center")  # fmt: skip
    return figure


def _lines(box: Box) -> list[tuple[str, bool]]:
    """The lines of a box, and whether each is its title."""
    lines = [(line, True) for line in wrap(f"{box.title} (n = {box.n})", BOX - 2 * PAD, SIZE, weight="bold")]
    reasons = list(box.reasons.items())
    shown, others = reasons[:MOST_REASONS], reasons[MOST_REASONS:]
    for reason, records in shown:
        lines += [(line, False) for line in wrap(f"{reason} (n = {len(records)})", BOX - 2 * PAD, TINY)]
    if others:
        lines.append((f"other reasons (n = {sum(len(records) for _, records in others)})", False))
    if box.note:
        lines += [(line, False) for part in box.note.split("\n") for line in wrap(part, BOX - 2 * PAD, TINY)]
    return lines


def _tall(lines: Sequence[tuple[str, bool]]) -> float:
    return max(0.3, 2 * PAD + LINE * len(lines) - 0.02) if lines else 0.0


def _draw_box(
    page: Axes, left: float, top: float, wide: float, tall: float, lines: Sequence[tuple[str, bool]], label: str
) -> None:
    from matplotlib.patches import Rectangle

    page.add_patch(Rectangle((left, top), wide, tall, facecolor="white", edgecolor=INK, linewidth=0.7, label=label))
    start = top + (tall - LINE * len(lines)) / 2 + LINE / 2
    for number, (words, is_title) in enumerate(lines):
        page.text(left + PAD, start + number * LINE, words, size=SIZE if is_title else TINY,
                  weight="bold" if is_title else "normal", color=INK, va="center_baseline")  # fmt: skip


def _arrow(page: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.annotate("", xy=end, xytext=start, arrowprops={
        "arrowstyle": "-|>", "linewidth": 0.7, "color": INK, "mutation_scale": 6, "shrinkA": 0, "shrinkB": 0,
    })  # fmt: skip
