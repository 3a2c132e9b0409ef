"""REVIEW: a stroke on the page -> the decisions it stands for, checked against what the program found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from extract.evidence.decisions import Action, Decision, decision_id
from extract.model import Box
from extract.review.checking import Refused
from extract.review.ledger import Key
from extract.review.locate import NotThere
from extract.review.locate import Place as Spot
from extract.review.outputs import PAPER, TABLES, Conflict, Paper, Place, Row, Side, Value
from extract.review.spelling import Spelling
from extract.review.state import DONE, SETTLED, Standing, stale

MOST_ITEMS = 2000
_PATIENT = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_NEEDS_WORDS = frozenset({"add", "extract"})


class Outdated(Exception):
    """The page shows something else than the tables hold by now. The message says what to do."""


class Item(BaseModel):
    """One decision as the page sends it. ``old`` is the value that the reviewer saw; ``place`` numbers the value's own
    places; ``start`` and ``end`` are the words that were marked instead."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Action
    patient: str = Field(default="", max_length=60)
    table: str = Field(default="", max_length=40)
    record: str = Field(default="", max_length=40, pattern=r"^[0-9a-f]*$")
    field: str = Field(default="", max_length=60)
    old: str = Field(default="", max_length=2000)
    value: str = Field(default="", max_length=2000)
    place: int | None = Field(default=None, ge=0)
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)
    why: str = Field(default="", max_length=1000)


