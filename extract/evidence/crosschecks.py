"""EVIDENCE: the tables of an output folder against each other: what one says, the other must say too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from extract.evidence.cells import WHERES, distinct
from extract.evidence.changes import Change, Fault, Listing, changes
from extract.evidence.codebook import codebook_rows, columns_of
from extract.evidence.display import evidence_rows
from extract.evidence.overlaps import overlap_rows
from extract.evidence.tables import NUMBERED, study_of
from extract.evidence.words import Words
from extract.model import RECORDS, record_id
from extract.schema import Schema

Row = Mapping[str, str]

OF_THE_ROW = ("document", "patient", "record")
"""Columns that say which row it is, and so are in the trail of each of its values."""

OF_ALL_VALUES = ("order", "where", "as_written")
"""Columns that say something of a row as a whole: they have a trail only where the program found them so."""


FACTS = ("title", "authors", "journal", "year", "doi", "country", "language")
"""Columns of documents.csv that are read from the paper itself, and so have a trail."""

UNIT_BESIDE = {
    "outcomes": (("value",), "unit"),
    "administrations": (("dose_value", "dose_low", "dose_high"), "dose_unit"),
}
"""Columns whose unit stands in another column of the same row."""

NUMBER = {"number": re.compile(r"-?\d+(\.\d+)?"), "integer": re.compile(r"-?\d+")}


def contradictions(
    tables: Mapping[str, Listing], schema: Schema, counts: Mapping[str, object], *, same_rules: bool = True
) -> list[Fault]:
    """Where the tables of a folder contradict each other, or the counts of run.json. Tables that are missing are left
    out. Without ``same_rules`` nothing is compared with what these rules would make of the tables."""
    rows = {name: listing.records() for name, listing in tables.items()}
    out: list[Fault] = []
    if "values" in rows:
        out += _trail_against_tables(rows)
        out += _tables_against_trail(rows, tables)
        out += _conflicts(rows)
        out += _places(rows["values"])
    out += _numbers(rows)
    out += _documents(rows)
    out += _counts(rows, counts)
    if same_rules:
        out += _allowed(rows, schema)
        out += _units(rows, schema)
        out += _composed(tables, rows, schema)
        words = Words(schema)
        out += [
            Fault("values.csv", at, "value", fault)
            for at, row in enumerate(rows.get("values", ()), start=2)
            if (fault := words.fault(row))
        ]
    return out


# --- values.csv and the tables


def _trail_against_tables(rows: Mapping[str, Sequence[Row]]) -> Iterator[Fault]:
    """Each row of the trail against the row it is about, and the cell in which its value is shown."""
    known = {(name, row["record"]): row for name in RECORDS if name in rows for row in rows[name] if "record" in row}
    papers = {row["document"]: row for row in rows.get("documents", ())}
    for at, row in enumerate(rows["values"], start=2):

        def wrong(column: str, message: str, at: int = at) -> Fault:
            return Fault("values.csv", at, column, message)

        table, record, field = row["table"], row["record"], row["field"]
        if row["value_id"] != f"{record}.{field}":
            yield wrong("value_id", f"{row['value_id']!r} is not record and field, {record}.{field}")
        paper = papers.get(row["document"])
        if papers and paper is None:
            yield wrong("document", f"documents.csv has no {row['document']!r}")
            continue
        if table == "conflicts":
            continue
        if table == "documents":
            if paper is None:
                continue
            about = record_id(paper["sha256"], "documents", "", 0)
            if record != about:
                yield wrong("record", f"the record of {row['document']} is {about}, not {record}")
            cells: Row | None = paper
        elif table in RECORDS:
            if table not in rows:
                continue
            cells = known.get((table, record))
            for column in ("document", "patient"):
                if cells is not None and row[column] != cells[column]:
                    yield wrong(column, f"{row[column]!r}, but row {record} of {table}.csv says {cells[column]!r}")
        else:
            yield wrong("table", f"there is no table of values called {table!r}")
            continue
        if row["shown"] != "yes":
            if row["value"] and row["review"] == "unreviewed" and cells is not None and field in cells:
                yield wrong("shown", f"{row['shown']!r}, but {table}.csv has the column {field}")
            continue
        if cells is None:
            yield wrong("record", f"{table}.csv has no row {record}, of which it is said to be shown")
        elif field not in cells:
            yield wrong("field", f"{table}.csv has no column {field!r}")
        elif cells[field] != row["value"]:
            yield wrong("value", f"{row['value']!r}, but {table}.csv shows {cells[field]!r} in {field} of row {record}")


def _tables_against_trail(rows: Mapping[str, Sequence[Row]], tables: Mapping[str, Listing]) -> Iterator[Fault]:
    """Each filled cell of a table of records against the trail, which must hold it."""
    shown: set[tuple[str, str, str]] = set()
    told: dict[str, list[Row]] = {}
    for row in rows["values"]:
        if row["shown"] == "yes":
            shown.add((row["table"], row["record"], row["field"]))
        if row["shown"] == "yes" or row["review"] not in ("corrected", "rejected"):
            told.setdefault(row["record"], []).append(row)
    for name in RECORDS:
        if "record" not in tables.get(name, Listing((), ())).columns:
            continue
        free = {*OF_THE_ROW, NUMBERED.get(name, ""), *OF_ALL_VALUES}
        for at, row in enumerate(rows[name], start=2):
            if row["record"] not in told:
                yield Fault(f"{name}.csv", at, "record", f"values.csv has no value of row {row['record']!r}")
                continue
            for column, cell in row.items():
                if not cell or (name, row["record"], column) in shown:
                    continue
                if column not in free:
                    message = f"{cell!r} has no row in values.csv that shows it"
                    yield Fault(f"{name}.csv", at, column, message)
                elif column in ("where", "as_written"):
                    said = _of_all(column, told[row["record"]])
                    if cell != said:
                        message = f"{cell!r}, but the values of the row come from {said!r}"
                        yield Fault(f"{name}.csv", at, column, message)


def _of_all(column: str, values: Sequence[Row]) -> str:
    """What a row says of all its values together: their parts of the paper, their words."""
    if column == "where":
        return ";".join(where for where in WHERES if any(row["where"] == where for row in values))
    first = sorted({(int(row["start"] or 0), row["as_written"]) for row in values})
    return "; ".join(distinct([words for _, words in first]))


def _conflicts(rows: Mapping[str, Sequence[Row]]) -> Iterator[Fault]:
    """Both sides of each conflict against their rows in the trail."""
    sides = {(row["record"], row["field"]): row for row in rows["values"] if row["table"] == "conflicts"}
    at_of = {id(row): at for at, row in enumerate(rows["values"], start=2)}
    seen: set[tuple[str, str]] = set()
    for at, conflict in enumerate(rows.get("conflicts", ()), start=2):
        for side in ("a", "b"):
            key = (conflict["conflict"], f"value_{side}")
            row = sides.get(key)
            seen.add(key)
            if row is None:
                yield Fault("conflicts.csv", at, "conflict", f"values.csv has no row {'.'.join(key)}")
                continue
            for column, other in (
                ("document", "document"),
                ("patient", "patient"),
                (f"value_{side}", "value"),
                (f"where_{side}", "where"),
                (f"quote_{side}", "quote"),
                (f"page_{side}", "page"),
            ):
                if conflict[column] != row[other]:
                    message = f"{conflict[column]!r}, but values.csv row {at_of[id(row)]} has {row[other]!r} ({other})"
                    yield Fault("conflicts.csv", at, column, message)
            shown = "yes" if conflict["chosen"] and conflict["chosen"] == row["value"] else "no"
            if row["shown"] != shown:
                message = f"{row['shown']!r}, but conflicts.csv has chosen {conflict['chosen']!r}"
                yield Fault("values.csv", at_of[id(row)], "shown", message)
    if "conflicts" in rows:
        for key, row in sides.items():
            if key not in seen:
                message = f"conflicts.csv has no conflict {row['record']!r} with {row['field']}"
                yield Fault("values.csv", at_of[id(row)], "record", message)


def _places(values: Sequence[Row]) -> Iterator[Fault]:
    """Quotes against each other: the same stretch of a document has the same words and boxes wherever it is cited, and
    the same words in the same boxes are the same stretch. Of rows that differ the rarer ones are named."""
    for key, what in (
        (("document", "start", "end"), ("quote", "quote_boxes")),
        (("document", "quote", "quote_boxes"), ("start", "end")),
    ):
        groups: dict[tuple[str, ...], list[int]] = {}
        for at, row in enumerate(values):
            if row["basis"] != "reviewed" and row["quote_boxes"]:
                groups.setdefault(tuple(row[name] for name in key), []).append(at)
        for group in groups.values():
            for column in what:
                often = Counter(values[at][column] for at in group)
                if len(often) > 1:
                    usual = often.most_common(1)[0][0]
                    for at in group:
                        if values[at][column] != usual:
                            message = f"{values[at][column]!r}, but other rows of the same place have {usual!r}"
                            yield Fault("values.csv", at + 2, column, message)
    for at, row in enumerate(values, start=2):
        if row["basis"] == "derived" and not row["formula"]:
            yield Fault("values.csv", at, "basis", "derived, but no formula says how")


def _numbers(rows: Mapping[str, Sequence[Row]]) -> Iterator[Fault]:
    """Rows numbered within their patient count from 1."""
    for name, column in NUMBERED.items():
        counted: dict[tuple[str, str], int] = {}
        for at, row in enumerate(rows.get(name, ()), start=2):
            key = (row["document"], row["patient"])
            counted[key] = counted.get(key, 0) + 1
            if row.get(column, "") != str(counted[key]):
                message = f"{row.get(column, '')!r}, but it is row {counted[key]} of patient {row['patient']}"
                yield Fault(f"{name}.csv", at, column, message)


# --- the papers, the counts


def _documents(rows: Mapping[str, Sequence[Row]]) -> Iterator[Fault]:
    """How many patients a paper has, and the short name of its study."""
    people: Counter[str] = Counter()
    for row in rows.get("patients", ()):
        people[row["document"]] += int(row["n"]) if row["kind"] == "group" and row["n"].isdigit() else 1
    told = {(row["document"], row["field"]) for row in rows.get("values", ()) if row["table"] == "documents"}
    for at, row in enumerate(rows.get("documents", ()), start=2):
        found = "" if row["status"] == "failed" else str(people[row["document"]])
        if "patients" in rows and row["patients_found"] != found:
            message = f"{row['patients_found']!r}, but patients.csv has {found or 'none'}"
            yield Fault("documents.csv", at, "patients_found", message)
        if "values" not in rows:
            continue
        study = study_of(row["authors"], row["year"])
        if row["study"] != study and (row["document"], "study") not in told:
            yield Fault("documents.csv", at, "study", f"{row['study']!r}, but author and year give {study!r}")
        for column in FACTS:
            if row[column] and (row["document"], column) not in told:
                yield Fault("documents.csv", at, column, f"{row[column]!r} has no row in values.csv")


def _counts(rows: Mapping[str, Sequence[Row]], counts: Mapping[str, object]) -> Iterator[Fault]:
    """What run.json says that it has counted."""
    for name, count in counts.items():
        now = len(rows[name]) if name in rows else None
        if name == "failed" and "documents" in rows:
            now = sum(row["status"] == "failed" for row in rows["documents"])
        if now is not None and count != now:
            yield Fault("run.json", 0, f"counts.{name}", f"{count!r}, but there are {now}")


# --- what the rules make of the tables


def _allowed(rows: Mapping[str, Sequence[Row]], schema: Schema) -> Iterator[Fault]:
    """Cells that hold what their column cannot."""
    for name in rows:
        for column in columns_of(schema, name) if name in schema.tables else ():
            if not column.allowed and column.type not in ("number", "integer"):
                continue
            for at, row in enumerate(rows[name], start=2):
                cell = row.get(column.name, "")
                items = cell.split(";") if column.type == "list" else [cell]
                if column.allowed:
                    for item in items:
                        if item.strip() and item.strip() not in column.allowed:
                            allowed = ", ".join(column.allowed)
                            message = f"{item.strip()!r} is not one of the allowed words: {allowed}"
                            yield Fault(f"{name}.csv", at, column.name, message)
                elif cell and not NUMBER[column.type].fullmatch(cell):
                    kind = "a whole number" if column.type == "integer" else "a number"
                    yield Fault(f"{name}.csv", at, column.name, f"{cell!r} is not {kind}")


def _units(rows: Mapping[str, Sequence[Row]], schema: Schema) -> Iterator[Fault]:
    """The unit of each value that is shown: that of its column, or the one in the cell beside it."""
    columns = {(name, column.name): column for name, table in schema.tables.items() for column in table.columns}
    known = {row["record"]: row for name in UNIT_BESIDE for row in rows.get(name, ())}
    values = rows.get("values", ())
    touched = {row["record"] for row in values if row["review"] in ("corrected", "rejected")}
    for at, row in enumerate(values, start=2):
        column = columns.get((row["table"], row["field"]))
        if column is None or row["shown"] != "yes" or row["record"] in touched:
            continue
        fields, beside = UNIT_BESIDE.get(row["table"], ((), ""))
        is_beside = row["field"] in fields
        unit = known.get(row["record"], {}).get(beside, "") if is_beside else column.unit
        if row["unit"] != unit and (row["unit"] or not is_beside):
            yield Fault("values.csv", at, "unit", f"{row['unit']!r}, but it is {unit!r} that {row['field']} has")


def _composed(tables: Mapping[str, Listing], rows: Mapping[str, Sequence[Row]], schema: Schema) -> Iterator[Fault]:
    """evidence.csv, overlaps.csv and codebook.csv against what the other tables give."""
    if not set(schema.tables) - {"evidence", "overlaps", "codebook"} <= set(tables):
        return
    makers: dict[str, Callable[[], Iterable[Row]]] = {
        "evidence": lambda: evidence_rows(rows, schema),
        "overlaps": lambda: overlap_rows(rows),
        "codebook": lambda: codebook_rows(schema),
    }
    for name, make in makers.items():
        if name not in tables:
            continue
        columns = tuple(column.name for column in columns_of(schema, name))
        try:
            given = Listing(columns, tuple(tuple(row.get(column, "") for column in columns) for row in make()))
        except (KeyError, ValueError, ArithmeticError, IndexError) as error:
            message = f"the other tables do not give it ({type(error).__name__}: {error})"
            yield Fault(f"{name}.csv", 0, "", message)
            continue
        for change in changes(given, tables[name]):
            yield Fault(f"{name}.csv", change.row, change.column, _of_change(change))


def _of_change(change: Change) -> str:
    if change.kind == "cell":
        return f"{change.now!r}, but the other tables give {change.was!r}"
    if change.kind == "deleted row":
        return f"the other tables give a row that is missing: {change.was}"
    if change.kind == "added row":
        return "the other tables do not give this row"
    if change.kind == "moved row":
        return f"the row stands in another place than the other tables give it (row {change.was})"
    return f"columns {change.now!r} instead of {change.was!r}"
