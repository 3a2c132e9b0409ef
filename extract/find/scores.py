"""The find room's reader of scores: scale names and the values that belong to them -> Mentions.

In running text the values follow their scale ("EDSS was 6.5 at baseline and 4.0 after a year"), now and then they
precede it ("a 6 on the VAS"); in tables a header names the scale, the time, or both. A value outside the range of
its scale is returned and marked, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.find.language import Passage
from extract.find.phases import Point, read_timing, timeline
from extract.find.raters import rater_near, rater_of
from extract.find.readings import SCALE_MARK, Range, Reading, find_ranges, find_readings
from extract.find.timing import Slot, give_phases
from extract.model import Mention, Quantity, Rater, plain
from extract.schema import Scale


class ScaleHit(NamedTuple):
    """A scale's name at start..end of a passage."""

    start: int
    end: int
    scale: Scale


class Subject(NamedTuple):
    """What the next values are about: one scale, several joined by "and", or what a pronoun stands for."""

    start: int
    end: int
    hits: tuple[ScaleHit, ...]


class Score(NamedTuple):
    """A value with its scale; ``reading`` in the coordinates of its sentence."""

    hit: ScaleHit
    reading: Reading
    subject: Subject