class Stroke(BaseModel):
    """What one key or button decides. ``request`` names it, so that sending it again changes nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    request: str = Field(pattern=r"^[0-9A-Za-z-]{8,64}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    items: list[Item] = Field(min_length=1, max_length=MOST_ITEMS)


class _Words(NamedTuple):
    """The columns of a decision that say where its quote stands."""

    quote: str = ""
    page: str = ""
    boxes: str = ""
    start: str = ""
    end: str = ""
    where: str = ""


Finder = Callable[[int, int], Spot]
"""The words between two characters of the document."""


class Desk(NamedTuple):
    """What a stroke is judged by: the paper, the reviewer's decisions so far, how values are written, the paper's
    words."""

    paper: Paper
    standing: Standing
    spelling: Spelling
    find: Finder
    reviewer: str
    when: str
    saved: Callable[[str], bool]
    blind: Literal["no", "hidden", "revealed"] = "no"


def decisions_of(stroke: Stroke, desk: Desk) -> list[Decision]:
    """The decisions of a stroke that are not saved yet. All are right, or none is returned.

    Raises Refused for a value or an action that cannot be, Outdated when the page is not up to date, NotThere for
    words that are not in the document.
    """
    decisions: list[Decision] = []
    for item in stroke.items:
        name = _id(desk, stroke, item.table, item.record, item.field, item.action)
        if not desk.saved(name):
            decisions.append(_decide(item, name, desk))
    if desk.blind != "hidden":
        decisions += _along(stroke, decisions, desk)
    return decisions


def _id(desk: Desk, stroke: Stroke, *target: str) -> str:
    return decision_id(desk.reviewer, stroke.request, *target)


def _decide(item: Item, name: str, desk: Desk) -> Decision:
    _allow(item, desk)
    if not item.table and item.action in ("done", "undo"):
        return _decision(desk, name, item)
    if item.table == "conflicts":
        return _settle(item, name, desk)
    if item.table not in TABLES or not item.record:
        raise Refused("Choose a value first.")
    if item.action in ("settle", "judge", "done"):
        raise Refused("That is said of a conflict or of the paper, not of a value.")
    desk.spelling.column(item.table, item.field)
    row = desk.paper.row(item.table, item.record) if desk.blind != "hidden" else None
    if item.action == "undo":
        if (item.table, item.record, item.field) not in desk.standing:
            raise Outdated("There is nothing to take back here.")
        return _decision(desk, name, item)
    patient = row.patient if row else _new_patient(item)
    value = (row.values.get(item.field) or row.minor.get(item.field)) if row else None
    if item.old != (value.text if value else ""):
        raise Outdated("The tables were written anew and hold something else here. Look at the value again.")
    _fits(item, value)
    new = ""
    words = _words(item, value, desk.find)
    if item.action in ("correct", "add", "extract"):
        others = _others(row, item, desk.standing)
        new = desk.spelling.typed(item.table, item.field, item.value, others, words.quote).value
    return _decision(desk, name, item, patient=patient, old=item.old, new=new, words=words)


def _allow(item: Item, desk: Desk) -> None:
    """Refuse what does not belong to this kind of reading: a blind reader does not judge, a judge does not extract."""
    if desk.blind == "hidden" and item.action not in ("extract", "undo", "done"):
        raise Refused("Enter what the paper says first, and press Done; then both readings are shown.")
    if desk.blind != "hidden" and item.action == "extract":
        raise Refused("This paper has been revealed: what you read before stands. Correct or add values instead.")
    if desk.blind == "revealed" and item.action == "undo" and item.table == "":
        raise Refused("This paper has been revealed and cannot be hidden again.")
    if item.action == "undo" and item.table == "" and DONE not in desk.standing:
        raise Outdated("The paper is open already.")


def _fits(item: Item, value: Value | None) -> None:
    """Refuse an action that makes no sense for the cell."""
    found = value is not None and value.text != ""
    if item.action == "accept" and not found:
        raise Refused("There is no value to accept. Add it, or say that it is not reported.")
    if item.action in ("correct", "reject") and value is None:
        raise Refused("There is no value here. Add it instead.")
    if item.action in ("add", "absent", "extract") and found:
        raise Refused("There is a value here already. Correct or reject it instead.")


def _words(item: Item, value: Value | None, find: Finder) -> _Words:
    if item.start is not None and item.end is not None:
        return _of_spot(find(item.start, item.end))
    if item.action in _NEEDS_WORDS:
        raise NotThere("What cannot be pointed at is not in the table: mark the words that say it.")
    if value is None or not value.places:
        return _Words()
    return _of_place(value.places[min(item.place or 0, len(value.places) - 1)])


def _of_place(place: Place) -> _Words:
    return _Words(place.quote, place.page, place.quote_boxes, place.start, place.end, place.where)


def _of_spot(spot: Spot) -> _Words:
    boxes = "; ".join(_box_text(box) for box in spot.boxes)
    page = "" if spot.page is None else str(spot.page)
    return _Words(spot.quote, page, boxes, str(spot.start), str(spot.end), spot.where)


def _box_text(box: Box) -> str:
    return " ".join([str(box.page), *(f"{length:.2f}" for length in (box.x0, box.top, box.x1, box.bottom))])


def _new_patient(item: Item) -> str:
    if item.table == PAPER:
        raise Outdated("The paper's own facts have another row by now. Load the page again.")
    if len(item.record) != 10:
        raise Refused("A new row needs an id of ten hex digits.")
    if not _PATIENT.fullmatch(item.patient) or item.patient != item.patient.strip():
        raise Refused("Say which patient this is about, in at most 60 characters.")
    return item.patient


def _others(row: Row | None, item: Item, standing: Standing) -> dict[str, str]:
    """The other values of a row as they stand now."""
    others = {name: value.text for name, value in row.values.items()} if row else {}
    for (table, record, name), decision in standing.items():
        if (table, record) == (item.table, item.record) and decision.action in (*SETTLED, "extract"):
            others[name] = decision.outcome
    return {name: text for name, text in others.items() if text and name != item.field}


def _settle(item: Item, name: str, desk: Desk) -> Decision:
    conflict = next((conflict for conflict in desk.paper.conflicts if conflict.id == item.record), None)
    if conflict is None or item.field != "chosen":
        raise Outdated("This conflict is not in the tables any more. Load the page again.")
    if item.action == "undo":
        if ("conflicts", conflict.id, "chosen") not in desk.standing:
            raise Outdated("There is nothing to take back here.")
        return _decision(desk, name, item, patient=conflict.patient)
    if item.action != "settle":
        raise Refused("Choose one of the two sides.")
    side = _side(conflict, item)
    return _decision(
        desk, name, item, patient=conflict.patient, old=conflict.chosen, new=side.value, words=_of_place(side.place)
    )


def _side(conflict: Conflict, item: Item) -> Side:
    if item.place not in (0, 1) or conflict.sides[item.place].value != item.value:
        raise Outdated("The conflict has changed. Look at it again.")
    return conflict.sides[item.place]


def _along(stroke: Stroke, decisions: Sequence[Decision], desk: Desk) -> list[Decision]:
    """What goes along with decisions: a dose in its second column, and a row's bookkeeping once all else is decided."""
    out: list[Decision] = []
    standing: dict[Key, Decision] = dict(desk.standing)
    for decision in decisions:
        key = (decision.table, decision.record, decision.field)
        standing.pop(key, None)
        if decision.action != "undo":
            standing[key] = decision
    touched = dict.fromkeys((decision.table, decision.record) for decision in decisions)
    for table, record in touched:
        row = desk.paper.row(table, record) if table in TABLES else None
        if row is None:
            continue
        for decision in _twins(row, decisions, stroke, desk):
            out.append(decision)
            standing[decision.table, decision.record, decision.field] = decision
        out += _bookkeeping(row, standing, stroke, desk)
    return out


