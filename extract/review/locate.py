"""REVIEW: words that a reviewer marks or pastes -> where they stand in the document."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from extract.link.values import where_at
from extract.model import Box, Document, Span, Where

MOST_HITS = 40
"""So many places are offered; words that stand at more places say too little."""

MOST_WORDS = 2000
"""Characters that can be asked for at once."""

_ALIKE = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"',
                        "»": '"', "×": "x", "✕": "x", "∗": "x", "*": "x", "µ": "μ", "⁄": "/"})  # fmt: skip


class NotThere(Exception):
    """The words do not stand in the document. The message says what was looked for and what to do."""


class Place(NamedTuple):
    """Where words stand: characters start to end of the text, its own words there, and their boxes by line."""

    start: int
    end: int
    quote: str
    page: int | None
    boxes: tuple[Box, ...]
    where: Where


class _Folded(NamedTuple):
    """A text without what printing and copying change, and for each of its characters where it comes from."""

    text: str
    origins: tuple[int, ...]


def locate(document: Document, words: str, page: int | None = None) -> list[Place]:
    """The places at which words stand, in the order of the text, those on ``page`` first.

    White space, hyphens, accents, capitals, kinds of quotation marks and raised digits make no difference: ``10^6``
    finds ``10⁶``, a copied ``pa- tient`` finds ``patient``. A number is found whole only, never inside another. Raises
    NotThere when there is no place.
    """
    if len(words) > MOST_WORDS:
        raise NotThere(f"These are more than {MOST_WORDS} characters. Mark the sentence that says it.")
    wanted = _fold(words).text
    if not any(letter.isalnum() for letter in wanted):
        raise NotThere("Mark or paste the words that say it: letters or digits.")
    folded = _fold(document.text)
    spans = _hits(document.text, folded, wanted)
    if not spans:
        raise NotThere(_why_not(document, folded, words, wanted))
    places = [place_of(document, span) for span in spans]
    return sorted(places, key=lambda place: page is not None and place.page != page)[:MOST_HITS]


def place_of(document: Document, span: Span) -> Place:
    """The place of a span of the text."""
    return Place(
        start=span.start,
        end=span.end,
        quote=document.quote(span),
        page=document.page_of(span),
        boxes=document.boxes(span),
        where=where_at(document, span),
    )


def place_between(document: Document, start: int, end: int) -> Place:
    """The place of the words from one character to another, white space at both ends left out. Raises NotThere when
    there are none."""
    if not 0 <= start < end <= len(document.text):
        raise NotThere("These words are not in the document any more. Load the page again and mark them anew.")
    quote = document.text[start:end]
    start += len(quote) - len(quote.lstrip())
    end -= len(quote) - len(quote.rstrip())
    if start >= end:
        raise NotThere("Mark the words that say it: there is only white space.")
    if end - start > MOST_WORDS:
        raise NotThere(f"These are more than {MOST_WORDS} characters. Mark the sentence that says it.")
    return place_of(document, Span(start=start, end=end))


def _hits(text: str, folded: _Folded, wanted: str) -> list[Span]:
    """Where the wanted words stand as whole words; where none is whole, also within words, never within numbers."""
    whole: list[Span] = []
    inside: list[Span] = []
    at = folded.text.find(wanted)
    while at >= 0 and len(whole) < MOST_HITS:
        start, end = folded.origins[at], folded.origins[at + len(wanted) - 1] + 1
        cuts = [text[cut - 1 : cut + 1] for cut in (start, end) if 0 < cut < len(text)]
        if not any(_one_number(text, cut) for cut in (start, end)):
            (inside if any(pair.isalpha() for pair in cuts) else whole).append(Span(start=start, end=end))
        at = folded.text.find(wanted, at + 1)
    return whole or inside[:MOST_HITS]


def _one_number(text: str, cut: int) -> bool:
    """Whether a cut goes through a number: 1|20, 1|.5."""
    before, after = text[max(0, cut - 2) : cut], text[cut : cut + 2]
    if not before or not after:
        return False
    if before[-1].isdigit() and after[0].isdigit():
        return True
    if before[-1].isdigit() and after[0] in ".," and after[1:].isdigit():
        return True
    return before[-1] in ".," and after[0].isdigit() and before[:-1].isdigit()


@lru_cache(maxsize=8)
def _fold(text: str) -> _Folded:
    letters: list[str] = []
    origins: list[int] = []
    for index, printed in enumerate(text):
        for letter in unicodedata.normalize("NFKD", printed.translate(_ALIKE)).casefold().translate(_ALIKE):
            kind = unicodedata.category(letter)
            if letter.isspace() or letter in "^−" or kind in ("Mn", "Cf", "Cc", "Cn", "Pd"):
                continue
            letters.append(letter)
            origins.append(index)
    return _Folded("".join(letters), tuple(origins))


def _why_not(document: Document, folded: _Folded, words: str, wanted: str) -> str:
    """What to tell of words that are not there: how far the text goes along with them."""
    shown = " ".join(words.split())
    shown = f"“{shown if len(shown) <= 60 else shown[:57] + '…'}”"
    low, high = 0, len(wanted)
    while low < high:  # the longest beginning that the text holds
        middle = (low + high + 1) // 2
        low, high = (middle, high) if wanted[:middle] in folded.text else (low, middle - 1)
    if low >= 8:
        at = folded.text.find(wanted[:low])
        end = folded.origins[at + low - 1] + 1
        span = Span(start=folded.origins[at], end=end)
        page = document.page_of(span)
        place = f"On page {page} the paper" if page else "The paper"
        word = max(document.text.rfind(space, span.start, end) for space in " \n") + 1  # from the start of that word
        then = " ".join(document.text[word or end : end + 40].split())
        return f"{shown} does not stand in the paper. {place} begins so, but then goes on: “…{then}…”. Mark its words."
    return f"{shown} does not stand in the paper. What cannot be pointed at is not in the table: mark its words."
