"""Guarded children: each document is read in a process of its own, with limits on time and memory.

A server process loads the language and compiles the rules once. On Linux it forks a child for each document,
which costs little; elsewhere each child starts afresh. The server alone knows the children: it watches time
and memory, kills what oversteps, and hands on what a child sent or why it sent nothing.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from extract.model import CaseRecord
from extract.schema import Schema, SchemaError

MEGABYTE = 1 << 20
PR_SET_PDEATHSIG = 1
GLANCE = 0.05
"""Seconds between two looks at a child's memory."""

Work = Callable[[Path, Schema, str], CaseRecord]
Task = tuple[int, Path, str]
"""Number, file and name of a document."""


@dataclass(frozen=True)
class Limits:
    """What one document may use: seconds by the clock (and of computing), megabytes beyond its start."""

    seconds: float = 120
    megabytes: int = 1024


class Result(NamedTuple):
    """What became of a task: the record as JSON, or the reason why there is none and a message for people.

    ``megabytes`` is the most memory that it held beyond what it started with.
    """

    task: int
    json: bytes
    reason: str
    message: str
    seconds: float
    megabytes: int = 0


def read_guarded(
    tasks: Sequence[Task],
    schema: Schema,
    *,
    workers: int,
    limits: Limits,
    work: Work | None = None,
    ocr: bool = False,
    check_rules: bool = False,
    method: str = "fork" if sys.platform == "linux" else "spawn",
) -> Iterator[Result]:
    """Yield a result for each task, in the order in which they finish.

    ``work`` is what a child does with a file (default: ``extract.pipeline.read_cases``, with ``ocr`` of scanned pages
    if asked). With ``check_rules`` the examples of all rules run first; SchemaError is raised when one fails.
    """
    work = work or (_read_scanned_cases if ocr else _read_cases)
    left = {task[0]: task for task in tasks}
    start_over = True
    while left:
        before = len(left)
        for result in _one_server(list(left.values()), schema, workers, limits, work, check_rules, method):
            del left[result.task]
            yield result
        if left and len(left) == before:
            if not start_over:
                break
            start_over = False
    for number, path, _ in left.values():
        yield Result(number, b"", "crashed", f"{path.name}: the process that reads documents ended before its turn.", 0)


def _one_server(
    tasks: list[Task],
    schema: Schema,
    workers: int,
    limits: Limits,
    work: Work,
    check_rules: bool,
    method: str,
) -> Iterator[Result]:
    """The results of one server process; fewer than there are tasks when it dies."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve,
        args=(theirs, tasks, schema, workers, limits, work, check_rules, method),
        name="caseloom server",
    )
    server.start()
    theirs.close()
    try:
        while True:
            if not ours.poll(1) and not server.is_alive() and not ours.poll():
                return
            try:
                message = ours.recv()
            except (EOFError, OSError):
                return
            if message is None:
                return
            if isinstance(message, list):
                raise SchemaError(message)
            if isinstance(message, Exception):
                raise message
            yield message
    finally:
        ours.close()
        server.join(5)
        if server.is_alive():
            server.kill()
            server.join()


@dataclass
class _Child:
    """A running child, seen from the server."""

    task: Task
    process: BaseProcess
    inbox: Connection
    started: float
    started_with: int
    received: bytes | None = None
    killed_for: str = ""
    most: int = 0


def _serve(
    parent: Connection,
    tasks: list[Task],
    schema: Schema,
    workers: int,
    limits: Limits,
    work: Work,
    check_rules: bool,
    method: str,
) -> None:
    """The server: start up to ``workers`` children at a time, send a Result for each task, then None."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if work in (_read_cases, _read_scanned_cases):
        try:
            faults = _warm_up(schema, check_rules)
        except Exception as error:
            parent.send(RuntimeError(f"the rules cannot be made ready: {type(error).__name__}: {error}"))
            raise
        if faults:
            parent.send(faults)
            return
    gc.freeze()
    waiting = deque(tasks)
    running: list[_Child] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(waiting.popleft(), schema, limits, work, method))
            inboxes = [child.inbox for child in running if child.received is None]
            ready = wait([parent, *inboxes, *(child.process.sentinel for child in running)], GLANCE)
            if parent in ready:
                return  # it sends nothing: readable means that it is gone
            for child in list(running):
                _receive(child)
                if child.process.is_alive():
                    _watch(child, limits)
                else:
                    running.remove(child)
                    parent.send(_result(child, limits))
        parent.send(None)
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        for child in running:
            _kill(child)


def _warm_up(schema: Schema, check_rules: bool) -> list[str]:
    """Load what children need, so that a fork finds it ready. Returns the faults of the rules' examples."""
    from extract.find.examples import check_examples
    from extract.pipeline import warm_up

    warm_up(schema)
    return check_examples(schema) if check_rules else []


def _read_cases(path: Path, schema: Schema, name: str) -> CaseRecord:
    from extract.pipeline import read_cases

    return read_cases(path, schema, name)


def _read_scanned_cases(path: Path, schema: Schema, name: str) -> CaseRecord:
    from extract.pipeline import read_cases

    return read_cases(path, schema, name, ocr=True)


