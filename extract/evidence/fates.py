"""EVIDENCE: what becomes of a decision, and the value and place that it gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from extract.evidence.decisions import Decision, boxes_of
from extract.model import Provenance, Reported, Scalar, Span, Where
from extract.schema import Column

State = Literal["applied", "superseded", "disputed", "stale", "waiting", "noted", "elsewhere"]


class Fate(NamedTuple):
    """What became of a decision."""

    state: State
    reason: str = ""


class Unfit(Exception):
    """A decision that cannot be applied; the fate says why."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.fate = Fate(state, reason)


def places_of(decision: Decision, now: Reported | None) -> tuple[Provenance, ...]:
    """Where a corrected or added value stands: the words that the decision names, else where the old one stood."""
    if decision.quote and decision.start and decision.end and int(decision.end) > int(decision.start):
        boxes = boxes_of(decision.boxes)
        where: Where = decision.where or "narrative"  # type: ignore[assignment]
        return (
            Provenance(
                document=decision.sha256,
                page=int(decision.page) if decision.page else None,
                boxes=boxes,
                quote_boxes=boxes,
                span=Span(start=int(decision.start), end=int(decision.end)),
                quote=decision.quote,
                rule_id=f"review.{decision.action}",
                where=where,
                basis="reviewed",
                as_written=decision.quote,
            ),
        )
    if now is not None and now.provenance:
        return tuple(place.model_copy(update={"basis": "reviewed"}) for place in now.provenance)
    missing = "the words have not been found in the paper" if decision.quote else "it names no words of the paper"
    raise Unfit("waiting", f"{missing}; mark them with review")


def scalar_of(text: str, column: Column) -> Scalar:
    """The value of a cell as its column holds it."""
    if column.allowed and column.type != "list" and text not in column.allowed:
        raise Unfit("waiting", f"{column.name} cannot be {text!r}; allowed: {', '.join(column.allowed)}")
    if column.type in ("number", "integer"):
        try:
            number = Decimal(text)
        except ArithmeticError:
            number = Decimal("NaN")
        if not number.is_finite() or (column.type == "integer" and number != int(number)):
            raise Unfit("waiting", f"{text!r} is not {'a whole' if column.type == 'integer' else 'a'} number")
        return number
    return text == "true" if column.type == "boolean" else text
