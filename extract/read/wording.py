"""READ, whether printed characters are the words of a quote.

A quote is what the reader wrote, the page what was printed; they are the same words when they differ in nothing but
this:

- white space;
- the bar that parts the cells of a table (`` | ``);
- hyphens: one at the end of a line may be left out of the quote, and those of any make are one;
- ligatures and letters of formulas, which stand for plain letters; soft hyphens and characters without width;
- raised digits: ``10⁶`` in the quote is a raised 6 on the page (or the sign ⁶), never one on the line; and a 6 that is
  raised after ``× 10`` is never a plain 6 in the quote;
- marks of citations and footnotes, raised on the page, which the quote sets in square brackets (``[12,13]``);
- characters beyond the edge of the page, which may be left out;
- accents that are drawn apart from their letters, which may come anywhere;
- degree signs that were drawn as a raised letter or naught;
- signs that a font or a damaged file gives as another character: those that ``extract.read.exponents`` puts right
  (``1:5 × 10⁶``, a 3 of a font of formulas for ×, characters decoded twice);
- a ``?`` in a quote from a page read by OCR, which stands for a character that is not trusted.

Nothing else is forgiven: no letter, no digit, no sign, no case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from extract.read.exponents import CLEAN, LOWER, PI, PI_FONT
from extract.read.spots import Glyph

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
_SOFT = "\u00ad\x02\ufffe"
"""Hyphens that only a line end makes visible: the soft hyphen, and what pdfium gives for a hyphen at a line's end."""

_HYPHENS = "-‐‑" + _SOFT
_DASHES = _HYPHENS + "−–"
_ACCENTS = "´¨`ˆ˜¸ˇ˘˙˝"
_DEGREES = "°∘◦˚º"
_AFTER_TEN = re.compile(r"[×x✕·∙⋅*]\s*10$")
_BEFORE_A_POWER = re.compile(rf"\d*\s?[×x✕]\s?10[{_SUPERSCRIPTS}]")
_POWER = re.compile(rf"\s?10[{_SUPERSCRIPTS}]")
_TWICE = {"Ã—": "×", "â€“": "–", "â‰¥": "≥", "â‰¤": "≤", "Î¼": "μ"}


class Printed(NamedTuple):
    """One character as the page prints it, and how it stands.

    ``glyph`` is the index of the glyph that draws it, ``line`` that of the box in which it stands. ``raised``: above
    the line; ``ends``: the last one of its box; ``spare``: at the edge of the boxes, where it may belong to them or
    not; ``cropped``: beyond the edge of the page.
    """

    text: str
    glyph: int
    line: int
    raised: bool
    ends: bool
    spare: bool
    font: str
    cropped: bool = False


def printed(glyphs: Iterable[tuple[int, int, bool, Glyph]]) -> list[Printed]:
    """The characters of glyphs (each with its index, its box, whether it is spare), in the order of the boxes."""
    out: list[Printed] = []
    line: Glyph | None = None
    row = list(glyphs)
    for at, (index, box, spare, glyph) in enumerate(row):
        opens = at == 0 or row[at - 1][1] != box
        after = row[at + 1][3] if at + 1 < len(row) and row[at + 1][1] == box else None
        raised = (line is not None and _above(glyph, line)) or (opens and after is not None and _above(glyph, after))
        if not raised:
            line = glyph
        for letter in glyph.text if glyph.text in _SOFT else glyph.text.translate(CLEAN):
            if out and out[-1].line != box:
                out[-1] = out[-1]._replace(ends=True)
            out.append(Printed(letter, index, box, raised, False, spare, glyph.font, glyph.cropped))
    if out:
        out[-1] = out[-1]._replace(ends=True)
    return out


def _above(glyph: Glyph, line: Glyph) -> bool:
    """Whether a character is raised beside another one of its line."""
    rise = line.base - glyph.base if line.turn == glyph.turn else 0.0
    return 0.1 * line.size < rise < 0.8 * line.size and glyph.size < 1.1 * line.size


