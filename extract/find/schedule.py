"""How often and how far apart cells were given: counts, intervals, listed days and months."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from extract.find.language import Passage
from extract.find.repeats import GIVING, NUMBER, ONLY, UNIT, added, again
from extract.find.sieve import Look, look_at, sieved
from extract.model import Mention, Quantity, plain
from extract.numbers import NUMBER_WORDS, decimal_number, number_word
from extract.patterns import searched

# words that may stand between a number and its noun: "three weekly intravenous stem-cell infusions"
_BETWEEN = (
    r"(?:(?!(?:of|and|or|to|in|the|a|with|without|for|after|before|later|per|from|by|at|was|were|patients?|cycles?|courses?|"
    r"mL|mg|kg|million|hours?|days?|weeks?|months?|years?|minutes?|gauge|needles?|when|while|as|if|until|since|who|which|that|his|her"
    r"|our|their|began|(?:one|two|three|four|five|six|seven|eight|nine|ten|twice|once)(?!-))\b)[^\W\d][\w.'’-]*[\s,]+){0,4}?"
)

_COUNT = sieved(
    rf"(?<![\w.,/×-])(?P<n>{NUMBER})(?:\s\(\d+\))?[\s-]+{_BETWEEN}(?P<noun>{GIVING})\b(?!\s(?:more|"
    rf"higher|lower|the|as|points?))",
)
_TIMES = searched(
    r"\b(?P<once>once|twice|thrice)\b(?!\s?(?:-|a\s|per\s|every\s|each\s|daily|weekly|monthly|in\severy|"
    r"as\s|the\s|yearly|more\b|again\b|(?:the\s)?cells))|"
    r"(?:(?<![\d)])(?<!\d\s)(?-i:(?<![a-z]))|(?<=[×x]\s10\d\s)|(?<=10\d\s(?:cells)\s))(?P<sign>[×x])\s?"
    r"(?P<signed>\d{1,2})(?![\d(^⁰¹²³⁴-⁹]|[.,]\d|\s?10|\s?[×x^])|"
    r"(?<![\d.])(?P<before>\d{1,2})\s?[×x](?=\s*(?:;|,|$|\())|"
    r"\bin\s(?P<one>one)\s(?:sitting|session|go|procedure)|\b(?P<alone>single)\b|\b(?P<only>one)[- ](?:time|off)\b",
)
_IN_ALL = sieved(rf",\s(?P<n>\d{{1,2}}|{NUMBER_WORDS})\s(?:in\s(?:all|total)|altogether)\b(?!\s(?:of\s)?\d)")
# "Doses: 2", "number of infusions = 3"
_KEYED = sieved(
    rf"(?:\b(?:number|no\.?)\sof\s(?:[\w-]+\s){{0,2}}?{GIVING}|(?:^|\|\s?){GIVING})\s?[:=]\s?(?P<n>\d{{1,2}})"
    r"(?=\s*(?:[|;,.]\s|[|;,.]?$))"
)
_WEEKDAYS = sieved(
    rf"\bon\s(?:each\sof\s)?(?:the\s)?(?:next\s|following\s)?(?P<n>{NUMBER})\s(?:more\s|consecutive\s|successive\s|following\s)?"
    r"(?:Mondays|Tuesdays|Wednesdays|Thursdays|Fridays|Saturdays|Sundays)\b"
)
_DATES = sieved(
    r"\b(?:on|On)\s(?:the\s)?(?P<list>\d{1,2}(?:st|nd|rd|th)?(?:(?:,\s|\sand\s|,\sand\s)\d{1,2}(?:st|nd|rd|th)?)+)\s(?:of\s)?"
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)\b",
    0,
)
# "3 × 88" in a cell: three times 88 of what the header says
_TIMES_DOSE = re.compile(r"(?<![\d.])(?P<n>[1-9]\d?)\s?[×x](?=\s?(?!10(?:[⁰¹²³⁴-⁹^(4-9eE]|\b))\d)")
_CYCLES = sieved(
    rf"(?P<cycles>{NUMBER})\s(?:\w+\s)?(?:cycles|courses|rounds|series|blocks)"
    r"(?:\sof(?=\s\S+\s)|\s(?:with|containing|comprising|consisting\sof)"
    r"|(?:\sof(?:\s[\w-]+){1,5})?(?:\s(?:were|was|had\sbeen)\s\w+)?[,;]?\s\(?each\s(?:(?:cycle|course|round|one)\s)?(?:consist\w+|compris\w+|contain\w+|"
    r"made\sup|composed|of|with)(?:\sof)?)"
    rf"\s(?P<each>{NUMBER})\s{_BETWEEN}{GIVING}",
)
_LISTED = searched(
    r"(?<!\w)(?P<at>(?:on|at|in|and)\s)?(?P<unit>day|days|month|months|week|weeks|d|wk|"
    r"mo)\.?\s?(?P<list>[-+]?\d+(?:(?:\s?(?:,|;|and|&|/|\+)\s?)+(?:again\s)?(?:on\s|at\s|in\s)?(?:d|day|week|"
    r"month|wk|mo)?\.?\s?\+?\d+)+)(?!\d|\.\d|\s?(?:mg|mL|×|%|cells|million|/))",
)
_FREQUENCY = sieved(
    rf"(?P<word>\b(?:daily|weekly|fortnightly|monthly|yearly|annually|biweekly|bi-weekly|quarterly)\b)|"
    rf"(?P<per>(?:once|twice|thrice|{NUMBER}\stimes|one|two|three|four))\s(?:a|per|every|each|"
    rf"in\severy)\s(?P<per_unit>{UNIT})\b|"
    rf"(?P<perly>once|twice|thrice)\s(?P<perly_unit>daily|weekly|monthly|yearly)|"
    rf"\bevery\s(?P<every>other|second|third|fourth|{NUMBER})?[\s-]?(?P<every_unit>{UNIT})s?\b|"
    rf"\beach\s(?P<each_unit>day|week|month)\b|"
    r"\b(?:on|every|at)\s(?P<alternate>alternate|alternating)\s(?P<alternate_unit>day|week|month|weekday)s?\b|"
    r"\b(?:on|every|each)\s(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?)\b",
)
_FOR = re.compile(
    rf"\b(?:for|over|during|in|within)\s(?:a\stotal\sof\s|the\s(?:next|"
    rf"following)\s)?(?P<n>{NUMBER})\s(?:consecutive\s|successive\s)?(?P<unit>{UNIT})s?\b",
    re.IGNORECASE,
)
_EACH_OF = sieved(
    rf"\b(?:on|in|at|for|over(?=\s[\w-]+\s(?:consec|success)))\s(?:each\sof\s)?(?P<n>{NUMBER})\s(?P<run>consecutive|successive|different|"
    rf"separate)?\s?(?P<unit>days|weeks|months|mornings|evenings|nights|occasions)\b"
    rf"(?:\s(?P<row>running|in\sa\srow|in\ssuccession))?",
)
_APART = sieved(
    rf"(?P<n>{NUMBER})[\s-](?P<unit>{UNIT}|mo|wk|d)s?(?:\s|-)(?:apart|intervals?|spacing|between)\b|"
    rf"\bintervals?\sof\s(?:about\s|approximately\s)?(?P<n2>{NUMBER})\s(?P<unit2>{UNIT})s?\b|"
    rf"\b(?P<ly>daily|weekly|monthly|yearly|fortnightly)\sintervals?\b|"
    rf"\bspaced\s(?:by\s)?(?P<n6>{NUMBER})\s(?P<unit6>{UNIT})s?|"
    rf"\bseparated\sby\s(?P<n3>{NUMBER})\s(?P<unit3>{UNIT})s?|\b(?P<n4>{NUMBER})\s(?P<unit4>{UNIT})s?\sbetween\s|"
    rf"\ban?\s(?P<unit5>{UNIT})\s(?:apart|between)|"
    r"\bq\.?\s?(?P<n7>\d{1,2})?\s?-?(?P<unit7>d|wk|w|mo)s?\b",
)
_LATER = sieved(
    rf"\b(?:repeated|again|followed|further|second|another|booster|retreat\w*|"
    rf"third)\b[^.;]*?\b(?P<n>{NUMBER})\s(?P<unit>{UNIT})s?\s(?:later|afterwards?|thereafter|after|on(?=,))\b",
)
_LATER_FIRST = sieved(
    rf"\b(?P<n>{NUMBER})\s(?P<unit>{UNIT})s?\s(?:later|afterwards?|thereafter)\b[^.;]*?\b(?:again|"
    rf"repeated|re-?injected|re-?infused|"
    r"second|third|another|further|same)\b",
)

_LY = {
    "daily": "1 day",
    "weekly": "1 week",
    "fortnightly": "2 weeks",
    "monthly": "1 month",
    "yearly": "1 year",
    "annually": "1 year",
    "quarterly": "3 months",
    "biweekly": "2 weeks",
    "bi-weekly": "2 weeks",
}
_DAYS = {
    "hour": Decimal(1) / 24,
    "day": Decimal(1),
    "night": Decimal(1),
    "morning": Decimal(1),
    "evening": Decimal(1),
    "week": Decimal(7),
    "fortnight": Decimal(14),
    "month": Decimal("30.4375"),
    "year": Decimal("365.25"),
}
_SHORT = {"morning": "day", "evening": "day", "night": "day", "d": "day", "w": "week", "wk": "week", "mo": "month"}
_ORDINAL = {"other": 2, "second": 2, "third": 3, "fourth": 4}


def find_schedule(passage: Passage) -> list[Mention]:
    """Counts (field ``count``), spacings (``interval``) and listed times (``timing``, months since the first).

    They say how often something was given; whether it was cells is for the link room to see.
    """
    out: list[Mention] = []
    for start, end in passage.sentences:
        text = passage.text[start:end]
        look = look_at(text)
        if not _ANY.search(text, look):
            continue
        for field, value, begin, stop, quantity in _read(text, look, passage.cell is not None):
            details: dict[str, Any] = {}
            out.append(
                passage.mention(
                    field,
                    value,
                    start + begin,
                    start + stop,
                    f"schedule.{field}",
                    quantity=quantity,
                    details=details,
                )
            )
    return out


_ANY = sieved(
    rf"{GIVING}|once|twice|thrice|single|daily|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|weekly|monthly|yearly|fortnight|"
    r"annually|every|apart|interval|consecutive|days?\b|weeks?\b|months?\b|later|between|one-off"
    r"|[×x]\s?\d|\d\s?[×x]|\b[dq]\.?\s?\d"
)

Found = tuple[str, str, int, int, Quantity | None]


def _read(text: str, look: Look, in_cell: bool) -> Iterator[Found]:
    taken: list[tuple[int, int]] = []
    number: Decimal | None

    def free(match: re.Match[str]) -> bool:
        return not any(match.start() < e and s < match.end() for s, e in taken)

    frequency = _FREQUENCY.search(text, look)
    for match in _CYCLES.finditer(text, look):
        cycles, each = _n(match["cycles"]), _n(match["each"])
        if cycles and each:
            taken.append(match.span())
            yield _count(cycles * each, match, match.group())
    for match in _LISTED.finditer(text):
        numbers = [Decimal(n) for n in re.findall(r"\d+", match["list"])]
        if len(numbers) < 2 or numbers != sorted(numbers) or numbers[-1] > 400:
            continue
        # measured at, seen at, scored at: visits, not administrations
        if not in_cell and re.search(
            r"(?:scor|assess|measur|evaluat|follow|review|seen|visit|examin|MRI|imaging|test|"
            r"level)\w*\W+(?:\w+\W+){0,6}$",
            text[: match.start()],
            re.IGNORECASE,
        ):
            continue
        if not in_cell and re.match(r"\W+(?:after|follow-up|post)", text[match.end() :], re.IGNORECASE):
            continue
        unit = match["unit"].lower()
        days = {"d": "day", "w": "week", "m": "month"}[unit[0]]
        taken.append(match.span())
        yield _count(Decimal(len(numbers)), match, match.group())
        months = [(n * _DAYS[days] / _DAYS["month"]) for n in numbers]
        first = months[0]
        value = ";".join(plain((m - first).quantize(Decimal("0.01"))) for m in months)
        yield ("timing", value, match.start(), match.end(), None)
    for match in _EACH_OF.finditer(text, look):
        number = _n(match["n"])
        if (
            number
            and free(match)
            and (
                match["run"]
                or match["row"]
                or "each" in match.group().lower()
                or match["unit"].lower() in ("occasions", "mornings", "evenings")
                or (match["unit"].lower() == "days" and match.group()[:2].lower() == "on")
            )
        ):
            taken.append(match.span())
            yield _count(number, match, match.group())
            if (match["row"] or match["run"] in ("consecutive", "successive")) and match["unit"].lower() in (
                "days",
                "weeks",
                "months",
            ):
                yield ("interval", f"1 {match['unit'].lower().rstrip('s')}", match.start(), match.end(), None)
    explicit = False
    for match in _DATES.finditer(text, look):
        taken.append(match.span())
        explicit = True
        yield _count(Decimal(len(re.findall(r"\d+", match["list"]))), match, match.group())
    if in_cell:
        for match in _TIMES_DOSE.finditer(text):
            taken.append(match.span())
            explicit = True
            yield _count(Decimal(match["n"]), match, match.group())
    for match in ONLY.finditer(text, look):
        number = _n(match["n"])
        if number:
            taken.append((0, match.end()))  # what was prescribed before is no count of what was given
            explicit = True
            yield _count(number, match, match.group())
    repeated = again(text, look)
    if repeated and (once := repeated["once"] or repeated["times"]) and (number := _n(once)):
        taken.append((repeated.start("once" if repeated["once"] else "times"), repeated.end()))
        explicit = True
        yield _count(number + 1, repeated, repeated.group())
    if (more := added(text, look)) and (number := _n(more[0]["n"])) and free(more[0]):
        first = _n(more[1]) or Decimal(0)
        # what was counted before is part of the sum
        taken.append((0 if first > 1 else more[0].start(), more[0].end()))
        explicit = True
        yield _count(first + number, more[0], more[0].group())
    for match in (*_KEYED.finditer(text, look), *_WEEKDAYS.finditer(text, look)):
        number = _n(match["n"])
        if number and free(match):
            taken.append(match.span())
            explicit = True
            yield _count(number, match, match.group())
    for match in _COUNT.finditer(text, look):
        noun = match["noun"].lower()
        if not free(match):
            continue
        word = match["n"].lower()
        if word in ("a", "an"):
            if not re.match(r"an?\s+single\b", match.group(), re.IGNORECASE):
                continue
            number = Decimal(1)
        else:
            number = _n(word)
        if number is None or number == 0 or number > 60:
            continue
        if noun == "times" and re.match(r"\s(?:a|per|every|each)\s", text[match.end() :], re.IGNORECASE):
            continue
        # "after two infusions", "one of the injections": a place in time or a part, no count of what was given
        if (
            re.search(
                r"\b(?:before|since|(?<!each )(?<!all )(?<!any )(?<!none )of the|between|prior to|until"
                r"|than)\s+(?:the\s+)?$",
                text[: match.start()],
                re.IGNORECASE,
            )
            and noun != "times"
        ):
            continue
        if re.match(r"-(?:dose|infusion)", text[match.start() : match.end()]) or re.match(
            r"\s*(?:earlier|ago|before)\b", text[match.end() :]
        ):
            continue
        explicit = True
        taken.append(match.span())
        yield _count(number, match, match.group())
    for match in _IN_ALL.finditer(text, look):
        number = _n(match["n"])
        if number and free(match) and not explicit:
            taken.append(match.span())
            explicit = True
            yield _count(number, match, match.group())
    for match in _TIMES.finditer(text):
        if not free(match):
            continue
        word = match["once"] or match["one"] or match["alone"] or match["only"] or match["signed"] or match["before"]
        number = _n(word)
        if match["alone"] and explicit:
            continue
        if number is None or number == 0:
            continue
        taken.append(match.span())
        explicit = True
        yield _count(number, match, match.group())
    yield from _intervals(text, look, explicit, frequency)


def _intervals(text: str, look: Look, explicit: bool, frequency: re.Match[str] | None) -> Iterator[Found]:
    for match in _APART.finditer(text, look):
        number = next((_n(match[g]) for g in ("n", "n2", "n3", "n4", "n6", "n7") if match[g]), Decimal(1))
        unit = next((match[g] for g in ("unit", "unit2", "unit3", "unit4", "unit5", "unit6", "unit7") if match[g]), "")
        if match["ly"]:
            yield ("interval", _LY[match["ly"].lower()], match.start(), match.end(), None)
            return
        if number:
            yield ("interval", _spacing(number, unit), match.start(), match.end(), None)
            return
    if frequency is not None:
        spacing, per_day = _frequency(frequency, text)
        yield ("interval", spacing, frequency.start(), frequency.end(), None)
        last = _FOR.search(text, frequency.end()) or _FOR.search(text)
        if last and not explicit and per_day:
            number = _n(last["n"])
            if number:
                span = number * _DAYS[last["unit"].lower()]
                count = (span * per_day).to_integral_value()
                if 1 <= count <= 60:
                    yield _count(count, last, f"{frequency.group()} {last.group()}")
        return
    repeated = again(text, look)
    if repeated and repeated["unit"] and (number := _n(repeated["n"])):
        yield ("interval", _spacing(number, repeated["unit"]), repeated.start("n"), repeated.start("end"), None)
        return
    match_later = _LATER.search(text, look) or _LATER_FIRST.search(text, look)
    if match_later:
        number = _n(match_later["n"])
        if number:
            yield (
                "interval",
                _spacing(number, match_later["unit"]),
                match_later.start("n"),
                match_later.end(),
                None,
            )


def _frequency(match: re.Match[str], text: str) -> tuple[str, Decimal]:
    """The spacing that a frequency means, and how many it makes a day."""
    if match["word"]:
        word = match["word"].lower()
        if word in ("biweekly", "bi-weekly") and _twice_a_week(text):
            return "2 per week", Decimal(2) / 7
        spacing = _LY[word]
    elif match["perly"]:
        number = _n(match["perly"]) or Decimal(1)
        unit = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}[match["perly_unit"].lower()]
        return (f"1 {unit}" if number == 1 else f"{plain(number)} per {unit}"), number / _DAYS[unit]
    elif match["per"]:
        number = _n(match["per"].lower().replace(" times", "")) or Decimal(1)
        unit = match["per_unit"].lower()
        return (f"1 {unit}" if number == 1 else f"{plain(number)} per {unit}"), number / _DAYS[unit]
    elif match["weekday"]:
        spacing = "1 week"
    elif match["alternate"]:
        spacing = f"2 {match['alternate_unit'].lower().replace('weekday', 'day')}s"
    elif match["each_unit"]:
        spacing = f"1 {match['each_unit'].lower()}"
    else:
        word = (match["every"] or "").lower()
        number = Decimal(_ORDINAL[word]) if word in _ORDINAL else (_n(word) or Decimal(1))
        spacing = _spacing(number, match["every_unit"])
    count, unit = spacing.split()
    return spacing, 1 / (Decimal(count) * _DAYS[unit.rstrip("s")])


def _twice_a_week(text: str) -> bool:
    """Whether *biweekly* must mean twice a week: so many doses fit into the weeks stated only then."""
    count = _COUNT.pattern.search(text)
    span = _FOR.search(text) or re.search(rf"\bin\s(?P<n>{NUMBER})\s(?P<unit>week)s", text, re.IGNORECASE)
    if not count or not span:
        return False
    number, weeks = _n(count["n"]), _n(span["n"])
    return bool(number and weeks and span["unit"].lower() == "week" and number > weeks)


def _spacing(number: Decimal, unit: str) -> str:
    unit = unit.lower()
    if unit == "hour" and number % 24 == 0:
        number, unit = number / 24, "day"
    if unit == "fortnight":
        number, unit = number * 2, "week"
    unit = _SHORT.get(unit, unit)
    return f"{plain(number)} {unit}" + ("" if number == 1 else "s")


def _count(number: Decimal, match: re.Match[str], written: str) -> Found:
    return (
        "count",
        plain(number),
        match.start(),
        match.end(),
        Quantity(number=number, unit="administrations", as_written=written.strip()),
    )


def _n(text: str | None) -> Decimal | None:
    if not text:
        return None
    word = text.lower().strip()
    if word in ("a", "an", "single"):
        return Decimal(1)
    return decimal_number(word) if re.fullmatch(r"[\d.,]+", word) else number_word(word)
