"""The find room's reading of time: words around a value -> before or after the cells, and how many months after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from extract.find.numbers import NUMBER_WORDS, decimal_number, number_word
from extract.model import Phase

DAYS_PER_MONTH = Decimal("30.4375")
_DAYS = {"d": Decimal(1), "w": Decimal(7)}
_MONTHS = {"m": Decimal(1), "y": Decimal(12)}
SCALE_MARK = "¶"
"""Stands for each character of a scale's name, so that its digits (DAS28, 6-minute walk) are read as nothing else."""

LONGEST_FOLLOW_UP = 180
_HUNDREDTH = Decimal("0.01")


class Point(NamedTuple):
    """One point of a time line: the phase, months after treatment when a number is given, and the words."""

    phase: Phase
    months: Decimal | None
    words: str


class Cue(NamedTuple):
    """Words that say when: one point, or several when the words are a list (``at 3, 6 and 12 months``)."""

    start: int
    end: int
    points: tuple[Point, ...]


class Timing(NamedTuple):
    """What a text says about time: the cues, and all stretches whose numbers are times, ages or durations."""

    cues: tuple[Cue, ...]
    spent: tuple[tuple[int, int], ...]


_N = rf"(?:half\s+an?(?!\w)|\d+(?:[.,]\d+)?|½|{NUMBER_WORDS}|(?<!\w)an?(?!\w))"
_UNIT = r"(?:days?|weeks?|wks?|months?|mos?|mths?|years?|yrs?)"
# A unit ends at a word's end, or where a PDF glued the next cell to it: "12 moODI".
_END = r"(?:\b|(?=(?-i:[A-Z]{2})))"
_DASH = r"[-\u2010-\u2015\u2212]"
_GAP = rf"(?:\s+|\s?{_DASH}\s?)"
_AND = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s*/\s*|\s+and\s+|\s+or\s+|\s*&\s*)"
_PREPOSITION = (
    r"(?:\b(?:at|by|after|on|in|within|over|during|until|to)\s+(?:the\s+)?(?:end\s+of\s+)?"
    r"(?:about\s+|approximately\s+|around\s+|some\s+)?)"
)

# Ages, durations and spacings: their numbers are no values and say nothing about the phase.
_NO_CUE = re.compile(
    rf"{_N}{_GAP}years?\s+and\s+{_N}{_GAP}months?\b"
    rf"|{_N}{_GAP}{_UNIT}{_GAP}old\b"
    rf"|{_N}{_GAP}{_UNIT}\s+of\s+age\b"
    rf"|\b(?:aged?|age\s+of)\s+{_N}(?:{_AND}{_N})*(?:\s+{_UNIT})?"
    rf"|\b(?:for|lasting|every|each|spanning|duration\s+(?:of|was)|history\s+of)\s+(?:the\s+(?:last|past|first|next)\s+)?"
    rf"(?:about\s+|over\s+|more\s+than\s+|at\s+least\s+)?{_N}{_GAP}{_UNIT}\b"
    rf"|{_N}{_GAP}{_UNIT}(?:\s+apart\b|['’]?\s+duration\b|['’]?\s+history\b|{_GAP}(?:course|cycle|interval|intervals)\b)"
    rf"|{_N}\s*(?:hours?|hrs?|h|minutes?|mins?|seconds?)\b",
    re.IGNORECASE,
)
# Time points with their numbers: "at 3, 6 and 12 months", "twelve weeks", "month 12", "wk 24", "the third month".
_TIME = re.compile(
    rf"(?P<prep>{_PREPOSITION})?(?:"
    rf"(?P<list>{_N}(?:{_AND}{_N})+)[\s-]*(?P<list_unit>{_UNIT}){_END}"
    rf"|(?P<one>{_N})(?:\s*{_DASH}\s*(?P<upto>{_N}))?(?:\s*|{_GAP})(?P<one_unit>{_UNIT}){_END}"
    rf"|\b(?P<heads_unit>days|weeks|wks|months|mos|years)[\s-]*(?P<heads>\d+(?:{_AND}\d+(?![.,]\d))*)(?![.,]\d)"
    rf"|\b(?P<head_unit>{_UNIT})[\s-]*(?P<head>{_N})(?!\s*(?:{_DASH}|\s)?\s*(?:{_UNIT})\b)"
    rf"|(?P<ordinal>\b(?:first|second|third|fourth|fifth|sixth|twelfth|\d+(?:st|nd|rd|th)))\s+(?P<ordinal_unit>{_UNIT})\b"
    r")",
    re.IGNORECASE,
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "twelfth": 12}

