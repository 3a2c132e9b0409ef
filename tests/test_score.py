"""The score: what counts as right, missed and false in each field, how sure the figures are, which gold is refused."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from extract.cli import app
from extract.evidence import read_table
from extract.schema import Schema
from extract.score import Score, as_text, score_outputs, write_score
from extract.score.alike import alike, close, measure_key, number_of, plain_name, statement
from extract.score.gold import GoldError, known_words, load_gold, patient_key
from extract.score.intervals import bootstrap, draws, f1_of, wilson

COLUMNS = {
    "patients": "document patient sex age_onset_years age_diagnosis_years age_treatment_years age_report_years",
    "diagnoses": "document patient diagnosis role",
    "administrations": "document patient count tissue donor route dose_cells dose_cells_low dose_cells_high "
    "cells_per_kg cells_per_kg_low cells_per_kg_high",
    "outcomes": "document patient measure rater phase value timepoint_months",
    "adverse_events": "document patient event present",
    "therapies": "document patient therapy role",
    "conflicts": "document patient field value_a where_a quote_a value_b where_b quote_b rule page_a page_b",
    "values": "document patient table record field value quote page where rule shown",
}

Facts = dict[str, list[dict[str, Any]]]


def tables(folder: Path, facts: Facts, document: str = "a") -> Path:
    """An output folder with these rows; the document and patient 1 where a row does not say."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns.split(), restval="")
            writer.writeheader()
            writer.writerows({"document": document, "patient": "1", **row} for row in facts.get(name, []))
    return folder


def gold(folder: Path, *patients: dict[str, Any], document: str = "a", **more: Any) -> Path:
    """A folder with one gold file: these patients, called 1, 2, ... where they do not say."""
    folder.mkdir(parents=True, exist_ok=True)
    people = [{"patient": str(number), **patient} for number, patient in enumerate(patients, 1)]
    text = json.dumps({"document": document, "patients": people, **more})
    (folder / f"{document}.json").write_text(text, encoding="utf-8")
    return folder


def scored(tmp_path: Path, facts: Facts, *patients: dict[str, Any], **more: Any) -> Score:
    facts = {"patients": [{}], **facts}
    return score_outputs(tables(tmp_path / "out", facts), load_gold(gold(tmp_path / "gold", *patients, **more)))


def counts(score: Score, field: str) -> tuple[int, int, int]:
    figure = next(figure for figure in score.figures if figure.field == field)
    return figure.tp, figure.fp, figure.fn


def reference(papers: Path, outputs: Path, folder: Path) -> dict[str, tuple[int, int, int]]:
    """What the scorer beside the real papers counts."""
    script = papers / "tools" / "score_gold.py"
    if not script.is_file():
        pytest.skip(f"{script} is missing")
    done = subprocess.run(
        [sys.executable, str(script), str(outputs), str(folder)], capture_output=True, text=True, check=False
    )
    rows = re.findall(r"^(\w+) +(\d+) +(\d+) +(\d+) ", done.stdout, re.MULTILINE)
    assert rows, done.stdout + done.stderr
    found = {name.removeprefix("x_"): (int(tp), int(fp), int(fn)) for name, tp, fp, fn in rows}
    total = re.search(r"all fields micro F1 .*\(tp (\d+), fp (\d+), fn (\d+)\)", done.stdout)
    assert total
    return {**found, "all": (int(total[1]), int(total[2]), int(total[3]))}


def own(score: Score) -> dict[str, tuple[int, int, int]]:
    return {figure.field: (figure.tp, figure.fp, figure.fn) for figure in (*score.figures, score.micro)}


BESIDE = ("rater", "timepoint", "prior_therapy", "conflict")


def compare(score: Score, expected: dict[str, tuple[int, int, int]]) -> None:
    mine = own(score)
    for name in sorted(set(mine) | set(expected)):
        if name not in BESIDE:
            assert mine.get(name, (0, 0, 0)) == expected.get(name, (0, 0, 0)), name


# --- each field: what is right, missed, false

PGA = {"measure": "PGA", "phase": "pre", "value": 6}
DOSE = {"route": "intravenous", "dose_cells": 5.0e7}

