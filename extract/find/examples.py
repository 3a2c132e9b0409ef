"""Every rule's own examples, run: what a rule says it matches it must find, what it says it rejects it must leave.

An example that fails says what was found instead, and what a rule saw there but refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from extract.find.context import Cues, compile_cues, cue_hits, governing
from extract.find.hits import Found, Rejected
from extract.find.language import Passage, load_language, sentences
from extract.find.rules import Rules, compile_rules, find_terms
from extract.find.search import search_passage
from extract.model import Cell, Mention, Span
from extract.schema import AnyRule, ColumnRule, Cue, Example, PatternRule, QuantityRule, Scale, Schema
from extract.schema.places import Places
from extract.schema.shapes.base import marked
from extract.schema.yamlfile import Fault


def check_examples(schema: Schema) -> list[Fault]:
    """Run all examples of all rules, scales and cues: a fault for each that fails, in the order of the schema."""
    rules, cues = compile_rules(schema), compile_cues(schema)
    places = Places(Path(schema.folder))
    faults: list[Fault] = []
    for rule in schema.rules:
        for part, number, example in _examples(rule):
            column = rule if isinstance(rule, ColumnRule) else None
            check = _check_match if part == "matches" else _check_reject
            said = check(rule, example, _Run(example, column, rules, cues))
            faults += [places.fault(text, "rules", rule.id, part, number) for text in said]
    for scale in schema.scales:
        for part, number, example in _examples(scale):
            said = _check_scale(scale, example, part == "matches", rules)
            faults += [places.fault(text, "scales", scale.id, part, number) for text in said]
    for cue in schema.context.cues:
        for part, number, example in _examples(cue):
            said = _check_cue(cue, example, part == "matches", cues)
            faults += [places.fault(text, "cues", cue.id, part, number) for text in said]
    return faults


def example_count(schema: Schema) -> int:
    """How many examples a schema holds."""
    parts: Sequence[AnyRule | Scale | Cue] = (*schema.rules, *schema.scales, *schema.context.cues)
    return sum(len(part.matches) + len(part.rejects) for part in parts)


def _examples(part: AnyRule | Scale | Cue) -> Iterator[tuple[str, int, Example]]:
    for name, examples in (("matches", part.matches), ("rejects", part.rejects)):
        for number, example in enumerate(examples):
            yield name, number, example


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


class _Run:
    """An example searched: its text, the ranges in brackets, all that was found and refused.

    That of a column rule is written ``header | cell``; its text is that of the cell.
    """

    def __init__(self, example: Example, column: ColumnRule | None, rules: Rules, cues: Cues) -> None:
        self.shown = f'"{example.text}"'
        text, self.ranges = marked(example.text)
        passage, cell = make_passage(text), None
        if column is not None:
            header, _, words = text.partition("|")
            lead = len(header) + 1 + len(words) - len(words.lstrip())
            words = words.strip()
            self.ranges = [(start - lead, end - lead) for start, end in self.ranges]
            span = Span(start=0, end=max(1, len(words)))
            cell = Cell(table=0, row=1, column=1, span=span, column_header=header.strip())
            passage = make_passage(words, header)._replace(cell=0, kind="cell")
        self.text = passage.text
        self.header = cell.column_header if cell else ""
        self.found: Found = search_passage(passage, cell, rules, cues, {})

    def by(self, rule: str) -> list[Mention]:
        """What one rule found."""
        return [mention for mention in self.found.mentions if mention.rule_id == rule]

    def instead(self, field: str) -> list[str]:
        """What was found where the rule found nothing, and what was refused: a line each, those of its field first."""
        near = [m for m in self.found.mentions if not self.ranges or _over(m.span.start, m.span.end, self.ranges)]
        others = sorted(near, key=lambda m: (m.field != field, m.span.start))
        lines = [
            f"found there: {m.field} = {m.value} at {_cited(m.text)} (rule {m.rule_id}){_how(m)}" for m in others[:4]
        ]
        refused = [no for no in self.found.rejected if not self.ranges or _over(no.start, no.end, self.ranges)]
        return lines + [_refused(self.text, no) for no in sorted(refused, key=lambda no: no.field != field)[:4]]


def _over(start: int, end: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start < b and a < end for a, b in ranges)


def _cited(words: str) -> str:
    return f'"{words}"'


def _refused(text: str, no: Rejected) -> str:
    return f"refused: {no.field} = {no.value} at {_cited(text[no.start : no.end])} (rule {no.rule_id}): {no.reason}"


def _how(mention: Mention) -> str:
    """How a find is meant, where it is no plain fact."""
    said = mention.context
    how = [word for word in (said.presence, said.who, said.when) if word not in ("present", "patient", "current")]
    return f", meant as {', '.join(how)}" if how else ""


def _lines(head: str, more: Iterable[str]) -> str:
    return "\n".join([head, *(f"    {line}" for line in more)])


def _check_match(rule: AnyRule, example: Example, run: _Run) -> Iterator[str]:
    found = run.by(rule.id)
    if not found:
        instead = run.instead(rule.field)
        head = f"rule '{rule.id}' does not find the words in brackets of {run.shown}."
        yield _lines(head, instead or [_why_nothing(rule, run)])
        return
    for start, end in run.ranges:
        if not any(m.span.start < end and start < m.span.end for m in found):
            words = ", ".join(_cited(m.text) for m in found)
            yield _lines(
                f"rule '{rule.id}' finds {words} in {run.shown}, not the words in brackets. Move the brackets, or "
                "change the rule.",
                run.instead(rule.field),
            )
            return
    if example.value is not None and example.value not in {str(m.value) for m in found}:
        values = ", ".join(sorted({f"'{m.value}'" for m in found}))
        yield f"rule '{rule.id}': {run.shown} comes to {values}, not to '{example.value}'."


def _why_nothing(rule: AnyRule, run: _Run) -> str:
    """Why a rule saw nothing at all in an example."""
    words = ", ".join(f"'{run.text[start:end]}'" for start, end in run.ranges)
    if isinstance(rule, ColumnRule):
        if rule.values and run.header:
            known = ", ".join(list(rule.values)[:12])
            return f"nothing was found there: the header must fit {rule.header!r}, the cell be one of {known}."
        return f"nothing was found there: does the header fit {rule.header!r}?"
    if isinstance(rule, PatternRule):
        return f"nothing was found there: the pattern {rule.pattern!r} fits nowhere in it."
    if isinstance(rule, QuantityRule):
        return (
            f"nothing was found there: it asks for a number with one of {', '.join(rule.units)} within {rule.window} "
            f"words {rule.order} one of {', '.join(rule.trigger)}."
        )
    return f"nothing was found there: no term of the rule has {words} among its words."


def _check_reject(rule: AnyRule, example: Example, run: _Run) -> Iterator[str]:
    found = [m for m in run.by(rule.id) if m.context.is_fact]
    if run.ranges:
        found = [m for m in found if _over(m.span.start, m.span.end, run.ranges)]
    if example.value is not None:
        found = [m for m in found if str(m.value) == example.value]
    if found:
        one = found[0]
        yield (
            f"rule '{rule.id}' must find nothing in {run.shown}, but finds {_cited(one.text)} ({one.field} = "
            f"{one.value}). Say in 'unless' what tells such sentences, or take the words out of the rule."
        )


def _check_scale(scale: Scale, example: Example, wanted: bool, rules: Rules) -> Iterator[str]:
    text, ranges = marked(example.text)
    hits, rejected = find_terms(make_passage(text), rules, {})
    named = [hit for hit in hits if hit.scale is not None]
    here = [hit for hit in named if hit.scale is not None and hit.scale.id == scale.id]
    if wanted and not here:
        lines = [f"found there: {hit.value} at {_cited(text[hit.start : hit.end])} ({hit.rule_id})" for hit in named]
        lines += [_refused(text, no) for no in rejected if no.field == "scale"]
        words = ", ".join(f"'{text[start:end]}'" for start, end in ranges)
        head = f"scale '{scale.id}' is not found in \"{example.text}\"."
        yield _lines(head, lines or [f"nothing was found there: neither its words nor its exact ones have {words}."])
    if not wanted and here:
        words = _cited(text[here[0].start : here[0].end])
        yield f"scale '{scale.id}' must not be found in \"{example.text}\", but {words} is. Use 'unless' or 'needs'."


def _check_cue(cue: Cue, example: Example, wanted: bool, cues: Cues) -> Iterator[str]:
    text, ranges = marked(example.text)
    passage = make_passage(text)._replace(section=cue.sections[0] if cue.sections else "case")
    field = cue.fields[0] if cue.fields else "adverse_event"
    for start, end in ranges:
        governs = governing(passage, passage.mention(field, text[start:end], start, end, "example"), cues)
        if (cue.id in governs) is wanted:
            continue
        hits = [
            hit
            for sentence in passage.sentences
            for hit in cue_hits(passage, sentence, cues, frozenset({field}))
            if hit.cue.id == cue.id
        ]
        seen = [
            f"it was seen at {_cited(hit.text)} and reaches over "
            f"{_cited(' '.join(text[hit.scope_start : hit.scope_end].split()))}"
            for hit in hits
        ]
        others = [f"governed by: {', '.join(governs)}"] if governs else []
        say = "does not govern" if wanted else "must not govern"
        nothing = [] if hits else ["it was seen nowhere there: none of its words, or its pattern, is in the sentence"]
        yield _lines(
            f"cue '{cue.id}' {say} {_cited(text[start:end])} in \"{example.text}\".", [*seen, *nothing, *others]
        )
