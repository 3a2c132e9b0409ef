"""The grammar of cell doses: ``1.8 × 10⁶ cells/kg/dose`` -> Quantity, in every notation that papers use.

The parser reads items, ranges and lists that share a power or a unit from the lexemes of a sentence; what
follows and precedes decides whether it is a dose of cells at all. A flattened power (``106``) is read as 10^6
only where grammar and company allow it, and the reason is kept; a power that is lost stays unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from extract.find.company import (
    CELL_NOUN,
    CELLS,
    CELLS_FAR,
    HINT,
    LAB_BEFORE,
    OTHER_UNIT,
    PER_KG,
    PER_KG_NEAR,
    PER_LITRE,
    header_multiplier,
    unit_after,
)
from extract.find.lexemes import FLAT, MULTIPLES, OPERATORS, Lexeme, lexemes
from extract.find.volumes import Dose, find_volumes
from extract.model import Operator, Quantity


@dataclass(frozen=True)
class Item:
    """A number as the parser reads it, before its power and unit are shared with its neighbours."""

    start: int
    end: int
    mantissa: Decimal
    high: Decimal | None = None
    factor: Decimal | None = None
    lost: bool = False
    repair: str = ""
    mean: bool = False
    plain_low: Decimal | None = None


class _Reader:
    """Reads items from the lexemes of one sentence."""

    def __init__(self, text: str, header: tuple[Decimal, str] | None = None) -> None:
        self.text = text
        self.lex = lexemes(text)
        self.header = header

    def kind(self, i: int) -> str:
        return self.lex[i].kind if 0 <= i < len(self.lex) else ""

    def flat(self, i: int) -> int | None:
        """The power that a flattened number stands for (``106`` -> 6), or None."""
        if self.kind(i) == "number" and FLAT.fullmatch(self.lex[i].text):
            return int(self.lex[i].text[2:])
        return None

    def cells_follow(self, end: int) -> bool:
        tail = self.text[end : end + 90]
        if PER_LITRE.match(tail) or OTHER_UNIT.match(tail):
            return False
        return bool(CELLS_FAR.match(tail) or PER_KG.match(tail) or re.match(r"\s*/\s?(?:mL|ml)", tail))

    def power_at(self, i: int) -> tuple[Decimal, int, str, bool] | None:
        """A power of ten that begins at i: its value, the next position, the repair, whether it is lost."""
        kind = self.kind(i)
        if kind == "power":
            lex = self.lex[i]
            return Decimal(10) ** int(lex.power or 0), i + 1, "", False
        if kind == "split":
            return Decimal(10) ** int(self.lex[i].power or 0), i + 1, "exponent on a line of its own", False
        if kind == "sci" and self.lex[i].number == 10:
            # 5x10e7: the writer means 5 times 10 to the 7th
            return (
                Decimal(10) ** int(self.lex[i].power or 0),
                i + 1,
                f"{self.lex[i].text} read as a power of ten",
                False,
            )
        flat = self.flat(i)
        if flat is not None:
            return (
                Decimal(10) ** flat,
                i + 1,
                f"{self.lex[i].text} read as 10^{flat}: raised digits lost",
                False,
            )
        if kind == "illegible":
            return Decimal(1), i + 1, "exponent illegible", True
        if kind == "number" and self.lex[i].text == "10":
            after = self.lex[i + 1] if i + 1 < len(self.lex) else None
            # "10 6 cells": the exponent stands apart
            if (
                after
                and after.kind == "number"
                and re.fullmatch(r"[4-9]|1[0-2]", after.text)
                and after.start - self.lex[i].end <= 1
                and self.cells_follow(after.end)
            ):
                return (
                    Decimal(10) ** int(after.text),
                    i + 2,
                    f"10 {after.text} read as 10^{after.text}: raised digit apart",
                    False,
                )
            return Decimal(1), i + 1, "exponent lost", True
        return None

    def item(self, i: int) -> tuple[Item, int] | None:
        """A number with its power, when one begins at i; the next position."""
        if i >= len(self.lex):
            return None
        lex = self.lex[i]
        if lex.kind in ("power", "split"):
            return Item(lex.start, lex.end, Decimal(1), factor=Decimal(10) ** int(lex.power or 0)), i + 1
        if lex.kind == "sci" and lex.number is not None:
            return Item(lex.start, lex.end, lex.number, factor=Decimal(10) ** int(lex.power or 0)), i + 1
        if lex.kind not in ("number", "words") or lex.number is None:
            return None
        if lex.kind == "words":
            return self.words_item(i)
        number, j, mean = lex.number, i + 1, False
        # 42.5 ± 6.1, also printed "42.5 6 6.1": the deviation is no range
        if (self.kind(j) == "plusminus" and self.kind(j + 1) == "number") or (
            self.kind(j) == "number"
            and self.lex[j].text == "6"
            and self.kind(j + 1) == "number"
            and self.kind(j + 2) == "times"
        ):
            j, mean = j + 2, True
        # 1 (0.7–9) × 10^6, 1.55 (ranging from 0.84 to 2.56) × 10^6
        low, high = None, None
        inner = re.match(
            r"\s?[(\[](?:range[:,]?\s|ranging\s)?(?:from\s)?(\d+(?:\.\d+)?)\s?(?:-|–|to|"
            r",)\s?(\d+(?:\.\d+)?)[)\]]\s?(?=[×x*·]\s?10|million)",
            self.text[self.lex[j - 1].end :],
        )
        if inner:
            low, high = Decimal(inner[1]), Decimal(inner[2])
            stop = self.lex[j - 1].end + inner.end()
            while j < len(self.lex) and self.lex[j].start < stop:
                j += 1
        found = self.factor_at(j, lex)
        if found is None:
            return Item(lex.start, self.lex[j - 1].end, number, mean=mean), j
        factor, j, repair, lost = found
        return (
            Item(
                lex.start,
                self.lex[j - 1].end,
                number,
                high=high,
                plain_low=low,
                factor=factor,
                repair=repair,
                lost=lost,
                mean=mean,
            ),
            j,
        )

    def factor_at(self, j: int, lex: Lexeme) -> tuple[Decimal, int, str, bool] | None:
        """The power or multiple that belongs to a number ending before j."""
        kind = self.kind(j)
        if kind == "times":
            power = self.power_at(j + 1)
            if power:
                sign = self.lex[j].text
                value, k, repair, lost = power
                if sign not in "×xX*·⋅" and not lost:
                    repair = (repair + "; " if repair else "") + f"{sign} read as ×"
                return value, k, repair, lost
            return None
        if kind == "multiple":
            word = self.lex[j].text.lower().rstrip("s.")
            return MULTIPLES[word], j + 1, "", False
        if kind == "power":
            return Decimal(10) ** int(self.lex[j].power or 0), j + 1, "× missing before the power", False
        # × printed as another glyph: "2.8 3 106", "1 - 106"; × lost: "9.5 107 cells"
        swapped = kind == "dash" or (kind == "number" and self.lex[j].text == "3") or self.kind(j) == "other"
        if swapped and self.flat(j + 1) is not None and self.cells_follow(self.lex[j + 1].end):
            sign = self.lex[j].text
            spaced = self.lex[j].start > lex.end
            # "1-106" without gaps is more likely a range of plain numbers
            if sign == "3" or spaced:
                flat = self.flat(j + 1)
                return (
                    Decimal(10) ** int(flat or 0),
                    j + 2,
                    f"{sign} {self.lex[j + 1].text} read as × 10^{flat}",
                    False,
                )
        if self.flat(j) is not None and self.lex[j].start - lex.end == 1 and self.cells_follow(self.lex[j].end):
            flat = self.flat(j)
            return (
                Decimal(10) ** int(flat or 0),
                j + 1,
                f"{self.lex[j].text} read as × 10^{flat}: × missing",
                False,
            )
        return None

    def words_item(self, i: int) -> tuple[Item, int] | None:
        lex = self.lex[i]
        assert lex.number is not None
        factor: Decimal | None = None
        j = i + 1
        lower = lex.text.lower()
        multiple = next((m for m in ("million", "billion", "thousand", "lakh", "crore") if m in lower), None)
        if multiple:
            return Item(lex.start, lex.end, lex.number, factor=Decimal(1)), j
        if self.kind(j) == "multiple":
            factor = MULTIPLES[self.lex[j].text.lower().rstrip("s.")]
            j += 1
        return Item(lex.start, self.lex[j - 1].end, lex.number, factor=factor), j


def find_doses(text: str, header: str = "") -> list[Dose]:
    """All cell doses, concentrations and cell volumes of one sentence or table cell, in order.

    ``header`` is the words of the cell's headers: their multiplier and unit hold for bare numbers.
    """
    if not header and not HINT.search(text):
        return []
    found = list(_cell_counts(text, header))
    return sorted([*found, *find_volumes(text, found)], key=lambda dose: dose.start)


_COUNTS = re.compile(r"\d|[mb]illion|hundred|thousand|lakh|crore|\bmio\b|trillion", re.IGNORECASE)


def _cell_counts(text: str, header: str) -> Iterator[Dose]:
    if not header and not _COUNTS.search(text):
        return  # "cells" alone: most sentences of a paper about cells
    multiplier = header_multiplier(header) if header else None
    reader = _Reader(text)
    lex = reader.lex
    i = 0
    while i < len(lex):
        parsed = _parse_list(reader, i)
        if parsed is None:
            i += 1
            continue
        items, after, joints, operator = parsed
        emitted = False
        for part, inner in _by_unit(text, items, joints):
            for dose in _judge(reader, part, inner, operator, multiplier):
                emitted = True
                yield dose
        i = after if emitted or after > i + 1 else i + 1


_NEAR_UNIT = re.compile(
    r"^\s?(?:(?P<kg>(?:[\w+-]*(?:cells?|MSCs?|ASCs?|MNCs?)\s?)?(?:/\s?kg|\bper\skg))|"
    r"(?P<cells>(?:[^\W\d][\w+-]*\s){0,3}?(?:cells?|[\w-]*MSCs?|ASCs?)\b(?!\s?/)))",
    re.IGNORECASE,
)


def _by_unit(text: str, items: list[Item], joints: list[str]) -> Iterator[tuple[list[Item], list[str]]]:
    """Cut a list where its members print different units: ``1 × 10⁶/kg, 52 × 10⁶ cells`` is no list of one kind."""
    start = 0
    for i in range(1, len(items)):
        if joints[i - 1] == "range" or items[i - 1].factor is None:
            continue
        mine = _NEAR_UNIT.match(text[items[i - 1].end : items[i].start])
        if not mine:
            continue
        theirs = unit_after(text, items[-1].end, True)
        if ("cells/kg" if mine["kg"] else "cells") != theirs and theirs in ("cells", "cells/kg"):
            yield items[start:i], joints[start : i - 1]
            start = i
    yield items[start:], joints[start:]


_LABELS = re.compile(
    r"(?:\b(?:case|patient|pt|day|days|month|months|week|weeks|table|fig|figure|group|course|cycle|grade|"
    r"stage|class|type|level|"
    r"in|since|ref|p|no|number|aged?|at)s?\.?\s*$)|[\[(]\s*$|\b(?:19|20)\d\d\s*$",
    re.IGNORECASE,
)


def _parse_list(reader: _Reader, i: int) -> tuple[list[Item], int, list[str], Operator] | None:
    """Items joined by commas, and, or, dashes, to: the items, the next position, the joints, a leading operator."""
    operator: Operator = "="
    lex = reader.lex
    between = False
    if reader.kind(i) == "operator":
        operator = OPERATORS[re.sub(r"\s+", " ", lex[i].text.lower())]
        i += 1
    elif reader.kind(i) == "between":
        between = True
        i += 1
    opened = reader.kind(i) == "open"
    first = reader.item(i + 1) if opened else reader.item(i)
    if first is None:
        return None
    item, j = first
    items, joints = [item], []
    while True:
        joint, k = _joint(reader, j, between)
        if not joint:
            break
        following = reader.item(k)
        if following is None:
            break
        nxt, after = following
        if (
            joint == "range"
            and len(items)
            and nxt.factor is None
            and items[-1].factor is not None
            and nxt.mantissa > 1000
        ):
            break
        items.append(nxt)
        joints.append(joint)
        j = after
    if opened and reader.kind(j) == "close":
        # "[1–10] × 10^6": the power behind the bracket holds for what is in it
        found = reader.factor_at(j + 1, lex[j])
        if found and all(it.factor is None for it in items):
            factor, j, repair, lost = found
            items = [replace(it, factor=factor, repair=repair, lost=lost) for it in items]
            items[-1] = replace(items[-1], end=lex[j - 1].end)
    elif (
        all(it.factor is None for it in items)
        and reader.kind(j) == "open"
        and reader.kind(j + 1) in ("times", "multiple")
    ):
        # "0.8 and 1.3 (× 10^8)"
        found = reader.factor_at(j + 1, lex[j])
        if found and reader.kind(found[1]) == "close":
            factor, j, repair, lost = found
            j += 1
            items = [replace(it, factor=factor, repair=repair, lost=lost) for it in items]
            items[-1] = replace(items[-1], end=lex[j - 1].end)
    return items, j, joints, operator


_UNIT_BETWEEN = re.compile(
    r"\s?(?:(?:[\w-]*(?:MSCs?|ASCs?)|cells?)?\s?/\s?kg|(?:[\w-]*MSCs?|cells?))(?=\s*(?:,|and|or|to|[-–]))",
    re.IGNORECASE,
)


def _joint(reader: _Reader, j: int, between: bool) -> tuple[str, int]:
    """The joint at position j (after an item): range, list or '', and the position behind it."""
    lex = reader.lex
    if j >= len(lex):
        return "", j
    end = lex[j - 1].end
    unit = _UNIT_BETWEEN.match(reader.text, end)
    if unit:
        while j < len(lex) and lex[j].start < unit.end():
            j += 1
    kind = reader.kind(j)
    if kind in ("dash", "to"):
        return "range", j + 1
    if kind == "slash":
        return "list", j + 1
    if between and kind == "and":
        return "range", j + 1
    if kind == "comma":
        k = j + 1
        while reader.kind(k) == "and":
            k += 1
        return "list", k
    if kind == "and":
        k = j + 1
        while reader.kind(k) == "and":
            k += 1
        return "list", k
    return "", j


def _is_year(item: Item) -> bool:
    """Whether a number without a power is a year: "in March 2017, 15 × 10⁶ cells"."""
    return 1900 <= item.mantissa <= 2100 and item.mantissa == item.mantissa.to_integral_value()


def _judge(
    reader: _Reader,
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
        and (_LABELS.search(before) or _is_year(items[0]))
    ):
        items, joints = items[1:], joints[1:]
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
        company = PER_KG_NEAR.match(tail) or (
            re.match(rf"\s?(?:\([^)]*\)\s?)?(?:[\w-]+\s){{0,3}}?(?i:{CELL_NOUN})", tail) and not OTHER_UNIT.match(tail)
        )
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
    whole = _ROUTE_WORDS.sub(" ", text).strip()
    if (
        multiplier
        and unit in ("", "cells", "cells/kg")
        and re.fullmatch(r"[\d.,·\s~≈±–/;()\[\]×x*†‡§a-e-]+|.*cells?.*", whole)
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
    r"(?:\s?(?P<times>[×x*·]\s?10(?:[⁰-⁹]+|\s?\^\s?\d+|[4-9])))?\s?[)\]]",
)
_CENTRE = re.compile(r"\b(?:mean|median|average)\b[^.;]{0,40}$", re.IGNORECASE)


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
        elif (
            size == 1
            and (found := _RANGE_AFTER.match(text[first.end : first.end + 110]))
            and (_CENTRE.search(text[: first.start]) or "range" in found.group())
        ):
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
