"""A new rule from a sentence: the words in brackets become a rule of the right kind, in the right file, with the
sentence as its first example.

Nothing is written unless all rules, with the new one, keep their promises.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from extract.find import explain_mentions
from extract.find.examples import example_count, make_passage
from extract.find.rules import compile_rules, find_terms
from extract.numbers import number_word
from extract.read.text import text_document
from extract.rulebook.additions import OWN, Addition, WrongRule, appended, check_addition, text_of_file
from extract.rulebook.explain import explain_sentence
from extract.rulebook.known import WrongField, fields_named
from extract.rulebook.yamltext import after_item, entry, flow, insert, rule_of, scalar
from extract.schema import Column, Schema, Term, TermsRule
from extract.schema.places import Place, Places

Kind = Literal["terms", "pattern", "quantity", "scale"]

SCALES = frozenset({"scale", "scales", "score", "measure", "outcome", "outcomes"})
"""What people call the field whose rules stand in scales.yaml."""


class Marked(NamedTuple):
    """A sentence, the range of the words in brackets, and the sentence with them in double brackets."""

    text: str
    start: int
    end: int
    example: str

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]


class NewRule(NamedTuple):
    """A rule that was written (or, on trial, would be): where, how many examples hold, what the sentence gives now, and
    what its writer should know."""

    kind: Kind
    addition: Addition
    examples: int
    gives: str
    notes: list[str]


class AlreadyKnown(NamedTuple):
    """The words are known: as what, by which rule, which stands where."""

    words: str
    value: str
    rule: str
    place: str


def new_rule(
    field: str, sentence: str, schema: Schema, *, value: str = "", kind: str = "", rule: str = "", write: bool = True
) -> NewRule | AlreadyKnown:
    """Write a rule for ``field`` that finds the words in brackets, into the folder that the schema was read from.

    ``value`` is what the words come to (default: themselves); ``kind`` overrides the kind that the words suggest;
    ``rule`` names the list of terms that they join. Without ``write`` everything is tried and nothing written.
    Raises WrongRule, also when the rules with the new one do not pass their check.
    """
    marked = mark(sentence)
    name = "scale" if field in SCALES else _field(field, schema)
    chosen = _kind(name, marked, schema, kind)
    known = _already(name, marked, schema)
    if known is not None:
        if value and value != known.value:
            told = f"'{known.words}' is known as {known.value}, by the rule '{known.rule}' ({known.place})."
            raise WrongRule(f"{told} Change it there.")
        return known
    value = _value(name, value, marked, schema)
    folder = Path(schema.folder)
    if chosen == "scale":
        addition, notes = _scale(marked, value, folder), ["Fill in what stands behind # in the new lines."]
    elif chosen == "terms":
        addition, notes = _term(name, marked, value, schema, rule)
    else:
        addition, notes = _numbered(chosen, name, marked, value, schema), []
    checked = check_addition(folder, addition)
    if write:
        (folder / addition.file).write_text(addition.after, encoding="utf-8", newline="")
    document = text_document(marked.text, "text", checked)
    return NewRule(chosen, addition, example_count(checked), explain_sentence(document, checked), notes)


def mark(sentence: str) -> Marked:
    """The words that stand in [[double]] brackets, or else in [single] ones.

    Raises WrongRule unless there is one pair.
    """
    for pattern in (r"\[\[(.+?)\]\]", r"\[(.+?)\]"):
        found = list(re.finditer(pattern, sentence))
        if len(found) == 1 and found[0][1].strip():
            match = found[0]
            text = sentence[: match.start()] + match[1] + sentence[match.end() :]
            example = f"{sentence[: match.start()]}[[{match[1]}]]{sentence[match.end() :]}"
            return Marked(text, match.start(), match.start() + len(match[1]), example)
        if found:
            raise WrongRule(
                f"{len(found)} pairs of brackets in {sentence!r}. Put one pair around the words to be found."
            )
    raise WrongRule(f"no brackets in {sentence!r}. Put [[ ]] around the words to be found.")


def _field(field: str, schema: Schema) -> str:
    try:
        names = sorted(fields_named(field, schema))
    except WrongField as error:
        raise WrongRule(str(error).removeprefix("--field ")) from None
    return names[0]


def _columns(field: str, schema: Schema) -> list[Column]:
    return [column for spec in schema.tables.values() for column in spec.columns if column.mention == field]


def _kind(field: str, marked: Marked, schema: Schema, asked: str) -> Kind:
    """The kind of rule that the words call for: of a column of numbers a quantity or a pattern, else a term."""
    if field == "scale":
        return "scale"
    if asked:
        if asked not in ("terms", "pattern", "quantity"):
            raise WrongRule(f"--kind {asked}: not known. Allowed: terms, pattern, quantity.")
        return "terms" if asked == "terms" else "pattern" if asked == "pattern" else "quantity"
    columns = _columns(field, schema)
    numeric = any(column.type in ("number", "integer") for column in columns)
    if numeric or (not columns and re.search(r"\d", marked.words)):
        return "quantity" if _MEASURED.search(marked.words) and numeric else "pattern"
    return "terms"


def _value(field: str, value: str, marked: Marked, schema: Schema) -> str:
    """What the words come to, one of the allowed words where the column has such."""
    allowed = [word for column in _columns(field, schema) for word in column.allowed]
    if allowed and (value or marked.words) not in allowed:
        found = f"'{value}' is" if value else "the words themselves are"
        raise WrongRule(f"--value: {found} not allowed for '{field}'. Allowed: {', '.join(allowed)}.")
    if value:
        return value
    return marked.words if field == "scale" or _is_abbreviation(marked.words) else _lowered(marked.words)


def _lowered(words: str) -> str:
    """Small letters where capitals only begin a sentence."""
    return words[0].lower() + words[1:] if words[1:] == words[1:].lower() else words


def _is_abbreviation(words: str) -> bool:
    return bool(re.fullmatch(r"[\w-]{2,12}", words)) and sum(letter.isupper() for letter in words) > 1


# --- what is known already


def _already(field: str, marked: Marked, schema: Schema) -> AlreadyKnown | None:
    """The find that covers the words, if there is one."""
    places = Places(Path(schema.folder))
    if field == "scale":
        index = {scale.id: number for number, scale in enumerate(schema.scales)}
        for hit in find_terms(make_passage(marked.text), compile_rules(schema), {})[0]:
            if hit.scale is not None and hit.start <= marked.start and marked.end <= hit.end:
                place = str(places.item("scales", index[hit.scale.id]))
                return AlreadyKnown(marked.words, hit.value, hit.rule_id, place)
        return None
    found = explain_mentions(text_document(marked.text, "text", schema), schema)
    for mention in found.mentions:
        if mention.field == field and mention.span.start <= marked.start and marked.end <= mention.span.end:
            term = _term_place(mention.rule_id, str(mention.value), mention.text, schema, places)
            where = str(term or places.rule(mention.rule_id) or "a grammar of the program, no rule")
            return AlreadyKnown(marked.words, str(mention.value), mention.rule_id, where)
    return None


def _term_place(rule_id: str, value: str, words: str, schema: Schema, places: Places) -> Place | None:
    """Where the term with some words stands, else the first with their value."""
    rule = next((rule for rule in schema.rules if rule.id == rule_id), None)
    if not isinstance(rule, TermsRule):
        return None
    same = [index for index, term in enumerate(rule.terms) if term.value == value]
    folded = words.casefold()
    with_words = [
        i for i in same if folded in {word.casefold() for word in (*rule.terms[i].words, *rule.terms[i].exact)}
    ]
    return places.term(rule_id, (with_words or same)[0]) if same else None


# --- kinds of rules


def _term(field: str, marked: Marked, value: str, schema: Schema, asked: str) -> tuple[Addition, list[str]]:
    """A term in the list where the value stands, or in the field's only list, or in one of its own."""
    lists = [rule for rule in schema.rules if isinstance(rule, TermsRule) and rule.field == field]
    if asked and asked not in [rule.id for rule in lists]:
        names = ", ".join(rule.id for rule in lists) or "none; leave --rule out"
        raise WrongRule(f"--rule {asked}: no list of terms for '{field}' is called that. There are: {names}.")
    home, index = _home(field, value, lists, asked)
    twin = home.terms[index] if home and index >= 0 else None
    term, notes = _written(value, marked.words, twin), [] if twin else _usual(lists)
    example = flow({"text": marked.example, "value": value})
    if home is None:
        block = [
            f"  - id: {field}.own", "    kind: terms", f"    field: {field}",
            "    matches:", f"      - {example}", "    terms:", f"      - {term}",
        ]  # fmt: skip
        return appended(Path(schema.folder), OWN, block), notes
    file = Places(Path(schema.folder)).file_of(home.id)
    before = text_of_file(Path(schema.folder) / file)
    node = rule_of(before, home.id)
    insertions = (
        after_item(before, entry(node, "matches"), example),
        after_item(before, entry(node, "terms"), term, index),
    )
    return Addition(file, insertions, before, insert(before, insertions)), notes


