"""READ: what stands between two lines of a paragraph: a space, a hyphen, or nothing.

A hyphen at the end of a line either breaks a word (``ad-`` / ``vanced``) or belongs to it (``non-`` /
``biologic``). The rest of the document decides where it can; prefixes, digits and capitals where it cannot.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

SOFT = "\u00ad\ufffe"
"""Marks of a hyphen that only a line end made visible: soft hyphen, and what pdfium prints for one."""

HYPHENS = "-\u2010\u2011" + SOFT

MAY_JOIN = HYPHENS + "/–−"
"""What a line ends in (or in nothing) that may go on in the next one without a space; otherwise ``seam`` gives one."""

_BROKEN = re.compile(rf"(?<!\S)(?:\S*[{HYPHENS}][ \t]*\r?\n\s*\S*|\S*\ufffe\S*)")
_BREAK = re.compile(rf"[{HYPHENS}][ \t]*\r?\n\s*\S*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?(?:[-\u2010\u2011][^\W\d_]+)*")
_PART = re.compile(r"[-\u2010\u2011]")
_LEFT = re.compile(rf"([^\s{SOFT}]*[^\W_])[{HYPHENS}]$")
_RIGHT = re.compile(r"[^\s.,;:!?()\[\]]+")
_TAIL = re.compile(r"[^\W_]+$")
_ADDRESS = re.compile(r"://|www\.|@|^10\.\d{4,}/|doi", re.I)

# First parts that nearly always keep their hyphen; first parts that keep it before a word of the document.
_ALWAYS = frozenset(("non", "self", "well", "quasi", "anti"))
_FIRST_PARTS = """
pre post mid mini micro multi semi ex short long low high half full first second third two three four five six seven
eight nine ten year month week day cross follow steroid stem disease patient case dose cell cord age
"""
_BEFORE_A_WORD = frozenset(_FIRST_PARTS.split())
# Second parts that make a compound of whatever word stands before them.
_SECOND_PARTS = """
based derived related associated induced like free guided dependent independent specific modifying positive negative
refractory resistant reported onset versus old year years month months week weeks day days term dose up mediated
sparing threatening limiting blind blinded controlled label center centre level line scale type wide fold driven
oriented treated enriched expanded cultured matched rich containing assisted naive sectional bearing inflammatory
biologic biologics steroidal risk stage grade range quality
"""
_AFTER_A_WORD = frozenset(_SECOND_PARTS.split())
_CLITIC = re.compile(r"^(?:and|or|to|und)\b")


class Seam(NamedTuple):
    """How two lines join: characters to drop from the end of the first, and what to put between them."""

    drop: int
    between: str


class Words(NamedTuple):
    """How often each lower-case word, solid or with its hyphens, stands unbroken in a document."""

    counts: Counter[str]

    def count(self, word: str) -> int:
        """How often a word stands in the document away from line-end hyphens."""
        return self.counts[word.lower().replace("\u2010", "-").replace("\u2011", "-")]


def count_words(text: str) -> Words:
    """Collect the words of a whole text; a word broken over a line end is left out, it proves nothing."""
    counts: Counter[str] = Counter()
    tokens = Counter(_unbroken(text).lower().replace("\u2010", "-").replace("\u2011", "-").split())
    for token, times in tokens.items():
        if token.isalpha():
            counts[token] += times
            continue
        for word in _WORD.findall(token):
            counts[word] += times
            if "-" in word:
                for part in word.split("-"):
                    counts[part] += times
    return Words(counts)


def _unbroken(text: str) -> str:
    """A text without the words that are broken over a line end, or parted by a hyphen that only a line end shows."""
    if "\ufffe" in text:
        return _BROKEN.sub(" ", text)
    # the same from the few hyphens at line ends, instead of from the beginning of every word
    out: list[str] = []
    at = 0
    for broken in _BREAK.finditer(text):
        start = broken.start()
        while start > at and not text[start - 1].isspace():
            start -= 1
        out += (text[at:start], " ")
        at = broken.end()
    return "".join((*out, text[at:]))


def seam(before: str, after: str, words: Words) -> Seam:
    """How the line ``before`` goes on in the line ``after`` (both without surrounding blanks).

    ``ad-`` + ``vanced`` gives (1, ""), ``non-`` + ``biologic`` (0, ""), ``kg/`` + ``dose`` (0, ""), two whole words
    (0, " "). A soft hyphen that turns out to belong to the word gives (1, "-").
    """
    if not before or not after:
        return Seam(0, "")
    last = before[-1]
    if last in HYPHENS:
        left, right = _LEFT.search(before), _RIGHT.match(after)
        if not left or not right:
            return Seam(0, "" if right and len(before) > 1 and not before[-2].isspace() else " ")
        if _CLITIC.match(after):  # "short- and long-term"
            return Seam(0, " ")
        keep = _keeps_hyphen(left.group(1), right.group(), words)
        soft = last in SOFT
        if keep:
            return Seam(1, "-") if soft else Seam(0, "")
        return Seam(1, "")
    if last == "/" and len(before) > 1 and not before[-2].isspace() and after[0].isalnum():
        return Seam(0, "")
    if last in "–−" and len(before) > 1 and before[-2].isalnum() and after[0].isalnum():
        return Seam(0, "")
    return Seam(0, " ")


def join_lines(lines: list[str], words: Words) -> str:
    """Join the lines of a paragraph into running text."""
    out = ""
    for line in lines:
        line = line.strip()
        if not line:
            continue
        if out:
            drop, between = seam(out, line, words)
            out = (out[:-drop] if drop else out) + between
        out += line
    return out


def _keeps_hyphen(left: str, right: str, words: Words) -> bool:
    if _ADDRESS.search(left):
        return True
    tail = _TAIL.search(left)
    first = tail.group() if tail else left
    head = _PART.split(right)[0]
    if not head:
        return True
    if not head[0].islower():
        # "anti-TNF", "COVID-19", "38-40"; only a word in capitals throughout is broken like any other.
        shouted = first.isupper() and head.isupper() and len(first) > 1 and first.isalpha() and len(head) > 2
        return not (shouted and words.count(first + head) > 0)
    if not first.isalpha() or (len(first) == 1 and first.lower() != "a") or first[-1].isupper():
        return True  # "9-year", "T-cell", "MSC-derived"
    solid, apart = words.count(first + head), words.count(f"{first}-{head}")
    if solid != apart:
        return apart > solid
    if left != first:  # "graft-versus-host": a chain is a chain
        chain = words.count(f"{left}-{head}") or words.count(f"{left}{head}")
        if chain:
            return words.count(f"{left}-{head}") >= words.count(f"{left}{head}")
    low, low_head = first.lower(), head.lower()
    if low in _ALWAYS:
        return True
    if low_head in _AFTER_A_WORD:
        return words.count(first) > 0 or low in _BEFORE_A_WORD
    return low in _BEFORE_A_WORD and words.count(head) > 0
