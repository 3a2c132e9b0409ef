"""SYNTHESIS: references from BibTeX or RIS files, matched to the papers of a run.

A reference belongs to a paper by its DOI, else by the file it names, else by the very same title; never by likeness.
Where two references or two papers would fit, none does, and it is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path, PureWindowsPath
from typing import Any, Literal

from extract.synthesis.outputs import name_studies, plain_doi
from extract.synthesis.rows import Outputs, Person, Row, Value

By = Literal["DOI", "file", "title"]

FIELDS = ("title", "authors", "journal", "year", "doi")
"""What a reference says of a paper, by the columns of documents.csv."""


class BibliographyError(Exception):
    """A file of references that cannot be read: the file, the place, what is wrong, what to do."""


@dataclass(frozen=True)
class Reference:
    """One reference: authors as ``Surname, Given``; '' for what it does not say."""

    key: str
    title: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    files: tuple[str, ...] = ()

    @property
    def study(self) -> str:
        """First author and year."""
        surname = self.authors[0].split(",")[0].strip() if self.authors else ""
        return f"{surname} {self.year}".strip() if surname else ""

    @property
    def text(self) -> str:
        """The reference as it is printed: authors, title, journal, year;volume(issue):pages, DOI."""
        names = [name.replace(",", "") for name in self.authors]
        issue = f"({self.issue})" if self.issue else ""
        place = f"{self.year};{self.volume}{issue}" if self.volume else self.year
        place += f":{self.pages}" if self.pages else ""
        parts = [", ".join(names), self.title, self.journal, place, f"doi:{self.doi}" if self.doi else ""]
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


@dataclass(frozen=True)
class Matches:
    """Which reference belongs to which document and by what; what has no partner, and why a doubtful one has none."""

    found: Mapping[str, tuple[Reference, By]]
    unmatched: tuple[Reference, ...]
    without: tuple[str, ...]
    doubts: tuple[str, ...]


# --- reading


def load_references(path: Path) -> tuple[Reference, ...]:
    """The references of a BibTeX (``.bib``) or RIS (``.ris``) file. Raises BibliographyError."""
    readers: dict[str, Callable[[str, Path], tuple[Reference, ...]]] = {
        ".bib": _bibtex,
        ".bibtex": _bibtex,
        ".ris": _ris,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BibliographyError(f"{path}: references are read from .bib (BibTeX) and .ris (RIS) files.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BibliographyError(f"{path}: cannot be read ({reason}).") from None
    return reader(text, path)


def _bibtex(text: str, path: Path) -> tuple[Reference, ...]:
    from bibtexparser import middlewares
    from bibtexparser.entrypoint import parse_string

    library = parse_string(text, append_middleware=[middlewares.NormalizeFieldKeys()])
    if library.failed_blocks:
        faults = [f"{path}:{(block.start_line or 0) + 1}: {_fault(block)}" for block in library.failed_blocks]
        raise BibliographyError("\n".join(faults))
    if text.strip() and not library.entries:
        raise BibliographyError(f"{path}: no reference in it. Each one begins with '@article{{' or another kind.")
    # signs of LaTeX are decoded in a second reading: it takes the braces that tell a group from a person, and the
    # backslashes of paths
    plain = parse_string(
        text, append_middleware=[middlewares.NormalizeFieldKeys(), middlewares.LatexDecodingMiddleware()]
    )
    decoded = {entry.key: {field.key: str(field.value) for field in entry.fields} for entry in plain.entries}
    return tuple(
        _from_bibtex(entry.key, decoded[entry.key], {field.key: str(field.value) for field in entry.fields})
        for entry in library.entries
    )


_AND = re.compile(r"\s+and\s+")


def _fault(block: Any) -> str:
    kind = type(block).__name__
    if kind == "DuplicateBlockKeyBlock":
        return f"the key {block.key!r} is used twice. Give one of the two another key."
    return "not valid BibTeX: an entry has no end. Check its braces and commas."


def _from_bibtex(key: str, fields: Mapping[str, str], raw: Mapping[str, str]) -> Reference:
    def get(*names: str) -> str:
        return next((" ".join(fields[name].split()) for name in names if fields.get(name)), "")

    names = _AND.split(get("author"))
    printed = _AND.split(" ".join(raw.get("author", "").split()))
    groups = [name.startswith("{") for name in printed] if len(printed) == len(names) else [False] * len(names)
    authors = [
        name if group else _surname_first(name) for name, group in zip(names, groups, strict=True) if name.strip()
    ]
    return Reference(
        key=key,
        title=get("title").replace("{", "").replace("}", ""),
        authors=tuple(authors),
        year=_year(get("year", "date")),
        journal=get("journal", "journaltitle"),
        volume=get("volume"),
        issue=get("number", "issue"),
        pages=get("pages").replace("--", "–"),
        doi=plain_doi(get("doi") or get("url")),
        pmid=get("pmid"),
        files=_files(raw.get("file", "")),
    )


def _ris(text: str, path: Path) -> tuple[Reference, ...]:
    import rispy

    try:
        entries = rispy.loads(text, skip_unknown_tags=True)
    except (OSError, ValueError, KeyError) as error:
        raise BibliographyError(f"{path}: not valid RIS ({error}). Each line is 'TY  - value'.") from None
    begun = len(re.findall(r"^TY  - ", text, re.MULTILINE))
    if text.strip() and (not entries or len(entries) != begun):
        raise BibliographyError(
            f"{path}: {len(entries)} whole references of {begun}. Each one begins with 'TY  - ' and ends with 'ER  - '."
        )
    return tuple(_from_ris(number, entry) for number, entry in enumerate(entries, 1))


def _from_ris(number: int, entry: Mapping[str, Any]) -> Reference:
    def get(*names: str) -> str:
        return next((" ".join(str(entry[name]).split()) for name in names if entry.get(name)), "")

    pages = "–".join(filter(None, (get("start_page"), get("end_page"))))
    files = [str(item) for name in ("file_attachments1", "file_attachments2") for item in _listed(entry.get(name))]
    urls = [str(item) for item in _listed(entry.get("urls"))]
    return Reference(
        key=get("id", "label") or f"reference {number}",
        title=get("title", "primary_title"),
        authors=tuple(_surname_first(str(name)) for name in entry.get("authors") or entry.get("first_authors") or ()),
        year=_year(get("year", "publication_year", "date")),
        journal=get("journal_name", "secondary_title", "alternate_title1"),
        volume=get("volume"),
        issue=get("number"),
        pages=pages,
        doi=plain_doi(get("doi") or next((url for url in urls if "doi.org" in url), "")),
        pmid=get("accession_number") if get("accession_number").isdigit() else "",
        files=tuple(_stem(name) for name in files),
    )


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _surname_first(name: str) -> str:
    """``Ilse Tarn`` as ``Tarn, Ilse``; names with a comma stay."""
    name = " ".join(name.split())
    given, _, surname = name.rpartition(" ")
    return name if "," in name or not given else f"{surname}, {given}"


def _year(text: str) -> str:
    match = re.search(r"\b(1[89]|20)\d\d\b", text)
    return match[0] if match else ""


def _files(field: str) -> tuple[str, ...]:
    """The stems of the files that a ``file`` field names, as JabRef and Zotero write it: ``Text:papers/a.pdf:PDF``."""
    parts = re.split(r"(?<!\\)[:;]", field)
    return tuple(
        dict.fromkeys(_stem(part) for part in parts if re.search(r"\.(?:pdf|xml|nxml|txt)$", part, re.IGNORECASE))
    )


def _stem(path: str) -> str:
    return PureWindowsPath(path.replace("\\:", ":").strip()).stem


# --- matching


def match_references(outputs: Outputs, references: Iterable[Reference]) -> Matches:
    """The reference of each document: by DOI, by file, by title; each only where exactly one of both sides fits."""
    left = list(references)
    papers = {paper.document: paper for paper in outputs.papers}
    found: dict[str, tuple[Reference, By]] = {}
    doubts: list[str] = []
    steps: tuple[tuple[By, Callable[[Row], set[str]], Callable[[Reference], set[str]]], ...] = (
        ("DOI", lambda paper: _some(plain_doi(paper.text("doi"))), lambda ref: _some(ref.doi)),
        ("file", lambda paper: _some(paper.document, Path(paper.text("file")).stem), lambda ref: set(ref.files)),
        ("title", lambda paper: _some(plain_title(paper.text("title"))), lambda ref: _some(plain_title(ref.title))),
    )
    for by, of_paper, of_reference in steps:
        for document, reference in _pairs(papers, left, of_paper, of_reference, by, doubts):
            found[document] = (reference, by)
        taken = {id(reference) for reference, _ in found.values()}
        left = [reference for reference in left if id(reference) not in taken]
        papers = {name: paper for name, paper in papers.items() if name not in found}
    return Matches(found, tuple(left), tuple(papers), tuple(doubts))


def _pairs(
    papers: Mapping[str, Row],
    references: Sequence[Reference],
    of_paper: Callable[[Row], set[str]],
    of_reference: Callable[[Reference], set[str]],
    by: By,
    doubts: list[str],
) -> list[tuple[str, Reference]]:
    """The pairs in which each fits the other alone."""
    pairs = []
    for document, paper in papers.items():
        marks = of_paper(paper)
        fits = [reference for reference in references if marks & of_reference(reference)]
        if not fits:
            continue
        rivals = [name for name, other in papers.items() if of_paper(other) & of_reference(fits[0])]
        if len(fits) == 1 and len(rivals) == 1:
            pairs.append((document, fits[0]))
        else:
            keys = ", ".join(reference.key for reference in fits)
            doubts.append(
                f"{by}: {', '.join(sorted({document, *rivals}))} and {keys} fit more than one way; none is taken."
            )
    return pairs


def _some(*texts: str) -> set[str]:
    return {text for text in texts if text}


def plain_title(text: str) -> str:
    """A title without what printing changes: case, accents, dashes, signs, white space. '' for very short ones."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    words = re.findall(r"[a-z0-9]+", "".join(x for x in letters if not unicodedata.combining(x)))
    return " ".join(words) if len(words) > 2 else ""


# --- applying


def with_references(outputs: Outputs, matches: Matches) -> Outputs:
    """The outputs with title, authors, journal, year and DOI of the papers as their references have them.

    What a reference does not say stays as the paper prints it. Studies are named anew by first author and year.
    """
    papers = tuple(_with_reference(paper, matches.found.get(paper.document)) for paper in outputs.papers)
    studies = name_studies(papers)
    by_name = {paper.document: paper for paper in papers}
    people: tuple[Person, ...] = tuple(
        replace(person, paper=by_name[person.document], study=studies[person.document]) for person in outputs.people
    )
    return replace(outputs, papers=papers, people=people, studies=studies)


def _with_reference(paper: Row, match: tuple[Reference, By] | None) -> Row:
    if match is None:
        return paper
    reference, _ = match
    said = {
        "title": reference.title,
        "authors": "; ".join(reference.authors),
        "journal": reference.journal,
        "year": reference.year,
        "doi": reference.doi,
        "study": reference.study,
    }
    values = dict(paper.values)
    for name, text in said.items():
        if text:
            values[name] = Value(text, Decimal(text) if name == "year" else None, status="reported", basis="reference")
    return replace(paper, values=values)
