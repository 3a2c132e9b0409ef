"""MODEL: what was found: quantities, mentions with their context, and values with status and places."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from extract.model.basics import Basis, Box, Noun, Operator, Presence, Review, Scalar, Span, Status, When, Where, Who


class Quantity(Noun):
    """A number or a range with its unit, as exact decimals, and how it was printed.

    An inverted range stays as printed (``low`` > ``high``); whoever reads it raises the issue.
    ``repair`` tells what had to be decided to read it: ``106 read as 10^6: ...``.
    """

    number: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    operator: Operator = "="
    unit: str = ""
    as_written: str
    repair: str = ""

    @model_validator(mode="after")
    def _holds_something(self) -> Quantity:
        numbers = [n for n in (self.number, self.low, self.high) if n is not None]
        if not numbers:
            raise ValueError("a quantity needs a number, a low end or a high end")
        if not all(n.is_finite() for n in numbers):
            raise ValueError("a quantity cannot be infinite")
        return self

    @property
    def inverted(self) -> bool:
        """Whether the printed range runs from high to low."""
        return self.low is not None and self.high is not None and self.low > self.high


class Context(Noun):
    """How something is said: whether it is so, of whom, and when; ``cues`` are the words that decided."""

    presence: Presence = "present"
    who: Who = "patient"
    when: When = "current"
    cues: tuple[str, ...] = ()

    @property
    def is_fact(self) -> bool:
        """Whether it is said as a fact about a patient of this paper (present or past)."""
        return self.presence == "present" and self.who == "patient"


class Mention(Noun):
    """A typed, normalised thing that was found at one place of the text.

    ``details`` carries what belongs to the find itself (the measure and phase of a score, the event of an age);
    ``sentence`` is the sentence or cell around it, ``block`` the index of its block, ``cell`` of its cell.
    """

    field: str
    value: Scalar
    span: Span
    text: str
    rule_id: str
    quantity: Quantity | None = None
    details: dict[str, Scalar] = {}
    context: Context = Context()
    sentence: Span
    block: int | None = None
    cell: int | None = None

    def detail(self, name: str) -> Any:
        """A detail, or None when the text does not say it."""
        return self.details.get(name)


class Provenance(Noun):
    """Where a value stands: enough to check it by eye. ``boxes`` frame the words of the value, ``quote_boxes`` the
    lines of the quote around them; both are empty for text and XML."""

    document: str
    page: int | None = None
    boxes: tuple[Box, ...] = ()
    quote_boxes: tuple[Box, ...] = ()
    span: Span
    quote: str = Field(min_length=1)
    rule_id: str = Field(min_length=1)
    where: Where
    basis: Basis = "stated"
    as_written: str = ""


class Reported(Noun):
    """A value with its status and its places. A value never travels without both.

    ``not_reported`` has neither value nor place; ``ambiguous`` has places but no value; all others have both.
    ``review`` and ``reviewer`` say what people decided; ``earlier`` is what the program found where they decided
    otherwise.
    """

    value: Scalar | None = None
    status: Status
    unit: str = ""
    provenance: tuple[Provenance, ...] = ()
    formula: str = ""
    review: Review = "unreviewed"
    reviewer: str = ""
    earlier: Reported | None = None

    @model_validator(mode="after")
    def _complete(self) -> Reported:
        if self.status == "not_reported":
            if self.value is not None or self.provenance:
                raise ValueError("what is not reported has neither value nor place")
            return self
        if not self.provenance:
            raise ValueError(f"a value that is {self.status} needs the place it comes from")
        if self.status == "ambiguous":
            if self.value is not None:
                raise ValueError("an ambiguous field has candidates, not a value")
        elif self.value is None:
            raise ValueError(f"status {self.status} needs a value")
        if self.status == "derived" and not self.formula:
            raise ValueError("a derived value needs its formula")
        return self
