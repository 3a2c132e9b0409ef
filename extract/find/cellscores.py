"""The find room's scores of table cells: which header names the scale, what a row is part of, stages in headers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from spacy.tokens import Doc

from extract.find.hits import Hit
from extract.find.language import Passage, load_language
from extract.find.phases import timeline
from extract.find.readings import Reading
from extract.find.rules import Defined, Rules, find_terms
from extract.find.scores import find_scores_in_cell, score_mention
from extract.find.slashes import SLASH
from extract.model import Cell, Mention
from extract.numbers import decimal_number, roman_number
from extract.schema import Scale

_ASIDE = re.compile(r"\s*\((?:including|includes|incl\.?|with|without|excluding|based\s+on)[^)]*\)", re.IGNORECASE)
_TOTAL = re.compile(
    r"^\W*(?:grand\s+|sum\s+)?(?:total|overall|sum|composite|global)(?:\s+scores?|\s+points)?\W*$", re.IGNORECASE
)
_NO_PART = re.compile(
    r"\b(?:patients?|pts?|cases?|subjects?|no|n|age|sex|gender|mean|median|sd|p|visits?|change|difference|side|left"
    r"|right|date|comments?|"
    r"reference|study|author|diagnosis|treatment|dose|follow\W?up)\b|^\W*\d|^\W*[A-Z]?\d+\W*$",
    re.IGNORECASE,
)
# "Puts on shoes and socks", "Able to use a chair": an item is named by its object
_DOING = re.compile(
    r"^(?:(?:is\s+)?(?:able|ability)\s+to\s+|can\s+)?(?:put(?:s|ting)?\s+on|enter(?:s|ing)?|us(?:es?|ing))\s+(?=\w)",
    re.IGNORECASE,
)
# Questionnaires whose parts are published scores of their own, with the same range: they keep the name of the whole.
_OWN_PARTS = frozenset({"KOOS", "HOOS", "WOMAC", "FAOS", "SF-36", "SF-12", "PedsQL", "VAS", "range of motion"})


def cell_scores(passage: Passage, cell: Cell, rules: Rules, defined: Defined) -> list[Mention]:
    """Scores of a cell whose row or column header, whose group or whose table's corner names the scale.

    A total under a scale is that scale; another row under the corner ``Harris Hip Score`` is a part: ``HHS pain``.
    """
    if not (cell.row_header or cell.column_header or cell.group):
        return _of_line(passage, cell, rules, defined)
    row = _ASIDE.sub("", cell.row_header)
    for header in (row, cell.column_header, cell.group):
        scale = _named_in(header, passage, rules, defined)
        if scale is not None:
            if both := _pair(passage, header, rules, defined):
                return both
            other = cell.column_header if header != cell.column_header else cell.row_header
            return find_scores_in_cell(
                passage, scale, f"{header} | {other}", around=f"{cell.group} | {_corner(passage, cell)}"
            )
    corner = _corner(passage, cell)
    scale = _named_in(corner, passage, rules, defined)
    if scale is None:
        return _of_caption(passage, cell, rules, defined)
    if not row or not timeline(cell.column_header):
        return []
    header = f"{row} | {cell.column_header}"
    if _TOTAL.match(row):
        return find_scores_in_cell(passage, scale, header, around=corner)
    if _NO_PART.search(row) or len(row.split()) > 6 or timeline(row):
        return []
    part = "" if scale.name in _OWN_PARTS else _DOING.sub("", row.strip(" :.")).lower()
    return find_scores_in_cell(passage, scale, header, around=corner, part=part)


# a cell of values, perhaps with their time: "21.5 / 11 / 4", "week 12 8 mm"; and one of times alone, "month 0 / 3"
_VALUES = re.compile(
    r"\s*(?:(?:at\s+)?(?:base\W?line|pre\w*|post\w*|before|after|entry|(?:week|month|day|year|wk|mo)s?\s?\d+)\W+)?"
    r"\d[\d.]*(?:\s?[→/,–-]\s?\d[\d.]*)*\s?(?:mm|cm|%|points?|m)?"
    r"(?:\s*\((?:at\s)?(?:[dwm]|day|week|month|mo|wk|year|y)s?\.?\s?[-−]?\d+\)"
    r"|\s*\((?:pre|post|baseline|before|after|initial|final)\))?\s*",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"\s*(?:at\s+)?(?:week|month|day|year|wk|mo)s?\s?\d+(?:\s?[/,–-]\s?\d+)*\s*"
    r"|\s*\d+(?:\s?[/,–-]\s?\d+)*\s?(?:months?|mo|weeks?|wks?|days?|years?|[mwdy])\s*",
    re.IGNORECASE,
)
# "35 (d0)": the cell tells its own time
_DATED = re.compile(r"\d\s*(?:mm|cm|%|points?|m)?\s*\(([^()]+)\)\s*$")
_OWN_VALUE = re.compile(r"(?<![A-Za-z\d.-])\d[\d.,]*\s*(?:mm|cm|%|points?|m)?\s*$")


def _of_line(passage: Passage, cell: Cell, rules: Rules, defined: Defined) -> list[Mention]:
    """Values of a lone table line without headers: the scale stands in a cell to the left, ``EDSS | 6.0 | 4.5``."""
    if not _VALUES.fullmatch(passage.text) or _TIMES.fullmatch(passage.text):
        return []
    cells = passage.row.split(" | ")
    for column in range(min(cell.column, len(cells)) - 1, -1, -1):
        left = cells[column]
        if _TIMES.fullmatch(left) or _VALUES.fullmatch(left):
            continue
        scale = None if _OWN_VALUE.search(left) else _named_in(left, passage, rules, defined)
        if scale is None:
            return []
        own = _DATED.search(passage.text)
        return find_scores_in_cell(
            passage, scale, f"{left} | {own[1]}" if own else " | ".join(cells[column : cell.column])
        )
    return []


# rows of people or of visits, not of parts or of other things
_PEOPLE_OR_VISITS = re.compile(
    r"\W*(?:(?:patients?|pts?|cases?|subjects?|participants?|child|p|no|nr|#)[\W_]*)*"
    r"(?:\d{1,2}|[A-Z]|[IVX]{1,4}|first|second|third|fourth|fifth|sixth|one|two|three|four|five|six)\W*"
    r"|\W*(?:(?:older|elder|younger|first|second)\s)?(?:brother|sister|twin|sibling|boy|girl|man|woman)\W*(?:\d|[AB])?\W*"
    r"|\W*(?:values?|scores?|points|result)\W*",
    re.IGNORECASE,
)
# "DAS28 (HAQ in brackets)": the second number of a cell
_BRACKETED = re.compile(r"\(([^()]{2,40}?)\s+in\s+(?:round\s+)?(?:brackets|parenthes[ei]s)\)", re.IGNORECASE)
_PAIR = re.compile(r"\s*\d[\d.,]*\s*(?P<inner>\(\s*\d[\d.,]*\s*\))\s*")


def _of_caption(passage: Passage, cell: Cell, rules: Rules, defined: Defined) -> list[Mention]:
    """Values of a table of one scale whose caption alone names it: people or visits beside, times above."""
    times, row = (cell.column_header, cell.row_header) if timeline(cell.column_header) else (cell.row_header, "")
    caption = _caption(passage, cell)
    if not caption or not timeline(times) or (row and not _PEOPLE_OR_VISITS.fullmatch(row)):
        return []
    aside = _BRACKETED.search(caption)
    first = _only_one_in(_BRACKETED.sub(" ", caption), passage, rules, defined)
    second = _only_one_in(aside.group(1), passage, rules, defined) if aside else None
    if first is None or (aside is not None and second is None):
        return []
    header = f"{caption} | {row} | {times}"
    if second is None:
        return find_scores_in_cell(passage, first, header)
    pair = _PAIR.fullmatch(passage.text)
    if pair is None:
        return []
    cut = pair.start("inner")
    outer = passage._replace(text=passage.text[:cut])
    inner = passage._replace(text=" " * (cut + 1) + passage.text[cut + 1 :].replace(")", " "))
    return [*find_scores_in_cell(outer, first, header), *find_scores_in_cell(inner, second, header)]


def _caption(passage: Passage, cell: Cell) -> str:
    """The words of the table's caption: what of a cell's headers is none of its own."""
    own = " ".join(part for part in (cell.group, cell.row_header, cell.column_header) if part)
    return passage.headers.removeprefix(own).strip()


def _only_one_in(words: str, passage: Passage, rules: Rules, defined: Defined) -> Scale | None:
    """The scale that words name, when it is the only one."""
    stand_in = passage._replace(text=words, doc=_tokens(words), sentences=((0, len(words)),))
    named = {hit.scale.name: hit.scale for hit in find_terms(stand_in, rules, defined)[0] if hit.scale is not None}
    return next(iter(named.values())) if len(named) == 1 else None


def _corner(passage: Passage, cell: Cell) -> str:
    """The words over the row headers: the first of the table's head, when it stands over none of the other columns."""
    first = passage.row.split(" | ")[0].strip()
    return "" if cell.column_header.startswith(first) or first == cell.row_header else first


