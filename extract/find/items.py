"""Numbers with their powers, and lists and ranges of them, read from the lexemes of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from extract.find.company import CELLS_FAR, OTHER_UNIT, PER_KG, PER_LITRE, unit_after
from extract.find.lexemes import FLAT, MULTIPLES, OPERATORS, Lexeme, lexemes
from extract.model import Operator


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


_PER_PLACE = re.compile(
    r"\s*(?:per|/|(?:in|into|for|to)?\s?each)\s?(?:affected\s)?(?:hip|knee|joint|eye|dis[ck]|shoulder|side|leg|limb|infusion|injection|dose"
    r"|administration|patient|session)s?\b",
    re.IGNORECASE,
)


class Reader:
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

    def dose_follows(self, end: int) -> bool:
        """Whether what lost its × is a dose: cells follow, or "per joint", "per infusion"."""
        return self.cells_follow(end) or _PER_PLACE.match(self.text, end) is not None

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
        flat = self.flat(j)
        if flat is not None and self.lex[j].start - lex.end == 1 and self.dose_follows(self.lex[j].end):
            return (
                Decimal(10) ** flat,
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


_NEAR_UNIT = re.compile(
    r"^\s?(?:(?P<kg>(?:[\w+-]*(?:cells?|MSCs?|ASCs?|MNCs?)\s?)?(?:/\s?kg|\bper\skg))|"
    r"(?P<cells>(?:[^\W\d][\w+-]*\s){0,3}?(?:cells?|[\w-]*MSCs?|ASCs?)\b(?!\s?/)))",
    re.IGNORECASE,
)


def by_unit(text: str, items: list[Item], joints: list[str]) -> Iterator[tuple[list[Item], list[str]]]:
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


BEGINS = frozenset({"operator", "between", "open", "number", "words", "power", "split", "sci"})
"""Kinds of lexemes with which a list may begin."""


def parse_list(reader: Reader, i: int) -> tuple[list[Item], int, list[str], Operator] | None:
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


def _joint(reader: Reader, j: int, between: bool) -> tuple[str, int]:
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
