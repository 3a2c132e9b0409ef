"""READ, the writing out: words with their geometry become text in which a raised digit says what it is.

A power of ten is written ``10⁶``, a unit's power ``m²``; a raised citation becomes `` [12,13]`` and a raised
footnote mark `` [a]``, so that neither ever becomes part of a number. Whatever is written otherwise than the
file's characters say is noted as a repair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from extract.model import Repair, Run, Span
from extract.model.geometry import advance
from extract.read.draft import Passage, moved, moved_repairs
from extract.read.hyphens import MAY_JOIN, Words, seam
from extract.read.sheet import Font, Line, Sheet, Word

RAISED = str.maketrans("0123456789-−–+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺")
LOWER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
CLEAN = str.maketrans(
    {
        "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
        "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None, "\u2060": None,
    }
)  # fmt: skip

CLEAN.update(
    # letters of formulas ("𝜇g") are letters; the last is the prime of a widely used formula font
    {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x1D400, 0x1D800)} | {0xF8020: "′"}
)

UNCLEAN = re.compile(
    "[\u00ad\u200b-\u200d\u2060\ufb00-\ufb06\ufeff\U0001d400-\U0001d7ff\U000f8020]"
)  # ranges are quick
_TEN = re.compile(r"(?:^|[^\d.,])10$")
_TIMES = re.compile(r"[×x✕·∙⋅*]\s*10$")
_POWER = re.compile(r"[-−–]?\d{1,2}$")
_NOTED_POWER = re.compile(r"([-−–]?\d{1,2})([a-z*∗†‡§¶‖#]+)$")
_NEGATIVE = re.compile(r"[-−–]\d{1,2}$")
_UNIT = re.compile(r"(?:^|[\d\s/(×·.])(?:[kcdmnµμ]?m|in|inch|ft)$")
_UNIT_POWER = re.compile(r"[234]$")
_CITATION = re.compile(r"\[?\(?\d{1,3}[a-z]?(?:\s*[,;–—−‒-]\s*\d{1,3}[a-z]?)*[,;]?\)?\]?$")
_LETTERS = re.compile(r"(?:[a-z]|[*∗†‡§¶‖#]+)(?:[,;](?:[a-z]|\d{1,2}|[*∗†‡§¶‖#]+))*$")
_MARKS = re.compile(r"[*∗†‡§¶‖#✉]+$")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|ème)$")
_DECIMAL = re.compile(r"\d[.,]\d+$")
_MIXED = re.compile(r"(?:\d{1,2}|[a-z]|[*∗†‡§¶‖#✉]+)(?:[,;]?(?:\d{1,2}|[a-z]|[*∗†‡§¶‖#✉]+))+[,;]?$")

# Pi fonts without a unicode map: the letter that comes out, and the sign that is printed
PI_FONT = re.compile(r"mathematicalpi|mathpi|universalmath|universal-?news|advpi|symbolpi|advps?m?sy", re.I)
PI = {"3": "×", "6": "±", "5": "=", "1": "+", "2": "−", ",": "<", ".": ">", "#": "≤", "$": "≥", "¥": "×"}

_DAMAGE = re.compile(
    rf"(?P<colon>(?<![\d.:])\d{{1,3}}:\d{{1,3}}(?=\s?[×x✕]\s?10[{_SUPERSCRIPTS}]))"
    rf"|(?<=\d)\s(?P<times>[3¥](?=\s10[{_SUPERSCRIPTS}]))"
    rf"|(?P<moji>Â(?=[·±°µ×])|Ã—|â€“|â‰¥|â‰¤|Î¼)"
)
_DAMAGED = re.compile(rf"[{_SUPERSCRIPTS}ÂÃâÎ]")  # one of these is in all that is mended
_MOJIBAKE = {"Â": "", "Ã—": "×", "â€“": "–", "â‰¥": "≥", "â‰¤": "≤", "Î¼": "μ"}
_UNICODE_MARK = re.compile(rf"[{_SUPERSCRIPTS}]+(?:[,–-][{_SUPERSCRIPTS}]+)*")


def spell(lines: Sequence[tuple[Sheet, Line]], words: Words, at: int = 0) -> Passage:
    """Write the lines of one paragraph or cell as running text.

    Line ends become a space, a kept hyphen or nothing (``words`` tells which words the document has). The runs,
    one for each word, lie on the page as shown; runs and repairs count from ``at``, where the passage will begin.
    """
    parts: list[str] = []
    runs: list[Run] = []
    repairs: list[Repair] = []
    size = at
    for sheet, line in lines:
        if parts:
            first = line.words[0].text
            if not first.isascii():
                first = first.translate(CLEAN)
            drop, between = 0, " "
            if not first or parts[-1][-1:] in MAY_JOIN:
                drop, between = seam(_last(parts), first, words)
            if drop:
                parts[-1] = parts[-1][:-drop]
                size -= drop
                if runs and runs[-1].start >= size:
                    runs.pop()  # a hyphen drawn on its own
                elif runs:
                    runs[-1] = runs[-1]._replace(end=min(runs[-1].end, size))
            if between:
                parts.append(between)
                size += len(between)
        stretch = line.words
        page = 0 if sheet.turned else sheet.number
        if line.even and page and _is_plain(line):
            size = _write_even(line, page, size, parts, runs)
            continue
        index = 0
        while index < len(stretch):
            word = stretch[index]
            if word.rise > 0:
                end = index + 1
                while end < len(stretch) and stretch[end].rise > 0 and _near(stretch[end - 1], stretch[end]):
                    end += 1
                size = _write_raised(stretch, index, end, parts, size, sheet, runs, repairs)
                index = end
                continue
            text = word.text
            if not text.isascii():
                text = text.translate(CLEAN)
                if not text:
                    index += 1
                    continue
            if index and (word.space or word.rise == 0) and _apart(stretch[index - 1], word):
                parts.append(" ")
                size += 1
            if len(text) == 1 and text in PI and PI_FONT.search(word.font.name):
                text = PI[text]
                repairs.append(
                    Repair(
                        span=Span(start=size, end=size + 1),
                        as_printed=word.text,
                        reason=f"{word.text} of the font {word.font.name} is printed as {text}",
                    )
                )
            parts.append(text)
            begin, size = size, size + len(text)
            if page:
                runs.append(Run(begin, size, page, word.x0, word.top, word.x1, word.bottom, word.turn))
            else:
                _run(runs, sheet, begin, size, word)
            index += 1
    text = "".join(parts)
    if text.isascii() or not _DAMAGED.search(text):
        return Passage(text, tuple(runs), tuple(repairs), at)
    return _mend(text, list(moved(runs, -at)), list(moved_repairs(repairs, -at)))


def _is_plain(line: Line) -> bool:
    """Whether an even line is printed as its characters say."""
    if not line.text.isascii() and UNCLEAN.search(line.text):
        return False
    return not any(map(_is_pi, line.fonts))


@lru_cache(maxsize=256)
def _is_pi(font: Font) -> bool:
    return bool(PI_FONT.search(font.name))


def _write_even(line: Line, page: int, size: int, parts: list[str], runs: list[Run]) -> int:
    """Write an even line: its text, and a run for each word; give the new size of the text.

    Its last word becomes a part of its own, also one that stands at the word before it: a seam may look at these.
    """
    words, text = line.words, line.text
    last = words[-1]
    cuts = [len(text) - len(last.text), len(text)]
    if len(words) > 1:
        cuts.insert(0, cuts[0] - (1 if last.space else len(words[-2].text)))
        parts.append(text[: cuts[0]])
    parts += [text[a:b] for a, b in pairwise(cuts)]
    new = tuple.__new__  # a Run from its fields as they are, in a third of the time
    at = size - words[0].space
    for word in words:
        begin = at + 1 if word.space else at
        at = begin + len(word.text)
        runs.append(new(Run, (begin, at, page, word.x0, word.top, word.x1, word.bottom, 0)))
    return at


def _run(runs: list[Run], sheet: Sheet, start: int, end: int, word: Word, last: Word | None = None) -> None:
    x0, top, x1, bottom = word.x0, word.top, max(word.x1, (last or word).x1), word.bottom
    if sheet.turned:
        x0, top, x1, bottom = sheet.shown(x0, top, x1, bottom)
    runs.append(Run(start, end, sheet.number, x0, top, x1, bottom, (sheet.turned // 90 + word.turn) % 4))


def _last(parts: list[str]) -> str:
    """The last word written; a seam looks no further back."""
    text = parts[-1]
    if len(text) < 3 and len(parts) > 1 and parts[-2] != " ":
        text = parts[-2] + text
    return text.rsplit(" ", 1)[-1] or text


def _apart(before: Word, word: Word) -> bool:
    """Whether a space belongs between two words of a line."""
    gap = word.x0 - before.x1
    em = max(before.size, word.size)
    if word.rise != before.rise:
        # pdfium guesses a space after most raised or lowered characters
        return gap > 0.16 * em if word.space else gap > 0.3 * em
    return word.space or gap > 0.3 * em


def _near(before: Word, word: Word) -> bool:
    return word.x0 - before.x1 < 0.4 * word.size


def _write_raised(
    stretch: Sequence[Word],
    start: int,
    end: int,
    parts: list[str],
    size: int,
    sheet: Sheet,
    runs: list[Run],
    repairs: list[Repair],
) -> int:
    """Write the raised words start to end of a line; give the new size of the text."""
    marks = "".join(word.text for word in stretch[start:end]).translate(CLEAN)
    if not marks:
        return size
    glued = start > 0 and not _apart(stretch[start - 1], stretch[start])
    after = stretch[end] if end < len(stretch) else None
    tied = after is not None and not _apart(stretch[end - 1], after)
    before = "".join(parts[-6:])
    written, reason = _meaning(marks, before, after.text if after and tied else "", glued, start == 0)
    space = "" if glued else " " if start else ""
    if reason.startswith(("citation", "footnote")) and not space and before and not before[-1].isspace():
        space = " "
    if tied and after is not None and written[-1:] == "]" and after.text[0].isalnum():
        written += " "
    if start == 0 and tied and reason == "":
        written += " "  # the number of an affiliation, the mark of a footnote
    parts.append(space + written)
    begin = size + len(space)
    size = begin + len(written)
    shown = written.rstrip()
    _run(runs, sheet, begin, begin + len(shown), stretch[start], stretch[end - 1])
    if shown != marks:
        repairs.append(
            Repair(span=Span(start=begin, end=begin + len(shown)), as_printed=marks, reason=reason or "raised mark")
        )
    return size


def _meaning(marks: str, before: str, after: str, glued: bool, opens: bool) -> tuple[str, str]:
    """What raised characters are written as, and why; the reason is empty when they are written as they are."""
    if opens:
        return marks, ""
    noted = _NOTED_POWER.match(marks)
    if noted and glued and _TIMES.search(before):
        return f"{noted[1].translate(RAISED)} [{noted[2]}]", "power of ten with a footnote mark: raised above its line"
    if glued and _POWER.match(marks):
        if _TEN.search(before) and (_TIMES.search(before) or _plausible(marks, after)):
            return marks.translate(RAISED), "power of ten: raised above its line"
        if _NEGATIVE.match(marks) or (_UNIT.search(before) and _UNIT_POWER.match(marks)):
            return marks.translate(RAISED), "power of a unit: raised above its line"
    if marks in ("∘", "◦"):
        return "°", "degree sign"
    if marks in ("o", "0", "O", "º") and glued and before[-1:].isdigit() and after[:1] in ("C", "F", "", ","):
        return "°", "degree sign"
    if after[:1] in ("/", "⁄") and marks.isdigit():
        return marks, ""  # a fraction set as 1/2
    if _ORDINAL.match(marks) and before[-1:].isdigit() and not _DECIMAL.search(before):
        return marks, ""
    if not glued and after and after[0].isalpha() and re.match(r"\d{1,3}m?$", marks):
        return marks, ""  # an isotope: 99mTc
    if _CITATION.match(marks):
        bare = marks.strip("[]()").rstrip(",;").replace("−", "–")
        tail = marks[-1] if marks[-1] in ",;" else ""
        return f"[{bare}]{tail}", "citation mark: raised above its line, not part of the word before it"
    if _MARKS.match(marks):
        return f"[{marks}]" if before[-1:].isdigit() else marks, "footnote mark" if before[-1:].isdigit() else ""
    if _LETTERS.match(marks) or _MIXED.match(marks):
        return f"[{marks.rstrip(',;')}]", "footnote mark: raised above its line"
    return marks, ""


def _plausible(marks: str, after: str) -> bool:
    """Whether raised digits at a bare 10 are an exponent rather than a citation."""
    number = int(re.sub(r"[-−–]", "-", marks))
    return number < 0 or (2 <= number <= 15 and not (number == 2 and after[:1] in ".,;"))


def _mend(text: str, runs: list[Run], repairs: list[Repair]) -> Passage:
    """Put right what glyph damage and raised characters of unicode leave in a text, where it is certain."""
    for pattern, mend in ((_UNICODE_MARK, _unicode_mark), (_DAMAGE, _damage)):
        if not pattern.search(text):
            continue
        at = 0
        while match := pattern.search(text, at):
            start, end, put, reason = mend(match, text)
            if not reason:
                at = match.end()
                continue
            old = text[start:end]
            runs = [moved for run in runs for moved in _moved_run(run, start, end, put, text)]
            text = text[:start] + put + text[end:]
            shift = len(put) - (end - start)
            repairs = [_shifted(repair, end, shift) for repair in repairs]
            inked = put.strip()
            if inked:
                begin = start + put.index(inked)
                repairs.append(Repair(span=Span(start=begin, end=begin + len(inked)), as_printed=old, reason=reason))
            at = max(start + len(put), start + 1)
    return Passage(text, tuple(runs), tuple(sorted(repairs, key=lambda repair: repair.span.start)))


def _moved_run(run: Run, start: int, end: int, put: str, text: str) -> list[Run]:
    """A run where characters start to end of the text are written otherwise: moved, or cut before and after a mark that
    stands apart from then on."""
    shift = len(put) - (end - start)
    if run.start >= end:
        return [run._replace(start=run.start + shift, end=run.end + shift)]
    if run.end < end:
        return [run]
    if not put.startswith(" ") or run.start >= start or run.turn:
        return [run._replace(end=max(run.start + 1, run.end + shift))]
    unit = (run.x1 - run.x0) / advance(text[run.start : run.end])
    left = run.x0 + unit * advance(text[run.start : start])
    right = run.x1 - unit * advance(text[end : run.end])
    parts = [
        run._replace(end=start, x1=left),
        run._replace(start=start + 1, end=start + len(put.rstrip()), x0=left, x1=right),
    ]
    return [*parts, run._replace(start=end + shift, end=run.end + shift, x0=right)] if run.end > end else parts


def _shifted(repair: Repair, end: int, shift: int) -> Repair:
    if repair.span.start < end:
        return repair
    span = Span(start=repair.span.start + shift, end=repair.span.end + shift)
    return Repair(span=span, as_printed=repair.as_printed, reason=repair.reason)


def _unicode_mark(match: re.Match[str], text: str) -> tuple[int, int, str, str]:
    start, end = match.span()
    marks = match.group().translate(LOWER)
    before = text[max(0, start - 12) : start]
    if _TEN.search(before) or _NEGATIVE.match(marks) or (_UNIT.search(before) and _UNIT_POWER.match(marks)):
        return start, end, "", ""
    if not before.strip() or not before[-1].strip():
        return start, end, "", ""
    if not _CITATION.match(marks):
        return start, end, "", ""
    tail = " " if text[end : end + 1].isalnum() else ""
    return start, end, f" [{marks}]{tail}", "citation mark: raised digits, not part of the word before them"


def _damage(match: re.Match[str], _: str) -> tuple[int, int, str, str]:
    name = match.lastgroup or ""
    start, end = match.span(name)
    old = match.group(name)
    if name == "colon":
        return start, end, old.replace(":", "."), "the colon before a power of ten is a decimal point"
    if name == "times":
        return start, end, "×", f"{old} between a number and a power of ten is a multiplication sign"
    return start, end, _MOJIBAKE[old], "characters decoded twice"
