"""SCORE: what a gold file holds, and what each of its entries must be."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from extract.score.ownfields import OwnField

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Years = Annotated[float, Field(ge=0, le=130)]
Count = Annotated[int, Field(ge=1)]
Word = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[Word, ...], Field(min_length=1)]
Rater = Literal["patient", "physician", "parent", "assessor"]
Place = Literal["narrative", "table", "figure", "caption", "abstract", "discussion", "both"]

CHECKED_WORDS = ("route", "tissue", "cell_type")
"""Keys of an administration whose words must be words that the rules know."""
OWN = "own"
"""Under this key what is known of a schema holds its own columns."""


def allowed(found: str, choices: Collection[str]) -> str:
    """What may stand in the place of a wrong word, the nearest right one first."""
    near = difflib.get_close_matches(found, choices, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"{hint} Allowed: {', '.join(sorted(choices) if isinstance(choices, set | frozenset) else choices)}"


class Item(BaseModel):
    """Base of
    everything in a gold file: frozen, no unknown keys, no number written as text.

       ``own`` holds what is said of columns that only the project's fields.yaml has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    scored: bool = True
    optional: bool = False
    unscored: tuple[Word, ...] = ()
    note: str | None = None
    own: Annotated[dict[str, tuple[str, ...]], Field(exclude=True)] = {}

    @field_validator("unscored")
    @classmethod
    def _can_be_unscored(cls, keys: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        choices = sorted([*unscorable(cls), *(field.name for field in own_of(cls, info.context))])
        for key in keys:
            if key not in choices:
                text = f"'{key}' cannot be unscored here." + allowed(key, choices)
                raise PydanticCustomError("word", "{text}", {"text": text})
        return keys

    def asked(self, *keys: str) -> bool:
        """Whether the item, and each of ``keys`` of it, is asked for."""
        return self.scored and not self.optional and not any(key in self.unscored for key in keys)


def own_of(kind: type[Item], context: Any) -> list[OwnField]:
    """The own columns of the table that a kind of item is about."""
    table = next((name for name, part in PARTS.items() if part is kind), "")
    return [field for field in (context or {}).get(OWN, ()) if field.table == table]


class GoldAge(Item):
    """The age at an event; ``report``: the age given at presentation when nothing closer is said."""

    event: Literal["onset", "diagnosis", "treatment", "last_follow_up", "report"]
    years: Years


class GoldDiagnosis(Item):
    """A disease by every name that is accepted."""

    any_of: Words
    role: Literal["index", "comorbidity", "superseded"] = "index"


class GoldAdministration(Item):
    """Cells given: one entry per course, route, product and dose; figures only as the paper states them."""

    course: int | None = None
    route: Word | None = None
    count: Count | None = None
    count_low: Count | None = None
    count_high: Count | None = None
    count_alt: Count | tuple[Count, ...] | None = None
    cell_type: Word | None = None
    tissue: Word | None = None
    donor: Literal["autologous", "allogeneic"] | None = None
    product: Word | None = None
    site: Word | None = None
    dose_cells: Positive | None = None
    dose_low: Positive | None = None
    dose_high: Positive | None = None
    cells_per_kg: Positive | None = None
    cells_per_kg_low: Positive | None = None
    cells_per_kg_high: Positive | None = None
    volume_ml: Positive | None = None
    basis: Literal["per_administration", "total", "unclear"] | None = None
    where: Place | None = None

    @field_validator(*CHECKED_WORDS)
    @classmethod
    def _is_known(cls, word: str | None, info: ValidationInfo) -> str | None:
        known = (info.context or {}).get(info.field_name)
        if word and known and word not in known:
            text = f"'{word}' is not a word that the rules know for '{info.field_name}'." + allowed(word, known)
            raise PydanticCustomError("word", "{text}", {"text": text})
        return word


class GoldOutcome(Item):
    """A number, grade or stage of a named measure before or after the cells."""

    measure: Word
    measure_any_of: tuple[Word, ...] = ()
    rater: Rater | None = None
    phase: Literal["pre", "post", "unspecified"]
    value: Number | None = None
    value_low: Number | None = None
    value_high: Number | None = None
    scale_max: Number | None = None
    timepoint_months: Number | None = None
    where: Place | None = None


class GoldEvent(Item):
    """An adverse event by every name that is accepted."""

    any_of: Words
    present: bool


class GoldPatient(Item):
    """A person, or a group where the paper reports no individuals."""

    patient: Word
    label: str | None = None
    kind: Literal["individual", "group"] = "individual"
    n: Count | None = None
    sex: Literal["female", "male"] | None = None
    ages: tuple[GoldAge, ...] = ()
    weight_kg: Positive | None = None
    diagnoses: tuple[GoldDiagnosis, ...] = ()
    administrations: tuple[GoldAdministration, ...] = ()
    outcomes: tuple[GoldOutcome, ...] = ()
    adverse_events: tuple[GoldEvent, ...] = ()
    no_adverse_events_stated: bool | None = None
    prior_therapies: tuple[Word, ...] = ()
    prior_therapies_unscored: tuple[Word, ...] = ()
    follow_up_months: Annotated[float, Field(ge=0)] | None = None


class GoldConflict(Item):
    """Statements of the paper that cannot all hold; without ``patient`` it is about the whole paper."""

    patient: Word | None = None
    field: Word
    values: Annotated[tuple[str | Number, ...], Field(min_length=1)]
    kind: Word | None = None


class GoldPaper(Item):
    """One file: what one document says."""

    document: Word
    title: str | None = None
    licence: str | None = None
    design: Literal["case_report", "case_series", "trial", "review", "other"] | None = None
    patients_stated: Annotated[int, Field(ge=0)] | None = None
    patients: tuple[GoldPatient, ...]
    conflicts: tuple[GoldConflict, ...] = ()
    traps: tuple[str, ...] = ()


PARTS: dict[str, type[Item]] = {
    "patients": GoldPatient,
    "ages": GoldAge,
    "diagnoses": GoldDiagnosis,
    "administrations": GoldAdministration,
    "outcomes": GoldOutcome,
    "adverse_events": GoldEvent,
    "conflicts": GoldConflict,
}
"""The class of the items under each key that holds a list of items."""


def unscorable(kind: type[Item]) -> list[str]:
    """The keys that ``unscored`` may name: the item's own, a patient's also those of its items; ``dose`` for any."""
    kinds: list[type[Item]] = [kind, *PARTS.values()] if kind is GoldPatient else [kind]
    keys = {key for each in kinds for key in each.model_fields} - set(Item.model_fields)
    if kind in (GoldPatient, GoldAdministration):
        keys.add("dose")
    return sorted(keys)
