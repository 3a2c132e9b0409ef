"""SYNTHESIS: the words behind the values: for each patient, every sentence or cell of the paper that a value rests on.

Statements that rest on the same words stand together. An entry's anchor depends on its paper, patient and words only,
so that a paper more moves none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from extract.model import plain
from extract.synthesis.given import CELLS, PER_KG
from extract.synthesis.readings import shown_value
from extract.synthesis.rows import Outputs, Person, Place, Row, Value
from extract.synthesis.sheets import joined, large_numbers

OF_PAPERS = ("title", "authors", "journal", "year", "doi", "country", "language", "design", "patients_stated")
"""What is told of a paper itself."""

ASIDE = frozenset(
    {"document", "patient", "label", "kind", "n", "record", "where", "as_written", "order", "course", "administration",
     "dose_basis"}
)  # fmt: skip
"""Columns that say whose a row is and how it is counted."""

UNITS = {"years": "y", "months": "mo", "kg": "kg", "ml": "mL"}


@dataclass(frozen=True)
class Entry:
    """Some words of a paper and all that was taken from them; ``rules`` found them."""

    anchor: str
    told: tuple[str, ...]
    places: tuple[Place, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class WordsOf:
    """The entries of a patient, or of a paper as a whole (``person`` None)."""

    anchor: str
    document: str
    study: str
    person: Person | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Words:
    """All entries, and the anchor of the entry by the id of a value."""

    parts: tuple[WordsOf, ...]
    anchors: Mapping[str, str]

    def anchor(self, id: str) -> str:
        """The anchor of a value's words, '' where none are known."""
        return self.anchors.get(id, "")


def words_of(outputs: Outputs) -> Words:
    """The words behind all values that the tables show, paper by paper."""
    parts: list[WordsOf] = []
    anchors: dict[str, str] = {}
    for paper, people in outputs.by_paper():
        study = outputs.studies.get(paper.document, paper.document)
        for person, told in (None, _of_paper(paper)), *((person, _of_person(person)) for person in people):
            patient = person.patient if person else ""
            entries = _entries(paper.document, patient, told, anchors)
            if entries:
                anchor = person_anchor(paper.document, patient)
                parts.append(WordsOf(anchor, paper.document, study, person, entries))
    return Words(tuple(parts), anchors)


def person_anchor(document: str, patient: str) -> str:
    """The anchor of the words of a patient; of the paper as a whole where ``patient`` is ''."""
    return f"p-{_short(document, patient)}"


def _short(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()[:10]


class _Told(NamedTuple):
    """What is said, of which cells ('' for the patient), the ids of the values that say it, the places it rests
    on, the rules that found it."""

    text: str
    of: str
    ids: tuple[str, ...]
    places: tuple[Place, ...]
    rules: tuple[str, ...]


def _told(text: str, values: Iterable[Value], of: str = "") -> _Told:
    """What some values say together: what was computed rests on the words of the others, where there are any."""
    known = list(values)
    stated = [value for value in known if not value.is_derived] or known
    return _Told(
        text,
        of,
        tuple(value.id for value in known if value.id),
        tuple(dict.fromkeys(place for value in stated for place in value.places)),
        tuple(dict.fromkeys(rule for value in stated for rule in value.rules)),
    )


def _entries(document: str, patient: str, told: Iterable[_Told], anchors: dict[str, str]) -> tuple[Entry, ...]:
    found: dict[tuple[Place, ...], list[_Told]] = {}
    for one in told:
        if one.places:
            found.setdefault(one.places, []).append(one)
    entries = []
    for places, group in found.items():
        anchor = f"w-{_short(document, patient, *(part for place in places for part in place))}"
        anchors.update({id: anchor for one in group for id in one.ids})
        texts = _together(group)
        entries.append(Entry(anchor, tuple(texts), places, tuple(dict.fromkeys(r for one in group for r in one.rules))))
    return tuple(entries)


def _together(group: Iterable[_Told]) -> Iterator[str]:
    """Statements in order, those of the same cells in one: ``cells 1, 2: route: intravenous; donor: autologous``."""
    subjects: dict[str, list[str]] = {}
    for one in group:
        subjects.setdefault(one.text, []).append(one.of)
    statements: dict[str, list[str]] = {}
    for text, of in subjects.items():
        numbers = ", ".join(dict.fromkeys(part for part in of if part))
        statements.setdefault(f"cells {numbers}: " if numbers else "", []).append(text)
    for before, texts in statements.items():
        yield before + ", ".join(texts) if before else "; ".join(texts)


def _of_paper(paper: Row) -> Iterator[_Told]:
    for name in OF_PAPERS:
        value = paper.value(name)
        if value is not None:
            yield _told(f"{name.replace('_', ' ')}: {value.text}", [value])


def _of_person(person: Person) -> Iterator[_Told]:
    yield from _each(person.row, "")
    for row in person.diagnoses:
        yield _told(f"diagnosis: {row.text('diagnosis')} ({row.text('role') or 'role NR'})", row.values.values())
    for number, row in enumerate(person.administrations, 1):
        yield from _each(row, str(number))
    for row in person.outcomes:
        yield _told(_outcome(row), row.values.values())
    for row in person.adverse_events:
        event = row.text("event")
        denied = f"no {event.removeprefix('any ')}"
        yield _told(event if row.text("present") == "true" else denied, row.values.values())
    for row in person.therapies:
        facts = joined([row.text("role"), row.text("status").replace("_", " ")], ", ")
        yield _told(f"{row.text('therapy')} ({facts})" if facts else row.text("therapy"), row.values.values())


def _each(row: Row, of: str) -> Iterator[_Told]:
    """The values of a row one by one; a dose in cells or cells per kg is not told again as a value with a unit."""
    doubled = _DOSE_AGAIN if any(name in row for name in (*CELLS, *PER_KG)) else frozenset()
    for name, value in row.values.items():
        if name not in ASIDE and name not in doubled:
            computed = " (computed)" if value.is_derived else ""
            yield _told(f"{_titled(name)} {_shown(name, value)}{computed}", [value], of)


_DOSE_AGAIN = frozenset({"dose_value", "dose_low", "dose_high", "dose_unit"})


def _outcome(row: Row) -> str:
    rater = f" ({row.text('rater')})" if row.text("rater") else ""
    phase = {"pre": "before", "post": "after"}.get(row.text("phase"), "")
    return joined([f"{row.text('measure')}{rater} {shown_value(row)}", phase, row.text("timepoint")], ", ")


def _titled(name: str) -> str:
    """A column in plain words: ``age_treatment_years`` is ``age at treatment``."""
    stem = name.removesuffix("_derived")
    for unit in ("years", "months", "kg", "ml"):
        stem = stem if stem in ("cells_per_kg",) else stem.removesuffix(f"_{unit}")
    words = stem.replace("_", " ")
    if stem.startswith("age_"):
        words = f"age at {words[4:]}".replace("last follow up", "last follow-up")
    return words


def _shown(name: str, value: Value) -> str:
    if value.number is None:
        return value.text
    unit = UNITS.get(name.removesuffix("_derived").rsplit("_", 1)[-1], "") if not name.startswith("cells") else ""
    text = large_numbers(plain(value.number))
    return f"{text} {unit}" if unit else text
