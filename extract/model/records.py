"""MODEL: what a document says, patient by patient: records, conflicts, and the document's own facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from extract.model.basics import ConflictKind, Design, Noun, Review, Severity
from extract.model.document import Issue
from extract.model.finds import Provenance, Reported


class Record(Noun):
    """A row of a patient-level table: its id, whose it is, where it comes in the order, its values by field."""

    table: ClassVar[str]
    id: str
    patient: str
    order: int = 0
    values: dict[str, Reported] = {}

    def value(self, field: str) -> Any:
        """The value of a field, or None when there is none to show."""
        reported = self.values.get(field)
        return reported.value if reported else None

    @property
    def is_withdrawn(self) -> bool:
        """Whether reviewers have taken back all that the row says: it stays in the trail only."""
        values = self.values.values()
        return any(value.review == "rejected" for value in values) and all(value.value is None for value in values)


class Patient(Record):
    """A person (or, when no individuals are reported, a group) of the paper."""

    table: ClassVar[str] = "patients"


class Diagnosis(Record):
    """A disease of a patient."""

    table: ClassVar[str] = "diagnoses"


class Administration(Record):
    """Cells given: one row per product, route, dose and course."""

    table: ClassVar[str] = "administrations"


class Outcome(Record):
    """A score or laboratory value of a patient at one time."""

    table: ClassVar[str] = "outcomes"


class AdverseEvent(Record):
    """An event after cells, or the statement that it did not happen."""

    table: ClassVar[str] = "adverse_events"


class Therapy(Record):
    """Another treatment of a patient."""

    table: ClassVar[str] = "therapies"


RECORDS: dict[str, type[Record]] = {
    kind.table: kind for kind in (Patient, Diagnosis, Administration, Outcome, AdverseEvent, Therapy)
}


class Candidate(Noun):
    """One side of a conflict: what is said, and where."""

    value: str
    provenance: Provenance


class Conflict(Noun):
    """Two statements of one document that cannot both hold. Both are kept; ``chosen`` is the one shown, '' if none."""

    id: str
    patient: str
    field: str
    a: Candidate
    b: Candidate
    kind: ConflictKind
    severity: Severity
    chosen: str = ""
    rule: str
    explanation: str = ""
    review: Review = "unreviewed"
    reviewer: str = ""


class Paper(Noun):
    """What documents.csv says of a file that was read: where it lies, what kind of paper it is."""

    name: str
    file: str
    sha256: str
    status: Literal["ok", "partial", "failed"] = "ok"
    reason: str = ""
    pages: int = 0
    pages_without_text: int = 0
    design: Design | None = None
    patients_stated: int | None = None
    values: dict[str, Reported] = {}


class CaseRecord(Noun):
    """What one document says. ``model_dump_json`` and ``model_validate_json`` are exact inverses."""

    paper: Paper
    patients: tuple[Patient, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    administrations: tuple[Administration, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    therapies: tuple[Therapy, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    issues: tuple[Issue, ...] = ()
    schema_hash: str = ""
    version: str = ""

    def records(self) -> Iterable[Record]:
        """All rows of all patient-level tables, patients first."""
        yield from self.patients
        yield from self.diagnoses
        yield from self.administrations
        yield from self.outcomes
        yield from self.adverse_events
        yield from self.therapies


def record_id(sha256: str, table: str, patient: str, start: int) -> str:
    """The id of a record: ten hex digits of the digest of its document, table, patient and the start of its
    defining span. The same words in the same file always give the same id."""
    from hashlib import sha256 as digest

    return digest(f"{sha256}\n{table}\n{patient}\n{start}".encode()).hexdigest()[:10]
