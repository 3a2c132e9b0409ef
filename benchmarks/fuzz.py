#!/usr/bin/env python3
"""Read damaged papers by the thousand: every one must end as a document or with a reason.

usage: fuzz.py [--reads 5000] [--seed 1] [--workers 2] [--keep DIR] [FOLDER or FILE ...]     (default: corpus/sample)

Each read takes one paper, damages it in one to three ways (bytes, cuts, pieces of other papers, doubled objects,
numbers and operators inside its streams), and reads it in a child with limits, as `caseloom run` does; what was read
is checked. The same seed gives the same files. A fault of our own code ends the run with exit code 1; --keep stores
the files on which that happened, and those on which pdfium ended its process or the limits were reached.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from extract.guard import read_guarded  # noqa: E402
from extract.model import Document, Paper, Span  # noqa: E402
from extract.read import read_document, warm_up  # noqa: E402
from extract.schema import Schema, load_schema  # noqa: E402
from extract.worker import Limits  # noqa: E402

LIMITS = Limits(seconds=20, megabytes=512)
AT_A_TIME = 250

OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\b.*?\bendobj\b", re.S)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
NUMBER = re.compile(rb"-?\d*\.?\d+")
NAME = re.compile(rb"/[A-Za-z]\w*")
NUMBERS = b"0 -1 1 2 65536 2147483647 -2147483648 99999999999999999999 1e9 0.0000001".split()
OPERATORS = b"BT ET q Q cm Tj TJ Tf Td TD Tm T* Tr Ts Tz Tw Tc TL ' \" Do re W n f S sh gs BI ID EI BMC EMC".split()

Damage = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


class Outcome(NamedTuple):
    """How one read ended: a status with its reason, whether our own code is at fault, and what was said."""

    name: str
    status: str
    unexplained: bool
    message: str
    seconds: float


# --- the damages


def flip(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """Other bytes here and there."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 60))):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def cut(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """A piece is missing."""
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.choice((1, 20, 500, 5000)) :]


def cut_off(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(len(data) // 4, len(data))]


def splice(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A piece of another paper inside."""
    other = chance.choice(others)
    start, at = chance.randrange(len(other)), chance.randrange(len(data))
    return data[:at] + other[start : start + chance.choice((10, 200, 5000))] + data[at:]


