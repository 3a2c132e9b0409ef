"""REVIEW: the decisions of the reviewer who sits before the page, read once and kept up with the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import RLock

from extract.evidence.decisions import Decision, append_decisions, read_reviewer, standing

Key = tuple[str, str, str]
"""Table, record and field of a decision."""


class Ledger:
    """The decisions of one reviewer. What the file gains elsewhere (an import, a second page) is seen at the next
    look."""

    def __init__(self, folder: Path, reviewer: str) -> None:
        self.folder = folder
        self.reviewer = reviewer
        self.path = folder / f"{reviewer}.csv"
        self._lock = RLock()
        self._seen: tuple[int, int, int] | None = None
        self._ids: set[str] = set()
        self._decisions: dict[str, list[Decision]] = {}
        self._standing: dict[str, dict[Key, Decision]] = {}
        self.look()

    def look(self) -> None:
        """Read the file again if it has changed. Raises DecisionError."""
        with self._lock:
            seen = self._signature()
            if seen == self._seen:
                return
            decisions = read_reviewer(self.folder, self.reviewer)
            self._ids, self._decisions, self._standing = set(), {}, {}
            self._take(decisions)
            self._seen = seen

    def revision(self) -> int:
        """A number that grows with each decision."""
        self.look()
        return len(self._ids)

    def has(self, decision: str) -> bool:
        """Whether there is a decision with this id."""
        return decision in self._ids

    def standing(self, sha256: str) -> Mapping[Key, Decision]:
        """The decisions on a document that count, by their target. The same mapping is given until there are others."""
        self.look()
        with self._lock:
            known = self._standing.get(sha256)
            if known is None:
                mine = [decision for decision in self._decisions.get(sha256, []) if decision.via != "adjudication"]
                known = self._standing[sha256] = {(d.table, d.record, d.field): d for d in standing(mine)}
            return known

    def add(self, decisions: Sequence[Decision]) -> int:
        """Save decisions; they are on the disk when this returns. Returns how many were new. Raises DecisionError."""
        with self._lock:
            self.look()
            new = {decision.decision for decision in decisions} - self._ids
            before = self._seen[1] if self._seen else 0
            count = append_decisions(self.folder, self.reviewer, decisions)
            if self._appended(before) == new:
                self._take(decisions)
                self._seen = self._signature()
            else:  # somebody else has written too, or a torn line was set aside
                self.look()
        return count

    def _appended(self, before: int) -> set[str]:
        """The ids of the lines that the file has gained."""
        with self.path.open("rb") as file:
            file.seek(before)
            lines = file.read().decode(errors="replace").splitlines()
        return {line.split(",")[0] for line in lines[0 if before else 1 :]}

    def _take(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            if decision.decision not in self._ids:
                self._ids.add(decision.decision)
                self._decisions.setdefault(decision.sha256, []).append(decision)
                self._standing.pop(decision.sha256, None)

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
