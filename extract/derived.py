"""What follows from reported values by arithmetic: cells per kg, cells of a row, an implied weight, ages.

Each function takes values and gives the derived one with its formula and the places of what it was computed from, or
None where a figure is missing. Linking uses them, and so does whatever changes a value afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from extract.model import Administration, Provenance, Reported, plain

Values = Mapping[str, Reported]


def total_cells(row: Values) -> Reported | None:
    """Cells of an administration row: its dose times its count, or the dose itself where that is the total.

    None where several were given and the paper does not say whether the dose is of each or of all.
    """
    cells, count = row.get("dose_cells"), row.get("count")
    number, times = _number(cells), _number(count) or Decimal(1)
    basis = _word(row.get("dose_basis"))
    if cells is None or number is None or (basis == "unclear" and times > 1):
        return None
    if basis == "total":
        return _derived(number, "cells", f"{plain(number)} cells in total", cells.provenance[:1])
    places = cells.provenance[:1]
    if count is not None and (times > 1 or count.status == "reported"):
        places += count.provenance
    return _derived(number * times, "cells", f"{plain(number)} cells × {plain(times)}", places)


def cells_per_kg(row: Values, weight: Reported | None) -> Reported | None:
    """Cells divided by the printed weight, to the cell: of an intravenous dose that is not a total and has no printed
    per-kg figure."""
    cells = row.get("dose_cells")
    number = _number(cells)
    kilos = _number(weight) if weight is not None and weight.status == "reported" else None
    if cells is None or number is None or weight is None or not kilos or _has_per_kg(row):
        return None
    if _word(row.get("dose_basis")) == "total" or _word(row.get("route")) != "intravenous":
        return None
    formula = f"{plain(number)} cells / {plain(kilos)} kg"
    places = (*cells.provenance[:1], *weight.provenance[:1])
    return _derived((number / kilos).quantize(Decimal(1)), "cells/kg", formula, places)


def implied_weight(patient: Values, administrations: Iterable[Administration]) -> Reported | None:
    """The weight, to 0.1 kg, that an absolute and a per-kg figure of one dose imply, where none is printed."""
    if "weight_kg" in patient:
        return None
    for row in administrations:
        cells, per_kg = row.values.get("dose_cells"), row.values.get("cells_per_kg")
        a, b = _number(cells), _number(per_kg)
        if cells and per_kg and a is not None and b and b > 0 and _word(row.values.get("dose_basis")) != "total":
            formula = f"{a:f} cells / {b:f} cells/kg"
            places = (*cells.provenance[:1], *per_kg.provenance[:1])
            return _derived((a / b).quantize(Decimal("0.1")), "kg", formula, places)
    return None


def ages_by_follow_up(patient: Values) -> dict[str, Reported]:
    """The age at last follow-up from that at treatment and the follow-up, or the other way round."""
    treated, last = patient.get("age_treatment_years"), patient.get("age_last_follow_up_years")
    follow_up = patient.get("follow_up_months")
    months = _number(follow_up)
    if follow_up is None or months is None:
        return {}
    years = (months / 12).quantize(Decimal("0.01"))
    x, y = _number(treated), _number(last)
    if treated is not None and last is None and x is not None:
        formula = f"age at treatment {plain(x)} + follow-up {plain(months)} months / 12"
        places = (*treated.provenance[:1], *follow_up.provenance[:1])
        return {"age_last_follow_up_years_derived": _derived(x + years, "years", formula, places)}
    if last is not None and treated is None and y is not None and y > years:
        formula = f"age at last follow-up {plain(y)} - follow-up {plain(months)} months / 12"
        places = (*last.provenance[:1], *follow_up.provenance[:1])
        return {"age_treatment_years_derived": _derived(y - years, "years", formula, places)}
    return {}


def _has_per_kg(row: Values) -> bool:
    return any(name in row for name in ("cells_per_kg", "cells_per_kg_low", "cells_per_kg_high"))


def _number(value: Reported | None) -> Decimal | None:
    return value.value if value is not None and isinstance(value.value, Decimal) else None


def _word(value: Reported | None) -> str:
    return str(value.value) if value is not None else ""


def _derived(number: Decimal, unit: str, formula: str, places: tuple[Provenance, ...]) -> Reported:
    """A derived value; its places say that it does not stand there itself."""
    marked = tuple(dict.fromkeys(place.model_copy(update={"basis": "derived"}) for place in places))
    return Reported(value=number, status="derived", unit=unit, provenance=marked, formula=formula)
