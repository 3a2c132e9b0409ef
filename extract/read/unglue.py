"""READ, a table line that came without gaps between its cells: ``107WJ-MSCIT`` gets its gaps back."""

from __future__ import annotations

import re

# Signs that cells ran into each other: a power or volume touching a word, a word touching a number with a power.
_GLUED = re.compile(
    r"10\d{1,2}(?!\d)[A-Z]|10[⁰¹²³⁴-⁹]+[A-Za-z]|\dm[Ll][A-Z]|\d mL[A-Z]|kg[A-Z]|[A-Za-z]{2}\d+(?:\.\d+)?\s?[×x]\s?10"
    r"|[A-Z]{3}\d+(?:\.\d+)?\s?[→–-]\s?\d|[a-z]{3}[A-Z]{2,}|[a-z]{3}[A-Z][a-z]{3}"
)
_ROUTE = r"(?:IV|IT|IA|IM|ID|IO|IC|SC)"
_GAPS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<=[a-z]{2})(?=[A-Z])",  # diseaseAdipose, leftSVF
        r"(?<=mL)(?=[A-Z])",
        r"(?<=\dy)(?=[A-Z])|(?<=\d y)(?=[A-Z])|(?<=\d yr)(?=[A-Z])",  # 9 yOI
        r"(?<=[A-Z]{2})(?=[A-Z][a-z]{3})",  # IMThigh
        r"(?<=[\d⁰¹²³⁴-⁹])(?=[A-Z][A-Za-z]|[A-Z]$)(?!(?<=[LTCS]\d)[LTCS]\d)",  # 107WJ
        r"(?<=\d)(?=[MF]\d{1,2}(?!\d))",  # Pt7M44
        r"(?<=\s[A-Z])(?=[A-Z][a-z]{4})|(?<=[a-z]{3})(?=\d)|(?<=[A-Za-z])(?=\d{1,2}\s?y(?:rs?|o|ears?)?\b)",
        r"(?<=[A-Za-z)])(?=\d+(?:\.\d+)?\s?[×x]\s?10)",  # self3.8 × 107
        r"(?<=[A-Z]{3})(?=\d+(?:\.\d+)?\s?(?:→|->|–|-)\s?\d)",  # EDSS5.5→4.0
        rf"(?<=[A-Z]{{2}})(?={_ROUTE}(?![A-Za-z]))",  # ALSIT
        r"(?<=[A-Z]{2})(?=(?:UC|BM|AD|WJ|UCB)(?:-?M?SCs?)?(?![A-Za-z]))",  # MSUC-MSC, OIBM
        r"(?<=MSC)(?=[A-Z]{2})|(?<=ASC)(?=[A-Z]{2})|(?<=SVF)(?=[A-Z]{2})|(?<=BMAC)(?=[\dA-Z])",
        rf"(?<=\s{_ROUTE})(?=[×x\d])",  # IV×2
    )
)
_ROUTE_FIRST = re.compile(rf"(?<![A-Za-z]){_ROUTE}(?=[A-Z]{{3}})")


def with_gaps(line: str) -> str:
    """The line with a blank between cells that were printed without any; other lines as they are."""
    if not _GLUED.search(line):
        return line
    for gap in _GAPS:
        line = gap.sub(" ", line)
    return _ROUTE_FIRST.sub(lambda match: match.group() + " ", line)
