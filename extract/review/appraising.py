"""REVIEW: judgements that were chosen in a form of appraisal become decisions of the person who chose them.

The form is ``appraisal.xlsx`` or ``appraisal.csv`` of a report; it is known by its columns, whatever it is called now.
Every judgement is imported, or reported with its row; importing a form twice adds nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from extract.evidence.decisions import Decision, Target, Via
from extract.evidence.files import read_baseline, read_table
from extract.evidence.returned import cell_text
from extract.review.filing import Filing
from extract.review.importing import Report, write_unmatched
from extract.review.sheets import Line, WrongFile, read_csv
from extract.review.wishes import Field, Refusal, Spot, Wish
from extract.schema.appraisal import FIELD, TABLE, ItemName, Tool
from extract.schema.shapes.base import nearest

NEEDED = ("document", "sha256", "record", "seen", "judgement")
"""The columns without which a form cannot be taken back."""

ALSO = ("tool", "item", "words", "why", "allowed", "before", "reviewer")

SHEET = "appraisal"

SEEN = re.compile(r"no quote|\d+ quotes? [0-9a-f]{10}")
"""The mark of the quotes that a judgement was made on."""

_QUOTE = re.compile(r"^(?:p\. (?P<page>\d+) )?“(?P<words>.*)” \[.*\]$", re.MULTILINE)


class Form(NamedTuple):
    """A form as it came back: the name of its sheet, its columns and rows, and whether it is a workbook."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    is_workbook: bool


def read_form(path: Path) -> Form | None:
    """The form in a file; None for a file that is none. Raises WrongFile for a form that lacks a column."""
    try:
        form = _workbook(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv(path)
    except OSError as error:
        raise WrongFile(f"{path}: cannot be opened ({error.strerror}).") from error
    if form is None or len({"judgement", "record", "seen", "question"} & set(form.columns)) < 3:
        return None
    if missing := [name for name in NEEDED if name not in form.columns]:
        raise WrongFile(f"{path}: the column {missing[0]} is missing. Put it back from a form that report wrote.")
    empty = dict.fromkeys(form.columns, "")
    return form._replace(lines=tuple(Line(line.number, {**empty, **line.cells}) for line in form.lines))


def _csv(path: Path) -> Form | None:
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    read = read_csv(path, {*NEEDED, *ALSO})
    return Form(path.name, read.columns, read.lines, False)


def _workbook(path: Path) -> Form | None:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError):
        return None
    if SHEET not in book.sheetnames:
        return None
    rows = ([cell_text(cell) for cell in row] for row in book[SHEET].iter_rows(values_only=True))
    head = next(rows, [])
    lines = tuple(
        Line(number, {name: cell for name, cell in zip(head, row, strict=False) if name})
        for number, row in enumerate(rows, 2)
        if any(row)
    )
    return Form(SHEET, tuple(filter(None, head)), lines, True)


