"""LINK, treatments: one administration as one passage tells it."""

from __future__ import annotations

from typing import NamedTuple

from extract.model import Mention, Span


class Draft(NamedTuple):
    """One administration as one passage tells it.

    ``doses``: the printed doses of it, at most one of each unit (cells and cells/kg of the same dose stand together);
    ``facts``: one mention each for route, site, count, interval, timing, volume, tissue, donor, cell_type, product;
    ``basis``: per_administration, total or unclear; ``unresolved``: a dose that was printed but cannot be read.
    ``sentence`` is the passage, or the line of the table from its first to its last cell; ``cells`` its cells.
    """

    doses: tuple[Mention, ...]
    facts: dict[str, Mention]
    basis: str
    sentence: Span
    unresolved: Mention | None = None
    cells: tuple[int, ...] = ()
    listed: bool = False

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Everything the draft rests on, doses first."""
        odd = (self.unresolved,) if self.unresolved else ()
        return (*self.doses, *odd, *self.facts.values())

    @property
    def times(self) -> int | None:
        """How many times, when a number is told; each dose of a list counts once."""
        if self.listed:
            return 1
        mention = self.facts.get("count")
        quantity = mention.quantity if mention else None
        return int(quantity.number) if quantity and quantity.number is not None else None

    @property
    def anchors(self) -> tuple[Mention, ...]:
        """What other facts are tied to: the dose and the route."""
        route = (self.facts["route"],) if "route" in self.facts else ()
        odd = (self.unresolved,) if self.unresolved else ()
        return (*self.doses[:1], *route) or odd
