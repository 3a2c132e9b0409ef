"""Alike: when a fact of gold and a fact of the tables say the same.

The rules of agreement are the docstrings of the functions ``same_…``. Common to all:

- Facts are matched within a document and a patient, each found fact with one gold fact at most.
- Patients are the same when their numbers or letters are ("Case 3" is "3"). One gold patient and one found are the
  same whatever they are called; where no name is shared but the numbers of patients agree, they are paired in order.
- Numbers are equal within half a percent of the larger one.
- What gold marks as not scored is not asked for; a found fact that agrees with it is no false find either.
- A found number that stands in one of the paper's listed conflicts is no false find: the paper does print it
  (age, count, dose, outcome).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from extract.score.goldshapes import Item
from extract.score.ownfields import OwnField

Row = Mapping[str, str]

EXACT = 0.005
"""Numbers whose difference is at most this share of the larger one are the same."""

AGES = 0.03
"""The same share for ages: 12 years and 12 years 4 months are one age."""

TIMES = 0.06
"""The same share for time points: 6 months and 26 weeks are one time."""


@dataclass(frozen=True)
class Source:
    """Where the tables say a fact: a row of a table, and the columns that hold the value."""

    table: str
    row: Row
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """One thing said of one patient.

    ``names``: every word that gold accepts, or the one that was found. ``detail`` is what else must agree: the phase
    of an outcome, the route of a dose, the tissue of a count. A fact of gold carries its ``entry``, one that was found
    its ``source``.
    """

    patient: str
    names: tuple[str, ...] = ()
    detail: str = ""
    number: float | None = None
    low: float | None = None
    high: float | None = None
    sides: frozenset[str | float] = frozenset()
    asked: bool = True
    entry: Item | str | None = field(default=None, compare=False)
    source: Source | None = field(default=None, compare=False)


Same = Callable[[Fact, Fact], bool]


@dataclass(frozen=True)
class FieldRule:
    """A field of the score.

    ``same``: whether a gold fact and a found fact agree. ``near``: whether two facts that do not agree are about the
    same thing, so that the one can be shown beside the other. ``total``: whether it counts in the micro F1.
    ``printed``: whether a number of a listed conflict is excused.
    """

    name: str
    same: Same
    near: Same
    total: bool = True
    printed: bool = False


# --- when two facts agree


def close(a: float | None, b: float | None, share: float = EXACT) -> bool:
    """Whether two numbers differ by no more than ``share`` of the larger one; none agrees with none only."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= share * max(abs(a), abs(b), 1e-12)


def plain_name(name: str) -> str:
    """A name for comparison: lower case, American spelling (haem-, oed-, paed-), words only, no plural s.

    The s falls only from words of five letters and more, so that "mass" and "PGAs" keep theirs.
    """
    text = name.lower().replace("haem", "hem").replace("oed", "ed").replace("paed", "ped")
    words = re.findall(r"[a-z0-9]+", text)
    return " ".join(word[:-1] if len(word) >= 5 and word.endswith("s") else word for word in words)


def alike(a: str, b: str) -> bool:
    """Whether two names mean one thing.

    They do when, compared as ``plain_name`` gives them, they consist of the same words in any order, or when both have
    several words and the one stands whole within the other ("lupus nephritis" in "class IV lupus nephritis").
    """
    first, second = plain_name(a), plain_name(b)
    if not first or not second:
        return False
    if set(first.split()) == set(second.split()):
        return True
    several = " " in first and " " in second
    return several and (f" {first} " in f" {second} " or f" {second} " in f" {first} ")


