"""EVIDENCE: what reviewers decided, one append-only file for each reviewer.

``corpus/decisions/<reviewer>.csv`` holds one decision a line, plain enough for git. A decision names what it is about
by the digest of the document, by patient, table, record and field, and by the words it was taken from, so that it finds
its value again when ids have moved.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import Field, ValidationError

from extract.evidence.cells import protect, unprotect
from extract.model import Box, Noun

Action = Literal["accept", "correct", "reject", "add", "absent", "settle", "judge", "extract", "undo", "done"]
"""What a reviewer can say.

accept: the value stands; correct: ``new_value`` instead; reject: the paper does not say it, the cell becomes empty;
add: a value that was missing (``record`` is the row's id, or a new one that the values of a new row share); absent:
looked for, not reported; settle: a conflict, ``new_value`` is the side that holds; judge: an item of an appraisal
(table appraisal, record tool.item), ``new_value`` is the judgement ('': none any more) and ``old_value`` the mark of
the quotes that it was made on; it changes no table; extract: what a blind extractor read, never applied by itself;
undo: takes back the reviewer's last decision on the same target; done: the reviewer is through with the paper.
"""

Via = Literal["page", "workbook", "csv", "adjudication", "program"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a reviewer may be called: it is the name of the file."""


class DecisionError(Exception):
    """Decisions that cannot be read or written; ``errors`` names file, line and what to do for each."""

    def __init__(self, *errors: str) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class Decision(Noun):
    """One decision of one reviewer. All cells are text; ``page``, ``boxes`` (``page x0 top x1 bottom; ...``),
    ``start``, ``end`` and ``where`` are the place of ``quote``, '' where it has none."""

    decision: str = Field(pattern=r"^[0-9a-f]{10}$")
    when: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    reviewer: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    action: Action
    document: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    patient: str = ""
    table: str = ""
    record: str = ""
    field: str = ""
    old_value: str = ""
    new_value: str = ""
    quote: str = ""
    page: str = Field(default="", pattern=r"^\d*$")
    boxes: str = Field(default="", pattern=r"^(\d+( -?\d+(\.\d+)?){4}(; \d+( -?\d+(\.\d+)?){4})*)?$")
    start: str = Field(default="", pattern=r"^\d*$")
    end: str = Field(default="", pattern=r"^\d*$")
    where: str = Field(default="", pattern=r"^(narrative|table|figure|caption|abstract|discussion)?$")
    why: str = ""
    via: Via

    @property
    def target(self) -> Target:
        """What the decision is about."""
        return Target(self.sha256, self.patient, self.table, self.record, self.field)

    @property
    def outcome(self) -> str:
        """The value that the decision leaves in the cell; '' for none."""
        return self.old_value if self.action == "accept" else self.new_value


class Target(NamedTuple):
    """What a decision is about: a field of a record of a document."""

    sha256: str
    patient: str
    table: str
    record: str
    field: str


COLUMNS = tuple(Decision.model_fields)
"""The columns of a decisions file, in order."""


def decision_id(*parts: str) -> str:
    """The id of a decision from what makes it unique: a request, or a file and its change. The same parts give the
    same id, and a file never takes an id twice, so that a repeated request leaves no second decision."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


def boxes_of(text: str) -> tuple[Box, ...]:
    """The boxes that a cell names: ``page x0 top x1 bottom; ...``."""
    out = []
    for part in filter(None, text.split("; ")):
        page, *lengths = part.split(" ")
        x0, top, x1, bottom = map(float, lengths)
        out.append(Box(page=int(page), x0=x0, top=top, x1=x1, bottom=bottom))
    return tuple(out)


def read_decisions(folder: Path) -> list[Decision]:
    """All decisions of a folder, file by file in the order of their names, each file from top to bottom.

    A line that was torn off at the end of a file (the machine went down while it was written) is passed over; the next
    ``append_decisions`` sets it aside. Raises DecisionError that names each line that is no decision.
    """
    return _read(sorted(folder.glob("*.csv")) if folder.is_dir() else [])


def read_reviewer(folder: Path, reviewer: str) -> list[Decision]:
    """The decisions of one reviewer, [] where there is no file yet. Raises DecisionError as ``read_decisions`` does."""
    path = folder / f"{reviewer}.csv"
    return _read([path] if path.exists() else [])


def _read(paths: Iterable[Path]) -> list[Decision]:
    decisions: list[Decision] = []
    faults: list[str] = []
    for path in paths:
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            faults.append(f"{path}: cannot be read ({why}). Restore it from a copy; decisions are only ever appended.")
            continue
        whole, tail = _parted(text)
        decisions += _parse(path, whole, faults)
        if tail:
            decisions += _parse(path, _header(whole) + tail, [])
    if faults:
        raise DecisionError(*faults)
    return decisions


def _parted(text: str) -> tuple[str, str]:
    """Whole lines, and what stands after the last of them."""
    cut = text.rfind("\n") + 1
    return text[:cut], text[cut:]


def _header(text: str) -> str:
    return text[: text.find("\n") + 1]


def _parse(path: Path, text: str, faults: list[str]) -> list[Decision]:
    """The decisions of a file; what cannot be one is told of in ``faults``."""
    rows = csv.reader(io.StringIO(text.replace("\r\n", "\n")))
    header = next(rows, None)
    if header is None:
        return []
    if missing := [name for name in COLUMNS if name not in header]:
        faults.append(f"{path}:1: not a file of decisions: the column {missing[0]} is missing.")
        return []
    decisions: list[Decision] = []
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return decisions
        except csv.Error as error:
            faults.append(f"{path}:{rows.line_num}: not readable as CSV ({error}).")
            return decisions
        if not any(row):
            continue
        place = f"{path}:{rows.line_num}"
        if len(row) != len(header):
            faults.append(f"{place}: {len(row)} cells where there should be {len(header)}. Restore the line.")
            continue
        cells = {name: unprotect(cell) for name, cell in zip(header, row, strict=True) if name in COLUMNS}
        try:
            decision = Decision.model_validate(cells)
        except ValidationError as error:
            faults += [_fault(place, detail["loc"], str(detail["input"])) for detail in error.errors()]
            continue
        if decision.reviewer != path.stem:
            faults.append(f"{place}: reviewer is {decision.reviewer!r} in the file of {path.stem!r}.")
            continue
        decisions.append(decision)


def _fault(place: str, loc: Sequence[int | str], found: str) -> str:
    column = str(loc[0]) if loc else "?"
    allowed = {"action": get_args(Action), "via": get_args(Via)}.get(column)
    way_out = f"; allowed: {', '.join(allowed)}." if allowed else ", which cannot be. Restore the line."
    return f"{place}: {column} is {found!r}{way_out}"


def append_decisions(folder: Path, reviewer: str, decisions: Iterable[Decision]) -> int:
    """Add decisions to the end of a reviewer's file and see that they are on the disk. Returns how many were new.

    Those whose id the file already holds are passed over. A line that an earlier end tore off is set aside in
    ``<reviewer>.csv.torn``. Raises DecisionError when the file cannot be written or belongs to somebody else.
    """
    if not NAME.fullmatch(reviewer):
        raise DecisionError(f"reviewer {reviewer!r}: use letters, digits, dot, dash and underscore, 64 at most.")
    given = list(decisions)
    if strangers := {decision.reviewer for decision in given} - {reviewer}:
        raise DecisionError(f"a decision of {min(strangers)!r} does not go into the file of {reviewer!r}.")
    path = folder / f"{reviewer}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(path) as file:
            known = _ids(_whole_lines(path, file))
            new = list({decision.decision: decision for decision in given if decision.decision not in known}.values())
            if new:
                _write(file, _lines(new, header=file.tell() == 0))
                _sync_folder(folder)
            return len(new)
    except OSError as error:
        raise DecisionError(f"{path}: the decision could not be saved ({error.strerror}).") from error


def _ids(text: str) -> set[str]:
    """The ids in a file. Its other cells are not looked at: a stroke on the page must not wait for all earlier ones."""
    if text.startswith(f"{COLUMNS[0]},"):
        return {line.partition(",")[0] for line in text.split("\n")}  # each decision is on one line
    rows = csv.reader(io.StringIO(text.replace("\r\n", "\n")))
    header = next(rows, [])
    column = header.index("decision") if "decision" in header else 0
    return {row[column] for row in rows if len(row) > column}


@contextmanager
def _locked(path: Path) -> Iterator[io.FileIO]:
    """The file at its end, for one writer at a time."""
    with io.FileIO(path, "a+") as file:
        try:
            import fcntl
        except ImportError:  # Windows: one writer is assumed
            yield file
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield file
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def _whole_lines(path: Path, file: io.FileIO) -> str:
    """The text of the file; what was torn off at its end is set aside, a last line that only lacks its end gets it."""
    file.seek(0)
    data = file.readall() or b""
    whole, tail = _parted(data.decode("utf-8-sig", errors="replace"))
    if tail and whole and _parse(path, _header(whole) + tail, []):
        _write(file, b"\n")
        whole += tail + "\n"
    elif tail:
        with path.with_name(f"{path.name}.torn").open("a", encoding="utf-8") as aside:
            aside.write(f"{tail}\n")
            aside.flush()
            os.fsync(aside.fileno())
        file.truncate(data.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
    return whole


def _lines(decisions: Iterable[Decision], *, header: bool) -> bytes:
    """Decisions as lines of CSV: each on one line, formulas disarmed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(COLUMNS)
    for decision in decisions:
        writer.writerow(protect(" ".join(str(getattr(decision, name)).split())) for name in COLUMNS)
    return out.getvalue().encode()


def _write(file: io.FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) or 0 :]
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """See that the name of a new file is on the disk too."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that count: of each reviewer the last one on each target, what was undone left out.

    Decisions of an adjudicator are kept apart from what the same person decided as a reviewer.
    """
    stacks: dict[tuple[str, bool, Target], list[Decision]] = {}
    for decision in decisions:
        stack = stacks.setdefault((decision.reviewer, decision.via == "adjudication", decision.target), [])
        if decision.action != "undo":
            stack.append(decision)
        elif stack:
            stack.pop()
    return [stack[-1] for stack in stacks.values() if stack]
