"""EVIDENCE: what documents say becomes tables and files. pandas starts here."""

from extract.evidence.applying import apply_decisions
from extract.evidence.files import WrittenTables, read_table, write_files
from extract.evidence.parquet import NoParquet, arrow
from extract.evidence.tables import build_tables
from extract.evidence.writing import Written, write_tables

__all__ = [
    "NoParquet",
    "Written",
    "WrittenTables",
    "apply_decisions",
    "arrow",
    "build_tables",
    "read_table",
    "write_files",
    "write_tables",
]
