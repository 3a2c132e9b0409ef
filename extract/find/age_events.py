"""The find room's reader of what happened at an age: onset, diagnosis, treatment, last follow-up, report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

ONSET, DIAGNOSIS, TREATMENT, LAST, REPORT, UNSAID = (
    "onset",
    "diagnosis",
    "treatment",
    "last_follow_up",
    "report",
    "unspecified",
)


class Placed(NamedTuple):
    """Where an age stands, and how it was told: attribute (a 9-year-old girl), adverb (at the age of 9), ..."""

    start: int
    end: int
    kind: str


_CELLS = (
    r"(?:cells?|mscs?|\w*-?mscs?|\w*-?mncs?|mononuclear|stromal|svf|bmac|marrow|cord|concentrate|hsct|sct|transplant\w*|infusions?"
    r"|injections?|implant\w*|decompression|"
    r"graft\w*|fat|ascs?|adscs?|lipofilling|lipoaspirate)"
)
_GIVEN = (
    r"(?:received|underwent|undergone|treated|given|infused|injected"
    r"|transplanted(?!\s+for\s+(?:[\w-]+\s+){0,3}(?:leuk|lymph|myelo|an(?:a)?em|thalass|malign|cancer|neuroblast)\w*)"
    r"|implanted|administered|got|had(?!\s+(?:been|set)\b)"
    r"|aspirated|harvested|operated|"
    r"placed|deposited|delivered|run\s+in|dripped|introduced|transfused|transfusions?|instilled|grafted|enrolled|infusions?|injections?"
    r"|transplantation|transplant|implantation|undergoing|receiving)"
)
_EVENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (event, re.compile(pattern, re.IGNORECASE))
    for event, pattern in (
        (
            LAST,
            r"\b(?:last|latest|final|most\s+recent)\s+(?:seen|saw|visit|follow\W?up|review|examin\w+|control|contact"
            r"|assessment)\b|\blast\s+saw\b"
            r"|\b(?:at|on)\s+(?:the\s+)?(?:end\s+of\s+)?follow\W?up\b|\bcurrently\b|\bdoing\s+well\b|\bat\s+present\b"
            r"|\btoday\b",
        ),
        (
            DIAGNOSIS,
            r"\bdiagnos(?:ed|is|es)\b|\brecogni[sz]ed\b|\bbiopsied\b|\b(?:was|were|being|been)\s+(?:confirmed|established|proven|made)\b"
            r"|\b(?:biopsy|mri|imaging)\s+(?:\w+\s+){0,4}"
            r"confirmed\b"
            r"|\b(?:was|were)\s+found\s+to\s+have\b"
            r"|\bwhen\s+(?:[\w-]+\s+){1,5}?(?:was|were)\s+(?:found|detected|discovered)\b"
            r"|\b(?:was|were|been)\s+(?:found|detected|discovered|identified|picked\s+up)(?=\s+(?:when|at\s+(?:the\s+age|\d)|in\s+(?:his|her))\b)"
            r"|\b(?:met|meets|meeting|fulfill?(?:ed|s|ing))\s+(?:the\s+)?(?:[\w-]+\s+){0,4}criteria\b"
            r"|\b(?:colonoscopy|endoscopy|biops\w+|mri|imaging|sequencing|genetics|antibod\w+|tests?|work-?up|serology"
            r"|electromyography|scan|angiography|histology)\s+(?:\w+\s+){0,2}"
            r"(?:established|confirmed|proved|revealed|showed|disclosed|led\s+to)\b",
        ),
        (
            ONSET,
            r"(?<!-)\bonset\b|\bfirst\s+(?:had|felt|experienced|suffered|complained|showed|got|lost|fell|limped|stumbled)\b|\b(?:her|his|their)\s+first\s+(?!(?:[\w-]+\s+){0,3}(?:infusions?|injections?|doses?"
            r"|treatments?|visit|time|line|course|session|cells?|\w*-?mscs?|"
            r"transplant\w*|transfusions?)\b)\w+|\bfirst\s+(?:symptoms?|signs?|manifest\w+|attacks?|seizures?"
            r"|episodes?|relapses?|noticed|noted|complain\w+|appeared|developed)\b"
            r"|\b(?:began|begun|begins|started|appeared|noticed|developed|fell\s+ill|fallen\s+ill|taken\s+ill"
            r"|become\s+ill|became\s+ill|set\s+in"
            r"|(?:became|grew|turned)\s+(?:dry|sore|weak|stiff|painful|swollen|red|blind|breathless|lame|numb|unsteady|clumsy)|initially\s+presented|"
            r"presented\s+initially|regress\w*|lost\s+(?:(?:his|her|the|all|them)\s+)?(?:first\s+)?(?:words|speech|language|skills)|lost\s+them|injured|(?:was|were|been)\s+(?:hit|struck|shot|stabbed|run\s+over|knocked\s+down|paralysed|paralyzed)|fell\s+(?:from|off|down)|crashed|dived|broke\s+(?:his|her)\s+(?:neck|back|spine)|(?:sustained|suffered)\s+(?:an?|the|his|her)\s+(?:[\w-]+\s+){0,3}(?:injury|trauma|accident|stroke|infarct\w*)|initial\s+(?:symptoms?|presentation)|initial\s+manifestations?|lost\s+(?:the\s+|his\s+|her\s+)?(?:vision|sight|hearing|feeling|strength|power|use)|(?:was|were|been|became)\s+(?:evident|apparent|visible|noticeable|obvious)|limped|suffered)\b",
        ),
        (
            REPORT,
            r"\b(?:presented|presents|presenting|presentation|referred|referral|admitted|admission|hospitali[sz]ed"
            r"|came\s+to|consulted|"
            r"attended|visited|was\s+brought\s+(?:in\s+)?(?:by|to)|(?:transferred|sent)\s+to\s+(?:us|our|the|this)|taken\s+to\s+our|seen\s+(?:at|in)\s+our"
            r"|was\s+seen|were\s+seen|first\s+(?:seen|examined|assessed)|we\s+(?:report|describe"
            r"|present|saw)|is\s+(?:described|reported)|enrolment|enrollment)\b",
        ),
        (
            TREATMENT,
            rf"\b{_GIVEN}\b|\b(?:cell|msc)\s+(?:therapy|treatment)\b"
            r"|\b(?:beginning|start|time|day)\s+of\s+(?:\w+\s+){0,2}(?:treatment|therapy)\b|\b(?:treatment"
            r"|therapy)\s+(?:began|started|was\s+begun)\b"
            r"|\bwhen\s+(?:(?:\w+\s+){1,3}treated\b|treated\b(?!\s+(?:with|by|for|using|at)\b))",
        ),
    )
)
_CELL_WORD = re.compile(rf"\b{_CELLS}\b", re.IGNORECASE)
_ORGANS = r"(?:kidney|renal|liver|hepatic|heart|cardiac|lung|cornea\w*|pancrea\w*|islet|organ|hair)"
_ORGAN_GRAFT = re.compile(rf"\b{_ORGANS}\s+(?:allo)?(?:transplant\w*|graft\w*)", re.IGNORECASE)


def _tells_of_cells(text: str) -> bool:
    """Whether a sentence has a word for cells or their giving; the transplant of an organ is none."""
    return _CELL_WORD.search(_ORGAN_GRAFT.sub(" ", text)) is not None


_AT_EVENT = re.compile(
    r"\s*(?:years?|yrs?|y|months?)?\s*(?:old|of\s+age)?\s*,?\s*(?:\(\s*)?(?:at|on"
    r"|upon)\s+(?:the\s+)?(?:time\s+of\s+)?(?:the\s+|her\s+|his\s+|first\s+)*"
    r"(?P<word>onset|diagnosis|treatment|infusion|injection|transplant\w*|therapy|surgery|operation|procedure"
    r"|implantation|cell|msc|stem|referral|"
    r"presentation|admission|enrol\w+|inclusion|study|entry|last|latest|follow\W?up|report|first\s+symptom\w*"
    r"|disease\s+onset|symptom)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since|until|till|from)\s+(?:(?:the|an?)\s+)?(?:age\s+(?:of\s+)?)?(?:about\s+)?$", re.IGNORECASE
)
# "It had troubled him since he was 33"; what someone takes, does or is since an age is no illness
_SINCE_PERSON = re.compile(
    r"\bsince\s+(?:s?he|they|the\s+\w+)\s+(?:was|were|had\s+been|turned)\s+(?:only\s+|just\s+|about\s+)?$",
    re.IGNORECASE,
)
_NO_ILLNESS = re.compile(
    r"\b(?:smok\w+|tak(?:en|es|ing)|took|on\s+(?:dialysis|insulin|steroids?|oxygen)|receiv\w+|treated|work\w*|liv(?:ed|es|ing)"
    r"|married|menarche|school|known\s+to|vegetarian|attend\w*)\b[^,;.]*$",
    re.IGNORECASE,
)
# "the diagnosis was delayed until 36"
_DIAGNOSED_UNTIL = re.compile(r"\bdiagnos(?:is|ed)\b[^,;.]{0,30}\buntil\s+(?:s?he\s+was\s+)?$", re.IGNORECASE)
_HEALTHY = re.compile(r"\bpreviously\s+(?:healthy|well|fit)\s+(?:\w+\s+)?$", re.IGNORECASE)
_PAST_PARTICIPLE = re.compile(
    r"\b(?:was|were|been|be|being|is|had|has)\s+(?:\w+ly\s+|first\s+|then\s+|subsequently\s+)?$", re.IGNORECASE
)
_LEAD_WORDS = re.compile(
    r"\b(?:at|aged?|by|of|the|an|when|s?he|was|patient|girl|boy|child|only|just|about|his|her|(?:then|now)|ages?)\b|\s",
    re.IGNORECASE,
)


# "We report a 47-year-old woman who received ...": her age when she is reported
_WE_REPORT = re.compile(
    r"\b(?:we|authors)\s+(?:here\s+|herein\s+)?(?:report|describe|present)\s+(?:on\s+)?(?:the\s+case\s+of\s+)?(?:an?\s+)?(?:\w+\s+of\s+)?$",
    re.IGNORECASE,
)


def event_of(text: str, age: Placed, all_ages: Sequence[Placed]) -> str:
    """What happened at an age, as far as its sentence says."""
    direct = _AT_EVENT.match(text, age.end)
    if age.kind == "attribute" and _WE_REPORT.search(text[: age.start]):
        return REPORT
    if direct:
        return event_of_header(direct["word"])
    ahead = text[: age.start]
    if age.kind == "row":
        return UNSAID
    if _DIAGNOSED_UNTIL.search(ahead):
        return DIAGNOSIS
    if _SINCE.search(ahead) or (_SINCE_PERSON.search(ahead) and not _NO_ILLNESS.search(ahead)):
        return ONSET
    if age.kind == "attribute":
        return _of_person(text, age, all_ages)
    return _of_time(text, age, all_ages)


def also_at(text: str, age: Placed, all_ages: Sequence[Placed], event: str) -> tuple[str, ...]:
    """What else happened at the only age of a sentence: "at 33 the eyes became dry, and X was diagnosed"."""
    clause = text.rfind(";", 0, age.start)
    beside = [other for other in all_ages if clause < other.start and ";" not in text[age.end : other.start]]
    if len(beside) != 1 or event not in (ONSET, DIAGNOSIS) or age.kind == "attribute":
        return ()
    behind = text[age.end :].split(";")[0]
    found = sorted((start, end, told) for told, start, end in _events_in(behind, False) if told in (ONSET, DIAGNOSIS))
    if [told for _, _, told in found[:1]] != [ONSET] or not any(told == DIAGNOSIS for _, _, told in found):
        return ()
    diagnosed = next(start for start, _, told in found if told == DIAGNOSIS)
    began = max(end for _, end, told in found if told == ONSET and end <= diagnosed)
    return (DIAGNOSIS if event == ONSET else ONSET,) if _joins(behind[began:diagnosed]) else ()


def _joins(between: str) -> bool:
    """Whether what stands between two events puts them at one time."""
    return re.search(r"\b(?:and|when)\b", between) is not None and not _LATER_ON.search(between)


_LATER_ON = re.compile(
    r"\b(?:later|after|afterwards|months?|years?|weeks?|then|until|eventually|finally|before|earlier)\b", re.IGNORECASE
)

# "a man whose colitis had begun at 19 was given": what began is dated by its own age
_WHOSE = re.compile(
    r"\b(?:whose|in\s+whom)\s+[^,;.]*?\bat\s+(?:the\s+age\s+of\s+)?\d{1,2}\b,?(?=\s+(?:was|had|received|underwent|got)\b)",
    re.IGNORECASE,
)


def _of_person(text: str, age: Placed, all_ages: Sequence[Placed]) -> str:
    """A 9-year-old girl ...: what the sentence goes on to say of her, unless it gives another age for that."""
    behind = text[age.end :]
    stop = re.search(r";|\.\s", behind)
    behind = behind[: stop.start()] if stop else behind
    behind = _WHOSE.sub(lambda match: " " * len(match.group()), behind)
    own_times = [other for other in all_ages if other.start > age.end and other.kind != "attribute"]
    found: list[tuple[int, str]] = []
    for event, start, _ in _events_in(behind, _tells_of_cells(text)):
        if event == LAST or (
            event == DIAGNOSIS
            and not _PAST_PARTICIPLE.search(behind[:start])
            and "was" not in behind[start : start + 4]
        ):
            continue
        if event == TREATMENT and behind[start : start + 3].lower() == "had":
            continue
        found.append((age.end + start, event))
    if not found:
        before = _nearest_before(text, age)
        return before if before in (TREATMENT, REPORT, LAST) else UNSAID
    taken = _told_apart(text, own_times, all_ages)
    left = [(place, event) for place, event in sorted(found) if event not in taken]
    if not left or (left[0] != min(found) and left[0][1] != TREATMENT):
        return REPORT
    place, event = left[0]
    if event in (DIAGNOSIS, ONSET, TREATMENT) and any(_claims(text, place, other) for other in own_times):
        return REPORT
    if event == REPORT and _HEALTHY.search(text[: age.start]):
        return ONSET
    return event


def _claims(text: str, place: int, other: Placed) -> bool:
    """Whether another age of the sentence belongs to the event at ``place``: same clause, not far behind it."""
    return other.start > place and not re.search(r"[;.]", text[place : other.start]) and other.start - place < 120


def _told_apart(text: str, own_times: Sequence[Placed], all_ages: Sequence[Placed]) -> set[str]:
    """The events that other ages of the sentence have taken: "who, aged 6, had received", "diagnosed at 14"."""
    return {_of_time(text, other, all_ages) for other in own_times}


def _nearest_before(text: str, age: Placed) -> str:
    ahead = re.split(r";", text[: age.start])[-1]
    found = [(end, event) for event, _, end in _events_in(ahead, _tells_of_cells(text))]
    return max(found)[1] if found else UNSAID


def _of_time(text: str, age: Placed, all_ages: Sequence[Placed]) -> str:
    """At the age of 9 ...: what the clause says, before the age or, when the age opens the clause, behind it."""
    before = [other.end for other in all_ages if other.end <= age.start]
    floor = max(before, default=0)
    ahead = text[floor : age.start]
    cut = max((m.end() for m in re.finditer(r";", ahead)), default=0)
    ahead = ahead[cut:]
    after = [other.start for other in all_ages if other.start >= age.end]
    ceiling = min(after, default=len(text))
    behind = text[age.end : ceiling].split(";")[0]
    at_too = r"(?:at\s+)?" if "respectively" in text else ""
    between = re.compile(rf"\s*(?:years?\s+)?(?:,|and|,\s*and|/|or)\s*{at_too}")
    listed = bool(before) and between.fullmatch(text, floor, age.start) is not None
    if listed:
        previous = next(other for other in all_ages if other.end == floor)
        return _of_time(text, previous, [other for other in all_ages if other is not previous])
    cells = _tells_of_cells(text)
    when = _WHEN.match(behind)
    if when and (event := _closest(when["clause"], cells, last=False)):
        return event
    own = re.split(r",\s+(?=(?:and|but)\s)", ahead)[-1]  # "he limped, and at five ...": a clause of its own
    opens = not _LEAD_WORDS.sub("", own).strip(" ,(").removeprefix("and").removeprefix("but").strip()
    if _TREATED.search(ahead):
        return TREATMENT
    if _TIME_SINCE.search(ahead):
        return LAST
    if _FOUND_THEN.match(text, age.end):
        return DIAGNOSIS
    sides = [_closest(ahead, cells, last=True), _closest(behind, cells, last=False)]
    if opens:
        sides.reverse()
    if LAST in sides:
        return LAST
    now = re.search(r"\bnow\s+(?:aged\s+|at\s+)?$", text[: age.start], re.IGNORECASE)
    return (REPORT if now and opens else "") or sides[0] or sides[1] or (REPORT if now else UNSAID)


def _closest(words: str, cells: bool, *, last: bool) -> str:
    """The event named nearest to the age; the last visit wins over all, since it is dated by other events."""
    found = []
    for rank, (event, place, end) in enumerate(_events_in(words, cells)):
        if event == LAST:
            return LAST
        found.append((end if last else -place, -rank, event))
    return max(found)[2] if found else ""


# "who was 68 when given cells for uveitis, ..."
_WHEN = re.compile(r"\s*(?:years?|yrs?)?\s*(?:old)?,?\s*when\b(?P<clause>[^,;]*)", re.IGNORECASE)
# "four years after his first relapse": that is another time
_LONG_AFTER = re.compile(
    r"\b(?:months?|years?|weeks?|days?|long|soon|shortly)\s+(?:after|since|following|from)\s+(?:(?:the|her|his|their"
    r"|its)\s+)?(?:[\w-]+\s+)?$",
    re.IGNORECASE,
)
_NO_ACT = re.compile(r"\b(?:after|since|following|despite)\s+(?:[\w-]+\s+){0,3}$", re.IGNORECASE)
# "steroids were begun": an illness begins, a treatment is begun
_BY_SOMEONE = re.compile(
    r"\b(?:was|were|been|is|being)\s+(?:\w+ly\s+|first\s+|then\s+)?(?:begun|started)$", re.IGNORECASE
)
_ORGAN = re.compile(rf"\b{_ORGANS}\s+$", re.IGNORECASE)
_TOLD_OF_CELLS = re.compile(r"(?:treatment|therapy|treated|began|begun|started)$", re.IGNORECASE)


def _events_in(words: str, cells: bool) -> list[tuple[str, int, int]]:
    """Events with their places. Being given something counts only beside cells or "the treatment"."""
    out = []
    for event, pattern in _EVENTS:
        for match in pattern.finditer(words):
            if event in (ONSET, DIAGNOSIS) and _LONG_AFTER.search(words[: match.start()]):
                continue
            if event == ONSET and _BY_SOMEONE.search(words[: match.end()]):
                continue
            if event == TREATMENT:
                told = " " in match.group() and _TOLD_OF_CELLS.search(match.group()) is not None
                bare_had = match.group().lower() == "had" and not _CELL_WORD.search(words[match.end() :])
                ahead = words[: match.start()]
                if bare_had or not (cells or told) or _NO_ACT.search(ahead) or _ORGAN.search(ahead):
                    continue
            out.append((event, match.start(), match.end()))
    return out


# "at 18, magnetic resonance imaging showed ..."
_FOUND_THEN = re.compile(
    r"\s*(?:years?)?,?\s*(?:an?\s+|the\s+)?(?:mri|(?:\w+\s+)?(?:\w+\s+)?imaging|radiographs?|(?:\w+\s+)?tomography"
    r"|(?:\w+\s+)?biops(?:y|ies)|"
    r"x\W?rays?)\s+(?:showed|revealed|demonstrated|established|confirmed)\b",
    re.IGNORECASE,
)
# "two years after the infusion, at the age of 9": an age at follow-up
_TIME_SINCE = re.compile(
    r"\b(?:months|years|year),\s+now\s+$|\b(?:months?|years?|weeks?)\s+(?:after|since"
    rf"|following)\s+(?:[\w-]+\s+){{0,3}}{_CELLS}\b[^;.]{{0,12}}\b(?:at|aged|now|by\s+then)\b[^,;.]*$",
    re.IGNORECASE,
)
# "treated at 3 years of age" needs no word for cells; "treated with methotrexate at ..." does
_TREATED = re.compile(
    r"(?<!kidney )(?<!renal )(?<!liver )(?<!heart )(?<!lung )"
    r"\b(?:treated|transplanted|infused|injected|mscs?|msct|hsct|cells|stem\s+cell|cell\s+therapy"
    r"|transplantation)\s+(?:at|when|aged)\s+"
    r"(?:(?:the|ages?|of|s?he|was|they|were)\s+)*$",
    re.IGNORECASE,
)

_HEADER_EVENTS = (
    (ONSET, r"onset|symptom"),
    (DIAGNOSIS, r"diagnos|\bdx\b"),
    (LAST, r"last|\bnow\b|latest|follow|current|final"),
    (TREATMENT, rf"treat|tx\b|therapy|msct|infused|injected|{_CELLS}|surgery|operation|procedure|intervention"),
    (REPORT, r"presentation|referral|admission|report|enrol|inclusion|study|entry"),
)


def event_of_header(words: str) -> str:
    """The event that a table header (or "at ...") names: ``Age at MSC (y)`` is treatment, bare ``Age`` unspecified."""
    for event, pattern in _HEADER_EVENTS:
        if re.search(pattern, words, re.IGNORECASE):
            return event
    return UNSAID
