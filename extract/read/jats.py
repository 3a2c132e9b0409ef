"""READ: an article in JATS (or NLM) XML becomes a Document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.entities import name2codepoint
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, XMLParser

from extract.model import BlockKind, Document, Issue, Section, Span
from extract.read.draft import Draft, digest_of
from extract.read.elements import (
    affiliation_of,
    authors_of,
    caption_of,
    first_of,
    leaves_of,
    notes_of,
    reference_of,
    slots_of,
    text_of,
    year_of,
)
from extract.read.failure import ReadFailure
from extract.read.markup import formula_words, tag_of, words_of
from extract.read.sections import find_section

if TYPE_CHECKING:
    from extract.schema import Schema

LARGEST = 64 * 2**20
"""Bytes of XML that are read at most: a whole book is smaller."""

_DECLARES = re.compile(rb"<!ENTITY", re.I)
_CASE_TITLE = re.compile(
    r"[\W\d]*(?:case|patient|subject)\s*(?:(?:no\.?|number|#)?\s*\d{1,2}\b"
    r"|\s(?:[A-Z]|[IVX]+|one|two|three|four|five|six)\b(?!\s[a-z]))",
    re.I,
)
_TYPES: dict[str, Section] = {
    "intro": "introduction",
    "introduction": "introduction",
    "methods": "methods",
    "materials|methods": "methods",
    "materials": "methods",
    "subjects": "methods",
    "cases": "case",
    "case-report": "case",
    "results": "results",
    "results|discussion": "results",
    "discussion": "discussion",
    "conclusions": "conclusion",
    "supplementary-material": "other",
}
_GOES_ON = ("case", "methods", "results", "discussion")


def jats_document(source: Path | bytes, name: str, schema: Schema, file: str = "") -> Document:
    """Read an article in JATS XML, from a path or from bytes.

    Title, authors, journal, year and doi become metadata and stand in the text; sections, paragraphs, lists,
    captions, tables, footnotes and references become blocks. Nothing outside the file is fetched.

    Raises ReadFailure: ``not_jats`` (empty, not well formed, with entities of its own, no article in it),
    ``out_of_memory`` (too large), ``no_text_layer`` (an article without words).
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    file = file or (str(source) if isinstance(source, Path) else name)
    try:
        article = _article(_parse(content, file), file)
        reader = _Reader(schema, article)
        reader.read()
    except RecursionError:
        raise ReadFailure("not_jats", f"{file}: its elements are nested too deep for an article.") from None
    draft = reader.draft
    if not draft.blocks:
        raise ReadFailure("no_text_layer", f"{file}: the article has no words. Fetch its full text.")
    partly = "" if reader.has_body else "partly_read"
    return draft.document(name=name, file=file, sha256=digest_of(content), format="xml", partly_read=partly)


def _parse(content: bytes, file: str) -> Element:
    if not content.strip():
        raise ReadFailure("not_jats", f"{file}: the file is empty. Fetch it again.")
    if len(content) > LARGEST:
        size, most = len(content) >> 20, LARGEST >> 20
        raise ReadFailure("out_of_memory", f"{file}: {size} MB of XML, at most {most} MB are read.")
    if _DECLARES.search(content[:65536]):
        # An article declares no entities of its own; a file that multiplies them does.
        raise ReadFailure("not_jats", f"{file}: it declares entities of its own, which are not read. Remove them.")
    parser = XMLParser()
    parser.entity.update({word: chr(code) for word, code in name2codepoint.items()})
    try:
        parser.feed(content)
        return parser.close()
    except ParseError as error:
        raise ReadFailure("not_jats", f"{file}: this is not well-formed XML ({error}). Fetch it again.") from error
    except (ValueError, LookupError) as error:
        raise ReadFailure("not_jats", f"{file}: its characters cannot be read ({error}).") from error


def _article(root: Element, file: str) -> Element:
    for element in root.iter():
        if tag_of(element) == "article" and any(tag_of(c) in ("front", "body") for c in element):
            return element
    raise ReadFailure(
        "not_jats",
        f"{file}: XML, but not a JATS article (its root is <{tag_of(root)}>). Give the full text in JATS, or the PDF.",
    )


