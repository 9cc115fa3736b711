"""The web application: every address of the workspace and what answers there."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from bot.workspace import page_api, page_feed, webapi
from bot.workspace.arguments import read_arguments
from bot.workspace.backend import Backend
from bot.workspace.documents import ReadDocument, document
from bot.workspace.guard import Guard
from bot.workspace.methods.files import receive
from bot.workspace.refusal import Refused

PAGE = Path(__file__).parent / "page"
_SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "text/plain")


def build_app(
    backend: Backend, read_document: ReadDocument, on_start: Callable[[], None]
) -> Starlette:
    """The application; `on_start` is called on its event loop once it serves."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        on_start()
        yield
        backend.delivery.close()

    app = Starlette(routes=_routes(), middleware=[Middleware(Guard)], lifespan=lifespan)
    app.state.backend = backend
    app.state.read_document = read_document
    return app


def _routes() -> list[BaseRoute]:
    return [
        Route("/", page),
        Mount("/static", StaticFiles(directory=PAGE)),
        *page_api.ROUTES,
        WebSocketRoute("/client/events", page_feed.events),
        Route("/api/{method}", webapi.endpoint, methods=["GET", "POST"]),
        WebSocketRoute("/link/{ticket}", link),
        Route("/response/{key}", respond, methods=["POST"]),
        Route("/upload/{file_id}", upload, methods=["POST"]),
        Route("/files/{file_id}", file),
        Route("/archives/{channel}/{message}", permalink),
        Route("/docs/{path:path}", document),
    ]


async def page(request: Request) -> Response:
    return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


async def link(websocket: WebSocket) -> None:
    backend: Backend = websocket.app.state.backend
    await backend.socket.serve(websocket)


async def respond(request: Request) -> Response:
    """A response_url."""
    backend: Backend = request.app.state.backend
    try:
        url = backend.response_urls.use(request.path_params["key"])
    except Refused as refused:
        return JSONResponse(refused.to_json(), 404)
    try:
        body, kind = await request.body(), request.headers.get("content-type", "")
        backend.responses.answer(read_arguments("", body, kind), url)
    except Refused as refused:
        return JSONResponse(refused.to_json(), 400)
    return JSONResponse({"ok": True})


async def upload(request: Request) -> Response:
    try:
        receive(request.app.state.backend, request.path_params["file_id"], await request.body())
    except Refused as refused:
        return JSONResponse(refused.to_json(), 404)
    return Response("OK")


async def file(request: Request) -> Response:
    """An uploaded file. Only what cannot carry a script is shown inside the browser."""
    backend: Backend = request.app.state.backend
    found = backend.team.files.get(request.path_params["file_id"])
    if found is None or found.content is None:
        return JSONResponse(Refused("file_not_found").to_json(), 404)
    kind = found.mimetype
    inline = kind in _SHOWN_INLINE
    return Response(
        found.content,
        media_type=kind if inline else "application/octet-stream",
        headers={
            "Content-Disposition": "inline" if inline else "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


async def permalink(request: Request) -> Response:
    """`/archives/C…/p1700000000000100` → the page, at that message."""
    digits = request.path_params["message"].removeprefix("p")
    place = {
        "channel": request.path_params["channel"],
        "message": f"{digits[:-6]}.{digits[-6:]}",
    }
    thread = request.query_params.get("thread_ts")
    return RedirectResponse(f"/?{urlencode(place | ({'thread': thread} if thread else {}))}")
