"""READ: the columns of a table, from the words that stand under each other and the strips between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from extract.read.pdf import Line, Word


class Piece(NamedTuple):
    """Words of one printed line that stand together."""

    x0: float
    x1: float
    top: float
    bottom: float
    baseline: float
    size: float
    words: tuple[Word, ...]
    order: int

    @property
    def text(self) -> str:
        """The words as printed."""
        return "".join((" " if w.space and i else "") + w.text for i, w in enumerate(self.words))


class Separator(NamedTuple):
    """The strip without words between two columns."""

    x0: float
    x1: float

    @property
    def middle(self) -> float:
        """Where the columns are parted."""
        return (self.x0 + self.x1) / 2


@dataclass(slots=True, eq=False)
class Printed:
    """A printed line of a table: the pieces in each column, and pieces that reach over several."""

    baseline: float
    top: float
    bottom: float
    cells: dict[int, list[Piece]] = field(default_factory=dict)
    wide: list[tuple[int, int, Piece]] = field(default_factory=list)

    def text(self, column: int) -> str:
        """The words in a column."""
        return " ".join(piece.text for piece in self.cells.get(column, ()))


def cut_pieces(lines: Sequence[Line], gap: float = 0.55) -> list[Piece]:
    """Cut lines where words stand further apart than ``gap`` em."""
    out: list[Piece] = []
    for line in lines:
        now: list[Word] = []
        for word in line.words:
            if now and word.space and word.rise == 0 and word.x0 - now[-1].x1 > gap * line.size:
                out.append(_piece(now, line))
                now = []
            now.append(word)
        if now:
            out.append(_piece(now, line))
    return out


def _piece(words: Sequence[Word], line: Line) -> Piece:
    return Piece(
        min(w.x0 for w in words),
        max(w.x1 for w in words),
        line.top,
        line.bottom,
        line.baseline,
        line.size,
        tuple(words),
        line.order,
    )


def printed_lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces on one baseline together, from the top down, each line from the left."""
    out: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.baseline):
        if out and piece.baseline - median([p.baseline for p in out[-1]]) < 0.28 * piece.size:
            out[-1].append(piece)
        else:
            out.append([piece])
    for line in out:
        line.sort(key=lambda p: p.x0)
    return out


def find_separators(rows: Sequence[Sequence[Piece]], head: float | None = None) -> list[Separator]:
    """The strips that part the columns: hardly any line crosses them, and enough lines stand on both sides.

    ``head`` is the y of the rule below the header; words above it may reach over several columns and count less,
    as do the first lines where there is no such rule, and words with a blank where the strip is.
    """
    telling = [row for row in rows if len(row) > 1]
    if len(telling) < 2:
        return []
    size = median(piece.size for row in telling for piece in row)
    widest = max(row[-1].x1 for row in telling) - min(row[0].x0 for row in telling)
    most = max(len(row) for row in telling)
    counted = [row for row in rows if len(row) > 1 or row[0].x1 - row[0].x0 < 0.35 * widest]
    weights = [
        0.2 if (row[0].baseline < head if head is not None else index < 2 and len(row) < most) else 1.0
        for index, row in enumerate(counted)
    ]
    edges = sorted({x for row in counted for piece in row for x in (piece.x0, piece.x1)})
    pieces = [
        (piece.x0, piece.x1, piece, number, weight)
        for number, (row, weight) in enumerate(zip(counted, weights, strict=True))
        for piece in row
    ]
    between = [(row[0].x1, row[-1].x0, number) for number, row in enumerate(counted)]
    strips: list[list[tuple[float, float, float]]] = []
    for a, b in pairwise(edges):
        if b - a < 0.01:
            continue
        x = (a + b) / 2
        crossing = [(piece, number, weight) for x0, x1, piece, number, weight in pieces if x0 <= x <= x1]
        crossed = sum(weight * (0.25 if _has_blank(piece, x) else 1.0) for piece, _, weight in crossing)
        closed = {number for _, number, _ in crossing}
        parted = sum(x0 < x < x1 and number not in closed for x0, x1, number in between)
        if parted >= 2 and crossed <= 0.08 * parted + 0.86:
            if strips and abs(strips[-1][-1][1] - a) < 0.01:
                strips[-1].append((a, b, crossed))
            else:
                strips.append([(a, b, crossed)])
    left, right = min(r[0].x0 for r in telling), max(r[-1].x1 for r in telling)
    clear = [_clearest(s) for s in strips if s[0][0] >= left and s[-1][1] <= right and s[-1][1] - s[0][0] > 0.28 * size]
    return _with_content(clear, [[(p.x0, p.x1) for p in row] for row in counted])


def _has_blank(piece: Piece, x: float) -> bool:
    """Whether x lies in the blank between two words of a piece."""
    return any(left.x1 <= x <= right.x0 and right.space for left, right in pairwise(piece.words))


def _clearest(strip: Sequence[tuple[float, float, float]]) -> Separator:
    """The part of a strip that the fewest lines cross, the widest where several are alike."""
    least = min(crossed for _, _, crossed in strip)
    parts: list[Separator] = []
    for a, b, crossed in strip:
        if crossed > least + 0.01:
            continue
        if parts and abs(parts[-1].x1 - a) < 0.01:
            parts[-1] = Separator(parts[-1].x0, b)
        else:
            parts.append(Separator(a, b))
    return max(parts, key=lambda part: part.x1 - part.x0)


