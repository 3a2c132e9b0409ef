"""The cheap look before a pattern: it may say yes in vain, but never no where the pattern matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.find.context import compile_cues
from extract.find.rules import compile_rules
from extract.find.sieve import fold, may_match, strings_of
from extract.schema import Schema


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        (r"\bno\b", ("no",)),
        (r"\b(?:girls?|boys?)\b", ("boy", "girl")),
        (r"diagnosed\s+(?:with|as)", ("diagnosed ",)),
        (r"no\s+evidence\s+of", ("no evidence of",)),
        (r"(?:fever)?", None),
        (r"\d+", None),
        (r"a|b", None),
        (r"(?:abc){0,2}", None),
        (r"(?:abc){1,2}", ("abc",)),
        (r"x(?!yz)abc", ("xabc",)),
    ],
)
def test_strings_are_read_off_the_pattern(pattern: str, strings: tuple[str, ...] | None) -> None:
    assert strings_of(re.compile(pattern, re.IGNORECASE)) == strings


@pytest.mark.parametrize("text", ["NO  Evidence\n of it", "no\u2003evidence of it", "No evıdence of it"])
def test_case_and_white_space_do_not_matter(text: str) -> None:
    pattern = re.compile(r"no\s+evidence\s+of", re.IGNORECASE)
    assert pattern.search(text)
    assert may_match(strings_of(pattern), fold(text))


ALPHABET = "abkisſKıİβSK \t\n\u2009-ß."


@given(st.lists(st.text("abkis -", min_size=1, max_size=4), min_size=1, max_size=4), st.text(ALPHABET, max_size=30))
def test_what_a_pattern_matches_passes(words: list[str], text: str) -> None:
    pattern = re.compile("|".join(re.escape(w).replace(r"\ ", r"\s+") for w in words), re.IGNORECASE)
    if pattern.search(text):
        assert may_match(strings_of(pattern), fold(text))


def test_every_rule_and_cue_passes_what_its_pattern_matches(schema: Schema) -> None:
    """On all examples, as they are, in capitals, and broken over lines."""
    examples = [e.text for r in (*schema.rules, *schema.scales, *schema.context.cues) for e in (*r.matches, *r.rejects)]
    plain = [text.replace("[[", "").replace("]]", "") for text in examples]
    texts = [*plain, *(text.upper() for text in plain), *(text.replace(" ", "\n") for text in plain)]
    folded = [fold(text) for text in texts]
    rules = compile_rules(schema)
    patterns = [(pattern, strings) for _, pattern, _, strings in rules.patterns]
    patterns += [(pattern, strings) for _, pattern, strings in rules.quantities]
    patterns += [(ready.pattern, ready.strings) for ready in compile_cues(schema).cues]
    looked = 0
    for pattern, strings in patterns:
        for text, low in zip(texts, folded, strict=True):
            if not may_match(strings, low):
                looked += 1
                assert not pattern.search(text), (pattern.pattern, text)
    assert looked > len(texts) * len(patterns) / 2, "the look spares less than half"


def test_vocabulary_is_known_by_the_tokens_that_texts_have(schema: Schema) -> None:
    """Plain phrases go to the matcher without the tokenizer; they must be what the tokenizer would make of them."""
    from extract.find.language import load_language
    from extract.find.rules import _phrase, variants_of
    from extract.schema import TermsRule

    nlp = load_language()
    phrases = [
        (variant, exact)
        for rule in schema.rules
        if isinstance(rule, TermsRule)
        for term in rule.terms[::7]
        for words, exact in ((term.words, False), (term.exact, True))
        for word in words
        for variant in variants_of(word, exact)
    ]
    short_cut = [(phrase, exact, _phrase(phrase, exact)) for phrase, exact in phrases]
    taken = [(phrase, exact, keys) for phrase, exact, keys in short_cut if isinstance(keys, list)]
    assert len(taken) > len(phrases) / 2
    for phrase, exact, keys in taken:
        assert keys == [token.orth if exact else token.norm for token in nlp.make_doc(phrase)], phrase
