#!/usr/bin/env python3
"""What finding costs: words per second with and without abbreviations, beside reading, and the seconds to start.

usage: finding.py [FOLDER]     papers of FOLDER (default: CASELOOM_PAPERS, else ../shared beside the repository)

Every PDF and XML file below the folder is read and searched three times in this process; the fastest time counts. Times
are those of the processor, so that other work on the machine matters less. "all" finds everything, as explain does;
"in a run" what a run needs. XML is parsed, not laid out: its row says little about reading. The start is that of fresh
processes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
SKIPPED = {"sources", "gold", "decisions"}

START = """
import time
clock = time.process_time
begin = clock()
from extract.schema import load_schema
schema = load_schema()
loaded = clock()
from extract.find import find_mentions
imported = clock()
from extract.pipeline import warm_up
warm_up(schema)
print(loaded - begin, imported - loaded, clock() - imported, clock() - begin)
"""


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0] if arguments else os.environ.get("CASELOOM_PAPERS") or ROOT.parent / "shared")
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in (".pdf", ".xml", ".nxml") and not SKIPPED & set(file.parts)
    )
    if not files or len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ROOT))
    rows = measure(files)
    print(f"{'papers':10s} {'files':>6s} {'words':>8s} {'read s':>8s} {'find all s':>11s} {'all/read':>9s} "
          f"{'in a run s':>11s} {'run/read':>9s} {'words/s':>8s} {'without abbreviations':>22s}")  # fmt: skip
    for kind in ("pdf", "xml"):
        some = [row for row in rows if row[0] == kind]
        if some:
            print_row(kind, some)
    print_row("all", rows)
    print()
    names = ("schemas", "imports", "language, rules", "all")
    print("start, seconds of the processor: " + ", ".join(f"{n} {s:.2f}" for n, s in zip(names, start(), strict=True)))
    return 0


Row = tuple[str, int, float, float, float, float]
"""Kind of file, words, seconds to read, to find all, to find all without abbreviations, to find what a run needs."""


def measure(files: list[Path]) -> list[Row]:
    from extract.find import find_mentions, search
    from extract.pipeline import warm_up
    from extract.read import read_document
    from extract.schema import load_schema

    schema = load_schema(ROOT / "schemas")
    warm_up(schema)
    usual = search.abbreviations
    rows: list[Row] = []
    for file in files:
        document = read_document(file, schema)
        reading = fastest(lambda file=file: read_document(file, schema))
        finding = fastest(lambda document=document: find_mentions(document, schema))
        search.abbreviations = lambda _: {}
        try:
            without = fastest(lambda document=document: find_mentions(document, schema))
        finally:
            search.abbreviations = usual
        needed = fastest(lambda document=document: find_mentions(document, schema, others=False))
        kind = "pdf" if file.suffix.lower() == ".pdf" else "xml"
        rows.append((kind, len(document.text.split()), reading, finding, without, needed))
    return rows


def fastest(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def print_row(name: str, rows: list[Row]) -> None:
    words = sum(row[1] for row in rows)
    reading, finding, without, needed = (sum(row[i] for row in rows) for i in (2, 3, 4, 5))
    print(f"{name:10s} {len(rows):6d} {words:8d} {reading:8.2f} {finding:11.2f} {finding / reading:9.2f} "
          f"{needed:11.2f} {needed / reading:9.2f} {words / finding:8.0f} {words / without:22.0f}")  # fmt: skip


def start() -> list[float]:
    """Seconds to load the schemas, to import, to make language and rules ready, and all of it: of three fresh processes
    the middle one."""
    runs = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", START], cwd=ROOT, capture_output=True, text=True, check=True
        )
        runs.append([float(part) for part in done.stdout.split()])
    return [statistics.median(column) for column in zip(*runs, strict=True)]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
