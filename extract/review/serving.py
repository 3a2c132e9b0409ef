"""REVIEW: an address for the page, and the server at it until Ctrl-C."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from extract.schema import cache_folder


class PortTaken(Exception):
    """The port that was asked for is in use. The message says so."""


class Address(NamedTuple):
    """Where the page is: a port of this machine, bound, and the token that opens it."""

    listener: socket.socket
    port: int
    token: str

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"


@contextlib.contextmanager
def address(outputs: Path, port: int = 0) -> Iterator[Address]:
    """An address for the review of an output folder. ``port`` 0 means any free one.

    When an earlier review of the same folder was killed, its address is taken again, so that the page that is still
    open goes on; an end in good order forgets it. Raises PortTaken.
    """
    note = _note(outputs)
    port_before, token_before = _recalled(note)
    listener = None
    if port_before and port in (0, port_before):
        with contextlib.suppress(PortTaken):
            listener = _listen(port_before)
    token = token_before if listener is not None else secrets.token_urlsafe(24)
    listener = listener or _listen(port)
    found = Address(listener, listener.getsockname()[1], token)
    _remember(note, found)
    try:
        yield found
    finally:
        listener.close()
        with contextlib.suppress(OSError):
            note.unlink()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # of one that has just ended
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"--port {port}: {error.strerror}. Leave it out to take any that is free.") from error
    listener.listen(64)
    return listener


def _note(outputs: Path) -> Path:
    name = hashlib.sha256(str(outputs.resolve()).encode()).hexdigest()[:16]
    return cache_folder() / f"review-{name}.json"


def _recalled(note: Path) -> tuple[int, str]:
    """Port and token of a review that was killed; 0 and '' when there was none."""
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        port, token = told["port"], told["token"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""
    return (port, token) if isinstance(port, int) and isinstance(token, str) and len(token) == 32 else (0, "")


def _remember(note: Path, found: Address) -> None:
    """Write the address down for this user's eyes only; without a place for it a killed review gets a new one."""
    with contextlib.suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"port": found.port, "token": found.token}, file)


def serve(app: ASGIApp, found: Address, ready: Callable[[], None]) -> None:
    """Answer requests until the process is told to end (Ctrl-C, SIGTERM). ``ready`` is called once that begins."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=2
    )
    server = Server(config)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it is through
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[found.listener])
    finally:
        signal.signal(signal.SIGTERM, before)