_TWO_NUMBERS = re.compile(r"\s*\d+(?:\.\d+)?\s*(?P<slash>/)\s*\d+(?:\.\d+)?\s*")


def _pair(passage: Passage, header: str, rules: Rules, defined: Defined) -> list[Mention]:
    """The two values of a cell under a header that names two measures in the same way: ``TJC/SJC`` over ``12/8``."""
    two = _TWO_NUMBERS.fullmatch(passage.text)
    if two is None or "/" not in header:
        return []
    hits = sorted(_scales_in(header, passage, rules, defined), key=lambda hit: hit.start)
    if len(hits) != 2 or not SLASH.fullmatch(header, hits[0].end, hits[1].start):
        return []
    middle = two.start("slash")
    first, second = (hit.scale for hit in hits if hit.scale is not None)
    return [
        *find_scores_in_cell(passage, first, header, end=middle),
        *find_scores_in_cell(passage, second, header, start=middle + 1),
    ]


def _named_in(header: str, passage: Passage, rules: Rules, defined: Defined) -> Scale | None:
    return next((hit.scale for hit in _scales_in(header, passage, rules, defined)), None)


def _scales_in(header: str, passage: Passage, rules: Rules, defined: Defined) -> list[Hit]:
    if not header:
        return []
    stand_in = passage._replace(text=header, doc=_tokens(header), sentences=((0, len(header)),))
    hits, _ = find_terms(stand_in, rules, defined)
    return [hit for hit in hits if hit.scale is not None]


