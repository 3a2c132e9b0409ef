"""SYNTHESIS: patients in groups, votes by direction, and what is left without doubtful values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series import against, outcome, series, treated, words, write_series
from written import case, row

from extract.schema import Schema
from extract.synthesis.confounding import co_interventions, number_of_class, prior
from extract.synthesis.direction import Course, all_courses
from extract.synthesis.given import sources, times
from extract.synthesis.grouping import (
    GROUPINGS,
    Tally,
    by_diagnosis,
    by_intravenous_dose,
    by_intravenous_dose_per_kg,
    by_local_dose,
    by_route,
    by_source,
    domain_votes,
    grouped,
    joint_vote,
    sensitivity,
    study_counts,
    study_votes,
    tallies,
)
from extract.synthesis.outputs import load_outputs
from extract.synthesis.rows import Outputs, Person
from extract.synthesis.sensitivity import only_reviewed, without_conflicts, without_confounded, without_table_only


def given_rows(*rows: dict[str, Any]) -> tuple[Any, ...]:
    """A patient with some administrations."""
    given = [
        row("administrations", "1", number, **{"cell_type": "mesenchymal stem cell", "count": 1, **values})
        for number, values in enumerate(rows, 1)
    ]
    return (row("patients", "1", kind="individual", n=1), *given)


def person_of(folder: Path, schema: Schema, *rows: Any) -> Person:
    return series(folder, schema, *rows).people[0]


def by_domain(outputs: Outputs) -> dict[str, Tally]:
    return {tally.domain: tally for tally in tallies(domain_votes(all_courses(outputs)))}


# --- groups


def test_several_index_diagnoses_are_a_group_of_their_own(tmp_path: Path, schema: Schema) -> None:
    more = row("diagnoses", "1", 7, diagnosis="Crohn's disease", role="index")
    other = row("diagnoses", "1", 8, diagnosis="scleritis", role="comorbidity")
    person = person_of(tmp_path, schema, *treated(), more, other)
    assert by_diagnosis(person) == "Crohn's disease + systemic lupus erythematosus"


def test_what_is_not_told_of_the_source_is_said(tmp_path: Path, schema: Schema) -> None:
    person = person_of(tmp_path, schema, *given_rows({"donor": "allogeneic"}, {"tissue": "bone marrow"}))
    assert sources(person) == ("allogeneic, tissue NR", "donor NR, bone marrow")
    assert by_source(person) == "allogeneic, tissue NR + donor NR, bone marrow"


@pytest.mark.parametrize(
    ("routes", "group"),
    [
        (["intravenous"], "intravenous only"),
        (["intrathecal", "intra-articular"], "local only"),
        (["intravenous", "intrathecal"], "intravenous and local"),
        (["intravenous", None], "route NR"),
    ],
)
def test_routes_make_one_group_of_each_patient(tmp_path: Path, schema: Schema, routes: list[Any], group: str) -> None:
    rows = given_rows(*({"route": route} if route else {} for route in routes))
    assert by_route(person_of(tmp_path, schema, *rows)) == group


@pytest.mark.parametrize(
    ("values", "group"),
    [
        ({"dose_cells": 49_999_999}, "<50 × 10⁶ cells"),
        ({"dose_cells": 50_000_000}, "50 to <100 × 10⁶ cells"),
        ({"dose_cells": 200_000_000}, "≥200 × 10⁶ cells"),
        ({"dose_cells": 200_000_000, "dose_basis": "total"}, "dose in cells NR"),
        ({"dose_cells_low": 60_000_000, "dose_cells_high": 90_000_000}, "50 to <100 × 10⁶ cells"),
        ({"dose_cells_low": 60_000_000, "dose_cells_high": 190_000_000}, "a range over several classes"),
        ({"cells_per_kg": 1_000_000}, "dose in cells NR"),
    ],
)
def test_dose_classes_are_of_single_doses(tmp_path: Path, schema: Schema, values: Any, group: str) -> None:
    person = person_of(tmp_path, schema, *given_rows({"route": "intravenous", **values}))
    assert by_intravenous_dose(person) == group
    assert by_local_dose(person) == "no such dose"


def test_a_computed_dose_per_kg_makes_no_class_of_stated_ones(tmp_path: Path, schema: Schema) -> None:
    computed = {"route": "intravenous", "dose_cells": 60_000_000, "cells_per_kg_derived": 1_200_000}
    stated = {"route": "intravenous", "cells_per_kg": 1_200_000}
    assert by_intravenous_dose_per_kg(person_of(tmp_path / "d", schema, *given_rows(computed))) == "dose in cells/kg NR"
    assert (
        by_intravenous_dose_per_kg(person_of(tmp_path / "s", schema, *given_rows(stated))) == "1 to <2 × 10⁶ cells/kg"
    )


def test_every_patient_stands_in_one_group_of_every_grouping(sample_out: Path, schema: Schema) -> None:
    people = load_outputs(sample_out, schema).individuals
    for grouping in GROUPINGS:
        groups = grouped(people, grouping)
        assert sorted(person.key for group in groups.values() for person in group) == sorted(p.key for p in people)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"count": 2, "route": "intravenous"}, {"count": 1, "route": "intrathecal"}], "3"),
        ([{"count": None, "route": "intravenous"}, {"count": 1, "route": "intrathecal"}], "at least 2"),
        ([{"count": 3, "route": "intravenous", "tissue": "bone marrow", "dose_cells": 2_000_000},
          {"count": 3, "route": "intravenous", "tissue": "adipose tissue", "dose_cells": 3_000_000}], "3 to 6"),
    ],
)  # fmt: skip
def test_times_given_say_how_sure_they_are(tmp_path: Path, schema: Schema, rows: list[Any], text: str) -> None:
    kept = [{name: value for name, value in values.items() if value is not None} for values in rows]
    people = [row("patients", "1", kind="individual", n=1)]
    given = [row("administrations", "1", number, **values) for number, values in enumerate(kept, 1)]
    assert times(person_of(tmp_path, schema, *people, *given)).text == text


# --- votes


@given(st.lists(st.sampled_from(["improved", "worsened", "unchanged", "unclear", "not assessed"]), min_size=1))
def test_a_vote_is_for_the_better_only_when_nothing_speaks_for_the_worse(directions: list[Any]) -> None:
    class Fake:
        def __init__(self, direction: str) -> None:
            self.direction = direction

    vote = joint_vote(Fake(direction) for direction in directions)  # type: ignore[misc]
    assert (vote == "improved") == ("improved" in directions and "worsened" not in directions)
    assert (vote == "mixed") == ({"improved", "worsened"} <= set(directions))
    assert (vote in ("unclear", "not assessed")) == (not {"improved", "worsened", "unchanged"} & set(directions))


def pair(patient: str, order: int, measure: str, before: Any, after: Any, **more: Any) -> tuple[Any, Any]:
    return (
        outcome(patient, order, measure, "pre", before, **more),
        outcome(patient, order + 1, measure, "post", after, 6, **more),
    )


def test_denominators_are_patients_with_a_known_direction(tmp_path: Path, schema: Schema) -> None:
    outputs = series(
        tmp_path,
        schema,
        *treated("1"), *pair("1", 1, "SLEDAI-2K", 12, 4),
        *treated("2"), *pair("2", 1, "SLEDAI-2K", 4, 12),
        *treated("3"), outcome("3", 1, "SLEDAI-2K", "pre", 8),
        *treated("4"), outcome("4", 1, "SLEDAI-2K", "post", 8, 6),
        *treated("5"),
    )  # fmt: skip
    tally = by_domain(outputs)["activity"]
    assert (tally.counts["improved"], tally.of, tally.with_measure) == (1, 2, 4)
    assert tally.counts["not assessed"] == 2
    assert (tally.test.positive, tally.test.negative) == (1, 1)


def test_a_group_row_never_votes(tmp_path: Path, schema: Schema) -> None:
    group = row("patients", "all", kind="group", n=20)
    given = row("administrations", "all", 1, route="intravenous", count=1)
    outputs = series(tmp_path, schema, *treated("1"), group, given, *pair("all", 1, "SLEDAI-2K", 12, 4))
    assert by_domain(outputs) == {}
    assert [course.person.patient for course in all_courses(outputs, groups=True)] == ["all"]


def test_a_patient_counts_once_in_a_domain_and_with_one_change(tmp_path: Path, schema: Schema) -> None:
    rows = [*pair("1", 1, "PGA", 8, 2, scale_max=10, rater="patient"), *pair("1", 3, "PGA", 8, 4, scale_max=10)]
    tally = by_domain(series(tmp_path, schema, *treated("1"), *rows))["global"]
    assert (tally.of, tally.counts["improved"]) == (1, 1)
    assert tally.percent is not None
    assert (tally.percent.n, tally.percent.median) == (1, 50)


def test_votes_that_hang_on_a_conflict_are_counted_as_such(tmp_path: Path, schema: Schema) -> None:
    before, after = pair("1", 1, "SLEDAI-2K", 6, 4)
    other = outcome("1", 3, "SLEDAI-2K", "post", 9, 6, where="table")
    conflict = against("1", "SLEDAI-2K post", after, other, after)
    assert (
        by_domain(series(tmp_path, schema, *treated(), before, after, other, conflict))["activity"].depend_on_conflict
        == 1
    )


def studies(folder: Path, schema: Schema) -> tuple[Course, ...]:
    """Three studies: two of three better, one better, one each way."""
    papers = [
        case("a", *treated("1"), *pair("1", 1, "SLEDAI-2K", 9, 1), *treated("2"), *pair("2", 1, "SLEDAI-2K", 9, 1),
             *treated("3"), *pair("3", 1, "SLEDAI-2K", 1, 9)),
        case("b", *treated("1"), *pair("1", 1, "SLEDAI-2K", 9, 1)),
        case("c", *treated("1"), *pair("1", 1, "SLEDAI-2K", 9, 1), *treated("2"), *pair("2", 1, "SLEDAI-2K", 1, 9)),
    ]  # fmt: skip
    return all_courses(load_outputs(write_series(folder, schema, *papers), schema))


def test_each_study_has_one_vote_by_most_of_its_patients(tmp_path: Path, schema: Schema) -> None:
    test = study_votes(domain_votes(studies(tmp_path, schema)), "activity")
    assert (test.positive, test.negative, test.ties) == (2, 0, 1)


def test_each_study_has_its_share_of_improved(tmp_path: Path, schema: Schema) -> None:
    counts = study_counts(domain_votes(studies(tmp_path, schema)), "activity")
    assert [(count.study, count.hits, count.of) for count in counts] == [("a", 2, 3), ("b", 1, 1), ("c", 1, 2)]


# --- what could also explain an outcome


def therapy(order: int, name: str, role: str, status: str = "received", kind: str = "steroid") -> Any:
    return row("therapies", "1", order, therapy=name, role=role, status=status, **{"class": kind})


def test_what_is_taken_with_or_after_the_cells_could_explain_an_outcome(tmp_path: Path, schema: Schema) -> None:
    person = person_of(
        tmp_path,
        schema,
        *treated(),
        therapy(1, "prednisolone", "concomitant"),
        therapy(2, "rituximab", "post"),
        therapy(3, "methotrexate", "prior"),
        therapy(4, "adalimumab", "post", "recommended"),
        therapy(5, "tocilizumab", "concomitant", "stopped"),
        therapy(6, "clemastine", "concomitant"),
    )
    assert [found.text("therapy") for found in co_interventions(person)] == ["prednisolone", "rituximab"]


def test_names_of_whole_classes_add_nothing_to_the_number_of_drugs(tmp_path: Path, schema: Schema) -> None:
    person = person_of(
        tmp_path,
        schema,
        *treated(),
        therapy(1, "methotrexate", "prior", kind="csDMARD"),
        therapy(2, "immunosuppressants", "prior", kind="csDMARD"),
        therapy(3, "biologics", "prior", kind="bDMARD"),
        therapy(4, "adalimumab", "prior", "recommended", kind="bDMARD"),
    )
    assert prior(person) == ("methotrexate", "immunosuppressants", "biologics")
    assert [number_of_class(person, name) for name in ("csDMARD", "bDMARD", "tsDMARD")] == ["1", "≥1", "0"]


# --- sensitivity


def test_leaving_out_confounded_outcomes_leaves_the_people(tmp_path: Path, schema: Schema) -> None:
    rows = [*treated("1"), *pair("1", 1, "SLEDAI-2K", 9, 1), therapy(1, "prednisolone", "post")]
    outputs = series(tmp_path, schema, *rows, *treated("2"), *pair("2", 1, "SLEDAI-2K", 9, 1))
    left = without_confounded(outputs)
    assert len(left.individuals) == 2
    assert by_domain(left)["activity"].of == 1
    assert left.filters == ("without confounded outcomes",)


def test_a_value_that_only_a_table_tells_can_be_left_out(tmp_path: Path, schema: Schema) -> None:
    before, after = pair("1", 1, "SLEDAI-2K", 9, 1)
    later = outcome("1", 3, "SLEDAI-2K", "post", 5, 12, where="table")
    left = without_table_only(series(tmp_path, schema, *treated(), before, after, later))
    assert [found.text("value") for found in left.people[0].outcomes] == ["9", "1"]


@pytest.mark.parametrize(("changes", "of"), [({}, 0), ({"review": "accepted"}, 1), ({"severity": "info"}, 1)])
def test_a_measure_in_conflict_can_be_left_out(tmp_path: Path, schema: Schema, changes: Any, of: int) -> None:
    before, after = pair("1", 1, "SLEDAI-2K", 9, 1)
    other = outcome("1", 3, "SLEDAI-2K", "post", 2, 6, where="table")
    conflict = against("1", "SLEDAI-2K post", after, other, after, **changes)
    outputs = series(tmp_path, schema, *treated(), before, after, other, conflict)
    tally = by_domain(without_conflicts(outputs)).get("activity")
    assert (tally.of if tally else 0) == of


def test_only_what_was_reviewed_stays(tmp_path: Path, schema: Schema) -> None:
    rows = [
        row("patients", "1", kind="individual", n=1, sex=words("female", review="accepted"), weight_kg=words(50)),
        row("administrations", "1", 1, route=words("intravenous", review="corrected"), count=words(2)),
        row("adverse_events", "1", 1, event=words("fever"), present=True),
        row("adverse_events", "1", 2, event=words("rash", review="accepted"), present=True),
        outcome("1", 1, "SLEDAI-2K", "pre", 9, review="accepted"),
        outcome("1", 2, "SLEDAI-2K", "post", 1, 6),
    ]
    (person,) = only_reviewed(series(tmp_path, schema, *rows)).people
    assert (person.row.text("sex"), person.row.text("weight_kg")) == ("female", "")
    assert (person.administrations[0].text("route"), person.administrations[0].text("count")) == ("intravenous", "")
    assert [found.text("event") for found in person.adverse_events] == ["rash"]
    assert [found.text("value") for found in person.outcomes] == ["9"]


def test_each_sensitivity_analysis_stands_beside_the_whole(sample_out: Path, schema: Schema) -> None:
    found = sensitivity(load_outputs(sample_out, schema))
    assert list(found) == [
        "all values",
        "without confounded outcomes",
        "without table-only values",
        "without measures in conflict",
        "only reviewed values",
    ]
    whole = {tally.domain: tally for tally in found["all values"]}
    for name, own in found.items():
        for tally in own:
            assert tally.of <= whole[tally.domain].of, f"{name} adds patients to {tally.domain}"
    assert found["only reviewed values"] == ()
