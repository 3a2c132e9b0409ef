"""What caseloom knows, to look through: fields, terms, scales, units, titles, cues and rules, each with its place."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import shorten
from typing import Literal

from extract.schema import AnyRule, Example, PatternRule, QuantityRule, Scale, Schema, TermsRule
from extract.schema.places import Place, Places

Kind = Literal["field", "term", "pattern", "quantity", "column", "scale", "unit", "section", "cue"]


class WrongField(ValueError):
    """A field or page was asked for that there is not. The message says what there is."""


@dataclass(frozen=True)
class Entry:
    """One thing that is known. ``field`` is the kind of find that it leads to, ``words`` how it is written, ``told``
    what else is said of it; ``own`` whether the example shows this very thing or only a neighbour in the same rule."""

    kind: Kind
    name: str
    field: str
    rule: str
    words: tuple[str, ...]
    told: str
    example: str
    own: bool
    file: str
    line: int


@dataclass(frozen=True)
class Found:
    """What a search came to. ``near`` says that nothing is called so and these are called nearly so; ``left_out`` how
    many only tell of it."""

    entries: tuple[Entry, ...]
    near: bool = False
    left_out: int = 0


def known(schema: Schema) -> list[Entry]:
    """Everything in a folder of schemas, in the order of its files."""
    places = Places(Path(schema.folder))
    return [
        *_fields(schema, places),
        *(entry for rule in schema.rules for entry in _of_rule(rule, places)),
        *(_scale(scale, places.item("scales", index)) for index, scale in enumerate(schema.scales)),
        *_units(schema, places),
        *_titles(schema, places),
        *_cues(schema, places),
    ]


def search(
    entries: Sequence[Entry],
    query: str = "",
    *,
    kinds: Iterable[str] = (),
    fields: Iterable[str] = (),
    everything: bool = False,
) -> Found:
    """What has a word in it: first what is called so, then what is called so among other words.

    What only tells of it (in a guard, a code, an example) counts when there is nothing else, or with ``everything``.
    Case, hyphens and an ending s do not matter. Where nothing has it at all, what is written nearly so.
    """
    wanted, named = frozenset(kinds), frozenset(fields)
    some = [e for e in entries if (not wanted or e.kind in wanted) and (not named or e.field in named)]
    if not query:
        return Found(tuple(some))
    asked = _folded(query)
    ranked = [(rank, entry) for entry in some if (rank := _rank(entry, asked)) is not None]
    if ranked:
        best = 2 if everything else max(1, min(rank for rank, _ in ranked))
        entries = tuple(entry for rank, entry in sorted(ranked, key=lambda pair: pair[0]) if rank <= best)
        return Found(entries, left_out=len(ranked) - len(entries))
    written: dict[str, list[Entry]] = {}
    for entry in some:
        for word in (entry.name, *entry.words):
            written.setdefault(_folded(word), []).append(entry)
    near = difflib.get_close_matches(asked, written, n=5, cutoff=0.75)
    return Found(tuple(dict.fromkeys(entry for word in near for entry in written[word])), near=True)


def _rank(entry: Entry, asked: str) -> int | None:
    """How well an entry fits what is asked for: 0 called so, 1 holds it as words, 2 holds it anywhere; None: not."""
    names = [_folded(word) for word in (entry.name, *entry.words)]
    if asked in names:
        return 0
    if any(f" {asked} " in f" {name} " for name in names):
        return 1
    texts = (*names, _folded(entry.rule), _folded(entry.told), _folded(entry.example if entry.own else ""))
    return 2 if any(asked in text for text in texts) else None


def _folded(words: str) -> str:
    plain = re.sub(r"[\s\-‐‑–]+", " ", words.casefold()).strip()
    return plain[:-1] if len(plain) > 4 and plain.endswith("s") and not plain.endswith("ss") else plain


def fields_named(name: str, schema: Schema) -> frozenset[str]:
    """The kinds of finds that a name stands for: a kind itself, or a column that one fills. Raises WrongField."""
    columns = [column for table in schema.tables.values() for column in table.columns]
    kinds = {column.mention for column in columns if column.mention} | set(schema.signals)
    kinds |= {rule.field for rule in schema.rules}
    if name in kinds:
        return frozenset({name})
    filled = {column.mention for column in columns if column.name == name and column.mention}
    if not filled and any(column.name == name for column in columns):
        filled = set(sorted((kind for kind in kinds if name.startswith(f"{kind}_")), key=len)[-1:])
    if filled:
        return frozenset(filled)
    near = difflib.get_close_matches(name, sorted(kinds), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise WrongField(f"--field {name}: no rule finds that.{hint} Allowed: {', '.join(sorted(kinds))}.")


# --- what there is


def _fields(schema: Schema, places: Places) -> Iterator[Entry]:
    for table, spec in schema.tables.items():
        for index, column in enumerate(spec.columns):
            parts = [column.type, column.unit, f"one of {', '.join(column.allowed)}" if column.allowed else ""]
            told = "; ".join([part for part in parts if part] + [column.meaning])
            place = places.column(table, index)
            name = f"{table}.{column.name}"
            yield Entry("field", name, column.mention, "", (column.name,), told, "", False, *place)
    for signal, meaning in schema.signals.items():
        told = f"no column of its own; {meaning}"
        yield Entry("field", signal, signal, "", (), told, "", False, *places.signal(signal))


def _of_rule(rule: AnyRule, places: Places) -> Iterator[Entry]:
    if isinstance(rule, TermsRule):
        for index, term in enumerate(rule.terms):
            words = (*term.words, *term.exact)
            facts = {**term.codes, **term.details}
            told = [f"{name} {value}" for name, value in facts.items()]
            told += [f"only with {' or '.join(term.needs)}"] if term.needs else []
            told += [f"not with {' or '.join(term.unless)}"] if term.unless else []
            example, own = _example(rule.matches, term.value, words)
            place = places.term(rule.id, index)
            yield Entry("term", term.value, rule.field, rule.id, words, "; ".join(told), example, own, *place)
        return
    written: tuple[str, ...] = ()
    if isinstance(rule, PatternRule):
        about = f"pattern {rule.pattern}"
    elif isinstance(rule, QuantityRule):
        written, about = rule.trigger, f"a number with {' or '.join(rule.units)} near these words"
    else:
        written, about = tuple(rule.values), f"under a header like {rule.header}"
    example, place = rule.matches[0].text, places.rule(rule.id) or Place("", 0)
    yield Entry(rule.kind, rule.id, rule.field, rule.id, written, about, example, True, *place)


def _example(examples: Sequence[Example], value: str, words: Iterable[str]) -> tuple[str, bool]:
    """An example of a value: one that comes to it, else one whose words are its own, else any of the rule."""
    for example in examples:
        if example.value == value:
            return example.text, True
    folded = {_folded(word) for word in words}
    for example in examples:
        if any(_folded(marked) in folded for marked in re.findall(r"\[\[(.+?)\]\]", example.text)):
            return example.text, True
    return examples[0].text, False


def _scale(scale: Scale, place: Place) -> Entry:
    limits = scale.minimum, scale.maximum
    told = [scale.long_name]
    told += (
        [f"{'?' if limits[0] is None else limits[0]} to {'?' if limits[1] is None else limits[1]}"]
        if any(limit is not None for limit in limits)
        else []
    )
    told += [f"better {scale.better}" if scale.better else "", f"rated by the {scale.rater}" if scale.rater else ""]
    told += [f"in {', '.join(scale.units)}" if scale.units else "", scale.kind if scale.kind != "score" else ""]
    words = (*scale.words, *scale.exact)
    text = "; ".join(part for part in told if part)
    return Entry("scale", scale.name, "score", f"scale:{scale.id}", words, text, scale.matches[0].text, True, *place)


def _units(schema: Schema, places: Places) -> Iterator[Entry]:
    for index, unit in enumerate(schema.units):
        words = (*unit.words, *unit.exact)
        told = unit.quantity + (f"; {unit.factor} {unit.base}" if unit.base and unit.base != unit.unit else "")
        example = f"5 {words[0] if words else unit.unit}"
        yield Entry("unit", unit.unit, "", "", words, told, example, True, *places.item("units", index))


def _titles(schema: Schema, places: Places) -> Iterator[Entry]:
    for number, section in enumerate(schema.sections):
        for index, title in enumerate(section.titles):
            told = f"opens the section {section.section}"
            yield Entry("section", title, section.section, "", (), told, title, True, *places.title(number, index))


def _cues(schema: Schema, places: Places) -> Iterator[Entry]:
    for index, cue in enumerate(schema.context.cues):
        told = [", ".join(f"{name} {value}" for name, value in cue.sets.items())]
        told += [cue.scope + (f", {cue.reach} words" if cue.scope in ("forward", "backward", "both") else "")]
        told += [
            f"only of {', '.join(cue.fields)}" if cue.fields else "",
            f"pattern {cue.pattern}" if cue.pattern else "",
        ]
        text, place = "; ".join(part for part in told if part), places.item("cues", index)
        yield Entry("cue", cue.id, "", cue.id, cue.words, text, cue.matches[0].text, True, *place)


# --- what is shown


def overview(schema: Schema) -> str:
    """How much is known of each field, and how to look closer."""
    rules = Counter(rule.field for rule in schema.rules)
    terms: Counter[str] = Counter()
    for rule in schema.rules:
        if isinstance(rule, TermsRule):
            terms[rule.field] += len(rule.terms)
    filled: dict[str, list[str]] = {}
    for table, spec in schema.tables.items():
        for column in spec.columns:
            if column.mention:
                filled.setdefault(column.mention, []).append(f"{table}.{column.name}")
    names = list(dict.fromkeys([*filled, *schema.signals]))
    lines = [f"{'field':18}{'fills':34}{'rules':>6}{'terms':>7}"]
    for name in names:
        fills = ", ".join(filled.get(name, [])) or "(a signal)"
        lines.append(
            f"{name:18}{shorten(fills, 33, placeholder=' …'):34}{rules[name] or '-':>6}{terms[name] or '-':>7}"
        )
    titles = sum(len(section.titles) for section in schema.sections)
    lines += [
        "",
        f"{len(schema.scales)} scales, {len(schema.units)} units, {titles} section titles, "
        f"{len(schema.context.cues)} cues, in {schema.folder}.",
        "Fields without rules are read by grammars for doses, ages, counts and scores.",
    ]
    return "\n".join(lines)


_MOST_WORDS = 16


def as_text(found: Found, query: str = "", limit: int = 0) -> str:
    """Entries for people, a paragraph each; ``limit`` is how many at most (0: all)."""
    if not found.entries:
        return f"Nothing here has to do with '{query}', nor is anything spelled nearly so." if query else "Nothing."
    entries = found.entries[:limit] if limit else found.entries
    parts = [f"Nothing is called '{query}'. Nearly so:"] if found.near else []
    parts += [_told(entry) for entry in entries]
    if len(entries) < len(found.entries):
        parts.append(f"... and {len(found.entries) - len(entries)} more; --limit 0 shows all.")
    if found.left_out:
        parts.append(f"{found.left_out} more tell of it in their guards or examples; --all shows them.")
    return "\n\n".join(parts)


def _told(entry: Entry) -> str:
    kind = f"{entry.kind} of {entry.field}" if entry.field and entry.kind in _OF_FIELDS else entry.kind
    lines = [f"{entry.name}  ({kind})  {entry.file}:{entry.line}"]
    words = [word for word in entry.words if word != entry.name or len(entry.words) > 1]
    if words and entry.kind != "field":
        more = f", … and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
        lines.append(f"  words    {', '.join(words[:_MOST_WORDS])}{more}")
    if entry.told:
        lines.append(f"  about    {shorten(entry.told, 200, placeholder=' …')}")
    if entry.rule and entry.rule != entry.name:
        lines.append(f"  rule     {entry.rule}")
    if entry.example and entry.kind not in ("section", "unit"):
        lines.append(f"  {'e.g.' if entry.own else 'like'}     {entry.example}")
    return "\n".join(lines)


_OF_FIELDS = ("term", "pattern", "quantity", "column")


def as_json(found: Found) -> str:
    """Entries as one JSON object."""
    return json.dumps({"near": found.near, "entries": [asdict(entry) for entry in found.entries]}, ensure_ascii=False)