def _usual(lists: list[TermsRule]) -> list[str]:
    """What most terms of a field say beside their words, and a new one does not."""
    terms = [term for rule in lists for term in rule.terms]
    notes = []
    for name in dict.fromkeys(name for term in terms for name in term.details):
        words = Counter(term.details[name] for term in terms if name in term.details)
        if 2 * words.total() > len(terms):
            usual = ", ".join(word for word, _ in words.most_common(5))
            notes.append(f"Most terms of this kind also say their {name} ({usual} ...), as details: {{{name}: ...}}.")
    return notes


def _home(field: str, value: str, lists: list[TermsRule], asked: str) -> tuple[TermsRule | None, int]:
    """The list that a new term joins, and the term after which it stands (-1: at the end)."""
    some = [rule for rule in lists if not asked or rule.id == asked]
    for rule in some:
        for index, term in reversed(list(enumerate(rule.terms))):
            if term.value == value:
                return rule, index
    own = [rule for rule in lists if rule.id == f"{field}.own"]
    if asked or len(lists) == 1:
        return some[0], -1
    return (own[0], -1) if own else (None, -1)


def _written(value: str, words: str, twin: Term | None) -> str:
    """A term in one line; codes and details are those of the term with the same value."""
    short = _is_abbreviation(words)
    parts: dict[str, object] = {"value": value, "exact" if short else "words": [words if short else _lowered(words)]}
    for name in ("codes", "details"):
        if twin is not None and getattr(twin, name):
            parts[name] = getattr(twin, name)
    return flow(parts)


