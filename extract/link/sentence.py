"""LINK, a single passage by itself: what ``caseloom try`` answers.

No patient is looked for and nothing is carried over from elsewhere; the answer holds what the words themselves say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from extract.link.draft import Draft
from extract.link.draft_routes import FIRST_AND_NEXT
from extract.link.treatments import drafts
from extract.model import Document, Mention


def found_in(document: Document, mentions: Sequence[Mention]) -> dict[str, Any]:
    """The facts that a passage states of its patients, as plain values.

    Keys: ``administrations`` (one for each dose, route, product), ``cell_source`` (tissue, donor), ``outcomes``,
    ``diagnoses``, ``ages`` and ``adverse_events``. What the words do not say is None.
    """
    facts = [m for m in mentions if m.context.is_fact]
    entries = [entry for draft in drafts(document, mentions) for entry in _entries(draft)]
    given = _with_halves(document.text, entries, [m for m in facts if m.field == "site"])
    return {
        "administrations": given,
        "cell_source": {
            field: _first([m for m in facts if given or _is_sourced(document, m)], field)
            for field in ("tissue", "donor")
        },
        "outcomes": [_outcome(m) for m in facts if m.field == "score" and isinstance(m.detail("value"), Decimal)],
        "diagnoses": list(dict.fromkeys(str(m.value) for m in facts if m.field == "diagnosis")),
        "ages": _ages(facts),
        "adverse_events": _events(mentions),
    }


def _entries(draft: Draft) -> Iterable[dict[str, Any]]:
    site = draft.facts.get("site")
    shared = {
        "n_administrations": draft.times,
        "route": _value(draft.facts.get("route")),
        "site": site_words(site) if site else None,
        "interval": _value(draft.facts.get("interval")),
    }
    if not draft.doses:
        yield {
            "dose_value": None,
            "dose_low": None,
            "dose_high": None,
            "dose_unit": None,
            "dose_basis": "unclear",
            **shared,
        }
        return
    for mention in draft.doses:
        quantity = mention.quantity
        assert quantity is not None
        yield {
            "dose_value": _number(quantity.number),
            "dose_low": _number(quantity.low),
            "dose_high": _number(quantity.high),
            "dose_unit": quantity.unit,
            "dose_basis": draft.basis,
            **shared,
        }


_BOTH_HALVES = re.compile(
    r"\bhalf\b.*\b(?:(?:other|second|remaining) half\b|half\s(?:was\s|were\s)?(?:in|into|to|via|through|by|under"
    r"|for)\s)",
    re.IGNORECASE | re.DOTALL,
)
_HALF_EACH = re.compile(
    r"\bhalf (?:of (?:it|them|the \w+) )?(?:(?:was|were|being|went) (?:\w+ )?)?(?:in|into|to|for|on|under) each\b",
    re.IGNORECASE,
)
_HALF_OF_IT = re.compile(
    r"\bhalf (?:of )?(?:that|this|it|(?:the |as )?(?:first |initial |original |former |same )?(?:dose|"
    r"number|amount|quantity|many))\b",
    re.IGNORECASE,
)


def _with_halves(text: str, entries: list[dict[str, Any]], sites: Sequence[Mention]) -> list[dict[str, Any]]:
    """Halves of a stated dose as doses: "half by vein, the other half by mouth", "then half that number".

    Of two sites each half went to one: "half in the right hip and half in the left".
    """
    dosed = [entry for entry in entries if entry["dose_value"] is not None]
    if len(dosed) != 1:
        return entries
    told_apart = dosed[0]["n_administrations"] == 2 and FIRST_AND_NEXT.search(text) is not None
    if told_apart:
        entries = [{**entry, "n_administrations": 1} for entry in entries]
        dosed = [entry for entry in entries if entry["dose_value"] is not None]
    half = {
        "dose_value": dosed[0]["dose_value"] / 2,
        "dose_unit": dosed[0]["dose_unit"],
        "dose_basis": "per_administration",
    }
    if _HALF_EACH.search(text):
        return [{**entry, **half} if entry is dosed[0] else entry for entry in entries]
    if _BOTH_HALVES.search(text):
        whole = entries if len(entries) > 1 else [*entries, *entries]
        if len(entries) == 1 and len(sites) == 2:
            whole = [{**entry, "site": site_words(site)} for entry, site in zip(whole, sites, strict=True)]
        return [{**entry, **half} for entry in whole]
    if _HALF_OF_IT.search(text):
        again = {**dosed[0], "n_administrations": 1 if told_apart else None}
        others = [entry for entry in entries if entry is not dosed[0]]
        return [dosed[0], {**(others[0] if others else again), **half}]
    return entries


def site_words(site: Mention) -> str:
    """A site with its side as one name: ``right knee``, ``bilateral hips``."""
    name = str(site.value)
    side = site.detail("laterality")
    if not side or name.startswith(("left ", "right ", "bilateral ")):
        return name
    if side == "bilateral":
        name = (
            name[:-1] + "ies"
            if name.endswith("y") and name[-2] not in "aeiou"
            else name + ("" if name.endswith("s") else "s")
        )
    return f"{side} {name}"


def _outcome(mention: Mention) -> dict[str, Any]:
    return {
        "measure": mention.detail("measure"),
        "value": _number(mention.detail("value")),
        "scale_max": _number(mention.detail("scale_max")),
        "timepoint": mention.detail("phase") or "unspecified",
        "rater": mention.detail("rater"),
    }


def _ages(facts: Sequence[Mention]) -> list[dict[str, Any]]:
    out = []
    for mention in facts:
        if mention.field != "age" or mention.quantity is None or mention.quantity.number is None:
            continue
        event = mention.detail("event") or "unspecified"
        event = "report" if event == "last_follow_up" else event
        out.append({"event": event, "years": _number(mention.quantity.number)})
    return out


def _events(mentions: Sequence[Mention]) -> list[dict[str, Any]]:
    """Named events with whether they occurred. A named event takes the force from a blanket denial, not from one of
    serious events."""
    found: dict[str, bool] = {}
    blanket: dict[str, bool] = {}
    for mention in mentions:
        if mention.context.who != "patient" or mention.context.presence not in ("present", "negated"):
            continue
        if mention.field == "no_adverse_event":
            blanket[str(mention.value)] = False
        elif mention.field == "adverse_event" and mention.context.when != "historical":
            present = mention.context.presence == "present"
            found[str(mention.value)] = found.get(str(mention.value), False) or present
    if any(found.values()):
        blanket.pop("any adverse event", None)
    return [{"event": event, "present": present} for event, present in {**blanket, **found}.items()]


# how cells are got or given; a tissue in a sentence without any of it is spoken of in general
_SOURCED = re.compile(
    r"\b(?:infus|inject|implant|transplant|transfus|graft|administ|instill|deliver|appl(?:ied|ication)|receiv|"
    r"given\b|gave\b|"
    r"got\b|undergo|underw|treat|us(?:ed|ing)\b|sources?\b|came\b|came from|deriv(?:ed|ing) from|taken\b|"
    r"obtain|harvest|"
    r"aspirat|isolat|collect|expan|cultur|grown\b|grew\b|prepar|process|donat|origin|stem(?:med|s) from|drawn\b|"
    r"yield|excis|retriev|extract|recover|plac(?:ed|ing)\b|put\b|spread|spray|dos(?:e|es|ed)\b|product|select|"
    r"chos|generat|"
    r"manufactur|suspen|inocul|introduc|deposit|flush|press|pack|fill|went\b|entered|dripped|dropped|seeded|made\b|"
    r"provid|supplied|match|cells? from|MSCs? from|therapy|return|trickl|push|pass(?:ed|age))",
    re.IGNORECASE,
)


def _is_sourced(document: Document, mention: Mention) -> bool:
    """Whether a tissue or donor is that of cells got or given: in a table always, else where its sentence says so."""
    sentence = document.text[mention.sentence.start : mention.sentence.end]
    short = len(sentence.split()) < _FRAGMENT
    return mention.cell is not None or "|" in sentence or short or _SOURCED.search(sentence) is not None


_FRAGMENT = 7


def _first(facts: Sequence[Mention], field: str) -> str | None:
    return next((str(m.value) for m in facts if m.field == field), None)


def _value(mention: Mention | None) -> str | None:
    return None if mention is None else str(mention.value)


def _number(value: Any) -> float | int | None:
    if not isinstance(value, Decimal):
        return None
    return int(value) if value == value.to_integral_value() else float(value)
