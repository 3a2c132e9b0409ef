"""A review as tests hold it: a session with its server, asked without a network."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from extract.evidence.decisions import Decision, read_reviewer
from extract.review.server import build_app
from extract.review.session import Session
from extract.schema import Schema

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "t" * 32
PORT = 4000
HOME = f"http://127.0.0.1:{PORT}/{TOKEN}/"
REVIEWER = "anna"


class Sitting:
    """A session and its server. ``get`` and ``post`` speak as the page does; ``send`` says anything at all."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.app = build_app(session, TOKEN, PORT)

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, **more)

        return asyncio.run(ask())

    def get(self, path: str) -> Any:
        answer = self.send("GET", HOME + path)
        assert answer.status_code == 200, answer.text[:300]
        return answer.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.send("POST", HOME + path, json=body)

    def sha256(self, start: str) -> str:
        """The digest of the paper whose name begins so."""
        return next(p["sha256"] for p in self.get("papers")["papers"] if p["document"].startswith(start))

    def strike(self, paper: str, *items: dict[str, Any], request: str = "") -> httpx.Response:
        """A stroke on a paper."""
        self.strokes = getattr(self, "strokes", 0) + 1
        body = {"request": request or f"request-{self.strokes:04}", "sha256": paper, "items": list(items)}
        return self.post("decide", body)

    def decisions(self) -> list[Decision]:
        """What is on the disk."""
        return read_reviewer(self.session.decisions, REVIEWER)


@contextmanager
def sitting(outputs: Path, folder: Path, schema: Schema, **more: Any) -> Iterator[Sitting]:
    """A review of an output folder with its decisions in ``folder``."""
    session = Session(outputs, schema, folder, **{"reviewer": REVIEWER, **more})
    try:
        yield Sitting(session)
    finally:
        session.close()


def row_of(paper: dict[str, Any], table: str, patient: str = "", **cells: str) -> dict[str, Any]:
    """The row of a paper, as the page gets it, that holds some values."""
    for row in paper["rows"]:
        if row["table"] != table or (patient and row["patient"] != patient):
            continue
        if all(row["cells"].get(name, {}).get("value") == value for name, value in cells.items()):
            return row
    raise AssertionError(f"no row of {table} with {cells}")


def aim(row: dict[str, Any], field: str) -> dict[str, Any]:
    """What names a cell in a decision."""
    return {"table": row["table"], "record": row["record"], "patient": row["patient"], "field": field}


def lines(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file as they stand in it."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