def match(quote: str, page: Sequence[Printed], *, ocr: bool = False) -> list[int | None] | None:
    """Where each character of a quote is printed: indices into ``page``, None for one that is not printed (white space,
    brackets around a mark). None altogether when the page does not say the same.

    All of ``page`` must be in the quote, but for what is spare at either end.
    """
    start = next((index for index, each in enumerate(page) if not each.spare), len(page))
    while True:
        found = _match_from(quote, page, start, ocr)
        if found is not None or start == 0 or not page[start - 1].spare:
            return found
        start -= 1


def _match_from(quote: str, page: Sequence[Printed], start: int, ocr: bool) -> list[int | None] | None:
    """The match that begins at one printed character: a search in depth that enters no state twice."""
    came: dict[tuple[int, int], tuple[int, int]] = {}
    waiting = [((0, start), (-1, -1))]
    while waiting:
        state, before = waiting.pop()
        if state in came:
            continue
        came[state] = before
        i, j = state
        if i == len(quote) and all(each.spare for each in page[j:]):
            return _way(came, state, len(quote))
        # the last one put on the pile is tried first
        if j < len(page) and _unwritten(page, j):
            waiting.append(((i, j + 1), state))
        if i < len(quote):
            if _unprinted(quote, i, page, j, ocr):
                waiting.append(((i + 1, j), state))
            if j < len(page) and _same(quote, i, page[j], ocr):
                waiting.append(((i + 1, j + 1), state))
            elif quote[i : i + 1] in _TWICE.values() and "".join(each.text for each in page[j : j + 3]) in _TWICE:
                waiting.append(((i + 1, j + 3), state))
    return None


def _way(came: dict[tuple[int, int], tuple[int, int]], state: tuple[int, int], size: int) -> list[int | None]:
    out: list[int | None] = [None] * size
    while (before := came[state]) != (-1, -1):
        if state[0] > before[0] and state[1] > before[1]:
            out[before[0]] = before[1]
        state = before
    return out


def _unwritten(page: Sequence[Printed], j: int) -> bool:
    """Whether a printed character may be missing from the quote."""
    here = page[j]
    if here.text in _SOFT or here.text in _ACCENTS or (here.ends and here.text in _HYPHENS):
        return True
    if here.cropped or (here.raised and here.text in "[](),;"):
        return True
    return here.text == "Â" and j + 1 < len(page) and page[j + 1].text in "·±°µ×"


def _unprinted(quote: str, i: int, page: Sequence[Printed], j: int, ocr: bool) -> bool:
    """Whether a character of the quote need not be on the page."""
    letter = quote[i]
    if letter == "|":
        return quote[max(0, i - 1) : i + 2] == " | "
    if letter.isspace() or letter in _ACCENTS or (ocr and letter == "?"):
        return True
    return letter in "[]" and any(each.raised or each.text in _SUPERSCRIPTS for each in page[max(0, j - 1) : j + 1])


def _same(quote: str, i: int, here: Printed, ocr: bool) -> bool:
    """Whether a character of the quote is the one that is printed here."""
    letter, text = quote[i], here.text
    if letter == text or (letter in _HYPHENS and text in _HYPHENS):
        return not (here.raised and letter.isdigit() and _AFTER_TEN.search(quote, 0, i))
    if letter in _SUPERSCRIPTS:
        low = letter.translate(LOWER)
        return here.raised and (low == text or (low == "-" and text in _DASHES))
    if text in _SUPERSCRIPTS:  # written as a citation mark
        return letter == text.translate(LOWER) and "[" in quote[max(0, i - 12) : i]
    if letter == "°":
        return text in _DEGREES or (here.raised and text in "o0O")
    if letter in _DASHES and text in _DASHES:
        return here.raised
    if letter == "." and text == ":":
        return bool(_BEFORE_A_POWER.match(quote, i + 1))
    if letter in PI.values() and PI.get(text) == letter:
        return bool(PI_FONT.search(here.font)) or (text in "3¥" and bool(_POWER.match(quote, i + 1)))
    return ocr and letter == "?"
