"""Events in the shape of Slack's Events API. Pure: what happened goes in, JSON comes out."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bot.workspace.objects import Channel, Json, Message, User
from bot.workspace.slack_objects import message_json, view_json
from bot.workspace.team import Team

VERIFICATION_TOKEN = "verification"


@dataclass(frozen=True, slots=True)
class Event:
    """An event and the name under which an app subscribes to it."""

    subscription: str
    body: Json


def envelope(team: Team, event: Json) -> Json:
    """The `event_callback` around an event; its event_id stays the same when it is sent again."""
    app = team.app
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": team.new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": app.user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": team.new_id("4-"),
    }


def message_posted(team: Team, message: Message) -> Iterator[Event]:
    """`message`, and `app_mention` too when a person in a channel mentions the bot."""
    channel = team.channels[message.channel]
    place = {"channel": channel.id, "event_ts": message.ts}
    body = _said(team, message) | place
    yield Event(_subscription(channel), body | {"channel_type": channel.kind})
    mentioned = f"<@{team.app.user}" in message.text and message.user != team.app.user
    if mentioned and not channel.is_im:
        yield Event("app_mention", body | {"type": "app_mention"})


def message_changed(team: Team, old: Message, new: Message) -> Event:
    event = {
        "message": message_json(team, new),
        "previous_message": message_json(team, old),
    }
    return _hidden(team, new, "message_changed", event)


def message_deleted(team: Team, old: Message) -> Event:
    event = {"previous_message": message_json(team, old), "deleted_ts": old.ts}
    return _hidden(team, old, "message_deleted", event)


def reaction(team: Team, message: Message, user: str, name: str, *, added: bool) -> Event:
    kind = "reaction_added" if added else "reaction_removed"
    item = {"type": "message", "channel": message.channel, "ts": message.ts}
    body = {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": item,
        "item_user": message.user,
        "event_ts": team.new_ts(),
    }
    return Event(kind, body)


def member_joined(team: Team, channel: Channel, user: User, inviter: str) -> Event:
    body = {
        "type": "member_joined_channel",
        "user": user.id,
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": team.id,
        "inviter": inviter,
        "event_ts": team.new_ts(),
    }
    return Event("member_joined_channel", body)


def session_stopped(team: Team, message: Message, user: str) -> Event:
    """Somebody has pressed Stop under a message that the bot was writing."""
    body = {
        "type": "agent_session_stopped",
        "user": user,
        "channel": message.channel,
        "thread_ts": message.thread_ts,
        "streaming_message_ts": [message.ts],
        "event_ts": team.new_ts(),
    }
    return Event("agent_session_stopped", body)


def home_opened(team: Team, user: str, tab: str) -> Event:
    channel = team.direct_channel(user)
    body: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": channel.id if channel else "",
        "tab": tab,
        "event_ts": team.new_ts(),
    }
    home = team.homes.get(user)
    if tab == "home" and home:
        body["view"] = view_json(team, home)
    return Event("app_home_opened", body)


def _said(team: Team, message: Message) -> Json:
    """A new message has no figures yet, even if it is a root with replies by now."""
    body = message_json(team, message)
    return {name: body[name] for name in body if not name.startswith(("reply_", "latest_", "is_"))}


def _hidden(team: Team, message: Message, subtype: str, event: Json) -> Event:
    channel = team.channels[message.channel]
    now = team.new_ts()
    body = {
        "type": "message",
        "subtype": subtype,
        "channel": channel.id,
        "hidden": True,
        "ts": now,
        "event_ts": now,
        "channel_type": channel.kind,
    }
    return Event(_subscription(channel), body | event)


def _subscription(channel: Channel) -> str:
    return {"channel": "message.channels", "group": "message.groups", "im": "message.im"}[
        channel.kind
    ]
