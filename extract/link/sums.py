"""LINK, sums: a printed total against the doses that are listed for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from extract.link.claims import Dispute
from extract.link.givings import Dose, Giving, count_of, differ
from extract.link.places import dose_claim
from extract.link.values import close, plain_words

CLOSE = "0.03"
"""How far a total may be from its sum: every part is rounded."""


def total_disputes(givings: Sequence[Giving], patient: str) -> list[Dispute]:
    """Totals of one paragraph that no part of its itemised doses comes to.

    A total above the sum counts only in the sentence of its parts: elsewhere a dose may have gone unread. A total is
    left in peace when anything could explain it: a dose whose number of administrations is not told and
    that divides it, a range among the parts, parts of another route or tissue, a sum of some of the parts.
    """
    out: list[Dispute] = []
    for total in givings:
        if not total.is_total or len(total.doses) != 1 or total.doses[0].number is None:
            continue
        whole = total.doses[0]
        assert whole.number is not None
        parts = [
            (row, d)
            for row in givings
            if row is not total
            and row.block == total.block
            and row.wheres == total.wheres
            and not differ(row, total, "route", "tissue", "cell_type")
            and (d := row.dose(whole.unit)) is not None
        ]
        if len(parts) < 2 or any(d.number is None or d.basis == "total" for _, d in parts):
            continue
        if _explained(whole, parts):
            continue
        told = " + ".join(_times(row, d) for row, d in parts)
        apart = any(row.sentence != total.sentence for row, _ in parts)
        summed = sum((_size(row, d) for row, d in parts), Decimal(0))
        if apart and summed < whole.number:
            continue
        words = (
            f"{told} = {plain_words(summed)} {whole.unit}; the total that is printed is {plain_words(whole.number)}."
        )
        a = dose_claim(whole, total.wheres[0])
        b = dose_claim(parts[0][1], parts[0][0].wheres[0])._replace(value=f"{plain_words(summed)} {whole.unit} (sum)")
        out.append(Dispute(patient, f"total {whole.unit}", a, b, "arithmetic", "minor", "", "dose.sum", words))
    return out


def _size(row: Giving, dose: Dose) -> Decimal:
    return (dose.number or Decimal(0)) * (count_of(row) or 1)


def _times(row: Giving, dose: Dose) -> str:
    count = count_of(row)
    return plain_words(dose.number) + (f" × {count}" if count and count > 1 else "")


def _explained(whole: Dose, parts: Sequence[tuple[Giving, Dose]]) -> bool:
    if whole.number is None:
        return True
    for size in range(1, min(len(parts), 8) + 1):
        for some in combinations(parts, size):
            if close(sum((_size(row, d) for row, d in some), Decimal(0)), whole.number, CLOSE):
                return True
    sizes = [d.number for _, d in parts if d.number]
    if (
        any(
            count_of(row) is None and close(_nearest(whole.number, d.number), whole.number, CLOSE)
            for row, d in parts
            if d.number
        )
        and len(set(sizes)) == 1
    ):
        return True
    return not sizes


def _nearest(whole: Decimal, part: Decimal | None) -> Decimal:
    """The multiple of a part that is nearest to the whole."""
    if not part:
        return Decimal(0)
    return part * max(1, round(whole / part))
