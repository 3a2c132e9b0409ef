"""Gold: what a careful reader set down of a paper, read from JSON files and checked strictly.

One file per document. The keys are those of the classes below; what the paper does not say is left out or null. An
item with ``"scored": false`` is neither asked for nor counted against; ``"unscored": ["count"]`` says so of single
keys of an item (on a patient: of all its items); ``"optional": true`` means the same as ``"scored": false``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from extract.schema import Schema, TermsRule
from extract.score.ownfields import OwnField, gold_values, own_fields

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


class GoldError(Exception):
    """Gold files that cannot be used; ``errors`` holds every fault, one sentence each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class Item(BaseModel):
    """Base of everything in a gold file: frozen, no unknown keys, no number written as text.

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
        choices = sorted([*unscorable(cls), *(field.name for field in _own_of(cls, info.context))])
        for key in keys:
            if key not in choices:
                text = f"'{key}' cannot be unscored here." + _allowed(key, choices)
                raise PydanticCustomError("word", "{text}", {"text": text})
        return keys

    def asked(self, *keys: str) -> bool:
        """Whether the item, and each of ``keys`` of it, is asked for."""
        return self.scored and not self.optional and not any(key in self.unscored for key in keys)


def _own_of(kind: type[Item], context: Any) -> list[OwnField]:
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
            text = f"'{word}' is not a word that the rules know for '{info.field_name}'." + _allowed(word, known)
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


Known = Mapping[str, Collection[Any]]
"""What is known of a schema: the words of the keys in ``CHECKED_WORDS``, and its own columns."""


def load_gold(folder: Path, words: Known | None = None) -> list[GoldPaper]:
    """The gold papers of a folder (its ``*.json``), in the order of their file names.

    ``words`` is what the schema knows (``known_words``). Raises ``GoldError`` with
    every fault of every file: file, line, place, what was found, what is allowed, the nearest right word.
    """
    if not folder.is_dir():
        raise GoldError([f"{folder}: there is no such folder."])
    files = sorted(path for path in folder.glob("*.json") if path.is_file())
    if not files:
        raise GoldError([f"{folder}: no .json file here. Name the folder that holds the gold files."])
    errors: list[str] = []
    papers: list[GoldPaper] = []
    first: dict[str, Path] = {}
    for path in files:
        paper, faults = _load(path, words or {})
        errors += faults
        if paper is None:
            continue
        papers.append(paper)
        if paper.document in first:
            errors.append(f"{path}: document '{paper.document}' stands already in {first[paper.document]}.")
        first.setdefault(paper.document, path)
    if errors:
        raise GoldError(errors)
    return papers


def known_words(schema: Schema) -> Known:
    """The canonical words that the rules can give for the keys in ``CHECKED_WORDS``, and the schema's own columns."""
    known: dict[str, set[str]] = {key: set() for key in CHECKED_WORDS}
    for rule in schema.rules:
        if isinstance(rule, TermsRule):
            for term in rule.terms:
                for key, word in ((rule.field, term.value), *term.details.items()):
                    if key in known:
                        known[key].add(word)
    return {**known, OWN: own_fields(schema)}


def patient_key(name: str | None) -> str:
    """A patient's number or letter without its title: "Case 3", "patient #3", "P3" and "3" are one; '' is "1"."""
    return re.sub(r"^(patient|subject|case|pt|p)\s*[-#.]?\s*", "", (name or "").strip().lower()) or "1"


# --- checking one file


Steps = tuple[str | int, ...]


def _load(path: Path, words: Known) -> tuple[GoldPaper | None, list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return None, [f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8 text'})."]
    repeated: list[str] = []
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, repeated))
    except json.JSONDecodeError as error:
        return None, [f"{path}:{error.lineno}: not valid JSON: {error.msg}, column {error.colno}."]
    except RecursionError:
        return None, [f"{path}: not a gold file: it is nested too deeply."]
    faults: list[tuple[Steps, str]] = [((), f"key '{key}' stands twice in one item") for key in repeated]
    faults += _named_twice(data)
    faults += _own_apart(data, GoldPaper, (), words)
    paper = None
    try:
        paper = GoldPaper.model_validate_json(json.dumps(data), context=words)
    except ValidationError as error:
        places: dict[Steps, Any] = {}
        for fault in error.errors():
            places.setdefault(_steps(fault), fault)  # each arm of a union has its say: the first will do
        faults += [
            (steps, _say(fault, words))
            for steps, fault in places.items()
            if fault["type"] != "too_short" or not any(other[: len(steps)] == steps != other for other in places)
        ]
    if not faults:
        return paper, []
    lines = _lines(text)
    faults.sort(key=lambda fault: _line(fault[0], lines))
    return None, [_place(path, steps, lines) + message + "." for steps, message in faults]


