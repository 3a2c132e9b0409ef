"""Verify an output folder: every quote is read again from its paper, every table held against the others and against
what the run wrote.

What comes out is a Report: for each document whether its file is there and the same, for each value whether its words
hold, and every fault with the file, row and column it is in.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from extract import __version__
from extract.evidence.changes import Fault, Listing
from extract.evidence.crosschecks import contradictions
from extract.evidence.decisions import boxes_of
from extract.evidence.integrity import Folder, open_folder
from extract.guard import Result, read_guarded
from extract.model import RECORDS, Box
from extract.read.rereading import Claim, Reread, Rereading
from extract.schema import Schema
from extract.worker import Limits

SUFFIXES = frozenset({".pdf", ".xml", ".nxml", ".txt"})
"""Files that are looked at when a paper is searched for by its digest."""

VERDICTS = {
    "holds": "hold",
    "moved": "moved",
    "gone": "gone",
    "unread": "read by OCR, not checkable by text (--ocr reads their pictures again)",
    "wordless": "entered by a reviewer without words",
    "unchecked": "not checked, since their paper could not be read",
}
"""What may come of a value, as the summary says it."""

CORRECTED_IN = frozenset({"values.csv", *(f"{name}.csv" for name in RECORDS)})
"""Tables in which reviewers make corrections."""

Row = Mapping[str, str]
Progress = Callable[[int, int, str, str], None]
"""Called for each document that is done: how many are done, how many there are, its name, what became of it."""


@dataclass(frozen=True)
class Failure:
    """A fault and what it is about. ``row`` counts as spreadsheets do, 0 when it is not about one row; ``verdict`` is
    ``moved`` or ``gone`` for words that do not stand where values.csv says."""

    file: str
    row: int
    column: str
    message: str
    verdict: Literal["", "moved", "gone"] = ""
    document: str = ""
    patient: str = ""
    field: str = ""
    page: str = ""
    quote: str = ""

    def line(self) -> str:
        """The failure in one line."""
        place = ", ".join(filter(None, (self.file, f"row {self.row}" if self.row else "", self.column)))
        page = f"p. {self.page}" if self.page else ""
        whose = f"patient {self.patient}" if self.patient else ""
        about = ", ".join(filter(None, (self.document, page, self.field, whose)))
        verdict = f"{self.verdict}: " if self.verdict else ""
        quote = f" Quote: {self.quote!r}" if self.quote else ""
        return f"{place}{f' ({about})' if about else ''}: {verdict}{self.message}.{quote}"


@dataclass
class Report:
    """What verifying came to. ``values`` counts rows of values.csv: ``holds``, ``moved``, ``gone``; ``unread`` (their
    words come from a picture), ``wordless`` (a reviewer gave no words), ``unchecked`` (the paper could not be read)."""

    folder: Path
    documents: dict[str, str] = field(default_factory=dict)
    values: Counter[str] = field(default_factory=Counter)
    readers: Counter[str] = field(default_factory=Counter)
    tables: int = 0
    intact: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def holds(self) -> bool:
        """Whether nothing fails."""
        return not self.failures


class Paper(NamedTuple):
    """A row of documents.csv and the file it was read from, when that was found as it was."""

    row: Row
    at: int
    path: Path | None


def verify(
    outputs: Path,
    schema: Schema,
    *,
    papers: Sequence[Path] = (),
    workers: int = 1,
    limits: Limits | None = None,
    ocr: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Verify the folder that a run wrote. ``papers`` are folders in which papers are searched for by their digest when
    they are not where the run found them; with ``ocr`` words of pictures are read again by tesseract.

    Raises NoOutputs when there is no such folder, or nothing that a run wrote in it.
    """
    clock = time.monotonic()
    folder = open_folder(outputs, tuple(schema.tables))
    report = Report(outputs, tables=len(folder.sound), intact=folder.intact, notes=list(folder.notes))
    report.failures += [_failure(fault, folder.now) for fault in folder.faults]
    same_rules = _same_rules(folder, schema, report)
    told = {failure.file for failure in report.failures}
    lost = [f"{name}.csv" for name in schema.tables if same_rules and name not in folder.sound]
    report.failures += [Failure(file, 0, "", "the file is missing. Run again") for file in lost if file not in told]
    counts = folder.run.get("counts")
    found = contradictions(folder.sound, schema, counts if isinstance(counts, dict) else {}, same_rules=same_rules)
    report.failures += [_failure(fault, folder.sound) for fault in found]
    known = _find_papers(folder, outputs, papers, report)
    claims = _claims(folder, known, report)
    work = Rereading({name: tuple(claim for claim, _ in said) for name, said in claims.items()}, ocr)
    tasks = [
        (at, paper.path, name)
        for at, (name, paper) in enumerate(known.items())
        if paper.path is not None and (name in claims or paper.row["status"] != "failed")
    ]
    results = read_guarded(tasks, schema, workers=workers, limits=limits or Limits(), work=work)
    names = list(known)
    for done, result in enumerate(results, start=1):
        name = names[result.task]
        outcome = _settle(known[name], claims.get(name, []), result, report)
        if progress:
            progress(done, len(tasks), name, outcome)
    report.failures.sort(key=lambda failure: (failure.file, failure.row))
    report.seconds = round(time.monotonic() - clock, 2)
    return report


