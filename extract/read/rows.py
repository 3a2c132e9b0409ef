"""READ: rows of plain text become the cells of a table, where the words leave no doubt how they stood."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from extract.model import Repair, Span
from extract.read.grid import Slot, bare, is_value
from extract.read.hyphens import Words, count_words, join_lines

_RULE_LINE = re.compile(r"[\s|:+=-]+$")
_LONE_EXPONENT = re.compile(r"[-−–]?\d{1,2}$")
_TEN = re.compile(r"(?:^|[\s×x*·])10$")
_NUMBER = re.compile(r"[~≈<>≤≥±]?[-−–]?\d+(?:[.,/:]\d+)*%?$")
_SHOUTED = re.compile(r"[^a-zà-ÿ]*[A-ZÀ-Þ][^a-zà-ÿ]*[A-ZÀ-Þ][^a-zà-ÿ]*$")
_COUNTED = re.compile(r"(?:(?:patient|pt|case|subject|child|p|no\.?)\s*[#.]?\s*)?(\d{1,2}|[A-Z])$", re.I)
_COUNTED_RUN = re.compile(r"(?:patient|pt|case|subject|child|p)\s*[#.]?\s*(?:\d{1,2}|[A-Z])\b", re.I)
_POWER = re.compile(r"(?<![\d.,])\d[\d.,]*\s*[×x]\s*10")
_LISTED = re.compile(r"[^,;×]+?[×x]\s*\d+(?P<more>\s*[,;])?")


class Rebuilt(NamedTuple):
    """A table put back together from lines of text; ``doubtful`` counts the rows that stayed whole."""

    slots: tuple[Slot, ...]
    doubtful: int


def split_rows(lines: Sequence[str]) -> list[Slot]:
    """The cells of rows whose cells stand between `` | `` or tabs; the first row may be a header.

    A line without a separator goes on with the cell before it. Lines without any separator are rows when each
    ends in the same number of figures ("Cells (million) 55 58 61"); otherwise all is one cell.
    """
    lines = [line for line in lines if line.strip() and not _RULE_LINE.match(line)]
    mark = "|" if any("|" in line for line in lines) else "\t"
    if any(mark in line for line in lines):
        return _slots(_separated(lines, mark))
    figures = _figure_rows(lines)
    if figures:
        return _slots([[[cell] for cell in row] for row in figures])
    return _slots([[list(lines)]]) if lines else []


def is_separated(line: str) -> bool:
    """Whether a line of a longer text is a row of cells between `` | `` or tabs."""
    return line.count(" | ") > 1 or "\t" in line.strip()


def join_cell(lines: Sequence[str], words: Words) -> tuple[str, tuple[Repair, ...]]:
    """The text of a cell or paragraph of several lines, and the repairs it took.

    An exponent on a line of its own ("10" / "6") is joined as "10 6" and noted: what it means is not decided here.
    """
    text = ""
    repairs: list[Repair] = []
    for line in lines:
        line = line.strip()
        if text and _LONE_EXPONENT.match(line) and _TEN.search(text):
            start = len(text) - 2
            text = f"{text} {line}"
            repairs.append(
                Repair(
                    span=Span(start=start, end=len(text)),
                    as_printed=f"10\n{line}",
                    reason="a number on a line of its own after 10, perhaps its exponent",
                )
            )
        else:
            text = join_lines([text, line], words)
    return text, tuple(repairs)


def rebuild_table(lines: Sequence[tuple[str, bool]], words: Words) -> Rebuilt | None:
    """Put a table back together whose cells came out one after the other.

    ``lines`` are (text, whether a white line stands before it) below the caption. Understood are one cell per
    line with numbered patients, and rows under a line of numbered patients ("1 2 3"), whose cells may be
    broken over lines. None when the lines show no such order.
    """
    texts = [text for text, _ in lines]
    for rows in (_by_stride(texts), _figure_rows(texts) if len(texts) > 2 else None):
        if rows:
            return Rebuilt(tuple(_slots([[[cell] for cell in row] for row in rows])), 0)
    return _under_counted(lines, words)


def _separated(lines: Sequence[str], mark: str) -> list[list[list[str]]]:
    rows: list[list[list[str]]] = []
    continued = False
    counts = set()
    for line in lines:
        if mark not in line and rows:
            rows[-1][-1].append(line.strip())
            continued = True
            continue
        cells = [[cell.strip()] for cell in line.strip().removeprefix("| ").split(mark)]
        if cells[-1] == [""] and len(cells) > 1:
            cells.pop()
        counts.add(line.count(mark))
        rows.append(cells)
    if continued and len(counts) > 1:
        # A row broken inside a cell: its lines hold different numbers of separators and belong together.
        whole = rows[0]
        for row in rows[1:]:
            whole[-1].extend(row[0])
            whole.extend(row[1:])
        return [whole]
    return rows


def _slots(rows: Sequence[Sequence[Sequence[str]]]) -> list[Slot]:
    nothing = count_words("")
    out = []
    for r, row in enumerate(rows):
        for c, lines in enumerate(row):
            text, repairs = join_cell(lines, nothing)
            if text:
                out.append(Slot(text, r, c, repairs=repairs))
    return out


def _figure_rows(lines: Sequence[str]) -> list[list[str]] | None:
    """Rows of a label and the same number (two or more) of figures each."""
    rows = []
    for line in lines:
        tokens = line.split()
        count = 0
        while count < len(tokens) - 1 and _NUMBER.match(tokens[-1 - count]):
            count += 1
        if count < 2:
            return None
        rows.append([" ".join(tokens[:-count]), *tokens[-count:]])
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return None
    return rows


def _is_count(texts: Sequence[str]) -> bool:
    """Whether texts count from 1 or A: "1" "2" "3", "Patient 1" "Patient 2"."""
    marks = [m.group(1) for text in texts if (m := _COUNTED.match(bare(text)))]
    if len(marks) < 2 or len(marks) < len(texts):
        return False
    if all(mark.isdigit() for mark in marks):
        return [int(mark) for mark in marks] == list(range(1, len(marks) + 1))
    return marks == [chr(ord("A") + i) for i in range(len(marks))]


def _by_stride(texts: Sequence[str]) -> list[list[str]] | None:
    """One cell per line: patients come at regular distances, or all first."""
    size = len(texts)
    for width in range(2, min(16, size // 2 + 1)):
        counted = size % width == 0 and size // width > 2 and _is_count(texts[width::width])
        if counted and not any(is_value(text) for text in texts[:width]):
            return [list(texts[i : i + width]) for i in range(0, size, width)]
    for first in (1, 0):
        count = max((n for n in range(2, min(30, size - first)) if _is_count(texts[first : first + n])), default=0)
        width = count + 1
        rest = texts[first + count :]
        if count < 2 or not rest or len(rest) % width:
            continue
        labels = rest[::width]
        if any(is_value(label) for label in labels):
            continue
        head = [texts[0] if first else "", *texts[first : first + count]]
        return [head, *(list(rest[i : i + width]) for i in range(0, len(rest), width))]
    return None


class _Row(NamedTuple):
    label: str
    values: tuple[str, ...]


def _under_counted(lines: Sequence[tuple[str, bool]], words: Words) -> Rebuilt | None:
    found = None
    for index, (text, _) in enumerate(lines[:4]):
        tokens = text.split()
        named = [m.group() for m in _COUNTED_RUN.finditer(text)]
        if _is_count(tokens):
            found = index, [*(t for t, _ in lines[:index])], tokens
        elif _is_count(named) and len(" ".join(named)) + 30 > len(text):
            found = index, [*(t for t, _ in lines[:index]), text[: text.index(named[0])]], named
        if found:
            break
    if not found:
        return None
    index, before, heads = found
    corner = join_lines([b for b in before if b.strip()], words)
    rows, doubtful = _read_rows(_chunks(lines[index + 1 :]), len(heads), words)
    if not rows or doubtful * 3 > len(rows):
        return None
    slots = [Slot(corner, 0, 0)] if corner else []
    slots += [Slot(head, 0, c, header=None) for c, head in enumerate(heads, 1)]
    for r, row in enumerate(rows, 1):
        if row.label:
            slots.append(Slot(row.label, r, 0))
        if len(row.values) == len(heads):
            slots += [Slot(value, r, c) for c, value in enumerate(row.values, 1)]
        elif row.values:
            slots.append(Slot(" ".join(row.values), r, 1, columns=len(heads)))
    return Rebuilt(tuple(slots), doubtful)


def _chunks(lines: Sequence[tuple[str, bool]]) -> list[list[str]]:
    """Lines that white lines keep apart; each line alone where there are no white lines."""
    loose = any(blank for _, blank in lines[1:])
    out: list[list[str]] = []
    for text, blank in lines:
        if out and loose and not blank:
            out[-1].append(text)
        else:
            out.append([text])
    return out


def _read_rows(chunks: Sequence[Sequence[str]], count: int, words: Words) -> tuple[list[_Row], int]:
    rows: list[_Row] = []
    known: set[str] = set()
    doubtful = 0
    label, pieces, raw = "", list[list[str]](), list[list[str]]()

    def close() -> None:
        nonlocal label, pieces, raw, doubtful
        if pieces:
            doubtful += 1
        if label or pieces:
            rows.append(_Row(label, tuple(_joined(p, words) for p in pieces)))
        label, pieces, raw = "", [], []

    for chunk in chunks:
        whole = _labelled([list(chunk)], count, words, known)
        if (label or pieces) and not (whole and not pieces):
            open_row = _labelled([*raw, list(chunk)], count, words, known) if pieces else None
            values = _values([*pieces, list(chunk)], count, words)
            if not open_row and values and label:
                open_row = _Row(label, values)
            if open_row:
                rows.append(open_row)
                known.add(open_row.label)
                label, pieces, raw = "", [], []
                continue
        if whole:
            close()
            rows.append(whole)
            known.add(whole.label)
            continue
        head, rest = _leading_label(chunk, words)
        if head:
            close()
            label, pieces, raw = head, [rest] if rest else [], [list(chunk)]
        else:
            pieces.append(list(chunk))
            raw.append(list(chunk))
    close()
    return rows, doubtful


def _joined(lines: Sequence[str], words: Words) -> str:
    """Join the lines of a cell; a word cut without a hyphen is mended when only the whole is a word of the text."""
    text = ""
    for line in lines:
        if text:
            left, right = text.rsplit(" ", 1)[-1], line.split(" ", 1)[0]
            if (
                left.isalpha()
                and right.isalpha()
                and words.count(left + right)
                and not (words.count(left) > 1 and words.count(right) > 1)
            ):
                text += line
                continue
        text = join_lines([text, line], words)
    return text


def _leading_label(chunk: Sequence[str], words: Words) -> tuple[str, list[str]]:
    """The label in capitals at the start of a chunk, and the lines that are left of it."""
    tokens = chunk[0].split()
    taken = 0
    while taken < len(tokens) and (_SHOUTED.match(tokens[taken]) or (taken and tokens[taken][0] in "(/&-")):
        taken += 1
    if not taken:
        return "", []
    if taken == len(tokens):
        lines = list(chunk[1:])
        if all(_SHOUTED.match(line) or line.startswith("(") for line in lines):
            return _joined(chunk, words), []
        return " ".join(tokens), lines
    return " ".join(tokens[:taken]), [" ".join(tokens[taken:]), *chunk[1:]]


def _labelled(pieces: Sequence[list[str]], count: int, words: Words, known: set[str]) -> _Row | None:
    """A label followed by all its values."""
    tokens = pieces[0][0].split()
    options = []
    for taken in range(1, len(tokens)):
        label = " ".join(tokens[:taken])
        rest = [[" ".join(tokens[taken:]), *pieces[0][1:]], *pieces[1:]]
        values = _values(rest, count, words)
        if values:
            options.append((label, values))
    for label, values in options:
        if label in known or len(options) == 1:
            return _Row(label, values)
    for label, values in options:
        starts = [value.split()[0] for value in values]
        if starts[0] in starts[1:]:
            return _Row(label, values)
    if options and all(is_value(value) for value in options[-1][1]):
        return _Row(*options[-1])
    return None


def _values(pieces: Sequence[list[str]], count: int, words: Words) -> tuple[str, ...]:
    """The ``count`` values that stand in the pieces of a row; empty when it is not certain where they part."""
    text = " ".join(_joined(piece, words) for piece in pieces)
    tokens = text.split()
    if len(pieces) == 1 and len(pieces[0]) == 1 and len(tokens) == count:
        shapes: list[Callable[[str], object]] = [_NUMBER.match, _SHOUTED.match]
        if any(all(shape(token) for token in tokens) for shape in shapes):
            return tuple(tokens)
    powers = [m.start() for m in _POWER.finditer(text)]
    if len(powers) == count and powers[0] == 0:
        return tuple(text[a:b].strip() for a, b in pairwise([*powers, len(text)]))
    ends = [i for i, token in enumerate(tokens) if _NUMBER.match(token)]
    if len(ends) == count and ends[-1] == len(tokens) - 1 and all(b - a > 1 for a, b in pairwise([-1, *ends])):
        return tuple(" ".join(tokens[a + 1 : b + 1]) for a, b in pairwise([-1, *ends]))
    listed = _lists(text)
    if len(listed) == count:
        return listed
    if len(pieces) == count and not any(_SHOUTED.match(p[0].split()[0]) and len(p[0].split()) == 1 for p in pieces):
        return tuple(_joined(piece, words) for piece in pieces)
    return ()


def _lists(text: str) -> tuple[str, ...]:
    """Values that are lists ("IV ×2, IA × 3"): one ends where no comma follows a count."""
    out: list[str] = []
    start = position = 0
    while position < len(text):
        match = _LISTED.match(text, position)
        if not match:
            return ()
        position = match.end()
        if not match.group("more"):
            out.append(text[start:position].strip())
            start = position
    return tuple(out) if start == len(text) else ()
