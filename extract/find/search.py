"""find_mentions: every passage of a document through vocabulary, grammars and context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from extract.find.abbreviations import abbreviations
from extract.find.ages import find_ages
from extract.find.cellscores import cell_scores, head_stages, one_staging
from extract.find.columns import find_columns
from extract.find.context import Cues, compile_cues, judge, of_others
from extract.find.doses import find_dose_mentions
from extract.find.glued import find_glued
from extract.find.hits import Found, Hit, Rejected
from extract.find.language import Passage, Skip, passages
from extract.find.open_diagnoses import settle_open
from extract.find.proposals import propose
from extract.find.refused import refused_counts
from extract.find.rules import (
    Defined,
    Rules,
    compile_rules,
    find_patterns,
    find_terms,
    only_fields,
    resolve,
)
from extract.find.schedule import find_schedule
from extract.find.scores import ScaleHit, find_scores
from extract.find.sides import sites_of_other_side
from extract.find.therapynames import with_names_hidden
from extract.model import Cell, Document, Mention
from extract.schema import Scale, Schema, TermsRule


def find_mentions(document: Document, schema: Schema, *, others: bool = True) -> tuple[Mention, ...]:
    """All finds of a document, typed, normalised and with their context, in the order of the text.

    Facts about others (literature, relatives, animals, ...) are there too; their context says so. With ``others`` false
    what linking does not use is left out, to save time: paragraphs that speak of nobody but others, a quarter of a
    paper; and all but its design where a paper has no patients.
    """
    if not others:
        design = _tells_of_nobody(document, schema)
        if design is not None:
            return tuple(sorted(design, key=_by_place))
    found = [mention for _, part in _search(document, schema, others) for mention in part.mentions]
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


def _search(document: Document, schema: Schema, others: bool = True) -> Iterator[tuple[Passage, Found]]:
    """Every passage of a document with what it holds."""
    rules = compile_rules(schema)
    cues = compile_cues(schema)
    defined = resolve(abbreviations(document), rules)
    staging = one_staging(_stagings(document, rules, defined))
    for passage in passages(document, None if others else _skip(cues)):
        cell = document.cells[passage.cell] if passage.cell is not None else None
        found = search_passage(passage, cell, rules, cues, defined)
        if cell is not None and cell.is_header:
            stages = judge(passage, head_stages(passage, staging), cues)
            found = found._replace(mentions=[*found.mentions, *stages])
        if schema.model is not None:
            found = propose(passage, found, cues, schema.model)
        yield passage, found


def _skip(cues: Cues) -> Skip:
    return lambda section, text, sentences: of_others(section, text, sentences, cues)


OF_PEOPLE = frozenset({"age", "sex", "weight", "patient_count"})
"""Fields of which a paper that has patients states at least one, unless its design says that it has."""


def _tells_of_nobody(document: Document, schema: Schema) -> list[Mention] | None:
    """The finds of the design of a paper that tells of no patient of its own; None when it may.

    It may when a section tells a case, when it is a report or series of cases, and when a fact of somebody is found.
    Needs no tokens and a third of the patterns, and ends with the first such fact.
    """
    if any(block.section == "case" for block in document.blocks):
        return None
    if any(isinstance(rule, TermsRule) and rule.field in OF_PEOPLE for rule in schema.rules):
        return None
    rules, cues = only_fields(compile_rules(schema), OF_PEOPLE | {"design"}), compile_cues(schema)
    design: list[Mention] = []
    for passage in passages(document, _skip(cues), tokens=False):
        cell = document.cells[passage.cell] if passage.cell is not None else None
        hits, _ = find_patterns(passage, rules)
        mentions: list[Mention] = []
        if cell is None or not cell.is_header:
            hits += find_columns(passage, cell.row_header, cell.column_header, rules) if cell else []
            mentions += find_ages(passage, _age_header(cell))
        mentions += [_mention(passage, hit) for hit in hits]
        for mention in judge(passage, _one_each(mentions), cues):
            if mention.field != "design":
                if mention.context.is_fact:
                    return None
            elif mention.value in ("case_report", "case_series"):
                return None
            else:
                design.append(mention)
    return design


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
        seen, seen_cell, names = with_names_hidden(passage, cell, terms, rules)
        scores = find_scores(seen, scale_hits)
        rejected += _without_value(passage, terms, scores)
        if seen_cell is not None:
            scores += cell_scores(seen, seen_cell, rules, defined)
        timed = [*scores, *find_ages(seen, _age_header(seen_cell))]
        mentions += [names.shown(mention, passage) for mention in timed] if names else timed
        mentions += find_dose_mentions(passage, row_header, column_header)
        mentions += find_schedule(passage)
    sided: list[Hit] = []
    for hit in _one_meaning(passage, [*terms, *patterns], rejected):
        if hit.field == "scale":
            continue
        if hit.field == "site":
            hit = with_laterality(passage.text, hit)
            sided += [hit] if hit.details.get("laterality") in ("left", "right") else []
        mentions.append(_mention(passage, hit))
    if sided and cell is None and any(mention.field == "dose" for mention in mentions):
        mentions += [_mention(passage, hit) for hit in sites_of_other_side(passage.text, sided)]
    return Found(judge(passage, _one_each(mentions), cues), rejected)


def _age_header(cell: Cell | None) -> str | None:
    """The headers of a cell by which an age is known."""
    if cell is None:
        return None
    return " ".join(part for part in (cell.group, cell.row_header) if part) + f" | {cell.column_header}"


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


_SINCE_CELLS = re.compile(
    r"\b(?:days?|weeks?|months?|years?|soon|shortly)\s(?:after|following|from)\s(?:the\s|his\s|her\s)?(?:\w+\s){0,2}?"
    r"(?:infusions?|injections?|cells|transplant\w*|treatment|implantation)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"^\s?(?:\w+ ){0,2}(?:came back|relapsed|recurred|flared|returned|reappeared|had been|was treated)", re.IGNORECASE
)


# "her joint pain had been an 8 out of 10": a complaint with a mark is followed, not an event
_RATED = re.compile(
    r"(?:\s(?:had|been|was|were|is|became|fell|dropped|went|rose|down|up|improved|decreased|came|at|to|an?|from|score[ds]?|of|rated|only"
    r"|now|still|and|by)){0,5}\s\d{1,2}(?:\.\d)?\s?(?:/|out\sof|of)\s?10\b",
    re.IGNORECASE,
)
# "seizure-like", "fever-free", "swollen-joint-driven"
_COMPOUND = re.compile(
    r"-(?:like|free|driven|related|associated|prone|type|mimicking|relieving|modifying|based|specific|oriented)\b",
    re.IGNORECASE,
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
            # "Nine months after the infusion he was admitted with pneumonia"
            since = _SINCE_CELLS.search(passage.text[begin : hit.start])
            had, came_before = _HAS.search(before), _CAME.search(before)
            if not since and ((had and not came_before) or _BACK.match(passage.text[hit.end : stop])):
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
        happened = passage.text[hit.start : hit.end].endswith("ed")  # "her arthritis flared (DAS28 4.8)"
        if (
            hit.field == "adverse_event"
            and not happened
            and any(0 <= max(hit.start - s.end, s.start - hit.end) <= 6 for s in scales)
        ):
            rejected.append(_reject(hit, "the scale beside it measures it"))
            continue
        if hit.field == "adverse_event" and _RATED.match(passage.text, hit.end):
            rejected.append(_reject(hit, "it is rated out of ten"))
            continue
        if hit.field == "adverse_event" and _COMPOUND.match(passage.text, hit.end):
            rejected.append(_reject(hit, "it is part of another word"))
            continue
        out.append(hit)
    return out


def _one_each(mentions: list[Mention]) -> list[Mention]:
    """The same value of the same field at overlapping words only once."""
    kept: list[Mention] = []
    for mention in mentions:
        same = any(
            other.field == mention.field and other.value == mention.value and other.span.overlaps(mention.span)
            and all(other.details.get(each) == mention.details.get(each) for each in ("phase", "event"))
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
    r"^s?\s*(?:joints?\s*)?(?:of\s+(?:the|his|her)\s+)?[(,]?\s*(?P<side>left|right|bilateral(?:ly)?|both sides"
    r"|on both sides|L|R|Lt|Rt)\b"
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
