"""STORE: the documents of a run on their way into the store: planned, read by workers, kept, told of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from extract import __version__
from extract.guard import Result
from extract.model import CaseRecord
from extract.schema import Schema
from extract.sources import Source, WrongUse
from extract.store.folder import Store
from extract.store.keys import stage_keys
from extract.store.packing import Failure, Header, Stage, Told, make_part, pack, unpack
from extract.store.plan import entry_of, plan_work
from extract.store.records import FILE, UNREAD, Entry, Records, duplicate
from extract.store.stages import StagedWork, failure_key, told_of
from extract.worker import Limits, Task, Work


class Step(NamedTuple):
    """One more document is done: how many are done and how many there are, how many of these were kept from an earlier
    run and how many failed, the share of this run's work that is done (0 to 1), the document's name, what became of it,
    and the seconds it took. The first step has no name: it tells what is kept, and in ``damaged`` which documents are
    made anew because their records were not as they had been written."""

    done: int
    total: int
    kept: int
    failed: int
    share: float
    name: str = ""
    told: Told | None = None
    seconds: float = 0
    damaged: tuple[str, ...] = ()


Progress = Callable[[Step], None]


class Reader(Protocol):
    """What has many documents read: ``guard.read_guarded``, or another with its signature."""

    def __call__(
        self,
        tasks: Sequence[Task],
        schema: Schema,
        *,
        workers: int,
        limits: Limits,
        work: Work | None = None,
        check_rules: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[Result]: ...


class Reading:
    """The documents of a run: which are kept (``plan``), what became of each (``entries``, by index of the source)."""

    def __init__(
        self,
        sources: Sequence[Source],
        schema: Schema,
        store: Store,
        limits: Limits,
        *,
        ocr: bool = False,
        anew: bool = False,
        failed: bool = False,
        work: Work | None = None,
    ) -> None:
        """``anew``: take nothing that is kept; ``failed``: try again what could not be read; ``work``: do this with
        each document instead of reading it, handing it the document's name."""
        self.sources, self.schema, self.store, self.limits, self._own = sources, schema, store, limits, work
        self.keys = stage_keys(schema, ocr=ocr)
        self._work = work or StagedWork(store.folder, self.keys, ocr, anew)
        self.plan = plan_work(sources, store, self.keys, limits, anew=anew, failed=failed)
        self.entries = dict(self.plan.entries)
        self.kept = len(self.entries)
        self.failed = sum(entry.told.status == "failed" for entry in self.entries.values())
        self.failures_kept = self.failed
        self.unread = 0
        self.seconds: dict[str, float] = {}

    def read(
        self, reader: Reader, workers: int, progress: Progress | None = None, stop: Callable[[], bool] | None = None
    ) -> None:
        """Have everything read that is not kept. Raises WrongUse when nothing can be kept, KeyboardInterrupt when it is
        stopped before any document is read."""
        tell = progress or _say_nothing
        tasks, total = self.plan.tasks, len(self.sources)
        all_work, done_work = sum(_weight(self.sources[task[0]]) for task in tasks) or 1, 0
        if self._own:
            tasks = [(index, path, self.sources[index].name) for index, path, _ in tasks]
        damaged = tuple(self.plan.damaged)
        tell(Step(self.kept, total, self.kept, self.failed, 0 if tasks else 1, damaged=damaged))
        marker = _marker(self.schema)
        check_rules = self._own is None and not marker.exists()
        for result in reader(
            tasks,
            self.schema,
            workers=workers,
            limits=self.limits,
            work=self._work,
            check_rules=check_rules,
            stop=stop,
        ):
            if check_rules:
                _remember(marker)
                check_rules = False
            source = self.sources[result.task]
            entry = self.entries[result.task] = self._take(source, result)
            self.seconds[source.name] = result.seconds
            self.failed += entry.told.status == "failed"
            done_work += _weight(source)
            done = len(self.entries)
            share = done_work / all_work
            damaged = (source.name,) if entry.mended and source.name not in self.plan.damaged else ()
            tell(Step(done, total, self.kept, self.failed, share, source.name, entry.told, result.seconds, damaged))
        if stop and stop() and not self.entries:
            raise KeyboardInterrupt
        self._leave(tasks)
        self._name_again(tell)

    def _leave(self, tasks: Sequence[Task]) -> None:
        """Put down that what was not read before the run was stopped was not read."""
        for index, _, _ in tasks:
            if index not in self.entries:
                message = f"{self.sources[index].path.name}: not read yet, the run was stopped before. Run it again."
                self.entries[index] = Entry(Told(status="failed", reason=UNREAD), message)
                self.unread += 1

    def _name_again(self, tell: Progress) -> None:
        """Put down the files that have the bytes of another."""
        for index, source in enumerate(self.sources):
            first = self.plan.first[source.sha256]
            if index != first:
                entry = self.entries[index] = duplicate(source, self.sources[first].name, self.entries[first])
                self.failed += entry.told.status == "failed"
                tell(Step(len(self.entries), len(self.sources), self.kept, self.failed, 1, source.name, entry.told))

    def _take(self, source: Source, result: Result) -> Entry:
        """Keep what a worker made, as far as it has not done so itself, and tell what it is."""
        try:
            if result.reason:
                return self._fail(source, result)
            data = _packed(source, result.json) if self._own else result.json
            header, parts = unpack(data)
            if parts:
                self.store.put(data)
        except OSError as error:
            raise WrongUse(f"{self.store.folder}: nothing can be kept there ({error.strerror}).") from error
        assert header.told is not None
        return Entry(header.told, mended=header.mended)

    def _fail(self, source: Source, result: Result) -> Entry:
        stage = _STAGES.get(result.stage, "read")
        failure = Failure(
            stage=stage,
            key=failure_key(stage, self.keys, source.path),
            reason=result.reason,
            message=result.message.replace(source.path.name, FILE, 1),
            seconds=self.limits.seconds,
            megabytes=self.limits.megabytes,
        )
        if not result.outside and result.reason != "changed":
            self.store.put_failure(source.sha256, failure)
        return entry_of(failure, source)

    def records(self) -> Records:
        """What all sources say, in their order."""
        entries = [self.entries[index] for index in range(len(self.sources))]
        return Records(self.sources, entries, self.store, self.schema.hash)

    def failures(self) -> list[tuple[str, str, str]]:
        """Name, reason and message of each document that could not be read."""
        named = ((source.name, self.entries[index]) for index, source in enumerate(self.sources))
        failed = [(name, e.told.reason, e.message) for name, e in named if e.told.status == "failed"]
        return [row for row in failed if row[1] != UNREAD]


_STAGES: dict[str, Stage] = {"read": "read", "find": "find", "link": "link"}


def _say_nothing(_: Step) -> None:
    return


def _packed(source: Source, json: bytes) -> bytes:
    """A record of something else than the three stages."""
    part, packed = make_part("", json)
    told = told_of(CaseRecord.model_validate_json(json))
    return pack(Header(sha256=source.sha256, stages={"link": part}, told=told), {"link": packed})


def _weight(source: Source) -> int:
    """What reading a source is taken to cost, for the share of the work that is done: its bytes, and what even the
    smallest costs."""
    return source.size + 100_000


def _marker(schema: Schema) -> Path:
    """The file whose presence says that these rules passed their examples with this version."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "caseloom" / f"examples-{__version__}-{schema.hash[:32]}"


def _remember(marker: Path) -> None:
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError:
        pass  # only means that the examples run again next time
