"""HTTP mode: signed requests are checked before anything in them is read, then go to Bolt."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

log = logging.getLogger(__name__)

PATH = "/slack/events"
MAX_BYTES = 1_000_000
WINDOW_S = 300
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
Clock = Callable[[], float]


def build_http(
    app: App, signing_secret: str, ready: Callable[[], Mapping[str, bool]], clock: Clock = time.time
) -> Starlette:
    """The web application; `ready` names what must be there and whether it is."""
    gate = Gate(app, signing_secret.encode(), clock)

    async def live(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readiness(_request: Request) -> Response:
        state = await run_in_threadpool(ready)
        return JSONResponse(dict(state), status_code=200 if all(state.values()) else 503)

    return Starlette(
        routes=[
            Route(PATH, gate.receive, methods=["POST"]),
            Route("/healthz", readiness),
            Route("/healthz/live", live),
            Route("/healthz/ready", readiness),
        ]
    )


@dataclass(slots=True)
class Seen:
    """The signatures of the last minutes: a replayed click would change a later vote back."""

    times: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, signature: str, now: float) -> bool:
        """False if it is there already."""
        with self.lock:
            # Insertion order is order of time: the old ones are in front.
            while self.times and next(iter(self.times.values())) < now - 2 * WINDOW_S:
                del self.times[next(iter(self.times))]
            new = signature not in self.times
            self.times.setdefault(signature, now)
            return new

    def remove(self, signature: str) -> None:
        with self.lock:
            self.times.pop(signature, None)


@dataclass(slots=True)
class Gate:
    """Lets in what Slack has signed within the last five minutes."""

    app: App
    secret: bytes
    clock: Clock = time.time
    seen: Seen = field(default_factory=Seen)

    async def receive(self, request: Request) -> Response:
        body = await read_body(request)
        if body is None:
            return PlainTextResponse("The request is too large.", 413)
        signature = request.headers.get("x-slack-signature", "")
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        if not self.is_signed(body, timestamp, signature):
            log.warning("refused a request without a valid signature")
            return PlainTextResponse("The signature is not valid.", 401)
        if not self.seen.add(signature, self.clock()):
            log.warning("ignored a request that had been seen before")
            return PlainTextResponse("")
        response = await run_in_threadpool(self.dispatch, request, body)
        if response.status_code != 200:
            # Slack may send an event again within the same second, signed the same.
            self.seen.remove(signature)
        return response

    def is_signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        if not TIMESTAMP.fullmatch(timestamp) or not SIGNATURE.fullmatch(signature):
            return False
        if abs(self.clock() - int(timestamp)) > WINDOW_S:
            return False
        message = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(self.secret, message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, signature)

    def dispatch(self, request: Request, body: bytes) -> Response:
        try:
            bolt_request = to_bolt_request(request, body)
            if not isinstance(bolt_request.body.get("event", {}), dict):
                raise TypeError
        # Signed by Slack, and still not readable: whatever it is, it is not for us.
        except Exception as error:
            log.warning("a signed request could not be read: %s", type(error).__name__)
            return PlainTextResponse("The request cannot be read.", 400)
        return to_starlette_response(self.app.dispatch(bolt_request))


async def read_body(request: Request) -> bytes | None:
    """The body; None if it is longer than the cap, without reading on."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BYTES:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)