def _same_rules(folder: Folder, schema: Schema, report: Report) -> bool:
    """Whether the folder was written by this version with these rules; a note when it was not."""
    used = folder.run.get("schema")
    hash = used.get("hash") if isinstance(used, dict) else None
    version = folder.run.get("caseloom")
    if not folder.run or (hash == schema.hash and version == __version__):
        return True
    what = f"version {version}" if version != __version__ else "other rules"
    report.notes.append(
        f"The tables were written with {what}; what the rules of today would make of them was not compared."
    )
    return False


def _failure(fault: Fault, tables: Mapping[str, Listing]) -> Failure:
    """A fault with what its row is about."""
    table = tables.get(fault.file.removesuffix(".csv"))
    row: Row = {}
    if table is not None and 2 <= fault.row < len(table.rows) + 2:
        row = dict(zip(table.columns, table.rows[fault.row - 2], strict=True))
    is_value = fault.file == "values.csv"
    return Failure(
        *fault,
        document=row.get("document", ""),
        patient=row.get("patient", ""),
        field=f"{row.get('table', '')}.{row.get('field', '')}" if is_value and row else "",
        page=row.get("page", "") if is_value else "",
    )


# --- the papers


def _find_papers(folder: Folder, outputs: Path, places: Sequence[Path], report: Report) -> dict[str, Paper]:
    """The papers of documents.csv by name, each with its file where that lies unchanged; the others are failures."""
    out: dict[str, Paper] = {}
    elsewhere: dict[str, Path] | None = None
    for at, row in enumerate(folder.sound["documents"].records() if "documents" in folder.sound else (), start=2):
        name, digest = row.get("document", ""), row.get("sha256", "")
        there = [path for path in _candidates(row.get("file", ""), outputs) if path.is_file()]
        path = next((path for path in there if _digest(path) == digest), None)
        if path is None and places:
            if elsewhere is None:
                elsewhere = _by_digest(places)
            path = elsewhere.get(digest)
        out[name] = Paper(row, at, path)
        report.documents[name] = "as it was read" if path else "changed" if there else "missing"
        if path is None:
            if there:
                message = f"{there[0]} is not the file that was read, its bytes have changed. Run again, or "
            else:
                message = f"the file {row.get('file', '')} is not there. "
            message += "give its folder as it was with --papers DIR" if there else "Give its folder with --papers DIR"
            if places:
                message += f" (it is not in {', '.join(map(str, places))})"
            report.failures.append(Failure("documents.csv", at, "file", message, document=name))
    return out


def _candidates(file: str, outputs: Path) -> Iterator[Path]:
    """Where a file may lie that a run called so: seen from here, from the output folder and from the folders around
    it."""
    if file and "\0" not in file:
        yield Path(file)
        if not Path(file).is_absolute():
            folder = outputs.resolve()
            yield from (parent / file for parent in (folder, *folder.parents))


def _by_digest(places: Iterable[Path]) -> dict[str, Path]:
    """The papers in some folders (or these files themselves) by the digest of their bytes."""
    out: dict[str, Path] = {}
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix.lower() in SUFFIXES and path.is_file() and (digest := _digest(path)):
                out.setdefault(digest, path)
    return out


