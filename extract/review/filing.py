"""REVIEW: what shall stand in a field -> the decision that says so, unless the same person has said it already.

A decision is told against what the program itself found (basis stated or derived), not against what people made of it
since: so two reviewers who want the same value say the same, in whatever order their decisions are applied.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.evidence.decisions import (
    NAME,
    Action,
    Decision,
    DecisionError,
    Target,
    Via,
    append_decisions,
    decision_id,
    read_reviewer,
    standing,
)
from extract.review.ratings import PLACE, PROGRAM

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Value:
    """A field as the program found it: its value, '' for none, and the place of its words."""

    value: str = ""
    place: Cells | None = None


class Trail:
    """The rows of values.csv, by record and field."""

    def __init__(self, rows: Iterable[Cells], located: Iterable[Cells] = ()) -> None:
        """``located``: rows that also tell boxes and offsets, where ``rows`` lack them."""
        self._rows: dict[tuple[str, str], list[Cells]] = defaultdict(list)
        for row in rows:
            self._rows[row["record"], row["field"]].append(row)
        self._records = {record for record, _ in self._rows}
        self._located = {(row["record"], row["field"], row["page"], _plain(row["quote"])): row for row in located}

    def has(self, record: str) -> bool:
        """Whether the run has such a record."""
        return record in self._records

    def own(self, record: str, name: str) -> Value:
        """What the program found in a field."""
        rows = [row for row in self._rows.get((record, name), ()) if row["basis"] != "reviewed"]
        if not rows:
            return Value()
        said = next((row for row in rows if row["value"]), rows[0])
        return Value(said["value"], self.place(said))

    def reviewed(self, record: str, name: str) -> Value:
        """What a reviewer made of a field, with his words."""
        rows = [row for row in self._rows.get((record, name), ()) if row["basis"] == "reviewed"]
        return Value(rows[0]["value"], self.place(rows[0])) if rows else Value()

    def place(self, row: Cells) -> dict[str, str]:
        """The place of a row by the names of ``Decision``."""
        known = self._located.get((row["record"], row["field"], row["page"], _plain(row["quote"])), {})
        return {key: row.get(name) or known.get(name, "") for key in PLACE for name in [_TITLES.get(key, key)]}


_TITLES = {"boxes": "quote_boxes"}


def _plain(words: str) -> str:
    return " ".join(words.split())


def ruling(own: str, wanted: str) -> tuple[Action, str, str]:
    """Action, old and new value that make a field hold ``wanted`` ('' for nothing) where the program found ``own``."""
    if wanted == own:
        return ("accept", own, "") if own else ("absent", "", "")
    if not wanted:
        return "reject", own, ""
    return ("correct", own, wanted) if own else ("add", "", wanted)


class Filing:
    """The decisions of one person: those on file, and new ones that are not there yet."""

    def __init__(self, folder: Path, reviewer: str, via: Via, when: str) -> None:
        """Raises DecisionError for a name that cannot be, or a file that cannot be read."""
        if not NAME.fullmatch(reviewer) or reviewer == PROGRAM:
            taken = " It is the program's own." if reviewer == PROGRAM else ""
            raise DecisionError(
                f"reviewer {reviewer!r}: use letters, digits, dot, dash and underscore, 64 at most.{taken}"
            )
        self.folder, self.reviewer, self.via, self.when = folder, reviewer, via, when
        judging = via == "adjudication"
        mine = [d for d in read_reviewer(folder, reviewer) if (d.via == "adjudication") == judging]
        self._standing = {decision.target: decision for decision in standing(mine)}
        self._said = Counter(decision.target for decision in mine)
        self.made: list[Decision] = []
        self._saved = 0
        self.again = 0
        """How often something was said already."""

    def standing(self) -> Sequence[Decision]:
        """What this person has decided and not taken back, before anything new."""
        return list(self._standing.values())

    def file(
        self, target: Target, document: str, said: tuple[Action, str, str], place: Cells | None, why: str = "",
        *, new_words: bool = False,
    ) -> Decision | None:  # fmt: skip
        """The decision, or None when the same stands already; of a judgement also its reason and the quotes that it
        rests on must be the same. ``new_words``: the place is one that a person gave, so
        that a decision without it is not the same."""
        action, old, new = said[0], _plain(said[1]), _plain(said[2])
        place = place or {}
        before = self._standing.get(target)
        rests = action != "judge" or (before is not None and (before.old_value, before.why) == (old, _plain(why)))
        if before is not None and rests and before.outcome == (old if action == "accept" else new):
            located = new_words and bool(place.get("start"))
            if not located or (before.start and _plain(place["quote"]) == _plain(before.quote)):
                self.again += 1
                return None
        count = self._said[target]
        parts = (self.reviewer, *target, self.via, action, old, new, place.get("quote", ""), str(count))
        decision = Decision(
            decision=decision_id(*parts),
            when=self.when,
            reviewer=self.reviewer,
            action=action,
            document=document,
            **target._asdict(),
            old_value=old,
            new_value=new,
            **{key: place.get(key, "") for key in PLACE},
            why=" ".join(why.split()),
            via=self.via,
        )
        self._said[target] += 1
        self._standing[target] = decision
        self.made.append(decision)
        return decision

    def save(self) -> None:
        """Append what was not saved yet to the person's file; it is on the disk when this returns. Raises
        DecisionError."""
        if waiting := self.made[self._saved :]:
            append_decisions(self.folder, self.reviewer, waiting)
            self._saved = len(self.made)
