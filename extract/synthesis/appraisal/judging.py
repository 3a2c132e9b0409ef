"""SYNTHESIS: what reviewers judged of each item, told beside the words that it rests on.

A judgement is stale, and counts no more, when the paper's file or the quotes that bear on the item are others than
those it was made on. Reviewers who differ are both shown, until somebody settles it (``review adjudicate``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from extract.evidence.decisions import Decision, standing
from extract.schema.appraisal import FIELD, TABLE, ItemName, load_tools
from extract.schema.shapes.appraisal import Item, Tool
from extract.synthesis.appraisal.words import Words, words_for
from extract.synthesis.outputs import load_outputs
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

    Words are those of the whole tables: values that ``outputs`` leave out (not reviewed, table only) bear on an item
    too, and no judgement goes stale because of what a report shows. Raises SchemaError, OutputsError.
    """
    outputs = _whole(outputs)
    said = _said(decisions)
    found = []
    papers = [(paper, people) for paper, people in outputs.by_paper() if any(person.is_treated for person in people)]
    for tool in load_tools(outputs.schema) if tools is None else tools:
        for paper, people in papers:
            own = said.of_file.get((paper.text("sha256"), tool.id), {})
            if design_of(paper, people) in tool.designs or own:
                named = said.of_name.get((paper.document, tool.id), {})
                found.append(_appraisal(outputs, tool, paper, people, own, named))
    return tuple(found)


def _whole(outputs: Outputs) -> Outputs:
    """The same papers with all their values."""
    if not outputs.filters:
        return outputs
    whole = load_outputs(outputs.folder, outputs.schema)
    kept = {paper.document for paper in outputs.papers}
    papers = tuple(paper for paper in whole.papers if paper.document in kept)
    return replace(whole, papers=papers, studies=outputs.studies)


def design_of(paper: Row, people: Sequence[Person]) -> str:
    """The kind of paper: as it says; else by how many patients it tells of."""
    several = len(people) > 1 or any(person.is_group for person in people)
    return paper.text("design") or ("case_series" if several else "case_report")


ByItem = dict[str, list[Decision]]


class _Said(NamedTuple):
    """The judgements that stand, by item: of each file and tool, and of each document's name and tool."""

    of_file: dict[tuple[str, str], ByItem]
    of_name: dict[tuple[str, str], ByItem]


def _said(decisions: Iterable[Decision]) -> _Said:
    """The judgements that stand, reviewers before adjudicators."""
    said = _Said(defaultdict(lambda: defaultdict(list)), defaultdict(lambda: defaultdict(list)))
    for decision in _standing(decisions):
        tool, item = ItemName.of(decision.record)
        said.of_file[decision.sha256, tool][item].append(decision)
        said.of_name[decision.document, tool][item].append(decision)
    return said


def _standing(decisions: Iterable[Decision]) -> list[Decision]:
    mine = [decision for decision in decisions if (decision.table, decision.field) == (TABLE, FIELD)]
    live = [decision for decision in standing(mine) if decision.new_value]
    return sorted(live, key=lambda decision: (decision.via == "adjudication", decision.reviewer))


def _appraisal(
    outputs: Outputs,
    tool: Tool,
    paper: Row,
    people: Sequence[Person],
    own: Mapping[str, Sequence[Decision]],
    named: Mapping[str, Sequence[Decision]],
) -> Appraisal:
    """A paper by a tool; ``own``: what was judged of its file, ``named``: of any file that had its name."""
    conflicts = [conflict for conflict in outputs.conflicts if conflict.document == paper.document]
    assessments = []
    for item in tool.items:
        words = words_for(item, paper, people, conflicts, outputs.schema)
        made = [_judgement(decision, _why_stale(decision, words)) for decision in own.get(item.id, ())]
        again = {(one.reviewer, one.is_adjudication) for one in made}
        made += [
            _judgement(decision, "the file has changed since")
            for decision in named.get(item.id, ())
            if decision.sha256 != paper.text("sha256")
            and (decision.reviewer, decision.via == "adjudication") not in again
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
    for decision in _standing(decisions):
        if (decision.sha256, decision.record) in digests or (decision.document, decision.record) in names:
            continue
        if decision.sha256 in papers or decision.document in papers:
            unknown.add(decision.record)
        else:
            gone[decision.document] += 1
    notes = []
    if gone:
        told = ", ".join(f"{document} ({number})" for document, number in sorted(gone.items()))
        notes.append(f"Judgements of papers that are not appraised here: {told}.")
    if unknown:
        notes.append(f"Judgements of items that no tool has (any more): {', '.join(sorted(unknown))}.")
    return tuple(notes)
