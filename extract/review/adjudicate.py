"""REVIEW: what reviewers disagree about is settled by one more look: one side is chosen, or another value entered.

Settled is what reviewers say differently, and what somebody who extracted without seeing the program's values says
otherwise than the program. A decision of this kind (``via`` adjudication) outranks all others and is no rating.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from extract.evidence.decisions import Decision, Target, standing
from extract.evidence.files import csv_bytes
from extract.model import Document
from extract.review.filing import Filing, ruling
from extract.review.importing import place_cells
from extract.review.locate import NotThere, locate
from extract.review.outputs import Outputs
from extract.review.papers import PaperMissing
from extract.review.ratings import NOT_REPORTED, PROGRAM, Rating, Unit, collect, is_judged_on, latest_marks
from extract.review.reading import Unreadable
from extract.review.sheets import Line, WrongFile, read_csv
from extract.review.spelling import Spelling
from extract.schema.appraisal import TABLE as APPRAISAL
from extract.schema.appraisal import ItemName, Tool
from extract.schema.shapes.base import nearest

TWICE = "(row)"
"""The field of a dispute about a row that two reviewers added, each on his own."""


class Side(NamedTuple):
    """What some raters say: the value, '' for not reported, who says so, and the place of the first one's words."""

    value: str
    raters: tuple[str, ...]
    place: Mapping[str, str]


@dataclass(frozen=True)
class Dispute:
    """Something to settle. ``settled``: the value that was chosen; None while it is open."""

    unit: Unit
    sides: tuple[Side, ...]
    settled: str | None = None

    @property
    def target(self) -> Target:
        """What the decision will be about."""
        return self.unit.target


class Choice(NamedTuple):
    """How a dispute is settled: a side, or a value of the judge's own ('' for not reported) with the paper's words."""

    value: str
    place: Mapping[str, str]
    why: str = ""


def disputes(decisions: Sequence[Decision], outputs: Outputs, spelling: Spelling) -> list[Dispute]:
    """All that reviewers disagree about, settled or not, in the order of the tables."""
    reviewers = sorted({decision.reviewer for decision in decisions if decision.via != "adjudication"})
    judged = {d.target: d for d in standing(decisions) if d.via == "adjudication"}
    marks = latest_marks([decision for decision in decisions if decision.via != "adjudication"])
    found: list[Dispute] = []
    told: set[str] = set()
    for unit in collect(decisions, outputs, spelling, (*reviewers, PROGRAM)):
        is_judgement = unit.target.table == APPRAISAL
        if PROGRAM not in unit.ratings and not is_judgement:
            continue  # the paper or the row is not in this run
        if len(set(unit.added.values())) > 1 and unit.target.record not in told:
            told.add(unit.target.record)
            found.append(_added_twice(unit, judged))
        people = {rating.key for who, rating in unit.ratings.items() if who != PROGRAM}
        blind = {rating.key for who, rating in unit.ratings.items() if who in unit.blind}
        if len(people) > 1 or (not is_judgement and blind - {unit.ratings[PROGRAM].key}):
            decision = judged.get(unit.target)
            if decision is not None and is_judgement and not is_judged_on(decision, marks):
                decision = None  # the quotes have changed since
            found.append(Dispute(unit, _sides(unit), decision.outcome if decision else None))
    return found


def _sides(unit: Unit) -> tuple[Side, ...]:
    """The values that are said, each with those who say it, the program last."""
    sides: dict[str, list[tuple[str, Rating]]] = {}
    for who, rating in unit.ratings.items():
        if who != PROGRAM or rating.value or rating.key in sides:
            sides.setdefault(rating.key, []).append((who, rating))
    return tuple(Side(said[0][1].value, tuple(who for who, _ in said), said[0][1].place) for said in sides.values())


def _added_twice(unit: Unit, judged: Mapping[Target, Decision]) -> Dispute:
    target = unit.target._replace(field=TWICE)
    row = Unit(unit.document, target, unit.about, {}, unit.blind, unit.added)
    names = tuple(unit.added)
    is_settled = any(
        decision.record in unit.added.values() and decision.action == "reject" for decision in judged.values()
    )
    return Dispute(row, (Side("one row", names, {}),), "one row" if is_settled else None)


