"""The cheap look before a pattern: it may say yes in vain, but never no where the pattern matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.find.context import compile_cues
from extract.find.needs import NOTHING, Need, needs_of
from extract.find.rules import compile_rules
from extract.find.sieve import look_at, may_match, needed_by
from extract.schema import Schema


def one_of(*strings: str) -> Need:
    return Need(frozenset([frozenset(strings)]))


def all_of(*clauses: set[str]) -> Need:
    return Need(frozenset(map(frozenset, clauses)))


@pytest.mark.parametrize(
    ("pattern", "need"),
    [
        (r"\bno\b", one_of("no")),
        (r"\b(?:girls?|boys?)\b", one_of("boy", "girl")),
        (r"diagnosed\s+(?:with|as)", one_of("diagnosed with", "diagnosed as")),
        (r"no\s+evidence\s+of", one_of("no evidence of")),
        (r"(?:fever)?", NOTHING),
        (r"a|b", NOTHING),
        (r"fever|\w+", NOTHING),
        (r"(?:abc){0,2}", NOTHING),
        (r"(?:abc){1,2}", one_of("abc")),
        (r"x(?!yz)abc", one_of("xabc")),
        (r"\d+", one_of("0")),
        (r"aged\s\d{1,3}(?:\.\d+)?\b", one_of("aged 0")),
        (r"(?<=\d)\s?mg", one_of("0mg", "0 mg")),
        (r"case\s?(?=\d)", one_of("case0", "case 0")),
        (r"mean(?=.*\d)[^.]*kg", all_of({"mean"}, {"0"}, {"kg"})),
        (r"weigh\w*\s.*\bkg", all_of({"weigh"}, {"kg"})),
        (r"(?:ab)+cd", all_of({"ab"}, {"abcd"})),
        (
            r"we\b.*\btreated|our\b.*\bpatient",
            Need(
                frozenset([frozenset(["treated", "patient"])]),
                ((all_of({"we"}, {"treated"}), all_of({"our"}, {"patient"})),),
            ),
        ),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, need: Need) -> None:
    assert needs_of(re.compile(pattern, re.IGNORECASE)) == need


@pytest.mark.parametrize("text", ["NO  Evidence\n of it", "no\u2003evidence of it", "No evıdence of it"])
def test_case_and_white_space_do_not_matter(text: str) -> None:
    pattern = re.compile(r"no\s+evidence\s+of", re.IGNORECASE)
    assert pattern.search(text)
    assert may_match(needed_by(pattern), look_at(text))


@pytest.mark.parametrize("text", ["no evidence", "evidence of no use", "noevidence of it", "no evidence off"])
def test_a_phrase_is_looked_for_as_a_whole(text: str) -> None:
    needed = needed_by(re.compile(r"no\sevidence\sof\s"))
    assert not may_match(needed, look_at(text))


def test_all_parts_are_asked_for_and_of_alternatives_one() -> None:
    needed = needed_by(re.compile(r"we\b.*\btreated|our\b.*\bpatient"))
    assert may_match(needed, look_at("now we have treated him"))
    assert may_match(needed, look_at("our young patient"))
    assert not may_match(needed, look_at("our boy was treated"))
    assert not may_match(needed, look_at("they saw a patient"))


def test_a_look_taken_before_a_pattern_was_known_says_nothing_of_it() -> None:
    before = look_at("a zyzzyva was seen")
    needed = needed_by(re.compile("quagga|zyzzyva"))
    assert may_match(needed, before)
    assert not may_match(needed, look_at("a quokka was seen"))


ALPHABET = "abkisſKıİβSK \t\n\u2009-ß."


@given(st.lists(st.text("abkis -", min_size=1, max_size=4), min_size=1, max_size=4), st.text(ALPHABET, max_size=30))
def test_what_a_pattern_matches_passes(words: list[str], text: str) -> None:
    pattern = re.compile("|".join(re.escape(w).replace(r"\ ", r"\s+") for w in words), re.IGNORECASE)
    if pattern.search(text):
        assert may_match(needed_by(pattern), look_at(text))


FRAGMENTS = [
    *("a", "bk", "s?", r"\d+", r"\d", r"\s*", r"\s", " ", "[kis]", "[^a]", "."),
    *("(?:a|bk)", "(?:is|s|)", "(?:ab ?)+", "(?:k){0,2}"),
]
LOOKS = ["(?=s)", "(?<=a)", "(?!k)", "^", r"\b", r"(?=\s?\d)", "(?:(?<=[(|])|^)"]


@given(
    st.lists(st.lists(st.sampled_from(FRAGMENTS + LOOKS), min_size=1, max_size=5), min_size=1, max_size=3),
    st.text("abkis01 (|\n", max_size=20),
)
def test_a_pattern_of_any_making_matches_only_what_passes(alternatives: list[list[str]], text: str) -> None:
    body = "|".join("".join(parts) for parts in alternatives)
    for pattern in (re.compile(body, re.IGNORECASE), re.compile(rf"b(?:{body})s", re.IGNORECASE)):
        if pattern.search(text):
            assert may_match(needed_by(pattern), look_at(text)), pattern.pattern


def test_every_rule_and_cue_passes_what_its_pattern_matches(schema: Schema) -> None:
    """On all examples, as they are, in capitals, and broken over lines."""
    examples = [e.text for r in (*schema.rules, *schema.scales, *schema.context.cues) for e in (*r.matches, *r.rejects)]
    plain = [text.replace("[[", "").replace("]]", "") for text in examples]
    texts = [*plain, *(text.upper() for text in plain), *(text.replace(" ", "\n") for text in plain)]
    rules = compile_rules(schema)
    patterns = [(pattern, needed) for _, pattern, _, needed in (*rules.patterns, *rules.quantities)]
    patterns += [(ready.pattern, ready.needed) for ready in compile_cues(schema).cues]
    looks = [look_at(text) for text in texts]
    spared = 0
    for pattern, needed in patterns:
        for text, look in zip(texts, looks, strict=True):
            if not may_match(needed, look):
                spared += 1
                assert not pattern.search(text), (pattern.pattern, text)
    assert spared > 0.9 * len(texts) * len(patterns), "the look spares less than nine of ten"


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