CASES: list[tuple[str, Facts, dict[str, Any], tuple[int, int, int], str]] = [
    ("patients", {"patients": [{"patient": "Case 7"}]}, {}, (1, 0, 0), "one and one are the same, whatever the name"),
    ("patients", {"patients": [{}, {"patient": "2"}]}, {}, (1, 1, 0), "a second patient is false"),
    ("patients", {"patients": []}, {}, (0, 0, 1), "nobody found"),
    ("sex", {"patients": [{"sex": "female"}]}, {"sex": "female"}, (1, 0, 0), "right"),
    ("sex", {"patients": [{"sex": "male"}]}, {"sex": "female"}, (0, 1, 1), "wrong is false and missed"),
    ("sex", {"patients": [{"sex": "male"}]}, {}, (0, 1, 0), "the paper does not say"),
    ("sex", {"patients": [{"sex": "male"}]}, {"sex": "male", "unscored": ["sex"]}, (0, 0, 0), "not scored"),
    ("sex", {"patients": [{}]}, {"sex": "male", "scored": False}, (0, 0, 0), "nothing of this patient is scored"),
    (
        "age",
        {"patients": [{"age_onset_years": "12.3"}]},
        {"ages": [{"event": "onset", "years": 12}]},
        (1, 0, 0),
        "within 3 percent",
    ),
    (
        "age",
        {"patients": [{"age_onset_years": "12.5"}]},
        {"ages": [{"event": "onset", "years": 12}]},
        (0, 1, 1),
        "beyond 3 percent",
    ),
    (
        "age",
        {"patients": [{"age_onset_years": "12"}]},
        {"ages": [{"event": "treatment", "years": 12}]},
        (0, 1, 1),
        "another event",
    ),
    (
        "age",
        {"patients": [{"age_treatment_years": "12"}]},
        {"ages": [{"event": "report", "years": 12}]},
        (1, 0, 0),
        "an age that gold files under report may stand at any event",
    ),
    (
        "age",
        {"patients": [{"age_report_years": "12"}]},
        {"ages": [{"event": "onset", "years": 12}]},
        (1, 0, 0),
        "and the other way round",
    ),
    (
        "age",
        {"patients": [{"age_onset_years": "12"}]},
        {"ages": [{"event": "onset", "years": 12, "scored": False}]},
        (0, 0, 0),
        "neither asked for nor false",
    ),
    (
        "diagnosis",
        {"diagnoses": [{"diagnosis": "Sjogren's syndrome", "role": "index"}]},
        {"diagnoses": [{"any_of": ["SS", "Sjogren’s syndrome"]}]},
        (1, 0, 0),
        "any accepted name, whatever the apostrophe",
    ),
    (
        "diagnosis",
        {"diagnoses": [{"diagnosis": "lupus", "role": "comorbidity"}]},
        {"diagnoses": [{"any_of": ["lupus"]}]},
        (0, 0, 1),
        "only index diagnoses are compared",
    ),
    (
        "diagnosis",
        {"diagnoses": [{"diagnosis": "uveitis", "role": "index"}]},
        {"diagnoses": [{"any_of": ["uveitis"], "role": "comorbidity"}]},
        (0, 0, 0),
        "a comorbidity taken for the index is no false find",
    ),
    (
        "tissue",
        {"administrations": [{"tissue": "bone marrow"}, {"tissue": "bone marrow"}]},
        {"administrations": [{"tissue": "bone marrow"}, {"tissue": "placenta"}]},
        (1, 0, 1),
        "once for each patient",
    ),
    (
        "donor",
        {"administrations": [{"donor": "autologous"}]},
        {"administrations": [{"donor": "allogeneic"}]},
        (0, 1, 1),
        "the other donor",
    ),
    (
        "donor",
        {"administrations": []},
        {"administrations": [{"donor": "allogeneic", "scored": False}, {"donor": "allogeneic"}]},
        (0, 0, 1),
        "asked for as soon as one place is",
    ),
    (
        "route",
        {"administrations": [{"route": "intravenous"}, {"route": "oral"}]},
        {"administrations": [{"route": "intravenous"}, {"route": "intravenous"}]},
        (1, 1, 0),
        "an invented route",
    ),
    (
        "count",
        {"administrations": [{"route": "intravenous", "count": 1}, {"route": "intravenous", "count": 2}]},
        {"administrations": [{"route": "intravenous", "count": 3}]},
        (1, 0, 0),
        "counts of one route are added",
    ),
    (
        "count",
        {"administrations": [{"route": "intravenous", "count": 3}]},
        {"administrations": [{"route": "intravenous", "count": 3, "tissue": "bone marrow"}]},
        (1, 0, 0),
        "a tissue that one side lacks",
    ),
    (
        "count",
        {"administrations": [{"route": "intravenous", "count": 3, "tissue": "placenta"}]},
        {"administrations": [{"route": "intravenous", "count": 3, "tissue": "bone marrow"}]},
        (0, 1, 1),
        "another tissue",
    ),
    (
        "count",
        {"administrations": [{"route": "intravenous", "count": 3}, {"route": "oral", "count": 1}]},
        {"administrations": [{"route": "intravenous", "count": 2}, {"route": "oral"}]},
        (0, 1, 1),
        "a route without a count in gold is left alone",
    ),
    (
        "count",
        {"administrations": [{"route": "intravenous", "count": 3}]},
        {"administrations": [{"route": "intravenous", "count": 2, "unscored": ["count"]}]},
        (0, 0, 0),
        "not scored",
    ),
    ("dose", {"administrations": [{"dose_cells": "50100000"}]}, {"administrations": [DOSE]}, (1, 0, 0), "0.2 % apart"),
    ("dose", {"administrations": [{"dose_cells": "51000000"}]}, {"administrations": [DOSE]}, (0, 1, 1), "2 % apart"),
    (
        "dose",
        {"administrations": [{"cells_per_kg": "50000000"}]},
        {"administrations": [DOSE]},
        (0, 1, 1),
        "cells are not cells per kg",
    ),
    (
        "dose",
        {"administrations": [{"cells_per_kg_low": "4000000", "cells_per_kg_high": "2000000"}]},
        {"administrations": [{"cells_per_kg_low": 2e6, "cells_per_kg_high": 4e6}]},
        (1, 0, 0),
        "a range counts either way round",
    ),
    (
        "dose",
        {"administrations": [{"dose_cells": "2000000"}]},
        {"administrations": [{"dose_low": 2e6, "dose_high": 4e6}]},
        (0, 1, 1),
        "a number is no range",
    ),
    (
        "dose",
        {"administrations": [{"dose_cells": "7", "cells_per_kg": "2"}]},
        {"administrations": [{"dose_cells": 7, "cells_per_kg": 2, "unscored": ["dose"]}]},
        (0, 0, 0),
        "not scored",
    ),
    (
        "dose_with_route",
        {"administrations": [{"dose_cells": "50000000", "route": "oral"}]},
        {"administrations": [DOSE]},
        (0, 1, 1),
        "the right dose by another route",
    ),
    (
        "outcome",
        {"outcomes": [{"measure": "physician global assessment", "phase": "pre", "value": "6"}]},
        {"outcomes": [PGA]},
        (1, 0, 0),
        "another name of the measure",
    ),
    (
        "outcome",
        {"outcomes": [{"measure": "MD global", "phase": "pre", "value": "6"}]},
        {"outcomes": [{**PGA, "measure_any_of": ["MD Global"]}]},
        (1, 0, 0),
        "a name that gold accepts",
    ),
    (
        "outcome",
        {"outcomes": [{"measure": "PGA", "phase": "post", "value": "6"}]},
        {"outcomes": [PGA]},
        (0, 1, 1),
        "another phase",
    ),
    (
        "outcome",
        {"outcomes": [{"measure": "PGA", "phase": "pre", "value": "6"}] * 2},
        {"outcomes": [PGA]},
        (1, 1, 0),
        "one fact is matched once",
    ),
    (
        "outcome",
        {"outcomes": [{"measure": "PGA", "phase": "pre", "value": ""}]},
        {"outcomes": [{"measure": "PGA", "phase": "pre", "value_low": 5, "value_high": 6}]},
        (0, 0, 0),
        "what is no single number is not compared",
    ),
    (
        "adverse_event",
        {"adverse_events": [{"event": "fever", "present": "true"}, {"event": "chills", "present": "false"}]},
        {"adverse_events": [{"any_of": ["fever"], "present": True}, {"any_of": ["chills"], "present": False}]},
        (1, 0, 0),
        "only events that happened",
    ),
    (
        "adverse_event",
        {"adverse_events": [{"event": "fever", "present": "true"}]},
        {"adverse_events": [{"any_of": ["fever"], "present": False}]},
        (0, 1, 0),
        "what gold denies is a false find",
    ),
    (
        "rater",
        {"outcomes": [{**PGA, "rater": "physician"}]},
        {"outcomes": [{**PGA, "rater": "patient"}]},
        (0, 1, 1),
        "found with another rater",
    ),
    ("rater", {"outcomes": [PGA]}, {"outcomes": [{**PGA, "rater": "patient"}]}, (0, 0, 1), "found without a rater"),
    ("rater", {}, {"outcomes": [{**PGA, "rater": "patient"}]}, (0, 0, 0), "asked only of outcomes that were found"),
    (
        "timepoint",
        {"outcomes": [{**PGA, "timepoint_months": "5.98"}]},
        {"outcomes": [{**PGA, "timepoint_months": 6}]},
        (1, 0, 0),
        "26 weeks are 6 months",
    ),
    (
        "prior_therapy",
        {"therapies": [{"therapy": "rituximab", "role": "prior"}, {"therapy": "aspirin", "role": "prior"}]},
        {"prior_therapies": ["rituximab", "methotrexate"]},
        (1, 0, 1),
        "false finds are not counted",
    ),
]


