"""What stands next to a number decides what it counts: cells, cells per kg, a laboratory value, a drug."""

from __future__ import annotations

import re
from decimal import Decimal

from extract.find.lexemes import MULTIPLES, RAISED
from extract.find.sieve import sieved

CELL_NOUN = (
    r"(?:[\w-]*(?:MSC|ASC|ADSC|ADRC|MNC|HSC|EPC|BMSC|PMSC|TNC|SVF|Treg|DPSC|SHED|SMSC)s?\b|(?:[\w-]+\s)?cells?\b|"
    r"[\w-]*myoblasts?\b|fibroblasts?\b|keratinocytes?\b|chondrocytes?\b|osteoblasts?\b|hepatocytes?\b|CD34\s?\+?|"
    r"progenitors?\b|[\w-]*stromal\b|mesenchymal\b|stem\b|BMAC\b|concentrate\b|mononuclear\b)"
)
CELLS_FAR = re.compile(rf"^\W*(?:[^\W\d][\w'’/+-]*[\s,]+){{0,7}}?(?i:{CELL_NOUN})")
CELLS = re.compile(rf"(?i:\b{CELL_NOUN})")
PARTICLES = re.compile(r"\W*(?:[\w-]+\s+){0,3}?(?:particles?|vesicles?|exosomes?|EVs?)\b", re.IGNORECASE)
PER_KG = re.compile(
    r"^\s*(?:[^\W\d][\w'’+-]*+(?:\s++[,(]?+\s*+|[,(]\s*+)){0,6}?(?:[^\W\d][\w'’+-]*\s*[,(]?\s*)?(?:/\s?|"
    r"·\s?|\bper\s|\ba\s|\beach\s)\s?(?:kg|kilo(?:gram)?s?)(?![a-z])"
    r"|^\s*(?:[\w-]+\s){0,5}?kg\s?(?:[-−⁻–]\s?1|⁻¹|\^-1)",
    re.IGNORECASE,
)
PER_KG_NEAR = re.compile(
    r"^\s*(?:(?:stem\s|stromal\s)?[\w+-]*(?:cells?|MSCs?|ASCs?|MNCs?|CD34\+?)\s?)?[)\]]?\s?(?:/\s?|per\s)kg",
    re.IGNORECASE,
)
_PER_CM2 = re.compile(
    r"^\s*(?:[\w+-]+\s){0,3}?[\w+-]*\s?(?:/\s?|per\s)(?:square\s)?(?:cm\s?[2²]|cm\^2|centimet)", re.IGNORECASE
)
PER_ML = re.compile(
    r"^\s*(?:[\w+-]+\s){0,3}?[\w+-]*\s?(?:/\s?|\bper\s|\bin\seach\s)(?P<volume>\d+(?:\.\d+)?)?\s?(?:mL|ml|"
    r"ML|cc|cm\s?[3³]|millilit(?:er|re))\b",
)
PER_LITRE = re.compile(
    r"^\s*(?:[\w+-]+\s){0,3}?[\w+-]*\s?(?:/\s?|per\s)\s?(?:L\b|l\b|lit(?:re|er)|[µμu]L\b|[µμu]l\b|"
    r"microlit|mm\s?[3³]|mm\^3|dL\b|dl\b|HPF|cubic)"
    r"|^\s*(?:[\w+-]+\s){0,2}?(?:L|l)\s?[-−⁻]\s?1",
)
OTHER_UNIT = re.compile(
    r"^\s*(?:mg|µg|μg|mcg|ng|g|kg|IU|U|units?|copies|CFU|colony|bacteria|platelets?|thrombocytes?|"
    r"erythrocytes?|red\s(?:blood\s)?cells|"
    r"leu[ck]ocytes|granulocytes|%|per\s?cent|Hz|Gy|mmol|mol|mm|cm|nm|µm|km|months?|weeks?|days?|years?|"
    r"hours?|min|people|Europeans|"
    r"Americans|adults|children|patients|inhabitants|persons|dollars|euros|USD|births|women|men|kDa|viral|"
    r"genomes?|vg|reads|bp)\b",
    re.IGNORECASE,
)
LAB_BEFORE = re.compile(
    r"(?:count|counts|platelets?|thrombocytes?|leu[ck]ocytes?|WBC|white\s(?:blood\s)?cells?|neutrophils?|"
    r"lymphocytes?|eosinophils?|"
    r"ANC|PLT|granulocytes?|viral\sload|titre|titer|chimerism)\b[^.;]{0,45}$",
    re.IGNORECASE,
)
HINT = sieved(
    r"10[⁰¹²³⁴⁵⁶⁷⁸⁹^ˆ(\[?…\n]|10 [\^(\[]|\b10(?:[4-9]|1[0-2])\b|\d[eE]\+?\d|million|billion|thousand|lakh|"
    r"crore|\bmio\b|[x×*¥·]\s?10(?:[4-9]|1[0-2])?\b|"
    r"\d{3}(?:,000|\s000)|\b\d{5,}\b|\bM (?:MSC|cell)|cells?\b|\d\s?-?(?:mL|ml|cc)\b|packet|vial|bag|"
    r"10(?:[4-9]|1[0-2])[A-Z]",
)


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
    if PER_LITRE.match(tail):
        return "lab"
    if OTHER_UNIT.match(tail) and not PER_KG_NEAR.match(tail):
        return "other"
    if PER_ML.match(tail):
        return "cells/mL"
    if _PER_CM2.match(tail):
        return "cells/cm2"
    if PARTICLES.match(tail):
        return "particles"
    if _clause_free(tail, "kg|kilo") and PER_KG.match(tail):
        return "cells/kg"
    if CELLS_FAR.match(tail):
        return "cells"
    return "cells" if explicit else ""


