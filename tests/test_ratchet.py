"""The ratchet: a figure that fell is caught, one fact of noise is not, mistakes are counted the other way round."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def ratchet() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ratchet", ROOT / "benchmarks" / "ratchet.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("kept", "found", "facts", "lost", "because"),
    [
        ({"a": 0.9}, {"a": 0.9}, {}, [], "the same"),
        ({"a": 0.9}, {"a": 0.95}, {}, [], "a gain"),
        ({"a": 0.9}, {"a": 0.898}, {}, [], "a fall of 0.002"),
        ({"a": 0.9}, {"a": 0.897}, {}, ["a"], "a fall of more"),
        ({"a": 0.9}, {"a": 0.89}, {"a": 100}, [], "one fact of a hundred"),
        ({"a": 0.9}, {"a": 0.88}, {"a": 100}, ["a"], "two facts of a hundred"),
        ({"a": 0.9}, {}, {}, ["a"], "a figure that is missing"),
        ({}, {"a": 0.1}, {}, [], "a figure that is new"),
        ({"a_false_rate": 0.1}, {"a_false_rate": 0.05}, {}, [], "fewer mistakes"),
        ({"a_false_rate": 0.1}, {"a_false_rate": 0.15}, {}, ["a_false_rate"], "more mistakes"),
    ],
)
def test_what_counts_as_lost(
    ratchet: ModuleType,
    kept: dict[str, float],
    found: dict[str, float],
    facts: dict[str, int],
    lost: list[str],
    because: str,
) -> None:
    assert ratchet.compare(kept, found, facts) == lost, because


def test_raising_never_lowers(ratchet: ModuleType, tmp_path: Path) -> None:
    kept = {"a": 0.9, "b": 0.5, "c_false_rate": 0.1}
    found = {"a": 0.8, "b": 0.6, "c_false_rate": 0.05, "d": 0.3}
    path = tmp_path / "figures.csv"
    ratchet.write_figures(path, ratchet.better(kept, found))
    assert ratchet.read_figures(path) == {"a": 0.9, "b": 0.6, "c_false_rate": 0.05, "d": 0.3}


def test_facts_are_counted_from_what_the_scorers_print(ratchet: ModuleType) -> None:
    gold = (
        "field                     tp    fp    fn       P      R     F1\n"
        "sex                       17     0     2   1.000  0.895  0.944\n"
        "conflict                   7    11     3   0.389  0.700  0.500\n"
        "x_rater                   19     0     2   1.000  0.905  0.950\n"
    )
    assert ratchet.facts_of("sample", gold) == {
        "sample_sex": 19,
        "sample_conflict_recall": 10,
        "sample_x_rater": 21,
        "sample_micro_f1": 29,
    }
    phrases = "micro F1 0.955; items fully right 183/225 = 0.813; false extraction on 1/73 factless items = 0.014;"
    assert ratchet.facts_of("phrases", phrases)["phrases_false_rate"] == 73
    reading = "PMC1397864         0.951      3/5       120/ 130/ 140   40/44     0.61\n"
    assert ratchet.facts_of("reading", reading) == {"reading_powers": 5, "reading_cells": 140, "reading_section": 44}


def test_the_figures_that_are_kept_can_be_read(ratchet: ModuleType) -> None:
    kept = ratchet.read_figures(ratchet.KEPT)
    assert kept
    assert all(0 <= value <= 1 for value in kept.values())