ONE_MEASURE = (
    ("SLEDAI-2K", "SLEDAI 2000"),
    ("HHS", "Harris", "Harris hip", "Harris hip score"),
    ("PGA", "PtGA", "PhGA", "global assessment", "patient global assessment", "physician global assessment"),
    ("mRSS", "Rodnan", "Rodnan skin score", "modified Rodnan skin score"),
    ("JADAS", "JDAS"),
    ("HbA1c", "glycated hemoglobin", "glycated haemoglobin", "glycosylated hemoglobin"),
    ("Hughes", "Hughes grade", "Hughes GBS grading", "Hughes disability scale", "GBS disability scale"),
    ("Ficat", "Ficat stage", "Ficat-Arlet", "Ficat and Arlet", "Ficat-Arlet stage"),
    ("VAS pain", "pain VAS", "VAS", "NRS pain", "pain score", "pain"),
    ("ESR", "erythrocyte sedimentation rate"),
    ("CRP", "C-reactive protein"),
    ("DAS28", "DAS28-ESR", "DAS28-CRP"),
)
"""Names of one measure, for what gold files call it beside ``measure_any_of``. Who rated is no part of the name."""


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_MEASURES = {_letters(name): _letters(group[0]) for group in ONE_MEASURE for name in group}


def measure_key(name: str) -> str:
    """A measure's name for comparison: its letters and digits; one key for the names of a group of ``ONE_MEASURE``."""
    return _MEASURES.get(_letters(name), _letters(name))


def _share_name(gold: Fact, found: Fact) -> bool:
    return any(name in gold.names for name in found.names)


def same_words(gold: Fact, found: Fact) -> bool:
    """Patients, sex, tissue, donor, route: the very same canonical word.

    Tissue, donor and route are asked once for each patient, however many administrations say them.
    """
    return gold.patient == found.patient and gold.names == found.names


def same_age(gold: Fact, found: Fact) -> bool:
    """Age: within 3 percent, at the same event; ``report`` on either side goes with every event.

    Only ages as printed count, those of the ``_derived`` columns do not.
    """
    event = gold.names == found.names or "report" in (*gold.names, *found.names)
    return gold.patient == found.patient and event and close(gold.number, found.number, AGES)


def same_name(gold: Fact, found: Fact) -> bool:
    """Index diagnosis, adverse event that happened, prior therapy: ``alike`` to one of the accepted names.

    Other diagnoses, and events stated not to have happened, are not scored.
    """
    return gold.patient == found.patient and any(alike(name, option) for name in found.names for option in gold.names)


def same_count(gold: Fact, found: Fact) -> bool:
    """Count: the sum over the administrations of one route and tissue; a tissue that one side lacks is no difference.

    Asked only where gold counts all of them and scores each count; found counts of other routes are left alone.
    """
    tissue = gold.detail == found.detail or not gold.detail or not found.detail
    return gold.patient == found.patient and gold.names == found.names and tissue and gold.number == found.number


def same_dose(gold: Fact, found: Fact) -> bool:
    """Dose: one number or one range of cells, or of cells per kg; ranges agree either way round.

    The route is left aside. A dose of both kinds is two facts.
    """
    ends = all(map(close, _ends(gold), _ends(found)))
    return gold.patient == found.patient and gold.names == found.names and close(gold.number, found.number) and ends


def same_dose_and_route(gold: Fact, found: Fact) -> bool:
    """Dose with route: as dose, and the same route."""
    return same_dose(gold, found) and gold.detail == found.detail


def same_rater(gold: Fact, found: Fact) -> bool:
    """Rater: asked of each gold outcome that names one and that was found; a row of it must name the same."""
    return _same_detail(gold, found) and gold.names == found.names


def same_timepoint(gold: Fact, found: Fact) -> bool:
    """Time point: asked of each gold outcome that has one and that was found; some row of it must say it within 6 %."""
    return _same_detail(gold, found) and close(gold.number, found.number, TIMES)


def same_own(gold: Fact, found: Fact) -> bool:
    """A column that only the project's fields.yaml has: the very same words, or numbers within half a percent.

    Asked only of papers whose gold names the column; each value once for each patient.
    """
    if gold.patient != found.patient:
        return False
    if gold.number is not None and found.number is not None:
        return close(gold.number, found.number)
    return gold.names == found.names


def same_outcome(gold: Fact, found: Fact) -> bool:
    """Outcome: one of the accepted measures (``measure_key``), the same phase, the same value.

    Rater and time point are figures of their own, beside the total. Values that are no numbers are not compared.
    """
    return _same_score(gold, found) and close(gold.number, found.number)


