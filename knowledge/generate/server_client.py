"""Speaks to an OpenAI-compatible server through llama-index, with nothing from the environment."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpx

from knowledge.generate.server_errors import Failure, NotAStream, failure_of, where
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.writers import WriterUnavailable
from knowledge.prompts import Message

if TYPE_CHECKING:
    from llama_index.llms.openai_like import OpenAILike

OF_THE_ENVIRONMENT = ("OpenAI-Organization", "OpenAI-Project")
NO_KEY = "none"
OPENED: ContextVar[list[httpx.Response]] = ContextVar("opened")
"""Takes the responses to the request that this task is making."""


class ChatServer:
    """One server and one model on it; used from one event loop."""

    def __init__(self, settings: ServerSettings) -> None:
        check(settings)
        self.settings = settings
        self.http = httpx.AsyncClient(
            timeout=timeouts(settings),
            trust_env=not is_loopback(settings.url),
            event_hooks={"request": [self._own_headers], "response": [remember, must_stream]},
        )
        self._llm = open_llm(settings, self.http)

    async def stream(self, messages: Sequence[Message], model: str) -> AsyncGenerator[str, None]:
        """The answer in the server's own pieces, some of them empty. Raises Failure."""
        from llama_index.core.base.llms.types import ChatMessage

        responses: list[httpx.Response] = []
        OPENED.set(responses)
        chat = [ChatMessage(role=m["role"], content=m["content"]) for m in messages]
        finished = False
        try:
            chunks = await self._llm.astream_chat(chat, model=model)
            async with aclosing(chunks) as closing:
                async for chunk in closing:
                    finished = finished or is_last(chunk.raw)
                    yield chunk.delta or ""
        except Exception as error:  # whatever a server may send, people get an answer
            failure = failure_of(error, self.settings)
        else:
            if finished:
                return
            failure = Failure(f"{where(self.settings)} broke off in the middle of the answer.")
        finally:
            # The libraries leave a stream that is not read to its end to the garbage collector.
            for response in responses:
                await response.aclose()
        # Not inside the except: the cause holds the request, and with it the key.
        raise failure

    async def close(self) -> None:
        await self.http.aclose()

    async def _own_headers(self, request: httpx.Request) -> None:
        # The openai package adds what it finds in OPENAI_* variables, whomever they were meant for.
        for name in OF_THE_ENVIRONMENT:
            request.headers.pop(name, None)
        if not self.settings.api_key.get_secret_value():
            request.headers.pop("Authorization", None)


def open_llm(settings: ServerSettings, http: httpx.AsyncClient) -> OpenAILike:
    from llama_index.llms.openai_like import OpenAILike
    from openai import AsyncOpenAI

    client = AsyncOpenAI(
        api_key=settings.api_key.get_secret_value() or NO_KEY,
        base_url=settings.url,
        timeout=timeouts(settings),
        max_retries=0,
        http_client=http,
    )
    # Its modules are read now, and not while the first one who asks is waiting.
    _ = client.chat.completions
    return OpenAILike(
        model=settings.model,
        api_base=settings.url,
        # Its own copy of the key would be in its representation and its events.
        api_key=NO_KEY,
        context_window=settings.context_tokens,
        max_tokens=settings.max_new_tokens,
        temperature=0.0,
        is_chat_model=True,
        max_retries=0,
        async_openai_client=client,
    )


def check(settings: ServerSettings) -> None:
    """Raises WriterUnavailable if the settings name no server that could be asked."""
    try:
        url = httpx.URL(settings.url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    why = ""
    if url.scheme not in ("http", "https") or not url.host:
        why = "Set knowledge.server.url to where the API begins, as http://127.0.0.1:8000/v1."
    elif url.userinfo:
        why = "Take the password out of knowledge.server.url and set knowledge.server.api_key."
    elif not settings.model:
        why = "Set knowledge.server.model to the name of the model on the server."
    if why:
        raise WriterUnavailable(why)


def timeouts(settings: ServerSettings) -> httpx.Timeout:
    return httpx.Timeout(settings.stall_seconds, connect=settings.connect_seconds)


def is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def remember(response: httpx.Response) -> None:
    OPENED.get().append(response)


async def must_stream(response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "no content type").partition(";")[0]
    if response.status_code == 200 and kind != "text/event-stream":
        raise NotAStream(kind)


def is_last(chunk: Any) -> bool:
    return any(choice.finish_reason for choice in chunk.choices or ())
