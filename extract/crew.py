"""What a worker of a Dask cluster does with a paper that it is ordered to read.

Each thread of a worker has a host beside it: a process that has loaded the language and compiled the rules, forks a
guarded reader from itself (``extract.guard.Guard``), and gives it one paper after the other. A host ends with the
thread that started it, a reader with its host, however the worker ends.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import multiprocessing
import os
import pickle
import platform
import signal
import sys
import tempfile
import threading
import warnings
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from extract import __version__
from extract.guard import Guard, Result
from extract.schema import Schema
from extract.worker import Limits, Work, belong_to_parent

LIBRARIES = ("pdfminer.six", "pdfplumber", "pydantic", "pypdfium2", "scispacy", "spacy")
"""The libraries on which what is read depends."""

MOST_JOBS = 4
"""So many runs may share a worker; of more, the oldest is forgotten, and told again when it goes on."""


@dataclass(frozen=True)
class Job:
    """What is the same for all papers of a run. ``sign``: a file beside what the work keeps; who sees it, shares it."""

    key: str
    schema: Schema
    limits: Limits
    work: Work
    sign: Path | None = None


class Order(NamedTuple):
    """A paper to read: for which job, where it lies, what it is called, the digest of its bytes, and these themselves
    (None: as they lie there)."""

    job: str
    path: Path
    name: str
    sha256: str
    data: bytes | None


class Reply(NamedTuple):
    """What came of an order: a result, or what is needed for one (``bytes``, ``job``) and by whom."""

    result: Result | None
    needs: str = ""
    worker: str = ""


def program(schema: Schema | None) -> dict[str, str]:
    """What a result depends on besides the paper and the rules: versions by name, and a digest of our own code, which
    tells two checkouts apart. With a schema that uses a language model its version, too."""
    model = schema.model if schema else None
    return {
        "caseloom": __version__,
        "caseloom's code": _code(),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version(name) for name in LIBRARIES},
        **({model.name: _version(model.name)} if model else {}),
    }


@lru_cache(maxsize=1)
def _code() -> str:
    """The first ten hex digits of the sha256 of all modules of the package."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        data = path.read_bytes()
        digest.update(b"%s %d\n%s" % (path.relative_to(here).as_posix().encode(), len(data), data))
    return digest.hexdigest()[:10]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


# --- on the worker: jobs, and a host for each thread


_JOBS: dict[str, Job] = {}
_HOSTS: dict[int, _Host] = {}
_LOCK = threading.Lock()


def enlist(key: str, packed: bytes) -> bool:
    """Take on a job. Its work is done without the files of the machine that it comes from if they are not seen here."""
    job: Job = pickle.loads(packed)
    if job.sign is not None and not job.sign.exists():
        job = replace(job, work=getattr(job.work, "elsewhere")())  # noqa: B009  (there is a sign for such work only)
    with _LOCK:
        _JOBS[key] = job
        for old in list(_JOBS)[:-MOST_JOBS]:
            del _JOBS[old]
    return True


def dismiss(key: str) -> None:
    """Forget a job, and end the hosts that work for it."""
    with _LOCK:
        _JOBS.pop(key, None)
        for thread, host in list(_HOSTS.items()):
            if host.job.key == key:
                _HOSTS.pop(thread).close()


def do_order(order: Order) -> Reply:
    """Read a paper, as an order says."""
    job = _JOBS.get(order.job)
    if job is None:
        return Reply(None, "job", _address())
    if order.data is None:
        if not _is_there(order):
            return Reply(None, "bytes", _address())
        return Reply(_hosted(job).do(order.path, order.name))
    with tempfile.TemporaryDirectory(prefix="caseloom-") as folder:
        path = Path(folder) / order.path.name  # messages tell its name
        path.write_bytes(order.data)
        return Reply(_hosted(job).do(path, order.name))


def _is_there(order: Order) -> bool:
    """Whether the bytes that are meant lie under the path here."""
    with contextlib.suppress(OSError), order.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == order.sha256
    return False


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)


def _hosted(job: Job) -> _Host:
    """The host of this thread, for this job."""
    thread = threading.get_ident()
    with _LOCK:
        host = _HOSTS.get(thread)
        if host is not None and host.job.key != job.key:
            host.close()
            host = None
        if host is None:
            host = _HOSTS[thread] = _Host(job)
    return host


class _Host:
    """The host of one thread, seen from there."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def do(self, path: Path, name: str) -> Result:
        """What became of a paper. A host that is lost is replaced once."""
        for _ in range(2):
            if self._process is None or not self._process.is_alive() or self._pipe is None:
                self._start()
            pipe = self._pipe
            with contextlib.suppress(EOFError, OSError):
                assert pipe is not None
                pipe.send((path, name))
                told = pipe.recv()
                if isinstance(told, Result):
                    return told
                self.close()
                return Result(0, b"", "crashed", f"{path.name}: the rules cannot be made ready: {told}", 0)
            self.close()
        return Result(0, b"", "crashed", f"{path.name}: the process that reads documents ended before its turn.", 0)

    def close(self) -> None:
        """End the host, and its reader with it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def _start(self) -> None:
        self.close()
        # Dask's nanny starts its worker as a daemon, and Python refuses children to daemons: ours end by themselves
        multiprocessing.current_process().daemon = False
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_host, args=(theirs, self.job), name="caseloom host", daemon=True
        )
        self._process.start()
        theirs.close()


def _host(pipe: Connection, job: Job) -> None:
    """A host's life: make ready what all readers share, then hand each paper to the reader, and its result back."""
    belong_to_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    multiprocessing.current_process().daemon = False
    try:
        if warm_up := getattr(job.work, "warm_up", None):
            warm_up(job.schema)
    except Exception as error:
        pipe.recv()
        pipe.send(f"{type(error).__name__}: {error}")
        return
    gc.freeze()
    guard = Guard(job.work, job.schema, job.limits, method="fork" if sys.platform == "linux" else "spawn")
    try:
        while True:
            path, name = pipe.recv()
            pipe.send(guard.do(path, name))
    except (EOFError, OSError):
        pass
    finally:
        guard.close()
