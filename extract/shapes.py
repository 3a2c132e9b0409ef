"""The shapes of what stands in schemas/*.yaml: fields, rules, scales, units, sections, cues.

Everything is frozen and refuses keys it does not know; ``extract.schema`` reads the files into these.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extract.model import Rater, Section


class Part(BaseModel):
    """Base of everything read from YAML: frozen, and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(Part):
    """A sentence that a rule must (or must not) find something in.

    In ``text`` the words to be found stand in [[double brackets]]; without brackets any find will do.
    ``value`` is what they must come to; ``context`` is the kind of passage.
    """

    text: str
    value: str | None = None
    why: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        return {"text": data} if isinstance(data, str) else data


class Term(Part):
    """A concept and the ways it is written.

    ``words`` are matched whatever their case, number or spelling (British, American); ``exact`` as they stand.
    ``needs``: one of these must stand in the same sentence (or in the headers of the same cell); ``unless``: none of
    these may. Both are regular expressions over lower-case text. Where there are ``exact`` words, ``needs`` guards
    those alone, since the words written out are clear without it.
    """

    value: str
    words: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    codes: dict[str, str] = {}
    details: dict[str, str] = {}

    @model_validator(mode="after")
    def _has_words(self) -> Term:
        if not self.words and not self.exact:
            raise ValueError("a term needs 'words' or 'exact'")
        return self


class Rule(Part):
    """What all kinds of rules share. ``why`` explains an odd one."""

    id: str = Field(pattern=r"^[a-z0-9_.-]+$")
    field: str
    matches: Annotated[tuple[Example, ...], Field(min_length=1)]
    rejects: tuple[Example, ...] = ()
    why: str = ""


class TermsRule(Rule):
    """A list of concepts with their synonyms."""

    kind: Literal["terms"]
    terms: Annotated[tuple[Term, ...], Field(min_length=1)]


class PatternRule(Rule):
    """A regular expression (case ignored, spaces in it stand for any white space).

    ``value`` is a literal or holds ``{name}`` of a named group; a group called ``number`` gives the number,
    with ``unit`` it becomes a quantity. ``details`` go with the find, they may hold ``{name}`` too.
    """

    kind: Literal["pattern"]
    pattern: str
    case: bool = False
    value: str | None = None
    unit: str = ""
    details: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _compiles(self) -> PatternRule:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"the pattern does not compile: {error}") from None
        return self


class QuantityRule(Rule):
    """A number with a unit near a trigger word: ``trigger`` within ``window`` words of the number."""

    kind: Literal["quantity"]
    trigger: Annotated[tuple[str, ...], Field(min_length=1)]
    units: Annotated[tuple[str, ...], Field(min_length=1)]
    window: int = 6
    order: Literal["before", "after", "either"] = "before"
    details: dict[str, str] = {}
    unless: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class ColumnRule(Rule):
    """A table header (column or row): what the cells under it hold.

    ``header`` is a regular expression over the header's words. Cells are read as the field's own values:
    terms, numbers, doses. ``unit`` is used where neither cell nor header names one; ``values`` says what the words of
    a cell mean (``F: female``). Without either, the cell's words are the value. ``unless``: none of these may stand in
    the cell's headers, the title of its group or the table's caption.
    """

    kind: Literal["column"]
    header: str
    unit: str = ""
    values: dict[str, str] = {}
    unless: tuple[str, ...] = ()
    details: dict[str, str] = {}


AnyRule = Annotated[TermsRule | PatternRule | QuantityRule | ColumnRule, Field(discriminator="kind")]


class Limit(NamedTuple):
    """What a threshold asks of numbers: of the value itself (``sign`` is a comparison) or of its change (``sign`` is
    ``-``, ``+``, or ``±`` where only the size is published). Two ``figures`` where two were published; ``of``: the
    points of the scale that they are meant for, where that is not the scale's own range."""

    sign: str
    figures: tuple[Decimal, ...]
    of: Decimal | None


_FIGURE = r"\d+(?:\.\d+)?"
_LIMIT = re.compile(
    rf"(?:(?P<state><=|>=|<|>)\s*(?P<limit>{_FIGURE})(?: or (?P<limit2>{_FIGURE}))?"
    rf"|(?P<sign>[-+])?(?P<change>{_FIGURE})(?: to (?P<sign2>[-+])?(?P<change2>{_FIGURE}))?)"
    rf"(?: of (?P<of>{_FIGURE}))?"
)


