"""STORE: one run at a time in one folder. The lock is the system's own: it ends with its process, however that ends."""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

NAME = "lock"
"""The file that is locked; in it stands who holds it."""

UNKNOWN = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
"""What a file system says that has no locks."""


class Busy(Exception):
    """Another run holds the lock. The message says who, and since when."""


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder that exists. Gives False where the file system has no locks.

    Raises Busy when another process holds it, OSError when the lock file cannot be written.
    """
    with (folder / NAME).open("a+", encoding="utf-8") as file:
        try:
            _take(file)
            works = True
        except OSError as error:
            if error.errno not in UNKNOWN:
                raise Busy(owner(folder)) from error
            works = False
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "user": _user(), "since": time.time()}, file)
        file.flush()
        try:
            yield works
        finally:
            file.seek(0)
            file.truncate()  # the file stays: who waits for it has it open


def owner(folder: Path) -> str:
    """Who holds the lock of a folder and for how long, in words; '' when nobody has written that."""
    try:
        told = json.loads((folder / NAME).read_text(encoding="utf-8"))
        age = max(0, time.time() - float(told["since"]))
        return f"process {told['pid']} of {told['user']} on {told['host']}, for {in_words(age)}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def in_words(seconds: float) -> str:
    """A length of time as people say it: ``40 s``, ``12 min``, ``3 h 5 min``, ``2 d 4 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(1 << 20)  # beyond what is written: others shall be able to read it
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _user() -> str:
    with suppress(Exception):  # a user without a name
        return getpass.getuser()
    return "somebody"
