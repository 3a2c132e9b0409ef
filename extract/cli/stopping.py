"""CLI: Ctrl-C during a run. The first lets the papers in hand be finished, the second ends the run at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether somebody wishes the run to stop."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked


@contextmanager
def stoppable(tell: Callable[[], None]) -> Iterator[Stop]:
    """A block in which Ctrl-C, or a request to end (SIGTERM), only asks to stop; ``tell`` is called then. The second
    one raises KeyboardInterrupt."""
    stop = Stop()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        tell()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
