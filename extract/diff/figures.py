"""DIFF: what the change is worth: the figures of both folders against gold, and the facts that made the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.score import Figure, Miss, score_outputs
from extract.score.goldshapes import GoldPaper


@dataclass(frozen=True)
class Gains:
    """Figures before and after, the micro F1 last; the misses and false finds that are no more, and the new ones."""

    documents: int
    patients: int
    figures: tuple[tuple[Figure, Figure], ...]
    mended: tuple[Miss, ...]
    spoiled: tuple[Miss, ...]


def compare_scores(old: Path, new: Path, gold: Sequence[GoldPaper]) -> Gains:
    """Measure two output folders against the same gold papers (``extract.score``).

    Raises ``extract.score.WrongOutputs`` for a folder that is no output.
    """
    before, after = score_outputs(old, gold), score_outputs(new, gold)
    pairs = zip((*before.figures, before.micro), (*after.figures, after.micro), strict=True)
    return Gains(
        documents=after.documents,
        patients=after.patients,
        figures=tuple(pairs),
        mended=_only(before.misses, after.misses),
        spoiled=_only(after.misses, before.misses),
    )


def _only(mine: Sequence[Miss], theirs: Sequence[Miss]) -> tuple[Miss, ...]:
    """The misses that only the first list holds; their quotes and rules may differ."""
    left = Counter(map(_fact, theirs))
    out = []
    for miss in mine:
        if left[_fact(miss)] > 0:
            left[_fact(miss)] -= 1
        else:
            out.append(miss)
    return tuple(out)


def _fact(miss: Miss) -> tuple[str, str, str, str, str, str]:
    return miss.document, miss.patient, miss.field, miss.kind, miss.gold, miss.found
