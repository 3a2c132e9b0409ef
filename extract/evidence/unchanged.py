"""EVIDENCE: tables that would come out as they stand there are left as they are, so that a run in which nothing is new
costs no more than to see that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from extract.evidence.files import RUN, baseline_path, run_digest
from extract.whole import whole_file

MADE_OF = "made_of"
"""The key of run.json that holds the digest of all that the tables were made of."""


def unchanged(folder: Path, made_of: str, *, parquet: bool) -> dict[str, Any] | None:
    """What run.json says, if the tables of the folder were made of the same and stand there byte for byte, with or
    without Parquet files as asked; None otherwise."""
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        run: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
        digests = {**run["digests"], **run.get("parquet", {})}
        if run[MADE_OF] != made_of or run["digest"] != run_digest(run) or bool(run.get("parquet")) != parquet:
            return None
        packed = (baseline_path(folder, name.removesuffix(".csv")) for name in run["digests"])
        if all(path.is_file() for path in packed) and all(_digest(folder / name) == digests[name] for name in digests):
            return run
    return None


def tell_again(folder: Path, run: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Write run.json anew for tables that were left as they are, with what was told of them and their views. Raises
    OSError."""
    told = {**run, **{key: before[key] for key in ("files", "digests", "parquet", "views") if key in before}}
    told["digest"] = run_digest(told)
    with whole_file(folder / RUN) as part:
        part.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