_THERAPY = (
    r"(?:(?:stem|stromal|msc|cord|fat|marrow)?\W?cells?|mscs?|\w*-?msc\w?|svf|bmac|hsct|sct|infusions?|injections?|(?:re)?"
    r"transplant(?:ation|s|ations)?|grafts?|grafting|treatments?|therap(?:y|ies)|procedures?|operations?|surgery|"
    r"courses?|cycles?|sessions?|implantations?|administrations?|doses?|decompression|interventions?|instillations?|"
    r"transfusions?|tx)\b"
)
_OBJECT = re.compile(
    rf"[\s-]+(?:(?!(?:and|or|but|before|after|to|was|were)\b)[\w'’/+-]+\s+){{0,5}}?(?:{_THERAPY}(?:\s+{_THERAPY})*|(?:it|that|this|them|which)\b)"
    r"(?!\s+(?:of|with)\s+(?!(?:the\s+|these\s+|own\s+|his\s+|her\s+|donor\s+)?(?:\w+[\s-]){0,3}?(?:cells?|mscs?|svf|bmac|marrow)\b))",
    re.IGNORECASE,
)
_LATER_ROUND = re.compile(
    r"\s+(?:\w+\s+)?(?:second|third|fourth|fifth|last|final|next|repeat\w*|2nd|3rd|4th)\b", re.IGNORECASE
)
# "after" needs the treatment as its object, or no object at all: "after a run of relapses" is no phase.
_BARE = re.compile(
    r"\s*(?:$|[.,;:)\]|/(–—-]|\d|and\b|or\b|but\b|when\b|with\b|on\b|in\b|to\b|versus\b|vs\b|by\b|was\b|were\b|at\b|the\s+(?=[A-Z]{2}))",
    re.IGNORECASE,
)

_RELATION = re.compile(
    r"\s*(?:['’]\s*)?(?:"
    r"(?P<later>later|thereafter|afterwards?|of\s+follow\W?up|follow\W?up|on\b|visit|out)"
    r"|(?P<after>after|post|following|since|from|into)\b\W?"
    r"|(?P<before>before|prior\s+to|preceding|earlier|previously|ago)"
    r")\b",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(?P<before>\b(?:before|prior\s+to)\b)"
    r"|(?P<after>\b(?:after|following|post)\b(?!-))"
    r"|(?P<pre>\b(?:(?:at|from|the|versus|vs)\s+)?(?:study\s+)?base\W?line\b"
    rf"|\bpre(?:{_DASH}\s?|\s)?(?:operative(?:ly)?|treatment|therapy|transplant(?:ation)?|infusion|injection|interventions?|"
    rf"procedure|procedural(?:ly)?|surgery|surgical|msc|cell|tx|op|cells|study)\b|\bpre{_DASH}?(?=\s*(?:$|[|:)/=,\d]|and\b))"
    r"|\bpre(?=\s)"
    r"|\b(?:at|on|upon|from)\s+(?:the\s+time\s+of\s+|the\s+)?(?:study\s+)?(?:entry|enrol?lment|inclusion|recruitment|admission|arrival|"
    r"presentation|referral|diagnosis|screening|outset|start|beginning|first\s+visit|initiation|onset)\b"
    rf"|\bfirst\s+(?={SCALE_MARK})"
    r"|\b(?:initial(?:ly)?|originally|at\s+first|to\s+begin\s+with|beforehand|previously|starting|a\s+start\s+of)\b"
    r"|\b(?:on|at)\s+the\s+(?:day|time|morning)\s+of\s+(?:the\s+)?(?:first\s+|cell\s+|stem\s+cell\s+|msc\s+)*"
    r"(?:infusion|injection|treatment|surgery|operation|transplantation|procedure|transplant|therapy)\b"
    r"|\b(?:run-in)\b)"
    r"|(?P<post>\b(?:afterwards?|thereafter|subsequently|later|eventually|finally|currently|now|nowadays|at\s+present|today)\b"
    rf"|\bpost(?:{_DASH}\s?|\s)?(?:operative(?:ly)?|treatment|therapy|transplant(?:ation)?|infusion|injection|interventions?|"
    rf"procedure|procedural(?:ly)?|surgery|surgical|msc|cell|tx|op|cells)\b|\bpost{_DASH}"
    r"|\b(?:(?:at|on|by)\s+(?:the\s+)?)?(?:(?:last|final|latest|most\s+recent|recent|end\s+of|subsequent|long\W?term)\s+)(?:the\s+)?"
    r"(?:follow\W?up|visit|assessment|examination|review|control|observation|evaluation|study|treatment|measurement|contact)\b"
    rf"|\b(?:last|final)\s+(?=(?:\w+\s+)?{SCALE_MARK})"
    r"|\b(?:most\s+recent|latest)\b|\b(?:at|on|by)\s+last\b"
    r"|\b(?:at|on|by|during|the)\s+(?:the\s+)?(?:end\s+of\s+)?follow\W?up\b|\bfollow\W?up\b"
    r"|\b(?:at|on|by|upon)\s+(?:the\s+)?(?:discharge|completion|end)\b"
    r"|\bwhen\s+(?:s?he|they|the\s+\w+)\s+(?:left|finished|completed|was\s+(?:last\s+seen|discharged))\b(?:\s+the\s+\w+)?)"
    r"|(?P<indication>\bwas\s+(?:the|an|our)\s+(?:indication|reason|ground)\s+for\b)",
    re.IGNORECASE,
)
# A day of treatment told in the same sentence: "cells on day 7" makes day 1 a day before them.
_TREATED_ON = re.compile(
    rf"\b{_THERAPY}\s+(?:\w+\s+){{0,3}}?on\s+(?P<unit>day|week|month)\s+(?P<number>\d+)", re.IGNORECASE
)


