"""A small real server that speaks the OpenAI protocol on this machine, and can misbehave."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from knowledge.prompts import Message
from tests.knowledge.event_stream import PromptServer, Stream, cut, event

Reply = Callable[[Sequence[Message]], Iterable[str]]
"""The model behind the server: messages in, tokens out."""
Answer = Callable[[Mapping[str, Any], Iterator[str]], Response]
"""How one request is answered, from its body and the tokens of the reply."""
WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Seen:
    """One request; the names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class OpenAiServer:
    """`with OpenAiServer(reply).start() as server`, and give `server.url` to the settings."""

    reply: Reply
    key: str = ""
    models: tuple[str, ...] = ("tiny",)
    parts: int = 1
    """In how many pieces each event is sent, cut also inside characters."""
    requests: list[Seen] = field(default_factory=list)
    disconnects: int = 0
    """Answers whose reader went away before the end."""
    next_answers: deque[Answer] = field(default_factory=deque)
    """How the next requests are answered, each once; then comes `answer`."""
    answer: Answer | None = None
    adapters: dict[str, str] = field(default_factory=dict)
    """Loaded adapters and their folders."""
    folders: set[str] = field(default_factory=set)
    """The adapter folders that the server can find."""
    loads_adapters: bool = True
    believes_in_missing_folders: bool = False
    keeps_stale_adapters: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app(),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
        )
        self._uvicorn = PromptServer(config)
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([listener],), name="openai-server", daemon=True
        )
        self._thread.start()
        self._wait_for(lambda: self._uvicorn.started)
        return self

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(WAIT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for_disconnects(self, number: int) -> None:
        self._wait_for(lambda: self.disconnects >= number)

    def asked(self, path: str = "/v1/chat/completions") -> list[Seen]:
        return [seen for seen in self.requests if seen.path == path]

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < end, "the server did not come to it"
            time.sleep(0.005)

    def _app(self) -> Starlette:
        posts = {
            "/v1/chat/completions": self._chat,
            "/v1/load_lora_adapter": self._load,
            "/v1/unload_lora_adapter": self._unload,
        }
        routes = [Route("/v1/models", self._seen(self._models))]
        routes += [Route(path, self._seen(posts[path]), methods=["POST"]) for path in posts]
        return Starlette(routes=routes)

    def _seen(self, handle: Callable[[Any], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            content = await request.body()
            body = json.loads(content) if content else None
            self.requests.append(Seen(request.url.path, dict(request.headers), body))
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                given = request.headers.get("authorization", "")
                return error(401, f"Incorrect API key provided: {given}")
            return handle(body)

        return endpoint

    def _chat(self, body: Mapping[str, Any]) -> Response:
        missing = self.adapters.get(body["model"], "there") not in {"there", *self.folders}
        if body["model"] not in (*self.models, *self.adapters) or missing:
            return error(404, f"The model `{body['model']}` does not exist.")
        tokens = iter(self.reply(body["messages"]))
        if not body.get("stream"):
            message = {"role": "assistant", "content": next(tokens, "")}
            return JSONResponse({"choices": [{"index": 0, "message": message}]})
        answer = self.next_answers.popleft() if self.next_answers else self.answer
        return answer(body, tokens) if answer else self.streamed(body, tokens)

    def _models(self, body: object) -> Response:
        base = [{"id": name, "root": name, "parent": None} for name in self.models]
        loaded = [
            {"id": name, "root": path, "parent": self.models[0]}
            for name, path in self.adapters.items()
        ]
        return JSONResponse({"object": "list", "data": base + loaded})

    def _load(self, body: Mapping[str, str]) -> Response:
        name, path = body["lora_name"], body["lora_path"]
        if not self.loads_adapters:
            return PlainTextResponse("Not Found", 404)
        if path not in self.folders and not self.believes_in_missing_folders:
            return error(404, f"No adapter found for {path}")
        if not self.keeps_stale_adapters:
            self.adapters[name] = path
        return PlainTextResponse(f"Success: LoRA adapter '{name}' added successfully.")

    def _unload(self, body: Mapping[str, str]) -> Response:
        self.adapters.pop(body["lora_name"], None)
        return PlainTextResponse("Success")

    def streamed(self, body: Mapping[str, Any], tokens: Iterator[str]) -> Response:
        """The right way: at most max_tokens, with a finish_reason, and [DONE]."""

        async def chunks() -> AsyncIterator[bytes]:
            yield event(delta={"role": "assistant", "content": ""})
            number, reason = 0, "stop"
            async for token in iterate_in_threadpool(tokens):
                number += 1
                for part in cut(event(delta={"content": token}), self.parts):
                    yield part
                if number == body["max_tokens"]:
                    reason = "length"
                    break
            yield event(reason=reason) + b"data: [DONE]\n\n"

        return Stream(chunks(), self._gone)

    def endless(self, body: Mapping[str, Any], tokens: Iterator[str]) -> Response:
        """A model that never stops, on a server that knows no limit."""

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield event(delta={"content": "on and "})
                await asyncio.sleep(0.002)

        return Stream(chunks(), self._gone)

    def stalling(self, after: int) -> Answer:
        """Some tokens, and then nothing more on an open connection."""

        def answer(body: Mapping[str, Any], tokens: Iterator[str]) -> Response:
            async def chunks() -> AsyncIterator[bytes]:
                for _ in range(after):
                    yield event(delta={"content": next(tokens)})
                await asyncio.sleep(3600)

            return Stream(chunks(), self._gone)

        return answer

    def disconnecting(self, after: int) -> Answer:
        """Some tokens, and then the connection is cut."""

        def answer(body: Mapping[str, Any], tokens: Iterator[str]) -> Response:
            async def chunks() -> AsyncIterator[bytes]:
                for _ in range(after):
                    yield event(delta={"content": next(tokens)})
                raise ConnectionAbortedError

            return Stream(chunks(), self._gone)

        return answer

    def raw(self, *parts: bytes) -> Answer:
        """These bytes as the stream."""

        def answer(body: Mapping[str, Any], tokens: Iterator[str]) -> Response:
            async def chunks() -> AsyncIterator[bytes]:
                for part in parts:
                    yield part

            return Stream(chunks(), self._gone)

        return answer

    def _gone(self) -> None:
        self.disconnects += 1


def refusing(status: int, message: str = "", **headers: str) -> Answer:
    """An error in OpenAI's form; `retry_after="1"` becomes a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda body, tokens: error(status, message or f"error {status}", named)


def html_page(body: Mapping[str, Any], tokens: Iterator[str]) -> Response:
    return HTMLResponse("<!doctype html><title>Sign in</title>")


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = {"error": {"message": message, "type": "error", "code": status}}
    return JSONResponse(content, status, headers)
