"""LINK, the recipe: who is who, whose each mention is, then what each patient had, got and became."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from extract.derived import implied_weight
from extract.link.administrations import treatments_of
from extract.link.cast import Cast, Person, known_sexes, with_sexes
from extract.link.claims import Dispute, Told, claim, report, settle, told_of
from extract.link.conflicts import (
    as_conflicts,
    inverted_ranges,
    number_of_patients,
    patient_count_disputes,
    series_range,
)
from extract.link.diagnoses import diagnoses_of
from extract.link.earlier import without_earlier_transplant
from extract.link.events import adverse_events_of, event_disputes
from extract.link.extras import patient_extras, with_record_extras
from extract.link.notes import with_notes
from extract.link.outcomes import outcomes_of
from extract.link.passages import first_given, givings_by_patient
from extract.link.patients import cast_of
from extract.link.products import sessions_of, sources_of
from extract.link.readings import defined_raters
from extract.link.therapies import therapies_of
from extract.link.timeline import timeline_of
from extract.link.values import new_id, reported
from extract.link.weights import weight_disputes
from extract.link.whose import whose, with_kin_as_patients
from extract.model import (
    Administration,
    AdverseEvent,
    CaseRecord,
    Diagnosis,
    Document,
    Issue,
    Mention,
    Outcome,
    Paper,
    Patient,
    Reported,
    Therapy,
)
from extract.schema import Schema


def link_cases(document: Document, mentions: tuple[Mention, ...], schema: Schema) -> CaseRecord:
    """What a document says, patient by patient.

    Takes the mentions that ``find_mentions`` gives for the same document and schema. Facts about others stay
    out; what two places say differently is kept as a conflict; nothing is filled in that the paper does not
    say.
    """
    from extract import __version__

    mentions = without_earlier_transplant(document, with_notes(document, mentions))
    cast = cast_of(document, mentions)
    mentions = with_kin_as_patients(document, cast, mentions)
    told = _attach(document, cast, mentions)
    cast = with_sexes(cast, known_sexes(told))
    if cast.sexes:
        told = _attach(document, cast, mentions)
    givings = givings_by_patient(document, cast, mentions)
    raters = defined_raters(document, mentions)

    patients: list[Patient] = []
    diagnoses: list[Diagnosis] = []
    administrations: list[Administration] = []
    outcomes: list[Outcome] = []
    events: list[AdverseEvent] = []
    therapies: list[Therapy] = []
    disputes: list[Dispute] = []
    issues: list[Issue] = []
    taken: set[str] = set()
    for person in cast.persons:
        given = first_given(document, givings.get(person.id, []))
        diseases = diagnoses_of(document, told, person.id, taken)
        index = frozenset(str(d.value("diagnosis")) for d in diseases if d.value("role") == "index")
        timeline = timeline_of(document, told, person.id, index, given)
        sources = sources_of(document, told, person.id)
        sessions = sessions_of(document, told, person.id)
        weight = timeline.values.get("weight_kg")
        treatments = treatments_of(document, givings.get(person.id, []), sources, person.id, weight, taken, sessions)
        alone = person.kind == "individual"
        became = outcomes_of(document, told, person.id, schema, given, raters, taken, bool(givings), alone)
        values = {
            **_person_values(document, person, told),
            **timeline.values,
            **patient_extras(document, told, person.id, schema),
        }
        if (implied := implied_weight(values, treatments.rows)) is not None:
            values["weight_kg_derived"] = implied
        patients.append(
            Patient(
                id=new_id(document, "patients", person.id, [person.mention], taken),
                patient=person.id,
                order=len(patients) + 1,
                values=values,
            )
        )
        diagnoses += diseases
        administrations += treatments.rows
        outcomes += became.rows
        if givings:
            events += adverse_events_of(document, told, person.id, cast, given, taken)
            disputes += event_disputes(document, told, person.id, given)
        therapies += therapies_of(document, told, person.id, given, taken)
        disputes += [*timeline.disputes, *treatments.disputes, *became.disputes]
        weights = told_of(told, person.id, "weight")
        disputes += weight_disputes(document, person.id, treatments.rows, weights, values)
        issues += became.issues
    disputes += inverted_ranges(document, told) + series_range(document, mentions, cast, givings)
    disputes += patient_count_disputes(document, cast, mentions)
    issues += number_of_patients(document, cast)
    paper, about = _paper(document, cast, bool(administrations))
    return CaseRecord(
        paper=paper,
        patients=with_record_extras(document, patients, [], schema),
        diagnoses=with_record_extras(document, diagnoses, told, schema),
        administrations=with_record_extras(document, administrations, told, schema),
        outcomes=with_record_extras(document, outcomes, told, schema),
        adverse_events=with_record_extras(document, events, told, schema),
        therapies=with_record_extras(document, therapies, told, schema),
        conflicts=as_conflicts(document, disputes),
        issues=(*document.issues, *about, *issues),
        schema_hash=schema.hash,
        version=__version__,
    )


def _attach(document: Document, cast: Cast, mentions: Sequence[Mention]) -> list[Told]:
    return [Told(mention, whose(document, cast, mention)) for mention in mentions]


def _person_values(document: Document, person: Person, told: Sequence[Told]) -> dict[str, Reported]:
    """Label, kind, number and sex of a person."""
    values = {
        "kind": reported(document, person.kind, [person.mention], formula="one person, or several reported as one"),
        "n": reported(document, Decimal(person.n), [person.mention], formula="people in the row"),
    }
    if person.label:
        values["label"] = reported(document, person.label, [person.mention])
    sexes = [claim(document, str(m.value), m) for m in told_of(told, person.id, "sex") if m.context.is_fact]
    choice = settle(sexes, by_vote=True) if person.kind == "individual" else None
    if choice is not None:
        values["sex"] = report(document, choice)
    return values


def _paper(document: Document, cast: Cast, treated: bool) -> tuple[Paper, list[Issue]]:
    """What documents.csv says of the paper, and why it has no patients or no cells, if so."""
    status, reason = "ok", ""
    issues: list[Issue] = []
    if not cast.persons:
        reason = "no_case_found"
        why = "it is a review" if cast.design == "review" else "nothing in it is told of a patient of its own"
        issues.append(Issue(severity="info", message=f"No case was found: {why}.", reason=reason))
    elif not treated:
        reason = "no_cell_therapy"
        message = "Patients, but no administration of cells was found; the paper stays out of evidence.csv."
        issues.append(Issue(severity="info", message=message, reason=reason))
    if document.partly_read:
        status, reason = "partial", document.partly_read
    paper = Paper(
        name=document.name,
        file=document.file,
        sha256=document.sha256,
        status="partial" if status == "partial" else "ok",
        reason=reason,
        pages=len(document.pages),
        pages_without_text=sum(not page.has_text for page in document.pages),
        design=cast.design,
        patients_stated=cast.stated,
        values=_metadata(document),
    )
    return paper, issues


def _metadata(document: Document) -> dict[str, Reported]:
    """Facts about the paper itself, each with its place where it stands in the text."""
    out: dict[str, Reported] = {}
    for datum in document.metadata:
        span = datum.span
        if span is None or not datum.value or datum.field in out:
            continue  # what cannot be pointed at is not in the table
        mention = Mention(
            field=datum.field,
            value=datum.value,
            span=span,
            text=document.quote(span),
            rule_id=f"read.{datum.field}",
            sentence=span,
            block=document.block_at(span.start),
        )
        value = datum.value
        out[datum.field] = reported(
            document,
            Decimal(value) if datum.field == "year" and value.isdigit() else value,
            [mention],
            formula=datum.formula,
        )
    return out
