"""SYNTHESIS: the forest plot of proportions: each study with its exact interval, a diamond only where pooling is
allowed, and where it is not the reason in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from extract.score.intervals import Interval
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import (
    GREY,
    GRID,
    INK,
    SIZE,
    TINY,
    WIDTH,
    axes_at,
    canvas,
    counted,
    fit,
    left_out_by,
    listed,
    new_figure,
    page_name,
    page_title,
    sentences,
)
from extract.synthesis.plots.marks import BLUE, VERMILLION
from extract.synthesis.plots.plot import Data, Plot, style
from extract.synthesis.robustness import proportions
from extract.synthesis.rows import Outputs
from extract.synthesis.sheets import percent
from extract.synthesis.statistics import (
    MINIMUM_PATIENTS,
    MINIMUM_STUDIES,
    SMALLEST_SERIES,
    Pooled,
    Refused,
    share_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "forest"
TITLE = "Proportions of patients in each study"
COLUMNS = (
    "proportion", "kind", "study", "patients_with", "patients", "share_percent", "low_percent", "high_percent",
    "prediction_low_percent", "prediction_high_percent", "tau2", "i2_percent", "remark",
)  # fmt: skip

LINES = 49
"""Lines of a page, with the room between proportions."""

ROW, TOP = 0.17, 0.3
NAMES, COUNTS, AXIS = 2.0, 0.7, 3.0
GAP = 0.6
"""Lines of room before a proportion."""


@dataclass(frozen=True)
class _Line:
    """A line of the plot. ``share`` and ``interval`` are parts of 1."""

    kind: Literal["head", "study", "pooled", "note"]
    text: str
    proportion: str
    hits: int = 0
    of: int = 0
    share: float | None = None
    interval: Interval | None = None
    prediction: Interval | None = None


def forest(
    outputs: Outputs, *, minimum_studies: int = MINIMUM_STUDIES, minimum_patients: int = MINIMUM_PATIENTS
) -> tuple[Plot, ...]:
    """The proportion of patients who improved in each domain, and of those with any and with a serious adverse event.

    Pooled with random effects only where there are the minimums of studies and patients.
    """
    found = proportions(outputs, minimum_studies=minimum_studies, minimum_patients=minimum_patients)
    blocks = [_block(name, result) for name, result in found.items() if result.studies]
    singles = {name: len(result.left_out) for name, result in found.items() if not result.studies and result.left_out}
    told = f"Only of single cases, which have no proportion: {_counts(singles)}." if singles else ""
    if not blocks:
        why = sentences(f"No study tells an outcome or adverse events of {SMALLEST_SERIES} patients or more.", told)
        return (empty_plot(KIND, TITLE, why, COLUMNS),)
    pages = _pages(blocks)
    plots = []
    for number, lines in enumerate(pages):
        names = list(dict.fromkeys(line.proportion for line in lines))
        pooled = any(isinstance(found[name], Pooled) for name in names)
        refused = any(isinstance(found[name], Refused) for name in names)
        with style():
            figure = _page(lines)
        caption = sentences(
            f"{counted(len(names), 'proportion')}: patients with it of those of whom it is told (improved: of those "
            "whose direction is known), with the exact (Clopper–Pearson) 95 % interval; a square is as large as its "
            "number of patients. "
            + (
                "Diamond: pooled with random effects on the logit scale (Paule and Mandel, Hartung and Knapp) with its "
                "95 % interval; thin line: where the proportion of a new study would lie (95 %). "
                + ("Where nothing is pooled, the reason stands in its place. " if refused else "")
                if pooled
                else "Nothing is pooled, and there is no diamond; the reason stands below each proportion. "
            )
            + "Without a control group a proportion is no effect of the cells.",
            f"Single cases are not drawn and never pooled: {_counts(_left_out(found, names))}."
            if _left_out(found, names)
            else "",
            told,
            left_out_by(outputs),
        )
        title = page_title(TITLE, number, len(pages))
        data = Data(COLUMNS, tuple(row for name in names for row in _rows(name, found[name])))
        plots.append(Plot(page_name(KIND, number), KIND, title, caption, _alt(lines), figure, data))
    return tuple(plots)


def _counts(numbers: Mapping[str, int]) -> str:
    return listed((f"{name} ({number})" for name, number in numbers.items()), 20)


def _left_out(found: Mapping[str, Pooled | Refused], names: Sequence[str]) -> dict[str, int]:
    return {name: len(found[name].left_out) for name in names if found[name].left_out}


def _block(name: str, result: Pooled | Refused) -> list[_Line]:
    """The lines of one proportion."""
    studies = result.studies
    of = sum(study.of for study in studies)
    head = f"{name}: {counted(of, 'patient')} of {counted(len(studies), 'study', 'studies')}"
    lines = [_Line("head", head, name)]
    for study in studies:
        share = share_of(study.hits, study.of)
        lines.append(_Line("study", study.study, name, study.hits, study.of, share.share, share.interval))
    if isinstance(result, Pooled):
        lines.append(
            _Line("pooled", "pooled, random effects", name, result.hits, result.of, result.share, result.interval,
                  result.prediction)
        )  # fmt: skip
    else:
        lines.append(_Line("note", f"not pooled: {result.reason}", name))
    return lines


def _pages(blocks: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    """Blocks on pages; a block longer than a page goes on with its head again."""
    pages: list[list[_Line]] = [[]]
    for block in blocks:
        if pages[-1] and _height(pages[-1]) + GAP + len(block) > LINES:
            pages.append([])
        for line in block:
            if _height(pages[-1]) + 1 > LINES:
                head = block[0]
                pages.append([_Line("head", f"{head.text} (continued)", head.proportion)])
            pages[-1].append(line)
    return pages


def _height(lines: Sequence[_Line]) -> float:
    return len(lines) + GAP * sum(line.kind == "head" for line in lines[1:])


def _rows(name: str, result: Pooled | Refused) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for studies, kind in ((result.studies, "study"), (result.left_out, "single case, not drawn")):
        for study in studies:
            share = share_of(study.hits, study.of)
            rows.append(_row(name, kind, study.study, study.hits, study.of, share.share, share.interval))
    if isinstance(result, Pooled):
        low, high = result.prediction
        rows.append((
            *_row(name, "pooled", "", result.hits, result.of, result.share, result.interval)[:8],
            _percent(low), _percent(high), f"{result.tau2:.4f}", f"{result.i2:.1f}", "",
        ))  # fmt: skip
    else:
        rows.append((name, "not pooled", *[""] * 10, result.reason))
    return rows


def _row(
    name: str, kind: str, study: str, hits: int, of: int, share: float | None, interval: Interval | None
) -> tuple[str, ...]:
    ends = (_percent(interval[0]), _percent(interval[1])) if interval is not None else ("", "")
    return (name, kind, study, str(hits), str(of), "" if share is None else _percent(share), *ends, *[""] * 5)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _alt(lines: Sequence[_Line]) -> str:
    told = [
        f"{line.proportion}, {line.text}: {line.hits} of {line.of}" if line.kind in ("study", "pooled") else line.text
        for line in lines
    ]
    return f"Forest plot. {'; '.join(told)}."


# --- drawing


def _page(lines: Sequence[_Line]) -> Figure:
    places, at = [], 0.0
    for index, line in enumerate(lines):
        at += GAP if line.kind == "head" and index else 0
        places.append(at + 0.5)
        at += 1
    tall = at * ROW
    figure = new_figure(TOP + tall + 0.42)
    page = canvas(figure)
    page.set_zorder(2)
    left = NAMES + COUNTS
    axes = axes_at(figure, left, TOP, AXIS, tall)
    axes.set_label("proportions")
    axes.patch.set_visible(False)
    axes.set_xlim(-2, 102)
    axes.set_ylim(at, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.grid(axis="x", color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_xlabel("% of patients")
    right = left + AXIS + 0.15
    for x, words, ha in ((0.1, "Study", "left"), (left - 0.15, "Patients", "right"), (right, "% (95 % CI)", "left")):
        page.text(x, TOP - 0.12, words, size=SIZE, color=GREY, ha=ha, va="center")
    page.plot([0.08, WIDTH - 0.08], [TOP - 0.02, TOP - 0.02], color=INK, linewidth=0.5)
    largest = max((line.of for line in lines if line.kind == "study"), default=1)
    for line, place in zip(lines, places, strict=True):
        y = TOP + place * ROW
        if line.kind == "head":
            page.text(0.1, y, fit(line.text, WIDTH - 0.2, SIZE, "bold"), size=SIZE, weight="bold", color=INK,
                      va="center_baseline", bbox=PLAIN)  # fmt: skip
        elif line.kind == "note":
            page.text(0.2, y, fit(line.text, WIDTH - 0.3, TINY), size=TINY, style="italic", color=GREY,
                      va="center_baseline", bbox=PLAIN)  # fmt: skip
        else:
            _draw_line(page, axes, y, place, line, largest, right)
    return figure


PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
"""White behind words that run over the grid."""


def _draw_line(page: Axes, axes: Axes, y: float, place: float, line: _Line, largest: int, right: float) -> None:
    is_pooled = line.kind == "pooled"
    weight = "bold" if is_pooled else "normal"
    page.text(0.2, y, fit(line.text, NAMES - 0.2, SIZE, weight), size=SIZE, weight=weight, color=INK,
              va="center_baseline")  # fmt: skip
    page.text(NAMES + COUNTS - 0.15, y, f"{line.hits}/{line.of}", size=SIZE, weight=weight, color=INK, ha="right",
              va="center_baseline")  # fmt: skip
    if line.share is None or line.interval is None:
        return
    low, high = (100 * end for end in line.interval)
    middle = 100 * line.share
    words = f"{percent(line.share)} ({percent(line.interval[0])} to {percent(line.interval[1])})"
    page.text(right, y, words, size=SIZE, weight=weight, color=INK, va="center_baseline")
    colour = BLUE if line.proportion.startswith("improved") else VERMILLION
    if is_pooled:
        if line.prediction is not None:
            axes.plot([100 * end for end in line.prediction], [place, place], color=INK, linewidth=0.6,
                      label="prediction")  # fmt: skip
        axes.fill([low, middle, high, middle], [place, place - 0.32, place, place + 0.32], color=colour, linewidth=0,
                  label="pooled", zorder=3)  # fmt: skip
        return
    axes.plot([low, high], [place, place], color=colour, linewidth=0.9, label=f"interval:{line.text}")
    axes.plot([middle], [place], marker="s", markersize=2.4 + 4 * (line.of / largest) ** 0.5, color=colour,
              markeredgewidth=0, linestyle="none", label=f"study:{line.text}", zorder=3, clip_on=False)  # fmt: skip
