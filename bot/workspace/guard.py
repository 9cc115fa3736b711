"""Keeps other web sites and other machines out, and bodies small."""

from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MIB = 1024 * 1024
BODY_LIMIT = 1 * MIB
UPLOAD_LIMIT = 16 * MIB
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_NO_STRANGERS = ("/client/", "/api/", "/upload/", "/response/", "/link/")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' https: http: data:; connect-src 'self' ws:; object-src 'none';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass
class Guard:
    """Answers 403 unless the request is for this machine and from this workspace or no site."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        if not _is_ours(scope):
            return await _refuse(scope, receive, send, 403, "This workspace is local only.")
        if scope["type"] == "websocket":
            return await self.app(scope, receive, send)
        await self._limited(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body as it comes: a length can be wrong or absent."""
        limit = UPLOAD_LIMIT if scope["path"].startswith("/upload/") else BODY_LIMIT
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, f"At most {limit // MIB} MiB are taken here.")
            return message

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, counted, protected)


def _is_ours(scope: Scope) -> bool:
    """The Host must be this machine (DNS rebinding), the Origin this workspace or absent."""
    headers, port = Headers(scope=scope), scope["server"][1]
    hosts = {*_NAMES, *(f"{name}:{port}" for name in _NAMES)}
    origins = {f"http://{name}:{port}" for name in _NAMES}
    if headers.get("host", "") not in hosts:
        return False
    if "origin" in headers and headers["origin"] not in origins:
        return False
    return _is_own_fetch(scope, headers)


def _is_own_fetch(scope: Scope, headers: Headers) -> bool:
    """Another site may link to a page or document here, and nothing else."""
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    navigates = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") == "GET"
    return navigates and not scope["path"].startswith(_NO_STRANGERS)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    await PlainTextResponse(reason, status)(scope, receive, send)
