"""EVIDENCE: the tables of a run, written document by document, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from extract.evidence.applying import Applying, decision_rows, states
from extract.evidence.codebook import columns_of
from extract.evidence.decisions import Decision
from extract.evidence.files import TableFiles
from extract.evidence.overlaps import Overlaps
from extract.evidence.tables import cells_of, closing_rows, columns_by_table, document_rows
from extract.model import CaseRecord
from extract.schema import Schema


class Written(NamedTuple):
    """What was written: the length of each table, how many decisions came to which state, and what else people must
    know."""

    rows: dict[str, int]
    decisions: dict[str, int]
    notes: list[str]


def write_tables(
    records: Iterable[CaseRecord],
    schema: Schema,
    folder: Path,
    *,
    run: Callable[[Written], Mapping[str, Any]],
    decisions: Sequence[Decision] = (),
    parquet: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Written:
    """Write all tables of a run, and what ``run`` tells of it as run.json, into a folder that exists
    (see ``extract.evidence.files.TableFiles``), with ``decisions`` applied; with ``parquet`` as Parquet files, too.
    ``progress`` is told how many documents are in the tables.

    The records come in the order of their documents' names; one is in memory at a time. The bytes are those of
    ``build_tables`` and ``write_files``. Raises NoParquet when pyarrow is not there, ValueError for a record out of
    order, OSError when nothing can be written; then the files that were there before are untouched.
    """
    columns = columns_by_table(schema)
    kinds = {name: {c.name: c.type for c in columns_of(schema, name)} for name in columns} if parquet else None
    applying = Applying(decisions, schema)
    before = ""
    with TableFiles(folder, columns, kinds) as files, Overlaps() as overlaps:
        for number, given in enumerate(records, 1):
            name = given.paper.name
            if number > 1 and name <= before:
                raise ValueError(f"documents must come in the order of their names: {name!r} after {before!r}")
            before = name
            rows = document_rows(applying.apply(given), schema)
            overlaps.add(rows)
            for table, own in rows.items():
                files.add(table, cells_of(own, columns[table]))
            if progress:
                progress(number)
        fates = applying.fates()
        for table, more in closing_rows(schema, decision_rows(fates), overlaps).items():
            files.add(table, cells_of(more, columns[table]))
        written = Written(files.rows, states(fates), [*overlaps.notes(), *files.odd()])
        files.put(run(written))
    return written
