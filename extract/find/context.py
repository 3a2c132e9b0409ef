"""How something is said: whether it is so, of whom, and when.

Cues stand in schemas/context.yaml, on the lines of ConText (Harkema 2009): each has a scope that runs forward,
backward or over the sentence until a stop word ends it. Which section a sentence stands in gives the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from extract.find.language import Passage
from extract.find.sieve import Needed, look_at, may_match, needed_by
from extract.model import Context, Mention, Presence, Section, When, Who
from extract.patterns import hastened
from extract.schema import Cue, Schema
from extract.schema.shapes.base import compiled

# Where two cues disagree the one further left wins.
_PRESENCE: tuple[Presence, ...] = ("negated", "planned", "uncertain", "present")
_WHO: tuple[Who, ...] = (
    "animal",
    "in_vitro",
    "control",
    "donor",
    "family",
    "other_patient",
    "literature",
    "patient",
)
_WHEN: tuple[When, ...] = ("future", "historical", "current")
_OF_OTHERS = frozenset({"introduction", "discussion", "conclusion", "references"})


class ReadyCue(NamedTuple):
    """A cue with its words compiled."""

    cue: Cue
    pattern: re.Pattern[str]
    unless: tuple[re.Pattern[str], ...]
    stops: re.Pattern[str] | None
    needed: Needed


class Cues(NamedTuple):
    """All cues of a schema, and the words that end a scope."""

    cues: tuple[ReadyCue, ...]
    stops: re.Pattern[str]
    in_blocks: bool


class CueHit(NamedTuple):
    """A cue in a sentence and the range (relative to the passage) that it governs."""

    cue: Cue
    text: str
    start: int
    end: int
    scope_start: int
    scope_end: int


_READY: dict[str, Cues] = {}
_MOST = 4
"""So many schemas stay ready, as of the rules."""


def compile_cues(schema: Schema) -> Cues:
    """Make the cues of a schema ready; the same schema is compiled once."""
    if schema.hash not in _READY:
        for old in list(_READY)[: len(_READY) - _MOST + 1]:
            del _READY[old]
        ready = tuple(
            ReadyCue(
                cue,
                hastened(pattern),
                tuple(hastened(compiled(unless)) for unless in cue.unless),
                _stop_pattern(cue.stops) if cue.stops else None,
                needed_by(pattern),
            )
            for cue in schema.context.cues
            for pattern in (_cue_pattern(cue),)
        )
        _READY[schema.hash] = Cues(
            ready,
            _stop_pattern(schema.context.stops),
            any(cue.scope == "block" for cue in schema.context.cues),
        )
    return _READY[schema.hash]


def of_others(section: Section, text: str, sentences: Sequence[tuple[int, int]], cues: Cues) -> bool:
    """Whether a block speaks of others only: it stands where others are spoken of, and no cue claims a sentence of it
    for this paper's patient."""
    if section not in _OF_OTHERS:
        return False
    look = look_at(text)
    claims = [
        ready
        for ready in cues.cues
        if ready.cue.sets.get("who") == "patient"
        and (not ready.cue.sections or section in ready.cue.sections)
        and may_match(ready.needed, look)
    ]
    return not any(ready.pattern.search(text[start:end]) for ready in claims for start, end in sentences)


def _stop_pattern(stops: Iterable[str]) -> re.Pattern[str]:
    return hastened(compiled(_any_of(stops)))


def _any_of(words: Iterable[str]) -> str:
    """Words as one pattern, the longest first, with word boundaries where they begin and end with letters.

    The boundary before them is asked for once, not of each word in turn: that saves most of the time.
    """
    of_letters: list[str] = []
    others: list[str] = []
    for word in sorted(words, key=len, reverse=True):
        body = re.sub(r"(?:\\ | )+", r"\\s+", re.escape(word)) + (r"\b" if word[-1].isalnum() else "")
        (of_letters if word[0].isalnum() else others).append(body)
    return "|".join([*([rf"\b(?:{'|'.join(of_letters)})"] if of_letters else []), *others])


def _cue_pattern(cue: Cue) -> re.Pattern[str]:
    parts = [_any_of(cue.words)] if cue.words else []
    if cue.pattern:
        parts.append("(?:" + re.sub(r" +", r"\\s", cue.pattern) + ")")
    return compiled("|".join(parts), 0 if cue.case else re.IGNORECASE)


