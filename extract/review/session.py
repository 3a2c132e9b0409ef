"""REVIEW: one sitting before the page: the tables, the reviewer, what is read, shown and saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from extract.evidence.decisions import NAME
from extract.model import Document
from extract.review import state
from extract.review.beside import put_beside
from extract.review.checking import Refused
from extract.review.deciding import Desk, Stroke, decisions_of
from extract.review.ledger import Ledger
from extract.review.locate import Place, locate, place_between
from extract.review.outputs import BOOKKEEPING, TABLES, Outputs, Paper, read_outputs
from extract.review.papers import Papers
from extract.review.reading import Reading
from extract.review.spelling import Spelling
from extract.review.state import DONE, Standing
from extract.schema import Schema


class NoReviewer(Exception):
    """Nothing can be decided before the reviewer has said their name."""


class Session:
    """All that the page asks for. Its methods may be called from several threads."""

    def __init__(
        self,
        outputs: Path,
        schema: Schema,
        decisions: Path,
        *,
        reviewer: str = "",
        proposal: str = "",
        papers: Sequence[Path] = (),
        blind: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises WrongOutputs when ``outputs`` holds no tables, DecisionError when the reviewer's file is broken."""
        self.schema = schema
        self._spelling = Spelling(schema)
        self.blind = blind
        self.decisions = decisions
        self.proposal = proposal
        self.saved = 0
        self._now = now
        self._columns = {
            table: [*BOOKKEEPING, *(column.name for column in state.shown_columns(schema, table))] for table in TABLES
        }
        self._folder = outputs
        self._outputs = read_outputs(outputs, self._columns)
        self._papers = list(papers)
        self._reading = self._read_with()
        self._ledger = Ledger(decisions, reviewer) if reviewer else None
        self._lock = RLock()
        self._entries: dict[str, tuple[Paper, Standing, dict[str, Any]]] = {}

    def _read_with(self) -> Reading:
        papers = self._outputs.papers.values()
        files = {paper.sha256: paper.about["file"] for paper in papers}
        return Reading(Papers(files, self._papers), self.schema, ocr="--ocr" in self._outputs.run.get("command", []))

    def warm(self) -> None:
        """Make ready for the first page."""
        self._reading.warm()

    @property
    def other_rules(self) -> bool:
        """Whether the tables were made with other rules than the page uses."""
        return bool(self._outputs.run.get("schema", {}).get("hash") != self.schema.hash)

    def close(self) -> None:
        """End the workers."""
        self._reading.close()

    @property
    def reviewer(self) -> str:
        """Who decides; '' while the page has not asked."""
        return self._ledger.reviewer if self._ledger else ""

    @property
    def ledger(self) -> Ledger:
        """The reviewer's decisions. Raises NoReviewer."""
        if self._ledger is None:
            raise NoReviewer("Say first who you are.")
        return self._ledger

    def enter(self, name: str) -> None:
        """Take the name of the reviewer. Raises Refused, or DecisionError when there is a broken file of that name."""
        if not NAME.fullmatch(name):
            raise Refused("Use letters, digits, dot, dash and underscore; begin with a letter or digit; 64 at most.")
        with self._lock:
            if self._ledger is None:
                self._ledger = Ledger(self.decisions, name)
            elif self._ledger.reviewer != name:
                raise Refused(f"This page belongs to {self._ledger.reviewer}. Start another review for {name}.")

    def outputs(self) -> Outputs:
        """The tables as they are now."""
        with self._lock:
            if self._outputs.changed:
                before = {paper.sha256: paper.about["file"] for paper in self._outputs.papers.values()}
                self._outputs = read_outputs(self._folder, self._columns)
                if before != {paper.sha256: paper.about["file"] for paper in self._outputs.papers.values()}:
                    self._reading.close()
                    self._reading = self._read_with()
            return self._outputs

    def overview(self) -> dict[str, Any]:
        """What the page needs to begin: who reviews, the columns, the papers with their state."""
        outputs = self.outputs()
        about = {
            "reviewer": self.reviewer,
            "proposal": self.proposal,
            "blind": self.blind,
            "outputs": str(outputs.folder),
            "file": str(self._ledger.path) if self._ledger else "",
            "tables": state.described(self.schema),
        }
        return {**about, **self.papers()}

    def papers(self) -> dict[str, Any]:
        """The papers with their state, and a mark that changes with every decision and every run."""
        mark = self.mark()
        outputs = self.outputs()
        papers = [self._listed(paper) for paper in outputs.papers.values()]
        twice = [{"document": about["document"], "sha256": about["sha256"]} for about in outputs.duplicates]
        return {"papers": papers, "duplicates": [] if self.blind else twice, "mark": mark}

    def _listed(self, paper: Paper) -> dict[str, Any]:
        """A paper for the list. It is told again without counting while neither it nor its decisions have changed."""
        standing = self._standing(paper)
        known = self._entries.get(paper.sha256)
        if known is None or known[0] is not paper or known[1] is not standing:
            entry = state.listed(paper, standing, hidden=self._hides(standing))
            known = self._entries[paper.sha256] = (paper, standing, entry)
        return known[2]

    def mark(self) -> str:
        """A word that changes when the decisions or the tables do."""
        return f"{self.outputs().written}-{self._ledger.revision() if self._ledger else 0}"

    def paper(self, sha256: str) -> dict[str, Any]:
        """A paper with its values. Raises KeyError for one that is not there."""
        mark = self.mark()  # before the look: what is decided meanwhile must not pass for shown
        paper = self.outputs().papers[sha256]
        standing = self._standing(paper)
        if self._hides(standing):
            return {**state.shown_blind(paper, standing), "mark": mark}
        shown = state.shown(paper, standing, self.schema)
        if any(decision.action == "extract" for decision in standing.values()):
            shown["rows"] = put_beside(shown["rows"], standing)
            shown["compared"] = True
        return {**shown, "mark": mark}

    def decide(self, stroke: Stroke) -> dict[str, Any]:
        """Save what a stroke decides; it is on the disk when this returns. Raises KeyError, Refused, Outdated,
        NotThere, NoReviewer or DecisionError, and then nothing is saved."""
        ledger = self.ledger
        with self._lock:
            paper = self.outputs().papers[stroke.sha256]
            ledger.look()
            standing = ledger.standing(paper.sha256)
            desk = Desk(
                paper=paper,
                standing=standing,
                spelling=self._spelling,
                find=lambda start, end: place_between(self._document(paper), start, end),
                reviewer=ledger.reviewer,
                when=self._now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                saved=ledger.has,
                blind=self._blindness(standing),
            )
            decisions = decisions_of(stroke, desk)
            count = ledger.add(decisions) if decisions else 0
            self.saved += count
        return {"saved": count, "paper": self.paper(stroke.sha256), "papers": self.papers()["papers"]}

    def check(self, table: str, field: str, text: str, row: dict[str, str], words: str = "") -> dict[str, str]:
        """What a typed value would become beside the others of its row, as its words say it. Raises Refused."""
        checked = self._spelling.typed(table, field, text, row, words)
        return {"value": checked.value, "note": checked.note}

    def locate(self, sha256: str, words: str, page: int | None) -> list[dict[str, Any]]:
        """The places of some words. Raises NotThere, KeyError, PaperMissing, Unreadable."""
        return [_spot_json(spot) for spot in locate(self._document(self.outputs().papers[sha256]), words, page)]

    def document(self, sha256: str) -> dict[str, Any]:
        """How a paper is laid out: the sizes of its pages, or the blocks of its text."""
        paper = self.outputs().papers[sha256]
        document = self._document(paper)
        hidden = self._hides(self._standing(paper))
        if document.format == "pdf":
            pages = [[page.number, page.width, page.height] for page in document.pages]
            return {"format": "pdf", "pages": pages, "boxes": {} if hidden else _exact_boxes(document, paper)}
        blocks = [
            {"kind": block.kind, "start": block.span.start, "text": document.quote(block.span)}
            for block in document.blocks
        ]
        return {"format": document.format, "pages": [], "blocks": blocks}

    def words(self, sha256: str, page: int) -> list[list[Any]]:
        """The words of a page in reading order: text, start, end, x0, top, x1, bottom."""
        document = self._document(self.outputs().papers[sha256])
        return [
            [document.text[run.start : run.end], run.start, run.end, *(round(length, 2) for length in run[3:7])]
            for run in document.runs
            if run.page == page
        ]

    def picture(self, sha256: str, page: int, dpi: int) -> bytes:
        """A page as PNG. Raises KeyError, PaperMissing, Unreadable."""
        paper = self.outputs().papers[sha256]
        most = int(paper.about["pages"] or 0)
        if not 1 <= page <= most:
            raise KeyError(page)
        return self._reading.picture(sha256, page, dpi)

    def _document(self, paper: Paper) -> Document:
        return self._reading.document(paper.sha256, paper.name)

    def _standing(self, paper: Paper) -> Standing:
        return self._ledger.standing(paper.sha256) if self._ledger else {}

    def _hides(self, standing: Standing) -> bool:
        return self.blind and DONE not in standing

    def _blindness(self, standing: Standing) -> Literal["no", "hidden", "revealed"]:
        if not self.blind:
            return "no"
        return "revealed" if DONE in standing else "hidden"


