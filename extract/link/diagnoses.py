"""LINK, diseases: which one the cells were given for, which was given up, which came along."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.claims import Told
from extract.link.values import is_title, new_id, reported, where_of
from extract.model import Diagnosis, Document, Mention

_DIAGNOSED_BEFORE = re.compile(
    r"(?:\bdiagnos\w+\s+(?:was\s+|is\s+)?(?:with|of|as|to be)\b|\bdiagnosis\s*(?:is|was|:)|"
    r"\bfound to have\b|\bknown (?:case of|to have)\b|"
    r"\bsuffer\w* from\b|\bcase of\b|\btreat\w*\s+(?:for|of)\b|\brefractory\b|\bresistant\b|"
    r"\bwith (?:a )?(?:\w+ )?history of\b)"
    r"[^.;]{0,60}$",
    re.IGNORECASE,
)
_DIAGNOSED_AFTER = re.compile(
    r"^[^.;]{0,60}\b(?:was|were|is|had been)\s+(?:\w+ )?(?:diagnosed|confirmed|recogni[sz]ed|established|"
    r"made|proven)\b",
    re.IGNORECASE,
)
_REFINED = re.compile(
    r"\b(?:refined|revised|changed|corrected|reclassified|evolved|re-?diagnosed|progressed|amended)\s+(?:to|"
    r"as|into|with)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"\b(?:initially|first|originally|previously|provisionally|erroneously)\s+(?:mis)?(?:diagnosed|thought|"
    r"labell?ed|classified|treated)\b"
    r"[^.;]{0,50}$|\bmisdiagnosed\b[^.;]{0,40}$|\b(?:working|provisional|initial|"
    r"presumptive) diagnosis\b[^.;]{0,40}$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(?:diagnos[ie]s|disease|indication|condition|disorder|pathology)\b", re.IGNORECASE)
_OTHER_HEADER = re.compile(
    r"\b(?:activity|duration|comorbid\w*|previous|manifestations?|organ|severity|onset)\b", re.IGNORECASE
)
_INTENDED = re.compile(
    r"\b(?:cells?|MSCs?|SVF|fraction|concentrate|transplant\w*|therapy|infusion|injection|implantation|"
    r"treat\w*)\b(?:\W+\w+){0,3}?\W+(?:for|of)\W+"
    r"(?:(?:a|the|severe|refractory|bilateral|chronic|steroid|right|left|advanced|juvenile)\W+){0,3}$",
    re.IGNORECASE,
)
_FOR_CELLS = re.compile(
    r"\b(?:cells?|msc|transplant\w*|therapy|treatment|infusion|injection)\b[^.;]{0,60}\b(?:for|in|"
    r"of)\b[^.;]{0,40}$",
    re.IGNORECASE,
)


def diagnoses_of(document: Document, told: Sequence[Told], patient: str, taken: set[str]) -> list[Diagnosis]:
    """The diseases of one patient, each with its role.

    The index disease is the one with most weight: a diagnosis cell of the table, the title, "diagnosed with",
    a heading, the abstract, the treatment sentence, frequency. Other diseases that the title names and the
    patient has are index too. A diagnosis that a later one replaced is superseded. The rest are
    comorbidities.
    """
    own: dict[str, list[Mention]] = {}
    for mention, people in told:
        if mention.field == "diagnosis" and mention.context.is_fact and patient in people:
            own.setdefault(str(mention.value), []).append(mention)
    if not own:
        return []
    # a disease outside the vocabulary counts where there is none inside it
    own = {name: found for name, found in own.items() if not all(m.detail("open") for m in found)} or own
    own = _narrowest(own)
    weights = {name: sum(_weight(document, mention) for mention in found) for name, found in own.items()}
    for name, found in own.items():
        weights[name] += min(4, len([m for m in found if where_of(document, m) == "narrative"]))
    superseded = _superseded(document, own)
    live = {name: weight for name, weight in weights.items() if name not in superseded} or weights
    first = max(live, key=lambda name: (live[name], -min(m.span.start for m in own[name])))
    titled = {name for name, found in own.items() if any(is_title(document, m.span) for m in found)}
    in_cell = any(m.cell is not None and _weight(document, m) >= 12 for m in own[first])
    beside = {
        name
        for name in live
        if name != first and _reported_together(document, own[first], own[name], weights[name] * 2 >= weights[first])
    }
    index = {first} | beside | ({name for name in titled if name in live} if first in titled and not in_cell else set())
    out: list[Diagnosis] = []
    for name, found in sorted(own.items(), key=lambda item: (item[0] not in index, min(m.span.start for m in item[1]))):
        role = "index" if name in index else "superseded" if name in superseded else "comorbidity"
        found = sorted(found, key=lambda m: (-_weight(document, m), m.span.start))
        code = next((str(m.detail("icd10")) for m in found if m.detail("icd10")), None)
        values = {
            "diagnosis": reported(document, name, found),
            "role": reported(
                document, role, found[:1], formula=f"role by the weight of its mentions ({weights[name]})"
            ),
            "as_written": reported(document, found[0].text, found[:1]),
        }
        if code:
            values["icd10"] = reported(document, code, found[:1], formula="code of the canonical name in schemas/rules")
        id = new_id(document, "diagnoses", patient, sorted(found, key=lambda m: m.span.start), taken)
        out.append(Diagnosis(id=id, patient=patient, order=len(out) + 1, values=values))
    return out


_CASE_OF = re.compile(r"\b(?:report|describe|present)\w*\b[^.;]{0,40}\bcases? of\b[^.;]{0,140}$", re.IGNORECASE)
_REPORTED = re.compile(
    r"\b(?:case of|cases of|management of|treatment of|report of|diagnosed with|treated for)\b[^.;]{0,120}$",
    re.IGNORECASE,
)


def _reported_together(document: Document, mine: Sequence[Mention], theirs: Sequence[Mention], alike: bool) -> bool:
    """Whether one sentence reports two diseases side by side: "a case of meniscal tear along with ligament
    tear". ``alike``: they weigh alike, so that words of treatment do in place of "a case of"."""
    pattern = _REPORTED if alike else _CASE_OF
    for a in mine:
        for b in theirs:
            if a.sentence != b.sentence or a.cell is not None:
                continue
            first, second = sorted((a, b), key=lambda m: m.span.start)
            between = document.text[first.span.end : max(first.span.end, second.span.start)]
            before = document.text[first.sentence.start : first.span.start]
            joined = re.fullmatch(
                r"\s*(?:\([^)]*\)\s*)?(?:,|and|&|along with|as well as|combined with)\s*(?:\w+ ){0,3}?",
                between,
                re.IGNORECASE,
            )
            if joined and pattern.search(before):
                return True
    return False


