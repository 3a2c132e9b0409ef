"""The base of all shapes: frozen, refusing unknown keys; patterns that compile; examples with marked words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_MARKED = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


class Part(BaseModel):
    """Base of everything read from YAML: frozen, and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def key(meaning: str, example: str = "", **more: Any) -> Any:
    """A key of a YAML file: what it means, and an example as it is written; shown by editors and in REFERENCE.md."""
    return Field(description=meaning, examples=[example] if example else None, **more)


@cache
def compiled(pattern: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """A regular expression made ready, once: Python's own memory for them is smaller than a set of rules.

    Raises ValueError that says in plain words what is wrong with the pattern.
    """
    if control := re.search(r"[\x00-\x08\x0b-\x1f]", pattern):
        letter = {"\x08": "b", "\x07": "a", "\x0c": "f", "\x0b": "v"}.get(control[0], "")
        said = f"\\{letter} in double quotes is" if letter else "there is"
        raise ValueError(
            f"the pattern {short(pattern)} cannot be used: {said} a control character. "
            "Put patterns in single quotes: '\\bword\\b'"
        )
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        at = f" at {short(pattern[error.pos :])}" if error.pos is not None and error.pos < len(pattern) else ""
        plain = next((words for start, words in _IN_WORDS if error.msg.startswith(start)), error.msg)
        raise ValueError(f"the pattern {short(pattern)} does not compile{at}: {plain}") from None


def short(text: str) -> str:
    """A text in single quotes, cut where it is long."""
    shown = text if len(text) <= 40 else text[:37] + "..."
    return "'" + re.sub(r"[\x00-\x1f]", lambda sign: ascii(sign[0])[1:-1], shown) + "'"


_IN_WORDS = (
    ("missing ), unterminated subpattern", "a ( has no closing ); a bracket that is meant as such is written \\("),
    ("unbalanced parenthesis", "a ) has no opening (; a bracket that is meant as such is written \\)"),
    ("unterminated character set", "a [ has no closing ]; a bracket that is meant as such is written \\["),
    ("nothing to repeat", "*, + or ? has nothing before it to repeat; the sign itself is written \\*, \\+ or \\?"),
    ("multiple repeat", "two of the signs *, + and ? stand side by side; the sign itself is written \\+"),
    ("bad escape", "a backslash stands before a letter with which it means nothing"),
    ("bad character range", "a range in [ ] runs backwards"),
    ("look-behind requires fixed-width", "what stands in (?<= ) or (?<! ) must always have the same length"),
    ("min repeat greater than max repeat", "in { } the first number is larger than the second"),
    ("redefinition of group name", "two groups (?P<...>) have the same name"),
    ("unknown group name", "(?P=...) names a group that there is not"),
    ("unknown extension", "(? is followed by something that means nothing there"),
    ("missing group name", "a group (?P<...>) has no name"),
    ("bad character in group name", "the name of a group (?P<...>) may hold letters, digits and _ only"),
    ("missing >, unterminated name", "the name of a group (?P<...>) is not closed by >"),
)


CHECKED = {"checked": True}
"""The context in which values are read that were checked before: their patterns need not be tried again."""


def _compiles(pattern: str, info: ValidationInfo) -> str:
    if info.context != CHECKED:
        compiled(pattern)
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression in Python's notation; case is ignored."""

Words = Annotated[str, Field(min_length=1)]
"""Text that is not empty."""


def closest(found: str, allowed: Iterable[str]) -> str:
    """The allowed word that is nearest to one that was found; '' when none is near."""
    small = {choice.lower(): choice for choice in sorted(allowed, reverse=True)}
    near = difflib.get_close_matches(found.lower(), small, n=1)
    return small[near[0]] if near else ""


def nearest(found: str, allowed: Iterable[str]) -> str:
    """The end of a message about a word that is not allowed: the nearest right one, and all that are."""
    choices = list(allowed)
    near = closest(found, choices)
    return f"{f' Did you mean {near!r}?' if near else ''} Allowed: {', '.join(choices)}"


def check_range(minimum: Decimal | None, maximum: Decimal | None) -> None:
    """Raise ValueError when there is nothing between two ends."""
    if minimum is not None and maximum is not None and minimum >= maximum:
        raise ValueError(f"minimum {minimum} is not below maximum {maximum}")


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """An example without its brackets, and the ranges that stood in them."""
    out, ranges, last = "", [], 0
    for match in _MARKED.finditer(text):
        out += text[last : match.start()]
        ranges.append((len(out), len(out) + len(match[1])))
        out += match[1]
        last = match.end()
    return out + text[last:], ranges


class Example(Part):
    """A sentence that a rule must (or must not) find something in; a plain text, or a text with its value.

    In ``text`` the words to be found stand in [[double brackets]]; in what must not be found brackets may narrow it to
    some words.
    """

    text: Words = key("The sentence. The words that must be found stand in [[ ]].", "She had [[fever]] for two days.")
    value: str | None = key("What the words must come to: the value in the table.", "fever", default=None)
    why: str = key("Why the example stands here, for people who read the file.", "a class, no route", default="")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        return {"text": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _closes_its_brackets(self) -> Example:
        rest = _MARKED.sub("", self.text)
        if "[[" in rest or "]]" in rest:
            side, other = ("[[", "]]") if "[[" in rest else ("]]", "[[")
            raise ValueError(f"{side} has no {other} in {short(self.text)}. Write the words between both: [[words]]")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        full = handler(core)
        return {"description": full.pop("description", ""), "anyOf": [{"type": "string"}, full]}


def _marks_words(example: Example) -> Example:
    if "[[" not in example.text:
        raise ValueError(
            f"the example {short(example.text)} does not say which words must be found. "
            "Put them in double brackets: [[words]]"
        )
    return example


Marked = Annotated[Example, AfterValidator(_marks_words)]
"""An example that marks its words."""

Matches = Annotated[tuple[Marked, ...], Field(min_length=1)]
"""Examples of what must be found, at least one; each marks its words."""
