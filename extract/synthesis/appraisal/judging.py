"""SYNTHESIS: what reviewers judged of each item, told beside the words that it rests on.

A judgement is stale, and counts no more, when the paper's file or the quotes that bear on the item are others than
those it was made on. Reviewers who differ are both shown, until somebody settles it (``review adjudicate``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from extract.appraisal import FIELD, TABLE, ItemName, load_tools
from extract.evidence.decisions import Decision, standing
from extract.shapes.appraisal import Item, Tool
from extract.synthesis.appraisal.words import Words, words_for
from extract.synthesis.rows import Outputs, Person, Row

State = Literal["settled", "judged", "differs", "stale", "open"]
"""settled: by an adjudicator; judged: by one reviewer, or by several who agree; differs: reviewers do not agree; stale:
what was judged is not what is there now; open: nobody has judged it."""


@dataclass(frozen=True)
class Judgement:
    """What one person said of an item; ``stale`` says why it does not count any more."""

    reviewer: str
    said: str
    why: str = ""
    stale: str = ""
    is_adjudication: bool = False

    def __str__(self) -> str:
        """``ana: yes (all ages are given)``."""
        settled = "settled by " if self.is_adjudication else ""
        why = f" ({self.why})" if self.why else ""
        return f"{settled}{self.reviewer}: {self.said}{why}" + (f", stale: {self.stale}" if self.stale else "")


@dataclass(frozen=True)
class Assessment:
    """An item of a tool for a paper: the words that bear on it, and what was judged."""

    item: Item
    words: Words
    judgements: tuple[Judgement, ...] = ()

    @property
    def counting(self) -> tuple[Judgement, ...]:
        """The judgements that count: that of an adjudicator, else those of the reviewers."""
        fresh = [judgement for judgement in self.judgements if not judgement.stale]
        return tuple([one for one in fresh if one.is_adjudication] or fresh)

    @property
    def said(self) -> tuple[str, ...]:
        """The different judgements that count; none where nobody judged."""
        return tuple({one.said.casefold(): one.said for one in reversed(self.counting)}.values())[::-1]

    @property
    def state(self) -> State:
        """How far the item is judged."""
        if len(self.said) > 1:
            return "differs"
        if self.counting:
            return "settled" if self.counting[0].is_adjudication else "judged"
        return "stale" if self.judgements else "open"


@dataclass(frozen=True)
class Appraisal:
    """A paper by a tool."""

    study: str
    paper: Row
    tool: Tool
    assessments: tuple[Assessment, ...]

    @property
    def document(self) -> str:
        """The document that is appraised."""
        return self.paper.document

    @property
    def sha256(self) -> str:
        """The digest of its file."""
        return self.paper.text("sha256")

    def record(self, item: Item) -> str:
        """The record under which decisions name an item."""
        return str(ItemName(self.tool.id, item.id))


def appraisals(
    outputs: Outputs, decisions: Iterable[Decision], tools: Sequence[Tool] | None = None
) -> tuple[Appraisal, ...]:
    """Each paper that tells of a patient who was given cells by each tool that is for its kind, or by which somebody
    judged it, tool by tool.

    ``outputs`` are the whole tables: values that a report leaves out (not reviewed, table only) bear on an item too.
    """
    said = _said(decisions)
    found = []
    papers = [(paper, people) for paper, people in outputs.by_paper() if any(person.is_treated for person in people)]
    for tool in load_tools(outputs.schema) if tools is None else tools:
        for paper, people in papers:
            digest = paper.text("sha256")
            own = {name.item: made for (sha256, name), made in said.items() if (sha256, name.tool) == (digest, tool.id)}
            if design_of(paper, people) in tool.designs or own:
                found.append(_appraisal(outputs, tool, paper, people, own, _of_other_files(said, paper, tool)))
    return tuple(found)


def design_of(paper: Row, people: Sequence[Person]) -> str:
    """The kind of paper: as it says; else by how many patients it tells of."""
    several = len(people) > 1 or any(person.is_group for person in people)
    return paper.text("design") or ("case_series" if several else "case_report")


Said = Mapping[tuple[str, ItemName], Sequence[Decision]]


def _said(decisions: Iterable[Decision]) -> Said:
    """The judgements that stand, by paper and item, reviewers first."""
    out: dict[tuple[str, ItemName], list[Decision]] = defaultdict(list)
    mine = [decision for decision in decisions if (decision.table, decision.field) == (TABLE, FIELD)]
    live = [decision for decision in standing(mine) if decision.new_value]
    for decision in sorted(live, key=lambda d: (d.via == "adjudication", d.reviewer)):
        out[decision.sha256, ItemName.of(decision.record)].append(decision)
    return out


def _of_other_files(said: Said, paper: Row, tool: Tool) -> dict[str, list[Decision]]:
    """What was judged of a file that had the paper's name before."""
    out: dict[str, list[Decision]] = defaultdict(list)
    for (sha256, name), made in said.items():
        if name.tool == tool.id and sha256 != paper.text("sha256"):
            out[name.item] += [decision for decision in made if decision.document == paper.document]
    return out


def _appraisal(
    outputs: Outputs,
    tool: Tool,
    paper: Row,
    people: Sequence[Person],
    own: Mapping[str, Sequence[Decision]],
    before: Mapping[str, Sequence[Decision]],
) -> Appraisal:
    assessments = []
    for item in tool.items:
        words = words_for(item, paper, people, outputs)
        made = [_judgement(decision, _why_stale(decision, words)) for decision in own.get(item.id, ())]
        again = {(one.reviewer, one.is_adjudication) for one in made}
        changed = "the file has changed since"
        made += [
            judgement
            for decision in before.get(item.id, ())
            if ((judgement := _judgement(decision, changed)).reviewer, judgement.is_adjudication) not in again
        ]
        assessments.append(Assessment(item, words, tuple(made)))
    return Appraisal(outputs.studies.get(paper.document, paper.document), paper, tool, tuple(assessments))


def _why_stale(decision: Decision, words: Words) -> str:
    if decision.old_value == words.seen:
        return ""
    return f"the quotes have changed since ({decision.old_value.rsplit(' ', 1)[0]} then, {_count(words)} now)"


def _count(words: Words) -> str:
    return words.seen.rsplit(" ", 1)[0] if words.seen != Words.seen else "none"


def _judgement(decision: Decision, stale: str) -> Judgement:
    return Judgement(
        decision.reviewer, decision.new_value, decision.why, stale, is_adjudication=decision.via == "adjudication"
    )


def leftovers(found: Sequence[Appraisal], decisions: Iterable[Decision]) -> tuple[str, ...]:
    """What a reader must know of judgements that no appraisal shows: of papers that are not there, or of items that no
    tool has."""
    names = {(one.document, one.record(each.item)) for one in found for each in one.assessments}
    papers = {one.document for one in found} | {one.sha256 for one in found}
    digests = {(one.sha256, one.record(each.item)) for one in found for each in one.assessments}
    gone: dict[str, int] = defaultdict(int)
    unknown: set[str] = set()
    for (sha256, name), made in _said(decisions).items():
        for decision in made:
            if (sha256, str(name)) in digests or (decision.document, str(name)) in names:
                continue
            if sha256 in papers or decision.document in papers:
                unknown.add(str(name))
            else:
                gone[decision.document] += 1
    notes = []
    if gone:
        told = ", ".join(f"{document} ({number})" for document, number in sorted(gone.items()))
        notes.append(f"Judgements of papers that are not appraised here: {told}.")
    if unknown:
        notes.append(f"Judgements of items that no tool has (any more): {', '.join(sorted(unknown))}.")
    return tuple(notes)
