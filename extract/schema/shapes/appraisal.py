"""The shape of appraisal.yaml: tools of critical appraisal and reporting, their items, and what bears on each."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from extract.schema.shapes.base import Part, Words, key

UNCLEAR = "unclear"
"""The judgement that every tool has: what stands for an item as long as nothing is known of it."""

NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,39}$"
NUMBER = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,9}$"


class Bearing(Part):
    """Cells of a table whose words bear on an item."""

    table: Literal[
        "documents", "patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies"
    ] = key("The table.", "outcomes")
    columns: Annotated[tuple[Words, ...], Field(min_length=1)] = key("Its columns.", "[value, value_text]")
    only: dict[str, tuple[Words, ...]] = key(
        "Only rows in which a column has one of these values.", "{phase: [post]}", default={}
    )


class Item(Part):
    """An item of a tool, in our words."""

    id: Annotated[str, Field(pattern=NUMBER)] = key("Its number in the tool; judgements are kept under it.", '"3"')
    number: str = key("What is printed for the id, where two items have the same letter.", "S", default="")
    domain: str = key("The domain of the tool that it belongs to.", "causality", default="")
    name: Words = key("The item in a few words, for the head of a column.", "Harms")
    question: Words = key("What is asked.", '"Are harms, or their absence, told?"')
    evidence: tuple[Bearing, ...] = key(
        "What bears on it. Left out where the program does not look for it: then a reader must.",
        "[{table: adverse_events, columns: [event, present]}]",
        default=(),
    )

    @property
    def label(self) -> str:
        """The item as a table names it: ``3 Harms``."""
        return f"{self.number or self.id} {self.name}"


class Tool(Part):
    """A tool: its source, which papers it is for, how its items are judged."""

    id: Annotated[str, Field(pattern=NAME)] = key("Name of the tool; judgements are kept under it.", "jbi_case_report")
    name: Words = key("The tool as tables name it.", "JBI case report")
    kind: Literal["appraisal", "reporting"] = key(
        "Whether it asks how good a study is, or how fully it is reported.", "reporting", default="appraisal"
    )
    reference: Words = key("Where it was published.", '"Murad 2018, BMJ Evid Based Med 23:60-63"')
    designs: Annotated[tuple[Literal["case_report", "case_series", "trial", "review", "other"], ...],
                       Field(min_length=1)] = key("The kinds of papers that it is for.", "[case_report]")  # fmt: skip
    judgements: Annotated[tuple[Words, ...], Field(min_length=2)] = key(
        "What a reviewer may choose for an item; `unclear` must be among them.",
        '["yes", "no", unclear, not applicable]',
    )
    items: Annotated[tuple[Item, ...], Field(min_length=1)] = key("The items in their order.")

    @model_validator(mode="after")
    def _can_be_judged(self) -> Tool:
        if UNCLEAR not in self.judgements:
            raise ValueError(f"judgements lack '{UNCLEAR}': add it")
        twice = [word for word, times in Counter(map(str.casefold, self.judgements)).items() if times > 1]
        if twice:
            raise ValueError(f"judgements hold '{twice[0]}' twice: remove one")
        ids = [item for item, times in Counter(item.id.casefold() for item in self.items).items() if times > 1]
        if ids:
            raise ValueError(f"items hold the id '{ids[0]}' twice: number them apart")
        return self

    def item(self, id: str) -> Item | None:
        """An item by its id."""
        return next((item for item in self.items if item.id == id), None)


class AppraisalFile(Part):
    """appraisal.yaml: tools of critical appraisal and of reporting."""

    tools: Annotated[tuple[Tool, ...], Field(min_length=1)] = key("The tools.")