def _object(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated += sorted({key for key in keys if keys.count(key) > 1})
    return dict(pairs)


def _own_apart(data: Any, kind: type[Item], steps: Steps, words: Known) -> list[tuple[Steps, str]]:
    """Put what an item says of own columns under ``own``; returns what is wrong with it."""
    faults: list[tuple[Steps, str]] = []
    if not isinstance(data, dict):
        return faults
    if "own" in data:
        faults.append(((*steps, "own"), f"unknown key 'own'.{_allowed('own', _keys(kind, words))}"))
        del data["own"]
    own: dict[str, tuple[str, ...]] = {}
    for field in _own_of(kind, words):
        if field.name in data:
            try:
                own[field.name] = gold_values(field, data.pop(field.name))
            except ValueError as error:
                faults.append(((*steps, field.name), str(error)))
    if own:
        data["own"] = own
    for key, part in PARTS.items():
        items = data.get(key)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            faults += _own_apart(item, part, (*steps, key, number), words)
    return faults


def _keys(kind: type[Item], words: Known) -> list[str]:
    return [name for name in kind.model_fields if name != "own"] + [field.name for field in _own_of(kind, words)]


def _named_twice(data: Any) -> list[tuple[Steps, str]]:
    """The patients of a file whose number or letter stands there before."""
    patients = data.get("patients") if isinstance(data, dict) else None
    faults: list[tuple[Steps, str]] = []
    seen: set[str] = set()
    for number, patient in enumerate(patients if isinstance(patients, list) else []):
        name = patient.get("patient") if isinstance(patient, dict) else None
        if not isinstance(name, str):
            continue
        if patient_key(name) in seen:
            faults.append((("patients", number, "patient"), f"patient '{name}' stands twice in this document"))
        seen.add(patient_key(name))
    return faults


def unscorable(kind: type[Item]) -> list[str]:
    """The keys that ``unscored`` may name: the item's own, a patient's also those of its items; ``dose`` for any."""
    kinds: list[type[Item]] = [kind, *PARTS.values()] if kind is GoldPatient else [kind]
    keys = {key for each in kinds for key in each.model_fields} - set(Item.model_fields)
    if kind in (GoldPatient, GoldAdministration):
        keys.add("dose")
    return sorted(keys)


def _steps(fault: Any) -> Steps:
    """The place of a fault, without what pydantic adds for the arms of a union."""
    steps: list[str | int] = []
    for step in fault["loc"]:
        if isinstance(step, str) and steps and not isinstance(steps[-1], int) and fault["type"] != "extra_forbidden":
            break
        steps.append(step)
        if len(steps) > 1 and isinstance(step, int) and steps[-2] not in PARTS:
            break
    return tuple(steps)


def _say(fault: Any, words: Known) -> str:
    """A fault in words: what was found, what is allowed, the nearest right word."""
    steps = _steps(fault)
    kind, found = fault["type"], fault.get("input")
    key = steps[-1] if steps else "the file"
    if kind == "extra_forbidden":
        owner = next((PARTS[step] for step in reversed(steps[:-1]) if step in PARTS), GoldPaper)
        return f"unknown key '{key}'." + _allowed(str(key), _keys(owner, words))
    if kind == "missing":
        return f"key '{key}' is missing"
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", str(fault["ctx"]["expected"]))
        return f"'{found}' is not allowed for '{key}'." + _allowed(str(found), choices)
    if kind == "word":
        return str(fault["msg"])
    if kind == "too_short":
        return f"'{key}' is empty"
    shown = "an object" if isinstance(found, dict) else "a list" if isinstance(found, list) else json.dumps(found)
    message = str(fault["msg"]).removeprefix("Input ")
    return f"'{key}' {message}, found {shown}"


def _allowed(found: str, choices: Collection[str]) -> str:
    near = difflib.get_close_matches(found, choices, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"{hint} Allowed: {', '.join(sorted(choices) if isinstance(choices, set | frozenset) else choices)}"


def _line(steps: Steps, lines: Mapping[Steps, int]) -> int:
    """The line of a place, or of the nearest thing around it; 0 when no line is known."""
    while steps and steps not in lines:
        steps = steps[:-1]
    return lines.get(steps, 0)


def _place(path: Path, steps: Steps, lines: Mapping[Steps, int]) -> str:
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    line = _line(steps, lines)
    return f"{path}{f':{line}' if line else ''}: {dotted}{': ' if dotted else ''}"


def _lines(text: str) -> dict[Steps, int]:
    """The line of every item; empty where the text, though JSON, is not YAML too."""
    lines: dict[Steps, int] = {}

    def walk(node: yaml.Node, steps: Steps) -> None:
        lines.setdefault(steps, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                lines[(*steps, key.value)] = key.start_mark.line + 1
                walk(value, (*steps, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                walk(value, (*steps, index))

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    if node is not None:
        walk(node, ())
    return lines
