"""What the page asks and does: /client/*. Every answer is JSON; a refusal is a sentence."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.workspace.backend import Backend
from bot.workspace.deeds import Deeds
from bot.workspace.objects import Json
from bot.workspace.page_objects import page_channel, page_message, page_user, page_view
from bot.workspace.refusal import Denied, Refused

Handler = Callable[[Deeds, Json], Awaitable[Json]]


async def boot(deeds: Deeds, args: Json) -> Json:
    team, app = deeds.backend.team, deeds.backend.team.app
    me = deeds.person_or_first(str(args.get("user", "")))
    return {
        "team": {"id": team.id, "name": team.name},
        "me": page_user(me),
        "users": [page_user(user) for user in team.users.values()],
        "channels": [page_channel(team, channel) for channel in team.channels_of(me.id)],
        "app": _app(deeds.backend) | {"id": app.id, "user": app.user},
        "connected": deeds.backend.delivery.transport.connected,
    }


def _app(backend: Backend) -> Json:
    app = backend.team.app
    return {
        "name": app.name,
        "description": app.description,
        "commands": [
            {"command": c.command, "usage_hint": c.usage_hint, "description": c.description}
            for c in app.commands
        ],
        "shortcuts": [{"callback_id": s.callback_id, "name": s.name} for s in app.shortcuts],
    }


async def history(deeds: Deeds, args: Json) -> Json:
    seen = deeds.visible(_text(args, "user"), _text(args, "channel"))
    roots = [page_message(deeds.backend.team, m) for m in seen if m.thread_ts is None]
    return {"messages": roots}


async def replies(deeds: Deeds, args: Json) -> Json:
    thread_ts = _text(args, "thread_ts")
    seen = deeds.visible(_text(args, "user"), _text(args, "channel"))
    thread = [m for m in seen if thread_ts in (m.ts, m.thread_ts)]
    return {"messages": [page_message(deeds.backend.team, m) for m in thread]}


async def home(deeds: Deeds, args: Json) -> Json:
    view = deeds.open_home(_text(args, "user"))
    return {"view": page_view(deeds.backend.team, view) if view else None}


async def post(deeds: Deeds, args: Json) -> Json:
    thread_ts = _optional(args, "thread_ts")
    message = deeds.post(
        _text(args, "user"), _text(args, "channel"), _text(args, "text"), thread_ts
    )
    return {"ts": message.ts}


async def edit(deeds: Deeds, args: Json) -> Json:
    deeds.edit(*_message(args), _text(args, "text"))
    return {}


async def delete(deeds: Deeds, args: Json) -> Json:
    deeds.delete(*_message(args))
    return {}


async def react(deeds: Deeds, args: Json) -> Json:
    deeds.react(*_message(args), _text(args, "name"), bool(args.get("remove")))
    return {}


async def stop(deeds: Deeds, args: Json) -> Json:
    deeds.stop(*_message(args))
    return {}


async def opened(deeds: Deeds, args: Json) -> Json:
    deeds.open_direct(_text(args, "user"), _text(args, "channel"))
    return {}


async def command(deeds: Deeds, args: Json) -> Json:
    await deeds.command(
        _text(args, "user"),
        _text(args, "channel"),
        _text(args, "command"),
        str(args.get("text") or ""),
        _optional(args, "thread_ts"),
    )
    return {}


async def action(deeds: Deeds, args: Json) -> Json:
    sent, block_id = _object(args, "action"), _text(args, "block_id")
    view_id = _optional(args, "view_id")
    if view_id:
        values = _object(args, "values")
        await deeds.click_in_view(_text(args, "user"), view_id, block_id, sent, values)
    else:
        await deeds.click(*_message(args), block_id, sent)
    return {}


async def shortcut(deeds: Deeds, args: Json) -> Json:
    await deeds.shortcut(*_message(args), _text(args, "callback_id"))
    return {}


async def submit(deeds: Deeds, args: Json) -> Json:
    values = _object(args, "values")
    done = await deeds.submit(_text(args, "user"), _text(args, "view_id"), values)
    return {"closed": done.closed} | ({"errors": done.errors} if done.errors else {})


async def close(deeds: Deeds, args: Json) -> Json:
    await deeds.close_view(_text(args, "user"), _text(args, "view_id"))
    return {}


def _text(args: Json, name: str) -> str:
    value = args.get(name)
    if not isinstance(value, str):
        raise Denied(f"The page did not say “{name}”. Reload it.")
    return value


def _optional(args: Json, name: str) -> str | None:
    return _text(args, name) if args.get(name) else None


def _object(args: Json, name: str) -> Json:
    value = args.get(name) or {}
    if not isinstance(value, dict):
        raise Denied(f"The page sent an odd “{name}”. Reload it.")
    return value


def _message(args: Json) -> tuple[str, str, str]:
    return _text(args, "user"), _text(args, "channel"), _text(args, "ts")


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        deeds = Deeds(request.app.state.backend)
        try:
            return JSONResponse({"ok": True} | await handler(deeds, await _arguments(request)))
        except Denied as denied:
            return JSONResponse({"ok": False, "error": str(denied)})
        except Refused as refused:
            return JSONResponse({"ok": False, "error": _sentence(refused)})

    return endpoint


async def _arguments(request: Request) -> Json:
    if request.method == "GET":
        return dict(request.query_params)
    # A form of another site cannot send this content type without asking first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Denied("Send application/json.")
    try:
        body: Any = await request.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Denied("Send a JSON object.")
    return body


def _sentence(refused: Refused) -> str:
    known = {
        "already_reacted": "You chose this emoji already.",
        "no_reaction": "You did not choose this emoji.",
    }
    return known.get(refused.code, f"Slack would refuse this: {refused.code}.")


ROUTES = [
    *(
        Route(f"/client/{name}", _endpoint(handler), methods=["GET"])
        for name, handler in (
            ("boot", boot),
            ("history", history),
            ("replies", replies),
            ("home", home),
        )
    ),
    *(
        Route(f"/client/{name}", _endpoint(handler), methods=["POST"])
        for name, handler in (
            ("post", post),
            ("edit", edit),
            ("delete", delete),
            ("command", command),
            ("action", action),
            ("shortcut", shortcut),
            ("view/submit", submit),
            ("view/close", close),
            ("react", react),
            ("stop", stop),
            ("opened", opened),
        )
    ),
]