@pytest.mark.parametrize(
    ("field", "facts", "patient", "expected", "because"), CASES, ids=[f"{case[0]}: {case[4]}" for case in CASES]
)
def test_what_is_right_missed_and_false(
    tmp_path: Path, field: str, facts: Facts, patient: dict[str, Any], expected: tuple[int, int, int], because: str
) -> None:
    assert counts(scored(tmp_path, facts, patient), field) == expected, because


@pytest.mark.parametrize(("field", "facts", "patient"), [case[:3] for case in CASES], ids=[c[4] for c in CASES])
def test_the_counts_are_those_of_the_reference(
    tmp_path: Path, papers: Path, field: str, facts: Facts, patient: dict[str, Any]
) -> None:
    score = scored(tmp_path, facts, patient)
    compare(score, reference(papers, tmp_path / "out", tmp_path / "gold"))


def test_the_other_printed_value_of_a_conflict_is_no_false_find(tmp_path: Path) -> None:
    conflict = {"patient": "1", "field": "PGA pre", "values": ["6/10", "7/10"], "kind": "narrative_vs_table"}
    facts = {"outcomes": [PGA, {**PGA, "value": 7}, {**PGA, "value": 8}]}
    assert counts(scored(tmp_path, facts, {"outcomes": [PGA]}, conflicts=[conflict]), "outcome") == (1, 1, 0)


