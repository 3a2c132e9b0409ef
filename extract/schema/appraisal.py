"""schemas/appraisal.yaml -> the tools by which reviewers appraise papers.

The file is no rule: what is found does not depend on it, so that it is read apart from them and an edit of it leaves
the tables of a run as they are. A folder of rules without one uses the file that caseloom brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from extract.schema.crosschecks import SchemaFile
from extract.schema.loading import SchemaError, builtin_schemas, read_file
from extract.schema.shapes import AppraisalFile, Schema, TableSpec, Tool
from extract.schema.shapes.appraisal import UNCLEAR, Item
from extract.schema.shapes.base import nearest
from extract.schema.yamlfile import Fault

__all__ = ["FIELD", "FILE", "TABLE", "UNCLEAR", "Item", "ItemName", "Tool", "builtin_tools", "load_tools"]

FILE = "appraisal.yaml"

TABLE = "appraisal"
FIELD = "judgement"
"""What a decision on an item names as its table and field; its record is an ``ItemName``."""


class ItemName(NamedTuple):
    """An item by tool and number, as decisions name it: ``jbi_case_report.3``."""

    tool: str
    item: str

    def __str__(self) -> str:
        return f"{self.tool}.{self.item}"

    @classmethod
    def of(cls, record: str) -> ItemName:
        """The name in a decision's record."""
        tool, _, item = record.partition(".")
        return cls(tool, item)


def load_tools(schema: Schema) -> tuple[Tool, ...]:
    """The tools of a folder of rules. Raises SchemaError with every fault of its file."""
    path = Path(schema.folder) / FILE
    if not path.is_file():
        return builtin_tools()
    return _read(path, f"{path.parent.name}/{FILE}", schema.tables)


@lru_cache(maxsize=1)
def builtin_tools() -> tuple[Tool, ...]:
    """The tools that caseloom brings."""
    path = builtin_schemas() / FILE
    return _read(path, f"{path.parent.name}/{FILE}", None)


def _read(path: Path, shown: str, tables: Mapping[str, TableSpec] | None) -> tuple[Tool, ...]:
    try:
        data = path.read_bytes()
    except OSError as error:
        said = f"cannot be read ({error.strerror}). Make it readable, or remove it."
        raise SchemaError([Fault(shown, 0, said)]) from error
    value, faults = read_file("appraisal", data)
    if value is None:
        raise SchemaError(fault._replace(file=shown) for fault in faults)
    assert isinstance(value, AppraisalFile)
    if found := list(_cross_faults(SchemaFile(shown, data, value, {}), value, tables)):
        raise SchemaError(found)
    return value.tools


def _cross_faults(file: SchemaFile, value: AppraisalFile, tables: Mapping[str, TableSpec] | None) -> Iterator[Fault]:
    """An id given twice, a column or a word that the tables do not have."""
    first: dict[str, int] = {}
    for number, tool in enumerate(value.tools):
        if (before := first.setdefault(tool.id.casefold(), number)) != number:
            line = file.line("tools", before)
            yield file.fault(f"tool id '{tool.id}' is there already (line {line}). Rename one.", "tools", number, "id")
        for index, item in enumerate(tool.items):
            for at, bearing in enumerate(item.evidence):
                place = ("tools", number, "items", index, "evidence", at)
                spec = (tables or {}).get(bearing.table)
                if spec is None:
                    continue
                known = {column.name: column.allowed for column in spec.columns}
                for name in (*bearing.columns, *bearing.only):
                    if name not in known:
                        said = f"{bearing.table}.csv has no column '{name}'.{nearest(name, known)}"
                        yield file.fault(said, *place)
                for name, words in bearing.only.items():
                    for word in words:
                        if known.get(name) and word not in known[name]:
                            said = f"'{word}' is not allowed in {name} of {bearing.table}."
                            yield file.fault(f"{said}{nearest(word, known[name])}", *place)
