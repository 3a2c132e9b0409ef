"""find_mentions: every passage of a document through vocabulary, grammars and context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from extract.find.ages import find_ages
from extract.find.cellscores import cell_scores, head_stages, one_staging
from extract.find.context import Cues, compile_cues, judge
from extract.find.doses import find_dose_mentions
from extract.find.glued import find_glued
from extract.find.language import Passage, abbreviations, passages
from extract.find.open_diagnoses import settle_open
from extract.find.proposals import propose
from extract.find.refused import refused_counts
from extract.find.rules import (
    Defined,
    Found,
    Hit,
    Rejected,
    Rules,
    compile_rules,
    find_columns,
    find_patterns,
    find_terms,
    resolve,
)
from extract.find.schedule import find_schedule
from extract.find.scores import ScaleHit, find_scores
from extract.model import Cell, Document, Mention
from extract.schema import Scale, Schema


def find_mentions(document: Document, schema: Schema) -> tuple[Mention, ...]:
    """All finds of a document, typed, normalised and with their context, in the order of the text.

    Facts about others (literature, relatives, animals, ...) are there too; their context says so.
    """
    found = [mention for _, part in _search(document, schema) for mention in part.mentions]
    return tuple(sorted(found, key=_by_place))


def explain_mentions(document: Document, schema: Schema) -> Found:
    """What ``find_mentions`` finds, and beside it what was seen but did not count, with the reason.

    The places of the rejected are those of the document, like the spans of the mentions; both in the order of the text.
    """
    mentions: list[Mention] = []
    rejected: list[Rejected] = []
    for passage, part in _search(document, schema):
        mentions += part.mentions
        for no in (*part.rejected, *refused_counts(passage, part.mentions)):
            rejected.append(no._replace(start=passage.offset + no.start, end=passage.offset + no.end))
    return Found(sorted(mentions, key=_by_place), sorted(set(rejected)))


def _by_place(mention: Mention) -> tuple[int, int, str, str]:
    return mention.span.start, mention.span.end, mention.field, str(mention.value)


def _search(document: Document, schema: Schema) -> Iterator[tuple[Passage, Found]]:
    """Every passage of a document with what it holds."""
    rules = compile_rules(schema)
    cues = compile_cues(schema)
    defined = resolve(abbreviations(document), rules)
    staging = one_staging(_stagings(document, rules, defined))
    for passage in passages(document):
        cell = document.cells[passage.cell] if passage.cell is not None else None
        found = search_passage(passage, cell, rules, cues, defined)
        if cell is not None and cell.is_header:
            stages = judge(passage, head_stages(passage, staging), cues)
            found = found._replace(mentions=[*found.mentions, *stages])
        if schema.model is not None:
            found = propose(passage, found, cues, schema.model)
        yield passage, found


def _stagings(document: Document, rules: Rules, defined: Defined) -> Iterator[Scale]:
    """The scales that the paper names where it tells of its patients; asked only when a table's head gives a stage."""
    heads = (document.quote(cell.span) for cell in document.cells if cell.is_header)
    if any(re.search(r"\b(?:stage|grade|class)\s", head, re.IGNORECASE) for head in heads):
        for passage in passages(document):
            if passage.section in ("case", "results", "methods") and passage.cell is None:
                yield from (hit.scale for hit in find_terms(passage, rules, defined)[0] if hit.scale is not None)


def search_passage(passage: Passage, cell: Cell | None, rules: Rules, cues: Cues, defined: Defined) -> Found:
    """All finds of one passage; ``cell`` gives the headers of a table cell."""
    terms, rejected = find_terms(passage, rules, defined)
    patterns, barred = find_patterns(passage, rules)
    patterns, refused = settle_open(passage, patterns, terms, rejected)
    rejected += [*barred, *refused]
    row_header = cell.row_header if cell else ""
    column_header = cell.column_header if cell else ""
    mentions: list[Mention] = []
    if cell is None or not cell.is_header:
        columns = find_columns(passage, row_header, column_header, rules) if cell else []
        # a column rule knows better what a cell holds than a pattern that fits its words
        fields = {hit.field for hit in columns}
        patterns = [hit for hit in patterns if hit.field not in fields]
        mentions += [_mention(passage, hit) for hit in columns]
        scale_hits = [ScaleHit(h.start, h.end, h.scale) for h in terms if h.scale is not None]
        scale_hits += find_glued(passage.text, rules.schema.scales, scale_hits)
        scores = find_scores(passage, scale_hits)
        rejected += _without_value(passage, terms, scores)
        mentions += scores
        if cell is not None:
            mentions += cell_scores(passage, cell, rules, defined)
        header = " ".join(part for part in (cell.group, row_header) if part) + f" | {column_header}" if cell else None
        mentions += find_ages(passage, header)
        mentions += find_dose_mentions(passage, row_header, column_header)
        mentions += find_schedule(passage)
    for hit in _one_meaning(passage, [*terms, *patterns], rejected):
        if hit.field == "scale":
            continue
        if hit.field == "site":
            hit = with_laterality(passage.text, hit)
        mentions.append(_mention(passage, hit))
    return Found(judge(passage, _one_each(mentions), cues), rejected)


def _mention(passage: Passage, hit: Hit) -> Mention:
    return passage.mention(
        hit.field,
        hit.value,
        hit.start,
        hit.end,
        hit.rule_id,
        quantity=hit.quantity,
        details=dict(hit.details),
    )