CONFLICT = {"patient": "1", "field": "cells per kg", "values": ["1.8 × 10⁶", "3.3e6"]}


@pytest.mark.parametrize(
    ("row", "expected", "because"),
    [
        ({"field": "cells_per_kg", "value_a": "3300000", "value_b": "1800000"}, (1, 0, 0), "in either order"),
        ({"field": "cells_per_kg", "value_a": "3.3", "value_b": "1.8 million"}, (1, 0, 0), "a header in millions"),
        ({"field": "age treatment", "value_a": "3.3", "value_b": "1.8"}, (0, 1, 1), "an age is no dose"),
        ({"field": "cells_per_kg", "value_a": "3300000", "value_b": "2"}, (0, 1, 1), "another number"),
    ],
)
def test_conflicts_are_the_same_by_their_two_statements(
    tmp_path: Path, row: dict[str, str], expected: tuple[int, int, int], because: str
) -> None:
    assert counts(scored(tmp_path, {"conflicts": [row]}, {}, conflicts=[CONFLICT]), "conflict") == expected, because


def test_patients_without_a_shared_name_are_paired_in_order(tmp_path: Path) -> None:
    facts = {"patients": [{"patient": "1", "sex": "male"}, {"patient": "2", "sex": "female"}]}
    people = ({"patient": "A", "sex": "male"}, {"patient": "B", "sex": "female"})
    assert counts(scored(tmp_path, facts, *people), "sex") == (2, 0, 0)
    assert counts(scored(tmp_path, facts, *people, {"patient": "C"}), "sex") == (0, 2, 2), "not when one is missing"


