"""Beyond one machine: the same guarded reading on the workers of a Dask cluster (``pip install "caseloom[dask]"``).

Dask moves papers to workers and results back, and gives what a lost worker had in hand to another. Whether a worker may
take part is decided here: its program must be this one. A paper is read from its path where the worker finds the same
bytes there (a shared folder), else the bytes are sent. What a worker then does with it stands in ``extract.crew``.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import queue
import re
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.crew import Job, Order, Reply, dismiss, do_order, enlist, program
from extract.guard import Result
from extract.schema import Schema, SchemaError
from extract.sources import WrongUse
from extract.worker import Limits, Task, Work

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT = 15.0
"""Seconds within which the scheduler must answer."""

PATIENCE = 60.0
"""Seconds to wait for a worker when there is none."""

ROLL_CALL = 2.0
"""Seconds between two looks at which workers there are."""

AHEAD = 2
"""Orders that wait at the cluster for each that is being worked on, so that no worker waits for us."""

FETCH = 10.0
"""Seconds within which a result must arrive that a worker has ready; it may be lost with its worker, and made anew."""


ADDRESS = re.compile(r"([a-z]+://)?[^\s/]+:\d+")
WAY_OUT = "Start one with `dask scheduler`, and give the address that it prints (tcp://host:8786)."


class ClusterError(WrongUse):
    """The cluster cannot do the work. The message says why, and what to do."""


def read_on_cluster(
    tasks: Sequence[Task],
    schema: Schema,
    *,
    scheduler: str,
    limits: Limits,
    work: Work,
    workers: int = 0,
    check_rules: bool = False,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    patience: float = PATIENCE,
) -> Iterator[Result]:
    """Yield a result for each task, in the order in which they finish, as ``extract.guard.read_guarded`` does, from the
    workers of a Dask cluster whose scheduler listens at ``scheduler`` (``tcp://host:8786``).

    ``work`` must be known to the workers by import; one that has a method ``elsewhere`` keeps files, which workers use
    if they see them. ``workers`` bounds the papers in work at a time (0: as many as the cluster has threads). Once
    ``stop`` says yes only papers in hand are finished. ``tell`` is told in words of workers that come, go or are left
    out. Raises ClusterError when Dask is not installed, the scheduler does not
    answer, or no fit worker is there for ``patience`` seconds; SchemaError when ``check_rules`` and an example fails.
    """
    with _connected(scheduler) as client, _sign(work) as sign:
        if check_rules:
            from extract.find.examples import check_examples

            if faults := check_examples(schema):
                raise SchemaError(faults)
        job = Job(uuid.uuid4().hex, schema, limits, work, sign)
        run = _Run(client, scheduler, job, deque(tasks), workers, tell, patience, stop or (lambda: False))
        try:
            yield from run.results()
        finally:
            run.end()


@contextlib.contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError('--scheduler needs Dask: pip install "caseloom[dask]"') from error
    if not ADDRESS.fullmatch(scheduler):
        raise ClusterError(f"--scheduler {scheduler}: not the address of a Dask scheduler. {WAY_OUT}")
    try:
        client = Client(scheduler, timeout=CONNECT, set_as_default=False, name="caseloom")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(f"{scheduler}: no Dask scheduler answers there ({error}). {WAY_OUT}") from error
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.close()


@contextlib.contextmanager
def _sign(work: Work) -> Iterator[Path | None]:
    """A file by which workers see that they share the folder in which some work keeps what it made."""
    folder = getattr(work, "store", None) if hasattr(work, "elsewhere") else None
    if folder is None:
        yield None
        return
    with tempfile.NamedTemporaryFile(prefix=".shared-", dir=folder) as file:
        yield Path(file.name).resolve()


@dataclass
class _Run:
    """One reading on the cluster: what waits, what is in hand where, and which workers are fit."""

    client: Client
    scheduler: str
    job: Job
    waiting: deque[Task]
    most: int
    tell: Callable[[str], None]
    patience: float
    stop: Callable[[], bool]
    fit: dict[str, int] = field(default_factory=dict)
    """Workers that take part, by address, with their threads."""
    refused: set[str] = field(default_factory=set)
    hand: dict[Future[Reply], tuple[Task, frozenset[str]]] = field(default_factory=dict)
    """What was ordered, and of whom."""
    done: queue.SimpleQueue[Future[Reply]] = field(default_factory=queue.SimpleQueue)
    send_bytes: bool = False
    looked: float = float("-inf")
    alone_since: float = field(default_factory=time.monotonic)
    last_refusal: str = ""

    def results(self) -> Iterator[Result]:
        """The results, as they come."""
        while self.waiting or self.hand:
            self.call_the_roll()
            if self.stop():
                self.take_back()
            room = (self.most or sum(self.fit.values())) * AHEAD
            while self.waiting and self.fit and len(self.hand) < room:
                self.order(self.waiting.popleft())
            try:
                future = self.done.get(timeout=ROLL_CALL)
            except queue.Empty:
                continue
            result = self.result_of(future)
            if result is not None:
                yield result

    def take_back(self) -> None:
        """Give up what waits, here and at the cluster; what a worker has begun is finished."""
        self.waiting.clear()
        begun = {key for keys in self.client.processing(list(self.fit)).values() for key in keys}
        for future in list(self.hand):
            if future.key not in begun and not future.done():
                del self.hand[future]
                future.cancel()

    def order(self, task: Task) -> None:
        """Give a paper to the cluster."""
        number, path, name = task
        try:
            data = path.read_bytes()
        except OSError:
            data = b""  # the worker says what is wrong with it
        order = Order(self.job.key, path, name, hashlib.sha256(data).hexdigest(), data if self.send_bytes else None)
        whom = frozenset(self.fit)
        key = f"caseloom-{self.job.key}-{number}-{uuid.uuid4().hex[:8]}"
        future: Future[Reply] = self.client.submit(do_order, order, key=key, workers=sorted(whom), pure=False)
        self.hand[future] = (task, whom)
        future.add_done_callback(self.done.put)

    def result_of(self, future: Future[Reply]) -> Result | None:
        """What came of an order; None when it must be, or was, given again."""
        if future not in self.hand:
            return None  # it was taken back
        task, _ = self.hand[future]
        number, path, _ = task
        try:
            reply: Reply = future.result(timeout=FETCH)
        except TimeoutError:
            future.add_done_callback(self.done.put)
            return None
        except Exception as error:  # of any kind: it costs this paper only
            del self.hand[future]
            if future.cancelled() or self.client.status != "running":
                self.waiting.appendleft(task)
                self.looked = float("-inf")
                return None
            how = "the workers that had it in hand were lost" if type(error).__name__ == "KilledWorker" else repr(error)
            return Result(number, b"", "crashed", f"{path.name}: {how}.", 0)
        del self.hand[future]
        if reply.result is not None:
            return reply.result._replace(task=number)
        if reply.needs == "bytes":
            if not self.send_bytes:
                self.tell("The workers do not see the papers under their paths here: the files are sent to them.")
            self.send_bytes = True
        elif reply.needs == "job":
            self.fit.pop(reply.worker, None)  # it was started anew under its old address
            self.looked = float("-inf")
        self.waiting.appendleft(task)
        return None

    def call_the_roll(self) -> None:
        """See which workers there are now: enlist new ones, and take back what those had in hand who are gone.

        Raises ClusterError when there has been none for too long, or the scheduler is gone.
        """
        if time.monotonic() - self.looked < ROLL_CALL:
            return
        self.looked = time.monotonic()
        if self.client.status != "running":
            raise ClusterError(f"{self.scheduler}: the scheduler is gone. What was read is kept: run it again.")
        there = {
            address: int(facts["nthreads"])
            for address, facts in self.client.scheduler_info(n_workers=-1)["workers"].items()
        }
        for address in [address for address in self.fit if address not in there]:
            del self.fit[address]
            self.tell(f"{address} is gone; what it had in hand is given to others.")
        known = self.fit.keys() | self.refused
        self.enlist({address: threads for address, threads in there.items() if address not in known})
        for future, (task, whom) in list(self.hand.items()):
            if not whom & self.fit.keys():
                del self.hand[future]
                future.cancel()
                self.waiting.append(task)
        if self.fit:
            self.alone_since = time.monotonic()
        elif self.refused & there.keys() or time.monotonic() - self.alone_since > self.patience:
            raise ClusterError(self.why_nobody(bool(self.refused & there.keys())))

    def why_nobody(self, refused: bool) -> str:
        if refused:
            return f"{self.scheduler}: no worker there may read. {self.last_refusal}"
        return (
            f"{self.scheduler}: no worker has been there for {self.patience:g} seconds. Start some with "
            f"`dask worker {self.scheduler}`. What was read is kept: run it again."
        )

    def enlist(self, new: Mapping[str, int]) -> None:
        """Let new workers take part, if their program is this one."""
        if not new:
            return
        ours = program(self.job.schema)
        answers: Mapping[str, Any] = self.client.run(program, None, workers=list(new), on_error="return")
        if self.job.schema.model:
            ready = [address for address, theirs in answers.items() if isinstance(theirs, dict)]
            answers = {**answers, **self.client.run(program, self.job.schema, workers=ready, on_error="return")}
        fit = []
        for address, theirs in answers.items():
            if isinstance(theirs, OSError | TimeoutError):
                continue  # it is going; should it stay, it is asked again
            if difference := _difference(ours, theirs):
                self.refused.add(address)
                self.last_refusal = f"{address} is left out: {difference}"
                self.tell(self.last_refusal)
            else:
                fit.append(address)
        if fit:
            packed = pickle.dumps(self.job)
            told = self.client.run(enlist, self.job.key, packed, workers=fit, on_error="return")
            for address in fit:
                if told.get(address) is True:
                    self.fit[address] = new[address]
                elif isinstance(told.get(address), Exception) and not isinstance(told[address], OSError | TimeoutError):
                    self.refused.add(address)
                    self.last_refusal = f"{address} is left out: it cannot take the rules ({told[address]!r})."
                    self.tell(self.last_refusal)

    def end(self) -> None:
        """Take back what is still in hand and let the workers forget the job."""
        with contextlib.suppress(Exception):  # it is over: whatever fails here changes nothing
            self.client.cancel(list(self.hand), force=True)
            if self.fit:
                self.client.run(dismiss, self.job.key, workers=list(self.fit), on_error="return")


def _difference(ours: Mapping[str, str], theirs: Mapping[str, str] | BaseException) -> str:
    """What keeps a worker from taking part, in words; '' for nothing."""
    if isinstance(theirs, ModuleNotFoundError) and (theirs.name or "").split(".")[0] == "extract":
        return 'caseloom is not installed there. Install the same version: pip install "caseloom[dask]"'
    if isinstance(theirs, BaseException):
        return f"it cannot say which program it has ({type(theirs).__name__}: {theirs})."
    other = [
        f"{name} {theirs.get(name) or 'missing'} (here {ours.get(name) or 'missing'})"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
    return f"it has {', '.join(other)}. Results could differ: install the same there." if other else ""
