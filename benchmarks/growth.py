#!/usr/bin/env python3
"""How time, memory and disk grow with the number of papers, from 10 to 10,000, and what a million would cost.

usage: growth.py make FOLDER --papers 10000        typeset varied sample papers (seeded; needs typst)
       growth.py run FOLDER [--papers 10,100,1000,10000] [--workers 1,2] [--work DIR] [--results FILE]
       growth.py tables [--papers 1000,10000,100000] [--results FILE]     the tables alone, of varied records
       growth.py plot [--results FILE] [--picture FILE]                   the plot, and the estimate on the screen

Results are added to benchmarks/growth.json. `run` reads each number of papers cold, then again with all kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "corpus" / "sample" / "sources"
RESULTS = ROOT / "benchmarks" / "growth.json"
PICTURE = ROOT / "docs" / "pictures" / "growth.svg"
SEED = 20

# --- papers


def varied(source: str, draw: random.Random, number: int) -> str:
    """The source of another paper: another DOI, other numbers of two digits and more in its sentences."""
    source = re.sub(r"(10\.5555/[a-z.0-9]+)", rf"\1.{number}", source)

    def other(match: re.Match[str]) -> str:
        value = int(match[0])
        return match[0] if 1900 <= value <= 2100 else str(max(2, round(value * draw.uniform(0.9, 1.1))))

    lines = []
    for line in source.split("\n"):
        is_prose = line[:1].isalpha() and not re.search(r"#[a-z]|\$|:=|import", line)
        lines.append(re.sub(r"(?<![\w.,#/(:-])\d{2,3}(?![\w./:)-])", other, line) if is_prose else line)
    return "\n".join(lines)


def make(folder: Path, papers: int) -> None:
    """Typeset papers that are all different. Those that are there already stay."""
    import typst

    folder.mkdir(parents=True, exist_ok=True)
    fonts = typst.Fonts(include_system_fonts=False)
    sources = sorted(SOURCES.glob("[0-9][0-9]*.typ"))
    with tempfile.TemporaryDirectory() as work:
        for journal in SOURCES.glob("journal_*.typ"):
            shutil.copy(journal, work)
        for number in range(papers):
            source = sources[number % len(sources)]
            target = folder / f"{number:05}_{source.stem[3:]}.pdf"
            if target.exists():
                continue
            draft = Path(work) / "draft.typ"
            draft.write_text(varied(source.read_text(encoding="utf-8"), random.Random(SEED + number), number))
            target.write_bytes(typst.compile(str(draft), root=work, font_paths=fonts))


# --- a run, watched


class Watch(threading.Thread):
    """Every half second the memory of a process and of all its children: proportional set size in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.began = psutil.Process(pid), time.monotonic()
        self.curve: list[tuple[float, float, float]] = []

    def run(self) -> None:
        while True:
            try:
                own = _pss(self.process)
                workers = [_pss(child) for child in self.process.children(recursive=True)]
            except psutil.Error:
                return
            at = time.monotonic() - self.began
            self.curve.append((round(at, 1), round(own, 1), round(max(workers, default=0), 1)))
            time.sleep(0.5)


