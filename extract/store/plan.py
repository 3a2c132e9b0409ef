"""STORE: what a run has to do: which papers are kept as they are, and which are worked on, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extract.sources import Source
from extract.store.folder import Store
from extract.store.keys import Keys
from extract.store.packing import Damaged, Failure, Told
from extract.store.records import FILE, Entry
from extract.store.stages import failure_key, is_current
from extract.worker import Limits, Task


@dataclass
class Plan:
    """``entries``: what is known of a source already, by its index. ``tasks``: what is to be done, the largest file
    first, each with the sha256 as its name. ``first``: the index of the first source with some bytes. ``damaged``: the
    papers whose records are not as they were written."""

    entries: dict[int, Entry] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)


def plan_work(
    sources: Sequence[Source], store: Store, keys: Keys, limits: Limits, *, anew: bool = False, failed: bool = False
) -> Plan:
    """What is to be done for some sources. ``anew``: everything; ``failed``: also what could not be read before."""
    plan = Plan()
    for index, source in enumerate(sources):
        plan.first.setdefault(source.sha256, index)
    for sha256, index in plan.first.items():
        entry = None if anew else _kept(sources[index], store, keys, limits, failed, plan)
        if entry is None:
            plan.tasks.append((index, sources[index].path, sha256))
        else:
            plan.entries[index] = entry
    plan.tasks.sort(key=lambda task: (-sources[task[0]].size, task[0]))
    return plan


def _kept(source: Source, store: Store, keys: Keys, limits: Limits, failed: bool, plan: Plan) -> Entry | None:
    """What is kept of a source, if it is still right."""
    try:
        header, told = store.told(source.sha256)
    except FileNotFoundError:
        return None
    except Damaged:
        plan.damaged.append(source.name)
        return None
    if header.failure is not None:
        again = failed or not stands(header.failure, keys, source, limits)
        return None if again else entry_of(header.failure, source)
    return Entry(told) if told is not None and is_current(header, keys, source.path) else None


def stands(failure: Failure, keys: Keys, source: Source, limits: Limits) -> bool:
    """Whether a failure would come again: nothing that the stage depends on has changed, and the limits that it
    overstepped have not grown."""
    if failure.key != failure_key(failure.stage, keys, source.path):
        return False
    if failure.reason == "timeout":
        return limits.seconds <= failure.seconds
    return failure.reason != "out_of_memory" or limits.megabytes <= failure.megabytes


def entry_of(failure: Failure, source: Source) -> Entry:
    """The entry of a source that could not be read."""
    return Entry(Told(status="failed", reason=failure.reason), failure.message.replace(FILE, source.path.name))