# --- names and numbers


@pytest.mark.parametrize(
    ("a", "b", "same", "because"),
    [
        ("Haemolytic anaemia", "hemolytic anaemias", True, "spelling and plural"),
        ("class IV lupus nephritis", "lupus nephritis", True, "several words within several"),
        ("nephritis", "lupus nephritis", False, "one word within several"),
        ("pain at the site", "the site at pain", True, "the same words in another order"),
        ("gas", "ga", False, "a short word keeps its s"),
        ("", "", False, "no name is no name"),
    ],
)
def test_names(a: str, b: str, same: bool, because: str) -> None:
    assert alike(a, b) is same, because
    assert alike(b, a) is same, because


def test_words_and_numbers_for_comparison() -> None:
    assert plain_name("Crohn’s  Paediatric Oedemas") == "crohn s pediatric edema"
    assert measure_key("SLEDAI 2000") == measure_key("sledai-2K")
    assert measure_key("Ficat and Arlet") == measure_key("Ficat-Arlet stage")
    assert measure_key("KOOS") == "koos"
    assert [patient_key(name) for name in ("Case 3", "patient #3", "P3", "", "B")] == ["3", "3", "3", "1", "b"]
    assert [number_of(cell) for cell in ("1E+8", "0.5", "7 of 10", "", "none")] == [1e8, 0.5, 7, None, None]
    assert [statement(text) for text in ("1.8 × 10^6", "1,800,000", "1.8 million", "IV")] == [1.8, 1.8, 1.8, "iv"]
    assert close(0, 0)
    assert not close(None, 0)


# --- how sure


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(hits: int, of: int, low: float, high: float) -> None:
    """The worked values of Newcombe, Stat Med 1998;17:857-72, table I, score method without continuity correction."""
    interval = wilson(hits, of)
    assert interval == pytest.approx((low, high), abs=0.00005)
    assert wilson(of - hits, of) == pytest.approx((1 - high, 1 - low), abs=0.00005)


def test_what_cannot_be_computed_is_empty(tmp_path: Path) -> None:
    assert wilson(0, 0) is None
    assert f1_of(0, 0, 0) is None
    assert draws(1) is None
    figure = scored(tmp_path, {}, {"sex": "male"}).figures[1]
    assert (figure.field, figure.precision, figure.recall, figure.f1) == ("sex", None, 0, 0)


def test_the_bootstrap_draws_whole_units_and_repeats() -> None:
    parts = [(10, 0, 0), (0, 10, 10), (10, 0, 0), (9, 1, 1)]
    interval = bootstrap(parts, draws(4))
    assert interval == bootstrap(parts, draws(4))
    assert interval
    assert interval[0] < f1_of(29, 11, 11) < interval[1]  # type: ignore[operator]
    assert bootstrap([(5, 0, 0)] * 3, draws(3)) == (1, 1)
    assert bootstrap([(0, 0, 0)] * 3, draws(3)) is None


def test_one_document_is_drawn_by_patients(tmp_path: Path) -> None:
    facts = {"patients": [{"patient": str(number), "sex": "male"} for number in (1, 2, 3)]}
    score = scored(tmp_path, facts, {"sex": "male"}, {"sex": "female"}, {"sex": "male"})
    assert score.unit == "patients"
    assert score.figures[1].f1_interval == (0, 1)


# --- misses with their quotes