def _narrowest(own: dict[str, list[Mention]]) -> dict[str, list[Mention]]:
    """Without the names whose words another name of the patient contains: osteoarthritis beside knee
    osteoarthritis."""
    out = dict(own)
    for name in sorted(own, key=lambda n: len(n.split())):
        words = set(name.lower().split())
        wider = [other for other in out if other != name and words < set(other.lower().split())]
        if wider:
            best = max(wider, key=lambda other: len(out[other]))
            out[best] = [*out[best], *out.pop(name)]
    return out


def _weight(document: Document, mention: Mention) -> int:
    """What one mention says for its disease being the one that was treated."""
    if mention.cell is not None:
        cell = document.cells[mention.cell]
        headers = f"{cell.column_header} | {cell.row_header}"
        if cell.is_header:
            return 6
        return 12 if _HEADER.search(headers) and not _OTHER_HEADER.search(headers) else 1
    weight = 0
    if is_title(document, mention.span):
        weight += 10
    if mention.block is not None and document.blocks[mention.block].kind == "heading":
        weight += 3
    where = where_of(document, mention)
    if where == "abstract":
        weight += 2
    before = document.text[mention.sentence.start : mention.span.start]
    after = document.text[mention.span.end : mention.sentence.end]
    if _REFINED.search(before):
        weight += 8
    elif (_DIAGNOSED_BEFORE.search(before) or _DIAGNOSED_AFTER.search(after)) and mention.context.when != "future":
        weight += 5 if where in ("narrative", "abstract") else 2
    elif _FOR_CELLS.search(before):
        weight += 2
    if _INTENDED.search(before):
        weight += 3
    return weight


def _superseded(document: Document, own: dict[str, list[Mention]]) -> set[str]:
    """Diagnoses that gave way: "initially diagnosed as", or diagnosed before the sentence that refines it to
    another."""
    out = set()
    refined = [
        (m.span.start, name)
        for name, found in own.items()
        for m in found
        if _REFINED.search(document.text[m.sentence.start : m.span.start])
    ]
    for name, found in own.items():
        for m in found:
            before = document.text[m.sentence.start : m.span.start]
            given_up = _GIVEN_UP.search(before)
            later = [place for place, other in refined if place > m.span.start and other != name]
            if (given_up or (later and _DIAGNOSED_BEFORE.search(before))) and name not in {
                other for _, other in refined
            }:
                if given_up and not later and len(own) == 1:
                    continue
                out.add(name)
    return out