def _twins(row: Row, decisions: Sequence[Decision], stroke: Stroke, desk: Desk) -> Iterator[Decision]:
    for decision in decisions:
        twin = row.twins.get(decision.field)
        if twin is None or (decision.table, decision.record) != (row.table, row.record):
            continue
        if decision.action == "undo" and (row.table, row.record, twin) not in desk.standing:
            continue
        name = _id(desk, stroke, row.table, row.record, twin, decision.action)
        yield decision.model_copy(update={"decision": name, "field": twin})


def _bookkeeping(row: Row, standing: Standing, stroke: Stroke, desk: Desk) -> Iterator[Decision]:
    """Accepts what numbers, sorts or quotes a row, and what follows from its values, once all of these were decided and
    one of them stands. What follows from a changed value will be computed anew: it is not accepted as it is."""
    decided = [standing.get((row.table, row.record, name)) for name in row.asked()]
    if any(d is None or d.action not in SETTLED or stale(d, row.values[d.field]) for d in decided):
        return
    kept = [decision is not None and decision.action in ("accept", "correct") for decision in decided]
    if not any(kept):
        return
    along = dict(row.minor)
    if all(decision is not None and decision.action == "accept" for decision in decided):
        along |= {name: value for name, value in row.values.items() if name not in row.asked()}
    for name, value in along.items():
        if value.text and (row.table, row.record, name) not in standing:
            item = Item(action="accept", table=row.table, record=row.record, field=name)
            decision = _id(desk, stroke, row.table, row.record, name, "accept")
            words = _of_place(value.places[0])
            yield _decision(desk, decision, item, patient=row.patient, old=value.text, words=words)


def _decision(
    desk: Desk,
    name: str,
    item: Item,
    *,
    patient: str = "",
    old: str = "",
    new: str = "",
    words: _Words = _Words(),  # noqa: B008
) -> Decision:
    if item.action == "undo" and item.table:
        patient = desk.standing[item.table, item.record, item.field].patient
    return Decision(
        decision=name,
        when=desk.when,
        reviewer=desk.reviewer,
        action=item.action,
        document=desk.paper.name,
        sha256=desk.paper.sha256,
        patient=patient,
        table=item.table,
        record=item.record,
        field=item.field,
        old_value=old,
        new_value=new,
        **words._asdict(),
        why=" ".join(item.why.split()),
        via="page",
    )
