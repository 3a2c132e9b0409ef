"""Facts: what gold and the tables say of the patients of one document, field by field, and how the two are matched.

Whether two facts agree is said in ``extract.score.alike``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extract.score.alike import (
    FIELDS,
    RECALL_ONLY,
    Fact,
    Row,
    Same,
    Source,
    close,
    measure_key,
    number_of,
    own_rule,
    plain_name,
    same_outcome,
    same_rater,
    same_timepoint,
    statement,
)
from extract.score.gold import patient_key
from extract.score.goldshapes import GoldOutcome, GoldPaper, GoldPatient, Item
from extract.score.ownfields import OwnField

Tables = Mapping[str, Sequence[Row]]

TABLES = ("patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies", "conflicts")
"""The tables that are compared with gold."""

AGE_EVENTS = ("onset", "diagnosis", "treatment", "last_follow_up", "report")
"""The events whose ages patients.csv has columns for."""

DOSE_KEYS = ("dose", "dose_cells", "dose_low", "dose_high", "cells_per_kg")
"""Any of these among the unscored keys of an administration takes its doses out of the score."""


# --- the facts of one document


class People:
    """How the patients of gold and those of the tables are paired."""

    def __init__(self, gold: Sequence[str], found: Sequence[str]) -> None:
        keys, others = [patient_key(name) for name in gold], [patient_key(name) for name in found]
        self.alone = len(keys) == 1 and len(set(others)) <= 1
        in_order = len(keys) == len(others) and not set(keys) & set(others)
        self._instead = dict(zip(others, keys, strict=True)) if in_order else {}

    def gold(self, name: str | None) -> str:
        """The key of a patient of gold."""
        return "1" if self.alone else patient_key(name)

    def found(self, name: str | None) -> str:
        """The key of a patient of the tables."""
        key = patient_key(name)
        return "1" if self.alone else self._instead.get(key, key)


def gold_facts(paper: GoldPaper, people: People) -> dict[str, list[Fact]]:
    """What gold says, by field; facts that are not scored come along, not ``asked``."""
    facts: dict[str, list[Fact]] = {rule.name: [] for rule in FIELDS}
    for person in paper.patients:
        who = people.gold(person.patient)
        asked = person.asked
        facts["patients"].append(Fact(who, asked=asked(), entry=person))
        if person.sex:
            facts["sex"].append(Fact(who, (person.sex,), asked=asked("sex"), entry=person))
        for age in person.ages:
            facts["age"].append(Fact(who, (age.event,), number=age.years, asked=age.asked() and asked(), entry=age))
        for disease in person.diagnoses:
            ok = disease.role == "index" and disease.asked() and asked()
            facts["diagnosis"].append(Fact(who, disease.any_of, asked=ok, entry=disease))
        for event in person.adverse_events:
            if event.present:
                facts["adverse_event"].append(Fact(who, event.any_of, asked=event.asked() and asked(), entry=event))
        for outcome in person.outcomes:
            if outcome.value is not None:
                names = tuple(measure_key(name) for name in (outcome.measure, *outcome.measure_any_of))
                ok = outcome.asked("value") and asked("value")
                facts["outcome"].append(Fact(who, names, outcome.phase, number=outcome.value, asked=ok, entry=outcome))
        for therapy in person.prior_therapies:
            ok = asked("prior_therapies")
            facts["prior_therapy"].append(Fact(who, (therapy,), asked=ok, entry=therapy))
        facts["prior_therapy"] += [
            Fact(who, (name,), asked=False, entry=name) for name in person.prior_therapies_unscored
        ]
        _gold_administrations(who, person, facts)
    for name in ("tissue", "donor", "route"):
        facts[name] = _once(facts[name])
    for conflict in paper.conflicts:
        who = people.gold(conflict.patient) if conflict.patient else ""
        sides = frozenset(map(statement, conflict.values))
        facts["conflict"].append(Fact(who, _topic(conflict.field), sides=sides, asked=conflict.asked(), entry=conflict))
    return facts


def _gold_administrations(who: str, person: GoldPatient, facts: dict[str, list[Fact]]) -> None:
    counts: dict[tuple[str, str], Fact] = {}
    for given in person.administrations:

        def asked(*keys: str, given: Item = given) -> bool:
            return given.asked(*keys) and person.asked(*keys)

        for key in ("tissue", "donor", "route"):
            word = getattr(given, key)
            if word:
                facts[key].append(Fact(who, (word,), asked=asked(key), entry=given))
        if given.route:
            ok = asked("count") and given.count is not None and given.count_alt is None
            place = (given.route, given.tissue or "")
            so_far = counts.get(place) or Fact(who, (given.route,), place[1], number=0, entry=given)
            number = (so_far.number or 0) + (given.count or 0)
            counts[place] = replace(so_far, number=number, asked=so_far.asked and ok)
        ok = asked(*DOSE_KEYS)
        doses: tuple[tuple[str, float | None, float | None, float | None], ...] = (
            ("cells", given.dose_cells, given.dose_low, given.dose_high),
            ("cells/kg", given.cells_per_kg, given.cells_per_kg_low, given.cells_per_kg_high),
        )
        for unit, amount, low, high in doses:
            if (amount, low, high) != (None, None, None):
                dose = Fact(who, (unit,), given.route or "", amount, low, high, asked=ok, entry=given)
                facts["dose"].append(dose)
                facts["dose_with_route"].append(dose)
    facts["count"] += counts.values()


def found_facts(tables: Tables, people: People) -> dict[str, list[Fact]]:
    """What the tables of one document say, by field."""
    facts: dict[str, list[Fact]] = {rule.name: [] for rule in FIELDS}

    def add(name: str, table: str, row: Row, *columns: str, **said: Any) -> None:
        facts[name].append(Fact(people.found(row.get("patient")), source=Source(table, row, columns), **said))

    for row in tables.get("patients", ()):
        add("patients", "patients", row)
        if row.get("sex"):
            add("sex", "patients", row, "sex", names=(row["sex"],))
        for event in AGE_EVENTS:
            years = number_of(row.get(f"age_{event}_years"))
            if years is not None:
                add("age", "patients", row, f"age_{event}_years", names=(event,), number=years)
    for row in tables.get("diagnoses", ()):
        if row.get("role") == "index":
            add("diagnosis", "diagnoses", row, "diagnosis", names=(row.get("diagnosis", ""),))
    for row in tables.get("adverse_events", ()):
        if row.get("present", "").lower() in ("true", "yes", "1"):
            add("adverse_event", "adverse_events", row, "event", names=(row.get("event", ""),))
    for row in tables.get("therapies", ()):
        if row.get("role") == "prior":
            add("prior_therapy", "therapies", row, "therapy", names=(row.get("therapy", ""),))
    for row in tables.get("outcomes", ()):
        value = number_of(row.get("value"))
        if value is not None:
            names = (measure_key(row.get("measure", "")),)
            add("outcome", "outcomes", row, "value", "measure", names=names, detail=row.get("phase", ""), number=value)
    for row in tables.get("administrations", ()):
        route = row.get("route", "")
        for key in ("tissue", "donor", "route"):
            if row.get(key):
                add(key, "administrations", row, key, names=(row[key],))
        for unit, column in (("cells", "dose_cells"), ("cells/kg", "cells_per_kg")):
            columns = (column, f"{column}_low", f"{column}_high")
            number, low, high = (number_of(row.get(name)) for name in columns)
            if (number, low, high) != (None, None, None):
                for name in ("dose", "dose_with_route"):
                    said = {"names": (unit,), "detail": route, "number": number, "low": low, "high": high}
                    add(name, "administrations", row, *columns, **said)
        count = int(number_of(row.get("count")) or 0)
        if route and count:
            add("count", "administrations", row, "count", names=(route,), detail=row.get("tissue", ""), number=count)
    for name in ("tissue", "donor", "route"):
        facts[name] = _once(facts[name])
    facts["count"] = _summed(facts["count"])
    for row in tables.get("conflicts", ()):
        sides = frozenset(statement(row.get(column, "")) for column in ("value_a", "value_b"))
        who = people.found(row["patient"]) if row.get("patient") else ""
        source = Source("conflicts", row, ("value_a", "value_b"))
        facts["conflict"].append(Fact(who, _topic(row.get("field", "")), sides=sides, source=source))
    return facts


def own_gold_facts(paper: GoldPaper, people: People, own: Sequence[OwnField]) -> dict[str, list[Fact]]:
    """What gold says of own columns, by column; nothing of one that the paper's gold does not name at all."""
    facts: dict[str, list[Fact]] = {}
    for person in paper.patients:
        who = people.gold(person.patient)
        for field in own:
            items: Sequence[Item] = [person] if field.table == "patients" else getattr(person, field.table)
            for item in items:
                if field.name not in item.own:
                    continue
                said = facts.setdefault(own_rule(field).name, [])
                ok = item.asked(field.name) and person.asked(field.name)
                said += [
                    Fact(who, (text,), number=_number(field, text), asked=ok, entry=item)
                    for text in item.own[field.name]
                ]
    return {name: _once(said) for name, said in facts.items()}


