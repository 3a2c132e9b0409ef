"""READ, the white strips between columns of text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from extract.read.sheet import Line


def best_gutter(lines: Sequence[Line], em: float) -> tuple[float, float] | None:
    """Where the best gutter between two columns is, and how much text (height of lines) stands on its weaker side.

    ``em`` is the size of the paper's text in points. None when the lines stand in one column.
    """
    if len(lines) < 4:
        return None
    all_starts, all_ends = [line.x0 for line in lines], [line.x1 for line in lines]
    if max(all_ends) - min(all_starts) < 12 * em:
        return None
    first, last = min(all_ends), max(all_starts)
    if last < first - 2:
        return None  # as in most columns: no line ends left of where another begins
    best: tuple[float, float, float] | None = None
    # how much text ends left of x, and how much begins right of it: heights of lines, and heights times widths
    sizes = [(line.bottom - line.top, line.x1 - line.x0) for line in lines]
    by_end = sorted(zip(all_ends, sizes, strict=True))
    by_start = sorted(zip(all_starts, sizes, strict=True))
    ends, starts = [end for end, _ in by_end], [start for start, _ in by_start]
    ended = list(accumulate([height for _, (height, _) in by_end], initial=0.0))
    ended_width = list(accumulate([height * width for _, (height, width) in by_end], initial=0.0))
    begun = list(accumulate([height for _, (height, _) in by_start], initial=0.0))
    begun_width = list(accumulate([height * width for _, (height, width) in by_start], initial=0.0))
    total = ended[-1]
    for edge in sorted({round(end) for end in ends}):
        x = edge + 1.5
        if not first <= x <= last + 2:
            continue
        at, after = bisect_right(ends, x), bisect_left(starts, x - 2)
        left, left_width = ended[at], ended_width[at]
        right, right_width = total - begun[after], begun_width[-1] - begun_width[after]
        cover = total - left - right
        weak = min(left, right)
        if weak < max(2.2 * em, 0.02 * total, 0.1):
            continue
        if left_width / left < 4.2 * em or right_width / right < 4.2 * em:
            continue
        score = weak - cover
        if best is None or score > best[0] + 0.01:
            best = (score, x, weak)
    if best is None:
        return None
    _, x, weak = best
    left_lines = [line for line in lines if line.x1 <= x]
    right_lines = [line for line in lines if line.x0 >= x - 2]
    right_edge = max(line.x1 for line in left_lines)
    left_edge = _low(sorted(line.x0 for line in right_lines))
    if left_edge - right_edge < 0.5 * em:
        return None
    if _beside(left_lines, right_lines) < 2 * em:
        return None
    if _rows(left_lines, right_lines, em):
        return None
    return min((right_edge + left_edge) / 2, right_edge + 12), weak


def _low(values: list[float]) -> float:
    return values[len(values) // 20]


def _beside(left: Sequence[Line], right: Sequence[Line]) -> float:
    """Over what height lines of both sides stand beside each other."""
    return min(max(line.bottom for line in left), max(line.bottom for line in right)) - max(
        min(line.top for line in left), min(line.top for line in right)
    )


def _rows(left: Sequence[Line], right: Sequence[Line], em: float) -> bool:
    """Whether the left side only labels the lines of the right one: numbers of a list, terms and their meanings."""
    widths = median(line.x1 - line.x0 for line in left)
    if widths > 9 * em or len(left) > 1.15 * len(right):
        return False
    matched = sum(any(abs(line.baseline - other.baseline) < 1.5 for other in right) for line in left)
    return matched > 0.9 * len(left)
