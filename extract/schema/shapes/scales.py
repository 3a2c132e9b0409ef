"""The shapes of scales.yaml, units.yaml, sections.yaml and context.yaml."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, Field, model_validator

from extract.model import Presence, Rater, Section, When, Who
from extract.schema.shapes.base import Example, Marked, Matches, Part, Pattern, Words, check_range, key, nearest


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
    rf"|(?P<sign>[-+])?(?P<change>{_FIGURE})(?: to [-+]?(?P<change2>{_FIGURE}))?)"
    rf"(?: of (?P<of>{_FIGURE}))?"
)


class Threshold(Part):
    """A published limit of a scale, where it was published, and for which diseases."""

    meaning: Words = key("What the limit means.", "active disease")
    value: Words = key(
        "The limit: a state (`< 150`, `>= 5 of 10`), a change of at least that (`-1.2`, `-18 of 100`, `+2.64`; without "
        "a sign, `3 to 5`, for the better); two figures (`-3 to -5`, `>= 3 or 4`) where two are published.",
        '">= 6"',
    )
    source: Words = key("Where it was published. One that cannot be confirmed is left out.", '"Yee 2011, PMC3077910"')
    diagnoses: tuple[Words, ...] = key(
        "For which diseases it was published: it is applied to patients with one of these as index diagnosis only.",
        "[rheumatoid arthritis]",
        default=(),
    )

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

    id: Words = key("Name of the entry; after `scale:` it stands in values.csv as the rule.", "hhs")
    name: Words = key("What stands in the column measure of outcomes.csv.", "HHS")
    long_name: str = key("The name in full.", "Harris hip score", default="")
    words: tuple[Words, ...] = key(
        "How it is written. Case, number, hyphens and spelling do not matter.", "[Harris hip score]", default=()
    )
    exact: tuple[Words, ...] = key("Abbreviations, found only as they stand here.", "[HHS]", default=())
    needs: tuple[Pattern, ...] = key(
        "One of these patterns must be in the same sentence for the exact words to count.",
        "['\\bhips?\\b']",
        default=(),
    )
    unless: tuple[Pattern, ...] = key(
        "None of these patterns may be in the same sentence.", "['human herpes']", default=()
    )
    kind: Literal["score", "stage", "laboratory", "measurement"] = key(
        "What kind of measure it is.", "stage", default="score"
    )
    domain: str = key("What it measures, for people who read the file.", "pain", default="")
    minimum: Decimal | None = key("Lowest possible value.", "0", default=None)
    maximum: Decimal | None = key("Highest possible value; what lies outside becomes an issue.", "100", default=None)
    step: Decimal | None = key("Values are multiples of it.", "1", default=None)
    letters: tuple[Words, ...] = key("Values that are letters.", "[A, B, C, D, E]", default=())
    units: tuple[Words, ...] = key(
        "Units in which it is given, each of them in units.yaml.", "[mg/L, mg/dL]", default=()
    )
    better: Literal["lower", "higher"] | None = key("Which direction is improvement.", "lower", default=None)
    rater: Rater | None = key("Who rates, only where the words of the scale say it.", "patient", default=None)
    thresholds: tuple[Threshold, ...] = key("Published limits.", default=())
    matches: Matches = key("Examples in which it must be found.", '["[[HHS]] rose from 40 to 88."]')
    rejects: tuple[Example, ...] = key(
        "Examples in which it must not be found.", '["HHS issued a guideline."]', default=()
    )
    why: str = key("Why the entry is as it is.", default="")

    @model_validator(mode="after")
    def _range(self) -> Scale:
        check_range(self.minimum, self.maximum)
        if not self.words and not self.exact:
            raise ValueError("a scale needs 'words' or 'exact'")
        return self


class ScalesFile(Part):
    """scales.yaml: the outcome measures."""

    scales: tuple[Scale, ...] = key("The measures.")


def _not_zero(factor: Decimal) -> Decimal:
    if not factor.is_finite() or factor <= 0:
        raise ValueError(f"a factor of {factor} turns every number into nothing. It must be above 0")
    return factor


class Unit(Part):
    """A unit, how it is written, and how many of ``base`` it makes."""

    unit: Words = key("Name of the unit.", "week")
    quantity: Words = key("What it measures, for people who read the file.", "time")
    words: tuple[Words, ...] = key("How it is written out, in the singular.", "[week, wk]", default=())
    exact: tuple[Words, ...] = key("Short forms.", "[w]", default=())
    base: str = key("The unit it is converted to; without it the unit itself.", "months", default="")
    factor: Annotated[Decimal, AfterValidator(_not_zero)] = key(
        "How many of the base unit it makes.", "0.23", default=Decimal(1)
    )


class UnitsFile(Part):
    """units.yaml: the units, how they are written, and what they are converted to."""

    units: tuple[Unit, ...] = key("The units.")


class SectionRule(Part):
    """Titles that open a section."""

    section: Section = key("The section that the titles open.", "methods")
    titles: tuple[Words, ...] = key(
        "The titles in small letters; # stands for the number of a case, * for any words.", "[methods, 'case #']"
    )


class SectionsFile(Part):
    """sections.yaml: the titles that authors give to the parts of a paper."""

    sections: tuple[SectionRule, ...] = key("Sections with their titles; the first title that fits decides.")


AXES: dict[str, tuple[str, ...]] = {
    "presence": get_args(Presence),
    "who": get_args(Who),
    "when": get_args(When),
}
"""What a cue may say of a find."""


def _sets_what_there_is(sets: dict[str, str]) -> dict[str, str]:
    for axis, value in sets.items():
        if axis in AXES and value not in AXES[axis]:
            raise ValueError(f"'{value}' is not allowed for '{axis}'.{nearest(value, AXES[axis])}")
        if axis not in AXES and (near := difflib.get_close_matches(axis.lower(), AXES, n=1)):
            raise ValueError(f"'{axis}' would only be a detail of the find. Did you mean '{near[0]}'?")
    return sets


class Cue(Part):
    """Words that change how something near them is meant."""

    id: Words = key("Name of the cue; `try` and `explain` show it beside what it governs.", "no")
    sets: Annotated[dict[str, Words], Field(min_length=1), AfterValidator(_sets_what_there_is)] = key(
        "What it says: presence (negated, planned, uncertain), who (family, donor, other_patient, literature, control, "
        "animal, in_vitro, patient), when (historical, future). Anything else becomes a detail of the find.",
        "{presence: negated}",
        json_schema_extra={"properties": {axis: {"enum": list(values)} for axis, values in AXES.items()}},
    )
    words: tuple[Words, ...] = key("The words.", "[no, without]", default=())
    pattern: Pattern = key(
        "Or a pattern; a space stands for any white space.", "'\\bno (?:sign|evidence) of\\b'", default=""
    )
    scope: Literal["forward", "backward", "both", "sentence", "block"] = key(
        "Which way it reaches: forward or backward to the next stop, both, the sentence, or the block: the rest of the "
        "paragraph.",
        "backward",
        default="forward",
    )
    reach: int = key("How many words it reaches at most.", "6", default=12, ge=0)
    case: bool = key("true: capitals count.", "true", default=False)
    stops: tuple[Words, ...] = key("Words that end its reach, instead of those of the whole file.", "[but]", default=())
    fields: tuple[Words, ...] = key("Only these kinds of finds; all when left out.", "[adverse_event]", default=())
    sections: tuple[Section, ...] = key("Only in these sections; in all when left out.", "[discussion]", default=())
    unless: tuple[Pattern, ...] = key(
        "None of these patterns may be in the same sentence.", "['no longer']", default=()
    )
    matches: Matches = key("Examples: it must govern the words in brackets.", '["No [[fever]] was seen."]')
    rejects: tuple[Marked, ...] = key(
        "Examples: it must leave the words in brackets alone.", '["No fever, but [[rash]] was seen."]', default=()
    )
    why: str = key("Why the cue is as it is.", default="")

    @model_validator(mode="after")
    def _has_words(self) -> Cue:
        if not self.words and not self.pattern:
            raise ValueError("a cue needs 'words' or a 'pattern'")
        return self


class Context(Part):
    """context.yaml: the cues, and the words that end a scope."""

    stops: tuple[Words, ...] = key("Words at which the reach of a cue ends.", "[but, however]")
    cues: tuple[Cue, ...] = key("The cues.")
