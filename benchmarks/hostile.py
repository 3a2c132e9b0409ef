#!/usr/bin/env python3
"""What becomes of files made to break a reader: status, seconds and memory of each, as `caseloom run` reads them.

usage: hostile.py [--time-limit 20] [--memory-limit 512]     the files are those of tests/hostile.py
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hostile import FILES, write_files  # noqa: E402

from extract.guard import read_guarded  # noqa: E402
from extract.model import CaseRecord  # noqa: E402
from extract.schema import load_schema  # noqa: E402
from extract.worker import Limits  # noqa: E402


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--time-limit", type=float, default=20)
    parser.add_argument("--memory-limit", type=int, default=512)
    options = parser.parse_args()
    limits = Limits(options.time_limit, options.memory_limit)
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        write_files(Path(work))
        tasks = [(number, Path(work) / file.name, file.name) for number, file in enumerate(FILES)]
        results = {r.task: r for r in read_guarded(tasks, load_schema(), workers=1, limits=limits)}
    print("| file | what it is | status | reason | seconds | MB |")
    print("|---|---|---|---|---:|---:|")
    for number, file in enumerate(FILES):
        result = results[number]
        if result.reason:
            status, reason = "failed", result.reason
        else:
            paper = CaseRecord.model_validate_json(result.json).paper
            status, reason = paper.status, paper.reason
        wrong += (status, reason) not in file.ends
        row = (file.name, file.because, status, reason, f"{result.seconds:.1f}", str(result.megabytes))
        print(f"| {' | '.join(row)} |")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