def _with_content(separators: list[Separator], spans: Sequence[Sequence[tuple[float, float]]]) -> list[Separator]:
    """Join separators between which hardly a line has words of its own: they are blanks inside one column."""
    needed = 2 if len(spans) > 4 else 1
    out: list[Separator] = []
    for separator in separators:
        if out:
            left, right = out[-1].x0 - 1, separator.x1 + 1
            between = sum(any(left < a and b < right for a, b in row) for row in spans)
            if between < needed:
                out[-1] = max(out[-1], separator, key=lambda s: s.x1 - s.x0)
                continue
        out.append(separator)
    return out


def with_fixed(found: list[Separator], fixed: Sequence[float], rows: Sequence[Sequence[Piece]]) -> list[Separator]:
    """Separators found by gaps, and those that rules fix, each once."""
    out = list(found)
    for x in fixed:
        if any(s.x0 - 12 <= x <= s.x1 + 12 for s in out):
            continue
        if any(len(row) == 1 for row in rows) and not any(row[0].x1 < x + 1 and row[-1].x0 > x - 1 for row in rows):
            continue
        crossed = sum(any(p.x0 < x - 1 and p.x1 > x + 1 for p in row) for row in rows)
        if crossed * 4 <= len(rows):
            out.append(Separator(x - 1, x + 1))
    return sorted(out)


class Alignment(NamedTuple):
    """Where the cells of a column mostly begin, end and have their middle."""

    x0: float
    x1: float
    middle: float

    def holds(self, x0: float, x1: float) -> bool:
        """Whether words that reach from x0 to x1 stand as the others of the column do."""
        return min(abs(x0 - self.x0), abs(x1 - self.x1), abs((x0 + x1) / 2 - self.middle)) < 2.5


def find_alignments(rows: Sequence[Sequence[Piece]], separators: Sequence[Separator]) -> dict[int, Alignment]:
    """How the cells of each column are aligned, from those that lie wholly inside it."""
    inside: dict[int, list[Piece]] = {}
    for row in rows:
        for piece in row:
            column = _column(piece.x0 + 1, separators)
            if column == _column(piece.x1 - 1, separators):
                inside.setdefault(column, []).append(piece)
    return {
        column: Alignment(
            median(p.x0 for p in pieces), median(p.x1 for p in pieces), median((p.x0 + p.x1) / 2 for p in pieces)
        )
        for column, pieces in inside.items()
    }


def place_pieces(
    row: Sequence[Piece], separators: Sequence[Separator], framed: bool, marks: dict[int, Alignment]
) -> Printed:
    """Put the pieces of a printed line into the columns."""
    line = Printed(median(p.baseline for p in row), min(p.top for p in row), max(p.bottom for p in row))
    for piece in row:
        for part in _split_piece(piece, separators, framed, marks):
            first, last = _column(part.x0 + 1.2, separators), _column(part.x1 - 1.2, separators)
            if first == last or part.x1 - part.x0 < 3:
                line.cells.setdefault(first, []).append(part)
            elif (alone := _mostly_in(part, first, last, separators)) is not None:
                line.cells.setdefault(alone, []).append(part)
            else:
                line.wide.append((first, last, part))
    return line


def _column(x: float, separators: Sequence[Separator]) -> int:
    return sum(x > s.middle for s in separators)


def _mostly_in(piece: Piece, first: int, last: int, separators: Sequence[Separator]) -> int | None:
    """The column that holds a piece but for a hair's breadth."""
    marks = [-1e9, *(s.middle for s in separators), 1e9]
    width = piece.x1 - piece.x0
    for column in range(first, last + 1):
        inside = min(piece.x1, marks[column + 1]) - max(piece.x0, marks[column])
        if inside > 0.9 * width or (inside > 0.75 * width and width - inside < 0.6 * piece.size):
            return column
    return None


def _split_piece(
    piece: Piece, separators: Sequence[Separator], framed: bool, marks: dict[int, Alignment]
) -> list[Piece]:
    """Cut a piece where a blank between its words falls on a separator: cells set close to each other.

    Without a rule between them, both parts must stand as the other cells of their columns do.
    """
    cuts: list[int] = []
    for separator in separators:
        if not piece.x0 + 1 < separator.middle < piece.x1 - 1:
            continue
        for i in range(1, len(piece.words)):
            left, right = piece.words[i - 1], piece.words[i]
            if not right.space or right.rise:
                continue
            slack = 2.5 if framed else 1.0
            if left.x1 <= separator.x1 + slack and right.x0 >= separator.x0 - slack and left.x1 < right.x0:
                middle = (left.x1 + right.x0) / 2
                if separator.x0 - slack <= middle <= separator.x1 + slack:
                    cuts.append(i)
                break
    parts = [_part(piece, a, b) for a, b in pairwise([0, *cuts, len(piece.words)])]
    if framed or len(parts) == 1:
        return parts
    for part in parts:
        mark = marks.get(_column((part.x0 + part.x1) / 2, separators))
        if mark is None or not mark.holds(part.x0, part.x1):
            return [piece]
    return parts


def _part(piece: Piece, first: int, last: int) -> Piece:
    words = piece.words[first:last]
    return piece._replace(x0=min(w.x0 for w in words), x1=max(w.x1 for w in words), words=words)
