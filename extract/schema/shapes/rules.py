"""The shapes of rules/*.yaml: lists of terms, patterns, quantities, table columns."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator

from extract.schema.shapes.base import CHECKED, Example, Matches, Part, Pattern, Words, check_range, compiled, key


class Term(Part):
    """A concept and the ways it is written.

    Where there are ``exact`` words, ``needs`` guards those alone, since the words written out are clear without it.
    """

    value: Words = key("What stands in the table.", "adipose tissue")
    words: tuple[Words, ...] = key(
        "How it is written out. Case, number, hyphens and British or American spelling do not matter.",
        "[adipose tissue, lipoaspirate]",
        default=(),
    )
    exact: tuple[Words, ...] = key("Abbreviations, found only as they stand here.", "[ADSC, AD-MSC]", default=())
    needs: tuple[Pattern, ...] = key(
        "One of these patterns must be in the same sentence, or in the headers of the same table cell; in small "
        "letters. Beside `exact` it guards only those.",
        "['\\bcells?\\b']",
        default=(),
    )
    unless: tuple[Pattern, ...] = key(
        "None of these patterns may be in the same sentence; in small letters.", "['adipose layer']", default=()
    )
    codes: dict[str, Words] = key(
        "Codes of the concept in other vocabularies; they go with the find.", '{uberon: "UBERON:0001013"}', default={}
    )
    details: dict[str, Words] = key("What else is known with it; goes with the find.", "{class: steroid}", default={})

    @model_validator(mode="after")
    def _has_words(self) -> Term:
        if not self.words and not self.exact:
            raise ValueError("a term needs 'words' or 'exact'")
        return self


class Rule(Part):
    """What all kinds of rules share."""

    id: str = key(
        "Name of the rule; it stands in values.csv beside each value that the rule found. Small letters, digits, _ . -",
        "tissue",
        pattern=r"^[a-z0-9_.-]+$",
    )
    field: Words = key("What is found: the `mention` of a column, or a signal, of fields.yaml.", "tissue")
    matches: Matches = key("Examples that the rule must find.", '["Cells from [[adipose tissue]] were infused."]')
    rejects: tuple[Example, ...] = key(
        "Examples that it must not find. Only a rule of kind terms may do without.",
        '["The adipose layer was thin."]',
        default=(),
    )
    why: str = key("Why the rule is as it is, for people who read the file.", default="")


class TermsRule(Rule):
    """A list of concepts with their synonyms."""

    kind: Literal["terms"] = key("terms: a list of concepts with the ways they are written.", "terms")
    terms: Annotated[tuple[Term, ...], Field(min_length=1)] = key("The concepts.")


class PatternRule(Rule):
    """A regular expression. Case is ignored, spaces in it stand for any white space."""

    kind: Literal["pattern"] = key("pattern: a regular expression.", "pattern")
    pattern: Pattern = key(
        "The expression. A group (?P<number>...) gives a number, which `unit` or a group (?P<unit>...) makes a "
        "quantity.",
        "'\\bsmoked (?P<number>\\d+) pack[- ]years'",
    )
    case: bool = key("true: capitals count.", "true", default=False)
    value: Words | None = key(
        "What stands in the table; {name} stands for a named group. Without it the words found, or the group `value`.",
        "current",
        default=None,
    )
    unit: str = key("Unit of the number, where the expression has no group `unit`.", "kg", default="")
    details: dict[str, Words] = key(
        "What goes with the find; {name} stands for a named group.", "{basis: total}", default={}
    )
    needs: tuple[Pattern, ...] = key(
        "One of these patterns must be in the same sentence; in small letters.", "['smok', 'tobacco']", default=()
    )
    unless: tuple[Pattern, ...] = key(
        "None of these patterns may be in the same sentence; in small letters.", "['family history']", default=()
    )

    @model_validator(mode="after")
    def _names_its_groups(self, info: ValidationInfo) -> PatternRule:
        groups = compiled(self.pattern).groupindex if info.context != CHECKED else {}
        for template in (self.value or "", *self.details.values()):
            for name in re.findall(r"\{(\w+)\}", template):
                if name not in groups and info.context != CHECKED:
                    known = ", ".join(f"{{{group}}}" for group in groups) or "none"
                    raise ValueError(
                        f"{{{name}}} names a group (?P<{name}>...) that the pattern lacks. It has: {known}"
                    )
        return self


class QuantityRule(Rule):
    """A number with a unit near a trigger word."""

    kind: Literal["quantity"] = key("quantity: a number with a unit near a word.", "quantity")
    trigger: Annotated[tuple[Pattern, ...], Field(min_length=1)] = key(
        "The words, or patterns, near which the number stands.", "[stool, 'donor stool']"
    )
    units: Annotated[tuple[Words, ...], Field(min_length=1)] = key("The units it may have, as written.", "[g, mL]")
    window: int = key("At most so many words between both.", "6", default=6, ge=0)
    order: Literal["before", "after", "either"] = key(
        "Where the trigger stands, seen from the number.", "before", default="before"
    )
    details: dict[str, Words] = key("What goes with the find.", "{basis: total}", default={})
    unless: tuple[Pattern, ...] = key(
        "None of these patterns may be in the same sentence; in small letters.", "['birth weight']", default=()
    )
    minimum: Decimal | None = key("Numbers below it (in the base unit) do not count.", "1", default=None)
    maximum: Decimal | None = key("Numbers above it do not count.", "300", default=None)

    @model_validator(mode="after")
    def _range(self) -> QuantityRule:
        check_range(self.minimum, self.maximum)
        return self


class ColumnRule(Rule):
    """A table header (of a column or row): what the cells under it hold. Examples are written ``header | [[cell]]``."""

    kind: Literal["column"] = key("column: a table header and what its cells hold.", "column")
    header: Pattern = key("A pattern that the header must hold.", "'^smok(ing|er)'")
    unit: str = key("Unit of the numbers, where neither cell nor header names one.", "kg", default="")
    values: dict[str, Words] = key(
        "What the words of a cell mean. Without `values` and `unit` the cell's words are the value.",
        "{F: female, M: male}",
        default={},
    )
    unless: tuple[Pattern, ...] = key(
        "None of these patterns may be in the headers, the title of the group of rows or the caption.",
        "['mother']",
        default=(),
    )
    details: dict[str, Words] = key("What goes with the find.", "{basis: total}", default={})

    @model_validator(mode="after")
    def _examples_have_bars(self) -> ColumnRule:
        for example in (*self.matches, *self.rejects):
            if "|" not in example.text:
                raise ValueError(f"the example {example.text!r} of a column rule is written: header | [[cell]]")
        return self


AnyRule = Annotated[TermsRule | PatternRule | QuantityRule | ColumnRule, Field(discriminator="kind")]


class RulesFile(Part):
    """A file of rules: how one kind of thing is written."""

    rules: Annotated[tuple[AnyRule, ...], Field(min_length=1)] = key("The rules.")