def own_found_facts(tables: Tables, people: People, own: Sequence[OwnField]) -> dict[str, list[Fact]]:
    """What the tables of one document say in own columns, by column."""
    facts: dict[str, list[Fact]] = {}
    for field in own:
        said = facts.setdefault(own_rule(field).name, [])
        for row in tables.get(field.table, ()):
            cell = row.get(field.name, "")
            for text in cell.split(";") if field.column.type == "list" else [cell]:
                if text.strip():
                    said.append(
                        Fact(
                            people.found(row.get("patient")),
                            (text.strip(),),
                            number=_number(field, text),
                            source=Source(field.table, row, (field.name,)),
                        )
                    )
    return {name: _once(said) for name, said in facts.items()}


def _number(field: OwnField, text: str) -> float | None:
    return number_of(text) if field.column.type in ("number", "integer") else None


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Each fact once; it is asked for as soon as one place of it is."""
    kept: dict[tuple[str, tuple[str, ...]], Fact] = {}
    for fact in facts:
        key = (fact.patient, fact.names)
        if key not in kept or (fact.asked and not kept[key].asked):
            kept[key] = fact
    return list(kept.values())


def _summed(counts: Iterable[Fact]) -> list[Fact]:
    """One count for each patient, route and tissue."""
    sums: dict[tuple[str, tuple[str, ...], str], Fact] = {}
    for fact in counts:
        key = (fact.patient, fact.names, fact.detail)
        before = sums[key].number if key in sums else 0
        sums[key] = replace(sums.get(key, fact), number=(before or 0) + (fact.number or 0))
    return list(sums.values())


def _topic(name: str) -> tuple[str, ...]:
    """What a conflict is about, as far as it is compared: an age, or not."""
    return ("age",) if re.search(r"\bage", plain_name(name)) else ()


# --- matching


@dataclass(frozen=True)
class Matched:
    """How gold and the tables agree on one field of one document."""

    hits: list[tuple[Fact, Fact]]
    missed: list[Fact]
    false: list[Fact]


def compare(paper: GoldPaper, tables: Tables, own: Sequence[OwnField] = ()) -> dict[str, Matched]:
    """Match what gold says of one document with the document's rows of the tables, field by field; ``own``: the columns
    that only the project's fields.yaml has."""
    people = People([p.patient for p in paper.patients], [row.get("patient", "") for row in tables.get("patients", ())])
    gold, found = gold_facts(paper, people), found_facts(tables, people)
    named = own_gold_facts(paper, people, own)
    gold |= named
    found |= {name: facts for name, facts in own_found_facts(tables, people, own).items() if name in named}
    # counts are asked for as a whole, or not at all
    gold["count"] = [fact for fact in gold["count"] if fact.asked]
    counted = {(fact.patient, fact.names) for fact in gold["count"]}
    found["count"] = [fact for fact in found["count"] if (fact.patient, fact.names) in counted]
    found["prior_therapy"] = [fact for fact in found["prior_therapy"] if fact.patient]
    _ask_of_outcomes(gold, found)
    printed = _printed(paper, people)
    matched: dict[str, Matched] = {}
    for rule in (*FIELDS, *(rule for rule in map(own_rule, own) if rule.name in named)):
        hits, missed, rest = _match([fact for fact in gold[rule.name] if fact.asked], found[rule.name], rule.same)
        _, _, false = _match([fact for fact in gold[rule.name] if not fact.asked], rest, rule.same)
        if rule.printed:
            false = [fact for fact in false if not _is_printed(fact, printed)]
        if rule.name in RECALL_ONLY:
            false = []
        matched[rule.name] = Matched(hits, missed, false)
    return matched


