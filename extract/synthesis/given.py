"""SYNTHESIS: the cells that a patient was given: how often, from what source, which way, how many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.evidence.display import times_given
from extract.synthesis.rows import Person, Row

INTRAVENOUS = "intravenous"
PER_KG = ("cells_per_kg", "cells_per_kg_low", "cells_per_kg_high")
CELLS = ("dose_cells", "dose_cells_low", "dose_cells_high")

NAMES = (
    "administration", "order", "course", "count", "cell_type", "tissue", "donor", "product", "route", "site",
    "laterality", *CELLS, *PER_KG, "dose_value", "dose_low", "dose_high", "dose_unit", "dose_basis", "volume_ml",
    "timing_months", "interval", "record",
)  # fmt: skip


class Times(NamedTuple):
    """How often cells were given: the least and the most it can be; ``told`` is False where a row does not say how
    often and was counted once."""

    least: int
    most: int
    told: bool

    @property
    def text(self) -> str:
        """``3``, ``3 to 6``, ``at least 3``."""
        text = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        return text if self.told else f"at least {text}"


class Dose(NamedTuple):
    """A dose, from low to high, equal for one figure."""

    low: Decimal
    high: Decimal


def as_cells(row: Row) -> dict[str, str]:
    """A row of administrations.csv as plain cells, '' for empty."""
    return {name: row.text(name) for name in NAMES}


def times(person: Person) -> Times:
    """How often a patient was given cells; 0 where the paper tells of no administration."""
    return Times(*times_given([as_cells(row) for row in person.administrations]))


def dose_of(row: Row, names: Sequence[str] = CELLS) -> Dose | None:
    """The dose per administration of a row in cells (or, with ``PER_KG``, cells per kg as printed); None where it is
    not told, or is a total, or the paper leaves open which."""
    if row.text("dose_basis") in ("total", "unclear"):
        return None
    one, low, high = (row.number(name) for name in names)
    if one is not None:
        return Dose(one, one)
    if low is None or high is None:
        return None
    return Dose(min(low, high), max(low, high))


def sources(person: Person) -> tuple[str, ...]:
    """The sources of a patient's cells, donor and tissue: ``autologous bone marrow``; what is not told is said."""
    found = []
    for row in person.administrations:
        donor, tissue = row.text("donor"), row.text("tissue")
        found.append(
            f"{donor or 'donor NR'}, {tissue or 'tissue NR'}" if not (donor and tissue) else f"{donor} {tissue}"
        )
    return tuple(dict.fromkeys(found))


def routes(person: Person) -> tuple[str, ...]:
    """The routes by which a patient was given cells; ``route NR`` where one is not told."""
    return tuple(dict.fromkeys(row.text("route") or "route NR" for row in person.administrations))


def courses(person: Person) -> int:
    """How many courses the paper tells of, 0 without administrations."""
    return max((int(row.number("course") or 1) for row in person.administrations), default=0)
