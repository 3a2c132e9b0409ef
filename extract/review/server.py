"""REVIEW: the small server behind the page. It speaks to this machine only, and only to who knows the token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from extract import __version__
from extract.evidence.decisions import DecisionError
from extract.review.checking import Refused
from extract.review.deciding import Outdated, Stroke
from extract.review.locate import NotThere
from extract.review.outputs import WrongOutputs
from extract.review.papers import PaperMissing
from extract.review.reading import Unreadable
from extract.review.session import NoReviewer, Session

MOST_BYTES = 1_000_000
"""The largest request that is read."""

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}

_STATUS: dict[type[Exception], tuple[int, str]] = {
    Refused: (422, "refused"),
    NotThere: (422, "not_there"),
    Outdated: (409, "outdated"),
    NoReviewer: (409, "no_reviewer"),
    KeyError: (404, "missing"),
    PaperMissing: (404, "missing"),
    Unreadable: (422, "unreadable"),
    WrongOutputs: (409, "outputs"),
    DecisionError: (507, "not_saved"),
}
"""What the page is told of each kind of failure: the status, and a word that it can tell them apart by."""


class _Name(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(max_length=100)


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    table: str = Field(max_length=40)
    field: str = Field(max_length=60)
    value: str = Field(max_length=2000)
    row: dict[str, str] = {}
    words: str = Field(default="", max_length=4000)


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    sha256: str = Field(max_length=64)
    words: str = Field(max_length=4000)
    page: int | None = None


def build_app(session: Session, token: str, port: int) -> ASGIApp:
    """The whole server for a session: it answers only under ``/<token>/`` on this machine's own address."""
    static = _static_files()
    templates = Environment(loader=PackageLoader("extract.review"), autoescape=True, undefined=StrictUndefined)
    page = templates.get_template("page.html").render(version=__version__, blind=session.blind)

    async def home(_: Request) -> Response:
        return HTMLResponse(page)

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in static:
            raise HTTPException(404)
        return Response(static[name], media_type=_TYPES["." + name.rsplit(".", 1)[-1]])

    async def overview(_: Request) -> Response:
        return await _answer(session.overview)

    async def papers(_: Request) -> Response:
        return await _answer(session.papers)

    async def mark(_: Request) -> Response:
        return await _answer(lambda: {"mark": session.mark()})

    async def paper(request: Request) -> Response:
        return await _answer(lambda: session.paper(request.path_params["sha256"]))

    async def document(request: Request) -> Response:
        return await _answer(lambda: session.document(request.path_params["sha256"]))

    async def words(request: Request) -> Response:
        return await _answer(lambda: session.words(request.path_params["sha256"], request.path_params["page"]))

    async def picture(request: Request) -> Response:
        asked = request.query_params.get("dpi", "144")
        dpi = int(asked) if asked.isdecimal() and len(asked) < 5 else 144
        sha256, number = request.path_params["sha256"], request.path_params["page"]
        return await _answer(lambda: session.picture(sha256, number, dpi), media_type="image/png")

    async def enter(request: Request) -> Response:
        return await _told(request, _Name, lambda said: _entered(session, said))

    async def check(request: Request) -> Response:
        return await _told(
            request, _Typed, lambda said: session.check(said.table, said.field, said.value, said.row, said.words)
        )

    async def locate(request: Request) -> Response:
        return await _told(request, _Wanted, lambda said: session.locate(said.sha256, said.words, said.page))

    async def decide(request: Request) -> Response:
        return await _told(request, Stroke, session.decide)

    routes = [
        Route("/", home),
        Route("/static/{name}", asset),
        Route("/overview", overview),
        Route("/papers", papers),
        Route("/mark", mark),
        Route("/paper/{sha256}", paper),
        Route("/document/{sha256}", document),
        Route("/words/{sha256}/{page:int}", words),
        Route("/picture/{sha256}/{page:int}", picture),
        Route("/enter", enter, methods=["POST"]),
        Route("/check", check, methods=["POST"]),
        Route("/locate", locate, methods=["POST"]),
        Route("/decide", decide, methods=["POST"]),
    ]
    return _Gate(Starlette(routes=routes), token, port)


def _static_files() -> dict[str, bytes]:
    """The files that the page may ask for, by name; nothing else is ever read from the disk for it."""
    folder = files("extract.review") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(tuple(_TYPES))}


def _entered(session: Session, said: _Name) -> dict[str, Any]:
    session.enter(said.name)
    return session.overview()


async def _told(request: Request, shape: type[Any], act: Callable[[Any], Any]) -> Response:
    """Answer a POST: its JSON in a shape, then what ``act`` makes of it."""
    try:
        said = shape.model_validate_json(await request.body())
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        return _json({"error": f"The page sent something wrong: {place}: {fault['msg']}.", "kind": "wrong"}, 400)
    return await _answer(lambda: act(said))


async def _answer(act: Callable[[], Any], media_type: str = "") -> Response:
    """What ``act`` gives, as JSON (or as it is); what it raises, as a message for the page."""
    try:
        found = await run_in_threadpool(act)
    except tuple(_STATUS) as error:
        status, kind = next(_STATUS[known] for known in type(error).__mro__ if known in _STATUS)
        message = "There is no such paper or page." if isinstance(error, KeyError) else str(error)
        return _json({"error": message, "kind": kind}, status)
    return Response(found, media_type=media_type) if media_type else _json(found)


def _json(data: Any, status: int = 200) -> Response:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status_code=status, media_type="application/json")


class _Gate:
    """Stands before the app: the address, the token, the kind and size of a request; and puts safe headers on answers.

    A page of another site cannot pass: it does not know the token, its name for this machine is not in the Host header
    (DNS rebinding), and it cannot send JSON to another origin unasked (CSRF).
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        send = _with_headers(send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status = self._refuses(scope, headers)
        if status:
            await _json({"error": _REFUSALS[status], "kind": "refused_request"}, status)(scope, receive, send)
            return
        path = scope["path"].removeprefix(f"/{self._token}")
        inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        body = await _body(receive) if scope["method"] == "POST" else b""
        if body is None:
            await _json({"error": _REFUSALS[413], "kind": "refused_request"}, 413)(scope, receive, send)
            return
        await self._app(inner, _giving(body), send)

    def _refuses(self, scope: Scope, headers: Mapping[str, str]) -> int:
        """The status with which a request is refused; 0 when it may pass."""
        if headers.get("host", "") not in self._hosts:
            return 421
        first = scope["path"].removeprefix("/").split("/", 1)
        if len(first) < 2 or not hmac.compare_digest(first[0].encode(), self._token.encode()):
            return 404
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return 405
        own = {f"http://{host}" for host in self._hosts}
        if headers.get("origin", min(own)) not in own or headers.get("sec-fetch-site", "none") == "cross-site":
            return 403
        if scope["method"] == "POST" and headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return 415
        return 0


_REFUSALS = {
    403: "This page takes nothing from other sites.",
    404: "Not found. Open the address that caseloom review has printed.",
    405: "Not allowed.",
    413: f"The request is larger than {MOST_BYTES} bytes.",
    415: "Only JSON is taken.",
    421: "This server is reached as 127.0.0.1 only.",
}


async def _body(receive: Receive) -> bytes | None:
    """The body of a request, None when it is too large."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return body


def _giving(body: bytes) -> Callable[[], Awaitable[Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending
