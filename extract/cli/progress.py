"""CLI: what is told while papers are read, on standard error: a bar on a terminal, else one line for each paper."""

from __future__ import annotations

import sys
from typing import Any

import typer


class Progress:
    """Tells which papers are done, as a context: ``with Progress("Reading") as tell: tell(1, 9, name, outcome)``."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn(self._doing),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.description}"),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=None)
        return self

    def __call__(self, done: int, total: int, name: str = "", outcome: str = "") -> None:
        """More is done: a paper, of which a line is written where there is no bar, or some pages, of which none is."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, description=name)
        elif name:
            typer.echo(f"[{done}/{total}] {name}: {outcome}", err=True)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
