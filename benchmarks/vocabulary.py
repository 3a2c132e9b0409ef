#!/usr/bin/env python3
"""What a long list of terms costs: seconds to import, check and run with it, and words a second before and after.

usage: vocabulary.py [TERMS]     how many terms the list has (default: 20000)

A list of made-up diseases with three words each is drawn from a fixed seed, imported into a new project, and the sample
papers are read with and without it. Seconds are those of the processor, of the command and all that it starts, so that
other work on the machine matters less; words a second as in finding.py.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
SYLLABLES = [first + last for first in "bdfgklmnprst" for last in "aeio"]
HEADS = ("syndrome", "disease", "dystrophy", "anemia", "neuropathy", "dysplasia", "arthritis", "deficiency")


def main(arguments: list[str]) -> int:
    if len(arguments) > 1 or not all(argument.isdecimal() for argument in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    count = int(arguments[0]) if arguments else 20_000
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        (folder / "list.csv").write_text(made_up(count), encoding="utf-8")
        command(folder, "init", "review")
        review = folder / "review"
        print(f"{'':34s}{'without':>10s}{'with':>10s}")
        check, again, run = timed(review)
        speed = words_a_second(review)
        took = command(review, "rules", "import", "../list.csv", "--name", "long")
        check_with, again_with, run_with = timed(review)
        speed_with = words_a_second(review)
    print(f"{f'rules import of {count} terms, s':34s}{'':>10s}{took:10.1f}")
    print(f"{'check, s':34s}{check:10.1f}{check_with:10.1f}")
    print(f"{'check again, s':34s}{again:10.1f}{again_with:10.1f}")
    print(f"{'run on the sample papers, s':34s}{run:10.1f}{run_with:10.1f}")
    print(f"{'words a second':34s}{speed:10.0f}{speed_with:10.0f}")
    return 0


def made_up(count: int) -> str:
    """A list of diseases that nobody has."""
    draw = random.Random(7)

    def word(syllables: int) -> str:
        return "".join(draw.choice(SYLLABLES) for _ in range(syllables))

    lines = ["value,words,mondo"]
    for number in range(count):
        heads = [draw.choice(HEADS) for _ in range(3)]
        name, second = f"{word(4)} {heads[0]}", f"{word(3)} {word(3)} {heads[1]}"
        third = f"{word(5)}-{word(2)} {heads[2]} type {draw.randint(1, 9)}"
        lines.append(f"{name},{name}|{second}|{third},MONDO:{number:07d}")
    return "\n".join(lines) + "\n"


def command(folder: Path, *arguments: str) -> float:
    """Run caseloom in a folder: the seconds of the processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    words = [sys.executable, "-W", "ignore", "-m", "extract", *arguments]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def timed(review: Path) -> tuple[float, float, float]:
    """Seconds of check, of check once more, and of a run over the sample papers."""
    first, second = command(review, "check"), command(review, "check")
    return first, second, command(review, "run", str(ROOT / "corpus" / "sample"), "-o", "outputs", "--csv-only")


def words_a_second(review: Path) -> float:
    """How fast finding is on the sample papers: the fastest of three rounds."""
    from extract.find import find_mentions
    from extract.pipeline import warm_up
    from extract.read import read_document
    from extract.schema import load_schema

    schema = load_schema(review / "schemas")
    warm_up(schema)
    documents = [read_document(file, schema) for file in sorted((ROOT / "corpus" / "sample").glob("*.pdf"))]
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for document in documents:
            find_mentions(document, schema)
        times.append(time.process_time() - begin)
    return sum(len(document.text.split()) for document in documents) / min(times)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