class Judge:
    """Settles disputes in the name of one person; each decision is on the disk when ``settle`` returns."""

    def __init__(
        self, filing: Filing, decisions: Sequence[Decision], spelling: Spelling, tools: Iterable[Tool] = ()
    ) -> None:
        self._filing, self._spelling = filing, spelling
        self._tools = {tool.id: tool for tool in tools}
        self._marks = latest_marks([decision for decision in decisions if decision.via != "adjudication"])
        self._added = [d for d in standing(decisions) if d.action == "add" and d.via != "adjudication"]
        self.settled = 0

    def settle(self, dispute: Dispute, choice: Choice) -> bool:
        """Save how a dispute is settled. Returns whether that was new. Raises DecisionError."""
        unit = dispute.unit
        before = len(self._filing.made)
        if unit.target.field == TWICE:
            self._keep_one(unit, choice.why)
        elif unit.target.table == APPRAISAL:
            mark = self._marks.get((unit.target.sha256, unit.target.record), "")
            self._filing.file(unit.target, unit.document, ("judge", mark, choice.value), choice.place, choice.why)
        elif unit.target.table == "conflicts":
            own = unit.ratings[PROGRAM].value
            self._filing.file(unit.target, unit.document, ("settle", own, choice.value), choice.place, choice.why)
        else:
            said = ruling(unit.ratings[PROGRAM].value, choice.value)
            if said[0] == "absent" and unit.added:
                said = ("reject", "", "")  # what reviewers added is taken back
            place = choice.place or unit.ratings[PROGRAM].place
            new_words = bool(choice.place.get("start"))
            self._filing.file(unit.target, unit.document, said, place, choice.why, new_words=new_words)
        self._filing.save()
        is_new = len(self._filing.made) > before
        self.settled += is_new
        return is_new

    def _keep_one(self, unit: Unit, why: str) -> None:
        """Take back every row but the first of those that reviewers added for the same thing."""
        for decision in self._added:
            if decision.record in unit.added.values() and decision.record != unit.target.record:
                self._filing.file(decision.target, unit.document, ("reject", "", ""), None, why)

    def own_value(self, dispute: Dispute, text: str, words: str, find: Callable[[], Document]) -> tuple[Choice, str]:
        """A choice from a value that was typed, with the paper's words for it ('' for none), or why it cannot be.

        ``find`` reads the paper; it is asked only when there are words.
        """
        target = dispute.target
        if target.table == "conflicts":
            side = next((side for side in dispute.sides if side.value.casefold() == text.strip().casefold()), None)
            sides = " or ".join(side.value for side in dispute.sides)
            nothing = Choice("", {})
            return (Choice(side.value, side.place), "") if side else (nothing, f"choose one of the sides: {sides}.")
        if target.table == APPRAISAL:
            tool = self._tools.get(ItemName.of(target.record).tool)
            allowed = tool.judgements if tool else tuple(side.value for side in dispute.sides)
            word = next((word for word in allowed if word.casefold() == text.strip().casefold()), None)
            if word is None:
                return Choice("", {}), f"'{text}' is no judgement of {target.record}.{nearest(text, allowed)}."
            return Choice(word, dispute.sides[0].place), ""
        value = ""
        if text.strip().casefold() != NOT_REPORTED:
            reading = self._spelling.read(target.table, target.field, text, {}, words)
            if reading.fault:
                return Choice("", {}), reading.fault
            value = reading.value
        place: Mapping[str, str] = {}
        if words and value:
            try:
                place = place_cells(locate(find(), words)[0])
            except (NotThere, PaperMissing, Unreadable) as error:
                return Choice("", {}), str(error)
        else:
            same = self._spelling.key(target.table, target.field, value)
            for side in dispute.sides:
                if self._spelling.key(target.table, target.field, side.value) == same:
                    place = side.place
        return Choice(value, place), ""