_MEASURED = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*-?\s*(?P<unit>[^\W\d_][\w/%²³]*|%)")
_SMALL = re.compile(
    r"a|about|an|and|are|at|by|for|from|in|is|now|of|on|only|or|the|then|to|was|were|with", re.IGNORECASE
)
"""Words that tell nothing of a number."""


def _numbered(kind: Kind, field: str, marked: Marked, value: str, schema: Schema) -> Addition:
    """A rule for numbers: with a unit beside a word that tells what they are, or as a pattern."""
    home = next((rule.id for rule in schema.rules if rule.field == field and not isinstance(rule, TermsRule)), None)
    home = home or next((rule.id for rule in schema.rules if rule.field == field), None)
    file = Places(Path(schema.folder)).file_of(home) if home else OWN
    taken = {rule.id for rule in schema.rules}
    numbers = ("", *(f"_{number}" for number in range(2, len(taken) + 3)))
    lines = [
        f"  - id: {next(f'{field}.own{n}' for n in numbers if f'{field}.own{n}' not in taken)}",
        f"    kind: {kind}",
        f"    field: {field}",
    ]
    if kind == "quantity":
        lines += list(_quantity_lines(marked, schema, _columns(field, schema)))
        example = {"text": marked.example}
    else:
        pattern, has_number = _pattern(marked.words)
        lines += [f"    pattern: {scalar(pattern)}"]
        example = {"text": marked.example}
        if not has_number:
            lines += [f"    value: {scalar(value)}"]
            example["value"] = value
    lines += [
        "    matches:",
        f"      - {flow(example)}",
        "    rejects:  # add sentences that look alike and tell no such thing",
    ]
    lines += [f"      - {scalar(_without(marked))}"]
    return appended(Path(schema.folder), file, lines)