def _pss(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def run(folder: Path, papers: int, workers: int, work: Path, results: Path) -> None:
    """Read the first papers of a folder cold, and again with all kept; write down what both cost."""
    files = sorted(folder.glob("*.pdf"))[:papers]
    if len(files) < papers:
        sys.exit(f"{folder} has {len(files)} papers; first: growth.py make {folder} --papers {papers}")
    given, out = work / "in", work / "out"
    for place in (given, out):
        shutil.rmtree(place, ignore_errors=True)
    given.mkdir(parents=True)
    for file in files:
        (given / file.name).hardlink_to(file)
    for state in ("cold", "kept"):
        told = watched(given, out, workers)
        size = sum(path.stat().st_size for path in out.glob("*.csv"))
        store = sum(path.stat().st_size for path in (out / ".store").rglob("*") if path.is_file())
        rows = json.loads((out / "run.json").read_text())["counts"]
        add(results, {"what": "run", "papers": papers, "workers": workers, "state": state, **told, "csv_mb": mb(size),
                      "store_mb": mb(store), "papers_mb": mb(sum(f.stat().st_size for f in files)),
                      "values": rows["values"], "overlaps": rows["overlaps"], "failed": rows["failed"]})  # fmt: skip


def watched(given: Path, out: Path, workers: int) -> dict[str, Any]:
    """What a run costs, and how it goes: seconds of clock and processor, papers a second in its first and its last
    tenth, the memory curve."""
    command = [sys.executable, "-m", "extract", "run", str(given), "-o", str(out), "--csv-only", "--json-log"]
    before, began = os.times(), time.monotonic()
    at: list[float] = []
    with subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:  # fmt: skip
        watch = Watch(process.pid)
        watch.start()
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("{") and json.loads(line)["event"] == "paper":
                at.append(round(time.monotonic() - began, 2))
    took, after = time.monotonic() - began, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    tenth = max(1, len(at) // 10)
    step = max(1, len(watch.curve) // 200)
    return {
        "seconds": round(took, 1),
        "cpu": round(spent, 1),
        "reading_seconds": at[-1] if at else 0,
        "rate_first": round(tenth / (at[tenth] - at[0]), 2) if len(at) > 20 else None,
        "rate_last": round(tenth / (at[-1] - at[-tenth - 1]), 2) if len(at) > 20 else None,
        "done_at": at[:: max(1, len(at) // 200)],
        "curve": watch.curve[::step],
        "most_main": max((own for _, own, _ in watch.curve), default=0),
        "most_worker": max((worker for *_, worker in watch.curve), default=0),
    }


# --- the tables alone


def tables(papers: int, results: Path) -> None:
    """Write the tables of many varied records in a process of its own and say what that costs."""
    with tempfile.TemporaryDirectory() as work:
        code = f"import growth; growth.write({papers}, {work!r})"
        path = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks")])
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": path}) as process:  # fmt: skip
            watch = Watch(process.pid)
            watch.start()
            told, _ = process.communicate()
        if process.returncode:
            sys.exit("the tables could not be written")
        size = sum(path.stat().st_size for path in Path(work).glob("*.csv"))
        step = max(1, len(watch.curve) // 200)
        add(results, {"what": "tables", "papers": papers, **json.loads(told), "csv_mb": mb(size),
                      "most_main": max(own for _, own, _ in watch.curve), "curve": watch.curve[::step]})  # fmt: skip


def write(papers: int, work: str) -> None:
    """Read the sample papers once and write the tables of so many records made from them."""
    from extract.evidence import write_tables
    from extract.pipeline import read_cases
    from extract.schema import load_schema

    schema = load_schema(ROOT / "schemas")
    bases = [read_cases(path, schema) for path in sorted((ROOT / "corpus" / "sample").glob("*.pdf"))]
    packed = [base.model_dump_json().encode() for base in bases]
    began, at = os.times(), []

    class Records:
        """Each record is parsed when its turn comes, as one from the store is."""

        def __iter__(self) -> Iterator[Any]:
            from extract.model import CaseRecord

            for number in range(papers):
                record = CaseRecord.model_validate_json(packed[number % len(packed)])
                digest = f"{number:064x}"
                paper = record.paper.model_copy(update={"name": f"p{number:07}", "sha256": digest})
                yield record.model_copy(update={"paper": paper})

    def progress(number: int) -> None:
        if number % max(1, papers // 100) == 0:
            at.append(round(time.monotonic(), 2))

    start = time.monotonic()
    written = write_tables(Records(), schema, Path(work), run=lambda _: {}, progress=progress)
    after = os.times()
    cpu = after.user + after.system - began.user - began.system
    told = {"seconds": round(time.monotonic() - start, 1), "cpu": round(cpu, 1),
            "values": written.rows["values"], "overlaps": written.rows["overlaps"],
            "done_at": [round(one - start, 2) for one in at]}  # fmt: skip
    print(json.dumps(told))


# --- results


def mb(size: int) -> float:
    return round(size / 2**20, 1)


def add(results: Path, found: dict[str, Any]) -> None:
    """Put a result beside the others; one of the same trial is replaced."""
    same = ("what", "papers", "workers", "state")
    others = [one for one in load(results) if any(one.get(key) != found.get(key) for key in same)]
    others.append(found)
    others.sort(key=lambda one: tuple(str(one.get(key, "")).zfill(9) for key in same))
    results.write_text("[\n" + ",\n".join(json.dumps(one) for one in others) + "\n]\n", encoding="utf-8")
    shown = {key: value for key, value in found.items() if key not in ("curve", "done_at")}
    print(json.dumps(shown), flush=True)


def load(results: Path) -> list[dict[str, Any]]:
    return json.loads(results.read_text(encoding="utf-8")) if results.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "run", "tables", "plot"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--papers", default="10,100,1000,10000")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "caseloom-growth")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    given = parser.parse_args()
    sizes = [int(size) for size in given.papers.split(",")]
    if given.what in ("make", "run") and given.folder is None:
        parser.error("name the folder of the papers")
    if given.what == "make":
        make(given.folder, max(sizes))
    elif given.what == "run":
        for size in sizes:
            for workers in map(int, given.workers.split(",")):
                run(given.folder, size, workers, given.work, given.results)
    elif given.what == "tables":
        for size in sizes:
            tables(size, given.results)
    else:
        from growth_plot import estimate, plot

        plot(load(given.results), given.picture)
        print(estimate(load(given.results)))


if __name__ == "__main__":
    main()
