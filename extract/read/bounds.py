"""READ: bounds for a step that may be done without: computing time and memory of the second reading of a table.

pdfminer works through whatever a damaged file asks for, ranges of thousands of millions of letters included. What is
only a second opinion must not cost the document.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn


@contextlib.contextmanager
def bounded(seconds: float, megabytes: int) -> Iterator[None]:
    """Raise TimeoutError or MemoryError when the block computes longer or asks for more memory than this.

    Only on Linux and in the main thread; elsewhere the block runs without bounds. The memory is that of the process:
    what other threads ask for meanwhile counts too.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        yield
        return
    import resource

    def stop(_: int, __: FrameType | None) -> NoReturn:
        raise TimeoutError(f"more than {seconds:g} seconds")

    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (not a file of anyone's)
        held = int(file.read().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = held + (megabytes << 20)
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        if soft == resource.RLIM_INFINITY or most < soft:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