def _start(task: Task, schema: Schema, limits: Limits, work: Work, method: str) -> _Child:
    inbox, outbox = multiprocessing.Pipe(duplex=False)
    context: Any = multiprocessing.get_context(method)
    process = context.Process(target=_child, args=(outbox, task, schema, limits, work), name=task[2])
    process.start()
    outbox.close()
    base = 0
    if method == "fork":
        base = psutil.Process().memory_info().rss
        with contextlib.suppress(psutil.Error):
            base = psutil.Process(process.pid).memory_info().rss or base  # what it shares with the server
    return _Child(task, process, inbox, time.monotonic(), base)


def _child(outbox: Connection, task: Task, schema: Schema, limits: Limits, work: Work) -> None:
    """What a child does: read one document, send its record, or why there is none."""
    _bind(limits)
    from extract.read.failure import ReadFailure

    _, path, name = task
    try:
        reason, text = "", work(path, schema, name).model_dump_json()
    except ReadFailure as failure:
        reason, text = failure.reason, failure.message
    except MemoryError:
        reason, text = "out_of_memory", _too_large(path, limits)
    except Exception as error:
        reason, text = "crashed", f"{path.name}: {type(error).__name__}: {error} ({_place(error)})"
    outbox.send_bytes(f"{reason} {_most_held()}\n{text}".encode(errors="replace"))


def _most_held() -> int:
    """The most memory that this process has held, in bytes; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _bind(limits: Limits) -> None:
    """Put the limits on this process, as far as the system knows them."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()  # so that whatever it starts can be killed with it
    if sys.platform == "linux":
        import ctypes
        import resource

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a child does not outlive its server
        # twice the limit: what is asked for and then used shall be seen by the watch, which knows what to call it
        space = psutil.Process().memory_info().vms + 2 * limits.megabytes * MEGABYTE
        seconds = max(1, int(limits.seconds) + 1)
        for kind, soft, hard in (
            (resource.RLIMIT_AS, space, space),
            (resource.RLIMIT_CPU, seconds, seconds + 5),
            (resource.RLIMIT_CORE, 0, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (soft, hard))


def _place(error: BaseException) -> str:
    """The line of our own code at which an error came up."""
    here = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(here)] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _receive(child: _Child) -> None:
    """Take what a child has sent, if it has."""
    if child.received is None:
        with contextlib.suppress(EOFError, OSError):
            if child.inbox.poll():
                child.received = child.inbox.recv_bytes()


def _watch(child: _Child, limits: Limits) -> None:
    """Kill a child that takes too long or holds too much."""
    if time.monotonic() - child.started > limits.seconds:
        child.killed_for = "timeout"
        _kill(child)
        return
    with contextlib.suppress(psutil.Error):
        held = psutil.Process(child.process.pid).memory_info().rss - child.started_with
        child.most = max(child.most, held)
        if held > limits.megabytes * MEGABYTE:
            child.killed_for = "out_of_memory"
            _kill(child)


def _kill(child: _Child) -> None:
    pid = child.process.pid
    if pid is not None and hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
    child.process.kill()
    child.process.join()


def _result(child: _Child, limits: Limits) -> Result:
    """What became of a child that has ended."""
    _receive(child)
    child.process.join()
    child.inbox.close()
    number = child.task[0]
    took = time.monotonic() - child.started
    if child.received is not None and not child.killed_for:
        head, text = child.received.split(b"\n", 1)
        reason, held = head.decode().split(" ")
        most = max(child.most, int(held) - child.started_with) // MEGABYTE
        if reason:
            return Result(number, b"", reason, text.decode(), took, most)
        return Result(number, text, "", "", took, most)
    return _ended_early(child, limits, took)._replace(megabytes=child.most // MEGABYTE)


def _ended_early(child: _Child, limits: Limits, took: float) -> Result:
    """What became of a child that ended without having sent anything, or was killed."""
    number, path, _ = child.task
    code = child.process.exitcode or 0
    if child.killed_for == "timeout" or code == -getattr(signal, "SIGXCPU", 0):
        message = f"{path.name}: not read within {limits.seconds:g} seconds. Give it longer with --time-limit."
        return Result(number, b"", "timeout", message, took)
    # pdfium aborts when it is refused memory, which it asks for in steps of twice what it has
    refused = child.most > limits.megabytes * MEGABYTE * (0.25 if code == -getattr(signal, "SIGABRT", 0) else 0.8)
    if child.killed_for == "out_of_memory" or refused:
        return Result(number, b"", "out_of_memory", _too_large(path, limits), took)
    if code == -getattr(signal, "SIGKILL", 0):
        message = f"{path.name}: the system ended its process, most likely for want of memory. Try fewer --workers."
        return Result(number, b"", "out_of_memory", message, took)
    how = f"with signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return Result(number, b"", "crashed", f"{path.name}: its process ended {how}. The file may be damaged.", took)


def _too_large(path: Path, limits: Limits) -> str:
    return f"{path.name}: needs more than {limits.megabytes} MB of memory. Give it more with --memory-limit."
