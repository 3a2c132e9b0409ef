"""Warnings about rules that are in order but cannot be meant: never used, without effect, in each other's way.

A warning names the place and what to do; it stops nothing. Words are compared as they are searched for: whatever their
case, number, hyphens and spelling.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from extract.find.rules import form_of, variants_of, word_key
from extract.schema import (
    Column,
    ColumnRule,
    Fields,
    PatternRule,
    Scale,
    Schema,
    Term,
    TermsRule,
    builtin_fields,
)
from extract.schema.places import Places
from extract.schema.shapes.base import compiled
from extract.schema.yamlfile import Fault, Steps

BY_PROGRAM = frozenset({"age", "count", "dose", "interval", "score", "timing", "volume"})
"""Finds that the program reads by a grammar of its own; they need no rule."""


class Warning(NamedTuple):
    """A warning at a part of the schema: ``kind`` (rules, scales, cues, units), its id, and the way within it."""

    said: str
    kind: str
    id: str
    steps: Steps = ()


class Word(NamedTuple):
    """One way in which a concept is written, and where that stands."""

    written: str
    exact: bool
    field: str
    value: str
    guarded: bool
    owner: tuple[str, str]
    steps: Steps
    number: int


def warnings_of(schema: Schema) -> list[Fault]:
    """Everything about a schema that is worth a look, in the order of its files."""
    places = Places(Path(schema.folder))
    fields = builtin_fields()
    words = list(_words(schema))
    found = [
        *_repeated(words),
        *_two_concepts(words),
        *_swallowed(schema, words),
        *_barred(schema),
        *_spelt_twice(words),
        *_two_codes(schema),
        *_cues(schema),
        *_units(schema),
    ]
    faults = [places.fault(one.said, one.kind, one.id, *one.steps) for one in found]
    faults += [*_columns(schema, places, fields), *_signals(schema, places, fields), *_titles(schema, places)]
    return sorted(dict.fromkeys(faults))


def _words(schema: Schema) -> Iterator[Word]:
    number = 0
    for rule in schema.rules:
        if isinstance(rule, TermsRule):
            for index, term in enumerate(rule.terms):
                number += 1
                yield from _words_of(term, rule.field, term.value, ("rules", rule.id), ("terms", index), number)
    for scale in schema.scales:
        number += 1
        yield from _words_of(scale, "scale", scale.name, ("scales", scale.id), (), number)


def _words_of(
    part: Term | Scale, field: str, value: str, owner: tuple[str, str], steps: Steps, number: int
) -> Iterator[Word]:
    for key, written, exact in (("words", part.words, False), ("exact", part.exact, True)):
        guarded = bool(part.unless or (part.needs and (exact or not part.exact)))
        for index, word in enumerate(written):
            yield Word(word, exact, field, value, guarded, owner, (*steps, key, index), number)


@cache
def _exact_key(words: str) -> str:
    plain = re.sub(r"[\s-]+", " ", words)
    return plain[:-1] if len(plain) > 2 and plain[-1] == "s" and plain[-2].isupper() else plain


def _forms(word: Word) -> frozenset[str]:
    """All that is searched for because of a word, as it is compared."""
    if word.exact:
        return frozenset(variants_of(word.written, True))
    return frozenset(" ".join(map(form_of, variant.split(" "))) for variant in variants_of(word.written, False))


def _repeated(words: Sequence[Word]) -> Iterator[Warning]:
    """A word that finds nothing that another word of the same term does not find."""
    groups: dict[tuple[int, bool, str], list[Word]] = defaultdict(list)
    for word in words:
        groups[word.number, word.exact, _exact_key(word.written) if word.exact else word_key(word.written)].append(word)
    for group in groups.values():
        if len(group) == 1:
            continue
        kept: list[Word] = []
        for word in group:
            other = next((one for one in kept if _forms(word) <= _forms(one)), None)
            if other is None:
                kept.append(word)
                continue
            yield _is_repeated(word, other)
        for word in kept:
            larger = next((one for one in kept if _forms(word) < _forms(one)), None)
            if larger is not None:
                yield _is_repeated(word, larger)


def _is_repeated(word: Word, other: Word) -> Warning:
    if word.written == other.written:
        said = f"'{word.written}' stands twice among the words of '{word.value}'. Remove one."
    else:
        alike = "a plural s" if word.exact else "case, number, spelling"
        said = (
            f"'{word.written}' of '{word.value}' finds nothing that '{other.written}' does not find: {alike} and "
            "hyphens make no difference. Remove it."
        )
    return Warning(said, *word.owner, word.steps)


def _two_concepts(words: Sequence[Word]) -> Iterator[Warning]:
    """A word of two concepts of one field that nothing tells apart."""
    by_key: dict[tuple[str, str], list[Word]] = defaultdict(list)
    by_exact: dict[tuple[str, str], list[Word]] = defaultdict(list)
    for word in words:
        if word.exact:
            by_exact[word.field, _exact_key(word.written)].append(word)
        else:
            by_key[word.field, word_key(word.written)].append(word)
    for group in (*by_key.values(), *by_exact.values()):
        yield from _clashes(group)
    for (field, written), group in by_exact.items():
        plain = by_key.get((field, word_key(written)))
        if plain:
            yield from _clashes([plain[0], *group])


def _clashes(group: Sequence[Word]) -> Iterator[Warning]:
    for index, word in enumerate(group):
        for first in group[:index]:
            if first.number == word.number:
                continue
            if not _forms(first) & _forms(word) and first.exact == word.exact:
                continue
            if first.value != word.value and not (first.guarded or word.guarded):
                yield Warning(
                    f"'{word.written}' means '{word.value}' here and '{first.value}' elsewhere "
                    f"({first.owner[0].removesuffix('s')} '{first.owner[1]}'): both would be found. Keep one, or say "
                    "in 'needs' or 'unless' when it means which.",
                    *word.owner,
                    word.steps,
                )
                break
            if first.value == word.value and first.guarded != word.guarded:
                guarded, free = (first, word) if first.guarded else (word, first)
                yield Warning(
                    f"'{guarded.written}' of '{word.value}' is guarded by 'needs' or 'unless', but another term of the "
                    f"same value has '{free.written}' without: the guard has no effect. Remove one of the two.",
                    *guarded.owner,
                    guarded.steps,
                )
                break
            if first.value == word.value and not word.guarded and not first.guarded:
                yield Warning(
                    f"'{word.written}' of '{word.value}' stands in another term of the same value, too. Remove one.",
                    *word.owner,
                    word.steps,
                )
                break


def _swallowed(schema: Schema, words: Sequence[Word]) -> Iterator[Warning]:
    """Words of a term that a pattern of the same field, with another value, finds whole."""
    patterns: dict[str, list[tuple[PatternRule, re.Pattern[str]]]] = defaultdict(list)
    for rule in schema.rules:
        if isinstance(rule, PatternRule) and rule.value and "{" not in rule.value and not (rule.needs or rule.unless):
            pattern = compiled(re.sub(r" +", r"\\s", rule.pattern), 0 if rule.case else re.IGNORECASE)
            patterns[rule.field].append((rule, pattern))
    for word in words:
        for rule, pattern in () if word.guarded else patterns.get(word.field, ()):
            if rule.value == word.value:
                continue
            match = pattern.search(word.written)
            if match and match.span() == (0, len(word.written)):
                yield Warning(
                    f"'{word.written}' means '{word.value}' here and '{rule.value}' by the pattern of rule "
                    f"'{rule.id}': both would be found. Keep one.",
                    *word.owner,
                    word.steps,
                )


def _barred(schema: Schema) -> Iterator[Warning]:
    """Words that the guards of their own term bar."""
    parts: list[tuple[Term | Scale, tuple[str, str], Steps]] = [
        (term, ("rules", rule.id), ("terms", index))
        for rule in schema.rules
        if isinstance(rule, TermsRule)
        for index, term in enumerate(rule.terms)
    ]
    parts += [(scale, ("scales", scale.id), ()) for scale in schema.scales]
    for part, owner, steps in parts:
        for guard in part.unless:
            for key, words in (("words", part.words), ("exact", part.exact)):
                for index, word in enumerate(words):
                    forms = {word.lower(), word.lower().replace("-", " "), word.lower().replace(" ", "-")}
                    if all(compiled(guard).search(form) for form in forms):
                        yield Warning(
                            f"'{word}' can never be found: '{guard}' in 'unless' fits the word itself. Change one of "
                            "the two.",
                            *owner,
                            (*steps, key, index),
                        )


def _spelt_twice(words: Iterable[Word]) -> Iterator[Warning]:
    """Values of one field that differ only in how they are spelt: two concepts in the tables where one is meant."""
    first: dict[tuple[str, str], Word] = {}
    told: set[str] = set()
    for word in {word.number: word for word in words}.values():
        other = first.setdefault((word.field, word_key(word.value)), word)
        if other.value != word.value and word.value not in told and not _are_short_forms(word.value, other.value):
            told.add(word.value)
            yield Warning(
                f"the value '{word.value}' differs from '{other.value}' ({other.owner[0].removesuffix('s')} "
                f"'{other.owner[1]}') only in spelling: the tables would hold both. Write one.",
                *word.owner,
                word.steps[:-2],
            )


def _are_short_forms(a: str, b: str) -> bool:
    """Whether two values are abbreviations, of which case is a part: IgA is not IGA."""
    return all(len(re.findall(r"[A-Z]", value)) >= 2 and " " not in value for value in (a, b))


def _two_codes(schema: Schema) -> Iterator[Warning]:
    """A value with two codes of one system."""
    first: dict[tuple[str, str, str], tuple[str, str]] = {}
    for rule in schema.rules:
        for index, term in enumerate(rule.terms if isinstance(rule, TermsRule) else ()):
            for system, code in term.codes.items():
                known, where = first.setdefault((rule.field, term.value, system), (code, rule.id))
                if known != code:
                    yield Warning(
                        f"'{term.value}' has the {system} code {code} here and {known} in rule '{where}'. Keep one.",
                        "rules",
                        rule.id,
                        ("terms", index, "codes"),
                    )


def _cues(schema: Schema) -> Iterator[Warning]:
    """Words that stand twice in a cue, or in two cues of the same reach that say different things."""
    seen: dict[tuple[object, ...], tuple[str, dict[str, str]]] = {}
    for cue in schema.context.cues:
        own: set[str] = set()
        for index, word in enumerate(cue.words):
            plain = word if cue.case else word.lower()
            if plain in own:
                yield Warning(f"'{word}' stands twice in cue '{cue.id}'. Remove one.", "cues", cue.id, ("words", index))
                continue
            own.add(plain)
            key = (plain, cue.scope, cue.fields, cue.sections)
            first, sets = seen.setdefault(key, (cue.id, cue.sets))
            clash = [axis for axis in sets if axis in cue.sets and sets[axis] != cue.sets[axis]]
            if first != cue.id and clash and not cue.unless:
                yield Warning(
                    f"'{word}' says {clash[0]}: {cue.sets[clash[0]]} here and {sets[clash[0]]} in cue '{first}'. "
                    "Keep one.",
                    "cues",
                    cue.id,
                    ("words", index),
                )


def _units(schema: Schema) -> Iterator[Warning]:
    """Writings of two units: only the first of them counts."""
    first: dict[str, str] = {}
    for unit in schema.units:
        for key, words in (("unit", (unit.unit,)), ("words", unit.words), ("exact", unit.exact)):
            for index, word in enumerate(words):
                known = first.setdefault(word, unit.unit)
                if known != unit.unit:
                    yield Warning(
                        f"'{word}' is written for {unit.unit} here and for {known}, which comes first and counts. "
                        "Remove one.",
                        "units",
                        unit.unit,
                        (key,) if key == "unit" else (key, index),
                    )


def _columns(schema: Schema, places: Places, builtin: Fields | None) -> Iterator[Fault]:
    """Columns that nothing fills, and allowed words that nothing gives. Those of the program are told in one line: a
    project may do without some."""
    found = {rule.field for rule in schema.rules} | BY_PROGRAM
    unfilled: list[str] = []
    for table, spec in schema.tables.items():
        known = builtin.tables[table].names() if builtin and table in builtin.tables else spec.names()
        for index, column in enumerate(spec.columns):
            if column.name in known:
                unfilled += [column.mention] if column.mention and column.mention not in found else []
                continue
            if not column.mention:
                said = f"it has no 'mention', so that no rule can fill it. Add mention: {column.name}."
            elif column.mention not in found:
                said = f"no rule finds '{column.mention}'. Write a rule with field: {column.mention}."
            else:
                yield from _never_given(schema, places, table, index, column)
                continue
            yield places.fault_in(
                "fields.yaml", f"column '{column.name}' stays empty: {said}", "tables", table, "columns", index
            )
    unfilled += [name for name in schema.signals if name not in found and builtin and name in builtin.signals]
    if unfilled:
        said = f"no rule finds {', '.join(dict.fromkeys(unfilled))}: what the tables tell of them stays empty."
        yield places.fault_in("fields.yaml", said, "tables")


def _never_given(schema: Schema, places: Places, table: str, index: int, column: Column) -> Iterator[Fault]:
    given = _given(schema, column.mention)
    if given is None or column.type == "boolean":
        return
    for word in column.allowed:
        if word not in given:
            said = f"column '{column.name}' allows '{word}', but no rule gives it. Write one, or remove the word."
            yield places.fault_in("fields.yaml", said, "tables", table, "columns", index)


def _given(schema: Schema, field: str) -> set[str] | None:
    """The values that the rules of a field can give; None when they can be any words."""
    out: set[str] = set()
    for rule in schema.rules_for(field):
        if isinstance(rule, TermsRule):
            out |= {term.value for term in rule.terms}
        elif isinstance(rule, PatternRule) and rule.value is not None and "{" not in rule.value:
            out.add(rule.value)
        elif isinstance(rule, ColumnRule) and rule.values:
            out |= set(rule.values.values())
        else:
            return None
    return out


def _signals(schema: Schema, places: Places, builtin: Fields | None) -> Iterator[Fault]:
    """Signals that the program does not ask for."""
    filled = {column.mention for spec in schema.tables.values() for column in spec.columns}
    for name in schema.signals if builtin is not None else ():
        if builtin is not None and name not in builtin.signals and name not in filled:
            said = f"signal '{name}' is not used: no column has it as its mention, and the program does not ask for it."
            yield places.fault_in("fields.yaml", said, "signals", name)


def _titles(schema: Schema, places: Places) -> Iterator[Fault]:
    """Titles that stand twice: the first section that has one decides."""
    first: dict[str, tuple[int, str]] = {}
    for number, rule in enumerate(schema.sections):
        for index, title in enumerate(rule.titles):
            known, section = first.setdefault(title.lower(), (number, rule.section))
            if (known, section) != (number, rule.section) or list(rule.titles).index(title) != index:
                where = "twice here" if known == number else f"under {section}, too, which comes first"
                said = f"the title '{title}' stands {where}. Remove one."
                yield places.fault_in("sections.yaml", said, "sections", number, "titles", index)