def _quantity_lines(marked: Marked, schema: Schema, columns: list[Column]) -> Iterator[str]:
    match = _MEASURED.search(marked.words)
    if match is None:
        raise WrongRule(
            f"no number with a unit in '{marked.words}'. Put both into the brackets, or give --kind pattern."
        )
    unit = match["unit"]
    before = re.findall(r"[^\W\d_][\w-]*", marked.text[: marked.start + match.start()])
    after = re.findall(r"[^\W\d_][\w-]*", marked.text[marked.start + match.end() :])
    trigger = next((word for word in reversed(before) if not _SMALL.fullmatch(word)), None)
    order = "before" if trigger else "after"
    trigger = trigger or next((word for word in after if not _SMALL.fullmatch(word)), None)
    if trigger is None:
        raise WrongRule(
            f"no word beside '{match.group()}' tells what it is. Give a longer sentence, or --kind pattern."
        )
    yield f"    trigger: {flow([re.escape(trigger.lower())])}  # words that tell what the number is"
    yield f"    units: {flow([unit])}"
    if order == "after":
        yield "    order: after"
    known = {word.lower() for each in schema.units for word in (each.unit, *each.words, *each.exact)}
    if unit.lower() not in known and unit.lower().removesuffix("s") not in known:
        like = next((each for each in schema.units for column in columns if each.unit == column.unit), None)
        kin = f"quantity: {like.quantity}, words: [{unit}], base: {like.base or like.unit}" if like else "quantity: ..."
        raise WrongRule(
            f"'{unit}' is no unit of {schema.folder}/units.yaml. Add it there first: "
            f"- {{unit: {unit}, {kin}, factor: how many of the base make one}}"
        )


_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"


def _pattern(words: str) -> tuple[str, bool]:
    """Words as a regular expression: the first number becomes the group ``number``, others any number."""
    out, seen = [], False
    for piece in re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+|\s+|.", words):
        if piece[0].isdigit() or (not seen and number_word(piece.lower()) is not None):
            digits = piece[0].isdigit()
            out.append((_NUMBER if digits else r"(?P<number>\d+|[a-z]+)") if not seen else r"\d+(?:\.\d+)?")
            seen = True
        else:
            out.append(" " if piece.isspace() else re.escape(piece))
    body = "".join(out)
    edges = ("\\b" if re.match(r"\w", words) else "", "\\b" if re.search(r"\w$", words) else "")
    return f"{edges[0]}{body}{edges[1]}", seen


def _without(marked: Marked) -> str:
    """The sentence without the words: what the rule must not find anything in."""
    rest = " ".join((marked.text[: marked.start] + marked.text[marked.end :]).split())
    rest = re.sub(r"\s+([.,;:!?])", r"\1", rest)
    return rest if len(rest.split()) > 2 else "Nothing of the kind is told here."


def _scale(marked: Marked, value: str, folder: Path) -> Addition:
    """A scale, with the lines that only its writer can fill in as comments."""
    name = re.sub(r"[^a-z0-9]+", "_", marked.words.lower()).strip("_")
    form = "exact" if _is_abbreviation(marked.words) else "words"
    other = "words: [the name in full]" if form == "exact" else "exact: [its abbreviation, as it stands]"
    lines = [
        f"  - id: {name}",
        f"    name: {scalar(value)}",
        f"    {form}: {flow([marked.words])}",
        f"    # {other}",
        "    # minimum: 0",
        "    # maximum: 100",
        "    # better: lower or higher",
        "    matches:",
        f"      - {flow({'text': marked.example, 'value': value})}",
    ]
    return appended(folder, "scales.yaml", lines)