def _match(
    gold: Sequence[Fact], found: Sequence[Fact], same: Same
) -> tuple[list[tuple[Fact, Fact]], list[Fact], list[Fact]]:
    """Pair each gold fact, in order, with the first free fact that agrees: the pairs, gold and finds left over."""
    free, hits, missed = list(found), [], []
    for fact in gold:
        partner = next((index for index, other in enumerate(free) if same(fact, other)), None)
        if partner is None:
            missed.append(fact)
        else:
            hits.append((fact, free.pop(partner)))
    return hits, missed, free


def _ask_of_outcomes(gold: dict[str, list[Fact]], found: dict[str, list[Fact]]) -> None:
    """Add the raters and time points of the gold outcomes that were found."""
    for number, fact in enumerate(gold["outcome"]):
        outcome = fact.entry
        told = [other for other in found["outcome"] if same_outcome(fact, other)]
        if not fact.asked or not told or not isinstance(outcome, GoldOutcome):
            continue
        detail = f"{outcome.measure} {outcome.phase} {outcome.value:g} ({number + 1})"
        for name, column, wanted in (
            ("rater", "rater", outcome.rater),
            ("timepoint", "timepoint_months", outcome.timepoint_months),
        ):
            if wanted is None or not outcome.asked(column):
                continue
            asked = _part(fact.patient, detail, wanted, entry=outcome)
            gold[name].append(asked)
            said = [
                replace(_part(fact.patient, detail, cell), source=Source("outcomes", other.source.row, (column,)))
                for other in told
                if other.source and (cell := _cell(other.source.row, column)) is not None
            ]
            rule = same_rater if name == "rater" else same_timepoint
            found[name] += sorted(said, key=lambda part: not rule(asked, part))[:1]


def _cell(row: Row, column: str) -> str | float | None:
    return row.get("rater") or None if column == "rater" else number_of(row.get(column))


def _part(patient: str, detail: str, value: str | float, entry: Item | None = None) -> Fact:
    if isinstance(value, str):
        return Fact(patient, (value,), detail, entry=entry)
    return Fact(patient, (), detail, number=value, entry=entry)


def _printed(paper: GoldPaper, people: People) -> dict[str, set[float]]:
    """The numbers of the listed conflicts by patient; those of the whole paper under ''."""
    printed: dict[str, set[float]] = defaultdict(set)
    for conflict in paper.conflicts:
        who = people.gold(conflict.patient) if conflict.patient or people.alone else ""
        for value in conflict.values:
            printed[who] |= {float(number) for number in re.findall(r"\d+(?:\.\d+)?(?:e\d+)?", str(value))}
    return printed


def _is_printed(fact: Fact, printed: Mapping[str, set[float]]) -> bool:
    numbers = printed.get(fact.patient, set()) | printed.get("", set())
    return fact.number is not None and any(close(fact.number, n) or close(fact.number, n * 1e6) for n in numbers)
