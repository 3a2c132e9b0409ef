"""The shapes of what stands in schemas/*.yaml: fields, rules, scales, units, sections, cues.

Everything is frozen and refuses keys it does not know; ``extract.schema`` reads the files into these. Each key says
what it means: editors show it while typing, and schemas/REFERENCE.md is made of it.
"""

from __future__ import annotations

from extract.schema.shapes.appraisal import AppraisalFile, Tool
from extract.schema.shapes.base import Example, Part
from extract.schema.shapes.fields import Column, Fields, TableSpec
from extract.schema.shapes.rules import AnyRule, ColumnRule, PatternRule, QuantityRule, Rule, RulesFile, Term, TermsRule
from extract.schema.shapes.scales import (
    Context,
    Cue,
    Scale,
    ScalesFile,
    SectionRule,
    SectionsFile,
    Threshold,
    Unit,
    UnitsFile,
)

__all__ = [
    "AnyRule",
    "AppraisalFile",
    "Column",
    "ColumnRule",
    "Context",
    "Cue",
    "Example",
    "Fields",
    "Model",
    "Part",
    "PatternRule",
    "QuantityRule",
    "Rule",
    "RulesFile",
    "Scale",
    "ScalesFile",
    "Schema",
    "SectionRule",
    "SectionsFile",
    "TableSpec",
    "Term",
    "TermsRule",
    "Threshold",
    "Tool",
    "Unit",
    "UnitsFile",
]


class Model(Part):
    """A spaCy pipeline that proposes diagnoses: what it is called, its version, and what it is loaded by."""

    name: str
    version: str = ""
    load: str


class Schema(Part):
    """All of schemas/ as one checked value. ``hash`` changes with any byte of it, and the ``model`` beside it."""

    folder: str
    hash: str
    model: Model | None = None
    tables: dict[str, TableSpec]
    signals: dict[str, str] = {}
    scales: tuple[Scale, ...]
    units: tuple[Unit, ...]
    sections: tuple[SectionRule, ...]
    context: Context
    rules: tuple[AnyRule, ...]

    def rules_for(self, field: str) -> tuple[AnyRule, ...]:
        """The rules of one field."""
        return tuple(rule for rule in self.rules if rule.field == field)
