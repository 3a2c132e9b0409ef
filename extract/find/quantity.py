"""The grammar of cell doses: ``1.8 × 10⁶ cells/kg/dose`` -> Quantity, in every notation that papers use.

The parser reads items, ranges and lists that share a power or a unit from the lexemes of a sentence; what
follows and precedes decides whether it is a dose of cells at all. A flattened power (``106``) is read as 10^6
only where grammar and company allow it, and the reason is kept; a power that is lost stays unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from extract.find.company import (
    CELL_NOUN,
    CELLS,
    CELLS_FAR,
    HINT,
    LAB_BEFORE,
    OTHER_UNIT,
    PER_KG_NEAR,
    header_multiplier,
    unit_after,
)
from extract.find.items import BEGINS, Item, Reader, by_unit, parse_list
from extract.find.lexemes import FLAT, MULTIPLES
from extract.find.sieve import look_at
from extract.find.volumes import Dose, find_volumes
from extract.model import Operator, Quantity
from extract.patterns import searched


def find_doses(text: str, header: str = "") -> list[Dose]:
    """All cell doses, concentrations and cell volumes of one sentence or table cell, in order.

    ``header`` is the words of the cell's headers: their multiplier and unit hold for bare numbers.
    """
    if not header and not HINT.search(text, look_at(text)):
        return []
    found = _with_later_unit(text, list(_cell_counts(text, header)))
    return sorted([*found, *find_volumes(text, found)], key=lambda dose: dose.start)


# "the first of 1 × 10⁶ and the second of 2 × 10⁶ cells/kg": what may stand between two doses that share a unit
_NEXT_ONE = re.compile(
    r"\s*[,;]?\s*(?:and|then|but|,|;)\s+(?:then\s+)?(?:of\s+)?(?:the\s+)?(?:second|third|fourth|fifth|last|next|other|latter|later"
    r"|following|one|two|three|four|five|another)\s+(?:(?:ones?|infusions?|injections?|doses?|administrations?|transfusions?)\s+)?"
    r"(?:(?:was|were|being|contained|held)\s+)?(?:of\s+|with\s+|at\s+)?(?:about\s+|approximately\s+)?",
    re.IGNORECASE,
)


def _with_later_unit(text: str, found: list[Dose]) -> list[Dose]:
    """Doses told one after the other whose unit stands only behind the last."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        a, b = out[i], out[i + 1]
        if a.quantity is None or b.quantity is None or a.quantity.unit != "cells" or b.quantity.unit != "cells/kg":
            continue
        first, second = a.quantity.number, b.quantity.number
        alike = first is not None and second is not None and first <= 10 * second
        if alike and _NEXT_ONE.fullmatch(text, a.end, b.start):
            out[i] = a._replace(quantity=a.quantity.model_copy(update={"unit": "cells/kg"}))
    return out


_COUNTS = searched(r"\d|[mb]illion|hundred|thousand|lakh|crore|\bmio\b|trillion")


def _cell_counts(text: str, header: str) -> Iterator[Dose]:
    if not header and not _COUNTS.search(text):
        return  # "cells" alone: most sentences of a paper about cells
    multiplier = header_multiplier(header) if header else None
    reader = Reader(text)
    lex = reader.lex
    i = 0
    told = 0  # up to here stands the range of a mean, told with it
    while i < len(lex):
        if lex[i].kind not in BEGINS:
            i += 1
            continue
        parsed = parse_list(reader, i)
        if parsed is None:
            i += 1
            continue
        items, after, joints, operator = parsed
        emitted = False
        for part, inner in by_unit(text, items, joints):
            for dose in _judge(reader, part, inner, operator, multiplier):
                emitted = True
                if dose.start >= told:
                    yield dose
                if (spread := _spread(text, dose)) is not None:
                    told = dose.end + spread.end()
        i = after if emitted or after > i + 1 else i + 1


_LABELS = re.compile(
    r"(?:\b(?:case|patient|pt|day|days|month|months|week|weeks|table|fig|figure|group|course|cycle|grade|"
    r"stage|class|type|level|"
    r"in|since|ref|p|no|number|aged?|at)s?\.?\s*$)|[\[(]\s*$|\b(?:19|20)\d\d\s*$"
    # day +1, D−7, days -1, 0 and +1
    r"|\b(?:d|days?|weeks?|months?)\.?\s?(?:[+\u2010-\u2015\u2212-]?\d+\s?(?:,|and|,\s?and)\s?)*[+\u2010-\u2015\u2212-]\s?$",
    re.IGNORECASE,
)


def _is_year(item: Item) -> bool:
    """Whether a number without a power is a year: "in March 2017, 15 × 10⁶ cells"."""
    return 1900 <= item.mantissa <= 2100 and item.mantissa == item.mantissa.to_integral_value()


