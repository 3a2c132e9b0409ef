"""The find room's reader of ages: how old a patient was, and when: at onset, diagnosis, treatment, last visit, report.

Only single numbers are ages; ranges, durations, follow-up and limits of eligibility are not. Ages of relatives and
donors are left out here, those of other people and other papers are told apart by their context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from extract.find.age_events import Placed, event_of, event_of_header
from extract.find.language import Passage
from extract.find.numbers import NUMBER_WORDS, decimal_number, number_word
from extract.find.rows import flat_cells
from extract.model import Mention, Quantity

OLDEST = 110
_PER_YEAR = {"y": Decimal(1), "m": Decimal(12), "w": Decimal("365.25") / 7, "d": Decimal("365.25")}
_THOUSANDTH = Decimal("0.001")

_N = rf"(?:\d{{1,3}}(?!\d)(?:[.,]\d{{1,2}}(?!\d))?|(?!(?:once|twice|thrice)\b){NUMBER_WORDS})"
_U = r"(?:years?|yrs?\.?|y(?!\w)|months?|mths?|mos?\b\.?|weeks?|wks?|days?)"
_DASH = r"[-\u2010-\u2015\u2212]"
_GAP = rf"(?:\s+|\s?{_DASH}\s?)"
_AND = r"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+|\s*/\s*)"
_TOO = rf"(?:\s*(?:,|and)?\s*(?P<plus>{_N})\s*(?:months?|mos?\b))?"
_PERSON = (
    r"(?:girls?|boys?|man|men|woman|women|child|children|males?|females?|lady|gentleman|patients?|infants?|toddlers?|adolescents?|"
    r"teenagers?|youths?|baby|siblings?|sisters?|brothers?|daughter|son)"
)

# Each pattern has a group "ages" (a number or a list), perhaps "unit" and "plus" (months of "15 years and 6 months").
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        # a 9-year-old girl, 5 years old, 58 y/o; two in one: "9- and 12-year-old sisters"
        (
            "attribute",
            rf"(?<![\d.,–-])\b(?P<ages>{_N}(?:{_DASH}?(?:\s*,\s*|\s+and\s+|\s+or\s+){_N})*){_GAP}?(?P<unit>{_U}){_GAP}olds?\b"
            rf"|(?<![\d.,–-])\b(?P<ages_>{_N})\s?(?:y\s?/\s?o|yo|y\.o\.?)(?!\w)",
        ),
        # at the age of 16, aged 10, age 34; the median age at onset was 9 years
        (
            "adverb",
            rf"\b(?:ages?\s+at\s+(?:\w+\s+){{1,5}}?(?:was|were|of|is|:|=)?\s*|aged\s+|ages?\s*(?:of|was|were|is|:|=)?\s*(?:only\s+|about\s+)?)"
            rf"(?P<ages>{_N}(?:{_AND}{_N})*)(?:{_GAP}(?P<unit>{_U})(?!\w))?{_TOO}",
        ),
        # at 4 and 6 years of age, from 9 years of age
        ("adverb", rf"(?<![\d.,–-])\b(?P<ages>{_N}(?:{_AND}{_N})*)\s+(?P<unit>{_U}){_TOO}\s+of\s+age\b"),
        # a man of 19 years, one boy of 15
        (
            "attribute",
            rf"\b{_PERSON}\s+(?:only\s+)?of\s+(?!one\b)(?P<ages>{_N})(?!\s*(?:%|/|of\b|kg|cm|mg|g|patients|famil|{_PERSON}))(?:{_GAP}(?P<unit>{_U})(?!\w))?",
        ),
        # when she was 44; the girl was then 13 and weighed; she was 52
        (
            "adverb",
            rf"\b(?:s?he|(?:the|our|this)\s+(?:\w+\s+)?{_PERSON}|patient)\s+(?:is|was|were|turned|had\s+turned|being)\s+(?:only\s+|just\s+|then\s+|now\s+"
            rf"|already\s+|barely\s+|nearly\s+|almost\s+|about\s+)?(?P<ages>{_N})(?!\s*(?:%|/|cm|mm|kg|g|mg|m|points?|hours?|times|of\b|to\b|{_DASH}\s?\d))"
            rf"(?:{_GAP}(?P<unit>{_U})(?!\w))?(?=\s*(?:$|[.,;:)(]|and\b|when\b|at\b|with\b|old\b|but\b))",
        ),
        # now 23, this woman; now aged 9
        ("adverb", rf"\bnow\s+(?P<ages>{_N})(?:{_GAP}(?P<unit>{_U})(?!\w))?(?=\s*(?:[.,;)]|$|and\b))"),
        # the patient, 45, had
        ("attribute", rf"\b{_PERSON},\s+(?P<ages>\d{{1,2}})(?:\s+(?P<unit>{_U}))?(?=,)"),
        # at 15 years and 6 months; at 17 years (weight 52 kg)
        (
            "year",
            rf"\bat\s+(?P<ages>{_N}(?:\s+and\s+{_N})?)\s+(?P<unit>years?|yrs?){_TOO}(?!\s*(?:of|follow|after|post|later|from|since|before)\b)(?!\w)",
        ),
        # at seventeen she had; came to us at 68; recognised at 10
        (
            "bare",
            rf"\bat\s+(?:only\s+|just\s+)?(?P<ages>\d{{1,2}}|(?!once|twice|thrice|one\b){NUMBER_WORDS})(?=\s*(?:$|[.,;)]|s?he\b|the\s+{_PERSON}|and\s+(?!\d|{NUMBER_WORDS})|when\b|but\b|after\b|with\b))",
        ),
    )
)
_SINCE_BIRTH = re.compile(
    r"\b(?:since|from)\s+birth\b|\b(?:present|noted|noticed|apparent|visible|evident)\s+at\s+birth\b", re.IGNORECASE
)
_TRIGGER = re.compile(
    r"\b(?:ages?|aged|olds?|birth|y/?o|yo|turned|years?|yrs?|months?|months-old|girl|boy|man|woman)\b|\b(?:was|were|is|at|of)\s+"
    rf"(?:\w+\s+)?(?:\d{{1,2}}|{NUMBER_WORDS})(?!\w)|(?<![A-Za-z])[MF]\s?[/,|]?\s?\d|\d\s?[/,|]?\s?[MF](?![A-Za-z])|\b(?:fe)?male\b|\d\s?y\b"
    r"|\dM\d",
    re.IGNORECASE,
)
# In tables and brackets: F/34, (M, 15.5), 34M, male | 31 y, Pt7M44
_SEX_AGE = re.compile(
    rf"(?<![A-Za-z0-9])(?:[FM]|(?:fe)?male|girl|boy|man|woman)\s*[/,;|]?\s*(?P<ages>\d{{1,2}}(?:[.,]\d)?)\s?(?P<unit>{_U})?(?![\w%/×^.]|\s?[-–]\s?\d|\s*(?:×|x\s))"
    rf"|(?<![\w.,/–-])(?P<ages_>\d{{1,2}}(?:\.\d)?)\s?(?P<unit_>y|yrs?|years?)?\s?[/,]?\s?(?:[FM](?![A-Za-z0-9/])|(?:fe)?male\b)"
    r"|\b(?:Pt|P|Patient|Case|No)\.?\s?\d{1,3}\s?[MF](?P<ages__>\d{1,2})(?![\d.])",
)
_ROW_AGE = re.compile(
    rf"(?:^|\|)\s*(?P<ages>{_N})\s?(?P<unit>years?|yrs?|y(?!\w)|y\.?o\.?|months?|mo)\s*(?=\||$)", re.IGNORECASE
)
_WHOLE_AGE = re.compile(rf"\s*(?P<ages>{_N})\s*(?P<unit>years?|yrs?)\s*(?:old)?\s*\.?\s*", re.IGNORECASE)

# What makes a number near "years" or "age" no age of a person.
_NOT_AHEAD = re.compile(
    r"(?:\b(?:over|under|above|below|beyond|than|least|most|between|minimum|maximum|up\s+to|eligible|within|for|every|gestational|bone|mental|"
    r"developmental|corrected|paternal|maternal\s+age|from\s+\d+\s+to)|[<>≤≥])\s*(?:the\s+|an?\s+)?(?:ages?\s+)?(?:of\s+)?$",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:older|younger|under|over|below|above|beyond|less|more|greater|at\s+least)\s+(?:than\s+)?(?:the\s+)?(?:age\s+)?(?:of\s+)?$"
    r"|\bbefore\s+(?:the\s+)?age\s+(?:of\s+)?$|\bbetween\s+(?:the\s+)?(?:ages?\s+)?(?:of\s+)?$|\b(?:up\s+to)\s+(?:the\s+)?(?:age\s+)?(?:of\s+)?$|[<>≤≥]\s*$",
    re.IGNORECASE,
)
_RANGE_TO = re.compile(
    rf"\s*(?:{_U})?\s*(?:(?:{_DASH}|\bto\b|\bthrough\b)\s*(?:the\s+age\s+of\s+)?{_N}|(?:or|and)\s+(?:older|younger|over|under|more|above|below)\b|\+)",
    re.IGNORECASE,
)
_GESTATION = re.compile(r"gestation|postmenstrual|post-?conception|in\s+utero", re.IGNORECASE)
# A score stands "at 6": without a birthday's words a bare number behind "at" is an age only in such clauses.
_SCORING = re.compile(
    r"\b(?:scor\w+|rated|stood|remained|stayed|marked|put|peaked|stable|constant|index|grade[ds]?|scale|titer|titre|dose[ds]?|set|capped|kept|"
    r"maintained|estimated|judged|saturation|pressure|rate|level|count|temperature)\b[^.;]*$|\b(?![IVX]+\b)[A-Z]{2,}\d*\)?\s+(?:was|is|were|had\s+been)?\s*$",
)
_LIFE = re.compile(
    r"\b(?:diagnos\w+|onset|began|begun|started|developed|recogni[sz]ed|presented|referred|came|admitted|appeared|symptoms?|noticed|died|"
    r"treated|operated|married|menarche|walk\w*|fell\s+ill|born|school|had|received|underwent|given|transplanted|showed|infused|limped)\b",
    re.IGNORECASE,
)
_RELATIVE = (
    r"(?:(?:grand|great-?grand|step|god)?(?:mother|father|parent)s?|(?:great-?)?(?:uncle|aunt)s?|cousins?|nephews?|nieces?|sisters?|brothers?|"
    r"siblings?|twin|sons?|daughters?|wife|husband|spouse|relatives?)"
)
_DONOR = r"(?:donors?|volunteers?|controls?)"
_KIN_AFTER = re.compile(
    rf"\s*(?:(?!(?:who|whose|with|had|was|received|presented|and|when|while|as|since|because|but|is|are|whom)\b)[\w-]+\s+){{0,3}}?(?:{_RELATIVE}|{_DONOR})\b",
    re.IGNORECASE,
)
_KIN = re.compile(rf"\b(?:{_RELATIVE}|{_DONOR})\b", re.IGNORECASE)
# "two sisters were infused", "the older brother": siblings of whom the paper tells
_TOLD_TOGETHER = re.compile(
    r"\b(?:two|three|four|both|these|our|the)\s+(?:\w+\s+)?(?:sisters|brothers|siblings|twins|sons|daughters)$"
    r"|\bthe\s+(?:older|elder|younger)\s+(?:brother|sister|sibling|twin)$",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:girl|boy|patient|child|woman|man|infant|s?he\s+(?:herself|himself)|we|our|case)\b", re.IGNORECASE
)
_IN_PHRASE = re.compile(r"\b(?:from|of|by|with|to|like|as|whose|than)\s+(?:\w+\s+){0,2}$|['’]s?\s*$", re.IGNORECASE)


_TELLS_TIME = re.compile(
    r"\b(?:at|was|were|is|turned|now)\s+(?:then\s+|now\s+|only\s+|just\s+|already\s+)?$", re.IGNORECASE
)


class Age(NamedTuple):
    """One age as printed at start..end of a sentence."""

    start: int
    end: int
    number: Decimal
    unit: str
    kind: str
    years: Decimal


def find_ages(passage: Passage, header: str | None = None) -> list[Mention]:
    """The ages of a passage, in years, each with the event it belongs to.

    ``header`` are the row and column headers of a table cell; left out: those of the passage, less the caption.
    """
    if passage.cell is not None:
        words = header if header is not None else re.split(r"\bTab(?:le|\.)\s*\w+", passage.headers)[0]
        return _ages_in_cell(passage, words, 0, len(passage.text))
    out: list[Mention] = []
    for cell in flat_cells(passage.text):
        out += _ages_in_cell(passage, cell.header, cell.start, cell.end)
    if not _TRIGGER.search(passage.text):
        return out
    for start, end in passage.sentences:
        text = passage.text[start:end]
        if not _TRIGGER.search(text):
            continue
        ages = _ages_of(text)
        places = [Placed(age.start, age.end, age.kind) for age in ages]
        for age in ages:
            event = event_of(text, Placed(age.start, age.end, age.kind), places)
            if not any(
                m.span.start < passage.offset + start + age.end and passage.offset + start + age.start < m.span.end
                for m in out
            ):
                out.append(_mention(passage, start + age.start, start + age.end, age, event))
        out += [
            passage.mention(
                "age",
                Decimal(0),
                start + match.start(),
                start + match.end(),
                "age:birth",
                quantity=Quantity(number=Decimal(0), unit="years", as_written=match.group()),
                details={"event": "onset"},
            )
            for match in _SINCE_BIRTH.finditer(text)
            if not _is_kin(text, match.start(), match.end())
        ]
    return out


def _mention(passage: Passage, start: int, end: int, age: Age, event: str) -> Mention:
    written = passage.text[start:end]
    quantity = Quantity(number=age.years, unit="years", as_written=written)
    return passage.mention("age", age.years, start, end, f"age:{age.kind}", quantity=quantity, details={"event": event})


def _ages_of(text: str) -> list[Age]:
    found: list[Age] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            group = "ages" if match["ages"] is not None else "ages_"
            begin, stop = match.span(group)
            if any(age.start < stop and begin < age.end for age in found):
                continue
            if _is_no_age(text, match, kind, begin) or _is_kin(text, match.start(), match.end()):
                continue
            # "diagnosed at 15 years old" tells a time, "a 15-year-old" a person
            at = kind == "attribute" and _TELLS_TIME.search(text[:begin]) is not None
            found += _read(match, group, "adverb" if at else kind)
    if "|" in text or "(" in text or _GLUED.search(text):
        found += [age for age in _row_ages(text) if not any(a.start < age.end and age.start < a.end for a in found)]
    if not found and (whole := _WHOLE_AGE.fullmatch(text)):
        found += _read(whole, "ages", "bare")
    return sorted(found, key=lambda age: age.start)


def _is_no_age(text: str, match: re.Match[str], kind: str, begin: int) -> bool:
    """Whether the words around say range, limit, duration, gestation or score instead of age."""
    ahead = text[: match.start()]
    if (
        _NOT_AHEAD.search(ahead)
        or _LIMIT.search(text[:begin])
        or _GESTATION.search(text[max(0, begin - 20) : match.end() + 25])
    ):
        return True
    if _RANGE_TO.match(text, match.end()) or _RANGE_TO.match(
        text, match.end("ages") if match["ages"] is not None else match.end()
    ):
        return True
    if kind == "year":
        clause = re.split(r"[;]", ahead)[-1] + text[match.end() : match.end() + 90].split(";")[0]
        number = _numbers(match["ages"])[0][2]
        first_word = text[match.start() : match.start() + 2] == "At" or not ahead.strip()
        told = re.search(r"\b(?:diagnos\w+|onset|first\s+symptom|weigh\w*|old)\b", clause, re.IGNORECASE)
        return not (match["plus"] or told or (number >= 13 and (first_word or _LIFE.search(clause))))
    if kind == "bare":
        clause = re.split(r"[;]", ahead)[-1]
        behind = text[match.end() :].split(";")[0]
        if _SCORING.search(clause) or re.match(r"\s*(?:[,.]?\s*\d|and\s+\d)", text[match.end() :]):
            return True
        opens = not clause.strip(" ,") or re.search(r"(?:,|\band|\bthen)\s*$", clause) is not None
        return not (
            _LIFE.search(clause) or (opens and (_LIFE.search(behind) or re.match(r",?\s*(?:s?he|the)\b", behind)))
        )
    return False


def _is_kin(text: str, start: int, end: int) -> bool:
    """Whether the age is that of a relative or a donor: the noun next to it, or the subject of its clause."""
    clause = re.split(r";", text[:start])[-1]
    if _KIN_AFTER.match(text, end):
        # "a 14-year-old boy and his 12-year-old sister": both are told of
        return not re.search(rf"\bold\s+{_PERSON}\s+and\s+(?:his|her)\s+$", clause, re.IGNORECASE)
    for kin in reversed(list(_KIN.finditer(clause))):
        between = clause[kin.end() :]
        if _OWN.search(between) or (
            _TOLD_TOGETHER.search(clause[: kin.end()]) and not re.fullmatch(_DONOR, kin.group(), re.IGNORECASE)
        ):
            return False
        if between[:1] in ("'", "’", "-"):
            continue
        if len(between.split()) <= 2:
            return True
        if re.fullmatch(_DONOR, kin.group(), re.IGNORECASE) or _IN_PHRASE.search(clause[: kin.start()]):
            continue
        return True
    return False


def _read(match: re.Match[str], group: str, kind: str, usual: str = "years") -> Iterator[Age]:
    """Every number of a match as an age; "15 years and 6 months" is one. ``usual`` is the unit when none is printed."""
    groups = match.groupdict()
    unit = (groups.get("unit") or groups.get("unit_") or usual).lower()
    plus = groups.get("plus")
    numbers = _numbers(match[group])
    for index, (start, end, number) in enumerate(numbers):
        years = in_years(number, unit)
        last = index == len(numbers) - 1
        if plus and last:
            years += in_years(_number(plus), "months")
        if years <= OLDEST:
            stop = match.end("plus") if plus and last else end
            begin = match.start(group) + start
            yield Age(begin, stop if plus and last else match.start(group) + end, number, unit, kind, years)


def _numbers(words: str) -> list[tuple[int, int, Decimal]]:
    return [(m.start(), m.end(), _number(m.group())) for m in re.finditer(_N, words, re.IGNORECASE)]


def _number(text: str) -> Decimal:
    number = decimal_number(text) if text[:1].isdigit() else number_word(text)
    return number if number is not None else Decimal(OLDEST + 1)


def in_years(number: Decimal, unit: str) -> Decimal:
    """An age in years: months / 12, weeks and days by 365.25 days a year; at most three places."""
    exact = number / _PER_YEAR[unit[:1].lower()]
    short = exact.quantize(_THOUSANDTH)
    return Decimal(format(short.normalize(), "f"))


_GLUED = re.compile(r"\b(?:Pt|P|Patient|Case|No)\.?\s?\d{1,3}\s?[MF]\d")
_NUMBERED = re.compile(r"\b(?:pt|p|patient|case|no|subject)\.?\s*$", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^()]{1,40})\)")


def _row_ages(text: str) -> Iterator[Age]:
    """Ages of table rows that came as a line, and of brackets: ``Pt 2 | male | 31 y``, ``(F/34)``."""
    places = (
        [(0, text)]
        if "|" in text or _GLUED.search(text)
        else [(m.start(1), m.group(1)) for m in _BRACKETS.finditer(text)]
    )
    for offset, piece in places:
        for pattern in (_SEX_AGE, _ROW_AGE):
            for match in pattern.finditer(piece):
                yield from _shifted(match, offset)


def _shifted(match: re.Match[str], offset: int) -> Iterator[Age]:
    group = next(name for name in ("ages", "ages_", "ages__") if match.groupdict().get(name))
    if group == "ages_" and _NUMBERED.search(match.string[: match.start()]):
        return
    for age in _read(match, group, "row"):
        yield age._replace(start=age.start + offset, end=age.end + offset)


_AGE_HEADER = re.compile(r"\bages?\b|\bAge(?=[A-Z(/])", re.IGNORECASE)
_NOT_AGE_HEADER = re.compile(
    r"\b(?:donors?['’]?s?|gestational|bone|duration|range|mother|father|maternal|paternal)\b", re.IGNORECASE
)
_MONTH_HEADER = re.compile(r"\b(?:months?|mo|mths?)\b|\(\s*m\s*\)", re.IGNORECASE)
_CELL_AGE = re.compile(
    rf"(?P<ages>\d{{1,3}}(?:[.,]\d{{1,2}})?)\s?(?P<unit>{_U})?(?:\s*(?:,|and)?\s*(?P<plus>\d{{1,2}})\s?(?:months?|mos?|m)\b)?",
    re.IGNORECASE,
)


def _ages_in_cell(passage: Passage, header: str, start: int, end: int) -> list[Mention]:
    """Ages of a cell: by its header, or in words of its own."""
    text = passage.text[start:end]
    if _AGE_HEADER.search(header) and not _NOT_AGE_HEADER.search(header):
        if re.search(rf"\d\s*(?:{_DASH}|to)\s*\d|±|[<>≤≥]", text) or len(text) > 40:
            return []
        unit = (
            "months"
            if _MONTH_HEADER.search(header) and not re.search(r"\byears?\b|\(y", header, re.IGNORECASE)
            else "years"
        )
        ages: list[Age] = []
        for match in _CELL_AGE.finditer(text):
            ages += _read(match, "ages", "column", unit)
        event = event_of_header(header)
        return [_mention(passage, start + age.start, start + age.end, age, event) for age in ages[:1]]
    ages = []
    if (
        re.search(r"\b(?:sex|gender|patients?|case|demograph\w*|characteristics?)\b", header, re.IGNORECASE)
        or not header
    ):
        for match in _SEX_AGE.finditer(text):
            ages += list(_shifted(match, 0))
    if not ages and _TRIGGER.search(text):
        ages = _ages_of(text)
    places = [Placed(age.start, age.end, age.kind) for age in ages]
    return [
        _mention(passage, start + age.start, start + age.end, age, event_of(text, place, places))
        for age, place in zip(ages, places, strict=True)
    ]
