"""The find room's names of the therapy: what rules of the field ``administration`` call it (FMT, CAR-T).

Time is counted from the therapy ("six months after FMT"). The grammar of time knows the usual words (infusion,
injection, transplantation); a name that only schemas/ knows is shown to it as a run of signs that stands for one, as
long as the name, and put back in what was found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from extract.find.hits import Hit
from extract.find.language import Passage, load_language
from extract.find.rules import Rules
from extract.find.timewords import NAME_LETTERS, NAME_SIGN
from extract.model import Cell, Mention

FIELD = "administration"
FIRST, LAST = NAME_LETTERS


class Names:
    """Hides the names of the therapy in what one passage holds, and puts them back."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.hidden: dict[str, str] = {}

    def hide(self, text: str, ranges: Iterable[tuple[int, int]]) -> str:
        """The text with the names at some ranges hidden; names of fewer than three letters stay."""
        for start, end in ranges:
            length = end - start - 2
            first = FIRST + sum(map(len, self.hidden.values()))
            if length < 1 or first + length > LAST:
                continue
            signs = NAME_SIGN * 2 + "".join(map(chr, range(first, first + length)))
            self.hidden[signs] = text[start:end]
            text = text[:start] + signs + text[end:]
        return text

    def in_header(self, header: str) -> str:
        """A header with its names hidden."""
        if not header:
            return header
        doc = load_language().make_doc(header)
        found = [
            (doc[first:last].start_char, doc[first:last].end_char)
            for matcher in (self.rules.words, self.rules.exact)
            for number, first, last in matcher(doc)
            if self.rules.entries[number].field == FIELD
        ]
        return self.hide(header, _apart(found))

    def show(self, value: Any) -> Any:
        """A text with its names put back; anything else as it is."""
        if isinstance(value, str) and NAME_SIGN in value:
            for signs, words in self.hidden.items():
                value = value.replace(signs, words)
        return value

    def shown(self, mention: Mention, passage: Passage) -> Mention:
        """A find in the passage as it is printed."""
        begin = mention.span.start - passage.offset
        words = passage.text[begin : begin + len(mention.text)]
        details = {key: self.show(value) for key, value in mention.details.items()}
        return mention.model_copy(update={"text": words, "value": self.show(mention.value), "details": details})


def _apart(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of ranges that overlap the longest."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(ranges, key=lambda pair: (pair[0] - pair[1], pair[0])):
        if not any(start < b and a < end for a, b in kept):
            kept.append((start, end))
    return kept


def with_names_hidden(
    passage: Passage, cell: Cell | None, terms: Iterable[Hit], rules: Rules
) -> tuple[Passage, Cell | None, Names | None]:
    """A passage and its cell as the grammar of time is to see them; None when no name is hidden."""
    if not rules.names_therapy:
        return passage, cell, None
    names = Names(rules)
    text = names.hide(passage.text, _apart((hit.start, hit.end) for hit in terms if hit.field == FIELD))
    if cell is not None:
        headers = {key: names.in_header(getattr(cell, key)) for key in ("row_header", "column_header", "group")}
        cell = cell.model_copy(update=headers)
        passage = passage._replace(headers=names.in_header(passage.headers), row=names.in_header(passage.row))
    return (passage._replace(text=text), cell, names) if names.hidden else (passage, cell, None)
