"""The dose grammar: every notation, and what is no dose."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extract.find.quantity import find_doses, header_multiplier
from extract.model import plain

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "doses.yaml").read_text("utf-8"))


def shown(text: str, header: str = "") -> list[str]:
    out = []
    for dose in find_doses(text, header):
        if dose.kind != "dose":
            continue
        if dose.quantity is None:
            out.append("unresolved")
            continue
        quantity = dose.quantity
        number, low, high = (plain(n) if n is not None else "" for n in (quantity.number, quantity.low, quantity.high))
        span = f"{low}..{high}" if low or high else ""
        size = f"{number} ({span})" if number and span else number or span
        out.append(f"{size} {quantity.unit}")
    return out


@pytest.mark.parametrize("case", CASES, ids=[case["because"] for case in CASES])
def test_dose_notation(case: dict[str, Any]) -> None:
    assert shown(case["text"]) == case["expect"], case["because"]


@given(
    mantissa=st.decimals(min_value="0.1", max_value="99", places=1),
    power=st.integers(4, 9),
    form=st.sampled_from(["{m} × 10{sup} cells", "{m}×10^{p} cells", "{m} x 10{p} cells", "{m}*10({p}) cells"]),
)
def test_every_power_is_exact_in_every_notation(mantissa: Decimal, power: int, form: str) -> None:
    raised = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    text = form.format(m=plain(mantissa), p=power, sup=raised)
    (dose,) = find_doses(f"She received {text} intravenously.")
    assert dose.quantity is not None
    assert dose.quantity.number == mantissa.scaleb(power)
    assert text.startswith(dose.quantity.as_written)


@given(st.text(max_size=200))
def test_no_text_breaks_the_grammar(text: str) -> None:
    for dose in find_doses(text):
        assert 0 <= dose.start < dose.end <= len(text)


@pytest.mark.parametrize(
    ("header", "cell", "expect"),
    [
        ("Dose (×10⁶ cells)", "40", ["40000000 cells"]),
        ("Dose (× 107 cells/kg)", "1.5", ["15000000 cells/kg"]),
        ("Cells (million)", "55", ["55000000 cells"]),
        ("MSC dose, 10^6/kg", "2–3", ["2000000..3000000 cells/kg"]),
        ("Number of infusions", "4", []),
        ("Platelets (×109/L)", "140", []),
        ("Age (years)", "12", []),
    ],
)
def test_a_header_lends_its_multiplier(header: str, cell: str, expect: list[str]) -> None:
    assert shown(cell, header) == expect


def test_a_laboratory_header_is_no_dose_header() -> None:
    assert header_multiplier("WBC count (×10⁹/L)") is None


def test_a_flattened_power_keeps_the_reason() -> None:
    (dose,) = find_doses("She received 3 × 106 cells.")
    assert dose.quantity is not None
    assert "106 read as 10^6" in dose.quantity.repair
