"""Every rule's own examples, run: what a rule says it matches it must find, what it says it rejects it must leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extract.find.context import compile_cues, governing
from extract.find.language import Passage, load_language, sentences
from extract.find.rules import Rules, compile_rules, find_terms
from extract.find.search import search_passage
from extract.model import Cell, Mention, Span
from extract.schema import ColumnRule, Cue, Example, Scale, Schema

_MARK = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def check_examples(schema: Schema) -> list[str]:
    """Run all examples of all rules, scales and cues: a message for each that fails, with what was found."""
    rules = compile_rules(schema)
    faults: list[str] = []
    for rule in schema.rules:
        for example in rule.matches:
            faults += _check_match(rule.id, example, rule if isinstance(rule, ColumnRule) else None, schema, rules)
        for example in rule.rejects:
            faults += _check_reject(rule.id, example, rule if isinstance(rule, ColumnRule) else None, schema, rules)
    for scale in schema.scales:
        faults += _check_scale(scale, rules)
    for cue in schema.context.cues:
        faults += _check_cue(cue, schema)
    return faults


def example_count(schema: Schema) -> int:
    """How many examples a schema holds."""
    parts: Sequence[object] = (*schema.rules, *schema.scales, *schema.context.cues)
    return sum(len(getattr(part, "matches", ())) + len(getattr(part, "rejects", ())) for part in parts)


def make_passage(text: str, headers: str = "") -> Passage:
    """A passage of running text, as if it stood in a case description."""
    return Passage(
        text=text,
        offset=0,
        doc=load_language().make_doc(text),
        sentences=tuple(sentences(text)),
        section="case",
        kind="paragraph",
        headers=headers,
    )


def _marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its brackets, and the ranges that stood in them."""
    out, ranges, last = "", [], 0
    for match in _MARK.finditer(text):
        out += text[last : match.start()]
        ranges.append((len(out), len(out) + len(match[1])))
        out += match[1]
        last = match.end()
    return out + text[last:], ranges


def _found(text: str, column: ColumnRule | None, schema: Schema, rules: Rules) -> list[Mention]:
    """What is found in an example; that of a column rule is written ``header | cell``."""
    cues = compile_cues(schema)
    if column is None:
        return search_passage(make_passage(text), None, rules, cues, {}).mentions
    header, _, words = text.partition("|")
    words = words.strip()
    cell = Cell(table=0, row=1, column=1, span=Span(start=0, end=max(1, len(words))), column_header=header.strip())
    passage = make_passage(words, header)._replace(cell=0, kind="cell")
    return search_passage(passage, cell, rules, cues, {}).mentions


def _check_match(
    rule_id: str, example: Example, column: ColumnRule | None, schema: Schema, rules: Rules
) -> Iterator[str]:
    text, ranges = _marked(example.text)
    found = [m for m in _found(text, column, schema, rules) if m.rule_id == rule_id]
    if column is not None:
        lead = (
            text.index("|") + 1 + (len(text.partition("|")[2]) - len(text.partition("|")[2].lstrip()))
            if "|" in text
            else 0
        )
        ranges = [(start - lead, end - lead) for start, end in ranges]
    shown = f"rule '{rule_id}': example {example.text!r}"
    if not found:
        others = sorted({f"{m.field}={m.value} ({m.rule_id})" for m in _found(text, column, schema, rules)})
        yield f"{shown} is not matched. Found instead: {', '.join(others) or 'nothing'}."
        return
    for start, end in ranges:
        if not any(m.span.start < end and start < m.span.end for m in found):
            places = ", ".join(repr(m.text) for m in found)
            yield f"{shown}: found {places}, not the words in brackets."
            return
    if example.value is not None and example.value not in {str(m.value) for m in found}:
        values = ", ".join(sorted({str(m.value) for m in found}))
        yield f"{shown} comes to {values}, not to {example.value}."


def _check_reject(
    rule_id: str, example: Example, column: ColumnRule | None, schema: Schema, rules: Rules
) -> Iterator[str]:
    text, ranges = _marked(example.text)
    found = [m for m in _found(text, column, schema, rules) if m.rule_id == rule_id and m.context.is_fact]
    if ranges:
        found = [m for m in found if any(m.span.start < end and start < m.span.end for start, end in ranges)]
    if example.value is not None:
        found = [m for m in found if str(m.value) == example.value]
    if found:
        seen = f"{found[0].text!r} is ({found[0].value})"
        yield f"rule '{rule_id}': example {example.text!r} must not be matched, but {seen}."


def _check_scale(scale: Scale, rules: Rules) -> Iterator[str]:
    for example in (*scale.matches, *scale.rejects):
        text, _ = _marked(example.text)
        hits, _ = find_terms(make_passage(text), rules, {})
        names = [h.value for h in hits if h.scale is not None]
        here = any(h.scale is not None and h.scale.id == scale.id for h in hits)
        if example in scale.matches and not here:
            instead = ", ".join(names) or "nothing"
            yield f"scale '{scale.id}': example {example.text!r} is not matched. Found instead: {instead}."
        if example in scale.rejects and here:
            yield f"scale '{scale.id}': example {example.text!r} must not be matched."


def _check_cue(cue: Cue, schema: Schema) -> Iterator[str]:
    cues = compile_cues(schema)
    for example, wanted in [(e, True) for e in cue.matches] + [(e, False) for e in cue.rejects]:
        text, ranges = _marked(example.text)
        passage = make_passage(text)._replace(section=cue.sections[0] if cue.sections else "case")
        for start, end in ranges:
            stand_in = passage.mention(
                cue.fields[0] if cue.fields else "adverse_event", text[start:end], start, end, "example"
            )
            governs = cue.id in governing(passage, stand_in, cues)
            if governs is not wanted:
                say = "does not govern" if wanted else "must not govern"
                yield f"cue '{cue.id}': it {say} the words in brackets of {example.text!r}."
