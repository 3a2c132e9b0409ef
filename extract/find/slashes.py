"""FIND, slashes: behind a slash stands a maximum ("7/10") or another value ("TJC/SJC 12/8", "before/after 38/17").

Nobody scores 71 of 64. And where two measures, or two times, are told with a slash between, so are their values, unless
the second number is where a scale may end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from extract.find.phases import Point
from extract.find.readings import Reading
from extract.find.subjects import ScaleHit
from extract.schema import Scale

SLASH = re.compile(r"\s?/\s?")
_BEHIND_SLASH = re.compile(r"[\d.,\s<>≤≥]+/\d")
_ACUITY = re.compile(r"snellen|acuity|bcva", re.IGNORECASE)


def is_acuity(scale: Scale) -> bool:
    """Whether values are fractions of Snellen: 20/15 is one value."""
    return _ACUITY.search(f"{scale.name} {scale.long_name}") is not None


def with_pairs(text: str, hits: Sequence[ScaleHit], readings: list[Reading]) -> list[Reading]:
    """The readings of a sentence, those taken apart that are two values; ``hits`` are its scales in order."""
    if any(is_acuity(hit.scale) for hit in hits):
        return readings
    told = [reading for reading in readings if _has_slash(reading)]
    together = any(SLASH.fullmatch(text, a.end, b.start) for a, b in pairwise(hits))
    ends = {end for hit in hits for end in _ends(hit.scale)}
    if any(map(_is_inverted, told)) or (together and not any(reading.top in ends for reading in told)):
        return [part for reading in readings for part in _parted(reading)]
    return readings


def with_times(scale: Scale, line: Sequence[Point], readings: list[Reading]) -> list[Reading]:
    """The readings of a cell, a lone one taken apart where its headers tell two times."""
    if len(line) != 2 or len(readings) != 1 or is_acuity(scale) or not _has_slash(readings[0]):
        return readings
    may_end = readings[0].top in _ends(scale)
    return readings if may_end and not _is_inverted(readings[0]) else _parted(readings[0])


_TEN, _HUNDRED = Decimal(10), Decimal(100)


def _ends(scale: Scale) -> set[Decimal | None]:
    """Where a scale may end: a line of ten centimetres is one of a hundred millimetres."""
    return {scale.maximum, _TEN, _HUNDRED} if scale.maximum in (_TEN, _HUNDRED) else {scale.maximum}


def _has_slash(reading: Reading) -> bool:
    return reading.top is not None and _BEHIND_SLASH.match(reading.text) is not None


def _is_inverted(reading: Reading) -> bool:
    return reading.number is not None and reading.top is not None and reading.number > reading.top


def _parted(reading: Reading) -> list[Reading]:
    if not _has_slash(reading):
        return [reading]
    slash = reading.text.index("/")
    middle = reading.start + slash
    return [
        reading._replace(end=middle, text=reading.text[:slash], top=None),
        reading._replace(start=middle + 1, text=reading.text[slash + 1 :], number=reading.top, top=None, operator="="),
    ]
