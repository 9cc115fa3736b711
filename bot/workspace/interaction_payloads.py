"""Interaction payloads in Slack's shape. Pure: what happened goes in, JSON comes out."""

from bot.workspace.events import VERIFICATION_TOKEN
from bot.workspace.objects import Channel, Json, Message, User, View
from bot.workspace.slack_objects import message_json, view_json
from bot.workspace.team import Team


def block_actions_in_message(team: Team, user: User, message: Message, action: Json) -> Json:
    channel = team.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    body = _common(team, user, "block_actions") | {
        "container": container,
        "channel": _channel(channel),
        "state": {"values": {}},
        "actions": [action],
    }
    # Slack does not send the text of an ephemeral message back.
    shown = {} if message.ephemeral_to else {"message": message_json(team, message)}
    return body | shown


def block_actions_in_view(team: Team, user: User, view: View, action: Json) -> Json:
    return _common(team, user, "block_actions") | {
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(team, view),
        "actions": [action],
    }


def view_submission(team: Team, user: User, view: View) -> Json:
    body = {"view": view_json(team, view), "response_urls": []}
    return _common(team, user, "view_submission") | body


def view_closed(team: Team, user: User, view: View, *, cleared: bool) -> Json:
    body = {"view": view_json(team, view), "is_cleared": cleared}
    return _common(team, user, "view_closed") | body


def message_action(team: Team, user: User, message: Message, callback_id: str) -> Json:
    return _common(team, user, "message_action") | {
        "callback_id": callback_id,
        "action_ts": team.new_ts(),
        "channel": _channel(team.channels[message.channel]),
        "message_ts": message.ts,
        "message": message_json(team, message),
    }


def slash_command(team: Team, user: User, channel: Channel, command: str, text: str) -> Json:
    """All values are strings: over HTTP it is a form."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": _channel(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": team.app.id,
        "is_enterprise_install": "false",
    }


def _common(team: Team, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "team": {"id": team.id, "domain": team.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": team.id},
        "api_app_id": team.app.id,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel(channel: Channel) -> Json:
    names = {"im": "directmessage", "group": "privategroup"}
    return {"id": channel.id, "name": names.get(channel.kind, channel.name)}
