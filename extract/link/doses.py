"""LINK, doses told together: the absolute figure of a dose, the same per kg, and the volume it came in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extract.link.stretches import Stretch, is_over
from extract.model import Document, Mention

_UNIT = re.compile(
    r"^\s?(?:(?:[^\W\d][\w'’+-]*\s){0,5}?[\w'’+-]*(?:cells?|MSCs?|ASCs?|MNCs?|SVF|concentrate|suspension|BMAC)\b)?"
    r"(?:\s?(?:/\s?|per\s|a\s)(?:kg|kilo\w*)(?:\s(?:of\s)?(?:body\s)?(?:weight|mass))?)?(?:\s?/\s?(?:dose|"
    r"infusion|injection|mL|ml))?",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"^[\s,;:(\[=≈~)/–-]*(?:(?:i\.?e\.?|or|that is|namely|which is|about|approximately|approx\.?|ca\.?|"
    r"corresponding to|equivalent to|"
    r"equal to|equalling|equaling|amounting to|calculated as|resulting in|representing|being|a dose of|"
    r"dose|per dose|thus|hence|"
    r"in total|in all|at|an average of|for a|holding|containing|with|carrying|comprising|this|each(?: "
    r"time)?|per infusion|"
    r"\d+(?:\.\d+)?\s?kg|of)[\s,;:(\[=≈~)–-]*){0,6}$",
    re.IGNORECASE,
)
_SAID_AGAIN = re.compile(r"\b(?:i\.?e|that is|namely|or|thus|hence|equal)|=", re.IGNORECASE)
_OPENED = re.compile(
    r"^(?:\s[\w'’.-]+){0,6}\s?\((?:about\s|approximately\s|ca\.?\s|i\.e\.,?\s|=\s?|~)?$", re.IGNORECASE
)
_TOGETHER = ({"cells", "cells/kg"}, {"mL", "cells"}, {"mL", "cells/kg"})
_OF_CELLS = frozenset({"cells", "cells/kg", "cells/cm2", "cells/mL", "mL/kg", "packets", "particles"})

# a part of the dose before it: "of which 2 × 10⁵/kg were CD34 positive"
_OF_WHICH = re.compile(
    r"\b(?:of|among)\s+(?:which|these|them|whom)\s*,?\s*(?:about\s+|some\s+|only\s+)?$|\bthereof\s*$", re.IGNORECASE
)
_OF_A_KIND = re.compile(
    r"(?:\s*/\s*kg)?(?:\s*(?:cells?|of\s+them))?\s*\b(?:was|were|being|carried|expressed)\s+(?:\w+ly\s+)?"
    r"(?:CD\s?\d+|positive|negative|viable|alive|dead|live|colony)",
    re.IGNORECASE,
)


def _one_dose(unit: str, other: str) -> bool:
    """Whether figures in two units can be of one dose; units that only schemas/ knows go with every other but those of
    cells: 250 mL, 50 g of stool."""
    if {unit, other} & _OF_CELLS:
        return {unit, other} in _TOGETHER
    return unit != other


class Bundle(NamedTuple):
    """The printed doses of one administration, at most one of each unit, and the volume told with them."""

    doses: tuple[Mention, ...]
    volume: Mention | None


def bundles_of(document: Document, stretch: Stretch, doses: Sequence[Mention]) -> list[Bundle]:
    """The doses of a stretch, those of one administration together, in order."""
    groups: list[list[Mention]] = []
    for mention in doses:
        home = _home(document, stretch, groups, mention, doses)
        if home is None:
            groups.append([mention])
        elif not any(_unit(m) == _unit(mention) for m in home):
            home.append(mention)
    return [_bundle(group) for group in groups]


def _unit(mention: Mention) -> str:
    return mention.quantity.unit if mention.quantity else ""


def _size(mention: Mention) -> tuple[object, ...]:
    quantity = mention.quantity
    return (quantity.number, quantity.low, quantity.high) if quantity else ()


def _home(
    document: Document, stretch: Stretch, groups: list[list[Mention]], mention: Mention, doses: Sequence[Mention]
) -> list[Mention] | None:
    """The group of doses that a further dose belongs to, if any."""
    if not groups:
        return None
    unit = _unit(mention)
    if stretch.cells:
        if len(doses) > 2:
            return None
        for group in groups:
            if _one_dose(unit, _unit(group[0])) and _headers_alike(document, stretch, group[0], mention):
                return group
        return None
    last = groups[-1]
    gap = document.text[last[-1].span.end : mention.span.start]
    if not _is_same(gap):
        return None
    if any(_unit(m) == unit for m in last):
        # "5 mL of 4 × 10⁶/mL, that is 2 × 10⁷ cells": the same figure again
        twin = next(m for m in last if _unit(m) == unit)
        return last if _SAID_AGAIN.search(gap) and _size(twin) == _size(mention) else None
    return last if any(_one_dose(unit, _unit(m)) for m in last) else None


def _is_same(gap: str) -> bool:
    """Whether the words between two figures say that they are one dose."""
    if len(gap) > 80 or (re.search(r"\d", gap.replace("−1", "").replace("-1", "")) and not re.search(r"\d\s?kg", gap)):
        return False
    rest = gap[_UNIT.match(gap).end() :]  # type: ignore[union-attr]
    return bool(_SAME.match(rest) or _OPENED.match(rest) or _SAME.match(gap))


def _headers_alike(document: Document, stretch: Stretch, a: Mention, b: Mention) -> bool:
    """Whether no header route tells two doses of a line apart ("Intravenous", "Intrathecal")."""
    routes = [
        m for m in stretch.mentions if m.field == "route" and m.cell is not None and document.cells[m.cell].is_header
    ]
    over_a = {str(r.value) for r in routes if is_over(document, r, a)}
    over_b = {str(r.value) for r in routes if is_over(document, r, b)}
    return over_a == over_b


def _bundle(group: list[Mention]) -> Bundle:
    """A volume told beside a number of cells is the volume they came in."""
    counted = [m for m in group if _unit(m) in ("cells", "cells/kg")]
    volume = next((m for m in group if _unit(m) == "mL"), None) if counted else None
    if volume is None:
        return Bundle(tuple(group), None)
    return Bundle(tuple(m for m in group if m is not volume), volume.model_copy(update={"field": "volume"}))


def is_part(stretch: Stretch, dose: Mention) -> bool:
    """Whether a number only says how many of the cells before it were of some kind."""
    return bool(_OF_WHICH.search(stretch.before(dose, 30)) and _OF_A_KIND.match(stretch.after(dose)))


_PART_GIVEN = re.compile(
    r"[^.;]{0,60}?\b(?P<part>(?:of|from|among)\s+(?:which|these|them))\b[^.;]*"
    r"\b(?:infus|inject|transfus|implant|given|administ|instill)",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"\b(?:infus|inject|transfus|implant|receiv|given|gave|administ|instill)", re.IGNORECASE)


def is_stock(stretch: Stretch, dose: Mention) -> bool:
    """Whether a number is what there was, and a part of it was given: "90 million were thawed, of which 60 ..."."""
    after = stretch.after(dose)
    found = _PART_GIVEN.match(after)
    if found is None or _GIVEN.search(stretch.before(dose, 120)):
        return False
    whole, part = after[: found.start("part")], after[found.end("part") : found.end()]
    return bool(re.search(r"\d", part)) and not _GIVEN.search(whole) and not _OF_A_KIND.search(part[:60])
