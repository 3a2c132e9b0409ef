"""The one matcher for every rule kind: words of a passage -> hits, each with the rule that found it.

Terms and scales go through spaCy's PhraseMatcher, whose cost hardly grows with the vocabulary; patterns
are regular expressions. Context, doses, scores and ages are judged elsewhere in this room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from itertools import product
from typing import Any, NamedTuple

from spacy.matcher import PhraseMatcher

from extract.find.hits import Hit, Rejected, join_names, longest, shortened_names
from extract.find.language import Passage, load_language, normal_form, split_glued
from extract.find.sieve import Needed, may_match, needed_by
from extract.model import Quantity
from extract.numbers import number_word
from extract.patterns import hastened
from extract.schema import ColumnRule, PatternRule, QuantityRule, Scale, Schema, Term, TermsRule, Unit
from extract.schema.crosschecks import writings
from extract.schema.shapes.base import compiled


class Entry(NamedTuple):
    """What a phrase stands for: a term of a rule, or a scale."""

    field: str
    value: str
    rule_id: str
    details: Mapping[str, str]
    guards: Guards
    scale: Scale | None
    exact: bool
    place: int


class Guards(NamedTuple):
    """Patterns over a sentence that decide whether a find counts: one of ``needs`` must fit, none of ``unless`` may."""

    needs: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, part: Term | Scale | PatternRule | QuantityRule) -> Guards:
        needs = () if isinstance(part, QuantityRule) else part.needs
        return cls(tuple(map(compiled, needs)), tuple(map(compiled, part.unless)))

    def barred(self, around: str) -> str:
        """Why a find in a sentence (in small letters) does not count, or ''."""
        for guard in self.unless:
            if guard.search(around):
                return f"'{guard.pattern}' stands in the sentence"
        if self.needs and not any(guard.search(around) for guard in self.needs):
            return "none of the words it needs stands in the sentence"
        return ""


@dataclass(frozen=True)
class Rules:
    """A schema made ready for matching."""

    schema: Schema
    words: PhraseMatcher
    exact: PhraseMatcher
    entries: dict[int, Entry]
    patterns: tuple[tuple[PatternRule, re.Pattern[str], Guards, Needed], ...]
    quantities: tuple[tuple[QuantityRule, re.Pattern[str], Guards, Needed], ...]
    columns: tuple[tuple[ColumnRule, re.Pattern[str]], ...]
    units: dict[str, Unit]
    counted_in: dict[str, str]
    short_forms: frozenset[str]

    @cached_property
    def names_therapy(self) -> bool:
        """Whether some term is a name of the therapy of interest."""
        return any(entry.field == "administration" for entry in self.entries.values())

    def unit(self, written: str) -> Unit | None:
        """A unit as it is written. Case counts where it tells two apart: mM and mm."""
        return self.units.get(written) or self.units.get(written.lower())

    def in_unit(self, field: str, written: str) -> tuple[str, Decimal]:
        """The unit in which a field is counted, and how many of it one of the written unit makes.

        That of the field's column; a column that names none holds what is printed. Of a unit that nobody knows: itself.
        """
        unit, column = self.unit(written), self.counted_in.get(field, "")
        if unit is None:
            return written, Decimal(1)
        wanted = self.unit(column) if column else None
        if wanted is None or (wanted.base or wanted.unit) != (unit.base or unit.unit):
            return unit.unit, Decimal(1)
        return column, unit.factor if wanted.factor == 1 else unit.factor / wanted.factor


_READY: dict[str, Rules] = {}
_MOST = 4
"""So many schemas stay ready: who edits rules and looks on makes a new one at each save."""


def compile_rules(schema: Schema) -> Rules:
    """Make a schema ready for matching; the same schema is compiled once."""
    if schema.hash not in _READY:
        for old in list(_READY)[: len(_READY) - _MOST + 1]:
            del _READY[old]
        _READY[schema.hash] = _compile(schema)
    return _READY[schema.hash]


def only_fields(rules: Rules, fields: frozenset[str]) -> Rules:
    """The same rules, but of the patterns, quantities and columns only those for some fields."""
    return replace(
        rules,
        patterns=tuple(ready for ready in rules.patterns if ready[0].field in fields),
        quantities=tuple(ready for ready in rules.quantities if ready[0].field in fields),
        columns=tuple(ready for ready in rules.columns if ready[0].field in fields),
    )


def _compile(schema: Schema) -> Rules:
    nlp = load_language()
    words = PhraseMatcher(nlp.vocab, attr="NORM")
    exact = PhraseMatcher(nlp.vocab, attr="ORTH")
    entries: dict[int, Entry] = {}

    def add(part: Term | Scale, field: str, value: str, rule_id: str, scale: Scale | None) -> None:
        guards = Guards.of(part)
        details: dict[str, str] = {}
        if isinstance(part, Term):
            details = {**part.codes, **part.details}
        for matcher, phrases, is_exact in ((words, part.words, False), (exact, part.exact, True)):
            if not phrases:
                continue
            name = f"{rule_id}|{value}|{len(entries)}"
            number = nlp.vocab.strings.add(name)
            own = guards if is_exact or not part.exact else guards._replace(needs=())
            entries[number] = Entry(field, value, rule_id, details, own, scale, is_exact, len(entries))
            matcher.add(name, _phrases(phrases, is_exact))

    patterns, quantities, columns = [], [], []
    units: dict[str, Unit] = {}
    for name, unit in writings(schema.units):
        units.setdefault(name, unit)
    counted_in = {c.mention: c.unit for table in schema.tables.values() for c in table.columns if c.mention and c.unit}
    for rule in schema.rules:
        if isinstance(rule, TermsRule):
            for term in rule.terms:
                add(term, rule.field, term.value, rule.id, None)
        elif isinstance(rule, PatternRule):
            flags = 0 if rule.case else re.IGNORECASE
            pattern = compiled(re.sub(r" +", r"\\s", rule.pattern), flags)
            patterns.append((rule, hastened(pattern), Guards.of(rule), needed_by(pattern)))
        elif isinstance(rule, QuantityRule):
            pattern = _quantity_pattern(rule)
            quantities.append((rule, hastened(pattern), Guards.of(rule), needed_by(pattern)))
        else:
            columns.append((rule, compiled(rule.header)))
    for scale in schema.scales:
        add(scale, "scale", scale.name, f"scale:{scale.id}", scale)
    parts: list[Term | Scale] = [t for r in schema.rules if isinstance(r, TermsRule) for t in r.terms] + list(
        schema.scales
    )
    short = frozenset(word for part in parts for word in part.exact if re.fullmatch(r"[A-Z]{2,8}", word))
    ready = (tuple(patterns), tuple(quantities), tuple(columns))
    return Rules(schema, words, exact, entries, *ready, units, counted_in, short)


@cache
def variants_of(phrase: str, exact: bool) -> tuple[str, ...]:
    """A phrase with spaces and hyphens exchanged; abbreviations also in the plural."""
    parts = re.split(r"[ -]", phrase)
    if 1 < len(parts) <= 4 and not re.search(r"\d-|-\d", phrase):
        forms = [
            "".join(p + s for p, s in zip(parts, (*seps, ""), strict=True))
            for seps in product(" -", repeat=len(parts) - 1)
        ]
    else:
        forms = [phrase, phrase.replace("-", " ")]
    if exact and phrase[-1].isupper() and len(phrase) > 1:
        return (*forms, *(form + "s" for form in forms))
    return tuple(forms)


_PLAIN_WORDS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[ -](?:[A-Z]?[a-z]+|[A-Z]+)|\x20\d+(?![-\d]))*")


@lru_cache(maxsize=100_000)
def _phrases(phrases: tuple[str, ...], exact: bool) -> list[Any]:
    """The words of a term in all their variants, as PhraseMatcher takes them; kept for who edits rules and looks on."""
    return [_phrase(v, exact) for v in sorted({v for phrase in phrases for v in variants_of(phrase, exact)})]


def _phrase(phrase: str, exact: bool) -> Any:
    """A phrase as PhraseMatcher takes it: tokens, or the keys of their forms, as when a matcher is unpickled.

    Where a phrase is plain words the tokenizer has nothing to decide, and 20,000 of them would cost it seconds.
    """
    if not _PLAIN_WORDS.fullmatch(phrase):
        return load_language().make_doc(phrase)
    return [_key(word, exact) for word in phrase.replace("-", " - ").split()]


form_of = cache(normal_form)


@cache
def _key(word: str, exact: bool) -> int:
    """The key by which the matchers know a word: of its form, or as it stands."""
    return int(load_language().vocab.strings.add(word if exact else form_of(word)))


@cache
def word_key(phrase: str) -> str:
    """The form of a phrase on which words are compared: two phrases with the same key are found in the same places."""
    if _PLAIN_WORDS.fullmatch(phrase):
        return " ".join(map(form_of, phrase.replace("-", " ").split()))
    return " ".join(token.norm_ for token in load_language().make_doc(phrase) if token.norm_.strip("- "))


def _quantity_pattern(rule: QuantityRule) -> re.Pattern[str]:
    trigger = "(?:" + "|".join(re.sub(r" +", r"\\s+", t) for t in rule.trigger) + ")"
    unit = "(?P<unit>" + "|".join(re.escape(u) for u in sorted(rule.units, key=len, reverse=True)) + r")(?![\w/])"
    number = r"(?P<number>\d+(?:\.\d+)?)(?:\s*(?:-|–|to)\s*(?P<high>\d+(?:\.\d+)?))?\s*-?\s*" + unit
    gap = rf"(?:\W+(?:[^\s.;]+\W+){{0,{rule.window}}}?)"
    forms = {
        "before": rf"\b{trigger}\b{gap}{number}",
        "after": rf"{number}{gap}{trigger}\b",
    }
    body = forms.get(rule.order)
    if body is None:
        first = forms["before"]
        second = re.sub(r"\?P<(\w+)>", r"?P<\1_>", forms["after"])
        body = f"(?:{first}|{second})"
    return compiled(body)


# where words and numbers touch, a table has lost its gaps: "M44ALSIT3.0"
_GLUED = re.compile(r"\d[A-Z]{4}|[A-Z]{4}\d|mL[A-Z]|[A-Z]\d\d[A-Z]{3}")

Defined = Mapping[str, frozenset[tuple[str, str]]]
"""Short forms the paper defines, each with the (field, value) pairs its long form stands for."""


def resolve(short_forms: Mapping[str, str], rules: Rules) -> dict[str, frozenset[tuple[str, str]]]:
    """What the long forms of a paper's own abbreviations stand for in the vocabulary.

    Of a disease, event or therapy the long form must be the name, not merely hold it: "tumor necrosis factor" is no
    tumour.
    """
    nlp = load_language()
    out = {}
    for short, long in short_forms.items():
        doc = nlp.make_doc(long)
        hits, unsure = [], False
        for matcher in (rules.words, rules.exact):
            for number, first, last in matcher(doc):
                entry, span = rules.entries[number], doc[first:last]
                if entry.scale is not None and entry.guards.barred(long.lower()):
                    unsure = True  # "numeric rating scale (NRS)": of pain or of itch, as each sentence tells
                    continue
                hits.append(Hit(entry.field, entry.value, span.start_char, span.end_char, entry.rule_id))
        if unsure and not hits:
            continue
        out[short] = frozenset(
            (hit.field, hit.value)
            for hit in longest(hits)
            if hit.field not in _WHOLE_NAMES or hit.end - hit.start >= 0.6 * len(long)
        )
    return out


_WHOLE_NAMES = frozenset({"diagnosis", "adverse_event", "therapy", "scale", "site"})


def find_terms(passage: Passage, rules: Rules, defined: Defined) -> tuple[list[Hit], list[Rejected]]:
    """Vocabulary and scale names in a passage: the longest of each field, guards applied."""
    raw: list[tuple[Entry, int, int]] = []
    doc = split_glued(passage.doc, rules.short_forms) if _GLUED.search(passage.text) else passage.doc
    for matcher in (rules.words, rules.exact):
        for number, first, last in matcher(doc):
            span = doc[first:last]
            raw.append((rules.entries[number], span.start_char, span.end_char))
    raw.sort(key=lambda found: found[0].place)  # of two that fit alike the one written first in the schemas
    rejected: list[Rejected] = []
    kept: list[Hit] = []
    own = _own_short_forms(passage, defined)
    for entry, start, end in raw:
        reason = _guard(entry, passage, start, end, defined)
        if reason:
            rejected.append(Rejected(entry.field, entry.value, start, end, entry.rule_id, reason))
        else:
            kept.append(Hit(entry.field, entry.value, start, end, entry.rule_id, entry.details, None, entry.scale))
    for short, start, end in own:
        for field, value in sorted(defined[short]):
            if not any(h.start <= start and end <= h.end and h.field == field for h in kept):
                scale = next((s for s in rules.schema.scales if s.name == value), None) if field == "scale" else None
                rule_id = _rule_of(rules, field, value)
                kept.append(Hit(field, value, start, end, rule_id, {}, None, scale))
    return longest(shortened_names(join_names(kept), passage.text), rejected), rejected


def _own_short_forms(passage: Passage, defined: Defined) -> list[tuple[str, int, int]]:
    out: list[tuple[str, int, int]] = []
    if not any(meaning and short in passage.text for short, meaning in defined.items()):
        return out
    for token in passage.doc:
        text = token.text
        for short in (text, text[:-1] if text.endswith("s") else ""):
            if short and defined.get(short):
                out.append((short, token.idx, token.idx + len(text)))
    for short in defined:
        if defined[short] and ("-" in short or " " in short) and short in passage.text:
            out += [(short, m.start(), m.end()) for m in re.finditer(rf"(?<!\w){re.escape(short)}(?!\w)", passage.text)]
    return out


def _rule_of(rules: Rules, field: str, value: str) -> str:
    for entry in rules.entries.values():
        if entry.field == field and entry.value == value:
            return entry.rule_id
    return f"abbreviation:{field}"


def _guard(entry: Entry, passage: Passage, start: int, end: int, defined: Defined) -> str:
    """Why an entry does not count here, or ''."""
    written = passage.text[start:end]
    if entry.exact:
        meaning = defined.get(written) or (defined.get(written[:-1]) if written.endswith("s") else None)
        if meaning is not None:
            if (entry.field, entry.value) in meaning:
                if sum(field == entry.field for field, _ in meaning) == 1:
                    return ""  # of several meanings the words around decide: "pain (VAS)" of VAS and VAS pain
            elif entry.guards.needs or any(field == entry.field for field, _ in meaning):
                return f"the paper defines {written} otherwise"
        elif written in defined and entry.guards.needs:
            return f"the paper defines {written} otherwise"
    if not entry.guards.needs and not entry.guards.unless:
        return ""
    begin, stop = passage.sentence_at(start)
    return entry.guards.barred(f"{passage.text[begin:stop]} {passage.headers} {passage.row}".lower())


def find_patterns(passage: Passage, rules: Rules) -> tuple[list[Hit], list[Rejected]]:
    """What the pattern and quantity rules find in a passage.

    A find whose details say ``open`` holds words that may name a disease; ``extract.find.open_diagnoses`` cuts them.
    """
    hits: list[Hit] = []
    rejected: list[Rejected] = []
    look = passage.look
    for rule, pattern, guards, needed in rules.patterns:
        if not may_match(needed, look):
            continue
        for match in pattern.finditer(passage.text):
            start, end = match.span()
            if start == end:
                continue
            begin, stop = passage.sentence_at(start)
            barred = guards.barred(passage.text[begin:stop].lower())
            groups = {k: v.strip() for k, v in match.groupdict().items() if v is not None}
            value = _fill(rule.value, groups) if rule.value is not None else groups.get("value", match.group())
            if barred:
                rejected.append(Rejected(rule.field, value, start, end, rule.id, barred))
                continue
            quantity = None
            if "number" in groups:
                number = read_number(groups["number"])
                if number is None:
                    continue
                unit, factor = rules.in_unit(rule.field, groups.get("unit", rule.unit))
                high = read_number(groups["high"]) if "high" in groups else None
                quantity = Quantity(
                    number=None if high is not None else convert(number, factor),
                    low=convert(number, factor) if high is not None else None,
                    high=convert(high, factor) if high is not None else None,
                    unit=unit,
                    as_written=match.group(),
                )
            details = {k: _fill(v, groups) for k, v in rule.details.items()}
            hits.append(Hit(rule.field, value, start, end, rule.id, details, quantity))
    for quantity_rule, pattern, guards, needed in rules.quantities:
        if not may_match(needed, look):
            continue
        for match in pattern.finditer(passage.text):
            hit = _read_quantity(quantity_rule, match, rules)
            if hit is None:
                continue
            begin, stop = passage.sentence_at(hit.start)
            if barred := guards.barred(passage.text[begin:stop].lower()):
                rejected.append(Rejected(hit.field, hit.value, hit.start, hit.end, hit.rule_id, barred))
            else:
                hits.append(hit)
    loose = [hit for hit in hits if "open" in hit.details]
    return [*longest([hit for hit in hits if "open" not in hit.details], rejected), *loose], rejected


def _read_quantity(rule: QuantityRule, match: re.Match[str], rules: Rules) -> Hit | None:
    groups = {k.rstrip("_"): v for k, v in match.groupdict().items() if v is not None}
    unit, factor = rules.in_unit(rule.field, groups["unit"])
    number = convert(Decimal(groups["number"]), factor)
    if (rule.minimum is not None and number < rule.minimum) or (rule.maximum is not None and number > rule.maximum):
        return None
    high = convert(Decimal(groups["high"]), factor) if "high" in groups else None
    quantity = Quantity(
        number=None if high is not None else number,
        low=number if high is not None else None,
        high=high,
        unit=unit,
        as_written=match.group(),
    )
    start = match.start("number") if match.groupdict().get("number") else match.start("number_")
    end = match.end("unit") if match.groupdict().get("unit") else match.end("unit_")
    return Hit(
        rule.field,
        match.group()[start - match.start() : end - match.start()],
        start,
        end,
        rule.id,
        rule.details,
        quantity,
    )


def read_number(text: str) -> Decimal | None:
    """A number in digits or words, or None."""
    plain = text.strip().replace(",", "") if re.fullmatch(r"\s*\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*", text) else text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", plain):
        return Decimal(plain)
    return number_word(plain)


def convert(number: Decimal, factor: Decimal) -> Decimal:
    """A number in the base unit, to four decimals where the factor is not exact."""
    out = number * factor
    return out if factor == factor.to_integral_value() else out.quantize(Decimal("0.0001")).normalize() + Decimal(0)


def _fill(template: str | None, groups: Mapping[str, str]) -> str:
    if template is None:
        return ""
    return re.sub(r"\{(\w+)\}", lambda m: groups.get(m.group(1), ""), template)
