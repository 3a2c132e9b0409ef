"""REVIEW: corrections made in a workbook or a CSV become decisions of the person who made them.

Every change is imported, or reported with its sheet, row and column; importing a file twice adds nothing.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from extract.evidence.applying import NAMING
from extract.evidence.decisions import Decision, Target, decision_id
from extract.evidence.files import csv_bytes, read_baseline, read_table
from extract.model import Document, record_id
from extract.review.edited import read_sheet
from extract.review.filing import Filing, Trail, ruling
from extract.review.locate import NotThere, Place, locate
from extract.review.papers import PaperMissing, Papers
from extract.review.reading import Reading, Unreadable
from extract.review.sheets import Came, Cells, WrongFile, read_file
from extract.review.spelling import Spelling
from extract.review.wishes import Intake, Refusal, Wish, resolved
from extract.schema import Schema

Finder = Callable[[str, str], Document]
"""Gives a paper as it was read, by digest and name. Raises PaperMissing or Unreadable."""


@dataclass
class Report:
    """What became of a file. ``made``: the new decisions with the cells they came from; ``again``: how many were there
    already; ``waiting``: what still lacks the paper's words, and why; ``refused``: what was not imported."""

    file: Path
    reviewer: str
    made: list[tuple[Wish, Decision]] = field(default_factory=list)
    again: int = 0
    waiting: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    deleted: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def unmatched(self) -> list[Refusal]:
        """What a person must look at again."""
        return [*self.refused, *self.deleted]


