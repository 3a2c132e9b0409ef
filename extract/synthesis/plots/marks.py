"""SYNTHESIS: the marks of the plots: what colour and shape mean, the same in all of them.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any kind of colour vision tell
apart; each goes with a shape of its own, so that colour is never all there is. A full mark is reviewed, a pale one is
not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from extract.synthesis.direction import Course
from extract.synthesis.grouping import Vote
from extract.synthesis.plots.layout import INK, KeyEntry
from extract.synthesis.readings import Reading
from extract.synthesis.rows import Row, Value
from extract.synthesis.sensitivity import OUTCOME

BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
UNTOLD = "#8c8c8c"
SAME = "#4d4d4d"

VOTE_LOOK: dict[Vote, tuple[str, str]] = {
    "improved": ("^", BLUE),
    "worsened": ("v", VERMILLION),
    "mixed": ("D", PURPLE),
    "unchanged": ("s", SAME),
    "unclear": ("o", UNTOLD),
    "not assessed": ("o", UNTOLD),
}
"""Shape and colour of each direction."""

VOTE_WORDS: dict[Vote, str] = {
    "improved": "improved",
    "worsened": "worsened",
    "mixed": "some improved, some worsened",
    "unchanged": "unchanged",
    "unclear": "direction not to be told",
    "not assessed": "direction not to be told",
}


RIVAL: dict[str, Any] = {
    "marker": "D",
    "markersize": 3.4,
    "markeredgecolor": INK,
    "markerfacecolor": "none",
    "markeredgewidth": 0.7,
    "zorder": 4,
}
"""What another place of the paper says instead."""


def pale(colour: str, share: float = 0.28) -> str:
    """A colour mixed with white."""
    parts = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - part)):02x}" for part in parts)


def face(colour: str, *, reviewed: bool) -> str:
    """The inside of a mark: full where all that it stands on is reviewed, pale where not."""
    return colour if reviewed else pale(colour)


def look(marker: str, colour: str, *, reviewed: bool = False, size: float = 4.0, **more: Any) -> dict[str, Any]:
    """How a mark looks, as facts of a ``Line2D``."""
    return {
        "marker": marker,
        "markersize": size,
        "markeredgecolor": colour,
        "markerfacecolor": face(colour, reviewed=reviewed),
        "markeredgewidth": 0.8,
        "color": colour,
        **more,
    }


def vote_look(vote: Vote, *, reviewed: bool = False, size: float = 4.5) -> dict[str, Any]:
    """How a direction looks."""
    marker, colour = VOTE_LOOK[vote]
    return look(marker, colour, reviewed=reviewed, size=size * (0.82 if marker in "sD" else 1))


def review_key(reviewed: Iterable[bool], marker: str = "o") -> list[KeyEntry]:
    """The entries of a key that say what full and pale marks mean, of those that are drawn."""
    found = set(reviewed)
    entries = [
        KeyEntry(look(marker, INK, reviewed=True), "full: reviewed"),
        KeyEntry(look(marker, INK), "pale: not reviewed"),
    ]
    return [entry for entry, state in zip(entries, (True, False), strict=True) if state in found]


# --- what is known of a value


def value_of(row: Row) -> Value | None:
    """What was measured, of a row of outcomes."""
    return next((row.value(name) for name in OUTCOME if name in row), None)


def rows_reviewed(rows: Iterable[Row]) -> bool:
    """Whether a reviewer accepted or entered what was measured in every row; of no rows nothing was reviewed."""
    values = [value_of(row) for row in rows]
    return bool(values) and all(value is not None and value.is_reviewed for value in values)


def is_reviewed(reading: Reading) -> bool:
    """Whether a reviewer accepted or entered what was measured."""
    return rows_reviewed(reading.rows)


def is_derived(reading: Reading) -> bool:
    """Whether a value or its time was computed and is not printed so."""
    return reading.counted or any((value := value_of(row)) is not None and value.is_derived for row in reading.rows)


def review_words(courses: Iterable[Course]) -> str:
    """How many outcome values were reviewed, as a sentence."""
    rows = [row for course in courses for row in course.rows]
    done = sum(rows_reviewed([row]) for row in rows)
    if not rows:
        return ""
    return (
        f"{done} of {len(rows)} outcome values reviewed." if done else f"None of {len(rows)} outcome values reviewed."
    )
