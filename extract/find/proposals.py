"""Diseases that a spaCy or scispaCy model proposes, where the user has one: only what no rule knows, marked as its own.

The models of scispaCy (en_core_sci_sm, en_core_sci_md, en_ner_bc5cdr_md) are not on PyPI; nothing here needs one.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import spacy

from extract.find.context import Cues, judge
from extract.find.hits import Found, Rejected
from extract.find.language import Passage
from extract.find.open_diagnoses import OPEN, disease_name, normal_name
from extract.model import Mention
from extract.schema import Model, Schema

DISEASES = frozenset(
    {"DISEASE", "DISORDER", "DIAGNOSIS", "DISEASE_DISORDER", "DISEASE_OR_SYNDROME", "CONDITION", "PROBLEM"}
)
"""Entity labels (in capitals) that stand for a disease."""

TYPELESS = frozenset({"ENTITY"})
"""The one label of models that tell no kinds apart; their entities must be built as names of diseases are."""

_OVERRIDING = frozenset({"diagnosis", "adverse_event", "therapy", "score", "no_adverse_event"})


_SCISPACY = "https://s3-us-west-2.amazonaws.com/ai2-s2-scispacy/releases/v0.5.4"


class ModelError(Exception):
    """A model that is not there or cannot be loaded. The message says how to get it."""


def with_model(schema: Schema, name: str) -> Schema:
    """A schema beside which a model is used: an installed package, or a folder that ``nlp.to_disk`` wrote.

    Its hash is another one, since what is found changes. Raises ModelError when there is no such model, or when it
    cannot be loaded.
    """
    folder = _folder_of(name)
    try:
        about = (folder / "meta.json").read_bytes() + (folder / "config.cfg").read_bytes()
        meta = json.loads((folder / "meta.json").read_bytes())
    except (OSError, ValueError):
        raise ModelError(f"{name}: no spaCy pipeline there (its meta.json or config.cfg cannot be read).") from None
    local = Path(name).is_dir()
    model = Model(
        name=Path(name).resolve().name if local else name,
        version=str(meta.get("version", "")),
        load=str(Path(name).resolve()) if local else name,
    )
    _load(model.load)
    mark = f"{schema.hash}\nmodel {model.name} {model.version}\n".encode() + hashlib.sha256(about).digest()
    return schema.model_copy(update={"model": model, "hash": hashlib.sha256(mark).hexdigest()})


def _folder_of(name: str) -> Path:
    """Where a model keeps its files. Raises ModelError when it is not installed."""
    if Path(name).is_dir():
        return Path(name)
    try:
        spec = find_spec(name) if name.isidentifier() else None
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise ModelError(
            f"{name}: this model is not installed, and no folder is called so. Install it with: {_install(name)}"
        )
    home = Path(spec.origin).parent
    inside = sorted(home.glob("*/meta.json"))  # a package holds its pipeline in a folder with its version
    return inside[0].parent if inside else home


def _install(name: str) -> str:
    """The command that installs a model: scispaCy's come from their address, spaCy's by its own downloader."""
    if name.startswith(("en_core_sci_", "en_ner_")):
        return f"pip install {_SCISPACY}/{name}-{_SCISPACY.rsplit('/v', 1)[1]}.tar.gz"
    return f"python -m spacy download {name}"


@lru_cache(maxsize=1)
def _load(name: str) -> Any:
    try:
        return spacy.load(name)
    except Exception as error:
        raise ModelError(f"{name}: the model cannot be loaded ({type(error).__name__}: {error}).") from error


def propose(passage: Passage, found: Found, cues: Cues, model: Model) -> Found:
    """A passage's finds with the diseases that a model sees and no rule knows.

    They are marked ``open`` like other diseases without a vocabulary entry, and never stand where a rule has found, or
    has refused, something.
    """
    nlp = _load(model.load)
    doc = nlp(passage.text)
    linker = nlp.get_pipe("scispacy_linker") if "scispacy_linker" in nlp.pipe_names else None
    rule_id = f"model:{model.name}"
    taken = [
        (m.span.start - passage.offset, m.span.end - passage.offset) for m in found.mentions if m.field in _OVERRIDING
    ]
    taken += [
        (no.start, no.end)
        for no in found.rejected
        if no.field in _OVERRIDING and not no.rule_id.startswith("diagnosis.open.")
    ]
    proposed: list[Mention] = []
    rejected = list(found.rejected)
    for entity in doc.ents:
        label = entity.label_.upper()
        if label not in DISEASES | TYPELESS:
            continue
        start, end = entity.start_char, entity.end_char
        named = disease_name(entity.text)
        reason = named.reason if label in TYPELESS else ""
        if not named.reason:
            start, end = start + named.start, start + named.end
        if any(s < end and start < e for s, e in taken):
            reason = "a rule has found, or refused, something in these words"
        if reason:
            rejected.append(Rejected("diagnosis", entity.text, entity.start_char, entity.end_char, rule_id, reason))
            continue
        details = {OPEN: "true", "label": entity.label_, **_code(entity, linker)}
        value = normal_name(passage.text[start:end])
        proposed.append(passage.mention("diagnosis", value, start, end, rule_id, details=dict(details)))
        taken.append((start, end))
    return Found([*found.mentions, *judge(passage, proposed, cues)], rejected)


def _code(entity: Any, linker: Any) -> dict[str, str]:
    """The concept that a linker gives an entity, the likeliest one, with its name."""
    concepts = entity._.kb_ents if entity.has_extension("kb_ents") else []
    if not concepts:
        return {}
    code = str(concepts[0][0])
    known = getattr(getattr(linker, "kb", None), "cui_to_entity", {}).get(code)
    name = str(known.canonical_name) if known is not None else ""
    return {"concept": code, **({"concept_name": name} if name else {})}