def import_file(
    path: Path, outputs: Path, schema: Schema, decisions: Path, reviewer: str, *, why: str = "",
    papers: Sequence[Path] = (), dry_run: bool = False, finder: Finder | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:  # fmt: skip
    """Import the corrections of a file made from the run in ``outputs`` into the folder ``decisions``.

    ``papers``: folders in which papers are searched that are not where they were read. With ``dry_run`` nothing is
    written. Raises WrongFile for a file that cannot be read, DecisionError for decisions that cannot.
    """
    came = read_file(path, outputs, schema)
    documents = _documents(outputs)
    filing = Filing(decisions, reviewer, came.via, now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    intake = Intake(schema, Spelling(schema), came.trail, documents)
    for sheet in came.sheets:
        read_sheet(sheet, intake)
    found = intake.found
    report = Report(path, reviewer, refused=found.refusals, deleted=found.deleted)
    report.notes = [*came.notes, *found.notes]
    desk = _Desk(came, outputs, documents, filing, report, why)
    desk.name_new_rows(found.new_rows, found.wishes)
    with ExitStack() as open_things:
        desk.take(found.wishes, finder or _finder(outputs, documents, schema, papers, open_things))
    report.again = filing.again
    if not dry_run:
        filing.save()
        write_unmatched(report)
    return report


def _documents(outputs: Path) -> dict[str, Cells]:
    """The papers of the run by name. Raises WrongFile."""
    try:
        try:
            frame = read_baseline(outputs, "documents")
        except FileNotFoundError:
            frame = read_table(outputs / "documents.csv")
    except (OSError, ValueError) as error:
        raise WrongFile(f"{outputs}: not the folder of a run ({error}). Name it with --outputs DIR.") from error
    rows = [{str(name): str(cell) for name, cell in row.items()} for row in frame.to_dict("records")]
    return {row["document"]: row for row in rows}


def _finder(
    outputs: Path, documents: Mapping[str, Cells], schema: Schema, papers: Sequence[Path], open_things: ExitStack
) -> Finder:
    """Reads papers in a guarded worker, which is started when the first is asked for."""
    reading: list[Reading] = []

    def find(sha256: str, name: str) -> Document:
        if not reading:
            files = {row["sha256"]: row["file"] for row in documents.values()}
            reading.append(Reading(Papers(files, papers), schema, ocr="--ocr" in _command(outputs)))
            open_things.callback(reading[0].close)
        return reading[0].document(sha256, name)

    return find


def _command(outputs: Path) -> list[str]:
    try:
        return list(json.loads((outputs / "run.json").read_text(encoding="utf-8")).get("command", []))
    except (OSError, ValueError, AttributeError):
        return []


class _Desk:
    """Makes decisions of wishes."""

    def __init__(
        self, came: Came, outputs: Path, documents: Mapping[str, Cells], filing: Filing, report: Report, why: str
    ) -> None:
        located = [] if came.via == "csv" else _trail(outputs)
        self.trail = Trail(came.trail, located)
        self.documents, self.filing, self.report, self.why = documents, filing, report, why
        self.papers = {row["document"]: row["record"] for row in came.trail if row["table"] == "documents"}
        self.records: dict[str, str] = {}
        self.pages: dict[str, str] = {}
        self.sides: dict[tuple[str, str], Cells] = {}
        for row in came.trail:
            if row["shown"] == "yes" and row["page"]:
                self.pages.setdefault(row["record"], row["page"])
            if row["table"] == "conflicts":
                self.sides.setdefault((row["record"], row["value"]), row)

    def name_new_rows(self, rows: Mapping[str, Cells], wishes: Sequence[Wish]) -> None:
        """Give each new row its record: that of a row which this person added before with no other values, else one
        made of what it holds."""
        added: dict[tuple[str, str, str, str], dict[str, str]] = defaultdict(dict)
        for decision in self.filing.standing():
            if decision.action == "add" and not self.trail.has(decision.record):
                key = (decision.sha256, decision.patient, decision.table, decision.record)
                added[key][decision.field] = decision.new_value
        about = {wish.field.record: wish.field for wish in wishes}
        taken: set[str] = set()
        often: Counter[str] = Counter()
        for name, values in rows.items():
            where = about[name]
            sha256 = self.documents[where.document]["sha256"]
            fits = [
                (sum(values.get(field) == value for field, value in earlier.items()), record)
                for (digest, patient, table, record), earlier in added.items()
                if (digest, patient, table) == (sha256, where.patient, where.table) and record not in taken
                if _one_row(where.table, earlier, values)
            ]
            told = json.dumps([sha256, where.patient, where.table, sorted(values.items())], ensure_ascii=False)
            often[told] += 1
            record = max(fits)[1] if fits else decision_id("row", self.filing.reviewer, told, str(often[told]))
            taken.add(record)
            self.records[name] = record

    def take(self, wishes: Sequence[Wish], finder: Finder) -> None:
        """File a decision for each field that is asked for."""
        for wish, against in resolved(wishes):
            if against:
                other = against[0].spot
                told = against[0].value or "nothing"
                reason = f"{other.sheet} row {other.row} asks for another value ({told}). Make them agree."
                self._refuse(wish, reason)
                continue
            document = self.documents.get(wish.field.document)
            if document is None:
                self._refuse(wish, f"{wish.field.document} is not in this run. Name its folder with --outputs DIR.")
                continue
            about = self.papers.get(wish.field.document)
            if about and about != record_id(document["sha256"], "documents", "", 0):
                reason = f"the file of {wish.field.document} has changed since. Correct it in the tables of a new run."
                self._refuse(wish, reason)
                continue
            self._file(wish, document["sha256"], finder)

    def _file(self, wish: Wish, sha256: str, finder: Finder) -> None:
        where = wish.field
        record = self.records.get(where.record, where.record)
        patient = "" if where.table == "documents" else where.patient
        target = Target(sha256, patient, where.table, record, where.field)
        if wish.kind == "settle":
            side = self.sides.get((record, wish.value))
            old = next(
                (row["value"] for (id, _), row in self.sides.items() if id == record and row["shown"] == "yes"), ""
            )
            self._made(wish, self.filing.file(
                target, where.document, ("settle", old, wish.value), self.trail.place(side) if side else None,
                wish.why or self.why,
            ))  # fmt: skip
            return
        own, other = self.trail.own(record, where.field), self.trail.reviewed(record, where.field)
        wanted = "" if wish.kind == "none" else wish.value
        said = ruling(own.value, wanted)
        place = own.place
        if said[0] in ("correct", "add") and other.value == wanted and other.place:
            place = other.place  # another reviewer's words for the same value
        if wish.place is not None:
            place = self.trail.place(wish.place)
        words = self._words(wish, sha256, record, finder) if wish.words and said[0] in ("correct", "add") else None
        decision = self.filing.file(
            target, where.document, said, words or place, wish.why or self.why, new_words=words is not None
        )
        self._made(wish, decision)
        if decision is not None and decision.action == "add" and not decision.start and not wish.words:
            reason = "waiting for words: give the paper's words for it in the column words, or mark them on the page."
            self.report.waiting.append(Refusal(wish.spot, {**where._asdict()}, "", wish.value, reason))

    def _words(self, wish: Wish, sha256: str, record: str, finder: Finder) -> dict[str, str]:
        """The place of the words that a person gave; without a place when they are not found."""
        where = wish.field
        try:
            places = locate(finder(sha256, where.document), wish.words)
        except (NotThere, PaperMissing, Unreadable) as error:
            reason = f"waiting for words: {error}"
            self.report.waiting.append(Refusal(wish.spot, {**where._asdict()}, "", wish.value, reason))
            return {"quote": wish.words}
        near = [place for place in places if str(place.page or "") == self.pages.get(record, "")]
        place = (near or places)[0]
        if len(near or places) > 1:
            page = f" on page {place.page}" if place.page else ""
            self.report.notes.append(
                f"{_place(wish.spot)}: the words stand at {len(places)} places; the first{page} was taken. "
                "Give more of the sentence to choose another."
            )
        return place_cells(place)

    def _made(self, wish: Wish, decision: Decision | None) -> None:
        if decision is not None:
            self.report.made.append((wish, decision))

    def _refuse(self, wish: Wish, reason: str) -> None:
        self.report.refused.append(Refusal(wish.spot, {**wish.field._asdict()}, "", wish.value, reason))


def place_cells(place: Place) -> dict[str, str]:
    """A place in a paper by the names of ``Decision``."""
    boxes = "; ".join(
        " ".join([str(box.page), *(f"{length:.2f}" for length in (box.x0, box.top, box.x1, box.bottom))])
        for box in place.boxes
    )
    page = "" if place.page is None else str(place.page)
    return {
        "quote": place.quote, "page": page, "boxes": boxes, "start": str(place.start), "end": str(place.end),
        "where": place.where,
    }  # fmt: skip


def _one_row(table: str, earlier: Cells, values: Cells) -> bool:
    """Whether a row is one that was added before: nothing differs, and what names it is the same."""
    shared = earlier.keys() & values.keys()
    return all(earlier[name] == values[name] for name in shared) and any(name in shared for name in NAMING[table])


def _trail(outputs: Path) -> list[Cells]:
    try:
        rows = read_baseline(outputs, "values").to_dict("records")
    except FileNotFoundError:
        return []
    return [{str(name): str(cell) for name, cell in row.items()} for row in rows]


# --- what is told and written


def as_text(report: Report, *, listed: bool = False) -> str:
    """What became of a file, for people: counts, then everything to look at again; with ``listed`` each decision."""
    actions = Counter(str(decision.action) for _, decision in report.made)
    names = {"accept": "accepted", "correct": "corrected", "reject": "rejected", "add": "added", "absent": "absent",
             "settle": "settled", "judge": "judged"}  # fmt: skip
    counts = ", ".join(f"{actions[action]} {name}" for action, name in names.items() if actions[action])
    number = len(report.made)
    lines = [f"{report.file.name}: {number} decision{'' if number == 1 else 's'}{f' ({counts})' if counts else ''}."]
    if report.again:
        lines[0] += f" {report.again} more {'was' if report.again == 1 else 'were'} there already."
    if listed:
        for wish, decision in report.made:
            value = decision.outcome or "nothing"
            lines.append(f"  {_place(wish.spot)}: {decision.action} {decision.old_value or 'nothing'} -> {value}")
    for title, items in (
        ("kept, but not applied before the paper's words are found", report.waiting),
        ("not imported", report.refused),
        ("gone from the file", report.deleted),
    ):
        if items:
            lines += ["", f"{len(items)} {title}:"]
            lines += [f"  {_told(item)}" for item in items[:MOST]]
            if len(items) > MOST:
                lines.append(f"  … and {len(items) - MOST} more")
    if report.notes:
        lines += ["", *report.notes]
    return "\n".join(lines)


MOST = 200
"""So many items of a kind are listed on the screen."""


def _place(spot: tuple[str, int, str]) -> str:
    sheet, row, column = spot
    return f"{sheet} row {row}, {column}" if row else sheet


def _told(item: Refusal) -> str:
    value = f" '{item.value}'" if item.value and f"'{item.value}'" not in item.reason else ""
    about = ", ".join(filter(None, (item.about.get("document", ""), item.about.get("patient", ""))))
    return f"{_place(item.spot)}{f' ({about})' if about else ''}:{value} {item.reason}"


def unmatched_path(file: Path) -> Path:
    """Where what could not be matched is listed: beside the file."""
    return file.with_name(f"{file.stem}_unmatched.csv")


def _id_of(cells: Cells) -> str:
    return cells.get("value_id") or cells.get("record") or cells.get("conflict", "")


def write_unmatched(report: Report) -> None:
    """The list of what was not imported; an earlier one goes when there is nothing any more."""
    path = unmatched_path(report.file)
    if not report.unmatched:
        path.unlink(missing_ok=True)
        return
    columns = ["sheet", "row", "column", "document", "patient", "record", "before", "value", "reason"]
    rows = [
        [
            item.spot.sheet, str(item.spot.row or ""), item.spot.column, item.about.get("document", ""),
            item.about.get("patient", ""), _id_of(item.about), item.before, item.value, item.reason,
        ]
        for item in report.unmatched
    ]  # fmt: skip
    path.write_bytes(csv_bytes(pd.DataFrame(rows, columns=columns, dtype=str)))
