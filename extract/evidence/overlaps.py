"""EVIDENCE: overlaps.csv, who may be the same person in two papers, and which papers may be one.

Two patients are held together when sex, index diagnosis and age (within a year) agree and at least one number
does too: a dose, or a score before or after. Numbers that are often equal by chance (10⁶ cells per kg, a score of 0)
count for less, shared authors for more; the pair is shown, never merged.

Nobody is compared with everybody: people meet under a key of sex, diagnosis, number and year of age, kept in a database
that leaves memory for the disk as it grows. A key that more than ``MOST`` share points to nobody and is passed over.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, groupby
from operator import itemgetter
from typing import NamedTuple

from extract.evidence.cells import distinct, natural

Row = Mapping[str, str]

EVENTS = ("treatment", "report", "diagnosis", "onset", "last_follow_up")
"""Ages at one event are compared first; an age at treatment and one at report stand for each other."""

ALIKE = (("treatment", "report"), ("report", "treatment"))

YEARS_APART = Decimal(1)

MOST = 100
"""People with one number (papers with one title) beyond which it tells nobody (nothing) from another. With it the rows
of overlaps.csv stay proportional to the papers, where all pairs would grow with their square."""

USED = ("documents", "patients", "diagnoses", "administrations", "outcomes")

_TABLES = """
CREATE TABLE paper (id INTEGER PRIMARY KEY, document TEXT, doi TEXT, authors TEXT);
CREATE TABLE person (id INTEGER PRIMARY KEY, paper INTEGER, told TEXT);
CREATE TABLE paper_key (key INTEGER, kind INTEGER, id INTEGER);
CREATE TABLE person_key (key INTEGER, kind INTEGER, id INTEGER);
CREATE TABLE paper_pair (a INTEGER, b INTEGER, kind INTEGER, PRIMARY KEY (a, b, kind)) WITHOUT ROWID;
CREATE TABLE person_pair (a INTEGER, b INTEGER, kind INTEGER, PRIMARY KEY (a, b, kind)) WITHOUT ROWID;
"""

DOI, TITLE, FACT = range(3)


class _Paper(NamedTuple):
    """What is told of a paper."""

    document: str
    doi: str
    authors: frozenset[str]


class _Person(NamedTuple):
    """What is compared of a patient: ages by event, index diagnoses, numbers in words."""

    paper: int
    patient: str
    sex: str
    ages: dict[str, str]
    diagnoses: list[str]
    facts: list[str]


class Overlaps:
    """Collects papers and their patients, document by document in the order of their names, then tells the overlaps. A
    context, since it holds a temporary database."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)  # "": a file as soon as it is large, gone when closed
        self._base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _TABLES)
        self._papers = self._people = 0
        self.passed_over = 0
        """How many keys were shared by more than ``MOST``; known when all rows were told."""

    def __enter__(self) -> Overlaps:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def add(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Take in the rows of one document, by table."""
        for paper in rows["documents"]:
            self._papers += 1
            facts = (self._papers, paper["document"], paper["doi"], paper["authors"])
            self._base.execute("INSERT INTO paper VALUES (?, ?, ?, ?)", facts)
            for kind, column in ((DOI, "doi"), (TITLE, "title")):
                words = re.sub(r"[^a-z0-9]+", " ", paper[column].casefold()).strip()
                if words:
                    self._base.execute("INSERT INTO paper_key VALUES (?, ?, ?)", (_key(words), kind, self._papers))
        for person in _people(rows, self._papers):
            self._people += 1
            told = json.dumps(person[1:], ensure_ascii=False)
            self._base.execute("INSERT INTO person VALUES (?, ?, ?)", (self._people, person.paper, told))
            keys = {(_key(*words), FACT, self._people) for words in _meeting(person)}
            self._base.executemany("INSERT INTO person_key VALUES (?, ?, ?)", keys)

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows of overlaps.csv: papers that look the same first, then patients."""
        self.passed_over = self._pair("paper") + self._pair("person")
        yield from self._same_papers()
        yield from self._same_people()

    def notes(self) -> list[str]:
        """What a reader of overlaps.csv must know, after its rows were told."""
        if not self.passed_over:
            return []
        return [
            f"overlaps.csv: {self.passed_over} numbers (with sex, diagnosis and age) or titles are shared by more than "
            f"{MOST} people or papers and tell nobody from another; pairs that share only such ones are not listed."
        ]

    def _pair(self, what: str) -> int:
        """Write down all pairs that meet under a key. Returns how many keys had too many to pair."""
        passed = 0
        keys = self._base.cursor().execute(f"SELECT key, kind, id FROM {what}_key ORDER BY key, kind, id")
        for (_, kind), met in groupby(keys, itemgetter(0, 1)):
            ids = []
            for one in met:
                ids.append(one[2])
                if len(ids) > MOST:
                    break
            if len(ids) > MOST:
                passed += 1
                continue
            pairs = ((a, b, kind) for a, b in combinations(ids, 2))
            self._base.executemany(f"INSERT OR IGNORE INTO {what}_pair VALUES (?, ?, ?)", pairs)
        return passed

    def _same_papers(self) -> Iterator[dict[str, str]]:
        paper = lru_cache(4 * MOST)(self._paper)
        pairs = self._base.cursor().execute("SELECT a, b, kind FROM paper_pair ORDER BY a, b, kind")
        for (one, other), kinds in groupby(pairs, itemgetter(0, 1)):
            a, b = paper(one), paper(other)
            said = [f"same DOI {a.doi}" if kind == DOI else "same title" for _, _, kind in kinds]
            yield {
                "document_a": a.document,
                "document_b": b.document,
                "reasons": "; ".join(said),
                "strength": "strong",
            }

    def _same_people(self) -> Iterator[dict[str, str]]:
        person, paper = lru_cache(4 * MOST)(self._person), lru_cache(4 * MOST)(self._paper)
        for one, other in self._base.cursor().execute("SELECT a, b FROM person_pair ORDER BY a, b"):
            a, b = person(one), person(other)
            ages = _ages(a.ages, b.ages)
            if a.paper == b.paper or not ages:
                continue
            said, equal = _common(a, b)
            if not equal:
                continue
            shared = sorted(paper(a.paper).authors & paper(b.paper).authors)
            more = [f"shared authors {', '.join(shared)}"] if shared else []
            yield {
                "document_a": paper(a.paper).document,
                "patient_a": a.patient,
                "document_b": paper(b.paper).document,
                "patient_b": b.patient,
                "reasons": "; ".join([f"both {a.sex}", ages, *said, *more]),
                "strength": _strength(equal, bool(shared)),
            }

    def _paper(self, id: int) -> _Paper:
        document, doi, authors = self._base.execute(
            "SELECT document, doi, authors FROM paper WHERE id = ?", (id,)
        ).fetchone()
        return _Paper(document, doi, _authors(authors))

    def _person(self, id: int) -> _Person:
        paper, told = self._base.execute("SELECT paper, told FROM person WHERE id = ?", (id,)).fetchone()
        return _Person(paper, *json.loads(told))


def overlap_rows(tables: Mapping[str, Sequence[Row]]) -> Iterator[dict[str, str]]:
    """The rows of overlaps.csv from those of all other tables."""
    by_document: dict[str, dict[str, list[Row]]] = {}
    for name in USED:
        for row in tables[name]:
            by_document.setdefault(row["document"], {used: [] for used in USED})[name].append(row)
    with Overlaps() as overlaps:
        for document in sorted(by_document):
            overlaps.add(by_document[document])
        yield from overlaps.rows()


def _people(rows: Mapping[str, Sequence[Row]], paper: int) -> Iterator[_Person]:
    """The individuals of a document of whom enough is known to compare them."""
    for row in sorted(rows["patients"], key=lambda row: natural(row["patient"])):
        if row["kind"] == "group" or not row["sex"]:
            continue
        own = {name: [line for line in rows[name] if line["patient"] == row["patient"]] for name in USED[2:]}
        ages = {event: age for event in EVENTS if (age := row[f"age_{event}_years"])}
        diagnoses = distinct([line["diagnosis"] for line in own["diagnoses"] if line["role"] == "index"])
        facts = distinct([*_doses(own["administrations"]), *_scores(own["outcomes"])])
        if ages and diagnoses and facts:
            yield _Person(paper, row["patient"], row["sex"], ages, diagnoses, facts)


def _meeting(person: _Person) -> Iterator[tuple[str, ...]]:
    """The keys under which a person meets others: whoever is at most a year older or younger at some event shares the
    year of an age, or the one after it."""
    years = {year for age in person.ages.values() for year in (math.floor(Decimal(age)), math.floor(Decimal(age)) + 1)}
    for diagnosis in person.diagnoses:
        for fact in person.facts:
            for year in years:
                yield person.sex, diagnosis, fact, str(year)


def _key(*words: str) -> int:
    """Words as a number of 64 bits: should two be the same by chance, their people still share nothing to be told."""
    digest = hashlib.blake2b("\0".join(words).encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _common(a: _Person, b: _Person) -> tuple[list[str], list[str]]:
    """What two people have in common in words, diagnoses with their numbers; and the equal numbers alone."""
    equal = [fact for fact in a.facts if fact in b.facts]
    said = [reason for diagnosis in a.diagnoses if diagnosis in b.diagnoses for reason in (f"both {diagnosis}", *equal)]
    return distinct(said), equal if said else []


def _strength(facts: list[str], same_authors: bool) -> str:
    """How much equal numbers and shared authors say: strong, moderate or weak."""
    points = sum(1 if _COMMON.search(fact) else 2 for fact in facts) + 2 * same_authors
    return "strong" if points > 3 else "moderate" if points > 1 else "weak"


_COMMON = re.compile(r"^dose [1-9]0{5,6} cells/kg$|\s0$")
"""Equal by chance in many papers: one figure times 10⁵ or 10⁶ cells per kg, a score of 0."""


def _authors(names: str) -> frozenset[str]:
    """The names of a paper's authors, without dots and marks."""
    plain = (re.sub(r"[.*†‡§\d]", "", name).strip() for name in re.split(r"[;,]| and ", names))
    return frozenset(name for name in plain if len(name) > 5)


def _ages(a: Mapping[str, str], b: Mapping[str, str]) -> str:
    """The ages of two patients at the same event, when at most a year apart, in words; '' otherwise."""
    for first, second in (*((event, event) for event in EVENTS), *ALIKE):
        if first in a and second in b:
            near = abs(Decimal(a[first]) - Decimal(b[second])) <= YEARS_APART
            where = first if first == second else f"{first} and {second}"
            return f"ages {a[first]} and {b[second]} ({where.replace('_', ' ')})" if near else ""
    return ""


def _doses(rows: Iterable[Row]) -> list[str]:
    """Doses as facts: ``dose 120000000 cells``."""
    lines = list(rows)
    return [
        f"dose {line[column]} {unit}"
        for column, unit in (("dose_cells", "cells"), ("cells_per_kg", "cells/kg"))
        for line in lines
        if line[column]
    ]


def _scores(rows: Iterable[Row]) -> list[str]:
    """Scores before and after as facts: ``SLEDAI-2K pre 6``."""
    return [
        f"{line['measure']} {line['phase']} {line['value']}"
        for line in rows
        if line["value"] and line["phase"] in ("pre", "post")
    ]
