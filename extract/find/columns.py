"""Column rules: what the cells under a table header hold."""

from __future__ import annotations

import re
from decimal import Decimal

from extract.find.hits import Hit
from extract.find.language import Passage, normal_form
from extract.find.rules import Rules, convert
from extract.model import Quantity
from extract.schema.shapes.base import compiled

_CELL_NUMBER = re.compile(
    r"^[~≈<>≤≥]?\s*(?P<number>\d+(?:\.\d+)?)(?:\s*(?:-|–|"
    r"to)\s*(?P<high>\d+(?:\.\d+)?))?\s*(?P<unit>[a-z%/²]+)?\s*(?:[*†‡§a-e]|\[\w{1,2}\])?$",
    re.IGNORECASE,
)


def find_columns(passage: Passage, row_header: str, column_header: str, rules: Rules) -> list[Hit]:
    """What the column rules read from a table cell whose row or column header they know."""
    hits = []
    text = passage.text.strip()
    lead = len(passage.text) - len(passage.text.lstrip())
    for rule, header in rules.columns:
        heading = next((h for h in (column_header, row_header) if h and header.search(h)), None)
        if heading is None or not text or any(compiled(u).search(passage.headers) for u in rule.unless):
            continue
        if rule.values:
            value = {normal_form(k): v for k, v in rule.values.items()}.get(normal_form(text.rstrip(".*†‡ ")))
            if value is not None:
                hits.append(Hit(rule.field, value, lead, lead + len(text), rule.id, rule.details))
        elif rule.unit:
            match = _CELL_NUMBER.match(text)
            if not match:
                continue
            written = match["unit"] or _unit_in(heading, rule.unit, rules) or rule.unit
            unit, factor = rules.in_unit(rule.field, written if rules.unit(written) else rule.unit)
            number = convert(Decimal(match["number"]), factor)
            high = convert(Decimal(match["high"]), factor) if match["high"] else None
            quantity = Quantity(
                number=None if high is not None else number,
                low=number if high is not None else None,
                high=high,
                unit=unit,
                as_written=text,
            )
            hits.append(Hit(rule.field, text, lead, lead + len(text), rule.id, rule.details, quantity))
        else:
            hits.append(Hit(rule.field, text, lead, lead + len(text), rule.id, rule.details))
    return hits


def _unit_in(heading: str, usual: str, rules: Rules) -> str:
    """The unit that a heading names, if it counts the same thing as the one that the rule names."""
    known = rules.unit(usual)
    for word in re.findall(r"[A-Za-z%]+", heading)[::-1]:
        unit = rules.unit(word)
        if unit is not None and known is not None and unit.base == known.base and word.lower() not in ("m", "a", "in"):
            return str(word)
    return ""
