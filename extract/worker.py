"""What a guarded worker does: bind itself to limits, read the documents it is given one after the other, tell of each.

The server (``extract.guard``) starts it, gives it its tasks and ends it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from pydantic import BaseModel

from extract.garbage import collecting_seldom
from extract.schema import Schema

MEGABYTE = 1 << 20
PR_SET_PDEATHSIG = 1

Work = Callable[[Path, Schema, str], BaseModel | bytes]
"""What a worker does with a file, the schema and the document's name; what it gives is sent back, as JSON if it is not
bytes. One that has a method ``warm_up(schema)`` is made ready by it, once for all workers."""

Task = tuple[int, Path, str]
"""Number, file and name of a document."""


@dataclass(frozen=True)
class Limits:
    """What one document may use: seconds by the clock (and of computing), megabytes beyond its start."""

    seconds: float = 120
    megabytes: int = 1024


@collecting_seldom()
def serve_documents(pipe: Connection, schema: Schema, limits: Limits, work: Work) -> None:
    """A worker's life: for each path and name received, send back its record as JSON, or why there is none.

    What is sent is a line with the reason ('' when the document was read) and the bytes held at most, then the text.
    It ends when it receives None, when the server is gone, or after a document that could not be read: what has met
    a damaged file shall not read the next.
    """
    belong_to_parent()
    _TOLD_TO.append(pipe)
    from extract.read.failure import ReadFailure

    while True:
        try:
            order = pipe.recv()
        except (EOFError, OSError):
            return
        if order is None:
            return
        path, name = order
        _bind(limits)
        try:
            made = work(path, schema, name)
            reason, text = "", made if isinstance(made, bytes) else made.model_dump_json().encode()
        except ReadFailure as failure:
            reason, text = failure.reason, failure.message.encode(errors="replace")
        except MemoryError:
            reason, text = "out_of_memory", too_large(path, limits).encode(errors="replace")
        except Exception as error:
            words = f"{path.name}: {type(error).__name__}: {error} ({_place(error)})"
            reason, text = "crashed", words.encode(errors="replace")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            pipe.send_bytes(f"{reason} {_most_held()}\n".encode() + text)
        if reason:
            return


STAGE = b"@"
"""What a message begins with that tells what a worker turns to."""

_TOLD_TO: list[Connection] = []
"""The pipe of this worker."""


def tell_stage(stage: str) -> None:
    """Let the server know what this worker does from now on with the document it has in hand."""
    for pipe in _TOLD_TO:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            pipe.send_bytes(STAGE + stage.encode())


def too_large(path: Path, limits: Limits) -> str:
    """What to tell of a document that needs too much memory."""
    return f"{path.name}: needs more than {limits.megabytes} MB of memory. Give it more with --memory-limit."


def belong_to_parent() -> None:
    """Be a group of its own, so that what it starts can be killed with it, and do not outlive what started it."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _bind(limits: Limits) -> None:
    """Put the limits of the next document on this process, as far as the system knows them."""
    if sys.platform != "linux":
        return
    import resource

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # from now on the peak is this document's
    # twice the limit: what is asked for and then used shall be seen by the watch, which knows what to call it
    space = psutil.Process().memory_info().vms + 2 * limits.megabytes * MEGABYTE
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = max(1, int(used.ru_utime + used.ru_stime + limits.seconds) + 1)
    for kind, soft in ((resource.RLIMIT_AS, space), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, resource.getrlimit(kind)[1]))


def _most_held() -> int:
    """The most memory that this process has held since it was bound, in bytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


def _place(error: BaseException) -> str:
    """The line of our own code at which an error came up."""
    here = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(here)] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
