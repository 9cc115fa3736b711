"""Finds what a call's arguments name, or refuses with Slack's code."""

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.objects import Channel, Message, User
from bot.workspace.refusal import Refused

_SCOPE_FAMILY = {"channel": "channels", "group": "groups", "im": "im"}


def known_channel(backend: Backend, args: Arguments, name: str = "channel") -> Channel:
    """Any channel the bot may know of: a private one only as a member."""
    channel = backend.team.channels.get(args.required(name))
    if channel is None or (channel.kind != "channel" and not is_member(backend, channel)):
        raise Refused("channel_not_found")
    return channel


def joined_channel(backend: Backend, args: Arguments, name: str = "channel") -> Channel:
    channel = known_channel(backend, args, name)
    if not is_member(backend, channel):
        raise Refused("not_in_channel")
    return channel


def is_member(backend: Backend, channel: Channel) -> bool:
    return backend.team.app.user in channel.members


def lasting_message(backend: Backend, channel: Channel, ts: str) -> Message:
    """A message that everybody sees; ephemeral ones cannot be found."""
    message = backend.team.message(channel.id, ts)
    if message is None or message.ephemeral_to:
        raise Refused("message_not_found")
    return message


def thread_root(backend: Backend, channel: Channel, args: Arguments) -> str | None:
    """`thread_ts`, if it is the root of a thread or can become one."""
    ts = args.text("thread_ts")
    if not ts:
        return None
    root = backend.team.message(channel.id, ts)
    if root is None or root.thread_ts or root.ephemeral_to:
        raise Refused("cannot_reply_to_message", "thread_ts must be the ts of a root message")
    return ts


def known_user(backend: Backend, args: Arguments, name: str = "user") -> User:
    user = backend.team.users.get(args.required(name))
    if user is None:
        raise Refused("user_not_found")
    return user


def require_scope(backend: Backend, channel: Channel, right: str) -> None:
    """`channels:history`, `groups:history` or `im:history`, by what the channel is."""
    require(backend, f"{_SCOPE_FAMILY[channel.kind]}:{right}")


def require(backend: Backend, *any_of: str) -> None:
    app = backend.team.app
    if any_of and not app.may(*any_of):
        provided = ",".join(sorted(app.scopes or ()))
        raise Refused("missing_scope", needed=any_of[0], provided=provided)