def cue_hits(passage: Passage, sentence: tuple[int, int], cues: Cues, fields: frozenset[str]) -> list[CueHit]:
    """The cues of one sentence with their scopes; those that govern none of ``fields`` are not looked for."""
    start, end = sentence
    text = passage.text[start:end]
    look = look_at(text)
    stops: list[tuple[int, int]] | None = None
    hits = []
    for ready in cues.cues:
        if ready.cue.sections and passage.section not in ready.cue.sections:
            continue
        if ready.cue.fields and fields.isdisjoint(ready.cue.fields):
            continue
        if not may_match(ready.needed, look):
            continue
        matches = list(ready.pattern.finditer(text))
        if not matches or any(u.search(text) for u in ready.unless):
            continue
        for match in matches:
            begin, stop = start + match.start(), start + match.end()
            if ready.stops is not None:
                ends = [(start + m.start(), start + m.end()) for m in ready.stops.finditer(text)]
            else:
                if stops is None:
                    stops = [(start + m.start(), start + m.end()) for m in cues.stops.finditer(text)]
                ends = stops
            low, high = _scope(ready.cue, passage.text, begin, stop, start, end, ends)
            hits.append(CueHit(ready.cue, match.group(), begin, stop, low, high))
    return hits


def _scope(
    cue: Cue, text: str, begin: int, stop: int, start: int, end: int, stops: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    if cue.scope == "sentence":
        return start, end
    if cue.scope == "block":
        return begin, len(text)
    low, high = begin, stop
    if cue.scope in ("forward", "both"):
        high = min((s for s, _ in stops if s >= stop), default=end)
        high = min(high, stop + _reach(text[stop:high], cue.reach))
    if cue.scope in ("backward", "both"):
        low = max((e for _, e in stops if e <= begin), default=start)
        comma = text.rfind(",", low, begin)
        if comma >= 0 and not cue.stops and _SINGULAR.match(text[begin:stop]) and not _JOINED.search(text[comma:begin]):
            # "X was confirmed, Y was excluded": a singular verb denies what stands after the comma
            low = comma + 1
        low = max(low, begin - _reach(text[low:begin][::-1], cue.reach))
    return low, high


_SINGULAR = re.compile(r"was|is|has\b", re.IGNORECASE)
_JOINED = re.compile(r"\b(?:and|or|nor)\b", re.IGNORECASE)


def _reach(text: str, words: int) -> int:
    """How many characters the first ``words`` words of a text take."""
    position = 0
    for match in re.finditer(r"\S+\s*", text):
        if words == 0:
            break
        position = match.end()
        words -= 1
    return position


def judge(passage: Passage, mentions: Iterable[Mention], cues: Cues) -> list[Mention]:
    """Give every mention of a passage its context."""
    return [_with_context(mention, passage, active) for mention, active in _governed(passage, mentions, cues)]


def governing(passage: Passage, mention: Mention, cues: Cues) -> list[str]:
    """The ids of the cues that govern one mention."""
    return [hit.cue.id for _, active in _governed(passage, [mention], cues) for hit in active]


def _governed(passage: Passage, mentions: Iterable[Mention], cues: Cues) -> Iterator[tuple[Mention, list[CueHit]]]:
    """Every mention with the cues that reach it: of its sentence, its cell's headers, the block before it."""
    of_sentence: dict[tuple[int, int], list[CueHit]] = {}
    mentions = list(mentions)
    fields = frozenset(mention.field for mention in mentions)

    def hits_of(sentence: tuple[int, int]) -> list[CueHit]:
        if sentence not in of_sentence:
            of_sentence[sentence] = cue_hits(passage, sentence, cues, fields)
        return of_sentence[sentence]

    # a cell is read with its headers: "Controls" above a column speaks for all cells under it
    headers: list[CueHit] | None = [] if passage.cell is None else None
    for mention in mentions:
        if headers is None:
            headers = _header_hits(passage, cues, fields)
        start = mention.span.start - passage.offset
        end = mention.span.end - passage.offset
        here = passage.sentence_at(start)
        hits = [*hits_of(here), *headers]
        if cues.in_blocks:
            hits += [h for s in passage.sentences if s < here for h in hits_of(s) if h.cue.scope == "block"]
        yield mention, [hit for hit in hits if _applies(hit, mention, start, end)]


def _header_hits(passage: Passage, cues: Cues, fields: frozenset[str]) -> list[CueHit]:
    """Cues in a cell's headers govern the cell, those whose scope is the sentence or runs forward."""
    hits = []
    both = f"{passage.headers} | {passage.row}"
    look, look_both = look_at(passage.headers), look_at(both)
    for ready in cues.cues:
        if ready.cue.scope not in ("sentence", "forward", "both", "block"):
            continue
        if ready.cue.fields and fields.isdisjoint(ready.cue.fields):
            continue
        # who a row is about is said anywhere in it; how a value is meant only by its own headers
        in_row = "who" in ready.cue.sets
        if not may_match(ready.needed, look_both if in_row else look):
            continue
        words = both if in_row else passage.headers
        match = ready.pattern.search(words)
        if match and not any(u.search(words) for u in ready.unless):
            hits.append(CueHit(ready.cue, match.group(), -1, -1, 0, len(passage.text)))
    return hits


def _applies(hit: CueHit, mention: Mention, start: int, end: int) -> bool:
    if hit.cue.fields and mention.field not in hit.cue.fields:
        return False
    if hit.cue.scope == "sentence" or hit.cue.scope == "block":
        return True
    if start <= hit.start and hit.end <= end:
        # a cue inside the find's own words does not govern it
        return False
    if hit.start < end and start < hit.end:
        return True
    return hit.scope_start <= start and end <= hit.scope_end + 1


def _with_context(mention: Mention, passage: Passage, active: Sequence[CueHit]) -> Mention:
    presences: set[str] = set()
    whos: set[str] = set()
    whens: set[str] = set()
    details: dict[str, Any] = {}
    words = []
    for hit in active:
        for axis, value in hit.cue.sets.items():
            if axis == "presence":
                presences.add(value)
            elif axis == "who":
                whos.add(value)
            elif axis == "when":
                whens.add(value)
            elif axis not in mention.details:
                details.setdefault(axis, value)
        words.append(hit.text)
    if _is_naught_in_row(mention, passage):
        presences.add("negated")
        words.append("naught in its row")
    own = "patient" in whos
    whos.discard("patient")
    if not whos and not own:
        place = _others_by_place(passage, mention.span.start - passage.offset)
        if place:
            whos.add("literature")
            words.append(f"in the {place}")
    if own:
        whos.discard("literature")
    context = Context(
        presence=next((p for p in _PRESENCE if p in presences), "present"),
        who=next((w for w in _WHO if w in whos), "patient"),
        when=next((w for w in _WHEN if w in whens), "current"),
        cues=tuple(dict.fromkeys(words)),
    )
    merged: Mapping[str, Any] = {**details, **mention.details} if details else mention.details
    return mention.model_copy(update={"context": context, "details": dict(merged)})


_NAUGHT = re.compile(
    r"(?:0(?:\s?\(\s?0(?:\.0)?\s?%?\s?\)|\s?%|\s?/\s?\d+)?|none|no|nil|absent|never)\.?", re.IGNORECASE
)


def _is_naught_in_row(mention: Mention, passage: Passage) -> bool:
    """Whether an event that heads a row of a table has nothing but naughts behind it: ``Fever | 0 | 0``."""
    if mention.field != "adverse_event" or not passage.beside:
        return False
    return all(_NAUGHT.fullmatch(cell.strip()) for cell in passage.beside.split(" | "))


_PART = re.compile(
    r"(?:^|(?<=[.\])]\s))(?P<label>background|introduction|objectives?|aims?|purpose|rationale|context|"
    r"cases?|patients?|methods?|results?|"
    r"findings?|interventions?|outcomes?|treatment|conclusions?|discussion|interpretation|significance|lessons?)"
    r"(?:\s(?:and|&)\s\w+|\s\w+){0,3}\s?[:.—–](?=\s)",
    re.IGNORECASE,
)
_PART_OF_OTHERS = re.compile(
    r"background|introduction|objective|aim|purpose|rationale|context|conclusion|discussion|"
    r"interpretation|significance|lesson",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"^\W*(?:background|introduction|objectives?|aims?|purpose|rationale|conclusions?|discussion)\b", re.IGNORECASE
)


def _others_by_place(passage: Passage, position: int) -> str:
    """The name of a place that speaks of others unless a sentence says that it means this paper's patient, or ''.

    Introductions, discussions, footnotes and the background of an abstract do.
    """
    if passage.kind == "cell":
        # a table may float into any section; one of other studies names them in its rows
        return ""
    if passage.section in _OF_OTHERS:
        return passage.section
    if passage.kind == "footnote":
        return "footnote"
    if passage.section == "abstract":
        label = ""
        for match in _PART.finditer(passage.text):
            if match.start() <= position:
                label = match["label"]
        if label:
            return label.lower() if _PART_OF_OTHERS.search(label) else ""
        if passage.headings and _GENERAL.match(passage.headings[-1]):
            return passage.headings[-1].lower()
    return ""
