"""Term lists and ontologies that a user has -> concepts: a value, its words, its codes.

Lists are CSV; ontologies OBO or OWL (RDF/XML), read by pronto (extra ``caseloom[ontology]``). Nothing is loaded from
the network: what an ontology imports is left aside.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCOPES = ("exact", "narrow", "broad", "related")
"""How close a synonym is to its concept, as ontologies say it."""

LISTS = frozenset({".csv", ".tsv", ".txt"})
ONTOLOGIES = frozenset({".obo", ".owl", ".rdf", ".xml", ".json"})

CODE_NAMES = {"hp": "hpo"}
"""What the rules call the codes of an ontology where that is not its prefix in small letters."""


class TermFileError(Exception):
    """A file that cannot be read as terms; ``errors`` holds every fault, one sentence each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Concept:
    """One thing with the ways it is written, its name first; ``exact`` as they stand, by the wish of the list's
    writer."""

    id: str
    value: str
    words: tuple[str, ...]
    exact: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TermFile:
    """What a file holds: the concepts in its order, how many were passed over and why, what it calls itself."""

    concepts: tuple[Concept, ...]
    passed: Mapping[str, int]
    version: str
    prefix: str


def read_terms(
    path: Path, *, scopes: Sequence[str] = ("exact",), roots: Sequence[str] = (), xrefs: Mapping[str, str] | None = None
) -> TermFile:
    """The concepts of a list or an ontology, told apart by the file's name.

    ``scopes`` are the synonyms taken beside names, ``roots`` the ids of the branches taken, ``xrefs`` the
    cross-references taken as codes (``{"ICD10": "icd10"}``); they are for ontologies. Raises TermFileError.
    """
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if not path.is_file():
        raise TermFileError([f"{path}: there is no such file."])
    if suffix in LISTS:
        if roots or xrefs or tuple(scopes) != ("exact",):
            raise TermFileError([f"{path}: --root, --scope and --xref are for ontologies; a list has none of these."])
        return _read_list(path)
    if suffix in ONTOLOGIES:
        return _read_ontology(path, frozenset(scopes), roots, xrefs or {})
    known = ", ".join(sorted(LISTS | ONTOLOGIES))
    raise TermFileError([f"{path}: neither a term list nor an ontology by its name. Known endings: {known}."])


# --- lists

PARTS = ("value", "words", "exact", "needs", "unless", "id")
"""Columns of a list with a meaning of their own; ``details.…`` go with the find, any other column is a code."""


def _read_list(path: Path) -> TermFile:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text; save it as CSV UTF-8"
        raise TermFileError([f"{path}: cannot be read ({why})."]) from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(lines, [])]
    faults = _header_faults(path, header)
    if faults:
        raise TermFileError(faults)
    concepts: list[Concept] = []
    for cells in lines:
        place = f"{path}:{lines.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            faults.append(
                f"{place}: {len(cells)} cells under {len(header)} titles. A cell that holds '{delimiter}' needs quotes."
            )
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if not row["value"]:
            faults.append(f"{place}: the cell 'value' is empty. It is what the words come to.")
            continue
        concepts.append(_of_row(row))
    if not concepts and not faults:
        faults.append(f"{path}: no terms below the titles.")
    if faults:
        raise TermFileError(faults)
    return TermFile(tuple(concepts), {}, "", "")


def _header_faults(path: Path, header: list[str]) -> list[str]:
    faults = []
    if "value" not in header:
        found = f"Found: {', '.join(header)}." if any(header) else "It is empty."
        faults.append(f"{path}:1: no column 'value'. The first line names the columns: value, words, codes ... {found}")
    for name in header:
        near = difflib.get_close_matches(name.lower(), PARTS, n=1, cutoff=0.75)
        if name not in PARTS and near:
            faults.append(f"{path}:1: unknown column '{name}'. Did you mean '{near[0]}'?")
        elif name not in PARTS and not re.fullmatch(r"(?:details\.)?[a-z][a-z0-9_]*", name):
            faults.append(f"{path}:1: column '{name}': the name of a code is written in small letters, as in icd10.")
        if header.count(name) > 1 and f"{path}:1: column '{name}' stands twice." not in faults:
            faults.append(f"{path}:1: column '{name}' stands twice.")
    return faults


def _of_row(row: Mapping[str, str]) -> Concept:
    def parts(name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in row.get(name, "").split("|") if part.strip())

    codes = {name: cell for name, cell in row.items() if cell and name not in PARTS and not name.startswith("details.")}
    details = {name.removeprefix("details."): row[name] for name in row if name.startswith("details.") and row[name]}
    words = parts("words") or (() if parts("exact") else (row["value"],))
    return Concept(
        row.get("id", ""), row["value"], words, parts("exact"), parts("needs"), parts("unless"), codes, details
    )


# --- ontologies


def _read_ontology(path: Path, scopes: frozenset[str], roots: Sequence[str], xrefs: Mapping[str, str]) -> TermFile:
    ontology = _load(path)
    terms = [term for term in ontology.terms() if ":" in term.id]
    if not terms:
        raise TermFileError([f"{path}: no terms with an id (MONDO:0000001) in it."])
    prefix = Counter(term.id.partition(":")[0] for term in terms).most_common(1)[0][0]
    branch = _branch(path, ontology, [term.id for term in terms], roots)
    code = CODE_NAMES.get(prefix.lower(), re.sub(r"[^a-z0-9_]", "_", prefix.lower()))
    passed: Counter[str] = Counter()
    concepts = []
    for term in terms:
        if term.obsolete:
            passed["obsolete"] += 1
        elif branch is not None and term.id not in branch:
            passed["outside the branch"] += 1
        elif branch is None and not term.id.startswith(f"{prefix}:"):
            passed[f"not of {prefix}"] += 1
        elif not (term.name or "").strip():
            passed["without a name"] += 1
        else:
            said = sorted({s.description.strip() for s in term.synonyms if (s.scope or "").lower() in scopes})
            words = dict.fromkeys([term.name.strip(), *(word for word in said if word)])
            codes = {code: term.id, **dict(_codes(sorted(xref.id for xref in term.xrefs), xrefs))}
            concepts.append(Concept(term.id, term.name.strip(), tuple(words), codes=codes))
    version = str(getattr(ontology.metadata, "data_version", None) or "")
    return TermFile(tuple(concepts), dict(passed), version, prefix)


def _load(path: Path) -> Any:
    try:
        from pronto import __version__ as version
        from pronto.ontology import Ontology
    except ImportError:
        raise TermFileError(
            [f"{path}: ontologies are read by pronto, which is not installed: pip install 'caseloom[ontology]'"]
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of OWL that tell nothing of names
        try:
            return Ontology(str(path), import_depth=0)
        except Exception as error:  # the parser raises whatever a malformed file leads it to
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise TermFileError(
                [f"{path}: pronto {version} cannot read it ({reason}). Is it OBO, or OWL as RDF/XML? Most "
                 "ontologies come in both: try the other."]
            ) from error  # fmt: skip


def _branch(path: Path, ontology: Any, ids: Sequence[str], roots: Iterable[str]) -> frozenset[str] | None:
    """The ids of the terms under some roots, with these; None when all are wanted."""
    found: set[str] = set()
    faults = []
    for root in roots:
        name = root.replace("_", ":", 1) if ":" not in root else root
        if name not in ids:
            near = difflib.get_close_matches(name, ids, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            faults.append(f"{path}: --root {root}: no term has that id.{hint}")
        else:
            found.update(term.id for term in ontology[name].subclasses())
    if faults:
        raise TermFileError(faults)
    return frozenset(found) if roots else None


def _codes(given: Sequence[str], wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The first cross-reference of each kind that is wanted."""
    for prefix, name in wanted.items():
        code = next((each.partition(":")[2] for each in given if each.partition(":")[0].lower() == prefix.lower()), "")
        if code:
            yield name, code