class Threshold(Part):
    """A published limit of a scale, where it was published, and for which diseases (all where none is named).

    ``value``: ``< 150``, ``<= 0.5``, ``>= 5 of 10`` (a state); ``-1.2``, ``-18 of 100``, ``+2.64`` (a change of at
    least that), ``3 to 5`` (a change for the better); two figures (``-3 to -5``, ``>= 3 or 4``) where two are
    published.
    """

    meaning: str
    value: str
    source: str
    diagnoses: tuple[str, ...] = ()

    @property
    def limit(self) -> Limit:
        """The value, taken apart."""
        match = _LIMIT.fullmatch(self.value.strip())
        if match is None:
            raise ValueError(
                f"'{self.value}' is not a threshold; write for example '< 150', '>= 5 of 10', '-1.2' or '3 to 5'"
            )
        part = match.groupdict()
        figures = (part["limit"], part["limit2"], part["change"], part["change2"])
        return Limit(
            part["state"] or part["sign"] or "±",
            tuple(Decimal(figure) for figure in figures if figure),
            Decimal(part["of"]) if part["of"] else None,
        )

    @model_validator(mode="after")
    def _can_be_applied(self) -> Threshold:
        _ = self.limit
        return self


class Scale(Part):
    """An outcome measure: names, range, direction, rater, published thresholds."""

    id: str
    name: str
    long_name: str = ""
    words: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    kind: Literal["score", "stage", "laboratory", "measurement"] = "score"
    domain: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    step: Decimal | None = None
    letters: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    better: Literal["lower", "higher"] | None = None
    rater: Rater | None = None
    thresholds: tuple[Threshold, ...] = ()
    matches: Annotated[tuple[Example, ...], Field(min_length=1)]
    rejects: tuple[Example, ...] = ()
    why: str = ""

    @model_validator(mode="after")
    def _range(self) -> Scale:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum} is not below maximum {self.maximum}")
        if not self.words and not self.exact:
            raise ValueError("a scale needs 'words' or 'exact'")
        return self


class Unit(Part):
    """A unit, how it is written, and how many of ``base`` it makes."""

    unit: str
    quantity: str
    words: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    base: str = ""
    factor: Decimal = Decimal(1)


class SectionRule(Part):
    """Titles that open a section."""

    section: Section
    titles: tuple[str, ...]


class Cue(Part):
    """Words that change how something near them is meant.

    ``sets`` names an axis and its value (``presence: negated``); ``scope`` says which way it reaches: ``forward``,
    ``backward``, ``both`` within the sentence part, ``sentence`` for the whole of it, ``block`` for the paragraph
    from the cue on. ``fields`` limits it to some fields, ``sections`` to some sections; ``reach`` is in words. Case is
    ignored unless ``case`` is true. ``stops`` end the scope of this cue instead of those of the whole file.
    """

    id: str
    sets: dict[str, str]
    words: tuple[str, ...] = ()
    pattern: str = ""
    scope: Literal["forward", "backward", "both", "sentence", "block"] = "forward"
    reach: int = 12
    case: bool = False
    stops: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    unless: tuple[str, ...] = ()
    matches: Annotated[tuple[Example, ...], Field(min_length=1)]
    rejects: tuple[Example, ...] = ()
    why: str = ""


class Context(Part):
    """context.yaml: the cues, and the words that end a scope."""

    stops: tuple[str, ...]
    cues: tuple[Cue, ...]


class Column(Part):
    """One column of an output table.

    ``mention`` names the kind of find that fills it (a field declared here with rules of that name needs no Python);
    ``evidence`` puts it into evidence.csv under that title.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["text", "number", "integer", "boolean", "list", "date"] = "text"
    unit: str = ""
    allowed: tuple[str, ...] = ()
    meaning: str
    mention: str = ""
    evidence: str = ""


class TableSpec(Part):
    """One output file: its meaning and its columns in order. ``record`` says that its rows are about a patient."""

    meaning: str
    record: bool = False
    columns: tuple[Column, ...]

    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """A column by name."""
        return next(column for column in self.columns if column.name == name)


class Fields(Part):
    """fields.yaml: the output tables, and ``signals``: finds that no column shows but that linking needs."""

    tables: dict[str, TableSpec]
    signals: dict[str, str] = {}


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
