"""Check: everything that is wrong with a folder of rules, and everything worth a look, in one verdict.

The verdict on files that were checked before is kept in the user's cache folder. Any changed byte means that all
examples run again: a rule can take the words of another, so that an edit of one file breaks the example of another.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from extract.schema import Schema, SchemaError, cache_folder, find_schemas, load_schema
from extract.schema.appraisal import load_tools
from extract.schema.yamlfile import Fault

_KEPT = 20
"""So many verdicts are kept."""


class Verdict(NamedTuple):
    """What a check came to. ``counts``: rules, scales, cues, columns and examples; empty where the files could not be
    read whole, so that no example was run."""

    folder: str
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    counts: dict[str, int]
    seconds: float

    @property
    def in_order(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors


def check(folder: Path | None = None) -> Verdict:
    """Check a folder of schemas (default: the one that ``find_schemas`` gives): form, examples, warnings."""
    begin = time.perf_counter()
    shown = str(folder or "schemas")
    try:
        folder = find_schemas(folder)
        shown = str(folder)
        schema = load_schema(folder)
        load_tools(schema)
    except SchemaError as error:
        return Verdict(shown, tuple(error.faults), (), {}, time.perf_counter() - begin)
    errors, warnings = _judged(schema)
    return Verdict(shown, errors, warnings, _counts(schema), time.perf_counter() - begin)


def _counts(schema: Schema) -> dict[str, int]:
    owners = (*schema.rules, *schema.scales, *schema.context.cues)
    return {
        "rules": len(schema.rules),
        "scales": len(schema.scales),
        "cues": len(schema.context.cues),
        "columns": sum(len(table.columns) for table in schema.tables.values()),
        "examples": sum(len(owner.matches) + len(owner.rejects) for owner in owners),
    }


def _judged(schema: Schema) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """The examples that fail, and the warnings; from what is kept, where these bytes were judged before."""
    kept = _kept_as(schema)
    known = _recall(kept, Path(schema.folder).name)
    if known is not None:
        return known
    from extract.find.examples import check_examples
    from extract.rulebook.lint import warnings_of

    errors, warnings = tuple(check_examples(schema)), tuple(warnings_of(schema))
    _keep(kept, Path(schema.folder).name, errors, warnings)
    return errors, warnings


@lru_cache(maxsize=1)
def _program() -> str:
    """A digest of the program: what another version of it found is not taken for granted."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _kept_as(schema: Schema) -> Path | None:
    try:
        return cache_folder() / f"check-{schema.hash[:32]}-{_program()}.json"
    except (OSError, RuntimeError):
        return None


def _recall(path: Path | None, folder: str) -> tuple[tuple[Fault, ...], tuple[Fault, ...]] | None:
    try:
        body = json.loads(path.read_bytes()) if path else None
        if not isinstance(body, dict) or body["folder"] != folder:
            return None
        errors, warnings = (tuple(Fault(*fault) for fault in body[key]) for key in ("errors", "warnings"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return errors, warnings


def _keep(path: Path | None, folder: str, errors: tuple[Fault, ...], warnings: tuple[Fault, ...]) -> None:
    if path is None:
        return
    body = json.dumps({"folder": folder, "errors": errors, "warnings": warnings}, ensure_ascii=False).encode()
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(body)
        part.replace(path)
        for old in sorted(path.parent.glob("check-*.json"), key=lambda file: file.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


# --- what is shown


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def summary(verdict: Verdict) -> str:
    """One line: in order, or how much is wrong."""
    counts = verdict.counts
    warned = f"; {_number(len(verdict.warnings), 'warning')}" if verdict.warnings else ""
    if verdict.in_order:
        return (
            f"{verdict.folder}: {counts['rules']} rules, {counts['scales']} scales, {counts['cues']} cues and "
            f"{counts['columns']} columns are in order; all {counts['examples']} examples hold{warned}."
        )
    if not counts:
        return f"{_number(len(verdict.errors), 'error')} in {verdict.folder}; the examples were not run."
    return f"{len(verdict.errors)} of {counts['examples']} examples fail in {verdict.folder}{warned}."


def as_json(verdict: Verdict) -> str:
    """The verdict as one JSON object on one line."""

    def listed(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
        return [{"file": fault.file, "line": fault.line or None, "message": fault.text} for fault in faults]

    return json.dumps(
        {
            "folder": verdict.folder,
            "in_order": verdict.in_order,
            "errors": listed(verdict.errors),
            "warnings": listed(verdict.warnings),
            **verdict.counts,
            "seconds": round(verdict.seconds, 2),
        },
        ensure_ascii=False,
    )


# --- at each save

GLANCE, STILL = 0.3, 0.15
"""Seconds between two looks at the files, and for how long they must stay as they are before they are read."""

_State = dict[str, tuple[int, int, int]]


def _state(folder: Path) -> _State:
    """What tells that a file was saved: its time, size and place on the disk."""
    out: _State = {}
    for place in (folder, folder / "rules"):
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.lower().endswith((".yaml", ".yml")):
                        stat = entry.stat()
                        out[entry.path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            continue  # being replaced: the next look sees it
    return out


def saves(folder: Path, pause: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Yield once at the beginning, then after each save, when the files have come to rest.

    An editor that empties a file before it writes it, or writes several, is seen once, when it is through.
    """
    seen = _state(folder)
    yield
    while True:
        pause(GLANCE)
        now = _state(folder)
        if now == seen:
            continue
        while True:
            pause(STILL)
            again = _state(folder)
            if again == now:
                break
            now = again
        seen = now
        yield
