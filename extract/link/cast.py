"""LINK, the people of a paper as a noun, and whom a word like "the boy" means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from extract.link.labels import sex_told
from extract.model import Design, Document, Mention, Noun
from extract.patterns import searched


class Person(Noun):
    """Someone the paper reports, and the mention that introduces them."""

    id: str
    label: str = ""
    kind: Literal["individual", "group"] = "individual"
    n: int = 1
    mention: Mention


class Cast(Noun):
    """The people of a paper and the places that are theirs: blocks and cells by index, names by their place.

    ``blocks`` stand under a person's heading; ``openings`` follow a paragraph that began with a person's
    name, until another name takes over; ``ranks`` say who of two relatives is the elder and who the younger.
    """

    design: Design | None = None
    stated: int | None = None
    stated_by: tuple[Mention, ...] = ()
    persons: tuple[Person, ...] = ()
    blocks: dict[int, str] = {}
    openings: dict[int, str] = {}
    cells: dict[int, tuple[str, ...]] = {}
    names: tuple[tuple[int, int, str], ...] = ()
    kin: dict[str, str] = {}
    sexes: dict[str, str] = {}
    ranks: dict[str, str] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The patients in order."""
        return tuple(person.id for person in self.persons)

    @property
    def single(self) -> bool:
        """Whether the paper is about one person (or one group)."""
        return len(self.persons) == 1


_RELATIVES = frozenset({"brother", "sister", "mother", "father", "twin", "sibling", "son", "daughter"})


def person_called(cast: Cast, words: str | None) -> str | None:
    """The one person that a relative's name or a word like "the boy" can mean, else None."""
    if words is None:
        return None
    if words in cast.kin:
        return cast.kin[words]
    head = words.split()[-1]
    ends = [id for name, id in cast.kin.items() if name.split()[-1] == head]
    if len(ends) == 1 and " " not in words:
        return ends[0]
    if len(ends) > 1:
        return None
    if head in _RELATIVES and (not cast.kin or head in ("mother", "father")):
        # where the patients are not named as kin, "his sister" is somebody else; so is a parent of two brothers
        return None
    sex = sex_told(words)
    if sex is None:
        return None
    alike = [id for name, id in cast.kin.items() if sex_told(name) == sex] if cast.kin else []
    if not alike:
        alike = [id for id, known in cast.sexes.items() if known == sex]
    return alike[0] if len(alike) == 1 else None


_ELDER = frozenset({"elder", "older", "eldest", "oldest"})
_RANK = r"(?P<rank>elder|older|eldest|oldest|younger|youngest)"
_SIBLING = r"(?:brother|sister|sibling|twin)"
_APPOSITION = re.compile(
    rf"\s*[.,(:–—-]?\s*(?:(?:was|is)\s+)?(?:the|his|her|their|an?)\s+(?:\w+\s+)?{_RANK}\s+{_SIBLING}\b", re.IGNORECASE
)
_APPOSED = re.compile(rf"\b(?:the|his|her|their)\s+(?:\w+\s+)?{_RANK}\s+{_SIBLING}\s*[(,]\s*$", re.IGNORECASE)


def ranks_of(document: Document, names: Sequence[tuple[int, int, str]], ids: Sequence[str]) -> dict[str, str]:
    """Which of two patients is the elder, where one of them is called the elder or younger brother or sister of the
    other: "Patient 2, her younger sister". Nothing where there are more, or where the words contradict each other."""
    if len(ids) != 2:
        return {}
    found: dict[str, str] = {}
    for start, end, id in names:
        match = _APPOSITION.match(document.text, end, end + 60) or _APPOSED.search(
            document.text, max(0, start - 60), start
        )
        if match is None or id not in ids:
            continue
        mine, other = ("elder", "younger") if match["rank"].lower() in _ELDER else ("younger", "elder")
        pair = {mine: id, other: next(one for one in ids if one != id)}
        if found and found != pair:
            return {}
        found = pair
    return found


_RANKED = searched(
    rf"\b(?:the|our)\s+{_RANK}(?:\s+(?:of\s+the\s+(?:two|pair|siblings|brothers|sisters)"
    rf"|(?:{_SIBLING}|one|boy|girl|patient|child|man|woman)\b(?!\s+(?:of\s+(?:the\s+)?patient|group)))"
    r"|(?=\s*(?:[,.;:)]|$)|\s+(?:and|but|was|were|had|has|received|from|at|after|by|to|whereas|while|it|they|who|showed)\b))"
)


def ranked_in(cast: Cast, text: str) -> list[tuple[int, int, str]]:
    """Where running text calls one of two patients the elder or the younger: start, end, id."""
    if not cast.ranks:
        return []
    return [
        (m.start(), m.end(), cast.ranks["elder" if m["rank"].lower() in _ELDER else "younger"])
        for m in _RANKED.finditer(text)
    ]


def with_sexes(cast: Cast, sexes: dict[str, str]) -> Cast:
    """The same cast, told the sex of its people: "the boy" then names someone where there is only one."""
    if len(sexes) < len(cast.persons):
        return cast
    return cast.model_copy(update={"sexes": sexes})


def known_sexes(told: Sequence[tuple[Mention, tuple[str, ...]]]) -> dict[str, str]:
    """The sex of each person as most of their own mentions have it."""
    votes: dict[str, Counter[str]] = {}
    for mention, people in told:
        if mention.field == "sex" and mention.context.is_fact and len(people) == 1:
            votes.setdefault(people[0], Counter())[str(mention.value)] += 3 if mention.cell is not None else 1
    return {id: count.most_common(1)[0][0] for id, count in votes.items()}
