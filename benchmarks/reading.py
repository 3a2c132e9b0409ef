#!/usr/bin/env python3
"""How fast papers are read, against other readers of PDF, and how much memory a worker holds.

usage: reading.py [--repeats 3] [FOLDER or FILE ...]     (default: the PDFs of papers/ and reading/ in CASELOOM_PAPERS,
                                                          which is ../shared beside the repository unless set)

Every reader reads the same files, one after the other, in a process of its own. What counts is its computing time (user
and system, with that of the processes it starts), less that of the same process with nothing to read; of several
repeats the least. The table that is printed is that of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent

COMMON = f"import sys; sys.path.insert(0, {str(ROOT)!r}); files = sys.argv[1:]\n"
RUN = """
import warnings; warnings.simplefilter("ignore")
from pathlib import Path
from extract.batch import run
from extract.schema import load_schema
if __name__ == "__main__":
    out, workers, *files = files
    schema = load_schema()
    summary = run([Path(file) for file in files], Path(out), schema, workers=int(workers))
"""
VIEWS = """\
    from extract.views import write_views
    write_views(Path(out), summary.tables, schema, workers=int(workers))
"""
READERS = {
    "caseloom, reading": """
from pathlib import Path
from extract.read import read_document, warm_up
from extract.schema import load_schema
schema = load_schema(); warm_up()
for file in files: read_document(Path(file), schema)
""",
    "pdfium, bare text": """
import pypdfium2
for file in files:
    for page in pypdfium2.PdfDocument(file): page.get_textpage().get_text_range()
""",
    "pdfplumber, extract_text": """
import pdfplumber
for file in files:
    with pdfplumber.open(file) as pdf:
        for page in pdf.pages: page.extract_text()
""",
    "pdfminer.six, extract_text": """
from pdfminer.high_level import extract_text
for file in files: extract_text(file)
""",
}
PDFTOTEXT = """
import subprocess
for file in files: subprocess.run(["pdftotext", file, "-"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
"""
BASIS = "pdfplumber, extract_text"
READING = "caseloom, reading"
WHOLE = "caseloom, PDF to all CSVs"
SHOWN = "the same, with workbook, pictures of pages and review page"


def papers() -> list[Path]:
    """The PDFs that the figures are about."""
    home = Path(os.environ.get("CASELOOM_PAPERS") or ROOT.parent / "shared")
    return sorted([*home.glob("papers/*.pdf"), *home.glob("reading/*.pdf")])


def computing(script: Path, arguments: Sequence[str]) -> float:
    """Seconds of computing of a script and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, str(script), *arguments], check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(files: Sequence[Path], repeats: int, work: Path) -> dict[str, float]:
    """Seconds of computing by reader. All take turns in every round, so that a machine that is slower for a while is
    so for all."""
    readers = dict(READERS)
    if shutil.which("pdftotext"):
        readers["pdftotext (poppler)"] = PDFTOTEXT
    runs = {WHOLE: RUN, SHOWN: RUN + VIEWS}
    names = [str(file) for file in files]
    nothing = work / "nothing.txt"
    nothing.write_text("Nothing.", encoding="utf-8")
    starts: dict[str, list[float]] = {name: [] for name in (*readers, *runs)}
    wholes: dict[str, list[float]] = {name: [] for name in (*readers, *runs)}
    for _ in range(repeats):
        for name, code in readers.items():
            script = _script(work, code)
            starts[name].append(computing(script, []))
            wholes[name].append(computing(script, names))
        for name, code in runs.items():
            script = _script(work, code)
            starts[name].append(_anew(script, work / "none", [str(nothing)]))
            wholes[name].append(_anew(script, work / "all", names))
    return {name: min(wholes[name]) - min(starts[name]) for name in wholes}


def _script(work: Path, code: str) -> Path:
    script = work / "reader.py"
    script.write_text(COMMON + code, encoding="utf-8")
    return script


def _anew(script: Path, folder: Path, names: Sequence[str]) -> float:
    """Seconds of computing of a run by one worker into a folder that holds nothing of an earlier one."""
    shutil.rmtree(folder, ignore_errors=True)
    return computing(script, [str(folder), "1", *names])


class Memory:
    """Watches the workers of a run from outside: their largest proportional set size, and whether pandas is in one."""

    def __init__(self) -> None:
        self.most = 0
        self.pandas = False
        self.workers: set[int] = set()

    def watch(self, run: psutil.Process) -> None:
        """Look at the workers again and again until the run has ended."""
        while run.is_running() and run.status() != psutil.STATUS_ZOMBIE:
            with contextlib.suppress(psutil.Error):
                for worker in [worker for server in run.children() for worker in server.children()]:
                    self.look(worker)
            time.sleep(0.01)

    def look(self, worker: psutil.Process) -> None:
        """Look at one worker once."""
        with contextlib.suppress(psutil.Error):
            self.most = max(self.most, worker.memory_full_info().pss)
            if worker.pid not in self.workers:
                self.pandas |= any("/pandas/" in part.path for part in worker.memory_maps())
            self.workers.add(worker.pid)


def memory(files: Sequence[Path], work: Path) -> Memory:
    """What the workers of a run over these files hold."""
    script = work / "run.py"
    script.write_text(COMMON + RUN, encoding="utf-8")
    command = [sys.executable, str(script), str(work / "memory"), "2", *map(str, files)]
    seen = Memory()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        thread = threading.Thread(target=seen.watch, args=(psutil.Process(process.pid),))
        thread.start()
        process.wait()
        thread.join()
    return seen


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    named = [sorted(path.rglob("*.pdf")) if path.is_dir() else [path] for path in options.files]
    files = [file for group in named for file in group] or papers()
    if not files:
        parser.error("no papers: name a folder, or set CASELOOM_PAPERS")
    import pypdfium2

    pages = sum(len(pypdfium2.PdfDocument(file)) for file in files)
    with tempfile.TemporaryDirectory() as work:
        seconds = measure(files, options.repeats, Path(work))
        held = memory(files, Path(work))
    print(f"{len(files)} papers, {pages} pages; {machine()}\n")
    print("| reader | CPU seconds | ms a page | times as fast as pdfplumber |")
    print("|---|---:|---:|---:|")
    for name in sorted(seconds, key=lambda name: seconds[name]):
        took = seconds[name]
        print(f"| {name} | {took:.2f} | {1000 * took / pages:.1f} | {seconds[BASIS] / took:.1f} |")
    loaded = "loaded" if held.pandas else "not loaded"
    print(f"\nPeak memory of a worker (PSS, {len(held.workers)} seen): {held.most >> 20} MB; pandas {loaded} in it")
    return 0


def machine() -> str:
    """The kind of machine, not its name."""
    return f"{os.cpu_count()} cores, {round(psutil.virtual_memory().total / (1 << 30))} GiB"


if __name__ == "__main__":
    sys.exit(main())
