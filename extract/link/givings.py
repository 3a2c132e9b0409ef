"""LINK, one administration as told: what a passage says was given, and when two passages tell of the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.link.values import as_number, close, distinct
from extract.model import Document, Mention, Scalar, Where
from extract.numbers import NUMBER_WORDS

SOURCE = ("tissue", "donor", "cell_type", "product")

ANOTHER = re.compile(
    r"\b(?:second|third|fourth|fifth|2nd|3rd|4th|another|again|further|additional|repeat\w*|re-?infus\w*|"
    r"later|subsequent(?:ly)?|booster|one more|once more)\b",
    re.IGNORECASE,
)
NEW_COURSE = re.compile(
    r"\b(?:second|third|fourth|2nd|3rd|4th|another|further|repeat(?:ed)?|"
    r"new)\s+(?:\w+[- ]){0,3}?(?:transplant\w*|treatment|course|cycle|round|session|procedure)\b"
    rf"|\b(?:\d+|{NUMBER_WORDS})\s+(?:months?|"
    r"years?)\s+(?:later|after|thereafter|following)\b",
    re.IGNORECASE,
)


class Dose(NamedTuple):
    """A printed dose: one number or a range in one unit, per administration or in total."""

    unit: str
    number: Decimal | None
    low: Decimal | None
    high: Decimal | None
    basis: str
    mention: Mention

    @property
    def size(self) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """The number and the ends of the range."""
        return self.number, self.low, self.high


class Giving(NamedTuple):
    """What one or more places tell of one administration (or of several alike)."""

    doses: tuple[Dose, ...]
    facts: dict[str, tuple[tuple[Scalar, Mention], ...]]
    mentions: tuple[Mention, ...]
    wheres: tuple[Where, ...]
    sentence: str
    start: int
    block: int | None = None

    def get(self, field: str) -> Scalar | None:
        """The value of a plain field, the first that was told."""
        told = self.facts.get(field, ())
        return told[0][0] if told else None

    def dose(self, unit: str) -> Dose | None:
        """The dose in a unit."""
        return next((dose for dose in self.doses if dose.unit == unit), None)

    @property
    def is_total(self) -> bool:
        """Whether all its doses count several administrations together."""
        return bool(self.doses) and all(dose.basis == "total" for dose in self.doses)


def same_dose(a: Dose, b: Dose) -> bool:
    """Whether two doses in the same unit are the same number or range, but for rounding to two figures."""
    if a.unit != b.unit:
        return False
    if all(close(x, y) for x, y in zip(a.size, b.size, strict=True)):
        return True
    return (
        a.number is not None
        and b.number is not None
        and close(a.number, b.number, "0.011")
        and _rounds_to(a.number, b.number)
    )


def _rounds_to(a: Decimal, b: Decimal) -> bool:
    """Whether the shorter of two numbers is the longer one rounded: 27.7 and 27.68 million."""
    x, y = a.normalize(), b.normalize()
    short, long = (x, y) if len(x.as_tuple().digits) <= len(y.as_tuple().digits) else (y, x)
    exponent = short.as_tuple().exponent
    return isinstance(exponent, int) and long.quantize(Decimal(1).scaleb(exponent)) == short


GENERIC = frozenset({"stem cell", "cell", "stromal cell"})
"""Words for cells that do not say which: they speak against no other cell type."""


def differ(a: Giving, b: Giving, *fields: str) -> bool:
    """Whether two givings say different things of one of these fields."""
    for field in fields:
        x, y = a.get(field), b.get(field)
        if x is None or y is None or x == y or x in GENERIC or y in GENERIC:
            continue
        if {x, y} not in _WIDER:
            return True
    return False


_WIDER: tuple[set[Scalar], ...] = ({"umbilical cord", "Wharton's jelly"},)


def agree(a: Giving, b: Giving) -> bool:
    """Whether two givings may be one: no route, source or dose of theirs speaks against it, and some dose is
    shared."""
    if differ(a, b, "route", "tissue", "cell_type"):
        return False
    shared = [(x, y) for x in a.doses for y in b.doses if x.unit == y.unit]
    return bool(shared) and all(same_dose(x, y) for x, y in shared)


def joined(a: Giving, b: Giving) -> Giving:
    """Two tellings of one administration as one; what the first says comes first."""
    doses = list(a.doses) + [dose for dose in b.doses if a.dose(dose.unit) is None]
    facts = dict(a.facts)
    for field, told in b.facts.items():
        mine = facts.get(field, ())
        if mine and mine[0][0] in GENERIC and told[0][0] not in GENERIC:
            facts[field] = (*told, *mine)
            continue
        facts[field] = mine + tuple(pair for pair in told if not mine or pair[0] == mine[0][0])
    return a._replace(
        doses=tuple(doses),
        facts=facts,
        mentions=tuple(distinct((*a.mentions, *b.mentions))),
        wheres=tuple(dict.fromkeys((*a.wheres, *b.wheres))),
        start=min(a.start, b.start) if a.wheres[:1] == b.wheres[:1] else a.start,
    )


def with_fact(giving: Giving, field: str, told: Sequence[tuple[Scalar, Mention]]) -> Giving:
    """The giving with a field filled that it lacked."""
    if giving.facts.get(field) or not told:
        return giving
    return giving._replace(facts={**giving.facts, field: tuple(told)})


def bundled(document: Document, givings: Sequence[Giving]) -> list[Giving]:
    """Two figures of one dose that stand side by side are one giving: cells and cells per kg, cells and their
    volume."""
    out: list[Giving] = []
    for giving in sorted(givings, key=lambda g: g.start):
        if out and _one_dose(document, out[-1], giving):
            a, b = (giving, out[-1]) if _only_volume(out[-1]) else (out[-1], giving)
            merged = joined(a, b)
            basis = (
                "per_administration"
                if any(d.basis == "per_administration" for d in (*a.doses, *b.doses))
                else a.doses[0].basis
            )
            kept = tuple(d._replace(basis=basis) for d in merged.doses if d.unit != "mL" or _only_volume(a))
            volume = next((d for d in (*a.doses, *b.doses) if d.unit == "mL" and d.number is not None), None)
            merged = merged._replace(doses=kept, start=min(a.start, b.start))
            if volume is not None and volume.number is not None and not _only_volume(a):
                merged = with_fact(merged, "volume", ((volume.number, volume.mention),))
            out[-1] = merged
        else:
            out.append(giving)
    return out


def _only_volume(giving: Giving) -> bool:
    return bool(giving.doses) and all(dose.unit == "mL" for dose in giving.doses)


def _one_dose(document: Document, a: Giving, b: Giving) -> bool:
    if a.sentence != b.sentence or not a.doses or not b.doses or a.wheres != b.wheres:
        return False
    if a.get("route") is not None and b.get("route") is not None and a.get("route") != b.get("route"):
        return False
    first, second = a.doses[-1].mention.span, b.doses[0].mention.span
    gap = document.text[first.end : second.start] if first.end <= second.start else ""
    if len(gap) > 60 or re.search(r";\s*\w+ (?:infusion|injection)|\bthen\b|\bfollowed\b", gap):
        return False
    units = {d.unit for d in a.doses} | {d.unit for d in b.doses}
    if len(units) < len(a.doses) + len(b.doses):
        return False
    if _only_volume(a) or _only_volume(b):
        return True
    cells = next((d.number for d in (*a.doses, *b.doses) if d.unit == "cells"), None)
    per_kg = next((d.number for d in (*a.doses, *b.doses) if d.unit == "cells/kg"), None)
    return bool(cells and per_kg) and Decimal("2.5") <= cells / per_kg <= 150  # type: ignore[operator]


def count_of(giving: Giving) -> int | None:
    """How many times it was given, where that is told."""
    number = as_number(giving.get("count"))
    return int(number) if number is not None and number == int(number) and number > 0 else None


def order_of(giving: Giving) -> tuple[int, int]:
    """Place in the telling: narrative first, in its order."""
    return (0 if "narrative" in giving.wheres else 1, giving.start)
