"""conversations.*: what the bot can read about channels and threads."""

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.methods.lookup import (
    is_member,
    joined_channel,
    known_channel,
    require_scope,
)
from bot.workspace.objects import Channel, Json, Message
from bot.workspace.refusal import Refused
from bot.workspace.slack_objects import channel_json, message_json

_TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def info(backend: Backend, args: Arguments) -> Json:
    channel = known_channel(backend, args)
    require_scope(backend, channel, "read")
    shown = channel_json(backend.team, channel)
    if args.flag("include_num_members") and not channel.is_im:
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def list_(backend: Backend, args: Arguments) -> Json:
    types = args.names("types") or ["public_channel"]
    if not set(types) <= _TYPES.keys():
        raise Refused("invalid_types")
    kinds = {_TYPES[name] for name in types}
    found = [c for c in backend.team.channels.values() if c.kind in kinds and _seen(backend, c)]
    for channel in found:
        require_scope(backend, channel, "read")
    page, cursor = args.page(found, default=100, most=1000)
    shown = [channel_json(backend.team, channel) for channel in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


def members(backend: Backend, args: Arguments) -> Json:
    channel = known_channel(backend, args)
    require_scope(backend, channel, "read")
    page, cursor = args.page(sorted(channel.members), default=100, most=1000)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def history(backend: Backend, args: Arguments) -> Json:
    """The root messages, newest first."""
    channel = joined_channel(backend, args)
    require_scope(backend, channel, "history")
    roots = [m for m in backend.team.roots(channel.id) if m.ephemeral_to is None]
    answer = _page(backend, args, _between(args, list(reversed(roots))), default=100)
    return answer | {"pin_count": 0}


def replies(backend: Backend, args: Arguments) -> Json:
    """The root and its replies, oldest first; `ts` may be any message of the thread."""
    channel = joined_channel(backend, args)
    require_scope(backend, channel, "history")
    message = backend.team.message(channel.id, args.required("ts"))
    if message is None or message.ephemeral_to:
        raise Refused("thread_not_found")
    root_ts = message.thread_ts or message.ts
    root = backend.team.message(channel.id, root_ts)
    thread = [root] if root else []
    thread += _between(args, backend.team.lasting_replies(channel.id, root_ts))
    return _page(backend, args, thread, default=1000)


def open_(backend: Backend, args: Arguments) -> Json:
    users = args.names("users")
    if len(users) > 1:
        raise Refused("method_not_supported_for_channel_type", "only one person can be given here")
    found = backend.team.direct_channel(users[0]) if users else None
    channel = found or backend.team.channels.get(args.text("channel"))
    if channel is None or not channel.is_im:
        raise Refused("user_not_found" if users else "channel_not_found")
    shown = channel_json(backend.team, channel) if args.flag("return_im") else {"id": channel.id}
    return {"channel": shown, "no_op": True, "already_open": True}


def _seen(backend: Backend, channel: Channel) -> bool:
    return channel.kind == "channel" or is_member(backend, channel)


def _between(args: Arguments, messages: list[Message]) -> list[Message]:
    """Those after `oldest` and before `latest`, or at them if `inclusive`."""
    oldest, latest = _time(args, "oldest", 0.0), _time(args, "latest", float("inf"))
    inclusive = args.flag("inclusive")
    return [
        m
        for m in messages
        if oldest < float(m.ts) < latest or (inclusive and float(m.ts) in (oldest, latest))
    ]


def _time(args: Arguments, name: str, default: float) -> float:
    try:
        return float(args.text(name) or default)
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def _page(backend: Backend, args: Arguments, messages: list[Message], default: int) -> Json:
    page, cursor = args.page(messages, default, most=1000)
    metadata = args.flag("include_all_metadata")
    return {
        "messages": [message_json(backend.team, m, metadata=metadata) for m in page],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }
