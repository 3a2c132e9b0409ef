"""The find room's view of language: tokens, sentences, abbreviations, and the passages that are searched.

Tokens come from scispaCy's tokenizer, with hyphens and glued table cells split off, so that
``adipose-derived`` and ``adipose derived`` meet the same vocabulary entry. spaCy's ``NORM`` carries the
normal form on which vocabulary is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from scispacy.custom_tokenizer import combined_rule_tokenizer
from spacy.attrs import IS_SPACE, LOWER, NORM
from spacy.lang.en import English, EnglishDefaults
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import compile_infix_regex

from extract.find.sieve import Look, look_at
from extract.model import Context, Document, Mention, Quantity, Section, Span

# Spelling differences that carry no meaning, on lower-case words. British to American, then ligature damage.
SHORT_AND_LONG = re.compile(
    r"(?:^|[;.]\s)\s*(?P<short>[A-Za-z][\w/’'+-]{0,11})\s?(?:,|:|=|–|—|\s-)\s(?P<long>[a-zA-Z][^;.=]{3,70})(?=[;.]|$)"
)
SEARCHED = frozenset({"heading", "paragraph", "list", "caption", "footnote", "table"})

_SPELLING = (
    (re.compile(r"haem"), "hem"),
    (re.compile(r"aemi"), "emi"),
    (re.compile(r"oed"), "ed"),
    (re.compile(r"paed"), "ped"),
    (re.compile(r"oesoph"), "esoph"),
    (re.compile(r"rrhoea"), "rrhea"),
    (re.compile(r"foet"), "fet"),
    (re.compile(r"aesth"), "esth"),
    (re.compile(r"faec"), "fec"),
    (re.compile(r"dyspnoea"), "dyspnea"),
    (re.compile(r"leuco"), "leuko"),
    (re.compile(r"tumour"), "tumor"),
    (re.compile(r"ö"), "o"),
    (re.compile(r"ç"), "c"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"fibre"), "fiber"),
    (re.compile(r"litre"), "liter"),
    (re.compile(r"isation"), "ization"),
    (re.compile(r"ise(d|s)?$"), r"ize\1"),
    (re.compile(r"our(ed|ing)?$"), r"or\1"),
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−﹣－", "-") | {"’": "'", "‘": "'"})


def normal_form(word: str) -> str:
    """The form on which vocabulary words are compared: lower case, one spelling, singular, plain dashes."""
    form = word.translate(_DASHES).lower()
    if (len(form) > 3 and form.isascii() is False) or any(
        p in form for p in ("ae", "oe", "our", "is", "uc", "ph", "re")
    ):
        for pattern, plain in _SPELLING:
            form = pattern.sub(plain, form)
    if len(form) > 3 and form.endswith("s") and not form.endswith(("ss", "is", "us", "'s")):
        form = form[:-3] + "y" if form.endswith("ies") and len(form) > 5 else form[:-1]
    return form


class _Plain(English):  # type: ignore[no-untyped-call]
    """English as ``spacy.blank("en")`` makes it, but for the tokenizer, which is replaced: building spaCy's own
    with its thousands of exceptions takes half a second."""

    class Defaults(EnglishDefaults):
        tokenizer_exceptions: dict[str, Any] = {}
        prefixes: list[str] = []
        suffixes: list[str] = []
        infixes: list[str] = []
        token_match = url_match = None


@lru_cache(maxsize=1)
def load_language() -> Language:
    """The default pipeline: an empty English one with scispaCy's tokenizer (no model is needed)."""
    nlp = _Plain()
    getters: Any = getattr(nlp.vocab, "lex_attr_getters")  # noqa: B009  (missing from spaCy's type stubs)
    for attribute in set(getters) - {IS_SPACE, LOWER}:
        del getters[attribute]  # word shapes, stop words, ...: nobody asks, and each new word pays for them
    getters[NORM] = normal_form
    tokenizer: Any = combined_rule_tokenizer(nlp)
    dashes = r"[-\u2010-\u2014\u2212]"
    infixes = [
        *_infixes(tokenizer),
        rf"(?<=[^\W\d_]){dashes}(?=\w)",
        rf"(?<=\d){dashes}(?=[^\W\d_])",
        r"(?<=\w)[/→+|;:()\[\],](?=\w)",
        r"(?<=\))[/,;](?=\w)",
        # cells of a table that a PDF printed without a gap: "diseaseAdipose", "marrow2.6", "108Intradiscal"
        r"(?<=[a-z]{3})(?=[A-Z][a-z])",
        r"(?<=[a-z]{3})(?=[A-Z][A-Z0-9])",
        r"(?<=\d)(?=[A-Z][a-z]{3})",
        r"(?<=[a-z]{3})(?=\d)",
        r"(?<=\bmo)(?=[A-Z]{2})",
        r"(?<=\d{3})(?=[A-Z])",
        r"(?<=[MF]\d\d)(?=[A-Z]{2})",
        r"(?<=[A-Z]{4})(?=\d)",
        r"(?<=mL)(?=[A-Z]{2})",
        r"(?<=[A-Z]{2})(?=\d\.\d)",
    ]
    _spare_plain_words(tokenizer, compile_infix_regex(infixes).finditer)
    tokenizer.token_match = None
    tokenizer.url_match = None
    tokenizer.rules = {}
    nlp.tokenizer = tokenizer
    return nlp


def _spare_plain_words(tokenizer: Any, find_infixes: Callable[[str], Iterator[re.Match[str]]]) -> None:
    """Keep the tokenizer's patterns from words of small letters, in which they have nothing to cut.

    Every pattern asks for a sign, a digit or a capital; most words hold none, and asking takes ten times as long.
    """
    prefix, suffix = tokenizer.prefix_search, tokenizer.suffix_search

    def plain(word: str) -> bool:
        return word.isascii() and word.islower() and word.isalpha()

    tokenizer.prefix_search = lambda word: None if plain(word) else prefix(word)
    tokenizer.suffix_search = lambda word: None if plain(word) else suffix(word)
    tokenizer.infix_finditer = lambda word: () if plain(word) else find_infixes(word)


def _infixes(tokenizer: Any) -> list[str]:
    pattern = getattr(tokenizer.infix_finditer, "__self__", None)
    return [pattern.pattern] if pattern is not None else []


_CAPITALS = re.compile(r"[A-Z]{4,14}")


def split_glued(doc: Doc, known: frozenset[str]) -> Doc:
    """Tokens in which a table without gaps has run abbreviations together, cut where both are known: ``ALSIT``."""
    words: list[str] = []
    spaces: list[bool] = []
    changed = False
    for token in doc:
        parts = _parts(token.text, known) if _CAPITALS.fullmatch(token.text) and token.text not in known else None
        changed = changed or parts is not None
        parts = parts or [token.text]
        words += parts
        spaces += [False] * (len(parts) - 1) + [bool(token.whitespace_)]
    return Doc(doc.vocab, words=words, spaces=spaces) if changed else doc


def _parts(word: str, known: frozenset[str]) -> list[str] | None:
    """A word as two or three known abbreviations, the longest first part tried first."""
    for cut in range(len(word) - 2, 1, -1):
        if word[:cut] not in known:
            continue
        rest = word[cut:]
        if rest in known:
            return [word[:cut], rest]
        deeper = _parts(rest, known) if len(rest) >= 4 else None
        if deeper and len(deeper) == 2:
            return [word[:cut], *deeper]
    return None


# A full stop after one of these ends no sentence.
_NO_END = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|vs|cf|fig|figs|ref|refs|tab|no|nos|approx|ca|dr|drs|prof|mr|mrs|ms|st|resp|incl|viz|"
    r"i\.v|i\.a|i\.t|i\.m|s\.c|p\.o|i\.p|i\.d|b\.w|h\.s|q\.d|b\.i\.d|preop|postop|inc|ltd|co|corp|dept|univ|jr|sr|vol|pp|wt|max|min|"
    r"(?<=\s)[a-z])|(?<=[\s(])[A-Z]|^[A-Z])\.$",
    re.IGNORECASE,
)
# "... of the artery.3 In lupus": citation marks that were raised stand flat behind the full stop
_END = re.compile(
    r"[.!?][\"'”’)\]]*(?:\s*\[[\d,\s–-]+\]|(?<=[a-z)\]][.])\d{1,3}(?:[,–-]\d{1,3})*)?\s+(?!\[\d)"
    r"(?=[\"'“‘(\[]?[A-Z0-9\u0391-\u03a9~≈<>])"
)


@lru_cache(maxsize=2048)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Half-open ranges of the sentences of a passage; white space at their ends left out."""
    out = []
    start = 0
    for match in _END.finditer(text):
        head = text[start : match.start() + 1]
        if _NO_END.search(head[-12:]) and not re.search(r"(?:\d|\))\s*[A-Z]\.$", head[-6:]):
            after = text[match.end() : match.end() + 12]
            if not re.match(r"(?:The|She|He|After|At|In|No|On|Her|His|It|This|We|Our|They|A|An)\b", after):
                continue
        out.append((start, match.end()))
        start = match.end()
    out.append((start, len(text)))
    trimmed = []
    for begin, end in out:
        piece = text[begin:end]
        lead = len(piece) - len(piece.lstrip())
        tail = len(piece.rstrip())
        if tail > lead:
            trimmed.append((begin + lead, begin + tail))
    return tuple(trimmed)


class Passage(NamedTuple):
    """A block or a table cell as it is searched. Offsets inside it are relative; ``offset`` makes them the document's.

    ``headers`` are the words of a cell's row and column headers and of the table's caption, ``row`` those of the whole
    row it stands in and of the first row above it, '' outside tables; ``beside`` those behind a row header;
    ``headings`` the titles above a block.
    """

    text: str
    offset: int
    doc: Doc
    sentences: tuple[tuple[int, int], ...]
    section: Section
    kind: str
    block: int | None = None
    cell: int | None = None
    headers: str = ""
    row: str = ""
    beside: str = ""
    headings: tuple[str, ...] = ()

    @property
    def look(self) -> Look:
        """What the text holds of what patterns need."""
        return look_at(self.text)

    def sentence_at(self, position: int) -> tuple[int, int]:
        """The sentence (relative range) that holds a position; the whole passage when none does."""
        for start, end in self.sentences:
            if start <= position < end:
                return start, end
        return 0, len(self.text)

    def mention(
        self,
        field: str,
        value: Any,
        start: int,
        end: int,
        rule_id: str,
        *,
        quantity: Quantity | None = None,
        details: dict[str, Any] | None = None,
        context: Context | None = None,
    ) -> Mention:
        """A mention at a relative range, with its place in the document filled in."""
        begin, stop = self.sentence_at(start)
        return Mention(
            field=field,
            value=value,
            span=Span(start=self.offset + start, end=self.offset + end),
            text=self.text[start:end],
            rule_id=rule_id,
            quantity=quantity,
            details=details or {},
            context=context or Context(),
            sentence=Span(start=self.offset + begin, end=self.offset + max(stop, end)),
            block=self.block,
            cell=self.cell,
        )


_NO_STATEMENTS = re.compile(
    r"^\W*(?:key\s?words?|index terms|mesh terms|subject headings|abbreviations?(?: used)?|list of abbreviations)\b",
    re.IGNORECASE,
)


def states_nothing(text: str) -> bool:
    """Whether a block only lists words: keywords, or the abbreviations used."""
    if _NO_STATEMENTS.match(text):
        return True
    if text.count(";") < 2:
        return False
    pairs = SHORT_AND_LONG.findall(text[:400])
    return len(pairs) >= 3 and sum(len(p[0]) + len(p[1]) + 3 for p in pairs) > 0.6 * min(400, len(text))


Skip = Callable[[Section, str, Sequence[tuple[int, int]]], bool]
"""Whether a block is left out, asked with its section, its text and its sentences before it costs more."""


def passages(document: Document, skip: Skip | None = None, *, tokens: bool = True) -> Iterator[Passage]:
    """What of a document is searched: every block but references and running heads; tables cell by cell.

    Blocks of text that ``skip`` says are left out. Without ``tokens`` only patterns can be asked.
    """
    nlp = load_language()

    def make_doc(words: str) -> Doc:
        return nlp.make_doc(words) if tokens else Doc(nlp.vocab)

    in_tables = [table.span for table in document.tables]
    for index, block in enumerate(document.blocks):
        if block.kind not in SEARCHED or block.section == "references":
            continue
        if any(span.overlaps(block.span) for span in in_tables) and block.kind == "table":
            continue
        text = document.quote(block.span)
        if states_nothing(text):
            continue
        parts = sentences(text)
        if skip is not None and skip(block.section, text, parts):
            continue
        yield Passage(
            text=text,
            offset=block.span.start,
            doc=make_doc(text),
            sentences=parts,
            section=block.section,
            kind=block.kind,
            block=index,
            headings=block.headings,
        )
    rows: dict[tuple[int, int], str] = {}
    tops: dict[int, str] = {}
    for cell in document.cells:
        if cell.row == 0 and cell.is_header:
            tops[cell.table] = f"{tops.get(cell.table, '')}{document.quote(cell.span)} | "
        place = (cell.table, cell.row)
        rows[place] = f"{rows[place]} | {document.quote(cell.span)}" if place in rows else document.quote(cell.span)
    for index, cell in enumerate(document.cells):
        table = document.tables[cell.table]
        text = document.quote(cell.span)
        if not text.strip():
            continue
        block_index = document.block_at(cell.span.start)
        block_section: Section = document.blocks[block_index].section if block_index is not None else "other"
        yield Passage(
            text=text,
            offset=cell.span.start,
            doc=make_doc(text),
            sentences=((0, len(text)),),
            section=block_section,
            kind="cell",
            block=block_index,
            cell=index,
            headers=" ".join(part for part in (cell.group, cell.row_header, cell.column_header, table.caption) if part),
            row="" if cell.is_header else tops.get(cell.table, "") + rows[cell.table, cell.row],
            beside=rows[cell.table, cell.row].partition(f"{text} | ")[2] if cell.is_header and cell.column == 0 else "",
        )