def test_each_miss_and_false_find_is_listed_with_its_quote(tmp_path: Path) -> None:
    value = {"table": "outcomes", "where": "narrative", "rule": "scale:pga", "shown": "yes"}
    facts = {
        "outcomes": [{**PGA, "value": 7}, {"measure": "HHS", "phase": "post", "value": "=3"}, {**PGA, "phase": "post"}],
        "values": [
            {**value, "record": "r1", "field": "measure", "value": "PGA", "quote": "PGA", "page": "2"},
            {**value, "record": "r1", "field": "value", "value": "7", "quote": "The PGA was 7.", "page": "2"},
            {**value, "record": "r2", "field": "measure", "value": "PGA", "quote": "PGA", "page": "3"},
            {**value, "record": "r2", "field": "phase", "value": "post", "quote": "after", "page": "3"},
            {**value, "record": "r2", "field": "value", "value": "6", "quote": "= 6 after", "page": "3"},
        ],
    }
    score = scored(tmp_path, facts, {"outcomes": [PGA, {"measure": "KOOS", "phase": "pre", "value": 40}]})
    misses = [miss for miss in score.misses if miss.field == "outcome"]
    assert [(m.kind, m.gold, m.found, m.quote, m.page) for m in misses] == [
        ("differs", "PGA pre 6", "PGA pre 7", "The PGA was 7.", "2"),
        ("missed", "KOOS pre 40", "", "", ""),
        ("false", "", "PGA post 6", "= 6 after", "3"),
    ]
    assert json.loads(misses[1].gold_entry) == {"measure": "KOOS", "phase": "pre", "value": 40}
    assert "p. 2 “The PGA was 7.” [scale:pga]" in as_text(score, misses=True)
    assert "KOOS" not in as_text(score)
    paths = write_score(score, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["score.csv", "score_misses.csv"]
    listed = read_table(paths[1])
    assert list(listed[listed["field"] == "outcome"]["quote"]) == ["The PGA was 7.", "", "= 6 after"]
    figures = read_table(paths[0]).set_index("field")
    assert list(figures.loc["outcome", ["tp", "fp", "fn", "precision"]]) == ["0", "2", "2", "0.0000"]
    assert figures.index[-1] == "all"


def test_misses_add_up_to_the_counts(sample_out: Path, sample: Path) -> None:
    score = score_outputs(sample_out, load_gold(sample / "gold"))
    for figure in score.figures:
        kinds = [miss.kind for miss in score.misses if miss.field == figure.field]
        assert (kinds.count("false") + kinds.count("differs"), kinds.count("missed") + kinds.count("differs")) == (
            figure.fp,
            figure.fn,
        )
    assert all(miss.quote for miss in score.misses if miss.kind != "missed"), "every false find leads to its words"


# --- the whole folder


def test_the_sample_counts_are_those_of_the_reference(sample_out: Path, sample: Path, papers: Path) -> None:
    expected = reference(papers, sample_out, sample / "gold")
    compare(score_outputs(sample_out, load_gold(sample / "gold")), expected)


def test_all_real_papers_missing_are_counted_like_the_reference(tmp_path: Path, papers: Path) -> None:
    out = tables(tmp_path / "out", {"patients": [{}]})
    if not (papers / "gold").is_dir():
        pytest.skip(f"{papers / 'gold'} is missing")
    score = score_outputs(out, load_gold(papers / "gold"))
    compare(score, reference(papers, out, papers / "gold"))
    assert len(score.missing) == score.documents


def test_a_document_that_is_missing_counts_and_is_named(tmp_path: Path) -> None:
    out = tables(tmp_path / "out", {"patients": [{"sex": "male"}], "outcomes": [PGA]}, document="smith2019")
    gold(tmp_path / "gold", {"sex": "male"}, document="smith2019")
    gold(tmp_path / "gold", {"sex": "male"}, {"sex": "female"}, document="smith2091")
    score = score_outputs(out, load_gold(tmp_path / "gold"))
    assert counts(score, "sex") == (1, 0, 2)
    assert score.missing == ("smith2091",)
    assert "smith2091: not among the outputs (is it 'smith2019'?); all its facts count as missed." in score.notes


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["score", *map(str, arguments)])


def test_the_command_prints_text_json_and_files(tmp_path: Path) -> None:
    out = tables(tmp_path / "out", {"patients": [{"sex": "male"}]})
    folder = gold(tmp_path / "gold", {"sex": "female"})
    shown = call(out, "--gold", folder, "--list", "-o", tmp_path / "s")
    assert shown.exit_code == 0, shown.stderr
    assert re.search(r"^sex +0 +1 +1 ", shown.stdout, re.MULTILINE)
    assert "differs  sex, patient 1 | gold: female | found: male" in shown.stdout
    assert (tmp_path / "s" / "score.csv").is_file()
    data = json.loads(call(out, "--gold", folder, "--json").stdout)
    assert data["micro"]["tp"] == 1
    assert data["misses"][0]["field"] == "sex"


