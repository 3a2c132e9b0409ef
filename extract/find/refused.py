"""Numbers that look like doses of cells but were not read as such, each with what spoke against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from extract.find.company import LAB_BEFORE, unit_after
from extract.find.hits import Rejected
from extract.find.language import Passage
from extract.find.lexemes import lexemes
from extract.model import Mention

_SAYS = {
    "lab": "per litre or per field: a laboratory count",
    "other": "another unit follows: not cells",
    "particles": "particles, not cells",
    "cells/mL": "a concentration without a volume that was given",
    "cells/cm2": "cells per area: a seeding density",
}


def refused_counts(passage: Passage, mentions: Sequence[Mention]) -> Iterator[Rejected]:
    """The powers of ten and millions of a passage that no dose, score or volume holds."""
    taken = [(m.span.start - passage.offset, m.span.end - passage.offset) for m in mentions]
    for start, end in passage.sentences:
        text = passage.text[start:end]
        parts = lexemes(text)
        for index, part in enumerate(parts):
            if part.kind not in ("power", "sci", "multiple", "split", "illegible"):
                continue
            first = part.start
            for before in reversed(parts[:index]):
                if before.kind not in ("number", "words", "times", "dash", "to"):
                    break
                first = before.start
            if any(s < start + part.end and start + first < e for s, e in taken):
                continue
            unit = unit_after(text, part.end, True)
            reason = _SAYS.get(unit, "")
            if not reason and LAB_BEFORE.search(text[max(0, first - 60) : first]):
                reason = "a laboratory count by the words before it"
            reason = reason or "no words of cells that were given stand with it"
            yield Rejected("dose", text[first : part.end], start + first, start + part.end, "dose", reason)
