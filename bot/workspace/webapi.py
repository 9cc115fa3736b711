"""Slack's Web API: which method is which function, who may call it, and how it answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse

from bot.workspace.arguments import Arguments, read_arguments
from bot.workspace.backend import Backend, Call
from bot.workspace.methods import (
    apps,
    assistant,
    chat,
    conversations,
    files,
    people,
    reactions,
    streams,
    views,
)
from bot.workspace.methods.lookup import require
from bot.workspace.objects import Json
from bot.workspace.refusal import Refused

Token = Literal["bot", "app", "none"]


@dataclass(frozen=True, slots=True)
class Method:
    """A function with one of the scopes it needs and the token it takes."""

    function: Callable[[Backend, Arguments], Json]
    scopes: tuple[str, ...] = ()
    token: Token = "bot"


_ASSISTANT = ("assistant:write", "chat:write")

METHODS: dict[str, Method] = {
    "agents.sessions.setStatus": Method(assistant.set_session_status, ("chat:write",)),
    "api.test": Method(people.api_test, token="none"),
    "apps.connections.open": Method(apps.open_connection, token="app"),
    "assistant.threads.setStatus": Method(assistant.set_status, _ASSISTANT),
    "assistant.threads.setSuggestedPrompts": Method(assistant.set_suggested_prompts, _ASSISTANT),
    "assistant.threads.setTitle": Method(assistant.set_title, _ASSISTANT),
    "auth.test": Method(people.auth_test),
    "bots.info": Method(people.bots_info, ("users:read",)),
    "chat.appendStream": Method(streams.append_stream, ("chat:write",)),
    "chat.delete": Method(chat.delete, ("chat:write",)),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",)),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),
    "chat.startStream": Method(streams.start_stream, ("chat:write",)),
    "chat.stopStream": Method(streams.stop_stream, ("chat:write",)),
    "chat.update": Method(chat.update, ("chat:write",)),
    "conversations.history": Method(conversations.history),
    "conversations.info": Method(conversations.info),
    "conversations.list": Method(conversations.list_),
    "conversations.members": Method(conversations.members),
    "conversations.open": Method(conversations.open_, ("im:write",)),
    "conversations.replies": Method(conversations.replies),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",)),
    "files.getUploadURLExternal": Method(files.get_upload_url, ("files:write",)),
    "reactions.add": Method(reactions.add, ("reactions:write",)),
    "reactions.remove": Method(reactions.remove, ("reactions:write",)),
    "users.info": Method(people.users_info, ("users:read",)),
    "users.list": Method(people.users_list, ("users:read",)),
    "views.open": Method(views.open_),
    "views.publish": Method(views.publish),
    "views.push": Method(views.push),
    "views.update": Method(views.update),
}


def call(backend: Backend, name: str, args: Arguments, token: str) -> Json:
    """Slack's answer to one call; never raises for what the app did wrong."""
    try:
        method = _allowed(backend, name, token)
        answer = {"ok": True} | method.function(backend, args)
    except Refused as refused:
        answer = refused.to_json()
    except RecursionError:
        answer = Refused("invalid_arguments", "nested too deeply").to_json()
    backend.calls.append(Call(name, args.values, answer))
    backend.on_change()
    return answer


async def endpoint(request: Request) -> JSONResponse:
    """`/api/{method}`, by GET or POST."""
    backend: Backend = request.app.state.backend
    name = request.path_params["method"]
    try:
        args = read_arguments(
            request.url.query, await request.body(), request.headers.get("content-type", "")
        )
    except Refused as refused:
        return JSONResponse(refused.to_json())
    token = _token(request, args)
    limit = backend.faults.take("rate_limit", name)
    if limit:
        return _rate_limited(backend, name, args, int(limit.seconds))
    answer = call(backend, name, args, token)
    await _trouble(backend, name, request)
    return JSONResponse(answer, headers=_headers(backend))


def _allowed(backend: Backend, name: str, token: str) -> Method:
    method = METHODS.get(name)
    if method is None:
        raise Refused("unknown_method", req_method=name)
    _check_token(backend, method.token, token)
    fault = backend.faults.take("error", name)
    if fault:
        raise Refused(fault.code)
    require(backend, *method.scopes)
    return method


def _check_token(backend: Backend, wanted: Token, token: str) -> None:
    if wanted == "none":
        return
    if not token:
        raise Refused("not_authed")
    tokens = {"bot": backend.bot_token, "app": backend.app_token}
    if token not in tokens.values():
        raise Refused("invalid_auth")
    if token != tokens[wanted]:
        raise Refused("not_allowed_token_type")


def _token(request: Request, args: Arguments) -> str:
    """From the header, else from the arguments, where it does not stay."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = args.values.pop("token", "")
    return token.strip() if scheme.lower() == "bearer" else str(given)


def _rate_limited(backend: Backend, name: str, args: Arguments, seconds: int) -> JSONResponse:
    answer = {"ok": False, "error": "ratelimited"}
    backend.calls.append(Call(name, args.values, answer))
    backend.on_change()
    return JSONResponse(answer, status_code=429, headers={"Retry-After": str(seconds)})


async def _trouble(backend: Backend, name: str, request: Request) -> None:
    """What happens between doing and answering: slowness, or a connection that breaks."""
    slow = backend.faults.take("slow", name)
    if slow:
        await asyncio.sleep(slow.seconds)
    if backend.faults.take("reset", name):
        request.state.cut()
        # Let the event loop notice, so that the answer goes nowhere.
        await asyncio.sleep(0.01)


def _headers(backend: Backend) -> dict[str, str]:
    scopes = backend.team.app.scopes
    return {"X-OAuth-Scopes": ",".join(sorted(scopes))} if scopes is not None else {}
