"""Guarded workers: each document is read in a process that can be ended at any time, with limits on time and memory.

A server process loads the language and compiles the rules once and starts the workers: on Linux by a fork, which costs
little; elsewhere each starts afresh. A worker reads document after document until one fails; then, after many, and when
it has grown, a fresh one takes its place. The server alone knows the workers: it watches what each document takes,
kills what oversteps, and hands on what was sent, or why nothing was.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
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
from extract.schema.yamlfile import Fault
from extract.worker import MEGABYTE, STAGE, Limits, Task, Work, serve_documents, too_large

GLANCE = 0.05
"""Seconds between two looks at a worker's memory."""

LISTEN = 0.2
"""Seconds to listen to the server before looking whether to stop."""

DOCUMENTS_EACH = 100
"""So many documents are read by one worker; then a fresh one takes its place."""

GROWTH = 96
"""A worker that holds so many megabytes more than it started with is replaced before the next document."""


class Result(NamedTuple):
    """What became of a task: the record as JSON, or the reason why there is none and a message for people.

    ``megabytes`` is the most memory that it held beyond what it started with; ``stage`` what the worker said last that
    it turns to. ``outside``: what ended it does not lie in the document, so that it may well be read another time.
    """

    task: int
    json: bytes
    reason: str
    message: str
    seconds: float
    megabytes: int = 0
    stage: str = ""
    outside: bool = False


def read_guarded(
    tasks: Sequence[Task],
    schema: Schema,
    *,
    workers: int,
    limits: Limits,
    work: Work | None = None,
    ocr: bool = False,
    check_rules: bool = False,
    stop: Callable[[], bool] | None = None,
    method: str = "fork" if sys.platform == "linux" else "spawn",
) -> Iterator[Result]:
    """Yield a result for each task, in the order in which they finish. Once ``stop`` says yes only the documents in
    hand are finished; the others have no result.

    ``work`` is what a worker does with a file (default: ``extract.pipeline.read_cases``, with ``ocr`` of scanned pages
    if asked). With ``check_rules`` the examples of all rules run first; SchemaError is raised when one fails.
    """
    work = work or (_read_scanned_cases if ocr else _read_cases)
    left = {task[0]: task for task in tasks}
    start_over = True
    stop = stop or _never
    while left and not stop():
        before = len(left)
        for result in _one_server(list(left.values()), schema, workers, limits, work, check_rules, stop, method):
            del left[result.task]
            yield result
        if left and len(left) == before:
            if not start_over:
                break
            start_over = False
    if stop():
        return
    for number, path, _ in left.values():
        message = f"{path.name}: the process that reads documents ended before its turn."
        yield Result(number, b"", "crashed", message, 0, outside=True)


class Guard:
    """One worker that does one order after the other for somebody who waits for each; a fresh one takes its place when
    it failed. All calls must come from one thread, which must outlive it: a worker ends with its parent thread."""

    def __init__(self, work: Work, schema: Schema, limits: Limits, *, method: str = "spawn") -> None:
        self._work, self._schema, self._limits, self._method = work, schema, limits, method
        self._worker = self._fresh()

    def do(self, path: Path, order: str) -> Result:
        """What became of the work on a file; ``order`` is handed to it as the name."""
        if not self._worker.process.is_alive():
            _kill(self._worker)
            self._worker = self._fresh()
        _give(self._worker, deque([(0, path, order)]))
        while True:
            wait([self._worker.pipe, self._worker.process.sentinel], GLANCE)
            result = _look(self._worker, self._limits)
            if result is not None:
                break
        if not _is_fit(self._worker, result):
            _end(self._worker)
            self._worker = self._fresh()
        return result

    def close(self) -> None:
        """End the worker."""
        _kill(self._worker)

    def _fresh(self) -> _Worker:
        return _start(self._schema, self._limits, self._work, self._method)


