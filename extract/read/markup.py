"""READ: the words inside an XML element, with raised digits written so that they say what they are.

A power of ten is written ``10⁶``, a power of a unit ``cm²``, a raised citation `` [12]`` and a raised footnote
letter `` [a]``: the same marks as for a page of a PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

RAISED = str.maketrans("0123456789-−–+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺ⁿ")

_BLOCK_NAMES = """
table-wrap table-wrap-group table fig fig-group fn fn-group list def-list disp-quote boxed-text sec p graphic media
supplementary-material object-id alternatives table-wrap-foot statement verse-group speech array
"""
NOT_INLINE = frozenset(_BLOCK_NAMES.split())
"""Elements that are blocks of their own (or pictures): their words are not part of the paragraph around them."""

_SPACE = re.compile(r"\s+")
_TEN = re.compile(r"(?:^|[^\d.,])10$")
_NUMBER = re.compile(r"[-−–]?\d{1,3}[+-]?$")
_CITED = re.compile(r"\[?\(?\d{1,3}[a-z]?(?:\s*[,;–—−‒-]\s*\d{1,3}[a-z]?)*[,;.]?\)?\]?$")
_UNIT = re.compile(r"(?:^|[^A-Za-z])(?:[kcdmnµμ]?(?:m|g|s|l|L|M)|in|ft|min|hr?|sec|day|yr?|mol|kg|Å|10)$")
_LETTERS = re.compile(r"[a-z](?:\s*,\s*[a-z])*$")
_STARS = re.compile(r"[*†‡§¶‖#∥]+$")
_MARKED = re.compile(r" \[[^\[\]]{1,30}\]$")
_OPEN = re.compile(r"[\[(][^\])]*$")
_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.S)
_TEX_WORDS = {
    "times": "×", "cdot": "·", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "mu": "μ", "alpha": "α",
    "beta": "β", "gamma": "γ", "delta": "δ", "approx": "≈", "sim": "~", "rightarrow": "→", "to": "→", "infty": "∞",
    "Delta": "Δ", "lt": "<", "gt": ">", "div": "÷", "circ": "°", "prime": "′", "ast": "*",
}  # fmt: skip
_TEX_WORD = re.compile(r"\\([A-Za-z]+)\s?")
_TEX_POWER = re.compile(r"\^\{\s*([-−+]?\s*\d+)\s*\}|\^(\d)")


def tag_of(element: Element) -> str:
    """The name of an element without its namespace; '' for comments and instructions."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def words_of(element: Element) -> str:
    """All words of an element that are set in line, white space evened out; blocks inside it are left out."""
    done: list[str] = []
    text = ""
    for kind, words in _pieces(element):
        text = _joined(text, kind, words)
        if len(text) > 4000:  # what is written next looks back a few words at most
            done.append(text[:-200])
            text = text[-200:]
    return _SPACE.sub(" ", "".join((*done, text))).strip()


def _joined(text: str, kind: str, words: str) -> str:
    """Write one piece after what stands before it."""
    if kind == "words":
        glued = text[-1:] == "]" and words[:1].isalnum() and _MARKED.search(text[-40:])
        return f"{text} {words}" if glued else text + words
    bare = _SPACE.sub(" ", words).strip()
    if not bare:
        return text
    if kind == "cited":
        if _OPEN.search(text[-60:]) or not bare[0].isdigit():
            return text + words
        space = "" if not text or text[-1].isspace() or text[-1] in "]," else " "
        return f"{text}{space}[{bare}]"
    return _raised(text, words, bare, cites=kind == "raised citation") + (" " if words[-1].isspace() else "")


