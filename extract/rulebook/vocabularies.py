"""A term list or an ontology becomes a file of rules: which words are taken, which are left out and why.

What is written is the same whenever the same file meets the same rules, and passes their check.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from extract.evidence.cells import protect
from extract.find.rules import word_key
from extract.rulebook.additions import NAMED, Addition, WrongRule, check_addition
from extract.rulebook.termfiles import Concept, TermFile
from extract.rulebook.yamltext import Insertion, flow, scalar
from extract.schema import Schema, TermsRule

SHORTEST = 4
"""A word with fewer letters and digits is an abbreviation of too many things."""

LONGEST = 12
"""A name of more words is not found in running text."""

EXAMPLES = 8
"""So many terms of a list stand as examples, spread over it."""

_GENERIC = re.compile(
    r"(?:(?:a|abnormality|acute|and|animal|benign|by|chronic|common|condition|congenital|diseases?|disorders?|familial|"
    r"finding|genetic|hereditary|human|infectious|inflammatory|inherited|local|malignant|of|or|other|primary|rare|secondary|"
    r"sign|specific|symptom|syndrome|systemic|the)(?:\W+|$))+",
    re.IGNORECASE,
)
"""Names of nothing but such words name no one thing."""

JUDGED = frozenset({"diagnosis", "adverse_event"})
"""Fields that may share a word: which is meant, its sentence tells."""


class Left(NamedTuple):
    """A word that was left out. ``other`` is what it belongs to, where that is the reason."""

    id: str
    value: str
    word: str
    reason: str
    other: str


@dataclass
class Taken:
    """A concept with the words of it that are taken, by the key on which words are compared."""

    concept: Concept
    value: str
    words: dict[str, str] = field(default_factory=dict)
    exact: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Vocabulary:
    """What an import came to. ``joined`` counts concepts that go by a name which the rules have already, ``known``
    those of which the rules know all words."""

    field: str
    name: str
    taken: tuple[Taken, ...]
    left: tuple[Left, ...]
    joined: int
    known: int
    addition: Addition
    examples: int

    @property
    def words(self) -> int:
        return sum(len(each.words) + len(each.exact) for each in self.taken)


def import_terms(
    file: TermFile,
    source: Path,
    schema: Schema,
    *,
    field: str,
    name: str,
    limit: int = 0,
    replace: bool = False,
    asked: str = "",
) -> Vocabulary:
    """Make rules/<name>.yaml of the concepts of a file, for a kind of find; nothing is written.

    ``schema`` is that of the project; with ``replace`` a file of that name may be there already, and its terms do not
    count as known. ``limit`` takes the first concepts only (0: all); ``asked`` is what else was asked for, to be noted
    in the file. Raises WrongRule when nothing is left, when the file is there, or when the rules with the new ones fail
    their check.
    """
    folder, target = Path(schema.folder), f"rules/{name}.yaml"
    rule_id = f"{field}.{name}"
    if (folder / target).is_file() and not replace:
        raise WrongRule(f"{folder / target}: is there already. Give --replace to make it anew, or another --name.")
    others = [rule for rule in schema.rules if rule.id != rule_id]
    if replace and len(others) == len(schema.rules) and (folder / target).is_file():
        raise WrongRule(f"{folder / target}: holds no rule '{rule_id}', so it is not replaced. Give another --name.")
    known = _known(schema, rule_id)
    taken, left, joined, done = _sift(file.concepts[: limit or None], known, field)
    if not taken:
        raise WrongRule(f"{source}: no word is left to be taken ({_counted(left)}). Nothing was written.")
    spoilt: set[str] = set()
    for _ in range(4):
        candidates = [example for example in _examples(taken) if example[0] not in spoilt][:EXAMPLES]
        text = _head(file, source, f"--field {field} --name {name}{asked}", taken) + _rule(
            rule_id, field, candidates, taken
        )
        addition = Addition(target, (Insertion(0, text),), "", text)
        try:
            checked = check_addition(folder, addition)
        except WrongRule as error:
            fault = error
            failing = {sentence for sentence, _ in candidates if sentence in str(error)}
            broken = _breakers(taken, schema, str(error))
            if not failing and not broken:
                raise
            spoilt |= failing
            left += broken
            taken = [each for each in taken if each.words or each.exact]
        else:
            examples = sum(len(rule.matches) + len(rule.rejects) for rule in checked.rules)
            return Vocabulary(field, name, tuple(taken), tuple(left), joined, done, addition, examples)
    raise fault


# --- which words are taken


class Known(NamedTuple):
    """A word that the rules know."""

    field: str
    value: str
    rule: str


def _known(schema: Schema, but: str) -> dict[str, list[Known]]:
    """The words of all terms and scales, by their key, without those of one rule."""
    out: dict[str, list[Known]] = {}
    for rule in schema.rules:
        if isinstance(rule, TermsRule) and rule.id != but:
            for term in rule.terms:
                for word in (*term.words, *term.exact, term.value):
                    out.setdefault(word_key(word), []).append(Known(rule.field, term.value, rule.id))
    for scale in schema.scales:
        for word in (*scale.words, *scale.exact):
            out.setdefault(word_key(word), []).append(Known("scale", scale.name, f"scale:{scale.id}"))
    return out


def _sift(
    concepts: Sequence[Concept], known: dict[str, list[Known]], field: str
) -> tuple[list[Taken], list[Left], int, int]:
    """The concepts with the words that are taken, what was left out, how many joined a known value, how many brought
    nothing new. Names go before synonyms, then the first in the file."""
    left: list[Left] = []
    done = 0
    owners: dict[str, Taken] = {}
    rows: list[Taken] = []
    for concept in concepts:
        same = sorted({one.value for one in known.get(word_key(concept.value), ()) if one.field == field})
        value = concept.value if concept.value in same or len(same) != 1 else same[0]
        rows.append(Taken(concept, value))
        if concept.words and not _unfit(concept.words[0]):
            owners.setdefault(word_key(concept.words[0]), rows[-1])
    for row in rows:
        had = False
        for word in dict.fromkeys(row.concept.words):
            reason = _unfit(word)
            key = word_key(word)
            if not reason and key not in row.words:
                reason, other = _elsewhere(key, row.value, known, field)
                owner = owners.setdefault(key, row)
                if not reason and owner is not row:
                    reason, other = "belongs to two concepts of the file", " ".join([owner.concept.id, owner.value])
                if reason == "known":
                    had = True
                elif not reason:
                    (row.exact if _is_abbreviation(word) else row.words)[key] = word
            else:
                other = ""
            if reason and reason != "known":
                left.append(Left(row.concept.id, row.value, word, reason, other))
        for word in dict.fromkeys(row.concept.exact):
            row.exact[f"={word}"] = word
        done += had and not row.words and not row.exact
    taken = [row for row in rows if row.words or row.exact]
    names = {one.value for ones in known.values() for one in ones if one.field == field}
    return taken, left, sum(row.value in names for row in taken), done


def _elsewhere(key: str, value: str, known: dict[str, list[Known]], field: str) -> tuple[str, str]:
    """Why a word cannot be taken because of what it means already, and what that is."""
    for one in known.get(key, ()):
        if one.field == field and one.value == value:
            return "known", ""
    for one in known.get(key, ()):
        if one.field == field:
            return "belongs to another concept", f"{one.value} (rule {one.rule})"
        if not {one.field, field} <= JUDGED:
            return "belongs to another field", f"{one.field} {one.value} (rule {one.rule})"
    return "", ""


def _unfit(word: str) -> str:
    """Why a word is not taken whatever it means, or ''."""
    signs = re.sub(r"[\W_]", "", word)
    if not re.search(r"[^\W\d_]", word):
        return "no word"
    if len(signs) < SHORTEST:
        return "too short"
    parts = re.findall(r"[^\W_]+", word)
    if len(parts) > LONGEST:
        return "too long"
    if (len(parts) == 1 and word.lower() in everyday()) or _GENERIC.fullmatch(word):
        return "too common"
    return ""


@lru_cache(maxsize=1)
def everyday() -> frozenset[str]:
    """Words that say too little alone."""
    lines = Path(__file__).with_name("everyday.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _is_abbreviation(word: str) -> bool:
    """One word with capitals within it: only as it stands."""
    return bool(re.fullmatch(r"[\w-]{2,10}", word)) and sum(letter.isupper() for letter in word) > 1


def _counted(left: Iterable[Left]) -> str:
    reasons = Counter(one.reason for one in left)
    return ", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items())) or "it holds none"


# --- the file


def _head(file: TermFile, source: Path, options: str, taken: Sequence[Taken]) -> str:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    release = f" ({' '.join(file.version.split())})" if file.version else ""
    words = sum(len(each.words) + len(each.exact) for each in taken)
    return (
        f"{NAMED}# {len(taken)} concepts with {words} words from {source.name}{release}, sha256 {digest}.\n"
        f"# Made by: caseloom rules import {source.name} {options}\n"
        "# Make it anew with --replace rather than edit it: what is written here is lost then.\n"
        "rules:\n"
    )


def _rule(rule_id: str, field: str, examples: Sequence[tuple[str, str]], taken: Sequence[Taken]) -> str:
    lines = [f"  - id: {rule_id}", "    kind: terms", f"    field: {field}", "    matches:"]
    lines += [f"      - {{text: {scalar(sentence)}, value: {scalar(value)}}}" for sentence, value in examples]
    lines.append("    terms:")
    for each in taken:
        parts: dict[str, object] = {"value": each.value}
        for name in ("words", "exact"):
            if words := list(getattr(each, name).values()):
                parts[name] = words
        for name in ("needs", "unless", "codes", "details"):
            if more := getattr(each.concept, name):
                parts[name] = more
        lines.append(f"      - {flow(parts)}")
    return "\n".join(lines) + "\n"


def _examples(taken: Sequence[Taken]) -> Iterator[tuple[str, str]]:
    """Sentences with the first word of terms that are spread over the list, more than are needed."""
    step = max(1, len(taken) // (3 * EXAMPLES))
    for each in taken[::step]:
        if not each.concept.needs:
            word = next(iter((*each.words.values(), *each.exact.values())))
            yield f"It was called [[{word}]] at last.", each.value


def _breakers(taken: Sequence[Taken], schema: Schema, told: str) -> list[Left]:
    """Take away the words that stand in examples of other rules which fail now; what was taken away."""
    owners = (*schema.rules, *schema.scales, *schema.context.cues)
    examples = [example.text for owner in owners for example in (*owner.matches, *owner.rejects)]
    keys: set[str] = set()
    for text in examples:
        if text in told:
            parts = word_key(re.sub(r"\[\[|\]\]", "", text)).split()
            keys |= {" ".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, i + LONGEST + 1)}
    left = []
    for each in taken:
        for words in (each.words, each.exact):
            for key in [key for key in words if key.removeprefix("=").casefold() in keys or key in keys]:
                word = words.pop(key)
                left.append(Left(each.concept.id, each.value, word, "breaks an example of the rules", ""))
    return left


# --- what is shown and written


def as_text(vocabulary: Vocabulary, file: TermFile, source: Path, report: Path) -> str:
    """What the import came to, for people."""
    passed = "".join(f", {number} {reason}" for reason, number in sorted(file.passed.items()))
    whole = len(file.concepts) + sum(file.passed.values())
    lines = [f"{source.name}{f' ({file.version})' if file.version else ''}: {whole} terms{passed}."]
    joined = f", {vocabulary.joined} of them under a name that the rules have" if vocabulary.joined else ""
    known = f"; {vocabulary.known} brought no new word" if vocabulary.known else ""
    what = f"{len(vocabulary.taken)} concepts with {vocabulary.words} words"
    lines.append(f"{what} go to {vocabulary.addition.file}{joined}{known}.")
    if vocabulary.left:
        lines.append(f"{len(vocabulary.left)} words are left out ({_counted(vocabulary.left)}); {report} lists them.")
    lines.append("All examples of all rules hold with it.")
    return "\n".join(lines)


def report_csv(vocabulary: Vocabulary) -> str:
    """The words that were left out, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Left._fields)
    writer.writerows([protect(cell) for cell in row] for row in vocabulary.left)
    return text.getvalue()