def _is_adverb(text: str, item: Item) -> bool:
    """Whether a number word before a comma says how often: "Once, 10^5 cells were applied"."""
    return text[item.start : item.end].lower() in ("once", "twice", "thrice")


def _judge(
    reader: Reader,
    items: list[Item],
    joints: list[str],
    operator: Operator,
    multiplier: tuple[Decimal, str] | None,
) -> Iterator[Dose]:
    """Share power and unit over a list, decide what it is, and yield its doses."""
    text = reader.text
    end = items[-1].end
    before = text[max(0, items[0].start - 60) : items[0].start]
    # a label or date before a comma is no member of the list: "Case 2, 5 × 10^6"; "1.2 × 10^6, 3 months" neither
    while (
        len(items) > 1
        and items[0].factor is None
        and joints[0] == "list"
        and (_LABELS.search(before) or _is_year(items[0]) or _is_adverb(text, items[0]))
    ):
        named = _LABELS.search(before) is not None
        items, joints = items[1:], joints[1:]
        while named and len(items) > 1 and items[0].factor is None and joints[0] == "list":
            items, joints = items[1:], joints[1:]  # "on days 1, 30 and 60, 2 × 10^7 cells": all of them are days
        before = text[max(0, items[0].start - 60) : items[0].start]
    powered = [it for it in items if it.factor is not None]
    while items and powered and items[-1].factor is None and joints and joints[-1] == "list":
        items, joints = items[:-1], joints[:-1]
        end = items[-1].end
    explicit = any(it.factor is not None and it.factor >= 1000 for it in items)
    lost = [it for it in items if it.lost]
    unit = unit_after(text, end, bool(powered))
    flat_alone = len(items) == 1 and items[0].factor is None and FLAT.fullmatch(text[items[0].start : items[0].end])
    if flat_alone:
        # "106/kg", "107 cells/kg", "at 108 cells": a power without a mantissa, where cells are counted
        tail = text[end : end + 60]
        near = re.match(rf"\s?(?:\([^)]*\)\s?)?(?:[\w-]+\s){{0,3}}?(?i:{CELL_NOUN})", tail)
        joined = near and re.search(r"\b(?:and|but)\s", near.group())
        company = bool(PER_KG_NEAR.match(tail) or (near and not joined and not OTHER_UNIT.match(tail)))
        if not unit and _IN_VOLUME.match(tail) and _CELLS_JUST_TOLD.search(before):
            company, unit = True, "cells"  # "marrow cells, 107 in 2 mL of saline"
        if company and unit in ("cells", "cells/kg", "cells/mL", "cells/cm2"):
            power = int(text[items[0].start : items[0].end][2:])
            bare = text[items[0].start : items[0].end]
            repair = f"{bare} read as 10^{power}: no mantissa"
            items = [replace(items[0], mantissa=Decimal(1), factor=Decimal(10) ** power, repair=repair)]
            powered, explicit = items, True
    if not powered:
        yield from _bare_numbers(text, items, joints, end, unit, multiplier, operator)
        return
    if LAB_BEFORE.search(before) and unit == "cells" and not CELLS_FAR.match(text[end : end + 60]):
        return
    if unit in ("lab", "other"):
        return
    if lost and len(lost) == len(powered):
        if CELLS.search(text) or explicit or re.search(r"\bdos|inject|infus|number", text, re.IGNORECASE):
            yield Dose(items[0].start, end, None, reason=lost[0].repair)
        return
    words_only = not explicit or all(it.factor in (Decimal(1), *MULTIPLES.values()) for it in powered)
    spelled = bool(re.search(r"million|billion|thousand|lakh|crore|mio", text[items[0].start : end], re.IGNORECASE))
    alone = words_only and spelled and unit == "cells" and not CELLS_FAR.match(text[end : end + 130])
    if alone and not CELLS.search(text) and multiplier is None and not _GIVEN.search(text):
        # a count in words is a dose of cells only in their company
        return
    shared = powered[-1].factor
    items = [it if it.factor is not None else replace(it, factor=shared) for it in items]
    if multiplier and unit == "cells" and multiplier[1] != "cells" and not CELLS_FAR.match(text[end : end + 40]):
        unit = multiplier[1]
    yield from _emit(text, items, joints, unit or "cells", operator, end)


_IN_VOLUME = re.compile(
    r"\s?(?:(?:suspended|resuspended|dissolved|diluted)\s)?in\s(?:about\s)?\d+(?:\.\d+)?\s?(?:mL|ml|cc|millilit)"
)
_CELLS_JUST_TOLD = re.compile(rf"(?i:{CELL_NOUN})\s?[,(:]\s?$")
_ROUTE_WORDS = re.compile(r"\b(?:IV|IM|SC|IT|IA|IO|IN|ID|IP|i\.[vmato]\.|s\.c\.|and|or|then)\b\.?", re.IGNORECASE)
_GIVEN = re.compile(
    r"infus|inject|transplant|implant|administ|instill|\bdos(?:e|es|ed)\b|received|given", re.IGNORECASE
)