def _reject(hit: Hit, reason: str) -> Rejected:
    return Rejected(hit.field, hit.value, hit.start, hit.end, hit.rule_id, reason)


def _without_value(passage: Passage, terms: list[Hit], scores: list[Mention]) -> list[Rejected]:
    """The scales that a passage names without a value that could be theirs."""
    read = {str(score.detail("measure")) for score in scores}
    return [
        Rejected("score", hit.value, hit.start, hit.end, hit.rule_id, "the scale is named, but no value of it was read")
        for hit in terms
        if hit.scale is not None and hit.scale.name not in read and passage.cell is None
    ]


_HAS = re.compile(
    r"\b(?:for|with|of|had|has|have|having|diagnosed|diagnosis|chronic|congenital|known|refractory|"
    r"resistant|severe|from|since|treat\w*|"
    r"active|underlying|because of|due to)\s+(?:[\w-]+\s){0,3}$",
    re.IGNORECASE,
)
_CAME = re.compile(
    r"\b(?:follow\w*|develop\w*|died of|death from|complicat\w*|occurr\w*|after (?:the |each |her |his "
    r")?(?:\w+ )?(?:infusion|injection|cells|transplant\w*|"
    r"treatment|dose|puncture|procedure)|adverse|side effects?|events?|new-onset|episode|days? \d+|broke "
    r"out|no |without)\b",
    re.IGNORECASE,
)


_BACK = re.compile(
    r"^\s?(?:\w+ ){0,2}(?:came back|relapsed|recurred|flared|returned|reappeared|had been|was treated)", re.IGNORECASE
)


def _one_meaning(passage: Passage, hits: list[Hit], rejected: list[Rejected]) -> list[Hit]:
    """Drop what the same words cannot also mean: a name of a disease and of an event is what its sentence tells;
    a complaint that a scale beside it measures is no event."""
    events = {(h.start, h.end): h for h in hits if h.field == "adverse_event"}
    scales = [h for h in hits if h.field == "scale"]
    out = []
    for hit in hits:
        other = events.get((hit.start, hit.end)) if hit.field == "diagnosis" else None
        twin = hit.field == "adverse_event" and any(
            h.field == "diagnosis" and (h.start, h.end) == (hit.start, hit.end) for h in hits
        )
        if other is not None or twin:
            begin, stop = passage.sentence_at(hit.start)
            before = passage.text[max(begin, hit.start - 40) : hit.start]
            had, came_before = _HAS.search(before), _CAME.search(before)
            if (had and not came_before) or _BACK.match(passage.text[hit.end : stop]):
                meant = "diagnosis"
            elif _CAME.search(passage.text[begin:stop]):
                meant = "adverse_event"
            else:
                meant = hit.field
            if meant != hit.field:
                rejected.append(
                    _reject(hit, f"its sentence tells of it as {'a disease' if meant == 'diagnosis' else 'an event'}")
                )
                continue
        if hit.field == "adverse_event" and any(0 <= max(hit.start - s.end, s.start - hit.end) <= 6 for s in scales):
            rejected.append(_reject(hit, "the scale beside it measures it"))
            continue
        out.append(hit)
    return out


def _one_each(mentions: list[Mention]) -> list[Mention]:
    """The same value of the same field at overlapping words only once."""
    kept: list[Mention] = []
    for mention in mentions:
        same = any(
            other.field == mention.field and other.value == mention.value and other.span.overlaps(mention.span)
            and other.details.get("phase") == mention.details.get("phase")
            for other in kept
        )  # fmt: skip
        if not same:
            kept.append(mention)
    return kept


_SIDE_BEFORE = re.compile(
    r"(?:\b|(?-i:(?<=[a-z\d])(?<!\bm)(?<!\dm)(?=[A-Z])))(?P<side>left|right|both(?: of (?:his|her|the|their))?|"
    r"bilateral|"
    r"(?:each of )?(?:his|her|the|their) two|each|either|(?-i:L|R|Lt\.?|Rt\.?))\)?"
    r"(?:[\s-]+(?!(?:left|right|(?-i:L|R)|and|or|of|in|on|at|for|with|out|to|as|by)\b)[\w-]+){0,2}[\s-]+$",
    re.IGNORECASE,
)
_SIDE_AFTER = re.compile(
    r"^s?\s*(?:joints?\s*)?[(,]?\s*(?P<side>left|right|bilateral(?:ly)?|both sides|on both sides|L|R|Lt|Rt)\b"
)


_EYES = {"od": "right", "os": "left", "ou": "bilateral"}


def with_laterality(text: str, hit: Hit) -> Hit:
    """A site with its side: left, right or bilateral, from the words next to it."""
    before = text[max(0, hit.start - 30) : hit.start]
    after = text[hit.end : hit.end + 24]
    match = _SIDE_BEFORE.search(before) or _SIDE_AFTER.match(after)
    side = ""
    if match:
        word = match["side"].lower()
        if word.rstrip("t.") in ("l", "r") and match["side"][0].isupper():
            side = {"l": "left", "r": "right"}[word[0]]
        elif word in ("left", "right"):
            side = word
        elif (
            word in ("both", "bilateral", "bilaterally", "both sides", "on both sides")
            or word.endswith(" two")
            or word.startswith("both ")
        ):
            side = "bilateral"
    written = text[hit.start : hit.end].lower()
    side = side or _EYES.get(written, "")
    if not side and written.startswith(("left ", "right ")):
        side = written.split()[0]
    details: Mapping[str, Any] = {**hit.details, "laterality": side} if side else hit.details
    return hit._replace(details=details)