def _digest(path: Path) -> str:
    """The sha256 of a file's bytes; '' when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


# --- the words


def _claims(
    folder: Folder, known: Mapping[str, Paper], report: Report
) -> dict[str, list[tuple[Claim, list[tuple[int, Row]]]]]:
    """What values.csv says of each document that can be read again: each place once, with its rows."""
    out: dict[str, dict[Claim, list[tuple[int, Row]]]] = {}
    for at, row in enumerate(folder.now["values"].records() if "values" in folder.now else (), start=2):
        paper = known.get(row["document"])
        if not row["quote"]:
            report.values["wordless" if row["basis"] == "reviewed" else "gone"] += 1
            if row["basis"] != "reviewed":
                report.failures.append(_of_row(at, row, "quote", "it has no words", "gone"))
        elif paper is None or paper.path is None:
            report.values["unchecked"] += 1
        else:
            try:
                claim = _claim(row)
            except _Misfit as misfit:
                report.values["gone"] += 1
                report.failures.append(_of_row(at, row, misfit.column, str(misfit), "gone"))
                continue
            out.setdefault(row["document"], {}).setdefault(claim, []).append((at, row))
    return {name: list(claims.items()) for name, claims in out.items()}


class _Misfit(Exception):
    """A cell of values.csv that cannot be what it should be."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def _claim(row: Row) -> Claim:
    """What a row of values.csv says of its place. Raises _Misfit for a cell that is no number or box."""
    column = ""
    try:
        column = "quote_boxes"
        boxes = boxes_of(row[column])
        column = "page"
        page = int(row[column]) if row[column] else None
        column = "start"
        start = int(row[column])
        column = "end"
        end = int(row[column])
        column = "x0"
        sides = [float(row[side]) for side in ("x0", "top", "x1", "bottom") if row[side]]
        box = Box(page=page or 1, x0=sides[0], top=sides[1], x1=sides[2], bottom=sides[3]) if sides else None
    except (ValueError, IndexError) as error:
        raise _Misfit(column, f"{row[column]!r} cannot be what it should be") from error
    return Claim(
        quote=row["quote"],
        boxes=boxes,
        start=start,
        end=end,
        words=row["as_written"],
        page=page,
        box=box,
        ocr=row["rule"].endswith("(OCR)"),
        entered=row["basis"] == "reviewed",
    )


def _settle(paper: Paper, claims: Sequence[tuple[Claim, list[tuple[int, Row]]]], result: Result, report: Report) -> str:
    """Write down what reading a paper again came to, and say it in a few words."""
    name = paper.row["document"]
    if result.reason:
        report.values["unchecked"] += sum(len(rows) for _, rows in claims)
        report.documents[name] = result.reason
        message = f"it cannot be read again ({result.reason}): {result.message.rstrip('.')}"
        report.failures.append(Failure("documents.csv", paper.at, "file", message, document=name))
        return result.reason
    reread = Reread.model_validate_json(result.json)
    pages = paper.row["pages"]
    if reread.pages is not None and paper.row["status"] == "ok" and pages != str(reread.pages):
        message = f"{pages!r}, but the file has {reread.pages}"
        report.failures.append(Failure("documents.csv", paper.at, "pages", message, document=name))
    verdicts: Counter[str] = Counter()
    for (_, rows), finding in zip(claims, reread.findings, strict=True):
        verdicts[finding.verdict] += len(rows)
        if finding.by:
            report.readers[finding.by] += len(rows)
        if finding.verdict in ("moved", "gone"):
            report.failures += [_of_row(at, row, finding.column, finding.message, finding.verdict) for at, row in rows]
    report.values += verdicts
    return _tally(verdicts)


def _of_row(at: int, row: Row, column: str, message: str, verdict: Literal["moved", "gone"]) -> Failure:
    return Failure(
        "values.csv",
        at,
        column,
        message,
        verdict,
        document=row["document"],
        patient=row["patient"],
        field=f"{row['table']}.{row['field']}",
        page=row["page"],
        quote=row["quote"],
    )


# --- what people and programs read


def as_json(report: Report) -> str:
    """The report as one JSON object."""
    told = {
        "outputs": str(report.folder),
        "holds": report.holds,
        "documents": report.documents,
        "values": dict(sorted(report.values.items())),
        "read_by": dict(sorted(report.readers.items())),
        "tables": {"all": report.tables, "as_written": report.intact},
        "failures": [asdict(failure) for failure in report.failures],
        "notes": report.notes,
        "seconds": report.seconds,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def as_text(report: Report) -> str:
    """The report for people: every failure in a line, what to know, then what holds."""
    lines = [failure.line() for failure in report.failures]
    changed = {failure.file for failure in report.failures if failure.message.startswith("was ")}
    for file in sorted(changed & CORRECTED_IN):
        path = report.folder / file
        lines.append(f"If {file} holds corrections, import them: caseloom review import {path} --reviewer NAME")
    lines += report.notes
    same = sum(state == "as it was read" for state in report.documents.values())
    lines.append(f"{_count(len(report.documents), 'document')}: {_parts(same, 'as read', report.documents)}.")
    lines.append(f"{_count(sum(report.values.values()), 'value')}: {_tally(report.values)}.")
    lines.append(f"{_count(report.tables, 'table')}: {report.intact} as the run wrote them.")
    lines.append("Everything holds." if report.holds else f"{_count(len(report.failures), 'failure')}.")
    return "\n".join(lines)


def _tally(verdicts: Mapping[str, int]) -> str:
    said = [f"{verdicts[key]} {words}" for key, words in VERDICTS.items() if verdicts.get(key)]
    return ", ".join(said) or "nothing to check"


def _parts(same: int, words: str, states: Mapping[str, str]) -> str:
    others = Counter(state for state in states.values() if state != "as it was read")
    return ", ".join([f"{same} {words}", *(f"{number} {state}" for state, number in sorted(others.items()))])


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
