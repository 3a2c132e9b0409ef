"""MODEL: the words that values may take, and the base of all nouns: frozen, checked, exact numbers, places."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

Status = Literal["reported", "derived", "ambiguous", "conflict", "not_reported"]
Basis = Literal["stated", "derived", "reviewed"]
Where = Literal["narrative", "table", "figure", "caption", "abstract", "discussion"]
Section = Literal[
    "abstract",
    "introduction",
    "methods",
    "results",
    "case",
    "discussion",
    "conclusion",
    "references",
    "other",
]
BlockKind = Literal[
    "heading",
    "paragraph",
    "list",
    "caption",
    "table",
    "footnote",
    "running",
    "reference",
]
Design = Literal["case_report", "case_series", "trial", "review", "other"]
Rater = Literal["patient", "physician", "parent", "assessor"]
Phase = Literal["pre", "post", "unspecified"]
ConflictKind = Literal[
    "narrative_vs_table",
    "narrative_vs_abstract",
    "narrative_vs_discussion",
    "within_narrative",
    "within_table",
    "implausible_range",
    "out_of_scale",
    "arithmetic",
    "timeline",
    "count",
]
Severity = Literal["major", "minor", "info"]
Review = Literal["unreviewed", "accepted", "corrected", "rejected"]
Presence = Literal["present", "negated", "uncertain", "planned"]
Who = Literal[
    "patient",
    "family",
    "donor",
    "other_patient",
    "literature",
    "control",
    "animal",
    "in_vitro",
]
When = Literal["current", "historical", "future"]
Operator = Literal["=", "<", "<=", ">", ">="]


def plain(number: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros: ``1E+8`` as ``100000000``."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _number_in(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"number"}:
        return Decimal(value["number"])
    return value


def _number_out(value: Any) -> Any:
    return {"number": str(value)} if isinstance(value, Decimal) else value


Scalar = Annotated[
    str | bool | Decimal,
    BeforeValidator(_number_in),
    PlainSerializer(_number_out, when_used="json"),
]
"""One value: words, yes or no, or an exact number (``{"number": "1.5"}`` in JSON)."""


class Noun(BaseModel):
    """Base of all nouns: frozen, no unknown attributes, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Span(Noun):
    """Half-open range of characters in ``Document.text``: 0 <= start < end."""

    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end <= self.start:
            raise ValueError(f"span end {self.end} is not after its start {self.start}")
        return self

    def holds(self, other: Span) -> bool:
        """Whether the other span lies wholly within this one."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share a character."""
        return self.start < other.end and other.start < self.end


class Box(Noun):
    """Rectangle on a page in points, origin top left, as pdfplumber gives it; page counts from 1."""

    page: int = Field(ge=1)
    x0: float
    top: float
    x1: float
    bottom: float

    @model_validator(mode="after")
    def _ordered(self) -> Box:
        if self.x1 < self.x0 or self.bottom < self.top:
            raise ValueError(f"box ({self.x0}, {self.top}, {self.x1}, {self.bottom}) is inside out")
        return self
