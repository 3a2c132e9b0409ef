"""DIFF: what stands in one output folder and not, or otherwise, in another: papers, patients, rows, values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from extract.diff.changes import Change, Diff, Kind, PaperChange, PaperKind
from extract.diff.entries import ENTRIES, compare_conflicts, compare_decisions, compare_issues, compare_overlaps
from extract.diff.folder import NOWHERE, Cell, Folder, Place, Row, WrongUse
from extract.diff.match import KEYS, NUMBERS, PLACES, content, match_people, match_rows, moved_order
from extract.evidence.cells import natural

OF_THE_FILE = frozenset({"file", "sha256"})
"""Columns of documents.csv that tell of the file, not of what it says."""

NAMES = {"outcomes": ("measure", "rater", "phase", "timepoint"), "administrations": ("route", "site", "tissue")}
"""The columns by which a row is called when it is told of; of other tables the first one that says something."""


BY_PAPER = {"conflicts": compare_conflicts, "issues": compare_issues, "decisions": compare_decisions}
"""How entries are compared that belong to one paper."""


@dataclass
class _Side:
    """One of the two folders: its tables by document and patient, its other tables by document, its papers."""

    folder: Folder
    tables: dict[str, dict[str, dict[str, list[Row]]]]
    entries: dict[str, dict[str, list[Row]]]
    papers: dict[str, Row]
    signs: dict[int, int]

    def rows(self, table: str, document: str, patient: str) -> list[Row]:
        return self.tables.get(table, {}).get(document, {}).get(patient, [])

    def people(self, document: str) -> list[Row]:
        return [row for rows in self.tables["patients"].get(document, {}).values() for row in rows]


def _read(path: Path) -> _Side:
    folder = Folder(path)
    tables = {name: _by_patient(folder.by_document(name)) for name in folder.names()}
    entries = {name: folder.by_document(name) for name in ENTRIES if name != "overlaps"}
    papers = {row["document"]: row for row in folder.rows("documents")}
    for document in tables["patients"]:
        papers.setdefault(document, {"document": document})
    return _Side(folder, tables, entries, papers, folder.signs())


def _by_patient(table: dict[str, list[Row]]) -> dict[str, dict[str, list[Row]]]:
    out: dict[str, dict[str, list[Row]]] = {}
    for document, rows in table.items():
        for row in rows:
            out.setdefault(document, {}).setdefault(row["patient"], []).append(row)
    return out


def compare_outputs(old: Path, new: Path, fields: Sequence[str] = ()) -> Diff:
    """Every value that was won, lost or changed from one output folder to another.

    Rows are matched by the id of their record and then by what they say, since ids move when words move. ``fields``
    (columns, beginnings of columns such as ``dose``, or tables) narrows it down. Raises WrongUse for folders that are
    no outputs and for fields that neither has.
    """
    before, after = _read(old), _read(new)
    wanted = _Wanted(before, after, fields)
    renamed = _renamed(before, after)
    names = {later: earlier for earlier, later in renamed.items()}
    documents = sorted({*before.papers, *after.papers} - set(renamed), key=natural)
    papers: list[PaperChange] = []
    changes: list[Change] = []
    for document in documents:
        earlier = names.get(document, document)
        told = _paper(before, after, earlier, document)
        papers += told
        if any(paper.whole for paper in told):
            continue
        found = list(_compare_paper(before, after, earlier, document, wanted))
        for table, compare in BY_PAPER.items():
            if wanted.table(table):
                mine, theirs = before.entries[table].get(earlier, []), after.entries[table].get(document, [])
                found += compare(mine, theirs, document)
        changes += sorted(found, key=lambda change: natural(change.patient))
    if wanted.table("overlaps"):
        changes += compare_overlaps(before.folder.rows("overlaps"), after.folder.rows("overlaps"))
    placed = tuple(_with_places(changes, before.folder, after.folder))
    return Diff(str(old), str(new), len(documents), tuple(papers), placed)


class _Wanted:
    """Which columns of which tables are compared."""

    def __init__(self, old: _Side, new: _Side, fields: Sequence[str]) -> None:
        self._names = frozenset(fields)
        columns: dict[str, list[str]] = {"documents": []}
        for side in (old, new):
            for table in ("documents", *side.tables):
                columns.setdefault(table, [])
                columns[table] += [name for name in side.folder.columns(table) if name not in columns[table]]
        self._columns = columns
        known = {*columns, *(name for names in columns.values() for name in names), *ENTRIES}
        for name in fields:
            if not any(each == name or each.startswith(f"{name}_") for each in known):
                near = difflib.get_close_matches(name, sorted(known), n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                raise WrongUse(f"--fields {name}: no table and no column is called that.{hint}")

    def table(self, name: str) -> bool:
        """Whether a table that is compared entry by entry is."""
        return not self._names or name in self._names

    def columns(self, table: str) -> list[str]:
        """The columns of a table whose values are compared."""
        left_out = KEYS | NUMBERS | (OF_THE_FILE if table == "documents" else PLACES)
        if not self._names or table in self._names:
            return [name for name in self._columns[table] if name not in left_out]
        asked = tuple(f"{name}_" for name in self._names)
        return [
            name
            for name in self._columns[table]
            if name not in KEYS | NUMBERS and (name in self._names or name.startswith(asked))
        ]


# --- papers


def _renamed(old: _Side, new: _Side) -> dict[str, str]:
    """Papers of which only the name is another: old name -> new name, by the digest of the file."""
    gone = {row.get("sha256", ""): name for name, row in old.papers.items() if name not in new.papers}
    come = {row.get("sha256", ""): name for name, row in new.papers.items() if name not in old.papers}
    return {gone[digest]: come[digest] for digest in gone if digest and digest in come}


def _paper(old: _Side, new: _Side, earlier: str, document: str) -> list[PaperChange]:
    """What is to be told of a paper as a whole."""
    before, after = old.papers.get(earlier), new.papers.get(document)
    if before is None or after is None:
        side, row = (new, after or {}) if before is None else (old, before)
        unread = f"not read ({row.get('reason')})" if row.get("status") == "failed" else ""
        return [_told("new" if before is None else "gone", document, unread, side)]
    out = []
    if earlier != document:
        out.append(_told("renamed", document, f"was {earlier}", new))
    elif before.get("sha256") != after.get("sha256"):
        out.append(_told("altered", document, "the file itself is another", new))
    failed = before.get("status") == "failed", after.get("status") == "failed"
    if failed == (False, True):
        out.append(_told("unread", document, after.get("reason", ""), old, earlier))
    elif failed == (True, False):
        out.append(_told("read", document, f"was {before.get('reason', '')}", new))
    return out


def _told(kind: PaperKind, document: str, told: str, side: _Side, name: str = "") -> PaperChange:
    name = name or document
    rows = [row for table in side.tables.values() for rows in table.get(name, {}).values() for row in rows]
    return PaperChange(kind, document, told, len(side.people(name)), sum(len(content(row)) for row in rows))


# --- values


def _compare_paper(old: _Side, new: _Side, earlier: str, document: str, wanted: _Wanted) -> Iterator[Change]:
    before, after = old.papers.get(earlier, {}), new.papers.get(document, {})
    base = Change("changed", document, "", "documents", "", "", "", "")
    before, after = {**before, "record": earlier}, {**after, "record": document}
    yield from _compare_row(before, after, base, wanted.columns("documents"), old, new)
    people_old, people_new = old.people(earlier), new.people(document)

    def says(which: str, person: Row) -> Iterator[tuple[str, frozenset[tuple[str, str]]]]:
        side, name = (old, earlier) if which == "old" else (new, document)
        for table in side.tables:
            yield from ((table, content(row)) for row in side.rows(table, name, person["patient"]) if content(row))

    pairs = match_people(people_old, people_new, says)
    names = {people_new[j]["patient"]: people_old[i]["patient"] for i, j in pairs}
    known = set(names.values())
    gone = [row["patient"] for row in people_old if row["patient"] not in known]
    tables = ["patients", *sorted({*old.tables, *new.tables} - {"patients"})]
    for patient in sorted({*(row["patient"] for row in people_new), *gone}, key=natural):
        was = names.get(patient, "")
        if was and was != patient:
            yield Change("changed", document, patient, "patients", "", "patient", was, patient)
        mine = was or (patient if patient in gone else "")
        theirs = patient if any(row["patient"] == patient for row in people_new) else ""
        for table in tables:
            rows_old = old.rows(table, earlier, mine) if mine else []
            rows_new = new.rows(table, document, theirs) if theirs else []
            base = Change("changed", document, patient, table, "", "", "", "")
            yield from _compare_table(rows_old, rows_new, base, wanted.columns(table), old, new)


def _compare_table(
    before: list[Row], after: list[Row], base: Change, columns: list[str], old: _Side, new: _Side
) -> Iterator[Change]:
    """The changes of one patient's rows of one table: matched and won rows in the new order, then the lost ones."""
    pairs = match_rows(before, after)
    moved = moved_order(before, after, pairs, "order")
    partner = {j: (place, i) for place, (i, j) in enumerate(pairs)}
    for j, row in enumerate(after):
        here = replace(base, row=called(base.table, row))
        if j not in partner:
            yield from _compare_row({}, row, here, columns, old, new)
            continue
        place, i = partner[j]
        some = [name for name in columns if name != "order" or place in moved]
        yield from _compare_row(before[i], row, here, some, old, new)
    matched = {i for i, _ in pairs}
    for i, row in enumerate(before):
        if i not in matched:
            yield from _compare_row(row, {}, replace(base, row=called(base.table, row)), columns, old, new)