class _Reader:
    """Goes through an article once and puts what it says into the draft."""

    def __init__(self, schema: Schema, article: Element) -> None:
        self.schema = schema
        self.article = article
        self.draft = Draft()
        self.has_body = False
        self.cited_in: dict[str, tuple[Section, tuple[str, ...]]] = {}
        self.notes: list[str] = []

    def read(self) -> None:
        parts = {tag_of(child): child for child in reversed(list(self.article))}
        if "front" in parts:
            self._front(parts["front"])
        body = parts.get("body")
        if body is not None and any(text.strip() for text in body.itertext()):
            self.has_body = True
            self._body(body)
        else:
            self.draft.note(
                Issue(
                    severity="major",
                    message="the XML holds no full text, only what stands before it. Read the PDF as well.",
                    reason="no_body",
                )
            )
        if "floats-group" in parts:
            for child in parts["floats-group"]:
                section, headings = self.cited_in.get(child.get("id", ""), ("results", ()))
                self._block(child, section, headings)
        if "back" in parts:
            self._back(parts["back"])

    # front matter

    def _front(self, front: Element) -> None:
        meta = first_of(front, "article-meta")
        journal = first_of(front, "journal-title", "abbrev-journal-title")
        if meta is None:
            return
        title = first_of(meta, "article-title")
        if title is not None:
            words = words_of(title)
            self.draft.fact("title", words, self._add(words, "heading", "other", level=1))
        authors = "; ".join(authors_of(meta))
        self.draft.fact("authors", authors, self._add(authors, "paragraph", "other"))
        for aff in meta.iter():
            if tag_of(aff) == "aff":
                words = affiliation_of(aff)
                span = self._add(words, "footnote", "other")
                country = first_of(aff, "country")
                if country is not None and span and not any(m.field == "country" for m in self.draft.metadata):
                    name = words_of(country)
                    at = words.rfind(name)
                    place = Span(start=span.start + at, end=span.start + at + len(name)) if at >= 0 and name else None
                    self.draft.fact("country", name, place)
        self._imprint(meta, words_of(journal) if journal is not None else "")
        language = self.article.get("{http://www.w3.org/XML/1998/namespace}lang", "")
        heading = next((datum.span for datum in self.draft.metadata if datum.field == "title"), None)
        self.draft.fact("language", language.lower()[:2], heading, f"the file calls its language {language}")
        for child in meta:
            if tag_of(child) == "abstract":
                self._abstract(child, "abstract")
            elif tag_of(child) == "trans-abstract":
                self._abstract(child, "other")
        for group in meta:
            if tag_of(group) == "kwd-group":
                words = ", ".join(w for k in group.iter() if tag_of(k) == "kwd" and (w := words_of(k)))
                self._add(f"Keywords: {words}" if words else "", "paragraph", "other")

    def _imprint(self, meta: Element, journal: str) -> None:
        """The line with journal, year, volume, pages and doi."""
        doi = next((words_of(e) for e in meta if tag_of(e) == "article-id" and e.get("pub-id-type") == "doi"), "")
        year = year_of(meta)
        volume, issue = text_of(meta, "volume"), text_of(meta, "issue")
        pages = text_of(meta, "elocation-id") or "–".join(
            filter(None, (text_of(meta, "fpage"), text_of(meta, "lpage")))
        )
        place = f"{volume}{f'({issue})' if issue else ''}{f':{pages}' if pages else ''}"
        parts = [journal, ";".join(p for p in (year, place) if p), f"doi:{doi}" if doi else ""]
        line = ". ".join(p for p in parts if p)
        span = self._add(line, "running", "other")
        for field, value in (("journal", journal), ("year", year), ("doi", doi)):
            at = line.find(value) if field != "doi" else line.rfind(value)
            if value and span:
                self.draft.fact(field, value, Span(start=span.start + at, end=span.start + at + len(value)))

    def _abstract(self, abstract: Element, section: Section) -> None:
        title = next((words_of(c) for c in abstract if tag_of(c) == "title"), "") or "Abstract"
        self._add(title, "heading", section, level=1)
        self._children(abstract, section, (title,))

    # body

    def _body(self, body: Element) -> None:
        has_sections = any(tag_of(c) == "sec" for c in body)
        current: Section = "introduction" if has_sections else "case"
        for child in body:
            if tag_of(child) == "sec":
                current = self._section(child, None, (), 1, current)
            elif tag_of(child) != "title":
                self._block(child, current, ())
        self._flush_notes(current)

    def _section(
        self, sec: Element, parent: Section | None, headings: tuple[str, ...], level: int, before: Section = "other"
    ) -> Section:
        """Read a section; give what it is, for the next one beside it."""
        title = next((words_of(c) for c in sec if tag_of(c) == "title"), "")
        label = next((words_of(c) for c in sec if tag_of(c) == "label"), "")
        if label and title and not title.startswith(label):
            title = f"{label} {title}"
        section = self._kind_of(sec, title, parent, before)
        if title:
            self._add(title, "heading", section, headings=headings, level=level)
            headings = (*headings, title)
        self._children(sec, section, headings, level)
        return section

    def _kind_of(self, sec: Element, title: str, parent: Section | None, before: Section) -> Section:
        if parent and parent != "other":
            if parent in ("methods", "results") and _CASE_TITLE.match(title):
                return "case"
            return parent
        found = find_section(title, self.schema) if title else None
        found = found or _TYPES.get(sec.get("sec-type", "").lower())
        if found:
            return found
        return parent or (before if before in _GOES_ON else "other")

    def _children(self, element: Element, section: Section, headings: tuple[str, ...], level: int = 1) -> None:
        before: Section = section
        for child in element:
            tag = tag_of(child)
            if tag == "sec":
                before = self._section(child, section, headings, level + 1, before)
            elif tag and tag not in ("title", "label"):
                self._block(child, section, headings)
        self._flush_notes(section, headings)

    def _block(self, element: Element, section: Section, headings: tuple[str, ...]) -> None:
        """Put one element in, whatever it is; what is not known is looked into."""
        tag = tag_of(element)
        if tag == "p":
            self._paragraph(element, section, headings, "paragraph")
        elif tag == "list":
            self._list(element, section, headings)
        elif tag == "def-list":
            self._definitions(element, section, headings)
        elif tag == "table-wrap":
            self._table(element, section, headings)
        elif tag in ("fig", "supplementary-material"):
            caption = caption_of(element)
            self._add(caption, "caption", section if tag == "fig" else "other", headings=headings)
        elif tag == "fn":
            self.notes.append(" ".join(words_of(e) for e in leaves_of(element)).strip())
        elif tag == "disp-formula":
            self._add(formula_words(element), "paragraph", section, headings=headings)
        elif tag == "sec":
            self._section(element, section, headings, len(headings) + 1)
        elif tag == "ref-list":
            self._references(element)
        elif tag in ("graphic", "media", "object-id", "attrib", "permissions", "label", "title", "caption") or not tag:
            return
        elif any(tag_of(c) in _HOLDS_BLOCKS for c in element):
            for child in element:
                self._block(child, section, headings)
        else:
            self._add(words_of(element), "paragraph", section, headings=headings)

    def _paragraph(self, p: Element, section: Section, headings: tuple[str, ...], kind: BlockKind) -> None:
        """A paragraph; blocks inside it follow it, the words behind them go on as the next."""
        for xref in p.iter():
            if tag_of(xref) == "xref" and xref.get("ref-type") in ("fig", "table"):
                for rid in xref.get("rid", "").split():
                    self.cited_in.setdefault(rid, (section, headings))
        inner = [child for child in p if tag_of(child) in _BLOCKS]
        if not inner:
            self._add(words_of(p), kind, section, headings=headings)
            return
        part = Element("p")
        part.text = p.text
        for child in p:
            if tag_of(child) in _BLOCKS:
                if tag_of(child) != "fn":
                    self._add(words_of(part), kind, section, headings=headings)
                    part = Element("p")
                    self._block(child, section, headings)
                    part.text = child.tail
                else:
                    self._block(child, section, headings)
                    _add_tail(part, child.tail)
            else:
                part.append(child)
        self._add(words_of(part), kind, section, headings=headings)

    def _list(self, element: Element, section: Section, headings: tuple[str, ...]) -> None:
        for item in element:
            if tag_of(item) != "list-item":
                continue
            label = next((words_of(c) for c in item if tag_of(c) == "label"), "")
            for child in item:
                if tag_of(child) in ("p", "title"):
                    words = words_of(child)
                    self._add(f"{label} {words}".strip() if words else "", "list", section, headings=headings)
                    label = ""
                    for block in child:
                        if tag_of(block) in _BLOCKS:
                            self._block(block, section, headings)
                elif tag_of(child) != "label":
                    self._block(child, section, headings)

    def _definitions(self, element: Element, section: Section, headings: tuple[str, ...]) -> None:
        for item in element:
            if tag_of(item) == "def-item":
                term = next((words_of(c) for c in item if tag_of(c) == "term"), "").rstrip(":")
                meant = " ".join(words_of(p) for d in item if tag_of(d) == "def" for p in leaves_of(d))
                self._add(f"{term}: {meant}".strip(": "), "list", section, headings=headings)

    # tables

    def _table(self, wrap: Element, section: Section, headings: tuple[str, ...]) -> None:
        caption = caption_of(wrap)
        self._add(caption, "caption", section, headings=headings)
        notes = [
            words for foot in wrap if tag_of(foot) == "table-wrap-foot" for note in notes_of(foot) if (words := note)
        ]
        tables = [t for t in wrap.iter() if tag_of(t) == "table"]
        for table in tables:
            self.draft.add_table(
                slots_of(table),
                section,
                headings=headings,
                caption=caption,
                notes="\n".join(notes),
                readings="marked up",
            )
        if not tables:
            self.draft.note(
                Issue(
                    severity="major",
                    message=f"{caption[:80] or 'a table'!r} is only a picture; its values are not read.",
                    reason="table_is_picture",
                )
            )
        for note in notes:
            self._add(note, "footnote", section, headings=headings)

    # back matter

    def _back(self, back: Element) -> None:
        for child in back:
            tag = tag_of(child)
            if tag == "ref-list":
                self._references(child)
            elif tag == "sec":
                self._section(child, None, (), 1)
            elif tag == "fn-group":
                for note in notes_of(child):
                    self._add(note, "footnote", "other")
            elif tag in ("ack", "glossary", "notes", "bio"):
                self._section(child, "other", (), 1)
            elif tag == "app-group":
                for app in child:
                    self._section(app, "other", (), 1)
            elif tag != "title":
                self._block(child, "other", ())
        self._flush_notes("other")

    def _references(self, element: Element) -> None:
        title = next((words_of(c) for c in element if tag_of(c) == "title"), "") or "References"
        self._add(title, "heading", "references", level=1)
        number = 0
        for ref in element.iter():
            if tag_of(ref) != "ref":
                continue
            number += 1
            label = next((words_of(c) for c in ref if tag_of(c) == "label"), str(number)).strip("[].")
            words = " ".join(reference_of(c) for c in ref if tag_of(c) not in ("label", ""))
            self._add(f"[{label}] {words}" if words.strip() else "", "reference", "references", headings=(title,))

    def _flush_notes(self, section: Section, headings: tuple[str, ...] = ()) -> None:
        for note in self.notes:
            self._add(note, "footnote", section, headings=headings)
        self.notes = []

    def _add(
        self, text: str, kind: BlockKind, section: Section, *, headings: Sequence[str] = (), level: int = 0
    ) -> Span | None:
        return self.draft.add(text, kind, section, headings=headings, level=level)


_BLOCK_NAMES = """
table-wrap table-wrap-group fig fig-group list def-list disp-quote boxed-text fn sec p supplementary-material
disp-formula-group verse-group statement speech
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HOLDS_BLOCKS = _BLOCKS | {"table", "ref-list", "disp-formula", "list-item", "app", "ack"}


def _add_tail(part: Element, tail: str | None) -> None:
    if not tail:
        return
    children = list(part)
    if children:
        children[-1].tail = (children[-1].tail or "") + tail
    else:
        part.text = (part.text or "") + tail