def _one_server(
    tasks: list[Task],
    schema: Schema,
    workers: int,
    limits: Limits,
    work: Work,
    check_rules: bool,
    stop: Callable[[], bool],
    method: str,
) -> Iterator[Result]:
    """The results of one server process; fewer than there are tasks when it dies or is told to stop."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve,
        args=(theirs, tasks, schema, workers, limits, work, check_rules, method),
        name="caseloom server",
    )
    with _interrupts_ignored():  # the server does not end at Ctrl-C, not even while it starts
        server.start()
    theirs.close()
    stopping = False
    try:
        while True:
            if stop() and not stopping:
                stopping = True
                with contextlib.suppress(BrokenPipeError, ConnectionResetError, OSError):
                    ours.send("stop")
            if not ours.poll(LISTEN):
                if not server.is_alive() and not ours.poll():
                    return
                continue
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
class _Worker:
    """A running worker and the document it has in hand, seen from the server."""

    process: BaseProcess
    pipe: Connection
    began_with: int
    task: Task = (0, Path(), "")
    given: float = 0
    started_with: int = 0
    killed_for: str = ""
    most: int = 0
    documents: int = 0
    stage: str = ""


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A block in which Ctrl-C is not heard, neither here nor by the processes that are started in it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _never() -> bool:
    return False


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
    """The server: keep up to ``workers`` workers busy, send a Result for each task, then None."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    own = getattr(work, "warm_up", None)
    if own or work in (_read_cases, _read_scanned_cases):
        try:
            faults = _warm_up(schema, check_rules, own)
        except Exception as error:
            parent.send(RuntimeError(f"the rules cannot be made ready: {type(error).__name__}: {error}"))
            raise
        if faults:
            parent.send(faults)
            return
    gc.freeze()
    waiting = deque(tasks)
    pool: list[_Worker] = []
    try:
        while waiting or pool:
            while waiting and len(pool) < workers and not parent.poll():
                pool.append(_start(schema, limits, work, method))
                _give(pool[-1], waiting)
            wait([parent, *(worker.pipe for worker in pool), *(worker.process.sentinel for worker in pool)], GLANCE)
            if parent.poll():
                parent.recv()  # it says nothing but to stop: EOFError means that it is gone
                waiting.clear()
            for worker in list(pool):
                result = _look(worker, limits)
                if result is None:
                    continue
                parent.send(result)
                if waiting and _is_fit(worker, result):
                    _give(worker, waiting)
                else:
                    pool.remove(worker)
                    _end(worker)
        parent.send(None)
    except (BrokenPipeError, ConnectionResetError, EOFError):
        pass
    finally:
        for worker in pool:
            _kill(worker)


def _warm_up(schema: Schema, check_rules: bool, own: Callable[[Schema], None] | None) -> list[Fault]:
    """Load what children need, so that a fork finds it ready. Returns the faults of the rules' examples."""
    from extract.find.examples import check_examples
    from extract.pipeline import warm_up

    (own or warm_up)(schema)
    return check_examples(schema) if check_rules else []


def _read_cases(path: Path, schema: Schema, name: str) -> CaseRecord:
    from extract.pipeline import read_cases

    return read_cases(path, schema, name)


def _read_scanned_cases(path: Path, schema: Schema, name: str) -> CaseRecord:
    from extract.pipeline import read_cases

    return read_cases(path, schema, name, ocr=True)


def _start(schema: Schema, limits: Limits, work: Work, method: str) -> _Worker:
    context: Any = multiprocessing.get_context(method)
    ours, theirs = multiprocessing.Pipe()
    process = context.Process(target=serve_documents, args=(theirs, schema, limits, work), name="caseloom worker")
    process.start()
    theirs.close()
    return _Worker(process, ours, psutil.Process().memory_info().rss if method == "fork" else 0)


def _give(worker: _Worker, waiting: deque[Task]) -> None:
    """Give a worker the next document."""
    worker.task = waiting.popleft()
    worker.given = time.monotonic()
    worker.killed_for, worker.most, worker.stage = "", 0, ""
    worker.started_with = _held(worker) or worker.began_with  # the first counts what it shares with the server
    worker.documents += 1
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        worker.pipe.send(worker.task[1:])  # one that has died is seen at the next look


