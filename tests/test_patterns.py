"""An expression made quicker must find what it found before, group by group."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.find.context import _cue_pattern
from extract.find.rules import compile_rules
from extract.patterns import hastened, searched
from extract.schema import Schema
from extract.schema.shapes.base import compiled


def found(pattern: re.Pattern[str], text: str) -> list[tuple[object, ...]]:
    return [(m.span(), m.groups(), m.groupdict()) for m in pattern.finditer(text)]


@pytest.mark.parametrize(
    ("pattern", "starts"),
    [
        (r"\b(?:girls?|boys?)\b", "bg"),
        (r"(?<=\d)\s?mg", r"\sm"),
        (r"(?:no )?fever", "nf"),
        (r"[a-c]x|\d+", r"\da-c"),
        (r"(?i:ab)|C", "aC"),
        (r"(?!x)(?P<n>one|two)", "ot"),
    ],
)
def test_what_a_match_can_begin_with_is_looked_at_first(pattern: str, starts: str) -> None:
    quick = hastened(re.compile(pattern))
    told = re.match(r"\(\?i?:\(\?=\[(.*?)\]\)\)", quick.pattern)
    assert told is not None
    members = re.sub(r"\\U(\w{8})", lambda m: chr(int(m[1], 16)), told[1])
    assert sorted(members) == sorted(starts)


@pytest.mark.parametrize("pattern", [r"(?:fever)?", r"[^a]b", r".x", r"\b(?:a|)", r"(a)?\1", "", r"(?=a)"])
def test_one_that_can_begin_with_anything_stays_as_it_is(pattern: str) -> None:
    plain = re.compile(pattern)
    assert hastened(plain) is plain


@pytest.mark.parametrize("pattern", ["(?i)no", "(?x) n o", "(?s)a.b"])
def test_one_that_tells_its_own_flags_stays_as_it_is(pattern: str) -> None:
    plain = re.compile(pattern)
    assert hastened(plain) is plain


@pytest.mark.parametrize("text", ["ſon", "SON", "\u212aIN", "kin", "İn", "ın", "IN", "mſon"])
def test_letters_that_differ_in_case_only_in_some_alphabet_are_found(text: str) -> None:
    for body in (r"\b(?:son|kin|in)\b", r"(?i:\b(?:son|kin|in)\b)"):
        for flags in (0, re.IGNORECASE):
            plain = re.compile(body, flags)
            assert found(hastened(plain), text) == found(plain, text)


PARTS = [
    *("a", "bk", "s?", r"\d+", r"\d", r"\s*", r"\s", " ", "[kis]", "[^a]", ".", "[]^-]", r"\W", r"\S", "[a-k]", "é"),
    *("(?:a|bk)", "(?:is|s|)", "(?:ab ?)+", "(?:k){0,2}", "(?i:ki)", "(?-i:S)", "(?P<x>b)?", "(?>a|ab)", "k*+", "s+?"),
]
LOOKS = ["(?=s)", "(?<=a)", "(?!k)", "(?<!b)", "^", "$", r"\b", r"\B", r"(?=\s?\d)", "(?:(?<=[(|])|^)"]


@given(
    st.lists(st.lists(st.sampled_from(PARTS + LOOKS), min_size=1, max_size=5), min_size=1, max_size=3),
    st.text("abkisABKIS01 (|]-^\né", max_size=20),
    st.sampled_from([0, re.IGNORECASE]),
)
def test_a_pattern_of_any_making_finds_the_same(alternatives: list[list[str]], text: str, flags: int) -> None:
    try:
        plain = re.compile("|".join("".join(parts) for parts in alternatives), flags)
    except re.error:  # a group named twice, a repeat of nothing
        return
    assert found(hastened(plain), text) == found(plain, text)


def test_every_rule_and_cue_finds_the_same(schema: Schema) -> None:
    """On all examples of all of them, as they are and in capitals."""
    examples = [e.text for r in (*schema.rules, *schema.scales, *schema.context.cues) for e in (*r.matches, *r.rejects)]
    texts = [text.replace("[[", "").replace("]]", "") for text in examples]
    text = "\n".join([*texts, *(text.upper() for text in texts)])
    rules = [
        compiled(re.sub(r" +", r"\\s", rule.pattern), 0 if rule.case else re.IGNORECASE)
        for rule, *_ in compile_rules(schema).patterns
    ]
    plain = [*rules, *map(_cue_pattern, schema.context.cues)]
    changed = [pattern for pattern in plain if hastened(pattern) is not pattern]
    assert len(changed) > 0.9 * len(plain), "fewer than nine of ten are quicker"
    for pattern in changed:
        assert found(hastened(pattern), text) == found(pattern, text), pattern.pattern


def test_searched_ignores_case_unless_told() -> None:
    assert searched("fever").search("FEVER")
    assert not searched("fever", 0).search("FEVER")
