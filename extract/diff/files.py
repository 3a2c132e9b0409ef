"""DIFF: the differences as JSON, as a table and as a page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path

from extract.diff.changes import Change, Diff
from extract.diff.figures import Gains
from extract.diff.page import diff_page
from extract.diff.show import numbers
from extract.evidence.cells import protect
from extract.score import Figure


def as_json(diff: Diff, gains: Gains | None = None) -> str:
    """All of it as one JSON object."""
    data = {
        "old": diff.old,
        "new": diff.new,
        "same": diff.same,
        "documents": diff.documents,
        "counts": {kind: diff.count(kind) for kind in ("won", "lost", "changed", "moved")},
        "papers": [asdict(paper) for paper in diff.papers],
        "changes": [_flat(change) for change in diff.changes],
    }
    if gains is not None:
        data["gold"] = {
            "documents": gains.documents,
            "patients": gains.patients,
            "figures": [{"field": old.field, "old": _figure(old), "new": _figure(new)} for old, new in gains.figures],
            "mended": [asdict(miss) for miss in gains.mended],
            "spoiled": [asdict(miss) for miss in gains.spoiled],
        }
    return json.dumps(data, ensure_ascii=False, indent=1)


def _figure(figure: Figure) -> dict[str, float | int | None]:
    precision, recall, f1 = numbers(figure)
    return {"tp": figure.tp, "fp": figure.fp, "fn": figure.fn, "precision": precision, "recall": recall, "f1": f1}


COLUMNS = (
    "kind", "document", "patient", "table", "row", "field", "old", "new", "whole_row",
    "quote_old", "page_old", "where_old", "rule_old", "status_old",
    "quote_new", "page_new", "where_new", "rule_new", "status_new", "record_old", "record_new",
)  # fmt: skip
"""The columns of diff.csv."""


def _flat(change: Change) -> dict[str, str]:
    cells = {name: getattr(change, name, "") for name in COLUMNS}
    cells["whole_row"] = "yes" if change.whole else "no"
    for suffix, place in (("old", change.before), ("new", change.after)):
        for name in ("quote", "page", "where", "rule", "status"):
            cells[f"{name}_{suffix}"] = getattr(place, name)
    return cells


def write_diff(diff: Diff, folder: Path, gains: Gains | None = None) -> list[Path]:
    """Write diff.csv (a row for each change and each paper that was won or lost) and diff.html; the folder is made if
    need be. Returns the files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for paper in diff.papers:
        writer.writerow(
            {"kind": paper.kind, "document": paper.document, "table": "documents", "new": protect(paper.told)}
        )
    for change in diff.changes:
        writer.writerow({name: protect(cell) for name, cell in _flat(change).items()})
    contents = {"diff.csv": text.getvalue(), "diff.html": diff_page(diff, gains)}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    return [folder / name for name in contents]
