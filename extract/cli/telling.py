"""CLI: what a run tells while it reads: on standard error a bar, a line for each paper, JSON lines or nothing; in
run.log of the output folder always a line for each paper, with the time."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import typer

from extract.cli.app import count

if TYPE_CHECKING:
    from extract.store import Step

LOG = "run.log"
"""The log in the output folder. A run adds to what earlier ones wrote."""

LARGE = 10_000_000
"""Bytes after which the log becomes run.log.old and a new one is begun."""

How = Literal["people", "json", "quiet"]


class Telling:
    """As a context: ``with Telling(folder, "people", command) as tell: ... tell(step)``."""

    def __init__(self, folder: Path, how: How, command: list[str]) -> None:
        self._folder, self._how, self._command = folder, how, command
        self._log: IO[str] | None = None
        self._bar: Any = None
        self._pace = Pace()

    def __enter__(self) -> Telling:
        return self

    def __exit__(self, *_: object) -> None:
        self.end_bar()
        if self._log:
            self._log.close()

    def __call__(self, step: Step) -> None:
        """One more paper is done, or the reading begins."""
        if not step.name:
            self._begin(step)
            return
        self._pace.note(step)
        left = self._pace.left
        outcome = _outcome(step)
        self._write(f"[{step.done}/{step.total}] {step.name}: {outcome} ({step.seconds:.1f} s)")
        if self._how == "json":
            told = step.told
            self.event(
                "paper",
                document=step.name,
                done=step.done,
                total=step.total,
                kept=step.kept,
                failed=step.failed,
                status=told.status if told else "",
                reason=told.reason if told else "",
                patients=told.patients if told else 0,
                seconds=round(step.seconds, 2),
                rate=self._pace.rate and round(self._pace.rate, 3),
                left=left and round(left),
            )
        elif self._bar is not None:
            told_so_far = f"{step.kept} kept, {step.failed} failed, {self._pace}"
            self._bar.update(self._task, completed=step.done, counts=told_so_far, description=step.name)
        elif self._how == "people":
            more = f" ({in_words(left)} left)" if left and left >= 20 else ""
            typer.echo(f"[{step.done}/{step.total}] {step.name}: {outcome}{more}", err=True)
        for name in step.damaged:
            self._damaged(name)

    def say(self, event: str, message: str, *, error: bool = True, only_log: bool = False, **facts: Any) -> None:
        """Tell something else: to people as a message (with ``only_log`` in the log alone; when quiet only an
        ``error``), to programs as an event."""
        self._write(message)
        if self._how == "json":
            self.event(event, message=message, **facts)
        elif only_log:
            return
        elif self._how == "people" or error:
            if self._bar is not None:
                self._bar.console.print(message, markup=False, highlight=False)
            else:
                typer.echo(message, err=True)

    def event(self, name: str, **facts: Any) -> None:
        """A line of JSON."""
        line = {"time": datetime.now().astimezone().isoformat(timespec="milliseconds"), "event": name, **facts}
        typer.echo(json.dumps(line, ensure_ascii=False), err=True)

    def end_bar(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _begin(self, step: Step) -> None:
        self._open_log()
        to_do = step.total - step.kept
        self._write(f"begin: {' '.join(self._command)}")
        self._write(f"{count(step.total, 'paper')}: {step.kept} kept from earlier runs, {to_do} to read")
        if self._how == "json":
            self.event("begin", total=step.total, kept=step.kept, to_read=to_do, failed=step.failed)
        elif self._how == "people" and step.kept:
            rest = f", {to_do} to read" if to_do else ", nothing to read"
            typer.echo(f"{count(step.kept, 'paper')} kept from earlier runs{rest}.", err=True)
        for name in step.damaged:
            self._damaged(name)
        if self._how == "people" and to_do and sys.stderr.isatty():
            self._start_bar(step)

    def _damaged(self, name: str) -> None:
        message = f"{name}: its record in {self._folder} was damaged; it is made anew."
        self.say("damaged", message, error=False, document=name)

    def _start_bar(self, step: Step) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("Reading"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TextColumn("{task.description}"),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        counts = f"{step.kept} kept, {step.failed} failed"
        self._task = self._bar.add_task("", total=step.total, completed=step.done, counts=counts)

    def _open_log(self) -> None:
        path = self._folder / LOG
        with suppress(OSError):
            if path.exists() and path.stat().st_size > LARGE:
                path.replace(path.with_name(f"{LOG}.old"))
            self._log = path.open("a", encoding="utf-8", buffering=1)

    def _write(self, text: str) -> None:
        if self._log:
            with suppress(OSError):  # a full disk: the tables will say so
                self._log.write(f"{datetime.now():%Y-%m-%d %H:%M:%S}  {' '.join(text.split())}\n")


class Pace:
    """How fast papers are read, and how long the rest will take: by the share of the work that is done, since the
    first paper was."""

    def __init__(self) -> None:
        self._first: tuple[float, int, float] | None = None
        self.rate: float | None = None
        self.left: float | None = None

    def note(self, step: Step, now: float | None = None) -> None:
        """One more paper is done, ``now`` by any clock in seconds."""
        now = time.monotonic() if now is None else now
        if self._first is None:
            self._first = now, step.done, step.share
            return
        began, done, share = self._first
        took = now - began
        if took > 0 and step.done > done:
            self.rate = (step.done - done) / took
        if took > 0 and step.share > share:
            self.left = took * (1 - step.share) / (step.share - share)

    def __str__(self) -> str:
        if self.rate is None:
            return ""
        rate = f"{self.rate:.1f}/s" if self.rate >= 1 else f"{60 * self.rate:.1f}/min"
        return f"{rate}, {in_words(self.left)} left" if self.left is not None else rate


def in_words(seconds: float) -> str:
    from extract.store import in_words as words

    return words(seconds)


def _outcome(step: Step) -> str:
    told = step.told
    if told is None:
        return ""
    status = f"{told.status} ({told.reason})" if told.reason else told.status
    return f"{status}, {count(told.patients, 'patient')}"