def import_form(
    path: Path, form: Form, outputs: Path, tools: Sequence[Tool], decisions: Path, reviewer: str, *, why: str = "",
    dry_run: bool = False, seen: Mapping[tuple[str, str], str] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:  # fmt: skip
    """Import the judgements of a form into the folder ``decisions``.

    ``seen``: the mark of the quotes that bear on an item now, by digest and record; a judgement made on others is kept
    and told of. With ``dry_run`` nothing is written. Raises WrongFile, also for a form that was made for somebody else,
    and DecisionError.
    """
    made_for = {line.cells.get("reviewer", "") for line in form.lines} - {"", reviewer}
    if made_for:
        raise WrongFile(f"{path}: this form was made for {min(made_for)} and holds what {min(made_for)} said before.")
    via: Via = "workbook" if form.is_workbook else "csv"
    filing = Filing(decisions, reviewer, via, now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    report = Report(path, reviewer)
    desk = _Desk(form, _papers(outputs), tools, filing, report, why)
    for line, target, value in desk.wanted():
        desk.file(line, target, value, seen)
    report.again = filing.again
    if not dry_run:
        filing.save()
        write_unmatched(report)
    return report


def _papers(outputs: Path) -> dict[str, str]:
    """The digest of each paper of the run. Raises WrongFile."""
    try:
        try:
            frame = read_baseline(outputs, "documents")
        except FileNotFoundError:
            frame = read_table(outputs / "documents.csv")
        return {str(row["document"]): str(row["sha256"]) for row in frame.to_dict("records")}
    except (OSError, ValueError, KeyError) as error:
        raise WrongFile(f"{outputs}: not the folder of a run ({error}). Name it with --outputs DIR.") from error


class _Desk:
    """Makes decisions of the rows of a form."""

    def __init__(
        self, form: Form, papers: Mapping[str, str], tools: Sequence[Tool], filing: Filing, report: Report, why: str
    ) -> None:
        self.form, self.papers, self.filing, self.report, self.why = form, papers, filing, report, why
        self.tools = {tool.id: tool for tool in tools}

    def wanted(self) -> Iterator[tuple[Line, Target, str]]:
        """The rows that say something, each item once; all others are refused."""
        found: dict[Target, tuple[Line, str]] = {}
        apart: set[Target] = set()
        for line in self.form.lines:
            said = " ".join(line.cells.get("judgement", "").split())
            if not said and not line.cells.get("before"):
                if line.cells.get("why", "").strip():
                    self.refuse(line, "why", "a reason without a judgement. Choose the judgement too.")
                continue
            target, value = self.target(line), said and self.word(line, said)
            if target is None or value is None:
                continue
            other = found.setdefault(target, (line, value))
            if (other[1], _why(other[0])) != (value, _why(line)):
                told = f"row {other[0].number} says {other[1] or 'nothing'} of the same item. Make them agree."
                self.refuse(line, "judgement", told)
                apart.add(target)
        for target, (line, value) in found.items():
            if target in apart:
                self.refuse(line, "judgement", "another row says something else of the same item. Make them agree.")
            else:
                yield line, target, value

    def target(self, line: Line) -> Target | None:
        """The item that a row is about; None, and a refusal, where it is none."""
        cells = line.cells
        name, document = ItemName.of(cells["record"]), cells["document"]
        tool = self.tools.get(name.tool)
        if tool is None or tool.item(name.item) is None:
            known = [f"{tool.id}.{item.id}" for tool in self.tools.values() for item in tool.items]
            said = nearest(cells["record"], known).split(" Allowed:")[0]
            self.refuse(line, "record", f"'{cells['record']}' is no item of a tool in appraisal.yaml.{said}")
        elif document not in self.papers and cells["sha256"] not in self.papers.values():
            self.refuse(line, "document", f"{document} is not in this run. Name its folder with --outputs DIR.")
        elif cells["sha256"] not in self.papers.values():
            reason = f"the file of {document} has changed since. Judge it in the form of a new report."
            self.refuse(line, "sha256", reason)
        elif not SEEN.fullmatch(cells["seen"]):
            self.refuse(line, "seen", f"'{cells['seen']}' is no mark of quotes. Put back what the form had.")
        else:
            return Target(cells["sha256"], "", TABLE, cells["record"], FIELD)
        return None

    def word(self, line: Line, said: str) -> str | None:
        """The judgement as its tool writes it; None, and a refusal, where the tool has no such one."""
        tool = self.tools.get(ItemName.of(line.cells["record"]).tool)
        if tool is None:
            return None
        word = next((word for word in tool.judgements if word.casefold() == said.casefold()), None)
        if word is None:
            reason = f"'{said}' is no judgement of {tool.name}.{nearest(said, tool.judgements)}."
            self.refuse(line, "judgement", reason)
        return word

    def file(self, line: Line, target: Target, value: str, seen: Mapping[tuple[str, str], str] | None) -> None:
        """File the decision, and tell where it rests on quotes that have changed since."""
        place = _place(line.cells.get("words", ""))
        mark = line.cells["seen"]
        decision = self.filing.file(
            target, line.cells["document"], ("judge", mark, value), place, line.cells.get("why", "") or self.why
        )
        if decision is not None:
            self.made(line, decision)
        if value and seen is not None and seen.get((target.sha256, target.record), mark) != mark:
            self.report.notes.append(
                f"{self.form.title} row {line.number}: the quotes have changed since this form was written. The "
                "judgement is kept, and shown as stale: judge it again in the form of a new report."
            )

    def made(self, line: Line, decision: Decision) -> None:
        about = Field(decision.document, "", TABLE, decision.record, FIELD)
        spot = Spot(self.form.title, line.number, "judgement")
        self.report.made.append((Wish(spot, about, "set", decision.new_value), decision))

    def refuse(self, line: Line, column: str, reason: str) -> None:
        about = {"document": line.cells.get("document", ""), "patient": "", "record": line.cells.get("record", "")}
        spot = Spot(self.form.title, line.number, column)
        before = line.cells.get("before", "")
        self.report.refused.append(Refusal(spot, about, before, line.cells.get("judgement", ""), reason))


def _place(words: str) -> dict[str, str]:
    """The quotes that a form shows, as a decision keeps them: the first with its page, then the others."""
    found = [(match["page"] or "", match["words"]) for match in _QUOTE.finditer(words)]
    first = found[0][0] if found else ""
    told = (words if page == first else f"(p. {page}) {words}" for page, words in found)
    return {"quote": " | ".join(told), "page": first}


def _why(line: Line) -> str:
    return " ".join(line.cells.get("why", "").split())