def _bare_numbers(
    text: str,
    items: list[Item],
    joints: list[str],
    end: int,
    unit: str,
    multiplier: tuple[Decimal, str] | None,
    operator: Operator,
) -> Iterator[Dose]:
    """Numbers without a power: counted under a header with a multiplier, or printed in full (650,000 cells)."""
    if (
        multiplier
        and unit in ("", "cells", "cells/kg")
        and re.fullmatch(r"[\d.,·\s~≈±–/;()\[\]×x*†‡§a-e-]+|.*cells?.*", _ROUTE_WORDS.sub(" ", text).strip())
    ):
        factor, header_unit = multiplier
        if re.match(r"\s?[×x]\s?\d", text[end:]):
            # "3 × 88": how often, then how much
            return
        if all(it.mantissa * factor >= 1000 for it in items):
            items = [replace(it, factor=factor, repair=f"× {factor:E} from the header") for it in items]
            yield from _emit(text, items, joints, unit if unit == "cells/kg" else header_unit, operator, end)
        return
    if unit in ("cells", "cells/kg", "cells/cm2") and all(it.mantissa >= 10000 for it in items):
        near = re.match(rf"\s?(?:[\w'’-]+\s){{0,4}}?(?i:{CELL_NOUN})", text[end : end + 90])
        if near or unit == "cells/kg":
            items = [replace(it, factor=Decimal(1)) for it in items]
            yield from _emit(text, items, joints, unit, operator, end)


_RANGE_AFTER = re.compile(
    r"^[^.;\d]{0,40}?[(\[,]\s?(?:range[:,]?|ranging\sfrom|range\sof|from|"
    r"IQR)?\s?(?P<low>\d+(?:\.\d+)?)\s?(?:-|–|to)\s?(?P<high>\d+(?:\.\d+)?)"
    r"(?:\s?(?P<times>[×x*·]\s?10(?:[⁰-⁹]+|\s?\^\s?\d+|[4-9])))?"
    r"(?:\s?(?:cells|MSCs?|million|per\skg|/\s?kg))*\s?[)\]]",
)
_CENTRE = re.compile(r"\b(?:mean|median|average)\b[^.;]{0,40}$", re.IGNORECASE)


def _range_after(text: str, start: int, end: int) -> re.Match[str] | None:
    """The range in brackets behind a mean at start..end."""
    found = _RANGE_AFTER.match(text[end : end + 110])
    return found if found and (_CENTRE.search(text[:start]) or "range" in found.group()) else None


def _spread(text: str, dose: Dose) -> re.Match[str] | None:
    """The same for a dose that was read with it."""
    quantity = dose.quantity
    if quantity is None or quantity.number is None or quantity.low is None or quantity.high is None:
        return None
    return _range_after(text, dose.start, dose.end)


def _emit(text: str, items: list[Item], joints: list[str], unit: str, operator: Operator, end: int) -> Iterator[Dose]:
    """Group ranges, number the list, and build the quantities."""
    groups: list[list[Item]] = [[items[0]]]
    for joint, item in zip(joints, items[1:], strict=True):
        if joint == "range" and len(groups[-1]) == 1:
            groups[-1].append(item)
        else:
            groups.append([item])
    kind = "concentration" if unit == "cells/mL" else "dose"
    size = len(groups)
    for number, group in enumerate(groups, start=1):
        first, last = group[0], group[-1]
        assert first.factor is not None
        assert last.factor is not None
        repair = "; ".join(dict.fromkeys(it.repair for it in group if it.repair))
        value: Decimal | None = first.mantissa * first.factor
        low = high = None
        op: Operator = "="
        if len(group) == 2:
            value, low, high = None, first.mantissa * first.factor, last.mantissa * last.factor
        elif first.high is not None and first.plain_low is not None:
            low, high = first.plain_low * first.factor, first.high * first.factor
        elif size == 1 and operator in ("<=", "<"):
            value, high, op = None, value, operator
        elif size == 1 and operator in (">=", ">"):
            value, low, op = None, value, operator
        elif size == 1 and (found := _range_after(text, first.start, first.end)):
            low, high = Decimal(found["low"]) * first.factor, Decimal(found["high"]) * first.factor
        quantity = Quantity(
            number=value,
            low=low,
            high=high,
            operator=op,
            unit=unit,
            as_written=text[first.start : last.end],
            repair=repair,
        )
        yield Dose(
            first.start,
            last.end,
            quantity,
            kind,
            number if size > 1 else 0,
            size if size > 1 else 0,
            tail=end,
        )
