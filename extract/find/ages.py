"""The find room's reader of ages: how old a patient was, and when: at onset, diagnosis, treatment, last visit, report.

Only single numbers are ages; ranges, durations, follow-up and limits of eligibility are not. Ages of relatives and
donors are left out here, those of other people and other papers are told apart by their context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from extract.find.age_events import Placed, also_at, event_of, event_of_header
from extract.find.agewords import (
    AFTER_SOME,
    AND,
    CHILDHOOD,
    DASH,
    DONOR,
    GESTATION,
    HALF,
    IN_PHRASE,
    KIN,
    KIN_AFTER,
    LIFE,
    LIMIT,
    NOT_AHEAD,
    OWN,
    PATTERNS,
    PERSON,
    RANGE_TO,
    ROW_AGE,
    SCORING,
    SEX_AGE,
    SEX_THEN_AGE,
    SINCE_BIRTH,
    TELLS_TIME,
    TOLD_TOGETHER,
    TRIGGERS,
    WHOLE_AGE,
    N,
    U,
)
from extract.find.language import Passage
from extract.find.novalues import without_doses
from extract.find.rows import flat_cells
from extract.find.sieve import Look, look_at, may_match, sieved
from extract.model import Mention, Quantity
from extract.numbers import decimal_number, number_word

OLDEST = 110
_PER_YEAR = {"y": Decimal(1), "m": Decimal(12), "w": Decimal("365.25") / 7, "d": Decimal("365.25")}
_THOUSANDTH = Decimal("0.001")
_SMALL = Decimal("0.00001")  # of a newborn's days three places would leave too little


class Age(NamedTuple):
    """One age as printed at start..end of a sentence."""

    start: int
    end: int
    number: Decimal
    unit: str
    kind: str
    years: Decimal
    event: str = ""


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
    triggers = [trigger.pattern for trigger in TRIGGERS if may_match(trigger.needed, passage.look)]
    for start, end in passage.sentences:
        text = passage.text[start:end]
        if not any(trigger.search(text) for trigger in triggers):
            continue
        ages = _ages_of(text)
        places = [Placed(age.start, age.end, age.kind) for age in ages]
        for age in ages:
            place = Placed(age.start, age.end, age.kind)
            event = age.event or event_of(text, place, places)
            if not any(
                m.span.start < passage.offset + start + age.end and passage.offset + start + age.start < m.span.end
                for m in out
            ):
                events = (event, *also_at(text, place, places, event))
                if len(events) > 1 and age is not ages[0] and any(str(m.detail("event")) == "onset" for m in out):
                    events = ("diagnosis",)  # "at 26 she lost ...; at 28 a lesion appeared and X was diagnosed"
                out += [_mention(passage, start + age.start, start + age.end, age, each) for each in events]
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
            for match in SINCE_BIRTH.finditer(text)
            if not _is_kin(text, match.start(), match.end())
        ]
    return out


def _mention(passage: Passage, start: int, end: int, age: Age, event: str) -> Mention:
    written = passage.text[start:end]
    quantity = Quantity(number=age.years, unit="years", as_written=written)
    return passage.mention("age", age.years, start, end, f"age:{age.kind}", quantity=quantity, details={"event": event})


def _ages_of(told: str) -> list[Age]:
    text = without_doses(told)
    look = look_at(text)
    found: list[Age] = list(_listed_ages(text, look))
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text, look):
            group = "ages" if match["ages"] is not None else "ages_"
            begin, stop = match.span(group)
            if any(age.start < stop and begin < age.end for age in found):
                continue
            if _is_no_age(text, match, kind, begin) or _is_kin(text, match.start(), match.end()):
                continue
            # "diagnosed at 15 years old" tells a time, "a 15-year-old" a person
            at = kind == "attribute" and TELLS_TIME.search(text[:begin]) is not None
            # "the patient, aged 58, had ...": said of the person, not of a time
            person = match.group().lower().startswith("aged") and _APPOSED.search(text[: match.start()]) is not None
            found += _read(match, group, "adverb" if at else "attribute" if person else kind)
    if "|" in text or "(" in text or _GLUED.search(text):
        found += [age for age in _row_ages(text) if not any(a.start < age.end and age.start < a.end for a in found)]
    if not any(age.kind != "ellipsis" for age in found):
        found = []
    if not found and (whole := WHOLE_AGE.fullmatch(text)):
        found += _read(whole, "ages", "bare")
    return sorted(found, key=lambda age: age.start)


_APPOSED = re.compile(rf"\b{PERSON}\s*,\s*$", re.IGNORECASE)


# "age at onset, diagnosis and infusion was 10, 12 and 18 years"
_LISTED = sieved(
    r"\bages?\s+at\s+(?P<heads>[A-Za-z][\w\s/-]*(?:,\s*[A-Za-z][\w\s/-]*)*(?:,?\s+and\s+"
    r"|\s*/\s*)[A-Za-z][\w\s-]*?)\s*(?:was|were|:|=|\()\s*"
    rf"(?P<ages>{N}(?:{AND}{N})+)(?:\s+(?P<unit>{U}))?",
)


def _listed_ages(text: str, look: Look) -> Iterator[Age]:
    for match in _LISTED.finditer(text, look):
        heads = re.split(r",\s*(?:and\s+)?|\s+and\s+|\s*/\s*", match["heads"])
        ages = list(_read(match, "ages", "listed"))
        if len(heads) == len(ages):
            yield from (age._replace(event=event_of_header(head)) for age, head in zip(ages, heads, strict=True))


_ONCE = re.compile(
    r"\b(?:diagnos\w+|onset|first\s+\w+ed|found\s+to\s+have|referred|limped|fell\s+ill|had\s+first|began|started"
    r"|received|was\s+(?:given|treated|infused|transplanted))\b",
    re.IGNORECASE,
)
_CHILD = re.compile(
    r"\b(?:born|birth|infant|baby|toddler|neonate|newborn|child|boy|girl|onset\s+was|first\s+\w+ed|had\s+first)\b",
    re.IGNORECASE,
)
_ILL = re.compile(
    r"\b(?:diagnos\w+|onset|began|begun|beginning|started|first\s+(?:seizure|symptom|sign)\w*|noticed|noted|lost|regress\w*"
    r"|appeared|developed|recogni[sz]ed)\b",
    re.IGNORECASE,
)


def _is_early(text: str, match: re.Match[str]) -> bool:
    """Whether "at 20 months" is an age. A time after the cells is written alike: only what happens once in a life, or
    the illness of a small child, is told at an age."""
    own = re.split(r"[;,]|\band\b|\bbut\b", text[: match.start()])[-1]
    behind = re.split(r"[;,]|\band\b", text[match.end() :])[0]
    clause = own + behind
    once = _ONCE.search(clause) and _CHILD.search(text) and not SCORING.search(clause)
    ill = _ILL.search(own if own.strip() else behind) and CHILDHOOD.search(text) and not AFTER_SOME.search(text)
    return bool(once or ill)


_ILL_AT = re.compile(
    r"\b(?:diagnosed|(?:fallen|fell|taken|became)\s+ill|came\s+down|affected)\s+(?:with|by|as|of)\s+(?:[\w-]+\s+){1,4}$",
    re.IGNORECASE,
)


def _is_no_age(text: str, match: re.Match[str], kind: str, begin: int) -> bool:
    """Whether the words around say range, limit, duration, gestation or score instead of age."""
    ahead = text[: match.start()]
    if (
        NOT_AHEAD.search(ahead)
        or LIMIT.search(text[:begin])
        or GESTATION.search(text[max(0, begin - 20) : match.end() + 25])
    ):
        return True
    if RANGE_TO.match(text, match.end()) or RANGE_TO.match(
        text, match.end("ages") if match["ages"] is not None else match.end()
    ):
        return True
    if kind == "year":
        clause = re.split(r"[;]", ahead)[-1] + text[match.end() : match.end() + 90].split(";")[0]
        number = _numbers(match["ages"])[0][2]
        first_word = text[match.start() : match.start() + 2] == "At" or not ahead.strip()
        told = re.search(r"\b(?:diagnos\w+|onset|first\s+symptom|weigh\w*|old)\b", clause, re.IGNORECASE)
        halves = re.search(rf"{HALF}$", match["ages"], re.IGNORECASE) and LIFE.search(ahead)
        return not (match["plus"] or told or halves or (number >= 13 and (first_word or LIFE.search(clause))))
    if kind == "month":
        return not _is_early(text, match)
    if kind == "bare":
        clause = "" if match.group()[:1] in ";:" else re.split(r"[;]", ahead)[-1]
        behind = text[match.end() :].split(";")[0]
        if re.match(r"\s*,?\s*(?:the\s+|her\s+|his\s+)?(?:\w+\s+)?(?:scores?|index|scale|points?)\b", behind):
            return True
        if _ILL_AT.search(clause):
            return False  # "diagnosed with RA at 44": the capitals are no score
        if SCORING.search(clause) or re.match(r"\s*(?:[,.]?\s*\d|and\s+\d)", text[match.end() :]):
            return True
        opens = not clause.strip(" ,") or re.search(r"(?:,|\band|\bthen)\s*$", clause) is not None
        return not (
            LIFE.search(clause) or (opens and (LIFE.search(behind) or re.match(r",?\s*(?:s?he|the)\b", behind)))
        )
    return False


_POSSESSIVE = re.compile(r"\b(?:his|her|their|whose|identical|\w+['’]s)\s+(?:\w+\s+)?$", re.IGNORECASE)


# "Patient 2, her younger sister, was 13": a relative who is a patient
_OURS = re.compile(
    r"\b(?:patients?|cases?|child|subject|pt)\.?\s?#?(?:\d{1,2}|[A-Z])\s*[,(–-]\s*(?:(?:the|her|his|their|an?)\s+)?"
    r"(?:\w+\s+)?$",
    re.IGNORECASE,
)


def _is_kin(text: str, start: int, end: int) -> bool:
    """Whether the age is that of a relative or a donor: the noun next to it, or the subject of its clause."""
    clause = re.split(r";", text[:start])[-1]
    own_word = KIN.match(text, start)
    if own_word and not own_word.group().lower().endswith("s") and not TOLD_TOGETHER.search(text[: own_word.end()]):
        return True  # "from a brother of 19"
    told_of = KIN_AFTER.match(text, end)
    if told_of and not (told_of.group().rstrip().lower().endswith("twin") and not _POSSESSIVE.search(text[:start])):
        # "a 14-year-old boy and his 12-year-old sister": both are told of
        return not re.search(rf"\bold\s+{PERSON}\s+and\s+(?:his|her)\s+$", clause, re.IGNORECASE)
    for kin in reversed(list(KIN.finditer(clause))):
        between = clause[kin.end() :]
        if _OURS.search(clause[: kin.start()]):
            return False
        if OWN.search(between) or (
            TOLD_TOGETHER.search(clause[: kin.end()]) and not re.fullmatch(DONOR, kin.group(), re.IGNORECASE)
        ):
            return False
        if between[:1] in ("'", "’", "-"):
            continue
        if len(between.split()) <= 2:
            return True
        if re.match(r"\s+(?:was|is)\s+(?:an?|the)\b", between):
            return True  # "the donor was an unrelated man of 24"
        if re.fullmatch(DONOR, kin.group(), re.IGNORECASE) or IN_PHRASE.search(clause[: kin.start()]):
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
    return [(m.start(), m.end(), _number(m.group())) for m in re.finditer(N, words, re.IGNORECASE)]


def _number(text: str) -> Decimal:
    half = re.search(rf"{HALF}$", text, re.IGNORECASE)
    whole = text[: half.start()] if half else text
    number = decimal_number(whole) if text[:1].isdigit() else number_word(whole)
    if number is None:
        return Decimal(OLDEST + 1)
    return number + Decimal("0.5") if half else number


def in_years(number: Decimal, unit: str) -> Decimal:
    """An age in years: months / 12, weeks and days by 365.25 days a year; to three places, below one year to five."""
    exact = number / _PER_YEAR[unit[:1].lower()]
    short = exact.quantize(_THOUSANDTH if exact >= 1 else _SMALL)
    return Decimal(format(short.normalize(), "f"))


_GLUED = re.compile(r"\b(?:Pt|P|Patient|Case|No)\.?\s?\d{1,3}\s?[MF]\d")
_NUMBERED = re.compile(r"\b(?:pt|p|patient|case|no|subject)\.?\s*$", re.IGNORECASE)
_PERSON_BEFORE = re.compile(rf"\b(?:{PERSON}|(?:patient|case|pt|subject)\s?#?\w{{1,3}})$", re.IGNORECASE)
_LONGEST_PERSON = 40
"""More characters than ``_PERSON_BEFORE`` can match."""
_BRACKETS = re.compile(r"\(([^()]{1,40})\)")


def _row_ages(text: str) -> Iterator[Age]:
    """Ages of table rows that came as a line, and of brackets: ``Pt 2 | male | 31 y``, ``(F/34)``."""
    places = (
        [(0, text)]
        if "|" in text or _GLUED.search(text)
        else [(m.start(1), m.group(1)) for m in _BRACKETS.finditer(text)]
    )
    for offset, piece in places:
        before = text[: max(0, offset - 1)].rstrip()[-_LONGEST_PERSON:]
        for pattern in (SEX_AGE, ROW_AGE):
            if pattern is ROW_AGE and offset and not _PERSON_BEFORE.search(before):
                continue  # "at last follow-up (14 months)" is no age
            for match in pattern.finditer(piece):
                yield from _shifted(match, offset)
        if "|" in text:
            yield from _row_events(piece, offset)


# "onset 6 y", "MSCT 11 y" in a row
_ROW_EVENT = re.compile(
    r"(?:^|\|)\s*(?:age\s+at\s+)?(?P<event>(?:disease\s+|symptom\s+)?onset|(?:first\s+)?symptoms?|dx|diagnosis"
    r"|diagnosed|\w*-?msct?s?|hsct|sct|(?:stem\s+)?cells?|"
    r"(?:first\s+)?infusion|infused|injection|injected|treatment|treated|transplant(?:ed|ation)?|tx|surgery|operation"
    r"|last\s+(?:visit|seen|review)|now|"
    r"presentation|presented|referral|referred|admission|admitted|enrolment|enrollment)\s*(?:at\b|@|:|="
    rf"|,)?\s*(?:age\s+|aged\s+)?(?P<ages>{N})\s?"
    r"(?P<unit>years?|yrs?|y(?!\w)|y\.?o\.?|months?|mo)\s*(?=\||$)",
    re.IGNORECASE,
)


def _row_events(piece: str, offset: int) -> Iterator[Age]:
    for match in _ROW_EVENT.finditer(piece):
        for age in _read(match, "ages", "row"):
            event = event_of_header(match["event"])
            yield age._replace(start=age.start + offset, end=age.end + offset, event=event)


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
    rf"(?P<ages>\d{{1,3}}(?:[.,]\d{{1,2}})?)\s?(?P<unit>{U})?(?:\s*(?:,|and)?\s*(?P<plus>\d{{1,2}})\s?(?:months?|mos?"
    r"|m)\b)?",
    re.IGNORECASE,
)


_SEX_WITH_AGE = re.compile(
    r"\s*(?:(?:[FM]|(?:fe)?male)\b\W{0,3}\d{1,2}\s*(?:y|yrs?|years)?|\d{1,2}\s*(?:y|yrs?|years)?\W{0,3}(?:[FM]"
    r"|(?:fe)?male))\s*"
)
# a row without column headers: "Pt 3 | female | 24 y"
_NO_COLUMN = re.compile(r"^[^|]*\|\s*$|^\s*$")


def _beside_a_sex(row: str) -> list[str]:
    """The bare numbers of a row that stand next to a cell with a sex: ``7 | M | 9 |`` has one, 9."""
    return [match["ages"] or match["ages_"] for match in SEX_THEN_AGE.finditer(row)]


def _ages_in_cell(passage: Passage, header: str, start: int, end: int) -> list[Mention]:
    """Ages of a cell: by its header, or in words of its own."""
    text = passage.text[start:end]
    if _AGE_HEADER.search(header) and not _NOT_AGE_HEADER.search(header):
        if re.search(rf"\d\s*(?:{DASH}|to)\s*\d|±|[<>≤≥]", text) or len(text) > 40:
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
    if re.search(
        r"\b(?:sex|gender|patients?|case|demograph\w*|characteristics?)\b", header, re.IGNORECASE
    ) or not header.strip(" |"):
        for match in SEX_AGE.finditer(text):
            ages += list(_shifted(match, 0))
    if not ages:
        ages = list(_row_events(text, 0))
    if not ages and _SEX_WITH_AGE.fullmatch(text):
        ages = [age for match in SEX_AGE.finditer(text) for age in _shifted(match, 0)]
    if not ages and _NO_COLUMN.search(header):
        ages = [age for match in ROW_AGE.finditer(text) for age in _shifted(match, 0)]
    if not ages and _NO_COLUMN.search(header) and text.strip() in _beside_a_sex(passage.row):
        ages = [age for match in [_CELL_AGE.match(text.strip())] if match for age in _read(match, "ages", "row")]
    if not ages and any(trigger.search(text, look_at(text)) for trigger in TRIGGERS):
        ages = _ages_of(text)
    places = [Placed(age.start, age.end, age.kind) for age in ages]
    return [
        _mention(passage, start + age.start, start + age.end, age, age.event or event_of(text, place, places))
        for age, place in zip(ages, places, strict=True)
    ]
