"""The same objects as the page wants them: with rendered, sanitised HTML."""

from typing import Any

from bot.workspace.markdown_html import markdown
from bot.workspace.mrkdwn import mrkdwn
from bot.workspace.objects import Channel, File, Json, Message, User, View
from bot.workspace.rich_text import rich_text
from bot.workspace.safe_html import Names, is_safe_url, plain
from bot.workspace.team import Team
from bot.workspace.typed import typed_text

_URLS = ("url", "image_url", "thumbnail_url", "title_url", "video_url")


def page_user(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "is_bot": user.is_bot,
        "is_admin": user.is_admin,
        "color": user.color,
        "initials": user.initials,
    }


def page_channel(team: Team, channel: Channel) -> Json:
    body: Json = {
        "id": channel.id,
        "name": channel.name,
        "is_im": channel.is_im,
        "is_private": channel.is_private,
        "topic": channel.topic,
    }
    return body | ({"user": team.app.user} if channel.is_im else {})


def page_message(team: Team, message: Message) -> Json:
    replies = team.lasting_replies(message.channel, message.ts)
    is_bot = message.user == team.app.user
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "bot": is_bot,
        "text": message.text,
        "typed": typed_text(message.text),
        "html": mrkdwn(message.text, team),
        "blocks": page_blocks(message.blocks, team) if is_bot else [],
        "thread_ts": message.thread_ts,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
        "latest_reply": replies[-1].ts if replies else None,
        "edited": message.edited_ts is not None,
        "ephemeral": message.ephemeral_to is not None,
        "reactions": [{"name": r.name, "users": list(r.users)} for r in message.reactions],
        "files": [_page_file(file) for file in message.files],
        "streaming": message.streaming,
    }


def _page_file(file: File) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "description": file.description or file.title,
        "mimetype": file.mimetype,
        "url": f"/files/{file.id}",
    }


def page_view(team: Team, view: View) -> Json:
    body = view.body
    return {
        "id": view.id,
        "type": view.type,
        "title": _with_html(body.get("title"), team),
        "submit": _with_html(body.get("submit"), team),
        "close": _with_html(body.get("close"), team),
        "blocks": page_blocks(view.blocks, team),
        "callback_id": body.get("callback_id", ""),
        "private_metadata": body.get("private_metadata", ""),
        "notify_on_close": bool(body.get("notify_on_close")),
        "state": {"values": view.values},
        "hash": view.hash,
        "previous_view_id": view.previous_id,
    }


def page_blocks(blocks: list[Json], names: Names) -> list[Any]:
    return [_with_html(block, names) for block in blocks]


def _with_html(node: Any, names: Names) -> Any:
    """The node with `html` beside every text, and without addresses that are not of the web."""
    if isinstance(node, list):
        return [_with_html(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    # The bot's own `html` never reaches the page: only what is rendered here does.
    safe = {k: _with_html(v, names) for k, v in node.items() if k != "html" and _is_safe(k, v)}
    rendered = _html(node, names)
    return safe if rendered is None else safe | {"html": rendered}


def _is_safe(key: str, value: Any) -> bool:
    return key not in _URLS or is_safe_url(value)


def _html(node: Json, names: Names) -> str | None:
    kind, text = node.get("type"), node.get("text")
    if kind == "rich_text":
        return rich_text(node, names)
    if not isinstance(text, str):
        return None
    if kind == "mrkdwn":
        return mrkdwn(text, names)
    if kind == "markdown":
        return markdown(text)
    return plain(text) if kind in ("plain_text", "raw_text") else None
