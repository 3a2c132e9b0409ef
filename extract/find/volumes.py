"""Volumes and packets of cells, and volume × concentration; ``Dose``, what the grammar reads from a passage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from extract.find.company import CELL_NOUN, PARTICLES, PER_ML
from extract.model import Quantity
from extract.numbers import NUMBER_WORDS, number_word
from extract.patterns import searched

_VOLUME = searched(
    r"(?:(?:(?<![\w.])|(?<=[A-Z]{4}))(?P<low>\d+(?:\.\d+)?)(?:\s?(?:-|–|"
    r"to)\s?(?P<high>\d+(?:\.\d+)?))?|\b(?i:(?P<words>" + NUMBER_WORDS + r")))"
    r"\s?-?(?P<unit>mL|ml|ML|cc|cm3|cm³|millilit(?:er|re)s?)"
    r"(?P<kg>\s?/\s?kg|\sper\s(?:kg|kilo))?(?![a-z\d/])",
    0,
)
_PACKETS = searched(
    rf"(?P<n>\d+|{NUMBER_WORDS}|\ban?)\s(?:[\w-]+\s)?(?P<unit>packets?|bags?|vials?|sachets?)\s(?:of|"
    rf"containing)\s(?=(?:[\w-]+\s){{0,5}}(?i:{CELL_NOUN}))",
)


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


_VEHICLE = re.compile(
    r"^\W*(?:of\s)?(?:(?:[\w.%-]+\s){0,3}?)(?:saline|NaCl|PBS|albumin|plasma|serum|PRP|platelet|hyaluron|"
    r"ringer|lidocaine|"
    r"bupivacaine|ropivacaine|an[a]?esthetic|CSF|cerebrospinal|blood\b(?!\s(?:cells?|mono|stem|derived|"
    r"MNC|graft|unit))|red\scells|contrast|water|dextrose|dextran|fluid|vehicle|medium|"
    r"solution|suspension volume|lipoaspirate|heparin|ACD|steroid|synovial)",
    re.IGNORECASE,
)
_CELL_VOLUME = re.compile(
    rf"^\W*(?:of\s|with\s)?(?:(?:the|his|her|autologous|allogeneic|own|resulting|final|this|prepared|"
    rf"purified|concentrated)\s)*(?:[\w'’-]+\s){{0,3}}?"
    rf"(?i:{CELL_NOUN}|BMAC|BMC|SVF|stromal vascular|marrow aspirate concentrate|micro-?fragmented|"
    rf"microfat|nanofat|lipogems|fat\b|adipose)",
)


_CELLS_BEFORE = re.compile(
    r"\b(?:BMAC|BMC|SVF|\w*ADRCs?|\w*ADSCs?|\w*ASCs?|\w*-?MSCs?|BM-?MNCs?|fraction|"
    r"marrow(?: aspirate)? concentrate|micro-?fragmented (?:fat|adipose "
    r"tissue)|microfat|nanofat|lipogems)[\s,(:]{1,3}$",
    re.IGNORECASE,
)


_ANY_CELLS_BEFORE = re.compile(rf"(?i:{CELL_NOUN})[,(]\s?\(?$|(?i:{CELL_NOUN})\s\($")


def find_volumes(text: str, counts: list[Dose]) -> Iterator[Dose]:
    """Volumes of cells (2 mL of SVF, mL/kg), packets of them, and volume × concentration."""
    concentrations = [c for c in counts if c.kind == "concentration" and c.quantity]
    for match in _VOLUME.finditer(text):
        if any(c.start <= match.start() < c.end for c in counts):
            continue
        before = text[max(0, match.start() - 40) : match.start()]
        after = text[match.end() : match.end() + 90]
        if re.search(r"/\s?$|\bper\s$", before):
            continue
        low = Decimal(match["low"]) if match["low"] else number_word(match["words"].lower()) or Decimal(0)
        high = Decimal(match["high"]) if match["high"] else None
        unit = "mL/kg" if match["kg"] else "mL"
        near = [c for c in concentrations if 0 <= c.start - match.end() <= 45 or 0 <= match.start() - c.tail <= 45]
        if near and high is None:
            product = near[0].quantity
            assert product is not None
            per = _concentration_volume(text, near[0])
            start, stop = min(match.start(), near[0].start), max(match.end(), near[0].end)
            yield Dose(
                start,
                stop,
                Quantity(
                    number=None if product.number is None else product.number * low / per,
                    low=None if product.low is None else product.low * low / per,
                    high=None if product.high is None else product.high * low / per,
                    unit="particles" if PARTICLES.match(text, near[0].end) else "cells",
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
        named = (_CELLS_BEFORE.search(before) or (not counts and _ANY_CELLS_BEFORE.search(before))) and not re.match(
            r"^\W*(?:of|containing)\b", after
        )
        of_cells = (named or _CELL_VOLUME.match(after)) and not re.match(
            r"^\W*(?:containing|with\s\d|of\s[\w-]+\scontaining)", after
        )
        yield Dose(match.start(), match.end(), quantity, "dose" if of_cells else "volume")
    for match in _PACKETS.finditer(text):
        count = match["n"].lower()
        number = Decimal(1) if count in ("a", "an") else (number_word(count) or Decimal(count))
        noun = match["unit"].lower().rstrip("s")
        quantity = Quantity(
            number=number,
            unit="packets",
            as_written=match.group().strip(),
            repair="" if noun == "packet" else noun,
        )
        if not any(c.kind == "dose" for c in counts):
            yield Dose(match.start(), match.end("unit"), quantity)


def _concentration_volume(text: str, dose: Dose) -> Decimal:
    """The volume a concentration is given for: 1, or 20 in ``2 × 10^7 cells/20 mL``."""
    match = PER_ML.match(re.sub(r"^\s?[)\]]", "", text[dose.tail :]))
    return Decimal(match["volume"]) if match and match["volume"] else Decimal(1)