def same_conflict(gold: Fact, found: Fact) -> bool:
    """Conflict: the same two statements, both about an age or neither; one about the whole paper goes with any patient.

    A statement is its first number, in whatever notation, or else its words. Gold need not list every true conflict, so
    that the recall tells more than the precision.
    """
    patient = gold.patient == found.patient or not gold.patient or not found.patient
    return patient and gold.names == found.names and gold.sides == found.sides


def _same_score(gold: Fact, found: Fact) -> bool:
    return gold.patient == found.patient and _share_name(gold, found) and gold.detail == found.detail


def _near_outcome(gold: Fact, found: Fact) -> bool:
    almost = gold.detail == found.detail or close(gold.number, found.number)
    return gold.patient == found.patient and _share_name(gold, found) and almost


def _same_detail(gold: Fact, found: Fact) -> bool:
    return gold.patient == found.patient and gold.detail == found.detail


def _same_patient(gold: Fact, found: Fact) -> bool:
    return gold.patient == found.patient


def _same_label(gold: Fact, found: Fact) -> bool:
    return gold.patient == found.patient and gold.names == found.names


def _never(*_: Fact) -> bool:
    return False


def _ends(fact: Fact) -> tuple[float | None, float | None]:
    if fact.low is None or fact.high is None:
        return fact.low, fact.high
    return min(fact.low, fact.high), max(fact.low, fact.high)


def number_of(cell: str | None) -> float | None:
    """The number that a cell holds or begins with."""
    match = re.match(r"\s*[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", cell or "")
    return float(match[0]) if match else None


_POWER = re.compile(r"(\d+(?:\.\d+)?)\s*[×x*]\s*10\s*\^?\s*(\d{1,2})\b")
_MILLION = re.compile(r"(\d+(?:\.\d+)?) ?(?:million|m)\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e\+?\d+)?")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def statement(words: object) -> str | float:
    """One side of a conflict: its first number, else its words.

    1.8e6, 1.8 × 10⁶, 1800000 and 1.8 million are one, and so is 1.8 under a header in millions: from 100 000 upwards
    numbers are compared in millions.
    """
    text = str(words).lower().replace(",", "").translate(_RAISED)
    text = _POWER.sub(lambda power: f"{float(power[1]) * 10 ** int(power[2])!r}", text)
    text = _MILLION.sub(lambda match: f"{float(match[1]) * 1e6!r}", text)
    match = _NUMBER.search(text)
    if not match:
        return plain_name(text)
    number = float(match[0])
    return round(number / 1e6 if number >= 1e5 else number, 4)


FIELDS = (
    FieldRule("patients", same_words, _never),
    FieldRule("sex", same_words, _same_patient),
    FieldRule("age", same_age, _same_label, printed=True),
    FieldRule("diagnosis", same_name, _same_patient),
    FieldRule("tissue", same_words, _same_patient),
    FieldRule("donor", same_words, _same_patient),
    FieldRule("route", same_words, _never),
    FieldRule("count", same_count, _same_label, printed=True),
    FieldRule("dose", same_dose, _same_label, printed=True),
    FieldRule("outcome", same_outcome, _near_outcome, printed=True),
    FieldRule("adverse_event", same_name, _never),
    FieldRule("dose_with_route", same_dose_and_route, _same_label, total=False, printed=True),
    FieldRule("rater", same_rater, _same_detail, total=False),
    FieldRule("timepoint", same_timepoint, _same_detail, total=False),
    FieldRule("prior_therapy", same_name, _never, total=False),
    FieldRule("conflict", same_conflict, _never, total=False),
)
"""The fields of the score in the order in which they are shown."""


def own_rule(field: OwnField) -> FieldRule:
    """The rule of a column that only the project's fields.yaml has; it stands beside the total, which stays comparable
    from project to project. A column that is called like a field of the score is told with its table."""
    taken = any(rule.name == field.name for rule in FIELDS)
    return FieldRule(f"{field.table}.{field.name}" if taken else field.name, same_own, _same_patient, total=False)


RECALL_ONLY = ("prior_therapy",)
"""Fields whose gold lists what must be found, not all that may be: false finds are not counted."""