def _compare_row(before: Row, after: Row, base: Change, columns: list[str], old: _Side, new: _Side) -> Iterator[Change]:
    """The values of one row that differ; a row that is {} does not exist."""
    ids = before.get("record", ""), after.get("record", "")
    for name in columns:
        was, now = before.get(name, ""), after.get(name, "")
        kind: Kind = "changed" if was and now else "won" if now else "lost"
        if was == now:
            signs = [side.signs.get(hash((id_, name))) for side, id_ in zip((old, new), ids, strict=True)]
            if not was or None in signs or signs[0] == signs[1]:
                continue
            kind = "moved"
        yield replace(
            base, kind=kind, field=name, old=was, new=now, record_old=ids[0], record_new=ids[1],
            whole=not before or not after,
        )  # fmt: skip


def called(table: str, row: Row) -> str:
    """What a row is called when it is told of: ``mRSS post, at six months``."""
    columns = NAMES.get(table)
    if table == "patients":
        return ""
    if columns is None:
        first = (cell for name, cell in row.items() if name not in KEYS | NUMBERS | PLACES and cell)
        return next(first, "")
    return " ".join(cell for name in columns if (cell := row.get(name, "")))


# --- where it comes from


DOUBTFUL = frozenset({"ambiguous", "conflict", "not_reported"})
"""Statuses with which a value is known of but not shown."""


def _with_places(changes: Sequence[Change], old: Folder, new: Folder) -> Iterator[Change]:
    """The changes, each with the words behind it: those of its own value, else those of its row.

    Of a value that was won there is no place before, of one that was lost none after but where it is in doubt.
    """

    def asked(record: str, name: str) -> tuple[Cell, Cell]:
        return (record, name), (record, "")

    wanted_old = {cell for change in changes if change.record_old for cell in asked(change.record_old, change.field)}
    wanted_new = {cell for change in changes if change.record_new for cell in asked(change.record_new, change.field)}
    places_old, places_new = old.places(wanted_old), new.places(wanted_new)
    for change in changes:
        if change.table in ENTRIES:
            yield change
            continue
        before = _first(places_old, asked(change.record_old, change.field)) if change.old else NOWHERE
        after = _first(places_new, asked(change.record_new, change.field)[: None if change.new else 1])
        if not change.new and after.status not in DOUBTFUL:
            after = NOWHERE
        if change.table == "documents":
            change = replace(change, record_old="", record_new="")
        yield replace(change, before=before, after=after)


def _first(places: dict[Cell, Place], cells: Iterable[Cell]) -> Place:
    return next((places[cell] for cell in cells if cell in places), NOWHERE)
