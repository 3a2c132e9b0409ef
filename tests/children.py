"""What a guarded worker can be made to do instead of reading. The file's text says what happens to it."""

from __future__ import annotations

import base64
import os
import signal
import sys
import time
from pathlib import Path

from written import case, row

from extract.model import CaseRecord, Issue
from extract.read.failure import ReadFailure
from extract.review.reading import Picture
from extract.schema import Schema


def act(path: Path, schema: Schema, name: str) -> CaseRecord:
    """Do what the file says."""
    order = path.read_text(encoding="utf-8").split()
    deed = DEEDS.get(order[0]) if order else None
    if deed:
        deed(path)
    loaded = sorted(set(sys.modules) & {"pandas", "matplotlib", "extract.evidence", "typer"})
    return case(
        "whatever the reader calls it",
        row("patients", kind="individual", label=path.name),
        Issue(severity="info", message=f"loaded: {loaded}"),
    )


def tell_process(path: Path, schema: Schema, name: str) -> CaseRecord:
    """Do what the file says, and tell in which process that was."""
    record = act(path, schema, name)
    return record.model_copy(update={"issues": (Issue(severity="info", message=str(os.getpid())),)})


def tell_limit(path: Path, schema: Schema, name: str) -> CaseRecord:
    """Compute for a while, and tell after how many seconds of computing this process would be ended."""
    import resource

    end = time.process_time() + 1.1
    while time.process_time() < end:
        pass
    limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
    return case(name, row("patients", kind="individual", label=name), Issue(severity="info", message=str(limit)))


def _refuse(path: Path) -> None:
    raise ReadFailure("encrypted", f"{path.name} is encrypted. Save a copy without a password.")


def _fail(path: Path) -> None:
    raise ZeroDivisionError("a fault\nin two lines")


def _hang(path: Path) -> None:
    while True:
        time.sleep(3600)


def _deaf(path: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def _eat(path: Path) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(8 << 20))


def _nibble(path: Path) -> None:
    hoard = []
    while True:  # in steps that the watch sees before an allocation fails
        hoard.append(bytearray(1 << 20))
        time.sleep(0.001)


_HOARD: list[bytearray] = []


def _keep(path: Path) -> None:
    _HOARD.append(bytearray(b"x" * (120 << 20)))


def _pass(path: Path) -> None:
    bytearray(b"x" * (120 << 20))


def _segfault(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _exit(path: Path) -> None:
    os._exit(3)


def _kill_server(path: Path) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    _hang(path)


DEEDS = {
    "refuse": _refuse,
    "fail": _fail,
    "hang": _hang,
    "deaf": _deaf,
    "eat": _eat,
    "nibble": _nibble,
    "keep": _keep,
    "pass": _pass,
    "segfault": _segfault,
    "exit": _exit,
    "kill_server": _kill_server,
}


def draw_or_die(path: Path, schema: Schema, order: str) -> Picture:
    """Draw the first page in words; the second is such that drawing it aborts the process."""
    page = order.split("@")[0]
    if page == "2":
        os.abort()
    return Picture(png=base64.b64encode(f"page {page}".encode()).decode())
