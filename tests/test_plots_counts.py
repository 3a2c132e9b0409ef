"""SYNTHESIS: the plots that count: directions, proportions, doses, reporting, the map and the flow of papers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plotted import artists, cells, of_cells, somebody, tables, words, xs, ys
from series import against, outcome, series, treated, write_series
from written import case, computed

from extract.schema import Schema
from extract.synthesis.outputs import leave_out_documents, load_outputs
from extract.synthesis.plots import Plot, completeness_map, directions, dose, evidence_map, forest, harvest, prisma
from extract.synthesis.rows import Person


def scores(document: str, who: str, before: int, after: int, measure: str = "SLEDAI-2K") -> list[Any]:
    return [
        of_cells("outcomes", document, who, measure=measure, phase="pre", value=before),
        of_cells("outcomes", document, who, measure=measure, phase="post", value=after, timepoint_months=6),
    ]


def studies(schema: Schema, *found: tuple[str, list[tuple[int, int]]]) -> Any:
    """Outputs of studies, each with the activity before and after of its patients."""
    people = [
        somebody(name, str(number), scores(name, str(number), *pair))
        for name, pairs in found
        for number, pair in enumerate(pairs, 1)
    ]
    return tables(schema, people)


UP, SAME, DOWN = (12, 4), (6, 6), (4, 12)


# --- directions


def test_each_patient_has_a_row_and_a_mark_of_its_direction(schema: Schema) -> None:
    (plot,) = directions(studies(schema, ("a", [UP, SAME]), ("b", [DOWN])))
    marks = {mark.get_label(): mark.get_marker() for mark in artists(plot, "vote:")}
    assert marks == {"vote:a, 1:activity": "^", "vote:a, 2:activity": "s", "vote:b, 1:activity": "v"}
    assert "1/3" in words(plot), "improved of known"


def test_a_direction_that_hangs_on_a_conflict_is_marked(tmp_path: Path, schema: Schema) -> None:
    end, other = outcome("1", 2, "SLEDAI-2K", "post", 4, 6), outcome("1", 3, "SLEDAI-2K", "post", 20, 6, "table")
    start = outcome("1", 1, "SLEDAI-2K", "pre", 12)
    conflict = against("1", "SLEDAI-2K post", end, other, end)
    (plot,) = directions(series(tmp_path, schema, *treated(), start, end, other, conflict))
    assert "†" in "".join(text for text in words(plot) if len(text) < 4)
    assert cells(plot)[0]["depends_on_conflict"] == "yes"


def test_bars_of_a_harvest_are_as_tall_as_their_patients(schema: Schema) -> None:
    (plot,) = harvest(studies(schema, ("a", [UP, UP, UP, DOWN]), ("b", [UP])))
    bars = [(bar.get_label(), abs(bar.get_height()), bar.get_x()) for bar in artists(plot, "bar:")]
    better = sorted(bar for bar in bars if bar[2] == max(b[2] for b in bars if b[0] == bar[0]))
    (_, three, _), (_, one, _) = better
    assert three == pytest.approx(3 * one)
    assert sorted(label for label, *_ in bars) == ["bar:a", "bar:a", "bar:b"]
    worse = min(bars, key=lambda bar: bar[2])
    assert (worse[0], worse[1]) == ("bar:a", pytest.approx(one))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(st.sampled_from([UP, SAME, DOWN]), min_size=1, max_size=4), min_size=1, max_size=30))
def test_directions_and_harvest_count_each_patient_once(schema: Schema, found: list[Any]) -> None:
    outputs = studies(schema, *((f"s{number}", pairs) for number, pairs in enumerate(found)))
    people = [f"name:{person.name}" for person in outputs.people]
    assert sorted(text.get_label() for text in artists(directions(outputs), "name:")) == sorted(people)
    pages = harvest(outputs)
    assert sum(int(line["patients"]) for page in pages for line in cells(page)) == len(people)
    assert len(artists(pages, "bar:")) == sum(len(set(pairs)) for pairs in found)


# --- proportions


def test_a_study_has_its_exact_interval(schema: Schema) -> None:
    (plot,) = forest(studies(schema, ("a", [UP, UP, UP, UP, DOWN]), ("b", [UP])))
    (interval,) = artists(plot, "interval:a")
    # 4 of 5: 28.4 to 99.5 % in the tables of Clopper and Pearson (Diem, Documenta Geigy, 1962)
    assert xs(interval) == [pytest.approx(28.36, abs=0.01), pytest.approx(99.49, abs=0.01)]
    (square,) = artists(plot, "study:a")
    assert xs(square) == [80]
    assert not artists(plot, "study:b"), "a single case has no proportion"
    assert "improved: activity (1)" in plot.caption


def test_without_enough_studies_there_is_no_diamond_but_the_reason(schema: Schema) -> None:
    outputs = studies(schema, ("a", [UP, UP, DOWN]), ("b", [UP, DOWN]))
    (plot,) = forest(outputs)
    assert not artists(plot, "pooled")
    assert any(text.startswith("not pooled: 2 studies of at least 2 patients") for text in words(plot))
    assert "Nothing is pooled" in plot.caption
    (pooled,) = forest(outputs, minimum_studies=2, minimum_patients=5)
    (diamond,) = artists(pooled, "pooled")
    low, high = diamond.get_xy()[:, 0].min(), diamond.get_xy()[:, 0].max()
    assert 0 < low < 60 < high < 100
    (told,) = cells(pooled, kind="pooled")
    assert (told["patients_with"], told["patients"]) == ("3", "5")


def test_a_long_list_of_studies_goes_on_with_its_head(schema: Schema) -> None:
    pages = forest(studies(schema, *((f"s{number:02}", [UP, DOWN]) for number in range(60))))
    assert len(pages) == 2
    assert len(artists(pages, "study:")) == 60
    assert any("(continued)" in text for text in words(pages[1]))


# --- doses


def doses(tmp_path: Path, schema: Schema, *rows: Any) -> Plot:
    (plot,) = dose(series(tmp_path, schema, *rows))
    return plot


def pair(who: str = "1", measure: str = "SLEDAI-2K", before: Any = 31, after: Any = 10, **more: Any) -> list[Any]:
    return [outcome(who, 1, measure, "pre", before, **more), outcome(who, 2, measure, "post", after, 6, **more)]


def test_a_dose_stands_at_its_number_and_the_change_in_per_cent_of_the_range(tmp_path: Path, schema: Schema) -> None:
    plot = doses(tmp_path, schema, *treated(dose_cells=40_000_000), *pair())
    (point,) = artists(plot, "point:")
    assert xs(point) == [pytest.approx(40_000_000)]
    assert ys(point) == [20.0], "21 of 105 points, and lower is better"


def test_doses_by_vein_elsewhere_printed_and_computed_are_never_in_one_panel(tmp_path: Path, schema: Schema) -> None:
    plot = doses(
        tmp_path, schema,
        *treated("1", dose_cells=40_000_000), *pair("1"),
        *treated("2", cells_per_kg=2_000_000), *pair("2"),
        *treated("3", cells_per_kg_derived=computed(1_500_000, "x")), *pair("3"),
        *treated("4", route="intra-articular", dose_cells=10_000_000), *pair("4"),
    )  # fmt: skip
    where = {point.axes.get_label(): point.get_label() for point in artists(plot, "point:")}
    assert where == {
        "By vein, cells": "point:lupus2020, 1",
        "By vein, cells per kg as printed": "point:lupus2020, 2",
        "By vein, cells per kg computed": "point:lupus2020, 3",
        "By another route, cells": "point:lupus2020, 4",
    }
    assert words(plot).count("n = 1 patient, 1 measure") == 4


def test_a_total_is_no_dose_and_a_scale_without_range_no_change(tmp_path: Path, schema: Schema) -> None:
    plot = doses(
        tmp_path, schema,
        *treated("1", dose_cells=40_000_000), *pair("1"),
        *treated("2", dose_cells=90_000_000, dose_basis="total"), *pair("2"),
        *treated("3", dose_cells=50_000_000), *pair("3", "proteinuria", 3, 1),
    )  # fmt: skip
    assert [point.get_label() for point in artists(plot, "point:")] == ["point:lupus2020, 1"]
    assert "no dose of one administration: 1; no range of the scale: 1." in plot.caption


def test_a_printed_range_is_a_bar_and_a_contradicted_value_has_a_diamond(tmp_path: Path, schema: Schema) -> None:
    end, other = outcome("1", 2, "SLEDAI-2K", "post", 10, 6), outcome("1", 3, "SLEDAI-2K", "post", 52, 6, "table")
    plot = doses(
        tmp_path, schema, *treated(dose_cells_low=10_000_000, dose_cells_high=40_000_000),
        outcome("1", 1, "SLEDAI-2K", "pre", 31), end, other, against("1", "SLEDAI-2K post", end, other, end),
    )  # fmt: skip
    (bar,) = artists(plot, "range:")
    assert xs(bar) == [10_000_000, 40_000_000]
    (rival,) = artists(plot, "rival:")
    assert ys(rival) == [-20.0]


# --- reporting


def test_reporting_has_a_cell_for_each_patient_and_item_that_is_looked_for(tmp_path: Path, schema: Schema) -> None:
    (plot,) = completeness_map(series(tmp_path, schema, *treated("1"), *treated("2", tissue=""), *pair("1")))
    levels = {(line["patient"], line["name"]): line["level"] for line in cells(plot)}
    assert levels["1", "Origin tissue"] == "reported"
    assert levels["2", "Origin tissue"] == "NR"
    assert levels["1", "Keywords"] == "not read"
    drawn = artists(plot, "cell:")
    assert len(drawn) == sum(level != "not read" for level in levels.values())
    for level in ("reported", "partly", "NR"):
        assert len(artists(plot, f"cell:{level}")) == list(levels.values()).count(level)
    assert "Not looked for: DOSES S separation" in plot.caption


# --- the map


def person(document: str, who: str, diagnosis: str, tissue: str, route: str, n: int | None = 1) -> Person:
    given_row = of_cells("administrations", document, who, route=route, donor="allogeneic", tissue=tissue)
    base = somebody(document, who, (), [given_row])
    kind = {"kind": "individual", "n": 1} if n == 1 else {"kind": "group", **({"n": n} if n else {})}
    index = of_cells("diagnoses", document, who, diagnosis=diagnosis, role="index")
    return Person(document, base.paper, of_cells("patients", document, who, **kind), (index,), (given_row,))


_people = st.lists(
    st.tuples(
        st.sampled_from(["lupus", "Crohn's disease", "arthritis"]),
        st.sampled_from([f"tissue {letter}" for letter in "abcdefghij"]),
        st.sampled_from(["intravenous", "perianal", ""]),
        st.sampled_from([1, 1, 1, 40, None]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(_people)
def test_everybody_of_known_number_stands_in_one_cell_of_the_map(schema: Schema, found: list[Any]) -> None:
    people = [person("a", str(number), *facts) for number, facts in enumerate(found)]
    pages = evidence_map(tables(schema, people))
    known = sum(n or 0 for *_, n in found)
    unknown = sum(n is None for *_, n in found)
    told = [line for page in pages for line in cells(page)]
    assert sum(int(line["patients"]) for line in told) == known
    assert len({line["column"] for line in told}) <= 7
    if known:
        assert f"n = {known}" in words(pages[0])
    if known and unknown:
        assert f"{unknown} group" in pages[0].caption


def test_the_area_of_a_mark_is_proportional_to_its_patients(schema: Schema) -> None:
    people = [person("a", str(number), "lupus", "bone marrow", "intravenous") for number in range(4)]
    (plot,) = evidence_map(tables(schema, [*people, person("b", "1", "arthritis", "bone marrow", "intravenous")]))
    four, one = sorted((spot.get_markersize() for spot in artists(plot, "spot:")), reverse=True)
    assert (four / one) ** 2 == pytest.approx(4)


# --- the flow


def manifest(*rows: tuple[str, ...]) -> list[dict[str, str]]:
    names = ("document", "decision", "reason", "source", "doi")
    blank = {"found_on": "", "reviewer": ""}
    return [blank | dict.fromkeys(names, "") | dict(zip(names, row, strict=False)) for row in rows]


def paper(name: str, status: str = "ok", reason: str = "", doi: str = "") -> Any:
    return of_cells("documents", name, "", status=status, reason=reason, doi=doi)


def boxes(plot: Plot) -> dict[str, int]:
    return {line["box"]: int(line["records"]) for line in cells(plot, reason="")}


def test_each_stage_of_the_flow_says_how_many_and_why(schema: Schema) -> None:
    people = [somebody("good", "1"), somebody("good", "2")]
    papers = [
        paper("good"), paper("copy", reason="duplicate_file"), paper("locked", "failed", "encrypted"),
        paper("review", reason="no_case_found"), paper("mouse"),
    ]  # fmt: skip
    rows = manifest(
        ("good", "included", "", "PubMed"), ("mouse", "excluded", "animals", "PubMed"), ("review", "", "", "Embase"),
        ("lost", "included", "", "Embase"), ("other", "excluded", "not in English", "Embase"),
        ("twin", "duplicate", "", "Embase"),
    )  # fmt: skip
    (plot,) = prisma(tables(schema, people, papers), rows)
    assert boxes(plot) == {
        "Records identified": 8, "Duplicates removed": 2, "Records screened": 6, "Records excluded": 2,
        "Reports sought": 4, "Reports not retrieved: no file was read": 1, "Reports retrieved": 3,
        "Reports not readable": 1, "Reports read": 2, "Reports without patients who were given cells": 1,
        "Studies included": 1,
    }  # fmt: skip
    told = words(plot)
    assert {"Embase (n = 4)", "PubMed (n = 2)", "files without a line in the manifest (n = 2)", "animals (n = 1)",
            "protected by a password (n = 1)", "2 patients told of one by one"} <= set(told)  # fmt: skip
    assert "1 record of the manifest has no decision yet" in plot.caption


def test_without_a_manifest_the_flow_says_what_is_not_known(schema: Schema) -> None:
    (plot,) = prisma(tables(schema, [somebody("a", "1")]))
    assert boxes(plot)["Files given to the program"] == 1
    assert "Records screened" not in boxes(plot)
    assert "No manifest was given" in plot.caption


def test_a_paper_found_twice_stays_in_and_counts_as_one(schema: Schema) -> None:
    outputs = tables(schema, [somebody("a", "1"), somebody("b", "1")])
    rows = manifest(("a", "included", "", "PubMed"), ("a", "duplicate", "", "Embase"), ("b", "excluded", "too old"))
    assert [person.document for person in leave_out_documents(outputs, rows).people] == ["a"]
    found = boxes(prisma(outputs, rows)[0])
    assert (found["Records identified"], found["Duplicates removed"], found["Studies included"]) == (3, 1, 1)


def test_an_exclusion_counts_before_an_inclusion_of_the_same_paper(schema: Schema) -> None:
    outputs = tables(schema, [somebody("a", "1")])
    for rows in (("a", "included"), ("a", "excluded")), (("a", "excluded"), ("a", "included")):
        assert leave_out_documents(outputs, manifest(*rows)).people == ()


def test_a_line_without_a_document_finds_its_paper_by_doi(schema: Schema) -> None:
    outputs = tables(schema, [], [paper("a", doi="10.5555/X.1")])
    rows = manifest(("", "excluded", "wrong disease", "PubMed", "https://doi.org/10.5555/x.1"))
    assert leave_out_documents(outputs, rows).papers == ()
    found = boxes(prisma(outputs, rows)[0])
    assert (found["Records identified"], found["Records excluded"]) == (1, 1)


_names = st.sampled_from(["a", "b", "c", "d", "e", ""])
_decisions = st.sampled_from(["included", "excluded", "duplicate", ""])
_papers = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from([("ok", ""), ("ok", "duplicate_file"), ("failed", "crashed"), ("ok", "no_case_found")]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(_names, _decisions), max_size=10), _papers)
def test_each_record_ends_in_exactly_one_place(schema: Schema, lines: list[Any], found: dict[str, Any]) -> None:
    from extract.synthesis.plots.prisma import flow

    people = [somebody(name, "1") for name, state in found.items() if state == ("ok", "")]
    outputs = tables(schema, people, [paper(name, *state) for name, state in found.items()])
    outputs = outputs if found else tables(schema, ())
    steps = flow(outputs, manifest(*lines))
    ends = [steps[-1].box, *(step.leaving for step in steps if step.leaving is not None)]
    records = [record for box in ends for record in box.records]
    assert sorted(records) == sorted(steps[0].box.records)
    assert len(set(records)) == len(records)
    for step, following in pairwise(steps):
        left = step.leaving.n if step.leaving is not None else 0
        assert step.box.n - left == following.box.n, step.box.title
    for box in ends[1:]:
        assert not box.reasons or sum(map(len, box.reasons.values())) == box.n


def test_a_paper_more_changes_only_what_it_should(tmp_path: Path, schema: Schema) -> None:
    first = case("a2019", *treated("1"), *pair("1"))
    second = case("b2020", *treated("1", diagnosis="Crohn's disease"), *pair("1", "CMAS", 20, 40))
    one = load_outputs(write_series(tmp_path / "one", schema, first), schema)
    two = load_outputs(write_series(tmp_path / "two", schema, first, second), schema)
    for make in (directions, harvest, evidence_map, completeness_map):
        before, after = cells(make(one)[0]), cells(make(two)[0])
        assert [line for line in after if line.get("document", line.get("who", "")).startswith("a2019")] == before
