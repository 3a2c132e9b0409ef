"""FIND, abbreviations: the short forms that a document defines."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

from scispacy.abbreviation import AbbreviationDetector

from extract.find.language import SEARCHED, SHORT_AND_LONG, load_language, sentences, states_nothing
from extract.model import Document

# scispaCy's detector asks an empty matcher first; the warning tells a user nothing
warnings.filterwarnings("ignore", message=r"\[W036\]", module="scispacy")

_DEFINITION = re.compile(r"\([^()]{0,40}?[A-Z][^()]{0,40}\)|[A-Za-z]{2,8}\s*\([a-z][^()]{8,}\)")


def abbreviations(document: Document) -> dict[str, str]:
    """Short forms that the paper defines itself, each with its long form (the first definition counts).

    Schwartz and Hearst 2003, by scispaCy's detector, on the sentences that can hold a definition only.
    """
    nlp = load_language()
    detector = _detector()
    found: dict[str, str] = {}
    for block in document.blocks:
        if block.kind not in SEARCHED or block.section == "references":
            continue
        text = document.quote(block.span)
        if states_nothing(text):
            for match in SHORT_AND_LONG.finditer(text):
                found.setdefault(match["short"], match["long"].strip())
        for start, end in sentences(text):
            sentence = text[start:end]
            if "(" not in sentence or not _DEFINITION.search(sentence) or not _may_define(sentence):
                continue
            for short in detector(nlp.make_doc(sentence))._.abbreviations:
                if short.text not in found:
                    found[short.text] = _by_initials(sentence, short.text) or short._.long_form.text
    return found


def _may_define(sentence: str) -> bool:
    """Whether the letters of something short beside or inside a bracket stand in order in the words it could stand for.

    What Schwartz and Hearst ask for and more; the detector itself is slow on sentences full of brackets.
    """
    for match in _BRACKET.finditer(sentence):
        before, inside = sentence[: match.start()].rstrip(), match[1].strip()
        if "(" in before[before.rfind(")") + 1 :]:
            return True  # a bracket inside another: left to the detector
        if len(inside.split()) <= 3 and len(inside) <= 30 and _in_order(inside, before[-250:]):
            return True
        word = re.search(r"[^\W_]*$", before[-12:])
        if word and len(inside.split()) > 1 and _in_order(word.group(), inside):
            return True
    return False


_BRACKET = re.compile(r"\(([^()]*)\)")


def _in_order(short: str, words: str) -> bool:
    left = iter(words.lower())
    return all(letter in left for letter in short.lower() if letter.isalnum())


def _by_initials(sentence: str, short: str) -> str:
    """The words before a bracketed short form whose initials are its letters, '' when they are not.

    Schwartz and Hearst take the shortest stretch that holds the letters: for "systemic sclerosis (SS)" sclerosis alone.
    """
    place = re.search(rf"\(\s?{re.escape(short)}\b", sentence)
    if place is None or not short.isalpha():
        return ""
    words = list(re.finditer(r"[^\W\d_][\w'’]*", sentence[: place.start()]))[-len(short) :]
    if "".join(word.group()[0] for word in words).lower() != short.lower():
        return ""
    return sentence[words[0].start() : place.start()].rstrip()


@lru_cache(maxsize=1)
def _detector() -> AbbreviationDetector:
    return AbbreviationDetector(load_language())
