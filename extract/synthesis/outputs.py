"""SYNTHESIS: the files of an output folder -> Outputs.

Missing files are named; a column that an older run did not write is taken for empty. What a cell holds is taken from
its table, what may be thought of it (stated or derived, where, reviewed or not) from values.csv.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from extract.evidence.cells import natural
from extract.evidence.files import RUN, read_table
from extract.schema import Schema
from extract.synthesis.rows import Conflict, Outputs, Person, Place, Row, Side, Value

NEEDED = (
    "documents", "patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies",
    "conflicts", "values",
)  # fmt: skip
ALSO = ("issues", "overlaps", "decisions")
OF_PEOPLE = ("diagnoses", "administrations", "outcomes", "adverse_events", "therapies")

MANIFEST = ("document", "doi", "source", "found_on", "decision", "reason", "reviewer")
"""The columns of corpus/manifest.csv."""

Cells = Mapping[str, str]


class OutputsError(Exception):
    """A folder (or manifest) that cannot be used: what is missing or wrong, and what to do."""


def load_outputs(folder: Path, schema: Schema) -> Outputs:
    """The tables of a run. Raises OutputsError when the folder is not one, or a number in it is none."""
    missing = [f"{name}.csv" for name in NEEDED if not (folder / f"{name}.csv").is_file()]
    if missing:
        raise OutputsError(
            f"{folder}: no {', '.join(missing)} here. Name the folder that 'caseloom run' wrote, or run it again."
        )
    tables = {name: _read(folder / f"{name}.csv") for name in NEEDED}
    tables |= {name: _read(folder / f"{name}.csv") for name in ALSO if (folder / f"{name}.csv").is_file()}
    trail = _trail(tables["values"])
    of_papers = {row["document"]: row["record"] for row in tables["values"] if row["table"] == "documents"}
    for paper in tables["documents"]:
        paper.setdefault("record", of_papers.get(paper["document"], ""))
    rows = {name: [_row(name, cells, trail, schema, index) for index, cells in enumerate(table, 2)]
            for name, table in tables.items() if name != "values"}  # fmt: skip
    _refuse_doubles(folder, rows)
    run = _run(folder / RUN)
    conflicts = _conflicts(rows["conflicts"], tables["values"])
    papers = tuple(rows["documents"])
    studies = name_studies(papers)
    return Outputs(
        folder=folder,
        schema=schema,
        run=run,
        papers=papers,
        people=_people(rows, conflicts, studies),
        conflicts=conflicts,
        issues=tuple(rows.get("issues", ())),
        overlaps=tuple(rows.get("overlaps", ())),
        decisions=tuple(rows.get("decisions", ())),
        notes=_notes(run, schema, rows),
        studies=studies,
    )


def load_manifest(path: Path) -> tuple[dict[str, str], ...]:
    """The rows of a manifest: which papers were found, and what was decided on each. Raises OutputsError."""
    rows = _read(path)
    for name in ("document", "decision"):
        if rows and name not in rows[0]:
            raise OutputsError(f"{path}: the column {name} is missing. A manifest has: {', '.join(MANIFEST)}.")
    for line, row in enumerate(rows, 2):
        if row["decision"] not in ("included", "excluded", "duplicate", ""):
            raise OutputsError(
                f"{path}, line {line}: decision is {row['decision']!r}; allowed: included, excluded, duplicate."
            )
    return tuple({name: row.get(name, "") for name in MANIFEST} for row in rows)


def decisions_on(papers: Iterable[Row], manifest: Iterable[Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """The row of a manifest that decides each paper, by document: rows with its name, or without one but with its DOI.

    Of several (a paper found in two places) an exclusion counts before an inclusion, and ``duplicate`` only where no
    other row keeps the paper.
    """
    by: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in manifest:
        by[row["document"] or f"doi:{plain_doi(row['doi'])}"].append(row)
    out = {}
    for paper in papers:
        doi = plain_doi(paper.text("doi"))
        rows = [*by.get(paper.document, ()), *(by.get(f"doi:{doi}", ()) if doi else ())]
        if rows:
            out[paper.document] = min(rows, key=lambda row: _FIRST.index(row["decision"]))
    return out


_FIRST = ("excluded", "included", "", "duplicate")


def leave_out_documents(outputs: Outputs, manifest: Iterable[Mapping[str, str]]) -> Outputs:
    """The outputs without the papers that a manifest excludes or calls a duplicate (see ``decisions_on``)."""
    decided = decisions_on(outputs.papers, manifest)
    gone = {document for document, row in decided.items() if row["decision"] in ("excluded", "duplicate")}
    if not gone:
        return outputs
    return replace(
        outputs,
        papers=tuple(paper for paper in outputs.papers if paper.document not in gone),
        people=tuple(person for person in outputs.people if person.document not in gone),
        conflicts=tuple(conflict for conflict in outputs.conflicts if conflict.document not in gone),
        issues=tuple(row for row in outputs.issues if row.document not in gone),
        overlaps=tuple(row for row in outputs.overlaps if not {row.text("document_a"), row.text("document_b")} & gone),
        decisions=tuple(row for row in outputs.decisions if row.document not in gone),
        notes=(*outputs.notes, f"Left out by the manifest: {', '.join(sorted(gone))}."),
    )


def plain_doi(text: str) -> str:
    """A DOI without resolver and case: ``https://doi.org/10.1/ABC`` is ``10.1/abc``."""
    start = text.find("10.")
    return text[start:].strip().rstrip(".").lower() if start >= 0 else ""


