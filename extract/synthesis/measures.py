"""SYNTHESIS: what schemas/scales.yaml says of a measure: domain, better direction, range, thresholds; and of units.

Nothing is guessed: a measure that the schema does not know, or on which its entries differ, has no direction and no
range.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar

from extract.schema import Scale, Schema, Threshold

Better = Literal["lower", "higher"]
T = TypeVar("T")

UNKNOWN = "not classified"
"""The domain of a measure that schemas/scales.yaml does not know or puts in none."""

LABORATORY = "laboratory"


class Bounds(NamedTuple):
    """The ends of a scale and where they are from; ``low`` and ``high`` are None where ``source`` says why there are
    none."""

    low: Decimal | None
    high: Decimal | None
    source: str

    @property
    def width(self) -> Decimal | None:
        """The points between the ends."""
        return self.high - self.low if self.high is not None and self.low is not None else None


@dataclass(frozen=True)
class Measure:
    """A measure by one rater, as the schema knows it. ``versions``: scales of other ranges of which this may be one,
    since its own version is not said (JADAS of JADAS10, JADAS27 and JADAS71)."""

    name: str
    rater: str
    domain: str
    kind: str
    better: Better | None
    minimum: Decimal | None
    maximum: Decimal | None
    thresholds: tuple[Threshold, ...]
    versions: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name and rater: raters are never mixed."""
        return f"{self.name} ({self.rater})" if self.rater else self.name

    def bounds(self, printed: Iterable[Decimal], values: Iterable[Decimal], units: Iterable[str]) -> Bounds:
        """The range that values of one patient stand in: the maximum printed beside them, else the scale's own.

        None where several maxima are printed, where a value lies outside, for laboratory values, measurements and
        stages, and for a rating line (VAS, NRS) whose length, 10 or 100, is not printed.
        """
        known = list(values)
        if self.kind != "score":
            return Bounds(None, None, _NO_SCALE.get(self.kind, "the scale is not in schemas/scales.yaml"))
        maxima = sorted(set(printed))
        if len(maxima) > 1:
            return Bounds(None, None, f"printed with different maxima ({', '.join(f'{x:f}' for x in maxima)})")
        if maxima:
            low = self.minimum if self.minimum is not None and self.maximum == maxima[0] else Decimal(0)
            return _checked(Bounds(low, maxima[0], "printed"), known)
        if _LINE.search(self.name):
            length = next((_LENGTHS[unit] for unit in units if unit in _LENGTHS), None)
            if length is None:
                return Bounds(None, None, "the length of the rating line (10 or 100) is not printed")
            return _checked(Bounds(Decimal(0), length, "unit"), known)
        if self.versions:
            return Bounds(None, None, f"the version of the scale is not said ({', '.join(self.versions)})")
        if self.minimum is None or self.maximum is None:
            return Bounds(None, None, "the range of the scale is neither printed nor in schemas/scales.yaml")
        return _checked(Bounds(self.minimum, self.maximum, "schemas/scales.yaml"), known)


_NO_SCALE = {
    "laboratory": "a laboratory value has no scale",
    "measurement": "a measurement has no scale",
    "stage": "stages are ranks, their distances mean nothing",
}
_LINE = re.compile(r"\b(?:VAS|NRS)\b")
_LENGTHS = {"mm": Decimal(100), "cm": Decimal(10)}


def _checked(bounds: Bounds, values: Iterable[Decimal]) -> Bounds:
    for value in values:
        if bounds.low is not None and bounds.high is not None and not bounds.low <= value <= bounds.high:
            return Bounds(None, None, f"{value:f} lies outside {bounds.low:f} to {bounds.high:f}")
    return bounds


def measure_of(schema: Schema, name: str, rater: str, better: str = "") -> Measure:
    """The measure of an outcome row. ``better`` is what the table says, which goes before the schema.

    Of several entries with the name those of the rater count, else those of no rater; where they differ in something,
    it is left open.
    """
    scales = _scales(schema, name)
    of_rater = [scale for scale in scales if scale.rater == rater] if rater else []
    entries = of_rater or [scale for scale in scales if scale.rater is None] or scales
    domain = _only({scale.domain or _domain_of_kind(scale) for scale in entries}) or UNKNOWN
    said: Better | None = "lower" if better == "lower" else "higher" if better == "higher" else None
    return Measure(
        name=name,
        rater=rater,
        domain=domain,
        kind=_only({scale.kind for scale in entries}) or "",
        better=said or _only({scale.better for scale in entries}),
        minimum=_only({scale.minimum for scale in entries}),
        maximum=_only({scale.maximum for scale in entries}),
        thresholds=tuple(dict.fromkeys(threshold for scale in entries for threshold in scale.thresholds)),
        versions=_versions(schema, name, entries),
    )


def _versions(schema: Schema, name: str, entries: list[Scale]) -> tuple[str, ...]:
    """The numbered versions of a scale that end elsewhere than its own entry."""
    ends = {scale.maximum for scale in entries}
    numbered = re.compile(rf"{re.escape(name)}[- ]?\d")
    others = [scale for scale in schema.scales if numbered.match(scale.name) and scale.maximum not in ends]
    return tuple(dict.fromkeys(scale.name for scale in others))


def _domain_of_kind(scale: Scale) -> str:
    return LABORATORY if scale.kind == "laboratory" else UNKNOWN


def _only(things: set[T | None]) -> T | None:
    """The one thing of a set, None of none or several."""
    return next(iter(things)) if len(things) == 1 else None


def _scales(schema: Schema, name: str) -> list[Scale]:
    return [scale for scale in schema.scales if scale.name == name]


# --- units


class UnitOf(NamedTuple):
    """A unit as its quantity and how many of the base it makes."""

    base: str
    factor: Decimal


def unit_table(schema: Schema) -> dict[str, UnitOf]:
    """How units are written (see ``plain_unit``) -> what they are."""
    table: dict[str, UnitOf] = {}
    for unit in schema.units:
        for word in (unit.unit, *unit.words, *unit.exact):
            table.setdefault(plain_unit(word), UnitOf(unit.base or unit.unit, unit.factor))
    return table


def plain_unit(text: str) -> str:
    """A unit without what does not matter to it: ``% of the predicted value`` is ``%``, ``points`` is nothing."""
    plain = re.sub(r"\s+", "", text.replace("μ", "u").replace("µ", "u").replace("²", "2")).casefold()
    plain = (
        re.sub(r"(?:of)?(?:the)?(?:predicted|pred|expected|normal)\.?(?:value)?$", "", plain) if "%" in plain else plain
    )
    return "" if plain in ("point", "points", "score") else plain


def convert(number: Decimal, unit: str, to: str, units: dict[str, UnitOf]) -> Decimal | None:
    """A number of one unit in another; None where they do not measure the same. A unit that is not printed is taken for
    the one beside it."""
    here, there = plain_unit(unit), plain_unit(to)
    if here == there or not here or not there:
        return number
    a, b = units.get(here), units.get(there)
    if a is None or b is None or a.base != b.base:
        return None
    return number * a.factor / b.factor