# --- on the screen


def told(dispute: Dispute, number: int = 0, of: int = 0) -> str:
    """A dispute with its sides, numbered."""
    unit = dispute.unit
    target = unit.target
    head = f"[{number}/{of}] " if of else ""
    patient = f", patient {target.patient}" if target.patient else ""
    row = f" ({unit.about})" if unit.about else ""
    lines = [f"{head}{unit.document}{patient}, {unit.name}{row}"]
    if target.field == TWICE:
        lines[0] = f"{head}{unit.document}{patient}, {target.table}: the same row{row} was added twice"
    for index, side in enumerate(dispute.sides, 1):
        who = ", ".join(side.raters)
        page = f"p.{side.place['page']} " if side.place.get("page") else ""
        quote = side.place.get("quote", "")
        words = f"   {page}“{quote if len(quote) <= 150 else quote[:147] + '...'}”" if quote else ""
        lines.append(f"  {index}  {side.value or NOT_REPORTED:24} {who}{words}")
    if dispute.settled is not None:
        lines.append(f"  settled: {dispute.settled or NOT_REPORTED}")
    return "\n".join(lines)


Ask = Callable[[str], str]
"""Shows a question and gives the answer; raises EOFError at the end of the input."""


def settle_in_turn(
    open_ones: Sequence[Dispute],
    judge: Judge,
    ask: Ask,
    say: Callable[[str], None],
    find: Callable[[Dispute], Document],
) -> int:
    """Ask about each dispute and save each answer at once. Returns how many were looked at; ``q`` and the end of the
    input leave the rest for later."""
    for number, dispute in enumerate(open_ones, 1):
        say("\n" + told(dispute, number, len(open_ones)))
        try:
            choice = _asked(dispute, judge, ask, say, find)
        except EOFError:
            return number - 1
        if choice is not None:
            judge.settle(dispute, choice)
    return len(open_ones)


def _asked(
    dispute: Dispute, judge: Judge, ask: Ask, say: Callable[[str], None], find: Callable[[Dispute], Document]
) -> Choice | None:
    """The choice of a person, None to leave a dispute open. Raises EOFError for the end."""
    numbers = "/".join(str(index) for index in range(1, len(dispute.sides) + 1))
    twice = dispute.target.field == TWICE
    table = dispute.target.table
    none = "" if twice or table in ("conflicts", APPRAISAL) else ", n not reported"
    more = "" if twice or table == "conflicts" else f"{none}, e another value"
    question = f"{numbers} {'keep one row' if twice else 'choose'}{more}, s skip, q quit: "
    while True:
        answer = ask(question).strip().casefold()
        if answer == "q":
            raise EOFError
        if answer in ("s", ""):
            return None
        if answer.isdecimal() and 0 < int(answer) <= len(dispute.sides):
            side = dispute.sides[int(answer) - 1]
            return Choice(side.value, side.place)
        if answer == "n" and none:
            return Choice("", {})
        if answer == "e" and more:
            value = ask("value: ")
            is_value = value.strip() and table != APPRAISAL
            words = ask("the paper's words for it (empty: none): ") if is_value else ""
            if not value.strip():
                continue
            choice, fault = judge.own_value(dispute, value, words, lambda: find(dispute))
            if not fault:
                return choice
            say(fault)
        else:
            say(f"'{answer}' is none of these.")


# --- as a file


FIXED = ("document", "sha256", "patient", "table", "record", "field", "row")
KEY = ("sha256", "table", "record", "field")
WRITTEN = ("choice", "value", "words", "why")
"""Columns in which a person writes: who is right (a rater, or not reported), or the value that is."""