def test_wrong_folders_are_refused(tmp_path: Path) -> None:
    folder = gold(tmp_path / "gold", {})
    for outputs, golds, words in (
        (tmp_path / "none", folder, "no patients.csv here"),
        (folder, tmp_path / "none", "there is no such folder"),
        (folder, tables(tmp_path / "out", {}), "no .json file here"),
    ):
        result = call(outputs, "--gold", golds)
        assert result.exit_code == 2
        assert words in result.stderr


# --- gold files

BAD: list[tuple[str, str]] = [
    ('{"document": "a", "patients": [], "pateints": []}', "x.json:1: pateints: unknown key 'pateints'. Did you mean"),
    ('{"document": "a"}', "x.json:1: patients: key 'patients' is missing."),
    ("[]", "x.json:1: 'the file' should be an object, found a list."),
    ('{"document": "a",\n "patients": [{"patient": 1}]}', "x.json:2: patients[0].patient: 'patient' should be a valid"),
    ('{"document": "a",,}', "x.json:1: not valid JSON"),
    ('{"document": "a", "document": "b", "patients": []}', "x.json:1: key 'document' stands twice in one item."),
    ("PATIENT:{}, {'patient': 'Case 1'}", "x.json:2: patients[1].patient: patient 'Case 1' stands twice"),
    ("PATIENT:{'sex': 'femal'}", "'femal' is not allowed for 'sex'. Did you mean 'female'? Allowed: female, male."),
    ("PATIENT:{'ages': [{'event': 'onset', 'years': '9'}]}", "patients[0].ages[0].years: 'years' should be a valid"),
    ("PATIENT:{'ages': [{'event': 'onset', 'years': 900}]}", "'years' should be less than or equal to 130, found 900."),
    ("PATIENT:{'ages': [{'evnt': 'onset', 'years': 9}]}", "unknown key 'evnt'. Did you mean 'event'? Allowed: "),
    ("PATIENT:{'diagnoses': [{'any_of': []}]}", "patients[0].diagnoses[0].any_of: 'any_of' is empty."),
    ("PATIENT:{'administrations': [{'route': 'intraveinous'}]}", "Did you mean 'intravenous'? Allowed: "),
    (
        "PATIENT:{'administrations': [{'unscored': ['cuont']}]}",
        "'cuont' cannot be unscored here. Did you mean 'count'",
    ),
    ("PATIENT:{'outcomes': [{'measure': 'PGA', 'phase': 'pre', 'value': NaN}]}", "should be a finite number"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_gold_file_is_refused_with_its_place(tmp_path: Path, schema: Schema, text: str, message: str) -> None:
    if text.startswith("PATIENT:"):
        person = text.removeprefix("PATIENT:").replace("'", '"')
        person = person.replace("{", '{"patient": "1"' + (", " if person[1] != "}" else ""), 1)
        text = '{"document": "a", "patients": [\n' + person + "]}"
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(GoldError) as refused:
        load_gold(tmp_path, known_words(schema))
    assert any(message in error for error in refused.value.errors), refused.value.errors


def test_all_faults_of_all_gold_files_come_at_once(tmp_path: Path) -> None:
    gold(tmp_path, {"sex": "x", "kind": "y"}, document="a")
    gold(tmp_path, {"n": 0}, document="b")
    (tmp_path / "c.json").write_bytes(b"\xff\xfe\x00")
    result = call(tmp_path, "--gold", tmp_path)
    assert result.exit_code == 2
    assert [Path(line.split(":")[0]).name for line in result.stderr.splitlines()] == ["a.json"] * 2 + [
        "b.json",
        "c.json",
    ]


def test_two_files_for_one_document_are_refused(tmp_path: Path) -> None:
    gold(tmp_path, {}, document="a")
    (tmp_path / "b.json").write_bytes((tmp_path / "a.json").read_bytes())
    with pytest.raises(GoldError, match=r"b\.json: document 'a' stands already in .*a\.json"):
        load_gold(tmp_path)


def test_the_gold_of_the_samples_and_of_the_real_papers_is_in_order(
    schema: Schema, sample: Path, request: pytest.FixtureRequest
) -> None:
    assert len(load_gold(sample / "gold", known_words(schema))) == len(list((sample / "gold").glob("*.json")))
    folder = request.getfixturevalue("papers") / "gold"
    assert len(load_gold(folder, known_words(schema))) == len(list(folder.glob("*.json")))