def double(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """An object under the number of another."""
    found = list(OBJECT.finditer(data))
    if len(found) < 2:
        return data
    one, two = chance.sample(found, 2)
    number = b"%s 0 obj" % one[1]
    return data[: one.start()] + number + two[0].split(b" obj", 1)[1] + data[one.end() :]


def renumber(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """Other numbers in the dictionaries: lengths, counts, boxes, references."""
    return _exchange(chance, data, NUMBER, NUMBERS, chance.choice((1, 5, 40)))


def rename(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """Names of one kind in the place of another."""
    names = sorted({match[0] for match in NAME.finditer(data[:60_000])})
    return _exchange(chance, data, NAME, names, chance.choice((1, 3, 10))) if names else data


def corrupt(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """A stream whose bytes are damaged as they are packed."""
    streams = list(STREAM.finditer(data))
    if not streams:
        return data
    one = chance.choice(streams)
    return data[: one.start(1)] + flip(chance, one[1] or b"x", ()) + data[one.end(1) :]


def rewrite(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """A stream that is whole, but says something else: other numbers, other operators."""
    for one in chance.sample(list(STREAM.finditer(data)), k=min(6, len(STREAM.findall(data)))):
        try:
            inside = zlib.decompress(one[1])
        except zlib.error:
            continue
        many = chance.choice((1, 10, 200))
        if chance.random() < 0.6:
            inside = _exchange(chance, inside, NUMBER, (*NUMBERS, b"10", b"7.5", b"-300"), many)
        if chance.random() < 0.4:
            inside = _exchange(chance, inside, re.compile(rb"\b[A-Za-z]{1,2}\*?(?=\s)"), OPERATORS, many)
        if chance.random() < 0.2:
            inside = inside * chance.choice((2, 30))
        return data[: one.start(1)] + zlib.compress(inside) + data[one.end(1) :]
    return data


def _exchange(
    chance: random.Random, data: bytes, what: re.Pattern[bytes], choices: Sequence[bytes], many: int
) -> bytes:
    places = [match.span() for match in what.finditer(data)]
    out = data
    for start, end in sorted(chance.sample(places, k=min(many, len(places))), reverse=True):
        out = out[:start] + chance.choice(choices) + out[end:]
    return out


DAMAGES: tuple[Damage, ...] = (flip, cut, cut_off, splice, double, renumber, rename, corrupt, rewrite, rewrite, rewrite)


def damaged(seed: int, number: int, papers: Sequence[bytes]) -> bytes:
    """The file of this seed and number, always the same."""
    chance = random.Random(f"{seed}/{number}")
    data = papers[number % len(papers)]
    for _ in range(chance.choice((1, 1, 2, 3))):
        data = chance.choice(DAMAGES)(chance, data, papers) or b"%PDF-"
    return data


# --- the reads


def read_and_check(path: Path, schema: Schema, name: str) -> Paper:
    """Read a file, and hold what was read against what a Document promises."""
    document = read_document(path, schema, name=name)
    check(document)
    status = "partial" if document.partly_read else "ok"
    return Paper(name=name, file=path.name, sha256=document.sha256, status=status, reason=document.partly_read)


def check(document: Document) -> None:
    """Raise AssertionError when something in a document does not hold."""
    size, pages = len(document.text), {page.number: page for page in document.pages}
    assert all(page.width >= 0 and page.height >= 0 for page in document.pages), "a page is smaller than nothing"
    assert not any("\ud800" <= letter <= "\udfff" for letter in document.text), "half a letter"
    starts = [run.start for run in document.runs]
    assert starts == sorted(starts), "runs out of order"
    for run in document.runs:
        assert 0 <= run.start < run.end <= size, f"run {run}"
        assert run.page in pages, f"run {run}"
        assert run.x0 <= run.x1, f"run {run}"
        assert run.top <= run.bottom, f"run {run}"
        assert max(map(abs, run[3:])) < 1e6, f"run {run}"
    for repair in document.repairs:
        assert repair.span.end <= size, f"repair {repair}"
    for cell in document.cells:
        table = document.tables[cell.table]
        assert table.span.holds(cell.span), f"cell {cell}"
        assert cell.row < table.rows, f"cell {cell}"
        assert cell.column < table.columns, f"cell {cell}"
    for block in document.blocks:
        document.boxes(Span(start=block.span.start, end=min(block.span.end, block.span.start + 400)))
    document.model_dump_json()


def reads(
    papers: Sequence[bytes], schema: Schema, *, count: int, seed: int, workers: int = 2, keep: Path | None = None
) -> Iterator[Outcome]:
    """Damage and read ``count`` files; the outcomes in the order in which they come."""
    for first in range(0, count, AT_A_TIME):
        with tempfile.TemporaryDirectory() as work:
            tasks = []
            for number in range(first, min(first + AT_A_TIME, count)):
                path = Path(work) / f"seed{seed}_{number:05d}.pdf"
                path.write_bytes(damaged(seed, number, papers))
                tasks.append((number, path, path.stem))
            paths = {number: path for number, path, _ in tasks}
            work_of = read_and_check
            for result in read_guarded(tasks, schema, workers=workers, limits=LIMITS, work=work_of):  # type: ignore[arg-type]
                path = paths[result.task]
                if result.reason:
                    ended = "its process ended" in result.message
                    unexplained = result.reason == "crashed" and not ended
                    status = f"failed {result.reason}"
                else:
                    paper = Paper.model_validate_json(result.json)
                    unexplained, status = False, f"{paper.status} {paper.reason}".strip()
                if keep and (unexplained or result.reason in ("crashed", "timeout", "out_of_memory")):
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / path.name).write_bytes(path.read_bytes())
                yield Outcome(path.name, status, unexplained, result.message, result.seconds)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("papers", nargs="*", type=Path, default=[ROOT / "corpus" / "sample"])
    parser.add_argument("--reads", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    files = [file for path in options.papers for file in (sorted(path.glob("*.pdf")) if path.is_dir() else [path])]
    papers = [file.read_bytes() for file in files]
    schema = load_schema()
    table: Counter[str] = Counter()
    unexplained: list[Outcome] = []
    slowest = 0.0
    for done, outcome in enumerate(
        reads(papers, schema, count=options.reads, seed=options.seed, workers=options.workers, keep=options.keep), 1
    ):
        table[outcome.status] += 1
        slowest = max(slowest, outcome.seconds)
        if outcome.unexplained:
            unexplained.append(outcome)
        if outcome.unexplained or outcome.status in ("failed crashed", "failed timeout", "failed out_of_memory"):
            print(f"{outcome.name}: {outcome.status}: {outcome.message}", flush=True)
        if done % 500 == 0:
            print(f"{done} of {options.reads}", file=sys.stderr, flush=True)
    print(f"\n{options.reads} reads of {len(papers)} papers, seed {options.seed}; slowest {slowest:.1f} s")
    for status, times in sorted(table.items(), key=lambda item: -item[1]):
        print(f"{status:24s} {times:6d}  {100 * times / options.reads:5.1f} %")
    print(f"{'unexplained':24s} {len(unexplained):6d}")
    return 1 if unexplained else 0


warm_up()  # before children are forked, so that each finds the reader loaded

if __name__ == "__main__":
    sys.exit(main())
