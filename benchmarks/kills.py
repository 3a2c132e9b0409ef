#!/usr/bin/env python3
"""Kill a run a hundred times, at random moments, and see that nothing is lost and nothing is read twice.

usage: kills.py [--kills 100] [--papers 200] [--seed 1] [--workers 2] [--keep DIR]

Half of the papers are the sample papers, made different by a comment at their end; the other half are damaged ones
(benchmarks/fuzz.py) and files made to break a reader (tests/hostile.py). `caseloom run` is started on them again and
again; SIGKILL strikes the run, or one of its workers, its server, or all of them at once. After each blow every record
in the store must be whole, and those that were there before must not have been made again. At the end a last run
goes through, and its tables are compared with those of an undisturbed run, byte by byte. Exit code 1 if they differ, or
if something was done twice.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from fuzz import DAMAGES  # noqa: E402
from hostile import FILES  # noqa: E402

from extract.store import FOLDER, Damaged, Store  # noqa: E402

SAMPLE = ROOT / "corpus" / "sample"
TIME_LIMIT, MEMORY_LIMIT = 8, 512

UNSURE = frozenset({"million_lines.pdf", "many_pages.pdf", "nested_forms.pdf"})
"""Files that need about as long as they may: whether they are read depends on how busy the machine is."""


class Trial(NamedTuple):
    """What came of it. ``kills`` by what was struck; ``remade``: records that were there and were made again;
    ``twice``: papers that the log tells of more than once; ``broken``: records that were not whole after a blow;
    ``differ``: files that differ from those of the undisturbed run; ``runs``: how many were started; ``finished``: how
    many of them came to their end before they were struck; ``left``: files that writers left behind."""

    kills: Counter[str]
    remade: int
    twice: int
    broken: int
    differ: list[str]
    runs: int
    finished: int
    left: int
    seconds: float


def write_corpus(folder: Path, papers: int, seed: int) -> None:
    """Write so many papers, half of them hostile; the same seed gives the same files."""
    chance = random.Random(seed)
    samples = sorted(SAMPLE.glob("*.pdf"))
    data = [path.read_bytes() for path in samples]
    hostile = [file for file in FILES if file.name not in UNSURE]
    folder.mkdir(parents=True)
    for number in range(papers // 2):
        which = number % len(samples)
        path = folder / f"good_{number:04}_{samples[which].stem}.pdf"
        path.write_bytes(data[which] + b"\n%% copy %d\n" % number)
    for number in range(papers - papers // 2):
        if number < len(hostile):
            file = hostile[number]
            name = f"bad_{number:04}_{file.name}"
            content = file.build()
        else:
            name = f"bad_{number:04}.pdf"
            content = chance.choice(data)
            for damage in chance.choices(DAMAGES, k=chance.choice((1, 2, 3))):
                content = damage(chance, content, data)
        (folder / name).with_suffix(Path(name).suffix.replace(".txt", ".xml")).write_bytes(content)


def trial(work: Path, *, kills: int, papers: int, seed: int, workers: int) -> Trial:
    """Write the papers into a folder, read them undisturbed, then with so many blows: a third of them at
    random while a run starts or does what comes first, the others after a random number of papers more."""
    chance = random.Random(seed)
    write_corpus(work / "papers", papers, seed)
    began = time.monotonic()
    undisturbed = _start(work, "undisturbed", workers)
    starting = _until_first_paper(work / "undisturbed" / "run.log", undisturbed)
    if undisturbed.wait() not in (0, 1):
        raise RuntimeError(f"the undisturbed run ended with {undisturbed.returncode}")
    store = Store(work / "killed" / FOLDER)
    struck: Counter[str] = Counter()
    seen: dict[str, int] = {}
    remade = broken = runs = finished = 0
    process = None
    while struck.total() < kills:
        if process is None:
            process = _start(work, "killed", workers)
            runs += 1
        if not _wait(process, store, chance, starting):
            finished += 1
            process = None
            continue
        what = _strike(process, chance)
        if what is None:
            continue
        struck[what] += 1
        if what in ("run", "all"):
            process.wait()
            process = None
        remade_now, broken_now = _inspect(store, seen)
        remade, broken = remade + remade_now, broken + broken_now
        if struck.total() % 10 == 0:
            print(f"{struck.total()} kills: {len(seen)} of {papers} papers kept", file=sys.stderr, flush=True)
    last = process or _start(work, "killed", workers)
    runs += process is None
    if last.wait() not in (0, 1):
        raise RuntimeError(f"the last run ended with {last.returncode}")
    remade_now, broken_now = _inspect(store, seen)
    return Trial(
        kills=struck,
        remade=remade + remade_now,
        twice=_told_twice(work / "killed" / "run.log"),
        broken=broken + broken_now,
        differ=_differing(work / "undisturbed", work / "killed"),
        runs=runs,
        finished=finished,
        left=sum(1 for _ in (work / "killed").rglob("*.part")),
        seconds=time.monotonic() - began,
    )


def _start(work: Path, out: str, workers: int) -> subprocess.Popen[bytes]:
    """A run into ``out`` below a folder of work."""
    command = [sys.executable, "-W", "ignore", "-m", "extract", "run", "papers", "-o", out, "--csv-only", "--quiet"]
    command += ["--workers", str(workers), "--time-limit", str(TIME_LIMIT), "--memory-limit", str(MEMORY_LIMIT)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(work / "cache")}
    return subprocess.Popen(command, cwd=work, env=environment, stderr=subprocess.DEVNULL)


def _until_first_paper(log: Path, process: subprocess.Popen[bytes]) -> float:
    """The seconds from now until a run has told of its first paper, or has ended."""
    began = time.monotonic()
    while process.poll() is None and not (log.is_file() and "[1/" in log.read_text(encoding="utf-8")):
        time.sleep(0.05)
    return time.monotonic() - began


def _wait(process: subprocess.Popen[bytes], store: Store, chance: random.Random, starting: float) -> bool:
    """Wait for the moment of the next blow. Returns whether the run is still there to be struck."""
    began, before = time.monotonic(), sum(1 for _ in store.digests())
    early = chance.random() < 0.35
    more = chance.randint(1, 4)
    moment = chance.uniform(0.05, 1.1 * starting) if early else 0.0
    while time.monotonic() - began < (moment or 60):
        if process.poll() is not None:
            return False
        if not early and sum(1 for _ in store.digests()) >= before + more:
            time.sleep(chance.uniform(0, 0.3))
            break
        time.sleep(0.02)
    return process.poll() is None


def _strike(process: subprocess.Popen[bytes], chance: random.Random) -> str | None:
    """Kill something of a run: mostly the run itself. Says what; None when that was not there."""
    what = chance.choices(("run", "all", "server", "worker"), (5, 2, 2, 2))[0]
    try:
        main = psutil.Process(process.pid)
        below = main.children(recursive=True)
        if what == "run":
            victims = [main]
        elif what == "all":
            victims = [*below, main]
        elif what == "server":
            victims = [one for one in main.children() if one.children()][:1]
        else:
            victims = [one for server in main.children() for one in server.children()][:1]
        for one in victims:
            one.send_signal(signal.SIGKILL)
    except psutil.Error:
        return None
    return what if victims else None


def _inspect(store: Store, seen: dict[str, int]) -> tuple[int, int]:
    """How many records were made again since the last look, and how many are not whole. ``seen``: the place on the disk
    of each record, which changes when it is written."""
    remade = broken = 0
    for sha256 in store.digests():
        place = store.path(sha256).stat().st_ino
        remade += seen.get(sha256, place) != place
        seen[sha256] = place
        try:
            store.told(sha256)
        except Damaged:
            broken += 1
    return remade, broken


def _told_twice(log: Path) -> int:
    """How many papers the log says more than once to have read; one whose worker was struck is read another time, and
    one with the bytes of another is named by each run and not read."""
    read = r"^\S+ \S+  \[\d+/\d+\] (\S+): (?:ok|partial)(?! \(duplicate_file\))"
    told = re.findall(read, log.read_text(encoding="utf-8"), re.M)
    return sum(number > 1 for number in Counter(told).values())


def _differing(one: Path, other: Path) -> list[str]:
    """The tables that two folders do not have alike."""
    names = {path.name for folder in (one, other) for path in folder.glob("*.csv")}
    return sorted(
        name
        for name in names
        if not (one / name).is_file()
        or not (other / name).is_file()
        or (one / name).read_bytes() != (other / name).read_bytes()
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--papers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="Work in this folder, which must be empty, and leave it.")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.keep or Path(temporary)
        came = trial(work, kills=options.kills, papers=options.papers, seed=options.seed, workers=options.workers)
    print(f"{options.papers} papers, {options.workers} workers, seed {options.seed}, {came.seconds:.0f} s")
    print(f"kills: {came.kills.total()} ({', '.join(f'{what} {n}' for what, n in sorted(came.kills.items()))})")
    print(f"runs started: {came.runs}, of these ended by themselves: {came.finished}")
    print(f"records not whole after a kill: {came.broken}")
    print(f"records made again although they were there: {came.remade}")
    print(f"papers told of twice in run.log: {came.twice}")
    print(f"files left behind by killed writers: {came.left}")
    print(f"tables that differ from the undisturbed run: {', '.join(came.differ) or 'none'}")
    return 1 if came.differ or came.remade or came.twice or came.broken or came.left else 0


if __name__ == "__main__":
    sys.exit(main())
