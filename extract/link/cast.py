"""LINK, the people of a paper as a noun, and whom a word like "the boy" means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from extract.link.labels import (
    sex_told,
)
from extract.model import Design, Mention, Noun


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
    name, until another name takes over.
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
    if head in _RELATIVES and not cast.kin:
        # where the patients are not named as kin, "his sister" is somebody else
        return None
    sex = sex_told(words)
    if sex is None:
        return None
    alike = [id for name, id in cast.kin.items() if sex_told(name) == sex] if cast.kin else []
    if not alike:
        alike = [id for id, known in cast.sexes.items() if known == sex]
    return alike[0] if len(alike) == 1 else None


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