def name_studies(papers: Iterable[Row]) -> dict[str, str]:
    """The name of each paper's study: as documents.csv has it, else the document; equal ones get a letter."""
    names = {paper.document: paper.text("study") or paper.document for paper in papers}
    often = Counter(names.values())
    seen: Counter[str] = Counter()
    out = {}
    for document, name in names.items():
        seen[name] += 1
        out[document] = f"{name}{_letter(seen[name])}" if often[name] > 1 else name
    return out


def _letter(number: int) -> str:
    return chr(96 + number) if number <= 26 else f"-{number}"


# --- reading


def _read(path: Path) -> list[dict[str, str]]:
    try:
        table = read_table(path)
    except (OSError, ValueError) as error:
        raise OutputsError(f"{path}: cannot be read as a table ({error}).") from None
    names = [str(name) for name in table.columns]
    cells = zip(*(table[name] for name in table.columns), strict=True)
    return [{name: str(cell).strip() for name, cell in zip(names, row, strict=True)} for row in cells]


def _run(path: Path) -> dict[str, Any]:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise OutputsError(f"{path}: cannot be read ({error}). Run 'caseloom run' again.") from None
    return run if isinstance(run, dict) else {}


Trail = Mapping[tuple[str, str], Sequence[Cells]]


def _trail(values: Iterable[Cells]) -> Trail:
    """The places of each shown value, by record and column."""
    out: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    for row in values:
        if row.get("shown") == "yes" and row.get("table") != "conflicts":
            out[row["record"], row["field"]].append(row)
    return out


def _row(table: str, cells: Cells, trail: Trail, schema: Schema, line: int) -> Row:
    spec = schema.tables.get(table)
    types = {column.name: column.type for column in spec.columns} if spec else {}
    record = cells.get("record", "")
    values = {}
    for name, text in cells.items():
        if text:
            number = _number(table, name, text, line) if types.get(name) in ("number", "integer") else None
            values[name] = _value(text, number, trail.get((record, name), ()) if record else ())
    return Row(table, cells.get("document", ""), cells.get("patient", ""), record, values)


def _number(table: str, name: str, text: str, line: int) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise OutputsError(f"{table}.csv, line {line}: {name} is {text!r}, which is not a number. Run it again.")
    return number


def _value(text: str, number: Decimal | None, places: Sequence[Cells]) -> Value:
    if not places:
        return Value(text, number)
    first = places[0]

    def each(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place[name] for place in places if place.get(name)))

    return Value(
        text,
        number,
        status=first.get("status", ""),
        basis=first.get("basis", ""),
        review=first.get("review", ""),
        where=each("where"),
        quotes=each("quote"),
        pages=each("page"),
        rules=each("rule"),
        formula=first.get("formula", ""),
        id=first.get("value_id", ""),
        places=tuple(
            dict.fromkeys(
                Place(place.get("page", ""), place["quote"], place.get("where", ""))
                for place in places
                if place.get("quote")
            )
        ),
    )