def months(number: Decimal, unit: str) -> Decimal:
    """A time in months, to two places: months and years are exact, days and weeks go by 30.4375 days a month."""
    if number == 0:
        return Decimal(0)
    letter = unit.strip().lower()[0]
    exact = number * _MONTHS[letter] if letter in _MONTHS else number * _DAYS[letter] / DAYS_PER_MONTH
    return exact if exact == exact.to_integral_value() else exact.quantize(_HUNDREDTH)


def phase_of(words: str) -> tuple[Phase, Decimal | None]:
    """Phase and months that a table header or a few words say; ('unspecified', None) when they do not.

    Where the words say several times, the last one counts ("Change from baseline to month 6" is asked elsewhere).
    """
    line = timeline(words)
    return (line[-1].phase, line[-1].months) if line else ("unspecified", None)


_SHORT_TIME = re.compile(
    r"(?<![\w.])(?:(?P<n>\d+)\s?(?P<u>[MmWwDdYy])|(?P<U>[MWDYmwdy])\s?(?P<N>\d+)|[Tt](?P<visit>\d))(?![\w.])"
)


@lru_cache(maxsize=4096)
def timeline(words: str) -> tuple[Point, ...]:
    """All points of time that a header says, in order: ``pre / 6 mo / 12 mo``. One letter is enough for a unit here."""
    points = [(cue.start, point) for cue in read_timing(words).cues for point in cue.points]
    for match in _SHORT_TIME.finditer(words):
        if any(cue.start <= match.start() < cue.end for cue in read_timing(words).cues):
            continue
        if match["visit"]:
            # T0 is the first examination; later ones are counted, not timed
            points.append((match.start(), Point("pre" if match["visit"] == "0" else "post", None, match.group())))
            continue
        number, unit = Decimal(match["n"] or match["N"]), match["u"] or match["U"]
        points.append((match.start(), _point(months(number, unit), match.group())))
    return tuple(point for _, point in sorted(points, key=lambda item: item[0]))


def _point(after: Decimal | None, words: str, phase: Phase | None = None) -> Point:
    if phase == "pre":
        return Point("pre", None, words)
    return Point("pre" if after == 0 and phase is None else "post", after, words)


@lru_cache(maxsize=4096)
def read_timing(text: str) -> Timing:
    """Every cue of a sentence or header in order, and the stretches whose numbers are times and not values."""
    spent = [(match.start(), match.end()) for match in _NO_CUE.finditer(text)]
    found: list[Cue] = []
    treated = _TREATED_ON.search(text)
    treated_after = months(Decimal(treated["number"]), treated["unit"]) if treated else None
    taken = list(spent)
    if treated:
        taken.append((treated.start(), treated.end()))
    for match in _TIME.finditer(text):
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
    for match in _WORDS.finditer(text):
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
    rf"\b(?:after\s+(?P<n>{_N})|at\s+(?P<w>{NUMBER_WORDS}))(?=\s*(?:[;,.)]|$|and\b|but\b))", re.IGNORECASE
)