def _spot_json(spot: Place) -> dict[str, Any]:
    return {
        "written": spot.quote,
        "quote": spot.quote,
        "page": spot.page,
        "box": None,
        "lines": state.lines_json(spot.boxes),
        "start": spot.start,
        "end": spot.end,
        "where": spot.where,
        "rule": "",
    }


def _exact_boxes(document: Document, paper: Paper) -> dict[str, list[list[float]]]:
    """For values whose words run over a line's end: a box for each line, where values.csv has only one around all.

    The keys are ``start-end-words`` of the quote, as the page knows them.
    """
    boxes: dict[str, list[list[float]]] = {}
    for row in paper.rows:
        for value in row.values.values():
            for place in value.places:
                key = f"{place.start}-{place.end}-{place.as_written}"
                if place.box is None or key in boxes or not _is_broken(place.box, place.lines()):
                    continue
                quote = document.text[int(place.start) : int(place.end)]
                if quote != place.quote or not place.as_written:
                    continue
                for found in re.finditer(re.escape(place.as_written), quote):
                    spot = place_between(document, int(place.start) + found.start(), int(place.start) + found.end())
                    if _frames(place.box, spot):
                        boxes[key] = state.lines_json(spot.boxes)
                        break
    return boxes


def _is_broken(box: tuple[float, float, float, float], lines: Sequence[Any]) -> bool:
    """Whether a box is higher than one line of its quote."""
    height = min((line.bottom - line.top for line in lines), default=0)
    return box[3] - box[1] > 1.5 * height > 0


def _frames(box: tuple[float, float, float, float], spot: Place) -> bool:
    """Whether the boxes of a place together make the one box."""
    lines = [line for line in spot.boxes if line.page == spot.page]
    sides = (
        min(line.x0 for line in lines),
        min(line.top for line in lines),
        max(line.x1 for line in lines),
        max(line.bottom for line in lines),
    )
    return all(abs(a - b) < 1 for a, b in zip(box, sides, strict=True))