def _refuse_doubles(folder: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    """Two rows for one person, or rows of nobody, would count people twice or lose them."""
    for name, keys in (
        ("documents", [(row.document,) for row in rows["documents"]]),
        ("patients", [(row.document, row.patient) for row in rows["patients"]]),
    ):
        for key, times in Counter(keys).items():
            if times > 1:
                raise OutputsError(f"{folder}/{name}.csv: {', '.join(key)} stands there {times} times. Run it again.")
    known = {row.document for row in rows["documents"]}
    for row in rows["patients"]:
        if row.document not in known:
            raise OutputsError(f"{folder}/patients.csv: {row.document} is not in documents.csv. Run it again.")


def _notes(run: Mapping[str, Any], schema: Schema, rows: Mapping[str, Sequence[Row]]) -> tuple[str, ...]:
    notes = []
    made = run.get("schema", {}).get("hash", "") if isinstance(run.get("schema"), dict) else ""
    if not run:
        notes.append("run.json is missing: versions, rules and date of the run are not known.")
    elif made and made != schema.hash:
        notes.append(
            f"The tables were made with other rules ({made[:12]}) than those that give directions and ranges now "
            f"({schema.hash[:12]})."
        )
    without = [name for name in OF_PEOPLE if rows[name] and not any(row.record for row in rows[name])]
    if without:
        notes.append(
            f"An older run: {', '.join(without)} have no record ids, so that whether their values are derived, "
            "table-only or reviewed is not known."
        )
    return tuple(notes)


# --- people and conflicts


def _people(
    rows: Mapping[str, Sequence[Row]], conflicts: Sequence[Conflict], studies: Mapping[str, str]
) -> tuple[Person, ...]:
    papers = {row.document: row for row in rows["documents"]}
    own: dict[str, dict[tuple[str, str], list[Row]]] = {}
    for name in OF_PEOPLE:
        own[name] = defaultdict(list)
        for row in rows[name]:
            own[name][row.document, row.patient].append(row)
    disputes: dict[tuple[str, str], list[Conflict]] = defaultdict(list)
    for conflict in conflicts:
        disputes[conflict.document, conflict.patient].append(conflict)
    people = []
    for row in sorted(rows["patients"], key=lambda row: (row.document, natural(row.patient), row.patient)):
        key = row.document, row.patient
        tables = {name: tuple(own[name].get(key, ())) for name in OF_PEOPLE}
        people.append(
            Person(studies[row.document], papers[row.document], row, **tables, conflicts=tuple(disputes.get(key, ())))
        )
    return tuple(people)


Spot = tuple[str, str, str, str]


def _place(row: Cells) -> Spot:
    return row["document"], row.get("start", ""), row.get("end", ""), row["as_written"]


def _conflicts(rows: Iterable[Row], values: Sequence[Cells]) -> tuple[Conflict, ...]:
    """The conflicts, each side with the cells that show it: those taken from the same words with the same value."""
    places: dict[Spot, list[Cells]] = defaultdict(list)
    sides: dict[tuple[str, str], Cells] = {}
    measures: dict[str, str] = {}
    for row in values:
        if row["table"] == "conflicts":
            sides[row["record"], row["field"]] = row
        elif row.get("shown") == "yes":
            places[_place(row)].append(row)
            if row["table"] == "outcomes" and row["field"] == "measure":
                measures[row["record"]] = row["value"]
    return tuple(_conflict(row, places, sides, measures) for row in rows)


def _conflict(
    row: Row,
    places: Mapping[Spot, Sequence[Cells]],
    sides: Mapping[tuple[str, str], Cells],
    measures: Mapping[str, str],
) -> Conflict:
    id = row.text("conflict")
    about = row.text("field")

    def side(letter: str) -> Side:
        told = sides.get((id, f"value_{letter}"))
        said = row.text(f"value_{letter}")
        cells = {
            (cell["table"], cell["record"], cell["field"])
            for cell in (places.get(_place(told), ()) if told else ())
            if cell["patient"] == row.patient and _same(cell["value"], said) and cell["field"] not in _NOT_IT
        }
        # a sentence may tell the same number of two measures
        named = {cell for cell in cells if about.startswith(measures.get(cell[1], "\0"))}
        return Side(
            said,
            row.text(f"where_{letter}"),
            row.text(f"quote_{letter}"),
            row.text(f"page_{letter}"),
            frozenset(named or cells),
        )

    return Conflict(
        id,
        row.document,
        row.patient,
        about,
        side("a"),
        side("b"),
        row.text("kind"),
        row.text("severity"),
        row.text("chosen"),
        row.text("rule"),
        row.text("explanation"),
        row.text("review"),
        row.text("reviewer"),
    )


_NOT_IT = frozenset({"as_written", "where", "phase", "order", "course", "administration", "outcome", "scale_max"})
"""Columns that say of a row how, not what: a conflict is never about them."""


def _same(value: str, said: str) -> bool:
    """Whether a cell holds what one side of a conflict says: ``1`` and ``1/10``, ``120000000`` and ``120000000
    cells``."""
    pieces = {said, said.split("/")[0], said.split(" ")[0], *said.split("; ")}
    return bool(value) and value in pieces