def _held(worker: _Worker) -> int:
    """The bytes of memory that a worker holds; 0 when it cannot be asked."""
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(worker.process.pid).memory_info().rss)
    return 0


def _look(worker: _Worker, limits: Limits) -> Result | None:
    """What became of the document that a worker has in hand; None while it is being read within its limits."""
    ended = not worker.process.is_alive()  # asked first: what it sent before it ended is there by then
    with contextlib.suppress(EOFError, OSError):
        while worker.pipe.poll():
            message = worker.pipe.recv_bytes()
            if not message.startswith(STAGE):
                return _told(worker, message)
            worker.stage = message[len(STAGE) :].decode()
    if not ended:
        _watch(worker, limits)
        ended = bool(worker.killed_for)
    return _ended_early(worker, limits) if ended else None


def _told(worker: _Worker, message: bytes) -> Result:
    """A result from what a worker sent."""
    head, text = message.split(b"\n", 1)
    reason, held = head.decode().split(" ")
    took = time.monotonic() - worker.given
    most = max(worker.most, int(held) - worker.started_with) // MEGABYTE
    if reason:
        return Result(worker.task[0], b"", reason, text.decode(), took, most, worker.stage)
    return Result(worker.task[0], text, "", "", took, most, worker.stage)


def _is_fit(worker: _Worker, result: Result) -> bool:
    """Whether a worker may read another document."""
    if result.reason or worker.documents >= DOCUMENTS_EACH:
        return False
    held = _held(worker)
    worker.began_with = worker.began_with or held  # one that was not forked has loaded all by now
    return held - worker.began_with < GROWTH * MEGABYTE


def _end(worker: _Worker) -> None:
    """Send a worker home, and see that it goes."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, OSError):
        worker.pipe.send(None)
    worker.process.join(1)
    _kill(worker)


def _watch(worker: _Worker, limits: Limits) -> None:
    """Kill a worker whose document takes too long or holds too much."""
    worker.most = max(worker.most, _held(worker) - worker.started_with)
    if time.monotonic() - worker.given > limits.seconds:
        worker.killed_for = "timeout"
    elif worker.most > limits.megabytes * MEGABYTE:
        worker.killed_for = "out_of_memory"
    if worker.killed_for:
        _kill(worker)


def _kill(worker: _Worker) -> None:
    """End a worker, and with it what it has started, without asking."""
    pid = worker.process.pid
    if pid is not None and hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _ended_early(worker: _Worker, limits: Limits) -> Result:
    """What became of a document whose worker ended without having told of it, or was killed."""
    worker.process.join()
    number, path, _ = worker.task
    code = worker.process.exitcode or 0
    took = time.monotonic() - worker.given
    most = worker.most // MEGABYTE
    if worker.killed_for == "timeout" or code == -getattr(signal, "SIGXCPU", 0):
        message = f"{path.name}: not read within {limits.seconds:g} seconds. Give it longer with --time-limit."
        return Result(number, b"", "timeout", message, took, most, worker.stage)
    # pdfium aborts when it is refused memory, which it asks for in steps of twice what it has
    refused = worker.most > limits.megabytes * MEGABYTE * (0.25 if code == -getattr(signal, "SIGABRT", 0) else 0.8)
    if worker.killed_for == "out_of_memory" or refused:
        return Result(number, b"", "out_of_memory", too_large(path, limits), took, most, worker.stage)
    if code == -getattr(signal, "SIGKILL", 0):
        message = f"{path.name}: the system ended its process, most likely for want of memory. Try fewer --workers."
        return Result(number, b"", "out_of_memory", message, took, most, worker.stage, outside=True)
    how = f"with signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    message = f"{path.name}: its process ended {how}. The file may be damaged."
    return Result(number, b"", "crashed", message, took, most, worker.stage)