def _elliptic(text: str, found: list[Cue], spent: list[tuple[int, int]]) -> list[Cue]:
    out = []
    for match in _ELLIPTIC.finditer(text):
        before = [cue for cue in found if cue.end <= match.start() and cue.points[-1].months]
        unit = re.findall(rf"{_UNIT}", before[-1].points[-1].words, re.IGNORECASE) if before else []
        number = _read(match["n"] or match["w"])
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
        or _OPEN_LIST.search(text, 0, match.start())
        or not text[: match.start()].strip()
    )
    if match["list"] and not in_list:
        # "it was 8, 6 months later": without a preposition only the last number is a time
        last = list(re.finditer(_N, match["list"], re.IGNORECASE))[-1]
        start = match.start("list") + last.start()
        numbers: list[Decimal | None] = [_read(last.group())]
    elif match["upto"]:
        numbers = [None]
    elif match["ordinal"]:
        word = match["ordinal"].lower()
        numbers = [Decimal(_ORDINALS[word]) if word in _ORDINALS else Decimal(re.sub(r"\D", "", word))]
    else:
        source = match["list"] or match["one"] or match["heads"] or match["head"]
        numbers = [_read(piece.group()) for piece in re.finditer(_N, source, re.IGNORECASE)]
    stretch = (start, match.end())
    end = match.end()
    phase: Phase | None = None
    relation = _RELATION.match(text, end)
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
            if treatment := _OBJECT.match(text, end):
                phase = "post" if _LATER_ROUND.match(text, end) else "pre"
                end = treatment.end()
        elif relation["after"]:
            treatment = _OBJECT.match(text, relation.end()) or _OBJECT.match(text, relation.end() - 1)
            if treatment:
                phase, end = "post", treatment.end()
            elif relation["after"].lower() in ("after", "post", "following"):
                if not _BARE.match(text, relation.end()):
                    return None, stretch
                phase, end = "post", relation.end()
        elif relation["later"].lower() != "on":
            phase, end = "post", relation.end()
    points = []
    for number in numbers:
        after = None if number is None else months(number, unit)
        if phase is None and treated is not None and after is not None:
            points.append(Point("pre" if after < treated else "post", None, text[start:end]))
        else:
            points.append(_point(after, text[start:end], phase))
    return Cue(start, end, tuple(points)), stretch


# "at baseline, 6 and 12 months": the list of times began with a word
_OPEN_LIST = re.compile(r"(?:base\W?line|\bpre\W?\w*|before|entry|surgery|admission)\s*[,/]\s*$", re.IGNORECASE)


def _read(text: str) -> Decimal | None:
    word = text.strip().lower()
    if word.startswith("half"):
        return Decimal("0.5")
    return Decimal(1) if word in ("a", "an") else decimal_number(word) or number_word(word)


_VALUE_NEXT = re.compile(r"\s*(?:scores?\s+|values?\s+|level\s+)?(?:of\s+|[:(=]\s*)?\d")


def _word_cue(text: str, match: re.Match[str]) -> Cue | None:
    end = match.end()
    ahead = text[: match.start()].rstrip().lower()
    if ahead.endswith("than") or (
        ahead.endswith(("compared with", "compared to")) and not _VALUE_NEXT.match(text, end)
    ):
        return None  # "worse than before treatment" dates something else
    if match["before"]:
        late = _LATER_ROUND.match(text, end)
        treatment = _OBJECT.match(text, end)
        if treatment:
            end = treatment.end()
        return Cue(match.start(), end, (Point("post" if late else "pre", None, text[match.start() : end]),))
    if match["after"]:
        if match.group().lower() == "following" and text[: match.start()].rstrip().lower().endswith(("the", "of")):
            return None
        treatment = _OBJECT.match(text, end)
        if treatment:
            end = treatment.end()
        elif not _BARE.match(text, end):
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
            touching = cue.start - run.end <= 2 and "," not in text[run.end : cue.start]
            one_timed = first.phase == second.phase == "post" and (first.months is None) != (second.months is None)
            if touching or one_timed or (first.months is not None and _RELATED.match(text, cue.start)):
                after = first.months if first.months is not None else second.months
                phase = second.phase if _RELATED.match(text, cue.start) else first.phase
                point = Point(phase, after if phase == "post" or after == 0 else None, text[run.start : cue.end])
                run = Cue(run.start, cue.end, (point,))
                continue
        if run and _JOINT.fullmatch(text, run.end, cue.start):
            run = Cue(run.start, cue.end, run.points + cue.points)
            continue
        if run:
            yield run
        run = cue
    if run:
        yield run
