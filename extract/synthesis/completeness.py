"""SYNTHESIS: what the papers report of what they should: the items of DOSES and CARE, and what an evidence table needs.

Only what the tables hold can be said to be reported. Where the program does not look for an item at all, that is said:
it is no finding about the paper. The items of DOSES and CARE, their wording and references are those of
schemas/appraisal.yaml; here stands what of them the program can tell of a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from extract.schema.appraisal import Tool, builtin_tools
from extract.synthesis.confounding import prior
from extract.synthesis.given import CELLS, PER_KG, times
from extract.synthesis.rows import Outputs, Person
from extract.synthesis.safety import state

Level = Literal["reported", "partly", "NR", "not read"]
LEVELS: tuple[Level, ...] = ("reported", "partly", "NR", "not read")

Frame = Literal["DOSES", "CARE", "extraction"]


class Part(NamedTuple):
    """A part of an item: what it is called, and whether it is told of a person."""

    name: str
    told: Callable[[Person], bool]


@dataclass(frozen=True)
class Item:
    """An item of a reporting frame, in our words. Without ``parts`` the program does not look for it."""

    frame: Frame
    number: str
    name: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Told:
    """How far an item is told of a person, and which parts were not found."""

    item: Item
    level: Level
    missing: tuple[str, ...]


def _column(table: str, *names: str) -> Callable[[Person], bool]:
    """Whether every row of a person's table has one of some columns, and there is one."""

    def told(person: Person) -> bool:
        rows = getattr(person, table)
        return bool(rows) and all(any(name in row for name in names) for row in rows)

    return told


def _person(*names: str) -> Callable[[Person], bool]:
    return lambda person: any(name in person.row for name in names)


def _phase(phase: str) -> Callable[[Person], bool]:
    return lambda person: any(row.text("phase") == phase for row in person.outcomes)


def _is_dated(person: Person) -> bool:
    return any("timepoint_months" in row or "timepoint_months_derived" in row for row in person.outcomes) or any(
        "timing_months" in row or "interval" in row for row in person.administrations
    )


AGES = ("age_treatment_years", "age_report_years", "age_diagnosis_years", "age_onset_years", "age_last_follow_up_years")
_INDEX = Part("diagnosis", lambda person: bool(person.index))
_SEX, _AGE = Part("sex", _person("sex")), Part("age", _person(*AGES))
_PRIOR = Part("earlier treatment", lambda person: bool(prior(person)))
_CELL = Part("kind of cell", _column("administrations", "cell_type"))
_TISSUE = Part("tissue", _column("administrations", "tissue"))
_DONOR = Part("donor", _column("administrations", "donor"))
_ROUTE = Part("route", _column("administrations", "route"))
_DOSE = Part("dose", _column("administrations", *CELLS, *PER_KG, "dose_value", "dose_low", "dose_high"))
_TIMES = Part("number of administrations", lambda person: times(person).least > 0 and times(person).told)
_EVENTS = Part("adverse events", lambda person: state(person) != "not reported")
_LENGTH = Part("length of follow-up", _person("follow_up_months"))
_BEFORE, _AFTER = Part("a value before treatment", _phase("pre")), Part("a value after treatment", _phase("post"))


def _title_says_case(person: Person) -> bool:
    return bool(re.search(r"\bcases?\b", person.paper.text("title"), re.IGNORECASE))


PARTS = {
    "doses.D": (_DONOR,),
    "doses.O": (_TISSUE,),
    "doses.S2": (_ROUTE,),
    "care.1": (Part("the word case in the title", _title_says_case),),
    "care.5": (_SEX, _AGE, _PRIOR),
    "care.6": (_BEFORE,),
    "care.7": (Part("dates of values or administrations", _is_dated),),
    "care.8": (_INDEX,),
    "care.9": (_CELL, _ROUTE, _DOSE, _TIMES),
    "care.10": (_AFTER, _LENGTH, _EVENTS),
}
"""The parts of items that the program can tell of a person, by tool and item; it does not look for the others."""

TOOLS: dict[str, Frame] = {"doses": "DOSES", "care": "CARE"}
"""The tools whose items are told, in this order."""


def _tool(id: str) -> Tool:
    return next(tool for tool in builtin_tools() if tool.id == id)


def _items(id: str, frame: Frame) -> tuple[Item, ...]:
    """The items of a tool with the parts that can be told."""
    return tuple(
        Item(frame, item.number or item.id, item.name, PARTS.get(f"{id}.{item.id}", ())) for item in _tool(id).items
    )


def references() -> str:
    """Where the items were published."""
    return " ".join(f"{frame}: {_tool(id).reference}." for id, frame in TOOLS.items())


ITEMS = (
    *(item for id, frame in TOOLS.items() for item in _items(id, frame)),
    Item("extraction", "", "Age at treatment", (Part("age at treatment", _person("age_treatment_years")),)),
    Item("extraction", "", "Dose per administration", (_DOSE,)),
    Item("extraction", "", "Body weight or dose per kg", (
        Part("weight or dose per kg", lambda p: "weight_kg" in p.row or any(n in r for r in p.administrations for n in
        PER_KG)),
    )),
    Item("extraction", "", "Number of administrations", (_TIMES,)),
    Item("extraction", "", "Values before and after", (_BEFORE, _AFTER)),
    Item("extraction", "", "Adverse events", (_EVENTS,)),
    Item("extraction", "", "Length of follow-up", (_LENGTH,)),
)  # fmt: skip


def completeness(person: Person) -> tuple[Told, ...]:
    """How far each item is told of a person, in the order of ``ITEMS``."""
    return tuple(_told(item, person) for item in ITEMS)


def _told(item: Item, person: Person) -> Told:
    if not item.parts:
        return Told(item, "not read", ())
    missing = tuple(part.name for part in item.parts if not part.told(person))
    level: Level = "reported" if not missing else "NR" if len(missing) == len(item.parts) else "partly"
    return Told(item, level, missing)


def completeness_matrix(outputs: Outputs) -> tuple[tuple[Person, tuple[Told, ...]], ...]:
    """The completeness of every patient (and group) who was given cells."""
    return tuple((person, completeness(person)) for person in outputs.treated)