def _raised(text: str, words: str, bare: str, *, cites: bool) -> str:
    if cites:
        inner = bare.strip("[]()").rstrip(".")
        return f"{text.rstrip()} [{inner}]" if text.strip() else f"[{inner}]"
    trimmed = text.rstrip()
    number = bare.replace(" ", "")
    if _NUMBER.match(number):
        if _TEN.search(trimmed):
            return trimmed + number.translate(RAISED)
        negative = number[0] in "-−–"
        if negative or number[-1] in "+-" or (_UNIT.search(trimmed) and len(number) == 1):
            return text + number.translate(RAISED)
        if not trimmed or text != trimmed:
            return text + number.translate(RAISED)  # an isotope: ¹³C
        if trimmed[-1].isdigit() and len(number) == 1 and not re.search(r"(?:19|20)\d\d$", trimmed):
            return text + number.translate(RAISED)
    if _CITED.match(bare) and (trimmed[-1:].isalpha() or trimmed[-1:] in '.,;:!?)]%”’"' or trimmed[-1:].isdigit()):
        return f"{trimmed} [{bare.strip('[]()').rstrip('.,;')}]"
    if _LETTERS.match(bare):
        return f"{trimmed} [{bare}]" if trimmed else f"[{bare}]"
    if _STARS.match(bare):
        return f"{trimmed} [{bare}]" if trimmed[-1:].isdigit() else trimmed + bare
    return text + words


def _pieces(element: Element, raised: bool = False) -> Iterator[tuple[str, str]]:
    """The words of an element in order, each with what it is: words, cited, raised, raised citation."""
    if element.text:
        yield "raised" if raised else "words", element.text
    for child in element:
        tag = tag_of(child)
        if tag == "sup" and not raised:
            yield from _raised_pieces(child)
        elif tag == "xref" and child.get("ref-type") == "bibr":
            yield ("raised citation" if _is_raised(child) else "cited"), "".join(child.itertext())
        elif tag == "xref" and child.get("ref-type") in ("table-fn", "fn"):
            yield "raised", "".join(child.itertext())
        elif tag in ("inline-formula", "disp-formula") or tag in ("tex-math", "math"):
            yield "words", f" {formula_words(child)} "
        elif tag == "break":
            yield "words", " "
        elif tag and tag not in NOT_INLINE:
            yield from _pieces(child, raised)
        if child.tail:
            yield "raised" if raised else "words", child.tail


def _is_raised(element: Element) -> bool:
    children = list(element)
    return len(children) == 1 and tag_of(children[0]) == "sup" and not (element.text or "").strip()


def _raised_pieces(element: Element) -> Iterator[tuple[str, str]]:
    """What is raised, as one piece; with citations in it, it is one list of citations."""
    words = "".join(element.itertext())
    cites = any(tag_of(x) == "xref" and x.get("ref-type") == "bibr" for x in element.iter())
    yield "raised citation" if cites else "raised", words


def formula_words(element: Element) -> str:
    """A formula as a line of text: powers raised, signs as signs; '' for a formula that is only a picture."""
    for math in element.iter():
        if tag_of(math) == "math":
            return _SPACE.sub(" ", _math(math)).strip()
    for tex in element.iter():
        if tag_of(tex) == "tex-math":
            return _tex("".join(tex.itertext()))
    return _SPACE.sub(" ", "".join(element.itertext())).strip()


def _math(element: Element) -> str:
    tag = tag_of(element)
    parts = [_math(child) for child in element if tag_of(child) not in ("annotation", "annotation-xml")]
    if tag == "msup" and len(parts) == 2:
        number = parts[1].strip().replace(" ", "")
        raised = number.translate(RAISED) if _NUMBER.match(number) else f"^{number}"
        return f"{parts[0].rstrip()}{raised}"
    if tag == "msub" and len(parts) == 2:
        return parts[0].rstrip() + parts[1].strip()
    if tag == "mfrac" and len(parts) == 2:
        return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
    if tag == "mo":
        return (
            f" {(element.text or '').strip()} "
            if (element.text or "").strip() not in "()[]|,."
            else (element.text or "")
        )
    inner = (element.text or "") if not parts else ""
    return inner + "".join(parts)


def _grouped(text: str) -> str:
    text = text.strip()
    return f"({text})" if " " in text else text


def _tex(source: str) -> str:
    body = _TEX_BODY.search(source)
    text = body.group(1) if body else source
    text = _TEX_POWER.sub(lambda m: (m.group(1) or m.group(2)).replace(" ", "").translate(RAISED), text)
    text = _TEX_WORD.sub(lambda m: _TEX_WORDS.get(m.group(1), "") + (" " if m.group(1) in _TEX_WORDS else ""), text)
    return _SPACE.sub(" ", re.sub(r"[{}$\\]|\^|(?<=\w)_", "", text)).strip()
