"""The grammar of cell doses: ``1.8 × 10⁶ cells/kg/dose`` -> Quantity, in every notation that papers use.

A sentence is cut into lexemes (numbers, powers, multiplication signs, joints); the parser reads items, ranges
and lists that share a power or a unit; what follows and precedes decides whether it is a dose of cells at all.
A flattened power (``106``) is read as 10^6 only where grammar and company allow it, and the reason is kept;
a power that is lost stays unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from extract.find.numbers import NUMBER_WORDS, decimal_number, number_word
from extract.model import Operator, Quantity

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_FLAT = re.compile(r"10(?:[4-9]|1[0-2])")

_LEXEME = re.compile(
    rf"""
      (?P<raised>10[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    | (?P<caret>(?<![\d.])10\s?\\?[\^ˆ]\s?[{{(]?\s?(?P<caret_n>\d{{1,2}})(?!\d)\s?[)}}]?)
    | (?P<bracket>(?<![\d.])10\s?[(\[]\s?(?P<bracket_n>[4-9]|1[0-2])\s?[)\]])
    | (?P<split>(?<![\d.])10\s*\n\s*(?P<split_n>[4-9]|1[0-2])(?![\d.]))
    | (?P<sci>(?<![\w.])\d+(?:\.\d+)?[eE]\+?0?(?P<sci_n>\d{{1,2}})(?!\w))
    | (?P<illegible>(?<![\d.])10\s?(?:\?|…|\.{{3}}|□|\ufffd))
    | (?P<number>\d{{1,3}}(?:,\d{{3}})+(?![\d])(?:\.\d+)?
        | \d{{1,3}}(?:[\ \u2009\u00a0](?!10[4-9]|101[0-2])\d{{3}})+(?![\d,.])
        | \d+(?:[.·]\d+)? (?:,\d{{1,2}}(?!\d|,\d|\s*(?:,|and|or)\s))? | \.\d+)
    | (?P<times>[×✕✖⨯*¥∙⋅•] | Â· | Ã— | (?<=[\d\s)\]])[xX](?=\s?10) )
    | (?P<dot>·(?=\s?10))
    | (?P<plusminus>±|\+/-|\+/−)
    | (?P<dash>[-\u2010-\u2014\u2212~](?=\s?[\d(\[]))
    | (?P<open>[(\[]) | (?P<close>[)\]])
    | (?P<comma>,) | (?P<slash>/(?=\s?\d)) | (?P<semi>;)
    | (?P<multiple>(?:million|billion|thousand|lakh|crore|mio\.?)s?\b | M(?=\s(?:MSC|cell)))
    | (?P<words>{NUMBER_WORDS})
    | (?P<and>(?:and|or|then|plus|&)\b) | (?P<to>(?:to|through|until)\b)
    | (?P<operator>(?:up\ to|at\ most|no\ more\ than|not\ more\ than|maximum\ of|less\ than|below|under|at\ least|minimum\ of|
        not\ less\ than|no\ less\ than|more\ than|over|above)(?=\s) | [<>≤≥])
    | (?P<between>between\b)
    | (?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)
    | (?P<other>\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)

MULTIPLES = {
    "million": Decimal(10**6),
    "mio": Decimal(10**6),
    "m": Decimal(10**6),
    "billion": Decimal(10**9),
    "thousand": Decimal(1000),
    "lakh": Decimal(10**5),
    "crore": Decimal(10**7),
}
_OPERATORS: dict[str, Operator] = {
    "up to": "<=", "at most": "<=", "no more than": "<=", "not more than": "<=", "maximum of": "<=", "≤": "<=",
    "less than": "<", "below": "<", "under": "<", "<": "<",
    "at least": ">=", "minimum of": ">=", "not less than": ">=", "no less than": ">=", "≥": ">=",
    "more than": ">", "over": ">", "above": ">", ">": ">",
}  # fmt: skip

CELL_NOUN = (
    r"(?:[\w-]*(?:MSC|ASC|ADSC|ADRC|MNC|HSC|EPC|BMSC|PMSC|TNC|SVF|Treg|DPSC|SHED|SMSC)s?\b|(?:[\w-]+\s)?cells?\b|"
    r"[\w-]*myoblasts?\b|fibroblasts?\b|keratinocytes?\b|chondrocytes?\b|osteoblasts?\b|hepatocytes?\b|CD34\s?\+?|"
    r"progenitors?\b|[\w-]*stromal\b|mesenchymal\b|stem\b|BMAC\b|concentrate\b|mononuclear\b)"
)
_CELLS_FAR = re.compile(rf"^\W*(?:[^\W\d][\w'’/+-]*[\s,]+){{0,7}}?(?i:{CELL_NOUN})")
_CELLS = re.compile(rf"(?i:\b{CELL_NOUN})")
_PARTICLES = re.compile(r"^\W*(?:[\w-]+\s+){0,3}?(?:particles?|vesicles?|exosomes?|EVs?)\b", re.IGNORECASE)
_PER_KG = re.compile(
    r"^\s*(?:(?:[^\W\d][\w'’+-]*\s*[,(]?\s*){0,7}?)(?:/\s?|·\s?|\bper\s|\ba\s|\beach\s)\s?(?:kg|kilo(?:gram)?s?)(?![a-z])"
    r"|^\s*(?:[\w-]+\s){0,5}?kg\s?(?:[-−⁻–]\s?1|⁻¹|\^-1)",
    re.IGNORECASE,
)
_PER_KG_NEAR = re.compile(
    r"^\s*(?:(?:stem\s|stromal\s)?[\w+-]*(?:cells?|MSCs?|ASCs?|MNCs?|CD34\+?)\s?)?[)\]]?\s?(?:/\s?|per\s)kg", re.IGNORECASE
)
_PER_CM2 = re.compile(r"^\s*(?:[\w+-]+\s){0,3}?[\w+-]*\s?(?:/\s?|per\s)(?:square\s)?(?:cm\s?[2²]|cm\^2|centimet)", re.IGNORECASE)
_PER_ML = re.compile(
    r"^\s*(?:[\w+-]+\s){0,3}?[\w+-]*\s?(?:/\s?|\bper\s|\bin\seach\s)(?P<volume>\d+(?:\.\d+)?)?\s?(?:mL|ml|ML|cc|cm\s?[3³]|millilit(?:er|re))\b",
)
_PER_LITRE = re.compile(
    r"^\s*(?:[\w+-]+\s){0,3}?[\w+-]*\s?(?:/\s?|per\s)\s?(?:L\b|l\b|lit(?:re|er)|[µμu]L\b|[µμu]l\b|microlit|mm\s?[3³]|mm\^3|dL\b|dl\b|HPF|cubic)"
    r"|^\s*(?:[\w+-]+\s){0,2}?(?:L|l)\s?[-−⁻]\s?1",
)
_OTHER_UNIT = re.compile(
    r"^\s*(?:mg|µg|μg|mcg|ng|g|kg|IU|U|units?|copies|CFU|colony|bacteria|platelets?|thrombocytes?|erythrocytes?|red\s(?:blood\s)?cells|"
    r"leu[ck]ocytes|granulocytes|%|per\s?cent|Hz|Gy|mmol|mol|mm|cm|nm|µm|km|months?|weeks?|days?|years?|hours?|min|people|Europeans|"
    r"Americans|adults|children|patients|inhabitants|persons|dollars|euros|USD|births|women|men|kDa|viral|genomes?|vg|reads|bp)\b",
    re.IGNORECASE,
)
_LAB_BEFORE = re.compile(
    r"(?:count|counts|platelets?|thrombocytes?|leu[ck]ocytes?|WBC|white\s(?:blood\s)?cells?|neutrophils?|lymphocytes?|eosinophils?|"
    r"ANC|PLT|granulocytes?|viral\sload|titre|titer|chimerism)\b[^.;]{0,45}$",
    re.IGNORECASE,
)
_VOLUME = re.compile(
    r"(?<![\w.])(?P<low>\d+(?:\.\d+)?)(?:\s?(?:-|–|to)\s?(?P<high>\d+(?:\.\d+)?))?\s?-?(?P<unit>mL|ml|ML|cc|cm3|cm³|millilit(?:er|re)s?)"
    r"(?P<kg>\s?/\s?kg|\sper\s(?:kg|kilo))?(?![\w/])"
)
_PACKETS = re.compile(
    rf"(?P<n>\d+|{NUMBER_WORDS}|\ban?)\s(?:[\w-]+\s)?(?P<unit>packets?|bags?|vials?|sachets?)\s(?:of|containing)\s(?=(?:[\w-]+\s){{0,5}}(?i:{CELL_NOUN}))",
    re.IGNORECASE,
)

HINT = re.compile(
    r"10[⁰¹²³⁴⁵⁶⁷⁸⁹^ˆ(\[?…\n]|10 [\^(\[]|\b10(?:[4-9]|1[0-2])\b|\d[eE]\+?\d|million|billion|thousand|lakh|crore|\bmio\b|[x×*¥·]\s?10\b|"
    r"\d{3}(?:,000|\s000)|\b\d{5,}\b|\bM (?:MSC|cell)|cells?\b|\d\s?-?(?:mL|ml|cc)\b|packet|vial|bag|10(?:[4-9]|1[0-2])[A-Z]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Lexeme:
    """A piece of a sentence; ``number`` for numbers, ``power`` for powers of ten."""

    kind: str
    start: int
    end: int
    text: str
    number: Decimal | None = None
    power: int | None = None


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


class Dose(NamedTuple):
    """A dose read from a passage at a relative range. ``quantity`` is None where it cannot be resolved.

    ``kind``: ``dose``, ``concentration`` (cells/mL) or ``volume`` (mL); ``listed`` numbers doses of one list
    from 1 and is 0 for a single one; ``reason`` says why an unresolved one is unresolved.
    """

    start: int
    end: int
    quantity: Quantity | None
    kind: str = "dose"
    listed: int = 0
    list_size: int = 0
    reason: str = ""
    tail: int = 0


def lexemes(text: str) -> list[Lexeme]:
    """Cut a sentence into lexemes."""
    out = []
    for match in _LEXEME.finditer(text):
        kind = str(match.lastgroup)
        piece = match.group()
        number: Decimal | None = None
        power: int | None = None
        if match.group("raised"):
            kind, power = "power", int(piece[2:].translate(RAISED))
        elif match.group("caret"):
            kind, power = "power", int(match["caret_n"])
        elif match.group("bracket"):
            kind, power = "power", int(match["bracket_n"])
        elif match.group("split"):
            kind, power = "split", int(match["split_n"])
        elif match.group("sci"):
            kind, power = "sci", int(match["sci_n"])
            number = Decimal(re.split("[eE]", piece)[0])
        elif match.group("number"):
            kind, number = "number", decimal_number(piece)
        elif match.group("words"):
            kind, number = "words", number_word(re.sub(r"\s+", " ", piece))
        elif match.group("dot"):
            kind = "times"
        if kind in ("number", "words") and number is None:
            kind = "word"
        out.append(Lexeme(kind, match.start(), match.end(), piece, number, power))
    return out


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
        if self.kind(i) == "number" and _FLAT.fullmatch(self.lex[i].text):
            return int(self.lex[i].text[2:])
        return None

    def cells_follow(self, end: int) -> bool:
        tail = self.text[end : end + 90]
        if _PER_LITRE.match(tail) or _OTHER_UNIT.match(tail):
            return False
        return bool(_CELLS_FAR.match(tail) or _PER_KG.match(tail) or re.match(r"\s*/\s?(?:mL|ml)", tail))

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
            return Decimal(10) ** int(self.lex[i].power or 0), i + 1, f"{self.lex[i].text} read as a power of ten", False
        flat = self.flat(i)
        if flat is not None:
            return Decimal(10) ** flat, i + 1, f"{self.lex[i].text} read as 10^{flat}: raised digits lost", False
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
                return Decimal(10) ** int(after.text), i + 2, f"10 {after.text} read as 10^{after.text}: raised digit apart", False
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
        if self.kind(j) == "plusminus" and self.kind(j + 1) == "number":
            j, mean = j + 2, True
        elif (
            self.kind(j) == "number" and self.lex[j].text == "6" and self.kind(j + 1) == "number" and self.kind(j + 2) == "times"
        ):
            j, mean = j + 2, True
        # 1 (0.7–9) × 10^6, 1.55 (ranging from 0.84 to 2.56) × 10^6
        low, high = None, None
        inner = re.match(
            r"\s?[(\[](?:range[:,]?\s|ranging\s)?(?:from\s)?(\d+(?:\.\d+)?)\s?(?:-|–|to|,)\s?(\d+(?:\.\d+)?)[)\]]\s?(?=[×x*·]\s?10|million)",
            self.text[self.lex[j - 1].end :],
        )
        if inner:
            low, high = Decimal(inner[1]), Decimal(inner[2])
            stop = self.lex[j - 1].end + inner.end()
            while j < len(self.lex) and self.lex[j].start < stop:
                j += 1
        found = self.factor_at(j, number, lex)
        if found is None:
            return Item(lex.start, self.lex[j - 1].end, number, mean=mean), j
        factor, j, repair, lost = found
        return (
            Item(lex.start, self.lex[j - 1].end, number, high=high, plain_low=low, factor=factor, repair=repair, lost=lost, mean=mean),
            j,
        )

    def factor_at(self, j: int, number: Decimal, lex: Lexeme) -> tuple[Decimal, int, str, bool] | None:
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
                return Decimal(10) ** int(flat or 0), j + 2, f"{sign} {self.lex[j + 1].text} read as × 10^{flat}", False
        if self.flat(j) is not None and self.lex[j].start - lex.end == 1 and self.cells_follow(self.lex[j].end):
            flat = self.flat(j)
            return Decimal(10) ** int(flat or 0), j + 1, f"{self.lex[j].text} read as × 10^{flat}: × missing", False
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


def _tail_words(text: str) -> str:
    """What follows a number up to the end of its clause."""
    cut = re.search(r"[.;](?:\s|$)|\n", text)
    return text[: cut.start()] if cut else text


def unit_after(text: str, end: int, explicit: bool) -> str:
    """The unit of a number that ends at ``end``: cells, cells/kg, cells/cm2, cells/mL, particles, lab, other or ''.

    ``explicit`` says that the number carries a power of ten, which alone speaks for cells.
    """
    tail = _tail_words(text[end : end + 130])
    tail = re.sub(r"^\s?[)\]]", "", tail)
    if _PER_LITRE.match(tail):
        return "lab"
    if _OTHER_UNIT.match(tail) and not _PER_KG_NEAR.match(tail):
        return "other"
    if _PER_ML.match(tail):
        return "cells/mL"
    if _PER_CM2.match(tail):
        return "cells/cm2"
    if _PARTICLES.match(tail):
        return "particles"
    if _PER_KG.match(tail) and _clause_free(tail, "kg|kilo"):
        return "cells/kg"
    if _CELLS_FAR.match(tail):
        return "cells"
    return "cells" if explicit else ""


_VERB = re.compile(
    r"\b(?:was|were|is|are|had|has|have|and|or|but|followed|received|given|infused|injected|administered|then|while|which|after|before|with)\b",
    re.IGNORECASE,
)


def _clause_free(tail: str, until: str) -> bool:
    """Whether no verb or joint stands between a number and the unit that is to belong to it."""
    found = re.search(until, tail, re.IGNORECASE)
    return bool(found) and not _VERB.search(tail[: found.start() if found else 0])


def find_doses(text: str, header: str = "") -> list[Dose]:
    """All cell doses, concentrations and cell volumes of one sentence or table cell, in order.

    ``header`` is the words of the cell's headers: their multiplier and unit hold for bare numbers.
    """
    if not header and not HINT.search(text):
        return []
    found = list(_cell_counts(text, header))
    return sorted([*found, *_volumes(text, found)], key=lambda dose: dose.start)


_HEADER_POWER = re.compile(
    r"(?:[×x*·]\s?10\s?(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|[×x*·]\s?10\s?\^\s?(?P<caret>\d+)|[×x*·]\s?10(?P<flat>[4-9]|1[0-2])(?!\d)|"
    r"\b10(?P<bare>[⁴⁵⁶⁷⁸⁹])|\b10\^(?P<bare_caret>\d+)|[×x*·]\s?1?0?e(?P<sci>\d)|\b(?P<word>million|billion|thousand)s?\b)",
    re.IGNORECASE,
)
_DOSE_HEADER = re.compile(r"\bdos(?:e|age|ing)|\bcells?\b|\bMSCs?\b|\bBMSC|\bADSC|\bASCs?\b|\bnumber of cells|cell (?:number|count)|/\s?kg", re.IGNORECASE)
_NOT_DOSE_HEADER = re.compile(
    r"/\s?[µμu]?L\b|\bcounts?\b.*\b(?:WBC|platelet|lymph|neutro)|platelet|leu[ck]ocyte|\bWBC|viab|passage|\bmg\b|steroid|predniso|"
    r"harvest|yield|seed|medium|dose \d|number of (?:doses|infusions|injections)|no\. of|\bdoses\b(?!.*(?:cell|10|million))",
    re.IGNORECASE,
)


def header_multiplier(header: str) -> tuple[Decimal, str] | None:
    """What a table header says of the bare numbers under it: factor and unit; None when it is no dose header."""
    if not _DOSE_HEADER.search(header) or _NOT_DOSE_HEADER.search(header):
        return None
    match = _HEADER_POWER.search(header)
    factor = Decimal(1)
    if match:
        if match["word"]:
            factor = MULTIPLES[match["word"].lower()]
        else:
            digits = next(g for g in match.groups()[:-1] if g).translate(RAISED)
            factor = Decimal(10) ** int(digits)
    elif not re.search(r"\bcells?\b|MSC", header, re.IGNORECASE) and not re.search(r"/\s?kg", header):
        return None
    unit = "cells/kg" if re.search(r"/\s?kg|per\s(?:kg|kilo)|kg\s?[-−⁻]\s?1", header, re.IGNORECASE) else "cells"
    if re.search(r"/\s?(?:mL|ml)\b", header):
        unit = "cells/mL"
    return factor, unit


def _cell_counts(text: str, header: str) -> Iterator[Dose]:
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
        for dose in _judge(reader, items, joints, after, operator, multiplier, header):
            emitted = True
            yield dose
        i = after if emitted or after > i + 1 else i + 1


_LABELS = re.compile(
    r"(?:\b(?:case|patient|pt|day|days|month|months|week|weeks|table|fig|figure|group|course|cycle|grade|stage|class|type|level|"
    r"in|since|ref|p|no|number|aged?|at)s?\.?\s*$)|[[(]\s*$|\b(?:19|20)\d\d\s*$",
    re.IGNORECASE,
)


def _parse_list(reader: _Reader, i: int) -> tuple[list[Item], int, list[str], Operator] | None:
    """Items joined by commas, and, or, dashes, to: the items, the next position, the joints, a leading operator."""
    operator: Operator = "="
    lex = reader.lex
    between = False
    if reader.kind(i) == "operator":
        operator = _OPERATORS[re.sub(r"\s+", " ", lex[i].text.lower())]
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
        # units may be repeated inside a list: "379 × 10^6, 256 × 10^6 and ..." needs nothing; "1 × 10^6/kg to 2 × 10^6/kg" does
        following = reader.item(k)
        if following is None:
            break
        nxt, after = following
        if joint == "range" and len(items) and nxt.factor is None and items[-1].factor is not None and nxt.mantissa > 1000:
            break
        items.append(nxt)
        joints.append(joint)
        j = after
    if opened and reader.kind(j) == "close":
        # "[1–10] × 10^6": the power behind the bracket holds for what is in it
        found = reader.factor_at(j + 1, items[-1].mantissa, lex[j])
        if found and all(it.factor is None for it in items):
            factor, j, repair, lost = found
            items = [replace(it, factor=factor, repair=repair, lost=lost) for it in items]
            items[-1] = replace(items[-1], end=lex[j - 1].end)
    elif all(it.factor is None for it in items) and reader.kind(j) == "open" and reader.kind(j + 1) in ("times", "multiple"):
        # "0.8 and 1.3 (× 10^8)"
        found = reader.factor_at(j + 1, items[-1].mantissa, lex[j])
        if found and reader.kind(found[1]) == "close":
            factor, j, repair, lost = found
            j += 1
            items = [replace(it, factor=factor, repair=repair, lost=lost) for it in items]
            items[-1] = replace(items[-1], end=lex[j - 1].end)
    return items, j, joints, operator


_UNIT_BETWEEN = re.compile(r"\s?(?:(?:MSCs?|cells?)?\s?/\s?kg|(?:MSCs?|cells?)(?:\s?/\s?kg)?)(?=\s*(?:,|and|or|to|[-–]|;))", re.IGNORECASE)


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
        if reader.kind(k) == "and":
            k += 1
        return "list", k
    if kind == "and":
        return "list", j + 1
    return "", j


def _judge(
    reader: _Reader,
    items: list[Item],
    joints: list[str],
    after: int,
    operator: Operator,
    multiplier: tuple[Decimal, str] | None,
    header: str,
) -> Iterator[Dose]:
    """Share power and unit over a list, decide what it is, and yield its doses."""
    text = reader.text
    end = items[-1].end
    before = text[max(0, items[0].start - 60) : items[0].start]
    # a label or date before a comma is no member of the list: "Case 2, 5 × 10^6"; "1.2 × 10^6, 3 months" neither
    while len(items) > 1 and items[0].factor is None and joints[0] == "list" and _LABELS.search(before):
        items, joints = items[1:], joints[1:]
        before = text[max(0, items[0].start - 60) : items[0].start]
    powered = [it for it in items if it.factor is not None]
    while items and powered and items[-1].factor is None and joints and joints[-1] == "list":
        items, joints = items[:-1], joints[:-1]
        end = items[-1].end
    explicit = any(it.factor is not None and it.factor >= 1000 for it in items)
    lost = [it for it in items if it.lost]
    unit = unit_after(text, end, bool(powered))
    flat_alone = len(items) == 1 and items[0].factor is None and _FLAT.fullmatch(text[items[0].start : items[0].end])
    if flat_alone:
        # "106/kg", "107 cells/kg", "at 108 cells": a power without a mantissa, where cells are counted
        tail = text[end : end + 60]
        company = _PER_KG_NEAR.match(tail) or (
            re.match(rf"\s?(?:\([^)]*\)\s?)?(?:[\w-]+\s){{0,3}}?(?i:{CELL_NOUN})", tail) and not _OTHER_UNIT.match(tail)
        )
        if company and unit in ("cells", "cells/kg", "cells/mL"):
            power = int(text[items[0].start : items[0].end][2:])
            items = [replace(items[0], mantissa=Decimal(1), factor=Decimal(10) ** power,
                             repair=f"{text[items[0].start:items[0].end]} read as 10^{power}: no mantissa")]  # fmt: skip
            powered, explicit = items, True
    if not powered:
        yield from _bare_numbers(text, items, joints, end, unit, multiplier, header, operator)
        return
    if _LAB_BEFORE.search(before) and unit == "cells" and not _CELLS_FAR.match(text[end : end + 60]):
        return
    if unit in ("lab", "other"):
        return
    if lost and len(lost) == len(powered):
        if _CELLS.search(text) or explicit or re.search(r"\bdos|inject|infus|number", text, re.IGNORECASE):
            yield Dose(items[0].start, end, None, reason=lost[0].repair)
        return
    words_only = not explicit or all(it.factor in (Decimal(1), *MULTIPLES.values()) for it in powered)
    spelled = bool(re.search(r"million|billion|thousand|lakh|crore|mio", text[items[0].start : end], re.IGNORECASE))
    if words_only and spelled and unit == "cells" and not _CELLS_FAR.match(text[end : end + 130]):
        # a count in words is a dose of cells only in their company
        if not _CELLS.search(text) and multiplier is None and not _GIVEN.search(text):
            return
    shared = powered[-1].factor
    items = [it if it.factor is not None else replace(it, factor=shared) for it in items]
    if multiplier and unit == "cells" and multiplier[1] != "cells" and not _CELLS_FAR.match(text[end : end + 40]):
        unit = multiplier[1]
    yield from _emit(text, items, joints, unit or "cells", operator, end)


_GIVEN = re.compile(r"infus|inject|transplant|implant|administ|instill|\bdos(?:e|es|ed)\b|received|given", re.IGNORECASE)


def _bare_numbers(
    text: str,
    items: list[Item],
    joints: list[str],
    end: int,
    unit: str,
    multiplier: tuple[Decimal, str] | None,
    header: str,
    operator: Operator,
) -> Iterator[Dose]:
    """Numbers without a power: counted under a header with a multiplier, or printed in full (650,000 cells)."""
    whole = text.strip()
    if multiplier and unit in ("", "cells", "cells/kg") and re.fullmatch(r"[\d.,·\s~≈±–/;()×x*†‡§a-e-]+|.*cells?.*", whole):
        factor, header_unit = multiplier
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
    r"^[^.;\d]{0,40}?[(\[,]\s?(?:range[:,]?|ranging\sfrom|range\sof|from|IQR)?\s?(?P<low>\d+(?:\.\d+)?)\s?(?:-|–|to)\s?(?P<high>\d+(?:\.\d+)?)"
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
        assert first.factor is not None and last.factor is not None
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
        elif size == 1 and (found := _RANGE_AFTER.match(text[first.end : first.end + 110])):
            if (_CENTRE.search(text[: first.start]) or "range" in found.group()) and value is not None:
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
            first.start, last.end, quantity, kind, number if size > 1 else 0, size if size > 1 else 0, tail=end
        )


_VEHICLE = re.compile(
    r"^\W*(?:of\s)?(?:(?:[\w.%-]+\s){0,3}?)(?:saline|NaCl|PBS|albumin|plasma|serum|PRP|platelet|hyaluron|ringer|lidocaine|"
    r"bupivacaine|ropivacaine|an[a]?esthetic|CSF|cerebrospinal|blood\b|red\scells|contrast|water|dextrose|dextran|fluid|vehicle|medium|"
    r"solution|suspension volume|lipoaspirate|heparin|ACD|steroid|synovial)",
    re.IGNORECASE,
)
_CELL_VOLUME = re.compile(
    rf"^\W*(?:of\s|with\s)?(?:(?:the|his|her|autologous|allogeneic|own|resulting|final|this|prepared|purified|concentrated)\s)*(?:[\w'’-]+\s){{0,3}}?"
    rf"(?i:{CELL_NOUN}|BMAC|BMC|SVF|stromal vascular|marrow aspirate concentrate|micro-?fragmented|microfat|nanofat|lipogems|fat\b|adipose)",
)


def _volumes(text: str, counts: list[Dose]) -> Iterator[Dose]:
    """Volumes of cells (2 mL of SVF, mL/kg), packets of them, and volume × concentration."""
    concentrations = [c for c in counts if c.kind == "concentration" and c.quantity]
    for match in _VOLUME.finditer(text):
        if any(c.start <= match.start() < c.end for c in counts):
            continue
        before = text[max(0, match.start() - 40) : match.start()]
        after = text[match.end() : match.end() + 90]
        if re.search(r"/\s?$|\bper\s$", before):
            continue
        low = Decimal(match["low"])
        high = Decimal(match["high"]) if match["high"] else None
        unit = "mL/kg" if match["kg"] else "mL"
        near = [c for c in concentrations if 0 <= c.start - match.end() <= 45 or 0 <= match.start() - c.tail <= 45]
        if near and high is None:
            product = near[0].quantity
            assert product is not None and (product.number is not None or product.low is not None)
            per = _concentration_volume(text, near[0])
            start, stop = min(match.start(), near[0].start), max(match.end(), near[0].end)
            yield Dose(
                start,
                stop,
                Quantity(
                    number=None if product.number is None else product.number * low / per,
                    low=None if product.low is None else product.low * low / per,
                    high=None if product.high is None else product.high * low / per,
                    unit="cells",
                    as_written=text[start:stop],
                    repair=f"volume × concentration: {low} mL at {product.as_written}/mL",
                ),
            )
            continue
        quantity = Quantity(
            number=None if high is not None else low,
            low=low if high is not None else None,
            high=high,
            unit=unit,
            as_written=match.group(),
        )
        if _VEHICLE.match(after):
            continue
        of_cells = _CELL_VOLUME.match(after) and not re.match(r"^\W*(?:containing|with\s\d|of\s[\w-]+\scontaining)", after)
        yield Dose(match.start(), match.end(), quantity, "dose" if of_cells else "volume")
    for match in _PACKETS.finditer(text):
        count = match["n"].lower()
        number = Decimal(1) if count in ("a", "an") else (number_word(count) or Decimal(count))
        noun = match["unit"].lower().rstrip("s")
        quantity = Quantity(number=number, unit="packets", as_written=match.group().strip(), repair="" if noun == "packet" else noun)
        if not any(c.kind == "dose" for c in counts):
            yield Dose(match.start(), match.end("unit"), quantity)


def _concentration_volume(text: str, dose: Dose) -> Decimal:
    """The volume a concentration is given for: 1, or 20 in ``2 × 10^7 cells/20 mL``."""
    match = _PER_ML.match(re.sub(r"^\s?[)\]]", "", text[dose.tail :]))
    return Decimal(match["volume"]) if match and match["volume"] else Decimal(1)
