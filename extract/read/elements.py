"""READ: single elements of an article in XML, written as a line of text or as the cells of a table."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from extract.read.grid import Slot
from extract.read.markup import tag_of, words_of

_MOST_CELLS = 200_000


def first_of(element: Element, *tags: str) -> Element | None:
    """The first element with one of these names at or below an element, or None."""
    return next((e for e in element.iter() if tag_of(e) in tags), None)


def text_of(element: Element, tag: str) -> str:
    """The words of the first child with a name, or none."""
    return next((words_of(e) for e in element if tag_of(e) == tag), "")


def authors_of(meta: Element) -> Iterator[str]:
    """The names of the authors, given name first."""
    for contrib in meta.iter():
        if tag_of(contrib) != "contrib" or contrib.get("contrib-type", "author") != "author":
            continue
        name = first_of(contrib, "name", "string-name", "collab")
        if name is None:
            continue
        given, surname = text_of(name, "given-names"), text_of(name, "surname")
        yield f"{given} {surname}".strip() if surname else words_of(name)


def affiliation_of(aff: Element) -> str:
    """An affiliation without its number."""
    parts = [words_of(e) for e in aff if tag_of(e) not in ("label", "institution-wrap", "sup")]
    if (aff.text or "").strip() or not parts or any((e.tail or "").strip() for e in aff):
        label = next((words_of(e) for e in aff if tag_of(e) == "label"), "")
        return words_of(aff).removeprefix(label).strip()
    wrapped = [words_of(e) for w in aff if tag_of(w) == "institution-wrap" for e in w if tag_of(e) == "institution"]
    return ", ".join(p for p in [*wrapped, *parts] if p)


def year_of(meta: Element) -> str:
    """The year of publication: of the issue or collection, else of the first publication online."""
    years: dict[str, str] = {}
    for date in meta:
        if tag_of(date) == "pub-date":
            years.setdefault(date.get("pub-type") or date.get("date-type") or "", text_of(date, "year"))
    for kind in ("ppub", "collection", "epub-ppub", "pub", "epub"):
        if years.get(kind):
            return years[kind]
    return next((year for year in years.values() if year), "")


def leaves_of(element: Element) -> Iterator[Element]:
    """The paragraphs of an element, or the element itself when it has none."""
    found = [e for e in element.iter() if tag_of(e) == "p"]
    yield from found or [element]


def caption_of(element: Element) -> str:
    label = text_of(element, "label").rstrip(".: ")
    caption = next((c for c in element if tag_of(c) == "caption"), None)
    if caption is None:
        return label
    parts = [words_of(c) for c in caption if tag_of(c) in ("title", "p")] or [words_of(caption)]
    words = " ".join(p if p[-1:] in ".!?:" or i + 1 == len(parts) else f"{p}." for i, p in enumerate(parts) if p)
    return f"{label}. {words}" if label and words else label or words


def notes_of(foot: Element) -> Iterator[str]:
    """Each note under a table or at the end of the article, its mark in front."""
    for child in foot:
        tag = tag_of(child)
        if tag in ("fn", "fn-group", "table-wrap-foot"):
            if tag == "fn":
                label = text_of(child, "label")
                words = " ".join(words_of(p) for p in leaves_of(child)).strip()
                yield f"{label} {words}" if label and not words.startswith(label) else words
            else:
                yield from notes_of(child)
        elif tag and tag != "title":
            yield words_of(child)


def reference_of(element: Element) -> str:
    """A reference as a line of text; one that is marked up to the last word gets its blanks and stops."""
    if tag_of(element) in ("mixed-citation", "nlm-citation", "citation") and (element.text or "").strip():
        return words_of(element)
    if any((e.tail or "").strip() for e in element):
        return words_of(element)
    names = [
        f"{text_of(n, 'surname')} {text_of(n, 'given-names')}".strip()
        for n in element.iter()
        if tag_of(n) in ("name", "string-name")
    ]
    rest = [words_of(e) for e in element if tag_of(e) not in ("person-group", "name", "etal", "label", "pub-id", "")]
    return ". ".join(p.rstrip(".") for p in [", ".join(n for n in names if n), *rest] if p)


def slots_of(table: Element) -> list[Slot]:
    """The filled cells of a marked-up table, each where its row, column and spans put it."""
    rows = [(tr, group) for group, tr in _table_rows(table)]
    taken: set[tuple[int, int]] = set()
    out: list[Slot] = []
    for r, (tr, group) in enumerate(rows):
        c = 0
        for cell in tr:
            tag = tag_of(cell)
            if tag not in ("td", "th"):
                continue
            while (r, c) in taken:
                c += 1
            tall = min(_span(cell, "rowspan"), len(rows) - r)
            wide = _span(cell, "colspan")
            if len(taken) + tall * wide > _MOST_CELLS:
                return out
            taken.update((i, j) for i in range(r, r + tall) for j in range(c, c + wide))
            text = _cell_words(cell)
            if text:
                header = group == "thead" or (tag == "th") or None
                out.append(Slot(text, r, c, tall, wide, header))
            c += wide
    return out


def _table_rows(table: Element) -> Iterator[tuple[str, Element]]:
    for child in table:
        tag = tag_of(child)
        if tag in ("thead", "tbody", "tfoot"):
            yield from ((tag, tr) for tr in child if tag_of(tr) == "tr")
        elif tag == "tr":
            yield "", child


def _span(cell: Element, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), 200) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _cell_words(cell: Element) -> str:
    """All words of a cell: its own and those of paragraphs and lists in it."""
    parts = [words_of(cell)]
    parts += [
        words_of(e) for e in cell.iter() if e is not cell and tag_of(e) in ("p", "list-item", "title", "term", "def")
    ]
    return " ".join(p for p in parts if p)
