"""EVIDENCE: what documents say becomes tables and files. pandas starts here."""

from extract.evidence.applying import apply_decisions
from extract.evidence.files import read_table, write_files
from extract.evidence.tables import build_tables

__all__ = ["apply_decisions", "build_tables", "read_table", "write_files"]