@lru_cache(maxsize=1024)
def _tokens(header: str) -> Doc:
    """The tokens of a header, which stands over many cells."""
    return load_language().make_doc(header)


_HEAD_STAGE = re.compile(
    r"^(?P<when>.{2,40}?)\s*[:,(–-]\s*(?:stage|grade|class)\s*(?P<number>IV|V|I{1,3}|\d)\)?\s*$", re.IGNORECASE
)


def head_stages(passage: Passage, system: Scale | None) -> list[Mention]:
    """The stage that a column header gives with its time, ``Before: stage III``, in the one staging of the paper."""
    match = _HEAD_STAGE.match(passage.text)
    if match is None or system is None or not (points := timeline(match["when"])):
        return []
    word = match["number"]
    number = decimal_number(word) if word.isdigit() else roman_number(word.upper())
    if number is None or (system.maximum is not None and number > system.maximum):
        return []
    reading = Reading(*match.span("number"), number, word, "digits" if word.isdigit() else "roman")
    return [score_mention(passage, 0, system, reading, points[-1], None, None)]


def one_staging(scales: Iterable[Scale]) -> Scale | None:
    """The staging that a paper names, when it names just one."""
    named = {scale.name: scale for scale in scales if scale.kind == "stage"}
    return next(iter(named.values())) if len(named) == 1 else None