def dispute_table(found: Sequence[Dispute]) -> pd.DataFrame:
    """The disputes as a table to be filled in: what each rater says, then empty columns for the judge."""
    raters = sorted({who for dispute in found for side in dispute.sides for who in side.raters}, key=_program_last)
    columns = [*FIXED, *(f"{name}_{who}" for who in raters for name in ("value", "quote", "page")), "settled", *WRITTEN]
    rows = []
    for dispute in found:
        target = dispute.target
        cells = dict.fromkeys(columns, "")
        cells |= {"document": dispute.unit.document, "row": dispute.unit.about, **target._asdict()}
        for side in dispute.sides:
            for who in side.raters:
                place = dispute.unit.ratings[who].place if who in dispute.unit.ratings else {}
                cells[f"value_{who}"] = side.value or NOT_REPORTED
                cells[f"quote_{who}"], cells[f"page_{who}"] = place.get("quote", ""), place.get("page", "")
        if dispute.settled is not None:
            cells["settled"] = dispute.settled or NOT_REPORTED
        rows.append([cells[column] for column in columns])
    return pd.DataFrame(rows, columns=columns, dtype=str)


def _program_last(who: str) -> tuple[bool, str]:
    return who == PROGRAM, who


def write_disputes(found: Sequence[Dispute], path: Path) -> None:
    """Write the disputes as CSV. Raises OSError."""
    path.write_bytes(csv_bytes(dispute_table(found)))


@dataclass
class Settled:
    """What became of a list that came back: how many are new, how many were settled so already, how many were left
    open, and what could not be taken, with the row."""

    new: int = 0
    again: int = 0
    open: int = 0
    faults: list[str] = field(default_factory=list)


def settle_from_file(
    path: Path, found: Iterable[Dispute], judge: Judge, find: Callable[[Dispute], Document]
) -> Settled:
    """Settle what a person filled in in a list that ``write_disputes`` wrote. Raises WrongFile, DecisionError."""
    try:
        form = read_csv(path, {*FIXED, *WRITTEN})
    except OSError as error:
        raise WrongFile(f"{path}: cannot be opened ({error.strerror}).") from error
    if missing := [name for name in (*KEY, "choice") if name not in form.columns]:
        raise WrongFile(f"{path}: the column {missing[0]} is missing. Write the list anew with -o FILE.")
    by_target = {tuple(map(dispute.target._asdict().get, KEY)): dispute for dispute in found}
    result = Settled()
    for line in form.lines:
        if not any(line.cells.values()):
            continue
        if not line.cells["choice"] and not line.cells.get("value"):
            result.open += 1
            continue
        place = f"{path.name} row {line.number}"
        dispute = by_target.get(tuple(map(line.cells.get, KEY)))
        if dispute is None:
            result.faults.append(f"{place}: this is not in dispute (any more). Write the list anew with -o FILE.")
            continue
        choice, fault = _read_choice(line, dispute, judge, find)
        if fault:
            result.faults.append(f"{place}, {dispute.unit.name}: {fault}")
        elif judge.settle(dispute, choice._replace(why=line.cells.get("why", ""))):
            result.new += 1
        else:
            result.again += 1
    return result


def _read_choice(line: Line, dispute: Dispute, judge: Judge, find: Callable[[Dispute], Document]) -> tuple[Choice, str]:
    said, value = line.cells["choice"], line.cells.get("value", "")
    raters = {who.casefold(): side for side in dispute.sides for who in side.raters}
    if said and value:
        return Choice("", {}), "there is a choice and a value. Give one of the two."
    if value:
        return judge.own_value(dispute, value, line.cells.get("words", ""), lambda: find(dispute))
    side = raters.get(said.casefold())
    if said.isdecimal() and side is None and 0 < int(said) <= len(dispute.sides):
        side = dispute.sides[int(said) - 1]
    if side is not None:
        return Choice(side.value, side.place), ""
    is_judgement = dispute.target.table == APPRAISAL
    if said.casefold() in (NOT_REPORTED, PROGRAM) and dispute.target.field != TWICE and not is_judgement:
        return Choice("", {}), ""
    near = difflib.get_close_matches(said.casefold(), list(raters), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    allowed = [*raters] if is_judgement else [*raters, NOT_REPORTED]
    return Choice("", {}), f"'{said}' cannot be chosen.{hint} Allowed: {', '.join(allowed)}."
