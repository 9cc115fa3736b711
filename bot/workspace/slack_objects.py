"""Users, channels, messages, files and views as Slack's API shows them."""

from typing import Any

from bot.workspace.objects import Channel, File, Json, Message, Reaction, User, View
from bot.workspace.team import Team

CREATED = 1_700_000_000


def user_json(team: Team, user: User) -> Json:
    return {
        "id": user.id,
        "team_id": team.id,
        "name": user.name,
        "deleted": False,
        "color": user.color.removeprefix("#"),
        "real_name": user.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": _profile(team, user),
        "is_admin": user.is_admin,
        "is_owner": user.is_admin,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": CREATED,
    }


def _profile(team: Team, user: User) -> Json:
    profile: Json = {
        "title": user.title,
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "status_text": "",
        "status_emoji": "",
        "team": team.id,
    }
    if user.is_bot:
        profile |= {"bot_id": team.app.bot_id, "api_app_id": team.app.id}
    return profile


def channel_json(team: Team, channel: Channel) -> Json:
    if channel.is_im:
        return {
            "id": channel.id,
            "created": CREATED,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.person,
            "is_user_deleted": False,
        }
    topic = {"value": channel.topic, "creator": "", "last_set": 0}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": CREATED,
        "creator": next(iter(team.users)),
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": False,
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_member": team.app.user in channel.members,
        "topic": topic,
        "purpose": topic,
    }


def file_json(team: Team, file: File) -> Json:
    url = f"{team.url}/files/{file.id}"
    return {
        "id": file.id,
        "created": CREATED,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "size": file.length,
        "url_private": url,
        "url_private_download": url,
        "permalink": url,
    }


def bot_json(team: Team) -> Json:
    app = team.app
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": app.user,
        "name": app.name,
        "icons": {},
        "deleted": False,
        "updated": CREATED,
    }


def message_json(team: Team, message: Message, *, metadata: bool = False) -> Json:
    """The message with its thread's figures; `metadata` only where it was asked for."""
    body: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": team.id,
    }
    if message.user == team.app.user:
        body |= {
            "bot_id": team.app.bot_id,
            "app_id": team.app.id,
            "bot_profile": bot_json(team) | {"team_id": team.id},
        }
    body |= _present(
        client_msg_id=message.client_msg_id,
        blocks=message.blocks,
        files=[file_json(team, file) for file in message.files],
        reactions=[_reaction_json(reaction) for reaction in message.reactions],
        metadata=message.metadata if metadata else None,
    )
    if message.edited_ts:
        body["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.streaming:
        body["streaming_state"] = "in_progress"
    return body | _thread_json(team, message)


def _present(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value}


def _reaction_json(reaction: Reaction) -> Json:
    return {"name": reaction.name, "users": list(reaction.users), "count": len(reaction.users)}


def _thread_json(team: Team, message: Message) -> Json:
    if message.thread_ts:
        root = team.message(message.channel, message.thread_ts)
        parent = {"parent_user_id": root.user} if root else {}
        return {"thread_ts": message.thread_ts} | parent
    replies = team.lasting_replies(message.channel, message.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "reply_users": people,
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def view_json(team: Team, view: View) -> Json:
    """A view with the fields Slack adds to what the app sent."""
    body: Json = {
        "id": view.id,
        "team_id": team.id,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": None,
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        "state": {"values": view.values},
        "hash": view.hash,
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": team.app.id,
        "app_installed_team_id": team.id,
        "bot_id": team.app.bot_id,
    }
    return body | view.body
