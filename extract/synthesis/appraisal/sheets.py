"""SYNTHESIS: appraisal as tables of a report: for each tool papers by items, and the words behind each judgement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from extract.schema.appraisal import UNCLEAR, Tool
from extract.synthesis.appraisal.judging import Appraisal, Assessment
from extract.synthesis.sheets import LEVEL_COLOURS, NONE, Cell, Column, Draft, Sheet, said

NOT_LOOKED_FOR = "The program does not look for this; nobody but a reader can tell."
NOT_FOUND = "Nothing was found that bears on it."

SHORT = {"not applicable": "n/a"}
"""How judgements stand in narrow cells."""

LEGEND = (
    "Judgements are those of reviewers; where two differ both stand. (unclear): nobody has judged, and no quote was "
    "found that bears on the item. open: nobody has judged, but there are quotes. n/a: not applicable."
)


def appraisal_tables(found: Sequence[Appraisal]) -> tuple[Sheet, ...]:
    """For each tool a table with a row for each paper and a column for each item; none for a tool without papers."""
    tools = {one.tool.id: one.tool for one in found}
    return tuple(_matrix(tool, [one for one in found if one.tool.id == tool.id]) for tool in tools.values())


def _matrix(tool: Tool, found: Sequence[Appraisal]) -> Sheet:
    what = "Critical appraisal" if tool.kind == "appraisal" else "Reporting checklist"
    draft = Draft(
        f"appraisal_{tool.id}",
        f"{what}: {tool.name}",
        (
            Column("Study", width=1.8),
            *(Column(item.label, item.domain.capitalize(), 0.6, is_upright=True) for item in tool.items),
            Column("Judged by", width=1.2),
        ),
        (LEGEND, f"{tool.reference}. Items in our words.", *progress(found)),
    )
    for one in found:
        cells = [_cell(draft, assessment) for assessment in one.assessments]
        draft.add(one.study, *cells, said(", ".join(reviewers(one)), missing="nobody"))
    return draft.sheet()


def progress(found: Sequence[Appraisal]) -> Iterator[str]:
    """How much is judged, and by how many."""
    items = [assessment for one in found for assessment in one.assessments]
    judged = [item for item in items if item.said]
    twice = [item for item in items if len({one.reviewer for one in item.judgements if not one.stale}) > 1]
    differ = [item for item in items if item.state == "differs"]
    stale = [item for item in items if item.state == "stale"]
    text = f"{len(judged)} of {len(items)} items are judged, {len(twice)} of them by more than one reviewer"
    if differ:
        text += f"; on {len(differ)} reviewers differ"
    yield f"{text}."
    if stale:
        yield f"{len(stale)} judged before must be judged again: the paper or its quotes have changed since."


def reviewers(one: Appraisal) -> tuple[str, ...]:
    """Who has judged an item of a paper, adjudicators included."""
    return tuple(sorted({judgement.reviewer for each in one.assessments for judgement in each.counting}))


def _cell(draft: Draft, assessment: Assessment) -> Cell:
    notes: tuple[int, ...] = ()
    if assessment.state in ("differs", "settled") or any(one.stale for one in assessment.judgements):
        notes = draft.notes(["; ".join(map(str, assessment.judgements)) + "."])
    if assessment.state == "differs":
        return Cell(" / ".join(SHORT.get(word, word) for word in assessment.said), notes=notes, level="differs")
    if assessment.said:
        word = assessment.said[0].casefold()
        level = word if word in LEVEL_COLOURS else ""
        return Cell(SHORT.get(word, assessment.said[0]), notes=notes, level=level)
    if assessment.words.quotes:
        return Cell("open", notes=notes, level="open")
    return Cell(f"({UNCLEAR})", notes=notes, level=UNCLEAR)


def appraisal_list(found: Sequence[Appraisal], remarks: Sequence[str] = ()) -> Sheet:
    """Every item of every paper: what was judged, by whom and why, and the words that bear on it."""
    draft = Draft(
        "appraisal",
        "Appraisal item by item",
        (
            Column("Study", width=1.2),
            Column("Tool", width=0.9),
            Column("Item", width=1.2),
            Column("Judgement", width=0.7),
            Column("By", width=1.2),
            Column("Words of the paper", width=5),
        ),
        (LEGEND, *remarks),
    )
    for one in found:
        for assessment in one.assessments:
            draft.add(
                one.study,
                one.tool.name,
                assessment.item.label,
                " / ".join(assessment.said) or ("open" if assessment.words.quotes else f"({UNCLEAR})"),
                said("; ".join(map(str, assessment.judgements)), missing=NONE),
                said(words_text(assessment)),
            )
    return draft.sheet()


def words_text(assessment: Assessment) -> str:
    """The words that bear on an item, or why there are none."""
    if assessment.words.quotes or assessment.words.conflicts:
        return str(assessment.words)
    return NOT_FOUND if assessment.item.evidence else NOT_LOOKED_FOR
