"""chat.*: messages that the bot posts, changes and deletes."""

from dataclasses import replace

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.content import UPDATE_TEXT_CHARACTERS, Content, read_content, read_metadata
from bot.workspace.methods.lookup import (
    joined_channel,
    known_channel,
    known_user,
    lasting_message,
    thread_root,
)
from bot.workspace.objects import Channel, Json, Message
from bot.workspace.refusal import Refused
from bot.workspace.slack_objects import message_json


def post_message(backend: Backend, args: Arguments) -> Json:
    channel = _postable_channel(backend, args)
    content = read_content(args)
    message = _said_before(backend, channel, args) or backend.conversation.post(
        Message(
            channel=channel.id,
            ts=backend.team.new_ts(),
            user=backend.team.app.user,
            text=content.text,
            blocks=content.blocks,
            thread_ts=thread_root(backend, channel, args),
            client_msg_id=args.text("client_msg_id") or None,
            metadata=read_metadata(args),
        )
    )
    return _answer(backend, message)


def post_ephemeral(backend: Backend, args: Arguments) -> Json:
    channel = joined_channel(backend, args)
    if args.required("user") not in channel.members:
        raise Refused("user_not_in_channel")
    content = read_content(args)
    message = Message(
        channel=channel.id,
        ts=backend.team.new_ts(),
        user=backend.team.app.user,
        text=content.text,
        blocks=content.blocks,
        thread_ts=thread_root(backend, channel, args),
        ephemeral_to=known_user(backend, args).id,
    )
    return {"message_ts": backend.conversation.post(message).ts}


def update(backend: Backend, args: Arguments) -> Json:
    old = _own_message(backend, args, "cant_update_message")
    if old.streaming:
        raise Refused("streaming_state_conflict")
    content = _updated_content(old, args)
    # Slack marks a message as edited when text replaces it, not when blocks do.
    edited = old.edited_ts if args.structure("blocks") else backend.team.new_ts()
    new = replace(
        old,
        text=content.text,
        blocks=content.blocks,
        metadata=read_metadata(args) if args.has("metadata") else old.metadata,
        edited_ts=edited,
    )
    message = backend.conversation.change(old, new)
    return _answer(backend, message) | {"text": message.text}


def delete(backend: Backend, args: Arguments) -> Json:
    message = _own_message(backend, args, "cant_delete_message")
    backend.conversation.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(backend: Backend, args: Arguments) -> Json:
    channel = known_channel(backend, args)
    message = lasting_message(backend, channel, args.required("message_ts"))
    link = f"{backend.team.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _postable_channel(backend: Backend, args: Arguments) -> Channel:
    """A channel by id or name, or a person: then it is the conversation with them."""
    name = args.required("channel")
    direct = backend.team.direct_channel(name)
    by_name = backend.team.find_channel(name)
    found = direct or by_name
    if found is None:
        raise Refused("channel_not_found")
    return joined_channel(backend, Arguments({"channel": found.id}))


def _said_before(backend: Backend, channel: Channel, args: Arguments) -> Message | None:
    """The message with the same client_msg_id: a call that is repeated posts nothing."""
    wanted = args.text("client_msg_id")
    if not wanted:
        return None
    return next((m for m in backend.team.messages(channel.id) if m.client_msg_id == wanted), None)


def _own_message(backend: Backend, args: Arguments, otherwise: str) -> Message:
    channel = joined_channel(backend, args)
    message = lasting_message(backend, channel, args.required("ts"))
    if message.user != backend.team.app.user:
        raise Refused(otherwise)
    return message


def _updated_content(old: Message, args: Arguments) -> Content:
    """New metadata alone leaves text and blocks; text alone removes the blocks."""
    if args.has("metadata") and not any(map(args.has, ("text", "blocks", "markdown_text"))):
        return Content(old.text, old.blocks)
    return read_content(args, UPDATE_TEXT_CHARACTERS)


def _answer(backend: Backend, message: Message) -> Json:
    shown = message_json(backend.team, message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "message": shown}
