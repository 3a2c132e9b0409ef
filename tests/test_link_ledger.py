"""The ledger: every kind of conflict has a paper that has it, and papers that look alike and do not."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from linking import mention, paper
from test_link_story import dose, girl, linked, row

from extract.link.weights import expected, slack
from extract.model import CaseRecord, Document
from extract.schema import Schema


def rules(record: CaseRecord) -> list[str]:
    return [conflict.rule for conflict in record.conflicts]


# --- body weight


def infused(
    schema: Schema, cells: str, per_kg: str, age: str = "6", weight: str = "", event: str = "treatment"
) -> CaseRecord:
    """A girl of some age who got one infusion, told in cells and in cells per kg; ``weight``: as printed."""
    weighing = f" weighing {weight} kg" if weight else ""
    document = paper([("case", f"A girl of {age} years{weighing} got {cells} million ({per_kg} × 10⁶/kg) by vein.")])
    more = [mention(document, "weight", f"{weight} kg", number=weight, unit="kg")] if weight else []
    return linked(
        document,
        schema,
        girl(document),
        mention(document, "age", age, number=age, unit="years", event=event),
        *more,
        dose(document, f"{cells} million", cells + "000000"),
        dose(document, f"{per_kg} × 10⁶/kg", str(Decimal(per_kg) * 10**6), "cells/kg"),
        mention(document, "route", "by vein", "intravenous"),
    )


@pytest.mark.parametrize(
    ("cells", "per_kg", "age", "weight", "expected_rules", "because"),
    [
        ("120", "1.8", "6", "", ["weight.age"], "66.7 kg at six years"),
        ("20", "2.0", "16", "", ["weight.age"], "10 kg at sixteen years"),
        ("40", "2.0", "6", "", [], "20 kg at six years"),
        ("120", "1.8", "16", "", [], "66.7 kg at sixteen years"),
        ("110", "2", "6", "", [], "55 kg, but 2 may be 2.49 and 110 may be 105: 42 kg"),
        ("120", "2.0", "14", "40", ["dose.weight"], "60 kg against the printed 40 kg"),
        ("120", "2.0", "14", "58", [], "60 kg against the printed 58 kg"),
        ("120", "2", "14", "50", [], "2 × 10⁶ may be 2.4 × 10⁶: 50 kg"),
    ],
)
def test_the_weight_that_a_dose_implies(
    small_schema: Schema, cells: str, per_kg: str, age: str, weight: str, expected_rules: list[str], because: str
) -> None:
    record = infused(small_schema, cells, per_kg, age, weight)
    assert rules(record) == expected_rules, because
    assert all(conflict.kind == "arithmetic" for conflict in record.conflicts)


def test_an_age_at_onset_sets_no_upper_end(small_schema: Schema) -> None:
    assert not rules(infused(small_schema, "120", "1.8", "6", event="onset")), "she may have been treated as an adult"


def two_infusions(schema: Schema, second: str) -> CaseRecord:
    document = paper(
        [("case", f"A woman got 60 million (1.0 × 10⁶/kg) by vein and {second} million (1.1 × 10⁶/kg) by vein.")]
    )
    return linked(
        document,
        schema,
        mention(document, "sex", "woman", "female"),
        dose(document, "60 million", "60000000"),
        dose(document, "1.0 × 10⁶/kg", "1000000", "cells/kg"),
        mention(document, "route", "by vein", "intravenous"),
        dose(document, f"{second} million", second + "000000"),
        dose(document, "1.1 × 10⁶/kg", "1100000", "cells/kg"),
        mention(document, "route", "by vein", "intravenous", after="and "),
    )


def test_two_doses_of_one_course_imply_one_weight(small_schema: Schema) -> None:
    assert rules(two_infusions(small_schema, "110")) == ["weight.change"]
    assert not rules(two_infusions(small_schema, "66"))
    assert not rules(two_infusions(small_schema, "70")), "63.6 kg lies within rounding and a tenth of 60 kg"


@pytest.mark.parametrize(
    ("printed", "share"),
    [("1.8 × 10⁶/kg", "0.0278"), ("2 × 10⁶", "0.25"), ("379 × 10⁶", "0.0013"), ("100 × 10⁶", "0.05"), ("many", "0.05")],
)
def test_rounding_is_half_a_unit_of_the_last_printed_digit(printed: str, share: str) -> None:
    assert slack(printed).quantize(Decimal("0.0001")) == Decimal(share)


def test_the_weights_that_are_believed_grow_with_age() -> None:
    ages = [Decimal(n) / 2 for n in range(60)]
    for younger, older in itertools.pairwise(ages):
        assert expected(younger)[0] <= expected(older)[0]
        assert expected(younger)[1] <= expected(older)[1]
    assert expected(Decimal(0)) == (Decimal("1.5"), Decimal("7.99"))


# --- sums


def listed(schema: Schema, words: str, *doses: tuple[str, str, str]) -> CaseRecord:
    document = paper([("case", words)])
    return linked(
        document,
        schema,
        girl(document),
        mention(document, "route", "by vein", "intravenous"),
        *(dose(document, text, cells, **({"basis": basis} if basis else {})) for text, cells, basis in doses),
    )


def test_a_total_that_its_parts_do_not_come_to(small_schema: Schema) -> None:
    record = listed(
        small_schema,
        "A girl got 60 million cells by vein, then 50 million cells, in total 200 million cells.",
        ("60 million cells", "60000000", ""),
        ("50 million cells", "50000000", ""),
        ("200 million cells", "200000000", "total"),
    )
    (conflict,) = record.conflicts
    assert (conflict.rule, conflict.a.value, conflict.b.value) == (
        "dose.sum",
        "200000000 cells",
        "110000000 cells (sum)",
    )
    assert "60000000 + 50000000 = 110000000" in conflict.explanation


@pytest.mark.parametrize(
    ("words", "total", "because"),
    [
        (
            "A girl got 60 million cells by vein, then 50 million cells, in total 110 million cells.",
            "110",
            "it adds up",
        ),
        ("A girl got 60 million cells by vein, then 50 million cells, in total 112 million cells.", "112", "rounded"),
        (
            "A girl got 60 million cells by vein, then 50 million cells. The cumulative dose was 200 million cells.",
            "200",
            "a dose told elsewhere may have gone unread",
        ),
    ],
)
def test_a_total_that_can_be_explained_is_left_in_peace(
    small_schema: Schema, words: str, total: str, because: str
) -> None:
    record = listed(
        small_schema,
        words,
        ("60 million cells", "60000000", ""),
        ("50 million cells", "50000000", ""),
        (f"{total} million cells", f"{total}000000", "total"),
    )
    assert not rules(record), because


def test_a_total_below_its_parts_is_a_conflict_in_the_next_sentence_too(small_schema: Schema) -> None:
    record = listed(
        small_schema,
        "A girl got 60 million cells by vein, then 50 million cells. The cumulative dose was 80 million cells.",
        ("60 million cells", "60000000", ""),
        ("50 million cells", "50000000", ""),
        ("80 million cells", "80000000", "total"),
    )
    assert rules(record) == ["dose.sum"]


# --- the clock


def story(schema: Schema, words: str, treated: str) -> CaseRecord:
    document = paper([("case", f"A girl fell ill at 9. {words} At the age of {treated} she got 60 million cells.")])
    return linked(
        document,
        schema,
        girl(document),
        mention(document, "age", "9", number="9", unit="years", event="onset"),
        mention(document, "age", treated, number=treated, unit="years", event="treatment", after="At the age of"),
        dose(document, "60 million cells", "60000000"),
        mention(document, "route", "cells", "intravenous", after="million"),
    )


@pytest.mark.parametrize(
    ("words", "treated", "severity", "because"),
    [
        (
            "Three years into her illness she had arthritis. Over the next 9 months she got worse. "
            "She took azathioprine over the following 48 months.",
            "14",
            "major",
            "9 + 3 + 0.75 + 4 = 16.75",
        ),
        (
            "Six years into her disease she had arthritis.",
            "14",
            "minor",
            "14.5 to 15.5 by rounding, treated at 14 to 15",
        ),
        ("Four years into her disease she had arthritis.", "14", "", "13 is before 14"),
        ("Five years into her disease she had arthritis.", "14", "", "14 is 14"),
        ("Over the next 9 months she got worse.", "9", "", "nine and a half is nine"),
        ("She had rested for seven years before.", "10", "", "no clock: a length without an anchor"),
        ("Her aunt died 8 years later of a stroke.", "10", "", "the words do not open a sentence"),
    ],
)
def test_the_story_against_the_age_at_treatment(
    small_schema: Schema, words: str, treated: str, severity: str, because: str
) -> None:
    record = story(small_schema, words, treated)
    found = [(c.kind, c.severity) for c in record.conflicts if c.rule == "age.clock"]
    assert found == ([("timeline", severity)] if severity else []), because


def test_the_clock_says_how_it_counts(small_schema: Schema) -> None:
    record = story(small_schema, "Three years into her illness she fell. Four years later, she could not walk.", "14")
    (conflict,) = record.conflicts
    assert (conflict.a.value, conflict.b.value) == ("14", "16")
    assert "9 + 3 + 4 = 16" in conflict.explanation
    assert conflict.b.provenance.quote == "Four years later, she could not walk."


def test_what_follows_the_cells_is_not_counted(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl fell ill at 9. At 14 she got 60 million cells. Eight years later, she was well.")]
    )
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "age", "9", number="9", unit="years", event="onset"),
        mention(document, "age", "14", number="14", unit="years", event="treatment"),
        dose(document, "60 million cells", "60000000"),
    )
    assert not rules(record)


def test_an_age_two_years_after_the_cells_gives_the_age_at_treatment(small_schema: Schema) -> None:
    document = paper([("case", "A girl got 60 million cells. Two years after the transplant she is now 17.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "age", "17", number="17", unit="years", event="last_follow_up"),
    )
    derived = record.patients[0].values["age_treatment_years_derived"]
    assert (derived.value, derived.status) == (15, "derived")
    assert derived.formula == "age at last follow-up 17 - 2 years since the cells"
    assert "age_treatment_years" not in record.patients[0].values


# --- scales and raters


@pytest.mark.parametrize(
    ("value", "words", "expected_rules"),
    [
        ("120", "SLEDAI-2K was 120 before.", ["outcome.scale"]),
        ("10.5", "SLEDAI-2K was 10.5 before.", ["outcome.step"]),
        ("10.5", "Mean SLEDAI-2K was 10.5 before.", []),
        ("12", "SLEDAI-2K was 12 before.", []),
    ],
)
def test_a_value_that_its_scale_does_not_have(
    small_schema: Schema, value: str, words: str, expected_rules: list[str]
) -> None:
    document = paper([("case", f"A girl. {words} She got 60 million cells.")])
    scales = tuple(s.model_copy(update={"step": Decimal(1)}) for s in small_schema.scales)
    record = linked(
        document,
        small_schema.model_copy(update={"scales": scales}),
        girl(document),
        mention(document, "score", value, Decimal(value), measure="SLEDAI-2K", phase="pre"),
        dose(document, "60 million cells", "60000000"),
    )
    assert rules(record) == expected_rules
    assert all((c.kind, c.chosen) == ("out_of_scale", "") for c in record.conflicts)
    assert row(record.outcomes)["value"] == Decimal(value), "kept as printed"


def rated(schema: Schema, table_pre: str, table_post: str) -> CaseRecord:
    """Patient 8 to 1 and physician 7 to 2 in the text; a table that does not say whose."""
    document = paper(
        [("case", "A girl got 60 million cells. Her PGA fell from 8 to 1, the physician's from 7 to 2.")],
        [["", "Pre", "Post"], ["PGA", table_pre, table_post]],
    )
    told = {"measure": "PGA", "rater": "patient"}, {"measure": "PGA", "rater": "physician"}
    return linked(
        document,
        schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "score", "8", 8, phase="pre", **told[0]),
        mention(document, "score", "1", 1, phase="post", after="from 8", **told[0]),
        mention(document, "score", "7", 7, phase="pre", **told[1]),
        mention(document, "score", "2", 2, phase="post", after="from 7", **told[1]),
        mention(document, "score", table_pre, int(table_pre), measure="PGA", rater="patient", in_cell=(1, 1)),
        mention(document, "score", table_post, int(table_post), measure="PGA", rater="patient", in_cell=(1, 2)),
    )


def test_a_row_that_is_one_rater_before_and_another_after_is_named(small_schema: Schema) -> None:
    (conflict,) = rated(small_schema, "8", "2").conflicts
    assert conflict.rule == "outcome.mixed_raters"
    assert "its post value 2 is the physician's in the text, its pre value 8 the patient's" in conflict.explanation


def test_a_row_of_one_rater_is_not_mixed(small_schema: Schema) -> None:
    assert not rules(rated(small_schema, "8", "1"))
    assert rules(rated(small_schema, "8", "3")) == ["outcome.places"]


# --- the number of patients


def announced(schema: Schema, abstract: str, number: str, names: tuple[str, ...] = ("Case 1", "Case 2")) -> CaseRecord:
    body = [part for name in names for part in (("case:heading", name), ("case", f"{name}: a girl got cells by vein."))]
    document = paper([("abstract", abstract), *body])
    words = abstract.rstrip(".").partition("report ")[2] or abstract.rstrip(".")
    return linked(document, schema, mention(document, "patient_count", words, number=number), girl(document))


def test_more_patients_announced_than_told(small_schema: Schema) -> None:
    (conflict,) = announced(small_schema, "We report three children.", "3").conflicts
    assert (conflict.kind, conflict.a.value, conflict.b.value) == ("count", "2", "3")
    assert (conflict.patient, conflict.b.provenance.where) == ("", "abstract")


@pytest.mark.parametrize(
    ("abstract", "number", "names", "because"),
    [
        ("We report two children.", "2", ("Case 1", "Case 2"), "as many as told"),
        ("In nine children this has failed.", "9", ("Case 1", "Case 2"), "not announced by this paper"),
        ("We report three children.", "3", ("Case 1", "Case 3"), "a gap: one was not read"),
    ],
)
def test_a_number_of_patients_that_is_no_conflict(
    small_schema: Schema, abstract: str, number: str, names: tuple[str, ...], because: str
) -> None:
    assert "count.patients" not in rules(announced(small_schema, abstract, number, names)), because


# --- adverse events told and denied


@pytest.mark.parametrize(
    ("words", "denial", "serious", "found"),
    [
        ("She reported fatigue but did not have any minor or serious adverse effect.", "minor or serious", True, True),
        ("She reported fatigue but no adverse event.", "no adverse event", False, True),
        ("She reported fatigue but no serious adverse event.", "no serious adverse event", True, False),
        ("She reported fatigue but no other adverse event.", "no other adverse event", False, False),
        ("She reported fatigue; the second infusion had no adverse event.", "no adverse event", False, False),
    ],
)
def test_events_told_and_denied_in_one_sentence(
    small_schema: Schema, words: str, denial: str, serious: bool, found: bool
) -> None:
    document = paper([("case", f"A girl got 60 million cells. {words}")])
    record = linked(
        document,
        small_schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "adverse_event", "fatigue"),
        mention(document, "no_adverse_event", denial, serious=serious),
    )
    assert rules(record) == (["event.denied"] if found else [])
    assert ("fatigue", True) in [(e.value("event"), e.value("present")) for e in record.adverse_events]


def test_quotes_of_the_ledger_are_words_of_the_paper(small_schema: Schema) -> None:
    document: Document = paper([("case", "A girl. SLEDAI-2K was 120 before. She got 60 million cells.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "score", "120", 120, measure="SLEDAI-2K", phase="pre"),
        dose(document, "60 million cells", "60000000"),
    )
    for conflict in record.conflicts:
        for side in (conflict.a, conflict.b):
            place = side.provenance
            assert place.quote == document.text[place.span.start : place.span.end]
