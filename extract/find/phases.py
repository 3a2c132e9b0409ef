"""The find room's reading of time: words around a value -> before or after the cells, and how many months after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from extract.find.timewords import (
    BARE,
    CELLS,
    FROM_START,
    GOES_ON,
    LATER_ROUND,
    NO_CUE,
    OBJECT,
    ORDINALS,
    OTHER_TREATMENT,
    RELATION,
    TIME,
    TREATED_ON,
    UNIT,
    WORDS,
    N,
)
from extract.find.timewords import SCALE_MARK as SCALE_MARK
from extract.model import Phase
from extract.numbers import NUMBER_WORDS, decimal_number, number_word

DAYS_PER_MONTH = Decimal("30.4375")
_DAYS = {"d": Decimal(1), "w": Decimal(7), "f": Decimal(14)}
_MONTHS = {"m": Decimal(1), "y": Decimal(12)}
LONGEST_FOLLOW_UP = 180
_HUNDREDTH = Decimal("0.01")


class Point(NamedTuple):
    """One point of a time line: the phase, months after treatment when a number is given, and the words."""

    phase: Phase
    months: Decimal | None
    words: str


class Cue(NamedTuple):
    """Words that say when: one point, or several when the words are a list (``at 3, 6 and 12 months``).

    ``parts`` are the cues that were put together to a list (``before and a year after``).
    """

    start: int
    end: int
    points: tuple[Point, ...]
    parts: tuple[Cue, ...] = ()


class Timing(NamedTuple):
    """What a text says about time: the cues, and all stretches whose numbers are times, ages or durations."""

    cues: tuple[Cue, ...]
    spent: tuple[tuple[int, int], ...]


def months(number: Decimal, unit: str) -> Decimal:
    """A time in months, to two places: months and years are exact, days and weeks go by 30.4375 days a month."""
    if number == 0:
        return Decimal(0)
    letter = unit.strip().lower()[0]
    exact = number * _MONTHS[letter] if letter in _MONTHS else number * _DAYS[letter] / DAYS_PER_MONTH
    return exact if exact == exact.to_integral_value() else exact.quantize(_HUNDREDTH)


_SHORT_TIME = re.compile(
    r"(?<![\w.])(?:(?P<n>\d+(?:\.\d+)?)\s?(?P<u>[MmWwDdYy])|(?:PO)?(?P<U>[MWDYmwdy])\s?\+?(?P<N>\d+)|[Tt](?P<visit>\d)"
    r"|(?P<later>F/?U\W?\d|(?:1st|2nd|3rd|\dth)\s+F/?U))(?![\w.])"
)
# A header that is the one word: the last column of a course
_END_ALONE = re.compile(r"\W*(?:discharge|final|last|latest|end(?:\s+of\s+\w+)?|endpoint|recent)\W*", re.IGNORECASE)
# "T1 (3 months)", "6M post", "Follow-up 2 (6 mo)": one visit said twice
_ONE_VISIT = re.compile(r"[\s(\[:]*(?:\d[\s(\[:]*)?")
_MINUS = re.compile(r"(?:^|[\s(])[-\u2010-\u2015\u2212]\s?$")


@lru_cache(maxsize=4096)
def timeline(words: str) -> tuple[Point, ...]:
    """All points of time that a header says, in order: ``pre / 6 mo / 12 mo``. One letter is enough for a unit here."""
    cues = read_timing(words).cues
    found = [(cue.start, cue.end, point) for cue in cues for point in cue.points]
    for match in _SHORT_TIME.finditer(words):
        if any(cue.start <= match.start() < cue.end for cue in cues):
            continue
        if match["visit"] or match["later"]:
            # T0 is the first examination; later ones are counted, not timed
            point = Point("pre" if match["visit"] == "0" else "post", None, match.group())
        else:
            point = _point(months(Decimal(match["n"] or match["N"]), match["u"] or match["U"]), match.group())
        found.append((*match.span(), point))
    if not found and _END_ALONE.fullmatch(words):
        return (Point("post", None, words.strip()),)
    out: list[tuple[int, int, Point]] = []
    for start, end, point in sorted(found, key=lambda item: item[0]):
        if point.months and _MINUS.search(words[:start]):
            point = Point("pre", None, point.words)  # "-1 mo"
        before = out[-1] if out else None
        if before and before[1] <= start and _ONE_VISIT.fullmatch(words, before[1], start):
            one, other = before[2], point
            if one.phase == other.phase == "post" and (one.months is None) != (other.months is None):
                timed = one.months if one.months is not None else other.months
                out[-1] = (before[0], end, Point("post", timed, words[before[0] : end]))
                continue
        out.append((start, end, point))
    return tuple(point for _, _, point in out)


def _point(after: Decimal | None, words: str, phase: Phase | None = None) -> Point:
    if phase == "pre":
        return Point("pre", None, words)
    return Point("pre" if after == 0 and phase is None else "post", after, words)


@lru_cache(maxsize=4096)
def read_timing(text: str) -> Timing:
    """Every cue of a sentence or header in order, and the stretches whose numbers are times and not values."""
    spent = [(match.start(), match.end()) for match in NO_CUE.finditer(text)]
    found: list[Cue] = []
    treated = TREATED_ON.search(text)
    treated_after = months(Decimal(treated["number"]), treated["unit"]) if treated else None
    taken = list(spent)
    if treated:
        taken.append((treated.start(), treated.end()))
    for match in TIME.finditer(text):
        if _inside(match.start("prep") if match["prep"] else match.start(), match.end(), taken):
            continue
        cue, stretch = _time_cue(text, match, treated_after)
        if cue and cue.points[-1].months is not None and cue.points[-1].months > LONGEST_FOLLOW_UP:
            cue = None  # "at 17 years" is an age
        spent.append(stretch)
        taken.append((stretch[0], cue.end if cue else stretch[1]))
        if cue:
            found.append(cue)
    found += _elliptic(text, found, spent)
    taken += [(cue.start, cue.end) for cue in found]
    for match in WORDS.finditer(text):
        if _inside(match.start(), match.end(), taken):
            continue
        worded = _word_cue(text, match)
        if worded:
            found.append(worded)
    if treated:
        spent.append((treated.start(), treated.end()))
    return Timing(tuple(sorted(_joined(text, found))), tuple(sorted(spent)))


# "6 after three months and 4 after twelve": the unit is that of the time before
_ELLIPTIC = re.compile(
    rf"\b(?:after\s+(?P<n>{N})|at\s+(?P<w>{NUMBER_WORDS}))(?=\s*(?:[;,.)]|$|and\b|but\b))"
    # "35 mm at 3 and 34 mm at 12 months": digits too where value and time follow in the same way
    rf"|\bat\s+(?P<d>\d{{1,2}})(?=(?:\s*,?\s*(?:and|then)?\s+[\d.]+\s*(?:%|mm|cm|m|points?|°)?\s+at\s+\d{{1,2}})+\s+{UNIT})",
    re.IGNORECASE,
)


_AND_NEXT = re.compile(r"\s*,?\s*(?:and|then|but)\s[^,;.|]{0,25}", re.IGNORECASE)


def _elliptic(text: str, found: list[Cue], spent: list[tuple[int, int]]) -> list[Cue]:
    out = []
    for match in _ELLIPTIC.finditer(text):
        before = [cue for cue in found if cue.end <= match.start() and cue.points[-1].months]
        # "35 at six and 33 at twelve months": the unit is that of the time behind
        behind = [cue for cue in found if match.end() <= cue.start and cue.points[-1].months]
        next_to = [cue for cue in behind[:1] if match["d"] or _AND_NEXT.fullmatch(text, match.end(), cue.start)]
        near = next_to if match["d"] else before or next_to
        unit = re.findall(rf"{UNIT}", near[-1].points[-1].words, re.IGNORECASE) if near else []
        number = _read(match["n"] or match["w"] or match["d"])
        if unit and number is not None and not _inside(match.start(), match.end(), spent):
            spent.append(match.span())
            out.append(Cue(match.start(), match.end(), (_point(months(number, unit[-1]), match.group(), "post"),)))
    return out


def _inside(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return any(a < end and start < b for a, b in taken)


def _time_cue(text: str, match: re.Match[str], treated: Decimal | None) -> tuple[Cue | None, tuple[int, int]]:
    """The cue that a time makes together with what follows it ("twelve weeks after the infusion")."""
    start = match.start()
    prep = (match["prep"] or "").strip().lower()
    unit = next(match[g] for g in ("list_unit", "one_unit", "heads_unit", "head_unit", "ordinal_unit") if match[g])
    in_list = (
        prep.startswith(("at", "after", "by", "on", "in"))
        or _SLASHED.fullmatch(match["list"] or "")
        or _OPEN_LIST.search(text, 0, match.start())
        or not text[: match.start()].strip()
        or text[: match.start()].rstrip().endswith("(")
        or (match["list"] is not None and _FROM_NAUGHT.match(match["list"]))
    )
    if match["list"] and not in_list:
        # "it was 8, 6 months later": without a preposition only the last number is a time
        last = list(re.finditer(N, match["list"], re.IGNORECASE))[-1]
        start = match.start("list") + last.start()
        numbers: list[Decimal | None] = [_read(last.group())]
    elif match["upto"]:
        numbers = [None]
    elif match["ordinal"]:
        word = match["ordinal"].lower()
        numbers = [Decimal(ORDINALS[word]) if word in ORDINALS else Decimal(re.sub(r"\D", "", word))]
    else:
        source = match["list"] or match["one"] or match["heads"] or match["head"]
        numbers = [_read(piece.group()) for piece in re.finditer(N, source, re.IGNORECASE)]
        if match["half"] and numbers[0] is not None:
            numbers = [numbers[0] + Decimal("0.5")]
        elif match["more"] and numbers[0] is not None:
            numbers = [numbers[0] + (_read(match["more"]) or Decimal(0)) / 12]
    stretch = (start, match.end())
    end = match.end()
    # "week -2": counted back from the treatment
    phase: Phase | None = "pre" if match["head"] and _COUNTED_BACK.search(text, start, match.start("head")) else None
    relation = RELATION.match(text, end)
    if match["one"] and match["one"].lower() in ("a", "an") and not prep and not relation:
        return None, stretch  # "2.5 g a day" is a rate
    if match["one"] and prep.startswith("on") and not relation:
        return None, stretch  # "on five days" counts them
    if not prep and re.search(
        r"\b(?:intervals?|periods?|total|mean|median|survival)\s+of\s*$", text[:start], re.IGNORECASE
    ):
        return None, stretch
    if prep.startswith(("after", "by")) and not relation:
        # "after six months of methotrexate": the time of a drug, not a time after the cells
        other = re.match(r"\s+of\s+(?!follow|treat|therap|the\b|this\b|cell|msc)\w+", text[end:], re.IGNORECASE)
        if other:
            return None, stretch
        phase = "post"
    if relation:
        if relation["before"]:
            phase = "pre"
            end = relation.end()
            if treatment := OBJECT.match(text, end):
                phase = "post" if LATER_ROUND.match(text, end) else "pre"
                end = treatment.end()
        elif relation["after"]:
            treatment = OBJECT.match(text, relation.end()) or OBJECT.match(text, relation.end() - 1)
            if treatment and _is_other(treatment):
                return None, (start, treatment.end())
            if treatment:
                phase, end = "post", treatment.end()
            elif relation["after"].lower() in ("after", "post", "following"):
                if not BARE.match(text, relation.end()):
                    return None, stretch
                phase, end = "post", relation.end()
            elif start_of := FROM_START.match(text, relation.end("after")):
                phase, end = "post", start_of.end()
            elif not BARE.match(text, relation.end("after")):
                return None, (start, relation.end())  # "three years into her illness", "two years since the diagnosis"
        elif relation["later"].lower() != "on":
            phase, end = "post", relation.end()
        elif not GOES_ON.match(text, relation.end()):
            return None, stretch
    points = []
    for number in numbers:
        after = None if number is None else months(number, unit)
        if phase is None and treated is not None and after is not None:
            points.append(Point("pre" if after < treated else "post", None, text[start:end]))
        else:
            # "at months 0, 3 and 6 after the infusion": a course begins before the treatment
            begins = after == 0 and phase == "post" and len(numbers) > 1
            points.append(_point(after, text[start:end], None if begins else phase))
    return Cue(start, end, tuple(points)), stretch


_COUNTED_BACK = re.compile(r"\s[-\u2012\u2013\u2212]\Z")
# "ABI 0 / 3 / 6 months": a list in itself
_SLASHED = re.compile(r"\d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)+")


def _is_other(treatment: re.Match[str]) -> bool:
    """Whether a time is counted from another treatment than that with cells: "six months after rituximab therapy"."""
    words = treatment.group()
    return OTHER_TREATMENT.search(words) is not None and CELLS.search(words) is None


# "at baseline, 6 and 12 months": the list of times began with a word
_OPEN_LIST = re.compile(r"(?:base\W?line|\bpre\W?\w*|before|entry|surgery|admission)\s*[,/]\s*$", re.IGNORECASE)


def _read(text: str) -> Decimal | None:
    word = re.sub(r"\s+1/2$", "½", re.sub(r"\s+and\s+an?\s+half$", "½", text.strip().lower()))
    if word.startswith("half"):
        return Decimal("0.5")
    if part := re.fullmatch(r"(.+?)\s?([½¼¾])", word):
        whole, piece = decimal_number(part[1]) or number_word(part[1]), decimal_number(part[2])
        return None if whole is None or piece is None else whole + piece
    return Decimal(1) if word in ("a", "an") else decimal_number(word) or number_word(word)


# "VAS 0 / 3 / 6 months": a list of times begins with naught
_FROM_NAUGHT = re.compile(r"0\s*/\s*\d")
_VALUE_NEXT = re.compile(r"\s*(?:scores?\s+|values?\s+|level\s+)?(?:of\s+|[:(=]\s*)?\d")


def _word_cue(text: str, match: re.Match[str]) -> Cue | None:
    end = match.end()
    ahead = text[: match.start()].rstrip().lower()
    if ahead.endswith(("than", "unchanged from", "same as")) or (
        ahead.endswith(("compared with", "compared to")) and not _VALUE_NEXT.match(text, end)
    ):
        return None  # "worse than before treatment" dates something else
    if match["before"]:
        late = LATER_ROUND.match(text, end)
        treatment = OBJECT.match(text, end)
        if treatment:
            end = treatment.end()
        return Cue(match.start(), end, (Point("post" if late else "pre", None, text[match.start() : end]),))
    if match["after"]:
        if match.group().lower() == "following" and text[: match.start()].rstrip().lower().endswith(("the", "of")):
            return None
        treatment = OBJECT.match(text, end)
        if treatment and _is_other(treatment):
            return None
        if treatment:
            end = treatment.end()
        elif not BARE.match(text, end):
            return None
        return Cue(match.start(), end, (Point("post", None, text[match.start() : end]),))
    phase: Phase = "post" if match["post"] else "pre"
    return Cue(match.start(), end, (Point(phase, None, match.group()),))


_JOINT = re.compile(
    r"\s*(?:,|/|\||and|&|versus|vs\.?|,\s*and|,\s*then|then|to|→|[-\u2010-\u2015])\s*(?:at\s+)?", re.IGNORECASE
)
_SAME_TIME = re.compile(
    r"\s*[,(]?\s*(?:that\s+is|i\.e\.|(?:on\s+)?the\s+(?:day|evening|week)|shortly|immediately|just|still)?\s*",
    re.IGNORECASE,
)
_RELATED = re.compile(r"(?:before|after|prior)\b", re.IGNORECASE)


def _joined(text: str, cues: list[Cue]) -> Iterator[Cue]:
    """Cues that follow each other in a list become one time line (``Entry / mo 3 / mo 9``); two that say the
    same time twice become one (``at month 5, on the day before the second infusion``)."""
    run: Cue | None = None
    for cue in sorted(cues):
        if run and len(run.points) == len(cue.points) == 1 and _SAME_TIME.fullmatch(text, run.end, cue.start):
            first, second = run.points[0], cue.points[0]
            between = text[run.end : cue.start]
            touching = len(between) <= 2 and "," not in between and "(" not in between
            one_timed = first.phase == second.phase == "post" and (first.months is None) != (second.months is None)
            if touching or one_timed or (first.months is not None and _RELATED.match(text, cue.start)):
                after = first.months if first.months is not None else second.months
                phase = second.phase if _RELATED.match(text, cue.start) else first.phase
                point = Point(phase, after if phase == "post" or after == 0 else None, text[run.start : cue.end])
                run = Cue(run.start, cue.end, (point,))
                continue
        if run and _JOINT.fullmatch(text, run.end, cue.start):
            run = Cue(run.start, cue.end, run.points + cue.points, (*(run.parts or (run,)), cue))
            continue
        if run:
            yield run
        run = cue
    if run:
        yield run