_VERB = re.compile(
    r"\b(?:was|were|is|are|had|has|have|and|or|but|followed|received|given|infused|injected|administered|"
    r"then|while|which|after|before|with)\b",
    re.IGNORECASE,
)


def _clause_free(tail: str, until: str) -> bool:
    """Whether no verb or joint stands between a number and the unit that is to belong to it."""
    found = re.search(until, tail, re.IGNORECASE)
    return bool(found) and not _VERB.search(tail[: found.start() if found else 0])


_HEADER_POWER = re.compile(
    r"(?:[×x*·]\s?10\s?(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|[×x*·]\s?10\s?\^\s?(?P<caret>\d+)|"
    r"[×x*·]\s?10(?P<flat>[4-9]|1[0-2])(?!\d)|"
    r"\b10(?P<bare>[⁴⁵⁶⁷⁸⁹])|\b10\^(?P<bare_caret>\d+)|[×x*·]\s?1?0?e(?P<sci>\d)|\b(?P<word>million|"
    r"billion|thousand)s?\b)",
    re.IGNORECASE,
)
_DOSE_HEADER = re.compile(
    r"\bdos(?:e|age|ing)|\bcells?\b|\bMSCs?\b|\bBMSC|\bADSC|\bASCs?\b|\b[MT]NCs?\b|\bSVF\b|\bADRCs?\b|\bBMA?C\b|"
    r"\bmononuclear\b|\bCD34|\bmyoblasts?\b|\bT\W?regs?\b|\bnumber of cells|cell (?:number|count)|/\s?kg",
    re.IGNORECASE,
)
_NOT_DOSE_HEADER = re.compile(
    r"/\s?[µμu]?L\b|\bcounts?\b.*\b(?:WBC|platelet|lymph|neutro)|platelet|leu[ck]ocyte|\bWBC|viab|passage|"
    r"\bmg\b|steroid|predniso|"
    r"harvest|yield|seed|collected|aspirated|isolated|medium|dose \d|number of (?:doses|infusions|injections)|no\. of|"
    r"\bdoses\b(?!.*(?:cell|10|million))",
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
