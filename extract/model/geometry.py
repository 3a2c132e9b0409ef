"""MODEL: rectangles on turned pages, and how wide letters are."""

from __future__ import annotations

Sides = tuple[float, float, float, float]

_NARROW = frozenset("ijltfI.,:;'’‘`|!()[]{}/\\-‐‑·⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_WIDE = frozenset("mwMWG@%—…×±≥≤=+<>") | {chr(code) for code in range(0x41, 0x5B)} - {"I", "J"}


def turned(sides: Sides, quarters: int) -> Sides:
    """The sides of a rectangle (x0, top, x1, bottom) as they are when lines that stand turned clockwise by so many
    quarters are held level: where it starts and ends along the lines comes first and third. ``-quarters`` undoes it."""
    x0, top, x1, bottom = sides
    return (sides, (top, -x1, bottom, -x0), (-x1, -bottom, -x0, -top), (-bottom, x0, -top, x1))[quarters % 4]


def advance(letters: str) -> float:
    """How far letters reach in a usual type, in halves of an em."""
    return sum(0.6 if letter in _NARROW else 1.4 if letter in _WIDE else 1.0 for letter in letters)
