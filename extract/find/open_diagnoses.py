"""Diseases that the vocabulary lacks, from phrases that define them: "was diagnosed with X", "a case of X".

The phrases are pattern rules (schemas/rules/diagnoses_open.yaml) whose details say ``open``; here their words are cut
to the name of a disease, or refused with a reason. A vocabulary find inside the words always goes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extract.find.hits import Hit, Rejected
from extract.find.language import Passage

OPEN = "open"
"""The detail that marks a disease as no entry of the vocabulary."""

_BREAK = re.compile(
    r"\s*(?:[,;:.()\[\]|/?!]|[–—]|\s-\s|\b(?:who|whose|whom|which|that|with|without|within|after|before|since|by|for|"
    r"from|in|into|"
    r"at|on|when|where|while|as|was|were|is|are|had|has|have|been|being|but|or|than|during|through|until|because|due|"
    r"secondary|"
    r"following|based|confirmed|established|made|treated|managed|presenting|presented|presents|complicated|associated|"
    r"undergoing|received|receiving|requiring|resulting|caused|using|successfully|according|reported|refractory|"
    r"resistant|"
    r"unresponsive|involving|affecting|mimicking|versus|vs|despite|via|to|we|he|she|it|they|there|this|these)\b)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:(?:an?|the|his|her|their|this|our|both|severe(?:ly)?|mild(?:ly)?|moderate(?:ly)?|moderate-to-severe|very|"
    r"extremely|"
    r"rapidly|newly|recently|clinically|genetically|histologically|diagnosed|intractable|refractory|resistant|"
    r"(?:\w+-)?(?:resistant|refractory|proven|confirmed|unresponsive|dependent)|advanced|active|uncontrolled|worsening|"
    r"persistent|recurrent|recalcitrant|treatment|therapy|drug|rare|unusual|unique|typical|classical|classic|"
    r"so-called|known|"
    r"suspected|probable|possible|presumed|definite|confirmed|proven|early|late|left|right|bilateral|unilateral|"
    r"left-sided|right-sided|(?:grade|stage)\s[\dIVX]+\w?|first|new|old|case|cases|of|symptomatic|debilitating|"
    r"life-threatening|long-standing|longstanding)\s+)+",
    re.IGNORECASE,
)
_TYPE = re.compile(r"\s+(?:(?:(?:sub)?type|grade|stage|group)\s+)?(?:[IVX]{1,4}[A-Ca-c]?|\d{1,2}[A-Ca-c]?|[A-C])$")

_SUFFIX = re.compile(
    r"(?:itis|itides|osis|oses|iasis|oma|omas|omata|pathy|pathies|a?emia|penia|philia|plegia|paresis|trophy|plasia|"
    r"sclerosis|"
    r"malacia|lipidosis|ectasia|ectasis|stenosis|derma|dermia|opia|myelia|cephaly|onuria|dactyly|thyroidism|"
    r"gonadism|adrenalism|cortisolism|pituitarism|parkinsonism|albinism|rheumatism|dwarfism|edema|epidermolysis|"
    r"osteolysis|"
    r"spondylolysis|spondylolisthesis|myolysis)$"
)
_NOUNS = frozenset(
    re.findall(
        r"\S+",
        """
    syndrome disease disorder deficiency failure insufficiency fracture palsy paralysis stroke ataxia dystonia
    myotonia infarction ischemia hypertension ulcer fistula abscess nonunion non-union pseudoarthrosis defect
    injury rupture tear malformation atresia agenesis cleft hernia cancer tumor tumour neoplasm infection sepsis
    necrosis cirrhosis fibrosis emphysema asthma epilepsy autism dementia diabetes purpura lupus psoriasis
    vitiligo alopecia ichthyosis pemphigus pemphigoid morphea gangrene embolism thrombosis aneurysm porphyria
    gout rickets scurvy anemia anaemia immunodeficiency interferonopathy degeneration impingement dislocation
    instability contracture keloid glaucoma cataract blindness colic sprue sarcoid tuberculosis leprosy chorea
    narcolepsy migraine neuralgia hemophilia haemophilia thalassemia thalassaemia fever
    """,
    )
)
_BROAD = frozenset(
    re.findall(
        r"\S+",
        """
    syndrome syndromes disease diseases disorder disorders deficiency failure insufficiency injury defect
    infection tumor tumour cancer neoplasm malformation degeneration fracture tear rupture ulcer instability
    fever condition dystrophy atrophy hypertrophy dysplasia hypoplasia hyperplasia aplasia
    """,
    )
)
_GENERAL = frozenset(
    re.findall(
        r"\S+",
        """
    a an the this that rare chronic acute genetic inherited hereditary congenital autoimmune autoinflammatory
    inflammatory rheumatic rheumatological systemic underlying same similar such other another various severe
    serious common certain neurological neurodegenerative orthopaedic orthopedic musculoskeletal metabolic
    infectious viral bacterial fungal degenerative progressive active advanced complex devastating disabling
    life-threatening debilitating refractory fatal primary secondary multiple organ multi-organ human adult
    childhood pediatric paediatric juvenile untreatable incurable intractable and or of with his her their its
    any no treatment therapy graft engraftment response drug vaccine high low recurrent periodic skin bone joint
    muscle soft tissue ongoing fast
    """,
    )
)
_NO_DISEASE = re.compile(
    r"^(?:(?:\w+\s)?(?:coma|stroma|soma|aroma|diagnosis|prognosis|apoptosis|mitosis|meiosis|osmosis|anastomosis|"
    r"leu[ck]ocytosis|"
    r"lymphocytosis|thrombocytosis|neutrophilia|eosinophilia|cyanosis|acidosis|ketosis|ptosis|diaphoresis|halitosis|"
    r"anagenesis|"
    r"homeopathy|apathy|empathy|sympathy|telepathy|naturopathy|lymphadenopathy|osteopathy|myopia|academia|"
    r"hyp(?:o|er)\w+a?emia|bacter(?:a)?emia|vir(?:a)?emia|tox(?:a)?emia|acid(?:a)?emia|edema|hyperopia|"
    r"endoscopia|hypothermia|hyperthermia|high fever|fever|hematoma|haematoma|trauma|"
    r"leukopenia|leucopenia|neutropenia|lymphopenia|osteopenia))$",
    re.IGNORECASE,
)
_NOT_IN = re.compile(
    r"\b(?:cells?|stem|stromal|MSCs?|transplantation|transplants?|infusions?|injections?|surgery|therap\w+|"
    r"treatments?|vaccin\w+|"
    r"pain|arthralgia|headache|diarrh\w+|nausea|vomiting|weakness|fatigue|malaise|dyspn\w+|cough|swelling|stiffness|"
    r"rash|"
    r"seizures?|weight loss|patients?|cases?|mg|kg|antibod\w+|levels?|scores?|scales?|model|mice|rats|criteria|history|"
    r"symptoms?|signs?|complaints?|\w+ectomy|\w+plasty|\w+mab|\w+sone|\w+lone|drugs?|expression|risk|suspicion|"
    r"exclusion)\b",
    re.IGNORECASE,
)
_LONGEST = 10
"""More words than this are no name."""


class Named(NamedTuple):
    """The name of a disease inside some words: where it stands (relative to them), or why there is none."""

    start: int
    end: int
    reason: str = ""


def disease_name(words: str) -> Named:
    """Cut words that should name a disease to the name: up to the end of the clause, without articles and severity."""
    start, end = 0, len(words)
    while lead := _LEAD.match(words, start):
        start = lead.end()
    if found := _BREAK.search(words, start):
        end = found.start()
    for joint in re.finditer(r"\s+(?:and|plus|along)\b", words[start:end], re.IGNORECASE):
        # of two things named together the first, unless only both together are a name: "hyper-IgD and fever syndrome"
        if disease_like(words[start : start + joint.start()]):
            end = start + joint.start()
            break
    while start < end and words[start].isspace():
        start += 1
    while end > start and not (words[end - 1].isalnum() or words[end - 1] in "'’"):
        end -= 1
    name = words[start:end]
    if not name:
        return Named(start, end, "no words are left that could name a disease")
    if _NOT_IN.search(name):
        return Named(start, end, "the words speak of something else than a disease")
    if len(name.split()) > _LONGEST:
        return Named(start, end, "too many words for a name")
    for shorter in (name, *(name[: space.start()] for space in list(re.finditer(r"\s+", name))[:-4:-1])):
        # a verb of the sentence may still hang on: "Kashin-Beck disease came"
        if disease_like(shorter):
            return Named(start, start + len(shorter))
    return Named(start, end, "the words do not end as names of diseases do")


def disease_like(name: str) -> bool:
    """Whether some words are built as the name of a disease is: by their last word, or the one before "of"."""
    plain = _TYPE.sub("", name.strip())
    head = re.split(r"\s+of\s+", plain, maxsplit=1)[0]
    for part in dict.fromkeys((plain, head)):
        words = re.findall(r"[\w'’-]+", part.lower())
        if not words or _NO_DISEASE.match(" ".join(words[-2:])) or _NO_DISEASE.match(words[-1]):
            continue
        last = words[-1]
        if last in _BROAD:
            # a word that says nothing by itself needs one beside it that does
            if any(word not in _GENERAL and word not in _BROAD for word in re.findall(r"[\w'’-]+", plain.lower())):
                return True
        elif _names(last):
            return True
        elif len(words) > 1 and _names(words[-2]) and re.search(r"(?:a|ans|us|um|is|iformis|ica)$", last):
            return True  # Latin: osteogenesis imperfecta, retinitis pigmentosa, myositis ossificans
        elif len(words) > 1 and words[-1] == "bullosa" and words[-2] == "epidermolysis":
            return True
    return bool(re.search(r"\bosteogenesis imperfecta\b", plain, re.IGNORECASE))


def _names(word: str) -> bool:
    return word in _NOUNS or bool(len(word) > 5 and _SUFFIX.search(word))


def normal_name(words: str) -> str:
    """The value of an open diagnosis: single spaces, lower case but for what is written so on purpose."""
    return " ".join(_plain_word(word) for word in words.replace("’", "'").split())


def _plain_word(word: str) -> str:
    # capitals of a name or an abbreviation stay; those that a title or the start of a sentence gives to common words go
    return word.lower() if word[1:].islower() and _common(word) else word


def _common(word: str) -> bool:
    return not word.endswith("'s") and (
        _names(word.lower()) or bool(re.search(r"(?:al|ic|ive|ous|ar|ed|ary|ile|ent)$", word))
    )


def settle_open(
    passage: Passage, found: Sequence[Hit], others: Sequence[Hit], rejected: Sequence[Rejected] = ()
) -> tuple[list[Hit], list[Rejected]]:
    """Pattern finds with those of open diagnoses cut to the name, or taken out; ``others`` are the vocabulary's finds.

    What the vocabulary would have found but for a guard is not found by the back door either.
    """
    kept: list[Hit] = []
    refused: list[Rejected] = []
    for hit in found:
        if hit.details.get(OPEN) != "true":
            kept.append(hit)
            continue
        base = passage.text.find(hit.value, hit.start)
        named = disease_name(hit.value)
        start, end = base + named.start, base + named.end
        reason = ""
        inside = [o for o in others if o.start < base + len(hit.value) and base <= o.start]
        if any(other.field == "diagnosis" for other in inside):
            continue  # found already
        for other in inside:
            if other.field in ("adverse_event", "therapy", "scale") and other.start < end and start < other.end:
                reason = reason or f"the words hold a name of another kind: {other.value} ({other.field})"
        for other_no in rejected:
            if other_no.field == "diagnosis" and other_no.start < end and start < other_no.end:
                reason = reason or f"the vocabulary knows the words but does not take them for it: {other_no.reason}"
        reason = reason or named.reason
        if any(o.start < end and start < o.end for o in kept if o.details.get(OPEN) == "true"):
            continue
        if reason:
            refused.append(Rejected(hit.field, hit.value, hit.start, hit.end, hit.rule_id, reason))
        else:
            name = passage.text[start:end]
            kept.append(hit._replace(value=normal_name(name), start=start, end=end))
    return kept, refused
