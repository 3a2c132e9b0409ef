"""READ: which printed lines of a table are one row of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from extract.read.columns import Piece, Printed
from extract.read.grid import is_value

_OPEN_END = re.compile(
    r"(?<=\w)[-–/]$|[,;×(&]$|(?<=\s)\+$|\b(?:and|or|of|with|the|in|to|for|by|at|a|from|per|×)$", re.I
)
_GOES_ON = re.compile(r"[a-z)\],;%]|\(")


def group_rows(lines: Sequence[Printed], bars: Sequence[float]) -> list[list[Printed]]:
    """Printed lines that belong to one row of the table together."""
    bands: list[list[Printed]] = []
    for line in lines:
        if bands and not any(bands[-1][-1].baseline < y < line.baseline for y in bars):
            bands[-1].append(line)
        else:
            bands.append([line])
    widths = _widths(lines)
    ruled = len(bands) >= 3 and _each_is_a_row(bands, widths)
    tight = None if ruled else _tight_step(bands)
    out: list[list[Printed]] = []
    for band in bands:
        rows: list[list[Printed]] = []
        for cluster in _clusters(band):
            if rows and _continues(rows[-1], _flattened(cluster), cluster, widths, tight, ruled):
                rows[-1] += cluster
            else:
                rows.append(cluster)
        out += rows
    return out


def _clusters(band: Sequence[Printed]) -> list[list[Printed]]:
    """Lines that stand partly beside each other: cells of different height, set to the middle of their row."""
    out: list[list[Printed]] = []
    for line in band:
        if out and line.top < out[-1][-1].bottom - 0.2 * (line.bottom - line.top):
            out[-1].append(line)
        else:
            out.append([line])
    return out


def _flattened(cluster: Sequence[Printed]) -> Printed:
    """A cluster of lines as one line."""
    if len(cluster) == 1:
        return cluster[0]
    cells: dict[int, list[Piece]] = {}
    for line in cluster:
        for column, pieces in line.cells.items():
            cells.setdefault(column, []).extend(pieces)
    wide = [each for line in cluster for each in line.wide]
    return Printed(cluster[0].baseline, cluster[0].top, cluster[-1].bottom, cells, wide)


def _widths(lines: Sequence[Printed]) -> dict[int, float]:
    """How wide the words of each column are at most."""
    out: dict[int, float] = {}
    for line in lines:
        for column, pieces in line.cells.items():
            out[column] = max(out.get(column, 0.0), pieces[-1].x1 - pieces[0].x0)
    return out


def _each_is_a_row(bands: Sequence[Sequence[Printed]], widths: dict[int, float]) -> bool:
    """Whether rules part every row from the next, rather than groups of rows."""
    clashing = 0
    for band in bands:
        if any(count_clashes(a, b) > (1 if len(widths) > 2 else 0) for a, b in pairwise(band)):
            clashing += 1
    return clashing * 8 <= len(bands)


def count_clashes(above: Printed, line: Printed) -> int:
    """In how many columns a finished value stands over another: the sign of two rows."""
    return sum(
        is_value(line.text(c)) and is_value(above.text(c)) and not _OPEN_END.search(above.text(c))
        for c in line.cells
        if c in above.cells
    )


def _tight_step(bands: Sequence[Sequence[Printed]]) -> float | None:
    """The distance of lines inside a row, when it is clearly smaller than that from row to row."""
    steps: list[tuple[float, bool]] = []
    for band in bands:
        for above, line in pairwise(band):
            step = line.baseline - above.baseline
            full = 0 in line.cells and 0 in above.cells and len(line.cells) > 1 and len(above.cells) > 1
            steps.append((step, full))
    sizes = [p.size for band in bands for line in band for ps in line.cells.values() for p in ps]
    if len(steps) < 2 or not sizes:
        return None
    size = median(sizes)
    ordered = sorted({round(step, 1) for step, _ in steps})
    best: tuple[float, float] | None = None
    for a, b in pairwise(ordered):
        if (
            0.9 * size <= a <= 1.45 * size
            and b - a > 0.09 * size
            and b / a > 1.08
            and (best is None or b - a > best[0])
        ):
            best = (b - a, (a + b) / 2)
    if best is None:
        return None
    limit = best[1]
    tight = [full for step, full in steps if step < limit]
    if sum(tight) * 3 > len(tight):
        return None
    return limit


def _continues(
    row: Sequence[Printed],
    line: Printed,
    cluster: Sequence[Printed],
    widths: dict[int, float],
    tight: float | None,
    ruled: bool,
) -> bool:
    """Whether a printed line (or a cluster of lines, given flattened too) goes on with the row above it."""
    above = row[-1]
    size = max((p.size for ps in line.cells.values() for p in ps), default=8.0)
    step = cluster[0].baseline - above.baseline
    if line.wide or above.wide:
        return ruled and not (above.wide and line.cells)
    clash = count_clashes(above, line)
    both = [c for c in line.cells if c in above.cells]
    if clash > 1 or (clash and not ruled):
        return False
    if ruled:
        return True
    if tight is not None:
        return step < tight
    if step > 1.75 * size:
        return False
    if any(_runs_on(above.text(c), line.text(c)) for c in both):
        return True
    if 0 in line.cells:
        return False
    return bool(both) and all(c in above.cells and _wraps(above, line, c, widths) for c in line.cells)


def _runs_on(above: str, text: str) -> bool:
    """Whether words plainly go on with those above them."""
    if not above or not text:
        return False
    if _OPEN_END.search(above) or above.count("(") > above.count(")"):
        return True
    return bool(_GOES_ON.match(text)) and not is_value(above) and len(above) > 3


def _wraps(above: Printed, line: Printed, column: int, widths: dict[int, float]) -> bool:
    """Whether the first word of a cell's line would not have fitted into the line above it."""
    before, after = above.cells[column], line.cells[column]
    if is_value(line.text(column)) and " " not in line.text(column):
        return False
    used = before[-1].x1 - before[0].x0
    word = after[0].words[0]
    return used + (word.x1 - word.x0) + 0.25 * word.size > widths[column] - 0.5 and widths[column] > 3 * word.size
