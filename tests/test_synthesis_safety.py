"""SYNTHESIS: adverse events: silence is not absence, and nobody is counted who was not told of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from series import series, treated
from written import row

from extract.schema import Schema
from extract.synthesis.rows import Person
from extract.synthesis.safety import any_event, any_event_by_study, event_counts, serious_event, serious_of, state


def event(patient: str, order: int, name: str, present: bool = True, **more: Any) -> Any:
    return row("adverse_events", patient, order, event=name, present=present, **more)


ANY, SERIOUS = "any adverse event", "serious adverse event"


@pytest.fixture
def people(tmp_path: Path, schema: Schema) -> tuple[Person, ...]:
    """Seven patients: events, a serious one, none stated, some denied, nothing said, and an event with a blanket
    denial."""
    outputs = series(
        tmp_path,
        schema,
        *treated("1", count=3), event("1", 1, "fever"), event("1", 2, SERIOUS, False, serious=True),
        *treated("2"), event("2", 1, "pneumonia", serious=True), event("2", 2, "fever"),
        *treated("3", count=2), event("3", 1, ANY, False),
        *treated("4"), event("4", 1, "infection", False),
        *treated("5", count=4),
        *treated("6"), event("6", 1, "rash"), event("6", 2, ANY, False),
        *treated("7"), event("7", 1, "rash", serious=False),
        row("patients", "all", kind="group", n=30), row("administrations", "all", 1, route="intravenous", count=1),
        event("all", 1, "fever"),
    )  # fmt: skip
    return outputs.individuals


def test_the_state_of_each_patient_is_told_apart(people: tuple[Person, ...]) -> None:
    assert [state(person) for person in people] == [
        "events", "events", "none stated", "some denied", "not reported", "events", "events",
    ]  # fmt: skip


def test_any_event_counts_only_those_of_whom_it_is_told(people: tuple[Person, ...]) -> None:
    count = any_event(people)
    assert (count.patients.hits, count.patients.of, count.denied) == (4, 5, 1)


def test_a_serious_event_counts_only_those_whose_paper_says_whether_there_was_one(people: tuple[Person, ...]) -> None:
    assert [serious_of(person) for person in people] == [False, True, False, None, None, None, False]
    count = serious_event(people)
    assert (count.patients.hits, count.patients.of) == (1, 4)


def test_an_event_counts_all_of_whom_events_are_told(people: tuple[Person, ...]) -> None:
    fever = next(count for count in event_counts(people) if count.event == "fever")
    assert (fever.patients.hits, fever.patients.of) == (2, 6)
    assert fever.denied == 1


def test_an_event_that_never_occurred_counts_only_those_in_whom_it_was_denied(people: tuple[Person, ...]) -> None:
    infection = next(count for count in event_counts(people) if count.event == "infection")
    assert (infection.patients.hits, infection.patients.of) == (0, 2)


def test_administrations_are_those_of_the_patients_who_count(people: tuple[Person, ...]) -> None:
    count = any_event(people)
    assert (count.administrations.hits, count.administrations.of) == (4, 3 + 1 + 2 + 1 + 1)
    assert count.counts_told


def test_statements_about_all_events_are_no_events(people: tuple[Person, ...]) -> None:
    names = {count.event for count in event_counts(people)}
    assert names == {"fever", "pneumonia", "rash", "infection"}


def test_a_number_of_administrations_that_is_a_lower_limit_is_said(tmp_path: Path, schema: Schema) -> None:
    rows = [
        row("patients", "1", kind="individual", n=1),
        row("administrations", "1", 1, route="intravenous"),
        event("1", 1, "fever"),
    ]
    count = any_event(series(tmp_path, schema, *rows).individuals)
    assert not count.counts_told
    assert count.administrations.of == 1


def test_each_study_has_its_share(people: tuple[Person, ...]) -> None:
    assert [(count.hits, count.of) for count in any_event_by_study(people)] == [(4, 5)]
    assert [(count.hits, count.of) for count in any_event_by_study(people, serious=True)] == [(1, 4)]
